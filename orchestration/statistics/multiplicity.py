"""Many tests at once: which families say something, and which members of them.

What does not belong here: how a p-value came about.

References: Simes (1986), Biometrika 73:751; Benjamini & Hochberg (1995), J. R. Stat. Soc. B
57:289; Benjamini & Yekutieli (2001), Ann. Stat. 29:1165; Benjamini & Bogomolov (2014), J. R. Stat.
Soc. B 76:297 (selected families).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy import stats

from orchestration.statistics.arrays import BoolArray, FloatArray

Family = TypeVar("Family", bound=Hashable)


def simes(p_values: FloatArray) -> float:
    """One p-value for a family: the smallest of ``m p_(k) / k``.

    Args:
        p_values: shape (m,), m at least 1.
    """
    ordered = np.sort(p_values)
    rank = np.arange(1, ordered.size + 1)
    return float(min(1.0, np.min(ordered.size * ordered / rank)))


def benjamini_hochberg(p_values: FloatArray) -> FloatArray:
    """Adjusted p-values; a hypothesis is rejected at rate q where they are at most q.

    Args:
        p_values: shape (m,), m at least 1.
    """
    return np.asarray(stats.false_discovery_control(p_values, method="bh"), dtype=np.float64)


def benjamini_yekutieli(p_values: FloatArray) -> FloatArray:
    """Adjusted p-values that hold under any dependence between the tests; for sensitivity.

    Args:
        p_values: shape (m,), m at least 1.
    """
    return np.asarray(stats.false_discovery_control(p_values, method="by"), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Selection(Generic[Family]):
    """What remains after two levels of testing.

    Attributes:
        q_values: one for each hypothesis; at most q exactly where it is selected.
        selected: which hypotheses are.
        families: the selected families, in the order they were first met.
    """

    q_values: FloatArray
    selected: BoolArray
    families: tuple[Family, ...]


def select(
    p_values: FloatArray, families: Sequence[Family], q: float, *, as_one: bool = False
) -> Selection[Family]:
    """Test families by Simes and Benjamini-Hochberg, then members of the selected ones.

    Inside a selected family Benjamini-Hochberg runs at ``q R / m``, with R selected families of
    m. A hypothesis' q-value is its adjusted p-value within the family times ``m / R``, and at
    least the family's own adjusted p-value, so that it is at most q exactly when both levels
    reject.

    Args:
        p_values: shape (n,).
        families: the family of each.
        q: false-discovery rate.
        as_one: whether a family is one discovery however many members it has: the rate is then
            of families, and members of the selected ones are tested at ``q`` itself.
    """
    names = list(dict.fromkeys(families))
    if not names:
        return Selection(np.empty(0), np.empty(0, dtype=bool), ())
    members = {
        name: np.array([i for i, family in enumerate(families) if family == name]) for name in names
    }
    of_family = benjamini_hochberg(np.array([simes(p_values[members[name]]) for name in names]))
    chosen = of_family <= q
    inflation = 1.0 if as_one else len(names) / max(int(chosen.sum()), 1)
    q_values = np.empty(p_values.shape)
    for name, family_q in zip(names, of_family, strict=True):
        within = benjamini_hochberg(p_values[members[name]]) * inflation
        q_values[members[name]] = np.minimum(1.0, np.maximum(within, family_q))
    return Selection(
        q_values=q_values,
        selected=q_values <= q,
        families=tuple(name for name, yes in zip(names, chosen, strict=True) if yes),
    )
