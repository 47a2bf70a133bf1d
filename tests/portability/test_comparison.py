"""The comparison says that two tables are the same, or which column differs in how many rows."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.portability.comparison import Difference, differences

OURS = (
    "(values (1, 'a', 0.1::double, date '2022-01-01'), (2, 'b', null, null),"
    " (3, 'b', 2e10, null)) as t(id, name, value, day)"
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def told(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> list[Difference]:
    return differences(connection, "marts.t", ours, theirs)


def found(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> dict[str | None, int]:
    """Counts by column."""
    return {each.column: each.count for each in told(connection, ours, theirs)}


@pytest.mark.parametrize(
    "theirs",
    [
        f"(select * from {OURS} order by id desc)",
        # Other widths and scales of the same numbers, and the last digit of a sum.
        f"(select id::bigint as id, name, value * (1 + 4e-16) as value, day from {OURS})",
        f"(select id::hugeint as id, name, value, day from {OURS})",
    ],
)
def test_the_same_rows_are_the_same(connection: duckdb.DuckDBPyConnection, theirs: str) -> None:
    assert told(connection, OURS, theirs) == []


def test_times_with_and_without_a_zone_are_the_same(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    ours = "(select timestamp '2026-01-01 12:00' as at, 1.50::decimal(22, 2) as sum)"
    theirs = "(select timestamptz '2026-01-01 12:00+00' as at, 1.5::decimal(38, 4) as sum)"
    assert told(connection, ours, theirs) == []
    assert found(connection, ours, theirs.replace("+00", "+01").replace("1.5:", "1.51:")) == {
        "at": 1,
        "sum": 1,
    }


@pytest.mark.parametrize(
    ("expression", "counted"),
    [
        ("'index' as name", {"name": 3}),
        ("nullif(name, 'a') as name", {"name": 1}),
        ("coalesce(name, 'None') as name, case id when 2 then 'None' end as day", {"day": 3}),
        ("value + 1e-11 as value", {"value": 1}),
        ("case when id < 3 then value end as value", {"value": 1}),
        ("coalesce(value, 0) as value", {"value": 1}),
        ("value / 0 as value", {"value": 2}),
        ("case name when 'a' then 'b' else 'a' end as name", {"name": 1}),
    ],
)
def test_a_column_that_differs_is_named_with_its_count(
    connection: duckdb.DuckDBPyConnection, expression: str, counted: dict[str, int]
) -> None:
    replaced = expression.replace(", case", ", (case").replace("end as day", "end) as day")
    theirs = f"(select * replace ({replaced}) from {OURS})"
    assert found(connection, OURS, theirs) == counted


def test_rows_that_are_gone_are_counted(connection: duckdb.DuckDBPyConnection) -> None:
    assert found(connection, OURS, f"(select * from {OURS} where id > 1)") == {
        None: 1,
        "id": 1,
        "name": 1,
        "day": 1,
    }
    assert found(connection, OURS, f"(select * from {OURS} where false)")[None] == 3


def test_values_in_other_rows_are_found(connection: duckdb.DuckDBPyConnection) -> None:
    theirs = (
        f"(select * replace (case id when 1 then 'b' when 2 then 'a' else name end as name)"
        f" from {OURS})"
    )
    assert found(connection, OURS, theirs) == {None: 2}


def test_columns_of_another_kind_or_name_are_told(connection: duckdb.DuckDBPyConnection) -> None:
    theirs = f"(select id::varchar as id, name as title, value, day from {OURS})"
    assert found(connection, OURS, theirs) == {"id": 3, "name": 3, "title": 3}


def test_a_difference_is_a_sentence(connection: duckdb.DuckDBPyConnection) -> None:
    [difference] = told(connection, OURS, f"(select * replace ('x' as name) from {OURS})")
    assert str(difference) == "marts.t, kolumnen name: 3 (andra värden, tomma: 0 här och 0 där)"
