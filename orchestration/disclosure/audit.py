"""The attack: what somebody can work out of all that is shown.

By elimination (what follows exactly), by the least and the greatest count that fit (linear
programmes, and whole numbers where they lie near each other), and by a person who is in a cell of
one and knows it. What is done about a cell that fails belongs in `protection`.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from orchestration.disclosure.cells import Flags, Integers, connected
from orchestration.disclosure.elimination import reduced
from orchestration.disclosure.task import Task

# Of a linear programme's answer; counts are whole.
_NEAR = 1e-6


class Attack(StrEnum):
    """How a secret becomes known.

    Attributes:
        EXACT: It follows from what is shown.
        NARROW: Its least and greatest possible value lie too near each other.
        INSIDER: It follows for somebody who is the only one in another cell.
    """

    EXACT = "exact"
    NARROW = "narrow"
    INSIDER = "insider"


@dataclass(frozen=True)
class Bounded:
    """What can be known of a secret.

    Attributes:
        place: Of the cell.
        least: The least count that fits all that is shown.
        greatest: The greatest; infinite where nothing bounds it.
        attack: How it becomes known; None where it does not.
        by: Of the cell whose only person it becomes known to; None where it is not by one.
    """

    place: int
    least: float
    greatest: float
    attack: Attack | None
    by: int | None = None

    @property
    def width(self) -> float:
        """How far apart the least and the greatest lie."""
        return self.greatest - self.least


def audit(task: Task, released: Flags, *, least_width: int) -> list[Bounded]:
    """Attack every secret with all that is shown.

    Args:
        task: A block.
        released: Which cells are shown; shape (n,).
        least_width: Below what width a secret counts as known.

    Returns:
        What can be known of each secret that is not known already, in order of place.
    """
    unknown = np.flatnonzero(~(released | task.known))
    equations = sp.csr_array(task.system.equations[:, unknown])
    found: list[Bounded] = []
    for part in connected(equations):
        places = unknown[part]
        if not task.secret[places].any():
            continue
        chosen = equations[:, part]
        ours = sp.csr_array(chosen[np.flatnonzero(abs(chosen).sum(axis=1))])
        found += _attacked(ours, task, places, least_width)
    return sorted(found, key=lambda each: each.place)


def _attacked(
    equations: sp.csr_array, task: Task, places: Integers, least_width: int
) -> list[Bounded]:
    """Attack the secrets of a part whose every cell is unknown."""
    values, secret = task.system.values[places], task.secret[places]
    exact = set(reduced(equations.toarray()).determined().tolist())
    insiders = _insiders(equations, values, secret, task.system.same[places])
    found = []
    for own in np.flatnonzero(secret).tolist():
        if own in exact:
            value = float(values[own])
            found.append(Bounded(int(places[own]), value, value, Attack.EXACT))
            continue
        least, greatest = _bounds(equations, values, own, least_width)
        attack, by = None, None
        if greatest - least < least_width:
            attack = Attack.NARROW
        elif own in insiders:
            attack, by = Attack.INSIDER, int(places[insiders[own]])
        found.append(Bounded(int(places[own]), least, greatest, attack, by))
    return found


def _insiders(
    equations: sp.csr_array, values: Integers, secret: Flags, same: Integers
) -> dict[int, int]:
    """The secrets that follow for the only person of another cell, and which cell that is.

    That person knows the cell under all its names, and learns nothing of anybody by it.
    """
    told: dict[int, int] = {}
    dense = equations.toarray()
    for single in np.flatnonzero(values == 1).tolist():
        others = np.delete(np.arange(dense.shape[1]), single)
        for place in others[reduced(dense[:, others]).determined()].tolist():
            if secret[place] and same[place] != same[single]:
                told.setdefault(place, single)
    return told


def _bounds(
    equations: sp.csr_array, values: Integers, own: int, least_width: int
) -> tuple[float, float]:
    """The least and the greatest count of a cell that fit, whole where they lie near."""
    least, greatest = (_extreme(equations, values, own, sign, whole=False) for sign in (1, -1))
    if greatest - least < least_width + 1:
        least, greatest = (_extreme(equations, values, own, sign, whole=True) for sign in (1, -1))
    return float(np.ceil(least - _NEAR)), float(np.floor(greatest + _NEAR))


def _extreme(
    equations: sp.csr_array, values: Integers, own: int, sign: int, *, whole: bool
) -> float:
    """The least (1) or the greatest (-1) count of a cell that fits; infinite if none is."""
    right = equations @ values
    objective = np.zeros(len(values))
    objective[own] = sign
    found = milp(
        objective,
        integrality=np.full(len(values), int(whole)),
        bounds=Bounds(0, np.inf),
        constraints=LinearConstraint(equations, right, right),
    )
    return float("inf") if found.x is None else float(found.x[own])
