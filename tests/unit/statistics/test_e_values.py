"""E-BH against Benjamini and Hochberg's step of another library, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.e_values import e_bh, stopped


def test_it_is_benjamini_hochberg_of_the_inverses() -> None:
    rng = np.random.default_rng(7)
    picked = 0
    for _ in range(300):
        e_values = np.exp(rng.normal(1.0, 3.0, rng.integers(1, 30)))
        inverse = np.minimum(1.0, 1.0 / e_values)
        expected = stats.false_discovery_control(inverse) <= 0.1
        np.testing.assert_array_equal(e_bh(e_values, 0.1), expected)
        picked += int(expected.sum())
    assert picked > 100


def test_one_alone_needs_the_inverse_of_the_rate_and_many_help_each_other() -> None:
    assert e_bh(np.array([10.0]), 0.1).all()
    assert not e_bh(np.array([9.99]), 0.1).any()
    # Two of four need four tenths' inverse halved: 4 / (0.1 * 2) = 20.
    np.testing.assert_array_equal(e_bh(np.array([20.0, 1.0, 25.0, 0.2]), 0.1), [1, 0, 1, 0])
    assert not e_bh(np.array([20.0, 1.0, 19.0, 0.2]), 0.1).any()


def test_the_rate_holds_where_all_e_values_are_one_and_the_same() -> None:
    # The worst dependence: e is 40 in one of forty, and 0 else, for all alike.
    rng = np.random.default_rng(8)
    false = [e_bh(np.full(20, 40.0 * (rng.random() < 1 / 40)), 0.1).any() for _ in range(4000)]
    assert np.mean(false) <= 0.1


def test_a_process_is_stopped_where_it_first_reaches_the_figure() -> None:
    paths = np.array([[1.0, 30.0, 2.0, 90.0], [1.0, 3.0, 2.0, 0.5]])
    values, at = stopped(paths, 20.0)
    np.testing.assert_array_equal(values, [30.0, 0.5])
    assert at[0] == 1
    assert np.isnan(at[1])


@pytest.mark.parametrize(
    ("e_values", "q"), [([1.0, -0.1], 0.1), ([np.nan], 0.1), ([1.0], 0.0), ([1.0], 1.0)]
)
def test_what_is_no_e_value_is_refused(e_values: list[float], q: float) -> None:
    with pytest.raises(ValueError, match=r"negative|between"):
        e_bh(np.array(e_values), q)
