"""From a printed number to the bytes it came from: its cells, how they are counted, the deliveries.

Reads the list of numbers that lies beside the published documents, what the snapshot says of its
tables and cells, and landing; makes nothing anew. How it is told belongs in the command.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.database import connect
from orchestration.findings.cells import Cell, Quantity
from orchestration.flow.calculations import calculations
from orchestration.language import numbers as writing
from orchestration.language import quantities, words
from orchestration.language.inline import Form, Number, Style, printed
from orchestration.reporting.addresses import MEMORANDUM, NUMBERS_NAME
from orchestration.reporting.calculation import Calculation
from orchestration.reporting.origins import Origin, Origins, load_origins
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.snapshot import SNAPSHOT_NAME
from orchestration.storage.warehouse import open_warehouse

# A yearly value rests on the deliveries of its year, where they say which period they are of.
_DELIVERIES = """
select name, file_name, delivery_id, period, received_at, rows_loaded, synthetic
from meta.deliveries
where outcome = 'loaded' and name in (select unnest(?))
order by name, period, received_at
"""


# A cell is a count, which several indicators may show.
_VALUES = """
select
    shown.indicator_id, shown.period_start, shown.geography_id, shown.breakdown, shown.category,
    shown.value, shown.status, indicators.measure, indicators.unit
from marts.indicator_values as shown
inner join marts.indicators as indicators on shown.indicator_id = indicators.indicator_id
where shown.cell_id = ?
order by all
"""
_KEYS = ("indicator_id", "period_start", "geography_id", "breakdown", "category")


class UntraceableError(Exception):
    """A number that cannot be followed; the text is Swedish and says what to do."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A delivery that a number rests on.

    Attributes:
        name: The register or dataset.
        file_name: What its file was called.
        sha256: Its fingerprint, which is its name in landing.
        period: Which period it is of; empty where it does not say.
        received_at: When it came.
        rows: How many of its rows were taken in.
        synthetic: Whether it is made up.
        path: Where its bytes lie.
    """

    name: str
    file_name: str
    sha256: str
    period: str
    received_at: datetime
    rows: int
    synthetic: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Traced:
    """A number, and all that it rests on.

    Attributes:
        number_id: Its id, or the name of the cell that was asked for.
        document: Where the document that prints it lies in the publication, as a page; empty for a
            cell.
        text: As it is printed.
        place: Anchor of the table, figure or heading that it stands under.
        cells: The table, row and column of each cell.
        origin: The same in words.
        calculation: How the indicator is counted; None where it is of none.
        deliveries: What came from outside, the earliest period first.
    """

    number_id: str
    document: str
    text: str
    place: str
    cells: Sequence[Cell]
    origin: Origin
    calculation: Calculation | None
    deliveries: Sequence[Bytes] = field(default_factory=tuple)


@contextmanager
def tracing(settings: Settings, directory: Path) -> Iterator[Callable[[str], list[Traced]]]:
    """Follow numbers of a publication.

    Args:
        settings: The installation.
        directory: The publication, in whose documents they stand.

    Yields:
        A function that takes a number's id, such as `P12`, what is printed, such as `527
        personer`, or the name of a cell as `marts.indicator_values` has it, and returns all that
        are printed so, document by document, or each value that shows the cell; at least
        one. It raises `UntraceableError` where nothing is called or printed so, and `LostError`
        where bytes are gone or changed.

    Raises:
        UntraceableError: If nothing is published.
        WarehouseHeldError: If another process holds the warehouse.
    """
    path = directory / NUMBERS_NAME
    if not path.exists() or not settings.warehouse_path.exists():
        raise UntraceableError("Inget är publicerat än. Gör så här: kör avvik run först.")
    rows = json.loads(path.read_text("utf-8"))
    store = LandingStore(settings.landing_dir)
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        origins, counted = load_origins(connection), calculations(connection)

        def follow(asked: str) -> list[Traced]:
            found = [row for row in rows if _is_asked(row, asked)] or _values_of(directory, asked)
            if not found:
                raise UntraceableError(
                    f"Inget tal i dokumenten heter eller skrivs {asked}, och ingen cell heter så."
                    " Gör så här: skriv talets nummer ur siffernyckeln, som P12, talet så som det"
                    " står, som ”527 personer”, eller en cell ur kolumnen cell_id i"
                    " marts.indicator_values."
                )
            return [
                _traced(row, origins, counted.get(_indicator(row) or ""), connection, store)
                for row in found
            ]

        yield follow


def _values_of(directory: Path, cell_id: str) -> list[dict[str, Any]]:
    """Each value of the publication that shows a cell, as the list of numbers would have it."""
    with closing(connect(directory / SNAPSHOT_NAME, read_only=True)) as snapshot:
        shown = snapshot.execute(_VALUES, [cell_id.strip()]).fetchall()
    found = []
    for *keys, value, status, measure, unit in shown:
        form = Form(Style.FULL, quantities.decimals(measure, unit, [value]), measure, unit)
        found.append(
            {
                "number_id": cell_id.strip(),
                "document": "",
                "text": words.word(words.STATUSES, status)
                if value is None
                else printed(value, form),
                "quantity": Quantity.VALUE,
                "place": "",
                "cells": [
                    {
                        "table": "marts.indicator_values",
                        "row": dict(zip(_KEYS, keys, strict=True)),
                        "column": "value",
                    }
                ],
            }
        )
    return found


def _is_asked(row: dict[str, Any], asked: str) -> bool:
    plain = asked.strip().replace(" ", writing.NO_BREAK_SPACE)
    text = str(row["text"])
    # The unit may stand in the sentence beside the number.
    return (
        asked.strip() == row["number_id"]
        or plain == text
        or plain.startswith(f"{text}{writing.NO_BREAK_SPACE}")
    )


def _indicator(row: dict[str, Any]) -> str | None:
    for cell in row["cells"]:
        if name := cell["row"].get("indicator_id"):
            return str(name)
        if (found := str(cell["row"].get("deviation_id") or "").split(":"))[2:]:
            return found[2]
    return None


def _traced(
    row: dict[str, Any],
    origins: Origins,
    calculation: Calculation | None,
    connection: duckdb.DuckDBPyConnection,
    store: LandingStore,
) -> Traced:
    cells = tuple(
        Cell(each["table"], tuple(map(_dated, each["row"].items())), each["column"] or "")
        for each in row["cells"]
    )
    origin = origins.of(Number(0.0, Form(), cells, Quantity(row["quantity"])))
    return Traced(
        number_id=row["number_id"],
        # A list from before there were two documents is of the memorandum alone.
        document=row.get("document", MEMORANDUM.page),
        text=row["text"],
        place=row["place"],
        cells=cells,
        origin=origin,
        calculation=calculation,
        deliveries=tuple(_deliveries(connection, store, origin)),
    )


def _dated(key: tuple[str, Any]) -> tuple[str, Any]:
    name, value = key
    is_day = name == "period_start" and isinstance(value, str)
    return (name, date.fromisoformat(value)) if is_day else key


def _deliveries(
    connection: duckdb.DuckDBPyConnection, store: LandingStore, origin: Origin
) -> Iterator[Bytes]:
    rows = connection.execute(_DELIVERIES, [list(origin.sources)]).fetchall()
    years = {word for word in origin.period.split() if word.isdigit()}
    of_period = [row for row in rows if any(str(row[3] or "").startswith(year) for year in years)]
    for name, file_name, delivery_id, period, received_at, loaded, synthetic in of_period or rows:
        yield Bytes(
            name,
            file_name,
            delivery_id,
            period or "",
            received_at,
            loaded,
            bool(synthetic),
            store.intact(delivery_id),
        )
