"""A home as the program left it before the place was a part of every key.

Made of one of today's by SQL: tables of the registers, of the log and of the municipality lose
their column, receipts their code. Opening it belongs to the tests.
"""

from pathlib import Path

import duckdb

from orchestration.flow.built_from import CODE, TABLE, follow
from orchestration.quality.gate import fingerprint
from orchestration.registers.contract import load_contracts

EVICTIONS = "raw.register__avhysningar_barn"
LOG = ("meta.deliveries", "meta.held_rows", "meta.delivery_profiles", "meta.drift")
REGISTERS = [f"raw.{contract.table}" for contract in load_contracts().values()]
# Some of the tables as the program of 28 November 2026 made them.
_SHAPES = {
    EVICTIONS: "avhysning_id varchar, datum date, stadsdelsnamnd varchar, antal_barn integer,"
    " verkstalld boolean, orsak varchar, delivery_sequence bigint, delivery_period varchar,"
    " row_number bigint",
    "meta.deliveries": "delivery_sequence bigint, delivery_id varchar, kind varchar, name varchar,"
    " file_name varchar, period varchar, outcome varchar, rows_loaded bigint, rows_held bigint,"
    " received_at timestamp with time zone, synthetic boolean, judged_under varchar",
    "meta.held_rows": "name varchar, file_name varchar, delivery_sequence bigint,"
    " row_number bigint, rule varchar, column_name varchar, key_hash varchar, state varchar,"
    " changed_at timestamp with time zone",
    "raw.municipality__boards": "name varchar, geography_id varchar, valid_from date,"
    " valid_to date, successor_geography_id varchar",
}
# What the earlier program did not write down.
_PLACE_ON_A_RECEIPT = ', "municipality_id": "0180"'


def make_tables_old(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the place from every table that had none."""
    for table in (*REGISTERS, *LOG, "raw.municipality__boards", "raw.municipality__units"):
        connection.execute(f"create temp table kept as from {table}")
        connection.execute(f"drop table {table}")
        if (shape := _SHAPES.get(table)) is not None:
            connection.execute(f"create table {table} ({shape})")
            names = ", ".join(row[0] for row in connection.execute(f"describe {table}").fetchall())
            connection.execute(f"insert into {table} by name select {names} from kept")
        else:
            connection.execute(
                f"create table {table} as select * exclude (municipality_id) from kept"
            )
        connection.execute("drop table kept")


def make_receipts_old(receipts: Path) -> int:
    """Take the place from the receipts, and tell of how many."""
    written = receipts.read_text("utf-8")
    receipts.write_text(written.replace(_PLACE_ON_A_RECEIPT, ""), encoding="utf-8")
    return written.count(_PLACE_ON_A_RECEIPT)


def make_home_old(home: Path) -> None:
    """Make a home that has published one of the earlier program's."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        values = "marts.indicator_values"
        recorded = (*REGISTERS, "raw.municipality__boards", "raw.municipality__units", values)
        before = {table: fingerprint(connection, table) for table in recorded}
        make_tables_old(connection)
        connection.execute(
            f"create or replace table {values} as select * exclude (municipality_id) from {values}"
        )
        # The earlier program had recorded its tables as they were.
        follow(connection, {each: (before[each], fingerprint(connection, each)) for each in before})
        connection.execute(
            f"update {TABLE} set input_fingerprint = 'ett tidigare program' where input_name = ?",
            [CODE],
        )
    assert make_receipts_old(home / "landing" / "receipts.jsonl") > 0
