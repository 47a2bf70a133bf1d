"""Exact elimination modulo a prime: what follows from what, with nothing rounded.

The coefficients are small whole numbers. A rank modulo 2^31 - 1 differs from the true one only
where that prime divides a minor of the matrix, which sums of a few ones do not reach; where it did,
a combination would be taken for zero that is not, and a cell be hidden that need not be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from orchestration.disclosure.cells import Integers

PRIME = 2**31 - 1
# So many random combinations of a line stand for it, each number below 2^15: their products with
# what is below `PRIME` can be added 2^17 times and still fit in 63 bits.
_COMBINATIONS = 4
_WEIGHT = 2**15
# What is eliminated as it is: to look for wholes in it would take longer.
_LITTLE = 3000


@dataclass(frozen=True, eq=False)
class Reduced:
    """A matrix in reduced row echelon form, modulo `PRIME`.

    Attributes:
        rows: Its rows that are not zero; shape (r, n).
        pivots: The column of the leading one of each; shape (r,).
    """

    rows: Integers
    pivots: Integers

    def determined(self) -> Integers:
        """The columns whose unknown follows from the equations alone; places, sorted."""
        alone = (self.rows != 0).sum(axis=1) == 1
        return np.sort(self.pivots[alone])

    def null_space(self) -> Integers:
        """A basis of all that the equations leave open; shape (n, n - r), a column a direction."""
        count, size = self.rows.shape
        free = np.setdiff1d(np.arange(size), self.pivots)
        basis = np.zeros((size, size - count), dtype=np.int64)
        basis[free, np.arange(len(free))] = 1
        basis[self.pivots] = (-self.rows[:, free]) % PRIME
        return basis


def reduced(matrix: NDArray[np.int64]) -> Reduced:
    """Bring a matrix of whole numbers to reduced row echelon form.

    Args:
        matrix: Shape (m, n).
    """
    rows = matrix.astype(np.int64) % PRIME
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        top = len(pivots)
        below = np.flatnonzero(rows[top:, column])
        if not len(below):
            continue
        # The shortest row keeps the others short.
        lengths = (rows[top + below] != 0).sum(axis=1)
        chosen = top + below[np.argmin(lengths)]
        rows[[top, chosen]] = rows[[chosen, top]]
        rows[top] = rows[top] * inverse(int(rows[top, column])) % PRIME
        clear(rows, rows[top].copy(), column, spare=top)
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return Reduced(rows[: len(pivots)], np.array(pivots, dtype=np.int64))


def open_directions(equations: sp.csr_array) -> Integers:
    """A basis of all that equations leave open, modulo `PRIME`.

    A whole is written by its parts, and they by theirs, until only cells are left that are nobody's
    whole. What the other sums demand of those is all that must be eliminated; most demand nothing.

    Args:
        equations: Coefficients of 1 and -1; shape (m, n).

    Returns:
        Shape (n, k), a column a direction.
    """
    if np.prod(equations.shape) <= _LITTLE:
        return reduced(equations.toarray()).null_space()
    heads, levels = _heads(equations)
    count = equations.shape[1]
    is_head = np.zeros(count, dtype=bool)
    is_head[heads[heads >= 0]] = True
    inner = np.flatnonzero(~is_head)
    ones = np.ones(len(inner), dtype=np.int64)
    shape = (count, len(inner))
    by_inner = sp.csr_array((ones, (inner, np.arange(len(inner)))), shape=shape)
    for rows in levels:
        own = heads[rows]
        sums = equations[rows]
        sign = -np.asarray(sums[np.arange(len(rows)), own]).reshape(-1)
        placed = sp.csr_array((sign, (own, np.arange(len(rows)))), shape=(count, len(rows)))
        by_inner = sp.csr_array(by_inner + placed @ (sums @ by_inner))
    demands = sp.csr_array(equations @ by_inner)
    demands.eliminate_zeros()
    demands = demands[np.flatnonzero(np.diff(demands.indptr))]
    if not demands.shape[0]:
        return np.asarray(by_inner.toarray() % PRIME, dtype=np.int64)
    left = reduced(demands.toarray()).null_space()
    return np.asarray(by_inner @ left, dtype=np.int64) % PRIME


def _heads(equations: sp.csr_array) -> tuple[Integers, list[Integers]]:
    """For each sum the cell that is written by the others.

    Args:
        equations: Shape (m, n).

    Returns:
        The cell of each, -1 where it demands something of cells that are written already; shape
        (m,). Then the sums that write a cell, in steps: each step needs only what is before it.
    """
    indices, is_whole, starts = (
        each.tolist() for each in (equations.indices, equations.data > 0, equations.indptr)
    )
    degree = np.bincount(equations.indices, minlength=equations.shape[1]).tolist()
    heads = [-1] * (len(starts) - 1)
    writes: dict[int, int] = {}
    for row in range(len(heads)):
        free = [at for at in range(starts[row], starts[row + 1]) if indices[at] not in writes]
        if free:
            # A whole rather than a part, and the one that is in the fewest sums.
            at = min(free, key=lambda at: (not is_whole[at], degree[indices[at]]))
            heads[row] = indices[at]
            writes[heads[row]] = row
    needs = {
        row: [
            writes[indices[at]]
            for at in range(starts[row], starts[row + 1])
            if indices[at] in writes and indices[at] != heads[row]
        ]
        for row in writes.values()
    }
    step = _steps(needs)
    for row in needs.keys() - step.keys():
        heads[row] = -1
    levels: list[list[int]] = [[] for _ in range(max(step.values(), default=-1) + 1)]
    for row in sorted(step):
        levels[step[row]].append(row)
    return np.array(heads, dtype=np.int64), [np.array(each, dtype=np.int64) for each in levels]


def _steps(needs: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """In which step each can be done, after all that it needs.

    Args:
        needs: What each needs.

    Returns:
        The step of each. Of those that need themselves, by others, some have none, so that the
        rest can be done.
    """
    wanted: dict[int, list[int]] = {each: [] for each in needs}
    for each, others in needs.items():
        for other in others:
            wanted[other].append(each)
    waiting = {each: len(others) for each, others in needs.items()}
    step = dict.fromkeys(needs, 0)
    ready = [each for each, left in waiting.items() if not left]
    while waiting:
        if ready:
            done = ready.pop()
            after = step[done] + 1
        else:
            done = min(waiting, key=lambda each: (waiting[each], each))
            del step[done]
            after = 0
        del waiting[done]
        for each in wanted[done]:
            if each in waiting:
                step[each] = max(step[each], after)
                waiting[each] -= 1
                if not waiting[each]:
                    ready.append(each)
    return step


def lines(basis: Integers) -> Integers:
    """A number for each row, alike for rows that are multiples of each other.

    Told by random combinations of the columns: of two rows that are no multiples it is said that
    they are once in 2^40.

    Args:
        basis: Shape (n, k), modulo `PRIME`.

    Returns:
        Shape (n,).
    """
    weights = np.random.default_rng(basis.shape[1]).integers(
        1, _WEIGHT, size=(basis.shape[1], _COMBINATIONS)
    )
    _, line = np.unique(scaled(basis @ weights % PRIME), axis=0, return_inverse=True)
    return np.asarray(line, dtype=np.int64).reshape(-1)


def clear(rows: Integers, pivot: Integers, column: int, *, spare: int | None = None) -> None:
    """Take a multiple of a row from all others, in place, so that a column of theirs is zero.

    Args:
        rows: Shape (m, n).
        pivot: The row, with a one in the column; shape (n,).
        column: Which column.
        spare: A row that is left as it is.
    """
    factors = rows[:, column].copy()
    if spare is not None:
        factors[spare] = 0
    hit = np.flatnonzero(factors)
    wide = np.flatnonzero(pivot)
    # Both below 2^31: the product fits in 63 bits.
    change = factors[hit, None] * pivot[None, wide] % PRIME
    places = np.ix_(hit, wide)
    rows[places] = (rows[places] - change) % PRIME


def inverse(number: int) -> int:
    """What a number is multiplied by to give one, modulo `PRIME`.

    Args:
        number: Not a multiple of `PRIME`.
    """
    return pow(number, PRIME - 2, PRIME)


def scaled(rows: Integers) -> Integers:
    """Rows that are multiples of each other, as one and the same: each begins with a one.

    Args:
        rows: Shape (m, n), modulo `PRIME`.
    """
    if not rows.shape[1]:
        return rows
    first = (rows != 0).argmax(axis=1)
    return rows * _inverses(rows[np.arange(len(rows)), first])[:, None] % PRIME


def _inverses(numbers: Integers) -> Integers:
    """What each number is multiplied by to give one, modulo `PRIME`; 0 for 0."""
    result, power = np.ones_like(numbers), numbers % PRIME
    exponent = PRIME - 2
    while exponent:
        if exponent & 1:
            result = result * power % PRIME
        power = power * power % PRIME
        exponent >>= 1
    return result
