"""Work is shared with another process, and done though that one ends."""

import multiprocessing
import os
import time
from collections.abc import Callable

import pytest

from orchestration.disclosure.apart import by_two


def whose(number: int) -> tuple[int, bool]:
    """A number, whether the process beside had it; that one is slow to start, and this one here."""
    time.sleep(number / 1000)
    return number, multiprocessing.parent_process() is not None


def called(given: Callable[[], int]) -> int:
    """What a function gives."""
    return given()


def refused(number: int) -> int:
    """Nothing that can be done."""
    raise IndexError(number)


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


def test_the_other_takes_the_heaviest_and_this_one_all_that_is_left() -> None:
    numbers = [*[200] * 10, *[30] * 10]
    done = dict(by_two(numbers, numbers, whose))
    assert [done[each][0] for each in range(20)] == numbers
    beside = [number for number, was_beside in done.values() if was_beside]
    here = [number for number, was_beside in done.values() if not was_beside]
    assert max(beside) == 200
    assert min(here) == 30
    assert beside
    assert here


def test_what_cannot_be_done_is_told_and_leaves_no_process() -> None:
    with pytest.raises(IndexError):
        list(by_two([1, 2, 3], [1, 2, 3], refused))
    assert multiprocessing.active_children() == []


def test_what_cannot_be_sent_is_done_here() -> None:
    unsendable = [lambda: 1, lambda: 2, lambda: 3]
    done = dict(by_two(unsendable, [1, 2, 3], called))
    assert done == {0: 1, 1: 2, 2: 3}


def test_whoever_asks_no_more_leaves_no_process() -> None:
    some = by_two([10] * 20, [1] * 20, whose)
    next(some)
    some.close()
    assert multiprocessing.active_children() == []
