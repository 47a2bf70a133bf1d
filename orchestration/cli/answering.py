"""A question of the page, answered in a process of its own that may use so much and no more.

The server starts it for each question, hands it the question on its standard input, and ends it
when its time is up: whatever a question does, the server and the other questions go on. It knows
no key and no environment. What may be asked belongs in `question`, who may ask in `door`.
"""

import asyncio
import io
import json
import os
import resource
import signal
import sys
import threading
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.cli.output import answer_of, text_of, write_csv
from orchestration.cli.question import (
    SYNTHETIC_SV,
    UNANSWERED_SV,
    NoQuestionError,
    ask,
    is_synthetic,
    reader_of,
    why_unanswered,
)
from orchestration.cli.words import Worded
from orchestration.language.numbers import as_it_is, number
from orchestration.settings import PROJECT_ROOT

Answer = dict[str, Any]
"""What the page is told: `fel`, or `kolumner`, `rader`, `antal`, `ord`, `syntetiskt` and `csv`."""

_COMMAND = (sys.executable, "-m", "orchestration.cli.answering")
# Longer than its time it takes only where it does not listen, or is still starting.
_PATIENCE_SECONDS = 20.0
# A browser that lays out more than these at once stands still; the file has all.
_SHOWN = 1_000
# Names as `meta.columns` has them, where all tables that the question names agree on one.
_NAMES = """
select column_name, any_value(name_sv)
from meta.columns
where contains(lower($sql), split_part(table_name, '.', 2)) and name_sv <> ''
group by column_name
having count(distinct name_sv) = 1
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a question may use.

    Attributes:
        seconds: Until it has been answered.
        rows: Rows of the answer.
        characters: Signs of the answer, as a file.
        duckdb_memory: What DuckDB may use, as it writes it.
        memory: Address space of the whole process, in bytes.
    """

    seconds: float = 10
    rows: int = 10_000
    characters: int = 20_000_000
    duckdb_memory: str = "512MB"
    memory: int = 2 << 30


LIMITS = Limits()


class _TooMuchError(Exception):
    """The answer is larger, or takes longer, than it may; the message says so in Swedish."""


async def answered_apart(snapshot: Path, sql: str, limits: Limits = LIMITS) -> Answer:
    """Answer a question in another process.

    Args:
        snapshot: The published file.
        sql: The question.
        limits: How much it may use.

    Returns:
        What the page is told.
    """
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd=PROJECT_ROOT,
        # A key may stand in the environment.
        env={"LC_ALL": "C.UTF-8"},
    )
    question = json.dumps({"snapshot": str(snapshot), "sql": sql, "limits": asdict(limits)})
    try:
        async with asyncio.timeout(limits.seconds + _PATIENCE_SECONDS):
            said, _ = await process.communicate(question.encode())
        answer: Answer = json.loads(said)
    except TimeoutError:
        return _refused(_too_slow_sv(limits))
    except ValueError:
        code = await process.wait()
        return _refused(_too_slow_sv(limits) if code == -signal.SIGXCPU else _ended_sv(code))
    finally:
        # Also where whoever asked has left.
        with suppress(ProcessLookupError):
            process.kill()
    return answer


def answer(snapshot: Path, sql: str, limits: Limits = LIMITS) -> Answer:
    """Answer a question in this process.

    Args:
        snapshot: The published file.
        sql: The question.
        limits: How much it may use; the address space is the process's own to bound.

    Returns:
        What the page is told.
    """
    try:
        with reader_of(snapshot, memory=limits.duckdb_memory) as reader:
            names, synthetic = _names(reader, sql), is_synthetic(reader)
            with _in_time(reader, limits) as in_time:
                columns, rows = answer_of(ask(reader, sql))
                told = _told(columns, _within(rows, limits, in_time), names, limits)
                return told | {"syntetiskt": SYNTHETIC_SV if synthetic else ""}
    except duckdb.InterruptException:
        return _refused(_too_slow_sv(limits))
    except (NoQuestionError, _TooMuchError) as error:
        return _refused(str(error))
    except duckdb.Error as error:
        return _refused(why_unanswered(error))
    except MemoryError:
        return _refused(_died_sv())


def _told(
    columns: Sequence[str],
    rows: Iterator[tuple[Any, ...]],
    names: dict[str, str],
    limits: Limits,
) -> Answer:
    kept: list[tuple[Any, ...]] = []
    file = _Bounded(limits)

    def passing() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            kept.append(row)
            yield row

    write_csv(file, columns, passing())
    seen = kept[:_SHOWN]
    worded = Worded(columns, seen)
    texts = [[_cell(value) for value in row] for row in worded]
    return {
        "kolumner": [
            {"namn": name, "rubrik": names.get(name, ""), "tal": _is_numeric(seen, place)}
            for place, name in enumerate(columns)
        ],
        "rader": texts,
        "antal": len(kept),
        "antal_sv": number(len(kept)),
        "visas_sv": number(len(seen)),
        "ord": list(worded.codes()),
        "csv": file.getvalue(),
    }


def _cell(value: Any) -> str:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return as_it_is(value)
    return text_of(value)


def _is_numeric(rows: Sequence[Sequence[Any]], place: int) -> bool:
    known = [row[place] for row in rows if row[place] is not None]
    return bool(known) and all(
        isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in known
    )


def _names(reader: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """What the columns of the tables that a question names are called in Swedish."""
    try:
        return dict(reader.execute(_NAMES, {"sql": sql}).fetchall())
    except duckdb.CatalogException:
        # An edition of before the columns were told.
        return {}


class _Bounded(io.StringIO):
    """A file that is refused when it has become too long."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(newline="")
        self._limits = limits

    def write(self, text: str, /) -> int:
        """Write, as far as there is room."""
        if self.tell() + len(text) > self._limits.characters:
            raise _TooMuchError(
                "svaret är för stort. Gör så här: välj färre kolumner, korta långa texter, eller"
                " räkna samman med group by."
            )
        return super().write(text)


def _within(
    rows: Iterator[tuple[Any, ...]], limits: Limits, in_time: threading.Event
) -> Iterator[tuple[Any, ...]]:
    for count, row in enumerate(rows, start=1):
        if count > limits.rows:
            raise _TooMuchError(
                f"svaret har fler än {number(limits.rows)} rader. Gör så här: räkna samman med"
                " group by, välj ut med where, eller ta de första med order by och limit. Hela"
                " tabeller finns som filer bland de öppna uppgifterna."
            )
        if in_time.is_set():
            raise _TooMuchError(_too_slow_sv(limits))
        yield row


@contextmanager
def _in_time(reader: duckdb.DuckDBPyConnection, limits: Limits) -> Iterator[threading.Event]:
    """Interrupt what is asked when its time is up.

    Yields:
        What is set then: between two parts of an answer there is nothing to interrupt.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        reader.interrupt()

    timer = threading.Timer(limits.seconds, end)
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        timer.join()


def _refused(why_sv: str) -> Answer:
    return {"fel": f"{UNANSWERED_SV}{why_sv}"}


def _too_slow_sv(limits: Limits) -> str:
    return (
        f"den tog längre än {as_it_is(limits.seconds)} sekunder och avbröts. Gör så här: fråga"
        " efter mindre åt gången, och se efter att varje join har ett villkor. En fråga som"
        " behöver längre tid ställs med avvik query."
    )


def _died_sv() -> str:
    return (
        "den behövde mer minne än den får och avbröts. Gör så här: välj färre kolumner och rader,"
        " eller räkna samman med group by."
    )


def _ended_sv(code: int) -> str:
    return (
        f"dess process avbröts av datorn (kod {code}), som kan ha ont om minne. Gör så här: ställ"
        " den igen; händer det på nytt, fråga efter mindre åt gången."
    )


def _bound(limits: Limits) -> None:
    """Let the system hold this process to its limits, also where nobody is left to end it."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, int(limits.seconds * (os.cpu_count() or 1) + _PATIENCE_SECONDS)),
        # It writes nothing.
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, hard))


def main() -> None:
    """Answer the question on the standard input."""
    # What a library prints is no answer.
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    asked = json.load(sys.stdin)
    limits = Limits(**asked["limits"])
    _bound(limits)
    found = answer(Path(asked["snapshot"]), asked["sql"], limits)
    # Every sign of every name and cell goes through, whatever the page makes of it.
    told.write(json.dumps(found))
    told.flush()
    # Whatever still runs in it has nobody to answer to; and time to end is time that it takes.
    os._exit(0)


if __name__ == "__main__":
    main()
