"""Whoever is refused is told which process is at work, and nothing of what was typed there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.storage.holders import (
    LOCK_NAME,
    HeldError,
    Holder,
    command_named,
    hold_home,
    holder_from,
    process,
)
from orchestration.storage.warehouse import WarehouseHeldError, open_warehouse

NOW = datetime(2026, 11, 28, 8, 12, tzinfo=UTC)
_HOLD_HOME = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from orchestration.storage.holders import hold_home
with hold_home(Path(sys.argv[1]), "avvik run", now=datetime.fromisoformat(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""
_HOLD_FILE = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that holds what it is told to, once it has said so."""
    command = [sys.executable, "-c", code, *arguments]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def ended(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.communicate()


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    holder = started(_HOLD_HOME, str(tmp_path), NOW.isoformat())
    yield holder
    ended(holder)


def test_a_home_that_is_held_says_by_whom(at_home: subprocess.Popen[str], tmp_path: Path) -> None:
    told = f"{NOW.astimezone():%Y-%m-%d %H:%M}"
    for _ in range(2):  # whoever is refused leaves what stands there
        with pytest.raises(HeldError) as refused, hold_home(tmp_path, "avvik retain", now=NOW):
            pass
        message = str(refused.value)
        assert message.startswith(
            f"En annan process (pid {at_home.pid}, avvik run, startad {told}) är i gång"
        )
        assert "Gör så här" in message
    ended(at_home)
    with hold_home(tmp_path, "avvik retain", now=NOW):
        assert str(os.getpid()) in (tmp_path / LOCK_NAME).read_text()
    assert (tmp_path / LOCK_NAME).read_text() == ""


@pytest.mark.parametrize("read_only", [False, True])
def test_a_warehouse_that_is_held_says_by_whom(tmp_path: Path, read_only: bool) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    holder = started(_HOLD_FILE, str(warehouse))
    try:
        with (
            pytest.raises(WarehouseHeldError) as refused,
            open_warehouse(warehouse, read_only=read_only),
        ):
            pass
    finally:
        ended(holder)
    message = str(refused.value)
    assert message.startswith(f"En annan process (pid {holder.pid}, {Path(sys.executable).name}")
    assert "använder lagret" in message
    assert "Gör så här" in message
    with open_warehouse(warehouse):
        pass


def test_another_fault_of_the_file_is_not_a_lock(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").mkdir()
    with (
        pytest.raises(duckdb.IOException) as refused,
        open_warehouse(tmp_path / "warehouse.duckdb"),
    ):
        pass
    assert not isinstance(refused.value, WarehouseHeldError)


def test_the_system_says_when_a_process_started() -> None:
    holder = started(_HOLD_FILE, ":memory:")
    try:
        seen = process(holder.pid)
    finally:
        ended(holder)
    assert seen.started is not None
    age = datetime.now(UTC) - datetime.fromisoformat(seen.started)
    assert timedelta(minutes=-1) < age < timedelta(hours=1)
    assert process(holder.pid) == Holder(holder.pid), "a process that is gone is only a number"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["/opt/avvik/.venv/bin/python3", "/opt/avvik/.venv/bin/avvik", "run"], "avvik run"),
        (["python", "-m", "orchestration", "rekey", "--accept-unlinked"], "avvik rekey"),
        (["python", "-m", "dagster", "api", "grpc", "--port", "1"], "avvik serve"),
        (["python", "-m", "dagster._daemon", "run"], "avvik serve"),
        (["python", "/bin/avvik", "--home", "/srv"], "avvik"),
        (["python", "/bin/avvik", "query"], "avvik query"),
        (["/usr/bin/duckdb", "/srv/dagster/warehouse.duckdb"], None),
        (["vim", "orchestration"], None),
        ([""], None),
    ],
)
def test_our_own_commands_are_known(words: list[str], expected: str | None) -> None:
    assert command_named(words) == expected


def test_no_argument_is_told() -> None:
    words = ["python", "-m", "orchestration", "191212121212", "-x"]
    assert command_named(words) == "avvik"


def test_what_duckdb_says_of_a_lock() -> None:
    assert holder_from("IO Error: No space left on device") is None
    nameless = holder_from('IO Error: Could not set lock on file "x": Conflicting lock is held')
    assert nameless == Holder(None)
    assert nameless is not None
    assert nameless.told() == "En annan process"
