"""Whatever a file holds, it is loaded or refused with words: all registers, all formats."""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.registers.breaches import RULES
from orchestration.registers.contract import load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, load_register
from tests.empty_database import empty_database

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
ANYTHING = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
CELLS = st.one_of(
    st.sampled_from(
        ["A1", "2023-02-03", "2023-02", "Bromma", "2", "J", "K", "3", "", "198705129826"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)


def load(folder: Path, register: str, ending: str, content: bytes) -> LoadResult:
    """Load one file, and make sure that the result and `raw` agree."""
    contract = load_contracts()[register]
    period = "2023-01" if "month" in contract.periods else "2023"
    path = folder / "landed"
    path.write_bytes(content)
    delivery = Delivery(1, "sha", f"{register}_{period}.{ending}", path, "2024-01-31")
    with empty_database() as connection:
        connection.execute("create schema raw")
        [result] = load_register(
            connection,
            contract,
            [delivery],
            municipality_id="0180",
            units=["Bromma"],
            key=KEY,
            work_dir=folder,
        )
        [(rows, numbered)] = connection.execute(
            f"select count(*), count(distinct row_number) from raw.{contract.table}"
        ).fetchall()
        left = connection.execute("select count(*) from duckdb_tables() where temporary").fetchall()
    assert rows == numbered == result.rows_loaded
    assert left == [(0,)]
    assert not list(folder.glob(".reading-*"))
    assert {breach.rule for breach in result.breaches} <= RULES
    assert (result.outcome == "loaded") == (not result.breaches)
    assert "198705129826" not in "".join(breach.message() for breach in result.breaches)
    return result


@pytest.mark.parametrize("register", load_contracts())
@ANYTHING
@given(data=st.data())
def test_any_text_table(tmp_path: Path, register: str, data: st.DataObject) -> None:
    width = len(load_contracts()[register].columns)
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width - 1, max_size=width + 1), max_size=4))
    content = ";".join(load_contracts()[register].columns) + "\n"
    content += "".join(";".join(row) + "\n" for row in rows)
    load(tmp_path, register, "csv", content.encode())


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("start", [b"", b"PAR1", b"PK\x03\x04", b"\xef\xbb\xbf"])
@ANYTHING
@given(content=st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, ending: str, start: bytes, content: bytes) -> None:
    result = load(tmp_path, "avhysningar_barn", ending, start + content)
    assert result.outcome == "quarantined"


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


WORKBOOK_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1900, 3, 1), date(2100, 1, 1)),
    st.sampled_from(["A1", "Bromma", "J", "ovrigt", "=1/0", "198705129826"]),
)


@ANYTHING
@given(rows=st.lists(st.lists(WORKBOOK_CELLS, min_size=6, max_size=7), max_size=4))
def test_any_workbook(tmp_path: Path, rows: list[list[object]]) -> None:
    header: list[object] = [*load_contracts()["avhysningar_barn"].columns]
    load(tmp_path, "avhysningar_barn", "xlsx", workbook([header, *rows]))


def parquet(folder: Path, columns: dict[str, str]) -> bytes:
    path = folder / "made.parquet"
    values = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    with empty_database() as connection:
        connection.execute(f"copy (select {values}) to '{path}' (format parquet)")
    return path.read_bytes()


GOOD = {
    "avhysning_id": "'A1'",
    "datum": "date '2023-02-03'",
    "stadsdelsnamnd": "'Bromma'",
    "antal_barn": "2",
    "verkstalld": "'J'",
    "orsak": "'ovrigt'",
}
WRONG_TYPES = {
    "nested list": "[[1, 2], [3]]",
    "struct": "{'a': 1, 'b': 'x'}",
    "map": "map([1], ['x'])",
    "timestamp": "timestamp '2023-02-03 04:05:06'",
    "huge decimal": f"{Decimal(10) ** 37}::decimal(38, 0)",
    "blob": "'\\xAA\\x00'::blob",
    "float": "'nan'::double",
    "interval": "interval 3 days",
    "null": "null::integer",
}


@pytest.mark.parametrize("kind", WRONG_TYPES)
@pytest.mark.parametrize("column", GOOD)
def test_a_parquet_column_of_another_type(tmp_path: Path, column: str, kind: str) -> None:
    content = parquet(tmp_path, {**GOOD, column: WRONG_TYPES[kind]})
    result = load(tmp_path, "avhysningar_barn", "parquet", content)
    if column == "avhysning_id" and kind != "null":
        return
    assert result.outcome == "quarantined"
    assert {breach.column for breach in result.breaches} == {column}


def halves(content: bytes) -> list[bytes]:
    return [content[: len(content) * part // 10] for part in range(1, 10)]


def zeroed(content: bytes) -> list[bytes]:
    step = max(1, len(content) // 12)
    return [content[:at] + bytes(8) + content[at + 8 :] for at in range(4, len(content) - 8, step)]


@pytest.mark.parametrize("damage", [halves, zeroed])
@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_a_damaged_file(
    tmp_path: Path, ending: str, damage: Callable[[bytes], list[bytes]]
) -> None:
    header: list[object] = [*GOOD]
    whole = (
        parquet(tmp_path, GOOD)
        if ending == "parquet"
        else workbook([header, ["A1", date(2023, 2, 3), "Bromma", 2, True, "ovrigt"]])
    )
    assert load(tmp_path, "avhysningar_barn", ending, whole).outcome == "loaded"
    for content in damage(whole):
        load(tmp_path, "avhysningar_barn", ending, content)


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_row_numbers_are_the_lines_of_large_files(tmp_path: Path, encoding: str) -> None:
    """Read by several threads, in many row groups, in two files, with the held row left out."""
    header = "insats_id;personnummer;kon;stadsdelsnamnd;insats;start_datum;slut_datum\n"
    contract = load_contracts()["socialpsykiatri_insatser"]
    deliveries = []
    size = 300_000
    for place in range(2):
        path = tmp_path / f"part{place}"
        lines = [
            f"F{place}-{line};198705129826;K;Älvsjö;boende;2023-01-01;\n" for line in range(size)
        ]
        lines[1000] = lines[1000].replace("9826", "9827")
        path.write_text(header + "".join(lines), encoding=encoding)
        name = f"socialpsykiatri_insatser_2023-0{place + 1}.csv"
        deliveries.append(Delivery(place + 1, f"sha{place}", name, path, "2024-01-31"))
    with duckdb.connect(config={"threads": "4"}) as connection:
        connection.execute("create schema raw")
        results = load_register(
            connection,
            contract,
            deliveries,
            municipality_id="0180",
            units=["Älvsjö"],
            key=KEY,
            work_dir=tmp_path,
        )
        [(rows, wrong)] = connection.execute(
            "select count(*), count(*) filter (where insats_id <> 'F' || (delivery_sequence - 1)"
            " || '-' || (row_number - 2)) from raw.register__socialpsykiatri_insatser"
        ).fetchall()
    assert [result.rows_held for result in results] == [1, 1]
    assert [result.breaches[0].first_row for result in results] == [1002, 1002]
    assert (rows, wrong) == (2 * (size - 1), 0)
