"""Many tasks done by two processes, each taking another as soon as it has done one.

What is done for each belongs to whoever asks.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")


def by_two(
    tasks: Sequence[Given], weights: Sequence[int], work: Callable[[Given], Done]
) -> Generator[tuple[int, Done], None, None]:
    """Do each task, some of them in a process beside this one.

    That one takes the heaviest first and this one the lightest, so that neither waits long for the
    other at the end, nor this one for the other to start.

    Args:
        tasks: What can be sent to another process.
        weights: About how long each takes, in any unit.
        work: What is done for each; a function that another process can import.

    Yields:
        The number of each task and what came of it, in the order they were done. What the other
        process leaves undone is done here.
    """
    left = deque(sorted(range(len(tasks)), key=lambda each: -weights[each]))
    done: SimpleQueue[tuple[int, Done]] = SimpleQueue()
    undone: list[int] = []
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_beside, args=(theirs, work), daemon=True)
    process.start()
    # Open in the other process alone: where that has ended, nobody waits for it.
    theirs.close()
    handing = Thread(target=_hand_over, args=(ours, tasks, left, done, undone), daemon=True)
    handing.start()
    try:
        while left:
            try:
                number = left.pop()
            except IndexError:
                # The other has taken the last one meanwhile.
                break
            yield number, work(tasks[number])
            while not done.empty():
                yield done.get()
        handing.join()
        while not done.empty():
            yield done.get()
        for number in undone:
            yield number, work(tasks[number])
    finally:
        left.clear()
        process.terminate()
        process.join()
        handing.join()
        ours.close()


def _hand_over(
    other: "Connection[Given, Done]",
    tasks: Sequence[Given],
    left: "deque[int]",
    done: "SimpleQueue[tuple[int, Done]]",
    undone: list[int],
) -> None:
    """Hand the other process one task after another, until nothing is left or it has ended.

    Args:
        other: The way to it.
        tasks: All of them.
        left: Numbers of those that nobody has begun, the heaviest first.
        done: Where what it has done goes.
        undone: Where the number of the one goes that it has not done.
    """
    with suppress(IndexError):
        while True:
            number = left.popleft()
            try:
                other.send(tasks[number])
                done.put((number, other.recv()))
            except Exception:  # noqa: BLE001 (whatever it was, the task is done here instead)
                undone.append(number)
                return


def _beside(other: "Connection[Any, Any]", work: Callable[[Given], Done]) -> None:
    """Do tasks in this process, which nobody but the one that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            other.send(work(other.recv()))
