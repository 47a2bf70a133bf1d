"""Recorded public statistics in the marts, against what their publishers print."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.sources.raw_tables import StatisticsDelivery, load_dataset, record_deliveries
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.requests import SolRequest
from tests.dbt.conftest import PROJECT_DIR, Dbt, Warehouse, create_raw, statuses


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


def test_a_kommun_and_a_police_region_are_never_added(tmp_path: Path, dbt: Dbt) -> None:
    """Each region's six crimes make its own sum; the police region has no place in the marts."""
    [dataset] = [d for d in datasets_of("demo") if d.source_id == "bra_reported_ipv_crimes"]
    assert isinstance(dataset.request, SolRequest)
    counts = {"Stockholm": 10, "Region Stockholm": 100, "Hela landet": 1000}
    lines = [
        f"{region};{crime.series};År;2023;{count};1;\n"
        for region, count in counts.items()
        for crime in dataset.request.crimes
    ]
    export = f"Region;Brott;År;Period;Antal;/100 000 inv\n{''.join(lines)}".encode("iso-8859-1")
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        create_raw(connection)
        load_dataset(connection, dataset, export, delivery_id="a", delivery_sequence=1)
        received_at = datetime(2026, 1, 1, tzinfo=UTC)
        record_deliveries(connection, [StatisticsDelivery(1, "a", dataset.source_id, received_at)])
    warehouse = Warehouse(path)
    dbt(path, "build", "--select", "+int_statistics_counted", "--exclude", "test_type:unit")
    assert warehouse.query(
        "select geography_id, value from intermediate.int_statistics_counted"
        " where indicator_id = 'reported_ipv_crimes' order by all"
    ) == [("0180", 60), ("SE", 6000)]
    assert warehouse.query(
        "select region_label, geography_id, count(*) from intermediate.int_observations_located"
        " where region_label like '%Stockholm' group by all order by all"
    ) == [("Region Stockholm", None, 14), ("Stockholm", "0180", 14)]


def test_notes_and_contradictions_are_published(tiny_city: Warehouse) -> None:
    counts = tiny_city.query(
        "select source_id, kind, count(*) from marts.source_notes"
        " where source_id in ('socialstyrelsen_assistance_monthly', 'stockholm_yearbook')"
        " group by all order by all"
    )
    assert counts == [
        ("socialstyrelsen_assistance_monthly", "carried_over", 5),
        ("socialstyrelsen_assistance_monthly", "not_estimated", 8),
        ("socialstyrelsen_assistance_monthly", "partial_loss", 1),
        # b020 three years, b021 seven ages, b161 six years, b166 and b167 three years.
        ("stockholm_yearbook", "contradiction", 3 + 7 + 6 + 3),
    ]


@pytest.mark.parametrize(
    ("day", "last_month"),
    [
        ("2024-05-07", None),
        ("2024-05-08", date(2024, 3, 1)),
        ("2024-09-01", date(2024, 6, 1)),
        ("2025-01-30", date(2024, 10, 1)),
        ("2025-01-31", date(2024, 12, 1)),
    ],
)
def test_what_was_known_of_a_county_on_a_day(
    tiny_city: Warehouse, day: str, last_month: date | None
) -> None:
    """The question as the guide asks it, on six real workbooks."""
    guide = (PROJECT_DIR.parent / "docs/add-a-source.md").read_text(encoding="utf-8")
    [question] = re.findall(r"```sql\n(select series,.*?)```", guide, re.DOTALL)
    assert "2024-09-01" in question
    rows = tiny_city.query(question.replace("2024-09-01", day))
    series = {"Antal hushåll", "Utbetalt ekonomiskt bistånd tkr"}
    assert dict(rows) == (dict.fromkeys(series, last_month) if last_month else {})


def test_a_county_s_workbooks_reach_no_municipality_and_no_mart(tiny_city: Warehouse) -> None:
    dataset = "socialstyrelsen_assistance_county"
    assert tiny_city.query(
        "select region, dimensions, count(distinct delivery_id), count(*)"
        " from raw.socialstyrelsen__observations where dataset_id = ? group by all",
        dataset,
    ) == [("Dalarnas län", '{"nivå": "län"}', 6, 6 * 2 * 11 * 12)]
    assert tiny_city.query(
        "select distinct geography_id, geography_level from intermediate.int_observations_located"
        " where dataset_id = ?",
        dataset,
    ) == [("20", "lan")]
    for table in ("intermediate.int_statistics_vintages", "intermediate.int_statistics_counted"):
        counted = f"select count(*) from {table} where dataset_id = ?"
        assert tiny_city.query(counted, dataset) == [(0,)]
    # The hole is in every vintage, and no mark is a zero.
    assert tiny_city.query(
        "select status, count(*), count(value), min(value) > 0"
        " from intermediate.int_county_assistance_vintages"
        " where period_start = date '2016-12-01' group by all"
    ) == [("missing", 12, 0, None)]


def test_every_mark_of_the_monthly_page_reaches_the_marts_without_a_figure(
    tiny_city: Warehouse,
) -> None:
    counted = tiny_city.query(
        "select status, count(*), count(value) from marts.indicator_values"
        " where indicator_id = 'assistance_households_month' and breakdown = 'birth_region'"
        " group by all order by all"
    )
    # 171 cells print --, 211 print X, and the footnote on Malmö takes two more back.
    assert counted == [
        ("missing", 171 + 2, 0),
        ("observed", 291 * 2 * 8 - 171 - 211 - 2, 291 * 2 * 8 - 171 - 211 - 2),
        ("suppressed", 211, 0),
    ]
    for category in ("inrikes", "utrikes"):
        for region, month in (("SE", 1), ("SE", 2), ("1285", 8), ("1482", 5)):
            status = monthly(tiny_city, region, date(2017, month, 1), category)
            assert (status == (None, "missing")) == (region != "1482"), (region, month)


@pytest.mark.parametrize(("count", "status"), [(23655, "pass"), (23656, "warn")])
def test_two_tables_of_the_yearbook_that_differ_are_told(
    tmp_path: Path, dbt: Dbt, count: int, status: str
) -> None:
    [dataset] = [d for d in datasets_of("demo") if d.source_id == "stockholm_yearbook"]
    files = {path.name[:4]: path.read_bytes() for path in recorded_files(dataset)}
    assert b"25055,23655," in files["b020"]
    changed = files["b020"].replace(b"25055,23655,", f"25055,{count},".encode())
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        create_raw(connection)
        for number, content in enumerate((files["b161"], changed), start=1):
            load_dataset(
                connection, dataset, content, delivery_id=str(number), delivery_sequence=number
            )
    results = dbt(path, "build", "--select", "+assert_yearbook_tables_agree")
    assert statuses(results)["assert_yearbook_tables_agree"] == status


def test_the_price_index_of_a_year_is_the_mean_of_its_months(tiny_city: Warehouse) -> None:
    before = tiny_city.value("price_housing_food", "SE", 2022)
    after = tiny_city.value("price_housing_food", "SE", 2023)
    assert before is not None
    assert after is not None
    assert after[2] / before[2] == pytest.approx(1.12, abs=0.0005)
    weights = tiny_city.query(
        "select weight from seeds.series_weights where indicator_id = 'price_housing_food'"
        " order by all"
    )
    assert weights == [(0.36,), (0.64,)]
    # By hand, of the two groups as they were delivered.
    [(mean,)] = tiny_city.query(
        "select 12 * avg(value * case when dimensions like '%\"01\"%' then 0.36 else 0.64 end) / 6"
        " from raw.scb__observations"
        " where dataset_id = 'scb_cpi_housing_food' and period like '2023M%'"
    )
    assert after[2] == pytest.approx(mean, abs=1e-6)


def test_income_is_in_kronor(tiny_city: Warehouse) -> None:
    # SCB gives thousands with one decimal: 400.0 and 423.6.
    assert tiny_city.value("real_disposable_income", "SE", 2016) == (
        400_000,
        None,
        400_000,
        "observed",
    )
    found = tiny_city.value("real_disposable_income", "SE", 2023)
    assert found is not None
    assert found[2] == 423_600


def test_an_offence_without_a_figure_is_not_applicable(tiny_city: Warehouse) -> None:
    assert tiny_city.value("reported_fraud", "SE", 2024) == (None, None, None, "not_applicable")
    found = tiny_city.value("reported_fraud", "SE", 2024, "befogenhetsbedrageri")
    assert found is not None
    assert found[2] == 13_816


def test_open_comparisons_hold_all_three_tables(tiny_city: Warehouse) -> None:
    published = "intermediate.int_open_comparison_published"
    assert tiny_city.query(
        f"select group_type, count(*) from {published} group by all order by all"
    ) == [("riket", 22), ("skr", 27), ("storlek", 15)]
    assert tiny_city.query(
        f"select share from {published} where group_code = 'B5'"
        " and indicator_id = 'oj_freda_short_questions'"
    ) == [(0.91,)]


def test_the_answers_of_units_give_each_printed_share(tiny_city: Warehouse) -> None:
    """The sixty cells of the three tables, two levels of the text and both response rates."""
    assert tiny_city.query(
        """
        select count(*), count(*) filter (round(100 * said_yes / answered) = round(100 * share))
        from intermediate.int_open_comparison_published
        left join intermediate.int_open_comparison_groups
            using (indicator_id, year, group_type, group_code)
        """
    ) == [(64, 64)]
    # 290 municipalities, of which Stockholm has 14 boards and Göteborg 10.
    assert tiny_city.query(
        """
        select distinct year, units from intermediate.int_open_comparison_groups
        where group_type = 'riket' and not is_of_municipality order by year
        """
    ) == [(2018, 312), (2019, 312), (2020, 312)]
    # Every municipality is in one group of each kind.
    assert (
        tiny_city.query(
            """
            select indicator_id, year from intermediate.int_open_comparison_groups
            where group_type <> 'riket'
            group by indicator_id, year, group_type
            having sum(units) <> case when bool_or(is_of_municipality) then 290 else 312 end
            """
        )
        == []
    )


@pytest.mark.parametrize(
    ("indicator", "geography", "value"),
    [
        # Kolada writes thousands of kronor; the catalogue holds kronor.
        ("kolada_assistance_cost", "0180", 1_029_500_000),
        # PM03: 12 children, in a city of 985 000.
        ("kolada_evictions_with_children", "0180", 1.2183),
        ("kolada_assistance_children", "0180", 6869),
        ("kolada_population", "SE", 10_552_000),
        ("debt_median", "0180", 77_400),
        ("debt_total", "0180", 12_451_286_903),
        ("debt_relief_applications", "0180", 2418),
        ("evictions_municipality", "0180", 177),
    ],
)
def test_figures_of_kolada_and_kronofogden(
    tiny_city: Warehouse, indicator: str, geography: str, value: float
) -> None:
    found = tiny_city.value(indicator, geography, 2023)
    assert found is not None
    assert found[2] == pytest.approx(value, rel=1e-12)
    assert found[3] == "observed"


def test_a_key_figure_by_sex_is_counted_once(tiny_city: Warehouse) -> None:
    parts = tiny_city.query(
        "select dimensions, value from raw.kolada__observations"
        " where series = 'N01951' and region = '0180' and period = '2023' order by all"
    )
    assert [value for _, value in parts] == [495_455, 489_545, 985_000]
    assert tiny_city.value("kolada_population", "0180", 2023) == (
        985_000,
        None,
        985_000,
        "observed",
    )


def test_a_withdrawn_figure_reaches_nothing(tiny_city: Warehouse) -> None:
    found = tiny_city.value("kolada_assistance_households", "0180", 2022)
    assert found is not None
    assert found[2] == 15_274
