"""A figure's drawings as one picture of fixed colours, for formats that have no style sheet.

On a page a drawing takes its colours from the page's light or dark form; on paper each has the one
that it stands with there. What is drawn belongs in ``charts``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.reporting.svg import FONT, Drawing

#: The family that is shipped, which every text of a picture is set in.
FONT_FAMILY = "Source Sans 3"
_STYLED = re.compile(r"var\(--[a-z-]+, ([^)]+)\)")
_SIZE = re.compile(r'<svg [^>]*?width="(\d+)" height="(\d+)"')
_GAP = 24
# Two charts beside each other, and no more than that, can be read on a page.
_WIDEST_ROW = 780
_POINTS_A_PIXEL = 0.75
_WIDEST_POINTS = 468.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of one or several drawings.

    Attributes:
        svg: An ``<svg>`` element that needs nothing around it.
        width: As wide as it is set, in points.
        height: As high, in points.
    """

    svg: str
    width: float
    height: float


def picture(drawings: Sequence[Drawing]) -> Picture:
    """Lays drawings out in rows and fixes their colours.

    Args:
        drawings: At least one.

    Returns:
        The picture, never wider than a page's text.
    """
    sized = [(drawing.svg, *_size(drawing)) for drawing in drawings]
    placed: list[str] = []
    x = y = whole_width = row_height = 0
    for svg, width, height in sized:
        if x and x + width > _WIDEST_ROW:
            x, y, row_height = 0, y + row_height + _GAP, 0
        placed.append(svg.replace("<svg ", f'<svg x="{x}" y="{y}" ', 1))
        whole_width = max(whole_width, x + width)
        row_height = max(row_height, height)
        x += width + _GAP
    whole_height = y + row_height
    inner = _STYLED.sub(r"\1", "".join(placed)).replace(FONT, FONT_FAMILY)
    points = min(_POINTS_A_PIXEL, _WIDEST_POINTS / whole_width)
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole_width}" height="{whole_height}" '
        f'viewBox="0 0 {whole_width} {whole_height}">{inner}</svg>',
        round(whole_width * points, 2),
        round(whole_height * points, 2),
    )


def _size(drawing: Drawing) -> tuple[int, int]:
    found = _SIZE.match(drawing.svg)
    if found is None:
        raise ValueError("a drawing without a size")
    return int(found[1]), int(found[2])
