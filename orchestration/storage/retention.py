"""Destroying landed registers that have grown too old, and the log that says so.

The bytes go, the receipts stay. What the bytes were, and which rule took them, stands in
`destroyed.jsonl` and in `meta.destroyed_deliveries`; nothing of their content does. The supplier's
own file in the inbox is never touched, and public statistics are kept.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import duckdb

from orchestration.outside import shown
from orchestration.storage.landing import (
    LandingStore,
    Receipt,
    append_lines,
    read_lines,
)

_TABLE = """
create table if not exists meta.destroyed_deliveries (
    delivery_sequence bigint,
    delivery_id varchar,
    name varchar,
    file_name varchar,
    size bigint,
    rule_sv varchar,
    destroyed_at timestamp with time zone
)
"""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The record of one delivery whose bytes were destroyed.

    Attributes:
        sequence: The delivery's place in the order of receipt.
        delivery_id: SHA-256 of the bytes that were.
        name: The register.
        file_name: The supplier's file name.
        size: Number of bytes.
        rule_sv: By which rule, in Swedish.
        destroyed_at: ISO time with offset.
    """

    sequence: int
    delivery_id: str
    name: str
    file_name: str
    size: int
    rule_sv: str
    destroyed_at: str


def destroyed_deliveries(store: LandingStore) -> list[Destroyed]:
    """All deliveries whose bytes were destroyed, in the order they were.

    Args:
        store: The landing store.

    Returns:
        The records.
    """
    return [
        Destroyed(**{**line, "file_name": shown(line["file_name"])})
        for line in read_lines(store.destroyed_file)
    ]


def lost_sequences(store: LandingStore) -> set[int]:
    """The deliveries that can no longer be read.

    Args:
        store: The landing store.

    Returns:
        Their sequences; one whose bytes have come anew since is not among them.
    """
    return {
        each.sequence for each in destroyed_deliveries(store) if not store.keeps(each.delivery_id)
    }


def destroy_expired(store: LandingStore, *, days: int, now: datetime) -> list[Destroyed]:
    """Destroy the registers that were received longer ago than they may be kept.

    Bytes that a later receipt still needs are kept until that one has grown too old as well. The
    log is written first, and what a killed run logged without destroying is destroyed here.

    Args:
        store: The landing store.
        days: For how many days a register may be kept.
        now: The time that age is judged at, with offset.

    Returns:
        What was destroyed now.

    Raises:
        OSError: If the log cannot be written or a file cannot be removed.
    """
    logged = {each.sequence for each in destroyed_deliveries(store)}
    limit = now - timedelta(days=days)
    by_content: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in store.receipts():
        by_content[receipt.delivery_id].append(receipt)
    expired = {
        delivery_id: receipts
        for delivery_id, receipts in by_content.items()
        if all(
            receipt.kind == "register" and datetime.fromisoformat(receipt.received_at) < limit
            for receipt in receipts
        )
    }
    new = [
        Destroyed(
            sequence=receipt.sequence,
            delivery_id=receipt.delivery_id,
            name=receipt.name,
            file_name=receipt.file_name,
            size=receipt.size,
            rule_sv=f"mottagen för mer än {days} dagar sedan",
            destroyed_at=now.isoformat(timespec="seconds"),
        )
        for receipts in expired.values()
        for receipt in receipts
        if receipt.sequence not in logged
    ]
    if new:
        append_lines(store.destroyed_file, [asdict(each) for each in new])
    store.destroy(expired)
    return new


def record_destroyed(connection: duckdb.DuckDBPyConnection, store: LandingStore) -> None:
    """Let `meta.destroyed_deliveries` say what the log says.

    Args:
        connection: An open connection to the warehouse.
        store: The landing store.
    """
    connection.execute(_TABLE)
    recorded = {
        sequence
        for (sequence,) in connection.execute(
            "select delivery_sequence from meta.destroyed_deliveries"
        ).fetchall()
    }
    rows = [
        (
            each.sequence,
            each.delivery_id,
            each.name,
            each.file_name,
            each.size,
            each.rule_sv,
            each.destroyed_at,
        )
        for each in destroyed_deliveries(store)
        if each.sequence not in recorded
    ]
    if rows:
        connection.executemany(
            "insert into meta.destroyed_deliveries values (?, ?, ?, ?, ?, ?, ?)", rows
        )


def destroyed_in_inbox(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The suppliers' files that still hold what was destroyed here.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        File names, in alphabetical order.
    """
    rows = connection.execute(
        """
        select distinct file_name
        from meta.inbox
        semi join meta.destroyed_deliveries using (name, file_name, delivery_id)
        order by file_name
        """
    ).fetchall()
    return [file_name for (file_name,) in rows]
