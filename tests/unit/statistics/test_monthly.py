"""Monthly series against R's surveillance, and what R does not do."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.monthly import (
    MonthlySettings,
    anscombe,
    farrington,
    limits,
    reweight,
    season_blocks,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "surveillance"
SETTINGS = MonthlySettings()
UNIT = json.loads((VECTORS / "unit_tests_expected.json").read_text())


def column(name: str, of: str) -> FloatArray:
    with (VECTORS / name).open(encoding="utf-8") as file:
        return np.array([float(row[of]) for row in csv.DictReader(file)])


ROTA = column("rotaBB_monthly_input.csv", "observed")
PRINTED = "rotaBB_monthly_noufaily_nbPlugin_b5w1p4.csv"


def test_rotavirus_in_brandenburg_is_as_surveillance_prints_it() -> None:
    found = farrington(ROTA[None], 36, SETTINGS)
    printed = {
        name: column(PRINTED, name)
        for name in ("expected", "phiVector", "trendVector", "pvalue", "upperbound", "alarm")
    }
    np.testing.assert_allclose(found.expected[0], printed["expected"], rtol=1e-4)
    np.testing.assert_allclose(found.dispersion[0], printed["phiVector"], rtol=1e-4)
    np.testing.assert_allclose(found.trend[0], printed["trendVector"], atol=1e-6)
    # R's regression stops at 1e-8 of the deviance, which shows in the fifth decimal of a tail.
    np.testing.assert_allclose(found.p_upper[0], printed["pvalue"], atol=1e-5)
    lower, upper = found.limits(0.05)
    np.testing.assert_array_equal(upper[0], printed["upperbound"])
    np.testing.assert_array_equal(ROTA[-36:] > upper[0], printed["alarm"] == 1)
    assert printed["alarm"].sum() == 3
    assert np.all(lower < found.expected)


def test_printed_scores_take_the_logarithm_of_the_mean_for_the_mean() -> None:
    # The quirk that the module's docstring names, and why it gives no score.
    expected, upper = column(PRINTED, "expected"), column(PRINTED, "upperbound")
    score = (ROTA[-36:] - np.log(expected)) / (upper - np.log(expected))
    np.testing.assert_allclose(score, column(PRINTED, "score"), rtol=1e-6)


@pytest.mark.parametrize("phi", ["1.5", "1.0"])
def test_limits_of_one_month_as_surveillances_own_tests(phi: str) -> None:
    case = UNIT["threshold_noufaily"]
    low, high, p, _ = case[f"nbPlugin_phi{phi}"]
    found = limits(np.array([5.0]), np.array([float(phi)]), case["alpha"])
    assert (found[0][0], found[1][0]) == (low, high)
    share = 1 / float(phi)
    tail = (
        stats.nbinom.sf(10, 5 / (float(phi) - 1), share) if share < 1 else stats.poisson.sf(10, 5)
    )
    assert tail == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("case", UNIT["weights"])
def test_weights_as_surveillances_own_tests(case: dict[str, list[float]]) -> None:
    residual = np.array([case["s"]])
    found = reweight(residual, np.ones(residual.shape, dtype=bool), float(case["threshold"]))  # type: ignore[arg-type]
    np.testing.assert_allclose(found[0], case["w"])


def test_the_year_is_divided_around_the_tested_months_own_season() -> None:
    blocks = season_blocks(2, 1, 4)
    assert blocks.size == 26
    year = [3, 3, 3, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert blocks.tolist() == [*year, *year, 3, 3]
    assert set(season_blocks(3, 1, 1).tolist()) == {0, -1}


def seasonal(rng: np.random.Generator, series: int, level: float, months: int = 72) -> FloatArray:
    season = np.exp(0.4 * np.sin(2 * np.pi * np.arange(months) / 12))
    return rng.poisson(level * season, (series, months)).astype(np.float64)


def test_a_fall_is_found_and_zero_is_a_value() -> None:
    y = seasonal(np.random.default_rng(1), 1, 60)
    fallen = y.copy()
    fallen[0, -1] = 0
    found = farrington(np.vstack([y, fallen]), 1, SETTINGS)
    assert found.p_values[0, 0] > 0.05
    assert found.p_down[1, 0] < 1e-6
    assert found.limits(0.025)[0][1, 0] > 0
    np.testing.assert_array_equal(found.expected[0], found.expected[1])


def test_all_series_together_are_as_each_alone() -> None:
    y = seasonal(np.random.default_rng(2), 5, 25)
    y[1, :30] = np.nan
    y[2, 40] = np.nan
    together = farrington(y, 6, SETTINGS)
    for row in range(5):
        alone = farrington(y[row : row + 1], 6, SETTINGS)
        np.testing.assert_allclose(alone.expected[0], together.expected[row], rtol=1e-8)
        np.testing.assert_allclose(alone.p_values[0], together.p_values[row], atol=1e-8)
    assert together.years[:, -1].tolist() == [5, 3, 5, 5, 5]


def test_an_exposure_that_doubles_doubles_what_is_expected() -> None:
    y = seasonal(np.random.default_rng(3), 1, 80)
    exposure = np.full(y.shape, 1000.0)
    exposure[0, -1] = 2000.0
    plain, doubled = farrington(y, 1, SETTINGS), farrington(y, 1, SETTINGS, exposure)
    assert doubled.expected[0, 0] == pytest.approx(2 * plain.expected[0, 0], rel=1e-6)


def test_a_trend_that_foretells_more_than_was_ever_seen_is_left_out() -> None:
    rising = np.rint(20 * np.exp(0.03 * np.arange(72)))[None]
    found = farrington(rising, 1, SETTINGS)
    assert found.trend[0, 0] == 0
    falling = farrington(rising[:, ::-1], 1, SETTINGS)
    assert falling.trend[0, 0] == pytest.approx(-0.03, abs=0.002)


def test_an_outbreak_in_the_past_does_not_hide_the_next() -> None:
    y = seasonal(np.random.default_rng(4), 1, 30)
    calm, stirred = farrington(y, 1, SETTINGS), y.copy()
    stirred[0, -13] = 400
    found = farrington(stirred, 1, SETTINGS)
    unweighted = farrington(stirred, 1, replace(SETTINGS, residual_threshold=1e6))
    assert found.limits(0.05)[1][0, 0] < unweighted.limits(0.05)[1][0, 0] / 2
    assert found.expected[0, 0] == pytest.approx(calm.expected[0, 0], rel=0.3)


def test_too_short_or_too_empty_a_past_foretells_nothing() -> None:
    y = seasonal(np.random.default_rng(5), 2, 30, months=36)
    assert not farrington(y, 1, SETTINGS).tested.any()
    y = seasonal(np.random.default_rng(5), 2, 30)
    y[0, :-1] = 0
    y[1, -1] = np.nan
    found = farrington(y, 1, SETTINGS)
    assert not found.tested.any()
    assert np.isnan(found.expected[0, 0])
    assert np.isfinite(found.expected[1, 0])


def test_a_season_that_was_never_seen_foretells_nothing() -> None:
    y = seasonal(np.random.default_rng(9), 2, 30)
    # The tested month is December; its own season is from November to January.
    calendar = np.arange(y.shape[1]) % 12
    y[0, np.isin(calendar, [10, 11, 0])] = np.nan
    y[0, -1] = 30
    y[1, 13:-1] = np.nan
    found = farrington(y, 1, SETTINGS)
    assert not found.tested.any()
    one_missing = seasonal(np.random.default_rng(9), 1, 30)
    one_missing[0, -13] = np.nan
    assert farrington(one_missing, 1, SETTINGS).tested.all()


def winters_without_a_case(tested: float, level: float = 60, noise: int = 0) -> FloatArray:
    """Six years, no case from November to January, and so many in the December that is tested."""
    calendar = np.arange(72) % 12
    y = np.where(np.isin(calendar, [10, 11, 0]), 0.0, level)
    y[np.isin(calendar, [4, 5])] += noise * (np.arange(12) % 2)
    y[-1] = tested
    return y[None]


def test_a_season_that_never_had_a_case_is_uncertain_too() -> None:
    none, one, many = (
        farrington(winters_without_a_case(tested), 1, SETTINGS) for tested in (0, 1, 12)
    )
    # Five winters of three months; the November before is among the latest, which are left out.
    months = 15.0
    assert none.tested.all()
    assert none.expected[0, 0] == pytest.approx(0.5 / months)
    assert none.trend[0, 0] == 0
    level = stats.gamma(0.5, scale=1 / months)
    chance = 1 - level.expect(lambda rate: np.exp(-rate))
    assert none.p_up[0, 0] == pytest.approx(0.5 + chance / 2)
    assert none.p_values[0, 0] > 0.95
    assert one.p_upper[0, 0] == pytest.approx(chance)
    assert 0.01 < one.p_values[0, 0] < 0.05
    # A dozen where there never was one is still a wonder, and a finite one.
    assert 0 < many.p_values[0, 0] < 1e-6
    assert one.limits(0.01)[0][0, 0] == 0
    assert one.limits(0.01)[1][0, 0] >= 1


def test_an_unsteady_series_is_less_sure_of_its_empty_season() -> None:
    calm, unsteady = (
        farrington(winters_without_a_case(3, noise=noise), 1, SETTINGS) for noise in (0, 200)
    )
    assert unsteady.dispersion[0, 0] > 2 * calm.dispersion[0, 0]
    assert unsteady.p_values[0, 0] > 10 * calm.p_values[0, 0]


def test_an_empty_season_follows_its_exposure() -> None:
    exposure = np.full((1, 72), 1000.0)
    exposure[0, -1] = 2000.0
    plain, doubled = (
        farrington(winters_without_a_case(1), 1, SETTINGS, each) for each in (None, exposure)
    )
    assert doubled.expected[0, 0] == pytest.approx(2 * plain.expected[0, 0])
    assert doubled.p_values[0, 0] > plain.p_values[0, 0]


def test_without_season_both_limits_are_exceeded_about_as_often_as_they_say() -> None:
    y = np.random.default_rng(6).poisson(40, (3000, 72)).astype(np.float64)
    found = farrington(y, 1, SETTINGS)
    assert 0.03 < (found.p_values < 0.05).mean() < 0.09
    assert 0.012 < (found.p_down < 0.025).mean() < 0.05
    assert 0.012 < (found.p_up < 0.025).mean() < 0.05


def test_residuals_are_nought_at_the_fit() -> None:
    y = np.array([1.0, 8.0, 27.0])
    assert anscombe(y, y, np.ones(3), np.zeros(3)) == pytest.approx([0, 0, 0])
    assert anscombe(y, y / 2, np.full(3, 4.0), np.zeros(3)) == pytest.approx(
        anscombe(y, y / 2, np.ones(3), np.zeros(3)) / 2
    )


def test_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        farrington(np.array([[1.0, -1.0]]), 1, SETTINGS)
    with pytest.raises(ValueError, match="months"):
        farrington(np.ones((1, 10)), 11, SETTINGS)
    for wrong in ({"least_years": 6}, {"left_out": -1}, {"blocks": 12}, {"tolerance": 0.0}):
        with pytest.raises(ValueError, match=r"years|negative|blocks|positive"):
            replace(SETTINGS, **wrong)
