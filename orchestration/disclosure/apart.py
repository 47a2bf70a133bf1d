"""Many tasks done by two processes, which begin at either end of them and meet.

What is done for each belongs to whoever asks.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")


def by_two(
    tasks: Sequence[Given], weights: Sequence[int], work: Callable[[Given], Done]
) -> Iterator[tuple[int, Done]]:
    """Do each task, the heaviest first in a process beside this one and the lightest first here.

    Nothing is agreed on but the order, so neither asks the other for more: the other process takes
    some seconds to begin, in which this one is not idle, and where they meet it waits for what the
    other is at.

    Args:
        tasks: What can be sent to another process.
        weights: About how long each takes, in any unit.
        work: What is done for each; a function that another process can import.

    Yields:
        The number of each task and what came of it, in the order they were done. What the other
        process leaves undone is done here.
    """
    left = sorted(range(len(tasks)), key=lambda each: -weights[each])
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe()
    process = context.Process(target=_beside, args=(writer, work), daemon=True)
    process.start()
    # Open in the other process alone: where that has ended, nobody waits for it.
    writer.close()
    other: _Other[Given, Done] = _Other(reader, [(each, tasks[each]) for each in left])
    try:
        while left:
            for number, done in other.fetched(wait=len(left) == 1):
                # Past where they meet it has gone on with what was done here.
                if number in left:
                    left.remove(number)
                    yield number, done
            if left:
                number = left.pop()
                yield number, work(tasks[number])
    finally:
        reader.close()
        # Whoever began this one may have had it ignore what asks a process to end.
        process.kill()
        process.join()


class _Other(Generic[Given, Done]):
    """The process beside, seen from here."""

    def __init__(self, reader: "Connection[Any, Any]", tasks: Sequence[tuple[int, Given]]) -> None:
        self._reader = reader
        self._tasks = tasks
        self._is_at_work = False

    def fetched(self, *, wait: bool) -> Iterator[tuple[int, Done]]:
        """What it has done since it was asked last.

        Args:
            wait: Whether to wait for what it is at, if it is at work at all.
        """
        with suppress(EOFError, OSError):
            while (wait and self._is_at_work) or self._reader.poll():
                said = self._reader.recv()
                if said is None:
                    # Now it takes them at once; before, we would have stood waiting.
                    self._reader.send(self._tasks)
                    self._is_at_work = True
                else:
                    yield said
                    wait = False
            return
        self._is_at_work = False


def _beside(
    writer: "Connection[tuple[int, Done] | None, list[tuple[int, Given]]]",
    work: Callable[[Given], Done],
) -> None:
    """Do tasks in this process, which nobody but the one that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        writer.send(None)
        for number, each in writer.recv():
            writer.send((number, work(each)))
