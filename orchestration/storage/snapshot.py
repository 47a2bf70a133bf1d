"""A publication: the snapshot that people open and the documents beside it, in one step.

Copies the tables that it is given, nothing else, into a new file that DuckDB 1.1 and later
read, lays it with the documents in a dated directory, and only then points the names that readers
know at that directory. One rename moves all of them, so that nobody meets the database of one
publication and the pages of another. Whether anything may be published is decided by the gates.

DuckDB names an opened file after itself, so in `marts.duckdb` the name `marts` already stands for
the file; a schema `marts` inside it would make `marts.deviations` ambiguous and every query fail.
The marts therefore lie in the file's main schema, where `marts.deviations` finds them, whether the
file is opened or attached; dated copies keep the file's name in a directory of their own.
"""

import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.database import transaction
from orchestration.storage.manifest import write_manifest

SNAPSHOT_NAME = "marts.duckdb"
#: Where the dated copies lie.
EDITIONS = "tidigare"
# Leads to the dated copy that is published; the names that readers know lead through it.
_CURRENT = "aktuell"
# The storage format of DuckDB 1.0, which 1.1 and all later ones read, comments included; what the
# locked one would write by itself shuts out those who have not moved yet.
_STORAGE_VERSION = "v1.0.0"
# Whatever the process keeps to itself otherwise.
_READABLE_DIRECTORY = 0o755
_READABLE_FILE = 0o644
_OWN_DIRECTORY = 0o700
_OWN_FILE = 0o600
#: The tables of meta that are published beside the marts.
META_TABLES = (
    "meta.publication",
    "meta.sources",
    "meta.built_from",
    "meta.remarks",
    "meta.validation_results",
    "meta.disclosure",
)


def publish(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, str],
    documents: Path,
    directory: Path,
    *,
    built_at: datetime,
    made_of: str,
    keep: int,
    complete: Callable[[Path], None] | None = None,
    announce: Callable[[str], None] = lambda _: None,
    for_anybody: bool = True,
) -> Path:
    """Publish tables, and documents that were written from them.

    Args:
        connection: An open connection to the warehouse.
        tables: What the snapshot holds: the query for each table, by its name in the warehouse
            (`schema.table`), whose comments it gets.
        documents: Directory whose files and folders are published under their own names.
        directory: Where the publication and its dated copies lie.
        built_at: Time of publication, with offset; names the dated copy.
        made_of: SHA-256 of what the chain of the marts ends in, for the manifest.
        keep: How many dated copies are kept.
        complete: Adds to the directory with database and documents before anybody sees it.
        announce: Called with the dated copy's name when all is written and before anybody sees it;
            where it fails nothing is published.
        for_anybody: Whether everybody may read it, or its owner alone.

    Returns:
        Path of the snapshot.

    Raises:
        duckdb.Error: If a table cannot be copied; the old publication then stays as it was.
        OSError: If the documents are missing or the directory cannot be written; likewise.
    """
    dated = editions_dir(directory)
    dated.mkdir(parents=True, exist_ok=True)
    for readable in (directory, dated):
        readable.chmod(_READABLE_DIRECTORY if for_anybody else _OWN_DIRECTORY)
    partial = dated / f".{built_at:%Y-%m-%dT%H%M%S}.{os.getpid()}"
    _remove(partial)
    try:
        shutil.copytree(documents, partial, copy_function=shutil.copyfile)
        _copy_tables(connection, tables, partial / SNAPSHOT_NAME)
        if complete is not None:
            complete(partial)
        before = current_edition(directory)
        write_manifest(partial, built_at=built_at, made_of=made_of, before=before)
        _finish(partial, for_anybody=for_anybody)
        edition = _free_name(dated / f"{built_at:%Y-%m-%dT%H%M%S}")
        announce(edition.name)
        partial.rename(edition)
    finally:
        _remove(partial)
    _sync(dated)
    point(directory / _CURRENT, Path(EDITIONS) / edition.name)
    for published in edition.iterdir():
        name = directory / published.name
        # Set once: what they lead to changes with the directory they lead through.
        if not name.is_symlink():
            point(name, Path(_CURRENT) / published.name)
    _forget_names(directory)
    _sync(directory)
    _prune(dated, edition, keep)
    return directory / SNAPSHOT_NAME


def editions_dir(directory: Path) -> Path:
    """Where the dated copies lie.

    Args:
        directory: The publication.
    """
    return directory / EDITIONS


def current_edition(directory: Path) -> Path | None:
    """The dated copy that readers' names lead to.

    Args:
        directory: The publication.

    Returns:
        Its directory; None where nothing is published, or the name leads nowhere.
    """
    link = directory / _CURRENT
    return link.resolve() if link.is_symlink() and link.is_dir() else None


def point(link: Path, target: Path) -> None:
    """Make a name lead elsewhere, in one step.

    Args:
        link: The name, which may lead somewhere already.
        target: Where it is to lead, from where it stands.
    """
    if link.is_dir() and not link.is_symlink():
        # A copy of a home may hold the directory itself where there was a link.
        shutil.rmtree(link)
    partial = link.with_name(f".{link.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(link)


def name_faults(directory: Path) -> Iterator[str]:
    """Tell which of readers' names do not lead to what is published.

    Args:
        directory: The publication.

    Yields:
        A Swedish clause for each.
    """
    edition = current_edition(directory)
    if edition is None:
        if directory.is_dir() and any(editions_dir(directory).glob("[!.]*")):
            yield f"{_CURRENT} leder inte till någon utgåva"
        return
    for published in edition.iterdir():
        name = directory / published.name
        if not name.is_symlink() or name.resolve() != published:
            yield f"{published.name} leder inte till den senaste utgåvan"


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


def _copy_tables(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], target: Path
) -> None:
    connection.execute(f"attach '{target}' as snapshot (storage_version '{_STORAGE_VERSION}')")
    try:
        comments = _comments(connection)
        with transaction(connection):
            connection.execute("create schema snapshot.meta")
            for name, query in tables.items():
                schema, _, table = name.partition(".")
                copy = f"snapshot.{'main' if schema == 'marts' else schema}.{table}"
                connection.execute(f"create table {copy} as {query}")
                told = comments.get((schema, table), ())
                connection.execute("; ".join(f"comment on {each.format(copy)}" for each in told))
        connection.execute("checkpoint snapshot")
    finally:
        connection.execute("detach snapshot")


def all_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The queries for every mart of a warehouse as it is, and for the tables of meta.

    Args:
        connection: An open connection to it.
    """
    names = [*(f"marts.{table}" for table in _tables(connection, "marts")), *META_TABLES]
    return {name: f"from {name} {of_latest(name)} order by all" for name in names}


def of_latest(name: str) -> str:
    """Which rows of a table are published: of the checks, the latest of each table and suite."""
    if name != "meta.validation_results":
        return ""
    return (
        "qualify recorded_sequence = max(recorded_sequence) over (partition by table_name, suite)"
    )


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[str]]:
    """What each table and its columns are said to be.

    Args:
        connection: The warehouse.

    Returns:
        By schema and table, for each comment the end of the statement that says it of a copy, whose
        name stands in place of `{}`.
    """
    rows = connection.execute(
        """
        select schema_name, table_name, 'table {}' as subject, comment
        from duckdb_tables() where database_name = current_database() and comment is not null
        union all
        select schema_name, table_name, 'column {}."' || column_name || '"' as subject, comment
        from duckdb_columns() where database_name = current_database() and comment is not null
        """
    ).fetchall()
    found: dict[tuple[str, str], list[str]] = {}
    for schema, table, subject, comment in rows:
        text = comment.replace("'", "''").replace("{", "{{").replace("}", "}}")
        found.setdefault((schema, table), []).append(f"{subject} is '{text}'")
    return found


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> Sequence[str]:
    return [
        row[0]
        for row in connection.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = current_database() and table_schema = ? order by all",
            [schema],
        ).fetchall()
    ]


def _finish(edition: Path, *, for_anybody: bool) -> None:
    """Let those read who may, and see that it has reached the disk."""
    directory = _READABLE_DIRECTORY if for_anybody else _OWN_DIRECTORY
    file = _READABLE_FILE if for_anybody else _OWN_FILE
    for path in [*edition.rglob("*"), edition]:
        path.chmod(directory if path.is_dir() else file)
        _sync(path)


def _free_name(wanted: Path) -> Path:
    """Find a name for a dated copy, also where two publications share a second."""
    names = itertools.chain(
        [wanted], (wanted.with_name(f"{wanted.name}-{n}") for n in itertools.count(2))
    )
    return next(path for path in names if not path.exists())


def _forget_names(directory: Path) -> None:
    """Take away the names of what an earlier publication had and this one has not."""
    for name in directory.iterdir():
        if name.is_symlink() and name.readlink().parts[:1] == (_CURRENT,) and not name.exists():
            name.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(edition: Path) -> None:
    if edition.exists():
        shutil.rmtree(edition)


def _prune(dated: Path, current: Path, keep: int) -> None:
    """Take away the oldest copies, and what a killed publication left; never the current one."""
    left = [path for path in dated.iterdir() if path.name.startswith(".")]
    whole = sorted(path for path in dated.iterdir() if path not in left)
    for old in [*left, *whole[:-keep]]:
        if old != current:
            shutil.rmtree(old)
