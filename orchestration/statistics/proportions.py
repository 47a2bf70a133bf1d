r"""Proportions: y of n persons or decisions, as a beta-binomial local level.

What does not belong here: shares without their counts. A published percentage rounded to whole
numbers has lost what this model needs, and the engine then says that it cannot tell.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.filters import Observation, State

#: Up to so many terms a tail is summed term by term; beyond, it is integrated.
_SUMMED_TERMS = 64
#: Nodes and reach (in standard deviations) of the trapezoid rule. On a density this smooth the
#: rule's error shrinks like exp(-2 (pi / step)^2), far below what is lost by the reach.
_NODES = 25
_REACH = 8.0


@dataclass(frozen=True)
class BetaBinomial:
    r"""A proportion whose logit wanders.

    :math:`p \sim \mathrm{Beta}(a, b)`. With :math:`v = 1/a + 1/b`, about the variance of
    :math:`\mathrm{logit}\,p`, a year multiplies both by :math:`\kappa = v / (v + \sigma^2)`;
    :math:`y \sim \mathrm{BetaBinomial}(n, a, b)`; then ``a + y, b + n - y``.

    Attributes:
        prior_shape: both parameters before the first value.
    """

    prior_shape: float = 0.5
    discrete: bool = True

    def start(self, seen: Observation) -> State:
        """``(a0 + y, a0 + n - y)``."""
        return self.prior_shape + seen.y, self.prior_shape + seen.exposure - seen.y

    def moments(self, state: State) -> State:
        """``log(a / b)`` and ``1/a + 1/b``."""
        a, b = state
        return np.log(a / b), 1.0 / a + 1.0 / b

    def of_moments(self, mean: FloatArray, variance: FloatArray) -> State:
        """``(1 + e^m) / v`` and ``(1 + e^-m) / v``."""
        return (1.0 + np.exp(mean)) / variance, (1.0 + np.exp(-mean)) / variance

    def forward(self, state: State, variance: FloatArray, log_shift: FloatArray) -> State:
        """One year on; a known change multiplies the proportion and keeps ``v``."""
        a, b = state
        v = 1.0 / a + 1.0 / b
        kappa = v / (v + variance)
        a, b = kappa * a, kappa * b
        if not np.any(log_shift):
            return a, b
        size = a + b
        mean = np.minimum(a / size * np.exp(log_shift), 1.0 - 0.5 / (size + 1.0))
        moved = 1.0 / (mean * (1.0 - mean) * (1.0 / a + 1.0 / b))
        changed = np.broadcast_to(log_shift != 0, a.shape)
        return np.where(changed, mean * moved, a), np.where(changed, (1.0 - mean) * moved, b)

    def update(self, state: State, seen: Observation) -> State:
        """``(a + y, b + n - y)``."""
        a, b = state
        return a + seen.y, b + seen.exposure - seen.y

    def log_density(self, state: State, seen: Observation) -> FloatArray:
        """Log probability of the beta-binomial."""
        a, b = state
        return _log_pmf(a, b, seen.y, seen.exposure)

    def tails(self, state: State, seen: Observation) -> tuple[FloatArray, FloatArray]:
        """Mid-p of both tails."""
        a, b = state
        y, n = np.broadcast_arrays(seen.y + 0.0 * a, seen.exposure + 0.0 * a)
        half = 0.5 * np.exp(_log_pmf(a, b, y, n))
        return _at_most(a, b, y, n) - half, _at_most(b, a, n - y, n) - half

    def cdf(self, state: State, seen: Observation) -> FloatArray:
        """Cumulative beta-binomial."""
        a, b = state
        y, n = np.broadcast_arrays(seen.y + 0.0 * a, seen.exposure + 0.0 * a)
        return _at_most(a, b, np.minimum(y, n), n)

    def expected(self, state: State, exposure: FloatArray) -> FloatArray:
        """``n a / (a + b)``."""
        a, b = state
        return exposure * a / (a + b)

    def upper_limit(self, state: State, exposure: FloatArray) -> FloatArray:
        """No more than all of them."""
        return exposure + 0.0 * state[0]

    def probability_beyond(self, state: State, seen: Observation, log_ratio: float) -> FloatArray:
        """By a normal approximation to the difference of two log proportions."""
        a, b = state
        own_mean, own_variance = _log_moments(seen.y + 0.5, seen.exposure - seen.y + 0.5)
        mean, variance = _log_moments(a, b)
        spread = np.sqrt(own_variance + variance)
        change = own_mean - mean
        out: FloatArray = special.ndtr((change - log_ratio) / spread) + special.ndtr(
            (-change - log_ratio) / spread
        )
        return out


def _log_pmf(a: FloatArray, b: FloatArray, y: FloatArray, n: FloatArray) -> FloatArray:
    out: FloatArray = (
        -np.log1p(n)
        - special.betaln(y + 1.0, n - y + 1.0)
        + special.betaln(a + y, b + n - y)
        - special.betaln(a, b)
    )
    return out


def _log_moments(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of log p for p ~ Beta(a, b)."""
    return (
        special.digamma(a) - special.digamma(a + b),
        special.polygamma(1, a) - special.polygamma(1, a + b),
    )


def _at_most(a: FloatArray, b: FloatArray, y: FloatArray, n: FloatArray) -> FloatArray:
    """P(Y <= y) for a beta-binomial; arrays of one shape.

    The binomial tail is itself a beta probability, P(Bin(n, p) <= y) = P(p < B) with
    B ~ Beta(y + 1, n - y), so the tail is P(p < B) for two independent betas. It is integrated
    over the narrower of the two, on the logit scale, where both are nearly normal.
    """
    out = np.ones(a.shape)
    # Counts that are scaled by their noise are not whole, and have no terms to sum.
    whole = (y == np.floor(y)) & (n == np.floor(n))
    few = (y <= _SUMMED_TERMS) & (y < n) & whole
    many_above = (n - y - 1 <= _SUMMED_TERMS) & ~few & (y < n) & whole
    wide = ~few & ~many_above & (y < n)
    if few.any():
        out[few] = _summed(a[few], b[few], y[few], n[few])
    if many_above.any():
        k = many_above
        out[k] = 1.0 - _summed(b[k], a[k], n[k] - y[k] - 1.0, n[k])
    if wide.any():
        out[wide] = _integrated(a[wide], b[wide], y[wide], n[wide])
    return out


def _summed(a: FloatArray, b: FloatArray, y: FloatArray, n: FloatArray) -> FloatArray:
    terms = np.arange(int(y.max()) + 1, dtype=np.float64)[:, None]
    inside = terms <= y
    pmf = np.exp(_log_pmf(a, b, np.where(inside, terms, 0.0), n))
    out: FloatArray = np.where(inside, pmf, 0.0).sum(axis=0)
    return np.minimum(out, 1.0)


def _integrated(a: FloatArray, b: FloatArray, y: FloatArray, n: FloatArray) -> FloatArray:
    c, d = y + 1.0, n - y
    level_narrower = 1.0 / a + 1.0 / b < 1.0 / c + 1.0 / d
    narrow_a, narrow_b = np.where(level_narrower, a, c), np.where(level_narrower, b, d)
    wide_a, wide_b = np.where(level_narrower, c, a), np.where(level_narrower, d, b)
    mean = special.digamma(narrow_a) - special.digamma(narrow_b)
    spread = np.sqrt(special.polygamma(1, narrow_a) + special.polygamma(1, narrow_b))
    logit = mean + spread * np.linspace(-_REACH, _REACH, _NODES)[:, None]
    log_weight = narrow_a * special.log_expit(logit) + narrow_b * special.log_expit(-logit)
    weight = np.exp(log_weight - log_weight.max(axis=0))
    weight /= weight.sum(axis=0)
    # Below the node lies the level where B is integrated, above it lies B where the level is.
    below = special.betainc(wide_a, wide_b, special.expit(logit))
    above = special.betainc(wide_b, wide_a, special.expit(-logit))
    out: FloatArray = (weight * np.where(level_narrower, above, below)).sum(axis=0)
    return out
