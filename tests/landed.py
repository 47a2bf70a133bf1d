"""Where the landing store keeps its bytes, for tests that harm them or look at them as they lie.

The program itself has no way to a blob but through the store, which verifies it.
"""

from pathlib import Path

from orchestration.storage.landing import LandingStore


def blob_of(store: LandingStore, delivery_id: str) -> Path:
    """The file that holds the bytes of a delivery, as docs/architecture.md says."""
    return store.directory / delivery_id[:2] / delivery_id
