"""Two groups in one year: does the same thing mean the same in both?

What does not belong here: which groups are compared; that is declared in the catalogue.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats


@dataclass(frozen=True)
class GroupSample:
    """A mean, the standard deviation of the values behind it, and their number."""

    mean: float
    standard_deviation: float
    observations: float

    @property
    def testable(self) -> bool:
        """Whether spread and number are known and there are at least two values."""
        least = 2
        return (
            np.isfinite(self.mean)
            and np.isfinite(self.standard_deviation)
            and np.isfinite(self.observations)
            and self.observations >= least
            and self.standard_deviation > 0
        )


@dataclass(frozen=True)
class GroupTest:
    """Welch's comparison of two means.

    Attributes:
        p_value: two-sided.
        statistic: t.
        df: Welch-Satterthwaite degrees of freedom.
        difference: mean of a less mean of b.
        lower: lower limit of the difference.
        upper: upper limit of the difference.
        ratio: mean of a over mean of b.
        probability_relevant: probability that the ratio is off one by more than the relevant
            change, either way.
    """

    p_value: float
    statistic: float
    df: float
    difference: float
    lower: float
    upper: float
    ratio: float
    probability_relevant: float


def welch(a: GroupSample, b: GroupSample, *, level: float, relevant_change: float) -> GroupTest:
    """Compare two means whose variances may differ (Welch 1947, Biometrika 34:28).

    Args:
        a: first group.
        b: second group, with a positive mean; the ratio is taken to it.
        level: coverage of the interval of the difference.
        relevant_change: relative difference that matters.

    Raises:
        ValueError: spread or number of a group is unknown; a mean alone cannot be tested.
    """
    if not (a.testable and b.testable):
        raise ValueError("a group without spread and number cannot be tested")
    share_a = a.standard_deviation**2 / a.observations
    share_b = b.standard_deviation**2 / b.observations
    error = float(np.sqrt(share_a + share_b))
    df = (share_a + share_b) ** 2 / (
        share_a**2 / (a.observations - 1) + share_b**2 / (b.observations - 1)
    )
    difference = a.mean - b.mean
    t = difference / error
    reach = float(stats.t.ppf((1 + level) / 2, df)) * error
    if a.mean > 0 and b.mean > 0:
        spread = float(np.sqrt(share_a / a.mean**2 + share_b / b.mean**2))
        log_ratio = float(np.log(a.mean / b.mean))
        limit = float(np.log1p(relevant_change))
        relevant = float(
            special.ndtr((log_ratio - limit) / spread) + special.ndtr((-log_ratio - limit) / spread)
        )
        ratio = a.mean / b.mean
    else:
        relevant, ratio = float("nan"), float("nan")
    return GroupTest(
        p_value=float(2 * stats.t.sf(abs(t), df)),
        statistic=float(t),
        df=float(df),
        difference=float(difference),
        lower=float(difference - reach),
        upper=float(difference + reach),
        ratio=ratio,
        probability_relevant=relevant,
    )
