"""Step 2: typed rows with delivery id and row number; identity numbers end here.

Each register and each publisher has its table in schema `raw`. A delivery that breaks its contract
is held, whole or in part, and closes the gate of its table until it is put right; the others are
loaded all the same.
"""

from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb

from orchestration.assets.landing import landing_key
from orchestration.intake.loading import load_deliveries, raw_tables
from orchestration.registers.municipality import BOARDS_TABLE, UNITS_TABLE
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.storage.deliveries import unresolved
from orchestration.storage.landing import Receipt

DELIVERY_CHECK = "leveranser"

# What the municipality's file says, written anew in each run.
_UNITS = {
    BOARDS_TABLE: "Kommunens stadsdelsnämnder med giltighet och efterträdare, ur kommunfilen.",
    UNITS_TABLE: "Kommunens centrala enheter, ur kommunfilen.",
}


def raw_key(table: str) -> dg.AssetKey:
    """Asset key of a table in schema `raw`."""
    return dg.AssetKey(["raw", table])


def _specs() -> list[dg.AssetSpec]:
    registers_and_statistics = [
        dg.AssetSpec(
            raw_key(table),
            deps=[landing_key(name) for name in names],
            description="Typade rader med leverans och radnummer; pseudonymer i stället för "
            "identitetsnummer.",
            group_name="raw",
            owners=OWNERS,
            kinds={"duckdb"},
        )
        for table, names in raw_tables().items()
    ]
    units = [
        dg.AssetSpec(
            raw_key(table),
            description=description,
            group_name="raw",
            owners=OWNERS,
            kinds={"duckdb", "yaml"},
        )
        for table, description in _UNITS.items()
    ]
    return registers_and_statistics + units


@dg.multi_asset(
    specs=_specs(),
    check_specs=[
        dg.AssetCheckSpec(
            DELIVERY_CHECK,
            asset=raw_key(table),
            blocking=True,
            description="Ingen leverans hålls tillbaka.",
        )
        for table in raw_tables()
    ],
    name="raw",
    pool=WRITER_POOL,
)
def raw(context: dg.AssetExecutionContext, avvik: Avvik) -> Iterator[dg.MaterializeResult[None]]:
    """Load the deliveries that are not yet loaded."""
    with avvik.warehouse() as connection:
        due = load_deliveries(connection, avvik.settings, avvik.landing(), avvik.pseudonym_key())
        for table, names in raw_tables().items():
            yield _outcome(connection, table, names, due)
        for table in _UNITS:
            [(row_count,)] = connection.execute(f"select count(*) from raw.{table}").fetchall()
            yield dg.MaterializeResult(
                asset_key=raw_key(table), metadata={"dagster/row_count": row_count}
            )
    context.log.info("Inlästa leveranser: %d", len(due))


def _outcome(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    due: Sequence[Receipt],
) -> dg.MaterializeResult[None]:
    [(row_count,)] = connection.execute(f"select count(*) from raw.{table}").fetchall()
    messages = [message for name in names for message in unresolved(connection, name)]
    return dg.MaterializeResult(
        asset_key=raw_key(table),
        metadata={
            "dagster/row_count": row_count,
            "nya_leveranser": sum(receipt.name in names for receipt in due),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=DELIVERY_CHECK,
                asset_key=raw_key(table),
                passed=not messages,
                metadata={
                    "hallna_leveranser": len(messages),
                    "meddelanden": dg.MetadataValue.md("\n".join(f"- {m}" for m in messages)),
                },
            )
        ],
    )
