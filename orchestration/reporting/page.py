"""What the parts of one page share: cells, tables, figures, references and running numbers.

Plain records for the template and the counters behind "Tabell 3" and "Figur 2". What a table holds
belongs in ``tables``, what a figure shows in ``illustrations``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from orchestration.reporting.data import Indicator, ReportData

PAGES_DIRECTORY = "indikatorer"
"""Where the indicators' pages lie, beside the memorandum."""


def page_link(indicator: Indicator) -> str:
    """Gives the way from the memorandum to an indicator's own page."""
    return f"{PAGES_DIRECTORY}/{indicator.indicator_id}.html"


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to the list of sources; ``number`` is None where the source is not listed."""

    number: int | None
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: What it says.
        reference: Its source, where it has one.
        note: A smaller second line.
        numeric: Whether it is set flush right.
        long: Whether it holds running text and needs width.
        synthetic: Whether it carries the synthetic mark by itself.
        link: Where its text leads, beside the page; empty where it leads nowhere.
    """

    text: str
    reference: Reference | None = None
    note: str = ""
    numeric: bool = False
    long: bool = False
    synthetic: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; the first cell of each row is its heading.

    ``references`` stand in the caption, for tables where every row has the same source.
    """

    table_id: str
    caption: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its caption, its sources and its figures as a table."""

    figure_id: str
    svg: Markup
    caption: str
    references: tuple[Reference, ...]
    table: Table


@dataclass(slots=True)
class Page:
    """The data of one page and its running numbers."""

    data: ReportData
    _figure_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _table_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def reference(self, indicator: Indicator) -> Reference:
        """Points to the first listed delivery of an indicator's source."""
        rows = [
            (number, source)
            for number, source in enumerate(self.data.sources, start=1)
            if source.source_id == indicator.source_id
        ]
        return Reference(
            number=rows[0][0] if rows else None,
            synthetic=any(source.synthetic for _, source in rows),
        )

    def table(
        self,
        caption: str,
        columns: Sequence[Cell],
        rows: Sequence[tuple[Cell, ...]],
        references: tuple[Reference, ...] = (),
    ) -> Table:
        """Makes a table with the next number."""
        number = next(self._table_numbers)
        return Table(
            table_id=f"tabell-{number}",
            caption=f"Tabell {number}. {caption}",
            columns=tuple(columns),
            rows=tuple(rows),
            references=references,
        )

    def figure_number(self) -> int:
        """Takes the next number of a figure."""
        return next(self._figure_numbers)
