"""What moved to an insats without assessment: its size, where it began, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.moved import Replacement, explanations_in_movements, measure
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.marts import FOUND_EXPLANATIONS
from orchestration.findings.records import Deviation, FoundExplanation
from orchestration.flow.searching import in_words
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import Basis, ExplanationKind
from orchestration.language.names import Names
from orchestration.statistics.resampling import generator
from tests.unit.deviation.told import reason

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
INDICATOR = "rvc_counselling_granted"
BOARDS = tuple(f"0180-{letter}" for letter in "abcdefghijk")
YEARS = np.arange(2016, 2024)
NEVER = 32
# Three boards from October 2022, three from January 2023 and five not at all.
BEGINS = np.array([27, 27, 27, 28, 28, 28, NEVER, NEVER, NEVER, NEVER, NEVER])
MEAN = 50.0
NAMES = Names(CATALOGUE, places={"0180-a": "Norr"}, insatser={"oppet_samtal": "Öppet samtal"})


def offered(fall: float, reached: float = 40.0, seed: int = 5) -> Replacement:
    """Eleven boards of fifty a quarter; those that began lose a share of them.

    Args:
        fall: the share.
        reached: new persons of the insats in each quarter that a board offers it.
        seed: of chance, which is a count's own.
    """
    given = np.arange(32) >= BEGINS[:, None]
    mean = np.where(given, MEAN * (1.0 - fall), MEAN)
    return Replacement(
        insats_code="oppet_samtal",
        indicator_id=INDICATOR,
        municipality="0180",
        boards=BOARDS,
        begins=BEGINS,
        assessed=generator(seed).poisson(mean).astype(float),
        reached=np.where(given, reached, 0.0),
        first_year=2016,
        synthetic=True,
    )


def by_place(found: list[FoundExplanation]) -> dict[tuple[str, int], float]:
    assert all(row.explained_change is not None for row in found)
    return {(row.geography_id, row.period_from): row.explained_change or 0.0 for row in found}


def test_a_planted_movement_is_found_with_its_size_and_not_where_nothing_began() -> None:
    sizes = by_place(explanations_in_movements([offered(0.5)]))
    # From October 2022: a quarter of that year, and all of the next.
    assert set(sizes) == {
        *(("0180-" + letter, year) for letter in "abc" for year in (2022, 2023)),
        *(("0180-" + letter, 2023) for letter in "def"),
        *(("0180", year) for year in (2022, 2023)),
    }
    share = -sizes["0180-d", 2023]
    assert share == pytest.approx(0.5, abs=0.06)
    assert sizes["0180-a", 2022] == pytest.approx(-share / 4)
    assert sizes["0180-a", 2023] == pytest.approx((1 - share) / (1 - share / 4) - 1)
    # Six boards of eleven that are alike, three of them for a quarter of 2022.
    assert sizes["0180", 2022] == pytest.approx(-share * 3 / 44, rel=0.1)
    both = (1 + sizes["0180", 2022]) * (1 + sizes["0180", 2023])
    assert both == pytest.approx(1 - share * 6 / 11, abs=0.02)


def test_it_is_no_more_than_the_insats_has_reached() -> None:
    """A fall of half, and five new persons a quarter in each board: a tenth at most."""
    moved = measure(offered(0.5, reached=5.0))
    # Four quarters of the six boards.
    assert moved.carried.reached == 5.0 * 4 * 6
    assert moved.carried.most == moved.carried.reached
    assert moved.carried.missing > 2 * moved.carried.most
    sizes = by_place(explanations_in_movements([offered(0.5, reached=5.0)]))
    assert sizes["0180-d", 2023] == pytest.approx(-0.1, abs=0.01)
    assert explanations_in_movements([offered(0.5, reached=0.0)]) == []


@pytest.mark.parametrize("fall", [0.0, -0.5])
def test_without_a_fall_nothing_has_moved(fall: float) -> None:
    assert measure(offered(fall)).carried.share == pytest.approx(0.0, abs=0.06)
    assert explanations_in_movements([offered(fall)]) == []


def test_where_nobody_can_be_held_against_nothing_is_explained() -> None:
    one = offered(0.5)
    everywhere = replace(one, begins=np.full(11, 28))
    nowhere = replace(one, begins=np.full(11, NEVER))
    before_the_first = replace(one, begins=np.full(11, -4))
    assert explanations_in_movements([everywhere, nowhere, before_the_first]) == []


def test_with_nothing_moved_few_cities_are_given_an_explanation() -> None:
    """One in twenty is found by chance, and half of those are no fall."""
    cities = [bool(explanations_in_movements([offered(0.0, seed=seed)])) for seed in range(60)]
    assert sum(cities) <= 5


def series(one: Replacement) -> list[Series]:
    """The yearly values of the municipality and its boards, as the marts have them."""
    yearly = one.assessed.reshape(11, 8, 4).sum(axis=2)
    nothing = np.full(8, np.nan)
    values = {"0180": yearly.sum(axis=0), **dict(zip(BOARDS, yearly, strict=True))}
    people = {place: np.full(8, 110_000.0 if place == "0180" else 10_000.0) for place in values}
    return [
        Series(
            indicator_id, place, "total", "total",
            years=YEARS, numerator=of, denominator=nothing, value=of,
            standard_deviation=nothing, observations=nothing, status=["observed"] * 8,
        )
        for indicator_id, figures in ((INDICATOR, values), ("population", people))
        for place, of in figures.items()
    ]  # fmt: skip


def judged(one: Replacement, catalogue: Catalogue, place: str = "0180") -> Deviation | None:
    settings = DeviationSettings(geography_id="0180")
    kind = Kind.CHANGE if place == "0180" else Kind.DISTRICT_OUTLIER
    rows = [
        row
        for row in assess(series(one), catalogue, 2023, settings)
        if (row.indicator_id, row.geography_id, row.kind) == (INDICATOR, place, kind)
        and row.p_value is not None
    ]
    return rows[0] if rows else None


def with_found(one: Replacement) -> Catalogue:
    return CATALOGUE.with_found(in_words(row, NAMES) for row in explanations_in_movements([one]))


def test_the_municipality_s_fall_is_explained_and_without_the_movement_is_back() -> None:
    one = offered(0.5)
    covered, back = judged(one, with_found(one)), judged(one, CATALOGUE)
    assert covered is not None
    assert back is not None
    assert (covered.outcome, back.outcome) == (Outcome.EXPLAINED, Outcome.FOCUS)
    assert covered.explanation_id == f"flytt-oppet_samtal-2023-0180-{INDICATOR}"
    assert covered.deviation_id == back.deviation_id
    assert "har flyttat till insatsen ”Öppet samtal” utan behovsprövning" in reason(
        covered, with_found(one)
    )


def test_a_fall_in_a_board_that_has_not_begun_is_not_explained() -> None:
    """The municipality's movement is no movement of its every board."""
    one = offered(0.5)
    catalogue = with_found(one)
    one.assessed[10, 28:] = 5.0
    row = judged(one, catalogue, "0180-k")
    assert row is not None
    assert row.outcome is not Outcome.EXPLAINED
    assert row.explanation_id is None
    # The same fall in one that has begun has its explanation.
    one.assessed[10, 28:], one.assessed[5, 28:] = MEAN, 5.0
    begun = judged(one, catalogue, "0180-f")
    assert begun is not None
    assert begun.explanation_id == f"flytt-oppet_samtal-2023-0180-f-{INDICATOR}"
    assert catalogue.explanations_for(INDICATOR, "0180-k") == ()
    assert catalogue.explanations_for(INDICATOR, "0180-d") != ()
    # And nothing else than what the seed names is explained anywhere.
    assert {
        row.indicator_id
        for row in catalogue.natural_explanations
        if row.kind is ExplanationKind.MOVED
    } == {INDICATOR}


@pytest.mark.parametrize(
    ("deviates", "explained"),
    [
        # The most is a fifth: a smaller fall is covered as it is, a larger one as far as that goes,
        # and a rise not at all.
        (-0.1, -0.1),
        (-0.2, -0.2),
        (-0.5, -0.2),
        (0.0, 0.0),
        (0.3, 0.0),
        (-1.0, -0.2),
    ],
)
def test_a_size_that_is_the_most_leaves_nothing_on_the_other_side(
    deviates: float, explained: float
) -> None:
    movement = explanations_in_movements([offered(0.5)])[0].model_copy(
        update={"period_from": 2023, "period_to": 2023, "explained_change": -0.2}
    )
    found = explained_log_change([movement], 2023, deviates)
    assert found is not None
    assert np.expm1(found) == pytest.approx(explained)
    # Beside a registered rise of a tenth, what is left is held against the most.
    law = CATALOGUE.natural_explanations[0].model_copy(
        update={"period_from": 2023, "period_to": 2023, "explained_change": 0.1}
    )
    both = explained_log_change([movement, law], 2023, -0.1)
    assert both is not None
    assert np.expm1(both) == pytest.approx(-0.1)
    assert explained_log_change([movement], 2024, deviates) == 0.0


def test_a_movement_is_told_and_stored_whole() -> None:
    found = [in_words(row, NAMES) for row in explanations_in_movements([offered(0.5)])]
    first = found[0]
    assert first.title_sv == (
        "Norr: en del har flyttat till insatsen ”Öppet samtal” utan behovsprövning 2022"
    )
    assert "minskat mer än i de nämnder som inte har börjat" in first.description_sv
    assert (first.kind, first.basis, first.explains) == (
        ExplanationKind.MOVED,
        Basis.MOVEMENT,
        True,
    )
    rows = [FOUND_EXPLANATIONS.row(row) for row in found]
    assert [FOUND_EXPLANATIONS.of_row(row) for row in rows] == found
