"""Charts of bars: parts with intervals, a way from one total to another, shares over time, heaps.

What is drawn is told apart by fill and hatching, never by hue alone, and named beside its bar.
Which bars are drawn, and their captions, belongs in ``sections``; series and dots in ``charts``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

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
    Beside,
    along_rows,
    height_beside,
    least_room,
    name_rows,
    period_axis,
    room_beside,
    row_axis,
    rows_from_the_top,
    value_axis,
    whisker,
    write_beside,
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

_COLUMN_SHARE = 0.72
_HEAP_HEIGHT = 130
_HEAP_ROOM = 64
_NAME_CHARACTERS = 40
_HOUR_STEPS = 6
# Layers beside each other have different looks; the first is that of what the chart is about.
_LOOKS = (LIGHT, PAPER, "hatched")


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of something, as a bar from nought, on the axis' scale.

    Attributes:
        label: Its name.
        value: Its size; may be negative.
        lower: None without an interval.
        upper: None without an interval.
        main: Whether the chart is about it.
        hatched: Whether it stands beside the others and is not added to them.
    """

    label: str
    value: float
    lower: float | None = None
    upper: float | None = None
    main: bool = False
    hatched: bool = False

    @property
    def low(self) -> float:
        """The lowest that is drawn."""
        return min(0.0, self.value, *(each for each in (self.lower,) if each is not None))

    @property
    def high(self) -> float:
        """The highest that is drawn."""
        return max(0.0, self.value, *(each for each in (self.upper,) if each is not None))


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a waterfall: a total, or a change that leads from one to the next.

    Attributes:
        label: Its name.
        value: The total, or how much is added; negative where something is taken away.
        total: Which of them it is.
    """

    label: str
    value: float
    total: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of a stacked column, period by period.

    Attributes:
        name: Written beside the last column.
        values: One for each period, none negative.
        main: Whether the chart is about it.
    """

    name: str
    values: tuple[float, ...]
    main: bool = False


@dataclass(frozen=True, slots=True)
class Bin:
    """A column of a histogram, on a true axis.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        count: How many it holds.
        expected: How many the pattern gives it, where there is one.
    """

    start: float
    end: float
    count: float
    expected: float | None = None


def part_chart(
    rows: Sequence[PartRow], *, axis_title: str, decimals: int, sign: bool = False
) -> Drawing:
    """Draws parts as bars from nought with their intervals, in the order given.

    Args:
        rows: At least one.
        axis_title: What the bars measure.
        decimals: Of the numbers written at the bars.
        sign: Whether a positive number has a plus sign.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("a chart of parts needs at least one row")
    canvas = Canvas()
    texts = [numbers.number(row.value, decimals, sign=sign) for row in rows]
    x = _bar_scale(
        min(row.low for row in rows), max(row.high for row in rows), texts,
        negative=any(row.value < 0 for row in rows), positive=any(row.value >= 0 for row in rows),
    )  # fmt: skip
    ticks = ticks_over([x.low, x.high], zero=True, about=VALUE_STEPS)
    row_axis(canvas, ticks, x, ROW_HEIGHT * len(rows), axis_title)
    zero = x.at(0)
    for (row, middle), text in zip(rows_from_the_top(rows), texts, strict=True):
        end = x.at(row.value)
        where = (min(zero, end), middle - BAR_HEIGHT / 2, abs(end - zero), BAR_HEIGHT)
        if row.hatched:
            canvas.hatched(*where)
        else:
            canvas.box(*where, fill=LIGHT if row.main else PAPER, framed=True)
        if row.lower is not None and row.upper is not None:
            whisker(canvas, x.at(row.lower), x.at(row.upper), middle)
        if row.value < 0:
            beside = x.at(row.low) - BAR_GAP
            canvas.text(text, beside, middle + HALF_LETTER, anchor="end", bold=True)
        else:
            canvas.text(text, x.at(row.high) + BAR_GAP, middle + HALF_LETTER, bold=True)
    along_rows(canvas, rows, zero)
    name_rows(canvas, rows)
    return canvas.finished()


def _bar_scale(
    low: float, high: float, texts: Sequence[str], *, negative: bool, positive: bool
) -> Scale:
    """A level scale whose bars leave room for their texts on the sides where there are any."""
    if low == high:
        high = 1.0
    room = BAR_GAP + max(text_width(text, bold=True) for text in texts)
    ticks = ticks_over([low, high], zero=True, about=VALUE_STEPS)
    edge = max(map(text_width, ticks.texts())) / 2
    return Scale(
        low,
        high,
        max(room, edge) if negative else edge,
        WHOLE_WIDTH - (max(room, edge) if positive else edge),
    )


def waterfall_chart(stages: Sequence[Stage], *, axis_title: str, decimals: int) -> Drawing:
    """Draws the way from one total to the next: each change hangs where the last one ended.

    Args:
        stages: A total first.
        axis_title: What they measure.
        decimals: Of the numbers written at the bars.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no stages or the first is no total.
    """
    if not stages or not stages[0].total:
        raise ValueError("a waterfall begins with a total")
    spans: list[tuple[float, float]] = []
    level = 0.0
    for stage in stages:
        start = 0.0 if stage.total else level
        level = stage.value if stage.total else level + stage.value
        spans.append((start, level))
    texts = [numbers.number(each.value, decimals, sign=not each.total) for each in stages]
    reach = [value for span in spans for value in span]
    x = _bar_scale(min(0.0, *reach), max(reach), texts, negative=False, positive=True)
    canvas = Canvas()
    ticks = ticks_over([x.low, x.high], zero=True, about=VALUE_STEPS)
    row_axis(canvas, ticks, x, ROW_HEIGHT * len(stages), axis_title)
    middles = [middle for _, middle in rows_from_the_top(stages)]
    for (start, end), before, middle in zip(spans[1:], spans, middles[1:], strict=False):
        # Where the last one ended; broken where the name stands.
        at, half = x.at(before[1]), BAR_HEIGHT
        if start == before[1] or end == before[1]:
            above = middle - ROW_HEIGHT
            runs = [[(at, above), (at, above + half)], [(at, middle - half), (at, middle)]]
            canvas.lines(runs, colour=GUIDE, width=1.5)
    for stage, (start, end), middle, text in zip(stages, spans, middles, texts, strict=True):
        left, right = sorted((x.at(start), x.at(end)))
        where = (left, middle - BAR_HEIGHT / 2, right - left, BAR_HEIGHT)
        if not stage.total and stage.value < 0:
            canvas.hatched(*where)
        else:
            canvas.box(*where, fill=DARK if stage.total else PAPER, framed=True)
        canvas.text(text, right + BAR_GAP, middle + HALF_LETTER, bold=True)
    name_rows(canvas, stages)
    return canvas.finished()


def stacked_chart(periods: Sequence[str], layers: Sequence[Layer], *, unit: str) -> Drawing:
    """Draws columns of several parts over time, each part named beside the last column.

    Args:
        periods: In order, at least one.
        layers: From the bottom upwards, at least one.
        unit: What the values are counted in.

    Returns:
        The drawing.

    Raises:
        ValueError: If there is nothing to draw, or a layer has another number of values.
    """
    if not periods or not layers:
        raise ValueError("a stacked chart needs periods and layers")
    if any(len(layer.values) != len(periods) for layer in layers):
        raise ValueError("a layer has another number of values than there are periods")
    canvas = Canvas()
    totals = [sum(layer.values[at] for layer in layers) for at in range(len(periods))]
    ticks = ticks_over(totals, zero=True, about=VALUE_STEPS)
    named = [
        Beside(layer.name, 0, 0, layer.main) for layer in layers if layer.values[-1] > 0
    ]  # fmt: skip
    left = least_room(ticks)
    width = WHOLE_WIDTH - left - (room_beside(named) if named else text_width(periods[-1]))
    height = max(HEIGHT, height_beside(named))
    y = value_axis(canvas, ticks, width, height)
    canvas.text(unit, -left, -TEXT_GAP)
    x = period_axis(canvas, periods, width, height)
    half = width / len(periods) * _COLUMN_SHARE / 2
    names: list[Beside] = []
    looks = _layer_looks(layers)
    for at, period in enumerate(periods):
        base = 0.0
        for layer, look in zip(layers, looks, strict=True):
            value = layer.values[at]
            top, bottom = y.at(base + value), y.at(base)
            base += value
            if value <= 0:
                continue
            where = (x[period] - half, top, 2 * half, bottom - top)
            if look == "hatched":
                canvas.hatched(*where)
            else:
                canvas.box(*where, fill=look, framed=True)
            if look == DARK:
                edge = [(x[period] - half, top), (x[period] + half, top)]
                canvas.line(edge, colour=PAPER, width=1.5)
            if at == len(periods) - 1:
                end = x[period] + half
                names.append(Beside(layer.name, end, (top + bottom) / 2, layer.main))
    if names:
        write_beside(canvas, names, width, height)
    return canvas.finished()


def _layer_looks(layers: Sequence[Layer]) -> list[str]:
    """The look of each layer: dark where the chart is about it, else another than its neighbour."""
    looks, place = [], 0
    for layer in layers:
        looks.append(DARK if layer.main else _LOOKS[place % len(_LOOKS)])
        place += not layer.main
    return looks


def histogram_chart(
    name: str,
    bins: Sequence[Bin],
    *,
    unit: str,
    axis_title: str,
    threshold: float | None = None,
    threshold_name: str = "",
    expected_name: str = "",
) -> Drawing:
    """Draws how many lie where, with a limit marked and what the pattern gives as a line.

    Args:
        name: Of the group.
        bins: In order; at least one.
        unit: What is counted.
        axis_title: What the axis measures.
        threshold: Where the limit lies; None marks none.
        threshold_name: What it is called.
        expected_name: What the line is called, where the bins have one.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no bins.
    """
    if not bins:
        raise ValueError("a histogram needs at least one bin")
    canvas = Canvas()
    reach = [value for each in bins for value in (each.count, each.expected) if value is not None]
    ticks = ticks_over(reach, zero=True, about=FEW_VALUE_STEPS)
    left = max(_HEAP_ROOM, least_room(ticks))
    edge = text_width("00,0")
    width = WHOLE_WIDTH - left - edge
    y = value_axis(canvas, ticks, width, _HEAP_HEIGHT)
    canvas.keep(-left, 0)
    canvas.keep(width + edge, 0)
    x = Scale(bins[0].start, bins[-1].end, 0, width)
    row_axis(
        canvas,
        ticks_over([x.low, x.high], zero=False, about=_HOUR_STEPS),
        x,
        _HEAP_HEIGHT,
        axis_title,
    )
    for each in bins:
        if each.count > 0:
            top, wide = y.at(each.count), x.at(each.end) - x.at(each.start)
            canvas.box(x.at(each.start), top, wide, _HEAP_HEIGHT - top, fill=LIGHT)
    row = 0
    # Level over each bin, so that a column reaches over it or does not.
    pattern = [
        (x.at(place), y.at(each.expected))
        for each in bins
        if each.expected is not None
        for place in (each.start, each.end)
    ]
    if pattern:
        canvas.line(pattern, colour=DARK, width=1.5)
        row += 1
        _key(canvas, -left, row, expected_name, dashed=False)
    if threshold is not None:
        place = x.at(threshold)
        canvas.line(
            [(place, -TEXT_GAP / 2), (place, _HEAP_HEIGHT)], colour=DARK, width=2, dashed=True
        )
        row += 1
        _key(canvas, -left, row, threshold_name, dashed=True)
    canvas.text(unit, -left, -TEXT_GAP)
    for at, line in enumerate(reversed(textwrap.wrap(name, _NAME_CHARACTERS)), start=row + 1):
        canvas.text(line, -left, -TEXT_GAP - at * LEGEND_ROW, bold=True)
    return canvas.finished()


def _key(canvas: Canvas, left: float, row: int, text: str, *, dashed: bool) -> None:
    """Says above a chart what one of its lines is."""
    middle = -TEXT_GAP - HALF_LETTER - row * LEGEND_ROW
    line = [(left, middle), (left + 2 * TEXT_GAP, middle)]
    canvas.line(line, colour=DARK, width=2, dashed=dashed)
    canvas.text(text, left + 3 * TEXT_GAP - 4, middle + HALF_LETTER)
