"""The landing store: every delivery exactly as it came, named by its SHA-256.

Blobs are written once and never changed; `receipts.jsonl` says what was received, in order. The
warehouse can be rebuilt from this directory alone. What the bytes mean belongs elsewhere.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

_CHUNK = 4 << 20

Kind = Literal["register", "statistics"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that waits to be landed.

    Attributes:
        kind: Whether it is a city register or public statistics.
        name: The register or the dataset.
        path: Where the file is.
        file_name: What the supplier calls it, relative to the place it was dropped in.
        synthetic: Whether its figures are made up.
    """

    kind: Kind
    name: str
    path: Path
    file_name: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The record of one delivery.

    Attributes:
        sequence: Grows by one with each delivery.
        delivery_id: SHA-256 of the bytes, in hexadecimal.
        kind: Whether it is a city register or public statistics.
        name: The register or the dataset.
        file_name: The supplier's file name.
        size: Number of bytes.
        received_at: ISO time with offset.
        synthetic: Whether its figures are made up.
    """

    sequence: int
    delivery_id: str
    kind: Kind
    name: str
    file_name: str
    size: int
    received_at: str
    synthetic: bool


def sha256_of(path: Path) -> str:
    """Hash a file without holding it in memory.

    Args:
        path: The file.

    Returns:
        SHA-256 in hexadecimal.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LandingStore:
    """The directory of landed deliveries; mode 0700, its files 0600."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._receipts_file = directory / "receipts.jsonl"

    def blob(self, delivery_id: str) -> Path:
        """Where the bytes of a delivery are.

        Args:
            delivery_id: SHA-256 of the bytes.

        Returns:
            The path; it exists once the delivery is landed.
        """
        return self.directory / delivery_id[:2] / delivery_id

    def receipts(self) -> list[Receipt]:
        """All deliveries in the order they came.

        Returns:
            The receipts; a line that a crash cut off is not a receipt, and its file lands anew.
        """
        if not self._receipts_file.exists():
            return []
        text = self._receipts_file.read_text(encoding="utf-8")
        complete = text[: text.rfind("\n") + 1]
        return [Receipt(**json.loads(line)) for line in complete.splitlines()]

    def land(self, incoming: Iterable[Incoming], *, received_at: datetime) -> list[Receipt]:
        """Keep the files that are not already kept, unchanged.

        The same bytes under the same name, seen again, are the same delivery. A file that goes
        back to what it held before a later one is a new delivery: it corrects the later one.

        Args:
            incoming: The files, in the order they should count.
            received_at: Time of receipt, with offset.

        Returns:
            The new receipts.

        Raises:
            OSError: If a file cannot be read or the store cannot be written.
        """
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clear_leftovers()
        known = self.receipts()
        latest = {(receipt.name, receipt.file_name): receipt.delivery_id for receipt in known}
        sequence = known[-1].sequence if known else 0
        new: list[Receipt] = []
        for item in incoming:
            delivery_id = sha256_of(item.path)
            if latest.get((item.name, item.file_name)) == delivery_id:
                continue
            # The id of what is kept, should the supplier write to the file meanwhile.
            delivery_id, size = self._keep(item.path)
            latest[(item.name, item.file_name)] = delivery_id
            sequence += 1
            new.append(
                Receipt(
                    sequence=sequence,
                    delivery_id=delivery_id,
                    kind=item.kind,
                    name=item.name,
                    file_name=item.file_name,
                    size=size,
                    received_at=received_at.isoformat(timespec="seconds"),
                    synthetic=item.synthetic,
                )
            )
        if new:
            self._append(new)
        return new

    def _keep(self, source: Path) -> tuple[str, int]:
        partial = self.directory / f".partial-{os.getpid()}"
        digest = hashlib.sha256()
        size = 0
        with (
            source.open("rb") as reader,
            open(partial, "wb", opener=_private) as writer,
        ):
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                writer.write(chunk)
            writer.flush()
            os.fsync(writer.fileno())
        delivery_id = digest.hexdigest()
        target = self.blob(delivery_id)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        partial.replace(target)
        return delivery_id, size

    def _append(self, receipts: list[Receipt]) -> None:
        lines = "".join(
            json.dumps(asdict(receipt), ensure_ascii=False) + "\n" for receipt in receipts
        )
        with open(self._receipts_file, "a", encoding="utf-8", opener=_private) as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def _clear_leftovers(self) -> None:
        """Take away what a killed run left: half-written files and a half-written receipt."""
        for pattern in (".partial-*", ".reading-*"):
            for leftover in self.directory.glob(pattern):
                leftover.unlink()
        if not self._receipts_file.exists():
            return
        content = self._receipts_file.read_bytes()
        end = content.rfind(b"\n") + 1
        if end != len(content):
            with self._receipts_file.open("r+b") as file:
                file.truncate(end)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
