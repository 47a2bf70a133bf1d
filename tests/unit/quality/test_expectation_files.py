"""The suites of `expectations/`: one for each guarded table, computable, finding real faults."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from orchestration.findings.marts import (
    AGREEMENT,
    ANALYSIS_METHODS,
    ANALYSIS_RESULTS,
    BOARD_SPREAD,
    BOARD_STANDARDISED,
    CHILD_CASES_BY_STATUS,
    CHILD_REREFERRALS,
    DEVIATIONS,
    EARLY_WARNINGS,
    EQUALITY,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    INTERVENTION_BREAK_EVEN,
    INTERVENTION_COST_DRIVERS,
    INTERVENTION_COSTS,
    MODEL_FIT,
    OPEN_COMPARISONS,
    PROTECTED_HOUSING_FLOWS,
    REFUSAL_DECOMPOSITION,
    REFUSAL_RETURNS,
    SAMPLE_PROTOCOLS,
    SERIES_CHARTS,
    TRIANGULATION,
    WITHOUT_ASSESSMENT_REACH,
    FindingsTable,
)
from orchestration.flow.analyses import analyses
from orchestration.flow.estimates import results_table
from orchestration.quality.results import SuiteResult
from orchestration.quality.suites import (
    QUERY_TYPE,
    SUPPORTED,
    Rule,
    Severity,
    Suite,
    load_suites,
)
from orchestration.quality.validation import typed_expectations, validate
from orchestration.registers.contract import PLACE, Contract, load_contracts
from orchestration.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Lab

CHECKED_AT = datetime(2026, 11, 1, tzinfo=UTC)
SUITES = load_suites(PROJECT_ROOT / "expectations")
CONTRACTS = load_contracts()
REGISTERS = {f"raw.{contract.table}": contract for contract in CONTRACTS.values()}

OBSERVATIONS = {
    "delivery_id": "varchar",
    "delivery_sequence": "bigint",
    "row_number": "bigint",
    "dataset_id": "varchar",
    "series": "varchar",
    "region": "varchar",
    "period": "varchar",
    "dimensions": "varchar",
    "value_text": "varchar",
    "value": "double",
    "status": "varchar",
}
PUBLISHERS = ("scb", "kolada", "bra", "kronofogden", "socialstyrelsen", "stockholm")
NOTES = {
    "delivery_id": "varchar",
    "delivery_sequence": "bigint",
    "dataset_id": "varchar",
    "note_number": "integer",
    "period": "varchar",
    "regions": "varchar",
    "kind": "varchar",
    "text": "varchar",
}
DELIVERIES = {
    "delivery_id": "varchar",
    "delivery_sequence": "bigint",
    "dataset_id": "varchar",
    "received_at": "timestamp",
    "delivers": "varchar",
}
WRITTEN: tuple[FindingsTable[Any], ...] = (
    *(FOUND_EXPLANATIONS, DEVIATIONS, MODEL_FIT, SERIES_CHARTS, FOCUS_AREAS, TRIANGULATION),
    EARLY_WARNINGS,
    *(ANALYSIS_RESULTS, ANALYSIS_METHODS, BOARD_STANDARDISED),
    *(REFUSAL_DECOMPOSITION, REFUSAL_RETURNS, PROTECTED_HOUSING_FLOWS),
    *(INTERVENTION_COSTS, INTERVENTION_COST_DRIVERS, INTERVENTION_BREAK_EVEN),
    WITHOUT_ASSESSMENT_REACH,
    *(CHILD_CASES_BY_STATUS, CHILD_REREFERRALS),
    *(OPEN_COMPARISONS, EQUALITY, BOARD_SPREAD),
    *(SAMPLE_PROTOCOLS, AGREEMENT),
    *(
        results_table(each.analysis_id)
        for each in analyses()
        if results_table(each.analysis_id).name in each.step.products
    ),
)
FINDINGS = {
    table.name: {name: kind.removesuffix(" not null") for name, kind in table.columns.items()}
    for table in WRITTEN
}


def dbt_marts() -> dict[str, dict[str, str]]:
    directory = PROJECT_ROOT / "dbt_project/models/marts"
    models = [
        model
        for path in sorted(directory.rglob("*__models.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    ]
    return {
        f"marts.{model.get('config', {}).get('alias', model['name'])}": {
            column["name"]: column["data_type"] for column in model["columns"]
        }
        for model in models
    }


TABLES: Mapping[str, Mapping[str, str]] = {
    **{table: contract.raw_columns() for table, contract in REGISTERS.items()},
    **{f"raw.{publisher}__observations": OBSERVATIONS for publisher in PUBLISHERS},
    "raw.socialstyrelsen__oj_answers": OBSERVATIONS,
    "raw.statistics__notes": NOTES,
    "raw.statistics__deliveries": DELIVERIES,
    **dbt_marts(),
    **FINDINGS,
}


def create_all(lab: "Lab") -> None:
    for table, columns in TABLES.items():
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        lab.execute(f"create table {table} ({declared})")
    lab.execute(
        "create table raw.register__deliveries (municipality_id varchar, register_name varchar,"
        " delivery_sequence bigint, delivery_period varchar, rows_loaded bigint)"
    )
    lab.execute("create schema if not exists seeds")
    lab.execute(
        "create table seeds.insatser_without_assessment (geography_id varchar,"
        " replaces_indicator_id varchar, starts date)"
    )


def fill(lab: "Lab", table: str, columns: str, rows: str) -> None:
    lab.execute(f"insert into {table} ({columns}) {rows}")


def outcome(lab: "Lab", table: str) -> SuiteResult:
    return validate(lab.connection, SUITES[table], evaluated_at=CHECKED_AT)


def failed(lab: "Lab", table: str) -> set[str]:
    """Names of the failed queries, or ids of the failed rules, row count left out."""
    result = outcome(lab, table)
    assert not any(found.broken for found in result.results)
    return {
        match[1] if (match := re.search(r"\[(\w+)\]$", found.expectation)) else found.expectation
        for found in result.failures
    }


def test_each_raw_table_and_each_mart_has_a_suite() -> None:
    assert len(CONTRACTS) == 19
    assert set(SUITES) == set(TABLES)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_great_expectations_accepts_every_rule(suite: Suite) -> None:
    assert len(typed_expectations(suite.bound(CHECKED_AT.date()))) == len(suite.expectations)
    assert len(suite.expectations) >= 4


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_every_rule_can_be_computed_on_the_columns_that_the_table_has(
    lab: "Lab", suite: Suite
) -> None:
    create_all(lab)
    result = outcome(lab, suite.table)
    assert [found.message_sv for found in result.results if found.broken] == []
    assert not result.results[0].success
    assert result.row_count == 0


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_notes_say_the_rule_and_the_remedy_in_whole_sentences(suite: Suite) -> None:
    for rule in suite.expectations:
        assert rule.notes_sv.endswith("."), rule.expectation
        what, _, do = rule.notes_sv.partition(" Gör så här: ")
        assert what.endswith("."), rule.expectation
        assert re.match("[a-zåäö]{2,} ", do), rule.expectation


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_no_suite_knows_one_city(suite: Suite) -> None:
    text = suite.model_dump_json().lower()
    assert not re.search(r"\b0180\b|stockholms stad|järva|bromma", text)


def unique_columns(rule: Rule) -> tuple[str, ...]:
    return rule.columns if "unique" in rule.type and "proportion" not in rule.type else ()


@pytest.mark.parametrize(("table", "contract"), REGISTERS.items(), ids=REGISTERS)
def test_a_register_is_unique_by_the_key_of_its_contract(table: str, contract: Contract) -> None:
    suite = SUITES[table]
    assert suite.latest_by == contract.replaced_by
    unique = [rule for rule in suite.expectations if unique_columns(rule) == suite.latest_by]
    assert [rule.severity for rule in unique] == [Severity.CRITICAL]
    assert unique[0].kwargs.keys() == {"column_list"}


@pytest.mark.parametrize(("table", "contract"), REGISTERS.items(), ids=REGISTERS)
def test_every_identity_is_guarded_as_a_pseudonym(table: str, contract: Contract) -> None:
    identities = {
        column.raw_name or name
        for name, column in contract.columns.items()
        if column.type in {"identity", "household"}
    }
    guarded = {
        rule.kwargs["column"]
        for rule in SUITES[table].expectations
        if rule.type == "expect_column_value_lengths_to_be_between"
        and rule.severity is Severity.CRITICAL
        and rule.kwargs["min_value"] > 12
    }
    assert identities <= guarded


@pytest.mark.parametrize(("table", "contract"), REGISTERS.items(), ids=REGISTERS)
def test_code_lists_are_left_to_the_contract(table: str, contract: Contract) -> None:
    for rule in SUITES[table].expectations:
        if rule.type == "expect_column_values_to_be_in_set":
            assert "mostly" in rule.kwargs, "a list of allowed codes belongs in the contract"


def test_no_query_uses_the_clock_of_the_machine() -> None:
    for suite in SUITES.values():
        for rule in suite.expectations:
            query = str(rule.kwargs.get("unexpected_rows_query", "")).lower()
            assert not re.search(r"\b(now|today|current_date|current_timestamp)\b", query)
            assert (rule.type == QUERY_TYPE) == bool(query)


def population(lab: "Lab", where: str = "true", persons: str = "100") -> None:
    fill(
        lab,
        "raw.register__befolkning_stadsdel",
        "ar, stadsdelsnamnd, kon, alder, antal, delivery_sequence",
        f"select ar, board, kon, alder, {persons}, ar from range(2018, 2024) as t1 (ar),"
        " (values ('Norr'), ('Söder')) as t2 (board), (values ('K'), ('M')) as t3 (kon),"
        f" range(0, 100) as t4 (alder) where {where}",
    )


@pytest.mark.parametrize(
    ("where", "persons", "expected"),
    [
        ("true", "100", set()),
        ("ar <> 2020", "100", {"years_missing"}),
        ("not (ar = 2023 and board = 'Norr')", "100", {"yearly_jump"}),
        ("kon = 'K'", "100", {"sex_balance"}),
        ("alder < 70", "100", {"ages_missing"}),
        ("true", "case when alder < 18 then 1 else 100 end", {"children_share"}),
    ],
)
def test_population(lab: "Lab", where: str, persons: str, expected: set[str]) -> None:
    create_all(lab)
    population(lab, where, persons)
    assert failed(lab, "raw.register__befolkning_stadsdel") == expected


OWN_HOME = {"avslagsgrund": "case when i % 5 = 0 then 'eget_agande_bostad' end"}


STATUTORY = {
    "utfall": "'bifall'",
    "beviljat_belopp": "8000",
    **dict.fromkeys(("ansokan_typ", "ansokan_datum", "beslut_datum", "sokt_belopp"), "null"),
}


def decisions(lab: "Lab", **changed: str) -> None:
    columns = {
        PLACE: "'0180'",
        "beslut_id": "'B' || i",
        "sokande_id": "'v1:' || md5(i::varchar)",
        "kon_sokande": "case when i % 20 > 0 then 'K' end",
        "hushall_id": "'v1:' || md5(i::varchar)",
        "ansokan_datum": "day",
        "beslut_datum": "day + 5",
        "avser_manad": "date_trunc('month', day)",
        "ansokan_typ": "'ny'",
        "utfall": "case when i % 5 = 0 then 'avslag' when i % 7 = 0 then 'delavslag'"
        " else 'bifall' end",
        "hushallstyp": "case when i % 3 = 0 then '4' else '5' end",
        "antal_barn": "case when i % 3 = 0 then 2 else 0 end",
        "sokt_belopp": "9000",
        "beviljat_belopp": "case when i % 5 = 0 then 0 else 8000 end",
        "delivery_sequence": "1",
    } | changed
    fill(
        lab,
        "raw.register__ekonomiskt_bistand_beslut",
        ", ".join(columns),
        f"select {', '.join(columns.values())} from (select i,"
        " cast(date '2022-01-03' + (i % 20) * interval 1 month as date) as day"
        " from range(2000) as numbers (i))",
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        (
            {"beslut_id": "'B' || (i // 2)"},
            {"expect_compound_columns_to_be_unique(municipality_id, beslut_id)"},
        ),
        (
            {"sokande_id": "'199001019802'"},
            {"expect_column_value_lengths_to_be_between(sokande_id)"},
        ),
        (
            {"beslut_datum": "day + case when day = date '2022-04-03' then 40 else 0 end"},
            {"months_missing"},
        ),
        ({"utfall": "'avslag'", "beviljat_belopp": "0"}, {"refusals_bounded"}),
        ({"utfall": "'bifall'", "beviljat_belopp": "8000"}, {"refusals_present"}),
        # A file of the law has granted assistance only, and no days; a month that lacks is missed.
        (STATUTORY, set()),
        (
            STATUTORY
            | {"avser_manad": "case when month(day) <> 4 then date_trunc('month', day) end"},
            {"months_missing"},
        ),
        # A year from a file of the law and from an export; a late decision makes no such year.
        ({"ansokan_typ": "case when i % 2 = 0 then 'ny' end"}, {"two_kinds_of_files"}),
        ({"ansokan_typ": "case when i % 50 > 0 then 'ny' end"}, set()),
        (
            {"beviljat_belopp": "case when i % 5 = 0 then 0 else 800000 end"},
            {"amount_granted", "PAIR"},
        ),
        # One month in öre among twenty, which a mean of them all would not show.
        (
            {
                "delivery_period": "strftime(day, '%Y-%m')",
                "beviljat_belopp": "case when i % 5 = 0 then 0 when i % 20 = 3 then 150000"
                " else 1500 end",
                "sokt_belopp": "200000",
            },
            {"amount_granted"},
        ),
        ({"beviljat_belopp": "8000"}, {"nothing_granted"}),
        ({"hushallstyp": "'5'"}, {"types_without_children"}),
        (OWN_HOME | {"boendeform": "'eget_agande'"}, set()),
        (OWN_HOME | {"boendeform": "'hyresratt'"}, {"refused_for_a_home_of_one_s_own"}),
        ({"hushallstyp": "'4'"}, {"types_with_children"}),
        ({"kon_sokande": "case when i % 5 > 0 then 'K' end"}, {"applicant_without_sex"}),
    ],
)
def test_assistance_decisions(lab: "Lab", changed: dict[str, str], expected: set[str]) -> None:
    create_all(lab)
    decisions(lab, **changed)
    named = {
        "PAIR": ("expect_column_pair_values_a_to_be_greater_than_b(sokt_belopp, beviljat_belopp)"),
    }
    found = failed(lab, "raw.register__ekonomiskt_bistand_beslut")
    assert found == {named.get(name, name) for name in expected}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"manad": "date '2022-01-01'"}, {"UNIQUE"}),
        ({"nya_personer": "kontakter + 1"}, {"PAIR"}),
        # Where nobody knows who is new there is nothing to hold against the contacts.
        ({"nya_personer": "null"}, set()),
        ({"deltagare_per_tillfalle": "9"}, {"participants_against_contacts"}),
        ({"delivery_period": "case when i < 12 then '2020' else '2022' end"}, {"years_missing"}),
    ],
)
def test_contacts_without_assessment(
    lab: "Lab", changed: dict[str, str], expected: set[str]
) -> None:
    create_all(lab)
    columns = {
        PLACE: "'0180'",
        "manad": "cast(date '2022-01-01' + i * interval 1 month as date)",
        **dict.fromkeys(("stadsdelsnamnd", "insats_kod", "malgrupp"), "'alla'"),
        **dict.fromkeys(("kon", "aldersgrupp"), "'okand'"),
        "kontakter": "20",
        "nya_personer": "5",
        "tillfallen": "10",
        "deltagare_per_tillfalle": "2",
        "delivery_period": "'2022'",
        "delivery_sequence": "1",
    } | changed
    table = "raw.register__insatser_utan_behovsprovning"
    fill(
        lab,
        table,
        ", ".join(columns),
        f"select {', '.join(columns.values()).replace('kontakter', '20')} from range(24) as t (i)",
    )
    key = ", ".join(SUITES[table].latest_by)
    named = {
        "UNIQUE": f"expect_compound_columns_to_be_unique({key})",
        "PAIR": "expect_column_pair_values_a_to_be_greater_than_b(kontakter, nya_personer)",
    }
    assert failed(lab, table) == {named.get(name, name) for name in expected}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("case timmar_per when 'vecka' then 2 else 8 end", False),
        ("case timmar_per when 'vecka' then 8 else 2 end", True),
    ],
)
def test_hours_a_week_given_as_hours_a_month(lab: "Lab", hours: str, expected: bool) -> None:
    create_all(lab)
    fill(
        lab,
        "raw.register__boendestod_beslut",
        "beslut_id, timmar_per, timmar, delivery_period, delivery_sequence",
        f"select i, timmar_per, {hours}, '2023', 1 from (select i,"
        " case when i % 2 = 0 then 'vecka' else 'manad' end as timmar_per from range(400) as n (i)"
        ")",
    )
    assert ("hours_per_month" in failed(lab, "raw.register__boendestod_beslut")) is expected


@pytest.mark.parametrize(
    ("register", "dated"),
    [
        ("boendestod_beslut", ""),
        ("budget_skuldradgivning", "forsta_besok"),
        ("familjeratt_arenden", "start_datum"),
        ("missbruk_insatser", ""),
        ("rvc_samtalsstod", "start_datum"),
        ("skyddat_boende_placeringar", "beslut_datum"),
        ("socialpsykiatri_insatser", ""),
        ("vald_arenden", "aktualiserad_datum"),
    ],
)
@pytest.mark.parametrize(
    ("delivered", "missing"),
    [
        ([], True),
        ([("2021-07", 0), ("2021-08", 0)], False),
        ([("2021", 0)], False),
        # Rows were delivered for the year and are not there.
        ([("2021-07", 0), ("2021-08", 9)], True),
    ],
)
def test_a_year_that_was_delivered_without_a_case_is_not_missed(
    lab: "Lab", register: str, dated: str, delivered: list[tuple[str, int]], missing: bool
) -> None:
    create_all(lab)
    table = f"raw.register__{register}"
    key = SUITES[table].latest_by[1]
    fill(
        lab,
        table,
        f"{PLACE}, {key}, {dated or 'delivery_period'}, delivery_sequence",
        f"select '0180', 'A' || i, {'make_date(year, 3, 1)' if dated else 'year'}, 1 from (select i"
        ", case when i % 2 = 0 then 2020 else 2022 end as year from range(40) as numbers (i))",
    )
    for period, rows in delivered:
        lab.execute(
            "insert into raw.register__deliveries values ('0180', $register, 1, $period, $rows)",
            register=register,
            period=period,
            rows=rows,
        )
    assert ("years_missing" in failed(lab, table)) is missing


def indicator(lab: "Lab", name: str, measure: str, *values: tuple[object, ...]) -> None:
    lab.execute(
        "insert into marts.indicators by name select $name as indicator_id, $measure as measure",
        name=name,
        measure=measure,
    )
    for geography, year, numerator, denominator, value, status in values:
        lab.execute(
            "insert into marts.indicator_values by name select $name as indicator_id,"
            " make_date($year, 1, 1) as period_start, 'year' as period_grain,"
            " $geography as geography_id, 'total' as breakdown, 'total' as category,"
            " $numerator as numerator, $denominator as denominator, $value as value,"
            " $status as status",
            name=name,
            year=year,
            geography=geography,
            numerator=numerator,
            denominator=denominator,
            value=value,
            status=status,
        )


GRAIN = (
    "expect_compound_columns_to_be_unique(indicator_id, period_start, period_grain, geography_id,"
    " breakdown, category)"
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("9999", 2023, 5, 10, 0.5, "observed")], set()),
        ([("9999", 2023, 50, 10, 0.5, "observed")], {"proportion_out_of_range"}),
        ([("9999", 2023, None, None, 50.0, "observed")], {"proportion_out_of_range"}),
        (
            [("9999", 2023, 5, 10, None, "observed")],
            {"expect_column_values_to_not_be_null(value)"},
        ),
        ([("9999", 2023, None, None, None, "suppressed")], set()),
        ([("9999", 2023, None, None, 0.5, "suppressed")], {"withheld"}),
        (
            [("9999", 2027, 5, 10, 0.5, "preliminary")],
            {"expect_column_max_to_be_between(period_start)"},
        ),
        (
            [("9999", 2023, 5, 10, 0.5, "observed")] * 2,
            {GRAIN},
        ),
    ],
)
def test_indicator_values(lab: "Lab", rows: list[tuple[object, ...]], expected: set[str]) -> None:
    create_all(lab)
    indicator(lab, "some_share", "proportion", *rows)
    assert failed(lab, "marts.indicator_values") == expected


def test_households_must_fit_the_population_and_its_years_be_whole(lab: "Lab") -> None:
    create_all(lab)
    years = [("9999", year, 1000, None, 1000.0, "observed") for year in (2020, 2021, 2022)]
    indicator(lab, "population", "count", *years)
    indicator(lab, "households_total", "count", ("9999", 2022, 450, None, 450.0, "observed"))
    assert failed(lab, "marts.indicator_values") == set()
    lab.execute("update marts.indicator_values set value = 1100 where value = 450")
    assert failed(lab, "marts.indicator_values") == {"households_against_population"}
    lab.execute("update marts.indicator_values set value = 450 where value = 1100")
    lab.execute("delete from marts.indicator_values where period_start = date '2021-01-01'")
    assert failed(lab, "marts.indicator_values") == {"population_years_missing"}


GEOGRAPHIES = """
select * from (values
    ('SE', 'riket', null::date, null::date, null),
    ('99', 'lan', null, null, null),
    ('9999', 'kommun', null, null, null),
    ('9999-gamla', 'stadsdelsnamnd', null, date '2020-06-30', '9999-nya'),
    ('9999-nya', 'stadsdelsnamnd', date '2020-07-01', null, null)
) as rows (geography_id, level, valid_from, valid_to, successor_id)
"""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("select 1", set()),
        ("update marts.geographies set successor_id = null", {"successor_missing"}),
        (
            "update marts.geographies set successor_id = geography_id where valid_to is not null",
            {"successor_missing"},
        ),
        ("delete from marts.geographies where level = 'kommun'", {"board_without_municipality"}),
        ("update marts.geographies set geography_id = '9' where level = 'lan'", {"county_code"}),
        (
            "update marts.geographies set valid_from = '2021-01-01' where valid_to is not null",
            {"expect_column_pair_values_a_to_be_greater_than_b(valid_to, valid_from)"},
        ),
    ],
)
def test_geographies(lab: "Lab", change: str, expected: set[str]) -> None:
    create_all(lab)
    lab.execute(f"insert into marts.geographies by name {GEOGRAPHIES}")
    lab.execute(change)
    assert failed(lab, "marts.geographies") == expected


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        ("1", "observed", set()),
        ("null", "missing", set()),
        ("null", "observed", {"expect_column_values_to_not_be_null(value)"}),
        ("0", "suppressed", {"expect_column_values_to_be_null(value)"}),
        ("1", "..", {"expect_column_values_to_be_in_set(status)"}),
        ("-1", "observed", {"expect_column_values_to_be_between(value)"}),
    ],
)
def test_public_statistics(lab: "Lab", value: str, status: str, expected: set[str]) -> None:
    create_all(lab)
    fill(
        lab,
        "raw.bra__observations",
        "dataset_id, series, region, period, dimensions, value, status, delivery_sequence",
        f"select 'd', 's', 'r', (2000 + i)::varchar, '{{}}', {value}, '{status}', 1"
        " from range(20) as n (i) union all"
        " select 'e', 's', 'r', (2000 + i)::varchar, '{}', 5, 'observed', 1"
        " from range(20) as n (i)",
    )
    assert failed(lab, "raw.bra__observations") == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("partial_loss", set()),
        ("contradiction", set()),
        ("other", {"expect_column_values_to_not_be_in_set(kind)"}),
        ("unknown", {"expect_column_values_to_be_in_set(kind)"}),
    ],
)
def test_one_footnote_of_an_unknown_kind_is_told(lab: "Lab", kind: str, expected: set[str]) -> None:
    create_all(lab)
    fill(
        lab,
        "raw.statistics__notes",
        "dataset_id, note_number, regions, kind, text, delivery_sequence",
        "select 'd', i, '[]', 'method', 'En fotnot', 1 from range(1, 30) as n (i)"
        f" union all select 'd', 30, '[]', '{kind}', 'En fotnot', 1",
    )
    assert failed(lab, "raw.statistics__notes") == expected


def test_a_later_year_than_that_of_the_check_is_a_future_period(lab: "Lab") -> None:
    create_all(lab)
    fill(
        lab,
        "raw.scb__observations",
        "dataset_id, series, region, period, dimensions, value, status, delivery_sequence",
        "values ('d', 's', 'r', '2026M11', '{}', 5, 'observed', 1)",
    )
    assert failed(lab, "raw.scb__observations") == set()
    lab.execute("update raw.scb__observations set period = '2027M01'")
    assert failed(lab, "raw.scb__observations") == {"future_period"}


def test_a_focus_area_needs_a_deviation_behind_it(lab: "Lab") -> None:
    create_all(lab)
    fill(
        lab,
        "marts.focus_areas",
        "focus_area_id, area, rank, summary_sv",
        "values ('f1', 'omvarld', 1, 'En sammanfattning som räcker till.')",
    )
    assert failed(lab, "marts.focus_areas") == {"focus_without_deviation"}
    fill(lab, "marts.indicators", "indicator_id, area", "values ('i', 'omvarld')")
    fill(lab, "marts.deviations", "indicator_id, outcome", "values ('i', 'focus')")
    assert failed(lab, "marts.focus_areas") == set()


def test_the_same_value_is_tested_once_for_each_kind(lab: "Lab") -> None:
    create_all(lab)
    fill(lab, "marts.indicators", "indicator_id, area", "values ('i', 'omvarld'), ('j', 'omvarld')")
    columns = (
        "deviation_id, indicator_id, period_start, period_grain, geography_id, breakdown,"
        " category, compared_with, kind, outcome, p_value, q_value"
    )
    row = (
        "select {id}, 'i', $day, '{grain}', '9999', 'total', 'total', $other, '{kind}', 'watch',"
        " 0.5, 0.5"
    )
    day = date(2023, 1, 1)

    def add(identity: int, kind: str, other: str | None = None, grain: str = "year") -> None:
        query = row.format(id=identity, kind=kind, grain=grain)
        lab.execute(f"insert into marts.deviations ({columns}) {query}", day=day, other=other)

    add(1, "change")
    # One indicator may move against several, and one group differ from several.
    add(2, "contrary", "j")
    add(3, "contrary", "k")
    add(4, "group_difference", "a")
    add(5, "group_difference", "b")
    # January is not the year.
    add(6, "change", grain="month")
    assert failed(lab, "marts.deviations") == set()
    add(7, "change")
    (found,) = failed(lab, "marts.deviations")
    assert found.startswith("expect_compound_columns_to_be_unique(indicator_id")
    lab.execute("delete from marts.deviations where deviation_id = '7'")
    add(8, "group_difference", "b")
    assert failed(lab, "marts.deviations") == {found}
    lab.execute("delete from marts.deviations where deviation_id = '8'")
    add(9, "group_difference")
    assert failed(lab, "marts.deviations") == {"compared_with_nothing"}


def test_a_row_keeps_what_its_sentence_is_written_from(lab: "Lab") -> None:
    create_all(lab)
    columns = "deviation_id, outcome, explanation_id, rank, reason_sv, evidence, claims"
    whole = """{"explanation": {"ids": ["en-orsak"]}}"""
    fell, gone = (f"""[{{"kind": "{kind}"}}]""" for kind in ("changed", "no_value"))
    fill(
        lab,
        "marts.deviations",
        columns,
        f"values ('a', 'explained', 'en-orsak', 1, 'Det föll. Förklaras av: x.', '{whole}',"
        f" '{fell}'),"
        f" ('b', 'cannot_tell', null, null, 'Värdet saknas.', '{{}}', '{gone}')",
    )
    wanted = {"explained_without_evidence", "reason_without_claim", "figure_without_cell"}
    assert not failed(lab, "marts.deviations") & wanted
    lab.execute("update marts.deviations set explanation_id = 'en-annan'")
    assert failed(lab, "marts.deviations") & wanted == {"explained_without_evidence"}
    lab.execute(
        "update marts.deviations set explanation_id = null, evidence = '{}', outcome = 'focus'"
    )
    assert not failed(lab, "marts.deviations") & wanted
    for claims in ("[]", gone, """[{"kind": "changed", "observed": {"cells":[]}}]"""):
        lab.execute("update marts.deviations set claims = $claims where rank = 1", claims=claims)
        (found,) = failed(lab, "marts.deviations") & wanted
        assert found == ("figure_without_cell" if "observed" in claims else "reason_without_claim")


@pytest.mark.parametrize(
    ("table", "key", "first", "broken"),
    [
        ("marts.focus_areas", "focus_area_id", "headline", "summary_without_claim"),
        ("marts.triangulation", "focus_area_id", "compared", "sentence_without_claim"),
    ],
)
def test_what_is_said_stands_as_a_claim_with_its_cells(
    lab: "Lab", table: str, key: str, first: str, broken: str
) -> None:
    create_all(lab)
    fill(lab, table, f"{key}, claims", f"""values ('f1', '[{{"kind": "{first}"}}]')""")
    assert broken not in failed(lab, table)
    for claims in ("[]", """[{"kind": "changed"}]""", f"""[{{"kind": "{first}", "cells":[]}}]"""):
        lab.execute(f"update {table} set claims = $claims", claims=claims)
        assert broken in failed(lab, table)


def test_a_found_cause_is_told(lab: "Lab") -> None:
    create_all(lab)
    columns = "explanation_id, title_sv, description_sv, source, claims"
    fill(lab, "marts.found_explanations", columns, "values ('a', 't', 'd', 's', '[{}]')")
    assert "cause_without_claim" not in failed(lab, "marts.found_explanations")
    for change in ("claims = '[]'", "claims = '[{}]', source = ''"):
        lab.execute(f"update marts.found_explanations set {change}")
        assert "cause_without_claim" in failed(lab, "marts.found_explanations")


def test_a_summary_has_room_for_sixty_words(lab: "Lab") -> None:
    create_all(lab)
    fill(
        lab,
        "marts.focus_areas",
        "focus_area_id, summary_sv",
        "select 'f1', repeat('ord ', 59) || 'ord'",
    )
    assert "summary_too_long" not in failed(lab, "marts.focus_areas")
    lab.execute("update marts.focus_areas set summary_sv = summary_sv || ' till'")
    assert "summary_too_long" in failed(lab, "marts.focus_areas")


def test_a_movement_has_a_size_and_stands_in_the_seed_where_it_began(lab: "Lab") -> None:
    create_all(lab)
    lab.execute(
        "insert into seeds.insatser_without_assessment values"
        " ('9999-norr', 'rvc_counselling_granted', date '2022-10-01')"
    )
    columns = (
        "explanation_id, basis, kind, indicator_id, geography_id, period_from, explained_change"
    )
    kind = "flyttad_till_insats_utan_provning"
    fill(
        lab,
        "marts.found_explanations",
        columns,
        f"select place, 'movement', '{kind}', 'rvc_counselling_granted', place, 2022, -0.1"
        " from (values ('9999-norr'), ('9999')) as t (place)",
    )
    rules = {"movement_without_size", "movement_not_in_the_seed"}
    assert not failed(lab, "marts.found_explanations") & rules
    for change, broken in (
        ("explained_change = null", "movement_without_size"),
        ("explained_change = -0.1, kind = 'system'", "movement_without_size"),
        (f"kind = '{kind}', geography_id = '9999-soder'", "movement_not_in_the_seed"),
        ("geography_id = '9999-norr', period_from = 2021", "movement_not_in_the_seed"),
        ("period_from = 2022, indicator_id = 'child_cases'", "movement_not_in_the_seed"),
    ):
        lab.execute(
            f"update marts.found_explanations set {change} where explanation_id like '%norr'"
        )
        assert failed(lab, "marts.found_explanations") & rules == {broken}


def test_a_register_that_drifted_never_explains(lab: "Lab") -> None:
    create_all(lab)
    fill(lab, "marts.geographies", "geography_id", "values ('9999')")
    columns = "explanation_id, basis, effect, geography_id, period_from, period_to"
    fill(
        lab,
        "marts.found_explanations",
        columns,
        "values ('a', 'drift', 'reservation', '9999', 2023, 2023),"
        " ('b', 'source_note', 'explains', '9999', 2017, 2017)",
    )
    assert failed(lab, "marts.found_explanations") == set()
    fill(
        lab,
        "marts.found_explanations",
        columns,
        "values ('c', 'drift', 'explains', 'okand', 2023, 2022)",
    )
    found = failed(lab, "marts.found_explanations")
    assert {"unknown_place", "drift_explains_nothing"} < found
    assert len(found) == 3
    assert any("period_to" in each for each in found)


def test_a_chart_shows_published_values_and_tells_no_signal_on_trial(lab: "Lab") -> None:
    create_all(lab)
    key = "'i', '0180', 'total', 'total', 'year', date '2023-01-01'"
    columns = "indicator_id, geography_id, breakdown, category, period_grain, period_start, value"
    fill(lab, "marts.indicator_values", columns, f"values ({key}, 7)")
    fill(
        lab,
        "marts.series_charts",
        f"{columns}, centre, trial, signal",
        f"values ({key}, 7, 6, true, 'too_few')",
    )
    assert failed(lab, "marts.series_charts") == set()
    lab.execute("update marts.series_charts set signal = 'outside_above'")
    assert failed(lab, "marts.series_charts") == {"signal_on_trial"}
    lab.execute("update marts.series_charts set trial = false, value = 8")
    assert failed(lab, "marts.series_charts") == {"not_the_published_value"}


def test_a_model_fits_where_its_limits_say_so(lab: "Lab") -> None:
    create_all(lab)
    columns = (
        "geography_id, tested, model, period_start, year_from, year_to, p_values, independent,"
        " distance, distance_limit, tail, tail_limit, weight_at_the_end, weight_limit, fits"
    )
    fill(
        lab,
        "marts.model_fit",
        columns,
        "values ('0180', 'whole', 'counts', date '2023-01-01', 2019, 2022, 90, 80, 0.1, 0.2, 0.01,"
        " 0.05, 0.02, 0.1, true)",
    )
    assert failed(lab, "marts.model_fit") == set()
    for wrong in ("fits = false", "tail = 0.06", "independent = 91", "year_to = 2023"):
        lab.execute("create or replace table kept as from marts.model_fit")
        lab.execute(f"update marts.model_fit set {wrong}")
        assert failed(lab, "marts.model_fit") == {"verdict_against_its_limits"}, wrong
        lab.execute("delete from marts.model_fit")
        lab.execute("insert into marts.model_fit from kept")


def test_an_early_warning_has_its_grounds(lab: "Lab") -> None:
    create_all(lab)
    columns = (
        "indicator_id, geography_id, months_in, completeness, expected, lower, upper, e_value,"
        " first_crossing, forecast_lower, forecast_upper, outcome"
    )
    fill(
        lab,
        "marts.early_warnings",
        columns,
        "values ('i', '0180', 3, 0.9, 50, 40, 60, 300, date '2024-02-01', 90, 110, 'varning')",
    )
    assert failed(lab, "marts.early_warnings") == set()
    for wrong in (
        "expected = null",
        "first_crossing = null, e_value = 2",
        "outcome = 'kan_inte_avgoras'",
        "too_early = 'no_power'",
        "forecast_lower = 120",
    ):
        lab.execute("create or replace table kept as from marts.early_warnings")
        lab.execute(f"update marts.early_warnings set {wrong}")
        assert failed(lab, "marts.early_warnings") == {"told_without_grounds"}, wrong
        lab.execute("delete from marts.early_warnings")
        lab.execute("insert into marts.early_warnings from kept")
    lab.execute("update marts.early_warnings set months_in = 0, completeness = 1.2")
    assert len(failed(lab, "marts.early_warnings")) == 2


def test_the_readme_lists_every_type() -> None:
    text = (PROJECT_ROOT / "expectations/README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(expect_\w+|unexpected_rows_expectation)`", text)) == set(SUPPORTED)


REVISION = {
    "indicator_id": "'i'",
    "period_start": "date '2023-01-01'",
    "period_grain": "'year'",
    "geography_id": "'SE'",
    "breakdown": "'total'",
    "category": "'total'",
    "revision_number": "1",
    "old_value": "7",
    "new_value": "8",
    "old_status": "'observed'",
    "new_status": "'observed'",
    "seen_at": "timestamp '2026-02-01 05:00:00'",
    "first_seen_at": "timestamp '2026-01-01 05:00:00'",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"new_value": "null", "new_status": "'suppressed'"}, set()),
        ({"new_value": "null", "new_status": "null"}, set()),
        ({"old_value": "null", "old_status": "'missing'"}, set()),
        ({"old_value": "8"}, {"nothing_changed"}),
        ({"new_status": "'suppressed'"}, {"value_against_status"}),
        ({"old_value": "null"}, {"value_against_status"}),
        ({"first_seen_at": "timestamp '2026-02-02 05:00:00'"}, {"changed_before_first_seen"}),
        ({"seen_at": "timestamp '2026-11-02 05:00:00'"}, {"future_change"}),
        ({"revision_number": "2"}, {"numbers_missing"}),
        ({"new_value": "70"}, {"large_change"}),
    ],
)
def test_revisions(lab: "Lab", changed: dict[str, str], expected: set[str]) -> None:
    create_all(lab)
    row = REVISION | changed
    fill(lab, "marts.revisions", ", ".join(row), f"values ({', '.join(row.values())})")
    assert failed(lab, "marts.revisions") == expected


def test_a_value_is_revised_only_where_a_change_is_logged(lab: "Lab") -> None:
    create_all(lab)
    key = "indicator_id, period_start, period_grain, geography_id, breakdown, category"
    values = ", ".join(REVISION[name] for name in key.split(", "))
    fill(lab, "marts.indicator_values", f"{key}, status", f"values ({values}, 'revised')")
    assert "revised_without_change" in failed(lab, "marts.revisions")
    fill(lab, "marts.revisions", ", ".join(REVISION), f"values ({', '.join(REVISION.values())})")
    assert failed(lab, "marts.revisions") == set()


COMPARED = {
    "indicator_id": "'i'",
    "year": "2020",
    "group_type": "'riket'",
    "group_code": "'SE'",
    "basis": "'answers'",
    "share": "0.6",
    "published_share": "0.6",
    "units": "100",
    "answered": "90",
    "said_yes": "54",
    "lower_bound": "0.54",
    "upper_bound": "0.64",
    "previous_year": "2019",
    "is_break": "false",
    "change_pp": "5",
    "change_lower": "-5",
    "change_upper": "15",
    "matched": "80",
    "gained": "6",
    "lost": "2",
    "change_p": "0.3",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"published_share": "0.605"}, set()),
        # A column that has slid, a group that is another: computed and printed no longer agree.
        ({"published_share": "0.62"}, {"not_as_published"}),
        ({"share": "0.7"}, {"not_as_published", "bounds_around_share"}),
        ({"upper_bound": "0.7"}, {"bounds_around_share"}),
        ({"answered": "null"}, {"bounds_around_share"}),
        ({"is_break": "true"}, {"change_across_a_break"}),
        ({"change_upper": "4"}, {"change_across_a_break"}),
        ({"lost": "90"}, {"change_across_a_break"}),
    ],
)
def test_open_comparisons(lab: "Lab", changed: dict[str, str], expected: set[str]) -> None:
    create_all(lab)
    table = "marts.open_comparisons"
    row = COMPARED | changed
    fill(lab, table, ", ".join(row), f"values ({', '.join(row.values())})")
    assert failed(lab, table) == expected | {"groups_missing"}
    for kind in ("storlek", "skr"):
        part = row | {"group_type": f"'{kind}'", "group_code": f"'{kind}'"}
        fill(lab, table, ", ".join(part), f"values ({', '.join(part.values())})")
    assert failed(lab, table) == expected
    lab.execute(
        f"update {table} set units = 99, upper_bound = 63 / 99.0, lower_bound = 54 / 99.0"
        " where group_type = 'skr'"
    )
    assert failed(lab, table) == expected | {"parts_of_the_country"}


ANSWER = {
    "dataset_id": "'d'",
    "series": "'i'",
    "region": "code",
    "period": "'2020'",
    "value": "1",
    "status": "'observed'",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"value": "62"}, {"yes_or_no"}),
        ({"value": "null"}, {"expect_column_values_to_not_be_null(value)"}),
        ({"status": "'missing'"}, {"expect_column_values_to_be_null(value)", "few_answers"}),
        ({"region": "left(code, 3)"}, {"PAIR", "country_cut"}),
        ({"period": "'2027'"}, {"future_period"}),
    ],
)
def test_answers_to_open_comparisons(
    lab: "Lab", changed: dict[str, str], expected: set[str]
) -> None:
    create_all(lab)
    row = ANSWER | changed
    fill(
        lab,
        "raw.socialstyrelsen__oj_answers",
        ", ".join(row),
        f"select {', '.join(row.values())} from"
        " (select (1000 + i)::varchar as code from range(290) as numbers (i))",
    )
    found = failed(lab, "raw.socialstyrelsen__oj_answers")
    assert {"PAIR" if "unique" in name else name for name in found} == expected


def test_a_profile_is_of_its_group(lab: "Lab") -> None:
    create_all(lab)
    table = "marts.open_comparison_profile"
    columns = "unit_id, indicator_id, year, answer, group_type, group_answered, group_said_yes"
    fill(lab, table, columns, "values ('a', 'i', 2020, 'ja', 'skr', 4, 1)")
    assert failed(lab, table) == set()
    for change in (
        "group_said_yes = 0",
        "answer = 'nej', group_said_yes = 4",
        "group_said_yes = 5",
    ):
        lab.execute(f"update {table} set {change}")
        assert failed(lab, table) == {"not_of_its_group"}


def test_a_municipality_stands_within_what_its_group_can_be(lab: "Lab") -> None:
    create_all(lab)
    table = "marts.peer_comparison"
    fill(
        lab,
        "marts.indicator_values",
        "indicator_id, period_grain, period_start, geography_id, breakdown, value",
        "values ('i', 'year', date '2023-01-01', '1480', 'total', 5)",
    )
    fill(
        lab,
        table,
        "municipality_id, indicator_id, period_grain, period_start, measure, value, lowest, median,"
        " highest, peers_with_value, peers",
        "values ('1480', 'i', 'year', date '2023-01-01', 'level', 5, 1, 2, 9, 2, 2)",
    )
    assert failed(lab, table) == set()
    for change, rule in (
        ("median = 10", "impossible_group"),
        ("median = null", "impossible_group"),
        ("median = 2, peers_with_value = 3", "impossible_group"),
        ("peers_with_value = 2, value = 6", "own_value_against_indicator"),
    ):
        lab.execute(f"update {table} set {change}")
        assert failed(lab, table) == {rule}
