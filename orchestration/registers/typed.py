"""Cells that carry a type of their own, in Parquet and in workbooks, as text that says so.

A number, a date or a truth value that the file holds as one can be read in one way only, whatever
form the municipality's texts have. A mark before the text says what it was, until `mapping` has
brought it into the contract's form. What can no longer be told (an error, digits that are lost) is
`UNREADABLE`, which no column takes for a value and none takes for empty.
"""

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

# Control characters, which no text cell begins with.
NUMBER, DATE, TRUTH, UNREADABLE = "\x11", "\x12", "\x13", "\x1a"

# `text`: written by a person or a system, in the municipality's form. `mixed`: each cell says.
Kind = Literal["text", "number", "date", "truth", "mixed"]

# Excel keeps fifteen digits of a number, and writes zeros for the others.
_DIGITS_KEPT = 15
# Whole numbers above this have no digit of their own in four bytes.
_FLOAT_LIMIT = 1 << 24

_WHOLE = {
    f"{sign}{size}"
    for sign in ("", "U")
    for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
}


@dataclass(frozen=True, slots=True)
class Source:
    """A cell of a file, as SQL.

    Attributes:
        sql: Text of type varchar, null where the cell is empty.
        kind: What kind of text it is.
    """

    sql: str
    kind: Kind = "text"


def cell_text(cell: object) -> str:
    """A workbook's cell as marked text.

    Args:
        cell: What the reader of workbooks gives.

    Returns:
        Its text, with a mark before it where it is typed.
    """
    match cell:
        case bool():
            return f"{TRUTH}{'J' if cell else 'N'}"
        case int() | float():
            return _number_text(cell)
        case datetime() if cell.time() != time():
            return f"{DATE}{cell}"
        case date():
            return f"{DATE}{cell:%Y-%m-%d}"
    text = str(cell).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)


def _number_text(number: float) -> str:
    if not math.isfinite(number) or abs(number) >= 10**_DIGITS_KEPT:
        return UNREADABLE
    if number == int(number):
        return f"{NUMBER}{int(number)}"
    return f"{NUMBER}{Decimal(repr(number)):f}"


def parquet_source(column: str, sql_type: str) -> Source:
    """A Parquet column's cell.

    Args:
        column: The column's name as SQL takes it.
        sql_type: The type that DuckDB gives it.

    Returns:
        The cell as text, of the one kind that the column has.
    """
    text = f"{column}::varchar"
    base = "" if sql_type.endswith("]") else sql_type.partition("(")[0]
    for kinds, kind, sql in _READINGS:
        if base in kinds:
            return Source(sql(column, text, sql_type), kind)
    return Source(_unreadable_sql(column), "mixed")


def _as_text_sql(_column: str, text: str, _sql_type: str) -> str:
    return text


def _decimal_sql(column: str, text: str, _sql_type: str) -> str:
    return _without_zeros_sql(column, text, "decimal(38, 0)")


def _float_sql(column: str, text: str, sql_type: str) -> str:
    limit = _FLOAT_LIMIT if sql_type == "FLOAT" else 10**_DIGITS_KEPT
    small = f"rtrim(format('{{:.20f}}', {column}::double), '0')"
    told = f"case when contains({text}, 'e') then {small} else {text} end"
    whole = _without_zeros_sql(column, told, "bigint")
    lost = f"not isfinite({column}) or abs({column}) >= {limit}"
    return f"case when {lost} then '{UNREADABLE}' else {whole} end"


def _truth_sql(column: str, _text: str, _sql_type: str) -> str:
    return f"case {column} when true then 'J' when false then 'N' end"


def _moment_sql(column: str, text: str, _sql_type: str) -> str:
    """A zone is no part of a day: only what is midnight as it stands is a date."""
    moment = f"make_timestamp(epoch_us({column}))"
    day = f"{moment}::date"
    return f"case when {day}::timestamp = {moment} then {day}::varchar else {text} end"


def _bytes_sql(column: str, _text: str, _sql_type: str) -> str:
    """Older writers leave out that their bytes are text."""
    return f"coalesce(try(decode({column})), {_unreadable_sql(column)})"


def _written_sql(_column: str, text: str, _sql_type: str) -> str:
    return f"nfc_normalize({text})"


_MOMENTS = ("", "_S", "_MS", "_NS", " WITH TIME ZONE", " WITH TIME ZONE_NS", "_NS WITH TIME ZONE")
_READINGS: list[tuple[frozenset[str], Kind, Callable[[str, str, str], str]]] = [
    (frozenset(_WHOLE), "number", _as_text_sql),
    (frozenset({"DECIMAL"}), "number", _decimal_sql),
    (frozenset({"FLOAT", "DOUBLE"}), "number", _float_sql),
    (frozenset({"BOOLEAN"}), "truth", _truth_sql),
    (frozenset({"DATE"}), "date", _as_text_sql),
    (frozenset(f"TIMESTAMP{each}" for each in _MOMENTS), "date", _moment_sql),
    (frozenset({"BLOB"}), "mixed", _bytes_sql),
    (frozenset({"VARCHAR", "ENUM"}), "text", _written_sql),
    (frozenset({"UUID", '"NULL"'}), "text", _as_text_sql),
]


def _without_zeros_sql(column: str, text: str, whole: str) -> str:
    """A number that is whole is written without decimals, as an id is."""
    return f"case when {column} = trunc({column}) then ({column}::{whole})::varchar else {text} end"


def _unreadable_sql(column: str) -> str:
    return f"case when {column} is not null then '{UNREADABLE}' end"
