"""Control charts (XmR) of the indicators' pages: typed rows in, a self-contained SVG string out.

A chart's specification is written once with Altair and filled with each series' values, because
writing it costs more than drawing it. What is drawn is told apart by shape, fill and dashes, never
by hue alone. How an SVG is made fit for a page belongs in ``figures``; which series are drawn, and
their captions, in ``indicator_pages``.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from orchestration.reporting import figures
from orchestration.reporting.figures import DARK, FONT, GUIDE, LIGHT, Labels

if TYPE_CHECKING:
    import altair as alt

_WIDTH = 330
_HEIGHT = 210
_PANEL_WIDTH = 150
_PANEL_HEIGHT = 100
_PANEL_COLUMNS = 2
_DASHES = [5, 4]
# Lines closer to each other than this share of the axis have one name together.
_NAME_GAP = 0.07
# Drawings that are kept in memory; all of one publication have room.
_KEPT = 512
_SIGNAL_FILL = "#e08a00"

# What stands in the specification where a series' own text and order go.
_UNIT, _PERIODS, _PANELS, _MARKS = "@unit", "@periods", "@panels", "@marks"
_SHAPES, _FILLS, _TICKS = "@shapes", "@fills", "@ticks"
# Most of the time that drawing takes goes to measuring texts, so there are few of them.
_CHARACTER_WIDTH = 8
_VALUE_TICKS = 5
_PANEL_VALUE_TICKS = 3

VALUE = "Utfall"
SIGNAL = "Utfall med signal"
PRELIMINARY = "Preliminärt utfall"
BROKEN = "Ej jämförbart utfall"
EXPECTED = "Väntat värde, 95-procentigt intervall"
_LOOKS: Mapping[str, tuple[str, str]] = {
    VALUE: ("circle", DARK),
    SIGNAL: ("square", _SIGNAL_FILL),
    PRELIMINARY: ("circle", "white"),
    BROKEN: ("cross", "white"),
    EXPECTED: ("diamond", "white"),
}


@dataclass(frozen=True, slots=True)
class Dot:
    """One period of a chart, on the axis' scale.

    Attributes:
        period: As the axis names it.
        value: None leaves a gap.
        segment: Values of one segment are joined and share their lines; None joins nothing.
        centre: Mean of the segment, where it has lines.
        lower: Lower limit, where it is drawn.
        upper: Upper limit.
        mark: One of this module's words for what a dot is.
    """

    period: str
    value: float | None
    segment: int | None
    centre: float | None
    lower: float | None
    upper: float | None
    mark: str


@dataclass(frozen=True, slots=True)
class Band:
    """The expected value of a tested period and its interval, on the axis' scale."""

    period: str
    expected: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several small charts that share their periods."""

    name: str
    dots: tuple[Dot, ...]


def starts_at_zero(dots: Sequence[Dot], band: Band | None = None) -> bool:
    """Whether a chart's axis starts at zero: unless all lies in the upper half of the range."""
    drawn = _drawn(dots, band)
    return not drawn or min(drawn) < max(drawn) / 2


def control_chart(dots: Sequence[Dot], band: Band | None, *, unit: str, labels: Labels) -> str:
    """Draws a series with its mean and limits, and what was expected of the tested period.

    Args:
        dots: Oldest first, every period once; at least one with a value.
        band: None where no expected value is known.
        unit: Title of the axis.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If no dot has a value.
    """
    if all(dot.value is None for dot in dots):
        raise ValueError("a series without values cannot be drawn")
    marks = [mark for mark in _LOOKS if mark in {dot.mark for dot in dots if dot.value is not None}]
    bands = []
    if band is not None:
        marks.append(EXPECTED)
        bands = [
            {
                "period": band.period,
                "value": band.expected,
                "lower": band.lower,
                "upper": band.upper,
                "mark": EXPECTED,
            }
        ]
    written = _filled(
        _control_specification(starts_at_zero(dots, band), marks != [VALUE]),
        {_UNIT: unit, **_words([dot.period for dot in dots], marks, _WIDTH)},
        {"dots": _rows(dots), "bands": bands, "names": _line_names(dots, band)},
    )
    return _svg(written, labels)


def panel_chart(panels: Sequence[Panel], *, labels: Labels) -> str:
    """Draws the categories of a breakdown beside each other, each on an axis of its own.

    Args:
        panels: At least one with a value; their names must differ. The unit is for the caption.
        labels: Identity and description.

    Returns:
        An ``<svg>`` element.

    Raises:
        ValueError: If no panel has a value.
    """
    rows = [row | {"panel": panel.name} for panel in panels for row in _rows(panel.dots)]
    if all(row["value"] is None for row in rows):
        raise ValueError("panels without values cannot be drawn")
    marks = [mark for mark in _LOOKS if mark in {r["mark"] for r in rows if r["value"] is not None}]
    # Every panel has every period.
    periods = [dot.period for dot in panels[0].dots]
    written = _filled(
        _panel_specification(marks != [VALUE]),
        {_PANELS: [panel.name for panel in panels], **_words(periods, marks, _PANEL_WIDTH // 2)},
        {"dots": rows},
    )
    return _svg(written, labels)


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


def _words(periods: Sequence[str], marks: Sequence[str], width: int) -> dict[str, Any]:
    """What stands in a specification in place of the tokens that all charts have.

    So many periods are named as there is room for beside each other, at even distances.
    """
    room = width // (_CHARACTER_WIDTH * (1 + max(map(len, periods))))
    step = max(1, -(-(len(periods) - 1) // max(1, room - 1)))
    return {
        _PERIODS: list(periods),
        _TICKS: list(periods[::step]),
        _MARKS: list(marks),
        _SHAPES: [_LOOKS[mark][0] for mark in marks],
        _FILLS: [_LOOKS[mark][1] for mark in marks],
    }


def _drawn(dots: Sequence[Dot], band: Band | None) -> list[float]:
    lines = [value for dot in dots for value in (dot.value, dot.lower, dot.upper)]
    if band is not None:
        lines += [band.lower, band.upper]
    return [value for value in lines if value is not None]


def _rows(dots: Sequence[Dot]) -> list[dict[str, Any]]:
    # A period without a value belongs to the segment it interrupts, so that the line breaks there.
    around = list(itertools.accumulate((dot.segment or 0 for dot in dots), max))
    return [
        {
            "period": dot.period,
            "order": position,
            "value": dot.value,
            # A value that is not comparable is drawn and not joined.
            "joined": None if dot.segment is None else dot.value,
            "segment": around[position],
            "centre": dot.centre,
            "lower": dot.lower,
            "upper": dot.upper,
            "mark": dot.mark,
        }
        for position, dot in enumerate(dots)
    ]


def _line_names(dots: Sequence[Dot], band: Band | None) -> list[dict[str, Any]]:
    """Names the lines of the last segment at its end, where there is room between them."""
    with_lines = [dot for dot in dots if dot.centre is not None]
    if not with_lines:
        return []
    last = with_lines[-1]
    drawn = _drawn(dots, band)
    bottom = 0.0 if starts_at_zero(dots, band) else min(drawn)
    least = _NAME_GAP * ((max(drawn) - bottom) or 1.0)
    names = [{"period": last.period, "value": last.centre, "text": "medelvärde"}]
    for value, text in ((last.lower, "undre gräns"), (last.upper, "övre gräns")):
        if value is not None and last.centre is not None and abs(value - last.centre) > least:
            names.append({"period": last.period, "value": value, "text": text})
    return names


def _filled(
    specification: str, words: Mapping[str, Any], datasets: Mapping[str, list[dict[str, Any]]]
) -> str:
    for token, word in words.items():
        wanted = json.dumps([token]) if isinstance(word, list) else json.dumps(token)
        specification = specification.replace(wanted, json.dumps(word))
    return json.dumps(json.loads(specification) | {"datasets": datasets})


@lru_cache(maxsize=_KEPT)
def _svg(written: str, labels: Labels) -> str:
    # A process that writes the pages again draws only what has changed.
    return figures.to_svg(written, labels)


@cache
def _control_specification(zero: bool, told_apart: bool) -> str:
    import altair as alt  # noqa: PLC0415 (a second to import; a run that publishes nothing pays none)

    x = _periods()
    y = alt.Y(
        "value:Q",
        title=_UNIT,
        scale=alt.Scale(zero=zero, nice=True),
        axis=alt.Axis(tickCount=_VALUE_TICKS),
    )
    legend = _legend() if told_apart else None
    dots = alt.Chart(alt.NamedData("dots"))
    bands = alt.Chart(alt.NamedData("bands")).encode(x)
    ends: dict[str, Any] = {"thickness": 2, "color": GUIDE, "width": 14}
    chart = alt.layer(
        bands.mark_bar(width=14, color=LIGHT, opacity=0.6).encode(_along("lower"), y2="upper:Q"),
        bands.mark_tick(**ends).encode(_along("lower")),
        bands.mark_tick(**ends).encode(_along("upper")),
        *_lines(dots, x, _UNIT),
        bands.mark_point(filled=True, stroke=DARK, size=80, opacity=1).encode(y, *_looks(legend)),
        _marks(dots, size=60).encode(x, y, *_looks(legend)),
        alt.Chart(alt.NamedData("names"))
        .mark_text(align="left", dx=12, fontSize=13, color="#1c1c1c", font=FONT)
        .encode(x, y, text="text:N"),
    ).properties(width=_WIDTH, height=_HEIGHT)
    return json.dumps(figures.specification(chart))


@cache
def _panel_specification(told_apart: bool) -> str:
    import altair as alt  # noqa: PLC0415

    x = _periods()
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(tickCount=_PANEL_VALUE_TICKS),
    )
    legend = _legend() if told_apart else None
    # The facet hands each panel its part of the data; a layer with data of its own would show all.
    dots = alt.Chart()
    layers = alt.layer(*_lines(dots, x, None), _marks(dots, size=30).encode(x, y, *_looks(legend)))
    chart = (
        layers.properties(width=_PANEL_WIDTH, height=_PANEL_HEIGHT)
        .facet(
            facet=alt.Facet(
                "panel:N",
                title=None,
                sort=[_PANELS],
                header=alt.Header(labelFont=FONT, labelFontSize=13, labelAnchor="start"),
            ),
            data=alt.NamedData("dots"),
            columns=_PANEL_COLUMNS,
        )
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
    )
    return json.dumps(figures.specification(chart))


def _periods() -> alt.X:
    import altair as alt  # noqa: PLC0415

    axis = alt.Axis(
        labelAngle=0, labelOverlap=False, values=[_TICKS], domainColor=GUIDE, tickColor=GUIDE
    )
    return alt.X("period:O", title=None, axis=axis, scale=alt.Scale(domain=[_PERIODS], padding=0.5))


def _along(field: str, title: str | None = _UNIT) -> alt.Y:
    import altair as alt  # noqa: PLC0415

    return alt.Y(f"{field}:Q", title=title)


def _legend() -> alt.Legend:
    import altair as alt  # noqa: PLC0415

    return alt.Legend(orient="top", direction="vertical", labelLimit=_WIDTH, symbolSize=70)


def _looks(legend: alt.Legend | None) -> tuple[alt.Shape, alt.Fill]:
    import altair as alt  # noqa: PLC0415

    shapes = alt.Scale(domain=[_MARKS], range=[_SHAPES])
    fills = alt.Scale(domain=[_MARKS], range=[_FILLS])
    return (
        alt.Shape("mark:N", title=None, scale=shapes, legend=legend),
        alt.Fill("mark:N", title=None, scale=fills, legend=legend),
    )


def _marks(dots: alt.Chart, size: int) -> alt.Chart:
    marked: alt.Chart = dots.mark_point(
        filled=True, stroke=DARK, size=size, opacity=1, invalid="filter"
    )
    return marked


def _lines(dots: alt.Chart, x: alt.X, title: str | None) -> list[alt.Chart]:
    """The mean and the limits of each segment, and the line between its values."""
    base = dots.encode(x, detail="segment:N", order="order:Q")
    # Limits hold over a period without a value; the line between values does not reach over it.
    limits: dict[str, Any] = {"color": GUIDE, "strokeWidth": 1.5, "invalid": "filter"}
    return [
        base.mark_line(strokeDash=_DASHES, **limits).encode(_along("lower", title)),
        base.mark_line(strokeDash=_DASHES, **limits).encode(_along("upper", title)),
        base.mark_line(**limits).encode(_along("centre", title)),
        base.mark_line(color=DARK, strokeWidth=2, invalid="break-paths-show-domains").encode(
            _along("joined", title)
        ),
    ]
