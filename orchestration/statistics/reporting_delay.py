r"""How much of a month has come in, from how earlier months grew, and what the month will be.

A month's cases are told over the deliveries that follow it: lag 0 is the delivery of the month
itself, lag 1 the next. Among the cases of the months that have been followed to lag d, the share
told at that very lag is the reverse hazard

.. math:: g_d = \frac{\sum_m n_{m,d}}{\sum_m \sum_{j \le d} n_{m,j}},
   \qquad P(\text{lag} \le d) = \prod_{j > d} (1 - g_j),

which is the chain ladder read backwards. Months that grow more unevenly than a binomial law allows
widen the uncertainty by their dispersion. Of a month of which a share :math:`c` is there, what is
still to come is negative binomial: Poisson around a level of which the cases so far are all that is
known.

A lag that fewer than ``least_months`` months have been followed to says nothing, and what came
later than that is taken as nothing. A register whose months have never grown says so: it is
complete.

What does not belong here: which case belongs to which month and lag.

References: Lawless (1994), Can. J. Stat. 22:15; Mack (1993), ASTIN Bull. 23:213 (chain ladder);
van de Kassteele, Eilers & Wallinga (2019), Epidemiology 30:737.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from orchestration.statistics.arrays import FloatArray, IntArray

#: Shares of a month that an interval is drawn up over, each as probable as the next.
_NODES = 32
#: Standard deviation of the log odds of a part that is there, at most. Near the whole the odds of a
#: part that is not well known have no bound, and neither would what is still to come.
_MOST_DEVIATION = 1.5


@dataclass(frozen=True)
class DelaySettings:
    """How growth is estimated.

    Attributes:
        recent: a lag's share is taken from so many of the latest months that were followed to it,
            since the ways of a register change.
        least_months: months that must have been followed to a lag before it says anything.
    """

    recent: int = 12
    least_months: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.least_months <= self.recent:
            raise ValueError("least_months must lie between 1 and recent")


@dataclass(frozen=True, eq=False)
class Growth:
    """How months grow.

    Attributes:
        share: (D + 1,), part of a month that is there at each lag; 1 at the last.
        variance: (D + 1,), of the log of that part of a month: how well the part is known, and how
            unevenly months grow.
        months: (D + 1,), months that were followed to each lag.
        grows: whether any month ever grew after its own delivery.
    """

    share: FloatArray
    variance: FloatArray
    months: IntArray
    grows: bool

    def at(self, lags: IntArray) -> tuple[FloatArray, FloatArray]:
        """Share and variance of its log at each lag; whole where months have stopped growing."""
        last = len(self.share) - 1
        index = np.clip(lags, 0, last)
        return self.share[index], self.variance[index]


def growth(told: FloatArray, settings: DelaySettings) -> Growth | None:
    """How months grow, from the months so far.

    Args:
        told: (M, L) cases of each month, in order of time, by the lag at which they were first
            told; nan at lags that the month has not reached.
        settings: of the estimate.

    Returns:
        None where too few months have been followed even to the first lag.

    Raises:
        ValueError: a number of cases is negative.
    """
    if np.any(told < 0):
        raise ValueError("a number of cases is negative")
    followed = np.isfinite(told).sum(axis=0)
    lags = int(np.sum(np.cumprod(followed >= settings.least_months)))
    if lags < 2:  # noqa: PLR2004 -- nothing has been followed past its own delivery
        return None
    cumulative = np.cumsum(told, axis=1)
    hazard, at_risk = np.zeros(lags), np.zeros(lags)
    cells, spread, sizes = 0, 0.0, []
    for lag in range(1, lags):
        rows = np.flatnonzero(np.isfinite(told[:, lag]))[-settings.recent :]
        new, base = told[rows, lag], cumulative[rows, lag]
        at_risk[lag] = base.sum()
        hazard[lag] = new.sum() / at_risk[lag] if at_risk[lag] > 0 else 0.0
        mean = base * hazard[lag]
        if 0 < hazard[lag] < 1:
            judged = base > 0
            pearson = np.square(new - mean)[judged] / (mean * (1.0 - hazard[lag]))[judged]
            spread, cells = spread + float(pearson.sum()), cells + int(judged.sum()) - 1
            sizes.append(float(base[judged].mean()))
    dispersion = max(1.0, spread / cells) if cells > 0 else 1.0
    # What a month's own share differs by from the common one, as a correlation of its cases.
    uneven = (dispersion - 1.0) / max(float(np.mean(sizes)) - 1.0, 1.0) if sizes else 0.0
    # Half a case on each side: no growth among few cases is no proof that there will be none.
    eased = (hazard * at_risk + 0.5) / (at_risk + 1.0)
    grows = bool(np.nansum(told[:, 1:]) > 0)
    noise = eased / (1.0 - eased) * (dispersion / (at_risk + 1.0) + min(uneven, 1.0))
    noise[0] = 0.0
    share = np.ones(lags)
    variance = np.zeros(lags)
    for lag in range(lags - 2, -1, -1):
        share[lag] = share[lag + 1] * (1.0 - hazard[lag + 1])
        variance[lag] = variance[lag + 1] + noise[lag + 1]
    if not grows:
        variance[:] = 0.0
    return Growth(share, variance, followed[:lags].astype(np.int64), grows)


def nowcast(
    seen: FloatArray, share: FloatArray, variance: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What months will be when all has come in: mean and central interval; each shape (n,).

    Args:
        seen: cases so far.
        share: part of the month that is expected to be there, above 0 and at most 1.
        variance: of the log of that part.
        level: coverage of the interval.

    Raises:
        ValueError: a share does not lie above 0 and at most at 1.
    """
    if np.any((share <= 0) | (share > 1)):
        raise ValueError("a share must lie above 0 and at most at 1")
    # A part stays a part: its odds vary, and not the part itself.
    shown = share < 1
    safe = np.where(shown, share, 0.5)
    odds_deviation = np.minimum(np.sqrt(variance) / (1.0 - safe), _MOST_DEVIATION)
    at = stats.norm.ppf((np.arange(_NODES) + 0.5) / _NODES)
    part = special.expit(np.log(safe / (1.0 - safe))[:, None] + odds_deviation[:, None] * at)
    size = seen[:, None] + 0.5
    unseen = (size * (1.0 - part) / part).mean(axis=1)
    low, high = (_quantile(size, part, p) for p in ((1.0 - level) / 2.0, (1.0 + level) / 2.0))
    return (
        seen + np.where(shown, unseen, 0.0),
        seen + np.where(shown, low, 0.0),
        seen + np.where(shown, high, 0.0),
    )


def _quantile(size: FloatArray, part: FloatArray, probability: float) -> FloatArray:
    """Smallest whole number that what is to come is at most with that probability; (n,)."""
    mean = (size * (1.0 - part) / part).max(axis=1)
    low = np.full(mean.shape, -1.0)
    high = np.ceil(mean + 12.0 * np.sqrt(mean / part.min(axis=1)) + 30.0)
    for _ in range(int(np.ceil(np.log2(np.max(high - low)))) + 1):
        middle = np.floor((low + high) / 2.0)
        below = special.betainc(size, np.maximum(middle, 0.0)[:, None] + 1.0, part).mean(axis=1)
        reached = (below >= probability) & (middle >= 0)
        settled = middle <= low
        high = np.where(reached & ~settled, middle, high)
        low = np.where(reached | settled, low, middle)
    return np.asarray(high, dtype=np.float64)
