r"""Uncertainty by drawing again: whole clusters at a time, as matrix products, from a stored seed.

Households are refused in several months, persons have several decisions: rows of one cluster are
not independent, so clusters are drawn and never rows. A draw is a vector of weights, how many times
each cluster came up, and whatever is a sum over clusters is the weights times the clusters' own
totals. Nothing loops over rows or copies them.

What does not belong here: what is computed from the sums.

References: Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13; Field & Welsh
(2007), J. R. Stat. Soc. B 69:369 (clusters).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from orchestration.statistics.arrays import FloatArray, IntArray

#: Draws, where a method names no other number. Odd, so that the limits at 95 % are drawn values.
REPLICATES = 499
#: At most so many weights are held at once.
_BLOCK = 4_000_000
#: An interval needs this share of the draws to be defined.
_LEAST_DEFINED = 0.95
_SEED_BITS = 31


def seed_of(analysis_id: str, period: str) -> int:
    """The seed of an analysis of a period: the same in every run, and on every machine.

    Args:
        analysis_id: which analysis.
        period: which period, as it is written.

    Returns:
        From 0 up to 2**31 - 1, so that it fits any integer column.
    """
    digest = hashlib.sha256(f"{analysis_id}\n{period}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _SEED_BITS)


def generator(seed: int) -> np.random.Generator:
    """The generator that all draws come from."""
    return np.random.Generator(np.random.PCG64(seed))


def cluster_totals(
    clusters: IntArray, cells: IntArray, values: FloatArray, shape: tuple[int, int]
) -> sparse.csr_array:
    """Sums of a value for each cluster and cell.

    Args:
        clusters: (N,), numbers from 0.
        cells: (N,), numbers from 0.
        values: (N,).
        shape: number of clusters and of cells.
    """
    return sparse.coo_array((values, (clusters, cells)), shape=shape).tocsr()


def drawn_weights(random: np.random.Generator, clusters: int, replicates: int) -> FloatArray:
    """How many times each cluster comes up when as many are drawn as there are.

    Returns:
        (R, G); each row sums to G.
    """
    weights = np.empty((replicates, clusters))
    # A draw at a time: its counts then stay in the processor's cache.
    for row in weights:
        row[:] = np.bincount(random.integers(0, clusters, size=clusters), minlength=clusters)
    return weights


def bootstrap_sums(
    totals: sparse.csr_array | FloatArray,
    random: np.random.Generator,
    replicates: int = REPLICATES,
) -> FloatArray:
    """Sums over clusters, drawn again.

    Args:
        totals: (G, C), each cluster's own.
        random: where the draws come from.
        replicates: R.

    Returns:
        (R, C).
    """
    clusters = totals.shape[0]
    rows = max(1, _BLOCK // max(clusters, 1))
    transposed = totals.T
    blocks = []
    for start in range(0, replicates, rows):
        weights = drawn_weights(random, clusters, min(rows, replicates - start))
        blocks.append(np.asarray(transposed @ weights.T, dtype=np.float64).T)
    return np.concatenate(blocks)


@dataclass(frozen=True)
class Interval:
    """Limits and standard error; nan where too few draws were defined."""

    lower: float
    upper: float
    standard_error: float

    def covers(self, value: float) -> bool:
        """Whether a value lies inside."""
        return bool(self.lower <= value <= self.upper)


def percentile_interval(drawn: FloatArray, level: float) -> Interval:
    """Limits between which the middle of the draws lies.

    Args:
        drawn: (R,); nan or infinite where a draw had no value.
        level: coverage.
    """
    defined = drawn[np.isfinite(drawn)]
    if defined.size < _LEAST_DEFINED * drawn.size or defined.size == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(defined, [tail, 1.0 - tail], method="weibull")
    return Interval(float(low), float(high), float(defined.std(ddof=1)))


def design_effect(standard_error: float, proportion: float, observations: float) -> float:
    """How many times larger the variance of a proportion is than if its rows were independent.

    Args:
        standard_error: from clusters.
        proportion: between 0 and 1.
        observations: rows.
    """
    alone = proportion * (1.0 - proportion) / observations
    return standard_error**2 / alone if alone > 0 else float("nan")
