"""Writes a document as a Word file, the same bytes for the same document.

Headings, lists and tables are Word's own, so that whoever fills the file in can navigate it. A
chart is written as its table. What stands in a document belongs to whoever builds it.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from orchestration.language.inline import Strong, nodes, plain
from orchestration.reporting.document import (
    Bullets,
    Callout,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Plain,
    Table,
)

if TYPE_CHECKING:
    from docx.document import Document as Written
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as WrittenParagraph

    from orchestration.language.inline import Said

_LANGUAGE = "sv-SE"
_TABLE_STYLE = "Table Grid"
#: The time of every part of the file, which would else be when it was written.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def as_docx(document: Document) -> bytes:
    """Writes the file.

    Args:
        document: What it says.

    Returns:
        The bytes of a `.docx`.
    """
    import docx  # noqa: PLC0415 - only who asks for a Word file waits for it

    written = docx.Document()
    _in_swedish(written)
    written.core_properties.title = plain(document.title)
    written.core_properties.author = "Avvik"
    written.core_properties.language = _LANGUAGE
    written.add_heading(plain(document.title), level=0)
    _add(written.add_paragraph(style="Subtitle"), document.subtitle)
    for name, said in document.front:
        _add(written.add_paragraph(), (Strong(nodes(name)), *nodes(": "), *said))
    for block in document.plain_blocks():
        _block(written, block)
    return _same_bytes(written)


def _in_swedish(written: Written) -> None:
    """The language of all text, which a screen reader and a spelling checker go by."""
    from docx.oxml.ns import qn  # noqa: PLC0415

    for style in written.styles.element.iter(qn("w:lang")):
        style.set(qn("w:val"), _LANGUAGE)


def _block(written: Written, block: Plain) -> None:
    match block:
        case Heading():
            written.add_heading(plain(block.said), level=block.level - 1)
        case Paragraph():
            _add(written.add_paragraph(), block.said)
        case Bullets():
            _bullets(written, block)
        case Table():
            _table(written, block)
        case Figure():
            _figure(written, block)
        case Callout() | Folded():
            head = block.title if isinstance(block, Callout) else block.summary
            _add(written.add_paragraph(), (Strong(head),))
            for each in block.blocks:
                _block(written, each)


def _bullets(written: Written, block: Bullets) -> None:
    for item in block.items:
        _add(written.add_paragraph(style="List Bullet"), item)


def _figure(written: Written, block: Figure) -> None:
    """What a chart says, and its values; they stand elsewhere where another table has them."""
    _add(written.add_paragraph(), (Strong(block.title),))
    _add(written.add_paragraph(), block.caption)
    if isinstance(block.table, Table):
        _table(written, block.table)


def _add(paragraph: WrittenParagraph, said: Said) -> None:
    for part in said:
        run = paragraph.add_run(plain(part))
        run.bold = isinstance(part, Strong) or None


def _table(written: Written, table: Table) -> None:
    """A table with its caption above, and a head that comes again on each page."""
    from docx.oxml import OxmlElement  # noqa: PLC0415

    _add(written.add_paragraph(style="Caption"), table.caption)
    made = written.add_table(rows=1, cols=len(table.columns), style=_TABLE_STYLE)
    properties = made.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no other way
    properties.append(OxmlElement("w:tblHeader"))
    for cell, column in zip(made.rows[0].cells, table.columns, strict=True):
        _fill(cell, (Strong(column.said),), numeric=column.numeric)
    for row in table.rows:
        for cell, content, column in zip(made.add_row().cells, row, table.columns, strict=True):
            _fill(cell, content.said, numeric=column.numeric)
            if content.below:
                _add(cell.add_paragraph(), content.below)
    written.add_paragraph()


def _fill(cell: _Cell, said: Said, *, numeric: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415

    paragraph = cell.paragraphs[0]
    _add(paragraph, said)
    if numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _same_bytes(written: Written) -> bytes:
    """The parts as they are, but each of the same time."""
    first, out = io.BytesIO(), io.BytesIO()
    written.save(first)
    with (
        zipfile.ZipFile(first) as parts,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in parts.infolist():
            archive.writestr(
                zipfile.ZipInfo(part.filename, _MOMENT),
                parts.read(part),
                compress_type=zipfile.ZIP_DEFLATED,
            )
    return out.getvalue()
