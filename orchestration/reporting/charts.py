"""The charts of pages and memoranda: typed rows in, a drawing out.

A series with its limits and expected value, a small one of several series, groups with intervals,
and changes. None is wider than a telephone's page, and their text has one size.
What is drawn is told apart by shape, fill and dashes, never by hue alone, so that a grey printout
reads the same; what needs a name has it beside it. Which charts are drawn, and their captions,
belongs in ``sections`` and ``series_view``; bars that are parts and lines over a true axis in
``bars`` and ``curves``; what a line or a scale is, in ``svg``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType

from orchestration.language import numbers
from orchestration.reporting.axes import (
    BAR_GAP,
    BAR_HEIGHT,
    FEW_VALUE_STEPS,
    HEIGHT,
    LEGEND_ROW,
    ROW_HEIGHT,
    TEXT_GAP,
    VALUE_STEPS,
    WHOLE_WIDTH,
    along_rows,
    least_room,
    name_rows,
    period_axis,
    row_axis,
    rows_from_the_top,
    value_axis,
    whisker,
)
from orchestration.reporting.svg import (
    DARK,
    GUIDE,
    HALF_LETTER,
    LIGHT,
    PAPER,
    Canvas,
    Drawing,
    Scale,
    text_width,
    ticks_over,
)

_SMALL_HEIGHT, _SMALL_ROOM, _SMALL_CHARACTERS = 130, 64, 40
# Beside a small chart there is room for a value, and for what was expected.
_ROOM_OF_VALUE, _ROOM_OF_EXPECTED = 80, 110
_BAND_WIDTH = 14
_PAST = 2
# Lines closer to each other than this share of the axis have one name together; values, a nudge.
_NAME_GAP, _VALUE_GAP, _NUDGE = 0.07, 0.1, 9
_SPARK_WIDTH, _SPARK_HEIGHT = 96, 20
_SIGNAL_FILL = "var(--chart-signal, #e08a00)"

_CENTRE, _LOWER, _UPPER = "medelvärde", "undre gräns", "övre gräns"

VALUE = "Utfall"
SIGNAL = "Utfall med signal"
PRELIMINARY = "Preliminärt utfall"
BROKEN = "Ej jämförbart utfall"
HIDDEN = "Uppgift skyddas"
EXPECTED = "Väntat värde, 95-procentigt intervall"
SHRUNKEN = "Draget mot det gemensamma, efter säkerhet"
# The order is the legend's.
_LOOKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        VALUE: ("circle", DARK),
        SIGNAL: ("square", _SIGNAL_FILL),
        PRELIMINARY: ("circle", PAPER),
        BROKEN: ("cross", PAPER),
        EXPECTED: ("diamond", PAPER),
        HIDDEN: ("saltire", "none"),
    }
)


@dataclass(frozen=True, slots=True)
class Dot:
    """One period of a series, on the axis' scale.

    Attributes:
        period: As the axis names it.
        value: None leaves a gap; with the mark ``HIDDEN`` a cross stands on the axis in it.
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
class ChangeRow:
    """A relative change in per cent; ``main`` is the indicator that the others are held against."""

    label: str
    change: float
    main: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group's value with a 95 per cent interval, where one is known, on the axis' scale.

    Attributes:
        label: Its name.
        value: Its own.
        lower: None without an interval.
        upper: None without an interval.
        main: Whether the chart is about it.
        shrunken: The value drawn towards what the groups have in common, where that is known.
    """

    label: str
    value: float
    lower: float | None
    upper: float | None
    main: bool
    shrunken: float | None = None


@dataclass(frozen=True, slots=True)
class _Plot:
    """A canvas with the axes of one series: where its periods and its values lie."""

    canvas: Canvas
    x: Mapping[str, float]
    y: Scale
    right: float

    def at(self, period: str, value: float) -> tuple[float, float]:
        return self.x[period], self.y.at(value)


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
    decimals: int | None = None,
) -> Drawing:
    """Draws a series with its mean and limits, and what was expected of the tested period.

    Args:
        dots: Oldest first, every period once; at least one with a value.
        band: None where no expected value is known.
        unit: What the values are counted in.
        decimals: Of the last value and the expected one, which are then written beside their marks.

    Returns:
        The drawing.

    Raises:
        ValueError: If no dot has a value.
    """
    drawn = _drawn(dots, band)
    if all(dot.value is None for dot in dots):
        raise ValueError("a series without values cannot be drawn")
    canvas = Canvas()
    ticks = ticks_over(drawn, zero=starts_at_zero(dots, band), about=VALUE_STEPS)
    left = least_room(ticks)
    width = WHOLE_WIDTH - left - _room_beside(dots, band, decimals)
    y = value_axis(canvas, ticks, width, HEIGHT)
    _head(canvas, -left, unit, _marks(dots, band))
    x = period_axis(canvas, [dot.period for dot in dots], width, HEIGHT)
    plot = _Plot(canvas, x, y, width)
    if band is not None:
        _draw_band(plot, band)
    _draw_lines(plot, dots)
    if band is not None:
        _draw_mark(plot, EXPECTED, band.period, band.expected)
    _draw_marks(plot, dots)
    _name_lines(plot, dots)
    if decimals is not None:
        _write_values(plot, dots, band, decimals)
    return canvas.finished()


def small_chart(
    name: str, dots: Sequence[Dot], band: Band | None, *, unit: str, decimals: int
) -> Drawing:
    """Draws one of several series that stand on one grid, with its name above it.

    All are as wide and have the same room for numbers to the left, so that their axes stand under
    each other. What the marks are is said once, by the caption.

    Args:
        name: Of the series.
        dots: As for `series_chart`.
        band: As for `series_chart`.
        unit: What the values are counted in.
        decimals: Of the last value and the expected one.

    Returns:
        The drawing.

    Raises:
        ValueError: If no dot has a value.
    """
    drawn = _drawn(dots, band)
    if all(dot.value is None for dot in dots):
        raise ValueError("a series without values cannot be drawn")
    canvas = Canvas()
    ticks = ticks_over(drawn, zero=starts_at_zero(dots, band), about=FEW_VALUE_STEPS)
    # As much room as the others have, unless the numbers need more.
    left = max(_SMALL_ROOM, least_room(ticks))
    least = _ROOM_OF_VALUE if band is None else _ROOM_OF_EXPECTED
    named = [replace(dot, centre=None) for dot in dots]
    room = max(least, _PAST + _room_beside(named, band, decimals))
    width = WHOLE_WIDTH - left - room
    y = value_axis(canvas, ticks, width, _SMALL_HEIGHT)
    canvas.keep(-left, 0)
    canvas.keep(width + room, 0)
    canvas.text(unit, -left, -TEXT_GAP)
    lines = textwrap.wrap(name, _SMALL_CHARACTERS)
    for row, line in enumerate(reversed(lines), start=1):
        canvas.text(line, -left, -TEXT_GAP - row * LEGEND_ROW, bold=True)
    plot = _Plot(
        canvas,
        period_axis(canvas, [dot.period for dot in dots], width, _SMALL_HEIGHT),
        y,
        width,
    )
    if band is not None:
        _draw_band(plot, band)
    _draw_lines(plot, dots)
    if band is not None:
        _draw_mark(plot, EXPECTED, band.period, band.expected)
    _draw_marks(plot, dots)
    _write_values(plot, dots, band, decimals)
    return canvas.finished()


def change_chart(rows: Sequence[ChangeRow], *, axis_title: str) -> Drawing:
    """Draws relative changes as bars from zero, in the order given.

    Args:
        rows: At least one.
        axis_title: What the bars measure and between which years.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("a chart of changes needs at least one row")
    canvas = Canvas()
    low, high = min(0.0, *(row.change for row in rows)), max(0.0, *(row.change for row in rows))
    if low == high:
        high = 1.0
    # A bar's end leaves room for its value beside it, nought for its own number.
    room = BAR_GAP + max(text_width(_percent(row.change), bold=True) for row in rows)
    edge = text_width("0") / 2
    ends = (room if low < 0 else edge, WHOLE_WIDTH - (room if high > 0 else edge))
    x = Scale(low, high, *ends)
    ticks = ticks_over([low, high], zero=True, about=VALUE_STEPS)
    bottom = ROW_HEIGHT * len(rows)
    row_axis(canvas, ticks, x, bottom, axis_title)
    zero = x.at(0)
    for row, middle in rows_from_the_top(rows):
        end = x.at(row.change)
        canvas.box(
            min(zero, end),
            middle - BAR_HEIGHT / 2,
            abs(end - zero),
            BAR_HEIGHT,
            fill=DARK if row.main else LIGHT,
            framed=True,
        )
        text = _percent(row.change)
        if row.change < 0:
            canvas.text(text, end - BAR_GAP, middle + HALF_LETTER, anchor="end", bold=True)
        else:
            canvas.text(text, end + BAR_GAP, middle + HALF_LETTER, bold=True)
    along_rows(canvas, rows, zero)
    name_rows(canvas, rows)
    return canvas.finished()


def _percent(change: float) -> str:
    return f"{numbers.number(change, 1, sign=True)}{numbers.NO_BREAK_SPACE}%"


def group_chart(
    rows: Sequence[GroupRow],
    *,
    axis_title: str,
    decimals: int,
    reference: float | None = None,
    sign: bool = False,
) -> Drawing:
    """Draws one dot with its interval per group, on an axis from zero or around a reference.

    Args:
        rows: At least one.
        axis_title: The unit.
        decimals: Decimals of the numbers written at the dots.
        reference: What the groups are held against, such as 1 for a ratio; the axis then begins
            where the values do.
        sign: Whether a positive number has a plus sign.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("a chart of groups needs at least one row")
    canvas = Canvas()
    reach = [
        value
        for row in rows
        for value in (row.value, row.lower, row.upper, row.shrunken)
        if value is not None
    ]
    if reference is not None:
        reach.append(reference)
    ticks = ticks_over(reach, zero=reference is None, about=VALUE_STEPS)
    first, last = (text_width(ticks.texts()[end]) / 2 for end in (0, -1))
    written = [numbers.number(row.value, decimals, sign=sign) for row in rows]
    values = [text_width(text, bold=True) for text in written]
    x = Scale(
        ticks.values[0],
        ticks.values[-1],
        first,
        WHOLE_WIDTH - max(last, TEXT_GAP + max(values)),
    )
    row_axis(canvas, ticks, x, ROW_HEIGHT * len(rows), axis_title, grid=True)
    if any(row.shrunken is not None for row in rows):
        _head_of_groups(canvas)
    if reference is not None:
        along_rows(canvas, rows, x.at(reference), dashed=True)
    for (row, middle), text in zip(rows_from_the_top(rows), written, strict=True):
        end = row.value
        if row.lower is not None and row.upper is not None:
            end = max(end, row.upper)
            whisker(canvas, x.at(row.lower), x.at(row.upper), middle)
        if row.shrunken is not None:
            canvas.mark("diamond", x.at(row.shrunken), middle, fill=PAPER)
        canvas.mark("circle", x.at(row.value), middle, fill=DARK if row.main else LIGHT)
        if reference is None:
            canvas.text(text, x.at(end) + TEXT_GAP, middle + HALF_LETTER, bold=True, outlined=True)
        else:
            # In a column of their own, where the reference crosses none of them.
            canvas.text(text, WHOLE_WIDTH, middle + HALF_LETTER, anchor="end", bold=True)
    name_rows(canvas, rows)
    return canvas.finished()


def _head_of_groups(canvas: Canvas) -> None:
    """Says what the marks are where there are two a row."""
    for row, (shape, fill, text) in enumerate(
        (("diamond", PAPER, SHRUNKEN), ("circle", DARK, VALUE)), start=1
    ):
        middle = -row * LEGEND_ROW + HALF_LETTER
        canvas.mark(shape, 7, middle, fill=fill)
        canvas.text(text, 7 + TEXT_GAP, middle + HALF_LETTER)


def spark_chart(values: Sequence[float | None]) -> Drawing | None:
    """Draws a series in miniature, on a scale of its own; None where there is no value.

    Args:
        values: In the order of time; None breaks the line.
    """
    lines = spark_lines(values, _SPARK_WIDTH, _SPARK_HEIGHT)
    if not lines:
        return None
    drawn = "".join(f'<polyline points="{line}"/>' for line in lines)
    size = f'width="{_SPARK_WIDTH + 4}" height="{_SPARK_HEIGHT + 4}"'
    view = f"-2 -2 {_SPARK_WIDTH + 4} {_SPARK_HEIGHT + 4}"
    return Drawing(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view}" aria-hidden="true" '
        f'focusable="false" fill="none" stroke="{DARK}" stroke-width="1.5">{drawn}</svg>'
    )


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
    found = {dot.mark for dot in dots if dot.value is not None or dot.mark == HIDDEN}
    if band is not None:
        found.add(EXPECTED)
    return [mark for mark in _LOOKS if mark in found]


def _head(canvas: Canvas, left: float, unit: str, marks: Sequence[str]) -> None:
    """Writes the unit above the axis, and above it what the marks are where they differ."""
    canvas.text(unit, left, -TEXT_GAP)
    if list(marks) == [VALUE]:
        return
    for row, mark in enumerate(reversed(marks), start=1):
        middle = -TEXT_GAP - HALF_LETTER - row * LEGEND_ROW
        shape, fill = _LOOKS[mark]
        canvas.mark(shape, left + 7, middle, fill=fill)
        canvas.text(mark, left + 7 + TEXT_GAP, middle + HALF_LETTER)


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
        elif dot.mark == HIDDEN:
            _draw_mark(plot, HIDDEN, dot.period, plot.y.low)


def _draw_mark(plot: _Plot, mark: str, period: str, value: float) -> None:
    shape, fill = _LOOKS[mark]
    plot.canvas.mark(shape, *plot.at(period, value), fill=fill)


def _name_lines(plot: _Plot, dots: Sequence[Dot]) -> None:
    """Names the lines of the last segment at its end, where there is room between them."""
    last = next((dot for dot in reversed(dots) if dot.centre is not None), None)
    if last is None or last.centre is None:
        return
    least = _NAME_GAP * (plot.y.high - plot.y.low)
    names = [(_CENTRE, last.centre)]
    for name, value in ((_LOWER, last.lower), (_UPPER, last.upper)):
        if value is not None and abs(value - last.centre) > least:
            names.append((name, value))
    for name, value in names:
        # Beside the plot, where no mark can be.
        plot.canvas.text(name, plot.right + TEXT_GAP, plot.y.at(value) + HALF_LETTER)


def _room_beside(dots: Sequence[Dot], band: Band | None, decimals: int | None) -> float:
    """How much stands to the right of a series: the names of its lines, its last values."""
    # A period's name is set about its place, which may be the last.
    room, texts = max(text_width(dot.period) for dot in dots) / 2, []
    if any(dot.centre is not None for dot in dots):
        texts += [text_width(name) for name in (_CENTRE, _LOWER, _UPPER)]
    if decimals is not None:
        texts += [text_width(text, bold=True) for _, text in _values(dots, band, decimals)]
    return max(room, *(TEXT_GAP + text for text in texts)) if texts else room


def _values(dots: Sequence[Dot], band: Band | None, decimals: int) -> list[tuple[float, str]]:
    """The last value and what was expected, where they are and as they are written."""
    last = dots[-1]
    if last.value is None:
        return []
    values = [(last.value, numbers.number(last.value, decimals))]
    if band is not None:
        values.append((band.expected, f"väntat {numbers.number(band.expected, decimals)}"))
    return values


def _write_values(plot: _Plot, dots: Sequence[Dot], band: Band | None, decimals: int) -> None:
    """Writes the last value and what was expected beside their marks, apart where they meet."""
    last, values = dots[-1], _values(dots, band, decimals)
    nudge = 0
    if band is not None and last.value is not None:
        gap = (last.value - band.expected) / (plot.y.high - plot.y.low)
        if abs(gap) < _VALUE_GAP:
            nudge = _NUDGE if gap < 0 else -_NUDGE
    for (value, text), down in zip(values, (nudge, -nudge), strict=False):
        x, y = plot.at(last.period, value)
        # Past the mark, and past the lines behind it.
        beside = max(x + TEXT_GAP, plot.right + _PAST)
        plot.canvas.text(text, beside, y + HALF_LETTER + down, bold=True)
