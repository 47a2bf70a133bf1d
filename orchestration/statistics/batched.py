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
#: A fit has settled when a further step would be this little, in squared standard errors, which is
#: twice what it adds to the log-likelihood.
_SETTLED = 1e-10
#: Or this little of each trial. A coefficient whose category has no event runs off to infinity: it
#: never stops by its size, and what it adds falls so slowly that the first limit is never met. The
#: next step is as the square of this one for all other coefficients.
_SETTLED_OF_TRIAL = 1e-9
#: The same for draws, whose own spread is so much larger.
SETTLED_DRAW = 1e-4
#: A little of a ridge, so that a draw where a category never occurs still has a solution.
_RIDGE = 1e-8
_FARTHEST = 30.0
#: Fewer data sets than this have their information computed one by one.
_FEW = 4
#: So many numbers of the cells' own information are held at once.
_MOST_HELD = 20_000_000


def _solve(information: FloatArray, score: FloatArray) -> FloatArray:
    ridge = _RIDGE * np.trace(information, axis1=-2, axis2=-1)[..., None, None]
    steadied = information + ridge * np.eye(information.shape[-1])
    return np.asarray(np.linalg.solve(steadied, score[..., None])[..., 0], dtype=np.float64)


def _squares(design: FloatArray, data_sets: int) -> FloatArray | None:
    """Each cell's own share of the information, (C, P * P).

    None where it would be too large, or would take longer than the data sets one by one.
    """
    if data_sets < _FEW or design.shape[0] * design.shape[1] ** 2 > _MOST_HELD:
        return None
    return (design[:, :, None] * design[:, None, :]).reshape(design.shape[0], -1)


def _information(weights: FloatArray, design: FloatArray, squares: FloatArray | None) -> FloatArray:
    """(R, P, P)."""
    p = design.shape[1]
    if squares is not None:
        return (weights @ squares).reshape(-1, p, p)
    return np.stack([(design * each[:, None]).T @ design for each in weights])


def logistic(
    events: FloatArray,
    trials: FloatArray,
    design: FloatArray,
    start: FloatArray | None = None,
    settled: float = _SETTLED,
) -> FloatArray:
    """Coefficients of a logistic regression of cells, for each data set.

    Args:
        events: (R, C).
        trials: (R, C), at least the events; a cell of none counts for nothing.
        design: (C, P).
        start: (P,), the fit that the data sets are drawn around; zero when left out.
        settled: how little the last step may be, in squared standard errors.

    Returns:
        (R, P).
    """
    beta = np.zeros((events.shape[0], design.shape[1])) + (0.0 if start is None else start)
    if start is not None and _drawn_near(beta, (events, trials), design, settled):
        return beta
    squares = _squares(design, beta.shape[0])
    enough = np.maximum(settled, _SETTLED_OF_TRIAL * trials.sum(axis=1))
    for _ in range(_STEPS):
        mean = _mean(beta, design)
        weights = trials * mean * (1.0 - mean)
        score = (events - trials * mean) @ design
        step = _solve(_information(weights, design, squares), score)
        beta = beta + np.clip(step, -4.0, 4.0)
        if np.all(np.sum(step * score, axis=1) < enough):
            break
    return beta


def _mean(beta: FloatArray, design: FloatArray) -> FloatArray:
    return np.asarray(special.expit(np.clip(beta @ design.T, -_FARTHEST, _FARTHEST)))


def _drawn_near(
    beta: FloatArray, cells: tuple[FloatArray, FloatArray], design: FloatArray, settled: float
) -> bool:
    """Step from a fit to draws around it by its own information, which is never computed again.

    Draws of the same clusters have nearly the same information, and it is what a step costs.

    Args:
        beta: (R, P), the fit; moved in place.
        cells: events and trials, (R, C) each.
        design: (C, P).
        settled: as of `logistic`.

    Returns:
        Whether all have settled.
    """
    events, trials = cells
    mean = _mean(beta[:1], design)[0]
    weights = trials.mean(axis=0) * mean * (1.0 - mean)
    information = (design * weights[:, None]).T @ design
    ridge = _RIDGE * np.trace(information) * np.eye(design.shape[1])
    inverse = np.linalg.inv(information + ridge)
    for _ in range(_STEPS):
        score = (events - trials * _mean(beta, design)) @ design
        step = score @ inverse
        beta += np.clip(step, -4.0, 4.0)
        if np.max(np.sum(step * score, axis=1)) < settled:
            return True
    return False


def poisson(counts: FloatArray, design: FloatArray, start: FloatArray) -> FloatArray:
    """Coefficients of a log-linear Poisson regression of counts, for each data set.

    Args:
        counts: (R, C).
        design: (C, P).
        start: (P,), where to begin.

    Returns:
        (R, P).
    """
    squares, p = _squares(design, counts.shape[0]), design.shape[1]
    beta = np.zeros((counts.shape[0], p)) + start
    for _ in range(_STEPS):
        mean = np.exp(np.clip(beta @ design.T, -_FARTHEST, _FARTHEST))
        score = (counts - mean) @ design
        step = _solve(_information(mean, design, squares), score)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.max(np.sum(step * score, axis=1)) < _SETTLED:
            break
    return beta
