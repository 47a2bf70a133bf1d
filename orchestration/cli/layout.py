"""How rows of text become lines that fit a width: a table where there is room, else a list.

Nothing is cut: what does not fit on one line goes on to the next, and a table that would be too
wide is told one row at a time, column by column. Knows nothing of values, words or terminals.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from rich.cells import cell_len, chop_cells

GAP = "  "
NARROWEST = 20
# The first rows decide the widths, so that an answer of any length need not be held in memory.
_SAMPLE = 1_000
# A longer part of a word may be broken anywhere, where room is short.
_LONGEST_PART = 15
# Some signs take two cells.
_LEAST = 2
# A figure, a date or a moment: on two lines it would be read as two.
_FIGURE = re.compile(r"(?:< )?[+\-\u2212]?\d[\d \u00a0.,:T+\-\u2212\u2013]*(?:[ \u00a0]?%)?")
_WORD = re.compile(r"[^ ]+ *| +")
# A word may be broken after one of these, though not within a figure.
_BREAK = re.compile(r"[_/.,;:\-\u2013](?!\d)")


def fold(text: str, width: int) -> list[str]:
    """Break a text into lines: between words, else after a sign within one, else anywhere.

    Args:
        text: A text without line breaks.
        width: Cells of the terminal, at least 2.

    Returns:
        At least one line, none wider than that. Only blanks at the ends of lines are left out.
    """
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(text):
        if cell_len((line + word).rstrip(" ")) <= width:
            line += word
            continue
        if line.strip(" "):
            lines.append(line.rstrip(" "))
        *whole, line = _pieces(word, width)
        lines += whole
    if line.strip(" ") or not lines:
        lines.append(line.rstrip(" "))
    return lines


def _pieces(word: str, width: int) -> Iterator[str]:
    while cell_len(word.rstrip(" ")) > width:
        first = chop_cells(word, width)[0] or word[:1]
        ends = [sign.end() for sign in _BREAK.finditer(word) if sign.end() <= len(first)]
        first = first[: ends[-1]] if ends else first
        yield first
        word = word[len(first) :]
    yield word


@dataclass(frozen=True, slots=True)
class _Column:
    """How wide a column wants to be, must be, and whether it holds figures."""

    natural: int
    least: int
    figures: bool


def _column(heading: str, cells: Sequence[str]) -> _Column:
    filled = [cell for cell in cells if cell]
    figures = bool(filled) and all(map(_FIGURE.fullmatch, filled))
    content = max(map(cell_len, cells), default=0)
    least = content if figures else min(_longest_part(filled), _LONGEST_PART)
    least = max(least, min(_longest_part([heading]), _LONGEST_PART), _LEAST)
    return _Column(max(content, cell_len(heading), least), least, figures)


def _longest_part(texts: Iterable[str]) -> int:
    parts = (part for text in texts for part in _BREAK.sub("\\g<0> ", text).split(" "))
    return max(map(cell_len, parts), default=0)


def _widths(columns: Sequence[_Column], width: int) -> list[int] | None:
    """A width for each column: what it must have, and its part of what it wants besides."""
    room = width - len(GAP) * (len(columns) - 1) - sum(column.least for column in columns)
    if room < 0:
        return None
    wanted = [column.natural - column.least for column in columns]
    part = min(1.0, room / max(sum(wanted), 1))
    widths = [column.least + int(part * more) for column, more in zip(columns, wanted, strict=True)]
    # What rounding left goes to the first that want more.
    left = room + sum(column.least for column in columns) - sum(widths)
    for place, column in enumerate(columns):
        more = min(column.natural - widths[place], left)
        widths[place] += more
        left -= more
    return widths


def laid_out(
    headings: Sequence[str], rows: Iterable[Sequence[str]], width: int
) -> Iterator[tuple[str, bool]]:
    """Lay out rows.

    Args:
        headings: One a column.
        rows: Texts without line breaks, one a column.
        width: Cells of the terminal; fewer than 20 count as 20.

    Yields:
        A line without its break, no wider than that, and whether it is part of a heading.
    """
    if not headings:
        return
    width = max(width, NARROWEST)
    coming = iter(rows)
    sample = list(islice(coming, _SAMPLE))
    columns = [
        _column(heading, [row[place] for row in sample]) for place, heading in enumerate(headings)
    ]
    widths = _widths(columns, width)
    if widths is None:
        yield from _records(headings, chain(sample, coming), width)
    else:
        yield from _table(headings, sample, coming, columns, widths)


def _table(
    headings: Sequence[str],
    sample: Sequence[Sequence[str]],
    coming: Iterable[Sequence[str]],
    columns: Sequence[_Column],
    widths: Sequence[int],
) -> Iterator[tuple[str, bool]]:
    for line in _row(headings, columns, widths):
        yield line, True
    yield GAP.join("-" * width for width in widths), True
    # Where a row begins must be seen: by its first cell on one line, or by a blank line.
    begins = all(row[0] and cell_len(row[0]) <= widths[0] for row in sample)
    apart = not begins and any(
        cell_len(cell) > width for row in sample for cell, width in zip(row, widths, strict=True)
    )
    for number, row in enumerate(chain(sample, coming)):
        if apart and number:
            yield "", False
        for line in _row(row, columns, widths):
            yield line, False


def _row(cells: Sequence[str], columns: Sequence[_Column], widths: Sequence[int]) -> Iterator[str]:
    folded = [fold(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*folded, fillvalue=""):
        yield GAP.join(
            _filled(part, width, to_the_right=column.figures)
            for part, column, width in zip(parts, columns, widths, strict=True)
        ).rstrip(" ")


def _filled(text: str, width: int, *, to_the_right: bool) -> str:
    blank = " " * (width - cell_len(text))
    return blank + text if to_the_right else text + blank


def _records(
    headings: Sequence[str], rows: Iterable[Sequence[str]], width: int
) -> Iterator[tuple[str, bool]]:
    """One row at a time, a line or more for each column."""
    named = min(max(map(cell_len, headings)), width // 3)
    columns = [_Column(named, named, figures=False), _Column(width, width, figures=False)]
    widths = [named, width - named - len(GAP)]
    for number, row in enumerate(rows, start=1):
        if number > 1:
            yield "", False
        yield f"Rad {number}", True
        for heading, cell in zip(headings, row, strict=True):
            for line in _row((heading, cell), columns, widths):
                yield line, False
