"""The gates' rules on two engines: the same questions, the same judge, the same outcome.

DuckDB is asked as every night. The other engine is asked the same in Spark's words, and its answers
are judged by the same code. How tables are compared belongs in `comparison`.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.quality.dialects import in_spark, latest_rows_by_key
from orchestration.quality.metrics import Relation, table_columns
from orchestration.quality.results import ExpectationResult
from orchestration.quality.suites import load_suites
from orchestration.quality.validation import judge, typed_expectations, validate
from tests.portability.processes import Session

_SUITES = Path(__file__).parents[2] / "expectations"
_EVALUATED_AT = datetime(2026, 11, 28, tzinfo=UTC)


class _Asked:
    """A session that is asked as DuckDB is."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: list[tuple[Any, ...]] = []
        self.refused = ""

    def execute(self, query: str, parameters: object = None, /) -> "_Asked":
        told = dict(parameters) if isinstance(parameters, dict) else {}
        try:
            self._rows = self._session.run(in_spark(query, told))
        except Exception as error:
            # What the judge knows as a rule that could not be counted.
            self.refused = str(error)[:400]
            raise duckdb.InvalidInputException(self.refused) from error
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None


def outcomes(warehouse: Path, session: Session) -> tuple[int, list[str]]:
    """Judge every guarded table on both engines.

    Args:
        warehouse: The DuckDB file, after a whole run.
        session: The other engine, with the same tables.

    Returns:
        How many rules were judged on both, and those that came out otherwise, in Swedish.
    """
    judged, apart = 0, []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for table, suite in load_suites(_SUITES).items():
            bound = suite.bound(_EVALUATED_AT.date())
            columns = table_columns(connection, table)
            source = latest_rows_by_key(table, list(columns), suite.latest_by)
            ours = validate(connection, suite, evaluated_at=_EVALUATED_AT).results
            asked = _Asked(session)
            _, theirs = judge(
                asked, bound, typed_expectations(bound), Relation(table, source, columns)
            )
            for here, there in zip(ours, theirs, strict=True):
                judged += 1
                if _outcome(here) != _outcome(there):
                    apart.append(
                        f"{table}, {here.expectation}: {_outcome(here)} här och"
                        f" {_outcome(there)} där ({asked.refused})"
                    )
    return judged, apart


def _outcome(result: ExpectationResult) -> tuple[object, ...]:
    percent = result.unexpected_percent
    return (
        result.success,
        result.broken,
        result.unexpected_count,
        result.element_count,
        None if percent is None else round(percent, 6),
    )
