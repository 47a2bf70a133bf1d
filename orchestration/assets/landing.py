"""Step 1: the publishers are asked, and every delivery is kept unchanged under its SHA-256.

Takes the suppliers' files from the inbox and the publishers' answers. Reading what is in
them belongs to the raw step.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time

import dagster as dg

from orchestration.intake.fetching import fetch_statistics
from orchestration.intake.incoming import declared_sources
from orchestration.intake.landing import land_deliveries
from orchestration.registers.contract import load_contracts
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.sources.registry import load_registry
from orchestration.storage.deliveries import DeclaredSource

FRESHNESS_CHECK = "farskhet"


def landing_key(name: str) -> dg.AssetKey:
    """Asset key of what is landed for a register or a dataset."""
    return dg.AssetKey(["landing", name])


def _specs() -> list[dg.AssetSpec]:
    registers = [
        dg.AssetSpec(
            landing_key(name),
            description=f"Leveranser av registret {contract.title_sv}, som de kom.",
            group_name="landing",
            owners=OWNERS,
            kinds={"file"},
        )
        for name, contract in load_contracts().items()
    ]
    statistics = [
        dg.AssetSpec(
            landing_key(dataset.source_id),
            description=f"{dataset.title_sv} ({dataset.publisher_name_sv}), som den kom.",
            group_name="landing",
            owners=OWNERS,
            kinds={"file"},
        )
        for dataset in load_registry()
    ]
    return registers + statistics


@dg.multi_asset(
    specs=_specs(),
    check_specs=[
        dg.AssetCheckSpec(
            FRESHNESS_CHECK,
            asset=spec.key,
            description="Den senaste leveransen är inte äldre än källans takt medger.",
        )
        for spec in _specs()
    ],
    name="landing",
    pool=WRITER_POOL,
)
def landing(
    context: dg.AssetExecutionContext, avvik: Avvik
) -> Iterator[dg.MaterializeResult[None]]:
    """Land the new deliveries, and say of each source whether it has fallen silent."""
    settings = avvik.settings
    now = datetime.now(UTC)
    fetch_statistics(settings, now=now)
    with avvik.warehouse() as connection:
        kept = land_deliveries(connection, settings, avvik.landing(), now=now)
    landed = Counter(receipt.name for receipt in kept.new)
    present = Counter(file.name for file in kept.files)
    received = {
        receipt.name: datetime.fromisoformat(receipt.received_at) for receipt in kept.receipts
    }
    context.log.info("Mottagna leveranser: %d nya av %d", len(kept.new), len(kept.files))
    sources = declared_sources(settings)
    for name in _unused(sources):
        yield _not_of_this_profile(name)
    for source in sources:
        key = landing_key(source.source_id)
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "nya_leveranser": landed[source.source_id],
                "filer_i_inkorgen": present[source.source_id],
            },
            check_results=[_freshness(source, received.get(source.source_id), now)],
        )


def _unused(sources: Iterable[DeclaredSource]) -> list[str]:
    """Datasets that the registry declares and this profile does not have."""
    used = {source.source_id for source in sources}
    return [each.source_id for each in load_registry() if each.source_id not in used]


def _not_of_this_profile(name: str) -> dg.MaterializeResult[None]:
    """Nothing lands, and nothing is late: the demonstration has no recording of it."""
    return dg.MaterializeResult(
        asset_key=landing_key(name),
        metadata={"nya_leveranser": 0, "filer_i_inkorgen": 0},
        check_results=[
            dg.AssetCheckResult(
                check_name=FRESHNESS_CHECK,
                asset_key=landing_key(name),
                passed=True,
                metadata={"alder_dagar": "ingår inte i demonstrationen"},
            )
        ],
    )


def _freshness(
    source: DeclaredSource, received: datetime | None, now: datetime
) -> dg.AssetCheckResult:
    """Judge the age of the content, not of the run: a run may bring nothing new for years."""
    if source.retrieved_on is not None:
        received = datetime.combine(source.retrieved_on, time.min, UTC)
    age = None if received is None else (now - received).days
    return dg.AssetCheckResult(
        check_name=FRESHNESS_CHECK,
        asset_key=landing_key(source.source_id),
        passed=age is not None and age <= source.window_days,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "alder_dagar": "aldrig mottagen" if age is None else age,
            "tillaten_alder_dagar": source.window_days,
        },
    )
