"""What there is to land: the suppliers' inbox, fetched answers, and recordings in a demonstration.

Lists the files, and what is known beforehand of each register and dataset. Landing belongs in
`orchestration.storage`, reading in `registers` and `sources`.
"""

import csv
import hashlib
from datetime import date, datetime
from pathlib import Path

from orchestration.indicators.models import DECIDED
from orchestration.intake.fetching import Fetched, fetch_states, latest_answer
from orchestration.registers.contract import load_contracts
from orchestration.registers.inbox import Inbox, is_settled, scan_inbox
from orchestration.registers.municipality import load_municipality
from orchestration.settings import Settings
from orchestration.sources.registry import Dataset, datasets_of, recorded_files
from orchestration.storage.deliveries import DeclaredSource
from orchestration.storage.landing import Incoming

# Suppliers deliver registers every month or every year; a month's grace before the alarm, in days.
_REGISTER_WINDOWS = {"month": 62, "year": 396}


def incoming_files(settings: Settings, inbox: Inbox | None = None) -> list[Incoming]:
    """List what there is to land.

    Args:
        settings: Where the inbox is, and which profile runs.
        inbox: What lies in the inbox, where it has just been looked through.

    Returns:
        What lies in the inbox, in alphabetical order; then what publishers have answered, and in
        a demonstration the recordings of what is not asked for.
    """
    demo = settings.profile == "demo"
    datasets = datasets_of(settings.profile)
    by_id = {dataset.source_id: dataset for dataset in datasets}
    dropped = [
        Incoming(
            "statistics" if file.register in by_id else "register",
            file.register,
            file.path,
            file.file_name,
            # What is dropped into a demonstration is a register of the synthetic city.
            demo and file.register not in by_id,
            settled=is_settled(file.path, settings.settle_seconds),
            written_name=file.written_name,
            municipality_id=None if file.register in by_id else settings.municipality,
        )
        for file in (inbox or scan_inbox(settings.inbox_dir)).files
    ]
    published = [
        Incoming(
            "statistics",
            dataset.source_id,
            path,
            f"{dataset.publisher}/{path.name}",
            demo and dataset.synthetic,
        )
        for dataset in datasets
        for path in _published(settings, dataset)
    ]
    return dropped + published


def _published(settings: Settings, dataset: Dataset) -> list[Path]:
    """The latest answer of a dataset that is asked for, else its recording in a demonstration."""
    if dataset.request is not None:
        answer = latest_answer(settings, dataset)
        return [answer] if answer is not None else []
    return recorded_files(dataset) if settings.profile == "demo" else []


def declared_sources(settings: Settings) -> list[DeclaredSource]:
    """What is known beforehand of every register and dataset.

    Args:
        settings: Names the municipality, which answers for its registers, and the profile.

    Returns:
        Registers that are to come first, then public statistics, then what is decided.

    Raises:
        MunicipalityError: If the municipality's file cannot be used.
    """
    municipality = load_municipality(settings)
    registers = [
        DeclaredSource(
            source_id=name,
            title_sv=contract.title_sv,
            publisher=municipality.name,
            licence=contract.licence_sv,
            reference_period=None,
            retrieved_on=None,
            window_days=_REGISTER_WINDOWS["month" if "month" in contract.periods else "year"],
        )
        for name, contract in load_contracts().items()
        if name not in municipality.not_delivered
    ]
    fetched = fetch_states(settings) if settings.profile == "live" else {}
    statistics = [
        DeclaredSource(
            source_id=dataset.source_id,
            title_sv=dataset.title_sv,
            publisher=dataset.publisher_name_sv,
            licence=dataset.licence,
            reference_period=recording.reference_period if recording else None,
            retrieved_on=recording.retrieved_at
            if recording
            else _fetched_on(fetched.get(dataset.source_id)),
            window_days=dataset.freshness_days,
        )
        for dataset in datasets_of(settings.profile)
        for recording in [dataset.recording if settings.profile == "demo" else None]
    ]
    return [*registers, *statistics, *_decided(settings)]


def _decided(settings: Settings) -> list[DeclaredSource]:
    """The amounts that the municipality has decided: they stand in a seed and are not measured."""
    path = settings.seeds_dir / f"{DECIDED}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["geography_id"] == settings.municipality]
    if not rows:
        return []
    years = sorted({row["year"] for row in rows})
    return [
        DeclaredSource(
            source_id=DECIDED,
            title_sv="; ".join(dict.fromkeys(row["source"] for row in rows)),
            publisher=load_municipality(settings).name,
            licence="",
            reference_period="–".join(dict.fromkeys((years[0], years[-1]))),
            retrieved_on=None,
            window_days=0,
            content_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
    ]


def _fetched_on(state: Fetched | None) -> date | None:
    """When a publisher last gave a good answer; the same answer again is no new delivery."""
    if state is None or state.fetched_at is None:
        return None
    return datetime.fromisoformat(state.fetched_at).date()
