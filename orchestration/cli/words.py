"""Swedish words for the codes of the marts, where a person reads them in a table.

The words, and which column holds which codes, stand in one place, where the memorandum has its own
from. What a program reads has the codes as they are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from orchestration.language import words as language


def word(column: str, value: Any) -> Any:
    """A value as a person reads it.

    Args:
        column: The name of its column.
        value: The value.

    Returns:
        Its word without what explains it further, where it is a code of that column; else the
        value.
    """
    for words in language.OF_COLUMN.get(column, ()):
        if isinstance(value, str) and value in words:
            return re.split("[,:]", words[value])[0]
    return value


class Worded:
    """Rows whose codes are told in words, and which codes those were."""

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        self._columns = columns
        self._rows = rows
        self._met: dict[str, dict[str, str]] = {}

    def __iter__(self) -> Iterator[list[Any]]:
        told = [place for place, name in enumerate(self._columns) if name in language.OF_COLUMN]
        for row in self._rows:
            values = list(row)
            for place in told:
                name, code = self._columns[place], values[place]
                values[place] = word(name, code)
                if values[place] is not code:
                    self._met.setdefault(name, {})[code] = values[place]
            yield values

    def codes(self) -> Iterator[str]:
        """How the words that have been met are written in a question.

        Yields:
            A line a column.
        """
        for name, met in self._met.items():
            pairs = (f"{told} = {code}" for code, told in sorted(met.items()))
            yield f"{name}: {'; '.join(pairs)}"
