"""The gates: Great Expectations suites as asset checks, with every rule in sight.

A blocking check stops what comes after it in the same run; that a later run of its own refuses too
is said in `orchestration.flow.performing`. The rules themselves are the YAML suites in
`expectations/`; judging them belongs in `orchestration.quality`.

Beside the gates one check warns of published series that have stopped coming; it stops nothing.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration.assets.steps import StoppedError, key_of, notify, told
from orchestration.flow.gates import judge, judge_standstill
from orchestration.flow.landing import landed
from orchestration.flow.performing import GATE_CLOSED, Flow
from orchestration.flow.step import Step
from orchestration.flow.steps import STANDSTILL_CHECK
from orchestration.notices import Cause
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import Severity, Suite, load_suites
from orchestration.resources import FULL_REFRESH, WRITER_POOL, Avvik
from orchestration.settings import Settings
from orchestration.sources.registry import load_registry
from orchestration.storage.alarms import not_yet_told

CHECK_NAME = "forvantningar"
_SEVERITY_SV = {
    Severity.CRITICAL: "stoppar",
    Severity.WARNING: "anmärkning",
    Severity.INFO: "upplysning",
}


def build_checks(flow: Flow, settings: Settings) -> list[dg.AssetChecksDefinition]:
    """Make a gate of each step that has one, and the check of what stands still.

    Args:
        flow: All steps.
        settings: Where the suites are.

    Returns:
        The gates, each with one blocking check a guarded table.
    """
    suites = load_suites(settings.expectations_dir)
    gates = [
        _gate(step, [suites[table] for table in step.suites]) for step in flow.steps if step.suites
    ]
    return [*gates, standstill]


def _gate(step: Step, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    by_key = {key_of(suite.table): suite for suite in suites}

    @dg.multi_asset_check(
        name=step.gate,
        specs=[
            dg.AssetCheckSpec(
                CHECK_NAME, asset=key, blocking=True, description=suite.description_sv
            )
            for key, suite in by_key.items()
        ],
        can_subset=True,
        pool=WRITER_POOL,
        description=step.gate_title_sv,
    )
    def gate(
        context: dg.AssetCheckExecutionContext, avvik: dg.ResourceParam[Avvik]
    ) -> Iterator[dg.AssetCheckResult]:
        with avvik.warehouse() as connection:
            selected = [
                suite
                for key, suite in by_key.items()
                if dg.AssetCheckKey(key, CHECK_NAME) in context.selected_asset_check_keys
            ]
            results = judge(
                connection,
                avvik.settings,
                selected,
                run_id=context.run.run_id,
                # Whoever picks a check wants it made.
                anew=FULL_REFRESH in context.run.tags or len(selected) < len(by_key),
            )
        for result in results:
            for failure in result.failures:
                context.log.warning("%s", failure.message_sv)
            yield _check_result(result)
        closed = [
            failure.message_sv
            for result in results
            for failure in result.failures
            if failure.closes_gate
        ]
        if closed:
            # Said here, or Dagster would say it in words of its own.
            raise StoppedError(f"{GATE_CLOSED} {told(tuple(closed))}")

    return gate


def _check_result(result: SuiteResult) -> dg.AssetCheckResult:
    """Say in Dagster's terms what Great Expectations found: counts and rules, never a value."""
    messages = tuple(failure.message_sv for failure in result.failures)
    held = f"Alla {len(result.results)} regler håller för {result.table_name}."
    return dg.AssetCheckResult(
        check_name=CHECK_NAME,
        asset_key=key_of(result.table_name),
        passed=result.worst_severity in {None, Severity.INFO},
        severity=(dg.AssetCheckSeverity.WARN if result.passed else dg.AssetCheckSeverity.ERROR),
        description=told(messages) or held,
        metadata={
            "rader": result.row_count,
            "brutna_regler": len(result.failures),
            "regler": dg.MetadataValue.table(
                records=[_rule(each) for each in _worst_first(result.results)],
                schema=dg.TableSchema(
                    columns=[
                        dg.TableColumn(name) for name in ("utfall", "vid_fel", "regel", "besked")
                    ]
                ),
            ),
        },
    )


def _worst_first(results: Sequence[ExpectationResult]) -> list[ExpectationResult]:
    return sorted(results, key=lambda each: (each.success, -each.severity.rank))


def _rule(result: ExpectationResult) -> dg.TableRecord:
    outcome = "kunde inte prövas" if result.broken else "håller" if result.success else "bruten"
    return dg.TableRecord(
        {
            "utfall": outcome,
            "vid_fel": _SEVERITY_SV[result.severity],
            "regel": result.expectation,
            "besked": result.message_sv,
        }
    )


@dg.multi_asset_check(
    name=STANDSTILL_CHECK,
    specs=[
        dg.AssetCheckSpec(
            STANDSTILL_CHECK,
            asset=key_of(landed(dataset.source_id)),
            additional_deps=[key_of(f"raw.{dataset.raw_table}")],
            description="Serien har fått den period som skulle ha kommit vid det här laget.",
        )
        for dataset in load_registry()
    ],
    pool=WRITER_POOL,
)
def standstill(
    context: dg.AssetCheckExecutionContext, avvik: dg.ResourceParam[Avvik]
) -> Iterator[dg.AssetCheckResult]:
    """Warn of series that stand still, and tell the data team of each once."""
    settings = avvik.settings
    with avvik.warehouse() as connection:
        overdue, verdicts = judge_standstill(connection, settings, run_id=context.run.run_id)
        # Whoever builds a past moment is told on the screen; nobody is sent a notice of it.
        asked = overdue if settings.as_of is None else []
        new = not_yet_told(connection, [(each.source_id, each.newest_period) for each in asked])
    for each in overdue:
        context.log.warning("%s", each.message_sv)
        if (each.source_id, each.newest_period) in new:
            notify(context, settings, [Cause(each.message_sv)])
    for verdict in verdicts:
        yield dg.AssetCheckResult(
            check_name=STANDSTILL_CHECK,
            asset_key=key_of(verdict.product),
            passed=verdict.passed,
            severity=dg.AssetCheckSeverity.WARN,
            description=told(verdict.messages_sv) or "Ingen period saknas.",
        )
