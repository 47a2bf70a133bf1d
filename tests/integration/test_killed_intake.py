"""The intake is killed at any moment: nothing is lost, nothing comes twice, the next run completes.

The points spread over the whole of landing and loading. What is left is held against an intake that
nobody disturbed.
"""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.registers.pseudonyms import read_key
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.snapshot import content_hash
from tests.forked import KILLED, Worker, started
from tests.landed import blob_of

# `make kills` has thirty, spread over the whole run.
TRIALS = 12
KEY_TRIALS = 6
SEED = 20261122
# A few files of each sort, so that a trial takes parts of a second.
REGISTERS = {
    "avhysningar_barn": 4,
    "skyddat_boende_placeringar": 3,
    "boendestod_beslut": 2,
    "ekonomiskt_bistand_beslut": 1,
}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with started("tests.integration.intake_process") as process:
        yield process


@pytest.fixture(scope="module")
def deliveries(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with good files, a file to hold in part, one to hold whole, and a copy."""
    inbox = tmp_path_factory.mktemp("deliveries")
    for register, count in REGISTERS.items():
        (inbox / register).mkdir()
        for path in sorted((city / register).iterdir())[-count:]:
            shutil.copy2(path, inbox / register / path.name)
    cut = inbox / "avhysningar_barn" / "avhysningar_barn_2021.csv"
    cut.write_bytes(cut.read_bytes()[:-20])
    # Enough rows that one wrong number among them holds one row and not the file.
    [*_, decisions] = sorted((inbox / "boendestod_beslut").iterdir())
    text = decisions.read_bytes().decode("cp1252").splitlines(keepends=True)
    cells = text[1].split(";")
    spoilt = ";".join([cells[0], "198705129999", *cells[2:]])
    many = [text[0], spoilt, *(f"X{n}{line}" for n in range(8) for line in text[2:])]
    decisions.write_bytes("".join(many).encode("cp1252"))
    [*_, housing] = sorted((inbox / "skyddat_boende_placeringar").iterdir())
    shutil.copy2(housing, housing.with_name("skyddat_boende_placeringar_2030-01.csv"))
    return inbox


def home_with(deliveries: Path, home: Path) -> Path:
    shutil.copytree(deliveries, home / "inbox")
    (home / "keys").mkdir(mode=0o700)
    key = home / "keys" / "pseudonym.key"
    key.touch(mode=0o600)
    key.write_text("v1:en hemlighet som bara finns i provet", encoding="ascii")
    return home


def state(home: Path) -> dict[str, Any]:
    """All that an intake leaves and that does not tell the time."""
    settings = Settings(home=home, profile="live")
    store = LandingStore(settings.landing_dir)
    receipts = store.receipts()
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        tables = {
            table: connection.execute(f"from {table} order by all").fetchall()
            for table in ("meta.delivery_breaches", "meta.inbox")
        }
        tables["meta.deliveries"] = connection.execute(
            "select outcome, * exclude (outcome, received_at) from meta.deliveries order by all"
        ).fetchall()
        raw = content_hash(connection, "raw")
        [(rows,)] = connection.execute(
            "select sum(estimated_size) from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
    return {
        "receipts": [(r.sequence, r.name, r.file_name, r.delivery_id, r.size) for r in receipts],
        "blobs": {
            receipt.delivery_id: blob_of(store, receipt.delivery_id).stat().st_size
            for receipt in receipts
        },
        "raw": raw,
        "rows": rows,
        "reports": {
            path.name: path.read_text(encoding="utf-8")
            for path in settings.delivery_reports_dir.iterdir()
        },
        "leftovers": [
            path.name for path in (*store.directory.glob(".*"), *(home / "spill").iterdir())
        ],
        **tables,
    }


def deliveries_logged(home: Path) -> bool:
    """Whether a killed intake had got as far as to loading."""
    path = Settings(home=home, profile="live").warehouse_path
    if not path.exists():
        return False
    with duckdb.connect(str(path)) as connection:
        row = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'raw'"
        ).fetchone()
    return row is not None and row[0] > 0


@pytest.fixture(scope="module")
def undisturbed(
    worker: Worker, deliveries: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], float]:
    """What an intake leaves when nobody kills it, and how long it computes."""
    home = home_with(deliveries, tmp_path_factory.mktemp("undisturbed"))
    exit_code, seconds = worker.run("intake", home)
    assert exit_code == 0
    return state(home), seconds


def test_the_undisturbed_intake_has_something_to_lose(
    undisturbed: tuple[dict[str, Any], float],
) -> None:
    left, _ = undisturbed
    outcomes = [outcome for outcome, *_ in left["meta.deliveries"]]
    assert {outcome: outcomes.count(outcome) for outcome in set(outcomes)} == {
        "loaded": len(outcomes) - 3,
        "loaded_in_part": 1,
        "quarantined": 2,
    }
    assert len(left["receipts"]) == 11
    assert left["rows"] > 500
    assert left["leftovers"] == []
    assert len(left["reports"]) == 3


def test_nothing_is_lost_and_nothing_comes_twice(
    worker: Worker,
    deliveries: Path,
    undisturbed: tuple[dict[str, Any], float],
    tmp_path: Path,
) -> None:
    left, seconds = undisturbed
    chance = random.Random(SEED)  # noqa: S311 (the same points each time, no secret)
    killed = landed = loaded = 0
    for trial in range(TRIALS):
        home = home_with(deliveries, tmp_path / str(trial))
        # One point in each part of the work, and more of them early: landing computes little.
        point = seconds * ((trial + chance.random()) / TRIALS) ** 2
        exit_code, _ = worker.run("intake", home, kill_after=point)
        killed += exit_code == KILLED
        receipts = LandingStore(home / "landing").receipts()
        landed += bool(receipts)
        loaded += deliveries_logged(home)
        if trial % 3 == 0:
            # And once more, while it makes good what the first one broke.
            worker.run("intake", home, kill_after=seconds * chance.random())
        exit_code, _ = worker.run("intake", home)
        assert exit_code == 0, f"trial {trial}, killed after {point:.3f} s"
        assert state(home) == left, f"trial {trial}, killed after {point:.3f} s"
        shutil.rmtree(home)
    assert killed >= TRIALS * 0.8
    assert 0 < landed < TRIALS, "some were killed before the landing was done, some after"
    assert loaded > 0, "some were killed between or within the loads"


def pseudonyms(home: Path) -> dict[str, list[str]]:
    """The persons of each register, in the order of its rows."""
    path = Settings(home=home, profile="live").warehouse_path
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            register: [
                person
                for (person,) in connection.execute(
                    f"select {column} from raw.register__{register}"
                    " order by delivery_sequence, row_number"
                ).fetchall()
            ]
            for register, column in (
                ("boendestod_beslut", "person_id"),
                ("skyddat_boende_placeringar", "person_id"),
                ("ekonomiskt_bistand_beslut", "sokande_id"),
            )
        }


def test_a_change_of_key_that_is_killed_leaves_the_one_key_or_the_other(
    worker: Worker, deliveries: Path, tmp_path: Path
) -> None:
    original = home_with(deliveries, tmp_path / "original")
    assert worker.run("intake", original)[0] == 0
    before = pseudonyms(original)
    assert sum(len(persons) for persons in before.values()) > 300
    trial = tmp_path / "rehearsal"
    shutil.copytree(original, trial)
    exit_code, seconds = worker.run("rekey", trial)
    assert exit_code == 0
    chance = random.Random(SEED)  # noqa: S311 (the same points each time, no secret)
    versions: list[int] = []
    killed = 0
    for number in range(4 * KEY_TRIALS):
        home = tmp_path / str(number)
        shutil.copytree(original, home)
        # Round after round the kill comes later, should it compute longer than the first time.
        whole = seconds * (1 + number // KEY_TRIALS)
        point = whole * (number % KEY_TRIALS + chance.random()) / KEY_TRIALS
        exit_code, _ = worker.run("rekey", home, kill_after=point)
        killed += exit_code == KILLED
        # The next run completes the change or undoes it, and finds nothing to load.
        assert worker.run("intake", home)[0] == 0
        settings = Settings(home=home, profile="live")
        key = read_key(settings.key_file)
        after = pseudonyms(home)
        versions.append(key.version)
        found = {person.split(":")[0] for persons in after.values() for person in persons}
        assert found == {f"v{key.version}"}
        assert (after == before) == (key.version == 1)
        assert {name: len(each) for name, each in after.items()} == {
            name: len(each) for name, each in before.items()
        }
        assert [
            path.name for path in settings.key_file.parent.iterdir() if path.suffix == ".next"
        ] == []
        if key.version == 2:
            content = settings.warehouse_path.read_bytes()
            assert not [
                p for persons in before.values() for p in persons if p[3:].encode() in content
            ]
        shutil.rmtree(home)
        if number + 1 >= KEY_TRIALS and set(versions) == {1, 2}:
            break
    assert killed >= KEY_TRIALS // 2
    assert set(versions) == {1, 2}, "some were killed before the change was made, some after"
