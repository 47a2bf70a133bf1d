"""Work is shared with another process, and done though that one ends."""

import multiprocessing
import os

from orchestration.disclosure.apart import by_two


def doubled(number: int) -> int:
    """Twice a number; the process beside ends at the hundredth."""
    if number == 100 and multiprocessing.parent_process() is not None:
        os._exit(1)
    return 2 * number


def test_each_is_done_once_whichever_process_does_it() -> None:
    numbers = [3, 100, 5, 7, 11, 100]
    done = dict(by_two(numbers, [1, 9, 1, 1, 1, 8], doubled))
    assert sorted(done) == [*range(6)]
    assert [done[each] for each in range(6)] == [6, 200, 10, 14, 22, 200]
    assert multiprocessing.active_children() == []
