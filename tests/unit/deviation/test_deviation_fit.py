"""Whether a run finds out that its own models do not fit the city that it is in."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from orchestration.deviation.fit import FitSettings, model_fits
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Tested
from orchestration.findings.records import ModelFit
from orchestration.indicators.catalogue import load_catalogue
from orchestration.indicators.models import Area, Indicator, Measure
from orchestration.statistics.arrays import FloatArray

SETTINGS, FIT = DeviationSettings(), FitSettings()
_ALL = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
_PLAIN = next(row for row in _ALL.indicators if row.measure is Measure.COUNT)
NAMES = [f"antal_{at}" for at in range(60)]
YEARS = np.arange(2014, 2024)


def _indicator(name: str, at: int) -> Indicator:
    changes = {"indicator_id": name, "area": Area.HEMLOSHET, "source_id": f"register_{at % 12}"}
    return _PLAIN.model_copy(update=changes)


CATALOGUE = replace(
    _ALL,
    indicators=tuple(_indicator(name, at) for at, name in enumerate(NAMES)),
    relations=(),
    group_comparisons=(),
    kept_differences=(),
    natural_explanations=(),
    possible_explanations=(),
    drivers=(),
    step_states=(),
    incomparable=(),
    counted=(),
    count_bases=(),
)


def city(steps: FloatArray, rng: np.random.Generator, level: float = 2000.0) -> list[Series]:
    """Counts whose yearly log steps are given, (60, 10)."""
    counts = rng.poisson(level * np.exp(np.cumsum(steps, axis=1))).astype(np.float64)
    return [_series(name, row) for name, row in zip(NAMES, counts, strict=True)]


def _series(name: str, counts: FloatArray) -> Series:
    unknown = np.full(counts.shape, np.nan)
    return Series(
        name,
        "0180",
        "total",
        "total",
        years=YEARS,
        numerator=counts,
        denominator=unknown,
        value=counts,
        standard_deviation=unknown,
        observations=unknown,
        status=["observed"] * counts.size,
    )


def fits(series: list[Series]) -> ModelFit:
    (found,) = model_fits(series, CATALOGUE, 2023, SETTINGS, fit=FIT)
    return found


def ordinary(seed: int) -> list[Series]:
    """A city whose series are restless by one of four volatilities, as no single model knows."""
    rng = np.random.default_rng(seed)
    sigma = rng.choice([0.0, 0.03, 0.08, 0.15], 60)
    return city(rng.normal(0.0, 1.0, (60, 10)) * sigma[:, None], rng)


def test_an_ordinary_city_fits() -> None:
    found = [fits(ordinary(seed)) for seed in range(12)]
    assert all(each.fits for each in found)
    (one, *_) = found
    assert (one.tested, one.model, one.year_from, one.year_to) == (
        Tested.WHOLE,
        "counts",
        2019,
        2022,
    )
    assert one.p_values == 240
    assert one.independent == 240.0


def test_a_city_wilder_than_what_is_tried_does_not() -> None:
    rng = np.random.default_rng(1)
    found = fits(city(rng.normal(0.0, 1.5, (60, 10)), rng, level=1e6))
    assert found.weight_at_the_end > found.weight_limit
    assert not found.fits


def test_a_city_that_swings_back_and_forth_does_not() -> None:
    """What was high is low the next year: no level that wanders foretells that."""
    rng = np.random.default_rng(2)
    swing = np.where(np.arange(10) % 2, 0.35, -0.35) * np.where(rng.random((60, 1)) < 0.5, 1, -1)
    found = fits(city(swing * 2, rng, level=20_000.0))
    assert not found.fits


def test_the_report_year_has_no_say() -> None:
    series = ordinary(7)
    rng = np.random.default_rng(8)
    for one in series:
        one.value[-1] = one.numerator[-1] = float(rng.integers(1, 9000))
    assert fits(series) == fits(ordinary(7))


def test_too_few_values_are_judged_by_nobody() -> None:
    assert model_fits(ordinary(9)[:2], CATALOGUE, 2023, SETTINGS, fit=FIT) == []
