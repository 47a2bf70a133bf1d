"""What the project promises: schemas, contracts, descriptions, and a first night without data."""

import json
import re

import pytest

from tests.dbt.conftest import PROJECT_DIR, Dbt, Warehouse

CONTRACT = {
    "area_years": {"geography_id", "area", "report_year"},
    "indicators": {
        "indicator_id",
        "title_sv",
        "area",
        "unit",
        "polarity",
        "measure",
        "definition_sv",
        "source_id",
    },
    "indicator_values": {
        "indicator_id",
        "period_start",
        "period_grain",
        "geography_id",
        "breakdown",
        "category",
        "numerator",
        "denominator",
        "value",
        "ci_lower",
        "ci_upper",
        "status",
    },
    "geographies": {
        "geography_id",
        "name",
        "level",
        "valid_from",
        "valid_to",
        "successor_id",
    },
    "open_comparison_profile": {
        *("unit_id", "indicator_id", "year", "answer", "group_type", "group_code", "group_share"),
    },
    "peer_comparison": {
        *("indicator_id", "period_grain", "period_start", "measure", "base_start", "value"),
        *("lowest", "median", "highest", "country_value", "group_code", "peers_with_value"),
    },
    "revisions": {
        "indicator_id",
        "period_start",
        "geography_id",
        "old_value",
        "new_value",
        "seen_at",
        "source_id",
    },
    "refusals": {
        *("period_start", "geography_id", "dimension", "category", "ground", "decisions"),
        *("refusals", "partial_refusals", "households", "households_refused", "household_months"),
    },
    "protected_housing": {
        *("period_start", "geography_id", "form", "with_children", "cause", "sex", "persons"),
        *("decisions", "children", "days"),
    },
    "housing_support": {
        *("period_start", "geography_id", "target_group", "sex", "lss", "hours_bin", "persons"),
        *("hours", "activities", "eligible", "lacking_own_housing", "lacking_registration"),
    },
    "child_case_funnel": {
        *("period_start", "geography_id", "breakdown", "category", "stage", "exit_reason"),
        *("cases", "children"),
    },
    "child_contacted": {
        *("period_start", "geography_id", "party", "age_band", "reporter", "investigations"),
        "contacted",
    },
    "housing_support_grant": {"period_start", "geography_id", "criteria", "persons", "amount"},
    "protected_housing_quarters": {
        *("period_start", "geography_id", "form", "with_children", "persons", "decisions"),
        "children",
    },
    "housing_support_hour_bands": {
        *("period_start", "geography_id", "target_group", "lss", "hours_over", "hours_to"),
        "persons",
    },
    "housing_support_criteria": {
        "period_start",
        "geography_id",
        "criteria_met",
        "persons",
        "amount",
    },
    "source_notes": {"source_id", "note_number", "kind", "period", "regions", "text_sv"},
}


@pytest.mark.parametrize("table", CONTRACT)
def test_the_columns_that_stay(tiny_city: Warehouse, table: str) -> None:
    columns = tiny_city.query(
        "select column_name from information_schema.columns"
        " where table_schema = 'marts' and table_name = ?",
        table,
    )
    assert CONTRACT[table] <= {name for (name,) in columns}


def test_schemas_have_exactly_their_names(tiny_city: Warehouse) -> None:
    schemas = tiny_city.query("select distinct table_schema from information_schema.tables")
    assert {name for (name,) in schemas} == {
        *("raw", "meta", "staging", "intermediate", "marts", "disclosure", "seeds")
    }


def test_every_published_column_is_explained_in_the_database(tiny_city: Warehouse) -> None:
    silent = tiny_city.query(
        "select table_name, column_name from duckdb_columns()"
        " where schema_name = 'marts' and comment is null"
    )
    tables = tiny_city.query(
        "select count(*) from duckdb_tables() where schema_name = 'marts' and comment is not null"
    )
    assert silent == []
    assert tables == [(len(CONTRACT),)]


def test_geographies_are_sweden_and_its_boards(tiny_city: Warehouse) -> None:
    assert tiny_city.query(
        "select level, count(*) from marts.geographies group by all order by all"
    ) == [("kommun", 290), ("lan", 21), ("riket", 1), ("stadsdelsnamnd", 17)]
    # Fourteen boards until 30 June 2020, thirteen until 30 June 2023, then eleven.
    for day, boards in (("2020-06-30", 14), ("2023-06-30", 13), ("2023-07-01", 11)):
        assert tiny_city.query(
            "select count(*) from marts.geographies where level = 'stadsdelsnamnd'"
            " and cast(? as date) between valid_from and coalesce(valid_to, date '9999-12-31')",
            day,
        ) == [(boards,)]


def test_a_warehouse_without_deliveries_builds(empty_warehouse: Warehouse) -> None:
    assert set(empty_warehouse.results.values()) <= {"success", "pass"}
    # What the seeds alone give; the registers and publishers have delivered nothing.
    assert empty_warehouse.query("select distinct source_id from marts.indicator_values") == [
        ("constants",)
    ]
    assert empty_warehouse.query(
        "select not_delivered_sv, count(distinct source_id) from marts.indicators"
        " where not_delivered_sv is not null group by all"
    ) == [("Registret har inte levererats.", 19)]


def test_every_model_says_what_a_row_is(dbt: Dbt, tiny_city: Warehouse) -> None:
    listed = dbt(
        tiny_city.path,
        "list",
        "--resource-types",
        "model",
        "seed",
        "source",
        "--output",
        "json",
        "--output-keys",
        "name",
        "description",
    )
    described = {}
    for line in listed:
        node = json.loads(line)
        described[node["name"]] = " ".join(node.get("description", "").split())
    assert len(described) > 80
    vague = [
        name
        for name, text in described.items()
        # What analysts see is said in Swedish.
        if not re.search("One row per|En rad per", text) and not name.startswith("register__")
    ]
    assert vague == []


def test_every_staging_model_reads_a_raw_asset_that_dagster_knows(dbt: Dbt) -> None:
    listed = dbt(
        PROJECT_DIR / "target" / "unused.duckdb",
        "list",
        "--resource-types",
        "source",
        "--output",
        "json",
        "--output-keys",
        "name",
        "config",
    )
    keys = {
        node["name"]: node["config"]["meta"]["dagster"]["asset_key"]
        for node in map(json.loads, listed)
    }
    assert keys == {name: ["raw", name] for name in keys}
    # Registers, publishers, answers to a survey, notes and deliveries of statistics, two tables of
    # the municipality, two of which registers have been delivered, one of what they cannot count.
    assert len(keys) == 19 + 6 + 1 + 2 + 2 + 2 + 1
