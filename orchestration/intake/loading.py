"""Step 2 of the intake: rows in `raw` of the deliveries that are not yet loaded.

Each register and each dataset is one transaction with its log. Reading and checking belong in
`registers` and `sources`.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.intake.as_of import known_receipts
from orchestration.intake.incoming import declared_sources
from orchestration.registers.breaches import Breach, delivery_report
from orchestration.registers.contract import load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.loading import LoadResult, create_raw_table, load_register
from orchestration.registers.mapping import file_period
from orchestration.registers.municipality import load_municipality, write_units
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.rekeying import confirm_key
from orchestration.settings import Settings
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.loading import (
    DELIVERIES_TABLE,
    NOTES_TABLE,
    StatisticsDelivery,
    load_dataset,
    loaded_years,
    observations_table,
    record_deliveries,
)
from orchestration.sources.loading import create_tables as create_statistics_tables
from orchestration.sources.registry import datasets_of, load_registry
from orchestration.storage.deliveries import (
    BreachRow,
    create_tables,
    faulty_files,
    pending,
    record,
    record_sources,
)
from orchestration.storage.landing import LandingStore, Receipt
from orchestration.storage.retention import lost_sequences


def raw_tables() -> dict[str, list[str]]:
    """The tables of schema `raw`, each with the registers or datasets that it holds."""
    tables = {contract.table: [name] for name, contract in load_contracts().items()}
    for dataset in load_registry():
        tables.setdefault(observations_table(dataset.publisher), []).append(dataset.source_id)
    for table in (NOTES_TABLE, DELIVERIES_TABLE):
        tables[table] = [dataset.source_id for dataset in load_registry()]
    return tables


def load_deliveries(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    key: PseudonymKey,
) -> list[Receipt]:
    """Load what is not yet loaded, write the suppliers' reports and `meta.sources`.

    Args:
        connection: An open connection to the warehouse.
        settings: Where reports go, and which profile runs.
        store: Where the deliveries are kept.
        key: The pseudonym secret.

    Returns:
        The receipts that were loaded or held.

    Raises:
        MunicipalityError: If the municipality's file cannot be used.
        PseudonymKeyError: If the warehouse is made with another key; nothing is loaded.
        duckdb.Error: If the warehouse cannot be written; what was committed before stays.
    """
    confirm_key(connection, key)
    write_units(connection, load_municipality(settings))
    create_tables(connection)
    create_statistics_tables(connection, sorted({dataset.publisher for dataset in load_registry()}))
    for contract in load_contracts().values():
        create_raw_table(connection, contract)
    receipts = known_receipts(settings, store)
    due, copies = pending(connection, receipts)
    lost = lost_sequences(store)
    due = [receipt for receipt in due if receipt.sequence not in lost]
    for group in _by_name(due).values():
        connection.execute("begin")
        if group[0].kind == "register":
            _load_register(connection, settings, store, key, group, copies=copies)
        else:
            _load_dataset(connection, settings, store, group)
        connection.execute("commit")
    _record_statistics(connection, receipts)
    _write_reports(connection, settings.delivery_reports_dir)
    record_sources(connection, declared_sources(settings), now=settings.moment())
    return due


def _by_name(receipts: Sequence[Receipt]) -> dict[str, list[Receipt]]:
    groups: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        groups[receipt.name].append(receipt)
    return groups


def _load_register(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    key: PseudonymKey,
    group: Sequence[Receipt],
    *,
    copies: set[int],
) -> None:
    name = group[0].name
    contract = load_contracts().get(name)
    municipality = load_municipality(settings)
    mapping = municipality.mapping(name)
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
            period = file_period(contract, receipt.file_name, mapping) or ""
            results.append(_held(delivery, period, "samma_innehall"))
        else:
            readable.append(delivery)
    if contract is not None and readable:
        results += load_register(
            connection,
            contract,
            readable,
            units=municipality.units,
            key=key,
            work_dir=settings.rewriting_dir,
            mapping=mapping,
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


def _record_statistics(connection: duckdb.DuckDBPyConnection, receipts: Sequence[Receipt]) -> None:
    record_deliveries(
        connection,
        [
            StatisticsDelivery(
                receipt.sequence,
                receipt.delivery_id,
                receipt.name,
                datetime.fromisoformat(receipt.received_at),
            )
            for receipt in receipts
            if receipt.kind == "statistics"
        ],
    )


def _load_dataset(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    group: Sequence[Receipt],
) -> None:
    name = group[0].name
    datasets = datasets_of(settings.profile)
    dataset = next(dataset for dataset in datasets if dataset.source_id == name)
    recording = dataset.recording if settings.profile == "demo" else None
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
                period=recording.reference_period if recording else "",
                outcome="quarantined",
                rows_loaded=0,
                rows_held=0,
                breaches=[BreachRow("kallformat", "delivery", None, None, 0, message)],
            )
            continue
        covers = loaded_years(connection, dataset, receipt.sequence)
        record(
            connection,
            receipt,
            period=recording.reference_period if recording else covers,
            outcome="loaded",
            rows_loaded=rows,
            rows_held=0,
        )
