r"""How far a computed figure moves when what it is computed from moves within declared ranges.

All at once: a Latin hypercube, so that each number's range is covered evenly by few draws. One at a
time: the ends of each range with the others as they stand, which is what a tornado chart shows.

What does not belong here: what is computed, and where the ranges come from.

References: McKay, Beckman & Conover (1979), Technometrics 21:239 (the hypercube); Kotz & van Dorp
(2004), Beyond Beta, ch. 1 (the triangular distribution's quantiles).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.resampling import generator

#: Draws of a hypercube.
DRAWS = 4_000
Shape = Literal["triangular", "uniform"]


@dataclass(frozen=True)
class Spread:
    """A number and how far it may be from it.

    Attributes:
        value: the number itself, which a triangular spread has its peak at.
        low: the least it may be.
        high: the most it may be.
        shape: how likely what lies between is.
    """

    value: float
    low: float
    high: float
    shape: Shape = "triangular"

    @property
    def is_fixed(self) -> bool:
        """Whether it does not move."""
        return self.low == self.high

    def at(self, quantile: FloatArray) -> FloatArray:
        """Its quantiles.

        Args:
            quantile: (R,), between 0 and 1.

        Returns:
            (R,).
        """
        width = self.high - self.low
        if self.shape == "uniform" or self.is_fixed:
            return self.low + width * quantile
        rising = (self.value - self.low) / width
        below = self.low + np.sqrt(quantile * width * (self.value - self.low))
        above = self.high - np.sqrt((1.0 - quantile) * width * (self.high - self.value))
        return np.where(quantile < rising, below, above)


def draws(spreads: Mapping[str, Spread], seed: int, number: int = DRAWS) -> dict[str, FloatArray]:
    """Draws of all that moves, by name; what is fixed is left out.

    Args:
        spreads: by name; their order decides which draws they get.
        seed: of the generator.
        number: R.

    Returns:
        (R,) for each.
    """
    from scipy.stats import qmc  # noqa: PLC0415 - none but this needs it

    moving = {name: spread for name, spread in spreads.items() if not spread.is_fixed}
    if not moving:
        return {}
    cube = qmc.LatinHypercube(d=len(moving), rng=generator(seed)).random(number)
    return {name: spread.at(cube[:, at]) for at, (name, spread) in enumerate(moving.items())}


@dataclass(frozen=True)
class Swing:
    """What a figure is at the ends of one number's range, all others as they stand."""

    name: str
    at_low: float
    at_high: float

    @property
    def size(self) -> float:
        """How far the figure moves."""
        return abs(self.at_high - self.at_low)


def swings(
    spreads: Mapping[str, Spread], figure: Callable[[Mapping[str, float]], float]
) -> list[Swing]:
    """One number at a time, the one that moves the figure most first.

    Args:
        spreads: by name.
        figure: of the numbers by name; those left out are as they stand.
    """
    found = [
        Swing(name, figure({name: spread.low}), figure({name: spread.high}))
        for name, spread in spreads.items()
        if not spread.is_fixed
    ]
    # What moves it as far comes in its own order, whatever the last decimals are.
    return sorted(found, key=lambda each: -float(f"{each.size:.9g}"))
