"""Lines over a true axis: as far between their points as between what these are of.

Months one, three, six and twelve have not equal steps. Every line is named at its end. A series of
periods with its limits belongs in ``charts``; which lines are drawn, in ``sections``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from orchestration.language import numbers
from orchestration.reporting.axes import (
    FEW_VALUE_STEPS,
    LEGEND_ROW,
    TEXT_GAP,
    WHOLE_WIDTH,
    Beside,
    height_beside,
    least_room,
    room_beside,
    value_axis,
    write_beside,
)
from orchestration.reporting.svg import (
    DARK,
    GUIDE,
    LIGHT,
    PAPER,
    Canvas,
    Drawing,
    Scale,
    text_width,
    ticks_over,
)

_HEIGHT = 150
_MARK = 7
_NAME_CHARACTERS = 40
# More points than these are a line without marks.
_MARKED = 8
# Of each line in turn: the mark, its fill, and whether the line is dashed.
_LOOKS = (
    ("circle", DARK, False),
    ("square", PAPER, True),
    ("diamond", LIGHT, False),
    ("cross", PAPER, True),
)

MOST_LINES = len(_LOOKS)
"""Lines that can be told apart without colour."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line.

    Attributes:
        name: Written at its end.
        points: Where it goes, in order along the axis, at least one.
        main: Whether the chart is about it.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    main: bool = False


def curve_chart(
    curves: Sequence[Curve],
    *,
    unit: str,
    axis_title: str,
    ticks: Sequence[tuple[float, str]],
    decimals: int,
    name: str = "",
    stepped: bool = False,
    zero: bool = True,
) -> Drawing:
    """Draws lines over a true axis, each with its name and last value at its end.

    Args:
        curves: One to `MOST_LINES`.
        unit: What the values are counted in.
        axis_title: What the axis measures.
        ticks: Which places of the axis are named, and how; the axis reaches over them and over
            every point.
        decimals: Of the values written.
        name: Of the whole, where it is one of several beside each other.
        stepped: Whether a line keeps its value until the next point.
        zero: Whether the axis of values begins at nought.

    Returns:
        The drawing.

    Raises:
        ValueError: If there is no line or too many, or a line has no point.
    """
    if not 1 <= len(curves) <= MOST_LINES or not all(curve.points for curve in curves):
        raise ValueError(f"one to {MOST_LINES} lines can be drawn, each with a point")
    canvas = Canvas()
    values = [value for curve in curves for _, value in curve.points]
    places = [place for curve in curves for place, _ in curve.points]
    places += [place for place, _ in ticks]
    levels = ticks_over(values, zero=zero, about=FEW_VALUE_STEPS)
    left = least_room(levels)
    named = [Beside(_ending(curve, decimals), 0, 0, curve.main) for curve in curves]
    width = WHOLE_WIDTH - left - room_beside(named) - _MARK
    height = max(_HEIGHT, height_beside(named))
    y = value_axis(canvas, levels, width, height)
    x = Scale(min(places), max(*places, min(places) + 1), 0, width)
    _axis(canvas, x, ticks, height, axis_title)
    canvas.keep(-left, 0)
    canvas.keep(WHOLE_WIDTH - left, 0)
    canvas.text(unit, -left, -TEXT_GAP)
    for row, line in enumerate(reversed(textwrap.wrap(name, _NAME_CHARACTERS)), start=1):
        canvas.text(line, -left, -TEXT_GAP - row * LEGEND_ROW, bold=True)
    drawn = [
        (curve, look, [(x.at(place), y.at(value)) for place, value in curve.points])
        for curve, look in zip(curves, _LOOKS, strict=False)
    ]
    for curve, (_, _, dashed), points in drawn:
        line_points = _steps(points) if stepped else points
        canvas.line(line_points, colour=DARK, width=2.5 if curve.main else 1.5, dashed=dashed)
    for _, (shape, fill, _), points in drawn:
        # A long line has a mark at its end alone, which its name leads to.
        for place, level in points if len(points) <= _MARKED else points[-1:]:
            canvas.mark(shape, place, level, fill=fill)
    names = [
        Beside(_ending(curve, decimals), points[-1][0] + _MARK, points[-1][1], curve.main)
        for curve, _, points in drawn
    ]
    write_beside(canvas, names, width + _MARK, height)
    return canvas.finished()


def _ending(curve: Curve, decimals: int) -> str:
    return f"{curve.name}: {numbers.number(curve.points[-1][1], decimals)}"


def _axis(
    canvas: Canvas, x: Scale, ticks: Sequence[tuple[float, str]], bottom: float, title: str
) -> None:
    """Draws the axis; a name that would stand on the one before it is left out."""
    canvas.line([(x.start, bottom), (x.end, bottom)], colour=GUIDE, width=1)
    free = float("-inf")
    for value, text in ticks:
        place, half = x.at(value), text_width(text) / 2
        canvas.line([(place, bottom), (place, bottom + 5)], colour=GUIDE, width=1)
        if place - half > free:
            canvas.text(text, place, bottom + 19, anchor="middle")
            free = place + half + 3
    canvas.text(title, (x.start + x.end) / 2, bottom + 39, anchor="middle")


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same line, level until each next point."""
    found = [points[0]]
    for (_, before), (place, level) in pairwise(points):
        found += [(place, before), (place, level)]
    return found
