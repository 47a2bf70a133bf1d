"""The working warehouse: one DuckDB file, one writer, opened briefly.

Holds the connection and the schemas. What stands in the tables belongs to the packages that write
them; analysts read the published snapshot instead.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.database import connect
from orchestration.storage.holders import holder_from
from orchestration.storage.home import remove

SCHEMAS = ("raw", "seeds", "staging", "intermediate", "marts", "disclosure", "analyses", "meta")


def spill_of(path: Path) -> Path:
    """Where a warehouse writes what does not fit in memory; it may hold identity numbers.

    Args:
        path: The DuckDB file.
    """
    return path.parent / "spill"


class WarehouseHeldError(duckdb.IOException):
    """Another process has the warehouse open; the text is Swedish and says which."""


@contextmanager
def open_warehouse(
    path: Path, *, read_only: bool = False, directories: Iterable[Path] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse and close it again, also when the body fails.

    Args:
        path: The DuckDB file; created when it is to be written.
        read_only: Whether only reading is meant.
        directories: Where it may read and write besides its home's own landing, spill and
            publication.

    Yields:
        A connection that reaches nothing else, whose time zone is UTC.

    Raises:
        WarehouseHeldError: If another process holds the file.
        duckdb.IOException: If it cannot be opened for another reason.
    """
    spill = spill_of(path)
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        spill.mkdir(exist_ok=True, mode=0o700)
    try:
        connection = connect(
            path,
            read_only=read_only,
            files=_fresh_files(path),
            directories=[path.parent / "landing", path.parent / "published", spill, *directories],
            spill=spill,
        )
    except duckdb.IOException as error:
        if (holder := holder_from(str(error))) is None:
            raise
        raise WarehouseHeldError(
            f"{holder.told()} använder lagret {path}. Gör så här: vänta tills den är klar."
        ) from error
    try:
        if not read_only:
            path.chmod(0o600)
            # The only writer is here now: whatever lies there, a killed run left.
            for leftover in spill.iterdir():
                leftover.unlink()
            for schema in SCHEMAS:
                connection.execute(f"create schema if not exists {schema}")
        yield connection
    finally:
        connection.close()


def let_interrupts_through(error: Exception) -> None:
    """Go on ending where a signal has interrupted a query.

    DuckDB turns whatever a signal's handler raises into an ordinary error. Whoever catches every
    error, so that one delivery does not stop the others, would take it for a fault of the delivery.

    Args:
        error: What was caught.

    Raises:
        KeyboardInterrupt: If a signal is behind it.
    """
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
        raise KeyboardInterrupt from error


def rewrite_warehouse(path: Path) -> None:
    """Write the warehouse anew: what was overwritten in it lies in the file until then.

    Args:
        path: The DuckDB file, which nobody has open. It is replaced in one step.

    Raises:
        duckdb.Error: If it cannot be copied; it is as it was then.
    """
    fresh = _fresh(path)
    for leftover in path.parent.glob(f"{fresh.name}*"):
        leftover.unlink()
    with open_warehouse(path) as connection:
        [(own_name,)] = connection.execute("select current_database()").fetchall()
        connection.execute(f"attach '{fresh}' as fresh")
        fresh.chmod(0o600)
        connection.execute(f'copy from database "{own_name}" to fresh')
        connection.execute("detach fresh")
        connection.execute("checkpoint")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)


def set_aside(path: Path) -> Path | None:
    """Move the warehouse out of the way, whatever state it is in, and what belongs to it.

    Args:
        path: The DuckDB file, or whatever lies in its place; nobody has it open.

    Returns:
        Where it lies now; None if there was none. One that was set aside before stays there, since
        nothing has been published since.
    """
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.undanlagt")
    if not aside.exists():
        path.rename(aside)
    else:
        remove(path)
    return aside


def _fresh(path: Path) -> Path:
    """Where the warehouse is written anew."""
    return path.with_name(f".{path.name}.fresh")


def _fresh_files(path: Path) -> list[Path]:
    """The warehouse that is written anew, and the journals that DuckDB keeps beside it."""
    fresh = _fresh(path)
    ends = ("", ".wal", ".wal.checkpoint", ".wal.recovery", ".checkpoint.wal", ".recovery.wal")
    return [fresh.with_name(f"{fresh.name}{end}") for end in ends]


def table_exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table or view exists.

    Args:
        connection: An open connection.
        table: Its name as `schema.table`.

    Returns:
        True if it is in the catalogue of the connection's own database.
    """
    schema, name = table.split(".")
    found = connection.execute(
        "select 1 from information_schema.tables"
        " where table_schema = $schema and table_name = $name"
        " and table_catalog = current_database()",
        {"schema": schema, "name": name},
    ).fetchone()
    return found is not None


def view_definitions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The texts of all views.

    Args:
        connection: An open connection.

    Returns:
        The statement that makes each, by `schema.view`.
    """
    rows = connection.execute(
        "select schema_name || '.' || view_name, sql from duckdb_views()"
        " where database_name = current_database() and not internal"
    ).fetchall()
    return dict(rows)


def row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows each table has, by the catalogue's own count.

    Args:
        connection: An open connection.

    Returns:
        The number by `schema.table`.
    """
    rows = connection.execute(
        "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
    ).fetchall()
    return dict(rows)
