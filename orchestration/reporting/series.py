"""Everything the indicators' pages state, read once from the marts into frozen records.

Reads ``marts.*``, ``meta.sources`` and the seed of natural explanations from an open connection
and writes nothing. A suppressed value is dropped on the way in, and so is every table of parts that
would show a small count, whole, so that no cell of it follows from the others. Drawing belongs in
``charts``, wording in ``indicator_pages`` and ``series_view``; the lines of a chart were computed
before.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from orchestration.indicators.models import NaturalExplanation
from orchestration.language.names import Names
from orchestration.reporting import data
from orchestration.reporting.data import CatalogueIndicator, Place, Shown, Source
from orchestration.reporting.reading import read_rows

TOTAL = "total"
_BOARD = "stadsdelsnamnd"


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; what is unknown, protected, withheld or not drawn is None.

    Attributes:
        numerator: What is counted, of a share, a rate or a mean.
        denominator: What it is counted among.
        ci_lower: Lower end of the value's own uncertainty.
        ci_upper: Upper end.
        segment: Of the chart's limits; None where the value is not comparable.
        trial: Whether the limits are for trial only.
        signal: The rule that the point breaks, in the chart's codes; empty where it is not drawn.
    """

    start: date
    value: float | None
    numerator: float | None
    denominator: float | None
    ci_lower: float | None
    ci_upper: float | None
    status: str
    segment: int | None
    centre: float | None
    lower: float | None
    upper: float | None
    trial: bool
    signal: str


@dataclass(frozen=True, slots=True)
class ValueSeries:
    """One series, oldest first; at least one point."""

    geography_id: str
    breakdown: str
    category: str
    grain: str
    points: tuple[Point, ...]
    deviations: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The categories of a breakdown, or the boards of the municipality.

    Attributes:
        series: Empty where the parts are withheld.
        withheld: Whether one of them rests on a count too small to be shown.
    """

    breakdown: str
    grain: str
    series: tuple[ValueSeries, ...]
    withheld: bool


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A note on a source's figures."""

    source_id: str
    note_number: int
    kind: str
    period: str
    regions: tuple[str, ...]
    text_sv: str


@dataclass(frozen=True, slots=True)
class IndicatorSeries:
    """The content of one indicator's page.

    Attributes:
        whole: The series of the whole, one a place and grain, the municipality's years first.
        parts: The breakdowns of those places.
        boards: The municipality's boards; None where the indicator has none.
        deviations: Every finding of the tested year, by rank.
        explanations: Registered or found, that concern the series, by their first year.
        other_notes: Notes on the same sources that name other places.
    """

    indicator: CatalogueIndicator
    whole: tuple[ValueSeries, ...]
    parts: tuple[Parts, ...]
    boards: Parts | None
    deviations: tuple[Shown, ...]
    explanations: tuple[NaturalExplanation, ...]
    notes: tuple[SourceNote, ...]
    other_notes: tuple[SourceNote, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class SeriesData:
    """The content of all pages of one publication.

    Attributes:
        smallest_count: Parts that rest on fewer are withheld, and the pages say so.
        names: What the slots of claims are called.
    """

    year: int
    municipality_name: str
    smallest_count: float
    names: Names
    places: Mapping[str, Place]
    indicators: tuple[IndicatorSeries, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A value with the count it rests on."""

    indicator_id: str
    geography_id: str
    breakdown: str
    category: str
    grain: str
    count: float | None
    source_id: str
    point: Point

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.geography_id, self.breakdown, self.category, self.grain)


def load_series_data(
    connection: duckdb.DuckDBPyConnection,
    *,
    year: int,
    places: Sequence[str],
    municipality_name: str,
    smallest_count: float,
    seeds: str = "seeds",
) -> SeriesData:
    """Reads what the pages of all indicators state.

    Args:
        connection: Open connection to the warehouse; only read from.
        year: The tested year.
        places: Codes of the places that are shown, the municipality first.
        municipality_name: The name in the heading, for example ``Stockholms stad``.
        smallest_count: A table of parts that would show a smaller count is withheld.
        seeds: Schema that holds ``natural_explanations``.

    Returns:
        One record for each indicator of the catalogue, also those without values, in its order of
        area and title.

    Raises:
        LookupError: If a row names an indicator or an explanation that does not exist.
        duckdb.Error: If a table or column is missing.
    """
    indicators = data.load_indicators(connection)
    causes = data.load_explanations(connection, seeds)
    known = data.load_places(connection)
    deviations = data.load_deviations(connection, year, indicators, causes, known)
    values: dict[str, list[_Row]] = defaultdict(list)
    for row in _values(connection, places):
        values[row.indicator_id].append(row)
    findings: dict[str, list[Shown]] = defaultdict(list)
    for deviation in deviations:
        findings[deviation.indicator.indicator_id].append(deviation)
    explanations = sorted(causes.values(), key=lambda row: (row.period_from, row.explanation_id))
    notes = _notes(connection)
    sources = data.load_sources(connection)
    shown_names = {known[code].name for code in places if code in known} | {municipality_name}
    pages = []
    for indicator in indicators.values():
        rows = values[indicator.indicator_id]
        own = findings[indicator.indicator_id]
        used = {row.source_id for row in rows} | {indicator.source_id}
        of_sources = [note for note in notes if note.source_id in used]
        here = [note for note in of_sources if _names_place(note, shown_names)]
        pages.append(
            IndicatorSeries(
                indicator=indicator,
                whole=_whole(indicator, rows, places, own, smallest_count),
                parts=_parts(rows, places, own, smallest_count),
                boards=_boards(rows, places, own, smallest_count),
                deviations=tuple(own),
                explanations=tuple(
                    row
                    for row in explanations
                    if row.indicator_id in (None, indicator.indicator_id)
                    and _concerns(row.geography_id, {each.geography_id for each in rows}, places[0])
                ),
                notes=tuple(here),
                other_notes=tuple(note for note in of_sources if note not in here),
                sources=tuple(source for source in sources if source.source_id in used),
            )
        )
    pages.sort(key=lambda page: (page.indicator.area, page.indicator.title_sv))
    return SeriesData(
        year=year,
        municipality_name=municipality_name,
        smallest_count=smallest_count,
        names=data.names_of(indicators, causes, known),
        places={
            code: place
            for code, place in known.items()
            if place.level != "kommun" or code == places[0]
        },
        indicators=tuple(pages),
    )


def _values(connection: duckdb.DuckDBPyConnection, places: Sequence[str]) -> list[_Row]:
    # What a value rests on: of a share also those who are not in it, of a mean its observations.
    rows = read_rows(
        connection,
        """
        select v.indicator_id, v.geography_id, v.breakdown, v.category, v.period_grain as grain,
               cast(v.period_start as date) as start, v.source_id, v.status,
               case when v.status <> 'suppressed' then cast(v.value as double) end as value,
               case when v.status <> 'suppressed' then cast(v.numerator as double) end as numerator,
               case when v.status <> 'suppressed' then cast(v.denominator as double) end
                   as denominator,
               case when v.status <> 'suppressed' then cast(v.ci_lower as double) end as ci_lower,
               case when v.status <> 'suppressed' then cast(v.ci_upper as double) end as ci_upper,
               case i.measure
                   when 'count' then coalesce(v.numerator, v.value)
                   when 'proportion' then least(v.numerator, v.denominator - v.numerator)
                   when 'rate' then v.numerator
                   else coalesce(v.observations, v.denominator)
               end as count,
               c.segment, c.centre, c.lower, c.upper, coalesce(c.trial, false) as trial,
               coalesce(c.signal, '') as signal
        from marts.indicator_values as v
        join marts.indicators as i using (indicator_id)
        left join marts.series_charts as c
          using (indicator_id, geography_id, breakdown, category, period_grain, period_start)
        where v.geography_id in (select unnest(?))
           or (starts_with(v.geography_id, ? || '-') and v.breakdown = 'total'
               and v.period_grain = 'year')
        order by v.indicator_id, v.geography_id, v.breakdown, v.category, v.period_grain,
                 v.period_start
        """,
        [list(places), places[0]],
    )
    own = ("indicator_id", "geography_id", "breakdown", "category", "grain", "count", "source_id")
    return [
        _Row(**{name: row.pop(name) for name in own}, point=Point(**row))  # the rest is the point
        for row in rows
    ]


def _whole(
    indicator: CatalogueIndicator,
    rows: Sequence[_Row],
    places: Sequence[str],
    deviations: Sequence[Shown],
    smallest: float,
) -> tuple[ValueSeries, ...]:
    own = [row for row in rows if row.breakdown == TOTAL and row.geography_id in places]
    small = {row.key for row in own if row.count is not None and row.count < smallest}
    if indicator.measure != "count":
        # What a share rests on would tell how few they are.
        own = [_without_basis(row) if row.key in small else row for row in own]
    found = _series(own, deviations)
    return tuple(sorted(found, key=lambda s: (places.index(s.geography_id), s.grain != "year")))


def _without_basis(row: _Row) -> _Row:
    hidden = replace(row.point, numerator=None, denominator=None, ci_lower=None, ci_upper=None)
    return replace(row, point=hidden)


def _parts(
    rows: Sequence[_Row],
    places: Sequence[str],
    deviations: Sequence[Shown],
    smallest: float,
) -> tuple[Parts, ...]:
    found: dict[tuple[int, bool, str], list[_Row]] = defaultdict(list)
    for row in rows:
        if row.breakdown != TOTAL and row.geography_id in places:
            place = places.index(row.geography_id)
            found[place, row.grain != "year", row.breakdown].append(row)
    return tuple(_shown(found[key], deviations, smallest) for key in sorted(found))


def _boards(
    rows: Sequence[_Row],
    places: Sequence[str],
    deviations: Sequence[Shown],
    smallest: float,
) -> Parts | None:
    boards = [row for row in rows if row.geography_id not in places]
    return _shown(boards, deviations, smallest) if boards else None


def _shown(rows: Sequence[_Row], deviations: Sequence[Shown], smallest: float) -> Parts:
    small = any(row.count is not None and row.count < smallest for row in rows)
    series = () if small else tuple(_series(rows, deviations))
    return Parts(rows[0].breakdown, rows[0].grain, series, small)


def _series(rows: Iterable[_Row], deviations: Sequence[Shown]) -> list[ValueSeries]:
    found: dict[tuple[str, str, str, str], list[Point]] = defaultdict(list)
    for row in rows:
        found[row.key].append(row.point)
    return [
        ValueSeries(
            *key,
            points=tuple(points),
            deviations=tuple(
                row
                for row in deviations
                if (row.geography_id, row.breakdown, row.category) == key[:3]
                and row.period_grain == key[3]
                and row.kind != "group_difference"
                # A finding about another value than the one that is drawn has no place beside it.
                and any(
                    point.start == row.period_start and point.value == row.observed
                    for point in points
                )
            ),
        )
        for key, points in found.items()
    ]


def _concerns(geography_id: str | None, shown: set[str], municipality: str) -> bool:
    """Whether an explanation is about a place on the page; one of no place is about all."""
    return not geography_id or geography_id == municipality or geography_id in shown


def _notes(connection: duckdb.DuckDBPyConnection) -> list[SourceNote]:
    rows = read_rows(
        connection,
        """
        select source_id, note_number, kind, coalesce(period, '') as period, regions, text_sv
        from marts.source_notes
        order by source_id, note_number
        """,
    )
    return [
        SourceNote(**(row | {"regions": tuple(json.loads(row["regions"]))}))  # a list as JSON
        for row in rows
    ]


def _names_place(note: SourceNote, names: set[str]) -> bool:
    """Whether a note is about the whole table or about a place that is shown.

    ``Hela staden`` is how a city's own tables name the whole of it.
    """
    shown = {name.lower() for name in names} | {"hela staden"}
    return not note.regions or any(region.lower() in shown for region in note.regions)
