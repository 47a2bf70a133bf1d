"""What is hidden of the outside tables, and how long that takes, beside what other software hid.

    python -m tests.benchmarks.bench_disclosure
    pytest tests/benchmarks/bench_disclosure.py -s

The reference protects against exact recovery alone; we also against being near, and against whoever
is alone in a cell. Both are printed. Counts do not hang on the machine; seconds do.
"""

import time
from collections.abc import Callable

import numpy as np

from orchestration.disclosure import greedy, optimum
from orchestration.disclosure.audit import Attack, audit
from orchestration.disclosure.cells import Flags
from orchestration.disclosure.protection import Effort, attempt
from orchestration.disclosure.task import Task
from tests.benchmarks.tables import say, table
from tests.suppression_vectors import CASES, case

_SECONDS = 20.0


def _optimum(task: Task) -> Flags:
    """What another would do with the reference's own aim: fewest persons, exactness alone."""
    best = optimum.best(task, optimum.demands_of(task), least_width=1, seconds=_SECONDS)
    assert best is not None
    return best.released


def _in_full(task: Task) -> Flags:
    return attempt(task, Effort()).released


CHOICES: dict[str, Callable[[Task], Flags]] = {
    "elimination": greedy.released,
    "optimum": _optimum,
    "full protection": _in_full,
}


def measured(name: str) -> list[list[object]]:
    """One row for the reference, and one for each of our choices."""
    task, reference = case(name)
    theirs = task.candidates & ~np.array([reference.get(each, False) for each in task.system.ids])
    found: list[list[object]] = [[name, "reference", *_counted(task, theirs), ""]]
    for label, choice in CHOICES.items():
        began = time.process_time()
        released = choice(task)
        seconds = time.process_time() - began
        found.append([name, label, *_counted(task, released), f"{seconds:.2f}"])
    return found


def _counted(task: Task, released: Flags) -> tuple[int, int, int]:
    """Cells and persons that are hidden besides the small ones, and secrets that follow exactly."""
    hidden = task.candidates & ~released
    exact = [each for each in audit(task, released, least_width=1) if each.attack is Attack.EXACT]
    return int(hidden.sum()), int(task.cost[hidden].sum()), len(exact)


def test_no_more_is_hidden_than_by_the_reference() -> None:
    """The fewest persons is at or below the reference, and nothing follows from either."""
    say()
    rows = [row for name in CASES for row in measured(name)]
    table(["table", "choice", "cells besides", "persons", "recoverable", "CPU s"], rows)
    by = {(row[0], row[1]): row for row in rows}
    for name in CASES:
        assert int(str(by[name, "optimum"][3])) <= int(str(by[name, "reference"][3]))
        assert all(by[name, label][4] == 0 for label in CHOICES)


if __name__ == "__main__":
    test_no_more_is_hidden_than_by_the_reference()
