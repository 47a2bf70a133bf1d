"""How months grow: the chain ladder by hand, the interval by another library, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.reporting_delay import DelaySettings, growth, nowcast

NAN = np.nan
SETTINGS = DelaySettings(recent=12, least_months=2)


def test_shares_are_those_of_the_chain_ladder() -> None:
    told = np.array(
        [
            [60.0, 30.0, 10.0],
            [50.0, 40.0, 10.0],
            [70.0, 20.0, NAN],
            [40.0, NAN, NAN],
        ]
    )
    found = growth(told, SETTINGS)
    assert found is not None
    # Link ratios, as a textbook has them: sums of cumulative columns.
    first = (90 + 90 + 90) / (60 + 50 + 70)
    second = (100 + 100) / (90 + 90)
    np.testing.assert_allclose(found.share, [1 / (first * second), 1 / second, 1.0])
    assert found.grows
    np.testing.assert_array_equal(found.months, [4, 3, 2])
    assert found.variance[0] > found.variance[1] > found.variance[2] == 0.0


def test_a_register_whose_months_never_grow_says_so() -> None:
    told = np.array([[60.0, 0.0, 0.0], [50.0, 0.0, NAN], [70.0, 0.0, NAN], [40.0, NAN, NAN]])
    found = growth(told, SETTINGS)
    assert found is not None
    assert not found.grows
    np.testing.assert_array_equal(found.share, 1.0)
    np.testing.assert_array_equal(found.variance, 0.0)


def test_too_few_months_tell_nothing() -> None:
    assert growth(np.array([[60.0, NAN], [50.0, NAN], [40.0, NAN]]), SETTINGS) is None
    assert growth(np.array([[60.0, 5.0], [50.0, NAN]]), SETTINGS) is None


def test_only_the_latest_months_count() -> None:
    old = np.tile([50.0, 50.0], (20, 1))
    new = np.tile([90.0, 10.0], (12, 1))
    found = growth(np.concatenate([old, new]), SETTINGS)
    assert found is not None
    assert found.share[0] == pytest.approx(0.9)


def test_lags_beyond_what_was_followed_are_whole() -> None:
    found = growth(np.tile([80.0, 20.0], (5, 1)), SETTINGS)
    assert found is not None
    share, variance = found.at(np.array([0, 1, 7]))
    np.testing.assert_allclose(share, [0.8, 1.0, 1.0])
    assert variance[0] > 0.0
    np.testing.assert_array_equal(variance[1:], 0.0)


def test_what_is_to_come_of_a_known_share_is_negative_binomial() -> None:
    seen, share = np.array([40.0, 3.0]), np.array([0.8, 0.3])
    mean, low, high = nowcast(seen, share, np.zeros(2), 0.95)
    size = seen + 0.5
    np.testing.assert_allclose(mean, seen + size * (1 - share) / share)
    np.testing.assert_array_equal(low, seen + stats.nbinom.ppf(0.025, size, share))
    np.testing.assert_array_equal(high, seen + stats.nbinom.ppf(0.975, size, share))


def test_a_whole_month_is_what_has_come() -> None:
    for each in nowcast(np.array([12.0]), np.ones(1), np.zeros(1), 0.95):
        assert each[0] == 12.0


def simulated(rng: np.random.Generator, spread: float) -> tuple[FloatArray, FloatArray]:
    """Twelve months by lag as they are known, and what they will all be."""
    parts = np.array([0.6, 0.25, 0.1, 0.05])
    whole = rng.poisson(120.0, 12)
    told = np.empty((12, 4))
    for month in range(12):
        moved = rng.dirichlet(parts / spread) if spread else parts
        told[month] = rng.multinomial(whole[month], moved)
    known = np.where(np.arange(4) <= 11 - np.arange(12)[:, None], told, np.nan)
    return known, whole.astype(float)


@pytest.mark.parametrize("spread", [0.0, 0.01])
def test_nowcasts_hold_the_months_as_often_as_they_say(spread: float) -> None:
    # Months that grow unevenly are not the model's: their dispersion has to be found.
    rng = np.random.default_rng(9)
    held = []
    for _ in range(400):
        known, whole = simulated(rng, spread)
        found = growth(known, DelaySettings())
        assert found is not None
        lags = np.array([0, 1])
        seen = np.nansum(known[[-1, -2]], axis=1)
        _, low, high = nowcast(seen, *found.at(lags), 0.9)
        held.append((low <= whole[[-1, -2]]) & (whole[[-1, -2]] <= high))
    assert 0.85 <= np.mean(held) <= 0.97


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        growth(np.array([[1.0, -1.0]] * 3), SETTINGS)
    with pytest.raises(ValueError, match="share"):
        nowcast(np.array([1.0]), np.array([0.0]), np.zeros(1), 0.9)
    with pytest.raises(ValueError, match="least_months"):
        DelaySettings(recent=2, least_months=3)
