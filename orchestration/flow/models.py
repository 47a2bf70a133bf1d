"""Steps: dbt, split where the gates stand.

Staging (with the seeds) and marts (with what lies between) are two steps, so that a failed test on
staging stops the marts; inside one step dbt would go on. What is already what it would be made is
left as it is: its tests passed on the very same. SQL belongs in the dbt project.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any, TypeAlias

import duckdb

from orchestration.flow.dbt_project import (
    DbtResults,
    build,
    drop_leftovers,
    manifest,
    reads_of,
    selector_of,
    table_of,
    tables,
)
from orchestration.flow.step import Outcome, Product, Step, Verdict, Work
from orchestration.quality.gate import fingerprint, record
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import Severity
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse, row_counts

DBT_SUITE = "dbt"
_REMEDY = "rätta det under dbt_project/, eller det som det läser, och kör igen."
STAGING = "resource_type:seed fqn:avvik.staging"
# Singular tests read the marts. dbt picks a test as soon as one of its parents is picked, so the
# first step must leave them to the second; the graph and dbt are told the same.
NOT_STAGING = "test_type:singular"
Then: TypeAlias = Callable[[duckdb.DuckDBPyConnection, Settings], None]
MARTS = "fqn:avvik.intermediate fqn:avvik.marts fqn:avvik.disclosure"


def _nothing(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Nothing waits for it."""


def staging_step() -> Step:
    """Build the seeds and the staging models, one source or register each."""
    return Step(
        name="staging",
        title_sv="Bygger staging",
        part_sv="dbt",
        writes=_products("seeds", "staging"),
        run=lambda work: _build(work, STAGING, NOT_STAGING),
        outside=True,
        can_subset=True,
        lets_stand=True,
    )


def marts_step(guarded: Sequence[str], then: Then) -> Step:
    """Build the intermediate models, the marts and the cells of disclosure control.

    Args:
        guarded: The tables that have a suite.
        then: Called when the cells are made anew and no test has failed.
    """
    products = _products("intermediate", "marts", "disclosure")
    made = {product.name for product in products}
    return Step(
        name="marts",
        title_sv="Bygger marts",
        part_sv="dbt",
        writes=products,
        suites=tuple(table for table in guarded if table in made),
        gate_title_sv="Kontrollerar marts",
        run=lambda work: _build(work, MARTS, "", then),
        outside=True,
        can_subset=True,
        lets_stand=True,
    )


def _products(*schemas: str) -> tuple[Product, ...]:
    return tuple(
        Product(
            table,
            manifest()["nodes"][unique_id]["description"],
            reads=reads_of(unique_id),
            # A seed is what its file says.
            files=_seed_file(manifest()["nodes"][unique_id]),
            group=table.partition(".")[0],
            kinds=frozenset({"dbt", "duckdb"}),
        )
        for table, unique_id in sorted(tables().items())
        if table.partition(".")[0] in schemas
    )


def _seed_file(node: dict[str, Any]) -> tuple[str, ...]:
    if node["resource_type"] != "seed":
        return ()
    return (f"dbt_project/{node['original_file_path']}",)


def _build(work: Work, select: str, exclude: str, then: Then = _nothing) -> Outcome:
    whole = {name for name in tables() if name.partition(".")[0] in _schemas(select)}
    wanted = work.selected - work.standing
    if wanted != whole:
        # Some were picked in the user interface, or stand: build those and no others.
        select = " ".join(selector_of(table) for table in sorted(wanted))
    results = DbtResults({})
    if wanted:
        results = build(work.settings, select=select, exclude=exclude)
    failures = results.failures()
    with open_warehouse(work.settings.warehouse_path) as connection:
        drop_leftovers(connection)
        record(
            connection,
            work.run_id,
            [
                _verdict(connection, table, failures, work.settings.moment())
                for table in sorted(work.selected)
                if table.startswith("marts.")
            ],
        )
        counts = row_counts(connection)
        if not failures and any(table.startswith("disclosure.") for table in wanted):
            then(connection, work.settings)
    built = {
        table
        for unique_id in results.nodes
        if results.succeeded(unique_id) and (table := table_of(unique_id)) is not None
    }
    failed = f"dbt stoppade: {'; '.join(failures)}" if failures else ""
    if failures:
        work.log.error("%s", failed)
    return Outcome(
        figures={
            table: {"dagster/row_count": counts[table]} if table in counts else {}
            for table in _in_order(built | work.standing)
        },
        verdicts=_warnings(results),
        # What a test failed on is not vouched for, so that it is built and tested again.
        made=frozenset(built - _failed_on(results)),
        failed_sv=failed,
        details=results,
    )


def _in_order(names: Iterable[str]) -> list[str]:
    """Tables, each after those it is built from, which the graph insists on."""
    chosen = set(names)
    graph = {table: chosen.intersection(reads_of(tables()[table])) for table in sorted(chosen)}
    return list(TopologicalSorter(graph).static_order())


def _failed_on(results: DbtResults) -> set[str]:
    """The tables that a failed test reads."""
    return {
        table
        for result in results.nodes.values()
        if result.node.resource_type == "test" and str(result.status) in {"error", "fail"}
        for parent in result.node.depends_on.nodes
        if (table := table_of(parent)) is not None
    }


def _schemas(select: str) -> tuple[str, ...]:
    return ("seeds", "staging") if select == STAGING else ("intermediate", "marts", "disclosure")


def _warnings(results: DbtResults) -> list[Verdict]:
    """How the tests fared that warn: what a failed one says stands until it passes."""
    return [
        Verdict(
            result.node.name,
            table_of(getattr(result.node, "attached_node", None) or "") or "dbt",
            (f"Testet {result.node.name}: {result.failures} rader avviker.",)
            if str(result.status) == "warn"
            else (),
        )
        for result in results.nodes.values()
        if result.node.resource_type == "test" and str(result.status) in {"pass", "warn"}
    ]


def _verdict(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    failures: Sequence[str],
    evaluated_at: datetime,
) -> SuiteResult:
    """What dbt's tests say of a mart; kept, so that the gate holds in a later run as well."""
    told = "; ".join(failure.splitlines()[0] for failure in failures)
    result = ExpectationResult(
        suite=DBT_SUITE,
        expectation="dbt build",
        table_name=table,
        severity=Severity.CRITICAL,
        success=not failures,
        broken=False,
        unexpected_count=len(failures),
        element_count=None,
        unexpected_percent=None,
        message_sv=(
            f"{table}: dbt stoppade ({told}). Gör så här: rätta det och bygg om tabellen."
            if failures
            else f"{table}: dbt byggde tabellen och dess tester gick igenom."
        ),
    )
    return SuiteResult(
        table_name=table,
        suite=DBT_SUITE,
        passed=not failures,
        worst_severity=Severity.CRITICAL if failures else None,
        results=(result,),
        row_count=0,
        evaluated_at=evaluated_at,
        fingerprint=fingerprint(connection, table),
    )
