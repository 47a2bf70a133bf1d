"""What a contract says holds on any engine: DuckDB refuses the row, dbt's test finds it."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt.conftest import Dbt, Warehouse

# What is planted in a table that enforces nothing.
PLANTED = {
    "indicators": "update marts.indicators set indicator_id = null where area = 'omvarld'",
    "geographies": (
        "insert into marts.geographies select * from marts.geographies where level = 'riket'"
    ),
    "indicator_values": (
        "update marts.indicator_values set status = 'guessed'"
        " where indicator_id = 'population' and geography_id = '0180'"
    ),
    "open_comparison_profile": (
        "update marts.open_comparison_profile set answer = 'kanske' where year = 2020"
    ),
    "revisions": (
        "insert into marts.revisions select 'population', date '2022-01-01', 'year', 'SE',"
        " 'total', 'total', 1, 5, 5, 'observed', 'observed', now(), now(), 'd', 's'"
    ),
}


def planted(tiny_city: Warehouse, path: Path) -> dict[str, int]:
    """A copy of the city with faults in tables without constraints; broken rows by table."""
    shutil.copyfile(tiny_city.path, path)
    broken = {}
    with duckdb.connect(str(path)) as connection:
        for table, fault in PLANTED.items():
            connection.execute(f"create table marts.loose as from marts.{table}")
            connection.execute(f"drop table marts.{table}")
            connection.execute(f"alter table marts.loose rename to {table}")
            [(broken[table],)] = connection.execute(fault).fetchall()
    return broken


def test_each_constraint_of_a_contract_is_a_test_too(
    tiny_city: Warehouse, dbt: Dbt, tmp_path: Path
) -> None:
    path = tmp_path / "warehouse.duckdb"
    changed = planted(tiny_city, path)
    assert all(changed.values()), changed
    results = dbt(path, "test", "--select", "test_name:contract_holds")
    failures = {
        result.node.attached_node.rpartition(".")[2]: int(result.failures or 0)
        for result in results
    }
    assert failures == {
        # A key's column that is empty breaks the key and its own rule, and stands many times.
        "indicator_catalogue": 2 * changed["indicators"] + 1,
        "geographies": 1,
        "area_years": 0,
        "peer_comparison": 0,
        "indicator_values": changed["indicator_values"],
        "open_comparison_profile": changed["open_comparison_profile"],
        "revisions": 1,
        "source_notes": 0,
        "refusals": 0,
        "protected_housing": 0,
        "housing_support": 0,
        "housing_support_grant": 0,
        "protected_housing_quarters": 0,
        "housing_support_hour_bands": 0,
        "housing_support_criteria": 0,
        "child_case_funnel": 0,
        "child_contacted": 0,
    }


def test_every_contract_has_its_test(dbt: Dbt, tiny_city: Warehouse) -> None:
    keys = ("--output", "json", "--output-keys", "unique_id", "config", "attached_node", "name")
    nodes = [json.loads(line) for line in dbt(tiny_city.path, "list", *keys)]
    contracted = {
        node["unique_id"]
        for node in nodes
        if node["unique_id"].startswith("model.") and node["config"]["contract"]["enforced"]
    }
    tested = {node["attached_node"] for node in nodes if node["name"].startswith("contract_holds_")}
    assert len(contracted) > 5
    assert contracted == tested


@pytest.mark.parametrize(
    "planted_row",
    [
        (
            "insert into seeds.indicator_series select 'homeless_persons', dataset_id,"
            " * exclude (indicator_id, dataset_id) from seeds.indicator_series"
            " where indicator_id = 'national_homeless_persons'"
        ),
        (
            "update seeds.indicators set source_id = 'socialstyrelsen_homelessness'"
            " where indicator_id = 'homeless_persons'"
        ),
    ],
    ids=["a series of the other source", "the other source itself"],
)
def test_two_counts_that_are_not_compared_share_no_series(
    tiny_city: Warehouse, dbt: Dbt, tmp_path: Path, planted_row: str
) -> None:
    name = "assert_counts_that_are_not_compared_are_kept_apart"
    path = tmp_path / "warehouse.duckdb"
    shutil.copyfile(tiny_city.path, path)

    def failures() -> int:
        [result] = dbt(path, "test", "--select", name)
        return int(result.failures or 0)

    assert failures() == 0
    with duckdb.connect(str(path)) as connection:
        [(changed,)] = connection.execute(planted_row).fetchall()
        assert changed
    assert failures() > 0
