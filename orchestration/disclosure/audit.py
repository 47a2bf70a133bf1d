"""The attack: what somebody can work out of all that is shown.

By elimination (what follows exactly), by the least and the greatest count that fit (linear
programmes, and whole numbers where they lie near each other), and by a person who is in a cell of
one and knows it. What is done about a cell that fails belongs in `protection`.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint

from orchestration.disclosure.cells import Flags, Integers, split
from orchestration.disclosure.elimination import lines, open_directions
from orchestration.disclosure.optimum import REACH
from orchestration.disclosure.room import Seen
from orchestration.disclosure.solver import NEAR, solved
from orchestration.disclosure.task import Task

# So many imagined tables in a row that leave more than a share of the secrets narrow end the
# drawing.
_IDLE = 3
_WORTH = 0.9


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
        least: A count that fits all that is shown; the least one where the two lie near.
        greatest: Another that fits, the greatest one where they lie near; infinite where nothing
            bounds it.
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


def audit(
    task: Task,
    released: Flags,
    *,
    least_width: int,
    exactly: bool = False,
    seen: Seen | None = None,
) -> list[Bounded]:
    """Attack every secret with all that is shown.

    Args:
        task: A block.
        released: Which cells are shown; shape (n,).
        least_width: Below what width a secret counts as known.
        exactly: Whether only what follows exactly is asked, for anybody or for the only one in a
            cell, and not how near one can come.
        seen: How far cells move in tables that fit, where some have been looked at already.

    Returns:
        What can be known of each secret that is not known already, in order of place.
    """
    unknown = np.flatnonzero(~(released | task.known))
    equations = sp.csr_array(task.system.equations[:, unknown])
    seen = seen or Seen.nothing(len(task.system))
    found: list[Bounded] = []
    for own, ours in split(equations, task.secret[unknown]):
        places = unknown[own]
        if not ours.shape[0]:
            # No sum tells anything of it.
            found.append(Bounded(int(places[0]), 0.0, np.inf, None))
            continue
        part = _Part(
            ours,
            places,
            task.system.values[places],
            task.alone[places],
            np.flatnonzero(task.secret[places]),
            Seen(seen.least[places], seen.greatest[places]),
        )
        found += _attacked(part, least_width, exactly=exactly)
    return sorted(found, key=lambda each: each.place)


@dataclass(frozen=True, eq=False)
class _Part:
    """Unknown cells that hang together.

    Attributes:
        equations: Between them.
        places: Theirs in the block.
        values: The true ones.
        alone: Whose person it is, of those of one.
        secrets: The ones that are asked about, by their number in the part.
        seen: How far they have been seen to move.
    """

    equations: sp.csr_array
    places: Integers
    values: Integers
    alone: Integers
    secrets: Integers
    seen: Seen


def _attacked(part: _Part, least_width: int, *, exactly: bool) -> list[Bounded]:
    """Attack the secrets of a part."""
    values, secrets, places = part.values, part.secrets, part.places
    basis = open_directions(part.equations)
    open_: Flags = np.asarray(basis.any(axis=1), dtype=bool)
    told = _insiders(basis, values, part.alone)
    left = secrets[open_[secrets]]
    ranges = (
        dict.fromkeys(left.tolist(), (0.0, np.inf)) if exactly else _ranges(part, left, least_width)
    )
    found = []
    for own in secrets.tolist():
        if not open_[own]:
            value = float(values[own])
            found.append(Bounded(int(places[own]), value, value, Attack.EXACT))
            continue
        least, greatest = ranges[own]
        attack, by = None, None
        if greatest - least < least_width:
            attack = Attack.NARROW
        elif told[own] >= 0:
            attack, by = Attack.INSIDER, int(places[told[own]])
        found.append(Bounded(int(places[own]), least, greatest, attack, by))
    return found


def _insiders(basis: Integers, values: Integers, alone: Integers) -> Integers:
    """For each cell another of one person, whom it becomes known to; -1 where there is none.

    Who knows a cell knows all whose line in the basis is a multiple of its line. That person learns
    nothing of anybody by a cell that holds nobody else.
    """
    told = np.full(len(values), -1, dtype=np.int64)
    singles = np.flatnonzero((values == 1) & basis.any(axis=1))
    if not len(singles):
        return told
    line = lines(basis)
    for single in singles.tolist():
        others = np.flatnonzero((line == line[single]) & (alone != alone[single]) & (told < 0))
        told[others] = single
    return told


def _ranges(part: _Part, secrets: Integers, least_width: int) -> dict[int, tuple[float, float]]:
    """A least and a greatest count of each secret that fit; the very ones where they lie near.

    Imagined tables that fit all that is shown are drawn, each as far from the true one as it can
    be for many secrets at once, then for each that is left. Whoever has room enough in one of them
    needs no search of its own.
    """
    equations, values = part.equations, part.values
    fits = _Fitting(equations, values, least_width + 1, part.seen)
    rng = np.random.default_rng(len(values))
    narrow, idle = fits.narrow(secrets), 0
    while len(narrow) and idle < _IDLE:
        fits.draw(narrow, rng.choice([-1.0, 1.0], size=len(narrow)))
        left = fits.narrow(narrow)
        idle = idle + 1 if len(left) > _WORTH * len(narrow) else 0
        narrow = left
    for own in narrow.tolist():
        for sign in (1.0, -1.0):
            fits.draw(fits.narrow(np.array([own])), np.array([sign]))
    # With room for one more, a whole number lies inside at each end.
    ranges = {own: fits.range_of(own) for own in secrets.tolist()}
    for own in fits.narrow(secrets).tolist():
        ranges[own] = _bounds(equations, values, own)
    return ranges


class _Fitting:
    """The least and the greatest count of each cell in tables that fit.

    Args:
        equations: Of a part whose every cell is unknown.
        values: The true table.
        enough: How far apart the two of a secret need be.
        seen: How far cells have been seen to move.
    """

    def __init__(self, equations: sp.csr_array, values: Integers, enough: int, seen: Seen) -> None:
        self._values = values
        self._enough = enough
        self._constraints = LinearConstraint(equations, 0, 0)
        self._seen = seen

    def narrow(self, secrets: Integers) -> Integers:
        """Those of some secrets that have not been seen far enough apart."""
        return self._seen.near(secrets, self._enough)

    def range_of(self, own: int) -> tuple[float, float]:
        """The least and the greatest whole count between what has been seen of a cell."""
        value = self._values[own]
        least = np.ceil(value + self._seen.least[own] - NEAR)
        greatest = np.floor(value + self._seen.greatest[own] + NEAR)
        return float(least), float(greatest)

    def draw(self, secrets: Integers, signs: NDArray[np.float64]) -> None:
        """Look at a table where each of some secrets is moved up (1) or down (-1).

        By no more than is enough, so that none takes the room of the others.
        """
        if not len(secrets):
            return
        up = np.full(len(self._values), float(REACH * self._enough))
        up[secrets] = self._enough
        down = np.minimum(self._values, up)
        objective = np.zeros(len(self._values))
        objective[secrets] = -signs
        found = solved(objective, bounds=Bounds(-down, up), constraints=self._constraints)
        if found.x is not None:
            self._seen = self._seen.with_table(found.x)


def _bounds(equations: sp.csr_array, values: Integers, own: int) -> tuple[float, float]:
    """The least and the greatest whole count of a cell that fit."""
    least, greatest = (_extreme(equations, values, own, sign) for sign in (1, -1))
    return float(np.ceil(least - NEAR)), float(np.floor(greatest + NEAR))


def _extreme(equations: sp.csr_array, values: Integers, own: int, sign: int) -> float:
    """The least (1) or the greatest (-1) whole count of a cell that fits; infinite if none is."""
    right = equations @ values
    objective = np.zeros(len(values))
    objective[own] = sign
    found = solved(
        objective,
        integrality=np.ones(len(values), dtype=np.int64),
        bounds=Bounds(0, np.inf),
        constraints=LinearConstraint(equations, right, right),
    )
    return float("inf") if found.x is None else float(found.x[own])
