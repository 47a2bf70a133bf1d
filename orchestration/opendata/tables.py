"""What tables an open connection holds, with what is said of them and of their columns.

Reads the database's own catalogue, so that what stands there is said once. How it comes to stand
there belongs in `described`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

SCHEMAS = ("marts", "meta")
# What DuckDB names the first database of a file `marts.duckdb`, whose marts lie in its main schema.
_SNAPSHOT = "marts"
_NUMBERS = frozenset({"DOUBLE", "FLOAT", "INTEGER", "BIGINT", "HUGEINT", "SMALLINT", "TINYINT"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name.
        data_type: Its type, as DuckDB writes it.
        meaning_sv: What it holds; empty where nothing is said.
    """

    name: str
    data_type: str
    meaning_sv: str

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.data_type in _NUMBERS or self.data_type.startswith("DECIMAL")


@dataclass(frozen=True)
class Table:
    """A table or a view.

    Attributes:
        name: Its name as readers know it: `marts.indicators`.
        place: Its name as the connection knows it.
        meaning_sv: What a row is; empty where nothing is said.
        columns: Its columns in order.
        is_view: Whether it is one.
    """

    name: str
    place: str
    meaning_sv: str
    columns: tuple[Column, ...]
    is_view: bool = False

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Its columns by name."""
        return {column.name: column for column in self.columns}


def tables_of(connection: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    """The tables and views of marts and meta, by name.

    Args:
        connection: An open connection whose first database has them, in schemas of these names or,
            for marts, in the main schema of a file that is called `marts`.
    """
    rows = connection.execute(
        """
        with named as (
            select
                case
                    when database_name = $snapshot and schema_name = 'main' then 'marts'
                    else schema_name
                end as schema,
                schema_name || '.' || name as place,
                *
            from (
                select database_name, schema_name, table_name as name, comment, false as is_view
                from duckdb_tables() where not internal
                union all
                select database_name, schema_name, view_name as name, comment, true as is_view
                from duckdb_views() where not internal
            )
            where database_name = current_database()
        )
        select
            named.schema || '.' || named.name,
            named.place,
            coalesce(named.comment, ''),
            named.is_view,
            list(
                struct_pack(
                    name := columns.column_name,
                    data_type := columns.data_type,
                    meaning := coalesce(columns.comment, '')
                ) order by columns.column_index
            )
        from named
        inner join duckdb_columns() as columns
            on named.database_name = columns.database_name
            and named.schema_name = columns.schema_name
            and named.name = columns.table_name
        where named.schema in (select unnest($schemas))
        group by all
        order by 1
        """,
        {"snapshot": _SNAPSHOT, "schemas": list(SCHEMAS)},
    ).fetchall()
    return tuple(
        Table(name, place, meaning, _columns(columns), is_view)
        for name, place, meaning, is_view, columns in rows
    )


def _columns(found: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(Column(each["name"], each["data_type"], each["meaning"]) for each in found)
