"""Thin typed shells that give assets their settings, their warehouse and dbt.

A shell holds configuration and hands out plain objects. Logic belongs in the packages below.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from orchestration.registers.pseudonyms import PseudonymKey, load_key
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

# DuckDB has one writer: whatever opens the warehouse takes its turn in this pool.
WRITER_POOL = "duckdb_writer"
OWNERS = ["team:datateam"]
_PROJECT_FOLDERS = ("models", "seeds", "macros", "tests")
_PARSED: dict[tuple[Path, float, str, str], Any] = {}


class Avvik(dg.ConfigurableResource):  # type: ignore[type-arg]
    """One installation: its settings and where its data rests.

    Attributes:
        overrides: Settings that win over the environment; what tests and the command line set.
    """

    overrides: dict[str, Any] = Field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The settings, read anew so that each run sees the environment it runs in."""
        return Settings(**self.overrides)

    def warehouse(
        self, *, read_only: bool = False
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the working warehouse for the length of a `with` block."""
        return open_warehouse(self.settings.warehouse_path, read_only=read_only)

    def landing(self) -> LandingStore:
        """The store of landed deliveries."""
        return LandingStore(self.settings.landing_dir)

    def pseudonym_key(self) -> PseudonymKey:
        """The secret for pseudonyms; the demonstration makes its own, for now and not for then."""
        settings = self.settings
        return load_key(
            settings.pseudonym_key,
            settings.key_file,
            create=settings.profile == "demo" and settings.as_of is None,
        )


class Dbt(dg.ConfigurableResource):  # type: ignore[type-arg]
    """dbt in this process.

    The command-line resource of dagster-dbt starts a second interpreter for each call, which costs
    several seconds; the runner that dbt itself offers for programs does not.
    """

    def build(self, settings: Settings, *, select: str, exclude: str = "") -> "DbtResults":
        """Build and test the selected nodes.

        Args:
            settings: Where the project and the warehouse are.
            select: What to build, in dbt's selection syntax.
            exclude: What to leave out of it.

        Returns:
            The outcome of each node.

        Raises:
            dagster.Failure: If dbt could not run at all.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
        from dbt.artifacts.schemas.run import RunExecutionResult  # noqa: PLC0415
        from dbt.cli.main import dbtRunner  # noqa: PLC0415

        project = settings.dbt_project_dir
        # The manifest would be written twice, and nobody reads it; what came of each node is below.
        common = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
        common += ["--no-write-json"]
        where = ["--project-dir", str(project), "--profiles-dir", str(project)]
        where += ["--vars", json.dumps({"municipality_id": settings.municipality})]
        where += ["--target-path", str(settings.dbt_target_dir)]
        where += ["--log-path", str(settings.dbt_target_dir)]
        selected = ["--select", select, "--exclude-resource-type", "unit_test"]
        selected += ["--exclude", exclude] if exclude else []
        with _environment({"AVVIK_WAREHOUSE": str(settings.warehouse_path)}):
            try:
                manifest = _parsed(settings, [*common, "parse", *where])
                result = dbtRunner(manifest=manifest).invoke([*common, "build", *selected, *where])
            finally:
                # Else dbt's connection stays open and shuts out the next reader of the file.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if not isinstance(result.result, RunExecutionResult):
            raise dg.Failure(f"dbt kunde inte köras: {result.exception}", allow_retries=False)
        result.result.write(str(settings.dbt_target_dir / "run_results.json"))
        return DbtResults({node.node.unique_id: node for node in result.result.results})


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


def _parsed(settings: Settings, arguments: list[str]) -> Any:
    """The project as dbt understands it, parsed once for all builds of a process."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    project = settings.dbt_project_dir
    # All that the parsed models depend on: a relation has the name of its file before its own.
    key = (project, max(_written(project)), settings.municipality, settings.warehouse_path.name)
    if key not in _PARSED:
        outcome = dbtRunner().invoke(arguments)
        if not outcome.success:
            raise dg.Failure(f"dbt kunde inte köras: {outcome.exception}", allow_retries=False)
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

    arguments = ["--quiet", "parse", "--project-dir", str(project), "--profiles-dir", str(project)]
    result = dbtRunner().invoke(arguments)
    if not result.success:
        raise RuntimeError(f"dbt-projektet kan inte tolkas: {result.exception}")
    return manifest
