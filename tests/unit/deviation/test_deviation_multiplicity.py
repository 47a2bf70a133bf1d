"""Families of tests, group differences and pairs against figures of other software."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from orchestration.deviation.contrary import Movement, judge_pair
from orchestration.findings.codes import Verdict
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.groups import GroupSample, steadied, welch
from orchestration.statistics.multiplicity import (
    benjamini_hochberg,
    benjamini_yekutieli,
    select,
    simes,
)

FDR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "fdr" / "multtest_expected.json").read_text()
)


@pytest.mark.parametrize(
    ("method", "adjust"), [("BH", benjamini_hochberg), ("BY", benjamini_yekutieli)]
)
def test_adjusted_values_as_bioconductor_multtest(
    method: str, adjust: Callable[[FloatArray], FloatArray]
) -> None:
    column = FDR["columns"].index(method)
    expected = [row[column] for row in FDR["sorted_adjusted"]]
    np.testing.assert_allclose(np.sort(adjust(np.array(FDR["pvals"]))), expected, rtol=1e-9)


def test_simes_is_the_smallest_adjusted_p() -> None:
    column = FDR["columns"].index("BH")
    smallest = min(row[column] for row in FDR["sorted_adjusted"])
    assert simes(np.array(FDR["pvals"])) == pytest.approx(smallest, rel=1e-9)
    assert simes(np.array([0.03])) == 0.03
    assert simes(np.array([0.9, 0.95, 1.0])) == 1.0


def test_selected_families_by_hand() -> None:
    # Simes: a .02 (2*.01), b .5, c .04. BH over 3: .06, .5, .06. Two of three selected at .10,
    # so members are tested at .10 * 2 / 3: in a 3/2 * (.02, .2), in c 3/2 * .04.
    found = select(np.array([0.01, 0.2, 0.5, 0.04]), ["a", "a", "b", "c"], 0.10)
    assert found.families == ("a", "c")
    assert found.q_values.tolist() == pytest.approx([0.06, 0.3, 0.75, 0.06])
    assert found.selected.tolist() == [True, False, False, True]


def test_a_family_that_is_one_discovery_by_hand() -> None:
    # Families as above; in a the members' adjusted values are .02 and .2, and none is below its
    # family's .06.
    found = select(np.array([0.01, 0.2, 0.5, 0.04]), ["a", "a", "b", "c"], 0.10, as_one=True)
    assert found.families == ("a", "c")
    assert found.q_values.tolist() == pytest.approx([0.06, 0.2, 0.5, 0.06])


def test_nothing_is_selected_in_a_family_that_is_not() -> None:
    p = np.concatenate([[0.04], np.full(19, 0.9)])
    found = select(p, [str(i) for i in range(20)], 0.10)
    assert not found.selected.any()
    assert found.families == ()
    assert select(np.empty(0), [], 0.1).families == ()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abc")), min_size=1, max_size=30),
)
def test_one_family_is_plain_benjamini_hochberg(tests: list[tuple[float, str]]) -> None:
    p = np.array([value for value, _ in tests])
    alone = select(p, ["one"] * p.size, 0.1)
    np.testing.assert_allclose(alone.q_values, benjamini_hochberg(p))
    several = select(p, [family for _, family in tests], 0.1)
    chosen = {family for (_, family), yes in zip(tests, several.selected, strict=True) if yes}
    assert chosen <= set(several.families)


def test_false_discoveries_stay_under_their_rate() -> None:
    rng = np.random.default_rng(2)
    rates = []
    for _ in range(300):
        true = np.zeros(60, dtype=bool)
        true[:6] = True
        z = rng.normal(0, 1, 60) + 3.5 * true
        p = 2 * stats.norm.sf(np.abs(z))
        found = select(p, [i // 12 for i in range(60)], 0.10)
        rates.append((found.selected & ~true).sum() / max(found.selected.sum(), 1))
    assert np.mean(rates) < 0.10


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((9.0, 4.8, 1800), (7.2, 4.1, 2900)),
        ((7.5, 4.0, 30), (6.9, 6.0, 12)),
        # Everybody in one of them has the same.
        ((9.0, 0.0, 30), (7.2, 4.1, 40)),
        ((9.0, 4.8, 12), (7.2, 0.0, 300)),
    ],
)
def test_welch_is_scipys(a: tuple[float, float, int], b: tuple[float, float, int]) -> None:
    found = welch(GroupSample(*a), GroupSample(*b), level=0.95, relevant_change=0.1)
    known = stats.ttest_ind_from_stats(*a, *b, equal_var=False)
    assert found.statistic == pytest.approx(known.statistic)
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-9)
    reach = stats.t.ppf(0.975, found.df) * (a[0] - b[0]) / known.statistic
    assert (found.lower, found.upper) == pytest.approx((a[0] - b[0] - reach, a[0] - b[0] + reach))
    assert found.ratio == a[0] / b[0]


def test_group_relevance_follows_size_and_certainty() -> None:
    large = welch(
        GroupSample(9.0, 4.5, 1800), GroupSample(7.2, 4.5, 2900), level=0.95, relevant_change=0.1
    )
    small = welch(
        GroupSample(7.3, 4.5, 1800), GroupSample(7.2, 4.5, 2900), level=0.95, relevant_change=0.1
    )
    assert large.probability_relevant > 0.999
    assert small.probability_relevant < 0.01


def test_two_constant_groups_cannot_be_told_from_chance() -> None:
    # The spread of equal values, as it is computed, is not always nought.
    for spread in (0.0, 1e-16):
        with pytest.raises(ValueError, match="without any spread"):
            welch(
                GroupSample(9.0, 0.0, 30),
                GroupSample(7.2, spread, 30),
                level=0.95,
                relevant_change=0.1,
            )


@pytest.mark.parametrize(("number", "most"), [(2, 0.3), (50, 1.02)])
def test_a_few_who_happen_to_be_alike_are_lent_a_spread(number: int, most: float) -> None:
    constant, other = GroupSample(9.0, 0.0, number), GroupSample(7.2, 4.5, 1000)
    steady, same = steadied(constant, other)
    assert same == other
    assert (steady.mean, steady.observations) == (9.0, number)
    assert steady.standard_deviation == pytest.approx(4.5 / np.sqrt(number))
    found = welch(steady, other, level=0.95, relevant_change=0.1)
    sure = welch(constant, other, level=0.95, relevant_change=0.1)
    assert found.statistic < most * sure.statistic
    assert sure.p_value < 1e-6
    # Two alike prove nothing against a thousand; fifty do.
    assert (found.p_value < 0.001) is (number == 50)
    assert steadied(other, GroupSample(7.0, 4.0, 20)) == (other, GroupSample(7.0, 4.0, 20))


def test_a_group_with_nothing_at_all_is_a_hundred_per_cent_lower() -> None:
    found = welch(
        GroupSample(0.0, 0.0, 30), GroupSample(7.2, 4.0, 40), level=0.95, relevant_change=0.1
    )
    assert found.ratio == 0
    assert found.probability_relevant == pytest.approx(1)


@pytest.mark.parametrize("sample", [(9.0, np.nan, 1800), (9.0, 4.5, np.nan), (9.0, 4.5, 1)])
def test_a_mean_alone_is_not_testable(sample: tuple[float, float, float]) -> None:
    assert not GroupSample(*sample).testable
    with pytest.raises(ValueError, match="cannot be tested"):
        welch(GroupSample(*sample), GroupSample(7.2, 4, 100), level=0.95, relevant_change=0.1)


def up(change: float, p: float) -> Movement:
    return Movement(change=change, p_down=1 - p, p_up=p)


def down(change: float, p: float) -> Movement:
    return Movement(change=change, p_down=p, p_up=1 - p)


def test_contrary_only_when_both_have_moved() -> None:
    falling = down(-0.06, 0.001)
    both = judge_pair(falling, up(0.05, 0.02), 1, 0.05)
    assert (both.verdict, both.p_value) == (Verdict.CONTRARY, 0.02)
    noise = judge_pair(falling, up(0.05, 0.2), 1, 0.05)
    assert (noise.verdict, noise.p_value) == (Verdict.DIVERGENT_WITHIN_NOISE, 0.2)
    assert judge_pair(falling, up(0.05, 0.02), -1, 0.05).verdict is Verdict.AS_EXPECTED
    assert judge_pair(falling, down(-0.05, 0.02), 1, 0.05).verdict is Verdict.AS_EXPECTED
    assert judge_pair(falling, down(-0.05, 0.02), -1, 0.05).verdict is Verdict.CONTRARY


def test_no_verdict_without_movement() -> None:
    falling = down(-0.06, 0.001)
    # The same figure, summed in another order.
    assert judge_pair(falling, up(2e-16, 0.5), 1, 0.05).verdict is Verdict.CANNOT_TELL
    assert judge_pair(falling, None, 1, 0.05).verdict is Verdict.CANNOT_TELL
    assert judge_pair(None, falling, 1, 0.05).p_value is None
    assert judge_pair(falling, up(0.0, 0.5), 1, 0.05).verdict is Verdict.CANNOT_TELL
