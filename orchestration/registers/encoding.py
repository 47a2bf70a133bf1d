"""Which encoding a text file has, and how a Windows-1252 file becomes UTF-8.

Windows-1252 and Latin-1 differ in the bytes 0x80 to 0x9f only (typographic marks, the euro sign),
and DuckDB reads Latin-1 by itself. A file without those bytes is therefore read as it is; the
others are rewritten. How a file is laid out belongs in `layout`.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Encoding = Literal["utf-8", "latin-1", "windows-1252"]

READ_AS_THEY_ARE = ("utf-8", "latin-1")

_CHUNK = 4 << 20
_MARKS = bytes(range(0x80, 0xA0))
# Bytes that Windows-1252 gives no character.
_UNDEFINED = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])


def encoding_of(path: Path) -> Encoding | None:
    """Find out how the characters of a text file are written.

    Args:
        path: The file.

    Returns:
        The encoding, `latin-1` where Windows-1252 and Latin-1 agree on the file; None if it is
        neither UTF-8 nor Windows-1252.

    Raises:
        OSError: If the file cannot be read.
    """
    if _is_utf8(path):
        return "utf-8"
    encoding: Encoding = "latin-1"
    for chunk in _chunks(path):
        if len(chunk.translate(None, _MARKS)) == len(chunk):
            continue
        if len(chunk.translate(None, _UNDEFINED)) != len(chunk):
            return None
        encoding = "windows-1252"
    return encoding


def recode(source: Path, target: Path, encoding: str) -> None:
    """Rewrite a text file of single-byte characters as UTF-8.

    Args:
        source: The file.
        target: Where to write; it may exist.
        encoding: The encoding of the source.

    Raises:
        OSError: If a file cannot be read or written.
    """
    with target.open("wb") as writer:
        for chunk in _chunks(source):
            writer.write(chunk if chunk.isascii() else chunk.decode(encoding).encode("utf-8"))


def _is_utf8(path: Path) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
