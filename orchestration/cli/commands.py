"""The commands of `avvik`: what can be typed, and what each option is called.

A thin door: whatever computes belongs in the packages, whatever orchestrates in the assets. Heavy
imports wait until a command needs them, so that `avvik --help` answers at once.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from typing import Annotated, Any

import duckdb
import typer

from orchestration.cli import inputs
from orchestration.cli.configuration import configured
from orchestration.cli.framework import HELP_OPTIONS, PROGRAM, Command, Group
from orchestration.cli.output import MISUSE, STOPPED, Format, console, refuse
from orchestration.cli.preflight import (
    claim_home,
    only_one_run,
    or_misuse,
    require_key,
    require_municipality,
    require_municipality_or_statistics,
    require_past,
    require_report_year,
)
from orchestration.cli.published import (
    index_path,
    opened,
    show_answer,
    show_deviations,
    show_sources,
)
from orchestration.cli.question import UNANSWERED_SV, why_unanswered
from orchestration.cli.running import (
    rebuild_warehouse,
    require_empty_inbox,
    run_once,
    take_in_others,
    told_when_it_ends,
    write_demo_city,
    write_demo_truth,
)
from orchestration.cli.serving import serve_dagster
from orchestration.language.numbers import number as told
from orchestration.storage.home import keep_private
from orchestration.storage.warehouse import WarehouseHeldError

app = typer.Typer(
    cls=Group,
    add_completion=False,
    invoke_without_command=True,
    help="Avvik: finner det som avviker i stadens socialtjänst.",
    context_settings={"help_option_names": list(HELP_OPTIONS)},
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        console.print(f"{PROGRAM} {version_of(PROGRAM)}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 (shown as soon as it is read)
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Visa versionen."),
    ] = False,
) -> None:
    """Whatever is typed, what it writes is kept private."""
    keep_private()
    if context.invoked_subcommand is None:
        console.print(context.get_help(), soft_wrap=True)
        raise typer.Exit(MISUSE)


@app.command(cls=Command)
def run(
    profile: inputs.ProfileName = None,
    home: inputs.Home = None,
    inbox: inputs.Inbox = None,
    *,
    municipality: inputs.MunicipalityCode = None,
    year: inputs.Year = None,
    as_of: inputs.AsOf = None,
    full_refresh: inputs.FullRefresh = False,
) -> None:
    """Kör hela flödet och publicerar om alla grindar är öppna."""
    typed = {
        "profile": profile,
        "home": home,
        "inbox": inbox,
        "municipality": municipality,
        "year": year,
        "as_of": as_of,
    }
    overrides: dict[str, Any] = {name: value for name, value in typed.items() if value is not None}
    settings = configured(**overrides)
    require_past(settings)
    with only_one_run(settings, "avvik run"), told_when_it_ends(settings) as interrupts:
        take_in_others(settings)
        require_municipality_or_statistics(settings)
        claim_home(settings)
        require_key(settings)
        require_report_year(settings)
        run_once(settings, overrides, interrupts, full_refresh=full_refresh)


@contextmanager
def _answered() -> Iterator[None]:
    """Refuse where the published tables give no answer."""
    try:
        yield
    except duckdb.Error as error:
        refuse(f"{UNANSWERED_SV}{why_unanswered(error)}", cause=error)


@app.command(cls=Command)
def query(
    sql: inputs.Question,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
    shape: inputs.Shape = Format.TABLE,
    *,
    restricted: inputs.Restricted = False,
    reason: inputs.OpeningReason = None,
) -> None:
    """Ställer en fråga till den publicerade ögonblicksbilden."""
    settings = configured(home=home, municipality=municipality)
    door = opened(settings, "query", sql, reason, restricted=restricted)
    with _answered():
        show_answer(door, sql, shape)


@app.command(cls=Command)
def deviations(
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
    shape: inputs.Shape = Format.TABLE,
    *,
    restricted: inputs.Restricted = False,
    reason: inputs.OpeningReason = None,
) -> None:
    """Visar avvikelserna i rangordning, och var indikatorernas sidor finns."""
    settings = configured(home=home, municipality=municipality)
    door = opened(settings, "deviations", "", reason, restricted=restricted)
    with _answered():
        show_deviations(door, index_path(settings), shape)


@app.command(cls=Command)
def trace(
    number: inputs.PrintedNumber,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
    shape: inputs.Shape = Format.TABLE,
    *,
    restricted: inputs.Restricted = False,
    reason: inputs.OpeningReason = None,
) -> None:
    """Följer ett tal i promemorian till leveranserna det kommer ur."""
    from orchestration.cli import tracing  # noqa: PLC0415

    settings = configured(home=home, municipality=municipality)
    door = opened(settings, "trace", number, reason, restricted=restricted)
    tracing.show(settings, number, door.parent, shape)


@app.command(cls=Command)
def sources(
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
    shape: inputs.Shape = Format.TABLE,
) -> None:
    """Visar källorna bakom den senaste publiceringen, och hur hämtningen senast gick."""
    with _answered():
        show_sources(configured(home=home, municipality=municipality), shape)


@app.command(cls=Command)
def costs(
    scenario: inputs.ScenarioFile = None,
    number: inputs.Numbers = None,
    out: inputs.CostsWorkbook = None,
    shape: inputs.Shape = Format.TABLE,
) -> None:
    """Räknar på vad insatser utan individuell behovsprövning skulle kosta."""
    from orchestration.cli import costing  # noqa: PLC0415

    found = costing.costed(scenario, number or [])
    costing.show(found, shape)
    if out is not None:
        costing.write(found, out)


@app.command(cls=Command)
def impact(
    insats: inputs.ScenarioName,
    out: inputs.ImpactDocument,
    scenario: inputs.ScenarioFile = None,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Skriver en ifylld mall för en insats jämställdhets- och barnkonsekvensanalys."""
    from orchestration.cli import impact as impacts  # noqa: PLC0415

    settings = configured(home=home, municipality=municipality)
    with _answered():
        impacts.write(settings, insats, scenario, out)


sample = typer.Typer(cls=Group, add_completion=False, invoke_without_command=True)
app.add_typer(
    sample, name="sample", cls=Group, help="Drar stickprov, och sammanställer det som kommer in."
)


@sample.callback()
def begin_sample(context: typer.Context) -> None:
    """Say what can be typed where nothing is."""
    if context.invoked_subcommand is None:
        console.print(context.get_help(), soft_wrap=True)
        raise typer.Exit(MISUSE)


@sample.command(cls=Command)
def draw(
    size: inputs.SampleSize,
    purpose: inputs.Purpose = "korsbedomning",
    register: inputs.SampledRegister = "boendestod_beslut",
    *,
    year: inputs.SampleYear = None,
    strata: inputs.Strata = "malgrupp,kon",
    spread: inputs.Spread = "stadsdelsnamnd,timmar",
    allocation: inputs.SampleAllocation = "proportional",
    seed: inputs.SampleSeed = 1,
    assessors: inputs.Assessors = 4,
    overlap: inputs.Overlap = 20,
    out: inputs.SampleOut = None,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Drar ett stickprov av beslut, för bedömare eller för brukarna."""
    from orchestration.cli import sample as samples  # noqa: PLC0415

    asked: dict[str, Any] = {
        "purpose": purpose,
        "register": register,
        "size": size,
        "strata": tuple(strata.split(",")),
        "spread": tuple(spread.split(",")),
        "allocation": allocation,
        "seed": seed,
        "assessors": assessors if purpose == "korsbedomning" else 0,
        "overlap": min(overlap, size) if purpose == "korsbedomning" else 0,
    }
    settings = configured(home=home, municipality=municipality)
    samples.draw(settings, asked, year, out)


@sample.command(cls=Command)
def agreement(
    directory: inputs.SampleDirectory,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
    shape: inputs.Shape = Format.TABLE,
) -> None:
    """Läser det ifyllda, och säger hur väl bedömarna stämmer överens eller vad brukarna svarade."""
    from orchestration.cli import sample as samples  # noqa: PLC0415

    samples.agreement(configured(home=home, municipality=municipality), directory, shape)


disclosure = typer.Typer(cls=Group, add_completion=False, invoke_without_command=True)
app.add_typer(
    disclosure,
    name="disclosure",
    cls=Group,
    help="Prövar vilka små celler som går att räkna fram.",
)


@disclosure.callback()
def begin_disclosure(context: typer.Context) -> None:
    """Say what can be typed where nothing is."""
    if context.invoked_subcommand is None:
        console.print(context.get_help(), soft_wrap=True)
        raise typer.Exit(MISUSE)


@disclosure.command("audit", cls=Command)
def audit_cells(
    policy: inputs.DisclosurePolicy = None,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Säger hur många små celler som går att räkna fram, och vad som skyddar dem."""
    from orchestration.cli import disclosure as audits  # noqa: PLC0415

    audits.audit(configured(home=home, municipality=municipality), policy)


@disclosure.command("import-published", cls=Command)
def import_published(
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Skriver in i liggaren vad de utgåvor som finns har visat."""
    from orchestration.cli import disclosure as audits  # noqa: PLC0415

    audits.read_published(configured(home=home, municipality=municipality))


@disclosure.command("accept-lost-ledger", cls=Command)
def accept_lost_ledger(
    reason: inputs.LossReason,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Börjar en ny liggare där den gamla är förlorad; varje publicering säger det sedan."""
    from orchestration.cli import disclosure as audits  # noqa: PLC0415

    audits.begin_anew(configured(home=home, municipality=municipality), reason)


@disclosure.command("explain", cls=Command)
def explain_cell(
    cell: inputs.CellName,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Säger vad en cell är, om den visas, varför inte och vilka summor den står i."""
    from orchestration.cli import disclosure as audits  # noqa: PLC0415

    audits.tell_of(configured(home=home, municipality=municipality), cell)


@app.command("check-file", cls=Command)
def check_file(
    file: inputs.File,
    workbook: inputs.Workbook = None,
    municipality_file: inputs.MunicipalityFile = None,
    municipality: inputs.MunicipalityCode = None,
    register: inputs.Register = None,
) -> None:
    """Prövar en registerfil mot avtalet innan den lämnas."""
    from orchestration.registers.checking import check_file as check  # noqa: PLC0415
    from orchestration.registers.contract import load_contracts  # noqa: PLC0415
    from orchestration.registers.municipality import read_municipality  # noqa: PLC0415
    from orchestration.registers.workbook import write_workbook  # noqa: PLC0415

    if municipality_file is None:
        described = require_municipality(configured(municipality=municipality))
    else:
        described = or_misuse(lambda: read_municipality(municipality_file))
    if register is not None and register not in load_contracts():
        refuse(f"Okänt register: {register}. Välj bland: {', '.join(load_contracts())}.")
    checked = check(file, described, register=register, today=datetime.now(UTC).date())
    for breach in checked.breaches:
        console.print(f"- {breach.message()}", soft_wrap=True)
    mapping = described.mapping(checked.register_name)
    if checked.absent:
        names = ", ".join(mapping.column_in_file(name) for name in checked.absent)
        console.print(
            f"Att känna till: filen saknar {names}, som får saknas och läses som tomt.",
            soft_wrap=True,
        )
    if workbook is not None:
        try:
            write_workbook(workbook, checked, mapping)
        except OSError as error:
            refuse(f"Arbetsboken kan inte skrivas: {error.strerror}.", cause=error)
        console.print(f"Arbetsbok: {workbook}", soft_wrap=True)
    if checked.breaches:
        raise typer.Exit(STOPPED)
    console.print(f"{file.name} följer avtalet.")


@app.command("init-municipality", cls=Command)
def init_municipality(
    out: inputs.NewMunicipalityFile,
    municipality: inputs.MunicipalityCode = None,
    statutory: inputs.Statutory = False,
) -> None:
    """Skriver en ny kommuns första kommunfil."""
    from orchestration.registers.new_municipality import (  # noqa: PLC0415
        UnknownMunicipalityError,
        first_file,
    )

    settings = configured(municipality=municipality)
    try:
        text = first_file(settings.municipality, seeds=settings.seeds_dir, statutory=statutory)
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except UnknownMunicipalityError as error:
        refuse(f"{error}. Gör så här: rätta --municipality eller AVVIK_MUNICIPALITY.", cause=error)
    except FileExistsError as error:
        refuse(f"{out} finns redan. Gör så här: ange ett annat namn.", cause=error)
    except OSError as error:
        refuse(f"Kommunfilen kan inte skrivas: {error.strerror}.", cause=error)
    console.print(
        f"Kommunfil: {out}. Peka ut den med AVVIK_MUNICIPALITY_FILE, och pröva filerna med avvik"
        " check-file.",
        soft_wrap=True,
    )


@app.command(cls=Command)
def confirm(
    delivery: inputs.Delivery,
    reason: inputs.Reason,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Bekräftar att en leverans som är olik de tidigare stämmer; nästa körning läser in den."""
    from orchestration.intake.confirming import (  # noqa: PLC0415
        ConfirmationError,
        confirm_delivery,
    )
    from orchestration.storage.landing import LandingStore  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse  # noqa: PLC0415

    settings = configured(home=home, municipality=municipality)
    if settings.as_of is not None:
        refuse("En leverans bekräftas i nuet. Gör så här: ta bort AVVIK_AS_OF ur miljön.")
    with (
        only_one_run(settings, "avvik confirm"),
        open_warehouse(settings.warehouse_path) as connection,
    ):
        try:
            kept = confirm_delivery(
                connection,
                LandingStore(settings.landing_dir),
                delivery,
                reason=reason,
                confirmed_by=getpass.getuser(),
                at=datetime.now(UTC),
            )
        except ConfirmationError as error:
            refuse(str(error), cause=error)
    console.print(
        f"Bekräftad av {kept.confirmed_by}: {kept.file_name} ({kept.reason_sv})."
        " Den läses in vid nästa körning: avvik run.",
        soft_wrap=True,
    )


@app.command(cls=Command)
def verify(home: inputs.Home = None, municipality: inputs.MunicipalityCode = None) -> None:
    """Prövar att allt är som det skrevs: det mottagna, lagret och det publicerade."""
    from orchestration.flow.verification import verify as look_through  # noqa: PLC0415

    settings = configured(home=home, municipality=municipality)
    with only_one_run(settings, "avvik verify", whatever_the_warehouse=True):
        try:
            found = look_through(settings)
        except WarehouseHeldError as error:
            refuse(str(error), cause=error)
    for fault in found.faults_sv:
        console.print(f"- {fault}", soft_wrap=True)
    counts = (
        f"Prövade: {told(found.deliveries)} mottagna leveranser, {told(found.tables)} tabeller"
        f" i lagret, {told(found.editions)} utgåvor."
    )
    console.print(counts, soft_wrap=True)
    if found.faults_sv:
        raise typer.Exit(STOPPED)
    console.print("Allt är som det skrevs.")


@app.command(cls=Command)
def rebuild(home: inputs.Home = None, municipality: inputs.MunicipalityCode = None) -> None:
    """Bygger lagret på nytt av det mottagna, och publicerar."""
    typed = {"home": home, "municipality": municipality}
    overrides: dict[str, Any] = {name: value for name, value in typed.items() if value is not None}
    settings = configured(**overrides)
    if settings.as_of is not None:
        refuse("Lagret byggs om i nuet. Gör så här: ta bort AVVIK_AS_OF ur miljön.")
    with (
        only_one_run(settings, "avvik rebuild", whatever_the_warehouse=True),
        told_when_it_ends(settings) as interrupts,
    ):
        take_in_others(settings)
        require_municipality_or_statistics(settings)
        claim_home(settings)
        rebuild_warehouse(settings, overrides, interrupts)


@app.command(cls=Command)
def demo(  # noqa: PLR0917 - what can be typed is read off the parameters
    faults: inputs.Faults = None,
    truths: inputs.TruthsFile = None,
    mode: inputs.CityMode = None,
    seed: inputs.Seed = None,
    scale: inputs.Scale = None,
    home: inputs.Home = None,
    inbox: inputs.Inbox = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Skriver den syntetiska stadens leveranser, med eller utan fel."""
    from orchestration.demo.city import city_model  # noqa: PLC0415
    from orchestration.demo.faults import require_known, write_fault  # noqa: PLC0415
    from orchestration.demo.truths import Truths  # noqa: PLC0415

    try:
        require_known(faults or [])
        chosen = None if truths is None else Truths.read(truths)
    except ValueError as error:
        refuse(str(error), cause=error)
    settings = configured(home=home, inbox=inbox, municipality=municipality, profile="demo")
    claim_home(settings)
    one_of_its_own = [each for each in (truths, mode, seed, scale) if each is not None]
    model = city_model(seed=seed, scale=scale, truths=chosen, mode=mode)
    if one_of_its_own:
        require_empty_inbox(settings)
    write_demo_city(settings, {}, model)
    if one_of_its_own:
        console.print(f"Stadens sanningar: {write_demo_truth(settings, model)}", soft_wrap=True)
    for name in faults or []:
        console.print(f"Planterat: {write_fault(settings.inbox_dir, name)}", soft_wrap=True)


@app.command(cls=Command)
def rekey(
    accept_unlinked: inputs.AcceptUnlinked = False,
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
) -> None:
    """Byter pseudonymnyckeln till en ny, slumpad, och alla pseudonymer med den."""
    from orchestration.flow.built_from import follow  # noqa: PLC0415
    from orchestration.intake.rekeying import UnlinkedError  # noqa: PLC0415
    from orchestration.intake.rekeying import rekey as change  # noqa: PLC0415
    from orchestration.registers.pseudonyms import PseudonymKeyError  # noqa: PLC0415

    settings = configured(home=home, municipality=municipality)
    with only_one_run(settings, "avvik rekey"):
        try:
            key, changed = change(settings, accept_unlinked=accept_unlinked, follow=follow)
        except (PseudonymKeyError, UnlinkedError) as error:
            refuse(str(error), cause=error)
    console.print(
        f"Nyckeln är bytt till v{key.version}. Nya pseudonymer i {changed.cells} celler, varav"
        f" {changed.unlinked} utan koppling till personens senare rader."
    )
    console.print("Förstör alla kopior av den gamla nyckeln och säkerhetskopiera den nya.")


@app.command(cls=Command)
def retain(home: inputs.Home = None, municipality: inputs.MunicipalityCode = None) -> None:
    """Gallrar mottagna register som är äldre än den beslutade gallringstiden."""
    from orchestration.intake.receiving import retain as destroy  # noqa: PLC0415
    from orchestration.intake.receiving import retention_days  # noqa: PLC0415
    from orchestration.storage.landing import LandingStore  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse  # noqa: PLC0415

    settings = configured(home=home, municipality=municipality)
    require_municipality(settings)
    if retention_days(settings) is None:
        refuse(
            "Ingen gallringstid är beslutad, så inget gallras. Gör så här: sätt"
            " AVVIK_RETENTION_DAYS, eller retention_days i kommunfilen, till antalet dagar som är"
            " beslutat."
        )
    with (
        only_one_run(settings, "avvik retain"),
        open_warehouse(settings.warehouse_path) as connection,
    ):
        destroyed, remarks = destroy(
            connection, settings, LandingStore(settings.landing_dir), now=datetime.now(UTC)
        )
    console.print(f"Gallrade nu: {len(destroyed)} leveranser.")
    for remark in remarks:
        console.print(remark)


@app.command(cls=Command)
def serve(
    home: inputs.Home = None,
    municipality: inputs.MunicipalityCode = None,
    port: inputs.Port = 3000,
) -> None:
    """Visar flödet i webbläsaren, bara för den här datorn."""
    settings = configured(home=home, municipality=municipality)
    if settings.as_of is not None:
        refuse("avvik serve visar nuet. Gör så här: ta bort AVVIK_AS_OF ur miljön.")
    serve_dagster(settings, port)
