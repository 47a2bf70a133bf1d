"""`make spark` and `make sail`: every table that dbt builds, on another engine, against DuckDB's.

    python -m tests.portability [--engine spark|sail] [--warehouse FILE] [--once]

A small city goes through the flow on DuckDB; the other engine gets the same raw tables and builds
the same models, tests and unit tests, and judges the same gates. On a Spark cluster of this machine
it is then done once more, while one of the executors is killed, and faults of dialect are planted,
to see that each is found. Exit code 1 where a table differs, a node fails, a rule comes out
otherwise, or a planted fault is not found.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.portability import cluster, sail
from tests.portability.city import write_small_city
from tests.portability.cluster import WORKERS, Cluster
from tests.portability.engines import PROJECT, Dbt, Table, compare, export, rows_of
from tests.portability.gates import outcomes
from tests.portability.planted import FAULTS, Fault
from tests.portability.processes import Engine, EngineError

# Memory of each of Spark's executors: for a small city, and for a warehouse that was run.
_SMALL_MIB, _FULL_MIB = 600, 1500
_JAVA = (
    "Java saknas, som Spark går på. Gör så här: installera Java 17, i Debian med"
    " apt-get install openjdk-17-jre-headless, och kör make spark igen."
)


class _Run:
    """One comparison: what has been said, and whether all was well."""

    def __init__(self, directory: Path, warehouse: Path, engine: Engine) -> None:
        self.directory = directory
        self.warehouse = warehouse
        self.engine = engine
        self.failed = False

    def dbt(self, name: str, project: Path = PROJECT) -> Dbt:
        """How dbt is run on the engine, with artefacts of its own."""
        engine = self.engine
        return Dbt(engine.target, engine.environment, self.directory / name, project, engine.dbt)

    def check(self, holds: bool, sentence: str, broken: Sequence[object] = ()) -> None:
        """Say how something went."""
        self.failed |= not holds
        say(sentence)
        for each in broken:
            say(f"  {each}")

    def compare(self, tables: Sequence[Table]) -> None:
        """Compare tables, and say how many are equal and what differs in the others."""
        found = compare(self.warehouse, self.engine, tables)
        equal = sum(not differences for differences in found.values())
        differing = [each for differences in found.values() for each in differences]
        self.check(equal == len(tables) > 0, f"{equal} av {len(tables)} tabeller lika", differing)

    def build(self) -> list[Table]:
        """Build on the engine, and say what failed there and what it cost."""
        dbt = self.dbt("built")
        began = time.monotonic()
        failed = dbt.run("build")
        said = f"dbt på {self.engine.name}: {len(failed)} noder föll"
        self.check(not failed, f"{said} ({time.monotonic() - began:.0f} s)", failed)
        return dbt.tables()

    def weigh(self, tables: Sequence[Table]) -> None:
        """Say how much was built, and what the engine has used for it."""
        cost = self.engine.cost()
        say(
            f"{rows_of(self.warehouse, tables)} rader, {cost.cpu:.0f} CPU-sekunder och som mest"
            f" {cost.peak_mib:.0f} MiB i {self.engine.name}"
        )

    def build_without_an_executor(self, cluster: Cluster) -> None:
        """Build once more, and kill an executor while it is at work."""
        dbt = self.dbt("killed")
        before = set(cluster.executors())
        written = cluster.warehouse / "marts.db"
        shutil.rmtree(self.directory / "killed", ignore_errors=True)
        process = dbt.start("run")
        tables = cluster.warehouse / "intermediate.db"
        started = time.time()
        while process.poll() is None and not _written_after(tables, started):
            time.sleep(0.2)
        at_work = process.poll() is None
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        failed = dbt.finish(process)
        anew = set(cluster.executors()) - before
        self.check(
            at_work and len(anew) == 1 and len(cluster.executors()) == WORKERS,
            "En exekutor dödades under bygget och Spark startade en ny",
        )
        self.check(not failed and written.exists(), f"dbt igen: {len(failed)} noder föll", failed)

    def judge(self) -> None:
        """Judge every guarded table by its suite on both engines."""
        with self.engine.session() as session:
            judged, apart = outcomes(self.warehouse, session)
        equal = judged - len(apart)
        self.check(equal == judged > 0, f"{equal} av {judged} regler ger samma utfall", apart)

    def plant(self, fault: Fault) -> None:
        """Build what a fault is planted in, and see that the comparison names it."""
        project = self.directory / fault.name
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
        fault.plant(project)
        dbt = self.dbt(f"{fault.name}.built", project)
        failed = dbt.run("run", "--select", fault.select)
        if fault.refused:
            told = any(fault.refused in each for each in failed)
            self.check(told, f"{fault.sv}: {'stoppat' if told else 'INTE STOPPAT'}", failed[:1])
            return
        tables = [table for table in dbt.tables() if str(table) in fault.tables]
        found = compare(self.warehouse, self.engine, tables)
        named = [each for differences in found.values() for each in differences]
        seen = {(each.table, each.column) for each in named if each.count}
        holds = not failed and fault.named in seen
        self.check(holds, f"{fault.sv}: {'funnet' if holds else 'INTE FUNNET'}", named[:3])


def _written_after(folder: Path, moment: float) -> bool:
    return any(path.stat().st_mtime > moment for path in folder.glob("*"))


def say(text: str) -> None:
    """A line, at once."""
    print(text, flush=True)  # noqa: T201 (what was asked for)


def _warehouse(given: Path | None, directory: Path) -> Path:
    """A warehouse with deliveries after deliveries, its models built by DuckDB."""
    warehouse = directory / "warehouse.duckdb"
    if given is None:
        write_small_city(warehouse)
    else:
        shutil.copyfile(given, warehouse)
    dbt = Dbt("local", {"AVVIK_WAREHOUSE": str(warehouse)}, directory / "local")
    failed = dbt.run("build", "--exclude-resource-type", "test", "unit_test")
    if failed:
        raise EngineError(f"DuckDB kunde inte bygga: {failed[0]}. Gör så här: kör make dbt.")
    return warehouse


def _compared(
    engine: Engine, directory: Path, warehouse: Path, *, once: bool, began: float
) -> _Run:
    """Everything that is to hold on an engine that has started."""
    run = _Run(directory, warehouse, engine)
    given = export(warehouse, engine, ["raw", "marts", "analyses"])
    say(f"{engine.name} har startat och fått {given} tabeller ({time.monotonic() - began:.0f} s)")
    tables = run.build()
    run.weigh(tables)
    run.compare(tables)
    if once:
        return run
    if isinstance(engine, Cluster):
        run.build_without_an_executor(engine)
        run.compare(tables)
    run.judge()
    if isinstance(engine, Cluster):
        for fault in FAULTS:
            run.plant(fault)
    return run


def main() -> int:
    """Run the comparison; 0 where every table is equal and every fault was found."""
    parser = argparse.ArgumentParser(description="Jämför en annan motors tabeller med DuckDB:s.")
    parser.add_argument("--engine", choices=("spark", "sail"), default="spark", help="motorn")
    parser.add_argument(
        "--warehouse", type=Path, help="ett byggt lager i stället för en liten stad"
    )
    parser.add_argument("--once", action="store_true", help="bara ett bygge och en jämförelse")
    asked = parser.parse_args()
    given: Path | None = asked.warehouse
    on_spark = asked.engine == "spark"
    if on_spark and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        say(_JAVA)
        return 2
    # As an interruption at the keyboard: what was started is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"avvik-{asked.engine}-") as name:
        directory = Path(name)
        try:
            warehouse = _warehouse(given, directory)
            say(f"DuckDB har byggt ({time.monotonic() - began:.0f} s)")
            memory = _SMALL_MIB if given is None else _FULL_MIB
            starting = (
                cluster.running(directory / "engine", memory)
                if on_spark
                else sail.running(directory / "engine")
            )
            with starting as engine:
                run = _compared(engine, directory, warehouse, once=asked.once, began=began)
        except (EngineError, subprocess.SubprocessError) as error:
            say(str(error))
            return 1
    say(f"{'Något är fel' if run.failed else 'Allt är lika'} ({time.monotonic() - began:.0f} s)")
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
