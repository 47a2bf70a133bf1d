"""One series, or several beside each other, as a chart, a table and sentences.

Turns the records of ``series`` into the typed rows of ``charts`` and the cells of ``page``: which
periods there are, what stands in a cell, how a value and a period are printed, what a chart is said
to show. How a chart is drawn belongs in ``charts``, what a page consists of in ``indicator_pages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from orchestration.language import dates, grammar, numbers, quantities, words
from orchestration.reporting import charts, tables
from orchestration.reporting.data import Deviation, Indicator
from orchestration.reporting.page import Cell, Table
from orchestration.reporting.series import Point, ValueSeries
from orchestration.reporting.svg import Labels

_MONTHS = 12
TRIAL_POINTS = 5
"""With fewer values since the last break a chart has no limits."""

FULL_POINTS = 12
"""With fewer, limits are for trial and no signal is told."""

_MONTH_LETTERS = 3
_NOTHING = numbers.EN_DASH


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its caption; absent where there is nothing to draw."""

    svg: Markup
    caption: str


def remarks(series: ValueSeries) -> Iterator[str]:
    """Says what the limits rest on, which points break a rule, and where the series is cut."""
    charted = [point for point in series.points if point.segment is not None]
    if not charted:
        yield "Serien har inga värden som kan jämföras, så det finns inget att rita gränser kring."
        return
    segments = sorted({point.segment for point in charted if point.segment is not None})
    for segment in segments[1:]:
        first = next(point for point in charted if point.segment == segment)
        yield (
            f"Från och med {when(first.start, series.grain)} räknas medelvärde och gränser om: "
            "värdena före går enligt en känd uppgift inte att jämföra med dem efter."
        )
    last = [point for point in charted if point.segment == segments[-1]]
    yield _about_limits(len(last), since_break=len(segments) > 1)
    if len(last) >= TRIAL_POINTS and _has_gaps(last, series.grain):
        yield (
            "Perioder utan jämförbart värde är hoppade över: steget förbi dem räknas som ett, så "
            "gränserna kan vara vidare än de annars vore."
        )
    told = [point for point in charted if point.signal not in words.NO_SIGNALS]
    if told:
        texts = [
            f"{when(point.start, series.grain)} ({words.word(words.SIGNALS, point.signal)})"
            for point in told
        ]
        yield f"Signaler: {grammar.enumeration(texts)}."
    elif any(not point.trial and point.centre is not None for point in charted):
        yield "Inget värde bryter mot diagrammets regler."


def _has_gaps(points: Sequence[Point], grain: str) -> bool:
    step = 1 if grain == "month" else _MONTHS
    return _month(points[-1].start) - _month(points[0].start) > step * (len(points) - 1)


def _about_limits(count: int, *, since_break: bool) -> str:
    since = " sedan brottet" if since_break else ""
    noun = "jämförbart värde" if count == 1 else "jämförbara värden"
    values = f"{numbers.cardinal(count)} {noun}"
    if count < TRIAL_POINTS:
        least = numbers.cardinal(TRIAL_POINTS)
        return f"Serien har {values}{since}. Gränser ritas först med {least} värden."
    if count < FULL_POINTS:
        return (
            f"Serien har {values}{since}. Gränserna är preliminära till dess att värdena är "
            f"{numbers.cardinal(FULL_POINTS)}, och inga signaler ges."
        )
    return f"Serien har {values}{since}, vilket räcker för gränser och signaler."


def control_drawing(
    indicator: Indicator, series: ValueSeries, *, figure_id: str, heading: str
) -> Drawing | None:
    """Draws a series with its limits and what was expected of the tested period.

    Args:
        indicator: What the series is of.
        series: Its values.
        figure_id: Unique in the page.
        heading: What the caption begins with.

    Returns:
        None where no value may be shown.
    """
    dots = _dots(indicator, series.grain, every_period([series]))
    if all(dot.value is None for dot in dots):
        return None
    band = _drawn_band(indicator, series)
    unit = quantities.axis_title(indicator.measure, indicator.unit)
    spoken = Labels(figure_id, heading, _spoken(series, indicator, unit))
    svg = charts.series_chart(dots, band, unit=unit, labels=spoken)
    # Serialised by lxml, which has escaped every text in it.
    return Drawing(Markup(svg), f"{heading}. {_caption(dots, band)}")  # noqa: S704


def _caption(dots: Sequence[charts.Dot], band: charts.Band | None) -> str:
    text = "Punkterna är utfallen"
    if any(dot.centre is not None for dot in dots):
        text += ", den heldragna grå linjen medelvärdet och de streckade linjerna gränserna"
    text += "."
    if band is not None:
        text += f" Stapeln vid {band.period} är det väntade värdet med sitt intervall."
    if not charts.starts_at_zero(dots, band):
        text += " Den lodräta axeln börjar inte vid noll."
    return text


def _drawn_band(indicator: Indicator, series: ValueSeries) -> charts.Band | None:
    found = _band(series)
    if found is None or found.expected is None or found.lower is None or found.upper is None:
        return None
    scale = 100.0 if quantities.is_percent(indicator.measure) else 1.0
    return charts.Band(
        period=_tick(found.period_start, series.grain),
        expected=found.expected * scale,
        lower=found.lower * scale,
        upper=found.upper * scale,
    )


def _spoken(series: ValueSeries, indicator: Indicator, unit: str) -> str:
    """Says what the chart shows to one who cannot see it; every value stands in the table."""
    digits = digits_of(indicator, [series])
    known = [point for point in series.points if point.value is not None]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    texts = [
        f"{when(point.start, series.grain)}: {_printed(indicator, point.value, digits)}"
        for point in ends
    ]
    text = f"Linjediagram i {unit} med {numbers.cardinal(len(known))} värden. "
    text += f"Första och sista: {grammar.enumeration(texts)}."
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
        text += f" {grammar.sentence_case(grammar.enumeration(named))}."
    return f"{text} Alla värden står i tabellen efter diagrammet."


def _band(series: ValueSeries) -> Deviation | None:
    """Finds the tested period's expected value; a change before a contrary movement."""
    rows = [row for row in series.deviations if row.expected is not None]
    rows.sort(key=lambda row: row.kind != "change")
    return next((row for row in rows if row.lower is not None and row.upper is not None), None)


def value_table(
    indicator: Indicator,
    series: ValueSeries,
    *,
    caption: str,
    table_id: str,
) -> Table:
    """Lists every period of a series: its value, its limits and what is to be said of it.

    Args:
        indicator: What the series is of.
        series: Its values.
        caption: Of the table.
        table_id: Unique in the page.

    Returns:
        One row a period; without columns for limits where there are none.
    """
    digits, band = digits_of(indicator, [series]), _band(series)
    limits = any(point.centre is not None for point in series.points)
    columns = [Cell("Månad" if series.grain == "month" else "År"), Cell("Utfall", numeric=True)]
    if limits:
        columns += [
            Cell(text, numeric=True) for text in ("Medelvärde", "Undre gräns", "Övre gräns")
        ]
    columns.append(Cell("Anmärkning", long=True))
    rows = []
    for start, point in every_period([series]):
        cells = [
            Cell(grammar.sentence_case(when(start, series.grain))),
            Cell(value_text(indicator, point, digits), numeric=True),
        ]
        if limits:
            lines = (point.centre, _lower(point), point.upper) if point else (None, None, None)
            cells += [Cell(_printed(indicator, value, digits), numeric=True) for value in lines]
        cells.append(Cell(_remark(point, band), long=True))
        rows.append(tuple(cells))
    return Table(table_id, caption, tuple(columns), tuple(rows))


def value_text(indicator: Indicator, point: Point | None, digits: int) -> str:
    """Prints a value, or says why there is none."""
    if point is None:
        return words.MISSING
    if point.value is None:
        return words.MISSING if point.status == "observed" else words.status(point.status)
    return tables.short(indicator, point.value, digits)


def _remark(point: Point | None, band: Deviation | None) -> str:
    if point is None:
        return ""
    parts = []
    if point.status != "observed" and point.value is not None:
        parts.append(words.status(point.status))
    if point.signal not in words.NO_SIGNALS:
        parts.append(words.word(words.SIGNALS, point.signal))
    if band is not None and band.period_start == point.start:
        parts.append(f"väntat {tables.expected(band)}")
    return grammar.sentence_case("; ".join(parts))


def panel_drawing(
    indicator: Indicator,
    series: Sequence[ValueSeries],
    names: Sequence[str],
    *,
    figure_id: str,
    heading: str,
) -> Drawing | None:
    """Draws several series beside each other, each on an axis of its own.

    Args:
        indicator: What the series are of.
        series: Their values.
        names: One for each of them.
        figure_id: Unique in the page.
        heading: What the caption begins with.

    Returns:
        None where no value may be shown.
    """
    periods = [start for start, _ in every_period(series)]
    panels = [
        charts.Panel(name, tuple(_dots(indicator, each.grain, _at(each, periods))))
        for name, each in zip(names, series, strict=True)
    ]
    if all(dot.value is None for panel in panels for dot in panel.dots):
        return None
    unit = quantities.axis_title(indicator.measure, indicator.unit)
    caption = (
        f"{heading}, i {unit}. Varje ruta har sin egen lodräta axel, som inte börjar vid noll: "
        "jämför formen, inte höjden."
    )
    spoken = (
        f"Små linjediagram i {unit}, ett för var och en av {grammar.enumeration(list(names))}. "
        "Alla värden står i tabellen efter diagrammet."
    )
    svg = charts.panel_chart(panels, labels=Labels(figure_id, heading, spoken))
    # Serialised by lxml, which has escaped every text in it.
    return Drawing(Markup(svg), caption)  # noqa: S704


def wide_table(
    indicator: Indicator,
    series: Sequence[ValueSeries],
    names: Sequence[str],
    *,
    caption: str,
    table_id: str,
    corner: str,
) -> Table:
    """Lists several series, one a row and one period a column.

    Args:
        indicator: What the series are of.
        series: Their values; all of one grain.
        names: One for each of them.
        caption: Of the table.
        table_id: Unique in the page.
        corner: What the names are names of.

    Returns:
        A table in which a period without a row is a dash.
    """
    digits = digits_of(indicator, series)
    periods = [start for start, _ in every_period(series)]
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
        value_text(indicator, point, digits),
        note=words.status(status) if status else "",
        numeric=True,
    )


def digits_of(indicator: Indicator, series: Sequence[ValueSeries]) -> int:
    """Chooses decimals by the largest value, one choice for a whole table."""
    values = [abs(p.value) for each in series for p in each.points if p.value is not None]
    largest = [max(values)] if values else []
    return quantities.decimals(indicator.measure, indicator.unit, largest)


def _printed(indicator: Indicator, value: float | None, digits: int) -> str:
    return _NOTHING if value is None else tables.short(indicator, value, digits)


def _lower(point: Point) -> float | None:
    """Gives the lower limit where it can be reached: nothing that is counted goes below zero."""
    unreachable = point.lower is not None and point.lower < 0 and (point.value or 0) >= 0
    return None if unreachable else point.lower


def _scaled(indicator: Indicator, value: float | None) -> float | None:
    if value is None or not quantities.is_percent(indicator.measure):
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
    if point.signal not in words.NO_SIGNALS:
        return charts.SIGNAL
    return charts.PRELIMINARY if point.status == "preliminary" else charts.VALUE


def every_period(series: Sequence[ValueSeries]) -> list[tuple[date, Point | None]]:
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


def when(start: date, grain: str) -> str:
    """Writes a period in running text: ``2023``, ``maj 2017``."""
    return dates.month(start) if grain == "month" else str(start.year)


def _tick(start: date, grain: str) -> str:
    """Names a period on an axis or in a narrow column."""
    if grain != "month":
        return str(start.year)
    return f"{dates.MONTHS[start.month - 1][:_MONTH_LETTERS]} {start.year}"
