"""Scales, ticks and the canvas that charts are drawn on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from orchestration.reporting.svg import Canvas, Scale, text_width, ticks_over

VALUES = st.lists(
    st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda value: round(value, 4)),
    min_size=1,
    max_size=8,
)


@given(values=VALUES, zero=st.booleans(), about=st.integers(2, 8))
def test_ticks_are_even_and_reach_over_the_values(
    values: list[float], zero: bool, about: int
) -> None:
    found = ticks_over(values, zero=zero, about=about)
    steps = [b - a for a, b in zip(found.values, found.values[1:], strict=False)]
    assert steps
    assert all(math.isclose(step, steps[0], rel_tol=1e-6) for step in steps)
    assert found.values[0] <= min(values) + 1e-6 * steps[0]
    assert found.values[-1] >= max(values) - 1e-6 * steps[0]
    assert not zero or 0 in found.values
    assert len(found.values) <= 2 * about + 2
    assert len(set(found.texts())) == len(found.values)


@pytest.mark.parametrize(
    ("values", "zero", "about", "texts"),
    [
        ([12, 59], True, 5, ["0", "10", "20", "30", "40", "50", "60"]),
        ([2.38, 2.54], False, 4, ["2,35", "2,40", "2,45", "2,50", "2,55"]),
        ([82576, 0], True, 4, ["0", "20\u00a0000", "40\u00a0000", "60\u00a0000", "80\u00a0000"]),
        ([-6.3, 12.0], True, 4, ["\u221210", "\u22125", "0", "5", "10", "15"]),
        ([0, 0], True, 2, ["0,0", "0,5", "1,0"]),
        ([7, 7], False, 2, ["6,0", "6,5", "7,0", "7,5", "8,0"]),
    ],
)
def test_ticks_that_are_known(
    values: list[float], zero: bool, about: int, texts: list[str]
) -> None:
    assert ticks_over(values, zero=zero, about=about).texts()[: len(texts)] == texts


def test_a_scale_places_values_between_its_ends() -> None:
    upwards = Scale(0, 50, 200, 0)
    assert [upwards.at(value) for value in (0, 25, 50)] == [200, 100, 0]


def test_widths_are_those_of_the_font() -> None:
    # Helvetica's metrics: i 222, W 944 (as the widest), digits 556 thousandths.
    assert text_width("2023") == pytest.approx(4 * 0.556 * 13)
    assert text_width("iii") < text_width("000") < text_width("WWW")
    assert text_width("12", bold=True) > text_width("12")


def test_the_canvas_holds_all_that_is_drawn_and_escapes_what_is_written() -> None:
    canvas = Canvas()
    canvas.line([(0, 0), (100, 50)], colour="#000000", width=1)
    canvas.text("<b> & en lång text som når långt ut", 90, 20)
    written = canvas.finished().svg
    root = etree.fromstring(written)
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top) == (-6, -6)
    assert left + width >= 90 + text_width("<b> & en lång text som når långt ut")
    assert top + height >= 50
    assert [element.tag for element in root.iter("{*}b")] == []
    assert "<b> & en lång" in "".join(root.itertext())


def test_a_line_of_no_points_leaves_nothing() -> None:
    canvas = Canvas()
    canvas.lines([[], []], colour="#000000", width=1)
    canvas.box(0, 0, 1, 1, fill="#ffffff")
    root = etree.fromstring(canvas.finished().svg)
    assert not list(root.iter("{*}path"))
