"""When things run, and who is told: the nightly job, the inbox sensor, the failure notice.

What runs belongs in `orchestration.assets` and `orchestration.checks`; what a notice says, in
`orchestration.notices`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.history import forget_runs
from orchestration.intake.municipalities import municipalities_of
from orchestration.notices import Cause, StepError, causes, send_notice, send_waiting
from orchestration.registers.inbox import is_settled, scan_inbox
from orchestration.resources import FULL_REFRESH, Avvik
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore, sha256_of_delivered

JOB_NAME = "nightly"
# Whoever starts a run from the command line is told there, and by it.
STARTED_BY = "avvik/started_by"
COMMAND_LINE = "cli"
# Between 02:00 and 03:00 a night in March has no such hour, and one in October has it twice.
_CRON = "30 3 * * *"
_TIME_ZONE = "Europe/Stockholm"
# The night to Sunday: what was left standing all week is made anew, and compared.
_FULL_REFRESH_WEEKDAY = 6
_SENSOR_INTERVAL_SECONDS = 60
_ASKED_FOR = "avvik/inbox"
# For how long content rests that a run was asked for and that has not landed all the same. After
# the last pause it waits for other content, or for the night. What a person ended stays ended.
_PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
_IN_VAIN = {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS}
_FAILED_CHECK = "DagsterAssetCheckFailedError"


class _UntilItStops(dg.Executor):
    """Runs the steps in this process, and starts none after one has failed.

    All that comes after a closed gate waits for it. Dagster would say of each such step that it is
    not executed, and the reason for the first would be hard to find among them.
    """

    def __init__(self, inner: dg.Executor) -> None:
        self._inner = inner

    @property
    def retries(self) -> Any:
        """How a step is tried again."""
        return self._inner.retries

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        """Run the steps.

        Args:
            plan_context: Dagster's.
            execution_plan: Dagster's.

        Yields:
            What happens.
        """
        with closing(iter(self._inner.execute(plan_context, execution_plan))) as events:  # type: ignore[type-var]
            for event in events:
                yield event
                if event.is_step_failure:
                    return


@dg.executor(  # type: ignore[call-overload, untyped-decorator]
    name="until_it_stops", config_schema=dg.in_process_executor.config_schema
)
def until_it_stops(context: dg.InitExecutorContext) -> dg.Executor:
    """One process for a run: steps share what they import, and DuckDB has one writer anyway."""
    create = dg.in_process_executor.executor_creation_fn
    if create is None:
        raise RuntimeError("dagster's in-process executor cannot be made")
    return _UntilItStops(create(context))


nightly_job = dg.define_asset_job(
    JOB_NAME,
    selection=dg.AssetSelection.all(),
    description="Hela flödet, från leveranser till publicering, i en enda körning.",
    executor_def=until_it_stops,
    tags={"avvik/flow": "nightly"},
)


@dg.schedule(
    name="nightly_schedule",
    job=nightly_job,
    cron_schedule=_CRON,
    execution_timezone=_TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Varje natt 03.30 svensk tid. Natten till söndag görs allt om.",
)
def nightly_schedule(
    context: dg.ScheduleEvaluationContext, avvik: dg.ResourceParam[Avvik]
) -> dg.RunRequest:
    """Ask for a run each night, once a week of everything, and forget history that is too old."""
    age = timedelta(days=avvik.settings.history_days)
    forget_runs(context.instance, before=datetime.now(UTC) - age)
    tags = {FULL_REFRESH: "ja"} if is_full_refresh(context.scheduled_execution_time) else {}
    return dg.RunRequest(tags=tags)


def is_full_refresh(night: datetime) -> bool:
    """Whether the scheduled run of a night makes everything anew.

    Args:
        night: When it is to begin, in any time zone.
    """
    return night.astimezone(ZoneInfo(_TIME_ZONE)).weekday() == _FULL_REFRESH_WEEKDAY


@dg.sensor(
    name="inbox_sensor",
    job=nightly_job,
    minimum_interval_seconds=_SENSOR_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Startar flödet när innehållet i inkorgen har ändrats.",
)
def inbox_sensor(
    context: dg.SensorEvaluationContext, avvik: dg.ResourceParam[Avvik]
) -> dg.SensorResult | dg.SkipReason:
    """Ask for one run when the inbox holds content that has not landed."""
    changed: dict[str, str] = {}
    landings = 0
    for settings in municipalities_of(avvik.settings):
        receipts = LandingStore(settings.landing_dir).receipts()
        landings += len(receipts)
        landed = {receipt.file_name: receipt.delivery_id for receipt in receipts}
        folder = "" if settings.municipality_files is None else f"{settings.municipality}/"
        changed |= {
            f"{folder}{name}": sha
            for name, sha in inbox_content(settings).items()
            if landed.get(name) != sha
        }
    if not changed:
        return dg.SkipReason("Inget nytt i inkorgen.")
    # One run for all of it. The number of receipts tells a file that goes back to what it held
    # before from its first delivery.
    content = f"{landings}|" + "|".join(f"{name}:{sha}" for name, sha in sorted(changed.items()))
    asked_for = hashlib.sha256(content.encode()).hexdigest()
    records = context.instance.get_run_records(
        filters=dg.RunsFilter(tags={_ASKED_FOR: asked_for}), limit=len(_PAUSES) + 1
    )
    if any(record.dagster_run.status not in _IN_VAIN for record in records):
        return dg.SkipReason("En körning av innehållet är beställd, pågår eller är avbruten.")
    ended_at = [datetime.fromtimestamp(record.end_time or 0, UTC) for record in records]
    if not may_ask(ended_at, now=datetime.now(UTC)):
        return dg.SkipReason(
            f"Innehållet har inte kunnat tas emot; försök hittills: {len(records)}."
        )
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"{asked_for}|{len(records)}",
                tags={_ASKED_FOR: asked_for, "avvik/changed_files": str(len(changed))},
            )
        ]
    )


def may_ask(ended_at: Sequence[datetime], *, now: datetime) -> bool:
    """Whether content may be asked for again, after runs that ended before it had landed.

    Args:
        ended_at: When they ended.
        now: The present.

    Returns:
        True where there was none, or the latest has rested long enough and was not the last one.
    """
    if not ended_at:
        return True
    if len(ended_at) > len(_PAUSES):
        return False
    return now - max(ended_at) >= _PAUSES[len(ended_at) - 1]


def inbox_content(settings: Settings) -> dict[str, str]:
    """Content hash of each settled file in the inbox.

    Args:
        settings: Where the inbox is.

    Returns:
        File name to SHA-256; files that were written to just now are left for the next time.
    """
    content = {}
    for file in scan_inbox(settings.inbox_dir).files:
        if is_settled(file.path, settings.settle_seconds):
            # What goes away meanwhile is told of by the next look.
            with suppress(OSError):
                content[file.file_name] = sha256_of_delivered(file.path)
    return content


@dg.run_failure_sensor(
    name="failure_notice",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Skriver ett meddelande när en körning stoppas, och skickar det om en adress är "
    "angiven.",
)
def failure_notice(context: dg.RunFailureSensorContext, avvik: dg.ResourceParam[Avvik]) -> None:
    """Tell the data team that a run was stopped, by what, and what to do."""
    run = context.dagster_run
    if run.tags.get(STARTED_BY) == COMMAND_LINE:
        return
    settings = avvik.settings
    fault = send_notice(
        settings,
        run_id=run.run_id,
        job=run.job_name,
        causes=stopped_by(settings, run.run_id, context.get_step_failure_events()),
    )
    if fault is not None:
        context.log.warning("%s", fault)


@dg.sensor(
    name="waiting_notices",
    minimum_interval_seconds=_SENSOR_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Försöker igen med meddelanden som inte kunde skickas, med allt längre pauser.",
)
def waiting_notices(avvik: dg.ResourceParam[Avvik]) -> dg.SkipReason:
    """Post what could not be posted before; the reason says what still waits."""
    return dg.SkipReason(send_waiting(avvik.settings) or "Inget väntar på att skickas.")


def stopped_by(settings: Settings, run_id: str, events: Iterable[dg.DagsterEvent]) -> list[Cause]:
    """Find what stopped a run, from the events of its failed steps.

    Args:
        settings: The installation.
        run_id: The run.
        events: Its events; those of failed steps are looked at.

    Returns:
        At least one cause.
    """
    errors: list[StepError] = []
    gate_closed = False
    for event in events:
        if not event.is_step_failure:
            continue
        data = event.step_failure_data
        chain = []
        error = data.error
        while error is not None:
            chain.append(error)
            error = error.cause
        if any(each.cls_name == _FAILED_CHECK for each in chain):
            gate_closed = True
            continue
        said = data.user_failure_data.description if data.user_failure_data else None
        errors.append(
            StepError(f"Steget {event.step_key}", said, tuple(each.message for each in chain))
        )
    return causes(settings, run_id, errors, gate_closed=gate_closed)
