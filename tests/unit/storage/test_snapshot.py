"""A snapshot holds marts and meta and nothing else, and is replaced in one step."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.storage.snapshot import content_hash, publish_text, write_snapshot
from orchestration.storage.warehouse import open_warehouse

BUILT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
OLDER_DUCKDB = Path(sys.prefix) / "duckdb-1.5"


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create table raw.people as select 'v1:aa' as person_id")
        connection.execute("create table staging.people as select 'v1:aa' as person_id")
        connection.execute("create table marts.figures as select range as n from range(5)")
        connection.execute("comment on table marts.figures is 'Ett tal''s rad'")
        connection.execute("comment on column marts.figures.n is 'Talet'")
        connection.execute("create table meta.publication as select 1 as built")
        connection.execute("create table meta.sources as select 'a' as source_id")
        connection.execute("create table meta.deliveries as select 'fil.csv' as file_name")
        connection.execute(
            "create table meta.validation_results as"
            " select * from"
            " (values ('marts.figures', 'a', 1, false), ('marts.figures', 'a', 2, true))"
            " as t(table_name, suite, recorded_sequence, success)"
        )
        yield connection


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_only_marts_and_the_public_part_of_meta(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = write_snapshot(warehouse, tmp_path / "published", built_at=BUILT, keep=3)
    assert read(
        path,
        "select table_schema || '.' || table_name from information_schema.tables order by all",
    ) == [
        ("main.figures",),
        ("meta.publication",),
        ("meta.sources",),
        ("meta.validation_results",),
    ]
    assert read(path, "select sum(n) from marts.figures") == [(10,)]
    assert read(path, "from meta.validation_results") == [("marts.figures", "a", 2, True)]
    assert read(path, "select comment from duckdb_tables() where table_name = 'figures'") == [
        ("Ett tal's rad",)
    ]
    assert read(path, "select comment from duckdb_columns() where column_name = 'n'") == [
        ("Talet",)
    ]


def test_a_reader_keeps_what_it_opened(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    path = write_snapshot(warehouse, published, built_at=BUILT, keep=3)
    reader = duckdb.connect(str(path), read_only=True)
    warehouse.execute("insert into marts.figures values (100)")
    write_snapshot(warehouse, published, built_at=BUILT + timedelta(days=1), keep=3)
    assert reader.execute("select sum(n) from marts.figures").fetchall() == [(10,)]
    # A process that opens the file anew, here one of its own, sees the new figures.
    code = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True)"
        ".execute('select sum(n) from marts.figures').fetchone()[0])"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "110"
    reader.close()


def test_a_failure_leaves_the_old_snapshot_byte_for_byte(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    path = write_snapshot(warehouse, published, built_at=BUILT, keep=3)
    before = path.read_bytes()
    warehouse.execute("drop table meta.sources")
    with pytest.raises(duckdb.Error):
        write_snapshot(warehouse, published, built_at=BUILT + timedelta(days=1), keep=3)
    assert path.read_bytes() == before
    assert files(published) == ["marts.duckdb", "tidigare/2026-11-22T023000/marts.duckdb"]


def test_dated_copies_are_kept_and_pruned(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    for day in range(5):
        built_at = BUILT + timedelta(days=day)
        write_snapshot(warehouse, published, built_at=built_at, keep=3)
        publish_text(f"dag {day}", published, "memorandum.html", built_at=built_at, keep=3)
    assert files(published) == [
        "marts.duckdb",
        "memorandum.html",
        "tidigare/2026-11-24T023000/marts.duckdb",
        "tidigare/2026-11-24T023000/memorandum.html",
        "tidigare/2026-11-25T023000/marts.duckdb",
        "tidigare/2026-11-25T023000/memorandum.html",
        "tidigare/2026-11-26T023000/marts.duckdb",
        "tidigare/2026-11-26T023000/memorandum.html",
    ]
    earliest = published / "tidigare" / "2026-11-24T023000" / "marts.duckdb"
    assert read(earliest, "select sum(n) from marts.figures") == [(10,)]
    assert (published / "memorandum.html").read_text(encoding="utf-8") == "dag 4"


def test_the_hash_sees_content_and_not_order(tmp_path: Path) -> None:
    def hash_of(rows: str) -> str:
        with duckdb.connect() as connection:
            connection.execute("create schema marts")
            connection.execute(f"create table marts.t as select * from (values {rows}) as v(a, b)")
            return content_hash(connection)

    assert hash_of("(1, 'x'), (2, 'y')") == hash_of("(2, 'y'), (1, 'x')")
    assert hash_of("(1, 'x'), (2, 'y')") != hash_of("(1, 'y'), (2, 'x')")
    assert hash_of("(1, 'x')") != hash_of("(1, 'x'), (1, 'x')")


def test_an_older_duckdb_reads_the_snapshot(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """`make test` installs DuckDB 1.5 beside the locked one for this."""
    assert OLDER_DUCKDB.is_dir(), "run `make test`, which installs DuckDB 1.5 for this test"
    path = write_snapshot(warehouse, tmp_path / "published", built_at=BUILT, keep=3)
    code = (
        "import duckdb, sys; print(duckdb.__version__[:3],"
        " duckdb.connect(sys.argv[1], read_only=True)"
        ".execute('select sum(n) from marts.figures').fetchone()[0])"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(OLDER_DUCKDB)},
    )
    assert seen.stdout.split() == ["1.5", "10"]
