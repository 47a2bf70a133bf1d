"""What lies in the inbox, seen from outside the files.

Lists; never opens, moves or deletes a supplier's file. Landing belongs in `orchestration.storage`.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One file in the inbox.

    Attributes:
        register: Name of the directory it lies in.
        path: Where it is.
        file_name: Its path relative to the inbox, as messages show it; the same name however a
            computer writes the marks of its letters.
    """

    register: str
    path: Path
    file_name: str


def scan_inbox(inbox: Path) -> list[InboxFile]:
    """List the delivered files.

    Hidden files and files that a transfer has not finished are left for the next time.

    Args:
        inbox: The inbox; it need not exist.

    Returns:
        The files of every register directory, in alphabetical order.
    """
    if not inbox.is_dir():
        return []
    return [
        InboxFile(directory.name, path, normalize("NFC", f"{directory.name}/{path.name}"))
        for directory in sorted(inbox.iterdir())
        if directory.is_dir() and not directory.name.startswith(".")
        for path in sorted(directory.iterdir())
        if path.is_file()
        and not path.name.startswith(".")
        and path.suffix.lower() not in _UNFINISHED
    ]


def is_settled(path: Path, settle_seconds: float) -> bool:
    """Whether a delivered file may be read: it has been left alone for a while.

    Args:
        path: The file.
        settle_seconds: For how long nobody may have written to it.

    Returns:
        False where it is still being written, or has gone.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    now = time.time()
    # The supplier's clock may be ahead of this one; the time of the last change here is not.
    written = found.st_mtime if found.st_mtime <= now else found.st_ctime
    return now - written >= settle_seconds
