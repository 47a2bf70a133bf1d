"""The year under way: which indicators already lie outside what the years before foretell.

What was expected of the year is the yearly engine's own prediction for it; how the year is shared
among its months is told by earlier years; how much of each month has come, by how earlier months of
the register grew. The months are then held against that as they come, and all indicators together
decide which are warned of.

An indicator's month holds what was first counted in it: a person who is counted once a year counts
in the first month that has the person, so that the months of a year sum to the year's own figure.

What does not belong here: reading months, words, and the yearly findings (``assess.py``).
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from scipy import stats

from orchestration.deviation.pools import JudgedSeries, in_scope, is_current, judge_series
from orchestration.deviation.series import Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import EarlyOutcome, TooEarly
from orchestration.findings.records import EarlyWarning, MonthSoFar, most_urgent_first
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Measure
from orchestration.statistics.arrays import BoolArray, FloatArray
from orchestration.statistics.e_values import e_bh, stopped
from orchestration.statistics.reporting_delay import DelaySettings, Growth, growth, nowcast
from orchestration.statistics.running_year import (
    MONTHS,
    RunningYears,
    ShiftSettings,
    expected_so_far,
    forecast,
    monitor,
)
from orchestration.statistics.seasons import Season, SeasonSettings, season


@dataclass(frozen=True)
class EarlySettings:
    """How a year under way is judged.

    Attributes:
        alpha: share of years without a change in which an indicator alone may ever be beyond
            chance.
        fdr: false-discovery rate of the warnings, over all indicators.
        interval_level: coverage of the intervals.
        relevant_change: a change of the level that must have shown before a year is called calm, as
            a fall and as a rise.
        least_expected: with fewer cases expected so far, nothing can be told.
        least_log_variance: of a year's level; no level is known better than this.
        most_log_variance: of a year's level; of one that is known worse, nothing is expected.
        shifts: what a year is held against.
        seasons: how years are shared among months.
        delays: how months grow.
    """

    alpha: float = 0.10
    fdr: float = 0.10
    interval_level: float = 0.95
    relevant_change: float = 0.25
    least_expected: float = 5.0
    least_log_variance: float = 0.0004
    most_log_variance: float = 0.25
    shifts: ShiftSettings = field(default_factory=ShiftSettings)
    seasons: SeasonSettings = field(default_factory=SeasonSettings)
    delays: DelaySettings = field(default_factory=DelaySettings)

    def __post_init__(self) -> None:
        for name in ("alpha", "fdr", "interval_level", "relevant_change"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1")
        if self.least_expected <= 0 or self.least_log_variance <= 0:
            raise ValueError("least_expected and least_log_variance must be positive")
        if self.most_log_variance < self.least_log_variance:
            raise ValueError("most_log_variance must be at least least_log_variance")


@dataclass(frozen=True, eq=False)
class RunningSeries:
    """An indicator's months, of whole earlier years and of the year under way.

    Attributes:
        indicator_id: name in the catalogue.
        geography_id: official code.
        register: whose deliveries it is counted from.
        earlier: (Y, 12) of years that are over; nan where nothing was delivered.
        now: (12,) of the year under way; nan where nothing has been delivered.
    """

    indicator_id: str
    geography_id: str
    register: str
    earlier: FloatArray
    now: FloatArray

    def __post_init__(self) -> None:
        if self.now.shape != (MONTHS,) or self.earlier.shape[1:] != (MONTHS,):
            raise ValueError(f"{self.indicator_id}: a year has twelve months")

    @property
    def last(self) -> int:
        """The latest delivered month of the year under way, from 1; 0 where there is none."""
        seen = np.flatnonzero(np.isfinite(self.now))
        return int(seen[-1]) + 1 if seen.size else 0


@dataclass(frozen=True)
class Foretold:
    """What was expected of a year.

    Attributes:
        mean: cases.
        log_variance: of the log of the year's level.
    """

    mean: float
    log_variance: float


def early_warnings(
    running: Sequence[RunningSeries],
    yearly: Sequence[Series],
    told: Mapping[str, FloatArray],
    *,
    catalogue: Catalogue,
    year: int,
    settings: EarlySettings,
    of_years: DeviationSettings,
) -> list[EarlyWarning]:
    """Judge the year under way.

    Args:
        running: counts of the municipality that have months of the year; those without are left
            out.
        yearly: yearly series of any geography and breakdown, for what was expected.
        told: by register, cases of its latest months by the lag at which they came, as
            ``reporting_delay.growth`` takes them.
        catalogue: indicators and registered explanations.
        year: the year under way.
        settings: of this judgement.
        of_years: of the yearly engine.

    Returns:
        One row for each series, the warned of first, then by e-value.
    """
    begun = [one for one in running if one.last]
    grown = {name: growth(cases, settings.delays) for name, cases in told.items()}
    foretold = expectations(yearly, catalogue, year, settings, of_years)
    seasons = _seasons(begun, settings)
    judged: list[_Judged] = []
    rows: list[EarlyWarning] = []
    for one in begun:
        known, shared = grown.get(one.register), seasons.get(id(one))
        expected = foretold.get(one.indicator_id)
        if expected is None or shared is None:
            rows.append(_unknown(one, year, known, TooEarly.NOTHING_EXPECTED))
        elif known is None:
            rows.append(_unknown(one, year, known, TooEarly.UNKNOWN_GROWTH))
        else:
            judged.append(_Judged(one, known, _prepared(one, known, shared, expected)))
    if judged:
        rows += _judge(judged, year, settings)
    return most_urgent_first(rows)


def expectations(
    yearly: Sequence[Series],
    catalogue: Catalogue,
    year: int,
    settings: EarlySettings,
    of_years: DeviationSettings,
) -> dict[str, Foretold]:
    """What the yearly engine expects of a year that it has not seen.

    Every series that is still counted is given a value that the engine does not look at when it
    expects: the tested value never takes part in its own expectation.

    Args:
        yearly: series of any geography and breakdown.
        catalogue: indicators and registered explanations.
        year: the year under way.
        settings: of the least uncertainty.
        of_years: of the yearly engine.

    Returns:
        By indicator, of the municipality's counts.
    """
    carried = [
        _carried(one, year)
        for one in yearly
        if one.geography_id == of_years.geography_id
        and one.breakdown == one.category == "total"
        and catalogue.indicator(one.indicator_id).measure is Measure.COUNT
        and is_current(one, year - 1, of_years)
    ]
    scope = in_scope(carried, catalogue, year, of_years)
    judged, _ = judge_series(scope, catalogue, year, of_years)
    foretold = {
        one.series.indicator_id: _foretold(one, settings, of_years.interval_level)
        for one in judged
        if one.expected > 0
    }
    # One or two years foretell nothing that a year could be held against.
    return {
        name: each
        for name, each in foretold.items()
        if each.log_variance <= settings.most_log_variance
    }


def _carried(one: Series, year: int) -> Series:
    """A series with the latest value standing for that of the year under way."""
    keep = one.years < year
    last = int(np.flatnonzero(one.usable & keep)[-1])

    def more(values: FloatArray) -> FloatArray:
        return np.append(values[keep], values[last])

    kept = [status for status, is_kept in zip(one.status, keep, strict=True) if is_kept]
    return Series(
        *one.key,
        years=np.append(one.years[keep], year),
        numerator=more(one.numerator),
        denominator=more(one.denominator),
        value=more(one.value),
        standard_deviation=more(one.standard_deviation),
        observations=more(one.observations),
        status=[*kept, "observed"],
    )


def _foretold(one: JudgedSeries, settings: EarlySettings, level: float) -> Foretold:
    """The engine's mean, and how uncertain the level is: its interval's width beyond Poisson's."""
    low, high = one.interval
    half = float(stats.norm.ppf((1.0 + level) / 2.0))
    # The limits are whole numbers, and none at all has no logarithm.
    width = np.log((high + 0.5) / (low + 0.5)) / (2.0 * half)
    beyond = float(width**2) - 1.0 / one.expected
    return Foretold(one.expected, max(beyond, settings.least_log_variance))


def _seasons(
    running: Sequence[RunningSeries], settings: EarlySettings
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Shares and dispersion of each series; those of one register are comparable."""
    found: dict[int, tuple[FloatArray, FloatArray]] = {}
    for name in dict.fromkeys(one.register for one in running):
        members = [one for one in running if one.register == name and _has_year(one)]
        if not members:
            continue
        longest = max(len(one.earlier) for one in members)
        counts = np.full((len(members), longest, MONTHS), np.nan)
        for row, one in enumerate(members):
            counts[row, longest - len(one.earlier) :] = one.earlier
        shared: Season = season(counts, settings.seasons)
        for row, one in enumerate(members):
            found[id(one)] = shared.shares[row], shared.dispersion + shared.uncertainty[row]
    return found


def _has_year(one: RunningSeries) -> bool:
    return bool(np.any(np.nan_to_num(one.earlier.sum(axis=1)) > 0))


@dataclass(frozen=True, eq=False)
class _Judged:
    """A series that can be judged, with how its register grows and what was expected of it."""

    series: RunningSeries
    growth: Growth
    year: RunningYears


def _prepared(
    one: RunningSeries,
    known: Growth,
    shared: tuple[FloatArray, FloatArray],
    expected: Foretold,
) -> RunningYears:
    shares, dispersion = shared
    # A delivery tells of all months before it: the latest month's own is their lag 0.
    lags = np.maximum(one.last - 1 - np.arange(MONTHS), 0)
    present, uncertain = known.at(lags)
    return RunningYears(
        counts=one.now[None],
        mean=np.array([expected.mean]),
        log_variance=np.array([expected.log_variance]),
        shares=shares[None],
        present=present[None],
        dispersion=(dispersion + uncertain)[None],
    )


def _together(members: Sequence[_Judged]) -> RunningYears:
    names = RunningYears.__dataclass_fields__
    return RunningYears(
        **{name: np.concatenate([getattr(one.year, name) for one in members]) for name in names}
    )


def _judge(members: Sequence[_Judged], year: int, settings: EarlySettings) -> list[EarlyWarning]:
    years = _together(members)
    monitored = monitor(years, settings.shifts)
    level = settings.interval_level
    expected, low, high = expected_so_far(years, settings.shifts, level)
    ahead = forecast(years, monitored, level)
    # Where one alone suffices it is stopped, so that a warning stands the year out.
    e_values, _ = stopped(monitored.e_values, len(members) / settings.fdr)
    selected = e_bh(e_values, settings.fdr)
    _, crossed = stopped(monitored.e_values, 1.0 / settings.alpha)
    would_show = _would_show(years, settings)
    so_far = np.nansum(years.counts, axis=1)
    rows = []
    by_month = _by_month(years, settings)
    come_in = _come_in(members, years, level)
    for at, one in enumerate(members):
        outcome, too_early = EarlyOutcome.KAN_INTE_AVGORAS, None
        if selected[at]:
            outcome = EarlyOutcome.VARNING
        elif np.isfinite(crossed[at]):
            outcome = EarlyOutcome.BEVAKA
        elif expected[at] < settings.least_expected:
            too_early = TooEarly.FEW_CASES
        elif not low[at] <= so_far[at] <= high[at]:
            too_early = TooEarly.OUTSIDE
        elif not would_show[at]:
            too_early = TooEarly.NO_POWER
        else:
            outcome = EarlyOutcome.LUGNT
        row = _unknown(one.series, year, one.growth, too_early)
        mean, lower, upper = (float(each[at]) for each in ahead)
        rows.append(
            replace(
                row,
                completeness=float(years.here[at].sum() / years.shares[at][years.seen[at]].sum()),
                expected=float(expected[at]),
                lower=float(low[at]),
                upper=float(high[at]),
                e_value=float(e_values[at]),
                first_crossing=(
                    date(year, int(crossed[at]) + 1, 1) if np.isfinite(crossed[at]) else None
                ),
                forecast=mean,
                forecast_lower=lower,
                forecast_upper=upper,
                outcome=outcome,
                months=_months(
                    one,
                    [each[at] for each in by_month],
                    [each[at] for each in come_in],
                    monitored.e_values[at],
                ),
            )
        )
    return rows


def _would_show(years: RunningYears, settings: EarlySettings) -> BoolArray:
    """Whether a change that matters, if the months were just as it makes them, would have shown."""
    shows = np.ones(len(years.mean), dtype=bool)
    for factor in (1.0 - settings.relevant_change, 1.0 / (1.0 - settings.relevant_change)):
        supposed = np.where(years.seen, years.mean[:, None] * years.here * factor, np.nan)
        e_values = monitor(replace(years, counts=supposed), settings.shifts).e_values
        shows &= e_values.max(axis=1) >= 1.0 / settings.alpha
    return shows


def _by_month(years: RunningYears, settings: EarlySettings) -> tuple[FloatArray, ...]:
    """What was expected of the year by the end of each month; mean and limits, each (S, 12)."""
    whole = np.ones(years.counts.shape)
    columns = []
    for month in range(MONTHS):
        counts = np.where(np.arange(MONTHS) <= month, 0.0, np.nan) * whole
        so_far = replace(years, counts=counts, present=whole)
        columns.append(expected_so_far(so_far, settings.shifts, settings.interval_level))
    return tuple(np.stack(each, axis=1) for each in zip(*columns, strict=True))


def _months(
    one: _Judged,
    by_month: Sequence[FloatArray],
    come_in: Sequence[FloatArray],
    e_values: FloatArray,
) -> tuple[MonthSoFar, ...]:
    mean, low, high = by_month
    whole, whole_low, whole_high = come_in
    last = one.series.last
    seen = np.nancumsum(one.series.now)
    present = one.year.present[0]
    return tuple(
        MonthSoFar(
            month=at + 1,
            seen=float(seen[at]) if at < last else None,
            whole=float(whole[at]) if at < last else None,
            whole_lower=float(whole_low[at]) if at < last else None,
            whole_upper=float(whole_high[at]) if at < last else None,
            expected=float(mean[at]),
            lower=float(low[at]),
            upper=float(high[at]),
            present=float(present[at]) if at < last else None,
            e_value=float(e_values[at]) if at < last else None,
        )
        for at in range(MONTHS)
    )


def _come_in(
    members: Sequence[_Judged], years: RunningYears, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the year's months so far will be when all has come in; each (S, 12), cumulated."""
    seen = np.nancumsum(years.counts, axis=1)
    whole = np.where(years.seen, years.shares, 0.0).cumsum(axis=1)
    here = years.here.cumsum(axis=1)
    lags = np.array([one.series.last for one in members])[:, None] - 1 - np.arange(MONTHS)
    deviation = np.stack(
        [
            np.sqrt(one.growth.at(np.maximum(lag, 0))[1])
            for one, lag in zip(members, lags, strict=True)
        ]
    )
    # One register's months are wrong the same way.
    uncertain = np.where(years.seen, years.here * deviation, 0.0).cumsum(axis=1)
    any_here = here > 0
    share = np.where(any_here, here / np.where(any_here, whole, 1.0), 1.0)
    variance = np.square(uncertain / np.where(any_here, here, 1.0))
    found = nowcast(seen.ravel(), np.minimum(share, 1.0).ravel(), variance.ravel(), level)
    mean, low, high = (each.reshape(seen.shape) for each in found)
    return mean, low, high


def _unknown(
    one: RunningSeries, year: int, known: Growth | None, why: TooEarly | None
) -> EarlyWarning:
    return EarlyWarning(
        indicator_id=one.indicator_id,
        geography_id=one.geography_id,
        period_start=date(year, 1, 1),
        as_of=date(year, one.last, monthrange(year, one.last)[1]),
        months_in=int(np.isfinite(one.now).sum()),
        completeness=None,
        grows=None if known is None else known.grows,
        year_to_date=float(np.nansum(one.now)),
        expected=None,
        lower=None,
        upper=None,
        e_value=None,
        first_crossing=None,
        forecast=None,
        forecast_lower=None,
        forecast_upper=None,
        outcome=EarlyOutcome.KAN_INTE_AVGORAS,
        too_early=why,
    )
