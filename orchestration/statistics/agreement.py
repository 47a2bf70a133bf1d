r"""How far assessors of the same cases agree, and whether two groups of them differ.

Ratings are a matrix of cases by raters; what nobody rated is nan. A coefficient that cannot be
told, as where all gave the same answer, is nan.

What does not belong here: who the raters are, and what they rate.

References: Cohen (1960), Educ. Psychol. Meas. 20:37; Cohen (1968), Psychol. Bull. 70:213 (weights);
Krippendorff (2004), Content Analysis, ch. 11; Gwet (2008), Br. J. Math. Stat. Psychol. 61:29 and
(2014), Handbook of Inter-Rater Reliability, ch. 5 (AC1, AC2); Byrt, Bishop & Carlin (1993), J.
Clin. Epidemiol. 46:423 (prevalence, bias); Shrout & Fleiss (1979), Psychol. Bull. 86:420 (ICC);
Bland & Altman (1986), Lancet 327:307; Patterson & Thompson (1971), Biometrika 58:545 (REML);
Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 11 (jackknife).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import optimize, special

from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.resampling import Interval

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weighting = Literal["identity", "linear", "quadratic"]
_PAIR = 2
#: An error that is less is none but rounding.
_SMALLEST = 1e-9
_NAN = float("nan")


def weights_of(categories: FloatArray, weighting: Weighting) -> FloatArray:
    """How much two ratings agree, by their values: 1 for the same, 0 for the farthest apart.

    Args:
        categories: (Q,), in order.
        weighting: how distance counts; ``identity`` takes nothing but the same for agreement.

    Returns:
        (Q, Q).
    """
    apart = np.abs(categories[:, None] - categories[None, :])
    if weighting == "identity" or not apart.any():
        return np.asarray(apart == 0, dtype=np.float64)
    return np.asarray(1.0 - (apart / apart.max()) ** (1 if weighting == "linear" else 2))


def cross_table(ratings: FloatArray, categories: FloatArray) -> FloatArray:
    """How two raters' answers fall, (Q, Q), of the cases that both rated.

    Args:
        ratings: (N, 2).
        categories: (Q,), in order.
    """
    both = ratings[~np.isnan(ratings).any(axis=1)]
    places = np.searchsorted(categories, both)
    table = np.zeros((categories.size, categories.size))
    np.add.at(table, (places[:, 0], places[:, 1]), 1.0)
    return table


def exact(ratings: FloatArray) -> float:
    """Share of the pairs of ratings of one case that are the same.

    Args:
        ratings: (N, K).
    """
    same = pairs = 0.0
    for one, other in combinations(range(ratings.shape[1]), _PAIR):
        both = ~np.isnan(ratings[:, [one, other]]).any(axis=1)
        same += float((ratings[both, one] == ratings[both, other]).sum())
        pairs += float(both.sum())
    return same / pairs if pairs else _NAN


def kappa(table: FloatArray, weighting: Weighting = "identity") -> float:
    """Cohen's kappa of two raters.

    Args:
        table: (Q, Q), as `cross_table` has it.
        weighting: how much answers beside each other agree, by their places.
    """
    from statsmodels.stats.inter_rater import cohens_kappa  # noqa: PLC0415 - costly to import

    total = table.sum()
    margins = (table.sum(axis=1), table.sum(axis=0))
    if total == 0 or any(np.count_nonzero(margin) < _PAIR for margin in margins):
        # Where one of them always says the same, chance explains everything.
        return _NAN
    wt = None if weighting == "identity" else weighting
    return float(cohens_kappa(table, wt=wt, return_results=False))


@dataclass(frozen=True)
class Skew:
    """Why a kappa may be low although raters agree.

    Attributes:
        prevalence: how much more common one answer is than the other; of two answers.
        bias: how much oftener one rater gives one of them.
        adjusted: kappa had both been nought (PABAK); of any number of answers.
    """

    prevalence: float
    bias: float
    adjusted: float


def skew(table: FloatArray) -> Skew:
    """Prevalence and bias of two raters; nan where there are more than two answers.

    Args:
        table: (Q, Q), as `cross_table` has it.
    """
    total, number = table.sum(), table.shape[0]
    if total == 0 or number < _PAIR:
        return Skew(_NAN, _NAN, _NAN)
    agreed = np.trace(table) / total
    adjusted = float((number * agreed - 1) / (number - 1))
    if number > _PAIR:
        return Skew(_NAN, _NAN, adjusted)
    prevalence = abs(table[0, 0] - table[1, 1]) / total
    return Skew(float(prevalence), float(abs(table[0, 1] - table[1, 0]) / total), adjusted)


def alpha(ratings: FloatArray, level: Level) -> float:
    """Krippendorff's alpha of any number of raters, some ratings missing.

    Args:
        ratings: (N, K).
        level: of the ratings.
    """
    import krippendorff  # noqa: PLC0415 - few need it

    rated = ~np.isnan(ratings)
    paired = rated & (rated.sum(axis=1, keepdims=True) >= _PAIR)
    values = np.unique(ratings[paired])
    if values.size < _PAIR:
        return _NAN
    return float(
        krippendorff.alpha(
            reliability_data=ratings.T, value_domain=np.unique(ratings[rated]),
            level_of_measurement=level,
        )
    )  # fmt: skip


def gwet(
    ratings: FloatArray, weighting: Weighting = "identity", categories: FloatArray | None = None
) -> float:
    """Gwet's AC1, or with weights AC2, of any number of raters, some ratings missing.

    Args:
        ratings: (N, K).
        weighting: how much answers beside each other agree.
        categories: (Q,), in order; those that were used unless given.
    """
    rated = ~np.isnan(ratings)
    known = np.unique(ratings[rated]) if categories is None else categories
    if known.size < _PAIR:
        return _NAN
    counts = np.stack([(ratings == each).sum(axis=1) for each in known], axis=1).astype(float)
    number = counts.sum(axis=1)
    weights = weights_of(known, weighting)
    pairs = number >= _PAIR
    if not pairs.any():
        return _NAN
    near = counts @ weights
    agreed = (counts * (near - 1.0)).sum(axis=1)[pairs] / (number * (number - 1.0))[pairs]
    some = number > 0
    share = (counts[some] / number[some, None]).mean(axis=0)
    size = known.size
    chance = weights.sum() / (size * (size - 1)) * (share * (1.0 - share)).sum()
    return float((agreed.mean() - chance) / (1.0 - chance))


def intraclass(ratings: FloatArray) -> float:
    """ICC(2,1): absolute agreement of one rater drawn among many; cases that all rated.

    Args:
        ratings: (N, K).
    """
    whole = ratings[~np.isnan(ratings).any(axis=1)]
    cases, raters = whole.shape
    if cases < _PAIR or raters < _PAIR:
        return _NAN
    mean = whole.mean()
    of_case, of_rater = whole.mean(axis=1), whole.mean(axis=0)
    between_cases = raters * ((of_case - mean) ** 2).sum() / (cases - 1)
    between_raters = cases * ((of_rater - mean) ** 2).sum() / (raters - 1)
    left = whole - of_case[:, None] - of_rater[None, :] + mean
    rest = (left**2).sum() / ((cases - 1) * (raters - 1))
    below = between_cases + (raters - 1) * rest + raters * (between_raters - rest) / cases
    return float((between_cases - rest) / below) if below else _NAN


@dataclass(frozen=True)
class Limits:
    """Between which two ways of measuring the same case differ.

    Attributes:
        difference: mean, the first less the second.
        deviation: standard deviation of the differences.
        lower: 95 % of the differences lie above it.
        upper: 95 % of them lie below it.
        error: standard error of each limit.
    """

    difference: float
    deviation: float
    lower: float
    upper: float
    error: float


def limits_of_agreement(first: FloatArray, second: FloatArray) -> Limits:
    """Bland and Altman's limits.

    Args:
        first: (N,).
        second: (N,), of the same cases.
    """
    apart = (first - second)[~np.isnan(first - second)]
    if apart.size < _PAIR:
        return Limits(_NAN, _NAN, _NAN, _NAN, _NAN)
    mean, deviation = float(apart.mean()), float(apart.std(ddof=1))
    reach = float(special.ndtri(0.975)) * deviation
    error = deviation * float(np.sqrt(3.0 / apart.size))
    return Limits(mean, deviation, mean - reach, mean + reach, error)


def left_out_cases(
    ratings: FloatArray, coefficient: Callable[[FloatArray], float], level: float
) -> Interval:
    """Limits of a coefficient by leaving one case out at a time (the jackknife).

    Percentiles of a bootstrap of cases cover too seldom: in a draw cases come twice, and what is
    expected by chance of fewer different ones is another. Student's t of as many cases as several
    have rated.

    Args:
        ratings: (N, K).
        coefficient: of such a matrix.
        level: coverage.

    Returns:
        Limits up to 1; nan where a case decides whether there is a coefficient at all, and where
        nothing says how sure it is, since all agree.
    """
    cases = ratings.shape[0]
    degrees = int(((~np.isnan(ratings)).sum(axis=1) >= _PAIR).sum()) - 1
    if degrees < 1:
        return Interval(_NAN, _NAN, _NAN)
    value = coefficient(ratings)
    without = np.array([coefficient(np.delete(ratings, case, axis=0)) for case in range(cases)])
    squares = np.square(without - without.mean()).sum()
    error = float(np.sqrt((cases - 1) / cases * squares))
    if not error > _SMALLEST:
        return Interval(_NAN, _NAN, _NAN)
    reach = float(special.stdtrit(degrees, (1.0 + level) / 2.0)) * error
    return Interval(value - reach, min(value + reach, 1.0), error)


@dataclass(frozen=True)
class GroupDifference:
    """How much more one group of raters gives the same cases than another.

    Attributes:
        difference: of the groups' means.
        error: its standard error.
        degrees: degrees of freedom of its interval.
        between_raters: variance between raters of one group.
        residual: variance of one rating, the case and the rater given.
        generalises: whether there are raters enough to speak of the groups, and not of these few.
    """

    difference: float
    error: float
    degrees: float
    between_raters: float
    residual: float
    generalises: bool

    def interval(self, level: float) -> Interval:
        """Limits of the difference."""
        reach = float(special.stdtrit(self.degrees, (1.0 + level) / 2.0)) * self.error
        return Interval(self.difference - reach, self.difference + reach, self.error)


def group_difference(
    values: FloatArray,
    case: IntArray,
    rater: IntArray,
    second_group: IntArray,
    weights: FloatArray | None = None,
) -> GroupDifference:
    r"""Ratings of the same cases by two groups: a mixed model of case and rater.

    .. math:: y_{ij} = c_i + \beta g_j + r_j + e_{ij}

    with the cases' own levels taken away whole, raters drawn from their groups, and their variance
    by REML. The cases may be weighted as they were drawn: that decides what the difference is a
    mean over, and its error is that of the weighted mean under the model.

    Args:
        values: (M,), ratings.
        case: (M,), numbers from 0.
        rater: (M,), numbers from 0.
        second_group: (K,), 1 for the raters whose mean is counted from the other's, else 0.
        weights: (M,), of the case that each rates; all alike unless given.

    Raises:
        ValueError: no case was rated by both groups, or there is nothing to tell chance from.
    """
    group = second_group[rater].astype(np.float64)
    plain = _swept(values, case, rater, np.ones(values.size))
    raters, cases = second_group.size, int(np.unique(case).size)
    x = second_group.astype(np.float64)
    if x @ plain.normal @ x < 1e-9 * values.size:
        raise ValueError("no case is rated by both groups")
    per_group = min(int(second_group.sum()), raters - int(second_group.sum()))
    generalises = per_group >= _PAIR
    degrees = float(values.size - cases - 1)
    if degrees < 1:
        raise ValueError("too few ratings")
    ratio = _ratio(plain, x, degrees) if generalises else 0.0
    residual = max(plain.left(x, ratio), 0.0) / degrees
    own = np.ones(values.size) if weights is None else weights / weights.mean()
    swept = _swept(values, case, rater, own)
    below = float(x @ swept.shrunk(ratio) @ x)
    difference = float(x @ swept.shrunk_response(ratio)) / below
    # What each rating weighs in the difference: its error under the model follows.
    part = swept.residual_of(group) - swept.residual_of_raters(ratio, x)
    coefficient = own * part / below
    of_rater = np.bincount(rater, weights=coefficient, minlength=raters)
    variance = residual * (np.square(coefficient).sum() + ratio * np.square(of_rater).sum())
    return GroupDifference(
        difference=difference,
        error=float(np.sqrt(variance)),
        degrees=float(raters - _PAIR) if generalises else degrees,
        between_raters=ratio * residual,
        residual=residual,
        generalises=generalises,
    )


@dataclass(frozen=True)
class _Swept:
    """Ratings with each case's weighted mean taken away, and the raters' normal equations.

    Attributes:
        case: (M,).
        rater: (M,).
        weights: (M,).
        normal: (K, K), of the raters.
        response: (K,).
        square: of the ratings.
    """

    case: IntArray
    rater: IntArray
    weights: FloatArray
    normal: FloatArray
    response: FloatArray
    square: float

    def residual_of(self, column: FloatArray) -> FloatArray:
        """(M,), a column without its cases' means."""
        total = np.bincount(self.case, weights=self.weights * column)
        return column - (total / np.bincount(self.case, weights=self.weights))[self.case]

    def _inner(self, ratio: float) -> FloatArray:
        """(K, K); nought where raters do not vary."""
        if ratio == 0.0:
            return np.zeros_like(self.normal)
        inverse = np.linalg.inv(self.normal + np.eye(self.normal.shape[0]) / ratio)
        return np.asarray(inverse, dtype=np.float64)

    def shrunk(self, ratio: float) -> FloatArray:
        """(K, K), the normal equations where raters vary by this times the residual."""
        return self.normal - self.normal @ self._inner(ratio) @ self.normal

    def shrunk_response(self, ratio: float) -> FloatArray:
        """(K,)."""
        return self.response - self.normal @ self._inner(ratio) @ self.response

    def residual_of_raters(self, ratio: float, x: FloatArray) -> FloatArray:
        """(M,), what of the group's column goes to the raters."""
        return self.residual_of((self._inner(ratio) @ (self.normal @ x))[self.rater])

    def left(self, x: FloatArray, ratio: float) -> float:
        """Square sum that is left, in units of the residual."""
        square = self.square - self.response @ self._inner(ratio) @ self.response
        explained = float(x @ self.shrunk_response(ratio)) ** 2 / float(x @ self.shrunk(ratio) @ x)
        return float(square - explained)


def _swept(values: FloatArray, case: IntArray, rater: IntArray, weights: FloatArray) -> _Swept:
    raters = int(rater.max()) + 1
    empty = _Swept(case, rater, weights, np.zeros((raters, raters)), np.zeros(raters), 0.0)
    columns = np.stack(
        [empty.residual_of((rater == each).astype(np.float64)) for each in range(raters)], axis=1
    )
    response = empty.residual_of(values)
    weighted = columns * weights[:, None]
    return _Swept(
        case,
        rater,
        weights,
        weighted.T @ columns,
        weighted.T @ response,
        float((weights * response**2).sum()),
    )


def _ratio(swept: _Swept, x: FloatArray, degrees: float) -> float:
    """Variance between raters over the residual one, by REML; nought where none is seen."""

    def lost(log_ratio: float) -> float:
        ratio = float(np.exp(log_ratio))
        size = np.linalg.slogdet(np.eye(x.size) + ratio * swept.normal)[1]
        spread = np.log(x @ swept.shrunk(ratio) @ x)
        return float(size + spread + degrees * np.log(swept.left(x, ratio)))

    found = optimize.minimize_scalar(lost, bounds=(-12.0, 6.0), method="bounded")
    none = np.log(x @ swept.normal @ x) + degrees * np.log(swept.left(x, 0.0))
    return float(np.exp(found.x)) if found.fun < none else 0.0
