"""Standing still against expectation: three tests that must all be passed."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from orchestration.deviation.stability import DriverMove, StabilityVerdict, judge_stability, tost

VECTORS = Path(__file__).parents[2] / "vectors" / "tost"
R = json.loads((VECTORS / "equivalence_expected.json").read_text())["expected"]
CASES = [name for name, case in R.items() if {"se_diff", "p_value"} <= case.keys()]


def judge(
    observed: float, error: float, *drivers: DriverMove, delta: float = 0.10
) -> tuple[StabilityVerdict, float]:
    found = judge_stability(observed, error, drivers, relevant_change=delta, alpha=0.05)
    return found.verdict, found.p_value


@pytest.mark.parametrize("name", CASES)
def test_equivalence_as_rs_package_of_that_name(name: str) -> None:
    case = R[name]
    found = tost(case["mean_diff"], case["se_diff"], case["epsilon"], case["df"])
    assert found == pytest.approx(case["p_value"], rel=1e-9)
    assert (found < 0.05) == (case["result"] == "rejected")


def test_there_are_cases_of_equivalence() -> None:
    assert len(CASES) > 5


@pytest.mark.parametrize(
    ("delta", "sigma", "smallest"),
    [(0.10, 0.0, 596), (0.10, 0.03, 814), (0.20, 0.0, 163)],
)
def test_how_large_a_count_must_be_to_be_provably_still(
    delta: float, sigma: float, smallest: int
) -> None:
    bound = float(np.log1p(delta))

    def p(count: int) -> float:
        return tost(0.0, float(np.sqrt(2 / count + sigma**2)), bound)

    assert p(smallest) < 0.05
    assert p(smallest - 2) >= 0.05


def test_five_per_cent_is_unprovable_where_the_year_itself_varies_by_three() -> None:
    assert tost(0.0, float(np.sqrt(2 / 1e12 + 0.03**2)), float(np.log(1.05))) >= 0.05


STRONG = DriverMove(elasticity=1.0, elasticity_sd=0.2, log_change=float(np.log(1.3)))


def test_a_large_series_that_stands_still_against_a_moving_driver() -> None:
    verdict, p = judge(0.0, 0.02, STRONG)
    assert verdict is StabilityVerdict.STABLE_AGAINST_EXPECTATION
    assert p < 0.05


def test_a_small_series_cannot_tell() -> None:
    verdict, p = judge(0.0, 0.15, STRONG)
    assert verdict is StabilityVerdict.CANNOT_TELL
    assert p > 0.05


def test_what_moved_with_its_driver_is_as_expected() -> None:
    assert judge(0.25, 0.02, STRONG)[0] is StabilityVerdict.MOVED_AS_EXPECTED
    falling = DriverMove(elasticity=-1.0, elasticity_sd=0.2, log_change=0.26)
    assert judge(-0.25, 0.02, falling)[0] is StabilityVerdict.MOVED_AS_EXPECTED
    # Moving the other way is no stability; the declared pairs tell of that.
    assert judge(-0.25, 0.02, STRONG)[0] is StabilityVerdict.CANNOT_TELL


@pytest.mark.parametrize(
    "driver",
    [
        DriverMove(1.0, 0.2, 0.05),
        DriverMove(0.3, 0.05, 0.26),
        DriverMove(1.0, 0.9, 0.26),
        DriverMove(1.0, 0.1, 0.26, standard_error=0.2),
    ],
)
def test_nothing_is_expected_of_a_driver_that_hardly_moved_or_hardly_matters(
    driver: DriverMove,
) -> None:
    verdict, p = judge(0.0, 0.01, driver)
    assert verdict is StabilityVerdict.NOTHING_EXPECTED
    assert p >= 0.05


def test_drivers_against_each_other_leave_nothing_to_expect() -> None:
    down = DriverMove(1.0, 0.2, -STRONG.log_change)
    assert judge(0.0, 0.01, STRONG, down)[0] is StabilityVerdict.NOTHING_EXPECTED


def test_the_numbers_are_the_formulas() -> None:
    drivers = [DriverMove(0.8, 0.1, 0.3, 0.02), DriverMove(-0.5, 0.2, -0.1, 0.01)]
    found = judge_stability(0.01, 0.03, drivers, relevant_change=0.1, alpha=0.05)
    assert found.expected == pytest.approx(0.29)
    # Errors of judged elasticities add up; those of the drivers' own values are independent.
    variance = (0.1 * 0.3 + 0.2 * 0.1) ** 2 + (0.8 * 0.02) ** 2 + (0.5 * 0.01) ** 2
    assert found.expected_sd == pytest.approx(np.sqrt(variance))
    assert found.p_expected == pytest.approx(stats.norm.sf(0.29 / np.sqrt(variance)))
    assert found.p_contradicted == pytest.approx(
        2 * stats.norm.sf(0.28 / np.sqrt(0.03**2 + variance))
    )
    assert found.p_value == max(found.p_expected, found.p_equivalent, found.p_contradicted)


def test_stability_is_seldom_told_of_what_follows_its_driver() -> None:
    rng = np.random.default_rng(1)
    told = 0
    for _ in range(2000):
        elasticity = rng.normal(0.8, 0.2)
        observed = elasticity * 0.26 + rng.normal(0, 0.04)
        driver = DriverMove(0.8, 0.2, 0.26)
        told += judge(observed, 0.04, driver)[0] is StabilityVerdict.STABLE_AGAINST_EXPECTATION
    assert told / 2000 < 0.05


def test_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="drivers"):
        judge(0.0, 0.1)
    with pytest.raises(ValueError, match="positive"):
        judge(0.0, 0.0, STRONG)
