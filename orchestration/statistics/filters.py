r"""Expected values from short series: a level that wanders, leans and now and then leaps.

A few yearly values cannot estimate how restless they are, so that is pooled over comparable series
(``pooled.py``); here stands what one series does, given how it moves (``Dynamics``):

.. math::

    \log\ell_t = \log\ell_{t-1} + b_t + e_t, \qquad b_t = \varphi b_{t-1} + u_t

The step :math:`e_t` is normal with the yearly log-volatility :math:`\sigma`, or, with a small
pooled probability, a wide one. A year may also be a one-off: it is off by as much as a wide step
and the level has not moved. A wide step and a one-off look the same in the year they come and are
told apart by the year after, so both are kept for a year: a value that returns is no surprise, and
neither is one that stays. The slope :math:`b` is damped, so that no trend is drawn out for ever.
The tested value never takes part in its own expectation.

Observations are Poisson, binomial or normal around the level, times a noise that is pooled by
register: above one where persons have several events, below one in stocks, most of whose members
were there the year before. Exposures are taken as known; the noise that SCB adds to populations
from 2025 is small against a city's, and parts are never had by subtraction.

The driver here is common to counts (``GammaPoisson``, below), proportions (``proportions.py``)
and means (``means.py``); a model says how its state steps forward, is updated and predicts.
The level is known by the mean and variance of its link (log, logit), which each model turns into
its own conjugate state; the slope is carried beside it by its covariance with the level, and the
two or more ways a year may be read are merged by their first two moments.
What does not belong here: what is pooled, indicators, catalogues, and what a deviation means.

References: Harvey & Fernandes (1989), J. Bus. Econ. Stat. 7:407 (gamma-Poisson level); West,
Harrison & Migon (1985), J. Am. Stat. Assoc. 80:73 (a conjugate level with a linear Bayes state);
Gardner & McKenzie (1985), Manag. Sci. 31:1237 (damped trends); Harrison & Stevens (1976), J. R.
Stat. Soc. B 38:205 (several states at a time, merged a year later); mid-p after Lancaster (1961).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from scipy import special

from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray

State = tuple[FloatArray, FloatArray]

#: Weights below this make no difference to a probability that anyone reads.
_NEXT_TO_NOTHING = 1e-12


class Observation(NamedTuple):
    """One year's values of all series; every array can be broadcast to (S, G).

    Attributes:
        y: what was observed (a count, or the log of a mean or amount).
        exposure: its exposure (population at risk, number of trials, or sampling variance).
        df: degrees of freedom behind a sampling variance; infinite where there is none.
    """

    y: FloatArray
    exposure: FloatArray
    df: FloatArray


class LevelModel(Protocol):
    """A level that steps forward with a volatility, predicts, and learns from a value.

    A state is a pair of arrays of shape (S, G): S series, G volatilities.
    """

    @property
    def discrete(self) -> bool:
        """Whether predictions are of whole numbers."""
        ...

    def start(self, seen: Observation) -> State:
        """State after the first value of a series."""
        ...

    def moments(self, state: State) -> State:
        """Mean and variance of the level's link."""
        ...

    def of_moments(self, mean: FloatArray, variance: FloatArray) -> State:
        """The state whose link has this mean and variance."""
        ...

    def forward(self, state: State, variance: FloatArray, log_shift: FloatArray) -> State:
        """State after so much is added to its link's variance, and its level multiplied."""
        ...

    def update(self, state: State, seen: Observation) -> State:
        """State after a value."""
        ...

    def log_density(self, state: State, seen: Observation) -> FloatArray:
        """Log of the predictive density of a value."""
        ...

    def tails(self, state: State, seen: Observation) -> tuple[FloatArray, FloatArray]:
        """Mid-p of a value at most, and at least, as large as the one seen."""
        ...

    def cdf(self, state: State, seen: Observation) -> FloatArray:
        """Predictive probability of a value at most as large as the one seen."""
        ...

    def expected(self, state: State, exposure: FloatArray) -> FloatArray:
        """Predictive mean, on the scale of ``y`` (of its exponential for means)."""
        ...

    def upper_limit(self, state: State, exposure: FloatArray) -> FloatArray:
        """A value above which there is practically nothing; where a search may begin."""
        ...

    def probability_beyond(self, state: State, seen: Observation, log_ratio: float) -> FloatArray:
        """Probability that the year's own level is off the expected one by more than a factor.

        The year's level is judged by its own value alone, the expected one by the predicted
        state; ``|log(level / expected level)| > log_ratio``.
        """
        ...


@dataclass(frozen=True)
class GammaPoisson:
    r"""Counts with exposure.

    :math:`\lambda \sim \Gamma(a, b)`; a year multiplies both by
    :math:`\kappa = 1 / (1 + a\sigma^2)`, which adds :math:`\sigma^2` to the variance of
    :math:`\log\lambda`; :math:`y \sim \mathrm{NegBin}(a, b / (b + e))`; then ``a + y, b + e``.
    With :math:`\sigma = 0` the tails are those of the exact conditional binomial test between
    two Poisson counts when ``prior_shape`` is 1 (upper) or 0 (lower); 1/2 lies between.

    Attributes:
        prior_shape: a0, with b0 = 0. A shape of 0 needs a positive first count.
    """

    prior_shape: float = 0.5
    discrete: bool = True

    def start(self, seen: Observation) -> State:
        """``(a0 + y, e)``."""
        return self.prior_shape + seen.y, seen.exposure + np.zeros_like(seen.y)

    def moments(self, state: State) -> State:
        """``log(a / b)`` and ``1 / a``."""
        a, b = state
        return np.log(a / b), 1.0 / a

    def of_moments(self, mean: FloatArray, variance: FloatArray) -> State:
        """``1 / variance`` and that over the level."""
        a = 1.0 / variance
        return a, a * np.exp(-mean)

    def forward(self, state: State, variance: FloatArray, log_shift: FloatArray) -> State:
        """One year on; a known change divides ``b``."""
        a, b = state
        kappa = 1.0 / (1.0 + a * variance)
        return kappa * a, kappa * b * np.exp(-log_shift)

    def update(self, state: State, seen: Observation) -> State:
        """``(a + y, b + e)``."""
        a, b = state
        return a + seen.y, b + seen.exposure

    def log_density(self, state: State, seen: Observation) -> FloatArray:
        """Log probability of the negative binomial."""
        a, b = state
        y, e = seen.y, seen.exposure
        ways = special.gammaln(a + y) - special.gammaln(a) - special.gammaln(y + 1.0)
        out = ways + a * np.log(b / (b + e)) + special.xlogy(y, e / (b + e))
        return np.asarray(out, dtype=np.float64)

    def tails(self, state: State, seen: Observation) -> tuple[FloatArray, FloatArray]:
        """Mid-p of both tails, which sum to one; the smaller is computed, so that it stays true."""
        a, b = state
        y, e = seen.y, seen.exposure
        low = y * b <= e * a
        share = np.where(low, b, e) / (b + e)
        smaller = special.betainc(np.where(low, a, y), np.where(low, y + 1.0, a), share)
        smaller = smaller - 0.5 * np.exp(self.log_density(state, seen))
        return np.where(low, smaller, 1.0 - smaller), np.where(low, 1.0 - smaller, smaller)

    def cdf(self, state: State, seen: Observation) -> FloatArray:
        """Cumulative negative binomial."""
        a, b = state
        below = special.betainc(a, seen.y + 1.0, b / (b + seen.exposure))
        return np.asarray(below, dtype=np.float64)

    def expected(self, state: State, exposure: FloatArray) -> FloatArray:
        """``e a / b``."""
        a, b = state
        return exposure * a / b

    def upper_limit(self, state: State, exposure: FloatArray) -> FloatArray:
        """Mean and twelve standard deviations, and a little for the smallest counts."""
        a, b = state
        mean = exposure * a / b
        return mean + 12.0 * np.sqrt(mean * (1.0 + exposure / b)) + 30.0

    def probability_beyond(self, state: State, seen: Observation, log_ratio: float) -> FloatArray:
        """Ratio of two gammas by the beta distribution; the year's own is Γ(y + 1/2, e)."""
        a, b = state
        own = seen.y + 0.5
        odds_up = np.exp(log_ratio) * seen.exposure / b
        odds_down = np.exp(-log_ratio) * seen.exposure / b
        above = special.betainc(a, own, 1.0 / (1.0 + odds_up))
        below = special.betainc(own, a, odds_down / (1.0 + odds_down))
        return np.asarray(above + below, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Panel:
    """A pool of series on a common run of years; the last column is the tested year.

    Attributes:
        observed: (S, T); any finite number where not usable.
        exposure: (S, T); positive (or a variance of at least 0) everywhere.
        usable: (S, T); whether the year has a value.
        reset: (S, T); whether the history before that year is cut off.
        log_shift: (S, T); log of a known change of the level into that year.
        df: (S,); degrees of freedom behind the tested year's sampling variance.
        noise: (S,); variance of an observation over that of its law.
    """

    observed: FloatArray
    exposure: FloatArray
    usable: BoolArray
    reset: BoolArray
    log_shift: FloatArray
    df: FloatArray
    noise: FloatArray

    def take(self, rows: BoolArray | FloatArray | IntArray | list[int]) -> "Panel":
        """The same panel for some of its series."""
        index = np.asarray(rows)
        return Panel(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def with_noise(self, noise: FloatArray) -> "Panel":
        """The same panel with another noise, (S,)."""
        return replace(self, noise=noise)

    def year(self, column: int) -> Observation:
        """One column, each array of shape (S, 1)."""
        return Observation(
            self.observed[:, column, None], self.exposure[:, column, None], self.df[:, None]
        )


@dataclass(frozen=True, eq=False)
class Dynamics:
    """How levels move from year to year, in G ways.

    Attributes:
        volatility: yearly log-volatilities of the ordinary step, (G,) or for each series (S, G).
        slope: standard deviations of the yearly log slope, (G,).
        damping: share of a slope that is left a year later, above 0 and at most 1.
        leap: probability that a step is a wide one.
        one_off: probability that a year is off without its level having moved.
        wide_least: standard deviation of a wide step in a series that never moves.
        wide_times: standard deviation of a wide step over that of an ordinary one.
    """

    volatility: FloatArray
    slope: FloatArray
    damping: float = 1.0
    leap: float = 0.0
    one_off: float = 0.0
    wide_least: float = 0.0
    wide_times: float = 1.0

    @staticmethod
    def wandering(volatility: FloatArray) -> "Dynamics":
        """Levels that wander and do nothing else; for one or more volatilities."""
        return Dynamics(volatility, np.zeros(volatility.shape[-1]))

    @property
    def ways(self) -> int:
        """G."""
        return int(self.volatility.shape[-1])

    @property
    def leaps(self) -> bool:
        """Whether anything but ordinary steps can happen."""
        return self.leap > 0 or self.one_off > 0

    @property
    def wide_variance(self) -> FloatArray:
        """What a wide step or a one-off adds to the variance of the link; as ``volatility``."""
        out: FloatArray = self.wide_least**2 + np.square(self.wide_times * self.volatility)
        return out


class _Level(NamedTuple):
    """Link of the level and its slope, normal by their first two moments; arrays of one shape."""

    mean: FloatArray
    variance: FloatArray
    slope: FloatArray
    slope_variance: FloatArray
    covariance: FloatArray

    def where(self, chosen: BoolArray, other: "_Level") -> "_Level":
        """This where chosen, else the other."""
        return _Level(*(np.where(chosen, a, b) for a, b in zip(self, other, strict=True)))

    def stepped(self, dynamics: Dynamics, variance: FloatArray, slopes: FloatArray) -> "_Level":
        """A year on, with an ordinary step."""
        phi = dynamics.damping
        fresh = (1.0 - phi**2) * slopes
        carried = phi**2 * self.slope_variance + fresh
        slope = phi * self.slope
        return _Level(
            self.mean + slope,
            self.variance + 2.0 * phi * self.covariance + carried + variance,
            slope,
            carried,
            phi * self.covariance + carried,
        )

    def updated(self, model: LevelModel, seen: Observation, wide: FloatArray | float) -> "_Level":
        """After a value, the step into which was wider by so much variance."""
        before = self.variance + wide
        mean, variance = model.moments(model.update(model.of_moments(self.mean, before), seen))
        part = self.covariance / before
        return _Level(
            mean,
            variance,
            self.slope + part * (mean - self.mean),
            self.slope_variance - part**2 * (before - variance),
            self.covariance * variance / before,
        )

    def beside(self, other: "_Level") -> "_Level":
        """Both, one after the other along the first axis."""
        return _Level(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))

    def merged(self, weights: FloatArray) -> "_Level":
        """One level with the first two moments of those along the first axis, which is kept.

        Weights need not sum to one; where they are nought, so is what comes of it.
        """
        total = weights.sum(axis=0, keepdims=True)
        shares = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)

        def usual(values: FloatArray) -> FloatArray:
            out: FloatArray = (shares * values).sum(axis=0, keepdims=True)
            return out

        mean, slope = usual(self.mean), usual(self.slope)
        off, lean = self.mean - mean, self.slope - slope
        return _Level(
            mean,
            usual(self.variance + np.square(off)),
            slope,
            usual(self.slope_variance + np.square(lean)),
            usual(self.covariance + off * lean),
        )


@dataclass(frozen=True, eq=False)
class History:
    """What the years before the tested one say, for each way a level may move.

    Attributes:
        level: at the tested year, before its value, with an ordinary step; (C, S, G). The first
            of C components followed the latest value, the second held it for a one-off.
        share: of the components, (C, S, G), summing to one over the first axis.
        log_likelihood: (S, G), of the values that had one before them.
        points: (S,), how many values those were.
        started: (S,), whether there is any comparable value at all.
    """

    level: _Level
    share: FloatArray
    log_likelihood: FloatArray
    points: FloatArray
    started: BoolArray


def run_history(model: LevelModel, panel: Panel, dynamics: Dynamics) -> History:
    """Filter all columns but the last, and step into the last.

    Args:
        model: counts, proportions or means.
        panel: S series, T years.
        dynamics: how levels may move, in G ways.

    Returns:
        Level, likelihood and number of predicted values. A gap of g years adds g times the
        yearly variance, because every year steps forward whether it has a value or not.
    """
    rows, columns = panel.observed.shape
    shape = (2 if dynamics.leaps else 1, rows, dynamics.ways)
    variance = np.broadcast_to(np.square(dynamics.volatility), shape[1:])
    slopes = np.broadcast_to(np.square(dynamics.slope), shape[1:])
    wide = np.broadcast_to(dynamics.wide_variance, shape[1:])
    nought = np.zeros(shape)
    fresh = _Level(nought, nought + 1.0, nought, nought + slopes, nought)
    level, share = fresh, np.zeros(shape)
    share[0] = 1.0
    log_likelihood, points = np.zeros(shape[1:]), np.zeros(rows)
    started = np.zeros(rows, dtype=bool)
    for column in range(columns):
        stepped = level.stepped(dynamics, variance, slopes)
        stepped = _shifted(model, stepped, panel.log_shift[:, column])
        level = stepped.where(started[:, None], level)
        if column == columns - 1:
            break
        seen = _noisy(model, panel.year(column), panel.noise)
        started = started & ~panel.reset[:, column]
        usable = panel.usable[:, column]
        predicted = (usable & started)[:, None]
        after, new_share, density = _learn(model, (level, share), seen, dynamics, wide)
        if model.discrete:
            # A density in scaled counts, as one in counts.
            density = density - np.log(panel.noise)[:, None]
        log_likelihood = log_likelihood + np.where(predicted, density, 0.0)
        points = points + predicted[:, 0]
        level = after.where(predicted, level)
        share = np.where(predicted, new_share, share)
        first = (usable & ~started)[:, None]
        if first.any():
            mean, spread = model.moments(model.start(seen))
            level = fresh._replace(mean=nought + mean, variance=nought + spread).where(first, level)
            share = np.where(first, np.eye(shape[0])[0][:, None, None], share)
        started = started | usable
    return History(level, share, log_likelihood, points, started)


def _noisy(model: LevelModel, seen: Observation, noise: FloatArray) -> Observation:
    """An observation in the units in which it has the variance of its law."""
    if model.discrete:
        return seen._replace(y=seen.y / noise[:, None], exposure=seen.exposure / noise[:, None])
    return seen._replace(exposure=seen.exposure * noise[:, None])


def _shifted(model: LevelModel, level: _Level, log_shift: FloatArray) -> _Level:
    """After a known change of the level; (S,)."""
    if not np.any(log_shift):
        return level
    state = model.of_moments(level.mean, level.variance)
    moved = model.forward(state, np.zeros_like(level.mean), log_shift[:, None])
    mean, variance = model.moments(moved)
    return level._replace(mean=mean, variance=variance)


def _learn(
    model: LevelModel,
    known: tuple[_Level, FloatArray],
    seen: Observation,
    dynamics: Dynamics,
    wide: FloatArray,
) -> tuple[_Level, FloatArray, FloatArray]:
    """Levels after a value, the components' new shares, and the value's log density (S, G).

    Known are the levels before it and the components' shares.
    """
    level, share = known
    density = model.log_density(model.of_moments(level.mean, level.variance), seen)
    ordinary = level.updated(model, seen, 0.0)
    if not dynamics.leaps:
        return ordinary, share, density[0]
    far = model.log_density(model.of_moments(level.mean, level.variance + wide), seen)
    top = np.maximum(density, far).max(axis=0)
    plain = (1.0 - dynamics.leap - dynamics.one_off) * share * np.exp(density - top)
    off = share * np.exp(far - top)
    leapt, once = dynamics.leap * off, dynamics.one_off * off
    moved = level.updated(model, seen, wide)
    followed = plain + leapt
    total = (followed + once).sum(axis=0)
    after = ordinary.beside(moved).merged(np.concatenate([plain, leapt]))
    # Where a one-off is out of the question, its component says what the other does.
    held = level.merged(once).where(once.sum(axis=0, keepdims=True) > 0, after)
    shares = np.stack([followed.sum(axis=0), once.sum(axis=0)]) / total
    return after.beside(held), shares, np.log(total) + top


def responsibilities(log_likelihood: FloatArray, weights: FloatArray) -> FloatArray:
    """Posterior weight of each way for each series; (S, G), rows summing to one.

    Args:
        log_likelihood: (S, G).
        weights: (G,) for all, or (S, G).
    """
    with np.errstate(divide="ignore"):
        joint = log_likelihood + np.log(weights)
    joint = np.exp(joint - joint.max(axis=1, keepdims=True))
    out: FloatArray = joint / joint.sum(axis=1, keepdims=True)
    return out


def two_sided(below: FloatArray, above: FloatArray) -> FloatArray:
    """Twice the smaller of two tails, at most one."""
    return np.minimum(1.0, 2.0 * np.minimum(below, above))


@dataclass(frozen=True, eq=False)
class Prediction:
    """The tested year as the past expects it, and the value that came.

    Attributes:
        model: counts, proportions or means.
        state: level at the tested year, before its value; pair of (S, M): one for each way a
            level may move, each component of its history, and an ordinary and a wide step.
        weights: (S, M), of those, summing to one.
        ways: (S, G), posterior weights of the ways the level moves.
        one_off: (S, M), whether the latest earlier value is held for a one-off.
        seen: the value that came, its exposure and degrees of freedom; each (S, 1).
        noise: (S,), variance of an observation over that of its law.
    """

    model: LevelModel
    state: State
    weights: FloatArray
    ways: FloatArray
    one_off: BoolArray
    seen: Observation
    noise: FloatArray

    def shifted(self, log_shift: FloatArray) -> "Prediction":
        """The same after a known change of the level into the tested year; ``log_shift`` (S,)."""
        still = np.zeros_like(self.weights)
        return replace(self, state=self.model.forward(self.state, still, log_shift[:, None]))

    def take(self, rows: list[int] | BoolArray) -> "Prediction":
        """The same for some of the series."""
        index = np.asarray(rows)
        return replace(
            self,
            state=(self.state[0][index], self.state[1][index]),
            weights=self.weights[index],
            ways=self.ways[index],
            one_off=self.one_off[index],
            noise=self.noise[index],
            seen=Observation(*(a[index] for a in self.seen)),
        )

    def tails(self) -> tuple[FloatArray, FloatArray]:
        """Mid-p of a value at most, and at least, as large; each (S,)."""
        # Most ways have next to no weight, and their tails are dear.
        counts = self.weights > _NEXT_TO_NOTHING
        seen = Observation(*(np.broadcast_to(a, counts.shape)[counts] for a in self._scaled))
        state = self.state[0][counts], self.state[1][counts]
        below, above = np.zeros(counts.shape), np.zeros(counts.shape)
        below[counts], above[counts] = self.model.tails(state, seen)
        # Half a probability taken from a sum may leave the unit interval by rounding.
        return np.clip(self._mix(below), 0.0, 1.0), np.clip(self._mix(above), 0.0, 1.0)

    def p_values(self) -> FloatArray:
        """Two-sided mid-p: twice the smaller tail, at most one; (S,)."""
        return two_sided(*self.tails())

    def expected(self) -> FloatArray:
        """Predictive mean; (S,)."""
        expected = self._mix(self.model.expected(self.state, self._scaled.exposure))
        return expected * self.noise if self.model.discrete else expected

    def probability_of_one_off(self) -> FloatArray:
        """Probability that the latest earlier value was a one-off, now that this one came; (S,)."""
        density = self.model.log_density(self.state, self._scaled)
        joint = self.weights * np.exp(density - density.max(axis=1, keepdims=True))
        out: FloatArray = (joint * self.one_off).sum(axis=1) / joint.sum(axis=1)
        return out

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Central predictive interval of the mixture; two arrays (S,).

        For counts the limits are the smallest whole numbers whose cumulative probability
        reaches ``(1 - level) / 2`` and ``(1 + level) / 2``.
        """
        return self.quantile((1.0 - level) / 2.0), self.quantile((1.0 + level) / 2.0)

    def quantile(self, probability: float) -> FloatArray:
        """Predictive quantile of the mixture by bisection; (S,)."""
        limit = self.model.upper_limit(self.state, self._scaled.exposure).max(axis=1)
        if self.model.discrete:
            low, high = np.full(limit.shape, -1.0), np.ceil(limit * self.noise)
        else:
            low, high = -limit, limit
        steps = int(np.ceil(np.log2(np.max(high - low)))) + (1 if self.model.discrete else 45)
        for _ in range(steps):
            middle = (low + high) / 2.0
            if self.model.discrete:
                middle = np.floor(middle)
            reached = self._cdf(middle) >= probability
            settled = middle <= low
            high = np.where(reached & ~settled, middle, high)
            low = np.where(reached | settled, low, middle)
        return np.asarray(high, dtype=np.float64)

    def probability_relevant(self, change: float) -> FloatArray:
        """Probability that the level changed by more than a factor ``1 + change``; (S,)."""
        log_ratio = float(np.log1p(change))
        return self._mix(self.model.probability_beyond(self.state, self._scaled, log_ratio))

    @property
    def _scaled(self) -> Observation:
        return _noisy(self.model, self.seen, self.noise)

    def _cdf(self, y: FloatArray) -> FloatArray:
        at = np.maximum(y, 0.0)[:, None] if self.model.discrete else y[:, None]
        seen = _noisy(self.model, self.seen._replace(y=at), self.noise)
        below = self._mix(self.model.cdf(self.state, seen))
        return np.where(y < 0, 0.0, below) if self.model.discrete else below

    def _mix(self, values: FloatArray) -> FloatArray:
        out: FloatArray = (self.weights * values).sum(axis=1)
        return out


def predict(
    model: LevelModel, panel: Panel, dynamics: Dynamics, history: History, ways: FloatArray
) -> Prediction:
    """Hold the last column of a panel against its history.

    Args:
        model: counts, proportions or means.
        panel: S series, T years, the last of which is tested.
        dynamics: what the history was run with.
        history: of the same panel.
        ways: (S, G), posterior weights of the ways a level may move.
    """
    level, share = history.level, history.share * ways
    parts = [(level.mean, level.variance, share)]
    if dynamics.leap > 0:
        wide = level.variance + dynamics.wide_variance
        parts = [
            (level.mean, level.variance, share * (1.0 - dynamics.leap)),
            (level.mean, wide, share * dynamics.leap),
        ]
    mean, variance, weights = (
        np.concatenate([np.concatenate(list(part), axis=1) for part in of_kind], axis=1)
        for of_kind in zip(*parts, strict=True)
    )
    held = np.arange(level.mean.shape[0]) > 0
    return Prediction(
        model=model,
        state=model.of_moments(mean, variance),
        weights=weights,
        ways=np.broadcast_to(ways, (mean.shape[0], dynamics.ways)),
        one_off=np.broadcast_to(np.tile(np.repeat(held, dynamics.ways), len(parts)), mean.shape),
        seen=panel.year(panel.observed.shape[1] - 1),
        noise=panel.noise,
    )


def breakeven_volatility(
    model: LevelModel,
    panel: Panel,
    *,
    alpha: float,
    ceiling: float,
    slope: FloatArray | None = None,
) -> FloatArray:
    """The yearly log-volatility at which a change would no longer surprise.

    Args:
        model: counts, proportions or means.
        panel: S series; each is filtered with one volatility of its own.
        alpha: two-sided level.
        ceiling: largest volatility that is searched.
        slope: standard deviations of slopes that are as likely as one another; none without it.

    Returns:
        (S,): 0 where the change does not surprise even a perfectly calm series, ``ceiling``
        where no volatility up to it explains the change away.
    """
    rows = panel.observed.shape[0]
    slopes = np.zeros(1) if slope is None else slope

    def p_at(sigma: FloatArray) -> FloatArray:
        each = np.broadcast_to(sigma[:, None], (rows, slopes.size))
        dynamics = Dynamics(each, slopes, damping=1.0)
        history = run_history(model, panel, dynamics)
        ways = responsibilities(history.log_likelihood, np.ones(slopes.size))
        return predict(model, panel, dynamics, history, ways).p_values()

    low, high = np.zeros(rows), np.full(rows, ceiling)
    calm, wild = p_at(low + np.finfo(float).eps), p_at(high)
    for _ in range(40):
        middle = (low + high) / 2.0
        surprising = p_at(middle) < alpha
        low = np.where(surprising, middle, low)
        high = np.where(surprising, high, middle)
    return np.where(calm >= alpha, 0.0, np.where(wild < alpha, ceiling, high))
