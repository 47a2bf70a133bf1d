"""What several tests read and none changes is built once, also where several workers run them.

The first that asks builds it under a lock, the others wait and read. Whoever needs one to change
takes a copy.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A directory of this test run's own; read, never change.

    Args:
        factory: pytest's temporary directories.
        name: What is built; the same for all that share it.
        build: Fills the directory, which is there and empty.

    Returns:
        The directory.
    """
    base = factory.getbasetemp()
    # Each worker of pytest-xdist has a directory of its own in one that they share.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built_once"
    shared.mkdir(exist_ok=True)
    directory, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # What another worker did not finish is not read.
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            build(directory)
            done.touch()
    return directory
