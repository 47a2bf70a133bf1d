"""A publisher of the replay that lies: what is held, what stands, and how it comes right."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import Answerer, Reply, Request
from orchestration.intake.admission import load_deliveries
from orchestration.intake.confirming import ConfirmationError, confirm_delivery
from orchestration.intake.fetching import fetch_statistics, latest_answer
from orchestration.intake.receiving import land_deliveries
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import Settings
from orchestration.sources.raw_tables import create_tables, load_dataset
from orchestration.sources.registry import datasets_of, recorded_files
from orchestration.storage.deliveries import held_answers, held_breaches, unresolved
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

EVICTIONS = "kronofogden_evictions"
FILE = f"kronofogden/{EVICTIONS}.zip"
ONLY = frozenset({EVICTIONS})
KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
FIRST_NIGHT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
FIGURE = re.compile(rb'("antal[^"]*": )"([0-9]+)"')


class Nights:
    """An installation that takes in one dataset each night, and the publisher it asks."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.now = FIRST_NIGHT
        self._patch = patch

    def publisher_says(self, written: bytes) -> None:
        """Let the publisher write its figures in another way."""

        def answer(request: Request) -> Reply:
            reply = PUBLISHERS["kronofogden"](request)
            return replace(reply, content=FIGURE.sub(written, reply.content))

        self._ask_instead(answer)

    def publisher_revises(self, old: bytes, new: bytes) -> None:
        """Let the publisher give another figure for one."""

        def answer(request: Request) -> Reply:
            reply = PUBLISHERS["kronofogden"](request)
            assert reply.content.count(old) == 1
            return replace(reply, content=reply.content.replace(old, new))

        self._ask_instead(answer)

    def _ask_instead(self, answer: Answerer) -> None:
        self._patch.setattr(
            "orchestration.demo.replay.publishers.PUBLISHERS",
            {**PUBLISHERS, "kronofogden": answer},
        )

    def pass_one(self) -> None:
        self.now += timedelta(days=1)
        fetch_statistics(self.settings, now=self.now, names=ONLY)
        self.take_in()

    def take_in(self) -> None:
        store = LandingStore(self.settings.landing_dir)
        with self.warehouse() as connection:
            land_deliveries(connection, self.settings, store, now=self.now, names=ONLY)
            load_deliveries(connection, self.settings, store, KEY, names=ONLY)

    def warehouse(self) -> Any:
        return open_warehouse(self.settings.warehouse_path)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def confirm(self, wanted: str) -> None:
        with self.warehouse() as connection:
            confirm_delivery(
                connection,
                LandingStore(self.settings.landing_dir),
                wanted,
                reason="Kronofogden har bytt enhet.",
                confirmed_by="prov",
                at=self.now,
            )

    def outcomes(self) -> list[str]:
        return [
            outcome
            for (outcome,) in self.ask(
                "select outcome from meta.deliveries order by delivery_sequence"
            )
        ]

    def total(self) -> float:
        """The sum of what stands: of the latest delivery that was let in."""
        [(total,)] = self.ask(
            "select sum(value) from raw.kronofogden__observations where delivery_sequence ="
            " (select max(delivery_sequence) from raw.kronofogden__observations)"
        )
        return float(total)

    def source(self) -> tuple[Any, ...]:
        [row] = self.ask(
            "select content_sha256, stale, held_sv from meta.sources"
            f" where source_id = '{EVICTIONS}'"
        )
        return row


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """After the first night, which brought a good answer."""
    passed = Nights(Settings(home=tmp_path, profile="demo"), monkeypatch)
    monkeypatch.setattr(Settings, "moment", lambda _: passed.now)
    passed.pass_one()
    assert passed.outcomes() == ["loaded"]
    return passed


def test_a_publisher_that_lies_is_held_and_the_last_good_answer_stands(nights: Nights) -> None:
    good, (before, _, _) = nights.total(), nights.source()
    nights.publisher_says(rb'\1"0"')
    nights.pass_one()
    assert nights.outcomes() == ["loaded", "quarantined"]
    assert nights.total() == good > 0
    sha256, stale, held = nights.source()
    assert (sha256, stale) == (before, True)
    assert held.startswith("ett nyare svar kom 2026-11-24 men är så olikt det förra")
    with nights.warehouse() as connection:
        [answer] = held_answers(connection)
        # It stops nothing.
        assert unresolved(connection) == []
        assert held_breaches(connection) == []
    assert (answer.name, answer.received_on) == (EVICTIONS, date(2026, 11, 24))
    [message] = answer.messages
    assert "är nu 0 [regel nollor]" in message
    # And it is the same the next night, when the publisher says the same.
    nights.pass_one()
    assert nights.outcomes() == ["loaded", "quarantined"]
    assert nights.source()[1]


def test_the_next_good_answer_takes_the_place_of_a_held_one_by_itself(nights: Nights) -> None:
    good = nights.total()
    nights.publisher_says(rb'\1"\g<2>000"')
    nights.pass_one()
    assert nights.ask("select rule from meta.delivery_breaches") == [("skala",)]
    nights.publisher_says(rb'\1"\2"')
    nights.pass_one()
    assert nights.outcomes() == ["loaded", "quarantined", "loaded"]
    assert nights.total() == good
    assert nights.source()[1:] == (False, None)


def test_a_person_confirms_an_answer_and_those_like_it_pass(nights: Nights) -> None:
    good = nights.total()
    nights.publisher_says(rb'\1"\g<2>0"')
    nights.pass_one()
    nights.confirm(FILE)
    # Before it is let in, the publisher says a little more.
    nights.publisher_says(rb'\1"\g<2>1"')
    nights.pass_one()
    assert nights.outcomes() == ["loaded", "loaded", "loaded"]
    assert nights.total() > 10 * good
    assert nights.source()[1:] == (False, None)
    [(note,)] = nights.ask("select message_sv from meta.delivery_notes")
    assert "bekräftades 2026-11-24 av prov: Kronofogden har bytt enhet." in note
    log = (nights.settings.landing_dir / "confirmations.jsonl").read_text("utf-8")
    assert f'"name": "{EVICTIONS}"' in log


def test_a_warehouse_that_is_built_anew_judges_answers_as_the_nights_did(nights: Nights) -> None:
    nights.publisher_says(rb'\1"\g<2>0"')
    nights.pass_one()
    nights.confirm("2")
    nights.publisher_says(rb'\1"\2"')
    nights.pass_one()
    told = "select delivery_sequence, outcome, rows_loaded from meta.deliveries order by all"
    rows = "select * from raw.kronofogden__observations order by all"
    before = nights.ask(told), nights.ask(rows)
    assert nights.outcomes() == ["loaded", "loaded", "quarantined"]
    nights.settings.warehouse_path.unlink()
    nights.take_in()
    assert (nights.ask(told), nights.ask(rows)) == before


def test_an_answer_that_is_let_in_cannot_be_confirmed(nights: Nights) -> None:
    with pytest.raises(ConfirmationError, match="hålls inte tillbaka"):
        nights.confirm(FILE)


def test_a_revision_of_ordinary_size_passes_and_is_a_delivery_of_its_own(nights: Nights) -> None:
    good = nights.total()
    nights.publisher_revises(b'"177"', b'"183"')
    nights.pass_one()
    assert nights.outcomes() == ["loaded", "loaded"]
    assert nights.total() == good + 6


def test_every_recorded_answer_passes_after_the_one_before_its_newest_period(
    tmp_path: Path,
) -> None:
    """Each answer of the demonstration as it was a period ago, and then as it is recorded."""
    settings = Settings(home=tmp_path, profile="demo")
    fetch_statistics(settings, now=FIRST_NIGHT)
    answers = [
        (dataset, file)
        for dataset in datasets_of("demo")
        for file in (
            recorded_files(dataset)
            if dataset.request is None
            else [latest_answer(settings, dataset) or tmp_path]
        )
    ]
    assert len(answers) > 30
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        create_tables(connection, [dataset for dataset, _ in answers])
        for place, (dataset, file) in enumerate(answers):
            table = f"raw.{dataset.raw_table}"
            load = partial(load_dataset, connection, dataset, file.read_bytes(), delivery_id="a")
            first = load(delivery_sequence=2 * place)
            connection.execute(
                f"""
                delete from {table}
                where
                    delivery_sequence = $first
                    and period = (select max(period) from {table} where delivery_sequence = $first)
                """,
                {"first": 2 * place},
            )
            again = load(delivery_sequence=2 * place + 1)
            assert first.objections == again.objections == (), file
            assert first.rows == again.rows > 0
