"""What has moved between deliveries is told, and what moves by chance is not."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.faults import DRIFTS, write_fault
from orchestration.intake.landing import land_deliveries
from orchestration.intake.loading import load_deliveries
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.conftest import WrittenCity

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
MONTHS = 8


@pytest.fixture(scope="session")
def months(written_small_city: WrittenCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Registers of a small city, dealt out over a few months so that these are of a real size."""
    folder = tmp_path_factory.mktemp("months")
    for register in {fault.register for fault in DRIFTS.values()}:
        (folder / "inbox" / register).mkdir(parents=True)
        tables = [
            _lines(file) for file in sorted((written_small_city.inbox / register).glob("*.csv"))
        ]
        rows = [line for table in tables for line in table[1:]]
        for month in range(MONTHS):
            target = folder / "inbox" / register / f"{register}_2023-{month + 1:02d}.csv"
            content = "\n".join([tables[0][0], *rows[month::MONTHS]]) + "\n"
            target.write_text(content, encoding="utf-8")
    return folder / "inbox"


def _lines(file: Path) -> list[str]:
    content = file.read_bytes()
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return content.decode("windows-1252").splitlines()


@pytest.fixture
def home(months: Path, tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, settle_seconds=0)
    shutil.copytree(months, settings.inbox_dir)
    return settings


def drift_of(settings: Settings) -> list[tuple[str, str, str, str, str]]:
    store = LandingStore(settings.landing_dir)
    with open_warehouse(settings.warehouse_path) as connection:
        land_deliveries(connection, settings, store, now=datetime.now(UTC))
        load_deliveries(connection, settings, store, KEY)
        return connection.execute(
            "select period, column_name, measure, category, message_sv from meta.drift order by all"
        ).fetchall()


def test_months_that_are_alike_give_no_observation(home: Settings) -> None:
    assert drift_of(home) == []
    with duckdb.connect(str(home.warehouse_path), read_only=True) as connection:
        profiled = connection.execute(
            "select count(distinct delivery_sequence) from meta.delivery_profiles"
            " where measure = 'rows'"
        ).fetchall()
    assert profiled == [(MONTHS * len({fault.register for fault in DRIFTS.values()}),)]


EXPECTED = {
    "share_of_a_code": ("boendeform", "share", "inneboende"),
    "missing_in_half": ("forhandsbedomning_beslut", "missing", ""),
    "amounts_in_ore": ("sokt_belopp", "level", ""),
    "new_column": ("handlaggargrupp", "appeared", ""),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_a_planted_drift_is_told_and_loaded(home: Settings, name: str) -> None:
    path = write_fault(home.inbox_dir, name)
    found = drift_of(home)
    assert EXPECTED[name] in {row[1:4] for row in found}
    assert {row[0] for row in found} == {f"2023-{MONTHS:02d}"}
    assert {row[1] for row in found} == {EXPECTED[name][0]}
    with duckdb.connect(str(home.warehouse_path), read_only=True) as connection:
        outcomes = connection.execute(
            "select distinct outcome from meta.deliveries where kind = 'register'"
        ).fetchall()
    assert outcomes == [("loaded",)]
    report = home.delivery_reports_dir / f"{DRIFTS[name].register}__{path.name}.txt"
    text = report.read_text(encoding="utf-8")
    assert "Iakttagelser, som inte hindrar inläsningen:" in text
    assert all(f"- {row[4]}" in text for row in found)


def test_an_optional_column_that_is_left_out_is_told(home: Settings) -> None:
    """It is read as empty: without a word, every investigation would seem to go on."""
    files = sorted((home.inbox_dir / "barn_unga_arenden").glob("*.csv"))
    header, *rows = _lines(files[-1])
    renamed = header.replace("utredning_slut", "utredningslut")
    files[-1].write_text("\n".join([renamed, *rows]) + "\n", encoding="utf-8")
    found = {row[:3]: row[4] for row in drift_of(home)}
    period = files[-1].stem.rsplit("_", 1)[1]
    assert "utredning_slut saknas i filens rubrikrad" in found[period, "utredning_slut", "left_out"]
    # The column's name is repeated only where it cannot be anybody's value.
    assert (period, "utredningslut", "appeared") in found
    assert rows
