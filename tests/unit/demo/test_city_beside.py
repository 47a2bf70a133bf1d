"""The city that another process writes, while this one does something else."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.demo.beside import write_model_beside
from orchestration.demo.city import city_model, write_model

SMALL = city_model(scale=0.002)


def _bytes(inbox: Path) -> dict[str, bytes]:
    return {
        path.relative_to(inbox).as_posix(): path.read_bytes()
        for path in inbox.rglob("*")
        if path.is_file()
    }


def test_the_city_is_the_one_that_this_process_writes(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    done_by: list[int] = []

    write_model_beside(
        tmp_path / "beside",
        SMALL,
        meanwhile=lambda: done_by.append(os.getpid()),
        progress=lambda *said: told.append(said),
    )
    write_model(tmp_path / "here", SMALL)

    written = _bytes(tmp_path / "beside")
    assert len(written) > 16
    assert written == _bytes(tmp_path / "here")
    assert [done for _, done, _ in told] == list(range(1, len(written) + 1))
    assert done_by == [os.getpid()]


def test_what_stops_the_writing_is_raised_here(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.write_text("a file where a directory should be", encoding="utf-8")

    with pytest.raises(OSError, match="inbox"):
        write_model_beside(inbox, SMALL, meanwhile=lambda: None, progress=lambda *_: None)


@pytest.fixture
def asked_in_vain() -> Iterator[None]:
    """Processes that begin now ignore what asks them to end, as Dagster's may."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("asked_in_vain")
def test_what_stops_this_process_stops_the_other(tmp_path: Path) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_model_beside(
            tmp_path, city_model(scale=1.0), meanwhile=stopped, progress=lambda *_: None
        )

    before = _bytes(tmp_path)
    assert len(before) < 190
    assert _bytes(tmp_path) == before
