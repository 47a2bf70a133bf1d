"""Notices that could not be sent, kept until they are: when each is tried again, and what waits.

One file of JSON lines in the home. Sending belongs in `notices`; nothing here knows an address.
"""

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.storage.landing import read_lines

NAME = "unsent_notices.jsonl"
# After the first minute each pause is twice the one before, until it is a quarter of a day.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that has not been sent.

    Attributes:
        notice: What is to be sent.
        tries: How often it has been tried.
        next_at: ISO time with offset, before which it is not tried again.
        fault_sv: Why it could not be sent the latest time.
    """

    notice: Mapping[str, Any]
    tries: int
    next_at: str
    fault_sv: str


def keep(home: Path, notice: Mapping[str, Any], fault_sv: str, *, now: datetime) -> None:
    """Keep a notice that could not be sent.

    Args:
        home: Where it is kept.
        notice: The notice.
        fault_sv: Why it could not be sent.
        now: The present, with offset.

    Raises:
        OSError: If it cannot be written.
    """
    with _opened(home) as waiting:
        waiting.append(Waiting(notice, 1, (now + _FIRST_PAUSE).isoformat(), fault_sv))


def send_due(
    home: Path, send: Callable[[Mapping[str, Any]], str | None], *, now: datetime
) -> list[Waiting]:
    """Try again what is due, in order, until one fails: whoever does not answer is not asked twice.

    Args:
        home: Where notices are kept.
        send: Sends one; returns why it could not, or None.
        now: The present, with offset.

    Returns:
        What still waits, oldest first.

    Raises:
        OSError: If the file cannot be read or written.
    """
    if not (home / NAME).exists():
        return []
    with _opened(home) as waiting:
        for each in [each for each in waiting if datetime.fromisoformat(each.next_at) <= now]:
            fault = send(each.notice)
            if fault is None:
                waiting.remove(each)
                continue
            pause = min(_FIRST_PAUSE * 2 ** min(each.tries, 20), _LONGEST_PAUSE)
            waiting[waiting.index(each)] = replace(
                each, tries=each.tries + 1, next_at=(now + pause).isoformat(), fault_sv=fault
            )
            break
        return list(waiting)


@contextmanager
def _opened(home: Path) -> Iterator[list[Waiting]]:
    """What waits, to be changed; written back whole, and by one process at a time."""
    file = home / NAME
    home.mkdir(parents=True, exist_ok=True)
    with (home / f".{NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = [Waiting(**line) for line in read_lines(file)]
        waiting = list(before)
        yield waiting
        if waiting == before:
            return
        if not waiting:
            file.unlink()
            return
        partial = file.with_name(f".{NAME}.partial")
        text = "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in waiting)
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
