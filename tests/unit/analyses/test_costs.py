"""The cost model: the document's figures to the krona, and what follows by multiplication."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from orchestration.analyses import costs
from orchestration.analyses.costs import Calculated, Known, Model, rounded
from orchestration.analyses.scenario import Scenario
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import BreakEven, CostDriver, InterventionCost
from orchestration.flow.analyses.costs import calculated
from orchestration.flow.scenarios import change, load_scenarios

PRINTED = Path(__file__).parents[2] / "fixtures" / "kostnadskalkyl_insatser_2023.csv"
#: A scenario of hand-computed figures: 2 x 3 x 1.5 x 400 x 1.1 = 3,960 a group of 4 x .75 = 3.
HAND = {
    "insats": "Prov",
    "price_year": "2023",
    "staff": "kurator",
    "source": "prov",
    "persons": {"value": "30"},
    "sessions": {"value": "2"},
    "hours_per_session": {"value": "3"},
    "staff_per_session": {"value": "1.5"},
    "group_size": {"value": "4"},
    "group_fill": {"value": "0.75"},
    "rate": {"value": "400"},
    "overhead": {"value": "0.1"},
    "rounding": {"tkr_decimals": "2"},
}


@pytest.fixture(scope="module")
def found() -> Calculated:
    return calculated(load_scenarios())


def cost(found: Calculated, scenario_id: str, reading_id: str = "main") -> InterventionCost:
    [row] = [
        each
        for each in found.costs
        if (each.scenario_id, each.reading_id) == (scenario_id, reading_id)
    ]
    return row


def scenario(**changed: object) -> Scenario:
    content = {name: value for name, value in (HAND | changed).items() if value is not None}
    return Scenario.model_validate(content)


def one(own: Scenario, **others: Scenario) -> Calculated:
    return costs.calculate({"prov": own, **others})


def test_the_documents_figures_to_the_krona(found: Calculated) -> None:
    with PRINTED.open(encoding="utf-8") as file:
        printed = {row["insats"]: row for row in csv.DictReader(file)}
    talks = cost(found, "kartlaggningssamtal_rvc")
    groups = cost(found, "gruppsamtal_rvc")
    both = cost(found, "gruppsamtal_med_kartlaggning_rvc")
    fixer, pilot = cost(found, "digital_fixare"), cost(found, "foraldralots")
    computed = {
        "Kartläggningssamtal på RVC": talks,
        "Gruppsamtal på RVC": groups,
        "Gruppsamtal med kartläggning (summa)": both,
        "Digital fixare": fixer,
        "Föräldralots": pilot,
    }
    assert printed.keys() == computed.keys()
    compared = 0
    for name, row in computed.items():
        for column, value, unit in (
            ("antal_personer", row.persons, 1),
            ("timmar_per_person_och_ar", row.hours_per_person, 1),
            ("kostnad_tkr_per_ar", row.cost_total, 1000),
            ("kostnad_kr_per_person_och_ar", row.cost_per_person, 1),
            ("kostnad_tkr_per_grupp_och_ar", row.cost_per_group, 1000),
        ):
            if printed[name][column]:
                compared += 1
                assert value == float(printed[name][column]) * unit, (name, column)
    assert compared == 18
    assert (talks.cost_total, talks.cost_per_person) == (325_000.0, 3_250.0)
    assert (groups.cost_total, groups.cost_per_group) == (810_000.0, 64_800.0)
    assert (groups.cost_per_person, both.cost_per_person) == (8_100.0, 11_350.0)
    assert (fixer.cost_total, fixer.cost_per_person) == (4_715_000.0, 4_400.0)
    assert pilot.cost_per_person == 8_125.0
    assert pilot.cost_total is None
    assert (both.cost_total, groups.groups) == (1_135_000.0, 12.5)


def test_both_readings_of_the_parents_pilot(found: Calculated) -> None:
    """812.50 kronor a family apart; a fixed figure of the document is not drawn."""
    unpriced, priced = cost(found, "foraldralots"), cost(found, "foraldralots", "alla_timmar")
    assert priced.cost_per_person - unpriced.cost_per_person == 812.5
    assert unpriced.hours_per_person == priced.hours_per_person == 11
    assert unpriced.reading_sv != priced.reading_sv != ""
    assert round(8125 / 11, 2) == 738.64


def test_half_the_group_is_twice_the_cost_a_person_exactly(found: Calculated) -> None:
    halved = costs.calculate(change(load_scenarios(), "gruppsamtal_rvc.group_size=4"))
    before, after = (cost(each, "gruppsamtal_rvc") for each in (found, halved))
    assert after.exact_per_person == 2 * before.exact_per_person == 16_200.0
    assert after.cost_per_group == before.cost_per_group
    whole = "gruppsamtal_med_kartlaggning_rvc"
    assert cost(halved, whole).exact_per_person == 3_250.0 + 16_200.0


def test_a_groups_cost_by_hand() -> None:
    [row] = one(scenario()).costs
    assert row.cost_per_group == pytest.approx(3_960.0)
    assert row.exact_per_person == pytest.approx(1_320.0)
    assert row.groups == pytest.approx(10.0)
    assert row.exact_total == pytest.approx(39_600.0)
    assert row.low == row.high == 39_600.0
    [away] = one(scenario(no_show={"value": "0.2"})).costs
    assert away.exact_per_person == pytest.approx(1_320.0 / 0.8)


def test_an_hour_is_built_of_what_it_consists_of() -> None:
    """(40,000 x 1.12 x 1.4 + 2,000 + 500) x 12 / 1,600 = 489.15 kronor."""
    built = {
        "monthly_salary": {"value": "40000"},
        "employer_fee": {"value": "0.4"},
        "holiday_pay": {"value": "0.1"},
        "sickness_cover": {"value": "0.02"},
        "premises_per_month": {"value": "2000"},
        "equipment_per_month": {"value": "500"},
        "productive_hours_per_year": {"value": "1600", "low": "1500", "high": "1700"},
    }
    made = one(scenario(rate=None, built_rate=built))
    assert made.costs[0].rate == pytest.approx(489.15)
    [moving] = [each for each in made.drivers if each.position]
    assert moving.driver == "built_rate.productive_hours_per_year"
    assert moving.cost_low is not None
    assert moving.cost_high is not None
    assert moving.cost_low / moving.cost_high == pytest.approx(1700 / 1500)


def test_limits_are_the_quantiles_of_what_varies() -> None:
    """One uniform number alone: the limits are 2.5 and 97.5 per cent of its range."""
    even = {"value": "30", "low": "20", "high": "40", "shape": "uniform"}
    [row] = one(scenario(persons=even)).costs
    assert row.low == pytest.approx(1_320 * 20.5, rel=0.005)
    assert row.high == pytest.approx(1_320 * 39.5, rel=0.005)
    assert row.person_low == row.person_high == 1_320.0
    [peaked] = one(scenario(persons=even | {"shape": "triangular"})).costs
    # A triangle's lower 2.5 per cent lies sqrt(.025 / 2) of the range above its end.
    assert peaked.low == pytest.approx(1_320 * (20 + 20 * math.sqrt(0.0125)), rel=0.005)


def test_the_same_scenario_has_the_same_limits(found: Calculated) -> None:
    again = calculated(load_scenarios())
    assert again == found
    assert all(row.person_low is not None for row in found.costs)
    assert len({row.seed for row in found.costs}) == 5


def test_what_decides_most_comes_first(found: Calculated) -> None:
    mine = [each for each in found.drivers if each.scenario_id == "gruppsamtal_rvc"]
    assert [each.driver for each in mine if each.position == 1] == ["persons"]
    [size] = [each for each in mine if each.driver == "group_size"]
    # 20 x 2 x 2 x 810 kronor a group of six, and of ten, for a hundred persons.
    assert size.cost_low == pytest.approx(64_800 / 6 * 100)
    assert size.cost_high == pytest.approx(64_800 / 10 * 100)
    swing = {each.position: abs((each.cost_high or 0) - (each.cost_low or 0)) for each in mine}
    order = [swing[place] for place in sorted(place for place in swing if place)]
    assert order == sorted(order, reverse=True)
    assert [each.cost_low for each in mine if each.driver == "sessions"] == [None]


def test_every_number_has_a_name_and_a_source(found: Calculated) -> None:
    assert len(found.drivers) > 40
    assert all(each.title_sv and each.source_sv for each in found.drivers)
    assert {each.role for each in found.drivers} == {"cost", "saving"}
    assert all(each.is_assumption for each in found.drivers if each.role == "saving")


SAVINGS: Mapping[str, object] = {
    "discount_rate": {"value": "0.05", "assumption": "true"},
    "savings": [
        {
            "id": "utredning",
            "title_sv": "Utredning",
            "kind": "case_handling",
            "unit_sv": "timmar",
            "share": {"value": "0.5", "assumption": "true"},
            "quantity": {"value": "4", "assumption": "true"},
            "unit_cost": {"value": "300", "assumption": "true"},
        },
        {
            "id": "placering",
            "title_sv": "Placering",
            "kind": "heavier_insats",
            "unit_sv": "dygn",
            "first_year": "2",
            "last_year": "3",
            "share": {"value": "0.1", "assumption": "true"},
            "quantity": {"value": "10", "assumption": "true"},
            "unit_cost": {"value": "1000", "assumption": "true"},
        },
    ],
}


def even(found: Calculated, saving_id: str, horizon: int) -> BreakEven:
    [row] = [
        each
        for each in found.break_even
        if (each.saving_id, each.horizon_years) == (saving_id, horizon)
    ]
    return row


def test_present_values_by_hand() -> None:
    """600 kronor at once; 1,000 kronor a year in years two and three at five per cent."""
    made = one(scenario(**SAVINGS))
    assert {each.horizon_years for each in made.break_even} == {1, 3, 5}
    at_once = even(made, "utredning", 1)
    assert at_once.saving_per_person == pytest.approx(600.0)
    assert at_once.npv_per_person == pytest.approx(600.0 - 1_320.0)
    # Of all 1,320 kronor, 4 x 300 for each who is spared: a share above one does not suffice.
    assert at_once.break_even_share == pytest.approx(1.1)
    assert even(made, "placering", 1).saving_per_person == 0.0
    assert even(made, "placering", 1).break_even_share is None
    later = 1_000 / 1.05 + 1_000 / 1.05**2
    assert even(made, "placering", 3).saving_per_person == pytest.approx(later)
    assert even(made, "placering", 5).saving_per_person == pytest.approx(later)
    assert even(made, "placering", 5).break_even_share == pytest.approx(1_320 / (10 * later))
    both = even(made, "alla", 3)
    assert both.saving_per_person == pytest.approx(600 + later)
    assert both.npv_total == pytest.approx(30 * (600 + later - 1_320))
    # Nothing varies, so the sign is known.
    assert both.verdict == "pays"
    assert at_once.verdict == "does_not_pay"


def test_savings_change_no_cost() -> None:
    with_savings, without = one(scenario(**SAVINGS)), one(scenario())
    assert with_savings.costs[0].exact_total == without.costs[0].exact_total
    assert [each.role for each in without.drivers] == ["cost"] * 8
    assert without.break_even == []


def test_a_sum_is_its_parts_for_the_sums_own_persons() -> None:
    alone = scenario(
        **dict.fromkeys(("sessions", "hours_per_session", "staff_per_session", "group_size")),
        group_fill=None,
        overhead=None,
        hours_per_person={"value": "2"},
        persons=None,
    )
    whole = Scenario.model_validate(
        {
            "insats": "Allt",
            "price_year": "2023",
            "staff": "kurator",
            "source": "prov",
            "sum_of": ["prov", "alone"],
            "persons": {"value": "5"},
        }
    )
    made = costs.calculate({"prov": scenario(), "alone": alone, "whole": whole})
    row = cost(made, "whole")
    assert row.exact_per_person == pytest.approx(1_320 + 800)
    assert (row.persons, row.hours_per_person) == (5.0, 8.0)
    assert row.exact_total == pytest.approx(5 * 2_120)
    assert (row.rate, row.cost_per_group) == (None, None)
    assert cost(made, "alone").cost_total is None
    model = Model.of("whole", {"prov": scenario(), "alone": alone, "whole": whole})
    assert model.cost({"prov.group_size": 2.0}).per_person == pytest.approx(2 * 1_320 + 800)
    assert model.cost({"persons": np.array([1.0, 2.0])}).total == pytest.approx([2_120, 4_240])


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [(4_406.54, 100.0, 4_400.0), (4_450.0, 100.0, 4_500.0), (4_714_999.94, 100.0, 4_715_000.0),
     (0.125, 0.01, 0.13), (0.0, 100.0, 0.0)],
)  # fmt: skip
def test_rounding_is_half_up(value: float, step: float, expected: float) -> None:
    assert rounded(value, step) == expected


def test_whom_it_is_for_by_the_registers() -> None:
    """2,984 known and 895 reached: from 2,089 to 2,984 are not, as nobody knows the overlap."""
    scenarios = load_scenarios()
    known = {
        "gruppsamtal_med_kartlaggning_rvc": Known(2_984.0, 895.0),
        "digital_fixare": Known(4_356.0),
        "foraldralots": Known(None, 10.0),
    }
    rows = costs.demand(2023, "0180", scenarios, known).results
    found = {(row.estimand_id, row.category): row for row in rows}
    assert len(found) == len(rows) == 9
    victims = found["7.1", "gruppsamtal_med_kartlaggning_rvc"]
    assert (victims.estimate, victims.ci_lower, victims.ci_upper) == (2_536.5, 2_089.0, 2_984.0)
    come = found["7.2", "gruppsamtal_med_kartlaggning_rvc"]
    assert come.estimate == pytest.approx(0.05 * 2_536.5)
    assert come.ci_lower is not None
    assert come.ci_upper is not None
    assert 0.02 * 2_089 < come.ci_lower < come.ci_upper < 0.1 * 2_984
    paid = found["7.3", "gruppsamtal_med_kartlaggning_rvc"]
    assert paid.estimate == pytest.approx(0.05 * 2_536.5 * 11_350)
    alone = found["7.1", "digital_fixare"]
    assert (alone.estimate, alone.ci_lower) == (4_356.0, None)
    for name in ("7.1", "7.2", "7.3"):
        assert found[name, "foraldralots"].shortfall is Shortfall.NO_REGISTER
    nobody = costs.demand(2023, "0180", {}, {}).results
    assert {row.shortfall for row in nobody} == {Shortfall.NOBODY}
    assert len(nobody) == 3


def test_those_who_are_a_part_are_taken_away() -> None:
    known = dict.fromkeys(load_scenarios(), Known(100.0, 30.0))
    rows = costs.demand(2023, "0180", load_scenarios(), known).results
    [cases] = [r for r in rows if (r.estimand_id, r.category) == ("7.1", "foraldralots")]
    assert (cases.estimate, cases.ci_lower) == (70.0, None)


def test_records_are_of_their_kinds(found: Calculated) -> None:
    assert all(isinstance(each, InterventionCost) for each in found.costs)
    assert all(isinstance(each, CostDriver) for each in found.drivers)
    assert found.break_even
