"""Workbooks read by a declared layout, in the form of Öppna jämförelser.

No real workbook of Öppna jämförelser is kept in the open. These are built from what such workbooks
have in common: titles above the header, a code and a name in each row, marks in place of figures,
notes below. They prove the reader, and not that a layout is Socialstyrelsen's.
"""

import io
import json
from collections.abc import Sequence

import openpyxl
import pytest
from pydantic import ValidationError

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation
from orchestration.sources.registry import Dataset, TableLayout, load_registry
from orchestration.sources.socialstyrelsen import parse

[REPORT] = [
    each for each in load_registry() if each.source_id == "socialstyrelsen_open_comparisons_2020"
]
FREDA, WAIT = "Använder FREDA-kortfrågor", "Väntetid, dagar (median)"
LAYOUT = TableLayout(
    sheet="Kommuner",
    code="Kod",
    region="Kommun/stadsdel",
    measures=(FREDA, WAIT),
    marks={"..": "missing", "": "missing", "X": "suppressed", "-": "not_applicable"},
)
WORKBOOK: Dataset = REPORT.model_copy(
    update={"parser": "declared_table", "layout": LAYOUT, "source_id": "oj_arbetsbok"}
)
TITLE = ["Öppna jämförelser – Ekonomiskt bistånd 2020"]
# Line breaks and double blanks within a heading are layout.
HEADER = ["Kod", "Kommun/stadsdel", "Använder\nFREDA-kortfrågor", WAIT]
ROWS: list[list[object]] = [
    [None, "Riket", 75, 12.5],
    ["01", "Stockholms län", 80, 11],
    ["0180", "Stockholm", "..", ".."],
    ["0180-06", "Farsta", 1, 9],
    ["148001", "Angered", "X", "X"],
    [114, "Upplands Väsby", 1, "-"],
    [1480, "Göteborg", None, None],
    [],
    ["Källa: Socialstyrelsen, Öppna jämförelser."],
    ["1) Uppgiften avser våren."],
]


def workbook(rows: Sequence[Sequence[object]], sheet: str = " Kommuner ") -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Läs mig"
    target = book.create_sheet(sheet)
    for row in rows:
        target.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def oj(*changes: tuple[int, Sequence[object]]) -> bytes:
    rows: list[Sequence[object]] = [TITLE, ["Resultat per kommun"], [], HEADER, *ROWS]
    for place, row in changes:
        rows[place] = row
    return workbook(rows)


def cells(rows: Sequence[Observation], series: str) -> dict[str, tuple[float | None, str, str]]:
    return {
        row.region: (row.value, row.status, json.loads(row.dimensions)["kod"])
        for row in rows
        if row.series == series
    }


def test_municipalities_counties_country_and_boards_are_told_apart() -> None:
    parsed = parse(oj(), WORKBOOK)
    assert cells(parsed.observations, FREDA) == {
        "Riket": (75, "observed", ""),
        "Stockholms län": (80, "observed", "01"),
        "Stockholm": (None, "missing", "0180"),
        "Farsta": (1, "observed", "0180-06"),
        "Angered": (None, "suppressed", "148001"),
        "Upplands Väsby": (1, "observed", "0114"),
        "Göteborg": (None, "missing", "1480"),
    }
    assert cells(parsed.observations, WAIT)["Upplands Väsby"] == (None, "not_applicable", "0114")
    assert cells(parsed.observations, WAIT)["Riket"][0] == 12.5
    assert {row.period for row in parsed.observations} == {"2020"}
    assert [row.row_number for row in parsed.observations[:3]] == [5, 5, 6]


def test_rows_without_figures_are_notes() -> None:
    notes = parse(oj(), WORKBOOK).notes
    assert [(note.kind, note.text) for note in notes] == [
        ("method", "Källa: Socialstyrelsen, Öppna jämförelser."),
        ("other", "1) Uppgiften avser våren."),
        (
            "method",
            (
                "Rader för stadsdelar: Farsta, Angered. De räknas bara där namnet finns bland "
                "kommunens egna nämnder; övriga stannar i raw."
            ),
        ),
    ]


def test_columns_may_change_places_and_others_may_stand_between() -> None:
    mixed: list[list[object]] = [[row[3], "x", row[1], row[0], row[2]] for row in ROWS[:6]]
    header = [WAIT, "Kommentar", "Kommun/stadsdel", "Kod", FREDA]
    parsed = parse(workbook([TITLE, header, *mixed]), WORKBOOK)
    assert cells(parsed.observations, FREDA)["Stockholms län"] == (80, "observed", "01")


def test_a_year_may_stand_in_a_column() -> None:
    layout = LAYOUT.model_copy(update={"period": "År"})
    dated = WORKBOOK.model_copy(update={"layout": layout})
    rows: list[list[object]] = [
        ["Ekonomiskt bistånd"],
        ["Kod", "Kommun/stadsdel", "År", FREDA, WAIT],
        ["0180", "Stockholm", 2022, 1, 3],
        ["0180", "Stockholm", 2023, 0, 4],
    ]
    found = parse(workbook(rows), dated).observations
    assert [(row.period, row.value) for row in found if row.series == WAIT] == [
        ("2022", 3),
        ("2023", 4),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook([TITLE, HEADER, *ROWS], sheet="Stadsdelar"), "arbetsboken har bladen"),
        (oj((3, [*HEADER[:3], "Väntetid"])), "har alla rubriker"),
        (oj((0, ["Öppna jämförelser"])), "saknar årtal"),
        (oj((6, ["0180", "Stockholm", "nej", 1])), f"rad 7, kolumnen {FREDA}"),
        (oj((6, ["0180", None, 1, 1])), "rad 7: raden saknar benämning"),
        (oj((6, ["18O", "Stockholm", 1, 1])), "rad 7: koden ”18O”"),
        (oj((9, ["0180-06", "Farsta", 1, 9])), "rad 10: samma uppgift som på rad 8"),
        (workbook([TITLE, HEADER, [], ["Källa: –"]]), "saknar datarader"),
        (oj()[:-30], "går inte att läsa som en arbetsbok"),
        (b"PK\x03\x04", "går inte att läsa som en arbetsbok"),
        (b"<!doctype html><title>Logga in</title>", "går inte att läsa som en arbetsbok"),
    ],
)
def test_another_workbook_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(content, WORKBOOK)
    assert words in caught.value.message_sv
    assert "Väntat:" in caught.value.message_sv


def test_a_sheet_without_end_is_refused() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Kommuner"
    book.worksheets[0]["A1048576"] = "sist"
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(SourceFormatError, match="orimligt stor"):
        parse(content.getvalue(), WORKBOOK)


def test_a_layout_belongs_to_one_parser_and_names_its_regions() -> None:
    wrong: list[dict[str, object]] = [
        {"layout": LAYOUT.model_dump()},
        {"parser": "declared_table"},
    ]
    for change in wrong:
        with pytest.raises(ValidationError, match="a layout is stated"):
            Dataset.model_validate(REPORT.model_dump() | change)
    for region in ({"region": None}, {"region_sv": "Riket"}):
        with pytest.raises(ValidationError, match="about one region"):
            TableLayout.model_validate(LAYOUT.model_dump() | region)
