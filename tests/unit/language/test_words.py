"""Codes in words, and values with their units."""

import re

import pytest

from orchestration.language import grammar, quantities, words
from orchestration.registers.contract import load_contracts


def test_an_unknown_code_is_an_error_and_not_a_leak() -> None:
    with pytest.raises(LookupError, match="brand_new_code"):
        words.word(words.VERDICTS, "brand_new_code")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("total", ""),
        ("kvinnor", "kvinnor"),
        ("man", "män"),
        ("0-6", "0–6 år"),
        ("65+", "65 år och äldre"),
        ("kvinnor*0-6", "kvinnor, 0–6 år"),
        ("socialpsykiatri*man", "män inom socialpsykiatri"),
        ("psykisk_ohalsa", "psykisk ohälsa"),
        ("egen_bostad", "egen bostad"),
    ],
)
def test_categories(code: str, expected: str) -> None:
    assert words.category(code) == expected


def test_a_cross_is_told_in_the_words_of_each_breakdown() -> None:
    assert words.category("skola*halso_sjukvard", "party*reporter") == (
        "skolan, barn i skolåldern, hälso- och sjukvården"
    )
    assert words.category("accepterad*1", "stage*area_category") == (
        "insats accepteras, kategori 1, svagast ställning"
    )
    # What is no cross is never taken for one.
    assert words.category("1-2", "previous_cases") == "1–2"


# What å, ä and ö have become in the registers' codes.
LETTERS_LOST = re.compile(
    r"_|\b(halso|hog|lag|pagar|nara|sol|lvm|hvb|anmal|ansok|manad|langsik|radgiv|storning|sysselsatt|"
    r"umgang|vald|vardnad|aterkom|alder|eget natv|faststall|oppenv|overen|vantar pa|ar\b)"
    r"|ersattning|losning|otill?racklig|forankring|forsorj|oppenvard|samtalsstod|forskola"
)


# The columns whose codes have words of their own breakdown.
BREAKDOWNS = {"anmalare": "reporter", "ej_utredning_skal": "exit_reason", "vidtalade": "party"}


def test_no_code_of_a_register_is_told_without_its_letters() -> None:
    told = {
        (register, name, code): words.category(code, BREAKDOWNS.get(name, ""))
        for register, contract in load_contracts().items()
        for name, column in contract.columns.items()
        for code in column.codes
    }
    assert len(told) > 120
    assert {key: text for key, text in told.items() if LETTERS_LOST.search(text)} == {}


def test_every_kind_of_household_has_a_word() -> None:
    column = load_contracts()["ekonomiskt_bistand_beslut"].columns["hushallstyp"]
    told = {words.category(code, "household_type") for code in column.codes}
    assert len(told) == len(column.codes) == 8
    assert all(re.search("barn|hushåll", each) for each in told)


def test_every_reporter_has_a_word() -> None:
    column = load_contracts()["barn_unga_arenden"].columns["anmalare"]
    told = [words.category(code, "reporter") for code in column.codes]
    assert len(set(told)) == len(column.codes) == 9
    assert not any("_" in each for each in told)
    assert words.category("halso_sjukvard", "reporter") == "hälso- och sjukvården"


@pytest.mark.parametrize(
    ("value", "measure", "unit", "digits", "expected"),
    [
        (12, "count", "barn", 0, "12 barn"),
        (1, "count", "personer", 0, "1 person"),
        (1, "count", "anmälda brott", 0, "1 anmält brott"),
        (7.2, "mean", "timmar per person och månad", 1, "7,2 timmar per person och månad"),
        (1.0, "mean", "timmar per person och månad", 0, "1 timme per person och månad"),
        (0.0221, "proportion", "procent av hushållen", 2, "2,21 procent av hushållen"),
        (0.95, "proportion", "% av kommunerna", 0, "95 procent av kommunerna"),
        (0.71, "proportion", "%", 1, "71,0 procent"),
        (82576, "amount", "kr per person och år", 0, "82 576 kronor per person och år"),
        (2e9, "amount", "kronor", 0, "2,0 miljarder kronor"),
        (93e3, "amount", "kronor per skuldsatt person", 0, "93 000 kronor per skuldsatt person"),
        (108.6, "amount", "index 2022 = 100", 1, "index 108,6"),
    ],
)
def test_quantities(value: float, measure: str, unit: str, digits: int, expected: str) -> None:
    assert quantities.quantity(value, measure, unit, digits).replace("\u00a0", " ") == expected


def test_a_repeated_quantity_drops_the_tail_of_its_unit() -> None:
    hours = quantities.brief_quantity(7.1, "mean", "timmar per person och månad", 1)
    share = quantities.brief_quantity(0.0236, "proportion", "procent av hushållen", 2)
    assert (hours, share) == ("7,1\u00a0timmar", "2,36\u00a0procent")


def test_decimals_keep_a_value_apart_from_the_limit_it_passed() -> None:
    assert quantities.decimals("proportion", "%", [0.0238, 0.0246, 0.0262]) == 2
    assert quantities.decimals("proportion", "%", [0.54, 0.60]) == 1
    assert quantities.decimals("mean", "timmar", [7.2, 9.0]) == 1
    assert quantities.decimals("count", "barn", [12, 22.4]) == 0
    # 2,381 and 2,384 both print as 2,38: one more decimal tells them apart.
    assert quantities.decimals("proportion", "%", [0.02381, 0.02384]) == 3
    # Equal values need no decimals to be told apart; unknown ones are passed over.
    assert quantities.decimals("mean", "timmar", [7.2, None, 7.2]) == 1


def test_titles_become_subjects() -> None:
    assert grammar.definite("Antal barn") == "antalet barn"
    assert grammar.definite("Genomsnittligt antal timmar") == "det genomsnittliga antalet timmar"
    assert grammar.definite("Medianskuld hos Kronofogden") == "medianskulden hos Kronofogden"
    assert grammar.definite("LSS-insatser") == "LSS-insatser"
