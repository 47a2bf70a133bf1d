"""A process beside this one, for what takes a processor of its own; and tasks that both share.

It computes, or writes files that nobody else has: the warehouse has one process and one writer.
What it does belongs to whoever asks.
"""

import atexit
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Generic, Self, TypeAlias, TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")
Tell: TypeAlias = Callable[[Any], None]


def _nothing() -> None:
    """Nobody asks to be told."""


class Beside(Generic[Given]):
    """A process at work, which says what comes of it as it comes.

    It is ended with the context that it stands in, by `end`, or with this process.
    """

    def __init__(
        self,
        work: Callable[[Given, Tell], None],
        given: Given,
        *,
        heard: Tell,
        over: Callable[[], None] = _nothing,
    ) -> None:
        """Begin one.

        Args:
            work: What it does, of what it is given and what it says things with; a function that
                another process can import.
            given: What can be sent to it.
            heard: Called with all that it says, from a thread of its own.
            over: Called from there when no more can come.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, others = context.Pipe()
        self._process = context.Process(target=_work, args=(others, work), daemon=True)
        self._process.start()
        # Whoever began this one may have had it ignore what asks a process to end, and what is
        # left when this one ends is asked.
        atexit.register(self._process.kill)
        # Open in the other process alone: where that has ended, nobody waits for it.
        others.close()
        self._has_begun = Event()
        self._ended: list[Exception | None] = []
        self._listener = Thread(target=self._listen, args=(given, heard, over), daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def has_begun(self) -> bool:
        """Whether it is at its work: a process takes a second or two to begin."""
        return self._has_begun.is_set()

    @property
    def is_over(self) -> bool:
        """Whether no more is heard of it."""
        return not self._listener.is_alive()

    def wait(self) -> None:
        """Wait until it is done.

        Raises:
            Exception: What it raised.
            RuntimeError: If it ended without a word.
        """
        self._listener.join()
        if not self._ended:
            self._process.join()
            raise RuntimeError(f"a process beside this one ended with {self._process.exitcode}")
        if self._ended[0] is not None:
            raise self._ended[0]

    def end(self) -> None:
        """End it, done or not."""
        self._process.kill()
        self._process.join()
        self._listener.join()
        self._connection.close()
        atexit.unregister(self._process.kill)

    def _listen(self, given: Given, heard: Tell, over: Callable[[], None]) -> None:
        with suppress(EOFError, OSError):
            # Now it takes what it is given at once; before, we would have stood waiting.
            self._connection.recv()
            self._connection.send(given)
            self._has_begun.set()
            while True:
                is_end, said = self._connection.recv()
                if is_end:
                    self._ended.append(said)
                    break
                heard(said)
        over()


def _work(
    connection: "Connection[tuple[bool, Any] | None, Any]", work: Callable[[Any, Tell], None]
) -> None:
    """Do the work in this process, which nobody but the one that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whoever no longer listens has ended, and half of it is of no use to anybody.
    with suppress(EOFError, OSError):
        connection.send(None)
        given = connection.recv()
        ended: Exception | None = None
        try:
            work(given, lambda said: connection.send((False, said)))
        except Exception as error:  # noqa: BLE001 -- raised again where it was asked for
            ended = error
        connection.send((True, ended))


class Shared(Generic[Given, Done]):
    """Tasks that this process and another one do, beginning at either end of them until they meet.

    The other can begin long before anybody asks for them here: each has a name that says what it
    is, and what was done of others is of no use.
    """

    def __init__(self, work: Callable[[Given], Iterator[tuple[str, Done]]], given: Given) -> None:
        """Let another process begin.

        Args:
            work: Does each, the heaviest first, and yields its name and what came of it; a function
                that another process can import.
            given: What they are made of; what can be sent to another process.
        """
        self._done: SimpleQueue[tuple[str, Done] | None] = SimpleQueue()
        self._is_over = False
        self._other: Beside[Given] = Beside(
            partial(_each, work), given, heard=self._done.put, over=lambda: self._done.put(None)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def is_over(self) -> bool:
        """Whether the other process does no more of them."""
        return self._other.is_over

    def end(self) -> None:
        """End the other process, done or not."""
        self._other.end()

    def met(self, names: Sequence[str], work: Callable[[str], Done]) -> Iterator[tuple[str, Done]]:
        """Do tasks here too, the lightest first, until all are done.

        Nothing is agreed on but the order, so neither asks the other for more: the other process
        takes some seconds to begin, in which this one is not idle, and where they meet it waits for
        what the other is at.

        Args:
            names: Of the tasks that are asked for, the heaviest first.
            work: Does the one of a name.

        Yields:
            The name of each task and what came of it, in the order they were done. What the other
            process leaves undone is done here.
        """
        left = dict.fromkeys(names)
        while left:
            for name, done in self._fetched(wait=len(left) == 1 and self._other.has_begun):
                # Past where they meet it has gone on with what was done here.
                if name in left:
                    del left[name]
                    yield name, done
            if left:
                name, _ = left.popitem()
                yield name, work(name)

    def _fetched(self, *, wait: bool) -> Iterator[tuple[str, Done]]:
        """What it has done since it was asked last.

        Args:
            wait: Whether to wait for what it is at.
        """
        while not self._is_over:
            try:
                said = self._done.get(block=wait)
            except Empty:
                return
            if said is None:
                self._is_over = True
            else:
                yield said
            wait = False


def _each(work: Callable[[Any], Iterator[tuple[str, Any]]], given: Any, tell: Tell) -> None:
    for done in work(given):
        tell(done)
