"""A home keeps to one profile, to its owner alone, and nothing that a kill left half."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import database
from orchestration.storage.home import (
    ProfileMismatchError,
    claim_profile,
    keep_private,
    require_profile,
    sweep_strays,
)
from orchestration.storage.warehouse import open_warehouse, rewrite_warehouse


@pytest.mark.parametrize(("first", "second"), [("demo", "live"), ("live", "demo")])
def test_another_profile_is_refused(tmp_path: Path, first: str, second: str) -> None:
    file = tmp_path / "home" / "profile"
    require_profile(file, second)
    claim_profile(file, first)
    claim_profile(file, first)
    for refuse in (claim_profile, require_profile):
        with pytest.raises(ProfileMismatchError, match=f"hör till profilen {first}, inte {second}"):
            refuse(file, second)
    assert file.read_text(encoding="utf-8") == f"{first}\n"


def test_what_a_killed_process_left_half_goes_and_what_a_living_one_writes_stays(
    tmp_path: Path,
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    published, inbox = tmp_path / "published", tmp_path / "inbox" / "vald_arenden"
    for folder in (published / "tidigare", inbox):
        folder.mkdir(parents=True)
    for pid in (ended.pid, os.getpid()):
        (published / f".aktuell.{pid}").symlink_to("tidigare")
        (published / "tidigare" / f".2026-11-28T033000.{pid}").mkdir()
        (published / "tidigare" / f".2026-11-28T033000.{pid}" / "marts.duckdb").touch()
        (tmp_path / f".partial-{pid}").touch()
        (inbox / f".fil.{pid}").touch()
    sweep_strays(tmp_path, inbox=tmp_path / "inbox")
    left = {path.name for path in tmp_path.rglob(".*")}
    mine = {f".aktuell.{os.getpid()}", f".2026-11-28T033000.{os.getpid()}"}
    assert left == mine | {
        f".partial-{os.getpid()}",
        *(f".fil.{pid}" for pid in (ended.pid, os.getpid())),
    }
    assert (published / "tidigare").is_dir()


@pytest.fixture
def permissive() -> Iterator[None]:
    """Everybody may read and write what is made, until somebody says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("permissive")
def test_what_libraries_write_is_private_too_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_private()
    # So little that rows are written to disk.
    monkeypatch.setattr(database, "MEMORY_LIMIT", "50MB")
    with open_warehouse(tmp_path / "home" / "warehouse.duckdb") as connection:
        connection.execute("create table raw.a as select random() as a from range(100)")
        rows = connection.cursor().execute(
            "select hash(range) as a, hash(range + 1)::varchar || repeat('x', 50) as b"
            " from range(800_000) order by a"
        )
        rows.fetchone()
        subprocess.run(["touch", tmp_path / "home" / "child"], check=True)
        made = {path: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    names = {path.name for path in made}
    assert {"warehouse.duckdb", "warehouse.duckdb.wal", "child"} <= names
    assert [path for path in made if path.parent.name == "spill"], "it did not spill"
    assert set(made.values()) == {0o600, 0o700}


def test_a_warehouse_is_written_anew_within_what_its_connection_reaches(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute("create table raw.a as select range as a from range(200_000)")
    rewrite_warehouse(path)
    with open_warehouse(path) as connection:
        assert connection.execute("select count(*) from raw.a").fetchone() == (200_000,)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["spill", "warehouse.duckdb"]
