"""What has been published, ever: a chain in which nothing can be changed without its being seen.

Each publication holds a fingerprint of what it made known and one of the publication before it.
What the known cells do to those that are secret belongs in `vintages`, where they are kept to
whoever asks.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

#: What the first publication has before it.
START = "0" * 64


class BrokenChainError(Exception):
    """The chain is not as it was written.

    Attributes:
        publication_id: The publication where it breaks.
    """

    def __init__(self, publication_id: str) -> None:
        super().__init__(f"the ledger's chain breaks at {publication_id}")
        self.publication_id = publication_id


@dataclass(frozen=True)
class Publication:
    """A publication, as the chain has it.

    Attributes:
        publication_id: Its name, one for each.
        published_at: When, with offset.
        release_sha256: Fingerprint of the cells that are written of it.
        previous_sha256: Fingerprint of the publication before it; `START` for the first.
        municipality: Code of the municipality.
        policy_sha256: Fingerprint of the policy that it was decided by; empty where there was none.
    """

    publication_id: str
    published_at: datetime
    release_sha256: str
    previous_sha256: str
    municipality: str
    policy_sha256: str

    @property
    def sha256(self) -> str:
        """Fingerprint of all that is said of it."""
        told = asdict(self) | {"published_at": self.published_at.astimezone(UTC).isoformat()}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """What a publication says of a cell that was not so in the one before.

    Attributes:
        cell_id: The cell.
        vintage: Which of the cell's values it is, counted from 1 in the order they came.
        value: The count.
        released: Whether it was shown.
    """

    cell_id: str
    vintage: int
    value: int
    released: bool


def release_sha256(entries: Iterable[Entry]) -> str:
    """Fingerprint of what is written of a publication, in whatever order.

    Args:
        entries: All of it.
    """
    digest = hashlib.sha256()
    for each in sorted(entries):
        digest.update(f"{each.cell_id}|{each.vintage}|{each.value}|{each.released:d}\n".encode())
    return digest.hexdigest()


def news(
    before: Iterable[Sequence[Entry]], cells: Mapping[str, tuple[int, bool]]
) -> tuple[Entry, ...]:
    """What a publication adds to those before it.

    Args:
        before: The entries of each publication, in the order of the chain.
        cells: Value of each cell of the new one, and whether it shows it.

    Returns:
        An entry for each cell that has another value than last, or is shown and was not.
    """
    last: dict[str, Entry] = {}
    vintages: dict[str, dict[int, int]] = {}
    shown: set[tuple[str, int]] = set()
    for entries in before:
        for each in entries:
            last[each.cell_id] = each
            vintages.setdefault(each.cell_id, {})[each.value] = each.vintage
            if each.released:
                shown.add((each.cell_id, each.value))
    found = []
    for cell_id, (value, released) in cells.items():
        own = vintages.get(cell_id, {})
        is_same = cell_id in last and last[cell_id].value == value
        if not is_same or (released and (cell_id, value) not in shown):
            found.append(Entry(cell_id, own.get(value, len(own) + 1), value, released))
    return tuple(sorted(found))


def linked(
    chain: Sequence[Publication],
    entries: Iterable[Entry],
    *,
    publication_id: str,
    published_at: datetime,
    municipality: str,
    policy_sha256: str = "",
) -> Publication:
    """A publication as the next link of a chain.

    Args:
        chain: Those before it.
        entries: What is written of it.
        publication_id: Its name.
        published_at: When, with offset.
        municipality: Code of the municipality.
        policy_sha256: Fingerprint of the policy that it was decided by.

    Raises:
        ValueError: The chain has one of that name.
    """
    if any(each.publication_id == publication_id for each in chain):
        raise ValueError(f"the chain has {publication_id} already")
    return Publication(
        publication_id,
        published_at,
        release_sha256(entries),
        chain[-1].sha256 if chain else START,
        municipality,
        policy_sha256,
    )


def require_whole(
    chain: Sequence[Publication],
    entries: Mapping[str, Sequence[Entry]],
    seals: Sequence[str],
    *,
    seen: str | None = None,
) -> None:
    """Refuse a chain that is not as it was written.

    Args:
        chain: The publications in the order they were linked.
        entries: What is written of each, by its name.
        seals: The fingerprint of each as it was written: the last one is in no other.
        seen: Fingerprint of a publication that was the last one once; one that was cut off is
            missed by no other.

    Raises:
        BrokenChainError: A publication, or what is written of it, has been changed or taken away.
    """
    previous = START
    for each, seal in zip(chain, seals, strict=True):
        own = entries.get(each.publication_id, ())
        is_linked = each.previous_sha256 == previous and each.sha256 == seal
        if not is_linked or each.release_sha256 != release_sha256(own):
            raise BrokenChainError(each.publication_id)
        previous = each.sha256
    if strangers := entries.keys() - {each.publication_id for each in chain}:
        raise BrokenChainError(min(strangers))
    if seen is not None and seen not in {each.sha256 for each in chain}:
        raise BrokenChainError(chain[-1].publication_id if chain else "")
