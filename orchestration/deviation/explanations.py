"""Natural explanations, turned into what they do to a history and to a verdict.

In the history a break cuts off what came before; a change of known size shifts the level; a
temporary cause of unknown size makes its periods a gap. In the tested year nothing is touched
before the test: the explanation is weighed afterwards, so that what it explains can be audited.

What does not belong here: finding explanations (``found.py``). Others are registered in the
catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestration.indicators.models import TEMPORARY_KINDS, NaturalExplanation
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray

_MONTHS = 12
#: Nothing falls by all there was and more.
_LEAST = -0.999999


@dataclass(frozen=True, eq=False)
class HistoryEffects:
    """What explanations do to a run of years or months, each of shape (T,).

    Attributes:
        reset: the history before this period is cut off.
        log_shift: log of the known change of the level into this period.
        gap: the period is not compared.
    """

    reset: BoolArray
    log_shift: FloatArray
    gap: BoolArray


def history_effects(
    explanations: Sequence[NaturalExplanation], years: IntArray, tested_year: int
) -> HistoryEffects:
    """Effects of explanations on the years before the tested one.

    What holds for some months of a year holds for the year's value.

    Args:
        explanations: those that concern the series.
        years: consecutive years, the last of which is tested.
        tested_year: the tested year.
    """
    spans = [(row, row.period_from, row.period_to) for row in explanations]
    return _effects(spans, years, tested_year)


def month_effects(
    explanations: Sequence[NaturalExplanation], months: IntArray, tested_year: int
) -> HistoryEffects:
    """Effects of explanations on the months before the tested year.

    A break whose month is unknown counts from January.

    Args:
        explanations: those that concern the series.
        months: consecutive months, as months since the year 0.
        tested_year: the year whose months are tested.
    """
    spans = [(row, row.months[0], _last_month(row)) for row in explanations]
    return _effects(spans, months, _MONTHS * tested_year)


def _last_month(row: NaturalExplanation) -> int:
    whole_years = row.is_break and row.month_to is None
    return _MONTHS * row.period_to if whole_years else row.months[1]


def _effects(
    spans: Sequence[tuple[NaturalExplanation, int, int]], periods: IntArray, tested_from: int
) -> HistoryEffects:
    reset = np.zeros(periods.shape, dtype=bool)
    log_shift = np.zeros(periods.shape)
    gap = np.zeros(periods.shape, dtype=bool)
    history = periods < tested_from
    for row, first, last in spans:
        temporary = row.kind in TEMPORARY_KINDS
        if row.is_break:
            reset |= (periods >= first) & (periods <= last) & history
        elif row.explained_change is not None:
            size = float(np.log1p(row.explained_change))
            log_shift[(periods == first) & history] += size
            # A temporary level is gone again afterwards, the tested year included.
            if temporary and first < tested_from:
                log_shift[periods == last + 1] -= size
        elif temporary:
            gap |= (periods >= first) & (periods <= last) & history
    return HistoryEffects(reset, log_shift, gap)


def explained_log_change(
    explanations: Sequence[NaturalExplanation], tested_year: int, deviates: float
) -> float | None:
    """Log of the change into the tested year that explanations account for together.

    A change of known size happens once, into the first year of its period; in later years it is
    part of the history and accounts for nothing more. What can only have moved a value one way
    accounts for nothing of a deviation the other way. A size that is the most there can be accounts
    for a smaller deviation as a whole, and leaves nothing over on the other side.

    Args:
        explanations: those whose period holds the tested year.
        tested_year: the tested year.
        deviates: the deviation that is to be explained, as a share of what was expected.

    Returns:
        None when one of them covers a change of any size.
    """
    total, at_most = 0.0, 0.0
    for row in explanations:
        if row.explained_change is not None:
            size = float(np.log1p(row.explained_change)) * (row.period_from == tested_year)
            if row.is_at_most:
                at_most += size
            else:
                total += size
        elif row.moves is None or row.moves * deviates > 0:
            return None
    left = float(np.log1p(max(deviates, _LEAST))) - total
    # As far as what is left goes, and the same way.
    return total + float(np.clip(left, min(at_most, 0.0), max(at_most, 0.0)))
