"""Cities on an older DuckDB: they read what is published, and 1.5 runs the whole flow.

`make test` installs the older ones beside the locked one, each in a directory of its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import Installation

ROOT = Path(__file__).parents[2]
GUIDES = ("README.md", "docs/sv/analytiker.md")
QUESTIONS = "docs/sv/tjugo-fragor.md"
OLDER = ("oldest", "lts", "1.5")
# What lies in the file, by content and not by place; no value that Python needs a library for.
CONTENTS = """
select table_schema, table_name
from information_schema.tables
where table_catalog = current_database() and table_type = 'BASE TABLE'
order by all
"""
COMMENTS = """
select schema_name, table_name, column_name, comment
from duckdb_columns()
where database_name = current_database() and comment is not null and not internal
union all
select schema_name, table_name, null, comment
from duckdb_tables()
where database_name = current_database() and comment is not null and not internal
order by all
"""
ASK = """
import duckdb, json, sys
connection = duckdb.connect()
# On a busy machine a bar would be drawn where the answer is written.
connection.execute("set enable_progress_bar = false")
answers = []
for sql in json.load(sys.stdin):
    answers.append([[str(value) for value in row] for row in connection.execute(sql).fetchall()])
print(json.dumps([duckdb.__version__, answers]))
"""


def environment(name: str) -> dict[str, str]:
    directory = Path(sys.prefix) / f"duckdb-{name}"
    assert directory.is_dir(), f"run `make test`, which installs {directory.name} for this test"
    return {**os.environ, "PYTHONPATH": str(directory)}


def locked(name: str) -> set[str]:
    """The versions that a lock file may install, one for each Python."""
    lock = (ROOT / "tests" / "fixtures" / f"duckdb-{name}.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^duckdb==(\S+)", lock, re.MULTILINE))


def answers(name: str, *questions: str) -> list[list[list[str]]]:
    """What an older DuckDB answers."""
    told = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        env=environment(name),
    )
    assert told.returncode == 0, told.stderr[-2000:]
    version, found = json.loads(told.stdout)
    assert version in locked(name)
    answered: list[list[list[str]]] = found
    return answered


def answers_of_the_locked(*questions: str) -> list[list[list[str]]]:
    with duckdb.connect() as connection:
        return [
            [[str(value) for value in row] for row in connection.execute(sql).fetchall()]
            for sql in questions
        ]


def opened(path: Path, name: str) -> list[str]:
    """Open a file under a name, and be in it."""
    return [f"attach '{path}' as {name} (read_only)", f"use {name}", "set timezone = 'UTC'"]


def documented() -> list[str]:
    """The questions that the guides show, as an analyst would copy them."""
    found = []
    for guide in (*GUIDES, QUESTIONS):
        text = (ROOT / guide).read_text(encoding="utf-8")
        found += re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        found += re.findall(r'avvik query "([^"]+)"', text)
        found += re.findall(r'execute\("""\n(.*?)"""\)', text, re.DOTALL)
    # What stands where a question is to stand.
    return [sql for sql in found if sql not in ("SQL", "...")]


def test_the_oldest_and_the_long_term_one_are_what_the_guides_promise() -> None:
    assert "1.1.3" in locked("oldest")
    assert {version[:4] for version in locked("lts")} == {"1.4."}
    for guide in GUIDES:
        assert "DuckDB 1.1" in (ROOT / guide).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OLDER)
def test_an_older_duckdb_reads_all_that_is_published(name: str, published: Installation) -> None:
    start = opened(published.open_snapshot, "marts")
    tables = [tuple(row) for row in answers_of_the_locked(*start, CONTENTS)[-1]]
    assert len(tables) > 10
    everything = [
        f'select columns(*)::varchar from "{schema}"."{table}" order by all'
        for schema, table in tables
    ]
    expected = answers_of_the_locked(*start, CONTENTS, COMMENTS, *everything)
    found = answers(name, *start, CONTENTS, COMMENTS, *everything)
    assert len(expected[4]) > 50, "the columns have comments"
    assert sum(len(rows) for rows in expected[5:]) > 1000
    for question, wanted, got in zip((*start, "c", "k", *everything), expected, found, strict=True):
        assert got == wanted, question


@pytest.mark.parametrize("name", OLDER)
def test_the_guides_questions_are_answered_also_by_a_copy_of_another_name(
    name: str, published: Installation, tmp_path: Path
) -> None:
    """Attached under the name that the questions use, as the guides say."""
    copy = tmp_path / "kopia.duckdb"
    shutil.copyfile(published.open_snapshot, copy)
    questions = documented()
    assert len(questions) > 5
    by_name: Any = answers_of_the_locked(*opened(published.open_snapshot, "marts"), *questions)
    assert sum(bool(rows) for rows in by_name[3:]) > 3
    copied = answers(name, *opened(copy, "marts"), *questions)
    unordered = [sorted(rows) for rows in by_name]
    assert [sorted(rows) for rows in copied] == unordered


def test_the_flow_runs_on_the_older_duckdb_too(city: Path, tmp_path: Path) -> None:
    shutil.copytree(city, tmp_path / "inbox")
    result = subprocess.run(
        [sys.executable, "-m", "orchestration", "run", "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment("1.5"),
    )
    assert result.returncode == 0, result.stderr[-2000:]
    # What the older wrote, the locked one reads.
    snapshot = tmp_path / "published" / "marts.duckdb"
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        [(values,)] = connection.execute("select count(*) from marts.indicator_values").fetchall()
    assert values > 1000
