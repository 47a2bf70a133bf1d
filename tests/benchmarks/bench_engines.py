"""The full city's tables on a Spark cluster of this machine, and on Sail, against DuckDB's.

    python -m tests.benchmarks.bench_engines [--warehouse FILE] [--engines spark sail]
    pytest tests/benchmarks/bench_engines.py -s

Each engine builds all once and is compared once: `make spark` does more with a small city, where an
executor's death and planted faults cost less. Java 17 is needed.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.benchmarks.tables import say

ENGINES = ("spark", "sail")
_EQUAL = re.compile(r"(?m)^(\d+) av (\d+) tabeller lika$")
_USED = re.compile(r"(?m)^(\d+) rader, (\d+) CPU-sekunder och som mest (\d+) MiB i \w+$")
# Where `make` puts Sail, beside all else that is installed.
_SAIL = Path(sys.prefix) / "sail"


def run_city(home: Path) -> Path:
    """Write the demonstration's city and run it.

    Args:
        home: An empty directory.

    Returns:
        Its warehouse.
    """
    command = [sys.executable, "-m", "orchestration", "run", "--home", str(home)]
    subprocess.run(command, check=True, capture_output=True)
    return home / "warehouse.duckdb"


def compared(warehouse: Path, engine: str) -> str:
    """Build all on an engine and compare; what was said.

    Args:
        warehouse: A warehouse after a run.
        engine: One of `ENGINES`.
    """
    paths = [str(_SAIL)] if engine == "sail" else []
    paths += [each for each in (os.environ.get("PYTHONPATH"),) if each]
    command = [sys.executable, "-m", "tests.portability", "--engine", engine]
    done = subprocess.run(
        [*command, "--warehouse", str(warehouse), "--once"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=False,
        text=True,
        stdout=subprocess.PIPE,
    )
    say(done.stdout)
    assert done.returncode == 0, f"{engine}: {done.stdout[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_city(tmp_path_factory.mktemp("city"))


@pytest.mark.timeout(2 * 60 * 60)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_table_of_the_full_city_is_the_same(warehouse: Path, engine: str) -> None:
    said = compared(warehouse, engine)
    [(equal, tables)] = _EQUAL.findall(said)
    assert equal == tables
    assert int(tables) > 80
    [(rows, _, _)] = _USED.findall(said)
    assert int(rows) > 4_000_000


def main(given: Path | None, engines: Sequence[str]) -> None:
    """Compare and print.

    Args:
        given: A warehouse after a run; None writes the demonstration's city and runs it.
        engines: Which of `ENGINES`.
    """
    with tempfile.TemporaryDirectory(prefix="avvik-engines-") as name:
        built = given or run_city(Path(name))
        for engine in engines:
            compared(built, engine)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    arguments = parser.parse_args()
    main(arguments.warehouse, arguments.engines)
