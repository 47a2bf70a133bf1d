"""What a comparison starts is waited for, weighed, and stopped with all that it started itself."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.portability.processes import EngineError, cost_of, process, wait_for

# Starts one of its own, says which, and waits for what never comes.
_PARENT = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, flush=True); time.sleep(600)"
)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether a process is at work; one that has ended may still have a number."""
    try:
        status = (Path("/proc") / str(pid) / "stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_all_that_was_started_is_stopped_also_after_a_failure(tmp_path: Path) -> None:
    command = (sys.executable, "-c", _PARENT)
    log = tmp_path / "parent.log"
    children: list[int] = []

    def fail() -> None:
        with process(tmp_path, "parent", command, dict(os.environ)):
            until(lambda: log.read_text().endswith("\n"))
            children.append(int(log.read_text()))
            assert lives(children[0])
            raise EngineError("Det gick fel.")

    with pytest.raises(EngineError, match="gick fel"):
        fail()
    until(lambda: not lives(children[0]))


def test_what_a_process_has_used_is_what_the_kernel_says() -> None:
    held = bytes(range(256)) * 4096 * 64
    began = os.times()
    while os.times().user - began.user < 0.2:
        pass
    cost = cost_of([os.getpid()])
    assert len(held) == 64 << 20
    assert cost.peak_mib > 64
    assert cost.cpu >= began.user + began.system + 0.1
    assert cost_of([os.getpid()] * 2).peak_mib == pytest.approx(2 * cost.peak_mib, rel=0.2)


def test_what_has_ended_is_not_waited_for() -> None:
    began = time.monotonic()
    with (
        subprocess.Popen([sys.executable, "-c", ""]) as ended,
        pytest.raises(EngineError, match="svarade inte"),
    ):
        wait_for(lambda: False, "Den svarade inte.", [ended])
    assert time.monotonic() - began < 60
