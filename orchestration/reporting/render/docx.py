"""Writes a document as a Word file, the same bytes for the same document.

Headings, lists, tables, captions, notes and links are Word's own, so that a reader, a screen reader
and whoever fills the file in can navigate it. A chart is a picture with its alternative text; its
values stand last. What stands in a document belongs to whoever builds it, styles and what else
python-docx has no way for to ``docx_parts``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.language.inline import (
    Inline,
    Link,
    Mark,
    Note,
    Quoted,
    Said,
    Strong,
    nodes,
    plain,
)
from orchestration.reporting.document import (
    Appendix,
    Bullets,
    Callout,
    Cell,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Plain,
    Table,
)
from orchestration.reporting.render.columns import fitted_columns
from orchestration.reporting.render.counting import Counting, has_values, values_heading
from orchestration.reporting.render.drawings import Picture, picture
from orchestration.reporting.render.typst import as_pngs

if TYPE_CHECKING:
    from orchestration.reporting.render.docx_parts import Parts

_CHAPTER = 2
_TWENTIETHS = 20
_SMALL_TABLE = 9.0


def as_docx(document: Document, *, contents: bool = False) -> bytes:
    """Writes the file.

    Args:
        document: What it says.
        contents: Whether the file begins with a list of its chapters.

    Returns:
        The bytes of a `.docx`.

    Raises:
        PaperError: If a chart cannot be turned into a picture.
    """
    # Only who asks for a Word file waits for it.
    from orchestration.reporting.render.docx_parts import Parts  # noqa: PLC0415

    parts = Parts(plain(document.title))
    writer = _Writer(document, parts)
    writer.write(contents=contents)
    return parts.finished()


@dataclass(slots=True)
class _Writer:
    """What is written of a document, and how far its numbering has come."""

    document: Document
    parts: Parts
    counting: Counting = field(default_factory=Counting)
    _pictures: Iterator[tuple[Picture, bytes]] = field(default_factory=lambda: iter(()))

    def write(self, *, contents: bool) -> None:
        """Write all of it."""
        document, body = self.document, self.parts.body
        figures = [each for each in document.plain_blocks() if isinstance(each, Figure)]
        drawn = [picture(figure.drawings) for figure in figures]
        # All charts at once: each start of the engine costs more than a chart.
        self._pictures = zip(drawn, as_pngs(drawn), strict=True)
        if document.marking:
            self.parts.mark_pages(document.marking)
        self._said(self.parts.paragraph(body, "Title"), document.title)
        self._said(self.parts.paragraph(body, "Subtitle"), document.subtitle)
        for name, said in document.front:
            self._said(self.parts.paragraph(body), (Strong(nodes(name)), *nodes(": "), *said))
        if contents:
            self._contents()
        for block in document.blocks:
            if isinstance(block, Appendix):
                for place, each in enumerate(block.blocks):
                    self._block(body, each, new_page=place == 0)
            else:
                self._block(body, block, new_page=document.covered and _begins_chapter(block))
        if has_values(document):
            self._block(body, values_heading(), new_page=True)
            for number, table in self.counting.values():
                self._table(body, table, nodes("Figur ") + self._counted(number))

    def _contents(self) -> None:
        self.parts.text(self.parts.paragraph(self.parts.body, "TOCHeading"), "Innehåll")
        chapters: list[Plain] = list(self.document.plain_blocks())
        if has_values(self.document):
            chapters.append(values_heading())
        for block in chapters:
            if isinstance(block, Heading) and _begins_chapter(block):
                line = self.parts.paragraph(self.parts.body, self.parts.contents_style)
                self.parts.text(self.parts.link(line, f"#{block.anchor}"), plain(block.said))

    def _block(self, into: Any, block: Plain, *, new_page: bool = False, style: str = "") -> None:
        parts = self.parts
        match block:
            case Heading():
                self.counting.begin(block)
                line = parts.paragraph(into, f"Heading{block.level - 1}", new_page=new_page)
                with parts.bookmarked(line, block.anchor):
                    self._said(line, block.said)
            case Paragraph():
                looks = style or (parts.small_style if block.small else "")
                self._said(parts.paragraph(into, looks), block.said)
            case Bullets():
                for item in block.items:
                    self._said(parts.paragraph(into, "ListBullet"), item)
            case Table():
                self._table(into, block)
            case Figure():
                self._figure(into, block)
            case Callout() | Folded():
                self._group(into, block)

    def _group(self, into: Any, block: Callout | Folded) -> None:
        style = ""
        if isinstance(block, Callout):
            style = self.parts.callout_style
            line = self.parts.paragraph(into, style)
            with self.parts.bookmarked(line, block.anchor):
                self._said(line, (Strong(block.title),))
        else:
            self._said(self.parts.paragraph(into, keep=True), (Strong(block.summary),))
        for each in block.blocks:
            self._block(into, each, style=style)

    def _figure(self, into: Any, figure: Figure) -> None:
        parts = self.parts
        self._said(parts.paragraph(into, keep=True), (Strong(figure.title),))
        drawn, png = next(self._pictures)
        number = self.counting.figure(figure)
        parts.picture(
            parts.paragraph(into, keep=True),
            png,
            (drawn.width, drawn.height),
            title=plain(figure.title),
            alternative=plain(figure.alternative),
        )
        line = parts.paragraph(into, "Caption")
        with parts.bookmarked(line, figure.anchor):
            parts.counted(line, "Figur", number)
            self._said(line, figure.caption)

    def _table(self, into: Any, table: Table, of_figure: Said = ()) -> None:
        """A table with its caption above, and a head that comes again on each page."""
        parts = self.parts
        line = parts.paragraph(into, "Caption", keep=True)
        with parts.bookmarked(line, table.anchor):
            number = self.counting.table(table)
            if number is not None:
                parts.counted(line, "Tabell", number)
            self._said(line, of_figure)
            self._said(line, table.told_caption)
        fitted = fitted_columns(table)
        style = parts.table_style if fitted.size >= _SMALL_TABLE else parts.narrow_table_style
        widths = [round(width * _TWENTIETHS) for width in fitted.widths]
        made = parts.table(into, widths, plain(table.told_caption))
        head = parts.row(made, is_head=True)
        for column, width in zip(table.columns, widths, strict=True):
            cell = parts.cell(head, width)
            self._said(parts.paragraph(cell, style, right=column.numeric), (Strong(column.said),))
        for content in table.rows:
            row = parts.row(made)
            for column, width, each in zip(table.columns, widths, content, strict=True):
                self._cell(parts.cell(row, width), each, style, right=column.numeric)
        # Word joins tables that nothing stands between.
        parts.paragraph(into)

    def _cell(self, into: Any, cell: Cell, style: str, *, right: bool) -> None:
        self._said(self.parts.paragraph(into, style, right=right), cell.said)
        if cell.below:
            self._said(self.parts.paragraph(into, style, right=right), cell.below)

    @staticmethod
    def _counted(number: int) -> Said:
        # The writer's own numbering, which no cell stands behind.
        return (Quoted(f"{number}. ", "numbering", str(number)),)

    def _said(self, into: Any, said: Said, **looks: bool) -> None:
        before: Inline | None = None
        for node in said:
            if isinstance(node, Note) and isinstance(before, Note):
                # Two numbers beside each other would be read as one.
                self.parts.between_notes(into)
            self._node(into, node, **looks)
            before = node

    def _node(self, into: Any, node: Inline, **looks: bool) -> None:
        parts = self.parts
        match node:
            case Strong():
                self._said(into, node.parts, **looks, bold=True)
            case Link():
                self._said(parts.link(into, node.address), node.parts, **looks, linked=True)
            case Note():
                referred = self.counting.note(node.parts)
                if referred.first:
                    parts.note(into, referred.number, plain(node.parts))
                else:
                    parts.noted_before(into, referred.number)
            case Mark():
                parts.text(into, node.text, marked=True)
            case Quoted() if node.marked:
                parts.text(into, node.text, **looks, italic=True)
            case _:
                parts.text(into, node.text, **looks)


def _begins_chapter(block: Plain) -> bool:
    return isinstance(block, Heading) and block.level == _CHAPTER
