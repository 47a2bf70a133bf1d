"""The four charts of pages and memoranda: typed rows in, a self-contained SVG string out.

A series with its limits and expected value, panels of series, groups with intervals, and changes.
What is drawn is told apart by shape, fill and dashes, never by hue alone, so that a grey printout
reads the same; what needs a name has it beside it. Which charts are drawn, and their captions,
belongs in ``illustrations`` and ``series_view``; what a line or a scale is, in ``svg``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TypeVar

from orchestration.language import numbers
from orchestration.reporting.svg import (
    DARK,
    GRID,
    GUIDE,
    HALF_LETTER,
    LIGHT,
    PAPER,
    Canvas,
    Labels,
    Scale,
    Ticks,
    text_width,
    ticks_over,
)

_WIDTH, _HEIGHT = 330, 210
_PANEL_WIDTH, _PANEL_HEIGHT, _PANEL_COLUMNS = 150, 100, 2
_PANEL_GAP, _PANEL_NAME, _PANEL_FOOT = 16, 10, 42
_ROW_WIDTH, _ROW_HEIGHT = 420, 48
_VALUE_STEPS, _PANEL_VALUE_STEPS = 5, 3
_LEGEND_ROW = 19
_BAND_WIDTH, _BAR_HEIGHT, _WHISKER = 14, 14, 6
_NAME_LIFT = 17
# Room between an axis and its numbers, and between a mark and the text beside it.
_NUMBER_GAP, _TEXT_GAP = 8, 12
_YEAR_GAP = 10
# Lines closer to each other than this share of the axis have one name together; values, a nudge.
_NAME_GAP, _VALUE_GAP, _NUDGE = 0.07, 0.1, 9
# A bar's end leaves room for its value beside it.
_ROOM_FOR_VALUE = 1.45
_LABEL_CHARACTERS = 58
_SIGNAL_FILL = "#e08a00"

VALUE = "Utfall"
SIGNAL = "Utfall med signal"
PRELIMINARY = "Preliminärt utfall"
BROKEN = "Ej jämförbart utfall"
EXPECTED = "Väntat värde, 95-procentigt intervall"
# The order is the legend's.
_LOOKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        VALUE: ("circle", DARK),
        SIGNAL: ("square", _SIGNAL_FILL),
        PRELIMINARY: ("circle", PAPER),
        BROKEN: ("cross", PAPER),
        EXPECTED: ("diamond", PAPER),
    }
)


@dataclass(frozen=True, slots=True)
class Dot:
    """One period of a series, on the axis' scale.

    Attributes:
        period: As the axis names it.
        value: None leaves a gap.
        segment: Values of one segment are joined and share their lines; None joins nothing.
        centre: Mean of the segment, where it has lines.
        lower: Lower limit, where it is drawn.
        upper: Upper limit.
        mark: One of this module's words for what a dot is.
    """

    period: str
    value: float | None
    segment: int | None = 1
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    mark: str = VALUE


@dataclass(frozen=True, slots=True)
class Band:
    """The expected value of a tested period and its interval, on the axis' scale."""

    period: str
    expected: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several small charts that share their periods."""

    name: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A relative change in per cent; ``main`` is the indicator that the others are held against."""

    label: str
    change: float
    main: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group's value with a 95 per cent interval, where one is known, on the axis' scale."""

    label: str
    value: float
    lower: float | None
    upper: float | None
    main: bool


@dataclass(frozen=True, slots=True)
class _Plot:
    """A canvas with the axes of one series: where its periods and its values lie."""

    canvas: Canvas
    x: Mapping[str, float]
    y: Scale

    def at(self, period: str, value: float) -> tuple[float, float]:
        return self.x[period], self.y.at(value)


_Row = TypeVar("_Row", ChangeRow, GroupRow)


def starts_at_zero(dots: Sequence[Dot], band: Band | None = None) -> bool:
    """Whether a series' axis starts at zero.

    It does unless all that is drawn lies in the upper half of the range from zero, in which case a
    movement of a few per cent could not be seen.
    """
    drawn = _drawn(dots, band)
    return not drawn or min(drawn) < max(drawn) / 2


def series_chart(
    dots: Sequence[Dot],
    band: Band | None,
    *,
    unit: str,
    labels: Labels,
    decimals: int | None = None,
) -> str:
    """Draws a series with its mean and limits, and what was expected of the tested period.

    Args:
        dots: Oldest first, every period once; at least one with a value.
        band: None where no expected value is known.
        unit: What the values are counted in.
        labels: Identity and description.
        decimals: Of the last value and the expected one, which are then written beside their marks.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If no dot has a value.
    """
    drawn = _drawn(dots, band)
    if all(dot.value is None for dot in dots):
        raise ValueError("a series without values cannot be drawn")
    canvas = Canvas()
    ticks = ticks_over(drawn, zero=starts_at_zero(dots, band), about=_VALUE_STEPS)
    y = _value_axis(canvas, ticks, _WIDTH, (_HEIGHT, 0))
    left = -_NUMBER_GAP - max(map(text_width, ticks.texts()))
    _head(canvas, left, unit, _marks(dots, band))
    x = _period_axis(canvas, [dot.period for dot in dots], _WIDTH, (0, _HEIGHT))
    plot = _Plot(canvas, x, y)
    if band is not None:
        _draw_band(plot, band)
    _draw_lines(plot, dots)
    if band is not None:
        _draw_mark(plot, EXPECTED, band.period, band.expected)
    _draw_marks(plot, dots)
    _name_lines(plot, dots)
    if decimals is not None:
        _write_values(plot, dots, band, decimals)
    return canvas.svg(labels)


def panel_chart(panels: Sequence[Panel], *, labels: Labels) -> str:
    """Draws the categories of a breakdown beside each other, each on an axis of its own.

    Args:
        panels: At least one with a value; every panel has every period. The unit is for the
            caption.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If no panel has a value.
    """
    everything = [dot for panel in panels for dot in panel.dots]
    if all(dot.value is None for dot in everything):
        raise ValueError("panels without values cannot be drawn")
    canvas = Canvas()
    axes = [
        ticks_over(values, zero=False, about=_PANEL_VALUE_STEPS) if values else None
        for values in (_drawn(panel.dots, None) for panel in panels)
    ]
    texts = [text for ticks in axes if ticks for text in ticks.texts()]
    numbers = _NUMBER_GAP + max(map(text_width, texts))
    _head(canvas, -numbers, "", _marks(everything, None), -_PANEL_NAME - _LEGEND_ROW)
    for position, (panel, ticks) in enumerate(zip(panels, axes, strict=True)):
        row, column = divmod(position, _PANEL_COLUMNS)
        left = column * (_PANEL_WIDTH + numbers + _PANEL_GAP)
        top = row * (_PANEL_HEIGHT + _PANEL_NAME + _PANEL_FOOT)
        bottom = top + _PANEL_HEIGHT
        canvas.text(panel.name, left, top - _PANEL_NAME)
        periods = [dot.period for dot in panel.dots]
        if ticks is None:
            _period_axis(canvas, periods, _PANEL_WIDTH, (left, bottom))
            continue
        y = _value_axis(canvas, ticks, _PANEL_WIDTH, (bottom, top), left)
        plot = _Plot(canvas, _period_axis(canvas, periods, _PANEL_WIDTH, (left, bottom)), y)
        _draw_lines(plot, panel.dots)
        _draw_marks(plot, panel.dots)
    return canvas.svg(labels)


def change_chart(rows: Sequence[ChangeRow], *, axis_title: str, labels: Labels) -> str:
    """Draws relative changes as bars from zero, in the order given.

    Args:
        rows: At least one.
        axis_title: What the bars measure and between which years.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("a chart of changes needs at least one row")
    canvas = Canvas()
    widest = max(abs(row.change) for row in rows) or 1.0
    room = widest * _ROOM_FOR_VALUE
    low = -room if min(row.change for row in rows) < 0 else 0.0
    high = room if max(row.change for row in rows) > 0 or not low else 0.0
    x = Scale(low, high, 0, _ROW_WIDTH)
    ticks = ticks_over([low, high], zero=True, about=_VALUE_STEPS)
    bottom = _ROW_HEIGHT * len(rows)
    _row_axis(canvas, ticks, x, bottom, axis_title)
    zero = x.at(0)
    for row, middle in _rows_from_the_top(rows):
        end = x.at(row.change)
        canvas.box(
            min(zero, end),
            middle - _BAR_HEIGHT / 2,
            abs(end - zero),
            _BAR_HEIGHT,
            fill=DARK if row.main else LIGHT,
            framed=True,
        )
        text = f"{numbers.number(row.change, 1, sign=True)}{numbers.NO_BREAK_SPACE}%"
        if row.change < 0:
            canvas.text(text, end - 5, middle + HALF_LETTER, anchor="end", bold=True)
        else:
            canvas.text(text, end + 5, middle + HALF_LETTER, bold=True)
    canvas.line([(zero, 0), (zero, bottom)], colour=GUIDE, width=1.5)
    _name_rows(canvas, rows)
    return canvas.svg(labels)


def group_chart(rows: Sequence[GroupRow], *, axis_title: str, decimals: int, labels: Labels) -> str:
    """Draws one dot with its interval per group, on an axis from zero.

    Args:
        rows: At least one.
        axis_title: The unit.
        decimals: Decimals of the numbers written at the dots.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("a chart of groups needs at least one row")
    canvas = Canvas()
    reach = [
        value for row in rows for value in (row.value, row.lower, row.upper) if value is not None
    ]
    ticks = ticks_over(reach, zero=True, about=_VALUE_STEPS)
    x = Scale(ticks.values[0], ticks.values[-1], 0, _ROW_WIDTH)
    _row_axis(canvas, ticks, x, _ROW_HEIGHT * len(rows), axis_title, grid=True)
    for row, middle in _rows_from_the_top(rows):
        end = row.value
        if row.lower is not None and row.upper is not None:
            end = max(end, row.upper)
            ends = (x.at(row.lower), x.at(row.upper))
            canvas.line([(each, middle) for each in ends], colour=DARK, width=2)
            for each in ends:
                upright = [(each, middle - _WHISKER), (each, middle + _WHISKER)]
                canvas.line(upright, colour=DARK, width=2)
        canvas.mark("circle", x.at(row.value), middle, fill=DARK if row.main else LIGHT)
        text = numbers.number(row.value, decimals)
        canvas.text(text, x.at(end) + _TEXT_GAP, middle + HALF_LETTER, bold=True, outlined=True)
    _name_rows(canvas, rows)
    return canvas.svg(labels)


def spark_lines(values: Sequence[float | None], width: int, height: int) -> list[str]:
    """Gives the lines of a series in miniature, as the points of SVG polylines.

    Args:
        values: In the order of time; None breaks the line.
        width: Of the drawing.
        height: Of the drawing.

    Returns:
        One text for each unbroken run; a single value is a short level line.
    """
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, spread = min(known), (max(known) - min(known)) or 1.0
    step = width / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for position, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{position * step:.1f},{height * (1 - (value - low) / spread):.1f}")
    return [" ".join(run if len(run) > 1 else run * 2) for run in runs if run]


def _drawn(dots: Sequence[Dot], band: Band | None) -> list[float]:
    values = [
        value
        for dot in dots
        for value in (dot.value, dot.centre, dot.lower, dot.upper)
        if value is not None
    ]
    return values if band is None else [*values, band.lower, band.expected, band.upper]


def _marks(dots: Sequence[Dot], band: Band | None) -> list[str]:
    """The kinds of marks that a series has, in the order of the legend."""
    found = {dot.mark for dot in dots if dot.value is not None}
    if band is not None:
        found.add(EXPECTED)
    return [mark for mark in _LOOKS if mark in found]


def _head(
    canvas: Canvas, left: float, unit: str, marks: Sequence[str], bottom: float = -_TEXT_GAP
) -> None:
    """Writes the unit above the axis, and above it what the marks are where they differ."""
    if unit:
        canvas.text(unit, left, bottom)
        bottom -= _LEGEND_ROW
    if list(marks) == [VALUE]:
        return
    for row, mark in enumerate(reversed(marks)):
        middle = bottom - HALF_LETTER - row * _LEGEND_ROW
        shape, fill = _LOOKS[mark]
        canvas.mark(shape, left + 7, middle, fill=fill)
        canvas.text(mark, left + 7 + _TEXT_GAP, middle + HALF_LETTER)


def _value_axis(
    canvas: Canvas, ticks: Ticks, width: float, ends: tuple[float, float], left: float = 0
) -> Scale:
    """Draws level lines at the ticks with their numbers to the left, from the bottom upwards."""
    scale = Scale(ticks.values[0], ticks.values[-1], *ends)
    for value, text in zip(ticks.values, ticks.texts(), strict=True):
        height = scale.at(value)
        canvas.line([(left, height), (left + width, height)], colour=GRID, width=1)
        canvas.text(text, left - _NUMBER_GAP, height + HALF_LETTER, anchor="end")
    return scale


def _period_axis(
    canvas: Canvas, periods: Sequence[str], width: float, corner: tuple[float, float]
) -> dict[str, float]:
    """Draws the line of time, and names so many periods as there is room for at even distances."""
    left, bottom = corner
    places = {
        period: left + width * (position + 0.5) / len(periods)
        for position, period in enumerate(periods)
    }
    canvas.line([(left, bottom), (left + width, bottom)], colour=GUIDE, width=1)
    wanted = max(map(text_width, periods)) + _YEAR_GAP
    step = max(1, -(-int(wanted * len(periods)) // int(width)))
    for period in periods[::step]:
        place = places[period]
        canvas.line([(place, bottom), (place, bottom + 5)], colour=GUIDE, width=1)
        canvas.text(period, place, bottom + 19, anchor="middle")
    return places


def _draw_band(plot: _Plot, band: Band) -> None:
    (middle, top), (_, bottom) = (plot.at(band.period, end) for end in (band.upper, band.lower))
    left, right = middle - _BAND_WIDTH / 2, middle + _BAND_WIDTH / 2
    plot.canvas.box(left, top, _BAND_WIDTH, bottom - top, fill=LIGHT)
    for end in (top, bottom):
        plot.canvas.line([(left, end), (right, end)], colour=GUIDE, width=2)


def _draw_lines(plot: _Plot, dots: Sequence[Dot]) -> None:
    """Draws the mean and the limits of each segment, and the line between its values."""
    segments = dict.fromkeys(dot.segment for dot in dots if dot.segment is not None)
    for segment in segments:
        own = [dot for dot in dots if dot.segment == segment]
        # Limits hold over a period without a value.
        for levels, dashed in (
            ([(dot.period, dot.lower) for dot in own], True),
            ([(dot.period, dot.upper) for dot in own], True),
            ([(dot.period, dot.centre) for dot in own], False),
        ):
            line = [plot.at(period, level) for period, level in levels if level is not None]
            plot.canvas.line(line, colour=GUIDE, width=1.5, dashed=dashed)
    for segment in segments:
        # The line between values does not, nor over one that is not comparable.
        runs = [
            [plot.at(dot.period, dot.value) for dot in run if dot.value is not None]
            for joined, run in groupby(
                dots, key=lambda dot: dot.segment == segment and dot.value is not None
            )
            if joined
        ]
        plot.canvas.lines(runs, colour=DARK, width=2)


def _draw_marks(plot: _Plot, dots: Sequence[Dot]) -> None:
    for dot in dots:
        if dot.value is not None:
            _draw_mark(plot, dot.mark, dot.period, dot.value)


def _draw_mark(plot: _Plot, mark: str, period: str, value: float) -> None:
    shape, fill = _LOOKS[mark]
    plot.canvas.mark(shape, *plot.at(period, value), fill=fill)


def _name_lines(plot: _Plot, dots: Sequence[Dot]) -> None:
    """Names the lines of the last segment at its end, where there is room between them."""
    last = next((dot for dot in reversed(dots) if dot.centre is not None), None)
    if last is None or last.centre is None:
        return
    least = _NAME_GAP * (plot.y.high - plot.y.low)
    names = [("medelvärde", last.centre)]
    for name, value in (("undre gräns", last.lower), ("övre gräns", last.upper)):
        if value is not None and abs(value - last.centre) > least:
            names.append((name, value))
    for name, value in names:
        x, y = plot.at(last.period, value)
        plot.canvas.text(name, x + _TEXT_GAP, y + HALF_LETTER, outlined=True)


def _write_values(plot: _Plot, dots: Sequence[Dot], band: Band | None, decimals: int) -> None:
    """Writes the last value and what was expected beside their marks, apart where they meet."""
    last = dots[-1]
    if last.value is None:
        return
    values = [(last.value, numbers.number(last.value, decimals))]
    nudge = 0
    if band is not None:
        values.append((band.expected, f"väntat {numbers.number(band.expected, decimals)}"))
        gap = (last.value - band.expected) / (plot.y.high - plot.y.low)
        if abs(gap) < _VALUE_GAP:
            nudge = _NUDGE if gap < 0 else -_NUDGE
    for (value, text), down in zip(values, (nudge, -nudge), strict=False):
        x, y = plot.at(last.period, value)
        plot.canvas.text(text, x + _TEXT_GAP, y + HALF_LETTER + down, bold=True)


def _row_axis(
    canvas: Canvas, ticks: Ticks, x: Scale, bottom: float, title: str, *, grid: bool = False
) -> None:
    """Draws the axis under a chart of rows, with level numbers and its title."""
    lowest, highest = x.at(x.low), x.at(x.high)
    for value, text in zip(ticks.values, ticks.texts(), strict=True):
        place = x.at(value)
        if not lowest <= place <= highest:
            continue
        if grid:
            canvas.line([(place, 0), (place, bottom)], colour=GRID, width=1)
        canvas.line([(place, bottom), (place, bottom + 5)], colour=GUIDE, width=1)
        canvas.text(text, place, bottom + 19, anchor="middle")
    canvas.line([(lowest, bottom), (highest, bottom)], colour=GUIDE, width=1)
    canvas.text(title, (lowest + highest) / 2, bottom + 39, anchor="middle")


def _rows_from_the_top(rows: Sequence[_Row]) -> Iterable[tuple[_Row, float]]:
    """Each row with the height of its middle; its name has the room above."""
    return ((row, _ROW_HEIGHT * (position + 0.62)) for position, row in enumerate(rows))


def _name_rows(canvas: Canvas, rows: Sequence[_Row]) -> None:
    """Writes each row's name above its mark, where it has the width of the whole chart."""
    for row, middle in _rows_from_the_top(rows):
        canvas.text(_shortened(row.label), 0, middle - _NAME_LIFT, outlined=True)


def _shortened(label: str) -> str:
    # The whole name stands in the table beside the chart.
    if len(label) <= _LABEL_CHARACTERS:
        return label
    return textwrap.shorten(label, _LABEL_CHARACTERS, placeholder=" …")
