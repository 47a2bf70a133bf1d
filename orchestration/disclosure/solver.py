"""Solving a programme, linear or with whole numbers: HiGHS through scipy, made silent.

HiGHS writes a line to the process's own output where it repairs a solution, past Python, and
offers no way to be told not to. What is asked belongs to `audit`, `optimum` and `room`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

#: How near a whole number, or nought, an answer lies that is one.
NEAR = 1e-6
_OUTPUT = 1


def solved(
    objective: NDArray[np.float64],
    *,
    bounds: Bounds,
    constraints: LinearConstraint | Sequence[LinearConstraint],
    integrality: NDArray[np.int64] | None = None,
    seconds: float = np.inf,
) -> OptimizeResult:
    """Find the least value of an objective.

    Args:
        objective: What each variable costs; shape (n,).
        bounds: Of the variables.
        constraints: Between them.
        integrality: 1 for those that are whole; none unless given.
        seconds: How long to look.
    """
    quiet = nullcontext() if integrality is None else _silent()
    with quiet:
        return milp(
            objective,
            integrality=integrality,
            bounds=bounds,
            constraints=constraints,
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Let nothing that is written past Python reach the output."""
    kept = os.dup(_OUTPUT)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _OUTPUT)
        yield
    finally:
        os.dup2(kept, _OUTPUT)
        os.close(nowhere)
        os.close(kept)
