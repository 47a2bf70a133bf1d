"""Many tasks done by two processes, each its half, and handed over as they are done.

What is done for each belongs to whoever asks.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")


def by_two(
    tasks: Sequence[Given], weights: Sequence[int], work: Callable[[Given], Done]
) -> Iterator[tuple[int, Done]]:
    """Do each task, half of them in a process beside this one.

    Args:
        tasks: What can be sent to another process.
        weights: About how long each takes, in any unit.
        work: What is done for each; a function that another process can import.

    Yields:
        The number of each task and what came of it, in the order they were done. What the other
        process leaves undone is done here.
    """
    ours, theirs = _halves(weights)
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe()
    process = context.Process(target=_beside, args=(writer, work), daemon=True)
    process.start()
    # Open in the other process alone: where that has ended, nobody waits for it.
    writer.close()
    left = set(theirs)
    try:
        with suppress(OSError):
            reader.send([(each, tasks[each]) for each in theirs])
        for number in ours:
            yield number, work(tasks[number])
            # It waits for us where what it has done is not fetched.
            yield from _fetched(reader, left, wait=False)
        yield from _fetched(reader, left, wait=True)
        for number in sorted(left):
            yield number, work(tasks[number])
    finally:
        reader.close()
        process.terminate()
        process.join()


def _fetched(
    reader: "Connection[Any, tuple[int, Done]]", left: set[int], *, wait: bool
) -> Iterator[tuple[int, Done]]:
    """What the other process has done, until nothing is left or it has ended.

    Args:
        reader: Where it comes.
        left: Numbers that are to come; those that come are taken out.
        wait: Whether to wait for what is not done yet.
    """
    with suppress(EOFError, OSError):
        while left and (wait or reader.poll()):
            number, done = reader.recv()
            left.discard(number)
            yield number, done


def _halves(weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """Numbers of tasks in two parts that weigh alike, the heaviest first."""
    halves: tuple[list[int], list[int]] = ([], [])
    weigh = [0, 0]
    for number in sorted(range(len(weights)), key=lambda each: -weights[each]):
        lighter = 0 if weigh[0] <= weigh[1] else 1
        halves[lighter].append(number)
        weigh[lighter] += weights[number]
    return halves


def _beside(
    writer: "Connection[tuple[int, Done], list[tuple[int, Given]]]",
    work: Callable[[Given], Done],
) -> None:
    """Do tasks in this process, which nobody but the one that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        for number, each in writer.recv():
            writer.send((number, work(each)))
