"""Step 1 of the intake: keep what has come, and remember what lies in the inbox.

Where a past moment is built nothing new is kept, since what had come by then is there. What a
delivery is and how it is kept belongs in `orchestration.storage`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from orchestration.intake.as_of import inbox_at, known_receipts, require_past
from orchestration.intake.incoming import incoming_files
from orchestration.settings import Settings
from orchestration.storage.deliveries import create_tables, set_inbox
from orchestration.storage.landing import Incoming, LandingStore, Receipt


@dataclass(frozen=True, slots=True)
class Landed:
    """What a landing brought.

    Attributes:
        files: What lay there to be landed.
        new: The receipts of what had not come before.
        receipts: All receipts, in order.
    """

    files: Sequence[Incoming]
    new: Sequence[Receipt]
    receipts: Sequence[Receipt]


def land_deliveries(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    *,
    now: datetime,
) -> Landed:
    """Keep every new delivery, and remember what lies in the inbox.

    Args:
        connection: An open connection to the warehouse.
        settings: Where the inbox is, which profile runs, and which past moment is built, if any.
        store: Where deliveries are kept.
        now: Time of receipt, with offset.

    Returns:
        What lay there and what of it is new.

    Raises:
        OSError: If a file cannot be read or the store cannot be written.
        PastUnknownError: If the past moment cannot be built again.
    """
    if settings.as_of is not None:
        require_past(settings, store)
        create_tables(connection)
        set_inbox(connection, inbox_at(settings, store))
        return Landed((), (), known_receipts(settings, store))
    files = incoming_files(settings)
    new = store.land(files, received_at=now)
    receipts = store.receipts()
    latest = {(receipt.name, receipt.file_name): receipt for receipt in receipts}
    create_tables(connection)
    set_inbox(
        connection,
        (
            (file.name, file.file_name, latest[file.name, file.file_name].delivery_id)
            for file in files
        ),
    )
    return Landed(files, new, receipts)
