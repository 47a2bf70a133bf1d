"""What comes from outside: how its names are shown, and how its files are opened.

A name is shown so that it can neither change what stands around it nor tell who somebody is. A file
is opened only where it is one: never through a link, never a device or a pipe. What is in a file
belongs in `registers` and `sources`.
"""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Callable
from datetime import date
from io import BufferedReader
from pathlib import Path

MASK = "[personnummer]"
# What is shown of a name: enough to find it, little enough for a sentence.
_SHOWN = 160
_KEPT_BEFORE, _KEPT_AFTER = 110, 45
# Control characters, marks of direction and others that cannot be seen, and what ends a line.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PART = re.compile(r"[0-9]+|[^\W\d_]+")
_NUMBER = re.compile(
    r"(?:18|19|20)?(\d\d)(0\d|1[0-2])([0-2]\d|3[01]|[6-8]\d|9[01])(\d{4}|[TRSUWXJKLMN][A-Z\d]\d\d)"
)
_MOST_PARTS = 12
_SHORT, _OFFSET = 10, 60
_BYTES, _LAST_BYTE = 0xDC00, 0xFF


class NotAFileError(OSError):
    """What was to be read is a link, a pipe, a socket, a device or a folder."""


def shown(name: str) -> str:
    """A name from outside, as it may stand in a message, a log or a table.

    Args:
        name: A file's or a folder's name, or a path of several.

    Returns:
        The name with identity numbers masked, what cannot be seen written out, and no longer than
        a sentence can hold.
    """
    text = seen(masked(name))
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_KEPT_BEFORE]}…{text[-_KEPT_AFTER:]}"


def is_plain(name: str) -> bool:
    """Whether every character of a name can be seen and written.

    Args:
        name: A file's or a folder's name, as the file system gives it.

    Returns:
        False where it is not UTF-8 or holds a character that is shown written out.
    """
    return not any(map(_is_unseen, name))


def _escape(sign: str) -> str:
    # A byte that is no UTF-8 comes as a lone surrogate.
    byte = ord(sign) - _BYTES
    written = chr(byte) if 0 <= byte <= _LAST_BYTE else sign
    return written.encode("unicode_escape").decode("ascii")


def seen(text: str, *, lines: bool = False, escape: Callable[[str], str] = _escape) -> str:
    """A text in which all can be seen: what a terminal would act on is written as an escape.

    Args:
        text: Any text.
        lines: Whether line breaks stay.
        escape: How a character that is not seen is written.

    Returns:
        The text.
    """
    if text.isprintable():
        return text
    return "".join(
        escape(sign) if _is_unseen(sign) and not (lines and sign == "\n") else sign for sign in text
    )


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


def masked(text: str) -> str:
    """A short text without the identity numbers that hide in it, in whatever way they are written.

    The rule is that of `registers.identity`, which applies it to columns inside the database.

    Args:
        text: The text.

    Returns:
        The text with a mask for each number.
    """
    plain = "".join(_digit(sign) for sign in text)
    parts = [(match.start(), match.end()) for match in _PART.finditer(plain)]
    spans: list[tuple[int, int]] = []
    for place, (start, _) in enumerate(parts):
        joined = ""
        for begin, end in parts[place : place + _MOST_PARTS]:
            joined += plain[begin:end].upper()
            if _is_identity(joined):
                spans.append((start, end))
    for start, end in reversed(_united(spans)):
        text = f"{text[:start]}{MASK}{text[end:]}"
    return text


def _digit(sign: str) -> str:
    digit = unicodedata.digit(sign, None)
    return sign if digit is None else str(digit)


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _is_identity(text: str) -> bool:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return False
    # 2000 was a leap year: whatever day some century has, it has.
    year = int((text[: len(text) - _SHORT] or "20") + match[1])
    month, day = int(match[2]), int(match[3])
    if not match[4].isdigit():
        return _is_date(year, month, day) or _is_date(year, month, day - _OFFSET)
    # The month or the day of a samordningsnummer may be unknown.
    if match[4].startswith("000") or not (_is_date(year, month, day) or day >= _OFFSET):
        return False
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(text[-_SHORT:])]
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def open_file(path: Path) -> BufferedReader:
    """Open a regular file for reading: neither it nor its folder may be a link.

    Args:
        path: The file.

    Returns:
        The open file.

    Raises:
        NotAFileError: If it is something else, or is reached through a link.
        OSError: If it is gone, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        folder = os.open(path.parent, flags | os.O_DIRECTORY)
        try:
            # A pipe that nobody writes to would be waited for.
            descriptor = os.open(path.name, flags | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.ENOTDIR}:
            raise NotAFileError(error.errno, "no regular file") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError(errno.EINVAL, "no regular file")
    return os.fdopen(descriptor, "rb")
