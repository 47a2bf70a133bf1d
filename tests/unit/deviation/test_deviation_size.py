"""Size, power and hit rate on a coarse corner of what the benchmark measures.

The bounds are wide enough for chance at these numbers; ``docs/deviation-method.md`` has the
whole grid.
"""

import shutil

import numpy as np
import pytest

from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.models import Measure
from orchestration.statistics.monthly import MonthlyVerdict
from tests.benchmarks.bench_deviation import (
    COMPETITORS,
    VOLATILITIES,
    Cell,
    engine_p_values,
    family_cells,
    grid,
    hit_rate,
    lead,
    monthly_work,
    past_p_values,
    planted_city,
    power_at_size,
    simulate,
    yearly_work,
)
from tests.benchmarks.monthly_rivals import cells as cells_of_months
from tests.benchmarks.r_surveillance import peer


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    few = {name: VOLATILITIES[name] for name in ("0.05", "mixed")}
    return list(grid(1000, years=(3, 10), means=(20, 2000), volatilities=few, effects=(-0.25,)))


def test_size_stays_near_five_per_cent(cells: list[Cell]) -> None:
    assert len(cells) == 8
    for cell in cells:
        assert 0.025 < cell.size["engine"] < 0.08, cell


def test_others_do_not_keep_theirs(cells: list[Cell]) -> None:
    for name in set(COMPETITORS) - {"engine"}:
        sizes = [cell.size[name] for cell in cells]
        assert min(sizes) < 0.025 or max(sizes) > 0.08, name


def test_power_at_equal_size_is_not_lower(cells: list[Cell]) -> None:
    mean = {name: np.mean([cell.power[name][0] for cell in cells]) for name in COMPETITORS}
    assert mean["engine"] >= max(mean.values()) - 0.01


def test_power_at_equal_size_is_not_bought_on_one_side() -> None:
    # A cell of the grid in which a test that looks mostly upward seemed ahead.
    cell = (10, 20, "0.12", 0.25, "z without")
    upward, both = np.mean(
        [lead(np.random.default_rng([3, batch]), 2000, cell) for batch in range(4)], axis=0
    )
    assert abs(upward) < 0.03
    assert both > 0.01


def test_other_measures_keep_their_size_too() -> None:
    cells = list(family_cells(400, years=(3,)))
    assert {cell.family for cell in cells} == {Measure.PROPORTION, Measure.MEAN, Measure.AMOUNT}
    assert len(cells) == 40
    for cell in cells:
        # Four standard errors at 400 series, either way.
        assert 0.05 - 0.045 < cell.size < 0.05 + 0.045, cell
    assert np.mean([cell.size for cell in cells]) == pytest.approx(0.05, abs=0.006)
    assert np.mean([cell.down for cell in cells]) == pytest.approx(0.025, abs=0.005)


def test_months_are_held_against_what_others_use() -> None:
    [cell] = cells_of_months(600, years=(5,), means=(20,), seasons=(0.4,), noises=(0.0,))
    assert 0.02 < cell.size["flexible Farrington"] < 0.08
    up, down = cell.power["flexible Farrington"][:2]
    assert (up + down) / 2 > np.mean(cell.power["z all months"][:2])


def test_without_r_nothing_is_compared_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert peer(np.ones((1, 72)), 12) is None


def test_power_at_size_is_exact_with_ties() -> None:
    null = np.array([0.0] * 90 + [1.0] * 10)
    # Half of those at the line alarm, and so do half of the alternative's there.
    assert power_at_size(null, np.array([0.0, 1.0, 1.0, 2.0])) == pytest.approx(0.5)
    assert power_at_size(null, null) == pytest.approx(0.05)


def test_planted_deviations_are_found_and_little_else() -> None:
    rate = hit_rate(4, 0.40)
    assert rate.precision > 0.8
    assert rate.recall > 0.85
    assert rate.set_aside > 0.8


def test_nothing_is_planted_twice() -> None:
    city = planted_city(1, 0.25)
    planted = [name for group in city.planted.values() for name in group]
    assert len({*planted, *city.explained}) == len(planted) + len(city.explained) == 20


def test_past_years_of_a_calm_city_are_uniform() -> None:
    pools = [planted_city(seed, 0.25) for seed in range(6)]
    p = np.concatenate(
        [
            past_p_values(city.series, city.catalogue, (2020, 2021, 2022), DeviationSettings())[
                "counts"
            ]
            for city in pools
        ]
    )
    assert p.size > 1000
    shares = np.histogram(p, bins=5, range=(0, 1))[0] / p.size
    assert shares == pytest.approx(0.2, abs=0.05)
    assert ((p < 0.025) | (p > 0.975)).mean() == pytest.approx(0.05, abs=0.02)


def test_a_volatile_pool_is_not_mistaken_for_a_calm_one() -> None:
    rng = np.random.default_rng(3)
    history, level = simulate(rng, 1500, 5, 500, VOLATILITIES["0.12"])
    p = engine_p_values(history, rng.poisson(level).astype(np.float64))
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)


def test_what_is_timed_does_its_work() -> None:
    y, months = monthly_work(3)
    assert y.shape == (3, 120)
    verdict = months()
    assert isinstance(verdict, MonthlyVerdict)
    assert np.isfinite(verdict.p_values).all()
    assert np.asarray(yearly_work(20)()).shape == (20,)
