"""Differences, shares at the same mix, units' own odds, hazards: against hand and identities."""

import numpy as np
import pytest

from orchestration.statistics.equivalence import Difference, share_difference
from orchestration.statistics.hazards import piecewise
from orchestration.statistics.standardised import standardised_shares, unit_effects


def test_a_small_difference_of_many_is_surely_smaller_than_the_margin() -> None:
    # 0.01 / 0.01 = 1 standard error: two-sided p 0.3173; (0.01 - 0.03) / 0.01 = -2: one-sided p
    # 0.02275 (standard normal tables).
    found = Difference(0.01, 0.01)
    assert found.p_value == pytest.approx(0.3173, abs=1e-4)
    assert found.equivalence_p_value(0.03) == pytest.approx(0.02275, abs=1e-5)
    assert found.limits(0.95) == pytest.approx((-0.0096, 0.0296), abs=1e-4)
    assert Difference(0.04, 0.01).equivalence_p_value(0.03) == pytest.approx(0.8413, abs=1e-4)
    assert Difference(0.0, 0.0).p_value == 1.0
    assert Difference(0.01, 0.0).equivalence_p_value(0.03) == 0.0


def test_rows_of_one_cluster_make_a_difference_less_certain() -> None:
    events = np.array([1.0, 1, 0, 0, 1, 0, 0, 0])
    group = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    ones = np.ones(8)
    alone = share_difference(events, ones, group, np.arange(8))
    # .5 of 4 and .25 of 4: p (1 - p) / n each.
    assert alone.estimate == 0.25
    assert alone.standard_error == pytest.approx(np.sqrt(0.25 / 4 + 0.1875 / 4))
    pairs = share_difference(events, ones, group, np.array([0, 0, 1, 1, 2, 3, 4, 5]))
    # The first group is two clusters: ((.5 + .5) / 4)^2 twice.
    assert pairs.standard_error == pytest.approx(np.sqrt(2 * 0.25**2 + 0.1875 / 4))
    with pytest.raises(ValueError, match="nobody"):
        share_difference(events, ones, np.zeros(8, dtype=np.int64), np.arange(8))


def test_without_covariates_the_standardised_shares_are_the_shares() -> None:
    events, trials = np.array([10.0, 30.0, 5.0]), np.array([40.0, 60.0, 50.0])
    found = standardised_shares(events, trials, np.ones((3, 1)), np.array([0, 1, 2]), 3)
    share = events / trials
    assert found.estimate == pytest.approx(share)
    assert np.diag(found.covariance) == pytest.approx(share * (1 - share) / trials)
    odds = np.log(share / (1 - share))
    assert found.coefficients == pytest.approx(odds - odds[0])


def test_levels_that_differ_by_mix_alone_have_one_standardised_share() -> None:
    # Two strata with shares .1 and .5 in both levels, which hold them in quite different parts.
    trials = np.array([900.0, 100.0, 100.0, 900.0])
    events = np.array([90.0, 50.0, 10.0, 450.0])
    covariates = np.column_stack([np.ones(4), [0, 1, 0, 1]])
    found = standardised_shares(events, trials, covariates, np.array([0, 0, 1, 1]), 2)
    assert found.estimate == pytest.approx([0.3, 0.3])


def test_a_unit_s_own_odds_are_what_its_cases_lack() -> None:
    trials = np.array([400.0, 400.0, 400.0])
    events = np.array([200.0, 100.0, 200.0])
    effect, variance = unit_effects(np.arange(3), events, trials, np.ones((3, 1)), 3)
    common = np.log(500 / 700)
    # With half an event each way: 100.5 / 300.5 (and one trial more).
    assert effect[1] == pytest.approx(np.log(100.5 / 300.5) - common, abs=1e-6)
    assert variance[0] == pytest.approx(1 / (400 * 0.25), rel=1e-4)


def test_a_hazard_twice_as_high_is_found_through_censoring() -> None:
    random = np.random.default_rng(3)
    number = 6000
    exposed = random.random(number) < 0.5
    time = random.exponential(np.where(exposed, 50.0, 100.0))
    end = random.uniform(20.0, 120.0, number)
    happened = (time <= end).astype(np.float64)
    found = piecewise(
        np.minimum(time, end),
        happened,
        exposed[:, None].astype(np.float64),
        np.array([30.0]),
        np.arange(number),
    )
    value, error = found.contrast(np.array([1.0]))
    assert abs(value - np.log(2)) < 3 * error
    assert error < 0.05
    # One hazard in both bands.
    assert np.exp(found.levels) == pytest.approx([0.01, 0.01], rel=0.1)


def test_without_covariates_a_band_has_its_events_over_its_time() -> None:
    time = np.array([10.0, 20.0, 40.0, 60.0])
    happened = np.array([1.0, 0.0, 1.0, 1.0])
    # Below 30: 10 + 20 + 30 + 30 = 90 days and one event; from 30: 10 + 30 = 40 and two.
    constant = np.zeros((4, 1))
    found = piecewise(time, happened, constant, np.array([30.0]), np.arange(4))
    assert np.exp(found.levels) == pytest.approx([1 / 90, 2 / 40], rel=1e-6)
    with pytest.raises(ValueError, match="nothing happened"):
        piecewise(time, np.zeros(4), constant, np.array([30.0]), np.arange(4))
