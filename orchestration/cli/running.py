"""`avvik run`: what comes before the flow, the flow in this process, and what is told of it.

What runs belongs in the assets, what must hold first in `preflight`.
"""

import gc
import importlib
import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from orchestration.cli.interrupts import Interrupted, Interrupts, interruptible
from orchestration.cli.output import STOPPED, console, errors, progress_bar, refuse
from orchestration.cli.preflight import require_key
from orchestration.cli.published import index_path, query_published
from orchestration.language import numbers
from orchestration.reporting.addresses import MEMORANDUM, YEARLY_REPORT
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.home import remove, sweep

_STARTED = time.perf_counter()
if TYPE_CHECKING:
    from orchestration.demo.model import Model
    from orchestration.notices import Cause

_JOB = "avvik run"
# Some are read where they are first used, so that a command that needs none of them does not wait.
_PROGRAMS = (
    "orchestration.definitions",
    "great_expectations.expectations",
    "dbt.cli.main",
    "orchestration.disclosure.deciding",
    "orchestration.reporting.render.docx",
)
_GLANCE_SECONDS = 0.5
_BUILDING = ".den-syntetiska-staden"
_ONLY_STATISTICS = (
    "{} har ingen kommunfil och inga leveranser: underlaget är offentlig statistik. Hur kommunens"
    " register läses in står i docs/sv/ny-kommun.md."
)
_RECORDED_ELSEWHERE = (
    "Demonstrationens inspelade svar gäller i huvudsak kommun {} och riket: vad de saknar om"
    " kommunen kan inte hämtas, och sägs saknas."
)
_KILLED = "Körningen avbröts utan att hinna avslutas."


@contextmanager
def told_when_it_ends(settings: Settings) -> Iterator[Interrupts]:
    """Let a run that is ended from outside, or by its own fault, say so and leave a clean home.

    Args:
        settings: The installation.

    Yields:
        What signals have come.

    Raises:
        typer.Exit: If it was ended from outside.
    """
    try:
        with interruptible() as interrupts:
            yield interrupts
    except Interrupted as interrupt:
        sweep(settings.state_dir, inbox=settings.inbox_dir)
        name = signal.Signals(interrupt.signum).name
        message = (
            f"Körningen avbröts ({name}) innan den var klar; det publicerade är orört. Gör så här:"
            " kör avvik run igen."
        )
        errors.print(message, style="bold red", soft_wrap=True)
        # Whoever presses Ctrl-C knows; nobody may be there to see the machine end it.
        if interrupt.signum != signal.SIGINT:
            _tell(settings, "", [message])
        raise typer.Exit(interrupt.exit_code) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        _tell(settings, "", [error])
        raise


def take_in_others(settings: Settings) -> None:
    """Take in what has come of the home's other municipalities, whatever stops this one.

    Args:
        settings: The installation of the one that is reported on, whose home is held.
    """
    from orchestration.intake.municipalities import neighbours, of_no_municipality  # noqa: PLC0415

    if not neighbours(settings) and not of_no_municipality(settings):
        return
    # Not before there is somebody to take in: it imports the whole flow.
    from orchestration.flow.neighbours import take_in_neighbours  # noqa: PLC0415

    def tell(code: str) -> None:
        console.print(f"Tar in kommun {code} …")

    for sentence in take_in_neighbours(settings, run_id="", job=_JOB, tell=tell):
        errors.print(sentence, style="yellow", soft_wrap=True)


def run_once(
    settings: Settings,
    overrides: dict[str, Any],
    interrupts: Interrupts,
    *,
    full_refresh: bool = False,
) -> None:
    """Run the whole flow where something new has come, and tell what came of it.

    Args:
        settings: The installation, whose home is held and found fit.
        overrides: The settings among them that win over the environment.
        interrupts: What signals have come.
        full_refresh: Whether everything is made anew, also where nothing is new.

    Raises:
        typer.Exit: If a gate or a step stopped the run.
    """
    split: dict[str, float] = {}
    _tell_again(settings)
    if settings.as_of is not None:
        # From the landed bytes alone: what an earlier rebuild left is not built upon.
        settings.warehouse_path.unlink()
    elif _is_as_written(settings) and _nothing_new_has_come(settings, split) and not full_refresh:
        console.print("Inget nytt sedan den senaste publiceringen; inget är kört på nytt.")
        _print_findings(settings)
        _print_paths(settings)
        return
    run_flow(settings, overrides, split, interrupts, full_refresh=full_refresh)


def rebuild_warehouse(
    settings: Settings, overrides: dict[str, Any], interrupts: Interrupts
) -> None:
    """Make the warehouse anew from what was received, and publish.

    The old one is set aside until the new one is published.

    Args:
        settings: The installation, whose home is held.
        overrides: The settings among them that win over the environment.
        interrupts: What signals have come.

    Raises:
        typer.Exit: If a gate or a step stopped the run.
    """
    from orchestration.storage.warehouse import set_aside  # noqa: PLC0415

    aside = set_aside(settings.warehouse_path)
    if aside is not None:
        console.print(f"Det gamla lagret är undanlagt: {aside}", soft_wrap=True)
    require_key(settings)
    run_flow(settings, overrides, {}, interrupts)
    if aside is not None:
        remove(aside)


def run_flow(
    settings: Settings,
    overrides: dict[str, Any],
    split: dict[str, float],
    interrupts: Interrupts,
    *,
    full_refresh: bool = False,
) -> None:
    """Run the whole flow, and tell what came of it.

    Args:
        settings: The installation.
        overrides: The settings among them that win over the environment.
        split: How long what came before took, by part.
        interrupts: What signals have come.
        full_refresh: Whether what could be left standing is made anew.

    Raises:
        typer.Exit: If a gate or a step stopped the run.
    """
    run_id, stopped = _run_flow(settings, overrides, split, interrupts, full_refresh=full_refresh)
    _print_split(split)
    _print_left(settings)
    if stopped:
        for cause in stopped:
            errors.print(f"STOPP: {cause.message_sv}", style="bold red")
        for link in dict.fromkeys(cause.link for cause in stopped if cause.link is not None):
            errors.print(f"Läs mer: {link}", soft_wrap=True)
        errors.print("Den publicerade ögonblicksbilden är orörd.")
        _tell(settings, run_id, stopped)
        raise typer.Exit(STOPPED)
    _print_findings(settings)
    _print_paths(settings)


def _tell_again(settings: Settings) -> None:
    """Try again with the notices that could not be sent, and say what waits."""
    from orchestration.notices import send_waiting  # noqa: PLC0415

    if settings.as_of is None and (waiting := send_waiting(settings)) is not None:
        errors.print(waiting, style="yellow", soft_wrap=True)


def _tell(settings: Settings, run_id: str, causes: "Sequence[Cause | Exception | str]") -> None:
    """Send a notice; what becomes of it hides nothing of what it tells."""
    from orchestration.notices import Cause, send_notice, unexpected  # noqa: PLC0415

    # Whoever builds a past moment is told on the screen alone.
    if settings.as_of is not None:
        return
    told = [
        unexpected(each)
        if isinstance(each, Exception)
        else Cause(each)
        if isinstance(each, str)
        else each
        for each in causes
    ]
    fault = send_notice(settings, run_id=run_id, job=_JOB, causes=told)
    if fault is not None:
        errors.print(fault, style="yellow", soft_wrap=True)


def _nothing_new_has_come(settings: Settings, split: dict[str, float]) -> bool:
    """Take stock of what there is to land, and tell whether it is published already."""
    from orchestration.flow.news import nothing_new  # noqa: PLC0415
    from orchestration.registers.inbox import scan_inbox  # noqa: PLC0415
    from orchestration.registers.municipality import is_described, load_municipality  # noqa: PLC0415

    if not is_described(settings):
        console.print(_ONLY_STATISTICS.format(load_municipality(settings).name), soft_wrap=True)
        if settings.profile == "demo":
            from orchestration.demo.city import MUNICIPALITY  # noqa: PLC0415

            console.print(_RECORDED_ELSEWHERE.format(MUNICIPALITY), soft_wrap=True)
    elif settings.profile == "demo":
        write_demo_city(settings, split, meanwhile=lambda: _read_programs(settings))
    _fetch(settings, split)
    _wait_for_files(settings)
    for sentence in scan_inbox(settings.inbox_dir).left:
        errors.print(sentence, style="yellow", soft_wrap=True)
    return nothing_new(settings)


def _is_as_written(settings: Settings) -> bool:
    """Tell of what is not as it was written; a run may mend it, and is not left undone."""
    from orchestration.flow.verification import verify_before_run  # noqa: PLC0415

    faults = verify_before_run(settings, job=_JOB)
    for fault in faults:
        errors.print(fault, style="yellow", soft_wrap=True)
    return not faults


def require_empty_inbox(settings: Settings) -> None:
    """Refuse to put one city upon another.

    Raises:
        typer.Exit: If there are deliveries already.
    """
    from orchestration.registers.inbox import scan_inbox  # noqa: PLC0415

    if scan_inbox(settings.inbox_dir).files:
        refuse(
            "Inkorgen har redan leveranser, och en stad skrivs i en tom. Gör så här: ange en ny"
            " katalog med --home, eller flytta filerna ur inkorgen."
        )


def write_demo_truth(settings: Settings, model: "Model") -> Path:
    """Write what an analysis of the synthetic city ought to find, beside the inbox.

    Args:
        settings: Where the home is.
        model: Which city.

    Returns:
        The file.
    """
    from orchestration.demo.estimands import write_truth  # noqa: PLC0415

    path = settings.home / "truth.json"
    write_truth(path, model)
    return path


def write_demo_city(
    settings: Settings,
    split: dict[str, float],
    model: "Model | None" = None,
    *,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Fill an empty inbox with the synthetic city.

    Args:
        settings: Where the inbox is.
        split: Is told how long it took.
        model: Which city; the default one if not given.
        meanwhile: What this process does while another one writes; it writes itself if it has
            nothing else to do.

    Raises:
        typer.Exit: If the municipality is another than the city's.
    """
    from orchestration.registers.inbox import scan_inbox  # noqa: PLC0415

    if scan_inbox(settings.inbox_dir).files:
        return
    from orchestration.demo.beside import write_model_beside  # noqa: PLC0415
    from orchestration.demo.city import MUNICIPALITY, city_model, write_model  # noqa: PLC0415

    if settings.municipality != MUNICIPALITY:
        refuse(
            f"Inkorgen är tom, och den syntetiska staden är kommun {MUNICIPALITY}. Gör så här: "
            f"lägg filerna i {settings.inbox_dir}."
        )
    began = time.perf_counter()
    # Beside the registers' folders until it is whole: half a city would pass for a delivery.
    building = settings.inbox_dir / _BUILDING
    shutil.rmtree(building, ignore_errors=True)
    try:
        with progress_bar() as progress:
            task = progress.add_task("Skriver den syntetiska staden", total=None)
            write = (
                write_model
                if meanwhile is None
                else partial(write_model_beside, meanwhile=meanwhile)
            )
            write(
                building,
                city_model() if model is None else model,
                progress=lambda label, done, total: progress.update(
                    task,
                    description=f"Skriver den syntetiska staden: {label}",
                    completed=done,
                    total=total,
                ),
            )
        for register in sorted(building.iterdir()):
            register.replace(settings.inbox_dir / register.name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    split["syntetisk stad"] = time.perf_counter() - began


@contextmanager
def _for_good() -> Iterator[None]:
    """Read in what stays for as long as the process does.

    Hundreds of thousands of objects, which the collector of circles would else look through again
    and again for nothing: that took a twentieth of a first run.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@_for_good()
def _read_programs(settings: Settings) -> None:
    """Read in what the flow will need, the models too, and lay out Dagster's books, beforehand."""
    for name in _PROGRAMS:
        importlib.import_module(name)
    import dagster as dg  # noqa: PLC0415

    from orchestration.flow.dbt_project import parsed_project  # noqa: PLC0415
    from orchestration.flow.step import StepRefusedError  # noqa: PLC0415

    prepare_dagster_home(settings)
    dg.DagsterInstance.from_config(str(settings.dagster_home)).dispose()
    # The step that builds says what is wrong with the project.
    with suppress(StepRefusedError):
        parsed_project(settings)


def _fetch(settings: Settings, split: dict[str, float]) -> None:
    """Ask the publishers, before it is decided that there is nothing new."""
    from orchestration.intake.fetching import fetch_statistics  # noqa: PLC0415
    from orchestration.sources.client import AuthoritiesError  # noqa: PLC0415

    began = time.perf_counter()
    with progress_bar() as progress:
        task = progress.add_task("Hämtar statistik", total=None, visible=False)

        def show(title: str, place: int, count: int) -> None:
            description = f"Hämtar statistik: {title}"
            progress.update(
                task, description=description, completed=place, total=count, visible=True
            )

        try:
            attempts = fetch_statistics(settings, now=settings.moment(), progress=show)
        except AuthoritiesError as error:
            refuse(str(error), cause=error)
        progress.update(
            task, description="Hämtar statistik", completed=len(attempts), total=len(attempts)
        )
    for attempt in attempts:
        if attempt.message_sv is not None:
            meanwhile = ", det förra svaret gäller" if attempt.fetched_at is not None else ""
            errors.print(
                f"{attempt.source_id} kunde inte hämtas{meanwhile}: {attempt.message_sv}",
                style="yellow",
            )
    split["hämtning"] = time.perf_counter() - began


def _wait_for_files(settings: Settings) -> None:
    """Give files that somebody has just written to the time to be left alone."""
    from orchestration.intake.incoming import incoming_files  # noqa: PLC0415

    deadline = time.monotonic() + settings.settle_seconds
    while waiting := [file.file_name for file in incoming_files(settings) if not file.settled]:
        left = deadline - time.monotonic()
        if left <= 0:
            console.print(f"Skrivs ännu och läses nästa gång: {', '.join(waiting)}.")
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


def _run_flow(
    settings: Settings,
    overrides: dict[str, Any],
    split: dict[str, float],
    interrupts: Interrupts,
    *,
    full_refresh: bool,
) -> "tuple[str, list[Cause]]":
    """Run the nightly job in this process.

    Returns:
        The run, and what stopped it; nothing when the snapshot is published.
    """

    def show(step_key: str) -> None:
        # DuckDB and dbt may turn the signal into a failure of what they were at, and go on.
        interrupts.confirm()
        console.print(f"  {labels().get(step_key, (step_key, ''))[0]} …")

    began = time.perf_counter()
    with console.status("Läser in programmen"), _for_good():
        import dagster as dg  # noqa: PLC0415

        from orchestration.automation import (  # noqa: PLC0415
            COMMAND_LINE,
            JOB_NAME,
            STARTED_BY,
            stopped_by,
        )
        from orchestration.definitions import build_defs  # noqa: PLC0415
        from orchestration.flow.steps import labels  # noqa: PLC0415
        from orchestration.history import forget_runs  # noqa: PLC0415
        from orchestration.progress import progress_logger  # noqa: PLC0415
        from orchestration.resources import FULL_REFRESH, Avvik  # noqa: PLC0415

        definitions = build_defs(
            installation=Avvik(overrides=_plain(overrides), is_prepared=True),
            loggers={"progress": progress_logger(show)},
        )
        prepare_dagster_home(settings)
        job = definitions.resolve_job_def(JOB_NAME)
    split["import"] = time.perf_counter() - began
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        for run_id in end_runs(instance, of_command_line=True):
            _tell(settings, run_id, [f"{_KILLED} Gör så här: inget, den görs om nu."])
        forget_runs(instance, before=settings.moment() - timedelta(days=settings.history_days))
        try:
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"progress": {}}},
                tags={STARTED_BY: COMMAND_LINE} | ({FULL_REFRESH: "ja"} if full_refresh else {}),
            )
            if not result.success:
                interrupts.confirm()
        except Interrupted:
            end_runs(instance, of_command_line=True)
            raise
        for stats in instance.get_run_step_stats(result.run_id):
            if stats.start_time and stats.end_time:
                part = labels().get(stats.step_key, ("", "övrigt"))[1]
                split[part] = split.get(part, 0.0) + stats.end_time - stats.start_time
    if result.success:
        return result.run_id, []
    return result.run_id, stopped_by(settings, result.run_id, result.all_events)


def end_runs(instance: Any, *, of_command_line: bool) -> list[str]:
    """End the runs that are still open in Dagster's books, though no process works on them.

    What a power cut or a kill left open would never give its turn at the warehouse back. Whoever
    asks knows that they are dead: it holds the home, or has seen every server of Dagster's end.

    Args:
        instance: Dagster's instance.
        of_command_line: Whether those that the command line started, or all the others.

    Returns:
        The ended runs.
    """
    import dagster as dg  # noqa: PLC0415

    from orchestration.automation import COMMAND_LINE, STARTED_BY  # noqa: PLC0415

    unfinished = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    ended = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=unfinished)):
        if (run.tags.get(STARTED_BY) == COMMAND_LINE) is not of_command_line:
            continue
        instance.report_run_failed(run, _KILLED)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        ended.append(run.run_id)
    return ended


def _plain(overrides: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Path) else value for name, value in overrides.items()
    }


def _print_split(split: dict[str, float]) -> None:
    table = Table(title="Tidsåtgång", show_header=False, box=None, title_justify="left")
    table.add_column(style="dim")
    table.add_column(justify="right")
    for part, seconds in split.items():
        table.add_row(part, f"{numbers.number(seconds, 1)} s")
    total = time.perf_counter() - _STARTED
    table.add_row("totalt", f"{numbers.number(total, 1)} s")
    console.print(table)


def _print_left(settings: Settings) -> None:
    """Name the suppliers' files that were set aside, and those whose content is destroyed here."""
    from orchestration.storage.deliveries import set_aside  # noqa: PLC0415
    from orchestration.storage.retention import destroyed_in_inbox  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse, table_exists  # noqa: PLC0415

    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        if table_exists(connection, "meta.delivery_breaches"):
            for message in set_aside(connection):
                errors.print(message, style="yellow", soft_wrap=True)
        if table_exists(connection, "meta.destroyed_deliveries"):
            for file_name in destroyed_in_inbox(connection):
                console.print(f"Gallrad men kvar i inkorgen: {file_name}")


def _print_findings(settings: Settings) -> None:
    snapshot = settings.snapshot_path
    rows = query_published(
        snapshot, "select title_sv, summary_sv from marts.focus_areas order by rank"
    ).fetchall()
    [(synthetic,)] = query_published(snapshot, "select synthetic from meta.publication").fetchall()
    if synthetic:
        console.print("Delvis syntetiska uppgifter.", style="yellow")
    console.print("Fokusområden" if rows else "Inga fokusområden.", style="bold")
    for number, (title, summary) in enumerate(rows, start=1):
        console.print(f"{number}. {title}", style="bold")
        console.print(f"   {summary}")


def _print_paths(settings: Settings) -> None:
    console.print(f"Ingång:      {settings.published_dir / 'index.html'}", soft_wrap=True)
    for name, formats in (("Promemoria:", MEMORANDUM), ("Rapport:", YEARLY_REPORT)):
        console.print(f"{name:<13}{settings.published_dir / formats.page}", soft_wrap=True)
    console.print(f"Indikatorer: {index_path(settings)}", soft_wrap=True)
    console.print(f"Marts:       {settings.snapshot_path}", soft_wrap=True)
