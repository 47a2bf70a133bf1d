"""Whether there is anything new since the latest publication.

Asked before anything is imported that a run needs, since most nights there is not. What was made
from what belongs in `built_from`.
"""

import duckdb

from orchestration.database import connect
from orchestration.flow.built_from import (
    PUBLICATION,
    Provenance,
    contents_fingerprint,
    ends,
    inbox_input,
    read_made,
)
from orchestration.intake.incoming import incoming_files
from orchestration.settings import Settings
from orchestration.storage.confirmations import confirmations
from orchestration.storage.deliveries import held_but_confirmed
from orchestration.storage.landing import LandingStore, sha256_of_delivered
from orchestration.storage.warehouse import open_warehouse


def nothing_new(settings: Settings) -> bool:
    """Whether what is published was made from what lies here now.

    It was when every chain ends in what there is: the same files in the inbox, the same answers of
    the publishers, the same seeds, program and settings. The warehouse must say the same, since
    something else may have landed in it without being published. A person's word on an answer that
    is held is news too.

    Args:
        settings: The installation.

    Returns:
        False as well where nothing is published, or it cannot be read.
    """
    # What it was made from, fingerprints and all, is said behind the restricted door alone.
    snapshots = (settings.snapshot_path, settings.restricted_snapshot_path)
    if not all(path.exists() for path in (*snapshots, settings.warehouse_path)):
        return False
    try:
        with connect(settings.restricted_snapshot_path, read_only=True) as connection:
            published = ends(read_made(connection), PUBLICATION)
        with open_warehouse(settings.warehouse_path) as connection:
            provenance = Provenance(connection, settings)
            landed = ends(provenance.made, PUBLICATION)
            now = {name: provenance.present(name) for name in published}
            words = confirmations(LandingStore(settings.landing_dir), by=settings.as_of)
            if held_but_confirmed(connection, [each.sequence for each in words]):
                return False
    except duckdb.Error:
        return False
    lying: dict[str, list[tuple[str, str]]] = {}
    for file in incoming_files(settings):
        try:
            content = sha256_of_delivered(file.path)
        except OSError:
            return False
        lying.setdefault(inbox_input(file.name), []).append((file.file_name, content))
    inboxes = [name for name in published if name.startswith(inbox_input(""))]
    now |= {name: contents_fingerprint(lying.pop(name, ())) for name in inboxes}
    return not lying and published == landed == now
