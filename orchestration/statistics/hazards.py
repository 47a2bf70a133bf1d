r"""Regression of how soon something happens, with a hazard that is constant within bands of time.

The logarithm of the hazard is a step for each band of time and a sum of covariates. Spells of one
person go together; their errors are those of clusters, which is what a shared frailty would
otherwise be for.

What does not belong here: shares by a horizon (``survival``), and covariates that change in time.

References: Holford (1980), Biometrics 36:299; Lin & Wei (1989), J. Am. Stat. Assoc. 84:1074
(robust variance).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from orchestration.statistics.arrays import FloatArray, IntArray

_STEPS = 30
_SETTLED = 1e-10
_RIDGE = 1e-9
_FARTHEST = 30.0


@dataclass(frozen=True, eq=False)
class Hazards:
    """A fit.

    Attributes:
        coefficients: (P,), log ratios of hazards.
        covariance: (P, P), of clusters.
        levels: (B,), log hazard in each band where all covariates are nought.
    """

    coefficients: FloatArray
    covariance: FloatArray
    levels: FloatArray

    def contrast(self, weights: FloatArray) -> tuple[float, float]:
        """A sum of coefficients and its standard error; weights (P,)."""
        variance = float(weights @ self.covariance @ weights)
        return float(weights @ self.coefficients), float(np.sqrt(max(variance, 0.0)))


def piecewise(
    time: FloatArray,
    happened: FloatArray,
    covariates: FloatArray,
    cuts: FloatArray,
    clusters: IntArray,
) -> Hazards:
    """Fit the hazards.

    Args:
        time: (N,), how long each spell was seen; not negative.
        happened: (N,), 1 where it ended by the event.
        covariates: (N, P), without a column of ones.
        cuts: (B - 1,), where one band ends and the next begins, ascending.
        clusters: (N,), numbers from 0.

    Raises:
        ValueError: nothing happened in some band.
    """
    edges = np.concatenate([[0.0], cuts, [np.inf]])
    # A moment, so that what happens on the first day has been at risk.
    seen = np.clip(np.maximum(time, 0.5)[:, None] - edges[:-1], 0.0, np.diff(edges))
    band = np.searchsorted(cuts, time, side="right")
    bands, p = edges.size - 1, covariates.shape[1]
    events = np.zeros((time.size, bands))
    events[np.arange(time.size), band] = happened
    if np.any(events.sum(axis=0) == 0):
        raise ValueError("nothing happened in some band of time")
    beta = np.concatenate([np.log(events.sum(axis=0) / seen.sum(axis=0)), np.zeros(p)])
    information = np.eye(bands + p)
    residual = np.zeros_like(events)
    for _ in range(_STEPS):
        pull = np.exp(np.clip(covariates @ beta[bands:], -_FARTHEST, _FARTHEST))
        expected = pull[:, None] * seen * np.exp(beta[:bands])
        residual = events - expected
        score = np.concatenate([residual.sum(axis=0), residual.sum(axis=1) @ covariates])
        cross = expected.T @ covariates
        own = (covariates * expected.sum(axis=1)[:, None]).T @ covariates
        information = np.block([[np.diag(expected.sum(axis=0)), cross], [cross.T, own]])
        information += _RIDGE * np.trace(information) * np.eye(bands + p)
        step = np.linalg.solve(information, score)
        beta = beta + np.clip(step, -2.0, 2.0)
        if step @ score < _SETTLED:
            break
    scores = np.column_stack([residual, residual.sum(axis=1)[:, None] * covariates])
    number = int(clusters.max(initial=-1)) + 1
    of = sparse.coo_array(
        (np.ones(clusters.size), (clusters, np.arange(clusters.size))),
        shape=(number, clusters.size),
    ).tocsr()
    together = np.asarray(of @ scores)
    bread = np.linalg.inv(information)
    covariance = bread @ (together.T @ together) @ bread
    return Hazards(beta[bands:], covariance[bands:, bands:], beta[:bands])
