"""District boards that deviate from what the other boards foretell, as findings.

Only boards of an indicator that was tested for the whole city, and each indicator's boards a
family of their own: the city's total and its boards are the same data. A board's value is held
against the other boards' of the same year, with the boards' socioeconomic index where there is
one; the year before is compared in the same way, to tell the new from the lasting. History lies
under today's boards, because the warehouse rebuilds it across the reforms: in the years before a
reform a board that was to cease has its own values, and its successor has the same persons counted
anew. A cross-section holds the successor alone.

What does not belong here: the fit (``statistics/districts.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from orchestration.deviation.findings import (
    Context,
    Finding,
    left_over,
    local_explanations,
    new_row,
    weighed,
)
from orchestration.deviation.pools import JudgedSeries, Prepared, prepare, until
from orchestration.deviation.series import Series
from orchestration.findings.cells import setting
from orchestration.findings.claims import BoardStandsOut, When
from orchestration.findings.codes import Kind
from orchestration.findings.evidence import BoardEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.models import CONTEXT_AREAS, Indicator, Measure
from orchestration.statistics.arrays import ROUNDING, FloatArray
from orchestration.statistics.districts import (
    LeftOut,
    between_interval,
    leave_one_out,
    leave_one_out_counts,
)
from orchestration.statistics.means import differs, moderate

#: Series of the boards, by indicator and board.
_Values = Mapping[str, Mapping[str, Series]]
_LOG_FLOOR = 0.5


@dataclass(frozen=True, eq=False)
class _Boards:
    """The boards of one indicator in one year, and each against the others."""

    members: Sequence[Prepared]
    observed: FloatArray
    exposure: FloatArray
    fit: LeftOut
    covariate: bool
    between: tuple[float, float]


def board_findings(
    series: Sequence[Series], tested: Sequence[JudgedSeries], context: Context
) -> list[Finding]:
    """Hold every board against the others, indicator by indicator.

    Args:
        series: yearly series of all geographies.
        tested: the city's tested series.
        context: of the report year.

    Returns:
        A finding for each board that could be tested. Amounts are not: kronor alone say nothing
        of chance.
    """
    totals = of_boards(series, context.settings.geography_id)
    found: list[Finding] = []
    for one in with_boards(tested, context):
        indicator = one.indicator
        now = _compare(indicator, totals, context.year, context)
        if now is not None:
            before = _compare(indicator, totals, context.year - 1, context)
            found += _findings(indicator, now, before, context)
    return found


def with_boards(tested: Sequence[JudgedSeries], context: Context) -> list[JudgedSeries]:
    """The city's own tested series whose boards are tested; kronor alone say nothing of chance."""
    return [
        one
        for one in tested
        if one.series.geography_id == context.settings.geography_id
        and one.indicator.area not in CONTEXT_AREAS
        and one.indicator.measure is not Measure.AMOUNT
    ]


def of_boards(series: Sequence[Series], city: str) -> dict[str, dict[str, Series]]:
    """Totals of a city's boards, by indicator and board."""
    totals: dict[str, dict[str, Series]] = {}
    for each in series:
        if each.breakdown == each.category == "total" and each.geography_id.startswith(f"{city}-"):
            totals.setdefault(each.indicator_id, {})[each.geography_id] = each
    return totals


def _compare(indicator: Indicator, totals: _Values, year: int, context: Context) -> _Boards | None:
    settings = context.settings
    members: list[Prepared] = []
    values: list[tuple[float, float]] = []
    covariates: list[float] = []
    for geography_id, one in sorted(on_one_map(totals, indicator, year, context).items()):
        member = prepare(until(one, year), indicator)
        exposure = _exposure(member, totals, year, settings.board_exposure)
        y = float(member.observed[-1])
        if not member.usable[-1] or exposure is None:
            continue
        if indicator.measure is not Measure.MEAN and y < settings.board_minimum_count:
            continue
        members.append(member)
        values.append((y, exposure))
        covariates.append(_value(totals, settings.board_covariate, geography_id, year))
    if len(members) < settings.board_minimum_number:
        return None
    observed, exposures = np.array(values).T
    if indicator.measure is Measure.MEAN:
        exposures = _spread(members, exposures)
        if not (exposures > 0).all():
            return None
    with_covariate = _tells_boards_apart(np.array(covariates))
    design = np.ones((len(members), 1))
    if with_covariate:
        standard = (np.array(covariates) - np.mean(covariates)) / np.std(covariates)
        design = np.column_stack([design, standard])
    if indicator.measure is Measure.MEAN:
        y, variance = observed, exposures
        fit = leave_one_out(y, variance, design)
    else:
        share = indicator.measure is Measure.PROPORTION
        fit = leave_one_out_counts(observed, exposures, design, proportion=share)
        y = np.log((observed + _LOG_FLOOR) / exposures)
        rest = np.maximum(1.0 - observed / exposures, _LOG_FLOOR / (exposures + 1.0))
        variance = (rest if share else 1.0) / (observed + _LOG_FLOOR)
    between = between_interval(y, np.maximum(variance, 1e-12), design, settings.interval_level)
    return _Boards(members, observed, exposures, fit, with_covariate, between)


def on_one_map(
    totals: _Values, indicator: Indicator, year: int, context: Context
) -> dict[str, Series]:
    """The boards with a value in a year, without those whose successor has one too."""
    valued = {
        geography_id: one
        for geography_id, one in totals.get(indicator.indicator_id, {}).items()
        if one.at(year) is not None
    }
    return {
        geography_id: one
        for geography_id, one in valued.items()
        if not context.heirs(geography_id) & valued.keys()
    }


def _spread(members: Sequence[Prepared], variance: FloatArray) -> FloatArray:
    """Sampling variances of the boards' means; the others' where all in a board are alike."""
    df = np.array([float(member.df[-1]) for member in members])
    of_persons = variance * (df + 1.0)
    steadied = moderate(of_persons, df).variance / (df + 1.0)
    return np.where(differs(of_persons), variance, steadied)


def _tells_boards_apart(covariate: FloatArray) -> bool:
    """Whether boards differ in a covariate, whichever of them is left out."""
    if not np.isfinite(covariate).all():
        return False
    ordered = np.sort(covariate)
    slack = ROUNDING * float(np.abs(ordered).max())
    return bool(min(ordered[-2] - ordered[0], ordered[-1] - ordered[1]) > slack)


def _exposure(member: Prepared, totals: _Values, year: int, population: str) -> float | None:
    if member.indicator.measure is not Measure.COUNT:
        return float(member.exposure[-1])
    persons = _value(totals, population, member.series.geography_id, year)
    return persons if persons > 0 else None


def _value(totals: _Values, indicator_id: str, geography_id: str, year: int) -> float:
    one = totals.get(indicator_id, {}).get(geography_id)
    at = None if one is None else one.at(year)
    return float("nan") if one is None or at is None else float(one.value[at])


def _findings(
    indicator: Indicator, now: _Boards, before: _Boards | None, context: Context
) -> list[Finding]:
    settings = context.settings
    family = (indicator.indicator_id, Kind.DISTRICT_OUTLIER)
    low, high = now.fit.interval(settings.interval_level)
    away_before = _away(before)
    found: list[Finding] = []
    for at, member in enumerate(now.members):
        row = new_row(
            member.series.key,
            Kind.DISTRICT_OUTLIER,
            context.year,
            p_value=float(now.fit.p_values[at]),
        )
        own = float(member.series.value[-1])
        foretold, lower, upper = (
            own * float(np.exp(level[at] - _log_value(now, indicator)[at]))
            for level in (now.fit.foretold, low, high)
        )
        expected_count = foretold / own * float(now.observed[at]) if own else 0.0
        small = (
            indicator.measure is not Measure.MEAN and expected_count < settings.board_minimum_count
        )
        if (row.p_value or 0.0) >= settings.alpha or small:
            found.append(Finding.quiet(replace(row, p_value=1.0) if small else row, family))
            continue
        discrete = indicator.measure is not Measure.MEAN
        excess = float(now.observed[at]) - expected_count if discrete else own - foretold
        row = replace(
            row,
            observed=own,
            expected=foretold,
            lower=lower,
            upper=upper,
            relative_change=_relative_change(member.series, context.year),
            probability_relevant=_probability_relevant(now.fit, at, settings.relevant_change),
            excess=excess,
        )
        evidence = BoardEvidence(
            boards=len(now.members),
            covariate=settings.board_covariate if now.covariate else None,
            statistic=float(now.fit.statistic[at]),
            df=now.fit.df,
            between_sd=float(np.sqrt(now.fit.between[at])),
            between_sd_interval=(
                float(np.sqrt(now.between[0])),
                float(np.sqrt(now.between[1])),
            ),
            relative_to_expected=own / foretold - 1.0,
            relative_to_expected_before=away_before.get(member.series.geography_id),
            interval_level=settings.interval_level,
            persons_concerned=abs(excess) if discrete else float(member.series.observations[-1]),
        )
        told = BoardStandsOut(
            indicator_id=indicator.indicator_id,
            geography_id=member.series.geography_id,
            when=When.of(context.year),
            observed=row.figure("observed", own),
            lower=row.figure("lower", lower),
            upper=row.figure("upper", upper),
            covariate=evidence.covariate,
            before=None
            if evidence.relative_to_expected_before is None
            else row.figure(
                "evidence.relative_to_expected_before", evidence.relative_to_expected_before
            ),
        )
        found.append(_weighed(row, told, evidence, context))
    return found


def _weighed(
    row: Deviation, told: BoardStandsOut, evidence: BoardEvidence, context: Context
) -> Finding:
    relative = (row.observed or 0.0) / (row.expected or 1.0) - 1.0
    minimum = context.settings.board_minimum_change
    explanations = local_explanations(row, context)
    covered, residual = left_over(explanations, 1.0 + relative, minimum, context.year)
    return Finding(
        row=row,
        family=(row.indicator_id, Kind.DISTRICT_OUTLIER),
        relative_to_expected=relative,
        minimum=setting("deviation.board_minimum_change", minimum),
        persons=evidence.persons_concerned or 0.0,
        told=told,
        evidence=replace(evidence, explanation=weighed(explanations, residual)),
        explanations=explanations,
        covered=covered,
        told_with=row.indicator_id,
        only_selected=True,
    )


def _log_value(boards: _Boards, indicator: Indicator) -> FloatArray:
    """Each board's value on the scale of the fit, as its residual takes it."""
    if indicator.measure is Measure.MEAN:
        return boards.observed
    return np.asarray(np.log(boards.observed / boards.exposure), dtype=np.float64)


def _away(boards: _Boards | None) -> dict[str, float]:
    if boards is None:
        return {}
    return {
        member.series.geography_id: float(np.expm1(residual))
        for member, residual in zip(boards.members, boards.fit.residual, strict=True)
    }


def _relative_change(series: Series, year: int) -> float | None:
    before = series.before(year)
    if before is None or series.value[before] == 0:
        return None
    return float(series.value[-1] / series.value[before] - 1.0)


def _probability_relevant(fit: LeftOut, at: int, change: float) -> float:
    """Probability that the board is off by more than what matters."""
    limit = float(np.log1p(change))
    residual, spread = float(fit.residual[at]), float(fit.standard_error[at])
    upper, lower = (
        special.stdtr(fit.df, (side * residual - limit) / spread) for side in (1.0, -1.0)
    )
    return float(upper + lower)
