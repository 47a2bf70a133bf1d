"""`avvik run`: what comes before the flow, the flow in this process, and what is told of it.

What runs belongs in the assets, what must hold first in `preflight`.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from orchestration.cli.output import STOPPED, console, errors, progress_bar, refuse
from orchestration.cli.published import index_path, query_published
from orchestration.settings import PROJECT_ROOT, Settings

_STARTED = time.perf_counter()
_STARTED_BY = "avvik/started_by"
_GLANCE_SECONDS = 0.5


def run_once(settings: Settings, overrides: dict[str, Any]) -> None:
    """Run the whole flow where something new has come, and tell what came of it.

    Args:
        settings: The installation, whose home is held and found fit.
        overrides: The settings among them that win over the environment.

    Raises:
        typer.Exit: If a gate or a step stopped the run.
    """
    split: dict[str, float] = {}
    if settings.as_of is not None:
        # From the landed bytes alone: what an earlier rebuild left is not built upon.
        settings.warehouse_path.unlink()
    elif _nothing_new_has_come(settings, split):
        console.print("Inget nytt sedan den senaste publiceringen; inget är kört på nytt.")
        _print_findings(settings)
        _print_paths(settings)
        return
    stopped = _run_flow(settings, overrides, split)
    _print_split(split)
    _print_destroyed(settings)
    if stopped:
        for message in stopped:
            errors.print(f"STOPP: {message}", style="bold red", markup=False)
        errors.print("Den publicerade ögonblicksbilden är orörd.")
        raise typer.Exit(STOPPED)
    _print_findings(settings)
    _print_paths(settings)


def _nothing_new_has_come(settings: Settings, split: dict[str, float]) -> bool:
    """Take stock of what there is to land, and tell whether it is published already."""
    from orchestration.flow.news import nothing_new  # noqa: PLC0415

    if settings.profile == "demo":
        write_demo_city(settings, split)
    _fetch(settings, split)
    _wait_for_files(settings)
    return nothing_new(settings)


def write_demo_city(settings: Settings, split: dict[str, float]) -> None:
    """Fill an empty inbox with the synthetic city.

    Args:
        settings: Where the inbox is.
        split: Is told how long it took.

    Raises:
        typer.Exit: If the municipality is another than the city's.
    """
    from orchestration.registers.inbox import scan_inbox  # noqa: PLC0415

    if scan_inbox(settings.inbox_dir):
        return
    from orchestration.demo.city import MUNICIPALITY, write_city  # noqa: PLC0415

    if settings.municipality != MUNICIPALITY:
        refuse(
            f"Inkorgen är tom, och den syntetiska staden är kommun {MUNICIPALITY}. Gör så här: "
            f"lägg filerna i {settings.inbox_dir}."
        )
    began = time.perf_counter()
    with progress_bar() as progress:
        task = progress.add_task("Skriver den syntetiska staden", total=None)
        write_city(
            settings.inbox_dir,
            progress=lambda label, done, total: progress.update(
                task,
                description=f"Skriver den syntetiska staden: {label}",
                completed=done,
                total=total,
            ),
        )
    split["syntetisk stad"] = time.perf_counter() - began


def _fetch(settings: Settings, split: dict[str, float]) -> None:
    """Ask the publishers, before it is decided that there is nothing new."""
    from orchestration.intake.fetching import fetch_statistics  # noqa: PLC0415

    began = time.perf_counter()
    with progress_bar() as progress:
        task = progress.add_task("Hämtar statistik", total=None, visible=False)

        def show(title: str, place: int, count: int) -> None:
            description = f"Hämtar statistik: {title}"
            progress.update(
                task, description=description, completed=place, total=count, visible=True
            )

        attempts = fetch_statistics(settings, now=settings.moment(), progress=show)
        progress.update(
            task, description="Hämtar statistik", completed=len(attempts), total=len(attempts)
        )
    for attempt in attempts:
        if attempt.message_sv is not None:
            meanwhile = ", det förra svaret gäller" if attempt.fetched_at is not None else ""
            errors.print(
                f"{attempt.source_id} kunde inte hämtas{meanwhile}: {attempt.message_sv}",
                style="yellow",
                markup=False,
            )
    split["hämtning"] = time.perf_counter() - began


def _wait_for_files(settings: Settings) -> None:
    """Give files that somebody has just written to the time to be left alone."""
    from orchestration.intake.incoming import incoming_files  # noqa: PLC0415

    deadline = time.monotonic() + settings.settle_seconds
    while waiting := [file.file_name for file in incoming_files(settings) if not file.settled]:
        left = deadline - time.monotonic()
        if left <= 0:
            console.print(f"Skrivs ännu och läses nästa gång: {', '.join(waiting)}.", markup=False)
            return
        with console.status("Väntar på filer som nyss har ändrats"):
            time.sleep(min(_GLANCE_SECONDS, left))


def prepare_dagster_home(settings: Settings) -> None:
    """Put Dagster's configuration where its instance lives.

    Args:
        settings: Where that is.
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    template = (PROJECT_ROOT / "orchestration" / "dagster.yaml").read_text(encoding="utf-8")
    home = json.dumps(str(settings.dagster_home.absolute()), ensure_ascii=False)
    (settings.dagster_home / "dagster.yaml").write_text(
        template.replace('"{dagster_home}"', home), encoding="utf-8"
    )


def _run_flow(settings: Settings, overrides: dict[str, Any], split: dict[str, float]) -> list[str]:
    """Run the nightly job in this process.

    Returns:
        What stopped it, in Swedish; empty when the snapshot is published.
    """
    began = time.perf_counter()
    with console.status("Läser in programmen"):
        import dagster as dg  # noqa: PLC0415

        from orchestration.automation import JOB_NAME  # noqa: PLC0415
        from orchestration.definitions import build_defs  # noqa: PLC0415
        from orchestration.flow.steps import labels  # noqa: PLC0415
        from orchestration.progress import progress_logger  # noqa: PLC0415
        from orchestration.resources import Avvik  # noqa: PLC0415

        definitions = build_defs(
            resource_overrides={"avvik": Avvik(overrides=_plain(overrides))},
            loggers={"progress": progress_logger(lambda step: _show_step(labels(), step))},
        )
        prepare_dagster_home(settings)
        job = definitions.resolve_job_def(JOB_NAME)
    split["import"] = time.perf_counter() - began
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        _bury_killed_runs(instance)
        result = job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"progress": {}}},
            tags={_STARTED_BY: "cli"},
        )
        for stats in instance.get_run_step_stats(result.run_id):
            if stats.start_time and stats.end_time:
                part = labels().get(stats.step_key, ("", "övrigt"))[1]
                split[part] = split.get(part, 0.0) + stats.end_time - stats.start_time
    if result.success:
        return []
    return _reasons(settings, result)


def _bury_killed_runs(instance: Any) -> None:
    """End the runs that a power cut or a kill left open, or their turn at the warehouse never ends.

    The lock on the home is held, so a run that the command line started cannot be alive.
    """
    import dagster as dg  # noqa: PLC0415

    unfinished = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    dead = dg.RunsFilter(statuses=unfinished, tags={_STARTED_BY: "cli"})
    for run in instance.get_runs(filters=dead):
        instance.report_run_failed(run, "Körningen avbröts utan att hinna avslutas.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _plain(overrides: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Path) else value for name, value in overrides.items()
    }


def _show_step(labels: Mapping[str, tuple[str, str]], step_key: str) -> None:
    label = labels.get(step_key, (step_key, ""))[0]
    console.print(f"  {label} …")


def _reasons(settings: Settings, result: Any) -> list[str]:
    """Why a run was stopped: held deliveries and failed checks first, else the steps' errors."""
    from orchestration.storage.deliveries import unresolved  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse, table_exists  # noqa: PLC0415

    messages: list[str] = []
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        if table_exists(connection, "meta.deliveries"):
            messages += unresolved(connection)
        if table_exists(connection, "meta.validation_results"):
            messages += [
                message
                for (message,) in connection.execute(
                    "select message_sv from meta.validation_results"
                    " where run_id = $run and not success and severity = 'critical'"
                    " order by all",
                    {"run": result.run_id},
                ).fetchall()
            ]
    if not messages:
        failed = [event for event in result.all_events if event.is_step_failure]
        for event in failed:
            user = event.step_failure_data.user_failure_data
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            messages.append(
                (user.description if user and user.description else None)
                or (error.message.strip() if error else event.message or "")
            )
    return messages or ["Körningen stoppades; se körningens logg i avvik serve."]


def _print_split(split: dict[str, float]) -> None:
    table = Table(title="Tidsåtgång", show_header=False, box=None, title_justify="left")
    table.add_column(style="dim")
    table.add_column(justify="right")
    for part, seconds in split.items():
        table.add_row(part, f"{seconds:.1f} s".replace(".", ","))
    total = time.perf_counter() - _STARTED
    table.add_row("totalt", f"{total:.1f} s".replace(".", ","))
    console.print(table)


def _print_destroyed(settings: Settings) -> None:
    """Name the suppliers' files whose content is destroyed here and still lies in the inbox."""
    from orchestration.storage.retention import destroyed_in_inbox  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse, table_exists  # noqa: PLC0415

    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        if table_exists(connection, "meta.destroyed_deliveries"):
            for file_name in destroyed_in_inbox(connection):
                console.print(f"Gallrad men kvar i inkorgen: {file_name}", markup=False)


def _print_findings(settings: Settings) -> None:
    rows = query_published(
        settings, "select title_sv, summary_sv from marts.focus_areas order by rank"
    ).fetchall()
    [(synthetic,)] = query_published(settings, "select synthetic from meta.publication").fetchall()
    if synthetic:
        console.print("Delvis syntetiska uppgifter.", style="yellow")
    console.print("Fokusområden" if rows else "Inga fokusområden.", style="bold")
    for number, (title, summary) in enumerate(rows, start=1):
        console.print(f"{number}. {title}", style="bold", markup=False)
        console.print(f"   {summary}", markup=False)


def _print_paths(settings: Settings) -> None:
    console.print(f"Promemoria:  {settings.published_dir / 'memorandum.html'}", soft_wrap=True)
    console.print(f"Indikatorer: {index_path(settings)}", soft_wrap=True)
    console.print(f"Marts:       {settings.snapshot_path}", soft_wrap=True)
