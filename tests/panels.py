"""A whole pool of series, without gap, break or known change, for tests and benchmarks of pools.

What does not belong here: how series are drawn, and what is expected of them.
"""

import numpy as np

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.filters import Panel


def whole_panel(observed: object, exposure: object = 1.0, df: float = np.inf) -> Panel:
    """A pool whose every year has a value, and whose noise is that of its law.

    Args:
        observed: (S, T) or (T,).
        exposure: of the same shape, or one for all.
        df: degrees of freedom behind the tested year's sampling variance.
    """
    values = np.atleast_2d(np.asarray(observed, dtype=np.float64))
    rows: FloatArray = np.ones(values.shape[0])
    return Panel(
        observed=values,
        exposure=np.broadcast_to(np.asarray(exposure, dtype=np.float64), values.shape).copy(),
        usable=np.ones(values.shape, dtype=bool),
        reset=np.zeros(values.shape, dtype=bool),
        log_shift=np.zeros(values.shape),
        df=np.full(values.shape[0], df),
        noise=rows,
    )
