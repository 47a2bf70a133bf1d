"""The page on the year under way says what its rows say, marks what is made up, and is secret."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import duckdb

from orchestration.findings.codes import EarlyOutcome, TooEarly
from orchestration.findings.marts import EARLY_WARNINGS, write_findings
from orchestration.findings.records import EarlyWarning, MonthSoFar
from orchestration.reporting.data import ReportData
from orchestration.reporting.running_year import running_year_page
from tests.unit.reporting.conftest import EDITION

Load = Callable[[duckdb.DuckDBPyConnection], ReportData]
SECRET = replace(EDITION, restricted=True)
INDICATOR = "protected_housing_persons"
MONTHS = tuple(
    MonthSoFar(
        month=at,
        seen=40.0 * at if at <= 3 else None,
        whole=44.0 * at if at <= 3 else None,
        whole_lower=42.0 * at if at <= 3 else None,
        whole_upper=47.0 * at if at <= 3 else None,
        expected=61.0 * at,
        lower=50.0 * at,
        upper=72.0 * at,
        present=0.9 if at <= 3 else None,
        e_value=12.0 if at <= 3 else None,
    )
    for at in range(1, 13)
)
WARNED = EarlyWarning(
    indicator_id=INDICATOR,
    geography_id="0180",
    period_start=date(2024, 1, 1),
    as_of=date(2024, 3, 31),
    months_in=3,
    completeness=0.91,
    grows=True,
    year_to_date=1120.0,
    expected=1655.0,
    lower=1490.0,
    upper=1820.0,
    e_value=4321.0,
    first_crossing=date(2024, 2, 1),
    forecast=4870.0,
    forecast_lower=4610.0,
    forecast_upper=5140.0,
    outcome=EarlyOutcome.VARNING,
    too_early=None,
    months=MONTHS,
)
UNTOLD = replace(
    WARNED,
    indicator_id="substance_use_persons",
    completeness=None,
    grows=None,
    year_to_date=7.0,
    expected=None,
    lower=None,
    upper=None,
    e_value=None,
    first_crossing=None,
    forecast=None,
    forecast_lower=None,
    forecast_upper=None,
    outcome=EarlyOutcome.KAN_INTE_AVGORAS,
    too_early=TooEarly.UNKNOWN_GROWTH,
    months=(),
)


def written(city: duckdb.DuckDBPyConnection, load: Load, *rows: EarlyWarning) -> str:
    write_findings(city, EARLY_WARNINGS, list(rows))
    return running_year_page(city, load(city), SECRET)


def text_of(page: str) -> str:
    body = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    plain = html.unescape(re.sub(r"<[^>]+>", "", body))
    return re.sub(r"\s+", " ", plain.replace("\N{NO-BREAK SPACE}", " "))


def test_it_says_what_came_what_was_expected_and_how_it_may_end(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    text = text_of(written(city, load, UNTOLD, WARNED))
    assert "Till och med mars 2024 är läget detta för två antal" in text
    assert (
        "Tidig varning: ett. Att bevaka: noll. Som väntat: noll. För tidigt att säga: ett." in text
    )
    assert "Tidig varning: till och med mars 2024 är antalet" in text
    assert "var 1 655 (1 490–1 820)" in text
    assert "räknar vi med att 91 procent har kommit in" in text
    assert "syntes först i februari 2024, och e-värdet är över tusen" in text
    assert "blir helåret 4 870 (4 610–5 140)" in text
    assert "Det är inte känt hur mycket av en månad som brukar ha kommit in." in text
    # The warned of come first, whatever order they stand in.
    assert text.index("Tidig varning: till och med") < text.index("För tidigt att säga: till och")


def overview(page: str) -> str:
    """The first table as it stands on the page."""
    begins = page.index("Det pågående året mot det väntade")
    return page[begins : page.index("Hämta tabellen", begins)]


def test_it_is_marked_secret_and_made_up_figures_as_such(
    city: duckdb.DuckDBPyConnection, load: Load
) -> None:
    city.execute("update meta.sources set synthetic = true")
    made_up = written(city, load, WARNED)
    assert "Arbetsmaterial, sekretess" in text_of(made_up)
    assert ">syntetisk<" in overview(made_up)
    city.execute("update meta.sources set synthetic = false")
    assert ">syntetisk<" not in overview(written(city, load, WARNED))


def test_the_chart_has_its_figures_as_a_table(city: duckdb.DuckDBPyConnection, load: Load) -> None:
    page = written(city, load, WARNED)
    assert page.count("<svg") == 1
    text = text_of(page)
    assert "mars 2024120132183150216" in text.replace(" ", "").replace("mars2024", "mars 2024")
    assert "Utfall: 132" in text


def test_without_months_it_says_so(city: duckdb.DuckDBPyConnection, load: Load) -> None:
    text = text_of(written(city, load))
    assert "Inget register har levererat någon månad efter 2023" in text
    assert "Tidig varning" not in text
