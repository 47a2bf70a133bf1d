"""From parsed public statistics to rows in `raw`.

One table a publisher, in one shape for all, and one table of notes. Parsing belongs in the
publishers' modules; what a series means for an indicator belongs in dbt.
"""

from collections.abc import Iterable
from dataclasses import astuple, fields

import duckdb
import pandas as pd

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.observation import Note, Observation
from orchestration.sources.registry import Dataset

NOTES_TABLE = "statistics__notes"

_OBSERVATION_COLUMNS = """
    delivery_id varchar,
    delivery_sequence bigint,
    row_number bigint,
    dataset_id varchar,
    series varchar,
    region varchar,
    period varchar,
    dimensions varchar,
    value_text varchar,
    value double,
    status varchar
"""
_NOTE_COLUMNS = """
    delivery_id varchar,
    delivery_sequence bigint,
    dataset_id varchar,
    note_number integer,
    period varchar,
    regions varchar,
    kind varchar,
    text varchar
"""


def observations_table(publisher: str) -> str:
    """Name of a publisher's table in schema `raw`."""
    return f"{publisher}__observations"


def create_tables(connection: duckdb.DuckDBPyConnection, publishers: Iterable[str]) -> None:
    """Create the tables of public statistics if they are not there.

    Args:
        connection: An open connection to the warehouse.
        publishers: The publishers that have a table each.
    """
    for publisher in publishers:
        connection.execute(
            f"create table if not exists raw.{observations_table(publisher)}"
            f" ({_OBSERVATION_COLUMNS})"
        )
    connection.execute(f"create table if not exists raw.{NOTES_TABLE} ({_NOTE_COLUMNS})")


def load_dataset(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    content: bytes,
    *,
    delivery_id: str,
    delivery_sequence: int,
) -> int:
    """Parse one delivery and append it to `raw`.

    Args:
        connection: An open connection to the warehouse; the caller owns the transaction.
        dataset: What the delivery is.
        content: Its bytes.
        delivery_id: SHA-256 of the bytes.
        delivery_sequence: Place in the order of receipt.

    Returns:
        Number of observations.

    Raises:
        SourceFormatError: If the bytes are not that dataset in its publisher's format.
    """
    parsed = parse_dataset(content, dataset)
    for table, kind, rows in (
        (observations_table(dataset.publisher), Observation, parsed.observations),
        (NOTES_TABLE, Note, parsed.notes),
    ):
        frame = pd.DataFrame(
            [astuple(row) for row in rows], columns=[field.name for field in fields(kind)]
        ).assign(delivery_id=delivery_id, delivery_sequence=delivery_sequence)
        connection.register("parsed_rows", frame)
        connection.execute(f"insert into raw.{table} by name from parsed_rows")
        connection.unregister("parsed_rows")
    return len(parsed.observations)


def loaded_years(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, delivery_sequence: int
) -> str:
    """The years that a loaded delivery has values for.

    Args:
        connection: An open connection to the warehouse.
        dataset: What the delivery is.
        delivery_sequence: Place in the order of receipt.

    Returns:
        `2016–2024`, or `2024`; empty where there is no value.
    """
    [(first, last)] = connection.execute(
        f"""
        select min(left(period, 4)), max(left(period, 4))
        from raw.{observations_table(dataset.publisher)}
        where delivery_sequence = ? and dataset_id = ? and value is not null
        """,
        [delivery_sequence, dataset.source_id],
    ).fetchall()
    return "" if first is None else first if first == last else f"{first}–{last}"
