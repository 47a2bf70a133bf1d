r"""Ratios of two levels: whether they differ, by how much, and whether they surely are alike.

A level is events over a base: persons of a population, yeses of decisions, hours of persons. On the
log scale a ratio means the same for all of them, and two that are each other's inverse are as far
from one. What goes together (the decisions of one household) counts by its squares, so that many
decisions of few are not taken for many.

What does not belong here: which levels are compared, how many comparisons are made at once
(``multiplicity``), and the words.

References: Schuirmann (1987), J. Pharmacokinet. Biopharm. 15:657 (two one-sided tests); Cochran
(1977), Sampling Techniques, ch. 6 (variance of a ratio of sums).
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics.arrays import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Sums:
    """What each level is made of, summed over those who belong together; every array (N,).

    Of persons in a population, who are counted once each, the squared events are the events and the
    other two are nought: the population is known. Of a share of cases that are each one's own, all
    five are the yeses or the cases. Of a mean, the events are the sum of the values.

    Attributes:
        events: y, summed.
        base: d, summed.
        events_squared: y squared, summed.
        product: y times d, summed.
        base_squared: d squared, summed; nought where the base is a population.
    """

    events: FloatArray
    base: FloatArray
    events_squared: FloatArray
    product: FloatArray
    base_squared: FloatArray

    @property
    def level(self) -> FloatArray:
        """(N,), events over base; nan without a base."""
        out = np.full(self.events.shape, np.nan)
        np.divide(self.events, self.base, out=out, where=self.base > 0)
        return out

    @property
    def log_variance(self) -> FloatArray:
        """(N,), of the log of the level; nan where there is no event."""
        level = np.nan_to_num(self.level)
        spread = self.events_squared - 2.0 * level * self.product + level**2 * self.base_squared
        out = np.full(self.events.shape, np.nan)
        np.divide(np.maximum(spread, 0.0), self.events**2, out=out, where=self.events > 0)
        return out


@dataclass(frozen=True, eq=False)
class Ratios:
    """Ratios of levels, on the log scale; every array (N,), nan where there is none.

    Attributes:
        log_ratio: of the first level to the second.
        standard_error: of it.
    """

    log_ratio: FloatArray
    standard_error: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """The first level over the second."""
        return np.exp(self.log_ratio)

    @property
    def p_values(self) -> FloatArray:
        """Two-sided, of two levels that are the same."""
        return np.asarray(2.0 * special.ndtr(-np.abs(self.log_ratio) / self.standard_error))

    def limits(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Limits of the ratio, of coverage ``level``."""
        reach = float(special.ndtri((1.0 + level) / 2.0)) * self.standard_error
        return np.exp(self.log_ratio - reach), np.exp(self.log_ratio + reach)

    def equivalence_p_values(self, margin: float) -> FloatArray:
        """Of a ratio at least as far from one as the margin; small where it surely is nearer.

        Args:
            margin: relative difference that matters: 0.1 is a ratio of 1.1, or of 1 / 1.1.
        """
        away = np.abs(self.log_ratio) - np.log1p(margin)
        return np.asarray(special.ndtr(away / self.standard_error))

    def beyond(self, margin: float) -> BoolArray:
        """Whether the ratio itself is farther from one than the margin."""
        return np.asarray(np.abs(self.log_ratio) > np.log1p(margin))


def ratios(first: Sums, second: Sums) -> Ratios:
    """Two levels over each other, pair by pair, of groups that share nobody."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(first.level) - np.log(second.level)
    error = np.sqrt(first.log_variance + second.log_variance)
    known = np.isfinite(log_ratio) & (error > 0)
    return Ratios(np.where(known, log_ratio, np.nan), np.where(known, error, np.nan))
