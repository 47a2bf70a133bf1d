"""XmR charts: how a series has moved, for the eye.

Limits from the mean and the mean moving range, and the run rules of NHS "Making data count", in
the priority that NHSRplotthedots gives them. A chart is for display and for a first look at a
series' shape: its false alarms depend on level and volatility (``docs/deviation-method.md``), so
no p-value and no verdict of the engine comes from here.

Differences that are rounding in the arithmetic are none. Where most values equal the one before,
as on a coarse measure, the moving ranges that are left when the large ones are set aside may all be
nothing; the limits then come from the values' standard deviation, so that they never close on the
mean of a series that varies.

Limits are computed anew from a declared break on, and only from a declared one. Two habits
differ between tools and are settings here: whether large moving ranges are set aside before the
limits are computed (Nelson 1982; the NHS workbook does not), and the factor of the limits (2.66,
where others write 3 / 1.128 = 2.6596).

What does not belong here: drawing, and finding breaks.

References: Shewhart (1931); Nelson (1982), J. Qual. Technol. 14:172; NHS England, Making data
count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from orchestration.statistics.arrays import ROUNDING, BoolArray, FloatArray, IntArray

#: "Two of three": the rule is about so many points in a row, all but one of them near a limit.
_NEAR_WINDOW = 3
#: Mean moving range of two normal values over their standard deviation, as control charts have it.
_RANGE_OF_TWO = 1.128


class Signal(StrEnum):
    """What a point shows; where several rules hold, the first in this order is told."""

    OUTSIDE_ABOVE = "outside_above"
    OUTSIDE_BELOW = "outside_below"
    TREND_UP = "trend_up"
    TREND_DOWN = "trend_down"
    NEAR_UPPER = "near_upper"
    NEAR_LOWER = "near_lower"
    RUN_ABOVE = "run_above"
    RUN_BELOW = "run_below"
    COMMON_CAUSE = "common_cause"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class XmrSettings:
    """How limits and rules are made.

    Attributes:
        limit_factor: limits lie so many mean moving ranges from the mean.
        range_factor: a moving range of at least so many mean moving ranges is set aside once,
            before the limits are computed.
        screen: whether it is.
        near_share: a point beyond this share of the way to a limit, and within it, is near it.
        run_points: points on one side of the mean, or all rising or falling, that make a run.
        trial_points: with fewer points since the last break there are no limits.
        full_points: with fewer points limits are for trial, and no signal is told.
    """

    limit_factor: float = 2.66
    range_factor: float = 3.267
    screen: bool = True
    near_share: float = 2.0 / 3.0
    run_points: int = 7
    trial_points: int = 5
    full_points: int = 12

    def __post_init__(self) -> None:
        if min(self.limit_factor, self.range_factor) <= 0 or not 0 < self.near_share < 1:
            raise ValueError("limit_factor, range_factor and near_share must be positive")
        if self.run_points < 2 or not 2 <= self.trial_points <= self.full_points:  # noqa: PLR2004
            raise ValueError(
                "run_points, trial_points and full_points must be at least 2, in order"
            )


@dataclass(frozen=True, eq=False)
class XmrChart:
    """A chart's lines and signals; each (n,).

    Attributes:
        centre: mean since the last break; nan with too few points.
        lower: lower limit.
        upper: upper limit.
        moving_range: from the value before, since the last break; nan for the first.
        range_limit: upper limit of the moving ranges.
        trial: whether the limits are for trial only.
        signals: what each point shows.
    """

    centre: FloatArray
    lower: FloatArray
    upper: FloatArray
    moving_range: FloatArray
    range_limit: FloatArray
    trial: BoolArray
    signals: tuple[Signal, ...]


def xmr(values: FloatArray, settings: XmrSettings, breaks: Sequence[int] = ()) -> XmrChart:
    """Limits and signals of a series.

    Args:
        values: (n,), in the order of time; a value that is missing is left out by the caller.
        settings: of limits and rules.
        breaks: positions of the first values after a declared break.

    Raises:
        ValueError: a value is not finite, or a break lies outside the series.
    """
    if not np.all(np.isfinite(values)):
        raise ValueError("a value is missing; leave its period out")
    edges = sorted({0, *breaks})
    if edges[0] < 0 or edges[-1] > max(values.size - 1, 0):
        raise ValueError("a break lies outside the series")
    lines = np.full((5, values.size), np.nan)
    trial = np.zeros(values.size, dtype=bool)
    signals: list[Signal] = []
    for begin, end in zip(edges, [*edges[1:], values.size], strict=True):
        part = values[begin:end]
        trial[begin:end] = settings.trial_points <= part.size < settings.full_points
        lines[3, begin + 1 : end] = np.abs(_steps(part))
        if part.size < settings.trial_points:
            signals += [Signal.TOO_FEW] * part.size
            continue
        centre, reach, largest = _limits(part, settings)
        lines[:3, begin:end] = np.array([[centre], [centre - reach], [centre + reach]])
        lines[4, begin:end] = largest
        if part.size < settings.full_points:
            signals += [Signal.TOO_FEW] * part.size
        else:
            signals += _signals(part, centre, reach, settings)
    return XmrChart(
        centre=lines[0],
        lower=lines[1],
        upper=lines[2],
        moving_range=lines[3],
        range_limit=lines[4],
        trial=trial,
        signals=tuple(signals),
    )


def _limits(part: FloatArray, settings: XmrSettings) -> tuple[float, float, float]:
    ranges = np.abs(_steps(part))
    mean_range = float(ranges.mean())
    if settings.screen and mean_range > 0:
        mean_range = float(ranges[ranges < settings.range_factor * mean_range].mean())
        if mean_range == 0:
            mean_range = _RANGE_OF_TWO * float(part.std(ddof=1))
    # A mean of equal values may be rounded to the side of them all.
    centre = float(np.clip(part.mean(), part.min(), part.max()))
    return centre, settings.limit_factor * mean_range, settings.range_factor * mean_range


def _slack(values: FloatArray) -> float:
    """The largest difference between such values that is rounding and nothing else."""
    return ROUNDING * float(np.abs(values).max(initial=0.0))


def _steps(values: FloatArray) -> FloatArray:
    """From each value to the next."""
    steps = np.diff(values)
    return np.where(np.abs(steps) > _slack(values), steps, 0.0)


def _signals(part: FloatArray, centre: float, reach: float, settings: XmrSettings) -> list[Signal]:
    slack = _slack(part)
    distance = np.abs(part - centre)
    side = np.where(distance > slack, np.sign(part - centre), 0.0).astype(np.int64)
    outside = distance > reach + slack
    near = ~outside & (distance > settings.near_share * reach + slack)
    trend = spread_back(trends(part, settings.run_points), settings.run_points)
    close = near_pairs(near, side) & near
    run = spread_back(runs(side, settings.run_points), settings.run_points)
    rules = (
        (np.where(outside, side, 0), Signal.OUTSIDE_ABOVE, Signal.OUTSIDE_BELOW),
        (trend, Signal.TREND_UP, Signal.TREND_DOWN),
        (np.where(close, side, 0), Signal.NEAR_UPPER, Signal.NEAR_LOWER),
        (run, Signal.RUN_ABOVE, Signal.RUN_BELOW),
    )
    told = [Signal.COMMON_CAUSE] * part.size
    for direction, up, down in reversed(rules):
        for at in np.flatnonzero(direction):
            told[at] = up if direction[at] > 0 else down
    return told


def runs(side: IntArray, length: int) -> IntArray:
    """Side of the mean of points that end a run of at least ``length`` on it; 0 elsewhere."""
    out = np.zeros(side.size, dtype=np.int64)
    if side.size >= length:
        total = np.lib.stride_tricks.sliding_window_view(side, length).sum(axis=1)
        out[length - 1 :] = np.where(np.abs(total) == length, np.sign(total), 0)
    return out


def trends(values: FloatArray, length: int) -> IntArray:
    """1 or -1 for points that end a rise or fall over at least ``length`` points; 0 elsewhere."""
    out = np.zeros(values.size, dtype=np.int64)
    out[1:] = runs(np.sign(_steps(values)).astype(np.int64), length - 1)
    return out


def spread_back(ends: IntArray, length: int) -> IntArray:
    """Mark all ``length`` points of a run, given the points that end one."""
    out = ends.copy()
    for at in np.flatnonzero(ends):
        begin = at - length + 1
        out[begin : at + 1] = ends[at]
    return out


def near_pairs(near: BoolArray, side: IntArray) -> BoolArray:
    """Points of three in a row on one side of the mean, two of which are near its limit."""
    width = _NEAR_WINDOW
    out = np.zeros(near.size, dtype=bool)
    for begin in range(near.size - width + 1):
        three = slice(begin, begin + width)
        if near[three].sum() >= width - 1 and abs(int(side[three].sum())) == width:
            out[three] = True
    return out
