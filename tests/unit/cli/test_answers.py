"""An answer to a person fits and is Swedish; what a program reads is whole and as it is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "published").mkdir()
    with duckdb.connect(str(home / "published" / "marts.duckdb")) as connection:
        connection.execute("create table deviations as select 1 as a")
    return home


def ask(home: Path, sql: str, *options: str) -> Result:
    return CliRunner().invoke(
        app, ["query", sql, "--home", str(home), *options], env={"COLUMNS": "80"}
    )


CODES = """
select 'stability' as kind, 'explained' as outcome, 'contrary' as verdict, 'suppressed' as status,
    'focus' as other, true as yes
union all select 'law', 'nytt', null, 'focus', 'focus', false order by other, yes
"""


def test_a_code_is_a_word_to_a_person_and_a_code_to_a_program(home: Path) -> None:
    table = ask(home, CODES).stdout
    [_, _, first, second, *codes] = table.splitlines()
    assert re.split("  +", first) == ["ändrad lag", "nytt", "focus", "focus", "nej"]
    assert re.split("  +", second) == [
        *("utebliven förändring", "Utesluten", "talar emot", "uppgift skyddas", "focus", "ja"),
    ]
    assert " ".join(codes).split("Så skrivs orden i en fråga: ")[1:] == [
        "kind: ändrad lag = law; utebliven förändring = stability ",
        "outcome: Utesluten = explained ",
        "verdict: talar emot = contrary ",
        "status: uppgift skyddas = suppressed",
    ]
    rows = json.loads(ask(home, CODES, "--format", "json").stdout)
    assert [row["kind"] for row in rows] == ["law", "stability"]
    assert [row["yes"] for row in rows] == [False, True]
    assert (
        ask(home, CODES, "--format", "csv").stdout.splitlines()[1] == "law,nytt,,focus,focus,false"
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_is_as_wide_as_it_may_be_and_nothing_else_is_cut(width: int, home: Path) -> None:
    sql = "select 'å ' || repeat('ord ', 5000) as a, repeat('x', 5000) as b, 1234567.25 as c"
    env = {"COLUMNS": str(width)}
    typed = ["query", sql, "--home", str(home)]
    [row] = json.loads(CliRunner().invoke(app, [*typed, "--format", "json"], env=env).stdout)
    table = CliRunner().invoke(app, typed, env=env).stdout
    assert max(map(len, table.splitlines())) == width
    assert table.count("ord") == row["a"].count("ord") == 5000
    assert table.count("x") == len(row["b"]) == 5000
    assert table.count("1234567.25") == 1


def test_a_pipe_is_eighty_wide_and_a_program_reads_utf_8(home: Path) -> None:
    """Whatever the terminal can show."""
    asked = [sys.executable, "-m", "orchestration", "query", "--home", str(home)]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    env.pop("COLUMNS", None)
    sql = "select repeat('åäö ', 100) as text, 'ö' as o"
    told = {
        shape: subprocess.run(
            [*asked, "--format", shape, sql], env=env, capture_output=True, check=False
        )
        for shape in ("table", "json", "csv")
    }
    assert all(each.returncode == 0 for each in told.values()), told
    assert "åäö " in told["json"].stdout.decode("utf-8")
    assert told["csv"].stdout.decode("utf-8").startswith("text,o\nåäö ")
    lines = told["table"].stdout.decode("ascii").replace("\\xe5", "å").replace("\\xe4", "ä")
    assert max(map(len, lines.replace("\\xf6", "ö").splitlines())) == 80
