"""Confirming a delivery that is held because it is unlike the earlier ones of its source.

Finds the delivery that a person means and keeps the person's word; the next run loads it. Whether
a delivery is unlike the earlier ones is judged in `registers.drift` for a register and in
`sources.judging` for a publisher's answer, and kept in `storage`.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import duckdb

from orchestration.outside import shown
from orchestration.registers.breaches import HISTORY_RULES
from orchestration.sources.judging import RULES as ANSWER_RULES
from orchestration.storage.confirmations import Confirmation, confirmations, keep_confirmation
from orchestration.storage.deliveries import create_tables, held_in_inbox, loaded_contents
from orchestration.storage.landing import LandingStore, Receipt

_SHORTEST_PREFIX = 6
# What a person's word outweighs.
_UNLIKE_EARLIER = HISTORY_RULES.keys() | ANSWER_RULES.keys()


class ConfirmationError(Exception):
    """A delivery cannot be confirmed; the text is Swedish and says what to do."""


def confirm_delivery(
    connection: duckdb.DuckDBPyConnection,
    store: LandingStore,
    wanted: str,
    *,
    reason: str,
    confirmed_by: str,
    at: datetime,
) -> Confirmation:
    """Keep a person's word that a held delivery is right.

    Args:
        connection: An open connection to the warehouse.
        store: Where deliveries are kept.
        wanted: The delivery: its file name as messages show it, its number in the order of
            receipt, or the beginning of its SHA-256.
        reason: Why it is right.
        confirmed_by: Whoever confirms it.
        at: The time, with offset.

    Returns:
        The record.

    Raises:
        ConfirmationError: If no delivery is meant, or several, or one that nothing but a
            correction can let in; or if no reason is given.
        OSError: If the log cannot be written.
    """
    if not reason.strip():
        raise ConfirmationError(
            'Ett skäl behövs. Gör så här: skriv varför uppgifterna stämmer, --reason "...".'
        )
    create_tables(connection)
    receipt = _meant(store.receipts(), wanted)
    if receipt.sequence not in held_in_inbox(connection, receipt.name):
        raise ConfirmationError(_not_held(connection, receipt))
    rules = {
        rule
        for (rule,) in connection.execute(
            "select rule from meta.delivery_breaches"
            " where delivery_sequence = ? and severity <> 'row'",
            [receipt.sequence],
        ).fetchall()
    }
    if others := sorted(rules - _UNLIKE_EARLIER):
        raise ConfirmationError(
            f"Leveransen {receipt.file_name} bryter mot avtalet ({', '.join(others)}) och kan inte"
            " bekräftas. Gör så här: be leverantören om en rättad fil med samma namn."
        )
    for earlier in confirmations(store):
        if earlier.sequence == receipt.sequence:
            raise ConfirmationError(
                f"Leveransen {receipt.file_name} är redan bekräftad, {earlier.confirmed_at[:10]} av"
                f" {earlier.confirmed_by}. Gör så här: starta en körning, så läses den in."
            )
    return keep_confirmation(
        store, receipt, confirmed_by=confirmed_by, reason_sv=" ".join(reason.split()), at=at
    )


def _meant(receipts: Sequence[Receipt], wanted: str) -> Receipt:
    """The delivery that is meant; of a file, its latest one."""
    if wanted.isdecimal():
        numbered = [receipt for receipt in receipts if receipt.sequence == int(wanted)]
        if numbered:
            return numbered[0]
    named = [receipt for receipt in receipts if wanted in _names(receipt)]
    if not named and re.fullmatch(rf"[0-9a-fA-F]{{{_SHORTEST_PREFIX},64}}", wanted):
        named = [each for each in receipts if each.delivery_id.startswith(wanted.lower())]
    latest = {(receipt.name, receipt.file_name): receipt for receipt in named}
    if len(latest) > 1:
        raise ConfirmationError(
            f"{shown(wanted)} kan vara flera leveranser:"
            f" {', '.join(sorted(file_name for _, file_name in latest))}."
            " Gör så här: ange hela filnamnet, som det står i meddelandet."
        )
    if not latest:
        raise ConfirmationError(
            f"Ingen leverans heter {shown(wanted)}. Gör så här: ange filnamnet som det står i"
            " meddelandet, leveransens nummer eller början av dess SHA-256."
        )
    return next(iter(latest.values()))


def _names(receipt: Receipt) -> set[str]:
    """What a delivery may be called: as it is shown or was written, with or without folder."""
    names = {receipt.file_name, receipt.written_name} - {""}
    return names | {name.rpartition("/")[2] for name in names}


def _not_held(connection: duckdb.DuckDBPyConnection, receipt: Receipt) -> str:
    lying = set(loaded_contents(connection))
    if (receipt.name, receipt.file_name, receipt.delivery_id) in lying:
        return (
            f"Leveransen {receipt.file_name} hålls inte tillbaka; det finns inget att bekräfta."
            " Gör så här: läs leveransrapporterna och ange en leverans som väntar."
        )
    return (
        f"Leveransen {receipt.file_name} ligger inte längre i inkorgen, eller är ersatt av en"
        " senare. Gör så här: ange den senaste leveransen, eller lämna filen igen."
    )
