"""Judging what a step has made: its gate, and whether published series have stopped coming.

The same whoever asks: the command line, the schedule, or a person who picks one check. What a rule
says belongs in `expectations/`, how it is judged in `orchestration.quality`, and what the graph
shows of it in `orchestration.checks`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import duckdb

from orchestration.flow.built_from import CODE, Provenance
from orchestration.flow.landing import landed
from orchestration.flow.remarks import set_remarks
from orchestration.flow.step import Verdict
from orchestration.flow.steps import STANDSTILL_CHECK
from orchestration.intake.not_delivered import tables_without_rows
from orchestration.intake.standstill import Standstill, standing_still
from orchestration.quality.basis import bases
from orchestration.quality.gate import record, recorded
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
    anew: bool = False,
) -> list[SuiteResult]:
    """Judge tables by their suites, and record what came of it.

    A rule that looks at nothing but what it looked at the last time came to what it comes to now.

    Args:
        connection: An open connection to the warehouse.
        settings: The installation.
        suites: The suites of the tables.
        run_id: The run, for what is recorded.
        anew: Whether every rule is judged, also where nothing that it looks at has changed.

    Returns:
        The outcome of each suite, in the given order.
    """
    empty = tables_without_rows(connection, settings)
    provenance = Provenance(connection, settings)
    results = [
        _judged(
            connection,
            suite.without_rows(empty[suite.table]) if suite.table in empty else suite,
            provenance,
            settings.moment(),
            anew=anew,
        )
        for suite in suites
    ]
    record(connection, run_id, results)
    return results


def _judged(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    provenance: Provenance,
    moment: datetime,
    *,
    anew: bool,
) -> SuiteResult:
    program = provenance.present(CODE)
    bound = suite.bound(moment.date())
    follows = bases(connection, bound, program=program, present=provenance.present)
    kept = {} if anew else recorded(connection, suite.name)
    found = {
        name: result
        for name, result in kept.items()
        if not result.broken and result.basis == follows.get(name)
    }
    wanted = tuple(rule for rule in bound.expectations if rule.expectation not in found)
    fingerprint = provenance.present(suite.table)
    if wanted:
        fresh = validate(
            connection,
            # Not read anew: its first rule need not be among those that are judged.
            suite.model_copy(update={"expectations": wanted}),
            evaluated_at=moment,
        )
        fingerprint = fresh.fingerprint
        found |= {
            each.expectation: replace(each, basis=follows.get(each.expectation, ""))
            for each in fresh.results
        }
    results = tuple(found[rule.expectation] for rule in bound.expectations)
    # The first rule of each suite is about the number of rows, so that it knows it.
    rows = results[0].element_count or 0
    return SuiteResult.of(
        suite.table,
        results,
        suite=suite.name,
        row_count=rows,
        evaluated_at=moment,
        fingerprint=fingerprint,
    )


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
