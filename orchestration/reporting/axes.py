"""What charts share: axes of values, of periods and under rows, and names that keep apart.

What is drawn between them belongs in ``charts``, ``bars`` and ``curves``; what a line or a text is,
in ``svg``.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from orchestration.reporting.svg import (
    DARK,
    GRID,
    GUIDE,
    HALF_LETTER,
    Canvas,
    Scale,
    Ticks,
    text_width,
)

# A telephone's page of 390 pixels has room for 358, of which the drawing's edges take some.
WHOLE_WIDTH = 344
HEIGHT = 210
ROW_HEIGHT = 48
VALUE_STEPS, FEW_VALUE_STEPS = 5, 3
LEGEND_ROW = 19
BAR_HEIGHT, WHISKER = 14, 6
# Room between an axis and its numbers, and between a mark and the text beside it.
NUMBER_GAP, TEXT_GAP, BAR_GAP = 8, 12, 5
NAME_LIFT = 17
_PERIOD_GAP, _NUMBER_SPACE = 10, 4
# A name beside a chart has lines of so many letters, so far from each other.
_BESIDE_CHARACTERS, _BESIDE_LINE, _BESIDE_GAP = 20, 15, 5


class Named(Protocol):
    """A row of a chart, with its name above it."""

    @property
    def label(self) -> str:
        """What it is called."""
        ...


_Row = TypeVar("_Row", bound=Named)


@dataclass(frozen=True, slots=True)
class Beside:
    """A name to the right of what it names.

    Attributes:
        text: The name.
        x: Where what it names ends.
        y: The height of that.
        bold: Whether it is what the chart is about.
    """

    text: str
    x: float
    y: float
    bold: bool = False

    @property
    def lines(self) -> list[str]:
        """The name as it is set."""
        return textwrap.wrap(self.text, _BESIDE_CHARACTERS, break_long_words=False)

    @property
    def height(self) -> float:
        """How much room it takes."""
        return len(self.lines) * _BESIDE_LINE + _BESIDE_GAP

    @property
    def width(self) -> float:
        """How wide its widest line is."""
        return max(text_width(line, bold=self.bold) for line in self.lines)


def room_beside(names: Sequence[Beside]) -> float:
    """How much the names and their leaders take to the right of a chart."""
    return 2 * TEXT_GAP + max(name.width for name in names) + 2


def height_beside(names: Sequence[Beside]) -> float:
    """How high a chart must be for its names to have room beside it."""
    return sum(name.height for name in names)


def write_beside(canvas: Canvas, names: Sequence[Beside], right: float, bottom: float) -> None:
    """Writes names in the order of their heights, none on another, each with a line to its own.

    Args:
        canvas: To write on.
        names: At least one; together no higher than `bottom` (`height_beside`).
        right: Where the plot ends.
        bottom: Its lowest height; the highest is nought.
    """
    ordered = sorted(names, key=lambda name: name.y)
    tops: list[float] = []
    end = 0.0
    for name in ordered:
        tops.append(max(name.y - name.height / 2, end))
        end = tops[-1] + name.height
    # What was pushed out below goes back up, and pushes the others.
    end = bottom + _BESIDE_GAP
    for at, name in reversed(list(enumerate(ordered))):
        tops[at] = min(tops[at], end - name.height)
        end = tops[at]
    start = right + 2 * TEXT_GAP
    for name, top in zip(ordered, tops, strict=True):
        middle = top + (name.height - _BESIDE_GAP) / 2
        canvas.line(
            [(name.x, name.y), (right + TEXT_GAP / 2, name.y), (start - 4, middle)],
            colour=GUIDE,
            width=1,
        )
        first = middle - (len(name.lines) - 1) * _BESIDE_LINE / 2 + HALF_LETTER
        for row, line in enumerate(name.lines):
            canvas.text(line, start, first + row * _BESIDE_LINE, bold=name.bold)


def least_room(ticks: Ticks) -> float:
    """How much the numbers of a value axis take to its left."""
    return NUMBER_GAP + max(map(text_width, ticks.texts()))


def value_axis(canvas: Canvas, ticks: Ticks, width: float, height: float) -> Scale:
    """Draws level lines at the ticks with their numbers to the left, from the bottom upwards."""
    scale = Scale(ticks.values[0], ticks.values[-1], height, 0)
    for value, text in zip(ticks.values, ticks.texts(), strict=True):
        level = scale.at(value)
        canvas.line([(0, level), (width, level)], colour=GRID, width=1)
        canvas.text(text, -NUMBER_GAP, level + HALF_LETTER, anchor="end")
    return scale


def period_axis(
    canvas: Canvas, periods: Sequence[str], width: float, bottom: float
) -> dict[str, float]:
    """Draws the line of time, and names so many periods as there is room for at even distances."""
    places = {
        period: width * (position + 0.5) / len(periods) for position, period in enumerate(periods)
    }
    canvas.line([(0, bottom), (width, bottom)], colour=GUIDE, width=1)
    wanted = max(map(text_width, periods)) + _PERIOD_GAP
    step = max(1, -(-int(wanted * len(periods)) // int(width)))
    # Counted from the last, which is the one that is looked for.
    for period in periods[::-step]:
        place = places[period]
        canvas.line([(place, bottom), (place, bottom + 5)], colour=GUIDE, width=1)
        canvas.text(period, place, bottom + 19, anchor="middle")
    return places


def row_axis(
    canvas: Canvas, ticks: Ticks, x: Scale, bottom: float, title: str, *, grid: bool = False
) -> None:
    """Draws the axis under a chart of rows, with level numbers and its title."""
    lowest, highest = x.at(x.low), x.at(x.high)
    texts = ticks.texts()
    step = x.at(ticks.values[1]) - x.at(ticks.values[0])
    # Where they have no room, every other number is left out, and nought is not.
    stride = max(1, math.ceil((max(map(text_width, texts)) + _NUMBER_SPACE) / step))
    first = next((at for at, value in enumerate(ticks.values) if value == 0), 0)
    for at, (value, text) in enumerate(zip(ticks.values, texts, strict=True)):
        place = x.at(value)
        if not lowest <= place <= highest or (at - first) % stride:
            continue
        if grid:
            canvas.line([(place, 0), (place, bottom)], colour=GRID, width=1)
        canvas.line([(place, bottom), (place, bottom + 5)], colour=GUIDE, width=1)
        canvas.text(text, place, bottom + 19, anchor="middle")
    canvas.line([(lowest, bottom), (highest, bottom)], colour=GUIDE, width=1)
    canvas.text(title, (lowest + highest) / 2, bottom + 39, anchor="middle")


def rows_from_the_top(rows: Sequence[_Row]) -> Iterable[tuple[_Row, float]]:
    """Each row with the height of its middle; its name has the room above."""
    return ((row, ROW_HEIGHT * (position + 0.62)) for position, row in enumerate(rows))


def name_rows(canvas: Canvas, rows: Sequence[Named]) -> None:
    """Writes each row's name above its mark, where it has the width of the whole chart."""
    for row, middle in rows_from_the_top(rows):
        canvas.text(_shortened(row.label), 0, middle - NAME_LIFT, outlined=True)


def along_rows(canvas: Canvas, rows: Sequence[Named], x: float, *, dashed: bool = False) -> None:
    """Draws an upright line along the rows' marks alone, so that it crosses no name."""
    half = BAR_HEIGHT
    along = [[(x, middle - half), (x, middle + half)] for _, middle in rows_from_the_top(rows)]
    canvas.lines(along, colour=GUIDE, width=1.5, dashed=dashed)


def whisker(canvas: Canvas, lower: float, upper: float, middle: float) -> None:
    """Draws an interval that lies level, in pixels."""
    canvas.line([(lower, middle), (upper, middle)], colour=DARK, width=2)
    for end in (lower, upper):
        upright = [(end, middle - WHISKER), (end, middle + WHISKER)]
        canvas.line(upright, colour=DARK, width=2)


def _shortened(label: str) -> str:
    # The whole name stands in the table beside the chart.
    shown, length = label, len(label)
    while text_width(shown) > WHOLE_WIDTH - NUMBER_GAP:
        length -= 1
        shown = textwrap.shorten(label, length, placeholder=" …")
    return shown
