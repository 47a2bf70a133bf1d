"""Stability, boards, common movements and months, from series to rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.evidence import (
    BoardEvidence,
    ChangeEvidence,
    MonthEvidence,
    ShockEvidence,
    StabilityEvidence,
    UntestedEvidence,
)
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import (
    Driver,
    ExplanationKind,
    GroupComparison,
    NaturalExplanation,
)
from orchestration.statistics.arrays import FloatArray
from tests.unit.deviation.told import reason, resting

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
BARE = replace(
    CATALOGUE,
    natural_explanations=(),
    drivers=(),
    relations=(),
    group_comparisons=(),
    kept_differences=(),
)
SETTINGS = DeviationSettings()
YEARS = np.arange(2016, 2024)
BOARDS = [f"0180-namnd-{letter}" for letter in "abcdefghijk"]


def series(
    indicator_id: str,
    values: Sequence[float] | FloatArray,
    geography_id: str = "0180",
    **arrays: FloatArray,
) -> Series:
    value = np.asarray(values, dtype=np.float64)
    nothing = np.full(value.shape, np.nan)
    return Series(
        indicator_id,
        geography_id,
        "total",
        "total",
        years=YEARS[-value.size :],
        numerator=arrays.get("numerator", value),
        denominator=arrays.get("denominator", nothing),
        value=value,
        standard_deviation=arrays.get("sd", nothing),
        observations=arrays.get("n", nothing),
        status=["observed"] * value.size,
    )


def explanation(
    size: float | None,
    *,
    indicator_id: str | None = None,
    geography_id: str | None = None,
    kind: ExplanationKind = ExplanationKind.DEFINITION,
) -> NaturalExplanation:
    return NaturalExplanation(
        explanation_id="en-orsak",
        kind=kind,
        title_sv="En orsak",
        description_sv="Beskrivning",
        indicator_id=indicator_id,
        geography_id=geography_id,
        period_from=2023,
        period_to=2023,
        explained_change=size,
        is_break=False,
        source="test",
        synthetic=True,
    )


def of_kind(rows: Sequence[Deviation], kind: Kind) -> list[Deviation]:
    return [row for row in rows if row.kind is kind]


# --- stability ----------------------------------------------------------------------------------


DRIVER = Driver(
    driver_id="ett-samband",
    indicator_id="protected_housing_persons",
    driver_indicator_id="reported_ipv_crimes",
    elasticity=0.8,
    elasticity_sd=0.2,
    lag_years=0,
    rationale_sv="Därför",
    source="test",
)
CALM = [2000, 2010, 1995, 2004, 2001, 1998, 2003]


def still(
    last: float = 2002,
    driver_last: float = 11_000,
    catalogue: Catalogue = BARE,
    driver: Driver = DRIVER,
    scale: float = 1.0,
) -> list[Deviation]:
    given = [
        series("protected_housing_persons", np.rint(np.array([*CALM, last]) * scale)),
        series("reported_ipv_crimes", [8000, 8020, 7990, 8010, 8005, 7995, 8000, driver_last]),
        # Company, so that the pool has something to say of calm.
        series("ipv_victims_known", [3000, 3005, 2990, 3010, 3000, 2995, 3004, 3001]),
    ]
    return assess(given, replace(catalogue, drivers=(driver,)), 2023, SETTINGS)


def test_what_stood_still_against_its_driver_is_in_focus() -> None:
    rows = still()
    (found,) = of_kind(rows, Kind.STABILITY)
    assert found.outcome is Outcome.FOCUS
    assert found.relative_change == pytest.approx(2002 / 2003 - 1)
    # 37.5 per cent more crimes, to the power of 0.8.
    assert found.expected == pytest.approx(2003 * 1.375**0.8, rel=0.001)
    assert found.upper is not None
    assert found.lower is not None
    assert found.observed == 2002
    assert found.lower > found.observed
    found_in = resting(found, StabilityEvidence)
    assert found.p_value == max(
        found_in.p_expected or 0, found_in.p_equivalent or 0, found_in.p_contradicted or 0
    )
    assert found.expected is not None
    assert found.excess == pytest.approx(2002 - found.expected)
    assert reason(found).startswith(
        "Antalet personer som beviljats skyddat boende stod i stort sett stilla 2023"
    )
    # Half away from nought on 37.5, as everybody else prints it.
    assert "Av antalet anmälda brott i nära relation (+37,5\u00a0procent) att döma" in reason(found)
    (area,) = focus_areas(rows, BARE)[0]
    assert area.lead_deviation_id == found.deviation_id
    assert found_in.drivers[0].driver_id == "ett-samband"


def test_what_followed_its_driver_is_no_stability() -> None:
    assert not of_kind(still(last=2500), Kind.STABILITY)


def test_what_moved_beyond_its_own_noise_has_not_stood_still() -> None:
    rows = still(last=1830)
    assert not of_kind(rows, Kind.STABILITY)
    assert of_kind(rows, Kind.CHANGE)


def test_a_driver_that_hardly_moved_asks_nothing() -> None:
    assert not of_kind(still(driver_last=8100), Kind.STABILITY)


def test_a_small_series_is_told_as_unprovable() -> None:
    (found,) = of_kind(still(scale=0.05), Kind.STABILITY)
    assert found.outcome is Outcome.CANNOT_TELL
    assert "för små eller för oroliga" in reason(found)
    assert found.rank is None


def test_a_lag_looks_at_the_year_before() -> None:
    lagged = DRIVER.model_copy(update={"lag_years": 1})
    assert not of_kind(still(driver=lagged), Kind.STABILITY)


@pytest.mark.parametrize(
    ("size", "outcome"), [(None, Outcome.EXPLAINED), (-0.3, Outcome.EXPLAINED)]
)
def test_a_registered_explanation_sets_stability_aside(
    size: float | None, outcome: Outcome
) -> None:
    known = explanation(size, indicator_id="protected_housing_persons")
    (found,) = of_kind(
        still(catalogue=replace(BARE, natural_explanations=(known,))), Kind.STABILITY
    )
    assert (found.outcome, found.explanation_id) == (outcome, "en-orsak")


def test_a_driver_with_an_explanation_of_its_own_drives_nothing() -> None:
    known = explanation(None, indicator_id="reported_ipv_crimes")
    rows = still(catalogue=replace(BARE, natural_explanations=(known,)))
    assert not of_kind(rows, Kind.STABILITY)


# --- boards -------------------------------------------------------------------------------------

INDEX = np.linspace(50, 130, len(BOARDS))


def city_of_boards(
    *,
    outlier: float = 1.7,
    outlier_before: float = 1.0,
    city: Sequence[float] = (5000, 5010, 4995, 5004, 5001, 4998, 5003, 5002),
    indicator_id: str = "substance_use_persons",
    index: bool = True,
    boards: int = len(BOARDS),
    scale: float = 1.0,
) -> list[Series]:
    given = [series(indicator_id, city)]
    rng = np.random.default_rng(5)
    for at, board in enumerate(BOARDS[:boards]):
        persons = scale * (30_000.0 + 6000 * at)
        level = 0.006 * np.exp(-0.012 * (INDEX[at] - 90)) * np.exp(rng.normal(0, 0.03))
        cases = np.rint(np.full(YEARS.size, level * persons))
        if at == 4:
            cases[-1], cases[-2] = np.rint(cases[-1] * outlier), np.rint(cases[-2] * outlier_before)
        given.append(series(indicator_id, cases, board))
        given.append(series("population", np.full(YEARS.size, persons), board))
        if index:
            given.append(series("socioeconomic_index", np.full(YEARS.size, INDEX[at]), board))
    return given


def outliers(given: Sequence[Series], catalogue: Catalogue = BARE) -> list[Deviation]:
    rows = assess(given, catalogue, 2023, SETTINGS)
    return of_kind(rows, Kind.DISTRICT_OUTLIER)


def test_a_board_off_the_line_of_the_others_is_watched() -> None:
    (found,) = outliers(city_of_boards())
    assert (found.geography_id, found.outcome) == (BOARDS[4], Outcome.WATCH)
    told = reason(found, places={BOARDS[4]: "Farsta"})
    assert told.endswith("Måttet är inte i fokus för staden som helhet.")
    assert told.startswith("Farsta: antalet personer med insats för missbruk")
    assert found.observed is not None
    assert found.expected is not None
    assert found.observed / found.expected == pytest.approx(1.7, rel=0.1)
    evidence = resting(found, BoardEvidence)
    assert evidence.covariate == "socioeconomic_index"
    assert evidence.boards == 11
    assert evidence.df == 8
    assert abs(evidence.relative_to_expected_before or 1) < 0.1
    assert found.excess == pytest.approx(found.observed - found.expected)


def test_a_board_is_in_focus_with_its_city() -> None:
    fallen = (5000, 5010, 4995, 5004, 5001, 4998, 5003, 3000)
    given = city_of_boards(city=fallen)
    (found,) = outliers(given)
    assert found.outcome is Outcome.FOCUS
    (area,) = focus_areas(assess(given, BARE, 2023, SETTINGS), BARE)[0]
    assert found.deviation_id in area.deviation_ids
    assert area.lead_deviation_id != found.deviation_id


def test_differences_that_follow_the_index_are_no_deviations() -> None:
    assert not outliers(city_of_boards(outlier=1.0))


def test_a_lasting_deviation_is_told_from_a_new_one() -> None:
    (found,) = outliers(city_of_boards(outlier_before=1.7))
    assert (resting(found, BoardEvidence).relative_to_expected_before or 0) > 0.5
    assert "Året före låg nämnden" in reason(found)


def test_a_small_deviation_of_a_board_is_watched_for_its_size() -> None:
    fallen = (5000, 5010, 4995, 5004, 5001, 4998, 5003, 3000)
    (found,) = outliers(city_of_boards(outlier=1.12, city=fallen, scale=30))
    assert found.outcome is Outcome.WATCH
    assert "mindre än 20\u00a0procent" in reason(found)


def test_without_an_index_the_boards_are_held_against_each_other_as_they_are() -> None:
    # What the index explained is now variance between the boards, and hides the one.
    assert not outliers(city_of_boards(index=False))


def test_too_few_boards_are_not_compared() -> None:
    assert not outliers(city_of_boards(boards=6))


def test_small_counts_of_a_board_are_neither_tested_nor_shown() -> None:
    given = [
        series(one.indicator_id, np.minimum(one.value, 4.0), one.geography_id)
        if one.geography_id == BOARDS[4] and one.indicator_id == "substance_use_persons"
        else one
        for one in city_of_boards()
    ]
    assert all(row.geography_id != BOARDS[4] for row in outliers(given))


def test_a_boards_own_explanation_covers_it_and_the_citys_does_not() -> None:
    for place, outcome in ((BOARDS[4], Outcome.EXPLAINED), (None, Outcome.WATCH)):
        known = explanation(None, indicator_id="substance_use_persons", geography_id=place)
        (found,) = outliers(city_of_boards(), replace(BARE, natural_explanations=(known,)))
        assert found.outcome is outcome


def test_boards_do_not_touch_the_correction_of_the_city() -> None:
    fallen = (5000, 5010, 4995, 5004, 5001, 4998, 5003, 4500)
    alone = assess([series("substance_use_persons", fallen)], BARE, 2023, SETTINGS)
    given = city_of_boards(city=fallen)
    (change,) = of_kind(assess(given, BARE, 2023, SETTINGS), Kind.CHANGE)
    assert change.q_value == pytest.approx(of_kind(alone, Kind.CHANGE)[0].q_value)


def test_shares_and_means_of_boards_are_compared() -> None:
    def rows(indicator_id: str, board_value: float) -> list[Deviation]:
        given = [
            series(
                indicator_id,
                np.full(YEARS.size, 0.5),
                numerator=np.full(YEARS.size, 5000.0),
                denominator=np.full(YEARS.size, 10_000.0),
                sd=np.full(YEARS.size, 0.3),
                n=np.full(YEARS.size, 5000.0),
            )
        ]
        rng = np.random.default_rng(1)
        for at, board in enumerate(BOARDS):
            value = board_value if at == 4 else round(0.5 + rng.normal(0, 0.015), 3)
            given.append(
                series(
                    indicator_id,
                    np.full(YEARS.size, value),
                    board,
                    numerator=np.full(YEARS.size, 1000.0 * value),
                    denominator=np.full(YEARS.size, 1000.0),
                    sd=np.full(YEARS.size, 0.3),
                    n=np.full(YEARS.size, 500.0),
                )
            )
        return outliers(given)

    for indicator_id in ("housing_support_share", "assistance_mean_months"):
        (found,) = rows(indicator_id, 0.75)
        assert found.geography_id == BOARDS[4]
        assert found.observed == 0.75
        assert found.expected == pytest.approx(0.5, abs=0.02)
        assert not rows(indicator_id, 0.51)


#: The two that went up in the third, one of them in two steps.
SUCCESSORS = {
    "0180-gammal-a": BOARDS[4],
    "0180-gammal-b": "0180-gammal-c",
    "0180-gammal-c": BOARDS[4],
}


def before_a_reform(**old: float) -> list[Series]:
    """Boards of which some were to cease: their own cases, and their successor's over theirs."""
    given = city_of_boards()
    (heir,) = [
        one
        for one in given
        if one.geography_id == BOARDS[4] and one.indicator_id == "substance_use_persons"
    ]
    for name, share in old.items():
        place = f"0180-gammal-{name}"
        given += [
            series("substance_use_persons", np.rint(heir.value * share), place),
            series("population", np.full(YEARS.size, 54_000 * share), place),
            series("socioeconomic_index", np.full(YEARS.size, INDEX[4]), place),
        ]
    return given


def outliers_on_one_map(given: Sequence[Series]) -> list[Deviation]:
    rows = assess(given, BARE, 2023, SETTINGS, successors=SUCCESSORS)
    return of_kind(rows, Kind.DISTRICT_OUTLIER)


def test_before_a_reform_each_person_is_in_one_board() -> None:
    alone = outliers_on_one_map(city_of_boards())
    both = outliers_on_one_map(before_a_reform(a=0.5, b=0.3, c=0.2))
    # The old boards lie as far off as the one that took over; together they hid it.
    assert [row.geography_id for row in alone] == [BOARDS[4]]
    assert both == alone
    assert resting(alone[0], BoardEvidence).boards == len(BOARDS)


def test_a_board_that_ceased_is_compared_where_its_successor_has_no_value() -> None:
    given = [one for one in before_a_reform(a=1.0) if one.geography_id != BOARDS[4]]
    (found,) = outliers_on_one_map(given)
    assert found.geography_id == "0180-gammal-a"
    assert resting(found, BoardEvidence).boards == len(BOARDS)


def test_boards_that_took_over_from_each_other_are_an_error_that_ends() -> None:
    loop = {BOARDS[0]: BOARDS[1], BOARDS[1]: BOARDS[0]}
    rows = assess(city_of_boards(), BARE, 2023, SETTINGS, successors=loop)
    assert not [row for row in rows if row.geography_id in loop]


def means_of_boards(spread: Sequence[float], off: float = 0.0) -> list[Series]:
    """Mean months by board, and the standard deviation in each."""
    rng = np.random.default_rng(1)
    nothing = np.full(YEARS.size, np.nan)
    given = [
        series(
            "assistance_mean_months",
            np.full(YEARS.size, 7.0),
            numerator=nothing,
            sd=np.full(YEARS.size, 3.0),
            n=np.full(YEARS.size, 5000.0),
        )
    ]
    for at, (board, sd) in enumerate(zip(BOARDS, spread, strict=True)):
        value = 7.0 + rng.normal(0, 0.05) + (off if at == 4 else 0.0)
        given.append(
            series(
                "assistance_mean_months",
                np.full(YEARS.size, value),
                board,
                numerator=nothing,
                sd=np.full(YEARS.size, sd),
                n=np.full(YEARS.size, 40.0 if at == 4 else 500.0),
            )
        )
    return given


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("nothing", [0.0, 1e-16])
def test_a_board_where_all_are_alike_is_compared_like_the_others(nothing: float) -> None:
    alike = [nothing if at == 4 else 3.0 for at in range(len(BOARDS))]
    (found,) = outliers(means_of_boards(alike, off=3.0))
    # As large against its mean as the others' against theirs.
    usual = [3.0 * 10 / 7 if at == 4 else 3.0 for at in range(len(BOARDS))]
    (known,) = outliers(means_of_boards(usual, off=3.0))
    assert found.geography_id == BOARDS[4]
    assert found.p_value is not None
    assert known.p_value is not None
    assert found.p_value == pytest.approx(known.p_value, rel=0.2)
    assert not outliers(means_of_boards(alike))


@pytest.mark.filterwarnings("error")
def test_boards_without_any_spread_are_not_compared() -> None:
    assert not outliers(means_of_boards([0.0] * len(BOARDS), off=3.0))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("at", [0, 4, 10])
@pytest.mark.parametrize("off", [1e-13, 40.0])
def test_an_index_that_only_one_board_differs_in_tells_nothing(at: int, off: float) -> None:
    given = [
        series(
            "socioeconomic_index",
            np.full(YEARS.size, 90.0 + (off if one.geography_id == BOARDS[at] else 0.0)),
            one.geography_id,
        )
        if one.indicator_id == "socioeconomic_index"
        else one
        for one in city_of_boards(outlier=6.0)
    ]
    (found,) = outliers(given)
    assert resting(found, BoardEvidence).covariate is None


# --- means whose persons are all alike -----------------------------------------------------------


def mean_months(last: float, *, sd: float, others: Sequence[float] = ()) -> list[Series]:
    """A mean that was the same for years, and others of the same kind that vary."""
    nothing = np.full(YEARS.size, np.nan)
    names = ["assistance_mean_months", "housing_support_hours", "housing_support_months"]
    known = [name for name in names if name in CATALOGUE.by_id]
    return [
        series(
            name,
            [7.0] * 7 + [last if at == 0 else 7.0],
            numerator=nothing,
            sd=np.full(YEARS.size, spread),
            n=np.full(YEARS.size, 4.0),
        )
        for at, (name, spread) in enumerate(zip(known, (sd, *others), strict=False))
    ]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("last", [7.0, float(np.nextafter(7.0, 8)), 7.9])
def test_a_mean_of_persons_who_are_all_alike_is_uncertain_too(last: float) -> None:
    """Four with the same value have not shown that the next four must have it."""
    rows = assess(mean_months(last, sd=0.0, others=(3.0,)), BARE, 2023, SETTINGS)
    assert not of_kind(rows, Kind.CHANGE)


@pytest.mark.filterwarnings("error")
def test_a_mean_that_stood_still_but_for_rounding_has_not_moved() -> None:
    rows = assess(mean_months(float(np.nextafter(7.0, 8)), sd=0.0), BARE, 2023, SETTINGS)
    assert not of_kind(rows, Kind.CHANGE)


def test_a_mean_of_persons_who_are_all_alike_can_deviate() -> None:
    (found,) = of_kind(assess(mean_months(14.0, sd=0.0), BARE, 2023, SETTINGS), Kind.CHANGE)
    assert found.p_value is not None
    assert 0 < found.p_value < 0.05


# --- groups --------------------------------------------------------------------------------------


def share(group: str, persons: float, of: float) -> Series:
    count = np.full(YEARS.size, persons)
    whole = np.full(YEARS.size, of)
    total = series("housing_support_share", count / whole, numerator=count, denominator=whole)
    return replace(total, breakdown="sex", category=group)


def shares(women: tuple[float, float], men: tuple[float, float]) -> Deviation:
    declared = GroupComparison(
        comparison_id="kvinnor-man",
        indicator_id="housing_support_share",
        breakdown="sex",
        category_a="kvinnor",
        category_b="man",
        rationale_sv="Därför.",
        source="prov",
    )
    given = [share("kvinnor", *women), share("man", *men)]
    rows = assess(given, replace(BARE, group_comparisons=(declared,)), 2023, SETTINGS)
    (found,) = of_kind(rows, Kind.GROUP_DIFFERENCE)
    return found


def test_none_of_many_differs_from_some_of_many() -> None:
    found = shares((0, 60), (40, 100))
    assert (found.observed, found.relative_change) == (0.0, -1.0)
    assert found.p_value is not None
    # Fisher's exact test has 1.8e-10 for the same table.
    assert found.p_value < 1e-6
    assert "100,0\u00a0procent lägre" in reason(found)


def test_none_of_three_proves_little() -> None:
    # Fisher's exact test: 0.28. No row, as it is no deviation.
    with pytest.raises(ValueError, match="not enough values"):
        shares((0, 3), (40, 100))


@pytest.mark.parametrize(
    ("women", "men", "why"),
    [
        ((10, 60), (0, 100), "Värdet för män är inte större än noll"),
        ((1, 1), (40, 100), "Spridning och antal"),
    ],
)
def test_groups_that_cannot_be_compared_say_why(
    women: tuple[float, float], men: tuple[float, float], why: str
) -> None:
    found = shares(women, men)
    assert found.outcome is Outcome.CANNOT_TELL
    assert reason(found).startswith(why)


# --- common shocks ------------------------------------------------------------------------------

COUNTED = [
    "assistance_households",
    "evicted_children",
    "protected_housing_persons",
    "rvc_contacts",
    "ipv_victims_known",
    "social_psychiatry_users",
    "child_cases",
    "substance_use_persons",
    "homeless_persons",
]


def moved_city(change: float, **own: float) -> list[Series]:
    rng = np.random.default_rng(3)
    given = []
    for at, indicator_id in enumerate(COUNTED):
        level = 1500.0 * (at + 2)
        values = np.rint(level * np.exp(np.cumsum(rng.normal(0, 0.008, YEARS.size))))
        values[-1] = np.rint(values[-2] * (1 + own.get(indicator_id, change)))
        given.append(series(indicator_id, values))
    return given


def test_a_city_that_moved_as_one_is_told_once_and_its_members_against_it() -> None:
    rows = assess(moved_city(-0.15, child_cases=0.10), BARE, 2023, SETTINGS)
    (shock,) = [row for row in rows if row.breakdown == "common_shock"]
    assert shock.outcome is Outcome.WATCH
    assert shock.relative_change == pytest.approx(-0.15, abs=0.02)
    assert resting(shock, ShockEvidence).registers == 9
    assert reason(shock).startswith("Stadens antalsmått rörde sig 2023 åt samma håll")
    changes = [row for row in of_kind(rows, Kind.CHANGE) if row is not shock]
    # Only the one that went its own way deviates from the common movement.
    assert [row.indicator_id for row in changes if row.outcome is Outcome.FOCUS] == ["child_cases"]
    relative = resting(changes[0], ChangeEvidence).relative_to_expected
    assert relative == pytest.approx(1.10 / 0.85 - 1, abs=0.04)


def test_a_registered_cause_of_general_reach_explains_the_shock() -> None:
    known = explanation(None, kind=ExplanationKind.ONE_OFF)
    rows = assess(moved_city(-0.15), replace(BARE, natural_explanations=(known,)), 2023, SETTINGS)
    (shock,) = [row for row in rows if row.breakdown == "common_shock"]
    assert (shock.outcome, shock.explanation_id) == (Outcome.EXPLAINED, "en-orsak")


@pytest.mark.parametrize(
    "own", [{}, {"child_cases": -0.3, "homeless_persons": -0.4, "evicted_children": -0.5}]
)
def test_a_few_large_changes_are_no_common_shock(own: dict[str, float]) -> None:
    rows = assess(moved_city(0.004, **own), BARE, 2023, SETTINGS)
    assert not [row for row in rows if row.breakdown == "common_shock"]
    assert {row.indicator_id for row in rows if row.outcome is Outcome.FOCUS} == set(own)


@pytest.mark.filterwarnings("error")
def test_registers_that_fall_to_nothing_leave_the_others_figures_whole() -> None:
    """The logarithm of no case at all is no number, and would spoil the common movement."""
    gone = dict.fromkeys(COUNTED[:6], -1.0)
    rows = assess(moved_city(0.0, **gone), BARE, 2023, SETTINGS)
    (shock,) = [row for row in rows if row.breakdown == "common_shock"]
    assert shock.relative_change is not None
    assert -1.0 < shock.relative_change < -0.99
    assert all(np.isfinite(row.p_value) for row in rows if row.p_value is not None)
    # Those that stayed are what went their own way.
    changes = [row for row in of_kind(rows, Kind.CHANGE) if row is not shock]
    assert {row.indicator_id for row in changes} >= set(COUNTED[6:])


def test_one_register_has_one_vote() -> None:
    one_register = ["households", "recipients", "children", "months", "decisions", "rejections"]
    given = [
        series(f"assistance_{name}", [9000, 9010, 8990, 9005, 9000, 8995, 9002, 7600])
        if at == 0
        else series(
            f"assistance_{name}", np.array([9000, 9010, 8990, 9005, 9000, 8995, 9002, 7600]) + at
        )
        for at, name in enumerate(one_register)
    ]
    rows = assess(given, BARE, 2023, SETTINGS)
    assert not [row for row in rows if row.breakdown == "common_shock"]
    assert len([row for row in rows if row.outcome is Outcome.FOCUS]) == len(one_register)


# --- months -------------------------------------------------------------------------------------


def monthly(
    *,
    february: float | None = None,
    years: int = 6,
    status: str = "observed",
    geography_id: str = "0180",
) -> MonthlySeries:
    rng = np.random.default_rng(11)
    first = 12 * (2024 - years)
    value = rng.poisson(800, 12 * years).astype(np.float64)
    if february is not None:
        value[-11] = february
    return MonthlySeries(
        "assistance_households_month",
        geography_id,
        "total",
        "total",
        months=first + np.arange(value.size),
        value=value,
        status=["observed"] * (value.size - 11) + [status] + ["observed"] * 10,
    )


def months(given: MonthlySeries, catalogue: Catalogue = BARE) -> list[Deviation]:
    return assess([], catalogue, 2023, SETTINGS, months=[given])


def test_a_month_that_fell_is_watched_with_its_numbers() -> None:
    rows = months(monthly(february=500))
    found = {row.period_start: row for row in rows}[date(2023, 2, 1)]
    assert found.outcome is Outcome.WATCH
    assert found.observed == 500
    assert found.expected == pytest.approx(800, rel=0.05)
    assert found.lower is not None
    assert found.lower > 500
    assert found.q_value is not None
    assert found.q_value < 0.001
    assert "var 500\u00a0hushåll i februari 2023. Av tidigare år att döma" in reason(found)
    assert found.deviation_id.startswith("2023-02:change:assistance_households_month")
    assert resting(found, MonthEvidence).history_years == 5
    assert len({row.deviation_id for row in rows}) == len(rows)


def test_a_loss_named_by_the_publisher_explains_the_month() -> None:
    loss = explanation(
        None,
        indicator_id="assistance_households_month",
        kind=ExplanationKind.REPORTING_LOSS,
    )
    rows = months(monthly(february=500), replace(BARE, natural_explanations=(loss,)))
    found = {row.period_start: row for row in rows}[date(2023, 2, 1)]
    assert (found.outcome, found.explanation_id) == (Outcome.EXPLAINED, "en-orsak")


def test_a_month_larger_than_its_explanation_stays_watched() -> None:
    small = explanation(-0.03, indicator_id="assistance_households_month")
    rows = months(monthly(february=500), replace(BARE, natural_explanations=(small,)))
    found = {row.period_start: row for row in rows}[date(2023, 2, 1)]
    assert (found.outcome, found.explanation_id) == (Outcome.WATCH, "en-orsak")


def test_a_month_without_a_value_is_not_tested() -> None:
    rows = months(monthly(february=5, status="suppressed"))
    assert date(2023, 2, 1) not in {row.period_start for row in rows}


def test_short_and_foreign_series_are_not_tested() -> None:
    (row,) = months(monthly(years=3))
    assert row.outcome is Outcome.CANNOT_TELL
    assert "färre än 36 jämförbara månader" in reason(row)
    assert months(monthly(february=5, geography_id="1480")) == []


@pytest.mark.parametrize("length", [3, 14])
def test_a_series_that_began_within_the_year_or_just_before_is_told_as_short(length: int) -> None:
    whole = monthly()
    begun = replace(
        whole,
        months=whole.months[-length:],
        value=whole.value[-length:],
        status=list(whole.status)[-length:],
    )
    (row,) = months(begun)
    assert row.outcome is Outcome.CANNOT_TELL
    assert resting(row, UntestedEvidence).months_with_a_value == length


def test_a_monthly_series_is_held_to_its_form() -> None:
    whole = monthly()
    with pytest.raises(ValueError, match="must increase"):
        replace(whole, months=whole.months[::-1])
    with pytest.raises(ValueError, match="different length"):
        replace(whole, value=whole.value[:-1])
