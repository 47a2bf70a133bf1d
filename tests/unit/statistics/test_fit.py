"""What is measured of a model that is right, and of models that are wrong in known ways."""

import numpy as np
import pytest
from scipy import stats

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.fit import Fit, fit_of


def fitted(scores: FloatArray, *, votes: FloatArray | None = None) -> Fit:
    """The fit of values whose standard scores are given, as a model takes them to be."""
    return fit_of(
        stats.norm.cdf(scores),
        2 * stats.norm.sf(np.abs(scores)),
        np.ones(scores.size) if votes is None else votes,
        tail_below=0.01,
        alpha=0.001,
    )


def test_the_distance_is_kolmogorov_s() -> None:
    scores = np.random.default_rng(1).normal(0.3, 1.2, 57)
    expected = stats.kstest(scores, "norm")
    found = fitted(scores)
    assert found.distance == pytest.approx(expected.statistic)
    assert (found.distance > found.distance_limit) == (expected.pvalue < 0.001)


def test_limits_of_a_hundred_values_are_those_of_the_tables() -> None:
    found = fitted(np.random.default_rng(2).normal(size=100))
    # Smirnov's table: 1.95 / sqrt(n) at a thousandth, for a large n; and of a hundred values whose
    # chance is .01 each, six or more have a probability of .0005, five or more of .0034.
    assert found.distance_limit == pytest.approx(1.95 / 10, rel=0.02)
    assert found.tail_limit == pytest.approx(0.05)


def test_a_model_that_is_right_seldom_exceeds_a_limit() -> None:
    rng = np.random.default_rng(3)
    failed = [not fitted(rng.normal(size=150)).holds for _ in range(2000)]
    assert np.mean(failed) <= 0.002 + 2 * np.sqrt(0.002 / 2000)


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (lambda rng: rng.normal(0.0, 1.8, 300), "tail"),
        (lambda rng: rng.standard_t(2, 300), "tail"),
        (lambda rng: rng.normal(0.0, 0.4, 300), "distance"),
        (lambda rng: rng.normal(0.6, 1.0, 300), "distance"),
    ],
    ids=["too sure", "heavy tails", "too cautious", "leaning"],
)
def test_a_model_that_is_wrong_is_found_out(scores, why: str) -> None:  # type: ignore[no-untyped-def]
    found = [fitted(scores(np.random.default_rng(seed))) for seed in range(20)]
    assert np.mean([not each.holds for each in found]) >= 0.9
    exceeded = [getattr(each, why) > getattr(each, f"{why}_limit") for each in found]
    assert np.mean(exceeded) >= 0.9


def test_what_counts_the_same_has_one_vote() -> None:
    scores = np.random.default_rng(4).normal(size=30)
    once = fitted(scores)
    thrice = fitted(np.repeat(scores, 3), votes=np.full(90, 1 / 3))
    assert thrice.distance == pytest.approx(once.distance)
    assert thrice.tail == pytest.approx(once.tail)
    assert thrice.values == 90
    assert thrice.votes == pytest.approx(30.0)
    assert thrice.distance_limit == once.distance_limit
