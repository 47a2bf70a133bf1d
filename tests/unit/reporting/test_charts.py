"""Charts as SVG: what is drawn, what is told apart without colour, what is refused."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from orchestration.reporting import charts
from orchestration.reporting.charts import (
    Band,
    ChangeRow,
    Dot,
    GroupRow,
    change_chart,
    group_chart,
    series_chart,
    small_chart,
    spark_lines,
)
from orchestration.reporting.svg import DARK, GUIDE, LIGHT, PAPER, SHAPES, Drawing

ROOT = Path(__file__).parents[3]
GUIDE_PICTURE = ROOT / "docs/sv/bilder/styrdiagram.svg"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script> & \"citat\" '+datum+' \\n"


def dots(values: list[float | None], *, segment: int | None = 1, lines: bool = True) -> list[Dot]:
    centre, lower, upper = (100.0, 80.0, 120.0) if lines else (None, None, None)
    return [
        Dot(str(2016 + position), value, segment, centre, lower, upper, charts.VALUE)
        for position, value in enumerate(values)
    ]


def drawn(drawing: Drawing) -> etree._Element:
    return etree.fromstring(drawing.svg.encode())


def texts(drawing: Drawing) -> list[str]:
    return ["".join(text.itertext()) for text in drawn(drawing).iter(f"{SVG}text")]


def dashed(drawing: Drawing) -> int:
    lines = drawn(drawing).xpath("//*[local-name()='path'][@stroke-dasharray]")
    return sum("L" in (line.get("d") or "") for line in lines)


def yearly() -> Drawing:
    values = [41, 36, None, 44, 35, 39, 38, 12]
    return series_chart(
        [Dot(str(year), value) for year, value in enumerate(values, start=2016)],
        Band("2023", 38.4, 22, 59),
        unit="barn",
        decimals=0,
    )


def changes(label: str = "skulder") -> Drawing:
    rows = [ChangeRow("hushåll", -6.3, main=True), ChangeRow(label, 12.0, main=False)]
    return change_chart(rows, axis_title="förändring, procent")


def groups() -> Drawing:
    rows = [
        GroupRow("funktionsnedsättning", 9.0, 8.8, 9.2, main=True),
        GroupRow("socialpsykiatri", 7.2, None, None, main=True),
    ]
    return group_chart(rows, axis_title="timmar", decimals=1)


def small() -> Drawing:
    values = [Dot(str(year), 100.0 + year % 7) for year in range(2016, 2024)]
    band = Band("2023", 101.0, 95.0, 110.0)
    return small_chart("Antal hushåll med bistånd", values, band, unit="hushåll", decimals=0)


EVERY_KIND = pytest.mark.parametrize("draw", [yearly, changes, groups, small])


@EVERY_KIND
def test_equal_input_gives_equal_bytes(draw: Callable[[], Drawing]) -> None:
    assert draw() == draw()


def test_the_values_are_written_in_swedish() -> None:
    assert {"12", "väntat 38", "barn", "2017", "2023", "Utfall"} <= set(texts(yearly()))
    assert {"−6,3\u00a0%", "+12,0\u00a0%"} <= set(texts(changes()))
    assert {"9,0", "7,2", "timmar"} <= set(texts(groups()))


def test_axis_labels_have_a_decimal_comma() -> None:
    rows = [Dot("2022", 2.54), Dot("2023", 2.38)]
    shown = texts(series_chart(rows, None, unit="procent", decimals=2))
    assert len([text for text in shown if re.fullmatch(r"\d,\d+", text)]) >= 3
    assert not [text for text in shown if re.search(r"\d\.\d", text)]


@EVERY_KIND
def test_it_leaves_it_to_the_page_to_say_what_it_shows(draw: Callable[[], Drawing]) -> None:
    root = drawn(draw())
    assert root.get("aria-hidden") == "true"
    assert not root.xpath("//*[local-name()='title' or local-name()='desc' or @id]")


@EVERY_KIND
def test_nothing_is_drawn_outside_the_chart(draw: Callable[[], Drawing]) -> None:
    root = drawn(draw())
    left, top, width, height = map(float, (root.get("viewBox") or "").split())
    lines = root.xpath("//*[local-name()='path'][not(@transform)]/@d")
    points = [tuple(map(float, p.split(","))) for d in lines for p in re.split("[ML]", str(d)) if p]
    points += [(float(each.get("x")), float(each.get("y"))) for each in root.iter(f"{SVG}text")]
    assert len(points) > 10
    assert all(left <= x <= left + width and top <= y <= top + height for x, y in points)


def test_a_gap_breaks_the_line() -> None:
    lines = drawn(yearly()).xpath("//*[@stroke-width='2']/@d")
    [line] = [str(line) for line in lines if str(line).count("L") >= 4]
    assert line.count("M") == 2


def test_the_expected_value_has_its_mark_in_its_interval() -> None:
    root = drawn(yearly())
    [box] = root.xpath("//*[local-name()='rect'][@fill=$light]", light=LIGHT)
    marks = root.xpath("//*[local-name()='path'][@transform][@fill=$paper]/@transform", paper=PAPER)
    heights = [float(re.findall(r"[\d.-]+", str(mark))[1]) for mark in marks]
    top, height = float(box.get("y")), float(box.get("height"))
    inside = [y for y in heights if top < y < top + height]
    # 38,4 lies at 0,443 of the way from 22 to 59.
    assert inside == [pytest.approx(top + height * (1 - 0.4432), abs=0.2)]


def test_hostile_labels_stay_text() -> None:
    svg = changes(HOSTILE)
    assert not drawn(svg).xpath("//*[local-name()='script']")
    assert "&lt;script&gt;" in svg.svg


@EVERY_KIND
def test_no_reference_leaves_the_figure(draw: Callable[[], Drawing]) -> None:
    svg = draw().svg
    assert "href" not in svg
    assert "url(" not in svg
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {"http://www.w3.org/2000/svg"}


def test_marks_differ_in_lightness_in_a_grey_printout() -> None:
    def lightness(colour: str) -> float:
        [code] = re.findall("#([0-9a-f]{6})", colour)
        red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    fills = drawn(changes()).xpath("//*[local-name()='rect'][@stroke]/@fill")
    bars = sorted(lightness(str(fill)) for fill in fills)
    assert len(bars) == 2
    assert bars[-1] - bars[0] > 0.3


def test_a_bar_is_as_long_as_its_change() -> None:
    boxes = drawn(changes()).xpath("//*[local-name()='rect'][@stroke]")
    (fall, rise) = [(float(box.get("x")), float(box.get("width"))) for box in boxes]
    assert fall[0] + fall[1] == pytest.approx(rise[0], abs=0.2)
    assert rise[1] / fall[1] == pytest.approx(12.0 / 6.3, rel=0.01)


def test_a_chart_names_its_lines_unit_and_periods_in_swedish() -> None:
    svg = series_chart(dots([110.0, 100.0, 90.0]), None, unit="hushåll")
    named = {"medelvärde", "undre gräns", "övre gräns", "hushåll", "2016", "2018"}
    assert named <= set(texts(svg))
    assert dashed(svg) == 2
    large = series_chart(dots([10000.0, 9000.0], lines=False), None, unit="x")
    assert "10\u00a0000" in texts(large)


def test_each_kind_of_point_has_its_shape_and_its_word() -> None:
    plain = dots([100.0, 101.0, 130.0, 99.0, 98.0])
    marks = (charts.VALUE, charts.VALUE, charts.SIGNAL, charts.BROKEN, charts.PRELIMINARY)
    mixed = [replace(dot, mark=mark) for dot, mark in zip(plain, marks, strict=True)]
    band = Band("2020", 100.0, 90.0, 110.0)
    told = set(texts(series_chart(mixed, band, unit="hushåll")))
    assert {*marks, charts.EXPECTED} <= told
    assert not (
        {*marks[2:], charts.EXPECTED} & set(texts(series_chart(plain, None, unit="hushåll")))
    )


@pytest.mark.parametrize("small", [False, True])
def test_what_is_hidden_is_a_cross_on_the_axis_and_no_value(small: bool) -> None:
    known = dots([100.0, None, 130.0, None, 98.0], lines=False)
    hidden = [*known[:3], replace(known[3], mark=charts.HIDDEN), known[4]]

    def made(rows: list[Dot]) -> Drawing:
        if small:
            return small_chart("Hushåll", rows, None, unit="hushåll", decimals=0)
        return series_chart(rows, None, unit="hushåll")

    def crosses(drawing: Drawing) -> list[tuple[float, float]]:
        found = drawn(drawing).xpath(f"//*[local-name()='path'][@d='{SHAPES['saltire']}']")
        places = [re.findall(r"[-\d.]+", str(each.get("transform"))) for each in found]
        return [(float(x), float(y)) for x, y in places]

    # A gap that nobody has hidden is a gap alone.
    assert crosses(made(known)) == []
    assert charts.HIDDEN not in texts(made(known))
    *legend, (x, y) = crosses(made(hidden))
    assert len(legend) == (0 if small else 1)
    assert (charts.HIDDEN in texts(made(hidden))) == (not small)
    # On the line that the periods stand on, between the third value and the fifth.
    [axis] = {
        float(line[1])
        for each in drawn(made(hidden)).iter(f"{SVG}path")
        if each.get("stroke") == GUIDE
        and (line := re.findall(r"[-\d.]+", str(each.get("d"))))[0] == "0"
        and line[1] == line[3]
    }
    assert y == axis
    lines = drawn(made(hidden)).xpath("//*[local-name()='path'][@stroke-width='2']/@d")
    assert "L" not in "".join(map(str, lines))
    assert x > 0


def test_segments_have_lines_of_their_own() -> None:
    one = dots([100.0, 101.0, 99.0, 100.0])
    two = [*one[:2], *(replace(dot, segment=2, centre=200.0) for dot in one[2:])]
    # Two limits a segment.
    assert dashed(series_chart(one, None, unit="x")) == 2
    assert dashed(series_chart(two, None, unit="x")) == 4


def test_a_gap_breaks_the_line_and_not_the_limits() -> None:
    def moves(values: list[float | None]) -> list[int]:
        """How often each drawn line is begun: the limits, the mean, the values."""
        gap = [
            replace(dot, segment=None, centre=None, lower=None, upper=None)
            if dot.value is None
            else dot
            for dot in dots(values)
        ]
        root = drawn(series_chart(gap, None, unit="x"))
        lines = root.xpath("//*[contains(@stroke-width, '1.5') or @stroke-width='2']/@d")
        return [str(line).count("M") for line in lines if "L" in str(line)]

    assert moves([100.0, 101.0, 99.0, 100.0, 101.0]) == [1, 1, 1, 1]
    assert moves([100.0, 101.0, None, 100.0, 101.0]) == [1, 1, 1, 2]


def test_without_limits_none_are_drawn_or_named() -> None:
    svg = series_chart(dots([1.0, 2.0], lines=False), None, unit="x")
    assert dashed(svg) == 0
    assert "medelvärde" not in texts(svg)


def test_lines_that_meet_have_one_name() -> None:
    level = [replace(dot, lower=100.0, upper=100.0) for dot in dots([100.0, 100.0, 100.0])]
    named = texts(series_chart(level, None, unit="x"))
    assert named.count("medelvärde") == 1
    assert not {"övre gräns", "undre gräns"} & set(named)


@pytest.mark.parametrize(("count", "last", "before"), [(8, "2023", "2021"), (23, "2038", "2034")])
def test_the_axis_has_room_for_its_periods(count: int, last: str, before: str) -> None:
    svg = series_chart(dots([100.0] * count), None, unit="x")
    years = [text for text in texts(svg) if text.startswith("20")]
    assert years[:2] == [last, before]
    assert len(years) <= 8


@pytest.mark.parametrize(
    ("values", "zero"), [([10.0, 100.0], True), ([90.0, 100.0], False), ([0.0, 0.0], False)]
)
def test_the_axis_starts_at_zero_unless_all_lies_high(values: list[float], zero: bool) -> None:
    assert charts.starts_at_zero(dots(list(values), lines=False)) == zero


def test_what_was_expected_counts_where_the_axis_starts() -> None:
    high = [Dot("2022", 2.54), Dot("2023", 2.38)]
    assert not charts.starts_at_zero(high)
    assert charts.starts_at_zero(high, Band("2023", 2.5, 1.0, 4.0))


def test_small_charts_are_as_wide_and_have_their_names() -> None:
    several = [
        small_chart("Kvinnor", dots([100.0, 101.0]), None, unit="hushåll", decimals=0),
        small_chart("Män", dots([None, 123_456.0]), None, unit="hushåll", decimals=0),
    ]
    assert len({drawn(each).get("width") for each in several}) == 1
    for each, name in zip(several, ("Kvinnor", "Män"), strict=True):
        assert texts(each).count(name) == 1
        assert texts(each).count("2016") == 1
    points = [
        drawn(each).xpath("//*[local-name()='path'][@transform and @fill=$dark]", dark=DARK)
        for each in several
    ]
    assert [len(each) for each in points] == [2, 1]


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
    return series_chart(shown, None, unit="besök").svg


def test_the_picture_in_the_guide_is_what_is_drawn() -> None:
    """Made anew by writing `guide_picture()` to the file."""
    assert GUIDE_PICTURE.read_text(encoding="utf-8") == guide_picture() + "\n"


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="without values"):
        series_chart(dots([None, None]), None, unit="x")
    with pytest.raises(ValueError, match="without values"):
        small_chart("Män", dots([None], lines=False), None, unit="x", decimals=0)
    with pytest.raises(ValueError, match="at least one"):
        change_chart([], axis_title="")
    with pytest.raises(ValueError, match="at least one"):
        group_chart([], axis_title="", decimals=0)


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
