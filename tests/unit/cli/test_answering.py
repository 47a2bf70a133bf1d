"""A question of the page is answered as Swedes read, within its limits, and apart from the server.

What a question may reach is tried in `test_questions`, for both doors.
"""

import asyncio
import csv
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.cli.answering import LIMITS, Answer, Limits, answer, answered_apart

ENDLESS = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range = 7"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table deviations (outcome varchar, observed double, year int)")
        connection.execute(
            "insert into deviations values ('watch', 12345.5, 2023), (null, -0.25, 1)"
        )
        connection.execute("create schema meta")
        connection.execute(
            "create table meta.columns as select 'marts.deviations' as table_name,"
            " unnest(['outcome', 'observed']) as column_name, unnest(['Utfall', 'Utfallet'])"
            " as name_sv"
        )
    return path


def apart(snapshot: Path, sql: str, limits: Limits = LIMITS) -> Answer:
    # In a thread of its own: a browser's tests keep a loop running in this one.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(answered_apart(snapshot, sql, limits))).result()


def test_an_answer_has_swedish_headings_words_and_numbers_and_a_file_for_a_program(
    snapshot: Path,
) -> None:
    found = answer(snapshot, "select *, true as yes from marts.deviations order by year desc")
    assert found["kolumner"] == [
        {"namn": "outcome", "rubrik": "Utfall", "tal": False},
        {"namn": "observed", "rubrik": "Utfallet", "tal": True},
        {"namn": "year", "rubrik": "", "tal": True},
        {"namn": "yes", "rubrik": "", "tal": False},
    ]
    assert found["rader"] == [
        ["Att bevaka", "12\u00a0345,5", "2023", "ja"],
        ["", "\u22120,25", "1", "ja"],
    ]
    assert found["ord"] == ["outcome: Att bevaka = watch"]
    assert found["syntetiskt"] == ""
    assert (found["antal"], found["antal_sv"]) == (2, "2")
    assert list(csv.reader(io.StringIO(found["csv"]))) == [
        ["outcome", "observed", "year", "yes"],
        ["watch", "12345.5", "2023", "true"],
        ["", "-0.25", "1", "true"],
    ]


def test_an_answer_of_a_publication_with_a_made_up_source_says_so(snapshot: Path) -> None:
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute("create table meta.publication as select true as synthetic")
    try:
        found = answer(snapshot, "from marts.deviations")
    finally:
        with duckdb.connect(str(snapshot)) as connection:
            connection.execute("drop table meta.publication")
    assert found["syntetiskt"].startswith("Delvis syntetiska uppgifter")


def test_a_thousand_rows_are_shown_and_the_file_has_all(snapshot: Path) -> None:
    found = answer(snapshot, "from range(10000)")
    assert (len(found["rader"]), found["antal_sv"]) == (1000, "10\u00a0000")
    assert found["csv"].count("\n") == 10_001


def test_an_edition_that_tells_no_columns_is_answered_from_too(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "a.duckdb")).close()
    assert answer(tmp_path / "a.duckdb", "select 1 as a")["rader"] == [["1"]]


@pytest.mark.parametrize(
    ("sql", "limits", "said"),
    [
        ("selec 1", {}, "den är inte skriven som SQL"),
        ("", {}, "den är tom"),
        ("-- bara en kommentar", {}, "den är tom"),
        ("from finns_inte", {}, "den nämner en tabell eller funktion som inte finns"),
        ("create table t as select 1", {}, "inget ändras eller skrivs"),
        ("from read_csv('/etc/passwd')", {}, "inte filer, adresser eller tillägg"),
        ("from range(10001)", {}, "fler än 10\u00a0000 rader"),
        ("select repeat('x', 2000) from range(100)", {"characters": 100_000}, "är för stort"),
        ("select list(i) from range(100000000) t(i)", {"duckdb_memory": "50MB"}, "mer minne"),
        (ENDLESS, {"seconds": 0.3}, "längre än 0,3 sekunder och avbröts"),
    ],
)
def test_what_is_wrong_is_one_swedish_message(
    sql: str, limits: dict[str, Any], said: str, snapshot: Path
) -> None:
    found = answer(snapshot, sql, Limits(**limits))
    assert set(found) == {"fel"}
    assert found["fel"].startswith("Frågan kunde inte besvaras: ")
    assert said in found["fel"]
    assert "Gör så här: " in found["fel"]


def test_ten_seconds_and_ten_thousand_rows() -> None:
    assert (LIMITS.seconds, LIMITS.rows, LIMITS.duckdb_memory) == (10, 10_000, "512MB")


def test_a_question_has_a_process_of_its_own_without_the_environment(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which ends, and with it whatever it was at."""
    monkeypatch.setenv("AVVIK_PSEUDONYM_KEY", "x" * 40)
    begun = time.monotonic()
    found = apart(snapshot, 'select \'ö\' as o, "year" from deviations where "year" = 2023')
    assert found["rader"] == [["ö", "2023"]]
    assert "avbröts" in apart(snapshot, ENDLESS, Limits(seconds=0.3))["fel"]
    # More than DuckDB counts: the system's own bound holds the process.
    assert "minne" in apart(snapshot, "select 1", Limits(memory=60 << 20))["fel"]
    assert time.monotonic() - begun < 60
    left = [
        path
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"orchestration.cli.answering" in _read(path)
        and str(os.getpid()).encode() in _read(path.with_name("stat")).split()[3:4]
    ]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
