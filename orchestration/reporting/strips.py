"""Where one of several lies among the others, in miniature: a line with a mark for each.

A decoration beside figures that say the same; what is drawn belongs with whoever shows it. A series
in miniature is in ``charts``.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.reporting.svg import (
    DARK,
    GUIDE,
    PAPER,
    Canvas,
    Drawing,
    Scale,
)

_WIDTH = 132
_MIDDLE = 10


def strip_chart(own: float, others: Sequence[float]) -> Drawing:
    """Draws a ring for each of the others and a filled diamond for one's own.

    Args:
        own: One's own value.
        others: At least one.

    Returns:
        The drawing, from the least value to the greatest.

    Raises:
        ValueError: If there are no others.
    """
    if not others:
        raise ValueError("a strip needs something to compare with")
    low, high = min(own, *others), max(own, *others)
    if low == high:
        low, high = low - 1, high + 1
    x = Scale(low, high, 0, _WIDTH)
    canvas = Canvas()
    canvas.line([(0, _MIDDLE), (_WIDTH, _MIDDLE)], colour=GUIDE, width=1)
    for value in sorted(others):
        canvas.mark("circle", x.at(value), _MIDDLE, fill=PAPER)
    canvas.mark("diamond", x.at(own), _MIDDLE, fill=DARK)
    return canvas.finished()
