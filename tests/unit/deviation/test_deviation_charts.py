"""Charts of series of the marts: which points they have, and where their limits start anew."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.charts import PlainSeries, chart_points
from orchestration.findings.records import ChartPoint
from orchestration.indicators.models import NaturalExplanation
from orchestration.statistics.xmr import XmrSettings

VECTORS = Path(__file__).parents[2] / "vectors" / "nhsr_ptd"
KEY = ("assisted_households", "0180", "total", "total")
# Five equal steps of ten and back: mean 104, mean step 10, limits 26.6 away. By hand.
FIVE = [100.0, 110.0, 100.0, 110.0, 100.0]


def yearly(
    values: list[float], first: int = 2012, status: dict[int, str] | None = None
) -> PlainSeries:
    years = range(first, first + len(values))
    return PlainSeries(
        key=KEY,
        grain="year",
        months=np.array([12 * year for year in years], dtype=np.int64),
        value=np.array(values, dtype=np.float64),
        status=[(status or {}).get(year, "observed") for year in years],
    )


def explained(year: int, *, is_break: bool = True, **other: object) -> NaturalExplanation:
    row: dict[str, object] = {
        "explanation_id": "lag",
        "kind": "law",
        "title_sv": "En lag",
        "description_sv": "En lag började gälla.",
        "indicator_id": KEY[0],
        "geography_id": KEY[1],
        "period_from": year,
        "period_to": year,
        "explained_change": None,
        "is_break": is_break,
        "source": "Lagen",
        "synthetic": True,
    }
    return NaturalExplanation.model_validate(row | other)


def points(series: PlainSeries, *explanations: NaturalExplanation) -> list[ChartPoint]:
    return list(chart_points(series, explanations, XmrSettings()))


def test_a_monthly_series_is_as_nhsrplotthedots_has_it() -> None:
    with (VECTORS / "expected_6trusts_breaches.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["f"] == "R1H"]
    starts = [date.fromisoformat(row["x"]) for row in rows]
    series = PlainSeries(
        key=KEY,
        grain="month",
        months=np.array([12 * start.year + start.month - 1 for start in starts], dtype=np.int64),
        value=np.array([float(row["y"]) for row in rows], dtype=np.float64),
        status=["observed"] * len(rows),
    )
    found = points(series)
    assert [point.period_start for point in found] == starts
    for column, name in (("mean_col", "centre"), ("lpl", "lower"), ("upl", "upper")):
        lines = [getattr(point, name) for point in found]
        np.testing.assert_allclose(lines, [float(row[column]) for row in rows], rtol=1e-9)
    told = {row["special_cause_type"] for row in rows}
    assert "7 Points Below CL" in told
    assert [point.signal == "run_below" for point in found] == [
        row["special_cause_type"] == "7 Points Below CL" for row in rows
    ]


@pytest.mark.parametrize(
    ("count", "limits", "trial"), [(4, False, False), (5, True, True), (12, True, False)]
)
def test_limits_are_for_trial_until_there_are_twelve(count: int, limits: bool, trial: bool) -> None:
    found = points(yearly([100.0, 110.0] * (count // 2) + [100.0] * (count % 2)))
    assert len(found) == count
    assert {point.centre is not None for point in found} == {limits}
    assert {point.trial for point in found} == {trial}
    assert {point.signal for point in found} == {"too_few" if count < 12 else "common_cause"}


def test_limits_start_anew_at_a_registered_break() -> None:
    found = points(yearly([*FIVE, *(value + 1000 for value in FIVE)]), explained(2017))
    assert [point.segment for point in found] == [1] * 5 + [2] * 5
    assert [point.centre for point in found] == [104.0] * 5 + [1104.0] * 5
    assert found[0].lower == pytest.approx(77.4)
    assert found[9].upper == pytest.approx(1130.6)
    assert found[5].moving_range is None


@pytest.mark.parametrize(
    "other",
    [
        explained(2017, is_break=False),
        explained(2017, indicator_id="another"),
        explained(2017, geography_id="1480"),
        explained(2030),
        explained(2012),
    ],
    ids=["no break", "another indicator", "another city", "to come", "the first year"],
)
def test_what_is_no_break_of_the_series_cuts_nothing(other: NaturalExplanation) -> None:
    found = points(yearly([*FIVE, *(value + 1000 for value in FIVE)]), other)
    assert {point.segment for point in found} == {1}
    assert {point.centre for point in found} == {604.0}


def test_a_jump_that_nobody_has_registered_cuts_nothing() -> None:
    assert {point.segment for point in points(yearly([*FIVE, *(v * 10 for v in FIVE)]))} == {1}


def test_a_break_in_the_source_is_left_out_and_cuts() -> None:
    series = yearly(
        [*FIVE, 50.0, *(value + 1000 for value in FIVE)], status={2017: "broken_series"}
    )
    found = points(series)
    assert [point.period_start.year for point in found] == [
        year for year in range(2012, 2023) if year != 2017
    ]
    assert [point.segment for point in found] == [1] * 5 + [2] * 5
    assert {point.centre for point in found[5:]} == {1104.0}


@pytest.mark.parametrize("status", ["suppressed", "missing", "not_applicable"])
def test_a_value_that_cannot_be_shown_is_no_point(status: str) -> None:
    series = yearly([*FIVE[:2], np.nan, *FIVE[2:]], status={2014: status})
    found = points(series)
    assert [point.value for point in found] == FIVE
    assert {point.segment for point in found} == {1}


def test_a_series_without_values_has_no_points() -> None:
    assert points(yearly([np.nan, np.nan], status={2012: "missing", 2013: "suppressed"})) == []


def test_a_year_of_breaks_in_a_monthly_series_cuts_at_january() -> None:
    series = PlainSeries(
        key=KEY,
        grain="month",
        months=np.arange(12 * 2016 + 10, 12 * 2016 + 15, dtype=np.int64),
        value=np.array(FIVE),
        status=["observed"] * 5,
    )
    found = points(series, explained(2017))
    assert [(point.period_start, point.segment) for point in found] == [
        (date(2016, 11, 1), 1),
        (date(2016, 12, 1), 1),
        (date(2017, 1, 1), 2),
        (date(2017, 2, 1), 2),
        (date(2017, 3, 1), 2),
    ]


def test_periods_must_increase() -> None:
    with pytest.raises(ValueError, match="increase"):
        PlainSeries(KEY, "year", np.array([24, 12]), np.array([1.0, 2.0]), ["observed"] * 2)
    with pytest.raises(ValueError, match="length"):
        PlainSeries(KEY, "year", np.array([12, 24]), np.array([1.0, 2.0]), ["observed"])
