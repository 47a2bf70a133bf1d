"""The databases that nobody but their owner reads: how one is opened, and by one at a time.

What stands in them belongs to whoever keeps it there.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from orchestration.database import connect
from orchestration.storage.holders import holder_from


class RestrictedHeldError(Exception):
    """Another process has the file open; the text is Swedish and says which."""


@contextmanager
def open_restricted(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database of the restricted directory.

    Args:
        path: The file; made, with its directory, where it is to be written.
        read_only: Whether only reading is meant.

    Yields:
        A connection that reaches nothing else. The file has mode 0600, its directory 0700.

    Raises:
        RestrictedHeldError: If another process holds it.
        duckdb.IOException: If it cannot be opened for another reason.
    """
    if not read_only:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # It may be there already, made on the way to something deeper.
        path.parent.chmod(0o700)
    try:
        connection = connect(path, read_only=read_only)
    except duckdb.IOException as error:
        if (holder := holder_from(str(error))) is None:
            raise
        raise RestrictedHeldError(
            f"{holder.told()} använder {path}. Gör så här: vänta tills den är klar."
        ) from error
    with closing(connection):
        if not read_only:
            path.chmod(0o600)
        yield connection
