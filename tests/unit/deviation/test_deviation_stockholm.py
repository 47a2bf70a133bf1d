"""Stockholm's real tables, 1995-2017: what the engine can say of them, and no more."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.models import Measure
from tests.benchmarks.real_data import (
    JudgedYear,
    by_table,
    leave_last_year_out,
    surprising_years,
    yearbook,
)

PAGE = Path(__file__).parents[3] / "docs" / "deviation-method.md"
ALPHA = DeviationSettings().alpha


@pytest.fixture(scope="module")
def verdicts() -> list[JudgedYear]:
    return leave_last_year_out()


def of(verdicts: list[JudgedYear], table: str, label: str) -> dict[int, JudgedYear]:
    return {one.year: one for one in verdicts if (one.of.table, one.of.label) == (table, label)}


def test_every_published_value_is_tested_or_told_why_not(verdicts: list[JudgedYear]) -> None:
    assert len(verdicts) == sum(one.series.years.size for one in yearbook()[0]) == 383
    for one in verdicts:
        assert (one.judged is None) == bool(one.reason_sv)
    assert Counter(one.judged is None for one in verdicts) == {True: 264, False: 119}


def test_households_with_assistance_are_tested_from_the_second_value_on(
    verdicts: list[JudgedYear],
) -> None:
    households = of(verdicts, "b161", "Biståndshushåll")
    tested = {year: one.judged for year, one in households.items() if one.judged}
    assert {year: one.observed for year, one in tested.items()} == {
        2000: 29901,
        2005: 24234,
        2010: 18440,
        2016: 14008,
        2017: 14572,
    }
    # Five years between two values: the interval says how little they then say of each other.
    widths = {year: np.diff(np.log(np.array(one.interval))).item() for year, one in tested.items()}
    assert widths[2016] > 2 * widths[2017]
    assert all(one.p_value > ALPHA for one in tested.values())
    assert "Jämförbara värden före 1995 saknas." in households[1995].reason_sv


def test_nothing_is_said_of_rounded_shares_and_means_without_spread(
    verdicts: list[JudgedYear],
) -> None:
    catalogue = yearbook()[1]
    for one in verdicts:
        measure = catalogue.indicator(one.of.series.indicator_id).measure
        if measure in {Measure.PROPORTION, Measure.MEAN}:
            assert one.judged is None
            assert "kan inte mätas" in one.reason_sv


def test_years_with_two_totals_are_not_compared(verdicts: list[JudgedYear]) -> None:
    total = of(verdicts, "b166_b167", "Summa omhändertagna, netto")
    assert [year for year, one in total.items() if one.judged] == [2008, 2009, 2010]
    for year in (2011, 2012, 2013):
        assert total[year].reason_sv == f"Värdet för {year} är inte jämförbart med tidigare år."
    assert not any(one.judged for one in of(verdicts, "b166_b167", "Summa").values())


def test_parts_of_the_cost_that_do_not_sum_are_not_compared_but_the_total_is(
    verdicts: list[JudgedYear],
) -> None:
    for part in ("därav EGT, tkr", "därav övrigt, tkr"):
        assert not any(one.judged for one in of(verdicts, "b161", part).values())
    assert (
        sum(
            one.judged is not None
            for one in of(verdicts, "b161", "Ekonomiskt bistånd, tkr").values()
        )
        == 5
    )


def test_placements_under_the_social_services_act_rose_in_2013(verdicts: list[JudgedYear]) -> None:
    found = of(verdicts, "b166_b167", "SoL")
    assert found[2013].judged is not None
    assert found[2013].judged.p_value < 0.005
    assert found[2013].judged.observed == 1678
    # The years before, which nobody doubts, are as expected.
    assert all(one.judged.p_value > ALPHA for y, one in found.items() if one.judged and y < 2013)


def test_single_fathers_of_2005_are_a_definition_or_a_deviation(verdicts: list[JudgedYear]) -> None:
    found = of(verdicts, "b162", "Biståndshushåll, Ensamstående man med barn")[2005].judged
    assert found is not None
    assert found.observed == 1326
    assert found.p_value < 0.005


def test_no_later_value_takes_part(verdicts: list[JudgedYear]) -> None:
    for one in verdicts:
        if one.judged is not None:
            assert int(one.judged.series.years[-1]) == one.year


def test_one_value_in_twenty_is_surprising(verdicts: list[JudgedYear]) -> None:
    p = np.array([one.judged.p_value for one in verdicts if one.judged])
    # 119 values: chance alone gives 2 to 10 below five per cent.
    assert 2 <= (p < ALPHA).sum() <= 10


def test_what_is_said_of_stockholm_stands_in_the_documentation(verdicts: list[JudgedYear]) -> None:
    told = PAGE.read_text(encoding="utf-8")
    for cells in (*by_table(verdicts), *surprising_years(verdicts)):
        assert f"| {' | '.join(cells)} |" in told
