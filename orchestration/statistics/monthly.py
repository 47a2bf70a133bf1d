r"""Monthly series: the flexible Farrington method, for many series at once.

A quasi-Poisson regression of the earlier years foretells a month:
:math:`\log\mu = a + bt + \text{block}`. The year is divided into blocks, one of which is the
window of months around the tested month's own season; the latest months are left out, so that
what is beginning does not raise its own baseline. Months whose Anscombe residual is large are
weighted down, so that an old outbreak does not hide a new one, and the regression is fitted once
more. The tested month is then held against a negative binomial with the fitted mean and
dispersion ("nbPlugin").

Every tested month sees its own past at the same lags, so all months of all series share one
design and are fitted together. Differences from R's ``surveillance::farringtonFlexible``:

- The lower limit is a limit. R alarms only upward, and never at zero. It gives no bound where the
  latest four months hold fewer than five cases (``limit54``); here ``least_cases`` asks that of the
  whole history, because a fall to nothing is a finding.
- R writes the reweighting over the model's own weights before it asks for standard errors, so
  its trend test and its ``muan`` and ``delta`` limits use another dispersion than the textbook's.
  Here the trend stays wherever it does not foretell more than was ever seen (as R does with
  ``pThresholdTrend = 1``), and no limit uses a standard error.
- R's score for nbPlugin takes the logarithm of the mean for the mean; no score is given here.
- A season in which no earlier year had a case foretells nothing at all to the regression, and a
  single case would be a wonder. Here its level is as uncertain as no case in that many months
  leaves it (Jeffreys' prior of half a case): a case after fifteen such months has a chance of 3 %.
- No other limit knows the uncertainty of the fitted mean, and blocks fit a strong season badly,
  which reads as dispersion. How often the limits are exceeded is measured in
  ``docs/deviation-method.md``.

What does not belong here: yearly series (``filters.py``), and what a month's deviation means.

References: Farrington et al. (1996), J. R. Stat. Soc. A 159:547; Noufaily et al. (2013), Stat.
Med. 32:1206; Salmon, Schumacher & Höhle (2016), J. Stat. Softw. 70(10).
"""

from dataclasses import dataclass, fields

import numpy as np
from scipy import stats

from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray

_MONTHS = 12
#: Jeffreys' prior of a Poisson mean: half a case before any month was seen.
_PRIOR_CASES = 0.5


@dataclass(frozen=True)
class MonthlySettings:
    """How monthly series are tested.

    Attributes:
        years: years of history at most.
        least_years: years of history at least; a month with fewer is not tested.
        half_window: months on each side of the same month in earlier years that form its season.
        blocks: parts the year is divided into, the season's window among them.
        left_out: latest months that the regression does not see, besides the tested one.
        residual_threshold: an earlier month whose Anscombe residual is larger is weighted down.
        least_years_of_trend: with fewer years of history there is no trend.
        least_cases: a history with fewer cases than this foretells nothing.
        event_gap: alarms the same way with at most so many months between them are one event.
        event_years: an event is followed so many years back at most.
        tolerance: relative change of the deviance at which the regression is done.
        max_iterations: the regression stops here at the latest.
    """

    years: int = 5
    least_years: int = 3
    half_window: int = 1
    blocks: int = 4
    left_out: int = 3
    residual_threshold: float = 2.58
    least_years_of_trend: int = 3
    least_cases: float = 5.0
    event_gap: int = 6
    event_years: int = 4
    tolerance: float = 1e-8
    max_iterations: int = 25

    @property
    def least_months(self) -> int:
        """Months of history at least."""
        return _MONTHS * self.least_years

    def __post_init__(self) -> None:
        if not 1 <= self.least_years <= self.years:
            raise ValueError("least_years must lie between 1 and years")
        if self.least_years_of_trend < 1:
            raise ValueError("least_years_of_trend must be at least 1")
        if min(self.half_window, self.left_out, self.least_cases, self.event_gap) < 0:
            raise ValueError(
                "half_window, left_out, least_cases and event_gap must not be negative"
            )
        if self.event_years < 1:
            raise ValueError("event_years must be at least 1")
        if not 1 <= self.blocks <= _MONTHS - 2 * self.half_window:
            raise ValueError("the year cannot be divided into so many blocks")
        if self.residual_threshold <= 0 or self.tolerance <= 0 or self.max_iterations < 1:
            raise ValueError("residual_threshold, tolerance and max_iterations must be positive")


@dataclass(frozen=True, eq=False)
class MonthlyVerdict:
    """Months held against what the years before them foretell; each array (S, M).

    Attributes:
        expected: predictive mean; nan where nothing could be foretold.
        dispersion: of the quasi-Poisson regression, at least 1.
        trend: log change of the level in a month; 0 where the trend was left out.
        p_down: mid-p of a value at most as large.
        p_up: mid-p of a value at least as large.
        p_upper: probability of a value at least as large, as ``surveillance`` gives it.
        years: years of history that were used.
    """

    expected: FloatArray
    dispersion: FloatArray
    trend: FloatArray
    p_down: FloatArray
    p_up: FloatArray
    p_upper: FloatArray
    years: IntArray

    @property
    def tested(self) -> BoolArray:
        """Which months could be foretold and had a value."""
        return np.isfinite(self.p_down)

    @property
    def p_values(self) -> FloatArray:
        """Two-sided mid-p: twice the smaller tail, at most one."""
        return np.minimum(1.0, 2.0 * np.minimum(self.p_down, self.p_up))

    def latest(self, months: int) -> "MonthlyVerdict":
        """The same of the last months alone."""
        cut = {each.name: getattr(self, each.name)[:, -months:] for each in fields(self)}
        return MonthlyVerdict(**cut)

    def ways(self, alpha: float) -> IntArray:
        """Which way each month is off, (S, M): 1 above, -1 below, 0 where its p is not below."""
        off = self.p_values < alpha
        out: IntArray = np.where(off, np.where(self.p_up < self.p_down, 1, -1), 0)
        return out

    def limits(self, tail: float) -> tuple[FloatArray, FloatArray]:
        """Quantiles ``tail`` and ``1 - tail``; a value outside them is surprising.

        Args:
            tail: probability on each side.
        """
        return limits(self.expected, self.dispersion, tail)


def farrington(
    counts: FloatArray, months: int, settings: MonthlySettings, exposure: FloatArray | None = None
) -> MonthlyVerdict:
    """Test the last months of monthly series.

    Args:
        counts: (S, T) on one calendar; nan where a month has no comparable value.
        months: how many of the last months are tested, each on what came before it.
        settings: of the method.
        exposure: (S, T) population at risk, positive; 1 when left out.

    Returns:
        Verdicts of shape (S, months). Each tested month uses as many whole years as there are
        comparable months for, at most ``settings.years``.

    Raises:
        ValueError: a count is negative, or more months are to be tested than there are.
    """
    series, length = counts.shape
    if not 1 <= months <= length:
        raise ValueError("months must lie between 1 and the length of the series")
    if np.any(counts < 0):
        raise ValueError("a count is negative")
    longest = _MONTHS * settings.years + settings.half_window + 1
    window = _windows(counts, months, longest)
    offset = np.zeros(window.shape)
    if exposure is not None:
        offset = np.nan_to_num(np.log(_windows(exposure, months, longest)))
    years = _whole_years(window[:, :-1], settings)
    out = {name: np.full(window.shape[0], np.nan) for name in ("mean", "dispersion", "trend")}
    for span in range(settings.least_years, settings.years + 1):
        rows = np.flatnonzero(years == span)
        if rows.size:
            reach = _MONTHS * span + settings.half_window + 1
            fitted = _foretell(window[rows, -reach:], offset[rows, -reach:], span, settings)
            for name, values in zip(out, fitted, strict=True):
                out[name][rows] = values
    seen, shape = window[:, -1], (series, months)
    p_down, p_up, p_upper = _tails(seen, out["mean"], out["dispersion"])
    return MonthlyVerdict(
        expected=out["mean"].reshape(shape),
        dispersion=out["dispersion"].reshape(shape),
        trend=out["trend"].reshape(shape),
        p_down=p_down.reshape(shape),
        p_up=p_up.reshape(shape),
        p_upper=p_upper.reshape(shape),
        years=years.reshape(shape),
    )


def _windows(values: FloatArray, months: int, longest: int) -> FloatArray:
    """The last ``longest`` values up to each tested month; nan before the series began."""
    series, length = values.shape
    window = np.full((series, months, longest), np.nan)
    for month in range(months):
        end = length - months + month + 1
        begin = max(0, end - longest)
        window[:, month, longest - (end - begin) :] = values[:, begin:end]
    return window.reshape(-1, longest)


def _whole_years(history: FloatArray, settings: MonthlySettings) -> IntArray:
    """Years before each month that begin with a comparable month; 0 with too few of them."""
    known = np.isfinite(history)
    first = np.where(known.any(axis=1), history.shape[1] - known.argmax(axis=1), 0)
    years = np.clip((first - settings.half_window) // _MONTHS, 0, settings.years)
    return np.where(years >= settings.least_years, years, 0)


def season_blocks(span: int, half_window: int, blocks: int) -> IntArray:
    """Which part of the year each month before a tested one belongs to.

    The months within ``half_window`` of the tested month's own season form the last block; the
    months between two such windows are shared among the other blocks in the order of the year,
    the first of which take what is left over.

    Args:
        span: years.
        half_window: months on each side.
        blocks: parts of a year.

    Returns:
        Block numbers from 0 to ``blocks - 1``, of the months from the oldest to the tested one.
    """
    length = _MONTHS * span + half_window + 1
    between = _MONTHS - 2 * half_window - 1
    others = max(blocks - 1, 1)
    sizes = np.full(others, between // others)
    sizes[: between % others] += 1
    year = np.concatenate(
        [np.full(2 * half_window + 1, blocks - 1), np.repeat(np.arange(others), sizes)]
    )
    if blocks == 1:
        # Without blocks, only the windows themselves are compared.
        year[2 * half_window + 1 :] = -1
    return np.asarray(np.tile(year, span + 1)[:length], dtype=np.int64)


def _foretell(
    window: FloatArray, offset: FloatArray, span: int, settings: MonthlySettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, dispersion and trend for the last month of each row."""
    block = season_blocks(span, settings.half_window, settings.blocks)
    length = block.size
    time = np.arange(length) - (length - 1.0)
    dummies = block[:, None] == np.arange(settings.blocks - 1)
    design = np.column_stack([np.ones(length), time / _MONTHS, dummies.astype(np.float64)])
    kept = (block >= 0) & (np.arange(length) < length - 1 - settings.left_out)
    y, shift, x = window[:, kept], offset[:, kept], design[kept]
    now = design[-1]
    rate, dispersion, slope = _reweighted(y, shift, x, now, settings)
    # No trend on a short past, nor one that foretells more than was ever seen.
    known = np.isfinite(y)
    largest = np.where(known, y / np.exp(shift), -np.inf).max(axis=1)
    flat = ~(rate <= largest) | (span < settings.least_years_of_trend)
    if flat.any():
        without = np.delete(np.arange(x.shape[1]), 1)
        rate[flat], dispersion[flat], _ = _reweighted(
            y[flat], shift[flat], x[:, without], now[without], settings
        )
        slope[flat] = 0.0
    exposure = np.exp(offset[:, -1])
    mean = rate * exposure
    own = block[kept] == block[-1]
    empty = np.nansum(y[:, own], axis=1) == 0
    seen = np.where(known, np.exp(shift), 0.0)[:, own].sum(axis=1)
    mean[empty], dispersion[empty] = _after_none(exposure[empty], seen[empty], dispersion[empty])
    slope[empty] = 0.0
    # Without months of its own season from most years, the block has no level to foretell.
    few = (np.nansum(y, axis=1) < settings.least_cases) | (known[:, own].sum(axis=1) < span)
    mean[few], dispersion[few], slope[few] = np.nan, np.nan, np.nan
    return mean, dispersion, slope / _MONTHS


def _after_none(
    exposure: FloatArray, seen: FloatArray, phi: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""Mean and dispersion of a month whose season never had a case.

    The level is :math:`\Gamma(1/2, b)` with :math:`b = \sum e / \phi`: months of a series
    that varies more than Poisson's law tell less. The month itself adds its own :math:`\phi`.
    """
    told = np.where(seen > 0, seen, 1.0) / phi
    return _PRIOR_CASES * exposure / told, phi + exposure / told


def _reweighted(
    y: FloatArray, shift: FloatArray, x: FloatArray, now: FloatArray, settings: MonthlySettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rate, dispersion and second coefficient where the design is ``now``."""
    known = np.isfinite(y)
    filled = np.where(known, y, 0.0)
    plain = known.astype(np.float64)
    beta, mu, bread = _fit(filled, shift, x, plain, settings)
    phi = _dispersion(filled, mu, plain, known, x.shape[1])
    leverage = plain * mu * np.einsum("np,spq,nq->sn", x, bread, x, optimize=True)
    residual = anscombe(filled, mu, phi[:, None], leverage)
    weights = reweight(residual, known, settings.residual_threshold)
    beta, mu, _ = _fit(filled, shift, x, weights, settings)
    phi = _dispersion(filled, mu, weights, known, x.shape[1])
    return np.exp(beta @ now), phi, beta[:, 1]


def _dispersion(
    y: FloatArray, mu: FloatArray, weights: FloatArray, known: BoolArray, parameters: int
) -> FloatArray:
    df = known.sum(axis=1) - parameters
    pearson = (weights * np.square(y - mu) / mu).sum(axis=1)
    phi: FloatArray = np.where(df > 0, np.maximum(pearson / np.maximum(df, 1), 1.0), np.nan)
    return phi


def anscombe(y: FloatArray, mu: FloatArray, phi: FloatArray, leverage: FloatArray) -> FloatArray:
    """Standardised Anscombe residuals of a quasi-Poisson regression."""
    raw = 1.5 * (np.cbrt(y) ** 2 * mu ** (-1.0 / 6.0) - np.sqrt(mu))
    # A month that alone decides its own fitted value has no residual.
    free = np.maximum(1.0 - leverage, np.finfo(np.float64).eps)
    return np.asarray(raw / np.sqrt(phi * free), dtype=np.float64)


def reweight(residual: FloatArray, known: BoolArray, threshold: float) -> FloatArray:
    """Weights of the months: those far above the fit count less, and the sum stays.

    Args:
        residual: (S, N).
        known: (S, N), which months have a value; the others weigh nothing.
        threshold: residuals up to this keep their weight.
    """
    far = known & (residual > threshold)
    weights = np.where(far, 1.0 / np.square(np.where(far, residual, 1.0)), known.astype(np.float64))
    total = weights.sum(axis=1, keepdims=True)
    scaled: FloatArray = weights * known.sum(axis=1, keepdims=True) / np.where(total > 0, total, 1)
    return scaled


def _fit(
    y: FloatArray, shift: FloatArray, x: FloatArray, weights: FloatArray, settings: MonthlySettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Poisson regressions with one design, by iteratively reweighted least squares.

    Returns:
        Coefficients (S, P), fitted means (S, N) and the inverse of the information (S, P, P).
    """
    rows, size = y.shape[0], x.shape[1]
    products = (x[:, :, None] * x[:, None, :]).reshape(x.shape[0], -1)
    # Coefficients of an empty block run off to minus infinity; a trace of ridge keeps them.
    ridge = 1e-9 * np.eye(size)
    mu = np.maximum(y, 0.0) + 0.1
    eta = np.log(mu)
    beta = np.zeros((rows, size))
    information = np.zeros((rows, size, size))
    deviance = np.full(rows, np.inf)
    active = np.arange(rows)
    for _ in range(settings.max_iterations):
        w = weights[active] * mu[active]
        working = eta[active] - shift[active] + (y[active] - mu[active]) / mu[active]
        information[active] = (w @ products).reshape(-1, size, size) + ridge
        right = (w * working) @ x
        beta[active] = np.linalg.solve(information[active], right[:, :, None])[:, :, 0]
        eta[active] = np.clip(beta[active] @ x.T + shift[active], -30.0, 30.0)
        mu[active] = np.exp(eta[active])
        new = _deviance(y[active], mu[active], weights[active])
        settled = np.abs(new - deviance[active]) <= settings.tolerance * (np.abs(new) + 0.1)
        deviance[active] = new
        active = active[~settled]
        if not active.size:
            break
    return beta, mu, np.asarray(np.linalg.inv(information), dtype=np.float64)


def _deviance(y: FloatArray, mu: FloatArray, weights: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(y > 0, y * np.log(y / mu), 0.0)
    out: FloatArray = 2.0 * (weights * (ratio - (y - mu))).sum(axis=1)
    return out


def limits(mean: FloatArray, dispersion: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Quantiles of the negative binomial with that mean and dispersion; Poisson at 1.

    Args:
        mean: predictive mean.
        dispersion: variance over mean, at least 1.
        tail: probability on each side.
    """
    calm, size, share = _parameters(mean, dispersion)
    with np.errstate(invalid="ignore"):
        low, high = (
            np.where(calm, stats.poisson.ppf(q, mean), stats.nbinom.ppf(q, size, share))
            for q in (tail, 1.0 - tail)
        )
    # scipy gives -1 where already zero is reached.
    return np.where(np.isfinite(low), np.maximum(low, 0.0), low), high


def mid_p(observed: float, mean: float, dispersion: float) -> float:
    """Two-sided mid-p of one count with that mean and dispersion."""
    below, above, _ = _tails(np.array([observed]), np.array([mean]), np.array([dispersion]))
    return float(min(1.0, 2.0 * min(below[0], above[0])))


def _parameters(
    mean: FloatArray, dispersion: FloatArray
) -> tuple[BoolArray, FloatArray, FloatArray]:
    calm = dispersion - 1.0 < np.sqrt(np.finfo(np.float64).eps)
    excess = np.where(calm, 1.0, dispersion - 1.0)
    return calm, mean / excess, 1.0 / (1.0 + excess)


def _tails(
    y: FloatArray, mean: FloatArray, dispersion: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    calm, size, share = _parameters(mean, dispersion)
    with np.errstate(invalid="ignore"):
        at = np.where(calm, stats.poisson.pmf(y, mean), stats.nbinom.pmf(y, size, share))
        below = np.where(calm, stats.poisson.cdf(y, mean), stats.nbinom.cdf(y, size, share))
        above = np.where(calm, stats.poisson.sf(y - 1, mean), stats.nbinom.sf(y - 1, size, share))
    return below - at / 2.0, above - at / 2.0, above


def events(ways: IntArray, gap: int) -> tuple[IntArray, IntArray]:
    """Alarms that are one and the same event: where it began, and how many it has had.

    A level that has moved is alarming month after month until the years before have caught up with
    it; a reader should meet it once.

    Args:
        ways: (S, M), which way each month is off; 0 where it is not.
        gap: alarms the same way with at most so many months between them are one event.

    Returns:
        Two of (S, M): position of the first month of the event that an alarm belongs to, -1 where
        there is no alarm; and its number in that event, from 1, 0 where there is none.
    """
    began, number = np.full(ways.shape, -1), np.zeros(ways.shape, dtype=np.int64)
    first, so_far = np.full(ways.shape[0], -1), np.zeros(ways.shape[0], dtype=np.int64)
    latest = np.full(ways.shape[0], -gap - 2)
    way = np.zeros(ways.shape[0], dtype=ways.dtype)
    for month in range(ways.shape[1]):
        off = ways[:, month] != 0
        goes_on = off & (ways[:, month] == way) & (month - latest <= gap + 1)
        first = np.where(off & ~goes_on, month, first)
        so_far = np.where(off, np.where(goes_on, so_far, 0) + 1, so_far)
        latest = np.where(off, month, latest)
        way = np.where(off, ways[:, month], way)
        began[off, month], number[off, month] = first[off], so_far[off]
    return began, number
