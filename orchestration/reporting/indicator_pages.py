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
from datetime import date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.reporting import charts, labels, sentences, swedish, tables
from orchestration.reporting.data import Deviation, Indicator, Source
from orchestration.reporting.figures import Labels
from orchestration.reporting.page import Cell, Table
from orchestration.reporting.series import (
    Explanation,
    IndicatorSeries,
    Parts,
    Point,
    SeriesData,
    SourceNote,
    ValueSeries,
)

INDEX_NAME = "index.html"

_TEMPLATES = Path(__file__).parent / "templates"
_MONTHS = 12
_TRIAL_POINTS = 5
_FULL_POINTS = 12
_SPARK_WIDTH = 96
_SPARK_HEIGHT = 20
_MONTH_LETTERS = 3
_BOARDS_SV = (
    "Nämndernas värden ritas inte: de jämförs med varandra i prövningen, inte var för sig. "
    "Nämnderna summerar till mindre än staden, eftersom centrala enheter inte hör till någon nämnd."
)
_NOTHING = swedish.EN_DASH


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
class _Drawing:
    """A chart with its caption; absent where there is nothing to draw."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a page: a heading, a chart, what is to be said of it, and its figures."""

    section_id: str
    heading: str
    paragraphs: tuple[str, ...]
    drawing: _Drawing | None
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
        "built_at": swedish.timestamp(edition.built_at),
        "version": edition.version,
        "quality_status": edition.quality_status,
        "smallest_count": swedish.cardinal(int(edition.smallest_count)),
        "index_name": INDEX_NAME,
    }
    template = environment.get_template("indicator.html.j2")
    for page in data.indicators:
        yield (
            f"{page.indicator.indicator_id}.html",
            template.render(**shared, **_page(data, page, edition)),
        )
    areas = [
        (labels.word(labels.AREAS, area), [_listed(data, page) for page in pages])
        for area, pages in _by_area(data.indicators)
    ]
    index = environment.get_template("indicators.html.j2")
    yield (
        INDEX_NAME,
        index.render(
            **shared,
            title=f"Indikatorer i socialtjänstens statistik {data.year}",
            areas=areas,
            count=swedish.number(len(data.indicators)),
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
        "title": swedish.sentence_case(indicator.title_sv),
        "area": labels.word(labels.AREAS, indicator.area),
        "facts": _facts(data, page),
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
    periods = [series for series in page.whole if series.points]
    span = labels.MISSING
    if periods:
        span = swedish.enumeration(
            [
                f"{_place_name(data, series)}: {_when(series.points[0].start, series.grain)}"
                f"{swedish.EN_DASH}{_when(series.points[-1].start, series.grain)}"
                for series in periods
            ]
        )
    return [
        ("Så räknas det", indicator.definition_sv or labels.MISSING),
        ("Mått", swedish.sentence_case(labels.word(labels.MEASURES, indicator.measure))),
        ("Enhet", labels.unit_word(indicator.unit) or labels.MISSING),
        ("Värden", span),
        ("Namn i databasen", indicator.indicator_id),
    ]


def _how_synthetic(sources: Sequence[Source]) -> str:
    marks = [source.synthetic for source in sources]
    if not any(marks):
        return ""
    return "syntetiska" if all(marks) else "delvis syntetiska"


def _retrieved(source: Source) -> str:
    if source.retrieved_at is None:
        return labels.MISSING
    return swedish.day(swedish.local_day(source.retrieved_at))


def _finding(data: SeriesData, row: Deviation) -> _Noted:
    name = sentences.deviation_name(row, data.municipality_name)
    kind = labels.word(labels.KINDS, row.kind)
    outcome = labels.word(labels.OUTCOMES, row.outcome)
    figures = f"Utfall {tables.printed(row, row.observed)}, väntat {tables.expected(row)}."
    return _Noted(
        f"{swedish.sentence_case(name)}, {kind}.",
        # The engine's reason holds the figures already, in a sentence.
        f"{outcome}. {row.reason_sv or figures}",
    )


def _in_order(rows: Sequence[Deviation]) -> list[Deviation]:
    """Orders findings by kind, a test of level first; within a kind they keep their rank."""
    kinds = list(labels.KINDS)
    return sorted(rows, key=lambda row: kinds.index(row.kind))


def _series_section(
    data: SeriesData, indicator: Indicator, series: ValueSeries, section_id: str
) -> _Section:
    points = _every_period([series])
    place = _place_name(data, series)
    pace = "månad för månad" if series.grain == "month" else "år för år"
    heading = f"{swedish.sentence_case(place)}, {pace}"
    return _Section(
        section_id=section_id,
        heading=heading,
        paragraphs=tuple(_remarks(series)),
        drawing=_control_drawing(indicator, series, points, f"figur-{section_id}", heading),
        table=_value_table(
            indicator,
            series,
            points,
            caption=f"{swedish.sentence_case(indicator.title_sv)}, {place} "
            f"({labels.axis_title(indicator.measure, indicator.unit)})",
            table_id=f"tabell-{section_id}",
        ),
    )


def _place_name(data: SeriesData, series: ValueSeries) -> str:
    place = data.places.get(series.geography_id)
    if place is None:
        return series.geography_id
    return data.municipality_name if place.level == "kommun" else place.name


def _remarks(series: ValueSeries) -> Iterator[str]:
    """Says what the limits rest on, which points break a rule, and where the series is cut."""
    charted = [point for point in series.points if point.segment is not None]
    if not charted:
        yield "Serien har inga värden som kan jämföras, så det finns inget att rita gränser kring."
        return
    segments = sorted({point.segment for point in charted if point.segment is not None})
    for segment in segments[1:]:
        first = next(point for point in charted if point.segment == segment)
        yield (
            f"Från och med {_when(first.start, series.grain)} räknas medelvärde och gränser om: "
            "värdena före går enligt en registrerad uppgift inte att jämföra med dem efter."
        )
    last = [point for point in charted if point.segment == segments[-1]]
    yield _about_limits(len(last), since_break=len(segments) > 1)
    told = [point for point in charted if point.signal not in labels.NO_SIGNALS]
    if told:
        texts = [
            f"{_when(point.start, series.grain)} ({labels.word(labels.SIGNALS, point.signal)})"
            for point in told
        ]
        yield f"Signaler: {swedish.enumeration(texts)}."
    elif any(not point.trial and point.centre is not None for point in charted):
        yield "Inget värde bryter mot diagrammets regler."


def _about_limits(count: int, *, since_break: bool) -> str:
    since = " sedan brottet" if since_break else ""
    noun = "jämförbart värde" if count == 1 else "jämförbara värden"
    values = f"{swedish.cardinal(count)} {noun}"
    if count < _TRIAL_POINTS:
        least = swedish.cardinal(_TRIAL_POINTS)
        return f"Serien har {values}{since}. Gränser ritas först med {least} värden."
    if count < _FULL_POINTS:
        return (
            f"Serien har {values}{since}. Gränserna är preliminära till dess att värdena är "
            f"{swedish.cardinal(_FULL_POINTS)}, och inga signaler ges."
        )
    return f"Serien har {values}{since}, vilket räcker för gränser och signaler."


def _control_drawing(
    indicator: Indicator,
    series: ValueSeries,
    points: Sequence[tuple[date, Point | None]],
    figure_id: str,
    heading: str,
) -> _Drawing | None:
    dots = _dots(indicator, series.grain, points)
    if all(dot.value is None for dot in dots):
        return None
    found = _band(series)
    band = None
    if found is not None and None not in (found.expected, found.lower, found.upper):
        expected, lower, upper = (
            _scaled(indicator, value) for value in (found.expected, found.lower, found.upper)
        )
        if expected is not None and lower is not None and upper is not None:
            period = _tick(found.period_start, series.grain)
            band = charts.Band(period, expected, lower, upper)
    unit = labels.axis_title(indicator.measure, indicator.unit)
    caption = f"{heading}. Punkterna är utfallen"
    if any(dot.centre is not None for dot in dots):
        caption += ", den heldragna grå linjen medelvärdet och de streckade linjerna gränserna"
    caption += "."
    if band is not None:
        caption += f" Stapeln vid {band.period} är det väntade värdet med sitt intervall."
    if not charts.starts_at_zero(dots, band):
        caption += " Den lodräta axeln börjar inte vid noll."
    svg = charts.control_chart(
        dots, band, unit=unit, labels=Labels(figure_id, heading, _spoken(series, indicator, unit))
    )
    # Serialised by lxml, which has escaped every text in it.
    return _Drawing(Markup(svg), caption)  # noqa: S704


def _spoken(series: ValueSeries, indicator: Indicator, unit: str) -> str:
    """Says what the chart shows to one who cannot see it; every value stands in the table."""
    digits = _digits(indicator, [series])
    known = [point for point in series.points if point.value is not None]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    texts = [
        f"{_when(point.start, series.grain)}: {_printed(indicator, point.value, digits)}"
        for point in ends
    ]
    text = f"Linjediagram i {unit} med {swedish.cardinal(len(known))} värden. "
    text += f"Första och sista: {swedish.enumeration(texts)}."
    last = known[-1]
    if last.centre is not None:
        lines = (
            ("medelvärde", last.centre),
            ("undre gräns", _lower(last)),
            ("övre gräns", last.upper),
        )
        named = [
            f"{name} {_printed(indicator, value, digits)}"
            for name, value in lines
            if value is not None
        ]
        text += f" {swedish.sentence_case(swedish.enumeration(named))}."
    return f"{text} Alla värden står i tabellen efter diagrammet."


def _band(series: ValueSeries) -> Deviation | None:
    """Finds the tested period's expected value; a change before a contrary movement."""
    rows = [row for row in series.deviations if row.expected is not None]
    rows.sort(key=lambda row: row.kind != "change")
    return next((row for row in rows if row.lower is not None and row.upper is not None), None)


def _value_table(
    indicator: Indicator,
    series: ValueSeries,
    points: Sequence[tuple[date, Point | None]],
    *,
    caption: str,
    table_id: str,
) -> Table:
    digits, band = _digits(indicator, [series]), _band(series)
    limits = any(point.centre is not None for point in series.points)
    columns = [Cell("Månad" if series.grain == "month" else "År"), Cell("Utfall", numeric=True)]
    if limits:
        columns += [
            Cell(text, numeric=True) for text in ("Medelvärde", "Undre gräns", "Övre gräns")
        ]
    columns.append(Cell("Anmärkning", long=True))
    rows = []
    for start, point in points:
        cells = [
            Cell(swedish.sentence_case(_when(start, series.grain))),
            Cell(_value_text(indicator, point, digits), numeric=True),
        ]
        if limits:
            lines = (point.centre, _lower(point), point.upper) if point else (None, None, None)
            cells += [Cell(_printed(indicator, value, digits), numeric=True) for value in lines]
        cells.append(Cell(_remark(point, band), long=True))
        rows.append(tuple(cells))
    return Table(table_id, caption, tuple(columns), tuple(rows))


def _value_text(indicator: Indicator, point: Point | None, digits: int) -> str:
    if point is None:
        return labels.MISSING
    if point.value is None:
        return labels.MISSING if point.status == "observed" else labels.status(point.status)
    return tables.short(indicator, point.value, digits)


def _remark(point: Point | None, band: Deviation | None) -> str:
    if point is None:
        return ""
    parts = []
    if point.status != "observed" and point.value is not None:
        parts.append(labels.status(point.status))
    if point.signal not in labels.NO_SIGNALS:
        parts.append(labels.word(labels.SIGNALS, point.signal))
    if band is not None and band.period_start == point.start:
        parts.append(f"väntat {tables.expected(band)}")
    return swedish.sentence_case("; ".join(parts))


def _parts_section(
    data: SeriesData, indicator: Indicator, parts: Parts, section_id: str, edition: Edition
) -> _Section:
    name = labels.breakdown(parts.breakdown)
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
        swedish.sentence_case(labels.category(series.category, series.breakdown))
        for series in ordered
    ]
    return _Section(
        section_id,
        heading,
        (),
        _panel_drawing(indicator, ordered, names, f"figur-{section_id}", heading),
        _wide_table(
            indicator,
            ordered,
            names,
            caption=f"{swedish.sentence_case(indicator.title_sv)} efter {name} "
            f"({labels.axis_title(indicator.measure, indicator.unit)})",
            table_id=f"tabell-{section_id}",
            corner=swedish.sentence_case(name),
        ),
    )


def _category_order(category: str) -> tuple[tuple[int, str], ...]:
    """Orders ages by their numbers and everything else by name."""
    return tuple(
        (int("".join(filter(str.isdigit, part.partition("-")[0])) or 0), part)
        for part in category.split("*")
    )


def _panel_drawing(
    indicator: Indicator,
    series: Sequence[ValueSeries],
    names: Sequence[str],
    figure_id: str,
    heading: str,
) -> _Drawing | None:
    periods = [start for start, _ in _every_period(series)]
    panels = [
        charts.Panel(
            name,
            tuple(_dots(indicator, each.grain, _at(each, periods))),
        )
        for name, each in zip(names, series, strict=True)
    ]
    if all(dot.value is None for panel in panels for dot in panel.dots):
        return None
    unit = labels.axis_title(indicator.measure, indicator.unit)
    caption = (
        f"{heading}. Varje ruta har sin egen lodräta axel, som inte börjar vid noll: jämför "
        "formen, inte höjden."
    )
    spoken = (
        f"Små linjediagram i {unit}, ett för var och en av {swedish.enumeration(list(names))}. "
        "Alla värden står i tabellen efter diagrammet."
    )
    svg = charts.panel_chart(panels, unit=unit, labels=Labels(figure_id, heading, spoken))
    # Serialised by lxml, which has escaped every text in it.
    return _Drawing(Markup(svg), caption)  # noqa: S704


def _wide_table(
    indicator: Indicator,
    series: Sequence[ValueSeries],
    names: Sequence[str],
    *,
    caption: str,
    table_id: str,
    corner: str,
) -> Table:
    digits = _digits(indicator, series)
    periods = [start for start, _ in _every_period(series)]
    grain = series[0].grain
    columns = [Cell(corner), *(Cell(_tick(start, grain), numeric=True) for start in periods)]
    rows = [
        (
            Cell(name),
            *(_short_cell(indicator, point, digits) for _, point in _at(each, periods)),
        )
        for name, each in zip(names, series, strict=True)
    ]
    return Table(table_id, caption, tuple(columns), tuple(rows))


def _short_cell(indicator: Indicator, point: Point | None, digits: int) -> Cell:
    """Prints a cell of a wide table; a period without a row is a dash."""
    if point is None:
        return Cell(_NOTHING, numeric=True)
    status = "" if point.value is None or point.status == "observed" else point.status
    return Cell(
        _value_text(indicator, point, digits),
        note=labels.status(status) if status else "",
        numeric=True,
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
        _wide_table(
            indicator,
            series,
            [_place_name(data, each) for each in series],
            caption=f"{swedish.sentence_case(indicator.title_sv)} efter stadsdelsnämnd "
            f"({labels.axis_title(indicator.measure, indicator.unit)})",
            table_id="tabell-namnder",
            corner="Nämnd",
        ),
    )


def _withheld(edition: Edition) -> str:
    return (
        "Uppdelningen visas inte: minst ett av dess värden vilar på färre än "
        f"{swedish.cardinal(int(edition.smallest_count))} fall. Hela tabellen utelämnas, så att "
        "inget värde kan räknas fram ur de andra."
    )


def _explained(data: SeriesData, row: Explanation) -> _Noted:
    registered = row.registered
    kind = labels.word(labels.EXPLANATION_KINDS, registered.kind)
    years = ""
    if registered.period_from is not None and registered.period_to is not None:
        years = swedish.years(registered.period_from, registered.period_to)
    place = data.places.get(row.geography_id)
    about = ", ".join(part for part in (kind, years) if part)
    if place is not None and place.level == "stadsdelsnamnd":
        # A reform concerns every indicator's boards; its title is enough on each page.
        return _Noted(f"{registered.title_sv} ({about}).", "", registered.synthetic)
    text = registered.description_sv
    if registered.explained_change is not None:
        size = swedish.percent(registered.explained_change, sign=True)
        text = f"{text} Väntad påverkan: {size}.".strip()
    if row.is_break:
        text = f"{text} Registrerad som ett brott: åren före och efter jämförs inte.".strip()
    if registered.source:
        text = f"{text} Källa: {registered.source}.".strip()
    return _Noted(f"{registered.title_sv} ({about}).", text, registered.synthetic)


def _note(row: SourceNote) -> _Noted:
    about = [labels.word(labels.NOTE_KINDS, row.kind), row.period, *row.regions]
    text = " ".join(row.text_sv.split())
    return _Noted(swedish.sentence_case(", ".join(part for part in about if part)) + ":", text)


def _statuses(page: IndicatorSeries) -> list[tuple[str, str]]:
    """Counts the values of the whole that are something else than plainly observed."""
    counts: dict[str, int] = {}
    for series in page.whole:
        for point in series.points:
            if point.status != "observed":
                counts[point.status] = counts.get(point.status, 0) + 1
    return [
        (
            swedish.sentence_case(labels.status(code)),
            f"{swedish.number(count)} {'värde' if count == 1 else 'värden'}",
        )
        for code, count in sorted(counts.items())
    ]


def _by_area(
    pages: Sequence[IndicatorSeries],
) -> Iterator[tuple[str, list[IndicatorSeries]]]:
    for area in labels.AREAS:
        members = [page for page in pages if page.indicator.area == area]
        if members:
            yield area, members


def _listed(data: SeriesData, page: IndicatorSeries) -> _Listed:
    indicator = page.indicator
    value = "bara uppdelad" if page.parts or page.boards else labels.MISSING
    period, place = "", ""
    sparks: list[str] = []
    if page.whole:
        series = page.whole[0]
        last = series.points[-1]
        value = _value_text(indicator, last, _digits(indicator, [series]))
        period = _when(last.start, series.grain)
        if _place_name(data, series) != data.municipality_name:
            place = _place_name(data, series)
        values = [point.value if point else None for _, point in _every_period([series])]
        sparks = charts.spark_lines(values, _SPARK_WIDTH, _SPARK_HEIGHT)
    outcomes = [row.outcome for row in page.deviations]
    outcome = next((code for code in labels.OUTCOMES if code in outcomes), None)
    return _Listed(
        href=f"{indicator.indicator_id}.html",
        title=swedish.sentence_case(indicator.title_sv),
        value=f"{value} {_brief_unit(indicator)}".strip() if sparks else value,
        period=period,
        place=place,
        sparks=tuple(sparks),
        outcome=_NOTHING if outcome is None else labels.word(labels.OUTCOMES, outcome),
        synthetic=_how_synthetic(page.sources),
    )


def _brief_unit(indicator: Indicator) -> str:
    return "" if labels.is_percent(indicator.measure) else labels.unit_word(indicator.unit)


def _digits(indicator: Indicator, series: Sequence[ValueSeries]) -> int:
    """Chooses decimals by the largest value, one choice for a whole table."""
    values = [abs(p.value) for each in series for p in each.points if p.value is not None]
    largest = [max(values)] if values else []
    return labels.decimals(indicator.measure, indicator.unit, largest)


def _printed(indicator: Indicator, value: float | None, digits: int) -> str:
    return _NOTHING if value is None else tables.short(indicator, value, digits)


def _lower(point: Point) -> float | None:
    """Gives the lower limit where it can be reached: nothing that is counted goes below zero."""
    unreachable = point.lower is not None and point.lower < 0 and (point.value or 0) >= 0
    return None if unreachable else point.lower


def _scaled(indicator: Indicator, value: float | None) -> float | None:
    if value is None or not labels.is_percent(indicator.measure):
        return value
    return value * 100


def _dots(
    indicator: Indicator, grain: str, points: Sequence[tuple[date, Point | None]]
) -> list[charts.Dot]:
    return [
        charts.Dot(_tick(start, grain), None, None, None, None, None, charts.VALUE)
        if point is None
        else charts.Dot(
            period=_tick(start, grain),
            value=_scaled(indicator, point.value),
            segment=point.segment,
            centre=_scaled(indicator, point.centre),
            lower=_scaled(indicator, _lower(point)),
            upper=_scaled(indicator, point.upper),
            mark=_mark(point),
        )
        for start, point in points
    ]


def _mark(point: Point) -> str:
    if point.segment is None:
        return charts.BROKEN
    if point.signal not in labels.NO_SIGNALS:
        return charts.SIGNAL
    return charts.PRELIMINARY if point.status == "preliminary" else charts.VALUE


def _every_period(series: Sequence[ValueSeries]) -> list[tuple[date, Point | None]]:
    """Gives every period from the first to the last, with the first series' value where it has one.

    A period in between that nobody has told anything about is a gap, not left out.
    """
    step = 1 if series[0].grain == "month" else _MONTHS
    starts = [point.start for each in series for point in each.points]
    first, last = min(starts), max(starts)
    count = (_month(last) - _month(first)) // step + 1
    periods = [_month(first) + step * position for position in range(count)]
    return _at(series[0], [date(month // _MONTHS, month % _MONTHS + 1, 1) for month in periods])


def _month(start: date) -> int:
    return start.year * _MONTHS + start.month - 1


def _at(series: ValueSeries, periods: Sequence[date]) -> list[tuple[date, Point | None]]:
    known = {point.start: point for point in series.points}
    return [(start, known.get(start)) for start in periods]


def _when(start: date, grain: str) -> str:
    return swedish.month(start) if grain == "month" else str(start.year)


def _tick(start: date, grain: str) -> str:
    """Names a period on an axis or in a narrow column."""
    if grain != "month":
        return str(start.year)
    return f"{swedish.MONTHS[start.month - 1][:_MONTH_LETTERS]} {start.year}"
