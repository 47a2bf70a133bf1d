"""A publication holds marts, meta and its documents, and all of it is replaced in one step."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.storage import snapshot
from orchestration.storage.snapshot import all_rows, content_hash
from orchestration.storage.warehouse import open_warehouse

BUILT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


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
        connection.execute("create table meta.built_from as select 'marts.figures' as table_name")
        connection.execute("create table meta.remarks as select 'x' as message_sv")
        connection.execute("create table meta.disclosure as select 0 as recoverable")
        connection.execute("create table meta.deliveries as select 'fil.csv' as file_name")
        connection.execute(
            "create table meta.validation_results as"
            " select * from"
            " (values ('marts.figures', 'a', 1, false), ('marts.figures', 'a', 2, true))"
            " as t(table_name, suite, recorded_sequence, success)"
        )
        yield connection


def publish(
    warehouse: duckdb.DuckDBPyConnection, documents: Path, directory: Path, **more: Any
) -> Path:
    """Publish all that the warehouse holds."""
    return snapshot.publish(warehouse, all_rows(warehouse), documents, directory, **more)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    folder = tmp_path / "draft"
    write_draft(folder, "dag 0")
    return folder


def write_draft(folder: Path, text: str) -> None:
    (folder / "indikatorer").mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("promemoria.html", "indikatorer/index.html"):
        (folder / name).write_text(text, encoding="utf-8")


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def files(folder: Path) -> list[str]:
    """Paths of what lies in a folder, links left out."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def edition(day: int) -> list[str]:
    folder = f"tidigare/2026-11-{22 + day}T023000"
    return [
        f"{folder}/{name}"
        for name in ("indikatorer/index.html", "manifest.json", "marts.duckdb", "promemoria.html")
    ]


def seen(published: Path) -> set[str]:
    """What the documents say, by the names that readers know."""
    return {
        (published / name).read_text(encoding="utf-8")
        for name in ("promemoria.html", "indikatorer/index.html")
    }


def test_only_marts_and_the_public_part_of_meta(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    path = publish(
        warehouse, draft, tmp_path / "published", built_at=BUILT, made_of="0" * 64, keep=3
    )
    assert read(
        path,
        "select table_schema || '.' || table_name from information_schema.tables order by all",
    ) == [
        ("main.figures",),
        ("meta.built_from",),
        ("meta.disclosure",),
        ("meta.publication",),
        ("meta.remarks",),
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
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    path = publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    reader = duckdb.connect(str(path), read_only=True)
    warehouse.execute("insert into marts.figures values (100)")
    publish(
        warehouse, draft, published, built_at=BUILT + timedelta(days=1), made_of="1" * 64, keep=3
    )
    assert reader.execute("select sum(n) from marts.figures").fetchall() == [(10,)]
    # A process that opens the file anew, here one of its own, sees the new figures.
    code = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True)"
        ".execute('select sum(n) from marts.figures').fetchone()[0])"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == "110"
    reader.close()


def test_a_failure_leaves_the_old_snapshot_byte_for_byte(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    path = publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    before = path.read_bytes()
    warehouse.execute("drop table meta.sources")
    with pytest.raises(duckdb.Error):
        publish(
            warehouse,
            draft,
            published,
            built_at=BUILT + timedelta(days=1),
            made_of="1" * 64,
            keep=3,
        )
    assert path.read_bytes() == before
    assert files(published) == edition(0)
    assert seen(published) == {"dag 0"}


def test_without_a_draft_the_old_publication_stays(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    with pytest.raises(FileNotFoundError):
        publish(
            warehouse,
            tmp_path / "none",
            published,
            built_at=BUILT + timedelta(days=1),
            made_of="1" * 64,
            keep=3,
        )
    assert files(published) == edition(0)
    assert seen(published) == {"dag 0"}


def test_the_name_of_what_is_published_no_longer_is_taken_away(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    (draft / "gammal.html").write_text("förr")
    publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    assert (published / "gammal.html").read_text() == "förr"
    (draft / "gammal.html").unlink()
    own = published / "egen.txt"
    own.symlink_to("ingenstans")
    publish(
        warehouse, draft, published, built_at=BUILT + timedelta(days=1), made_of="1" * 64, keep=3
    )
    assert not (published / "gammal.html").is_symlink()
    assert own.is_symlink()
    assert (published / "promemoria.html").exists()


def test_all_names_change_with_one_rename(
    warehouse: duckdb.DuckDBPyConnection,
    draft: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before every rename and after it, database, memorandum and pages are of one publication."""
    published = tmp_path / "published"
    publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    warehouse.execute("insert into marts.figures values (100)")
    write_draft(draft, "dag 1")
    met: list[tuple[str, object]] = []
    rename = Path.replace

    def look() -> None:
        [text] = seen(published)
        met.append((text, read(published / "marts.duckdb", "select sum(n) from marts.figures")))

    def renamed(path: Path, target: Path) -> Path:
        look()
        done = rename(path, target)
        look()
        return done

    monkeypatch.setattr(Path, "replace", renamed)
    publish(
        warehouse, draft, published, built_at=BUILT + timedelta(days=1), made_of="1" * 64, keep=3
    )
    assert met == [("dag 0", [(10,)]), ("dag 1", [(110,)])]


def test_what_readers_get_can_be_read_by_all_and_lies_outside_the_draft(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    before = os.umask(0o077)
    try:
        publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    finally:
        os.umask(before)
    for readable in (published, published / "tidigare"):
        assert readable.stat().st_mode & 0o777 == 0o755
    assert (published / "indikatorer").stat().st_mode & 0o777 == 0o755
    assert (published / "indikatorer" / "index.html").stat().st_mode & 0o777 == 0o644
    write_draft(draft, "ett nytt utkast")
    assert seen(published) == {"dag 0"}


def test_files_and_folders_where_links_should_be_are_replaced(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    """As an older version left them, or a copy that followed the links."""
    published = tmp_path / "published"
    write_draft(published, "gammalt")
    write_draft(published / "aktuell", "gammalt")
    (published / "marts.duckdb").write_text("gammalt")
    path = publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    assert seen(published) == {"dag 0"}
    assert read(path, "select sum(n) from marts.figures") == [(10,)]
    assert files(published) == edition(0)


def test_what_is_published_is_never_pruned(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    """A clock that has been set back names the newest copy as the oldest."""
    published = tmp_path / "published"
    for days in (3, 2, 1):
        write_draft(draft, f"dag {days}")
        publish(
            warehouse, draft, published, built_at=BUILT + timedelta(days=days), made_of="", keep=1
        )
    assert seen(published) == {"dag 1"}


def test_two_publications_in_one_second_are_both_kept(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    for text in ("först", "sedan"):
        write_draft(draft, text)
        publish(warehouse, draft, published, built_at=BUILT, made_of="0" * 64, keep=3)
    assert seen(published) == {"sedan"}
    assert len(list((published / "tidigare").iterdir())) == 2


def test_dated_copies_are_kept_and_pruned(
    warehouse: duckdb.DuckDBPyConnection, draft: Path, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    for day in range(5):
        write_draft(draft, f"dag {day}")
        publish(
            warehouse, draft, published, built_at=BUILT + timedelta(days=day), made_of="", keep=3
        )
    assert files(published) == [*edition(2), *edition(3), *edition(4)]
    earliest = published / "tidigare" / "2026-11-24T023000" / "marts.duckdb"
    assert read(earliest, "select sum(n) from marts.figures") == [(10,)]
    assert seen(published) == {"dag 4"}


def test_the_hash_sees_content_and_not_order(tmp_path: Path) -> None:
    def hash_of(rows: str) -> str:
        with duckdb.connect() as connection:
            connection.execute("create schema marts")
            connection.execute(f"create table marts.t as select * from (values {rows}) as v(a, b)")
            return content_hash(connection)

    assert hash_of("(1, 'x'), (2, 'y')") == hash_of("(2, 'y'), (1, 'x')")
    assert hash_of("(1, 'x'), (2, 'y')") != hash_of("(1, 'y'), (2, 'x')")
    assert hash_of("(1, 'x')") != hash_of("(1, 'x'), (1, 'x')")
