"""From series to deviations: test, correct for many tests, then weigh the explanations.

The order matters and is kept: every value is tested as if nothing were known; families of tests
are corrected together; only then may a registered explanation set a deviation aside, so that the
list of the explained can be audited.

Tested are yearly totals of the municipality (and of its county or the nation for the
surroundings), declared groups (``group_differences.py``), indicators that stood still against
their declared drivers (``stillness.py``), and district boards against each other (``boards.py``)
and against their own history and the rest of the city (``board_changes.py``). Indicators that
count the same are one family, and what is selected of it is one finding with several faces; a
declared pair that went apart is a face of the change it is about. Where the city's counts moved
as one, that is told once and each is held against the common movement.

What does not belong here: reading and writing rows, and the grouping into focus areas.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from orchestration.deviation.board_changes import board_changes
from orchestration.deviation.boards import board_findings
from orchestration.deviation.contrary import PairTest, judge_pair
from orchestration.deviation.findings import (
    Context,
    Explanations,
    Finding,
    cannot_tell,
    family_of,
    ids,
    new_row,
    value_then,
    weigh,
    weighed,
)
from orchestration.deviation.group_differences import group_differences
from orchestration.deviation.months import month_findings
from orchestration.deviation.pools import (
    JudgedSeries,
    ModelKind,
    against_shift,
    in_scope,
    judge_series,
    over,
)
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.deviation.stillness import stability_findings
from orchestration.deviation.twins import Names, without_twins
from orchestration.findings.cells import setting
from orchestration.findings.claims import (
    AnyClaim,
    Changed,
    CityNotInFocus,
    ExplainedBy,
    HowSure,
    KeptInFocus,
    LargerThanExplained,
    MayBeChance,
    MovedAsOne,
    OfSurroundings,
    Reason,
    Reserved,
    TooSmall,
    WentApart,
    When,
    long_since,
)
from orchestration.findings.codes import Kind, Outcome, State, Verdict
from orchestration.findings.evidence import (
    ChangeEvidence,
    ContraryEvidence,
    Pair,
    Reservation,
    ShockEvidence,
    UntestedEvidence,
)
from orchestration.findings.records import Deviation, FoundExplanation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import (
    CONTEXT_AREAS,
    ExplanationKind,
    NaturalExplanation,
    Relation,
)
from orchestration.statistics.multiplicity import benjamini_yekutieli, select
from orchestration.statistics.shocks import CommonShock, common_shock


def assess(
    series: Sequence[Series],
    catalogue: Catalogue,
    year: int,
    settings: DeviationSettings,
    *,
    months: Sequence[MonthlySeries] = (),
    successors: Mapping[str, str] | None = None,
) -> list[Deviation]:
    """Find what deviates in a year.

    Args:
        series: yearly series of any geography and breakdown; what is not tested is passed over.
        catalogue: indicators, declared relations and comparisons, registered explanations.
        year: the report year.
        settings: thresholds and constants.
        months: monthly series of any geography and breakdown.
        successors: the board that took over, by the board that ceased.

    Returns:
        Rows worth keeping, each with an id of its own, the ranked ones first: ``focus``,
        ``explained``, ``watch`` (unadjusted p below ``alpha`` but not selected, too small, or in
        the surroundings) and ``cannot_tell`` (one for each series, comparison or expected change
        that is current but untestable). District boards get a row only when they are selected or
        explained.

    Raises:
        ValueError: a series names an unknown indicator, occurs twice, or has a numerator above
            its denominator.
    """
    context = Context(catalogue, year, settings, successors or {})
    scope, names_of = without_twins(in_scope(series, catalogue, year, settings), catalogue)
    alone, untestable = judge_series(scope, catalogue, year, settings)
    tested, shocks = _against_common_shock(alone, context)

    pairs = _judge_pairs(tested, _over_declared_years(scope, context), names_of, context)
    groups, untested_groups = group_differences(series, context)
    still, unproved = stability_findings(tested, names_of, context)
    findings = [
        *(_change(t, pairs.get(t.series.indicator_id, ()), names_of, context) for t in tested),
        *(
            _contrary(pair, context)
            for group in pairs.values()
            for pair in group
            if pair.test.verdict is Verdict.CONTRARY
        ),
        *still,
    ]
    boards = board_findings(series, tested, context)
    moved = board_changes(series, tested, context)
    cannot = [
        cannot_tell(
            new_row(u.series.key, Kind.CHANGE, year),
            u.why,
            UntestedEvidence(
                status=_status(u.series, year),
                earlier_values=int((u.series.usable & (u.series.years < year)).sum()),
            ),
            _why_no_value(u.series, context),
        )
        for u in untestable
    ]
    # A city's movements, its groups and its boards are questions of their own, each with its rate.
    decided = [*_decide(findings, context, as_one=True), *shocks]
    decided += _decide(groups, context, as_one=True)
    in_focus = {
        row.indicator_id
        for _, row in decided
        if row.kind is Kind.CHANGE and row.outcome is Outcome.FOCUS
    }
    decided += _decide(boards, context, in_focus)
    decided += _decide(moved, context)
    of_months, untested_months = month_findings(months, context)
    untested = [*cannot, *untested_groups, *unproved, *untested_months]
    return [*_ranked([*decided, *of_months], settings), *untested]


def _why_no_value(series: Series, context: Context) -> Explanations:
    """What explains that the year has no comparable value; nothing explains any other lack."""
    status = _status(series, context.year)
    return tuple(
        row
        for row in context.explanations(series.key)
        if (status == "missing" and row.kind is ExplanationKind.REPORTING_LOSS)
        or (status == "broken_series" and row.is_break)
    )


def _status(series: Series, year: int) -> str:
    at = np.flatnonzero(series.years == year)
    return series.status[at[0]] if at.size else "missing"


# --- common shocks ------------------------------------------------------------------------------


def _against_common_shock(
    tested: Sequence[JudgedSeries], context: Context
) -> tuple[list[JudgedSeries], list[tuple[Finding, Deviation]]]:
    """Hold the city's counts against their common movement, where there is one.

    Each register has one vote, that of its median indicator.
    """
    settings = context.settings
    members = [
        t
        for t in tested
        if t.kind is ModelKind.COUNTS
        and t.series.geography_id == settings.geography_id
        and t.indicator.area not in CONTEXT_AREAS
    ]
    votes: dict[str, list[JudgedSeries]] = {}
    for one in members:
        votes.setdefault(one.indicator.source_id, []).append(one)
    if len(votes) < settings.shock_minimum_sources:
        return list(tested), []
    shock = common_shock(
        np.array([np.median([one.p_down for one in group]) for group in votes.values()]),
        np.array([np.median([one.log_to_expected for one in group]) for group in votes.values()]),
    )
    if (
        shock.p_value >= settings.shock_alpha
        or abs(shock.log_change) < settings.shock_minimum_change
    ):
        return list(tested), []
    shifted = against_shift(members, shock.log_change, shock.standard_error**2)
    instead = {id(old): new for old, new in zip(members, shifted, strict=True)}
    return [instead.get(id(t), t) for t in tested], [_shock_row(shock, members, context)]


def _shock_row(
    shock: CommonShock, members: Sequence[JudgedSeries], context: Context
) -> tuple[Finding, Deviation]:
    """The common movement as one row, under the indicator that moved most like it."""
    change = float(np.expm1(shock.log_change))
    nearest = min(members, key=lambda t: abs(t.log_to_expected - shock.log_change))
    key = (nearest.series.indicator_id, nearest.series.geography_id, "common_shock", "common_shock")
    explanations = tuple(
        e for e in context.explanations(key) if e.indicator_id is None and not e.is_break
    )
    row = new_row(key, Kind.CHANGE, context.year, p_value=shock.p_value)
    told: list[AnyClaim] = [
        MovedAsOne(
            when=When.of(context.year),
            change=row.figure("relative_change", change),
            registers=row.figure("evidence.registers", shock.members),
        )
    ]
    if explanations:
        told.append(ExplainedBy(explanation_ids=ids(explanations)))
    row = replace(
        row,
        relative_change=change,
        outcome=Outcome.EXPLAINED if explanations else Outcome.WATCH,
        explanation_id=explanations[0].explanation_id if explanations else None,
        evidence=ShockEvidence(
            log_change=shock.log_change,
            standard_error=shock.standard_error,
            registers=shock.members,
            indicators=tuple(t.series.indicator_id for t in members),
            explanation=weighed(explanations),
        ),
        claims=tuple(told),
    )
    return Finding(row, None, relative_to_expected=change), row


# --- changes ------------------------------------------------------------------------------------


def _change(
    tested: JudgedSeries,
    pairs: Sequence["_Pair"],
    names_of: Names,
    context: Context,
) -> Finding:
    key = tested.series.key
    row = new_row(key, Kind.CHANGE, context.year, p_value=tested.p_value)
    family = family_of(tested.indicator, Kind.CHANGE, context.catalogue)
    if tested.p_value >= context.settings.alpha:
        return Finding.quiet(row, family)
    row = _with_figures(row, tested)
    explanations = context.explanations(key)
    covered, residual = weigh(tested, explanations, context)
    previous = tested.previous
    then = None if previous is None else int(tested.series.years[previous])
    value = None if previous is None else float(tested.series.value[previous])
    evidence = ChangeEvidence(
        previous_year=then,
        previous_value=value,
        relative_to_expected=tested.relative_to_expected,
        interval_level=context.settings.interval_level,
        history_years=tested.history_years,
        p_down=tested.p_down,
        p_up=tested.p_up,
        volatility=tested.volatility,
        breakeven_reached=(row.breakeven_volatility or 0.0) < context.settings.breakeven_ceiling,
        pool=tested.pool,
        pool_series=tested.pool_size,
        persons_concerned=tested.persons_concerned,
        status=tested.series.status[tested.position],
        same_figures_as=tuple(names_of.others(tested.series.indicator_id)),
        relations=tuple(pair.facts() for pair in pairs),
        explanation=weighed(explanations, residual),
    )
    lower, upper = tested.interval
    change = tested.relative_change
    return Finding(
        row=row,
        family=family,
        relative_to_expected=tested.relative_to_expected,
        minimum=setting("deviation.focus_minimum_change", context.settings.focus_minimum_change),
        persons=tested.persons_concerned,
        told=Changed(
            indicator_id=tested.series.indicator_id,
            when=When.of(context.year),
            observed=row.figure("observed", tested.observed),
            lower=row.figure("lower", lower),
            upper=row.figure("upper", upper),
            since=None if then is None else When.of(then),
            previous=None if then is None or value is None else value_then(key, then, value),
            change=None if change is None else row.figure("relative_change", change),
        ),
        evidence=evidence,
        explanations=explanations,
        covered=covered,
    )


def _with_figures(row: Deviation, tested: JudgedSeries) -> Deviation:
    lower, upper = tested.interval
    return replace(
        row,
        observed=tested.observed,
        expected=tested.expected,
        lower=lower,
        upper=upper,
        relative_change=tested.relative_change,
        breakeven_volatility=tested.breakeven,
        probability_relevant=tested.probability_relevant,
        excess=tested.excess,
    )


# --- declared pairs -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    relation: Relation
    test: PairTest
    one: JudgedSeries | None
    other: JudgedSeries | None

    def facts(self) -> Pair:
        return Pair(
            relation_id=self.relation.relation_id,
            related_indicator_id=self.relation.related_indicator_id,
            expected_sign=self.relation.expected_sign,
            observed_change=None if self.one is None else self.one.relative_change,
            related_change=None if self.other is None else self.other.relative_change,
            related_from=None if self.other is None else self.other.counted_from,
            p_value=self.test.p_value,
            verdict=self.test.verdict,
        )


def _over_declared_years(
    scope: Sequence[Series], context: Context
) -> Mapping[int, Sequence[JudgedSeries]]:
    """The series that are compared over several years, each held against the level so long ago.

    They are judged in the same pools as ever, without the years between; a movement that all of
    the city's counts share in the last year is not taken away from several.
    """
    declared: dict[int, set[str]] = {}
    for relation in context.catalogue.relations:
        if relation.comparison_years > 1:
            declared.setdefault(relation.comparison_years, set()).add(relation.related_indicator_id)
    found: dict[int, Sequence[JudgedSeries]] = {}
    for years, names in declared.items():
        # A kind of measure is judged by itself, so the others need not be judged again.
        measures = {context.catalogue.indicator(name).measure for name in names}
        again = [
            over(one, context.year, years) if one.indicator_id in names else one
            for one in scope
            if context.catalogue.indicator(one.indicator_id).measure in measures
        ]
        found[years], _ = judge_series(again, context.catalogue, context.year, context.settings)
    return found


def _judge_pairs(
    tested: Sequence[JudgedSeries],
    over_years: Mapping[int, Sequence[JudgedSeries]],
    names_of: Names,
    context: Context,
) -> dict[str, list[_Pair]]:
    """Every pair of movements with a declared relation, once, by the name the first is told under.

    A figure under two names does not bear itself out.
    """
    movements = names_of.movements(tested)
    longer = {years: names_of.movements(judged) for years, judged in over_years.items()}
    pairs: dict[tuple[str, str], _Pair] = {}
    for relation in names_of.own_first(context.catalogue.relations):
        told = names_of.of(relation.indicator_id), names_of.of(relation.related_indicator_id)
        if told[0] == told[1] or told in pairs:
            continue
        one = movements.get(told[0])
        other = longer.get(relation.comparison_years, movements).get(told[1])
        test = judge_pair(
            None if one is None else one.movement,
            None if other is None else other.movement,
            relation.expected_sign,
            context.settings.alpha,
        )
        pairs[told] = _Pair(relation, test, one, other)
    by_name: dict[str, list[_Pair]] = {}
    for (name, _), pair in pairs.items():
        by_name.setdefault(name, []).append(pair)
    return by_name


def _contrary(pair: _Pair, context: Context) -> Finding:
    one, other = pair.one, pair.other
    if one is None or other is None:
        raise ValueError(f"{pair.relation.relation_id}: only a tested pair can be a finding")
    related_id = pair.relation.related_indicator_id
    row = new_row(one.series.key, Kind.CONTRARY, context.year, related=related_id)
    row = _with_figures(replace(row, p_value=pair.test.p_value), one)
    explanations = tuple(
        dict.fromkeys(e for t in (one, other) for e in context.explanations(t.series.key))
    )
    covered = any(weigh(t, context.explanations(t.series.key), context)[0] for t in (one, other))
    facts = pair.facts()
    if facts.observed_change is None or facts.related_change is None:
        raise ValueError(f"{facts.relation_id}: only what moved can be a finding")
    return Finding(
        row=row,
        family=None,
        face_of=None if one.indicator.area in CONTEXT_AREAS else one.series.indicator_id,
        relative_to_expected=one.relative_to_expected,
        minimum=setting("deviation.focus_minimum_change", context.settings.focus_minimum_change),
        persons=one.persons_concerned,
        told=WentApart(
            indicator_id=one.series.indicator_id,
            related_indicator_id=related_id,
            when=When.of(context.year),
            expected_sign=facts.expected_sign,
            change=row.figure("evidence.observed_change", facts.observed_change),
            related_change=row.figure("evidence.related_change", facts.related_change),
            since=long_since(facts.related_from, context.year),
        ),
        evidence=ContraryEvidence(
            relation_id=facts.relation_id,
            related_indicator_id=facts.related_indicator_id,
            expected_sign=facts.expected_sign,
            observed_change=facts.observed_change,
            related_change=facts.related_change,
            related_from=facts.related_from,
            p_value=facts.p_value,
            verdict=facts.verdict,
            related_observed=other.observed,
            related_expected=other.expected,
            pooled_volatility_only=ModelKind.AMOUNTS in (one.kind, other.kind),
            rationale_sv=pair.relation.rationale_sv,
            interval_level=context.settings.interval_level,
            persons_concerned=one.persons_concerned,
            explanation=weighed(explanations),
        ),
        explanations=explanations,
        covered=covered,
    )


# --- decisions ----------------------------------------------------------------------------------


def _decide(
    findings: Sequence[Finding],
    context: Context,
    in_focus: AbstractSet[str] = frozenset(),
    *,
    as_one: bool = False,
) -> list[tuple[Finding, Deviation]]:
    """Correct for many tests, then weigh explanations; keep what is worth a row.

    Args:
        findings: to be corrected together.
        context: of the report year.
        in_focus: indicators that are in focus for the city.
        as_one: whether what is selected of one family is one finding with several faces.
    """
    corrected = [(f, f.family) for f in findings if f.family is not None]
    p = np.array([f.row.p_value for f, _ in corrected], dtype=np.float64)
    names = [family for _, family in corrected]
    selection = select(p, names, context.settings.fdr, as_one=as_one)
    any_dependence = benjamini_yekutieli(p) if corrected else p
    verdicts = {
        id(f): (float(q), bool(chosen), float(by))
        for (f, _), q, chosen, by in zip(
            corrected, selection.q_values, selection.selected, any_dependence, strict=True
        )
    }
    changes = {
        f.row.indicator_id: verdicts[id(f)] for f, _ in corrected if f.row.kind is Kind.CHANGE
    }
    kept: list[tuple[Finding, Deviation]] = []
    for finding in findings:
        p_value = finding.row.p_value
        if finding.told is None or finding.evidence is None:
            continue
        if p_value is None:
            continue
        if p_value >= context.settings.alpha and finding.standing is None:
            continue
        own = verdicts.get(id(finding), (None, False, None))
        q_value, selected, by = own if finding.face_of is None else changes[finding.face_of]
        if finding.only_selected and not selected:
            continue
        row = replace(finding.row, q_value=q_value)
        outcome, reasons = _outcome(finding, row, selected=selected)
        if outcome is Outcome.FOCUS and finding.told_with not in {None, *in_focus}:
            outcome, reasons = Outcome.WATCH, [*_how_sure(row), CityNotInFocus()]
        reserved = _reserved(finding, context)
        if reserved:
            reasons = [*reasons, Reserved(explanation_ids=ids(reserved))]
        row = replace(
            row,
            state=_state(finding, selected=selected),
            outcome=outcome,
            explanation_id=finding.explanations[0].explanation_id if finding.explanations else None,
            evidence=replace(
                finding.evidence,
                q_value_any_dependence=by,
                reservations=tuple(
                    Reservation(
                        explanation_id=each.explanation_id,
                        title_sv=each.title_sv,
                        description_sv=each.description_sv,
                    )
                    for each in reserved
                ),
            ),
            claims=(finding.told, *reasons),
        )
        kept.append((finding, row))
    return kept


def _state(finding: Finding, *, selected: bool) -> State | None:
    """Whether a difference between groups is new, or stands, or has changed; None for others."""
    if finding.row.kind is not Kind.GROUP_DIFFERENCE:
        return None
    if finding.standing is None:
        return State.NEW
    return finding.standing.moved if selected else State.STANDING


def _reserved(finding: Finding, context: Context) -> Explanations:
    """What must be examined of the registers behind a finding; its outcome is not touched."""
    concerned = [finding.row.indicator_id]
    if isinstance(finding.evidence, ContraryEvidence):
        concerned.append(finding.evidence.related_indicator_id)
    # One register that changed is one thing to examine, however many indicators it feeds.
    found: dict[object, NaturalExplanation] = {}
    for each in context.reservations(concerned, finding.row.geography_id):
        cause = each.claims if isinstance(each, FoundExplanation) else each.explanation_id
        found.setdefault(cause, each)
    return tuple(found.values())


def _outcome(finding: Finding, row: Deviation, *, selected: bool) -> tuple[Outcome, list[Reason]]:
    known = ids(finding.explanations)
    if finding.covered:
        return Outcome.EXPLAINED, [ExplainedBy(explanation_ids=known)]
    if finding.family is None and finding.face_of is None:
        return Outcome.WATCH, [OfSurroundings()]
    if not selected:
        return _unselected(finding)
    sure = _how_sure(row)
    if finding.standing is not None:
        sure = [finding.standing.told(finding.standing.moved), *sure]
    if abs(finding.relative_to_expected) < finding.minimum.value:
        kept = finding.standing is not None and finding.standing.kept
        small = TooSmall(minimum=finding.minimum)
        return (Outcome.FOCUS, [*sure, KeptInFocus()]) if kept else (Outcome.WATCH, [*sure, small])
    if finding.explanations:
        return Outcome.FOCUS, [*sure, LargerThanExplained(explanation_ids=known)]
    return Outcome.FOCUS, sure


def _unselected(finding: Finding) -> tuple[Outcome, list[Reason]]:
    stood = finding.standing
    if stood is None:
        return Outcome.WATCH, [MayBeChance(grain="year")]
    # A difference that was there before is no news; somebody may still want it in focus.
    told = stood.told(State.STANDING)
    return (Outcome.FOCUS, [told, KeptInFocus()]) if stood.kept else (Outcome.WATCH, [told])


def _how_sure(row: Deviation) -> list[Reason]:
    if row.q_value is None:
        return []
    q_value = row.figure("q_value", row.q_value)
    return [HowSure(q_value=q_value, judged=row.kind is Kind.STABILITY)]


def _ranked(
    kept: Sequence[tuple[Finding, Deviation]], settings: DeviationSettings
) -> list[Deviation]:
    """By outcome, probability of a change that matters, persons concerned, and surprise."""
    order = {Outcome.FOCUS: 0, Outcome.EXPLAINED: 1, Outcome.WATCH: 2}

    def key(entry: tuple[Finding, Deviation]) -> tuple[float, ...]:
        finding, row = entry
        probability = round(row.probability_relevant or 0.0, settings.rank_probability_decimals)
        return (order[row.outcome], -probability, -finding.persons, row.p_value or 0.0)

    ordered = sorted(kept, key=lambda entry: (*key(entry), entry[1].deviation_id))
    return [replace(row, rank=position) for position, (_, row) in enumerate(ordered, start=1)]
