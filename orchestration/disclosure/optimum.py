"""Secondary protection of small blocks: the fewest persons hidden, and proof that it is so.

For each secret there must be two tables that fit all that is shown, one where it is as great and
one where it is as little as it may be, far enough apart (Fischetti & Salazar, "Solving the cell
suppression problem on tabular data with linear constraints", Management Science 2001, as one mixed
integer programme).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint

from orchestration.disclosure.cells import Flags
from orchestration.disclosure.solver import solved
from orchestration.disclosure.task import Task

#: How far a cell may move in an imagined table, in least widths. The equations have ones, so that a
# secret that moves one width moves each other cell by a few at most.
REACH = 8
# So that of two choices with as many persons the one with fewer cells is made.
A_CELL = 0.001
_PROVEN = 0


@dataclass(frozen=True, eq=False)
class Choice:
    """What is shown.

    Attributes:
        released: Shape (n,).
        proven: Whether no other choice hides fewer persons.
    """

    released: Flags
    proven: bool


@dataclass(frozen=True)
class Demand:
    """A secret that must have room.

    Attributes:
        place: Of the cell.
        by: Of a cell that whoever asks knows besides what is shown; None where nobody does.
    """

    place: int
    by: int | None = None


def demands_of(task: Task) -> list[Demand]:
    """That every secret has room for who knows what is shown."""
    return [Demand(int(place)) for place in np.flatnonzero(task.secret & ~task.known)]


def is_small(task: Task, *, most: int) -> bool:
    """Whether a block can be solved to the optimum in a few seconds.

    Args:
        task: The block.
        most: The largest number of imagined cells.
    """
    return 2 * len(task.system) * len(demands_of(task)) <= most


def best(
    task: Task, demands: Sequence[Demand], *, least_width: int, seconds: float
) -> Choice | None:
    """Find the cheapest choice of what to show.

    Args:
        task: A block.
        demands: The secrets that must have room.
        least_width: How far apart the least and the greatest possible value of each must be.
        seconds: How long to look.

    Returns:
        The choice; None where none was found in the time, or none exists.
    """
    values, count = task.system.values, len(task.system)
    if not demands:
        return Choice(task.candidates.copy(), proven=True)
    secrets = np.array([each.place for each in demands])
    candidates = np.flatnonzero(task.candidates)
    if not len(secrets):
        return Choice(task.candidates.copy(), proven=True)
    tables = 2 * len(secrets)
    hides = len(candidates)
    # Variables: whether each candidate is hidden, then how far each cell of each table has moved.
    reach = float(REACH * least_width)
    lower = np.concatenate([np.zeros(hides), np.tile(-np.minimum(values, reach), tables)])
    upper = np.concatenate([np.ones(hides), np.full(tables * count, reach)])
    for table in range(tables):
        start = hides + table * count
        at = start + np.flatnonzero(task.known)
        lower[at] = upper[at] = 0.0
        demand = demands[table // 2]
        if demand.by is not None:
            lower[start + demand.by] = upper[start + demand.by] = 0.0
        # The first of the two is the greater one.
        (lower if table % 2 == 0 else upper)[start + demand.place] = 0.0
    constraints = [
        LinearConstraint(
            sp.hstack(
                [
                    sp.csr_array((tables * task.system.equations.shape[0], hides)),
                    sp.kron(sp.eye_array(tables), task.system.equations),
                ]
            ),
            0,
            0,
        ),
        _moves_where_hidden(candidates, values, tables, count, reach),
        _apart(secrets, hides, count, least_width),
    ]
    cost = np.concatenate([task.cost[candidates] + A_CELL, np.zeros(tables * count)])
    found = solved(
        cost,
        integrality=np.repeat(np.array([1, 0]), [hides, tables * count]),
        bounds=Bounds(lower, upper),
        constraints=constraints,
        seconds=seconds,
    )
    if found.x is None:
        return None
    released = task.candidates.copy()
    released[candidates[np.rint(found.x[:hides]) == 1]] = False
    return Choice(released, proven=found.status == _PROVEN)


def _moves_where_hidden(
    candidates: np.ndarray, values: np.ndarray, tables: int, count: int, reach: float
) -> LinearConstraint:
    """A candidate moves in a table only where it is hidden, and by no more than it can."""
    hides = len(candidates)
    rows = np.arange(hides * tables)
    which = np.tile(np.arange(hides), tables)
    moved = hides + np.repeat(np.arange(tables), hides) * count + candidates[which]
    ones = np.ones(len(rows))
    shape = (len(rows), hides + tables * count)
    move = sp.csr_array((ones, (rows, moved)), shape=shape)
    up = sp.csr_array((np.full(len(rows), reach), (rows, which)), shape=shape)
    down = sp.csr_array(
        (np.minimum(values[candidates], reach)[which].astype(float), (rows, which)), shape=shape
    )
    return LinearConstraint(sp.vstack([move - up, -move - down]), -np.inf, np.zeros(2 * len(rows)))


def _apart(secrets: np.ndarray, hides: int, count: int, least_width: int) -> LinearConstraint:
    """The two tables of a secret lie far enough apart."""
    rows = np.repeat(np.arange(len(secrets)), 2)
    columns = hides + np.arange(2 * len(secrets)) * count + np.repeat(secrets, 2)
    signs = np.tile([1.0, -1.0], len(secrets))
    shape = (len(secrets), hides + 2 * len(secrets) * count)
    return LinearConstraint(
        sp.csr_array((signs, (rows, columns)), shape=shape), float(least_width), np.inf
    )
