"""The documents' other formats: each says what the page says, to whoever opens or hears it."""

import re
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import page as checker
import pikepdf
import pytest
from docx.oxml.ns import qn
from lxml import etree

from orchestration.flow.documents import draft_dir
from orchestration.reporting.addresses import DOCUMENTS, Formats
from orchestration.reporting.render import typst
from orchestration.storage.snapshot import current_edition
from tests.integration.conftest import Installation
from tests.page_text import parse
from tests.pdf_text import elements, pieces

_NUMBER = re.compile(r"\d[\d\xa0]*(?:,\d+)?")


def numbers_in(text: str) -> set[str]:
    """Each number as it is printed, with its thousands apart and its decimals."""
    return {found.rstrip("\xa0") for found in _NUMBER.findall(text)}


@pytest.fixture(scope="module", params=DOCUMENTS, ids=lambda formats: str(formats.page))
def formats(request: pytest.FixtureRequest) -> Formats:
    """Each document in turn."""
    found: Formats = request.param
    return found


def page_of(published: Installation, formats: Formats) -> etree._Element:
    """A document's page, without the key, which only a page has."""
    path = published.settings.restricted_publication_dir / formats.page
    root = parse(path.read_text(encoding="utf-8"))
    [key] = root.xpath("//section[@class='key']")
    key.getparent().remove(key)
    return root


@pytest.fixture(scope="module")
def page_numbers(published: Installation, formats: Formats) -> set[str]:
    """The numbers of the page, without its drawings, its contents and the counting of its notes."""
    root = page_of(published, formats)
    for name in ("style", "svg", "sup", "nav"):
        for element in root.xpath(f"//*[local-name()='{name}']"):
            element.clear(keep_tail=True)
    found = numbers_in("\n".join(root.itertext()))
    assert len(found) > 500
    return found


@pytest.fixture(scope="module")
def written(published: Installation, formats: Formats) -> bytes:
    return (published.settings.restricted_publication_dir / formats.pdf).read_bytes()


def test_the_pdf_passes_for_a_file_that_is_read_aloud_and_kept(written: bytes) -> None:
    for profile in (checker.ValidationProfile.PDF_UA_1, checker.ValidationProfile.PDF_A_2A):
        report = checker.validate_pdf_bytes(written, profile=profile)
        assert [(each.rule_id, each.message) for each in report.failures] == []
        assert report.is_compliant
        assert report.rules.passed > 100


def test_a_screen_reader_finds_its_way_in_the_pdf(
    published: Installation, formats: Formats
) -> None:
    html = page_of(published, formats)
    with pikepdf.open(published.settings.restricted_publication_dir / formats.pdf) as pdf:
        assert str(pdf.Root.Lang) == "sv-SE"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo["/Title"]) == "".join(html.find(".//h1").itertext())
        chapters = ["".join(each.itertext()) for each in html.iter("h2")][1:]
        with pdf.open_outline() as outline:
            titles = [entry.title for entry in outline.root]
        # Notes stand at the foot of the pages, and what is folded on the page comes last.
        assert titles == [*(each for each in chapters if each != "Källor"), "Diagrammens siffror"]
        found = list(elements(pdf))
        figures = [str(each.Alt) for each in found if each.S == "/Figure"]
        spoken = html.xpath("//*[@role='img']/@aria-label")
        assert figures == [re.sub(r"[ \n]+", " ", each) for each in spoken]
        assert len(figures) > 5
        _require_headings(found)
        assert len({str(each.ID) for each in found if each.S == "/Note"}) > 5
        fonts = [each for each in pdf.objects if _is(each, "/FontDescriptor")]
        assert {str(each.FontName).split("+")[-1] for each in fonts} >= {
            "SourceSans3-Regular",
            "SourceSans3-Bold",
        }
        assert all("/FontFile2" in each or "/FontFile3" in each for each in fonts)


def _require_headings(found: list[pikepdf.Object]) -> None:
    """Each column and each row has its heading, told to be of the one or of the other."""
    scopes: dict[str, set[str]] = {"/THead": set(), "/TBody": set()}
    tables = [each for each in found if each.S == "/Table"]
    assert len(tables) > 20
    for table in tables:
        for part in table.K:
            if part.S not in scopes:
                continue
            for row in part.K:
                heads = [cell for cell in row.K if cell.S == "/TH"]
                # All cells of the head are headings, and one of each row below it.
                assert len(heads) == (len(row.K) if part.S == "/THead" else 1)
                assert row.K[0].S == "/TH"
                scopes[str(part.S)] |= {
                    str(about.Scope) for cell in heads for about in cell.A if "/Scope" in about
                }
    assert scopes == {"/THead": {"/Column"}, "/TBody": {"/Row"}}


def _is(each: object, kind: str) -> bool:
    return isinstance(each, pikepdf.Dictionary) and each.get("/Type") == kind


def test_the_pdf_has_the_numbers_of_the_page_and_no_other(
    page_numbers: set[str], published: Installation, formats: Formats
) -> None:
    with pikepdf.open(published.settings.restricted_publication_dir / formats.pdf) as pdf:
        # The numbers of notes and of the contents' pages are of the file alone.
        said = [each.text for each in pieces(pdf) if not {"/Lbl", "/TOC"} & set(each.kinds)]
    # A number that a line parts stands whole all the same.
    text = re.sub(r"\xa0\s+", "\xa0", "\n".join(said))
    assert numbers_in(text) == page_numbers


def test_the_word_file_has_the_numbers_of_the_page_and_no_other(
    page_numbers: set[str], published: Installation, formats: Formats
) -> None:
    said = []
    with zipfile.ZipFile(published.settings.restricted_publication_dir / formats.word) as parts:
        for name in ("word/document.xml", "word/footnotes.xml"):
            root = etree.fromstring(parts.read(name))
            for again in [*root.iter(qn("w:fldSimple"))]:
                if "NOTEREF" in again.get(qn("w:instr")):
                    again.clear(keep_tail=True)
            said += ["".join(each.itertext(qn("w:t"))) for each in root.iter(qn("w:p"))]
    assert numbers_in("\n".join(said)) == page_numbers


def test_the_workbook_has_the_tables_of_the_page_and_no_formula(
    page_numbers: set[str], published: Installation, formats: Formats
) -> None:
    path = published.settings.restricted_publication_dir / formats.workbook
    with zipfile.ZipFile(path) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "/worksheets/sheet" in name]
    assert len(sheets) > 20
    assert [sheet for sheet in sheets if re.search(rb"<f[ />]", sheet)] == []
    html = page_of(published, formats)
    for note in html.xpath("//*[local-name()='sup']"):
        note.clear(keep_tail=True)
    cells = html.xpath("//*[local-name()='th' or local-name()='td']")
    listed = numbers_in("\n".join("".join(cell.itertext()) for cell in cells))
    assert len(listed) > 300
    book = openpyxl.load_workbook(path)
    names, *own = book.sheetnames
    tables = [name for name in own if name not in {"Definitioner", "Källor"}]
    found = set().union(*(_numbers_of(book[name], first=3) for name in tables))
    # Under each table are its notes, which the page has elsewhere.
    assert listed <= found <= page_numbers
    titles = {str(book[name]["A1"].value) for name in tables}
    of_sheets = {number for name in tables for number in numbers_in(name)}
    assert set().union(*map(numbers_in, titles)) <= page_numbers | of_sheets
    assert _numbers_of(book["Källor"]) <= page_numbers | of_sheets
    assert _numbers_of(book[names]) <= page_numbers | of_sheets
    known = {str(row[5].value): str(row[2].value) for row in book["Definitioner"].iter_rows(4)}
    rows = published.published("select indicator_id, definition_sv from marts.indicators")
    assert known == {each: text or "uppgift saknas" for each, text in rows}
    assert len(known) > 50


def _numbers_of(sheet: openpyxl.worksheet.worksheet.Worksheet, *, first: int = 1) -> set[str]:
    found = set[str]()
    for row in sheet.iter_rows(first):
        for cell in row:
            found |= numbers_in(cell.value if isinstance(cell.value, str) else _as_printed(cell))
    return found


def _as_printed(cell: openpyxl.cell.Cell) -> str:
    """A number as its format prints it in Swedish; written a second time here."""
    if cell.value is None:
        return ""
    code = str(cell.number_format).split(";")[0]
    value = abs(Decimal(repr(cell.value)))
    shown = value.scaleb(2) if "%" in code else value
    decimals = len((re.findall(r"\.(0+)", code) or [""])[0])
    assert shown == round(shown, decimals), "no more is held than is printed"
    grouped = f"{shown:,.{decimals}f}" if "," in code else f"{shown:.{decimals}f}"
    return grouped.replace(",", "\xa0").replace(".", ",")


def test_without_its_font_nothing_is_published_and_nothing_lost(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = installation.settings
    edition = current_edition(settings.published_dir)
    before = _contents(draft_dir(settings))
    written = {name for each in DOCUMENTS for name in (each.pdf, each.word, each.workbook)}
    assert written <= before.keys()
    monkeypatch.setattr(typst, "FONTS", tmp_path)
    stopped = installation.night("memorandum", "snapshot")
    assert stopped.stopped_at == "memorandum"
    [told] = stopped.told
    assert "inget publiceras" in told
    assert "SourceSans3-Regular.ttf" in told
    assert "Gör så här: installera Avvik på nytt." in told
    assert _contents(draft_dir(settings)) == before
    assert current_edition(settings.published_dir) == edition


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
