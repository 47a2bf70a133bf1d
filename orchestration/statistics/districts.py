r"""One district among others: does it deviate from what its surroundings foretell?

District boards differ for good reasons, most of all in the means of those who live there. A
random-effects regression says how the boards' levels follow one socioeconomic index and how much
they vary around the line; a board deviates when it is far from the line that all the *others*
make. Each board's line, variance and uncertainty come from a fit without it: a board that pulls
the line towards itself would otherwise hide.

With eleven boards the variance between them is very uncertain; its interval is given and belongs
in the text. One covariate at most of that many boards can bear, and a finding on boards says
nothing of the persons in them (the ecological fallacy).

What does not belong here: limits without covariates (``funnels.py``), which boards there are, and
how their history is rebuilt across the reforms (the warehouse does that before anything is read).

References: Paule & Mandel (1982), J. Res. Natl. Bur. Stand. 87:377; Viechtbauer & Cheung (2010),
Res. Synth. Methods 1:112 (studentised deleted residuals); Viechtbauer (2007), Stat. Med. 26:37
(interval of tau-squared); Marshall (1991), J. R. Stat. Soc. C 40:283.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray

_NEWTON_STEPS = 100
_NEWTON_TOLERANCE = 1e-12
#: The variance of a count depends on its mean, and the mean on the fit; a few rounds settle it.
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class RandomEffects:
    """A random-effects regression.

    Attributes:
        coefficients: (P,).
        covariance: (P, P).
        between: variance between units that is neither chance nor explained.
    """

    coefficients: FloatArray
    covariance: FloatArray
    between: float


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Each unit against the fit of all the others; every array (I,).

    Attributes:
        foretold: value on the log scale that the others' fit gives it.
        residual: its own log value less that.
        standard_error: of the residual: chance, variance between units, uncertainty of the line.
        between: the variance between the others.
        df: degrees of freedom of the others' fit.
    """

    foretold: FloatArray
    residual: FloatArray
    standard_error: FloatArray
    between: FloatArray
    df: int

    @property
    def statistic(self) -> FloatArray:
        """Studentised deleted residual."""
        return self.residual / self.standard_error

    @property
    def p_values(self) -> FloatArray:
        """Two-sided, of Student's t."""
        out: FloatArray = 2.0 * special.stdtr(self.df, -np.abs(self.statistic))
        return out

    def interval(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Log values that would not surprise."""
        reach = special.stdtrit(self.df, (1.0 + level) / 2.0) * self.standard_error
        return self.foretold - reach, self.foretold + reach


def paule_mandel(y: FloatArray, variance: FloatArray, design: FloatArray) -> FloatArray:
    """Variance between units at which the weighted residuals are as large as they should be.

    Args:
        y: (F, I): F fits of I units.
        variance: (F, I), sampling variances; infinite for a unit that a fit leaves out.
        design: (I, P).

    Returns:
        (F,), at least 0.
    """
    df = np.isfinite(variance).sum(axis=1) - design.shape[1]
    return _solve_heterogeneity(y, variance, design, df.astype(np.float64))


def between_interval(
    y: FloatArray, variance: FloatArray, design: FloatArray, level: float
) -> tuple[float, float]:
    """Interval of the variance between units (Q-profile).

    Args:
        y: (I,).
        variance: (I,).
        design: (I, P).
        level: coverage.
    """
    df = y.size - design.shape[1]
    targets = special.chdtri(df, np.array([1.0 - level, 1.0 + level]) / 2.0)
    high, low = _solve_heterogeneity(
        np.broadcast_to(y, (2, y.size)),
        np.broadcast_to(variance, (2, y.size)),
        design,
        targets[::-1],
    )
    return float(low), float(high)


def _solve_heterogeneity(
    y: FloatArray, variance: FloatArray, design: FloatArray, target: FloatArray
) -> FloatArray:
    """Variance at which the weighted sum of squares falls to a target; 0 where it lies below.

    The sum falls and is convex in the variance, so Newton's steps from zero never overshoot.
    """
    between = np.zeros(y.shape[0])
    for _ in range(_NEWTON_STEPS):
        weights = 1.0 / (variance + between[:, None])
        coefficients, _ = _weighted(y, weights, design)
        squares = np.square(y - coefficients @ design.T)
        surplus = (weights * squares).sum(axis=1) - target
        slope = (np.square(weights) * squares).sum(axis=1)
        step = np.where(surplus > 0, surplus / np.where(slope > 0, slope, 1.0), 0.0)
        between = between + step
        if np.all(step <= _NEWTON_TOLERANCE * between):
            break
    return between


def _weighted(
    y: FloatArray, weights: FloatArray, design: FloatArray
) -> tuple[FloatArray, FloatArray]:
    information = np.einsum("fi,ip,iq->fpq", weights, design, design)
    covariance = np.linalg.inv(information)
    return np.einsum("fpq,iq,fi->fp", covariance, design, weights * y), covariance


def random_effects(y: FloatArray, variance: FloatArray, design: FloatArray) -> RandomEffects:
    """Fit all units together.

    Args:
        y: (I,).
        variance: (I,), sampling variances.
        design: (I, P), the first column ones.
    """
    between = paule_mandel(y[None], variance[None], design)
    coefficients, covariance = _weighted(y[None], 1.0 / (variance[None] + between[:, None]), design)
    return RandomEffects(coefficients[0], covariance[0], float(between[0]))


def leave_one_out(
    y: FloatArray, variance: FloatArray, design: FloatArray, own_variance: FloatArray | None = None
) -> LeftOut:
    """Hold each unit against a fit of all the others.

    Args:
        y: (I,).
        variance: (I,), or (I, I) where row i holds the variances that the fit without i uses.
        design: (I, P), the first column ones.
        own_variance: (I,), of each unit's own value under the others' fit; ``variance`` when
            left out.

    Raises:
        ValueError: there are too few units for the fit and its variance.
    """
    units, parameters = design.shape
    df = units - 1 - parameters
    if df < 1:
        raise ValueError("too few units to leave one out")
    alone = np.eye(units, dtype=bool)
    of_others = np.where(alone, np.inf, np.broadcast_to(variance, (units, units)))
    repeated = np.broadcast_to(y, (units, units))
    between = paule_mandel(repeated, of_others, design)
    weights = 1.0 / (of_others + between[:, None])
    coefficients, covariance = _weighted(repeated, weights, design)
    own = (
        np.diag(np.broadcast_to(variance, (units, units))) if own_variance is None else own_variance
    )
    foretold = (coefficients * design).sum(axis=1)
    line = np.einsum("ip,ipq,iq->i", design, covariance, design)
    return LeftOut(
        foretold=foretold,
        residual=y - foretold,
        standard_error=np.sqrt(own + between + line),
        between=between,
        df=df,
    )


def leave_one_out_counts(
    counts: FloatArray, exposure: FloatArray, design: FloatArray, *, proportion: bool = False
) -> LeftOut:
    """Hold each unit's rate, or proportion, against a log-linear fit of all the others.

    A unit's sampling variance is taken at the value that the fit gives it, not at its own: an
    unusually low count would otherwise look unusually certain of itself.

    Args:
        counts: (I,).
        exposure: (I,), population at risk or denominators.
        design: (I, P), the first column ones.
        proportion: whether the counts are some of the exposure rather than events in it.
    """
    units = counts.size
    y = np.log((counts + 0.5) / exposure)
    variance = np.broadcast_to(_log_variance(np.exp(y), exposure, proportion), (units, units))
    found = leave_one_out(y, variance, design)
    for _ in range(_ROUNDS):
        alone = np.eye(units, dtype=bool)
        of_others = np.where(alone, np.inf, variance)
        weights = 1.0 / (of_others + found.between[:, None])
        coefficients, _ = _weighted(np.broadcast_to(y, (units, units)), weights, design)
        variance = _log_variance(np.exp(coefficients @ design.T), exposure, proportion)
        found = leave_one_out(y, variance, design)
    return found


def _log_variance(level: FloatArray, exposure: FloatArray, proportion: bool) -> FloatArray:
    if not proportion:
        return 1.0 / (level * exposure)
    share = np.minimum(level, 1.0 - 0.5 / (exposure + 1.0))
    return np.asarray((1.0 - share) / (share * exposure), dtype=np.float64)


def shrunken(counts: FloatArray, exposure: FloatArray) -> FloatArray:
    """Rates pulled towards the common one, the more so the smaller the unit (Marshall 1991).

    For display: raw rates of small units lead every ranking, at both ends, by chance.

    Args:
        counts: (I,).
        exposure: (I,).
    """
    common = counts.sum() / exposure.sum()
    rates = counts / exposure
    spread = float((exposure * np.square(rates - common)).sum() / exposure.sum())
    between = max(0.0, spread - float(common / exposure.mean()))
    trust = between / (between + common / exposure) if common > 0 else np.zeros(counts.shape)
    return np.asarray(common + trust * (rates - common), dtype=np.float64)
