"""Whether units come nearer each other: right as often as it says, and seen where it is so."""

import numpy as np
import pytest

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.spread import spread, trend

YEARS = np.arange(2016.0, 2024.0)


def world(
    random: np.random.Generator, taus: FloatArray, events: float, restless: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Logs and variances (T, 11) of boards whose own places have a spread of their own a year."""
    places = random.normal(size=11)
    places = (places - places.mean()) / places.std(ddof=1)
    expected = np.tile(random.uniform(0.4, 1.6, 11) * events, (taus.size, 1))
    own = taus[:, None] * places + restless * random.normal(size=(taus.size, 11))
    observed = random.poisson(expected * np.exp(own))
    expected *= (observed.sum(axis=1) / expected.sum(axis=1))[:, None]
    return np.log((observed + 0.5) / (expected + 0.5)), 1.0 / expected


def rejected(taus: FloatArray, events: float, restless: float = 0.0) -> tuple[float, float]:
    """Share of 300 worlds where the spread is said to change, and where it is said to fall."""
    random = np.random.default_rng(11)
    found = [trend(YEARS, *world(random, taus, events, restless)) for _ in range(300)]
    sure = np.array([each.p_value <= 0.05 for each in found])
    falls = np.array([each.slope < 0 for each in found])
    return float(sure.mean()), float((sure & falls).mean())


@pytest.mark.parametrize("events", [20.0, 400.0])
@pytest.mark.parametrize(("tau", "restless"), [(0.2, 0.0), (0.0, 0.0), (0.2, 0.05)])
def test_a_spread_that_lasts_is_seldom_said_to_change(
    events: float, tau: float, restless: float
) -> None:
    changed, _ = rejected(np.full(8, tau), events, restless)
    assert changed <= 0.09


def test_boards_that_come_nearer_are_seen_and_the_right_way() -> None:
    changed, fell = rejected(np.linspace(0.3, 0.1, 8), 100.0)
    assert fell >= 0.95
    assert fell == changed


def test_the_spread_of_a_year_is_the_variance_between_them() -> None:
    # With no chance at all the variance is the sample's own.
    places = np.array([-0.2, 0.1, 0.0, 0.3, -0.2])
    found = spread(places, np.full(5, 1e-9), 0.95)
    assert found.tau == pytest.approx(places.std(ddof=1), rel=1e-6)
    assert found.lower < found.tau < found.upper


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="few"):
        spread(np.zeros(3), np.ones(3), 0.95)
    with pytest.raises(ValueError, match="few"):
        trend(YEARS[:3], np.zeros((3, 11)), np.ones((3, 11)))
    with pytest.raises(ValueError, match="one"):
        trend(np.zeros(8), np.zeros((8, 11)), np.ones((8, 11)))
