"""`avvik disclosure`: what could be worked out of all that is and has been shown.

`audit`, `import-published` and `accept-lost-ledger` print counts alone; `explain` tells of one cell
to those who may read the restricted files. How it is decided belongs in `orchestration.disclosure`,
what is read and kept in the flow.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import typer

from orchestration.cli.output import STOPPED, console, errors, print_note, print_rows, refuse
from orchestration.disclosure.cells import UnequalSumError
from orchestration.disclosure.policy import PolicyError
from orchestration.flow.disclosing import Audited, NothingToDecideError, audit_warehouse
from orchestration.flow.explaining import Cell, Explained, NoSuchCellError, Sum, explain
from orchestration.flow.ledger import LedgerError, import_published
from orchestration.flow.restarting import NotLostError, accept_lost_ledger
from orchestration.flow.restricted import RestrictedHeldError
from orchestration.language import words
from orchestration.language.numbers import number as told
from orchestration.settings import Settings
from orchestration.storage.warehouse import WarehouseHeldError


def audit(settings: Settings, policy_file: Path | None) -> None:
    """Audit the warehouse, and print what it came to.

    Args:
        settings: The installation.
        policy_file: What is small; the packaged policy unless given.

    Raises:
        typer.Exit: If it cannot be done, or a small cell could be worked out.
    """
    try:
        audited = audit_warehouse(settings, policy_file)
    except (NothingToDecideError, RestrictedHeldError, WarehouseHeldError) as error:
        refuse(str(error), cause=error)
    except (LedgerError, PolicyError) as error:
        raise _stopped(str(error)) from error
    except UnequalSumError as error:
        raise _stopped(
            "Röjandekontrollen stoppade: en summa som är deklarerad stämmer inte. Gör så här: se"
            " dbt-testet assert_declared_sums_hold, rätta count_sums.csv eller registret och kör"
            " avvik run igen."
        ) from error
    _tell(audited)
    if audited.recoverable:
        raise typer.Exit(STOPPED)


def _stopped(message: str) -> typer.Exit:
    errors.print(message, soft_wrap=True)
    return typer.Exit(STOPPED)


def _tell(found: Audited) -> None:
    console.print(
        f"Små celler (1–4 eller som reglerna säger): {told(found.secrets)} av"
        f" {told(found.cells)}, varav {told(found.shown_secrets)} står i en tabell.",
        soft_wrap=True,
    )
    if found.published or found.following:
        console.print(
            f"Av dem är {told(found.published + found.following)} redan ute:"
            f" {told(found.published)} har visats i tidigare utgåvor, och {told(found.following)}"
            " till följer av dem vad som än döljs nu. Det går inte att ta tillbaka; kvar att"
            f" skydda är {told(found.kept_secret)}.",
            soft_wrap=True,
        )
    console.print(
        f"Dolda för sig, utan annat skydd, går {told(found.bare)} av {told(found.kept_secret)} att"
        " räkna fram.",
        soft_wrap=True,
    )
    console.print(
        f"Därför döljs {told(found.secondary)} celler till, med {told(found.persons)} personer,"
        f" hushåll eller ärenden. Då går {told(found.recoverable)} av {told(found.kept_secret)} att"
        " räkna fram.",
        soft_wrap=True,
    )
    print_note(
        f"Block: {told(found.decided)} prövade nu, {told(found.kept)} oförändrade;"
        f" {told(found.seconds, 1)} sekunder."
    )
    if found.gone:
        print_note(
            f"{told(found.gone)} celler har publicerats och finns inte längre i lagret; vad de gör"
            " känt vägs inte in."
        )
    print_note(f"Vilka cellerna är står i {found.path}, som bara ägaren läser.")


def read_published(settings: Settings) -> None:
    """Write the publications that lie in the home into the ledger, and print how many they were.

    Args:
        settings: The installation.

    Raises:
        typer.Exit: If it cannot be done.
    """
    try:
        found = import_published(settings)
    except (RestrictedHeldError, WarehouseHeldError) as error:
        refuse(str(error), cause=error)
    except LedgerError as error:
        raise _stopped(str(error)) from error
    console.print(
        f"Utgåvor: {told(found.editions)} inskrivna nu, {told(found.kept)} stod redan i liggaren."
        f" Tillsammans har de visat {told(found.cells)} olika celler.",
        soft_wrap=True,
    )
    console.print(
        "Det som har visats räknas från nu som känt av alla och kan inte tas tillbaka. Hur många"
        " små celler det är säger avvik disclosure audit, som skyddar de andra med det i minnet.",
        soft_wrap=True,
    )
    print_note(
        f"Liggaren ligger i {settings.ledger_path}, som bara ägaren läser. Ta kopior av den."
    )


def begin_anew(settings: Settings, reason: str) -> None:
    """Begin a new ledger in the place of one that is lost, and print what it knows.

    Args:
        settings: The installation.
        reason: Why.

    Raises:
        typer.Exit: If the ledger is whole, or it cannot be done.
    """
    try:
        found, kept = accept_lost_ledger(settings, reason)
    except (NotLostError, RestrictedHeldError, WarehouseHeldError) as error:
        refuse(str(error), cause=error)
    except LedgerError as error:
        raise _stopped(str(error)) from error
    console.print(
        f"En ny liggare är påbörjad. Utgåvor som finns kvar: {told(found.editions)}, celler som de"
        f" har visat: {told(found.cells)}. Vad som visades i andra utgåvor är inte känt längre, och"
        " det sägs i meta.publication vid varje publicering.",
        soft_wrap=True,
    )
    if kept is not None:
        print_note(f"Det som är kvar av den gamla ligger i {kept}.")


_QUANTITIES = {
    "count": "antal",
    "unallocated": "av ingen nämnd",
    "half_year": "efter att nämnderna slogs ihop",
    "unknown": "okänd grupp",
    "complement": "utan det som räknas i delen",
    "overlap": "räknade två gånger",
}
_STATUSES = {
    "released": "visas",
    "primary": "döljs, för att den är liten",
    "secondary": "döljs, för att en liten cell annars följer",
    None: "visas inte i någon tabell",
}
_RULES = {
    "small": "färre än reglernas gräns",
    "zero": "noll, som är lika talande som någon i det området",
    "of_few": "av färre personer än reglernas gräns",
    "remainder": "en rest som är mindre än reglernas gräns",
    "dominated": "ett belopp som en enda har nästan allt av",
}
_ATTACKS = {
    "exact": "följer exakt av det som visas",
    "narrow": "går att ringa in för nära",
    "published": "har visats i en tidigare utgåva",
    "insider": "följer för den som är ensam i en annan cell",
}
_KINDS = {
    "parts": "delar av en indelning",
    "boards": "stadsdelsnämnder",
    "maps": "tidigare nämnder",
    "counts": "antal som ligger i varandra",
}


def tell_of(settings: Settings, cell_id: str) -> None:
    """Print what a cell is, whether it is shown, why not, and which sums it stands in.

    Args:
        settings: The installation.
        cell_id: Its name.

    Raises:
        typer.Exit: If there is no such cell, or it cannot be told.
    """
    try:
        found = explain(settings, cell_id)
    except (NoSuchCellError, RestrictedHeldError, WarehouseHeldError) as error:
        refuse(str(error), cause=error)
    except LedgerError as error:
        raise _stopped(str(error)) from error
    console.print(f"{found.cell.cell_id}: {_named(found.cell)}", soft_wrap=True)
    for line in (*_decision(found), *_history(found)):
        console.print(line, soft_wrap=True)
    if found.sums:
        print_rows(
            ("summa", "slag", "led", "cell", "antal", "besked"),
            [row for each in found.sums for row in _terms(each)],
        )
    print_note("Beskedet är för den som får läsa restricted/: sprid det inte.")


def _named(cell: Cell) -> str:
    group = words.category(cell.category, cell.breakdown)
    return ", ".join(
        each
        for each in (
            cell.counted_sv,
            None if cell.quantity == "count" else _QUANTITIES[cell.quantity],
            str(cell.period_start.year),
            cell.place,
            group,
        )
        if each
    )


def _decision(found: Explained) -> Iterator[str]:
    cell, decided = found.cell, found.cell.told
    same = cell.persons == cell.value
    persons = "" if same else f", av {told(cell.persons)} personer eller hushåll"
    yield f"Antal: {told(cell.value)}{persons}."
    if cell.is_public:
        yield "En annan utgivare har publicerat samma uppgift: den är känd av alla."
    yield f"Besked: {_STATUSES[decided.status]}."
    if decided.rule is not None:
        yield f"Regel: {_RULES[decided.rule]}."
    if decided.attack is not None:
        yield f"Skyddet räcker inte: cellen {_ATTACKS[decided.attack]}."
    elif decided.greatest is not None and decided.least is not None:
        most = "obegränsat" if math.isinf(decided.greatest) else told(decided.greatest)
        yield f"Så nära kommer man: minst mellan {told(decided.least)} och {most} är möjligt."


def _history(found: Explained) -> Iterator[str]:
    for each in found.published:
        day, how = f"{each.published_at:%Y-%m-%d}", "visat" if each.released else "dolt"
        yield f"Utgåva {each.publication_id} ({day}): {told(each.value)}, {how}."
    if found.is_out:
        yield "Cellen har visats som den är, och är känd av alla."


def _terms(found: Sum) -> Iterator[tuple[str, str, str, str, str, str]]:
    for coefficient, cell in found.terms:
        yield (
            found.declared_in,
            _KINDS[found.kind],
            "hela" if coefficient > 0 else "del",
            f"{cell.cell_id} ({_named(cell)})",
            told(cell.value),
            _STATUSES[cell.told.status],
        )
