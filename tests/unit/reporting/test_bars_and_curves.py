"""Bars and lines as SVG: places that could be measured, what is told apart, what is refused."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from lxml import etree

from orchestration.reporting.bars import (
    Bin,
    Layer,
    PartRow,
    Stage,
    histogram_chart,
    part_chart,
    stacked_chart,
    waterfall_chart,
)
from orchestration.reporting.charts import GroupRow, group_chart
from orchestration.reporting.curves import MOST_LINES, Curve, curve_chart
from orchestration.reporting.svg import DARK, LIGHT, PAPER, Drawing

SVG = "{http://www.w3.org/2000/svg}"


def drawn(drawing: Drawing) -> etree._Element:
    return etree.fromstring(drawing.svg.encode())


def texts(drawing: Drawing) -> list[str]:
    return ["".join(text.itertext()) for text in drawn(drawing).iter(f"{SVG}text")]


def boxes(drawing: Drawing) -> list[tuple[float, float, float, float, str]]:
    """Left, top, width, height and fill of each rectangle."""
    names = ("x", "y", "width", "height")
    return [
        (*(float(each.get(name) or 0) for name in names), each.get("fill") or "")  # type: ignore[misc]
        for each in drawn(drawing).iter(f"{SVG}rect")
    ]


def marks(drawing: Drawing) -> list[tuple[float, float]]:
    found = drawn(drawing).xpath("//*[local-name()='path'][@transform]/@transform")
    return [
        (float(match[1]), float(match[2]))
        for each in found
        if (match := re.fullmatch(r"translate\((.*),(.*)\)", str(each)))
    ]


def hatches(drawing: Drawing) -> int:
    """Lines of more than two pieces, which only hatching has here."""
    return sum((path.get("d") or "").count("M") > 1 for path in drawn(drawing).iter(f"{SVG}path"))


def waterfall() -> Drawing:
    stages = [
        Stage("2022", 400, total=True),
        Stage("Mödrar", -100),
        Stage("Utan barn", 20),
        Stage("2023", 320, total=True),
    ]
    return waterfall_chart(stages, axis_title="beslut", decimals=0)


def parts() -> Drawing:
    rows = [
        PartRow("Jourlägenhet", 9.0, 2.0, 16.0, main=True),
        PartRow("Egen lösning", -30.0, -45.0, -15.0),
        PartRow("Samtalsstöd", 20.0, 18.0, 22.0, hatched=True),
    ]
    return part_chart(rows, axis_title="procent", decimals=0, sign=True)


def stacked() -> Drawing:
    layers = [
        Layer("lån som räknas som inkomst", (10.0, 30.0), main=True),
        Layer("tillgångar", (20.0, 20.0)),
        Layer("ingen längre", (5.0, 0.0)),
    ]
    return stacked_chart(["2022", "2023"], layers, unit="avslag")


def histogram() -> Drawing:
    bins = [Bin(at, at + 1, 10.0 * at, 8.0 * at) for at in range(1, 21)]
    return histogram_chart(
        "Personkretsen",
        bins,
        unit="personer",
        axis_title="timmar i månaden",
        threshold=12,
        threshold_name="Gränsen",
        expected_name="Vad mönstret ger",
    )


def curves(*, stepped: bool = False) -> Drawing:
    lines = [
        Curve("alla avslag", ((1, 60.0), (3, 40.0), (6, 30.0), (12, 20.0)), main=True),
        Curve("egen bostad", ((1, 70.0), (3, 60.0), (6, 50.0), (12, 40.0))),
    ]
    ticks = [(float(at), str(at)) for at in (1, 3, 6, 12)]
    return curve_chart(
        lines, unit="procent", axis_title="månader", ticks=ticks, decimals=0, stepped=stepped
    )


EVERY_KIND = pytest.mark.parametrize("draw", [waterfall, parts, stacked, histogram, curves])


@EVERY_KIND
def test_equal_input_gives_equal_bytes_and_the_page_says_what_it_shows(
    draw: Callable[[], Drawing],
) -> None:
    assert draw() == draw()
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
    assert width <= 358


def test_months_have_the_distance_that_they_have() -> None:
    first = [x for x, _ in marks(curves())[:4]]
    steps = [later - sooner for sooner, later in pairwise(first)]
    # Two months, three and six.
    assert [step / steps[0] for step in steps] == pytest.approx([1, 1.5, 3], abs=0.02)
    assert {"alla avslag: 20", "egen bostad: 40", "månader", "procent"} <= set(texts(curves()))


def test_a_stepped_line_keeps_its_value_until_the_next_point() -> None:
    [line] = [
        path.get("d") or ""
        for path in drawn(curves(stepped=True)).iter(f"{SVG}path")
        if path.get("stroke-width") == "2.5"
    ]
    points = [tuple(map(float, each.split(","))) for each in re.split("[ML]", line) if each]
    assert len(points) == 2 * 4 - 1
    for (x, y), (next_x, next_y) in pairwise(points):
        assert (x == next_x) != (y == next_y)


def test_a_change_hangs_where_the_last_stage_ended() -> None:
    before, mothers, others, after = boxes(waterfall())
    assert before[0] + before[2] == pytest.approx(mothers[0] + mothers[2], abs=0.2)
    assert mothers[0] == pytest.approx(others[0], abs=0.2)
    assert others[0] + others[2] == pytest.approx(after[0] + after[2], abs=0.2)
    # 100 of 400, 20 of 400, and 320 of 400 of the first bar's length.
    lengths = [each[2] / before[2] for each in (mothers, others, after)]
    assert lengths == pytest.approx([0.25, 0.05, 0.8], abs=0.005)
    # What is taken away is hatched, what is added is not, and totals are dark.
    assert [each[4] for each in (before, mothers, others, after)] == [DARK, PAPER, PAPER, DARK]
    assert hatches(waterfall()) == 1 + 3  # three changes of stage, each a broken line
    assert {"400", "−100", "+20", "320", "Mödrar"} <= set(texts(waterfall()))


def test_a_part_has_its_bar_from_nought_and_what_stands_beside_is_hatched() -> None:
    one, other, beside = boxes(parts())
    assert other[0] + other[2] == pytest.approx(one[0], abs=0.2)
    assert [each[2] / one[2] for each in (other, beside)] == pytest.approx([30 / 9, 20 / 9], 0.01)
    assert (one[4], other[4]) == (LIGHT, PAPER)
    assert hatches(parts()) == 2  # the bar beside, and nought along the rows
    assert {"+9", "−30", "+20"} <= set(texts(parts()))


def test_columns_stack_and_every_part_of_the_last_has_its_name() -> None:
    own, more, gone, now, now_more = boxes(stacked())
    assert more[1] + more[3] == pytest.approx(own[1], abs=0.2)
    assert gone[1] + gone[3] == pytest.approx(more[1], abs=0.2)
    assert [each[3] / own[3] for each in (more, gone, now, now_more)] == pytest.approx(
        [2, 0.5, 3, 2], abs=0.02
    )
    assert own[4] == now[4] == DARK != now_more[4]
    shown = texts(stacked())
    assert "tillgångar" in shown
    assert "lån som räknas som" in shown
    assert "ingen längre" not in shown


def test_the_limit_and_the_pattern_stand_where_they_are() -> None:
    root = drawn(histogram())
    columns = boxes(histogram())
    # The twelfth hour's column ends at the limit.
    ends = {round(left + width, 1) for left, _, width, _, _ in columns}
    upright = [
        path.get("d") or "" for path in root.iter(f"{SVG}path") if path.get("stroke-dasharray")
    ]
    [limit] = [each for each in upright if len({p.split(",")[0] for p in each[1:].split("L")}) == 1]
    assert float(limit[1:].split(",")[0]) in ends
    assert {"Gränsen", "Vad mönstret ger", "Personkretsen", "personer"} <= set(texts(histogram()))


def test_groups_around_a_reference_have_what_they_are_drawn_to() -> None:
    rows = [
        GroupRow("Bromma", 1.25, 1.1, 1.4, main=True, shrunken=1.2),
        GroupRow("Farsta", 0.8, 0.6, 1.0, main=False, shrunken=0.9),
    ]
    drawing = group_chart(rows, axis_title="kvot", decimals=2, reference=1.0)
    # The legend's two marks, then a diamond and a dot a row: below one the diamond lies above.
    (_, _, first, one, second, other) = [x for x, _ in marks(drawing)]
    assert first < one
    assert second > other
    assert (one - other) / (first - second) == pytest.approx(0.45 / 0.3, abs=0.02)
    assert {"1,25", "0,80"} <= set(texts(drawing))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="row"):
        part_chart([], axis_title="", decimals=0)
    with pytest.raises(ValueError, match="total"):
        waterfall_chart([Stage("utan början", 1)], axis_title="", decimals=0)
    with pytest.raises(ValueError, match="periods"):
        stacked_chart([], [], unit="")
    with pytest.raises(ValueError, match="another number"):
        stacked_chart(["2022", "2023"], [Layer("en", (1.0,))], unit="")
    with pytest.raises(ValueError, match="bin"):
        histogram_chart("", [], unit="", axis_title="")
    for lines in ([], [Curve("utan punkter", ())], [Curve("en", ((1, 1),))] * (MOST_LINES + 1)):
        with pytest.raises(ValueError, match="point"):
            curve_chart(lines, unit="", axis_title="", ticks=[], decimals=0)
