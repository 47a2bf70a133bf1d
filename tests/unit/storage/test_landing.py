"""The landing store keeps every delivery once, unchanged, in order, through a crash."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.storage.landing import Incoming, LandingStore

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
    assert store.blob(receipt.delivery_id).read_bytes() == content
    assert store.blob(receipt.delivery_id).stat().st_mode & 0o777 == 0o600
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
    kept = [store.blob(receipt.delivery_id).read_bytes() for receipt in store.receipts()]
    assert kept == contents
