"""The tree that every document is: blocks of nodes, refused where a reader could not follow them.

A document is written once, as blocks, and turned into a format by a writer in ``render``; numbers
of tables, figures and notes are the writer's. A figure can only stand in it as a node that names
the cells it rests on (`orchestration.language.inline`). What a document says belongs in
``sections``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from orchestration.language import words
from orchestration.language.inline import (
    HIDDEN,
    Inline,
    Number,
    Said,
    Slot,
    every,
    nodes,
    plain,
    say,
)
from orchestration.reporting.svg import Drawing

_ANCHOR = re.compile(r"[a-z][a-z0-9-]*")
_FIRST_LEVEL, _LAST_LEVEL = 2, 4


class DocumentError(ValueError):
    """A document that a reader could not follow; the message says where."""


def _required(said: Said, what: str) -> None:
    if not plain(said).strip():
        raise DocumentError(f"{what} is missing")


def _anchored(anchor: str) -> None:
    if not _ANCHOR.fullmatch(anchor):
        raise DocumentError(f"not an anchor: {anchor!r}")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2, 3 or 4; the document's title is the only one of level 1."""

    level: int
    said: Said
    anchor: str

    def __post_init__(self) -> None:
        """Refuse an empty one, or one that nothing can lead to."""
        _required(self.said, "a heading's text")
        _anchored(self.anchor)
        if not _FIRST_LEVEL <= self.level <= _LAST_LEVEL:
            raise DocumentError(f"a heading of level {self.level}: {plain(self.said)}")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences.

    Attributes:
        said: What they say.
        small: Whether they are set as a remark.
        code: Whether they are lines for a machine, whose breaks and spaces are kept on a screen.
    """

    said: Said
    small: bool = False
    code: bool = False

    def __post_init__(self) -> None:
        """Refuse an empty one."""
        _required(self.said, "a paragraph's text")


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[Said, ...]

    def __post_init__(self) -> None:
        """Refuse a list of nothing."""
        if not self.items:
            raise DocumentError("a list is empty")
        for item in self.items:
            _required(item, "a list's item")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        said: Its heading.
        numeric: Whether its cells are set flush right.
        wide: Whether they hold running text.
        choice: What its values are called where a reader may narrow the table to one of them.
    """

    said: Said
    numeric: bool = False
    wide: bool = False
    choice: str = ""

    def __post_init__(self) -> None:
        """Refuse a column without a heading."""
        _required(self.said, "a column's heading")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes:
        said: What it says.
        below: A smaller second line.
        drawing: A decoration beside the text, which says nothing by itself.
    """

    said: Said
    below: Said = ()
    drawing: Drawing | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of each row is the row's heading.

    Attributes:
        caption: What the table shows, and of when.
        columns: Of them the first is the rows' own.
        rows: As many cells in each as there are columns.
        anchor: Unique in the document.
        numbered: Whether the writer counts it; the figures behind a chart are not counted.
        file_name: Under which a reader can take it away as CSV; empty where it is not offered.
        narrowed: What its rows are called where a reader may narrow and sort them on a page.
        stacked: Whether each row is a block of its own on a narrow screen.
    """

    caption: Said
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    anchor: str
    numbered: bool = True
    file_name: str = ""
    narrowed: str = ""
    stacked: bool = False

    def __post_init__(self) -> None:
        """Refuse one without caption, rows or row headings, or with a row of another length."""
        _required(self.caption, "a table's caption")
        _anchored(self.anchor)
        name = plain(self.caption)
        if not self.columns or not self.rows:
            raise DocumentError(f"a table without columns or rows: {name}")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise DocumentError(f"a row of {len(row)} cells of {len(self.columns)}: {name}")
            _required(row[0].said, f"a row's heading in the table {name!r}")

    @property
    def told_caption(self) -> Said:
        """The caption; where a figure is hidden, also what stands in its place."""
        hidden = any(
            node in HIDDEN for row in self.rows for cell in row for node in every(cell.said)
        )
        if not hidden:
            return self.caption
        return say(
            "{caption} ({sign} {why})", caption=self.caption, sign=HIDDEN, why=words.PROTECTED
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, or several on one grid, with what they say and their figures as a table.

    Attributes:
        title: The message, in a sentence.
        caption: What is drawn.
        alternative: The same for one who cannot see it; its values stand in the table.
        drawings: One or more.
        table: The values that are drawn, or the anchor of the document's table that has them.
        anchor: Unique in the document.
    """

    title: Said
    caption: Said
    alternative: Said
    drawings: tuple[Drawing, ...]
    table: Table | str
    anchor: str

    def __post_init__(self) -> None:
        """Refuse one that says nothing, or nothing to one who cannot see."""
        _anchored(self.anchor)
        _required(self.title, "a figure's title")
        _required(self.caption, "a figure's caption")
        _required(self.alternative, "a figure's alternative text")
        if not self.drawings:
            raise DocumentError(f"a figure without a drawing: {plain(self.title)}")


@dataclass(frozen=True, slots=True)
class Callout:
    """Something that must be seen before the rest is read."""

    title: Said
    blocks: tuple[Paragraph | Bullets, ...]
    anchor: str

    def __post_init__(self) -> None:
        """Refuse one without a title."""
        _required(self.title, "a callout's title")
        _anchored(self.anchor)


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that most readers pass over: shown on demand on a screen, in full in print."""

    summary: Said
    blocks: tuple[Paragraph | Bullets | Table, ...]

    def __post_init__(self) -> None:
        """Refuse one that does not say what it holds."""
        _required(self.summary, "what is folded")


Plain = Heading | Paragraph | Bullets | Table | Figure | Callout | Folded


@dataclass(frozen=True, slots=True)
class Appendix:
    """Blocks after the text; the first is its heading, of level 2."""

    blocks: tuple[Plain, ...]

    def __post_init__(self) -> None:
        """Refuse one that does not begin with a heading."""
        first = self.blocks[0] if self.blocks else None
        if not isinstance(first, Heading) or first.level != _FIRST_LEVEL:
            raise DocumentError("an appendix begins with a heading of level 2")


Block = Plain | Appendix


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.

    Attributes:
        title: The one heading of level 1.
        subtitle: Whose it is.
        front: Facts before the text, such as sender and date: names and what stands there.
        blocks: The text, the appendices last.
        letter: What its numbers' ids begin with, unique among the documents of one edition.
        notes_title: Heading of the notes, where the writer sets them at the end.
        marking: What stands on every page of it, such as that it is secret; empty for nothing.
        covered: Whether in print its title, its contents and each chapter begin a page.
    """

    title: Said
    subtitle: Said
    blocks: tuple[Block, ...]
    letter: str
    front: tuple[tuple[Said, Said], ...] = ()
    notes_title: Said = field(default_factory=lambda: nodes("Källor"))
    marking: str = ""
    covered: bool = False

    def __post_init__(self) -> None:
        """Refuse headings that jump, anchors that occur twice, and text after an appendix."""
        _required(self.title, "a document's title")
        level, anchors, elsewhere = 1, set[str](), set[str]()
        for block in self.plain_blocks():
            if isinstance(block, Heading):
                if block.level > level + 1:
                    raise DocumentError(f"a heading jumps to {block.level}: {plain(block.said)}")
                level = block.level
            for anchor in _anchors(block):
                if anchor in anchors:
                    raise DocumentError(f"the anchor {anchor!r} occurs twice")
                anchors.add(anchor)
            if isinstance(block, Figure) and isinstance(block.table, str):
                elsewhere.add(block.table)
        if missing := elsewhere - anchors:
            raise DocumentError(f"a figure's values are nowhere: {sorted(missing)}")
        ends = [isinstance(block, Appendix) for block in self.blocks]
        if ends != sorted(ends):
            raise DocumentError("appendices stand last")

    def plain_blocks(self) -> Iterator[Plain]:
        """Each block in reading order, those of appendices too."""
        for block in self.blocks:
            if isinstance(block, Appendix):
                yield from block.blocks
            else:
                yield block

    def main(self) -> Iterator[Plain]:
        """The blocks before the appendices."""
        return (block for block in self.blocks if not isinstance(block, Appendix))

    def inlines(self) -> Iterator[Inline]:
        """Each node of the document in reading order."""
        yield from every(self.title)
        yield from every(self.subtitle)
        for name, said in self.front:
            yield from every(name)
            yield from every(said)
        for block in self.plain_blocks():
            for said in said_in(block):
                yield from every(said)

    def numbers(self) -> Iterator[Number]:
        """Each number of the document in reading order."""
        return (node for node in self.inlines() if isinstance(node, Number))


def _anchors(block: Plain) -> Iterator[str]:
    match block:
        case Heading() | Table() | Callout():
            yield block.anchor
        case Figure():
            yield block.anchor
            if isinstance(block.table, Table):
                yield block.table.anchor
        case Folded():
            yield from (each.anchor for each in block.blocks if isinstance(each, Table))
        case _:
            return


def said_in(block: Plain) -> Iterator[Said]:
    """What a block says, piece by piece in the order in which a writer sets it."""
    match block:
        case Heading() | Paragraph():
            yield block.said
        case Bullets():
            yield from block.items
        case Table():
            yield block.told_caption
            yield from (column.said for column in block.columns)
            yield from (
                said for row in block.rows for cell in row for said in (cell.said, cell.below)
            )
        case Figure():
            yield block.title
            yield block.alternative
            yield block.caption
            if isinstance(block.table, Table):
                yield from said_in(block.table)
        case Callout():
            yield block.title
            yield from _said_in_all(block.blocks)
        case Folded():
            yield block.summary
            yield from _said_in_all(block.blocks)


def _said_in_all(blocks: Sequence[Plain]) -> Iterator[Said]:
    for block in blocks:
        yield from said_in(block)


def paragraph(said: Slot, *, small: bool = False) -> list[Plain]:
    """A paragraph, or none where there is nothing to say."""
    given = nodes(said)
    return [Paragraph(given, small=small)] if plain(given).strip() else []


def bullets(items: Sequence[Slot]) -> list[Plain]:
    """A list, or none where there is nothing to list."""
    return [Bullets(tuple(nodes(item) for item in items))] if items else []
