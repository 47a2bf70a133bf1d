"""The memorandum as a PDF: the same bytes each time, of the package's own fonts, or no file."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pikepdf
import pytest
from lxml import etree

from orchestration.language.inline import Note, Quoted, Strong, nodes
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import (
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Paragraph,
    Plain,
    Table,
)
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.render import finishing, typst
from orchestration.reporting.render.columns import fitted_columns
from orchestration.reporting.render.drawings import picture
from orchestration.reporting.render.typst import PaperError, as_pdf, as_pngs
from orchestration.reporting.svg import Canvas, Drawing
from tests.pdf_text import elements, pieces
from tests.unit.reporting.conftest import EDITION

WHEN = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def drawing(text: str = "Åtta") -> Drawing:
    canvas = Canvas()
    canvas.box(0, 0, 120, 40, fill="var(--chart-dark, #17324d)")
    canvas.text(text, 10, 20)
    return canvas.finished()


def document(*blocks: Plain) -> Document:
    return Document(
        title=nodes("Titeln"),
        subtitle=nodes("Under"),
        letter="T",
        blocks=(Heading(2, nodes("Kapitlet"), "kapitlet"), *blocks),
    )


def figure() -> Figure:
    table = Table(
        nodes("Värdena"),
        (Column(nodes("Namn")), Column(nodes("Värde"), numeric=True)),
        ((Cell(nodes("Raden")), Cell(nodes("Cellen"))),),
        "varden",
        numbered=False,
    )
    return Figure(
        nodes("Budskapet"), nodes("Bilden"), nodes("Det sjönk."), (drawing(),), table, "figur"
    )


def text_of(written: bytes) -> str:
    with pikepdf.open(io.BytesIO(written)) as pdf:
        return " ".join(" ".join(each.text for each in pieces(pdf)).split())


def test_the_same_document_is_the_same_bytes(
    city: duckdb.DuckDBPyConnection, load: Callable[[duckdb.DuckDBPyConnection], ReportData]
) -> None:
    whole = memorandum(load(city), EDITION)
    first = as_pdf(whole, WHEN)
    assert as_pdf(whole, WHEN) == first
    later = as_pdf(whole, WHEN.replace(year=2027))
    assert later != first
    assert b"D:20271122023000" in later


def test_what_stands_in_a_document_is_never_taken_for_markup() -> None:
    hostile = 'x #panic("y") $a$ *b* _c_ [d] \\ @e <f> `g` // h /* i */ = j "k" & \u201dl\u201d'
    said = (Quoted(hostile, "register", "rad"),)
    assert hostile in text_of(as_pdf(document(Paragraph(said)), WHEN))


def test_a_figure_without_an_alternative_text_is_refused() -> None:
    planted = figure()
    # The tree refuses it when it is made; the writer does too, if the tree should not.
    object.__setattr__(planted, "alternative", ())
    with pytest.raises(PaperError, match="alt"):
        as_pdf(document(planted), WHEN)


def test_names_of_many_countries_are_written() -> None:
    said = (Quoted("Łódź, Ελλάς, Київ, Đà Nẵng, Şırnak, Ħal Għaxaq, Þórshöfn", "register", "rad"),)
    assert said[0].text in text_of(as_pdf(document(Paragraph(said)), WHEN))


@pytest.mark.parametrize("letter", ["\U000130c0", "\ue000", "中"])
def test_a_letter_that_no_font_has_is_named_with_its_place(letter: str) -> None:
    said = (Quoted(f"Vi {letter} här", "seeds.memorandum_texts", "slutord_2023"),)
    with pytest.raises(PaperError) as refused:
        as_pdf(document(Paragraph(nodes("Före.")), Paragraph((Strong(said),))), WHEN)
    assert str(refused.value) == (
        f"Tecknet {letter} (U+{ord(letter):04X}) i seeds.memorandum_texts, slutord_2023 finns inte "
        "i teckensnittet Source Sans 3. Gör så här: skriv om texten utan tecknet och kör igen."
    )


@pytest.mark.parametrize("cut", ["Regular", "Bold", "It", "BoldIt"])
def test_without_a_font_there_is_no_file(
    cut: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for font in typst.FONTS.glob("*.ttf"):
        if not font.stem.endswith(f"-{cut}"):
            (tmp_path / font.name).symlink_to(font)
    monkeypatch.setattr(typst, "FONTS", tmp_path)
    with pytest.raises(PaperError, match=f"SourceSans3-{cut}.ttf saknas") as refused:
        as_pdf(document(Paragraph(nodes("Hej"))), WHEN)
    assert "Gör så här: installera Avvik på nytt." in str(refused.value)


def test_a_file_that_is_no_font_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for font in typst.FONTS.glob("*.ttf"):
        (tmp_path / font.name).write_bytes(b"")
    monkeypatch.setattr(typst, "FONTS", tmp_path)
    with pytest.raises(PaperError, match="source sans 3"):
        as_pdf(document(Paragraph(nodes("Hej"))), WHEN)


def test_the_values_of_a_chart_stand_last_under_its_number() -> None:
    said = text_of(as_pdf(document(figure(), Paragraph(nodes("Sist i texten"))), WHEN))
    assert said.index("Figur 1. Bilden") < said.index("Sist i texten")
    assert said.index("Sist i texten") < said.index("Figur 1. Värdena") < said.index("Cellen")


def test_a_note_is_told_once_a_chapter() -> None:
    note = Note(nodes("Boken."))
    other = Note(nodes("Den andra boken."))
    said = (*nodes("Ord"), note, other)
    written = as_pdf(
        document(
            Paragraph(said),
            Paragraph(said),
            Heading(2, nodes("Nästa"), "nasta"),
            Paragraph(said),
        ),
        WHEN,
    )
    with pikepdf.open(io.BytesIO(written)) as pdf:
        notes = [str(each.ID) for each in elements(pdf) if each.S == "/Note"]
    assert len(notes) == 4
    assert text_of(written).count("Den andra boken.") == 2
    assert "1 , 2 " in re.sub(r"\s+", " ", text_of(written))


def test_a_picture_says_what_its_drawings_say_in_colours_of_its_own() -> None:
    made = picture([drawing("Ett"), drawing("Två"), drawing("Tre")] * 3)
    root = etree.fromstring(made.svg.encode())
    assert [text.text for text in root.iter("{*}text")] == ["Ett", "Två", "Tre"] * 3
    assert "var(" not in made.svg
    assert "#17324d" in made.svg
    inner = [each for each in root if each.tag.endswith("svg")]
    boxes = [tuple(int(each.get(key)) for key in ("x", "y", "width", "height")) for each in inner]
    assert len(boxes) == 9
    for place, (x, y, width, height) in enumerate(boxes):
        assert x + width <= int(root.get("width", 0))
        assert y + height <= int(root.get("height", 0))
        for left, top, _, _ in boxes[place + 1 :]:
            assert left >= x + width or top >= y + height, "no two lie on each other"
    assert made.width <= 470
    [png] = as_pngs([made])
    assert png.startswith(b"\x89PNG")
    assert as_pngs([made, made]) == [png, png]


@pytest.mark.parametrize(("columns", "size"), [(3, 9.0), (12, 8.0), (16, 5.5)])
def test_a_tables_columns_fit_the_page_and_its_longest_words(columns: int, size: float) -> None:
    words = ["a" * (3 + 2 * (place % 4)) for place in range(columns)]
    table = Table(
        nodes("Bred"),
        tuple(Column(nodes(word)) for word in words),
        (tuple(Cell(nodes("ord " * place + "ord")) for place in range(columns)),),
        "bred",
    )
    fitted = fitted_columns(table)
    assert fitted.size == size
    assert sum(fitted.widths) <= 470.5
    for word, width in zip(words, fitted.widths, strict=True):
        # A letter is about half as wide as it is high.
        assert width > len(word) * size * 0.5
    # What has more to say is given more of what is left.
    assert fitted.widths[columns - 1] > fitted.widths[0]


def test_no_stream_ends_as_a_line_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in 256 does by chance: here one is made to, and its bytes say the same afterwards."""
    written = as_pdf(document(Paragraph(nodes("Hej"))), WHEN)
    planted = io.BytesIO()
    with pikepdf.open(io.BytesIO(written)) as pdf:
        pdf.Root.Planted = pdf.make_stream(b"rest\r")
        pdf.save(planted, compress_streams=False)
    done = finishing.finished(planted.getvalue())
    assert not re.search(rb"\r\r?\nendstream", done)
    with pikepdf.open(io.BytesIO(done)) as pdf:
        assert pdf.Root.Planted.read_bytes() == b"rest\r"


def test_an_uncounted_table_has_no_number() -> None:
    table = figure().table
    assert isinstance(table, Table)
    counted = replace(table, numbered=True, anchor="raknad")
    said = text_of(as_pdf(document(table, counted), WHEN))
    assert "Tabell 1. Värdena" in said
    assert "Tabell 2" not in said
    assert said.count("Värdena") == 2
