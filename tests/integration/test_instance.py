"""Dagster's databases stay open while an instance lives, and are the files that Dagster reads."""

import sqlite3
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration.cli import prepare_dagster_home
from orchestration.history import KEPT_RUNS, forget_runs
from orchestration.instance import Engines, KeptOpenEvents
from orchestration.settings import Settings


@dg.op
def told(context: dg.OpExecutionContext) -> None:
    context.log.info("en rad")


@dg.job
def telling() -> None:
    told()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    settings = Settings(home=tmp_path / 'hem med "citat"')
    prepare_dagster_home(settings)
    return settings.dagster_home


def run(home: Path) -> str:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance.event_log_storage, KeptOpenEvents)
        result = telling.execute_in_process(instance=instance)
        assert result.success
        return result.run_id


def messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [entry.user_message for entry in instance.all_logs(run_id)]


def test_what_is_stored_is_what_dagster_reads(home: Path) -> None:
    runs = [run(home), run(home)]
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert {each.run_id for each in instance.get_runs()} == set(runs)
        told_here = [messages(instance, run_id) for run_id in runs]
    # Dagster's own storage finds the same in the same files.
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert not isinstance(instance.event_log_storage, KeptOpenEvents)
        assert {each.run_id for each in instance.get_runs()} == set(runs)
        assert [messages(instance, run_id) for run_id in runs] == told_here
    assert all("en rad" in lines for lines in told_here)


def test_a_closed_instance_leaves_whole_files(home: Path) -> None:
    """What is copied or backed up afterwards lacks nothing: no journal is left beside a file."""
    run_id = run(home)
    assert not [path.name for path in home.rglob("*") if path.name.endswith(("-wal", "-shm"))]
    [events] = home.rglob(f"{run_id}.db")
    with sqlite3.connect(events) as connection:
        [(count,)] = connection.execute("select count(*) from event_logs").fetchall()
    assert count > 5


def test_few_files_stay_open_however_many_are_read(tmp_path: Path) -> None:
    engines = Engines()
    addresses = [f"sqlite:///{tmp_path}/{number}.db" for number in range(30)]
    for address in addresses:
        with engines.of(address).begin() as connection:
            connection.exec_driver_sql("create table seen (n integer)")
    open_files = [path.resolve() for path in Path("/dev/fd").iterdir() if path.exists()]
    assert 0 < len([path for path in open_files if path.parent == tmp_path.resolve()]) <= 8
    assert engines.of(addresses[-1]) is engines.of(addresses[-1])
    engines.close()
    open_files = [path.resolve() for path in Path("/dev/fd").iterdir() if path.exists()]
    assert not [path for path in open_files if path.parent == tmp_path.resolve()]


def test_threads_that_write_at_the_same_time_wait_for_each_other(home: Path) -> None:
    """As in the server: each thread's writes arrive, none is told that the file is locked."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        faults: list[BaseException] = []

        def write(number: int) -> None:
            try:
                for _ in range(20):
                    instance.run_storage.set_cursor_values({f"k{number}": str(number)})
                    assert instance.run_storage.get_cursor_values({f"k{number}"})
            except BaseException as fault:  # noqa: BLE001 (told by the test's own thread)
                faults.append(fault)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        keys = {f"k{number}" for number in range(4)}
        assert set(instance.run_storage.get_cursor_values(keys)) == keys


def test_a_page_that_watches_a_run_is_told_while_it_goes_on(home: Path) -> None:
    """The server has an instance of its own, and the run's is not closed until the run ends."""
    run_id = str(uuid.uuid4())
    came: list[str] = []
    with (
        dg.DagsterInstance.from_config(str(home)) as server,
        dg.DagsterInstance.from_config(str(home)) as runner,
    ):
        server.watch_event_logs(run_id, None, lambda entry, _: came.append(entry.user_message))
        assert telling.execute_in_process(instance=runner, run_id=run_id).success
        deadline = time.monotonic() + 30
        while "en rad" not in came and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "en rad" in came


def test_old_runs_go_with_their_files_and_the_latest_stay(home: Path) -> None:
    runs = [run(home) for _ in range(KEPT_RUNS + 2)]
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert forget_runs(instance, before=datetime.now(UTC) - timedelta(days=1)) == []
        gone = forget_runs(instance, before=datetime.now(UTC) + timedelta(days=1))
        assert set(gone) == set(runs[:2])
        assert {each.run_id for each in instance.get_runs()} == set(runs[2:])
        assert messages(instance, runs[-1])
    left = {path.name for path in home.rglob("*")}
    assert not [name for name in left for run_id in gone if name.startswith(run_id)]
    assert f"{runs[-1]}.db" in left
    assert runs[-1] in left
