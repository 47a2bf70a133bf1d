r"""How much those who did not answer may mean: the least and the most that a share can be.

Of the n that could answer r have done so and y said yes. Whatever the others would have said,

.. math:: \frac{y}{n} \le \theta \le \frac{y + n - r}{n},

which is the share times the response, and that plus the non-response. The limits hold without any
assumption, and no narrower ones do. A change lies between the least now less the most before, and
the most now less the least before, since nobody knows that who is silent both times has not
changed.

What does not belong here: chance. These are no intervals of a sample.

References: Manski (2003), Partial Identification of Probability Distributions, ch. 1.
"""

import numpy as np

from orchestration.statistics.arrays import FloatArray, IntArray

Bounds = tuple[FloatArray, FloatArray]


def share_bounds(said_yes: IntArray, answered: IntArray, units: IntArray) -> Bounds:
    """The least and the most that a share can be; nan where there is nobody.

    Args:
        said_yes: (N,).
        answered: (N,), at least as many.
        units: (N,), at least as many again.

    Returns:
        Both (N,), fractions.
    """
    whole = np.where(units > 0, units, np.nan)
    return said_yes / whole, (said_yes + units - answered) / whole


def change_bounds(now: Bounds, before: Bounds) -> Bounds:
    """The least and the most that a change of a share can be.

    Args:
        now: as `share_bounds` gives them.
        before: the same of the time before.
    """
    return now[0] - before[1], now[1] - before[0]
