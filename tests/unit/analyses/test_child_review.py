"""The review of children's cases: parts that add up, what is planted found, and a status else."""

from dataclasses import replace

import numpy as np
import pytest

from orchestration.analyses import child_districts, child_returns, child_review
from orchestration.analyses.child_review import PARTIES, STAGES, Cases, Delivered
from orchestration.analyses.rows import MOST_ROWS, Rows
from orchestration.findings.codes import Shortfall, Status
from orchestration.findings.estimates import AnalysisResult
from tests.truths import child_functions, child_worlds, worlds

YEAR = worlds.YEAR


def of(rows: Rows, estimand: str, breakdown: str) -> dict[str, AnalysisResult]:
    found = {
        r.category: r for r in rows.results if (r.estimand_id, r.breakdown) == (estimand, breakdown)
    }
    assert found, estimand
    return found


def value(result: AnalysisResult) -> float:
    assert result.estimate is not None, result
    return result.estimate


@pytest.fixture(scope="module")
def cases() -> Cases:
    return child_worlds.cases_of(1)[0]


@pytest.fixture(scope="module")
def reviewed() -> Rows:
    return child_review.analyse(YEAR, "0180", child_worlds.delivered_of(1), replicates=99)


def test_every_estimand_has_rows_that_stand_once(reviewed: Rows) -> None:
    names = [(r.estimand_id, r.breakdown, r.category) for r in reviewed.results]
    assert len(names) == len(set(names))
    assert {name.split("_")[0] for name, _, _ in names} == {f"5.{n}" for n in range(1, 13)}
    lacking = [r for r in reviewed.results if r.status is not Status.ESTIMATED]
    # Reasons that nobody had, and whom nobody asks.
    assert {r.estimand_id for r in lacking} <= {"5.1_ended"}
    assert {board.measure_id for board in reviewed.boards} >= {"utredning", "vidtalad_skola"}


def test_the_steps_are_counted_and_their_parts_sum_to_the_difference(
    reviewed: Rows, cases: Cases
) -> None:
    assert value(of(reviewed, "5.1_cases", "total")["total"]) == cases.stage.size
    steps = of(reviewed, "5.1", "stage")
    for at, stage in enumerate(STAGES[1:], start=2):
        assert value(steps[stage]) == (cases.stage >= at).mean()
    parts = of(reviewed, "5.5", "stage")
    granted = of(reviewed, "5.5_granted", "age_group")
    apart = value(granted["0-6"]) - value(granted["7-20"])
    # Children whose age is not known are in neither; in this world there are none.
    assert sum(map(value, parts.values())) == pytest.approx(apart, abs=1e-12)
    assert value(of(reviewed, "5.5", "total")["total"]) == pytest.approx(apart, abs=1e-12)


def test_a_share_is_less_certain_where_children_have_several_cases(cases: Cases) -> None:
    of_children, of_cases = (Rows("child_review", YEAR, "0180") for _ in range(2))
    child_review.sexes(of_children, cases)
    child_review.sexes(of_cases, replace(cases, child=np.arange(cases.child.size)))
    wide, narrow = (
        of(rows, "5.10_boys", "total")["total"].standard_error for rows in (of_children, of_cases)
    )
    assert wide is not None
    assert narrow is not None
    # A child's sex is the same in all its cases: the squares of their numbers tell how much wider.
    per_child = np.bincount(cases.child).astype(np.float64)
    expected = np.sqrt(np.square(per_child).sum() / per_child.sum())
    assert wide / narrow == pytest.approx(expected, rel=0.02)


def test_a_party_is_asked_of_those_who_go_to_it(cases: Cases, reviewed: Rows) -> None:
    spoken = of(reviewed, "5.4", "party")
    assert set(spoken) == set(PARTIES)
    investigated = cases.stage > 1
    for party, ages in (("forskola", [1]), ("skola", [2, 3, 4, 5])):
        asked = investigated & np.isin(cases.age, ages)
        assert spoken[party].observations == asked.sum()
        assert value(spoken[party]) == cases.contacted[party][asked].mean()
    apart = value(of(reviewed, "5.4_difference", "total")["total"])
    assert apart == pytest.approx(value(spoken["forskola"]) - value(spoken["skola"]))


def test_boards_that_differ_are_found_and_those_that_do_not_are_not(reviewed: Rows) -> None:
    boards = {name: row.verdict for name, row in of(reviewed, "5.3_within", "measure").items()}
    assert boards["vidtalad_skola"] == boards["vidtalad_forskola"] == "boards_differ"
    assert boards["vidtalad_halso_sjukvard"] == "boards_alike"
    assert boards["vidtalad_barnet"] != "boards_differ"
    named = {row.measure_id for row in reviewed.boards if row.verdict != "alike"}
    assert named & {f"vidtalad_{party}" for party in PARTIES} == {
        "vidtalad_skola",
        "vidtalad_forskola",
    }
    ratio = of(reviewed, "5.3_ratio", "measure")
    assert (ratio["vidtalad_skola"].ci_lower or 0) > 1
    declined = ratio["avbojd_av_vardnadshavare"]
    assert declined.ci_upper is not None
    assert declined.ci_upper < 1


def test_no_difference_between_the_sexes_is_a_verdict(reviewed: Rows) -> None:
    steps = of(reviewed, "5.10_step", "measure")
    assert steps["utredning"].verdict == "ingen_relevant_skillnad"
    assert {row.verdict for row in steps.values()} <= {
        "ingen_relevant_skillnad",
        "kan_inte_avgoras",
    }


def test_three_stadsdelar_deviate_and_no_fourth(reviewed: Rows) -> None:
    areas = of(reviewed, "5.9", "area")
    found = {name: row.verdict for name, row in areas.items() if row.verdict != "alike"}
    assert found == {"stadsdel 3": "below", "stadsdel 20": "above", "stadsdel 41": "below"}
    assert value(of(reviewed, "5.9_deviating", "total")["total"]) == 3
    context = of(reviewed, "5.8", "total")["total"]
    assert value(context) < 1


def test_as_far_above_as_below_is_as_unlikely_and_the_limits_are_where_the_test_is() -> None:
    # Roots of 10, 15 and 12 where 12 is foretold with certainty, and no child has two cases.
    n, expected = np.array([100.0 - 0.25, 225.0 - 0.25, 144.0 - 0.25]), np.array([144.0] * 3)
    p, wider = child_districts._judged(n, expected, np.zeros(3), 1.0)
    # They lie at 4, 6 and 0 standard deviations, of which the middle one says how far is usual.
    assert wider == pytest.approx(4.0 / 0.6744897501960817)
    assert p.tolist() == pytest.approx([0.5, 0.3117, 1.0], abs=1e-4)
    vague = np.array([0.0, 0.05, 9.0])
    lower, upper = child_districts._limits(n, expected, vague, 1.0, 1.0)
    for at, limit in ((0, lower), (0, upper), (1, lower), (1, upper)):
        mean = expected[at] * limit[at]
        z = 2 * (np.sqrt(n[at] + 0.25) - np.sqrt(mean)) / np.sqrt(1 + mean * vague[at])
        assert abs(z) == pytest.approx(1.959963984540054)
    # Where the others foretell nothing there is no upper limit.
    assert np.isinf(upper[2])
    assert lower[2] < 1


def test_a_stadsdel_without_another_in_its_board_is_not_held() -> None:
    seen, _ = child_worlds.districts_of(1)
    alone = replace(seen, board=np.where(np.arange(77) == 0, 11, seen.board))
    alone = replace(alone, boards=(*seen.boards, "0180-l"))
    rows = Rows("child_review", YEAR, "0180")
    child_districts.analyse(rows, alone)
    first = of(rows, "5.9", "area")["stadsdel 0"]
    assert first.shortfall is Shortfall.FEW_GROUPS


def test_history_brings_children_back_and_an_insats_keeps_older_ones_away(
    reviewed: Rows,
) -> None:
    for months in (6, 12, 24):
        shares = of(reviewed, f"5.6_{months}", "history")
        assert value(shares["0"]) < value(shares["1-2"]) < value(shares["3+"])
    after = of(reviewed, "5.6_after", "age_group")
    assert value(after["7-15"]) < 1
    assert after["0-6"].verdict is None


def test_children_who_were_not_followed_so_long_say_so() -> None:
    seen, _ = child_worlds.closings_of(1)
    brief = replace(seen, days=np.minimum(seen.days, 200.0), again=seen.again & (seen.days <= 200))
    rows = Rows("child_review", YEAR, "0180")
    child_returns.again(rows, brief)
    assert of(rows, "5.6_6", "total")["total"].status is Status.ESTIMATED
    assert of(rows, "5.6_12", "total")["total"].shortfall is Shortfall.NOT_FOLLOWED


def test_what_cannot_be_told_has_a_row_that_says_why(cases: Cases) -> None:
    nothing = child_review.analyse(YEAR, "0180", Shortfall.NO_REGISTER)
    assert [r.estimand_id for r in nothing.results] == [f"5.{n}" for n in range(1, 13)]
    assert {r.status for r in nothing.results} == {Status.NOT_DELIVERED}
    few = np.arange(15)
    small = replace(
        cases,
        **{
            name: getattr(cases, name)[few]
            for name in (
                *("child", "boy", "age", "history", "category", "stage", "reason", "reporter"),
                *("board", "ended_by", "insats"),
            )
        },
        contacted={name: spoken[few] for name, spoken in cases.contacted.items()},
    )
    rows = child_review.analyse(YEAR, "0180", Delivered(small, small), replicates=9)
    told = {r.estimand_id.split("_")[0]: r for r in rows.results}
    assert set(told) == {f"5.{n}" for n in range(1, 13)}
    estimated = {r.estimand_id for r in rows.results if r.status is Status.ESTIMATED}
    assert estimated == {"5.1_cases"}
    assert MOST_ROWS == 300_000


def test_truths_are_covered_in_a_few_worlds() -> None:
    found = [
        hit
        for seed in range(100, 106)
        for world in (child_functions.closings, child_functions.districts)
        for hit in world(seed)
    ]
    assert len(found) > 500
    assert np.mean([hit.covered for hit in found]) > 0.9
