"""Every registered explanation covers its deviation, and without it the deviation is back."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.result import Deviation, Kind, Outcome
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import NaturalExplanation

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
#: Stands for every indicator where an explanation names none.
ANY_INDICATOR = "child_cases"
#: Published by month only.
MONTHLY = {"assistance_households_month"}


def assessed(row: NaturalExplanation, catalogue: Catalogue) -> list[Deviation]:
    """What is said of the explanation's own place and year when its change came."""
    change = row.explained_change if row.explained_change is not None else -0.5
    place, year = row.geography_id or "0180", row.period_from
    indicator_id = row.indicator_id or ANY_INDICATOR
    settings = DeviationSettings(geography_id=place)
    if indicator_id in MONTHLY:
        value = np.random.default_rng(2).poisson(3000, 72).astype(np.float64)
        value[-11] *= 1 + change
        months = MonthlySeries(
            indicator_id,
            place,
            "total",
            "total",
            months=12 * (year - 5) + np.arange(72),
            value=np.rint(value),
            status=["observed"] * 72,
        )
        return assess([], catalogue, year, settings, months=[months])
    years = np.arange(year - 7, year + 1)
    value = np.array([5000, 5010, 4990, 5005, 5000, 4995, 5002, np.rint(5000 * (1 + change))])
    nothing = np.full(value.shape, np.nan)
    given = Series(
        indicator_id,
        place,
        "total",
        "total",
        years=years,
        numerator=value,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * value.size,
    )
    return assess([given], catalogue, year, settings)


def largest(rows: Sequence[Deviation]) -> Deviation:
    changes = [row for row in rows if row.kind is Kind.CHANGE and row.p_value is not None]
    return min(changes, key=lambda row: row.p_value or 0.0)


def test_there_are_explanations_of_several_kinds() -> None:
    assert len({row.kind for row in CATALOGUE.natural_explanations}) >= 4


@pytest.mark.parametrize(
    "row", CATALOGUE.natural_explanations, ids=lambda row: str(row.explanation_id)
)
def test_switching_an_explanation_off_brings_its_deviation_back(row: NaturalExplanation) -> None:
    covered = largest(assessed(row, CATALOGUE))
    assert covered.outcome is Outcome.EXPLAINED
    assert covered.explanation_id == row.explanation_id
    assert row.title_sv in covered.reason_sv
    back = largest(assessed(row, CATALOGUE.without_explanation(row.explanation_id)))
    assert back.deviation_id == covered.deviation_id
    assert back.explanation_id is None
    # A month supports a year and is watched; a year is in focus.
    wanted = Outcome.WATCH if row.indicator_id in MONTHLY else Outcome.FOCUS
    assert back.outcome is wanted
