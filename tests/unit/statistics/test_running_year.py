"""A year under way: likelihood ratios by other means, martingales counted out, sizes simulated."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.running_year import (
    MONTHS,
    RunningYears,
    ShiftSettings,
    expected_so_far,
    forecast,
    monitor,
)

ONE = ShiftSettings(factors=(1.5,), weights=(1.0,), from_the_first=0.7)


def year(
    counts: list[float],
    mean: float = 24.0,
    log_variance: float = 0.0,
    dispersion: float = 0.0,
    present: float = 1.0,
) -> RunningYears:
    filled = np.full((1, MONTHS), np.nan)
    filled[0, : len(counts)] = counts
    return RunningYears(
        counts=filled,
        mean=np.array([mean]),
        log_variance=np.array([log_variance]),
        shares=np.full((1, MONTHS), 1.0 / MONTHS),
        present=np.full((1, MONTHS), present),
        dispersion=np.full((1, MONTHS), dispersion),
    )


def test_one_month_at_a_known_level_is_a_ratio_of_poisson_probabilities() -> None:
    found = monitor(year([5.0]), ONE).e_values[0, 0]
    up, down, plain = (stats.poisson.pmf(5, 2.0 * f) for f in (1.5, 1 / 1.5, 1.0))
    # A shift that begins in a later month has not happened yet.
    assert found == pytest.approx(0.7 * (up + down) / 2 / plain + 0.3, rel=1e-6)


def test_months_beyond_poisson_are_negative_binomial() -> None:
    found = monitor(year([5.0], dispersion=0.25), ONE).e_values[0, 0]
    size = 4.0
    up, down, plain = (
        stats.nbinom.pmf(5, size, size / (size + 2.0 * f)) for f in (1.5, 1 / 1.5, 1.0)
    )
    assert found == pytest.approx(0.7 * (up + down) / 2 / plain + 0.3, rel=1e-9)


def test_shifts_may_begin_in_any_month() -> None:
    found = monitor(year([2.0, 6.0]), ONE).e_values[0, 1]

    def ratio(y: float, factor: float) -> float:
        return float(stats.poisson.pmf(y, 2.0 * factor) / stats.poisson.pmf(y, 2.0))

    first, second, later = ONE.onsets[0], ONE.onsets[1], ONE.onsets[2:].sum()
    told = sum(
        0.5 * (first * ratio(2, f) * ratio(6, f) + second * ratio(6, f)) for f in (1.5, 1 / 1.5)
    )
    assert found == pytest.approx(told + later, rel=1e-6)


@pytest.mark.parametrize("dispersion", [0.0, 0.2])
def test_the_mean_of_an_e_value_is_one_where_the_expectation_is_right(dispersion: float) -> None:
    # Every pair of two months' counts, by its probability under what was expected.
    known, mean = 60, 2.0
    size = 1.0 / max(dispersion, 1e-9)
    months = stats.nbinom.pmf(np.arange(known), size, size / (size + mean))
    pairs = np.array(list(product(range(known), repeat=2)), dtype=float)
    counts = np.full((len(pairs), MONTHS), np.nan)
    counts[:, :2] = pairs
    years = year([0.0], dispersion=dispersion)
    many = replace(
        years,
        counts=counts,
        **{
            name: np.repeat(getattr(years, name), len(pairs), axis=0)
            for name in ("mean", "log_variance", "shares", "present", "dispersion")
        },
    )
    e_values = monitor(many, ONE).e_values
    weight = months[pairs[:, 0].astype(int)] * months[pairs[:, 1].astype(int)]
    assert (weight * e_values[:, 0]).sum() == pytest.approx(1.0, abs=1e-6)
    assert (weight * e_values[:, 1]).sum() == pytest.approx(1.0, abs=1e-6)


def test_half_a_month_that_has_come_is_a_month_of_half_the_share() -> None:
    half = monitor(year([3.0, 1.0], log_variance=0.01, present=0.5), ShiftSettings())
    whole = monitor(year([3.0, 1.0], mean=12.0, log_variance=0.01), ShiftSettings())
    np.testing.assert_allclose(half.e_values, whole.e_values, rtol=1e-12)


def test_a_month_without_a_count_says_nothing() -> None:
    gap = year([4.0, np.nan, 4.0], log_variance=0.01)
    before = year([4.0], log_variance=0.01)
    found = monitor(gap, ShiftSettings()).e_values[0]
    assert found[1] == pytest.approx(found[0])
    np.testing.assert_allclose(
        monitor(before, ShiftSettings()).e_values[0, 1:], found[0], rtol=1e-9
    )


def simulated(rng: np.random.Generator, rows: int, factor: float, known: float) -> RunningYears:
    """Years of 600 that vary as told, months beyond Poisson's law among them."""
    level = 600.0 * factor * np.exp(rng.normal(0.0, 0.06, rows) - 0.0018)
    varied = rng.lognormal(-0.005, 0.1, (rows, MONTHS))
    counts = rng.poisson(level[:, None] / MONTHS * varied).astype(float)
    shape = (rows, MONTHS)
    return RunningYears(
        counts=counts,
        mean=np.full(rows, 600.0),
        log_variance=np.full(rows, 0.0036),
        shares=np.full(shape, 1.0 / MONTHS),
        present=np.ones(shape),
        dispersion=np.full(shape, known),
    )


def test_e_values_are_at_most_one_on_average_on_months_that_are_not_the_model_s() -> None:
    # Log-normal months and levels; the model has gamma months and a t law of levels.
    found = monitor(simulated(np.random.default_rng(1), 4000, 1.0, 0.01), ShiftSettings()).e_values
    error = found.std(axis=0) / np.sqrt(len(found))
    assert np.all(found.mean(axis=0) <= 1.0 + 3.0 * error)
    # Ville: at most one year in twenty ever reaches twenty.
    ever = np.maximum.accumulate(found, axis=1) >= 20.0
    assert np.all(ever.mean(axis=0) <= 0.05)


def test_noise_that_is_not_known_of_is_told_as_a_change() -> None:
    wild = simulated(np.random.default_rng(2), 2000, 1.0, 0.0)
    wild = replace(wild, counts=np.rint(wild.counts * np.tile([1.4, 0.6], 6)))
    known = replace(wild, dispersion=np.full(wild.counts.shape, 0.17))
    told, quiet = (
        (monitor(each, ShiftSettings()).e_values.max(axis=1) >= 20.0).mean()
        for each in (wild, known)
    )
    assert quiet <= 0.05 < told


def test_a_fall_of_a_quarter_in_six_hundred_is_told_in_four_months() -> None:
    found = monitor(simulated(np.random.default_rng(3), 400, 0.75, 0.01), ShiftSettings()).e_values
    told = found >= 20.0
    first = np.where(told.any(axis=1), told.argmax(axis=1) + 1.0, np.inf)
    assert np.median(first) <= 6.0
    calm = simulated(np.random.default_rng(3), 400, 0.75, 0.0)
    calm = replace(calm, log_variance=np.full(400, 0.0009))
    counts = np.random.default_rng(4).poisson(600.0 * 0.75 / MONTHS, (400, MONTHS)).astype(float)
    told = monitor(replace(calm, counts=counts), ShiftSettings()).e_values >= 20.0
    first = np.where(told.any(axis=1), told.argmax(axis=1) + 1.0, np.inf)
    assert np.median(first) <= 4.0


def test_what_was_expected_of_months_at_a_known_level_is_poisson() -> None:
    years = year([0.0] * 3, mean=480.0)
    mean, low, high = expected_so_far(years, ShiftSettings(), 0.95)
    assert mean[0] == pytest.approx(120.0)
    assert (low[0], high[0]) == (stats.poisson.ppf(0.025, 120), stats.poisson.ppf(0.975, 120))


def test_a_whole_year_s_forecast_is_what_has_come() -> None:
    years = year([2.0] * MONTHS, log_variance=0.01)
    for each in forecast(years, monitor(years, ShiftSettings()), 0.95):
        assert each[0] == 24.0


def test_forecasts_hold_the_year_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    whole = simulated(rng, 2000, 1.0, 0.01)
    known = np.where(np.arange(MONTHS) < 4, whole.counts, np.nan)
    years = replace(whole, counts=known)
    mean, low, high = forecast(years, monitor(years, ShiftSettings()), 0.95)
    total = whole.counts.sum(axis=1)
    held = ((low <= total) & (total <= high)).mean()
    # A shift is thought as likely as none, so that the interval is wide where there is none.
    assert 0.945 <= held <= 1.0
    assert mean.mean() == pytest.approx(total.mean(), rel=0.02)


def test_a_forecast_follows_a_shift() -> None:
    whole = simulated(np.random.default_rng(6), 500, 0.7, 0.01)
    years = replace(whole, counts=np.where(np.arange(MONTHS) < 6, whole.counts, np.nan))
    mean, low, high = forecast(years, monitor(years, ShiftSettings()), 0.95)
    total = whole.counts.sum(axis=1)
    assert ((low <= total) & (total <= high)).mean() > 0.9
    assert mean.mean() == pytest.approx(total.mean(), rel=0.06)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("counts", np.full((1, MONTHS), -1.0)),
        ("mean", np.zeros(1)),
        ("log_variance", np.full(1, -0.1)),
        ("shares", np.zeros((1, MONTHS))),
        ("present", np.full((1, MONTHS), 1.5)),
        ("dispersion", np.full((1, MONTHS), -0.1)),
    ],
)
def test_a_year_that_cannot_be_is_refused(name: str, wrong: FloatArray) -> None:
    with pytest.raises(ValueError, match=r"negative|expected|part of it"):
        replace(year([1.0]), **{name: wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"factors": (0.9,), "weights": (1.0,)},
        {"weights": (1.0,)},
        {"from_the_first": 1.0},
        {"tail_df": 2.0},
        {"points": 2},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|weight"):
        ShiftSettings(**wrong)  # type: ignore[arg-type]
