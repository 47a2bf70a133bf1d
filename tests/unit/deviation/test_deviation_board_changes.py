"""Boards that go their own way: found where one does, silent where the whole city moves or none.

Cities are drawn with wandering boards, shares that drift and Poisson counts; nothing of the engine
takes part in drawing them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.evidence import BoardChangeEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import (
    Area,
    ExplanationKind,
    Indicator,
    Measure,
    NaturalExplanation,
    Polarity,
)
from orchestration.statistics.arrays import FloatArray
from tests.unit.deviation.told import reason

SETTINGS = DeviationSettings()
YEARS = np.arange(2016, 2024)
BOARDS = [f"0180-namnd-{letter}" for letter in "abcdefghijk"]
NAMES = ("households", "cases", "users")
NOTHING = np.full(YEARS.shape, np.nan)


def catalogue(measure: Measure = Measure.COUNT, **more: object) -> Catalogue:
    indicators = tuple(
        Indicator(
            indicator_id=name,
            title_sv=f"Antal {name}",
            area=Area.EKONOMISKT_BISTAND,
            unit="hushåll",
            polarity=Polarity.NEUTRAL,
            measure=measure,
            definition_sv="Antal.",
            source_id=f"register_{name}",
        )
        for name in NAMES
    )
    return replace(Catalogue(indicators=indicators), **more)  # type: ignore[arg-type]


def counted(name: str, place: str, values: FloatArray) -> Series:
    return Series(
        *(name, place, "total", "total"),
        years=YEARS,
        numerator=values,
        denominator=NOTHING,
        value=values,
        standard_deviation=NOTHING,
        observations=NOTHING,
        status=["observed"] * YEARS.size,
    )


def city(
    rng: np.random.Generator, *, own: FloatArray | None = None, all_of: float = 1.0
) -> list[Series]:
    """Boards of about a thousand, three hundred and eighty; ``own`` (11,) is the last year's."""
    given: list[Series] = []
    for name, level in zip(NAMES, (1000.0, 300.0, 80.0), strict=True):
        size = level * np.exp(rng.normal(0, 0.4, len(BOARDS)))[:, None]
        walk = np.cumsum(rng.normal(0, 0.02, (len(BOARDS), YEARS.size)), axis=1)
        whole = np.cumsum(rng.normal(0, 0.05, YEARS.size))
        wanted = size * np.exp(walk + whole)
        wanted[:, -1] *= all_of
        if own is not None and name == NAMES[0]:
            wanted[:, -1] *= own
        values = rng.poisson(wanted).astype(np.float64)
        given += [counted(name, board, row) for board, row in zip(BOARDS, values, strict=True)]
        given.append(counted(name, "0180", values.sum(axis=0)))
    return given


def moved(given: Sequence[Series], known: Catalogue | None = None) -> list[Deviation]:
    rows = assess(given, known or catalogue(), 2023, SETTINGS)
    return [row for row in rows if row.kind is Kind.DISTRICT_CHANGE]


def one_of(at: int, factor: float) -> FloatArray:
    return np.where(np.arange(len(BOARDS)) == at, factor, 1.0)


@pytest.mark.parametrize("factor", [1.3, 1 / 1.3])
def test_a_board_that_changed_by_three_tenths_is_found(factor: float) -> None:
    found = 0
    for at, board in enumerate(BOARDS):
        rows = moved(city(np.random.default_rng([1, at]), own=one_of(at, factor)))
        found += any((row.geography_id, row.indicator_id) == (board, NAMES[0]) for row in rows)
    assert found >= 8


def test_boards_that_only_wander_are_no_findings() -> None:
    told = [bool(moved(city(np.random.default_rng([2, draw])))) for draw in range(40)]
    # At the rate of ten per cent, with twice the standard error of forty.
    assert np.mean(told) <= 0.10 + 2 * np.sqrt(0.1 * 0.9 / 40)


def test_a_movement_of_the_whole_city_is_no_board_s_own() -> None:
    assert not moved(city(np.random.default_rng(3), all_of=0.7))


def test_what_is_told_of_it() -> None:
    given = city(np.random.default_rng(4), own=one_of(4, 1.5), all_of=0.9)
    (row,) = moved(given)
    assert (row.geography_id, row.outcome) == (BOARDS[4], Outcome.FOCUS)
    assert row.observed is not None
    assert row.expected is not None
    assert row.observed / row.expected == pytest.approx(1.5, rel=0.12)
    assert row.lower is not None
    assert row.upper is not None
    assert row.lower < row.expected < row.upper < row.observed
    assert isinstance(row.evidence, BoardChangeEvidence)
    by = {one.geography_id: one.value for one in given if one.indicator_id == NAMES[0]}
    rest = by["0180"] - by[BOARDS[4]]
    assert row.evidence.rest_change == pytest.approx(rest[-1] / rest[-2] - 1)
    assert row.relative_change == pytest.approx(by[BOARDS[4]][-1] / by[BOARDS[4]][-2] - 1)
    said = reason(row, catalogue(), places={BOARDS[4]: "Farsta"})
    assert said.startswith("Farsta: antalet households var")
    assert "Hade nämnden följt den övriga staden var" in said
    # A board alone is enough for a focus area.
    (area,), _ = focus_areas([row], catalogue())
    assert area.lead_deviation_id == row.deviation_id


def test_a_board_that_was_as_far_off_the_year_before_is_no_change() -> None:
    given = city(np.random.default_rng(5))
    high = [
        replace(one, value=one.value * 2, numerator=one.numerator * 2)
        if one.geography_id == BOARDS[2]
        else one
        for one in given
    ]
    assert not moved(high)


def test_a_cause_that_is_registered_for_the_board_sets_it_aside() -> None:
    known = NaturalExplanation(
        explanation_id="flytt",
        kind=ExplanationKind.DEFINITION,
        title_sv="Ett boende flyttade in",
        description_sv="Ett boende flyttade in.",
        indicator_id=NAMES[0],
        geography_id=BOARDS[4],
        period_from=2023,
        period_to=2023,
        explained_change=0.5,
        is_break=False,
        source="prov",
        synthetic=True,
    )
    given = city(np.random.default_rng(4), own=one_of(4, 1.5))
    (row,) = moved(given, catalogue(natural_explanations=(known,)))
    assert (row.outcome, row.explanation_id) == (Outcome.EXPLAINED, "flytt")


def shares(rng: np.random.Generator, at: int, factor: float) -> list[Series]:
    """Shares of a thousand persons in each board; one of them changes in the last year."""
    given: list[Series] = []
    for name in NAMES:
        share = 0.2 * np.exp(rng.normal(0, 0.2, len(BOARDS)))[:, None] * np.ones(YEARS.size)
        if name == NAMES[0]:
            share[at, -1] *= factor
        y = rng.binomial(1000, share).astype(np.float64)
        for place, row, n in [
            *((board, y[k], 1000.0) for k, board in enumerate(BOARDS)),
            ("0180", y.sum(axis=0), 1000.0 * len(BOARDS)),
        ]:
            of = np.full(YEARS.shape, n)
            given.append(replace(counted(name, place, row), denominator=of, value=row / n))
    return given


def test_a_share_is_held_against_the_rest_s_share() -> None:
    known = catalogue(Measure.PROPORTION)
    (row,) = moved(shares(np.random.default_rng(9), 3, 1.5), known)
    assert row.geography_id == BOARDS[3]
    assert row.expected == pytest.approx((row.observed or 0) / 1.5, rel=0.15)
    assert not moved(shares(np.random.default_rng(10), 3, 1.0), known)


def means(rng: np.random.Generator, at: int, factor: float) -> list[Series]:
    """Means of two hundred persons in each board."""
    given: list[Series] = []
    n = np.full(YEARS.shape, 200.0)
    for name in NAMES:
        level = 8.0 * np.exp(rng.normal(0, 0.1, len(BOARDS)))[:, None] * np.ones(YEARS.size)
        if name == NAMES[0]:
            level[at, -1] *= factor
        y = level + rng.normal(0, 4.0 / np.sqrt(200.0), level.shape)
        spread = np.full(YEARS.shape, 4.0)
        for place, row, persons in [
            *((board, y[k], n) for k, board in enumerate(BOARDS)),
            ("0180", y.mean(axis=0), n * len(BOARDS)),
        ]:
            one = counted(name, place, row)
            given.append(
                replace(one, numerator=NOTHING, standard_deviation=spread, observations=persons)
            )
    return given


def test_a_mean_is_held_against_the_rest_s_mean() -> None:
    known = catalogue(Measure.MEAN)
    (row,) = moved(means(np.random.default_rng(8), 5, 1.35), known)
    assert row.geography_id == BOARDS[5]
    assert row.expected == pytest.approx((row.observed or 0) / 1.35, rel=0.1)
    assert row.excess == pytest.approx((row.observed or 0) - (row.expected or 0))
    assert not moved(means(np.random.default_rng(9), 5, 1.0), known)


def test_too_few_boards_are_not_tested() -> None:
    given = city(np.random.default_rng(4), own=one_of(0, 2.0))
    few = [one for one in given if one.geography_id in {"0180", *BOARDS[:5]}]
    assert not moved(few)
