"""A series' own records: the last value's place among all before it, and the first turn in years.

Plain order, no test: whether a value deviates is decided by the engine. What does not belong here:
which years are comparable, and what is said of a record.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.statistics.arrays import FloatArray, IntArray

#: With fewer earlier values every other one is a record.
LEAST_EARLIER = 5
#: So many years back, or turns the other way before it, make a record worth telling.
LEAST_YEARS = 4


@dataclass(frozen=True, slots=True)
class Extreme:
    """The last value is the highest, or the lowest, for years.

    Attributes:
        highest: otherwise the lowest.
        since: the first year of the series where it is so of all; else the latest earlier year
            that was as high or as low.
        of_all: whether no earlier value was as high or as low.
    """

    highest: bool
    since: int
    of_all: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """The last change goes another way than those of many years before it.

    Attributes:
        year: of the change.
        rose: otherwise it fell.
        since: the first year of the series where it is the first such change; else the latest
            earlier year that went the same way.
        first: whether it is the first such change.
    """

    year: int
    rose: bool
    since: int
    first: bool


def extreme(years: IntArray, values: FloatArray) -> Extreme | None:
    """The record that the last value sets; None where it sets none worth telling.

    Args:
        years: (N,), increasing.
        values: (N,), comparable.
    """
    earlier, last = values[:-1], values[-1]
    if earlier.size < LEAST_EARLIER:
        return None
    for highest in (True, False):
        beyond = earlier < last if highest else earlier > last
        if beyond.all():
            return Extreme(highest, int(years[0]), of_all=True)
        since = int(years[:-1][~beyond][-1])
        if years[-1] - since > LEAST_YEARS:
            return Extreme(highest, since, of_all=False)
    return None


def turn(years: IntArray, values: FloatArray) -> Turn | None:
    """The turn that the last change is; None where it is none worth telling.

    Args:
        years: (N,), increasing; only those without a gap before the last count.
        values: (N,), comparable.
    """
    gaps = np.flatnonzero(np.diff(years) != 1)
    start = int(gaps[-1]) + 1 if gaps.size else 0
    years, changes = years[start:], np.sign(np.diff(values[start:]))
    if changes.size <= LEAST_YEARS or changes[-1] == 0:
        return None
    same = np.flatnonzero(changes[:-1] == changes[-1])
    other_way = changes.size - 1 - (int(same[-1]) + 1 if same.size else 0)
    if other_way < LEAST_YEARS:
        return None
    since = int(years[1:][same[-1]]) if same.size else int(years[0])
    return Turn(int(years[-1]), bool(changes[-1] > 0), since, first=not same.size)


def going_on(years: IntArray, values: FloatArray) -> Turn | None:
    """The turn that the last change is, or that it goes on from; None where there is none.

    What turned the year before and has not turned back is news still: the next value confirms it.

    Args:
        years: (N,), increasing.
        values: (N,), comparable.
    """
    latest = turn(years, values)
    if latest is not None or values.size <= LEAST_YEARS or years[-1] - years[-2] != 1:
        return latest
    before = turn(years[:-1], values[:-1])
    moved = np.sign(values[-1] - values[-2])
    return before if before is not None and moved == (1 if before.rose else -1) else None
