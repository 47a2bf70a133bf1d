"""The physical lines of a text file: how many they are, and which of them are no rows.

Knows line ends and quotation marks, and nothing of columns. DuckDB reads the rows; what is counted
here is held against what it read, in `text_relations`. Counting is one pass over the bytes; where
the lines are is looked for only in a file whose count does not add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CHUNK = 4 << 20
_SLICE = 64 << 20
_LF, _CR, _QUOTE, _SPACE, _BOM_END = b"\n"[0], b"\r"[0], b'"'[0], b" "[0], 0xBF

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Survey:
    """Where in a file the lines are that begin no row.

    Attributes:
        blank: The empty lines, by number, within a cell too; line 1 is the first.
        continued: The lines that begin within a quoted cell.
        opening: The line where the first cell that spans lines is opened, or where a quotation mark
            stands that neither opens nor closes a cell; None where there is neither.
        strict: Whether every quotation mark opens or closes a cell or is doubled within one.
    """

    blank: Places
    continued: Places
    opening: int | None
    strict: bool


def count_lines(path: Path) -> int:
    """Count the lines of a text file; the last one counts without its line end too.

    Args:
        path: The file, in an encoding where a line end is one byte.

    Returns:
        How many lines it has.

    Raises:
        OSError: If the file cannot be read.
    """
    ends = dict.fromkeys((_LF, _CR), 0)
    last = _LF
    for mark in ends:
        for chunk in _chunks(path):
            ends[mark] += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == mark))
            last = chunk[-1]
        if ends[mark]:
            # A file of carriage returns alone is read as lines too.
            return ends[mark] + (last != mark)
    return int(last != _LF)


def first_bare_end(path: Path) -> int | None:
    """The first line that ends with one of carriage return and line feed, and not with both.

    Args:
        path: The file, in an encoding where a line end is two bytes at most.

    Returns:
        The line's number; None where each line that has an end has both.

    Raises:
        OSError: If the file cannot be read.
    """
    content = _content(path)
    last = len(content) - 1
    line = 1
    for start, part in _slices(content):
        feeds = start + np.flatnonzero(part == _LF)
        returns = start + np.flatnonzero(part == _CR)
        alone = np.concatenate(
            (
                feeds[(feeds == 0) | (content[np.maximum(feeds - 1, 0)] != _CR)],
                returns[(returns == last) | (content[np.minimum(returns + 1, last)] != _LF)],
            )
        )
        if len(alone):
            return line + int(np.searchsorted(feeds, alone.min()))
        line += len(feeds)
    return None


def uneven_lines(path: Path, delimiter: str, fields: int) -> list[int]:
    """The lines that have another number of fields than they should; empty lines are none of them.

    DuckDB takes a row that ends with one delimiter too many for a row without it.

    Args:
        path: The file, in an encoding where a delimiter is one byte.
        delimiter: What parts its fields.
        fields: How many each line has.

    Returns:
        Their numbers, in order; none where a quotation mark may hide a delimiter.

    Raises:
        OSError: If the file cannot be read.
    """
    content = _content(path)
    parted = []
    for start, part in _slices(content):
        if (part == _QUOTE).any():
            return []
        parted.append(start + np.flatnonzero(part == ord(delimiter)))
    ends = _ends(path)
    if not len(ends):
        return []
    counts = np.diff(np.searchsorted(np.concatenate(parted), ends), prepend=0)
    widths = np.diff(ends, prepend=-1) - 1
    blank = (widths == 0) | ((widths == 1) & (content[np.maximum(ends - 1, 0)] == _CR))
    uneven: list[int] = (np.flatnonzero((counts != fields - 1) & ~blank) + 1).tolist()
    return uneven


def lines_before(path: Path, places: list[int]) -> list[int]:
    """Which lines some bytes stand on.

    Args:
        path: The file.
        places: Offsets into it.

    Returns:
        The line of each; the first is line 1.

    Raises:
        OSError: If the file cannot be read.
    """
    ends = _ends(path)
    return [int(np.searchsorted(ends, place)) + 1 for place in places]


def survey(path: Path, delimiter: str) -> Survey:
    """Find the lines of a text file that begin no row.

    Args:
        path: The file, in UTF-8.
        delimiter: What parts its fields.

    Returns:
        The lines.

    Raises:
        OSError: If the file cannot be read.
    """
    content = _content(path)
    ends = _ends(path)
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    widths = ends - starts
    # A line that holds the carriage return of its line end only is empty.
    last = content[np.maximum(ends - 1, 0)]
    blank = (widths == 0) | ((widths == 1) & (last == _CR))
    quotes = np.concatenate(
        [start + np.flatnonzero(part == _QUOTE) for start, part in _slices(content)]
    )
    inside = (np.searchsorted(quotes, ends) & 1).astype(bool)
    continued = np.concatenate(([False], inside[:-1])) if len(ends) else inside
    stray = _first_stray(content, quotes, delimiter)
    openings = [int(np.argmax(inside)) + 1] if inside.any() else []
    if stray is not None:
        openings.append(int(np.searchsorted(ends, stray)) + 1)
    return Survey(
        blank=np.flatnonzero(blank) + 1,
        continued=np.flatnonzero(continued) + 1,
        opening=min(openings, default=None),
        strict=stray is None and len(quotes) % 2 == 0,
    )


def _first_stray(content: Bytes, quotes: Places, delimiter: str) -> int | None:
    """The first quotation mark that neither opens nor closes a cell nor is doubled within one."""
    if not len(quotes):
        return None
    before = np.where(quotes > 0, content[np.maximum(quotes - 1, 0)], _LF)
    last = len(content) - 1
    after = np.where(quotes < last, content[np.minimum(quotes + 1, last)], _LF)
    edges = [_LF, _CR, _QUOTE, _SPACE, ord(delimiter)]
    opens = np.arange(len(quotes)) % 2 == 0
    fits = np.where(opens, np.isin(before, [*edges, _BOM_END]), np.isin(after, edges))
    return None if fits.all() else int(quotes[np.argmin(fits)])


def _ends(path: Path) -> Places:
    """The offset of each line's end; the end of the file where the last line has none."""
    content = _content(path)
    for mark in (_LF, _CR):
        ends = np.concatenate(
            [start + np.flatnonzero(part == mark) for start, part in _slices(content)]
        )
        if len(ends):
            break
    if len(content) and (not len(ends) or ends[-1] != len(content) - 1):
        ends = np.append(ends, len(content))
    return ends.astype(np.int64)


def _content(path: Path) -> Bytes:
    with path.open("rb") as file:
        return np.frombuffer(mmap(file.fileno(), 0, access=ACCESS_READ), np.uint8)


def _slices(content: Bytes) -> Iterator[tuple[int, Bytes]]:
    for start in range(0, max(len(content), 1), _SLICE):
        yield start, content[start : start + _SLICE]


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
