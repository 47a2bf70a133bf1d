"""What lies in the inbox, seen from outside the files.

Takes regular files in the registers' folders, and says in Swedish what else lies there. Never
moves, changes or deletes anything; reads no content. Landing belongs in `orchestration.storage`.
"""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from orchestration.outside import NotAFileError, is_plain, open_file, shown

_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
# A report is named after the file, and must have a name that every file system takes.
_LONGEST_FOLDER, _LONGEST_FILE, _LONGEST_SHOWN = 80, 150, 240
# Five times the largest register that is measured. A file may also say that it is larger than the
# disk that it lies on.
_LARGEST = 16 << 30


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One file in the inbox.

    Attributes:
        register: Name of the directory it lies in, as it is shown.
        path: Where it is.
        file_name: Its path relative to the inbox, as messages show it; the same name however a
            computer writes the marks of its letters.
        written_name: The same path as its supplier wrote it: it may name a person.
    """

    register: str
    path: Path
    file_name: str
    written_name: str


@dataclass(frozen=True, slots=True)
class Inbox:
    """What lies in the inbox.

    Attributes:
        files: What is taken in, in alphabetical order.
        left: What is left where it lies, one Swedish sentence each with what to do.
    """

    files: tuple[InboxFile, ...]
    left: tuple[str, ...]


def scan_inbox(inbox: Path) -> Inbox:
    """List the delivered files.

    Hidden files and files that a transfer has not finished are left for the next time, untold.
    Links are never followed.

    Args:
        inbox: The inbox; it need not exist.

    Returns:
        The files of every register directory, and what is left.
    """
    files: dict[tuple[str, str], InboxFile] = {}
    left: list[str] = []
    for folder in _within(inbox, left):
        if fault := _fault_of_folder(folder):
            left.append(_left(folder, inbox, *fault))
            continue
        if not folder.is_dir():
            continue
        for path in _within(folder, left):
            if path.suffix.lower() in _UNFINISHED or (path.is_dir() and not path.is_symlink()):
                continue
            if fault := _fault_of_file(path):
                left.append(_left(path, inbox, *fault))
                continue
            written = normalize("NFC", f"{folder.name}/{path.name}")
            file = InboxFile(shown(folder.name), path, shown(written), written)
            if len(file.file_name.encode()) > _LONGEST_SHOWN:
                left.append(_left(path, inbox, *_LONG_NAME))
            elif files.setdefault((file.register, file.file_name), file) is not file:
                left.append(_left(path, inbox, *_SAME_NAME))
    return Inbox(tuple(files.values()), tuple(left))


_Fault = tuple[str, str]
_IS_LINK = ("är en länk", "lägg själva filen i registrets mapp")
_IS_NO_FILE = ("är ingen vanlig fil", "ta bort den")
_BAD_NAME = (
    "har ett namn med tecken som inte syns eller inte är UTF-8",
    "döp om den med vanliga bokstäver och siffror",
)
_LONG_NAME = ("har ett för långt namn", "döp om den")
_TOO_LARGE = ("är större än 16 GB", "dela upp den")
_SAME_NAME = (
    "visas med samma namn som en annan fil i mappen",
    "döp om den, utan identitetsnummer i namnet",
)
_UNREADABLE = ("kan inte läsas", "ge den körande användaren läsrätt och kontrollera disken")


def _left(path: Path, inbox: Path, wrong: str, remedy: str) -> str:
    name = shown(normalize("NFC", str(path.relative_to(inbox))))
    return f"{name} i inkorgen {wrong} och lämnas orörd. Gör så här: {remedy}."


def _within(folder: Path, left: list[str]) -> Iterator[Path]:
    """What lies in a folder and is not hidden, in alphabetical order."""
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    except OSError:
        left.append(f"Mappen {shown(folder.name)} kan inte läsas. Gör så här: {_UNREADABLE[1]}.")
        return
    yield from (path for path in found if not path.name.startswith("."))


def _fault_of_folder(path: Path) -> _Fault | None:
    mode = _mode(path)
    if stat.S_ISLNK(mode):
        return _IS_LINK
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode) and mode:
        return _IS_NO_FILE
    if stat.S_ISDIR(mode):
        return _fault_of_name(path.name, _LONGEST_FOLDER)
    return None


def _fault_of_file(path: Path) -> _Fault | None:
    mode = _mode(path)
    if stat.S_ISLNK(mode):
        return _IS_LINK
    # Whatever it is it is not opened: that alone may make a device act.
    if mode and not stat.S_ISREG(mode):
        return _IS_NO_FILE
    return _fault_of_name(path.name, _LONGEST_FILE) or _fault_as_opened(path)


def _fault_as_opened(path: Path) -> _Fault | None:
    try:
        with open_file(path) as file:
            if os.fstat(file.fileno()).st_size > _LARGEST:
                return _TOO_LARGE
    except NotAFileError:
        return _IS_NO_FILE
    except OSError:
        return _UNREADABLE
    return None


def _mode(path: Path) -> int:
    """What kind a file is, without following links; 0 where it has gone or cannot be looked at."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _fault_of_name(name: str, longest: int) -> _Fault | None:
    if not is_plain(normalize("NFC", name)):
        return _BAD_NAME
    return _LONG_NAME if len(name.encode()) > longest else None


def is_settled(path: Path, settle_seconds: float) -> bool:
    """Whether a delivered file may be read: it has been left alone for a while.

    Args:
        path: The file.
        settle_seconds: For how long nobody may have written to it.

    Returns:
        False where it is still being written, or has gone.
    """
    try:
        found = path.lstat()
    except OSError:
        return False
    now = time.time()
    # The supplier's clock may be ahead of this one; the time of the last change here is not.
    written = found.st_mtime if found.st_mtime <= now else found.st_ctime
    return now - written >= settle_seconds
