"""From series to deviations: test, correct for many tests, then weigh the explanations.

The order matters and is kept: every value is tested as if nothing were known; families of tests
are corrected together; only then may a registered explanation set a deviation aside, so that the
list of the explained can be audited.

The first cut tests yearly totals of the municipality (and of its county or the nation for the
surroundings), declared pairs and declared groups. Two kinds are yet to come, surprising stability
and districts against each other; they add findings of their own to the same families.

What does not belong here: reading and writing rows, and the grouping into focus areas.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from orchestration.deviation import wording
from orchestration.deviation.contrary import PairTest, Verdict, judge_pair
from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.groups import GroupSample, welch
from orchestration.deviation.multiplicity import select
from orchestration.deviation.pools import JudgedSeries, ModelKind, in_scope, judge_series, until
from orchestration.deviation.result import Deviation, Kind, Outcome
from orchestration.deviation.series import Series, SeriesKey
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import (
    CONTEXT_AREAS,
    GroupComparison,
    Indicator,
    Measure,
    NaturalExplanation,
    Relation,
)

Evidence = dict[str, object]
_FamilyKey = tuple[str, Kind]
_CONTEXT_SV = "Måttet hör till omvärlden och prövas som stöd, inte som eget fokusområde."


@dataclass(frozen=True)
class _Context:
    """What every step needs: the catalogue, the report year and the settings."""

    catalogue: Catalogue
    year: int
    settings: DeviationSettings

    def registered(self, key: SeriesKey) -> tuple[NaturalExplanation, ...]:
        """Explanations registered for this series and the report year."""
        found = self.catalogue.explanations_for(key[0], key[1])
        return tuple(row for row in found if row.covers(self.year))


@dataclass(frozen=True)
class _Finding:
    """A tested hypothesis: a row to be, with what is needed to decide on it.

    Attributes:
        row: the row, its outcome still open.
        family: area and kind, corrected together; None for the surroundings.
        relative_to_expected: size of the deviation.
        minimum: least size that can be a focus.
        persons: persons concerned, for the ranking.
        sentence: what happened, in words; empty for what is only counted in its family.
        evidence: what the row keeps.
        explanations: registered for the report year.
        covered: whether they cover it.
    """

    row: Deviation
    family: _FamilyKey | None
    relative_to_expected: float = 0.0
    minimum: float = math.inf
    persons: float = 0.0
    sentence: str = ""
    evidence: Evidence = field(default_factory=dict)
    explanations: tuple[NaturalExplanation, ...] = ()
    covered: bool = False

    @classmethod
    def quiet(cls, row: Deviation, family: _FamilyKey | None) -> "_Finding":
        """A hypothesis that takes part in the correction and gets no row of its own."""
        return cls(row, family)


def _family(indicator: Indicator, kind: Kind) -> _FamilyKey | None:
    return None if indicator.area in CONTEXT_AREAS else (str(indicator.area), kind)


def assess(
    series: Sequence[Series], catalogue: Catalogue, year: int, settings: DeviationSettings
) -> list[Deviation]:
    """Find what deviates in a year.

    Args:
        series: yearly series of any geography and breakdown; what is not tested is passed over.
        catalogue: indicators, declared relations and comparisons, registered explanations.
        year: the report year.
        settings: thresholds and constants.

    Returns:
        Rows worth keeping, the ranked ones first: ``focus``, ``explained``, ``watch`` (unadjusted
        p below ``alpha`` but not selected, too small, or in the surroundings) and
        ``cannot_tell`` (one for each series or comparison that is current but untestable).

    Raises:
        ValueError: a series names an unknown indicator, occurs twice, or has a numerator above
            its denominator.
    """
    context = _Context(catalogue, year, settings)
    scope, aliases = _without_twins(in_scope(series, catalogue, year, settings), catalogue)
    tested, untestable = judge_series(scope, catalogue, year, settings)
    by_indicator = {t.series.indicator_id: t for t in tested}
    for kept, others in aliases.items():
        by_indicator.update({o: by_indicator[kept] for o in others if kept in by_indicator})

    pairs = _judge_pairs(by_indicator, context)
    groups, untested_groups = _groups(series, context)
    findings = [
        *(_change(t, pairs.get(t.series.indicator_id, ()), aliases, context) for t in tested),
        *(_contrary(pair, context) for group in pairs.values() for pair in group if pair.tested),
        *groups,
    ]
    cannot = [
        _cannot_tell(_row(u.series.key, Kind.CHANGE, year), u.reason_sv, {}) for u in untestable
    ]
    return [*_ranked(_decide(findings, context), settings), *cannot, *untested_groups]


def _without_twins(
    scope: Sequence[Series], catalogue: Catalogue
) -> tuple[list[Series], dict[str, list[str]]]:
    """One figure under two names is one test, or its chance findings would count twice."""
    kept: dict[tuple[object, ...], Series] = {}
    aliases: dict[str, list[str]] = {}
    for one in scope:
        indicator = catalogue.indicator(one.indicator_id)
        content = (
            indicator.area,
            indicator.measure,
            one.geography_id,
            one.years.tobytes(),
            one.value.tobytes(),
            tuple(one.status),
        )
        if content in kept:
            aliases.setdefault(kept[content].indicator_id, []).append(one.indicator_id)
        else:
            kept[content] = one
    return list(kept.values()), aliases


# --- changes ------------------------------------------------------------------------------------


def _change(
    tested: JudgedSeries,
    pairs: Sequence["_Pair"],
    aliases: Mapping[str, Sequence[str]],
    context: _Context,
) -> _Finding:
    key = tested.series.key
    row = _row(key, Kind.CHANGE, context.year, p_value=tested.p_value)
    family = _family(tested.indicator, Kind.CHANGE)
    if tested.p_value >= context.settings.alpha:
        return _Finding.quiet(row, family)
    row = _with_figures(row, tested)
    previous = tested.previous
    evidence: Evidence = {
        "previous_year": None if previous is None else int(tested.series.years[previous]),
        "previous_value": None if previous is None else float(tested.series.value[previous]),
        "relative_to_expected": tested.relative_to_expected,
        "interval_level": context.settings.interval_level,
        "history_years": tested.history_years,
        "p_down": tested.p_down,
        "p_up": tested.p_up,
        "volatility": tested.volatility,
        "breakeven_reached": (row.breakeven_volatility or 0.0) < context.settings.breakeven_ceiling,
        "pool": tested.pool,
        "pool_series": tested.pool_size,
        "persons_concerned": tested.persons_concerned,
        "status": tested.series.status[tested.position],
        "same_figures_as": list(aliases.get(tested.series.indicator_id, ())),
        "relations": [pair.evidence() for pair in pairs],
    }
    explanations = context.registered(key)
    covered, residual = _weigh(tested, explanations, context)
    if explanations:
        evidence["explanation"] = _explanation_evidence(explanations, residual)
    facts = {**row.as_row(), **evidence}
    return _Finding(
        row=row,
        family=family,
        relative_to_expected=tested.relative_to_expected,
        minimum=context.settings.focus_minimum_change,
        persons=tested.persons_concerned,
        sentence=wording.change_sentence(tested.indicator, context.year, facts),
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


def _weigh(
    tested: JudgedSeries, explanations: Sequence[NaturalExplanation], context: _Context
) -> tuple[bool, float | None]:
    """Whether explanations cover a deviation, and the relative change they leave over.

    They do when what is left is within noise, or is small and less than half of what there was: an
    explanation of another sign or of no size explains nothing, however small the deviation.
    """
    if not explanations:
        return False, None
    log_change = explained_log_change(explanations, context.year)
    if log_change is None:
        return True, None
    expected, p = tested.expected_after(log_change)
    residual = tested.observed / expected - 1.0
    small = abs(residual) < context.settings.focus_minimum_change
    lesser = 2 * abs(np.log1p(residual)) < abs(np.log1p(tested.relative_to_expected))
    return p >= context.settings.alpha or bool(small and lesser), residual


def _explanation_evidence(
    explanations: Sequence[NaturalExplanation], residual: float | None
) -> Evidence:
    return {
        "ids": [row.explanation_id for row in explanations],
        "titles": [row.title_sv for row in explanations],
        "explained_change": [row.explained_change for row in explanations],
        "residual_change": residual,
    }


# --- declared pairs -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    relation: Relation
    test: PairTest
    one: JudgedSeries | None
    other: JudgedSeries | None

    @property
    def tested(self) -> bool:
        return self.test.p_value is not None

    def evidence(self) -> Evidence:
        return {
            "relation_id": self.relation.relation_id,
            "related_indicator_id": self.relation.related_indicator_id,
            "expected_sign": self.relation.expected_sign,
            "observed_change": None if self.one is None else self.one.relative_change,
            "related_change": None if self.other is None else self.other.relative_change,
            "p_value": self.test.p_value,
            "verdict": str(self.test.verdict),
        }


def _judge_pairs(tested: Mapping[str, JudgedSeries], context: _Context) -> dict[str, list[_Pair]]:
    pairs: dict[str, list[_Pair]] = {}
    for relation in context.catalogue.relations:
        one, other = tested.get(relation.indicator_id), tested.get(relation.related_indicator_id)
        test = judge_pair(
            None if one is None else one.movement,
            None if other is None else other.movement,
            relation.expected_sign,
            context.settings.alpha,
        )
        pairs.setdefault(relation.indicator_id, []).append(_Pair(relation, test, one, other))
    return pairs


def _contrary(pair: _Pair, context: _Context) -> _Finding:
    one, other = pair.one, pair.other
    if one is None or other is None:
        raise ValueError(f"{pair.relation.relation_id}: only a tested pair can be a finding")
    related_id = pair.relation.related_indicator_id
    family = _family(one.indicator, Kind.CONTRARY)
    row = _row(one.series.key, Kind.CONTRARY, context.year, related=related_id)
    if pair.test.verdict is not Verdict.CONTRARY:
        # A pair that moved as expected is no evidence of the contrary.
        against = pair.test.verdict is Verdict.DIVERGENT_WITHIN_NOISE
        return _Finding.quiet(replace(row, p_value=pair.test.p_value if against else 1.0), family)
    row = _with_figures(replace(row, p_value=pair.test.p_value), one)
    evidence: Evidence = {
        **pair.evidence(),
        "related_observed": other.observed,
        "related_expected": other.expected,
        "pooled_volatility_only": ModelKind.AMOUNTS in (one.kind, other.kind),
        "rationale_sv": pair.relation.rationale_sv,
        "persons_concerned": one.persons_concerned,
    }
    explanations = tuple(
        dict.fromkeys(e for t in (one, other) for e in context.registered(t.series.key))
    )
    covered = any(_weigh(t, context.registered(t.series.key), context)[0] for t in (one, other))
    if explanations:
        evidence["explanation"] = _explanation_evidence(explanations, None)
    related = context.catalogue.indicator(related_id)
    sentence = wording.pair_sentence(one.indicator, related, context.year, pair.evidence())
    return _Finding(
        row=row,
        family=family,
        relative_to_expected=one.relative_to_expected,
        minimum=context.settings.focus_minimum_change,
        persons=one.persons_concerned,
        sentence=sentence,
        evidence=evidence,
        explanations=explanations,
        covered=covered,
    )


# --- declared groups ----------------------------------------------------------------------------


def _groups(series: Sequence[Series], context: _Context) -> tuple[list[_Finding], list[Deviation]]:
    settings = context.settings
    by_key = {one.key: one for one in series}
    measured = {one.indicator_id for one in series if one.geography_id == settings.geography_id}
    findings: list[_Finding] = []
    cannot: list[Deviation] = []
    for comparison in context.catalogue.group_comparisons:
        if comparison.indicator_id not in measured:
            continue
        indicator = context.catalogue.indicator(comparison.indicator_id)
        place = (comparison.indicator_id, settings.geography_id, comparison.breakdown)
        a, b = (
            _sample(by_key.get((*place, category)), indicator, context.year)
            for category in (comparison.category_a, comparison.category_b)
        )
        row = _row(
            (*place, comparison.category_a),
            Kind.GROUP_DIFFERENCE,
            context.year,
            related=comparison.category_b,
        )
        if a is None or b is None or not (a.testable and b.testable and a.mean > 0 < b.mean):
            reason = _why_no_groups(a, b, comparison, context.year)
            cannot.append(_cannot_tell(row, reason, _comparison_evidence(comparison)))
        else:
            findings.append(_group_finding(row, comparison, a, b, context))
    return findings, cannot


def _comparison_evidence(comparison: GroupComparison) -> Evidence:
    return {
        "comparison_id": comparison.comparison_id,
        "category_a": comparison.category_a,
        "category_b": comparison.category_b,
        "rationale_sv": comparison.rationale_sv,
    }


def _group_finding(
    row: Deviation, comparison: GroupComparison, a: GroupSample, b: GroupSample, context: _Context
) -> _Finding:
    settings = context.settings
    indicator = context.catalogue.indicator(comparison.indicator_id)
    test = welch(a, b, level=settings.interval_level, relevant_change=settings.relevant_change)
    reach = (test.upper - test.lower) / 2.0
    persons = min(a.observations, b.observations)
    row = replace(
        row,
        p_value=test.p_value,
        observed=a.mean,
        expected=b.mean,
        lower=b.mean - reach,
        upper=b.mean + reach,
        relative_change=test.ratio - 1.0,
        probability_relevant=test.probability_relevant,
        excess=test.difference,
    )
    evidence: Evidence = {
        **_comparison_evidence(comparison),
        "mean_a": a.mean,
        "mean_b": b.mean,
        "sd_a": a.standard_deviation,
        "sd_b": b.standard_deviation,
        "n_a": a.observations,
        "n_b": b.observations,
        "t": test.statistic,
        "df": test.df,
        "difference": test.difference,
        "difference_lower": test.lower,
        "difference_upper": test.upper,
        "interval_level": settings.interval_level,
        "persons_concerned": persons,
    }
    explanations = context.registered((row.indicator_id, row.geography_id, "", ""))
    covered = False
    if explanations:
        known = explained_log_change(explanations, context.year)
        residual = None if known is None else test.ratio / math.exp(known) - 1.0
        covered = residual is None or abs(residual) < settings.relevant_change
        evidence["explanation"] = _explanation_evidence(explanations, residual)
    facts = {**row.as_row(), **evidence}
    return _Finding(
        row=row,
        family=_family(indicator, Kind.GROUP_DIFFERENCE),
        relative_to_expected=test.ratio - 1.0,
        minimum=settings.relevant_change,
        persons=persons,
        sentence=wording.group_sentence(indicator, context.year, facts),
        evidence=evidence,
        explanations=explanations,
        covered=covered,
    )


def _sample(series: Series | None, indicator: Indicator, year: int) -> GroupSample | None:
    if series is None:
        return None
    cut = until(series, year)
    at = cut.at(year)
    if at is None:
        return None
    if indicator.measure is Measure.MEAN:
        return GroupSample(
            mean=float(cut.value[at]),
            standard_deviation=float(cut.standard_deviation[at]),
            observations=float(cut.observations[at]),
        )
    if indicator.measure is Measure.PROPORTION:
        n, share = float(cut.denominator[at]), float(cut.value[at])
        spread = math.sqrt(max(share * (1.0 - share), 0.0) * n / (n - 1.0)) if n > 1 else math.nan
        return GroupSample(mean=share, standard_deviation=spread, observations=n)
    return GroupSample(float(cut.value[at]), math.nan, math.nan)


def _why_no_groups(
    a: GroupSample | None, b: GroupSample | None, comparison: GroupComparison, year: int
) -> str:
    absent = [
        wording.category(name)
        for name, sample in ((comparison.category_a, a), (comparison.category_b, b))
        if sample is None
    ]
    if absent:
        return f"Jämförbart värde för {year} saknas för {wording.listing(absent)}."
    return (
        "Spridning och antal bakom gruppernas värden saknas, så skillnaden kan inte skiljas "
        "från slump."
    )


# --- decisions ----------------------------------------------------------------------------------


def _decide(findings: Sequence[_Finding], context: _Context) -> list[tuple[_Finding, Deviation]]:
    """Correct for many tests, then weigh explanations; keep what is worth a row."""
    corrected = [(f, f.family) for f in findings if f.family is not None]
    p = np.array([f.row.p_value for f, _ in corrected], dtype=np.float64)
    selection = select(p, [family for _, family in corrected], context.settings.fdr)
    verdicts = {
        id(f): (float(q), bool(chosen))
        for (f, _), q, chosen in zip(corrected, selection.q_values, selection.selected, strict=True)
    }
    kept: list[tuple[_Finding, Deviation]] = []
    for finding in findings:
        p_value = finding.row.p_value
        if not finding.sentence or p_value is None or p_value >= context.settings.alpha:
            continue
        q_value, selected = verdicts.get(id(finding), (None, False))
        outcome, reason = _outcome(finding, context.year, selected=selected)
        explanation = finding.explanations[0].explanation_id if finding.explanations else None
        row = replace(
            finding.row,
            q_value=q_value,
            outcome=outcome,
            explanation_id=explanation,
            reason_sv=reason,
            evidence=_as_json({**finding.evidence, "sentence_sv": finding.sentence}),
        )
        kept.append((finding, row))
    return kept


def _outcome(finding: _Finding, year: int, *, selected: bool) -> tuple[Outcome, str]:
    titles = wording.listing([row.title_sv for row in finding.explanations])
    if finding.covered:
        return Outcome.EXPLAINED, f"{finding.sentence} Förklaras av: {titles}."
    if finding.family is None:
        return Outcome.WATCH, f"{finding.sentence} {_CONTEXT_SV}"
    if not selected:
        return Outcome.WATCH, (
            f"{finding.sentence} Bland så många prövade mått under {year} kan en avvikelse av "
            "den här storleken uppstå av en slump."
        )
    if abs(finding.relative_to_expected) < finding.minimum:
        return Outcome.WATCH, (
            f"{finding.sentence} Avvikelsen är säkerställd men mindre än "
            f"{wording.percent(finding.minimum)} procent."
        )
    if finding.explanations:
        return Outcome.FOCUS, f"{finding.sentence} Större än vad som förklaras av: {titles}."
    return Outcome.FOCUS, finding.sentence


def _ranked(
    kept: Sequence[tuple[_Finding, Deviation]], settings: DeviationSettings
) -> list[Deviation]:
    """By outcome, probability of a change that matters, persons concerned, and surprise."""
    order = {Outcome.FOCUS: 0, Outcome.EXPLAINED: 1, Outcome.WATCH: 2}

    def key(entry: tuple[_Finding, Deviation]) -> tuple[float, ...]:
        finding, row = entry
        probability = round(row.probability_relevant or 0.0, settings.rank_probability_decimals)
        return (order[row.outcome], -probability, -finding.persons, row.p_value or 0.0)

    ordered = sorted(kept, key=lambda entry: (*key(entry), entry[1].deviation_id))
    return [replace(row, rank=position) for position, (_, row) in enumerate(ordered, start=1)]


def _row(
    key: SeriesKey, kind: Kind, year: int, *, related: str = "", p_value: float | None = None
) -> Deviation:
    indicator_id, geography_id, breakdown, category = key
    parts = [str(year), str(kind), indicator_id, geography_id, breakdown, category, related]
    return Deviation(
        deviation_id=":".join(part for part in parts if part),
        indicator_id=indicator_id,
        period_start=date(year, 1, 1),
        geography_id=geography_id,
        breakdown=breakdown,
        category=category,
        kind=kind,
        observed=None,
        expected=None,
        lower=None,
        upper=None,
        relative_change=None,
        p_value=p_value,
        q_value=None,
        breakeven_volatility=None,
        rank=None,
        outcome=Outcome.CANNOT_TELL,
        explanation_id=None,
        reason_sv="",
        evidence="{}",
        probability_relevant=None,
        excess=None,
    )


def _cannot_tell(row: Deviation, reason_sv: str, evidence: Evidence) -> Deviation:
    return replace(row, reason_sv=reason_sv, evidence=_as_json(evidence))


def _as_json(evidence: Evidence) -> str:
    return json.dumps(_finite(evidence), ensure_ascii=False, sort_keys=True, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
