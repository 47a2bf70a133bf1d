r"""The same units asked twice whether something holds: whether more of them say yes than before.

Only those who changed say anything of a change, so the test is of them alone: of the b that went
from no to yes and the c that went the other way, each is as likely where nothing has changed.

.. math:: p = \min(1, 2 \Pr[X \le \min(b, c)]), \quad X \sim \mathrm{Bin}(b + c, 1/2)

What does not belong here: who did not answer (``nonresponse``).

References: McNemar (1947), Psychometrika 12:153, in its exact form; Bonett & Price (2012), J.
Educ. Behav. Stat. 37:479 (the interval, adjusted Wald).
"""

import numpy as np
from scipy import special

from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.resampling import Interval


def mcnemar_exact(gained: IntArray, lost: IntArray) -> FloatArray:
    """Two-sided p-values that nothing has changed; 1 where nobody has.

    Args:
        gained: (N,), units that went from no to yes.
        lost: (N,), units that went from yes to no.

    Returns:
        (N,).
    """
    fewest, both = np.minimum(gained, lost), gained + lost
    tail = special.bdtr(fewest.astype(np.float64), both, 0.5)
    return np.asarray(np.minimum(1.0, 2.0 * np.where(both > 0, tail, 1.0)), dtype=np.float64)


def paired_change(gained: int, lost: int, matched: int, level: float) -> Interval:
    """Limits of the change of the share, (gained - lost) / matched.

    Args:
        gained: units that went from no to yes.
        lost: units that went from yes to no.
        matched: units that answered both times, at least one.
        level: coverage.
    """
    up, down = (gained + 1.0) / (matched + 2.0), (lost + 1.0) / (matched + 2.0)
    error = float(np.sqrt((up + down - (up - down) ** 2) / (matched + 2.0)))
    reach = float(special.ndtri((1.0 + level) / 2.0)) * error
    return Interval(max(up - down - reach, -1.0), min(up - down + reach, 1.0), error)
