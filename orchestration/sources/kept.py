"""What a publisher has answered before, kept so that it can be asked whether it has changed.

One file an address: a line that says what it is, then the body byte for byte. Asking belongs in
`orchestration.sources.client`.

This is a store of validators and no HTTP cache, and hishel (2.0.0, tried) is the latter. By default
it answers from its store without asking, and by the rules of RFC 9111 as long as the publisher's
`max-age` says; a figure that is revised within that time is then not seen. Every question here goes
out, with the conditions of the earlier answer. What its publisher forbids to store is not asked
about again there; here it is, since the answer lands anyway. A body damaged on disk is
given out as the answer after a 304; here its SHA-256 is held against it first, and it is asked for
anew.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# An address that nobody has asked for in so long will not be asked for again.
_FORGOTTEN_AFTER_SECONDS = 90 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An earlier answer.

    Attributes:
        content: The body.
        headers: The headers, names in lower case.
    """

    content: bytes
    headers: Mapping[str, str]

    @property
    def conditions(self) -> dict[str, str]:
        """Request headers that ask for the body only if it is another one by now."""
        offered = {
            "if-none-match": self.headers.get("etag"),
            "if-modified-since": self.headers.get("last-modified"),
        }
        return {name: value for name, value in offered.items() if value}


class KeptAnswers:
    """A folder of earlier answers.

    Args:
        folder: Where they lie; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, address: str) -> KeptAnswer | None:
        """Look for an earlier answer.

        Args:
            address: The whole address, with its query.

        Returns:
            The answer, or None if there is none or its file is damaged.
        """
        try:
            head, _, content = self._path(address).read_bytes().partition(b"\n")
            says: Any = json.loads(head)
            whole = says["address"] == address and says["sha256"] == _sha256(content)
            return KeptAnswer(content, dict(says["headers"])) if whole else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, address: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Keep an answer that its publisher can be asked about again.

        Args:
            address: The whole address, with its query.
            content: The body.
            headers: Names in lower case; without a validator among them nothing is kept.

        Raises:
            OSError: If the folder cannot be written.
        """
        if not KeptAnswer(content, headers).conditions:
            return
        says = {"address": address, "sha256": _sha256(content), "headers": dict(headers)}
        path = self._path(address)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_bytes(json.dumps(says).encode() + b"\n" + content)
        partial.replace(path)

    def refresh(self, address: str) -> None:
        """Note that an answer was asked for.

        Args:
            address: The whole address, with its query.
        """
        path = self._path(address)
        if path.exists():
            os.utime(path)

    def forget_old(self) -> None:
        """Remove what has not been asked for in a long time."""
        limit = time.time() - _FORGOTTEN_AFTER_SECONDS
        for path in self._folder.glob("*.answer"):
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)

    def _path(self, address: str) -> Path:
        return self._folder / f"{_sha256(address.encode())[:32]}.answer"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
