"""Months of many places held against each other: on planted faults, and on the real page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.settings import DeviationSettings
from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.places import PlacesSettings, common_steps, compare_places
from tests.benchmarks.bench_deviation import simulate_stocks
from tests.benchmarks.real_data import YEAR, codes, flagged_households, households, judge_households

SETTINGS = PlacesSettings()
FDR = DeviationSettings().fdr
PAGE = Path(__file__).parents[3] / "docs" / "deviation-method.md"


def city(places: int = 60, months: int = 8, seed: int = 3) -> tuple[FloatArray, IntArray]:
    level = np.exp(np.random.default_rng(seed).uniform(np.log(100), np.log(5000), places))
    calm = simulate_stocks(np.random.default_rng(seed), level, months, keep=0.8, volatility=0.01)
    return calm, np.zeros(places, dtype=np.int64)


# --- the real page -------------------------------------------------------------------------------


def test_the_loss_in_malmo_is_flagged_and_then_explained_by_the_footnote() -> None:
    page, february = households(), 1
    found = {(one.row, one.month): one for one in flagged_households()}
    for row in page.rows("Malmö"):
        one = found[int(row), february]
        assert page.counts[row, february] < judge_households().limits(0.025)[0][row, february]
        assert one.explanation == "Malmö: partiellt bortfall i februari 2017"
    assert page.counts[page.rows("Malmö"), february].tolist() == [1860, 4201]


def test_without_its_footnote_the_loss_in_malmo_is_flagged_all_the_same() -> None:
    page = households()
    q = compare_places(page.counts, page.born, SETTINGS).q_values()
    assert np.all(q[page.rows("Malmö"), 1] <= FDR)


def test_a_footnote_about_a_loss_explains_no_rise_and_no_other_month() -> None:
    page, may = households(), 4
    [loss] = [one for one in page.explanations() if codes()[str(one.geography_id)] == "Malmö"]
    assert explained_log_change([loss], YEAR, -0.1) is None
    assert explained_log_change([loss], YEAR, +0.1) == 0.0
    assert not loss.covers(YEAR, may + 1)
    # Malmö Norr comes back in May, which no footnote says: the loss lasted until April.
    come_back = [one for one in flagged_households() if one.month == may]
    assert {one.cells[0] for one in come_back} >= {"Malmö"}
    assert not any(one.explanation for one in come_back)


def test_a_month_that_gothenburg_carried_over_is_not_compared() -> None:
    page, verdict, march = households(), judge_households(), 2
    for row in page.rows("Göteborg"):
        assert np.isnan(page.counts[row, march])
        assert not verdict.tested[row, march]
        assert np.isnan(verdict.p_values[row, march])
        assert verdict.baseline[row, march + 1] == march - 1


def test_footnoted_months_are_no_baseline_for_the_next() -> None:
    page, verdict = households(), judge_households()
    held = verdict.baseline[:, 1:]
    rows, months = np.nonzero(held >= 0)
    assert not page.doubted()[rows, held[rows, months]].any()
    assert page.doubted()[page.rows("Malmö"), 1].all()
    assert verdict.baseline[page.rows("Malmö"), 2].tolist() == [0, 0]


def test_most_real_months_are_tested_and_few_are_flagged() -> None:
    page, verdict = households(), judge_households()
    assert np.isfinite(page.counts).sum() == 4262
    assert verdict.tested.sum() == 3517
    p = verdict.p_values[verdict.tested]
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.03)
    assert np.histogram(verdict.p_down[verdict.tested], 10, (0, 1))[0] / p.size == pytest.approx(
        0.1, abs=0.02
    )
    assert 2 < len(flagged_households()) < 0.02 * p.size


def test_everything_flagged_on_the_real_page_is_listed_with_its_numbers() -> None:
    told = PAGE.read_text(encoding="utf-8")
    for one in flagged_households():
        assert f"| {' | '.join(one.cells)} |" in told


# --- planted -------------------------------------------------------------------------------------


def test_a_fall_is_found_and_its_come_back_is_not_a_second_one() -> None:
    counts, groups = city()
    counts[7, 4] = np.rint(counts[7, 4] * 0.6)
    verdict = compare_places(counts, groups, SETTINGS)
    flagged = np.argwhere(verdict.q_values() <= FDR).tolist()
    assert flagged == [[7, 4]]
    assert verdict.p_down[7, 4] < 1e-4
    assert verdict.baseline[7, 4:6].tolist() == [3, 3]


def test_a_level_that_stays_is_told_once() -> None:
    counts, groups = city()
    counts[7, 4:] = np.rint(counts[7, 4:] * 1.5)
    verdict = compare_places(counts, groups, SETTINGS)
    assert np.argwhere(verdict.q_values() <= FDR).tolist() == [[7, 4]]
    assert verdict.baseline[7, 5:7].tolist() == [4, 5]


def test_a_movement_that_all_share_is_no_deviation_but_standing_still_is() -> None:
    counts, groups = city()
    moved = counts.copy()
    moved[:, 3:] = np.rint(1.4 * moved[:, 3:])
    moved[9, 3] = counts[9, 3]
    verdict = compare_places(moved, groups, SETTINGS)
    assert np.argwhere(verdict.q_values() <= FDR).tolist() == [[9, 3]]


def test_groups_have_each_their_own_movement() -> None:
    counts, groups = city()
    groups[30:] = 1
    counts[30:, 3:] = np.rint(1.4 * counts[30:, 3:])
    assert not (compare_places(counts, groups, SETTINGS).q_values() <= FDR).any()
    steps = common_steps(counts, groups, SETTINGS)
    assert steps[:, 3] == pytest.approx([0, np.log(1.4)], abs=0.01)


def test_a_tested_month_does_not_shape_what_is_expected_of_it() -> None:
    counts, groups = city()
    wild = counts.copy()
    wild[:, 4] = np.rint(wild[:, 4] * np.exp(np.random.default_rng(2).normal(0, 0.4, len(wild))))
    # The same common movement, so that only what is learnt could differ.
    wild[:3, 4] = counts[:3, 4]
    calm, stirred = (compare_places(y, groups, SETTINGS) for y in (counts, wild))
    np.testing.assert_allclose(calm.weights[:, 4], stirred.weights[:, 4], atol=0.02)


def test_a_fault_teaches_nothing() -> None:
    counts, groups = city()
    faulty = counts.copy()
    faulty[:3, 2] = np.rint(faulty[:3, 2] * 0.3)
    faulty[20, 6] = np.rint(faulty[20, 6] * 0.7)
    verdict = compare_places(faulty, groups, SETTINGS)
    assert verdict.q_values()[20, 6] < FDR
    usual = compare_places(counts, groups, SETTINGS).limits(0.025)[1][30:, 5]
    np.testing.assert_allclose(verdict.limits(0.025)[1][30:, 5], usual, rtol=0.02)


def test_a_gap_is_bridged_with_more_uncertainty() -> None:
    counts, groups = city()
    gap = counts.copy()
    gap[5, 3:5] = np.nan
    verdict = compare_places(gap, groups, SETTINGS)
    assert not verdict.tested[5, 3:5].any()
    assert verdict.baseline[5, 5] == 2
    near, far = (v.spread[5, 5].max() for v in (compare_places(counts, groups, SETTINGS), verdict))
    assert far == pytest.approx(near * np.sqrt(3), rel=0.05)


def test_limits_hold_the_probability_they_are_asked_for() -> None:
    counts, groups = city(months=6)
    verdict = compare_places(counts, groups, SETTINGS)
    low, high = verdict.limits(0.025)
    inside = (counts >= low) & (counts <= high)
    assert np.array_equal(inside[verdict.tested], (verdict.p_values >= 0.05)[verdict.tested])


def test_too_few_places_or_months_or_cases_are_not_compared() -> None:
    counts, groups = city(places=19)
    assert not compare_places(counts, groups, SETTINGS).tested.any()
    counts, groups = city()
    assert not compare_places(counts[:, :2], groups, SETTINGS).tested.any()
    assert np.isnan(compare_places(counts[:, :2], groups, SETTINGS).q_values()).all()
    assert compare_places(counts[:, :3], groups, SETTINGS).tested.any(axis=0).tolist() == [
        False,
        False,
        True,
    ]
    few = counts.copy()
    few[0] = 19
    few[1, 5] = 0
    verdict = compare_places(few, groups, SETTINGS)
    assert not verdict.tested[0].any()
    # A fall to nought is a value; nought is no baseline.
    assert verdict.p_down[1, 5] < 1e-6
    assert verdict.baseline[1, 6] == 4
    counts[:45, 4] = np.nan
    verdict = compare_places(counts, groups, SETTINGS)
    assert not verdict.tested[:, 4].any()
    assert not verdict.tested[45:, 5].any()
    assert verdict.tested[:, 6].all()


@pytest.mark.parametrize("volatility", [0.0, 0.03])
def test_one_month_in_twenty_is_below_five_per_cent(volatility: float) -> None:
    rng = np.random.default_rng(11)
    level = np.exp(rng.uniform(np.log(40), np.log(5000), 290))
    counts = simulate_stocks(rng, level, 8, keep=0.9, volatility=volatility)
    verdict = compare_places(counts, np.zeros(290, dtype=np.int64), SETTINGS)
    assert 0.03 < (verdict.p_values[verdict.tested] < 0.05).mean() < 0.075


def test_faults_are_refused() -> None:
    counts, groups = city(places=3)
    with pytest.raises(ValueError, match="negative"):
        compare_places(-counts, groups, SETTINGS)
    with pytest.raises(ValueError, match="group"):
        compare_places(counts, groups[:2], SETTINGS)
    for wrong in (
        {"turnover_grid": (0.0,)},
        {"volatility_grid": (-0.1,)},
        {"doubtful_below": 0.0},
        {"least_count": 0.0},
        {"least_places": 0},
    ):
        with pytest.raises(ValueError, match=r"grid|between|positive|at least"):
            replace(SETTINGS, **wrong)
