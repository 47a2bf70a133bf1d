"""The manifest of an edition: every published file's SHA-256, and that of the edition before.

Lies in the edition as `manifest.json`, so that whoever holds a copy can tell whether it is as it
was written. Each names the manifest before it: an old edition cannot be changed without changing
all that came after. What an edition is belongs in ``snapshot``.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.storage.landing import sha256_of

MANIFEST_NAME = "manifest.json"


def write_manifest(edition: Path, *, built_at: datetime, made_of: str, before: Path | None) -> None:
    """Write down what an edition holds, when all else in it is written.

    Args:
        edition: The directory.
        built_at: Time of publication, with offset.
        made_of: SHA-256 of the ends of the chain that it was made from.
        before: The edition that it takes the place of; None for the first.
    """
    earlier = None if before is None else before / MANIFEST_NAME
    manifest: dict[str, Any] = {
        "built_at": built_at.isoformat(timespec="seconds"),
        "made_of": made_of,
        "before": None
        if before is None or earlier is None or not earlier.is_file()
        else {"edition": before.name, "sha256": sha256_of(earlier)},
        "files": {
            str(path.relative_to(edition)): {
                "sha256": sha256_of(path),
                "bytes": path.stat().st_size,
            }
            for path in _files(edition)
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (edition / MANIFEST_NAME).write_text(f"{text}\n", encoding="utf-8")


def edition_faults(edition: Path) -> Iterator[str]:
    """Tell what in an edition is not as it was written.

    Args:
        edition: The directory.

    Yields:
        A Swedish clause for each fault, such as ``promemoria.html är ändrad``; nothing for an
        edition older than the manifests.
    """
    file = edition / MANIFEST_NAME
    if not file.exists():
        return
    manifest = _read(file)
    if manifest is None:
        yield f"{MANIFEST_NAME} går inte att läsa"
        return
    listed = manifest["files"]
    for name, written in listed.items():
        path = edition / name
        if path.is_dir():
            yield f"{name} är en katalog där en fil ska ligga"
        elif not path.is_file():
            yield f"{name} saknas"
        elif path.stat().st_size != written["bytes"] or sha256_of(path) != written["sha256"]:
            yield f"{name} är ändrad"
    for path in _files(edition):
        if str(path.relative_to(edition)) not in listed:
            yield f"{path.relative_to(edition)} hör inte dit"


def chain_faults(editions: Path) -> Iterator[str]:
    """Tell which of the editions kept was changed after the next one was written.

    Args:
        editions: The directory that the editions lie in.

    Yields:
        A Swedish clause for each.
    """
    for file in sorted(editions.glob(f"[!.]*/{MANIFEST_NAME}")):
        manifest = _read(file)
        before = None if manifest is None else manifest["before"]
        if before is None:
            continue
        earlier = editions / before["edition"] / MANIFEST_NAME
        # Older ones are taken away in time; what is there must be what it was.
        if earlier.parent.is_dir() and not earlier.is_file():
            yield f"{before['edition']}: {MANIFEST_NAME} saknas"
        elif earlier.is_file() and sha256_of(earlier) != before["sha256"]:
            yield f"{before['edition']}: {MANIFEST_NAME} är ändrad"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        whole = all({"sha256", "bytes"} <= written.keys() for written in manifest["files"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if whole and "before" in manifest else None


def _files(edition: Path) -> list[Path]:
    manifest = edition / MANIFEST_NAME
    return sorted(path for path in edition.rglob("*") if path.is_file() and path != manifest)
