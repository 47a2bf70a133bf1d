"""Shares of a year and how months vary, of simulated years whose truth is known."""

import numpy as np
import pytest

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.seasons import SeasonSettings, season

SHARES = np.array([1.3, 1.1, 1.0, 1.0, 0.9, 0.9, 0.6, 0.8, 1.1, 1.2, 1.1, 1.0]) / 12.0
PLAIN = SeasonSettings(prior_cases=0.0)


def simulated(seed: int, spread: float, lasting: float = 0.0) -> FloatArray:
    rng = np.random.default_rng(seed)
    levels = np.exp(rng.uniform(np.log(200.0), np.log(3000.0), 20))
    noise = rng.normal(size=(20, 96))
    for month in range(1, 96):
        noise[:, month] = lasting * noise[:, month - 1] + np.sqrt(1 - lasting**2) * noise[:, month]
    mean = levels[:, None, None] * SHARES * np.exp(spread * noise).reshape(20, 8, 12)
    return rng.poisson(mean).astype(np.float64)


def test_shares_are_the_months_own_without_anything_to_be_drawn_towards() -> None:
    counts = np.array([[[10.0] * 6 + [30.0] * 6, [20.0] * 6 + [20.0] * 6]])
    found = season(counts, PLAIN)
    np.testing.assert_allclose(found.shares[0], [30 / 480] * 6 + [50 / 480] * 6)


def test_a_small_series_is_drawn_towards_the_others() -> None:
    counts = np.zeros((2, 1, 12))
    counts[0, 0], counts[1, 0, 0] = 1000.0 * SHARES, 5.0
    drawn = season(counts, SeasonSettings(prior_cases=60.0)).shares
    alone = season(counts, PLAIN).shares
    assert alone[1, 0] == 1.0
    assert drawn[1, 0] < 0.25
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)


def test_months_of_poisson_s_law_have_next_to_no_dispersion() -> None:
    found = [season(simulated(seed, 0.0), SeasonSettings()).dispersion for seed in range(10)]
    assert np.mean(found) < 0.002


def test_a_dispersion_is_found() -> None:
    found = [season(simulated(seed, 0.1), SeasonSettings()).dispersion for seed in range(10)]
    assert np.mean(found) == pytest.approx(0.01, rel=0.5)


def test_noise_that_lasts_counts_for_more_than_noise_that_evens_out() -> None:
    lasting, brief = (
        np.mean([season(simulated(s, 0.1, rho), SeasonSettings()).dispersion for s in range(10)])
        for rho in (0.6, 0.0)
    )
    assert lasting > 1.7 * brief


def test_a_year_with_a_gap_is_left_out() -> None:
    counts = simulated(1, 0.0)
    spoilt = np.concatenate([counts, counts[:, :1]], axis=1)
    spoilt[:, -1, 3] = np.nan
    np.testing.assert_allclose(
        season(spoilt, SeasonSettings()).shares, season(counts, SeasonSettings()).shares
    )


def test_what_cannot_be_shared_is_refused() -> None:
    with pytest.raises(ValueError, match="no series"):
        season(np.full((1, 2, 12), np.nan), SeasonSettings())
    with pytest.raises(ValueError, match="negative"):
        season(np.full((1, 2, 12), -1.0), SeasonSettings())
