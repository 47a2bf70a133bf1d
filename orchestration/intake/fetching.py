"""Before landing: ask the publishers for their statistics, and keep the latest answer of each.

An answer lies in `fetched/` as a delivery lies in the inbox, until the next one takes its place. A
publisher that does not answer leaves its latest answer where it is. What is asked and how belongs
in `orchestration.sources`.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestration.settings import Settings
from orchestration.sources.client import Client, FetchError, Pace
from orchestration.sources.dispatch import fetch_dataset, parse_dataset, say_the_same
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.kept import KeptAnswers
from orchestration.sources.registry import Dataset, PublisherName, datasets_of, load_publishers

_STATE = "state.json"
# Between the command line's fetching and that of its run, and between a failed run and the next.
_NOT_AGAIN_WITHIN = timedelta(minutes=10)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """How the latest attempt to fetch a dataset went.

    Attributes:
        source_id: The dataset.
        asked_sha256: Of what was asked: request and municipality.
        tried_at: ISO time of the latest attempt, with offset.
        fetched_at: ISO time of the latest good answer to that, or None.
        message_sv: Why the latest attempt failed, or None.
    """

    source_id: str
    asked_sha256: str
    tried_at: str
    fetched_at: str | None
    message_sv: str | None


def latest_answer(settings: Settings, dataset: Dataset) -> Path | None:
    """Where the latest good answer of a dataset lies.

    Args:
        settings: Where fetched answers lie, and for which municipality is asked.
        dataset: Which dataset.

    Returns:
        The path, or None if there is no answer to what is asked now.
    """
    state = fetch_states(settings).get(dataset.source_id)
    path = _answer_path(settings, dataset)
    answered = (
        state is not None
        and state.asked_sha256 == _asked(settings, dataset)
        and state.fetched_at is not None
    )
    return path if answered and path.exists() else None


def fetch_states(settings: Settings) -> dict[str, Fetched]:
    """How the latest attempts went.

    Args:
        settings: Where fetched answers lie.

    Returns:
        Dataset to its latest attempt; nothing where the record is damaged, so that all is asked for
        anew.
    """
    try:
        rows = json.loads((settings.fetched_dir / _STATE).read_text("utf-8"))
        return {each["source_id"]: Fetched(**each) for each in rows}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def fetch_statistics(
    settings: Settings,
    *,
    now: datetime,
    progress: Progress | None = None,
    names: frozenset[str] | None = None,
) -> list[Fetched]:
    """Fetch every dataset whose latest answer is older than the configured interval.

    A publisher that fails, or answers with what cannot be read, leaves its latest good answer where
    it is. Whoever asks next within a few minutes, as a step of the same run, asks nobody.

    Args:
        settings: Which profile runs, and where answers lie.
        now: The present, with offset.
        progress: Called before each dataset with its title, its place and how many there are.
        names: The datasets that are asked for; all unless given.

    Returns:
        How it went with each dataset that was due.

    Raises:
        AuthoritiesError: If the file of certificates to trust cannot be used.
        OSError: If an answer cannot be kept.
    """
    states = fetch_states(settings)
    due = [
        dataset
        for dataset in datasets_of(settings.profile)
        if dataset.request is not None
        and (names is None or dataset.source_id in names)
        and _is_due(settings, dataset, states.get(dataset.source_id), now)
    ]
    if not due:
        return []
    outcomes = []
    with _client(settings) as client:
        for place, dataset in enumerate(due):
            if progress is not None:
                progress(dataset.title_sv, place, len(due))
            outcome = _fetch(client, settings, dataset, states.get(dataset.source_id), now)
            states[dataset.source_id] = outcome
            outcomes.append(outcome)
            _write(settings.fetched_dir / _STATE, _state_text(states.values()))
    return outcomes


def _is_due(settings: Settings, dataset: Dataset, state: Fetched | None, now: datetime) -> bool:
    if state is None or state.asked_sha256 != _asked(settings, dataset):
        return True
    if now - datetime.fromisoformat(state.tried_at) < _NOT_AGAIN_WITHIN:
        return False
    if state.message_sv is not None or state.fetched_at is None:
        return True
    age = now - datetime.fromisoformat(state.fetched_at)
    return age >= timedelta(hours=settings.fetch_hours)


def _fetch(
    client: Client, settings: Settings, dataset: Dataset, earlier: Fetched | None, now: datetime
) -> Fetched:
    asked = _asked(settings, dataset)
    tried_at = now.isoformat(timespec="seconds")
    try:
        content = fetch_dataset(client, dataset, settings.municipality)
        # What cannot be read must not take the place of what can.
        parse_dataset(content, dataset)
    except (FetchError, SourceFormatError) as error:
        held = earlier is not None and earlier.asked_sha256 == asked
        fetched_at = earlier.fetched_at if earlier is not None and held else None
        return Fetched(dataset.source_id, asked, tried_at, fetched_at, error.message_sv)
    path = _answer_path(settings, dataset)
    # An answer that only looks different is no new delivery.
    if not (path.exists() and say_the_same(path.read_bytes(), content, dataset)):
        _write(path, content)
    return Fetched(dataset.source_id, asked, tried_at, tried_at, None)


def _answer_path(settings: Settings, dataset: Dataset) -> Path:
    return settings.fetched_dir / dataset.publisher / f"{dataset.source_id}.zip"


def _asked(settings: Settings, dataset: Dataset) -> str:
    """Tell a request from any other, so that an answer to an earlier one is never taken for its."""
    request = dataset.request.model_dump_json() if dataset.request is not None else ""
    return hashlib.sha256(f"{settings.municipality}|{request}".encode()).hexdigest()


@contextmanager
def _client(settings: Settings) -> Iterator[Client]:
    """A client for the real publishers, or for their recorded answers on loopback."""
    publishers = load_publishers()
    if settings.profile == "live":
        kept = KeptAnswers(settings.fetched_dir / "kept")
        kept.forget_old()
        real: dict[PublisherName, str] = {
            name: str(publisher.address) for name, publisher in publishers.items()
        }
        paces = {name: Pace(publisher.calls) for name, publisher in publishers.items()}
        proxy = str(settings.proxy.get_secret_value()) if settings.proxy is not None else None
        with Client(real, paces, kept=kept, proxy=proxy, ca_file=settings.ca_file) as client:
            yield client
        return
    from orchestration.demo.replay.publishers import PUBLISHERS  # noqa: PLC0415
    from orchestration.demo.replay.server import ReplayServer  # noqa: PLC0415

    with ReplayServer(PUBLISHERS) as server:
        addresses = {name: server.addresses[name] for name in publishers if name in PUBLISHERS}
        # The recorded answers burden nobody: they need no pace.
        with Client(addresses, {name: Pace(None) for name in addresses}) as client:
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
