"""Where a figure stands in the published tables, and what it is of the cells it rests on.

A claim's figures and a sentence's numbers name their cells with these, so that a figure can be
followed to its source, or left out with it. How a number is printed belongs in `language`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

CellKey = str | int | date | None
_DAYS = frozenset({"period_start"})


def _with_days(row: object) -> object:
    """Days that were stored as text, as days again."""
    if not isinstance(row, list | tuple):
        return row
    return tuple(
        (name, date.fromisoformat(key) if name in _DAYS and isinstance(key, str) else key)
        for name, key in row
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a figure stands in the published tables.

    Attributes:
        table: As ``schema.table``.
        row: The columns that single out the row, or the rows that are counted, with their values.
        column: Which figure of the row, with its path where the column is JSON
            (``evidence.drivers[0].change``); empty where the rows themselves are counted.
    """

    table: str
    row: Annotated[tuple[tuple[str, CellKey], ...], BeforeValidator(_with_days)] = ()
    column: str = ""


def series_cell(
    column: str,
    *,
    indicator_id: str,
    period_start: date,
    period_grain: str,
    geography_id: str,
    breakdown: str,
    category: str,
    table: str = "marts.indicator_values",
) -> Cell:
    """Where a figure of one period of a series stands: its value, or a line of its chart."""
    return Cell(
        table,
        (
            ("indicator_id", indicator_id),
            ("period_start", period_start),
            ("period_grain", period_grain),
            ("geography_id", geography_id),
            ("breakdown", breakdown),
            ("category", category),
        ),
        column,
    )


class Quantity(StrEnum):
    """What a number is of the cells it names, in their order."""

    VALUE = "value"
    """The cell itself."""
    COUNT = "count"
    """How many rows there are."""
    SUM = "sum"
    """All of them together."""
    CHANGE_OF_SUMS = "change_of_sums"
    """The first half of them together over the second half together, less one."""
    CHANGE = "change"
    """The first over the second, less one."""
    SIZE_OF_CHANGE = "size_of_change"
    """The same without its sign."""
    DIFFERENCE = "difference"
    """The first less the second, without its sign."""
    SIZE = "size"
    """The cell itself, without its sign."""
    SHARE_OF_LOWER = "share_of_lower"
    """The difference of the two over the lower of them."""
    GROWTH = "growth"
    """What a standard deviation of the logarithm means as a relative change: exp(x) - 1."""
    SETTING = "setting"
    """Of the method, the law or the layout, not of the data; the cell names which."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that is not yet text.

    Attributes:
        value: On the tables' scale; a share is a fraction.
        cells: What it rests on.
        quantity: What it is of them.
    """

    value: float
    cells: tuple[Cell, ...]
    quantity: Quantity = Quantity.VALUE


def setting(name: str, value: float) -> Figure:
    """A number of the method, by the name that the settings give it."""
    return Figure(value, (Cell("settings", (("name", name),)),), Quantity.SETTING)


def figures_in(record: object) -> Iterator[Figure]:
    """Every figure of a claim, or of anything made of records, in the order of its fields."""
    if isinstance(record, Figure):
        yield record
    elif isinstance(record, list | tuple):
        for each in record:
            yield from figures_in(each)
    elif is_dataclass(record):
        for field in fields(record):
            yield from figures_in(getattr(record, field.name))
