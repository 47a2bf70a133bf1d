"""Tables as Parquet and CSV files, written by the database itself.

The same rows give the same bytes. What is said of the files belongs in `datapackage` and `dcat`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.opendata.tables import Column, Table

# What the files are, to whoever asks over the web.
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"

DELIMITER = ";"
#: What stands in a CSV file for a value that is hidden.
HIDDEN = ".."
_HIDING = "suppressed"
# Excel takes a file for UTF-8 by it. It stands before the first column's name.
_BYTE_ORDER_MARK = "\ufeff"
_STATUS = "status"
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_WITH_ZONE = "TIMESTAMP WITH TIME ZONE"
# Text that begins so is a formula to a spreadsheet.
_FORMULA = r"^[=+\-@\t\r]"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """A file that has been written.

    Attributes:
        path: Its name in its directory.
        size: Bytes.
        sha256: Of its content, in hexadecimal.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Written:
    """A table and its files.

    Attributes:
        table: The table.
        parquet: As Parquet.
        csv: As CSV; None for a view, whose rows the tables' files have already.
    """

    table: Table
    parquet: File
    csv: File | None


def file_name(table: str) -> str:
    """What a table's files are called, without the ending: those of marts have their own name."""
    return table.removeprefix("marts.").replace(".", "_")


def write_tables(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], directory: Path
) -> tuple[Written, ...]:
    """Write tables as Parquet (zstd) and as CSV, and views as Parquet alone.

    CSV is UTF-8 with a byte order mark, semicolons and decimal commas. There a number that its
    row's status says is hidden is `..`, any other missing value nothing at all, and text that a
    spreadsheet would take for a formula has an apostrophe before it.

    Args:
        connection: An open connection with the tables, that may write in the directory.
        tables: Which.
        directory: Where, and it is there.

    Returns:
        What was written, in the same order.

    Raises:
        duckdb.Error: A table cannot be read, or a file not written.
    """
    written = []
    for table in tables:
        name = file_name(table.name)
        parquet, csv = directory / f"{name}.parquet", directory / f"{name}.csv"
        connection.execute(
            f"copy (from {table.place} order by all) to {_quoted(parquet)}"
            " (format parquet, compression zstd)"
        )
        if not table.is_view:
            connection.execute(
                f"copy ({_as_text(table)}) to {_quoted(csv)}"
                f" (format csv, delimiter '{DELIMITER}', header true)"
            )
        written.append(Written(table, _file(parquet), None if table.is_view else _file(csv)))
    return tuple(written)


def _as_text(table: Table) -> str:
    """The query that gives a table's rows as a CSV file has them."""
    hides = _STATUS in table.by_name
    columns = [
        f'{_text_of(column, hides)} as "{_BYTE_ORDER_MARK if first else ""}{column.name}"'
        for first, column in zip([True, *[False] * len(table.columns)], table.columns, strict=False)
    ]
    return f"select {', '.join(columns)} from (from {table.place} order by all)"


def _text_of(column: Column, hides: bool) -> str:
    name = f'"{column.name}"'
    if column.is_number:
        text = f"replace({name}::varchar, '.', ',')"
        if not hides:
            return text
        hidden = f"case when {_STATUS} = '{_HIDING}' then '{HIDDEN}' end"
        return f"coalesce({text}, {hidden})"
    if column.data_type.startswith("TIMESTAMP"):
        # Whatever time zone the connection has.
        in_utc = f"timezone('UTC', {name})" if column.data_type == _WITH_ZONE else name
        return f"strftime({in_utc}, '{_MOMENT}')"
    if column.data_type == "VARCHAR":
        return (
            f"case when regexp_matches({name}, '{_FORMULA}') then chr(39) || {name} else {name} end"
        )
    return f"{name}::varchar"


def _file(path: Path) -> File:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return File(path.name, path.stat().st_size, digest.hexdigest())


def _quoted(path: Path) -> str:
    doubled = str(path).replace("'", "''")
    return f"'{doubled}'"
