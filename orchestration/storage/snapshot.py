"""The published snapshot: what analysts open, replaced in one step.

Copies marts and the public part of meta, nothing else, into a new file that DuckDB 1.5 and 2.x can
read, and moves it into place. Whether anything may be published is decided by the gates.

DuckDB names an opened file after itself, so in `marts.duckdb` the name `marts` already stands for
the file; a schema `marts` inside it would make `marts.deviations` ambiguous and every query fail.
The marts therefore lie in the file's main schema, where `marts.deviations` finds them, whether the
file is opened or attached; dated copies keep the file's name in a directory of their own.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

SNAPSHOT_NAME = "marts.duckdb"
# The storage format of DuckDB 1.5; a file in 2.0's own format shuts out older readers.
_STORAGE_VERSION = "v1.5.0"
_META_TABLES = ("publication", "sources")


def write_snapshot(
    connection: duckdb.DuckDBPyConnection, directory: Path, *, built_at: datetime, keep: int
) -> Path:
    """Publish the marts of the warehouse.

    Args:
        connection: An open connection to the warehouse, with `meta.publication`, `meta.sources`
            and `meta.validation_results` filled.
        directory: Where the snapshot and its dated copies lie.
        built_at: Time of publication, with offset; names the dated copy.
        keep: How many dated copies are kept.

    Returns:
        Path of the snapshot.

    Raises:
        duckdb.Error: If a table cannot be copied; the old snapshot then stays as it was.
        OSError: If the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f".{SNAPSHOT_NAME}.{os.getpid()}"
    _remove(partial)
    try:
        _copy_tables(connection, partial)
        _sync(partial)
        _replace(partial, _dated(directory, SNAPSHOT_NAME, built_at), directory / SNAPSHOT_NAME)
    finally:
        _remove(partial)
    _prune(directory, keep)
    return directory / SNAPSHOT_NAME


def publish_text(text: str, directory: Path, name: str, *, built_at: datetime, keep: int) -> Path:
    """Publish a document beside the snapshot, in one step, with a dated copy.

    Args:
        text: The document.
        directory: Where it goes.
        name: Its file name.
        built_at: Time of publication, with offset; names the dated copy.
        keep: How many dated copies are kept.

    Returns:
        Path of the document.
    """
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / name
    partial = directory / f".{name}.{os.getpid()}"
    partial.write_text(text, encoding="utf-8")
    _sync(partial)
    _replace(partial, _dated(directory, name, built_at), target)
    _prune(directory, keep)
    return target


def content_hash(connection: duckdb.DuckDBPyConnection, schema: str = "marts") -> str:
    """Hash the content of all tables of a schema, whatever order their rows lie in.

    Args:
        connection: A connection to a warehouse or a snapshot.
        schema: The schema.

    Returns:
        SHA-256 in hexadecimal; equal for equal content.
    """
    digest = hashlib.sha256()
    for table in _tables(connection, schema):
        rows = connection.execute(
            f"select count(*), coalesce(sum(hash(t)::hugeint), 0)"
            f" from (select * from {schema}.{table}) as t"
        ).fetchone()
        digest.update(f"{table}{rows}".encode())
    return digest.hexdigest()


def _copy_tables(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    connection.execute(f"attach '{target}' as snapshot (storage_version '{_STORAGE_VERSION}')")
    try:
        connection.execute("create schema snapshot.meta")
        wanted = [("marts", "main", table) for table in _tables(connection, "marts")]
        wanted += [("meta", "meta", table) for table in _META_TABLES]
        for schema, target_schema, table in wanted:
            copy = f"snapshot.{target_schema}.{table}"
            connection.execute(f"create table {copy} as from {schema}.{table} order by all")
            _copy_comments(connection, schema, table, copy)
        # Of the checks, the latest of each table: what vouches for this snapshot.
        connection.execute(
            """
            create table snapshot.meta.validation_results as
            from meta.validation_results
            qualify recorded_sequence = max(recorded_sequence) over (partition by table_name, suite)
            order by all
            """
        )
        connection.execute("checkpoint snapshot")
    finally:
        connection.execute("detach snapshot")


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, copy: str
) -> None:
    where = "where database_name = current_database() and schema_name = ? and table_name = ?"
    on_table = connection.execute(
        f"select comment from duckdb_tables() {where} and comment is not null", [schema, table]
    ).fetchone()
    if on_table:
        text = on_table[0].replace("'", "''")
        connection.execute(f"comment on table {copy} is '{text}'")
    for column, comment in connection.execute(
        f"select column_name, comment from duckdb_columns() {where} and comment is not null",
        [schema, table],
    ).fetchall():
        text = comment.replace("'", "''")
        connection.execute(f"comment on column {copy}.{column} is '{text}'")


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> Sequence[str]:
    return [
        row[0]
        for row in connection.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = current_database() and table_schema = ? order by all",
            [schema],
        ).fetchall()
    ]


def _replace(partial: Path, dated: Path, target: Path) -> None:
    """Move a finished file into place; the dated copy shares its bytes where that is possible."""
    partial.chmod(0o644)
    dated.unlink(missing_ok=True)
    try:
        os.link(partial, dated)
    except OSError:
        shutil.copy2(partial, dated)
    partial.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _dated(directory: Path, name: str, built_at: datetime) -> Path:
    dated = directory / "tidigare" / f"{built_at:%Y-%m-%dT%H%M%S}"
    dated.mkdir(parents=True, exist_ok=True)
    return dated / name


def _prune(directory: Path, keep: int) -> None:
    for old in sorted((directory / "tidigare").iterdir())[:-keep]:
        shutil.rmtree(old)
