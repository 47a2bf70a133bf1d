"""The parts of a Word file that python-docx has no way for, or a slow one, as plain elements.

Notes, bookmarks, links, fields, pictures with an alternative text, and tables that are written row
by row. What is written with them belongs in ``docx``.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import parse_xml
from docx.oxml.shape import CT_Inline
from docx.shared import Cm, Pt, RGBColor
from lxml import etree

_LANGUAGE = "sv-SE"
_TABLE_STYLE = "TableGrid"
#: The time of every part of the file, which would else be when it was written.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_NOTES_START = f"""<w:footnotes {nsdecls("w")}>
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p>
</w:footnote></w:footnotes>"""
_MARK_FILL, _MARK_LINE = "FFF3CD", "6B4E00"
_TABLE_LINE = "9DB4C8"
# Less than what a column has beside its text.
_CELL_MARGIN = "60"
_LINK_COLOUR = "0B4F8A"
_HEADING_COLOUR = RGBColor(0x17, 0x32, 0x4D)
_MUTED = RGBColor(0x4A, 0x55, 0x60)
_TEXT_FONT = "Calibri"
# Whatever parts words, and what XML cannot hold.
_BLANKS = re.compile(r"[\x00-\x20]+")


def _tag(parent: Any, kind: str, /, **attributes: str) -> Any:
    """An element of Word's own namespace below another."""
    made = etree.SubElement(parent, qn(f"w:{kind}"))
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


class Parts:
    """A Word file that is being written.

    Attributes:
        body: What its blocks are put in.
        small_style: Id of the paragraphs that are remarks.
        callout_style: Id of those that stand in a frame.
        contents_style: Id of the list of chapters.
        table_style: Id of a table's paragraphs.
        narrow_table_style: Id of those of a table with many columns.
    """

    def __init__(self, title: str) -> None:
        self._written = docx.Document()
        self.body = self._written.element.body
        self._end = self.body.sectPr
        self._notes = parse_xml(_NOTES_START)
        self._bookmarks: dict[str, str] = {}
        self._marks = 0
        self._shapes = 0
        properties = self._written.core_properties
        properties.title, properties.author, properties.language = title, "Avvik", _LANGUAGE
        for style in self._written.styles.element.iter(qn("w:lang")):
            style.set(qn("w:val"), _LANGUAGE)
        self._set_styles()
        self._set_page()

    def _set_styles(self) -> None:
        styles = self._written.styles
        # The template's fonts come from a theme of its own; one name holds everywhere.
        for style in styles:
            if style.type == WD_STYLE_TYPE.PARAGRAPH and style.name.startswith(
                ("Heading", "Title", "Subtitle", "TOC")
            ):
                style.font.color.rgb = _HEADING_COLOUR
                fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
                for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                    fonts.attrib.pop(qn(f"w:{kind}"), None)
                style.font.name = _TEXT_FONT
        styles["Normal"].font.name = _TEXT_FONT
        styles["Caption"].font.color.rgb = _MUTED
        styles["Caption"].font.size = Pt(9)
        self.small_style = self._style("Anmärkning", size=9.5, colour=_MUTED)
        self.callout_style = self._style("Ruta", size=11)
        self.contents_style = self._style("Innehållsrad", size=11, after=2)
        self.table_style = self._style("Tabelltext", size=9, after=0)
        self.narrow_table_style = self._style("Tabelltext, många kolumner", size=7.5, after=0)
        self._note_style = self._style("footnote text", size=9, after=0)
        frame = styles["Ruta"].element.get_or_add_pPr()
        borders = OxmlElement("w:pBdr")
        for side in ("top", "left", "bottom", "right"):
            _tag(borders, side, val="dashed", sz="8", space="4", color=_MARK_LINE)
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", _MARK_FILL)):
            shade.set(qn(f"w:{key}"), value)
        frame.insert_element_before(borders, "w:shd", "w:spacing", "w:rPr")
        frame.insert_element_before(shade, "w:spacing", "w:rPr")
        reference = styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
        reference.font.superscript = True
        self._reference_style = reference.style_id

    def _style(
        self, name: str, *, size: float, colour: RGBColor | None = None, after: float = 6
    ) -> str:
        style = self._written.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = self._written.styles["Normal"]
        style.font.size = Pt(size)
        style.font.name = _TEXT_FONT
        style.paragraph_format.space_after = Pt(after)
        if colour is not None:
            style.font.color.rgb = colour
        return str(style.style_id)

    def _set_page(self) -> None:
        section = self._written.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(2)
        [foot] = section.footer.paragraphs
        line = foot._p  # noqa: SLF001 - python-docx has no fields
        _tag(line.get_or_add_pPr(), "jc", val="center")
        self._field(line, "PAGE", "1")
        self.text(line, " (")
        self._field(line, "NUMPAGES", "1")
        self.text(line, ")")

    def mark_pages(self, marking: str) -> None:
        """Sets words at the head of every page.

        Args:
            marking: The words.
        """
        [head] = self._written.sections[0].header.paragraphs
        line = head._p  # noqa: SLF001 - as for the foot
        _tag(line.get_or_add_pPr(), "jc", val="right")
        self.text(line, marking)

    def paragraph(
        self,
        into: Any,
        style: str = "",
        *,
        keep: bool = False,
        right: bool = False,
        new_page: bool = False,
    ) -> Any:
        """An empty paragraph at the end of the body or a cell.

        Args:
            into: The body or a cell.
            style: Id of its style; the text's own unless given.
            keep: Whether it stands on the page of what follows.
            right: Whether it is set flush right.
            new_page: Whether it begins a page.
        """
        made = etree.SubElement(into, qn("w:p"))
        if into is self.body:
            self._end.addprevious(made)
        if style or keep or right or new_page:
            looks = _tag(made, "pPr")
            if style:
                _tag(looks, "pStyle", val=style)
            if keep:
                _tag(looks, "keepNext")
            if new_page:
                _tag(looks, "pageBreakBefore")
            if right:
                _tag(looks, "jc", val="right")
        return made

    def text(
        self,
        into: Any,
        text: str,
        *,
        bold: bool = False,
        italic: bool = False,
        linked: bool = False,
        marked: bool = False,
    ) -> None:
        """Words at the end of a paragraph or a link."""
        run = _tag(into, "r")
        if bold or italic or linked or marked:
            looks = _tag(run, "rPr")
            if bold:
                _tag(looks, "b")
            if italic:
                _tag(looks, "i")
            if linked:
                _tag(looks, "color", val=_LINK_COLOUR)
            if marked:
                _tag(looks, "sz", val="16")
            if linked:
                _tag(looks, "u", val="single")
            if marked:
                _tag(looks, "shd", val="clear", color="auto", fill=_MARK_FILL)
        self._words(run, text)

    @staticmethod
    def _words(run: Any, text: str) -> None:
        words = _tag(run, "t")
        words.text = _BLANKS.sub(" ", text)
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")

    def counted(self, into: Any, word: str, number: int) -> None:
        """What Word counts, with the number that it has: ``Tabell 3. ``."""
        self.text(into, f"{word} ")
        self._field(into, f"SEQ {word} \\* ARABIC", str(number))
        self.text(into, ". ")

    def _field(self, into: Any, instruction: str, shown: str, style: str = "") -> None:
        field = _tag(into, "fldSimple", instr=f" {instruction} ")
        run = _tag(field, "r")
        if style:
            _tag(_tag(run, "rPr"), "rStyle", val=style)
        self._words(run, shown)

    @contextmanager
    def bookmarked(self, into: Any, anchor: str) -> Iterator[None]:
        """What is written meanwhile is a place that links lead to."""
        self._marks += 1
        identity = str(self._marks)
        _tag(into, "bookmarkStart", id=identity, name=self._bookmark(anchor))
        yield
        _tag(into, "bookmarkEnd", id=identity)

    def _bookmark(self, anchor: str) -> str:
        # Word's names are short and have no hyphens; those that begin so are not listed.
        return self._bookmarks.setdefault(anchor, f"_Plats{len(self._bookmarks) + 1}")

    def link(self, into: Any, address: str) -> Any:
        """What leads to a place in the file, or elsewhere."""
        made = _tag(into, "hyperlink", history="1")
        if address.startswith("#"):
            made.set(qn("w:anchor"), self._bookmark(address[1:]))
        else:
            relation = self._written.part.relate_to(
                address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True
            )
            made.set(qn("r:id"), relation)
        return made

    def note(self, into: Any, number: int, text: str) -> None:
        """A reference to a note at the foot of its page, and the note."""
        with self.bookmarked(into, f"not {number}"):
            run = _tag(into, "r")
            _tag(_tag(run, "rPr"), "rStyle", val=self._reference_style)
            _tag(run, "footnoteReference", id=str(number))
        note = _tag(self._notes, "footnote", id=str(number))
        line = _tag(note, "p")
        _tag(_tag(line, "pPr"), "pStyle", val=self._note_style)
        run = _tag(line, "r")
        _tag(_tag(run, "rPr"), "rStyle", val=self._reference_style)
        _tag(run, "footnoteRef")
        self.text(line, f" {text}")

    def between_notes(self, into: Any) -> None:
        """What parts two references that stand beside each other."""
        run = _tag(into, "r")
        _tag(_tag(run, "rPr"), "rStyle", val=self._reference_style)
        self._words(run, ", ")

    def noted_before(self, into: Any, number: int) -> None:
        """A reference to a note that stands already."""
        instruction = f"NOTEREF {self._bookmark(f'not {number}')} \\h"
        self._field(into, instruction, str(number), self._reference_style)

    def picture(
        self, into: Any, png: bytes, size: tuple[float, float], *, title: str, alternative: str
    ) -> None:
        """A picture in a paragraph, with what it says to one who cannot see it.

        Args:
            into: The paragraph.
            png: Its bytes.
            size: Width and height in points.
            title: Its message.
            alternative: What it shows.

        Raises:
            ValueError: If there is no alternative text.
        """
        if not alternative.strip():
            raise ValueError("a picture without an alternative text")
        self._shapes += 1
        relation, _ = self._written.part.get_or_add_image(io.BytesIO(png))
        width, height = (Pt(each) for each in size)
        name = f"diagram-{self._shapes}.png"
        made = CT_Inline.new_pic_inline(self._shapes, relation, name, width, height)
        made.docPr.set("name", name)
        made.docPr.set("title", title)
        made.docPr.set("descr", alternative)
        _tag(_tag(into, "r"), "drawing").append(made)

    def table(self, into: Any, widths: Sequence[int], description: str) -> Any:
        """A table without rows, whose first row and column are headings.

        Args:
            into: The body.
            widths: Of its columns, in twentieths of a point.
            description: What it shows.
        """
        made = etree.SubElement(into, qn("w:tbl"))
        if into is self.body:
            self._end.addprevious(made)
        looks = _tag(made, "tblPr")
        _tag(looks, "tblStyle", val=_TABLE_STYLE)
        _tag(looks, "tblW", w=str(sum(widths)), type="dxa")
        borders = _tag(looks, "tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            if side in {"top", "bottom", "insideH"}:
                _tag(borders, side, val="single", sz="4", space="0", color=_TABLE_LINE)
            else:
                _tag(borders, side, val="nil")
        _tag(looks, "tblLayout", type="fixed")
        margins = _tag(looks, "tblCellMar")
        for side in ("left", "right"):
            _tag(margins, side, w=_CELL_MARGIN, type="dxa")
        _tag(looks, "tblLook", val="00A0", firstRow="1", firstColumn="1", noVBand="1")
        _tag(looks, "tblCaption", val=description[:255])
        grid = _tag(made, "tblGrid")
        for width in widths:
            _tag(grid, "gridCol", w=str(width))
        return made

    @staticmethod
    def row(table: Any, *, is_head: bool = False) -> Any:
        """A row without cells, that no page parts; a head comes again on each page."""
        made = _tag(table, "tr")
        looks = _tag(made, "trPr")
        _tag(looks, "cantSplit")
        if is_head:
            _tag(looks, "tblHeader")
        return made

    @staticmethod
    def cell(row: Any, width: int) -> Any:
        """A cell at the end of a row; what is put in it comes after its width."""
        made = _tag(row, "tc")
        _tag(_tag(made, "tcPr"), "tcW", w=str(width), type="dxa")
        return made

    def finished(self) -> bytes:
        """The file: its parts as they are, but each of the same time."""
        if len(self._notes) > 2:  # noqa: PLR2004 - the lines above notes are there anyway
            package = self._written.part.package
            blob = etree.tostring(
                self._notes, xml_declaration=True, encoding="UTF-8", standalone=True
            )
            part = Part(PackURI("/word/footnotes.xml"), _NOTES_TYPE, blob, package)
            self._written.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
        first, out = io.BytesIO(), io.BytesIO()
        self._written.save(first)
        with (
            zipfile.ZipFile(first) as parts,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for part_info in parts.infolist():
                archive.writestr(
                    zipfile.ZipInfo(part_info.filename, _MOMENT),
                    parts.read(part_info),
                    compress_type=zipfile.ZIP_DEFLATED,
                )
        return out.getvalue()
