"""Possible explanations and next steps: which may stand in a year's text, and what tests them.

Reads the seed of possible explanations and the year's estimates. The rule of a test belongs in
`orchestration.findings.verdicts`, what is said of it in `language`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import duckdb

from orchestration.findings.claims import HypothesisTested
from orchestration.findings.estimates import AnalysisResult
from orchestration.findings.marts import ANALYSIS_RESULTS
from orchestration.findings.verdicts import judge
from orchestration.indicators.models import PossibleExplanation
from orchestration.reporting.reading import read_rows


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """What may be said of one year in one municipality.

    Attributes:
        year: The report year.
        rows: Registered for the municipality or for any, by identifier.
        results: The year's estimates of the municipality.
    """

    year: int
    rows: tuple[PossibleExplanation, ...]
    results: tuple[AnalysisResult, ...]

    def of(
        self, area: str, role: str, concerned: AbstractSet[str]
    ) -> tuple[PossibleExplanation, ...]:
        """What may be said of an area whose findings concern some indicators."""
        return tuple(
            row
            for row in self.rows
            if (row.area, row.role) == (area, role) and row.may_stand(self.year, concerned)
        )

    def verdicts(self, rows: tuple[PossibleExplanation, ...]) -> Mapping[str, HypothesisTested]:
        """What the figures say of each explanation, by identifier."""
        return {row.hypothesis_id: judge(row, self.results) for row in rows}


def load_hypotheses(
    connection: duckdb.DuckDBPyConnection, seeds: str, year: int, municipality_id: str
) -> Hypotheses:
    """Reads what is registered, and the estimates that may test it."""
    columns = ", ".join(PossibleExplanation.model_fields)
    rows = read_rows(
        connection,
        f"""
        select {columns}
        from {seeds}.possible_explanations
        where geography_id is null or geography_id = ?
        order by hypothesis_id
        """,
        [municipality_id],
    )
    return Hypotheses(
        year=year,
        rows=tuple(PossibleExplanation(**row) for row in rows),
        results=tuple(load_analysis_results(connection, year, municipality_id)),
    )


def load_analysis_results(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    geography_id: str,
    analysis_id: str | None = None,
) -> list[AnalysisResult]:
    """Reads a year's estimates of one place; none where no analysis has been made.

    Args:
        connection: Open connection; only read from.
        year: Which year.
        geography_id: Which place.
        analysis_id: Which analysis; all unless given.
    """
    known = read_rows(
        connection,
        "select 1 from information_schema.tables"
        " where table_schema || '.' || table_name = ? and table_catalog = current_database()",
        [ANALYSIS_RESULTS.name],
    )
    if not known:
        return []
    rows = read_rows(
        connection,
        f"""
        select * from {ANALYSIS_RESULTS.name}
        where year(period_start) = ? and geography_id = ? and status <> 'suppressed'
            and analysis_id = coalesce(?, analysis_id)
        order by all
        """,
        [year, geography_id, analysis_id],
    )
    return [ANALYSIS_RESULTS.of_row(row) for row in rows]
