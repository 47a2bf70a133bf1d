"""Left-out fits against metafor, shrinkage and intervals against their definitions."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.districts import (
    between_interval,
    leave_one_out,
    leave_one_out_counts,
    paule_mandel,
    random_effects,
    shrunken,
)
from orchestration.statistics.funnels import between_variance, phi

VECTORS = Path(__file__).parents[2] / "vectors" / "metafor"
METAFOR = json.loads((VECTORS / "dat_bcg_expected.json").read_text())


def trials(name: str) -> FloatArray:
    with (VECTORS / "dat_bcg_input.csv").open(encoding="utf-8") as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


Y, V, LATITUDE = trials("yi"), trials("vi"), trials("ablat")
ONES = np.ones((Y.size, 1))
LINE = np.column_stack([ONES, LATITUDE])


def test_variance_between_units_as_metafor() -> None:
    fit = random_effects(Y, V, ONES)
    known = METAFOR["PM"]
    # metafor stops its search at 1.2e-4 of the estimate.
    assert fit.between == pytest.approx(known["tau2"], rel=1e-3)
    assert fit.coefficients[0] == pytest.approx(known["beta"], rel=1e-4)
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(known["se"], rel=1e-3)
    weights = 1 / V
    z = (Y - (weights * Y).sum() / weights.sum()) / np.sqrt(V)
    assert between_variance(phi(z), np.sqrt(V)) == pytest.approx(METAFOR["DL"]["tau2"], rel=1e-9)


def test_the_heterogeneity_is_what_paule_and_mandel_ask_of_it() -> None:
    for design in (ONES, LINE):
        between = paule_mandel(Y[None], V[None], design)[0]
        weights = 1 / (V + between)
        root = np.sqrt(weights)
        _, residual, _, _ = np.linalg.lstsq(design * root[:, None], Y * root, rcond=None)
        assert residual[0] == pytest.approx(Y.size - design.shape[1], rel=1e-9)


def test_studentised_deleted_residuals_as_metafor() -> None:
    found = leave_one_out(Y, V, ONES)
    np.testing.assert_allclose(found.statistic, METAFOR["PM"]["rstudent"], rtol=2e-3)
    assert found.df == Y.size - 2


@pytest.mark.parametrize("design", [ONES, LINE])
def test_left_out_means_fitted_again_without_it(design: FloatArray) -> None:
    found = leave_one_out(Y, V, design)
    for unit in range(Y.size):
        others = np.arange(Y.size) != unit
        fit = random_effects(Y[others], V[others], design[others])
        own = design[unit]
        error = np.sqrt(V[unit] + fit.between + own @ fit.covariance @ own)
        assert found.between[unit] == pytest.approx(fit.between, abs=1e-9)
        assert found.residual[unit] == pytest.approx(Y[unit] - own @ fit.coefficients)
        assert found.standard_error[unit] == pytest.approx(error)
    moved = Y.copy()
    moved[3] += 5
    again = leave_one_out(moved, V, design)
    # What a unit is held against does not know the unit itself.
    assert again.foretold[3] == pytest.approx(found.foretold[3])
    assert again.standard_error[3] == pytest.approx(found.standard_error[3])


def test_residuals_with_a_covariate_are_near_metafors_by_another_method() -> None:
    # metafor's printed ones estimate the variance by REML, ours by Paule-Mandel.
    found = leave_one_out(Y, V, LINE)
    known = np.array(METAFOR["REML_ablat"]["rstudent_z"])
    assert np.corrcoef(found.statistic, known)[0, 1] > 0.97


def test_the_interval_of_the_variance_between_units() -> None:
    low, high = between_interval(Y, V, ONES, 0.95)
    assert low < METAFOR["PM"]["tau2"] < high
    for between, quantile in ((low, 0.975), (high, 0.025)):
        weights = 1 / (V + between)
        mean = (weights * Y).sum() / weights.sum()
        heterogeneity = (weights * (Y - mean) ** 2).sum()
        assert heterogeneity == pytest.approx(stats.chi2.ppf(quantile, Y.size - 1), rel=1e-9)
    assert between_interval(np.zeros(11), np.full(11, 0.1), np.ones((11, 1)), 0.95)[0] == 0


def made(
    rng: np.random.Generator, cities: int, boards: int, between: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    index = rng.uniform(-1, 1, (cities, boards))
    persons = np.exp(rng.normal(9.5, 0.5, (cities, boards)))
    level = np.exp(-3 + 0.6 * index + rng.normal(0, between, (cities, boards)))
    return rng.poisson(level * persons).astype(np.float64), persons, index


@pytest.mark.parametrize("between", [0.0, 0.15])
def test_boards_on_the_line_are_told_about_as_often_as_they_should(between: float) -> None:
    counts, persons, index = made(np.random.default_rng(3), 150, 11, between)
    p = np.concatenate(
        [
            leave_one_out_counts(y, n, np.column_stack([np.ones(11), x])).p_values
            for y, n, x in zip(counts, persons, index, strict=True)
        ]
    )
    assert 0.015 < (p < 0.05).mean() < 0.075


def test_a_board_far_off_the_line_is_found_and_the_others_are_not() -> None:
    counts, persons, index = made(np.random.default_rng(4), 1, 11, 0.03)
    design = np.column_stack([np.ones(11), index[0]])
    counts[0, 5] *= 1.6
    found = leave_one_out_counts(counts[0], persons[0], design)
    assert int(np.argmin(found.p_values)) == 5
    assert found.p_values[5] < 0.01
    assert (np.delete(found.p_values, 5) > 0.05).all()
    low, high = found.interval(0.95)
    value = np.log((counts[0, 5] + 0.5) / persons[0, 5])
    assert not low[5] <= value <= high[5]


def test_a_proportion_is_steadier_than_a_rate_of_the_same_counts() -> None:
    y, n = np.array([70.0, 72, 69, 71, 90, 70, 68, 71]), np.full(8, 100.0)
    design = np.ones((8, 1))
    rate = leave_one_out_counts(y, n, design)
    share = leave_one_out_counts(y, n, design, proportion=True)
    assert share.p_values[4] < rate.p_values[4]


def test_small_units_are_pulled_most_towards_the_common_rate() -> None:
    y, n = np.array([2.0, 400.0, 330.0, 260.0]), np.array([10.0, 4000.0, 3000.0, 3000.0])
    found = shrunken(y, n)
    common = y.sum() / n.sum()
    pull = (y / n - found) / (y / n - common)
    assert pull[0] > pull[1] > 0
    # The same as the mean of a gamma with the prior's mean and variance (Marshall 1991).
    spread = (n * (y / n - common) ** 2).sum() / n.sum() - common / n.mean()
    shape, rate = common**2 / spread, common / spread
    np.testing.assert_allclose(found, (shape + y) / (rate + n))
    alike = shrunken(n * 0.1, n)
    np.testing.assert_allclose(alike, 0.1)
    assert shrunken(np.zeros(3), np.ones(3)).tolist() == [0, 0, 0]


def test_too_few_units_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        leave_one_out(Y[:3], V[:3], LINE[:3])
