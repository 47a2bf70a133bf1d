"""Landed files as relations of text that DuckDB can read.

Gathers the files of a register that are laid out alike, so that one pass reads them all, and makes
readable what DuckDB does not read by itself. Finding out how a file is laid out belongs in
`layout`; typing and judging the cells in `loading`.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import python_calamine

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Contract
from orchestration.registers.encoding import recode
from orchestration.registers.layout import Delivery, Layout, quoted

_CHUNK = 4 << 20
_REJECT_TABLES = ("reading_rejects", "reading_scans")


@dataclass(frozen=True, slots=True)
class Part:
    """Files that one pass reads: laid out alike and received on the same day.

    Attributes:
        layout: How the files are laid out.
        deliveries: The files, in the order they are read.
        paths: What is read of each: the landed bytes, or the private copy made of them.
    """

    layout: Layout
    deliveries: tuple[Delivery, ...]
    paths: tuple[Path, ...]

    def relation(self, contract: Contract) -> str:
        """SQL for the rows, in the order of the files and of the lines within each.

        Args:
            contract: The register's contract.

        Returns:
            A select of the contract's columns as text, and `file_place`, the file's place in
            `deliveries`.
        """
        cells = ", ".join(
            f"{self.layout.cells[name]} as {quoted(name)}" for name in contract.columns
        )
        paths = "[" + ", ".join(literal(str(path)) for path in self.paths) + "]"
        place = "file_index" if len(self.paths) > 1 else "0"
        if self.layout.format == "parquet":
            return f"select {cells}, {place}::integer as file_place from read_parquet({paths})"
        struct = ", ".join(f"'{name}': 'VARCHAR'" for name in self.layout.columns)
        return f"""
            select {cells}, {place}::integer as file_place
            from read_csv(
                {paths}, delim = {literal(self.layout.delimiter)}, header = true,
                auto_detect = false, columns = {{{struct}}}, quote = '"', escape = '"',
                store_rejects = true,
                rejects_table = '{_REJECT_TABLES[0]}', rejects_scan = '{_REJECT_TABLES[1]}',
                rejects_limit = 0
            )
            """


@contextmanager
def opened(
    deliveries: Sequence[tuple[Delivery, Layout]], *, work_dir: Path
) -> Iterator[tuple[list[Part], list[Breach]]]:
    """Make the files readable, and take away what was made for it.

    Args:
        deliveries: The files with their layouts, as `inspect` found them.
        work_dir: Private directory for files that must be rewritten first; left empty.

    Yields:
        The parts to read, and the files that turned out to be no table.

    Raises:
        OSError: If a file cannot be read or written.
    """
    groups: dict[tuple[object, ...], list[tuple[Delivery, Layout]]] = {}
    for delivery, layout in deliveries:
        # A workbook becomes text on the way.
        form = "csv" if layout.format == "xlsx" else layout.format
        alike = (
            form,
            layout.delimiter,
            layout.columns,
            tuple(layout.cells.items()),
            delivery.received_on,
        )
        groups.setdefault(alike, []).append((delivery, layout))
    made: list[Path] = []
    try:
        parts, breaches = [], []
        for members in groups.values():
            readable = []
            for delivery, layout in members:
                path = _readable(delivery, layout, work_dir, made)
                if path is None:
                    breaches.append(Breach(delivery.file_name, "olasbar"))
                else:
                    readable.append((delivery, path))
            if readable:
                parts.append(
                    Part(
                        members[0][1],
                        tuple(delivery for delivery, _ in readable),
                        tuple(path for _, path in readable),
                    )
                )
        yield parts, breaches
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def _readable(delivery: Delivery, layout: Layout, work_dir: Path, made: list[Path]) -> Path | None:
    """What DuckDB reads of a file; None where no rows can be had from it."""
    if layout.format == "parquet":
        return delivery.path if _is_sound_parquet(delivery.path) else None
    if layout.format == "csv" and layout.encoding == "utf-8":
        return delivery.path
    path = work_dir / f".reading-{delivery.sequence}"
    made.append(path)
    path.touch(mode=0o600)
    if layout.format == "csv":
        recode(delivery.path, path)
        return path
    return path if _workbook_to_text(delivery.path, path, layout.delimiter) else None


def read(
    connection: duckdb.DuckDBPyConnection, part: Part, store: Callable[[Part], None]
) -> list[Breach]:
    """Let the caller store the rows of a part, and find the lines that are no rows.

    One file that is no table at all spoils the pass; the files are then read one by one. No
    transaction may be open, because a file that cannot be read would end it.

    Args:
        connection: The connection that `store` uses.
        part: The files.
        store: Runs one statement that reads `relation` of the part it is given.

    Returns:
        What is wrong with single lines, and the files that are no table.
    """
    try:
        return _read_once(connection, part, store)
    except duckdb.InvalidInputException:
        if len(part.deliveries) == 1:
            return [Breach(part.deliveries[0].file_name, "olasbar")]
    alone = [
        Part(part.layout, (delivery,), (path,))
        for delivery, path in zip(part.deliveries, part.paths, strict=True)
    ]
    return [breach for each in alone for breach in read(connection, each, store)]


def _read_once(
    connection: duckdb.DuckDBPyConnection, part: Part, store: Callable[[Part], None]
) -> list[Breach]:
    if part.layout.format == "parquet":
        store(part)
        return []
    _drop_rejects(connection)
    try:
        store(part)
        rejected = connection.execute(
            f"""
            select file_path, min(line), count(distinct line), max(line)
            from {_REJECT_TABLES[0]}
            inner join {_REJECT_TABLES[1]} using (scan_id, file_id)
            group by file_path
            order by file_path
            """
        ).fetchall()
    finally:
        # The reject tables hold the rejected lines, and with them persons' values.
        _drop_rejects(connection)
    names = {
        str(path): delivery.file_name
        for path, delivery in zip(part.paths, part.deliveries, strict=True)
    }
    return [
        Breach(
            names[path],
            "avhuggen" if count == 1 and _ends_mid_line(Path(path), last) else "antal_falt",
            first_row=first,
            row_count=count,
        )
        for path, first, count, last in rejected
    ]


def _drop_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    for table in _REJECT_TABLES:
        connection.execute(f"drop table if exists {table}")


def _ends_mid_line(path: Path, last_rejected: int) -> bool:
    lines = 0
    last_byte = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lines += chunk.count(b"\n")
            last_byte = chunk[-1:]
    return last_byte != b"\n" and last_rejected >= lines


def _is_sound_parquet(path: Path) -> bool:
    """Read a Parquet file to its end in a database of its own, which a broken file may ruin."""
    with duckdb.connect() as scratch:
        try:
            scratch.execute(
                "select max(length(columns(*)::varchar)) from read_parquet($path)",
                {"path": str(path)},
            ).fetchall()
        except duckdb.Error:
            return False
    return True


def _workbook_to_text(source: Path, target: Path, delimiter: str) -> bool:
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(source).get_sheet_by_index(0)
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            for row in sheet.iter_rows():
                writer.writerow([_cell_text(cell) for cell in row])
    except python_calamine.CalamineError:
        return False
    return True


def _cell_text(cell: object) -> str:
    if isinstance(cell, bool):
        return "J" if cell else "N"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def literal(text: str) -> str:
    """A text as SQL takes it.

    Args:
        text: The text.

    Returns:
        The text within single quotation marks.
    """
    return "'" + text.replace("'", "''") + "'"
