"""A pool that moves as one, and pools that do not."""

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.shocks import common_shock


def p_of(z: FloatArray) -> float:
    return common_shock(stats.norm.cdf(z), 0.1 * z).p_value


def test_half_the_pool_far_down_is_extreme_in_closed_form() -> None:
    # Three of five below the first per cent: a binomial tail, both sides.
    p_down = np.array([0.001, 0.005, 0.01, 0.4, 0.9])
    found = common_shock(p_down, np.log([0.7, 0.8, 0.85, 1.0, 1.1]))
    assert found.p_value == pytest.approx(2 * stats.binom.sf(2, 5, 0.01))
    assert np.exp(found.log_change) == pytest.approx(0.85)
    assert found.members == 5


@pytest.mark.parametrize("members", [5, 6, 9, 14])
def test_independent_members_are_seldom_a_shock(members: int) -> None:
    rng = np.random.default_rng(members)
    p = np.array([p_of(rng.normal(0, 1, members)) for _ in range(4000)])
    assert (p < 0.05).mean() == pytest.approx(0.05 if members % 2 else 0.03, abs=0.025)


def test_a_pool_that_moves_together_is_found_and_one_wild_member_is_none() -> None:
    rng = np.random.default_rng(8)
    assert p_of(rng.normal(-2.0, 1.0, 9)) < 0.001
    wild = rng.normal(0.0, 1.0, 9)
    wild[:2] = -9.0
    assert p_of(wild) > 0.05


def test_up_and_down_are_alike() -> None:
    z = np.array([1.4, 2.2, 0.9, 1.8, 1.1])
    assert p_of(z) == pytest.approx(p_of(-z))
    assert p_of(z) < 0.01


def test_the_medians_own_uncertainty_shrinks_with_the_pool() -> None:
    rng = np.random.default_rng(2)
    errors = [
        common_shock(np.full(n, 0.5), rng.normal(0.2, 0.1, n)).standard_error for n in (20, 2000)
    ]
    assert errors[1] == pytest.approx(np.sqrt(np.pi / 2) * 0.1 / np.sqrt(2000), rel=0.15)
    assert errors[0] > 3 * errors[1]


def test_a_pool_needs_members() -> None:
    with pytest.raises(ValueError, match="members"):
        common_shock(np.empty(0), np.empty(0))
