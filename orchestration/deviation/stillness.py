"""Indicators that stood still although their declared drivers moved, as findings.

What does not belong here: the test itself (``stability.py``) and the drivers (the catalogue).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.findings import (
    Context,
    Finding,
    cannot_tell,
    family_of,
    new_row,
    weighed,
)
from orchestration.deviation.pools import JudgedSeries
from orchestration.deviation.stability import (
    DriverMove,
    StabilityTest,
    StabilityVerdict,
    judge_stability,
)
from orchestration.deviation.twins import Names
from orchestration.findings import evidence
from orchestration.findings.cells import setting
from orchestration.findings.claims import Driven, StillnessUnproved, StoodStill, When
from orchestration.findings.codes import Kind
from orchestration.findings.records import Deviation
from orchestration.indicators.models import CONTEXT_AREAS, Driver

_Moved = tuple[Driver, DriverMove]
#: A log change and its sampling variance.
_Change = tuple[float, float]


def stability_findings(
    tested: Sequence[JudgedSeries], names_of: Names, context: Context
) -> tuple[list[Finding], list[Deviation]]:
    """Hold every indicator that has declared drivers against what they did.

    A driver whose own change has a registered explanation is left out: a new definition drives
    nothing. One movement drives once, under however many names it is declared, and never itself.

    Args:
        tested: the tested series.
        names_of: their names.
        context: of the report year.

    Returns:
        A finding for each indicator of which a change was to be expected, and a row for each of
        those that are too small or too restless for a verdict.
    """
    findings: list[Finding] = []
    cannot: list[Deviation] = []
    movements = names_of.movements(tested)
    declared: dict[str, dict[tuple[str, int], Driver]] = {}
    for driver in names_of.own_first(context.catalogue.drivers):
        driven, drives = names_of.of(driver.indicator_id), names_of.of(driver.driver_indicator_id)
        if driven != drives:
            declared.setdefault(driven, {}).setdefault((drives, driver.lag_years), driver)
    for indicator_id, drivers in declared.items():
        one = movements.get(indicator_id)
        moved = [m for d in drivers.values() if (m := _moved(d, movements, context)) is not None]
        change = None if one is None else one.log_change()
        if one is None or change is None or not moved or one.indicator.area in CONTEXT_AREAS:
            continue
        found = _test(one, change, moved, context)
        row = new_row(one.series.key, Kind.STABILITY, context.year)
        if found.verdict is StabilityVerdict.NOTHING_EXPECTED:
            continue
        if found.verdict is StabilityVerdict.CANNOT_TELL and not _moved_itself(one, context):
            facts = _evidence(found, moved, context)
            why = StillnessUnproved(
                indicator_id=one.series.indicator_id,
                expected_change=row.figure("evidence.expected_change", facts.expected_change),
            )
            cannot.append(cannot_tell(row, why, facts))
            continue
        findings.append(_finding(row, one, found, (change, moved), context))
    return findings, cannot


def _moved(driver: Driver, tested: Mapping[str, JudgedSeries], context: Context) -> _Moved | None:
    source = tested.get(driver.driver_indicator_id)
    if source is None:
        return None
    key = source.series.key
    of_year = context.year - driver.lag_years
    if any(e.covers(of_year) for e in context.catalogue.explanations_for(key[0], key[1])):
        return None
    change = source.log_change(driver.lag_years)
    if change is None:
        return None
    return driver, DriverMove(
        elasticity=driver.elasticity,
        elasticity_sd=driver.elasticity_sd,
        log_change=change[0],
        standard_error=float(np.sqrt(change[1])),
    )


def _test(
    one: JudgedSeries, change: _Change, moved: Sequence[_Moved], context: Context
) -> StabilityTest:
    return judge_stability(
        change[0],
        float(np.sqrt(change[1] + one.volatility_variance)),
        [move for _, move in moved],
        relevant_change=context.settings.stability_relevant_change,
        alpha=context.settings.alpha,
    )


def _finding(
    row: Deviation,
    one: JudgedSeries,
    found: StabilityTest,
    seen: tuple[_Change, Sequence[_Moved]],
    context: Context,
) -> Finding:
    change, moved = seen
    family = family_of(one.indicator, Kind.STABILITY, context.catalogue)
    stable = found.verdict is StabilityVerdict.STABLE_AGAINST_EXPECTATION
    if not stable or _moved_itself(one, context):
        # What moved as expected is no evidence of stability.
        return Finding.quiet(replace(row, p_value=1.0), family)
    before = one.observed / float(np.exp(found.observed))
    spread = float(np.hypot(found.standard_error, found.expected_sd))
    reach = float(special.ndtri((1.0 + context.settings.interval_level) / 2.0)) * spread
    expected = before * float(np.exp(found.expected))
    row = replace(
        row,
        p_value=found.p_value,
        observed=one.observed,
        expected=expected,
        lower=expected * float(np.exp(-reach)),
        upper=expected * float(np.exp(reach)),
        relative_change=one.relative_change,
        probability_relevant=_probability_off(found, spread, context.settings.relevant_change),
        excess=(one.observed - expected) / (one.to_unit if one.model.discrete else 1.0),
    )
    explanations = context.explanations(one.series.key)
    covered = False
    if explanations:
        known = explained_log_change(explanations, context.year, one.observed / expected - 1.0)
        if known is not None:
            # Without the known change, did it still stand still?
            again = _test(one, (change[0] - known, change[1]), moved, context)
            covered = again.verdict is not StabilityVerdict.STABLE_AGAINST_EXPECTATION
        else:
            covered = True
    persons = abs(row.excess or 0.0) if one.model.discrete else one.persons_concerned
    facts = replace(
        _evidence(found, moved, context),
        explanation=weighed(explanations),
        persons_concerned=persons,
    )
    return Finding(
        row=row,
        family=family,
        relative_to_expected=one.observed / expected - 1.0,
        minimum=setting("deviation.focus_minimum_change", context.settings.focus_minimum_change),
        persons=persons,
        told=StoodStill(
            indicator_id=one.series.indicator_id,
            when=When.of(context.year),
            observed=row.figure("observed", one.observed),
            change=row.figure("relative_change", row.relative_change or 0.0),
            expected_change=row.figure("evidence.expected_change", facts.expected_change),
            drivers=tuple(
                Driven(
                    indicator_id=each.driver_indicator_id,
                    change=row.figure(f"evidence.drivers[{at}].change", each.change),
                )
                for at, each in enumerate(facts.drivers)
            ),
        ),
        evidence=facts,
        explanations=explanations,
        covered=covered,
    )


def _moved_itself(one: JudgedSeries, context: Context) -> bool:
    """What moved beyond its own noise, however little, has not stood still: its change is told."""
    return one.p_value < context.settings.alpha


def _probability_off(found: StabilityTest, spread: float, relevant_change: float) -> float:
    limit, gap = float(np.log1p(relevant_change)), found.observed - found.expected
    return float(special.ndtr((gap - limit) / spread) + special.ndtr((-gap - limit) / spread))


def _evidence(
    found: StabilityTest, moved: Sequence[_Moved], context: Context
) -> evidence.StabilityEvidence:
    return evidence.StabilityEvidence(
        verdict=str(found.verdict),
        expected_change=float(np.expm1(found.expected)),
        expected_sd=found.expected_sd,
        observed_log_change=found.observed,
        standard_error=found.standard_error,
        p_expected=found.p_expected,
        p_equivalent=found.p_equivalent,
        p_contradicted=found.p_contradicted,
        relevant_change=context.settings.stability_relevant_change,
        interval_level=context.settings.interval_level,
        persons_concerned=None,
        drivers=tuple(
            evidence.DriverMove(
                driver_id=driver.driver_id,
                driver_indicator_id=driver.driver_indicator_id,
                change=float(np.expm1(move.log_change)),
                elasticity=driver.elasticity,
                elasticity_sd=driver.elasticity_sd,
                lag_years=driver.lag_years,
                rationale_sv=driver.rationale_sv,
            )
            for driver, move in moved
        ),
    )
