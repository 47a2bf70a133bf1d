"""Draws the figures of `docs/deviation-method.md` from what the benchmarks kept.

    python -m tests.benchmarks.bench_deviation size --keep docs/figures
    python -m tests.benchmarks.deviation_figures docs/figures

The same CSV gives the same SVG; nothing is measured here. Tests differ in shape and lightness as
well as in hue, so that a grey printout reads the same.
"""

import argparse
import csv
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_DARK, _MIDDLE, _LIGHT, _GUIDE = "#17324d", "#9a5b13", "#9db4c8", "#5b6770"
#: The engine first, so that it has the darkest mark.
_TESTS = ["engine", "two-point exact", "z without", "z within", "XmR", "Poisson trend"]
_SHADES = [_DARK, _MIDDLE, "#3f8f8b", "#b9a44c", _LIGHT, "#8a6fa8"]
_SHAPES = ["circle", "square", "triangle-up", "cross", "diamond", "triangle-down"]
_NOMINAL, _BAND = 0.05, (0.035, 0.065)
#: Vega labels every mark for screen readers; the page's alternative text says what they show.
_LABELS = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')

Row = dict[str, Any]


def _rows(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        return [{key: _number(text) for key, text in row.items()} for row in csv.DictReader(file)]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _marks(field: str = "test") -> dict[str, Any]:
    return {
        "color": alt.Color(field, type="nominal", title=None).scale(domain=_TESTS, range=_SHADES),
        "shape": alt.Shape(field, type="nominal", title=None).scale(domain=_TESTS, range=_SHAPES),
    }


def size(folder: Path) -> alt.TopLevelMixin:
    """Size of every test in every cell; a test that keeps its size stays in the band."""
    rows = [row for row in _rows(folder, "size") if row["years"] >= 3]
    for row in rows:
        row["size"] = max(row["size"], 0.001)
    panels = []
    for mean in sorted({row["mean"] for row in rows}):
        own = [row for row in rows if row["mean"] == mean]
        band = alt.Chart(alt.InlineData(values=[{"low": _BAND[0], "high": _BAND[1]}]))
        points = alt.Chart(alt.InlineData(values=own)).mark_point(filled=True, size=40, opacity=0.8)
        x = alt.X("test:N", sort=_TESTS, title=None).axis(labelAngle=-60)
        drawn = alt.layer(
            band.mark_rect(color=_LIGHT, opacity=0.45).encode(
                y=alt.Y("low:Q").scale(type="log", domain=[0.001, 1]), y2="high:Q"
            ),
            points.encode(
                x=x,
                y=alt.Y("size:Q", title="size at a nominal 5 %").scale(
                    type="log", domain=[0.001, 1]
                ),
                **_marks(),
            ),
        )
        panels.append(drawn.properties(title=f"{mean:.0f} a year", width=150, height=230))
    return alt.hconcat(*panels)


def power(folder: Path) -> alt.TopLevelMixin:
    """Power at equal size by effect, one panel for each level."""
    rows = _rows(folder, "power")
    # Where nothing changed, power at equal size is that size, by definition.
    still = {(row["mean"], row["test"]) for row in rows}
    rows += [
        {"effect": 0.0, "mean": mean, "test": test, "power": _NOMINAL}
        for mean, test in sorted(still)
    ]
    lines = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(point=alt.OverlayMarkDef(filled=True, size=45))
        .encode(
            x=alt.X("effect:Q", title="change").axis(format="+.0%", values=[-0.7, -0.25, 0, 0.25]),
            y=alt.Y("power:Q", title="power at equal size").scale(domain=[0, 1]),
            **_marks(),
        )
        .properties(width=150, height=230)
    )
    panels = [
        lines.transform_filter(f"datum.mean == {mean:.0f}").properties(title=f"{mean:.0f} a year")
        for mean in sorted({row["mean"] for row in rows})
    ]
    return alt.hconcat(*panels)


def hit_rate(folder: Path) -> alt.TopLevelMixin:
    """Precision and recall of the focus list by effect."""
    rows = _rows(folder, "hit_rate")
    order = ["precision", "recall", "change", "stability", "contrary"]
    line = alt.Chart(alt.InlineData(values=rows)).mark_line(
        point=alt.OverlayMarkDef(filled=True, size=50)
    )
    drawn = line.encode(
        x=alt.X("effect:Q", title="planted effect").axis(format=".0%"),
        y=alt.Y("value:Q", title="share").scale(domain=[0, 1]),
        color=alt.Color("rate:N", sort=order, title=None).scale(domain=order, range=_SHADES[:5]),
        shape=alt.Shape("rate:N", sort=order, title=None).scale(domain=order, range=_SHAPES[:5]),
        strokeDash=alt.StrokeDash("rate:N", sort=order, legend=None),
    )
    wanted = alt.Chart(alt.InlineData(values=[{"line": 0.9}])).mark_rule(
        color=_GUIDE, strokeDash=[4, 4]
    )
    return alt.layer(drawn, wanted.encode(y="line:Q")).properties(width=420, height=260)


def calibration(folder: Path) -> alt.TopLevelMixin:
    """One-sided p-values of past periods by tenths; level where the engine is calibrated."""
    panels = []
    for name, title in (
        ("calibration_months", "290 municipalities, months of 2017"),
        ("calibration_stockholm", "Stockholm 1995-2017, by year"),
        ("calibration_city", "The synthetic city's counts"),
    ):
        rows = [row for row in _rows(folder, name) if row.get("model", "counts") == "counts"]
        bars = (
            alt.Chart(alt.InlineData(values=rows))
            .mark_bar(color=_DARK)
            .encode(
                x=alt.X("tenth:O", title="tenth of the p-values").axis(labelAngle=0),
                y=alt.Y("share:Q", title="share").scale(domain=[0, 0.5]),
            )
        )
        level = alt.Chart(alt.InlineData(values=[{"line": 0.1}])).mark_rule(color=_MIDDLE)
        heading = alt.TitleParams(title, fontSize=12, subtitle=f"{rows[0]['values']:.0f} values")
        panels.append(
            alt.layer(bars, level.encode(y="line:Q")).properties(
                title=heading, width=210, height=180
            )
        )
    return alt.hconcat(*panels)


FIGURES: Mapping[str, Callable[[Path], alt.TopLevelMixin]] = {
    "size": size,
    "power": power,
    "hit_rate": hit_rate,
    "calibration": calibration,
}


def draw(folder: Path, name: str) -> str:
    """One figure as SVG.

    Args:
        folder: with the kept CSV files.
        name: of the figure.
    """
    chart = FIGURES[name](folder).configure(background="white", font=_FONT)
    svg: str = vl_convert.vegalite_to_svg(
        chart.configure_view(stroke=None).to_dict(), show_warnings=False, allowed_base_urls=[]
    )
    return _LABELS.sub("", svg)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw all figures beside the CSV files that they are drawn from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    for name in FIGURES:
        (folder / f"{name}.svg").write_text(draw(folder, name) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
