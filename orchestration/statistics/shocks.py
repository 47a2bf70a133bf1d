r"""A pool that moves as one is told once, and its members are held against it.

The pooled volatility takes the series of a pool to wander each for itself. A pandemic, or a law
of general reach, moves them together, and then every member would be told as a deviation of its
own. So the pool's median is tested first. The test is exact for independent members: how often
would at least half of them lie so far out on one side? Half the members may be anything at all
without making or hiding a shock.

Members that count the same persons in two ways are not independent, and a caller gives only one
of them.

What does not belong here: which series form a pool, and what a shock is called.

Reference: order statistics' distribution, e.g. David & Nagaraja (2003), section 2.1.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray

#: Standard error of a median over that of a mean, for normal values in large samples.
_MEDIAN_LOSS = float(np.sqrt(np.pi / 2.0))
#: Standard deviation of normal values over their median absolute deviation.
_NORMAL_SPREAD = 1.4826


@dataclass(frozen=True)
class CommonShock:
    """How a pool moved.

    Attributes:
        log_change: median of the members' log deviations.
        standard_error: of the median, from the members' own spread.
        p_value: two-sided, that the members moved each for itself.
        members: how many there are.
    """

    log_change: float
    standard_error: float
    p_value: float
    members: int


def common_shock(p_down: FloatArray, log_deviation: FloatArray) -> CommonShock:
    """Test whether a pool's median is further out than independent members would take it.

    Args:
        p_down: (n,), one-sided p-value of each member, of a value at most as large.
        log_deviation: (n,), log of observed over expected.

    Raises:
        ValueError: there is no member.
    """
    if p_down.size == 0:
        raise ValueError("a pool needs members")
    change = float(np.median(log_deviation))
    spread = float(_NORMAL_SPREAD * np.median(np.abs(log_deviation - change)))
    return CommonShock(
        log_change=change,
        standard_error=_MEDIAN_LOSS * spread / float(np.sqrt(p_down.size)),
        p_value=_median_p_value(p_down),
        members=int(p_down.size),
    )


def _median_p_value(p_down: FloatArray) -> float:
    """Probability that the majority lies at least as far out on one side, times two."""
    ordered = np.sort(p_down)
    members = ordered.size
    majority = members // 2 + 1
    low = float(ordered[majority - 1])
    high = float(1.0 - ordered[members - majority])
    # The k-th smallest of n uniform values is Beta(k, n - k + 1).
    return min(1.0, 2.0 * float(special.betainc(majority, members - majority + 1, min(low, high))))
