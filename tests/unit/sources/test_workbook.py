"""Workbooks as their writers leave them: false extents, errors, formulas that nobody calculated.

The sheets are written by hand, as XML, since no writer of ours makes such files.
"""

import io
import zipfile

import openpyxl
import pytest

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.registry import Dataset, TableLayout, load_registry
from orchestration.sources.workbook import read_workbook

[REPORT] = [
    each for each in load_registry() if each.source_id == "socialstyrelsen_open_comparisons_2020"
]
SHARES: Dataset = REPORT.model_copy(
    update={
        "parser": "declared_table",
        "layout": TableLayout(sheet="Kommuner", code="Kod", region="Kommun", measures=("Andel",)),
    }
)
HANDLED = next(each for each in load_registry() if each.source_id == "bra_handled_crimes")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Öppna jämförelser 2023</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Kod</t></is></c>'
    '<c r="B2" t="inlineStr"><is><t>Kommun</t></is></c>'
    '<c r="C2" t="inlineStr"><is><t>Andel</t></is></c>'
    '<c r="D2" t="inlineStr"><is><t>Anmärkning</t></is></c></row>'
)


def row(number: int, code: str, region: str, share: str, more: str = "") -> str:
    """A row of the sheet; `share` and `more` are whole cells."""
    return (
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{code}</t></is></c>'
        f'<c r="B{number}" t="inlineStr"><is><t>{region}</t></is></c>{share}{more}</row>'
    )


def value(number: int, text: str) -> str:
    return f'<c r="C{number}"><v>{text}</v></c>'


ROWS = (
    row(3, "0114", "Upplands Väsby", value(3, "71"))
    + row(4, "0180", "Stockholm", value(4, "80"))
    + row(5, "1480", "Göteborg", value(5, "65"))
    + row(6, "1280", "Malmö", value(6, "90"))
)


def workbook(rows: str = ROWS, dimension: str = "", calculation: str = "") -> bytes:
    """A workbook of one sheet whose XML is given."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Kommuner"
    plain, made = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w") as target:
        for part in source.namelist():
            content = source.read(part).decode()
            if part == "xl/worksheets/sheet1.xml":
                content = (
                    f'<worksheet xmlns="{MAIN}">{dimension}'
                    f"<sheetData>{HEADER}{rows}</sheetData></worksheet>"
                )
            if part == "xl/workbook.xml":
                start = content.index("<calcPr")
                end = content.index("/>", start) + len("/>")
                content = content[:start] + calculation + content[end:]
            target.writestr(part, content)
    return made.getvalue()


def shares(content: bytes) -> dict[str, float | None]:
    return {
        observation.dimensions[9:13]: observation.value
        for observation in parse_dataset(content, SHARES).observations
    }


RIGHT = {"0114": 71, "0180": 80, "1480": 65, "1280": 90}


@pytest.mark.parametrize(
    "dimension",
    [
        "",
        '<dimension ref="A1:D6"/>',
        '<dimension ref="A1:C4"/>',
        '<dimension ref="A1:B6"/>',
        '<dimension ref="A1:C3"/>',
        '<dimension ref="A1"/>',
        '<dimension ref="B3:C4"/>',
        '<dimension ref="A1:XFD1048576"/>',
    ],
)
def test_what_a_sheet_says_of_its_extents_is_not_believed(dimension: str) -> None:
    assert shares(workbook(dimension=dimension)) == RIGHT


def test_rows_and_cells_need_not_say_where_they_are() -> None:
    bare = ROWS
    for number in range(3, 7):
        for column in "ABC":
            bare = bare.replace(f' r="{column}{number}"', "")
        bare = bare.replace(f'<row r="{number}">', "<row>")
    assert ' r="' not in bare
    assert shares(workbook(bare, '<dimension ref="A1:C4"/>')) == RIGHT


def test_cells_that_would_be_lost_on_the_way_are_not() -> None:
    """Rows that stand in another order than their numbers cannot be told from missing ones."""
    late = row(4, "0180", "Stockholm", value(4, "80"))
    assert late in ROWS
    with pytest.raises(SourceFormatError, match="går inte att läsa som en arbetsbok"):
        shares(workbook(ROWS.replace(late, "") + late))


UNREADABLE = [
    ('<c r="C4" t="e"><v>#N/A</v></c>', "felvärdet #N/A"),
    ('<c r="C4" t="e"><v>#REF!</v></c>', "felvärdet #REF!"),
    ('<c r="C4" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "felvärdet #DIV/0!"),
    ('<c r="C4"><f>C3+9</f></c>', "en formel utan uträknat värde"),
    ('<c r="C4"><f>C3+9</f><v></v></c>', "en formel utan uträknat värde"),
    ('<c r="C4"><f t="shared" si="0"/><v/></c>', "en formel utan uträknat värde"),
]


@pytest.mark.parametrize(("cell", "words"), UNREADABLE)
def test_what_cannot_be_read_is_never_empty(cell: str, words: str) -> None:
    """Whether the publisher lets a cell be empty or not."""
    content = workbook(ROWS.replace(value(4, "80"), cell))
    layout = SHARES.layout
    assert layout is not None
    may_be_empty = SHARES.model_copy(
        update={"layout": layout.model_copy(update={"marks": {"": "missing"}})}
    )
    for dataset in (SHARES, may_be_empty):
        with pytest.raises(SourceFormatError) as caught:
            parse_dataset(content, dataset)
        assert words in caught.value.message_sv
        assert "bladet Kommuner, rad 4, kolumn C" in caught.value.message_sv
        assert "låt det räkna om den" in caught.value.message_sv


def test_a_date_beyond_all_dates_is_never_empty() -> None:
    """An Excel date is a number; openpyxl gives it no date above the year 9999."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Kommuner"
    sheet.append(["Öppna jämförelser 2023"])
    sheet.append(["Kod", "Kommun", "Andel"])
    sheet.append(["0180", "Stockholm", 99_999_999])
    sheet["C3"].number_format = "yyyy-mm-dd"
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(SourceFormatError, match="rad 3, kolumn C: felvärdet"):
        parse_dataset(content.getvalue(), SHARES)


@pytest.mark.parametrize("place", ["A", "B"])
def test_a_code_or_a_name_that_cannot_be_read_is_refused(place: str) -> None:
    rows = ROWS.replace(
        f'<c r="{place}4" t="inlineStr"><is><t>{"0180" if place == "A" else "Stockholm"}</t></is>',
        f'<c r="{place}4" t="e"><v>#REF!</v>',
    )
    assert rows != ROWS
    with pytest.raises(SourceFormatError, match=rf"rad 4, kolumn {place}: felvärdet #REF!"):
        shares(workbook(rows))


def test_a_title_that_cannot_be_read_gives_no_year() -> None:
    content = workbook()
    assert shares(content) == RIGHT
    title = (
        '<row r="1"><c r="A1"><f>B9</f></c><c r="B1" t="inlineStr"><is><t>2022</t></is></c></row>'
    )
    old = HEADER[: HEADER.index('<row r="2">')]
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for part in source.namelist():
            target.writestr(part, source.read(part).decode().replace(old, title))
    with pytest.raises(SourceFormatError, match="rad 1, kolumn A: en formel utan uträknat värde"):
        shares(made.getvalue())


def test_a_stored_result_is_read_and_may_be_an_empty_text() -> None:
    share = '<c r="C4"><f>C3+9</f><v>80</v></c>'
    note = '<c r="D4" t="str"><f>IF(C4&gt;0,"","tomt")</f><v></v></c>'
    assert shares(workbook(ROWS.replace(value(4, "80"), share + note))) == RIGHT


def test_a_result_that_was_stored_without_calculating_is_not_believed() -> None:
    """Writers that cannot calculate store 0 and ask whoever opens the file to do it."""
    share = '<c r="C4"><f>C3+9</f><v>0</v></c>'
    content = workbook(
        ROWS.replace(value(4, "80"), share), calculation='<calcPr calcId="1" fullCalcOnLoad="1"/>'
    )
    with pytest.raises(SourceFormatError, match="rad 4, kolumn C: en formel utan uträknat värde"):
        shares(content)
    assert shares(workbook(calculation='<calcPr calcId="1" fullCalcOnLoad="1"/>')) == RIGHT


def test_what_no_column_of_ours_holds_may_be_wrong() -> None:
    note = '<c r="D4" t="e"><v>#NAME?</v></c>'
    assert shares(workbook(ROWS.replace(value(4, "80"), value(4, "80") + note))) == RIGHT


def test_an_older_table_saved_as_a_workbook_is_held_to_the_same() -> None:
    table = HANDLED.model_copy(
        update={"parser": "crime_table", "layout": None, "measures": ("Antal",), "variables": ()}
    )
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Anmälda brott, hela landet, 2023"])
    sheet.append(["Mord", "=1+1"])
    sheet.append(["Rån", 7])
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(SourceFormatError, match="rad 2, kolumn B: en formel utan uträknat värde"):
        parse_dataset(content.getvalue(), table)


def test_every_cell_of_every_sheet_is_counted() -> None:
    sheets = read_workbook(workbook(dimension='<dimension ref="A1"/>'), SHARES)
    assert [(sheet.name, len(sheet.rows), sheet.unreadable) for sheet in sheets] == [
        ("Kommuner", 6, {})
    ]
