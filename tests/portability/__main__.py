"""`make spark`: every table that dbt builds, on a Spark cluster of this machine, against DuckDB's.

    python -m tests.portability [--warehouse FILE]

A small city goes through the flow on DuckDB; Spark gets the same raw tables and builds the same
models, tests and unit tests. Then it is done once more, and one of the executors is killed while
it works. Last, faults of dialect are planted, to see that each is found. Exit code 1 where a table
differs, a node fails, or a planted fault is not found.
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

from tests.portability.city import write_small_city
from tests.portability.cluster import WORKERS, Cluster, ClusterError, running
from tests.portability.engines import PROJECT, Dbt, Table, compare, export
from tests.portability.gates import outcomes
from tests.portability.planted import FAULTS, Fault

_JAVA = (
    "Java saknas, som Spark går på. Gör så här: installera Java 17, i Debian med"
    " apt-get install openjdk-17-jre-headless, och kör make spark igen."
)


class _Run:
    """One comparison: what has been said, and whether all was well."""

    def __init__(self, directory: Path, warehouse: Path, cluster: Cluster) -> None:
        self.directory = directory
        self.warehouse = warehouse
        self.cluster = cluster
        self.failed = False

    def dbt(self, name: str, project: Path = PROJECT) -> Dbt:
        """How dbt is run on the cluster, with artefacts of its own."""
        environment = {"SPARK_THRIFT_PORT": str(self.cluster.port)}
        return Dbt("spark", environment, self.directory / name, project)

    def check(self, holds: bool, sentence: str, broken: Sequence[object] = ()) -> None:
        """Say how something went."""
        self.failed |= not holds
        say(sentence)
        for each in broken:
            say(f"  {each}")

    def compare(self, tables: Sequence[Table]) -> None:
        """Compare tables, and say how many are equal and what differs in the others."""
        found = compare(self.warehouse, self.cluster, tables)
        equal = sum(not differences for differences in found.values())
        differing = [each for differences in found.values() for each in differences]
        self.check(equal == len(tables) > 0, f"{equal} av {len(tables)} tabeller lika", differing)

    def build(self, *arguments: str) -> list[Table]:
        """Build on Spark, and say what failed there."""
        dbt = self.dbt("built")
        failed = dbt.run("build", *arguments)
        self.check(not failed, f"dbt på Spark: {len(failed)} noder föll", failed)
        return dbt.tables()

    def build_without_an_executor(self) -> None:
        """Build once more, and kill an executor while it is at work."""
        dbt = self.dbt("killed")
        before = set(self.cluster.executors())
        written = self.cluster.warehouse / "marts.db"
        shutil.rmtree(self.directory / "killed", ignore_errors=True)
        process = dbt.start("run")
        tables = self.cluster.warehouse / "intermediate.db"
        started = time.time()
        while process.poll() is None and not _written_after(tables, started):
            time.sleep(0.2)
        at_work = process.poll() is None
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        failed = dbt.finish(process)
        anew = set(self.cluster.executors()) - before
        self.check(
            at_work and len(anew) == 1 and len(self.cluster.executors()) == WORKERS,
            "En exekutor dödades under bygget och Spark startade en ny",
        )
        self.check(not failed and written.exists(), f"dbt igen: {len(failed)} noder föll", failed)

    def judge(self) -> None:
        """Judge every guarded table by its suite on both engines."""
        with self.cluster.session() as session:
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
        found = compare(self.warehouse, self.cluster, tables)
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
        raise ClusterError(f"DuckDB kunde inte bygga: {failed[0]}. Gör så här: kör make dbt.")
    return warehouse


def main() -> int:
    """Run the comparison; 0 where every table is equal and every fault was found."""
    parser = argparse.ArgumentParser(description="Jämför Sparks tabeller med DuckDB:s.")
    parser.add_argument(
        "--warehouse", type=Path, help="ett byggt lager i stället för en liten stad"
    )
    given: Path | None = parser.parse_args().warehouse
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        say(_JAVA)
        return 2
    # As an interruption at the keyboard: what was started is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="avvik-spark-") as name:
        directory = Path(name)
        try:
            warehouse = _warehouse(given, directory)
            say(f"DuckDB har byggt ({time.monotonic() - began:.0f} s)")
            with running(directory / "cluster") as cluster:
                run = _Run(directory, warehouse, cluster)
                given_tables = export(warehouse, cluster, ["raw", "marts", "analyses"])
                say(
                    f"Spark har startat och fått {given_tables} tabeller"
                    f" ({time.monotonic() - began:.0f} s)"
                )
                tables = run.build()
                run.compare(tables)
                run.build_without_an_executor()
                run.compare(tables)
                run.judge()
                for fault in FAULTS:
                    run.plant(fault)
        except (ClusterError, subprocess.SubprocessError) as error:
            say(str(error))
            return 1
    say(f"{'Något är fel' if run.failed else 'Allt är lika'} ({time.monotonic() - began:.0f} s)")
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
