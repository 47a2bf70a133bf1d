"""Room for secrets in a large block: what is hidden besides, by linear programmes.

The cheapest way to imagine another table that fits, where a secret is greater, moves some cells
that are shown; those are hidden. Many secrets are given room at once: each may pay a price, which
is raised until all have it. That a cell costs as much however far it moves is not asked, as it is
in `optimum`, so that it may cost more than it need to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint

from orchestration.disclosure.cells import Flags, Integers
from orchestration.disclosure.optimum import A_CELL, REACH, Demand
from orchestration.disclosure.solver import NEAR, solved
from orchestration.disclosure.task import Task

# What a secret pays for one step away from its value, in persons that are hidden: first nothing.
_PRICES = (A_CELL / 2, 8, 32, 128, 512, 2048)
# So many times the price is too dear.
_DEAR = 8
# What moves by less is not said to move.
_MOVES = 0.5


@dataclass(frozen=True, eq=False)
class Seen:
    """How far cells have been seen to move in tables that fit beside the true one.

    Attributes:
        least: The furthest down, none above 0; shape (n,).
        greatest: The furthest up, none below 0; shape (n,).
    """

    least: NDArray[np.float64]
    greatest: NDArray[np.float64]

    @classmethod
    def nothing(cls, count: int) -> "Seen":
        """No table but the true one.

        Args:
            count: How many cells there are.
        """
        return cls(np.zeros(count), np.zeros(count))

    def with_table(self, moved: NDArray[np.float64]) -> "Seen":
        """With another table.

        Args:
            moved: How much greater each cell is in it; shape (n,).
        """
        return Seen(np.minimum(self.least, moved), np.maximum(self.greatest, moved))

    def near(self, places: Integers, enough: float) -> Integers:
        """Those of some cells that have not been seen far enough apart.

        Args:
            places: Theirs.
            enough: How far that is.
        """
        apart = self.greatest[places] - self.least[places]
        return np.asarray(places[apart < enough - NEAR], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Room:
    """What is shown, and tables that show the room there is then.

    Attributes:
        released: What is shown; shape (n,).
        seen: How far its hidden cells have been seen to move.
    """

    released: Flags
    seen: Seen


def for_all(task: Task, released: Flags, *, least_width: int, among: Flags | None = None) -> Room:
    """Find what to hide besides, so that secrets have room, many at a time.

    Args:
        task: A block.
        released: What is shown now; shape (n,).
        least_width: How far apart the least and the greatest value of a secret must be.
        among: The only cells that may be hidden or move; all unless given.

    Returns:
        The room of most secrets; some may have too little yet.
    """
    count, enough = len(task.system), float(least_width)
    values = task.system.values
    secrets = np.flatnonzero(task.secret & ~task.known)
    movable = ~task.known if among is None else among & ~task.known
    rng = np.random.default_rng(count)
    room = Room(released, Seen.nothing(count))
    for price in _PRICES:
        # What is dearer no secret pays for.
        cells = _Movable.of(task, movable & (~room.released | (task.cost <= _DEAR * price)))
        # First each up or down as it falls out, then up where there is no room below.
        for is_second in (False, True):
            narrow = room.seen.near(secrets, enough)
            if not len(narrow):
                return room
            sign = rng.choice([-1.0, 1.0], size=len(narrow))
            if is_second:
                sign[values[narrow] < enough] = 1.0
            up = np.full(count, REACH * enough)
            up[narrow] = enough
            pay = np.zeros(count)
            pay[narrow] = price * sign
            moved = cells.moved(room.released, (np.minimum(values, up), up), pay)
            room = _with(room, moved)
    return room


def from_each_other(task: Task, room: Room, pairs: Sequence[tuple[int, int]]) -> Room:
    """Find what to hide besides, so that secrets are no multiples of what one person knows.

    Args:
        task: A block.
        room: What is shown now.
        pairs: Of each secret the place, and that of the cell that the person knows. No place is
            on both sides.

    Returns:
        The room where most of them move while what is known does not.
    """
    fixed = task.known.copy()
    fixed[[by for _, by in pairs]] = True
    cells = _Movable.of(task, ~fixed)
    left = np.array([place for place, _ in pairs], dtype=np.int64)
    for price in _PRICES[1:]:
        if not len(left):
            break
        up = np.full(len(task.system), float(REACH))
        up[left] = 1.0
        pay = np.zeros(len(task.system))
        pay[left] = price
        moved = cells.moved(room.released, (np.minimum(task.system.values, up), up), pay)
        room = _with(room, moved)
        if moved is not None:
            left = left[np.abs(moved[left]) < _MOVES]
    return room


def given(task: Task, room: Room, demand: Demand, *, least_width: int) -> Room | None:
    """Find what to hide besides, so that a secret has room.

    Args:
        task: A block.
        room: What is shown now.
        demand: The secret.
        least_width: How much greater it must be in the imagined table.

    Returns:
        The room; None where no choice gives it.
    """
    fixed = task.known.copy()
    if demand.by is not None:
        fixed[demand.by] = True
    up = np.full(len(task.system), np.inf)
    down = task.system.values.astype(float)
    down[demand.place] = -float(least_width)
    moved = _Movable.of(task, ~fixed).moved(room.released, (down, up), np.zeros_like(up))
    return None if moved is None else _with(room, moved)


def _with(room: Room, moved: NDArray[np.float64] | None) -> Room:
    """Hide what moves in a table."""
    if moved is None:
        return room
    still = np.asarray(np.abs(moved) < NEAR, dtype=bool)
    return Room(room.released & still, room.seen.with_table(np.where(still, 0.0, moved)))


@dataclass(frozen=True, eq=False)
class _Movable:
    """The cells of a block that may move in an imagined table.

    Attributes:
        task: The block.
        columns: Which cells.
        equations: Between them.
    """

    task: Task
    columns: Integers
    equations: sp.csc_array

    @classmethod
    def of(cls, task: Task, which: Flags) -> "_Movable":
        columns = np.flatnonzero(which)
        equations = sp.csr_array(task.system.equations[:, columns])
        filled = np.flatnonzero(np.diff(equations.indptr))
        return cls(task, columns, sp.csc_array(equations[filled]))

    def moved(
        self,
        released: Flags,
        reach: tuple[NDArray[np.float64], NDArray[np.float64]],
        pay: NDArray[np.float64],
    ) -> NDArray[np.float64] | None:
        """The cheapest table that fits, by what hiding costs and what is paid for moving.

        Args:
            released: What is shown, and costs something to hide.
            reach: How far down and up each cell may move; the down of one that must move up is
                below 0.
            pay: For each step up.

        Returns:
            How much greater each cell of the block is in it; None where no table fits.
        """
        down, up = (each[self.columns] for each in reach)
        # A shown cell costs both up and down: it is one variable for each. A hidden one is one.
        shown = np.flatnonzero(released[self.columns])
        below = -down
        below[shown] = 0.0
        cost = np.where(released, self.task.cost + A_CELL, 0.0)[self.columns]
        found = solved(
            np.concatenate([cost - pay[self.columns], cost[shown]]),
            bounds=Bounds(
                np.concatenate([below, np.zeros(len(shown))]), np.concatenate([up, down[shown]])
            ),
            constraints=LinearConstraint(
                sp.hstack([self.equations, -self.equations[:, shown]]), 0, 0
            ),
        )
        if found.x is None:
            return None
        steps = found.x[: len(self.columns)].copy()
        steps[shown] -= found.x[len(self.columns) :]
        moved = np.zeros(len(self.task.system))
        moved[self.columns] = steps
        return moved
