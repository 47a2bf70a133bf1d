"""The code location loads as the server loads it, and holds what operation relies on."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration import automation
from orchestration.assets.steps import StoppedError, key_of
from orchestration.automation import (
    COMMAND_LINE,
    JOB_NAME,
    STARTED_BY,
    failure_notice,
    inbox_content,
    inbox_sensor,
    is_full_refresh,
    may_ask,
    until_it_stops,
)
from orchestration.checks import CHECK_NAME
from orchestration.cli import prepare_dagster_home
from orchestration.definitions import build_defs, defs
from orchestration.flow.documents import DRAFT
from orchestration.flow.landing import FRESHNESS_CHECK
from orchestration.intake.admission import raw_tables
from orchestration.registers.contract import load_contracts
from orchestration.resources import WRITER_POOL, Avvik
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.sources.registry import load_registry
from orchestration.storage.landing import Incoming, LandingStore

FILE_NAME = "avhysningar_barn/avhysningar_barn_2023.csv"
MINUTE = timedelta(minutes=1)
GRAPH = defs.resolve_asset_graph()


def test_the_server_can_load_it() -> None:
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    assert "Validation successful" in result.stdout + result.stderr


def test_all_is_made_anew_in_the_night_to_sunday() -> None:
    nights = [
        datetime(2026, 11, day, 3, 30, tzinfo=ZoneInfo("Europe/Stockholm")) for day in range(22, 30)
    ]
    assert [night.day for night in nights if is_full_refresh(night)] == [22, 29]
    # A Sunday in Sweden is still Saturday in UTC an hour after midnight.
    assert is_full_refresh(datetime(2026, 11, 28, 23, 30, tzinfo=UTC))


def test_what_runs_by_itself() -> None:
    repository = defs.get_repository_def()
    assert {job.name for job in repository.get_all_jobs()} >= {"nightly"}
    assert {schedule.name for schedule in repository.schedule_defs} == {"nightly_schedule"}
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "inbox_sensor",
        "failure_notice",
        "waiting_notices",
    }
    [schedule] = repository.schedule_defs
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # Clocks go forward on 28 March 2027 and back on 31 October 2027, at 02:00 and 03:00.
        (datetime(2027, 3, 27, 12, tzinfo=UTC), ["2027-03-28T01:30", "2027-03-29T01:30"]),
        (datetime(2027, 10, 30, 12, tzinfo=UTC), ["2027-10-31T02:30", "2027-11-01T02:30"]),
    ],
)
def test_the_night_comes_once_also_when_clocks_change(after: datetime, expected: list[str]) -> None:
    [schedule] = defs.get_repository_def().schedule_defs
    assert isinstance(schedule.cron_schedule, str)
    ticks = schedule_execution_time_iterator(
        after.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    )
    found = [next(ticks).astimezone(UTC).strftime("%Y-%m-%dT%H:%M") for _ in expected]
    assert found == expected


def test_every_asset_says_whose_it_is_and_where_it_belongs() -> None:
    groups = set()
    for key in GRAPH.materializable_asset_keys:
        node = GRAPH.get(key)
        assert node.owners, key
        assert node.kinds, key
        groups.add(node.group_name)
    assert groups == {
        "landing",
        "raw",
        "seeds",
        "staging",
        "intermediate",
        "marts",
        "disclosure",
        "analyses",
        "findings",
        "report",
    }


def test_every_asset_leads_to_its_code_and_every_mart_has_its_columns() -> None:
    described = 0
    for key in GRAPH.materializable_asset_keys:
        metadata = GRAPH.get(key).metadata
        [reference] = metadata["dagster/code_references"].code_references
        path = Path(reference.file_path)
        assert path.is_file(), key
        assert path.is_relative_to(PROJECT_ROOT)
        if path.suffix == ".py":
            line = path.read_text(encoding="utf-8").splitlines()[reference.line_number - 1]
            assert line.lstrip().startswith(("def ", "@")), key
        if key.path[0] == "marts":
            columns = metadata["dagster/column_schema"].columns
            assert columns, key
            assert all(column.description for column in columns), key
            described += 1
    assert described > 20


def test_every_register_and_dataset_has_its_way_in() -> None:
    keys = GRAPH.materializable_asset_keys
    for name in [*load_contracts(), *(dataset.source_id for dataset in load_registry())]:
        key = dg.AssetKey(["landing", name])
        assert key in keys
        assert GRAPH.get_check_spec(dg.AssetCheckKey(key, FRESHNESS_CHECK))
    assert GRAPH.get(dg.AssetKey(["published", "snapshot"])).freshness_policy is not None
    for table, names in raw_tables().items():
        parents = GRAPH.get(dg.AssetKey(["raw", table])).parent_keys
        assert parents == {dg.AssetKey(["landing", name]) for name in names}


def test_every_guarded_table_is_a_blocking_check() -> None:
    guarded = {
        path.name.removesuffix(".yml") for path in (PROJECT_ROOT / "expectations").glob("*.yml")
    }
    assert len(guarded) >= len(raw_tables()) + 7
    for table in guarded:
        key = dg.AssetCheckKey(dg.AssetKey(table.split(".")), CHECK_NAME)
        spec = GRAPH.get_check_spec(key)
        assert spec is not None, table
        assert spec.blocking


def test_every_mart_is_guarded() -> None:
    marts = {
        ".".join(key.path) for key in GRAPH.materializable_asset_keys if key.path[0] == "marts"
    }
    assert len(marts) >= 7
    for table in marts:
        assert (PROJECT_ROOT / "expectations" / f"{table}.yml").exists(), table


def test_whatever_opens_the_warehouse_takes_turns() -> None:
    job = defs.resolve_job_def("nightly")
    for node in job.nodes:
        definition = node.definition
        assert isinstance(definition, dg.OpDefinition)
        assert definition.pool == WRITER_POOL, node.name


@pytest.mark.parametrize(
    "config",
    [
        {"resources": {"avvik": {"config": {"overrides": {"home": "zq7"}}}}},
        {"resources": {"avvik": {"config": {"pseudonym_key": "zq7"}}}},
        {"resources": {"avvik": {"config": "zq7"}}},
        {"resources": {"avvik": {"home": "zq7"}}},
        {"resources": {"settings": {"config": {"home": "zq7"}}}},
        {"resources": {"io_manager": {"config": {"base_dir": "zq7"}}}},
        {"ops": {"raw": {"config": {"home": "zq7"}}}},
        {"ops": {"raw_gate": {"config": {"home": "zq7"}}}},
        {"ops": {"landing": {"inputs": {"avvik": "zq7"}}}},
    ],
    ids=str,
)
def test_nothing_of_the_settings_can_be_set_from_a_runs_config_or_is_kept_of_it(
    config: dict[str, object], tmp_path: Path
) -> None:
    prepare_dagster_home(Settings(home=tmp_path))
    job = build_defs(installation=Avvik({"home": str(tmp_path)})).resolve_job_def(JOB_NAME)
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as instance:
        with pytest.raises(dg.DagsterInvalidConfigError):
            job.execute_in_process(instance=instance, run_config=config)
        assert instance.get_runs() == []
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 1
    assert [path for path in written if b"zq7" in path.read_bytes()] == []


def small_inbox(home: Path) -> Settings:
    settings = Settings(home=home)
    file = settings.inbox_dir / FILE_NAME
    file.parent.mkdir(parents=True)
    file.write_text("a;b\n", encoding="utf-8")
    return settings


class Inbox:
    """An inbox with one file, and the sensor as the daemon asks it."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        self.settings = small_inbox(home)
        self.file = self.settings.inbox_dir / FILE_NAME
        self.instance = instance

    def asked(self) -> list[dg.RunRequest]:
        avvik = Avvik(overrides={"home": str(self.settings.home)})
        context = dg.build_sensor_context(instance=self.instance, resources={"avvik": avvik})
        answer = inbox_sensor(context)
        if isinstance(answer, dg.SkipReason):
            return []
        assert isinstance(answer, dg.SensorResult)
        assert answer.run_requests
        return list(answer.run_requests)

    def run(self, request: dg.RunRequest) -> dg.DagsterRun:
        """Start what was asked for, and leave it open."""
        run = dg.DagsterRun(
            job_name=JOB_NAME, tags=dict(request.tags), status=dg.DagsterRunStatus.STARTED
        )
        return self.instance.add_run(run)

    def land(self) -> None:
        incoming = Incoming("register", "avhysningar_barn", self.file, FILE_NAME, synthetic=True)
        LandingStore(self.settings.landing_dir).land([incoming], received_at=datetime.now(UTC))


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Inbox(tmp_path, instance)


def test_the_sensor_looks_in_the_inbox_of_every_municipality(tmp_path: Path) -> None:
    files = tmp_path / "kommuner"
    files.mkdir()
    for code in ("0180", "1480"):
        (files / f"{code}.yml").touch()
    overrides = {"home": str(tmp_path), "municipality_file": str(files)}
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"avvik": Avvik(overrides=overrides)}
        context = dg.build_sensor_context(instance=instance, resources=resources)
        assert isinstance(inbox_sensor(context), dg.SkipReason)
        delivered = tmp_path / "inbox" / "1480" / FILE_NAME
        delivered.parent.mkdir(parents=True)
        delivered.write_text("a;b\n", encoding="utf-8")
        answer = inbox_sensor(context)
    assert isinstance(answer, dg.SensorResult)
    assert len(answer.run_requests or ()) == 1


def test_the_sensor_asks_once_for_new_content(inbox: Inbox) -> None:
    hasty = inbox.settings.model_copy(update={"settle_seconds": 10.0})
    assert inbox_content(hasty) == {}, "a file still being written is left alone"

    def keys() -> list[str | None]:
        return [request.run_key for request in inbox.asked()]

    first = keys()
    assert len(first) == 1
    assert keys() == first, "the same content asks with the same key, and so for one run"
    inbox.land()
    assert keys() == []
    original = inbox.file.read_bytes()
    inbox.file.write_text("a;b\n1;2\n", encoding="utf-8")
    second = keys()
    assert len(second) == 1
    inbox.land()
    inbox.file.write_bytes(original)
    assert len({*first, *second, *keys()}) == 3, "going back is new content too"
    assert inbox.file.exists(), "the supplier's file stays where it is"


def test_the_sensor_asks_again_for_a_file_whose_run_failed(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = set()
    attempts = len(automation._PAUSES) + 1
    for attempt in range(attempts):
        [request] = inbox.asked()
        keys.add(request.run_key)
        run = inbox.run(request)
        assert inbox.asked() == [], "not while it goes on"
        inbox.instance.report_run_failed(run)
        if attempt == 0:
            assert inbox.asked() == [], "not at once"
            no_pauses = (timedelta(0),) * len(automation._PAUSES)
            monkeypatch.setattr(automation, "_PAUSES", no_pauses)
    assert len(keys) == attempts, "a key is only good for one run"
    assert inbox.asked() == [], "what can never land is not asked for for ever"
    inbox.file.write_text("a;b\n1;2\n", encoding="utf-8")
    assert len(inbox.asked()) == 1, "other content is a matter of its own"


def test_a_run_that_a_person_ended_is_not_asked_for_again(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automation, "_PAUSES", (timedelta(0),))
    [request] = inbox.asked()
    inbox.instance.report_run_canceled(inbox.run(request))
    assert inbox.asked() == []


def test_the_pauses_grow_and_end() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert may_ask([], now=now)
    ended: list[datetime] = []
    waited = []
    for _ in range(10):
        ended.append(now)
        minutes = next((m for m in range(60 * 24) if may_ask(ended, now=now + m * MINUTE)), None)
        if minutes is None:
            break
        waited.append(minutes)
        now += minutes * MINUTE
    assert waited == [5, 30, 120]


class Stopped:
    """A run of the nightly job that failed, in an instance of its own."""

    def __init__(self, instance: dg.DagsterInstance, home: Path, tags: dict[str, str]) -> None:
        @dg.op
        def landing() -> None:
            raise PermissionError(13, "Permission denied", "/srv/avvik/landing")

        @dg.job(name=JOB_NAME, tags=tags)
        def nightly() -> None:
            landing()

        result = nightly.execute_in_process(instance=instance, raise_on_error=False)
        self.run_id = result.run_id
        [failure] = [event for event in result.all_events if event.is_run_failure]
        context = dg.build_run_status_sensor_context(
            sensor_name="failure_notice",
            dagster_event=failure,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            resources={"avvik": Avvik(overrides={"home": str(home)})},
        ).for_run_failure()
        failure_notice(context)


def test_a_stopped_run_is_told_by_the_sensor(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        stopped = Stopped(instance, tmp_path, {})
    [line] = Settings(home=tmp_path).notices.read_text(encoding="utf-8").splitlines()
    notice = json.loads(line)
    assert notice["korning"] == stopped.run_id
    assert notice["jobb"] == JOB_NAME
    assert "Steget landing" in notice["meddelande"]
    assert "Permission denied: '/srv/avvik/landing'" in notice["meddelande"]
    assert "Gör så här" in notice["meddelande"]


def test_what_the_command_line_tells_is_not_told_twice(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        Stopped(instance, tmp_path, {STARTED_BY: COMMAND_LINE})
    assert not Settings(home=tmp_path).notices.exists()


def test_build_defs_makes_fresh_definitions() -> None:
    assert build_defs() is not build_defs()


def test_the_report_waits_for_the_gate_of_every_mart_that_it_reads() -> None:
    """What a query names and the asset does not would be read past a closed gate."""
    sources = (PROJECT_ROOT / "orchestration" / "reporting").glob("*.py")
    named = {
        table
        for path in sources
        for table in re.findall(
            r"(?:from|join) ((?:marts|seeds)\.\w+)", path.read_text(encoding="utf-8")
        )
    }
    assert len(named) > 5
    waited_for = {".".join(key.path) for key in GRAPH.get(key_of(DRAFT)).parent_keys}
    assert named <= waited_for


@dg.op
def _closed_gate() -> int:
    raise StoppedError("Grinden är stängd.")


@dg.op
def _reads_on(value: int) -> int:
    return value


@dg.job(executor_def=until_it_stops)
def stopping_job() -> None:
    _reads_on.alias("last")(_reads_on.alias("next")(_closed_gate()))


def test_a_stopped_run_says_why_and_nothing_else() -> None:
    """Dagster's own executor would add an error for each step that waited."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.execute_job(
            dg.reconstructable(stopping_job), instance=instance, raise_on_error=False
        )
        logged = instance.all_logs(result.run_id)
    errors = [entry for entry in logged if int(entry.level) >= logging.ERROR]
    assert not result.success
    assert [entry.step_key for entry in errors if entry.step_key] == ["_closed_gate"]
    assert not [entry for entry in logged if "Dependencies for step" in entry.user_message]
    [failure] = [entry.dagster_event for entry in logged if entry.step_key and entry in errors]
    assert failure is not None
    assert failure.step_failure_data.error is not None
    assert failure.step_failure_data.error.to_string() == "Grinden är stängd."
