"""A figure cannot be typed, and every number says what it rests on."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.language.inline import (
    Cell,
    Form,
    Link,
    Note,
    Number,
    Period,
    Quoted,
    Strong,
    Style,
    Term,
    Text,
    capitalised,
    every_number,
    listing,
    plain,
    printed,
    say,
    sentences,
    span,
)

CELL = Cell("marts.indicator_values", (("indicator_id", "a"),), "value")
SHARE = ("proportion", "procent av hushållen")


def number(value: float, form: Form | None = None) -> Number:
    return Number(value, form or Form(), (CELL,))


@given(st.text(), st.sampled_from("0123456789\u00b2\u0663\uff17"), st.text())
def test_a_text_with_a_digit_cannot_be_made(before: str, digit: str, after: str) -> None:
    for make in (Text, lambda text: Term(text, ""), lambda text: Term("ord", text)):
        with pytest.raises(ValueError, match="digit"):
            make(before + digit + after)
    with pytest.raises(ValueError, match="digit"):
        say("{a} b", a=before + digit + after)


def test_a_template_with_a_digit_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="digit"):
        say("minskade med 15 procent {year}", year=Period.year(2023))


def test_a_number_that_rests_on_nothing_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="cell"):
        Number(1.0, Form(), ())


def test_a_sentence_is_read_as_it_is_put_together() -> None:
    hours = Form(Style.BRIEF, 1, "mean", "timmar per person och månad")
    said = say(
        "{subject} var {year} {first} ({limits}), mot {second}{note}.",
        subject=capitalised(Quoted("antalet timmar", "marts.indicators.title_sv", "hours")),
        year=Period.year(2023),
        first=number(9.0, hours),
        limits=span(number(8.8, Form(digits=1)), number(9.2, Form(digits=1))),
        second=Strong((number(7.2, hours),)),
        note=Note((Text("En fotnot."),)),
    )
    assert plain(said).replace("\u00a0", " ") == (
        "Antalet timmar var 2023 9,0 timmar (8,8\u20139,2), mot 7,2 timmar."
    )
    assert [each.value for each in every_number(said)] == [9.0, 8.8, 9.2, 7.2]


def test_words_that_meet_are_one_text_and_nothing_leaves_nothing() -> None:
    assert say("a {b}{c} d", b="b", c="") == (Text("a b d"),)
    assert listing([]) == ()
    assert plain(listing(["a", "b", "c"])) == "a, b och c"
    assert sentences("Ett.", "", "Två.") == (Text("Ett. Två."),)


def test_an_interval_with_a_minus_sign_is_read_with_words() -> None:
    assert plain(span(number(-3, Form()), number(2, Form()))) == "\u22123 till 2"


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (0.0238, Form(Style.FULL, 2, *SHARE), "2,38 procent av hushållen"),
        (0.0238, Form(Style.BRIEF, 2, *SHARE), "2,38 procent"),
        (0.0238, Form(Style.BARE, 2, *SHARE), "2,38"),
        (0.0238, Form(Style.CELL, 2, *SHARE), "2,38 %"),
        (82576, Form(Style.BARE, 0, "amount", "kronor"), "82 576"),
        (-0.063, Form(Style.PERCENT_SIGN, 1, sign=True), "\u22126,3 %"),
        (0.0004, Form(Style.PROBABILITY_SIGN), "< 0,001"),
        (12, Form(Style.CARDINAL), "tolv"),
    ],
)
def test_styles(value: float, form: Form, expected: str) -> None:
    assert printed(value, form).replace("\u00a0", " ") == expected


def test_periods() -> None:
    assert Period.of(date(2017, 5, 1), "month").text == "maj 2017"
    assert Period.of(date(2017, 1, 1), "year").text == "2017"
    assert Period.years(2016, 2023).text == "2016\u20132023"
    assert plain(Link("#a", (Period.day(date(2024, 10, 24)),))) == "24 oktober 2024"
