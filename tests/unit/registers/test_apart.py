"""A file that its parser does not survive is a breach of that file, and of no other.

The limits are lowered here, so that small files are as bad as large ones.
"""

import os
import signal
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from orchestration.registers import apart
from orchestration.registers.apart import ParserDiedError, UnreadableError, workbook_header
from orchestration.registers.archives import TooLargeError
from orchestration.registers.breaches import RULES
from orchestration.registers.contract import load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.sheets import SheetError
from orchestration.registers.staged_rows import LoadResult, load_register
from tests.unit.registers.conftest import KEY, UNITS

HEADER = ["avhysning_id", "datum", "stadsdelsnamnd", "antal_barn", "verkstalld", "orsak"]
ROW = ["A1", "2023-02-03", "Bromma", 2, "J", "storning"]
MEGABYTE = 1 << 20
# What a parser that answers otherwise than it should has done before.
HEARD = "import os, sys; sys.stdin.readline(); "


@pytest.fixture(autouse=True)
def _own_parser() -> Iterator[None]:
    """No parser with the limits of another test."""
    apart.end_parser()
    yield
    apart.end_parser()


def limit(monkeypatch: pytest.MonkeyPatch, **limits: Any) -> None:
    monkeypatch.setattr(apart, "LIMITS", replace(apart.LIMITS, **limits))


def workbook(path: Path, *, far_cell: str | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADER)
    sheet.append(ROW)
    if far_cell is not None:
        sheet[far_cell] = "långt bort"
    book.save(path)
    return path


def parquet(path: Path, rows: str = "range(1)") -> Path:
    cells = "'A' || range as avhysning_id, date '2023-02-03' as datum, 'Bromma' as stadsdelsnamnd"
    cells += ", 2 as antal_barn, 'J' as verkstalld, 'storning' as orsak"
    duckdb.execute(f"copy (select {cells} from {rows}) to '{path}'")
    return path


def load(folder: Path, *paths: Path) -> tuple[list[LoadResult], int]:
    """Load files together; what became of them, and how many rows are in raw."""
    deliveries = [
        Delivery(
            number,
            f"sha{number}",
            f"avhysningar_barn_{2020 + number}{path.suffix}",
            path,
            "2024-01-31",
        )
        for number, path in enumerate(paths, start=1)
    ]
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        results = load_register(
            connection,
            load_contracts()["avhysningar_barn"],
            deliveries,
            municipality_id="0180",
            units=UNITS,
            key=KEY,
            work_dir=folder,
        )
        [(rows,)] = connection.execute(
            "select count(*) from raw.register__avhysningar_barn"
        ).fetchall()
    return results, rows


def set_aside(results: list[LoadResult]) -> list[str]:
    """The rule that the first file broke, where it is set aside and the second is loaded."""
    bad, good = results
    assert (bad.outcome, good.outcome) == ("quarantined", "loaded")
    assert {breach.severity for breach in bad.breaches} == {"file"}
    assert {breach.rule for breach in bad.breaches} <= RULES
    assert all("Gör så här: " in breach.message() for breach in bad.breaches)
    return [breach.rule for breach in bad.breaches]


def test_a_workbook_that_kills_its_parser_is_set_aside_and_the_next_one_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty million cells in a rectangle have no room: the parser's library ends its process."""
    limit(monkeypatch, memory=600 * MEGABYTE)
    bad = workbook(tmp_path / "bad.xlsx", far_cell="XFD1300")
    with pytest.raises(ParserDiedError):
        workbook_header(bad)
    results, rows = load(tmp_path, bad, workbook(tmp_path / "good.xlsx"))
    assert set_aside(results) == ["lasning_avbruten"]
    assert rows == 1


def test_a_cell_at_the_far_corner_of_a_sheet_is_set_aside(tmp_path: Path) -> None:
    bad = workbook(tmp_path / "bad.xlsx", far_cell="XFD1048576")
    results, _ = load(tmp_path, bad, parquet(tmp_path / "good.parquet"))
    assert set_aside(results) == ["for_stort_blad"]


def test_a_workbook_that_unpacks_to_gigabytes_is_set_aside_unopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, archive=MEGABYTE)
    bad = workbook(tmp_path / "bad.xlsx")
    with zipfile.ZipFile(bad, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b"\0" * 2 * MEGABYTE)
    assert bad.stat().st_size < MEGABYTE / 10
    results, _ = load(tmp_path, bad, workbook(tmp_path / "good.xlsx"))
    assert set_aside(results) == ["for_stor"]


def test_a_workbook_whose_parts_share_bytes_is_set_aside(tmp_path: Path) -> None:
    bad = workbook(tmp_path / "bad.xlsx")
    content = bytearray(bad.read_bytes())
    # The directory says that every part begins where the first one does.
    places = [place for place in range(len(content)) if content[place : place + 4] == b"PK\1\2"]
    assert len(places) > 3
    for place in places:
        content[place + 42 : place + 46] = b"\0\0\0\0"
    bad.write_bytes(content)
    results, _ = load(tmp_path, bad, workbook(tmp_path / "good.xlsx"))
    assert set_aside(results) == ["for_stor"]


def test_a_workbook_of_very_many_parts_is_set_aside(tmp_path: Path) -> None:
    bad = workbook(tmp_path / "bad.xlsx")
    with zipfile.ZipFile(bad, "a") as archive:
        for number in range(10_000):
            archive.writestr(str(number), b"")
    results, _ = load(tmp_path, bad, workbook(tmp_path / "good.xlsx"))
    assert set_aside(results) == ["for_stor"]


def test_a_workbook_that_becomes_too_much_text_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, written=20)
    results, _ = load(tmp_path, workbook(tmp_path / "bad.xlsx"), parquet(tmp_path / "good.parquet"))
    assert set_aside(results) == ["for_stor"]


def test_a_parquet_file_of_too_many_rows_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, rows=1000)
    bad = parquet(tmp_path / "bad.parquet", "range(1001)")
    results, rows = load(tmp_path, bad, parquet(tmp_path / "good.parquet"))
    assert set_aside(results) == ["for_stor"]
    assert rows == 1


def test_a_parquet_file_that_unpacks_to_gigabytes_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its footer says little: one long text stands once in the file, and in every row."""
    limit(monkeypatch, cells=50 * MEGABYTE)
    bad = tmp_path / "bad.parquet"
    duckdb.execute(f"copy (select repeat('x', 100000) as a from range(1000)) to '{bad}'")
    assert bad.stat().st_size < MEGABYTE
    with pytest.raises(TooLargeError):
        apart.parquet_rows(bad)


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "csv"])
def test_a_file_of_too_many_columns_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    limit(monkeypatch, columns=7)
    for module in ("layout", "text_relations"):
        monkeypatch.setattr(f"orchestration.registers.{module}.LIMITS", apart.LIMITS)
    names = [*HEADER, "b", "c"]
    bad = tmp_path / f"bad.{ending}"
    if ending == "xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].append(names)
        book.save(bad)
    elif ending == "parquet":
        duckdb.execute(f"copy (select {', '.join(f'1 as {n}' for n in names)}) to '{bad}'")
    else:
        bad.write_text(";".join(names) + "\n", encoding="utf-8")
    results, _ = load(tmp_path, bad, workbook(tmp_path / "good.xlsx"))
    assert set_aside(results) == ["for_stor"]


def test_a_text_of_too_many_lines_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, rows=1000)
    monkeypatch.setattr("orchestration.registers.text_relations.LIMITS", apart.LIMITS)
    bad = tmp_path / "bad.csv"
    bad.write_text(";".join(HEADER) + "\n" * 1001, encoding="utf-8")
    results, _ = load(tmp_path, bad, workbook(tmp_path / "good.xlsx"))
    assert set_aside(results) == ["for_stor"]


@pytest.mark.parametrize(
    "program",
    [
        "os.abort()",
        "import signal; os.kill(os.getpid(), signal.SIGKILL)",
        "pass",
        "print('no answer')",
        "print('[1, 2, 3]')",
        "print('{\"done\": 1}'); sys.stdin.readline()",
        "print('7'); sys.stdin.readline()",
        'print(\'["os.system", "x"]\'); sys.stdin.readline()',
        "print('[\"done\", null]'); sys.stdin.readline()",
        "print('[\"done\", [1, [2], 3]]'); sys.stdin.readline()",
        "print('x' * (9 << 20))",
    ],
    ids=[
        "abort",
        "kill",
        "end",
        "garbage",
        "three",
        "object",
        "number",
        "name",
        "nothing",
        "nested",
        "long",
    ],
)
def test_however_a_parser_dies_its_file_is_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-u", "-c", f"{HEARD}{program}"))
    path = workbook(tmp_path / "a.xlsx")
    with pytest.raises(ParserDiedError):
        workbook_header(path)
    monkeypatch.undo()
    assert workbook_header(path).names == tuple(HEADER)


def test_a_parser_that_does_not_answer_in_time_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, seconds=0.2)
    sleeping = (sys.executable, "-c", "import time; time.sleep(600)")
    monkeypatch.setattr(apart, "_COMMAND", sleeping)
    with pytest.raises(ParserDiedError):
        workbook_header(workbook(tmp_path / "a.xlsx"))
    assert apart._parsers == []


def test_a_parser_that_was_ended_between_two_files_harms_neither(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    workbook_header(path)
    [parser] = apart._parsers
    os.kill(parser._process.pid, signal.SIGKILL)
    parser._process.wait()
    assert workbook_header(path).row == 1


def test_a_parser_serves_file_after_file_and_knows_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVVIK_PSEUDONYM_KEY", "hemlig" * 8)
    path = workbook(tmp_path / "a.xlsx")
    workbook_header(path)
    [parser] = apart._parsers
    with pytest.raises(SheetError):
        workbook_header(parquet(tmp_path / "b.parquet"))
    with pytest.raises(UnreadableError):
        apart.parquet_rows(path)
    assert workbook_header(path).names == tuple(HEADER)
    assert apart._parsers == [parser]
    environment = Path(f"/proc/{parser._process.pid}/environ").read_bytes()
    assert b"hemlig" not in environment


def test_a_parser_ends_with_whoever_started_it(tmp_path: Path) -> None:
    workbook_header(workbook(tmp_path / "a.xlsx"))
    [parser] = apart._parsers
    assert parser._process.stdin is not None
    parser._process.stdin.close()
    assert parser._process.wait(timeout=60) == 0


def test_a_file_named_from_where_one_stands_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser stands somewhere else."""
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.save(tmp_path / "bok.xlsx")
    monkeypatch.chdir(tmp_path)
    assert apart.workbook_header(Path("bok.xlsx")).names == ("a", "b")
