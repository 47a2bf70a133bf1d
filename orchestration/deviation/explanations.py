"""Natural explanations, turned into what they do to a history and to a verdict.

In the history a break cuts off what came before; a change of known size shifts the level; a
temporary cause of unknown size makes its years a gap. In the tested year nothing is touched
before the test: the explanation is weighed afterwards, so that what it explains can be audited.

What does not belong here: finding explanations. They are registered in the catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.deviation.series import BoolArray, FloatArray, IntArray
from orchestration.indicators.models import TEMPORARY_KINDS, NaturalExplanation


@dataclass(frozen=True, eq=False)
class HistoryEffects:
    """What explanations do to a run of years, each of shape (T,).

    Attributes:
        reset: the history before this year is cut off.
        log_shift: log of the known change of the level into this year.
        gap: the year is not compared.
    """

    reset: BoolArray
    log_shift: FloatArray
    gap: BoolArray


def history_effects(
    explanations: Sequence[NaturalExplanation], years: IntArray, tested_year: int
) -> HistoryEffects:
    """Effects of explanations on the years before the tested one.

    Args:
        explanations: those that concern the series.
        years: consecutive years, the last of which is tested.
        tested_year: the tested year.
    """
    reset = np.zeros(years.shape, dtype=bool)
    log_shift = np.zeros(years.shape)
    gap = np.zeros(years.shape, dtype=bool)
    for row in explanations:
        temporary = row.kind in TEMPORARY_KINDS
        if row.is_break:
            reset |= (years >= row.period_from) & (years <= row.period_to) & (years < tested_year)
        elif row.explained_change is not None:
            size = float(np.log1p(row.explained_change))
            log_shift[(years == row.period_from) & (years < tested_year)] += size
            # A temporary level is gone again the year after, the tested year included.
            if temporary and row.period_from < tested_year:
                log_shift[years == row.period_to + 1] -= size
        elif temporary:
            gap |= (years >= row.period_from) & (years <= row.period_to) & (years < tested_year)
    return HistoryEffects(reset, log_shift, gap)


def explained_log_change(
    explanations: Sequence[NaturalExplanation], tested_year: int
) -> float | None:
    """Log of the change into the tested year that explanations account for together.

    A change of known size happens once, into the first year of its period; in later years it is
    part of the history and accounts for nothing more.

    Args:
        explanations: those whose period holds the tested year.
        tested_year: the tested year.

    Returns:
        None when one of them covers a change of any size.
    """
    total = 0.0
    for row in explanations:
        if row.explained_change is None:
            return None
        if row.period_from == tested_year:
            total += float(np.log1p(row.explained_change))
    return total
