"""Equality: what is planted is found and little else, and what cannot be told says why."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from orchestration.analyses import equality
from orchestration.analyses.equality import ALIKE, DIFFERENCE, FARTHER, NEARER, UNTOLD, Pairs
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall, Status
from orchestration.statistics.ratios import Sums
from tests.truths.equality_functions import boards as boards_right
from tests.truths.equality_functions import sexes as sexes_right
from tests.truths.equality_worlds import ONE_AMONG_NULLS, TAUS, boards_of, sexes_of

YEAR = 2023


def rows() -> Rows:
    return Rows(equality.ANALYSIS, YEAR, "0180")


def pair(first: tuple[float, ...], second: tuple[float, ...], kind: str = "rate") -> Pairs:
    """One pair of the municipality."""
    none = np.zeros(1, dtype=np.int64)
    return Pairs(
        first=Sums(*(np.array([each]) for each in first)),
        second=Sums(*(np.array([each]) for each in second)),
        year=np.array([YEAR]),
        of_board=np.array([False]),
        **dict.fromkeys(
            ("indicator", "area", "kind", "place", "comparison", "breakdown", "stratum", "member"),
            none,
        ),
        names={
            "indicator": ("users",),
            "area": ("a",),
            "kind": (kind,),
            "place": ("0180",),
            "comparison": ("sex",),
            "breakdown": ("sex",),
            "stratum": ("",),
            "member": ("kvinnor",),
        },
    )


def of_counts(events: float, base: float) -> tuple[float, ...]:
    return events, base, events, 0.0, 0.0


def test_a_planted_difference_is_found_and_few_others_and_verdicts_are_right() -> None:
    """Twenty worlds of one difference among forty nulls, and twenty with what lies between."""
    found = [
        (world.ratio, equality.compare(world.pairs).verdict)
        for world in (sexes_of(seed, ONE_AMONG_NULLS) for seed in range(20))
    ]
    planted = sum(verdict[0] == DIFFERENCE for _, verdict in found)
    false = sum(((verdict == DIFFERENCE) & (ratio == 1.0)).sum() for ratio, verdict in found)
    assert planted >= 18
    assert false <= 0.10 * (planted + false)
    hits = [hit for seed in range(20) for hit in sexes_right(seed)]
    for estimand in ("8.1 verdict", "8.1 at the margin"):
        right = [hit.covered for hit in hits if hit.estimand == estimand]
        assert len(right) > 50
        assert np.mean(right) >= 0.95 - (0.05 if estimand.endswith("margin") else 0.0)
    assert 0.93 <= np.mean([hit.covered for hit in hits if hit.estimand == "8.1"]) <= 0.97


def test_boards_that_come_nearer_are_told_from_those_that_stay() -> None:
    hits = [hit for seed in range(10) for hit in boards_right(seed)]
    right = {
        name: np.mean([hit.covered for hit in hits if hit.estimand == name])
        for name in ("8.2 planted", "8.2 null", "8.2")
    }
    assert right["8.2 planted"] >= 0.9
    assert right["8.2 null"] >= 0.9
    assert right["8.2"] >= 0.88


def test_boards_that_come_farther_apart_are_less_equal() -> None:
    boards = boards_of(3)
    turned = replace(boards, year=2 * YEAR - 7 - boards.year)
    made = rows()
    equality.analyse(made, Shortfall.NO_REGISTER, turned)
    verdicts = {row.category: row.verdict for row in made.results if row.estimand_id == "8.2"}
    assert verdicts["nearer"] == FARTHER
    assert NEARER not in verdicts.values()


def test_a_pair_by_hand() -> None:
    made = rows()
    found, _ = equality.analyse(
        made, pair(of_counts(600, 10_000), of_counts(500, 10_000)), Shortfall.NO_REGISTER
    )
    [row] = found
    assert (row.indicator_id, row.category_a, row.category_b) == ("users", "kvinnor", "man")
    assert row.period_start == date(YEAR, 1, 1)
    assert (row.value_a, row.value_b) == (0.06, 0.05)
    assert row.difference == pytest.approx(0.01)
    # A hundred more than if women had had the men's level.
    assert row.persons_behind == pytest.approx(100)
    assert row.kronor_behind is None
    # log 1.2 over the root of 1/600 + 1/500 is 3.01.
    assert row.ratio == pytest.approx(1.2)
    assert row.p_value == pytest.approx(0.0026, abs=2e-4)
    assert row.verdict == DIFFERENCE
    estimate = next(each for each in made.results if each.estimand_id == "8.1")
    assert (estimate.category, estimate.estimate, estimate.events) == ("users", row.ratio, 1100)


def test_a_sure_difference_that_does_not_matter_is_none_that_matters() -> None:
    one, other = of_counts(104_000, 1_000_000), of_counts(100_000, 1_000_000)
    [row], _ = equality.analyse(rows(), pair(one, other), Shortfall.NO_REGISTER)
    assert row.q_value is not None
    assert row.q_value < 1e-9
    assert row.verdict == ALIKE


def test_money_has_kronor_behind_it() -> None:
    # A hundred women with 700 each and a hundred men with 500, of a spread of 100.
    squares = [100 * (each**2 + 100**2) for each in (700.0, 500.0)]
    one, other = (
        (m * 100, 100.0, s, m * 100, 100.0) for m, s in zip((700.0, 500.0), squares, strict=True)
    )
    [row], _ = equality.analyse(rows(), pair(one, other, "money"), Shortfall.NO_REGISTER)
    assert row.kronor_behind == pytest.approx(20_000)
    assert row.persons_behind is None
    assert row.verdict == DIFFERENCE


@pytest.mark.parametrize(
    ("first", "second", "kind", "lacking"),
    [
        (of_counts(4, 1000), of_counts(40, 1000), "rate", Shortfall.FEW_EVENTS),
        (of_counts(9, 19), of_counts(40, 1000), "share", Shortfall.FEW_OBSERVATIONS),
        (of_counts(0, 0), of_counts(40, 1000), "rate", Shortfall.NOBODY),
        ((290.0, 29.0, 3000.0, 290.0, 29.0), (400.0, 40.0, 5000.0, 400.0, 40.0), "mean",
         Shortfall.FEW_OBSERVATIONS),
        ((400.0, 40.0, 4000.0, 400.0, 40.0), (400.0, 40.0, 4000.0, 400.0, 40.0), "mean",
         Shortfall.NO_FIT),
    ],
)  # fmt: skip
def test_what_is_too_little_has_a_row_that_says_so(
    first: tuple[float, ...], second: tuple[float, ...], kind: str, lacking: Shortfall
) -> None:
    made = rows()
    [row], _ = equality.analyse(made, pair(first, second, kind), Shortfall.NO_REGISTER)
    assert (row.verdict, row.shortfall, row.status) == (UNTOLD, lacking, lacking.status)
    assert row.ratio is None
    assert row.p_value is None
    estimate = next(each for each in made.results if each.estimand_id == "8.1")
    assert estimate.shortfall == lacking


def test_nothing_delivered_says_so_of_both() -> None:
    made = rows()
    assert equality.analyse(made, Shortfall.NO_REGISTER, Shortfall.NO_REGISTER) == ([], [])
    assert [(row.estimand_id, row.status) for row in made.results] == [
        ("8.1", Status.NOT_DELIVERED),
        ("8.2", Status.NOT_DELIVERED),
    ]


def test_few_boards_or_years_are_no_trend() -> None:
    boards = boards_of(1)

    def kept(where: np.ndarray) -> equality.BoardYears:
        columns = ("observed", "expected", "variance", "year", "adjusted", "indicator", "area")
        named = {name: getattr(boards, name)[where] for name in (*columns, "stratum", "board")}
        return replace(boards, **named)

    for where, lacking in (
        (boards.board < 3, Shortfall.FEW_GROUPS),
        (boards.year > YEAR - 3, Shortfall.NO_EARLIER),
    ):
        made = rows()
        equality.analyse(made, Shortfall.NO_REGISTER, kept(where))
        found = [row for row in made.results if row.estimand_id == "8.2"]
        assert len(found) == len(TAUS)
        assert {row.shortfall for row in found} == {lacking}


def test_a_board_has_what_remains_when_sex_and_age_are_allowed_for() -> None:
    boards = boards_of(2)
    known = (boards.board == 4) & (boards.year == YEAR) & (boards.indicator == 0)
    own = pair(of_counts(100, 1000), of_counts(900, 10_000))
    own = replace(
        own,
        names={**own.names, "indicator": ("nearer",), "comparison": ("board",),
               "breakdown": ("total",), "member": ("0180-4",)},
    )  # fmt: skip
    [row], _ = equality.analyse(rows(), own, boards)
    observed, expected = boards.observed[known][0], boards.expected[known][0]
    assert row.adjusted_ratio == pytest.approx((observed + 0.5) / (expected + 0.5))
    assert row.adjusted_lower < row.adjusted_ratio < row.adjusted_upper  # type: ignore[operator]
    assert row.category_b == "others"
