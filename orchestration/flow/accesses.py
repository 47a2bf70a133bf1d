"""Who has opened what is restricted, when and why: a chain in which nothing can be changed unseen.

Written by the commands of `avvik` before they answer. Whoever opens a file by other means is held
by its mode and not by this. What has been published is in `ledger`, in the same file.
"""

import getpass
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import duckdb

from orchestration.disclosure.ledger import START
from orchestration.flow.restricted import open_restricted
from orchestration.settings import Settings

_TABLE = """
create table if not exists accesses (
    link integer, opened_at timestamp with time zone, login varchar, uid integer, command varchar,
    reason varchar, statement_sha256 varchar, previous_sha256 varchar, sha256 varchar
)
"""
_COLUMNS = "opened_at, login, uid, command, reason, statement_sha256, previous_sha256"


@dataclass(frozen=True)
class Access:
    """An opening of the restricted door.

    Attributes:
        opened_at: When, with offset.
        login: Who, as the machine calls them.
        uid: Their number there.
        command: By which command.
        reason: Why, in their words.
        statement_sha256: Fingerprint of what was asked, which may itself tell of somebody.
        previous_sha256: Fingerprint of the opening before it; `START` for the first.
    """

    opened_at: datetime
    login: str
    uid: int
    command: str
    reason: str
    statement_sha256: str
    previous_sha256: str

    @property
    def sha256(self) -> str:
        """Fingerprint of all that is said of it."""
        told = asdict(self) | {"opened_at": self.opened_at.astimezone(UTC).isoformat()}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def note_access(settings: Settings, command: str, reason: str, statement: str) -> None:
    """Write down an opening, before it is answered.

    Args:
        settings: The installation.
        command: By which command.
        reason: Why.
        statement: What is asked.

    Raises:
        RestrictedHeldError: If another process holds the file.
        duckdb.Error: If it cannot be written.
    """
    with open_restricted(settings.ledger_path) as connection:
        connection.execute(_TABLE)
        last = connection.execute(
            "select sha256 from accesses order by link desc limit 1"
        ).fetchone()
        access = Access(
            opened_at=datetime.now(UTC),
            login=login(),
            uid=os.getuid(),
            command=command,
            reason=reason,
            statement_sha256=hashlib.sha256(statement.encode()).hexdigest(),
            previous_sha256=START if last is None else str(last[0]),
        )
        connection.execute(
            f"insert into accesses select coalesce(max(link), 0) + 1, {', '.join('?' * 8)}"
            " from accesses",
            [*vars(access).values(), access.sha256],
        )


def access_faults(settings: Settings) -> Iterator[str]:
    """What is not as it was written, in Swedish; nothing where there is no log.

    Args:
        settings: The installation.

    Raises:
        RestrictedHeldError: If another process holds the file.
    """
    if not settings.ledger_path.exists():
        return
    with (
        suppress(duckdb.CatalogException),
        open_restricted(settings.ledger_path, read_only=True) as connection,
    ):
        rows = connection.execute(
            f"select link, {_COLUMNS}, sha256 from accesses order by link"
        ).fetchall()
        before = START
        for number, (link, *told, sha256) in enumerate(rows, start=1):
            access = Access(*told)
            if (link, access.previous_sha256, access.sha256) != (number, before, sha256):
                yield (
                    f"Loggen över vem som har öppnat det som ligger i {settings.restricted_dir} har"
                    f" ändrats eller kortats vid öppning {number} sedan den skrevs. Gör så här:"
                    " lägg tillbaka ledger.duckdb ur säkerhetskopian, och utred."
                )
                return
            before = sha256


def login() -> str:
    """What the machine calls whoever runs this."""
    # A process without a name in the machine's register has its number.
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return str(os.getuid())
