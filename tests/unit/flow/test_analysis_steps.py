"""The steps of the analyses on small tables made by hand: what they read, and what they write."""

import ast
import logging
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.analyses import rows
from orchestration.analyses.refusals import Prices
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall, Status
from orchestration.findings.marts import ANALYSIS_METHODS, ANALYSIS_RESULTS, read_findings
from orchestration.flow import grains
from orchestration.flow.analyses import analyses, child_review, equality
from orchestration.flow.analyses.housing_support import read_grant, read_support
from orchestration.flow.analyses.open_comparisons import read_groups
from orchestration.flow.analyses.protected_housing import (
    read_cases,
    read_flows,
    read_series,
    read_stays,
)
from orchestration.flow.analyses.refusals import (
    parts_of,
    read_grounds,
    read_months,
    read_prices,
    read_returns,
)
from orchestration.flow.analyses.without_assessment import movement, read_given
from orchestration.flow.estimates import results_table, united_step
from orchestration.flow.grains import Reader, TooManyRowsError
from orchestration.flow.replaced import read_replacements
from orchestration.flow.step import Work
from orchestration.language.methods import METHODS
from orchestration.settings import Settings

YEAR = 2023
TABLES = """
create schema marts; create schema intermediate; create schema seeds; create schema analyses;
create table marts.indicators as select 'i' as indicator_id, 'ekonomiskt_bistand' as area;
create table marts.indicator_values as select 'i' as indicator_id,
    date '2023-01-01' as period_start, 'year' as period_grain, '0180' as geography_id,
    1.0::double as value, 1.0 as numerator, 1.0 as denominator, 'total' as breakdown,
    'total' as category;
create table marts.area_years as
    select '0180' as geography_id, 'ekonomiskt_bistand' as area, 2023 as report_year;
create table intermediate.int_register_years (
    municipality_id varchar, register_name varchar, period_start date, period_end date,
    is_complete boolean);
create table intermediate.int_geography_crosswalk as
    select '0180' as municipality_id, * from (values
        ('Farsta', '0180', date '9999-12-31'), ('Farsta', '0180-farsta', date '9999-12-31'),
        ('Norrmalm', '0180', date '9999-12-31'), ('Norrmalm', '0180-norra', date '9999-12-31'),
        ('Norrmalm', '0180-norrmalm', date '2023-06-30'), ('Central', '0180', date '9999-12-31')
    ) as v (board_name, geography_id, counts_to);
create table intermediate.int_refusal_household_months as
    select municipality_id, household_number, make_date(year, month, 1) as benefit_month,
        12 * year + month - 1 as month_number, 'forsorjningsstod' as purpose, board_name,
        kind as application_kind, spell_month, '1' as household_type, 'hyresratt' as housing_form,
        'sjuk' as obstacle, 'kvinnor' as sex, '18-24' as age_group, ground, 2 as decisions,
        full_refusals, 0 as partial_refusals, 100.0 as missing_amount,
        spell_month as spell_month_gap_2, 1 as spell_month_gap_0
    from (values
        ('0180', 70, 2022, 12, 'Farsta', 'forsta', 1, null, 0),
        ('0180', 70, 2023, 1, 'Norrmalm', null, 2, 'tillgangar', 1),
        ('0180', 40, 2023, 3, 'Central', 'fortsatt', 30, 'ovrigt', 2),
        ('0180', 40, 2021, 3, 'Central', 'fortsatt', 30, 'ovrigt', 2),
        ('9999', 1, 2023, 3, 'Farsta', 'fortsatt', 30, 'ovrigt', 2)
    ) as v (municipality_id, household_number, year, month, board_name, kind, spell_month, ground,
        full_refusals);
create table intermediate.int_refusal_returns as
    select '0180' as municipality_id, * from (values
        (70, 24276, date '2023-01-01', null, 'tillgangar', 3, 1),
        (40, 24278, date '2023-01-01', 'fortsatt', 'ovrigt', 9, 0),
        (40, 24254, date '2021-01-01', 'fortsatt', 'ovrigt', 9, 0)
    ) as v (household_number, month_number, period_start, application_kind, ground, months, event);
create table marts.refusals as
    select '0180' as geography_id, 'total' as dimension, make_date(year, 1, 1) as period_start,
        ground, n as refusals, 1 as partial_refusals
    from (values (2022, 'alla', 9), (2022, 'ovrigt', 3), (2022, 'tillgangar', 4),
        (2022, 'okand_grund', 2), (2023, 'ovrigt', 5), (2023, 'tillgangar', 6)
    ) as v (year, ground, n);
create table intermediate.int_housing_support_criteria as
    select '0180' as municipality_id, make_date(year, 1, 1) as period_start, decision_id,
        'Farsta' as board_name, 'kvinnor' as sex, target_group, date '2022-02-01' as start_date,
        has_lss, true as has_own_housing, true as is_registered_in_district, 2 as activities,
        need_level, hours as hours_per_month, null::double as performed_per_month, 1 as age_band,
        case when need_level = 1 then 2.5 end as refused_per_month
    from (values (2022, 'd1', 'funktionsnedsattning', true, 1, 13.0),
        (2023, 'd1', 'funktionsnedsattning', true, 1, 13.0),
        (2023, 'd2', 'socialpsykiatri', false, null, 8.0),
        (2023, 'd3', 'funktionsnedsattning', false, 3, 0.0)
    ) as v (year, decision_id, target_group, has_lss, need_level, hours);
create table seeds.indicators as select 'rvc_counselling_granted' as indicator_id,
    'rvc_samtalsstod' as source_id;
create table seeds.insatser_without_assessment as
    select * from (values
        ('oppet', 'Öppet samtal', '0180-farsta', date '2022-10-01', 'rvc_counselling_granted', '',
            false),
        ('pahittat', 'Påhittat', '0180-farsta', date '2022-10-01', 'rvc_counselling_granted', '',
            true)
    ) as v (insats_code, title_sv, geography_id, starts, replaces_indicator_id, scenario_id,
        synthetic);
create table intermediate.int_replaced_quarters as
    select '0180' as municipality_id, 'rvc_counselling_granted' as indicator_id,
        '0180-farsta' as geography_id, date '2023-01-01' as quarter_start, 4 as persons;
create table intermediate.int_without_assessment_quarters as
    select '0180' as municipality_id, 'oppet' as insats_code, 'vuxna' as target_group,
        '0180-farsta' as geography_id, date '2023-01-01' as quarter_start, 9 as contacts,
        4 as new_persons;
create table intermediate.int_without_assessment_years as
    select '0180' as municipality_id, make_date(year, 1, 1) as period_start, insats as insats_code,
        'vuxna' as target_group, category as area_category, 1 as boards, 9 as contacts,
        8 as sessions, new as new_persons, 500 as residents
    from (values (2023, 'oppet', 'alla', 4), (2023, 'oppet', '2', 4), (2022, 'oppet', 'alla', 1),
        (2024, 'oppet', 'alla', 7), (2023, 'okand_insats', 'alla', null)
    ) as v (year, insats, category, new);
create table seeds.constants as select 'housing_support_block_grant' as constant_id,
    '0180' as geography_id, 2023 as year, 1000.0::double as value, date '2018-01-01' as valid_from,
    true as valid_from_synthetic;
create table intermediate.int_violence_quarters as
    select '0180' as municipality_id, quarter_start, i as placements, 2.0 * i as reports
    from (select i, date '2022-01-01' + (3 * i) * interval 1 month as quarter_start
        from range(8) as n (i)) as quarters;
create table intermediate.int_violence_case_years as
    select '0180' as municipality_id, make_date(year, 1, 1) as period_start, first_case, children as
        has_children_at_home, threat as threat_level, origin, response
    from (values (2022, 'c1', true, 'hog', 'polis', 'jourlagenhet'),
        (2023, 'c1', false, null, 'egen', null), (2023, 'c2', null, 'lag', null, 'skyddat_boende')
    ) as v (year, first_case, children, threat, origin, response);
create table intermediate.int_protected_housing_moves as
    select '0180' as municipality_id, date '2023-01-01' as period_start, * from (values
        ('skyddat_boende', 'jourlagenhet', 10, true),
        ('skyddat_boende', 'jourlagenhet', 200, false),
        ('skyddat_boende', 'skyddat_boende', 90, true)) as v (from_form, to_form, days, is_moved);
create table intermediate.int_protected_housing_placements as
    select '0180' as municipality_id, 'p' || i as placement_id, 'skyddat_boende' as housing_form,
        date '2023-05-01' as start_date, 10 * i as days, i < 2 as is_ended, date '2023-01-01'
        as period_start, date '2023-04-01' as quarter_start, 'x' as person_id, 'kvinnor' as sex,
        0 as accompanying_children,
        case i when 1 then true end as is_secured from range(1, 3) as n (i);
create table intermediate.int_child_case_stages as
    select '0180' as municipality_id, date '2018-01-01' as period_start, *, 'skola' as reporter,
        false as has_preschool, true as has_school, false as has_child, false as has_health_care
    from (values
        ('c1', 70, 'man', '6', '1-2', 'Farsta', 1, 5, null, 'hvb', 'ovrigt'),
        ('c2', 40, 'kvinnor', null, '0', 'Norrmalm', null, 1, 'ingen_oro', null, 'omsorgsbrist'),
        ('c3', 70, null, '18-20', '3+', 'Central', 4, 2, 'ingen_insats_erbjuden', null, null)
    ) as v (case_id, person_id, sex, age_band, history, board_name, area_category, stage_number,
        exit_reason, intervention_type, contact_reason);
create table intermediate.int_child_closings as
    select '0180' as municipality_id, case_id, person_id, 'Farsta' as board_name, closed_date,
        make_date(year(closed_date), 1, 1) as period_start, days, again as is_reported_again,
        '7-12' as age_group, band as age_band, 'insats' as outcome, '0' as history,
        'ovrigt' as contact_reason
    from (values
        ('a', 1, date '2018-12-01', 400, true, '7-12'), ('b', 1, date '2016-12-31', 20, true, '6'),
        ('c', 2, date '2015-12-31', 20, true, '6'), ('d', 3, date '2018-06-01', 99, true, '16-17')
    ) as v (case_id, person_id, closed_date, days, again, band);
create table intermediate.int_child_first_insats as
    select '0180' as municipality_id, *, '0-6' as age_group,
        make_date(year(first_date), 1, 1) as period_start
    from (values
        (1, date '2018-01-01', date '2018-04-11', 1), (2, date '2018-12-01', date '2019-02-01', 0),
        (3, date '2014-01-01', date '2018-01-01', 5), (4, date '2014-01-01', null, null)
    ) as v (person_id, first_date, granted_date, cases_before);
create table intermediate.int_child_district_years as
    select '0180' as municipality_id, date '2018-01-01' as period_start, *
    from (values ('Årsta', 'Farsta', 3, 104.0, 90, 4, 270, 8, 20),
        ('Alvik', 'Norrmalm', 4, 120.0, 50, 0, 150, 0, 0)
    ) as v (area_name, board_name, area_category, socioeconomic_index, children, cases,
        child_years, cases_of_span, squared_cases_of_span);
create table intermediate.int_open_comparison_groups (indicator_id varchar, year integer,
    previous_year integer, is_break boolean, is_of_municipality boolean, group_type varchar,
    group_code varchar, group_name varchar, units bigint, answered bigint, said_yes bigint,
    previous_units bigint, previous_answered bigint, previous_said_yes bigint, matched_units bigint,
    gained bigint, lost bigint);
create table intermediate.int_open_comparison_published as
    select * from (values ('i', 2020, 'riket', 'SE', 'Riket', 0.75),
        ('i', 2020, 'skr', 'A1', 'Storstäder', 0.5)
    ) as v (indicator_id, year, group_type, group_code, group_name, share);
create table intermediate.int_equality_pairs (
    municipality_id varchar, indicator_id varchar, area varchar, kind varchar, period_start date,
    geography_id varchar, is_of_board boolean, comparison varchar, breakdown varchar,
    stratum varchar, subgroup varchar, events_a double, base_a double, events_squared_a double,
    product_a double, base_squared_a double, events_b double, base_b double,
    events_squared_b double, product_b double, base_squared_b double);
create table intermediate.int_equality_boards (
    municipality_id varchar, indicator_id varchar, area varchar, period_start date,
    geography_id varchar, stratum varchar, is_mix_adjusted boolean, observed double,
    expected double, variance double);
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def reader(connection: duckdb.DuckDBPyConnection) -> Reader:
    return Reader(connection, "0180")


def test_two_years_of_one_municipality_are_numbered(reader: Reader) -> None:
    months = read_months(reader, YEAR)
    assert months.year.tolist() == [2023, 2022, 2023]
    assert months.household.tolist() == [0, 1, 1]
    # A central unit is no board, and a board that has ceased is today's.
    assert months.names["board"] == ("0180-farsta", "0180-norra")
    assert months.board.tolist() == [-1, 0, 1]
    # A kind that is not known has no name and no place.
    assert months.names["kind"] == ("forsta", "fortsatt")
    assert months.groups["kind"].tolist() == [1, 0, -1]
    assert months.ground.tolist() == [0, -1, 1]
    assert months.refusals.tolist() == [2.0, 0.0, 1.0]
    assert months.band.tolist() == [5, 0, 1]
    assert {gap: each.tolist() for gap, each in months.spell_months.items()} == {
        0: [1, 1, 1],
        2: [30, 1, 2],
    }


def test_what_came_after_a_refusal_knows_the_economic_grounds(reader: Reader) -> None:
    returns = read_returns(reader, YEAR)
    assert returns.names["ground"] == ("ovrigt", "tillgangar")
    assert returns.economic.tolist() == [False, True]
    assert returns.kind.tolist() == [0, -1]
    assert returns.months.tolist() == [9.0, 3.0]
    assert returns.event.tolist() == [0, 1]


def test_the_history_of_grounds_ends_with_the_year(reader: Reader) -> None:
    history = read_grounds(reader, YEAR)
    assert history is not None
    assert history.grounds == ("ovrigt", "tillgangar")
    assert history.counts.tolist() == [[4.0, 5.0], [6.0, 7.0]]
    assert read_grounds(reader, 2024) is None


def test_the_norm_is_held_against_the_prices_of_both_years(reader: Reader) -> None:
    assert read_prices(reader, YEAR) is None
    reader.connection.execute(
        """
        insert into marts.indicator_values
        select indicator, make_date(year, 1, 1), 'year', 'SE', value, null, null, 'total', 'total'
        from (values ('assistance_norm', 2022, 100.0), ('assistance_norm', 2023, 108.6),
            ('price_housing_food', 2022, 200.0), ('price_housing_food', 2023, 224.0)
        ) as v (indicator, year, value)
        """
    )
    prices = read_prices(reader, YEAR)
    assert prices == Prices((100.0, 108.6), (200.0, 224.0))
    assert read_prices(reader, 2024) is None


def test_a_decision_is_read_once_and_hours_of_nothing_never(reader: Reader) -> None:
    support = read_support(reader, YEAR)
    assert support.hours.tolist() == [13.0, 8.0]
    assert support.group.tolist() == [0, 2]
    assert support.need is not None
    assert support.need.tolist() == [1, -1]
    # Nobody has told of hours that were given.
    assert support.performed is None
    assert support.refused is not None
    assert support.refused[0] == 2.5
    assert np.isnan(support.refused[1])
    assert support.boards == ("0180-farsta",)
    assert support.only(support.psychiatry).hours.tolist() == [8.0]
    # A day that no source tells is the made-up city's alone.
    grant = read_grant(reader, YEAR, synthetic=False)
    assert (grant.amount, grant.since) == (1000.0, None)
    assert read_grant(reader, YEAR, synthetic=True).since == 2018
    assert read_grant(reader, 2022, synthetic=True).amount is None
    reader.connection.execute("update seeds.constants set valid_from_synthetic = null")
    assert read_grant(reader, YEAR, synthetic=False).since is None


def test_the_step_is_the_year_that_is_reported(reader: Reader) -> None:
    series = read_series(reader, YEAR)
    assert not isinstance(series, Shortfall)
    assert series.placements.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert series.reports[-1] == 14
    assert series.quarter.tolist() == [1, 2, 3, 4] * 2
    assert series.after.tolist() == [False] * 4 + [True] * 4
    # Nobody has delivered the reports of the year.
    assert read_series(reader, 2024) is Shortfall.NO_COLUMN


def test_a_case_has_its_stratum_and_what_it_led_to(reader: Reader) -> None:
    cases = read_cases(reader, YEAR)
    assert cases.person.tolist() == [1, 1, 2]
    assert cases.stratum.tolist() == [1 * 4 + 3, 0, 2 * 4 + 1]
    assert cases.response is not None
    assert cases.response.tolist() == [1, 4, 0]
    assert cases.origins == ("egen", "polis")
    assert cases.origin.tolist() == [1, 0, -1]
    reader.connection.execute("update intermediate.int_violence_case_years set response = null")
    assert read_cases(reader, YEAR).response is None


def test_a_return_is_followed_for_a_year_and_a_move_for_half(reader: Reader) -> None:
    flows = {flow.name: flow for flow in read_flows(reader, YEAR)}
    assert {name: flow.horizon for name, flow in flows.items()} == {
        "skyddat_boende*jourlagenhet": 180.0,
        "skyddat_boende*skyddat_boende": 365.0,
    }
    assert flows["skyddat_boende*jourlagenhet"].moved.tolist() == [1, 0]
    stays = read_stays(reader, YEAR)
    assert (stays.days.tolist(), stays.ended.tolist()) == ([10.0, 20.0], [1, 0])


def test_a_case_of_a_child_is_numbered_with_what_is_not_known(reader: Reader) -> None:
    cases = child_review.read_cases(reader, 2018)
    recent = child_review.read_cases(reader, 2020, before=2)
    assert recent.stage.tolist() == cases.stage.tolist()
    assert child_review.read_cases(reader, 2020, before=1).stage.size == 0
    # By a child's first case: a pseudonym's order is another in each installation.
    assert cases.child.tolist() == [0, 1, 0]
    assert cases.boy.tolist() == [1, 0, -1]
    assert cases.age.tolist() == [2, -1, 6]
    assert cases.history.tolist() == [1, 0, 2]
    assert cases.category.tolist() == [1, -1, 4]
    assert cases.names["board"] == ("0180-farsta", "0180-norra")
    assert cases.board.tolist() == [0, 1, -1]
    assert cases.reason.tolist() == [1, 0, -1]
    assert cases.names["ended_by"] == ("ingen_insats_erbjuden", "ingen_oro")
    assert cases.asked("skola").tolist() == [True, False, False]
    assert cases.asked("barnet").tolist() == [True, False, True]


def test_children_are_followed_to_the_end_of_the_year_alone(reader: Reader) -> None:
    closings = child_review.read_closings(reader, 2018)
    # The one of 2015 is too old, and one who may come of age is not followed.
    assert closings.days.tolist() == [30.0, 20.0]
    assert closings.again.tolist() == [False, True]
    assert closings.child.tolist() == [0, 0]
    firsts = child_review.read_firsts(reader, 2018)
    assert firsts.days.tolist() == [30.0, 100.0, 1461.0]
    assert firsts.granted.tolist() == [False, True, True]
    assert firsts.recent.tolist() == [True, True, False]
    assert firsts.this_year.tolist() == [False, True, True]


def test_what_no_stadsdel_has_stands_as_unknown(reader: Reader) -> None:
    districts = child_review.read_districts(reader, 2018)
    assert districts.names == ("Alvik", "Årsta")
    assert districts.cases.tolist() == [0.0, 4.0]
    made = Rows("child_review", 2018, "0180")
    made.add("5.9", 1.6, (0.9, 2.5, 0.1), unit="ratio", method_id="districts", breakdown="area",
             category="Årsta", verdict="alike")  # fmt: skip
    areas = child_review.districts_of(made, districts, {"Årsta": 3}, 6.0)
    assert [(area.area_name, area.cases, area.area_category) for area in areas] == [
        ("Alvik", 0.0, None),
        ("Årsta", 4.0, 3),
        ("okand", 2.0, None),
    ]
    assert (areas[1].observed, areas[1].expected, areas[2].observed) == (8.0, 5.0, None)
    assert areas[1].board_id == "0180-farsta"


def test_more_rows_than_the_limit_are_not_read(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows.MOST_ROWS == 300_000
    monkeypatch.setattr(grains, "MOST_ROWS", 2)
    with pytest.raises(TooManyRowsError):
        read_months(reader, YEAR)


def test_parts_sum_to_a_whole_number_in_any_order() -> None:
    made = Rows("refusals", YEAR, "0180")
    thirds = (-1100.1 / 3, 200.2 / 3, 4000.0 / 7)
    values = (*thirds, 1300.0 - sum(thirds))
    for factor, value in zip(
        ("households", "months", "decisions", "refusals"), values, strict=True
    ):
        made.add(
            "1.2", value, unit="count", method_id="das_gupta", breakdown="factor", category=factor
        )
    parts = parts_of(made)
    found = np.array([part.contribution for part in parts], dtype=np.float64)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        assert sum(found[order]) == 1300.0
    assert found == pytest.approx(np.array(values), abs=1e-5)
    assert sum(part.share or 0.0 for part in parts) == pytest.approx(1.0)
    assert parts[0].period_from == date(2022, 1, 1)


def test_groups_with_answers_and_printed_shares_meet_and_neither_is_lost(reader: Reader) -> None:
    reader.connection.execute(
        "insert into intermediate.int_open_comparison_groups values"
        " ('i', 2020, 2019, false, false, 'riket', 'SE', 'Riket', 10, 8, 6, 10, 9, 6, 8, 1, 1),"
        " ('j', 2019, null, false, true, 'riket', 'SE', 'Riket', 4, 2, 1, null, null, null, 0,"
        " 0, 0)"
    )
    groups = read_groups(reader)
    assert groups.year.tolist() == [2019, 2020, 2020]
    assert [groups.indicators[at] for at in groups.indicator] == ["j", "i", "i"]
    assert [groups.names[groups.codes[at]] for at in groups.group] == [
        "Riket",
        "Riket",
        "Storstäder",
    ]
    assert groups.published.tolist() == pytest.approx([np.nan, 0.75, 0.5], nan_ok=True)
    assert groups.answered.tolist() == [2, 8, 0]
    assert groups.previous_year.tolist() == [0, 2019, 0]
    assert groups.of_municipalities.tolist() == [True, False, False]
    assert groups.computed.tolist() == [True, True, False]
    assert groups.share.tolist() == [0.5, 0.75, 0.5]


def test_parts_that_could_not_be_made_have_rows_too() -> None:
    made = Rows("refusals", YEAR, "0180")
    for estimand in ("1.2", "1.3"):
        made.add(estimand, None, unit="count", method_id="hazard", shortfall=Shortfall.NO_EARLIER)
    parts = parts_of(made)
    assert {part.factor for part in parts} == {
        *("households", "months", "decisions", "refusals", "composition", "rate")
    }
    assert {part.status for part in parts} == {Status.NOT_APPLICABLE}
    assert {part.contribution for part in parts} == {None}


def test_pairs_of_boards_are_of_the_year_and_the_municipality_s_of_every_year(
    reader: Reader,
) -> None:
    reader.connection.execute(
        """
        insert into intermediate.int_equality_pairs
        select place[1:4], 'users', 'a', 'rate', make_date(year, 1, 1), place, length(place) > 4,
            'sex', 'sex', stratum, 'kvinnor', 4, 10, 4, 0, 0, 5, 20, 5, 0, 0
        from (values ('0180', 2022, 'alla'), ('0180', 2023, 'x'), ('0180-farsta', 2022, 'alla'),
            ('0180-farsta', 2023, 'alla'), ('0180', 2024, 'alla'), ('1715', 2023, 'alla')
        ) as v (place, year, stratum);
        insert into intermediate.int_equality_boards values
            ('0180', 'users', 'a', date '2022-01-01', '0180-farsta', 'alla', true, 4, 5, 6),
            ('0180', 'users', 'a', date '2024-01-01', '0180-farsta', 'alla', true, 4, 5, 6)
        """
    )
    pairs = equality.read_pairs(reader, 2023)
    assert list(zip(pairs.named("place"), pairs.year, strict=True)) == [
        ("0180", 2022),
        ("0180", 2023),
        ("0180-farsta", 2023),
    ]
    assert pairs.named("stratum").tolist() == ["", "x", ""]
    assert pairs.of_board.tolist() == [False, False, True]
    assert (pairs.first.events[0], pairs.second.base[0]) == (4, 20)
    boards = equality.read_boards(reader, 2023)
    assert (boards.year.tolist(), boards.variance.tolist()) == ([2022], [6.0])


def test_registers_that_are_not_delivered_give_rows_that_say_so(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    steps = [each.step for each in analyses()]
    for step in (*steps, united_step(steps)):
        step.run(_work(connection))
    found = read_findings(connection, ANALYSIS_RESULTS)
    # Samples have tables of their own alone.
    assert {row.analysis_id for row in found} == {step.name for step in steps} - {"samples"}
    assert {row.status for row in found} == {Status.NOT_DELIVERED}
    assert all(row.reason_sv.startswith("Underlag saknas") for row in found)
    assert len(read_findings(connection, ANALYSIS_METHODS)) == len(METHODS)
    assert {row.method_id for row in found} <= {method.method_id for method in METHODS}


def test_a_year_that_is_delivered_is_estimated_and_the_same_each_time(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "insert into intermediate.int_register_years values"
        " ('0180', 'boendestod_beslut', date '2023-01-01', date '2023-12-31', true)"
    )
    [step] = [each.step for each in analyses() if each.analysis_id == "housing_support"]
    table = results_table(step.name)
    seen = []
    for _ in range(2):
        step.run(_work(connection))
        seen.append(read_findings(connection, table))
    assert seen[0] == seen[1]
    amount = {row.estimand_id: row.estimate for row in seen[0]}
    # One person meets all criteria; two persons are too few for a mean.
    assert (amount["3.2"], amount["3.2_amount"]) == (1.0, 1000.0)
    assert amount["3.1_hours"] is None


def test_insatser_without_assessment_are_read_until_the_year_and_priced(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "insert into intermediate.int_register_years"
        " select '0180', register, make_date(year, 1, 1), make_date(year, 12, 31), true"
        " from (values ('insatser_utan_behovsprovning'), ('rvc_samtalsstod')) as r (register),"
        " range(2021, 2025) as y (year)"
    )
    given = read_given(connection, "0180", YEAR, demo=False)
    assert [(row.year, row.insats_code, row.area_category, row.title_sv) for row in given] == [
        (2022, "oppet", "alla", "Öppet samtal"),
        # What the seed does not name goes by its code.
        (2023, "okand_insats", "alla", "okand_insats"),
        (2023, "oppet", "2", "Öppet samtal"),
        (2023, "oppet", "alla", "Öppet samtal"),
    ]
    [one] = read_replacements(connection, "0180", demo=False, until=YEAR)
    assert one.assessed.shape == (2, 12)
    assert movement(one).found is None


def _work(connection: duckdb.DuckDBPyConnection) -> Work:
    return Work(
        Settings(home=Path("unused"), year=YEAR),
        connection,
        "run",
        logging.getLogger("test"),
        frozenset(),
        (),
    )


def tables_named(path: Path) -> set[str]:
    """Every table that a module's texts name, its documentation apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]
    return {
        name
        for text in texts
        for name in re.findall(r"\b(?:raw|staging|intermediate|marts|seeds)\.[a-z0-9_]+", text)
    }


@pytest.mark.parametrize("name", [each.analysis_id for each in analyses() if each.step.lets_stand])
def test_what_an_analysis_asks_for_is_what_it_is_made_anew_for(name: str) -> None:
    """Else it would stand although what it reads has changed."""
    [analysis] = [each for each in analyses() if each.analysis_id == name]
    package = Path(grains.__file__).parent
    asked = tables_named(package / "analyses" / f"{name}.py") | tables_named(package / "grains.py")
    assert len(asked) > 1
    assert asked <= set(analysis.step.reads)
