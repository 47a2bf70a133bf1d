"""Which key a warehouse is made with, and the change of all its pseudonyms to another key.

The bridge from old to new pseudonyms is worked out from the landed bytes in temporary tables and
forgotten with them. Reading the secret belongs in `pseudonyms`; in which order files and
transactions change belongs in `orchestration.intake.rekeying`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from orchestration.registers.contract import Contract
from orchestration.registers.identity import hides_identity_sql, kind_sql, normalised_sql
from orchestration.registers.layout import Delivery, Layout, quoted
from orchestration.registers.mapping import CONTRACT_FORM, RegisterMapping
from orchestration.registers.protection import purpose
from orchestration.registers.pseudonyms import (
    HOUSEHOLD,
    PERSON,
    TEXT,
    PseudonymKey,
    PseudonymKeyError,
    pseudonym_pattern,
)
from orchestration.registers.quarantine import create_tables as create_held_rows
from orchestration.registers.staged_rows import by_version, inspected
from orchestration.registers.text_relations import Part, opened, read

_UNLINKED = "unlinked"
_TABLE = """
create table if not exists meta.pseudonym_key (
    key_version integer,
    check_value varchar,
    since timestamp with time zone
)
"""


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What a change of key did.

    Attributes:
        cells: Cells that got a new pseudonym.
        unlinked: Cells among them whose number is not landed any more: their new pseudonym is the
            same wherever the old one was, and is not that of the person's later rows.
    """

    cells: int
    unlinked: int


def recorded_key(connection: duckdb.DuckDBPyConnection) -> tuple[int, str] | None:
    """Which key the warehouse is made with.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        Version and check value, or None where nothing is keyed yet.
    """
    connection.execute(_TABLE)
    row = connection.execute("select key_version, check_value from meta.pseudonym_key").fetchone()
    return None if row is None else (row[0], row[1])


def confirm_key(connection: duckdb.DuckDBPyConnection, key: PseudonymKey) -> None:
    """Refuse a key that is not the warehouse's own; the first one that comes is.

    Args:
        connection: An open connection to the warehouse.
        key: The key that is to be used.

    Raises:
        PseudonymKeyError: If the warehouse is made with another key.
    """
    recorded = recorded_key(connection)
    if recorded is None:
        _record_key(connection, key)
    elif recorded != (key.version, key.check_value):
        raise PseudonymKeyError(
            f"Pseudonymnyckeln (v{key.version}) är inte den som lagret är gjort med "
            f"(v{recorded[0]}). Inget är inläst. Gör så här: lägg tillbaka lagrets nyckel; en ny "
            "nyckel införs med avvik rekey."
        )


def _record_key(connection: duckdb.DuckDBPyConnection, key: PseudonymKey) -> None:
    connection.execute("delete from meta.pseudonym_key")
    connection.execute(
        "insert into meta.pseudonym_key values (?, ?, now())", [key.version, key.check_value]
    )


def bridge_keys(
    connection: duckdb.DuckDBPyConnection,
    registers: Iterable[tuple[Contract, Sequence[Delivery]]],
    old: PseudonymKey,
    new: PseudonymKey,
    *,
    work_dir: Path,
    mapping_of: Callable[[str], RegisterMapping] = lambda _: CONTRACT_FORM,
) -> None:
    """Gather old and new pseudonyms of all that is landed, in a temporary table.

    No transaction may be open: a file that cannot be read would end it.

    Args:
        connection: An open connection to the warehouse.
        registers: Each register with its deliveries whose bytes are still landed.
        old: The key that the warehouse is made with.
        new: The key that it is to have.
        work_dir: Private directory for files that must be recoded first.
        mapping_of: Gives how a register's export maps to the contract.

    Raises:
        PseudonymKeyError: If both keys have one version: old and new could not be told apart.
    """
    if old.version == new.version:
        raise PseudonymKeyError(
            f"Den nya nyckeln har samma version som den gamla (v{old.version}). Gör så här: ge den "
            "nya nyckeln nästa version."
        )
    connection.execute("create or replace temp table bridge (old varchar, new varchar)")
    for contract, deliveries in registers:
        mapping = mapping_of(contract.register_name)
        for version, readable in _readable(contract, deliveries, mapping):
            if not _keyed(version):
                continue
            with opened(readable, work_dir=work_dir) as (parts, _):
                for part in parts:
                    read(connection, part, partial(_bridge, connection, version, (old, new)))
    connection.execute("drop table if exists temp.written")
    # One number may be written in several ways.
    connection.execute("create or replace temp table bridge as select distinct * from bridge")


def keyed_tables(connection: duckdb.DuckDBPyConnection, key: PseudonymKey) -> list[str]:
    """The tables that hold pseudonyms of a key.

    Args:
        connection: An open connection to the warehouse.
        key: The key.

    Returns:
        Each as `schema.table`, once.
    """
    tables = (table.replace('"', "") for table, _ in _keyed_columns(connection, key))
    return list(dict.fromkeys(tables))


def change_key(
    connection: duckdb.DuckDBPyConnection, old: PseudonymKey, new: PseudonymKey
) -> Rekeyed:
    """Give every pseudonym in the warehouse the new key, over the bridge of `bridge_keys`.

    The caller owns the transaction, and rolls it back where `unlinked` is more than it accepts. A
    row that waits for a correction is known by its file from then on: its key is in no bridge.

    Args:
        connection: The connection that holds the bridge.
        old: The key that the warehouse is made with.
        new: The key that it is to have.

    Returns:
        How many cells changed, and how many of them lost their number.
    """
    create_held_rows(connection)
    connection.execute("update meta.held_rows set key_hash = null")
    cells = unlinked = 0
    for table, column in _keyed_columns(connection, old):
        changed, lost = _change_column(connection, table, column, old, new)
        cells += changed
        unlinked += lost
    connection.execute("drop table temp.bridge")
    _record_key(connection, new)
    return Rekeyed(cells, unlinked)


def _readable(
    contract: Contract, deliveries: Sequence[Delivery], mapping: RegisterMapping
) -> list[tuple[Contract, list[tuple[Delivery, Layout]]]]:
    """The deliveries that can be read, by the version of the contract that holds for them."""
    _, alike = by_version(contract, deliveries, mapping)
    return [
        (
            version,
            [
                (delivery, layout)
                for delivery in members
                if not isinstance(layout := inspected(version, delivery, mapping), list)
            ],
        )
        for version, members in alike
    ]


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A column whose cells become pseudonyms.

    Attributes:
        name: Its name in the contract.
        value: SQL over `written` for what is hashed.
        where: SQL over `value` for the cells that become pseudonyms.
        purposes: What the pseudonyms are for.
    """

    name: str
    value: str
    where: str
    purposes: tuple[str, ...]


def _keyed(contract: Contract) -> list[_Keyed]:
    keyed = []
    for name, column in contract.columns.items():
        match column.type:
            case "identity":
                purposes = (PERSON, purpose(contract, PERSON))
                known = f"{kind_sql('value')} is not null"
                keyed.append(_Keyed(name, normalised_sql("written"), known, purposes))
            case "household":
                purposes = (HOUSEHOLD, purpose(contract, HOUSEHOLD))
                keyed.append(_Keyed(name, "written", "value is not null", purposes))
            case "text":
                keyed.append(_Keyed(name, "written", hides_identity_sql("value"), (TEXT,)))
    return keyed


def _bridge(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    keys: tuple[PseudonymKey, PseudonymKey],
    part: Part,
) -> None:
    """Put the old and the new pseudonym of everything in a part into the bridge."""
    old, new = keys
    keyed = _keyed(contract)
    names = ", ".join(quoted(column.name) for column in keyed)
    connection.execute(
        f"create or replace temp table written as select {names} from ({part.relation(contract)})"
    )
    for column in keyed:
        for each in column.purposes:
            connection.execute(
                f"""
                insert into bridge
                select {old.sql(each, "value")}, {new.sql(each, "value")}
                from (
                    select distinct {column.value} as value
                    from (select {quoted(column.name)} as written from written)
                )
                where {column.where}
                """,
                old.parameters | new.parameters,
            )


def _keyed_columns(
    connection: duckdb.DuckDBPyConnection, key: PseudonymKey
) -> list[tuple[str, str]]:
    """The columns of the warehouse, in whatever table, that hold pseudonyms of a key."""
    columns = connection.execute(
        """
        select schema_name || '."' || table_name || '"', '"' || column_name || '"'
        from duckdb_columns()
        inner join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = current_database() and data_type = 'VARCHAR'
        order by all
        """
    ).fetchall()
    return [
        (table, column)
        for table, column in columns
        if connection.execute(
            f"select 1 from {table}"
            f" where regexp_full_match({column}, '{pseudonym_pattern(key.version)}') limit 1"
        ).fetchone()
    ]


def _change_column(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    old: PseudonymKey,
    new: PseudonymKey,
) -> tuple[int, int]:
    """Change one column; count all its cells that changed, and those without a number behind."""
    linked = _count(
        connection.execute(
            f"update {table} set {column} = bridge.new from bridge where {column} = bridge.old"
        )
    )
    unlinked = _count(
        connection.execute(
            f"update {table} set {column} = {new.sql(_UNLINKED, column)}"
            f" where regexp_full_match({column}, '{pseudonym_pattern(old.version)}')",
            new.parameters,
        )
    )
    return linked + unlinked, unlinked


def _count(cursor: duckdb.DuckDBPyConnection) -> int:
    [(count,)] = cursor.fetchall()
    return int(count)
