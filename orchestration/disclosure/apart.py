"""Many tasks done by two processes, which begin at either end of them and meet.

What is done for each belongs to whoever asks.
"""

from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, Self, TypeVar

from orchestration.beside import Beside, Tell

Done = TypeVar("Done")


class Apart(Generic[Done]):
    """Tasks that another process has begun to do, one after the other.

    It can be begun long before anybody asks for them here: each has a name that says all that it is
    made of, and what it has done of others is of no use.
    """

    def __init__(self, work: Callable[[Any], Iterator[tuple[str, Done]]], given: Any) -> None:
        """Begin them.

        Args:
            work: Does each, the heaviest first, and yields its name and what came of it; a function
                that another process can import.
            given: What it is made of; what can be sent to another process.
        """
        self._done: SimpleQueue[tuple[str, Done] | None] = SimpleQueue()
        self._is_over = False
        self._other = Beside(
            _each, (work, given), heard=self._done.put, over=lambda: self._done.put(None)
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


def _each(given: tuple[Callable[[Any], Iterator[tuple[str, Any]]], Any], tell: Tell) -> None:
    work, tasks = given
    for done in work(tasks):
        tell(done)
