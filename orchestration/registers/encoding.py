"""Which encoding a text file has, and how it becomes UTF-8.

DuckDB reads Latin-1 by itself, and it is not used: version 2.0.0 loses rows of a large Latin-1 file
when memory is short, without a word (50 million rows, a limit of 3 GB: 0.8 percent were gone), and
none of the same file in UTF-8. How a file is laid out belongs in `layout`.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE, getincrementaldecoder
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "windows-1252"]

_CANDIDATES = ("utf-8", "utf-16", "windows-1252")

_CHUNK = 4 << 20
# Where Windows-1252 differs from Latin-1, which is quicker to decode.
_MARKS = bytes(range(0x80, 0xA0))
# Bytes that Windows-1252 gives no character.
_UNDEFINED = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
# The Swedish letters in UTF-8. In Windows-1252 each would be two signs that no word has: such a
# file is UTF-8 that was cut or damaged, or of two parts.
_UTF8_LEAD = b"\xc3"
_SWEDISH = [letter.encode() for letter in "åäöÅÄÖ"]
# What the accents of U+0300 to U+033F begin with in UTF-8.
_COMBINING = b"\xcc"


def encoding_of(path: Path, candidates: Sequence[str] = _CANDIDATES) -> Encoding | None:
    """Find out how the characters of a text file are written.

    Args:
        path: The file.
        candidates: The encodings that it may have.

    Returns:
        The encoding; None if it has none of them.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(4)
    # A mark at the beginning says which it is, whatever else could be made of the bytes.
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        sound = head != BOM_UTF32_LE and _is(path, "utf-16")
        return "utf-16" if "utf-16" in candidates and sound else None
    if "utf-8" in candidates or head.startswith(BOM_UTF8):
        if _is(path, "utf-8"):
            return "utf-8" if "utf-8" in candidates else None
        if head.startswith(BOM_UTF8):
            return None
    if "windows-1252" not in candidates or any(_is_other(chunk) for chunk in _chunks(path)):
        return None
    if "utf-8" not in candidates and not _is_ascii(path) and _is(path, "utf-8"):
        # No text in Windows-1252 happens to be UTF-8 as well: two letters would stand for each.
        return None
    return "windows-1252"


def may_be_decomposed(path: Path) -> bool:
    """Whether a text in UTF-8 may hold letters whose marks stand by themselves, as a Mac has them.

    Args:
        path: The file.

    Returns:
        False where no byte of such a mark occurs.

    Raises:
        OSError: If the file cannot be read.
    """
    return any(_COMBINING in chunk for chunk in _chunks(path))


def recode(source: Path, target: Path, encoding: str) -> None:
    """Rewrite a file as UTF-8.

    Args:
        source: The file.
        target: Where to write; it may exist.
        encoding: What the file is written in, as `encoding_of` found it.

    Raises:
        OSError: If a file cannot be read or written.
    """
    if encoding == "utf-16":
        with (
            source.open(encoding="utf-16", newline="") as reader,
            target.open("w", encoding="utf-8", newline="") as text,
        ):
            while part := reader.read(_CHUNK):
                text.write(part)
        return
    # One thread writes while this one rewrites what comes next.
    with target.open("wb") as writer, ThreadPoolExecutor(max_workers=1) as pool:
        writing: Future[int] | None = None
        for chunk in _chunks(source):
            rewritten = _as_utf8(chunk)
            if writing is not None:
                writing.result()
            writing = pool.submit(writer.write, rewritten)
        if writing is not None:
            writing.result()


def _as_utf8(chunk: bytes) -> bytes:
    if chunk.isascii():
        return chunk
    encoding = "windows-1252" if _has(chunk, _MARKS) else "latin-1"
    return chunk.decode(encoding).encode("utf-8")


def _is_other(chunk: bytes) -> bool:
    """Whether a part of a file shows that it is no Windows-1252, or not only."""
    if _has(chunk, _UNDEFINED):
        return True
    return _UTF8_LEAD in chunk and any(letter in chunk for letter in _SWEDISH)


def _has(chunk: bytes, some: bytes) -> bool:
    return any(byte in chunk for byte in some)


def _is_ascii(path: Path) -> bool:
    return all(chunk.isascii() for chunk in _chunks(path))


def _is(path: Path, encoding: str) -> bool:
    decoder = getincrementaldecoder(encoding)()
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
