"""From a landed file to rows of text in DuckDB.

Finds out what a file is (semicolon text, xlsx, Parquet; UTF-8 or Windows-1252), refuses what is
not a table of the contract's columns, and reads all good files of a register in one pass. What the
cells may hold is checked in `loading`.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import python_calamine

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Contract

_CHUNK = 4 << 20
_HEADER_LIMIT = 1 << 16
_DELIMITER = ";"
_OTHER_DELIMITERS = (",", "\t", "|")
_REJECT_TABLES = ("reading_rejects", "reading_scans")

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
class _Layout:
    format: Format
    encoding: str
    columns: tuple[str, ...]


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


def inspect(contract: Contract, delivery: Delivery) -> _Layout | list[Breach]:
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
    encoding = _encoding(delivery.path)
    if encoding is None:
        return [Breach(delivery.file_name, "teckenkodning")]
    first_line = head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()[0]
    return _check_header(
        contract, delivery, _Layout("csv", encoding, _split(first_line, _DELIMITER))
    )


def read_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[tuple[Delivery, _Layout]],
    *,
    work_dir: Path,
) -> list[Breach]:
    """Read the rows of several files, as text, into the temporary view `incoming`.

    The view has the contract's columns (varchar), `delivery_sequence` and `row_number` (the line
    in the file; the header is line 1).

    Args:
        connection: An open connection to write the temporary table in.
        contract: The register's contract.
        deliveries: The files with their layouts, as `inspect` found them.
        work_dir: Private directory for files that must be recoded first; left empty.

    Returns:
        Rows that are not rows of the table, as breaches.
    """
    drop_incoming(connection)
    breaches: list[Breach] = []
    groups: dict[tuple[Format, tuple[str, ...]], list[tuple[Delivery, _Layout]]] = {}
    for delivery, layout in deliveries:
        # A workbook becomes text on the way.
        form: Format = "parquet" if layout.format == "parquet" else "csv"
        groups.setdefault((form, layout.columns), []).append((delivery, layout))
    for (form, columns), members in groups.items():
        if form == "parquet":
            _read_parquet(connection, contract, [delivery for delivery, _ in members])
        else:
            breaches += _read_text(connection, contract, columns, members, work_dir)
    names = ", ".join(_quoted(name) for name in contract.columns)
    empty = ", ".join(f"null::varchar as {_quoted(name)}" for name in contract.columns)
    parts = [
        f"select {names}, delivery_sequence, running_number - first_number + 2 as row_number"
        f" from {part} inner join {part}_starts using (reading_path)"
        for part in _parts(connection)
    ]
    # Not a copy: the rows stay where they were read, and their places are worked out on the way.
    connection.execute(
        "create temp view incoming as "
        f"select {empty}, null::bigint as delivery_sequence, null::bigint as row_number where false"
        + "".join(f" union all {part}" for part in parts)
    )
    return breaches


def drop_incoming(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget what was read: the rows hold identity numbers.

    Args:
        connection: The connection that read them.
    """
    connection.execute("drop view if exists incoming")
    for part in _parts(connection):
        connection.execute(f"drop table {part}")
        connection.execute(f"drop table {part}_starts")


def _parts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where temporary"
        " and regexp_full_match(table_name, 'incoming_part_[0-9]+') order by all"
    ).fetchall()
    return [name for (name,) in rows]


def _add_part(
    connection: duckdb.DuckDBPyConnection,
    select: str,
    parameters: dict[str, object],
    by_path: dict[str, Delivery],
) -> None:
    """Keep what a reader gives, and where each of its files begins."""
    part = f"incoming_part_{len(_parts(connection))}"
    connection.execute(f"create temp table {part} as {select}", parameters)
    connection.execute(
        f"""
        create temp table {part}_starts as
        select reading_path, min(running_number) as first_number, null::bigint as delivery_sequence
        from {part} group by reading_path
        """
    )
    connection.executemany(
        f"update {part}_starts set delivery_sequence = ? where reading_path = ?",
        [(delivery.sequence, path) for path, delivery in by_path.items()],
    )


def _cells(contract: Contract) -> str:
    return ", ".join(
        f"nullif(trim({_quoted(name)}::varchar), '') as {_quoted(name)}"
        for name in contract.columns
    )


def _read_parquet(
    connection: duckdb.DuckDBPyConnection, contract: Contract, deliveries: Sequence[Delivery]
) -> None:
    by_path = {str(delivery.path): delivery for delivery in deliveries}
    select = (
        f"select {_cells(contract)}, file_row_number as running_number, filename as reading_path"
        " from read_parquet($paths, file_row_number = true, filename = true)"
    )
    _add_part(connection, select, {"paths": list(by_path)}, by_path)


def _read_text(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    columns: tuple[str, ...],
    members: Sequence[tuple[Delivery, _Layout]],
    work_dir: Path,
) -> list[Breach]:
    by_path: dict[str, Delivery] = {}
    recoded: list[Path] = []
    try:
        for delivery, layout in members:
            path = delivery.path
            if layout.format == "xlsx" or layout.encoding != "utf-8":
                path = work_dir / f".reading-{delivery.sequence}"
                recoded.append(path)
                path.touch(mode=0o600)
                if layout.format == "xlsx":
                    _workbook_to_text(delivery.path, path)
                else:
                    _recode(delivery.path, path, layout.encoding)
            by_path[str(path)] = delivery
        try:
            return _read_csv(connection, contract, columns, by_path)
        except duckdb.InvalidInputException:
            # One file that is no table spoils the common pass: find out which.
            return _read_one_by_one(connection, contract, columns, by_path)
    finally:
        for path in recoded:
            path.unlink(missing_ok=True)


def _read_one_by_one(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    columns: tuple[str, ...],
    by_path: dict[str, Delivery],
) -> list[Breach]:
    breaches = []
    for path, delivery in by_path.items():
        try:
            breaches += _read_csv(connection, contract, columns, {path: delivery})
        except duckdb.InvalidInputException:
            breaches.append(Breach(delivery.file_name, "olasbar"))
    return breaches


def _read_csv(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    columns: tuple[str, ...],
    by_path: dict[str, Delivery],
) -> list[Breach]:
    for table in _REJECT_TABLES:
        connection.execute(f"drop table if exists {table}")
    struct = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in columns) + "}"
    # File order and line order are kept, so a running number tells the line within each file.
    select = f"""
        select {_cells(contract)}, row_number() over () as running_number, reading_path
        from read_csv(
            $paths, delim = '{_DELIMITER}', header = true, auto_detect = false,
            columns = {struct}, quote = '"', escape = '"', filename = 'reading_path',
            store_rejects = true, rejects_table = 'reading_rejects',
            rejects_scan = 'reading_scans', rejects_limit = 0
        )
        """
    _add_part(connection, select, {"paths": list(by_path)}, by_path)
    rejected = connection.execute(
        """
        select file_path, min(line), count(distinct line), max(line)
        from reading_rejects
        inner join reading_scans using (scan_id, file_id)
        group by file_path
        """
    ).fetchall()
    # The reject tables hold the rejected lines, and with them persons' values.
    for table in _REJECT_TABLES:
        connection.execute(f"drop table {table}")
    breaches = []
    for path, first_line, count, last_line in rejected:
        delivery = by_path[path]
        cut = count == 1 and first_line == last_line and _ends_mid_line(Path(path), last_line)
        breaches.append(
            Breach(
                delivery.file_name,
                "avhuggen" if cut else "antal_falt",
                first_row=first_line,
                row_count=count,
            )
        )
    return breaches


def _ends_mid_line(path: Path, last_rejected: int) -> bool:
    lines = 0
    last_byte = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lines += chunk.count(b"\n")
            last_byte = chunk[-1:]
    return last_byte != b"\n" and last_rejected >= lines


def _check_header(
    contract: Contract, delivery: Delivery, layout: _Layout
) -> _Layout | list[Breach]:
    found = layout.columns
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
    return _Layout(layout.format, layout.encoding, known)


def _inspect_parquet(contract: Contract, delivery: Delivery) -> _Layout | list[Breach]:
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
    return _check_header(contract, delivery, _Layout("parquet", "", tuple(names)))


def _inspect_workbook(contract: Contract, delivery: Delivery) -> _Layout | list[Breach]:
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(delivery.path).get_sheet_by_index(0)
        header = next(iter(sheet.iter_rows()), [])
    except (python_calamine.CalamineError, OSError):
        return [Breach(delivery.file_name, "filformat")]
    names = tuple(str(cell).strip() for cell in header)
    return _check_header(contract, delivery, _Layout("xlsx", "utf-8", names))


def _workbook_to_text(source: Path, target: Path) -> None:
    sheet = python_calamine.CalamineWorkbook.from_path(source).get_sheet_by_index(0)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=_DELIMITER, lineterminator="\n")
        for row in sheet.iter_rows():
            writer.writerow([_cell_text(cell) for cell in row])


def _cell_text(cell: object) -> str:
    if isinstance(cell, bool):
        return "J" if cell else "N"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _recode(source: Path, target: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            writer.write(decoder.decode(chunk).encode("utf-8"))


def _encoding(path: Path) -> str | None:
    for encoding in ("utf-8", "windows-1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for chunk in _chunks(path):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    cells = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    return tuple(cell.strip() for cell in cells)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
