"""Which encoding a text file has, and how a Windows-1252 file becomes UTF-8.

DuckDB reads Latin-1 by itself, and it is not used: version 2.0.0 loses rows of a large Latin-1 file
when memory is short, without a word (50 million rows, a limit of 3 GB: 0.8 percent were gone), and
none of the same file in UTF-8. How a file is laid out belongs in `layout`.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Literal

Encoding = Literal["utf-8", "windows-1252"]

_CANDIDATES = ("utf-8", "windows-1252")

_CHUNK = 4 << 20
# Where Windows-1252 differs from Latin-1, which is quicker to decode.
_MARKS = bytes(range(0x80, 0xA0))
# Bytes that Windows-1252 gives no character.
_UNDEFINED = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])


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
    if "utf-8" in candidates and _is_utf8(path):
        return "utf-8"
    if "windows-1252" not in candidates or any(_has(chunk, _UNDEFINED) for chunk in _chunks(path)):
        return None
    return "windows-1252"


def recode(source: Path, target: Path) -> None:
    """Rewrite a Windows-1252 file as UTF-8.

    Args:
        source: The file.
        target: Where to write; it may exist.

    Raises:
        OSError: If a file cannot be read or written.
    """
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


def _has(chunk: bytes, some: bytes) -> bool:
    return any(byte in chunk for byte in some)


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
