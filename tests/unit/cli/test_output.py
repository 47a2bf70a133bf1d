"""Rows for people and for programs: nothing lost, nothing read as anything but text."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from orchestration.cli.output import Format, answer_of, print_rows

ODD = """
select
    date '2024-02-29' as day,
    timestamptz '2024-03-31 01:30:00+00' as moment,
    12.50::decimal(9, 2) as amount,
    12::decimal(38, 0) as whole,
    170141183460469231731687303715884105727::hugeint as many,
    0.1::double as share,
    'nan'::double as not_a_number,
    null::integer as nothing,
    true as yes,
    'å, "ä" [bold]ö[/] [/x]' as words,
    [1.5, null] as list,
    {'a': 'infinity'::double, 'b': date '2024-01-01'} as nested,
    1 as twice,
    2 as twice
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set timezone = 'UTC'")
        yield opened


def test_json_keeps_what_the_database_says(
    connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    print_rows(*answer_of(connection.execute(ODD)), Format.JSON)
    [row] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert row == {
        "day": "2024-02-29",
        "moment": "2024-03-31T01:30:00+00:00",
        "amount": 12.5,
        "whole": 12,
        "many": 170141183460469231731687303715884105727,
        "share": 0.1,
        "not_a_number": None,
        "nothing": None,
        "yes": True,
        "words": 'å, "ä" [bold]ö[/] [/x]',
        "list": [1.5, None],
        "nested": {"a": None, "b": "2024-01-01"},
        "twice": 1,
        "twice_2": 2,
    }


def test_csv_keeps_what_the_database_says(
    connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    print_rows(*answer_of(connection.execute(ODD)), Format.CSV)
    names, row = csv.reader(io.StringIO(capsys.readouterr().out))
    told: dict[str, Any] = dict(zip(names[:-2], row, strict=False))
    assert names[-2:] == ["twice", "twice"]
    assert told["moment"] == "2024-03-31T01:30:00+00:00"
    assert told["amount"] == "12.50"
    assert told["share"] == "0.1"
    assert told["nothing"] == ""
    assert told["yes"] == "true"
    assert told["words"] == 'å, "ä" [bold]ö[/] [/x]'
    assert json.loads(told["nested"]) == {"a": None, "b": "2024-01-01"}


def test_a_table_shows_text_as_it_is(
    connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    """What looks like the terminal's own markup is somebody's words."""
    print_rows(*answer_of(connection.execute("select '[bold]ö[/] [/x]' as \"[a]\"")))
    shown = capsys.readouterr().out
    assert "[a]" in shown
    assert "[bold]ö[/] [/x]" in shown


@pytest.mark.parametrize("count", [0, 1, 25_001])
def test_every_row_of_a_large_answer_comes(
    count: int, connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    question = f"select range as n from range({count}) order by n"
    print_rows(*answer_of(connection.execute(question)), Format.JSON)
    assert [row["n"] for row in json.loads(capsys.readouterr().out)] == list(range(count))
    print_rows(*answer_of(connection.execute(question)), Format.CSV)
    assert capsys.readouterr().out.split() == ["n", *map(str, range(count))]
