"""`avvik sample`: draws samples and puts together what comes back, for people at a terminal.

How a sample is drawn belongs in `orchestration.analyses.sampling`, its files in
`orchestration.flow.samples`.
"""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from orchestration.analyses.sampling import RELEVANT_DIFFERENCE, Coefficient, SampleError
from orchestration.cli.output import Format, console, print_note, print_rows, refuse
from orchestration.flow.marts import report_year
from orchestration.flow.samples import (
    ASSESSMENT,
    KEY,
    Agreed,
    Drawn,
    Request,
    agreement_of,
    draw_sample,
)
from orchestration.flow.step import StepRefusedError
from orchestration.language import numbers
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse
from orchestration.version import code_version

_NOTES = {
    "these_assessors_only": "gäller bara just dessa bedömare",
    "not_both_groups": "inget ärende är bedömt av båda grupperna",
    "no_variation": "alla svar är lika",
    "no_pairs": "inget ärende är bedömt av flera",
    "no_common_cases": "inget ärende är bedömt av alla",
    "two_answers_only": "räknas bara där det finns två svar",
    "too_alike": "svaren är för lika för ett intervall",
    "too_few_answers": "för få svar för ett intervall",
}


def draw(settings: Settings, asked: dict[str, object], year: int | None, out: Path | None) -> None:
    """Draw a sample, and say where it lies and what it is.

    Args:
        settings: The installation.
        asked: What is asked for, without its year.
        year: The year; the report year unless given.
        out: The sample's own directory, where it is not to lie among the others.

    Raises:
        typer.Exit: If it cannot be drawn.
    """
    if not settings.warehouse_path.exists():
        refuse("Det finns inget att dra ur. Gör så här: kör avvik run först.")
    try:
        with open_warehouse(settings.warehouse_path, read_only=True) as connection:
            chosen = year if year is not None else report_year(connection, settings)
            request = Request(municipality=settings.municipality, year=chosen, **asked)  # type: ignore[arg-type]
            drawn = draw_sample(connection, settings, request, code_version(settings), out)
    except (SampleError, StepRefusedError) as error:
        refuse(str(error), cause=error)
    _tell(drawn)


def _tell(drawn: Drawn) -> None:
    protocol = drawn.protocol
    state = "draget" if drawn.is_new else "finns redan, och är detsamma"
    console.print(f"Stickprovet {protocol['sample_id']} är {state}.", soft_wrap=True)
    print_rows(
        ("Stratum", "I ramen", "Dragna", "Reserver"),
        [
            (each["stratum"], numbers.number(each["frame"]), each["drawn"], each["reserve"])
            for each in protocol["strata_counts"]
        ],
    )
    excluded = protocol["protected_excluded"]
    print_note(f"Beslut med skyddade personuppgifter, som aldrig dras: {excluded}.")
    if beyond := protocol["differences_beyond"]:
        listed = ", ".join(f"{name} {numbers.number(each, 2)}" for name, each in beyond.items())
        limit = numbers.number(RELEVANT_DIFFERENCE, 1)
        print_note(f"Skiljer sig mer än {limit} standardavvikelser från ramen: {listed}.")
    console.print(f"Filer: {drawn.directory}", soft_wrap=True)
    who = "bedömarna" if protocol["purpose"] == ASSESSMENT else "dem som skriver breven"
    print_note(f"Nyckeln {KEY} lämnas aldrig till {who}.")


def agreement(settings: Settings, directory: Path, shape: Format) -> None:
    """Put together what was filled in, and print it.

    Args:
        settings: Where openings are logged.
        directory: The sample's.
        shape: How to print.

    Raises:
        typer.Exit: If something is filled in wrongly.
    """
    try:
        agreed = agreement_of(directory, settings)
    except SampleError as error:
        refuse(str(error), cause=error)
    if shape is not Format.TABLE:
        names = [field.name for field in fields(Coefficient)]
        print_rows(names, [[getattr(row, name) for name in names] for row in agreed.found], shape)
        return
    print_rows(("Vad", "Mått", "Skala", "Värde", "Osäkerhet", "Fall", ""), _lines(agreed.found))
    _rest(agreed)


def _lines(found: Sequence[Coefficient]) -> list[tuple[str, ...]]:
    return [
        (
            row.measure,
            row.coefficient,
            row.level,
            "" if row.estimate is None else numbers.number(row.estimate, 2),
            ""
            if row.lower is None or row.upper is None
            else numbers.interval(row.lower, row.upper, 2),
            numbers.number(row.cases),
            _NOTES.get(row.note, ""),
        )
        for row in found
    ]


def _rest(agreed: Agreed) -> None:
    if agreed.silent:
        print_note(f"Har inte fyllts i än: {', '.join(agreed.silent)}.")
    print_note("Det kommer med i marts.agreement vid nästa körning: avvik run.")
