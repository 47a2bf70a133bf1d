"""Heaps that all groups have, and the one that a rule made."""

import numpy as np
import pytest

from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.bunching import (
    WEEKS,
    Bunching,
    Histogram,
    Notch,
    estimate,
    histogram,
    placebos,
)
from orchestration.statistics.resampling import generator

NOTCH = Notch(12.0)
EDGES: FloatArray = np.arange(1, 49, dtype=np.float64) * 0.5


def pattern(size: float) -> FloatArray:
    """A smooth shape with heaps on whole numbers, fives and weekly hours."""
    smooth = np.exp(-0.5 * np.square((EDGES - 9.5) / 4.5))
    heap = np.where(EDGES % 1 == 0, 3.0, 1.0) * np.where(EDGES % 5 == 0, 1.6, 1.0)
    weekly = np.floor(EDGES / WEEKS) > np.floor((EDGES - 0.5) / WEEKS)
    shape = smooth * heap * np.where(weekly, 1.4, 1.0)
    return np.asarray(size * shape / shape.sum())


def city(moved: float, seed: int | None = None) -> Histogram:
    """Three groups; a share of the first's decisions of 9 to 12 hours became 13."""
    counts = np.stack([pattern(900), pattern(1400), pattern(2500)])
    below = (EDGES >= 9) & (EDGES <= 12)
    counts[0, EDGES == 13] += moved * counts[0, below].sum()
    counts[0, below] *= 1 - moved
    if seed is not None:
        counts = np.random.default_rng(seed).poisson(counts).astype(float)
    return Histogram(EDGES, counts)


def found(seen: Histogram, degree: int = 4) -> Bunching:
    return estimate(seen, 0, NOTCH, generator(1), replicates=199, degree=degree)


def test_a_bin_holds_its_upper_edge() -> None:
    hours = np.array([12.0, 12.01, 12.5, 13.0, 4.33, 0.0, 40.0])
    seen = histogram(hours, np.zeros(7, dtype=np.int64), 1)
    assert dict(zip(seen.edges, seen.counts[0], strict=True)) == {
        edge: {12.0: 1, 12.5: 2, 13.0: 1, 4.5: 1}.get(edge, 0) for edge in EDGES
    }


def test_what_moved_is_found_without_noise() -> None:
    truth = 0.35 * pattern(900)[(EDGES >= 9) & (EDGES <= 12)].sum()
    below = (EDGES >= 9) & (EDGES <= 12)
    mean = (pattern(900) * EDGES)[below].sum() / pattern(900)[below].sum()
    one = found(city(0.35))
    assert one.excess == pytest.approx(truth, rel=0.02)
    assert one.missing == pytest.approx(truth, rel=0.02)
    assert one.hours == pytest.approx(truth * (13 - mean), rel=0.03)
    assert one.dispersion == 1.0
    for degree in (3, 5):
        assert found(city(0.35), degree=degree).excess == pytest.approx(truth, rel=0.05)


def test_without_the_rule_there_is_nothing() -> None:
    nothing = found(city(0.0, seed=4))
    assert nothing.excess_limits.covers(0.0)
    assert not found(city(0.35, seed=4)).excess_limits.covers(0.0)


def test_placebos_see_neither_the_rule_nor_what_it_took() -> None:
    """At 8 and 10 hours the rule's own loss lies inside the window."""
    seen = city(0.35, seed=5)
    cases = [*((0, at) for at in (6.0, 8.0, 10.0, 14.0, 16.0)), (1, 12.0), (2, 12.0)]
    judged = placebos(seen, cases, (0, NOTCH), 3, replicates=99)
    assert [each.excess_limits.covers(0.0) for each in judged.found] == [True] * 7
    assert judged.p_values.min() > 0.05
    exact = placebos(city(0.35), cases, (0, NOTCH), 3, replicates=19)
    assert [each.excess for each in exact.found] == pytest.approx([0.0] * 7, abs=3.0)


def test_more_than_chance_outside_the_window_widens_the_limits() -> None:
    rough = city(0.35, seed=6)
    noise = np.random.default_rng(1).gamma(4, 1 / 4, rough.counts.shape)
    wild = Histogram(EDGES, np.round(rough.counts * noise).astype(np.float64))
    calm, rough_found = found(rough), found(wild)
    assert rough_found.dispersion > 3 * calm.dispersion
    assert rough_found.excess_limits.standard_error > 1.5 * calm.excess_limits.standard_error


def test_a_group_of_nobody_is_refused() -> None:
    empty = Histogram(EDGES, np.stack([np.zeros(48), pattern(100)]))
    with pytest.raises(ValueError, match="nobody around"):
        estimate(empty, 0, NOTCH, generator(1))
    with pytest.raises(ValueError, match="outside the bins"):
        estimate(city(0.1), 0, Notch(40.0), generator(1))
