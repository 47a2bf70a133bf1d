"""One small synthetic city for all tests, and the flow run in this process on it."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.automation import JOB_NAME
from orchestration.checks import CHECK_NAME
from orchestration.cli import prepare_dagster_home
from orchestration.definitions import build_defs
from orchestration.flow.steps import flow
from orchestration.resources import Avvik
from orchestration.settings import Settings
from tests.built_once import built_once
from tests.conftest import WrittenCity
from tests.nights import Night, night


@dataclass(frozen=True)
class Installation:
    """A home of its own, with the small city in its inbox."""

    home: Path
    municipality: str = "0180"
    municipality_file: Path | None = None

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            municipality=self.municipality,
            municipality_file=self.municipality_file,
        )

    @property
    def inbox(self) -> Path:
        return self.settings.inbox_dir

    @property
    def snapshot(self) -> Path:
        """What was published last, with all figures."""
        return self.settings.restricted_snapshot_path

    @property
    def open_snapshot(self) -> Path:
        """What of it anybody may see."""
        return self.settings.snapshot_path

    def run(self, *keys: dg.AssetKey) -> dg.ExecuteInProcessResult:
        """Run the nightly job, or only some assets of it, as the server would."""
        return self._execute(self._definitions().resolve_job_def(JOB_NAME), list(keys) or None)

    def night(self, *steps: str) -> Night:
        """Run the same steps and gates without Dagster, for what it costs; see `tests.nights`."""
        return night(self.settings, *steps)

    def rebuild(self, *steps: str) -> dg.ExecuteInProcessResult:
        """Run some steps and their gates, as whoever picks them in the graph."""
        products = [product for step in steps for product in flow().by_name[step].products]
        return self.run(*(dg.AssetKey(product.split(".")) for product in products))

    def check(self, *tables: str) -> dg.ExecuteInProcessResult:
        """Run only the gate of some tables."""
        keys = [dg.AssetCheckKey(dg.AssetKey(table.split(".")), CHECK_NAME) for table in tables]
        job = dg.define_asset_job("gate_alone", selection=dg.AssetSelection.checks(*keys))
        definitions = dg.Definitions.merge(self._definitions(), dg.Definitions(jobs=[job]))
        return self._execute(definitions.resolve_job_def("gate_alone"), None)

    def _definitions(self) -> dg.Definitions:
        overrides = {"home": str(self.home), "municipality": self.municipality}
        if self.municipality_file is not None:
            overrides["municipality_file"] = str(self.municipality_file)
        return build_defs(installation=Avvik(overrides=overrides))

    def _execute(
        self, job: dg.JobDefinition, keys: list[dg.AssetKey] | None
    ) -> dg.ExecuteInProcessResult:
        prepare_dagster_home(self.settings)
        with dg.DagsterInstance.from_config(str(self.settings.dagster_home)) as instance:
            return job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                asset_selection=keys,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )

    def warehouse(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Read from the working warehouse."""
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def change(self, sql: str) -> None:
        """Change the working warehouse by hand, as nobody should."""
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            connection.execute(sql)

    def published(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from what was published last, with all figures."""
        with duckdb.connect(str(self.snapshot), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def failed_steps(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.step_key or "" for event in result.all_events if event.is_step_failure}


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    return {
        event.asset_key.to_user_string()
        for event in result.all_events
        if event.is_step_materialization and event.asset_key
    }


@pytest.fixture(scope="session", autouse=True)
def _no_waiting() -> Iterator[None]:
    """Files that a test has just written count as left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVVIK_SETTLE_SECONDS", "0")
        yield


@pytest.fixture(scope="session")
def city(written_small_city: WrittenCity) -> Path:
    """Deliveries of a small city; copy, never change."""
    return written_small_city.inbox


@pytest.fixture(scope="session")
def published(published_once: Path) -> Installation:
    """An installation that has published once; copy, never change."""
    return Installation(published_once / "home")


@pytest.fixture(scope="session")
def default_city(
    written_full_city: WrittenCity, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """The default city in its full size, run through everything; copy, never change."""

    def publish(home: Path) -> None:
        shutil.copytree(written_full_city.inbox, home / "inbox")
        assert Installation(home).night() == Night()

    return Installation(built_once(tmp_path_factory, "default_city", publish))


@pytest.fixture
def installation(published: Installation, tmp_path: Path) -> Installation:
    """An installation of the test's own, that has published once."""
    return copy_of(published, tmp_path / "home")


def copy_of(installation: Installation, home: Path) -> Installation:
    """The same installation in a home of its own, to change as one likes."""
    shutil.copytree(installation.home, home, symlinks=True)
    return Installation(home, installation.municipality, installation.municipality_file)


@pytest.fixture(scope="session")
def fresh(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Installation]:
    """Makes an installation that has never run."""

    def make() -> Installation:
        made = Installation(tmp_path_factory.mktemp("fresh"))
        shutil.copytree(city, made.inbox)
        return made

    return make
