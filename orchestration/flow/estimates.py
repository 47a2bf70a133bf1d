"""Steps of analyses: each writes its own estimates, and one puts those of all in the marts.

An analysis that says of everything that it could not be made closes no gate: its rows are there and
say what is lacking. What an analysis estimates belongs in `orchestration.analyses`, what it reads
in its module in `analyses`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestration.analyses.rows import Rows
from orchestration.findings.estimates import AnalysisResult, BoardStandardised
from orchestration.findings.marts import (
    ANALYSIS_METHODS,
    ANALYSIS_RESULTS,
    BOARD_STANDARDISED,
    FindingsTable,
    read_findings,
    write_findings,
)
from orchestration.flow.built_from import REPORT_YEAR
from orchestration.flow.marts import report_year
from orchestration.flow.step import Outcome, Product, Step, Work
from orchestration.language.methods import METHODS
from orchestration.language.shortfalls import with_reasons
from orchestration.storage.report_year import AREA_YEARS

ALWAYS_READ = (
    REPORT_YEAR,
    "marts.indicators",
    # And not the values: an analysis stands while other registers' values change.
    AREA_YEARS,
    "intermediate.int_register_years",
    "intermediate.int_geography_crosswalk",
)
STEP = "analysis_results"


@dataclass(frozen=True)
class Computed:
    """What one analysis of one year came to.

    Attributes:
        rows: its estimates.
        further: records of the tables of its own.
    """

    rows: Rows
    further: Mapping[FindingsTable[Any], Sequence[Any]] = field(default_factory=dict)


def results_table(analysis_id: str) -> FindingsTable[AnalysisResult]:
    """The table of an analysis' own estimates."""
    return FindingsTable(
        f"analyses.{analysis_id}_results", ANALYSIS_RESULTS.description, AnalysisResult
    )


def boards_table(analysis_id: str) -> FindingsTable[BoardStandardised]:
    """The table of an analysis' own boards."""
    return FindingsTable(
        f"analyses.{analysis_id}_boards", BOARD_STANDARDISED.description, BoardStandardised
    )


def analysis_step(
    analysis_id: str,
    *,
    title_sv: str,
    part_sv: str,
    reads: Sequence[str],
    compute: Callable[[Work, int], Computed],
    further: Sequence[FindingsTable[Any]] = (),
    files: Sequence[str] = (),
) -> Step:
    """The step of an analysis.

    Args:
        analysis_id: as in the seed `analyses`.
        title_sv: what it does, for whoever watches.
        part_sv: its line among the times.
        reads: what it reads beside `ALWAYS_READ`.
        compute: makes the estimates of a year.
        further: the tables of its own.
        files: files of the checkout that it reads, as paths below it.
    """
    results, boards = results_table(analysis_id), boards_table(analysis_id)

    def run(work: Work) -> Outcome:
        year = report_year(work.connection, work.settings)
        made = compute(work, year)
        write_findings(work.connection, results, with_reasons(made.rows.results))
        write_findings(work.connection, boards, made.rows.boards)
        for table in further:
            write_findings(work.connection, table, made.further[table])
        lacking = sum(row.shortfall is not None for row in made.rows.results)
        work.log.info("Skattningar: %d, utan värde: %d", len(made.rows.results), lacking)
        figures = {
            results.name: {"dagster/row_count": len(made.rows.results), "utan_varde": lacking},
            boards.name: {"dagster/row_count": len(made.rows.boards)},
        }
        figures |= {
            table.name: {"dagster/row_count": len(made.further[table])} for table in further
        }
        return Outcome(figures)

    tables: tuple[FindingsTable[Any], ...] = (results, boards, *further)
    return Step(
        name=analysis_id,
        title_sv=title_sv,
        part_sv=part_sv,
        writes=tuple(_product(table, (*ALWAYS_READ, *reads), files) for table in tables),
        suites=(results.name, *(table.name for table in further)),
        gate_title_sv=f"Kontrollerar: {title_sv.lower()}",
        run=run,
        lets_stand=True,
    )


def _product(table: FindingsTable[Any], reads: Sequence[str], files: Sequence[str] = ()) -> Product:
    return Product(
        table.name,
        table.description,
        reads=tuple(reads),
        files=tuple(files),
        group="analyses",
        kinds=frozenset({"python", "duckdb"}),
        columns=table.described,
    )


def united_step(steps: Sequence[Step]) -> Step:
    """The step that puts the estimates of all analyses in the marts.

    Args:
        steps: of the analyses; one that writes no estimates of this kind is passed over.
    """
    own = {step.name: step for step in steps if results_table(step.name).name in step.products}
    results = [results_table(name) for name in own]
    boards = [boards_table(name) for name in own]

    def run(work: Work) -> Outcome:
        found: dict[FindingsTable[Any], list[Any]] = {
            ANALYSIS_RESULTS: [
                row for each in results for row in read_findings(work.connection, each)
            ],
            BOARD_STANDARDISED: [
                row for each in boards for row in read_findings(work.connection, each)
            ],
            ANALYSIS_METHODS: list(METHODS),
        }
        for table, rows in found.items():
            write_findings(work.connection, table, rows)
        return Outcome(
            {table.name: {"dagster/row_count": len(rows)} for table, rows in found.items()}
        )

    return Step(
        name=STEP,
        title_sv="Samlar analysernas skattningar",
        part_sv="analyser, samlade",
        writes=(
            _product(ANALYSIS_RESULTS, [each.name for each in results]),
            _product(BOARD_STANDARDISED, [each.name for each in boards]),
            _product(ANALYSIS_METHODS, ()),
        ),
        suites=(ANALYSIS_RESULTS.name, BOARD_STANDARDISED.name, ANALYSIS_METHODS.name),
        gate_title_sv="Kontrollerar analysernas skattningar",
        run=run,
        lets_stand=True,
    )
