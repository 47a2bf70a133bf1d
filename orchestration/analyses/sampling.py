r"""A sample of decisions for assessors or for the users themselves, and what comes of it.

Strata get their numbers by an allocation. Inside each, the list is sorted by board, and by hours up
in one board and down in the next, and every so manieth is taken from a random start: boards and
hours are balanced without quotas. What each has been drawn with is known, so that whatever is
counted of the sample can be weighted to the frame. The numbers that people see are drawn until they
tell nothing of target group or hours.

What does not belong here: where the frame is read, and what the files look like.

References: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, ch. 3 (strata,
systematic samples, Neyman), 15 (non-response); Austin (2009), Stat. Med. 28:3083 (standardised
differences).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from orchestration.analyses.rows import LEVEL, REACH
from orchestration.statistics import agreement
from orchestration.statistics.agreement import GroupDifference
from orchestration.statistics.arrays import BoolArray, FloatArray, IntArray
from orchestration.statistics.resampling import Interval, generator

Allocation = Literal["proportional", "equal", "neyman"]
LEAST_A_STRATUM = 2
RESERVE_SHARE = 0.20
#: A standardised difference that is larger is said.
RELEVANT_DIFFERENCE = 0.1
#: What numbers and orders may be correlated with target group and hours.
MOST_CORRELATION = 0.08
_TRIES = 2_000
_PAIR = 2


class SampleError(ValueError):
    """A sample that cannot be drawn, or files that cannot be read back; the text is Swedish."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Decisions that may be drawn, in a fixed order.

    Attributes:
        stratum: (N,), places in ``strata``.
        strata: what a stratum is.
        board: (N,), codes.
        hours: (N,).
        group: (N,), 1 for the disabled, 0 for psychiatry.
        balance: columns whose means the sample is held against the frame's, by name.
    """

    stratum: IntArray
    strata: tuple[str, ...]
    board: IntArray
    hours: FloatArray
    group: IntArray
    balance: Mapping[str, FloatArray]

    @property
    def sizes(self) -> IntArray:
        """(H,), rows of each stratum."""
        return np.bincount(self.stratum, minlength=len(self.strata))


@dataclass(frozen=True, eq=False)
class Sample:
    """What was drawn.

    Attributes:
        row: (n,), rows of the frame, in the order of the running numbers.
        reserve: (r,), rows that stand in for those who do not answer, in order.
        drawn: (H,), how many of each stratum.
        probability: (n,), of being drawn.
        differences: of the weighted sample against the frame, in standard deviations, by name.
    """

    row: IntArray
    reserve: IntArray
    drawn: IntArray
    probability: FloatArray
    differences: Mapping[str, float]

    @property
    def weights(self) -> FloatArray:
        """(n,), how many of the frame each stands for."""
        return 1.0 / self.probability


def allocate(sizes: IntArray, size: int, by: Allocation, deviations: FloatArray) -> IntArray:
    """How many of each stratum, by the largest remainder; at least two, where there are two.

    Args:
        sizes: (H,), rows of each stratum.
        size: how many in all.
        by: proportional to rows, equal, or to rows times the spread of the hours (Neyman).
        deviations: (H,), standard deviations of the hours.

    Raises:
        SampleError: there are not so many rows, or too few for two of each stratum.
    """
    least = np.minimum(sizes, LEAST_A_STRATUM)
    if size > sizes.sum():
        raise SampleError(
            f"Ramen har {sizes.sum()} beslut, färre än {size}. Gör så här: ange en mindre --size."
        )
    if size < least.sum():
        raise SampleError(
            f"{size} räcker inte till {LEAST_A_STRATUM} i varje stratum. Gör så här: ange minst"
            f" --size {least.sum()}, eller färre --strata."
        )
    shares = {
        "proportional": sizes.astype(np.float64),
        "equal": (sizes > 0).astype(np.float64),
        "neyman": sizes * np.maximum(deviations, 1e-9),
    }[by]
    drawn: IntArray = least.copy()
    while (left := size - int(drawn.sum())) > 0:
        room = drawn < sizes
        # What each should have of all, less what it has: those that have enough are left out.
        wanted = np.where(room, np.maximum(size * shares / shares.sum() - drawn, 0.0), 0.0)
        if not wanted.any():
            wanted = np.where(room, shares, 0.0)
        part = np.minimum(left * wanted / wanted.sum(), sizes - drawn)
        whole = np.floor(part + 1e-9).astype(np.int64)
        rest = left - int(whole.sum())
        order = np.argsort(-(part - whole), kind="stable")
        for place in order[: min(rest, order.size)]:
            if drawn[place] + whole[place] < sizes[place]:
                whole[place] += 1
        drawn = np.asarray(drawn + whole, dtype=np.int64)
    return np.asarray(drawn, dtype=np.int64)


def serpentine(board: IntArray, hours: FloatArray) -> IntArray:
    """An order by board, and by hours up in one board and down in the next.

    Args:
        board: (N,), codes.
        hours: (N,).

    Returns:
        (N,), places.
    """
    codes = np.unique(board, return_inverse=True)[1]
    turned = np.where(codes % 2 == 0, hours, -hours)
    return np.lexsort((np.arange(board.size), turned, codes))


def systematic(order: IntArray, number: int, random: np.random.Generator) -> IntArray:
    """Every so manieth of an order, from a random start.

    Args:
        order: (N,).
        number: how many, at most N.
        random: where the start comes from.

    Returns:
        (number,), those of the order.
    """
    if number == 0:
        return order[:0]
    step = order.size / number
    places = np.floor((random.random() + np.arange(number)) * step).astype(np.int64)
    taken: IntArray = order[np.minimum(places, order.size - 1)]
    return taken


def draw(frame: Frame, size: int, by: Allocation, seed: int) -> Sample:
    """Draw a sample; the same frame and seed give the same one.

    Args:
        frame: those who may be drawn.
        size: how many.
        by: how the strata share them.
        seed: of all that is drawn.

    Raises:
        SampleError: there are too few.
    """
    random = generator(seed)
    sizes = frame.sizes
    deviations = np.array([
        frame.hours[frame.stratum == at].std(ddof=1) if sizes[at] > 1 else 0.0
        for at in range(sizes.size)
    ])  # fmt: skip
    drawn = allocate(sizes, size, by, deviations)
    chosen, reserve = [], []
    for at, number in enumerate(drawn):
        mine = np.flatnonzero(frame.stratum == at)
        mine = mine[serpentine(frame.board[mine], frame.hours[mine])]
        taken = systematic(mine, int(number), random)
        left = mine[~np.isin(mine, taken)]
        spare = min(int(np.ceil(RESERVE_SHARE * number)), left.size)
        chosen.append(taken)
        reserve.append(random.permutation(systematic(left, spare, random)))
    rows = np.sort(np.concatenate(chosen))
    rows = rows[blind_order(frame.group[rows], frame.hours[rows], random)]
    probability = (drawn / np.maximum(sizes, 1))[frame.stratum[rows]]
    return Sample(
        row=rows,
        reserve=np.concatenate(reserve),
        drawn=drawn,
        probability=probability,
        differences=standardised_differences(frame, rows, 1.0 / probability),
    )


def blind_order(group: IntArray, hours: FloatArray, random: np.random.Generator) -> IntArray:
    """An order that says nothing of target group or hours.

    Orders are drawn until one is correlated with neither; that the others were passed over tells
    nothing of any single case.

    Args:
        group: (n,).
        hours: (n,).
        random: where the orders come from.

    Returns:
        (n,), places.
    """
    best, least = np.arange(group.size), np.inf
    for _ in range(_TRIES):
        order = random.permutation(group.size)
        found = max(
            abs(rank_correlation(group[order].astype(np.float64))),
            abs(rank_correlation(hours[order])),
        )
        if found < least:
            best, least = order, found
        if least <= MOST_CORRELATION / 2:
            break
    return best


def rank_correlation(values: FloatArray) -> float:
    """Spearman's correlation between an order and what stands in it; nought where all are alike.

    Args:
        values: (n,), in the order.
    """
    if values.size < _PAIR or (values == values[0]).all():
        return 0.0
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[place]
    return float(np.corrcoef(np.arange(values.size), ranks)[0, 1])


def standardised_differences(frame: Frame, rows: IntArray, weights: FloatArray) -> dict[str, float]:
    """How far the weighted sample's means lie from the frame's, in its standard deviations."""
    found = {}
    for name, column in frame.balance.items():
        spread = float(column.std(ddof=1))
        apart = float(np.average(column[rows], weights=weights) - column.mean())
        found[name] = apart / spread if spread > 0 else 0.0
    return found


@dataclass(frozen=True)
class Precision:
    """How sure a sample of some size will be.

    Attributes:
        cases: how many.
        alpha: what the agreement is, if it is this,
        alpha_reach: its interval reaches so far to each side (two raters).
        deviation: what the difference between two ratings of a case varies with, in hours.
        hours_reach: the interval of the mean difference reaches so far to each side.
    """

    cases: int
    alpha: float
    alpha_reach: float
    deviation: float
    hours_reach: float


def precision(size: int) -> list[Precision]:
    """The power table: agreement and difference in hours at the chosen size, its half and double.

    Args:
        size: the chosen one.
    """
    found = []
    for cases in (max(size // 2, 2), size, 2 * size):
        for level, deviation in ((0.4, 1.0), (0.6, 2.0), (0.8, 3.0)):
            # Of two raters alpha varies as an intraclass correlation (Fisher 1925, sec. 38).
            error = (1.0 - level**2) / np.sqrt(cases - 1)
            found.append(
                Precision(
                    cases,
                    level,
                    float(REACH * error),
                    deviation,
                    float(REACH * deviation / np.sqrt(cases)),
                )
            )
    return found


def assign(size: int, assessors: int, overlap: int, random: np.random.Generator) -> list[IntArray]:
    """Which cases each assessor gets: the overlapping ones all, every other one of each group.

    Odd assessors are of one group and even of the other, so that each case has one of both.

    Args:
        size: cases.
        assessors: how many; even.
        overlap: cases that all get.
        random: where the cases of all, and the shares, come from.

    Returns:
        For each assessor, running places from 0, in order.

    Raises:
        SampleError: the groups cannot be equally large, or more would overlap than there are.
    """
    if assessors < _PAIR or assessors % _PAIR:
        raise SampleError(
            "Bedömarna ska vara lika många i varje grupp. Gör så här: ange ett jämnt antal med"
            " --assessors."
        )
    if not 0 <= overlap <= size:
        raise SampleError(
            f"Alla kan inte bedöma {overlap} av {size} fall. Gör så här: ange --overlap högst"
            f" {size}."
        )
    order = random.permutation(size)
    common, others = order[:overlap], order[overlap:]
    half = assessors // 2
    return [
        np.sort(np.concatenate([common, others[assessor // 2 :: half]]))
        for assessor in range(assessors)
    ]


# --- what comes of it ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ratings:
    """What assessors answered.

    Attributes:
        hours: (n, K), nan where the assessor did not have the case.
        need: (n, K), levels 1 to 4.
        insats: (n, K), codes.
        second_group: (K,), 1 for the disability assessors, 0 for the psychiatry ones.
        weights: (n,), of the cases.
    """

    hours: FloatArray
    need: FloatArray
    insats: FloatArray
    second_group: IntArray
    weights: FloatArray


@dataclass(frozen=True)
class Coefficient:
    """One figure of agreement.

    Attributes:
        measure: what was rated: hours, need, insats.
        coefficient: which figure.
        level: of measurement.
        estimate: None where it cannot be told.
        lower: of its limits.
        upper: of its limits.
        cases: behind it.
        raters: behind it.
        note: why it cannot be told, or what it does not cover; a code.
    """

    measure: str
    coefficient: str
    level: str
    estimate: float | None
    lower: float | None
    upper: float | None
    cases: int
    raters: int
    note: str = ""


def coefficients(ratings: Ratings) -> list[Coefficient]:
    """All figures of agreement, and the question itself first.

    Args:
        ratings: what was answered.
    """
    found = [_difference(ratings)]
    for measure, matrix, level, weightings in (
        _Measured("hours", ratings.hours, "ratio"),
        _Measured("need", ratings.need, "ordinal", ("linear", "quadratic")),
        _Measured("insats", ratings.insats, "nominal"),
    ):
        rated = matrix[(~np.isnan(matrix)).sum(axis=1) >= _PAIR]
        found += _of_measure(_Measured(measure, rated, level, weightings))
    found += _hours_only(ratings)
    return found


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _difference(ratings: Ratings) -> Coefficient:
    """Do the two groups set different hours on the same cases?"""
    case, rater = np.nonzero(~np.isnan(ratings.hours))
    own = (int(np.unique(case).size), int(np.unique(rater).size))
    try:
        found: GroupDifference = agreement.group_difference(
            ratings.hours[case, rater],
            np.unique(case, return_inverse=True)[1],
            rater,
            ratings.second_group,
            ratings.weights[case],
        )
    except (ValueError, np.linalg.LinAlgError):
        return Coefficient(
            "hours", "group_difference", "hours", None, None, None, *own, "not_both_groups"
        )
    limits = found.interval(LEVEL)
    return Coefficient(
        "hours",
        "group_difference",
        "hours",
        _number(found.difference),
        _number(limits.lower),
        _number(limits.upper),
        *own,
        "" if found.generalises else "these_assessors_only",
    )


class _Measured(NamedTuple):
    """What was rated, and how it is measured."""

    measure: str
    ratings: FloatArray
    level: agreement.Level
    weightings: tuple[agreement.Weighting, ...] = ()


def _of_measure(of_what: _Measured) -> list[Coefficient]:
    measure, rated, level, weightings = of_what
    cases = int(rated.shape[0])
    raters = int((~np.isnan(rated)).any(axis=0).sum())
    found: list[Coefficient] = []

    def add(name: str, of: Callable[[FloatArray], float], level_of: str) -> None:
        value = of(rated) if cases else float("nan")
        lower, upper, note = _limits(rated, of, value)
        if not np.isfinite(value):
            note = "no_variation" if cases else "no_pairs"
        found.append(
            Coefficient(measure, name, level_of, _number(value), lower, upper, cases, raters, note)
        )

    add("exact", agreement.exact, level)
    add("krippendorff_alpha", lambda each: agreement.alpha(each, level), level)
    if measure == "hours":
        return found
    known = np.unique(rated[~np.isnan(rated)])
    add("gwet_ac1", lambda each: agreement.gwet(each, "identity", known), "nominal")
    for weighting in weightings:
        add("gwet_ac2", partial(agreement.gwet, weighting=weighting, categories=known), weighting)
    if raters == _PAIR:
        pair = np.flatnonzero((~np.isnan(rated)).any(axis=0))
        for weighting in ("identity", *weightings):
            add(
                "cohen_kappa",
                partial(_kappa, pair=pair, categories=known, weighting=weighting),
                "nominal" if weighting == "identity" else weighting,
            )
        table = agreement.cross_table(rated[:, pair], known)
        skewed = agreement.skew(table)
        for name, value in (
            ("prevalence_index", skewed.prevalence),
            ("bias_index", skewed.bias),
            ("pabak", skewed.adjusted),
        ):
            note = "" if np.isfinite(value) else "two_answers_only"
            found.append(
                Coefficient(
                    measure, name, "nominal", _number(value), None, None, cases, raters, note
                )
            )
    return found


def _kappa(
    ratings: FloatArray, *, pair: IntArray, categories: FloatArray, weighting: agreement.Weighting
) -> float:
    return agreement.kappa(agreement.cross_table(ratings[:, pair], categories), weighting)


def _limits(
    ratings: FloatArray, of: Callable[[FloatArray], float], value: float
) -> tuple[float | None, float | None, str]:
    """Limits of a coefficient, and why there are none."""
    if not np.isfinite(value):
        return None, None, ""
    limits = agreement.left_out_cases(ratings, of, LEVEL)
    known = np.isfinite(limits.standard_error)
    return _number(limits.lower), _number(limits.upper), "" if known else "too_alike"


def _hours_only(ratings: Ratings) -> list[Coefficient]:
    """ICC of the cases that all have, and the limits between the groups' means."""
    whole = ratings.hours[~np.isnan(ratings.hours).any(axis=1)]
    raters = int(ratings.hours.shape[1])
    value = agreement.intraclass(whole)
    lower, upper, note = _limits(whole, agreement.intraclass, value)
    found = [
        Coefficient(
            "hours",
            "icc_2_1",
            "interval",
            _number(value),
            lower,
            upper,
            int(whole.shape[0]),
            raters,
            note if np.isfinite(value) else "no_common_cases",
        )
    ]
    second = ratings.second_group == 1
    apart = agreement.limits_of_agreement(
        _mean(ratings.hours[:, second]), _mean(ratings.hours[:, ~second])
    )
    cases = int(
        (~np.isnan(_mean(ratings.hours[:, second]) - _mean(ratings.hours[:, ~second]))).sum()
    )
    for name, value in (
        ("bland_altman_lower", apart.lower),
        ("bland_altman_upper", apart.upper),
    ):
        reach = REACH * apart.error
        known = np.isfinite(value)
        found.append(
            Coefficient(
                "hours",
                name,
                "hours",
                _number(value),
                _number(value - reach),
                _number(value + reach),
                cases,
                raters,
                "" if known else "not_both_groups",
            )
        )
    return found


def _mean(hours: FloatArray) -> FloatArray:
    """(n,), mean of those who rated a case; nan where nobody did."""
    rated = ~np.isnan(hours)
    number = rated.sum(axis=1)
    total = np.where(rated, hours, 0.0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


@dataclass(frozen=True, eq=False)
class Answers:
    """What users answered to one question.

    Attributes:
        stratum: (n,), places.
        sizes: (H,), the strata's rows in the frame.
        answered: (n,).
        value: (n,), nan where nothing was answered; 0 or 1 for a share.
    """

    stratum: IntArray
    sizes: IntArray
    answered: BoolArray
    value: FloatArray


@dataclass(frozen=True)
class Estimate:
    """A weighted mean or share with its design-based interval.

    Attributes:
        value: None where nobody answered.
        interval: None where it cannot be told.
        answered: how many.
        rate: share of the sample that answered.
        weights: for each stratum, what one who answered stands for; nan where nobody did.
    """

    value: float | None
    interval: Interval | None
    answered: int
    rate: float
    weights: FloatArray


def estimate(answers: Answers) -> Estimate:
    """Mean over the frame: those who answered stand for all of their stratum.

    A stratum where nobody answered is left out, and the others stand for it.

    Args:
        answers: of one question.
    """
    known = answers.answered & ~np.isnan(answers.value)
    size = answers.sizes.size
    number = np.bincount(answers.stratum[known], minlength=size).astype(np.float64)
    total = np.bincount(answers.stratum[known], weights=answers.value[known], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = np.where(number > 0, answers.sizes / number, np.nan)
        mean = np.where(number > 0, total / number, np.nan)
    rate = float(answers.answered.mean()) if answers.answered.size else 0.0
    there = number > 0
    if not there.any():
        return Estimate(None, None, 0, rate, weights)
    share = np.where(there, answers.sizes, 0.0)
    share = share / share.sum()
    value = float(np.nansum(share * np.where(there, mean, 0.0)))
    interval = None
    if (number[there] >= _PAIR).all():
        apart = answers.value[known] - mean[answers.stratum[known]]
        square = np.bincount(answers.stratum[known], weights=apart**2, minlength=size)
        spread = np.where(there, square / np.maximum(number - 1, 1), 0.0)
        kept = np.where(there, 1.0 - number / np.maximum(answers.sizes, 1), 0.0)
        variance = float((share**2 * kept * spread / np.maximum(number, 1)).sum())
        reach = REACH * float(np.sqrt(variance))
        interval = Interval(value - reach, value + reach, float(np.sqrt(variance)))
    return Estimate(value, interval, int(known.sum()), rate, weights)
