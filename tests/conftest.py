"""How the tests are shared out among pytest-xdist's workers, and what they share.

Which tests go together is told by what they build: a worker that has built it runs all that read
it. The longest come first, so that no worker is left alone with one at the end.
"""

import gc
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from orchestration.demo.city import write_city
from tests.built_once import built_once

# What the tests import is some millions of objects that never die. To look for rings of dead ones
# among them is a quarter of the collection, so nobody looks until it is done, and never at them.
gc.disable()

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("avvik", deadline=None)
hypothesis.settings.load_profile("avvik")

SMALL = 0.05
# Their session's fixtures are dear and not for several workers: a built warehouse, a read city, a
# browser with a server, drawn charts.
_TOGETHER = ("tests/dbt", "tests/browser", "tests/unit/demo", "tests/unit/reporting")
# Each test here runs the flow on a copy of its own: any worker may take any of them.
_APART = tuple(
    f"tests/integration/test_{name}.py" for name in ("gates", "keys", "found_explanations")
)
# What takes longest, first; the others come in the order in which they are found.
_FIRST = (
    *("tests/integration/test_calibration.py", "tests/integration"),
    *("tests/browser", "tests/dbt", "tests/unit/demo"),
)


def group_of(test: str) -> str:
    """Which tests go to one worker with a test, by its id: those of its file, if nothing is said.

    pytest-xdist's own groups come too late: it writes them where pytest 9 no longer reads them.
    """
    file = test.partition("::")[0]
    if file in _APART:
        return test.partition("[")[0]
    return next((place for place in _TOGETHER if file.startswith(f"{place}/")), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: now and then each waits for a browser or another process."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share out the tests by `group_of` where `--dist loadscope` is asked for."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest first where several workers share the tests."""
    if not hasattr(config, "workerinput"):
        return

    def place(item: pytest.Item) -> int:
        return next((n for n, p in enumerate(_FIRST) if item.nodeid.startswith(p)), len(_FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """From here on, rings of dead objects are looked for among what is new."""
    gc.collect()
    gc.freeze()
    gc.enable()


@dataclass(frozen=True)
class WrittenCity:
    """What the demonstration's city is, and what its writer said that it wrote.

    Attributes:
        inbox: Its deliveries; copy, never change.
        files: The files in the order in which they were written.
    """

    inbox: Path
    files: list[Path]


def _written(factory: pytest.TempPathFactory, name: str, scale: float) -> WrittenCity:
    def write(directory: Path) -> None:
        files = write_city(directory / "inbox", scale=scale)
        names = [str(path.relative_to(directory)) for path in files]
        (directory / "files.json").write_text(json.dumps(names), encoding="utf-8")

    directory = built_once(factory, name, write)
    names = json.loads((directory / "files.json").read_text(encoding="utf-8"))
    return WrittenCity(directory / "inbox", [directory / each for each in names])


@pytest.fixture(scope="session")
def written_small_city(tmp_path_factory: pytest.TempPathFactory) -> WrittenCity:
    """A city that goes through the flow in seconds."""
    return _written(tmp_path_factory, "small_city", SMALL)


@pytest.fixture(scope="session")
def published_once(
    written_small_city: WrittenCity, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Where `avvik run` has published the small city once; copy, never change.

    The installation is in `home`, what the command said in `said.txt`.
    """

    def publish(directory: Path) -> None:
        # Only those who ask for it pay for what the flow imports.
        from typer.testing import CliRunner  # noqa: PLC0415

        from orchestration.cli import app  # noqa: PLC0415

        shutil.copytree(written_small_city.inbox, directory / "home" / "inbox")
        typed = ["run", "--home", str(directory / "home")]
        # Files that a test has just written count as left alone.
        # Everybody might read what is made, if nobody saw to it.
        before = os.umask(0)
        try:
            result = CliRunner().invoke(app, typed, env={"AVVIK_SETTLE_SECONDS": "0"})
        finally:
            os.umask(before)
        assert result.exit_code == 0, result.output
        (directory / "said.txt").write_text(result.output, encoding="utf-8")

    return built_once(tmp_path_factory, "published", publish)


@pytest.fixture(scope="session")
def written_full_city(tmp_path_factory: pytest.TempPathFactory) -> WrittenCity:
    """The default city in its full size."""
    return _written(tmp_path_factory, "full_city", 1.0)
