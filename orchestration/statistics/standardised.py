r"""Units held against what their own mix of cases would give in the rest of the city.

A board with more of the kinds of case that are often refused has more refusals without doing
anything differently. Each board's expected number comes from a model of all the *others*: a board
that is part of its own expectation looks more ordinary than it is.

What does not belong here: the model's covariates, and the words of a verdict.

References: Breslow & Day (1987), Statistical Methods in Cancer Research II, ch. 2 (indirect
standardisation); `districts` for what lies between units.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from orchestration.statistics import batched
from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.districts import between_interval, leave_one_out, random_effects
from orchestration.statistics.multiplicity import benjamini_hochberg

#: Units that may be set aside, that must remain alike, and the level at which one is.
_MOST_ASIDE = 3
_LEAST_ALIKE = 4
_ASIDE = 0.05
#: A fit without a unit is near enough when a step would be a thousandth of a standard error.
_SETTLED_WITHOUT = 1e-6
_ROUNDS = 12


@dataclass(frozen=True, eq=False)
class Standardised:
    """Observed over expected of each unit; every array (I,).

    Attributes:
        observed: events.
        expected: what the others' model gives the same cases.
        ratio: one over the other.
        lower: lower limit of the ratio, from chance within the unit.
        upper: upper limit.
        shrunken: the ratio pulled towards the units' common one.
        between: variance of the log ratio between units that is not chance.
        between_limits: of that variance.
        p_values: each against the others, chance and the variance between them allowed for; or
            chance alone, where it is settled that they differ.
        q_values: the same by Benjamini-Hochberg over the units.
    """

    observed: FloatArray
    expected: FloatArray
    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    shrunken: FloatArray
    between: float
    between_limits: tuple[float, float]
    p_values: FloatArray
    q_values: FloatArray


def expected_without(
    units: IntArray,
    events: FloatArray,
    trials: FloatArray,
    design: FloatArray,
    number: int,
    *,
    everyone: FloatArray | None = None,
) -> FloatArray:
    """Events that each unit's cases would have met among all the others (logistic regression).

    Args:
        units: (C,), unit of each cell, from 0.
        events: (C,).
        trials: (C,).
        design: (C, P), the first column ones.
        number: how many units, I.
        everyone: (P,), the fit of all units together, where it is known already.

    Returns:
        (I,).
    """
    others = (units[None, :] != np.arange(number)[:, None]).astype(np.float64)
    if everyone is None:
        everyone = batched.logistic(events[None], trials[None], design)[0]
    beta = batched.logistic(
        events * others, trials * others, design, everyone, settled=_SETTLED_WITHOUT
    )
    mean = special.expit(beta @ design.T)
    return np.asarray((trials * mean * (1.0 - others)).sum(axis=1), dtype=np.float64)


def standardise_units(
    observed: FloatArray,
    expected: FloatArray,
    variance: FloatArray,
    level: float,
    *,
    settled: bool = False,
) -> Standardised:
    """Ratios with limits, shrunken ratios, and a test of each against the others.

    Args:
        observed: (I,).
        expected: (I,), positive.
        variance: (I,), of each unit's observed number around what is expected of it.
        level: coverage.
        settled: whether all units together surely differ by what matters. None of them need then
            stand out among the others; which ones lie apart is a question of chance alone.

    Raises:
        ValueError: a unit is expected to have nothing, or there are fewer than three.
    """
    if np.any(expected <= 0):
        raise ValueError("every unit needs a positive expected number")
    y = np.log((observed + 0.5) / (expected + 0.5))
    # At the expected number: a low count would else look certain of itself.
    own = variance / np.square(expected)
    design = np.ones((observed.size, 1))
    together = random_effects(y, own, design)
    trust = together.between / (together.between + own)
    centre = float(together.coefficients[0])
    reach = special.ndtri((1.0 + level) / 2.0) * np.sqrt(own)
    alone = np.asarray(2.0 * special.ndtr(-np.abs(y) / np.sqrt(own)))
    p_values = alone if settled else against_others(y, own)
    return Standardised(
        observed=observed,
        expected=expected,
        ratio=observed / expected,
        lower=np.exp(y - reach),
        upper=np.exp(y + reach),
        shrunken=np.exp(centre + trust * (y - centre)),
        between=together.between,
        between_limits=between_interval(y, own, design, level),
        p_values=p_values,
        q_values=benjamini_hochberg(p_values),
    )


def against_others(y: FloatArray, variance: FloatArray) -> FloatArray:
    """Two-sided p-values of each unit against those of the others that are alike.

    Two units that deviate hide each other: each makes the others look as if they varied much. The
    farthest is therefore set aside, then the farthest of the rest, up to three; the last of them
    that lies surely outside the rest decides how many stay aside (Rosner 1983, Technometrics
    25:165), and everything is held against what remains.

    Args:
        y: (I,), log ratios.
        variance: (I,), sampling variances.

    Raises:
        ValueError: there are fewer than three units.
    """
    units = y.size
    rest = np.arange(units)
    aside: list[int] = []
    sure = 0
    for step in range(1, min(_MOST_ASIDE, (units - _LEAST_ALIKE) // 2) + 1):
        found = _alone(y, variance, rest)
        farthest = int(np.argmin(found))
        if found[farthest] < _ASIDE / (units - step + 1):
            sure = step
        aside.append(int(rest[farthest]))
        rest = np.delete(rest, farthest)
    out = np.empty(units)
    alike = np.setdiff1d(np.arange(units), aside[:sure])
    out[alike] = _alone(y, variance, alike)
    for unit in aside[:sure]:
        out[unit] = _alone(y, variance, np.append(alike, unit))[-1]
    return out


def _alone(y: FloatArray, variance: FloatArray, units: IntArray) -> FloatArray:
    return leave_one_out(y[units], variance[units], np.ones((units.size, 1))).p_values


@dataclass(frozen=True, eq=False)
class Shares:
    """Each level's share, had all cases been of it; what else they are stays.

    Attributes:
        estimate: (K,).
        covariance: (K, K).
        coefficients: (K,), log odds against the first level.
        coefficient_covariance: (K, K).
    """

    estimate: FloatArray
    covariance: FloatArray
    coefficients: FloatArray
    coefficient_covariance: FloatArray


def standardised_shares(
    events: FloatArray, trials: FloatArray, covariates: FloatArray, level: IntArray, number: int
) -> Shares:
    """Shares by level of one covariate at the mix of the others that all cases have together.

    A logistic regression whose fitted shares are averaged over all cases, as if each were of the
    level (direct standardisation by a model); the delta method.

    Args:
        events: (C,).
        trials: (C,).
        covariates: (C, P), the first column ones.
        level: (C,), from 0.
        number: how many levels, K.
    """

    def of(levels: IntArray) -> FloatArray:
        return np.column_stack([covariates, levels[:, None] == np.arange(1, number)])

    design = of(level)
    beta = batched.logistic(events[None], trials[None], design)[0]
    mean = special.expit(design @ beta)
    information = (design * (trials * mean * (1.0 - mean))[:, None]).T @ design
    covariance = np.linalg.pinv(information, hermitian=True)
    weights = trials / trials.sum()
    estimate, gradient = np.empty(number), np.empty((number, design.shape[1]))
    for at in range(number):
        rows = of(np.full(level.size, at))
        share = special.expit(rows @ beta)
        estimate[at] = weights @ share
        gradient[at] = (weights * share * (1.0 - share)) @ rows
    first = covariates.shape[1]
    own = np.zeros((number, number))
    own[1:, 1:] = covariance[first:, first:]
    return Shares(estimate, gradient @ covariance @ gradient.T, np.append(0.0, beta[first:]), own)


def unit_effects(
    units: IntArray, events: FloatArray, trials: FloatArray, design: FloatArray, number: int
) -> tuple[FloatArray, FloatArray]:
    """Each unit's own log odds beside what its cases' covariates give, and their variances.

    The common model is fitted to all; each unit's effect is then the shift of its own log odds at
    which its expected number is the observed one.

    Args:
        units: (C,), from 0.
        events: (C,).
        trials: (C,).
        design: (C, P), the first column ones.
        number: how many units, I.

    Returns:
        (I,) each.
    """
    beta = batched.logistic(events[None], trials[None], design)[0]
    common = design @ beta
    observed, of = (np.bincount(units, each, minlength=number) for each in (events, trials))
    # Half an event each way, so that a unit of none or all has an effect too.
    wanted = (observed + 0.5) / (of + 1.0) * of
    effect: FloatArray = np.zeros(number)
    spread = np.ones(number)
    for _ in range(_ROUNDS):
        mean = special.expit(common + effect[units])
        expected = np.bincount(units, trials * mean, minlength=number)
        spread = np.bincount(units, trials * mean * (1.0 - mean), minlength=number).astype(
            np.float64
        )
        effect = effect + np.clip((wanted - expected) / np.maximum(spread, 1e-9), -2.0, 2.0)
    return effect, 1.0 / np.maximum(spread, 1e-9)
