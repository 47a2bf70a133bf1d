"""A process beside this one, for what takes a processor of its own.

It computes, or writes files that nobody else has: the warehouse has one process and one writer.
What it does belongs to whoever asks.
"""

import atexit
import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Event, Thread
from typing import Any, Generic, Self, TypeAlias, TypeVar

Given = TypeVar("Given")
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
        """Whether it has been given its work: a process takes a second or two to begin."""
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
