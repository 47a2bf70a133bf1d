"""Dagster's own databases, kept open for as long as its instance lives.

Dagster makes an engine of its own for each event that it stores: each statement is compiled anew,
and each closing connection writes its journal back. That is a large part of what a night costs.
Here each file has one engine. What is stored, and how, is Dagster's and is not decided here.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

# Each run has a file of its own, and a server that lives for months is asked about many.
_KEPT = 8


class Engines:
    """One engine for each file, the latest used ones only."""

    def __init__(self) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = Lock()

    def of(self, address: str) -> Engine:
        """The engine of a file, by its address."""
        with self._lock:
            if address not in self._engines:
                self._engines[address] = _engine(address)
            self._engines.move_to_end(address)
            if len(self._engines) > _KEPT:
                _, oldest = self._engines.popitem(last=False)
                oldest.dispose()
            return self._engines[address]

    def forget(self, address: str) -> None:
        """Close a file that is about to go away."""
        with self._lock:
            if (engine := self._engines.pop(address, None)) is not None:
                engine.dispose()

    def close(self) -> None:
        """Close every file that nobody reads."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _engine(address: str) -> Engine:
    # One connection stays open; threads that ask at the same time open others for the while.
    made = create_engine(
        address,
        pool_size=1,
        max_overflow=-1,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _: object) -> None:
        # Beside a write-ahead journal this survives a kill whole, and a power cut but for the
        # latest events: what a run told of itself, never what it made.
        connection.execute("pragma synchronous = normal")

    return made


class _AtTheJournal(SqliteEventLogStorageWatchdog):
    """Tells the run's page of new events: while a file stays open they are in its journal."""

    def __init__(self, events: SqliteEventLogStorage, *arguments: Any) -> None:
        super().__init__(events, *arguments)
        self._patterns = [self._log_path, f"{self._log_path}-wal"]

    def on_modified(self, _: FileSystemEvent) -> None:
        """Hand on what has come since the last time."""
        self._process_log()


class KeptOpenEvents(SqliteEventLogStorage):
    """The events of each run, and the index over all."""

    _obs: Any

    def __init__(self, base_dir: str) -> None:
        self._engines = Engines()
        self._tables: set[str] = set()
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines.of(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; Dagster asks so with each check, and none goes away."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def delete_events(self, run_id: str) -> None:
        """Forget a run's events, and its file with them; Dagster leaves the empty file for ever."""
        super().delete_events(run_id)
        self._engines.forget(self.conn_string_for_shard(run_id))
        self._initialized_dbs.discard(run_id)
        file = Path(self.path_for_shard(run_id))
        for each in (file, *(file.with_name(f"{file.name}-{kind}") for kind in ("wal", "shm"))):
            each.unlink(missing_ok=True)

    def watch(self, run_id: str, cursor: str | None, callback: Callable[..., Any]) -> None:
        """Call back with each new event of a run."""
        if self._obs is None:
            self._obs = Observer()
            self._obs.start()
        watchdog = _AtTheJournal(self, run_id, callback, cursor)
        watch = self._obs.schedule(watchdog, self._base_dir, recursive=True)
        self._watchers[run_id][callback] = (watchdog, watch)

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        self._engines.close()


class _OneFile:
    """What the stores of one file have in common: an engine that stays."""

    _conn_string: str

    def __init__(self, *arguments: Any) -> None:
        self._engines = Engines()
        super().__init__(*arguments)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection with a transaction of its own."""
        with self._engines.of(self._conn_string).begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()  # type: ignore[misc]
        self._engines.close()


class KeptOpenRuns(_OneFile, SqliteRunStorage):
    """The runs themselves."""


class KeptOpenSchedules(_OneFile, SqliteScheduleStorage):
    """Ticks of the schedule and the sensors."""


class KeptOpenStorage(DagsterSqliteStorage):
    """What `dagster.yaml` names: Dagster's SQLite storage in the same files."""

    _run_storage: SqliteRunStorage
    _event_log_storage: SqliteEventLogStorage
    _schedule_storage: SqliteScheduleStorage

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._run_storage = KeptOpenRuns.from_local(_runs_directory(base_dir))
        self._event_log_storage = KeptOpenEvents(_event_logs_directory(base_dir))
        self._schedule_storage = KeptOpenSchedules.from_local(_schedule_directory(base_dir))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """As Dagster makes it of `dagster.yaml`."""
        return cls.from_local(inst_data=inst_data, **config_value)
