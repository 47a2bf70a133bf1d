"""Fetching as it is done every night: what is due, what is kept, what a failure leaves behind."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from orchestration.demo.replay import faults
from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import Answerer, Reply, Request
from orchestration.intake import fetching
from orchestration.intake.fetching import (
    Fetched,
    fetch_states,
    fetch_statistics,
    latest_answer,
)
from orchestration.intake.incoming import declared_sources, incoming_files
from orchestration.settings import Settings
from orchestration.sources.client import Client
from orchestration.sources.registry import Dataset, datasets_of, recorded_files

NIGHT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ASKED_FOR = [dataset for dataset in datasets_of("demo") if dataset.request is not None]
OF_SCB = [dataset for dataset in ASKED_FOR if dataset.publisher == "scb"]
MONTHLY = next(each for each in OF_SCB if each.source_id == "scb_population_month")


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "Client", partial(Client, sleep=lambda _: None))


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def scb_answers(monkeypatch: pytest.MonkeyPatch, answer: Answerer) -> None:
    replaced = {**PUBLISHERS, "scb": answer}
    monkeypatch.setattr("orchestration.demo.replay.publishers.PUBLISHERS", replaced)


def down(_: Request) -> Reply:
    return Reply(b"", "text/plain", 500)


def answer_of(settings: Settings, dataset: Dataset) -> bytes:
    path = latest_answer(settings, dataset)
    assert path is not None
    return path.read_bytes()


def test_every_recorded_dataset_that_is_asked_for_answers(installation: Settings) -> None:
    shown: list[tuple[str, int, int]] = []
    outcomes = fetch_statistics(installation, now=NIGHT, progress=lambda *step: shown.append(step))
    assert {outcome.source_id for outcome in outcomes} == {each.source_id for each in ASKED_FOR}
    assert len(outcomes) >= 6
    assert [outcome.message_sv for outcome in outcomes] == [None] * len(outcomes)
    assert [place for _, place, _ in shown] == list(range(len(outcomes)))
    assert {count for _, _, count in shown} == {len(outcomes)}
    assert fetch_states(installation) == {outcome.source_id: outcome for outcome in outcomes}
    incoming = [
        file
        for file in incoming_files(installation)
        if file.name in {each.source_id for each in ASKED_FOR}
    ]
    # The answers, and not the recordings that they were made from.
    assert [file.file_name for file in incoming] == [
        f"{each.publisher}/{each.source_id}.zip" for each in ASKED_FOR
    ]


def test_two_installations_fetch_the_same_bytes(installation: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "other")
    for settings in (installation, other):
        fetch_statistics(settings, now=NIGHT)
    assert [answer_of(installation, each) for each in ASKED_FOR] == [
        answer_of(other, each) for each in ASKED_FOR
    ]


@pytest.mark.parametrize(
    ("later", "asked"),
    [
        (timedelta(minutes=1), False),
        (timedelta(hours=5), False),
        (timedelta(hours=6), True),
    ],
)
def test_a_good_answer_is_asked_for_again_when_it_is_old_enough(
    installation: Settings, later: timedelta, asked: bool
) -> None:
    fetch_statistics(installation, now=NIGHT)
    again = fetch_statistics(installation, now=NIGHT + later)
    assert [outcome.source_id for outcome in again] == (
        [each.source_id for each in ASKED_FOR] if asked else []
    )


def test_the_steps_of_one_run_ask_once_whatever_the_interval(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, fetch_hours=0)
    assert fetch_statistics(settings, now=NIGHT)
    assert fetch_statistics(settings, now=NIGHT + timedelta(minutes=3)) == []
    assert fetch_statistics(settings, now=NIGHT + timedelta(minutes=11))


def test_a_publisher_that_is_down_leaves_the_latest_good_answer(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_statistics(installation, now=NIGHT)
    before = answer_of(installation, MONTHLY)
    scb_answers(monkeypatch, down)
    next_night = NIGHT + timedelta(days=1)
    outcomes = {each.source_id: each for each in fetch_statistics(installation, now=next_night)}
    assert len(outcomes) == len(ASKED_FOR), "one that is down does not stop the others"
    for dataset in OF_SCB:
        outcome = outcomes[dataset.source_id]
        assert outcome.message_sv is not None
        assert "utgivaren svarar med felkod 500" in outcome.message_sv
        assert outcome.tried_at == "2026-11-23T02:30:00+00:00"
        assert outcome.fetched_at == "2026-11-22T02:30:00+00:00"
    assert answer_of(installation, MONTHLY) == before
    # A failure is tried again before the interval is out, but not by the next step of the run.
    assert fetch_statistics(installation, now=next_night + timedelta(minutes=1)) == []
    monkeypatch.undo()
    monkeypatch.setattr(fetching, "Client", partial(Client, sleep=lambda _: None))
    again = fetch_statistics(installation, now=next_night + timedelta(minutes=11))
    assert [each.message_sv for each in again] == [None] * len(OF_SCB)


def test_a_publisher_that_has_never_answered_leaves_nothing(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scb_answers(monkeypatch, down)
    fetch_statistics(installation, now=NIGHT)
    assert latest_answer(installation, MONTHLY) is None
    assert fetch_states(installation)[MONTHLY.source_id].fetched_at is None
    assert not [file for file in incoming_files(installation) if file.name == MONTHLY.source_id]


def spoiled(fault: Callable[[Request, Reply], Reply | None]) -> Answerer:
    def answer(request: Request) -> Reply:
        reply = PUBLISHERS["scb"](request)
        changed = fault(request, reply) if request.method == "POST" else reply
        assert changed is not None
        return changed

    return answer


def test_an_answer_that_cannot_be_read_does_not_take_the_place_of_one_that_can(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_statistics(installation, now=NIGHT)
    before = answer_of(installation, MONTHLY)
    change = faults.altered(lambda answer: answer["value"].pop())
    scb_answers(monkeypatch, spoiled(change))
    outcomes = fetch_statistics(installation, now=NIGHT + timedelta(days=1))
    messages = {each.source_id: each.message_sv for each in outcomes}
    assert "2771 värden" in (messages[MONTHLY.source_id] or "")
    assert answer_of(installation, MONTHLY) == before


def test_an_answer_for_another_municipality_is_never_taken(
    installation: Settings, tmp_path: Path
) -> None:
    fetch_statistics(installation, now=NIGHT)
    yearly = next(each for each in OF_SCB if each.source_id == "scb_population_year")
    elsewhere = Settings(home=tmp_path, municipality="1480")
    assert latest_answer(elsewhere, yearly) is None
    outcomes = fetch_statistics(elsewhere, now=NIGHT + timedelta(minutes=1))
    messages = {each.source_id: each.message_sv for each in outcomes}
    # The recording holds Stockholm only, and says so rather than giving another's figures.
    assert "inte ”1480”" in (messages[yearly.source_id] or "")
    assert latest_answer(elsewhere, yearly) is None


def test_recorded_answers_are_never_taken_for_real_ones(
    installation: Settings, tmp_path: Path
) -> None:
    fetch_statistics(installation, now=NIGHT)
    live = Settings(home=tmp_path, profile="live")
    assert fetch_states(live) == {}
    assert latest_answer(live, MONTHLY) is None
    assert [file for file in incoming_files(live) if file.kind == "statistics"] == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'[{"source_id": "a"}]', b'{"a": 1}'])
def test_a_damaged_record_of_attempts_is_made_anew(installation: Settings, damage: bytes) -> None:
    fetch_statistics(installation, now=NIGHT)
    (installation.fetched_dir / "state.json").write_bytes(damage)
    assert fetch_states(installation) == {}
    assert len(fetch_statistics(installation, now=NIGHT)) == len(ASKED_FOR)


def test_the_real_publishers_are_asked_at_their_own_addresses_and_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    class Recorder(Client):
        def __init__(self, addresses: dict[str, str], paces: object, **rest: object) -> None:
            asked.update(addresses=addresses, paces=paces, **rest)
            raise InterruptedError

    monkeypatch.setattr(fetching, "Client", Recorder)
    proxied = Settings.model_validate(
        {"home": tmp_path, "profile": "live", "proxy": "http://proxy.example:3128"}
    )
    with pytest.raises(InterruptedError):
        fetch_statistics(proxied, now=NIGHT)
    addresses = asked["addresses"]
    assert isinstance(addresses, dict)
    assert addresses["scb"] == "https://statistikdatabasen.scb.se/api/v2"
    assert all(address.startswith("https://") for address in addresses.values())
    assert asked["proxy"] == "http://proxy.example:3128/"
    assert asked["kept"] is not None


def test_a_live_source_is_as_fresh_as_its_latest_good_answer(tmp_path: Path) -> None:
    live = Settings(home=tmp_path, profile="live")
    state = Fetched("scb_cpi_total", "x", NIGHT.isoformat(), NIGHT.isoformat(), None)
    live.fetched_dir.mkdir(parents=True)
    row = {name: getattr(state, name) for name in Fetched.__dataclass_fields__}
    (live.fetched_dir / "state.json").write_text(json.dumps([row]), encoding="utf-8")
    sources = {each.source_id: each for each in declared_sources(live)}
    assert sources["scb_cpi_total"].retrieved_on == NIGHT.date()
    assert sources["scb_households"].retrieved_on is None


@pytest.mark.parametrize("profile", ["demo", "live"])
def test_statistics_may_also_be_delivered_as_files(tmp_path: Path, profile: str) -> None:
    settings = Settings.model_validate({"home": tmp_path, "profile": profile})
    folder = settings.inbox_dir / "scb_population_month"
    folder.mkdir(parents=True)
    content = recorded_files(MONTHLY)[0].read_bytes()
    (folder / "hämtad för hand.json").write_bytes(content)
    [file] = [each for each in incoming_files(settings) if each.path.parent == folder]
    assert (file.kind, file.name) == ("statistics", "scb_population_month")
    assert file.file_name == "scb_population_month/hämtad för hand.json"
    assert not file.synthetic
