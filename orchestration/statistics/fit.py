r"""Whether a model foretold the past as well as it says that it does.

A model that is right gives each past value, foretold from what came before it, a one-sided p-value
that is evenly spread (Dawid 1984, J. R. Stat. Soc. A 147:278, the prequential view; Diebold,
Gunther & Tay 1998, Int. Econ. Rev. 39:863, the probability integral transform). Two things are
measured: how far the p-values' distribution lies from the even one anywhere, and whether too many
lie in the very tails, which is where a finding is made.

What does not belong here: which values are foretold, and what is said of a model that does not fit.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from orchestration.statistics.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Fit:
    """How past values lay in what was foretold of them.

    Attributes:
        values: how many.
        votes: how many of them are independent of each other, at most.
        distance: largest distance between the p-values' distribution and the even one.
        distance_limit: what a model that is right exceeds in a share ``alpha`` of cases.
        tail: share of two-sided p-values below ``tail_below``.
        tail_limit: what a model that is right exceeds in a share ``alpha`` of cases, at most.
    """

    values: int
    votes: float
    distance: float
    distance_limit: float
    tail: float
    tail_limit: float

    @property
    def holds(self) -> bool:
        """Whether neither limit is exceeded."""
        return self.distance <= self.distance_limit and self.tail <= self.tail_limit


def fit_of(
    below: FloatArray, two_sided: FloatArray, votes: FloatArray, *, tail_below: float, alpha: float
) -> Fit:
    """Hold p-values of past values against what they would be if the model were right.

    Both limits count the votes as so many independent values: Kolmogorov's, and the binomial's.

    Args:
        below: (N,), p-values of a value at most as large; at least one.
        two_sided: (N,), the same of a value as far off either way.
        votes: (N,), how much each has to say; those that count the same share one vote.
        tail_below: two-sided p-value below which a value lies in the tails.
        alpha: how often a model that is right may exceed a limit.
    """
    order = np.argsort(below)
    at, weight = below[order], votes[order] / votes.sum()
    reached = np.cumsum(weight)
    distance = max(np.abs(reached - at).max(), np.abs(reached - weight - at).max())
    number = max(round(float(votes.sum())), 1)
    return Fit(
        values=below.size,
        votes=float(votes.sum()),
        distance=float(distance),
        distance_limit=float(stats.kstwo.isf(alpha, number)),
        tail=float(np.average(two_sided < tail_below, weights=votes)),
        tail_limit=float(stats.binom.isf(alpha, number, tail_below) / number),
    )
