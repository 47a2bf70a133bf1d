"""Formats against how Swedish statistics print them, and against reading them back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.language import dates, grammar, numbers


def plain(text: str) -> str:
    """The text with ordinary spaces, so that expected values can be read."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (7.2, 1, "7,2"),
        (9.0, 1, "9,0"),
        (82576, 0, "82 576"),
        (1234567.891, 2, "1 234 567,89"),
        (-6.3, 1, "−6,3"),
        (999, 0, "999"),
        (1000, 0, "1 000"),
        (0.125, 2, "0,13"),  # half away from zero, not to even
        (2.675, 2, "2,68"),  # the text of the number, not its binary neighbour 2,67499...
        (-0.04, 1, "0,0"),  # no minus sign before a printed zero
    ],
)
def test_number(value: float, decimals: int, expected: str) -> None:
    assert plain(numbers.number(value, decimals)) == expected


def test_a_number_never_breaks_between_lines() -> None:
    assert numbers.number(82576) == "82\u00a0576"
    assert numbers.percent(0.5, 0) == "50\u00a0procent"
    assert numbers.kronor(82576) == "82\u00a0576\u00a0kronor"


def test_sign_is_printed_on_request_but_never_on_zero() -> None:
    assert numbers.number(5.0, 1, sign=True) == "+5,0"
    assert numbers.number(0.01, 1, sign=True) == "0,0"


def test_only_finite_numbers_and_whole_decimals_are_accepted() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            numbers.number(value)
    with pytest.raises(ValueError, match="negative"):
        numbers.number(1.0, -1)


@given(
    st.floats(min_value=-1e12, max_value=1e12, allow_nan=False),
    st.integers(min_value=0, max_value=6),
)
def test_a_printed_number_reads_back_to_within_half_a_unit(value: float, decimals: int) -> None:
    text = numbers.number(value, decimals)
    read = Decimal(text.replace("\u00a0", "").replace("−", "-").replace(",", "."))
    assert abs(read - Decimal(repr(value))) <= Decimal(1).scaleb(-decimals) / 2
    assert text.count(",") == (1 if decimals else 0)
    whole = text.partition(",")[0].lstrip("−")
    assert all(len(group) == 3 for group in whole.split("\u00a0")[1:])


def test_per_cent_points_and_amounts() -> None:
    assert plain(numbers.percent(-0.063)) == "−6,3 procent"
    assert plain(numbers.percent_short(0.05, sign=True)) == "+5,0 %"
    assert plain(numbers.percentage_points(0.15, 0)) == "15 procentenheter"
    assert plain(numbers.percentage_points(0.01, 0)) == "1 procentenhet"
    # 0.07 * 100 is 7.000000000000001 in binary; 1.5 % must round up to 2.
    assert plain(numbers.percent(0.015, 0)) == "2 procent"
    assert plain(numbers.kronor(82576)) == "82 576 kronor"
    assert plain(numbers.kronor(1)) == "1 krona"
    assert plain(numbers.kronor_rounded(2_000_000_000)) == "2,0 miljarder kronor"
    assert plain(numbers.kronor_rounded(15_400_000)) == "15,4 miljoner kronor"
    assert plain(numbers.kronor_rounded(93_000)) == "93 000 kronor"


def test_p_values() -> None:
    assert plain(numbers.p_value(0.0031)) == "0,003"
    assert plain(numbers.p_value(0.00031)) == "mindre än 0,001"
    assert plain(numbers.p_value_short(0.00031)) == "< 0,001"
    assert plain(numbers.p_value(1)) == "1,000"
    with pytest.raises(ValueError, match="between 0 and 1"):
        numbers.p_value(1.2)


def test_an_interval_with_a_minus_sign_is_written_in_words() -> None:
    assert numbers.interval(24, 55) == "24–55"
    assert numbers.interval(-3, 2, 1) == "−3,0 till 2,0"


def test_lists_counts_and_case() -> None:
    assert grammar.enumeration([]) == ""
    assert grammar.enumeration(["a"]) == "a"
    assert grammar.enumeration(["a", "b"]) == "a och b"
    assert grammar.enumeration(["a", "b", "c"]) == "a, b och c"
    assert grammar.enumeration(["a", "b"], "eller") == "a eller b"
    assert [numbers.cardinal(n) for n in (0, 3, 12, 13)] == ["noll", "tre", "tolv", "13"]
    assert grammar.sentence_case("åtta hushåll i SoL") == "Åtta hushåll i SoL"
    assert grammar.mid_sentence("Antal barn") == "antal barn"
    assert grammar.mid_sentence("FREDA-kortfrågor") == "FREDA-kortfrågor"


def test_dates_and_moments() -> None:
    assert dates.day(date(2024, 10, 24)) == "24 oktober 2024"
    assert dates.month(date(2017, 5, 1)) == "maj 2017"
    assert dates.years(2016, 2023) == "2016–2023"
    assert dates.years(2023, 2023) == "2023"
    # Summer and winter time in Stockholm.
    assert dates.timestamp(datetime(2026, 7, 1, 22, 5, tzinfo=UTC)) == "2 juli 2026 kl. 00.05"
    assert dates.timestamp(datetime(2026, 11, 22, 2, 30, tzinfo=UTC)) == (
        "22 november 2026 kl. 03.30"
    )
    with pytest.raises(ValueError, match="time zone"):
        dates.timestamp(datetime(2026, 1, 1))  # noqa: DTZ001 - the case under test


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (2023, "2023"),
        (-9999, "−9999"),
        (12345, "12\u00a0345"),
        (12345.5, "12\u00a0345,5"),
        (0.0712, "0,0712"),
        (0.123456789, "0,123457"),
        (-0.25, "−0,25"),
        (1234567.25, "1\u00a0234\u00a0567"),
        (1.5e-9, "1,5e−09"),
        (Decimal("10.50"), "10,50"),
        (Decimal("NaN"), ""),
        (float("nan"), "inget tal"),
        (float("-inf"), "−∞"),
    ],
)
def test_a_number_of_which_nothing_is_known(value: float | Decimal, text: str) -> None:
    assert numbers.as_it_is(value) == text
