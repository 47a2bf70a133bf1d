"""A snapshot, made to be read without its makers: labels, views with names, and what columns mean.

Adds to a file that holds the marts in its main schema and meta beside them; changes no row of it.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.opendata import words
from orchestration.opendata.labels import make_labels
from orchestration.opendata.tables import Table, tables_of

EXAMPLES = "exempel"
_VIEWS = Path(__file__).parent / "views"
_COLUMNS = "meta.columns"
_REGISTER = "raw.register__"
# What tables are made from that has no figures: which years, places and indicators there are.
_NO_SOURCE = (
    "marts.area_years",
    "marts.geographies",
    "marts.indicators",
    "raw.municipality__boards",
    "raw.municipality__units",
    "raw.register__deliveries",
    "raw.register__indicator_notes",
    "raw.register__not_delivered",
    "raw.statistics__deliveries",
    "raw.statistics__notes",
)


def describe(
    connection: duckdb.DuckDBPyConnection, rests_on: Mapping[tuple[str, str], str]
) -> None:
    """Add the labels, the views and `meta.columns` to a snapshot, and say what each table holds.

    Args:
        connection: An open connection to it that may write.
        rests_on: What columns rest on, by table and column.

    Raises:
        duckdb.Error: A table that a view reads is missing.
        LookupError: A breakdown has no Swedish word.
    """
    make_labels(connection)
    _make_views(connection)
    connection.execute(
        f"""
        create table {_COLUMNS} (
            table_name varchar,
            column_name varchar,
            position integer,
            data_type varchar,
            name_sv varchar,
            meaning_sv varchar,
            unit varchar,
            rests_on varchar,
            source varchar
        )
        """
    )
    for table in tables_of(connection):
        _comment(connection, table)
    _list_columns(connection, rests_on)


def _make_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views; the examples read the others and are made last."""
    connection.execute(f"create schema {EXAMPLES}")
    for path in sorted(_VIEWS.glob("*.sql"), key=lambda path: (EXAMPLES in path.name, path.name)):
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.startswith("-- ")]
        name = path.stem.replace("marts.", "main.")
        connection.execute(f"create view {name} as {text}")
        if lines:
            told = " ".join(line.removeprefix("-- ") for line in lines)
            connection.execute(f"comment on view {name} is {_quoted(told)}")


def _comment(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    told = words.described().get(table.name)
    if told is None:
        return
    kind = "view" if table.is_view else "table"
    connection.execute(f"comment on {kind} {table.place} is {_quoted(told.meaning)}")
    for column, meaning in told.columns.items():
        if column in table.by_name:
            connection.execute(f'comment on column {table.place}."{column}" is {_quoted(meaning)}')


def _list_columns(
    connection: duckdb.DuckDBPyConnection, rests_on: Mapping[tuple[str, str], str]
) -> None:
    made_from = _made_from(connection)
    rows = [
        (
            table.name,
            column.name,
            position,
            column.data_type,
            words.name_of_column(column.meaning_sv),
            column.meaning_sv,
            words.unit(table.name, column.name) if column.is_number else None,
            rests_on.get((table.name, column.name)),
            _source(table, made_from),
        )
        for table in tables_of(connection)
        for position, column in enumerate(table.columns, start=1)
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    connection.execute(
        f"""
        insert into {_COLUMNS}
        select
            unnest(?::varchar[]),
            unnest(?::varchar[]),
            unnest(?::integer[]),
            unnest(?::varchar[]),
            unnest(?::varchar[]),
            unnest(?::varchar[]),
            unnest(?::varchar[]),
            unnest(?::varchar[]),
            unnest(?::varchar[])
        """,
        columns,
    )


def _source(table: Table, made_from: Mapping[str, str]) -> str | None:
    """Where the figures of a table come from; None for those that have none."""
    if not table.name.startswith("marts."):
        return None
    if "source_id" in table.by_name:
        return "anges i kolumnen source_id"
    if "indicator_id" in table.by_name:
        return "indikatorns källa, se source_id i marts.indicators"
    return made_from.get(table.name)


def _made_from(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Which registers, publishers and other marts each mart was made from, by `meta.built_from`."""
    rows = connection.execute(
        """
        with recursive behind(table_name, input_name) as (
            select distinct table_name, input_name
            from meta.built_from
            where table_name like 'marts.%'
            union
            select behind.table_name, made.input_name
            from behind
            inner join meta.built_from as made on behind.input_name = made.table_name
            where behind.input_name not like 'marts.%' and behind.input_name not like 'raw.%'
        ),
        sources as (
            select distinct
                table_name,
                case
                    when input_name like 'marts.%' then input_name
                    when starts_with(input_name, $register) then input_name[len($register) + 1:]
                    else split_part(input_name[len('raw.') + 1:], '__', 1)
                end as source
            from behind
            where (input_name like 'marts.%' or input_name like 'raw.%')
                and input_name not in (select unnest($no_source))
        )
        select table_name, string_agg(source, ', ' order by source) from sources group by all
        """,
        {"register": _REGISTER, "no_source": list(_NO_SOURCE)},
    ).fetchall()
    return dict(rows)


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
