"""dbt's assets: what dagster-dbt draws of the project, built by the steps of `orchestration.flow`.

SQL belongs in the dbt project, running dbt in `orchestration.flow.models`.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.assets.steps import (
    StoppedError,
    code_reference,
    key_of,
    performed,
    product_of,
)
from orchestration.flow.dbt_project import DbtResults, manifest
from orchestration.flow.models import MARTS, NOT_STAGING, STAGING
from orchestration.flow.performing import Flow
from orchestration.flow.step import Step
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.settings import PROJECT_ROOT


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
        return spec.merge_attributes(
            metadata=code_reference(PROJECT_ROOT / "dbt_project" / node["original_file_path"])
        ).replace_attributes(
            key=dg.AssetKey([node["schema"], node["alias"]]),
            group_name=node["schema"],
            owners=OWNERS,
            kinds={"dbt", "duckdb"},
        )


TRANSLATOR = Translator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))
# What dagster-dbt draws of each step, in dbt's own selection syntax.
_DRAWN = {"staging": (STAGING, NOT_STAGING), "marts": (MARTS, "")}


def dbt_step_assets(flow: Flow, step: Step) -> dg.AssetsDefinition:
    """Make the assets of a step that dbt runs.

    Args:
        flow: All steps.
        step: The step.

    Returns:
        One definition with its models, seeds and tests.
    """
    select, exclude = _DRAWN[step.name]

    @dbt_assets(
        manifest=manifest(),
        select=select,
        exclude=exclude,
        name=step.name,
        dagster_dbt_translator=TRANSLATOR,
        pool=WRITER_POOL,
    )
    def assets(
        context: dg.AssetExecutionContext, avvik: dg.ResourceParam[Avvik]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        selected = frozenset(product_of(key) for key in context.selected_asset_keys)
        outcome = performed(context, avvik, flow, step, selected)
        for product, figures in outcome.figures.items():
            yield dg.MaterializeResult(asset_key=key_of(product), metadata=dict(figures))
        tested = set()
        for check, result in _tests(context, outcome.details):
            tested.add(check)
            yield result
        if outcome.failed_sv:
            raise StoppedError(outcome.failed_sv)
        yield from _still_true(context, tested)

    return assets


def _still_true(
    context: dg.AssetExecutionContext, tested: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """What the tests of tables that were left standing said when those were made."""
    for key in sorted(context.selected_asset_check_keys):
        # A warning is a remark until its test passes, and no word of this run.
        if key not in tested and context.assets_def.get_spec_for_check_key(key).blocking:
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=True,
                description="Prövades när tabellerna gjordes. De är sedan dess de samma.",
            )


def _tests(
    context: dg.AssetExecutionContext, results: DbtResults
) -> Iterator[tuple[dg.AssetCheckKey, dg.AssetCheckResult]]:
    for unique_id, result in results.nodes.items():
        if result.node.resource_type in {"model", "seed"} or str(result.status) == "skipped":
            continue
        check = get_asset_check_key_for_test(manifest(), TRANSLATOR, unique_id, None)
        if check is None or check not in context.selected_asset_check_keys:
            continue
        yield (
            check,
            dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=str(result.status) == "pass",
                severity=(
                    dg.AssetCheckSeverity.WARN
                    if str(result.status) == "warn"
                    else dg.AssetCheckSeverity.ERROR
                ),
                metadata={"antal_fel": result.failures or 0},
            ),
        )
