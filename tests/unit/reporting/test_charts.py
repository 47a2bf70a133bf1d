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
    Panel,
    change_chart,
    group_chart,
    panel_chart,
    series_chart,
    spark_lines,
)
from orchestration.reporting.svg import Labels

LABELS = Labels("figur-1", "Antal hushåll", "Linjediagram i hushåll.")
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


def drawn(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in drawn(svg).iter(f"{SVG}text")]


def dashed(svg: str) -> int:
    lines = drawn(svg).xpath("//*[local-name()='path'][@stroke-dasharray]")
    return sum("L" in (line.get("d") or "") for line in lines)


def yearly(figure_id: str = "figur-1") -> str:
    values = [41, 36, None, 44, 35, 39, 38, 12]
    return series_chart(
        [Dot(str(year), value) for year, value in enumerate(values, start=2016)],
        Band("2023", 38.4, 22, 59),
        unit="barn",
        decimals=0,
        labels=replace(LABELS, figure_id=figure_id),
    )


def changes(label: str = "skulder") -> str:
    rows = [ChangeRow("hushåll", -6.3, main=True), ChangeRow(label, 12.0, main=False)]
    return change_chart(rows, axis_title="förändring, procent", labels=LABELS)


def groups() -> str:
    rows = [
        GroupRow("funktionsnedsättning", 9.0, 8.8, 9.2, main=True),
        GroupRow("socialpsykiatri", 7.2, None, None, main=True),
    ]
    return group_chart(rows, axis_title="timmar", decimals=1, labels=LABELS)


def panels() -> str:
    return panel_chart([Panel("Kvinnor", tuple(dots([100.0, 101.0])))], labels=LABELS)


EVERY_KIND = pytest.mark.parametrize("draw", [yearly, changes, groups, panels])


@EVERY_KIND
def test_equal_input_gives_equal_bytes(draw: Callable[[], str]) -> None:
    assert draw() == draw()


def test_the_values_are_written_in_swedish() -> None:
    assert {"12", "väntat 38", "barn", "2016", "2023", "Utfall"} <= set(texts(yearly()))
    assert {"−6,3\u00a0%", "+12,0\u00a0%"} <= set(texts(changes()))
    assert {"9,0", "7,2", "timmar"} <= set(texts(groups()))


def test_axis_labels_have_a_decimal_comma() -> None:
    rows = [Dot("2022", 2.54), Dot("2023", 2.38)]
    shown = texts(series_chart(rows, None, unit="procent", decimals=2, labels=LABELS))
    assert len([text for text in shown if re.fullmatch(r"\d,\d+", text)]) >= 3
    assert not [text for text in shown if re.search(r"\d\.\d", text)]


@EVERY_KIND
def test_a_chart_has_a_name_and_a_description(draw: Callable[[], str]) -> None:
    root = drawn(draw())
    assert root.get("role") == "img"
    ids = (root.get("aria-labelledby") or "").split()
    described = [root.xpath(f"//*[@id='{each}']")[0].text for each in ids]
    assert described == ["Antal hushåll", "Linjediagram i hushåll."]
    inner = [element for element in root.iter() if element is not root]
    assert not [name for each in inner for name in each.attrib if str(name).startswith("aria-")]


@EVERY_KIND
def test_nothing_is_drawn_outside_the_chart(draw: Callable[[], str]) -> None:
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
    [box] = root.xpath("//*[local-name()='rect'][@fill='#9db4c8']")
    marks = root.xpath("//*[local-name()='path'][@transform][@fill='#ffffff']/@transform")
    heights = [float(re.findall(r"[\d.-]+", str(mark))[1]) for mark in marks]
    top, height = float(box.get("y")), float(box.get("height"))
    inside = [y for y in heights if top < y < top + height]
    # 38,4 lies at 0,443 of the way from 22 to 59.
    assert inside == [pytest.approx(top + height * (1 - 0.4432), abs=0.2)]


def test_ids_differ_between_figures_so_that_they_can_share_a_page() -> None:
    first, second = (set(re.findall(r'id="([^"]+)"', yearly(f"figur-{n}"))) for n in (1, 2))
    assert first
    assert not first & second


def test_hostile_labels_stay_text() -> None:
    svg = changes(HOSTILE)
    assert not drawn(svg).xpath("//*[local-name()='script']")
    assert "&lt;script&gt;" in svg


@EVERY_KIND
def test_no_reference_leaves_the_figure(draw: Callable[[], str]) -> None:
    svg = draw()
    assert "href" not in svg
    assert "url(" not in svg
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {"http://www.w3.org/2000/svg"}


def test_marks_differ_in_lightness_in_a_grey_printout() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
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
    svg = series_chart(dots([110.0, 100.0, 90.0]), None, unit="hushåll", labels=LABELS)
    named = {"medelvärde", "undre gräns", "övre gräns", "hushåll", "2016", "2018"}
    assert named <= set(texts(svg))
    assert dashed(svg) == 2
    large = series_chart(dots([10000.0, 9000.0], lines=False), None, unit="x", labels=LABELS)
    assert "10\u00a0000" in texts(large)


def test_it_is_told_to_those_who_listen() -> None:
    root = drawn(series_chart(dots([95.0, 105.0]), None, unit="hushåll", labels=LABELS))
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
    told = set(texts(series_chart(mixed, band, unit="hushåll", labels=LABELS)))
    assert {*marks, charts.EXPECTED} <= told
    assert not (
        {*marks[2:], charts.EXPECTED}
        & set(texts(series_chart(plain, None, unit="hushåll", labels=LABELS)))
    )


def test_segments_have_lines_of_their_own() -> None:
    one = dots([100.0, 101.0, 99.0, 100.0])
    two = [*one[:2], *(replace(dot, segment=2, centre=200.0) for dot in one[2:])]
    # Two limits a segment.
    assert dashed(series_chart(one, None, unit="x", labels=LABELS)) == 2
    assert dashed(series_chart(two, None, unit="x", labels=LABELS)) == 4


def test_a_gap_breaks_the_line_and_not_the_limits() -> None:
    def moves(values: list[float | None]) -> list[int]:
        """How often each drawn line is begun: the limits, the mean, the values."""
        gap = [
            replace(dot, segment=None, centre=None, lower=None, upper=None)
            if dot.value is None
            else dot
            for dot in dots(values)
        ]
        root = drawn(series_chart(gap, None, unit="x", labels=LABELS))
        lines = root.xpath("//*[contains(@stroke-width, '1.5') or @stroke-width='2']/@d")
        return [str(line).count("M") for line in lines if "L" in str(line)]

    assert moves([100.0, 101.0, 99.0, 100.0, 101.0]) == [1, 1, 1, 1]
    assert moves([100.0, 101.0, None, 100.0, 101.0]) == [1, 1, 1, 2]


def test_without_limits_none_are_drawn_or_named() -> None:
    svg = series_chart(dots([1.0, 2.0], lines=False), None, unit="x", labels=LABELS)
    assert dashed(svg) == 0
    assert "medelvärde" not in texts(svg)


def test_lines_that_meet_have_one_name() -> None:
    level = [replace(dot, lower=100.0, upper=100.0) for dot in dots([100.0, 100.0, 100.0])]
    named = texts(series_chart(level, None, unit="x", labels=LABELS))
    assert named.count("medelvärde") == 1
    assert not {"övre gräns", "undre gräns"} & set(named)


@pytest.mark.parametrize(("count", "first", "second"), [(8, "2016", "2017"), (23, "2016", "2019")])
def test_the_axis_has_room_for_its_periods(count: int, first: str, second: str) -> None:
    svg = series_chart(dots([100.0] * count), None, unit="x", labels=LABELS)
    years = [text for text in texts(svg) if text.startswith("20")]
    assert years[:2] == [first, second]
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


def test_panels_share_periods_and_have_their_names() -> None:
    several = [
        Panel("Kvinnor", tuple(dots([100.0, 101.0]))),
        Panel("Män", tuple(dots([None, 300.0]))),
        Panel("Uppgift saknas", tuple(dots([None, None], lines=False))),
    ]
    svg = panel_chart(several, labels=LABELS)
    shown = texts(svg)
    assert [shown.count(each.name) for each in several] == [1, 1, 1]
    assert shown.count("2016") == 3
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
    return series_chart(shown, None, unit="besök", labels=labels)


def test_the_picture_in_the_guide_is_what_is_drawn() -> None:
    """Made anew by writing `guide_picture()` to the file."""
    assert GUIDE_PICTURE.read_text(encoding="utf-8") == guide_picture() + "\n"


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="without values"):
        series_chart(dots([None, None]), None, unit="x", labels=LABELS)
    with pytest.raises(ValueError, match="without values"):
        panel_chart([Panel("Män", tuple(dots([None], lines=False)))], labels=LABELS)
    with pytest.raises(ValueError, match="at least one"):
        change_chart([], axis_title="", labels=LABELS)
    with pytest.raises(ValueError, match="at least one"):
        group_chart([], axis_title="", decimals=0, labels=LABELS)


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
