"""A ledger that is lost for good: a new chain, begun by somebody who answers for it.

What was shown before and stands in no copy that is left is from then on known to readers and not to
the attack, so each publication says when its chain began anew. How a chain is written belongs in
`ledger`.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from orchestration.flow.accesses import login
from orchestration.flow.disclosing import forget_seen, last_seen
from orchestration.flow.ledger import (
    Imported,
    LedgerError,
    begin_anew,
    import_published,
    read_ledger,
)
from orchestration.settings import Settings


class NotLostError(Exception):
    """There is nothing to accept; the text is Swedish."""


def accept_lost_ledger(settings: Settings, reason: str) -> tuple[Imported, Path | None]:
    """Begin a new chain, with what the copies that are left have shown.

    Only copies that disclosure control has decided are read: what was published before there was
    any is read by `import_published`, for whoever knows that somebody has seen it. May be done
    again where it was interrupted.

    Args:
        settings: The installation.
        reason: Why, in the words of whoever answers for it.

    Returns:
        What was read into the new chain, and where the old file lies; None where it was gone.

    Raises:
        NotLostError: The ledger is whole.
        LedgerError: A copy that is left cannot be read.
        RestrictedHeldError: Another process holds the ledger.
        WarehouseHeldError: Another process holds the warehouse.
    """
    try:
        read_ledger(settings, seen=last_seen(settings))
    except LedgerError:
        moment = settings.moment()
    else:
        raise NotLostError(
            f"Liggaren {settings.ledger_path} är som den skrevs, och ingen ny behövs."
        )
    kept = _put_aside(settings.ledger_path, moment)
    begin_anew(settings, moment, f"{reason} ({login()})")
    found = import_published(settings, decided_only=True)
    # Last: until then the ledger is missed, and this can be done again.
    forget_seen(settings)
    return found, kept


def _put_aside(ledger: Path, moment: datetime) -> Path | None:
    """Keep what is left of the old file, which may be worth looking into."""
    kept = ledger.with_name(f"ledger.{moment:%Y-%m-%dT%H%M%S}.duckdb")
    # What a killed process had written last may stand beside it alone.
    for ending in (".wal", ""):
        with suppress(FileNotFoundError):
            ledger.with_name(ledger.name + ending).rename(kept.with_name(kept.name + ending))
    return kept if kept.exists() else None
