"""How wide the columns of a table are on paper, and how large its text, so that no word is cut.

A page that scrolls needs none of this.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from orchestration.language.inline import plain
from orchestration.reporting.document import Table

#: A page's text is as wide, in points: A4 with margins of 2.2 centimetres.
PAGE_WIDTH = 470.0
# Where a line may be broken within what stands without spaces.
_WORDS = re.compile(r"[ \-–/]")
# The largest and the smallest size of a table's text: as large as lets the longest words of all
# columns stand whole beside each other.
_LARGEST, _SMALLEST = 9.0, 4.0
# About as wide as a letter is, of the text's size, and what stands empty beside a column's text.
_LETTER, _EMPTY = 0.53, 8.0
_LONGEST_LINE = 34


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a table is set.

    Attributes:
        size: Of its text, in points.
        widths: Of its columns, in points.
    """

    size: float
    widths: tuple[float, ...]


def fitted_columns(table: Table) -> Fitted:
    """Gives each column room for its longest word, and what is left to those that say most."""
    words, lines = [], []
    for place, column in enumerate(table.columns):
        texts = [plain(column.said)]
        texts += [plain(said) for row in table.rows for said in (row[place].said, row[place].below)]
        words.append(max(len(word) for text in texts for word in _WORDS.split(text)) + 1)
        lines.append(min(max(map(len, texts)) + 1, _LONGEST_LINE))
    lines = [max(line, word) for line, word in zip(lines, words, strict=True)]
    room = PAGE_WIDTH - _EMPTY * len(words)
    fitting = math.floor(2 * room / (sum(words) * _LETTER)) / 2
    size = min(_LARGEST, max(_SMALLEST, fitting))
    letter = size * _LETTER
    if sum(lines) * letter <= room:
        widths = [line * letter + _EMPTY for line in lines]
    else:
        more = [line - word for line, word in zip(lines, words, strict=True)]
        left = max(0.0, room - sum(words) * letter)
        widths = [
            word * letter + _EMPTY + left * each / (sum(more) or 1)
            for word, each in zip(words, more, strict=True)
        ]
    return Fitted(size, tuple(round(width, 1) for width in widths))
