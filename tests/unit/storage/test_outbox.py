"""Notices that could not be sent wait, are tried again ever more seldom, and are never lost."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestration.storage.outbox import NAME, keep, send_due

NOW = datetime(2026, 11, 28, 3, 30, tzinfo=UTC)


class Receiver:
    """Takes what it is sent when it is up."""

    def __init__(self) -> None:
        self.up = False
        self.asked = 0
        self.taken: list[int] = []

    def __call__(self, notice: Mapping[str, Any]) -> str | None:
        self.asked += 1
        if not self.up:
            return "den går inte att nå"
        self.taken.append(notice["nr"])
        return None


def test_what_could_not_be_sent_is_sent_later_in_order(tmp_path: Path) -> None:
    receiver = Receiver()
    for number in (1, 2, 3):
        keep(tmp_path, {"nr": number}, "den svarar med kod 500", now=NOW)
    # Not before the first pause is over.
    assert len(send_due(tmp_path, receiver, now=NOW + timedelta(seconds=59))) == 3
    assert receiver.asked == 0
    # One that fails is answer enough for all.
    waiting = send_due(tmp_path, receiver, now=NOW + timedelta(minutes=1))
    assert receiver.asked == 1
    assert [each.fault_sv for each in waiting] == [
        "den går inte att nå",
        *["den svarar med kod 500"] * 2,
    ]
    receiver.up = True
    assert send_due(tmp_path, receiver, now=NOW + timedelta(minutes=10)) == []
    assert receiver.taken == [1, 2, 3]
    assert not (tmp_path / NAME).exists()
    assert send_due(tmp_path, receiver, now=NOW + timedelta(days=1)) == []


def test_the_pauses_grow_to_a_quarter_of_a_day(tmp_path: Path) -> None:
    receiver = Receiver()
    keep(tmp_path, {"nr": 1}, "nere", now=NOW)
    at, pauses = NOW, []
    for _ in range(12):
        [each] = send_due(tmp_path, Receiver(), now=NOW)
        due = datetime.fromisoformat(each.next_at)
        pauses.append((due - at).total_seconds() / 60)
        at = due
        assert len(send_due(tmp_path, receiver, now=due)) == 1
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_nothing_is_lost_or_sent_twice_whatever_the_receiver_does(ups: list[bool]) -> None:
    import tempfile  # noqa: PLC0415 (a directory for each example)

    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for number, up in enumerate(ups):
            receiver.up = up
            keep(home, {"nr": number}, "nere", now=NOW + timedelta(days=number))
            send_due(home, receiver, now=NOW + timedelta(days=number, hours=12))
        receiver.up = True
        assert send_due(home, receiver, now=NOW + timedelta(days=99)) == []
    assert sorted(receiver.taken) == list(range(len(ups)))
