"""`avvik disclosure audit`: how many small cells could be worked out of all that would be shown.

Counts alone are printed; which cells they are stands in a file that only its owner reads. How it
is decided belongs in `orchestration.disclosure`, what is read and kept in the flow.
"""

from pathlib import Path

import typer

from orchestration.cli.output import STOPPED, console, errors, print_note, refuse
from orchestration.disclosure.cells import UnequalSumError
from orchestration.disclosure.policy import PolicyError
from orchestration.flow.disclosing import Audited, NothingToDecideError, audit_warehouse
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
    except (NothingToDecideError, WarehouseHeldError) as error:
        refuse(str(error), cause=error)
    except PolicyError as error:
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
    console.print(
        f"Dolda för sig, utan annat skydd, går {told(found.bare)} av {told(found.secrets)} att"
        " räkna fram.",
        soft_wrap=True,
    )
    console.print(
        f"Därför döljs {told(found.secondary)} celler till, med {told(found.persons)} personer,"
        f" hushåll eller ärenden. Då går {told(found.recoverable)} av {told(found.secrets)} att"
        " räkna fram.",
        soft_wrap=True,
    )
    print_note(
        f"Block: {told(found.decided)} prövade nu, {told(found.kept)} oförändrade;"
        f" {told(found.seconds, 1)} sekunder."
    )
    print_note(f"Vilka cellerna är står i {found.path}, som bara ägaren läser.")
    print_note(
        "Det publicerade är ännu inte skyddat: beskeden gäller vad som skulle döljas. Se"
        " docs/disclosure.md."
    )
