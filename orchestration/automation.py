"""When things run, and who is told: the nightly job, the inbox sensor, the failure notice.

What runs belongs in `orchestration.assets` and `orchestration.checks`.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.registers.inbox import is_settled, scan_inbox
from orchestration.resources import Avvik
from orchestration.settings import Settings
from orchestration.storage.landing import sha256_of

JOB_NAME = "nightly"
# Between 02:00 and 03:00 a night in March has no such hour, and one in October has it twice.
_CRON = "30 3 * * *"
_TIME_ZONE = "Europe/Stockholm"
_SENSOR_INTERVAL_SECONDS = 60
_NOTICE_TIMEOUT_SECONDS = 10.0


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

nightly_schedule = dg.ScheduleDefinition(
    name="nightly_schedule",
    job=nightly_job,
    cron_schedule=_CRON,
    execution_timezone=_TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Varje natt 03.30 svensk tid.",
)


@dg.sensor(
    name="inbox_sensor",
    job=nightly_job,
    minimum_interval_seconds=_SENSOR_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Startar flödet när innehållet i inkorgen har ändrats.",
)
def inbox_sensor(avvik: Avvik) -> dg.SensorResult | dg.SkipReason:
    """Ask for one run when the inbox holds content that has not landed."""
    settings = avvik.settings
    receipts = avvik.landing().receipts()
    landed = {receipt.file_name: receipt.delivery_id for receipt in receipts}
    changed = {
        name: sha for name, sha in inbox_content(settings).items() if landed.get(name) != sha
    }
    if not changed:
        return dg.SkipReason("Inget nytt i inkorgen.")
    # One run for all of it, asked for once. The number of receipts tells a file that goes back to
    # what it held before from its first delivery.
    run_key = f"{len(receipts)}|" + "|".join(
        f"{name}:{sha}" for name, sha in sorted(changed.items())
    )
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=hashlib.sha256(run_key.encode()).hexdigest(),
                tags={"avvik/changed_files": str(len(changed))},
            )
        ]
    )


def inbox_content(settings: Settings) -> dict[str, str]:
    """Content hash of each settled file in the inbox.

    Args:
        settings: Where the inbox is.

    Returns:
        File name to SHA-256; files that were written to just now are left for the next time.
    """
    return {
        file.file_name: sha256_of(file.path)
        for file in scan_inbox(settings.inbox_dir)
        if is_settled(file.path, settings.settle_seconds)
    }


@dg.run_failure_sensor(
    name="failure_notice",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Skriver ett meddelande när en körning stoppas, och skickar det om en adress är "
    "angiven.",
)
def failure_notice(context: dg.RunFailureSensorContext, avvik: Avvik) -> None:
    """Tell the data team that a run was stopped, and by what."""
    send_notice(
        avvik.settings,
        run_id=context.dagster_run.run_id,
        job=context.dagster_run.job_name,
        message=context.failure_event.message or "",
    )


def send_notice(settings: Settings, *, run_id: str, job: str, message: str) -> None:
    """Append a notice to the notice file, and post it where a webhook is configured.

    Args:
        settings: Where notices go.
        run_id: The stopped run.
        job: Its job.
        message: What stopped it; holds rules and counts, never a person's value.

    Raises:
        httpx.HTTPError: If the webhook does not take the notice; the file has it by then.
    """
    notice = {
        "tid": datetime.now(UTC).isoformat(timespec="seconds"),
        "jobb": job,
        "korning": run_id,
        "meddelande": message,
    }
    settings.notices.parent.mkdir(parents=True, exist_ok=True)
    with settings.notices.open("a", encoding="utf-8") as file:
        file.write(json.dumps(notice, ensure_ascii=False) + "\n")
    if settings.notice_webhook is not None:
        import httpx  # noqa: PLC0415 (only where someone asked for outbound calls)

        httpx.post(
            str(settings.notice_webhook), json=notice, timeout=_NOTICE_TIMEOUT_SECONDS
        ).raise_for_status()
