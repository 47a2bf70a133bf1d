"""Control charts as SVG: what is drawn, what is told apart without colour, what is refused."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from orchestration.reporting import charts
from orchestration.reporting.charts import Band, Dot, Panel, control_chart, panel_chart, spark_lines
from orchestration.reporting.figures import Labels

LABELS = Labels("figur-1", "Antal hushåll", "Linjediagram i hushåll.")
ROOT = Path(__file__).parents[3]
GUIDE_PICTURE = ROOT / "docs/sv/bilder/styrdiagram.svg"
SVG = "{http://www.w3.org/2000/svg}"


def dots(values: list[float | None], *, segment: int | None = 1, lines: bool = True) -> list[Dot]:
    centre, lower, upper = (100.0, 80.0, 120.0) if lines else (None, None, None)
    return [
        Dot(str(2016 + position), value, segment, centre, lower, upper, charts.VALUE)
        for position, value in enumerate(values)
    ]


def drawn(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in drawn(svg).iter(f"{SVG}text")]


def dashed(svg: str) -> int:
    lines = drawn(svg).xpath("//*[local-name()='path'][@stroke-dasharray]")
    return sum("L" in (line.get("d") or "") for line in lines)


def test_a_chart_names_its_lines_unit_and_periods_in_swedish() -> None:
    svg = control_chart(dots([110.0, 100.0, 90.0]), None, unit="hushåll", labels=LABELS)
    named = {"medelvärde", "undre gräns", "övre gräns", "hushåll", "2016", "2018"}
    assert named <= set(texts(svg))
    assert dashed(svg) == 2
    large = control_chart(dots([10000.0, 9000.0], lines=False), None, unit="x", labels=LABELS)
    assert "10\u00a0000" in texts(large)


def test_it_is_told_to_those_who_listen() -> None:
    root = drawn(control_chart(dots([95.0, 105.0]), None, unit="hushåll", labels=LABELS))
    assert root.get("role") == "img"
    [title] = root.findall(f"{SVG}title")
    [described] = root.findall(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"
    assert (title.text, described.text) == ("Antal hushåll", "Linjediagram i hushåll.")


def test_each_kind_of_point_has_its_shape_and_its_word() -> None:
    plain = dots([100.0, 101.0, 130.0, 99.0, 98.0])
    marks = (charts.VALUE, charts.VALUE, charts.SIGNAL, charts.BROKEN, charts.PRELIMINARY)
    mixed = [replace(dot, mark=mark) for dot, mark in zip(plain, marks, strict=True)]
    band = Band("2020", 100.0, 90.0, 110.0)
    told = set(texts(control_chart(mixed, band, unit="hushåll", labels=LABELS)))
    assert {*marks, charts.EXPECTED} <= told
    assert not (
        {*marks[2:], charts.EXPECTED}
        & set(texts(control_chart(plain, None, unit="hushåll", labels=LABELS)))
    )


def test_segments_have_lines_of_their_own() -> None:
    one = dots([100.0, 101.0, 99.0, 100.0])
    two = [*one[:2], *(replace(dot, segment=2, centre=200.0) for dot in one[2:])]
    # Two limits a segment.
    assert dashed(control_chart(one, None, unit="x", labels=LABELS)) == 2
    assert dashed(control_chart(two, None, unit="x", labels=LABELS)) == 4


def test_a_gap_breaks_the_line_and_not_the_limits() -> None:
    def moves(values: list[float | None]) -> list[int]:
        """How often each drawn line is begun: the limits, the mean, the values."""
        gap = [
            replace(dot, segment=None, centre=None, lower=None, upper=None)
            if dot.value is None
            else dot
            for dot in dots(values)
        ]
        root = drawn(control_chart(gap, None, unit="x", labels=LABELS))
        lines = root.xpath("//*[contains(@stroke-width, '1.5') or @stroke-width='2']/@d")
        return [str(line).count("M") for line in lines if "L" in str(line)]

    assert moves([100.0, 101.0, 99.0, 100.0, 101.0]) == [1, 1, 1, 1]
    assert moves([100.0, 101.0, None, 100.0, 101.0]) == [1, 1, 1, 2]


def test_without_limits_none_are_drawn_or_named() -> None:
    svg = control_chart(dots([1.0, 2.0], lines=False), None, unit="x", labels=LABELS)
    assert dashed(svg) == 0
    assert "medelvärde" not in texts(svg)


def test_lines_that_meet_have_one_name() -> None:
    level = [replace(dot, lower=100.0, upper=100.0) for dot in dots([100.0, 100.0, 100.0])]
    named = texts(control_chart(level, None, unit="x", labels=LABELS))
    assert named.count("medelvärde") == 1
    assert not {"övre gräns", "undre gräns"} & set(named)


@pytest.mark.parametrize(("count", "first", "second"), [(8, "2016", "2017"), (23, "2016", "2020")])
def test_the_axis_has_room_for_its_periods(count: int, first: str, second: str) -> None:
    svg = control_chart(dots([100.0] * count), None, unit="x", labels=LABELS)
    years = [text for text in texts(svg) if text.startswith("20")]
    assert years[:2] == [first, second]
    assert len(years) <= 8


@pytest.mark.parametrize(
    ("values", "zero"), [([10.0, 100.0], True), ([90.0, 100.0], False), ([0.0, 0.0], False)]
)
def test_the_axis_starts_at_zero_unless_all_lies_high(values: list[float], zero: bool) -> None:
    assert charts.starts_at_zero(dots(list(values), lines=False)) == zero


def test_panels_share_periods_and_have_their_names() -> None:
    panels = [
        Panel("Kvinnor", tuple(dots([100.0, 101.0]))),
        Panel("Män", tuple(dots([None, 300.0]))),
    ]
    svg = panel_chart(panels, labels=LABELS)
    shown = texts(svg)
    assert shown.count("Kvinnor") == shown.count("Män") == 1
    assert shown.count("2016") == 2
    points = drawn(svg).xpath("//*[local-name()='path'][@transform and @fill='#17324d']")
    assert len(points) == 3


def guide_picture() -> str:
    """Attendances of a hospital that took more than four hours, as NHSRplotthedots drew them."""
    with (ROOT / "tests/vectors/nhsr_ptd/expected_6trusts_breaches.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["f"] == "R1H"]
    shown = [
        Dot(
            period=row["x"][:7],
            value=float(row["y"]),
            segment=1,
            centre=float(row["mean_col"]),
            lower=float(row["lpl"]),
            upper=float(row["upl"]),
            mark=charts.VALUE if row["special_cause_flag"] == "FALSE" else charts.SIGNAL,
        )
        for row in rows
    ]
    labels = Labels(
        "styrdiagram",
        "Ett styrdiagram",
        "Linjediagram med medelvärde och gränser. De första värdena ligger under medelvärdet och "
        "är märkta som signaler.",
    )
    return control_chart(shown, None, unit="besök", labels=labels)


def test_the_picture_in_the_guide_is_what_is_drawn() -> None:
    """Made anew by writing `guide_picture()` to the file."""
    assert GUIDE_PICTURE.read_text(encoding="utf-8") == guide_picture() + "\n"


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="without values"):
        control_chart(dots([None, None]), None, unit="x", labels=LABELS)
    with pytest.raises(ValueError, match="without values"):
        panel_chart([Panel("Män", tuple(dots([None])))], labels=LABELS)


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([], []),
        ([None, None], []),
        ([1.0, 3.0, 2.0], ["0.0,20.0 50.0,0.0 100.0,10.0"]),
        ([1.0, 3.0, None, 2.0], ["0.0,20.0 33.3,0.0", "100.0,10.0 100.0,10.0"]),
        ([7.0], ["0.0,20.0 0.0,20.0"]),
    ],
)
def test_a_series_in_miniature(values: list[float | None], lines: list[str]) -> None:
    assert spark_lines(values, 100, 20) == lines
