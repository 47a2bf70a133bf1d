"""The real steps with bodies of paper: each table says what it was made of, and nothing else."""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from orchestration.flow.built_from import PUBLICATION
from orchestration.flow.documents import DRAFT, draft_dir
from orchestration.flow.performing import Flow, perform
from orchestration.flow.releasing import RELEASE
from orchestration.flow.step import Outcome, Product, Step, Work
from orchestration.flow.steps import flow as real_flow
from orchestration.settings import Settings
from orchestration.storage.deliveries import create_tables, set_inbox
from orchestration.storage.warehouse import open_warehouse

REGISTERS = ("vald_arenden", "avhysningar_barn")
DATASETS = ("scb_population_month", "kronofogden_debtors")
LOG = logging.getLogger("test")


def small_flow() -> Flow:
    """The real graph, cut down to what comes of a few sources; names, order and edges are real."""
    kept = {f"landing.{name}" for name in (*REGISTERS, *DATASETS)}
    steps = []
    for step in real_flow().steps:
        # Within a step they stand by name and not in the order in which they are made.
        for _ in step.writes:
            kept |= {each.name for each in step.writes if _is_kept(step, each, kept)}
        writes = tuple(
            replace(
                each,
                reads=tuple(name for name in each.reads if name in kept or ":" in name),
                files=(),
            )
            for each in step.writes
            if each.name in kept
        )
        steps.append(replace(step, writes=writes, suites=(), checks=(), outside=False))
    return Flow(tuple(steps))


def _is_kept(step: Step, product: Product, kept: set[str]) -> bool:
    if step.name == "landing":
        return product.name in kept
    reads = [name for name in product.reads if name in kept or ":" in name]
    return bool(reads) or product.name.startswith(("seeds.", "raw.municipality"))


@dataclass
class PaperHome:
    """A home whose steps write what they were made of, in the warehouse and beside it."""

    directory: Path
    flow: Flow = field(default_factory=small_flow)
    inbox: dict[str, str] = field(default_factory=dict)
    editions: list[dict[str, str]] = field(default_factory=list)
    year: int | None = None
    made: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        steps = tuple(replace(step, run=self._body(step)) for step in self.flow.steps)
        self.flow = Flow(steps)

    @property
    def settings(self) -> Settings:
        return Settings(home=self.directory, year=self.year)

    def run(
        self, name: str, products: Iterable[str] | None = None, *, full_refresh: bool = False
    ) -> Outcome:
        return perform(
            self.flow,
            self.flow.by_name[name],
            self.settings,
            run_id="run",
            log=LOG,
            selected=None if products is None else frozenset(products),
            full_refresh=full_refresh,
        )

    def run_all(self) -> None:
        for step in self.flow.steps:
            self.run(step.name)

    def change(self, sql: str) -> None:
        with open_warehouse(self.settings.warehouse_path) as connection:
            connection.execute(sql)

    def _body(self, step: Step) -> "_Body":
        return _Body(self, step)

    def expected(self, name: str) -> str:
        """What a product says when everything is made of what lies in the inbox now."""
        product = self.flow.makers[name].products[name]
        return content(product, {each: self.stands(each) for each in product.reads})

    def stands(self, name: str) -> str:
        """What a product, or where a chain ends, says when all is made of what there is now."""
        kind, is_end, rest = name.partition(":")
        if is_end:
            return self.outside(kind, rest)
        return self.expected(name)

    def outside(self, kind: str, rest: str) -> str:
        """What stands where a chain ends."""
        assert kind in {"inbox", "settings"}
        return self.inbox.get(rest, "") if kind == "inbox" else str(self.year)


def content(product: Product, inputs: dict[str, str]) -> str:
    text = json.dumps([product.name, inputs])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class _Body:
    home: PaperHome
    step: Step

    def __call__(self, work: Work) -> Outcome:
        create_tables(work.connection)
        if self.step.remembers:
            work.remember()
        if self.step.name == "landing":
            lying = [(name, f"{name}.csv", text) for name, text in self.home.inbox.items()]
            names = frozenset(each.removeprefix("landing.") for each in work.selected)
            set_inbox(work.connection, lying, names=names)
        graph = {name: product.reads for name, product in self.step.products.items()}
        for name in TopologicalSorter(graph).static_order():
            if name in work.selected - work.standing:
                self._make(work, self.step.products[name])
        made = work.selected - work.standing
        self.home.made |= made
        return Outcome(made=made)

    def _make(self, work: Work, product: Product) -> None:
        inputs = {name: self._read(work, name) for name in product.reads}
        text = content(product, inputs)
        if product.name == DRAFT:
            draft_dir(work.settings).mkdir(parents=True, exist_ok=True)
            (draft_dir(work.settings) / "promemoria.html").write_text(text)
        elif product.name == RELEASE:
            work.settings.release_path.parent.mkdir(parents=True, exist_ok=True)
            work.settings.release_path.write_text(text)
        elif product.name == PUBLICATION:
            self.home.editions.append({**inputs, PUBLICATION: text})
        else:
            self._write(work.connection, product.name, text)

    def _write(self, connection: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
        connection.execute("create schema if not exists landing")
        connection.execute(
            f"create or replace table {name} as select $text as made_of", {"text": text}
        )

    def _read(self, work: Work, name: str) -> str:
        kind, is_end, rest = name.partition(":")
        if is_end:
            return self.home.outside(kind, rest)
        if name == DRAFT:
            return (draft_dir(work.settings) / "promemoria.html").read_text()
        if name == RELEASE:
            return work.settings.release_path.read_text()
        [(text,)] = work.connection.execute(f"select made_of from {name}").fetchall()
        return str(text)
