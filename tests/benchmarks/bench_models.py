"""How the models' cost grows with the rows: CPU seconds a million, up to ten times a city.

    python -m tests.benchmarks.bench_models [--warehouse FILE] [--times 1 4 10]
    pytest tests/benchmarks/bench_models.py -s

The registers of a full city are laid beside themselves with keys, persons and households of their
own, in the same boards. Intake, gates and pages are not measured here.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT_ROOT
from tests.benchmarks.tables import say, table

TIMES = (1, 4, 10)
# What sorts and what holds every key against every other grows faster than the rows; not by more.
_MOST_STEEPER = 2.5


@dataclass(frozen=True)
class Measured:
    """What it cost to build every model once.

    Attributes:
        times: How many cities the registers hold.
        rows: Rows of the registers' raw tables.
        cpu: CPU seconds of dbt's process, its start included.
        seconds: Seconds by the clock.
        peak_mib: Most memory.
    """

    times: int
    rows: int
    cpu: float
    seconds: float
    peak_mib: float


def measured(warehouse: Path, times: Sequence[int]) -> Iterator[Measured]:
    """Build the models over more and more rows.

    Args:
        warehouse: A warehouse after a run; it is copied.
        times: How many cities, rising, the first of them 1.
    """
    with tempfile.TemporaryDirectory(prefix="avvik-growth-") as name:
        copy = Path(name) / "warehouse.duckdb"
        shutil.copyfile(warehouse, copy)
        held = 1
        for wanted in times:
            rows = _replicate(copy, range(held, wanted))
            held = wanted
            yield _built(copy, wanted, rows)


def _replicate(warehouse: Path, copies: range) -> int:
    """Lay the registers beside themselves, and count their rows."""
    with duckdb.connect(str(warehouse)) as connection:
        tables = connection.execute(
            "select table_name, list(column_name) filter ("
            " where ends_with(column_name, '_id') and column_name <> 'municipality_id'"
            " and data_type = 'VARCHAR') as keys"
            " from duckdb_columns() where schema_name = 'raw'"
            " and starts_with(table_name, 'register__') group by table_name having len(keys) > 0"
        ).fetchall()
        for name, keys in tables:
            for number in copies:
                renamed = ", ".join(f"{key} || '#{number}' as {key}" for key in keys)
                connection.execute(
                    f"insert into raw.{name} select * replace ({renamed}) from raw.{name}"
                    f" where not contains({keys[0]}, '#')"
                )
        counted = " union all ".join(f"select count(*) as n from raw.{name}" for name, _ in tables)
        [(rows,)] = connection.execute(f"select sum(n) from ({counted})").fetchall()
    return int(rows)


def _built(warehouse: Path, times: int, rows: int) -> Measured:
    project = str(PROJECT_ROOT / "dbt_project")
    artefacts = str(warehouse.parent / "target")
    command = [sys.executable, "-m", "dbt.cli.main", "run", "--project-dir", project]
    command += ["--profiles-dir", project, "--target-path", artefacts, "--log-path", artefacts]
    environment = {**os.environ, "AVVIK_WAREHOUSE": str(warehouse)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(times, rows, cpu, time.perf_counter() - began, after.ru_maxrss / 1024)


def run(warehouse: Path | None, times: Sequence[int] = TIMES) -> list[Measured]:
    """Measure and print.

    Args:
        warehouse: A warehouse after a run; None writes the demonstration's city and runs it.
        times: How many cities, rising, the first of them 1.
    """
    with tempfile.TemporaryDirectory(prefix="avvik-growth-") as name:
        if warehouse is None:
            command = [sys.executable, "-m", "orchestration", "run", "--home", name]
            subprocess.run(command, check=True, capture_output=True)
            warehouse = Path(name) / "warehouse.duckdb"
        found = list(measured(warehouse, times))
    table(
        ("cities", "rows of registers", "CPU s", "s", "peak MiB"),
        [
            (m.times, f"{m.rows:,}", f"{m.cpu:.1f}", f"{m.seconds:.0f}", f"{m.peak_mib:.0f}")
            for m in found
        ],
    )
    for less, more in pairwise(found):
        say(f"{less.times} to {more.times} cities: {_slope(less, more):.2f} CPU s a million rows")
    return found


def _slope(less: Measured, more: Measured) -> float:
    return (more.cpu - less.cpu) / (more.rows - less.rows) * 1e6


def test_the_models_cost_grows_as_the_rows_do() -> None:
    one, four, ten = run(None)
    assert ten.rows > 9 * one.rows
    assert _slope(four, ten) < _MOST_STEEPER * _slope(one, four)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=list(TIMES))
    arguments = parser.parse_args()
    run(arguments.warehouse, arguments.times)
