"""Parts that add up, against Das Gupta's own examples and PHEindicatormethods."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.decomposition import (
    FactorEffect,
    das_gupta,
    kitagawa,
    standardise,
    stock_change,
)

VECTORS = Path(__file__).parents[2] / "vectors"
EXAMPLES: dict[str, Any] = {
    case["id"]: case
    for case in json.loads((VECTORS / "dasgupta" / "das_gupta_1993_examples.json").read_text())[
        "examples"
    ]
}
#: European Standard Population 2013 (Eurostat), 0-4 to 90 and over.
EUROPE = 500.0 * np.array([10, 11, 11, 11, 12, 12, 13, 14, 14, 14, 14, 13, 12, 11, 10, 8, 5, 3, 2])
Rate = Callable[[Mapping[str, FloatArray]], float]


def product(factors: Mapping[str, FloatArray]) -> float:
    return float(np.prod(list(factors.values())))


def difference(factors: Mapping[str, FloatArray]) -> float:
    return float(factors["crude_birth"] - factors["crude_death"])


def weighted(factors: Mapping[str, FloatArray]) -> float:
    return float((factors["size"] / factors["size"].sum() * factors["rate"]).sum())


def populations(case: dict[str, Any], names: list[str]) -> tuple[dict[str, FloatArray], ...]:
    return tuple({name: np.asarray(case[name][at], dtype=float) for name in names} for at in (0, 1))


def hold(found: Mapping[str, FactorEffect], case: dict[str, Any], names: Mapping[str, str]) -> None:
    for name, printed in names.items():
        before, after, effect, _ = case["expected"][printed]
        # As many digits as are printed.
        assert found[name].before == pytest.approx(before, rel=1e-5, abs=6e-5)
        assert found[name].after == pytest.approx(after, rel=1e-5, abs=6e-5)
        assert found[name].effect == pytest.approx(effect, rel=1e-5, abs=6e-5)


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("toy_ab", product),
        ("2.1", product),
        ("2.2", product),
        ("2.3", product),
        ("3.1", difference),
    ],
)
def test_das_guptas_examples(name: str, rate: Rate) -> None:
    case = EXAMPLES[name]
    factors = [key for key in case["expected"] if key != "crude"]
    before, after = populations(case, factors)
    found = das_gupta(rate, before, after)
    hold(found, case, {factor: factor for factor in factors})
    assert sum(part.effect for part in found.values()) == pytest.approx(rate(after) - rate(before))


def test_composition_and_rates_are_kitagawas_and_das_guptas() -> None:
    case = EXAMPLES["5.1 (Kitagawa two-component: composition x rate)"]
    before, after = populations(case, ["size", "rate"])
    hold(das_gupta(weighted, before, after), case, {"size": "age_structure", "rate": "rate"})
    parts = kitagawa(before["size"], before["rate"], after["size"], after["rate"])
    expected = case["expected"]
    assert parts.composition == pytest.approx(expected["age_structure"][2], abs=6e-5)
    assert parts.rates == pytest.approx(expected["rate"][2], abs=6e-5)
    assert parts.total == pytest.approx(expected["crude"][2], abs=6e-5)


def test_parts_may_be_larger_than_the_whole() -> None:
    case = EXAMPLES["5.3 (age x race)"]
    later, earlier = populations(case, ["size", "rate"])
    hold(das_gupta(weighted, earlier, later), case, {"size": "size", "rate": "rate"})
    parts = kitagawa(earlier["size"], earlier["rate"], later["size"], later["rate"])
    assert parts.composition > 0 > parts.total


numbers = st.lists(st.floats(0.1, 100), min_size=3, max_size=3)


@given(numbers, numbers)
def test_parts_add_up_in_any_order(first: list[float], second: list[float]) -> None:
    before, after = (dict(zip("abc", map(np.asarray, x), strict=True)) for x in (first, second))
    found = das_gupta(product, before, after)
    turned = das_gupta(product, dict(reversed(before.items())), dict(reversed(after.items())))
    whole = product(after) - product(before)
    assert sum(part.effect for part in found.values()) == pytest.approx(whole, rel=1e-9, abs=1e-6)
    assert found["b"].effect == pytest.approx(turned["b"].effect, rel=1e-9, abs=1e-6)


def test_factors_must_be_the_same() -> None:
    with pytest.raises(ValueError, match="same factors"):
        das_gupta(product, {"a": np.ones(1)}, {"b": np.ones(1)})


def test_a_stock_is_its_inflow_times_its_duration() -> None:
    found = stock_change(100, 6, 110, 5.4)
    assert found.inflow == pytest.approx(np.log(1.1))
    assert found.duration == pytest.approx(np.log(0.9))
    assert np.exp(found.total) == pytest.approx(0.99)


def rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / "phe" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


RESULTS = [row for row in rows("DSR_ISR__testresults_DSR.csv") if row["method"] == "Dobson"]


@pytest.mark.parametrize("row", RESULTS, ids=lambda row: f"{row['area']}-{row['statistic']}")
def test_direct_standardisation_as_pheindicatormethods(row: dict[str, str]) -> None:
    if row["area"] == "testdata_1976":
        table = rows("DSR_ISR__testdata_1976.csv")
        standard = np.array([float(each["esp1976"]) for each in table])
    else:
        table = [
            each for each in rows("DSR_ISR__testdata_multiarea.csv") if each["area"] == row["area"]
        ]
        standard = EUROPE
    events, population = (
        np.array([float(each[k] or 0) for each in table]) for k in ("count", "pop")
    )
    if not row["value"]:
        assert np.isnan(standardise(events, population, standard, 0.95).lower)
        return
    scale = 1e4 if row["statistic"].endswith(" 10000") else 1e5
    for level, printed in ((0.95, "95_0"), (0.998, "99_8")):
        found = standardise(events, population, standard, level)
        # The peer's file holds these two limits at ten times the scale of their row.
        slip = 10 if (row["area"], printed) == ("testdata_1976", "99_8") else 1
        assert found.value * scale == pytest.approx(float(row["value"]), rel=1e-6)
        for limit, side in ((found.lower, "lower"), (found.upper, "upper")):
            assert limit * scale * slip == pytest.approx(float(row[f"{side}{printed}cl"]), rel=1e-6)


def test_a_stratum_without_population_is_refused() -> None:
    with pytest.raises(ValueError, match="population"):
        standardise(np.ones(2), np.array([1.0, 0.0]), np.ones(2), 0.95)
