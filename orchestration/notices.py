"""What stopped a run, told to people: the causes, the notice file and the webhook.

The command line and the failure sensor tell the same. Causes are read from the warehouse: held
deliveries and broken rules, else what the failed steps said. Judging belongs to the packages below;
what a run and a step are, to the layer above.
"""

import json
import logging
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import duckdb

from orchestration.quality.gate import RESULTS_TABLE
from orchestration.registers.contract import load_contracts
from orchestration.registers.municipality import MunicipalityError, load_municipality
from orchestration.settings import Settings
from orchestration.sources.registry import load_publishers, load_registry
from orchestration.storage import outbox
from orchestration.storage.deliveries import HeldBreach, held_breaches
from orchestration.storage.warehouse import WarehouseHeldError, open_warehouse, table_exists

_REMEDY = "Gör så här:"
_WEBHOOK_SECONDS = 15.0
_PATIENCE_SECONDS = 20.0
_GLANCE_SECONDS = 1.0
_OWN = "orchestration."
# What the operating system and DuckDB say of files and memory names paths, and no value of a row.
_HARMLESS = {"IOException", "OutOfMemoryException"}


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that stopped a run, or that the data team must know.

    Attributes:
        message_sv: What is wrong and what to do, in Swedish; never a person's value.
        table: The table it is about, as `schema.table`.
        rule: The rule that was broken.
        supplier: The register or dataset, and who answers for it.
        delivery: The supplier's file.
        link: Where more is to be read: a file, or an address of the UI.
    """

    message_sv: str
    table: str | None = None
    rule: str | None = None
    supplier: str | None = None
    delivery: str | None = None
    link: str | None = None

    @property
    def remedy_sv(self) -> str | None:
        """What to do, where the message says so."""
        remedy = self.message_sv.partition(_REMEDY)[2].strip()
        return remedy or None


@dataclass(frozen=True, slots=True)
class StepError:
    """What a failed step said.

    Attributes:
        step: The step, as a sentence may begin.
        said: The text that the step itself gave as the reason, or None.
        chain: The errors, outermost first, each as Python prints it: its class and its text.
    """

    step: str
    said: str | None
    chain: tuple[str, ...]


def causes(
    settings: Settings, run_id: str, errors: Sequence[StepError], *, gate_closed: bool
) -> list[Cause]:
    """Find what stopped a run.

    Args:
        settings: Where the warehouse and the delivery reports are.
        run_id: The run.
        errors: What its failed steps said, those that a check stopped left out.
        gate_closed: Whether a check stopped it.

    Returns:
        At least one cause: held deliveries first, then broken rules, then errors that say
        something else.
    """
    known = _from_warehouse(settings, run_id)
    texts = [text for error in errors for text in (error.said or "", *error.chain)]
    held = [cause.message_sv for cause in known if cause.delivery is not None]
    # A delivery may be held while the run stops for another reason.
    by_deliveries = gate_closed or any(message in text for message in held for text in texts)
    found = [cause for cause in known if cause.delivery is None or by_deliveries]
    told = [cause.message_sv for cause in found]
    address = run_address(settings, run_id)
    for error in errors:
        text = _error_sv(error)
        if not any(message in text for message in told):
            found.append(Cause(text, link=address))
    return found or [
        Cause(
            "Körningen stoppades utan att något steg hann säga varför. Gör så här: läs körningens"
            " logg i avvik serve.",
            link=address,
        )
    ]


def _from_warehouse(settings: Settings, run_id: str) -> list[Cause]:
    """Held deliveries and broken rules; nothing where the warehouse cannot be read.

    The next run may have taken its turn at it already, and lets go between two steps.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with open_warehouse(settings.warehouse_path, read_only=True) as connection:
                return [*_held(connection, settings), *_broken_rules(connection, settings, run_id)]
        except WarehouseHeldError:
            if time.monotonic() >= deadline:
                return []
            time.sleep(_GLANCE_SECONDS)
        except duckdb.Error:
            return []


def _held(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[Cause]:
    if not table_exists(connection, "meta.deliveries"):
        return
    yield from causes_of(settings, held_breaches(connection))


def causes_of(settings: Settings, breaches: Iterable[HeldBreach]) -> Iterator[Cause]:
    """What deliveries are held for, as people are told of it.

    Args:
        settings: Where the delivery reports are.
        breaches: What they are held for.

    Yields:
        A cause for each breach.
    """
    tables = _raw_tables()
    for breach in breaches:
        report = settings.delivery_reports_dir / f"{breach.file_name.replace('/', '__')}.txt"
        yield Cause(
            breach.message,
            table=tables.get(breach.name),
            rule=breach.rule,
            supplier=_supplier(settings, breach.name),
            delivery=breach.file_name,
            link=str(report) if report.exists() else None,
        )


def _broken_rules(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run_id: str
) -> Iterator[Cause]:
    if not table_exists(connection, RESULTS_TABLE):
        return
    rows = connection.execute(
        f"""
        select table_name, expectation, message_sv
        from {RESULTS_TABLE}
        where run_id = $run and (broken or (not success and severity = 'critical'))
        order by table_name, message_sv
        """,
        {"run": run_id},
    ).fetchall()
    suppliers = {table: name for name, table in _raw_tables().items()}
    address = run_address(settings, run_id)
    for table, rule, message in rows:
        supplier = suppliers.get(table)
        yield Cause(
            message,
            table=table,
            rule=rule,
            supplier=None if supplier is None else _supplier(settings, supplier),
            link=address or str(settings.expectations_dir / f"{table}.yml"),
        )


@cache
def _raw_tables() -> dict[str, str]:
    """The table that each register and each dataset is loaded into."""
    registers = {name: f"raw.{contract.table}" for name, contract in load_contracts().items()}
    datasets = {each.source_id: f"raw.{each.raw_table}" for each in load_registry()}
    return {**registers, **datasets}


def _supplier(settings: Settings, name: str) -> str:
    """A register with the municipality that delivers it, or a dataset with its publisher."""
    for dataset in load_registry():
        if dataset.source_id == name:
            return f"{name}, {load_publishers()[dataset.publisher].name_sv}"
    try:
        municipality = load_municipality(settings).name
    except MunicipalityError:
        municipality = f"kommun {settings.municipality}"
    return f"{name}, {municipality}"


def _error_sv(error: StepError) -> str:
    """What a failed step said, as far as it may be told.

    Our own errors are written for people. Those of others may quote a row, and stay in the run's
    own log, apart from the ones about files and memory.
    """
    if error.said:
        return error.said.strip()
    for text in error.chain:
        if text.startswith(_OWN):
            return text.partition(": ")[2].strip() or text.strip()
    innermost = error.chain[-1].strip() if error.chain else ""
    name, _, words = innermost.partition(": ")
    name = name.rpartition(".")[2]
    harmless = name in _HARMLESS or name in _os_errors()
    what = f"{name}: {words}" if harmless and words else name
    return (
        f"{error.step} avbröts av ett oväntat fel ({what or 'okänt'}). Gör så här: läs körningens"
        " logg, rätta orsaken och kör igen."
    )


def unexpected(error: BaseException) -> Cause:
    """A fault outside the steps, as far as it may be told.

    Args:
        error: What was raised.

    Returns:
        The cause.
    """
    chain: list[str] = []
    each: BaseException | None = error
    while each is not None:
        chain.append("".join(traceback.format_exception_only(each)))
        each = each.__cause__
    return Cause(_error_sv(StepError("Körningen", None, tuple(chain))))


@cache
def _os_errors() -> frozenset[str]:
    found, new = {OSError}, {OSError}
    while new := {child for each in new for child in each.__subclasses__()} - found:
        found |= new
    return frozenset(each.__name__ for each in found if each.__module__ == "builtins")


def run_address(settings: Settings, run_id: str) -> str | None:
    """Where a run is to be seen, while the UI is served.

    Args:
        settings: The installation.
        run_id: The run.

    Returns:
        The address, or None when nothing is served.
    """
    try:
        address = settings.served_file.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return f"{address}/runs/{run_id}" if address else None


def send_notice(
    settings: Settings, *, run_id: str, job: str, causes: Sequence[Cause]
) -> str | None:
    """Append a notice to the notice file, and post it where a webhook is configured.

    Args:
        settings: Where notices go.
        run_id: The run it is about.
        job: Its job.
        causes: What stopped it, or what is to be known.

    Returns:
        What went wrong with telling, in Swedish, or None. It is never raised: whoever tells of a
        fault must not lose it to another.
    """
    notice: dict[str, object] = {
        "tid": datetime.now(UTC).isoformat(timespec="seconds"),
        "jobb": job,
        "korning": run_id,
        "lank": run_address(settings, run_id),
        "meddelande": "\n".join(cause.message_sv for cause in causes),
        "orsaker": [
            {
                "tabell": cause.table,
                "regel": cause.rule,
                "leverantor": cause.supplier,
                "leverans": cause.delivery,
                "meddelande": cause.message_sv,
                "gor_sa_har": cause.remedy_sv,
                "lank": cause.link,
            }
            for cause in causes
        ],
    }
    faults = [_append(settings, notice), _post(settings, notice)]
    if faults[1] is not None:
        with suppress(OSError):
            outbox.keep(settings.state_dir, notice, faults[1], now=datetime.now(UTC))
    return " ".join(fault for fault in faults if fault is not None) or None


def send_waiting(settings: Settings) -> str | None:
    """Try again to post what could not be posted before, where its pause is over.

    Args:
        settings: Where notices go.

    Returns:
        What still waits and why, in Swedish, or None. It is never raised.
    """
    if settings.notice_webhook is None:
        return None
    try:
        waiting = outbox.send_due(
            settings.state_dir,
            lambda notice: _post(settings, dict(notice)),
            now=datetime.now(UTC),
        )
    except (OSError, ValueError, TypeError) as error:
        return f"Meddelanden som väntar kunde inte läsas ({type(error).__name__})."
    if not waiting:
        return None
    return f"Meddelanden som väntar på att skickas: {len(waiting)}. {waiting[-1].fault_sv}"


def _append(settings: Settings, notice: dict[str, object]) -> str | None:
    try:
        settings.notices.parent.mkdir(parents=True, exist_ok=True)
        with settings.notices.open("a", encoding="utf-8") as file:
            file.write(json.dumps(notice, ensure_ascii=False) + "\n")
    except OSError as error:
        return f"Meddelandet kunde inte skrivas i {settings.notices}: {error.strerror}."
    return None


def _post(settings: Settings, notice: dict[str, object]) -> str | None:
    """Post a notice, within a time of its own whatever the receiver does.

    The address may hold a secret, and is named in no message.
    """
    if settings.notice_webhook is None:
        return None
    address = str(settings.notice_webhook.get_secret_value())
    outcome: list[str | None] = []
    sender = threading.Thread(
        target=lambda: outcome.append(_posted(address, notice)), daemon=True, name="avvik-webhook"
    )
    sender.start()
    # A receiver that answers byte by byte keeps every timeout of a single read, and goes on.
    sender.join(_WEBHOOK_SECONDS)
    fault = outcome[0] if outcome else "den svarar inte i tid"
    if fault is None:
        return None
    return f"Meddelandet kunde inte skickas till AVVIK_NOTICE_WEBHOOK: {fault}."


def _posted(address: str, notice: dict[str, object]) -> str | None:
    import httpx  # noqa: PLC0415 (only where someone asked for outbound calls)

    # It tells of each request with its whole address, to whoever listens.
    logging.getLogger("httpx").setLevel(logging.WARNING)

    try:
        response = httpx.post(address, json=notice, timeout=_WEBHOOK_SECONDS)
    except httpx.TimeoutException:
        return "den svarar inte i tid"
    except httpx.HTTPError:
        return "den går inte att nå"
    except (httpx.InvalidURL, ValueError):
        return "adressen går inte att använda"
    return None if response.is_success else f"den svarar med kod {response.status_code}"
