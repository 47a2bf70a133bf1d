r"""How far apart units lie, year by year, and whether they come nearer each other.

The units are all there are: the boards of a city are no sample of boards. So whether they have
come nearer is asked of these units' own levels, and only the chance within each is uncertain. Each
year's spread is the variance of the units' logs less what chance alone gives, and a line through
the years, weighted by how sure each is, says whether it rises or falls. How large the spread of one
year is stands beside it as the variance between units of a random-effects model, with its interval.

What does not belong here: what the units are held against (``standardised`` and the caller's
expected numbers), and the words.

References: Viechtbauer (2007), Stat. Med. 26:37 (interval of tau-squared); the fixed-units variance
is the unbiased one of a finite population with known measurement error.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.districts import between_interval, random_effects

#: Fewer units or years than this say nothing of a trend.
LEAST_UNITS = 4
LEAST_YEARS = 4


@dataclass(frozen=True)
class Spread:
    """How far apart units lie in one year.

    Attributes:
        tau: standard deviation between the units' logs that is neither chance nor mix.
        lower: its lower limit.
        upper: its upper limit.
    """

    tau: float
    lower: float
    upper: float


def spread(log_ratio: FloatArray, variance: FloatArray, level: float) -> Spread:
    """How far apart units lie (random effects, interval by Q-profile).

    Args:
        log_ratio: (I,), log of observed over expected.
        variance: (I,), of each from chance.
        level: coverage.

    Raises:
        ValueError: there are too few units.
    """
    if log_ratio.size < LEAST_UNITS:
        raise ValueError("too few units")
    design = np.ones((log_ratio.size, 1))
    low, high = between_interval(log_ratio, variance, design, level)
    between = random_effects(log_ratio, variance, design).between
    return Spread(float(np.sqrt(between)), float(np.sqrt(low)), float(np.sqrt(high)))


@dataclass(frozen=True)
class Trend:
    """Whether the variance between units rises or falls over the years.

    Attributes:
        slope: change of the variance a year.
        standard_error: of it.
        first: the line's variance in the first year, at least nought.
        last: in the last year.
    """

    slope: float
    standard_error: float
    first: float
    last: float

    @property
    def p_value(self) -> float:
        """Two-sided, of a spread that does not change."""
        return float(2.0 * special.ndtr(-abs(self.slope) / self.standard_error))


def trend(years: FloatArray, log_ratio: FloatArray, variance: FloatArray) -> Trend:
    """A line through the years' variances between units.

    Args:
        years: (T,).
        log_ratio: (T, I), the same units each year.
        variance: (T, I), of each from chance, positive.

    Raises:
        ValueError: there are too few units or years, or the years are one.
    """
    if min(log_ratio.shape[0] - LEAST_YEARS, log_ratio.shape[1] - LEAST_UNITS) < 0:
        raise ValueError("too few years or units")
    units = log_ratio.shape[1]
    away = log_ratio - log_ratio.mean(axis=1, keepdims=True)
    between = np.square(away).sum(axis=1) / (units - 1) - variance.mean(axis=1)
    # The units' own places are better known over all years than in one, and a year that happens to
    # look alike would else look sure of it.
    place = np.maximum(np.square(away.mean(axis=0)) - variance.mean(axis=0) / years.size, 0.0)
    own = 4.0 * (place * variance).sum(axis=1) + 2.0 * np.square(variance).sum(axis=1)
    error = own / (units - 1) ** 2
    weight = 1.0 / error
    centre = float((weight * years).sum() / weight.sum())
    moment = float((weight * np.square(years - centre)).sum())
    if moment <= 0:
        raise ValueError("the years are one")
    slope = float((weight * (years - centre) * between).sum() / moment)
    middle = float((weight * between).sum() / weight.sum())
    residual = between - middle - slope * (years - centre)
    # Units have good and bad years of their own, which no line is.
    scale = max(1.0, float((weight * np.square(residual)).sum()) / (years.size - 2))
    ends = [max(middle + slope * (float(at) - centre), 0.0) for at in (years[0], years[-1])]
    return Trend(slope, float(np.sqrt(scale / moment)), ends[0], ends[1])
