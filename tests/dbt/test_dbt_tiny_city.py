"""The marts of a city that can be counted by hand.

Every expected figure was worked out on paper from the rows in `conftest.TINY_CITY`.
"""

import pytest

from tests.dbt.conftest import Warehouse


def test_every_model_seed_and_test_passes(tiny_city: Warehouse) -> None:
    failed = {
        name: status
        for name, status in tiny_city.results.items()
        if status not in {"success", "pass"}
    }
    assert not failed
    assert len(tiny_city.results) > 90


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ("population", (700, None, 700)),
        ("households_total", (250, None, 250)),
        # 100 + 50 + 200 residents are under 18.
        ("population_children_share", (350, 700, 0.5)),
        # 40 of Norrmalm's 300 men, and nobody else.
        ("population_65_share", (40, 700, 2 / 35)),
        # There were 560 the year before.
        ("population_change", (700, 560, 125)),
        ("residents_per_100_households", (700, 250, 280)),
        ("socioeconomic_index", (120.5, None, 120.5)),
        # h1, h2 and, after the correction, h4; h3 was refused.
        ("assistance_households", (3, None, 3)),
        ("assistance_households_share", (3, 250, 0.012)),
        # Adults p1, p2, p3, p5 and the two children that h1 has at most.
        ("assistance_recipients", (6, None, 6)),
        ("assistance_children", (2, None, 2)),
        ("assistance_months", (4, None, 4)),
        ("assistance_mean_months", (4, 3, 4 / 3)),
        ("assistance_cost", (14_000, None, 14_000)),
        ("assistance_decisions", (5, None, 5)),
        # b2 in part and b4 in whole; b5 was corrected.
        ("assistance_rejections", (2, None, 2)),
        ("assistance_rejection_share", (2, 5, 0.4)),
        ("assistance_amount_per_month", (14_000, 4, 3_500)),
        ("assistance_long_term_share", (0, 3, 0)),
        ("assistance_very_long_term_share", (0, 3, 0)),
        # h1 and h4; h2 had assistance in June of the year before.
        ("assistance_new_households", (2, None, 2)),
        # h2 was ill; h1 had no obstacle by its last decision, and of h4 none is known.
        ("assistance_obstacle_share", (1, 3, 1 / 3)),
        ("assistance_ended_by_reason", (1, None, 1)),
        # p5, of the 50 of Östermalm who are 18.
        ("assistance_young_adults_share", (1, 50, 0.02)),
        ("assistance_children_share", (2, 350, 2 / 350)),
        ("protected_housing_persons", (1, None, 1)),
        ("protected_housing_decisions", (2, None, 2)),
        ("protected_housing_children", (4, None, 4)),
        ("emergency_flat_women", (1, None, 1)),
        ("emergency_flat_children", (1, None, 1)),
        ("rvc_counselling_persons", (1, None, 1)),
        ("ipv_victims_known", (1, None, 1)),
        ("evicted_children", (2, None, 2)),
        ("debt_counselling_new", (1, None, 1)),
        ("debt_relief_applied_share", (1, 2, 1 / 2)),
        # f1 to f5, one of each; of f2 and f3, which ended and may be agreed in, f2 was.
        ("family_law_cases", (5, None, 5)),
        ("family_law_agreements", (1, None, 1)),
        ("family_law_talks", (1, None, 1)),
        ("family_law_custody_investigations", (1, None, 1)),
        ("family_law_paternities", (1, None, 1)),
        # f3, from 1 June to 1 December.
        ("family_law_custody_investigations_ended", (1, None, 1)),
        ("family_law_custody_days_median", (183, None, 183)),
        ("family_law_agreed_share", (1, 2, 1 / 2)),
        # c1, c2, c4 and c5 are placed, for 40, 365, 5 and 1 days; q1 and q6 ended for a reason.
        ("children_placed", (4, None, 4)),
        ("children_placed_by_law_share", (1, 4, 1 / 4)),
        ("children_placed_in_family_homes_share", (2, 4, 1 / 2)),
        ("children_placed_days", (411, 4, 411 / 4)),
        ("placement_breakdown_share", (1, 2, 1 / 2)),
        ("children_in_open_care", (2, None, 2)),
        ("children_with_contacts_share", (1, 2, 1 / 2)),
        # p1 and p3 on 1 October; of p1, p3 and p4, decided by September, p1 and p4 have waited.
        ("lss_persons", (2, None, 2)),
        ("lss_personal_assistance", (1, None, 1)),
        ("lss_daily_activity", (1, None, 1)),
        ("lss_housing", (1, None, 1)),
        ("lss_relief", (0, None, 0)),
        ("lss_waiting_share", (1, 3, 1 / 3)),
        ("without_assessment_contacts", (9, None, 9)),
        ("substance_use_persons", (1, None, 1)),
        ("substance_use_institution_persons", (1, None, 1)),
        ("substance_use_compulsory_persons", (1, None, 1)),
        ("substance_use_outpatient_share", (1, 1, 1)),
        ("substance_use_compulsory_share", (1, 1, 1)),
        # From 22 to 31 December, both included.
        ("substance_use_care_days", (10, 1, 10)),
        ("homeless_persons", (2, None, 2)),
        ("homeless_per_10000", (2, 700, 200 / 7)),
        ("homeless_women_share", (1, 2, 1 / 2)),
        ("homeless_long_share", (1, 2, 1 / 2)),
        ("homeless_parents_share", (1, 2, 1 / 2)),
        ("homeless_children", (2, None, 2)),
        ("housing_support_persons", (3, None, 3)),
        ("social_psychiatry_users", (2, None, 2)),
        ("social_psychiatry_supported_users", (1, None, 1)),
        ("social_psychiatry_women_share", (0, 2, 0)),
        ("child_reports", (3, None, 3)),
        ("child_investigations", (3, None, 3)),
        # 120, 121 and 10 days, of which four months from 16 February are 120; c3 is an application,
        # and of the two anmälningar c2's was decided on the fifteenth day.
        ("child_investigation_days_median", (120, None, 120)),
        ("child_investigations_over_4_months_share", (1, 3, 1 / 3)),
        ("child_assessments_within_14_days_share", (1, 2, 1 / 2)),
        ("child_cases", (3, None, 3)),
        # 100 + 50 + 200 residents are under 18.
        ("child_cases_per_100", (3, 350, 3 / 3.5)),
        ("child_cases_boys_share", (1, 3, 1 / 3)),
        ("child_cases_girls_share", (2, 3, 2 / 3)),
        ("child_intervention_share", (2, 3, 2 / 3)),
        ("child_preschool_contacted_share", (1, 1, 1)),
        ("child_school_contacted_share", (1, 2, 0.5)),
        ("child_rereferral_share", (1, 1, 1)),
    ],
)
def test_the_city_in_2022(
    tiny_city: Warehouse, indicator: str, expected: tuple[float | None, ...]
) -> None:
    found = tiny_city.value(indicator)
    assert found is not None
    numerator, denominator, value = expected
    assert found == (numerator, denominator, pytest.approx(value, rel=1e-12), "observed")


@pytest.mark.parametrize(
    ("indicator", "category", "value"),
    [
        ("housing_support_hours", "socialpsykiatri", 7.5),
        ("housing_support_hours", "socialpsykiatri*kvinnor", 6),
        # Three hours a week are thirteen a month.
        ("housing_support_hours", "funktionsnedsattning*kvinnor", 13),
        ("housing_support_women_share", "socialpsykiatri", 0.5),
        ("housing_support_share", "socialpsykiatri", 0.5),
        ("child_cases_boys_share", "omsorgsbrist", 1 / 3),
        ("child_intervention_share", "0-6", 0),
        ("child_intervention_share", "13-17", 1),
        ("protected_housing_persons", "kvinnor", 1),
        # Half of b1 is the man's in the couple; b2 is the woman's alone.
        ("assistance_cost", "kvinnor", 6_500),
        ("assistance_cost", "man", 7_500),
        ("assistance_rejection_share", "kvinnor", 2 / 3),
        ("population", "18-24", 50),
    ],
)
def test_groups_of_the_city(
    tiny_city: Warehouse, indicator: str, category: str, value: float
) -> None:
    found = tiny_city.value(indicator, category=category)
    assert found is not None
    assert found[2] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("geography", "households", "children", "share"),
    [
        ("0180-norrmalm", 1, 1, 1 / 100),
        ("0180-ostermalm", 1, 2, 1 / 60),
        # One household in both boards is one household in the board that took over.
        ("0180-norra-innerstaden", 1, 2, 1 / 160),
        ("0180-farsta", 1, 0, 1 / 90),
    ],
)
def test_boards_as_they_were_and_as_they_are(
    tiny_city: Warehouse, geography: str, households: int, children: int, share: float
) -> None:
    assert tiny_city.value("assistance_households", geography) == (
        households,
        None,
        households,
        "observed",
    )
    assert tiny_city.value("assistance_children", geography) == (
        children,
        None,
        children,
        "observed",
    )
    found = tiny_city.value("assistance_households_share", geography)
    assert found is not None
    assert found[2] == pytest.approx(share, rel=1e-12)


def test_a_board_without_events_has_zero_and_a_board_that_does_not_exist_nothing(
    tiny_city: Warehouse,
) -> None:
    assert tiny_city.value("family_law_cases", "0180-norrmalm") == (0, None, 0, "observed")
    assert tiny_city.value("family_law_cases", "0180-jarva") == (0, None, 0, "observed")
    assert tiny_city.value("family_law_cases", "0180-alvsjo") is None
    # Half of nothing is no day.
    assert tiny_city.value("family_law_custody_investigations_ended", "0180-jarva") == (
        0,
        None,
        0,
        "observed",
    )
    assert tiny_city.value("family_law_custody_days_median", "0180-jarva") is None
    # Nobody counted residents of the other boards; that is no zero.
    assert tiny_city.value("population", "0180-bromma") is None


def test_the_year_of_a_reform(tiny_city: Warehouse) -> None:
    assert tiny_city.value("assistance_households", "0180-norrmalm", 2023) == (
        1,
        None,
        1,
        "broken_series",
    )
    # The whole history of the new board, from both names; two of twelve months are delivered.
    assert tiny_city.value("assistance_months", "0180-norra-innerstaden", 2023) == (
        2,
        None,
        2,
        "preliminary",
    )
    assert tiny_city.value("assistance_households", "0180-ostermalm", 2023) is None
    # No households were delivered for 2023, so there is nothing to divide by.
    assert tiny_city.value("assistance_households_share", year=2023) == (1, None, None, "missing")


def test_a_year_that_is_still_running_is_no_year(tiny_city: Warehouse) -> None:
    assert tiny_city.value("assistance_households", year=2024) is None


@pytest.mark.parametrize(
    ("indicator", "status"),
    [
        # A year's file without rows, and twelve months' files.
        ("evicted_children", "observed"),
        ("family_law_cases", "observed"),
        # December without a case: the year is over, but eleven months are not delivered.
        ("rvc_counselling_persons", "preliminary"),
        # A survey that found nobody counts, not the one before it that found one.
        ("homeless_persons", "observed"),
    ],
)
def test_a_year_that_was_delivered_without_a_case_is_zero(
    tiny_city: Warehouse, indicator: str, status: str
) -> None:
    assert tiny_city.value(indicator, year=2023) == (0, None, 0, status)
    assert tiny_city.value(indicator, "0180-farsta", 2023) == (0, None, 0, status)
    # What was never delivered is no zero.
    assert tiny_city.value(indicator, year=2021) is None
    assert tiny_city.value(indicator, year=2024) is None
    assert tiny_city.value("debt_counselling_new", year=2023) is None


def test_events_before_the_first_delivered_year_make_no_year(tiny_city: Warehouse) -> None:
    assert tiny_city.value("substance_use_persons", year=2021) is None


def test_every_indicator_of_the_catalogue_has_values(tiny_city: Warehouse) -> None:
    missing = tiny_city.query(
        "select indicator_id from marts.indicators"
        " except select indicator_id from marts.indicator_values"
    )
    assert missing == []
    assert tiny_city.query(
        "select count(*) from marts.indicators where not_delivered_sv is not null"
    ) == [(0,)]
    assert tiny_city.query("select count(*) > 60 from marts.indicators") == [(True,)]


def test_a_value_names_the_source_of_its_indicator(tiny_city: Warehouse) -> None:
    strays = tiny_city.query(
        "select distinct indicator_id, indicator_values.source_id"
        " from marts.indicator_values"
        " inner join marts.indicators using (indicator_id)"
        " where indicator_values.source_id <> indicators.source_id"
    )
    # The city's own population by board, the counties' from SCB.
    assert strays == [("population", "scb_population_month")]
