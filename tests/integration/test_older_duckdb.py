"""The whole flow on DuckDB 1.5, as a city has it that has not moved to 2.x yet."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

OLDER_DUCKDB = Path(sys.prefix) / "duckdb-1.5"


def test_the_flow_runs_on_the_older_duckdb_too(city: Path, tmp_path: Path) -> None:
    assert OLDER_DUCKDB.is_dir(), "run `make test`, which installs DuckDB 1.5 for this test"
    shutil.copytree(city, tmp_path / "inbox")
    environment = {**os.environ, "PYTHONPATH": str(OLDER_DUCKDB)}
    version = subprocess.run(
        [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert version.stdout.startswith("1.5.")
    result = subprocess.run(
        [sys.executable, "-m", "orchestration", "run", "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    # What the older wrote, the locked one reads.
    snapshot = tmp_path / "published" / "marts.duckdb"
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        [(values,)] = connection.execute("select count(*) from marts.indicator_values").fetchall()
    assert values > 1000
