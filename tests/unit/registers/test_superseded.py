"""Rows that a later delivery replaced are removed, and no row that counts or may count again."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.registers.contract import Contract, load_contracts
from orchestration.registers.superseded import remove_superseded
from orchestration.settings import PROJECT_ROOT
from orchestration.storage.deliveries import create_tables, record
from orchestration.storage.landing import Receipt
from tests.empty_database import empty_database
from tests.unit.quality.test_latest_rows import by_the_rule

START = datetime(2026, 1, 1, tzinfo=UTC)
CONTRACT = load_contracts()["boendestod_beslut"]
# Day of receipt is the delivery's sequence, so that day 10 is between deliveries 9 and 11.
Version = tuple[str, str, int]


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def deliver(
    connection: duckdb.DuckDBPyConnection,
    versions: Sequence[Version],
    contract: Contract = CONTRACT,
    outcome: str = "loaded",
) -> None:
    """Load versions of keys, each key, period and sequence; one file is one sequence."""
    keys, periods, sequences = (list(each) for each in zip(*versions, strict=True))
    names = ", ".join(contract.key)
    connection.execute(
        f"insert into raw.{contract.table}"
        f" (municipality_id, {names}, delivery_period, delivery_sequence)"
        f" select '0180', {'unnest($keys), ' * len(contract.key)} unnest($periods),"
        " unnest($sequences)",
        {"keys": keys, "periods": periods, "sequences": sequences},
    )
    connection.execute(
        "insert into meta.deliveries (delivery_sequence, name, period, outcome, received_at)"
        " select distinct unnest($sequences), $name, unnest($periods), $outcome,"
        " unnest($days::timestamptz[])",
        {
            "name": contract.register_name,
            "outcome": outcome,
            "periods": periods,
            "sequences": sequences,
            "days": [day(sequence) for sequence in sequences],
        },
    )


def standing(connection: duckdb.DuckDBPyConnection) -> list[Version]:
    return connection.execute(
        f"select {CONTRACT.key[0]}, delivery_period, delivery_sequence"
        f" from raw.{CONTRACT.table} order by all"
    ).fetchall()


def remove(connection: duckdb.DuckDBPyConnection, before: float) -> int:
    return remove_superseded(connection, CONTRACT, before=day(before))


def test_a_row_is_replaced_by_what_dbt_replaces_it_by() -> None:
    """The suites' keys are held in `tests/unit/quality/test_expectation_files.py`."""
    found = {}
    for path in (PROJECT_ROOT / "dbt_project/models/staging/register").glob("*.sql"):
        for table, key in re.findall(
            r"latest_rows\(\s*source\('register', '(\w+)'\),\s*\[(.*?)\]",
            path.read_text("utf-8"),
            re.DOTALL,
        ):
            found[table] = tuple(re.findall(r"\w+", key))
    assert found == {each.table: each.replaced_by for each in load_contracts().values()}
    # The survey's rows are numbered anew each time; all others are replaced by their key.
    assert [each for each, key in found.items() if key[1] == "delivery_period"] == [
        "register__hemloshet_kartlaggning"
    ]


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as opened:
        opened.execute("create schema raw; create schema meta")
        create_tables(opened)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in CONTRACT.raw_columns().items())
        opened.execute(f"create table raw.{CONTRACT.table} ({columns})")
        yield opened


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse() as opened:
        yield opened


# Periods of one key in the order of receipt, from day 1 on, and the days of those that stay.
CASES = {
    "a month that came again": (["2023-01", "2023-01", "2023-01"], {3}),
    "a later month": (["2023-01", "2023-02"], {2}),
    "a later year": (["2022", "2022-12", "2023-01"], {3}),
    "a year's file over its months": (["2023-01", "2023-02", "2023"], {3}),
    "a year's file that came again": (["2023", "2023-05", "2023"], {3}),
    # The year's file keeps a held month from before it, should that be let in, from counting.
    "a month after its year's file": (["2023", "2023-03"], {1, 2}),
    # Should a held year's file be let in that came between them, the late month counts.
    "a month that came late": (["2023-05", "2023-03"], {1, 2}),
    "a late month that came again": (["2023-05", "2023-03", "2023-03"], {1, 3}),
    "an earlier year that came late": (["2023-01", "2022-12", "2022"], {1}),
    "a key that came once": (["2023-01"], {1}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_never_counts_again_goes_and_all_else_stays(
    case: str, connection: duckdb.DuckDBPyConnection
) -> None:
    periods, stays = CASES[case]
    versions = [("a", period, place) for place, period in enumerate(periods, start=1)]
    deliver(connection, [*versions, ("b", "2023-01", 1)])
    assert remove(connection, 100) == len(periods) - len(stays)
    assert standing(connection) == sorted(
        [*(each for each in versions if each[2] in stays), ("b", "2023-01", 1)]
    )
    assert remove(connection, 100) == 0


def test_a_row_stays_until_what_replaced_it_is_old_enough(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    deliver(connection, [("a", "2023-01", 1), ("a", "2023-02", 10), ("a", "2023-03", 20)])
    assert remove(connection, 10) == 0
    assert remove(connection, 10.5) == 1
    assert [sequence for _, _, sequence in standing(connection)] == [10, 20]
    assert remove(connection, 20.5) == 1


def test_what_is_held_replaces_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    deliver(connection, [("a", "2023-01", 1)])
    deliver(connection, [("b", "2023-01", 2)], outcome="quarantined")
    connection.execute(f"update raw.{CONTRACT.table} set beslut_id = 'a'")
    assert remove(connection, 100) == 0
    assert len(standing(connection)) == 2


def test_another_register_is_left_alone(connection: duckdb.DuckDBPyConnection) -> None:
    deliver(connection, [("a", "2023-01", 1), ("a", "2023-01", 2)])
    other = load_contracts()["vald_arenden"]
    assert remove_superseded(connection, other, before=day(100)) == 0
    assert len(standing(connection)) == 2


def test_a_survey_that_numbers_its_rows_anew_replaces_its_own_period_alone(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    survey = load_contracts()["hemloshet_kartlaggning"]
    columns = ", ".join(f'"{name}" {kind}' for name, kind in survey.raw_columns().items())
    connection.execute(f"create table raw.{survey.table} ({columns})")
    for sequence, period in enumerate(["2016", "2022", "2016"], start=1):
        connection.execute(
            f"insert into raw.{survey.table} "
            " (municipality_id, rad_id, delivery_period, delivery_sequence)"
            " values ('0180', '1', ?, ?)",
            [period, sequence],
        )
        connection.execute(
            "insert into meta.deliveries (delivery_sequence, name, period, outcome, received_at)"
            " values (?, ?, ?, 'loaded', ?)",
            [sequence, survey.register_name, period, day(sequence)],
        )
    assert remove_superseded(connection, survey, before=day(100)) == 1
    assert connection.execute(
        f"select delivery_period, delivery_sequence from raw.{survey.table} order by all"
    ).fetchall() == [("2016", 3), ("2022", 2)]


def test_only_new_deliveries_are_looked_at(connection: duckdb.DuckDBPyConnection) -> None:
    """What is recorded anew, as a delivery that is let in late or judged again is, is new."""
    deliver(connection, [("a", "2023-01", 1), ("a", "2023-01", 2)])
    assert remove(connection, 100) == 1
    deliver(connection, [("a", "2023-01", 1)])
    connection.execute("update meta.deliveries set has_replaced = true")
    assert remove(connection, 100) == 0
    record(
        connection,
        Receipt(1, "sha", "register", CONTRACT.register_name, "f", 1, day(1).isoformat(), True),
        period="2023-01",
        outcome="loaded",
        rows_loaded=1,
        rows_held=0,
    )
    assert remove(connection, 100) == 1


def test_nothing_is_removed_that_is_not_remembered(connection: duckdb.DuckDBPyConnection) -> None:
    """What ends between the two ends both: the next night looks again."""
    deliver(connection, [("a", "2023-01", 1), ("a", "2023-01", 2)])
    with pytest.raises(duckdb.Error):
        remove(_Ending(connection), 100)  # type: ignore[arg-type]
    assert len(standing(connection)) == 2


class _Ending:
    """A connection that fails at the last statement before it would commit."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, sql: str, *parameters: object) -> duckdb.DuckDBPyConnection:
        if sql.startswith("update"):
            raise duckdb.Error("disk full")
        return self._connection.execute(sql, *parameters)


VERSIONS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["2022", "2022-12", "2023", "2023-01", "2023-02", "2023-03"]),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=14,
    # One file has one period, and a key once.
    unique_by=lambda version: version[2],
)


def counting(versions: Sequence[Version]) -> list[Version]:
    """The version of each key that counts, by the rule as the docs tell it."""
    found = []
    for key in sorted({key for key, _, _ in versions}):
        own = sorted((each for each in versions if each[0] == key), key=lambda each: each[2])
        found.append(own[by_the_rule([period for _, period, _ in own]) - 1])
    return found


@settings(max_examples=80, deadline=None)
@given(versions=VERSIONS, more=VERSIONS, before=st.integers(0, 40))
def test_what_counts_is_the_same_whatever_still_comes(
    versions: list[Version], more: list[Version], before: int
) -> None:
    """Also where it comes with an old place in the order, as what was held and is let in does."""
    taken = {sequence for _, _, sequence in versions}
    more = [each for each in more if each[2] not in taken]
    with warehouse() as connection:
        deliver(connection, versions)
        removed = remove(connection, before + 0.5)
        stays = standing(connection)
    assert set(stays) <= set(versions)
    assert len(stays) == len(versions) - removed
    assert counting(stays) == counting(versions)
    assert counting([*stays, *more]) == counting([*versions, *more])
    # What counted at any moment since is still there, so that the latest past can be looked up.
    for moment in range(before, 41):
        had_come = [each for each in versions if each[2] <= moment]
        assert set(counting(had_come)) <= set(stays)


@settings(max_examples=30, deadline=None)
@given(versions=VERSIONS)
def test_of_each_key_a_handful_stays_however_often_it_comes(versions: list[Version]) -> None:
    with warehouse() as connection:
        deliver(connection, versions)
        remove(connection, 100)
        stays = standing(connection)
    assert len({(key, period) for key, period, _ in stays}) == len(stays)
    assert len({(key, period[:4]) for key, period, _ in stays}) == len({each[0] for each in stays})
