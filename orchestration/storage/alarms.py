"""Which alarms have been told, so that each is told once.

Table `meta.told_alarms`. What an alarm is belongs to whoever raises it.
"""

from collections.abc import Sequence

import duckdb

_TABLE = """
create table if not exists meta.told_alarms (
    source_id varchar,
    about varchar
)
"""


def not_yet_told(
    connection: duckdb.DuckDBPyConnection, alarms: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Find the alarms that are new, and remember them as told.

    Args:
        connection: An open connection to the warehouse.
        alarms: Source, and what the alarm is about (another period, another alarm).

    Returns:
        Those that were not there before, in order.
    """
    connection.execute(_TABLE)
    told = set(connection.execute("select source_id, about from meta.told_alarms").fetchall())
    new = [alarm for alarm in dict.fromkeys(alarms) if alarm not in told]
    if new:
        connection.executemany("insert into meta.told_alarms values (?, ?)", new)
    return new
