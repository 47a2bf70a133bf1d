"""One indicator's values, by year or by month, as the engine takes them.

What does not belong here: how they are read, and what is expected of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray

#: Values that may be compared; every other status of a value makes its year a gap. Late
#: registration makes a preliminary year look like a fall; it is compared all the same, and the
#: report's sentence calls the outcome preliminary.
USABLE_STATUS = frozenset({"observed", "preliminary", "revised"})

SeriesKey = tuple[str, str, str, str]


@dataclass(frozen=True, eq=False)
class Series:
    """Values of one indicator in one geography, breakdown and category.

    Attributes:
        indicator_id: name in the catalogue.
        geography_id: official code, or ``0180-<slug>`` for a district board.
        breakdown: ``total``, ``sex``, ``target_group`` ...
        category: ``total``, ``kvinnor``, ``socialpsykiatri`` ...
        years: calendar years, strictly increasing; shape (n,).
        numerator: persons, decisions, kronor ... counted; nan where there is none.
        denominator: population at risk, decisions ...; nan where there is none.
        value: the indicator's value in its own unit (a proportion is a fraction).
        standard_deviation: of the persons' values behind a mean; nan where unknown.
        observations: n behind a mean; nan where unknown.
        status: one for each year, in the words of ``marts.indicator_values``.

    Raises:
        ValueError: the lengths differ, the years do not increase or a count is negative.
    """

    indicator_id: str
    geography_id: str
    breakdown: str
    category: str
    years: IntArray
    numerator: FloatArray
    denominator: FloatArray
    value: FloatArray
    standard_deviation: FloatArray
    observations: FloatArray
    status: Sequence[str]

    def __post_init__(self) -> None:
        arrays = (
            self.numerator,
            self.denominator,
            self.value,
            self.standard_deviation,
            self.observations,
        )
        if any(a.shape != self.years.shape for a in arrays) or len(self.status) != len(self.years):
            raise ValueError(f"{self.label}: arrays of different length")
        if self.years.ndim != 1 or np.any(np.diff(self.years) <= 0):
            raise ValueError(f"{self.label}: years must increase")
        if any(np.any(a < 0) for a in (self.denominator, self.standard_deviation)):
            raise ValueError(f"{self.label}: a denominator or deviation is negative")

    @property
    def key(self) -> SeriesKey:
        """What tells it from every other series."""
        return (self.indicator_id, self.geography_id, self.breakdown, self.category)

    @property
    def label(self) -> str:
        """Its key as one word, for messages."""
        return "/".join(self.key)

    @property
    def usable(self) -> BoolArray:
        """Years that have a comparable value; shape (n,)."""
        compared = np.fromiter((s in USABLE_STATUS for s in self.status), bool, len(self.status))
        return compared & np.isfinite(self.value)

    def at(self, year: int) -> int | None:
        """Position of a year with a comparable value, else None."""
        found = np.flatnonzero((self.years == year) & self.usable)
        return int(found[0]) if found.size else None

    def before(self, year: int) -> int | None:
        """Position of the latest comparable value before a year, else None."""
        found = np.flatnonzero((self.years < year) & self.usable)
        return int(found[-1]) if found.size else None


@dataclass(frozen=True, eq=False)
class MonthlySeries:
    """Monthly counts of one indicator in one geography, breakdown and category.

    Attributes:
        indicator_id: name in the catalogue.
        geography_id: official code.
        breakdown: ``total``, ``sex`` ...
        category: ``total``, ``kvinnor`` ...
        months: months since the year 0 (twelve times the year, and 0 for January), strictly
            increasing; shape (n,).
        value: counts.
        status: one for each month, in the words of ``marts.indicator_values``.

    Raises:
        ValueError: the lengths differ or the months do not increase.
    """

    indicator_id: str
    geography_id: str
    breakdown: str
    category: str
    months: IntArray
    value: FloatArray
    status: Sequence[str]

    def __post_init__(self) -> None:
        if self.value.shape != self.months.shape or len(self.status) != len(self.months):
            raise ValueError(f"{'/'.join(self.key)}: arrays of different length")
        if self.months.ndim != 1 or np.any(np.diff(self.months) <= 0):
            raise ValueError(f"{'/'.join(self.key)}: months must increase")

    @property
    def key(self) -> SeriesKey:
        """What tells it from every other series."""
        return (self.indicator_id, self.geography_id, self.breakdown, self.category)

    @property
    def usable(self) -> BoolArray:
        """Months that have a comparable value; shape (n,)."""
        compared = np.fromiter((s in USABLE_STATUS for s in self.status), bool, len(self.status))
        return compared & np.isfinite(self.value)
