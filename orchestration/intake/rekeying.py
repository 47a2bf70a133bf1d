"""Changing the pseudonym key, in an order that a kill at any point leaves whole.

The new key is written beside the old one (`.next`); one transaction changes every pseudonym and the
warehouse's record of its key; the file is rewritten, since a database keeps what it overwrote; then
the new key takes the old one's place. What is found halfway at the next start is completed or
undone. How pseudonyms are changed belongs in `orchestration.registers.rekeying`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.intake.landed import deliveries_of
from orchestration.quality.gate import fingerprint
from orchestration.registers.contract import load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.municipality import load_municipality
from orchestration.registers.pseudonyms import (
    PseudonymKey,
    PseudonymKeyError,
    read_key,
    replace_key,
    write_key,
)
from orchestration.registers.rekeying import (
    Rekeyed,
    bridge_keys,
    change_key,
    confirm_key,
    keyed_tables,
    recorded_key,
)
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore, Receipt
from orchestration.storage.retention import lost_sequences
from orchestration.storage.warehouse import open_warehouse, rewrite_warehouse

# So many damaged files are named.
_NAMED = 3

Follow = Callable[[duckdb.DuckDBPyConnection, Mapping[str, tuple[str, str]]], None]


class UnlinkedError(Exception):
    """Some pseudonyms have no landed number behind them any more; the text is Swedish."""


def next_key_file(settings: Settings) -> Path:
    """Where the new key lies while the change goes on."""
    return settings.key_file.with_name(f"{settings.key_file.name}.next")


def rekey(
    settings: Settings, *, accept_unlinked: bool, follow: Follow
) -> tuple[PseudonymKey, Rekeyed]:
    """Change the key of an installation to a new, random one.

    Args:
        settings: Where the warehouse, the landed deliveries and the key are.
        accept_unlinked: Whether rows whose number is not landed any more may lose their link to
            the person's later rows.
        follow: Lets what is recorded of the tables follow the change, within its transaction: else
            they would seem to be changed by hand. Is given each table's fingerprints, the old one
            and the new.

    Returns:
        The new key, and what was changed.

    Raises:
        PseudonymKeyError: If the key does not come from a file, or is not the warehouse's own.
        UnlinkedError: If rows would lose their link and that is not accepted; nothing is changed.
    """
    if settings.pseudonym_key is not None:
        raise PseudonymKeyError(
            "Nyckeln kommer ur AVVIK_PSEUDONYM_KEY och kan inte bytas där. Gör så här: lägg den i "
            "en fil (AVVIK_PSEUDONYM_KEY_FILE), kör avvik rekey och hämta den nya ur filen."
        )
    if not settings.key_file.exists() or not settings.warehouse_path.exists():
        raise PseudonymKeyError("Det finns ingen nyckel att byta. Kör avvik run först.")
    finish_rekeying(settings)
    old = read_key(settings.key_file)
    pending = next_key_file(settings)
    with open_warehouse(settings.warehouse_path) as connection:
        confirm_key(connection, old)
        write_key(pending, version=old.version + 1)
        new = read_key(pending)
        store = LandingStore(settings.landing_dir)
        landed, damaged = _landed(store)
        bridge_keys(
            connection,
            ((load_contracts()[name], each) for name, each in landed.items()),
            old,
            new,
            work_dir=store.directory,
            mapping_of=load_municipality(settings).mapping,
        )
        connection.execute("begin")
        before = {table: fingerprint(connection, table) for table in keyed_tables(connection, old)}
        rekeyed = change_key(connection, old, new)
        if rekeyed.unlinked and not accept_unlinked:
            connection.execute("rollback")
            pending.unlink()
            raise UnlinkedError(
                f"{rekeyed.unlinked} av {rekeyed.cells} pseudonymer har inget identitetsnummer kvar"
                f" i landningen ({len(lost_sequences(store))} gallrade leveranser). Inget är"
                f" ändrat. {_damaged_sv(damaged)}Med --accept-unlinked får de nya pseudonymer som"
                " inte längre hör ihop med samma persons senare rader."
            )
        after = {table: fingerprint(connection, table) for table in before}
        follow(connection, {table: (before[table], after[table]) for table in before})
        connection.execute("commit")
    finish_rekeying(settings)
    return new, rekeyed


def _landed(store: LandingStore) -> tuple[dict[str, list[Delivery]], list[str]]:
    """The registers' deliveries that can be read, and the names of those that are damaged."""
    destroyed = lost_sequences(store)
    registers: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in store.receipts():
        if receipt.name in load_contracts() and receipt.sequence not in destroyed:
            registers[receipt.name].append(receipt)
    found = {name: deliveries_of(store, receipts) for name, receipts in registers.items()}
    return (
        {name: deliveries for name, (deliveries, _) in found.items()},
        [receipt.file_name for _, lost in found.values() for receipt in lost],
    )


def _damaged_sv(file_names: Sequence[str]) -> str:
    if not file_names:
        return ""
    named = ", ".join(file_names[:_NAMED]) + (" …" if len(file_names) > _NAMED else "")
    return (
        f"Förlorade eller ändrade i landing: {len(file_names)} ({named}). Gör så här: lägg"
        " tillbaka dem ur säkerhetskopian och byt nyckel sedan. "
    )


def finish_rekeying(settings: Settings) -> None:
    """Complete a change of key that was committed, or undo one that was not.

    Args:
        settings: Where the warehouse and the key are.

    Raises:
        PseudonymKeyError: If a key file cannot be used.
    """
    pending = next_key_file(settings)
    if not pending.exists():
        return
    new = read_key(pending)
    with open_warehouse(settings.warehouse_path) as connection:
        committed = recorded_key(connection) == (new.version, new.check_value)
    if committed:
        rewrite_warehouse(settings.warehouse_path)
        replace_key(pending, settings.key_file)
    else:
        pending.unlink()
