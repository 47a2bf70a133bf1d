"""A standalone Spark cluster on this machine: a master, two workers and a Thrift server.

All of it comes with pyspark's wheel and listens on 127.0.0.1 alone. Whatever was started is stopped
by its own process group, also when something fails; nothing is looked for by name. What is run on
the cluster belongs elsewhere.
"""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WORKERS = 2
_HOST = "127.0.0.1"
_EXECUTOR = b"CoarseGrainedExecutorBackend"
_PATIENCE_SECONDS = 120
# Small data: a JVM that compiles little and collects with one thread takes half the time here.
# That one compiler has room for little code if nothing is said, and what finds none fails oddly.
_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -Duser.timezone=UTC"


class ClusterError(Exception):
    """The cluster did not do what it should; the message is Swedish."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        port: Where the Thrift server answers.
        directory: Where it keeps all that is its own: tables, metastore, logs.
        workers: Process id of each worker.
    """

    port: int
    directory: Path
    workers: Sequence[int]

    @property
    def warehouse(self) -> Path:
        """Where tables lie: a folder `<schema>.db` with one folder a table."""
        return self.directory / "warehouse"

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """A session with ANSI on, closed at the end."""
        # Installed by `make spark` only, so neither pytest nor mypy can count on it.
        hive = import_module("pyhive.hive")
        with closing(hive.connect(_HOST, port=self.port, username="avvik")) as connection:
            session = Session(connection)
            session.run("set spark.sql.ansi.enabled = true")
            yield session

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
def running(directory: Path) -> Iterator[Cluster]:
    """Start a cluster, and stop it at the end, whatever happened.

    Args:
        directory: An empty directory of its own.

    Raises:
        ClusterError: If it does not come up.
    """
    spark = find_spec("pyspark")
    if spark is None or spark.origin is None:
        message = "pyspark saknas. Gör så här: kör make spark, som installerar det."
        raise ClusterError(message)
    home = Path(spark.origin).parent
    port, master_port = _free_port(), _free_port()
    _configure(directory)
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(directory / "conf"),
        "SPARK_LOCAL_IP": _HOST,
        "SPARK_WORKER_DIR": str(directory / "work"),
        "SPARK_DAEMON_JAVA_OPTS": _JVM,
        "TZ": "UTC",
    }
    master = f"spark://{_HOST}:{master_port}"
    starter = str(home / "bin" / "spark-class")

    with ExitStack() as stack:
        started: list[subprocess.Popen[bytes]] = []

        def start(name: str, *command: str, memory: str = "256m") -> int:
            with_memory = {**environment, "SPARK_DAEMON_MEMORY": memory}
            started.append(stack.enter_context(_process(directory, name, command, with_memory)))
            return started[-1].pid

        def wait_for(holds: Callable[[], bool], message: str) -> None:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not holds():
                dead = any(process.poll() is not None for process in started)
                if dead or time.monotonic() > deadline:
                    raise ClusterError(f"{message}. Gör så här: läs loggarna i {directory}.")
                time.sleep(0.2)

        where = ("--host", _HOST, "--port")
        start(
            "master",
            *(starter, "org.apache.spark.deploy.master.Master", *where, str(master_port)),
            *("--webui-port", "0"),
        )
        wait_for(lambda: _answers(master_port), "Sparks master svarade inte")
        workers = [
            start(
                f"worker-{number}",
                *(starter, "org.apache.spark.deploy.worker.Worker", *where, "0"),
                *("--webui-port", "0", "--cores", "1", "--memory", "1g", master),
            )
            for number in range(WORKERS)
        ]
        start(
            "thrift",
            *(str(home / "bin" / "spark-submit"), "--master", master),
            *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
            *("spark-internal", "--hiveconf", f"hive.server2.thrift.port={port}"),
            *("--hiveconf", f"hive.server2.thrift.bind.host={_HOST}"),
            memory="1500m",
        )
        wait_for(lambda: _answers(port), "Sparks Thrift-server svarade inte")
        cluster = Cluster(port, directory, workers)
        wait_for(
            lambda: len(cluster.executors()) >= WORKERS, f"Spark fick inte {WORKERS} exekutorer"
        )
        yield cluster


@contextmanager
def _process(
    directory: Path, name: str, command: Sequence[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a group of its own, which its executors join."""
    with (directory / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sent)
        except ProcessLookupError:  # the whole group has ended
            break
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _configure(directory: Path) -> None:
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
        "spark.driver.host": _HOST,
        "spark.driver.bindAddress": _HOST,
        "spark.driver.extraJavaOptions": f"{_JVM} -Dderby.system.home={directory}",
        "spark.executor.extraJavaOptions": _JVM,
        "spark.executor.memory": "600m",
        "spark.executor.cores": 1,
        "spark.ui.enabled": "false",
        "spark.local.dir": directory / "local",
    }
    lines = [f"{name} {value}\n" for name, value in options.items()]
    (conf / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")


def _answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((_HOST, port)) == 0


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


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
