"""A warm process that forks for each step of the flow, so that a killed one costs no imports.

Reads a line with which step or gate to run, after how many seconds of computing to kill it (`never`
lets it be) and in which home, and answers with how it ended and what it took. Opens no database
itself: a fork must not inherit one.
"""

import logging
import os
from pathlib import Path

from orchestration.flow.gates import judge
from orchestration.flow.performing import perform
from orchestration.flow.step import Step
from orchestration.flow.steps import flow
from orchestration.quality.suites import load_suites
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse
from tests.forked import answer
from tests.kills import import_all

RUN_ID = "en körning som dödas"


def parts() -> list[str]:
    """The steps in order, each with its gate after it."""
    return [
        name for step in flow().steps for name in (step.name, *([step.gate] if step.suites else []))
    ]


def work(part: str, home: Path, killed: bool) -> None:
    """Run one step or gate, as its asset or check does."""
    settings = Settings(home=home, settle_seconds=0)
    if part in flow().by_name:
        log = logging.getLogger(part)
        outcome = perform(
            flow(),
            flow().by_name[part],
            settings,
            run_id=RUN_ID,
            log=log,
            # What is to be killed has all to do, what comes after it what is left to do.
            full_refresh=killed,
        )
        stopped = [verdict for verdict in outcome.verdicts if not verdict.passed]
        assert not outcome.failed_sv, outcome.failed_sv
        assert not [each for each in stopped if each.check == "leveranser"]
        return
    [step] = [each for each in flow().steps if each.gate == part]
    _judge(step, settings, anew=killed)


def _judge(step: Step, settings: Settings, *, anew: bool) -> None:
    suites = load_suites(settings.expectations_dir)
    with open_warehouse(settings.warehouse_path) as connection:
        of_step = [suites[table] for table in step.suites]
        judge(connection, settings, of_step, run_id=RUN_ID, anew=anew)


if __name__ == "__main__":
    os.umask(0o077)
    import_all()
    answer(work)
