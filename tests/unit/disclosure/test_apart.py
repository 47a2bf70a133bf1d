"""Work is shared with another process, and done though that one ends."""

import multiprocessing
import os
import time

import pytest

from orchestration.disclosure.apart import by_two

DEADLY = 100
SLOW = 7


def doubled(number: int) -> tuple[int, bool]:
    """Twice a number, and whether the process beside did it; it ends at a deadly one."""
    is_beside = multiprocessing.parent_process() is not None
    if number == DEADLY and is_beside:
        os._exit(1)
    if number == SLOW and not is_beside:
        # Long enough for the other process to begin.
        time.sleep(0.2)
    return 2 * number, is_beside


def test_each_is_done_once_whichever_process_does_it() -> None:
    numbers = [SLOW] * 60
    done = list(by_two(numbers, range(60), doubled))
    assert sorted(number for number, _ in done) == [*range(60)]
    assert {twice for _, (twice, _) in done} == {2 * SLOW}
    beside = [number for number, (_, is_beside) in done if is_beside]
    assert 59 in beside
    assert 0 not in beside
    # They meet: what the one does lies above what the other does.
    assert min(beside) > max(number for number, (_, is_beside) in done if not is_beside)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("deadly", [0, 5])
def test_what_a_process_that_ends_leaves_is_done_here(deadly: int) -> None:
    """It ends at the first it gets, or at the sixth; until then this one is slow."""
    numbers = [SLOW] * 40
    numbers[39 - deadly] = DEADLY
    done = dict(by_two(numbers, range(40), doubled))
    assert sorted(done) == [*range(40)]
    assert done[39 - deadly] == (2 * DEADLY, False)
    assert multiprocessing.active_children() == []


def test_little_is_done_before_the_other_has_begun() -> None:
    assert dict(by_two([3, 5], [1, 9], doubled)) == {0: (6, False), 1: (10, False)}
    assert list(by_two([], [], doubled)) == []
    assert multiprocessing.active_children() == []
