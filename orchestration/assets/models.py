"""Step 3: dbt, split where the gates stand.

Staging (with the seeds) and marts (with what lies between) are two steps, so that a failed test on
staging stops the marts; inside one step dbt would go on. SQL belongs in the dbt project.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.quality.gate import fingerprint, record
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import Severity
from orchestration.resources import OWNERS, WRITER_POOL, Avvik, Dbt, ensure_manifest
from orchestration.settings import Settings

DBT_SUITE = "dbt"
_STAGING = "resource_type:seed fqn:avvik.staging"
# Singular tests read the marts. dbt picks a test as soon as one of its parents is picked, so the
# first step must leave them to the second; the graph and dbt are told the same.
_NOT_STAGING = "test_type:singular"
_MARTS = "fqn:avvik.intermediate fqn:avvik.marts"


class Translator(DagsterDbtTranslator):
    """Names and groups of dbt's nodes in the asset graph: schema and table, layer by layer."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetSpec:
        """Place a node in the graph.

        Args:
            manifest: dbt's manifest.
            unique_id: The node.
            project: dagster-dbt's project object, or None.

        Returns:
            Its asset spec.
        """
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id)
        if node is None:
            return spec
        return spec.replace_attributes(
            key=dg.AssetKey([node["schema"], node["alias"]]),
            group_name=node["schema"],
            owners=OWNERS,
            kinds={"dbt", "duckdb"},
        )


@cache
def manifest() -> dict[str, Any]:
    """The manifest of the dbt project, parsed once a process."""
    import orjson  # noqa: PLC0415 (only where the graph is drawn)

    parsed: dict[str, Any] = orjson.loads(ensure_manifest(Settings()).read_bytes())
    return parsed


TRANSLATOR = Translator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))


@cache
def _dbt_names() -> dict[dg.AssetKey, str]:
    return {
        TRANSLATOR.get_asset_spec(manifest(), unique_id, None).key: node["name"]
        for unique_id, node in manifest()["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
    }


def _dbt_name(key: dg.AssetKey) -> str:
    """What dbt selects a table by: its schema's folder first, since a seed may share the name."""
    name = _dbt_names()[key]
    return f"resource_type:seed,{name}" if key.path[0] == "seeds" else name


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
            f"{table}: dbt stoppade ({told}). Rätta det och bygg om tabellen."
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


def _build(
    context: dg.AssetExecutionContext,
    avvik: Avvik,
    dbt: Dbt,
    *,
    select: str,
    exclude: str = "",
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    if context.is_subset:
        # Someone picked some tables in the user interface: build those and no others.
        select = " ".join(_dbt_name(key) for key in sorted(context.selected_asset_keys))
    results = dbt.build(avvik.settings, select=select, exclude=exclude)
    failures = results.failures()
    with avvik.warehouse() as connection:
        marts = [key for key in context.selected_asset_keys if key.path[0] == "marts"]
        record(
            connection,
            context.run.run_id,
            [
                _verdict(connection, ".".join(key.path), failures, avvik.settings.moment())
                for key in sorted(marts)
            ],
        )
        counts = dict(
            connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )
    for unique_id, result in results.nodes.items():
        if result.node.resource_type in {"model", "seed"}:
            if not results.succeeded(unique_id):
                continue
            key = TRANSLATOR.get_asset_spec(manifest(), unique_id, None).key
            rows = counts.get(".".join(key.path))
            yield dg.MaterializeResult(
                asset_key=key, metadata={} if rows is None else {"dagster/row_count": rows}
            )
        elif str(result.status) != "skipped":
            check = get_asset_check_key_for_test(manifest(), TRANSLATOR, unique_id, None)
            if check is None or check not in context.selected_asset_check_keys:
                continue
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=str(result.status) == "pass",
                severity=(
                    dg.AssetCheckSeverity.WARN
                    if str(result.status) == "warn"
                    else dg.AssetCheckSeverity.ERROR
                ),
                metadata={"antal_fel": result.failures or 0},
            )
    if failures:
        context.log.error("dbt stoppade: %s", "; ".join(failures))
        raise dg.Failure(f"dbt stoppade: {'; '.join(failures)}", allow_retries=False)


@dbt_assets(
    manifest=manifest(),
    select=_STAGING,
    exclude=_NOT_STAGING,
    name="staging",
    dagster_dbt_translator=TRANSLATOR,
    pool=WRITER_POOL,
)
def staging_models(
    context: dg.AssetExecutionContext, avvik: Avvik, dbt: Dbt
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build the seeds and the staging models, one source or register each."""
    yield from _build(context, avvik, dbt, select=_STAGING, exclude=_NOT_STAGING)


@dbt_assets(
    manifest=manifest(),
    select=_MARTS,
    name="marts",
    dagster_dbt_translator=TRANSLATOR,
    pool=WRITER_POOL,
)
def mart_models(
    context: dg.AssetExecutionContext, avvik: Avvik, dbt: Dbt
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build the intermediate models and the marts."""
    yield from _build(context, avvik, dbt, select=_MARTS)
