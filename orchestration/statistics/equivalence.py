r"""Whether two values differ, or are known not to differ by anything that matters.

A difference that is not found is not shown to be absent. It is when its interval lies wholly within
a margin that was set beforehand: two one-sided tests, each at level alpha, which is the same as an
interval of coverage 1 - 2 alpha inside the margin.

What does not belong here: how many comparisons are made at once (``multiplicity``), and the words.

References: Schuirmann (1987), J. Pharmacokinet. Biopharm. 15:657 (two one-sided tests).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Difference:
    """A difference with its standard error.

    Attributes:
        estimate: the first less the second.
        standard_error: of it.
    """

    estimate: float
    standard_error: float

    @property
    def p_value(self) -> float:
        """Two-sided, of no difference at all."""
        if self.standard_error <= 0:
            return 1.0 if self.estimate == 0 else 0.0
        return float(2.0 * special.ndtr(-abs(self.estimate) / self.standard_error))

    def limits(self, level: float) -> tuple[float, float]:
        """Limits of coverage ``level``."""
        reach = float(special.ndtri((1.0 + level) / 2.0)) * self.standard_error
        return self.estimate - reach, self.estimate + reach

    def equivalence_p_value(self, margin: float) -> float:
        """Of a difference at least as large as the margin; small where it is surely smaller."""
        if self.standard_error <= 0:
            return 0.0 if abs(self.estimate) < margin else 1.0
        return float(special.ndtr((abs(self.estimate) - margin) / self.standard_error))


def share_difference(
    events: FloatArray, trials: FloatArray, group: IntArray, clusters: IntArray
) -> Difference:
    """The share of group 1 less that of group 0, of rows that go together in clusters.

    Args:
        events: (N,), at most the trials.
        trials: (N,), 1 for a row that counts and 0 for one that does not.
        group: (N,), 1, 0, or another number for neither.
        clusters: (N,), numbers from 0; a cluster may have rows of both groups.

    Raises:
        ValueError: a group has nobody.
    """
    influence = np.zeros(events.size)
    shares = []
    for at in (1, 0):
        mine = trials * (group == at)
        number = float(mine.sum())
        if number == 0:
            raise ValueError("a group has nobody")
        share = float((events * mine).sum()) / number
        shares.append(share)
        influence += (1 if at else -1) * mine * (events - share) / number
    together = np.bincount(clusters, influence)
    return Difference(shares[0] - shares[1], float(np.sqrt(np.square(together).sum())))
