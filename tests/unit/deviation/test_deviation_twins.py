"""One figure under two names: one test, one row, and what is declared of both names once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.deviation.assess import assess
from orchestration.deviation.findings import new_row
from orchestration.deviation.focus import focus_areas
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind
from orchestration.findings.evidence import ChangeEvidence, ContraryEvidence, StabilityEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import Area, Driver, Measure, Relation
from tests.unit.deviation.told import resting

SEEDS = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
SETTINGS = DeviationSettings()
YEARS = np.arange(2016, 2024)
CALM = [2000.0, 2010, 1995, 2004, 2001, 1998, 2003]
FALLEN, RISEN = [*CALM, 1200], [3000.0, 3005, 2990, 3010, 3000, 2995, 3004, 4200]
#: Counts of one area; the third is what they are related to.
ONE, TWIN, THIRD = "assistance_households", "assistance_recipients", "assistance_rejections"
FOURTH = "assistance_decisions"


def series(indicator_id: str, values: Sequence[float], **arrays: float) -> Series:
    value = np.array(values, dtype=np.float64)
    nothing = np.full(value.shape, np.nan)
    return Series(
        indicator_id,
        "0180",
        "total",
        "total",
        years=YEARS,
        numerator=value,
        denominator=np.full(value.shape, arrays.get("denominator", np.nan)),
        value=value / arrays.get("denominator", 1.0),
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * value.size,
    )


def relation(one: str, other: str, sign: int = 1) -> Relation:
    return Relation.model_validate(
        {
            "relation_id": f"{one}-{other}".replace("_", "-"),
            "indicator_id": one,
            "related_indicator_id": other,
            "expected_sign": sign,
            "rationale_sv": "Därför.",
            "source": "prov",
        }
    )


def driver(one: str, other: str, elasticity: float = 1.0) -> Driver:
    return Driver(
        driver_id=f"{one}-{other}".replace("_", "-"),
        indicator_id=one,
        driver_indicator_id=other,
        elasticity=elasticity,
        elasticity_sd=0.2,
        lag_years=0,
        rationale_sv="Därför.",
        source="prov",
    )


def catalogue(*declared: Relation | Driver) -> Catalogue:
    return replace(
        SEEDS,
        natural_explanations=(),
        group_comparisons=(),
        kept_differences=(),
        relations=tuple(row for row in declared if isinstance(row, Relation)),
        drivers=tuple(row for row in declared if isinstance(row, Driver)),
    )


def run(declared: Catalogue, *given: Series) -> list[Deviation]:
    rows = assess(given, declared, 2023, SETTINGS)
    assert max(Counter(row.deviation_id for row in rows).values()) == 1
    return rows


def of_kind(rows: Sequence[Deviation], kind: Kind) -> list[Deviation]:
    return [row for row in rows if row.kind is kind]


def test_two_names_of_one_fall_move_against_a_third_once() -> None:
    declared = catalogue(relation(ONE, THIRD), relation(TWIN, THIRD))
    rows = run(declared, series(ONE, FALLEN), series(TWIN, FALLEN), series(THIRD, RISEN))
    (found,) = of_kind(rows, Kind.CONTRARY)
    assert (found.indicator_id, found.compared_with) == (ONE, THIRD)
    (change,) = [row for row in of_kind(rows, Kind.CHANGE) if row.indicator_id in (ONE, TWIN)]
    assert resting(change, ChangeEvidence).same_figures_as == (TWIN,)
    _, pairs = focus_areas(rows, declared)
    assert [(row.indicator_id, row.related_indicator_id) for row in pairs] == [(ONE, THIRD)]


def test_what_is_declared_of_the_twin_alone_is_held_against_the_figure() -> None:
    declared = catalogue(relation(TWIN, THIRD))
    rows = run(declared, series(ONE, FALLEN), series(TWIN, FALLEN), series(THIRD, RISEN))
    (found,) = of_kind(rows, Kind.CONTRARY)
    assert found.deviation_id == f"2023:contrary:{ONE}:0180:total:total:{THIRD}"
    (change,) = [row for row in of_kind(rows, Kind.CHANGE) if row.indicator_id == ONE]
    assert [each.related_indicator_id for each in resting(change, ChangeEvidence).relations] == [
        THIRD
    ]


def test_a_figure_is_no_evidence_of_itself() -> None:
    declared = catalogue(relation(ONE, TWIN, -1), relation(TWIN, ONE, -1), driver(TWIN, ONE, -0.2))
    rows = run(declared, series(ONE, FALLEN), series(TWIN, FALLEN))
    assert {row.kind for row in rows} == {Kind.CHANGE}
    assert focus_areas(rows, declared)[1] == []


def test_two_names_of_what_it_is_related_to_are_one_movement() -> None:
    declared = catalogue(relation(ONE, THIRD), relation(ONE, FOURTH))
    rows = run(declared, series(ONE, FALLEN), series(THIRD, RISEN), series(FOURTH, RISEN))
    (found,) = of_kind(rows, Kind.CONTRARY)
    assert found.compared_with == THIRD


def test_where_the_names_disagree_the_one_that_is_told_decides() -> None:
    # Declared first, and of the other name.
    declared = catalogue(relation(TWIN, THIRD, -1), relation(ONE, THIRD, 1))
    rows = run(declared, series(ONE, FALLEN), series(TWIN, FALLEN), series(THIRD, RISEN))
    (found,) = of_kind(rows, Kind.CONTRARY)
    assert resting(found, ContraryEvidence).expected_sign == 1


def test_one_movement_drives_once_under_however_many_names() -> None:
    still = [*CALM, 2002]
    told = []
    for declared in (
        catalogue(driver(ONE, THIRD)),
        catalogue(driver(ONE, THIRD), driver(ONE, FOURTH), driver(TWIN, THIRD)),
    ):
        rows = run(
            declared,
            series(ONE, still),
            series(TWIN, still),
            series(THIRD, RISEN),
            series(FOURTH, RISEN),
        )
        (found,) = of_kind(rows, Kind.STABILITY)
        told.append(
            (found.deviation_id, found.expected, len(resting(found, StabilityEvidence).drivers))
        )
    assert told[0] == told[1]


def test_equal_shares_of_different_wholes_are_not_one_figure() -> None:
    area = {row.indicator_id: row for row in SEEDS.indicators if row.measure is Measure.PROPORTION}
    one, other = [name for name, row in area.items() if row.area is Area.BARN_OCH_UNGA][:2]
    halves = [500.0, 501, 499, 500, 502, 500, 499, 350]
    rows = run(
        catalogue(),
        series(one, halves, denominator=1000.0),
        series(other, [10 * value for value in halves], denominator=10_000.0),
    )
    assert {row.indicator_id for row in of_kind(rows, Kind.CHANGE)} == {one, other}


def test_sums_in_another_order_are_the_same_figure() -> None:
    of_measure = [row for row in SEEDS.indicators if row.measure is Measure.AMOUNT]
    one, other = [row.indicator_id for row in of_measure if row.area is Area.OMVARLD][:2]
    values = [100.1, 100.2, 100.3, 100.1, 100.2, 100.3, 100.2, 160.3]
    rows = run(catalogue(), series(one, values), series(other, np.nextafter(values, 1e9).tolist()))
    (found,) = of_kind(rows, Kind.CHANGE)
    assert resting(found, ChangeEvidence).same_figures_as == (other,)


@settings(max_examples=60, deadline=None)
@given(
    figures=st.lists(st.sampled_from([FALLEN, RISEN, [*CALM, 2002]]), min_size=4, max_size=4),
    declared=st.lists(
        st.tuples(
            st.permutations([ONE, TWIN, THIRD, FOURTH]).map(lambda order: tuple(order[:2])),
            st.sampled_from([1, -1]),
        ),
        max_size=10,
        unique_by=lambda row: row[0],
    ),
)
def test_every_movement_is_told_once_whatever_is_declared(
    figures: list[list[float]], declared: list[tuple[tuple[str, str], int]]
) -> None:
    names = (ONE, TWIN, THIRD, FOURTH)
    given_ = [series(name, values) for name, values in zip(names, figures, strict=True)]
    of = dict(zip(names, map(tuple, figures), strict=True))
    rows = assess(
        given_,
        catalogue(
            *(relation(*pair, sign) for pair, sign in declared),
            *(driver(*pair, float(sign)) for pair, sign in declared),
        ),
        2023,
        SETTINGS,
    )
    told = Counter(
        (row.kind, of[row.indicator_id], of.get(row.compared_with or "")) for row in rows
    )
    assert not [movement for movement, times in told.items() if times > 1]
    assert not [row for row in rows if of[row.indicator_id] == of.get(row.compared_with or "")]


def test_no_two_keys_make_one_id() -> None:
    keys = [("a", "b:c"), ("a:b", "c"), ("a", "b%3Ac"), ("a%3Ab", "c"), ("a", "b%c")]
    rows = [new_row((ONE, "0180", *key), Kind.CHANGE, 2023) for key in keys]
    rows += [new_row((ONE, "0180", "a", "b"), Kind.CHANGE, 2023, related="c")]
    assert len({row.deviation_id for row in rows}) == len(rows)
