"""Keyed pseudonyms: the secret, and the SQL that applies it inside DuckDB.

HMAC-SHA-256 over purpose and identity, cut to 128 bits and marked with the key's version. The
secret is read here and bound as parameters; it never reaches the warehouse, a log or a message.
Which key a warehouse is made with, and the change to another, belongs in `rekeying`.
"""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from orchestration.registers.guessing import ENOUGH_BITS, bits_of

_BLOCK = 64  # SHA-256 block length in bytes, RFC 2104
_MINIMUM_LENGTH = 32
_VERSIONED = re.compile(rb"v([1-9][0-9]{0,3}):(.*)", re.DOTALL)
_CHECKED_TEXT = b"kontroll\x1fpseudonymnyckel"

# What a pseudonym is for; sets with different purposes cannot be joined.
PERSON = "person"
HOUSEHOLD = "household"
TEXT = "text"


class PseudonymKeyError(Exception):
    """The secret is missing, too short or readable by others; the text is Swedish."""


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret prepared for HMAC (RFC 2104).

    Attributes:
        version: Grows by one with each change of key.
        inner: The block that the inner hash starts with; secret.
        outer: The block that the outer hash starts with; secret.
    """

    version: int
    inner: bytes
    outer: bytes

    def __repr__(self) -> str:
        """Hide the secret from logs and tracebacks."""
        return f"PseudonymKey(v{self.version}, …)"

    @classmethod
    def from_secret(cls, secret: bytes) -> "PseudonymKey":
        """Prepare a secret.

        Args:
            secret: At least 32 bytes, with its version before it, as in `v2:<secret>`; without one
                it is the first version.

        Returns:
            The prepared key.

        Raises:
            PseudonymKeyError: If the secret is too short.
        """
        match = _VERSIONED.fullmatch(secret)
        version, bare = (int(match[1]), match[2]) if match else (1, secret)
        if len(bare) < _MINIMUM_LENGTH:
            raise PseudonymKeyError(
                f"Pseudonymnyckeln är för kort. Gör så här: använd minst {_MINIMUM_LENGTH} tecken."
            )
        block = hashlib.sha256(bare).digest() if len(bare) > _BLOCK else bare
        padded = block.ljust(_BLOCK, b"\0")
        return cls(
            version=version,
            inner=bytes(byte ^ 0x36 for byte in padded),
            outer=bytes(byte ^ 0x5C for byte in padded),
        )

    @property
    def check_value(self) -> str:
        """What tells this key from another and tells nothing else: a keyed hash of a fixed text."""
        inner = hashlib.sha256(self.inner + _CHECKED_TEXT).digest()
        return hashlib.sha256(self.outer + inner).hexdigest()[:16]

    @property
    def parameters(self) -> dict[str, bytes]:
        """What to bind in a query with an expression of `sql`."""
        return {f"inner_{self.version}": self.inner, f"outer_{self.version}": self.outer}

    def sql(self, purpose: str, value: str) -> str:
        """SQL for the pseudonym of a text, with the key's `parameters`.

        Args:
            purpose: What the pseudonym is for; sets with different purposes cannot be joined.
            value: A SQL expression of type varchar.

        Returns:
            A SQL expression: `v<version>:` and 32 hexadecimal digits; null where the value is null.
        """
        message = f"$inner_{self.version}::blob || encode('{purpose}' || chr(31) || ({value}))"
        digest = f"sha256($outer_{self.version}::blob || unhex(sha256({message})))"
        return f"'v{self.version}:' || left({digest}, 32)"


def pseudonym_pattern(version: int) -> str:
    """The form of a whole cell that holds a pseudonym of a key's version."""
    return f"v{version}:[0-9a-f]{{32}}"


def load_key(secret: SecretStr | None, key_file: Path, *, create: bool) -> PseudonymKey:
    """Find the secret in the configuration or in its file.

    Args:
        secret: The configured secret, which wins over the file.
        key_file: File with the secret; must be readable by its owner only.
        create: Whether a missing file is made with a random secret, as a demonstration may.

    Returns:
        The prepared key.

    Raises:
        PseudonymKeyError: If there is no secret, if it is plainly weak, or if others can read the
            file.
    """
    if secret is not None:
        written = secret.get_secret_value().encode()
        _require_strength(written)
        return PseudonymKey.from_secret(written)
    if not key_file.exists():
        if not create:
            raise PseudonymKeyError(
                f"Pseudonymnyckel saknas ({key_file}). Gör så här: lägg en slumpad hemlighet i "
                "filen med rättigheterna 0600, eller sätt AVVIK_PSEUDONYM_KEY."
            )
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_key(key_file, version=1)
    key = read_key(key_file)
    _require_strength(key_file.read_bytes().strip())
    return key


def _require_strength(secret: bytes) -> None:
    """Refuse to start with a secret that somebody would guess; a change of key still reads it."""
    match = _VERSIONED.fullmatch(secret)
    bare = (match[2] if match else secret).decode("utf-8", "surrogateescape")
    if len(bare) >= _MINIMUM_LENGTH and bits_of(bare) < ENOUGH_BITS:
        raise PseudonymKeyError(
            "Pseudonymnyckeln är för lätt att gissa: den består av upprepningar, följder eller"
            " vanliga ord. Gör så här: slumpa en ny, som docs/operations.md visar; är lagret redan"
            " gjort med den här, byt den med avvik rekey."
        )


def read_key(key_file: Path) -> PseudonymKey:
    """Read a secret from its file.

    Args:
        key_file: An existing file; must be readable by its owner only.

    Returns:
        The prepared key.

    Raises:
        PseudonymKeyError: If others can read the file, or the secret is too short.
    """
    if key_file.stat().st_mode & 0o077:
        raise PseudonymKeyError(
            f"Andra än ägaren kan läsa pseudonymnyckeln. Gör så här: chmod 600 {key_file}"
        )
    return PseudonymKey.from_secret(key_file.read_bytes().strip())


def write_key(key_file: Path, *, version: int) -> None:
    """Write a random secret to a file that is either whole or not there.

    Args:
        key_file: A file that does not exist; its directory does.
        version: The version that is written before the secret.

    Raises:
        OSError: If the directory cannot be written.
    """
    partial = key_file.with_name(f".{key_file.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"v{version}:{secrets.token_hex(32)}\n")
        file.flush()
        os.fsync(file.fileno())
    replace_key(partial, key_file)


def replace_key(written: Path, key_file: Path) -> None:
    """Put a written key in its place for good.

    Args:
        written: The file with the key.
        key_file: Where it is to stand, in the same directory.

    Raises:
        OSError: If the directory cannot be written.
    """
    written.replace(key_file)
    directory = os.open(key_file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
