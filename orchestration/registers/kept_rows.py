"""Rows that a home kept from before the place was a part of every key.

Such a home holds the registers of one municipality. Its tables are written anew once, with the
code of that municipality first, all of them or none. What a new table looks like belongs to
whoever creates it; which tables a home has, in the intake.
"""

from collections.abc import Mapping

import duckdb

from orchestration.registers.contract import PLACE
from orchestration.registers.layout import quoted


def tables_without_place(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]
) -> dict[str, str]:
    """Which of some tables are there and lack the column of the place.

    Args:
        connection: An open connection to the warehouse.
        tables: By table as `schema.table`, which of its rows have a place, as SQL.

    Returns:
        Those among them, in their order.
    """
    placed = dict(
        connection.execute(
            "select table_schema || '.' || table_name, bool_or(column_name = $place)"
            " from information_schema.columns where table_catalog = current_database()"
            " group by all",
            {"place": PLACE},
        ).fetchall()
    )
    return {table: rows for table, rows in tables.items() if placed.get(table) is False}


def kept_place(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Code of the municipality whose boards and units the home was last told of.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        The code; None where no municipality has been written there.
    """
    tables = connection.execute(
        "select table_name from information_schema.tables where table_catalog = current_database()"
        " and table_schema = 'raw' and table_name in"
        " ('municipality__boards', 'municipality__units') order by all"
    ).fetchall()
    for (table,) in tables:
        found = connection.execute(
            f"select left(min(geography_id), 4) from raw.{quoted(table)}"
        ).fetchone()
        if found is not None and found[0] is not None:
            return str(found[0])
    return None


def place_kept_rows(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], municipality_id: str
) -> None:
    """Write tables anew with the place first. The caller owns the transaction.

    Args:
        connection: An open connection to the warehouse.
        tables: As `tables_without_place` gives them.
        municipality_id: Code of the municipality that their rows are of.

    Raises:
        duckdb.Error: If the warehouse cannot be written.
    """
    for table, rows in tables.items():
        # A table keeps the order of its rows, so they lie as they were loaded.
        connection.execute(
            f"create or replace table {table} as"
            f" select case when {rows} then $place::varchar end as {PLACE}, * from {table}",
            {"place": municipality_id},
        )
