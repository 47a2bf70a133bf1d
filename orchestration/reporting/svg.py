"""What charts are made of: scales, ticks, marks and texts on a canvas that grows with them.

The canvas is written by lxml, which escapes every text, and is as wide and high as what is drawn
on it, so that nothing is cut off. Nothing here knows what is drawn: that belongs in ``charts``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from lxml import etree

from orchestration.language import numbers

# A page that has a dark form says what these are in it; elsewhere they are what stands last.
DARK = "var(--chart-dark, #17324d)"
LIGHT = "var(--chart-light, #9db4c8)"
GUIDE = "var(--chart-guide, #5b6770)"
GRID = "var(--chart-grid, #e2e6ea)"
TEXT = "var(--chart-ink, #1c1c1c)"
PAPER = "var(--chart-paper, #ffffff)"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
FONT_SIZE = 13
# From a text's baseline to the middle of its letters.
HALF_LETTER = 4
_ABOVE_BASELINE, _BELOW_BASELINE = 10, 4
_PADDING = 6
# From one slanting line to the next, measured along a side.
_HATCH = 5.0
_BOLD = 1.07
# What binary fractions may be wrong by, in steps of an axis.
_ROUNDING = 1e-9

Anchor = Literal["start", "middle", "end"]

# Advance widths of Helvetica in thousandths of the font size, from Adobe's font metrics (AFM); what
# is not named is as wide as the digits or wider than any letter that is.
_WIDTHS: Mapping[int, str] = MappingProxyType(
    {
        222: "ijl'",
        278: " \u00a0!,./:;I[]\\ft",
        333: "()-`r",
        500: "Jckvxyzs",
        556: "0123456789?#$_Labdeghnopquåäöéü\u2013",
        584: "+<=>~\u2212",
        611: "FTZ",
        667: "ABEKPSVXYÅÄÉ&",
        722: "CDHNRUwÜ",
        778: "GOQÖ",
        833: "Mm",
        889: "%",
    }
)
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_WIDEST = 1015

# Each mark as a path around its middle, of an area that the eye takes as equal.
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "circle": "M4.4,0A4.4,4.4 0 1 1 -4.4,0A4.4,4.4 0 1 1 4.4,0Z",
        "square": "M-4,-4H4V4H-4Z",
        "diamond": "M0,-6.3L6.3,0L0,6.3L-6.3,0Z",
        "saltire": "M-5,-5L5,5M-5,5L5,-5",
        "cross": "M-5,-1.7H-1.7V-5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5Z",
    }
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished drawing: an ``<svg>`` element that says nothing by itself.

    Attributes:
        svg: Serialised by lxml, which has escaped every text in it.
    """

    svg: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie along an axis.

    Attributes:
        low: Value at ``start``.
        high: Value at ``end``; above ``low``.
        start: Position in pixels.
        end: Position in pixels; below ``start`` where the axis points upwards.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Gives a value's position in pixels."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Even values of an axis, and how many decimals they need."""

    values: tuple[float, ...]
    decimals: int

    def texts(self) -> list[str]:
        """Writes them in Swedish."""
        return [numbers.number(value, self.decimals) for value in self.values]


def ticks_over(values: Sequence[float], *, zero: bool, about: int) -> Ticks:
    """Chooses even ticks that reach over some values.

    The step is 1, 2 or 5 times a power of ten, the one of them that gives about as many ticks as
    are asked for.

    Args:
        values: At least one, finite.
        zero: Whether zero is among the ticks whatever the values are.
        about: How many steps are wanted, at least 1.

    Returns:
        At least two ticks; the first at or below all values and the last at or above.
    """
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        # A level series lies in the middle; one of zeros at the bottom.
        margin = abs(low) / 10 or 0.5
        low, high = (low - margin, high + margin) if low else (0.0, 1.0)
    rough = (high - low) / about
    power = math.floor(math.log10(rough))
    exponent, factor = min(
        ((power + up, factor) for up in (0, 1) for factor in (1, 2, 5)),
        key=lambda each: abs(math.log(each[1] * 10.0 ** each[0] / rough)),
    )
    decimals = max(0, -exponent)
    step = factor * 10.0**exponent
    first, last = math.floor(low / step + _ROUNDING), math.ceil(high / step - _ROUNDING)
    return Ticks(
        tuple(round(position * step, decimals) for position in range(first, last + 1)), decimals
    )


def text_width(text: str, *, bold: bool = False) -> float:
    """Tells about how wide a text is, in pixels."""
    thousandths = sum(_WIDTH_OF.get(letter, _WIDEST) for letter in text)
    return thousandths / 1000 * FONT_SIZE * (_BOLD if bold else 1)


@dataclass(slots=True)
class Canvas:
    """A drawing that is as large as what has been drawn.

    Positions are in pixels, from a corner that the caller chooses, rightwards and downwards.
    """

    _group: etree._Element = field(default_factory=lambda: etree.Element("g"))
    _left: float = math.inf
    _top: float = math.inf
    _right: float = -math.inf
    _bottom: float = -math.inf

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        colour: str,
        width: float,
        dashed: bool = False,
    ) -> None:
        """Draws a line through points; one point alone leaves no trace."""
        self.lines([points], colour=colour, width=width, dashed=dashed)

    def lines(
        self,
        runs: Sequence[Sequence[tuple[float, float]]],
        *,
        colour: str,
        width: float,
        dashed: bool = False,
    ) -> None:
        """Draws the unbroken runs of one line as one path."""
        drawn = [run for run in runs if run]
        if not drawn:
            return
        for x, y in (point for run in drawn for point in run):
            self._reach(x, y)
        path = "".join("M" + "L".join(f"{_px(x)},{_px(y)}" for x, y in run) for run in drawn)
        looks = {"stroke-dasharray": "5,4"} if dashed else {}
        self._add(
            "path", d=path, fill="none", stroke=colour, **{"stroke-width": _px(width)}, **looks
        )

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, framed: bool = False
    ) -> None:
        """Fills a rectangle, with a thin frame where it is asked for."""
        self._reach(x, y)
        self._reach(x + width, y + height)
        frame = {"stroke": DARK} if framed else {}
        self._add(
            "rect", x=_px(x), y=_px(y), width=_px(width), height=_px(height), fill=fill, **frame
        )

    def hatched(self, x: float, y: float, width: float, height: float) -> None:
        """Draws a framed rectangle with slanting lines, for what is told apart without colour."""
        self.box(x, y, width, height, fill=PAPER, framed=True)
        runs: list[list[tuple[float, float]]] = []
        # Each line rises as it goes to the right, and begins at the left side or at the bottom.
        along = _HATCH / 2
        while along < width + height:
            low, high = max(0.0, along - height), min(along, width)
            runs.append([(x + low, y + along - low), (x + high, y + along - high)])
            along += _HATCH
        self.lines([run for run in runs if run[0] != run[1]], colour=DARK, width=1)

    def mark(self, shape: str, x: float, y: float, *, fill: str) -> None:
        """Draws one of `SHAPES` around a point."""
        self._reach(x - 7, y - 7)
        self._reach(x + 7, y + 7)
        place = f"translate({_px(x)},{_px(y)})"
        self._add("path", transform=place, d=SHAPES[shape], fill=fill, stroke=DARK)

    def text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        anchor: Anchor = "start",
        bold: bool = False,
        outlined: bool = False,
    ) -> None:
        """Writes a text on a baseline; outlined where lines may run behind it."""
        width = text_width(text, bold=bold)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        self._reach(left, y - _ABOVE_BASELINE)
        self._reach(left + width, y + _BELOW_BASELINE)
        looks: dict[str, str] = {} if anchor == "start" else {"text-anchor": anchor}
        if bold:
            looks |= {"font-weight": "bold", "fill": DARK}
        if outlined:
            looks |= {
                "stroke": PAPER,
                "stroke-width": "5",
                "stroke-linejoin": "round",
                "paint-order": "stroke",
            }
        self._add("text", x=_px(x), y=_px(y), **looks).text = text

    def keep(self, x: float, y: float) -> None:
        """Have room as far as a point, whatever is drawn."""
        self._reach(x, y)

    def finished(self) -> Drawing:
        """Writes the drawing, fit to stand inline in a page that says in words what it shows."""
        left, top = math.floor(self._left) - _PADDING, math.floor(self._top) - _PADDING
        width = math.ceil(self._right) + _PADDING - left
        height = math.ceil(self._bottom) + _PADDING - top
        root = etree.Element(
            "svg",
            {
                "width": str(width),
                "height": str(height),
                "viewBox": f"{left} {top} {width} {height}",
                "aria-hidden": "true",
                "focusable": "false",
                "font-family": FONT,
                "font-size": str(FONT_SIZE),
                "fill": TEXT,
            },
            nsmap={None: "http://www.w3.org/2000/svg"},
        )
        root.extend(list(self._group))
        return Drawing(str(etree.tostring(root, encoding="unicode")))

    def _reach(self, x: float, y: float) -> None:
        self._left, self._right = min(self._left, x), max(self._right, x)
        self._top, self._bottom = min(self._top, y), max(self._bottom, y)

    def _add(self, tag: str, **attributes: str) -> etree._Element:
        return etree.SubElement(self._group, tag, attributes)


def _px(value: float) -> str:
    # A tenth of a pixel is less than can be seen; minus zero is zero.
    return f"{round(value, 1) + 0.0:g}"
