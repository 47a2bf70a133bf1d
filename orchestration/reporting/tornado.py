"""The chart of what decides a figure: a bar for each number, from its low end to its high.

Drawn like the other charts of rows, whose axes stand in ``axes``; which numbers there are belongs
in ``sections``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.language import numbers
from orchestration.reporting.axes import (
    BAR_GAP,
    BAR_HEIGHT,
    ROW_HEIGHT,
    VALUE_STEPS,
    WHOLE_WIDTH,
    along_rows,
    name_rows,
    row_axis,
    rows_from_the_top,
)
from orchestration.reporting.svg import (
    DARK,
    HALF_LETTER,
    LIGHT,
    Canvas,
    Drawing,
    Scale,
    text_width,
    ticks_over,
)


@dataclass(frozen=True, slots=True)
class Driver:
    """What a figure is at the ends of one number's range, on the axis' scale."""

    label: str
    at_low: float
    at_high: float


def tornado_chart(
    rows: Sequence[Driver], base: float, *, axis_title: str, decimals: int
) -> Drawing:
    """Draws how far each number moves a figure; the side of its high end is dark.

    Args:
        rows: At least one, in the order in which they stand.
        base: The figure where every number is as it stands.
        axis_title: What the figure is.
        decimals: Of the figures at the bars' ends.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no rows.
    """
    if not rows:
        raise ValueError("a tornado chart needs at least one row")
    canvas = Canvas()
    ends = [base, *(end for row in rows for end in (row.at_low, row.at_high))]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = low - 0.5, high + 0.5
    texts = [numbers.number(end, decimals) for end in ends]
    room = BAR_GAP + max(text_width(text, bold=True) for text in texts)
    x = Scale(low, high, room, WHOLE_WIDTH - room)
    row_axis(
        canvas,
        ticks_over([low, high], zero=False, about=VALUE_STEPS - 2),
        x,
        ROW_HEIGHT * len(rows),
        axis_title,
    )
    for row, middle in rows_from_the_top(rows):
        for end, fill in ((row.at_low, LIGHT), (row.at_high, DARK)):
            if end == base:
                continue
            left, right = sorted((x.at(end), x.at(base)))
            canvas.box(
                left,
                middle - BAR_HEIGHT / 2,
                right - left,
                BAR_HEIGHT,
                fill=fill,
                framed=True,
            )
            text = numbers.number(end, decimals)
            if end < base:
                canvas.text(text, left - BAR_GAP, middle + HALF_LETTER, anchor="end", bold=True)
            else:
                canvas.text(text, right + BAR_GAP, middle + HALF_LETTER, bold=True)
    along_rows(canvas, rows, x.at(base))
    name_rows(canvas, rows)
    return canvas.finished()
