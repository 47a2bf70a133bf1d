"""The landing store: every delivery exactly as it came, named by its SHA-256.

Blobs are written once and never changed; `receipts.jsonl` says what was received, in order, and
`inbox.jsonl` which files went away and came back. The warehouse can be rebuilt from this directory
alone. Nobody gets at a blob but through `LandingStore.read` and `LandingStore.intact`, which verify
it. What grows too old is decided in `retention`; what the bytes mean belongs elsewhere.
"""

import hashlib
import json
import os
import time
from collections.abc import Container, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from orchestration.outside import open_file, shown

_CHUNK = 4 << 20
# The blobs that were found intact, each as it looked when its bytes were summed up.
_SUMMED: dict[Path, tuple[int, ...]] = {}
# A file system's clock may stand still for so long that a change is not seen in its times.
_COARSEST_NS = 2_000_000_000

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
        settled: Whether nobody has written to it of late; one that is still being written waits.
        written_name: What the supplier wrote, where that may not be shown.
        municipality_id: Code of the municipality that a register is of; none of statistics.
    """

    kind: Kind
    name: str
    path: Path
    file_name: str
    synthetic: bool
    settled: bool = True
    written_name: str = ""
    municipality_id: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The record of one delivery.

    Attributes:
        sequence: Grows by one with each delivery.
        delivery_id: SHA-256 of the bytes, in hexadecimal.
        kind: Whether it is a city register or public statistics.
        name: The register or the dataset.
        file_name: The supplier's file name, as it is shown.
        size: Number of bytes.
        received_at: ISO time with offset.
        synthetic: Whether its figures are made up.
        written_name: The name that the supplier wrote; it is kept here and shown nowhere, since it
            may name a person.
        municipality_id: Code of the municipality that a register is of; none of statistics, nor
            of what came before it was written down.
    """

    sequence: int
    delivery_id: str
    kind: Kind
    name: str
    file_name: str
    size: int
    received_at: str
    synthetic: bool
    written_name: str = ""
    municipality_id: str | None = None


class LostError(Exception):
    """The bytes of a delivery are gone, or are not those that came; the text is Swedish."""

    def __init__(self, place: Path) -> None:
        super().__init__(f"{place} är förlorad eller ändrad.")
        self.place = str(place)


def sha256_of(path: Path) -> str:
    """Hash a file without holding it in memory.

    Args:
        path: The file.

    Returns:
        SHA-256 in hexadecimal.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_delivered(path: Path) -> str:
    """Hash a file that somebody else left, and that is opened only where it is one.

    Args:
        path: The file.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        OSError: If it is gone, cannot be read, or is no regular file any more.
    """
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LandingStore:
    """The directory of landed deliveries; mode 0700, its files 0600."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._receipts_file = directory / "receipts.jsonl"
        self._inbox_file = directory / "inbox.jsonl"
        # Written by `retention`; what stands there is not kept anew.
        self.destroyed_file = directory / "destroyed.jsonl"

    def _blob(self, delivery_id: str) -> Path:
        return self.directory / delivery_id[:2] / delivery_id

    def keeps(self, delivery_id: str) -> bool:
        """Whether there is anything in the place of a delivery's bytes.

        Args:
            delivery_id: SHA-256 of the bytes.

        Returns:
            False where they have been destroyed or lost; True says nothing of what they are.
        """
        return self._blob(delivery_id).exists()

    def read(self, delivery_id: str) -> bytes:
        """The bytes of a delivery, verified as they are read.

        Args:
            delivery_id: SHA-256 of the bytes.

        Returns:
            The bytes that came.

        Raises:
            LostError: If they are gone, or are others.
        """
        blob = self._blob(delivery_id)
        try:
            with open_file(blob) as file:
                content = file.read()
        except OSError:
            raise LostError(blob) from None
        if hashlib.sha256(content).hexdigest() != delivery_id:
            raise LostError(blob)
        return content

    def intact(self, delivery_id: str) -> Path:
        """A file with the bytes of a delivery, for whoever cannot hold them in memory.

        They are summed up once in a run: what has been found intact is taken to be so until the
        file has been touched, or `forget_summed` is called.

        Args:
            delivery_id: SHA-256 of the bytes.

        Returns:
            The file, to be read and never changed.

        Raises:
            LostError: If they are gone, or are others.
        """
        blob = self._blob(delivery_id)
        try:
            looks = _looks(blob)
            if _SUMMED.get(blob) == looks:
                return blob
            if sha256_of_delivered(blob) != delivery_id or _looks(blob) != looks:
                raise LostError(blob)
        except OSError:
            raise LostError(blob) from None
        if time.time_ns() - looks[-1] > _COARSEST_NS:
            _SUMMED[blob] = looks
        return blob

    def is_intact(self, delivery_id: str) -> bool:
        """Whether the bytes of a delivery are there, every one as it came.

        Args:
            delivery_id: SHA-256 of the bytes.
        """
        try:
            self.intact(delivery_id)
        except LostError:
            return False
        return True

    def destroy(self, delivery_ids: Iterable[str]) -> None:
        """Remove the bytes of deliveries, for good when this returns.

        Args:
            delivery_ids: SHA-256 of the bytes of each; they may be gone already.

        Raises:
            OSError: If a file cannot be removed.
        """
        touched = set()
        for blob in map(self._blob, delivery_ids):
            if blob.exists():
                blob.unlink()
                touched.add(blob.parent)
        flush_directories(touched)

    def receipts(self) -> list[Receipt]:
        """All deliveries in the order they came.

        Returns:
            The receipts; a line that a crash cut off is not a receipt, and its file lands anew.
        """
        return [
            Receipt(
                **{**line, "file_name": shown(line["file_name"])}, written_name=line["file_name"]
            )
            for line in read_lines(self._receipts_file)
        ]

    def inbox_at(self, moment: datetime) -> list[tuple[str, str, str]]:
        """What lay in the inbox at a time, as the landings until then saw it.

        Args:
            moment: The time, with offset.

        Returns:
            Register or dataset, file name and delivery id of each file, in order of receipt.
        """
        latest: dict[tuple[str, str], str] = {}
        for receipt in self.receipts():
            if datetime.fromisoformat(receipt.received_at) <= moment:
                key = (receipt.name, receipt.file_name)
                # A file that was replaced takes its place among the later ones.
                latest.pop(key, None)
                latest[key] = receipt.delivery_id
        gone = self._gone(moment)
        return [(*key, delivery_id) for key, delivery_id in latest.items() if key not in gone]

    def _gone(self, moment: datetime) -> set[tuple[str, str]]:
        gone: set[tuple[str, str]] = set()
        for line in read_lines(self._inbox_file):
            if datetime.fromisoformat(line["at"]) <= moment:
                key = (line["name"], shown(line["file_name"]))
                if line["lies"]:
                    gone.discard(key)
                else:
                    gone.add(key)
        return gone

    def land(self, incoming: Iterable[Incoming], *, received_at: datetime) -> list[Receipt]:
        """Keep the files that are not already kept, unchanged.

        The same bytes under the same name, seen again, are the same delivery. A file that goes
        back to what it held before a later one is a new delivery: it corrects the later one. Bytes
        that were lost from here while their file still lies there are kept anew. A file that is
        being written, changes while it is copied, goes away or cannot be read is left for next
        time, and keeps no other from being landed.

        Args:
            incoming: The files, in the order they should count.
            received_at: Time of receipt, with offset.

        Returns:
            The new receipts.

        Raises:
            OSError: If the store cannot be written.
        """
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clear_leftovers()
        known = self.receipts()
        latest = {(receipt.name, receipt.file_name): receipt.delivery_id for receipt in known}
        sequence = known[-1].sequence if known else 0
        destroyed = {line["delivery_id"] for line in read_lines(self.destroyed_file)}
        new: list[Receipt] = []
        for item in incoming:
            kept = self._keep_if_new(item, latest, destroyed) if item.settled else None
            if kept is None:
                continue
            delivery_id, size = kept
            latest[item.name, item.file_name] = delivery_id
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
                    written_name=item.written_name or item.file_name,
                    municipality_id=item.municipality_id,
                )
            )
        if new:
            # The blobs must be there for good before anything says that they are.
            flush_directories({self._blob(receipt.delivery_id).parent for receipt in new})
            flush_directories({self.directory})
            append_lines(self._receipts_file, [_line(receipt) for receipt in new])
        return new

    def note_inbox(self, lying: Iterable[Incoming], *, at: datetime) -> None:
        """Log the suppliers' files that have gone since the last time, and those that are back.

        Args:
            lying: All that lies in the inbox, also what is still being written.
            at: The time, with offset.

        Raises:
            OSError: If the log cannot be written.
        """
        # Published statistics lie in no inbox: what was fetched once is there for good.
        known = {
            (receipt.name, receipt.file_name)
            for receipt in self.receipts()
            if receipt.kind == "register"
        }
        present = {(item.name, item.file_name) for item in lying} & known
        gone = self._gone(at)
        changed = [(key, False) for key in known - present - gone]
        changed += [(key, True) for key in present & gone]
        if changed:
            moment = at.isoformat(timespec="seconds")
            append_lines(
                self._inbox_file,
                [
                    {"at": moment, "name": name, "file_name": file_name, "lies": lies}
                    for (name, file_name), lies in sorted(changed)
                ],
            )

    def _keep_if_new(
        self, item: Incoming, latest: Mapping[tuple[str, str], str], destroyed: Container[str]
    ) -> tuple[str, int] | None:
        partial = self.directory / f".partial-{os.getpid()}"
        try:
            before = _stamp(item.path)
            landed = latest.get((item.name, item.file_name))
            known = landed is not None and landed == sha256_of_delivered(item.path)
            if known and landed is not None and (landed in destroyed or self.is_intact(landed)):
                return None
            reader = open_file(item.path)
        except OSError:
            return None
        with reader:
            copied = _copy(reader, partial)
        try:
            unchanged = copied is not None and _stamp(item.path) == before
        except OSError:
            unchanged = False
        if copied is None or not unchanged:
            partial.unlink(missing_ok=True)
            return None
        self._keep(copied[0], partial)
        # What was lost from here and still lay there is the same delivery.
        return None if known and copied[0] == landed else copied

    def _keep(self, delivery_id: str, partial: Path) -> None:
        target = self._blob(delivery_id)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        if target.is_dir():
            target.rmdir()
        partial.replace(target)

    def _clear_leftovers(self) -> None:
        """Take away what a killed run left: half-written files and half-written log lines."""
        for pattern in (".partial-*", ".reading-*"):
            for leftover in self.directory.glob(pattern):
                leftover.unlink()
        for log in self.directory.glob("*.jsonl"):
            end = log.read_bytes().rfind(b"\n") + 1
            if end != log.stat().st_size:
                with log.open("r+b") as file:
                    file.truncate(end)


def read_lines(log: Path) -> list[dict[str, Any]]:
    """Read a log of JSON lines.

    Args:
        log: The log; it need not exist.

    Returns:
        Its lines; one that a crash cut off does not count.
    """
    if not log.exists():
        return []
    text = log.read_text(encoding="utf-8")
    # Not by `splitlines`, which also parts at what a text may hold, as U+2028.
    return [json.loads(line) for line in text.split("\n")[:-1]]


def append_lines(log: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append to a log of JSON lines, for good when this returns.

    Args:
        log: The log; made with mode 0600 if it is not there.
        lines: What to append.

    Raises:
        OSError: If the log cannot be written.
    """
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    fresh = not log.exists()
    with open(log, "a", encoding="utf-8", opener=_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if fresh:
        flush_directories({log.parent})


def flush_directories(directories: Iterable[Path]) -> None:
    """Make sure that what was put into directories, or taken out, stays so after a power cut.

    Args:
        directories: The directories.

    Raises:
        OSError: If one cannot be opened.
    """
    for directory in directories:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _line(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the log keeps it: with the name that the supplier wrote."""
    line = asdict(receipt)
    line["file_name"] = line.pop("written_name")
    return {name: value for name, value in line.items() if value is not None}


def _copy(reader: BinaryIO, target: Path) -> tuple[str, int] | None:
    """Copy a file to disk, and sum up what was copied; nothing where it cannot be read."""
    digest = hashlib.sha256()
    size = 0
    with (
        open(target, "wb", opener=_private) as writer,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        while True:
            try:
                chunk = reader.read(_CHUNK)
            except OSError:
                return None
            if not chunk:
                break
            summing = pool.submit(digest.update, chunk)
            size += len(chunk)
            writer.write(chunk)
            summing.result()
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest(), size


def forget_summed() -> None:
    """Let every blob be summed up anew when it is next asked for: a run begins here."""
    _SUMMED.clear()


def _looks(path: Path) -> tuple[int, ...]:
    """What changes with a file, whoever changes it and whatever time they give it; time last."""
    found = path.lstat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
