"""A home from before the place was a part of every key: opened once, and nothing of it changes."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.intake.admission import load_deliveries
from orchestration.intake.placing import (
    OtherMunicipalityError,
    place_home,
    require_described_inbox,
)
from orchestration.intake.receiving import land_deliveries
from orchestration.quality.gate import fingerprint
from orchestration.registers.municipality import MunicipalityError
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse
from tests.old_home import EVICTIONS, LOG, REGISTERS, make_receipts_old, make_tables_old

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
HEADER = "avhysning_id;datum;stadsdelsnamnd;antal_barn;verkstalld;orsak\n"


def take_in(
    connection: duckdb.DuckDBPyConnection, settings: Settings, year: str, rows: str
) -> None:
    """Deliver a year of evictions and load it."""
    folder = settings.inbox_dir / "avhysningar_barn"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"avhysningar_barn_{year}.csv").write_text(HEADER + rows, encoding="utf-8")
    store = LandingStore(settings.landing_dir)
    land_deliveries(connection, settings, store, now=datetime.now(UTC))
    load_deliveries(connection, settings, store, KEY, names=frozenset({"avhysningar_barn"}))


def rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"from {table}").fetchall()


Changed = Mapping[str, tuple[str, str]]


def follow_nothing(_: duckdb.DuckDBPyConnection, __: Changed) -> None:
    """Nothing is recorded of these tables."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, settle_seconds=0, profile="live")


@pytest.fixture
def old_home(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A home of Stockholm's, with rows of two deliveries, as the earlier program left it."""
    with open_warehouse(settings.warehouse_path, directories=[settings.landing_dir]) as connection:
        take_in(
            connection,
            settings,
            "2021",
            "A1;2021-01-10;Bromma;2;J;hyresskuld\nA2;2021-01-11;Farsta;1;N;storning\n",
        )
        take_in(connection, settings, "2022", "A3;2022-02-10;Farsta;3;J;hyresskuld\n")
        make_tables_old(connection)
        assert make_receipts_old(settings.landing_dir / "receipts.jsonl") == 2
        yield connection


def test_every_row_gets_the_place_that_the_home_was_told_of(
    old_home: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    before = {table: rows_of(old_home, table) for table in (*REGISTERS, *LOG)}
    assert len(before[EVICTIONS]) == 3
    assert len(before["meta.delivery_profiles"]) > 2
    prints = {table: fingerprint(old_home, table) for table in REGISTERS}
    followed: dict[str, tuple[str, str]] = {}
    # The home says whose it is, whatever is reported on now.
    told = place_home(
        old_home,
        settings.model_copy(update={"municipality": "1480"}),
        lambda _, changed: followed.update(changed),
    )
    assert told is not None
    assert "0180" in told
    for table, rows in before.items():
        assert rows_of(old_home, table) == [("0180", *row) for row in rows], table
    assert followed == {table: (prints[table], fingerprint(old_home, table)) for table in REGISTERS}
    assert place_home(old_home, settings, follow_nothing) is None


def test_the_next_delivery_replaces_what_the_home_had_kept(
    old_home: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    place_home(old_home, settings, follow_nothing)
    take_in(old_home, settings, "2023", "A1;2021-01-10;Bromma;4;J;hyresskuld\n")
    assert old_home.execute(
        f"select municipality_id, antal_barn, delivery_sequence from {EVICTIONS}"
        " where avhysning_id = 'A1' order by delivery_sequence"
    ).fetchall() == [("0180", 2, 1), ("0180", 4, 3)]
    assert old_home.execute(
        "select distinct municipality_id from raw.register__deliveries"
    ).fetchall() == [("0180",)]


def test_what_stops_halfway_leaves_the_home_as_it_was(
    old_home: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    before = {table: rows_of(old_home, table) for table in (*REGISTERS, *LOG)}

    def stop(_: duckdb.DuckDBPyConnection, __: Changed) -> None:
        raise OSError("full disk")

    with pytest.raises(OSError, match="full disk"):
        place_home(old_home, settings, stop)
    assert {table: rows_of(old_home, table) for table in before} == before
    assert place_home(old_home, settings, follow_nothing) is not None


def test_a_new_home_has_nothing_to_change(settings: Settings) -> None:
    with open_warehouse(settings.warehouse_path, directories=[settings.landing_dir]) as connection:
        assert place_home(connection, settings, follow_nothing) is None
        take_in(connection, settings, "2023", "A1;2023-01-10;Bromma;2;J;hyresskuld\n")
        assert place_home(connection, settings, follow_nothing) is None
        assert connection.execute(f"select municipality_id from {EVICTIONS}").fetchall() == [
            ("0180",)
        ]


def test_the_registers_of_another_municipality_are_never_taken_in(
    old_home: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    """Neither where receipts say whose they are, nor where only the boards do."""
    other = settings.model_copy(update={"municipality": "1480"})
    late = "A9;2023-01-10;Bromma;2;J;hyresskuld\n"
    before = LandingStore(settings.landing_dir).receipts()
    with pytest.raises(OtherMunicipalityError, match=r"kommun 0180, inte 1480\. Gör så här: välj"):
        take_in(old_home, other, "2023", late)
    assert LandingStore(settings.landing_dir).receipts() == before
    place_home(old_home, settings, follow_nothing)
    take_in(old_home, settings, "2023", late)
    old_home.execute("delete from raw.municipality__boards")
    old_home.execute("delete from raw.municipality__units")
    with pytest.raises(OtherMunicipalityError):
        take_in(old_home, other, "2024", late)


def test_registers_of_a_municipality_that_nobody_has_described_stop_it(
    settings: Settings, tmp_path: Path
) -> None:
    """Whether they lie in the inbox or have landed: else they would be silently left out."""
    home = settings.model_copy(update={"municipality": "1480"})
    file = tmp_path / "1480.yml"
    file.write_text(
        "code: '1480'\nname: Göteborg\ncentral_units:\n- {name: Bromma, reason_sv: Prov.}\n",
        encoding="utf-8",
    )
    described = home.model_copy(update={"municipality_file": file})
    late = "A1;2023-01-10;Bromma;2;J;hyresskuld\n"
    with open_warehouse(home.warehouse_path, directories=[home.landing_dir]) as connection:
        with pytest.raises(MunicipalityError, match="ingen kommunfil för koden 1480"):
            take_in(connection, home, "2023", late)
        assert LandingStore(home.landing_dir).receipts() == []
        take_in(connection, described, "2023", late)
        shutil.rmtree(home.inbox_dir)
        with pytest.raises(MunicipalityError, match="Gör så här: skriv en med avvik init-munic"):
            land_deliveries(connection, home, LandingStore(home.landing_dir), now=datetime.now(UTC))


def test_public_statistics_may_lie_in_the_inbox_of_one_without_a_file(settings: Settings) -> None:
    home = settings.model_copy(update={"municipality": "1480"})
    folder = home.inbox_dir / "kronofogden_debt"
    folder.mkdir(parents=True)
    (folder / "skuldsatta.csv").write_text("År;Län\n", encoding="utf-8")
    require_described_inbox(home)
    with open_warehouse(home.warehouse_path, directories=[home.landing_dir]) as connection:
        landed = land_deliveries(
            connection, home, LandingStore(home.landing_dir), now=datetime.now(UTC)
        )
    assert "kronofogden_debt" in {receipt.name for receipt in landed.new}
