"""Two databases held against each other, table by table, apart from what is of the run."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

# What is of the run and not of the city: when something came or was judged, and by which run.
OF_THE_RUN = frozenset(
    {
        *("received_at", "retrieved_at", "delivered_at", "measured_at", "changed_at", "since"),
        *("built_at", "run_id", "inputs_sha256"),
    }
)


def compared(
    one: Path, other: Path, wanted: frozenset[str] | None = None
) -> tuple[dict[str, int], dict[str, int]]:
    """Count what stands in one of two databases only; they must have the same tables.

    Args:
        one: The one DuckDB file.
        other: The other.
        wanted: Schemas, and tables as `schema.table`, that are held together; all unless given.

    Returns:
        By table that differs, the rows that stand in one of them only; and by table, its rows.
    """
    different, counts = {}, {}
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        found = [dict(_tables(connection, name)) for name in ("one", "other")]
        assert found[0] == found[1]
        for table, columns in found[0].items():
            if wanted is not None and not {table, table.split(".")[0]} & wanted:
                continue
            here, there = (f"(select {columns} from {name}.{table})" for name in ("one", "other"))
            [(different[table], counts[table])] = connection.execute(
                f"select (select count(*) from (from {here} except all from {there}))"
                f" + (select count(*) from (from {there} except all from {here})),"
                f" (select count(*) from {here})"
            ).fetchall()
    return {table: rows for table, rows in different.items() if rows}, counts


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> Iterator[tuple[str, str]]:
    """Each table with its columns that are of the city."""
    yield from connection.execute(
        """
        select
            table_schema || '.' || table_name,
            string_agg('"' || column_name || '"', ', ' order by ordinal_position)
        from information_schema.columns
        where table_catalog = $database and not list_contains($of_the_run, column_name)
        group by all
        order by all
        """,
        {"database": database, "of_the_run": sorted(OF_THE_RUN)},
    ).fetchall()
