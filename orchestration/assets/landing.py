"""Step 1: the publishers are asked, and every delivery is kept unchanged under its SHA-256.

Takes the suppliers' files from the inbox and the publishers' answers. Reading what is in
them belongs to the raw step.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time

import dagster as dg

from orchestration.intake.fetching import Fetched, fetch_states, fetch_statistics
from orchestration.intake.incoming import declared_sources
from orchestration.intake.landing import land_deliveries
from orchestration.intake.rekeying import finish_rekeying
from orchestration.registers.contract import load_contracts
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.sources.registry import Dataset, load_registry
from orchestration.storage.deliveries import DeclaredSource

FRESHNESS_CHECK = "farskhet"
FETCH_CHECK = "hamtning"


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


def _check_specs() -> list[dg.AssetCheckSpec]:
    freshness = [
        dg.AssetCheckSpec(
            FRESHNESS_CHECK,
            asset=spec.key,
            description="Den senaste leveransen är inte äldre än källans takt medger.",
        )
        for spec in _specs()
    ]
    fetching = [
        dg.AssetCheckSpec(
            FETCH_CHECK,
            asset=landing_key(dataset.source_id),
            description="Utgivaren svarade vid det senaste försöket att hämta.",
        )
        for dataset in _asked_for()
    ]
    return freshness + fetching


def _asked_for() -> list[Dataset]:
    """The datasets that are asked for in any profile."""
    return [dataset for dataset in load_registry() if dataset.request is not None]


@dg.multi_asset(specs=_specs(), check_specs=_check_specs(), name="landing", pool=WRITER_POOL)
def landing(
    context: dg.AssetExecutionContext, avvik: Avvik
) -> Iterator[dg.MaterializeResult[None]]:
    """Fetch and land what is new, and say of each source whether it has fallen silent."""
    settings = avvik.settings
    now = settings.moment()
    if settings.as_of is None:
        finish_rekeying(settings)
        fetch_statistics(settings, now=now)
    attempts = fetch_states(settings)
    for attempt in attempts.values():
        if attempt.message_sv is not None:
            context.log.warning("%s kunde inte hämtas: %s", attempt.source_id, attempt.message_sv)
    with avvik.warehouse() as connection:
        kept = land_deliveries(connection, settings, avvik.landing(), now=now)
    landed = Counter(receipt.name for receipt in kept.new)
    present = Counter(file.name for file in kept.files)
    received = {
        receipt.name: datetime.fromisoformat(receipt.received_at) for receipt in kept.receipts
    }
    context.log.info("Mottagna leveranser: %d nya av %d", len(kept.new), len(kept.files))
    for remark in kept.remarks:
        context.log.warning(remark)
    sources = {source.source_id: source for source in declared_sources(settings)}
    asked_for = {dataset.source_id for dataset in _asked_for()}
    for spec in _specs():
        name = spec.key.path[-1]
        checks = [_freshness(name, sources.get(name), received.get(name), now)]
        if name in asked_for:
            checks.append(_fetching(name, attempts.get(name)))
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={
                "nya_leveranser": landed[name],
                "filer_i_inkorgen": present[name],
            },
            check_results=checks,
        )


def _fetching(name: str, attempt: Fetched | None) -> dg.AssetCheckResult:
    """Tell how the latest attempt went; where none was made there is nothing to complain of."""
    return dg.AssetCheckResult(
        check_name=FETCH_CHECK,
        asset_key=landing_key(name),
        passed=attempt is None or attempt.message_sv is None,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "senaste_forsok": "inget" if attempt is None else attempt.tried_at,
            "senast_hamtad": (attempt and attempt.fetched_at) or "aldrig",
            "meddelande": (attempt and attempt.message_sv) or "",
        },
    )


def _freshness(
    name: str, source: DeclaredSource | None, received: datetime | None, now: datetime
) -> dg.AssetCheckResult:
    """Judge the age of the content, not of the run: a run may bring nothing new for years."""
    if source is not None and source.retrieved_on is not None:
        received = datetime.combine(source.retrieved_on, time.min, UTC)
    age = None if received is None else (now - received).days
    return dg.AssetCheckResult(
        check_name=FRESHNESS_CHECK,
        asset_key=landing_key(name),
        # What the profile does not have cannot be late.
        passed=source is None or (age is not None and age <= source.window_days),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "alder_dagar": "aldrig mottagen" if age is None else age,
            "tillaten_alder_dagar": (
                "ingår inte i profilen" if source is None else source.window_days
            ),
        },
    )
