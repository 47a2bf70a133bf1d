"""What the section and the pages on equality state, read from their marts.

How it is said belongs in ``sections.equality`` and ``equality_pages``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.findings.cells import Cell
from orchestration.language import grammar
from orchestration.language.inline import Form, Number, Quoted, Style
from orchestration.reporting.figures import geography
from orchestration.reporting.reading import read_rows

EQUALITY = "marts.equality"
SPREAD = "marts.board_spread"
VALUES = "marts.indicator_values"
_KEY = (
    *("indicator_id", "period_start", "geography_id", "comparison", "breakdown", "category_a"),
    "category_b",
)
#: How a level is printed: measure, unit and decimals. A rate is a share of the residents.
_FORMS: Mapping[str, tuple[str, str, int]] = {
    "rate": ("proportion", "procent", 2),
    "share": ("proportion", "procent", 1),
    "mean": ("mean", "", 1),
    "money": ("amount", "kronor", 0),
}
#: A rate below this has a decimal more.
_SMALL_RATE = 0.001


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of ``marts.equality``.

    Attributes:
        row: Its columns.
    """

    row: Mapping[str, Any]

    def cell(self, column: str) -> Cell:
        """Where a figure of it stands."""
        return Cell(EQUALITY, tuple((name, self.row[name]) for name in _KEY), column)

    def level(self, column: str) -> Number | None:
        """A group's level, or their difference, without its unit.

        Of too few there is none: it would tell how few they are.
        """
        if self.row[column] is None or self.row["shortfall"] is not None:
            return None
        measure, unit, digits = _FORMS[self.row["kind"]]
        if self.row["kind"] == "rate" and abs(self.row[column]) < _SMALL_RATE:
            digits += 1
        return Number(
            self.row[column], Form(Style.CELL, digits, measure, unit), (self.cell(column),)
        )

    def ratio(self, column: str = "ratio") -> Number | None:
        """The ratio or one of its limits."""
        if self.row[column] is None:
            return None
        return Number(self.row[column], Form(digits=2), (self.cell(column),))

    def whole(self, column: str) -> Number | None:
        """How many persons or kronor the difference is."""
        if self.row[column] is None:
            return None
        return Number(self.row[column], Form(sign=True), (self.cell(column),))


@dataclass(frozen=True)
class EqualityData:
    """Everything that is stated of one year.

    Attributes:
        pairs: Of the year, those of the municipality and of its boards.
        spreads: Of every year.
        titles: Of the indicators, by their ids.
        areas: Of the indicators, by their ids.
        sources: Of the indicators, by their ids.
        places: What places are called.
    """

    pairs: tuple[Pair, ...]
    spreads: tuple[Mapping[str, Any], ...]
    titles: Mapping[str, str]
    areas: Mapping[str, str]
    sources: Mapping[str, str]
    places: Mapping[str, str]
    municipality_id: str
    year: int

    def title(self, indicator_id: str) -> Quoted:
        """An indicator's name in the catalogue, as it stands in a sentence."""
        title = grammar.mid_sentence(self.titles[indicator_id])
        return Quoted(title, "marts.indicators.title_sv", indicator_id)

    def place(self, geography_id: str) -> Quoted:
        """A place's name."""
        return geography(geography_id, self.places.get(geography_id, geography_id))

    def of(self, comparison: str, *, boards: bool = False) -> list[Pair]:
        """The pairs of a comparison, in the municipality or in its boards."""
        return [
            pair
            for pair in self.pairs
            if pair.row["comparison"] == comparison
            and (pair.row["geography_id"] != self.municipality_id) == boards
        ]


def read_equality(
    connection: duckdb.DuckDBPyConnection, year: int, municipality_id: str
) -> EqualityData:
    """Reads a year of a municipality.

    Args:
        connection: Open connection; only read from.
        year: The report year.
        municipality_id: Code of the municipality.
    """
    pairs = read_rows(
        connection,
        f"select * from {EQUALITY} where period_start = ? and split_part(geography_id, '-', 1) = ?"
        " order by indicator_id, geography_id, comparison, breakdown, category_a, category_b",
        [date(year, 1, 1), municipality_id],
    )
    spreads = read_rows(
        connection,
        f"select * from {SPREAD} where geography_id = ? and year(period_start) <= ?"
        " and tau is not null"
        " order by indicator_id, stratum, period_start",
        [municipality_id, year],
    )
    names = read_rows(
        connection, "select indicator_id, title_sv, area, source_id from marts.indicators"
    )
    places = read_rows(connection, "select geography_id, name from marts.geographies")
    return EqualityData(
        pairs=tuple(map(Pair, pairs)),
        spreads=tuple(spreads),
        titles={row["indicator_id"]: row["title_sv"] for row in names},
        areas={row["indicator_id"]: row["area"] for row in names},
        sources={row["indicator_id"]: row["source_id"] for row in names},
        places={row["geography_id"]: row["name"] for row in places},
        municipality_id=municipality_id,
        year=year,
    )


def by_sureness(pairs: Sequence[Pair]) -> list[Pair]:
    """Differences first, the largest ratio of each kind before the others."""
    order = {"skillnad": 0, "ingen_relevant_skillnad": 1, "kan_inte_avgoras": 2}
    return sorted(
        pairs,
        key=lambda pair: (
            order[pair.row["verdict"]],
            # Two groups against each other are as far apart from either side.
            -round(abs(math.log(pair.row["ratio"] or 1.0)), 9),
            pair.row["indicator_id"],
            pair.row["category_a"],
        ),
    )
