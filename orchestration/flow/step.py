"""What a step of the flow is: its name, what it reads and writes, who judges it, what it does.

Only types. The steps themselves are in `steps`; running one, with its refusals and its record, is
in `performing`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb

from orchestration.notices import Cause
from orchestration.settings import Settings


class StepRefusedError(Exception):
    """A step that must not go on; the text is Swedish and says what to do."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something that a step makes: a table, or documents that lie as files.

    Attributes:
        name: `schema.table`; what lies as files has a schema of its own (`landing`, `published`).
        description_sv: What it is, for whoever looks at the graph.
        reads: The products that this one is made from.
        files: Files of the checkout that it is made from, as paths below it.
        group: Which group of the graph it belongs to.
        kinds: What it is made by and rests in, for the graph.
        is_as_it_came: Whether it is kept as it came, so that program and settings do not matter.
        columns: Its columns' SQL types and what they hold, by name, where Python says so.
    """

    name: str
    description_sv: str
    reads: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    group: str = ""
    kinds: frozenset[str] = frozenset()
    is_as_it_came: bool = False
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Check:
    """What a step says of one of its products beside making it.

    Attributes:
        name: The check's name.
        product: Which product it is of.
        description_sv: What holds when it passes.
        stops: Whether what comes after waits until it passes; the others are remarks.
        is_restricted: Whether it says something that is for those who may see all figures. It is
            then no remark, since anybody sees that a publication has remarks.
    """

    name: str
    product: str
    description_sv: str
    stops: bool = False
    is_restricted: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a check fared.

    Attributes:
        check: The check's name.
        product: Which product it is of.
        messages_sv: What is wrong, a sentence each; empty when it passes.
        figures: Counts and times for whoever looks, never a value of a row.
    """

    check: str
    product: str
    messages_sv: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether there is nothing to say."""
        return not self.messages_sv


def _not_remembered() -> None:
    """What is made outside a flow is not recorded."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is given.

    Attributes:
        settings: The installation.
        connection: An open connection to the warehouse.
        run_id: The run, for what is recorded.
        log: Where progress is told.
        selected: The products that are asked for.
        reads: The products that they are made from, which may be read.
        standing: Those among the selected that are already what they would be made, and need not be
            made again.
        remember: Records what the step's products are made of. Called by a step that
            `remembers` itself, when nothing stands in its way; by `performing` for all others.
    """

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    run_id: str
    log: logging.Logger
    selected: frozenset[str]
    reads: tuple[str, ...]
    standing: frozenset[str] = frozenset()
    remember: Callable[[], None] = _not_remembered


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step did.

    Attributes:
        figures: For each product, counts for whoever looks.
        verdicts: How its checks fared.
        made: What was written, where that is not just what was asked for: less where some of it
            failed, more where one cannot be made without the other.
        inputs: What was read this time, where that is less than all that a product is made from;
            by product.
        notices: What the data team is told, each once, although it stops nothing.
        failed_sv: Why the step failed although something was made; empty where it did not.
        details: What only the graph's maker knows how to show, such as dbt's own results.
        labels: What the run is to be found by: which year was reported, by what, in which
            publication.
    """

    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    verdicts: Sequence[Verdict] = ()
    made: frozenset[str] | None = None
    inputs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    notices: Sequence[Cause] = ()
    failed_sv: str = ""
    details: Any = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step of the flow.

    Attributes:
        name: Its name in code, in the graph and in logs.
        title_sv: What it does, for whoever watches.
        part_sv: The part of the time that it counts to.
        writes: What it makes.
        run: Makes it. Where `outside` is set its connection is closed by then, since dbt opens the
            warehouse by itself.
        suites: The tables among what it makes that a suite judges.
        gate_title_sv: What its gate does, for whoever watches.
        checks: What else it says of what it makes.
        outside: Whether it opens the warehouse by itself.
        can_subset: Whether some of its products can be made without the others.
        remembers: Whether it has what it is made of recorded itself, before it is made, because
            what it makes holds the record.
        begins: Whether a run begins with it, so that all that is kept is verified before.
        lets_stand: Whether the whole step makes only what is not already what it would be made, or,
            where `can_subset` is not set, all or nothing. A product that somebody picks is made
            all the same.
    """

    name: str
    title_sv: str
    part_sv: str
    writes: tuple[Product, ...]
    run: Callable[[Work], Outcome]
    suites: tuple[str, ...] = ()
    gate_title_sv: str = ""
    checks: tuple[Check, ...] = ()
    outside: bool = False
    can_subset: bool = False
    remembers: bool = False
    begins: bool = False
    lets_stand: bool = False

    @cached_property
    def products(self) -> Mapping[str, Product]:
        """What it makes, by name."""
        return {product.name: product for product in self.writes}

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """What it reads that it does not make itself, in order."""
        return self.reads_of(frozenset(self.products))

    @property
    def gate(self) -> str:
        """Name of the gate after it."""
        return f"{self.name}_gate"

    def stopped_by(self, outcome: Outcome) -> tuple[str, ...]:
        """What its own checks stop all that comes after for.

        Args:
            outcome: What it did.

        Returns:
            The Swedish messages of the checks that stop; empty where none does.
        """
        return tuple(
            message
            for each in outcome.verdicts
            if self.is_stopped_for(each)
            for message in each.messages_sv
        )

    def is_stopped_for(self, verdict: Verdict) -> bool:
        """Whether a verdict is of a check that stops where it does not pass."""
        return any(
            check.stops and (check.name, check.product) == (verdict.check, verdict.product)
            for check in self.checks
        )

    def is_remark(self, verdict: Verdict) -> bool:
        """Whether a verdict stands as a remark on what is published."""
        return not any(
            (check.stops or check.is_restricted)
            and (check.name, check.product) == (verdict.check, verdict.product)
            for check in self.checks
        )

    def reads_of(self, selected: frozenset[str]) -> tuple[str, ...]:
        """What some of its products are made from that is not among them.

        Args:
            selected: Names of products.

        Returns:
            Names of other products, each once, in order.
        """
        read = (
            name
            for product in self.writes
            if product.name in selected
            for name in product.reads
            if name not in selected
        )
        return tuple(dict.fromkeys(read))
