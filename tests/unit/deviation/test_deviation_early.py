"""The year under way: what is warned of, what is calm, and what cannot be told yet."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from orchestration.deviation.early import (
    EarlySettings,
    RunningSeries,
    early_warnings,
    expectations,
)
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import EarlyOutcome, TooEarly
from orchestration.findings.records import EarlyWarning
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Area, Indicator, Measure, Polarity
from orchestration.statistics.arrays import FloatArray

SETTINGS = EarlySettings()
OF_YEARS = DeviationSettings()
NOW = 2024
CALM = np.random.default_rng(11)
HISTORY = CALM.poisson(100.0, (12, 8, 12)).astype(float)
NAMES = [f"antal_{at:02d}" for at in range(12)]
PROMPT = np.tile([100.0, 0.0, 0.0], (18, 1))
SLOW = np.tile([60.0, 30.0, 10.0], (18, 1))


def catalogue(measure: Measure = Measure.COUNT) -> Catalogue:
    return Catalogue(
        indicators=tuple(
            Indicator(
                indicator_id=name,
                title_sv=f"Antal {name}",
                area=Area.OMVARLD if name == "utanfor" else Area.EKONOMISKT_BISTAND,
                unit="personer",
                polarity=Polarity.NEUTRAL,
                measure=measure,
                definition_sv="konstruerad",
                source_id="registret",
            )
            for name in (*NAMES, "utanfor")
        )
    )


def yearly(name: str, value: FloatArray) -> Series:
    nothing = np.full(value.shape, np.nan)
    return Series(
        name,
        "0180",
        "total",
        "total",
        years=np.arange(NOW - value.size, NOW),
        numerator=value,
        denominator=nothing,
        value=value,
        standard_deviation=nothing,
        observations=nothing,
        status=["observed"] * value.size,
    )


def months(*values: float) -> FloatArray:
    return np.array([*values, *[np.nan] * (12 - len(values))])


def judged(
    now: dict[str, FloatArray],
    told: FloatArray = PROMPT,
    earlier: FloatArray = HISTORY,
    years: list[Series] | None = None,
) -> dict[str, EarlyWarning]:
    series = [yearly(n, row.sum(axis=1)) for n, row in zip(NAMES, earlier, strict=True)]
    running = [
        RunningSeries(name, "0180", "registret", earlier[at], now[name])
        for at, name in enumerate(NAMES)
        if name in now
    ]
    found = early_warnings(
        running,
        series if years is None else years,
        {"registret": told},
        catalogue=catalogue(),
        year=NOW,
        settings=SETTINGS,
        of_years=OF_YEARS,
    )
    return {row.indicator_id: row for row in found}


def test_a_fall_is_warned_of_and_the_others_are_calm() -> None:
    now = {name: months(*[100.0] * 6) for name in NAMES}
    now["antal_03"] = months(*[60.0] * 6)
    found = judged(now)
    fallen = found["antal_03"]
    assert next(iter(found)) == "antal_03"
    assert fallen.outcome is EarlyOutcome.VARNING
    assert fallen.first_crossing is not None
    assert fallen.first_crossing <= date(NOW, 2, 1)
    assert fallen.e_value is not None
    assert fallen.e_value >= 12 / SETTINGS.fdr
    assert {row.outcome for name, row in found.items() if name != "antal_03"} == {
        EarlyOutcome.LUGNT
    }


def test_what_was_expected_is_the_year_s_share() -> None:
    row = judged({"antal_00": months(*[100.0] * 3)})["antal_00"]
    assert (row.months_in, row.as_of, row.year_to_date) == (3, date(NOW, 3, 31), 300.0)
    assert row.expected == pytest.approx(300.0, rel=0.04)
    assert row.lower is not None
    assert row.upper is not None
    assert row.lower < stats.poisson.ppf(0.1, 300) < stats.poisson.ppf(0.9, 300) < row.upper
    assert row.forecast == pytest.approx(1200.0, rel=0.04)
    assert row.completeness == 1.0
    assert row.grows is False


def test_a_slow_register_is_held_against_what_can_have_come() -> None:
    row = judged({"antal_00": months(100.0, 90.0, 60.0)}, SLOW)["antal_00"]
    assert row.completeness == pytest.approx(2.5 / 3, rel=0.03)
    assert row.expected == pytest.approx(250.0, rel=0.04)
    assert row.grows is True
    assert row.outcome is not EarlyOutcome.VARNING
    last = row.months[2]
    assert last.present == pytest.approx(0.6)
    assert last.whole == pytest.approx(300.0, rel=0.04)
    assert last.whole_lower is not None
    assert last.whole_upper is not None
    assert last.whole_lower < 300.0 < last.whole_upper
    # The same counts of a register that were whole would be a fall.
    prompt = judged({"antal_00": months(*[55.0] * 5)})["antal_00"]
    assert prompt.outcome is EarlyOutcome.VARNING


def test_a_year_is_not_called_calm_before_a_change_would_have_shown() -> None:
    few = HISTORY / 100.0
    found = judged({NAMES[0]: months(1.0, 1.0), NAMES[1]: months(*[1.0] * 6)}, earlier=few)
    assert found[NAMES[0]].too_early is TooEarly.FEW_CASES
    assert found[NAMES[1]].too_early is TooEarly.NO_POWER
    assert {row.outcome for row in found.values()} == {EarlyOutcome.KAN_INTE_AVGORAS}


def test_a_register_of_which_nobody_knows_how_it_grows_cannot_be_told() -> None:
    row = judged({"antal_00": months(20.0, 20.0)}, np.array([[20.0, 0.0], [20.0, np.nan]]))
    assert row["antal_00"].too_early is TooEarly.UNKNOWN_GROWTH
    assert row["antal_00"].e_value is None
    assert row["antal_00"].year_to_date == 40.0


def test_without_earlier_years_nothing_is_expected() -> None:
    found = judged({"antal_00": months(20.0, 20.0)}, years=[])
    assert found["antal_00"].too_early is TooEarly.NOTHING_EXPECTED


def test_a_series_without_months_of_the_year_has_no_row() -> None:
    assert judged({"antal_00": months()}) == {}


def test_a_warning_stands_when_the_months_turn() -> None:
    now = {name: months(*[100.0] * 12) for name in NAMES}
    now["antal_03"] = months(*[55.0] * 2, *[103.0] * 10)
    row = judged(now)["antal_03"]
    assert row.outcome is EarlyOutcome.VARNING
    assert row.months[-1].e_value is not None
    assert row.e_value is not None
    assert row.months[-1].e_value < row.e_value


def test_beyond_chance_alone_is_watched_and_not_warned_of() -> None:
    # Between 10, where one is beyond chance, and 120, where one of twelve is warned of.
    now = {name: months(*[100.0] * 3) for name in NAMES}
    outside: list[EarlyWarning] = []
    for fall in np.arange(100.0, 60.0, -1.0):
        now["antal_05"] = months(*[fall] * 3)
        row = judged(now)["antal_05"]
        if row.outcome in {EarlyOutcome.BEVAKA, EarlyOutcome.VARNING}:
            break
        outside.append(row)
    assert row.outcome is EarlyOutcome.BEVAKA
    assert row.e_value is not None
    assert 10.0 <= row.e_value < 120.0
    # On the way there it is outside what was expected, and not called calm.
    assert outside[0].outcome is EarlyOutcome.LUGNT
    assert outside[-1].too_early is TooEarly.OUTSIDE
    assert outside[-1].lower is not None
    assert outside[-1].year_to_date < outside[-1].lower


def test_the_year_under_way_takes_no_part_in_what_is_expected_of_it() -> None:
    series = [yearly(n, row.sum(axis=1)) for n, row in zip(NAMES, HISTORY, strict=True)]

    def with_now(value: float) -> list[Series]:
        first = series[0]
        more = np.append(first.value, value)
        nothing = np.full(more.shape, np.nan)
        return [
            replace(
                first,
                years=np.append(first.years, NOW),
                numerator=more,
                value=more,
                denominator=nothing,
                standard_deviation=nothing,
                observations=nothing,
                status=["observed"] * more.size,
            ),
            *series[1:],
        ]

    found = [
        expectations(each, catalogue(), NOW, SETTINGS, OF_YEARS)
        for each in (series, with_now(10.0), with_now(9000.0))
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["antal_00"].mean == pytest.approx(1200.0, rel=0.05)
    # Twelve calm series of 1 200 a year: a standard deviation of a few per cent.
    assert 0.0 < found[0]["antal_00"].log_variance < 0.05**2


def test_means_are_not_followed_by_month() -> None:
    series = [yearly(n, row.sum(axis=1)) for n, row in zip(NAMES, HISTORY, strict=True)]
    assert expectations(series, catalogue(Measure.AMOUNT), NOW, SETTINGS, OF_YEARS) == {}


def test_a_year_has_twelve_months() -> None:
    with pytest.raises(ValueError, match="twelve"):
        RunningSeries("antal_00", "0180", "registret", HISTORY[0], np.zeros(11))
