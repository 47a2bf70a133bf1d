"""Ratios of levels: known by hand, and right as often as they say in worlds that are drawn."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import relative_risk

from orchestration.statistics.ratios import Sums, ratios


def of_counts(events: object, population: object) -> Sums:
    """Persons of a known population, each counted once."""
    number, base = (np.asarray(each, dtype=np.float64) for each in (events, population))
    nothing = np.zeros(number.shape)
    return Sums(number, base, number, nothing, nothing)


def of_shares(events: object, cases: object) -> Sums:
    """Cases that are each one's own."""
    number, base = (np.asarray(each, dtype=np.float64) for each in (events, cases))
    return Sums(number, base, number, number, base)


def test_the_variance_of_a_log_rate_is_one_over_its_events() -> None:
    levels = of_counts([16.0, 100.0], [1000.0, 400.0])
    np.testing.assert_allclose(levels.level, [0.016, 0.25])
    np.testing.assert_allclose(levels.log_variance, [1 / 16, 1 / 100])


def test_the_variance_of_a_log_share_is_the_binomial_one() -> None:
    # Of 40 in 100: (1 - p) / (n p), by hand .6 / 40.
    np.testing.assert_allclose(of_shares([40.0], [100.0]).log_variance, [0.015])


def test_the_variance_of_a_log_mean_is_its_squared_coefficient_of_variation_over_n() -> None:
    values = np.array([3.0, 5.0, 10.0, 6.0])
    levels = Sums(
        values.sum()[None], np.array([4.0]), np.square(values).sum()[None], values.sum()[None],
        np.array([4.0]),
    )  # fmt: skip
    np.testing.assert_allclose(levels.level, [6.0])
    np.testing.assert_allclose(levels.log_variance, [values.var() / 4.0 / 36.0])


def test_decisions_of_one_household_are_worth_less_than_as_many_of_many() -> None:
    # Ten households with four decisions each, of which half are refused all four.
    together = Sums(*(np.array([each]) for each in (20.0, 40.0, 80.0, 80.0, 160.0)))
    assert together.log_variance == pytest.approx(4 * of_shares([20.0], [40.0]).log_variance)


def test_two_shares_are_scipys_relative_risk() -> None:
    found = ratios(of_shares([30.0], [100.0]), of_shares([20.0], [100.0]))
    known = relative_risk(30, 100, 20, 100)
    limits = known.confidence_interval(0.95)
    np.testing.assert_allclose(found.ratio, [known.relative_risk])
    np.testing.assert_allclose(np.ravel(found.limits(0.95)), [limits.low, limits.high])


def test_a_ratio_turned_round_says_the_same() -> None:
    one, other = of_counts([60.0], [1000.0]), of_counts([50.0], [1000.0])
    there, back = ratios(one, other), ratios(other, one)
    np.testing.assert_allclose(there.p_values, back.p_values)
    np.testing.assert_allclose(there.equivalence_p_values(0.1), back.equivalence_p_values(0.1))
    assert there.beyond(0.1)
    assert back.beyond(0.1)


def test_nothing_has_no_ratio() -> None:
    found = ratios(of_counts([0.0, 5.0], [10.0, 10.0]), of_counts([5.0, 5.0], [10.0, 0.0]))
    assert np.isnan(found.p_values).all()
    assert np.isnan(found.ratio).all()


def test_at_the_margin_equivalence_is_claimed_in_one_of_twenty_at_most() -> None:
    random = np.random.default_rng(4)
    first = random.poisson(0.022 * 150_000, 4000)
    second = random.poisson(0.020 * 150_000, 4000)
    base = np.full(4000, 150_000.0)
    found = ratios(of_counts(first, base), of_counts(second, base))
    claimed = (found.equivalence_p_values(0.1) <= 0.05).mean()
    assert 0.03 <= claimed <= 0.065
    # And where there is no difference it is seen at a third of the size.
    same = ratios(
        of_counts(random.poisson(3000, 4000), base), of_counts(random.poisson(3000, 4000), base)
    )
    assert (same.equivalence_p_values(0.1) <= 0.05).mean() > 0.9
    assert stats.kstest(same.p_values, "uniform").pvalue > 0.001
