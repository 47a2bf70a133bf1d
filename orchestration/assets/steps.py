"""What Dagster materialises of each step: assets, dependencies, checks, and the gate after it.

A factory: a step is said once, in `orchestration.flow`, and whatever the graph shows of it is made
here. Nothing is computed here; dbt's assets, which its own library draws, are made in `models`.
"""

import inspect
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterUserCodeProcessError
from dagster_shared.error import SerializableErrorInfo

from orchestration.flow.built_from import PUBLICATION
from orchestration.flow.neighbours import take_in_neighbours
from orchestration.flow.performing import Flow, perform
from orchestration.flow.step import Check, Outcome, Product, Step, StepRefusedError, Verdict
from orchestration.flow.verification import verify_before_run
from orchestration.notices import Cause, send_notice
from orchestration.resources import FULL_REFRESH, OWNERS, WRITER_POOL, Avvik
from orchestration.settings import PROJECT_ROOT, Settings

# The nightly run, and half a day to put right what stopped it.
_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36))
# So many sentences stand in a check's description; the others in its list.
_TOLD = 3


class StoppedError(dg.Failure, DagsterUserCodeProcessError):
    """A step that stopped of its own accord, and did right to.

    Dagster shows its sentence alone: of an error that carries its own account it shows that, and
    the stack of calls that led to a refusal helps nobody.
    """

    def __init__(self, text_sv: str) -> None:
        Exception.__init__(self, text_sv)
        self.description = text_sv
        self.metadata = {}
        self.allow_retries = False
        self.user_code_process_error_infos = [SerializableErrorInfo(text_sv, [], None)]


def key_of(product: str) -> dg.AssetKey:
    """A product's key in the graph.

    Args:
        product: `schema.table`.
    """
    return dg.AssetKey(product.split("."))


def product_of(key: dg.AssetKey) -> str:
    """The product that a key of the graph stands for.

    Args:
        key: The key.
    """
    return ".".join(key.path)


def step_assets(flow: Flow, step: Step) -> dg.AssetsDefinition:
    """Make the assets of a step.

    Args:
        flow: All steps.
        step: The step.

    Returns:
        One definition with all that the step makes, and its checks.
    """

    @dg.multi_asset(
        name=step.name,
        specs=[
            dg.AssetSpec(
                key_of(product.name),
                deps=[key_of(name) for name in product.reads if not flow.is_end(name)],
                description=product.description_sv,
                group_name=product.group,
                owners=OWNERS,
                kinds=set(product.kinds),
                freshness_policy=_FRESH if product.name == PUBLICATION else None,
                skippable=step.can_subset,
                metadata=_known(step, product),
            )
            for product in step.writes
        ],
        check_specs=[_check_spec(check) for check in step.checks],
        can_subset=step.can_subset,
        pool=WRITER_POOL,
        description=step.title_sv,
    )
    def assets(
        context: dg.AssetExecutionContext, avvik: dg.ResourceParam[Avvik]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        selected = frozenset(product_of(key) for key in context.selected_asset_keys)
        outcome = performed(context, avvik, flow, step, selected)
        if outcome.labels:
            context.instance.add_run_tags(context.run.run_id, dict(outcome.labels))
        for product in step.products:
            if product in selected:
                yield dg.MaterializeResult(
                    asset_key=key_of(product), metadata=_metadata(outcome, product)
                )
        wanted = context.selected_asset_check_keys
        for check in step.checks:
            if dg.AssetCheckKey(key_of(check.product), check.name) in wanted:
                yield check_result(check, outcome)
        if messages := step.stopped_by(outcome):
            # Said here, or Dagster would say it in words of its own.
            raise StoppedError(told(messages))

    return assets


def performed(
    context: dg.AssetExecutionContext,
    avvik: Avvik,
    flow: Flow,
    step: Step,
    selected: frozenset[str],
) -> Outcome:
    """Run a step as Dagster has it.

    Args:
        context: Dagster's context.
        avvik: The installation.
        flow: All steps.
        step: The step.
        selected: The products that are asked for.

    Returns:
        What it did.

    Raises:
        StoppedError: If it refused; the text is Swedish.
    """
    if step.begins and selected == step.products.keys() and not avvik.is_prepared:
        settings, run_id, job = avvik.settings, context.run.run_id, context.run.job_name
        for fault in (
            *verify_before_run(settings, run_id=run_id, job=job),
            *take_in_neighbours(settings, run_id=run_id, job=job),
        ):
            context.log.warning("%s", fault)
    try:
        outcome = perform(
            flow,
            step,
            avvik.settings,
            run_id=context.run.run_id,
            log=context.log,
            selected=selected,
            full_refresh=FULL_REFRESH in context.run.tags,
        )
    except StepRefusedError as error:
        raise StoppedError(str(error)) from None
    if outcome.notices:
        notify(context, avvik.settings, outcome.notices)
    return outcome


def notify(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    settings: Settings,
    causes: Sequence[Cause],
) -> None:
    """Tell the data team; the run does not depend on whether the webhook takes it.

    Args:
        context: Dagster's context.
        settings: Where notices go.
        causes: What is to be known.
    """
    fault = send_notice(
        settings, run_id=context.run.run_id, job=context.run.job_name, causes=causes
    )
    if fault is not None:
        context.log.warning("%s", fault)


def _check_spec(check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=key_of(check.product),
        blocking=check.stops,
        description=check.description_sv,
    )


def check_result(check: Check, outcome: Outcome) -> dg.AssetCheckResult:
    """Say in Dagster's terms how a check fared.

    Args:
        check: The check.
        outcome: What the step did.

    Returns:
        The result; what nobody looked at passes.
    """
    verdict = next(
        (
            each
            for each in outcome.verdicts
            if (each.check, each.product) == (check.name, check.product)
        ),
        Verdict(check.name, check.product),
    )
    return dg.AssetCheckResult(
        check_name=check.name,
        asset_key=key_of(check.product),
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if check.stops else dg.AssetCheckSeverity.WARN,
        description=told(verdict.messages_sv) or check.description_sv,
        metadata={**verdict.figures, "meddelanden": listed(verdict.messages_sv)},
    )


def told(messages: tuple[str, ...]) -> str:
    """The first sentences of what is wrong, for where there is room for a few.

    Args:
        messages: A sentence each.
    """
    more = len(messages) - _TOLD
    return "\n".join(messages[:_TOLD]) + (f"\nYtterligare {more}." if more > 0 else "")


def listed(messages: tuple[str, ...]) -> dg.MarkdownMetadataValue:
    """All sentences as a list.

    Args:
        messages: A sentence each.
    """
    return dg.MetadataValue.md("\n".join(f"- {message}" for message in messages))


def code_reference(path: Path, line: int | None = None) -> dict[str, Any]:
    """Metadata by which the graph leads to the code that makes an asset.

    Args:
        path: The file.
        line: Where in it; None for all of it.
    """
    reference = dg.LocalFileCodeReference(
        file_path=str(path), line_number=line, label=path.relative_to(PROJECT_ROOT).as_posix()
    )
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[reference])}


def _known(step: Step, product: Product) -> dict[str, Any]:
    """What is known of a product before it is made: where its code is, and its columns."""
    run = step.run
    while isinstance(run, partial):
        run = run.func
    code = inspect.unwrap(run).__code__
    known = code_reference(Path(code.co_filename), code.co_firstlineno)
    if product.columns:
        columns = [
            dg.TableColumn(name, kind, description)
            for name, (kind, description) in product.columns.items()
        ]
        known["dagster/column_schema"] = dg.TableSchema(columns)
    return known


def _metadata(outcome: Outcome, product: str) -> dict[str, Any]:
    figures: dict[str, Any] = dict(outcome.figures.get(product, {}))
    if "sammanfattning" in figures:
        figures["sammanfattning"] = dg.MetadataValue.md(str(figures["sammanfattning"]))
    if "fil" in figures:
        figures["dagster/uri"] = dg.MetadataValue.path(str(figures.pop("fil")))
    return figures
