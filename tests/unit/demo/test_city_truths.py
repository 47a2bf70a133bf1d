"""A file of truths is read strictly, changes what it says and nothing else, and is acted on."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.demo import assistance, child_estimands, estimands, violence
from orchestration.demo.children import CaseYear, cases_of
from orchestration.demo.city import city_model
from orchestration.demo.people import People
from orchestration.demo.population import women_per_man
from orchestration.demo.sampling import NO_DAY, first_day, year_of
from orchestration.demo.sex_ratios import ALIKE, sex_ratios
from orchestration.demo.truths import Truths, TruthsError
from tests.truths.city_dispersion import dispersion

# The names that cities written by others use.
NAMES = {
    "refusal": {
        *("hazard_by_spell", "first_application", "year_2023", "new_groups_2023"),
        *("consistency", "board", "return"),
    },
    "protected": {"response", "substitution", "linkage"},
    "support": {"grant_from", "equal_treatment"},
    "child": {"contacted", "reason_by_category", "guardian_declines", "context", "rereferral"},
}
OF_OTHERS = """
refusal.year_2023: 1.5
refusal:
  hazard_by_spell: [1, 1, 1, 1, 1, 1]
  board: {Skarpnäck: 2.0}
  return: {never: 0.5}
protected:
  response: {shelter_2023: {with_children: 0.5}}
  substitution: {jourlagenhet: 0, egen_losning: 0, unexplained: 1}
support:
  grant_from: 2020-07
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sanningar.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_day_of_the_grant_is_said_once_to_the_analysis_and_to_the_city() -> None:
    with Path("dbt_project/seeds/constants.csv").open(encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert row["valid_from"] == f"{Truths.default().support.grant_from['from']}-01"
    assert row["valid_from_synthetic"] == "true"
    assert str(estimands.GRANT_SINCE) == row["valid_from"][:4]


def test_a_grant_of_another_month_gives_a_smaller_step() -> None:
    """Of July 2020, three and a half of the six years that the analysis puts on its side are."""
    steps = [
        next(
            each.value
            for each in estimands.housing_support_truths(
                city_model(seed=3, truths=Truths.changed({"support": {"grant_from": month}}))
            )
            if each.estimand_id == "3.5"
        )
        for month in ("2018-01", "2020-07")
    ]
    assert steps[1] / steps[0] == pytest.approx(3.5 / 6, rel=1e-9)


def test_every_name_is_there() -> None:
    default = Path("orchestration/demo/default_truths.yml").read_text("utf-8")
    groups = [line.removesuffix(":") for line in default.splitlines() if line[:1].isalpha()]
    assert groups == [*NAMES, "equality", "stability"]
    for group, names in NAMES.items():
        block = default.partition(f"\n{group}:\n")[2]
        for name in names:
            assert f"\n  {name}:" in f"\n{block}", name


def test_a_file_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    default, changed = Truths.default(), Truths.read(written(tmp_path, OF_OTHERS))
    assert changed.refusal.year_2023 == 1.5
    assert set(changed.refusal.hazard_by_spell.values()) == {1.0}
    assert changed.refusal.board == {**default.refusal.board, "Skarpnäck": 2.0}
    assert changed.refusal.returning == {**default.refusal.returning, "never": 0.5}
    assert changed.refusal.first_application == default.refusal.first_application
    assert changed.protected.response["shelter_2023"] == {
        "with_children": 0.5,
        "without_children": 1.0,
    }
    assert changed.support.grant_from == {"from": "2020-07", "share": 0.35}
    assert changed.child == default.child
    assert Truths.read(written(tmp_path, "")) == default


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("refusal: {year_2024: 1}", "refusal.year_2024: namnet finns inte"),
        ("avslag: {year_2023: 1}", "avslag: namnet finns inte"),
        ("refusal: {year_2023: många}", "refusal.year_2023: ett tal mellan 0.05 och 20 väntades"),
        ("refusal: {year_2023: -1}", "refusal.year_2023: ett tal mellan"),
        ("refusal: {year_2023: .nan}", "refusal.year_2023: ett tal mellan"),
        ("refusal: {board: {Atlantis: 2}}", "refusal.board.Atlantis: namnet finns inte"),
        ("refusal: {hazard_by_spell: [1, 2]}", "ett värde för vart och ett av 1, 2-3"),
        ("protected: {substitution: {unexplained: 0.5}}", "delarna ska bli 1 tillsammans"),
        ("support: {grant_from: 2035-01}", "en månad mellan 2016-01 och 2023-12"),
        ("- en lista", "är ingen tabell"),
        ("refusal: {", "rad 1: filen är inte YAML"),
    ],
)
def test_a_fault_is_told_with_place_and_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TruthsError) as refused:
        Truths.read(written(tmp_path, text))
    message = str(refused.value)
    assert message.startswith("sanningar.yml")
    assert told in message
    assert "Gör så här: " in message


def test_a_demand_for_a_city_writes_its_truths_outside_the_inbox(tmp_path: Path) -> None:
    home = tmp_path / "hem"
    file = written(tmp_path, OF_OTHERS)
    typed = ["demo", "--truths", str(file), "--mode", "drawn", "--seed", "5", "--scale", "0.01"]
    result = CliRunner().invoke(app, [*typed, "--home", str(home)])
    assert result.exit_code == 0, result.output
    assert not list((home / "inbox").rglob("truth.json"))
    truth = json.loads((home / "truth.json").read_text("utf-8"))
    assert (truth["seed"], truth["scale"], truth["mode"]) == (5, 0.01, "drawn")
    assert truth["truths"]["refusal"]["year_2023"] == 1.5
    values = {(each["estimand_id"], each["category"]): each["value"] for each in truth["estimands"]}
    asked = {
        *("1.2", "1.4", "1.5", "1.6", "1.7_granted_3", "1.7_contrast", "1.8", "2.3", "2.4", "2.7"),
        *("2.8", "3.3", "3.3_hours", "3.4", "3.5", "3.7", "1.1", "1.3_rate", "1.4_any", "1.9_sum"),
        *("2.6", "3.1_hours", "3.2", "3.9", "3.10", "8.1"),
        *("5.1", "5.2", "5.2_vardnadshavare_vill_inte", "5.4", "5.4_difference", "5.5", "5.6_12"),
        *("5.7", "5.8", "5.10_boys", "5.10_reason", "5.10_step", "5.11"),
    }
    assert asked <= {estimand for estimand, _ in values}
    # No emergency flat and no solution of one's own took over; half of the mothers' places went.
    assert values["2.4", "unexplained"] == 1.0
    assert values["1.8", "0180-skarpnack"] > 1.2
    # The same inbox cannot become another city.
    again = CliRunner().invoke(app, [*typed, "--home", str(home)])
    assert again.exit_code == 2
    assert "Inkorgen har redan leveranser" in " ".join(again.output.split())


def test_truths_are_closed_form_where_there_is_one() -> None:
    model = city_model(mode="drawn")
    before, now = (violence.response_shares(model, year) for year in (2022, 2023))
    # .64 of the mothers' shelter; a third of what is missing is taken over, less than a tenth of it
    # by emergency flats.
    assert now[1, 0] == pytest.approx(0.64 * before[1, 0])
    assert now[1, 1] - before[1, 1] == pytest.approx(0.09 * 0.36 * before[1, 0])
    assert now[1, 2] - before[1, 2] == pytest.approx(0.30 * 0.36 * before[1, 0])
    np.testing.assert_allclose(now[0], before[0])
    np.testing.assert_allclose(now.sum(axis=1), 1.0)


def test_a_spell_ends_when_nothing_is_open_and_the_next_report_ends_the_wait() -> None:
    """Child 1: two cases that overlap, closed on the hundredth day, and a third fifty days later.

    Child 2 has a case that is open still; child 3 is never seen again; child 4 is sixteen.
    """
    first = first_day(2022)
    person, day, closed, age, earlier, stage = np.array(
        [
            (2, 0, NO_DAY, 9, 0, 2),
            (1, 0, 100, 9, 0, 5),
            (1, 50, 80, 9, 1, 1),
            (1, 150, 160, 9, 2, 2),
            (3, 10, 30, 4, 3, 1),
            (4, 10, 30, 16, 0, 1),
        ]
    ).T
    number = len(person)
    none, nothing = np.zeros(number), np.zeros((number, 1))
    cases = CaseYear(
        person=person,
        category=np.ones(number, dtype=np.int64),
        male=np.zeros(number, dtype=np.bool_),
        age=age,
        day=first + day,
        earlier=earlier,
        counted=closed != NO_DAY,
        closed=np.where(closed == NO_DAY, NO_DAY, first + closed),
        stage=stage,
        by_child=none,
        accepts=none,
        contacted=nothing,
        reasons=nothing,
        without=nothing,
    )
    days, again, history, outcome = child_estimands._closings([cases], 2022)
    assert days.tolist() == [50, 364 - 160, 364 - 30]
    assert again.tolist() == [1, 0, 0]
    # No case before the first, two before the third, and three before that of child 3.
    assert history.tolist() == [0, 1, 2]
    assert outcome.tolist() == [2, 1, 0]


def test_a_stadsdels_own_index_gives_what_is_declared() -> None:
    """Before boards were merged; what their levels have besides the index takes some of it."""
    slopes = []
    for declared in (-0.0075, -0.02):
        context = {"log_rate_per_unit": declared}
        context |= dict.fromkeys(("Hässelby strand", "Rågsved", "Vårberg"), 1)
        model = city_model(seed=3, truths=Truths.changed({"child": {"context": context}}))
        slopes.append({name: value for name, value, *_ in child_estimands._slopes(model, 2018)})
        line = np.exp(10 * (-0.013 + declared))
        assert slopes[-1]["5.8_within"] == pytest.approx(line, rel=0.04)
    assert slopes[1]["5.8_within"] / slopes[0]["5.8_within"] == pytest.approx(
        np.exp(10 * (-0.02 + 0.0075)), rel=0.03
    )
    assert slopes[1]["5.8_between"] == pytest.approx(slopes[0]["5.8_between"], rel=0.01)


def test_the_childrens_truths_are_what_is_declared() -> None:
    changes = {
        "context": {"log_rate_per_unit": -0.02, "Hässelby strand": 1, "Rågsved": 1, "Vårberg": 1},
        "guardian_declines": {"vardnadshavare_vill_inte": {"1": 0.5}},
        "rereferral": {"after_insats_7_17": 0.2, "after_insats_0_6": 0.2},
    }
    found = []
    for changed in ({}, changes):
        model = city_model(seed=3, truths=Truths.changed({"child": changed}), mode="drawn")
        years = cases_of(replace(model, scale=0.3))
        values = child_estimands.values(model, [years[:6]], 2021)
        found.append({(name, category): value for name, value, category, _ in values})
    default, other = found
    declared = {"1": 0.26, "2": 0.20, "3": 0.18, "4": 0.16}
    for category, share in declared.items():
        assert default["5.2_vardnadshavare_vill_inte", category] == share
    assert other["5.2_vardnadshavare_vill_inte", "1"] == 0.5
    assert other["5.2_vardnadshavare_vill_inte_difference", "total"] == pytest.approx(0.34)
    assert other["5.8", "total"] < default["5.8", "total"]
    # After an insats children come back more seldom; after nothing the places are theirs.
    assert other["5.6_12", "insats"] < 0.7 * default["5.6_12", "insats"]
    assert other["5.6_12", "forhandsbedomning"] > default["5.6_12", "forhandsbedomning"]
    # Reasons whose sexes the documents tell (RS06 to RS09).
    for reason, boys in (("beteendeproblematik", 0.71), ("missbruk_barn", 0.70),
                         ("ovrig_kriminalitet", 0.75), ("psykisk_ohalsa", 0.48)):  # fmt: skip
        assert default["5.10_boys", reason] == pytest.approx(boys, abs=0.03)
    parts = [default["5.5", step] for step in ("utredning", "erbjuden", "accepterad", "beviljad")]
    assert sum(parts) == pytest.approx(default["5.5", "total"])
    assert default["5.11", "total"] == pytest.approx(
        1 - (0.3**2 + 0.34**2 + 0.1**2 + 0.12**2 + 0.07**2 + 0.04**2 + 0.03**2)
    )
    assert default["5.4_difference", "total"] == pytest.approx(0.37 - 0.62, abs=0.03)


def test_without_the_grant_nobody_is_lifted_and_none_is_told() -> None:
    truths = Truths.changed({"support": {"grant_from": {"share": 0}}})
    found = {
        (each.estimand_id, each.category): each.value
        for each in estimands.housing_support_truths(city_model(truths=truths, mode="drawn"))
    }
    assert found["3.3", "total"] == found["3.3_hours", "total"] == found["3.5", "total"] == 0.0
    # Two groups of so many persons give the difference that is declared.
    assert found["3.7", "total"] == pytest.approx(2.5, abs=0.06)


def test_a_year_without_a_rise_has_none() -> None:
    """The odds of 2023 are a truth: at one the level is the year before's, at two it is not."""
    rates = []
    for odds in (1.0, 2.0):
        truths = Truths.changed({"refusal": {"year_2023": odds}})
        year = assistance.decisions_of(city_model(seed=3, scale=0.2, truths=truths, mode="drawn"))
        rates.append([(each.ground >= 0).mean() for each in year[-2:]])
    assert rates[0][1] == pytest.approx(rates[0][0], rel=0.06)
    assert rates[1][1] > 1.25 * rates[1][0]


def shares_of(seed: int) -> dict[str, tuple[int, int]]:
    """Shares of the households and the victims of a year in a calibrated city."""
    model = city_model(seed=seed, scale=0.1)
    year = assistance.decisions_of(model)[5]
    _, first = np.unique(year.household[year.granted], return_index=True)
    cases = violence.cases_of(People(model.generator("personer")), None, model)
    new = cases.victim & (year_of(cases.reported) == 2021)
    found = {
        "single men": year.kind[year.granted][first] == 0,
        "lodgers": year.housing[year.granted][first] == 2,
        "in Södermalm": year.area[year.granted][first] == 7,
        "in Farsta": year.area[year.granted][first] == 10,
        "refused in part": year.outcome[year.granted][first] == 1,
        "children at home": cases.children[new],
        "placed": cases.response[new] == 0,
        "victims in Farsta": cases.found.area[new] == 10,
        "men": cases.found.male[new],
    }
    return {name: (int(each.sum()), each.size) for name, each in found.items()}


def test_cities_differ_as_chance_makes_them() -> None:
    """A little of `tests.truths.city_dispersion`; a city without chance has about .3."""
    found = dispersion([shares_of(seed) for seed in range(12)])
    assert len(found) == 9
    assert 0.7 < sum(found.values()) / len(found) < 1.3, found


def test_a_home_of_ones_own_is_a_ground_for_owners_alone() -> None:
    own = assistance.GROUNDS.index("eget_agande_bostad")
    rows = 0
    for year in assistance.decisions_of(city_model(seed=3, scale=0.2)):
        refused = year.ground == own
        rows += int(refused.sum())
        assert set(year.housing[refused]) <= {1}
    assert rows > 200


def ratios(truths: dict[str, object]) -> dict[str, float]:
    model = city_model(truths=Truths.changed(truths), scale=0.02, mode="drawn", seed=3)
    years, _, granted = assistance.amounts_of(model)
    return sex_ratios(model, 2023, [(years[-1], granted)], [model])


def test_women_stand_to_men_as_the_truths_say() -> None:
    """By hand: .31 women of the users, .54 boys of the cases, 1 562 of 1 562 + 516 supported."""
    found = ratios({})
    girls, women = women_per_man(2023)
    assert girls == pytest.approx(487 / 513)
    # As many of them as of men but for the oldest.
    assert 1.0 < women < 1.03
    assert found["substance_use_persons"] * women == pytest.approx(31 / 69)
    assert found["child_cases"] * girls == pytest.approx(46 / 54)
    assert found["housing_support_share*socialpsykiatri"] == pytest.approx(
        0.7517 / 0.6351, abs=5e-4
    )
    assert found["ipv_victims_known"] * women == pytest.approx(88 / 12)
    # 56 of 100 men and 140 of 184 women; then 18 in a hundred of both, and .62 x .24 x .56 again.
    assert found["substance_use_outpatient_share"] == pytest.approx(0.8204 / 0.6694, abs=5e-4)
    assert found["substance_use_compulsory_share"] == pytest.approx(1.0, abs=5e-3)
    assert {found[name] for name in ALIKE} == {1.0}


def test_what_is_alike_in_outpatient_care_has_a_ratio_of_one() -> None:
    found = ratios({"equality.substance_use_outpatient_women": 1.0})
    assert found["substance_use_outpatient_share"] == found["substance_use_compulsory_share"] == 1.0
