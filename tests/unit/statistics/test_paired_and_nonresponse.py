"""Change among the same units, and what the silent may mean, against figures from elsewhere."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from orchestration.statistics.nonresponse import change_bounds, share_bounds
from orchestration.statistics.paired import mcnemar_exact, paired_change


def exact(gained: int, lost: int) -> float:
    """The definition, in whole numbers."""
    both = gained + lost
    tail = sum(comb(both, k) for k in range(min(gained, lost) + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**both)))


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"),
    [
        # As statsmodels 0.15 prints it for the table 101, 121, 59, 33.
        (121, 59, 4.43444926375551e-06),
        # The sign test's table: two of twelve, and one of nine.
        (2, 10, 0.0386),
        (8, 1, 0.0391),
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 6, 0.03125),
    ],
)
def test_mcnemar_as_others_print_it(gained: int, lost: int, p_value: float) -> None:
    [found] = mcnemar_exact(np.array([gained]), np.array([lost]))
    assert found == pytest.approx(p_value, abs=5e-5 if p_value > 1e-3 else 1e-12)


def test_mcnemar_is_the_sum_of_the_binomial() -> None:
    gained, lost = (each.ravel() for each in np.meshgrid(np.arange(0, 40, 3), np.arange(0, 300, 7)))
    found = mcnemar_exact(gained, lost)
    wanted = [exact(int(one), int(other)) for one, other in zip(gained, lost, strict=True)]
    assert found == pytest.approx(wanted, rel=1e-9)
    assert mcnemar_exact(lost, gained) == pytest.approx(found)


def test_the_interval_of_a_paired_change() -> None:
    # Bonett & Price's adjusted Wald by hand: (b + 1) / (n + 2) and (c + 1) / (n + 2).
    found = paired_change(16, 4, 50, 0.95)
    up, down = 17 / 52, 5 / 52
    reach = 1.959964 * ((up + down - (up - down) ** 2) / 52) ** 0.5
    assert (found.lower, found.upper) == pytest.approx((up - down - reach, up - down + reach))
    assert found.covers(12 / 50)
    assert paired_change(0, 0, 1, 0.95).lower >= -1


def test_the_bounds_are_share_times_response_and_that_plus_what_is_missing() -> None:
    yes, answered, units = np.array([186]), np.array([300]), np.array([316])
    lower, upper = share_bounds(yes, answered, units)
    share, response = 186 / 300, 300 / 316
    assert lower == pytest.approx(share * response)
    assert upper == pytest.approx(share * response + 1 - response)


def test_52_to_62_per_cent_at_a_response_of_95() -> None:
    def at(per_cent: int) -> tuple[np.ndarray, np.ndarray]:
        return share_bounds(np.array([95 * per_cent]), np.array([9_500]), np.array([10_000]))

    lower, upper = change_bounds(at(62), at(52))
    # 58.9 - 54.4 and 63.9 - 49.4 percentage points.
    assert (float(lower[0]), float(upper[0])) == pytest.approx((0.045, 0.145))


def test_bounds_hold_whatever_the_silent_would_have_said() -> None:
    random = np.random.default_rng(1)
    for _ in range(200):
        units = int(random.integers(1, 30))
        truth = random.random((2, units)) < 0.5
        answers = random.random((2, units)) < 0.7
        counts = [
            (
                np.array([int((truth[at] & answers[at]).sum())]),
                np.array([int(answers[at].sum())]),
                np.array([units]),
            )
            for at in (0, 1)
        ]
        before, now = (share_bounds(*each) for each in counts)
        assert now[0] <= truth[1].mean() <= now[1]
        lower, upper = change_bounds(now, before)
        assert lower <= truth[1].mean() - truth[0].mean() <= upper


def test_nobody_has_no_bounds() -> None:
    lower, upper = share_bounds(np.array([0]), np.array([0]), np.array([0]))
    assert np.isnan([lower, upper]).all()
