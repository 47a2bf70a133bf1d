r"""Many e-values at once: which of them are selected at a false-discovery rate.

An e-value is a figure that is 1 on average where nothing is there. Benjamini and Hochberg's step
upon :math:`1/e` holds the false-discovery rate under **any** dependence, which p-values pay for by
a sum of logarithms; indicators of the same persons are as dependent as can be.

What does not belong here: how an e-value came about (``running_year.py``).

References: Wang & Ramdas (2022), J. R. Stat. Soc. B 84:822 (e-BH); Vovk & Wang (2021), Ann. Stat.
49:1736.
"""

import numpy as np

from orchestration.statistics.arrays import BoolArray, FloatArray


def e_bh(e_values: FloatArray, q: float) -> BoolArray:
    """Which of many are selected: the k largest, where the k-th is at least ``m / (q k)``.

    Args:
        e_values: shape (m,), each of at most mean 1 where nothing is there.
        q: false-discovery rate.

    Returns:
        Shape (m,).

    Raises:
        ValueError: an e-value is negative or no number, or ``q`` does not lie between 0 and 1.
    """
    if not 0 < q < 1:
        raise ValueError("q must lie between 0 and 1")
    if np.any(np.isnan(e_values)) or np.any(e_values < 0):
        raise ValueError("an e-value is negative, or no number")
    m = e_values.size
    ordered = np.sort(e_values)[::-1]
    enough = np.flatnonzero(ordered * np.arange(1, m + 1) >= m / q)
    if not enough.size:
        return np.zeros(m, dtype=bool)
    return np.asarray(e_values >= ordered[enough[-1]], dtype=bool)


def stopped(e_values: FloatArray, at_least: float) -> tuple[FloatArray, FloatArray]:
    """Each e-process as it stands, or as it stood when it first reached a figure.

    To stop there is allowed, since it was decided beforehand; the largest value of a process so
    far is no e-value.

    Args:
        e_values: (S, T), in order of time.
        at_least: figure at which a process is stopped.

    Returns:
        (S,) e-values, and the column (from 0) of each that was stopped; nan where none was.
    """
    over = e_values >= at_least
    crossed = over.any(axis=1)
    first = over.argmax(axis=1)
    last = e_values.shape[1] - 1
    at = np.where(crossed, first, last)
    values = np.take_along_axis(e_values, at[:, None], axis=1)[:, 0]
    return values, np.where(crossed, first.astype(np.float64), np.nan)
