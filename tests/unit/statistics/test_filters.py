"""The filters against exact tests, published figures, other software and simulated size."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from orchestration.deviation.settings import COUNTED, MEANS
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.filters import (
    Dynamics,
    GammaPoisson,
    History,
    LevelModel,
    Observation,
    Panel,
    Prediction,
    State,
    breakeven_volatility,
    predict,
    run_history,
)
from orchestration.statistics.means import LogNormalLevel, moderate
from orchestration.statistics.pooled import judge
from orchestration.statistics.proportions import BetaBinomial
from tests.panels import whole_panel

VECTORS = Path(__file__).parents[2] / "vectors" / "poisson2"
GRID = np.array(COUNTED.volatility)
DIALS = {GammaPoisson: COUNTED, BetaBinomial: COUNTED, LogNormalLevel: MEANS}
R = json.loads((VECTORS / "r_poisson_test.json").read_text())
LITERATURE = {
    case["id"]: case
    for case in json.loads((VECTORS / "statsmodels_literature_cases.json").read_text())["cases"]
}


def one_sigma(model: LevelModel, pool: Panel, sigma: float) -> Prediction:
    return told(model, pool, Dynamics.wandering(np.array([sigma])))


def told(model: LevelModel, pool: Panel, dynamics: Dynamics) -> Prediction:
    """What one way of moving foretells."""
    history = run_history(model, pool, dynamics)
    return predict(model, pool, dynamics, history, np.ones((pool.observed.shape[0], 1)))


def wandered(model: LevelModel, pool: Panel, *sigma: float) -> History:
    return run_history(model, pool, Dynamics.wandering(np.array(sigma)))


def state_of(model: LevelModel, history: History) -> State:
    return model.of_moments(history.level.mean[0], history.level.variance[0])


def exact_tails(
    y1: float, y2: float, e1: float = 1.0, e2: float = 1.0, log_ratio: float = 0.0
) -> tuple[float, float]:
    """Filter tails without the mid-p, at shape 0 below and 1 above."""
    pool = whole_panel([y1, y2], [[e1, e2]])
    pool.log_shift[:, 1] = log_ratio
    tails = []
    for shape, at in ((0.0, y2), (1.0, y2 - 1)):
        history = wandered(GammaPoisson(shape), pool, 0.0)
        seen = pool.year(1)._replace(y=np.array([[float(at)]]))
        tails.append(
            float(GammaPoisson(shape).cdf(state_of(GammaPoisson(shape), history), seen)[0, 0])
        )
    return tails[0], 1.0 - tails[1]


counts = st.integers(min_value=1, max_value=3000)
exposures = st.floats(min_value=0.1, max_value=1e6)


@given(counts, counts, exposures, exposures)
def test_two_points_are_the_exact_conditional_test(y1: int, y2: int, e1: float, e2: float) -> None:
    below, above = exact_tails(y1, y2, e1, e2)
    share = e2 / (e1 + e2)
    assert below == pytest.approx(stats.binom.cdf(y2, y1 + y2, share), rel=1e-9, abs=1e-12)
    assert above == pytest.approx(stats.binom.sf(y2 - 1, y1 + y2, share), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("y1", "y2", "e1", "e2"),
    [(38, 12, 1, 1), (12, 38, 1, 1), (20, 15, 1, 1), (3, 9, 1, 1), (100, 140, 2, 3), (7, 2, 5, 1)],
)
def test_two_points_are_the_exact_test_to_the_last_bit(y1: int, y2: int, e1: int, e2: int) -> None:
    for shape, at in ((0.0, y2), (1.0, y2 - 1)):
        state = (np.array([[shape + y1]]), np.array([[float(e1)]]))
        seen = Observation(np.array([[at]]), np.array([[float(e2)]]), np.array([[np.inf]]))
        found = GammaPoisson(shape).cdf(state, seen)[0, 0]
        known = stats.binom.cdf(at, y1 + y2, e2 / (e1 + e2))
        assert abs(found - known) <= np.finfo(np.float64).eps


@pytest.mark.parametrize("case", ["two_38_12", "two_12_38", "two_20_15", "two_0_7", "two_3_9"])
def test_two_equal_exposures_as_r_poisson_test(case: str) -> None:
    first, second = R[case]["x"]
    # After no cases at all, only the upper tail has a proper start.
    p = min(exact_tails(first, second)) if first else stats.nbinom.sf(second - 1, 1, 0.5)
    assert 2 * p == pytest.approx(R[case]["p"], rel=1e-9)


def test_published_rates_gu_2008() -> None:
    first = LITERATURE["Gu2008_ex1"]
    below, _ = exact_tails(*first["count"], *first["exposure"])
    assert below == pytest.approx(first["one_sided_p"]["exact-cond"], abs=5e-7)
    pool = whole_panel(first["count"], [first["exposure"]])
    mid, _ = one_sigma(GammaPoisson(), pool, 0.0).tails()
    assert mid[0] == pytest.approx(first["one_sided_p"]["cond-midp"], rel=0.06)
    assert mid[0] == pytest.approx(first["one_sided_p"]["etest"], rel=0.02)


def test_published_rates_against_a_known_change() -> None:
    # Gu 2008, example 2: is the first rate more than 1.5 times the second?
    second = LITERATURE["Gu2008_ex2"]
    (y1, y2), (e1, e2) = second["count"], second["exposure"]
    below, _ = exact_tails(y1, y2, e1, e2, log_ratio=-np.log(1.5))
    assert below == pytest.approx(
        stats.binom.sf(y1 - 1, y1 + y2, 1.5 * e1 / (1.5 * e1 + e2)), rel=1e-9
    )
    # The paper's third and fourth digit are off from the exact binomial it names.
    assert below == pytest.approx(second["one_sided_p"]["exact-cond"], abs=2e-4)


@pytest.mark.parametrize(
    ("sigma", "p"), [(0.0, 0.00018), (0.1, 0.0005), (0.2, 0.0037), (0.3, 0.019), (0.5, 0.12)]
)
def test_38_children_became_12(sigma: float, p: float) -> None:
    # Two significant figures, as printed by an independent implementation.
    found = one_sigma(GammaPoisson(), whole_panel([38, 12]), sigma).p_values()[0]
    assert float(f"{found:.2g}") == pytest.approx(p, rel=0.041)


def test_what_would_explain_38_to_12_away() -> None:
    found = breakeven_volatility(GammaPoisson(), whole_panel([38, 12]), alpha=0.05, ceiling=3.0)[0]
    assert found == pytest.approx(0.38, abs=0.01)
    at = one_sigma(GammaPoisson(), whole_panel([38, 12]), float(found)).p_values()[0]
    assert at == pytest.approx(0.05, abs=1e-6)


def test_breakeven_has_ends() -> None:
    pool = whole_panel([[40, 40], [100_000, 1]])
    assert breakeven_volatility(GammaPoisson(), pool, alpha=0.05, ceiling=1.0).tolist() == [0, 1]


def test_forty_cases_foretell_23_to_62() -> None:
    low, high = one_sigma(GammaPoisson(), whole_panel([40, 40]), 0.1).interval(0.95)
    assert (low[0], high[0]) == (23, 62)


def test_interval_of_one_volatility_is_scipys() -> None:
    pool = whole_panel([[3, 5, 9], [0, 0, 1], [900, 950, 10]])
    prediction = one_sigma(GammaPoisson(), pool, 0.07)
    a, b = prediction.state
    for level in (0.8, 0.95, 0.998):
        low, high = prediction.interval(level)
        p = (b / (b + 1))[:, 0]
        np.testing.assert_array_equal(low, stats.nbinom.ppf((1 - level) / 2, a[:, 0], p))
        np.testing.assert_array_equal(high, stats.nbinom.ppf((1 + level) / 2, a[:, 0], p))


def test_a_gap_of_g_years_adds_g_variances() -> None:
    gap = whole_panel([[50, 0, 0, 40]])
    gap.usable[:, 1:3] = False
    history = wandered(GammaPoisson(), gap, 0.1)
    a, b = state_of(GammaPoisson(), history)
    assert 1 / a[0, 0] == pytest.approx(1 / 50.5 + 3 * 0.1**2)
    assert a[0, 0] / b[0, 0] == pytest.approx(50.5)
    assert history.points[0] == 0


def test_a_break_cuts_history_off() -> None:
    broken = whole_panel([[500, 510, 40, 41]])
    broken.reset[:, 2] = True
    fresh = whole_panel([[40, 41]])
    cut, new = (wandered(GammaPoisson(), p, *GRID) for p in (broken, fresh))
    np.testing.assert_allclose(cut.level.mean, new.level.mean)
    np.testing.assert_allclose(cut.level.variance, new.level.variance)
    # The value after the break says nothing of volatility; the one before it did.
    assert (cut.points[0], new.points[0]) == (1, 0)


@pytest.mark.parametrize("model", [GammaPoisson(), BetaBinomial()])
def test_a_known_change_moves_the_expectation_and_keeps_its_certainty(model: LevelModel) -> None:
    still, moved = (whole_panel([[300, 310, 300]], 5000.0) for _ in range(2))
    moved.log_shift[:, 2] = np.log(1.22)
    before, after = (one_sigma(model, p, 0.04) for p in (still, moved))
    assert after.expected()[0] == pytest.approx(1.22 * before.expected()[0])
    np.testing.assert_allclose(
        before.shifted(np.array([np.log(1.22)])).expected(), after.expected()
    )
    assert 1 / after.state[0][0, 0] == pytest.approx(1 / before.state[0][0, 0], rel=0.02)


@pytest.mark.parametrize(
    ("a", "b", "n", "y"),
    [
        (30.0, 70.0, 500, 150),
        (0.5, 3.5, 20, 0),
        (40.0, 60.0, 200, 90),
        (2000.0, 48000.0, 3000, 90),
        (15.0, 500.0, 3000, 150),
        (150.0, 150.0, 100, 66),
        (120.0, 120.0, 5000, 2700),
        (7.0, 2.0, 300, 280),
    ],
)
def test_beta_binomial_tails_are_scipys(a: float, b: float, n: int, y: int) -> None:
    state = (np.array([[a]]), np.array([[b]]))
    seen = Observation(np.array([[float(y)]]), np.array([[float(n)]]), np.array([[np.inf]]))
    below, above = BetaBinomial().tails(state, seen)
    known = stats.betabinom(n, a, b)
    assert below[0, 0] == pytest.approx(known.cdf(y) - known.pmf(y) / 2, rel=1e-8)
    assert above[0, 0] == pytest.approx(known.sf(y - 1) - known.pmf(y) / 2, rel=1e-8)


def test_a_proportion_of_half_a_million_is_exact() -> None:
    state = (np.full((1, 1), 14_000.0), np.full((1, 1), 460_000.0))
    seen = Observation(np.array([[13_500.0]]), np.array([[475_000.0]]), np.array([[np.inf]]))
    known = stats.betabinom(475_000, 14_000, 460_000)
    assert BetaBinomial().cdf(state, seen)[0, 0] == pytest.approx(known.cdf(13_500), rel=1e-7)
    below, above = BetaBinomial().tails(state, seen)
    assert below[0, 0] + above[0, 0] == pytest.approx(1.0)


def test_proportion_step_adds_variance_on_the_logit_scale() -> None:
    history = wandered(BetaBinomial(), whole_panel([[30, 30]], 100.0), 0.2)
    a, b = (float(part[0, 0]) for part in state_of(BetaBinomial(), history))
    assert 1 / a + 1 / b == pytest.approx(1 / 30.5 + 1 / 70.5 + 0.04)
    assert a / (a + b) == pytest.approx(30.5 / 101)


def test_means_are_kalmans_filter_on_the_log_scale() -> None:
    y, r, q = np.log([9.0, 9.3, 8.9, 9.6]), np.array([0.01, 0.02, 0.01, 0.03]), 0.07**2
    pool = whole_panel(y, r[None, :])
    m, c = y[0], r[0]
    for value, noise in zip(y[1:3], r[1:3], strict=True):
        c += q
        gain = c / (c + noise)
        m, c = m + gain * (value - m), (1 - gain) * c
    prediction = one_sigma(LogNormalLevel(), pool, 0.07)
    score = (y[3] - m) / np.sqrt(c + q + r[3])
    assert prediction.expected()[0] == pytest.approx(np.exp(m))
    assert prediction.p_values()[0] == pytest.approx(2 * stats.norm.sf(abs(score)))
    low, high = prediction.interval(0.95)
    reach = stats.norm.ppf(0.975) * np.sqrt(c + q + r[3])
    assert [low[0], high[0]] == pytest.approx([m - reach, m + reach], abs=1e-9)
    few = replace(pool, df=np.full(1, 4.0))
    heavy = one_sigma(LogNormalLevel(), few, 0.07).p_values()[0]
    assert heavy == pytest.approx(2 * stats.t.sf(abs(score), 4))


def test_moderated_variances_find_the_prior_they_were_drawn_from() -> None:
    rng = np.random.default_rng(3)
    df = rng.integers(3, 30, 4000).astype(np.float64)
    true = 0.25 * 12 / rng.chisquare(12, df.size)
    drawn = moderate(true * rng.chisquare(df) / df, df)
    assert drawn.prior_df == pytest.approx(12, rel=0.15)
    assert drawn.prior_variance == pytest.approx(0.25, rel=0.05)
    common = moderate(np.full(20, 0.3), np.full(20, 5.0))
    assert common.prior_df == np.inf
    assert np.ptp(common.variance) == 0
    pair = moderate(np.array([1.0, 2.0]), np.array([5.0, 5.0]))
    assert pair.variance.tolist() == [1.0, 2.0]


def test_a_variance_of_nought_is_moderated_and_teaches_nothing() -> None:
    rng = np.random.default_rng(3)
    df = rng.integers(3, 30, 400).astype(np.float64)
    drawn = 0.25 * 12 / rng.chisquare(12, df.size) * rng.chisquare(df) / df
    known = moderate(drawn, df)
    # Two of equal values, the spread of one of which is rounding.
    found = moderate(np.append(drawn, [0.0, 1e-30]), np.append(df, [2.0, 100.0]))
    np.testing.assert_array_equal(found.variance[:-2], known.variance)
    d0, s0 = known.prior_df, known.prior_variance
    assert found.variance[-2:] == pytest.approx([d0 * s0 / (d0 + 2), d0 * s0 / (d0 + 100)])
    alone = moderate(np.array([0.0, 2.0]), np.array([5.0, 5.0]))
    assert alone.variance.tolist() == [2.0, 2.0]
    assert moderate(np.zeros(5), np.ones(5)).variance.tolist() == [0.0] * 5


def test_probability_of_a_change_that_matters_by_integration() -> None:
    prediction = one_sigma(GammaPoisson(), whole_panel([60, 45]), 0.1)
    a, b = (float(part[0, 0]) for part in prediction.state)
    expected = stats.gamma(a, scale=1 / b)
    own = stats.gamma(45.5)

    def beyond(level: float) -> float:
        inside = own.cdf(1.1 * level) - own.cdf(level / 1.1)
        return float(expected.pdf(level) * (1 - inside))

    by_hand = integrate.quad(beyond, 1e-9, 300, limit=400)[0]
    assert prediction.probability_relevant(0.1)[0] == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("model", [GammaPoisson(), BetaBinomial(), LogNormalLevel()])
def test_probability_of_relevance_has_its_limits(model: LevelModel) -> None:
    same, apart = [[900.0, 900.0]], [[900.0, 300.0]]
    if not model.discrete:
        same, apart = [[2.0, 2.0]], [[2.0, 0.9]]
    exposure = 3000.0 if model.discrete else 1e-4
    for y, probability in ((same, 0.0), (apart, 1.0)):
        found = one_sigma(model, whole_panel(y, exposure), 0.0).probability_relevant(0.3)
        assert found[0] == pytest.approx(probability, abs=1e-6)


def simulate(
    rng: np.random.Generator, series: int, years: int, mean: float, sigma: FloatArray | float
) -> FloatArray:
    steps = rng.normal(0, 1, (series, years)) * np.broadcast_to(sigma, series)[:, None]
    steps[:, 0] = 0
    drawn = rng.poisson(mean * np.exp(np.cumsum(steps, axis=1)))
    return np.asarray(drawn, dtype=np.float64)


def pooled_p_values(model: LevelModel, pool: Panel) -> FloatArray:
    rows = pool.observed.shape[0]
    return judge(model, pool, ["a"] * rows, ["a"] * rows, DIALS[type(model)]).prediction.p_values()


@pytest.mark.parametrize(
    ("years", "mean", "sigma"),
    [
        (3, 20, 0.12),
        (3, 2000, 0.05),
        (5, 200, 0.0),
        (5, 200, 0.12),
        (10, 200, 0.05),
        (10, 2000, 0.12),
    ],
)
def test_size_at_five_per_cent(years: int, mean: float, sigma: float) -> None:
    rng = np.random.default_rng([years, int(mean), int(100 * sigma)])
    p = [
        pooled_p_values(GammaPoisson(), whole_panel(simulate(rng, 60, years + 1, mean, sigma)))
        for _ in range(40)
    ]
    assert 0.035 <= (np.concatenate(p) < 0.05).mean() <= 0.065


def test_thousands_that_never_move_are_judged_with_caution() -> None:
    # Every series is taken to lean a little; a pool cannot say that none does.
    y = simulate(np.random.default_rng(50), 3000, 6, 200, 0.0)
    assert 0.02 <= (pooled_p_values(GammaPoisson(), whole_panel(y)) < 0.05).mean() <= 0.05


def test_size_with_mixed_volatilities() -> None:
    rng = np.random.default_rng(5)
    y = simulate(rng, 4000, 9, 500, rng.choice([0.0, 0.03, 0.08, 0.15], 4000))
    p = pooled_p_values(GammaPoisson(), whole_panel(y))
    assert 0.04 <= (p < 0.05).mean() <= 0.06
    assert 0.005 <= (p < 0.01).mean() <= 0.016


def test_size_of_proportions_and_means() -> None:
    rng = np.random.default_rng(9)
    steps = np.cumsum(rng.normal(0, 0.07, (1500, 7)), axis=1)
    share = 1 / (1 + np.exp(0.8 - steps))
    y = rng.binomial(900, share).astype(np.float64)
    assert 0.035 <= (pooled_p_values(BetaBinomial(), whole_panel(y, 900.0)) < 0.05).mean() <= 0.065
    noise = rng.normal(0, 0.03, steps.shape)
    means = whole_panel(2.0 + steps + noise, 0.03**2)
    assert 0.035 <= (pooled_p_values(LogNormalLevel(), means) < 0.05).mean() <= 0.065


def test_the_tested_value_does_not_touch_its_own_expectation() -> None:
    calm, shocked = whole_panel([[200, 205, 198, 201]]), whole_panel([[200, 205, 198, 900]])
    one, other = (one_sigma(GammaPoisson(), p, 0.05) for p in (calm, shocked))
    assert one.expected() == other.expected()
    assert one.interval(0.95) == other.interval(0.95)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 5000), min_size=2, max_size=8), st.floats(0, 0.3))
def test_tails_and_interval_agree(values: list[int], sigma: float) -> None:
    prediction = one_sigma(GammaPoisson(), whole_panel([values]), sigma)
    below, above = prediction.tails()
    assert below[0] + above[0] == pytest.approx(1.0)
    low, high = prediction.interval(0.95)
    if prediction.p_values()[0] < 0.04:
        assert not low[0] < values[-1] < high[0]


def test_a_slope_is_found_as_by_conditioning_a_normal_distribution() -> None:
    """All values, and the next, are jointly normal; a wide start stands for none."""
    sigma, slope, phi, noise = 0.05, 0.06, 0.9, 0.02
    y = np.log(np.array([100.0, 108.0, 115.0, 131.0, 150.0]))
    years = y.size + 1
    # Slopes have the variance slope^2 every year and correlate by phi.
    gaps = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    slopes = slope**2 * phi**gaps
    sums = np.tril(np.ones((years, years)))
    sums[:, 0] = 0.0
    walk = sums @ (slopes + sigma**2 * np.eye(years)) @ sums.T
    joint = walk + 1e6 + noise**2 * np.eye(years)
    past, ahead = joint[:-1, :-1], joint[-1, :-1]
    weights = np.linalg.solve(past, ahead)
    expected = float(weights @ y)
    spread = float(np.sqrt(joint[-1, -1] - weights @ ahead))
    pool = whole_panel(np.append(y, 5.2), noise**2)
    dynamics = Dynamics(np.array([sigma]), np.array([slope]), damping=phi)
    prediction = told(LogNormalLevel(), pool, dynamics)
    assert np.log(prediction.expected()[0]) == pytest.approx(expected, abs=1e-5)
    low, high = prediction.interval(0.95)
    assert (high[0] - low[0]) / (2 * stats.norm.ppf(0.975)) == pytest.approx(spread, rel=1e-4)


def test_leaps_and_one_offs_are_as_by_trying_every_course_of_events() -> None:
    """Each year ordinary, a wide step or a one-off: 81 courses, each a Kalman filter."""
    sigma, wide, noise, leap, one_off = 0.05, 0.4, 0.03, 0.04, 0.06
    dynamics = Dynamics(
        np.array([sigma]), np.zeros(1), leap=leap, one_off=one_off, wide_least=wide, wide_times=0.0
    )
    for y in ([0, 0.02, -0.01, 0.4, 0.02], [0, 0.02, -0.01, 0.4, 0.41], [0, 0.3, 0.31, 0.28, 0.0]):
        total = tail = 0.0
        for course in itertools.product("olx", repeat=3):
            m, c, chance = y[0], noise**2, 1.0
            for value, event in zip(y[1:4], course, strict=True):
                c += sigma**2
                extra = 0.0 if event == "o" else wide**2
                spread = np.sqrt(c + extra + noise**2)
                odds = {"o": 1 - leap - one_off, "l": leap, "x": one_off}[event]
                chance *= odds * stats.norm.pdf(value, m, spread)
                if event != "x":
                    gain = (c + extra) / spread**2
                    m, c = m + gain * (value - m), (1 - gain) * (c + extra)
            c += sigma**2 + noise**2
            near = stats.norm.cdf(y[4], m, np.sqrt(c))
            far = stats.norm.cdf(y[4], m, np.sqrt(c + wide**2))
            total, tail = total + chance, tail + chance * ((1 - leap) * near + leap * far)
        below, _ = told(LogNormalLevel(), whole_panel(y, noise**2), dynamics).tails()
        assert below[0] == pytest.approx(tail / total, abs=0.01)


def test_a_value_that_returns_makes_the_one_before_a_one_off_and_one_that_stays_a_step() -> None:
    dynamics = Dynamics(
        np.array([0.03]), np.zeros(1), leap=0.02, one_off=0.03, wide_least=0.2, wide_times=3.5
    )
    pool = whole_panel([[200, 205, 198, 300, last] for last in (201, 305, 30)])
    prediction = told(GammaPoisson(), pool, dynamics)
    once = prediction.probability_of_one_off()
    assert once[0] > 0.95
    assert once[1] < 0.05
    p = prediction.p_values()
    assert min(p[0], p[1]) > 0.2
    assert p[2] < 0.02


def test_a_lost_year_does_not_make_the_next_one_surprising() -> None:
    pool = whole_panel([[200, 205, 198, 0, 201]])
    ordinary = one_sigma(GammaPoisson(), pool, 0.1).p_values()[0]
    dynamics = replace(COUNTED.dynamics(0.02, 0.25), volatility=np.array([0.1]), slope=np.zeros(1))
    assert ordinary < 1e-6
    assert told(GammaPoisson(), pool, dynamics).p_values()[0] > 0.3


@pytest.mark.parametrize("model", [GammaPoisson(), BetaBinomial(), LogNormalLevel()])
def test_a_state_is_its_link_s_mean_and_variance(model: LevelModel) -> None:
    mean, variance = np.array([[-1.3, 0.0, 2.1]]), np.array([[0.2, 0.01, 1.4]])
    back = model.moments(model.of_moments(mean, variance))
    np.testing.assert_allclose(back[0], mean, atol=1e-12)
    np.testing.assert_allclose(back[1], variance)


def test_noise_is_events_that_come_together() -> None:
    """Three times as many of three times as few: the same p-value as of the persons."""
    persons, events = whole_panel([[60, 62, 59, 80]]), whole_panel([[180, 186, 177, 240]])
    events = events.with_noise(np.full(1, 3.0))
    one, other = (one_sigma(GammaPoisson(), p, 0.03) for p in (persons, events))
    np.testing.assert_allclose(one.p_values(), other.p_values())
    assert other.expected()[0] == pytest.approx(3 * one.expected()[0])
    low, high = other.interval(0.95)
    assert 3 * one.interval(0.95)[0][0] - 3 <= low[0] <= 3 * one.interval(0.95)[0][0] + 3
    assert high[0] > events.observed[0, 0]
