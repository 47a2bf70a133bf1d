"""From parsed public statistics to rows in `raw`.

One table a publisher, and one of units' answers, in one shape for all, one table of notes, and one
of when each delivery came. What is too unlike the last good answer is kept out. Parsing belongs in
the publishers' modules, what is too unlike in `judging`; what a series means for an indicator, and
which delivery a figure holds from and until, belongs in dbt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter

import duckdb
import pandas as pd

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.judging import Objection, objections
from orchestration.sources.observation import Note, Observation
from orchestration.sources.registry import Dataset, load_registry

NOTES_TABLE = "statistics__notes"
DELIVERIES_TABLE = "statistics__deliveries"

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
# Times are UTC without a zone, which every engine reads alike.
_DELIVERY_COLUMNS = """
    delivery_id varchar,
    delivery_sequence bigint,
    dataset_id varchar,
    received_at timestamp,
    delivers varchar
"""


@dataclass(frozen=True, slots=True)
class StatisticsDelivery:
    """When a delivery of public statistics came.

    Attributes:
        delivery_sequence: Place in the order of receipt.
        delivery_id: SHA-256 of its bytes.
        dataset_id: The registry's source_id.
        received_at: Time of receipt, with offset.
    """

    delivery_sequence: int
    delivery_id: str
    dataset_id: str
    received_at: datetime


def create_tables(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset]) -> None:
    """Create the tables of public statistics if they are not there.

    Args:
        connection: An open connection to the warehouse.
        datasets: The datasets whose tables are wanted.
    """
    for table in sorted({dataset.raw_table for dataset in datasets}):
        connection.execute(f"create table if not exists raw.{table} ({_OBSERVATION_COLUMNS})")
    connection.execute(f"create table if not exists raw.{NOTES_TABLE} ({_NOTE_COLUMNS})")
    connection.execute(f"create table if not exists raw.{DELIVERIES_TABLE} ({_DELIVERY_COLUMNS})")


def record_deliveries(
    connection: duckdb.DuckDBPyConnection, deliveries: Iterable[StatisticsDelivery]
) -> None:
    """Write when each delivery came, and what the registry says that its dataset delivers.

    Written anew each time, so that a dataset whose declaration is changed is read by the new one.

    Args:
        connection: An open connection to the warehouse.
        deliveries: All deliveries of public statistics.
    """
    delivers = {dataset.source_id: dataset.delivers for dataset in load_registry()}
    known = [each for each in deliveries if each.dataset_id in delivers]
    connection.execute("begin")
    connection.execute(f"delete from raw.{DELIVERIES_TABLE}")
    connection.execute(
        f"insert into raw.{DELIVERIES_TABLE}"
        " select unnest($ids::varchar[]), unnest($sequences::bigint[]),"
        " unnest($datasets::varchar[]), unnest($times::timestamp[]), unnest($delivers::varchar[])",
        {
            "ids": [each.delivery_id for each in known],
            "sequences": [each.delivery_sequence for each in known],
            "datasets": [each.dataset_id for each in known],
            "times": [each.received_at.astimezone(UTC).replace(tzinfo=None) for each in known],
            "delivers": [delivers[each.dataset_id] for each in known],
        },
    )
    connection.execute("commit")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one delivery.

    Attributes:
        rows: Number of observations.
        objections: Why it was not loaded; empty where it was.
    """

    rows: int
    objections: tuple[Objection, ...] = ()


def load_dataset(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    content: bytes,
    *,
    delivery_id: str,
    delivery_sequence: int,
    confirmed: bool = False,
) -> Answer:
    """Parse one delivery, hold it against the last good one, and append it to `raw`.

    Args:
        connection: An open connection to the warehouse; the caller owns the transaction.
        dataset: What the delivery is.
        content: Its bytes.
        delivery_id: SHA-256 of the bytes.
        delivery_sequence: Place in the order of receipt.
        confirmed: Whether a person has said that it is right, however unlike it is.

    Returns:
        How much there was in it, and what kept it out.

    Raises:
        SourceFormatError: If the bytes are not that dataset in its publisher's format.
    """
    parsed = parse_dataset(content, dataset)
    table = f"raw.{dataset.raw_table}"
    observations, notes = (
        _frame(kind, rows).assign(delivery_id=delivery_id, delivery_sequence=delivery_sequence)
        for kind, rows in ((Observation, parsed.observations), (Note, parsed.notes))
    )
    connection.register("parsed_rows", observations)
    try:
        if not confirmed and (
            found := objections(
                connection,
                dataset,
                table=table,
                incoming="parsed_rows",
                delivery_sequence=delivery_sequence,
            )
        ):
            return Answer(len(observations), tuple(found))
        connection.execute(f"insert into {table} by name from parsed_rows")
        connection.register("parsed_rows", notes)
        connection.execute(f"insert into raw.{NOTES_TABLE} by name from parsed_rows")
    finally:
        connection.unregister("parsed_rows")
    return Answer(len(observations))


def _frame(kind: type, rows: Sequence[Observation | Note]) -> pd.DataFrame:
    names = [field.name for field in fields(kind)]
    # `astuple` would copy every value.
    return pd.DataFrame(map(attrgetter(*names), rows), columns=names)


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
        from raw.{dataset.raw_table}
        where delivery_sequence = ? and dataset_id = ? and value is not null
        """,
        [delivery_sequence, dataset.source_id],
    ).fetchall()
    return "" if first is None else first if first == last else f"{first}–{last}"
