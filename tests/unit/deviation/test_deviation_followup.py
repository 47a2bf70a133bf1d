"""Last year's focus is told this year, whatever came."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.findings import new_row
from orchestration.deviation.followup import follow_up
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.claims import Changed
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.evidence import FollowedEvidence, LastYear
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import GroupComparison
from tests.unit.deviation.told import reason, resting

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
    return follow_up(before, now, given, 2023)


def since_then(row: Deviation) -> LastYear:
    """What the row tells of the year before."""
    assert row.evidence.last_year is not None
    return row.evidence.last_year


def test_a_fall_that_lasts_is_told_though_it_is_no_new_deviation() -> None:
    (row,) = followed(1500, 1510)
    assert (row.outcome, row.p_value, row.rank) == (Outcome.WATCH, None, None)
    assert row.observed == 1510
    assert since_then(row).since == "lasts"
    assert since_then(row).observed == 1500
    assert since_then(row).relative_change == pytest.approx(1500 / 1998 - 1)
    assert reason(row) == (
        "Följs upp: antalet personer som beviljats skyddat boende var i fokus 2022 och avviker "
        "inte på nytt 2023: 1\u00a0510\u00a0personer (+0,7\u00a0procent på ett år)."
    )
    assert row.deviation_id == "2023:change:protected_housing_persons:0180:total:total"


@pytest.mark.parametrize(("value", "since"), [(1000, "again"), (2600, "turned")])
def test_one_that_deviates_anew_says_which_way(value: float, since: str) -> None:
    (row,) = followed(1500, value)
    assert row.outcome is Outcome.FOCUS
    assert since_then(row).since == since
    assert isinstance(row.claims[0], Changed)


def test_one_without_a_value_says_so() -> None:
    (row,) = followed(1500)
    assert row.outcome is Outcome.CANNOT_TELL
    assert reason(row) == "Värdet för 2023 saknas."
    assert since_then(row).since == "cannot_tell"


def test_one_whose_series_is_gone_is_not_forgotten() -> None:
    before = assess([series([*CALM, 1500])], CATALOGUE, 2022, DeviationSettings())
    (row,) = follow_up(before, [], [], 2023)
    assert row.outcome is Outcome.CANNOT_TELL
    assert reason(row).endswith("var i fokus 2022, men värdet för 2023 saknas.")


def test_what_was_not_in_focus_is_left_as_it_is() -> None:
    given = [series([*CALM, 2003, 1500])]
    before, now = (assess(given, CATALOGUE, year, DeviationSettings()) for year in (2022, 2023))
    assert follow_up(before, now, given, 2023) == now


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


def grouped(*pairs: tuple[str, str]) -> Catalogue:
    """The catalogue with these groups declared against each other, and no others."""
    declared = [
        GroupComparison(
            comparison_id=f"{first}-{second}",
            indicator_id="housing_support_hours",
            breakdown="target_group",
            category_a=first,
            category_b=second,
            rationale_sv="Därför.",
            source="prov",
        )
        for first, second in pairs
    ]
    return replace(CATALOGUE, group_comparisons=tuple(declared), kept_differences=())


def test_one_group_against_two_others_is_two_findings_each_followed_by_itself() -> None:
    catalogue = grouped(("ena", "andra"), ("ena", "tredje"))
    given = [hours("ena", (9.0, 9.0)), hours("andra", (6.0, 8.9)), hours("tredje", (12.0, 6.0))]
    before, now = (assess(given, catalogue, year, DeviationSettings()) for year in (2022, 2023))
    assert [(row.compared_with, row.outcome) for row in now if row.rank] == [
        ("tredje", Outcome.FOCUS)
    ]
    rows = follow_up(before, now, given, 2023)
    assert len({row.deviation_id for row in rows}) == len(rows)
    since = {row.compared_with: since_then(row).since for row in rows if row.evidence.last_year}
    # Twelve was more than nine; six is less.
    assert since == {"andra": "faded", "tredje": "turned"}


def test_groups_without_a_value_have_a_row_for_each_pair() -> None:
    catalogue = grouped(("ena", "andra"), ("ena", "tredje"))
    rows = assess([hours("ena", (9.0, 9.0))], catalogue, 2023, DeviationSettings())
    assert [
        (row.category, row.compared_with) for row in rows if row.kind is Kind.GROUP_DIFFERENCE
    ] == [
        ("ena", "andra"),
        ("ena", "tredje"),
    ]
    assert len({row.deviation_id for row in rows}) == len(rows)


def test_a_year_long_before_the_first_value_has_no_rows() -> None:
    given = [series([*CALM, 2003, 1500]), hours("ena", (9.0, 9.0))]
    assert assess(given, grouped(("ena", "andra")), 1990, DeviationSettings()) == []


def test_the_same_two_groups_are_declared_once_whichever_way_round() -> None:
    with pytest.raises(ValueError, match="jämförelsen"):
        grouped(("ena", "andra"), ("andra", "ena"))


def test_a_month_does_not_answer_for_the_year() -> None:
    given = [series([*CALM, 1500, 1510])]
    before = assess(given, CATALOGUE, 2022, DeviationSettings())
    key = ("protected_housing_persons", "0180", "total", "total")
    month = new_row(key, Kind.CHANGE, 2023, month=3)
    told = follow_up(before, [month], given, 2023)
    assert told[0] == month
    assert [row.period_grain for row in told if row.evidence.last_year] == ["year"]


def test_a_difference_that_is_gone_has_faded_and_does_not_last() -> None:
    given = [hours("funktionsnedsattning", (9.0, 7.3)), hours("socialpsykiatri", (7.2, 7.2))]
    before, now = (assess(given, CATALOGUE, year, DeviationSettings()) for year in (2022, 2023))
    assert [row.outcome for row in before if row.rank] == [Outcome.FOCUS]
    told = [row for row in follow_up(before, now, given, 2023) if row.evidence.last_year]
    [row] = told
    assert row.outcome is Outcome.WATCH
    assert since_then(row).since == "faded"
    # Who reads the row must know which two groups it is about.
    assert resting(row, FollowedEvidence).category_b == "socialpsykiatri"
    assert reason(row) == (
        "Följs upp: det genomsnittliga antalet beviljade boendestödstimmar var i fokus 2022 som "
        "en skillnad mellan grupper, som inte är säkerställd 2023."
    )
