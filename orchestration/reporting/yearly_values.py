"""The municipality's values of some indicators, year by year, as numbers of a text.

For what a section says in passing of another indicator than its own analysis: which value it is and
where it stands. Series that are drawn or judged belong in `series`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.language import quantities
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import Form, Number, Quantity, Style
from orchestration.reporting.reading import read_rows

_TABLE = "marts.indicator_values"
_TOTAL = "total"


@dataclass(frozen=True, slots=True)
class YearlyValue:
    """One value that may be shown.

    Attributes:
        key: The columns of `marts.indicator_values` that say which it is.
        value: In the indicator's unit; a share as a part of one.
        measure: The indicator's.
        unit: The indicator's.
    """

    key: tuple[tuple[str, str | date], ...]
    value: float
    measure: str
    unit: str

    @property
    def address(self) -> Address:
        """Where it stands."""
        return Address(_TABLE, self.key, "value")

    def number(self, style: Style = Style.FULL, digits: int | None = None) -> Number:
        """The value as it is printed.

        Args:
            style: How.
            digits: Decimals; as many as its unit usually has unless given.
        """
        if digits is None:
            digits = quantities.decimals(self.measure, self.unit, [self.value])
        return Number(self.value, Form(style, digits, self.measure, self.unit), (self.address,))


def difference(one: YearlyValue, other: YearlyValue) -> Number:
    """How far apart two values of one indicator are, in its unit.

    Args:
        one: The first.
        other: The second.
    """
    apart = abs(one.value - other.value)
    digits = quantities.decimals(one.measure, one.unit, [apart])
    form = Form(Style.BRIEF, digits, one.measure, one.unit)
    return Number(apart, form, (one.address, other.address), Quantity.DIFFERENCE)


@dataclass(frozen=True, slots=True)
class YearlyValues:
    """Values by indicator, year, breakdown and category; what is hidden or not there is none."""

    _values: dict[tuple[str, int, str, str], YearlyValue]

    @classmethod
    def load(
        cls, connection: duckdb.DuckDBPyConnection, municipality_id: str, wanted: Iterable[str]
    ) -> YearlyValues:
        """Read the values of some indicators.

        Args:
            connection: Open connection; only read from.
            municipality_id: Code of the municipality.
            wanted: The indicators.
        """
        rows = read_rows(
            connection,
            """
            select
                v.indicator_id, v.period_start, v.geography_id, v.breakdown, v.category,
                cast(v.value as double) as value, i.measure, i.unit
            from marts.indicator_values as v
            join marts.indicators as i using (indicator_id)
            where v.geography_id = ? and v.period_grain = 'year' and v.value is not null
              and v.status <> 'suppressed' and list_contains(?, v.indicator_id)
            """,
            [municipality_id, sorted(wanted)],
        )
        keyed = ("indicator_id", "period_start", "geography_id", "breakdown", "category")
        return cls(
            {
                (
                    row["indicator_id"],
                    row["period_start"].year,
                    row["breakdown"],
                    row["category"],
                ): YearlyValue(
                    tuple((name, row[name]) for name in keyed),
                    row["value"],
                    row["measure"],
                    row["unit"],
                )
                for row in rows
            }
        )

    def of(
        self, indicator_id: str, year: int, breakdown: str = _TOTAL, category: str = _TOTAL
    ) -> YearlyValue | None:
        """A value, or None where there is none to show."""
        return self._values.get((indicator_id, year, breakdown, category))
