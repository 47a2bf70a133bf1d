"""`avvik`: a thin door to the same functions that Dagster runs.

Prints Swedish text for people; exit code 0 published, 1 a gate stopped it, 2 wrong usage or
configuration. Whatever computes belongs in the packages, whatever orchestrates in the assets.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from orchestration.registers.municipality import (
    Municipality,
    MunicipalityError,
    load_municipality,
)
from orchestration.settings import PROJECT_ROOT, Profile, Settings

_STARTED = time.perf_counter()
_STOPPED = 1
_MISUSE = 2
_STARTED_BY = "avvik/started_by"
_GLANCE_SECONDS = 0.5

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Avvik: finner det som avviker i stadens socialtjänst.",
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Katalog för allt tillstånd (AVVIK_HOME).")
]
InboxOption = Annotated[Path | None, typer.Option("--inbox", help="Katalog med leveranser.")]

# The flow's steps as they are shown, in order, and the part of the time split each belongs to.
_STEPS = {
    "landing": ("Tar emot leveranser", "landning"),
    "raw": ("Läser in register och statistik", "rådata"),
    "stillastaende": ("Ser efter om serier står stilla", "grindar"),
    "raw_gate": ("Kontrollerar rådata", "grindar"),
    "staging": ("Bygger staging", "dbt"),
    "marts": ("Bygger marts", "dbt"),
    "marts_gate": ("Kontrollerar marts", "grindar"),
    "marts__found_explanations": ("Söker orsaker i uppgifterna", "avvikelser"),
    "found_explanations_gate": ("Kontrollerar funna orsaker", "grindar"),
    "marts__deviations": ("Prövar avvikelser", "avvikelser"),
    "marts__series_charts": ("Räknar fram seriernas gränser", "avvikelser"),
    "deviations_gate": ("Kontrollerar avvikelser", "grindar"),
    "focus_areas": ("Bildar fokusområden", "avvikelser"),
    "focus_areas_gate": ("Kontrollerar fokusområden", "grindar"),
    "published__memorandum": ("Skriver promemorian och indikatorernas sidor", "promemoria"),
    "published__snapshot": ("Publicerar", "publicering"),
}


def main() -> None:
    """Run the command line; the entry point of the package."""
    try:
        app()
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in each["loc"]) for each in error.errors())
        errors.print(f"Inställningen är fel: {fields}. Se docs/ för tillåtna värden.")
        sys.exit(_MISUSE)


def _settings(**overrides: Any) -> Settings:
    return Settings(**{name: value for name, value in overrides.items() if value is not None})


@app.command()
def run(
    profile: Annotated[
        Profile | None, typer.Option(help="demo: syntetisk stad; live: verkliga leveranser.")
    ] = None,
    home: HomeOption = None,
    inbox: InboxOption = None,
    year: Annotated[int | None, typer.Option(help="Rapportår.", min=1990, max=2100)] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Bygg om det som hade publicerats vid slutet av en dag (ÅÅÅÅ-MM-DD) eller vid "
            "en tidpunkt, i en egen katalog.",
        ),
    ] = None,
) -> None:
    """Kör hela flödet och publicerar om alla grindar är öppna."""
    overrides: dict[str, Any] = {
        name: value
        for name, value in {
            "profile": profile,
            "home": home,
            "inbox": inbox,
            "year": year,
            "as_of": as_of,
        }.items()
        if value is not None
    }
    settings = Settings(**overrides)
    _require_past(settings)
    with _only_one_run(settings):
        _require_municipality(settings)
        _claim_home(settings)
        _require_key(settings)
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
            raise typer.Exit(_STOPPED)
        _print_findings(settings)
        _print_paths(settings)


@contextmanager
def _only_one_run(settings: Settings) -> Iterator[None]:
    """Refuse a second run in the same home while one is going on."""
    import fcntl  # noqa: PLC0415 (not on every platform)

    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.state_dir / ".run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            errors.print(f"En annan körning pågår i {settings.state_dir}. Vänta tills den är klar.")
            raise typer.Exit(_MISUSE) from None
        _require_warehouse(settings)
        yield


def _claim_home(settings: Settings) -> None:
    """Refuse a home of the other profile; a new one belongs to this one from now on."""
    from orchestration.storage.home import ProfileMismatchError, claim_profile  # noqa: PLC0415

    try:
        claim_profile(settings.profile_file, settings.profile)
    except ProfileMismatchError as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(_MISUSE) from error


def _require_warehouse(settings: Settings) -> None:
    """Refuse to start while another process, such as a run in the browser, holds the warehouse."""
    from orchestration.intake.rekeying import finish_rekeying  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse  # noqa: PLC0415

    try:
        if settings.as_of is None:
            finish_rekeying(settings)
        with open_warehouse(settings.warehouse_path):
            pass
    except duckdb.IOException as error:
        errors.print(
            "En annan process använder lagret, kanske en körning i webbläsaren. "
            "Vänta tills den är klar."
        )
        raise typer.Exit(_MISUSE) from error


def _require_past(settings: Settings) -> None:
    """Refuse a past moment that cannot be built again."""
    from orchestration.intake.as_of import PastUnknownError, require_past  # noqa: PLC0415
    from orchestration.storage.landing import LandingStore  # noqa: PLC0415

    try:
        require_past(settings, LandingStore(settings.landing_dir))
    except PastUnknownError as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(_MISUSE) from error


def _require_key(settings: Settings) -> None:
    """Refuse to start without a usable pseudonym secret, or with another than the warehouse's."""
    from orchestration.registers.pseudonyms import PseudonymKeyError, load_key  # noqa: PLC0415
    from orchestration.registers.rekeying import confirm_key  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse  # noqa: PLC0415

    try:
        key = load_key(
            settings.pseudonym_key,
            settings.key_file,
            create=settings.profile == "demo" and settings.as_of is None,
        )
        with open_warehouse(settings.warehouse_path) as connection:
            confirm_key(connection, key)
    except PseudonymKeyError as error:
        errors.print(str(error), markup=False)
        raise typer.Exit(_MISUSE) from error


def _require_municipality(settings: Settings) -> Municipality:
    """Refuse to start without a usable file of the municipality."""
    return _or_misuse(lambda: load_municipality(settings))


def _or_misuse(read: Callable[[], Municipality]) -> Municipality:
    try:
        return read()
    except MunicipalityError as error:
        errors.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(_MISUSE) from error


def _write_demo_city(settings: Settings, split: dict[str, float]) -> None:
    """Fill an empty inbox with the synthetic city."""
    from orchestration.registers.inbox import scan_inbox  # noqa: PLC0415

    if scan_inbox(settings.inbox_dir):
        return
    from orchestration.demo.city import MUNICIPALITY, write_city  # noqa: PLC0415

    if settings.municipality != MUNICIPALITY:
        errors.print(
            f"Inkorgen är tom, och den syntetiska staden är kommun {MUNICIPALITY}. Gör så här: "
            f"lägg filerna i {settings.inbox_dir}.",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(_MISUSE)
    began = time.perf_counter()
    with _progress() as progress:
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


def _nothing_new_has_come(settings: Settings, split: dict[str, float]) -> bool:
    """Take stock of what there is to land, and tell whether it is published already."""
    if settings.profile == "demo":
        _write_demo_city(settings, split)
    _fetch(settings, split)
    _wait_for_files(settings)
    return _nothing_new(settings)


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


def _fetch(settings: Settings, split: dict[str, float]) -> None:
    """Ask the publishers, before it is decided that there is nothing new."""
    from orchestration.intake.fetching import fetch_statistics  # noqa: PLC0415

    began = time.perf_counter()
    with _progress() as progress:
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


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _nothing_new(settings: Settings) -> bool:
    """Whether the published snapshot was made from what lies here now."""
    from orchestration.intake.incoming import incoming_files  # noqa: PLC0415
    from orchestration.storage.landing import sha256_of  # noqa: PLC0415
    from orchestration.version import inputs_fingerprint  # noqa: PLC0415

    if not settings.snapshot_path.exists() or not settings.warehouse_path.exists():
        return False
    try:
        with duckdb.connect(str(settings.snapshot_path), read_only=True) as connection:
            row = connection.execute("select inputs_sha256 from meta.publication").fetchone()
    except duckdb.Error:
        return False
    contents = [
        (file.name, file.file_name, sha256_of(file.path)) for file in incoming_files(settings)
    ]
    return row is not None and row[0] == inputs_fingerprint(settings, contents)


def prepare_dagster_home(settings: Settings) -> None:
    """Put Dagster's configuration where its instance lives.

    Args:
        settings: Where that is.
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(
        PROJECT_ROOT / "orchestration" / "dagster.yaml", settings.dagster_home / "dagster.yaml"
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
        from orchestration.progress import progress_logger  # noqa: PLC0415
        from orchestration.resources import Avvik  # noqa: PLC0415

        definitions = build_defs(
            resource_overrides={"avvik": Avvik(overrides=_plain(overrides))},
            loggers={"progress": progress_logger(_show_step)},
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
                part = _STEPS.get(stats.step_key, ("", "övrigt"))[1]
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


def _show_step(step_key: str) -> None:
    label = _STEPS.get(step_key, (step_key, ""))[0]
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
    rows = _query(
        settings, "select title_sv, summary_sv from marts.focus_areas order by rank"
    ).fetchall()
    [(synthetic,)] = _query(settings, "select synthetic from meta.publication").fetchall()
    if synthetic:
        console.print("Delvis syntetiska uppgifter.", style="yellow")
    console.print("Fokusområden" if rows else "Inga fokusområden.", style="bold")
    for number, (title, summary) in enumerate(rows, start=1):
        console.print(f"{number}. {title}", style="bold", markup=False)
        console.print(f"   {summary}", markup=False)


def _print_paths(settings: Settings) -> None:
    console.print(f"Promemoria:  {settings.published_dir / 'memorandum.html'}", soft_wrap=True)
    console.print(f"Indikatorer: {_index_path(settings)}", soft_wrap=True)
    console.print(f"Marts:       {settings.snapshot_path}", soft_wrap=True)


def _index_path(settings: Settings) -> Path:
    return settings.published_dir / "indikatorer" / "index.html"


def _query(settings: Settings, sql: str) -> duckdb.DuckDBPyConnection:
    """Run a query on the published snapshot."""
    if not settings.snapshot_path.exists():
        errors.print("Inget är publicerat än. Kör avvik run först.")
        raise typer.Exit(_MISUSE)
    connection = duckdb.connect(
        str(settings.snapshot_path),
        read_only=True,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    return connection.execute(sql)


def _print_rows(cursor: duckdb.DuckDBPyConnection) -> None:
    table = Table(show_edge=False)
    for column in cursor.description or []:
        table.add_column(column[0], overflow="fold")
    for row in cursor.fetchall():
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="SQL mot schemana marts och meta.")],
    home: HomeOption = None,
) -> None:
    """Ställer en fråga till den publicerade ögonblicksbilden."""
    try:
        _print_rows(_query(_settings(home=home), sql))
    except duckdb.Error as error:
        errors.print(f"Frågan kunde inte besvaras: {error}", markup=False)
        raise typer.Exit(_MISUSE) from error


@app.command()
def deviations(home: HomeOption = None) -> None:
    """Visar avvikelserna i rangordning, och var indikatorernas sidor finns."""
    settings = _settings(home=home)
    _print_rows(
        _query(
            settings,
            """
            select
                deviations.rank as rang,
                deviations.outcome as utfall,
                indicators.title_sv as indikator,
                deviations.kind as slag,
                round(deviations.observed, 4) as utfallet,
                round(deviations.expected, 4) as väntat,
                round(100 * deviations.relative_change, 1) as "förändring, %",
                round(deviations.q_value, 4) as q
            from marts.deviations
            inner join marts.indicators using (indicator_id)
            order by deviations.rank nulls last, indikator
            """,
        )
    )
    console.print(f"Varje indikators serie: {_index_path(settings)}", soft_wrap=True)


@app.command()
def sources(home: HomeOption = None) -> None:
    """Visar källorna bakom den senaste publiceringen, och hur hämtningen senast gick."""
    settings = _settings(home=home)
    fetched = _fetching_table(settings)
    if settings.snapshot_path.exists() or fetched is None:
        _print_rows(
            _query(
                settings,
                """
                select
                    source_id as källa,
                    publisher as utgivare,
                    reference_period as period,
                    retrieved_at::date as hämtad,
                    left(content_sha256, 12) as kontrollsumma,
                    synthetic as syntetisk,
                    stale as inaktuell
                from meta.sources
                order by all
                """,
            )
        )
    if fetched is not None:
        console.print(fetched)


def _fetching_table(settings: Settings) -> Table | None:
    """The latest attempt for each dataset that is asked for; None where nobody was asked yet."""
    from orchestration.intake.fetching import fetch_states  # noqa: PLC0415
    from orchestration.sources.registry import datasets_of  # noqa: PLC0415

    states = fetch_states(settings)
    if not states:
        return None
    table = Table(title="Hämtning", title_justify="left", show_edge=False)
    for column in ("källa", "senaste försök", "utfall", "ålder, dygn", "inaktuell"):
        table.add_column(column, overflow="fold")
    now = datetime.now(UTC)
    for dataset in datasets_of(settings.profile):
        state = states.get(dataset.source_id)
        if dataset.request is None or state is None:
            continue
        good = state.fetched_at
        age = None if good is None else (now - datetime.fromisoformat(good)).days
        table.add_row(
            dataset.source_id,
            datetime.fromisoformat(state.tried_at).astimezone().strftime("%Y-%m-%d %H:%M"),
            Text(state.message_sv or "hämtad"),
            "aldrig hämtad" if age is None else str(age),
            "ja" if age is None or age > dataset.freshness_days else "nej",
        )
    return table


@app.command("check-file")
def check_file(
    file: Annotated[
        Path, typer.Argument(help="Filen som ska lämnas.", exists=True, dir_okay=False)
    ],
    workbook: Annotated[
        Path | None, typer.Option("--workbook", help="Arbetsbok (xlsx) att skriva felen i.")
    ] = None,
    municipality_file: Annotated[
        Path | None,
        typer.Option("--municipality-file", help="Kommunfil (AVVIK_MUNICIPALITY_FILE)."),
    ] = None,
    register: Annotated[
        str | None, typer.Option("--register", help="Registret, om filnamnet passar flera.")
    ] = None,
) -> None:
    """Prövar en registerfil mot avtalet innan den lämnas."""
    from orchestration.registers.checking import check_file as check  # noqa: PLC0415
    from orchestration.registers.contract import load_contracts  # noqa: PLC0415
    from orchestration.registers.municipality import read_municipality  # noqa: PLC0415
    from orchestration.registers.workbook import write_workbook  # noqa: PLC0415

    if municipality_file is None:
        municipality = _require_municipality(_settings())
    else:
        municipality = _or_misuse(lambda: read_municipality(municipality_file))
    if register is not None and register not in load_contracts():
        errors.print(f"Okänt register: {register}. Välj bland: {', '.join(load_contracts())}.")
        raise typer.Exit(_MISUSE)
    checked = check(file, municipality, register=register, today=datetime.now(UTC).date())
    for breach in checked.breaches:
        console.print(f"- {breach.message()}", markup=False, soft_wrap=True)
    mapping = municipality.mapping(checked.register_name)
    if checked.absent:
        names = ", ".join(mapping.column_in_file(name) for name in checked.absent)
        console.print(
            f"Att känna till: filen saknar {names}, som får saknas och läses som tomt.",
            markup=False,
            soft_wrap=True,
        )
    if workbook is not None:
        try:
            write_workbook(workbook, checked, mapping)
        except OSError as error:
            errors.print(f"Arbetsboken kan inte skrivas: {error.strerror}.", markup=False)
            raise typer.Exit(_MISUSE) from error
        console.print(f"Arbetsbok: {workbook}", markup=False, soft_wrap=True)
    if checked.breaches:
        raise typer.Exit(_STOPPED)
    console.print(f"{file.name} följer avtalet.", markup=False)


@app.command()
def demo(
    faults: Annotated[
        list[str] | None,
        typer.Option("--faults", help="Fel att plantera; ett okänt namn visar vilka som finns."),
    ] = None,
    home: HomeOption = None,
    inbox: InboxOption = None,
) -> None:
    """Skriver den syntetiska stadens leveranser, med eller utan fel."""
    from orchestration.demo.faults import FAULTS, write_fault  # noqa: PLC0415

    settings = _settings(home=home, inbox=inbox, profile="demo")
    _claim_home(settings)
    _write_demo_city(settings, {})
    for name in faults or []:
        if name not in FAULTS:
            errors.print(f"Okänt fel: {name}. Välj bland: {', '.join(sorted(FAULTS))}.")
            raise typer.Exit(_MISUSE)
        console.print(f"Planterat: {write_fault(settings.inbox_dir, name)}", soft_wrap=True)


@app.command()
def rekey(
    accept_unlinked: Annotated[
        bool,
        typer.Option(
            "--accept-unlinked",
            help="Byt även pseudonymer vars identitetsnummer är gallrade; de tappar sin koppling.",
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Byter pseudonymnyckeln till en ny, slumpad, och alla pseudonymer med den."""
    from orchestration.intake.rekeying import UnlinkedError  # noqa: PLC0415
    from orchestration.intake.rekeying import rekey as change  # noqa: PLC0415
    from orchestration.registers.pseudonyms import PseudonymKeyError  # noqa: PLC0415

    settings = _settings(home=home)
    with _only_one_run(settings):
        try:
            key, changed = change(settings, accept_unlinked=accept_unlinked)
        except (PseudonymKeyError, UnlinkedError) as error:
            errors.print(str(error), markup=False)
            raise typer.Exit(_MISUSE) from error
    console.print(
        f"Nyckeln är bytt till v{key.version}. Nya pseudonymer i {changed.cells} celler, varav"
        f" {changed.unlinked} utan koppling till personens senare rader."
    )
    console.print("Förstör alla kopior av den gamla nyckeln och säkerhetskopiera den nya.")


@app.command()
def retain(home: HomeOption = None) -> None:
    """Gallrar mottagna register som är äldre än AVVIK_RETENTION_DAYS."""
    from orchestration.intake.landing import retain as destroy  # noqa: PLC0415
    from orchestration.storage.landing import LandingStore  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse  # noqa: PLC0415

    settings = _settings(home=home)
    if settings.retention_days is None:
        errors.print(
            "Ingen gallringstid är beslutad, så inget gallras. Gör så här: sätt"
            " AVVIK_RETENTION_DAYS till antalet dagar som staden har beslutat."
        )
        raise typer.Exit(_MISUSE)
    with _only_one_run(settings), open_warehouse(settings.warehouse_path) as connection:
        destroyed, remarks = destroy(
            connection, settings, LandingStore(settings.landing_dir), now=datetime.now(UTC)
        )
    console.print(f"Gallrade nu: {len(destroyed)} leveranser.")
    for remark in remarks:
        console.print(remark, markup=False)


@app.command()
def serve(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(help="Port på den egna datorn.")] = 3000,
) -> None:
    """Visar flödet i webbläsaren, bara för den här datorn."""
    settings = _settings(home=home)
    if settings.as_of is not None:
        errors.print("avvik serve visar nuet. Gör så här: ta bort AVVIK_AS_OF ur miljön.")
        raise typer.Exit(_MISUSE)
    prepare_dagster_home(settings)
    environment = {
        **os.environ,
        "AVVIK_HOME": str(settings.home.absolute()),
        "DAGSTER_HOME": str(settings.dagster_home),
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "dagster", "dev"]
    command += ["--workspace", str(PROJECT_ROOT / "workspace.yaml")]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    console.print(f"Öppna http://127.0.0.1:{port} (avsluta med Ctrl+C)")
    # A shell that starts this in the background ignores SIGINT, and Dagster's servers then ignore
    # SIGTERM as well: the children get the default handlers back.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT)  # noqa: S603
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        raise typer.Exit(process.wait())
    except KeyboardInterrupt:
        process.wait()
