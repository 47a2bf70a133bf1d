"""Sail on this machine: Spark's dialect and protocol in one process, without a JVM.

It comes with pysail's wheel and listens on 127.0.0.1 alone. Its catalogue lives as long as a
session does, so dbt and the comparison share one by its id. What is run on it belongs elsewhere.
"""

import os
import sys
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

# Statements with rows that somebody reads; of others Sail tells a count in a type that the client
# does not know.
_READ = ("select", "with", "show", "describe", "(")
# No pause of a comparison is so long that its tables may be forgotten.
_SESSION_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Sail:
    """A running server.

    Attributes:
        remote: The address of the session that all share.
        directory: Where it keeps all that is its own: tables and log.
        process: Its process id.
        client: The comparison's own end of the session.
        name: What it is called.
        target: Which of the profile's targets dbt takes.
        dbt: The module of dbt's command line.
    """

    remote: str
    directory: Path
    process: int
    client: Any
    name: str = "Sail"
    target: str = "sail"
    dbt: str = "tests.portability.strict_dbt"

    @property
    def environment(self) -> dict[str, str]:
        """What the target reads of the environment."""
        return {"SAIL_REMOTE": self.remote}

    @contextmanager
    def session(self) -> Iterator["Session"]:
        """The session, which is left open for whoever comes next."""
        yield Session(self.client)

    def folder(self, schema: str, name: str) -> Path:
        """Where the files of a table lie; each new table has a new folder.

        Args:
            schema: Its schema.
            name: Its name there.
        """
        with self.session() as session:
            told = session.run(f"describe extended {schema}.{name}")
        [place] = [str(row[1]) for row in told if row[0] == "Location"]
        return self.directory / place

    def cost(self) -> Cost:
        """What the server has used."""
        return cost_of([self.process])


class Session:
    """One connection to the server."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows; none where it has none.

        Args:
            sql: The statement.
        """
        frame = self._client.sql(sql)
        if not sql.lstrip().lower().startswith(_READ):
            return []
        return [tuple(row) for row in frame.collect()]


@contextmanager
def running(directory: Path) -> Iterator[Sail]:
    """Start a server, and stop it at the end, whatever happened.

    Args:
        directory: An empty directory of its own.

    Raises:
        EngineError: If it does not come up.
    """
    if find_spec("pysail") is None:
        message = "pysail saknas. Gör så här: kör make sail, som installerar det."
        raise EngineError(message)
    directory.mkdir()
    port = free_port()
    environment = {
        **os.environ,
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(_SESSION_SECONDS),
        "TZ": "UTC",
    }
    command: Sequence[str] = (
        *(sys.executable, "-m", "pysail", "spark", "server"),
        *("--ip", HOST, "--port", str(port)),
    )
    with process(directory, "sail", command, environment) as server:
        message = f"Sail svarade inte. Gör så här: läs loggen i {directory}."
        wait_for(lambda: answers(port), message, [server])
        remote = f"sc://{HOST}:{port}/;session_id={uuid.uuid4()};user_id=avvik"
        with warnings.catch_warnings():
            # The client warns of pandas, which nothing here goes through.
            warnings.simplefilter("ignore", FutureWarning)
            # Installed by `make sail` only, so neither pytest nor mypy can count on it.
            client = import_module("pyspark.sql").SparkSession.builder.remote(remote).getOrCreate()
        client.conf.set("spark.sql.ansi.enabled", "true")
        try:
            yield Sail(remote, directory, server.pid, client)
        finally:
            # One that is left open asks for its server, which is gone, before it lets Python end.
            client.stop()
