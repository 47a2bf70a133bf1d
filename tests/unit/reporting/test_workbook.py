"""The workbook of a document's tables: numbers as printed, text as text, no formula."""

import io
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest

from orchestration.findings.cells import Cell as Address
from orchestration.language.inline import (
    Form,
    Mark,
    Note,
    Number,
    Period,
    Quoted,
    Said,
    Style,
    Text,
    nodes,
)
from orchestration.reporting.document import (
    Appendix,
    Cell,
    Column,
    Document,
    Figure,
    Folded,
    Heading,
    Plain,
    Table,
)
from orchestration.reporting.render.workbook import as_workbook, printed_number
from orchestration.reporting.svg import Canvas

WHEN = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
HERE = (Address("marts.any"),)


def number(value: float, style: Style = Style.PLAIN, digits: int = 0, **form: object) -> Said:
    return (Number(value, Form(style, digits, **form), HERE),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "value", "code"),
    [
        (number(82576.4), 82576, "#,##0"),
        (number(-7.249, digits=1), -7.2, "#,##0.0"),
        (number(0.0634999, Style.PERCENT_SIGN, 1), 0.063, "#,##0.0 %"),
        (number(0.0707, Style.PERCENT_SIGN, 1, sign=True), 0.071, None),
        (number(0.15, Style.POINTS, 1), 15.0, '#,##0.0"\xa0procentenheter"'),
        (number(527, Style.FULL, measure="count", unit="personer"), 527, '#,##0"\xa0personer"'),
        ((Period.year(2023),), 2023, "0"),
    ],
)
def test_a_number_has_the_decimals_that_are_printed(
    said: Said, value: float, code: str | None
) -> None:
    found = printed_number(said)
    assert found is not None
    assert found.value == value
    assert code is None or found.code == code


@pytest.mark.parametrize(
    "said",
    [
        number(0.0004, Style.PROBABILITY_SIGN),
        number(3, Style.CARDINAL),
        (*number(1), Text("–"), *number(2)),
        (Period.years(2016, 2023),),
        (Quoted("2023", "register", "rad"),),
        nodes("–"),
    ],
)
def test_all_else_is_text(said: Said) -> None:
    assert printed_number(said) is None


def table(anchor: str, *cells: Cell, numbered: bool = True, note: Said = ()) -> Table:
    return Table(
        (*nodes("Tabellen "), Mark("syntetisk"), *note),
        (Column(nodes("Rad")), Column(nodes("Värde"), numeric=True)),
        tuple((Cell(nodes("Raden")), cell) for cell in cells),
        anchor,
        numbered=numbered,
    )


def figure(values: Table | str, anchor: str) -> Figure:
    canvas = Canvas()
    canvas.text("x", 0, 0)
    drawn = (canvas.finished(),)
    return Figure(nodes("Det sjönk"), nodes("Bild"), nodes("Det sjönk."), drawn, values, anchor)


def book(*blocks: Plain) -> tuple[bytes, openpyxl.Workbook]:
    heading = Heading(2, nodes("Kapitlet"), "kapitlet")
    last = Appendix((Heading(2, nodes("Bilagan"), "bilagan"), table("sist", Cell(nodes("Slutet")))))
    whole = Document(nodes("Titeln"), nodes("Under"), (heading, *blocks, last), "T")
    known = table("kanda", Cell(nodes("En definition")), numbered=False)
    written = as_workbook(whole, known, WHEN)
    assert as_workbook(whole, known, WHEN) == written
    return written, openpyxl.load_workbook(io.BytesIO(written))


def rows(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_each_table_is_a_sheet_that_the_contents_lead_to() -> None:
    note = (Note(nodes("Boken.")),)
    _, found = book(
        table("forsta", Cell(number(1234.5), below=nodes("personer")), note=note),
        figure(table("varden", Cell(number(5)), numbered=False), "bilden"),
        figure("forsta", "samma"),
        figure(table("fler", Cell(number(6)), numbered=False, note=note), "tredje"),
        Folded(nodes("Mer"), (table("vikt", Cell(number(7)), numbered=False),)),
    )
    names = ["Tabell 1", "Figur 1", "Figur 3", "Övrig 1", "Tabell 2"]
    assert found.sheetnames == ["Innehåll", *names, "Definitioner", "Källor"]
    listed = rows(found["Innehåll"])
    assert listed[2] == ["Blad", "Vad det visar", "Kapitel"]
    assert [row[0] for row in listed[3:]] == [*names, "Definitioner", "Källor"]
    assert listed[3] == ["Tabell 1", "Tabell 1. Tabellen (syntetisk)", "Kapitlet"]
    assert listed[4][1] == "Figur 1. Det sjönk. Tabellen (syntetisk)"
    assert listed[7] == ["Tabell 2", "Tabell 2. Tabellen (syntetisk)", "Bilagan"]
    for place, name in enumerate([*names, "Definitioner", "Källor"], start=4):
        link = found["Innehåll"][f"A{place}"].hyperlink
        assert link is not None
        assert link.location == f"'{name}'!A1"
    first = found["Tabell 1"]
    assert first.freeze_panes == "B4"
    assert rows(first)[2:4] == [
        ["Rad", "Värde", "Värde: tillägg"],
        ["Raden", 1235, "personer"],
    ]
    assert rows(first)[-1][0] == "Boken."
    assert rows(found["Figur 3"])[3] == ["Raden", 6]
    assert rows(found["Definitioner"])[3] == ["Raden", "En definition"]
    assert rows(found["Källor"])[3:] == [["Boken.", "Tabell 1, Figur 3"]]


def test_a_row_is_as_high_as_its_longest_text() -> None:
    long = nodes("ord " * 40)
    _, found = book(table("forsta", Cell(nodes("kort")), Cell(long), Cell(nodes("kort"))))
    sheet = found["Tabell 1"]
    heights = [sheet.row_dimensions[row].height for row in (4, 5, 6)]
    # 160 letters in a column of 48, fifteen points a line.
    assert heights == [None, 60, None]
    assert sheet.column_dimensions["B"].width >= 48


@pytest.mark.parametrize("text", ["=1+1", "+46", "-a", "@x", "{=1}", "https://example.org", "\t=1"])
def test_no_text_is_taken_for_something_to_compute_or_follow(text: str) -> None:
    written, found = book(table("forsta", Cell((Quoted(text, "register", "rad"),))))
    cell = found["Tabell 1"]["B4"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/" in name]
    assert len(sheets) > 3
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
