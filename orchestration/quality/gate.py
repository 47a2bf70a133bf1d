"""The gate: which tables may be used, decided by what was recorded about them.

A check is only worth something for the data it looked at. Each result is therefore stored with a
fingerprint of its table, and a table whose fingerprint has changed since is closed until it has
been checked again, also in a later run of its own. Making the results belongs in `validation`.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

import duckdb

from orchestration.quality.metrics import quoted, table_columns
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import Severity

RESULTS_TABLE = "meta.validation_results"

# A missing table breaks every rule alike; a few of them say enough.
_REASONS_TOLD = 3

_CREATE = f"""
create table if not exists {RESULTS_TABLE} (
    run_id varchar not null,
    suite varchar not null,
    expectation varchar not null,
    table_name varchar not null,
    severity varchar not null,
    success boolean not null,
    unexpected_count bigint,
    evaluated_at timestamp not null,
    broken boolean not null,
    element_count bigint,
    message_sv varchar not null,
    fingerprint varchar not null,
    recorded_sequence bigint not null,
    unexpected_percent double,
    basis varchar
)
"""
# A warehouse from before these were kept.
_ADDED = {"unexpected_percent": "double", "basis": "varchar"}
_RECORDED = (
    *("run_id", "suite", "expectation", "table_name", "severity", "success", "unexpected_count"),
    *("evaluated_at", "broken", "element_count", "message_sv", "fingerprint"),
    *("unexpected_percent", "basis"),
)


# Suite, fingerprint, severity, whether the rule held, whether it is broken, what it says.
_Recorded = tuple[str, str, str, bool, bool, str]


class Closed(StrEnum):
    """Why a gate is closed.

    Attributes:
        FAILED: The latest check found a critical fault, or could not be made.
        MISSING: The table has never been checked.
        OUTDATED: The table has changed since its latest check.
    """

    FAILED = "failed"
    MISSING = "missing"
    OUTDATED = "outdated"


@dataclass(frozen=True)
class GateClosed:
    """A table that may not be used.

    Attributes:
        table_name: The table as `schema.table`.
        kind: Why, for a program.
        reason_sv: Why, in Swedish: table, rule and what to do.
    """

    table_name: str
    kind: Closed
    reason_sv: str


class GateClosedError(Exception):
    """Raised where a step refuses to run; the message lists every reason in Swedish.

    Attributes:
        closed: The closed gates.
    """

    def __init__(self, closed: Sequence[GateClosed]) -> None:
        super().__init__("\n".join(gate.reason_sv for gate in closed))
        self.closed = tuple(closed)


def fingerprint(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """What a table looks like now.

    Rows in `raw` come and go and are never changed, so which they are, by delivery and row number,
    and the columns say whether anything came since; this costs half a second on 50 million rows.
    Any other table is summed up by content: the hash of every row, combined so that order does not
    matter, which a change by hand alters. Row hashes are DuckDB's own, so another DuckDB version
    may ask for a new check.

    Args:
        connection: An open connection.
        table: The table as `schema.table`.

    Returns:
        A SHA-256 in hexadecimal; empty if there is no such table.
    """
    columns = table_columns(connection, table)
    if not columns:
        return ""
    if table.startswith("raw.") and columns.keys() >= {"delivery_sequence", "row_number"}:
        # One row may go in the night that another comes with an old delivery.
        measures = "count(*), max(delivery_sequence), bit_xor(hash(delivery_sequence, row_number))"
    else:
        # The sum sees a row that was doubled, which the exclusive-or alone would cancel out.
        measures = "count(*), bit_xor(hash(contents)), sum(hash(contents))"
    row = connection.execute(f"select {measures} from {quoted(table)} as contents").fetchone()
    text = json.dumps([columns, [str(value) for value in row or ()]], sort_keys=False)
    return hashlib.sha256(text.encode()).hexdigest()


def record(
    connection: duckdb.DuckDBPyConnection, run_id: str, results: Sequence[SuiteResult]
) -> None:
    """Append results to `meta.validation_results`, which is created if it is absent.

    Args:
        connection: A connection that may write.
        run_id: The run that made the checks.
        results: What to store; `evaluated_at` is stored as UTC without a zone.
    """
    connection.execute("create schema if not exists meta")
    connection.execute(_CREATE)
    for column in _ADDED.keys() - table_columns(connection, RESULTS_TABLE).keys():
        connection.execute(f"alter table {RESULTS_TABLE} add column {column} {_ADDED[column]}")
    rows = [
        (
            run_id,
            result.suite,
            result.expectation,
            result.table_name,
            result.severity.value,
            result.success,
            result.unexpected_count,
            suite.evaluated_at.astimezone(UTC).replace(tzinfo=None),
            result.broken,
            result.element_count,
            result.message_sv,
            suite.fingerprint,
            result.unexpected_percent,
            result.basis,
        )
        for suite in results
        for result in suite.results
    ]
    if not rows:
        return
    # The clock may stand still or be set back between two runs; this number only grows.
    placeholders = ", ".join(["(" + ", ".join("?" * len(rows[0])) + ")"] * len(rows))
    connection.execute(
        f"insert into {RESULTS_TABLE} by name select *,"
        f" (select coalesce(max(recorded_sequence), 0) + 1 from {RESULTS_TABLE})"
        " as recorded_sequence"
        f" from (values {placeholders}) as recorded ({', '.join(_RECORDED)})",
        [value for row in rows for value in row],
    )


def recorded(connection: duckdb.DuckDBPyConnection, suite: str) -> dict[str, ExpectationResult]:
    """What a suite's rules came to when they were last judged.

    Args:
        connection: An open connection; read-only is enough.
        suite: Name of the suite.

    Returns:
        The outcome by the rule's readable id; of rules whose basis is not known, none.
    """
    if "basis" not in table_columns(connection, RESULTS_TABLE):
        return {}
    rows = connection.execute(
        f"""
        select
            expectation, table_name, severity, success, broken, unexpected_count, element_count,
            unexpected_percent, message_sv, basis
        from {RESULTS_TABLE}
        where suite = $suite
        qualify recorded_sequence = max(recorded_sequence) over () and basis <> ''
        """,
        {"suite": suite},
    ).fetchall()
    return {
        expectation: ExpectationResult(suite, expectation, table_name, Severity(severity), *outcome)
        for expectation, table_name, severity, *outcome in rows
    }


def forget_results(connection: duckdb.DuckDBPyConnection, *, before: datetime) -> int:
    """Take away old results; the latest check of each table stays, whatever its age.

    Args:
        connection: An open connection to the warehouse.
        before: Results of checks made earlier are taken away; carries a time zone.

    Returns:
        How many were.
    """
    if not table_columns(connection, RESULTS_TABLE):
        return 0
    deleted = connection.execute(
        f"""
        delete from {RESULTS_TABLE}
        where
            evaluated_at < $before
            and (table_name, suite, recorded_sequence) not in (
                select (table_name, suite, max(recorded_sequence))
                from {RESULTS_TABLE}
                group by table_name, suite
            )
        """,
        {"before": before.astimezone(UTC).replace(tzinfo=None)},
    ).fetchone()
    return int(deleted[0]) if deleted else 0


def closed_gates(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    look: Callable[[str], str] | None = None,
) -> list[GateClosed]:
    """The gates that are closed among some tables.

    Args:
        connection: An open connection; read-only is enough.
        tables: Tables that a step is about to read, as `schema.table`.
        look: Gives a table's `fingerprint`, for whoever has looked already.

    Returns:
        One entry for each table whose latest check failed, is missing or is older than its data,
        in the given order; empty when all may be used.
    """
    latest = _latest(connection, tables)
    looked = look or partial(fingerprint, connection)
    closed = [_closed(table, latest.get(table, []), looked) for table in tables]
    return [gate for gate in closed if gate is not None]


def require_open(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    look: Callable[[str], str] | None = None,
) -> None:
    """Refuse to go on unless every table may be used.

    Args:
        connection: An open connection; read-only is enough.
        tables: Tables that a step is about to read, as `schema.table`.
        look: Gives a table's `fingerprint`, for whoever has looked already.

    Raises:
        GateClosedError: If the gate of any of them is closed.
    """
    if closed := closed_gates(connection, tables, look):
        raise GateClosedError(closed)


def _closed(
    table: str, latest: Sequence[_Recorded], looked: Callable[[str], str]
) -> GateClosed | None:
    # Other tools may vouch for a table too, but only its own suite has looked at its content.
    judged = {print_ for suite, print_, *_ in latest if suite == table}
    if not judged:
        return GateClosed(
            table,
            Closed.MISSING,
            f"{table} är inte kontrollerad. Gör så här: kör kontrollerna för tabellen och försök"
            " igen.",
        )
    failed = [
        message
        for _, _, severity, success, broken, message in latest
        if broken or (severity == Severity.CRITICAL and not success)
    ]
    if failed:
        told = " ".join(failed[:_REASONS_TOLD])
        more = len(failed) - _REASONS_TOLD
        rest = f" Ytterligare brutna regler: {more}." if more > 0 else ""
        return GateClosed(
            table,
            Closed.FAILED,
            f"{table} klarade inte sin senaste kontroll. {told}{rest}",
        )
    if judged != {looked(table)}:
        return GateClosed(
            table,
            Closed.OUTDATED,
            f"{table}: kontrollen är äldre än datat. Tabellen har ändrats sedan den kontrollerades."
            " Gör så här: kör kontrollerna igen.",
        )
    return None


def _latest(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[str]
) -> dict[str, list[_Recorded]]:
    """What the latest check of each suite came to, by table."""
    if not tables or not table_columns(connection, RESULTS_TABLE):
        return {}
    rows = connection.execute(
        "select table_name, suite, fingerprint, severity, success, broken, message_sv"
        f" from {RESULTS_TABLE}"
        " where list_contains($tables, table_name)"
        " qualify recorded_sequence"
        "     = max(recorded_sequence) over (partition by table_name, suite)"
        " order by table_name, suite, expectation",
        {"tables": list(tables)},
    ).fetchall()
    found: dict[str, list[_Recorded]] = {}
    for table, *outcome in rows:
        found.setdefault(table, []).append(tuple(outcome))
    return found
