"""District boards that moved otherwise than the rest of the city, as findings.

A board far from what the others foretell (``boards.py``) may have been so for years. Here each
board is held against its own history and the rest of the city: what it would have had, had it
followed the other boards from where it was. A movement of the whole city is no board's own. All
boards of all indicators are judged together, their volatility pooled by indicator and their noise
by register; each indicator's boards are a family of their own.

History lies under today's boards, as the warehouse rebuilds it, so a reform is no movement.

What does not belong here: the city's own changes, and how one level moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from orchestration.deviation.boards import of_boards, on_one_map
from orchestration.deviation.findings import Context, Finding, local_explanations, new_row
from orchestration.deviation.pools import (
    JudgedSeries,
    ModelKind,
    Prepared,
    judge_prepared,
    prepare,
    until,
)
from orchestration.deviation.series import Series
from orchestration.findings.cells import setting
from orchestration.findings.claims import BoardMoved, When
from orchestration.findings.codes import Kind
from orchestration.findings.evidence import BoardChangeEvidence
from orchestration.indicators.models import CONTEXT_AREAS, Measure
from orchestration.statistics.arrays import FloatArray


def board_changes(
    series: Sequence[Series], tested: Sequence[JudgedSeries], context: Context
) -> list[Finding]:
    """Hold every board against its own history and the rest of the city.

    Args:
        series: yearly series of all geographies.
        tested: the city's tested series.
        context: of the report year.

    Returns:
        A finding for each board that could be tested. Amounts are not: kronor alone say nothing
        of chance.
    """
    totals = of_boards(series, context.settings.geography_id)
    of_kind: dict[ModelKind, list[Prepared]] = {ModelKind.COUNTS: [], ModelKind.MEANS: []}
    for one in tested:
        if (
            one.series.geography_id != context.settings.geography_id
            or one.indicator.area in CONTEXT_AREAS
            or one.indicator.measure is Measure.AMOUNT
        ):
            continue
        boards = on_one_map(totals, one.indicator, context.year, context)
        members = [_beside_the_rest(board, one, context) for _, board in sorted(boards.items())]
        testable = [member for member in members if member is not None]
        if len(testable) >= context.settings.board_minimum_number:
            mean = one.indicator.measure is Measure.MEAN
            of_kind[ModelKind.MEANS if mean else ModelKind.COUNTS] += testable
    city = {one.series.indicator_id: one.series for one in tested}
    return [
        _finding(each, city[each.series.indicator_id], context)
        for kind, members in of_kind.items()
        for each in _judged(kind, members, context)
    ]


def _judged(
    kind: ModelKind, members: Sequence[Prepared], context: Context
) -> Sequence[JudgedSeries]:
    settings = context.settings
    if not members:
        return ()
    dials = settings.boards if kind is ModelKind.COUNTS else settings.means
    return judge_prepared(
        kind,
        members,
        [f"{member.series.indicator_id}/stadsdelsnamnd" for member in members],
        context.catalogue,
        context.year,
        settings=settings,
        dials=dials,
    )


def _beside_the_rest(board: Series, city: JudgedSeries, context: Context) -> Prepared | None:
    """A board with what it would have if it followed the rest; None where too little is known.

    A count's exposure is the rest's count, or the board's own base times the rest's share; a
    mean is taken relative to the rest's mean.
    """
    settings = context.settings
    one = until(board, context.year)
    own = prepare(one, city.indicator)
    whole = _aligned(city.series, one.years)
    if int(one.years[-1]) != context.year or own.usable[:-1].sum() < settings.minimum_history:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        if city.indicator.measure is Measure.MEAN:
            n, all_n = one.observations, whole["observations"]
            rest = (whole["value"] * all_n - one.value * n) / (all_n - n)
            usable = own.usable & np.isfinite(rest) & (rest > 0)
            observed = own.observed - np.log(np.where(usable, rest, 1.0))
            out = replace(own, observed=observed, usable=usable)
        else:
            rest = _rest(own, whole, city.indicator.measure)
            usable = own.usable & np.isfinite(rest) & (rest > 0)
            exposure = np.where(usable, own.exposure * rest, 1.0)
            out = replace(own, exposure=exposure, usable=usable)
    if not out.usable[-1] or not out.usable[:-1].any():
        return None
    return out


def _rest(own: Prepared, whole: Mapping[str, FloatArray], measure: Measure) -> FloatArray:
    """What the rest of the city counts, in all or of each that is exposed; (T,)."""
    if measure is Measure.COUNT:
        counted = np.where(np.isfinite(whole["numerator"]), whole["numerator"], whole["value"])
        return np.asarray(counted - own.observed, dtype=np.float64)
    rest = (whole["numerator"] - own.observed) / (whole["denominator"] - own.exposure)
    return np.asarray(rest, dtype=np.float64)


def _aligned(series: Series, years: np.ndarray) -> Mapping[str, FloatArray]:
    """The city's figures of a board's years, nan where it has no comparable one; each (T,)."""
    out = {name: np.full(years.shape, np.nan) for name in _FIGURES}
    at = {int(year): position for position, year in enumerate(series.years)}
    for position, year in enumerate(years):
        of = at.get(int(year))
        if of is not None and series.usable[of]:
            for name in _FIGURES:
                out[name][position] = getattr(series, name)[of]
    return out


_FIGURES = ("numerator", "denominator", "value", "observations")


def _finding(each: JudgedSeries, city: Series, context: Context) -> Finding:
    settings = context.settings
    indicator = each.indicator
    row = new_row(each.series.key, Kind.DISTRICT_CHANGE, context.year, p_value=each.p_value)
    family = (indicator.indicator_id, Kind.DISTRICT_CHANGE)
    own = each.observed
    # On the model's scale, because its unit differs from year to year with the rest of the city.
    scale = _to_unit(each)
    expected = float(each.alone.expected()[0]) * scale
    discrete = each.model.discrete
    few = float(each.alone.expected()[0]) < settings.board_minimum_count
    if each.p_value >= settings.alpha or (discrete and few):
        return Finding.quiet(replace(row, p_value=1.0) if discrete and few else row, family)
    low, high = (float(limit[0]) for limit in each.alone.interval(settings.interval_level))
    lower, upper = ((limit if discrete else float(np.exp(limit))) * scale for limit in (low, high))
    excess = each.excess if discrete else own - expected
    persons = abs(excess) if discrete else float(each.series.observations[-1])
    relative = own / expected - 1.0
    row = replace(
        row,
        observed=own,
        expected=expected,
        lower=lower,
        upper=upper,
        relative_change=each.relative_change,
        probability_relevant=each.probability_relevant,
        excess=excess,
    )
    previous = each.previous
    then = None if previous is None else int(each.series.years[previous])
    rest = _rest_change(each, city)
    explanations, covered, known = local_explanations(row, relative, context)
    return Finding(
        row=row,
        family=family,
        relative_to_expected=relative,
        minimum=setting("deviation.board_minimum_change", settings.board_minimum_change),
        persons=persons,
        told=BoardMoved(
            indicator_id=indicator.indicator_id,
            geography_id=each.series.geography_id,
            when=When.of(context.year),
            observed=row.figure("observed", own),
            lower=row.figure("lower", lower),
            upper=row.figure("upper", upper),
            since=None if then is None else When.of(then),
            change=None
            if row.relative_change is None
            else row.figure("relative_change", row.relative_change),
            rest_change=None if rest is None else row.figure("evidence.rest_change", rest),
        ),
        evidence=BoardChangeEvidence(
            previous_year=then,
            rest_change=rest,
            relative_to_expected=relative,
            history_years=each.history_years,
            p_down=each.p_down,
            p_up=each.p_up,
            volatility=each.volatility,
            boards=each.pool_size,
            interval_level=settings.interval_level,
            persons_concerned=persons,
            explanation=known,
        ),
        explanations=explanations,
        covered=covered,
        only_selected=True,
    )


def _to_unit(each: JudgedSeries) -> float:
    """Factor from the model's scale to the indicator's unit in the tested year."""
    if not each.model.discrete:
        # The rest's mean, which the board's was divided by.
        return each.observed / float(np.exp(each.alone.seen.y[0, 0]))
    counted = float(each.alone.seen.y[0, 0])
    return each.observed / counted if counted else each.to_unit


def _rest_change(each: JudgedSeries, city: Series) -> float | None:
    """How the rest of the city moved since the board's latest earlier value."""
    if each.previous is None:
        return None
    years = each.series.years[[each.previous, each.position]]
    whole = _aligned(city, years)
    own = {name: getattr(each.series, name)[[each.previous, each.position]] for name in _FIGURES}
    with np.errstate(divide="ignore", invalid="ignore"):
        match each.indicator.measure:
            case Measure.MEAN:
                n, all_n = own["observations"], whole["observations"]
                rest = (whole["value"] * all_n - own["value"] * n) / (all_n - n)
            case Measure.COUNT:
                rest = whole["value"] - own["value"]
            case _:
                rest = (whole["numerator"] - own["numerator"]) / (
                    whole["denominator"] - own["denominator"]
                )
        change = float(rest[1] / rest[0] - 1.0)
    return change if np.isfinite(change) else None
