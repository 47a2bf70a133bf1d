"""What a delivered file is, found out without reading its rows.

Format, encoding, delimiter and header, and how each column of the contract is taken from the file's
own columns. Refuses what is not a table of the contract's columns. Reading rows belongs in
`reading`, judging cells in `loading`.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import python_calamine

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Contract
from orchestration.registers.encoding import encoding_of

_HEADER_LIMIT = 1 << 16
_DELIMITER = ";"
_OTHER_DELIMITERS = (",", "\t", "|")

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
            text in the contract's form, null where the cell is empty.
        unknown: Names in the header that the contract does not know; never a name with a digit,
            which may be somebody's value.
    """

    format: Format
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    cells: Mapping[str, str]
    unknown: tuple[str, ...] = ()


def file_period(contract: Contract, file_name: str) -> str | None:
    """The period that a file name carries.

    Args:
        contract: The register's contract.
        file_name: The supplier's file name, with or without directories.

    Returns:
        `YYYY` or `YYYY-MM`, or None if the name does not follow the contract.
    """
    forms = {"year": r"\d{4}", "month": r"\d{4}-(?:0[1-9]|1[0-2])"}
    period = "|".join(forms[name] for name in contract.periods)
    pattern = rf"{re.escape(contract.register_name)}_({period})\.(?:csv|txt|xlsx|parquet)"
    match = re.fullmatch(pattern, Path(file_name).name)
    return match.group(1) if match else None


def inspect(contract: Contract, delivery: Delivery) -> Layout | list[Breach]:
    """Find out how a file is laid out, without reading its cells.

    Args:
        contract: The register's contract.
        delivery: The landed file.

    Returns:
        Its layout, or what is wrong with it.
    """
    with delivery.path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        return [Breach(delivery.file_name, "tom_fil")]
    if head.startswith(b"PAR1"):
        return _inspect_parquet(contract, delivery)
    if head.startswith(b"PK\x03\x04"):
        return _inspect_workbook(contract, delivery)
    if b"\0" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"<", b"{", b"["}:
        return [Breach(delivery.file_name, "filformat")]
    encoding = encoding_of(delivery.path)
    if encoding is None:
        return [Breach(delivery.file_name, "teckenkodning")]
    first_line = head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()[0]
    return _check_header(contract, delivery, "csv", encoding, _split(first_line, _DELIMITER))


def _check_header(
    contract: Contract, delivery: Delivery, form: Format, encoding: str, found: tuple[str, ...]
) -> Layout | list[Breach]:
    missing = [name for name in contract.columns if name not in found]
    doubled = [name for name in contract.columns if found.count(name) > 1]
    if len(found) == 1 and any(mark in found[0] for mark in _OTHER_DELIMITERS):
        return [Breach(delivery.file_name, "avgransare", first_row=1)]
    if missing or doubled:
        return [
            Breach(delivery.file_name, rule, column=name, first_row=1)
            for rule, names in (("kolumn_saknas", missing), ("kolumn_dubbel", doubled))
            for name in names
        ]
    # Columns that the contract does not know get a name that cannot clash or inject.
    known = tuple(
        name if name in contract.columns else f"_okand_{place}" for place, name in enumerate(found)
    )
    cells = {name: f"nullif(trim({quoted(name)}::varchar), '')" for name in contract.columns}
    unknown = tuple(name for name in found if name not in contract.columns and is_tellable(name))
    return Layout(form, encoding, _DELIMITER, known, cells, unknown)


def is_tellable(name: str) -> bool:
    """Whether an unknown column's name may be repeated: it looks like a name, not like a value.

    Args:
        name: What stands in the header.

    Returns:
        True if it is short and of letters.
    """
    return re.fullmatch(r"[^\W\d]{1,40}", name) is not None


def _inspect_parquet(contract: Contract, delivery: Delivery) -> Layout | list[Breach]:
    try:
        names = [
            row[0]
            for row in duckdb.connect()
            .execute(
                "select column_name from (describe from read_parquet($path))",
                {"path": str(delivery.path)},
            )
            .fetchall()
        ]
    except duckdb.Error:
        return [Breach(delivery.file_name, "filformat")]
    return _check_header(contract, delivery, "parquet", "", tuple(names))


def _inspect_workbook(contract: Contract, delivery: Delivery) -> Layout | list[Breach]:
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(delivery.path).get_sheet_by_index(0)
        header = next(iter(sheet.iter_rows()), [])
    except (python_calamine.CalamineError, OSError):
        return [Breach(delivery.file_name, "filformat")]
    names = tuple(str(cell).strip() for cell in header)
    return _check_header(contract, delivery, "xlsx", "utf-8", names)


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
