"""The dbt project: what is in it, by its manifest, and building parts of it in this process.

The command-line resource of dagster-dbt starts a second interpreter for each call, which costs
several seconds; the runner that dbt itself offers for programs does not. Models and their SQL
belong in the dbt project.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.flow.step import StepRefusedError
from orchestration.settings import Settings

_PROJECT_FOLDERS = ("models", "seeds", "macros", "tests")
_PARSED: dict[tuple[Path, float, str, str], Any] = {}
# The graph is the same for all; it is parsed for the one that most homes are of.
_DEFAULT: str = Settings.model_fields["municipality"].default
_TABLES = frozenset({"model", "seed"})
# The manifest would be written twice, and nobody reads it; what came of each node is written by us.
_COMMON = ("--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-write-json")


class DbtResults:
    """What dbt did, by node.

    Attributes:
        nodes: dbt's own result objects by unique id.
    """

    def __init__(self, nodes: Mapping[str, Any]) -> None:
        self.nodes = nodes

    def succeeded(self, unique_id: str) -> bool:
        """Whether a model or seed was built."""
        return unique_id in self.nodes and str(self.nodes[unique_id].status) == "success"

    def failures(self) -> list[str]:
        """Names of the nodes that failed, models before tests."""
        return [
            f"{result.node.name}: {result.message or result.status}"
            for result in self.nodes.values()
            if str(result.status) in {"error", "fail"}
        ]


def build(settings: Settings, *, select: str, exclude: str = "") -> DbtResults:
    """Build and test the selected nodes.

    Args:
        settings: Where the project and the warehouse are.
        select: What to build, in dbt's selection syntax.
        exclude: What to leave out of it.

    Returns:
        The outcome of each node.

    Raises:
        StepRefusedError: If dbt could not run at all.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.artifacts.schemas.run import RunExecutionResult  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    project = settings.dbt_project_dir
    where = _project(project, settings.municipality)
    where += ["--target-path", str(settings.dbt_target_dir)]
    where += ["--log-path", str(settings.dbt_target_dir)]
    selected = ["--select", select, "--exclude-resource-type", "unit_test"]
    selected += ["--exclude", exclude] if exclude else []
    parsed = parsed_project(settings)
    with _environment({"AVVIK_WAREHOUSE": str(settings.warehouse_path)}):
        try:
            result = dbtRunner(manifest=parsed).invoke([*_COMMON, "build", *selected, *where])
        finally:
            # Else dbt's connection stays open and shuts out the next reader of the file.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if not isinstance(result.result, RunExecutionResult):
        raise StepRefusedError(_not_run_sv(result.exception))
    result.result.write(str(settings.dbt_target_dir / "run_results.json"))
    return DbtResults({node.node.unique_id: node for node in result.result.results})


def write_docs(settings: Settings, target: Path) -> Path:
    """Let dbt write its documentation from a manifest, without opening the warehouse.

    Args:
        settings: Where the project is.
        target: Directory that holds the `manifest.json` to write it from.

    Returns:
        The page, in the same directory.

    Raises:
        StepRefusedError: If dbt could not write it.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    where = _project(settings.dbt_project_dir, settings.municipality)
    where += ["--target-path", str(target), "--log-path", str(target)]
    parsed = parsed_project(settings)
    with _environment({"AVVIK_WAREHOUSE": settings.warehouse_path.name}):
        result = dbtRunner(manifest=parsed).invoke(
            [*_COMMON, "docs", "generate", "--static", "--no-compile", "--empty-catalog", *where]
        )
    if not result.success:
        raise StepRefusedError(_not_run_sv(result.exception))
    return target / "static_index.html"


def drop_leftovers(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what a killed build left beside its tables: half of a new one, or all of an old one.

    The old one would lie there with its rows until that very table is built again.

    Args:
        connection: An open connection to the warehouse, while nobody builds.
    """
    left = connection.execute(
        """
        select kind, schema_name, name
        from (
            select 'table' as kind, database_name, schema_name, table_name as name
            from duckdb_tables()
            union all
            select 'view', database_name, schema_name, view_name from duckdb_views()
        )
        where
            database_name = current_database()
            and (ends_with(name, '__dbt_tmp') or ends_with(name, '__dbt_backup'))
        """
    ).fetchall()
    for kind, schema, name in left:
        connection.execute(f'drop {kind} {schema}."{name}"')


def _not_run_sv(error: BaseException | None) -> str:
    return (
        f"dbt kunde inte köras: {str(error).rstrip('.')}. Gör så här: rätta projektet under"
        " dbt_project/ och kör igen."
    )


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables that dbt's profile reads, for the length of a call."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _written(project: Path) -> list[float]:
    """When each of a dbt project's files was written."""
    # A folder's time tells that a file in it was taken away.
    folders = [project / name for name in _PROJECT_FOLDERS]
    sources = [*folders, *(path for folder in folders for path in folder.rglob("*"))]
    return [path.stat().st_mtime for path in [*sources, *project.glob("*.yml")]]


def _project(project: Path, municipality: str) -> list[str]:
    """What a call of dbt is told of the project; what differs from before is parsed anew."""
    variables = json.dumps({"municipality_id": municipality})
    return ["--project-dir", str(project), "--profiles-dir", str(project), "--vars", variables]


def _target(settings: Settings) -> Path:
    """Where dbt keeps what it has parsed for a municipality: by the project, for every home."""
    target = settings.dbt_project_dir / "target"
    return target if settings.municipality == _DEFAULT else target / settings.municipality


def parsed_project(settings: Settings) -> Any:
    """The project as dbt understands it, parsed once for all builds of a process.

    dbt reuses what it parsed before only where the profile is the same, and the warehouse's path
    is a part of it. Of the path just the file's name matters to what is parsed.

    Args:
        settings: Where the project is, and which municipality.

    Returns:
        dbt's own manifest, for a runner of dbt.

    Raises:
        StepRefusedError: If dbt cannot parse it.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    project = settings.dbt_project_dir
    # All that the parsed models depend on: a relation has the name of its file before its own.
    key = (project, max(_written(project)), settings.municipality, settings.warehouse_path.name)
    if key not in _PARSED:
        target = str(_target(settings))
        arguments = [*_COMMON, "parse", *_project(project, settings.municipality)]
        with _environment({"AVVIK_WAREHOUSE": settings.warehouse_path.name}):
            outcome = dbtRunner().invoke(
                [*arguments, "--target-path", target, "--log-path", target]
            )
        if not outcome.success:
            raise StepRefusedError(_not_run_sv(outcome.exception))
        _PARSED[key] = outcome.result
    return _PARSED[key]


def ensure_manifest(settings: Settings) -> Path:
    """The dbt manifest that the asset graph is drawn from; parsed where it is missing or old.

    Args:
        settings: Where the project is.

    Returns:
        Path of `manifest.json`.

    Raises:
        RuntimeError: If the project cannot be parsed.
    """
    project = settings.dbt_project_dir
    manifest = project / "target" / "manifest.json"
    if manifest.exists() and manifest.stat().st_mtime >= max(_written(project)):
        return manifest
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    arguments = ["--quiet", "parse", *_project(project, _DEFAULT)]
    with _environment({"AVVIK_WAREHOUSE": settings.warehouse_path.name}):
        result = dbtRunner().invoke(arguments)
    if not result.success:
        raise RuntimeError(f"dbt-projektet kan inte tolkas: {result.exception}")
    return manifest


@cache
def manifest() -> dict[str, Any]:
    """The manifest of the dbt project, parsed once a process."""
    import orjson  # noqa: PLC0415 (only where the graph is drawn)

    parsed: dict[str, Any] = orjson.loads(ensure_manifest(Settings()).read_bytes())
    return parsed


@cache
def tables() -> Mapping[str, str]:
    """The unique id of the model or seed that makes each table, by `schema.table`."""
    return {
        f"{node['schema']}.{node['alias']}": unique_id
        for unique_id, node in manifest()["nodes"].items()
        if node["resource_type"] in _TABLES
    }


def table_of(unique_id: str) -> str | None:
    """What a node is in the warehouse.

    Args:
        unique_id: A node of the manifest, or a source.

    Returns:
        `schema.table`; None for what is none.
    """
    if unique_id in manifest()["sources"]:
        source = manifest()["sources"][unique_id]
        return f"{source['schema']}.{source['identifier']}"
    node = manifest()["nodes"].get(unique_id)
    if node is None or node["resource_type"] not in _TABLES:
        return None
    return f"{node['schema']}.{node['alias']}"


def reads_of(unique_id: str) -> tuple[str, ...]:
    """The tables that a model reads.

    Args:
        unique_id: A model or seed.
    """
    parents = manifest()["nodes"][unique_id]["depends_on"].get("nodes", [])
    return tuple(table for parent in parents if (table := table_of(parent)) is not None)


def selector_of(table: str) -> str:
    """What dbt selects a table by: its schema's folder first, since a seed may share the name.

    Args:
        table: `schema.table`.
    """
    node = manifest()["nodes"][tables()[table]]
    name: str = node["name"]
    return f"resource_type:seed,{name}" if node["resource_type"] == "seed" else name
