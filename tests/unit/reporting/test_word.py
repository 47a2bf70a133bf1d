"""The Word file: Word's own headings, captions, notes and links, and pictures that say what."""

import io
import zipfile
from collections.abc import Callable

import docx
import duckdb
import pytest
from docx.document import Document as Written
from docx.oxml.ns import qn
from docx.shared import Cm
from lxml import etree

from orchestration.findings.cells import Cell as Address
from orchestration.language.inline import Form, Link, Mark, Note, Number, Quoted, Strong, nodes
from orchestration.reporting.data import ReportData
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
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.render.docx import as_docx
from orchestration.reporting.svg import Canvas
from tests.unit.reporting.conftest import EDITION

NOTE = Note(nodes("Boken."))


def figure() -> Figure:
    canvas = Canvas()
    canvas.text("Åtta", 0, 0)
    return Figure(
        nodes("Budskapet"),
        nodes("Bilden"),
        nodes("Antalet sjönk."),
        (canvas.finished(),),
        table("varden", numbered=False),
        "figur",
    )


def table(anchor: str, *, numbered: bool = True) -> Table:
    number = Number(1234.0, Form(), (Address("marts.any"),))
    return Table(
        (*nodes("Tabellen"), NOTE),
        (Column(nodes("Namn")), Column(nodes("Antal"), numeric=True)),
        ((Cell(nodes("Raden")), Cell((number,), below=nodes("personer"))),) * 2,
        anchor,
        numbered=numbered,
    )


def file(*blocks: Plain, contents: bool = False) -> tuple[bytes, Written]:
    appendix = Appendix((Heading(2, nodes("Bilagan"), "bilagan"), Paragraph((*nodes("a"), NOTE))))
    whole = Document(
        nodes("Titeln"),
        nodes("Under"),
        (Heading(2, nodes("Kapitlet"), "kapitlet"), *blocks, appendix),
        "T",
        front=((nodes("Till"), nodes("Nämnden")),),
    )
    written = as_docx(whole, contents=contents)
    assert as_docx(whole, contents=contents) == written
    return written, docx.Document(io.BytesIO(written))


def words_in(element: etree._Element) -> str:
    return "".join(node.text or "" for node in element.iter(qn("w:t")))


def lines(written: Written) -> list[tuple[str, str]]:
    """The paragraphs of the body with their styles; fields show what they were written with."""
    return [(str(each.style and each.style.name), words_in(each._p)) for each in written.paragraphs]


def test_the_memorandum_is_the_same_bytes(
    city: duckdb.DuckDBPyConnection, load: Callable[[duckdb.DuckDBPyConnection], ReportData]
) -> None:
    whole = memorandum(load(city), EDITION)
    assert as_docx(whole, contents=True) == as_docx(whole, contents=True)


def test_it_is_told_in_words_styles() -> None:
    _, written = file(
        Callout(nodes("Se upp"), (Paragraph(nodes("Noga.")),), "se-upp"),
        Paragraph(nodes("Liten."), small=True),
        Bullets((nodes("Ett"), nodes("Två"))),
        Folded(nodes("Mer"), (Paragraph(nodes("Dolt.")),)),
        table("forsta"),
        figure(),
        contents=True,
    )
    assert [line for line in lines(written) if line[1]] == [
        ("Title", "Titeln"),
        ("Subtitle", "Under"),
        ("Normal", "Till: Nämnden"),
        ("TOC Heading", "Innehåll"),
        ("Innehållsrad", "Kapitlet"),
        ("Innehållsrad", "Bilagan"),
        ("Innehållsrad", "Diagrammens siffror"),
        ("Heading 1", "Kapitlet"),
        ("Ruta", "Se upp"),
        ("Ruta", "Noga."),
        ("Anmärkning", "Liten."),
        ("List Bullet", "Ett"),
        ("List Bullet", "Två"),
        ("Normal", "Mer"),
        ("Normal", "Dolt."),
        ("Caption", "Tabell 1. Tabellen"),
        ("Normal", "Budskapet"),
        ("Caption", "Figur 1. Bilden"),
        ("Heading 1", "Bilagan"),
        ("Normal", "a"),
        ("Heading 1", "Diagrammens siffror"),
        ("Caption", "Figur 1. Tabellen"),
    ]
    body = written.element.body
    fields = [str(each.get(qn("w:instr"))) for each in body.iter(qn("w:fldSimple"))]
    assert [each.split()[1] for each in fields if " SEQ " in each] == ["Tabell", "Figur"]
    languages = {each.get(qn("w:val")) for each in written.styles.element.iter(qn("w:lang"))}
    assert languages == {"sv-SE"}
    section = written.sections[0]
    assert [round((side or Cm(0)).cm, 1) for side in (section.page_width, section.page_height)] == [
        21.0,
        29.7,
    ]
    assert body[-1].tag == qn("w:sectPr"), "what ends the body stands last"


def test_a_tables_head_comes_again_and_its_numbers_stand_right() -> None:
    _, written = file(table("forsta"))
    [made] = written.tables
    assert [[cell.text for cell in row.cells] for row in made.rows] == [
        ["Namn", "Antal"],
        ["Raden", "1\xa0234\npersoner"],
        ["Raden", "1\xa0234\npersoner"],
    ]
    assert [bool(list(row._tr.iter(qn("w:tblHeader")))) for row in made.rows] == [
        True,
        False,
        False,
    ]
    assert [bool(list(row._tr.iter(qn("w:cantSplit")))) for row in made.rows] == [True] * 3
    sides = [cell.paragraphs[0].alignment for cell in made.rows[1].cells]
    assert [None if side is None else side.name for side in sides] == [None, "RIGHT"]
    look = made._tbl.tblPr.find(qn("w:tblLook"))
    assert (look.get(qn("w:firstRow")), look.get(qn("w:firstColumn"))) == ("1", "1")
    assert made._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == "Tabellen"


def test_a_chart_is_a_picture_that_says_what_it_shows() -> None:
    written, read = file(figure(), Paragraph(nodes("Efter")))
    [described] = list(read.element.body.iter(qn("wp:docPr")))
    assert described.get("descr") == "Antalet sjönk."
    assert described.get("title") == "Budskapet"
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        [picture] = [name for name in parts.namelist() if name.startswith("word/media/")]
        assert parts.read(picture).startswith(b"\x89PNG")


def test_a_chart_without_an_alternative_text_is_refused() -> None:
    planted = figure()
    object.__setattr__(planted, "alternative", ())
    with pytest.raises(ValueError, match="alternative text"):
        file(planted)


def test_a_note_stands_once_a_chapter_and_is_referred_to_again() -> None:
    written, read = file(
        Paragraph((*nodes("Ett"), NOTE)),
        Paragraph((*nodes("Två"), NOTE)),
        Paragraph((*nodes("Tre"), Note(nodes("Bladet.")))),
    )
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        notes = etree.fromstring(parts.read("word/footnotes.xml"))
        assert b"/word/footnotes.xml" in parts.read("[Content_Types].xml")
    told = {
        note.get(qn("w:id")): words_in(note).strip()
        for note in notes
        if note.get(qn("w:type")) is None
    }
    assert told == {"1": "Boken.", "2": "Bladet.", "3": "Boken."}
    body = read.element.body
    assert [each.get(qn("w:id")) for each in body.iter(qn("w:footnoteReference"))] == [
        "1",
        "2",
        "3",
    ]
    marks = {each.get(qn("w:name")) for each in body.iter(qn("w:bookmarkStart"))}
    [again] = [
        each for each in body.iter(qn("w:fldSimple")) if "NOTEREF" in each.get(qn("w:instr"))
    ]
    assert again.get(qn("w:instr")).split()[1] in marks
    assert words_in(again) == "1"


def test_links_lead_to_places_that_are_there_or_out_of_the_file() -> None:
    said = (
        Strong((Link("#bilagan", nodes("dit")),)),
        *nodes(" och "),
        Link("indikatorer/a.html", nodes("ut")),
        *nodes(" "),
        Mark("syntetisk"),
        Quoted("ord\x0b för ord", "register", "rad", marked=True),
    )
    _, read = file(Paragraph(said), contents=True)
    body = read.element.body
    marks = {each.get(qn("w:name")): each.getparent() for each in body.iter(qn("w:bookmarkStart"))}
    inside = [each for each in body.iter(qn("w:hyperlink")) if each.get(qn("w:anchor"))]
    assert [words_in(marks[each.get(qn("w:anchor"))]) for each in inside] == [
        "Kapitlet",
        "Bilagan",
        "Bilagan",
    ]
    [out] = [each for each in body.iter(qn("w:hyperlink")) if each.get(qn("r:id"))]
    relation = read.part.rels[out.get(qn("r:id"))]
    assert (relation.is_external, relation.target_ref) == (True, "indikatorer/a.html")
    ids = [each.get(qn("w:id")) for each in body.iter(qn("w:bookmarkStart"))]
    assert len(ids) == len(set(ids)) == len(list(body.iter(qn("w:bookmarkEnd"))))
    assert "dit och ut syntetiskord för ord" in [text for _, text in lines(read)]
