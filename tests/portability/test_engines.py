"""What an engine cannot give is told as a difference, with its table, and stops no other table."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.portability.engines import Table, compare, rows_of
from tests.portability.processes import Cost

LIKE, APART, LOST, VIEW = (
    Table("marts", "like", False),
    Table("marts", "apart", False),
    Table("marts", "lost", False),
    Table("staging", "view", True),
)


class Fake:
    """An engine that has written some tables, and knows nothing of the others."""

    name = "Motorn"
    target = "motor"
    dbt = "dbt.cli.main"
    environment: dict[str, str] = {}  # noqa: RUF012 (as the others have it)

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def session(self) -> Iterator["Fake"]:
        yield self

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        if "staging.view" in sql:
            raise RuntimeError("ingen\nsådan vy")
        return []

    def folder(self, schema: str, name: str) -> Path:
        folder = self.directory / schema / name
        if not folder.exists():
            raise RuntimeError("ingen sådan tabell")
        return folder

    def cost(self) -> Cost:
        return Cost(0, 0)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema staging")
        for table in (LIKE, APART, LOST):
            connection.execute(f"create table {table} as select unnest(range(3)) as id")
        connection.execute(f"create view {VIEW} as select * from {LIKE}")
        for table, rows in ((LIKE, 3), (APART, 2)):
            folder = tmp_path / "engine" / table.schema / table.name
            folder.mkdir(parents=True)
            connection.execute(
                f"copy (select unnest(range({rows})) as id) to '{folder}/rows.parquet'"
            )
    return path


def test_each_table_is_told_of_by_itself(warehouse: Path) -> None:
    tables = [LIKE, APART, LOST, VIEW]
    found = compare(warehouse, Fake(warehouse.parent / "engine"), tables)
    assert list(found) == tables
    assert found[LIKE] == []
    assert [(each.column, each.count) for each in found[APART]] == [(None, 1), ("id", 1)]
    [lost], [view] = found[LOST], found[VIEW]
    assert (lost.table, lost.count) == ("marts.lost", 3)
    assert lost.how == "finns inte i Motorn: ingen sådan tabell"
    assert (view.table, view.count) == ("staging.view", 3)
    assert view.how == "finns inte i Motorn: ingen sådan vy"


def test_rows_are_those_of_all_tables(warehouse: Path) -> None:
    assert rows_of(warehouse, [LIKE, APART, VIEW]) == 9
