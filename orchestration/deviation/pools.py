"""From series to pools: which model a series is tested with, among which comparable series.

What does not belong here: outcomes. This module ends with p-values and expected values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from orchestration.deviation.contrary import Movement
from orchestration.deviation.explanations import history_effects
from orchestration.deviation.series import Series, SeriesKey
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.claims import NoChanceToMeasure, NothingEarlier, NoValue, Untold, When
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Indicator, Measure
from orchestration.statistics.arrays import BoolArray, FloatArray
from orchestration.statistics.filters import (
    GammaPoisson,
    LevelModel,
    Panel,
    Prediction,
    breakeven_volatility,
    two_sided,
)
from orchestration.statistics.means import LogNormalLevel, moderate
from orchestration.statistics.pooled import Dials, Judged, judge
from orchestration.statistics.proportions import BetaBinomial


class ModelKind(StrEnum):
    """Which model a measure is tested with."""

    COUNTS = "counts"
    PROPORTIONS = "proportions"
    MEANS = "means"
    AMOUNTS = "amounts"


_KIND_OF = {
    Measure.COUNT: ModelKind.COUNTS,
    Measure.RATE: ModelKind.COUNTS,
    Measure.PROPORTION: ModelKind.PROPORTIONS,
    Measure.MEAN: ModelKind.MEANS,
    Measure.AMOUNT: ModelKind.AMOUNTS,
}


@dataclass(frozen=True)
class Untestable:
    """A series that cannot be tested, and why."""

    series: Series
    why: Untold


@dataclass(frozen=True, eq=False)
class _Breakevens:
    """The volatility that would explain each surprising change away, sought for all at once.

    Attributes:
        model: the series' model.
        panel: all series of a kind.
        rows: those of them that surprise.
        slope: standard deviations of slopes.
        settings: of the engine.
    """

    model: LevelModel
    panel: Panel
    rows: tuple[int, ...]
    slope: tuple[float, ...]
    settings: DeviationSettings

    @cached_property
    def by_row(self) -> Mapping[int, float]:
        """Yearly log-volatility by row of the panel."""
        found = breakeven_volatility(
            self.model,
            self.panel.take(list(self.rows)),
            alpha=self.settings.alpha,
            ceiling=self.settings.breakeven_ceiling,
            slope=np.array(self.slope),
        )
        return dict(zip(self.rows, found.tolist(), strict=True))

    def of(self, row: int) -> float:
        """That of one row, also of one that does not surprise."""
        if row in self.rows:
            return self.by_row[row]
        return replace(self, rows=(row,)).by_row[row]


@dataclass(frozen=True, eq=False)
class JudgedSeries:
    """A series' verdict from its model, before multiplicity and explanations.

    Attributes:
        series: the series.
        indicator: its catalogue row.
        kind: model it was tested with.
        pool: name of its pool.
        pool_size: series in the pool.
        row: its row in ``prediction`` and ``panel``.
        prediction: of all series of the same kind.
        panel: the same.
        model: the model.
        fit: what was pooled.
        p_value: two-sided.
        p_down: one-sided, of a value at most as large.
        p_up: one-sided, of a value at least as large.
        to_unit: factor from the model's scale to the indicator's unit.
        history_years: comparable earlier years.
        breakevens: of all series of the same kind.
        settings: what it was tested with.
    """

    series: Series
    indicator: Indicator
    kind: ModelKind
    pool: str
    pool_size: int
    row: int
    prediction: Prediction
    panel: Panel
    model: LevelModel
    fit: Judged
    p_value: float
    p_down: float
    p_up: float
    to_unit: float
    history_years: int
    breakevens: _Breakevens
    settings: DeviationSettings

    @property
    def observed(self) -> float:
        """The tested value in the indicator's unit."""
        return float(self.series.value[self.position])

    @cached_property
    def expected(self) -> float:
        """Predictive mean in the indicator's unit."""
        return float(self.alone.expected()[0]) * self.to_unit

    @cached_property
    def alone(self) -> Prediction:
        """Its prediction without the others of its kind."""
        return self.prediction.take([self.row])

    @property
    def relative_to_expected(self) -> float:
        """Observed over expected, less one."""
        return self.observed / self.expected - 1.0

    @property
    def log_to_expected(self) -> float:
        """Log of observed over expected, each half a case up, so that none at all has one too."""
        half = 0.5 * self.to_unit
        return float(np.log((self.observed + half) / (self.expected + half)))

    def expected_after(self, log_change: float) -> tuple[float, float]:
        """Expected value and two-sided p-value after a known change of the level."""
        moved = self.alone.shifted(np.array([log_change]))
        return float(moved.expected()[0]) * self.to_unit, float(moved.p_values()[0])

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Predictive interval in the indicator's unit."""
        low, high = self.alone.interval(self.settings.interval_level)
        return self._unit(float(low[0])), self._unit(float(high[0]))

    @cached_property
    def probability_relevant(self) -> float:
        """Probability that the level changed by more than what matters."""
        return float(self.alone.probability_relevant(self.settings.relevant_change)[0])

    @property
    def breakeven(self) -> float:
        """Yearly log-volatility that would explain the change away."""
        return self.breakevens.of(self.row)

    @property
    def volatility(self) -> float:
        """Posterior mean of its yearly log-volatility."""
        return float(self.prediction.ways[self.row] @ self.fit.dials.volatilities)

    @property
    def persons_concerned(self) -> float:
        """Persons or decisions that the difference is about; all behind a mean, none for kronor."""
        if self.model.discrete:
            return abs(self.excess)
        n = self.series.observations[self.position]
        return float(n) if np.isfinite(n) else 0.0

    @property
    def excess(self) -> float:
        """Observed less expected: persons or decisions, or the unit of a mean or amount."""
        if self.model.discrete:
            return float(self.alone.seen.y[0, 0] - self.alone.expected()[0])
        return self.observed - self.expected

    @property
    def position(self) -> int:
        """Position of the tested year in the series."""
        return len(self.series.years) - 1

    @property
    def previous(self) -> int | None:
        """Position of the latest earlier comparable value."""
        return self.series.before(int(self.series.years[self.position]))

    @property
    def counted_from(self) -> int | None:
        """The year of that value."""
        before = self.previous
        return None if before is None else int(self.series.years[before])

    @property
    def relative_change(self) -> float | None:
        """Change since the latest earlier comparable value; None without one or from zero."""
        before = self.previous
        if before is None or self.series.value[before] == 0:
            return None
        return float(self.series.value[self.position] / self.series.value[before] - 1.0)

    @property
    def movement(self) -> Movement | None:
        """How it moved, for pairs; None where there is nothing to compare with."""
        change = self.relative_change
        if change is None:
            return None
        return Movement(change=change, p_down=self.p_down, p_up=self.p_up)

    def log_change(self, years_back: int = 0) -> tuple[float, float] | None:
        """Log change into a year and its sampling variance, known changes of the level removed.

        Args:
            years_back: years between that year and the tested one.

        Returns:
            None where that year or the one before it has no comparable value.
        """
        last = self.panel.observed.shape[1] - 1 - years_back
        if last < 1 or not self.panel.usable[self.row, last - 1 : last + 1].all():
            return None
        if self.panel.reset[self.row, last]:
            return None
        levels, variances = zip(
            *(self._log_level(column) for column in (last - 1, last)), strict=True
        )
        known = float(self.panel.log_shift[self.row, last])
        return levels[1] - levels[0] - known, sum(variances)

    def _log_level(self, column: int) -> tuple[float, float]:
        y = float(self.panel.observed[self.row, column])
        exposure = float(self.panel.exposure[self.row, column])
        if not self.model.discrete:
            return y, exposure
        level = (y + 0.5) / exposure
        whole = level if self.kind is ModelKind.PROPORTIONS else 0.0
        # All of them is no proof that it could not be otherwise.
        rest = 1.0 - whole if whole < 1.0 else 0.5 / (exposure + 1.0)
        return float(np.log(level)), rest / (y + 0.5)

    @property
    def volatility_variance(self) -> float:
        """Posterior mean of its yearly variance on the log scale."""
        return float(self.prediction.ways[self.row] @ np.square(self.fit.dials.volatilities))

    def _unit(self, raw: float) -> float:
        if self.model.discrete:
            return raw * self.to_unit
        return float(np.exp(raw)) * self.to_unit


def against_shift(
    members: Sequence[JudgedSeries], log_shift: float, variance: float
) -> list[JudgedSeries]:
    """The same series, held against a level that moved with the others.

    Args:
        members: series of one kind of model.
        log_shift: how the others moved.
        variance: how uncertain that is.
    """
    out: list[JudgedSeries] = []
    for one in members:
        shift = np.full((1, 1), log_shift)
        state = one.model.forward(one.alone.state, np.full((1, 1), variance), shift)
        prediction = replace(one.alone, state=state)
        panel = one.panel.take([one.row])
        panel.log_shift[0, -1] += log_shift
        below, above = prediction.tails()
        out.append(
            replace(
                one,
                row=0,
                prediction=prediction,
                panel=panel,
                p_value=float(two_sided(below, above)[0]),
                p_down=float(below[0]),
                p_up=float(above[0]),
                breakevens=replace(one.breakevens, panel=panel, rows=(0,)),
            )
        )
    return out


@dataclass(frozen=True, eq=False)
class Prepared:
    """A series on its model's scale: what was seen, its exposure, where it is usable.

    The factor back to the indicator's unit is given where it is not ``unit_factor``'s.
    """

    series: Series
    indicator: Indicator
    observed: FloatArray
    exposure: FloatArray
    df: FloatArray
    usable: BoolArray
    to_unit: float | None = None


def geography_level(geography_id: str) -> str:
    """Level of a geography from its code: riket, lan, kommun or stadsdelsnamnd."""
    if geography_id == "SE":
        return "riket"
    if "-" in geography_id:
        return "stadsdelsnamnd"
    county_digits = 2
    return "lan" if len(geography_id) == county_digits else "kommun"


def in_scope(
    series: Sequence[Series], catalogue: Catalogue, year: int, settings: DeviationSettings
) -> list[Series]:
    """Totals that are tested: each indicator where it is nearest to the municipality.

    Series that ended before the report year's neighbourhood are history and left out; years
    after the report year are cut away. What is decided is not tested.

    Raises:
        ValueError: an indicator is not in the catalogue, or a series is given twice.
    """
    chosen: dict[str, Series] = {}
    places = settings.places()
    seen: set[SeriesKey] = set()
    for one in series:
        indicator = catalogue.indicator(one.indicator_id)
        if one.key in seen:
            raise ValueError(f"Serien {one.label} förekommer flera gånger.")
        seen.add(one.key)
        if one.breakdown != "total" or one.category != "total" or one.geography_id not in places:
            continue
        if indicator.is_decided or not is_current(one, year, settings):
            continue
        cut = until(one, year)
        rival = chosen.get(one.indicator_id)
        if rival is None or places.index(one.geography_id) < places.index(rival.geography_id):
            chosen[one.indicator_id] = cut
    order = {row.indicator_id: position for position, row in enumerate(catalogue.indicators)}
    return sorted(chosen.values(), key=lambda s: order[s.indicator_id])


def is_current(series: Series, year: int, settings: DeviationSettings) -> bool:
    """Whether a series has a comparable value in a year or its neighbourhood; else it is history.

    What comes after the year counts for nothing.
    """
    comparable = series.years[series.usable & (series.years <= year)]
    return bool(comparable.size and comparable[-1] >= year - settings.current_within_years)


def until(series: Series, year: int) -> Series:
    """The series without what came after a year."""
    return _kept(series, series.years <= year)


def _kept(series: Series, keep: BoolArray) -> Series:
    return Series(
        *series.key,
        years=series.years[keep],
        numerator=series.numerator[keep],
        denominator=series.denominator[keep],
        value=series.value[keep],
        standard_deviation=series.standard_deviation[keep],
        observations=series.observations[keep],
        status=[status for status, kept in zip(series.status, keep, strict=True) if kept],
    )


def over(series: Series, year: int, years: int) -> Series:
    """The series as if nothing were known between the tested year and so many years before it."""
    keep = (series.years <= year - years) | (series.years >= year)
    return _kept(series, keep)


def judge_series(
    series: Sequence[Series], catalogue: Catalogue, year: int, settings: DeviationSettings
) -> tuple[list[JudgedSeries], list[Untestable]]:
    """Hold the tested year of each series against its own history, volatility pooled.

    Args:
        series: in scope, nothing after ``year``.
        catalogue: indicators and explanations.
        year: tested year.
        settings: of the engine.

    Returns:
        Those that could be tested, and those that could not with the reason.
    """
    ready: dict[ModelKind, list[Prepared]] = {kind: [] for kind in ModelKind}
    untestable: list[Untestable] = []
    for one in series:
        indicator = catalogue.indicator(one.indicator_id)
        prepared = prepare(one, indicator)
        reason = _why_not(prepared, catalogue, year, settings)
        if reason is not None:
            untestable.append(Untestable(one, reason))
        else:
            ready[_KIND_OF[indicator.measure]].append(prepared)
    tested: list[JudgedSeries] = []
    for kind, members in ready.items():
        if members:
            tested += _judge_kind(kind, members, catalogue, year, settings)
    return tested, untestable


def prepare(series: Series, indicator: Indicator) -> Prepared:
    """A series on its model's scale.

    Raises:
        ValueError: a proportion's numerator is above its denominator.
    """
    ones = np.ones(series.years.shape)
    df = np.full(series.years.shape, np.inf)
    usable = series.usable
    match indicator.measure:
        case Measure.COUNT:
            counted = np.where(np.isfinite(series.numerator), series.numerator, series.value)
            observed, exposure = np.rint(counted), ones
        case Measure.RATE | Measure.PROPORTION:
            observed, exposure = np.rint(series.numerator), series.denominator
            usable = usable & (exposure > 0)
            if indicator.measure is Measure.PROPORTION and np.any(observed > exposure):
                raise ValueError(f"{series.label}: täljaren är större än nämnaren.")
        case Measure.MEAN | Measure.AMOUNT:
            positive = series.value > 0
            safe = np.where(positive, series.value, 1.0)
            observed = np.log(safe)
            enough = (series.observations > 1) & (series.standard_deviation >= 0)
            n = np.where(enough, series.observations, 2.0)
            variance = np.where(enough, (series.standard_deviation / safe) ** 2, 0.0)
            exposure, df = variance / n, np.where(enough, n - 1.0, np.inf)
            usable = usable & positive
            if indicator.measure is Measure.MEAN:
                usable = usable & enough
    usable = usable & np.isfinite(observed) & np.isfinite(exposure)
    if indicator.measure not in (Measure.MEAN, Measure.AMOUNT):
        usable = usable & (observed >= 0)
    return Prepared(series, indicator, observed, exposure, df, usable)


def _why_not(
    prepared: Prepared, catalogue: Catalogue, year: int, settings: DeviationSettings
) -> Untold | None:
    series = prepared.series
    at = np.flatnonzero(series.years == year)
    if not at.size or not series.usable[at[0]]:
        return NoValue(when=When.of(year), status=series.status[at[0]] if at.size else "missing")
    if not prepared.usable[at[0]]:
        return NoChanceToMeasure(measure=prepared.indicator.measure)
    if comparable_years(prepared.usable, prepared.series, catalogue, year) < (
        settings.minimum_history
    ):
        return NothingEarlier(when=When.of(year))
    return None


def comparable_years(
    usable: BoolArray, series: Series, catalogue: Catalogue, tested_year: int
) -> int:
    """How many years with a value there are before the tested one that it is comparable with."""
    return int(comparable(usable, series, catalogue, tested_year).sum())


def comparable(
    usable: BoolArray, series: Series, catalogue: Catalogue, tested_year: int
) -> BoolArray:
    """Years with a value before the tested one, since the last break and outside gaps; (T,)."""
    years = np.arange(int(series.years[0]), tested_year + 1)
    effects = history_effects(
        catalogue.explanations_for(series.indicator_id, series.geography_id), years, tested_year
    )
    breaks = years[effects.reset]
    since = int(breaks.max()) if breaks.size else int(years[0])
    left_out = np.isin(series.years, years[effects.gap])
    out: BoolArray = usable & ~left_out & (series.years >= since) & (series.years < tested_year)
    return out


def _judge_kind(
    kind: ModelKind,
    members: Sequence[Prepared],
    catalogue: Catalogue,
    year: int,
    settings: DeviationSettings,
) -> list[JudgedSeries]:
    pools = [f"{m.indicator.area}/{kind}/{geography_level(m.series.geography_id)}" for m in members]
    dials = {ModelKind.MEANS: settings.means, ModelKind.AMOUNTS: settings.amounts}
    return judge_prepared(
        kind,
        members,
        pools,
        catalogue,
        year,
        settings=settings,
        dials=dials.get(kind, settings.counted),
    )


def judge_prepared(
    kind: ModelKind,
    members: Sequence[Prepared],
    pools: Sequence[str],
    catalogue: Catalogue,
    year: int,
    *,
    settings: DeviationSettings,
    dials: Dials,
) -> list[JudgedSeries]:
    """Hold the tested year of series of one kind against their history.

    Args:
        kind: model they are tested with.
        members: at least one; each with a value in the tested year and one before it.
        pools: with which others each is comparable.
        catalogue: what is registered of their history.
        year: tested year.
        settings: of the engine.
        dials: what is pooled.
    """
    model: LevelModel
    match kind:
        case ModelKind.COUNTS:
            model = GammaPoisson(settings.prior_shape)
        case ModelKind.PROPORTIONS:
            model = BetaBinomial(settings.prior_shape)
        case _:
            model = LogNormalLevel()
    panel = _panel(members, catalogue, year, moderated=kind is ModelKind.MEANS)
    if kind is ModelKind.MEANS and not (panel.exposure[panel.usable] > 0).all():
        # Nobody's value was ever unlike another's: as without a known spread.
        dials = settings.amounts
    registers = [member.indicator.source_id for member in members]
    clusters = catalogue.clusters
    counted = [f"{clusters[m.series.indicator_id]}/{m.series.geography_id}" for m in members]
    fit = judge(model, panel, registers, pools, dials, counted=counted)
    below, above = fit.prediction.tails()
    p = two_sided(below, above)
    surprising = tuple(np.flatnonzero(p < settings.alpha).tolist())
    breakevens = _Breakevens(model, fit.panel, surprising, dials.slope, settings)
    return [
        JudgedSeries(
            series=member.series,
            indicator=member.indicator,
            kind=kind,
            pool=pool,
            pool_size=pools.count(pool),
            row=row,
            prediction=fit.prediction,
            panel=fit.panel,
            model=model,
            fit=fit,
            p_value=float(p[row]),
            p_down=float(below[row]),
            p_up=float(above[row]),
            to_unit=unit_factor(member) if member.to_unit is None else member.to_unit,
            history_years=comparable_years(member.usable, member.series, catalogue, year),
            breakevens=breakevens,
            settings=settings,
        )
        for row, (member, pool) in enumerate(zip(members, pools, strict=True))
    ]


def _panel(
    members: Sequence[Prepared], catalogue: Catalogue, year: int, *, moderated: bool
) -> Panel:
    first = min(int(m.series.years[0]) for m in members)
    years = np.arange(first, year + 1)
    shape = (len(members), years.size)
    observed, exposure, df = np.zeros(shape), np.ones(shape), np.full(shape, np.inf)
    usable, reset = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    log_shift = np.zeros(shape)
    for row, m in enumerate(members):
        columns = m.series.years - first
        ok = columns[m.usable]
        observed[row, ok] = m.observed[m.usable]
        exposure[row, ok] = m.exposure[m.usable]
        df[row, ok] = m.df[m.usable]
        usable[row, ok] = True
        effects = history_effects(
            catalogue.explanations_for(m.series.indicator_id, m.series.geography_id), years, year
        )
        usable[row] &= ~effects.gap
        reset[row], log_shift[row] = effects.reset, effects.log_shift
    if moderated:
        known = usable & np.isfinite(df)
        n = df[known] + 1.0
        steadied = moderate(exposure[known] * n, df[known])
        exposure[known], df[known] = steadied.variance / n, steadied.df
    return Panel(observed, exposure, usable, reset, log_shift, df[:, -1], np.ones(len(members)))


def unit_factor(member: Prepared) -> float:
    """Factor from the model's scale to the indicator's unit in the tested year."""
    series, last = member.series, len(member.series.years) - 1
    match member.indicator.measure:
        case Measure.RATE:
            # Per 100 or per 1,000 is the indicator's own affair; it shows in any year with cases.
            ok = member.usable & (member.observed > 0)
            per = series.value[ok] * member.exposure[ok] / member.observed[ok]
            factor = float(np.median(per)) if per.size else 1.0
            return factor / float(member.exposure[last])
        case Measure.PROPORTION:
            return 1.0 / float(member.exposure[last])
        case _:
            return 1.0
