"""District boards that moved otherwise than the rest of the city, as findings.

A board far from what the others foretell (``boards.py``) may have been so for years. Here each
board is held against its own history and the rest of the city: what it would have had, had it
followed the other boards from where it was. A movement of the whole city is no board's own. All
boards of all indicators are judged together, their volatility pooled by indicator and their noise
by register; each indicator's boards are a family of their own.

History lies under today's boards, as the warehouse rebuilds it, so a reform is no movement.

What does not belong here: the city's own changes, and how one level moves.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from orchestration.deviation.boards import of_boards, on_one_map, with_boards
from orchestration.deviation.findings import (
    Context,
    Finding,
    left_over,
    local_explanations,
    new_row,
    weighed,
)
from orchestration.deviation.pools import (
    JudgedSeries,
    ModelKind,
    Prepared,
    judge_prepared,
    prepare,
    unit_factor,
    until,
)
from orchestration.deviation.series import Series
from orchestration.findings.cells import setting
from orchestration.findings.claims import BoardMoved, When
from orchestration.findings.codes import Kind
from orchestration.findings.evidence import BoardChangeEvidence
from orchestration.indicators.models import Measure
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
    city = {one.series.indicator_id: one.series for one in tested}
    return [
        _finding(each, city[each.series.indicator_id], context)
        for each in judged_boards(series, tested, context)
    ]


def judged_boards(
    series: Sequence[Series], tested: Sequence[JudgedSeries], context: Context
) -> list[JudgedSeries]:
    """Every board beside the rest of the city, before multiplicity and explanations.

    Args:
        series: yearly series of all geographies.
        tested: the city's tested series.
        context: of the report year.
    """
    totals = of_boards(series, context.settings.geography_id)
    of_kind: dict[ModelKind, list[Prepared]] = {ModelKind.COUNTS: [], ModelKind.MEANS: []}
    for one in with_boards(tested, context):
        boards = on_one_map(totals, one.indicator, context.year, context)
        members = [_beside_the_rest(board, one, context) for _, board in sorted(boards.items())]
        testable = [member for member in members if member is not None]
        if len(testable) >= context.settings.board_minimum_number:
            mean = one.indicator.measure is Measure.MEAN
            of_kind[ModelKind.MEANS if mean else ModelKind.COUNTS] += testable
    return [each for kind, members in of_kind.items() for each in _judged(kind, members, context)]


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
    one = until(board, context.year)
    own = prepare(one, city.indicator)
    if (
        int(one.years[-1]) != context.year
        or own.usable[:-1].sum() < context.settings.minimum_history
    ):
        return None
    rest = _rest(one, city.series, city.indicator.measure)
    usable = own.usable & np.isfinite(rest) & (rest > 0)
    if not usable[-1] or not usable[:-1].any():
        return None
    safe = np.where(usable, rest, 1.0)
    if city.indicator.measure is Measure.MEAN:
        observed = own.observed - np.log(safe)
        return replace(own, observed=observed, usable=usable, to_unit=float(rest[-1]))
    exposure = np.where(usable, own.exposure, 1.0) * safe
    return replace(own, exposure=exposure, usable=usable, to_unit=unit_factor(own))


def _rest(board: Series, city: Series, measure: Measure) -> FloatArray:
    """What the rest of the city has, in all, of each that is exposed, or on average; (T,).

    In the board's years; nan or infinite where the city has no comparable value, or no rest.
    """
    at = np.searchsorted(city.years, board.years).clip(max=city.years.size - 1)
    known = (city.years[at] == board.years) & city.usable[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        match measure:
            case Measure.MEAN:
                n, every = board.observations, city.observations[at]
                rest = (city.value[at] * every - board.value * n) / (every - n)
            case Measure.COUNT:
                rest = city.value[at] - board.value
            case _:
                rest = (city.numerator[at] - board.numerator) / (
                    city.denominator[at] - board.denominator
                )
    return np.where(known, rest, np.nan)


def _finding(each: JudgedSeries, city: Series, context: Context) -> Finding:
    settings = context.settings
    row = new_row(each.series.key, Kind.DISTRICT_CHANGE, context.year, p_value=each.p_value)
    family = (row.indicator_id, Kind.DISTRICT_CHANGE)
    if each.model.discrete and float(each.alone.expected()[0]) < settings.board_minimum_count:
        return Finding.quiet(replace(row, p_value=1.0), family)
    if each.p_value >= settings.alpha:
        return Finding.quiet(row, family)
    lower, upper = each.interval
    row = replace(
        row,
        observed=each.observed,
        expected=each.expected,
        lower=lower,
        upper=upper,
        relative_change=each.relative_change,
        probability_relevant=each.probability_relevant,
        excess=each.excess,
    )
    previous = each.previous
    then = None if previous is None else int(each.series.years[previous])
    rest = _rest_change(each, city)
    relative, minimum = each.relative_to_expected, settings.board_minimum_change
    explanations = local_explanations(row, context)
    covered, residual = left_over(explanations, 1.0 + relative, minimum, context.year)
    return Finding(
        row=row,
        family=family,
        relative_to_expected=relative,
        minimum=setting("deviation.board_minimum_change", minimum),
        persons=each.persons_concerned,
        told=BoardMoved(
            indicator_id=row.indicator_id,
            geography_id=each.series.geography_id,
            when=When.of(context.year),
            observed=row.figure("observed", each.observed),
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
            persons_concerned=each.persons_concerned,
            explanation=weighed(explanations, residual),
        ),
        explanations=explanations,
        covered=covered,
        only_selected=True,
    )


def _rest_change(each: JudgedSeries, city: Series) -> float | None:
    """How the rest of the city moved since the board's latest earlier value."""
    if each.previous is None:
        return None
    rest = _rest(each.series, city, each.indicator.measure)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = float(rest[each.position] / rest[each.previous] - 1.0)
    return change if np.isfinite(change) else None
