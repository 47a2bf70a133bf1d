"""A small city in an in-memory database, with the figures of the documents behind the project.

The levels and changes (38 and 12 children, 9,0 and 7,2 hours, -6,3, -15, -35 and +5 per cent,
82 576 kronor) are those of Stockholm's published analysis of 2024; years before 2022, intervals
and q-values are made up. The schema follows the contract of the marts.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from orchestration.reporting.data import ReportData, load_report_data
from orchestration.reporting.memorandum import render_memorandum

YEAR = 2023
BUILT_AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)

SCHEMA = """
create schema marts; create schema meta; create schema seeds;
create table marts.indicators (indicator_id varchar, title_sv varchar, area varchar, unit varchar,
  polarity varchar, measure varchar, definition_sv varchar, source_id varchar,
  not_delivered_sv varchar);
create table marts.indicator_values (indicator_id varchar, period_start date, period_grain varchar,
  geography_id varchar, breakdown varchar, category varchar, numerator double, denominator double,
  value double, ci_lower double, ci_upper double, status varchar, standard_deviation double,
  observations bigint, source_id varchar);
create table marts.geographies (geography_id varchar, name varchar, level varchar, valid_from date,
  valid_to date, successor_id varchar);
create table marts.deviations (deviation_id varchar, indicator_id varchar, period_start date,
  period_grain varchar, geography_id varchar, breakdown varchar, category varchar, kind varchar,
  observed double, expected double, lower double, upper double, relative_change double,
  p_value double, q_value double, breakeven_volatility double, rank integer, outcome varchar,
  explanation_id varchar, reason_sv varchar, evidence varchar, probability_relevant double,
  excess double);
create table marts.found_explanations (explanation_id varchar, basis varchar, effect varchar,
  kind varchar, title_sv varchar, description_sv varchar, indicator_id varchar,
  geography_id varchar, period_from integer, period_to integer, month_from integer,
  month_to integer, explained_change double, direction integer, is_break boolean, source varchar,
  synthetic boolean);
create table marts.focus_areas (focus_area_id varchar, area varchar, title_sv varchar,
  rank integer, summary_sv varchar);
create table marts.triangulation (focus_area_id varchar, indicator_id varchar,
  related_indicator_id varchar, expected_sign integer, observed_change double,
  related_change double, p_value double, verdict varchar, rationale_sv varchar);
create table meta.sources (source_id varchar, title_sv varchar, publisher varchar,
  reference_period varchar, retrieved_at timestamptz, content_sha256 varchar, licence varchar,
  synthetic boolean, stale boolean, held_sv varchar);
create table seeds.natural_explanations (explanation_id varchar, kind varchar, title_sv varchar,
  description_sv varchar, indicator_id varchar, geography_id varchar, period_from integer,
  period_to integer, month_from integer, month_to integer, explained_change double,
  is_break boolean, source varchar, synthetic boolean);
create table seeds.possible_explanations (hypothesis_id varchar, area varchar, role varchar,
  text_sv varchar, source varchar, geography_id varchar);
"""

INDICATORS = [
    (
        "assistance_households_share",
        "Andel biståndshushåll",
        "ekonomiskt_bistand",
        "procent av hushållen",
        "proportion",
        "ekonomiskt_bistand_beslut",
    ),
    (
        "evicted_children",
        "Antal barn som berörs av avhysningar",
        "ekonomiskt_bistand",
        "barn",
        "count",
        "avhysningar_barn",
    ),
    (
        "protected_housing_persons",
        "Antal personer som beviljats skyddat boende",
        "vald_i_nara_relation",
        "personer",
        "count",
        "skyddat_boende_placeringar",
    ),
    (
        "protected_housing_children",
        "Antal medföljande barn i skyddat boende",
        "vald_i_nara_relation",
        "barn",
        "count",
        "skyddat_boende_placeringar",
    ),
    (
        "housing_support_hours",
        "Genomsnittligt antal beviljade boendestödstimmar",
        "socialpsykiatri",
        "timmar per person och månad",
        "mean",
        "boendestod_beslut",
    ),
    (
        "substance_use_persons",
        "Antal personer med insats för missbruk och beroende",
        "missbruk_och_beroende",
        "personer",
        "count",
        "missbruk_insatser",
    ),
    (
        "debt_median",
        "Medianskuld hos Kronofogden",
        "omvarld",
        "kronor per skuldsatt person",
        "amount",
        "kronofogden_debt",
    ),
    (
        "price_housing_food",
        "Prisindex för boende och livsmedel",
        "omvarld",
        "index",
        "amount",
        "scb_cpi_housing_food",
    ),
    (
        "reported_ipv_crimes",
        "Antal anmälda brott i nära relation",
        "omvarld",
        "anmälda brott",
        "count",
        "bra_reported_ipv_crimes",
    ),
    (
        "emergency_flat_women",
        "Antal kvinnor i jourlägenhet till följd av våld",
        "vald_i_nara_relation",
        "kvinnor",
        "count",
        "skyddat_boende_placeringar",
    ),
    (
        "housing_support_block_grant",
        "Schablonersättning för boendestöd",
        "funktionsnedsattning",
        "kronor per person och år",
        "amount",
        "constants",
    ),
    (
        "homeless_persons",
        "Antal personer i hemlöshet",
        "hemloshet",
        "personer",
        "count",
        "hemloshet_kartlaggning",
    ),
]

# Yearly values 2016-2023 of the city.
SERIES: dict[str, list[float | None]] = {
    "assistance_households_share": [
        0.0301,
        0.0292,
        0.0286,
        0.0277,
        0.0281,
        0.0268,
        0.0254,
        0.0254 * (1 - 0.063),
    ],
    "evicted_children": [41, 36, 43, 44, 35, 39, 38, 12],
    "protected_housing_persons": [402, 391, 410, 425, 398, 415, 420, 357],
    "protected_housing_children": [250, 261, 244, 258, 249, 262, 260, 169],
    "substance_use_persons": [3010, 2995, 3030, 3012, 2988, 3005, 3000, 3660],
    "debt_median": [71e3, 72e3, 74e3, 75e3, 76e3, 78e3, 86e3, 93e3],
    "reported_ipv_crimes": [5010, 5100, 5080, 5150, 5230, 5300, 5200, 5460],
    "housing_support_block_grant": [None] * 7 + [82576],
    "homeless_persons": [None] * 7 + [2310],
}

HOURS = [
    ("target_group", "funktionsnedsattning", 9.0, 8.8, 9.2, 4.1, 1650),
    ("target_group", "socialpsykiatri", 7.2, 7.1, 7.3, 3.4, 3120),
    ("target_group*sex", "funktionsnedsattning*kvinnor", 9.0, 8.7, 9.3, 4.1, 825),
    ("target_group*sex", "funktionsnedsattning*man", 9.0, 8.7, 9.3, 4.1, 825),
    ("target_group*sex", "socialpsykiatri*kvinnor", 7.5, 7.3, 7.7, 3.4, 1872),
    ("target_group*sex", "socialpsykiatri*man", 6.9, 6.7, 7.1, 3.4, 1248),
]

SOURCES = [
    ("ekonomiskt_bistand_beslut", "Beslut om ekonomiskt bistånd", "Stockholms stad", True),
    ("avhysningar_barn", "Barn som berörs av avhysningar", "Stockholms stad", True),
    ("skyddat_boende_placeringar", "Placeringar i skyddat boende", "Stockholms stad", True),
    ("boendestod_beslut", "Beslut om boendestöd", "Stockholms stad", True),
    ("missbruk_insatser", "Insatser för missbruk och beroende", "Stockholms stad", True),
    ("hemloshet_kartlaggning", "Kartläggning av hemlöshet", "Stockholms stad", True),
    ("kronofogden_debt", "Skulder i Stockholm", "Kronofogden", True),
    ("scb_cpi_housing_food", "Prisindex för boende och livsmedel", "SCB", True),
    ("bra_reported_ipv_crimes", "Anmälda brott i nära relation", "Brå", True),
    ("constants", "Stadens budget 2023", "Stockholms stad", False),
]

DEVIATIONS: list[dict[str, object]] = [
    {
        "deviation_id": "d1",
        "indicator_id": "assistance_households_share",
        "kind": "change",
        "observed": 0.0254 * (1 - 0.063),
        "expected": 0.0254,
        "lower": 0.0246,
        "upper": 0.0262,
        "relative_change": -0.063,
        "q_value": 0.0004,
        "breakeven_volatility": 0.061,
        "rank": 1,
        "outcome": "focus",
        "evidence": {"previous_year": 2022},
    },
    {
        "deviation_id": "d2",
        "indicator_id": "assistance_households_share",
        "kind": "contrary",
        "observed": 0.0254 * (1 - 0.063),
        "relative_change": -0.063,
        "p_value": 0.012,
        "q_value": 0.031,
        "rank": 2,
        "outcome": "focus",
        "evidence": {"related_indicator_id": "price_housing_food"},
    },
    {
        "deviation_id": "d3",
        "indicator_id": "evicted_children",
        "kind": "change",
        "observed": 12,
        "expected": 38.4,
        "lower": 22,
        "upper": 59,
        "relative_change": 12 / 38 - 1,
        "q_value": 0.003,
        "breakeven_volatility": 0.27,
        "rank": 3,
        "outcome": "focus",
        "evidence": {"previous_year": 2022},
    },
    {
        "deviation_id": "d4",
        "indicator_id": "protected_housing_persons",
        "kind": "change",
        "observed": 357,
        "expected": 419,
        "lower": 372,
        "upper": 468,
        "relative_change": -0.15,
        "q_value": 0.02,
        "rank": 4,
        "outcome": "focus",
        "evidence": {"previous_year": 2022},
    },
    {
        "deviation_id": "d5",
        "indicator_id": "protected_housing_children",
        "kind": "change",
        "observed": 169,
        "expected": 259,
        "lower": 220,
        "upper": 300,
        "relative_change": -0.35,
        "q_value": 0.001,
        "rank": 5,
        "outcome": "focus",
        "evidence": {"previous_year": 2022},
    },
    {
        "deviation_id": "d6",
        "indicator_id": "protected_housing_persons",
        "kind": "contrary",
        "observed": 357,
        "relative_change": -0.15,
        "p_value": 0.02,
        "q_value": 0.04,
        "rank": 6,
        "outcome": "focus",
        "evidence": {"related_indicator_id": "reported_ipv_crimes"},
    },
    {
        "deviation_id": "d7",
        "indicator_id": "housing_support_hours",
        "kind": "group_difference",
        "breakdown": "target_group",
        "category": "funktionsnedsattning",
        "observed": 9.0,
        "expected": 7.2,
        "lower": 7.0,
        "upper": 7.4,
        "relative_change": 0.25,
        "q_value": 0.0001,
        "rank": 7,
        "outcome": "focus",
        "evidence": {"category_a": "funktionsnedsattning", "category_b": "socialpsykiatri"},
    },
    {
        "deviation_id": "d8",
        "indicator_id": "substance_use_persons",
        "kind": "change",
        "observed": 3660,
        "expected": 3001,
        "lower": 2850,
        "upper": 3155,
        "relative_change": 0.22,
        "q_value": 0.0002,
        "rank": 8,
        "outcome": "explained",
        "explanation_id": "missbruk-2023",
        "evidence": {"previous_year": 2022},
    },
    {
        "deviation_id": "d9",
        "indicator_id": "reported_ipv_crimes",
        "kind": "change",
        "observed": 5460,
        "expected": 5230,
        "lower": 4980,
        "upper": 5490,
        "relative_change": 0.05,
        "q_value": 0.09,
        "rank": 9,
        "outcome": "watch",
        "reason_sv": "Ökningen är säkerställd men mindre än det som räknas som betydelsefullt.",
    },
    {
        "deviation_id": "d10",
        "indicator_id": "homeless_persons",
        "kind": "change",
        "observed": 2310,
        "outcome": "cannot_tell",
        "reason_sv": "Det finns inget tidigare värde att jämföra med.",
    },
]

FOCUS_AREAS = [
    (
        "f1",
        "ekonomiskt_bistand",
        "Färre hushåll får ekonomiskt bistånd trots högre priser",
        1,
        "Andelen biståndshushåll sjönk med 6,3 procent medan priserna steg.",
    ),
    (
        "f2",
        "vald_i_nara_relation",
        "Färre personer i skyddat boende",
        2,
        "Antalet personer i skyddat boende minskade med 15 procent.",
    ),
    ("f3", "socialpsykiatri", "Olika mycket boendestöd i två målgrupper", 3, ""),
]

TRIANGULATION = [
    (
        "f1",
        "assistance_households_share",
        "price_housing_food",
        1,
        -0.063,
        0.12,
        0.012,
        "contrary",
        "När boende och mat blir dyrare räcker inkomsten till för färre.",
    ),
    (
        "f1",
        "assistance_households_share",
        "debt_median",
        1,
        -0.063,
        7 / 86,
        0.2,
        "divergent_within_noise",
        None,
    ),
    (
        "f2",
        "protected_housing_persons",
        "reported_ipv_crimes",
        1,
        -0.15,
        0.05,
        0.02,
        "contrary",
        None,
    ),
    (
        "f2",
        "protected_housing_persons",
        "emergency_flat_women",
        -1,
        -0.15,
        None,
        None,
        "cannot_tell",
        None,
    ),
]

HYPOTHESES = [
    ("h1", "ekonomiskt_bistand", "possible_explanation", "Trösklarna kan ha höjts.", "Analys 2023"),
    ("h2", "ekonomiskt_bistand", "next_step", "Gör en avslagsanalys.", "Analys 2023"),
    ("h3", "vald_i_nara_relation", "possible_explanation", "Fler söker stöd tidigare.", None),
    ("h4", "socialpsykiatri", "next_step", "Låt brukarna revidera stödet.", "Analys 2023"),
]


def insert(connection: duckdb.DuckDBPyConnection, table: str, row: dict[str, object]) -> None:
    """Inserts one row by column name."""
    columns = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({columns}) values ({marks})", list(row.values()))


def insert_value(connection: duckdb.DuckDBPyConnection, row: dict[str, object]) -> None:
    """Inserts an indicator value; what the row does not say is the whole city, observed."""
    whole: dict[str, object] = {
        "period_grain": "year",
        "geography_id": "0180",
        "breakdown": "total",
        "category": "total",
        "status": "observed",
    }
    insert(connection, "marts.indicator_values", whole | row)


def insert_deviation(connection: duckdb.DuckDBPyConnection, row: dict[str, object]) -> None:
    """Inserts a deviation; what the row does not say is the whole city in the tested year."""
    whole: dict[str, object] = {
        "period_start": date(YEAR, 1, 1),
        "period_grain": "year",
        "geography_id": "0180",
        "breakdown": "total",
        "category": "total",
        "evidence": {},
    }
    merged = whole | row
    insert(connection, "marts.deviations", merged | {"evidence": json.dumps(merged["evidence"])})


def fill_catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    """Writes indicators, geographies, sources and the analysts' seeds."""
    for indicator_id, title, area, unit, measure, source_id in INDICATORS:
        insert(
            connection,
            "marts.indicators",
            {
                "indicator_id": indicator_id,
                "title_sv": title,
                "area": area,
                "unit": unit,
                "polarity": "neutral",
                "measure": measure,
                "definition_sv": "Olika personer under året.",
                "source_id": source_id,
            },
        )
    connection.execute(
        "insert into marts.geographies (geography_id, name, level) values"
        " ('SE', 'riket', 'riket'), ('0180', 'Stockholm', 'kommun'),"
        " ('0180-norrmalm', 'Norrmalm', 'stadsdelsnamnd')"
    )
    for position, (source_id, title, publisher, synthetic) in enumerate(SOURCES):
        insert(
            connection,
            "meta.sources",
            {
                "source_id": source_id,
                "title_sv": title,
                "publisher": publisher,
                "reference_period": "2016–2023",
                "retrieved_at": datetime(2026, 11, 21, 23, 30, tzinfo=UTC),
                "content_sha256": f"{position:x}" * 64,
                "licence": "CC0",
                "synthetic": synthetic,
                "stale": False,
                "held_sv": None,
            },
        )
    insert(
        connection,
        "seeds.natural_explanations",
        {
            "explanation_id": "missbruk-2023",
            "kind": "definition",
            "title_sv": "Öppenvård registreras per deltagare",
            "description_sv": "Från 2023 räknas varje deltagare för sig.",
            "indicator_id": "substance_use_persons",
            "period_from": 2023,
            "period_to": 2023,
            "explained_change": 0.22,
            "is_break": False,
            "source": "Registret",
            "synthetic": True,
        },
    )
    for hypothesis in HYPOTHESES:
        connection.execute(
            "insert into seeds.possible_explanations values (?, ?, ?, ?, ?, null)", list(hypothesis)
        )


def fill_values(connection: duckdb.DuckDBPyConnection) -> None:
    """Writes the yearly values and the groups of the tested year."""
    for indicator_id, values in SERIES.items():
        for year, value in enumerate(values, start=2016):
            if value is not None:
                start = date(year, 1, 1)
                row = {"indicator_id": indicator_id, "period_start": start, "value": value}
                insert_value(connection, row)
    for breakdown, category, value, lower, upper, deviation, count in HOURS:
        insert_value(
            connection,
            {
                "indicator_id": "housing_support_hours",
                "period_start": date(YEAR, 1, 1),
                "breakdown": breakdown,
                "category": category,
                "value": value,
                "ci_lower": lower,
                "ci_upper": upper,
                "standard_deviation": deviation,
                "observations": count,
            },
        )


def fill_findings(connection: duckdb.DuckDBPyConnection) -> None:
    """Writes deviations, focus areas and comparisons."""
    for row in DEVIATIONS:
        insert_deviation(connection, row)
    for focus in FOCUS_AREAS:
        connection.execute("insert into marts.focus_areas values (?, ?, ?, ?, ?)", list(focus))
    for pair in TRIANGULATION:
        connection.execute(
            "insert into marts.triangulation values (?, ?, ?, ?, ?, ?, ?, ?, ?)", list(pair)
        )


def build_city() -> duckdb.DuckDBPyConnection:
    """Builds the documents' city, as the marts would hold it."""
    connection = duckdb.connect(":memory:")
    connection.execute(SCHEMA)
    fill_catalogue(connection)
    fill_values(connection)
    fill_findings(connection)
    return connection


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    """The documents' city, to be changed by the test."""
    connection = build_city()
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def page() -> str:
    """The memorandum of the documents' city, unchanged; drawn once for all tests that read it."""
    with build_city() as connection:
        data = load_report_data(
            connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
        )
    return render_memorandum(
        data, built_at=BUILT_AT, version="0.1.0", quality_status="godkänd", false_discovery_rate=0.1
    )


Render = Callable[[duckdb.DuckDBPyConnection], str]


@pytest.fixture
def load() -> Callable[[duckdb.DuckDBPyConnection], ReportData]:
    """Reads the report's data for the tested year."""

    def _load(connection: duckdb.DuckDBPyConnection) -> ReportData:
        return load_report_data(
            connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
        )

    return _load


@pytest.fixture
def render(load: Callable[[duckdb.DuckDBPyConnection], ReportData]) -> Render:
    """Renders the memorandum of a database."""

    def _render(connection: duckdb.DuckDBPyConnection) -> str:
        return render_memorandum(
            load(connection),
            built_at=BUILT_AT,
            version="0.1.0",
            quality_status="godkänd",
            false_discovery_rate=0.1,
        )

    return _render
