"""How every DuckDB connection of the package is opened: which files it reaches, and nothing more.

SQL here holds names and values that came from outside: a column that a supplier named, a question
that a person typed, a view in a file that was copied here. So no connection reads or writes files
but those that it is opened for, none fetches or loads an extension, and none can be told otherwise
afterwards. dbt opens its own connection, with the same settings (`flow/dbt_connection.py`). What is
asked, and of which file, belongs to the callers.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

# What DuckDB may use; with what Python and its libraries need, a run stays under 4 GB.
MEMORY_LIMIT = "3GB"
_NO_EXTENSIONS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    # Else a table's name may mean a variable of the caller.
    "python_enable_replacements": "false",
}


# Moments become days, and a night's outcome must not hang on where the machine stands.
TIME_ZONE = "set global timezone = 'UTC'"


def settings_of(*, spill: Path | None = None, memory: str | None = None) -> dict[str, Any]:
    """What DuckDB is started with, whoever opens it.

    Args:
        spill: Directory for what does not fit in memory; without one, such a query fails.
        memory: How much memory it may use, as DuckDB writes it; 3 GB unless given.

    Returns:
        DuckDB's settings by name.
    """
    return {
        **_NO_EXTENSIONS,
        "memory_limit": memory or MEMORY_LIMIT,
        "temp_directory": "" if spill is None else str(spill),
    }


def connect(
    path: Path | None = None,
    *,
    read_only: bool = False,
    files: Iterable[Path] = (),
    directories: Iterable[Path] = (),
    spill: Path | None = None,
    memory: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database that reaches nothing but what is named here.

    Args:
        path: The DuckDB file, or None for one in memory.
        read_only: Whether only reading is meant.
        files: Other files that it may read and write.
        directories: Directories in which it may read and write.
        spill: Directory for what does not fit in memory; without one, such a query fails.
        memory: How much memory it may use, as DuckDB writes it; 3 GB unless given.

    Returns:
        A connection whose time zone is UTC and whose configuration is locked.

    Raises:
        duckdb.Error: If it cannot be opened.
    """
    connection = duckdb.connect(
        ":memory:" if path is None else str(path),
        read_only=read_only,
        config=settings_of(spill=spill, memory=memory),
    )
    try:
        # A second connection to what is open in this process is locked already.
        if not connection.execute("select current_setting('lock_configuration')").fetchone()[0]:  # type: ignore[index]
            connection.execute(TIME_ZONE)
            connection.execute(f"set allowed_paths = {_texts(files)}")
            connection.execute(f"set allowed_directories = {_texts(directories)}")
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that is written within it, or nothing; it reaches the disk once, at the end.

    Args:
        connection: An open connection that is in no transaction. Only one of its databases may be
            written.
    """
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _texts(paths: Iterable[Path]) -> str:
    """A list of paths as SQL has it: absolute, as they are named and as links lead."""
    both = dict.fromkeys(each for path in paths for each in (path.absolute(), path.resolve()))
    quoted = ("'" + str(path).replace("'", "''") + "'" for path in both)
    return f"[{', '.join(quoted)}]"
