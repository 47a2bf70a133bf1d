"""Everything the memorandum states, read once from the marts into frozen records.

Reads ``marts.*``, ``meta.sources`` and two catalogue seeds from an open connection and writes
nothing. Protection of small counts is upheld here, before any text or chart exists: a value the
marts mark as suppressed, and every figure from which it could be worked out, is dropped on the way
in. Wording belongs in ``sentences``; which rows are deviations was settled before this module runs.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import duckdb

from orchestration.reporting.reading import read_rows as _rows

SERIES_YEARS = 8
"""Years a chart shows, the tested year included (2016-2023 in the default city)."""

LISTED_PER_OUTCOME = 12
"""Rows shown of the outcomes that are only listed; the rest are counted."""

_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_GROUP_SEPARATOR = re.compile(r"\s*[|/:]\s*|\s+(?:v|vs|mot)\s+|__")
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
class Indicator:
    """One row of ``marts.indicators``.

    Attributes:
        not_delivered: Why it has no values, where its register has not been delivered.
    """

    indicator_id: str
    title_sv: str
    area: str
    unit: str
    measure: str
    definition_sv: str
    source_id: str
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


@dataclass(frozen=True, slots=True)
class NaturalExplanation:
    """A cause that takes a deviation out of further analysis.

    Attributes:
        basis: Where the system found it; empty where somebody registered it.
    """

    explanation_id: str
    kind: str
    title_sv: str
    description_sv: str
    period_from: int | None
    period_to: int | None
    explained_change: float | None
    source: str
    synthetic: bool
    basis: str


@dataclass(frozen=True, slots=True)
class LastYear:
    """What a deviation was when it was in focus the year before.

    Attributes:
        since: What became of it, in the engine's words.
    """

    observed: float | None
    expected: float | None
    relative_change: float | None
    since: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """One row of ``marts.deviations`` with its indicator, place, history and compared groups.

    Attributes:
        series: Yearly values of the same key, oldest first, the tested year last.
        groups: For ``group_difference`` the values of the whole groups (group a first) and of
            their sexes; otherwise empty.
        protected: Whether figures were dropped because a value they rest on is suppressed.
        reservations: What must be examined before it is believed, in words.
        last_year: What it was the year before, if it was in focus then.
    """

    deviation_id: str
    indicator: Indicator
    period_start: date
    period_grain: str
    geography_id: str
    geography_name: str
    geography_level: str
    breakdown: str
    category: str
    kind: str
    outcome: str
    observed: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    relative_change: float | None
    p_value: float | None
    q_value: float | None
    breakeven_volatility: float | None
    rank: int | None
    reason_sv: str
    evidence: Mapping[str, Any]
    explanation: NaturalExplanation | None
    series: tuple[Observation, ...]
    groups: tuple[Observation, ...]
    protected: bool
    reservations: tuple[str, ...]
    last_year: LastYear | None

    @property
    def year(self) -> int:
        """The tested year."""
        return self.period_start.year

    @property
    def previous_year(self) -> int | None:
        """The year the tested one is compared with: the latest earlier comparable value.

        The engine names it in the evidence (``previous_year``); otherwise it is found in the
        series.
        """
        named = self.evidence.get("previous_year")
        if named is not None:
            return int(named)
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


@dataclass(frozen=True, slots=True)
class Triangulation:
    """One row of ``marts.triangulation``: an indicator held against a related one.

    The changes are relative (0.05 is five per cent), from the latest earlier value to the tested
    year.
    """

    indicator: Indicator
    related: Indicator
    expected_sign: int
    observed_change: float | None
    related_change: float | None
    p_value: float | None
    verdict: str
    rationale_sv: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A registered possible explanation or next step, in the analysts' own words."""

    hypothesis_id: str
    text_sv: str
    source: str


@dataclass(frozen=True, slots=True)
class FocusArea:
    """One focus area with all that its section states."""

    focus_area_id: str
    area: str
    title_sv: str
    summary_sv: str
    rank: int | None
    deviations: tuple[Deviation, ...]
    triangulation: tuple[Triangulation, ...]
    possible_explanations: tuple[Hypothesis, ...]
    next_steps: tuple[Hypothesis, ...]

    @property
    def protected(self) -> bool:
        """Whether a figure of the area is protected, so that ready-made text must not be used."""
        return any(deviation.protected for deviation in self.deviations)


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
    """

    year: int
    municipality_name: str
    focus_areas: tuple[FocusArea, ...]
    unplaced: tuple[Deviation, ...]
    excluded: tuple[Deviation, ...]
    watch: tuple[Deviation, ...]
    cannot_tell: tuple[Deviation, ...]
    followed: tuple[Deviation, ...]
    outcome_counts: Mapping[str, int]
    kinds: tuple[str, ...]
    indicator_count: int
    sources: tuple[Source, ...]
    not_delivered: tuple[Indicator, ...]


def load_report_data(
    connection: duckdb.DuckDBPyConnection,
    *,
    year: int,
    municipality_id: str,
    municipality_name: str,
    seeds: str = "seeds",
) -> ReportData:
    """Reads what the memorandum for one year states.

    Args:
        connection: Open connection to the warehouse; only read from.
        year: The tested year.
        municipality_id: Its code; what another municipality's analysts have written is left out.
        municipality_name: The name in the title, for example ``Stockholms stad``.
        seeds: Schema that holds ``natural_explanations`` and ``possible_explanations``.

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
    deviations = load_deviations(
        connection,
        year,
        indicators,
        load_explanations(connection, seeds),
        listed=LISTED_PER_OUTCOME,
    )
    by_outcome: dict[str, list[Deviation]] = defaultdict(list)
    for deviation in deviations:
        by_outcome[deviation.outcome].append(deviation)
    hypotheses = _hypotheses(connection, seeds, municipality_id)
    focus_areas = _focus_areas(connection, year, indicators, by_outcome["focus"], hypotheses)
    placed = {row.deviation_id for area in focus_areas for row in area.deviations}
    counts = _rows(
        connection,
        "select outcome, count(*) as n from marts.deviations"
        " where year(period_start) = ? group by outcome order by outcome",
        [year],
    )
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
        indicator_count=len(indicators),
        sources=load_sources(connection),
        not_delivered=tuple(
            indicator for _, indicator in sorted(indicators.items()) if indicator.not_delivered
        ),
    )


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


def load_indicators(connection: duckdb.DuckDBPyConnection) -> dict[str, Indicator]:
    """Reads the catalogue, by identifier."""
    rows = _rows(
        connection,
        """
        select indicator_id, title_sv, area, coalesce(unit, '') as unit,
               measure, coalesce(definition_sv, '') as definition_sv,
               coalesce(source_id, '') as source_id,
               coalesce(not_delivered_sv, '') as not_delivered
        from marts.indicators
        """,
    )
    return {row["indicator_id"]: Indicator(**row) for row in rows}


def _indicator(indicators: Mapping[str, Indicator], indicator_id: str) -> Indicator:
    if indicator_id not in indicators:
        raise LookupError(f"indicator {indicator_id!r} is missing from marts.indicators")
    return indicators[indicator_id]


def load_explanations(
    connection: duckdb.DuckDBPyConnection, seeds: str
) -> dict[str, NaturalExplanation]:
    """Reads the registered explanations, by identifier."""
    rows = _rows(
        connection,
        f"""
        select explanation_id, kind, title_sv, coalesce(description_sv, '') as description_sv,
               try_cast(period_from as integer) as period_from,
               try_cast(period_to as integer) as period_to,
               try_cast(explained_change as double) as explained_change,
               coalesce(source, '') as source,
               coalesce(try_cast(synthetic as boolean), false) as synthetic, '' as basis
        from {seeds}.natural_explanations
        union all
        select explanation_id, kind, title_sv, description_sv, period_from, period_to,
               explained_change, source, synthetic, basis
        from marts.found_explanations
        """,
    )
    return {row["explanation_id"]: NaturalExplanation(**row) for row in rows}


def load_deviations(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    indicators: Mapping[str, Indicator],
    explanations: Mapping[str, NaturalExplanation],
    *,
    listed: int | None = None,
) -> list[Deviation]:
    """Reads a year's deviations by rank, with protected figures already dropped.

    Args:
        connection: Open connection to the warehouse.
        year: The tested year.
        indicators: From :func:`load_indicators`.
        explanations: From :func:`load_explanations`.
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
        with places as (
            select geography_id, any_value(name order by valid_from desc nulls last) as name,
                   any_value(level order by valid_from desc nulls last) as level
            from marts.geographies group by geography_id
        )
        select d.deviation_id, d.indicator_id, cast(d.period_start as date) as period_start,
               d.period_grain, d.geography_id, p.name as geography_name, p.level as geography_level,
               d.breakdown, d.category, d.kind, d.outcome,
               cast(d.observed as double) as observed, cast(d.expected as double) as expected,
               cast(d.lower as double) as lower, cast(d.upper as double) as upper,
               cast(d.relative_change as double) as relative_change,
               cast(d.p_value as double) as p_value, cast(d.q_value as double) as q_value,
               cast(d.breakeven_volatility as double) as breakeven_volatility,
               d.rank, coalesce(d.reason_sv, '') as reason_sv, d.evidence, d.explanation_id
        from marts.deviations as d
        left join places as p using (geography_id)
        where year(d.period_start) = ?
        qualify d.outcome in ('focus', 'explained') or row_number() over (
            partition by d.outcome
            order by d.rank nulls last, d.q_value nulls last, d.deviation_id
        ) <= coalesce(?, 9223372036854775807) or contains(d.evidence, '"last_year"')
        order by d.rank nulls last, d.q_value nulls last, d.deviation_id
        """,
        [year, listed],
    )
    series = _series(connection, year)
    groups = _groups(connection, year)
    deviations = []
    for row in rows:
        if row["geography_name"] is None:
            raise LookupError(
                f"geography {row['geography_id']!r} is missing from marts.geographies"
            )
        explanation_id = row.pop("explanation_id")
        explanation = explanations.get(explanation_id)
        if explanation_id is not None and explanation is None:
            raise LookupError(f"explanation {explanation_id!r} is neither registered nor found")
        row["indicator"] = _indicator(indicators, row.pop("indicator_id"))
        row["evidence"] = _evidence(row["deviation_id"], row["evidence"])
        deviation = Deviation(
            **row,
            explanation=explanation,
            series=series.get(row["deviation_id"], ()),
            groups=(),
            protected=False,
            reservations=tuple(
                each["title_sv"] for each in row["evidence"].get("reservations", ())
            ),
            last_year=_last_year(row["evidence"]),
        )
        if deviation.kind == "group_difference":
            candidates = groups.get(deviation.deviation_id, ())
            deviation = replace(deviation, groups=_chosen_groups(deviation, candidates))
        deviations.append(_protect(deviation))
    return deviations


def _last_year(evidence: Mapping[str, Any]) -> LastYear | None:
    told = evidence.get("last_year")
    if told is None:
        return None
    return LastYear(told["observed"], told["expected"], told["relative_change"], told["since"])


def _evidence(deviation_id: str, text: str | None) -> Mapping[str, Any]:
    try:
        return MappingProxyType(dict(json.loads(text) if text else {}))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the evidence of deviation {deviation_id!r} is not a JSON object"
        ) from error


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


def _chosen_groups(
    deviation: Deviation, candidates: Sequence[Observation]
) -> tuple[Observation, ...]:
    """Finds the two groups a difference is about, group a first, followed by their sexes."""
    whole = {row.category: row for row in candidates if row.breakdown == deviation.breakdown}
    named = [
        str(deviation.evidence[key])
        for key in ("category_a", "category_b")
        if deviation.evidence.get(key)
    ]
    if not named:
        named = [part for part in _GROUP_SEPARATOR.split(deviation.category) if part in whole]
    others = [category for category in whole if category not in named]
    if len(named) == 1 and len(others) == 1:
        named += others
    if not named and len(whole) == len(("a", "b")):
        named = list(whole)
    if deviation.outcome == "cannot_tell":
        # Often because one of the two has no value; the reason says so.
        named = [name for name in named if name in whole]
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


def _protect(deviation: Deviation) -> Deviation:
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
    named = deviation.evidence.get("previous_year")
    before = status.get(deviation.year - 1 if named is None else int(named)) == _SUPPRESSED
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
        evidence=MappingProxyType({}),
        protected=True,
    )


def _focus_areas(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    indicators: Mapping[str, Indicator],
    deviations: Sequence[Deviation],
    hypotheses: Mapping[tuple[str, str], Sequence[Hypothesis]],
) -> tuple[FocusArea, ...]:
    rows = _rows(
        connection,
        """
        select * from marts.focus_areas order by rank nulls last, focus_area_id
        """,
    )
    hidden = _hidden_indicators(connection, year)
    triangulation = _triangulation(connection, indicators, hidden)
    areas = []
    for row in rows:
        # Not one of the fixed columns: the deviation the heading speaks of, told first.
        lead = row.get("lead_deviation_id")
        members = [each for each in deviations if each.indicator.area == row["area"]]
        own = (
            *(each for each in members if each.deviation_id == lead),
            *(each for each in members if each.deviation_id != lead),
        )
        compared = triangulation.get(row["focus_area_id"], [])
        areas.append(
            FocusArea(
                focus_area_id=row["focus_area_id"],
                area=row["area"],
                title_sv=row["title_sv"],
                summary_sv=row["summary_sv"] or "",
                rank=row["rank"],
                deviations=own,
                triangulation=(*compared, *_from_evidence(own, compared, indicators, hidden)),
                possible_explanations=tuple(
                    hypotheses.get((row["area"], "possible_explanation"), ())
                ),
                next_steps=tuple(hypotheses.get((row["area"], "next_step"), ())),
            )
        )
    return tuple(areas)


def _from_evidence(
    deviations: Sequence[Deviation],
    compared: Sequence[Triangulation],
    indicators: Mapping[str, Indicator],
    hidden: frozenset[str],
) -> list[Triangulation]:
    """Finds the pairs of contrary movements that the triangulation does not hold.

    A pair can be in focus although neither change is so by itself; then only the evidence of the
    deviation has its figures.
    """
    known: set[tuple[str, Any]] = {
        (row.indicator.indicator_id, row.related.indicator_id) for row in compared
    }
    found = []
    for deviation in deviations:
        evidence = deviation.evidence
        related = evidence.get("related_indicator_id")
        pair = (deviation.indicator.indicator_id, related)
        if deviation.kind != "contrary" or related is None or pair in known:
            continue
        known.add(pair)
        row = {
            "expected_sign": evidence.get("expected_sign", 1),
            "observed_change": evidence.get("observed_change", deviation.relative_change),
            "related_change": evidence.get("related_change"),
            "p_value": evidence.get("p_value", deviation.p_value),
            "verdict": evidence.get("verdict", "contrary"),
            "rationale_sv": evidence.get("rationale_sv"),
        }
        found.append(_compared(row, deviation.indicator, _indicator(indicators, related), hidden))
    return found


def _hypotheses(
    connection: duckdb.DuckDBPyConnection, seeds: str, municipality_id: str
) -> dict[tuple[str, str], list[Hypothesis]]:
    rows = _rows(
        connection,
        f"""
        select hypothesis_id, area, role, text_sv, coalesce(source, '') as source
        from {seeds}.possible_explanations
        where geography_id is null or geography_id = ?
        order by hypothesis_id
        """,
        [municipality_id],
    )
    found: dict[tuple[str, str], list[Hypothesis]] = defaultdict(list)
    for row in rows:
        found[row.pop("area"), row.pop("role")].append(Hypothesis(**row))
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
    indicators: Mapping[str, Indicator],
    hidden: frozenset[str],
) -> dict[str, list[Triangulation]]:
    rows = _rows(
        connection,
        "select * from marts.triangulation order by focus_area_id, indicator_id,"
        " related_indicator_id",
    )
    found: dict[str, list[Triangulation]] = defaultdict(list)
    for row in rows:
        one = _indicator(indicators, row["indicator_id"])
        other = _indicator(indicators, row["related_indicator_id"])
        found[row["focus_area_id"]].append(_compared(row, one, other, hidden))
    return found


def _compared(
    row: Mapping[str, Any], one: Indicator, other: Indicator, hidden: frozenset[str]
) -> Triangulation:
    protected = bool({one.indicator_id, other.indicator_id} & hidden)
    return Triangulation(
        indicator=one,
        related=other,
        expected_sign=int(row["expected_sign"]),
        observed_change=None if one.indicator_id in hidden else row["observed_change"],
        related_change=None if other.indicator_id in hidden else row["related_change"],
        p_value=None if protected else row["p_value"],
        verdict=row["verdict"],
        # Not one of the fixed columns: shown where the engine has written it.
        rationale_sv=row.get("rationale_sv") or "",
        protected=protected,
    )
