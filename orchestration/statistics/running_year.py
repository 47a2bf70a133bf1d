r"""A year that is under way, held month by month against what was expected of it.

What was expected is a predictive distribution: of the year's level :math:`\lambda` (cases a year),
of the shares of a year that its months use to have, and of how much more than Poisson's law a month
varies. Under it the months so far have a joint probability. Against it stands a mixture of shifts
of the level, by a factor :math:`e^\delta` from month :math:`\tau` on:

.. math::
    E_t = \sum_{\delta, \tau} w_\delta w_\tau
          \frac{\int p(y_1, \dots, y_t \mid \lambda, \delta, \tau)\, dF(\lambda)}
               {\int p(y_1, \dots, y_t \mid \lambda)\, dF(\lambda)}.

Both are predictive probabilities of the same months, so :math:`E_t` is a likelihood ratio and,
where the expectation is right, a martingale with mean 1. By Ville's inequality it ever reaches
:math:`1/\alpha` in at most a share :math:`\alpha` of all years, however often one looks and
whenever one stops.

A month that has not all come in is thinned: a known share of it is there. What comes later adds to
the same count and to that share, so what was said of the month before is not counted twice.

Months vary independently here, beyond the level they share. Where noise lasts over several months
the dispersion must be that of long stretches (``seasons.py``), or the size does not hold.

What does not belong here: where the expectation comes from, and what a warning means.

References: Ville (1939), Étude critique de la notion de collectif; Robbins (1970), Ann. Math. Stat.
41:1397 (mixtures); Ramdas, Grünwald, Vovk & Shafer (2023), Stat. Sci. 38:576.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from orchestration.statistics.arrays import BoolArray, FloatArray

MONTHS = 12
#: Levels that a forecast is drawn up over, each as probable as the next.
_NODES = 32
#: No month is calmer than Poisson's law; this stands for a dispersion of none.
_CALM = 1e-9


@dataclass(frozen=True)
class ShiftSettings:
    """What a year is held against.

    Attributes:
        factors: changes of the level that are looked for, each as a factor and as its inverse.
        weights: how much each is looked for, in any unit.
        from_the_first: weight of a shift that was there when the year began; the rest is spread
            evenly over the other months.
        tail_df: degrees of freedom of the t distribution that the log of the level has around what
            was expected.
        points: of the grid that the level is integrated over.
        reach: half-width of that grid, in standard deviations.
    """

    factors: tuple[float, ...] = (1.2, 1.35, 1.8)
    weights: tuple[float, ...] = (1.0, 2.0, 1.0)
    from_the_first: float = 0.8
    tail_df: float = 12.0
    points: int = 201
    reach: float = 7.0

    def __post_init__(self) -> None:
        if not self.factors or min(self.factors) <= 1 or len(self.weights) != len(self.factors):
            raise ValueError("factors must be above 1, and each have a weight")
        if min(self.weights) <= 0 or not 0 < self.from_the_first < 1:
            raise ValueError("weights must be positive, and from_the_first lie between 0 and 1")
        least_df, least_points = 2, 3
        if self.tail_df <= least_df or self.points < least_points or self.reach <= 0:
            raise ValueError("tail_df must be above 2, points at least 3 and reach positive")

    @property
    def log_shifts(self) -> FloatArray:
        """Log of every factor and of its inverse; (D,)."""
        up = np.log(np.array(self.factors))
        return np.concatenate([-up[::-1], up])

    @property
    def shift_weights(self) -> FloatArray:
        """Weight of each of ``log_shifts``; (D,), summing to one."""
        half = np.array(self.weights) / (2.0 * sum(self.weights))
        return np.concatenate([half[::-1], half])

    @property
    def onsets(self) -> FloatArray:
        """Weight of a shift from each month on; (12,), summing to one."""
        weights = np.full(MONTHS, (1.0 - self.from_the_first) / (MONTHS - 1))
        weights[0] = self.from_the_first
        return weights


@dataclass(frozen=True, eq=False)
class RunningYears:
    """Years under way: what was expected of them, and what has come.

    Attributes:
        counts: (S, 12); nan where nothing has come, or nothing that compares.
        mean: (S,), expected cases of the whole year; positive.
        log_variance: (S,), of the log of the year's level as it was expected.
        shares: (S, 12), which part of a year each month uses to have; positive.
        present: (S, 12), which part of a month is expected to have come; positive where counted.
        dispersion: (S, 12), variance of a month beyond Poisson's law over its squared mean.

    Raises:
        ValueError: a count, variance or dispersion is negative, nothing was expected, or more than
            the whole of a month has come.
    """

    counts: FloatArray
    mean: FloatArray
    log_variance: FloatArray
    shares: FloatArray
    present: FloatArray
    dispersion: FloatArray

    def __post_init__(self) -> None:
        if any(np.any(each < 0) for each in (self.counts, self.log_variance, self.dispersion)):
            raise ValueError("a count, variance or dispersion is negative")
        if np.any(self.mean <= 0) or np.any(self.shares <= 0):
            raise ValueError("nothing was expected of a year or a month")
        present = self.present[self.seen]
        if np.any((present <= 0) | (present > 1)):
            raise ValueError("what has come of a month must be a part of it")

    @property
    def seen(self) -> BoolArray:
        """Which months have a count; (S, 12)."""
        return np.isfinite(self.counts)

    @property
    def here(self) -> FloatArray:
        """Which part of a year is expected to have come, month by month; (S, 12)."""
        return np.where(self.seen, self.shares * np.where(self.seen, self.present, 0.0), 0.0)

    @property
    def to_come(self) -> FloatArray:
        """Which part of a year is expected still to come, month by month; (S, 12)."""
        return self.shares - self.here


@dataclass(frozen=True, eq=False)
class Monitored:
    """What the months so far say of the years.

    Attributes:
        e_values: (S, 12), after each month.
        levels: (S, J), cases a year at which the rest of the year may go on.
        weights: (S, J), how probable each is given the months so far, where a shift was as likely
            beforehand as none; rows summing to one.
    """

    e_values: FloatArray
    levels: FloatArray
    weights: FloatArray


def monitor(years: RunningYears, settings: ShiftSettings) -> Monitored:
    """Hold each month of each year against what was expected.

    Args:
        years: S series.
        settings: what is looked for.

    Returns:
        E-values month by month. A month without a count says nothing of the level.
    """
    log_level, weights = _expected_levels(years, settings)
    base = np.log(weights)
    null = base[:, :, None] + _log_probability(years, log_level, 0.0).cumsum(axis=2)
    plain = special.logsumexp(null, axis=1)
    before = np.concatenate([base[:, :, None], null[:, :, :-1]], axis=2)
    begins = np.log(settings.onsets)
    # A shift that has not begun has left the months as they were expected to be.
    not_begun = np.clip(1.0 - settings.onsets.cumsum(), 0.0, 1.0)
    e_values = np.tile(not_begun, (len(plain), 1))
    levels, joint = [log_level], [null[:, :, -1]]
    for shift, weight in zip(settings.log_shifts, settings.shift_weights, strict=True):
        moved = _log_probability(years, log_level, float(shift))
        since = np.full(log_level.shape, -np.inf)
        for month in range(MONTHS):
            since = np.logaddexp(since, begins[month] + before[:, :, month]) + moved[:, :, month]
            ratio = special.logsumexp(since, axis=1) - plain[:, month]
            e_values[:, month] += weight * np.exp(ratio)
        levels.append(log_level + shift)
        joint.append(np.log(weight) + since)
    together = np.concatenate(joint, axis=1)
    together -= special.logsumexp(together, axis=1, keepdims=True)
    return Monitored(e_values, np.exp(np.concatenate(levels, axis=1)), np.exp(together))


def expected_so_far(
    years: RunningYears, settings: ShiftSettings, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What was expected to have come by now: mean and central interval; each (S,).

    Args:
        years: S series.
        settings: of the level's law.
        level: coverage of the interval.
    """
    log_level, weights = _expected_levels(years, settings)
    return _sum_of(np.exp(log_level), weights, years.here, years.dispersion, level)


def forecast(
    years: RunningYears, monitored: Monitored, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The whole year, from what has come and what its level now seems to be; each (S,).

    Args:
        years: S series.
        monitored: what their months said.
        level: coverage of the interval.

    Returns:
        Mean and central interval of the year's total, when all of it has come in.
    """
    rest = _sum_of(monitored.levels, monitored.weights, years.to_come, years.dispersion, level)
    so_far = np.nansum(years.counts, axis=1)
    mean, low, high = (so_far + each for each in rest)
    return mean, low, high


def _expected_levels(years: RunningYears, settings: ShiftSettings) -> tuple[FloatArray, FloatArray]:
    """Log of the levels that were expected, and the weight of each; both (S, K)."""
    at = np.linspace(-settings.reach, settings.reach, settings.points)
    scale = np.sqrt((settings.tail_df - 2.0) / settings.tail_df)
    weights = stats.t.pdf(at / scale, settings.tail_df)
    weights /= weights.sum()
    off = np.sqrt(years.log_variance)[:, None] * at
    # The mean of the level, and not its median, is what was expected.
    centre = np.log(years.mean)[:, None] - special.logsumexp(off, b=weights, axis=1, keepdims=True)
    return centre + off, np.broadcast_to(weights, off.shape)


def _log_probability(years: RunningYears, log_level: FloatArray, shift: float) -> FloatArray:
    """Log probability of each month at each level; (S, K, 12), 0 where nothing is seen."""
    y = np.nan_to_num(years.counts)[:, None, :]
    part = np.where(years.seen, years.here, 1.0)[:, None, :]
    mean = np.exp(log_level + shift)[:, :, None] * part
    size = 1.0 / np.maximum(years.dispersion, _CALM)[:, None, :]
    # A Poisson law that varies by a gamma law; its first terms are the same at every level.
    ways = special.gammaln(y + size) - special.gammaln(size) - y * np.log(size)
    out = ways - special.gammaln(y + 1.0) + special.xlogy(y, mean)
    out = out - (y + size) * np.log1p(mean / size)
    return np.where(years.seen[:, None, :], out, 0.0)


def _sum_of(
    levels: FloatArray, weights: FloatArray, part: FloatArray, dispersion: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean and interval of the sum of some parts of a year, over what its level may be."""
    whole = part.sum(axis=1)
    order = np.argsort(levels, axis=1)
    cumulative = np.take_along_axis(weights, order, axis=1).cumsum(axis=1)
    sorted_levels = np.take_along_axis(levels, order, axis=1)
    wanted = (np.arange(_NODES) + 0.5) / _NODES
    at = np.minimum((cumulative[:, :, None] < wanted).sum(axis=1), levels.shape[1] - 1)
    nodes = np.take_along_axis(sorted_levels, at, axis=1) * whole[:, None]
    # The months' own variation, of their sum.
    shared = (np.square(part) * dispersion).sum(axis=1) / np.square(np.where(whole > 0, whole, 1.0))
    size = 1.0 / np.maximum(shared, _CALM)[:, None]
    mean = (weights * levels).sum(axis=1) * whole
    tail = (1.0 - level) / 2.0
    low, high = (_quantile(nodes, size, tail_of) for tail_of in (tail, 1.0 - tail))
    return mean, low, high


def _quantile(nodes: FloatArray, size: FloatArray, probability: float) -> FloatArray:
    """Smallest whole number that the mixture is below with that probability; (S,)."""
    mean = nodes.max(axis=1)
    low = np.full(mean.shape, -1.0)
    high = np.ceil(mean + 12.0 * np.sqrt(mean * (1.0 + mean / size[:, 0])) + 30.0)
    share = size / (size + nodes)
    for _ in range(int(np.ceil(np.log2(np.max(high - low)))) + 1):
        middle = np.floor((low + high) / 2.0)
        below = special.betainc(size, np.maximum(middle, 0.0)[:, None] + 1.0, share).mean(axis=1)
        reached = (below >= probability) & (middle >= 0)
        settled = middle <= low
        high = np.where(reached & ~settled, middle, high)
        low = np.where(reached | settled, low, middle)
    return np.asarray(high, dtype=np.float64)
