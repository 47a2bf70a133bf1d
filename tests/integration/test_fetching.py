"""What an orchestrated run makes of fetching: a failure warns and stops nothing, silence alarms."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from orchestration.assets.steps import key_of
from orchestration.automation import JOB_NAME
from orchestration.cli import app
from orchestration.definitions import build_defs
from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import Reply, Request
from orchestration.flow.landing import FETCH_CHECK, landed
from orchestration.flow.news import nothing_new
from orchestration.flow.steps import STANDSTILL_CHECK
from orchestration.intake import fetching
from orchestration.registers.contract import load_contracts
from orchestration.resources import Avvik
from orchestration.settings import Settings
from orchestration.sources.client import Client
from orchestration.sources.raw_tables import create_tables
from orchestration.sources.registry import datasets_of, load_registry
from orchestration.storage.confirmations import keep_confirmation
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.integration.conftest import Installation

Fresh = Callable[[], Installation]
LANDING = [
    key_of(landed(name))
    for name in [*load_contracts(), *(dataset.source_id for dataset in load_registry())]
]
OF_SCB = [
    dataset.source_id
    for dataset in datasets_of("demo")
    if dataset.publisher == "scb" and dataset.request is not None
]


def down(_: Request) -> Reply:
    return Reply(b"", "text/plain", 503)


@pytest.fixture
def scb_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = {**PUBLISHERS, "scb": down}
    monkeypatch.setattr("orchestration.demo.replay.publishers.PUBLISHERS", replaced)
    monkeypatch.setattr(fetching, "Client", partial(Client, sleep=lambda _: None))


def checks(result: dg.ExecuteInProcessResult, name: str) -> dict[str, dg.AssetCheckEvaluation]:
    return {
        evaluation.asset_key.path[-1]: evaluation
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == name
    }


@pytest.mark.usefixtures("scb_is_down")
def test_a_publisher_that_is_down_is_a_warning_and_the_run_goes_on(fresh: Fresh) -> None:
    installation = fresh()
    result = installation.run(*LANDING)
    assert result.success
    found = checks(result, FETCH_CHECK)
    failed = {name for name, evaluation in found.items() if not evaluation.passed}
    assert failed == set(OF_SCB)
    assert {found[name].severity for name in failed} == {dg.AssetCheckSeverity.WARN}
    message = str(found["scb_population_month"].metadata["meddelanden"].value)
    assert "utgivaren svarar med felkod 503" in message
    assert "Traceback" not in message
    assert found["scb_population_month"].metadata["senast_hamtad"].value == "aldrig"
    told = CliRunner().invoke(app, ["sources", "--home", str(installation.home)])
    assert told.exit_code == 0
    assert "aldrig" in told.stdout
    assert "felkod" in told.stdout


def test_a_run_that_fetches_says_so(published: Installation) -> None:
    told = CliRunner().invoke(app, ["sources", "--home", str(published.home)])
    assert told.exit_code == 0
    assert "Hämtning" in told.stdout
    assert told.stdout.count("hämtad") > len(OF_SCB)
    assert "aldrig" not in told.stdout


def test_a_person_s_word_on_an_answer_that_is_held_is_news(installation: Installation) -> None:
    """Publication does not wait for it, so that nothing else would bring it in."""
    settings, store = installation.settings, LandingStore(installation.settings.landing_dir)
    installation.change(
        "update meta.deliveries set outcome = 'quarantined' where name = 'kronofogden_evictions'"
    )
    assert nothing_new(settings)
    [receipt] = [each for each in store.receipts() if each.name == "kronofogden_evictions"]
    keep_confirmation(
        store, receipt, confirmed_by="prov", reason_sv="Det stämmer.", at=settings.moment()
    )
    assert not nothing_new(settings)


@pytest.fixture
def silent(tmp_path: Path) -> Settings:
    """A live installation whose monthly population has not come since April 2020."""
    settings = Settings(home=tmp_path, profile="live")
    with open_warehouse(settings.warehouse_path) as connection:
        create_tables(connection, load_registry())
        connection.execute(
            "insert into raw.scb__observations (dataset_id, period, value, delivery_sequence)"
            " values ('scb_population_month', '2020M04', 1, 1), ('scb_households', '9997', 1, 2)"
        )
    return settings


def standstills(settings: Settings) -> dict[str, dg.AssetCheckEvaluation]:
    keys = [
        dg.AssetCheckKey(key_of(landed(dataset.source_id)), STANDSTILL_CHECK)
        for dataset in load_registry()
    ]
    job = dg.define_asset_job("standstill_alone", selection=dg.AssetSelection.checks(*keys))
    overrides = {"home": str(settings.home), "profile": "live"}
    definitions = dg.Definitions.merge(
        build_defs(installation=Avvik(overrides=overrides)),
        dg.Definitions(jobs=[job]),
    )
    result = definitions.resolve_job_def("standstill_alone").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    )
    assert result.success
    return checks(result, STANDSTILL_CHECK)


def test_a_series_that_stands_still_warns_and_is_told_once(silent: Settings) -> None:
    for _ in range(2):
        found = standstills(silent)
        assert len(found) == len(load_registry())
        assert {name for name, each in found.items() if not each.passed} == {"scb_population_month"}
        assert found["scb_population_month"].severity == dg.AssetCheckSeverity.WARN
    [line] = silent.notices.read_text(encoding="utf-8").splitlines()
    assert "den senaste perioden är 2020M04" in json.loads(line)["meddelande"]


def test_a_webhook_that_is_down_does_not_stop_the_run(
    silent: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVVIK_NOTICE_WEBHOOK", "http://127.0.0.1:9/")
    assert not standstills(silent)["scb_population_month"].passed
    assert silent.notices.exists()


def test_the_nightly_job_looks_for_what_stands_still() -> None:
    job = build_defs().resolve_job_def(JOB_NAME)
    assert STANDSTILL_CHECK in {node.name for node in job.nodes}
