"""Step 1 of the intake: keep what has come, destroy what is too old, remember what the inbox holds.

Where a past moment is built nothing new is kept, since what had come by then is there. What a
delivery is and how it is kept belongs in `orchestration.storage`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from orchestration.intake.as_of import known_receipts, require_past
from orchestration.intake.incoming import incoming_files
from orchestration.intake.placing import require_own_home
from orchestration.registers.inbox import scan_inbox
from orchestration.registers.municipality import load_municipality
from orchestration.settings import Settings
from orchestration.storage.deliveries import create_tables, set_inbox
from orchestration.storage.home import claim_profile
from orchestration.storage.landing import Incoming, LandingStore, Receipt
from orchestration.storage.retention import (
    Destroyed,
    destroy_expired,
    destroyed_in_inbox,
    lost_sequences,
    record_destroyed,
)


@dataclass(frozen=True, slots=True)
class Landed:
    """What a landing brought.

    Attributes:
        files: What lay there to be landed.
        new: The receipts of what had not come before.
        receipts: All receipts, in order.
        destroyed: What had grown too old to be kept.
        remarks: What somebody should know or do, in Swedish.
    """

    files: Sequence[Incoming]
    new: Sequence[Receipt]
    receipts: Sequence[Receipt]
    destroyed: Sequence[Destroyed] = ()
    remarks: Sequence[str] = ()


def land_deliveries(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    *,
    now: datetime,
    names: frozenset[str] | None = None,
) -> Landed:
    """Keep every new delivery, and remember what lies in the inbox.

    Args:
        connection: An open connection to the warehouse.
        settings: Where the inbox is, which profile runs, how long registers are kept, and which
            past moment is built, if any.
        store: Where deliveries are kept.
        now: Time of receipt, with offset.
        names: The registers and datasets whose deliveries are taken in; all that lies there unless
            given.

    Returns:
        What lay there and what of it is new.

    Raises:
        ProfileMismatchError: If the home belongs to another profile.
        OtherMunicipalityError: If it holds another municipality's registers.
        OSError: If a file cannot be read or the store cannot be written.
        PastUnknownError: If the past moment cannot be built again.
    """
    if settings.as_of is not None:
        require_past(settings, store)
        create_tables(connection)
        set_inbox(connection, store.inbox_at(settings.as_of), names=names)
        return Landed((), (), known_receipts(settings, store))
    claim_profile(settings.profile_file, settings.profile)
    require_own_home(connection, settings, store)
    inbox = scan_inbox(settings.inbox_dir)
    lying = incoming_files(settings, inbox)
    files = [file for file in lying if names is None or file.name in names]
    new = store.land(files, received_at=now)
    store.note_inbox(lying, at=now)
    receipts = store.receipts()
    latest = {(receipt.name, receipt.file_name): receipt for receipt in receipts}
    create_tables(connection)
    set_inbox(
        connection,
        (
            # A file that is being written stands for what it held when it was last landed.
            (file.name, file.file_name, latest[file.name, file.file_name].delivery_id)
            for file in files
            if (file.name, file.file_name) in latest
        ),
        names=names,
    )
    destroyed, remarks = retain(connection, settings, store, now=now)
    waiting = [
        f"Fil {file.file_name} skrivs ännu och läses nästa gång."
        for file in files
        if not file.settled
    ]
    return Landed(files, new, receipts, destroyed, [*inbox.left, *waiting, *remarks])


def retention_days(settings: Settings) -> int | None:
    """At what age the landed registers are destroyed, in days; never where nothing is decided.

    Args:
        settings: Name the municipality, and say what holds where its file says nothing.

    Raises:
        MunicipalityError: If the municipality's file cannot be used.
    """
    return load_municipality(settings).retention_days or settings.retention_days


def retain(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    *,
    now: datetime,
) -> tuple[list[Destroyed], list[str]]:
    """Destroy the landed registers that are older than the city keeps them.

    Args:
        connection: An open connection to the warehouse.
        settings: How long registers are kept.
        store: Where deliveries are kept.
        now: The time that age is judged at, with offset.

    Returns:
        What was destroyed now, and what that means, in Swedish.

    Raises:
        OSError: If a file cannot be removed.
        MunicipalityError: If the municipality's file cannot be used.
    """
    create_tables(connection)
    destroyed = []
    if (days := retention_days(settings)) is not None:
        destroyed = destroy_expired(store, days=days, now=now)
    record_destroyed(connection, store)
    remarks = [
        f"Fil {name} är gallrad här men ligger kvar i inkorgen. Den läses inte in igen. Gör så här:"
        " be leverantören ta bort den."
        for name in destroyed_in_inbox(connection)
    ]
    lost = len(lost_sequences(store))
    if lost:
        remarks.append(
            f"Gallrade leveranser: {lost}. Deras rader kan inte läsas in på nytt om lagret byggs"
            " om, inte återskapas som de var ett visst datum och inte få nya pseudonymer."
        )
    return destroyed, remarks
