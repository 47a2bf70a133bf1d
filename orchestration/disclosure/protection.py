"""Choosing what is shown of every block, and holding the choice against an attack.

Small blocks to the proven optimum, large ones by elimination and what gives the secrets room
besides; then as many as can are shown again. For a secret that the attack still finds, the cheapest
cells that give it room are hidden too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from orchestration.disclosure import greedy, optimum, room
from orchestration.disclosure.audit import Attack, Bounded, audit
from orchestration.disclosure.cells import Flags, Integers, joined
from orchestration.disclosure.elimination import lines, open_directions
from orchestration.disclosure.room import Room
from orchestration.disclosure.task import Task


class Method(StrEnum):
    """How it was chosen what a block shows.

    Attributes:
        FREE: There was nothing to hide besides.
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
    if not task.system.equations.nnz:
        bounds = audit(task, task.candidates, least_width=effort.least_width)
        return Protected(task.candidates, Method.FREE, bounds)
    basis = open_directions(task.system.equations)
    task = _knowing_who(task, basis)
    try:
        chosen = greedy.released(task, basis)
    except greedy.RevealedError as error:
        return _without(task, error.places, effort)
    if not optimum.is_small(task, most=effort.small_block):
        choices = [_held(task, _with_room(task, chosen, effort), effort)]
    else:
        choices = [_mended(task, chosen, Method.ELIMINATION, effort)]
        best = optimum.best(
            task,
            optimum.demands_of(task),
            least_width=effort.least_width,
            seconds=effort.seconds,
        )
        if best is not None:
            choices.append(_mended(task, best.released, Method.OPTIMUM, effort))
    if all(each.failing for each in choices):
        # What stays known where all is hidden is known whatever is hidden.
        nothing = np.zeros(len(task.system), dtype=bool)
        bounds = audit(task, nothing, least_width=effort.least_width)
        choices.append(Protected(nothing, Method.ELIMINATION, bounds))
    return min(choices, key=lambda each: (len(each.failing), *_price(task, each.released)))


def _knowing_who(task: Task, basis: Integers) -> Task:
    """Tell that cells of one hold the same person where sums alone make them equal.

    A sum of persons holds for each of them too: what it makes equal in number is of the same ones.
    What is equal by a count that is known need not be.
    """
    came_to = task.system.comes_to
    if task.known.any() or (came_to is not None and came_to.any()):
        return task
    return replace(task, alone=joined(task.alone, lines(basis), task.system.values == 1))


def _without(task: Task, places: list[int], effort: Effort) -> Protected:
    """Keep what can be kept where some secrets follow from what is known, whatever is hidden."""
    known = task.known.copy()
    known[places] = True
    found = attempt(replace(task, known=known), effort)
    values = task.system.values[places].tolist()
    lost = [
        Bounded(place, float(value), float(value), Attack.EXACT)
        for place, value in zip(places, values, strict=True)
    ]
    return replace(found, bounds=sorted([*found.bounds, *lost], key=lambda each: each.place))


def _price(task: Task, released: Flags) -> tuple[int, int]:
    hidden = task.candidates & ~released
    return int(task.cost[hidden].sum()), int(hidden.sum())


def _with_room(task: Task, chosen: Flags, effort: Effort) -> Room:
    """What gives every secret of a large block room, as far as anything does.

    Args:
        task: The block.
        chosen: What elimination shows.
        effort: How safe.

    Returns:
        The cheaper of two choices: what is hidden besides, and what of all that is hidden is
        needed for the room.
    """
    # One more than is asked, so that a whole number lies between.
    enough = effort.least_width + 1
    first = _filled(task, room.for_all(task, chosen, least_width=enough), enough)
    among = ~first.released | ~task.candidates
    second = room.for_all(task, task.candidates, least_width=enough, among=among)
    second = _filled(task, second, enough)
    return min(first, second, key=lambda each: _price(task, each.released))


def _filled(task: Task, given: Room, enough: int) -> Room:
    """Give room to each secret that has too little."""
    for place in given.seen.near(np.flatnonzero(task.secret & ~task.known), enough).tolist():
        if len(given.seen.near(np.array([place]), enough)):
            more = room.given(task, given, optimum.Demand(place), least_width=enough)
            given = given if more is None else more
    return given


def _held(task: Task, given: Room, effort: Effort) -> Protected:
    """Hold a choice against the attack, and hide more for the secrets that it finds."""
    found = audit(task, given.released, least_width=effort.least_width, seen=given.seen)
    for number in range(effort.rounds):
        failing = [each for each in found if each.attack is not None]
        before = given
        # First those that somebody alone learns, many at a time; what is left one by one.
        if number == 0:
            given = room.from_each_other(task, given, _pairs(failing))
        if given is before:
            for each in failing:
                demand = optimum.Demand(each.place, each.by)
                more = room.given(task, given, demand, least_width=effort.least_width + 1)
                given = given if more is None else more
        if given is before:
            break
        found = audit(task, given.released, least_width=effort.least_width, seen=given.seen)
    return Protected(given.released, Method.ELIMINATION, found)


def _pairs(failing: list[Bounded]) -> list[tuple[int, int]]:
    """Secrets and who learns them, so that none stands on both sides."""
    pairs: dict[int, int] = {}
    known: set[int] = set()
    for each in failing:
        if each.by is not None and each.place not in known and each.by not in pairs:
            pairs[each.place] = each.by
            known.add(each.by)
    return list(pairs.items())


def _mended(task: Task, released: Flags, method: Method, effort: Effort) -> Protected:
    """Hide at least cost what gives room to each secret of a small block that the attack finds.

    To hide more never makes anything known: what was safe stays safe.
    """
    found = audit(task, released, least_width=effort.least_width)
    for _ in range(effort.rounds):
        failing = [each for each in found if each.attack is not None]
        more = _at_least_cost(task, released, failing, effort) if failing else None
        if more is None:
            break
        released = more
        found = audit(task, released, least_width=effort.least_width)
    return Protected(released, method, found)


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
