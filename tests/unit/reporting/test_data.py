"""What is read from the marts, and what protection of small counts takes away on the way in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration.findings.codes import Since
from orchestration.findings.evidence import LastYear, UntestedEvidence
from orchestration.reporting import figures
from orchestration.reporting.data import ReportData, Shown, load_report_data
from tests.unit.reporting.conftest import CHANGE, GROUPS, add_findings, set_evidence

Load = Callable[[duckdb.DuckDBPyConnection], ReportData]
WATCHED: dict[str, object] = {
    "indicator_id": "homeless_persons",
    "kind": "change",
    "outcome": "watch",
}


def find(data: ReportData, deviation_id: str) -> Shown:
    rows = [row for area in data.focus_areas for row in area.deviations]
    rows += [*data.excluded, *data.watch, *data.cannot_tell, *data.unplaced]
    return next(row for row in rows if row.deviation_id == deviation_id)


def test_the_whole_city_is_read(city: duckdb.DuckDBPyConnection, load: Load) -> None:
    data = load(city)
    assert [area.area for area in data.focus_areas] == [
        "ekonomiskt_bistand",
        "vald_i_nara_relation",
        "socialpsykiatri",
    ]
    assert [row.deviation_id for row in data.focus_areas[0].deviations] == ["d1", "d2", "d3"]
    assert [row.deviation_id for row in data.excluded] == ["d8"]
    assert dict(data.outcome_counts) == {"focus": 7, "explained": 1, "watch": 1, "cannot_tell": 1}
    assert data.kinds == ("change", "contrary", "group_difference")
    assert len(data.sources) == 10
    assert data.sources[0].retrieved_at == datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    evicted = find(data, "d3")
    assert [row.year for row in evicted.series] == list(range(2016, 2024))
    assert (evicted.previous_year, evicted.previous, evicted.observed) == (2022, 38, 12)


def test_another_year_holds_nothing(city: duckdb.DuckDBPyConnection) -> None:
    city.execute("delete from marts.focus_areas")
    data = load_report_data(
        city, year=2019, municipality_id="0180", municipality_name="Stockholms stad"
    )
    assert (data.focus_areas, data.excluded, data.watch, data.kinds) == ((), (), (), ())


def test_the_series_is_cut_to_the_years_a_chart_shows(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute(
        "insert into marts.indicator_values (indicator_id, period_start, period_grain,"
        " geography_id, breakdown, category, value, status) values"
        " ('evicted_children', '2015-01-01', 'year', '0180', 'total', 'total', 99, 'observed'),"
        " ('evicted_children', '2024-01-01', 'year', '0180', 'total', 'total', 99, 'observed'),"
        " ('evicted_children', '2023-01-01', 'month', '0180', 'total', 'total', 99, 'observed')"
    )
    series = find(load(city), "d3").series
    assert [row.year for row in series] == list(range(2016, 2024))
    assert 99 not in [row.value for row in series]


def test_the_compared_groups_come_first_and_then_their_sexes(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    groups = find(load(city), "d7").groups
    assert [(row.category, row.value) for row in groups] == [
        ("funktionsnedsattning", 9.0),
        ("socialpsykiatri", 7.2),
        ("funktionsnedsattning*kvinnor", 9.0),
        ("funktionsnedsattning*man", 9.0),
        ("socialpsykiatri*kvinnor", 7.5),
        ("socialpsykiatri*man", 6.9),
    ]


def test_the_groups_are_those_that_the_evidence_names(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    turned = replace(GROUPS, category_a="socialpsykiatri", category_b="funktionsnedsattning")
    set_evidence(city, "d7", turned)
    city.execute("update marts.deviations set category = 'x' where deviation_id = 'd7'")
    assert find(load(city), "d7").whole_groups[0].category == "socialpsykiatri"


def test_groups_that_have_no_values_are_an_error(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute("delete from marts.indicator_values where category = 'socialpsykiatri'")
    with pytest.raises(ValueError, match="d7"):
        load(city)


def hide(connection: duckdb.DuckDBPyConnection, indicator_id: str, year: int) -> None:
    connection.execute(
        "update marts.indicator_values set status = 'suppressed'"
        " where indicator_id = ? and year(period_start) = ?",
        [indicator_id, year],
    )


FIGURES = (
    "expected",
    "lower",
    "upper",
    "relative_change",
    "p_value",
    "q_value",
    "breakeven_volatility",
)


def test_a_suppressed_value_takes_every_figure_with_it(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    hide(city, "evicted_children", 2023)
    row = find(load(city), "d3")
    assert row.protected
    assert row.observed is None
    assert [getattr(row, name) for name in FIGURES] == [None] * len(FIGURES)
    assert (row.evidence, row.claims, row.reason_sv) == (UntestedEvidence(), (), "")
    assert row.series[-1].value is None


def test_a_suppressed_value_before_hides_what_leads_back_to_it(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    hide(city, "evicted_children", 2022)
    row = find(load(city), "d3")
    assert row.protected
    assert row.observed == 12
    assert [getattr(row, name) for name in FIGURES] == [None] * len(FIGURES)
    assert figures.relative_change(row) is None


def test_a_suppressed_value_that_was_not_compared_with_hides_nothing(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    hide(city, "evicted_children", 2022)
    set_evidence(city, "d3", replace(CHANGE, previous_year=2021))
    row = find(load(city), "d3")
    assert not row.protected
    assert (row.previous_year, row.previous) == (2021, 39)


@pytest.mark.parametrize(("year", "kept"), [(2020, 38), (2021, None), (2022, None), (2023, 38)])
def test_last_years_figures_are_hidden_with_the_two_years_that_lead_to_them(
    city: duckdb.DuckDBPyConnection, load: Load, year: int, kept: int | None
) -> None:
    """What was said in 2022 is of 2022 and of what 2021 let expect; of no other year."""
    told = LastYear(
        deviation_id="x", observed=38, expected=52, relative_change=-0.2, since=Since.AGAIN
    )
    set_evidence(city, "d3", replace(CHANGE, last_year=told))
    hide(city, "evicted_children", year)
    last_year = find(load(city), "d3").last_year
    assert last_year is not None
    assert last_year.since == "again"
    assert last_year.observed == kept
    assert (last_year.expected is None, last_year.relative_change is None) == (kept is None,) * 2


def test_a_suppressed_group_hides_the_difference(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute(
        "update marts.indicator_values set status = 'suppressed'"
        " where category = 'socialpsykiatri' and breakdown = 'target_group'"
    )
    row = find(load(city), "d7")
    assert (row.protected, row.observed, row.expected) == (True, None, None)
    assert row.whole_groups[1].value is None


def test_a_suppressed_related_value_hides_its_change_and_the_test(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    hide(city, "reported_ipv_crimes", 2022)
    area = load(city).focus_areas[1]
    [pair] = [
        row for row in area.triangulation if row.related.indicator_id == "reported_ipv_crimes"
    ]
    assert (pair.protected, pair.related_change, pair.p_value) == (True, None, None)
    assert pair.observed_change == -0.15


def test_a_contrary_pair_without_triangulation_is_taken_from_its_evidence(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute("delete from marts.triangulation")
    [pair] = load(city).focus_areas[0].triangulation
    assert (pair.related.indicator_id, pair.related_change, pair.verdict) == (
        "price_housing_food",
        0.12,
        "contrary",
    )


def test_the_deviation_that_the_heading_speaks_of_comes_first(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute("update marts.focus_areas set lead_deviation_id = 'd3' where rank = 1")
    rows = load(city).focus_areas[0].deviations
    assert [row.deviation_id for row in rows] == ["d3", "d1", "d2"]


def test_focus_deviations_outside_every_area_are_kept(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute("delete from marts.focus_areas where focus_area_id = 'f3'")
    data = load(city)
    assert [row.deviation_id for row in data.unplaced] == ["d7"]


def test_what_is_only_listed_is_limited_by_rank_and_counted(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    add_findings(city, [WATCHED | {"deviation_id": f"w{n}", "rank": 100 - n} for n in range(20)])
    data = load(city)
    assert data.outcome_counts["watch"] == 21
    assert [row.rank for row in data.watch] == [9, *range(81, 92)]


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        ("update marts.deviations set evidence = '[1]'", ValueError, "evidence"),
        ("update marts.deviations set evidence = '{'", ValueError, "evidence"),
        (
            "update marts.deviations set explanation_id = 'x'",
            LookupError,
            "neither registered nor found",
        ),
        ("delete from marts.geographies", LookupError, "marts.geographies"),
        ("delete from marts.indicators", LookupError, "marts.indicators"),
    ],
)
def test_inconsistent_marts_are_an_error(
    city: duckdb.DuckDBPyConnection, load: Load, damage: str, error: type[Exception], message: str
) -> None:
    city.execute(damage)
    with pytest.raises(error, match=message):
        load(city)


def test_what_another_municipality_s_analysts_wrote_is_left_out(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    def told() -> set[str]:
        return {
            each.hypothesis_id
            for area in load(city).focus_areas
            for each in (*area.possible_explanations, *area.next_steps)
        }

    everyone = told()
    assert len(everyone) > 1
    city.execute(
        "update seeds.possible_explanations"
        " set geography_id = '0180', period_from = 2023, period_to = 2023"
    )
    assert told() == everyone
    city.execute("update seeds.possible_explanations set geography_id = '1715'")
    assert told() == set()


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ("period_from = 2023, period_to = 2023", True),
        ("period_from = 2022, period_to = 2022", False),
        ("period_from = 2024, period_to = 2025", False),
        # The share is a finding of the area; nothing in it is held against homelessness.
        ("indicator_id = 'assistance_households_share'", True),
        ("indicator_id = 'homeless_persons'", False),
    ],
)
def test_an_explanation_stands_in_its_years_beside_what_it_concerns(
    city: duckdb.DuckDBPyConnection, load: Load, change: str, *, stands: bool
) -> None:
    city.execute(f"update seeds.possible_explanations set {change} where hypothesis_id = 'h1'")
    [area] = [each for each in load(city).focus_areas if each.area == "ekonomiskt_bistand"]
    told = {each.hypothesis_id for each in area.possible_explanations}
    assert ("h1" in told) is stands
    assert set(area.verdicts) == told


def test_a_record_is_neither_told_of_a_protected_series_nor_across_a_break(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    def told() -> set[str]:
        return {
            name
            for area in load(city).focus_areas
            for record in area.records
            for name in record.indicator_ids
        }

    # The price index and the debts rise every year; that is no record of theirs.
    everyone = told()
    assert everyone == {
        "assistance_households_share",
        "evicted_children",
        "protected_housing_persons",
        "protected_housing_children",
        "reported_ipv_crimes",
    }
    values = "marts.indicator_values set status = 'suppressed'"
    city.execute(f"update {values} where indicator_id = 'evicted_children' and value = 41")
    assert told() == everyone - {"evicted_children"}
    city.execute(
        "insert into seeds.natural_explanations by name select 'brott' as explanation_id, 'law' as"
        " kind, 'Ny lag' as title_sv, 'Lagen är ny.' as description_sv, 'reported_ipv_crimes' as"
        " indicator_id, 2021 as period_from, 2021 as period_to, true as is_break, 'Lagen' as"
        " source, false as synthetic"
    )
    assert told() == everyone - {"evicted_children", "reported_ipv_crimes"}


def test_the_seed_schema_must_be_an_identifier(city: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="identifier"):
        load_report_data(
            city,
            year=2023,
            municipality_id="0180",
            municipality_name="X",
            seeds="seeds; drop table x",
        )
    city.execute("create schema katalog")
    registered = (
        "natural_explanations",
        "possible_explanations",
        "memorandum_texts",
        "literature_references",
        "step_states",
    )
    for table in registered:
        city.execute(f"create table katalog.{table} as from seeds.{table}")
        city.execute(f"drop table seeds.{table}")
    data = load_report_data(
        city, year=2023, municipality_id="0180", municipality_name="X", seeds="katalog"
    )
    assert data.focus_areas[0].next_steps[0].text_sv == "Gör en avslagsanalys."
