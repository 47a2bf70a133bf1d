"""Writes a document as one self-contained page, the same for the same document.

Nothing is loaded from outside the publication: a page is whole in itself, and the script files
that lie beside it only make it handier. Every text is escaped here and nowhere else. How the page
looks belongs in ``page.css``, its head and foot in the template.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from orchestration.language.inline import (
    Inline,
    Link,
    Mark,
    Note,
    Number,
    Period,
    Quoted,
    Said,
    Strong,
    Term,
    Text,
    every_number,
    plain,
)
from orchestration.reporting.document import (
    Appendix,
    Bullets,
    Callout,
    Cell,
    Column,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Plain,
    Table,
)
from orchestration.reporting.origins import Origins
from orchestration.reporting.render.csv import as_csv
from orchestration.reporting.render.key import ANCHOR as KEY
from orchestration.reporting.render.key import key
from orchestration.reporting.render.numbered import number_id

_TEMPLATES = Path(__file__).parent / "templates"
_CHAPTER = 2
_NOTES = "noter"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a document on its page.

    Attributes:
        municipality_name: Whose it is, for the page's name.
        version: Version of the system that made it.
        ways: Links to the other pages.
        foot: Sentences after the text.
        contents: Whether the page begins with a list of its chapters.
        scripts: Addresses of the script files that may run, in their order.
        asks: Whether its scripts may ask the server that the page came from.
        origins: What numbers rest on, for the key last on the page; None for a page without one.
    """

    municipality_name: str
    version: str
    ways: tuple[tuple[Said, str], ...] = ()
    foot: tuple[Said, ...] = ()
    contents: bool = False
    scripts: tuple[str, ...] = ()
    asks: bool = False
    origins: Origins | None = None


def page(document: Document, frame: Frame) -> str:
    """Writes a page.

    Args:
        document: What it says.
        frame: What stands around it.

    Returns:
        A complete HTML document, also well-formed as XML.
    """
    writer = _Writer(document)
    title = writer.inline(document.title)
    subtitle = writer.inline(document.subtitle)
    front = [(Markup(writer.inline(a)), Markup(writer.inline(b))) for a, b in document.front]  # noqa: S704
    writer.blocks()
    chapters = [
        (block.anchor, plain(block.said))
        for block in document.plain_blocks()
        if isinstance(block, Heading) and block.level == _CHAPTER
    ]
    if writer.notes:
        chapters.append((_NOTES, plain(document.notes_title)))
    listed = key(document, frame.origins, writer.shown) if frame.origins else ""
    if listed:
        chapters.append((KEY, "Siffernyckel"))
    return _template().render(
        name=plain(document.title),
        title=Markup(title),  # noqa: S704 - all that is joined here was escaped by the writer
        subtitle=Markup(subtitle),  # noqa: S704
        front=front,
        marking=document.marking,
        frame=frame,
        ways=[(plain(said), address) for said, address in frame.ways],
        chapters=chapters if frame.contents else [],
        content=Markup("".join(writer.out)),  # noqa: S704
        key=Markup(listed),  # noqa: S704
        foot=[Markup(_Writer(document).inline(said, ids=False)) for said in frame.foot],  # noqa: S704
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2")


@dataclass(slots=True)
class _Writer:
    """What has been written of a document, and how far its numbering has come.

    Attributes:
        document: What is written.
        out: What has been written of it.
        notes: The notes that have been referred to, with their numbers.
        shown: The ids of the numbers that stand on the page.
    """

    document: Document
    out: list[str] = field(default_factory=list)
    notes: dict[Said, int] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    _referred: dict[int, int] = field(default_factory=dict)
    _numbers: int = 0
    _tables: int = 0
    _figures: int = 0
    _chapter: bool = False

    def blocks(self) -> None:
        """Write the whole text, with the notes between it and the appendices."""
        appendices = [block for block in self.document.blocks if isinstance(block, Appendix)]
        for block in self.document.main():
            self._block(block)
        self._end_chapter()
        # What the appendices note stands with the other notes, which are met first.
        own, self.out = self.out, []
        for appendix in appendices:
            self._begin_chapter(appendix.blocks[0], "appendix")
            for block in appendix.blocks:
                self._block(block)
            self._end_chapter()
        after, self.out = self.out, own
        if self.notes:
            self._all_notes()
        self.out += after

    def inline(self, said: Said, *, ids: bool = True) -> str:
        """Write nodes; without ids where the text stands twice."""
        return "".join(self._node(node, ids=ids) for node in said)

    def _node(self, node: Inline, *, ids: bool) -> str:
        match node:
            case Number():
                return self._number(node, ids=ids)
            case Strong() | Link():
                inner = self.inline(node.parts, ids=ids)
                if isinstance(node, Strong):
                    return f"<strong>{inner}</strong>"
                return f'<a href="{escape(node.address)}">{inner}</a>'
            case Note():
                return self._note(node)
            case _:
                return _words(node)

    def _number(self, node: Number, *, ids: bool) -> str:
        text = escape(node.text, quote=False)
        if not ids:
            return text
        self._numbers += 1
        own_id = number_id(self.document, self._numbers)
        self.shown.add(own_id)
        return f'<data id="{own_id}" value="{own_id}">{text}</data>'

    def _spoken(self, said: Said) -> str:
        """Write what is read aloud: plain, but its numbers are counted in their order."""
        self._numbers += sum(1 for _ in every_number(said))
        return escape(plain(said))

    def _note(self, node: Note) -> str:
        number = self.notes.setdefault(node.parts, len(self.notes) + 1)
        again = self._referred.get(number, 0) + 1
        self._referred[number] = again
        return (
            f'<sup><a id="{_NOTES}-{number}-{again}" href="#{_NOTES}-{number}" '
            f'aria-label="not {number}">{number}</a></sup>'
        )

    def _all_notes(self) -> None:
        heading = Heading(_CHAPTER, self.document.notes_title, _NOTES)
        self._begin_chapter(heading, "notes")
        self._block(heading)
        self.out.append("<ol>\n")
        for parts, number in self.notes.items():
            # A note's numbers are counted where it is referred to, so they are not counted here.
            text = self.inline(parts, ids=False)
            back = f'<a href="#{_NOTES}-{number}-1" aria-label="tillbaka till texten">↑</a>'
            self.out.append(f'<li id="{_NOTES}-{number}">{text} {back}</li>\n')
        self.out.append("</ol>\n")
        self._end_chapter()

    def _begin_chapter(self, block: Plain, kind: str = "") -> None:
        self._end_chapter()
        anchor = block.anchor if isinstance(block, Heading) else ""
        looks = f' class="{kind}"' if kind else ""
        self.out.append(f'<section{looks} aria-labelledby="{anchor}">\n')
        self._chapter = True

    def _end_chapter(self) -> None:
        if self._chapter:
            self.out.append("</section>\n")
        self._chapter = False

    def _block(self, block: Plain) -> None:
        match block:
            case Heading():
                if block.level == _CHAPTER and not self._just_begun():
                    self._begin_chapter(block)
                tag = f"h{block.level}"
                self.out.append(f'<{tag} id="{block.anchor}">{self.inline(block.said)}</{tag}>\n')
            case Paragraph():
                self.out.append(self._paragraph(block))
            case Bullets():
                items = "".join(f"<li>{self.inline(item)}</li>\n" for item in block.items)
                self.out.append(f"<ul>\n{items}</ul>\n")
            case Table():
                self.out.extend(self._table(block))
            case Figure():
                self.out.extend(self._figure(block))
            case Callout():
                self._callout(block)
            case Folded():
                summary = self.inline(block.summary)
                self.out.append(f'<details class="folded">\n<summary>{summary}</summary>\n')
                for each in block.blocks:
                    self._block(each)
                self.out.append("</details>\n")

    def _paragraph(self, block: Paragraph) -> str:
        if block.code:
            return f"<pre><code>{self.inline(block.said)}</code></pre>\n"
        looks = ' class="note"' if block.small else ""
        return f"<p{looks}>{self.inline(block.said)}</p>\n"

    def _just_begun(self) -> bool:
        return bool(self.out) and self.out[-1].startswith("<section ")

    def _callout(self, block: Callout) -> None:
        self.out.append(f'<aside class="banner" aria-labelledby="{block.anchor}">\n')
        title = self.inline(block.title)
        self.out.append(f'<p class="banner-title" id="{block.anchor}">{title}</p>\n')
        for each in block.blocks:
            self._block(each)
        self.out.append("</aside>\n")

    def _table(self, table: Table) -> Iterator[str]:
        name = ""
        if table.numbered:
            self._tables += 1
            name = f"Tabell {self._tables}. "
        caption = (
            f'<caption id="{table.anchor}"><span>{name}{self.inline(table.told_caption)}</span>'
        )
        # Rows that are set as blocks are no rows to a browser any more, unless they are said to be.
        as_row, as_head, as_cell, group = "", "", "", ""
        looks = f' data-rows="{escape(table.narrowed)}"' if table.narrowed else ""
        if table.stacked:
            as_row, as_head, as_cell = ' role="row"', ' role="rowheader"', ' role="cell"'
            group = ' role="rowgroup"'
            looks += ' class="stacked" role="table"'
        column_head = ' role="columnheader"' if table.stacked else ""
        head = "".join(
            f'<th scope="col"{column_head}{_looks(column)}{_choice(column)}>'
            f"{self.inline(column.said)}</th>"
            for column in table.columns
        )
        yield (
            f'<div class="scroll" role="group" aria-labelledby="{table.anchor}" tabindex="0">\n'
            f"<table{looks}>\n{caption}</caption>\n<thead{group}>\n<tr{as_row}>{head}</tr>\n"
            f"</thead>\n<tbody{group}>\n"
        )
        for row in table.rows:
            first, *rest = row
            cells = [f'<th scope="row"{as_head}>{self._cell(first)}</th>']
            for cell, column in zip(rest, table.columns[1:], strict=True):
                named = f' data-head="{escape(plain(column.said))}"' if table.stacked else ""
                cells.append(f"<td{as_cell}{_looks(column)}{named}>{self._cell(cell)}</td>")
            yield f"<tr{as_row}>{''.join(cells)}</tr>\n"
        yield "</tbody>\n</table>\n</div>\n"
        if table.file_name:
            data = base64.b64encode(as_csv(table).encode("utf-8-sig")).decode()
            named = escape(plain(table.caption))
            yield (
                f'<p class="take"><a download="{escape(table.file_name)}" '
                f'href="data:text/csv;charset=utf-8;base64,{data}" '
                f'aria-label="Hämta tabellen som CSV: {named}">Hämta tabellen som CSV</a></p>\n'
            )

    def _cell(self, cell: Cell) -> str:
        text = self.inline(cell.said) + (cell.drawing.svg if cell.drawing else "")
        if not cell.below:
            return text
        return f'{text} <span class="note">{self.inline(cell.below)}</span>'

    def _figure(self, figure: Figure) -> Iterator[str]:
        self._figures += 1
        title = self.inline(figure.title)
        spoken = self._spoken(figure.alternative)
        drawings = "".join(drawing.svg for drawing in figure.drawings)
        many = " many" if len(figure.drawings) > 1 else ""
        yield (
            f'<figure id="{figure.anchor}" aria-labelledby="{figure.anchor}-text">\n'
            f'<p class="message" id="{figure.anchor}-text">{title}</p>\n'
            f'<div class="drawings{many}" role="img" aria-label="{spoken}">{drawings}</div>\n'
            f"<figcaption>Figur {self._figures}. {self.inline(figure.caption)}</figcaption>\n"
        )
        if isinstance(figure.table, Table):
            yield "<details>\n<summary>Diagrammets siffror</summary>\n"
            yield from self._table(figure.table)
            yield "</details>\n"
        yield "</figure>\n"


def _words(node: Text | Period | Quoted | Term | Mark) -> str:
    text = escape(node.text, quote=False)
    match node:
        case Term():
            return f'<abbr title="{escape(node.meaning)}">{text}</abbr>'
        case Mark():
            return f'<span class="mark">{text}</span>'
        case Quoted() if node.marked:
            return f'<span class="theirs">{text}</span>'
        case _:
            return text


def _choice(column: Column) -> str:
    return f' data-choice="{escape(column.choice)}"' if column.choice else ""


def _looks(column: Column) -> str:
    kinds: Sequence[str] = [
        kind for kind, is_so in (("number", column.numeric), ("long", column.wide)) if is_so
    ]
    return f' class="{kinds[0]}"' if kinds else ""
