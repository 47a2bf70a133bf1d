"""Stacked difference-in-differences: sums done by hand, an identity, and how often it is wrong."""

import numpy as np
import pytest

from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.resampling import generator
from orchestration.statistics.stacked import NoContrastError, Stacked, stacked_difference

#: Eleven boards as a city may have begun: three times two, and five that have not.
BEGINS = np.array([20, 20, 21, 21, 22, 22, 99, 99, 99, 99, 99])
PERIODS = 25
DRAWS = 400


def found(counts: FloatArray, begins: IntArray = BEGINS, **options: int) -> Stacked:
    return stacked_difference(counts, begins, random=generator(7), **options)


def test_the_effect_is_each_experiment_s_difference_weighted_by_its_treated() -> None:
    """Two quarters before and two after, by hand.

    First experiment (begins in 2): A has 10, 10 | 8, 6 and B 20, 20 | 20, 20: 54 of 60 (.9).
    C to E have 10, 10 | 11, 11 each and F, which has not begun, 40 all along: 73 of 70. A and B
    have begun when F does in 4: F has 40, 40 | 30, 30 (.75), C to E 11, 11 | 11, 11 (1).
    """
    steady = [10, 10, 11, 11, 11, 11]
    counts = np.array(
        [
            [10, 10, 8, 6, 0, 0],
            [20, 20, 20, 20, 0, 0],
            *[steady] * 3,
            [40, 40, 40, 40, 30, 30],
        ],
        dtype=float,
    )
    one = found(counts, np.array([2, 2, 9, 9, 9, 4]), before=2)
    assert one.effect == pytest.approx((30 * (54 / 60 - 73 / 70) + 40 * (0.75 - 1.0)) / 70)
    assert one.treated.tolist() == [True, True, False, False, False, True]
    assert one.controls.tolist() == [False, False, True, True, True, True]
    # A and B would have had 30 x 73/70 a quarter and F 40; they had 54 in two quarters, and 60.
    assert one.expected == pytest.approx(2 * (30 * 73 / 70 + 40 * 1.0))
    assert one.observed == pytest.approx(54 + 60)
    assert [event.period for event in one.events] == [-2, -1, 0, 1]
    assert one.events[2].estimate == pytest.approx((30 * (28 / 30 - 73 / 70) + 40 * -0.25) / 70)


def test_whoever_began_is_no_control_and_whoever_begins_later_is() -> None:
    """A unit that began falls to nothing after the first window, which changes no estimate."""
    rng = generator(1)
    counts = rng.poisson(50, size=(11, PERIODS)).astype(float)
    gone = counts.copy()
    gone[:2, 24:] = 0.0
    begins = np.array([16, 16, 21, 21, 21, 99, 99, 99, 99, 99, 99])
    assert found(counts, begins).effect == found(gone, begins).effect
    # Those of 21 have not begun in the window of 16, which ends with 19.
    changed = counts.copy()
    changed[2:5, 16:20] *= 2
    assert found(changed, begins).effect != found(counts, begins).effect


def test_what_moves_all_by_a_factor_moves_none_apart() -> None:
    level = generator(2).uniform(10, 60, size=(11, 1))
    common = np.exp(np.cumsum(generator(3).normal(0, 0.1, size=PERIODS)))
    one = found(level * common)
    assert one.effect == pytest.approx(0.0, abs=1e-12)
    assert max(abs(event.estimate) for event in one.events) == pytest.approx(0.0, abs=1e-12)
    halved = level * common
    for unit, begin in enumerate(BEGINS):
        halved[unit, begin:] *= 0.5
    assert found(halved).effect / found(halved).level_without == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("begins", "periods"),
    [
        # Nobody has begun; all have; two have; the last quarter alone; too short a time before.
        ([99] * 11, PERIODS),
        ([20] * 11, PERIODS),
        ([20, 20] + [99] * 9, PERIODS),
        ([24] * 5 + [99] * 6, PERIODS),
        ([7] * 5 + [99] * 6, PERIODS),
    ],
)
def test_without_a_contrast_nothing_is_estimated(begins: list[int], periods: int) -> None:
    with pytest.raises(NoContrastError):
        found(np.full((11, periods), 10.0), np.array(begins))


def panel(rng: np.random.Generator, fall: float) -> FloatArray:
    """Counts that are not of the model: boards drift apart, quarters have seasons, and vary.

    Negative binomial with a variance of the mean and a tenth of its square, on a random walk of
    each board's own, and a factor of one season in each board.
    """
    level = rng.uniform(8, 40, size=(11, 1))
    own = np.exp(np.cumsum(rng.normal(0, 0.03, size=(11, PERIODS)), axis=1))
    season = np.exp(rng.normal(0, 0.1, size=(11, 4)))[:, np.arange(PERIODS) % 4]
    mean = level * own * season
    for unit, begin in enumerate(BEGINS):
        mean[unit, begin:] *= 1.0 - fall
    return rng.poisson(mean * rng.gamma(10.0, 0.1, size=mean.shape)).astype(float)


def test_with_no_effect_one_in_twenty_is_found() -> None:
    rng = generator(11)
    worlds = [found(panel(rng, 0.0), replicates=399) for _ in range(DRAWS)]
    size = np.mean([one.p_value <= 0.05 for one in worlds])
    held = np.mean([one.lower <= 0.0 <= one.upper for one in worlds])
    # Three standard errors of a share of four hundred about one in twenty.
    assert 0.017 < size < 0.083
    assert held > 0.917


def test_a_planted_fall_is_estimated_and_found() -> None:
    rng = generator(12)
    worlds = [found(panel(rng, 0.4), replicates=399) for _ in range(100)]
    shares = [one.effect / one.level_without for one in worlds]
    assert np.mean(shares) == pytest.approx(-0.4, abs=0.03)
    assert np.mean([one.p_value <= 0.05 for one in worlds]) > 0.9
    before = np.mean([[e.estimate for e in one.events if e.period < 0] for one in worlds], axis=0)
    assert np.abs(before).max() < 0.05
