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


class UnequalSumError(ValueError):
    """A sum that was declared does not hold."""


@dataclass(frozen=True, eq=False)
class System:
    """Cells, and equations that they obey.

    Attributes:
        ids: Name of each cell; shape (n,).
        values: The true counts, none below 0; shape (n,).
        equations: Coefficients; shape (m, n). Each row times the values is 0. A whole has 1, its
            parts -1.
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


def alone(system: System, pairs: Integers | None = None) -> Integers:
    """Tell whose person it is, of cells of one person.

    A whole of one has its person in a part of one.

    Args:
        system: The cells.
        pairs: Places of other cells that lie in each other, a whole and a part of it that no
            equation holds; shape (k, 2).

    Returns:
        A label for each cell, alike for cells of one person that are one and the same person's;
        shape (n,).
    """
    single = system.values == 1
    signs = system.equations.tocoo()
    one_whole = (system.equations > 0).sum(axis=1) == 1
    kept = single[signs.col] & one_whole[signs.row]
    shape = (signs.shape[0], len(system))
    ours = sp.csr_array(
        sp.coo_array((signs.data[kept], (signs.row[kept], signs.col[kept])), shape=shape)
    )
    ours = sp.csr_array(abs(ours[np.flatnonzero((ours > 0).sum(axis=1) == 1)]))
    links = sp.coo_array(ours.T @ ours)
    rows, columns = links.row, links.col
    if pairs is not None:
        both = pairs[single[pairs].all(axis=1)]
        rows, columns = np.append(rows, both[:, 0]), np.append(columns, both[:, 1])
    graph = sp.coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(system), len(system)))
    _, label = connected_components(sp.csr_array(graph), directed=False)
    return np.asarray(label, dtype=np.int64)
