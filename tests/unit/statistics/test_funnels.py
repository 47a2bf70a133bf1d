"""Limits by size against PHEindicatormethods and FunnelPlotR."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import BoolArray, FloatArray
from orchestration.statistics.funnels import (
    between_variance,
    byar_limits,
    exact_poisson_limits,
    phi,
    proportion_limits,
    rate_funnel,
    ratio_limits,
    widened_limits,
    wilson_limits,
    winsorise,
)

VECTORS = Path(__file__).parents[2] / "vectors"
TAILS = {"2s": 0.025, "3s": 0.001}
FUNNELPLOTR = json.loads((VECTORS / "funnelplotr" / "od_functions_output.json").read_text())


def rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / "phe" / name).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def column(table: list[dict[str, str]], name: str) -> FloatArray:
    return np.array([float(row[name]) for row in table])


@pytest.mark.parametrize(
    "name", ["funnel_prop_outputs.csv", "funnel_prop_outputs_with_axis_variation.csv"]
)
def test_limits_of_proportions(name: str) -> None:
    table = rows(name)
    common = float(table[0]["Baseline"]) / 100
    for sd, tail in TAILS.items():
        suffix = "2s0025limit" if sd == "2s" else "3s0001limit"
        found = proportion_limits(common, column(table, "Population"), tail)
        for limit, side in zip(found, ("Lower", "Upper"), strict=True):
            # Printed with six decimals of a per cent.
            np.testing.assert_allclose(100 * limit, column(table, side + suffix), atol=1e-6)


def test_limits_of_rates() -> None:
    table = rows("funnel_rate_outputs.csv")
    for sd, tail in TAILS.items():
        found = rate_funnel(column(table, "Events"), float(table[0]["baseline"]), tail)
        for limit, side in zip(found, ("lower", "upper"), strict=True):
            np.testing.assert_allclose(limit, column(table, f"{side}_{sd}_limit"), rtol=1e-4)


def words(high: dict[float, BoolArray], low: dict[float, BoolArray]) -> list[str]:
    conditions = [high[0.001], high[0.025], low[0.001], low[0.025]]
    names = ["High (0.001)", "High (0.025)", "Low (0.001)", "Low (0.025)"]
    return list(np.select(conditions, names, "Not significant"))


def test_which_proportions_stand_out() -> None:
    table = rows("funnel_prop_inputs.csv")
    y, n = column(table, "numerator"), column(table, "denominator")
    found = {tail: proportion_limits(y.sum() / n.sum(), n, tail) for tail in (0.025, 0.001)}
    share = y / n
    assert words(
        {tail: share > limit[1] for tail, limit in found.items()},
        {tail: share < limit[0] for tail, limit in found.items()},
    ) == [row["significance"] for row in table]


def test_which_rates_stand_out() -> None:
    table = rows("funnel_rate_dsr_inputs.csv")
    events, population = column(table, "count"), column(table, "pop")
    expected = population * events.sum() / population.sum()
    found = {tail: ratio_limits(events, expected, tail) for tail in (0.025, 0.001)}
    told = words(
        {tail: limit[0] > 1 for tail, limit in found.items()},
        {tail: limit[1] < 1 for tail, limit in found.items()},
    )
    assert told == [row["crude_per_100000_with_0"] for row in table]
    assert len(set(told)) > 3


def test_byars_and_the_exact_interval() -> None:
    checked = 0
    for row in rows("Byars_Wilson__testdata_B_W.csv"):
        if row["method"] != "Byars":
            continue
        tail = {"95%": 0.025, "99.8%": 0.001}[row["confidence"]]
        low, high = byar_limits(np.array([float(row["x"])]), tail)
        assert high[0] == pytest.approx(float(row["uppercl"]), rel=1e-6)
        if row["lowercl"]:
            assert low[0] == pytest.approx(float(row["lowercl"]), rel=1e-6)
        checked += 1
    for row in rows("Rate__testdata_Rate.csv"):
        if not row["value"]:
            continue
        events = float(row["Numerator"])
        of = exact_poisson_limits if row["method"] == "Exact" else byar_limits
        scale = float(row["multiplier"]) / float(row["Denominator"])
        for tail, level in ((0.025, "95_0"), (0.001, "99_8")):
            low, high = of(np.array([events]), tail)
            assert low[0] * scale == pytest.approx(float(row[f"lower{level}cl"]), rel=1e-6)
            assert high[0] * scale == pytest.approx(float(row[f"upper{level}cl"]), rel=1e-6)
            checked += 1
    assert checked > 15


def test_limits_of_rates_of_groups_put_together() -> None:
    known = [row for row in rows("Rate__testdata_Rate_g.csv") if row["value"]]
    for row in known:
        of = exact_poisson_limits if row["method"] == "Exact" else byar_limits
        scale = float(row["multiplier"]) / float(row["Denominator"])
        tail = {"95%": 0.025, "99.8%": 0.001}[row["confidence"]]
        low, high = of(np.array([float(row["Numerator"])]), tail)
        assert low[0] * scale == pytest.approx(float(row["lowercl"]), rel=1e-6)
        assert high[0] * scale == pytest.approx(float(row["uppercl"]), rel=1e-6)
    assert {row["method"] for row in known} == {"Exact", "Byars"}


def test_exact_limits_are_where_the_count_just_surprises() -> None:
    low, high = exact_poisson_limits(np.array([0.0, 7.0]), 0.025)
    assert low[0] == 0
    assert stats.poisson.sf(6, low[1]) == pytest.approx(0.025)
    np.testing.assert_allclose(stats.poisson.cdf([0, 7], high), 0.025)
    assert byar_limits(np.array([0.0]), 0.025)[0][0] == 0


@pytest.mark.parametrize("name", list(FUNNELPLOTR["results"]))
def test_overdispersion_as_funnelplotr(name: str) -> None:
    result = FUNNELPLOTR["results"][name]
    pulled, errors = np.array(result["Wuz"]), np.array(result["s"])
    if name != "SR_SHMI":  # the hospital mortality indicator trims instead
        np.testing.assert_allclose(winsorise(np.array(result["Uz"]), 0.1), pulled, rtol=1e-12)
    assert phi(pulled) == pytest.approx(result["phi"], rel=1e-12)
    assert between_variance(phi(pulled), errors) == pytest.approx(result["tau2"], rel=1e-9)


def test_z_scores_of_ratios_as_funnelplotr() -> None:
    data = FUNNELPLOTR["input"]
    observed, expected = (np.array([row[k] for row in data]) for k in ("numerator", "denominator"))
    result = FUNNELPLOTR["results"]["SR_SHMI"]
    z = np.log(observed / expected) * np.sqrt(expected)
    np.testing.assert_allclose(z, result["Uz"], rtol=1e-12)
    narrow = widened_limits(0.0, 1 / np.sqrt(expected), 0.0, 0.025)
    wide = widened_limits(0.0, 1 / np.sqrt(expected), result["tau2"], 0.025)
    assert np.all(wide[1] > narrow[1])
    assert np.all(wide[0] < narrow[0])
    np.testing.assert_allclose(narrow[1], 1.959964 / np.sqrt(expected), rtol=1e-6)


def test_units_that_differ_by_chance_have_no_variance_between_them() -> None:
    assert between_variance(0.8, np.full(11, 0.1)) == 0


def test_wilsons_limits_are_those_that_others_print() -> None:
    with (VECTORS / "phe" / "intervals_95.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "wilson"]
    assert len(rows) > 2
    for row in rows:
        events, trials = (np.array([float(row[name])]) for name in ("events", "denominator"))
        low, high = wilson_limits(events, trials, 0.025)
        assert low[0] == pytest.approx(float(row["lower"]), rel=1e-6)
        assert high[0] == pytest.approx(float(row["upper"]), rel=1e-6)
