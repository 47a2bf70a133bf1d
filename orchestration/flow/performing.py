"""Running a step: it refuses what it must not read, makes its products, and says what of.

The same whoever starts it: the command line, the schedule, or a person who picks one step. What a
step does belongs to the step; what the graph shows of it in `orchestration.assets`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from orchestration.flow.built_from import CODE, SETTINGS, Provenance, file_input, refusal
from orchestration.flow.remarks import set_remarks
from orchestration.flow.step import Outcome, Product, Step, StepRefusedError, Verdict, Work
from orchestration.notices import Cause
from orchestration.quality.gate import GateClosedError, require_open
from orchestration.settings import Settings
from orchestration.storage.snapshot import editions_dir
from orchestration.storage.warehouse import open_warehouse, row_counts

GATE_CLOSED = "Grinden är stängd."
# Says of a product that it should have stood, and does not: the remark on a full refresh.
REFRESH_CHECK = "hel_korning"


@dataclass(frozen=True)
class Flow:
    """The steps in the order they are run.

    Attributes:
        steps: Each after all that it reads from.
    """

    steps: tuple[Step, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Step]:
        """The steps by name."""
        return {step.name: step for step in self.steps}

    @cached_property
    def makers(self) -> Mapping[str, Step]:
        """The step that makes each product."""
        return {name: step for step in self.steps for name in step.products}

    @cached_property
    def guarded(self) -> frozenset[str]:
        """The tables that a suite judges."""
        return frozenset(table for step in self.steps for table in step.suites)

    def is_end(self, name: str) -> bool:
        """Whether an input is none of the flow's own products: a chain ends there."""
        return name not in self.makers

    def titles(self) -> dict[str, str]:
        """What a person calls the step that makes each product."""
        return {name: f"steget {step.title_sv} ({step.name})" for name, step in self.makers.items()}


def perform(
    flow: Flow,
    step: Step,
    settings: Settings,
    *,
    run_id: str,
    log: logging.Logger,
    selected: Iterable[str] | None = None,
    full_refresh: bool = False,
) -> Outcome:
    """Run one step, or the part of it that makes some products.

    Args:
        flow: All steps.
        step: The step.
        settings: The installation.
        run_id: The run, for what is recorded.
        log: Where progress is told.
        selected: Names of the products that are asked for; all unless given.
        full_refresh: Whether what could be left standing is made all the same. A mart that then
            becomes another although it is made from the same is remarked on.

    Returns:
        What it did. Where `failed_sv` says that it failed, what was made is recorded all the same.

    Raises:
        StepRefusedError: If it must not read what it would read; nothing is made then.
    """
    chosen = frozenset(step.products if selected is None else selected)
    reads = step.reads_of(chosen)
    beside = [
        settings.landing_dir,
        settings.release_path.parent,
        settings.release_draft_path.parent,
        editions_dir(settings.restricted_publication_dir),
    ]
    with open_warehouse(settings.warehouse_path, directories=beside) as connection:
        provenance = Provenance(connection, settings)
        require_inputs(flow, reads, provenance)
        as_read = _as_read(step, chosen, provenance, [*filter(flow.makers.get, reads)])
        before = _inputs_of(step, chosen, Outcome(), as_read, provenance)
        remember = partial(provenance.record, run_id, before)
        stood = _stood(step, chosen, provenance)
        # What is made whole stands whole.
        stands = not full_refresh and (step.can_subset or step.products.keys() == stood.keys())
        standing = frozenset(stood) if stands else frozenset()
        work = Work(settings, connection, run_id, log, chosen, reads, standing, remember)
        if not step.outside:
            if standing == chosen and not step.can_subset:
                return _left(work)
            outcome = _compared(step.run(work), work, stood, provenance)
            _remember(step, work, outcome, provenance, as_read)
            return outcome
    outcome = step.run(work)
    with open_warehouse(settings.warehouse_path) as connection:
        work = replace(work, connection=connection)
        provenance = Provenance(connection, settings)
        outcome = _compared(outcome, work, stood, provenance)
        _remember(step, work, outcome, provenance, as_read)
    return outcome


def _stood(step: Step, chosen: frozenset[str], provenance: Provenance) -> dict[str, str]:
    """The products of a whole step that are what they would be made, with their fingerprints."""
    if not step.lets_stand or chosen != step.products.keys():
        return {}
    return {
        name: provenance.present(name)
        for name in step.products
        if provenance.outdated(name) is None
    }


def _left(work: Work) -> Outcome:
    """What a step did whose products all are what they would be made."""
    work.log.info("Inget av det som läses har ändrats; allt står som det är.")
    counts = row_counts(work.connection)
    return Outcome(
        {name: {"dagster/row_count": counts[name]} for name in work.selected}, made=frozenset()
    )


def _compared(
    outcome: Outcome, work: Work, stood: Mapping[str, str], provenance: Provenance
) -> Outcome:
    """Remark on marts that were made anew of the same and became something else."""
    made = work.selected if outcome.made is None else outcome.made
    # What lies before the marts may differ in the last digit, which marts round away.
    again = [name for name in sorted(made & stood.keys()) if name.startswith("marts.")]
    if not again:
        return outcome
    provenance.forget()
    verdicts = []
    for name in again:
        changed = provenance.present(name) != stood[name]
        said = (
            f"{name} blev en annan när allt gjordes om, fast inget som den görs av har ändrats."
            " Gör så här: jämför med den förra utgåvan och rapportera felet."
        )
        verdicts.append(Verdict(REFRESH_CHECK, name, (said,) if changed else ()))
        if changed:
            work.log.warning("%s", said)
    found = tuple(Cause(message) for each in verdicts for message in each.messages_sv)
    return replace(
        outcome,
        verdicts=[*outcome.verdicts, *verdicts],
        notices=[*outcome.notices, *found],
    )


def require_inputs(flow: Flow, reads: Sequence[str], provenance: Provenance) -> None:
    """Refuse to read what is not up to date, or whose gate is closed.

    Args:
        flow: All steps.
        reads: Names of products.
        provenance: What they were made from.

    Raises:
        StepRefusedError: If any of them may not be read; says why and what to do.
    """
    found = [provenance.outdated(name) for name in reads if not flow.is_end(name)]
    if behind := [each for each in found if each is not None]:
        order = list(flow.makers)
        behind.sort(key=lambda each: order.index(each.product) if each.product in order else -1)
        raise StepRefusedError(refusal(behind, flow.titles()))
    guarded = [name for name in reads if name in flow.guarded]
    try:
        require_open(provenance.connection, guarded, provenance.content)
    except GateClosedError as error:
        raise StepRefusedError(f"{GATE_CLOSED}\n{error}") from error


def _as_read(
    step: Step, chosen: frozenset[str], provenance: Provenance, reads: Sequence[str]
) -> dict[str, str]:
    """What is read looks like before the step begins.

    What the step is to take in from outside is looked at when it has.
    """
    files = {file_input(path) for name in chosen for path in step.products[name].files}
    return {name: provenance.present(name) for name in (*reads, *files, CODE, SETTINGS)}


def _remember(
    step: Step, work: Work, outcome: Outcome, provenance: Provenance, as_read: Mapping[str, str]
) -> None:
    if not step.remembers:
        made = work.selected if outcome.made is None else outcome.made
        provenance.forget()
        provenance.record(work.run_id, _inputs_of(step, made, outcome, as_read, provenance))
    set_remarks(
        work.connection,
        work.run_id,
        [each for each in outcome.verdicts if step.is_remark(each)],
    )


def _inputs_of(
    step: Step,
    made: frozenset[str],
    outcome: Outcome,
    as_read: Mapping[str, str],
    provenance: Provenance,
) -> dict[str, dict[str, str | None]]:
    return {
        name: _inputs(product, outcome, as_read, provenance)
        for name, product in step.products.items()
        if name in made
    }


def _inputs(
    product: Product, outcome: Outcome, as_read: Mapping[str, str], provenance: Provenance
) -> dict[str, str | None]:
    """What a product was made from, each as it was read; None for what stands as it was read."""
    names = [*product.reads, *(file_input(path) for path in product.files)]
    names += [] if product.is_as_it_came else [CODE, SETTINGS]
    inputs: dict[str, str | None] = {name: as_read.get(name) for name in names}
    if product.name in outcome.inputs:
        recorded = provenance.made.get(product.name)
        for name in set(product.reads) - outcome.inputs[product.name]:
            # Read some other time, or never yet.
            inputs[name] = recorded.inputs.get(name, "") if recorded else ""
    return inputs
