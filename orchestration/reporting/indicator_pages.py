"""Builds a page for each indicator's series, and the index of them: self-contained HTML in Swedish.

Each page shows what the indicator is, the year's findings about it, its series as a control chart
(XmR) with every value in a table, its breakdowns, the municipality's boards, and what is known of
its figures. Nothing is loaded from outside the file and nothing runs in it; links lead to the
other pages of the same publication. Reading belongs in ``series``, drawing in ``charts``, words in
``labels`` and ``sentences``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.language import dates, grammar, numbers, quantities, words
from orchestration.reporting import charts, sentences, series_view, tables
from orchestration.reporting.data import Deviation, Indicator, Source
from orchestration.reporting.page import Table
from orchestration.reporting.series import (
    Explanation,
    IndicatorSeries,
    Parts,
    SeriesData,
    SourceNote,
    ValueSeries,
)
from orchestration.reporting.series_view import Drawing

INDEX_NAME = "index.html"

_TEMPLATES = Path(__file__).parent / "templates"
_SPARK_WIDTH = 96
_SPARK_HEIGHT = 20
_BOARDS_SV = (
    "Nämndernas värden ritas inte: de jämförs med varandra i prövningen, inte var för sig. "
    "Nämnderna summerar till mindre än staden, eftersom centrala enheter inte hör till någon nämnd."
)
_NOTHING = numbers.EN_DASH


@dataclass(frozen=True, slots=True)
class Edition:
    """What all pages of one publication say about themselves.

    Attributes:
        built_at: When the figures were built; must have a time zone.
        version: Version of the system that built them.
        quality_status: How the checks fared, in Swedish.
        smallest_count: Parts that rest on fewer are withheld, and the pages say so.
    """

    built_at: datetime
    version: str
    quality_status: str
    smallest_count: float


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a page: a heading, a chart, what is to be said of it, and its figures."""

    section_id: str
    heading: str
    paragraphs: tuple[str, ...]
    drawing: Drawing | None
    table: Table | None


@dataclass(frozen=True, slots=True)
class _Noted:
    """An explanation or a note as a list item."""

    lead: str
    text: str
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class _Listed:
    """One row of the index."""

    href: str
    title: str
    value: str
    period: str
    place: str
    sparks: tuple[str, ...]
    outcome: str
    synthetic: str


def render_indicator_pages(data: SeriesData, edition: Edition) -> Iterator[tuple[str, str]]:
    """Writes the pages, the index last.

    Args:
        data: What they state, from :func:`orchestration.reporting.series.load_series_data`.
        edition: What they say about themselves.

    Yields:
        File name and a complete HTML document, also well-formed as XML.

    Raises:
        ValueError: If ``built_at`` has no time zone.
        LookupError: If the data holds a code without a Swedish word.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    shared = {
        "municipality_name": data.municipality_name,
        "year": data.year,
        "built_at": dates.timestamp(edition.built_at),
        "version": edition.version,
        "quality_status": edition.quality_status,
        "smallest_count": numbers.cardinal(int(edition.smallest_count)),
        "index_name": INDEX_NAME,
    }
    template = environment.get_template("indicator.html.j2")
    for page in data.indicators:
        yield (
            f"{page.indicator.indicator_id}.html",
            template.render(**shared, **_page(data, page, edition)),
        )
    areas = [
        (words.word(words.AREAS, area), [_listed(data, page) for page in pages])
        for area, pages in _by_area(data.indicators)
    ]
    index = environment.get_template("indicators.html.j2")
    yield (
        INDEX_NAME,
        index.render(
            **shared,
            title=f"Indikatorer i socialtjänstens statistik {data.year}",
            areas=areas,
            count=numbers.number(len(data.indicators)),
            synthetic=any(source.synthetic for page in data.indicators for source in page.sources),
            spark=(_SPARK_WIDTH, _SPARK_HEIGHT),
        ),
    )


def _page(data: SeriesData, page: IndicatorSeries, edition: Edition) -> dict[str, object]:
    indicator = page.indicator
    whole = [
        _series_section(data, indicator, series, f"serie-{number}")
        for number, series in enumerate(page.whole, 1)
    ]
    parts = [
        _parts_section(data, indicator, each, f"uppdelning-{number}", edition)
        for number, each in enumerate(page.parts, 1)
    ]
    return {
        "title": grammar.sentence_case(indicator.title_sv),
        "area": words.word(words.AREAS, indicator.area),
        "facts": _facts(data, page),
        "not_delivered": indicator.not_delivered,
        "synthetic": _how_synthetic(page.sources),
        "findings": [_finding(data, row) for row in _in_order(page.deviations)],
        "whole": whole,
        "parts": parts,
        "boards": _boards_section(data, page, edition),
        "explanations": [_explained(data, row) for row in page.explanations],
        "notes": [_note(row) for row in page.notes],
        "other_notes": page.other_notes,
        "statuses": _statuses(page),
        "sources": page.sources,
        "source_day": _retrieved,
    }


def _facts(data: SeriesData, page: IndicatorSeries) -> list[tuple[str, str]]:
    indicator = page.indicator
    spans = [f"{_place_name(data, series)}: {_span(series)}" for series in page.whole]
    return [
        ("Så räknas det", indicator.definition_sv or words.MISSING),
        ("Mått", grammar.sentence_case(words.word(words.MEASURES, indicator.measure))),
        ("Enhet", quantities.unit_word(indicator.unit) or words.MISSING),
        ("Värden", grammar.enumeration(spans) or _without_values(indicator)),
        ("Namn i databasen", indicator.indicator_id),
    ]


def _without_values(indicator: Indicator) -> str:
    return words.NOT_DELIVERED if indicator.not_delivered else words.MISSING


def _span(series: ValueSeries) -> str:
    ends = (series.points[0].start, series.points[-1].start)
    return numbers.EN_DASH.join(series_view.when(start, series.grain) for start in ends)


def _how_synthetic(sources: Sequence[Source]) -> str:
    marks = [source.synthetic for source in sources]
    if not any(marks):
        return ""
    return "syntetiska" if all(marks) else "delvis syntetiska"


def _retrieved(source: Source) -> str:
    if source.retrieved_at is None:
        return words.MISSING
    return dates.day(dates.local_day(source.retrieved_at))


def _finding(data: SeriesData, row: Deviation) -> _Noted:
    name = sentences.deviation_name(row, data.municipality_name)
    kind = words.word(words.KINDS, row.kind)
    outcome = words.word(words.OUTCOMES, row.outcome)
    figures = f"Utfall {tables.printed(row, row.observed)}, väntat {tables.expected(row)}."
    return _Noted(
        f"{grammar.sentence_case(name)}, {kind}.",
        # The engine's reason holds the figures already, in a sentence.
        f"{outcome}. {row.reason_sv or figures}",
    )


def _in_order(rows: Sequence[Deviation]) -> list[Deviation]:
    """Orders findings by kind, a test of level first; within a kind they keep their rank."""
    kinds = list(words.KINDS)
    return sorted(rows, key=lambda row: kinds.index(row.kind))


def _series_section(
    data: SeriesData, indicator: Indicator, series: ValueSeries, section_id: str
) -> _Section:
    place = _place_name(data, series)
    pace = "månad för månad" if series.grain == "month" else "år för år"
    heading = f"{grammar.sentence_case(place)}, {pace}"
    return _Section(
        section_id=section_id,
        heading=heading,
        paragraphs=tuple(series_view.remarks(series)),
        drawing=series_view.control_drawing(
            indicator, series, figure_id=f"figur-{section_id}", heading=heading
        ),
        table=series_view.value_table(
            indicator,
            series,
            caption=f"{grammar.sentence_case(indicator.title_sv)}, {place} "
            f"({quantities.axis_title(indicator.measure, indicator.unit)})",
            table_id=f"tabell-{section_id}",
        ),
    )


def _place_name(data: SeriesData, series: ValueSeries) -> str:
    place = data.places.get(series.geography_id)
    if place is None:
        return series.geography_id
    return data.municipality_name if place.level == "kommun" else place.name


def _parts_section(
    data: SeriesData, indicator: Indicator, parts: Parts, section_id: str, edition: Edition
) -> _Section:
    name = words.breakdown(parts.breakdown)
    heading = f"Efter {name}"
    if parts.grain == "month":
        heading += ", månad för månad"
    if parts.withheld:
        return _Section(section_id, heading, (_withheld(edition),), None, None)
    ordered = sorted(parts.series, key=lambda series: _category_order(series.category))
    if len({series.geography_id for series in ordered}) == 1:
        place = _place_name(data, ordered[0])
        if place != data.municipality_name:
            heading += f", {place}"
    names = [
        grammar.sentence_case(words.category(series.category, series.breakdown))
        for series in ordered
    ]
    return _Section(
        section_id,
        heading,
        (),
        series_view.panel_drawing(
            indicator, ordered, names, figure_id=f"figur-{section_id}", heading=heading
        ),
        series_view.wide_table(
            indicator,
            ordered,
            names,
            caption=f"{grammar.sentence_case(indicator.title_sv)} efter {name} "
            f"({quantities.axis_title(indicator.measure, indicator.unit)})",
            table_id=f"tabell-{section_id}",
            corner=grammar.sentence_case(name),
        ),
    )


def _category_order(category: str) -> tuple[tuple[int, str], ...]:
    """Orders ages by their numbers and everything else by name."""
    return tuple(
        (int("".join(filter(str.isdigit, part.partition("-")[0])) or 0), part)
        for part in category.split("*")
    )


def _boards_section(data: SeriesData, page: IndicatorSeries, edition: Edition) -> _Section | None:
    if page.boards is None:
        return None
    heading = "Stadsdelsnämnder"
    if page.boards.withheld:
        return _Section("namnder", heading, (_withheld(edition),), None, None)
    indicator = page.indicator
    series = sorted(page.boards.series, key=lambda each: _place_name(data, each))
    return _Section(
        "namnder",
        heading,
        (_BOARDS_SV,),
        None,
        series_view.wide_table(
            indicator,
            series,
            [_place_name(data, each) for each in series],
            caption=f"{grammar.sentence_case(indicator.title_sv)} efter stadsdelsnämnd "
            f"({quantities.axis_title(indicator.measure, indicator.unit)})",
            table_id="tabell-namnder",
            corner="Nämnd",
        ),
    )


def _withheld(edition: Edition) -> str:
    return (
        "Uppdelningen visas inte: minst ett av dess värden vilar på färre än "
        f"{numbers.cardinal(int(edition.smallest_count))} fall. Hela tabellen utelämnas, så att "
        "inget värde kan räknas fram ur de andra."
    )


def _explained(data: SeriesData, row: Explanation) -> _Noted:
    cause = row.cause
    kind = words.word(words.EXPLANATION_KINDS, cause.kind)
    years = ""
    if cause.period_from is not None and cause.period_to is not None:
        years = dates.years(cause.period_from, cause.period_to)
    place = data.places.get(row.geography_id)
    basis = words.word(words.BASES, cause.basis)
    about = ", ".join(part for part in (kind, years, basis) if part)
    if place is not None and place.level == "stadsdelsnamnd":
        # A reform concerns every indicator's boards; its title is enough on each page.
        return _Noted(f"{cause.title_sv} ({about}).", "", cause.synthetic)
    text = cause.description_sv
    if cause.explained_change is not None:
        size = numbers.percent(cause.explained_change, sign=True)
        text = f"{text} Väntad påverkan: {size}.".strip()
    if row.is_break:
        text = f"{text} Ett brott: värdena före och efter jämförs inte.".strip()
    if cause.source:
        text = f"{text} Källa: {cause.source}.".strip()
    return _Noted(f"{cause.title_sv} ({about}).", text, cause.synthetic)


def _note(row: SourceNote) -> _Noted:
    about = [words.word(words.NOTE_KINDS, row.kind), row.period, *row.regions]
    text = " ".join(row.text_sv.split())
    return _Noted(grammar.sentence_case(", ".join(part for part in about if part)) + ":", text)


def _statuses(page: IndicatorSeries) -> list[tuple[str, str]]:
    """Counts the values of the whole that are something else than plainly observed."""
    counts: dict[str, int] = {}
    for series in page.whole:
        for point in series.points:
            if point.status != "observed":
                counts[point.status] = counts.get(point.status, 0) + 1
    return [
        (
            grammar.sentence_case(words.status(code)),
            f"{numbers.number(count)} {'värde' if count == 1 else 'värden'}",
        )
        for code, count in sorted(counts.items())
    ]


def _by_area(
    pages: Sequence[IndicatorSeries],
) -> Iterator[tuple[str, list[IndicatorSeries]]]:
    for area in words.AREAS:
        members = [page for page in pages if page.indicator.area == area]
        if members:
            yield area, members


def _listed(data: SeriesData, page: IndicatorSeries) -> _Listed:
    indicator = page.indicator
    value = "bara uppdelad" if page.parts or page.boards else _without_values(indicator)
    period, place = "", ""
    sparks: list[str] = []
    if page.whole:
        series = page.whole[0]
        last = series.points[-1]
        value = series_view.value_text(indicator, last, series_view.digits_of(indicator, [series]))
        period = series_view.when(last.start, series.grain)
        if _place_name(data, series) != data.municipality_name:
            place = _place_name(data, series)
        values = [point.value if point else None for _, point in series_view.every_period([series])]
        sparks = charts.spark_lines(values, _SPARK_WIDTH, _SPARK_HEIGHT)
    outcomes = [row.outcome for row in page.deviations]
    outcome = next((code for code in words.OUTCOMES if code in outcomes), None)
    return _Listed(
        href=f"{indicator.indicator_id}.html",
        title=grammar.sentence_case(indicator.title_sv),
        value=f"{value} {_brief_unit(indicator)}".strip() if sparks else value,
        period=period,
        place=place,
        sparks=tuple(sparks),
        outcome=_NOTHING if outcome is None else words.word(words.OUTCOMES, outcome),
        synthetic=_how_synthetic(page.sources),
    )


def _brief_unit(indicator: Indicator) -> str:
    return "" if quantities.is_percent(indicator.measure) else quantities.unit_word(indicator.unit)
