"""A year's workbook of Öppna jämförelser is read as declared, and refused where it is not.

No real workbook is kept in the open: the recorded ones are made by `tests.oj_answers`, whose shares
are the printed ones. The small ones here are written cell by cell.
"""

import io
import json
from collections.abc import Callable, Iterator, Sequence

import duckdb
import openpyxl
import pytest
from pydantic import ValidationError

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation
from orchestration.sources.raw_tables import create_tables, load_dataset
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.sources.socialstyrelsen.layouts import Layout, layouts
from tests import oj_answers

[DATASET] = [
    each
    for each in datasets_of("demo")
    if each.source_id == "socialstyrelsen_open_comparison_answers"
]
[LAYOUT] = [each for each in layouts() if each.year == 2018]
HEADER = 4
Rows = list[list[object]]
Change = Callable[[Rows], None]


def rows() -> Rows:
    """A sheet of 2018: answers J and N, a silent municipality and two districts."""
    number = len(LAYOUT.indicators)
    return [
        ["Öppna jämförelser 2018 – Ekonomiskt bistånd"],
        ["J = ja, N = nej"],
        [],
        list(LAYOUT.headings),
        [None, "Riket", None, *["50"] * number],
        ["01", "Stockholms län", None, *["50"] * number],
        ["0114", "Upplands Väsby", None, *["J"] * number],
        [180, "Stockholm", None, *["50"] * number],
        [180, "Stockholm", "Farsta", *["N"] * number],
        ["0180", "Stockholms stad", "Bromma", *["X"] * number],
        ["1980", "Västerås kommun", None, *[None] * number],
        [],
        ["Källa: Socialstyrelsen."],
    ]


def workbook(table: Sequence[Sequence[object]], sheet: str = "Ekonomiskt bistånd") -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Läs mig"
    target = book.create_sheet(sheet)
    for row in table:
        target.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(SourceFormatError) as caught:
        parse_dataset(content, DATASET)
    return caught.value.message_sv


def answers(found: Sequence[Observation], series: str) -> dict[str, tuple[float | None, str]]:
    return {row.region: (row.value, row.status) for row in found if row.series == series}


def test_units_answers_and_what_is_no_unit() -> None:
    parsed = parse_dataset(workbook(rows()), DATASET)
    assert answers(parsed.observations, "oj_budget_advice") == {
        "0114": (1.0, "observed"),
        "0180 Farsta": (0.0, "observed"),
        "0180 Bromma": (None, "suppressed"),
        "1980": (None, "missing"),
    }
    assert {row.period for row in parsed.observations} == {"2018"}
    farsta = next(row for row in parsed.observations if row.region == "0180 Farsta")
    assert json.loads(farsta.dimensions) == {
        "fråga": "Besvarat enkätens generella del",
        "kommun": "0180",
        "ordalydelse": "1",
        "räknas": "municipality",
        "stadsdel": "Farsta",
    }
    assert farsta.row_number == 9
    assert [(note.kind, note.text) for note in parsed.notes] == [
        ("method", "Källa: Socialstyrelsen."),
        (
            "method",
            "Rader som summerar andra räknas inte som enheter: Riket, Stockholms län, Stockholm.",
        ),
    ]


def test_columns_may_change_places_and_one_that_is_not_declared_is_told() -> None:
    table = [[*row[::-1], "x"] if len(row) > 1 else row for row in rows()[:-1]]
    table[HEADER - 1][-1] = "Kommentar"
    parsed = parse_dataset(workbook(table), DATASET)
    assert answers(parsed.observations, "oj_budget_advice")["0180 Farsta"] == (0.0, "observed")
    assert "Kolumner som layouten inte beskriver läses inte: Kommentar." in [
        note.text for note in parsed.notes
    ]


def put(row: int, column: int, value: object) -> Change:
    def change(table: Rows) -> None:
        table[row - 1][column] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        # A code that nobody has declared, and one that is almost the declared one.
        (put(7, 5, "Ja"), "rad 7, kolumn F (Erbjuder enklare hushållsekonomisk rådgivning)"),
        (put(7, 5, "j"), "svaret ”j”. Väntat: J, N, tom cell, X."),
        (put(7, 5, 1), "svaret ”1”"),
        (put(7, 5, True), "svaret ”SANT”"),
        (put(9, 3, "-"), "svaret ”-”"),
        # Cells that cannot be read.
        (put(7, 5, "#REF!"), "rad 7, kolumn F: felvärdet #REF!"),
        (put(9, 2, "#N/A"), "rad 9, kolumn C: felvärdet #N/A"),
        (put(7, 5, "=A1"), "en formel utan uträknat värde"),
        # Headings.
        (put(4, 5, "Erbjuder hushållsekonomisk rådgivning"), "rådgivning” saknas"),
        (put(4, 6, LAYOUT.headings[5]), "rådgivning” står flera gånger"),
        (put(4, 0, "Kod"), "rubriken ”Kommunkod” saknas"),
        (put(4, 0, None), "rubriken ”Kommunkod” saknas"),
        # Units.
        (put(7, 0, "9999"), "kommunkoden ”9999” finns inte"),
        (put(7, 1, "Solna"), "koden 0114 är Upplands Väsby, men raden säger ”Solna”"),
        (put(7, 0, None), "raden saknar kommunkod"),
        (put(7, 0, "Upplands"), "koden ”Upplands”"),
        (put(5, 1, "Hela riket"), "raden saknar kommunkod"),
        (put(10, 2, "Farsta"), "rad 10: samma uppgift som på rad 9"),
        # The year.
        (put(1, 0, "Öppna jämförelser 2017"), "inget blad bär en titel som är beskriven"),
    ],
)
def test_what_is_not_as_declared_is_refused_by_place_and_rule(change: Change, said: str) -> None:
    table = rows()
    change(table)
    message = refused(workbook(table))
    assert said in message
    assert "Väntat: " in message
    assert DATASET.source_id in message
    # What to do is the last thing that is said.
    assert any(word in message.rpartition("Väntat: ")[2] for word in ("lämna", "Hämta", "hämta"))


def test_another_sheet_a_cut_sheet_and_a_question_without_answers_are_refused() -> None:
    assert "bladen är ”Läs mig, Barn och unga”" in refused(workbook(rows(), "Barn och unga"))
    assert "rubriken ”Kommunkod” saknas" in refused(workbook(rows()[:3]))
    assert "ingen rad med kommunkod" in refused(workbook([*rows()[:5], *rows()[-1:]]))
    table = rows()
    for row in table[6:11]:
        row[5] = None
    assert "kolumn F (Erbjuder enklare hushållsekonomisk rådgivning): kolumnen har inget svar" in (
        refused(workbook(table))
    )


def test_a_blank_that_is_no_declared_code_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = LAYOUT.model_copy(update={"codes": {"J": "yes", "N": "no", "X": "suppressed"}})
    monkeypatch.setattr(
        "orchestration.sources.socialstyrelsen.oj_workbook.layouts", lambda: (strict,)
    )
    assert "rad 11, kolumn D (Besvarat enkätens generella del): en tom cell" in refused(
        workbook(rows())
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"Kommunkod;Kommun\n0114;Upplands V\xe4sby\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0rest"],
)
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    assert "arbetsbok" in refused(content)


def test_a_cut_recording_is_refused() -> None:
    content = recorded_files(DATASET)[0].read_bytes()
    assert "arbetsbok" in refused(content[: len(content) // 2])


@pytest.mark.parametrize(
    "change",
    [
        {"codes": {"J": "yes", "X": "suppressed"}},
        {"indicators": [{"label": "a", "indicator_id": "i"}, {"label": "a", "indicator_id": "j"}]},
        {"indicators": [{"label": "a", "indicator_id": "i"}, {"label": "b", "indicator_id": "i"}]},
        {"header_row": 1},
        {"colour": "blue"},
    ],
)
def test_a_layout_that_cannot_be_read_by_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Layout.model_validate(LAYOUT.model_dump() | change)


def said(observations: Sequence[Observation]) -> Iterator[tuple[str, str, str]]:
    return ((row.region, row.series, row.value_text) for row in observations)


def test_the_recorded_workbooks_say_what_they_are_made_to_say() -> None:
    made = oj_answers.make()
    files = recorded_files(DATASET)
    for layout, path in zip(layouts(), files, strict=True):
        parsed = parse_dataset(path.read_bytes(), DATASET)
        year = made[layout.year]
        assert set(said(parsed.observations)) == {
            (
                unit.unit_id,
                question.indicator_id,
                oj_answers.cell(year, question.indicator_id, unit),
            )
            for unit in oj_answers.units()
            for question in layout.indicators
        }
        assert len({row.region for row in parsed.observations}) == 312


def test_the_recorded_answers_give_each_printed_share() -> None:
    """By plain arithmetic; the printed shares are those of the report's tables and its text."""
    found = [
        row
        for path in recorded_files(DATASET)
        for row in parse_dataset(path.read_bytes(), DATASET).observations
        if row.value is not None and json.loads(row.dimensions)["räknas"] == "unit"
    ]
    cells = 0
    for (indicator, year, kind, group), per_cent in oj_answers.published().items():
        if indicator.startswith("oj_response_rate"):
            continue
        groups = {} if kind == "riket" else oj_answers.groups(kind, year)
        values = [
            row.value
            for row in found
            if (row.series, row.period) == (indicator, str(year))
            and (kind == "riket" or groups[row.region[:4]] == group)
        ]
        assert round(100 * sum(filter(None, values)) / len(values)) == per_cent
        cells += 1
    # The 60 of the three tables, and two levels of 2019 that the text gives.
    assert cells == 62


def altered(answers: int, before: str, value: str | None) -> bytes:
    """The recorded workbook of 2020 with some of its answers exchanged."""
    book = openpyxl.load_workbook(recorded_files(DATASET)[-1])
    sheet = book["Ekonomiskt bistånd"]
    left = answers
    for row in sheet.iter_rows(min_row=7, min_col=6):
        for cell in row:
            if cell.value == before and left:
                cell.value = value
                left -= 1
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_corrected_workbook_replaces_its_year_and_a_gutted_one_is_held() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        create_tables(connection, [DATASET])

        def load(content: bytes, sequence: int) -> list[str]:
            answer = load_dataset(
                connection, DATASET, content, delivery_id="d", delivery_sequence=sequence
            )
            return [each.rule for each in answer.objections]

        for sequence, path in enumerate(recorded_files(DATASET), start=1):
            assert load(path.read_bytes(), sequence) == []
        # Forty answers put right are no exchange, though most become another unit's too.
        assert load(altered(40, "N", "J"), 4) == []
        assert load(altered(900, "J", None), 5) == ["uppgifter_borta"]
        assert connection.execute(
            "select period, count(distinct delivery_sequence) from raw.socialstyrelsen__oj_answers"
            " group by period order by period"
        ).fetchall() == [("2018", 1), ("2019", 1), ("2020", 2)]
