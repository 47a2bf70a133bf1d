"""The same rows come to `raw` in whatever format, company and night they are delivered."""

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell import WriteOnlyCell

from orchestration.registers.contract import build_contract
from orchestration.registers.layout import Delivery
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import (
    LoadResult,
    create_raw_table,
    load_register,
    staged,
)
from tests.empty_database import empty_database

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
# A column of each type, and that none of them may be left out of a row but the last ones.
CONTRACT = build_contract(
    "prov",
    {
        "title_sv": "Prov",
        "first_period": "2016-01",
        "periods": ["month"],
        "key": ["nr"],
        "columns": {
            "nr": {"type": "text", "personal": "none"},
            "enhet": {"type": "unit", "personal": "none"},
            "kod": {"type": "code", "personal": "none", "codes": ["1", "2", "x"]},
            "antal": {"type": "integer", "personal": "none", "optional": True},
            "belopp": {"type": "decimal", "personal": "none", "optional": True},
            "timmar": {"type": "hours", "personal": "none", "optional": True},
            "index": {"type": "number", "personal": "none", "optional": True},
            "datum": {"type": "date", "personal": "none", "optional": True},
            "manad": {"type": "month", "personal": "none", "optional": True},
            "klar": {"type": "flag", "personal": "none", "optional": True},
            "text": {"type": "text", "personal": "none", "optional": True},
        },
    },
)
NAMES = list(CONTRACT.columns)
HUNDREDTHS = st.integers(-(10**7), 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
DAYS = st.dates(date(1982, 1, 1), date(2030, 12, 31))
WRITTEN = st.text(
    # No letters that could be written in two ways.
    st.characters(exclude_categories=["C", "Z"], max_codepoint=0x2FF),
    min_size=1,
    max_size=6,
)


def maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), values)


# What a row holds, as the contract means it; nothing of it is what the code under test gave.
ROW = st.tuples(
    st.just(None),
    st.sampled_from(["Älvsjö", "Bromma"]),
    st.sampled_from(["1", "2", "x"]),
    maybe(st.integers(-(10**8), 10**8)),
    maybe(HUNDREDTHS),
    maybe(st.integers(-1000, 1000).map(lambda tenths: Decimal(tenths).scaleb(-1))),
    maybe(st.integers(-(10**6), 10**6).map(lambda parts: parts / 16)),
    maybe(DAYS),
    maybe(DAYS.map(lambda day: day.replace(day=1))),
    maybe(st.booleans()),
    maybe(WRITTEN),
)
IDS = st.one_of(st.integers(1, 10**8).map(str), st.integers(1, 99).map("0{}".format), WRITTEN)


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[object, ...]]:
    """Rows with keys of their own, where a column may be empty throughout."""
    ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    empty = draw(st.sets(st.sampled_from(range(3, len(NAMES)))))
    rows = [(number, *draw(ROW)[1:]) for number in ids]
    return [
        tuple(None if place in empty else cell for place, cell in enumerate(row)) for row in rows
    ]


def text(cell: object, sign: str) -> str:
    """A cell as a system writes it in text."""
    match cell:
        case None:
            return ""
        case bool():
            return "J" if cell else "N"
        case date():
            return f"{cell:%Y-%m-%d}"
        case float():
            # No sign and three digits: 1/8 would be two numbers.
            return f"{cell:.4f}".replace(".", sign)
        case Decimal():
            return str(cell).replace(".", sign)
    return str(cell)


def cells(row: Sequence[object], sign: str) -> list[str]:
    written = [text(cell, sign) for cell in row]
    written[NAMES.index("manad")] = written[NAMES.index("manad")][:7]
    return written


def as_text(rows: Sequence[Sequence[object]], form: int) -> bytes:
    """A file of text: its line ends, its encoding, its quotation marks and empty lines vary."""
    newline, sign = ["\n", "\r\n", "\r"][form % 3], ".,"[form % 2]
    written = io.StringIO(newline="")
    writer = (
        csv.writer(written, delimiter=";", lineterminator=newline, quoting=csv.QUOTE_ALL)
        if form // 2 % 2
        else csv.writer(written, delimiter=";", lineterminator=newline)
    )
    writer.writerow(NAMES)
    writer.writerows(cells(row, sign) for row in rows)
    return written.getvalue().encode(["utf-8", "utf-8-sig", "utf-16"][form // 4 % 3])


def as_workbook(rows: Sequence[Sequence[object]], form: int) -> bytes:
    """A workbook with typed cells, where whole numbers that are ids may be numbers."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(NAMES)
    for row in rows:
        written = []
        for name, cell in zip(NAMES, row, strict=True):
            number = isinstance(cell, str) and re.fullmatch("[1-9][0-9]*", cell) is not None
            if number and form % 2 and CONTRACT.columns[name].type in {"text", "code"}:
                written.append(WriteOnlyCell(sheet, int(str(cell))))
            else:
                written.append(WriteOnlyCell(sheet, cell))
                if isinstance(cell, str):
                    # A text may begin as a formula or an error does.
                    written[-1].data_type = "s"
        sheet.append(written)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


# Types that a system may keep a column in; a cast that would change a value is not among them.
KEPT = {
    "nr": ["varchar"],
    "enhet": ["varchar"],
    "kod": ["varchar"],
    "antal": ["integer", "bigint", "double", "varchar", "decimal(18, 4)"],
    "belopp": ["double", "decimal(12, 2)", "decimal(38, 10)", "varchar"],
    "timmar": ["double", "decimal(8, 1)", "decimal(8, 2)", "varchar"],
    "index": ["double", "decimal(18, 4)"],
    "datum": ["date", "timestamp", "timestamp_ns", "timestamptz", "varchar"],
    "manad": ["date", "timestamp", "varchar"],
    "klar": ["boolean", "varchar"],
    "text": ["varchar"],
}


def as_parquet(rows: Sequence[Sequence[object]], form: int) -> bytes:
    """A Parquet file whose columns have one of the types that hold their values."""
    selected = []
    for place, name in enumerate(NAMES):
        kind = KEPT[name][form % len(KEPT[name])]
        column = f"c{place}::varchar"
        if kind != "varchar" and name in {"datum", "manad"}:
            column = f"{column}::date"
        if kind == "varchar" and name == "manad":
            column = f"left({column}, 7)"
        if name == "klar":
            column = f"{column} = 'J'" if kind == "boolean" else column
        if all(row[place] is None for row in rows):
            # A column without a value has any type, as its writer had it.
            kind = ["integer", "varchar", "double", "date"][form % 4]
        if name == "nr" and all(re.fullmatch("[1-9][0-9]*", str(row[0])) for row in rows):
            kind = ["varchar", "bigint", "double", "decimal(18, 0)"][form % 4]
        selected.append(f'({column})::{kind} as "{name}"')
    with tempfile.TemporaryDirectory() as folder, empty_database() as connection:
        connection.execute("set timezone = 'UTC'")
        columns = ", ".join(f"c{place} varchar" for place in range(len(NAMES)))
        connection.execute(f"create table written ({columns})")
        values = [[text(cell, ".") or None for cell in row] for row in rows]
        marks = ", ".join("?" for _ in NAMES)
        connection.executemany(f"insert into written values ({marks})", values)
        path = f"{folder}/made.parquet"
        connection.execute(
            f"copy (select {', '.join(selected)} from written) to '{path}' (format parquet)"
        )
        return Path(path).read_bytes()


WRITERS = {"csv": as_text, "xlsx": as_workbook, "parquet": as_parquet}


@dataclass(frozen=True)
class File:
    """A delivery: its month, its format, how it is written, and what it holds."""

    month: int
    ending: str
    form: int
    rows: list[tuple[object, ...]]


@st.composite
def inboxes(draw: st.DrawFn) -> list[File]:
    written = st.tuples(st.sampled_from(sorted(WRITERS)), st.integers(0, 59), tables())
    files = draw(st.lists(written, min_size=1, max_size=5))
    return [File(month, *file) for month, file in enumerate(files, start=1)]


@contextmanager
def warehouse() -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    with tempfile.TemporaryDirectory() as folder, empty_database() as connection:
        connection.execute("create schema raw")
        yield connection, Path(folder)


def landed(folder: Path, files: Sequence[File]) -> list[Delivery]:
    deliveries = []
    for file in files:
        path = folder / f"landed-{file.month}"
        path.write_bytes(WRITERS[file.ending](file.rows, file.form))
        name = f"prov_2023-{file.month:02d}.{file.ending}"
        deliveries.append(Delivery(file.month, f"sha{file.month}", name, path, "2024-01-31"))
    return deliveries


def load(
    connection: duckdb.DuckDBPyConnection, folder: Path, deliveries: Sequence[Delivery]
) -> list[LoadResult]:
    units = ["Älvsjö", "Bromma"]
    return load_register(
        connection,
        CONTRACT,
        deliveries,
        municipality_id="0180",
        units=units,
        key=KEY,
        work_dir=folder,
    )


def rows_of(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "from raw.register__prov order by delivery_sequence, row_number"
    ).fetchall()


def expected(files: Sequence[File]) -> list[tuple[object, ...]]:
    """The rows as they were meant, each with its place, its delivery and its line."""
    return [
        ("0180", *row, file.month, f"2023-{file.month:02d}", number)
        for file in files
        for number, row in enumerate(file.rows, start=2)
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=inboxes(), nights=st.integers(1, 5))
def test_rows_are_the_same_in_every_format_company_and_night(
    files: list[File], nights: int
) -> None:
    with warehouse() as (connection, folder):
        for night in range(nights):
            load(connection, folder, landed(folder, files[night::nights]))
        found = rows_of(connection)
    assert found == expected(files)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=tables(), forms=st.tuples(*[st.integers(0, 59)] * 3))
def test_the_same_rows_in_three_formats_are_the_same(
    rows: list[tuple[object, ...]], forms: tuple[int, int, int]
) -> None:
    files = [
        File(month, ending, form, rows)
        for month, (ending, form) in enumerate(zip(WRITERS, forms, strict=True), start=1)
    ]
    with warehouse() as (connection, folder):
        results = load(connection, folder, landed(folder, files))
        found = rows_of(connection)
    assert [(result.outcome, result.breaches) for result in results] == [("loaded", ())] * 3
    assert found == expected(files)


BROKEN = {
    "csv": b";".join(name.encode() for name in NAMES) + b'\n1;"x\n2;y\n',
    "xlsx": b"PK\x03\x04" + bytes(40),
    "parquet": b"PAR1" + bytes(40) + b"PAR1",
}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=inboxes(), place=st.integers(0, 4), ending=st.sampled_from(sorted(BROKEN)))
def test_a_broken_file_changes_nothing_for_the_others(
    files: list[File], place: int, ending: str
) -> None:
    with warehouse() as (connection, folder):
        path = folder / "broken"
        path.write_bytes(BROKEN[ending])
        broken = Delivery(12, "sha12", f"prov_2023-12.{ending}", path, "2024-01-31")
        deliveries = landed(folder, files)
        deliveries.insert(place, broken)
        results = load(connection, folder, deliveries)
        found = rows_of(connection)
    held = [result for result in results if result.outcome != "loaded"]
    assert [result.delivery for result in held] == [broken]
    assert held[0].breaches
    assert found == expected(files)


ANY_CELL = st.one_of(
    st.sampled_from(
        ["", " ", "A1", "2", "x", "Bromma", "16.792", "7,5", "-1", "2023-02", "2023-02-30", "J"]
    ),
    st.dates().map(str),
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='";'), max_size=5),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.lists(ANY_CELL, min_size=11, max_size=11), min_size=1, max_size=5))
def test_every_cell_that_is_not_empty_is_a_value_or_a_breach(rows: list[list[str]]) -> None:
    lines = [NAMES, *rows]
    with warehouse() as (connection, folder):
        path = folder / "landed"
        path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
        delivery = Delivery(1, "sha", "prov_2023-01.csv", path, "2024-01-31")
        create_raw_table(connection, CONTRACT)
        with staged(
            connection,
            CONTRACT,
            [delivery],
            municipality_id="0180",
            units=["Bromma"],
            key=KEY,
            work_dir=folder,
        ) as judged:
            names = ", ".join(f'count("{name}")' for name in NAMES)
            [values] = connection.execute(f"select {names} from incoming").fetchall()
            [(faults,)] = connection.execute(
                "select count(*) from faulty where rule <> 'saknas'"
            ).fetchall()
    assert not {breach.rule for breach in judged.results[0].breaches} & {"antal_falt", "radantal"}
    assert sum(values) + faults == sum(cell.strip(" ") != "" for row in rows for cell in row)
