"""A rule is judged again when something that it looks at has changed, and only then."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.flow import gates
from orchestration.quality.gate import closed_gates
from orchestration.quality.results import SuiteResult
from orchestration.quality.suites import Suite, load_suite
from orchestration.quality.validation import validate
from orchestration.settings import Settings
from orchestration.storage.deliveries import create_tables
from tests.empty_database import empty_database

ROWS = "expect_table_row_count_to_be_between"
VALUE = "expect_column_values_to_be_between(value)"
YEAR = "expect_column_values_to_be_between(year)"
OTHER = "unexpected_rows_expectation[not_in_other]"
VIEWED = "unexpected_rows_expectation[not_in_view]"
ALL = {ROWS, VALUE, YEAR, OTHER, VIEWED}
NOTES = "Så ska det vara. Gör så här: rätta det som är fel, och kör igen."


def query(name: str, table: str) -> dict[str, Any]:
    sql = f"select value from {{batch}} where value not in (select value from {table})"
    return {
        "type": "unexpected_rows_expectation",
        "name": name,
        "kwargs": {"unexpected_rows_query": f"with a as ({sql}) select * from a"},
    }


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    between = "expect_column_values_to_be_between"
    rules: list[dict[str, Any]] = [
        {"type": ROWS, "kwargs": {"min_value": 1}},
        {"type": between, "kwargs": {"column": "value", "min_value": 0}},
        {"type": between, "kwargs": {"column": "year", "max_value": "{evaluated_year}"}},
        query("not_in_other", "marts.other"),
        query("not_in_view", "marts.viewed"),
    ]
    common = {"severity": "critical", "notes_sv": NOTES}
    text = {
        "table": "marts.t",
        "description_sv": "En tabell för prov av regler.",
        "expectations": [rule | common for rule in rules],
    }
    path = tmp_path / "marts.t.yml"
    path.write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
    return load_suite(path)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as connection:
        connection.execute("create schema meta")
        create_tables(connection)
        connection.execute(
            """
            create schema marts;
            create table marts.t as select 1 as value, 2023 as year;
            create table marts.other as select 1 as value;
            create table marts.third as select 1 as value;
            create view marts.viewed as select value from marts.third;
            """
        )
        yield connection


class Judged:
    """Judges, and keeps which rules were looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self.rules: set[str] = set()
        self.settings = Settings(home=home)
        self._patch = monkeypatch
        self._moment = datetime(2024, 3, 1, tzinfo=UTC)
        self.at(self._moment)

        def spied(
            connection: duckdb.DuckDBPyConnection, suite: Suite, *, evaluated_at: datetime
        ) -> SuiteResult:
            self.rules |= {rule.expectation for rule in suite.expectations}
            return validate(connection, suite, evaluated_at=evaluated_at)

        monkeypatch.setattr(gates, "validate", spied)
        monkeypatch.setattr(gates, "tables_without_rows", lambda *_: {})

    def at(self, moment: datetime) -> None:
        self._patch.setattr(Settings, "moment", lambda _: moment)

    def program(self, fingerprint: str) -> None:
        path = "orchestration.flow.built_from.code_fingerprint"
        self._patch.setattr(path, lambda: fingerprint)

    def __call__(
        self, connection: duckdb.DuckDBPyConnection, suite: Suite, *, anew: bool = False
    ) -> SuiteResult:
        self.rules.clear()
        [result] = gates.judge(connection, self.settings, [suite], run_id="run", anew=anew)
        return result


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Judged:
    return Judged(monkeypatch, tmp_path)


def test_the_first_time_all_are_judged_and_the_second_none(
    warehouse: duckdb.DuckDBPyConnection, suite: Suite, judge: Judged
) -> None:
    first = judge(warehouse, suite)
    assert (judge.rules, first.passed, first.row_count) == (ALL, True, 1)
    second = judge(warehouse, suite)
    assert judge.rules == set()
    assert second == first
    judge(warehouse, suite, anew=True)
    assert judge.rules == ALL


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("insert into marts.t values (1, 2022)", ALL),
        ("alter table marts.t add column more integer", ALL),
        ("insert into marts.other values (2)", {OTHER}),
        ("insert into marts.third values (2)", {VIEWED}),
        ("create or replace view marts.viewed as select 1 as value", {VIEWED}),
        ("create table marts.fourth as select 1 as value", set()),
    ],
)
def test_a_rule_is_judged_again_when_what_it_looks_at_has_changed(
    warehouse: duckdb.DuckDBPyConnection,
    suite: Suite,
    judge: Judged,
    change: str,
    expected: set[str],
) -> None:
    judge(warehouse, suite)
    warehouse.execute(change)
    assert judge(warehouse, suite).passed
    assert judge.rules == expected
    assert closed_gates(warehouse, ["marts.t"]) == []


def test_another_day_a_rule_of_the_day_is_judged_again(
    warehouse: duckdb.DuckDBPyConnection, suite: Suite, judge: Judged
) -> None:
    judge(warehouse, suite)
    judge.at(datetime(2024, 3, 2, tzinfo=UTC))
    judge(warehouse, suite)
    assert judge.rules == set(), "the year is the same"
    judge.at(datetime(2025, 3, 2, tzinfo=UTC))
    judge(warehouse, suite)
    assert judge.rules == {YEAR}


def test_another_program_judges_all_again(
    warehouse: duckdb.DuckDBPyConnection, suite: Suite, judge: Judged
) -> None:
    judge(warehouse, suite)
    judge.program("another")
    judge(warehouse, suite)
    assert judge.rules == ALL


def test_a_broken_rule_keeps_the_gate_closed_without_being_judged_again(
    warehouse: duckdb.DuckDBPyConnection, suite: Suite, judge: Judged
) -> None:
    warehouse.execute("update marts.t set value = -1")
    first = judge(warehouse, suite)
    assert {failure.expectation for failure in first.failures} == {VALUE, OTHER, VIEWED}
    second = judge(warehouse, suite)
    assert judge.rules == set()
    assert second == first
    assert first.failures[0].unexpected_percent == 100.0
    assert len(closed_gates(warehouse, ["marts.t"])) == 1
    warehouse.execute("update marts.t set value = 1")
    assert judge(warehouse, suite).passed


def test_what_could_not_be_judged_is_tried_again(
    warehouse: duckdb.DuckDBPyConnection, suite: Suite, judge: Judged
) -> None:
    warehouse.execute("drop table marts.other")
    assert not judge(warehouse, suite).passed
    assert not judge(warehouse, suite).passed
    assert judge.rules == {OTHER}
    warehouse.execute("create table marts.other as select 1 as value")
    assert judge(warehouse, suite).passed
    assert judge.rules == {OTHER}
