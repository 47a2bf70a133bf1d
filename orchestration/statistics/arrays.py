"""What every method takes and gives: arrays of one kind, and what counts as no difference in them.

What does not belong here: what an array holds, and any arithmetic.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Relative differences up to this are rounding in the arithmetic, and no difference at all. Doubles
#: hold about 2e-16, and a sum of a million of them some orders less.
ROUNDING = 1e-12
