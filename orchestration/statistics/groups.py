"""Two groups: does the same thing mean the same in both, and has it done so for long?

What does not belong here: which groups are compared; that is declared in the catalogue.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from orchestration.statistics.arrays import ROUNDING, FloatArray

_LEAST_OBSERVATIONS = 2


@dataclass(frozen=True)
class GroupSample:
    """A mean, the standard deviation of the values behind it, and their number."""

    mean: float
    standard_deviation: float
    observations: float

    @property
    def testable(self) -> bool:
        """Whether mean, spread and number are known and there are at least two values."""
        return bool(
            np.isfinite(self.mean)
            and np.isfinite(self.standard_deviation)
            and np.isfinite(self.observations)
            and self.observations >= _LEAST_OBSERVATIONS
            and self.standard_deviation >= 0
        )

    @property
    def constant(self) -> bool:
        """Whether all its values are alike, as far as rounding lets one see."""
        return bool(self.standard_deviation <= ROUNDING * abs(self.mean))


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


def steadied(a: GroupSample, b: GroupSample) -> tuple[GroupSample, GroupSample]:
    r"""The two groups, where a constant one is lent a little of the other's spread.

    A few persons who happen to have the same value have not shown that nobody in their group could
    have another. The other group's variance counts as one value among theirs, :math:`s_b^2 / n_a`,
    so that two alike say little and fifty alike are nearly taken at their word.

    Args:
        a: first group.
        b: second group, not both constant.
    """
    return _lent(a, b), _lent(b, a)


def _lent(one: GroupSample, other: GroupSample) -> GroupSample:
    if not one.constant:
        return one
    lent = other.standard_deviation / float(np.sqrt(one.observations))
    return replace(one, standard_deviation=lent)


def welch(a: GroupSample, b: GroupSample, *, level: float, relevant_change: float) -> GroupTest:
    """Compare two means whose variances may differ (Welch 1947, Biometrika 34:28).

    One of them may be constant; the spread is then the other's alone.

    Args:
        a: first group.
        b: second group, with a positive mean; the ratio is taken to it.
        level: coverage of the interval of the difference.
        relevant_change: relative difference that matters.

    Raises:
        ValueError: spread or number of a group is unknown, or neither has any spread; a mean alone
            cannot be tested.
    """
    if not (a.testable and b.testable):
        raise ValueError("a group without spread and number cannot be tested")
    if a.constant and b.constant:
        raise ValueError("two groups without any spread cannot be tested")
    share_a, share_b = (
        0.0 if each.constant else each.standard_deviation**2 / each.observations for each in (a, b)
    )
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
    elif a.mean == 0 < b.mean:
        # Nought has no logarithm.
        relevant = float(
            special.ndtr((difference - relevant_change * b.mean) / error)
            + special.ndtr((-difference - b.mean * relevant_change / (1 + relevant_change)) / error)
        )
        ratio = 0.0
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


@dataclass(frozen=True)
class LogRatio:
    """The log of one mean over another.

    Attributes:
        value: the log.
        variance: its sampling variance, by the delta method.
        df: degrees of freedom behind that, Welch-Satterthwaite.
    """

    value: float
    variance: float
    df: float


def log_ratio(a: GroupSample, b: GroupSample) -> LogRatio | None:
    """The log of the ratio of two means; None where one is not above nought, or nothing varies.

    Args:
        a: first group.
        b: second group; the ratio is taken to it.
    """
    if not (a.testable and b.testable and a.mean > 0 and b.mean > 0):
        return None
    if a.constant and b.constant:
        return None
    parts = [
        (each.standard_deviation / each.mean) ** 2 / each.observations for each in steadied(a, b)
    ]
    of_each = [each.observations - 1.0 for each in (a, b)]
    variance = sum(parts)
    df = variance**2 / sum(part**2 / n for part, n in zip(parts, of_each, strict=True))
    return LogRatio(float(np.log(a.mean / b.mean)), float(variance), float(df))


def stood_since(values: FloatArray, errors: FloatArray, *, alpha: float) -> int | None:
    """From where two groups have differed the same way until the last of the years.

    Most who are in a group one year are so the next, so that years do not add up as independent
    samples would: the mean over the years has, at worst, the mean of their errors.

    Args:
        values: (T,), logs of the ratio, the oldest first; at least one.
        errors: (T,), their standard errors.
        alpha: two-sided p-value below which they are said to differ.

    Returns:
        Position of the first of the unbroken run of years with the sign of the last; None where
        the run's mean cannot be told from nought.
    """
    same = np.sign(values) == np.sign(values[-1])
    first = 0 if same.all() else int(np.flatnonzero(~same)[-1]) + 1
    score = abs(float(values[first:].mean())) / float(errors[first:].mean())
    return first if 2.0 * float(special.ndtr(-score)) < alpha else None
