"""What is published says in Swedish what it holds, and can be asked without knowing its codes."""

import re
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.language import words
from orchestration.opendata import words as opendata
from orchestration.opendata.tables import Table, tables_of
from tests.integration.conftest import Installation

# Words that stand in English sentences and in no Swedish one.
ENGLISH = re.compile(
    r"\b(the|of|and|or|is|it|with|where|which|for the|empty|row|first day|whether|number)\b",
    re.IGNORECASE,
)
SWEDISH = re.compile(r"[åäö]|\b(en|per|som|i|av|kod|och|är)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def snapshot(published: Installation) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.snapshot), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def tables(snapshot: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    found = tables_of(snapshot)
    assert len(found) > 40
    return found


def test_every_table_and_column_is_described_in_swedish(tables: tuple[Table, ...]) -> None:
    texts = {
        f"{table.name}.{name}": text
        for table in tables
        for name, text in (
            ("", table.meaning_sv),
            *((column.name, column.meaning_sv) for column in table.columns),
        )
    }
    assert len(texts) > 400
    assert {name: text for name, text in texts.items() if not text} == {}
    # Codes are what a program writes, and may be English.
    prose = {name: re.sub(r"\b\w*_\w*\b|\([^)]*\)", "", text) for name, text in texts.items()}
    assert {name: text for name, text in prose.items() if ENGLISH.search(text)} == {}
    assert [text for text in prose.values() if ENGLISH.search("Name of the indicator")]
    whole = " ".join(text for name, text in prose.items() if name.endswith("."))
    assert len(SWEDISH.findall(whole)) > len(tables)


def test_a_column_s_meaning_begins_with_its_name(snapshot: duckdb.DuckDBPyConnection) -> None:
    rows = snapshot.execute(
        "select table_name, column_name, name_sv, meaning_sv from meta.columns"
    ).fetchall()
    assert [row for row in rows if not row[3].startswith(row[2])] == []
    odd = [
        row[:3]
        for row in rows
        if not 2 <= len(row[2]) <= 60 or "_" in row[2] or not re.match("[A-ZÅÄÖ]|[pq]-v", row[2])
    ]
    assert odd == []
    twice = snapshot.execute(
        "select table_name, name_sv from meta.columns group by all having count(*) > 1"
    ).fetchall()
    assert twice == []


def test_the_columns_are_those_of_the_tables(
    snapshot: duckdb.DuckDBPyConnection, tables: tuple[Table, ...]
) -> None:
    listed = snapshot.execute(
        "select table_name, column_name, data_type from meta.columns order by table_name, position"
    ).fetchall()
    assert listed == [
        (table.name, column.name, column.data_type) for table in tables for column in table.columns
    ]
    without = snapshot.execute(
        "select table_name, column_name from meta.columns"
        " where (unit is null) = (data_type in ('DOUBLE', 'INTEGER', 'BIGINT'))"
    ).fetchall()
    assert without == [], "numbers have a unit, and nothing else has"


def test_all_that_is_said_is_of_something_that_is_there(tables: tuple[Table, ...]) -> None:
    """And every table has a title; so a new one cannot be forgotten, nor an old one linger."""
    known = {table.name: table for table in tables}
    said = opendata._file()
    assert said.titles.keys() == known.keys()
    columns = {column.name for table in tables for column in table.columns}
    own = {f"{table.name}.{column.name}" for table in tables for column in table.columns}
    assert said.units.keys() <= columns | own
    assert said.references.keys() <= columns
    assert {target for target in said.references.values() if target.count(".") == 1} <= set(known)
    for name, told in opendata.described().items():
        assert list(told.columns) == list(known[name].by_name), name
    for name, key in said.keys.items():
        assert set(key) <= set(known[name].by_name), name


def test_a_column_says_what_it_was_made_of(snapshot: duckdb.DuckDBPyConnection) -> None:
    sources = dict(
        snapshot.execute("select distinct table_name, source from meta.columns").fetchall()
    )
    assert sources["marts.refusals"] == "ekonomiskt_bistand_beslut"
    assert sources["marts.child_contacted"] == "barn_unga_arenden, socioekonomi_stadsdel"
    assert sources["marts.focus_areas"] == "marts.deviations, marts.found_explanations"
    assert sources["marts.indicator_values"] == "anges i kolumnen source_id"
    assert sources["meta.publication"] is None
    registers = {
        row[0] for row in snapshot.execute("select source_id from meta.sources").fetchall()
    }
    named = {
        name
        for told in sources.values()
        if told and "source_id" not in told
        for name in told.split(", ")
        if not name.startswith("marts.")
    }
    publishers = {"bra", "kolada", "kronofogden", "scb", "socialstyrelsen", "stockholm"}
    assert named - publishers <= registers
    assert "skyddat_boende_placeringar" in named


def test_every_group_has_the_words_of_the_pages(snapshot: duckdb.DuckDBPyConnection) -> None:
    labels = {
        (breakdown, category): (breakdown_sv, category_sv)
        for breakdown, category, breakdown_sv, category_sv in snapshot.execute(
            "from meta.category_labels"
        ).fetchall()
    }
    for table, column in (("indicator_values", "breakdown"), ("refusals", "dimension")):
        met = snapshot.execute(f"select distinct {column}, category from marts.{table}").fetchall()
        assert len(met) > 10
        assert set(met) <= labels.keys()
    assert labels["sex*age_group", "man*0-6"] == ("kön och ålder", "män, 0–6 år")
    assert labels["household_type", "6"] == ("hushållstyp", "ensamstående kvinna med barn")
    assert labels["total", "total"] == ("alla", "alla")
    assert [told for pair in labels.items() for told in pair[1] if not told or "_" in told] == [], (
        "no code stands in for a word"
    )


def test_every_code_of_a_column_has_its_word(snapshot: duckdb.DuckDBPyConnection) -> None:
    labels: dict[str, dict[str, str]] = {}
    for column, code, told in snapshot.execute("from meta.code_labels").fetchall():
        labels.setdefault(column, {})[code] = told
    seen = 0
    for table, column in (
        ("indicators", "area"),
        ("indicators", "measure"),
        ("indicators", "polarity"),
        ("geographies", "level"),
        ("indicator_values", "status"),
        ("indicator_values", "period_grain"),
        ("deviations", "kind"),
        ("deviations", "outcome"),
        ("triangulation", "verdict"),
        ("found_explanations", "kind"),
    ):
        met = {
            row[0]
            for row in snapshot.execute(f"select distinct {column} from marts.{table}").fetchall()
        }
        assert met <= labels[column].keys(), (table, column)
        seen += len(met)
    assert seen > 30
    assert labels["area"] == dict(words.AREAS)


def test_the_view_with_names_has_each_value_once(snapshot: duckdb.DuckDBPyConnection) -> None:
    columns = (
        "indicator_id, period_start, period_grain, geography_id, breakdown, category,"
        " numerator, denominator, value, ci_lower, ci_upper, status, source_id"
    )
    for one, other in (
        ("labelled_values", "indicator_values"),
        ("indicator_values", "labelled_values"),
    ):
        rows = snapshot.execute(
            f"select {columns} from marts.{one} except all select {columns} from marts.{other}"
        ).fetchall()
        assert rows == []
    counts = snapshot.execute(
        "select (select count(*) from marts.labelled_values),"
        " (select count(*) from marts.indicator_values)"
    ).fetchone()
    assert counts is not None
    assert counts[0] == counts[1] > 1000
    unnamed = snapshot.execute(
        """
        select count(*)
        from marts.labelled_values
        where title_sv is null or area_sv is null or place is null or level_sv is null
            or breakdown_sv is null or category_sv is null or status_sv is null
            or (publisher is null and source_id in (select source_id from meta.sources))
        """
    ).fetchone()
    assert unnamed == (0,)
    assert snapshot.execute(
        "select distinct category_sv from marts.labelled_values"
        " where breakdown = 'sex' order by all"
    ).fetchall() == [("kvinnor",), ("män",)]


def test_the_examples_are_answered_under_every_name(
    snapshot: duckdb.DuckDBPyConnection, published: Installation
) -> None:
    names = [
        row[0]
        for row in snapshot.execute(
            "select view_name from duckdb_views() where schema_name = 'exempel' order by all"
        ).fetchall()
    ]
    assert len(names) >= 5
    with duckdb.connect() as other:
        other.execute(f"attach '{published.snapshot}' as annat_namn (read_only)")
        for name in names:
            rows = snapshot.execute(f"from exempel.{name}").fetchall()
            assert rows, name
            assert sorted(map(repr, rows)) == sorted(
                map(repr, other.execute(f"from annat_namn.exempel.{name}").fetchall())
            )
        assert other.execute("select count(*) from annat_namn.labelled_values").fetchall()
    comments = snapshot.execute(
        "select comment from duckdb_views() where schema_name = 'exempel'"
    ).fetchall()
    assert all(comment and comment.endswith(".") for (comment,) in comments)
