"""A small city in an in-memory database, with the figures of the documents behind the project.

The levels and changes (38 and 12 children, 9,0 and 7,2 hours, -6,3, -15, -35 and +5 per cent,
82 576 kronor) are those of Stockholm's published analysis of 2024; years before 2022, intervals
and q-values are made up. The schema follows the contract of the marts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from orchestration.findings.cells import Cell, Figure
from orchestration.findings.claims import (
    Against,
    AlsoMoved,
    AnyClaim,
    Changed,
    Claim,
    Group,
    GroupsDiffer,
    Headline,
    Moved,
    When,
)
from orchestration.findings.codes import Kind, Outcome, Verdict
from orchestration.findings.evidence import (
    ChangeEvidence,
    ContraryEvidence,
    Evidence,
    GroupEvidence,
)
from orchestration.findings.marts import DEVIATIONS as DEVIATIONS_TABLE
from orchestration.findings.marts import FOCUS_AREAS as FOCUS_AREAS_TABLE
from orchestration.findings.marts import (
    FOUND_EXPLANATIONS,
    MODEL_FIT,
    read_findings,
    write_findings,
)
from orchestration.findings.marts import TRIANGULATION as TRIANGULATION_TABLE
from orchestration.findings.records import Deviation, FocusArea, FoundExplanation, Triangulation
from orchestration.indicators.models import Area
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import ReportData, load_report_data
from orchestration.reporting.issued import Edition, as_page
from orchestration.reporting.memorandum import memorandum

YEAR = 2023
BUILT_AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
EDITION = Edition(BUILT_AT, "0.1.0", "godkänd")

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
create table meta.sources (source_id varchar, title_sv varchar, publisher varchar,
  reference_period varchar, retrieved_at timestamptz, content_sha256 varchar, licence varchar,
  synthetic boolean, stale boolean, held_sv varchar);
create table seeds.natural_explanations (explanation_id varchar, kind varchar, title_sv varchar,
  description_sv varchar, indicator_id varchar, geography_id varchar, period_from integer,
  period_to integer, month_from integer, month_to integer, explained_change double,
  is_break boolean, source varchar, synthetic boolean);
create table seeds.possible_explanations (hypothesis_id varchar, area varchar, role varchar,
  text_sv varchar, source varchar, geography_id varchar, period_from integer, period_to integer,
  indicator_id varchar, analysis_id varchar, estimand_id varchar, breakdown varchar,
  category varchar, supported_when varchar, threshold double, supporting_verdicts varchar,
  measure_sv varchar);
create table seeds.memorandum_texts (text_id varchar, geography_id varchar, year integer,
  role varchar, area varchar, text_sv varchar, author varchar);
create table seeds.literature_references (reference_id varchar, geography_id varchar,
  year integer, area varchar, text_sv varchar, url varchar, accessed_on date, author varchar);
create table seeds.step_states (hypothesis_id varchar, owner_sv varchar, due date, state varchar,
  state_at date, indicator_id varchar, author varchar);
create table seeds.analyses (analysis_id varchar, area varchar, title_sv varchar,
  position integer);
"""

CHANGE = ChangeEvidence(
    interval_level=0.95,
    persons_concerned=None,
    previous_year=2022,
    previous_value=None,
    relative_to_expected=None,
    history_years=7,
    p_down=0.01,
    p_up=0.99,
    volatility=None,
    breakeven_reached=True,
    pool="antal",
    pool_series=9,
    status="observed",
    same_figures_as=(),
    relations=(),
)
CONTRARY = ContraryEvidence(
    interval_level=0.95,
    persons_concerned=None,
    relation_id="samband",
    related_indicator_id="price_housing_food",
    expected_sign=1,
    observed_change=-0.063,
    related_change=0.12,
    p_value=0.012,
    verdict=Verdict.CONTRARY,
    related_observed=1.0,
    related_expected=1.0,
    pooled_volatility_only=False,
    rationale_sv="De brukar följas åt.",
)
GROUPS = GroupEvidence(
    interval_level=0.95,
    persons_concerned=None,
    comparison_id="malgrupper",
    category_a="funktionsnedsattning",
    category_b="socialpsykiatri",
    rationale_sv="De borde ligga nära varandra.",
    mean_a=9.0,
    mean_b=7.2,
    sd_a=4.1,
    sd_b=3.4,
    n_a=1650,
    n_b=3120,
    t=None,
    df=None,
    difference=1.8,
    difference_lower=None,
    difference_upper=None,
    p_difference=1e-30,
)
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
        "evidence": CHANGE,
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
        "evidence": replace(CONTRARY, related_indicator_id="price_housing_food"),
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
        "evidence": CHANGE,
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
        "evidence": CHANGE,
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
        "evidence": CHANGE,
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
        "evidence": replace(
            CONTRARY, related_indicator_id="reported_ipv_crimes", observed_change=-0.15
        ),
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
        "evidence": GROUPS,
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
        "evidence": CHANGE,
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
    FocusArea(
        focus_area_id=f"f{rank}",
        area=area,
        title_sv="En rubrik ur motorn",
        rank=rank,
        summary_sv="En sammanfattning ur motorn.",
        period_start=date(YEAR, 1, 1),
        geography_id="0180",
        lead_deviation_id=lead,
        deviation_ids=(lead,),
    )
    for rank, (area, lead) in enumerate(
        [("ekonomiskt_bistand", "d1"), ("vald_i_nara_relation", "d4"), ("socialpsykiatri", "d7")], 1
    )
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
    ("h3", "vald_i_nara_relation", "possible_explanation", "Fler söker stöd tidigare.", "Avvik"),
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


def deviation(row: Mapping[str, object]) -> Deviation:
    """Makes a finding; what the row does not say is the whole city in the tested year."""
    nothing = {field.name: None for field in fields(Deviation) if field.default is MISSING}
    whole: dict[str, object] = {
        "period_start": date(YEAR, 1, 1),
        "period_grain": "year",
        "geography_id": "0180",
        "breakdown": "total",
        "category": "total",
    }
    given: dict[str, Any] = {**nothing, **whole, **row}
    given |= {"kind": Kind(given["kind"]), "outcome": Outcome(given["outcome"])}
    return Deviation(**given)


def claimed(found: Deviation) -> Deviation:
    """The same finding with its first claim, as the engine ends with it."""
    when = When.of(YEAR)
    told: Changed | GroupsDiffer | None = None
    if isinstance(found.evidence, ChangeEvidence) and found.lower is not None:
        before = SERIES[found.indicator_id][-2]
        told = Changed(
            indicator_id=found.indicator_id,
            when=when,
            observed=found.figure("observed", found.observed or 0),
            lower=found.figure("lower", found.lower),
            upper=found.figure("upper", found.upper or 0),
            since=When.of(YEAR - 1),
            previous=Figure(before or 0, (value_cell(found.indicator_id, YEAR - 1),)),
            change=found.figure("relative_change", found.relative_change or 0),
        )
    elif isinstance(found.evidence, GroupEvidence):
        told = GroupsDiffer(
            indicator_id=found.indicator_id,
            when=when,
            group=Group("target_group", found.evidence.category_a),
            other=Group("target_group", found.evidence.category_b),
            observed=found.figure("observed", found.observed or 0),
            other_observed=found.figure("expected", found.expected or 0),
            difference=found.figure("relative_change", found.relative_change or 0),
        )
    return found if told is None else replace(found, claims=(told,))


def value_cell(indicator_id: str, year: int) -> Cell:
    """Where a yearly value of the whole city stands."""
    return Cell(
        "marts.indicator_values",
        (
            ("indicator_id", indicator_id),
            ("period_start", date(year, 1, 1)),
            ("period_grain", "year"),
            ("geography_id", "0180"),
            ("breakdown", "total"),
            ("category", "total"),
        ),
        "value",
    )


def with_claims(area: FocusArea) -> FocusArea:
    """The same area with what its heading and its summary say."""
    by_id = {str(row["deviation_id"]): deviation(row) for row in DEVIATIONS}
    lead = by_id[area.lead_deviation_id]
    groups = ("funktionsnedsattning", "socialpsykiatri")
    related = [pair for pair in TRIANGULATION if pair[0] == area.focus_area_id]
    told: list[AnyClaim] = [
        Headline(
            area=Area(area.area),
            indicator_id=lead.indicator_id,
            geography_id="0180",
            when=When.of(YEAR),
            deviation=lead.kind,
            observed=lead.figure("observed", lead.observed or 0),
            change=lead.figure("relative_change", lead.relative_change or 0),
            groups=tuple(Group("target_group", name) for name in groups)
            if lead.kind is Kind.GROUP_DIFFERENCE
            else (),
        )
    ]
    against = tuple(
        Moved(
            indicator_id=str(pair[2]),
            change=Figure(float(str(pair[5])), (pair_cell(pair, "related_change"),)),
        )
        for pair in related
        if pair[7] == "contrary"
    )
    others = {"f1": "evicted_children", "f2": "protected_housing_children"}
    if against:
        change = lead.figure("relative_change", lead.relative_change or 0)
        told.append(Against(change=change, moved=against))
        told.append(AlsoMoved(lower=(others[area.focus_area_id],), higher=()))
    return replace(area, claims=tuple(told))


def pair_cell(pair: Sequence[object], column: str) -> Cell:
    """Where a figure of a comparison stands."""
    names = ("focus_area_id", "indicator_id", "related_indicator_id")
    row = tuple((name, str(value)) for name, value in zip(names, pair, strict=False))
    return Cell("marts.triangulation", row, column)


def set_evidence(
    connection: duckdb.DuckDBPyConnection, deviation_id: str, evidence: Evidence
) -> None:
    """Gives a finding other evidence."""
    row = DEVIATIONS_TABLE.row(deviation(DEVIATIONS[0] | {"evidence": evidence}))
    connection.execute(
        "update marts.deviations set evidence = ? where deviation_id = ?",
        [row["evidence"], deviation_id],
    )


def set_claims(
    connection: duckdb.DuckDBPyConnection, deviation_id: str, claims: tuple[Claim, ...]
) -> None:
    """Gives a finding other claims."""
    row = DEVIATIONS_TABLE.row(replace(deviation(DEVIATIONS[0]), claims=claims))
    connection.execute(
        "update marts.deviations set claims = ? where deviation_id = ?",
        [row["claims"], deviation_id],
    )


def add_findings(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, object]]) -> None:
    """Adds findings to those that there are."""
    write_findings(
        connection,
        DEVIATIONS_TABLE,
        [*read_findings(connection, DEVIATIONS_TABLE), *map(deviation, rows)],
    )


def add_found(connection: duckdb.DuckDBPyConnection, found: FoundExplanation) -> None:
    """Adds a cause that the system has found."""
    write_findings(connection, FOUND_EXPLANATIONS, [found])


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
        columns = ("hypothesis_id", "area", "role", "text_sv", "source")
        insert(
            connection,
            "seeds.possible_explanations",
            dict(zip(columns, hypothesis, strict=True)),
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
    write_findings(connection, DEVIATIONS_TABLE, [claimed(deviation(row)) for row in DEVIATIONS])
    write_findings(connection, FOUND_EXPLANATIONS, [])
    write_findings(connection, MODEL_FIT, [])
    write_findings(connection, FOCUS_AREAS_TABLE, [with_claims(area) for area in FOCUS_AREAS])
    names = (
        *("focus_area_id", "indicator_id", "related_indicator_id", "expected_sign"),
        *("observed_change", "related_change", "p_value", "verdict", "rationale_sv"),
    )
    pairs: list[dict[str, Any]] = [
        dict(zip(names, (*pair[:7], Verdict(str(pair[7])), pair[8] or ""), strict=True))
        for pair in TRIANGULATION
    ]
    write_findings(
        connection,
        TRIANGULATION_TABLE,
        [Triangulation(relation_id="samband", **pair) for pair in pairs],
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
    return as_page(memorandum(data, EDITION), data, EDITION, MEMORANDUM)


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
        data = load(connection)
        return as_page(memorandum(data, EDITION), data, EDITION, MEMORANDUM)

    return _render
