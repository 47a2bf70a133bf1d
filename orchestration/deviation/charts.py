"""The XmR chart of a series as the marts hold it: which points it has, and where limits start anew.

Points are comparable values only. Limits start anew where an explanation, registered or found in
the data's own words, says that the earlier values cannot be compared, and after a value that the
marts mark as a break; never where the curve alone looks broken. Limits and signals are for the eye:
no verdict of the engine comes from here.

What does not belong here: how limits are computed (``xmr``), and drawing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from orchestration.deviation.explanations import history_effects, month_effects
from orchestration.deviation.series import USABLE_STATUS, SeriesKey
from orchestration.findings.records import ChartPoint
from orchestration.indicators.models import NaturalExplanation
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.xmr import XmrSettings, xmr

_BREAK = "broken_series"
_MONTHS = 12


@dataclass(frozen=True, eq=False)
class PlainSeries:
    """Values of one series in the order of time.

    Attributes:
        key: indicator, geography, breakdown and category.
        grain: ``year`` or ``month``.
        months: of each period's first day, since the year 0, strictly increasing; shape (n,).
        value: nan where there is none; shape (n,).
        status: one for each period, in the words of ``marts.indicator_values``.

    Raises:
        ValueError: the lengths differ or the periods do not increase.
    """

    key: SeriesKey
    grain: str
    months: IntArray
    value: FloatArray
    status: Sequence[str]

    def __post_init__(self) -> None:
        if not self.months.shape == self.value.shape == (len(self.status),):
            raise ValueError(f"{'/'.join(self.key)}: arrays of different length")
        if np.any(np.diff(self.months) <= 0):
            raise ValueError(f"{'/'.join(self.key)}: periods must increase")

    @property
    def comparable(self) -> BoolArray:
        """Periods whose value may be compared with its neighbours; shape (n,)."""
        usable = np.fromiter((s in USABLE_STATUS for s in self.status), bool, len(self.status))
        return usable & np.isfinite(self.value)


def chart_points(
    series: PlainSeries, explanations: Sequence[NaturalExplanation], settings: XmrSettings
) -> Iterator[ChartPoint]:
    """The points of a series' chart.

    Args:
        series: its values; those that cannot be compared get no point.
        explanations: registered and found; those that are breaks and concern the series cut it.
        settings: of limits and rules.

    Yields:
        One point for each comparable value, in the order of time.
    """
    kept = np.flatnonzero(series.comparable)
    if not kept.size:
        return
    months, value = series.months[kept], series.value[kept]
    starts = _break_months(series, explanations)
    breaks = sorted({int(np.searchsorted(months, start)) for start in starts} - {months.size})
    chart = xmr(value, settings, breaks)
    segment = 1 + np.searchsorted(np.array(sorted({0, *breaks})[1:]), np.arange(kept.size), "right")
    for at, month in enumerate(months):
        indicator_id, geography_id, breakdown, category = series.key
        yield ChartPoint(
            indicator_id=indicator_id,
            geography_id=geography_id,
            breakdown=breakdown,
            category=category,
            period_grain=series.grain,
            period_start=date(int(month) // _MONTHS, int(month) % _MONTHS + 1, 1),
            segment=int(segment[at]),
            value=float(value[at]),
            centre=_known(chart.centre[at]),
            lower=_known(chart.lower[at]),
            upper=_known(chart.upper[at]),
            moving_range=_known(chart.moving_range[at]),
            trial=bool(chart.trial[at]),
            signal=chart.signals[at].value,
        )


def _break_months(series: PlainSeries, explanations: Sequence[NaturalExplanation]) -> Iterator[int]:
    """First months that cannot be compared with what came before."""
    breaks = [row for row in explanations if row.is_break and row.concerns(*series.key[:2])]
    first, last = int(series.months[0]), int(series.months[-1])
    # Nothing is tested here, so all of it is history.
    after = last // _MONTHS + 1
    if series.grain == "month":
        months = np.arange(first, last + 1)
        yield from months[month_effects(breaks, months, after).reset].tolist()
    else:
        years = np.arange(first // _MONTHS, after)
        yield from (_MONTHS * years[history_effects(breaks, years, after).reset]).tolist()
    for month, status in zip(series.months, series.status, strict=True):
        if status == _BREAK:
            yield int(month)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
