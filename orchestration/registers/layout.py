"""What a delivered file is, found out without reading its rows.

Format, encoding, delimiter and header, and how each column of the contract is taken from the file's
own columns. Refuses what is not a table of the contract's columns. What a municipality calls its
columns and codes belongs in `mapping`, reading rows in `reading`, judging cells in `loading`.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Literal

import duckdb
import python_calamine

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Contract
from orchestration.registers.encoding import encoding_of
from orchestration.registers.mapping import (
    CONTRACT_FORM,
    RegisterMapping,
    cell_sql,
    constant_sql,
)

_HEADER_LIMIT = 1 << 16
_LONGEST_STRETCH = 4 << 20
_DELIMITERS = (";", ",", "\t", "|")

Format = Literal["csv", "xlsx", "parquet"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One landed file of a register.

    Attributes:
        sequence: Place in the order of receipt.
        delivery_id: SHA-256 of the bytes.
        file_name: The supplier's file name.
        path: The landed bytes.
        received_on: ISO date of receipt.
    """

    sequence: int
    delivery_id: str
    file_name: str
    path: Path
    received_on: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read.

    Attributes:
        format: What kind of file it is.
        encoding: `utf-8` or `windows-1252` for text.
        delimiter: What parts the fields of a text file.
        columns: A name for each of the file's columns, in the file's order; safe to use in SQL.
        cells: For each column of the contract, SQL over the file's columns that gives the cell's
            text in the contract's form, null where the cell is empty or the column is not there.
        absent: The optional columns of the contract that the file does not have.
        unknown: Names in the header that the contract does not know; never a name with a digit,
            which may be somebody's value.
    """

    format: Format
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    cells: Mapping[str, str]
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def inspect(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping = CONTRACT_FORM
) -> Layout | list[Breach]:
    """Find out how a file is laid out, without reading its cells.

    Args:
        contract: The version of the register's contract that holds for the file.
        delivery: The landed file.
        mapping: How the municipality's export maps to the contract.

    Returns:
        Its layout, or what is wrong with it.
    """
    with delivery.path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        return [Breach(delivery.file_name, "tom_fil")]
    if head.startswith(b"PAR1"):
        return _inspect_parquet(contract, delivery, mapping)
    if head.startswith(b"PK\x03\x04"):
        return _inspect_workbook(contract, delivery, mapping)
    if b"\0" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"<", b"{", b"["}:
        return [Breach(delivery.file_name, "filformat")]
    return _inspect_text(contract, delivery, mapping, head)


def _inspect_text(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping, head: bytes
) -> Layout | list[Breach]:
    encoding = encoding_of(delivery.path, mapping.form.encodings)
    if encoding is None:
        return [Breach(delivery.file_name, "teckenkodning")]
    if _has_endless_line(delivery.path):
        return [Breach(delivery.file_name, "olasbar")]
    first_line = head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()[0]
    found = _split(first_line, mapping.form.delimiter_sign)
    if len(found) == 1 and any(mark in found[0] for mark in _DELIMITERS):
        return [Breach(delivery.file_name, "avgransare", first_row=1)]
    # Whatever the columns are called, in SQL they get names that cannot clash or inject.
    safe = tuple(f"c{place}" for place in range(len(found)))
    layout = Layout("csv", encoding, mapping.form.delimiter_sign, safe, {})
    return _with_cells(contract, delivery, mapping, layout, found)


def _has_endless_line(path: Path) -> bool:
    """Whether some stretch of a file lacks line ends; DuckDB leaves such a line out untold.

    It rejects what is longer than its limit of 2 MB, but not what is longer than its buffer.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return any(
            content.find(b"\n", start, start + _LONGEST_STRETCH) < 0
            and content.find(b"\r", start, start + _LONGEST_STRETCH) < 0
            for start in range(0, len(content) - _LONGEST_STRETCH + 1, _LONGEST_STRETCH)
        )


def is_tellable(name: str) -> bool:
    """Whether an unknown column's name may be repeated: it looks like a name, not like a value.

    Args:
        name: What stands in the header.

    Returns:
        True if it is short and of letters.
    """
    return re.fullmatch(r"[^\W\d]{1,40}", name) is not None


def _with_cells(
    contract: Contract,
    delivery: Delivery,
    mapping: RegisterMapping,
    layout: Layout,
    header: tuple[str, ...],
) -> Layout | list[Breach]:
    """Take each of the contract's columns from the one that the mapping names."""
    cells: dict[str, str] = {}
    absent = []
    breaches = []
    taken = set()
    for name, column in contract.columns.items():
        if name in mapping.constants:
            cells[name] = constant_sql(mapping.constants[name])
            continue
        wanted = mapping.column_in_file(name)
        taken.add(wanted)
        found = header.count(wanted)
        if found == 1:
            source = quoted(layout.columns[header.index(wanted)])
            cells[name] = cell_sql(name, column, source, mapping)
        elif found > 1:
            breaches.append(Breach(delivery.file_name, "kolumn_dubbel", column=name, first_row=1))
        elif column.optional:
            cells[name] = "null::varchar"
            absent.append(name)
        else:
            breaches.append(Breach(delivery.file_name, "kolumn_saknas", column=name, first_row=1))
    unknown = tuple(name for name in header if name not in taken and is_tellable(name))
    return breaches or replace(layout, cells=cells, absent=tuple(absent), unknown=unknown)


def _inspect_parquet(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping
) -> Layout | list[Breach]:
    try:
        names = tuple(
            row[0]
            for row in duckdb.connect()
            .execute(
                "select column_name from (describe from read_parquet($path))",
                {"path": str(delivery.path)},
            )
            .fetchall()
        )
    except duckdb.Error:
        return [Breach(delivery.file_name, "filformat")]
    layout = Layout("parquet", "", "", names, {})
    return _with_cells(contract, delivery, mapping, layout, names)


def _inspect_workbook(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping
) -> Layout | list[Breach]:
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(delivery.path).get_sheet_by_index(0)
        header = next(iter(sheet.iter_rows()), [])
    except (python_calamine.CalamineError, OSError):
        return [Breach(delivery.file_name, "filformat")]
    names = tuple(str(cell).strip() for cell in header)
    safe = tuple(f"c{place}" for place in range(len(names)))
    layout = Layout("xlsx", "utf-8", mapping.form.delimiter_sign, safe, {})
    return _with_cells(contract, delivery, mapping, layout, names)


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    cells = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    return tuple(cell.strip() for cell in cells)


def quoted(name: str) -> str:
    """A name as SQL takes it.

    Args:
        name: A column's name.

    Returns:
        The name within quotation marks.
    """
    return '"' + name.replace('"', '""') + '"'
