"""What a publication has for others than its makers: a described database.

Works on the copy that is about to be published, never on the warehouse. What is described, and how
it is written, belongs in `orchestration.opendata`.
"""

from pathlib import Path

from orchestration.database import connect
from orchestration.opendata.described import describe
from orchestration.storage.snapshot import SNAPSHOT_NAME


def complete(edition: Path) -> None:
    """Add to an edition what it needs to be read on its own.

    Args:
        edition: Its directory, which nobody reads yet.
    """
    with connect(edition / SNAPSHOT_NAME) as snapshot:
        describe(snapshot)
