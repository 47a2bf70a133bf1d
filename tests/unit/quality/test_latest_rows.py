"""Only the latest delivery of each key is judged, so that a good delivery repairs a bad one."""

from collections import defaultdict
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.quality.metrics import forget_superseded, latest_rows, table_columns

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
    with duckdb.connect() as connection:
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
