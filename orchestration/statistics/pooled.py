r"""What a short series cannot know of itself, had from comparable ones.

How restless a level is, whether it leans, how often it leaps and how noisy its observations are:
each series has a word in it, and none decides alone. Volatility and slope follow a mixture on a
grid, one for each pool, pulled towards the common one; the noise belongs to a register, whose
indicators count the same persons; the share of wide steps is one for all. All is fitted on history
only, by EM and by the likelihood of a few candidates.

A series is judged by what the *others* of its pool do. With its own say among the weights it would
be counted twice, and small pools would be too sure of themselves.

What does not belong here: how one level moves (``filters.py``), and which series are comparable.

References: Kiefer & Wolfowitz (1956) and Koenker & Mizera (2014), J. Am. Stat. Assoc. 109:674
(nonparametric mixture); Morris (1983), J. Am. Stat. Assoc. 78:47 (parametric empirical Bayes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.filters import (
    Dynamics,
    History,
    LevelModel,
    Panel,
    Prediction,
    predict,
    responsibilities,
    run_history,
)


@dataclass(frozen=True)
class Dials:
    """What a pool may be like, and what is believed of it before its history is seen.

    Attributes:
        volatility: yearly log-volatilities a level may have.
        volatility_belief: weight of each, before.
        slope: standard deviations of the yearly log slope; nought for none.
        slope_belief: weight of each.
        damping: share of a slope that is left a year later.
        leap: shares of wide steps that are tried.
        leap_belief: weight of each.
        one_off: probability that a year is off without its level having moved.
        wide_least: standard deviations of a wide step where the level never moves, as likely as one
            another; the likeliest is taken.
        wide_times: standard deviation of a wide step over that of an ordinary one.
        noise: variances of an observation over that of its law that are tried.
        noise_reach: a noise that is off one by this factor is believed 1/e as much.
        noise_below: a noise below one is believed so much less: most registers are no stocks.
        prior_series: how many series' worth those beliefs are in the common mixture.
        pool_series: how many series' worth a pool borrows from the common one.
        register_series: how many series' worth the belief in a noise is in a register.
        fitted_series: noise and wide steps are fitted on at most so many series.
        tolerance: largest change of a weight at which EM is done.
        max_iterations: EM stops here at the latest.

    Raises:
        ValueError: beliefs do not match what they are of, or something is out of its range.
    """

    volatility: tuple[float, ...]
    volatility_belief: tuple[float, ...]
    slope: tuple[float, ...]
    slope_belief: tuple[float, ...]
    leap: tuple[float, ...]
    leap_belief: tuple[float, ...]
    one_off: float
    noise: tuple[float, ...] = (1.0,)
    damping: float = 0.995
    wide_least: tuple[float, ...] = (0.1, 0.25)
    wide_times: float = 4.0
    noise_reach: float = 2.0
    noise_below: float = 0.3
    prior_series: float = 8.0
    pool_series: float = 8.0
    register_series: float = 1.0
    fitted_series: int = 400
    tolerance: float = 1e-4
    max_iterations: int = 200

    def __post_init__(self) -> None:
        for name in ("volatility", "slope", "leap"):
            values, belief = getattr(self, name), getattr(self, f"{name}_belief")
            if not values or len(values) != len(belief) or min(belief) <= 0 or min(values) < 0:
                raise ValueError(f"{name} needs values of at least 0 and a positive belief in each")
        if not 0 < self.damping <= 1 or 1.0 not in self.noise or min(self.noise) <= 0:
            raise ValueError("damping lies above 0 and at most 1, and noise holds 1")
        if not 0 <= max(self.leap) + self.one_off < 1 or self.one_off < 0:
            raise ValueError("leaps and one-offs together are rarer than ordinary years")

    @cached_property
    def belief(self) -> FloatArray:
        """Weight of each way a level may move, (G,), summing to one; volatility runs fastest."""
        out = np.outer(self.slope_belief, self.volatility_belief).ravel()
        return np.asarray(out / out.sum(), dtype=np.float64)

    @cached_property
    def volatilities(self) -> FloatArray:
        """Volatility of each way, (G,)."""
        return np.tile(np.array(self.volatility), len(self.slope))

    @cached_property
    def noise_belief(self) -> FloatArray:
        """Weight of each noise, summing to one."""
        out = np.exp(-np.abs(np.log(self.noise)) / np.log(self.noise_reach))
        out[np.array(self.noise) < 1.0] *= self.noise_below
        return np.asarray(out / out.sum(), dtype=np.float64)

    def dynamics(self, leap: float, wide_least: float) -> Dynamics:
        """How levels move with a given share and size of wide steps."""
        return Dynamics(
            volatility=self.volatilities,
            slope=np.repeat(np.array(self.slope), len(self.volatility)),
            damping=self.damping,
            leap=leap,
            one_off=self.one_off,
            wide_least=wide_least,
            wide_times=self.wide_times,
        )


def fit_mixture(
    log_likelihood: FloatArray,
    prior_weights: FloatArray,
    prior_series: float,
    *,
    tolerance: float,
    max_iterations: int,
    votes: FloatArray | float = 1.0,
) -> FloatArray:
    """Weights of a grid in a pool, by EM.

    Args:
        log_likelihood: (S, G) of the series that predicted at least one value.
        prior_weights: (G,), summing to one; what the pool is pulled towards.
        prior_series: how many series' worth that pull is. Zero gives the plain
            nonparametric maximum-likelihood estimate.
        tolerance: largest change of a weight at which to stop.
        max_iterations: at most so many steps.
        votes: (S,), how much each series has to say.

    Returns:
        Weights of shape (G,), summing to one; the prior's where no series says anything.
    """
    series = log_likelihood.shape[0]
    if series == 0:
        return prior_weights
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    votes = np.broadcast_to(votes, (series,))
    weights = prior_weights
    for _ in range(max_iterations):
        joint = likelihood * weights
        shares = joint / joint.sum(axis=1, keepdims=True)
        new = (votes @ shares + prior_series * prior_weights) / (votes.sum() + prior_series)
        if np.max(np.abs(new - weights)) < tolerance:
            return np.asarray(new, dtype=np.float64)
        weights = new
    return weights


def without_itself(
    log_likelihood: FloatArray,
    weights: FloatArray,
    prior_weights: FloatArray,
    prior_series: float,
    votes: FloatArray | float = 1.0,
) -> FloatArray:
    """A pool's weights as the others of it and the prior have them, for each series.

    One step of EM with the series itself left out of the sum that makes the weights.

    Args:
        log_likelihood: (S, G) of the series of one pool.
        weights: (G,), the pool's.
        prior_weights: (G,) for all or (S, G), what the pool was pulled towards.
        prior_series: how many series' worth that pull was; positive.
        votes: (S,), how much each series has to say.

    Returns:
        (S, G), rows summing to one.
    """
    own = responsibilities(log_likelihood, weights)
    own *= np.broadcast_to(votes, own.shape[:1])[:, None]
    others = own.sum(axis=0) - own + prior_series * prior_weights
    out: FloatArray = others / others.sum(axis=1, keepdims=True)
    return out


@dataclass(frozen=True, eq=False)
class Judged:
    """A panel held against its history.

    Attributes:
        prediction: of the tested year.
        panel: with the noise that was found.
        leap: share of wide steps.
        wide_least: standard deviation of a wide step where the level never moves.
        common: (G,), mixture of all series together.
        dials: what was fitted.
    """

    prediction: Prediction
    panel: Panel
    leap: float
    wide_least: float
    common: FloatArray
    dials: Dials

    @property
    def weight_at_the_end(self) -> float:
        """Weight of the largest volatility that was tried; much of it says that it is too small."""
        largest = self.dials.volatilities == max(self.dials.volatility)
        return float(self.common[largest].sum())


def judge(
    model: LevelModel,
    panel: Panel,
    registers: Sequence[str],
    pools: Sequence[str],
    dials: Dials,
    *,
    counted: Sequence[str] | None = None,
) -> Judged:
    """Fit what is pooled on the history of a panel, and predict its last year.

    Args:
        model: counts, proportions or means.
        panel: S series, T years; its own noise is not used.
        registers: (S,), from which register each series comes.
        pools: (S,), with which series each is comparable.
        dials: what may be.
        counted: (S,), what each series counts; those that count the same have one vote together,
            because one event of theirs is no more than one. Each has its own without it.
    """
    votes = _votes(counted, len(registers))
    panel = panel.with_noise(np.ones(panel.noise.shape))
    usual = dials.dynamics(
        float(np.average(dials.leap, weights=dials.leap_belief)), max(dials.wide_least)
    )
    few = _spread_out(_informative(panel), dials.fitted_series)
    sample, names = panel.take(few), np.array(registers)
    noise = _noise(model, sample, names[few], dials, usual)
    panel = panel.with_noise(np.array([noise.get(name, 1.0) for name in registers]))
    leap, wide_least = _leaps(model, panel.take(few), votes[few], dials)
    dynamics = dials.dynamics(leap, wide_least)
    history = run_history(model, panel, dynamics)
    known = history.points > 0
    seen = history.log_likelihood
    common = _mixture(seen[known], votes[known], dials.belief, dials.prior_series, dials)
    ways = _ways(history, votes, np.array(pools), common, dials)
    prediction = predict(model, panel, dynamics, history, ways)
    return Judged(prediction, panel, leap, wide_least, common, dials)


def _votes(counted: Sequence[str] | None, series: int) -> FloatArray:
    """How much each series has to say, (S,)."""
    if counted is None:
        return np.ones(series)
    _, at, times = np.unique(np.array(counted), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / times[at], dtype=np.float64)


def _informative(panel: Panel) -> IntArray:
    """Series with at least two values before the tested year."""
    return np.flatnonzero(panel.usable[:, :-1].sum(axis=1) > 1)


def _spread_out(rows: IntArray, most: int) -> IntArray:
    """At most so many of the rows, evenly chosen."""
    if rows.size <= most:
        return rows
    return rows[np.linspace(0, rows.size - 1, most).astype(np.int64)]


def _mixture(
    log_likelihood: FloatArray,
    votes: FloatArray,
    prior: FloatArray,
    prior_series: float,
    dials: Dials,
) -> FloatArray:
    return fit_mixture(
        log_likelihood,
        prior,
        prior_series,
        votes=votes,
        tolerance=dials.tolerance,
        max_iterations=dials.max_iterations,
    )


def _noise(
    model: LevelModel, sample: Panel, registers: np.ndarray, dials: Dials, dynamics: Dynamics
) -> dict[str, float]:
    """The likeliest noise of each register, where more than one is tried.

    Ways and noises are fitted together: the ways' weights are common, the noises' a register's.
    """
    if len(dials.noise) == 1 or not registers.size:
        return {}
    tried = np.array(dials.noise)
    log_likelihood = np.stack(
        [
            run_history(
                model, sample.with_noise(np.full(sample.noise.shape, k)), dynamics
            ).log_likelihood
            for k in tried
        ],
        axis=1,
    )
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=(1, 2), keepdims=True))
    names, at = np.unique(registers, return_inverse=True)
    ways, noises = dials.belief, np.tile(dials.noise_belief, (names.size, 1))
    for _ in range(dials.max_iterations):
        joint = likelihood * noises[at][:, :, None] * ways
        joint /= joint.sum(axis=(1, 2), keepdims=True)
        of_noise = np.zeros_like(noises)
        np.add.at(of_noise, at, joint.sum(axis=2))
        new = of_noise + dials.register_series * dials.noise_belief
        new /= new.sum(axis=1, keepdims=True)
        ways = joint.sum(axis=(0, 1)) + dials.prior_series * dials.belief
        ways = ways / ways.sum()
        settled = np.max(np.abs(new - noises)) < dials.tolerance
        noises = new
        if settled:
            break
    return dict(zip(names.tolist(), tried[noises.argmax(axis=1)].tolist(), strict=True))


def _leaps(
    model: LevelModel, sample: Panel, votes: FloatArray, dials: Dials
) -> tuple[float, float]:
    """Posterior mean of the share of wide steps, and the likeliest of their sizes."""
    fit = np.zeros((len(dials.wide_least), len(dials.leap)))
    for (size, share), _ in np.ndenumerate(fit):
        dynamics = dials.dynamics(dials.leap[share], dials.wide_least[size])
        seen = run_history(model, sample, dynamics).log_likelihood
        weights = _mixture(seen, votes, dials.belief, dials.prior_series, dials)
        top = seen.max(axis=1, keepdims=True)
        fit[size, share] = votes @ (top[:, 0] + np.log(np.exp(seen - top) @ weights))
    odds = np.exp(fit - fit.max()) * np.array(dials.leap_belief)
    size = int(odds.sum(axis=1).argmax())
    return float(np.average(dials.leap, weights=odds[size])), dials.wide_least[size]


def _ways(
    history: History, votes: FloatArray, pools: np.ndarray, common: FloatArray, dials: Dials
) -> FloatArray:
    """Posterior weights (S, G); those of a series without a say are its pool's."""
    seen, known = history.log_likelihood, history.points > 0
    out = np.empty(seen.shape)
    belief, worth = dials.belief, dials.prior_series
    out[known] = without_itself(seen[known], common, belief, worth, votes[known])
    for pool in np.unique(pools):
        mine = pools == pool
        said = mine & known
        weights = _mixture(seen[said], votes[said], common, dials.pool_series, dials)
        out[mine & ~known] = weights
        if said.any():
            others = without_itself(seen[said], weights, out[said], dials.pool_series, votes[said])
            out[said] = responsibilities(seen[said], others)
    return out
