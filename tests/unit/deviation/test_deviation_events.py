"""A level that has moved is one event, however many months it is off in."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.assess import assess
from orchestration.deviation.series import MonthlySeries
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import Outcome
from orchestration.findings.evidence import MonthEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import load_catalogue
from orchestration.statistics.monthly import events
from tests.county_months import FIRST_YEAR, dalarna
from tests.unit.deviation.told import reason

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")
SETTINGS = DeviationSettings(geography_id="2080")


def told(year: int) -> list[Deviation]:
    """What the months of a real year are told as, on what was known at its end."""
    values = dalarna()[: year - FIRST_YEAR + 1].ravel()
    one = MonthlySeries(
        "assistance_households",
        "2080",
        "total",
        "total",
        months=np.arange(FIRST_YEAR * 12, FIRST_YEAR * 12 + values.size),
        value=values,
        status=["missing" if np.isnan(value) else "observed" for value in values],
    )
    rows = assess([], CATALOGUE, year, SETTINGS, months=[one])
    return [row for row in rows if row.rank is not None]


def facts(row: Deviation) -> MonthEvidence:
    assert isinstance(row.evidence, MonthEvidence)
    return row.evidence


def test_seven_real_years_of_a_county_are_three_events_and_not_twenty_two_alarms() -> None:
    """The rise since March 2017, the fall since September 2021, and that it had ended in 2024."""
    rows = {year: told(year) for year in range(2018, 2025)}
    found = {facts(row).began: row for year in sorted(rows) for row in rows[year]}
    assert list(found) == [date(2017, 3, 1), date(2021, 9, 1), date(2024, 10, 1)]
    # Once a year, as long as it lasts.
    assert [len(rows[year]) for year in range(2018, 2025)] == [1, 0, 0, 1, 1, 1, 1]
    # The months of each until the clearest of its latest year.
    assert facts(found[date(2021, 9, 1)]).months_of_event == 15
    ways = [row.observed > row.expected for row in found.values() if row.observed and row.expected]
    assert ways == [True, False, True]
    [ended] = rows[2024]
    assert (ended.period_start, ended.observed) == (date(2024, 12, 1), 3031.0)
    assert ended.outcome is Outcome.WATCH
    assert "Månaden är en av tre sedan oktober 2024 som avviker åt samma håll." in reason(ended)


@pytest.mark.parametrize(
    ("ways", "began"),
    [
        ([0, 1, 1, 0, 1], [-1, 1, 1, -1, 1]),
        # Two months between them are too many where one is the most.
        ([1, 0, 0, 1], [0, -1, -1, 3]),
        ([1, 0, 1], [0, -1, 0]),
        # The other way is another event, and so is the way back.
        ([1, -1, 1], [0, 1, 2]),
        ([0, 0, 0], [-1, -1, -1]),
    ],
)
def test_alarms_the_same_way_are_one_event(ways: list[int], began: list[int]) -> None:
    both, number = events(np.array([ways, [0] * len(ways)]), gap=1)
    np.testing.assert_array_equal(both, [began, [-1] * len(ways)])
    so_far = [0 if first < 0 else began[: at + 1].count(first) for at, first in enumerate(began)]
    np.testing.assert_array_equal(number, [so_far, [0] * len(ways)])
