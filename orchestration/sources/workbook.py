"""Workbooks of publishers: sheets of texts, and which cells hold something that cannot be read.

What a workbook says of its own extents is not believed, and what it has that cannot be read is
never an empty cell. What a sheet's columns mean belongs in the publisher's module or in a declared
layout.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import openpyxl
from openpyxl.utils import get_column_letter

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.registry import Dataset

_LARGEST_UNPACKED: Final = 256 << 20
_MOST_ROWS: Final = 20_000
_MOST_COLUMNS: Final = 400
_OLD_FORMAT: Final = b"\xd0\xcf\x11\xe0"
_WORKSHEETS: Final = "xl/worksheets/"
# A cell's value, whatever prefix the writer gives the names; empty values are no values.
_FILLED: Final = re.compile(rb"<(?:\w+:)?(?:v(?: [^<>]*)?>[^<]|is[ >])")

_PROPERTIES: Final = "docProps/core.xml"
_SAVED: Final = re.compile(rb"<dcterms:modified[^<>]*>([0-9]{4}-[0-9]{2}-[0-9]{2})T")

# Row of the sheet (the first is 1) and place of the column (the first is 0).
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: Without surrounding blanks.
        rows: Each row's cells as text without surrounding blanks; the first row is number 1.
        unreadable: What stands in cells that hold something which cannot be read, in Swedish.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    unreadable: Mapping[Place, str]


def read_workbook(content: bytes, dataset: Dataset) -> list[Sheet]:
    """Read all sheets of a workbook.

    Args:
        content: The file.
        dataset: What it is said to be.

    Returns:
        The sheets; whole numbers without decimals, dates as ISO text, empty cells as empty text.

    Raises:
        SourceFormatError: If it is no such workbook, damaged or beyond all measure.
    """
    if content.startswith(_OLD_FORMAT):
        raise _no_workbook(
            dataset,
            "en arbetsbok i det äldre formatet xls",
            "Öppna filen i ett kalkylprogram, spara den som xlsx och lämna den igen.",
        )
    try:
        _check_size(content)
        with warnings.catch_warnings():
            # A publisher's validation rules and styles are none of our business.
            warnings.simplefilter("ignore")
            results = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            formulas = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            # Who asks for all to be calculated anew has not calculated what is stored.
            uncalculated = bool(results.calculation and results.calculation.fullCalcOnLoad)
            read = [
                _sheet(result, formula, uncalculated=uncalculated)
                for result, formula in zip(results.worksheets, formulas.worksheets, strict=True)
            ]
        _check_all_is_read(content, sum(count for _, count in read))
        return [sheet for sheet, _ in read]
    except Exception:  # noqa: BLE001 - a damaged archive fails in whichever layer meets it first
        raise _no_workbook(
            dataset,
            "filen går inte att läsa som en arbetsbok, eller är orimligt stor",
            "Hämta filen på nytt från utgivaren.",
        ) from None


def saved_on(content: bytes) -> date | None:
    """Tell the day on which a workbook was last saved, as its own properties have it.

    Args:
        content: A workbook that `read_workbook` has read.

    Returns:
        The day in UTC; None where the workbook does not say.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if _PROPERTIES not in archive.namelist():
            return None
        found = _SAVED.search(archive.read(_PROPERTIES))
    try:
        return date.fromisoformat(found[1].decode("ascii")) if found else None
    except ValueError:
        return None


def require_readable(
    sheet: Sheet, dataset: Dataset, *, until_row: int, columns: Iterable[int] = ()
) -> None:
    """Refuse a sheet where something that is needed cannot be read.

    Args:
        sheet: As `read_workbook` read it.
        dataset: What the workbook is said to be.
        until_row: All cells are needed up to and with this row.
        columns: Places of the columns that are needed below it.

    Raises:
        SourceFormatError: If a needed cell holds something that cannot be read.
    """
    needed = set(columns)
    for (row, column), found in sorted(sheet.unreadable.items()):
        if row <= until_row or column in needed:
            raise SourceFormatError(
                dataset,
                place=f"bladet {sheet.name}, rad {row}, kolumn {get_column_letter(column + 1)}",
                found=found,
                expected="celler med tal, text eller utgivarens tecken",
                action="Öppna arbetsboken i ett kalkylprogram, låt det räkna om den, rätta cellen "
                "eller be utgivaren om en rättad fil, och lämna den igen.",
            )


def _check_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _LARGEST_UNPACKED:
        raise ValueError(unpacked)


def _check_all_is_read(content: bytes, cells_read: int) -> None:
    """Hold the cells that were read against those that the file has, in whatever order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        filled = sum(
            len(_FILLED.findall(archive.read(part)))
            for part in archive.infolist()
            if part.filename.startswith(_WORKSHEETS) and part.filename.endswith(".xml")
        )
    if filled > cells_read:
        raise ValueError(filled)


def _sheet(results: Any, formulas: Any, *, uncalculated: bool) -> tuple[Sheet, int]:
    """Read a sheet twice, as stored results and as formulas; tell also how many cells it has."""
    # The declared extents are the writer's own, and may be those of an earlier edition.
    results.reset_dimensions()
    formulas.reset_dimensions()
    rows: list[tuple[str, ...]] = []
    unreadable: dict[Place, str] = {}
    filled = 0
    for number, (row, origins) in enumerate(
        zip(results.iter_rows(), formulas.iter_rows(), strict=True), start=1
    ):
        if number > _MOST_ROWS or len(row) > _MOST_COLUMNS:
            raise ValueError(number)
        texts = []
        for place, (cell, origin) in enumerate(zip(row, origins, strict=True)):
            texts.append(_text(cell.value))
            filled += cell.value is not None
            if wrong := _unreadable(cell, origin, uncalculated=uncalculated):
                unreadable[number, place] = wrong
        while texts and not texts[-1]:
            texts.pop()
        rows.append(tuple(texts))
    return Sheet(results.title.strip(), tuple(rows), unreadable), filled


def _unreadable(cell: Any, origin: Any, *, uncalculated: bool) -> str | None:
    """What is wrong with a cell, in Swedish; None where it can be read."""
    if cell.data_type == "e":
        return f"felvärdet {cell.value}"
    # A formula may well have an empty text for its result; it then says so.
    if origin.data_type == "f" and (uncalculated or (cell.value is None and cell.data_type == "n")):
        return "en formel utan uträknat värde"
    return None


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "SANT" if value else "FALSKT"
        case float():
            return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value).replace("\u00a0", " ").strip()


def _no_workbook(dataset: Dataset, found: str, action: str) -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place="hela filen",
        found=found,
        expected="en arbetsbok i formatet xlsx",
        action=action,
    )
