"""Whether a workbook's archive is what it says, seen in its directory before anything is unpacked.

A workbook is a zip archive, in which a few bytes may stand for gigabytes. What is in it belongs in
`sheets`.
"""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

_MOST_MEMBERS = 10_000
_LOCAL_HEADER = 30


class TooLargeError(Exception):
    """A file holds more, or unpacks to more, than is taken in."""


def require_sound(path: Path, most_bytes: int) -> None:
    """Refuse an archive that unpacks to too much, or whose members share bytes.

    Args:
        path: The archive.
        most_bytes: How much it may unpack to.

    Raises:
        TooLargeError: If it is one of those.
        ValueError: If it is no archive.
        OSError: If it cannot be read.
    """
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
    except (BadZipFile, NotImplementedError) as error:
        raise ValueError("no archive") from error
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MOST_MEMBERS or unpacked > most_bytes:
        raise TooLargeError(f"{len(members)} members, {unpacked} bytes")
    end = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < end:
            raise TooLargeError("members that overlap")
        end = member.header_offset + _LOCAL_HEADER + member.compress_size
