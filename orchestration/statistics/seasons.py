r"""How a year is shared among its months, and how much months vary around that.

The shares of a series are those of its own earlier years, drawn towards those of comparable series
by a few cases a month. What a month varies by beyond Poisson's law is pooled over comparable
series, since few years say little of it.

Noise that lasts over months adds up where independent noise evens out. So the variation is measured
on stretches of 1, 2, 3 and 6 months, each said as that of independent months which would vary as
much, and the largest of the four is used.

What does not belong here: the level of a year, and how it changes from year to year (``filters``).
"""

from dataclasses import dataclass

import numpy as np

from orchestration.statistics.arrays import FloatArray

MONTHS = 12
_STRETCHES = (1, 2, 3, 6)


@dataclass(frozen=True)
class SeasonSettings:
    """How shares are estimated.

    Attributes:
        prior_cases: cases a year by which a series' shares are drawn towards the common ones.
        prior_years: years' worth of months of no variation beyond Poisson's law, with which the
            dispersion is steadied where a pool has few cases.
    """

    prior_cases: float = 60.0
    prior_years: float = 0.0


@dataclass(frozen=True, eq=False)
class Season:
    """How the years of some comparable series are shared.

    Attributes:
        shares: (S, 12), rows summing to one.
        dispersion: variance of a month beyond Poisson's law over its squared mean.
        uncertainty: (S, 12), variance of each share over its square.
    """

    shares: FloatArray
    dispersion: float
    uncertainty: FloatArray


def season(counts: FloatArray, settings: SeasonSettings) -> Season:
    """Shares and dispersion of a pool of comparable series.

    Args:
        counts: (S, Y, 12), earlier years; a year of which a month is nan is left out, and a year
            without cases says nothing of shares.
        settings: of the estimate.

    Raises:
        ValueError: a count is negative, or no series has a whole year with cases.
    """
    if np.any(counts < 0):
        raise ValueError("a count is negative")
    whole = np.isfinite(counts).all(axis=2) & (np.nan_to_num(counts).sum(axis=2) > 0)
    known = np.where(whole[:, :, None], np.nan_to_num(counts), 0.0)
    if not whole.any():
        raise ValueError("no series has a whole year with cases")
    of_month = known.sum(axis=1)
    common = (of_month.sum(axis=0) + 0.5) / (of_month.sum() + 0.5 * MONTHS)
    drawn = of_month + settings.prior_cases * common
    shares = drawn / drawn.sum(axis=1, keepdims=True)
    dispersion = _dispersion(known, whole.sum(axis=1), shares, settings.prior_years)
    years = np.maximum(whole.sum(axis=1), 1)[:, None]
    return Season(shares, dispersion, 1.0 / np.maximum(drawn, 0.5) + dispersion / years)


def _dispersion(
    counts: FloatArray, years: FloatArray, shares: FloatArray, prior_years: float
) -> float:
    """The largest of the stretches' dispersions, as one of independent months."""
    totals = counts.sum(axis=2)
    # Shares that were fitted to the same years lie nearer to them than those of a new year do.
    free = np.where(years > 1, years / np.maximum(years - 1, 1), 0.0)[:, None, None]
    found = [0.0]
    for length in _STRETCHES:
        blocks = MONTHS // length
        share = shares.reshape(-1, 1, blocks, length).sum(axis=3)
        seen = counts.reshape(*counts.shape[:2], blocks, length).sum(axis=3)
        mean = totals[:, :, None] * share
        beyond = free * np.square(seen - mean) - mean * (1.0 - share)
        weight = np.square(mean) * (1.0 - share) * (free > 0)
        steadied = weight.sum() + prior_years * np.square(mean).mean() * MONTHS
        if steadied > 0:
            found.append(length * float(beyond.sum() / steadied))
    return max(found)
