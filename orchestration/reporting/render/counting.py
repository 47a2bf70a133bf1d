"""What formats on paper count alike: tables, figures and notes, and where a chart's values stand.

A note's text stands at the foot of the page where a chapter first refers to it; the chapter's other
references lead there. The values of charts come after all else, since nobody can fold them away on
paper. The same numbers on a page belong in ``html``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestration.language.inline import Said, nodes
from orchestration.reporting.document import (
    Appendix,
    Block,
    Document,
    Figure,
    Heading,
    Plain,
    Table,
)

VALUES_ANCHOR = "diagrammens-siffror"
_VALUES = Heading(2, nodes("Diagrammens siffror"), VALUES_ANCHOR)
_CHAPTER = 2


@dataclass(frozen=True, slots=True)
class Referred:
    """A reference to a note.

    Attributes:
        number: The note's.
        first: Whether the note's text stands here.
    """

    number: int
    first: bool


@dataclass(slots=True)
class Counting:
    """How far a writer has come."""

    tables: int = 0
    figures: int = 0
    _notes: int = 0
    _of_chapter: dict[Said, int] = field(default_factory=dict)
    _values: list[tuple[int, Table]] = field(default_factory=list)

    def begin(self, heading: Heading) -> None:
        """A heading is met; a chapter's has the notes told anew."""
        if heading.level == _CHAPTER:
            self._of_chapter.clear()

    def table(self, table: Table) -> int | None:
        """A table's number; None for one that is not counted."""
        if not table.numbered:
            return None
        self.tables += 1
        return self.tables

    def figure(self, figure: Figure) -> int:
        """A figure's number; its values are kept for the end."""
        self.figures += 1
        if isinstance(figure.table, Table):
            self._values.append((self.figures, figure.table))
        return self.figures

    def note(self, parts: Said) -> Referred:
        """A reference to a note with this text."""
        number = self._of_chapter.get(parts)
        if number is not None:
            return Referred(number, first=False)
        self._notes += 1
        self._of_chapter[parts] = self._notes
        return Referred(self._notes, first=True)

    def values(self) -> list[tuple[int, Table]]:
        """The tables behind the figures met so far, each with its figure's number."""
        return list(self._values)


def values_heading() -> Heading:
    """What stands over the values of all charts."""
    return _VALUES


def flat(blocks: tuple[Block, ...]) -> Iterator[tuple[Plain, bool]]:
    """Each block in reading order, and whether it is the first of an appendix."""
    for block in blocks:
        if isinstance(block, Appendix):
            for place, each in enumerate(block.blocks):
                yield each, place == 0
        else:
            yield block, False


def has_values(document: Document) -> bool:
    """Whether any chart's values stand at the end."""
    return any(
        isinstance(block, Figure) and isinstance(block.table, Table)
        for block in document.plain_blocks()
    )
