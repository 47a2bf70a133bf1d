"""Rows that wait for a correction, and how they come back.

A held row's text stays in the landed bytes and nowhere else; `meta.held_rows` says which row, which
rule, and a keyed hash of the row's key. A waiting row is released when its delivery is judged anew
under other rules and it passes, and superseded when a later delivery loads a row with its key. What
is wrong with a row is found in `staged_rows`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb

from orchestration.registers.contract import PLACE, Contract
from orchestration.registers.layout import quoted
from orchestration.registers.mapping import CONTRACT_FORM, RegisterMapping
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import Staged, stored_key_sql

_TABLE = """
create table if not exists meta.held_rows (
    municipality_id varchar,
    name varchar,
    file_name varchar,
    delivery_sequence bigint,
    row_number bigint,
    rule varchar,
    column_name varchar,
    key_hash varchar,
    state varchar,
    changed_at timestamp with time zone
)
"""
_PURPOSE = "held_row"
_WHOSE = f"{PLACE} = ${PLACE} and name = $name"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table of held rows if it is not there.

    Args:
        connection: An open connection to the warehouse.
    """
    connection.execute(_TABLE)


def rules_fingerprint(
    contract: Contract, units: Iterable[str], mapping: RegisterMapping = CONTRACT_FORM
) -> str:
    """What rows are judged by, as one value that changes when any of it does.

    Args:
        contract: The register's contract, newest version.
        units: Known names of district boards and central units.
        mapping: How the municipality's export maps to the contract.

    Returns:
        SHA-256 in hexadecimal.
    """
    rules = [contract.model_dump(mode="json"), sorted(units), mapping.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()


def note_held_rows(
    connection: duckdb.DuckDBPyConnection, judged: Staged, key: PseudonymKey, *, at: datetime
) -> None:
    """Remember which rows wait, release those that wait no more, and find what replaces others.

    Call it in the transaction that inserts the deliveries, after they are inserted.

    Args:
        connection: The connection that the deliveries are staged on.
        judged: The deliveries; those loaded before are judged anew.
        key: The secret of the hashes.
        at: The time of the run.
    """
    loaded = [result for result in judged.results if result.outcome != "quarantined"]
    sequences = [result.delivery.sequence for result in loaded]
    if any(result.rows_held for result in loaded):
        _note_waiting(connection, judged, key, at=at)
    _release(connection, judged, sequences, at=at)
    _supersede(connection, judged, sequences, key, at=at)


def _note_waiting(
    connection: duckdb.DuckDBPyConnection, judged: Staged, key: PseudonymKey, *, at: datetime
) -> None:
    contract = judged.contract
    held = [result for result in judged.results if result.outcome == "loaded_in_part"]
    connection.execute(
        "create or replace temp table held_files (sequence bigint, file_name varchar)"
    )
    connection.executemany(
        "insert into held_files values (?, ?)",
        [(result.delivery.sequence, result.delivery.file_name) for result in held],
    )
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in contract.columns)
    connection.execute(
        f"""
        insert into meta.held_rows
        select
            $municipality_id,
            $name,
            held_files.file_name,
            incoming.delivery_sequence,
            incoming.row_number,
            faulty.rule,
            list_extract([{names}], faulty.place + 1),
            {_key_hash_sql(stored_key_sql(contract, key), key)},
            'waiting',
            $at
        from incoming
        inner join (
            select delivery_sequence, row_number, min(place) as place, arg_min(rule, place) as rule
            from faulty
            group by delivery_sequence, row_number
        ) as faulty using (delivery_sequence, row_number)
        inner join held_files on incoming.delivery_sequence = held_files.sequence
        anti join (from meta.held_rows where state = 'waiting') as known
            on incoming.delivery_sequence = known.delivery_sequence
            and incoming.row_number = known.row_number
        """,
        {PLACE: judged.municipality_id, "name": contract.register_name, "at": at} | key.parameters,
    )
    connection.execute("drop table held_files")


def _release(
    connection: duckdb.DuckDBPyConnection,
    judged: Staged,
    sequences: Sequence[int],
    *,
    at: datetime,
) -> None:
    """Rows that waited and are now loaded."""
    connection.execute(
        f"""
        update meta.held_rows as held
        set state = 'released', changed_at = $at
        where
            held.state = 'waiting'
            and list_contains($sequences, held.delivery_sequence)
            and exists (
                select 1
                from raw.{judged.contract.table} as loaded
                where
                    loaded.delivery_sequence = held.delivery_sequence
                    and loaded.row_number = held.row_number
            )
        """,
        {"sequences": list(sequences), "at": at},
    )


def _supersede(
    connection: duckdb.DuckDBPyConnection,
    judged: Staged,
    sequences: Sequence[int],
    key: PseudonymKey,
    *,
    at: datetime,
) -> None:
    """Rows that waited and that a later delivery brings; one whose key is wrong, by its file."""
    contract = judged.contract
    whose = {PLACE: judged.municipality_id, "name": contract.register_name}
    [(waiting,)] = connection.execute(
        f"select count(*) from meta.held_rows where {_WHOSE} and state = 'waiting'", whose
    ).fetchall()
    if not waiting:
        return
    own = [name for name in contract.replaced_by if name != PLACE]
    hashed = _key_hash_sql([f"incoming.{quoted(name)}" for name in own], key)
    connection.execute(
        f"""
        update meta.held_rows as held
        set state = 'superseded', changed_at = $at
        from (
            select key_hash, max(delivery_sequence) as newest
            from (
                select delivery_sequence, {hashed} as key_hash
                from raw.{contract.table} as incoming
                where list_contains($sequences, delivery_sequence)
            )
            group by key_hash
        ) as loaded
        where
            {_WHOSE}
            and held.state = 'waiting'
            and held.key_hash = loaded.key_hash
            and held.delivery_sequence < loaded.newest
        """,
        whose | {"sequences": list(sequences), "at": at} | key.parameters,
    )
    connection.execute(
        f"""
        update meta.held_rows as held
        set state = 'superseded', changed_at = $at
        from (
            select file_name, max(delivery_sequence) as newest
            from meta.deliveries
            where {_WHOSE} and outcome <> 'quarantined'
            group by file_name
        ) as loaded
        where
            {_WHOSE}
            and held.state = 'waiting'
            and held.key_hash is null
            and held.file_name = loaded.file_name
            and held.delivery_sequence < loaded.newest
        """,
        whose | {"at": at},
    )


def _key_hash_sql(columns: Sequence[str], key: PseudonymKey) -> str:
    """SQL for the keyed hash of a row's key as `raw` keeps it; null where a part of it is."""
    parts = " || chr(31) || ".join(f"({column})::varchar" for column in columns)
    return key.sql(_PURPOSE, parts)


def waiting_deliveries(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, int]]:
    """The deliveries that have rows that wait.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        Register, file name, sequence and number of waiting rows, in order of receipt.
    """
    return connection.execute(
        "select name, file_name, delivery_sequence, count(*) from meta.held_rows"
        " where state = 'waiting' group by all order by delivery_sequence"
    ).fetchall()


def late_rows(connection: duckdb.DuckDBPyConnection, judged: Staged) -> dict[int, str]:
    """Tell of late files how many of their rows a later period had already replaced.

    Args:
        connection: An open connection to the warehouse, with the deliveries inserted.
        judged: The deliveries.

    Returns:
        A Swedish observation by delivery sequence, for the files that came late.
    """
    contract = judged.contract
    earlier = connection.execute(
        "select delivery_sequence, period from meta.deliveries"
        f" where {_WHOSE} and outcome <> 'quarantined'",
        {PLACE: judged.municipality_id, "name": contract.register_name},
    ).fetchall()
    key = [quoted(name) for name in contract.replaced_by]
    same_key = " and ".join(f"late.{name} = newer.{name}" for name in key)
    notes = {}
    for result in judged.results:
        newer = [
            sequence
            for sequence, period in earlier
            if sequence < result.delivery.sequence and _is_later(period, result.period)
        ]
        if result.outcome == "quarantined" or not newer:
            continue
        [(count,)] = connection.execute(
            f"""
            select count(*)
            from raw.{contract.table} as late
            semi join (
                from raw.{contract.table} where list_contains($newer, delivery_sequence)
            ) as newer on {same_key}
            where late.delivery_sequence = $sequence
            """,
            {"sequence": result.delivery.sequence, "newer": newer},
        ).fetchall()
        if count:
            notes[result.delivery.sequence] = (
                "Filen kom efter en fil för en senare period. Rader som den senare perioden redan"
                f" har ersatt: {count}. De sparas som historik."
            )
    return notes


def _is_later(period: str, than: str) -> bool:
    """Whether a period is later than another; a year is no later than its own months."""
    if period[:4] == than[:4]:
        return len(period) == len(than) and period > than
    return period > than
