"""Only the latest delivery of each key is judged, so that a good delivery repairs a bad one."""

from collections import defaultdict
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Template

from orchestration.quality.dialects import latest_rows_by_key
from orchestration.quality.metrics import forget_superseded, latest_rows, table_columns
from orchestration.settings import PROJECT_ROOT
from tests.empty_database import empty_database

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Lab

TABLE = "create table raw.t (id varchar, part varchar, amount integer, delivery_sequence bigint)"


def test_a_later_delivery_repairs_a_rule(lab: "Lab") -> None:
    lab.execute(TABLE)
    lab.execute("insert into raw.t values ('a', 'x', -5, 1), ('b', 'x', 7, 1)")
    bounded = lab.rule("expect_column_values_to_be_between", column="amount", min_value=0)
    assert not lab.check(bounded, latest_by=["id"]).passed
    lab.execute("insert into raw.t values ('a', 'x', 5, 2)")
    repaired = lab.check(bounded, latest_by=["id"])
    assert repaired.passed
    assert repaired.row_count == 2
    assert not lab.check(bounded).passed


def test_what_a_later_delivery_leaves_alone_is_still_judged(lab: "Lab") -> None:
    lab.execute(TABLE)
    lab.execute("insert into raw.t values ('a', 'x', -5, 1), ('b', 'x', -7, 1), ('a', 'x', 5, 2)")
    bounded = lab.rule("expect_column_values_to_be_between", column="amount", min_value=0)
    assert lab.check(bounded, latest_by=["id"]).results[1].unexpected_count == 1


def test_a_doubled_key_within_the_latest_delivery_is_seen(lab: "Lab") -> None:
    lab.execute(TABLE)
    lab.execute("insert into raw.t values ('a', 'x', 1, 1), ('a', 'x', 1, 2), ('b', 'x', 1, 1)")
    unique = lab.rule("expect_column_values_to_be_unique", column="id")
    assert lab.check(unique, latest_by=["id"]).passed
    lab.execute("insert into raw.t values ('a', 'x', 1, 2)")
    assert lab.check(unique, latest_by=["id"]).results[1].unexpected_count == 2


def test_a_whole_dataset_is_replaced_by_its_member_of_a_json_column(lab: "Lab") -> None:
    lab.execute(
        "create table raw.t (dataset varchar, dimensions varchar, delivery_sequence bigint)"
    )
    lab.execute(
        """insert into raw.t values
        ('d', '{"tabell":"b1"}', 1), ('d', '{"tabell":"b1"}', 1), ('d', '{"tabell":"b2"}', 2),
        ('d', '{"tabell":"b1"}', 3), ('e', '{}', 1), ('e', '{}', 4)"""
    )
    result = lab.check(latest_by=["dataset", "dimensions.tabell"])
    assert result.row_count == 3


@pytest.mark.parametrize("column", ["id", "delivery_sequence"])
def test_a_missing_key_breaks_the_whole_check(lab: "Lab", column: str) -> None:
    lab.execute(TABLE)
    lab.execute("insert into raw.t values ('a', 'x', 1, 1)")
    lab.execute(f"alter table raw.t drop {column}")
    result = lab.check(latest_by=["id"])
    assert result.results[0].broken
    assert f"kolumnen {column} saknas i raw.t" in result.results[0].message_sv


def test_nothing_is_left_behind(lab: "Lab") -> None:
    lab.execute(TABLE)
    lab.execute("insert into raw.t values ('a', 'x', 1, 1), ('a', 'x', 1, 2)")
    lab.check(latest_by=["id"])
    assert lab.connection.execute(
        "select count(*) from duckdb_tables() where temporary"
    ).fetchall() == [(0,)]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("xy"), st.integers(1, 4)), max_size=14
    )
)
def test_the_rows_are_those_of_each_keys_highest_sequence(rows: list[tuple[str, str, int]]) -> None:
    by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name, part, sequence in rows:
        by_key[name, part].append(sequence)
    expected = sorted(
        (name, part, sequence)
        for (name, part), sequences in by_key.items()
        for sequence in sequences
        if sequence == max(sequences)
    )
    with empty_database() as connection:
        connection.execute("create schema raw")
        connection.execute(TABLE)
        for name, part, sequence in rows:
            connection.execute("insert into raw.t values (?, ?, 0, ?)", [name, part, sequence])
        columns = table_columns(connection, "raw.t")
        relation = latest_rows(connection, "raw.t", columns, ["id", "part"])
        found = connection.execute(
            f"select id, part, delivery_sequence from {relation.source} order by all"
        ).fetchall()
        forget_superseded(connection)
    assert found == expected


DELIVERIES = {
    "the later delivery of a month": (["2023-01", "2023-01"], 2),
    "the later month": (["2023-01", "2023-02"], 2),
    "the later month, though it came first": (["2023-02", "2023-01"], 1),
    "the correction of the later month": (["2023-01", "2023-02", "2023-01", "2023-02"], 4),
    "the later year": (["2022", "2023"], 2),
    "the later year, though it came first": (["2023", "2022"], 1),
    "the later year's month, though it came first": (["2023-01", "2022-12", "2022"], 1),
    "the year's file that came after its months": (["2023-11", "2023-12", "2023"], 3),
    "the month that came after the year's file": (["2023", "2023-03"], 2),
    "the later month after the year's file": (["2023-12", "2023", "2023-04", "2023-03"], 3),
    "the latest of two files of a year": (["2023", "2023-05", "2023"], 3),
    "the month after the latest file of its year": (["2023", "2023-05", "2023", "2023-02"], 4),
}


def by_the_rule(periods: list[str]) -> int:
    """The rule as the docs tell it, over the periods of one key in the order they arrived."""
    latest_year = max(period[:4] for period in periods)
    standing: list[tuple[str, int]] = []
    for sequence, period in enumerate(periods, start=1):
        if period == latest_year:
            standing = [(period, sequence)]
        elif period[:4] == latest_year:
            standing.append((period, sequence))
    return max(standing)[1]


def in_quality(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    relation = latest_rows(connection, "raw.t", table_columns(connection, "raw.t"), ["id"])
    found = connection.execute(
        f"select id, delivery_sequence from {relation.source} order by all"
    ).fetchall()
    forget_superseded(connection)
    return found


def in_windows(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """As an engine without row ids is asked."""
    source = latest_rows_by_key("raw.t", list(table_columns(connection, "raw.t")), ["id"])
    return connection.execute(f"select id, delivery_sequence from {source} order by all").fetchall()


def in_dbt(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    macros = (PROJECT_ROOT / "dbt_project" / "macros" / "latest.sql").read_text(encoding="utf-8")
    macro = vars(Template(macros).module)["latest_rows"]
    sql = macro("raw.t", ["id"])
    return connection.execute(f"select id, delivery_sequence from ({sql}) order by all").fetchall()


def deliver(connection: duckdb.DuckDBPyConnection, keys: dict[str, list[str]]) -> None:
    connection.execute("create schema raw")
    connection.execute(
        "create table raw.t (id varchar, delivery_period varchar, delivery_sequence bigint)"
    )
    for key, periods in keys.items():
        for sequence, period in enumerate(periods, start=1):
            connection.execute("insert into raw.t values (?, ?, ?)", [key, period, sequence])


@pytest.mark.parametrize("wins", DELIVERIES)
def test_which_delivery_of_a_key_is_valid(wins: str) -> None:
    periods, expected = DELIVERIES[wins]
    assert by_the_rule(periods) == expected
    with empty_database() as connection:
        deliver(connection, {"a": periods, "b": periods[:1]})
        assert in_quality(connection) == [("a", expected), ("b", 1)]
        assert in_windows(connection) == [("a", expected), ("b", 1)]
        assert in_dbt(connection) == [("a", expected), ("b", 1)]


@settings(max_examples=60, deadline=None)
@given(
    keys=st.dictionaries(
        st.sampled_from("abc"),
        st.lists(
            st.sampled_from(["2022", "2022-01", "2022-12", "2023", "2023-01", "2023-02"]),
            min_size=1,
            max_size=7,
        ),
        min_size=1,
    )
)
def test_dbt_and_the_expectations_see_the_same_rows(keys: dict[str, list[str]]) -> None:
    expected = sorted((key, by_the_rule(periods)) for key, periods in keys.items())
    with empty_database() as connection:
        deliver(connection, keys)
        assert in_quality(connection) == expected
        assert in_windows(connection) == expected
        assert in_dbt(connection) == expected


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(["2022-11", "2022-12", "2023-01", "2023-02", "2023-03"]))
def test_the_order_in_which_different_months_arrive_makes_no_difference(order: list[str]) -> None:
    assert order[by_the_rule(order) - 1] == "2023-03"
    with empty_database() as connection:
        deliver(connection, {"a": order})
        [(_, sequence)] = in_dbt(connection)
        assert order[sequence - 1] == "2023-03"
