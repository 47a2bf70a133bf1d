"""Who is at work in a home: the lock that one run holds, and which process holds a file.

A refusal names the process, what it is and since when, so that nobody has to look for it. The words
of its command line beyond the command's name may hold anything, and are never told.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LOCK_NAME = ".run.lock"
_COMMAND = re.compile(r"[a-z][a-z-]*")
_PROCESSES = Path("/proc")
# In /proc/<pid>/stat, counted from what follows the name in brackets.
_PARENT_FIELD, _START_FIELD = 1, 19
_GENERATIONS = 4


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds something.

    Attributes:
        pid: Its number, or None where the system does not say.
        command: What it is, such as ``avvik run``; None where that cannot be told.
        started: ISO time of its start, with offset; None where that cannot be told.
    """

    pid: int | None
    command: str | None = None
    started: str | None = None

    def told(self) -> str:
        """The process in Swedish, to stand after *En annan process*."""
        known = [
            None if self.pid is None else f"pid {self.pid}",
            self.command,
            None
            if self.started is None
            else f"startad {datetime.fromisoformat(self.started).astimezone():%Y-%m-%d %H:%M}",
        ]
        said = ", ".join(each for each in known if each is not None)
        return f"En annan process ({said})" if said else "En annan process"


class HeldError(Exception):
    """Another process is at work; the text is Swedish and says which."""


@contextmanager
def hold_home(directory: Path, command: str, *, now: datetime) -> Iterator[None]:
    """Be the only one at work in a home, and say who that is.

    Args:
        directory: The home.
        command: What this process does, such as ``avvik run``.
        now: When it began.

    Yields:
        Nothing; the lock is held meanwhile, and let go when this process ends in any way.

    Raises:
        HeldError: If another process holds it.
        OSError: If the lock cannot be written.
    """
    import fcntl  # noqa: PLC0415 (not on every platform)

    # Not emptied when it is opened: what stands there belongs to the one that holds it.
    with (directory / LOCK_NAME).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HeldError(
                f"{_read(directory / LOCK_NAME).told()} är i gång i {directory}. Gör så här: vänta"
                " tills den är klar."
            ) from error
        lock.truncate(0)
        json.dump(asdict(Holder(os.getpid(), command, now.isoformat(timespec="seconds"))), lock)
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _read(lock: Path) -> Holder:
    try:
        return Holder(**json.loads(lock.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Holder(None)


def holder_from(message: str) -> Holder | None:
    """The process that DuckDB says holds a file.

    Args:
        message: DuckDB's own error text.

    Returns:
        The process, or None if the text is about something else than a lock.
    """
    if "Could not set lock" not in message:
        return None
    named = re.search(r"\(PID (\d+)\)", message)
    return Holder(None) if named is None else process(int(named[1]))


def process(pid: int) -> Holder:
    """What the system tells of a process.

    Args:
        pid: Its number.

    Returns:
        What is known of it; only the number where the system keeps no `/proc`.
    """
    try:
        words, fields = _words(pid), _fields(pid)
        [booted] = re.findall(r"^btime (\d+)$", (_PROCESSES / "stat").read_text(), re.MULTILINE)
    except (OSError, ValueError):
        return Holder(pid)
    command, ancestor = command_named(words), fields
    # Dagster starts a process for each run, whose own command line says nothing of it.
    for _ in range(_GENERATIONS):
        if command is not None:
            break
        try:
            parent = int(ancestor[_PARENT_FIELD])
            command, ancestor = command_named(_words(parent)), _fields(parent)
        except OSError:
            break
    seconds = int(booted) + int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK")
    started = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return Holder(pid, command or Path(words[0]).name or None, started)


def command_named(words: Sequence[str]) -> str | None:
    """Which of our commands a process is, from its command line, without any of its arguments.

    Args:
        words: The command line.

    Returns:
        ``avvik`` and its command, ``avvik serve`` for what Dagster started; None for a stranger.
    """
    for before, word, after in zip(("", *words), words, (*words[1:], ""), strict=False):
        name = Path(word).name
        if name == "avvik" or (before == "-m" and word == "orchestration"):
            return f"avvik {after}" if _COMMAND.fullmatch(after) else "avvik"
        if before == "-m" and name.startswith("dagster"):
            return "avvik serve"
    return None


def _words(pid: int) -> list[str]:
    return (_PROCESSES / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")


def _fields(pid: int) -> list[str]:
    """The fields after the process's name, which stands in brackets and may hold anything."""
    text = (_PROCESSES / str(pid) / "stat").read_text(errors="replace")
    return text.rpartition(")")[2].split()
