"""Writes a table of a document as the CSV that Swedish spreadsheets open: semicolons, commas.

A cell that is one number is a number there too, as it is printed but without spaces or sign of per
cent; any other cell is text, which no spreadsheet takes for a formula.
"""

from __future__ import annotations

import csv
import io

from orchestration.language import numbers
from orchestration.language.inline import Number, Period, Said, plain
from orchestration.reporting.document import Cell, Table

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(table: Table) -> str:
    """Writes a table's heading and rows, a row a line; its caption is the file's name."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(_text(plain(column.said)) for column in table.columns)
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return written.getvalue()


def _cell(cell: Cell) -> str:
    if not cell.below and _is_number(cell.said):
        # A minus sign of typography, spaces between thousands: no spreadsheet reads them.
        bare = plain(cell.said).replace(numbers.MINUS, "-").removesuffix("%")
        return bare.replace(numbers.NO_BREAK_SPACE, "")
    text = plain(cell.said)
    return _text(f"{text} ({plain(cell.below)})" if cell.below else text)


def _is_number(said: Said) -> bool:
    return len(said) == 1 and isinstance(said[0], Number | Period)


def _text(text: str) -> str:
    text = text.replace(numbers.NO_BREAK_SPACE, " ")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
