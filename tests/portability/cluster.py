"""A standalone Spark cluster on this machine: a master, two workers and a Thrift server.

All of it comes with pyspark's wheel and listens on 127.0.0.1 alone. What is run on the cluster
belongs elsewhere, and how a process is started and stopped in `processes`.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.portability.processes import (
    HOST,
    Cost,
    EngineError,
    answers,
    cost_of,
    free_port,
    process,
    wait_for,
)

WORKERS = 2
_EXECUTOR = b"CoarseGrainedExecutorBackend"
# Small data: a JVM that compiles little and collects with one thread takes half the time here.
# That one compiler has room for little code if nothing is said, and what finds none fails oddly.
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -Duser.timezone=UTC"


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        port: Where the Thrift server answers.
        directory: Where it keeps all that is its own: tables, metastore, logs.
        workers: Process id of each worker.
        others: Process ids of the master and of the Thrift server.
        name: What it is called.
        target: Which of the profile's targets dbt takes.
        dbt: The module of dbt's command line.
    """

    port: int
    directory: Path
    workers: Sequence[int]
    others: Sequence[int] = ()
    name: str = "Spark"
    target: str = "spark"
    dbt: str = "dbt.cli.main"

    @property
    def environment(self) -> dict[str, str]:
        """What the target reads of the environment."""
        return {"SPARK_THRIFT_PORT": str(self.port)}

    @property
    def warehouse(self) -> Path:
        """Where tables lie: a folder `<schema>.db` with one folder a table."""
        return self.directory / "warehouse"

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A session with ANSI on, closed at the end."""
        # Installed by `make spark` only, so neither pytest nor mypy can count on it.
        hive = import_module("pyhive.hive")
        with closing(hive.connect(HOST, port=self.port, username="avvik")) as connection:
            session = Session(connection)
            session.run("set spark.sql.ansi.enabled = true")
            yield session

    def folder(self, schema: str, name: str) -> Path:
        """Where the files of a table lie.

        Args:
            schema: Its schema.
            name: Its name there.
        """
        return self.warehouse / f"{schema}.db" / name

    def cost(self) -> Cost:
        """What the JVMs that are alive have used; an executor that was killed is not among them."""
        return cost_of([*self.others, *self.workers, *self.executors()])

    def executors(self) -> list[int]:
        """Process ids of the JVMs that do the work, each a child of a worker."""
        return [pid for worker in self.workers for pid in _children(worker)]


class Session:
    """One connection to the Thrift server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows; none where it has none.

        Args:
            sql: The statement.
        """
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(directory: Path, executor_mib: int = 600) -> Iterator[Cluster]:
    """Start a cluster, and stop it at the end, whatever happened.

    Args:
        directory: An empty directory of its own.
        executor_mib: Memory of each executor.

    Raises:
        EngineError: If it does not come up.
    """
    spark = find_spec("pyspark")
    if spark is None or spark.origin is None:
        message = "pyspark saknas. Gör så här: kör make spark, som installerar det."
        raise EngineError(message)
    home = Path(spark.origin).parent
    port, master_port = free_port(), free_port()
    _configure(directory, executor_mib)
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(directory / "conf"),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_WORKER_DIR": str(directory / "work"),
        "SPARK_DAEMON_JAVA_OPTS": _JVM,
        "TZ": "UTC",
    }
    master = f"spark://{HOST}:{master_port}"
    starter = str(home / "bin" / "spark-class")

    with ExitStack() as stack:
        started: list[subprocess.Popen[bytes]] = []

        def start(name: str, *command: str, memory: str = "256m") -> int:
            with_memory = {**environment, "SPARK_DAEMON_MEMORY": memory}
            started.append(stack.enter_context(process(directory, name, command, with_memory)))
            return started[-1].pid

        def until(holds: Callable[[], bool], message: str) -> None:
            wait_for(holds, f"{message}. Gör så här: läs loggarna i {directory}.", started)

        where = ("--host", HOST, "--port")
        master_process = start(
            "master",
            *(starter, "org.apache.spark.deploy.master.Master", *where, str(master_port)),
            *("--webui-port", "0"),
        )
        until(lambda: answers(master_port), "Sparks master svarade inte")
        workers = [
            start(
                f"worker-{number}",
                *(starter, "org.apache.spark.deploy.worker.Worker", *where, "0"),
                *(
                    "--webui-port",
                    "0",
                    "--cores",
                    "1",
                    "--memory",
                    f"{executor_mib + 424}m",
                    master,
                ),
            )
            for number in range(WORKERS)
        ]
        server = start(
            "thrift",
            *(str(home / "bin" / "spark-submit"), "--master", master),
            *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
            *("spark-internal", "--hiveconf", f"hive.server2.thrift.port={port}"),
            *("--hiveconf", f"hive.server2.thrift.bind.host={HOST}"),
            memory="1500m",
        )
        until(lambda: answers(port), "Sparks Thrift-server svarade inte")
        cluster = Cluster(port, directory, workers, (master_process, server))
        until(lambda: len(cluster.executors()) >= WORKERS, f"Spark fick inte {WORKERS} exekutorer")
        yield cluster


def _configure(directory: Path, executor_mib: int) -> None:
    conf = directory / "conf"
    conf.mkdir(parents=True)
    metastore = f"jdbc:derby:;databaseName={directory}/metastore;create=true"
    options = {
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": directory / "warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.shuffle.partitions": 4,
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.extraJavaOptions": f"{_JVM} -Dderby.system.home={directory}",
        "spark.executor.extraJavaOptions": _JVM,
        "spark.executor.memory": f"{executor_mib}m",
        "spark.executor.cores": 1,
        "spark.ui.enabled": "false",
        "spark.local.dir": directory / "local",
    }
    lines = [f"{name} {value}\n" for name, value in options.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")


def _children(parent: int) -> list[int]:
    """Process ids of the JVMs that a process has started, from what the kernel says of each."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 (a path that ends meanwhile is no error here)
        folder = Path("/proc") / name
        try:
            told = (folder / "status").read_text(encoding="utf-8", errors="replace")
            command = (folder / "cmdline").read_bytes()
        except OSError:  # no process, or one that has ended
            continue
        if re.search(rf"(?m)^PPid:\s+{parent}$", told) and _EXECUTOR in command:
            found.append(int(name))
    return found
