"""Every registered explanation covers its deviation, and without it the deviation is back.

Those that are found instead are held to the same in ``test_deviation_found.py``.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import Measure, NaturalExplanation
from tests.unit.deviation.told import reason

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
#: Stands for every indicator where an explanation names none.
ANY_INDICATOR = "child_cases"
#: Of so many, where the indicator is a share.
OF = 20_000.0


def assessed(row: NaturalExplanation, catalogue: Catalogue) -> list[Deviation]:
    """What is said of the explanation's own place and year when its change came."""
    change = row.explained_change if row.explained_change is not None else -0.5
    place, year = row.geography_id or "0180", row.period_from
    indicator_id = row.indicator_id or ANY_INDICATOR
    settings = DeviationSettings(geography_id=place)
    years = np.arange(year - 7, year + 1)
    count = np.array([5000, 5010, 4990, 5005, 5000, 4995, 5002, np.rint(5000 * (1 + change))])
    nothing = np.full(count.shape, np.nan)
    is_share = catalogue.indicator(indicator_id).measure is Measure.PROPORTION
    of = np.full(count.shape, OF) if is_share else nothing
    given = Series(
        indicator_id,
        place,
        "total",
        "total",
        years=years,
        numerator=count,
        denominator=of,
        value=count / of if is_share else count,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * count.size,
    )
    return assess([given], catalogue, year, settings)


def largest(rows: Sequence[Deviation]) -> Deviation:
    changes = [row for row in rows if row.kind is Kind.CHANGE and row.p_value is not None]
    return min(changes, key=lambda row: row.p_value or 0.0)


def test_there_are_explanations_with_and_without_a_break() -> None:
    assert {row.is_break for row in CATALOGUE.natural_explanations} == {True, False}


@pytest.mark.parametrize(
    "row", CATALOGUE.natural_explanations, ids=lambda row: str(row.explanation_id)
)
def test_switching_an_explanation_off_brings_its_deviation_back(row: NaturalExplanation) -> None:
    covered = largest(assessed(row, CATALOGUE))
    assert covered.outcome is Outcome.EXPLAINED
    assert covered.explanation_id == row.explanation_id
    assert row.title_sv in reason(covered, CATALOGUE)
    back = largest(assessed(row, CATALOGUE.without_explanation(row.explanation_id)))
    assert back.deviation_id == covered.deviation_id
    assert back.explanation_id is None
    assert back.outcome is Outcome.FOCUS
