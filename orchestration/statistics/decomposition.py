r"""What a change consists of: composition and rates, factors of a product, inflow and duration.

A refusal share that rises because longer cases are refused more often has another cause than one
that rises in every kind of case. The parts are exact and add up to the whole; they say what
changed and never why.

Direct standardisation answers the related question of what a rate would be with another
population's composition. Fewer than ten events give no interval, as in PHEindicatormethods.

What does not belong here: regressions, and a verdict of what counts as an explanation.

References: Kitagawa (1955), J. Am. Stat. Assoc. 50:1168; Das Gupta (1993), Current Population
Reports P23-186; Shapley (1953), whose value Das Gupta's weights are; Dobson et al. (1991), Stat.
Med. 10:457.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.funnels import byar_limits

#: Dobson's interval is not given for fewer events.
LEAST_EVENTS = 10


@dataclass(frozen=True)
class Kitagawa:
    """A change of a rate, in two parts that add up to it.

    Attributes:
        composition: because the strata's shares changed.
        rates: because the strata's own rates changed.
    """

    composition: float
    rates: float

    @property
    def total(self) -> float:
        """The whole change."""
        return self.composition + self.rates


def kitagawa(
    shares_before: FloatArray, rates_before: FloatArray, shares: FloatArray, rates: FloatArray
) -> Kitagawa:
    """Split the change of a rate into composition and rates.

    Args:
        shares_before: (K,), sizes or shares of the strata; scaled to sum to one.
        rates_before: (K,).
        shares: (K,), afterwards.
        rates: (K,), afterwards.
    """
    w1, w2 = shares_before / shares_before.sum(), shares / shares.sum()
    return Kitagawa(
        composition=float(((w2 - w1) * (rates_before + rates) / 2).sum()),
        rates=float(((rates - rates_before) * (w1 + w2) / 2).sum()),
    )


@dataclass(frozen=True)
class FactorEffect:
    """What one factor contributes.

    Attributes:
        before: the rate with this factor as it was, the others averaged over both populations.
        after: the same with this factor as it became.
    """

    before: float
    after: float

    @property
    def effect(self) -> float:
        """Its part of the change; the parts of all factors add up to the change."""
        return self.after - self.before


def das_gupta(
    rate: Callable[[Mapping[str, FloatArray]], float],
    before: Mapping[str, FloatArray],
    after: Mapping[str, FloatArray],
) -> dict[str, FactorEffect]:
    """Split a change into the parts of any number of factors, in no order of precedence.

    Args:
        rate: the rate as a function of the factors.
        before: the factors as they were.
        after: the same factors as they became.

    Returns:
        One effect for each factor.

    Raises:
        ValueError: the factors differ.
    """
    if before.keys() != after.keys():
        raise ValueError("before and after must hold the same factors")
    names = list(before)
    values = {
        changed: rate({n: after[n] if n in changed else before[n] for n in names})
        for size in range(len(names) + 1)
        for changed in map(frozenset, combinations(names, size))
    }
    effects: dict[str, FactorEffect] = {}
    for name in names:
        others = [n for n in names if n != name]
        low = high = 0.0
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(others) - size) / factorial(len(names))
            for changed in map(frozenset, combinations(others, size)):
                low += weight * values[changed]
                high += weight * values[changed | {name}]
        effects[name] = FactorEffect(low, high)
    return effects


@dataclass(frozen=True)
class StockChange:
    """Log change of a stock, and the parts of it that inflow and duration make up."""

    inflow: float
    duration: float

    @property
    def total(self) -> float:
        """Log change of the stock, by Little's law."""
        return self.inflow + self.duration


def stock_change(
    inflow_before: float, duration_before: float, inflow: float, duration: float
) -> StockChange:
    """Why a stock changed: more came, or they stayed longer (stock = inflow times duration).

    Args:
        inflow_before: starts in a year; positive.
        duration_before: mean duration; positive.
        inflow: afterwards.
        duration: afterwards.
    """
    return StockChange(
        inflow=float(np.log(inflow / inflow_before)),
        duration=float(np.log(duration / duration_before)),
    )


@dataclass(frozen=True)
class StandardisedRate:
    """A directly standardised rate; the limits are nan for fewer than ten events."""

    value: float
    lower: float
    upper: float


def standardise(
    events: FloatArray, population: FloatArray, standard: FloatArray, level: float
) -> StandardisedRate:
    """The rate that a population would have with another's composition (Dobson's interval).

    Args:
        events: (K,), in each stratum.
        population: (K,), positive.
        standard: (K,), sizes or shares of the strata in the standard population.
        level: coverage.

    Raises:
        ValueError: a stratum has no population, or a negative number.
    """
    if np.any(population <= 0) or np.any(events < 0) or np.any(standard < 0):
        raise ValueError("every stratum needs a population, and no number may be negative")
    weights = standard / standard.sum()
    value = float((weights * events / population).sum())
    total = float(events.sum())
    if total < LEAST_EVENTS:
        return StandardisedRate(value, float("nan"), float("nan"))
    spread = float(np.sqrt((np.square(weights / population) * events).sum() / total))
    low, high = byar_limits(np.array([total]), (1.0 - level) / 2.0)
    return StandardisedRate(
        value, value + spread * float(low[0] - total), value + spread * float(high[0] - total)
    )


def product_effects(before: FloatArray, after: FloatArray) -> FloatArray:
    """Das Gupta's parts of the change of a product, for many draws at once.

    Args:
        before: (..., F), the factors as they were.
        after: (..., F), as they became.

    Returns:
        (..., F); the sum over the factors is the change of the product.
    """
    factors = before.shape[-1]
    effects = np.zeros(np.broadcast_shapes(before.shape, after.shape))
    for factor in range(factors):
        others = [each for each in range(factors) if each != factor]
        mean = np.zeros(effects.shape[:-1])
        for size in range(factors):
            weight = factorial(size) * factorial(factors - 1 - size) / factorial(factors)
            for changed in map(frozenset, combinations(others, size)):
                mean += weight * np.prod(
                    np.stack(
                        [(after if each in changed else before)[..., each] for each in others]
                        or [np.ones(effects.shape[:-1])]
                    ),
                    axis=0,
                )
        effects[..., factor] = mean * (after[..., factor] - before[..., factor])
    return effects


@dataclass(frozen=True, eq=False)
class StratumParts:
    """A change of a rate in each stratum's own two parts; the sum of all is the change.

    Attributes:
        composition: (..., K), because the stratum's share changed; it counts for as much as the
            stratum's rate lies from the common one.
        rates: (..., K), because its own rate changed.
    """

    composition: FloatArray
    rates: FloatArray


def kitagawa_strata(
    size_before: FloatArray, events_before: FloatArray, size: FloatArray, events: FloatArray
) -> StratumParts:
    """Split the change of a rate by stratum, for many draws at once.

    Strata crossed of several characteristics are strata like any other. One that is empty in one
    of the years has the other year's rate in both: it can only have changed the composition.

    Args:
        size_before: (..., K).
        events_before: (..., K).
        size: (..., K), afterwards.
        events: (..., K), afterwards.
    """
    sizes, numbers = (size_before, size), (events_before, events)
    rates = [
        np.where(n > 0, e / np.where(n > 0, n, 1.0), np.nan)
        for n, e in zip(sizes, numbers, strict=True)
    ]
    first, second = (
        np.nan_to_num(np.where(np.isnan(own), other, own)) for own, other in (rates, rates[::-1])
    )
    w1, w2 = (each / each.sum(axis=-1, keepdims=True) for each in sizes)
    mean = (first + second) / 2
    common = (mean * (w1 + w2) / 2).sum(axis=-1, keepdims=True)
    return StratumParts((w2 - w1) * (mean - common), (second - first) * (w1 + w2) / 2)
