"""Recorded public statistics in the marts, against what their publishers print."""

from datetime import date

import pytest

from tests.dbt.conftest import Warehouse


def monthly(warehouse: Warehouse, geography: str, month: date, category: str) -> tuple[object, ...]:
    rows = warehouse.query(
        "select value, status from marts.indicator_values"
        " where indicator_id = 'assistance_households_month' and geography_id = ?"
        " and period_start = ? and category = ?",
        geography,
        month,
        category,
    )
    assert len(rows) == 1
    return rows[0]


def test_households_of_stockholm_as_socialstyrelsen_prints_them(tiny_city: Warehouse) -> None:
    january = date(2017, 1, 1)
    assert monthly(tiny_city, "0180", january, "inrikes") == (3067, "observed")
    assert monthly(tiny_city, "0180", january, "utrikes") == (4311, "observed")
    assert monthly(tiny_city, "0180", january, "total") == (7378, "observed")


def test_cells_that_a_footnote_takes_back_have_no_value(tiny_city: Warehouse) -> None:
    # Malmö's partial loss in February looks like a fall of thirteen per cent; it is none.
    assert monthly(tiny_city, "1280", date(2017, 2, 1), "utrikes") == (None, "missing")
    assert monthly(tiny_city, "1280", date(2017, 1, 1), "utrikes") == (4858, "observed")
    assert monthly(tiny_city, "1480", date(2017, 3, 1), "total") == (None, "missing")


def test_a_protected_cell_protects_the_sum_it_is_part_of(tiny_city: Warehouse) -> None:
    leaks = tiny_city.query(
        "select count(*) from marts.indicator_values as parts"
        " inner join marts.indicator_values as sums"
        " using (indicator_id, geography_id, period_start)"
        " where parts.status = 'suppressed' and sums.category = 'total'"
        " and sums.value is not null"
    )
    suppressed = tiny_city.query(
        "select count(*) from marts.indicator_values"
        " where status = 'suppressed' and breakdown = 'birth_region'"
    )
    assert leaks == [(0,)]
    # The page prints 211 cells as X.
    assert suppressed == [(211,)]


@pytest.mark.parametrize(
    ("indicator", "geography", "year", "value"),
    [
        # SCB's form of the index: the mean of twelve months, 12.0 % up.
        ("evictions_national", "SE", 2023, 2768),
        ("evictions_enforced", "SE", 2019, 116),
        ("assistance_norm", "SE", 2023, 108.6),
        ("yearbook_assistance_households", "0180", 2017, 14_572),
        ("yearbook_assistance_recipients", "0180", 2017, 25_228),
        ("yearbook_assistance_recipients", "0180-rinkeby-kista", 2017, 3604),
        ("oj_response_rate_general", "SE", 2020, 0.95),
        ("oj_freda_short_questions", "SE", 2020, 0.75),
        ("oj_freda_short_questions", "SE", 2019, 0.73),
        ("oj_routine_adult_violence", "SE", 2019, 0.59),
        ("oj_outreach_losing_home", "SE", 2020, 0.62),
        ("housing_support_block_grant", "0180", 2023, 82_576),
        # Eleven rows of Ydre on the recorded page: 1+1+8+6+10+11+8+13+11+13+6+11.
        ("kronofogden_debtors", "0512", 2020, 99),
    ],
)
def test_published_figures(
    tiny_city: Warehouse, indicator: str, geography: str, year: int, value: float
) -> None:
    found = tiny_city.value(indicator, geography, year)
    assert found is not None
    assert found[2] == pytest.approx(value, rel=1e-12)
    assert found[3] == "observed"


def test_a_page_that_cuts_a_municipality_gives_it_no_sum(tiny_city: Warehouse) -> None:
    assert tiny_city.value("kronofogden_debtors", "0563", 2020) == (None, None, None, "missing")


def test_half_years_are_no_years(tiny_city: Warehouse) -> None:
    years = tiny_city.query(
        "select year(period_start) from marts.indicator_values"
        " where indicator_id = 'evictions_national' order by all"
    )
    assert years == [(2020,), (2021,), (2022,), (2023,)]


def test_crimes_in_the_city_and_in_the_country_are_never_added(tiny_city: Warehouse) -> None:
    changes = tiny_city.query(
        "select geography_id, round(100 * (max(value) filter (where year(period_start) = 2023)"
        " / max(value) filter (where year(period_start) = 2022) - 1), 6)"
        " from marts.indicator_values where indicator_id = 'reported_ipv_crimes'"
        " group by all order by all"
    )
    parts = tiny_city.query(
        "select region, sum(value) from raw.bra__observations"
        " where dataset_id = 'bra_reported_ipv_crimes' and period = '2023'"
        """ and dimensions = '{"Mått": "Antal"}'"""
        " and regexp_matches(series, '^(Misshandel|Olaga|Grov kvinnofrid)')"
        " group by all order by all"
    )
    assert changes == [("0180", 5.0), ("SE", 5.0)]
    country, city = parts
    assert tiny_city.value("reported_ipv_crimes", "SE", 2023) == (
        country[1],
        None,
        country[1],
        "observed",
    )
    assert tiny_city.value("reported_ipv_crimes", "0180", 2023) == (
        city[1],
        None,
        city[1],
        "observed",
    )


def test_the_price_index_of_a_year_is_the_mean_of_its_months(tiny_city: Warehouse) -> None:
    before = tiny_city.value("price_housing_food", "SE", 2022)
    after = tiny_city.value("price_housing_food", "SE", 2023)
    assert before is not None
    assert after is not None
    assert after[2] / before[2] == pytest.approx(1.12, abs=0.0005)


def test_an_offence_without_a_figure_is_not_applicable(tiny_city: Warehouse) -> None:
    assert tiny_city.value("reported_fraud", "SE", 2024) == (None, None, None, "not_applicable")
    found = tiny_city.value("reported_fraud", "SE", 2024, "befogenhetsbedrageri")
    assert found is not None
    assert found[2] == 13_816


def test_open_comparisons_hold_all_three_tables(tiny_city: Warehouse) -> None:
    assert tiny_city.query(
        "select group_type, count(*) from marts.open_comparisons group by all order by all"
    ) == [("riket", 22), ("skr", 27), ("storlek", 15)]
    assert tiny_city.query(
        "select share from marts.open_comparisons where group_code = 'B5'"
        " and indicator_id = 'oj_freda_short_questions'"
    ) == [(0.91,)]
