"""Which city is made: its seed, size and truths, and what of it is stated rather than drawn.

What the figures are belongs in `targets`, what they come from in the register modules.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from orchestration.demo import sampling
from orchestration.demo.sampling import Ints, scaled
from orchestration.demo.targets import Series
from orchestration.demo.truths import Truths

Mode = Literal["calibrated", "drawn"]


@dataclass(frozen=True)
class Model:
    """A city.

    Attributes:
        seed: Which of all possible cities.
        scale: Its size in persons and decisions; 1 is Stockholm's own.
        truths: What an analysis ought to find.
        drawn: Whether totals that a document states are drawn too.
        place: Which of all possible places, where boards differ; the city's own seed if not given.
    """

    seed: int
    scale: float
    truths: Truths
    drawn: bool = False
    place: int | None = None

    def generator(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose."""
        return sampling.generator(self.seed, purpose)

    def boards(self, purpose: str) -> np.random.Generator:
        """A generator for how boards differ: the same in every city of a place."""
        return sampling.generator(self.seed if self.place is None else self.place, purpose)

    def states(self, series: Series, year: int) -> bool:
        """Whether the year's figure must come out as it is."""
        return not self.drawn and year in series.stated

    def total(self, rng: np.random.Generator, series: Series, year: int) -> int:
        """A year's figure: as it is stated, otherwise drawn around it; at least one."""
        return self.count(rng, series[year], stated=self.states(series, year))

    def count(self, rng: np.random.Generator, expected: float, *, stated: bool = False) -> int:
        """So many in a city of this size: Poisson, unless stated."""
        if stated:
            return scaled(expected, self.scale)
        return max(1, int(rng.poisson(expected * self.scale)))


def drawn_shares(rng: np.random.Generator, total: int, weights: ArrayLike) -> Ints:
    """So many, each in a place of its own choice: multinomial.

    Args:
        rng: Source of randomness.
        total: How many.
        weights: Non-negative weights, shape (n,), not all zero.

    Returns:
        Counts with the sum `total`, shape (n,).
    """
    shares = np.asarray(weights, dtype=np.float64)
    return rng.multinomial(total, shares / shares.sum()).astype(np.int64)
