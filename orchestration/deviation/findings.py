"""A hypothesis on its way to becoming a row of ``marts.deviations``.

What every kind of deviation needs: the context it is tested in, the finding it ends as, and what
its row keeps. What does not belong here: how any one kind is tested, and the decision.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from orchestration.deviation.explanations import explained_log_change
from orchestration.deviation.pools import JudgedSeries
from orchestration.deviation.series import SeriesKey
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.cells import Figure, series_cell, setting
from orchestration.findings.claims import (
    AnyClaim,
    Happened,
    KnownCause,
    Stood,
    Untold,
    When,
)
from orchestration.findings.codes import Kind, Outcome, State
from orchestration.findings.evidence import (
    Corrected,
    StabilityEvidence,
    UntestedEvidence,
    UntestedGroupsEvidence,
    Weighed,
)
from orchestration.findings.records import Deviation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import CONTEXT_AREAS, Indicator, NaturalExplanation

FamilyKey = tuple[str, Kind]
Explanations = tuple[NaturalExplanation, ...]


@dataclass(frozen=True)
class Context:
    """What every step needs.

    Attributes:
        catalogue: indicators and what is known of them.
        year: report year.
        settings: of the engine.
        successors: the board that took over, by the board that ceased.
    """

    catalogue: Catalogue
    year: int
    settings: DeviationSettings
    successors: Mapping[str, str] = field(default_factory=dict)

    def explanations(self, key: SeriesKey, month: int | None = None) -> Explanations:
        """What explains this series in the report year, or in one of its months."""
        known = self.catalogue.explanations_for(key[0], key[1])
        return tuple(row for row in known if row.covers(self.year, month))

    def reservations(self, indicator_ids: Sequence[str], geography_id: str) -> Explanations:
        """What must be examined before any of these indicators is told as a fact."""
        known = [
            row
            for indicator_id in indicator_ids
            for row in self.catalogue.reservations_for(indicator_id, geography_id)
        ]
        return tuple(dict.fromkeys(row for row in known if row.covers(self.year)))

    def heirs(self, geography_id: str) -> set[str]:
        """The boards that have taken over from a board, one after the other."""
        found: set[str] = set()
        heir = self.successors.get(geography_id)
        while heir is not None and heir not in found:
            found.add(heir)
            heir = self.successors.get(heir)
        return found - {geography_id}


_NEVER = setting("deviation.never", math.inf)


@dataclass(frozen=True)
class Standing:
    """A difference between groups that was there before the tested year.

    Attributes:
        since: the first year from which it has gone the same way.
        moved: what it has done, if its change is more than chance.
        kept: whether somebody wants it in focus though it is no news.
    """

    since: int
    moved: State
    kept: bool = False

    def told(self, state: State) -> Stood:
        """The claim that it has been so."""
        return Stood(state=state, since=When.of(self.since))


@dataclass(frozen=True)
class Finding:
    """A tested hypothesis: a row to be, with what is needed to decide on it.

    Attributes:
        row: the row, its outcome still open.
        family: what it is corrected together with; None for the surroundings and for faces.
        relative_to_expected: size of the deviation.
        minimum: least size that can be a focus, by the name of its setting.
        persons: persons concerned, for the ranking.
        told: what happened; None for what is only counted in its family.
        evidence: what the row keeps; None for the same.
        explanations: registered or found for the report year.
        covered: whether they cover it.
        told_with: the indicator that must itself be in focus for this to be; None for no such
            condition.
        only_selected: whether it gets no row at all unless it is selected.
        face_of: the indicator whose own change this is another face of: not tested once more, but
            as sure as that; None for a hypothesis of its own.
        standing: of a difference that was there before, whose change is what is tested; None of
            anything else.
    """

    row: Deviation
    family: FamilyKey | None
    relative_to_expected: float = 0.0
    minimum: Figure = _NEVER
    persons: float = 0.0
    told: Happened | None = None
    evidence: Corrected | None = None
    explanations: Explanations = ()
    covered: bool = False
    told_with: str | None = None
    only_selected: bool = False
    face_of: str | None = None
    standing: Standing | None = None

    @classmethod
    def quiet(cls, row: Deviation, family: FamilyKey | None) -> "Finding":
        """A hypothesis that takes part in the correction and gets no row of its own."""
        return cls(row, family)


def family_of(indicator: Indicator, kind: Kind, catalogue: Catalogue) -> FamilyKey | None:
    """What counts the same, in one way of deviating; the surroundings are not corrected at all."""
    if indicator.area in CONTEXT_AREAS:
        return None
    return (catalogue.clusters[indicator.indicator_id], kind)


def weigh(
    tested: JudgedSeries, explanations: Sequence[NaturalExplanation], context: Context
) -> tuple[bool, float | None]:
    """Whether explanations cover a deviation, and the relative change they leave over.

    They do when what is left is within noise, or is small and less than half of what there was: an
    explanation of another sign or of no size explains nothing, however small the deviation.
    """
    if not explanations:
        return False, None
    log_change = explained_log_change(explanations, context.year, tested.relative_to_expected)
    if log_change is None:
        return True, None
    expected, p = tested.expected_after(log_change)
    residual = tested.observed / expected - 1.0
    small = abs(residual) < context.settings.focus_minimum_change
    lesser = small and 2 * abs(np.log1p(residual)) < abs(np.log1p(tested.relative_to_expected))
    return p >= context.settings.alpha or bool(lesser), residual


def left_over(
    explanations: Explanations, ratio: float, minimum: float, year: int
) -> tuple[bool, float | None]:
    """Whether explanations cover a value but for less than a minimum, and what they leave over.

    Args:
        explanations: that hold in the year.
        ratio: the value over what it is held against.
        minimum: relative size of what may be left over.
        year: report year.
    """
    if not explanations:
        return False, None
    known = explained_log_change(explanations, year, ratio - 1.0)
    if known is None:
        return True, None
    residual = ratio / math.exp(known) - 1.0
    return abs(residual) < minimum, residual


def local_explanations(row: Deviation, context: Context) -> Explanations:
    """What is registered for a board alone; what holds for all tells none from the others."""
    return tuple(
        e
        for e in context.explanations((row.indicator_id, row.geography_id, "", ""))
        if e.geography_id == row.geography_id
    )


def ids(explanations: Sequence[NaturalExplanation]) -> tuple[str, ...]:
    """Which explanations, as a claim names them."""
    return tuple(row.explanation_id for row in explanations)


def weighed(
    explanations: Sequence[NaturalExplanation], residual: float | None = None
) -> Weighed | None:
    """What a row keeps of the explanations that were weighed; None where there were none."""
    if not explanations:
        return None
    return Weighed(
        ids=ids(explanations),
        origins=tuple(row.origin for row in explanations),
        explained_change=tuple(row.explained_change for row in explanations),
        residual_change=residual,
    )


def value_then(key: SeriesKey, year: int, value: float) -> Figure:
    """A yearly value of a series, as the marts hold it."""
    indicator_id, geography_id, breakdown, category = key
    cell = series_cell(
        "value",
        indicator_id=indicator_id,
        period_start=date(year, 1, 1),
        period_grain="year",
        geography_id=geography_id,
        breakdown=breakdown,
        category=category,
    )
    return Figure(value, (cell,))


def new_row(
    key: SeriesKey,
    kind: Kind,
    year: int,
    *,
    month: int | None = None,
    related: str = "",
    p_value: float | None = None,
) -> Deviation:
    """A row with its key, everything else still open.

    Args:
        key: of the series.
        kind: in what way it deviates.
        year: tested year.
        month: tested month of it; None for the year.
        related: the other group, or the related indicator; empty where there is none.
        p_value: of the test.
    """
    indicator_id, geography_id, breakdown, category = key
    period = iso_period(year, month)
    parts = [period, str(kind), indicator_id, geography_id, breakdown, category]
    return Deviation(
        # Rows that differ in any part of their key differ here: no part may hold the mark between.
        deviation_id=":".join(map(_part, [*parts, related] if related else parts)),
        indicator_id=indicator_id,
        period_start=date(year, month or 1, 1),
        period_grain="year" if month is None else "month",
        geography_id=geography_id,
        breakdown=breakdown,
        category=category,
        compared_with=related or None,
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
        probability_relevant=None,
        excess=None,
    )


def iso_period(year: int, month: int | None) -> str:
    """A year, or a month of it, as part of an id: ``2017``, ``2017-02``."""
    return str(year) if month is None else f"{year}-{month:02d}"


def _part(name: str) -> str:
    return name.replace("%", "%25").replace(":", "%3A")


def cannot_tell(
    row: Deviation,
    why: Untold,
    evidence: UntestedEvidence | UntestedGroupsEvidence | StabilityEvidence,
    explanations: Explanations = (),
) -> Deviation:
    """A row that says why nothing could be tested, and what is known of the reason."""
    claims: tuple[AnyClaim, ...] = (why,)
    if not explanations:
        return replace(row, evidence=evidence, claims=claims)
    return replace(
        row,
        explanation_id=explanations[0].explanation_id,
        evidence=replace(evidence, explanation=weighed(explanations)),
        claims=(*claims, KnownCause(explanation_ids=ids(explanations))),
    )
