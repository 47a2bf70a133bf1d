"""Agreement against what others have published, and the difference between groups of raters."""

import numpy as np
import pytest

from orchestration.statistics import agreement
from orchestration.statistics.agreement import (
    alpha,
    cross_table,
    exact,
    group_difference,
    gwet,
    intraclass,
    kappa,
    limits_of_agreement,
    skew,
    weights_of,
)
from orchestration.statistics.arrays import FloatArray, IntArray
from tests.truths import worlds

X = float("nan")
#: Krippendorff's three coders of fifteen units.
CODERS = np.array([
    [X, X, X, X, X, 3, 4, 1, 2, 1, 1, 3, 3, X, 3],
    [1, X, 2, 1, 3, 3, 4, 3, X, X, X, X, X, X, X],
    [X, X, 2, 1, 3, 4, 4, X, 2, 1, 1, 3, 3, X, 4],
]).T  # fmt: skip
#: Krippendorff's four observers of twelve units, the raters of Gwet's irrCAC (cac.raw4raters).
FOUR = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
    [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
]).T  # fmt: skip
#: Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, table 18.1.
FLEISS = np.array([[75.0, 1.0, 4.0], [5.0, 4.0, 1.0], [0.0, 0.0, 10.0]])
#: Gwet's abstractors (irrCAC, cont3x3abstractors).
ABSTRACTORS = np.array([[13.0, 0.0, 0.0], [0.0, 20.0, 7.0], [0.0, 4.0, 56.0]])
#: Nearly all the same answer: kappa collapses (Gwet 2002).
SKEWED = np.array([[118.0, 5.0], [2.0, 0.0]])
#: Shrout & Fleiss (1979), table 2.
SIX = np.array([
    [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7],
], dtype=np.float64)  # fmt: skip
#: Bland & Altman (1986), table 1: first measurement by each meter.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def rows_of(table: FloatArray) -> FloatArray:
    return np.array(
        [
            (i, j)
            for i, row in enumerate(table)
            for j, times in enumerate(row)
            for _ in range(int(times))
        ],
        dtype=np.float64,
    )


def test_alpha_is_krippendorffs() -> None:
    assert alpha(CODERS, "nominal") == pytest.approx(0.6914, abs=5e-5)
    assert alpha(CODERS, "interval") == pytest.approx(0.8108, abs=5e-5)
    for level, published in (("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)):
        assert alpha(FOUR, level) == pytest.approx(published, abs=5e-4)  # type: ignore[arg-type]
    assert alpha(FOUR, "ratio") == pytest.approx(0.797, abs=5e-4)


def test_kappa_is_cohens() -> None:
    assert kappa(FLEISS) == pytest.approx(0.676, abs=5e-4)
    assert kappa(ABSTRACTORS) == pytest.approx(0.7964094, abs=5e-8)
    assert kappa(SKEWED) == pytest.approx(-0.0234, abs=5e-5)
    # Weights by hand: of the same table all but a twelfth of the distance is agreement.
    table = np.array([[5.0, 1.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.0, 6.0]])
    shares = table / table.sum()
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    for name, power in (("linear", 1), ("quadratic", 2)):
        apart = (np.abs(np.subtract.outer(np.arange(3), np.arange(3))) / 2.0) ** power
        by_hand = 1 - (shares * apart).sum() / (expected * apart).sum()
        assert kappa(table, name) == pytest.approx(by_hand)  # type: ignore[arg-type]


def test_ac1_is_gwets() -> None:
    assert gwet(rows_of(ABSTRACTORS)) == pytest.approx(0.8493305, abs=5e-8)
    assert gwet(FOUR) == pytest.approx(0.77544, abs=5e-6)
    assert gwet(rows_of(SKEWED)) == pytest.approx(0.9408, abs=5e-5)


def test_ac2_is_ac1_where_weights_are_the_identity_and_by_hand_otherwise() -> None:
    assert gwet(FOUR, "identity", np.arange(1.0, 6.0)) == gwet(FOUR)
    # Two raters of four cases: agreement is (1 + 1 + .5 + 1) / 4 by linear weights.
    ratings = np.array([[1.0, 1.0], [2.0, 2.0], [1.0, 2.0], [3.0, 3.0]])
    weights = weights_of(np.array([1.0, 2.0, 3.0]), "linear")
    assert weights.tolist() == [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    share = np.array([3 / 8, 3 / 8, 2 / 8])
    chance = weights.sum() / 6 * (share * (1 - share)).sum()
    assert gwet(ratings, "linear") == pytest.approx((3.5 / 4 - chance) / (1 - chance))


def test_why_a_kappa_is_low() -> None:
    found = skew(SKEWED)
    assert found.prevalence == pytest.approx(118 / 125)
    assert found.bias == pytest.approx(3 / 125)
    assert found.adjusted == pytest.approx(2 * 118 / 125 - 1)
    three = skew(FLEISS)
    assert np.isnan(three.prevalence)
    assert three.adjusted == pytest.approx((3 * 0.89 - 1) / 2)


def test_icc_and_limits_are_the_published() -> None:
    assert intraclass(SIX) == pytest.approx(0.29, abs=5e-3)
    found = limits_of_agreement(np.array(WRIGHT, dtype=float), np.array(MINI, dtype=float))
    assert found.difference == pytest.approx(-2.1, abs=0.05)
    assert found.deviation == pytest.approx(38.8, abs=0.05)
    assert found.error == pytest.approx(38.8 * np.sqrt(3 / 17), rel=1e-3)


def test_what_cannot_be_told_is_no_number() -> None:
    same, nobody = np.ones((5, 2)), np.full((3, 2), X)
    for ratings in (same, nobody):
        assert np.isnan(alpha(ratings, "nominal"))
        assert np.isnan(gwet(ratings))
    assert np.isnan(exact(nobody))
    assert exact(same) == 1.0
    assert np.isnan(kappa(cross_table(same, np.array([0.0, 1.0]))))
    assert np.isnan(kappa(np.zeros((2, 2))))
    assert np.isnan(intraclass(nobody))
    assert np.isnan(limits_of_agreement(np.array([1.0]), np.array([2.0])).difference)
    assert np.isnan(skew(np.zeros((2, 2))).bias)


def test_leaving_cases_out_gives_a_shares_own_error() -> None:
    # Of twenty pairs fifteen are the same: the error of a mean, and Student's t of nineteen.
    pairs = np.column_stack([np.zeros(20), np.repeat([0.0, 1.0], [15, 5])])
    found = agreement.left_out_cases(pairs, exact, 0.95)
    assert found.standard_error == pytest.approx(np.sqrt(0.75 * 0.25 / 19))
    assert found.lower == pytest.approx(0.75 - 2.0930 * found.standard_error, abs=1e-4)
    assert found.upper == pytest.approx(0.75 + 2.0930 * found.standard_error, abs=1e-4)
    # What only one has rated says nothing of how sure it is.
    alone = np.vstack([pairs, [[0.0, X]] * 20])
    wider = agreement.left_out_cases(alone, exact, 0.95)
    assert wider.lower == pytest.approx(found.lower, abs=5e-3)
    assert agreement.left_out_cases(FOUR, gwet, 0.95).upper <= 1.0


def test_without_a_difference_nobody_knows_how_sure_it_is() -> None:
    same = np.repeat([[0.0], [1.0]], 5, axis=0) * np.ones(2)
    one_apart = np.vstack([np.zeros((9, 2)), [[1.0, 1.0]]])
    for ratings, of in ((same, exact), (same, gwet), (one_apart, gwet), (same[:1], exact)):
        found = agreement.left_out_cases(ratings, of, 0.95)
        assert np.isnan([found.lower, found.upper, found.standard_error]).all()


def test_intervals_hold_a_known_agreement() -> None:
    # More of it, and tighter, in `make truths`.
    held = []
    for seed in range(60):
        ratings, truths = worlds.two_raters_of(seed)
        for name, of in (("AC1", gwet), ("alpha", lambda each: alpha(each, "nominal"))):
            found = agreement.left_out_cases(ratings, of, 0.95)
            held.append(found.covers(truths[name]))
    assert 0.88 <= np.mean(held) <= 1.0


def panel(
    seed: int, *, raters: int = 4, cases: int = 60, between: float = 0.4, effect: float = 1.5
) -> tuple[FloatArray, IntArray, IntArray, IntArray]:
    """Cases rated by one of each group, a third of them by all."""
    random = np.random.default_rng(seed)
    group: IntArray = np.arange(raters, dtype=np.int64) % 2
    level, own = random.normal(8, 3, cases), random.normal(0, between, raters)
    pairs = [
        (case, rater)
        for case in range(cases)
        for rater in range(raters)
        if case < cases // 3 or rater // 2 == case % (raters // 2)
    ]
    case, rater = np.array(pairs).T
    values = level[case] + effect * group[rater] + own[rater] + random.normal(0, 1.5, case.size)
    return values, case, rater, group


def test_two_groups_of_raters_by_hand() -> None:
    """One rater in each: the mean of the differences, with its own error."""
    values = np.array([5.0, 7.0, 4.0, 5.0, 9.0, 12.0])
    case, rater = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1] * 3)
    found = group_difference(values, case, rater, np.array([0, 1]))
    apart = np.array([2.0, 1.0, 3.0])
    assert found.difference == pytest.approx(2.0)
    assert found.error == pytest.approx(apart.std(ddof=1) / np.sqrt(3))
    assert not found.generalises
    assert found.degrees == 2
    weighted = group_difference(
        values, case, rater, np.array([0, 1]), np.array([3.0, 3, 1, 1, 1, 1])
    )
    assert weighted.difference == pytest.approx((3 * 2 + 1 + 3) / 5)


def test_a_balanced_panel_is_the_difference_of_the_raters_means() -> None:
    """All rate all: then the mixed model's answer is known, with two degrees of freedom."""
    random = np.random.default_rng(5)
    ratings = random.normal(8, 1, (50, 4)) + random.normal(0, 2, 4) + random.normal(0, 3, (50, 1))
    case, rater = (each.ravel() for each in np.indices(ratings.shape))
    found = group_difference(ratings.ravel(), case, rater, np.array([0, 1, 0, 1]))
    means = ratings.mean(axis=0)
    assert found.difference == pytest.approx((means[1] + means[3] - means[0] - means[2]) / 2)
    spread = (means[[0, 2]].var(ddof=1) + means[[1, 3]].var(ddof=1)) / 2
    assert found.error == pytest.approx(np.sqrt(spread), rel=1e-3)
    assert found.degrees == 2


def test_the_interval_holds_the_planted_difference() -> None:
    hits = [group_difference(*panel(seed)).interval(0.95).covers(1.5) for seed in range(40)]
    assert sum(hits) >= 35
    far = group_difference(*panel(1, effect=6.0))
    assert far.interval(0.95).lower > 0


def test_without_both_groups_there_is_no_difference() -> None:
    values, case = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match="both groups"):
        group_difference(values, case, np.array([0, 2, 1, 3]), np.array([0, 1, 0, 1]))
    with pytest.raises(ValueError, match="too few"):
        group_difference(values[:2], case[:2], np.array([0, 1]), np.array([0, 1]))
