"""A series' own records, told only where a reader would call them so."""

import numpy as np
import pytest

from orchestration.statistics.extremes import Extreme, Turn, extreme, going_on, turn


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 2, 3, 4], Extreme(highest=True, since=2016, of_all=True)),
        ([5, 4, 3, 4, 3, 2], Extreme(highest=False, since=2016, of_all=True)),
        # As high as once before is no record of all, and long enough ago it is one since then.
        ([9, 2, 3, 2, 3, 4], Extreme(highest=True, since=2016, of_all=False)),
        ([4, 2, 3, 2, 3, 4], Extreme(highest=True, since=2016, of_all=False)),
        ([1, 9, 3, 2, 3, 4], None),
        ([1, 2, 3, 4], None),
    ],
)
def test_the_highest_and_the_lowest_for_years(
    values: list[float], expected: Extreme | None
) -> None:
    years = np.arange(2016, 2016 + len(values))
    assert extreme(years, np.array(values, dtype=float)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5, 4], Turn(2021, rose=False, since=2016, first=True)),
        ([5, 4, 3, 2, 1, 2], Turn(2021, rose=True, since=2016, first=True)),
        ([3, 2, 3, 4, 5, 6, 5], Turn(2022, rose=False, since=2017, first=False)),
        # The second fall in a row is no turn, nor is one after three years.
        ([1, 2, 3, 4, 5, 4, 3], None),
        ([3, 2, 3, 4, 5, 4], None),
        ([1, 2, 3, 4, 5, 5], None),
        ([2, 1], None),
    ],
)
def test_the_first_change_the_other_way_for_years(
    values: list[float], expected: Turn | None
) -> None:
    years = np.arange(2016, 2016 + len(values))
    assert turn(years, np.array(values, dtype=float)) == expected


def test_years_before_a_gap_tell_of_no_turn() -> None:
    values = np.array([9.0, 1, 2, 3, 4, 5, 4])
    whole = np.array([2010, 2016, 2017, 2018, 2019, 2020, 2021])
    assert turn(whole, values) == Turn(2021, rose=False, since=2016, first=True)
    broken = np.array([2010, 2011, 2012, 2013, 2019, 2020, 2021])
    assert turn(broken, values) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5, 4], Turn(2021, rose=False, since=2016, first=True)),
        # It goes on the year after; two years after, or where it turned back, it is news no more.
        ([1, 2, 3, 4, 5, 4, 3], Turn(2021, rose=False, since=2016, first=True)),
        ([5, 4, 3, 2, 1, 2, 3], Turn(2021, rose=True, since=2016, first=True)),
        ([1, 2, 3, 4, 5, 4, 3, 2], None),
        ([1, 2, 3, 4, 5, 4, 5], None),
        ([1, 2, 3, 4, 5, 4, 4], None),
        ([2, 1], None),
    ],
)
def test_a_turn_that_goes_on_is_told_the_year_after(
    values: list[float], expected: Turn | None
) -> None:
    years = np.arange(2016, 2016 + len(values))
    assert going_on(years, np.array(values, dtype=float)) == expected
