"""What is asked of a block of cells: which are secret, which are known already, what hiding costs.

How it is answered belongs in `greedy`, `optimum` and `protection`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from orchestration.disclosure.cells import Flags, Integers, System, alone, split


@dataclass(frozen=True, eq=False)
class Task:
    """A block of cells and what is asked of it. All arrays have shape (n,).

    Attributes:
        system: The cells and their sums.
        secret: Those whose value must not be known.
        shown: Those that a table would show; the others can only be worked out.
        known: Those that everybody knows already, published before or by somebody else.
        cost: What is lost where a cell is hidden that need not be: persons.
        order: In which order cells are wanted, the most wanted first: a lower number is wanted
            more.
        alone: A label, alike for cells of one person that are the same person's.
    """

    system: System
    secret: Flags
    shown: Flags
    known: Flags
    cost: Integers
    order: Integers
    alone: Integers

    @classmethod
    def of(
        cls,
        system: System,
        secret: Flags,
        *,
        shown: Flags | None = None,
        known: Flags | None = None,
        cost: Integers | None = None,
        order: Integers | None = None,
        pairs: Integers | None = None,
    ) -> "Task":
        """A task with what is usual where nothing is said.

        Args:
            system: The cells.
            secret: Those that must not be known.
            shown: All, unless given.
            known: None, unless given.
            cost: The counts, unless given.
            order: What costs more is wanted more, unless given.
            pairs: Wholes and parts of them that no equation holds, as `cells.alone` has them.
        """
        count = len(system)
        cost = system.values if cost is None else cost
        return cls(
            system,
            secret,
            np.ones(count, dtype=bool) if shown is None else shown,
            np.zeros(count, dtype=bool) if known is None else known,
            cost,
            np.argsort(np.argsort(-cost, kind="stable"), kind="stable") if order is None else order,
            alone(system, pairs),
        )

    def part(self, places: Integers, equations: sp.csr_array | None = None) -> "Task":
        """The same asked of some whole blocks.

        Args:
            places: Of the cells.
            equations: Between them, as `System.part` has it.
        """
        return Task(
            self.system.part(places, equations),
            self.secret[places],
            self.shown[places],
            self.known[places],
            self.cost[places],
            self.order[places],
            self.alone[places],
        )

    def open_blocks(self) -> Iterator["tuple[Integers, Task]"]:
        """What is asked of each block that holds a secret, without the cells that are known.

        Yields:
            Places of its cells, and the task.
        """
        unknown = np.flatnonzero(~self.known)
        equations = sp.csr_array(self.system.equations[:, unknown])
        for own, ours in split(equations, self.secret[unknown]):
            yield unknown[own], self.part(unknown[own], ours)

    @property
    def candidates(self) -> Flags:
        """The cells that may be shown or hidden as it suits."""
        return self.shown & ~self.secret & ~self.known
