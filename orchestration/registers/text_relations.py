"""Landed files as relations of text that DuckDB can read.

Gathers the files of a register that are laid out alike, so that one pass reads them all, makes
readable what DuckDB does not read by itself, and holds what was read against what the files hold.
Finding out how a file is laid out belongs in `layout`; typing and judging the cells in
`staged_rows`.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path

import duckdb
import numpy as np

from orchestration.registers.apart import (
    LIMITS,
    ParserDiedError,
    parquet_rows,
    workbook_to_text,
)
from orchestration.registers.archives import TooLargeError
from orchestration.registers.breaches import Breach, set_aside
from orchestration.registers.contract import Contract
from orchestration.registers.encoding import recode
from orchestration.registers.layout import Delivery, Layout, quoted
from orchestration.registers.lines import Places, count_lines, lines_before, survey
from orchestration.registers.sheets import SheetError, TooWideError

_REJECT_TABLES = ("reading_rejects", "reading_scans")
_UNCLOSED = "UNQUOTED VALUE"
# Lines that are looked for one by one; each takes memory.
_MOST_SURVEYED = 50_000_000

# What is raised for what a file holds, and will be the next time too; want of memory, of disk or
# of the database is none of it.
FAULTS_OF_FILES = (
    SheetError,
    TooLargeError,
    ParserDiedError,
    ArithmeticError,
    EOFError,
    ValueError,
    csv.Error,
    duckdb.DataError,
    duckdb.InvalidInputException,
    duckdb.InvalidTypeException,
    duckdb.NotSupportedError,
    duckdb.SerializationException,
)


@dataclass(frozen=True, slots=True)
class Part:
    """Files that one pass reads: laid out alike and received on the same day.

    Attributes:
        layout: How the files are laid out.
        deliveries: The files, in the order they are read.
        paths: What is read of each: the landed bytes, or the private copy made of them.
        sizes: How much each file holds: lines of a text file, else rows.
    """

    layout: Layout
    deliveries: tuple[Delivery, ...]
    paths: tuple[Path, ...]
    sizes: tuple[int, ...]

    def alone(self) -> "list[Part]":
        """Each of its files as a part."""
        return [
            Part(self.layout, (delivery,), (path,), (size,))
            for delivery, path, size in zip(self.deliveries, self.paths, self.sizes, strict=True)
        ]

    def relation(self, contract: Contract) -> str:
        """SQL for the rows, in the order of the files and of the lines within each.

        Args:
            contract: The register's contract.

        Returns:
            A select of the contract's columns as text, `other_text`, which is null where none of
            the file's other columns has a text, `broken`, which names the rules of whole rows that
            the row breaks, or is empty, and `file_place`, the file's place in `deliveries`.
        """
        cells = ", ".join(
            f"{self.layout.cells[name]} as {quoted(name)}" for name in contract.columns
        )
        others = ", ".join(self.layout.others)
        cells += f", {f'coalesce({others})' if others else 'null::varchar'} as other_text"
        broken = ", ".join(
            f"case when {condition} then '0:{rule}' end" for rule, condition in self.layout.broken
        )
        broken = f"concat_ws(' ', {broken})" if broken else "''"
        cells += f", {broken} as broken"
        paths = "[" + ", ".join(literal(str(path)) for path in self.paths) + "]"
        place = "file_index" if len(self.paths) > 1 else "0"
        if self.layout.format == "parquet":
            return f"select {cells}, {place}::integer as file_place from read_parquet({paths})"
        struct = ", ".join(f"'{name}': 'VARCHAR'" for name in self.layout.columns)
        return f"""
            select {cells}, {place}::integer as file_place
            from read_csv(
                {paths}, delim = {literal(self.layout.delimiter)},
                header = {str(self.layout.has_header).lower()},
                skip = {self.layout.skipped},
                auto_detect = false, columns = {{{struct}}}, quote = '"', escape = '"',
                store_rejects = true,
                rejects_table = '{_REJECT_TABLES[0]}', rejects_scan = '{_REJECT_TABLES[1]}',
                rejects_limit = 0
            )
            """


@dataclass(frozen=True, slots=True)
class Stored:
    """A part that was read, and which of its files' lines are no rows.

    Attributes:
        part: The files.
        passed: By a file's place in the part, the lines after its header that are no rows, in
            order; files without such lines are left out.
    """

    part: Part
    passed: Mapping[int, Places] = field(default_factory=dict)


# Stores the rows of a part, and says how many each file gave, or nothing where nobody asks.
Store = Callable[[Part], Sequence[int] | None]


@contextmanager
def opened(
    deliveries: Sequence[tuple[Delivery, Layout]], *, work_dir: Path
) -> Iterator[tuple[list[Part], list[tuple[int, Breach]]]]:
    """Make the files readable, and take away what was made for it.

    Args:
        deliveries: The files with their layouts, as `inspect` found them.
        work_dir: Private directory for files that must be rewritten first; left empty.

    Yields:
        The parts to read, and what is wrong with files that are no table, by their sequence.

    Raises:
        OSError: If a file cannot be read or written.
    """
    groups: dict[tuple[object, ...], list[tuple[Delivery, Layout]]] = {}
    for delivery, layout in deliveries:
        # Read together, files take the first one's types; and each has its lines where it has.
        alike = (
            layout.format,
            layout.delimiter,
            layout.columns,
            layout.types,
            layout.skipped,
            layout.header_row,
            layout.has_header,
            tuple(layout.cells.items()),
            layout.others,
            layout.broken,
            delivery.received_on,
        )
        groups.setdefault(alike, []).append((delivery, layout))
    made: list[Path] = []
    try:
        parts, breaches = [], []
        for members in groups.values():
            readable = []
            for delivery, layout in members:
                try:
                    path, size = _readable(delivery, layout, work_dir, made)
                except FAULTS_OF_FILES as error:
                    breaches.append((delivery.sequence, breach_of(delivery.file_name, error)))
                else:
                    readable.append(Part(layout, (delivery,), (path,), (size,)))
            if readable:
                parts.append(_together(readable))
        yield parts, breaches
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def _together(parts: Sequence[Part]) -> Part:
    return Part(
        parts[0].layout,
        tuple(delivery for part in parts for delivery in part.deliveries),
        tuple(path for part in parts for path in part.paths),
        tuple(size for part in parts for size in part.sizes),
    )


def _readable(
    delivery: Delivery, layout: Layout, work_dir: Path, made: list[Path]
) -> tuple[Path, int]:
    """What DuckDB reads of a file, and how much that is."""
    if layout.format == "parquet":
        return delivery.path, parquet_rows(delivery.path)
    if layout.format == "csv" and layout.encoding == "utf-8":
        return delivery.path, _lines_of(delivery.path)
    path = work_dir / f".reading-{delivery.sequence}"
    made.append(path)
    path.touch(mode=0o600)
    if layout.format == "xlsx":
        rows = workbook_to_text(delivery.path, path, layout.delimiter, layout.header_row)
        return path, rows
    recode(delivery.path, path, layout.encoding)
    return path, _lines_of(path)


def _lines_of(path: Path) -> int:
    """How many lines a text has, where it is one that is taken in."""
    lines = count_lines(path)
    if lines > LIMITS.rows:
        raise TooLargeError(f"{lines} lines")
    return lines


def breach_of(file_name: str, error: Exception) -> Breach:
    """What a file breaks that could not be read.

    Args:
        file_name: The supplier's file.
        error: What reading it raised, one of `FAULTS_OF_FILES`.

    Returns:
        The breach.
    """
    for kind, rule in (
        (TooLargeError, "for_stor"),
        (TooWideError, "for_stort_blad"),
        (ParserDiedError, "lasning_avbruten"),
    ):
        if isinstance(error, kind):
            return set_aside(file_name, rule)
    return Breach(file_name, "olasbar")


def read(
    connection: duckdb.DuckDBPyConnection,
    part: Part,
    store: Store,
    *,
    breaks: Callable[[int], int] | None = None,
) -> tuple[list[Stored], list[tuple[int, Breach]]]:
    """Let the caller store the rows of a part, and hold them against what the files hold.

    One file that is no table at all spoils the pass; the files are then read one by one. No
    transaction may be open, because a file that cannot be read would end it.

    Args:
        connection: The connection that `store` uses.
        part: The files.
        store: Runs one statement that reads `relation` of the part it is given.
        breaks: Counts the line breaks in what was stored of a file, by its place, in columns that
            may hold some; None where no column may.

    Returns:
        What was stored, and what is wrong with lines and with whole files, by the sequence of the
        delivery.

    Raises:
        duckdb.Error: If the database cannot be used.
    """
    try:
        stored, breaches = _read_once(connection, part, store, breaks)
    except duckdb.Error as error:
        if len(part.deliveries) > 1:
            each = [read(connection, one, store, breaks=breaks) for one in part.alone()]
            return (
                [stored for parts, _ in each for stored in parts],
                [breach for _, told in each for breach in told],
            )
        if not isinstance(error, FAULTS_OF_FILES):
            raise
        [delivery] = part.deliveries
        return [], [(delivery.sequence, breach_of(delivery.file_name, error))]
    return [stored], breaches


def _read_once(
    connection: duckdb.DuckDBPyConnection,
    part: Part,
    store: Store,
    breaks: Callable[[int], int] | None,
) -> tuple[Stored, list[tuple[int, Breach]]]:
    _drop_rejects(connection)
    try:
        counts = store(part)
        rejected = {} if part.layout.format == "parquet" else _rejected(connection, part)
    finally:
        # The reject tables hold the rejected lines, and with them persons' values.
        _drop_rejects(connection)
    breaches: list[tuple[int, Breach]] = []
    passed: dict[int, Places] = {}
    for place, count in enumerate(counts or ()):
        lines, told = _held_against(part, place, count, rejected.get(place), breaks)
        breaches += [(part.deliveries[place].sequence, breach) for breach in told]
        if len(lines):
            passed[place] = lines
    return Stored(part, passed), breaches


@dataclass(frozen=True, slots=True)
class _Rejected:
    """Lines that are no rows: where each begins, and where those do that are the supplier's fault.

    A line of blanks is nobody's.
    """

    lines: Places
    short: Sequence[int]
    unclosed: Sequence[int]


def _held_against(
    part: Part,
    place: int,
    rows: int,
    rejected: _Rejected | None,
    breaks: Callable[[int], int] | None,
) -> tuple[Places, list[Breach]]:
    """Hold what was read of a file against what it holds.

    Every line is the header, an empty line, a row, a line that was rejected, or a line within a
    cell that may hold line breaks.

    Returns:
        The lines after the header that are no rows, and what is wrong.
    """
    name, path, size = part.deliveries[place].file_name, part.paths[place], part.sizes[place]
    nothing = np.empty(0, np.int64)
    if part.layout.format != "csv":
        return nothing, [] if rows == size else [Breach(name, "radantal", row_count=size)]
    lines = nothing if rejected is None else rejected.lines
    breaches = [] if rejected is None else _told(name, path, size, rejected)
    extra = size - part.layout.header_row - rows - len(lines)
    if not extra:
        return lines, breaches
    if size > _MOST_SURVEYED:
        return lines, [*breaches, Breach(name, "radantal", row_count=size)]
    found = survey(path, part.layout.delimiter)
    blank = found.blank[found.blank > part.layout.header_row]
    within = found.continued[found.continued > part.layout.header_row]
    if extra == len(blank):
        return np.union1d(lines, blank), breaches
    no_rows = np.union1d(blank, within)
    told = breaks is not None and found.strict and extra == len(no_rows)
    if told and breaks is not None and breaks(place) == len(within):
        return np.union1d(lines, no_rows), breaches
    if rejected is None or not rejected.unclosed:
        rule = "radantal" if found.opening is None or extra < len(blank) else "citattecken"
        row = found.opening if rule == "citattecken" else None
        breaches.append(Breach(name, rule, first_row=row))
    return np.union1d(lines, no_rows), breaches


def _told(name: str, path: Path, size: int, rejected: _Rejected) -> list[Breach]:
    breaches = []
    every = sorted([*rejected.short, *rejected.unclosed])
    if every == [size] and _ends_mid_line(path):
        return [Breach(name, "avhuggen", first_row=every[0], row_count=1)]
    for rule, lines in (("antal_falt", rejected.short), ("citattecken", rejected.unclosed)):
        if lines:
            breaches.append(Breach(name, rule, first_row=min(lines), row_count=len(lines)))
    return breaches


def _rejected(connection: duckdb.DuckDBPyConnection, part: Part) -> dict[int, _Rejected]:
    """The rejected lines of each file that has any, by its place in the part."""
    found = connection.execute(
        f"""
        select
            file_path,
            line_byte_position,
            bool_or(error_type = '{_UNCLOSED}') as unclosed,
            bool_and(trim(csv_line, ' \t\r\n') = '') as blank
        from {_REJECT_TABLES[0]}
        inner join {_REJECT_TABLES[1]} using (scan_id, file_id)
        group by file_path, line_byte_position
        order by file_path, line_byte_position
        """
    ).fetchall()
    rejected = {}
    for place, path in enumerate(part.paths):
        own = [row for row in found if row[0] == str(path)]
        if own:
            lines = lines_before(path, [at for _, at, _, _ in own])
            kinds = list(zip(lines, own, strict=True))
            rejected[place] = _Rejected(
                np.unique(np.array(lines, np.int64)),
                [line for line, (_, _, unclosed, blank) in kinds if not unclosed and not blank],
                [line for line, (_, _, unclosed, _) in kinds if unclosed],
            )
    return rejected


def _drop_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    for table in _REJECT_TABLES:
        connection.execute(f"drop table if exists {table}")


def _ends_mid_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, SEEK_END)
        return file.read(1) not in b"\r\n"


def literal(text: str) -> str:
    """A text as SQL takes it.

    Args:
        text: The text.

    Returns:
        The text within single quotation marks.
    """
    return "'" + text.replace("'", "''") + "'"
