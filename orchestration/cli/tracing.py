"""What a printed number rests on, told: its cells, how they are counted, and the bytes behind it.

How it is found belongs in `orchestration.flow.tracing`.
"""

from collections.abc import Iterator
from pathlib import Path

from orchestration.cli.output import Format, console, print_rows, refuse
from orchestration.flow.tracing import Traced, UntraceableError, tracing
from orchestration.language import dates
from orchestration.settings import Settings
from orchestration.storage.landing import LostError
from orchestration.storage.warehouse import WarehouseHeldError

# So many numbers that are printed alike are told of; the others are named.
_TOLD = 5
_COLUMNS = ("källa", "fil", "period", "mottagen", "rader", "SHA-256", "ligger i")


def show(settings: Settings, asked: str, directory: Path, shape: Format) -> None:
    """Print what a number rests on.

    Args:
        settings: The installation.
        asked: Its id, or what is printed.
        directory: The publication whose documents it stands in.
        shape: How to print; a program gets the deliveries, a row each.

    Raises:
        typer.Exit: If it cannot be followed, or bytes behind it are lost.
    """
    try:
        with tracing(settings, directory) as follow:
            found = follow(asked)
    except (UntraceableError, WarehouseHeldError) as error:
        refuse(str(error), cause=error)
    except LostError as error:
        refuse(
            f"Byten bakom talet är förlorade eller ändrade: {error.place}. Gör så här: kör avvik"
            " verify, som säger vad som saknas.",
            cause=error,
        )
    if shape is not Format.TABLE:
        rows = [row for each in found for row in _deliveries(each)]
        print_rows(("nummer", *_COLUMNS), rows, shape)
        return
    for each in found[:_TOLD]:
        for line in _told(each):
            console.print(line, soft_wrap=True)
        if each.deliveries:
            print_rows(_COLUMNS, [row[1:] for row in _deliveries(each)])
        console.print()
    if left := [each.number_id for each in found[_TOLD:]]:
        console.print(f"Skrivs likadant: {', '.join(left)}.", soft_wrap=True)


def _told(found: Traced) -> Iterator[str]:
    origin = found.origin
    place = f"{found.document}#{found.place}" if found.place else found.document
    yield f"{found.number_id}: {found.text}" + (f" ({place})" if place else "")
    named = (origin.what, origin.quantity, origin.period, origin.place, origin.group)
    yield f"Uppgift: {'; '.join(each for each in named if each)}"
    for cell in found.cells:
        row = ", ".join(f"{name} = {value}" for name, value in cell.row)
        figure = f"{cell.table}.{cell.column}" if cell.column else cell.table
        yield f"Cell: {figure} där {row or 'alla rader'}"
    if found.calculation is not None:
        chain = (*found.calculation.before, found.calculation.model, *found.calculation.after)
        yield f"Räknas i {found.calculation.model}; kedjan: {' → '.join(chain)}"
    if not found.deliveries:
        yield "Vilar inte på någon leverans."


def _deliveries(found: Traced) -> Iterator[tuple[object, ...]]:
    for each in found.deliveries:
        yield (
            found.number_id,
            each.name + (" (syntetisk)" if each.synthetic else ""),
            each.file_name,
            each.period,
            dates.timestamp(each.received_at),
            each.rows,
            each.sha256,
            str(each.path),
        )
