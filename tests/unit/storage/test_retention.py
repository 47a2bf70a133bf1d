"""Registers that are too old are destroyed, and the log says so; nothing else is touched."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.storage.deliveries import create_tables, set_inbox
from orchestration.storage.landing import Incoming, Kind, LandingStore
from orchestration.storage.retention import (
    destroy_expired,
    destroyed_deliveries,
    destroyed_in_inbox,
    lost_sequences,
    record_destroyed,
)
from tests.landed import blob_of

START = datetime(2026, 1, 1, 3, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> LandingStore:
    return LandingStore(tmp_path / "landing")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema meta")
        create_tables(opened)
        yield opened


def land(store: LandingStore, name: str, content: bytes, day: int, kind: Kind = "register") -> Path:
    folder = store.directory.parent / "in"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    item = Incoming(kind, "vald_arenden", path, name, synthetic=True)
    [receipt] = store.land([item], received_at=START + timedelta(days=day))
    return blob_of(store, receipt.delivery_id)


def test_what_is_older_than_the_city_keeps_it_is_destroyed(store: LandingStore) -> None:
    old = land(store, "a.csv", b"hemligt", 0)
    young = land(store, "b.csv", b"yngre", 20)
    statistics = land(store, "s.json", b"{}", 0, kind="statistics")
    [record] = destroy_expired(store, days=30, now=START + timedelta(days=31))
    assert not old.exists()
    assert young.exists()
    assert statistics.exists(), "what is published is kept"
    assert (record.sequence, record.name, record.file_name, record.size) == (
        1,
        "vald_arenden",
        "a.csv",
        7,
    )
    assert record.rule_sv == "mottagen för mer än 30 dagar sedan"
    assert record.destroyed_at == "2026-02-01T03:30:00+00:00"
    assert destroyed_deliveries(store) == [record]
    assert lost_sequences(store) == {1}
    assert len(store.receipts()) == 3, "that it came is remembered"
    log = store.directory / "destroyed.jsonl"
    assert b"hemligt" not in log.read_bytes()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("days", "destroyed"), [(31, 0), (30, 1)])
def test_the_limit_is_to_the_day(store: LandingStore, days: int, destroyed: int) -> None:
    land(store, "a.csv", b"1", 0)
    now = START + timedelta(days=30, seconds=1)
    assert len(destroy_expired(store, days=days, now=now)) == destroyed


def test_bytes_that_a_later_delivery_needs_are_kept_until_it_is_old_too(
    store: LandingStore,
) -> None:
    blob = land(store, "a.csv", b"1", 0)
    assert land(store, "b.csv", b"1", 20) == blob
    assert destroy_expired(store, days=30, now=START + timedelta(days=40)) == []
    assert blob.exists()
    gone = destroy_expired(store, days=30, now=START + timedelta(days=51))
    assert [each.sequence for each in gone] == [1, 2]
    assert not blob.exists()


def test_it_is_destroyed_once_and_comes_back_only_when_delivered_anew(store: LandingStore) -> None:
    blob = land(store, "a.csv", b"1", 0)
    path = store.directory.parent / "in" / "a.csv"
    later = START + timedelta(days=40)
    assert len(destroy_expired(store, days=30, now=later)) == 1
    assert destroy_expired(store, days=30, now=later) == []
    lying = Incoming("register", "vald_arenden", path, "a.csv", synthetic=True)
    assert store.land([lying], received_at=later) == [], "it lies there and is not landed again"
    assert path.exists(), "the supplier's file is the supplier's"
    land(store, "a.csv", b"2", 41)
    assert land(store, "a.csv", b"1", 42) == blob
    assert blob.exists()
    assert lost_sequences(store) == set()


def test_a_kill_between_the_log_and_the_file_is_made_good(
    store: LandingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = land(store, "a.csv", b"1", 0)
    later = START + timedelta(days=40)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LandingStore, "destroy", killed)
    with pytest.raises(KeyboardInterrupt):
        destroy_expired(store, days=30, now=later)
    assert blob.exists()
    monkeypatch.undo()
    assert destroy_expired(store, days=30, now=later) == []
    assert not blob.exists()
    assert len(destroyed_deliveries(store)) == 1


def test_the_warehouse_says_what_was_destroyed_and_what_lies_there_still(
    store: LandingStore, connection: duckdb.DuckDBPyConnection
) -> None:
    first = land(store, "a.csv", b"1", 0)
    land(store, "b.csv", b"2", 0)
    set_inbox(connection, [("vald_arenden", "a.csv", first.name)])
    destroy_expired(store, days=30, now=START + timedelta(days=40))
    for _ in range(2):
        record_destroyed(connection, store)
    assert connection.execute(
        "select file_name, size, destroyed_at = '2026-02-10 03:30:00+00'"
        " from meta.destroyed_deliveries order by file_name"
    ).fetchall() == [("a.csv", 1, True), ("b.csv", 1, True)]
    assert destroyed_in_inbox(connection) == ["a.csv"]
