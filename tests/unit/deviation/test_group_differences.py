"""Groups that differ: what is new, what stands, what has changed, and what somebody keeps.

The persons are drawn one by one, and most of those who are there one year are so the next, as no
model of the engine assumes. What does not belong here: the test of one year's difference
(``test_deviation_kinds.py``).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.claims import KeptInFocus, Stood
from orchestration.findings.codes import Kind, Outcome, State
from orchestration.findings.evidence import GroupEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import GroupComparison, KeptDifference
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.groups import GroupSample, log_ratio, stood_since
from tests.unit.deviation.told import reason

SETTINGS = DeviationSettings()
YEARS = np.arange(2016, 2024)
_ALL = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")


def catalogue(*kept: KeptDifference, pairs: int = 1) -> Catalogue:
    declared = tuple(
        GroupComparison(
            comparison_id=f"par-{at}",
            indicator_id="housing_support_hours",
            breakdown="target_group",
            category_a=f"ena-{at}",
            category_b=f"andra-{at}",
            rationale_sv="Därför.",
            source="prov",
        )
        for at in range(pairs)
    )
    return replace(
        _ALL,
        natural_explanations=(),
        drivers=(),
        relations=(),
        group_comparisons=declared,
        kept_differences=kept,
    )


def keeping(year_from: int, year_to: int | None) -> KeptDifference:
    return KeptDifference(
        comparison_id="par-0",
        year_from=year_from,
        year_to=year_to,
        reason_sv="Den är viktig.",
        author="Nämnden",
    )


def persons(rng: np.random.Generator, levels: FloatArray, number: int) -> FloatArray:
    """Hours of a group's persons by year, four of five the same as the year before; (T, N)."""
    spread = 0.4
    own = rng.normal(0.0, spread, number)
    years = []
    for level in levels:
        own = np.where(rng.random(number) < 0.8, own, rng.normal(0.0, spread, number))
        years.append(level * np.exp(own - spread**2 / 2))
    return np.array(years)


def group(name: str, hours: FloatArray) -> Series:
    value = hours.mean(axis=1)
    number = np.full(value.shape, float(hours.shape[1]))
    return Series(
        "housing_support_hours",
        "0180",
        "target_group",
        name,
        years=YEARS[-value.size :],
        numerator=hours.sum(axis=1),
        denominator=number,
        value=value,
        standard_deviation=hours.std(axis=1, ddof=1),
        observations=number,
        status=["observed"] * value.size,
    )


def two(seed: int, ones: list[float], others: list[float], *, at: int = 0) -> list[Series]:
    rng = np.random.default_rng(seed)
    return [
        group(f"ena-{at}", persons(rng, np.array(ones), 800)),
        group(f"andra-{at}", persons(rng, np.array(others), 800)),
    ]


def differences(given: list[Series], declared: Catalogue, year: int = 2023) -> list[Deviation]:
    rows = assess(given, declared, year, SETTINGS)
    return [row for row in rows if row.kind is Kind.GROUP_DIFFERENCE]


ALIKE, APART = [7.2] * 8, [9.0] * 8


def test_a_difference_that_was_there_before_is_told_once_and_is_no_focus() -> None:
    (row,) = differences(two(1, APART, ALIKE), catalogue())
    assert (row.outcome, row.state) == (Outcome.WATCH, State.STANDING)
    assert isinstance(row.evidence, GroupEvidence)
    assert row.evidence.since == 2016
    assert row.evidence.p_difference < 1e-6
    # What is tested is its change, and there is none.
    assert row.p_value is not None
    assert row.p_value > 0.05
    assert [claim.kind for claim in row.claims] == ["groups_differ", "stood"]
    assert reason(row).endswith(
        "Skillnaden har gått åt samma håll sedan 2016 och har inte säkert ändrats."
    )
    assert focus_areas([row], catalogue()) == ([], [])


def test_the_first_year_of_a_difference_is_news_and_the_next_is_not() -> None:
    given = two(2, [*[7.2] * 6, 9.0, 9.0], ALIKE)
    before, now = (differences(given, catalogue(), year) for year in (2022, 2023))
    assert [(row.outcome, row.state) for row in before] == [(Outcome.FOCUS, State.NEW)]
    assert [(row.outcome, row.state) for row in now] == [(Outcome.WATCH, State.STANDING)]


def test_a_difference_without_earlier_years_is_new() -> None:
    (row,) = differences(two(3, [9.0], [7.2]), catalogue())
    assert (row.outcome, row.state) == (Outcome.FOCUS, State.NEW)


@pytest.mark.parametrize(
    ("last", "state", "told"),
    [
        (12.0, State.WIDENING, "och har ökat."),
        (7.9, State.NARROWING, "och har minskat."),
        (7.2, State.GONE, "går inte längre att skilja från slump."),
    ],
)
def test_a_standing_difference_that_changes_is_news(last: float, state: State, told: str) -> None:
    (row,) = differences(two(5, [*[9.0] * 7, last], ALIKE), catalogue())
    assert (row.outcome, row.state) == (Outcome.FOCUS, state)
    assert row.q_value is not None
    assert row.q_value <= SETTINGS.fdr
    assert told in reason(row)
    assert isinstance(row.evidence, GroupEvidence)
    assert row.evidence.change == pytest.approx(last / 9.0 - 1.0, abs=0.05)


def test_one_that_turns_is_another_difference() -> None:
    (row,) = differences(two(6, [*[9.0] * 7, 5.8], ALIKE), catalogue())
    assert (row.outcome, row.state) == (Outcome.FOCUS, State.NEW)
    assert "Sedan 2016 gick skillnaden åt andra hållet." in reason(row)
    assert isinstance(row.evidence, GroupEvidence)
    assert row.evidence.since == 2016


def test_somebody_can_keep_it_in_focus_for_some_years() -> None:
    given = two(1, APART, ALIKE)
    declared = catalogue(keeping(2022, 2022))
    before, now = (differences(given, declared, year) for year in (2022, 2023))
    assert [(row.outcome, row.state) for row in before] == [(Outcome.FOCUS, State.STANDING)]
    assert [type(claim) for claim in before[0].claims[1:]] == [Stood, KeptInFocus]
    assert [row.outcome for row in now] == [Outcome.WATCH]
    (until_further,) = differences(given, catalogue(keeping(2023, None)))
    assert until_further.outcome is Outcome.FOCUS
    areas, _ = focus_areas([until_further], declared)
    assert [area.area for area in areas] == ["socialpsykiatri"]


def test_groups_that_are_alike_have_no_row_though_somebody_would_keep_one() -> None:
    assert differences(two(8, ALIKE, ALIKE), catalogue(keeping(2016, None))) == []


def test_what_stands_is_said_to_have_changed_no_oftener_than_the_nominal() -> None:
    """Forty cities of six pairs of groups that always differed, with persons who stay."""
    declared = catalogue(pairs=6)
    rows = []
    for seed in range(40):
        levels = 7.2 * np.exp(np.random.default_rng(seed).normal(0.0, 0.3, (6, 2)))
        given = [
            one
            for at, (ones, others) in enumerate(levels)
            for one in two(1000 + seed * 6 + at, [float(ones)] * 8, [float(others)] * 8, at=at)
        ]
        rows.append(differences(given, declared))
    stood = [row for city in rows for row in city if row.state is not State.NEW]
    assert len(stood) > 150
    p = np.array([row.p_value for row in stood], dtype=np.float64)
    error = np.sqrt(0.05 * 0.95 / p.size)
    # Those who stay make the years more alike than independent samples: some caution, no more.
    assert (p < 0.05).mean() <= 0.05 + 2 * error
    focused = np.mean([any(row.outcome is Outcome.FOCUS for row in city) for city in rows])
    assert focused <= 0.10 + 2 * np.sqrt(0.1 * 0.9 / 40)


# --- the statistics ------------------------------------------------------------------------------


def test_the_log_of_a_ratio_by_the_delta_method() -> None:
    """By hand: (4 / 8)² / 100 + (3 / 6)² / 50 = .0075; Welch's degrees of freedom of the same."""
    found = log_ratio(GroupSample(8.0, 4.0, 100.0), GroupSample(6.0, 3.0, 50.0))
    assert found is not None
    assert found.value == pytest.approx(0.287682, abs=1e-6)
    assert found.variance == pytest.approx(0.0075)
    assert found.df == pytest.approx(0.0075**2 / (0.0025**2 / 99 + 0.005**2 / 49))
    assert log_ratio(GroupSample(0.0, 4.0, 100.0), GroupSample(6.0, 3.0, 50.0)) is None
    assert log_ratio(GroupSample(5.0, 0.0, 9.0), GroupSample(6.0, 0.0, 9.0)) is None


@pytest.mark.parametrize(
    ("values", "error", "first"),
    [
        ([0.2, 0.2, 0.2], 0.05, 0),
        # The run begins after the last year of the other sign.
        ([0.2, -0.01, 0.2, 0.2], 0.05, 2),
        # Years of the same persons do not add up: .08 is 1.6 of .05, however many years.
        ([0.08] * 8, 0.05, None),
        ([0.2, 0.2, -0.02], 0.05, None),
        ([-0.3], 0.1, 0),
    ],
)
def test_from_where_a_difference_has_gone_the_same_way(
    values: list[float], error: float, first: int | None
) -> None:
    errors = np.full(len(values), error)
    assert stood_since(np.array(values), errors, alpha=0.05) == first
