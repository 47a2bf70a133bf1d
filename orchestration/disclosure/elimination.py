"""Exact elimination modulo a prime: what follows from what, with nothing rounded.

The coefficients are small whole numbers. A rank modulo 2^31 - 1 differs from the true one only
where that prime divides a minor of the matrix, which sums of a few ones do not reach; where it did,
a combination would be taken for zero that is not, and a cell be hidden that need not be.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.disclosure.cells import Integers

PRIME = 2**31 - 1


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
