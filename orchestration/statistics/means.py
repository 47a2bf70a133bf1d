r"""Means and amounts: a normal local level on the log scale.

On the log scale a volatility means the same for hours, months and kronor. A mean is testable only
when the spread and number behind it are known; an amount or index without either is judged by the
pooled volatility alone. Deflating amounts is the caller's choice.

What does not belong here: comparisons of two groups in one year (``groups.py``).
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from orchestration.statistics.arrays import ROUNDING, BoolArray, FloatArray
from orchestration.statistics.filters import Observation, State

#: Below this the spread of the sampling variances cannot itself be estimated.
_LEAST_SERIES = 3


@dataclass(frozen=True)
class LogNormalLevel:
    r"""The log of a mean, with a known sampling variance for each year.

    State ``(m, C)``: mean and variance of the log level. A year adds :math:`\sigma^2` to ``C``;
    the value's log is normal with mean ``m`` and variance ``C + r``, where ``r`` is the squared
    coefficient of variation over n (delta method). Where ``r`` was estimated, tails are of
    Student's t with the degrees of freedom behind it.
    """

    discrete: bool = False

    def start(self, seen: Observation) -> State:
        """``(y, r)``."""
        return seen.y + 0.0, seen.exposure + 0.0 * seen.y

    def moments(self, state: State) -> State:
        """The state itself."""
        return state

    def of_moments(self, mean: FloatArray, variance: FloatArray) -> State:
        """The state itself."""
        return mean, variance

    def forward(self, state: State, variance: FloatArray, log_shift: FloatArray) -> State:
        """One year on; a known change is added to ``m``."""
        return state[0] + log_shift, state[1] + variance

    def update(self, state: State, seen: Observation) -> State:
        """Kalman's step."""
        m, c = state
        total = c + seen.exposure
        gain = np.divide(c, total, out=np.ones_like(total), where=total > 0)
        return m + gain * (seen.y - m), (1.0 - gain) * c

    def log_density(self, state: State, seen: Observation) -> FloatArray:
        """Log of the normal density."""
        variance = state[1] + seen.exposure
        with np.errstate(divide="ignore", invalid="ignore"):
            density = -0.5 * (np.log(2 * np.pi * variance) + (seen.y - state[0]) ** 2 / variance)
        # Neither volatility nor sampling error: only an unchanged value is possible.
        still = np.abs(seen.y - state[0]) <= ROUNDING
        out: FloatArray = np.where(variance > 0, density, np.where(still, 0, -np.inf))
        return out

    def tails(self, state: State, seen: Observation) -> tuple[FloatArray, FloatArray]:
        """Both tails; a mean has no ties, so mid-p is the ordinary p."""
        return self._below(state, seen, 1.0), self._below(state, seen, -1.0)

    def cdf(self, state: State, seen: Observation) -> FloatArray:
        """Cumulative distribution."""
        return self._below(state, seen, 1.0)

    def expected(self, state: State, exposure: FloatArray) -> FloatArray:  # noqa: ARG002
        """The level itself, on the indicator's own scale."""
        out: FloatArray = np.exp(state[0])
        return out

    def upper_limit(self, state: State, exposure: FloatArray) -> FloatArray:
        """Twenty standard deviations from zero on the log scale, either way."""
        return np.abs(state[0]) + 20.0 * np.sqrt(state[1] + exposure) + 1.0

    def probability_beyond(self, state: State, seen: Observation, log_ratio: float) -> FloatArray:
        """Both log levels are normal."""
        spread = np.sqrt(state[1] + seen.exposure)
        change = seen.y - state[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            normal = special.ndtr((change - log_ratio) / spread) + special.ndtr(
                (-change - log_ratio) / spread
            )
        out: FloatArray = np.where(spread > 0, normal, np.abs(change) > log_ratio)
        return out

    @staticmethod
    def _below(state: State, seen: Observation, sign: float) -> FloatArray:
        spread = np.sqrt(state[1] + seen.exposure)
        gap = sign * (seen.y - state[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            still = (spread == 0) & (np.abs(gap) <= ROUNDING)
            score = np.where((gap == 0) | still, 0.0, gap / spread)
        df = np.broadcast_to(seen.df, score.shape)
        out: FloatArray = np.where(
            np.isfinite(df),
            special.stdtr(np.where(np.isfinite(df), df, 1.0), score),
            special.ndtr(score),
        )
        return out


@dataclass(frozen=True, eq=False)
class ModeratedVariance:
    """Sampling variances pulled towards what is usual in their pool.

    Attributes:
        variance: (S,), ``(d0 s0² + d s²) / (d0 + d)``.
        df: (S,), ``d0 + d``.
        prior_df: d0; 0 when the pool says nothing, infinite when it sees one common variance.
        prior_variance: s0².
    """

    variance: FloatArray
    df: FloatArray
    prior_df: float
    prior_variance: float


def differs(variance: FloatArray) -> BoolArray:
    """Where values behind a mean differ, by more than rounding; (S,).

    Args:
        variance: squared coefficients of variation.
    """
    return np.asarray(variance > ROUNDING**2, dtype=np.bool_)


def moderate(variance: FloatArray, df: FloatArray) -> ModeratedVariance:
    r"""Moderated variances after Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3(1):3, section 6.2.

    With :math:`e = \log s^2 - \psi(d/2) + \log(d/2)`, d0 solves
    :math:`\psi'(d_0/2) = \mathrm{var}(e) - \mathrm{mean}\,\psi'(d/2)` and
    :math:`s_0^2 = \exp(\bar e + \psi(d_0/2) - \log(d_0/2))`. Variances of nought have no
    logarithm and teach nothing, but are moderated like the others: values that happen to be alike
    have not shown that they must be.

    Args:
        variance: (S,), at least 0; here squared coefficients of variation.
        df: (S,), positive.

    Returns:
        The moderated ones. With fewer than three positive ones nothing is moderated; those of
        nought are then the mean of the others, so far as there are any.
    """
    spread = differs(variance)
    if spread.sum() < _LEAST_SERIES:
        usual = float(np.average(variance[spread], weights=df[spread])) if spread.any() else 0.0
        return ModeratedVariance(np.where(spread, variance, usual), df, 0.0, float("nan"))
    half = df[spread] / 2.0
    e = np.log(variance[spread]) - special.digamma(half) + np.log(half)
    surplus = float(np.var(e, ddof=1) - np.mean(special.polygamma(1, half)))
    if surplus <= 0:
        common = np.full(variance.shape, np.exp(e.mean()))
        return ModeratedVariance(common, np.full(df.shape, np.inf), np.inf, float(common[0]))
    prior_df = 2.0 * _inverse_trigamma(surplus)
    prior = float(np.exp(e.mean() + special.digamma(prior_df / 2) - np.log(prior_df / 2)))
    total = prior_df + df
    return ModeratedVariance((prior_df * prior + df * variance) / total, total, prior_df, prior)


def _inverse_trigamma(value: float) -> float:
    # Trigamma falls from infinity to zero, like 1/x² near zero and 1/x far out.
    low, high = 0.5 / np.sqrt(value + value**2), 2.0 + 2.0 / value
    low = min(low, 1.0 / np.sqrt(value)) / 2.0

    def gap(x: float) -> float:
        return float(special.polygamma(1, x)) - value

    return float(optimize.brentq(gap, low, high))
