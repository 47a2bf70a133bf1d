"""Cells and the sums that hold between them.

A cell is a count that exists whether or not it is shown: one that no table shows may still follow
from those that are. Which cells are small is said in `primary`, which are shown in `protection`.
"""

from collections.abc import Iterator, Mapping, Sequence
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
        comes_to: What each row comes to instead, where cells that are known are left out; shape
            (m,). All 0 unless given.
    """

    ids: tuple[str, ...]
    values: Integers
    equations: sp.csr_array
    comes_to: Integers | None = None

    def __post_init__(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("a cell has two places")
        if self.values.shape != (len(self.ids),) or self.equations.shape[1] != len(self.ids):
            raise ValueError("cells, values and equations are not of one length")
        if (self.values < 0).any():
            raise ValueError("a count below 0")
        left = self.equations @ self.values - (0 if self.comes_to is None else self.comes_to)
        if len(broken := np.flatnonzero(left)):
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

    def part(self, places: Integers, equations: sp.csr_array | None = None) -> "System":
        """Some cells that hang together, with the equations between them.

        Args:
            places: Whole blocks, or what is left of them without cells that are known.
            equations: The equations that name them, and no other cell; looked for unless given.
        """
        if equations is None:
            chosen = self.equations[:, places]
            equations = sp.csr_array(chosen[np.flatnonzero(np.diff(chosen.indptr))])
        values = self.values[places]
        names = tuple(self.ids[place] for place in places.tolist())
        return System(names, values, equations, equations @ values)


def connected(equations: sp.csr_array) -> list[Integers]:
    """Columns that share a row, directly or through others.

    Args:
        equations: Shape (m, n).

    Returns:
        Places of columns, each once, in the order of the first of each part.
    """
    return [places for places, _ in split(equations)]


def split(
    equations: sp.csr_array, wanted: Flags | None = None
) -> Iterator[tuple[Integers, sp.csr_array]]:
    """Equations apart, where they share no column directly or through others.

    Args:
        equations: Shape (m, n).
        wanted: Columns of which a part has some, or is left out; all unless given; shape (n,).

    Yields:
        Places of the columns of each part, in the order of the first of each, and the rows that
        have them, of those columns alone. A column that no row has is a part without rows.
    """
    rows, columns = equations.shape
    if not columns:
        return
    cells = equations.tocoo()
    nodes = rows + columns
    graph = sp.coo_array((np.ones(cells.nnz), (cells.row, cells.col + rows)), shape=(nodes, nodes))
    _, node_label = connected_components(sp.csr_array(graph), directed=False)
    _, first, label = np.unique(node_label[rows:], return_index=True, return_inverse=True)
    label = np.argsort(np.argsort(first))[label.reshape(-1)]
    by_column = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label))
    starts = ends - np.bincount(label)
    place = np.empty(columns, dtype=np.int64)
    place[by_column] = np.arange(columns)
    filled = np.flatnonzero(np.diff(equations.indptr))
    row_label = label[equations.indices[equations.indptr[filled]]]
    sorted_ = equations[filled[np.argsort(row_label, kind="stable")]]
    of_part = np.bincount(row_label, minlength=len(ends))
    last = np.cumsum(of_part)
    indptr, indices = sorted_.indptr, place[sorted_.indices]
    has_wanted = np.bincount(label, weights=wanted, minlength=len(ends)) > 0
    for number in np.flatnonzero(has_wanted).tolist() if wanted is not None else range(len(ends)):
        start, end = int(starts[number]), int(ends[number])
        own = slice(last[number] - of_part[number], last[number])
        begins = indptr[own.start : own.stop + 1]
        at = slice(begins[0], begins[-1])
        yield (
            by_column[start:end],
            sp.csr_array(
                (sorted_.data[at], indices[at] - start, begins - begins[0]),
                shape=(int(of_part[number]), end - start),
            ),
        )


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


def joined(label: Integers, line: Integers, single: Flags) -> Integers:
    """Labels where cells of one that are of one line are the same person's too.

    Args:
        label: A label for each cell, as `alone` has them; shape (n,).
        line: Alike for cells that are equal whatever the counts are; shape (n,).
        single: Which cells are of one person; shape (n,).

    Returns:
        Shape (n,).
    """
    _, own = np.unique(label, return_inverse=True)
    own = own.reshape(-1)
    count, at = len(label), np.flatnonzero(single)
    graph = sp.coo_array((np.ones(len(at)), (own[at], count + line[at])), shape=(2 * count,) * 2)
    _, node = connected_components(sp.csr_array(graph), directed=False)
    return np.asarray(node[own], dtype=np.int64)
