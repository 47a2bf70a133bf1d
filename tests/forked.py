"""A fork of a warm process that is killed at a point of its work; imports nothing of the project.

What is done in it, and what it must leave, is for the tests that kill.
"""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_ROOT = Path(__file__).parents[1]

# The exit code of what was killed.
KILLED = -signal.SIGPROF


def forked(work: Callable[[], int | None], kill_after: float | None) -> tuple[int, float]:
    """Work in a process of its own, which is killed at a point of its own computing time.

    That time and not the clock's, so that the points lie in the same places of the work however
    busy the machine is. `SIGPROF` is not handled, and ends a process as abruptly as `SIGKILL`.

    Args:
        work: What is done; gives an exit code, or nothing for 0.
        kill_after: After so many seconds of computing; never unless given.

    Returns:
        Exit code, `KILLED` where it was; seconds of computing.
    """
    pid = os.fork()
    if not pid:
        code = 1
        try:
            if kill_after is not None:
                signal.signal(signal.SIGPROF, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_PROF, kill_after)
            code = work() or 0
        except BaseException:  # noqa: BLE001 (the fork must not go on as its parent)
            traceback.print_exc()
        os._exit(code)
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class Worker:
    """A warm process that forks for each piece of work, and the way to talk to it."""

    process: "subprocess.Popen[str]"

    def run(self, work: str, home: Path, *, kill_after: float | None = None) -> tuple[int, float]:
        """Do a piece of work in a home; exit code and seconds of computing."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        after = "never" if kill_after is None else kill_after
        self.process.stdin.write(f"{work} {after} {home}\n")
        self.process.stdin.flush()
        code, seconds = self.process.stdout.readline().split()
        return int(code), float(seconds)


@contextmanager
def started(module: str, *arguments: str, **environment: str) -> Iterator[Worker]:
    """The worker that a module is when it is run, until the block ends.

    Args:
        module: Its name; it answers each line with `answer`.
        arguments: Of its command line.
        environment: Set for it, beside this process's own.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, **environment},
    )
    try:
        yield Worker(process)
    finally:
        process.kill()
        process.wait()


def answer(work: Callable[[str, Path, bool], int | None]) -> None:
    """Be a worker: do what each line of standard input says, and say how it ended.

    Args:
        work: Is given what to do, in which home, and whether it is to be killed at it.
    """
    for line in sys.stdin:
        what, after, home = line.strip().split(" ", maxsplit=2)
        kill_after = None if after == "never" else float(after)
        code, seconds = forked(partial(work, what, Path(home), kill_after is not None), kill_after)
        sys.stdout.write(f"{code} {seconds}\n")
        sys.stdout.flush()
