"""Everything the memorandum states, read once from the marts into frozen records.

Reads ``marts.*``, ``meta.sources`` and two catalogue seeds from an open connection and writes
nothing. Protection of small counts is upheld here, before any text or chart exists: a value the
marts mark as suppressed, and every figure from which it could be worked out, is dropped on the way
in. Wording belongs in ``sentences``; which rows are deviations was settled before this module runs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Self

import duckdb

from orchestration.findings.claims import AnyClaim, HypothesisTested, Record, Turned
from orchestration.findings.evidence import (
    ChangeEvidence,
    ContraryEvidence,
    Corrected,
    FollowedEvidence,
    GroupEvidence,
    LastYear,
    Reservation,
    UntestedEvidence,
    UntestedGroupsEvidence,
)
from orchestration.findings.marts import (
    DEVIATIONS,
    FOCUS_AREAS,
    FOUND_EXPLANATIONS,
    MODEL_FIT,
    read_findings,
)
from orchestration.findings.marts import TRIANGULATION as TRIANGULATION_TABLE
from orchestration.findings.records import Deviation, ModelFit, Triangulation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import (
    Indicator,
    MemorandumText,
    NaturalExplanation,
    PossibleExplanation,
    Reference,
    StepState,
)
from orchestration.language.names import Names
from orchestration.reporting import records
from orchestration.reporting.hypotheses import Hypotheses, load_hypotheses
from orchestration.reporting.next_steps import EarlierStep, earlier_steps, load_states
from orchestration.reporting.public_statistics import PublicStatistics, load_public_statistics
from orchestration.reporting.reading import read_rows as _rows
from orchestration.reporting.yearly_values import YearlyValue, YearlyValues

SERIES_YEARS = 8
"""Years a chart shows, the tested year included (2016-2023 in the default city)."""

LISTED_PER_OUTCOME = 12
"""Rows shown of the outcomes that are only listed; the rest are counted."""

_KRONOR = "kronor"
_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_SUPPRESSED = "suppressed"
_COMPARABLE = frozenset({"observed", "preliminary", "revised"})


@dataclass(frozen=True, slots=True)
class Source:
    """One row of ``meta.sources``: where figures come from and in what state.

    Attributes:
        held: That a newer answer of its publisher is held, in Swedish; empty where none is.
    """

    source_id: str
    title_sv: str
    publisher: str
    reference_period: str
    retrieved_at: datetime | None
    content_sha256: str
    licence: str
    synthetic: bool
    stale: bool
    held: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A place, as it was last called."""

    geography_id: str
    name: str
    level: str


class CatalogueIndicator(Indicator):
    """One row of ``marts.indicators``.

    Attributes:
        not_delivered: Why it has no values, where its register has not been delivered.
    """

    not_delivered: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of an indicator; every figure is None where the status is ``suppressed``."""

    year: int
    breakdown: str
    category: str
    value: float | None
    ci_lower: float | None
    ci_upper: float | None
    denominator: float | None
    standard_deviation: float | None
    observations: int | None
    status: str


@dataclass(frozen=True, kw_only=True)
class Shown(Deviation):
    """A finding with its indicator, place, history and compared groups, as it may be shown.

    Attributes:
        indicator: What it is of.
        geography_name: Where.
        geography_level: What kind of place that is.
        explanation: That was weighed, whether or not it sufficed.
        series: Yearly values of the same key, oldest first, the tested year last.
        groups: For ``group_difference`` the values of the whole groups (group a first) and of
            their sexes; otherwise empty.
        protected: Whether figures were dropped because a value they rest on is suppressed.
        last_year: What it was the year before, if it was in focus then.
        reservations: What must be examined before it is believed.
        related: The other side of a contrary movement.
    """

    indicator: CatalogueIndicator
    geography_name: str
    geography_level: str
    explanation: NaturalExplanation | None
    series: tuple[Observation, ...]
    groups: tuple[Observation, ...] = ()
    protected: bool = False
    last_year: LastYear | None = None
    reservations: tuple[Reservation, ...] = ()
    related: CatalogueIndicator | None = None

    @classmethod
    def of(cls, row: Deviation, **more: Any) -> Self:
        """A finding with more that belongs to it."""
        own = {field.name: getattr(row, field.name) for field in fields(Deviation)}
        return cls(**own, **more)

    @property
    def year(self) -> int:
        """The tested year."""
        return self.period_start.year

    @property
    def previous_year(self) -> int | None:
        """The year the tested one is compared with: the latest earlier comparable value.

        The engine names it in the evidence of a change; otherwise it is found in the series.
        """
        named = counted_from(self)
        if named is not None:
            return named
        years = [
            row.year for row in self.series if row.year < self.year and row.status in _COMPARABLE
        ]
        return max(years, default=None)

    @property
    def previous(self) -> float | None:
        """The value of :attr:`previous_year`; None where it is unknown or protected."""
        values = {row.year: row.value for row in self.series}
        return None if self.previous_year is None else values.get(self.previous_year)

    @property
    def whole_groups(self) -> tuple[Observation, ...]:
        """The two compared groups, without the split by sex."""
        return tuple(group for group in self.groups if group.breakdown == self.breakdown)

    @property
    def breakeven_reached(self) -> bool:
        """Whether the break-even volatility is a figure, and not the ceiling of the search."""
        return not isinstance(self.evidence, ChangeEvidence) or self.evidence.breakeven_reached


def counted_from(row: Deviation) -> int | None:
    """The year that a change is counted from; None where the evidence names none."""
    return row.evidence.previous_year if isinstance(row.evidence, ChangeEvidence) else None


def named_groups(row: Deviation) -> tuple[str, ...]:
    """The two groups that a difference is about, group a first."""
    evidence = row.evidence
    if not isinstance(evidence, GroupEvidence | UntestedGroupsEvidence | FollowedEvidence):
        return ()
    return tuple(name for name in (evidence.category_a, evidence.category_b) if name)


@dataclass(frozen=True, kw_only=True)
class Compared(Triangulation):
    """One row of ``marts.triangulation``, as it may be shown.

    The changes are relative (0.05 is five per cent), from the latest earlier value to the tested
    year.

    Attributes:
        indicator: What is held against another.
        related: The other.
        protected: Whether figures were dropped because a value they rest on is suppressed.
        deviation_id: The contrary finding whose evidence alone has the pair; None for a row of the
            mart.
        related_pair: The other's values now and before, where they are kronor.
    """

    indicator: CatalogueIndicator
    related: CatalogueIndicator
    protected: bool
    deviation_id: str | None = None
    related_pair: tuple[YearlyValue, YearlyValue] | None = None


@dataclass(frozen=True, slots=True)
class AreaInFocus:
    """One focus area with all that its section states.

    Attributes:
        possible_explanations: That may be said of its findings in the year.
        next_steps: The same.
        verdicts: What the figures say of each explanation, by identifier.
        records: What its indicators, and those that they are held against, are for years.
    """

    focus_area_id: str
    area: str
    deviations: tuple[Shown, ...]
    triangulation: tuple[Compared, ...]
    possible_explanations: tuple[PossibleExplanation, ...]
    next_steps: tuple[PossibleExplanation, ...]
    verdicts: Mapping[str, HypothesisTested]
    records: tuple[Record | Turned, ...] = ()
    claims: tuple[AnyClaim, ...] = ()

    def with_deviations(self, deviations: tuple[Shown, ...]) -> AreaInFocus:
        """The same area with its findings in another order."""
        return replace(self, deviations=deviations)


@dataclass(frozen=True, slots=True)
class ReportData:
    """The content of one memorandum.

    Attributes:
        focus_areas: In order of rank.
        unplaced: Focus deviations that no focus area covers; shown so that nothing is lost.
        excluded: Every explained deviation.
        watch: The first rows to keep an eye on, by rank.
        cannot_tell: The first rows that could not be decided, by rank.
        followed: What was in focus the year before, whatever it is now, by rank.
        outcome_counts: All rows of the year by outcome, also those not listed.
        kinds: The kinds of deviation that were tested for, in a fixed order.
        sources: By publisher and identifier.
        not_delivered: Indicators whose registers have not been delivered, by identifier.
        texts: What the administration has written for the year, by identifier.
        references: What it has read beside the statistics, by identifier.
        step_states: How far proposed steps have come, by the step's identifier.
        earlier_steps: The steps of earlier memoranda that are to be followed up.
        names: What the slots of claims are called.
        misfits: The models that did not foretell the municipality's earlier years as they should.
        public: What publishers say of a municipality that delivers nothing; None of any other.
    """

    year: int
    municipality_name: str
    focus_areas: tuple[AreaInFocus, ...]
    unplaced: tuple[Shown, ...]
    excluded: tuple[Shown, ...]
    watch: tuple[Shown, ...]
    cannot_tell: tuple[Shown, ...]
    followed: tuple[Shown, ...]
    outcome_counts: Mapping[str, int]
    kinds: tuple[str, ...]
    indicator_count: int
    sources: tuple[Source, ...]
    not_delivered: tuple[CatalogueIndicator, ...]
    texts: tuple[MemorandumText, ...]
    references: tuple[Reference, ...]
    step_states: Mapping[str, StepState]
    earlier_steps: tuple[EarlierStep, ...]
    names: Names
    misfits: tuple[ModelFit, ...] = ()
    public: PublicStatistics | None = None


def load_report_data(
    connection: duckdb.DuckDBPyConnection,
    *,
    year: int,
    municipality_id: str,
    municipality_name: str,
    seeds: str = "seeds",
    only_statistics: bool = False,
) -> ReportData:
    """Reads what the memorandum for one year states.

    Args:
        connection: Open connection to the warehouse; only read from.
        year: The tested year.
        municipality_id: Its code; what another municipality's analysts have written is left out.
        municipality_name: The name in the title, for example ``Stockholms stad``.
        seeds: Schema that holds ``natural_explanations`` and ``possible_explanations``.
        only_statistics: Whether the municipality delivers nothing.

    Returns:
        The figures, with protected ones already dropped.

    Raises:
        ValueError: If ``seeds`` is not a plain identifier, or a row of ``marts.deviations`` holds
            evidence that is not a JSON object or names groups that have no values.
        LookupError: If a row names an indicator, a geography or an explanation that does not exist.
        duckdb.Error: If a table or column is missing.
    """
    if not _IDENTIFIER.match(seeds):
        raise ValueError("the schema of the seeds must be a plain identifier")
    indicators = load_indicators(connection)
    explanations = load_explanations(connection, seeds)
    places = load_places(connection)
    deviations = load_deviations(
        connection,
        year,
        indicators,
        explanations,
        places,
        listed=LISTED_PER_OUTCOME,
    )
    by_outcome: dict[str, list[Shown]] = defaultdict(list)
    for deviation in deviations:
        by_outcome[deviation.outcome].append(deviation)
    hypotheses = load_hypotheses(connection, seeds, year, municipality_id)
    series_records = records.load_records(connection, year, municipality_id, explanations.values())
    amounts = [name for name, each in indicators.items() if each.unit.startswith(_KRONOR)]
    focus_areas = _focus_areas(
        connection,
        indicators,
        by_outcome["focus"],
        hypotheses,
        series_records,
        kronor=YearlyValues.load(connection, municipality_id, amounts),
    )
    placed = {row.deviation_id for area in focus_areas for row in area.deviations}
    counts = _rows(
        connection,
        "select outcome, count(*) as n from marts.deviations"
        " where year(period_start) = ? group by outcome order by outcome",
        [year],
    )
    states = load_states(connection, seeds)
    kinds = _rows(
        connection,
        "select distinct kind from marts.deviations where year(period_start) = ? order by kind",
        [year],
    )
    return ReportData(
        year=year,
        municipality_name=municipality_name,
        focus_areas=focus_areas,
        unplaced=tuple(row for row in by_outcome["focus"] if row.deviation_id not in placed),
        excluded=tuple(by_outcome["explained"]),
        watch=tuple(by_outcome["watch"][:LISTED_PER_OUTCOME]),
        cannot_tell=tuple(by_outcome["cannot_tell"][:LISTED_PER_OUTCOME]),
        followed=tuple(row for row in deviations if row.last_year is not None),
        outcome_counts=MappingProxyType({row["outcome"]: row["n"] for row in counts}),
        kinds=tuple(row["kind"] for row in kinds),
        misfits=tuple(row for row in read_findings(connection, MODEL_FIT) if not row.fits),
        indicator_count=len(indicators),
        sources=load_sources(connection),
        not_delivered=tuple(
            indicator for _, indicator in sorted(indicators.items()) if indicator.not_delivered
        ),
        texts=_memorandum_texts(connection, seeds, municipality_id, year),
        references=_references(connection, seeds, municipality_id, year),
        step_states=states,
        earlier_steps=earlier_steps(
            connection,
            hypotheses.rows,
            states,
            indicators,
            year=year,
            municipality_id=municipality_id,
        ),
        names=names_of(indicators, explanations, places, hypotheses.rows),
        public=load_public_statistics(
            connection, year=year, municipality_id=municipality_id, indicators=indicators
        )
        if only_statistics
        else None,
    )


def names_of(
    indicators: Mapping[str, CatalogueIndicator],
    explanations: Mapping[str, NaturalExplanation],
    places: Mapping[str, Place],
    hypotheses: Sequence[PossibleExplanation] = (),
) -> Names:
    """What the slots of claims are called: indicators, explanations and places."""
    return Names(
        Catalogue(
            indicators=tuple(indicators.values()),
            natural_explanations=tuple(explanations.values()),
            possible_explanations=tuple(hypotheses),
        ),
        {code: place.name for code, place in places.items()},
    )


def _memorandum_texts(
    connection: duckdb.DuckDBPyConnection, seeds: str, municipality_id: str, year: int
) -> tuple[MemorandumText, ...]:
    rows = _rows(
        connection,
        f"""
        select text_id, geography_id, year, role, area, text_sv, author
        from {seeds}.memorandum_texts
        where geography_id = ? and year = ?
        order by text_id
        """,
        [municipality_id, year],
    )
    return tuple(MemorandumText(**row) for row in rows)


def _references(
    connection: duckdb.DuckDBPyConnection, seeds: str, municipality_id: str, year: int
) -> tuple[Reference, ...]:
    columns = ", ".join(Reference.model_fields)
    rows = _rows(
        connection,
        f"select {columns} from {seeds}.literature_references"
        " where geography_id = ? and year = ? order by reference_id",
        [municipality_id, year],
    )
    return tuple(Reference(**row) for row in rows)


def load_sources(connection: duckdb.DuckDBPyConnection) -> tuple[Source, ...]:
    """Reads every row of ``meta.sources``, by publisher and identifier."""
    rows = _rows(
        connection,
        """
        select source_id, coalesce(title_sv, source_id) as title_sv,
               coalesce(publisher, '') as publisher,
               coalesce(cast(reference_period as varchar), '') as reference_period,
               epoch_us(retrieved_at) as retrieved_us,
               coalesce(content_sha256, '') as content_sha256, coalesce(licence, '') as licence,
               coalesce(synthetic, false) as synthetic, coalesce(stale, false) as stale,
               coalesce(held_sv, '') as held
        from meta.sources
        order by publisher, source_id, reference_period, content_sha256
        """,
    )
    sources = []
    for row in rows:
        microseconds = row.pop("retrieved_us")
        retrieved = (
            None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)
        )
        sources.append(Source(retrieved_at=retrieved, **row))
    return tuple(sources)


def load_indicators(connection: duckdb.DuckDBPyConnection) -> dict[str, CatalogueIndicator]:
    """Reads the catalogue, by identifier."""
    rows = _rows(
        connection,
        """
        select indicator_id, title_sv, area, unit, polarity, measure, definition_sv, source_id,
               coalesce(not_delivered_sv, '') as not_delivered
        from marts.indicators
        """,
    )
    return {row["indicator_id"]: CatalogueIndicator(**row) for row in rows}


def _indicator(
    indicators: Mapping[str, CatalogueIndicator], indicator_id: str
) -> CatalogueIndicator:
    if indicator_id not in indicators:
        raise LookupError(f"indicator {indicator_id!r} is missing from marts.indicators")
    return indicators[indicator_id]


def load_explanations(
    connection: duckdb.DuckDBPyConnection, seeds: str
) -> dict[str, NaturalExplanation]:
    """Reads the explanations, registered and found, by identifier."""
    columns = ", ".join(NaturalExplanation.model_fields)
    rows = _rows(connection, f"select {columns} from {seeds}.natural_explanations")
    found: list[NaturalExplanation] = [
        *(NaturalExplanation(**row) for row in rows),
        *read_findings(connection, FOUND_EXPLANATIONS),
    ]
    return {each.explanation_id: each for each in found}


def load_places(connection: duckdb.DuckDBPyConnection) -> dict[str, Place]:
    """Reads every place by code, each as it was last called."""
    rows = _rows(
        connection,
        """
        select geography_id, any_value(name order by valid_from desc nulls last) as name,
               any_value(level order by valid_from desc nulls last) as level
        from marts.geographies
        group by geography_id
        """,
    )
    return {row["geography_id"]: Place(**row) for row in rows}


def load_deviations(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    indicators: Mapping[str, CatalogueIndicator],
    explanations: Mapping[str, NaturalExplanation],
    places: Mapping[str, Place],
    *,
    listed: int | None = None,
) -> list[Shown]:
    """Reads a year's deviations by rank, with protected figures already dropped.

    Args:
        connection: Open connection to the warehouse.
        year: The tested year.
        indicators: From :func:`load_indicators`.
        explanations: From :func:`load_explanations`.
        places: From :func:`load_places`.
        listed: At most so many of each outcome that is only listed in the memorandum; they can
            run to thousands of rows for a large city. None reads all.

    Returns:
        One record a row.

    Raises:
        LookupError: If a row names an indicator, a geography or an explanation that does not exist.
        ValueError: If a row's evidence is not a JSON object or names groups that have no values.
    """
    # Outcomes that are only listed can run to thousands of rows for a large city; their rest is
    # counted, not fetched, apart from what was in focus the year before.
    rows = _rows(
        connection,
        """
        select *
        from marts.deviations
        where year(period_start) = ?
        qualify outcome in ('focus', 'explained') or row_number() over (
            partition by outcome
            order by rank nulls last, q_value nulls last, deviation_id
        ) <= coalesce(?, 9223372036854775807) or contains(evidence, '"last_year"')
        order by rank nulls last, q_value nulls last, deviation_id
        """,
        [year, listed],
    )
    series = _series(connection, year)
    groups = _groups(connection, year)
    shown = []
    for row in rows:
        found = DEVIATIONS.of_row(row)
        place = places.get(found.geography_id)
        if place is None:
            raise LookupError(f"geography {found.geography_id!r} is missing from marts.geographies")
        explanation = explanations.get(found.explanation_id or "")
        if found.explanation_id is not None and explanation is None:
            raise LookupError(
                f"explanation {found.explanation_id!r} is neither registered nor found"
            )
        evidence = found.evidence
        one = Shown.of(
            found,
            indicator=_indicator(indicators, found.indicator_id),
            geography_name=place.name,
            geography_level=place.level,
            explanation=explanation,
            series=series.get(found.deviation_id, ()),
            last_year=evidence.last_year,
            reservations=evidence.reservations if isinstance(evidence, Corrected) else (),
            related=indicators.get(evidence.related_indicator_id)
            if isinstance(evidence, ContraryEvidence)
            else None,
        )
        if one.kind == "group_difference":
            candidates = groups.get(one.deviation_id, ())
            one = replace(one, groups=_chosen_groups(one, candidates))
        shown.append(_protect(one))
    return shown


_OBSERVATION_COLUMNS = """
    d.deviation_id, year(v.period_start) as year, v.breakdown, v.category,
    case when v.status <> 'suppressed' then cast(v.value as double) end as value,
    case when v.status <> 'suppressed' then cast(v.ci_lower as double) end as ci_lower,
    case when v.status <> 'suppressed' then cast(v.ci_upper as double) end as ci_upper,
    case when v.status <> 'suppressed' then cast(v.denominator as double) end as denominator,
    case when v.status <> 'suppressed' then cast(v.standard_deviation as double) end
        as standard_deviation,
    case when v.status <> 'suppressed' then cast(v.observations as bigint) end as observations,
    v.status
"""


def _series(connection: duckdb.DuckDBPyConnection, year: int) -> dict[str, tuple[Observation, ...]]:
    rows = _rows(
        connection,
        f"""
        select {_OBSERVATION_COLUMNS}
        from marts.deviations as d
        join marts.indicator_values as v
          using (indicator_id, geography_id, breakdown, category)
        where year(d.period_start) = ? and v.period_grain = 'year'
          and year(v.period_start) between ? and ?
        order by d.deviation_id, v.period_start
        """,
        [year, year - SERIES_YEARS + 1, year],
    )
    return _observations(rows)


def _groups(connection: duckdb.DuckDBPyConnection, year: int) -> dict[str, tuple[Observation, ...]]:
    rows = _rows(
        connection,
        f"""
        select {_OBSERVATION_COLUMNS}
        from marts.deviations as d
        join marts.indicator_values as v
          on v.indicator_id = d.indicator_id and v.geography_id = d.geography_id
         and v.breakdown in (d.breakdown, d.breakdown || '*sex', 'sex*' || d.breakdown)
         and v.period_start = d.period_start
        where year(d.period_start) = ? and v.period_grain = 'year'
          and d.kind = 'group_difference'
        order by d.deviation_id, v.breakdown, v.category
        """,
        [year],
    )
    return _observations(rows)


def _observations(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[Observation, ...]]:
    found: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        found[row.pop("deviation_id")].append(Observation(**row))
    return {key: tuple(values) for key, values in found.items()}


def _chosen_groups(deviation: Shown, candidates: Sequence[Observation]) -> tuple[Observation, ...]:
    """Finds the two groups a difference is about, group a first, followed by their sexes."""
    whole = {row.category: row for row in candidates if row.breakdown == deviation.breakdown}
    named = named_groups(deviation)
    if deviation.outcome == "cannot_tell":
        # Often because one of the two has no value; the reason says so.
        named = tuple(name for name in named if name in whole)
    elif len(named) != len(("a", "b")) or not set(named) <= set(whole):
        raise ValueError(
            f"deviation {deviation.deviation_id!r} does not name two groups that have values"
        )
    by_sex = [
        row
        for name in named
        for row in candidates
        if row.breakdown != deviation.breakdown and name in row.category.split("*")
    ]
    return (*(whole[name] for name in named), *by_sex)


def _protect(deviation: Shown) -> Shown:
    """Drops figures that are suppressed or from which a suppressed one could be worked out.

    The tested value suppressed: nothing is left. The value it is compared with suppressed: the
    observed value stays, but not the change or the expected value, since both lead back to it.
    One of two compared groups suppressed: the difference and its test lead to it. What was said of
    the year before follows the same rule, one year earlier.
    """
    status = {row.year: row.status for row in deviation.series}
    if deviation.last_year is not None and _SUPPRESSED in (
        status.get(deviation.year - 1),
        status.get(deviation.year - 2),
    ):
        told = replace(deviation.last_year, observed=None, expected=None, relative_change=None)
        deviation = replace(deviation, last_year=told)
    tested = status.get(deviation.year) == _SUPPRESSED
    named = counted_from(deviation)
    before = status.get(deviation.year - 1 if named is None else named) == _SUPPRESSED
    group = any(row.status == _SUPPRESSED for row in deviation.whole_groups)
    if not (tested or before or group):
        return deviation
    return replace(
        deviation,
        observed=None if tested or group else deviation.observed,
        expected=None,
        lower=None,
        upper=None,
        relative_change=None,
        p_value=None,
        q_value=None,
        breakeven_volatility=None,
        reason_sv="",
        state=None,
        evidence=UntestedEvidence(),
        claims=(),
        protected=True,
    )


def _focus_areas(
    connection: duckdb.DuckDBPyConnection,
    indicators: Mapping[str, CatalogueIndicator],
    deviations: Sequence[Shown],
    hypotheses: Hypotheses,
    series_records: records.Records,
    *,
    kronor: YearlyValues,
) -> tuple[AreaInFocus, ...]:
    rows = sorted(read_findings(connection, FOCUS_AREAS), key=lambda row: row.rank)
    hidden = _hidden_indicators(connection, hypotheses.year)
    triangulation = _triangulation(connection, indicators, hidden, kronor, hypotheses.year)
    areas = []
    for row in rows:
        members = [each for each in deviations if each.indicator.area == row.area]
        # The deviation that the heading speaks of is told first.
        own = tuple(sorted(members, key=lambda each: each.deviation_id != row.lead_deviation_id))
        compared = triangulation.get(row.focus_area_id, [])
        hidden_here = [each.protected for each in own] + [each.protected for each in compared]
        concerned = {each.indicator_id for each in own} | {
            name for each in compared for name in (each.indicator_id, each.related_indicator_id)
        }
        explanations = hypotheses.of(row.area, "possible_explanation", concerned)
        areas.append(
            AreaInFocus(
                focus_area_id=row.focus_area_id,
                area=row.area,
                deviations=own,
                triangulation=(
                    *compared,
                    *_from_evidence(row.focus_area_id, own, compared, indicators, hidden),
                ),
                possible_explanations=explanations,
                next_steps=hypotheses.of(row.area, "next_step", concerned),
                verdicts=hypotheses.verdicts(explanations),
                records=records.told(
                    series_records,
                    (
                        *(each.indicator_id for each in own if each.kind != "group_difference"),
                        *(each.related_indicator_id for each in compared),
                    ),
                    hidden,
                ),
                # What rests on a protected figure cannot be told from the others here.
                claims=() if any(hidden_here) else row.claims,
            )
        )
    return tuple(areas)


def _from_evidence(
    focus_area_id: str,
    deviations: Sequence[Shown],
    compared: Sequence[Compared],
    indicators: Mapping[str, CatalogueIndicator],
    hidden: frozenset[str],
) -> list[Compared]:
    """Finds the pairs of contrary movements that the triangulation does not hold.

    A pair can be in focus although neither change is so by itself; then only the evidence of the
    deviation has its figures.
    """
    known = {(row.indicator_id, row.related_indicator_id) for row in compared}
    found = []
    for deviation in deviations:
        evidence = deviation.evidence
        if not isinstance(evidence, ContraryEvidence):
            continue
        pair = (deviation.indicator_id, evidence.related_indicator_id)
        if pair in known:
            continue
        known.add(pair)
        row = Triangulation(
            focus_area_id=focus_area_id,
            indicator_id=deviation.indicator_id,
            related_indicator_id=evidence.related_indicator_id,
            expected_sign=evidence.expected_sign,
            observed_change=evidence.observed_change,
            related_change=evidence.related_change,
            related_from=evidence.related_from,
            p_value=evidence.p_value,
            verdict=evidence.verdict,
            relation_id=evidence.relation_id,
            rationale_sv=evidence.rationale_sv,
        )
        found.append(_compared(row, indicators, hidden, deviation.deviation_id))
    return found


def _hidden_indicators(connection: duckdb.DuckDBPyConnection, year: int) -> frozenset[str]:
    """Finds the indicators whose whole value is suppressed in the tested year or the one before.

    The places looked at are those that triangulation uses: the municipality and what holds it.
    """
    rows = _rows(
        connection,
        """
        select distinct v.indicator_id
        from marts.indicator_values as v join marts.geographies as g using (geography_id)
        where v.status = 'suppressed' and v.breakdown = 'total' and v.period_grain = 'year'
          and year(v.period_start) in (?, ?) and g.level <> 'stadsdelsnamnd'
        """,
        [year - 1, year],
    )
    return frozenset(row["indicator_id"] for row in rows)


def _triangulation(
    connection: duckdb.DuckDBPyConnection,
    indicators: Mapping[str, CatalogueIndicator],
    hidden: frozenset[str],
    kronor: YearlyValues,
    year: int,
) -> dict[str, list[Compared]]:
    found: dict[str, list[Compared]] = defaultdict(list)
    rows = read_findings(connection, TRIANGULATION_TABLE)
    for row in sorted(rows, key=lambda row: (row.indicator_id, row.related_indicator_id)):
        compared = _compared(row, indicators, hidden)
        pair = None if compared.protected else _pair(row, kronor, year)
        found[row.focus_area_id].append(replace(compared, related_pair=pair))
    return found


def _pair(
    row: Triangulation, kronor: YearlyValues, year: int
) -> tuple[YearlyValue, YearlyValue] | None:
    """The values that a change in kronor is to and from."""
    if row.related_from is None:
        return None
    now = kronor.of(row.related_indicator_id, year)
    before = kronor.of(row.related_indicator_id, row.related_from)
    return None if now is None or before is None else (now, before)


def _compared(
    row: Triangulation,
    indicators: Mapping[str, CatalogueIndicator],
    hidden: frozenset[str],
    deviation_id: str | None = None,
) -> Compared:
    own = {field.name: getattr(row, field.name) for field in fields(Triangulation)}
    if row.indicator_id in hidden:
        own["observed_change"] = None
    if row.related_indicator_id in hidden:
        own["related_change"] = None
    protected = bool({row.indicator_id, row.related_indicator_id} & hidden)
    if protected:
        own |= {"p_value": None, "claims": (), "sentence_sv": ""}
    return Compared(
        **own,
        indicator=_indicator(indicators, row.indicator_id),
        related=_indicator(indicators, row.related_indicator_id),
        protected=protected,
        deviation_id=deviation_id,
    )
