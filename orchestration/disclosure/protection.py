"""Choosing what is shown of every block, and holding the choice against an attack.

Small blocks to the proven optimum, large ones by elimination. For a secret that the attack still
finds, the cheapest cells that give it room are hidden besides.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from orchestration.disclosure import greedy, optimum
from orchestration.disclosure.audit import Bounded, audit
from orchestration.disclosure.cells import Flags
from orchestration.disclosure.task import Task


class Method(StrEnum):
    """How it was chosen what a block shows.

    Attributes:
        FREE: There was nothing to hide.
        OPTIMUM: Fewer persons cannot be hidden.
        ELIMINATION: The most wanted first.
    """

    FREE = "free"
    OPTIMUM = "optimum"
    ELIMINATION = "elimination"


@dataclass(frozen=True)
class Effort:
    """How safe, and how hard to look.

    Attributes:
        least_width: Least distance between the least and greatest possible value of a secret.
        small_block: The largest number of imagined cells that the optimum is looked for in.
        seconds: How long it is looked for in a block.
        rounds: How many times more is hidden for what the attack still finds.
    """

    least_width: int = 3
    small_block: int = 2600
    seconds: float = 5.0
    rounds: int = 10


class UnprotectedError(ValueError):
    """Secrets that stay known whatever is hidden; nothing may be shown.

    Attributes:
        ids: The cells; for those who may know them.
    """

    def __init__(self, ids: list[str]) -> None:
        super().__init__(f"{len(ids)} secret cells can be worked out")
        self.ids = ids


@dataclass(frozen=True, eq=False)
class Protected:
    """What is shown of a block.

    Attributes:
        released: Which cells; shape (n,).
        method: How it was chosen.
        bounds: What can be known of each secret.
    """

    released: Flags
    method: Method
    bounds: list[Bounded]


def protect(task: Task, effort: Effort, done: Callable[[], None] = lambda: None) -> Flags:
    """Choose what is shown of all blocks.

    Args:
        task: All cells.
        effort: How safe, and how hard to look.
        done: Called after each block.

    Returns:
        Which cells are shown; shape (n,).

    Raises:
        UnprotectedError: A secret can be worked out whatever is hidden.
    """
    shown = np.zeros(len(task.system), dtype=bool)
    for places in task.system.blocks:
        shown[places] = protect_block(task.part(places), effort).released
        done()
    return shown


def protect_block(task: Task, effort: Effort) -> Protected:
    """Choose what is shown of a block.

    Args:
        task: The block.
        effort: How safe, and how hard to look.

    Raises:
        UnprotectedError: A secret can be worked out whatever is hidden.
    """
    if not (task.secret & ~task.known).any():
        return Protected(task.candidates, Method.FREE, [])
    try:
        chosen = greedy.released(task)
    except greedy.RevealedError as error:
        raise UnprotectedError([task.system.ids[place] for place in error.places]) from error
    choices = [_mended(task, chosen, Method.ELIMINATION, effort)]
    if optimum.is_small(task, most=effort.small_block):
        best = optimum.best(
            task,
            optimum.demands_of(task),
            least_width=effort.least_width,
            seconds=effort.seconds,
        )
        if best is not None:
            choices.append(_mended(task, best.released, Method.OPTIMUM, effort))
    safe = [each for each in choices if not _failing(each)]
    if not safe:
        fewest = min(choices, key=lambda each: len(_failing(each)))
        raise UnprotectedError([task.system.ids[each.place] for each in _failing(fewest)])
    return min(safe, key=lambda each: _price(task, each.released))


def _price(task: Task, released: Flags) -> tuple[int, int]:
    hidden = task.candidates & ~released
    return int(task.cost[hidden].sum()), int(hidden.sum())


def _failing(protected: Protected) -> list[Bounded]:
    return [each for each in protected.bounds if each.attack is not None]


def _mended(task: Task, released: Flags, method: Method, effort: Effort) -> Protected:
    """Hide what gives room to each secret that the attack finds, until it finds none.

    To hide more never makes anything known: what was safe stays safe.
    """
    for round_ in range(effort.rounds + 1):
        bounds = audit(task, released, least_width=effort.least_width)
        found = Protected(released, method, bounds)
        failing = _failing(found)
        if not failing or round_ == effort.rounds:
            break
        # What is hidden already costs nothing more.
        left = replace(task, shown=released, cost=np.where(released, task.cost, 0))
        more = optimum.best(
            left,
            [optimum.Demand(each.place, each.by) for each in failing],
            least_width=effort.least_width,
            seconds=effort.seconds,
        )
        if more is None:
            break
        released = more.released
    return found
