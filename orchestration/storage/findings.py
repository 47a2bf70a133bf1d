"""The marts that Python writes: their columns, and writing and reading them whole.

dbt's marts have their contracts in the dbt project. What the rows mean belongs in
`orchestration.deviation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True, slots=True)
class FindingsTable:
    """A table that one step writes anew each time.

    Attributes:
        name: Its name as `schema.table`.
        description: Its grain and purpose, for analysts.
        columns: Column name to SQL type.
    """

    name: str
    description: str
    columns: Mapping[str, str]


DEVIATIONS = FindingsTable(
    "marts.deviations",
    "En rad per prövad indikator, plats, grupp och slag som är värd att visa.",
    {
        "deviation_id": "varchar not null",
        "indicator_id": "varchar not null",
        "period_start": "date not null",
        "geography_id": "varchar not null",
        "breakdown": "varchar not null",
        "category": "varchar not null",
        "kind": "varchar not null",
        "observed": "double",
        "expected": "double",
        "lower": "double",
        "upper": "double",
        "relative_change": "double",
        "p_value": "double",
        "q_value": "double",
        "breakeven_volatility": "double",
        "rank": "integer",
        "outcome": "varchar not null",
        "explanation_id": "varchar",
        "reason_sv": "varchar not null",
        "evidence": "varchar not null",
        "probability_relevant": "double",
        "excess": "double",
    },
)
FOCUS_AREAS = FindingsTable(
    "marts.focus_areas",
    "En rad per fokusområde.",
    {
        "focus_area_id": "varchar not null",
        "area": "varchar not null",
        "title_sv": "varchar not null",
        "rank": "integer not null",
        "summary_sv": "varchar not null",
        "period_start": "date not null",
        "geography_id": "varchar not null",
        "lead_deviation_id": "varchar not null",
        "deviation_ids": "varchar not null",
    },
)
TRIANGULATION = FindingsTable(
    "marts.triangulation",
    "En rad per fokusområde, indikator och den indikator den ställs mot.",
    {
        "focus_area_id": "varchar not null",
        "indicator_id": "varchar not null",
        "related_indicator_id": "varchar not null",
        "expected_sign": "integer not null",
        "observed_change": "double",
        "related_change": "double",
        "p_value": "double",
        "verdict": "varchar not null",
        "relation_id": "varchar not null",
        "sentence_sv": "varchar not null",
        "rationale_sv": "varchar not null",
    },
)


def write_findings(
    connection: duckdb.DuckDBPyConnection,
    table: FindingsTable,
    rows: Sequence[Mapping[str, object]],
) -> None:
    """Replace a table by new rows, in one transaction.

    Args:
        connection: An open connection to the warehouse.
        table: Which table.
        rows: One mapping a row, with every column.

    Raises:
        KeyError: If a row lacks a column.
        duckdb.Error: If a value does not fit; the old rows then stay.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    description = table.description.replace("'", "''")
    places = ", ".join("?" * len(table.columns))
    connection.execute("begin")
    try:
        connection.execute(f"create or replace table {table.name} ({columns})")
        connection.execute(f"comment on table {table.name} is '{description}'")
        if rows:
            connection.executemany(
                f"insert into {table.name} values ({places})",
                [[row[name] for name in table.columns] for row in rows],
            )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def read_findings(
    connection: duckdb.DuckDBPyConnection, table: FindingsTable
) -> list[dict[str, Any]]:
    """Read a table back.

    Args:
        connection: An open connection to the warehouse.
        table: Which table.

    Returns:
        One mapping a row, ordered by its first column.
    """
    names = list(table.columns)
    rows = connection.execute(
        f"select {', '.join(names)} from {table.name} order by {names[0]}"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
