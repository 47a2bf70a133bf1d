"""Hand-made tables and suites for the tests of `orchestration.quality`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import RowCondition, Rule, Severity, Suite
from orchestration.quality.validation import validate
from tests.empty_database import empty_database

NOTE = "Regeln gäller i ett prov. Gör så här: rätta provet."


@dataclass(frozen=True)
class Lab:
    """A database in memory, and short ways to make rules and judge them.

    Attributes:
        connection: The database, with the schemas that a suite may name.
        checked_at: When every check is made unless told otherwise.
    """

    connection: duckdb.DuckDBPyConnection
    checked_at: datetime = datetime(2024, 3, 1, 2, 30, tzinfo=UTC)

    def execute(self, sql: str, **parameters: object) -> None:
        """Run a statement with named parameters."""
        self.connection.execute(sql, parameters)

    @staticmethod
    def rule(
        kind: str,
        *,
        name: str | None = None,
        severity: Severity = Severity.CRITICAL,
        where: Sequence[RowCondition] = (),
        **kwargs: Any,
    ) -> Rule:
        """A rule of some type with its arguments."""
        return Rule(
            type=kind,
            name=name,
            kwargs=kwargs,
            row_condition=tuple(where),
            severity=severity,
            notes_sv=NOTE,
        )

    def suite(self, *rules: Rule, table: str = "raw.t", latest_by: Sequence[str] = ()) -> Suite:
        """A suite of the row-count rule and some others."""
        return Suite(
            table=table,
            description_sv="En tabell som finns för ett prov.",
            latest_by=tuple(latest_by),
            expectations=(self.rule("expect_table_row_count_to_be_between", min_value=1), *rules),
        )

    def check(self, *rules: Rule, latest_by: Sequence[str] = ()) -> SuiteResult:
        """The outcome of some rules on `raw.t`."""
        return validate(
            self.connection,
            self.suite(*rules, latest_by=latest_by),
            evaluated_at=self.checked_at,
        )

    def judge(
        self,
        kind: str,
        *,
        name: str | None = None,
        where: Sequence[RowCondition] = (),
        **kwargs: Any,
    ) -> ExpectationResult:
        """The outcome of one rule on `raw.t`."""
        return self.check(self.rule(kind, name=name, where=where, **kwargs)).results[1]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A laboratory with an empty database."""
    with empty_database() as connection:
        for schema in ("raw", "marts", "analyses"):
            connection.execute(f"create schema {schema}")
        yield Lab(connection)
