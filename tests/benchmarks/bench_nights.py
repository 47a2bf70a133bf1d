"""What twenty nights leave behind: growth a night of files, bytes, rows, memory and time.

    python -m tests.benchmarks.bench_nights --nights 20
    pytest tests/benchmarks/bench_nights.py -s

Each night one delivery is corrected and `avvik run` publishes. What is kept for ever must be what
was delivered; all else has a bound.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from orchestration.demo.city import write_city
from orchestration.history import KEPT_RUNS, forget_runs
from orchestration.registers.contract import load_contracts
from orchestration.registers.superseded import remove_superseded
from orchestration.storage.warehouse import open_warehouse
from tests.benchmarks.tables import say, table

NIGHTS = 20
SCALE = 0.05
_SNAPSHOTS = 3
# Of a night, when all that has a bound by number has reached it: a corrected file and its receipt,
# and in Dagster's database one run with its checks, some 5 MB, until its age takes it away.
_FILES, _BYTES = 12, 6_000_000
# The corrected file's rows, until their age takes away those that the next night replaced, and a
# line in the log of deliveries.
_ROWS = 10
_COLUMNS = ("raw rows", "checks", "s", "peak MiB")
_PARTS = ("landing", "dagster", "published", "dbt", "warehouse.duckdb")


@dataclass(frozen=True)
class Night:
    """What stands in a home after a night, and what the night cost."""

    files: int
    size: dict[str, int]
    raw_rows: int
    checks: int
    seconds: float
    peak_mib: float


def nights(home: Path, count: int) -> Iterator[Night]:
    """Run some nights.

    Args:
        home: An empty home.
        count: How many.

    Yields:
        Each night, when it is over.
    """
    write_city(home / "inbox", scale=SCALE)
    [corrected] = (home / "inbox" / "avhysningar_barn").glob("*_2023.csv")
    header, *rows = corrected.read_bytes().splitlines(keepends=True)
    environment = {
        **os.environ,
        "AVVIK_SNAPSHOTS_KEPT": str(_SNAPSHOTS),
        "AVVIK_SETTLE_SECONDS": "0",
    }
    for night in range(count):
        # The same rows in another order: a correction that changes no figure.
        turned = rows[night % len(rows) :] + rows[: night % len(rows)]
        corrected.write_bytes(header + b"".join(turned))
        began = time.perf_counter()
        command = [sys.executable, "-m", "orchestration", "run", "--home", str(home)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        yield measured(home, time.perf_counter() - began)


def measured(home: Path, seconds: float) -> Night:
    """Look at a home.

    Args:
        home: The home.
        seconds: What the night took.
    """
    files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    size = {
        part: sum(
            path.stat().st_size
            for path in files
            if path.relative_to(home).parts[0].startswith(part)
        )
        for part in _PARTS
    }
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'raw'"
            ).fetchall()
        ]
        raw = sum(_count(connection, f"raw.{name}") for name in tables)
        checks = _count(connection, "meta.validation_results")
    # The largest of all nights so far.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Night(len(files), size, raw, checks, seconds, peak)


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    found = connection.execute(f"select count(*) from {name}").fetchone()
    return 0 if found is None else int(found[0])


def soak(count: int) -> None:
    """Run the nights, print what they leave, and hold it to its bounds.

    Args:
        count: How many nights; more than the snapshots that are kept and two.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found = list(nights(home, count))
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            forget_runs(instance, before=datetime.now(UTC))
        with open_warehouse(home / "warehouse.duckdb") as connection:
            removed = sum(
                remove_superseded(connection, contract, before=datetime.now(UTC))
                for contract in load_contracts().values()
            )
        after = measured(home, 0.0)
    table(
        (
            "night",
            "files",
            *(f"{part} MB" for part in _PARTS),
            "raw rows",
            "checks",
            "s",
            "peak MiB",
        ),
        [
            (
                str(number),
                str(night.files),
                *(f"{night.size[part] / 1e6:.2f}" for part in _PARTS),
                str(night.raw_rows),
                str(night.checks),
                f"{night.seconds:.1f}",
                f"{night.peak_mib:.0f}",
            )
            for number, night in enumerate([*found, after], start=1)
        ],
    )
    settled, last = found[_SNAPSHOTS], found[-1]
    steps = count - 1 - _SNAPSHOTS
    files = (last.files - settled.files) / steps
    size = {part: (last.size[part] - settled.size[part]) / steps for part in _PARTS}
    grown = ", ".join(f"{part} {bytes_:.0f} bytes" for part, bytes_ in size.items())
    say(f"a night: {files:.1f} files, {grown}")
    assert files <= _FILES
    assert sum(size.values()) <= _BYTES
    rows = (last.raw_rows - settled.raw_rows) / steps
    say(f"a night: {rows:.1f} rows in raw; {removed} of all were replaced")
    assert 0 < rows <= _ROWS
    # All that counted the first night, and a line for each delivery since.
    assert after.raw_rows == found[0].raw_rows + count - 1
    assert removed == last.raw_rows - after.raw_rows > 0
    # What is taken away by age: all but the latest runs.
    runs = last.size["dagster"] - after.size["dagster"]
    say(f"after forgetting all runs but {KEPT_RUNS}: dagster {-runs:+d} bytes")
    assert count <= KEPT_RUNS or runs > 0


def test_nights_leave_what_was_delivered_and_little_else() -> None:
    soak(NIGHTS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=NIGHTS)
    soak(parser.parse_args().nights)
