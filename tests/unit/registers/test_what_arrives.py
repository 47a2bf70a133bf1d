"""What a file holds is what arrives: nothing is lost, doubled or read as something else."""

import codecs
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orchestration.registers.contract import Contract, build_contract, load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.mapping import CONTRACT_FORM, Form, RegisterMapping
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, load_register
from tests.empty_database import empty_database

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
EVICTIONS = "avhysning_id;datum;stadsdelsnamnd;antal_barn;verkstalld;orsak\n"
GOOD = EVICTIONS + "A1;2023-02-03;Älvsjö;2;J;hyresskuld\nA2;2023-05-06;Bromma;1;N;storning\n"
ROWS = [("A1", 2), ("A2", 3)]
NOTES = build_contract(
    "anteckningar",
    {
        "title_sv": "Anteckningar",
        "first_period": "2016-01",
        "periods": ["year"],
        "key": ["nr"],
        "columns": {
            "nr": {"type": "text", "personal": "none"},
            "text": {"type": "text", "personal": "none", "line_breaks": True},
            "datum": {"type": "date", "personal": "none", "optional": True},
            "antal": {"type": "integer", "personal": "none", "optional": True},
            "belopp": {"type": "decimal", "personal": "none", "optional": True},
            "manad": {"type": "month", "personal": "none", "optional": True},
            "slut": {"type": "flag", "personal": "none", "optional": True},
        },
    },
)


def load(
    folder: Path,
    contract: Contract | str,
    files: Sequence[tuple[str, bytes]],
    *,
    mapping: RegisterMapping = CONTRACT_FORM,
    columns: str = "*",
) -> tuple[list[LoadResult], list[tuple[Any, ...]]]:
    """Load files as one night does, by their endings, and read what came to `raw`."""
    if isinstance(contract, str):
        contract = load_contracts()[contract]
    deliveries = []
    for number, (ending, content) in enumerate(files, start=1):
        path = folder / f"landed-{number}"
        path.write_bytes(content)
        name = f"{contract.register_name}_{2010 + number + 6}.{ending}"
        deliveries.append(Delivery(number, f"sha{number}", name, path, "2024-01-31"))
    with empty_database() as connection:
        connection.execute("create schema raw")
        results = load_register(
            connection,
            contract,
            deliveries,
            municipality_id="0180",
            units=["Älvsjö", "Bromma", "Farsta"],
            key=KEY,
            work_dir=folder,
            mapping=mapping,
        )
        rows = connection.execute(
            f"select {columns} from raw.{contract.table} order by delivery_sequence, row_number"
        ).fetchall()
    return results, rows


def evictions(
    folder: Path, content: str | bytes, ending: str = "csv", **form: Any
) -> tuple[LoadResult, list[tuple[Any, ...]]]:
    data = content.encode() if isinstance(content, str) else content
    [result], rows = load(
        folder,
        "avhysningar_barn",
        [(ending, data)],
        mapping=RegisterMapping(form=Form(**form)),
        columns="avhysning_id, row_number",
    )
    return result, rows


def told(result: LoadResult) -> list[tuple[str, str | None, int | None]]:
    return [(breach.rule, breach.column, breach.first_row) for breach in result.breaches]


# Lines, and where they stand.


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (GOOD, ROWS),
        (GOOD.rstrip("\n"), ROWS),
        (GOOD + "\n\n", ROWS),
        (GOOD.replace("\nA2", "\n\n\nA2"), [("A1", 2), ("A2", 5)]),
        (GOOD.replace("\nA2", "\n;;;;;\nA2"), [("A1", 2), ("A2", 4)]),
        (GOOD.replace("\nA2", "\n   \nA2"), [("A1", 2), ("A2", 4)]),
        ("\n\n" + GOOD.replace("\nA2", "\n\nA2"), [("A1", 4), ("A2", 6)]),
        ("sep=;\n" + GOOD, [("A1", 3), ("A2", 4)]),
        ("\ufeff" + "SEP=;\n" + GOOD, [("A1", 3), ("A2", 4)]),
        (GOOD.replace("avhysning_id", '"avhysning_id"').replace("A1", '"A1"'), ROWS),
        # A quotation mark within a cell that is not quoted is a character like others.
        (GOOD.replace("A1", 'A"1').replace("\nA2", "\n\nA2"), [('A"1', 2), ("A2", 4)]),
    ],
)
def test_a_row_has_the_number_of_its_line(
    tmp_path: Path, content: str, rows: list[tuple[str, int]], newline: str
) -> None:
    result, found = evictions(tmp_path, content.replace("\n", newline))
    assert told(result) == []
    assert found == rows


def test_a_fault_has_the_number_of_its_line_after_blank_and_rejected_ones(tmp_path: Path) -> None:
    content = GOOD.replace("\nA2", "\n\nA3;x\n\n\nA2").replace("2023-05-06", "2023-13-06")
    result, _ = evictions(tmp_path, content)
    assert told(result) == [("antal_falt", None, 4), ("datum", "datum", 7)]


def children(*lines: str) -> str:
    contract = load_contracts()["barn_unga_arenden"]
    return "".join(f"{line}\n" for line in [";".join(contract.columns), *lines])


def child(number: int, place: str = "Farsta strand") -> str:
    day = f"2023-01-{number:02d}"
    return (
        f"BU{number:03d};201306299924;K;Farsta;{place};{day};anmalan;skola;vald_i_hemmet;{day};;N;"
        "ingen_oro;;;;;;;;;14;N;N;"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("closing", "line"), [(25, 6), (6, 6), (None, 6)], ids=["far below", "next line", "never"]
)
def test_an_unclosed_quotation_mark_is_told_by_its_line(
    tmp_path: Path, closing: int | None, line: int, newline: str
) -> None:
    """It swallows what stands below up to the next mark, and the row has the right fields."""
    places = {5: '"Farsta strand', closing: 'Farsta strand"'}
    lines = [child(number, places.get(number, "Farsta strand")) for number in range(1, 31)]
    content = children(*lines).replace("\n", newline).encode()
    [result], rows = load(tmp_path, "barn_unga_arenden", [("csv", content)])
    assert ("citattecken", None, line) in told(result)
    assert result.outcome == "quarantined"
    assert rows == []
    assert "Gör så här: stäng citattecknet" in result.breaches[0].message()


NOTE_HEADER = "nr;text;datum\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_column_may_hold_line_breaks_where_the_contract_says_so(
    tmp_path: Path, newline: str
) -> None:
    content = NOTE_HEADER + '1;"a\n\n""b""\nc";2023-01-01\n\n2;"x";2023-01-02\n3;"y\nz";\n'
    files = [("csv", content.replace("\n", newline).encode()), ("csv", b"nr;text;datum\n4;q;\n")]
    results, rows = load(tmp_path, NOTES, files, columns="nr, text, row_number")
    assert [told(result) for result in results] == [[], []]
    first = 'a\n\n"b"\nc'.replace("\n", newline)
    assert rows == [("1", first, 2), ("2", "x", 7), ("3", f"y{newline}z", 8), ("4", "q", 2)]


@pytest.mark.parametrize(
    "content",
    [
        NOTE_HEADER + '1;a;2023-01-01\n"2\n3";b;\n',
        'nr;text;annat\n1;a;x\n2;b;"y\nz"\n',
    ],
)
def test_a_line_break_in_another_column_is_told(tmp_path: Path, content: str) -> None:
    [result], rows = load(tmp_path, NOTES, [("csv", content.encode())])
    assert told(result) == [("citattecken", None, 3)]
    assert rows == []


def test_rows_that_are_more_than_the_lines_are_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads wrongly, the file's own lines are counted by another."""
    monkeypatch.setattr("orchestration.registers.text_relations.count_lines", lambda _: 2)
    result, rows = evictions(tmp_path, GOOD)
    assert told(result) == [("radantal", None, None)]
    assert rows == []


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_row_that_the_reader_loses_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    from orchestration.registers.text_relations import Part  # noqa: PLC0415

    whole = Part.relation
    monkeypatch.setattr(Part, "relation", lambda *given: f"{whole(*given)} limit 1")
    content = {
        "csv": GOOD.encode(),
        "xlsx": workbook([HEADER, FIRST, SECOND]),
        "parquet": parquet(tmp_path, f"select * from (values {EVICTION}, {EVICTION}) {NAMES}"),
    }[ending]
    result, rows = evictions(tmp_path, content, ending)
    assert ("radantal", None) in {(rule, column) for rule, column, _ in told(result)}
    assert rows == []


# Encodings, headers and names.


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + GOOD.replace("\n", "\r\n").encode("utf-16-be"),
        GOOD.replace("avhysning_id", "AVHYSNING_ID").replace("Orsak", "orsak").encode(),
        GOOD.replace("Älvsjö", "A\u0308lvsjo\u0308").encode(),
    ],
    ids=["UTF-16 LE", "UTF-16 BE", "case", "marks apart"],
)
def test_what_is_in_no_doubt_is_read(tmp_path: Path, content: bytes) -> None:
    result, rows = evictions(tmp_path, content)
    assert told(result) == []
    assert rows == ROWS


@pytest.mark.parametrize(
    ("content", "form", "rule"),
    [
        (GOOD.encode("utf-16-le"), {}, "teckenkodning"),
        (codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le")[:-1], {}, "teckenkodning"),
        (codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le"), {"encoding": "utf-8"}, "teckenkodning"),
        (codecs.BOM_UTF32_LE + GOOD.encode("utf-32-le"), {}, "teckenkodning"),
        (GOOD.encode(), {"encoding": "windows-1252"}, "teckenkodning"),
        (GOOD.encode("utf-8-sig"), {"encoding": "windows-1252"}, "teckenkodning"),
        (GOOD.encode() + GOOD.splitlines()[1].encode("cp1252"), {}, "teckenkodning"),
        (b"sep=,\n" + GOOD.encode(), {}, "avgransare"),
        (GOOD.replace("orsak", "orsak;Orsak").encode(), {}, "kolumn_dubbel"),
    ],
)
def test_what_is_in_doubt_is_told(
    tmp_path: Path, content: bytes, form: dict[str, Any], rule: str
) -> None:
    result, rows = evictions(tmp_path, content, **form)
    assert {breach.rule for breach in result.breaches} == {rule}
    assert rows == []


def test_names_are_the_same_however_a_computer_writes_their_letters(tmp_path: Path) -> None:
    mapping = RegisterMapping(
        files=("Vräkta barn {YYYY}",), columns={"stadsdelsnamnd": "Nämnd", "orsak": "Skäl"}
    )
    content = GOOD.replace("stadsdelsnamnd", "na\u0308mnd").replace("orsak", "SKÄL")
    path = tmp_path / "landed"
    path.write_bytes(content.encode())
    delivery = Delivery(1, "sha", "Vra\u0308kta barn 2023.CSV", path, "2024-01-31")
    with empty_database() as connection:
        connection.execute("create schema raw")
        [result] = load_register(
            connection,
            load_contracts()["avhysningar_barn"],
            [delivery],
            municipality_id="0180",
            units=["Älvsjö", "Bromma"],
            key=KEY,
            work_dir=tmp_path,
            mapping=mapping,
        )
    assert told(result) == []
    assert (result.outcome, result.period) == ("loaded", "2023")


# Numbers and dates.


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("16792,00", "either", "16792.00"),
        ("16.792", "either", None),
        ("8.400", "either", None),
        ("10,012", "either", None),
        ("-1,250", "either", None),
        ("950", "either", "950.00"),
        ("16.79", "either", "16.79"),
        ("16.792", "point", "16.79"),
        ("16.792", "comma", None),
        ("10,012", "comma", "10.01"),
        ("10,012", "point", None),
        ("1.234,56", "either", None),
        ("1,234.56", "either", None),
        ("1.234,56", "comma", None),
        ("1.234.567", "either", None),
        ("1.234.567", "point", None),
        ("1 234", "either", None),
        ("1\u00a0234,50", "comma", None),
        ("1'234.50", "point", None),
        ("\u2212250,00", "either", None),
        ("250-", "either", None),
        ("(250)", "either", None),
        ("-250,00", "either", "-250.00"),
        ("1e5", "either", None),
        ("12 kr", "either", None),
    ],
)
def test_an_amount_is_read_in_one_way_or_refused(
    tmp_path: Path, text: str, decimal: str, value: str | None
) -> None:
    content = f"nr;text;belopp\n1;a;{text}\n".encode()
    mapping = RegisterMapping(form=Form.model_validate({"decimal": decimal}))
    [result], rows = load(tmp_path, NOTES, [("csv", content)], mapping=mapping, columns="belopp")
    expected = [("tal", "belopp", 2)] if value is None else []
    assert told(result) == expected
    assert rows == ([] if value is None else [(Decimal(value),)])


@pytest.mark.parametrize("text", ["1.234", "1 234", "2,0", "1e3"])
def test_a_count_is_read_in_one_way_or_refused(tmp_path: Path, text: str) -> None:
    content = f"nr;text;antal\n1;a;{text}\n".encode()
    [result], rows = load(tmp_path, NOTES, [("csv", content)])
    assert told(result) == [("heltal", "antal", 2)]
    assert rows == []


@pytest.mark.parametrize(
    ("register", "row", "column", "rule"),
    [
        ("notes", "1;a;0203-01-02", "datum", "intervall"),
        ("notes", "1;a;1899-12-30", "datum", "intervall"),
        ("notes", "1;a;1981-12-31", "datum", "intervall"),
        ("notes", "1;a;9999-12-31", "datum", "intervall"),
        ("notes", "1;a;2034-02-01", "datum", "intervall"),
        ("evictions", "A1;0203-02-03;Bromma;2;J;storning", "datum", "intervall"),
        ("evictions", "A1;9999-12-31;Bromma;2;J;storning", "datum", "framtid"),
    ],
)
def test_a_date_outside_the_allowed_years_is_told(
    tmp_path: Path, register: str, row: str, column: str, rule: str
) -> None:
    contract, header = {
        "notes": (NOTES, NOTE_HEADER),
        "evictions": (load_contracts()["avhysningar_barn"], EVICTIONS),
    }[register]
    [result], rows = load(tmp_path, contract, [("csv", (header + row + "\n").encode())])
    assert told(result) == [(rule, column, 2)]
    assert rows == []
    if rule == "intervall":
        assert "tidigast 1982-01-01, senast 10 år efter mottagningen" in result.breaches[0].wrong


@pytest.mark.parametrize("born", ["0", "203", "1899", "2025", "19870512"])
def test_a_birth_year_outside_the_allowed_years_is_told(tmp_path: Path, born: str) -> None:
    content = (
        "insats_id;personnummer;kon;fodelsear;stadsdelsnamnd;lagrum;form;start_datum\n"
        f"M1;198705129826;K;{born};Bromma;sol;boende;2023-01-01\n"
    )
    [result], rows = load(tmp_path, "missbruk_insatser", [("csv", content.encode())])
    assert told(result) == [("intervall", "fodelsear", 2)]
    assert rows == []


# Workbooks.

HEADER: list[object] = [*EVICTIONS.strip().split(";")]
FIRST: list[object] = ["A1", date(2023, 2, 3), "Bromma", 2, True, "ovrigt"]
SECOND: list[object] = ["A2", date(2023, 5, 6), "Älvsjö", 1, False, "storning"]
Change = Callable[[Any], None]


def workbook(
    rows: Sequence[Sequence[object]], change: Change = lambda _: None, *, first: int = 1
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for number, row in enumerate(rows, start=first):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column, value)
    change(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def rewritten(content: bytes, pattern: str, replacement: str, member: str = "sheet1.xml") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith(member):
                changed = re.sub(pattern.encode(), replacement.encode(), text)
                assert changed != text
                text = changed
            new.writestr(name, text)
    return written.getvalue()


MISUSE = (
    "insats_id personnummer kon fodelsear stadsdelsnamnd lagrum form start_datum slut_datum dygn"
)
ENDED: list[object] = ["MB1", "198705129826", "K", 1987, "Bromma", "sol", "boende"]
DAYS: list[object] = [date(2022, 1, 4), date(2022, 4, 4), 91]


@pytest.mark.parametrize("kept", [False, True], ids=["formula without a result", "error"])
def test_what_cannot_be_read_in_a_workbook_is_not_empty(tmp_path: Path, *, kept: bool) -> None:
    last: list[object] = ["MB2", *ENDED[1:], *DAYS]
    last[8:] = ["#N/A", "#REF!"] if kept else ["=A1+1", "=NOW()"]
    rows: list[list[object]] = [[*MISUSE.split()], [*ENDED, *DAYS], last]
    [result], found = load(tmp_path, "missbruk_insatser", [("xlsx", workbook(rows))])
    assert told(result) == [("cellfel", "slut_datum", 3), ("cellfel", "dygn", 3)]
    assert found == []


def test_a_formula_whose_result_is_kept_is_read(tmp_path: Path) -> None:
    """With `s` for none, as where a formula gives an empty text."""
    rows: list[list[object]] = [
        [*MISUSE.split()],
        [*ENDED, *DAYS],
        ["MB2", *ENDED[1:], *DAYS[:1], "=B1", "=C1"],
    ]
    content = rewritten(
        workbook(rows),
        '<c r="I3"><f>B1</f><v></v></c><c r="J3"><f>C1</f><v></v></c>',
        '<c r="I3" t="str"><f>B1</f><v></v></c><c r="J3"><f>C1</f><v>12</v></c>',
    )
    [result], found = load(
        tmp_path, "missbruk_insatser", [("xlsx", content)], columns="slut_datum, dygn"
    )
    assert told(result) == []
    assert found == [(date(2022, 4, 4), 91), (None, 12)]


def test_an_error_below_the_last_row_is_told(tmp_path: Path) -> None:
    content = workbook([HEADER, FIRST, [], ["=1/0"]])
    result, _ = evictions(tmp_path, content, "xlsx")
    assert ("cellfel", "avhysning_id", 4) in told(result)


def test_merged_cells_are_not_empty(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [*MISUSE.split()],
        [*ENDED, *DAYS],
        ["MB2", *ENDED[1:], DAYS[0], None, 5],
    ]
    content = workbook(rows, lambda book: book.active.merge_cells("I2:I3"))
    [result], _ = load(tmp_path, "missbruk_insatser", [("xlsx", content)])
    assert told(result) == [("cellfel", "slut_datum", 3)]


def _hide_first(book: Any) -> None:
    book.active.sheet_state = "hidden"
    seen = book.create_sheet("Synligt")
    for row in (HEADER, SECOND):
        seen.append(row)
    book.active = 1


def _second(book: Any) -> None:
    for row in (HEADER, SECOND):
        book.create_sheet("Februari") if "Februari" not in book.sheetnames else None
        book["Februari"].append(row)


def _stray(book: Any) -> None:
    book.active["XFD1048576"] = "x"


def _notes(book: Any) -> None:
    book.create_sheet("Förklaringar").append(["kod", "betyder"])


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (workbook([HEADER, FIRST, SECOND]), ROWS),
        (workbook([HEADER, FIRST, [], [], SECOND]), [("A1", 2), ("A2", 5)]),
        (workbook([HEADER, FIRST, SECOND], first=4), [("A1", 5), ("A2", 6)]),
        (
            rewritten(workbook([HEADER, FIRST, SECOND]), 'ref="A1:F3"', 'ref="A1:C2"'),
            ROWS,
        ),
        (rewritten(workbook([HEADER, FIRST, SECOND]), 'ref="A1:F3"', 'ref="A1"'), ROWS),
        (workbook([HEADER, FIRST, SECOND], _notes), ROWS),
        (workbook([HEADER, FIRST], _hide_first), [("A2", 2)]),
        (workbook([HEADER, [1001, *FIRST[1:]], [1002.0, *SECOND[1:]]]), [("1001", 2), ("1002", 3)]),
    ],
)
def test_a_sheet_s_rows_have_its_numbers(
    tmp_path: Path, content: bytes, rows: list[tuple[str, int]]
) -> None:
    result, found = evictions(tmp_path, content, "xlsx")
    assert told(result) == []
    assert found == rows


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (workbook([HEADER, FIRST], _second), [("flera_blad", None, None)]),
        (workbook([HEADER, FIRST], _stray), [("for_stort_blad", None, None)]),
        (
            workbook([HEADER, [198001019802123456, *FIRST[1:]]]),
            [("cellfel", "avhysning_id", 2)],
        ),
        (
            workbook([HEADER, ["A1", datetime.fromisoformat("2023-02-03 04:05"), *FIRST[2:]]]),
            [("datum", "datum", 2)],
        ),
        (workbook([HEADER, ["A1", 44960, *FIRST[2:]]]), [("datum", "datum", 2)]),
        (workbook([HEADER, [*FIRST[:3], 2.5, *FIRST[4:]]]), [("heltal", "antal_barn", 2)]),
        (
            rewritten(
                workbook([HEADER, FIRST]), "<workbookPr/>", '<workbookPr date1904="1"/>', "k.xml"
            ),
            [("framtid", "datum", 2)],
        ),
    ],
    ids=["sheets", "far cell", "digits", "clock", "serial", "half", "1904"],
)
def test_what_is_in_doubt_in_a_workbook_is_told(
    tmp_path: Path, content: bytes, expected: list[tuple[str, str | None, int | None]]
) -> None:
    result, rows = evictions(tmp_path, content, "xlsx")
    assert told(result) == expected
    assert rows == []


@pytest.mark.parametrize("decimal", ["either", "comma", "point"])
def test_a_number_of_a_workbook_is_one_number(tmp_path: Path, decimal: str) -> None:
    """A cell that holds a number is not read as text; one that holds text is."""
    header: list[object] = ["nr", "text", "belopp", "datum", "manad", "slut"]
    when = [date(2023, 2, 3), date(2023, 2, 1), True]
    numbers = [16.792, 1e5, 0.1 + 0.2, -1250, 1.5e-7]
    content = workbook(
        [header, *([f"A{n}", "a", amount, *when] for n, amount in enumerate(numbers))]
    )
    form = Form.model_validate(
        {"decimal": decimal, "date": "YYYY-DD-MM", "month": "MM/YYYY", "yes": ["N"], "no": ["J"]}
    )
    [result], rows = load(
        tmp_path,
        NOTES,
        [("xlsx", content)],
        mapping=RegisterMapping(form=form),
        columns="belopp, datum, manad, slut",
    )
    assert told(result) == []
    assert [row[0] for row in rows] == [
        Decimal(text) for text in ("16.79", "100000.00", "0.30", "-1250.00", "0.00")
    ]
    assert {row[1:] for row in rows} == {(date(2023, 2, 3), date(2023, 2, 1), True)}


# Parquet.

NAMES = "as t (avhysning_id, datum, stadsdelsnamnd, antal_barn, verkstalld, orsak)"
EVICTION = "('A1', date '2023-02-03', 'Bromma', 2, 'J', 'ovrigt')"


def parquet(folder: Path, sql: str) -> bytes:
    path = folder / "made.parquet"
    with empty_database() as connection:
        connection.execute(f"copy ({sql}) to '{path}' (format parquet)")
    return path.read_bytes()


HOUSING = (
    "select {id} as beslut_id, '198705129826' as personnummer, 'K' as kon, 1987 as fodelsear,"
    " 'Bromma' as stadsdelsnamnd, 'socialpsykiatri' as malgrupp, {hours} as timmar,"
    " 'manad' as timmar_per, date '2023-01-01' as start_datum, {end} as slut_datum,"
    " 0 as lss_personkrets, 'J' as eget_boende, true as folkbokford_i_namnden,"
    " {count} as antal_aktiviteter"
)
# SQL for a column, and what its cells come to.
IDS = [("1001", "1001"), ("'0077'", "0077"), ("77.0::double", "77"), ("12::decimal(38, 10)", "12")]
HOURS = [
    ("4", "4.00"),
    ("2.5::double", "2.50"),
    ("7.4::float", "7.40"),
    ("16.792::double", "16.79"),
    ("7.40::decimal(10, 2)", "7.40"),
    ("7.4::decimal(10, 1)", "7.40"),
    ("'7,4'", "7.40"),
]
ENDS = [
    ("null::date", None),
    ("null::varchar", None),
    ("null::integer", None),
    ("date '2023-03-04'", date(2023, 3, 4)),
    ("timestamp '2023-03-04'", date(2023, 3, 4)),
    ("timestamp_ns '2023-03-04'", date(2023, 3, 4)),
    ("timestamptz '2023-03-04 00:00:00+00'", date(2023, 3, 4)),
    ("'2023-03-04'", date(2023, 3, 4)),
]
COUNTS = [("3", 3), ("3.0::double", 3), ("'3'", 3), ("3::utinyint", 3), ("3::decimal(4, 1)", 3)]


@pytest.mark.parametrize("backwards", [False, True])
def test_parquet_files_of_other_types_do_not_touch_each_other(
    tmp_path: Path, *, backwards: bool
) -> None:
    size = max(len(IDS), len(HOURS), len(ENDS), len(COUNTS))
    chosen = [
        [each[place % len(each)] for each in (IDS, HOURS, ENDS, COUNTS)] for place in range(size)
    ]
    if backwards:
        chosen.reverse()
    files = [
        (
            "parquet",
            parquet(
                tmp_path,
                HOUSING.format(id=row[0][0], hours=row[1][0], end=row[2][0], count=row[3][0]),
            ),
        )
        for row in chosen
    ]
    results, rows = load(
        tmp_path,
        "boendestod_beslut",
        files,
        columns="beslut_id, timmar, slut_datum, antal_aktiviteter, row_number",
    )
    assert [told(result) for result in results] == [[]] * size
    assert rows == [(row[0][1], Decimal(str(row[1][1])), row[2][1], row[3][1], 2) for row in chosen]


@pytest.mark.parametrize(
    ("column", "sql", "rule"),
    [
        ("slut_datum", "timestamp '2023-03-04 05:06:07'", "datum"),
        ("slut_datum", "timestamptz '2023-03-03 23:00:00+00'", "datum"),
        ("slut_datum", "date '9999-12-31'", "intervall"),
        ("slut_datum", "20230304", "datum"),
        ("antal_aktiviteter", "2.5::double", "heltal"),
        ("antal_aktiviteter", "'nan'::double", "cellfel"),
        ("antal_aktiviteter", "[3]", "cellfel"),
        ("timmar", "'16.792'", "tal"),
        ("timmar", "'inf'::float", "cellfel"),
        ("beslut_id", "1e17::double", "cellfel"),
        ("beslut_id", "16777217::float", "cellfel"),
        ("beslut_id", "[1.5, 2]", "cellfel"),
        ("beslut_id", "{{'a': 1}}", "cellfel"),
        ("beslut_id", "'\\xAA'::blob", "cellfel"),
    ],
)
def test_what_cannot_be_told_in_a_parquet_file_is_a_breach(
    tmp_path: Path, column: str, sql: str, rule: str
) -> None:
    cells = {"id": "1", "hours": "4", "end": "null::date", "count": "3"}
    place = {"beslut_id": "id", "timmar": "hours", "slut_datum": "end"}.get(column, "count")
    content = parquet(tmp_path, HOUSING.format(**cells | {place: sql.format()}))
    [result], rows = load(tmp_path, "boendestod_beslut", [("parquet", content)])
    assert told(result) == [(rule, column, 2)]
    assert rows == []


def test_text_in_parquet_that_does_not_say_it_is_text_is_read(tmp_path: Path) -> None:
    content = parquet(tmp_path, HOUSING.format(id="encode('Ö1')", hours=1, end="null", count=0))
    [result], rows = load(
        tmp_path, "boendestod_beslut", [("parquet", content)], columns="beslut_id"
    )
    assert told(result) == []
    assert rows == [("Ö1",)]
