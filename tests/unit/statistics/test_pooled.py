"""What is pooled: mixtures, noise and wide steps found in pools whose truths are known."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from orchestration.deviation.settings import AMOUNTS, COUNTED, MEANS
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.filters import (
    Dynamics,
    GammaPoisson,
    LevelModel,
    responsibilities,
    run_history,
)
from orchestration.statistics.means import LogNormalLevel
from orchestration.statistics.pooled import (
    Dials,
    Judged,
    fit_mixture,
    judge,
    without_itself,
)
from tests.panels import whole_panel

GRID = np.array(COUNTED.volatility)
SERIES, YEARS = 60, 9

#: A city's counts or amounts, (S, T).
Draw = Callable[[np.random.Generator], FloatArray]


def simulate(
    rng: np.random.Generator, series: int, years: int, mean: float, sigma: float
) -> FloatArray:
    steps = rng.normal(0, sigma, (series, years))
    steps[:, 0] = 0
    return drawn(rng, mean * np.exp(np.cumsum(steps, axis=1)))


def drawn(rng: np.random.Generator, level: FloatArray) -> FloatArray:
    return np.asarray(rng.poisson(level), dtype=np.float64)


def judged(y: FloatArray, model: LevelModel | None = None, dials: Dials = COUNTED) -> Judged:
    """Twelve registers in eight pools, as in a city."""
    registers = [f"register {at % 12}" for at in range(y.shape[0])]
    pools = [f"pool {at % 8}" for at in range(y.shape[0])]
    return judge(
        model or GammaPoisson(), whole_panel(y, 0.0 if model else 1.0), registers, pools, dials
    )


def test_mixture_finds_the_volatilities_of_a_pool() -> None:
    rng = np.random.default_rng(11)
    calm, wild = simulate(rng, 400, 10, 2000, 0.02), simulate(rng, 400, 10, 2000, 0.17)
    panel = whole_panel(np.vstack([calm, wild]))
    history = run_history(GammaPoisson(), panel, Dynamics.wandering(GRID))
    even = np.full(GRID.size, 1 / GRID.size)
    weights = fit_mixture(history.log_likelihood, even, 0.0, tolerance=1e-7, max_iterations=2000)
    assert weights.sum() == pytest.approx(1)
    assert weights @ GRID == pytest.approx((0.02 + 0.17) / 2, abs=0.01)
    near = np.abs(GRID[:, None] / np.array([0.02, 0.17]) - 1) < 0.5
    assert weights[near.any(axis=1)].sum() > 0.8
    shares = responsibilities(history.log_likelihood, weights)
    assert (shares[:400] @ GRID).mean() < 0.03
    assert (shares[400:] @ GRID).mean() > 0.14
    pulled = fit_mixture(history.log_likelihood[:2], even, 1e6, tolerance=1e-9, max_iterations=500)
    np.testing.assert_allclose(pulled, even, atol=1e-4)
    nothing = fit_mixture(np.empty((0, GRID.size)), even, 3.0, tolerance=1e-6, max_iterations=10)
    assert nothing is even


def test_the_others_weights_are_a_step_of_em_without_the_series() -> None:
    rng = np.random.default_rng(4)
    seen, prior = rng.normal(0, 2, (5, 3)), np.array([0.5, 0.3, 0.2])
    weights = fit_mixture(seen, prior, 2.0, tolerance=1e-9, max_iterations=5000)
    found = without_itself(seen, weights, prior, 2.0)
    own = responsibilities(seen, weights)
    for row in range(5):
        others = np.delete(own, row, axis=0).sum(axis=0) + 2.0 * prior
        np.testing.assert_allclose(found[row], others / others.sum())
    np.testing.assert_allclose(own.sum(axis=0) + 2.0 * prior, 7.0 * weights, rtol=1e-6)


def test_a_series_alone_is_judged_by_the_belief() -> None:
    seen = np.array([[0.0, -3.0, -9.0]])
    prior = np.array([0.2, 0.3, 0.5])
    sure = np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(without_itself(seen, sure, prior, 5.0), prior[None, :])


def events(rng: np.random.Generator) -> FloatArray:
    return 3.0 * drawn(rng, np.full((SERIES, YEARS), 70.0))


def stocks(rng: np.random.Generator) -> FloatArray:
    out = np.empty((SERIES, YEARS))
    out[:, 0] = rng.poisson(200.0, SERIES)
    for year in range(1, YEARS):
        stayed = rng.binomial(out[:, year - 1].astype(np.int64), 0.9)
        out[:, year] = stayed + rng.poisson(20.0, SERIES)
    return out


def test_the_noise_of_a_register_is_found() -> None:
    rng = np.random.default_rng(8)
    assert 2.2 <= np.median(judged(events(rng)).panel.noise) <= 3.3
    assert np.median(judged(stocks(rng)).panel.noise) <= 0.35
    assert np.median(judged(simulate(rng, SERIES, YEARS, 200, 0.03)).panel.noise) == 1.0


def sizes(
    draw: Draw, draws: int = 40, model: LevelModel | None = None, dials: Dials = COUNTED
) -> FloatArray:
    """p-values of so many cities."""
    rng = np.random.default_rng(21)
    cities = [judged(draw(rng), model, dials) for _ in range(draws)]
    return np.concatenate([city.prediction.p_values() for city in cities])


@pytest.mark.parametrize("draw", [events, stocks])
def test_size_where_poisson_s_law_does_not_hold(draw: Draw) -> None:
    assert 0.03 <= (sizes(draw) < 0.05).mean() <= 0.065


def test_size_with_heavy_tailed_steps() -> None:
    def heavy(rng: np.random.Generator) -> FloatArray:
        steps = 0.03 * rng.standard_t(3, (SERIES, YEARS))
        return drawn(rng, 2000 * np.exp(np.cumsum(steps, axis=1)))

    p = sizes(heavy)
    assert (p < 0.001).mean() <= 0.002
    assert 0.03 <= (p < 0.05).mean() <= 0.08


def test_size_where_a_tenth_grows_by_two_per_cent_a_year() -> None:
    def some(rng: np.random.Generator) -> FloatArray:
        level = np.full((SERIES, YEARS), 200.0)
        level[:6] *= 1.02 ** np.arange(YEARS)
        return drawn(rng, level)

    p = sizes(some, 80).reshape(80, SERIES)[:, :6]
    assert (p < 0.05).mean() <= 0.09


def test_a_flat_year_after_seven_of_growth_is_told() -> None:
    rng = np.random.default_rng(2)
    level = np.full((SERIES, 8), 3000.0)
    level[:6] *= np.append(1.08 ** np.arange(7), 1.08**6)
    p = np.array([judged(drawn(rng, level)).prediction.p_values()[:6] for _ in range(20)])
    assert (p < 0.05).mean() > 0.4


@pytest.mark.parametrize("series", [1, 3, 10])
@pytest.mark.parametrize("sigma", [0.005, 0.1])
def test_size_of_a_few_amounts(series: int, sigma: float) -> None:
    def amounts(rng: np.random.Generator) -> FloatArray:
        return np.cumsum(rng.normal(0, sigma, (series, YEARS)), axis=1)

    p = sizes(amounts, 2100 // series, model=LogNormalLevel(), dials=AMOUNTS)
    assert 0.02 <= (p < 0.05).mean() <= 0.065


def test_weight_at_the_end_of_the_grid_says_that_it_is_too_short() -> None:
    rng = np.random.default_rng(6)
    assert judged(simulate(rng, SERIES, YEARS, 2000, 1.2)).weight_at_the_end > 0.5
    assert judged(simulate(rng, SERIES, YEARS, 2000, 0.1)).weight_at_the_end < 0.02


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"volatility": ()}, "volatility"),
        ({"slope_belief": (1.0,)}, "slope"),
        ({"leap_belief": (0.0, 1.0, 1.0, 1.0)}, "leap"),
        ({"noise": (2.0,)}, "noise"),
        ({"damping": 0.0}, "damping"),
        ({"one_off": 0.99}, "leaps"),
    ],
)
def test_dials_refuse_nonsense(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        replace(COUNTED, **wrong)


def test_beliefs_are_of_every_way() -> None:
    for dials in (COUNTED, MEANS, AMOUNTS):
        ways = len(dials.volatility) * len(dials.slope)
        assert dials.belief.shape == dials.volatilities.shape == (ways,)
        assert dials.belief.sum() == pytest.approx(1.0)
        assert dials.noise_belief.sum() == pytest.approx(1.0)
        assert dials.dynamics(0.1, 0.2).ways == ways
