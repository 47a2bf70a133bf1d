"""Öppna jämförelser: shares, bounds and changes of groups, and what each estimate lacks."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from orchestration.analyses.open_comparisons import Groups, analyse, comparisons
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import OpenComparison
from tests.truths.survey_worlds import survey

INDICATORS = ("oj_budget_advice", "oj_freda_short_questions", "oj_response_rate_general")
ROW: dict[str, Any] = {
    "indicator": 0, "kind": 0, "group": 0, "year": 2020, "previous_year": 2019, "is_break": False,
    "of_municipalities": False, "units": 312, "answered": 297, "said_yes": 184,
    "previous_units": 312, "previous_answered": 296, "previous_said_yes": 154, "matched": 283,
    "gained": 26, "lost": 3, "published": 0.62,
}  # fmt: skip
NOTHING: dict[str, Any] = dict.fromkeys(
    ("units", "answered", "said_yes", "previous_year", "previous_units", "previous_answered",
     "previous_said_yes", "matched", "gained", "lost"), 0,
)  # fmt: skip


def groups(*rows: dict[str, Any]) -> Groups:
    whole = [ROW | row for row in rows]
    return Groups(
        indicators=INDICATORS,
        kinds=("riket", "skr"),
        codes=("SE", "A1"),
        names={"SE": "Riket", "A1": "Storstäder"},
        **{name: np.array([row[name] for row in whole]) for name in ROW},
    )


def only(*rows: dict[str, Any]) -> OpenComparison:
    [found] = comparisons(groups(*rows))
    return found


def test_a_group_s_share_its_bounds_and_its_change() -> None:
    found = only({})
    assert (found.indicator_id, found.year, found.group_code) == ("oj_budget_advice", 2020, "SE")
    assert found.share == pytest.approx(184 / 297)
    assert (found.lower_bound, found.upper_bound) == pytest.approx((184 / 312, 199 / 312))
    assert found.change_pp == pytest.approx(100 * (184 / 297 - 154 / 296))
    # Least now less most then: 184 / 312 - 170 / 312; most now less least then.
    assert (found.change_lower, found.change_upper) == pytest.approx(
        (100 * 14 / 312, 100 * 45 / 312)
    )
    assert (found.matched, found.gained, found.lost) == (283, 26, 3)
    assert found.matched_change_pp == pytest.approx(100 * 23 / 283)
    # Of 29 that changed, at most three the one way, and twice that.
    assert found.change_p == pytest.approx(2 * (1 + 29 + 406 + 3654) / 2**29)


def test_a_printed_share_without_answers_stands_as_it_is_printed() -> None:
    found = only(NOTHING)
    assert (found.basis, found.share, found.published_share) == ("published", 0.62, 0.62)
    left = {each.name for each in fields(found)} - {
        *("indicator_id", "year", "group_type", "group_code", "group_name", "share", "basis"),
        *("published_share", "is_break"),
    }
    assert {getattr(found, name) for name in left} == {None}


def test_answers_without_a_printed_share_stand_too() -> None:
    found = only({"published": np.nan})
    assert (found.basis, found.published_share) == ("answers", None)


@pytest.mark.parametrize(
    "row", [{"is_break": True}, {"previous_year": 0, "previous_units": 0, "previous_answered": 0}]
)
def test_no_change_is_counted_across_a_break_or_from_nothing(row: dict[str, Any]) -> None:
    found = only(row)
    assert found.share is not None
    assert (found.change_pp, found.change_lower, found.change_p, found.matched) == (None,) * 4


def test_a_group_that_nobody_of_answers_has_no_share() -> None:
    found = only({"answered": 0, "said_yes": 0, "published": np.nan})
    assert (found.share, found.change_pp, found.units) == (None, None, 312)


def test_the_estimates_are_the_latest_survey_s_that_the_report_can_know() -> None:
    rows = [{"year": 2019, "previous_year": 2018}, {}, {"kind": 1, "group": 1}]
    found = analyse(2023, groups(*rows))
    assert {row.period_start.year for row in found.results} == {2020}
    matched, whole = found.results
    assert (matched.estimand_id, matched.category) == ("6.1", "oj_budget_advice")
    assert matched.estimate == pytest.approx(23 / 283)
    assert matched.verdict == "okade"
    assert matched.period_from is not None
    assert matched.period_from.year == 2019
    assert (whole.estimand_id, whole.ci_level, whole.p_value) == ("6.2", 1.0, None)
    assert (whole.ci_lower, whole.ci_upper) == pytest.approx((14 / 312, 45 / 312))
    assert {row.period_start.year for row in analyse(2019, groups(*rows)).results} == {2019}


@pytest.mark.parametrize(
    ("row", "shortfall"),
    [
        ({"previous_year": 0, "previous_answered": 0}, Shortfall.NO_EARLIER),
        ({"is_break": True}, Shortfall.REWORDED),
    ],
)
def test_what_a_change_lacks(row: dict[str, Any], shortfall: Shortfall) -> None:
    found = analyse(2023, groups(row))
    assert [each.estimand_id for each in found.results] == ["6.1", "6.2"]
    assert {each.shortfall for each in found.results} == {shortfall}


def test_few_that_answered_both_times_test_nothing_but_are_bounded() -> None:
    matched, whole = analyse(2023, groups({"matched": 19, "gained": 3, "lost": 0})).results
    assert matched.shortfall is Shortfall.FEW_OBSERVATIONS
    assert whole.estimate is not None


def test_without_answers_each_estimand_says_so() -> None:
    for given in (groups(NOTHING), replace(groups({}), year=np.array([2024]))):
        found = analyse(2023, given)
        assert [each.estimand_id for each in found.results] == ["6.1", "6.2"]
        assert {each.shortfall for each in found.results} == {Shortfall.NO_REGISTER}


def test_who_answered_at_all_is_no_indicator_of_change() -> None:
    found = analyse(2023, groups({}, {"indicator": 2, "of_municipalities": True}))
    assert {each.category for each in found.results} == {"oj_budget_advice"}


def test_as_many_tests_as_there_are_questions_are_counted_with() -> None:
    one = analyse(2023, groups({"gained": 12, "lost": 3})).results[0]
    quiet = {"indicator": 1, "gained": 9, "lost": 9}
    two = analyse(2023, groups({"gained": 12, "lost": 3}, quiet)).results[0]
    assert one.p_value == two.p_value == one.q_value
    assert two.q_value == pytest.approx(2 * (two.p_value or 0))
    assert analyse(2023, groups(quiet)).results[0].verdict == "kan_inte_avgoras"


def test_in_worlds_whose_truths_are_known() -> None:
    """A little of `make truths`, with wide limits; no limit under non-response is ever passed."""
    found = [hit for seed in range(40) for hit in survey(seed)]
    covered = {
        name: np.mean([each.covered for each in found if each.estimand == name])
        for name in ("6.1", "6.2", "6.1 planted", "6.1 null")
    }
    assert 0.9 <= covered["6.1"] <= 0.99
    assert covered["6.2"] == 1.0
    assert covered["6.1 planted"] >= 0.9
    assert covered["6.1 null"] >= 0.9
