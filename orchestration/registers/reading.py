"""From landed files to rows of text in DuckDB.

Reads all files of a register that are laid out alike in one pass. Finding out how a file is laid
out belongs in `layout`; what the cells may hold is checked in `loading`.
"""

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb
import python_calamine

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Contract
from orchestration.registers.layout import Delivery, Layout, quoted

_CHUNK = 4 << 20
_REJECT_TABLES = ("reading_rejects", "reading_scans")


def read_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[tuple[Delivery, Layout]],
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
    groups: dict[tuple[object, ...], list[tuple[Delivery, Layout]]] = {}
    for delivery, layout in deliveries:
        # A workbook becomes text on the way.
        binary = layout.format == "parquet"
        alike = (binary, layout.delimiter, layout.columns, tuple(layout.cells.items()))
        groups.setdefault(alike, []).append((delivery, layout))
    for members in groups.values():
        if members[0][1].format == "parquet":
            _read_parquet(connection, members)
        else:
            breaches += _read_text(connection, members, work_dir)
    names = ", ".join(quoted(name) for name in contract.columns)
    empty = ", ".join(f"null::varchar as {quoted(name)}" for name in contract.columns)
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


def _cells(layout: Layout) -> str:
    return ", ".join(f"{sql} as {quoted(name)}" for name, sql in layout.cells.items())


def _read_parquet(
    connection: duckdb.DuckDBPyConnection, members: Sequence[tuple[Delivery, Layout]]
) -> None:
    by_path = {str(delivery.path): delivery for delivery, _ in members}
    select = (
        f"select {_cells(members[0][1])}, file_row_number as running_number,"
        " filename as reading_path"
        " from read_parquet($paths, file_row_number = true, filename = true)"
    )
    _add_part(connection, select, {"paths": list(by_path)}, by_path)


def _read_text(
    connection: duckdb.DuckDBPyConnection,
    members: Sequence[tuple[Delivery, Layout]],
    work_dir: Path,
) -> list[Breach]:
    layout = members[0][1]
    by_path: dict[str, Delivery] = {}
    recoded: list[Path] = []
    try:
        for delivery, each in members:
            path = delivery.path
            if each.format == "xlsx" or each.encoding != "utf-8":
                path = work_dir / f".reading-{delivery.sequence}"
                recoded.append(path)
                path.touch(mode=0o600)
                if each.format == "xlsx":
                    _workbook_to_text(delivery.path, path, each.delimiter)
                else:
                    _recode(delivery.path, path, each.encoding)
            by_path[str(path)] = delivery
        try:
            return _read_csv(connection, layout, by_path)
        except duckdb.InvalidInputException:
            # One file that is no table spoils the common pass: find out which.
            return _read_one_by_one(connection, layout, by_path)
    finally:
        for path in recoded:
            path.unlink(missing_ok=True)


def _read_one_by_one(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    by_path: dict[str, Delivery],
) -> list[Breach]:
    breaches = []
    for path, delivery in by_path.items():
        try:
            breaches += _read_csv(connection, layout, {path: delivery})
        except duckdb.InvalidInputException:
            breaches.append(Breach(delivery.file_name, "olasbar"))
    return breaches


def _read_csv(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    by_path: dict[str, Delivery],
) -> list[Breach]:
    for table in _REJECT_TABLES:
        connection.execute(f"drop table if exists {table}")
    struct = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in layout.columns) + "}"
    # File order and line order are kept, so a running number tells the line within each file.
    select = f"""
        select {_cells(layout)}, row_number() over () as running_number, reading_path
        from read_csv(
            $paths, delim = '{layout.delimiter}', header = true, auto_detect = false,
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


def _workbook_to_text(source: Path, target: Path, delimiter: str) -> None:
    sheet = python_calamine.CalamineWorkbook.from_path(source).get_sheet_by_index(0)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
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
