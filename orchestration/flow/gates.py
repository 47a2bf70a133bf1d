"""Judging what a step has made: its gate, and whether published series have stopped coming.

The same whoever asks: the command line, the schedule, or a person who picks one check. What a rule
says belongs in `expectations/`, how it is judged in `orchestration.quality`, and what the graph
shows of it in `orchestration.checks`.
"""

from collections.abc import Sequence

import duckdb

from orchestration.flow.landing import landed
from orchestration.flow.remarks import set_remarks
from orchestration.flow.step import Verdict
from orchestration.flow.steps import STANDSTILL_CHECK
from orchestration.intake.not_delivered import tables_without_rows
from orchestration.intake.standstill import Standstill, standing_still
from orchestration.quality.gate import record
from orchestration.quality.results import SuiteResult
from orchestration.quality.suites import Suite
from orchestration.quality.validation import validate
from orchestration.settings import Settings
from orchestration.sources.registry import load_registry


def judge(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    suites: Sequence[Suite],
    *,
    run_id: str,
) -> list[SuiteResult]:
    """Judge tables by their suites, and record what came of it.

    Args:
        connection: An open connection to the warehouse.
        settings: The installation.
        suites: The suites of the tables.
        run_id: The run, for what is recorded.

    Returns:
        The outcome of each suite, in the given order.
    """
    empty = tables_without_rows(connection, settings)
    results = [
        validate(
            connection,
            suite.without_rows(empty[suite.table]) if suite.table in empty else suite,
            evaluated_at=settings.moment(),
        )
        for suite in suites
    ]
    record(connection, run_id, results)
    return results


def judge_standstill(
    connection: duckdb.DuckDBPyConnection, settings: Settings, *, run_id: str
) -> tuple[list[Standstill], list[Verdict]]:
    """See which published series have stopped coming, and remark on each.

    Args:
        connection: An open connection to the warehouse.
        settings: The installation.
        run_id: The run, for what is recorded.

    Returns:
        The series that stand still, and a verdict on every series.
    """
    overdue = standing_still(connection, settings, today=settings.moment().date())
    messages = {each.source_id: (each.message_sv,) for each in overdue}
    verdicts = [
        Verdict(STANDSTILL_CHECK, landed(dataset.source_id), messages.get(dataset.source_id, ()))
        for dataset in load_registry()
    ]
    set_remarks(connection, run_id, verdicts)
    return overdue, verdicts
