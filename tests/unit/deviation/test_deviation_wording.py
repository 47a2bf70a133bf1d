"""Sentences and numbers as a Swedish reader expects them."""

import pytest

from orchestration.deviation import wording
from orchestration.deviation.contrary import Verdict
from orchestration.indicators.models import Area, Indicator, Measure, Polarity


def indicator(measure: Measure, unit: str, title: str = "Antal beslut") -> Indicator:
    return Indicator(
        indicator_id="x",
        title_sv=title,
        area=Area.HEMLOSHET,
        unit=unit,
        polarity=Polarity.NEUTRAL,
        measure=measure,
        definition_sv="d",
        source_id="s",
    )


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (7.2, 1, "7,2"),
        (82576, 0, "82\u00a0576"),
        (-1234.5, 1, "−1\u00a0234,5"),
        (-0.0004, 2, "0,00"),
        (1_000_000, 0, "1\u00a0000\u00a0000"),
    ],
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    assert wording.number(value, decimals) == text


@pytest.mark.parametrize(
    ("measure", "unit", "value", "text"),
    [
        (Measure.PROPORTION, "procent av hushållen", 0.0293, "2,93 procent av hushållen"),
        (Measure.PROPORTION, "procent av brukarna", 0.7, "70,0 procent av brukarna"),
        (Measure.COUNT, "barn", 12.0, "12 barn"),
        (Measure.COUNT, "barn", 4.4, "4,4 barn"),
        (Measure.MEAN, "timmar", 9.0, "9,0 timmar"),
        (Measure.AMOUNT, "kronor", 82576.0, "82\u00a0576 kronor"),
        (Measure.AMOUNT, "kronor", 15.3e9, "15,3 miljarder kronor"),
        (Measure.AMOUNT, "kronor", 2.25e6, "2,2 miljoner kronor"),
        (Measure.AMOUNT, "index 2022 = 100", 108.6, "108,6"),
    ],
)
def test_values_with_units(measure: Measure, unit: str, value: float, text: str) -> None:
    assert wording.figure_with_unit(value, indicator(measure, unit)) == text


def test_changes() -> None:
    assert wording.moved(-0.063) == "minskade med 6,3 procent"
    assert wording.moved(0.17) == "ökade med 17 procent"
    assert wording.moved(0.0) == "ändrades inte"
    assert wording.signed_percent(-0.0996) == "−10 procent"
    assert wording.p_value(0.0004) == "p < 0,001"
    assert wording.p_value(0.0041) == "p = 0,004"
    assert wording.p_value(0.2) == "p = 0,20"


def test_subjects() -> None:
    assert wording.definite("Andel biståndshushåll") == "andelen biståndshushåll"
    assert wording.definite("Genomsnittligt antal timmar") == "det genomsnittliga antalet timmar"
    assert wording.definite("Antalare") == "måttet ”Antalare”"
    assert wording.category("target*kvinnor") == "target, kvinnor"
    assert wording.listing([]) == ""
    assert wording.listing(["a"]) == "a"
    assert wording.listing(["a", "b", "c"]) == "a, b och c"


def test_the_sentence_of_a_change() -> None:
    facts = {
        "observed": 12.0,
        "expected": 38.4,
        "lower": 23.0,
        "upper": 62.0,
        "relative_change": 12 / 38 - 1,
        "previous_year": 2022,
        "p_value": 0.004,
        "breakeven_volatility": 0.38,
        "breakeven_reached": True,
    }
    children = indicator(Measure.COUNT, "barn", "Antal barn")
    assert wording.change_sentence(children, 2023, facts) == (
        "Antalet barn minskade med 68 procent från 2022 till 2023: 12 barn mot väntade 38 "
        "(23–62); p = 0,004. En årlig volatilitet på 0,38 skulle krävas för att det vore slump."
    )
    alone = {**facts, "relative_change": None, "breakeven_reached": False}
    assert wording.change_sentence(children, 2023, alone) == (
        "Antalet barn 2023: 12 barn mot väntade 38 (23–62); p = 0,004."
    )


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_words(verdict: Verdict) -> None:
    related = indicator(Measure.COUNT, "brott", "Antal anmälda brott")
    facts = {"verdict": str(verdict), "related_change": 0.05}
    text = wording.relation_sentence(related, facts)
    assert text.startswith("Antalet anmälda brott ökade med 5,0 procent")
    assert text.endswith(".")
