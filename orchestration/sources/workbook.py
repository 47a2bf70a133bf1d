"""Workbooks (xlsx) as rows of text, bounded, with one kind of error.

What a sheet's columns mean belongs in the publisher's module or in a declared layout.
"""

import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import openpyxl

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.registry import Dataset

_LARGEST_UNPACKED: Final = 256 << 20
_MOST_ROWS: Final = 20_000
_MOST_COLUMNS: Final = 400
_OLD_FORMAT: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: Without surrounding blanks.
        rows: Each row's cells as text without surrounding blanks; the first row is number 1.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]


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
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            return [Sheet(each.title.strip(), tuple(_rows(each))) for each in book.worksheets]
    except Exception:  # noqa: BLE001 - a damaged archive fails in whichever layer meets it first
        raise _no_workbook(
            dataset,
            "filen går inte att läsa som en arbetsbok, eller är orimligt stor",
            "Hämta filen på nytt från utgivaren.",
        ) from None


def _check_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _LARGEST_UNPACKED:
        raise ValueError(unpacked)


def _rows(sheet: Any) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)):
        if number >= _MOST_ROWS:
            raise ValueError(number)
        texts = [_text(value) for value in row]
        while texts and not texts[-1]:
            texts.pop()
        yield tuple(texts)


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
