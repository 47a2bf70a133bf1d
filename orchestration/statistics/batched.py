r"""One regression on many data sets at once: cells with weights, the same design for all.

A bootstrap refits a model hundreds of times and leaving one board out refits it a dozen. The design
is the same each time and only the cells' numbers differ, so that a step of Fisher's scoring for all
of them is a matrix product. Held against statsmodels in the tests.

What does not belong here: how cells are made and what is read from the coefficients.

Reference: McCullagh & Nelder (1989), Generalized Linear Models, 2.5.
"""

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray

_STEPS = 40
_TOLERANCE = 1e-9
#: A little of a ridge, so that a draw where a category never occurs still has a solution.
_RIDGE = 1e-8
_FARTHEST = 30.0
#: So many numbers of the cells' own information are held at once.
_MOST_HELD = 20_000_000


def _solve(information: FloatArray, score: FloatArray) -> FloatArray:
    ridge = _RIDGE * np.trace(information, axis1=-2, axis2=-1)[..., None, None]
    steadied = information + ridge * np.eye(information.shape[-1])
    return np.asarray(np.linalg.solve(steadied, score[..., None])[..., 0], dtype=np.float64)


def _squares(design: FloatArray) -> FloatArray | None:
    """Each cell's own share of the information, (C, P * P); None where it would be too large."""
    if design.shape[0] * design.shape[1] ** 2 > _MOST_HELD:
        return None
    return (design[:, :, None] * design[:, None, :]).reshape(design.shape[0], -1)


def _information(weights: FloatArray, design: FloatArray, squares: FloatArray | None) -> FloatArray:
    """(R, P, P)."""
    p = design.shape[1]
    if squares is not None:
        return (weights @ squares).reshape(-1, p, p)
    return np.stack([(design * each[:, None]).T @ design for each in weights])


def logistic(
    events: FloatArray, trials: FloatArray, design: FloatArray, start: FloatArray | None = None
) -> FloatArray:
    """Coefficients of a logistic regression of cells, for each data set.

    Args:
        events: (R, C).
        trials: (R, C), at least the events; a cell of none counts for nothing.
        design: (C, P).
        start: (P,), where to begin; zero when left out.

    Returns:
        (R, P).
    """
    squares, p = _squares(design), design.shape[1]
    beta = np.zeros((events.shape[0], p)) + (0.0 if start is None else start)
    for _ in range(_STEPS):
        mean = special.expit(np.clip(beta @ design.T, -_FARTHEST, _FARTHEST))
        weights = trials * mean * (1.0 - mean)
        information = _information(weights, design, squares)
        step = _solve(information, (events - trials * mean) @ design)
        beta = beta + np.clip(step, -4.0, 4.0)
        if np.max(np.abs(step)) < _TOLERANCE:
            break
    return beta


def poisson(counts: FloatArray, design: FloatArray, start: FloatArray) -> FloatArray:
    """Coefficients of a log-linear Poisson regression of counts, for each data set.

    Args:
        counts: (R, C).
        design: (C, P).
        start: (P,), where to begin.

    Returns:
        (R, P).
    """
    squares, p = _squares(design), design.shape[1]
    beta = np.zeros((counts.shape[0], p)) + start
    for _ in range(_STEPS):
        mean = np.exp(np.clip(beta @ design.T, -_FARTHEST, _FARTHEST))
        information = _information(mean, design, squares)
        step = _solve(information, (counts - mean) @ design)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.max(np.abs(step)) < _TOLERANCE:
            break
    return beta
