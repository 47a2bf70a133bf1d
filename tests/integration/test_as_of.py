"""Any past publication is built again from the landed bytes, and nothing of the present is touched.

Three months of a small city: statistics are revised, registers corrected, a month comes out of
order, deliveries are held and confirmed or replaced, a publisher lies for a while, and a file is
taken out of the inbox. Each publication's content is kept, and then asked for again.
"""

import dataclasses
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.demo.replay import bra
from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import Reply, Request
from orchestration.intake.confirming import confirm_delivery
from orchestration.settings import Settings
from orchestration.sources.registry import Dataset, load_registry, recorded_files
from orchestration.storage.landing import LandingStore
from orchestration.storage.snapshot import content_hash
from orchestration.storage.warehouse import open_warehouse
from tests.integration.conftest import Installation

runner = CliRunner()
RECORDING = "Databasfil_nara_relation_syntetisk.txt"
CRIMES = "Grov kvinnofridskränkning (4 a §);År;2023;"
SOURCES = (
    "select source_id, reference_period, retrieved_at, content_sha256, stale, held_sv"
    " from meta.sources order by all"
)


def hash_of(snapshot: Path) -> str:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return content_hash(connection, "main")


@dataclass
class History:
    """An installation, the clock it runs by, and what it has published.

    Attributes:
        installation: Home and inbox.
        statistics: Directory of what the publishers deliver.
        now: What the clock says.
        published: Content hash and sources of each publication, by its day.
        remarks: What was remarked on although it stopped nothing, by the same day.
    """

    installation: Installation
    statistics: Path
    now: datetime = datetime(2026, 9, 1, 1, 30, tzinfo=UTC)
    published: dict[str, tuple[str, list[tuple[object, ...]]]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)

    def run(self, now: datetime) -> bool:
        """Run the nightly job at a time, and keep what it publishes."""
        self.now = now
        if not self.installation.night().success:
            return False
        self.published[f"{now:%Y-%m-%d}"] = (
            hash_of(self.installation.snapshot),
            self.installation.published(SOURCES),
        )
        told = self.installation.warehouse("select message_sv from meta.remarks order by all")
        self.remarks[f"{now:%Y-%m-%d}"] = [message for (message,) in told]
        return True

    def edition(self, number: int) -> Path:
        """The directory of a publication, by its place among them."""
        return sorted(
            (self.installation.settings.restricted_publication_dir / "tidigare").iterdir()
        )[number]

    def confirm_what_is_held(self) -> int:
        """Say of every held delivery of economic assistance that it is right."""
        settings = self.installation.settings
        held = self.installation.warehouse(
            "select file_name from meta.deliveries where outcome = 'quarantined'"
            " and file_name like 'ekonomiskt_bistand_beslut/%'"
        )
        with open_warehouse(settings.warehouse_path) as connection:
            for (file_name,) in held:
                confirm_delivery(
                    connection,
                    LandingStore(settings.landing_dir),
                    file_name,
                    reason="I den första månaden är alla nya.",
                    confirmed_by="prov",
                    at=self.now,
                )
        return len(held)

    def rebuild(self, as_of: str) -> Result:
        """Ask the command line for a past publication."""
        return runner.invoke(app, ["run", "--home", str(self.installation.home), "--as-of", as_of])

    def rebuilt(self, as_of: str) -> Path:
        return self.installation.home / "as_of" / as_of / "restricted" / "marts.duckdb"

    def revise(self, old: str, new: str) -> None:
        """Let Brå change a figure of the country."""
        path = self.statistics / "bra" / RECORDING
        text = path.read_bytes().decode("iso-8859-1")
        assert text.count(old) == 1
        path.write_bytes(text.replace(old, new).encode("iso-8859-1"))
        bra._figures.cache_clear()


def in_thousands(request: Request) -> Reply:
    """Kronofogden as it answers with every count a thousand times too large."""
    reply = PUBLISHERS["kronofogden"](request)
    larger = re.sub(rb'("antal[^"]*": )"([0-9]+)"', rb'\1"\g<2>000"', reply.content)
    assert larger != reply.content
    return dataclasses.replace(reply, content=larger)


def replace_in(path: Path, old: bytes, new: bytes, count: int = 1) -> bytes:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, count))
    return content


@pytest.fixture(scope="module")
def history(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """September to November of one installation."""
    home = tmp_path_factory.mktemp("past")
    shutil.copytree(city, home / "inbox")
    recorded = tmp_path_factory.mktemp("publishers") / "recorded"
    shutil.copytree(recorded_of_all(), recorded)
    past = History(Installation(home), recorded)

    def delivered(dataset: Dataset) -> list[Path]:
        return [recorded / name for name in dataset.recording.files] if dataset.recording else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "moment", lambda self: self.as_of or past.now)
        patch.setenv("AVVIK_SUPERSEDED_DAYS", "20")
        patch.setattr("orchestration.intake.incoming.recorded_files", delivered)
        patch.setattr(bra, "_RECORDING", recorded / "bra" / RECORDING)
        bra._figures.cache_clear()
        inbox = past.installation.inbox
        late = inbox / "ekonomiskt_bistand_beslut" / "ekonomiskt_bistand_beslut_2016-01.csv"
        waiting = late.read_bytes()
        late.unlink()
        assert past.run(datetime(2026, 9, 1, 1, 30, tzinfo=UTC))

        # October: Brå revises, Kronofogden lies, and evictions are corrected.
        replaced = "orchestration.demo.replay.publishers.PUBLISHERS"
        patch.setattr(replaced, {**PUBLISHERS, "kronofogden": in_thousands})
        past.revise(f"Hela landet;{CRIMES}2298", f"Hela landet;{CRIMES}2301")
        [evictions] = (inbox / "avhysningar_barn").glob("*_2023.*")
        evicted = evictions.read_bytes()
        evictions.write_bytes(evicted.replace(b";J;", b";N;", 2))
        assert evictions.read_bytes() != evicted
        assert past.run(datetime(2026, 10, 1, 1, 30, tzinfo=UTC))

        # The next night's correction is a bad file: held, and nothing is published.
        [family] = (inbox / "familjeratt_arenden").glob("*_2022.*")
        good = replace_in(family, b"2022-", b"2022-9")
        assert not past.run(datetime(2026, 10, 2, 1, 30, tzinfo=UTC))

        # November: it is replaced, the late month comes, Kronofogden has put its figures right, and
        # Brå revises once more.
        patch.setattr(replaced, PUBLISHERS)
        family.write_bytes(good.replace(b"2022-0", b"2022-1", 1))
        late.write_bytes(waiting)
        past.revise(f"Hela landet;{CRIMES}2301", f"Hela landet;{CRIMES}2305")
        # In the first month of all everyone is new, which is unlike the others: a person confirms.
        assert not past.run(datetime(2026, 11, 1, 1, 30, tzinfo=UTC))
        assert past.confirm_what_is_held() == 1
        assert past.run(datetime(2026, 11, 1, 1, 30, tzinfo=UTC))

        # After that a loaded file is taken out of the inbox, and another has come.
        evictions.unlink()
        (evictions.parent / "avhysningar_barn_2015.csv").write_bytes(b"skrap")
        past.revise(f"Hela landet;{CRIMES}2305", f"Hela landet;{CRIMES}2399")
        yield past
    bra._figures.cache_clear()


def recorded_of_all() -> Path:
    return recorded_files(load_registry()[0])[0].parents[1]


def test_each_publication_differs_from_the_one_before(history: History) -> None:
    """Else the comparisons below would prove nothing."""
    assert list(history.published) == ["2026-09-01", "2026-10-01", "2026-11-01"]
    assert len({marts for marts, _ in history.published.values()}) == 3


def test_what_was_revised_is_marked_and_logged(history: History) -> None:
    [(status,)] = history.installation.published(
        "select status from marts.indicator_values where indicator_id ="
        " 'reported_gross_violence_women' and geography_id = 'SE' and year(period_start) = 2023"
    )
    assert status == "revised"
    assert history.installation.published(
        "select indicator_id, old_value, new_value, seen_at::varchar from marts.revisions"
        " where indicator_id = 'reported_gross_violence_women' order by revision_number"
    ) == [
        # 2298 and 1294 make 3592; three more, and then four more.
        ("reported_gross_violence_women", 3592, 3595, "2026-10-01 01:30:00"),
        ("reported_gross_violence_women", 3595, 3599, "2026-11-01 01:30:00"),
    ]
    assert history.installation.published(
        "select distinct indicator_id from marts.revisions order by all"
    ) == [("reported_gross_violence_women",), ("reported_ipv_crimes",)]


def test_a_publisher_that_lies_is_told_of_and_its_last_good_answers_stand(
    history: History,
) -> None:
    """The one replay of the publishers whose answers go the whole way to what is published."""
    lied_about = {"kronofogden_debt_relief", "kronofogden_debtors", "kronofogden_evictions"}
    sources = {
        day: {source: rest for source, *rest in rows}
        for day, (_, rows) in history.published.items()
    }
    for day, held in {
        "2026-09-01": set(),
        "2026-10-01": lied_about,
        "2026-11-01": set(),
    }.items():
        found = {source: rest[-1] for source, rest in sources[day].items() if rest[-1]}
        assert found.keys() == held
        remarks = [each for each in history.remarks[day] if "[regel skala]" in each]
        assert len(remarks) == len(held)
        for source in held:
            assert sources[day][source][3] is True, "stale"
            # What stands is what stood.
            assert sources[day][source][:3] == sources["2026-09-01"][source][:3]
    memorandum = (history.edition(1) / "promemoria.html").read_text("utf-8")
    assert memorandum.count("Inaktuell: ett nyare svar kom 2026-10-01") == len(lied_about)
    with duckdb.connect(str(history.edition(1) / "marts.duckdb"), read_only=True) as connection:
        [(status,)] = connection.execute("select quality_status from meta.publication").fetchall()
    assert status == "godkänd med anmärkning"
    # Each answer is told of once, though the same came again the next night.
    lines = history.installation.settings.notices.read_text("utf-8").splitlines()
    causes = [cause for line in lines for cause in json.loads(line)["orsaker"]]
    told = [cause for cause in causes if cause["regel"] == "skala"]
    assert sorted(cause["leverantor"] for cause in told) == [
        f"{source}, Kronofogden" for source in sorted(lied_about)
    ]
    assert all("avvik confirm" in cause["gor_sa_har"] for cause in told)


def content_of(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and "as_of" not in path.relative_to(home).parts
    }


@pytest.mark.parametrize(
    ("as_of", "label", "day", "versions"),
    [
        # A minute before the second publication, the first was the latest.
        ("2026-10-01T03:29", "2026-10-01T012900Z", "2026-09-01", 1),
        # At its very moment it was the second. A whole day is asked for further down.
        ("2026-10-01T01:30:00Z", "2026-10-01T013000Z", "2026-10-01", 2),
    ],
)
def test_a_past_publication_is_built_again(
    history: History, as_of: str, label: str, day: str, versions: int
) -> None:
    before = content_of(history.installation.home)
    result = history.rebuild(as_of)
    assert result.exit_code == 0, result.output + result.stderr
    assert "Tar emot leveranser" in result.output
    assert "Inget nytt" not in result.output
    snapshot = history.rebuilt(label)
    assert (hash_of(snapshot), sources_of(snapshot)) == history.published[day]
    assert content_of(history.installation.home) == before
    assert len(before) > 100
    assert evictions_of_2023(history.installation.home / "as_of" / label) == versions
    # What October's correction replaced was more than twenty days old in November.
    assert evictions_of_2023(history.installation.home) == 1
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        [(moment, judged)] = connection.execute(
            "select (select as_of from meta.publication)::timestamptz,"
            " (select max(evaluated_at) from meta.validation_results)"
        ).fetchall()
    assert moment == Settings(as_of=as_of).as_of
    assert judged.replace(tzinfo=UTC) == moment


def evictions_of_2023(home: Path) -> int:
    """How many deliveries of that file have rows in `raw`."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        [(count,)] = connection.execute(
            "select count(distinct delivery_sequence) from raw.register__avhysningar_barn"
            " where delivery_period = '2023'"
        ).fetchall()
    return int(count)


def sources_of(snapshot: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        return connection.execute(SOURCES).fetchall()


def test_a_day_when_a_delivery_was_held_has_no_publication(history: History) -> None:
    result = history.rebuild("2026-10-02")
    assert result.exit_code == 1
    output = " ".join((result.output + result.stderr).split())
    assert "STOPP: Fil familjeratt_arenden/" in output
    assert not history.rebuilt("2026-10-02").exists()
    reports = history.installation.home / "as_of" / "2026-10-02" / "delivery_reports"
    held = [
        path.name for path in reports.glob("*.txt") if "hålls tillbaka" in path.read_text("utf-8")
    ]
    # Kronofogden's answers are held too that day, and stand in nobody's way.
    assert "kronofogden" not in output.partition("STOPP:")[2]
    assert {name.split("__")[0] for name in held} == {"familjeratt_arenden", "kronofogden"}


def test_destroyed_deliveries_are_told_by_number_and_register(history: History) -> None:
    receipts = [
        path
        for path in history.installation.settings.landing_dir.rglob("*")
        if path.is_file() and path.name != "receipts.jsonl"
    ]
    hidden = history.installation.home / "hidden"
    hidden.mkdir()
    blob = hashlib.sha256(
        next((history.installation.inbox / "hushall_stadsdel").iterdir()).read_bytes()
    ).hexdigest()
    [path] = [path for path in receipts if path.name == blob]
    shutil.move(path, hidden / blob)
    try:
        result = history.rebuild("2026-09-01")
    finally:
        shutil.move(hidden / blob, path)
        hidden.rmdir()
    output = " ".join((result.output + result.stderr).split())
    assert result.exit_code == 2
    assert "1 av " in output
    assert "Hushåll per stadsdelsnämnd" in output


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("2999-01-01", "har inte varit än"),
        ("2020-01-01", "Ingen leverans hade tagits emot"),
    ],
)
def test_a_moment_that_cannot_be_built_is_refused(
    history: History, as_of: str, message: str
) -> None:
    result = history.rebuild(as_of)
    assert result.exit_code == 2
    assert message in " ".join((result.output + result.stderr).split())
    assert not (history.installation.home / "as_of" / as_of).exists()
