"""The first step of the intake in a home from before the place was a part of every key.

Says which tables a home keeps rows of registers in, and whose they are. Writing them anew belongs
in `orchestration.registers.kept_rows`.
"""

from collections.abc import Callable, Mapping

import duckdb

from orchestration.quality.gate import fingerprint
from orchestration.registers.contract import load_contracts
from orchestration.registers.kept_rows import kept_place, place_kept_rows, tables_without_place
from orchestration.settings import Settings

Follow = Callable[[duckdb.DuckDBPyConnection, Mapping[str, tuple[str, str]]], None]

# By table that the log is kept in, which of its rows are of a municipality.
_LOG = {
    "meta.deliveries": "kind = 'register'",
    "meta.held_rows": "true",
    "meta.delivery_profiles": "true",
    "meta.drift": "true",
}


def place_home(
    connection: duckdb.DuckDBPyConnection, settings: Settings, follow: Follow
) -> str | None:
    """Give the rows that a home has kept their municipality; nothing where they have it.

    Args:
        connection: An open connection to the warehouse, outside of a transaction.
        settings: Say which municipality it is, where the home was never told of one.
        follow: Lets what is recorded of the tables follow, within the transaction: else they would
            seem to be changed by hand.

    Returns:
        What was done, in Swedish; None where there was nothing to do.

    Raises:
        duckdb.Error: If the warehouse cannot be written; it is as it was then.
    """
    registers = {f"raw.{contract.table}": "true" for contract in load_contracts().values()}
    without = tables_without_place(connection, registers | _LOG)
    if not without:
        return None
    whose = kept_place(connection) or settings.municipality
    connection.execute("begin")
    try:
        kept = without.keys() & registers.keys()
        before = {table: fingerprint(connection, table) for table in sorted(kept)}
        place_kept_rows(connection, without, whose)
        follow(
            connection, {table: (before[table], fingerprint(connection, table)) for table in before}
        )
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return (
        f"Lagret är från före kommunkoden i varje nyckel: {len(without)} tabeller har fått kommun"
        f" {whose} på varje rad. Det görs en gång och ändrar ingen siffra."
    )
