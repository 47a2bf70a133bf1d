"""The directory of open data: every table as files, and what describes them.

The one entrance for whoever has a connection; what each file is belongs in its own module.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.opendata import datapackage, dcat
from orchestration.opendata.about import Publisher, period_of, publication_of
from orchestration.opendata.files import Written, write_tables
from orchestration.opendata.tables import tables_of

DIRECTORY = "data"


def write_open_data(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    publisher: Publisher,
    keys: Mapping[str, tuple[str, ...]],
) -> tuple[Written, ...]:
    """Write every table of marts and meta as files, the data package, and the catalogue.

    The catalogue is for data portals, and is written where the publisher has an address.

    Args:
        connection: An open connection with `marts.*` and `meta.*`, that may write in the directory.
        directory: Where; made if it is not there.
        publisher: Who publishes.
        keys: The key of each table of marts, by name.

    Returns:
        What was written of each table.

    Raises:
        duckdb.Error: A table cannot be read, or a file not written.
        LookupError: Nothing is said of the publication.
        OSError: The directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    publication = publication_of(connection)
    tables = tables_of(connection)
    written = write_tables(connection, tables, directory)
    _write(
        directory / datapackage.FILE_NAME,
        datapackage.as_json(written, keys, publisher, publication),
    )
    if publisher.base is not None:
        periods = {
            table.name: period
            for table in tables
            if (period := period_of(connection, table)) is not None
        }
        nodes = dcat.catalogue(written, periods, _sources(connection), publisher, publication)
        _write(directory / dcat.TURTLE_NAME, dcat.as_turtle(nodes))
        _write(directory / dcat.JSON_NAME, dcat.as_json_ld(nodes))
    return written


def _sources(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Where the figures of each table come from, if the tables are described."""
    described = any(table.name == "meta.columns" for table in tables_of(connection))
    if not described:
        return {}
    return dict(
        connection.execute(
            "select distinct table_name, source from meta.columns where source is not null"
        ).fetchall()
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
