"""Months outside what the years before them foretell, as findings.

A month supports a year's figure and is never a focus area of its own. A level that has moved is
off for many months; that is one event, told once a year by its clearest month, with when it began.
Only counts with enough comparable months are tested; twelve months say nothing yet of a season.

What does not belong here: the regression (``statistics/monthly.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from orchestration.deviation.explanations import explained_log_change, month_effects
from orchestration.deviation.findings import (
    Context,
    Explanations,
    Finding,
    cannot_tell,
    ids,
    new_row,
    weighed,
)
from orchestration.deviation.series import MonthlySeries
from orchestration.findings.cells import setting
from orchestration.findings.claims import (
    AnyClaim,
    Changed,
    ExplainedBy,
    MayBeChance,
    MonthsTooShort,
    NoValue,
    Reason,
    SupportsTheYear,
    Untold,
    WentOn,
    When,
)
from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.evidence import MonthEvidence, UntestedEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.models import ExplanationKind, Measure
from orchestration.statistics.arrays import FloatArray, IntArray
from orchestration.statistics.monthly import MonthlyVerdict, events, farrington, mid_p
from orchestration.statistics.multiplicity import select

_MONTHS = 12


@dataclass(frozen=True, eq=False)
class _Judged:
    """Series on one calendar that ends with the report year, and the verdict on its months.

    Attributes:
        members: the series.
        counts: of all months.
        verdict: on the months of the report year, (S, 12).
        ways: which way each month is off, of the report year and some years before; (S, M).
    """

    members: Sequence[MonthlySeries]
    counts: FloatArray
    verdict: MonthlyVerdict
    ways: IntArray

    def events(self, explained: Iterable[tuple[int, int]], gap: int) -> tuple[IntArray, IntArray]:
        """When the event of each month of the report year began, and how many months it has had.

        Args:
            explained: series and month of what is of no event.
            gap: most months between two of one event.

        Returns:
            Two of (S, 12): months after the report year's first, below nought before it; and how
            many months of the event have been off until then, itself among them.
        """
        ways = self.ways.copy()
        back = ways.shape[1] - _MONTHS
        for series, month in explained:
            ways[series, back + month] = 0
        began, number = events(ways, gap)
        return began[:, back:] - back, number[:, back:]


def month_findings(
    series: Sequence[MonthlySeries], context: Context
) -> tuple[list[tuple[Finding, Deviation]], list[Deviation]]:
    """Test the municipality's monthly counts of the report year.

    Args:
        series: monthly series of any geography and breakdown.
        context: of the report year.

    Returns:
        Decided rows: ``explained`` or ``watch``, for months whose unadjusted p-value is below
        alpha; and one row for each series of which no month could be tested, and for each month
        whose value is gone for a reason that is known.
    """
    first, last = context.year * _MONTHS, context.year * _MONTHS + _MONTHS - 1
    members = [
        one
        for one in series
        if one.geography_id == context.settings.geography_id
        and one.breakdown == one.category == "total"
        and context.catalogue.indicator(one.indicator_id).measure is Measure.COUNT
        and np.any(one.usable & (one.months >= first) & (one.months <= last))
    ]
    if not members:
        return [], []
    judged = _judge(members, last, context)
    decided: list[tuple[Finding, Deviation]] = []
    cannot: list[Deviation] = []
    tested = judged.verdict.tested
    for row_of, one, values in zip(tested, members, judged.counts, strict=True):
        lost = _lost_months(one, values[-_MONTHS:], context)
        if not row_of.any():
            row = new_row(one.key, Kind.CHANGE, context.year, month=1)
            why = tuple(dict.fromkeys(each for _, known in lost for each in known))
            facts = UntestedEvidence(months_with_a_value=int(np.isfinite(values).sum()))
            cannot.append(cannot_tell(row, _too_short(context), facts, why))
            continue
        for month, why in lost:
            row = new_row(one.key, Kind.CHANGE, context.year, month=month)
            lacks = NoValue(when=When.of(context.year, month))
            cannot.append(cannot_tell(row, lacks, UntestedEvidence(status=lacks.status), why))
    where = [(int(s), int(m)) for s, m in np.argwhere(tested)]
    p = np.array([judged.verdict.p_values[at] for at in where])
    selection = select(p, [at[0] for at in where], context.settings.fdr)
    off = [
        (at, float(q), bool(chosen))
        for at, p_value, q, chosen in zip(
            where, p, selection.q_values, selection.selected, strict=True
        )
        if p_value < context.settings.alpha
    ]
    explained = {at for at, _, _ in off if _covered(judged, at, context)}
    began, lasted = judged.events(explained, context.settings.monthly.event_gap)
    for at, q, chosen in off:
        event = None
        if at not in explained:
            event = _Event(_month(context.year, int(began[at])), int(lasted[at]))
        decided.append(_decided(judged, at, q, context, selected=chosen, event=event))
    return _once_an_event(decided), cannot


def _once_an_event(
    decided: Sequence[tuple[Finding, Deviation]],
) -> list[tuple[Finding, Deviation]]:
    """Each event by its clearest month; what is explained is a matter of its own month."""
    told: dict[object, tuple[Finding, Deviation]] = {}
    for finding, row in decided:
        facts = row.evidence
        began = facts.began if isinstance(facts, MonthEvidence) else None
        key = row.deviation_id if began is None else (row.indicator_id, began)
        if key not in told or (row.p_value or 0.0) < (told[key][1].p_value or 0.0):
            told[key] = finding, row
    return list(told.values())


def _lost_months(
    one: MonthlySeries, values: FloatArray, context: Context
) -> list[tuple[int, Explanations]]:
    """Months of the report year without a value, and what explains that."""
    lost: list[tuple[int, Explanations]] = []
    for month in (int(at) + 1 for at in np.flatnonzero(np.isnan(values))):
        why = tuple(
            row
            for row in context.explanations(one.key, month)
            if row.kind is ExplanationKind.REPORTING_LOSS
        )
        if why:
            lost.append((month, why))
    return lost


def _too_short(context: Context) -> Untold:
    least = context.settings.monthly.least_months
    return MonthsTooShort(
        when=When.of(context.year), least=setting("deviation.monthly.least_months", least)
    )


def _judge(members: Sequence[MonthlySeries], last: int, context: Context) -> _Judged:
    # A series may have begun within the year.
    start = min(last + 1 - _MONTHS, *(int(one.months[0]) for one in members))
    calendar = np.arange(start, last + 1)
    counts = np.full((len(members), calendar.size), np.nan)
    level = np.ones(counts.shape)
    for row, one in enumerate(members):
        kept = one.usable & (one.months <= last)
        counts[row, one.months[kept] - start] = one.value[kept]
        effects = month_effects(
            context.catalogue.explanations_for(one.indicator_id, one.geography_id),
            calendar,
            context.year,
        )
        counts[row, effects.gap] = np.nan
        if effects.reset.any():
            counts[row, : np.flatnonzero(effects.reset)[-1]] = np.nan
        level[row] = np.exp(np.cumsum(effects.log_shift))
    monthly = context.settings.monthly
    back = min(_MONTHS * monthly.event_years, calendar.size)
    verdict = farrington(counts, back, monthly, level)
    ways = verdict.ways(context.settings.alpha)
    return _Judged(members, counts, verdict.latest(_MONTHS), ways)


@dataclass(frozen=True)
class _Event:
    """What a month is part of: when it began, and how many months it has had."""

    began: When
    months: int


def _covered(judged: _Judged, at: tuple[int, int], context: Context) -> bool:
    """Whether what is known of a month covers that it is off."""
    explanations = context.explanations(judged.members[at[0]].key, at[1] + 1)
    if not explanations:
        return False
    observed = float(judged.counts[at[0], at[1] - _MONTHS])
    expected = float(judged.verdict.expected[at])
    known = explained_log_change(explanations, context.year, observed / expected - 1.0)
    if known is None:
        return True
    dispersion = float(judged.verdict.dispersion[at])
    left = mid_p(observed, expected * float(np.exp(known)), dispersion)
    return left >= context.settings.alpha


def _decided(
    judged: _Judged,
    at: tuple[int, int],
    q_value: float,
    context: Context,
    *,
    selected: bool,
    event: _Event | None,
) -> tuple[Finding, Deviation]:
    settings = context.settings
    one, verdict = judged.members[at[0]], judged.verdict
    observed = float(judged.counts[at[0], at[1] - _MONTHS])
    a_year_before = float(judged.counts[at[0], at[1] - 2 * _MONTHS])
    low, high = verdict.limits((1.0 - settings.interval_level) / 2.0)
    expected, lower, upper = (float(each[at]) for each in (verdict.expected, low, high))
    row = replace(
        new_row(
            one.key,
            Kind.CHANGE,
            context.year,
            month=at[1] + 1,
            p_value=float(verdict.p_values[at]),
        ),
        observed=observed,
        expected=expected,
        lower=lower,
        upper=upper,
        relative_change=observed / a_year_before - 1.0 if a_year_before > 0 else None,
        q_value=q_value,
        excess=observed - expected,
    )
    explanations = context.explanations(one.key, at[1] + 1)
    when = When.of(context.year, at[1] + 1)
    told = Changed(
        indicator_id=one.indicator_id,
        when=when,
        observed=row.figure("observed", observed),
        lower=row.figure("lower", lower),
        upper=row.figure("upper", upper),
    )
    claims: list[AnyClaim] = [told]
    if event is not None and event.months > 1:
        months = row.figure("evidence.months_of_event", float(event.months))
        claims.append(WentOn(since=event.began, months=months))
    row = replace(
        row,
        outcome=Outcome.EXPLAINED if event is None else Outcome.WATCH,
        explanation_id=explanations[0].explanation_id if explanations else None,
        evidence=MonthEvidence(
            history_years=int(verdict.years[at]),
            dispersion=float(verdict.dispersion[at]),
            monthly_trend=float(verdict.trend[at]),
            interval_level=settings.interval_level,
            began=None if event is None else event.began.start,
            months_of_event=None if event is None else event.months,
            persons_concerned=abs(observed - expected),
            explanation=weighed(explanations),
        ),
        claims=(*claims, _reason(explanations, covered=event is None, selected=selected)),
    )
    return Finding(row, None, persons=abs(observed - expected)), row


def _month(year: int, after: int) -> When:
    """A month so many months after a year's first, or before it."""
    return When.of(year + after // _MONTHS, after % _MONTHS + 1)


def _reason(explanations: Explanations, *, covered: bool, selected: bool) -> Reason:
    if covered:
        return ExplainedBy(explanation_ids=ids(explanations))
    return SupportsTheYear() if selected else MayBeChance(grain="month")
