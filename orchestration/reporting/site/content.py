"""What the site's pages are made of: the memorandum's and the indicators' records, and some more.

Reads what only the site shows (today's boards, how boards compare, how checks fared) from an open
connection and writes nothing. A figure that is not there is left out with its row; none is
computed. What a page says of it belongs in the page's module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.language import grammar, words
from orchestration.reporting.addresses import Formats
from orchestration.reporting.data import Place, ReportData, Shown
from orchestration.reporting.document import Document
from orchestration.reporting.issued import Edition
from orchestration.reporting.reading import read_rows
from orchestration.reporting.sections.analysis import AnalysisChapter
from orchestration.reporting.series import IndicatorSeries, SeriesData

_BOARD = "stadsdelsnamnd"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a board has of something, against what its own cases let one expect.

    Attributes:
        key: What singles out the row of ``marts.board_standardised``.
        measure: What there is more or less of, in words.
        verdict: One of ``words.BOARD_VERDICTS``.
    """

    key: tuple[tuple[str, str | date], ...]
    measure: str
    observed: float
    expected: float
    ratio: float
    ci_lower: float
    ci_upper: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How the rules of one table fared, by how severe they are."""

    table: str
    severity: str
    success: bool


@dataclass(frozen=True, slots=True)
class Site:
    """The content of the whole site.

    Attributes:
        report: What the memorandum states.
        series: What the indicators' pages state.
        edition: What the pages say about themselves.
        documents: Those that are issued whole, by where they lie.
        analyses: The memorandum's chapters of analyses.
        municipality_id: Whose site it is.
        boards: Those that there are at the end of the report year, by name.
        compared: What is known of how boards compare, by board.
        judged: How the rules of each table fared, by table.
    """

    report: ReportData
    series: SeriesData
    edition: Edition
    documents: Mapping[Formats, Document]
    analyses: tuple[AnalysisChapter, ...]
    municipality_id: str
    boards: tuple[Place, ...]
    compared: dict[str, tuple[Compared, ...]]
    judged: tuple[Judged, ...]

    @property
    def year(self) -> int:
        """The report year."""
        return self.report.year

    @property
    def name(self) -> str:
        """The municipality's."""
        return self.report.municipality_name

    @property
    def deviations(self) -> list[Shown]:
        """Every finding of the year, by rank; what has none comes last."""
        rows = [row for each in self.series.indicators for row in each.deviations]
        return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.deviation_id))

    def areas(self) -> list[str]:
        """The areas that have an indicator, in the order in which they are told."""
        found = {each.indicator.area for each in self.series.indicators}
        return [area for area in words.AREAS if area in found]

    def indicators(self, area: str) -> list[IndicatorSeries]:
        """The indicators of an area."""
        return [each for each in self.series.indicators if each.indicator.area == area]

    def is_synthetic(self, indicator_id: str) -> bool:
        """Whether any figure of an indicator is made up."""
        return any(
            source.synthetic
            for each in self.series.indicators
            if each.indicator.indicator_id == indicator_id
            for source in each.sources
        )


def load_site(
    connection: duckdb.DuckDBPyConnection,
    report: ReportData,
    series: SeriesData,
    edition: Edition,
    documents: Mapping[Formats, Document],
    *,
    municipality_id: str,
    analyses: Sequence[AnalysisChapter] = (),
) -> Site:
    """Reads what only the site shows.

    Args:
        connection: What the records were read from; only read from.
        report: The memorandum's.
        series: The indicators' pages'.
        edition: What the pages say about themselves.
        documents: Those that are issued whole, by where they lie.
        municipality_id: Code of the municipality.
        analyses: Of the memorandum.

    Raises:
        LookupError: If the tables hold a code without a Swedish word.
        duckdb.Error: If a table or column is missing.
    """
    return Site(
        report=report,
        series=series,
        edition=edition,
        documents=documents,
        analyses=tuple(analyses),
        municipality_id=municipality_id,
        boards=_boards(connection, municipality_id, report.year),
        compared=_compared(connection, municipality_id, report.year),
        judged=_judged(connection),
    )


def _boards(
    connection: duckdb.DuckDBPyConnection, municipality_id: str, year: int
) -> tuple[Place, ...]:
    last = date(year, 12, 31)
    rows = read_rows(
        connection,
        """
        select geography_id, name, level
        from marts.geographies
        where level = ? and starts_with(geography_id, ? || '-')
          and coalesce(valid_from, ?) <= ? and coalesce(valid_to, ?) >= ?
        """,
        [_BOARD, municipality_id, last, last, last, last],
    )
    # By name as Swedes order letters, which å, ä and ö are the last of.
    return tuple(
        sorted((Place(**row) for row in rows), key=lambda each: grammar.letters(each.name))
    )


def _compared(
    connection: duckdb.DuckDBPyConnection, municipality_id: str, year: int
) -> dict[str, tuple[Compared, ...]]:
    rows = read_rows(
        connection,
        """
        select analysis_id, measure_id, period_start, geography_id, observed, expected, ratio,
               ci_lower, ci_upper, verdict
        from marts.board_standardised
        where year(period_start) = ? and starts_with(geography_id, ? || '-')
        order by analysis_id desc, measure_id, geography_id
        """,
        [year, municipality_id],
    )
    found: dict[str, list[Compared]] = {}
    for row in rows:
        # One figure that is hidden could be worked out from the others.
        if any(value is None for value in row.values()):
            continue
        found.setdefault(row["geography_id"], []).append(_of(row))
    return {board: tuple(each) for board, each in found.items()}


def _of(row: dict[str, Any]) -> Compared:
    names = ("analysis_id", "measure_id", "period_start", "geography_id")
    figures = ("observed", "expected", "ratio", "ci_lower", "ci_upper")
    return Compared(
        key=tuple((name, row[name]) for name in names),
        measure=words.word(words.BOARD_MEASURES, row["measure_id"]),
        verdict=row["verdict"],
        **{name: row[name] for name in figures},
    )


def _judged(connection: duckdb.DuckDBPyConnection) -> tuple[Judged, ...]:
    # Of each table and suite, what was said of it last.
    rows = read_rows(
        connection,
        """
        select table_name as "table", severity, bool_and(success) as success
        from (
            select table_name, severity, success
            from meta.validation_results
            qualify recorded_sequence
                = max(recorded_sequence) over (partition by table_name, suite)
        )
        group by table_name, severity
        order by table_name, severity
        """,
    )
    return tuple(Judged(**row) for row in rows)
