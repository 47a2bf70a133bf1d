"""What the guides for Python, R, Excel and DBeaver show is true of what is published.

Python's examples are run as they stand. R, Excel and DBeaver are not there to be run: their
questions are asked, their files looked up, and the files' form is what the guides say.
"""

import codecs
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import Installation

GUIDES = Path(__file__).parents[2] / "docs" / "sv"
WHERE = "var/published"


def guide(name: str) -> str:
    return (GUIDES / f"i-{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", guide(name), re.MULTILINE | re.DOTALL)


def at_home(text: str, published: Installation) -> str:
    assert WHERE in text
    return text.replace(WHERE, str(published.settings.published_dir))


def run(block: str, published: Installation) -> Any:
    names: dict[str, Any] = {}
    exec(compile(at_home(block, published), "i-python.md", "exec"), names)  # noqa: S102 (the guide's own)
    return names["frame"]


def test_python_s_examples_run(published: Installation) -> None:
    database, parquet, csv, package = (run(each, published) for each in blocks("python", "python"))
    assert list(database["year"]) == list(range(2016, 2024))
    assert database["value"].gt(0).all()
    assert len(parquet) > 400
    assert set(parquet.columns) == {"title_sv", "place", "value"}
    with duckdb.connect(str(published.open_snapshot), read_only=True) as connection:
        shown = connection.execute(
            "select count(*), count(value) from marts.indicator_values join marts.geographies"
            " using (geography_id) where year(period_start) = 2023"
            " and level = 'stadsdelsnamnd' and breakdown = 'total'"
        ).fetchone()
        assert (len(parquet), parquet["value"].count()) == shown
        for frame, table, column in (
            (csv, "indicator_values", "value"),
            (package, "refusals", "decisions"),
        ):
            counted = connection.execute(
                f"select count(*), count({column}), sum({column}) from marts.{table}"
            ).fetchone()
            assert counted is not None
            assert (len(frame), frame[column].count()) == counted[:2]
            assert float(frame[column].sum()) == pytest.approx(float(counted[2]))
    assert "0180" in set(csv["geography_id"])
    assert "1-2" in set(csv["category"])
    assert str(csv["period_start"].dtype).startswith("datetime")
    assert "0180" in set(package["geography_id"])


def test_the_questions_of_r_and_dbeaver_are_answered(published: Installation) -> None:
    asked = [
        sql
        for block in blocks("r", "r")
        for sql in re.findall(r'dbGetQuery\(connection, "(.*?)"\)', block, re.DOTALL)
    ]
    assert len(asked) == 2
    asked += blocks("dbeaver", "sql")
    with duckdb.connect(str(published.open_snapshot), read_only=True) as connection:
        for sql in asked:
            text = at_home(sql, published) if WHERE in sql else sql
            assert len(connection.execute(text).fetchall()) > 5, sql


@pytest.mark.parametrize("name", ["python", "r", "excel", "dbeaver"])
def test_every_file_that_is_named_is_published(name: str, published: Installation) -> None:
    text = guide(name)
    named = set(re.findall(r"(?:var/)?published/([\w./-]*\w)", text))
    named |= {f"data/{file}" for file in re.findall(r"\bdata/(\w+\.\w+)", text)}
    assert named
    for path in named:
        assert (published.settings.published_dir / path).exists(), path


def test_csv_has_the_form_that_r_and_excel_are_told_of(published: Installation) -> None:
    """What `read.csv` is given, and what Excel is told to choose."""
    content = (published.settings.published_dir / "data" / "indicator_values.csv").read_bytes()
    assert content.startswith(codecs.BOM_UTF8)
    header, *lines = content.decode("utf-8-sig").splitlines()[:2000]
    columns = header.split(";")
    assert {"geography_id", "municipality_id", "category", "value"} <= set(columns)
    values = {line.split(";")[columns.index("value")] for line in lines}
    assert any(re.fullmatch(r"-?\d+,\d+", value) for value in values)
    assert not any("." in value.strip(".") for value in values)
    [call] = [block for block in blocks("r", "r") if "read.csv" in block]
    for option in ('sep = ";"', 'dec = ","', '"UTF-8-BOM"', 'na.strings = c("", "..")'):
        assert option in call


def test_what_is_not_tried_is_said() -> None:
    for name in ("r", "excel", "dbeaver"):
        assert "inte prövad" in guide(name) or "inte prövat" in guide(name)
    assert "ODBC-drivrutin" in guide("excel")
