"""Declared groups that differ in the report year, and whether they did so before.

Two groups that have always differed are no news. What is tested is decided by the years before
the tested one alone: where the groups did not differ, that they do; where they did, that the
difference has changed. The change is judged as any level that moves, on the log of the one's mean
over the other's; with every comparison that stands in one pool. A difference that has not changed
is told as standing and takes no focus area's place, unless somebody has chosen to keep it there.

What does not belong here: the tests (``statistics/groups.py``, ``statistics/pooled.py``), which
groups are compared and what is kept (the catalogue).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from orchestration.deviation.findings import (
    Context,
    Finding,
    Standing,
    cannot_tell,
    family_of,
    left_over,
    new_row,
    weighed,
)
from orchestration.deviation.pools import (
    JudgedSeries,
    ModelKind,
    Prepared,
    comparable,
    is_current,
    judge_prepared,
    until,
)
from orchestration.deviation.series import Series
from orchestration.findings.cells import setting
from orchestration.findings.claims import (
    Group,
    GroupsDiffer,
    GroupsNotTested,
    GroupsWithoutValue,
    Hindrance,
    Untold,
    When,
)
from orchestration.findings.codes import Kind, State
from orchestration.findings.evidence import GroupEvidence, UntestedGroupsEvidence
from orchestration.findings.records import Deviation
from orchestration.indicators.models import GroupComparison, Indicator, Measure
from orchestration.statistics.arrays import ROUNDING
from orchestration.statistics.groups import (
    GroupSample,
    GroupTest,
    log_ratio,
    steadied,
    stood_since,
    welch,
)


@dataclass(frozen=True, eq=False)
class _Two:
    """Two groups that can be told from chance in the report year.

    Attributes:
        row: what becomes a row.
        comparison: as it is declared.
        a: the first group's year.
        b: the other's.
        test: of the year.
        ratio: the log of the one over the other, by year; None where no year has it.
        since: the first year from which they have differed the same way; None where they did not.
    """

    row: Deviation
    comparison: GroupComparison
    a: GroupSample
    b: GroupSample
    test: GroupTest
    ratio: Prepared | None
    since: int | None


def group_differences(
    series: Sequence[Series], context: Context
) -> tuple[list[Finding], list[Deviation]]:
    """Hold declared groups against each other, and against how they differed before.

    Args:
        series: yearly series of any geography and breakdown.
        context: of the report year.

    Returns:
        A finding for each comparison that could be tested, and a row for each that could not.
    """
    settings = context.settings
    by_key = {one.key: one for one in series}
    measured = {
        one.indicator_id
        for one in series
        if one.geography_id == settings.geography_id and is_current(one, context.year, settings)
    }
    tested: list[_Two] = []
    cannot: list[Deviation] = []
    for comparison in context.catalogue.group_comparisons:
        if comparison.indicator_id not in measured:
            continue
        found = _compare(comparison, by_key, context)
        if isinstance(found, _Two):
            tested.append(found)
        else:
            cannot.append(found)
    changes = _changes([one for one in tested if one.since is not None], context)
    return [_finding(one, changes.get(one.row.deviation_id), context) for one in tested], cannot


def _compare(
    comparison: GroupComparison,
    by_key: Mapping[tuple[str, str, str, str], Series],
    context: Context,
) -> _Two | Deviation:
    settings = context.settings
    indicator = context.catalogue.indicator(comparison.indicator_id)
    place = (comparison.indicator_id, settings.geography_id, comparison.breakdown)
    one, other = (
        by_key.get((*place, category))
        for category in (comparison.category_a, comparison.category_b)
    )
    a, b = (_sample(each, indicator, context.year) for each in (one, other))
    row = new_row(
        (*place, comparison.category_a),
        Kind.GROUP_DIFFERENCE,
        context.year,
        related=comparison.category_b,
    )
    if one is None or other is None or a is None or b is None:
        return _untested(row, comparison, _why_no_value(a, b, comparison, context.year))
    hindrance = _why_no_test(a, b, comparison)
    if hindrance is not None:
        return _untested(row, comparison, hindrance)
    test = welch(
        *steadied(a, b), level=settings.interval_level, relevant_change=settings.relevant_change
    )
    ratio = _ratio(one, other, indicator, context.year)
    since = None if ratio is None else _since(ratio, context)
    return _Two(row, comparison, a, b, test, ratio, since)


def _untested(row: Deviation, comparison: GroupComparison, why: Untold) -> Deviation:
    facts = UntestedGroupsEvidence(
        comparison_id=comparison.comparison_id,
        category_a=comparison.category_a,
        category_b=comparison.category_b,
        rationale_sv=comparison.rationale_sv,
    )
    return cannot_tell(row, why, facts)


def _ratio(one: Series, other: Series, indicator: Indicator, year: int) -> Prepared | None:
    """The log of the one's mean over the other's in each year; None where this year has none."""
    cut = until(one, year)
    samples = [[_sample(each, indicator, int(then)) for each in (one, other)] for then in cut.years]
    logs = [None if a is None or b is None else log_ratio(a, b) for a, b in samples]
    if not logs or logs[-1] is None or int(cut.years[-1]) != year:
        return None
    now = samples[-1][1]
    return Prepared(
        cut,
        indicator,
        observed=np.array([0.0 if log is None else log.value for log in logs]),
        exposure=np.array([1.0 if log is None else log.variance for log in logs]),
        df=np.array([np.inf if log is None else log.df for log in logs]),
        usable=np.array([log is not None for log in logs]),
        to_unit=None if now is None else now.mean,
    )


def _since(ratio: Prepared, context: Context) -> int | None:
    """The first year from which the groups have differed the same way until the year before."""
    earlier = comparable(ratio.usable, ratio.series, context.catalogue, context.year)
    if earlier.sum() < context.settings.minimum_history:
        return None
    at = stood_since(
        ratio.observed[earlier], np.sqrt(ratio.exposure[earlier]), alpha=context.settings.alpha
    )
    return None if at is None else int(ratio.series.years[earlier][at])


def _changes(standing: Sequence[_Two], context: Context) -> dict[str, JudgedSeries]:
    """How each difference that was there before moved into the year, by the row it is of."""
    members = [(one.row.deviation_id, one.ratio) for one in standing if one.ratio is not None]
    if not members:
        return {}
    judged = judge_prepared(
        ModelKind.MEANS,
        [ratio for _, ratio in members],
        ["groups"] * len(members),
        context.catalogue,
        context.year,
        settings=context.settings,
        dials=context.settings.means,
    )
    return {name: each for (name, _), each in zip(members, judged, strict=True)}


def _finding(two: _Two, change: JudgedSeries | None, context: Context) -> Finding:
    settings, comparison, test = context.settings, two.comparison, two.test
    a, b = two.a, two.b
    indicator = context.catalogue.indicator(comparison.indicator_id)
    family = family_of(indicator, Kind.GROUP_DIFFERENCE, context.catalogue)
    p_value = test.p_value if change is None else change.p_value
    if p_value >= settings.alpha and test.p_value >= settings.alpha:
        # Neither changed nor, this year, to be told from chance.
        return Finding.quiet(replace(two.row, p_value=p_value), family)
    reach = (test.upper - test.lower) / 2.0
    persons = min(a.observations, b.observations)
    row = replace(
        two.row,
        p_value=p_value,
        observed=a.mean,
        expected=b.mean,
        lower=b.mean - reach,
        upper=b.mean + reach,
        relative_change=test.ratio - 1.0,
        probability_relevant=test.probability_relevant,
        excess=test.difference,
    )
    relative = test.ratio - 1.0 if change is None else change.relative_to_expected
    explanations = context.explanations((row.indicator_id, row.geography_id, "", ""))
    covered, residual = left_over(
        explanations, 1.0 + relative, settings.relevant_change, context.year
    )
    evidence = GroupEvidence(
        comparison_id=comparison.comparison_id,
        category_a=comparison.category_a,
        category_b=comparison.category_b,
        rationale_sv=comparison.rationale_sv,
        mean_a=a.mean,
        mean_b=b.mean,
        sd_a=a.standard_deviation,
        sd_b=b.standard_deviation,
        n_a=a.observations,
        n_b=b.observations,
        t=test.statistic,
        df=test.df,
        difference=test.difference,
        difference_lower=test.lower,
        difference_upper=test.upper,
        p_difference=test.p_value,
        since=two.since,
        change=None if change is None else relative,
        interval_level=settings.interval_level,
        persons_concerned=persons,
        explanation=weighed(explanations, residual),
    )
    return Finding(
        row=row,
        family=family,
        relative_to_expected=relative,
        minimum=setting("deviation.relevant_change", settings.relevant_change),
        persons=persons,
        told=GroupsDiffer(
            indicator_id=row.indicator_id,
            when=When.of(context.year),
            group=Group(comparison.breakdown, comparison.category_a),
            other=Group(comparison.breakdown, comparison.category_b),
            observed=row.figure("observed", a.mean),
            other_observed=row.figure("expected", b.mean),
            difference=row.figure("relative_change", test.ratio - 1.0),
        ),
        evidence=evidence,
        explanations=explanations,
        covered=covered,
        standing=None if change is None else _standing(two, change, context),
    )


def _standing(two: _Two, change: JudgedSeries, context: Context) -> Standing | None:
    if two.since is None or two.ratio is None:
        return None
    then = float(two.ratio.observed[two.ratio.series.years == two.since][0])
    if two.test.p_value >= context.settings.alpha:
        moved = State.GONE
    elif then * (two.test.ratio - 1.0) < 0:
        # The other way round it is another difference.
        moved = State.NEW
    else:
        moved = State.WIDENING if then * change.relative_to_expected > 0 else State.NARROWING
    return Standing(
        since=two.since,
        moved=moved,
        kept=context.catalogue.keeps(two.comparison.comparison_id, context.year),
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
        # None of them, or all, is no proof that it could not be otherwise: one more of each.
        alike = min(share, 1.0 - share) <= ROUNDING
        likely = (share * n + 1.0) / (n + 2.0) if alike else share
        spread = math.sqrt(likely * (1.0 - likely) * n / (n - 1.0)) if n > 1 else math.nan
        return GroupSample(mean=share, standard_deviation=spread, observations=n)
    return GroupSample(float(cut.value[at]), math.nan, math.nan)


def _why_no_value(
    a: GroupSample | None, b: GroupSample | None, comparison: GroupComparison, year: int
) -> Untold:
    absent = tuple(
        Group(comparison.breakdown, name)
        for name, sample in ((comparison.category_a, a), (comparison.category_b, b))
        if sample is None
    )
    return GroupsWithoutValue(when=When.of(year), groups=absent)


def _why_no_test(a: GroupSample, b: GroupSample, comparison: GroupComparison) -> Untold | None:
    """Why two groups with values cannot be told from chance; None where they can."""
    if not (a.testable and b.testable):
        return GroupsNotTested(why=Hindrance.NO_SPREAD_KNOWN)
    if not (a.mean >= 0 < b.mean):
        name = comparison.category_b if a.mean >= 0 else comparison.category_a
        return GroupsNotTested(
            why=Hindrance.NOT_ABOVE_NOUGHT, group=Group(comparison.breakdown, name)
        )
    if a.constant and b.constant:
        return GroupsNotTested(why=Hindrance.ALL_ALIKE)
    return None
