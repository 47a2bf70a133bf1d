"""XmR charts against NHSRplotthedots and qicharts2."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.xmr import (
    Signal,
    XmrSettings,
    near_pairs,
    runs,
    spread_back,
    trends,
    xmr,
)

VECTORS = Path(__file__).parents[2] / "vectors"
RULES = json.loads((VECTORS / "nhsr_ptd" / "rules_and_limits.json").read_text())
SETTINGS = XmrSettings()
PEER = {
    "Common Cause": {Signal.COMMON_CAUSE},
    "Above UCL": {Signal.OUTSIDE_ABOVE},
    "Below LCL": {Signal.OUTSIDE_BELOW},
    "2 in 3 Above CL": {Signal.NEAR_UPPER},
    "2 in 3 Below CL": {Signal.NEAR_LOWER},
    "7 Points Above CL": {Signal.RUN_ABOVE},
    "7 Points Below CL": {Signal.RUN_BELOW},
}


def rows(path: str) -> list[dict[str, str]]:
    with (VECTORS / path).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def facets(path: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows(path):
        found.setdefault(row["f"], []).append(row)
    return found


@pytest.mark.parametrize(
    ("path", "screen"),
    [
        ("nhsr_ptd/expected_6trusts_breaches.csv", True),
        ("nhsr_ptd/expected_deviations_vignette_screened.csv", True),
        ("nhsr_ptd/expected_deviations_vignette_unscreened.csv", False),
    ],
)
def test_every_point_is_as_nhsrplotthedots_has_it(path: str, screen: bool) -> None:
    compared = 0
    for points in facets(path).values():
        values = np.array([float(row["y"]) for row in points])
        chart = xmr(values, replace(SETTINGS, screen=screen))
        for name, line in (("mean_col", chart.centre), ("lpl", chart.lower), ("upl", chart.upper)):
            np.testing.assert_allclose(line, [float(row[name]) for row in points], rtol=1e-9)
        for row, signal in zip(points, chart.signals, strict=True):
            assert signal in PEER[row["special_cause_type"]]
            compared += 1
    assert compared >= 18


def as_array(values: list[float]) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


@pytest.mark.parametrize("case", RULES["seven_point_one_side_mean"])
def test_seven_on_one_side(case: list[list[int]]) -> None:
    side, ends = (np.asarray(part, dtype=np.int64) for part in case)
    np.testing.assert_array_equal(np.abs(runs(side, 7)), ends)


@pytest.mark.parametrize("case", RULES["seven_point_trend"])
def test_seven_rising_or_falling(case: list[list[float]]) -> None:
    np.testing.assert_array_equal(trends(as_array(case[0]), 7), case[1])


@pytest.mark.parametrize("case", RULES["part_of_seven_trend"])
def test_all_seven_points_of_a_run_are_marked(case: list[list[int]]) -> None:
    ends, marked = (np.asarray(part, dtype=np.int64) for part in case)
    np.testing.assert_array_equal(np.abs(spread_back(ends, 7)), marked)


@pytest.mark.parametrize("case", RULES["two_in_three__close_relmean_expected"])
def test_two_in_three_near_a_limit(case: list[list[int]]) -> None:
    near, side, expected = case
    if len(side) == len(near):
        found = near_pairs(np.asarray(near, dtype=bool), np.asarray(side, dtype=np.int64))
        np.testing.assert_array_equal(found, np.asarray(expected, dtype=bool))


@pytest.mark.parametrize("case", RULES["part_of_two_in_three__close_expected"])
def test_only_the_near_points_of_three_are_marked(case: list[list[int]]) -> None:
    near, side, expected = (np.asarray(part, dtype=np.int64) for part in case)
    np.testing.assert_array_equal(near_pairs(near > 0, side) & (near > 0), expected > 0)


def test_limits_that_the_vignette_prints() -> None:
    printed = RULES["limits"]["vignettes/deviations.Rmd captions"]
    for name, screen in (("screened", True), ("unscreened", False)):
        chart = xmr(as_array(printed["data"]), replace(SETTINGS, screen=screen))
        line = printed[name]
        found = [round(float(x[0]), 2) for x in (chart.upper, chart.centre, chart.lower)]
        assert found == [line["upl"], line["mean"], line["lpl"]]


def test_two_near_opposite_limits_are_common_cause() -> None:
    chart = xmr(as_array(RULES["limits"]["tail two_in_three opposite sides"]["data"]), SETTINGS)
    assert chart.signals[-2:] == (Signal.COMMON_CAUSE, Signal.COMMON_CAUSE)


def test_montgomerys_costs_as_qicharts2_has_them() -> None:
    chart_rows = rows("qicharts2/ex_6.5_3.csv")
    ranges = [row for row in rows("qicharts2/ex_6.5_4.csv") if row["y"]]
    # Another tool, other habits: three over d2 is not rounded, and nothing is set aside.
    tool = replace(SETTINGS, limit_factor=3 / 1.128, screen=False)
    phases: dict[str, list[float]] = {}
    for row in chart_rows:
        if row["baseline"] == "True" and row["include"] == "True":
            phases.setdefault(row["part"], []).append(float(row["y"]))
    chart = xmr(as_array(next(iter(phases.values()))), tool)
    known = chart_rows[0]
    for name, line in (("cl", chart.centre), ("ucl", chart.upper), ("lcl", chart.lower)):
        assert line[0] == pytest.approx(float(known[name]), rel=1e-9)
    assert chart.range_limit[0] == pytest.approx(float(ranges[0]["ucl"]), rel=1e-9)


def test_limits_start_anew_at_a_declared_break_and_only_there() -> None:
    low, high = [10.0, 11, 9, 10, 12, 8, 10, 11, 9, 10, 12, 8], [30.0, 31, 29, 30, 32, 28]
    chart = xmr(as_array(low + high), SETTINGS, breaks=[12])
    assert chart.centre[0] == pytest.approx(10)
    assert chart.centre[-1] == pytest.approx(30)
    assert np.isnan(chart.moving_range[12])
    assert not chart.trial[0]
    assert chart.trial[-1]
    assert set(chart.signals[12:]) == {Signal.TOO_FEW}
    unbroken = xmr(as_array(low + high), SETTINGS)
    assert unbroken.centre[0] == unbroken.centre[-1]
    assert Signal.RUN_BELOW in unbroken.signals


def test_few_points_have_no_limits_and_some_more_only_trial_ones() -> None:
    four = xmr(np.arange(4.0), SETTINGS)
    assert np.isnan(four.centre).all()
    five = xmr(np.array([1.0, 2, 1, 2, 9]), SETTINGS)
    assert np.isfinite(five.upper).all()
    assert five.trial.all()
    assert set(five.signals) == {Signal.TOO_FEW}


def test_a_constant_series_shows_nothing() -> None:
    chart = xmr(np.full(15, 4.0), SETTINGS)
    assert chart.upper[0] == chart.lower[0] == 4
    assert set(chart.signals) == {Signal.COMMON_CAUSE}


def test_the_first_rule_that_holds_is_told() -> None:
    calm = [0.0, 1.0] * 8
    chart = xmr(as_array([*calm, 30.0]), SETTINGS)
    assert chart.signals[-1] is Signal.OUTSIDE_ABOVE
    rising = xmr(as_array([*calm, 1, 2, 3, 4, 5, 6, 7, 8, 9]), replace(SETTINGS, limit_factor=50))
    assert rising.signals[-1] is Signal.TREND_UP


def test_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        xmr(np.array([1.0, np.nan]), SETTINGS)
    with pytest.raises(ValueError, match="outside the series"):
        xmr(np.arange(12.0), SETTINGS, breaks=[12])
    wrong: dict[str, Any]
    for wrong in ({"near_share": 1.0}, {"limit_factor": 0.0}, {"trial_points": 13}):
        with pytest.raises(ValueError, match=r"positive|at least 2"):
            replace(SETTINGS, **wrong)


# --- series that hardly move ---------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.1, 4.35])
def test_twelve_equal_values_are_common_cause(value: float) -> None:
    # Their mean, as it is computed, is 0.10000000000000002 and 4.3500000000000005.
    chart = xmr(np.full(12, value), SETTINGS)
    assert set(chart.signals) == {Signal.COMMON_CAUSE}
    for line in (chart.lower, chart.centre, chart.upper):
        assert set(line) == {value}


@given(st.floats(-1e9, 1e9), st.integers(5, 60), st.randoms(use_true_random=False))
def test_a_flat_series_shows_nothing_at_any_level(value: float, length: int, noise: Random) -> None:
    # Equal figures that were summed in another order differ in the last digits.
    values = [value * (1 + noise.choice([-4e-16, 0.0, 4e-16])) for _ in range(length)]
    chart = xmr(as_array(values), SETTINGS)
    assert set(chart.signals) == {Signal.COMMON_CAUSE if length >= 12 else Signal.TOO_FEW}
    np.testing.assert_allclose(chart.upper, value, rtol=1e-12, atol=0)
    np.testing.assert_allclose(chart.lower, value, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    "values",
    [
        # Rare events; a measure in whole steps; a step up; a share told in whole per cent.
        [0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0],
        [5, 5, 5, 5, 6, 6, 6, 6, 6, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6],
        [1] * 6 + [2] * 6,
        [0.03] * 9 + [0.04] + [0.03] * 9,
    ],
)
def test_limits_do_not_close_on_the_mean_of_a_series_that_varies(values: list[float]) -> None:
    given_ = as_array(values)
    chart = xmr(given_, SETTINGS)
    # Every step that is left when the large ones are set aside is nothing.
    steps = np.abs(np.diff(given_))
    assert not steps[steps < SETTINGS.range_factor * steps.mean()].any()
    # 2.66 mean steps of two are three standard deviations.
    reach = 3 * given_.std(ddof=1)
    np.testing.assert_allclose(chart.upper - chart.centre, reach, rtol=1e-3)
    np.testing.assert_allclose(chart.centre - chart.lower, reach, rtol=1e-3)
    usual = np.isclose(given_, np.median(given_))
    assert not {Signal.OUTSIDE_ABOVE, Signal.OUTSIDE_BELOW} & {
        signal for signal, each in zip(chart.signals, usual, strict=True) if each
    }


def test_the_one_that_stands_out_of_many_equals_is_still_seen() -> None:
    chart = xmr(as_array([0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]), SETTINGS)
    assert [at for at, told in enumerate(chart.signals) if told is Signal.OUTSIDE_ABOVE] == [8]


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.30000000000000004, 7.0]), min_size=12, max_size=40)
)
def test_limits_have_room_whenever_values_differ(values: list[float]) -> None:
    chart = xmr(as_array(values), SETTINGS)
    room = chart.upper - chart.lower
    assert np.all(room > 0) if np.ptp(values) > 1e-9 else np.all(room == 0)
    outside = {Signal.OUTSIDE_ABOVE, Signal.OUTSIDE_BELOW}
    away = np.abs(np.array(values) - chart.centre) > room / 2 + 1e-9
    assert [each in outside for each in chart.signals] == away.tolist()


@pytest.mark.parametrize("step", [1e-17, -1e-17])
def test_rounding_is_no_trend_and_no_side(step: float) -> None:
    drifting = 0.1 + step * np.arange(20.0) * 4
    assert not trends(drifting, 7).any()
    assert set(xmr(drifting, SETTINGS).signals) == {Signal.COMMON_CAUSE}
