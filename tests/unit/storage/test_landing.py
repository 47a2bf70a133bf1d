"""The landing store keeps every delivery once, unchanged, in order, through a crash."""

import hashlib
import io
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.outside import open_file
from orchestration.storage import landing
from orchestration.storage.landing import Incoming, LandingStore, LostError, sha256_of
from orchestration.storage.retention import destroy_expired
from tests.landed import blob_of

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


def incoming(folder: Path, name: str, content: bytes) -> Incoming:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return Incoming("register", "avhysningar_barn", path, name, synthetic=True)


def test_a_delivery_is_kept_unchanged_and_private(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    content = b"avhysning_id;datum\r\n\xe5"
    [receipt] = store.land([incoming(tmp_path / "in", "a.csv", content)], received_at=NOW)
    assert receipt.delivery_id == hashlib.sha256(content).hexdigest()
    assert blob_of(store, receipt.delivery_id).read_bytes() == content
    assert blob_of(store, receipt.delivery_id).stat().st_mode & 0o777 == 0o600
    assert store.directory.stat().st_mode & 0o777 == 0o700
    assert (receipt.sequence, receipt.size) == (1, len(content))
    assert receipt.received_at == "2026-11-22T03:30:00+00:00"


def test_the_same_file_is_one_delivery_and_a_changed_one_is_new(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    first = incoming(tmp_path / "in", "a.csv", b"1")
    assert len(store.land([first], received_at=NOW)) == 1
    assert store.land([first], received_at=NOW) == []
    changed = incoming(tmp_path / "in", "a.csv", b"2")
    [receipt] = store.land([changed], received_at=NOW)
    assert receipt.sequence == 2
    # Going back to the first content corrects the second: it is a delivery of its own.
    back = incoming(tmp_path / "in", "a.csv", b"1")
    assert [each.sequence for each in store.land([back], received_at=NOW)] == [3]
    assert store.land([back], received_at=NOW) == []


def test_the_same_content_under_another_name_is_a_delivery_of_its_own(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    files = [incoming(tmp_path / "in", name, b"same") for name in ("a.csv", "b.csv")]
    receipts = store.land(files, received_at=NOW)
    assert [receipt.sequence for receipt in receipts] == [1, 2]
    assert len({receipt.delivery_id for receipt in receipts}) == 1


def test_a_file_that_becomes_a_link_before_it_is_landed_is_left(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    first, second = (incoming(tmp_path / "in", name, b"1") for name in ("a.csv", "b.csv"))
    (tmp_path / "secret").write_bytes(b"secret")
    first.path.unlink()
    first.path.symlink_to(tmp_path / "secret")
    [receipt] = store.land([first, second], received_at=NOW)
    assert receipt.file_name == "b.csv"


def test_a_file_that_fails_while_it_is_read_is_left_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LandingStore(tmp_path / "landing")
    files = [incoming(tmp_path / "in", name, b"1") for name in ("a.csv", "b.csv")]

    class Failing(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(5, "input/output error")

    def failing(path: Path) -> BinaryIO:
        return Failing() if path.name == "a.csv" else open_file(path)

    monkeypatch.setattr(landing, "open_file", failing)
    [receipt] = store.land(files, received_at=NOW)
    assert receipt.file_name == "b.csv"
    assert list(store.directory.glob(".partial-*")) == []


def test_the_name_that_a_supplier_wrote_stays_in_landing(tmp_path: Path) -> None:
    """The period may stand in what is masked, so it is kept; it is shown to nobody."""
    store = LandingStore(tmp_path / "landing")
    item = replace(
        incoming(tmp_path / "in", "a.csv", b"1"),
        file_name="v/[personnummer].csv",
        written_name="v/9001189811.csv",
    )
    [landed] = store.land([item], received_at=NOW)
    assert store.receipts() == [landed]
    assert (landed.file_name, landed.written_name) == (item.file_name, item.written_name)
    assert store.land([item], received_at=NOW) == []


def test_a_log_is_parted_at_line_ends_alone(tmp_path: Path) -> None:
    lines = [{"reason": f"a{sign}b"} for sign in "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r"]
    landing.append_lines(tmp_path / "log.jsonl", lines)
    assert landing.read_lines(tmp_path / "log.jsonl") == lines


@pytest.mark.parametrize("lost", [1, 20, 100])
def test_a_torn_receipt_is_received_anew(tmp_path: Path, lost: int) -> None:
    store = LandingStore(tmp_path / "landing")
    files = [incoming(tmp_path / "in", f"{name}.csv", name.encode()) for name in "abc"]
    store.land(files, received_at=NOW)
    log = store.directory / "receipts.jsonl"
    log.write_bytes(log.read_bytes()[:-lost])
    (store.directory / ".partial-1").write_bytes(b"half")
    survivors = store.receipts()
    assert [receipt.file_name for receipt in survivors] == ["a.csv", "b.csv"]
    [again] = store.land(files, received_at=NOW)
    assert (again.file_name, again.sequence) == ("c.csv", 3)
    assert [receipt.sequence for receipt in store.receipts()] == [1, 2, 3]
    assert not (store.directory / ".partial-1").exists()


@settings(deadline=None)
@given(contents=st.lists(st.binary(max_size=30), min_size=1, max_size=6))
def test_nothing_is_lost_and_nothing_comes_twice(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("landing")
    store = LandingStore(folder / "landing")
    files = [
        incoming(folder / "in", f"{place}.csv", content) for place, content in enumerate(contents)
    ]
    for file in files:
        store.land(files[: files.index(file) + 1], received_at=NOW)
    kept = [blob_of(store, receipt.delivery_id).read_bytes() for receipt in store.receipts()]
    assert kept == contents


def test_a_file_that_is_being_written_waits(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    file = incoming(tmp_path / "in", "a.csv", b"1")
    assert store.land([replace(file, settled=False)], received_at=NOW) == []
    assert [each.file_name for each in store.land([file], received_at=NOW)] == ["a.csv"]
    changed = replace(incoming(tmp_path / "in", "a.csv", b"2"), settled=False)
    assert store.land([changed], received_at=NOW) == []
    store.note_inbox([changed], at=NOW)
    assert [name for _, name, _ in store.inbox_at(NOW)] == ["a.csv"], "it has not gone away"


def test_a_file_that_changes_while_it_is_copied_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LandingStore(tmp_path / "landing")
    file = incoming(tmp_path / "in", "a.csv", b"the first half")
    copy = landing._copy

    def copy_slowly(source: BinaryIO, target: Path) -> tuple[str, int] | None:
        kept = copy(source, target)
        with file.path.open("ab") as late:
            late.write(b" and the second")
        return kept

    monkeypatch.setattr(landing, "_copy", copy_slowly)
    assert store.land([file], received_at=NOW) == []
    assert [path for path in store.directory.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    [receipt] = store.land([file], received_at=NOW)
    assert blob_of(store, receipt.delivery_id).read_bytes() == b"the first half and the second"


def test_a_file_that_goes_away_before_it_is_read_is_no_delivery(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    gone, stays = (incoming(tmp_path / "in", name, b"1") for name in ("a.csv", "b.csv"))
    gone.path.unlink()
    assert [each.file_name for each in store.land([gone, stays], received_at=NOW)] == ["b.csv"]


def test_the_inbox_of_any_time_is_known(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    statistics = replace(incoming(tmp_path / "in", "s.json", b"{}"), kind="statistics", name="s")
    days = [NOW + timedelta(days=number) for number in range(6)]

    def night(day: int, *files: Incoming) -> None:
        store.land(files, received_at=days[day])
        store.note_inbox(files, at=days[day])

    night(0, incoming(tmp_path / "in", "a.csv", b"1"), statistics)
    night(1, incoming(tmp_path / "in", "b.csv", b"2"))
    night(2)
    night(3, incoming(tmp_path / "in", "a.csv", b"1"))
    night(4, incoming(tmp_path / "in", "a.csv", b"3"))

    def inbox(moment: datetime) -> dict[str, str]:
        return {
            file_name: blob_of(store, delivery_id).read_text(encoding="utf-8")
            for _, file_name, delivery_id in store.inbox_at(moment)
        }

    assert inbox(NOW - timedelta(seconds=1)) == {}
    assert inbox(days[0]) == {"a.csv": "1", "s.json": "{}"}
    assert inbox(days[1]) == {"b.csv": "2", "s.json": "{}"}
    assert inbox(days[2]) == {"s.json": "{}"}
    assert inbox(days[3]) == {"a.csv": "1", "s.json": "{}"}
    assert inbox(days[4]) == inbox(days[5]) == {"a.csv": "3", "s.json": "{}"}
    assert [receipt.sequence for receipt in store.receipts()] == [1, 2, 3, 4]
    log = store.directory / "inbox.jsonl"
    assert log.stat().st_mode & 0o777 == 0o600
    log.write_bytes(log.read_bytes()[:-5])
    assert inbox(days[3]) == {"s.json": "{}"}, "a torn line does not count"


@pytest.mark.parametrize("damage", ["lost", "changed", "cut", "a link", "a directory"])
def test_nobody_gets_at_bytes_that_are_not_those_that_came(tmp_path: Path, damage: str) -> None:
    store = LandingStore(tmp_path / "landing")
    file = incoming(tmp_path / "in", "a.csv", b"1;2")
    [receipt] = store.land([file], received_at=NOW)
    blob = blob_of(store, receipt.delivery_id)
    assert store.read(receipt.delivery_id) == b"1;2"
    assert store.intact(receipt.delivery_id) == blob
    blob.unlink()
    match damage:
        case "changed":
            blob.write_bytes(b"1;3")
        case "cut":
            blob.write_bytes(b"1;")
        case "a link":
            blob.symlink_to(file.path)
        case "a directory":
            blob.mkdir()
    for reader in (store.read, store.intact):
        with pytest.raises(LostError) as lost:
            reader(receipt.delivery_id)
        assert lost.value.place == str(blob)


def test_bytes_are_summed_up_once_until_they_are_touched_or_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: list[Path] = []

    def counting(path: Path) -> str:
        summed.append(path)
        return sha256_of(path)

    store = LandingStore(tmp_path / "landing")
    [receipt] = store.land([incoming(tmp_path / "in", "a.csv", b"1;2")], received_at=NOW)
    monkeypatch.setattr(landing, "sha256_of_delivered", counting)
    blob = blob_of(store, receipt.delivery_id)
    for _ in range(2):
        LandingStore(store.directory).intact(receipt.delivery_id)
    assert summed == [blob, blob], "what has just been written may be written again unseen"
    monkeypatch.setattr(landing, "_COARSEST_NS", -1)
    for _ in range(3):
        LandingStore(store.directory).intact(receipt.delivery_id)
    assert summed == [blob] * 3
    landing.forget_summed()
    store.intact(receipt.delivery_id)
    assert summed == [blob] * 4
    before = blob.stat()
    time.sleep(0.02)
    blob.write_bytes(b"1;3")
    os.utime(blob, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(LostError):
        store.intact(receipt.delivery_id)


@pytest.mark.parametrize("damage", ["lost", "changed", "a directory"])
def test_bytes_lost_from_here_are_kept_anew_while_their_file_lies_there(
    tmp_path: Path, damage: str
) -> None:
    store = LandingStore(tmp_path / "landing")
    file = incoming(tmp_path / "in", "a.csv", b"1;2")
    [receipt] = store.land([file], received_at=NOW)
    blob = blob_of(store, receipt.delivery_id)
    blob.unlink()
    if damage == "changed":
        blob.write_bytes(b"1;3")
    elif damage == "a directory":
        blob.mkdir()
    assert not store.is_intact(receipt.delivery_id)
    assert store.land([file], received_at=NOW) == []
    assert store.is_intact(receipt.delivery_id)
    assert blob.read_bytes() == b"1;2"
    assert store.receipts() == [receipt]


def test_what_was_destroyed_by_rule_is_not_kept_anew(tmp_path: Path) -> None:
    store = LandingStore(tmp_path / "landing")
    file = incoming(tmp_path / "in", "a.csv", b"1;2")
    [receipt] = store.land([file], received_at=NOW)
    [destroyed] = destroy_expired(store, days=1, now=NOW + timedelta(days=2))
    assert destroyed.delivery_id == receipt.delivery_id
    assert store.land([file], received_at=NOW + timedelta(days=3)) == []
    assert not blob_of(store, receipt.delivery_id).exists()
