"""A night of the flow without Dagster: every step and gate in order, until one stops.

For tests of what a night leaves, where who started it is all the same; that costs six tenths of
what Dagster's own run of the same job does. What Dagster shows, skips and remembers is tested with
Dagster (`tests/integration/test_gates.py`, `test_definitions.py`, `test_flow.py`).
"""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from orchestration.flow.gates import judge, judge_standstill
from orchestration.flow.performing import perform
from orchestration.flow.step import Step, StepRefusedError
from orchestration.flow.steps import flow
from orchestration.notices import send_notice
from orchestration.quality.suites import Suite, load_suites
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse

_LOG = logging.getLogger(__name__)
_JOB = "natt"


@dataclass(frozen=True)
class Night:
    """How a night ended.

    Attributes:
        stopped_at: The step or gate that stopped it; None where all was done.
        told: What was said of it, in Swedish.
    """

    stopped_at: str | None = None
    told: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        return self.stopped_at is None


def night(settings: Settings, *steps: str) -> Night:
    """Run steps and gates.

    Args:
        settings: The installation.
        steps: Which, by name; all unless given.
    """
    run_id = str(uuid4())
    for step in flow().steps:
        if steps and step.name not in steps:
            continue
        if told := _made(step, settings, run_id):
            return Night(step.name, told)
        if step.suites and (told := _judged(step, settings, run_id)):
            return Night(step.gate, told)
    return Night()


def _made(step: Step, settings: Settings, run_id: str) -> tuple[str, ...]:
    try:
        outcome = perform(flow(), step, settings, run_id=run_id, log=_LOG)
    except StepRefusedError as error:
        return (str(error),)
    if outcome.notices:
        assert send_notice(settings, run_id=run_id, job=_JOB, causes=outcome.notices) is None
    if outcome.failed_sv:
        return (outcome.failed_sv,)
    return step.stopped_by(outcome)


@cache
def _suites(directory: Path) -> dict[str, Suite]:
    """Read once a process, as the graph reads them."""
    return load_suites(directory)


def _judged(step: Step, settings: Settings, run_id: str) -> tuple[str, ...]:
    suites = _suites(settings.expectations_dir)
    with open_warehouse(settings.warehouse_path) as connection:
        results = judge(
            connection, settings, [suites[table] for table in step.suites], run_id=run_id
        )
        if step.name == "raw":
            judge_standstill(connection, settings, run_id=run_id)
    return tuple(
        failure.message_sv
        for result in results
        for failure in result.failures
        if failure.closes_gate
    )
