"""Step: the publishers are asked, and every delivery is kept unchanged under its SHA-256.

Takes the suppliers' files from the inbox and the publishers' answers. Reading what is in
them belongs to the raw step.
"""

from collections import Counter
from datetime import UTC, datetime, time

from orchestration.flow.built_from import inbox_input
from orchestration.flow.step import Check, Outcome, Product, Step, Verdict, Work
from orchestration.intake.fetching import Fetched, fetch_states, fetch_statistics
from orchestration.intake.incoming import declared_sources
from orchestration.intake.receiving import land_deliveries
from orchestration.intake.rekeying import finish_rekeying
from orchestration.language.numbers import number
from orchestration.registers.contract import load_contracts
from orchestration.sources.registry import load_registry
from orchestration.storage.deliveries import DeclaredSource
from orchestration.storage.landing import LandingStore

FRESHNESS_CHECK = "farskhet"
FETCH_CHECK = "hamtning"


def landed(name: str) -> str:
    """What is landed for a register or a dataset, as a product.

    Args:
        name: The register or dataset.
    """
    return f"landing.{name}"


def landing_step() -> Step:
    """The step, with a product for each register and dataset."""
    titles = _sources()
    return Step(
        name="landing",
        title_sv="Tar emot leveranser",
        part_sv="landning",
        writes=tuple(
            Product(
                landed(name),
                description,
                reads=(inbox_input(name),),
                group="landing",
                kinds=frozenset({"file"}),
                is_as_it_came=True,
            )
            for name, description in titles.items()
        ),
        checks=(
            *(
                Check(
                    FRESHNESS_CHECK,
                    landed(name),
                    "Den senaste leveransen är inte äldre än källans takt medger.",
                )
                for name in titles
            ),
            *(
                Check(
                    FETCH_CHECK,
                    landed(name),
                    "Utgivaren svarade vid det senaste försöket att hämta.",
                )
                for name in titles
                if name in _asked_for()
            ),
        ),
        run=_land,
        can_subset=True,
        begins=True,
    )


def _sources() -> dict[str, str]:
    """Every register and dataset with what is landed of it, in Swedish."""
    return {
        name: f"Leveranser av registret {contract.title_sv}, som de kom."
        for name, contract in load_contracts().items()
    } | {
        dataset.source_id: f"{dataset.title_sv} ({dataset.publisher_name_sv}), som den kom."
        for dataset in load_registry()
    }


def _asked_for() -> frozenset[str]:
    """The datasets that are asked for in any profile."""
    return frozenset(each.source_id for each in load_registry() if each.request is not None)


def _land(work: Work) -> Outcome:
    """Fetch and land what is new, and say of each source whether it has fallen silent."""
    settings = work.settings
    now = settings.moment()
    names = frozenset(product.removeprefix("landing.") for product in work.selected)
    # Asked for all, it takes what no register is named for too: that is then held, and told.
    only = None if names == _sources().keys() else names
    if settings.as_of is None:
        finish_rekeying(settings)
        fetch_statistics(settings, now=now, names=only)
    attempts = fetch_states(settings)
    for attempt in attempts.values():
        if attempt.message_sv is not None and attempt.source_id in names:
            work.log.warning("%s kunde inte hämtas: %s", attempt.source_id, attempt.message_sv)
    kept = land_deliveries(
        work.connection, settings, LandingStore(settings.landing_dir), now=now, names=only
    )
    new = Counter(receipt.name for receipt in kept.new)
    present = Counter(file.name for file in kept.files)
    received = {
        receipt.name: datetime.fromisoformat(receipt.received_at) for receipt in kept.receipts
    }
    work.log.info("Mottagna leveranser: %d nya av %d", len(kept.new), len(kept.files))
    for remark in kept.remarks:
        work.log.warning(remark)
    sources = {source.source_id: source for source in declared_sources(settings)}
    # Recordings are old by nature: in a demonstration nobody waits for newer ones.
    is_real = settings.profile == "live"
    awaited = {name: sources[name] for name in sources if is_real or name in load_contracts()}
    verdicts = [_freshness(name, awaited.get(name), received.get(name), now) for name in names]
    verdicts += [_fetching(name, attempts.get(name)) for name in names & _asked_for()]
    return Outcome(
        figures={
            landed(name): {"nya_leveranser": new[name], "filer_i_inkorgen": present[name]}
            for name in names
        },
        verdicts=verdicts,
    )


def _fetching(name: str, attempt: Fetched | None) -> Verdict:
    """Tell how the latest attempt went; where none was made there is nothing to complain of."""
    failed = attempt is not None and attempt.message_sv is not None
    return Verdict(
        FETCH_CHECK,
        landed(name),
        (f"{name} kunde inte hämtas: {attempt.message_sv}",) if attempt and failed else (),
        {
            "senaste_forsok": "inget" if attempt is None else attempt.tried_at,
            "senast_hamtad": (attempt and attempt.fetched_at) or "aldrig",
        },
    )


def _freshness(
    name: str, source: DeclaredSource | None, received: datetime | None, now: datetime
) -> Verdict:
    """Judge the age of the content, not of the run: a run may bring nothing new for years."""
    if source is not None and source.retrieved_on is not None:
        received = datetime.combine(source.retrieved_on, time.min, UTC)
    age = None if received is None else (now - received).days
    message = ""
    # What the profile does not have cannot be late.
    if source is not None and age is None:
        message = f"{source.title_sv} ({name}) har aldrig mottagits."
    elif source is not None and age is not None and age > source.window_days:
        message = (
            f"{source.title_sv} ({name}) är {number(age)} dagar gammal; högst"
            f" {number(source.window_days)} dagar var väntat."
        )
    return Verdict(
        FRESHNESS_CHECK,
        landed(name),
        (message,) if message else (),
        {
            "alder_dagar": "aldrig mottagen" if age is None else age,
            "tillaten_alder_dagar": (
                "ingår inte i profilen" if source is None else source.window_days
            ),
        },
    )
