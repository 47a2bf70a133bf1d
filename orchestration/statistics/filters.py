r"""Expected values from short series: a local level whose volatility is pooled.

A few yearly values cannot estimate their own volatility, so it is estimated over comparable
series. Each series has a level that wanders by a yearly log-volatility :math:`\sigma`; the
volatilities of a pool follow a mixture on a grid, fitted by EM on history only. The tested value
never takes part in its own expectation.

What the level is not told, and does with it: stocks (cases open on a day) keep most of their
members from year to year, and persons with repeated events are counted more than once. Both break
Poisson's law, the one towards less variation and the other towards more. It is the floor only;
volatility takes the rest, and a series calmer than the floor is judged with too much caution. A
surprising year stays in the history and the level follows it part of the way, so that a return to
where it was is half expected and surprises less than the departure did. Exposures are taken as
known; the noise that SCB adds to populations from 2025 is small against a city's, and parts are
never had by subtraction.

The driver here is common to counts (``GammaPoisson``, below), proportions (``proportions.py``)
and means (``means.py``); a model says how its state steps forward, is updated and predicts.
What does not belong here: indicators, catalogues, and what a deviation means.

References: Harvey & Fernandes (1989), J. Bus. Econ. Stat. 7:407 (gamma-Poisson level);
Kiefer & Wolfowitz (1956) and Koenker & Mizera (2014), J. Am. Stat. Assoc. (nonparametric
mixture); mid-p after Lancaster (1961).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from scipy import special

from orchestration.statistics.arrays import BoolArray, FloatArray

State = tuple[FloatArray, FloatArray]


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

    def forward(self, state: State, variance: FloatArray, log_shift: FloatArray) -> State:
        """State a year later, after a known change of the level by ``exp(log_shift)``."""
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
        """Mid-p of both tails; each is computed on its own side, so that small ones stay true."""
        a, b = state
        y, e = seen.y, seen.exposure
        half = 0.5 * np.exp(self.log_density(state, seen))
        below = special.betainc(a, y + 1.0, b / (b + e)) - half
        # P(Y >= 0) is one, where the beta function has no value.
        above = np.where(y > 0, special.betainc(np.maximum(y, 1.0), a, e / (b + e)), 1.0) - half
        return below, above

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
    """

    observed: FloatArray
    exposure: FloatArray
    usable: BoolArray
    reset: BoolArray
    log_shift: FloatArray
    df: FloatArray

    def take(self, rows: BoolArray | FloatArray | list[int]) -> "Panel":
        """The same panel for some of its series."""
        index = np.asarray(rows)
        return Panel(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def year(self, column: int) -> Observation:
        """One column, each array of shape (S, 1)."""
        return Observation(
            self.observed[:, column, None], self.exposure[:, column, None], self.df[:, None]
        )


@dataclass(frozen=True, eq=False)
class History:
    """What the years before the tested one say, for each volatility.

    Attributes:
        state: the level at the tested year, before its value; pair of (S, G).
        log_likelihood: (S, G), of the values that had one before them.
        points: (S,), how many values those were.
        started: (S,), whether there is any comparable value at all.
    """

    state: State
    log_likelihood: FloatArray
    points: FloatArray
    started: BoolArray


def run_history(model: LevelModel, panel: Panel, sigma: FloatArray) -> History:
    """Filter all columns but the last, and step into the last.

    Args:
        model: counts, proportions or means.
        panel: S series, T years.
        sigma: yearly log-volatilities, shape (G,) for all series or (S, G) for each.

    Returns:
        State, likelihood and number of predicted values. A gap of g years adds g times the
        yearly variance, because every year steps forward whether it has a value or not.
    """
    rows, columns = panel.observed.shape
    variance = np.broadcast_to(np.square(sigma), (rows, sigma.shape[-1]))
    state: State = (np.ones(variance.shape), np.ones(variance.shape))
    log_likelihood = np.zeros(variance.shape)
    points = np.zeros(rows)
    started = np.zeros(rows, dtype=bool)
    for column in range(columns):
        live = started[:, None]
        state = _where(
            live, model.forward(state, variance, panel.log_shift[:, column, None]), state
        )
        if column == columns - 1:
            break
        seen = panel.year(column)
        started = started & ~panel.reset[:, column]
        usable = panel.usable[:, column]
        predicted = (usable & started)[:, None]
        density = model.log_density(state, seen)
        log_likelihood = log_likelihood + np.where(predicted, density, 0.0)
        points = points + predicted[:, 0]
        first = (usable & ~started)[:, None]
        state = _where(predicted, model.update(state, seen), state)
        start = model.start(seen)
        state = _where(first, (start[0] + 0 * variance, start[1] + 0 * variance), state)
        started = started | usable
    return History(state, log_likelihood, points, started)


def _where(chosen: BoolArray, new: State, old: State) -> State:
    return np.where(chosen, new[0], old[0]), np.where(chosen, new[1], old[1])


def fit_mixture(
    log_likelihood: FloatArray,
    prior_weights: FloatArray,
    prior_series: float,
    *,
    tolerance: float,
    max_iterations: int,
) -> FloatArray:
    """Weights of the volatility grid in a pool, by EM.

    Args:
        log_likelihood: (S, G) of the series that predicted at least one value.
        prior_weights: (G,), summing to one; what the pool is pulled towards.
        prior_series: how many series' worth that pull is. Zero gives the plain
            nonparametric maximum-likelihood estimate.
        tolerance: largest change of a weight at which to stop.
        max_iterations: at most so many steps.

    Returns:
        Weights of shape (G,), summing to one; the prior's where no series says anything.
    """
    series = log_likelihood.shape[0]
    if series == 0:
        return prior_weights
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    weights = prior_weights
    for _ in range(max_iterations):
        joint = likelihood * weights
        shares = joint / joint.sum(axis=1, keepdims=True)
        new = (shares.sum(axis=0) + prior_series * prior_weights) / (series + prior_series)
        if np.max(np.abs(new - weights)) < tolerance:
            return np.asarray(new, dtype=np.float64)
        weights = new
    return weights


def responsibilities(log_likelihood: FloatArray, weights: FloatArray) -> FloatArray:
    """Posterior weight of each volatility for each series; (S, G), rows summing to one."""
    with np.errstate(divide="ignore"):
        joint = log_likelihood + np.log(weights)
    joint = np.exp(joint - joint.max(axis=1, keepdims=True))
    out: FloatArray = joint / joint.sum(axis=1, keepdims=True)
    return out


@dataclass(frozen=True, eq=False)
class Prediction:
    """The tested year as the past expects it, and the value that came.

    Attributes:
        model: counts, proportions or means.
        state: level at the tested year, before its value; pair of (S, G).
        weights: (S, G), posterior weights of the volatilities.
        seen: the value that came, its exposure and degrees of freedom; each (S, 1).
    """

    model: LevelModel
    state: State
    weights: FloatArray
    seen: Observation

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
            seen=Observation(*(a[index] for a in self.seen)),
        )

    def tails(self) -> tuple[FloatArray, FloatArray]:
        """Mid-p of a value at most, and at least, as large; each (S,)."""
        below, above = self.model.tails(self.state, self.seen)
        # Half a probability taken from a sum may leave the unit interval by rounding.
        return np.clip(self._mix(below), 0.0, 1.0), np.clip(self._mix(above), 0.0, 1.0)

    def p_values(self) -> FloatArray:
        """Two-sided mid-p: twice the smaller tail, at most one; (S,)."""
        below, above = self.tails()
        return np.minimum(1.0, 2.0 * np.minimum(below, above))

    def expected(self) -> FloatArray:
        """Predictive mean; (S,)."""
        return self._mix(self.model.expected(self.state, self.seen.exposure))

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Central predictive interval of the mixture; two arrays (S,).

        For counts the limits are the smallest whole numbers whose cumulative probability
        reaches ``(1 - level) / 2`` and ``(1 + level) / 2``.
        """
        return self.quantile((1.0 - level) / 2.0), self.quantile((1.0 + level) / 2.0)

    def quantile(self, probability: float) -> FloatArray:
        """Predictive quantile of the mixture by bisection; (S,)."""
        limit = self.model.upper_limit(self.state, self.seen.exposure).max(axis=1)
        if self.model.discrete:
            low, high = np.full(limit.shape, -1.0), np.ceil(limit)
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
        return self._mix(self.model.probability_beyond(self.state, self.seen, log_ratio))

    def _cdf(self, y: FloatArray) -> FloatArray:
        seen = self.seen._replace(
            y=np.maximum(y, 0.0)[:, None] if self.model.discrete else y[:, None]
        )
        below = self._mix(self.model.cdf(self.state, seen))
        return np.where(y < 0, 0.0, below) if self.model.discrete else below

    def _mix(self, values: FloatArray) -> FloatArray:
        out: FloatArray = (self.weights * values).sum(axis=1)
        return out


def predict(model: LevelModel, panel: Panel, history: History, weights: FloatArray) -> Prediction:
    """Hold the last column of a panel against its history.

    Args:
        model: counts, proportions or means.
        panel: S series, T years, the last of which is tested.
        history: of the same panel.
        weights: mixture of the volatilities, (G,) for the pool or (S, G) for each series.
    """
    return Prediction(
        model=model,
        state=history.state,
        weights=responsibilities(history.log_likelihood, weights),
        seen=panel.year(panel.observed.shape[1] - 1),
    )


def breakeven_volatility(
    model: LevelModel, panel: Panel, *, alpha: float, ceiling: float
) -> FloatArray:
    """The yearly log-volatility at which a change would no longer surprise.

    Args:
        model: counts, proportions or means.
        panel: S series; each is filtered with one volatility of its own.
        alpha: two-sided level.
        ceiling: largest volatility that is searched.

    Returns:
        (S,): 0 where the change does not surprise even a perfectly calm series, ``ceiling``
        where no volatility up to it explains the change away.
    """
    rows = panel.observed.shape[0]

    def p_at(sigma: FloatArray) -> FloatArray:
        history = run_history(model, panel, sigma[:, None])
        return predict(model, panel, history, np.ones(1)).p_values()

    low, high = np.zeros(rows), np.full(rows, ceiling)
    calm, wild = p_at(low + np.finfo(float).eps), p_at(high)
    for _ in range(40):
        middle = (low + high) / 2.0
        surprising = p_at(middle) < alpha
        low = np.where(surprising, middle, low)
        high = np.where(surprising, high, middle)
    return np.where(calm >= alpha, 0.0, np.where(wild < alpha, ceiling, high))
