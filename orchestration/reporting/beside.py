"""The chart of one's own shares beside those of others: two marks a row on one axis of per cent.

Drawn like the other charts of rows, whose axes stand in ``axes``; whose shares they are belongs in
``sections``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.language import numbers
from orchestration.reporting.axes import (
    LEGEND_ROW,
    ROW_HEIGHT,
    TEXT_GAP,
    VALUE_STEPS,
    WHOLE_WIDTH,
    name_rows,
    row_axis,
    rows_from_the_top,
)
from orchestration.reporting.svg import (
    DARK,
    GUIDE,
    HALF_LETTER,
    PAPER,
    Canvas,
    Drawing,
    Scale,
    text_width,
    ticks_over,
)

_WHOLE = 100.0
_LEGEND_LEFT = 7


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One's own share and the others', in per cent."""

    label: str
    own: float
    others: float


def share_chart(rows: Sequence[ShareRow], *, own: str, others: str, axis_title: str) -> Drawing:
    """Draws a filled circle for one's own share and a diamond for the others', a row each.

    Args:
        rows: At least one, from the top.
        own: What the circle is.
        others: What the diamond is.
        axis_title: What the shares are of.

    Returns:
        The drawing.

    Raises:
        ValueError: If there are no rows, or a share is none.
    """
    if not rows:
        raise ValueError("a chart of shares needs at least one row")
    if any(not 0 <= share <= _WHOLE for row in rows for share in (row.own, row.others)):
        raise ValueError("a share lies outside nought to a hundred per cent")
    canvas = Canvas()
    ticks = ticks_over([0.0, _WHOLE], zero=True, about=VALUE_STEPS)
    texts = ticks.texts()
    written = max(text_width(numbers.number(row.own), bold=True) for row in rows)
    x = Scale(
        0.0,
        _WHOLE,
        text_width(texts[0]) / 2,
        WHOLE_WIDTH - max(text_width(texts[-1]) / 2, TEXT_GAP + written),
    )
    row_axis(canvas, ticks, x, ROW_HEIGHT * len(rows), axis_title, grid=True)
    for place, (shape, fill, name) in enumerate(
        (("diamond", PAPER, others), ("circle", DARK, own)), start=1
    ):
        height = -place * LEGEND_ROW + HALF_LETTER
        canvas.mark(shape, _LEGEND_LEFT, height, fill=fill)
        canvas.text(name, _LEGEND_LEFT + TEXT_GAP, height + HALF_LETTER)
    for row, middle in rows_from_the_top(rows):
        ends = (x.at(row.own), x.at(row.others))
        canvas.line([(ends[0], middle), (ends[1], middle)], colour=GUIDE, width=1.5)
        canvas.mark("diamond", ends[1], middle, fill=PAPER)
        canvas.mark("circle", ends[0], middle, fill=DARK)
        text = numbers.number(row.own)
        canvas.text(text, max(ends) + TEXT_GAP, middle + HALF_LETTER, bold=True, outlined=True)
    name_rows(canvas, rows)
    return canvas.finished()
