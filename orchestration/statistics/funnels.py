r"""Limits within which units of different size differ by chance alone.

A unit's own interval is held against the common value (ratios and rates, exact Poisson), or its
value against limits around the common value (proportions). ``phi`` and ``between_variance`` widen
the limits where all units vary more than chance, which is what a city's districts do.

PHEindicatormethods calls its limits for proportions Wilson's; they are the common value plus and
minus z standard errors at the common value, clipped to between 0 and 1. What FunnelPlotR's own
tests call ``ll99`` is the 99.8 % limit. FunnelPlotR caps its proportions' numerators at the
denominators; here a numerator above its denominator is refused.

What does not belong here: covariates and left-out fits (``districts.py``).

References: Spiegelhalter (2005), Stat. Med. 24:1185 (funnel plots, overdispersion); Breslow & Day
(1987), p. 69 (Byar); DerSimonian & Laird (1986), Control. Clin. Trials 7:177.
"""

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray


def exact_poisson_limits(events: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Exact limits of a Poisson mean, given its count.

    Args:
        events: counts.
        tail: probability outside on each side.
    """
    low = np.where(events > 0, special.chdtri(2 * np.maximum(events, 1), 1 - tail) / 2, 0.0)
    return low, special.chdtri(2 * events + 2, tail) / 2


def byar_limits(events: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Byar's approximation of the same limits."""
    z = -special.ndtri(tail)
    above = events + 1.0
    safe = np.where(events > 0, events, 1.0)
    low = events * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3
    high = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return np.where(events > 0, low, 0.0), high


def proportion_limits(
    common: float, trials: FloatArray, tail: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of a unit's proportion around the common one.

    Args:
        common: proportion of all units together.
        trials: each unit's denominator.
        tail: probability outside on each side.
    """
    reach = -special.ndtri(tail) * np.sqrt(common * (1.0 - common) / trials)
    return np.maximum(common - reach, 0.0), np.minimum(common + reach, 1.0)


def ratio_limits(
    observed: FloatArray, expected: FloatArray, tail: float
) -> tuple[FloatArray, FloatArray]:
    """Exact limits of observed over expected; the unit differs where 1 lies outside."""
    low, high = exact_poisson_limits(observed, tail)
    return low / expected, high / expected


def rate_funnel(events: FloatArray, common: float, tail: float) -> tuple[FloatArray, FloatArray]:
    """Limits of the rate of a unit with so many events, where it just differs from the common.

    A unit with few persons for its events has a high rate. The lower limit belongs to the
    largest population at which so many events are not too few, the upper to the smallest at
    which they are not too many.

    Args:
        events: counts along the axis of the funnel.
        common: rate of all units together.
        tail: probability outside on each side.
    """
    low, high = exact_poisson_limits(events, tail)
    return common * events / high, common * events / low


def winsorise(z: FloatArray, share: float) -> FloatArray:
    """Pull the outermost ``share`` on each side in to the quantile there.

    Among fourteen units a tenth is one or two of them.
    """
    low, high = np.quantile(z, [share, 1.0 - share])
    return np.asarray(np.clip(z, low, high), dtype=np.float64)


def phi(z: FloatArray) -> float:
    """Mean square of the units' z-scores; 1 where only chance is at work."""
    return float(np.square(z).mean())


def between_variance(overdispersion: float, standard_errors: FloatArray) -> float:
    r"""Variance between the units that is not chance, :math:`\tau^2`, by DerSimonian & Laird.

    Args:
        overdispersion: ``phi`` of the (winsorised) z-scores.
        standard_errors: of the units, on the scale of the z-scores' numerators.
    """
    units = standard_errors.size
    w = 1.0 / np.square(standard_errors)
    surplus = overdispersion * units - (units - 1)
    return max(0.0, float(surplus / (w.sum() - np.square(w).sum() / w.sum())))


def widened_limits(
    common: float, standard_errors: FloatArray, between: float, tail: float
) -> tuple[FloatArray, FloatArray]:
    """Limits around the common value when units differ more than by chance."""
    reach = -special.ndtri(tail) * np.sqrt(np.square(standard_errors) + between)
    return common - reach, common + reach


def wilson_limits(
    events: FloatArray, trials: FloatArray, tail: float
) -> tuple[FloatArray, FloatArray]:
    """Wilson's limits of a proportion, given its count (Wilson 1927, J. Am. Stat. Assoc. 22:209).

    Args:
        events: counts; divided, like the trials, by a design effect where rows are of clusters.
        trials: denominators, positive.
        tail: probability outside on each side.
    """
    z2 = float(np.square(special.ndtri(tail)))
    share = events / trials
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * trials)) / trials) / (1 + z2 / trials)
    return middle - reach, middle + reach
