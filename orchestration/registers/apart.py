"""Workbooks and Parquet files are parsed in a process of their own, with limits.

Their parsers are made for speed, and a file can make one end its process or take all memory. Here
that process is another one: it is started when the first file comes, serves file after file, knows
no key, and may use so much memory, time and disk. However it ends, the file that it was at is to
blame, and the next one gets a new process. What a sheet is belongs in `sheets`.
"""

import csv
import errno
import json
import os
import resource
import select
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from operator import gt
from pathlib import Path
from typing import Any

from orchestration.registers.archives import TooLargeError, require_sound

_GIGABYTE = 1 << 30
# Names of columns and sheets; an answer that is longer is none.
_LONGEST_ANSWER = 4 << 20
_DUCKDB_MEMORY = "1GB"
_COMMAND = (sys.executable, "-m", "orchestration.registers.apart")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may be, and how much its parser may use.

    Attributes:
        seconds: Until its parser has answered.
        memory: What a sheet of 60 million cells needs, which `sheets` lets through, and more.
        written: Bytes that a workbook may become as text.
        archive: Bytes that a workbook may unpack to.
        cells: Bytes of the cells of a Parquet file: five times the largest that is measured.
        rows: Rows or lines of any file.
        columns: Columns of any file.
    """

    seconds: float = 300
    memory: int = 4 * _GIGABYTE
    written: int = 4 * _GIGABYTE
    archive: int = 2 * _GIGABYTE
    cells: int = 16 * _GIGABYTE
    rows: int = 200_000_000
    columns: int = 1_000


LIMITS = Limits()


class ParserDiedError(Exception):
    """The process that parsed a file ended, took too long, or said what cannot be understood."""


class UnreadableError(ValueError):
    """The file is not sound; what is wrong with it is the parser's to know."""


@dataclass(frozen=True, slots=True)
class WorkbookHeader:
    """What is known of a workbook before its rows are read.

    Attributes:
        row: The header's row number in the sheet.
        names: What stands in it.
        others: The first row of each other sheet that is seen.
    """

    row: int
    names: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]


def workbook_header(path: Path) -> WorkbookHeader:
    """Find the header of a workbook.

    Args:
        path: The workbook.

    Returns:
        The header.

    Raises:
        SheetError: If it is no workbook that can be read.
        TooLargeError: If it unpacks to more than is taken in.
        ParserDiedError: If its parser did not survive it.
        OSError: If the parser cannot be started.
    """
    with _understood():
        row, names, others = _ask("workbook_header", path=str(path.absolute()))
        return WorkbookHeader(int(row), _texts(names), tuple(_texts(each) for each in others))


def workbook_to_text(path: Path, target: Path, delimiter: str, header_row: int) -> int:
    """Write a sheet as text from its header on.

    Args:
        path: The workbook.
        target: Where to write; it exists.
        delimiter: What parts the cells.
        header_row: The header's row number in the sheet.

    Returns:
        How many rows were written after the header.

    Raises:
        SheetError: If it cannot be read.
        TooLargeError: If it becomes more text than is taken in.
        ParserDiedError: If its parser did not survive it.
        OSError: If the parser cannot be started.
    """
    with _understood():
        return int(
            _ask(
                "workbook_to_text",
                path=str(path.absolute()),
                target=str(target.absolute()),
                delimiter=delimiter,
                header_row=header_row,
            )
        )


def parquet_columns(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
    """Find the columns of a Parquet file.

    Args:
        path: The file.

    Returns:
        Name and type of each column, as DuckDB gives them; name and number of children of each
        part of the file's own schema.

    Raises:
        UnreadableError: If it is no sound Parquet file.
        TooLargeError: If it holds more than is taken in.
        ParserDiedError: If its parser did not survive it.
        OSError: If the parser cannot be started.
    """
    with _understood():
        described, schema = _ask("parquet_columns", path=str(path.absolute()))
        return (
            [(str(name), str(kind)) for name, kind in described],
            [(str(name), int(count)) for name, count in schema],
        )


def parquet_rows(path: Path) -> int:
    """Read a Parquet file to its end.

    Args:
        path: The file.

    Returns:
        How many rows it has.

    Raises:
        UnreadableError: If it is no sound Parquet file.
        TooLargeError: If it holds more than is taken in.
        ParserDiedError: If its parser did not survive it.
        OSError: If the parser cannot be started.
    """
    with _understood():
        return int(_ask("parquet_rows", path=str(path.absolute())))


@contextmanager
def _understood() -> Iterator[None]:
    """Take an answer of another form than was asked for as none."""
    try:
        yield
    except UnreadableError:
        raise
    except (TypeError, ValueError) as error:
        end_parser()
        raise ParserDiedError from error


def _texts(names: Sequence[object]) -> tuple[str, ...]:
    return tuple(map(str, names))


class _Parser:
    """The process, and what is said to it and by it: one line of JSON each way a file."""

    def __init__(self) -> None:
        # Without the environment, in which a key may stand; apart from the terminal's signals.
        self._process = subprocess.Popen(  # noqa: S603 (this program, with limits)
            [*_COMMAND, json.dumps(asdict(LIMITS))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env={"LC_ALL": "C.UTF-8"},
            start_new_session=True,
            bufsize=0,
        )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def answer(self, question: dict[str, Any]) -> Any:
        """What the process answers.

        Raises:
            ParserDiedError: If it does not answer in time, or not so that it can be understood.
        """
        writer, reader = self._process.stdin, self._process.stdout
        if writer is None or reader is None:
            raise ParserDiedError
        deadline = time.monotonic() + LIMITS.seconds
        said = bytearray()
        try:
            writer.write(json.dumps(question).encode() + b"\n")
            while not said.endswith(b"\n"):
                left = deadline - time.monotonic()
                ready = select.select([reader], [], [], max(left, 0))[0]
                part = os.read(reader.fileno(), 1 << 16) if ready else b""
                if not part or len(said) > _LONGEST_ANSWER:
                    raise ParserDiedError
                said += part
            return json.loads(said)
        except (OSError, ValueError) as error:
            raise ParserDiedError from error

    def end(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


_lock = threading.Lock()
_parsers: list[_Parser] = []


def _ask(what: str, **about: Any) -> Any:
    """Ask the process for something, and raise what it says is wrong."""
    from orchestration.registers.sheets import SheetError, TooWideError  # noqa: PLC0415

    with _lock:
        if _parsers and not _parsers[0].is_alive():
            _parsers.pop().end()
        if not _parsers:
            _parsers.append(_Parser())
        try:
            answer = _parsers[0].answer({"what": what, **about})
            kind, content = answer
        except (ParserDiedError, ValueError, TypeError):
            _parsers.pop().end()
            raise ParserDiedError from None
        except BaseException:
            # Interrupted: whatever it answers later would be taken for the next file's.
            _parsers.pop().end()
            raise
    if kind == "done":
        return content
    faults: tuple[type[Exception], ...] = (
        SheetError,
        TooWideError,
        TooLargeError,
        UnreadableError,
    )
    for fault in faults:
        if fault.__name__ == kind:
            raise fault(str(content))
    end_parser()
    raise ParserDiedError


def end_parser() -> None:
    """End the process, if there is one; the next file gets a new one."""
    with _lock:
        while _parsers:
            _parsers.pop().end()


# What follows runs in the other process.


def _workbook_header(limits: Limits, path: str) -> Any:
    from orchestration.registers.sheets import Sheet  # noqa: PLC0415

    require_sound(Path(path), limits.archive)
    sheet = Sheet(Path(path))
    row, names = sheet.header()
    if len(names) > limits.columns:
        raise TooLargeError(f"{len(names)} columns")
    return row, names, sheet.other_headers()


def _workbook_to_text(
    limits: Limits, path: str, target: str, delimiter: str, header_row: int
) -> int:
    from orchestration.registers.sheets import Sheet  # noqa: PLC0415

    require_sound(Path(path), limits.archive)
    rows = 0
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        for cells in Sheet(Path(path)).rows(header_row):
            writer.writerow(cells)
            rows += 1
    return rows - 1


def _parquet(limits: Limits, path: str, *questions: str) -> list[Any]:
    import duckdb  # noqa: PLC0415

    from orchestration.database import connect  # noqa: PLC0415

    try:
        with connect(files=[Path(path)], memory=_DUCKDB_MEMORY) as scratch:
            [(rows, unpacked, columns)] = scratch.execute(
                "select (select sum(num_rows) from parquet_file_metadata($path)),"
                " (select sum(total_uncompressed_size) from parquet_metadata($path)),"
                " (select count(*) from parquet_schema($path))",
                {"path": path},
            ).fetchall()
            found = (rows or 0, unpacked or 0, columns)
            if any(map(gt, found, (limits.rows, limits.cells, limits.columns))):
                raise TooLargeError("{} rows, {} bytes, {} columns".format(*found))
            return [scratch.execute(each, {"path": path}).fetchall() for each in questions]
    except duckdb.OutOfMemoryException as error:
        raise TooLargeError("memory") from error
    except duckdb.Error as error:
        raise UnreadableError(type(error).__name__) from error


def _parquet_columns(limits: Limits, path: str) -> Any:
    return _parquet(
        limits,
        path,
        "select column_name, column_type from (describe from read_parquet($path))",
        "select name, coalesce(num_children, 0) from parquet_schema($path)",
    )


def _parquet_rows(limits: Limits, path: str) -> int:
    # A text that stands once in the file may be a cell of every row: each cell is measured.
    [[(rows, *sizes)]] = _parquet(
        limits,
        path,
        "select count(*), sum(strlen(columns(*)::varchar))::hugeint from read_parquet($path)",
    )
    if sum(size or 0 for size in sizes) > limits.cells:
        raise TooLargeError("cells")
    return int(rows)


_ANSWERS: dict[str, Callable[..., Any]] = {
    "workbook_header": _workbook_header,
    "workbook_to_text": _workbook_to_text,
    "parquet_columns": _parquet_columns,
    "parquet_rows": _parquet_rows,
}


def _limit(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.written),
        # A copy of its memory on disk would be a copy of the register.
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(
            kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
        )


def _limit_time(seconds: float) -> None:
    """Let the process end by itself where nobody is left to end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # With as many threads as there are.
    most = int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _answer(limits: Limits, question: dict[str, Any]) -> tuple[str, Any]:
    from orchestration.registers.sheets import SheetError, TooWideError  # noqa: PLC0415

    what = question.pop("what")
    try:
        return "done", _ANSWERS[what](limits, **question)
    except (TooWideError, TooLargeError, UnreadableError) as error:
        return type(error).__name__, str(error)
    except (SheetError, ArithmeticError, EOFError, ValueError, csv.Error) as error:
        return SheetError.__name__, type(error).__name__
    except OSError as error:
        # Only a full disk, or the limit of what may be written, says that it is too large.
        is_full = error.errno in {errno.EFBIG, errno.ENOSPC, errno.EDQUOT}
        fault = TooLargeError if is_full else SheetError
        return fault.__name__, type(error).__name__


def _serve(arguments: Sequence[str]) -> None:
    """Answer questions until there are no more."""
    limits = Limits(**json.loads(arguments[1]))
    # What a library prints is no answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _limit(limits)
    for line in sys.stdin.buffer:
        _limit_time(limits.seconds)
        try:
            said = _answer(limits, json.loads(line))
        except MemoryError:
            traceback.clear_frames(sys.exc_info()[2])
            said = ParserDiedError.__name__, "memory"
        answers.write(json.dumps(said).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.argv)
