"""dbt runs under the bounds that the warehouse's own connections have."""

from pathlib import Path

import pytest
import yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments import create

from orchestration.settings import PROJECT_ROOT
from orchestration.storage.warehouse import open_warehouse

ASKED = (
    "memory_limit",
    "temp_directory",
    "threads",
    "TimeZone",
    "autoinstall_known_extensions",
    "autoload_known_extensions",
    "allow_community_extensions",
    "allow_persistent_secrets",
    "python_enable_replacements",
)
QUESTION = "select " + ", ".join(f"current_setting('{name}')" for name in ASKED)


@pytest.fixture
def asked_of_dbt(tmp_path: Path) -> dict[str, object]:
    """What dbt's connection answers, opened by dbt's own code from the project's profile."""
    profile = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "profiles.yml").read_text("utf-8"))
    said = {
        **profile["avvik"]["outputs"]["local"],
        "path": str(tmp_path / "warehouse.duckdb"),
        "schema": "main",
        "database": "warehouse",
    }
    environment = create(DuckDBCredentials.from_dict(said))
    handle = environment.handle()  # type: ignore[no-untyped-call]
    try:
        row = handle.cursor().execute(QUESTION).fetchone()
    finally:
        handle.close()
        environment.close()  # type: ignore[no-untyped-call]
    return dict(zip(ASKED, row, strict=True))


def test_dbt_has_the_bounds_of_the_warehouse(
    asked_of_dbt: dict[str, object], tmp_path: Path
) -> None:
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        row = connection.execute(QUESTION).fetchone()
    assert row is not None
    assert asked_of_dbt == dict(zip(ASKED, row, strict=True))


def test_dbt_stays_under_what_a_run_may_use(
    asked_of_dbt: dict[str, object], tmp_path: Path
) -> None:
    # 3 GB, as DuckDB writes it.
    assert asked_of_dbt["memory_limit"] == "2.7 GiB"
    assert asked_of_dbt["temp_directory"] == str(tmp_path / "spill")
    assert asked_of_dbt["TimeZone"] == "UTC"
