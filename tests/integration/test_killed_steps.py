"""The flow is killed in a step of each kind: readers see one whole edition, and nothing is lost.

Each is killed at points of its work, swept after as the next run does, and done again; what is left
at the end is what a flow leaves that nobody disturbs. Steps and gates are run as their assets
and checks do, without Dagster; `make kills` kills the whole of `avvik run` at thirty points.
"""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from orchestration.flow.ledger import read_ledger
from orchestration.flow.news import nothing_new
from orchestration.storage.home import sweep_strays
from orchestration.storage.snapshot import current_edition
from tests.forked import KILLED, Worker, started
from tests.integration.conftest import Installation
from tests.integration.step_process import parts
from tests.kills import edition, state, strays

SEED = 20261128
POINTS = 2
# A gate, dbt, the engine, documents, publication; about how many seconds each computes. Landing and
# loading are killed in `test_killed_intake`.
SECONDS = {"raw_gate": 1.4, "marts": 5.5, "deviations": 1.1, "memorandum": 1.2, "snapshot": 0.8}


@pytest.fixture
def worker() -> Iterator[Worker]:
    with started("tests.integration.step_process") as process:
        yield process


def test_a_flow_that_is_killed_in_a_step_of_each_kind_ends_as_one_that_nobody_disturbs(
    worker: Worker, installation: Installation
) -> None:
    """Each is killed while it makes all anew; the next run makes what is not as it was recorded."""
    settings = installation.settings
    wanted = state(settings)
    old = current_edition(settings.published_dir)
    chance = random.Random(SEED)  # noqa: S311 (the same points each time, no secret)
    killed = Counter[str]()
    for part in parts():
        for place in range(POINTS if part in SECONDS else 0):
            after = SECONDS[part] * (place + chance.uniform(0.1, 0.8)) / POINTS
            code, _ = worker.run(part, settings.home, kill_after=after)
            killed[part] += code == KILLED
            assert edition(settings) == wanted["edition"], "whole, whichever it is"
            if part != "snapshot":
                assert current_edition(settings.published_dir) == old
            sweep_strays(settings.state_dir, inbox=settings.inbox_dir)
        code, _ = worker.run(part, settings.home)
        assert code == 0, part
    assert killed.keys() == SECONDS.keys()
    assert killed.total() >= POINTS * len(SECONDS) * 2 // 3, killed
    assert current_edition(settings.published_dir) != old
    assert state(settings) == wanted
    [*_, first, again] = read_ledger(settings).in_order()
    assert len(first[1]) > 1000
    assert len(again[1]) == 0, "no figure is another, so nothing more is known"
    assert strays(settings) == []
    assert nothing_new(settings)
    # What dbt had begun beside a table went with it.
    assert (
        installation.warehouse(
            "select table_name from duckdb_tables() where contains(table_name, '__dbt_')"
        )
        == []
    )


def test_the_parts_are_the_whole_flow() -> None:
    """Else what is killed above would be less than what runs at night."""
    assert set(SECONDS) <= set(parts())
    assert [*parts()[:2], parts()[-1]] == ["landing", "raw", "snapshot"]
