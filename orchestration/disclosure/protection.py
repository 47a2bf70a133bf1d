"""Choosing what is shown of every block, and holding the choice against an attack.

Small blocks to the proven optimum, large ones by elimination. For a secret that the attack still
finds, the cheapest cells that give it room are hidden besides.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from orchestration.disclosure import greedy, optimum, room
from orchestration.disclosure.audit import Attack, Bounded, Search, audit
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

    @property
    def failing(self) -> list[Bounded]:
        """The secrets that become known all the same."""
        return [each for each in self.bounds if each.attack is not None]


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
    found = attempt(task, effort)
    if found.failing:
        raise UnprotectedError([task.system.ids[each.place] for each in found.failing])
    return found


def attempt(task: Task, effort: Effort) -> Protected:
    """Choose what is shown of a block, as far as its secrets can be kept.

    Args:
        task: The block.
        effort: How safe, and how hard to look.

    Returns:
        The cheapest choice that keeps all of them, or the one that keeps the most.
    """
    if not (task.secret & ~task.known).any():
        return Protected(task.candidates, Method.FREE, [])
    try:
        chosen = greedy.released(task)
    except greedy.RevealedError:
        nothing = np.zeros(len(task.system), dtype=bool)
        bounds = audit(task, nothing, least_width=effort.least_width)
        return Protected(nothing, Method.ELIMINATION, bounds)
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
    return min(choices, key=lambda each: (len(each.failing), *_price(task, each.released)))


def _price(task: Task, released: Flags) -> tuple[int, int]:
    hidden = task.candidates & ~released
    return int(task.cost[hidden].sum()), int(hidden.sum())


def _mended(task: Task, released: Flags, method: Method, effort: Effort) -> Protected:
    """Hide what gives room to each secret that the attack finds, until it finds none.

    To hide more never makes anything known: what was safe stays safe.
    """
    is_small = optimum.is_small(task, most=effort.small_block)
    mend = _at_least_cost if is_small else _one_by_one
    search = Search.WHOLE if is_small else Search.DRAWN
    failing = _found(task, released, effort, None, search)
    for _ in range(effort.rounds):
        more = mend(task, released, failing, effort) if failing else None
        if more is None:
            break
        released = more
        # One by one, each that was narrow was given room there and then.
        search = Search.WHOLE if is_small else Search.NOT
        failing = _found(task, released, effort, [each.place for each in failing], search)
    return Protected(released, method, audit(task, released, least_width=effort.least_width))


def _found(
    task: Task, released: Flags, effort: Effort, among: list[int] | None, search: Search
) -> list[Bounded]:
    """What the attack finds among some secrets."""
    places = None if among is None else np.array(among, dtype=np.int64)
    found = audit(task, released, least_width=effort.least_width, among=places, search=search)
    return [each for each in found if each.attack is not None]


def _at_least_cost(
    task: Task, released: Flags, failing: list[Bounded], effort: Effort
) -> Flags | None:
    """Hide what gives room to some secrets together; None where nothing does."""
    # What is hidden already costs nothing more.
    left = replace(task, shown=released, cost=np.where(released, task.cost, 0))
    best = optimum.best(
        left,
        [optimum.Demand(each.place, each.by) for each in failing],
        least_width=effort.least_width,
        seconds=effort.seconds,
    )
    return None if best is None else best.released


def _one_by_one(
    task: Task, released: Flags, failing: list[Bounded], effort: Effort
) -> Flags | None:
    """Hide what gives room to each of some secrets, as far as anything does."""
    # One more than is asked, so that a whole number lies between.
    enough = effort.least_width + 1
    least, greatest = np.zeros(len(task.system)), np.zeros(len(task.system))
    for each in failing:
        has_room = greatest[each.place] - least[each.place] >= enough
        if each.attack is Attack.NARROW and has_room:
            continue
        demand = optimum.Demand(each.place, each.by)
        found = room.given(task, released, demand, least_width=enough)
        if found is not None:
            released = found.released
            least = np.minimum(least, found.moved)
            greatest = np.maximum(greatest, found.moved)
    return released
