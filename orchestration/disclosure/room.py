"""Room for one secret in a large block: what is hidden besides, by one linear programme.

The cheapest way to imagine another table that fits, where the secret is greater, moves some cells
that are shown; those are hidden. That each costs as much however far it moves is not asked, as it
is in `optimum`, so that it may cost more than it need to.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint

from orchestration.disclosure.cells import Flags
from orchestration.disclosure.optimum import A_CELL, Demand
from orchestration.disclosure.solver import NEAR, solved
from orchestration.disclosure.task import Task


@dataclass(frozen=True, eq=False)
class Room:
    """A table that fits beside the true one.

    Attributes:
        released: What is shown then; shape (n,).
        moved: How much greater each cell is in the imagined table; shape (n,).
    """

    released: Flags
    moved: NDArray[np.float64]


def given(task: Task, released: Flags, demand: Demand, *, least_width: int) -> Room | None:
    """Find what to hide besides, so that a secret has room.

    Args:
        task: A block.
        released: What is shown now; shape (n,).
        demand: The secret.
        least_width: How much greater it must be in the imagined table.

    Returns:
        The room; None where no choice gives it.
    """
    count = len(task.system)
    up = np.full(count, np.inf)
    down = task.system.values.astype(float)
    fixed = task.known.copy()
    if demand.by is not None:
        fixed[demand.by] = True
    up[fixed] = down[fixed] = 0.0
    lower = np.zeros(2 * count)
    lower[demand.place] = least_width
    down[demand.place] = 0.0
    cost = np.where(released, task.cost + A_CELL, A_CELL**2)
    equations = task.system.equations
    found = solved(
        np.concatenate([cost, cost]),
        bounds=Bounds(lower, np.concatenate([up, down])),
        constraints=LinearConstraint(sp.hstack([equations, -equations]), 0, 0),
    )
    if found.x is None:
        return None
    moved = found.x[:count] - found.x[count:]
    return Room(np.asarray(released & (np.abs(moved) < NEAR), dtype=bool), moved)
