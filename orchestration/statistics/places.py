r"""Months of one year: every place held against how places usually move from month to month.

Twelve months cannot show their own season, but many places share it. What they have in common is
taken out first; what is left of a place's change is then held against how much places otherwise
change. It finds a reporting loss, a double delivery, a changed routine; it is a test of data
before it is a test of society.

With counts :math:`y_{it}` of place *i* in month *t*, the common path :math:`c_t`, what is expected
from an earlier month *s*, :math:`\mu = y_{is}\, e^{c_t - c_s}`, and Anscombe's root, whose
variance hardly depends on the level,

.. math:: 2\sqrt{y_{it} + 3/8} - 2\sqrt{\mu + 3/8} \sim
          N\!\left(0,\; (t - s)\left[\phi + \sigma^2 \mu\right]\right)

- The common path sums, over the months, the weighted median of the places' log changes (weights
  :math:`(1/y_{t-1} + 1/y_t)^{-1/2}`), by group: those born abroad need not move as those born here.
- Monthly counts of households are stocks. Most households stay, so a change varies less than two
  independent Poisson counts would (:math:`\phi = 2`); how much less, :math:`\phi`, and how much a
  place varies besides, :math:`\sigma`, follow a mixture on a grid, fitted by EM over the pool.
- Pools hold faults, and a fault must not teach what is usual. Each transition is therefore a break
  with a small probability that is fitted too, and breaks have a wide spread of their own (a
  contaminated normal). A p-value speaks of the regular part alone (an empirical null).
- A tested month never takes part in its own expectation: the fit leaves out, for all places, the
  transitions into and out of it. Only neighbouring months teach.
- After a month that is doubtful the next one is held against it and against the latest month that
  was not, and the larger p-value counts. So neither a come-back nor a level that stays is told
  as a second deviation.
- A month without a comparable value (hidden, missing, carried over) is a gap: it is not tested,
  and nothing is held against it. One that a footnote doubts is tested, so that what the footnote
  explains can be told, but nothing is held against it either.

What does not belong here: series with years of months (``monthly.py``), yearly series
(``filters.py``), and what a footnote says.

References: Anscombe (1948), Biometrika 35:246 (root); Tukey (1960) in Olkin (ed.), Contributions to
Probability and Statistics (contaminated normal); Kiefer & Wolfowitz (1956), Ann. Math. Stat. 27:887
(mixture); Efron (2004), J. Am. Stat. Assoc. 99:96 (empirical null); McKenzie (1985), Water Resour.
Bull. 21:645 (stocks that keep a part of themselves).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.filters import responsibilities
from orchestration.statistics.multiplicity import benjamini_hochberg

#: What Anscombe adds to a count before its root.
_ADDED = 3.0 / 8.0
#: The limits are searched within so many standard deviations, in so many halvings.
_REACH, _HALVINGS = 40.0, 50


@dataclass(frozen=True)
class PlacesSettings:
    """How months are compared across places.

    Attributes:
        turnover_grid: variances of a month's change, in units of its count, that places may
            have; 2 is two independent Poisson counts.
        volatility_grid: monthly log-volatilities that places may have besides. It ends where a
            place that moves so much every month is itself worth a look.
        break_spread: standard deviation of a break on the log scale; a third up or down.
        least_count: a month with fewer cases is neither held against another nor learnt from.
            Publishers hide the smallest counts, so that of small places only rises are seen.
        least_places: a group's common movement into a month needs so many places.
        doubtful_below: p-value below which a month alone is no baseline for the next.
        prior_places: how many places' worth of an even spread the mixture starts from, and how
            many transitions' worth of ``prior_break`` the share of breaks does.
        prior_break: share of breaks to start from.
        tolerance: largest change of a mixture weight at which the fit is done.
        max_iterations: the fit stops here at the latest.
    """

    turnover_grid: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 2.0)
    volatility_grid: tuple[float, ...] = (0.0, 0.01, 0.02, 0.04, 0.07)
    break_spread: float = 0.3
    least_count: float = 20.0
    least_places: int = 20
    doubtful_below: float = 0.01
    prior_places: float = 1.0
    prior_break: float = 0.01
    tolerance: float = 1e-4
    max_iterations: int = 200

    def __post_init__(self) -> None:
        if not self.turnover_grid or min(self.turnover_grid) <= 0:
            raise ValueError("turnover_grid must hold positive variances")
        if not self.volatility_grid or min(self.volatility_grid) < 0:
            raise ValueError("volatility_grid must hold volatilities of at least 0")
        if not (0 < self.doubtful_below < 1 and 0 < self.prior_break < 1):
            raise ValueError("doubtful_below and prior_break must lie between 0 and 1")
        if min(self.break_spread, self.least_count, self.prior_places, self.tolerance) <= 0:
            raise ValueError(
                "break_spread, least_count, prior_places and tolerance must be positive"
            )
        if self.least_places < 1 or self.max_iterations < 1:
            raise ValueError("least_places and max_iterations must be at least 1")

    def components(self) -> tuple[FloatArray, FloatArray]:
        """Turnover and squared volatility of every pair of the two grids, each (G,)."""
        turnover, volatility = np.meshgrid(self.turnover_grid, self.volatility_grid)
        return turnover.ravel(), np.square(volatility).ravel()


@dataclass(frozen=True, eq=False)
class PlacesVerdict:
    """Months held against what an earlier month and the other places foretell; each (S, T).

    Attributes:
        expected: the earlier month, moved as the others moved; nan where nothing was tested.
        baseline: position of the month it is held against; -1 where nothing was tested.
        p_down: probability of a value at most as large.
        p_up: probability of a value at least as large.
        weights: (S, T, G), of the changes that a place usually has.
        spread: (S, T, G), standard deviations of those changes on the scale of the roots.
    """

    expected: FloatArray
    baseline: IntArray
    p_down: FloatArray
    p_up: FloatArray
    weights: FloatArray
    spread: FloatArray

    @property
    def tested(self) -> BoolArray:
        """Which months were held against another."""
        return self.baseline >= 0

    @property
    def p_values(self) -> FloatArray:
        """Two-sided: twice the smaller tail; nan where nothing was tested."""
        return np.minimum(1.0, 2.0 * np.minimum(self.p_down, self.p_up))

    def q_values(self) -> FloatArray:
        """Adjusted over all tested months of all places (Benjamini & Hochberg)."""
        out = np.full(self.expected.shape, np.nan)
        if self.tested.any():
            out[self.tested] = benjamini_hochberg(self.p_values[self.tested])
        return out

    def limits(self, tail: float) -> tuple[FloatArray, FloatArray]:
        """Counts that are undershot, and overshot, with probability ``tail`` each.

        Args:
            tail: probability on each side.
        """
        low = np.zeros(self.expected.shape)
        high = self.spread.max(axis=2) * _REACH
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            inside = _below(middle, self.weights, self.spread) < 1.0 - tail
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        middle = _root(np.where(self.tested, self.expected, np.nan))
        return _count(middle - high), _count(middle + high)


@dataclass(frozen=True, eq=False)
class _Changes:
    """Changes from the month before, beside the common movement.

    Attributes:
        change: (S, T), at the later month, on the scale of the roots; 0 where unknown.
        known: (S, T), whether both months have a value large enough.
        expected: (S, T), the month before, moved as the others moved; 1 where unknown.
    """

    change: FloatArray
    known: BoolArray
    expected: FloatArray


def compare_places(
    counts: FloatArray,
    groups: IntArray,
    settings: PlacesSettings,
    doubted: BoolArray | None = None,
) -> PlacesVerdict:
    """Hold the months of many places against each other.

    Args:
        counts: (S, T), consecutive months; nan where a month has no comparable value.
        groups: (S,), numbered from 0, which series share a common movement. All share one
            mixture.
        settings: of the method.
        doubted: (S, T), months that the publisher itself has doubts about. They are tested, but
            nothing is held against them or learnt from them.

    Returns:
        Verdicts of shape (S, T). Not tested are a place's first month, a month into which the
        group's common movement is unknown, and one beside whose own transitions the pool has too
        few to learn from (so two months alone are not compared).

    Raises:
        ValueError: a count is negative, or the lengths differ.
    """
    if np.any(counts < 0):
        raise ValueError("a count is negative")
    if groups.shape != counts.shape[:1]:
        raise ValueError("every series needs a group")
    sound = counts >= settings.least_count
    if doubted is not None:
        sound &= ~doubted
    level = np.where(sound, counts, np.nan)
    steps = common_steps(level, groups, settings)
    path, unknown = np.cumsum(np.nan_to_num(steps), axis=1), np.cumsum(np.isnan(steps), axis=1)
    changes = _changes(level, steps[groups])
    turnover, volatility = settings.components()
    shape, size = counts.shape, turnover.size
    expected, p_down, p_up = (np.full(shape, np.nan) for _ in range(3))
    baseline = np.full(shape, -1)
    weights, spread = np.zeros((*shape, size)), np.ones((*shape, size))
    sure, doubtful = np.where(sound[:, 0], 0, -1), np.full(shape[0], -1)
    rows = np.arange(shape[0])
    for month in range(1, shape[1]):
        usual = _usual(changes, month, settings)
        best = np.full(shape[0], np.nan)
        for candidate in (sure, doubtful):
            if usual is None:
                break
            at = np.maximum(candidate, 0)
            mu = level[rows, at] * np.exp(path[groups, month] - path[groups, at])
            change = _root(counts[:, month]) - _root(mu)
            wide = np.sqrt((month - at)[:, None] * (turnover + volatility * mu[:, None]))
            below, above = _below(change, usual, wide), _below(-change, usual, wide)
            p = 2.0 * np.minimum(below, above)
            linked = unknown[groups, month] == unknown[groups, at]
            use = (candidate >= 0) & linked & np.isfinite(change) & ~(p <= best)
            best[use], baseline[use, month], expected[use, month] = p[use], candidate[use], mu[use]
            p_down[use, month], p_up[use, month] = below[use], above[use]
            weights[use, month], spread[use, month] = usual[use], wide[use]
        strange = best < settings.doubtful_below
        doubtful = np.where(sound[:, month], np.where(strange, month, -1), doubtful)
        sure = np.where(sound[:, month] & ~strange, month, sure)
    return PlacesVerdict(expected, baseline, p_down, p_up, weights, spread)


def common_steps(level: FloatArray, groups: IntArray, settings: PlacesSettings) -> FloatArray:
    """Each group's common log change into each month.

    Args:
        level: (S, T), positive; nan where a month has no comparable value.
        groups: (S,), numbered from 0.
        settings: of the method.

    Returns:
        (groups, T): 0 in the first month, nan into months that too few places have.
    """
    change = np.diff(np.log(level), axis=1)
    weight = 1.0 / np.sqrt(1.0 / level[:, 1:] + 1.0 / level[:, :-1])
    steps = np.zeros((int(groups.max()) + 1, level.shape[1]))
    for group in range(steps.shape[0]):
        for month in range(change.shape[1]):
            use = (groups == group) & np.isfinite(change[:, month])
            enough = use.sum() >= settings.least_places
            steps[group, month + 1] = (
                _weighted_median(change[use, month], weight[use, month]) if enough else np.nan
            )
    return steps


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2.0)])


def _changes(level: FloatArray, steps: FloatArray) -> _Changes:
    expected, change = np.full(level.shape, np.nan), np.full(level.shape, np.nan)
    expected[:, 1:] = level[:, :-1] * np.exp(steps[:, 1:])
    change[:, 1:] = _root(level[:, 1:]) - _root(expected[:, 1:])
    known = np.isfinite(change)
    return _Changes(np.where(known, change, 0.0), known, np.where(known, expected, 1.0))


def _root(count: FloatArray) -> FloatArray:
    return np.asarray(2.0 * np.sqrt(count + _ADDED), dtype=np.float64)


def _count(root: FloatArray) -> FloatArray:
    """The count that has a root; none below nought."""
    return np.maximum(np.square(np.maximum(root, 0.0) / 2.0) - _ADDED, 0.0)


def _usual(changes: _Changes, month: int, settings: PlacesSettings) -> FloatArray | None:
    """Weights (S, G) of the changes that each place usually has, a month left out.

    Returns:
        None when too few places have a transition that does not touch the month.
    """
    columns = np.setdiff1d(np.arange(changes.known.shape[1]), (month, month + 1))
    known = changes.known[:, columns]
    places = known.any(axis=1)
    if places.sum() < settings.least_places:
        return None
    square = np.square(changes.change[:, columns, None])
    expected = changes.expected[:, columns, None]
    turnover, volatility = settings.components()
    variance = turnover + volatility * expected
    regular = _log_normal(square, variance)
    broken = _log_normal(square, variance + settings.break_spread**2 * expected)
    top = np.maximum(regular, broken)
    # An unknown change is as likely whatever a place usually does.
    regular = np.where(known[:, :, None], np.exp(regular - top), 1.0)
    broken = np.where(known[:, :, None], np.exp(broken - top), 1.0)
    top = np.where(known[:, :, None], top, 0.0).sum(axis=1)
    size = variance.shape[2]
    even = np.full(size, 1.0 / size)
    weights, share = even, settings.prior_break
    for _ in range(settings.max_iterations):
        either = (1.0 - share) * regular + share * broken
        posterior = responsibilities(top + np.log(either).sum(axis=1), weights)
        odds = (share * broken / either * known[:, :, None]).sum(axis=1)
        share = float((posterior * odds).sum()) + settings.prior_places * settings.prior_break
        share /= known.sum() + settings.prior_places
        new = posterior[places].sum(axis=0) + settings.prior_places * even
        new /= places.sum() + settings.prior_places
        settled = np.max(np.abs(new - weights)) < settings.tolerance
        weights = new
        if settled:
            break
    return posterior


def _log_normal(square: FloatArray, variance: FloatArray) -> FloatArray:
    out: FloatArray = -0.5 * (np.log(2.0 * np.pi * variance) + square / variance)
    return out


def _below(change: FloatArray, weights: FloatArray, spread: FloatArray) -> FloatArray:
    """Probability of a change at most as large; mixed over the last axis."""
    out: FloatArray = (weights * special.ndtr(change[..., None] / spread)).sum(axis=-1)
    return out
