"""Insatser without assessment: what moved as rows, whom they reached, and what a contact cost."""

from dataclasses import replace

import numpy as np
import pytest

from orchestration.analyses.without_assessment import Given, Movement, analyse, reached
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import AnalysisResult
from orchestration.statistics.resampling import generator
from orchestration.statistics.stacked import carried, stacked_difference

YEAR = 2023
GIVEN = Given(
    year=YEAR,
    insats_code="oppet",
    title_sv="Öppet samtal",
    target_group="vuxna",
    area_category="alla",
    boards=2,
    contacts=120,
    sessions=60,
    new_persons=30,
    residents=20_000,
    scenario_id="samtal",
)
COSTS = {"samtal": 3250.0}


def results(*movements: Movement) -> dict[str, AnalysisResult]:
    rows = analyse(YEAR, "0180", movements).results
    return {f"{row.estimand_id} {row.category}": row for row in rows}


def moved(fall: float, reach: float) -> Movement:
    begins = np.array([20] * 4 + [99] * 5)
    counts = 30.0 + generator(3).integers(-1, 2, size=(9, 24)).astype(np.float64)
    counts[:4, 20:] *= 1.0 - fall
    found = stacked_difference(counts, begins, random=generator(1))
    return Movement("oppet", found, carried(found, reach))


def test_reach_is_new_persons_for_each_thousand_and_cost_is_the_scenario_s() -> None:
    [row] = reached("0180", [GIVEN], COSTS)
    # 30 of 20,000; 30 times 3,250 kronor over 120 contacts.
    assert row.reach == pytest.approx(1.5)
    assert row.cost_per_contact == pytest.approx(812.5)


@pytest.mark.parametrize(
    ("changed", "reach", "cost"),
    [
        ({"new_persons": None}, None, None),
        ({"residents": None}, None, 812.5),
        ({"residents": 0}, None, 812.5),
        ({"scenario_id": ""}, 1.5, None),
        ({"scenario_id": "okand"}, 1.5, None),
        ({"new_persons": 0}, 0.0, 0.0),
    ],
)
def test_what_is_not_known_is_not_computed(
    changed: dict[str, object], reach: float | None, cost: float | None
) -> None:
    [row] = reached("0180", [replace(GIVEN, **changed)], COSTS)  # type: ignore[arg-type]
    assert (row.reach, row.cost_per_contact) == (reach, cost)


def test_a_movement_is_told_as_what_there_was_of_what_there_would_have_been() -> None:
    rows = results(moved(0.4, 500.0))
    share, missing, most = (rows[f"{name} oppet"] for name in ("9.1", "9.1_missing", "9.1_most"))
    # Four boards of thirty, four quarters, of which forty per cent are gone.
    assert share.estimate == pytest.approx(0.6, abs=0.02)
    assert missing.estimate == pytest.approx(4 * 4 * 30 * 0.4, rel=0.05)
    assert most.estimate == missing.estimate
    for row in (share, missing):
        assert row.ci_lower is not None
        assert row.ci_upper is not None
        assert row.estimate is not None
        assert row.ci_lower < row.estimate < row.ci_upper
    assert share.p_value is not None
    assert share.p_value < 0.05
    events = {name: row for name, row in rows.items() if name.startswith("9.1_quarter")}
    assert len(events) == 8 + 4
    assert events["9.1_quarter oppet*-1"].estimate == pytest.approx(1.0, abs=0.05)
    assert events["9.1_quarter oppet*0"].estimate == pytest.approx(0.6, abs=0.05)


def test_no_more_is_carried_than_was_reached() -> None:
    rows = results(moved(0.4, 50.0))
    assert rows["9.1_most oppet"].estimate == rows["9.1_reached oppet"].estimate == 50.0
    # Where there are more there is nothing to carry.
    assert results(moved(-0.4, 50.0))["9.1_most oppet"].estimate == 0.0


def test_what_cannot_be_estimated_says_what_it_lacks() -> None:
    rows = results(Movement("oppet", None, None))
    assert rows["9.1 oppet"].shortfall is Shortfall.FEW_GROUPS
    [nothing] = analyse(YEAR, "0180", (), delivered=False).results
    assert (nothing.estimand_id, nothing.shortfall) == ("9.1", Shortfall.NO_REGISTER)
    # Delivered, and without anything that is replaced.
    [nobody] = analyse(YEAR, "0180", ()).results
    assert nobody.shortfall is Shortfall.NOBODY
