"""Keyed pseudonyms: the secret, and the SQL that applies it inside DuckDB.

HMAC-SHA-256 over purpose and identity, cut to 128 bits and marked with the key's version. The
secret is read here and bound as parameters; it never reaches the warehouse, a log or a message.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

_BLOCK = 64  # SHA-256 block length in bytes, RFC 2104
_MINIMUM_LENGTH = 32
KEY_VERSION = "v1"


class PseudonymKeyError(Exception):
    """The secret is missing, too short or readable by others; the text is Swedish."""


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret prepared for HMAC (RFC 2104).

    Attributes:
        inner: The block that the inner hash starts with; secret.
        outer: The block that the outer hash starts with; secret.
    """

    inner: bytes
    outer: bytes

    def __repr__(self) -> str:
        """Hide the secret from logs and tracebacks."""
        return "PseudonymKey(…)"

    @classmethod
    def from_secret(cls, secret: bytes) -> "PseudonymKey":
        """Prepare a secret.

        Args:
            secret: At least 32 bytes.

        Returns:
            The prepared key.

        Raises:
            PseudonymKeyError: If the secret is too short.
        """
        if len(secret) < _MINIMUM_LENGTH:
            raise PseudonymKeyError(
                f"Pseudonymnyckeln är för kort. Gör så här: använd minst {_MINIMUM_LENGTH} tecken."
            )
        block = hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret
        padded = block.ljust(_BLOCK, b"\0")
        return cls(
            inner=bytes(byte ^ 0x36 for byte in padded),
            outer=bytes(byte ^ 0x5C for byte in padded),
        )


def load_key(secret: SecretStr | None, key_file: Path, *, create: bool) -> PseudonymKey:
    """Find the secret in the configuration or in its file.

    Args:
        secret: The configured secret, which wins over the file.
        key_file: File with the secret; must be readable by its owner only.
        create: Whether a missing file is made with a random secret, as a demonstration may.

    Returns:
        The prepared key.

    Raises:
        PseudonymKeyError: If there is no secret, or others can read the file.
    """
    if secret is not None:
        return PseudonymKey.from_secret(secret.get_secret_value().encode())
    if not key_file.exists():
        if not create:
            raise PseudonymKeyError(
                f"Pseudonymnyckel saknas ({key_file}). Gör så här: lägg en slumpad hemlighet i "
                "filen med rättigheterna 0600, eller sätt AVVIK_PSEUDONYM_KEY."
            )
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    if key_file.stat().st_mode & 0o077:
        raise PseudonymKeyError(
            f"Andra än ägaren kan läsa pseudonymnyckeln. Gör så här: chmod 600 {key_file}"
        )
    return PseudonymKey.from_secret(key_file.read_bytes().strip())


def pseudonym_sql(purpose: str, value: str) -> str:
    """SQL for the pseudonym of a text, with parameters `$inner` and `$outer`.

    Args:
        purpose: What the pseudonym is for; sets with different purposes cannot be joined.
        value: A SQL expression of type varchar.

    Returns:
        A SQL expression: `v1:` and 32 hexadecimal digits; null where the value is null.
    """
    message = f"$inner::blob || encode('{purpose}' || chr(31) || ({value}))"
    return f"'{KEY_VERSION}:' || left(sha256($outer::blob || unhex(sha256({message}))), 32)"
