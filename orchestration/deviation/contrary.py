"""Two related indicators that moved against what is expected of them.

What does not belong here: a search over pairs. Only declared pairs are looked at, each once.

Reference: Berger (1982), Technometrics 24:295 (intersection-union test).
"""

from dataclasses import dataclass

import numpy as np

from orchestration.findings.codes import Verdict
from orchestration.statistics.arrays import ROUNDING


@dataclass(frozen=True)
class Movement:
    """How one indicator moved into the tested year.

    Attributes:
        change: relative change since the latest earlier value.
        p_down: one-sided p-value of a value at most as large, given its history.
        p_up: one-sided p-value of a value at least as large.
    """

    change: float
    p_down: float
    p_up: float

    @property
    def p_observed_direction(self) -> float:
        """One-sided p-value in the direction it moved."""
        return self.p_down if self.change < 0 else self.p_up


@dataclass(frozen=True)
class PairTest:
    """The verdict on a pair; ``p_value`` is the larger of the two one-sided ones."""

    verdict: Verdict
    p_value: float | None


def judge_pair(
    indicator: Movement | None, related: Movement | None, expected_sign: int, alpha: float
) -> PairTest:
    """Intersection-union test of a declared pair.

    Both must have moved: the p-value is the larger of the two one-sided ones, each in the
    direction its own indicator moved. It is evidence of contrary movement only when the
    directions contradict the expected sign.

    Args:
        indicator: movement of the indicator, None when it could not be tested.
        related: movement of the related indicator.
        expected_sign: +1 when they are expected to move together, -1 apart.
        alpha: level each of them must pass.
    """
    if indicator is None or related is None:
        return PairTest(Verdict.CANNOT_TELL, None)
    p = max(indicator.p_observed_direction, related.p_observed_direction)
    direction = expected_sign * _way(indicator) * _way(related)
    if not np.isfinite(direction) or direction == 0:
        return PairTest(Verdict.CANNOT_TELL, p)
    if direction > 0:
        return PairTest(Verdict.AS_EXPECTED, p)
    if p < alpha:
        return PairTest(Verdict.CONTRARY, p)
    return PairTest(Verdict.DIVERGENT_WITHIN_NOISE, p)


def _way(movement: Movement) -> float:
    """Up, down, or nought where it stood still but for rounding."""
    return 0.0 if abs(movement.change) <= ROUNDING else float(np.sign(movement.change))
