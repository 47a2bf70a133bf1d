"""The suites of the analyses: rows as they should be pass, and each rule finds its own fault."""

from typing import TYPE_CHECKING

import pytest

from tests.unit.quality.test_expectation_files import create_all, failed

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Lab

DAY = "date '2023-01-01'"
RESULT = {
    "analysis_id": "'refusals'",
    "estimand_id": "'1.' || i",
    "period_start": DAY,
    "geography_id": "'9999'",
    "breakdown": "'total'",
    "category": "'total'",
    "estimate": "0.5",
    "ci_lower": "0.4",
    "ci_upper": "0.6",
    "method_id": "'wilson'",
    "status": "'estimated'",
    "reason_sv": "''",
}
#: Rows as they should be: a table's columns, and what stands beside it.
GOOD: dict[str, dict[str, str]] = {
    "marts.refusals": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "dimension": "'total'",
        "category": "'total'",
        "ground": "case i when 1 then 'alla' when 2 then 'tillgangar' else 'okand_grund' end",
        "decisions": "100",
        "refusals": "case i when 1 then 20 when 2 then 15 else 5 end",
        "partial_refusals": "case when i < 3 then 5 else 0 end",
        "households": "40",
        "households_refused": "12",
        "household_months": "90",
    },
    "marts.protected_housing": {
        "municipality_id": "'9999'",
        "period_start": "date '2023-04-01'",
        "geography_id": "'9999'",
        "form": "'skyddat_boende'",
        "with_children": "i = 1",
        "cause": "'hedersrelaterat'",
        "sex": "'kvinnor'",
        "persons": "2",
        "decisions": "3",
        "children": "case when i = 1 then 4 else 0 end",
        "days": "30",
    },
    "marts.housing_support": {
        "municipality_id": "'9999'",
        "period_start": DAY,
        "geography_id": "'9999'",
        "target_group": "'funktionsnedsattning'",
        "sex": "'kvinnor'",
        "lss": "1",
        "hours_bin": "12.0 + i",
        "persons": "3",
        "hours": "3 * (12 + i) - 0.5",
        "eligible": "1",
        "lacking_own_housing": "1",
        "lacking_registration": "0",
    },
    "marts.housing_support_grant": {
        "municipality_id": "'9999'",
        "period_start": DAY,
        "geography_id": "'9999'",
        "criteria": "case i when 1 then 'lss+eget_boende+folkbokford+timmar' else 'lss' || i end",
        "persons": "3",
        "amount": "case when i = 1 then 300 else 0 end",
    },
    # Of the two rows of marts.protected_housing: two causes of women with children, and so on.
    "marts.protected_housing_quarters": {
        "municipality_id": "'9999'",
        "period_start": "date '2023-04-01'",
        "geography_id": "'9999'",
        "form": "'skyddat_boende'",
        "with_children": "i = 1",
        "persons": "2",
        "decisions": "3",
        "children": "case when i = 1 then 4 else 0 end",
    },
    "marts.housing_support_hour_bands": {
        "municipality_id": "'9999'",
        "period_start": DAY,
        "geography_id": "'9999'",
        "target_group": "'funktionsnedsattning'",
        "lss": "1",
        "hours_over": "case i when 1 then 12 when 2 then 13 else 16 end",
        "hours_to": "case i when 1 then 13 when 2 then 14 end",
        "persons": "3",
    },
    "marts.housing_support_criteria": {
        "municipality_id": "'9999'",
        "period_start": DAY,
        "geography_id": "'9999'",
        "criteria_met": "case i when 1 then 'alla' when 2 then 'utom_lss' else 'farre' end",
        "persons": "3",
        "amount": "case when i = 1 then 300 else 0 end",
    },
    "analyses.refusals_results": RESULT,
    "marts.analysis_results": RESULT,
    "marts.analysis_methods": {
        "method_id": "'m' || i",
        "title_sv": "'Metod'",
        "text_sv": "'Så här räknas det, i en hel mening.'",
    },
    "marts.board_standardised": {
        "analysis_id": "'refusals'",
        "measure_id": "'refusals'",
        "period_start": DAY,
        "geography_id": "'9999-' || i",
        "expected": "10",
        "ratio": "1.1",
        "ci_lower": "0.9",
        "ci_upper": "1.3",
        "tau2": "0",
        "p_value": "0.2",
        "q_value": "0.4",
        "verdict": "'alike'",
    },
    "marts.refusal_decomposition": {
        "period_start": DAY,
        "period_from": "date '2022-01-01'",
        "geography_id": "'9999'",
        "level": "'refusals'",
        "factor": "'f' || i",
        "contribution": "case i when 1 then -20 when 2 then 25 else 5 end",
    },
    "marts.refusal_returns": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "ground": "'alla'",
        "kind": "'alla'",
        "event": "'e' || i",
        "horizon_months": "3",
        "cumulative_incidence": "case i when 1 then 0.5 else 0.25 end",
    },
    "marts.protected_housing_flows": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "from_form": "'a'",
        "to_form": "'b' || i",
        "persons": "30",
        "moved": "6",
        "cumulative_incidence": "0.2",
        "status": "'estimated'",
    },
    "marts.intervention_costs": {
        "scenario_id": "'s' || i",
        "reading_id": "'main'",
        "insats": "'Gruppsamtal'",
        "receivers_sv": "'personer'",
        "persons": "16",
        "hours_per_person": "40",
        "groups": "2",
        "cost_total": "129600",
        "cost_per_person": "8100",
        "cost_per_group": "64800",
        "exact_total": "129600",
        "exact_per_person": "8100",
        "low": "100000",
        "high": "150000",
        "person_low": "7000",
        "person_high": "9000",
        "source_sv": "'Källan'",
    },
    "marts.intervention_cost_drivers": {
        "scenario_id": "'s'",
        "driver": "'d' || i",
        "title_sv": "'Talet'",
        "role": "case when i = 1 then 'saving' else 'cost' end",
        "position": "case when i > 1 then i - 1 end",
        "value": "2",
        "low": "1",
        "high": "3",
        "cost_low": "case when i > 1 then 10 end",
        "cost_high": "30",
        "is_assumption": "i = 1",
        "source_sv": "'Källan'",
    },
    "marts.intervention_break_even": {
        "scenario_id": "'s'",
        "saving_id": "case when i = 3 then 'alla' else 'p' || i end",
        "horizon_years": "5",
        "cost_per_person": "100",
        "saving_per_person": "20 * i",
        "npv_per_person": "20 * i - 100",
        "npv_low": "-100",
        "npv_high": "0",
        "verdict": "'cannot_tell'",
        "is_assumption": "true",
    },
    "marts.without_assessment_reach": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "insats_code": "'a'",
        "target_group": "'vuxna'",
        "area_category": "case i when 3 then 'alla' else i::varchar end",
        "boards": "case i when 3 then 2 else 1 end",
        "contacts": "case i when 3 then 40 else 20 end",
        "sessions": "10",
        "new_persons": "case i when 3 then 10 else 5 end",
        "residents": "1000",
        "reach": "case i when 3 then 10 else 5 end",
        "scenario_id": "'s'",
        "cost_per_contact": "100",
    },
    "marts.child_case_funnel": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "breakdown": "'total'",
        "category": "'total'",
        "stage": "case when i < 3 then 'forhandsbedomning' when i = 3 then 'utredning'"
        " when i = 4 then 'utredning' else 'beviljad' end",
        "exit_reason": "case i when 2 then 'ingen_oro' when 4 then 'okand' else 'alla' end",
        "cases": "case i when 1 then 10 when 2 then 4 when 3 then 6 when 4 then 1 else 5 end",
        "children": "1",
    },
    "marts.child_contacted": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "party": "case i when 1 then 'skola' when 2 then 'forskola' else 'barnet' end",
        "age_band": "case i when 1 then '7-12' when 2 then '1-5' else '0' end",
        "reporter": "'polis'",
        "investigations": "10",
        "contacted": "case i when 1 then 6 else 3 end",
    },
    "marts.child_cases_by_status": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "area_name": "case i when 3 then 'okand' else 'a' || i end",
        "cases": "case i when 3 then 2 else 4 end",
        "observed": "case i when 3 then null else 11 end",
        "expected": "case i when 3 then null else 10 end",
        "ratio": "case i when 3 then null else 1.1 end",
        "ci_lower": "case i when 3 then null else 0.9 end",
        "ci_upper": "case i when 3 then null else 1.3 end",
        "verdict": "case i when 3 then null else 'alike' end",
    },
    "marts.child_rereferrals": {
        "period_start": DAY,
        "geography_id": "'9999'",
        "history": "case i when 1 then 'alla' else '0' end",
        "outcome": "case i when 1 then 'alla' when 2 then 'insats' else 'utredning' end",
        "horizon_months": "12",
        "at_risk": "case i when 1 then 30 when 2 then 10 else 20 end",
        "incidence": "0.4",
    },
    "marts.equality": {
        "indicator_id": "'a' || i",
        "period_start": DAY,
        "geography_id": "'9999'",
        "comparison": "'sex'",
        "breakdown": "'sex'",
        "category_a": "'kvinnor'",
        "category_b": "'man'",
        "value_a": "case i when 1 then 0.6 when 2 then 0.51 else null end",
        "value_b": "case when i < 3 then 0.5 end",
        "difference": "case i when 1 then 0.1 when 2 then 0.01 else null end",
        "ratio": "case i when 1 then 1.2 when 2 then 1.02 else null end",
        "ci_lower": "case i when 1 then 1.1 when 2 then 0.99 else null end",
        "ci_upper": "case i when 1 then 1.3 when 2 then 1.05 else null end",
        "p_value": "case i when 1 then 0.001 when 2 then 0.3 else null end",
        "q_value": "case i when 1 then 0.002 when 2 then 0.3 else null end",
        "verdict": "case i when 1 then 'skillnad' when 2 then 'ingen_relevant_skillnad'"
        " else 'kan_inte_avgoras' end",
        "status": "case when i < 3 then 'estimated' else 'too_few' end",
        "reason_sv": "case when i < 3 then '' else 'För få.' end",
    },
    "marts.board_spread": {
        "indicator_id": "'a' || i",
        "period_start": DAY,
        "geography_id": "'9999'",
        "stratum": "''",
        "boards": "11",
        "tau": "0.2",
        "tau_lower": "0.1",
        "tau_upper": "0.4",
    },
    "marts.sample_protocols": {
        "sample_id": "'s' || i",
        "purpose": "'korsbedomning'",
        "frame_rows": "4000",
        "protected_excluded": "2",
        "size": "120",
        "overlap": "20",
        "largest_difference": "0.05",
    },
    "marts.agreement": {
        "sample_id": "'s'",
        "measure": "'need'",
        "coefficient": "'c' || i",
        "level": "case when i = 1 then 'hours' else 'ordinal' end",
        "estimate": "case when i = 1 then 2.5 else 0.6 end",
        "ci_lower": "0.5",
        "ci_upper": "3",
        "n_cases": "120",
        "n_raters": "4",
        "note": "''",
    },
}
ROWS = {
    "marts.child_case_funnel": 5,
    "analyses.refusals_results": 9,
    "marts.protected_housing": 2,
    "marts.protected_housing_quarters": 2,
}
# What the rows of a table are held against, which is filled as it should be.
FINER = {
    "marts.housing_support_grant": "marts.housing_support",
    "marts.protected_housing_quarters": "marts.protected_housing",
    "marts.housing_support_hour_bands": "marts.housing_support",
    "marts.housing_support_criteria": "marts.housing_support_grant",
}
BESIDE = (
    "insert into marts.sample_protocols by name select 's' as sample_id",
    "insert into marts.analysis_methods by name select 'wilson' as method_id",
    """
    insert into marts.indicator_values by name
    select indicator_id, make_date(year, 1, 1) as period_start, '9999' as geography_id,
        'total' as breakdown, 'total' as category, 'year' as period_grain, n as numerator,
        n as value
    from (values ('assistance_rejections', 2023, 25), ('assistance_rejections', 2022, 15),
        ('protected_housing_decisions', 2023, 6), ('housing_support_persons', 2023, 9),
        ('child_cases', 2023, 10)
    ) as v (indicator_id, year, n)
    """,
    """
    insert into marts.indicator_values by name
    select indicator_id, date '2023-01-01' as period_start, '9999' as geography_id,
        'total' as breakdown, 'total' as category, 'year' as period_grain, n as numerator,
        10 as denominator
    from (values ('child_school_contacted_share', 6), ('child_preschool_contacted_share', 3)
    ) as v (indicator_id, n)
    """,
)
UNIQUE = "expect_compound_columns_to_be_unique"


def fill(lab: "Lab", table: str, changed: dict[str, str]) -> None:
    columns = GOOD[table] | changed
    listed = ", ".join(f"{value} as {name}" for name, value in columns.items())
    lab.execute(
        f"insert into {table} by name select {listed}"
        f" from range(1, {ROWS.get(table, 3) + 1}) as numbers (i)"
    )


@pytest.mark.parametrize(
    ("table", "changed", "expected"),
    [
        *((table, {}, set()) for table in GOOD),
        ("marts.refusals", {"category": "'a'", "dimension": "'b'"}, {"counts_against_indicator"}),
        (
            "marts.refusals",
            {"refusals": "least(19 + i, 21)"},
            {"grounds_against_all", "unknown_ground"},
        ),
        ("marts.refusals", {"households_refused": "41"}, {"more_refused_than_decided"}),
        ("marts.refusals", {"ground": "'alla'"}, {UNIQUE, "counts_against_indicator"}),
        ("marts.protected_housing", {"decisions": "4"}, {"counts_against_indicator"}),
        ("marts.protected_housing", {"children": "4"}, {"impossible_counts"}),
        ("marts.protected_housing", {"with_children": "true", "children": "1"}, {UNIQUE}),
        (
            "marts.housing_support",
            {"persons": "4", "hours": "4 * (12 + i)"},
            {"counts_against_indicator"},
        ),
        ("marts.housing_support", {"hours": "3 * (12 + i) + 1"}, {"hours_outside_bin"}),
        ("marts.housing_support", {"lss": "0"}, {"criteria_without_lss"}),
        ("marts.housing_support", {"hours_bin": "13", "hours": "38.5"}, {UNIQUE}),
        ("marts.housing_support_grant", {"persons": "2"}, {"persons_against_support"}),
        ("marts.housing_support_grant", {"amount": "300"}, {"amount_without_criteria"}),
        ("marts.housing_support_grant", {"criteria": "'lss'", "amount": "0"}, {UNIQUE}),
        ("marts.protected_housing_quarters", {"persons": "3"}, {"counts_against_finer"}),
        (
            "marts.protected_housing_quarters",
            {"decisions": "case i when 1 then 5 else 1 end"},
            {"impossible_counts"},
        ),
        (
            "marts.protected_housing_quarters",
            {"with_children": "true", "children": "2"},
            {UNIQUE},
        ),
        ("marts.housing_support_hour_bands", {"lss": "0"}, {"persons_against_support"}),
        ("marts.housing_support_hour_bands", {"hours_to": "12 + i"}, {"impossible_bands"}),
        ("marts.housing_support_hour_bands", {"hours_over": "12", "hours_to": "13"}, {UNIQUE}),
        ("marts.housing_support_criteria", {"persons": "4"}, {"persons_against_grant"}),
        ("marts.housing_support_criteria", {"amount": "100"}, {"amount_without_criteria"}),
        ("marts.housing_support_criteria", {"criteria_met": "'alla'"}, {UNIQUE}),
        ("analyses.refusals_results", {"estimand_id": "'1.' || least(i, 8)"}, {UNIQUE, "gone"}),
        ("analyses.refusals_results", {"estimand_id": "'1.' || (i + 1)"}, {"gone"}),
        ("analyses.refusals_results", {"estimate": "null"}, {"value_against_status"}),
        ("analyses.refusals_results", {"reason_sv": "'Saknas.'"}, {"value_against_status"}),
        ("analyses.refusals_results", {"ci_lower": "0.7"}, {"interval_beside_value"}),
        ("analyses.refusals_results", {"estimate": "'nan'::double"}, {"interval_beside_value"}),
        ("analyses.refusals_results", {"status": "'guessed'"}, {"SET", "value_against_status"}),
        ("marts.analysis_results", {"method_id": "'guess'"}, {"unknown_method"}),
        ("marts.analysis_results", {"estimand_id": "'1.1'"}, {UNIQUE}),
        (
            "marts.analysis_results",
            {"status": "'too_few'", "estimate": "null", "reason_sv": "'För få.'"},
            {"nothing_estimated"},
        ),
        ("marts.analysis_methods", {"title_sv": "' '"}, {"empty_text"}),
        ("marts.analysis_methods", {"method_id": "'m'"}, {"expect_column_values_to_be_unique"}),
        ("marts.analysis_methods", {"text_sv": "repeat('x', 40)"}, {"text_without_full_stop"}),
        ("marts.board_standardised", {"expected": "0"}, {"impossible_ratio"}),
        ("marts.board_standardised", {"verdict": "'odd'"}, {"SET"}),
        ("marts.board_standardised", {"geography_id": "'9999-a'"}, {UNIQUE}),
        ("marts.refusal_decomposition", {"contribution": "i"}, {"parts_against_change"}),
        ("marts.refusal_decomposition", {"level": "'odd'"}, {"SET"}),
        ("marts.refusal_decomposition", {"factor": "'f'"}, {UNIQUE}),
        ("marts.refusal_returns", {"cumulative_incidence": "0.3"}, {"events_do_not_sum"}),
        ("marts.refusal_returns", {"cumulative_incidence": "i - 5.0 / 3"}, {"BETWEEN"}),
        ("marts.refusal_returns", {"event": "'e'"}, {UNIQUE}),
        ("marts.protected_housing_flows", {"moved": "31"}, {"more_moved_than_left"}),
        ("marts.protected_housing_flows", {"cumulative_incidence": "1.2"}, {"BETWEEN"}),
        ("marts.protected_housing_flows", {"to_form": "'b'"}, {UNIQUE}),
        ("marts.intervention_costs", {"scenario_id": "'s'"}, {UNIQUE, "no_reading_of_its_own"}),
        ("marts.intervention_costs", {"reading_id": "'annan'"}, {"no_reading_of_its_own"}),
        ("marts.intervention_costs", {"persons": "15"}, {"total_against_persons"}),
        ("marts.intervention_costs", {"cost_total": "130200"}, {"total_against_persons"}),
        ("marts.intervention_costs", {"groups": "3"}, {"group_against_person"}),
        ("marts.intervention_costs", {"low": "150001"}, {"impossible_cost"}),
        ("marts.intervention_costs", {"source_sv": "' '"}, {"empty_text"}),
        ("marts.intervention_cost_drivers", {"driver": "'d'"}, {UNIQUE}),
        (
            "marts.intervention_cost_drivers",
            {"role": "'odd'", "position": "i", "cost_low": "1"},
            {"SET"},
        ),
        ("marts.intervention_cost_drivers", {"value": "4"}, {"value_outside_range"}),
        (
            "marts.intervention_cost_drivers",
            {"is_assumption": "false"},
            {"saving_that_is_not_assumed"},
        ),
        ("marts.intervention_cost_drivers", {"position": "null"}, {"moving_without_cost"}),
        ("marts.intervention_cost_drivers", {"title_sv": "''"}, {"untold"}),
        (
            "marts.intervention_break_even",
            {"saving_id": "'p'", "saving_per_person": "20", "npv_per_person": "-80"},
            {UNIQUE},
        ),
        ("marts.intervention_break_even", {"verdict": "'maybe'"}, {"SET"}),
        ("marts.intervention_break_even", {"cost_per_person": "90"}, {"value_against_parts"}),
        ("marts.intervention_break_even", {"is_assumption": "false"}, {"value_against_parts"}),
        (
            "marts.intervention_break_even",
            {"saving_per_person": "20", "npv_per_person": "-80"},
            {"together_against_each"},
        ),
        ("marts.without_assessment_reach", {"contacts": "30"}, {"categories_against_all"}),
        ("marts.without_assessment_reach", {"boards": "3"}, {"categories_against_all"}),
        (
            "marts.without_assessment_reach",
            {"area_category": "case i when 3 then 'alla' else '1' end"},
            {UNIQUE},
        ),
        (
            "marts.without_assessment_reach",
            {"area_category": "case i when 3 then 'alla' else i + 4 || '' end"},
            {"SET"},
        ),
        ("marts.without_assessment_reach", {"reach": "6"}, {"impossible_reach"}),
        ("marts.without_assessment_reach", {"reach": "null"}, {"impossible_reach"}),
        (
            "marts.without_assessment_reach",
            {"new_persons": "41", "reach": "41"},
            {"impossible_reach"},
        ),
        ("marts.without_assessment_reach", {"scenario_id": "''"}, {"impossible_reach"}),
        ("marts.child_case_funnel", {"cases": "7"}, {"counts_against_indicator"}),
        ("marts.child_case_funnel", {"children": "i + 4"}, {"more_at_a_later_stage"}),
        (
            "marts.child_case_funnel",
            {"exit_reason": "case i when 3 then 'okand' when 2 then 'ingen_oro' else 'alla' end"},
            {"counts_against_indicator", "more_at_a_later_stage"},
        ),
        ("marts.child_contacted", {"contacted": "5"}, {"counts_against_indicator"}),
        ("marts.child_contacted", {"age_band": "'18-20'"}, {"asked_at_the_wrong_age"}),
        ("marts.child_contacted", {"investigations": "11"}, {"counts_against_indicator"}),
        ("marts.child_cases_by_status", {"cases": "3"}, {"counts_against_indicator"}),
        ("marts.child_cases_by_status", {"ci_lower": "1.2"}, {"held_without_limits"}),
        ("marts.child_cases_by_status", {"verdict": "'alike'"}, {"held_without_limits"}),
        (
            "marts.child_cases_by_status",
            {"observed": "12"},
            {"another_ratio_than_observed_over_expected"},
        ),
        (
            "marts.child_cases_by_status",
            {"observed": "3", "expected": "3 / 1.1"},
            {"another_ratio_than_observed_over_expected"},
        ),
        ("marts.child_cases_by_status", {"area_name": "'a'"}, {UNIQUE}),
        ("marts.child_rereferrals", {"at_risk": "10"}, {"groups_against_whole"}),
        ("marts.child_rereferrals", {"incidence": "1.2"}, {"BETWEEN"}),
        (
            "marts.child_rereferrals",
            {
                "history": "'alla'",
                "outcome": "'alla'",
                "horizon_months": "6 * i",
                "incidence": "0.5 - 0.1 * i",
                "at_risk": "null",
            },
            {"fewer_with_time"},
        ),
        ("marts.equality", {"indicator_id": "'a'"}, {UNIQUE}),
        ("marts.equality", {"ci_upper": "1.01"}, {"interval_beside_value"}),
        ("marts.equality", {"difference": "0.2"}, {"ratio_against_levels"}),
        ("marts.equality", {"verdict": "'skillnad'"}, {"verdict_against_figures"}),
        ("marts.equality", {"verdict": "'ingen_relevant_skillnad'"}, {"verdict_against_figures"}),
        ("marts.equality", {"reason_sv": "''"}, {"value_against_status"}),
        ("marts.equality", {"q_value": "0.0001"}, {"value_against_status"}),
        ("marts.board_spread", {"indicator_id": "'a'"}, {UNIQUE}),
        ("marts.board_spread", {"tau": "0.5"}, {"interval_beside_value"}),
        ("marts.board_spread", {"boards": "3"}, {"BETWEEN"}),
        ("marts.sample_protocols", {"sample_id": "'s'"}, {"expect_column_values_to_be_unique"}),
        ("marts.sample_protocols", {"purpose": "'annat'"}, {"SET"}),
        ("marts.sample_protocols", {"size": "4001"}, {"more_drawn_than_there_are"}),
        ("marts.sample_protocols", {"largest_difference": "0.3"}, {"unlike_the_frame"}),
        ("marts.agreement", {"coefficient": "'c'", "level": "'hours'"}, {UNIQUE}),
        ("marts.agreement", {"estimate": "null"}, {"value_against_note"}),
        ("marts.agreement", {"ci_lower": "4"}, {"value_against_note"}),
        ("marts.agreement", {"level": "'ordinal'"}, {"impossible_agreement"}),
        ("marts.agreement", {"sample_id": "'t'"}, {"sample_without_protocol"}),
    ],
)
def test_each_rule_finds_its_own_fault(
    lab: "Lab", table: str, changed: dict[str, str], expected: set[str]
) -> None:
    create_all(lab)
    for statement in BESIDE:
        lab.execute(statement)
    if table != "marts.refusal_decomposition":
        lab.execute("delete from marts.indicator_values where period_start < date '2023-01-01'")
    if table == "marts.sample_protocols":
        lab.execute("delete from marts.sample_protocols")
    if table == "marts.analysis_methods":
        lab.execute("delete from marts.analysis_methods")
    if table in FINER:
        fill(lab, FINER[table], {})
    fill(lab, table, changed)
    short = {
        "expect_column_values_to_be_in_set": "SET",
        "expect_column_values_to_be_between": "BETWEEN",
        "estimands_missing": "gone",
    }
    found = {name.partition("(")[0] for name in failed(lab, table)}
    assert {short.get(name, name) for name in found} == expected
