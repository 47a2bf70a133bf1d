"""Before landing: ask the publishers for their statistics, and keep the latest answer of each.

An answer lies in `fetched/` as a delivery lies in the inbox, until the next one takes its place. A
publisher that does not answer leaves its latest answer where it is. What is asked and how belongs
in `orchestration.sources`.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.settings import Settings
from orchestration.sources.client import Client, FetchError, Pace
from orchestration.sources.dispatch import fetch_dataset, say_the_same
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.registry import (
    Calls,
    Dataset,
    PublisherName,
    datasets_of,
    load_publishers,
)

_STATE = "state.json"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """How the latest attempt to fetch a dataset went.

    Attributes:
        source_id: The dataset.
        tried_at: ISO time of the latest attempt, with offset.
        fetched_at: ISO time of the latest good answer, or None.
        message_sv: Why the latest attempt failed, or None.
    """

    source_id: str
    tried_at: str
    fetched_at: str | None
    message_sv: str | None


def answer_path(settings: Settings, dataset: Dataset) -> Path:
    """Where the latest answer of a dataset lies.

    Args:
        settings: Where fetched answers lie.
        dataset: Which dataset.

    Returns:
        The path; it exists once the dataset has been fetched.
    """
    return settings.fetched_dir / dataset.publisher / f"{dataset.source_id}.zip"


def fetch_states(settings: Settings) -> dict[str, Fetched]:
    """How the latest attempts went.

    Args:
        settings: Where fetched answers lie.

    Returns:
        Dataset to its latest attempt.
    """
    path = settings.fetched_dir / _STATE
    if not path.exists():
        return {}
    return {each["source_id"]: Fetched(**each) for each in json.loads(path.read_text("utf-8"))}


def fetch_statistics(
    settings: Settings, *, now: datetime, progress: Progress | None = None
) -> list[Fetched]:
    """Fetch every dataset whose latest answer is older than the configured interval.

    Args:
        settings: Which profile runs, and where answers lie.
        now: The present, with offset.
        progress: Called before each dataset with its title, its place and how many there are.

    Returns:
        How it went with each dataset that was due.

    Raises:
        OSError: If an answer cannot be kept.
    """
    states = fetch_states(settings)
    limit = now - timedelta(hours=settings.fetch_hours)
    due = [
        dataset
        for dataset in datasets_of(settings.profile)
        if dataset.request is not None and not _fresh(states.get(dataset.source_id), limit)
    ]
    if not due:
        return []
    outcomes = []
    with _client(settings) as client:
        for place, dataset in enumerate(due):
            if progress is not None:
                progress(dataset.title_sv, place, len(due))
            earlier = states.get(dataset.source_id)
            outcome = _fetch(client, settings, dataset, earlier, now)
            states[dataset.source_id] = outcome
            outcomes.append(outcome)
            _write(settings.fetched_dir / _STATE, _state_text(states.values()))
    return outcomes


def _fresh(state: Fetched | None, limit: datetime) -> bool:
    return (
        state is not None
        and state.message_sv is None
        and state.fetched_at is not None
        and datetime.fromisoformat(state.fetched_at) > limit
    )


def _fetch(
    client: Client, settings: Settings, dataset: Dataset, earlier: Fetched | None, now: datetime
) -> Fetched:
    tried_at = now.isoformat(timespec="seconds")
    try:
        content = fetch_dataset(client, dataset, settings.municipality)
    except (FetchError, SourceFormatError) as error:
        return Fetched(
            dataset.source_id, tried_at, earlier.fetched_at if earlier else None, error.message_sv
        )
    path = answer_path(settings, dataset)
    # An answer that only looks different is no new delivery.
    if not (path.exists() and say_the_same(path.read_bytes(), content, dataset)):
        _write(path, content)
    return Fetched(dataset.source_id, tried_at, tried_at, None)


@contextmanager
def _client(settings: Settings) -> Iterator[Client]:
    """A client for the real publishers, or for their recorded answers on loopback."""
    publishers = load_publishers()
    if settings.profile == "live":
        real: dict[PublisherName, str] = {
            name: str(publisher.address) for name, publisher in publishers.items()
        }
        paces = {name: Pace(publisher.calls) for name, publisher in publishers.items()}
        with Client(real, paces) as client:
            yield client
        return
    from orchestration.demo.replay.publishers import PUBLISHERS  # noqa: PLC0415
    from orchestration.demo.replay.server import ReplayServer  # noqa: PLC0415

    with ReplayServer(PUBLISHERS) as server:
        addresses = {name: server.addresses[name] for name in publishers if name in PUBLISHERS}
        # The recorded answers cost nobody anything: they need no pace.
        unhurried = dict.fromkeys(addresses, Pace(Calls(count=1_000_000, seconds=1.0)))
        with Client(addresses, unhurried) as client:
            yield client


def _state_text(states: Iterable[Fetched]) -> bytes:
    rows = [asdict(state) for state in states]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _write(path: Path, content: bytes) -> None:
    """Put a file in place whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)
