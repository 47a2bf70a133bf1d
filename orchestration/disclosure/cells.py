"""Cells and the sums that hold between them.

A cell is a count that exists whether or not it is shown: one that no table shows may still follow
from those that are. Which cells are small is said in `primary`, which are shown in `protection`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Flags: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]

# A sum of one part: the two are one count.
_A_PAIR = 2


class UnequalSumError(ValueError):
    """A sum that was declared does not hold."""


@dataclass(frozen=True, eq=False)
class System:
    """Cells, and equations that they obey.

    Attributes:
        ids: Name of each cell; shape (n,).
        values: The true counts, none below 0; shape (n,).
        equations: Coefficients; shape (m, n). Each row times the values is 0.
    """

    ids: tuple[str, ...]
    values: Integers
    equations: sp.csr_array

    def __post_init__(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("a cell has two places")
        if self.values.shape != (len(self.ids),) or self.equations.shape[1] != len(self.ids):
            raise ValueError("cells, values and equations are not of one length")
        if (self.values < 0).any():
            raise ValueError("a count below 0")
        if len(broken := np.flatnonzero(self.equations @ self.values)):
            raise UnequalSumError(f"equation {broken[0]} does not hold; {len(broken)} in all")

    @classmethod
    def of(cls, values: Mapping[str, int], sums: Sequence[tuple[str, Sequence[str]]]) -> "System":
        """A system of whole cells, each the sum of others.

        Args:
            values: The count of each cell.
            sums: For each sum the whole and its parts. An equal cell is a sum of one part.

        Raises:
            KeyError: A sum names a cell that is not there.
            UnequalSumError: A sum does not hold.
        """
        place = {name: number for number, name in enumerate(values)}
        rows, columns, data = [], [], []
        for number, (whole, parts) in enumerate(sums):
            for name, sign in ((whole, 1), *((part, -1) for part in parts)):
                rows.append(number)
                columns.append(place[name])
                data.append(sign)
        shape = (len(sums), len(values))
        equations = sp.csr_array(sp.coo_array((data, (rows, columns)), shape=shape, dtype=np.int64))
        return cls(tuple(values), np.array([*values.values()], dtype=np.int64), equations)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def blocks(self) -> list[Integers]:
        """The cells that hang together, directly or through others; each an array of places."""
        return connected(self.equations)

    @cached_property
    def same(self) -> Integers:
        """A label for each cell, alike for those that are one count under several names."""
        terms = abs(self.equations)
        pairs = np.flatnonzero((terms.sum(axis=1) == _A_PAIR) & (self.equations.sum(axis=1) == 0))
        equal = sp.csr_array(terms[pairs])
        _, label = connected_components(equal.T @ equal, directed=False)
        return label.astype(np.int64)

    def part(self, places: Integers) -> "System":
        """Some cells that hang together, with the equations between them.

        Args:
            places: Whole blocks; an equation that names a cell of another block is left out.
        """
        chosen = self.equations[:, places]
        ours = np.flatnonzero(abs(chosen).sum(axis=1))
        return System(
            tuple(self.ids[place] for place in places),
            self.values[places],
            sp.csr_array(chosen[ours]),
        )


def connected(equations: sp.csr_array) -> list[Integers]:
    """Columns that share a row, directly or through others.

    Args:
        equations: Shape (m, n).

    Returns:
        Places of columns, each once, in the order of the first of each part.
    """
    touched = sp.csr_array(abs(equations)).astype(np.int64)
    _, label = connected_components(touched.T @ touched, directed=False)
    order = np.argsort(label, kind="stable")
    return [np.sort(part) for part in np.split(order, np.flatnonzero(np.diff(label[order])) + 1)]
