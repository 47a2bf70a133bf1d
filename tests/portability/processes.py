"""Servers that are started for a comparison: each in a process group of its own, by which it ends.

Whatever was started is stopped, also when something fails; nothing is looked for by name. What an
engine needs to start belongs in `cluster` and `sail`.
"""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

HOST = "127.0.0.1"
_PATIENCE_SECONDS = 120


class EngineError(Exception):
    """An engine did not do what it should; the message is Swedish."""


class Session(Protocol):
    """A connection to an engine."""

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows; none where it has none.

        Args:
            sql: The statement.
        """


class Engine(Protocol):
    """An engine that runs beside DuckDB, and has tables of its own."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def target(self) -> str:
        """Which of the profile's targets dbt takes."""

    @property
    def dbt(self) -> str:
        """The module of dbt's command line."""

    @property
    def environment(self) -> dict[str, str]:
        """What the target reads of the environment."""

    @property
    def directory(self) -> Path:
        """Where it keeps all that is its own."""

    def session(self) -> AbstractContextManager[Session]:
        """A session that is strict about casts, closed at the end."""

    def folder(self, schema: str, name: str) -> Path:
        """Where the Parquet files of a table lie.

        Args:
            schema: Its schema.
            name: Its name there.
        """

    def cost(self) -> "Cost":
        """What its processes have used until now."""


@dataclass(frozen=True)
class Cost:
    """What processes have used.

    Attributes:
        cpu: CPU seconds.
        peak_mib: The sum of the most memory that each of them has held.
    """

    cpu: float
    peak_mib: float


def cost_of(processes: Iterable[int]) -> Cost:
    """What running processes have used, from what the kernel says of each.

    Args:
        processes: Their process ids.
    """
    ticks, kib = 0, 0
    for process in processes:
        folder = Path("/proc") / str(process)
        # The name of the program stands in parentheses and may hold anything.
        fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
        [peak] = re.findall(r"(?m)^VmHWM:\s+(\d+)", (folder / "status").read_text("utf-8"))
        kib += int(peak)
    return Cost(ticks / os.sysconf("SC_CLK_TCK"), kib / 1024)


def wait_for(
    holds: Callable[[], bool], message: str, started: Sequence[subprocess.Popen[bytes]]
) -> None:
    """Wait until something holds.

    Args:
        holds: Whether it does.
        message: What to say where it does not, in Swedish.
        started: Processes without which it never will.

    Raises:
        EngineError: If one of them ends, or it takes too long.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        dead = any(process.poll() is not None for process in started)
        if dead or time.monotonic() > deadline:
            raise EngineError(message)
        time.sleep(0.2)


@contextmanager
def process(
    directory: Path, name: str, command: Sequence[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a group of its own, which what it starts joins.

    Args:
        directory: Where it works, and where its log is written.
        name: The log's name.
        command: What to start.
        environment: Its environment.
    """
    with (directory / f"{name}.log").open("wb") as log:
        started = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        _stop(started)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sent)
        except ProcessLookupError:  # the whole group has ended
            break
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def answers(port: int) -> bool:
    """Whether something listens.

    Args:
        port: Where, on this machine.
    """
    with closing(socket.socket()) as probe:
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """A port that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
