"""Which cells are too small to be shown, each by a named rule.

What is small is said in `policy`; what must be hidden beside them belongs in `protection`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.disclosure.cells import Flags, Integers
from orchestration.disclosure.policy import Policy

SMALL = "small"
ZERO = "zero"
OF_FEW = "of_few"
REMAINDER = "remainder"
DOMINATED = "dominated"

COUNT = "count"
_OVERLAP = "overlap"


@dataclass(frozen=True)
class Thresholds:
    """What is small.

    Attributes:
        persons: The least number that may be shown.
        zeros: Whether a count of nobody is as telling as one of somebody.
    """

    persons: int
    zeros: bool = False


@dataclass(frozen=True, eq=False)
class Described:
    """What is known of cells beside their values; all arrays have shape (n,).

    Attributes:
        persons: Whom each is of.
        area: Its area of activity.
        quantity: `count`, or what kind of remainder it is.
        shown: Whether a table shows it.
        public: Whether everybody knows it already.
        todays_map: Whether it is of the municipality or a board that exists.
        cross_of_board: Whether it is of a board and of two breakdowns at a time.
        others_of_largest: Of an amount, what all but the two who give the most give, as a share of
            what the one who gives the most does; not a number where it is none.
    """

    persons: Integers
    area: NDArray[np.str_]
    quantity: NDArray[np.str_]
    shown: Flags
    public: Flags
    todays_map: Flags
    cross_of_board: Flags
    others_of_largest: NDArray[np.float64]


def rules(values: Integers, thresholds: Thresholds) -> NDArray[np.str_]:
    """The rule that hides each cell.

    Args:
        values: Counts; shape (n,).
        thresholds: What is small.

    Returns:
        Name of the rule, empty where none hides it; shape (n,).
    """
    found = np.full(values.shape, "", dtype="<U9")
    found[(values > 0) & (values < thresholds.persons)] = SMALL
    if thresholds.zeros:
        found[values == 0] = ZERO
    return found


def by_policy(values: Integers, cells: Described, policy: Policy) -> NDArray[np.str_]:
    """The rule that hides each cell, by the policy of its area.

    An amount is dominated by the p per cent rule (Hundepool et al. 2012, Statistical Disclosure
    Control, section 4.2.2): whoever gives the second most knows the greatest contribution to
    within what the others give.

    Args:
        values: Counts and amounts; shape (n,).
        cells: What they are.
        policy: What is small.

    Returns:
        Name of the rule, empty where none hides it; shape (n,).
    """
    found = np.full(values.shape, "", dtype="<U9")
    is_count = cells.quantity == COUNT
    for area, asked in policy.rules.items():
        own = np.flatnonzero((cells.area == area.value) & ~cells.public)
        told = rules(cells.persons[own], Thresholds(asked.threshold, zeros=asked.zeros))
        told[(told == SMALL) & (cells.persons[own] != values[own])] = OF_FEW
        # A comparison with what is not a number is false.
        dominated = cells.others_of_largest[own] * 100 < asked.dominance
        told[(told == "") & dominated] = DOMINATED
        told[(told != "") & ~is_count[own]] = REMAINDER if asked.remainders else ""
        if not asked.overlaps:
            told[cells.quantity[own] == _OVERLAP] = ""
        found[own] = told
    return found
