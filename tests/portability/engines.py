"""The same tables on two engines: what is exported, what dbt builds, and where it is read again.

DuckDB's warehouse is the one that is right; the other engine gets its raw tables as Parquet and
builds the same models. How two tables are compared belongs in `comparison`, how an engine is
started in `cluster` and `sail`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.portability.comparison import Difference, differences
from tests.portability.processes import Engine, Session

PROJECT = Path(__file__).parents[2] / "dbt_project"
_VIEWS = "compared"


@dataclass(frozen=True)
class Table:
    """A table or view that dbt builds.

    Attributes:
        schema: Its schema.
        name: Its name there.
        is_view: Whether it is a view.
    """

    schema: str
    name: str
    is_view: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Dbt:
    """dbt on one of the profile's targets.

    Attributes:
        target: `local`, `spark` or `sail`.
        environment: What the profile reads of the environment.
        artefacts: A directory for what dbt writes.
        project: The project; a copy of it where a fault is planted.
        module: The command line.
    """

    target: str
    environment: dict[str, str]
    artefacts: Path
    project: Path = PROJECT
    module: str = "dbt.cli.main"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of dbt's in a process of its own.

        Args:
            arguments: The command and its options.
        """
        command = [sys.executable, "-m", self.module, "--no-use-colors", *arguments]
        command += ["--target", self.target, "--target-path", str(self.artefacts)]
        command += ["--log-path", str(self.artefacts), "--project-dir", str(self.project)]
        command += ["--profiles-dir", str(PROJECT)]
        return subprocess.Popen(
            command,
            env={**os.environ, **self.environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: str) -> list[str]:
        """Run a command; names of the nodes that failed, with what the engine said of each.

        Args:
            arguments: The command and its options.
        """
        return self.finish(self.start(*arguments))

    def finish(self, process: subprocess.Popen[str]) -> list[str]:
        """Wait for a started command; names of the nodes that failed.

        Args:
            process: What `start` gave.
        """
        said, _ = process.communicate()
        results = self.artefacts / "run_results.json"
        if process.returncode not in {0, 1} or not results.exists():
            return [said[-2000:]]
        nodes = json.loads(results.read_text(encoding="utf-8"))["results"]
        failed = [
            f"{node['unique_id']}: {' '.join(str(node['message']).split())[:400]}"
            for node in nodes
            if node["status"] not in {"success", "pass"}
        ]
        return failed if nodes else [said[-2000:]]

    def tables(self) -> list[Table]:
        """Every table and view that the project builds, by its last command's manifest."""
        manifest = json.loads((self.artefacts / "manifest.json").read_text(encoding="utf-8"))
        return sorted(
            (
                Table(node["schema"], node["alias"], node["config"]["materialized"] == "view")
                for node in manifest["nodes"].values()
                if node["resource_type"] in {"model", "seed"}
            ),
            key=str,
        )


@contextmanager
def opened(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads a warehouse and writes only temporary tables.

    Args:
        warehouse: The DuckDB file.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def export(warehouse: Path, engine: Engine, schemas: Sequence[str]) -> int:
    """Give an engine the tables of some schemas, as Parquet.

    Args:
        warehouse: The DuckDB file.
        engine: Where they are to be read.
        schemas: The schemas; none that dbt builds all of.

    Returns:
        How many tables.
    """
    built = {name for schema in schemas for name in _made_by_dbt(schema)}
    with opened(warehouse) as connection, engine.session() as session:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where list_contains($schemas, schema_name) order by all",
            {"schemas": list(schemas)},
        ).fetchall()
        given = [table for table in tables if f"{table[0]}.{table[1]}" not in built]
        for schema, name in given:
            place = engine.directory / "given" / schema / name
            place.mkdir(parents=True)
            connection.execute(
                f"copy {schema}.{name} to '{place / 'rows.parquet'}' (format parquet)"
            )
            session.run(f"create schema if not exists {schema}")
            session.run(f"create table {schema}.{name} using parquet location '{place}'")
    return len(given)


def _made_by_dbt(schema: str) -> set[str]:
    """Names under which dbt builds tables in a schema that the flow writes to as well."""
    if schema != "marts":
        return set()
    files = (PROJECT / "models" / "marts").glob("*.sql")
    names = {path.stem for path in files}
    return {f"marts.{name}" for name in {*names, "indicators"}}


def rows_of(warehouse: Path, tables: Sequence[Table]) -> int:
    """How many rows some of DuckDB's tables have together.

    Args:
        warehouse: The DuckDB file, built.
        tables: The tables.
    """
    counted = " union all ".join(f"select count(*) as n from {table}" for table in tables)
    with opened(warehouse) as connection:
        [(rows,)] = connection.execute(f"select sum(n) from ({counted})").fetchall()
    return int(rows)


def compare(
    warehouse: Path, engine: Engine, tables: Sequence[Table]
) -> dict[Table, list[Difference]]:
    """What differs between DuckDB's and another engine's tables, for each of them.

    Args:
        warehouse: The DuckDB file, built.
        engine: Where the same is built.
        tables: What to compare.
    """
    with opened(warehouse) as connection, engine.session() as session:
        session.run(f"create schema if not exists {_VIEWS}")
        return {table: _compared(connection, engine, session, table) for table in tables}


def _compared(
    connection: duckdb.DuckDBPyConnection, engine: Engine, session: Session, table: Table
) -> list[Difference]:
    """What differs in one table; one that the engine cannot give differs in all its rows."""
    try:
        if table.is_view:
            copy = f"{_VIEWS}.{table.schema}__{table.name}"
            session.run(f"drop table if exists {copy}")
            session.run(f"create table {copy} using parquet as select * from {table}")
        written = _written(engine, table)
    except Exception as error:  # noqa: BLE001 (each client has errors of its own)
        [(rows,)] = connection.execute(f"select count(*) from {table}").fetchall()
        how = f"finns inte i {engine.name}: {' '.join(str(error).split())[:200]}"
        return [Difference(str(table), None, rows, how)]
    return differences(connection, str(table), str(table), written)


def _written(engine: Engine, table: Table) -> str:
    """Where an engine has written a table, as SQL after `from`."""
    schema, name = (
        (_VIEWS, f"{table.schema}__{table.name}") if table.is_view else (table.schema, table.name)
    )
    folder = engine.folder(schema, name)
    if not list(folder.glob("*.parquet")):
        # No file is written for no row.
        return f"(select * from {table} limit 0)"
    return f"read_parquet('{folder}/*.parquet')"
