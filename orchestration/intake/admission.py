"""Step 2 of the intake: rows in `raw` of the deliveries that are not yet loaded.

Each register and each dataset is one transaction with its log, and one that fails unexpectedly does
not stop the others. A register's files that fail together are loaded one by one, so that only the
guilty one is held. Reading and checking belong in `registers` and `sources`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from orchestration.database import transaction
from orchestration.intake.as_of import known_receipts
from orchestration.intake.incoming import declared_sources
from orchestration.intake.landed import deliveries_of
from orchestration.intake.not_delivered import write_indicator_notes, write_not_delivered
from orchestration.registers.breaches import (
    INTERNAL_ERROR,
    NO_ROWS_SV,
    Breach,
    delivery_report,
)
from orchestration.registers.contract import Contract, load_contracts
from orchestration.registers.drift import create_tables as create_drift
from orchestration.registers.drift import hold_against_history
from orchestration.registers.kept_texts import look_through_again
from orchestration.registers.layout import Delivery
from orchestration.registers.mapping import RegisterMapping, file_period
from orchestration.registers.municipality import Municipality, load_municipality, write_units
from orchestration.registers.profiles import measure, to_stage_anew
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.quarantine import create_tables as create_held_rows
from orchestration.registers.quarantine import (
    late_rows,
    note_held_rows,
    rules_fingerprint,
    waiting_deliveries,
)
from orchestration.registers.rekeying import confirm_key
from orchestration.registers.staged_rows import (
    LoadResult,
    Staged,
    by_version,
    create_raw_table,
    insert_staged,
    staged,
)
from orchestration.registers.text_relations import FAULTS_OF_FILES, breach_of
from orchestration.settings import Settings
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.raw_tables import (
    DELIVERIES_TABLE,
    NOTES_TABLE,
    StatisticsDelivery,
    load_dataset,
    loaded_years,
    record_deliveries,
)
from orchestration.sources.raw_tables import create_tables as create_statistics_tables
from orchestration.sources.registry import datasets_of, load_registry
from orchestration.storage.confirmations import (
    Confirmation,
    confirmations,
    record_confirmations,
)
from orchestration.storage.deliveries import (
    ANSWER,
    BreachRow,
    Recorded,
    add_breach,
    create_tables,
    judged_otherwise,
    note_judged,
    pending,
    periods_without_rows,
    record,
    record_all,
    record_sources,
    remarked_files,
    write_register_deliveries,
)
from orchestration.storage.landing import LandingStore, LostError, Receipt
from orchestration.storage.retention import lost_sequences
from orchestration.storage.warehouse import let_interrupts_through

# What publishers release is read in memory, and the largest of it is a hundredth of this.
_MOST_STATISTICS = 512 << 20


def raw_tables() -> dict[str, list[str]]:
    """The tables of schema `raw`, each with the registers or datasets that it holds."""
    tables = {contract.table: [name] for name, contract in load_contracts().items()}
    for dataset in load_registry():
        tables.setdefault(dataset.raw_table, []).append(dataset.source_id)
    for table in (NOTES_TABLE, DELIVERIES_TABLE):
        tables[table] = [dataset.source_id for dataset in load_registry()]
    return tables


def load_deliveries(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    key: PseudonymKey,
    *,
    names: frozenset[str] | None = None,
) -> list[Receipt]:
    """Load what is not yet loaded, write the suppliers' reports and `meta.sources`.

    Args:
        connection: An open connection to the warehouse.
        settings: Where reports go, and which profile runs.
        store: Where the deliveries are kept.
        key: The pseudonym secret.
        names: The registers and datasets whose deliveries are loaded; all unless given.

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
    create_statistics_tables(connection, load_registry())
    for contract in load_contracts().values():
        create_raw_table(connection, contract)
    look_through_again(connection, load_contracts().values(), key)
    create_held_rows(connection)
    create_drift(connection)
    confirmed = {each.sequence: each for each in confirmations(store, by=settings.as_of)}
    record_confirmations(connection, list(confirmed.values()))
    now = settings.moment()
    receipts = known_receipts(settings, store)
    due, copies = pending(connection, receipts, confirmed=confirmed.keys())
    lost = lost_sequences(store)
    due = [
        receipt
        for receipt in due
        if receipt.sequence not in lost and (names is None or receipt.name in names)
    ]
    _measure_again(connection, settings, store, key, receipts=receipts)
    for group in _by_name(due).values():
        try:
            if group[0].kind == "register":
                _load_register(
                    connection,
                    settings,
                    store,
                    key,
                    group,
                    copies=copies,
                    confirmed=confirmed,
                    now=now,
                )
            else:
                with transaction(connection):
                    _load_dataset(connection, settings, store, group, confirmed=confirmed)
        except Exception as error:  # noqa: BLE001 - one source must not stop the others
            let_interrupts_through(error)
            _hold_group(connection, group, error)
    _record_statistics(connection, receipts)
    _judge_waiting_again(
        connection, settings, store, key, receipts=receipts, confirmed=confirmed, now=now
    )
    write_register_deliveries(connection)
    write_not_delivered(connection, settings)
    write_indicator_notes(connection, settings)
    _write_reports(connection, settings.delivery_reports_dir)
    record_sources(connection, declared_sources(settings), now=now)
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
    confirmed: Mapping[int, Confirmation],
    now: datetime,
) -> None:
    name = group[0].name
    contract = load_contracts().get(name)
    municipality = load_municipality(settings)
    mapping = municipality.mapping(name)
    if contract is None:
        with transaction(connection):
            for receipt in group:
                _hold(connection, receipt, _breach_row(Breach(receipt.file_name, "okant_register")))
        return

    load = partial(
        _load_files,
        connection,
        settings,
        store,
        key,
        contract=contract,
        municipality=municipality,
        confirmed=confirmed,
        now=now,
    )
    load(group=[receipt for receipt in group if receipt.sequence not in copies])
    # Files without rows are alike whatever their periods; which they are is known by now.
    empty = periods_without_rows(connection, name, municipality.code)
    lawful, held = [], []
    for receipt in group:
        if receipt.sequence not in copies:
            continue
        period = file_period(contract, receipt.written_name, mapping) or ""
        if receipt.delivery_id in empty and period not in empty[receipt.delivery_id]:
            lawful.append(receipt)
        else:
            held.append((receipt, period))
    load(group=lawful)
    with transaction(connection):
        for receipt, period in held:
            breach = _breach_row(Breach(receipt.file_name, "samma_innehall"))
            _hold(connection, receipt, breach, period)


def _load_files(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    key: PseudonymKey,
    *,
    contract: Contract,
    municipality: Municipality,
    group: Sequence[Receipt],
    confirmed: Mapping[int, Confirmation],
    now: datetime,
) -> None:
    """Read, judge and insert files of one register, a version of its contract at a time."""
    mapping = municipality.mapping(contract.register_name)
    units = municipality.units
    rules = rules_fingerprint(contract, units, mapping)
    deliveries, lost = deliveries_of(store, group)
    refused, alike = by_version(contract, deliveries, mapping)
    with transaction(connection):
        for receipt in lost:
            _hold(connection, receipt, _lost_breach(receipt))
        _record_results(connection, group, refused)
    by_sequence = {receipt.sequence: receipt for receipt in group}

    def load(version: Contract, members: Sequence[Delivery]) -> None:
        receipts = [by_sequence[delivery.sequence] for delivery in members]
        try:
            with (
                staged(
                    connection,
                    version,
                    members,
                    municipality_id=municipality.code,
                    units=units,
                    key=key,
                    work_dir=settings.rewriting_dir,
                    mapping=mapping,
                ) as judged,
                transaction(connection),
            ):
                _keep(
                    connection,
                    judged,
                    receipts,
                    key,
                    confirmed=confirmed,
                    mapping=mapping,
                    now=now,
                    judged_under=rules,
                )
        except Exception as error:  # noqa: BLE001 - one file must not stop the others
            let_interrupts_through(error)
            if len(members) == 1:
                _hold_group(connection, receipts, error)
                return
            # Whose fault it is shows when each is read by itself.
            for delivery in members:
                load(version, [delivery])

    for version, members in alike:
        load(version, members)


def _keep(
    connection: duckdb.DuckDBPyConnection,
    judged: Staged,
    receipts: Sequence[Receipt],
    key: PseudonymKey,
    *,
    confirmed: Mapping[int, Confirmation],
    mapping: RegisterMapping,
    now: datetime,
    judged_under: str,
    is_loaded: bool = False,
) -> None:
    """Hold judged deliveries against history, and insert the rest with all that is remembered.

    What is loaded already and judged anew for its rows stays loaded.
    """
    verdict = hold_against_history(
        connection,
        judged,
        confirmed={
            sequence: datetime.fromisoformat(each.confirmed_at).date()
            for sequence, each in confirmed.items()
        }
        | (dict.fromkeys([each.sequence for each in receipts], now.date()) if is_loaded else {}),
        mapping=mapping,
    )
    judged, notes = verdict.judged, verdict.notes
    insert_staged(connection, judged)
    note_held_rows(connection, judged, key, at=now)
    for receipt in receipts:
        if receipt.sequence in confirmed:
            notes.setdefault(receipt.sequence, []).append(confirmed[receipt.sequence].message_sv())
    for sequence, note in late_rows(connection, judged).items():
        notes.setdefault(sequence, []).append(note)
    for result in judged.results:
        if result.outcome == "loaded" and result.rows_loaded == 0:
            notes.setdefault(result.delivery.sequence, []).append(
                f"Fil {result.delivery.file_name}: {NO_ROWS_SV}"
            )
    _record_results(connection, receipts, judged.results, notes=notes, judged_under=judged_under)


def _judge_waiting_again(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    key: PseudonymKey,
    *,
    receipts: Sequence[Receipt],
    confirmed: Mapping[int, Confirmation],
    now: datetime,
) -> None:
    """Judge deliveries with waiting rows anew where the rules are others than they were.

    A delivery that would be held whole by the new rules stays as it is: what is loaded is kept.
    """
    by_sequence = {receipt.sequence: receipt for receipt in receipts}
    municipality = load_municipality(settings)
    contracts = load_contracts()
    for name, _, sequence, _ in waiting_deliveries(connection):
        receipt, contract, mapping = (
            by_sequence[sequence],
            contracts[name],
            municipality.mapping(name),
        )
        rules = rules_fingerprint(contract, municipality.units, mapping)
        if sequence not in judged_otherwise(connection, name, rules) or not store.keeps(
            receipt.delivery_id
        ):
            continue
        deliveries, lost = deliveries_of(store, [receipt])
        if lost:
            breach = _lost_breach(receipt, "rader som väntar i den prövas inte om")
            add_breach(connection, sequence, breach)
            continue
        _, alike = by_version(contract, deliveries, mapping)
        if not alike:
            note_judged(connection, sequence, rules)
            continue
        try:
            with staged(
                connection,
                alike[0][0],
                deliveries,
                municipality_id=municipality.code,
                units=municipality.units,
                key=key,
                work_dir=settings.rewriting_dir,
                mapping=mapping,
            ) as judged:
                if judged.results[0].outcome == "quarantined":
                    note_judged(connection, sequence, rules)
                    continue
                with transaction(connection):
                    connection.execute(
                        f"delete from raw.{contract.table} where delivery_sequence = ?", [sequence]
                    )
                    _keep(
                        connection,
                        judged,
                        [receipt],
                        key,
                        confirmed=confirmed,
                        mapping=mapping,
                        now=now,
                        judged_under=rules,
                        is_loaded=True,
                    )
        except Exception as error:  # noqa: BLE001 - one delivery must not stop the others
            let_interrupts_through(error)
            add_breach(connection, sequence, _breach_row(_internal_error(receipt, error)))


def _measure_again(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    store: LandingStore,
    key: PseudonymKey,
    *,
    receipts: Sequence[Receipt],
) -> None:
    """Measure deliveries under another version of the profiles that `raw` no longer has whole.

    One whose bytes are destroyed or lost, or that cannot be read, is no longer held against.
    """
    by_sequence = {receipt.sequence: receipt for receipt in receipts}
    municipality = load_municipality(settings)
    for contract in load_contracts().values():
        periods = to_stage_anew(connection, contract, municipality.code)
        deliveries, _ = deliveries_of(store, [by_sequence[sequence] for sequence in periods])
        mapping = municipality.mapping(contract.register_name)
        _, alike = by_version(contract, deliveries, mapping)
        for version, members in alike:
            try:
                with staged(
                    connection,
                    version,
                    members,
                    municipality_id=municipality.code,
                    units=municipality.units,
                    key=key,
                    work_dir=settings.rewriting_dir,
                    mapping=mapping,
                ):
                    own = {each.sequence: periods[each.sequence] for each in members}
                    measure(connection, version, municipality.code, own, are_loaded=True)
            except Exception as error:  # noqa: BLE001 - one register must not stop the others
                let_interrupts_through(error)


def _record_results(
    connection: duckdb.DuckDBPyConnection,
    group: Sequence[Receipt],
    results: Sequence[LoadResult],
    *,
    notes: Mapping[int, Sequence[str]] | None = None,
    judged_under: str | None = None,
) -> None:
    if not results:
        return
    by_sequence = {receipt.sequence: receipt for receipt in group}
    record_all(
        connection,
        [
            Recorded(
                by_sequence[result.delivery.sequence],
                period=result.period,
                outcome=result.outcome,
                rows_loaded=result.rows_loaded,
                rows_held=result.rows_held,
                breaches=[_breach_row(breach) for breach in result.breaches],
                notes=(notes or {}).get(result.delivery.sequence, ()),
                judged_under=judged_under,
            )
            for result in results
        ],
    )


def _hold(
    connection: duckdb.DuckDBPyConnection, receipt: Receipt, breach: BreachRow, period: str = ""
) -> None:
    """Record a delivery of which nothing is loaded, and why."""
    record(
        connection,
        receipt,
        period=period,
        outcome="quarantined",
        rows_loaded=0,
        rows_held=0,
        breaches=[breach],
    )


def _hold_group(
    connection: duckdb.DuckDBPyConnection, group: Sequence[Receipt], error: Exception
) -> None:
    """Hold deliveries that an unexpected error stopped; they are tried again in the next run.

    The error's text may quote a cell, so only its class is told, and nothing is logged of it.
    """
    with transaction(connection):
        for receipt in group:
            _hold(connection, receipt, _breach_row(_internal_error(receipt, error)))


def _lost_breach(receipt: Receipt, so_sv: str = "filen läses inte in") -> BreachRow:
    message = (
        f"Fil {receipt.file_name}: det som togs emot {receipt.received_at[:10]} är förlorat eller"
        f" ändrat i landing, så {so_sv}. Gör så här: lämna samma fil igen."
    )
    return BreachRow("forlorad", "delivery", None, None, 0, message)


def _internal_error(receipt: Receipt, error: Exception) -> Breach:
    if receipt.kind == "register" and isinstance(error, FAULTS_OF_FILES):
        return breach_of(receipt.file_name, error)
    return Breach(receipt.file_name, INTERNAL_ERROR, detail=type(error).__name__)


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
    waiting = {sequence: count for _, _, sequence, count in waiting_deliveries(connection)}
    reports = {
        f"{file.file_name.replace('/', '__')}.txt": delivery_report(
            file.file_name,
            file.breaches,
            held_whole=file.outcome == "quarantined",
            rows_waiting=waiting.get(file.sequence, 0),
            notes=file.notes,
        )
        for file in remarked_files(connection)
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
    *,
    confirmed: Mapping[int, Confirmation],
) -> None:
    name = group[0].name
    datasets = datasets_of(settings.profile)
    dataset = next((dataset for dataset in datasets if dataset.source_id == name), None)
    if dataset is None:
        # It was published once and is declared no more; its bytes stay where they are.
        for receipt in group:
            message = (
                f"Fil {receipt.file_name}: datamängden {name} är inte deklarerad längre och läses"
                " inte in. Gör så här: deklarera den i källregistret igen, eller låt den vara."
            )
            _hold(
                connection,
                receipt,
                BreachRow("okand_datamangd", "delivery", None, None, 0, message),
            )
        return
    recording = dataset.recording if settings.profile == "demo" else None
    for receipt in group:
        if receipt.size > _MOST_STATISTICS:
            message = (
                f"Fil {receipt.file_name}: filen är större än {_MOST_STATISTICS >> 20} MB [regel"
                " for_stor]. Gör så här: hämta den på nytt från utgivaren."
            )
            _hold(connection, receipt, BreachRow("for_stor", "file", None, None, 0, message))
            continue
        try:
            answer = load_dataset(
                connection,
                dataset,
                store.read(receipt.delivery_id),
                delivery_id=receipt.delivery_id,
                delivery_sequence=receipt.sequence,
                confirmed=receipt.sequence in confirmed,
            )
        except LostError:
            _hold(connection, receipt, _lost_breach(receipt))
            continue
        except SourceFormatError as error:
            message = f"Fil {receipt.file_name}: {error}"
            _hold(
                connection,
                receipt,
                BreachRow("kallformat", "delivery", None, None, 0, message),
                period=recording.reference_period if recording else "",
            )
            continue
        covers = loaded_years(connection, dataset, receipt.sequence)
        known = confirmed.get(receipt.sequence)
        record(
            connection,
            receipt,
            period=recording.reference_period if recording else covers,
            outcome="quarantined" if answer.objections else "loaded",
            rows_loaded=0 if answer.objections else answer.rows,
            rows_held=answer.rows if answer.objections else 0,
            breaches=[
                BreachRow(
                    each.rule,
                    ANSWER,
                    None,
                    None,
                    each.count,
                    each.message_sv(receipt.file_name, dataset),
                )
                for each in answer.objections
            ],
            notes=[] if known is None else [known.message_sv()],
        )
