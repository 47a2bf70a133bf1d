"""Step 2: typed rows with delivery id and row number; identity numbers end here.

Each register and each publisher has its table in schema `raw`. A delivery that breaks its contract
is held, whole or in part, and closes the gate of its table until it is put right; the others are
loaded all the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from orchestration.assets.landing import landing_key
from orchestration.intake import declared_sources
from orchestration.registers.breaches import Breach, delivery_report
from orchestration.registers.contract import load_contracts
from orchestration.registers.loading import LoadResult, create_raw_table, load_register
from orchestration.registers.reading import Delivery, file_period
from orchestration.registers.units import known_units
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.loading import (
    NOTES_TABLE,
    load_dataset,
    observations_table,
)
from orchestration.sources.loading import (
    create_tables as create_statistics_tables,
)
from orchestration.sources.registry import load_registry
from orchestration.storage.deliveries import (
    BreachRow,
    create_tables,
    faulty_files,
    pending,
    record,
    record_sources,
    unresolved,
)
from orchestration.storage.landing import LandingStore, Receipt

DELIVERY_CHECK = "leveranser"


def raw_key(table: str) -> dg.AssetKey:
    """Asset key of a table in schema `raw`."""
    return dg.AssetKey(["raw", table])


def raw_tables() -> dict[str, list[str]]:
    """The tables of schema `raw`, each with the registers or datasets that it holds."""
    tables = {contract.table: [name] for name, contract in load_contracts().items()}
    for dataset in load_registry():
        tables.setdefault(observations_table(dataset.publisher), []).append(dataset.source_id)
    tables[NOTES_TABLE] = [dataset.source_id for dataset in load_registry()]
    return tables


def _specs() -> list[dg.AssetSpec]:
    return [
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
    settings = avvik.settings
    store = avvik.landing()
    receipts = store.receipts()
    with avvik.warehouse() as connection:
        create_tables(connection)
        create_statistics_tables(
            connection, sorted({dataset.publisher for dataset in load_registry()})
        )
        for contract in load_contracts().values():
            create_raw_table(connection, contract)
        due, copies = pending(connection, receipts)
        for group in _by_name(due).values():
            connection.execute("begin")
            if group[0].kind == "register":
                _load_register(connection, avvik, store, group, copies)
            else:
                _load_dataset(connection, store, group)
            connection.execute("commit")
        _write_reports(connection, settings.delivery_reports_dir)
        record_sources(connection, declared_sources(settings), now=datetime.now(UTC))
        for table, names in raw_tables().items():
            yield _outcome(connection, table, names, due)
    context.log.info("Inlästa leveranser: %d", len(due))


def _by_name(receipts: Sequence[Receipt]) -> dict[str, list[Receipt]]:
    groups: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        groups[receipt.name].append(receipt)
    return groups


def _load_register(
    connection: duckdb.DuckDBPyConnection,
    avvik: Avvik,
    store: LandingStore,
    group: Sequence[Receipt],
    copies: set[int],
) -> None:
    settings = avvik.settings
    name = group[0].name
    contract = load_contracts().get(name)
    by_sequence = {receipt.sequence: receipt for receipt in group}
    results: list[LoadResult] = []
    readable = []
    for receipt in group:
        delivery = Delivery(
            sequence=receipt.sequence,
            delivery_id=receipt.delivery_id,
            file_name=receipt.file_name,
            path=store.blob(receipt.delivery_id),
            received_on=receipt.received_at[:10],
        )
        if contract is None:
            results.append(_held(delivery, "", "okant_register"))
        elif receipt.sequence in copies:
            period = file_period(contract, receipt.file_name) or ""
            results.append(_held(delivery, period, "samma_innehall"))
        else:
            readable.append(delivery)
    if contract is not None and readable:
        results += load_register(
            connection,
            contract,
            readable,
            units=known_units(settings.seeds_dir),
            key=avvik.pseudonym_key(),
            work_dir=store.directory,
        )
    for result in results:
        receipt = by_sequence[result.delivery.sequence]
        record(
            connection,
            receipt,
            period=result.period,
            outcome=result.outcome,
            rows_loaded=result.rows_loaded,
            rows_held=result.rows_held,
            breaches=[_breach_row(breach) for breach in result.breaches],
        )


def _held(delivery: Delivery, period: str, rule: str) -> LoadResult:
    return LoadResult(delivery, period, "quarantined", 0, 0, (Breach(delivery.file_name, rule),))


def _breach_row(breach: Breach) -> BreachRow:
    return BreachRow(
        rule=breach.rule,
        severity=breach.severity,
        column=breach.column,
        first_row=breach.first_row,
        row_count=breach.row_count,
        message=breach.message(),
    )


def _write_reports(connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
    """Tell each supplier what is wrong with the files that lie there now, and nothing else."""
    reports = {
        f"{file_name.replace('/', '__')}.txt": delivery_report(
            file_name, messages, held_whole=outcome == "quarantined"
        )
        for file_name, outcome, messages in faulty_files(connection)
    }
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in directory.glob("*.txt"):
        if old.name not in reports:
            old.unlink()
    for name, text in reports.items():
        (directory / name).write_text(text, encoding="utf-8")


def _load_dataset(
    connection: duckdb.DuckDBPyConnection, store: LandingStore, group: Sequence[Receipt]
) -> None:
    name = group[0].name
    dataset = next(dataset for dataset in load_registry() if dataset.source_id == name)
    for receipt in group:
        try:
            rows = load_dataset(
                connection,
                dataset,
                store.blob(receipt.delivery_id).read_bytes(),
                delivery_id=receipt.delivery_id,
                delivery_sequence=receipt.sequence,
            )
        except SourceFormatError as error:
            message = f"Fil {receipt.file_name}: {error}"
            record(
                connection,
                receipt,
                period=dataset.reference_period,
                outcome="quarantined",
                rows_loaded=0,
                rows_held=0,
                breaches=[BreachRow("kallformat", "delivery", None, None, 0, message)],
            )
            continue
        record(
            connection,
            receipt,
            period=dataset.reference_period,
            outcome="loaded",
            rows_loaded=rows,
            rows_held=0,
        )


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
