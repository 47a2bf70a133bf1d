"""Socialstyrelsen's monthly table as a workbook: six real ones of Dalarnas län, and wrong bytes.

What is expected is read here with another reader of workbooks than the parser's.
"""

import io
import re
import zipfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation
from orchestration.sources.raw_tables import create_tables, load_dataset
from orchestration.sources.registry import Dataset, TableLayout, datasets_of, recorded_files
from tests.empty_database import empty_database

[COUNTY] = [
    each for each in datasets_of("demo") if each.source_id == "socialstyrelsen_assistance_county"
]
VINTAGES = recorded_files(COUNTY)
HOUSEHOLDS, PAID = "Antal hushåll", "Utbetalt ekonomiskt bistånd tkr"
MONTHS = "Januari Februari Mars April Maj Juni Juli Augusti September Oktober November December"
HOLE = "2016-12"
each_vintage = pytest.mark.parametrize("path", VINTAGES, ids=lambda path: path.stem[-10:])


def day_of(path: Path) -> date:
    """The day in a file's name."""
    year, month, day = map(int, path.stem.split("_")[-3:])
    return date(year, month, day)


def figures(path: Path) -> dict[tuple[str, str], Observation]:
    rows = parse_dataset(path.read_bytes(), COUNTY).observations
    return {(row.series, row.period): row for row in rows}


def last_known(path: Path) -> str:
    """The last month with a figure."""
    return max(period for (_, period), row in figures(path).items() if row.value is not None)


@each_vintage
def test_every_cell_of_a_real_workbook_is_read(path: Path) -> None:
    _, header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Tabell").to_python()
    assert header == ["År", "Månad", HOUSEHOLDS, PAID]
    expected = {
        (series, f"{row[0]}-{MONTHS.split().index(str(row[1])) + 1:02}"): cell
        for row in rows
        for series, cell in zip((HOUSEHOLDS, PAID), row[2:], strict=True)
    }
    found = figures(path)
    assert found.keys() == expected.keys()
    assert len(found) == 2 * 11 * 12
    for key, cell in expected.items():
        row = found[key]
        assert row.region == "Dalarnas län"
        assert row.dimensions == '{"nivå": "län"}'
        if cell == "--":
            assert (row.value, row.status, row.value_text) == (None, "missing", "--"), key
        else:
            assert (row.value, row.status) == (cell, "observed"), key


@each_vintage
def test_the_hole_and_what_has_not_come_are_missing_and_never_zero(path: Path) -> None:
    found = figures(path)
    missing = {period for (_, period), row in found.items() if row.status == "missing"}
    assert missing == {HOLE} | {
        f"2024-{m:02}" for m in range(1, 13) if f"2024-{m:02}" > last_known(path)
    }
    assert all(row.value is None or row.value > 0 for row in found.values())


@each_vintage
def test_a_workbook_says_what_day_it_is_of(path: Path) -> None:
    [note] = parse_dataset(path.read_bytes(), COUNTY).notes
    assert (note.kind, note.period, note.regions) == ("vintage", day_of(path).isoformat(), "[]")
    assert note.text.startswith(f"Arbetsboken sparades den {day_of(path).day} ")


def test_each_vintage_knows_more_and_none_takes_anything_back() -> None:
    known = [last_known(path) for path in VINTAGES]
    assert known == ["2024-03", "2024-04", "2024-06", "2024-08", "2024-10", "2024-12"]
    for path, month in zip(VINTAGES, known, strict=True):
        year, number = map(int, month.split("-"))
        end = date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
        assert timedelta(days=30) <= day_of(path) - end <= timedelta(days=62), path.name
    for earlier, later in pairwise(VINTAGES):
        before, after = figures(earlier), figures(later)
        assert [
            key
            for key, row in before.items()
            if row.value is not None and after[key].value != row.value
        ] == []


def test_none_of_them_is_held_against_the_one_before() -> None:
    with empty_database() as connection:
        connection.execute("create schema raw")
        create_tables(connection, [COUNTY])
        for number, path in enumerate(VINTAGES, start=1):
            answer = load_dataset(
                connection,
                COUNTY,
                path.read_bytes(),
                delivery_id=path.stem,
                delivery_sequence=number,
            )
            assert (answer.rows, answer.objections) == (2 * 11 * 12, ())


def changed(*changes: tuple[str, object], drop: int | None = None, saved: bool = True) -> bytes:
    """The first workbook with other cells, or without a row."""
    book = openpyxl.load_workbook(VINTAGES[0])
    sheet = book["Tabell"]
    for place, value in changes:
        sheet[place] = value
    if drop is not None:
        sheet.delete_rows(drop)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue() if saved else without_properties(content.getvalue())


def without_properties(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as archive:
        for part in source.infolist():
            if part.filename != "docProps/core.xml":
                archive.writestr(part, source.read(part))
    return target.getvalue()


def refused(content: bytes, dataset: Dataset = COUNTY) -> str:
    with pytest.raises(SourceFormatError) as caught:
        parse_dataset(content, dataset)
    message = caught.value.message_sv
    assert COUNTY.source_id in message
    assert re.search(r"Väntat: .+\. \w", message)
    return message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "går inte att läsa som en arbetsbok"),
        (VINTAGES[0].read_bytes()[:-400], "går inte att läsa som en arbetsbok"),
        (changed(("A1", "Ekonomiskt bistånd, Falun")), "området ”Falun”. Väntat: ett län"),
        (changed(("A1", "Ekonomiskt bistånd, Riket")), "området ”Riket”. Väntat: ett län"),
        (changed(("A1", "Dalarnas län")), "säger vilket län tabellen gäller"),
        (changed(("C2", "Antal personer")), "ingen rad i bladet ”Tabell” har alla rubriker"),
        (changed(("B3", "Jan")), "rad 3, kolumnen Månad: ”Jan”. Väntat: en månads namn, Januari"),
        (changed(("B3", "Februari")), "rad 4: samma uppgift som på rad 3"),
        (changed(("C3", "tolv")), "rad 3, kolumnen Antal hushåll"),
        (changed(("C3", None)), "rad 3, kolumnen Antal hushåll"),
        (changed(("A3", "14")), "rad 3"),
        (changed(drop=10), "året 2014: 11 månader. Väntat: tolv rader för varje år"),
        (changed(saved=False), "säger inte när den sparades"),
    ],
)
def test_another_workbook_is_refused_with_its_place(content: bytes, words: str) -> None:
    assert words in refused(content)


def test_a_layout_whose_title_names_the_region_says_of_what_level() -> None:
    declared = {"measures": (HOUSEHOLDS,), "period": "År", "month": "Månad"}
    TableLayout.model_validate(declared | {"region_after": "X, ", "region_level": "kommun"})
    for wrong, words in (
        ({"region_after": "X, "}, "declared level"),
        ({"region_sv": "Riket", "region_level": "lan"}, "declared level"),
        ({"region_sv": "Riket", "region_after": "X, ", "region_level": "lan"}, "one region"),
        ({"region_sv": "Riket", "period": None}, "a year beside it"),
    ):
        with pytest.raises(ValueError, match=words):
            TableLayout.model_validate(declared | wrong)
