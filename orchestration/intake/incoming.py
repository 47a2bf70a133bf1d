"""What there is to land: the suppliers' inbox, and the recorded statistics of the demonstration.

Lists the files, and what is known beforehand of each register and dataset. Landing belongs in
`orchestration.storage`, reading in `registers` and `sources`.
"""

from orchestration.registers.contract import load_contracts
from orchestration.registers.inbox import is_settled, scan_inbox
from orchestration.settings import Settings
from orchestration.sources.registry import load_registry, recorded_files
from orchestration.storage.deliveries import DeclaredSource
from orchestration.storage.landing import Incoming

# Suppliers deliver registers every month or every year; a month's grace before the alarm, in days.
_REGISTER_WINDOWS = {"month": 62, "year": 396}


def incoming_files(settings: Settings) -> list[Incoming]:
    """List what there is to land.

    Args:
        settings: Where the inbox is, and which profile runs.

    Returns:
        Registers first, each in alphabetical order; in the demonstration, then the recorded
        statistics.
    """
    demo = settings.profile == "demo"
    registers = [
        Incoming(
            "register",
            file.register,
            file.path,
            file.file_name,
            demo,
            settled=is_settled(file.path, settings.settle_seconds),
        )
        for file in scan_inbox(settings.inbox_dir)
    ]
    statistics = [
        Incoming(
            "statistics",
            dataset.source_id,
            path,
            f"{dataset.publisher}/{path.name}",
            dataset.synthetic,
        )
        for dataset in load_registry()
        for path in recorded_files(dataset)
    ]
    return registers + (statistics if demo else [])


def declared_sources(settings: Settings) -> list[DeclaredSource]:
    """What is known beforehand of every register and dataset.

    Args:
        settings: Names the municipality, which answers for its registers.

    Returns:
        Registers first, then public statistics.
    """
    registers = [
        DeclaredSource(
            source_id=name,
            title_sv=contract.title_sv,
            publisher=settings.municipality_name,
            licence=contract.licence_sv,
            reference_period=None,
            retrieved_on=None,
            window_days=_REGISTER_WINDOWS["month" if "month" in contract.periods else "year"],
        )
        for name, contract in load_contracts().items()
    ]
    statistics = [
        DeclaredSource(
            source_id=dataset.source_id,
            title_sv=dataset.title_sv,
            publisher=dataset.publisher_name_sv,
            licence=dataset.licence,
            reference_period=dataset.reference_period,
            retrieved_on=dataset.retrieved_at,
            window_days=dataset.freshness_days,
        )
        for dataset in load_registry()
    ]
    return registers + statistics
