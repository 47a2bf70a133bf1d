"""A home from before the place was a part of every key: opened once, and nothing of it changes."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.intake.admission import load_deliveries
from orchestration.intake.placing import place_home
from orchestration.intake.receiving import land_deliveries
from orchestration.quality.gate import fingerprint
from orchestration.registers.contract import load_contracts
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.warehouse import open_warehouse

KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")
REGISTER = "raw.register__avhysningar_barn"
LOG = ("meta.deliveries", "meta.held_rows", "meta.delivery_profiles", "meta.drift")
# Some of the tables as the program of 28 November 2026 made them.
OLD_SHAPES = {
    REGISTER: "avhysning_id varchar, datum date, stadsdelsnamnd varchar, antal_barn integer,"
    " verkstalld boolean, orsak varchar, delivery_sequence bigint, delivery_period varchar,"
    " row_number bigint",
    "meta.deliveries": "delivery_sequence bigint, delivery_id varchar, kind varchar, name varchar,"
    " file_name varchar, period varchar, outcome varchar, rows_loaded bigint, rows_held bigint,"
    " received_at timestamp with time zone, synthetic boolean, judged_under varchar",
    "meta.held_rows": "name varchar, file_name varchar, delivery_sequence bigint,"
    " row_number bigint, rule varchar, column_name varchar, key_hash varchar, state varchar,"
    " changed_at timestamp with time zone",
    "raw.municipality__boards": "name varchar, geography_id varchar, valid_from date,"
    " valid_to date, successor_geography_id varchar",
}
REGISTERS = [f"raw.{contract.table}" for contract in load_contracts().values()]
# What the earlier program did not write down.
_PLACE_ON_A_RECEIPT = ', "municipality_id": "0180"'
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


def make_old(connection: duckdb.DuckDBPyConnection) -> None:
    for table in (*REGISTERS, *LOG, "raw.municipality__boards", "raw.municipality__units"):
        connection.execute(f"create temp table kept as from {table}")
        connection.execute(f"drop table {table}")
        if (shape := OLD_SHAPES.get(table)) is not None:
            connection.execute(f"create table {table} ({shape})")
            names = ", ".join(row[0] for row in connection.execute(f"describe {table}").fetchall())
            connection.execute(f"insert into {table} by name select {names} from kept")
        else:
            connection.execute(
                f"create table {table} as select * exclude (municipality_id) from kept"
            )
        connection.execute("drop table kept")


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
        make_old(connection)
        receipts = settings.landing_dir / "receipts.jsonl"
        written = receipts.read_text("utf-8")
        assert written.count(_PLACE_ON_A_RECEIPT) == 2
        receipts.write_text(written.replace(_PLACE_ON_A_RECEIPT, ""), encoding="utf-8")
        yield connection


def test_every_row_gets_the_place_that_the_home_was_told_of(
    old_home: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    before = {table: rows_of(old_home, table) for table in (*REGISTERS, *LOG)}
    assert len(before[REGISTER]) == 3
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
        f"select municipality_id, antal_barn, delivery_sequence from {REGISTER}"
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
        assert connection.execute(f"select municipality_id from {REGISTER}").fetchall() == [
            ("0180",)
        ]
