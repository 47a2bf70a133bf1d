"""Last year's focus is told this year, whatever came."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.followup import follow_up
from orchestration.deviation.result import Deviation, Outcome
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.catalogue import load_catalogue

CATALOGUE = replace(
    load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds"), natural_explanations=()
)
CALM = [2000, 2010, 1995, 2004, 2001, 1998]


def series(values: Sequence[float]) -> Series:
    value = np.array(values, dtype=np.float64)
    nothing = np.full(value.shape, np.nan)
    return Series(
        "protected_housing_persons",
        "0180",
        "total",
        "total",
        years=np.arange(2016, 2016 + value.size),
        numerator=value,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * value.size,
    )


def followed(*last_two: float) -> list[Deviation]:
    given = [series([*CALM, *last_two])]
    before, now = (assess(given, CATALOGUE, year, DeviationSettings()) for year in (2022, 2023))
    assert [row.outcome for row in before] == [Outcome.FOCUS]
    return follow_up(before, now, given, CATALOGUE, 2023)


def test_a_fall_that_lasts_is_told_though_it_is_no_new_deviation() -> None:
    (row,) = followed(1500, 1510)
    assert (row.outcome, row.p_value, row.rank) == (Outcome.WATCH, None, None)
    assert row.observed == 1510
    assert row.details["last_year"]["since"] == "lasts"
    assert row.details["last_year"]["observed"] == 1500
    assert row.details["last_year"]["relative_change"] == pytest.approx(1500 / 1998 - 1)
    assert row.reason_sv == (
        "Följs upp: antalet personer som beviljats skyddat boende var i fokus 2022 och avviker "
        "inte på nytt 2023: 1\u00a0510 personer (+0,7 procent på ett år)."
    )
    assert row.deviation_id == "2023:change:protected_housing_persons:0180:total:total"


@pytest.mark.parametrize(("value", "since"), [(1000, "again"), (2600, "turned")])
def test_one_that_deviates_anew_says_which_way(value: float, since: str) -> None:
    (row,) = followed(1500, value)
    assert row.outcome is Outcome.FOCUS
    assert row.details["last_year"]["since"] == since
    assert "sentence_sv" in row.details


def test_one_without_a_value_says_so() -> None:
    (row,) = followed(1500)
    assert row.outcome is Outcome.CANNOT_TELL
    assert row.reason_sv == "Värdet för 2023 saknas."
    assert row.details["last_year"]["since"] == "cannot_tell"


def test_one_whose_series_is_gone_is_not_forgotten() -> None:
    before = assess([series([*CALM, 1500])], CATALOGUE, 2022, DeviationSettings())
    (row,) = follow_up(before, [], [], CATALOGUE, 2023)
    assert row.outcome is Outcome.CANNOT_TELL
    assert row.reason_sv.endswith("var i fokus 2022, men värdet för 2023 saknas.")


def test_what_was_not_in_focus_is_left_as_it_is() -> None:
    given = [series([*CALM, 2003, 1500])]
    before, now = (assess(given, CATALOGUE, year, DeviationSettings()) for year in (2022, 2023))
    assert follow_up(before, now, given, CATALOGUE, 2023) == now


def hours(group: str, year_values: Sequence[float]) -> Series:
    """Mean hours of a group by year, with 200 persons and a standard deviation of 4 each."""
    value = np.array(year_values, dtype=np.float64)
    return Series(
        "housing_support_hours",
        "0180",
        "target_group",
        group,
        years=np.arange(2022, 2022 + value.size),
        numerator=value * 200,
        denominator=np.full(value.shape, 200.0),
        value=value,
        standard_deviation=np.full(value.shape, 4.0),
        observations=np.full(value.shape, 200.0),
        status=["observed"] * value.size,
    )


def test_a_difference_that_is_gone_has_faded_and_does_not_last() -> None:
    given = [hours("funktionsnedsattning", (9.0, 7.3)), hours("socialpsykiatri", (7.2, 7.2))]
    before, now = (assess(given, CATALOGUE, year, DeviationSettings()) for year in (2022, 2023))
    assert [row.outcome for row in before if row.rank] == [Outcome.FOCUS]
    told = [
        row for row in follow_up(before, now, given, CATALOGUE, 2023) if "last_year" in row.details
    ]
    [row] = told
    assert row.outcome is Outcome.WATCH
    assert row.details["last_year"]["since"] == "faded"
    # Who reads the row must know which two groups it is about.
    assert row.details["category_b"] == "socialpsykiatri"
    assert row.reason_sv == (
        "Följs upp: det genomsnittliga antalet beviljade boendestödstimmar var i fokus 2022 som "
        "en skillnad mellan grupper, som inte är säkerställd 2023."
    )
