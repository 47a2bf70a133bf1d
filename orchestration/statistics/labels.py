"""Numbers that name something, renumbered: which of them occur, and which one each row has.

A register's codes and households are small whole numbers, and which of them occur is then seen by
ticking them off, without the sorting that is most of the work of a table of cells.

What does not belong here: what the labels stand for, and sums by them.
"""

from collections.abc import Iterable

import numpy as np

from orchestration.statistics.arrays import IntArray

#: Labels that reach this many times farther than there are rows are sorted instead.
_SPARSE = 16
_SMALL = 65_536


def distinct(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Labels that occur, and the place of each row's among them; as `numpy.unique`, faster.

    Args:
        labels: (N,), whole numbers.

    Returns:
        (U,), ascending, and (N,), from 0.
    """
    if labels.size == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    least = int(labels.min())
    reach = int(labels.max()) - least + 1
    if reach > _SPARSE * labels.size + _SMALL:
        values, place = np.unique(labels, return_inverse=True)
        return values, place
    shifted = labels - least
    there = np.zeros(reach, dtype=bool)
    there[shifted] = True
    at = np.cumsum(there) - 1
    return np.flatnonzero(there) + least, at[shifted]


def combined(columns: Iterable[IntArray]) -> IntArray:
    """The place of each row's labels, taken together, among those that occur; ascending.

    Args:
        columns: (N,) each, at least one; the first weighs most in the order.

    Returns:
        (N,), from 0.
    """
    code: IntArray | None = None
    for column in columns:
        values, place = distinct(column)
        # Kept dense, so that the product of many columns' labels cannot overflow.
        code = place if code is None else distinct(code * values.size + place)[1]
    if code is None:
        raise ValueError("no column")
    return code


def first_rows(place: IntArray) -> IntArray:
    """The first row of each label.

    Args:
        place: (N,), of `distinct`: every number from 0 to the last occurs.

    Returns:
        (U,).
    """
    first = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.int64)
    first[place[::-1]] = np.arange(place.size)[::-1]
    return first
