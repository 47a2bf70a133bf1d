"""A person's word that an unusual delivery is right, and the log that keeps it.

`confirmations.jsonl` stands beside the receipts and is never thinned out, so that a warehouse that
is built anew, or as of a past day, knows who confirmed what, when and why. What makes a delivery
unusual belongs in `registers`; who may confirm what in `intake`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb

from orchestration.outside import shown
from orchestration.storage.landing import LandingStore, Receipt, append_lines, read_lines

_LOG = "confirmations.jsonl"
_TABLE = """
create or replace table meta.delivery_confirmations (
    delivery_sequence bigint,
    delivery_id varchar,
    name varchar,
    file_name varchar,
    confirmed_by varchar,
    reason_sv varchar,
    confirmed_at timestamp with time zone
)
"""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The record of one confirmed delivery.

    Attributes:
        sequence: The delivery's place in the order of receipt.
        delivery_id: SHA-256 of its bytes.
        name: The register.
        file_name: The supplier's file name.
        confirmed_by: The account of whoever confirmed it.
        reason_sv: Why it is right.
        confirmed_at: ISO time with offset.
    """

    sequence: int
    delivery_id: str
    name: str
    file_name: str
    confirmed_by: str
    reason_sv: str
    confirmed_at: str

    def message_sv(self) -> str:
        """The confirmation as a Swedish sentence."""
        return (
            f"Leveransen skiljer sig från de tidigare och bekräftades {self.confirmed_at[:10]} av"
            f" {self.confirmed_by}: {self.reason_sv}"
        )


def confirmations(store: LandingStore, *, by: datetime | None = None) -> list[Confirmation]:
    """The deliveries that somebody confirmed, in the order they were.

    Args:
        store: The landing store.
        by: The moment that is built; all confirmations where None.

    Returns:
        The records; one for each delivery, the first.
    """
    first: dict[int, Confirmation] = {}
    for line in read_lines(store.directory / _LOG):
        each = Confirmation(**{**line, "file_name": shown(line["file_name"])})
        if by is None or datetime.fromisoformat(each.confirmed_at) <= by:
            first.setdefault(each.sequence, each)
    return list(first.values())


def keep_confirmation(
    store: LandingStore, receipt: Receipt, *, confirmed_by: str, reason_sv: str, at: datetime
) -> Confirmation:
    """Keep for good that a delivery was confirmed.

    Args:
        store: The landing store.
        receipt: The delivery.
        confirmed_by: Whoever confirms it.
        reason_sv: Why it is right.
        at: The time, with offset.

    Returns:
        The record.

    Raises:
        OSError: If the log cannot be written.
    """
    confirmation = Confirmation(
        sequence=receipt.sequence,
        delivery_id=receipt.delivery_id,
        name=receipt.name,
        file_name=receipt.file_name,
        confirmed_by=confirmed_by,
        reason_sv=reason_sv,
        confirmed_at=at.isoformat(timespec="seconds"),
    )
    append_lines(store.directory / _LOG, [asdict(confirmation)])
    return confirmation


def record_confirmations(
    connection: duckdb.DuckDBPyConnection, known: Sequence[Confirmation]
) -> None:
    """Let `meta.delivery_confirmations` say what the log says.

    Args:
        connection: An open connection to the warehouse.
        known: The confirmations of the moment that is built.
    """
    connection.execute(_TABLE)
    if known:
        connection.executemany(
            "insert into meta.delivery_confirmations values (?, ?, ?, ?, ?, ?, ?)",
            [tuple(asdict(each).values()) for each in known],
        )
