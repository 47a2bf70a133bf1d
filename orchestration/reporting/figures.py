"""Charts of the memorandum: typed rows in, a self-contained SVG string out.

Drawn with Altair and turned into SVG by vl-convert without a browser or a network. The SVG goes
inline into the page, so identifiers are made unique per figure, Vega's English accessibility labels
are taken away and a Swedish title and description take their place. Marks differ in shape and
lightness, never in hue alone, so that a grey printout reads the same. Choosing which figures to
draw and writing their captions belongs in ``memorandum``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lxml import etree

from orchestration.reporting import swedish

if TYPE_CHECKING:
    import altair as alt

_WIDTH = 330
_SERIES_HEIGHT = 210
_ROW_WIDTH = 420
_ROW_HEIGHT = 48
_LABEL_CHARACTERS = 58
_ROOM_FOR_VALUE = 1.45
_LABEL_GAP = 0.1

DARK = "#17324d"
LIGHT = "#9db4c8"
GUIDE = "#5b6770"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"

_OBSERVED = "Utfall"
_EXPECTED = "Väntat värde, 95-procentigt intervall"

_NUMBER_FORMAT: Mapping[str, object] = {
    "decimal": ",",
    "thousands": swedish.NO_BREAK_SPACE,
    "grouping": [3],
    "currency": ["", f"{swedish.NO_BREAK_SPACE}kronor"],
    "minus": swedish.MINUS,
}
_SVG = "{http://www.w3.org/2000/svg}"
_URL_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DROPPED_ATTRIBUTES = ("role", "class")


@dataclass(frozen=True, slots=True)
class Labels:
    """What identifies and describes one figure.

    Attributes:
        figure_id: Unique in the page; a letter first, then letters, digits and hyphens.
        title: Short name of the figure.
        description: What the figure shows, in words, for a reader who cannot see it.
    """

    figure_id: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A year's value, on the axis' scale; None leaves a gap in the line."""

    year: int
    value: float | None


@dataclass(frozen=True, slots=True)
class ExpectedInterval:
    """The expected value and its interval for the tested year, on the axis' scale."""

    year: int
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
    """A group's value with a 95 per cent interval, where one is known, on the axis' scale."""

    label: str
    value: float
    lower: float | None
    upper: float | None
    main: bool


def starts_at_zero(points: Sequence[SeriesPoint], expected: ExpectedInterval | None) -> bool:
    """Whether a series' axis starts at zero.

    It does unless every value lies in the upper half of the range from zero, in which case a
    movement of a few per cent could not be seen.
    """
    values = [point.value for point in points if point.value is not None]
    if expected is not None:
        values += [expected.lower, expected.upper]
    return not values or min(values) < max(values) / 2


def series_chart(
    points: Sequence[SeriesPoint],
    expected: ExpectedInterval | None,
    *,
    axis_title: str,
    decimals: int,
    labels: Labels,
) -> str:
    """Draws yearly values as a line and the tested year's expected interval beside it.

    Args:
        points: Oldest first; at least one with a value.
        expected: None where no expected value could be computed.
        axis_title: The unit.
        decimals: Decimals of the numbers written at the marks.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If no point has a value.
    """
    # Altair and vl-convert cost about a second to import; a run that publishes nothing pays none.
    import altair as alt  # noqa: PLC0415

    if all(point.value is None for point in points):
        raise ValueError("a series without values cannot be drawn")
    x = alt.X(
        "year:O",
        title=None,
        axis=alt.Axis(labelAngle=0, labelOverlap=True, domainColor=GUIDE, tickColor=GUIDE),
        scale=alt.Scale(domain=[point.year for point in points], padding=0.5),
    )
    y = alt.Y(
        "value:Q",
        title=axis_title,
        scale=alt.Scale(zero=starts_at_zero(points, expected), nice=True),
    )
    legend = _legend(expected is not None)
    series = [_OBSERVED, _EXPECTED]
    shape = alt.Shape(
        "series:N",
        title=None,
        scale=alt.Scale(domain=series, range=["circle", "diamond"]),
        legend=legend,
    )
    fill = alt.Fill(
        "series:N",
        title=None,
        scale=alt.Scale(domain=series, range=[DARK, "white"]),
        legend=legend,
    )
    observed = [{"year": point.year, "value": point.value, "series": _OBSERVED} for point in points]
    base = alt.Chart(alt.InlineData(values=observed)).encode(x=x, y=y)
    layers: list[alt.Chart] = []
    if expected is not None:
        layers += _expected_layers(expected, x, y, (shape, fill), axis_title)
    layers += [
        base.mark_line(color=DARK, strokeWidth=2, invalid="break-paths-show-domains"),
        base.mark_point(filled=True, stroke=DARK, size=60, opacity=1, invalid="filter").encode(
            shape, fill
        ),
    ]
    if points[-1].value is not None:
        layers += _value_labels(points[-1].value, points, expected, decimals, (x, y))
    return _svg(alt.layer(*layers), _SERIES_HEIGHT, labels)


def _legend(visible: bool) -> alt.Legend | None:
    import altair as alt  # noqa: PLC0415

    if not visible:
        return None
    return alt.Legend(
        orient="top",
        direction="vertical",
        labelLimit=_WIDTH,
        symbolSize=70,
        rowPadding=3,
    )


def _expected_layers(
    expected: ExpectedInterval,
    x: alt.X,
    y: alt.Y,
    marks: tuple[alt.Shape, alt.Fill],
    axis_title: str,
) -> list[alt.Chart]:
    import altair as alt  # noqa: PLC0415

    row = {
        "year": expected.year,
        "value": expected.expected,
        "lower": expected.lower,
        "upper": expected.upper,
        "series": _EXPECTED,
    }
    base = alt.Chart(alt.InlineData(values=[row])).encode(x=x)
    limits = base.encode(y=alt.Y("lower:Q", title=axis_title), y2="upper:Q")
    end: dict[str, Any] = {"thickness": 2, "color": GUIDE, "width": 18}
    return [
        limits.mark_bar(width=18, color=LIGHT, opacity=0.6),
        base.mark_tick(**end).encode(y=alt.Y("lower:Q", title=axis_title)),
        base.mark_tick(**end).encode(y=alt.Y("upper:Q", title=axis_title)),
        base.mark_point(filled=True, stroke=DARK, size=80, opacity=1).encode(y, *marks),
    ]


def _value_labels(
    last: float,
    points: Sequence[SeriesPoint],
    expected: ExpectedInterval | None,
    decimals: int,
    axes: tuple[alt.X, alt.Y],
) -> list[alt.Chart]:
    """Writes the tested year's values to the right of their marks, moved apart where they meet."""
    import altair as alt  # noqa: PLC0415

    year = points[-1].year
    rows = [(last, _printed(last, decimals))]
    shift = 0
    if expected is not None:
        rows.append((expected.expected, f"väntat {_printed(expected.expected, decimals)}"))
        values = [point.value for point in points if point.value is not None]
        values += [expected.lower, expected.upper]
        bottom = 0.0 if starts_at_zero(points, expected) else min(values)
        gap = (last - expected.expected) / ((max(values) - bottom) or 1.0)
        if abs(gap) < _LABEL_GAP:
            shift = 9 if gap < 0 else -9
    return [
        alt.Chart(alt.InlineData(values=[{"year": year, "value": value, "text": text}]))
        .mark_text(
            align="left", dx=14, dy=dy, fontSize=13, fontWeight="bold", color=DARK, font=FONT
        )
        .encode(*axes, text="text:N")
        for (value, text), dy in zip(rows, (shift, -shift), strict=False)
    ]


def change_chart(rows: Sequence[ChangeRow], *, axis_title: str, labels: Labels) -> str:
    """Draws relative changes as bars from zero, in the order given.

    Args:
        rows: At least one; labels must differ.
        axis_title: What the bars measure and between which years.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If there are no rows.
    """
    import altair as alt  # noqa: PLC0415

    if not rows:
        raise ValueError("a chart of changes needs at least one row")
    values: list[dict[str, Any]] = [
        {
            "label": _shortened(row.label),
            "change": row.change,
            "text": f"{swedish.number(row.change, 1, sign=True)}{swedish.NO_BREAK_SPACE}%",
            "main": "main" if row.main else "other",
        }
        for row in rows
    ]
    widest = max(abs(row.change) for row in rows) or 1.0
    room = widest * _ROOM_FOR_VALUE
    low = -room if min(row.change for row in rows) < 0 else 0
    high = room if max(row.change for row in rows) > 0 else 0
    x = alt.X(
        "change:Q",
        title=axis_title,
        axis=alt.Axis(grid=False),
        scale=alt.Scale(domain=[low, high or 1], nice=False),
    )
    y = _rows_axis([row["label"] for row in values])
    bars = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(height=14, stroke=DARK, strokeWidth=1)
        .encode(x, y, _emphasis())
    )
    zero = (
        alt.Chart(alt.InlineData(values=[{"zero": 0}]))
        .mark_rule(color=GUIDE, strokeWidth=1.5)
        .encode(x="zero:Q")
    )
    sides: tuple[tuple[list[dict[str, Any]], Literal["left", "right"], int], ...] = (
        ([row for row in values if row["change"] >= 0], "left", 5),
        ([row for row in values if row["change"] < 0], "right", -5),
    )
    texts = [
        alt.Chart(alt.InlineData(values=side))
        .mark_text(fontSize=13, fontWeight="bold", color=DARK, font=FONT, align=align, dx=dx)
        .encode(x, y, text="text:N")
        for side, align, dx in sides
    ]
    chart = alt.layer(bars, zero, *texts, *_row_labels(values, y))
    return _svg(chart, _ROW_HEIGHT * len(rows), labels, width=_ROW_WIDTH)


def group_chart(rows: Sequence[GroupRow], *, axis_title: str, decimals: int, labels: Labels) -> str:
    """Draws one dot with its interval per group, on an axis from zero.

    Args:
        rows: At least one; labels must differ.
        axis_title: The unit.
        decimals: Decimals of the numbers written at the dots.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If there are no rows.
    """
    import altair as alt  # noqa: PLC0415

    if not rows:
        raise ValueError("a chart of groups needs at least one row")
    values: list[dict[str, Any]] = [
        {
            "label": _shortened(row.label),
            "value": row.value,
            "lower": row.value if row.lower is None else row.lower,
            "upper": row.value if row.upper is None else row.upper,
            "text": _printed(row.value, decimals),
            "main": "main" if row.main else "other",
        }
        for row in rows
    ]
    y = _rows_axis([row["label"] for row in values])
    x = alt.X("value:Q", title=axis_title, scale=alt.Scale(zero=True, nice=True))
    lower = alt.X("lower:Q", title=axis_title)
    upper = alt.X("upper:Q", title=axis_title)
    base = alt.Chart(alt.InlineData(values=values)).encode(y)
    end: dict[str, Any] = {"thickness": 2, "color": DARK, "height": 12}
    layers = [
        base.mark_rule(color=DARK, strokeWidth=2).encode(lower, x2="upper:Q"),
        base.mark_tick(**end).encode(lower),
        base.mark_tick(**end).encode(upper),
        base.mark_point(filled=True, stroke=DARK, size=55, opacity=1).encode(
            x, _emphasis(fill=True)
        ),
        base.mark_text(
            align="left", dx=9, fontSize=13, fontWeight="bold", color=DARK, font=FONT
        ).encode(upper, text="text:N"),
        *_row_labels(values, y),
    ]
    return _svg(alt.layer(*layers), _ROW_HEIGHT * len(rows), labels, width=_ROW_WIDTH)


def _emphasis(*, fill: bool = False) -> alt.Fill | alt.Color:
    import altair as alt  # noqa: PLC0415

    scale = alt.Scale(domain=["main", "other"], range=[DARK, LIGHT])
    if fill:
        return alt.Fill("main:N", scale=scale, legend=None)
    return alt.Color("main:N", scale=scale, legend=None)


def _rows_axis(order: Sequence[str]) -> alt.Y:
    import altair as alt  # noqa: PLC0415

    return alt.Y("label:N", title=None, sort=list(order), axis=None, scale=alt.Scale(padding=0.2))


def _row_labels(values: list[dict[str, Any]], y: alt.Y) -> list[alt.Chart]:
    """Writes each row's name above its mark, where it has the width of the whole chart.

    The first layer is the same text as a white outline, so that no line runs through the name.
    """
    import altair as alt  # noqa: PLC0415

    names = alt.Chart(alt.InlineData(values=values)).encode(y, x=alt.value(0), text="label:N")
    place: dict[str, Any] = {"align": "left", "dy": -17, "fontSize": 13, "font": FONT}
    return [
        names.mark_text(stroke="white", strokeWidth=5, strokeJoin="round", **place),
        names.mark_text(color="#1c1c1c", **place),
    ]


def _shortened(label: str) -> str:
    # The whole name stands in the table beside the chart.
    if len(label) <= _LABEL_CHARACTERS:
        return label
    return textwrap.shorten(label, _LABEL_CHARACTERS, placeholder=" …")


def _printed(value: float, decimals: int) -> str:
    return swedish.number(value, decimals)


def _svg(
    chart: alt.LayerChart | alt.FacetChart, height: int, labels: Labels, *, width: int = _WIDTH
) -> str:
    return to_svg(specification(chart.properties(width=width, height=height)), labels)


def specification(chart: alt.LayerChart | alt.FacetChart) -> dict[str, Any]:
    """Writes a chart in Vega-Lite, with the look that all charts share."""
    finished = chart.properties(padding=4).configure(background="white", font=FONT)
    finished = finished.configure_axis(
        labelFont=FONT,
        titleFont=FONT,
        labelFontSize=13,
        titleFontSize=13,
        titleFontWeight="normal",
        labelColor="#1c1c1c",
        titleColor="#1c1c1c",
        gridColor="#e2e6ea",
    )
    finished = finished.configure_legend(labelFont=FONT, labelFontSize=13, labelColor="#1c1c1c")
    written: dict[str, Any] = finished.configure_view(stroke=None).to_dict()
    return written


def to_svg(written: str | dict[str, Any], labels: Labels) -> str:
    """Turns a chart in Vega-Lite into an SVG fit to stand inline in a page.

    Args:
        written: A Vega-Lite specification as JSON, or as what would be written as JSON.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.
    """
    import vl_convert  # noqa: PLC0415

    svg = vl_convert.vegalite_to_svg(
        written,
        show_warnings=False,
        allowed_base_urls=[],
        format_locale=dict(_NUMBER_FORMAT),
    )
    return _accessible(svg, labels)


def _accessible(svg: str, labels: Labels) -> str:
    """Makes Vega's SVG fit to stand inline in a Swedish page together with other figures."""
    root = etree.fromstring(svg.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    for element in root.iter():
        for name in list(element.attrib):
            if name in _DROPPED_ATTRIBUTES or name.startswith("aria-"):
                del element.attrib[name]
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, f"{labels.figure_id}-{value}")
            elif "url(#" in value:
                element.set(name, _URL_REFERENCE.sub(rf"url(#{labels.figure_id}-\1)", value))
    for position, (tag, text) in enumerate((("title", labels.title), ("desc", labels.description))):
        element = etree.Element(f"{_SVG}{tag}", {"id": f"{labels.figure_id}-{tag}"})
        element.text = text
        root.insert(position, element)
    root.set("role", "img")
    root.set("aria-labelledby", f"{labels.figure_id}-title {labels.figure_id}-desc")
    root.set("focusable", "false")
    root.attrib.pop("version", None)
    etree.cleanup_namespaces(root)
    return str(etree.tostring(root, encoding="unicode"))
