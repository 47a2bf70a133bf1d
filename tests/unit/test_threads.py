"""Numpy is loaded with the number of threads that the program has asked for."""

import os
import subprocess
import sys

# Whether numpy was there before the program could say anything, and what it was told.
_ASK = (
    "import sys, {module}; before = 'numpy' in sys.modules; import os, orchestration;"
    " print(before, os.environ['OPENBLAS_NUM_THREADS'])"
)


def _said(module: str, **environment: str) -> list[str]:
    others = {name: each for name, each in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", _ASK.format(module=module)]
    done = subprocess.run(
        command, env={**others, **environment}, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def test_one_thread_unless_somebody_says_otherwise() -> None:
    assert _said("orchestration") == ["False", "1"]
    assert _said("orchestration", OPENBLAS_NUM_THREADS="3") == ["False", "3"]


def test_dagster_that_loads_the_program_has_not_loaded_numpy_first() -> None:
    assert _said("dagster") == ["False", "1"]
