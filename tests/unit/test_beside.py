"""Work is shared with another process, is done though that one ends, and leaves none behind."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import pytest

from orchestration.beside import Beside, Shared, Tell

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


def each_doubled(numbers: dict[str, int]) -> Iterator[tuple[str, tuple[int, bool]]]:
    for name, number in numbers.items():
        yield name, doubled(number)


def both_doubled(
    given: dict[str, int], asked: Sequence[str] | None = None
) -> dict[str, tuple[int, bool]]:
    with Shared(each_doubled, given) as other:
        done = list(other.met(asked or list(given), lambda name: doubled(given.get(name, SLOW))))
    assert len(dict(done)) == len(done)
    return dict(done)


def named(numbers: Sequence[int]) -> dict[str, int]:
    return {f"{place:02}": number for place, number in enumerate(numbers)}


def test_each_is_done_once_whichever_process_does_it() -> None:
    done = both_doubled(named([SLOW] * 60))
    assert sorted(done) == [*named(range(60))]
    assert {twice for twice, _ in done.values()} == {2 * SLOW}
    beside = [name for name, (_, is_beside) in done.items() if is_beside]
    assert "00" in beside
    assert "59" not in beside
    # They meet: what the one does lies before what the other does.
    assert max(beside) < min(name for name, (_, is_beside) in done.items() if not is_beside)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("deadly", [0, 5])
def test_what_a_process_that_ends_leaves_is_done_here(deadly: int) -> None:
    """It ends at the first it gets, or at the sixth; until then this one is slow."""
    numbers = [SLOW] * 40
    numbers[deadly] = DEADLY
    done = both_doubled(named(numbers))
    assert sorted(done) == [*named(range(40))]
    assert done[f"{deadly:02}"] == (2 * DEADLY, False)
    assert multiprocessing.active_children() == []


def test_what_was_done_before_anybody_asked_is_not_done_again() -> None:
    given = named([3] * 10)
    with Shared(each_doubled, given) as other:
        while not other.is_over:
            time.sleep(0.01)
        done = dict(other.met(list(given), doubled_in_vain))
    assert done == dict.fromkeys(given, (6, True))
    assert multiprocessing.active_children() == []


def test_what_was_begun_and_nobody_asks_for_is_no_answer() -> None:
    """Those of other names are others, and what this process was not asked for it does not tell."""
    done = both_doubled(named([SLOW] * 20), asked=["03", "other", "another"])
    assert sorted(done) == ["03", "another", "other"]
    assert done["other"] == done["another"] == (2 * SLOW, False)
    assert multiprocessing.active_children() == []


def doubled_in_vain(name: str) -> tuple[int, bool]:
    raise AssertionError(f"{name} was done already")


def test_little_is_done_before_the_other_has_begun() -> None:
    assert both_doubled({"nine": 5, "one": 3}) == {"one": (6, False), "nine": (10, False)}
    assert both_doubled({}) == {}
    assert multiprocessing.active_children() == []


def say_without_end(given: str, tell: Tell) -> None:
    while True:
        tell(given)


def hear_nothing_more(said: str) -> None:
    time.sleep(len(said))


def begin_and_end() -> None:
    """Begin a process, which soon waits to be heard, and leave it."""
    other = Beside(say_without_end, "x" * 1000, heard=hear_nothing_more)
    while not other.has_begun:
        time.sleep(0.01)
    [process] = multiprocessing.active_children()
    sys.stdout.write(str(process.pid))


def test_a_process_that_nobody_hears_ends_with_the_one_that_began_it() -> None:
    """Also where both ignore what asks a process to end, as what Dagster begins may."""
    program = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "from tests.unit.test_beside import begin_and_end; begin_and_end()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(ended.stdout), 0)
