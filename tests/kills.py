"""`make kills`: kills `avvik run` at random points of the whole run, and sees what is left.

    python -m tests.kills [--points 30] [--in-a-row 1] [--seed 20261128]

A home has published; one delivery is corrected; then `avvik run` is killed, as a power cut or the
kernel would, once in each part of its time. What readers see must be the whole old edition or the
whole new one, and the next `avvik run` must leave what a run leaves that nobody disturbs. That is
some minutes' work, so `make test` does the same at one point of each step, without Dagster
(`tests/integration/test_killed_steps.py`). Prints where each kill struck; exit code 1 where
anything is not as it was promised.

Each run is a fork of a process that has imported everything, so that no kill is wasted on imports.
That one opens no database: a fork must not inherit one.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.demo.city import write_city
from orchestration.flow.news import nothing_new
from orchestration.flow.verification import verify
from orchestration.settings import Settings
from orchestration.storage.landing import LandingStore
from orchestration.storage.manifest import edition_faults
from orchestration.storage.snapshot import content_hash, current_edition, editions_dir
from tests.benchmarks.tables import say
from tests.forked import KILLED, Worker, answer, started

POINTS = 30
SEED = 20261128
SCALE = 0.05
# What grows until it is whole, and is nobody's once its writer is dead.
_STRAYS = (".*.[0-9]*", ".partial-*", "draft.partial", "*.wal", ".*.fresh*")
_UNFINISHED = (
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def correct(inbox: Path) -> None:
    """Let the supplier correct a delivery, so that the next edition differs from the last."""
    [evictions] = (inbox / "avhysningar_barn").glob("*_2023.*")
    before = evictions.read_bytes()
    after = before.replace(b";J;", b";N;", 2)
    assert after != before
    evictions.write_bytes(after)


def edition(settings: Settings) -> str:
    """What readers see: the marts of the edition that their names lead to.

    Raises:
        AssertionError: If any edition is not whole, or a name leads nowhere.
    """
    for each in editions_dir(settings.published_dir).glob("[!.]*"):
        assert list(edition_faults(each)) == [], each.name
    current = current_edition(settings.published_dir)
    assert current is not None, "the names lead nowhere"
    for name in ("marts.duckdb", "promemoria.html", "indikatorer"):
        assert (settings.published_dir / name).resolve() == current / name
    with duckdb.connect(str(settings.snapshot_path), read_only=True) as connection:
        return content_hash(connection, "main")


def state(settings: Settings) -> dict[str, Any]:
    """All that a run leaves and that does not tell the time."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        marts = content_hash(connection, "marts")
        raw = {
            table: connection.execute(
                "select count(*), sum(hash(kept)::hugeint)"
                f" from (select *{f' exclude ({times})' if times else ''} from raw.{table}) as kept"
            ).fetchone()
            for table, times in _raw_tables(connection)
        }
        log = {
            table: connection.execute(
                f"select * exclude ({without}) from meta.{table} order by all"
            ).fetchall()
            for table, without in (("deliveries", "received_at"), ("inbox", "name"))
        }
    numbers = (settings.published_dir / "aktuell" / "numbers.json").read_text(encoding="utf-8")
    return {
        "edition": edition(settings),
        "receipts": [
            (each.sequence, each.name, each.file_name, each.delivery_id)
            for each in LandingStore(settings.landing_dir).receipts()
        ],
        "numbers": numbers,
        "reports": sorted(each.name for each in settings.delivery_reports_dir.iterdir()),
        "marts": marts,
        "raw": raw,
        **log,
    }


def _raw_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The tables of schema `raw`, each with the columns that tell a time of receipt."""
    return connection.execute(
        """
        select table_name, string_agg(column_name, ', ') filter (where column_name = 'received_at')
        from duckdb_columns()
        where schema_name = 'raw' and database_name = current_database()
        group by table_name
        order by table_name
        """
    ).fetchall()


def strays(settings: Settings) -> list[str]:
    """What a killed run has left and the next should have taken away."""
    found = {path for pattern in _STRAYS for path in settings.state_dir.rglob(pattern)}
    found |= set((settings.state_dir / "spill").iterdir())
    return sorted(str(path.relative_to(settings.state_dir)) for path in found)


@dataclass(frozen=True)
class Struck:
    """One kill.

    Attributes:
        after: Seconds of computing from the start of the run.
        at: What the run had last said that it was at.
        seen: Which edition readers saw then.
        left: Strays that lay there.
    """

    after: float
    at: str
    seen: str
    left: int


def warm() -> AbstractContextManager[Worker]:
    """The warm process that forks for each run."""
    return started("tests.kills", "--serve", AVVIK_SETTLE_SECONDS="0", COLUMNS="200")


def import_all() -> None:
    """Import what the program imports where it is used, so that no fork need do it."""
    for name in (
        "dbt.adapters.duckdb.connections",
        "dbt.cli.main",
        "great_expectations.expectations",
        "orchestration.definitions",
    ):
        import_module(name)


def _said(home: Path) -> Path:
    """Where the run in a home writes what it says."""
    return home.with_name(f"{home.name}.said")


def _be_avvik(_what: str, home: Path, _killed: bool) -> int:
    """Do in the fork what the command line does; its exit code."""
    from orchestration import cli  # noqa: PLC0415

    with _said(home).open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    # What a killed run had said must stand in the file.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = ["avvik", "run", "--home", str(home)]
    try:
        cli.main()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def last_step(written: Path) -> str:
    """What a run had last begun, by what it said in a file."""
    said = written.read_text(encoding="utf-8")
    steps = [line.strip(" …") for line in said.splitlines() if line.endswith("…")]
    if "Promemoria:" in said:
        return "efter publiceringen"
    return steps[-1] if steps else "innan något steg"


def kills(
    worker: Worker, base: Path, points: int, in_a_row: int, seed: int
) -> Iterator[tuple[Struck | None, list[str]]]:
    """Kill a run once in each part of its time, and make good what was left.

    Args:
        worker: Runs `avvik run`.
        base: An empty directory.
        points: How many kills.
        in_a_row: How many of them before a run is let be, which makes good what they broke.
        seed: Which points.

    Yields:
        Each kill, with what was wrong after it; None for a run that was let be, with the same.
    """
    original = base / "original"
    write_city(original / "inbox", scale=SCALE)
    code, _ = worker.run("run", original)
    assert code == 0, _said(original).read_text(encoding="utf-8")
    settings = Settings(home=original)
    old = edition(settings)
    correct(settings.inbox_dir)
    undisturbed = base / "undisturbed"
    shutil.copytree(original, undisturbed, symlinks=True)
    code, seconds = worker.run("run", undisturbed)
    assert code == 0, _said(undisturbed).read_text(encoding="utf-8")
    wanted = state(Settings(home=undisturbed))
    assert wanted["edition"] != old, "else nobody could tell the new edition from the old"
    say(f"en ostörd körning räknar i {seconds:.1f} s")
    chance = random.Random(seed)  # noqa: S311 (the same points each time, no secret)
    home, place, struck = base / "killed", 0, 0
    while place < points:
        shutil.copytree(original, home, symlinks=True)
        for _ in range(min(in_a_row, points - place)):
            after = seconds * (place + chance.random()) / points
            place += 1
            code, _ = worker.run("run", home, kill_after=after)
            struck += code == KILLED
            yield _seen(Settings(home=home), after, code, (old, wanted["edition"]))
        yield _afterwards(worker, Settings(home=home), wanted)
        shutil.rmtree(home)
    # A run that is warm computes less than the undisturbed one did.
    assert struck >= points * 0.8, f"{struck} of {points} runs could be killed"


def _seen(
    settings: Settings, after: float, code: int, editions: tuple[str, str]
) -> tuple[Struck, list[str]]:
    """What readers saw after a kill."""
    try:
        seen = dict(zip(editions, ("den gamla", "den nya"), strict=True))[edition(settings)]
        faults = []
    except (AssertionError, KeyError, duckdb.Error, OSError) as error:
        seen, faults = "ingen hel", [f"läsarna såg ingen hel utgåva: {error}"]
    at = last_step(_said(settings.home)) if code == KILLED else "hann bli klar"
    return Struck(after, at, seen, len(strays(settings))), faults


def _afterwards(
    worker: Worker, settings: Settings, wanted: dict[str, Any]
) -> tuple[None, list[str]]:
    """What is wrong after the next run."""
    code, _ = worker.run("run", settings.home)
    if code != 0:
        said = _said(settings.home).read_text(encoding="utf-8")
        return None, [f"nästa körning slutade med {code}: {said[-1000:]}"]
    found = state(settings)
    faults = [f"{part} är en annan" for part in wanted if found[part] != wanted[part]]
    faults += [f"kvar: {name}" for name in strays(settings)]
    faults += verify(settings).faults_sv
    if not nothing_new(settings):
        faults.append("körningen därefter skulle göra om arbetet")
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        if instance.get_runs(filters=dg.RunsFilter(statuses=list(_UNFINISHED))):
            faults.append("en körning står öppen i Dagsters böcker")
    return None, faults


def main(points: int, in_a_row: int, seed: int) -> int:
    """Kill, print what was seen, and tell whether anything was wrong.

    Args:
        points: How many kills.
        in_a_row: How many of them before a run is let be.
        seed: Which points.
    """
    faulty = left = completed = 0
    where: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, warm() as worker:
        for struck, faults in kills(worker, Path(folder), points, in_a_row, seed):
            faulty += bool(faults)
            told = "; ".join(faults) or "som det ska"
            if struck is None:
                completed += 1
                say(f"        nästa körning: {told}")
                continue
            where.update([struck.at, f"läsarna såg {struck.seen} utgåvan"])
            left += struck.left
            say(
                f"{struck.after:5.1f} s, {struck.at}: {struck.seen} utgåvan,"
                f" {struck.left} lösa filer; {told}"
            )
    say(f"{points} punkter, {completed} hela körningar efteråt, {faulty} fel, {left} lösa filer")
    for what, count in where.items():
        say(f"  {count:3d} {what}")
    return int(bool(faulty))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--in-a-row", type=int, default=1)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        import_all()
        answer(_be_avvik)
    else:
        sys.exit(main(arguments.points, arguments.in_a_row, arguments.seed))
