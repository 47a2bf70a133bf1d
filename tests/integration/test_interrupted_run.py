"""`avvik run` that is ended from outside: a Swedish line, a code of its own, and a clean home."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import dagster as dg
import pytest

from orchestration.storage.holders import LOCK_NAME
from tests.integration.conftest import Installation


@pytest.mark.parametrize(
    ("signum", "step"),
    [(signal.SIGTERM, "Läser in register"), (signal.SIGINT, "Kontrollerar rådata")],
)
def test_a_run_that_is_ended_says_so_and_leaves_a_clean_home(
    signum: int, step: str, fresh: Callable[[], Installation]
) -> None:
    installation = fresh()
    settings = installation.settings
    run = [sys.executable, "-m", "orchestration", "run", "--home", str(installation.home)]
    process = subprocess.Popen(
        # SIGINT is ignored, as in what a shell starts in the background.
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *run],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    )
    assert process.stdout is not None
    before = []
    for line in process.stdout:
        before.append(line)
        if step in line:
            break
    process.send_signal(signum)
    said = process.communicate()[0]
    assert process.returncode == 128 + signum, "".join(before) + said
    assert f"Körningen avbröts ({signal.Signals(signum).name})" in said
    assert "Gör så här" in said
    assert "Traceback" not in said

    left = [
        path
        for path in installation.home.rglob("*")
        if path.name.endswith((".partial", ".part", f".{process.pid}", f"-{process.pid}"))
    ]
    assert left == []
    assert list((installation.home / "spill").iterdir()) == []
    assert (installation.home / LOCK_NAME).read_text() == ""
    assert not installation.snapshot.exists()
    assert not installation.warehouse(
        "select rule from meta.delivery_breaches where rule = 'internt_fel'"
    ), "the signal was taken for a fault of a delivery"
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        [ended] = instance.get_runs()
    assert ended.status == dg.DagsterRunStatus.FAILURE
    # Whoever presses Ctrl-C knows.
    told = settings.notices.exists()
    assert told == (signum == signal.SIGTERM)
    if told:
        [notice] = map(json.loads, settings.notices.read_text(encoding="utf-8").splitlines())
        assert "SIGTERM" in notice["meddelande"]
