"""What there is to remark on although nothing stopped it: every warning that somebody is shown.

Table `meta.remarks` has those of the steps' own checks; those of the suites stand with their
results, and rows that wait with the deliveries. The publication's quality status counts them all.
"""

from collections.abc import Iterable, Sequence

import duckdb

from orchestration.flow.step import Verdict
from orchestration.quality.gate import RESULTS_TABLE
from orchestration.quality.suites import Severity
from orchestration.registers.quarantine import waiting_deliveries
from orchestration.storage.deliveries import set_aside
from orchestration.storage.warehouse import table_exists

TABLE = "meta.remarks"
PASSED = "godkänd"
PASSED_WITH_REMARKS = "godkänd med anmärkning"

_CREATE = f"""
create table if not exists {TABLE} (
    check_name varchar not null,
    product varchar not null,
    message_sv varchar not null,
    run_id varchar not null
)
"""


def create_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table if it is not there.

    Args:
        connection: An open connection to the warehouse.
    """
    connection.execute(_CREATE)


def set_remarks(
    connection: duckdb.DuckDBPyConnection, run_id: str, verdicts: Iterable[Verdict]
) -> None:
    """Let verdicts take the place of the earlier ones of the same checks and products.

    Args:
        connection: An open connection to the warehouse.
        run_id: The run that gave them.
        verdicts: How checks that stop nothing fared.
    """
    create_table(connection)
    given = list(verdicts)
    if not given:
        return
    connection.execute(
        f"delete from {TABLE} where (check_name, product) in"
        " (select unnest(?::varchar[]), unnest(?::varchar[]))",
        [[each.check for each in given], [each.product for each in given]],
    )
    rows = [
        (each.check, each.product, message, run_id)
        for each in given
        for message in each.messages_sv
    ]
    if rows:
        connection.execute(
            f"insert into {TABLE} select {', '.join(['unnest(?::varchar[])'] * 4)}",
            [list(column) for column in zip(*rows, strict=True)],
        )


def all_remarks(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Everything that stands, in Swedish.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        A sentence each: the steps' checks, then the suites' warnings, then rows that wait and
        files that were set aside.
    """
    remarks: list[str] = []
    if table_exists(connection, TABLE):
        remarks += _column(
            connection, f"select message_sv from {TABLE} order by product, check_name, message_sv"
        )
    if table_exists(connection, RESULTS_TABLE):
        remarks += _column(
            connection,
            f"""
            select message_sv
            from (
                from {RESULTS_TABLE}
                qualify recorded_sequence
                    = max(recorded_sequence) over (partition by table_name, suite)
            )
            where not success and severity <> '{Severity.INFO}'
            order by table_name, expectation
            """,
        )
    if table_exists(connection, "meta.held_rows"):
        remarks += [
            f"Fil {file_name}: rader som väntar på rättelse: {count}."
            for _, file_name, _, count in waiting_deliveries(connection)
        ]
    if table_exists(connection, "meta.delivery_breaches"):
        remarks += set_aside(connection)
    return list(dict.fromkeys(remarks))


def quality_status(remarks: Sequence[str]) -> str:
    """What a publication is called.

    Args:
        remarks: Everything that stands.

    Returns:
        `godkänd`, or `godkänd med anmärkning` where anything stands.
    """
    return PASSED_WITH_REMARKS if remarks else PASSED


def _column(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [text for (text,) in connection.execute(sql).fetchall()]
