"""A year is reported on when the city's own activities have values of it; others are refused."""

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.storage.report_year import ReportYearError, report_year, years_with_values
from tests.empty_database import empty_database

REFUSED = (
    "Rapportåret 1990 saknar årsvärden för kommunens verksamheter. Gör så här: välj ett av åren "
    "2016–2018, 2021 med --year eller AVVIK_YEAR, eller lämna registren för 1990 och kör om."
)


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """A city with four years of its own, one of them alone, and what must not count."""
    with empty_database() as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.area_years as
            from (values
                ('0180', 'barn_och_unga', 2018), ('0180', 'familjeratt', 2016),
                ('0180', 'barn_och_unga', 2016), ('0180', 'barn_och_unga', 2017),
                ('0180', 'hemloshet', 2021), ('0180-farsta', 'barn_och_unga', 2024),
                ('1480', 'barn_och_unga', 2019), ('0180', 'omvarld', 1990),
                ('0180', 'oppna_jamforelser', 2020), ('0512', 'omvarld', 2020),
                ('2583', 'omvarld', 2025), ('2583', 'oppna_jamforelser', 2024),
                ('SE', 'omvarld', 2025), ('SE', 'oppna_jamforelser', 2023)
            ) as given(geography_id, area, report_year);
            """
        )
        yield connection


def test_years_are_those_of_the_city_s_own_yearly_values(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    assert years_with_values(marts, "0180") == (2016, 2017, 2018, 2021)
    assert report_year(marts, "0180", None) == 2021
    assert report_year(marts, "0180", 2017) == 2017


@pytest.mark.parametrize("year", [1990, 2019, 2022, 2023, 2100])
def test_a_year_without_values_is_refused_with_those_that_exist(
    marts: duckdb.DuckDBPyConnection, year: int
) -> None:
    with pytest.raises(ReportYearError) as refused:
        report_year(marts, "0180", year)
    assert str(refused.value) == REFUSED.replace("1990", str(year))


def test_a_city_without_values_says_so(marts: duckdb.DuckDBPyConnection) -> None:
    for wanted in (None, 2020):
        with pytest.raises(ReportYearError, match="inga årsvärden för kommunen"):
            report_year(marts, "0114", wanted)


@pytest.mark.parametrize(
    ("code", "year"),
    [("1480", 2019), ("2583", 2024), ("0512", 2020), ("0114", 2023)],
    ids=["its own", "what compares municipalities", "its surroundings", "the country's"],
)
def test_one_that_delivers_nothing_is_reported_on_the_year_that_is_published(
    marts: duckdb.DuckDBPyConnection, code: str, year: int
) -> None:
    assert report_year(marts, code, None, only_statistics=True) == year
    with pytest.raises(ReportYearError, match=f"ett av åren {year} med"):
        report_year(marts, code, 1990, only_statistics=True)


def test_before_the_marts_are_built_no_year_is_known() -> None:
    with empty_database() as connection:
        assert years_with_values(connection, "0180") == ()
