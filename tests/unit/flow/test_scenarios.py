"""Scenarios as files: a new insats is one file and no code, and each fault is told with its key."""

from pathlib import Path

import pytest

from orchestration.analyses.costs import calculate
from orchestration.flow.scenarios import (
    DIRECTORY,
    ScenarioError,
    change,
    load_scenarios,
    read_scenario,
    with_scenario,
)

NEW = """
insats: Öppen mottagning
price_year: 2024
staff: kurator
source: prov
persons: {value: 250, low: 200, high: 300}
hours_per_person: {value: 1.5}
rate: {value: 600}
"""
SUM = """
insats: Mottagning och gruppsamtal
price_year: 2024
staff: kurator
source: prov
sum_of: [oppen_mottagning, gruppsamtal_rvc]
"""


def written(folder: Path, text: str, name: str = "oppen_mottagning.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(ScenarioError) as told:
        read_scenario(path)
    return str(told.value)


def test_a_new_insats_is_a_file_and_no_code(tmp_path: Path) -> None:
    for path in DIRECTORY.glob("*.yml"):
        written(tmp_path, path.read_text(encoding="utf-8"), path.name)
    before = calculate(load_scenarios(tmp_path)).costs
    written(tmp_path, NEW)
    after = calculate(load_scenarios(tmp_path)).costs
    [added] = [row for row in after if row.scenario_id == "oppen_mottagning"]
    assert (added.insats, added.cost_per_person, added.cost_total) == (
        "Öppen mottagning",
        900.0,
        225_000.0,
    )
    assert [row for row in after if row is not added] == list(before)


def test_a_file_of_ones_own_has_its_parts_beside_it_or_among_the_known(tmp_path: Path) -> None:
    written(tmp_path, NEW)
    found = with_scenario(written(tmp_path, SUM, "bada.yml"), load_scenarios())
    assert sorted(found) == ["bada", "gruppsamtal_rvc", "oppen_mottagning"]
    [row] = [row for row in calculate(found).costs if row.scenario_id == "bada"]
    assert row.exact_per_person == 900.0 + 8_100.0
    missing = written(tmp_path, SUM.replace("gruppsamtal_rvc", "ingenting"), "bada.yml")
    with pytest.raises(ScenarioError, match="sum_of: ingenting är inget scenario"):
        with_scenario(missing, load_scenarios())
    itself = written(tmp_path, SUM.replace("gruppsamtal_rvc", "bada"), "bada.yml")
    with pytest.raises(ScenarioError, match="sum_of: bada"):
        with_scenario(itself, load_scenarios())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("price_year: 2024", "", "price_year: fältet saknas"),
        ("price_year: 2024", "price_year: i fjol", "price_year: ska vara ett heltal"),
        ("value: 600", "value: '600,50'", "rate.value: ska vara ett tal, skrivet med punkt"),
        ("value: 600", "value: .nan", "rate.value: ska vara ett tal"),
        ("rate: {value: 600}", "rate: 600", "rate: ska vara en tabell av namn och värden"),
        ("staff: kurator", "staff: kurator\nstaf: x", "staf: det finns inget sådant fält"),
        ("value: 600", "value: 0", "rate ska vara större än 0"),
        ("value: 250, low: 200", "value: 150, low: 200", "persons: value ska ligga mellan low"),
        (", high: 300", "", "persons: low och high anges båda eller ingen"),
        ("rate: {value: 600}", "", "ange timkostnaden som rate eller som built_rate"),
        ("hours_per_person: {value: 1.5}", "", "ange timmarna som hours_per_person eller som"),
        (
            "hours_per_person: {value: 1.5}",
            "sessions: {value: 2}",
            "hours_per_session saknas: tillfällen anges med",
        ),
        (
            "value: 1.5}",
            "value: 1.5}\nunpriced_hours: {value: 2}",
            "unpriced_hours ska vara mindre",
        ),
        ("value: 1.5}", "value: 1.5}\nno_show: {value: 1}", "no_show ska vara minst 0"),
        (
            "source: prov",
            "source: prov\nsource: igen",
            "filen är inte YAML, eller en nyckel står två gånger",
        ),
        ("source: prov", "source: [", "filen är inte YAML"),
        (
            "source: prov",
            "source: prov\nreadings: [{id: b, title_sv: b, set: {size: 3}}]\nreading_sv: a",
            "readings.b: size finns inte bland talen",
        ),
        (
            "source: prov",
            "source: prov\ndiscount_rate: {value: 0.03}",
            "discount_rate är ett antagande: skriv assumption: true",
        ),
        ("source: prov", "source: prov\nsum_of: [a]", "en summa (sum_of) har inga egna tal"),
    ],
)
def test_a_fault_is_told_with_its_key_and_what_to_do(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in NEW
    message = refused(written(tmp_path, NEW.replace(old, new)))
    assert message.startswith("Scenariot oppen_mottagning.yml kan inte användas:\n- ")
    assert told in message
    assert "Gör så här: rätta filen och kör igen" in message


def test_a_saving_is_an_assumption_and_says_so(tmp_path: Path) -> None:
    saving = """
discount_rate: {value: 0.03, assumption: true}
savings:
  - {id: a, title_sv: A, kind: case_handling, unit_sv: timmar, share: {value: 0.5},
     quantity: {value: 1, assumption: true}, unit_cost: {value: 1, assumption: true}}
"""
    told = refused(written(tmp_path, NEW + saving))
    assert "savings.0: share är ett antagande: skriv assumption: true" in told


def test_what_is_no_scenario_is_told(tmp_path: Path) -> None:
    assert "filens namn är scenariots" in refused(written(tmp_path, NEW, "Öppen.yml"))
    assert "filen ska vara en tabell" in refused(written(tmp_path, "[]", "tom.yml"))
    odd = tmp_path / "odd.yml"
    odd.write_bytes(b"\xff\xfe")
    assert "text i UTF-8" in refused(odd)
    odd.write_bytes(b"a" * 300_000)
    assert "filen är för stor" in refused(odd)
    link = tmp_path / "lank.yml"
    link.symlink_to(odd)
    assert "ingen vanlig fil" in refused(link)
    assert "text i UTF-8" in refused(tmp_path / "saknas.yml")
    with pytest.raises(ScenarioError, match="Inga scenarier"):
        load_scenarios(tmp_path / "tomt")


def test_a_typed_number_is_known_unless_a_range_is_typed() -> None:
    scenarios = load_scenarios()
    for typed, low in (("persons=120", 120.0), ("persons=120:90:150", 90.0)):
        changed = change(scenarios, typed)
        for name, scenario in changed.items():
            if scenarios[name].persons is None:
                assert scenario == scenarios[name]
                continue
            assert scenario.persons is not None
            assert (scenario.persons.value, scenario.persons.spread.low) == (120.0, low)
    own = change(scenarios, "digital_fixare.overhead=0.2")
    assert own["digital_fixare"].overhead is not None
    assert [name for name in own if own[name] != scenarios[name]] == ["digital_fixare"]
    saving = change(scenarios, "foraldralots.familjebehandling.share=0.2")
    assert saving["foraldralots"].savings[1].share.value == 0.2


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("persons", "skriv tal=värde"),
        ("persons=1:2", "skriv tal=värde"),
        ("size=4", "Inget scenario har ett tal size"),
        ("digital_fixare.group_size=4", "Inget scenario har ett tal digital_fixare.group_size"),
        ("rate=dyrt", "rate.value: ska vara ett tal"),
        ("group_fill=2", "group_fill ska vara större än 0 och högst 1"),
    ],
)
def test_a_number_that_cannot_be_is_refused(typed: str, told: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        change(load_scenarios(), typed)
    assert told in str(refused.value)
    assert "Gör så här" in str(refused.value)
