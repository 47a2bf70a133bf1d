"""Whether everything is as it was written: what was received, the warehouse, what is published.

Only looks, and says in Swedish what is wrong and what to do: to whoever asks, and before each run,
whoever starts it, to those who are told of what stops one. Whether something is made of what
there is now is told by `built_from`; how a warehouse is made anew by whoever runs the flow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.flow.accesses import access_faults
from orchestration.flow.built_from import EDITION, Provenance
from orchestration.flow.ledger import LedgerError, read_ledger
from orchestration.flow.restricted import RestrictedHeldError
from orchestration.notices import Cause, send_notice
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore, LostError, forget_summed
from orchestration.storage.manifest import chain_faults, edition_faults
from orchestration.storage.retention import lost_sequences
from orchestration.storage.snapshot import editions_dir, name_faults
from orchestration.storage.warehouse import WarehouseHeldError, open_warehouse

REBUILD = "Gör så här: kör avvik rebuild, som läser in allt på nytt från landing."
_AGAIN = "Gör så här: kör avvik run, som publicerar på nytt."


@dataclass(slots=True)
class Verified:
    """What was looked at, and what is not as it was written.

    Attributes:
        deliveries: Deliveries whose bytes were read.
        tables: Tables of the warehouse that were read.
        editions: Editions whose files were read.
        faults_sv: What is wrong and what to do, a text each.
    """

    deliveries: int = 0
    tables: int = 0
    editions: int = 0
    faults_sv: list[str] = field(default_factory=list)


def verify(settings: Settings) -> Verified:
    """Look through all that is kept.

    Args:
        settings: The installation; nothing in it is changed.

    Returns:
        What was looked at and what was found. A part that is not there yet has no faults.

    Raises:
        WarehouseHeldError: If another process holds the warehouse.
    """
    found = Verified()
    found.faults_sv += _landing(settings, found)
    found.faults_sv += _warehouse(settings, found)
    found.faults_sv += _published(settings, found)
    found.faults_sv += _ledger(settings)
    return found


def verify_before_run(settings: Settings, *, run_id: str = "", job: str) -> list[str]:
    """Look through all that is kept before a run, and send a notice of what is wrong.

    The run goes on, since it may mend what is wrong. A past moment is built from landing alone, and
    nothing is looked through for it.

    Args:
        settings: The installation.
        run_id: The run, where it has begun.
        job: What is run.

    Returns:
        What is wrong, and with telling of it, a Swedish text each.

    Raises:
        WarehouseHeldError: If another process holds the warehouse.
    """
    if settings.as_of is not None:
        return []
    faults = verify(settings).faults_sv
    if not faults:
        return []
    untold = send_notice(
        settings, run_id=run_id, job=job, causes=[Cause(fault) for fault in faults]
    )
    return [*faults, *([] if untold is None else [untold])]


def damaged_sv(path: Path, error: Exception) -> str:
    """What is said of a warehouse that cannot be read.

    Args:
        path: The warehouse.
        error: Why; its text may quote a row, so only its class is told.
    """
    if path.is_dir():
        return f"{path} är en katalog där en fil ska ligga. {REBUILD}"
    return (
        f"Lagret {path} är skadat eller avkapat ({type(error).__name__}); det publicerade är orört."
        f" {REBUILD}"
    )


def _landing(settings: Settings, found: Verified) -> Iterator[str]:
    store = LandingStore(settings.landing_dir)
    try:
        receipts = store.receipts()
        destroyed = lost_sequences(store)
    except (OSError, ValueError, TypeError) as error:
        yield (
            f"Loggen över mottagna leveranser i {settings.landing_dir} går inte att läsa"
            f" ({type(error).__name__}). Gör så här: lägg tillbaka den ur säkerhetskopian."
        )
        return
    # Whatever has been found intact before: this is where it is found out.
    forget_summed()
    for receipt in receipts:
        if receipt.sequence in destroyed:
            continue
        found.deliveries += 1
        try:
            store.intact(receipt.delivery_id)
        except LostError as error:
            yield (
                f"Fil {receipt.file_name}: det som togs emot {receipt.received_at[:10]} är förlorat"
                " eller ändrat i landing. Gör så här: lämna samma fil igen, eller lägg tillbaka"
                f" {error.place} ur säkerhetskopian."
            )


def _warehouse(settings: Settings, found: Verified) -> Iterator[str]:
    path = settings.warehouse_path
    if not path.exists():
        return
    try:
        with open_warehouse(path) as connection:
            provenance = Provenance(connection, settings)
            # A view is its text, and what is published is looked at as it lies.
            tables = [name for name in provenance.made if provenance.is_table(name)]
            for name in tables:
                found.tables += 1
                if provenance.present(name) != provenance.made[name].fingerprint:
                    yield f"{name} har ändrats utanför flödet sedan den gjordes. {REBUILD}"
            edition = provenance.made.get(EDITION)
            if edition is not None and edition.fingerprint != provenance.present(EDITION):
                yield (
                    "Det publicerade är inte den utgåva som lagret senast skrev (manifest.json är"
                    f" en annan). {_AGAIN}"
                )
    except WarehouseHeldError:
        raise
    except (duckdb.Error, OSError) as error:
        yield damaged_sv(path, error)


def _ledger(settings: Settings) -> Iterator[str]:
    try:
        read_ledger(settings)
        yield from access_faults(settings)
    except RestrictedHeldError:
        # Whoever writes it looks through it.
        return
    except LedgerError as error:
        yield str(error)


def _published(settings: Settings, found: Verified) -> Iterator[str]:
    for directory in (settings.published_dir, settings.restricted_publication_dir):
        editions = editions_dir(directory)
        written = f"Det publicerade i {directory} är inte som det skrevs"
        for edition in sorted(editions.glob("[!.]*")):
            found.editions += 1
            for fault in edition_faults(edition):
                yield f"{written}: {edition.name}: {fault}. {_AGAIN}"
        for fault in (*chain_faults(editions), *name_faults(directory)):
            yield f"{written}: {fault}. {_AGAIN}"
