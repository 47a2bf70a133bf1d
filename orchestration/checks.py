"""The gates: Great Expectations suites as asset checks, and the refusal that outlives a run.

A blocking check stops what comes after it in the same run. What reads the marts also asks
`require_open_gates`, so that a later run of its own refuses as well. The rules themselves are the
YAML suites in `expectations/`; judging them belongs in `orchestration.quality`.

Beside the gates one check warns of published series that have stopped coming; it stops nothing.
"""

from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb
import httpx

from orchestration.assets.landing import landing_key
from orchestration.assets.raw import raw_key
from orchestration.automation import send_notice
from orchestration.intake.not_delivered import tables_without_rows
from orchestration.intake.standstill import standing_still
from orchestration.quality.gate import GateClosedError, record, require_open
from orchestration.quality.results import SuiteResult
from orchestration.quality.suites import Severity, Suite, load_suites
from orchestration.quality.validation import validate
from orchestration.resources import WRITER_POOL, Avvik
from orchestration.settings import Settings
from orchestration.sources.loading import observations_table
from orchestration.sources.registry import load_registry
from orchestration.storage.alarms import not_yet_told

CHECK_NAME = "forvantningar"
STANDSTILL_CHECK = "stillastaende"
# The marts that are written after dbt, and judged after it.
FINDINGS = (
    "marts.found_explanations",
    "marts.deviations",
    "marts.series_charts",
    "marts.focus_areas",
    "marts.triangulation",
)


def guarded_tables(settings: Settings) -> list[str]:
    """All tables that have a suite, as `schema.table`."""
    return sorted(load_suites(settings.expectations_dir))


def require_open_gates(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    """Refuse to go on unless the latest check of every table passed and is of its present data.

    Args:
        connection: An open connection to the warehouse.
        tables: The tables that are about to be read.

    Raises:
        dagster.Failure: If a gate is closed; the text is Swedish.
    """
    try:
        require_open(connection, tables)
    except GateClosedError as error:
        raise dg.Failure(f"Grinden är stängd.\n{error}", allow_retries=False) from error


def quality_status(connection: duckdb.DuckDBPyConnection) -> str:
    """How the latest checks of all tables fared.

    Args:
        connection: An open connection to the warehouse, with results recorded.

    Returns:
        `godkänd`, or `godkänd med anmärkning` when a warning or held rows remain.
    """
    [(remarks,)] = connection.execute(
        """
        select
            (
                select count(*)
                from (
                    from meta.validation_results
                    qualify recorded_sequence
                        = max(recorded_sequence) over (partition by table_name, suite)
                )
                where not success and severity <> 'info'
            ) + (
                select count(*)
                from meta.held_rows
                where state = 'waiting'
            )
        """
    ).fetchall()
    return "godkänd med anmärkning" if remarks else "godkänd"


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """Make one blocking check a guarded table, gathered where the flow has its gates.

    Args:
        settings: Where the suites are.

    Returns:
        The gate on raw, the gate on the marts, and the gates on what is found in them; and the
        check of what stands still.
    """
    suites = load_suites(settings.expectations_dir)
    raw = [table for table in suites if table.startswith("raw.")]
    marts = [table for table in suites if table.startswith("marts.") and table not in FINDINGS]
    return [
        _gate("raw_gate", [suites[table] for table in raw]),
        _gate("marts_gate", [suites[table] for table in marts]),
        _gate("found_explanations_gate", [suites["marts.found_explanations"]]),
        _gate("deviations_gate", [suites["marts.deviations"], suites["marts.series_charts"]]),
        _gate(
            "focus_areas_gate",
            [suites["marts.focus_areas"], suites["marts.triangulation"]],
        ),
        standstill,
    ]


@dg.multi_asset_check(
    name=STANDSTILL_CHECK,
    specs=[
        dg.AssetCheckSpec(
            STANDSTILL_CHECK,
            asset=landing_key(dataset.source_id),
            additional_deps=[raw_key(observations_table(dataset.publisher))],
            description="Serien har fått den period som skulle ha kommit vid det här laget.",
        )
        for dataset in load_registry()
    ],
    pool=WRITER_POOL,
)
def standstill(
    context: dg.AssetCheckExecutionContext, avvik: Avvik
) -> Iterator[dg.AssetCheckResult]:
    """Warn of series that stand still, and tell the data team of each once."""
    settings = avvik.settings
    with avvik.warehouse() as connection:
        overdue = standing_still(connection, settings, today=settings.moment().date())
        # Whoever builds a past moment is told on the screen; nobody is sent a notice of it.
        asked = overdue if settings.as_of is None else []
        new = not_yet_told(connection, [(each.source_id, each.newest_period) for each in asked])
    for each in overdue:
        context.log.warning("%s", each.message_sv)
        if (each.source_id, each.newest_period) in new:
            _tell(context, settings, each.message_sv)
    by_source = {each.source_id: each for each in overdue}
    for dataset in load_registry():
        found = by_source.get(dataset.source_id)
        yield dg.AssetCheckResult(
            check_name=STANDSTILL_CHECK,
            asset_key=landing_key(dataset.source_id),
            passed=found is None,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={} if found is None else {"meddelande": found.message_sv},
        )


def _tell(context: dg.AssetCheckExecutionContext, settings: Settings, message: str) -> None:
    """Send a notice; the run does not depend on whether the webhook takes it."""
    try:
        send_notice(settings, run_id=context.run.run_id, job=context.run.job_name, message=message)
    except httpx.HTTPError:
        context.log.warning("Meddelandet kunde inte skickas; det står i meddelandefilen.")


def _gate(name: str, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    by_key = {dg.AssetKey(suite.table.split(".")): suite for suite in suites}

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                CHECK_NAME, asset=key, blocking=True, description=suite.description_sv
            )
            for key, suite in by_key.items()
        ],
        can_subset=True,
        pool=WRITER_POOL,
    )
    def gate(context: dg.AssetCheckExecutionContext, avvik: Avvik) -> Iterator[dg.AssetCheckResult]:
        evaluated_at = avvik.settings.moment()
        with avvik.warehouse() as connection:
            empty = tables_without_rows(connection, avvik.settings)
            selected = [
                suite.without_rows(empty[suite.table]) if suite.table in empty else suite
                for key, suite in by_key.items()
                if dg.AssetCheckKey(key, CHECK_NAME) in context.selected_asset_check_keys
            ]
            results = [validate(connection, suite, evaluated_at=evaluated_at) for suite in selected]
            record(connection, context.run.run_id, results)
        for result in results:
            for failure in result.failures:
                context.log.warning("%s", failure.message_sv)
            yield _check_result(result)

    return gate


def _check_result(result: SuiteResult) -> dg.AssetCheckResult:
    """Say in Dagster's terms what Great Expectations found: counts and rules, never a value."""
    return dg.AssetCheckResult(
        check_name=CHECK_NAME,
        asset_key=dg.AssetKey(result.table_name.split(".")),
        passed=result.worst_severity in {None, Severity.INFO},
        severity=(dg.AssetCheckSeverity.WARN if result.passed else dg.AssetCheckSeverity.ERROR),
        metadata={
            "rader": result.row_count,
            "regler": len(result.results),
            "brutna_regler": len(result.failures),
            "gravaste": str(result.worst_severity or Severity.INFO.value),
            "meddelanden": dg.MetadataValue.md(
                "\n".join(f"- {failure.message_sv}" for failure in result.failures)
            ),
        },
    )
