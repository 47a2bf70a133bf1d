"""Which cells are too small to be shown, each by a named rule.

What must be hidden beside them belongs in `protection`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.disclosure.cells import Integers

SMALL = "small"
ZERO = "zero"


@dataclass(frozen=True)
class Thresholds:
    """What is small.

    Attributes:
        persons: The least number that may be shown.
        zeros: Whether a count of nobody is as telling as one of somebody.
    """

    persons: int = 5
    zeros: bool = False


def rules(values: Integers, thresholds: Thresholds) -> NDArray[np.str_]:
    """The rule that hides each cell.

    Args:
        values: Counts; shape (n,).
        thresholds: What is small.

    Returns:
        Name of the rule, empty where none hides it; shape (n,).
    """
    found = np.full(values.shape, "", dtype="<U8")
    found[(values > 0) & (values < thresholds.persons)] = SMALL
    if thresholds.zeros:
        found[values == 0] = ZERO
    return found
