"""Step 2: typed rows with delivery id and row number; identity numbers end here.

Each register and each publisher has its table in schema `raw`. A delivery that breaks its contract
is held, whole or in part, and closes the gate of its table until it is put right; the others are
loaded all the same. A delivery that is unlike the earlier ones is pointed out, and stops nothing.
"""

from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb

from orchestration.assets.landing import landing_key
from orchestration.intake.loading import load_deliveries, raw_tables
from orchestration.intake.not_delivered import NOT_DELIVERED_TABLE
from orchestration.registers.contract import load_contracts
from orchestration.registers.drift import latest_drift
from orchestration.registers.municipality import BOARDS_TABLE, UNITS_TABLE
from orchestration.registers.quarantine import waiting_deliveries
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.storage.deliveries import REGISTER_DELIVERIES_TABLE, unresolved
from orchestration.storage.landing import Receipt

DELIVERY_CHECK = "leveranser"
DRIFT_CHECK = "drift"

# What the municipality's file and the log of deliveries say, written anew in each run.
_WRITTEN_ANEW = {
    BOARDS_TABLE: "Kommunens stadsdelsnämnder med giltighet och efterträdare, ur kommunfilen.",
    UNITS_TABLE: "Kommunens centrala enheter, ur kommunfilen.",
    REGISTER_DELIVERIES_TABLE: "Vilka perioder som har levererats för vilket register.",
    NOT_DELIVERED_TABLE: "De register som ingenting har levererats ur, med skälet.",
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
        for table, description in _WRITTEN_ANEW.items()
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
    ]
    + [
        dg.AssetCheckSpec(
            DRIFT_CHECK,
            asset=raw_key(contract.table),
            description="Den senaste leveransen liknar de tidigare.",
        )
        for contract in load_contracts().values()
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
        for table in _WRITTEN_ANEW:
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
    waiting = sum(count for name, _, _, count in waiting_deliveries(connection) if name in names)
    return dg.MaterializeResult(
        asset_key=raw_key(table),
        metadata={
            "dagster/row_count": row_count,
            "nya_leveranser": sum(receipt.name in names for receipt in due),
        },
        check_results=[
            *_drift_results(connection, table, names),
            dg.AssetCheckResult(
                check_name=DELIVERY_CHECK,
                asset_key=raw_key(table),
                passed=not messages,
                metadata={
                    "hallna_leveranser": len(messages),
                    "rader_som_vantar": waiting,
                    "meddelanden": _listed(messages),
                },
            ),
        ],
    )


def _drift_results(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]
) -> list[dg.AssetCheckResult]:
    """What the newest delivery of a register has that the earlier ones had not; never blocking."""
    if not names or names[0] not in load_contracts():
        return []
    observations = latest_drift(connection, names[0])
    return [
        dg.AssetCheckResult(
            check_name=DRIFT_CHECK,
            asset_key=raw_key(table),
            passed=not observations,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"iakttagelser": len(observations), "meddelanden": _listed(observations)},
        )
    ]


def _listed(messages: Sequence[str]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {message}" for message in messages))
