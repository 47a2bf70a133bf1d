"""Several municipalities in one home: each gives what it gives alone, and reaches no other's.

One run reports the default one, whose part of the home is as an earlier program left it. Beside it
lie three with the same boards, persons and case numbers: one whose every register is in order, one
with a broken delivery, and one whose key cannot be used.
"""

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.flow.performing import perform
from orchestration.flow.steps import flow
from orchestration.registers.contract import load_contracts
from orchestration.registers.municipality import municipality_path
from orchestration.settings import Settings
from tests.integration.conftest import Installation, failed_steps
from tests.old_home import make_home_old
from tests.same_tables import compared

REPORTED, IN_ORDER, BROKEN, KEYLESS = "0180", "1715", "1480", "2480"
NAME = "Grannkommunen"
BROKEN_FILE = "avhysningar_barn/hos_grannen.csv"
GOOD_FILE = "avhysningar_barn/avhysningar_barn_2023.csv"
KEY = "en hemlighet som bara finns i provet\n"
LOG = {
    *("meta.deliveries", "meta.delivery_breaches", "meta.delivery_notes", "meta.inbox"),
    *("meta.held_rows", "meta.delivery_profiles", "meta.drift", "meta.sources"),
}
# In the published file, of which the marts are the main tables.
PUBLISHED = frozenset({"main", "meta.sources", "meta.remarks"})


@dataclass(frozen=True)
class Home:
    """The home after the run, and what each part of it is held against.

    Attributes:
        reported: The municipality that the run reported on.
        files: Directory of the municipality files.
        alone: Settings of the one in order, taken in by itself in a home of one.
    """

    reported: Installation
    files: Path
    alone: Settings

    def settings(self, code: str) -> Settings:
        """The part of a municipality."""
        return self.reported.settings.model_copy(update={"municipality": code})


def write_key(settings: Settings, text: str) -> None:
    settings.key_file.parent.mkdir(parents=True, mode=0o700)
    settings.key_file.write_text(text, encoding="utf-8")
    settings.key_file.chmod(0o600)


@pytest.fixture(scope="module")
def home(published: Installation, city: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("several")
    files = folder / "kommuner"
    files.mkdir()
    described = municipality_path(Settings()).read_text(encoding="utf-8")
    for code in (IN_ORDER, BROKEN, KEYLESS):
        text = described.replace('code: "0180"', f'code: "{code}"').replace("Stockholms stad", NAME)
        (files / f"{code}.yml").write_text(text, encoding="utf-8")
    shutil.copyfile(municipality_path(Settings()), files / f"{REPORTED}.yml")
    reported = Installation(folder / "home", REPORTED, files)
    made = Home(
        reported,
        files,
        Settings(
            home=folder / "alone", municipality=IN_ORDER, municipality_file=files / "1715.yml"
        ),
    )
    shutil.copytree(published.home, reported.settings.own_home, symlinks=True)
    shutil.move(reported.settings.own_home / "inbox", reported.inbox)
    make_home_old(reported.settings.own_home)

    # The latest file of each register: the very same bytes as the reported one delivers.
    for register in sorted(load_contracts()):
        latest = max(path for path in (city / register).iterdir())
        for inbox in (made.settings(IN_ORDER).inbox_dir, made.alone.inbox_dir):
            (inbox / register).mkdir(parents=True)
            shutil.copyfile(latest, inbox / register / latest.name)
    for code in (BROKEN, KEYLESS):
        (made.settings(code).inbox_dir / GOOD_FILE).parent.mkdir(parents=True)
        shutil.copyfile(city / GOOD_FILE, made.settings(code).inbox_dir / GOOD_FILE)
    (made.settings(BROKEN).inbox_dir / BROKEN_FILE).write_text("inget;av;detta\n1;2;3\n")
    for settings in (made.settings(IN_ORDER), made.alone, made.settings(BROKEN)):
        write_key(settings, KEY)
    write_key(made.settings(KEYLESS), "kort\n")

    result = reported.run()
    assert result.success, failed_steps(result)
    log = logging.getLogger("test")
    for name in ("landing", "raw"):
        perform(flow(), flow().by_name[name], made.alone, run_id="", log=log)
    return made


def test_the_reported_one_is_published_as_it_is_alone(home: Home, published: Installation) -> None:
    """Beside others, and with what an earlier program had kept: the same in every table."""
    different, counts = compared(published.snapshot, home.reported.snapshot, PUBLISHED)
    assert different == {}
    assert sum(rows > 0 for rows in counts.values()) > 8
    assert counts["main.indicator_values"] > 10_000
    assert "meta.sources" in counts


def test_the_old_home_has_a_place_on_every_row(home: Home) -> None:
    for contract in load_contracts().values():
        whose = home.reported.warehouse(
            f"select distinct municipality_id from raw.{contract.table}"
        )
        assert whose == [(REPORTED,)], contract.table


def test_a_neighbour_is_taken_in_as_it_is_alone(home: Home) -> None:
    different, counts = compared(
        home.alone.warehouse_path, home.settings(IN_ORDER).warehouse_path, frozenset({"raw", *LOG})
    )
    assert different == {}
    registers = [counts[f"raw.{contract.table}"] for contract in load_contracts().values()]
    assert min(registers) > 0
    assert counts.keys() >= LOG


def test_the_same_persons_have_other_pseudonyms(home: Home) -> None:
    """Nobody can join two municipalities on a person: each has its own key."""
    table = "raw.register__barn_unga_arenden"
    persons = f"select distinct person_id from {table}"
    with duckdb.connect(str(home.settings(IN_ORDER).warehouse_path), read_only=True) as connection:
        neighbours = {row[0] for row in connection.execute(persons).fetchall()}
        ids = {row[0] for row in connection.execute(f"select arende_id from {table}").fetchall()}
    own_ids = {row[0] for row in home.reported.warehouse(f"select arende_id from {table}")}
    assert ids
    assert ids < own_ids
    assert neighbours
    assert not neighbours & {row[0] for row in home.reported.warehouse(persons)}


def told(settings: Settings) -> list[str]:
    lines = settings.notices.read_text(encoding="utf-8").splitlines()
    return [cause["meddelande"] for line in lines for cause in json.loads(line)["orsaker"]]


def test_a_broken_delivery_concerns_its_own_municipality_alone(home: Home) -> None:
    settings = home.settings(BROKEN)
    assert any(BROKEN_FILE in message for message in told(settings))
    assert len(list(settings.delivery_reports_dir.iterdir())) == 1
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert connection.execute(
            "select outcome, count(*) from meta.deliveries where kind = 'register' group by all"
            " order by all"
        ).fetchall() == [("loaded", 1), ("quarantined", 1)]


def test_a_key_that_cannot_be_used_leaves_what_came_for_the_next_time(home: Home) -> None:
    settings = home.settings(KEYLESS)
    [message] = told(settings)
    assert message.startswith(f"Kommun {KEYLESS}: ")
    assert "nyckel" in message.lower()
    received = (settings.landing_dir / "receipts.jsonl").read_text(encoding="utf-8")
    assert sum('"kind": "register"' in line for line in received.splitlines()) == 1
    assert f'"municipality_id": "{KEYLESS}"' in received


def test_nothing_of_the_others_is_in_the_part_of_the_reported_one(home: Home) -> None:
    assert not home.settings(IN_ORDER).notices.exists()
    own = home.reported.settings.own_home
    assert not home.reported.settings.notices.exists()
    for word in (BROKEN_FILE.rpartition("/")[2], NAME):
        found = [
            path.relative_to(own)
            for path in own.rglob("*")
            if path.is_file() and word.encode() in path.read_bytes()
        ]
        assert found == [], word
    of_whom = (
        "select distinct municipality_id from marts.indicator_values"
        f" where source_id in ({', '.join(repr(name) for name in load_contracts())})"
    )
    assert home.reported.published(of_whom) == [(REPORTED,)]
    publishers = home.reported.published("select publisher from meta.sources")
    assert len(publishers) > 20
    assert (NAME,) not in publishers


def test_what_stops_the_reported_one_keeps_no_other_from_being_taken_in(
    home: Home, city: Path, tmp_path: Path
) -> None:
    """As at the command line: the key of the reported one cannot be used."""
    files = tmp_path / "kommuner"
    files.mkdir()
    for code in (KEYLESS, BROKEN):
        shutil.copyfile(home.files / f"{code}.yml", files / f"{code}.yml")
    typed = ["run", "--home", str(tmp_path / "home"), "--municipality", KEYLESS]
    settings = Settings(home=tmp_path / "home", municipality=KEYLESS, municipality_file=files)
    write_key(settings, "kort\n")
    other = settings.model_copy(update={"municipality": BROKEN})
    (other.inbox_dir / GOOD_FILE).parent.mkdir(parents=True)
    shutil.copyfile(city / GOOD_FILE, other.inbox_dir / GOOD_FILE)
    result = CliRunner().invoke(app, typed, env={"AVVIK_MUNICIPALITY_FILE": str(files)})
    assert result.exit_code == 2
    assert f"Tar in kommun {BROKEN} …" in result.stdout
    assert "nyckel" in result.stderr.lower()
    with duckdb.connect(str(other.warehouse_path), read_only=True) as connection:
        loaded = connection.execute(
            "select municipality_id, count(*) > 0 from raw.register__avhysningar_barn group by all"
        ).fetchall()
    assert loaded == [(BROKEN, True)]
    assert not settings.published_dir.exists()
