"""One series, or several beside each other, as a figure, a table and sentences.

Turns the records of ``series`` into the typed rows of ``charts`` and the blocks of a document:
which periods there are, what stands in a cell, which cell of the marts it comes from, what a chart
is said to show. How a chart is drawn belongs in ``charts``, what a page consists of in
``indicator_pages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.findings.cells import series_cell
from orchestration.language import dates, grammar, quantities, words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Style,
    Text,
    capitalised,
    joined,
    listing,
    nodes,
    plain,
    say,
    span,
)
from orchestration.reporting import charts, figures
from orchestration.reporting.data import CatalogueIndicator, Shown
from orchestration.reporting.document import Cell, Column, Figure, Table
from orchestration.reporting.figures import NOTHING, setting, title
from orchestration.reporting.series import Point, ValueSeries

_MONTHS = 12
TRIAL_POINTS = 5
"""With fewer values since the last break a chart has no limits."""

FULL_POINTS = 12
"""With fewer, limits are for trial and no signal is told."""

_MONTH_LETTERS = 3
_MARKS_SV = {
    charts.SIGNAL: "fyrkanter har en signal",
    charts.PRELIMINARY: "ringar är preliminära",
    charts.BROKEN: "kors går inte att jämföra",
    charts.HIDDEN: "kryss på axeln är skyddade uppgifter",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """An indicator whose values are shown, with the decimals that they share."""

    indicator: CatalogueIndicator
    digits: int

    @classmethod
    def of(cls, indicator: CatalogueIndicator, series: Sequence[ValueSeries]) -> Subject:
        """Choose decimals by the largest value, one choice for a whole table."""
        values = [abs(p.value) for each in series for p in each.points if p.value is not None]
        largest = [max(values)] if values else []
        return cls(indicator, quantities.decimals(indicator.measure, indicator.unit, largest))

    def form(self, style: Style = Style.CELL) -> Form:
        """How its values are printed."""
        return Form(style, self.digits, self.indicator.measure, self.indicator.unit)

    def unit(self) -> Quoted:
        """What its values are counted in."""
        return figures.unit(self.indicator)

    def cell(self, series: ValueSeries, start: date, table: str, column: str) -> Address:
        """Where a figure of one of its series stands."""
        return series_cell(
            column,
            indicator_id=self.indicator.indicator_id,
            period_start=start,
            period_grain=series.grain,
            geography_id=series.geography_id,
            breakdown=series.breakdown,
            category=series.category,
            table=table,
        )

    def value(
        self, series: ValueSeries, point: Point, column: str = "value", style: Style = Style.CELL
    ) -> Said:
        """One figure of a point (``value``, ``ci_lower``), or a dash."""
        value = getattr(point, column)
        if value is None:
            return NOTHING
        cell = self.cell(series, point.start, "marts.indicator_values", column)
        return (Number(value, self.form(style), (cell,)),)

    def line(self, series: ValueSeries, point: Point, column: str) -> Said:
        """The mean or a limit that a chart has at a point, or a dash."""
        value = _lower(point) if column == "lower" else getattr(point, column)
        if value is None:
            return NOTHING
        cell = self.cell(series, point.start, "marts.series_charts", column)
        return (Number(value, self.form(), (cell,)),)


def when(start: date, grain: str) -> Period:
    """A period in running text: ``2023``, ``maj 2017``."""
    return Period.of(start, grain)


def _heading_period(start: date, grain: str) -> Period:
    """A period that begins a row."""
    period = when(start, grain)
    return Period(period.first, grammar.sentence_case(period.text))


def _tick(start: date, grain: str) -> str:
    """Names a period on an axis or in a narrow column."""
    if grain != "month":
        return str(start.year)
    return f"{dates.MONTHS[start.month - 1][:_MONTH_LETTERS]} {start.year}"


# --- what is said of a series -------------------------------------------------------------------


def remarks(subject: Subject, series: ValueSeries) -> Iterator[Said]:
    """Says what the limits rest on, which points break a rule, and where the series is cut."""
    charted = [point for point in series.points if point.segment is not None]
    if not charted:
        yield nodes(
            "Serien har inga värden som kan jämföras, så det finns inget att rita gränser kring."
        )
        return
    if any(point.value is None for point in charted):
        yield nodes(
            "Något värde i serien är skyddat. Då visas inget medelvärde och inga gränser, som det "
            "skulle gå att räkna fram ur."
        )
        return
    segments = sorted({point.segment for point in charted if point.segment is not None})
    for segment in segments[1:]:
        first = next(point for point in charted if point.segment == segment)
        yield say(
            "Från och med {when} räknas medelvärde och gränser om: värdena före går enligt en känd "
            "uppgift inte att jämföra med dem efter.",
            when=when(first.start, series.grain),
        )
    last = [point for point in charted if point.segment == segments[-1]]
    yield _about_limits(subject, series, last, since_break=len(segments) > 1)
    if len(last) >= TRIAL_POINTS and _has_gaps(last, series.grain):
        yield nodes(
            "Perioder utan jämförbart värde är hoppade över: steget förbi dem räknas som ett, så "
            "gränserna kan vara vidare än de annars vore."
        )
    told = [point for point in charted if point.signal not in words.NO_SIGNALS]
    if told:
        signals = [
            say(
                "{when} ({signal})",
                when=when(point.start, series.grain),
                signal=words.word(words.SIGNALS, point.signal),
            )
            for point in told
        ]
        yield say("Signaler: {signals}.", signals=listing(signals))
    elif any(not point.trial and point.centre is not None for point in charted):
        yield nodes("Inget värde bryter mot diagrammets regler.")


def _has_gaps(points: Sequence[Point], grain: str) -> bool:
    step = 1 if grain == "month" else _MONTHS
    return _month(points[-1].start) - _month(points[0].start) > step * (len(points) - 1)


def points_setting(count: int, name: str) -> Number:
    """So many values as the method asks for, in words."""
    return setting(count, name, Form(Style.CARDINAL))


def _about_limits(
    subject: Subject, series: ValueSeries, points: Sequence[Point], *, since_break: bool
) -> Said:
    count = len(points)
    cells = tuple(
        subject.cell(series, point.start, "marts.series_charts", "value") for point in points
    )
    values = say(
        "Serien har {count} {noun}{since}",
        count=Number(count, Form(Style.CARDINAL), cells, Quantity.COUNT),
        noun="jämförbart värde" if count == 1 else "jämförbara värden",
        since=" sedan brottet" if since_break else "",
    )
    if count < TRIAL_POINTS:
        return say(
            "{values}. Gränser ritas först med {least} värden.",
            values=values,
            least=points_setting(TRIAL_POINTS, "trial_points"),
        )
    if count < FULL_POINTS:
        return say(
            "{values}. Gränserna är preliminära till dess att värdena är {least}, och inga "
            "signaler ges.",
            values=values,
            least=points_setting(FULL_POINTS, "full_points"),
        )
    return say("{values}, vilket räcker för gränser och signaler.", values=values)


def year_on_year(series: ValueSeries) -> tuple[Point, Point] | None:
    """The last value and the one a year before it, where they can be compared."""
    known = {point.start: point for point in series.points if point.value is not None}
    if not known:
        return None
    last = known[max(known)]
    before = known.get(last.start.replace(year=last.start.year - 1))
    if before is None or not before.value or not _comparable(before, last):
        return None
    return last, before


def _comparable(one: Point, other: Point) -> bool:
    return one.segment is not None and one.segment == other.segment


def change(subject: Subject, series: ValueSeries, pair: tuple[Point, Point], form: Form) -> Number:
    """The relative change between two values; without a sign its size."""
    now, before = pair
    relative = (now.value or 0) / (before.value or 1) - 1
    cells = tuple(
        subject.cell(series, point.start, "marts.indicator_values", "value") for point in pair
    )
    if form.sign:
        return Number(relative, form, cells, Quantity.CHANGE)
    return Number(abs(relative), form, cells, Quantity.SIZE_OF_CHANGE)


def moved(subject: Subject, series: ValueSeries, pair: tuple[Point, Point]) -> Said:
    """``minskade med 6,3 procent``."""
    now, before = pair
    size = change(subject, series, pair, Form(Style.PERCENT, 1))
    return figures.moved((now.value or 0) / (before.value or 1) - 1, (size,))


def message(subject: Subject, series: ValueSeries) -> Said:
    """What a series shows, in a sentence: how the last value came from the one a year before."""
    name = capitalised(title(subject.indicator, grammar.definite(subject.indicator.title_sv)))
    known = [point for point in series.points if point.value is not None]
    last = known[-1]
    pair = year_on_year(series)
    value = subject.value(series, last, style=Style.FULL)
    if pair is None:
        return say(
            "{name} var {value} {when}", name=name, value=value, when=when(last.start, series.grain)
        )
    return say(
        "{name} {moved} till {when}, då värdet var {value}",
        name=name,
        moved=moved(subject, series, pair),
        when=when(last.start, series.grain),
        value=value,
    )


# --- one series ---------------------------------------------------------------------------------


def control_figure(
    subject: Subject, series: ValueSeries, *, heading: Said, anchor: str, values: str
) -> Figure | None:
    """Draws a series with its limits and what was expected of the tested period.

    Args:
        subject: What the series is of.
        series: Its values.
        heading: What the caption begins with.
        anchor: Unique in the page.
        values: Anchor of the table that has its values.

    Returns:
        None where no value may be shown.
    """
    dots = _dots(subject.indicator, series.grain, every_period([series]))
    if all(dot.value is None for dot in dots):
        return None
    found = _band(series)
    band = drawn_band(found, _tick(found.period_start, series.grain)) if found else None
    return Figure(
        message(subject, series),
        say("{heading}. {caption}", heading=heading, caption=_caption(series, dots, band)),
        _spoken(subject, series),
        (charts.series_chart(dots, band, unit=plain(subject.unit())),),
        values,
        anchor,
    )


def _caption(series: ValueSeries, dots: Sequence[charts.Dot], band: charts.Band | None) -> Said:
    text = "Punkterna är utfallen"
    if any(dot.centre is not None for dot in dots):
        text += ", den heldragna grå linjen medelvärdet och de streckade linjerna gränserna"
    said = nodes(f"{text}.")
    found = _band(series)
    if band is not None and found is not None:
        said = say(
            "{said} Stapeln vid {when} är det väntade värdet med sitt intervall.",
            said=said,
            when=when(found.period_start, series.grain),
        )
    if not charts.starts_at_zero(dots, band):
        said = say("{said} Den lodräta axeln börjar inte vid noll.", said=said)
    return said


def drawn_band(row: Shown, period: str) -> charts.Band | None:
    """What was expected of a finding, at a period of an axis; None where there is no interval."""
    expected, lower, upper = (
        quantities.axis_value(value, row.indicator.measure)
        for value in (row.expected, row.lower, row.upper)
    )
    if expected is None or lower is None or upper is None:
        return None
    return charts.Band(period, expected, lower, upper)


def _spoken(subject: Subject, series: ValueSeries) -> Said:
    """Says what the chart shows to one who cannot see it; every value stands in the table."""
    known = [point for point in series.points if point.value is not None]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    told = [
        say(
            "{when}: {value}",
            when=when(point.start, series.grain),
            value=subject.value(series, point),
        )
        for point in ends
    ]
    cells = tuple(
        subject.cell(series, point.start, "marts.indicator_values", "value") for point in known
    )
    said = say(
        "Linjediagram i {unit} med {count} värden. Första och sista: {ends}.",
        unit=subject.unit(),
        count=Number(len(known), Form(Style.CARDINAL), cells, Quantity.COUNT),
        ends=listing(told),
    )
    last = known[-1]
    if last.centre is not None:
        lines = [
            say("{name} {value}", name=name, value=value)
            for name, column in (
                ("medelvärde", "centre"),
                ("undre gräns", "lower"),
                ("övre gräns", "upper"),
            )
            if (value := subject.line(series, last, column)) != NOTHING
        ]
        said = say("{said} {lines}.", said=said, lines=capitalised(listing(lines)))
    return say("{said} Alla värden står i tabellen efter diagrammet.", said=said)


def _band(series: ValueSeries) -> Shown | None:
    """Finds the tested period's expected value; a change before a contrary movement."""
    rows = [row for row in series.deviations if row.expected is not None]
    rows.sort(key=lambda row: row.kind != "change")
    return next((row for row in rows if row.lower is not None and row.upper is not None), None)


_BASIS = (("Täljare", "numerator"), ("Nämnare", "denominator"))
_LINES = (("Medelvärde", "centre"), ("Undre gräns", "lower"), ("Övre gräns", "upper"))


def value_table(
    subject: Subject, series: ValueSeries, *, caption: Said, anchor: str, file_name: str
) -> Table:
    """Lists every period of a series: its value, what it rests on, its limits, its remarks.

    Args:
        subject: What the series is of.
        series: Its values.
        caption: Of the table.
        anchor: Unique in the page.
        file_name: Of the table as CSV.

    Returns:
        One row a period; without columns for what the series has nothing of.
    """
    points, band = series.points, _band(series)
    basis = _BASIS if any(point.denominator is not None for point in points) else ()
    unsure = any(point.ci_lower is not None for point in points)
    lines = _LINES if any(point.centre is not None for point in points) else ()
    columns = [
        Column(nodes("Månad" if series.grain == "month" else "År")),
        Column(nodes("Utfall"), numeric=True),
        *(Column(nodes(name), numeric=True) for name, _ in basis),
        *((Column(nodes("Osäkerhet"), numeric=True),) if unsure else ()),
        *(Column(nodes(name), numeric=True) for name, _ in lines),
        Column(nodes("Anmärkning"), wide=True),
    ]
    rows = []
    for start, point in every_period([series]):
        cells = [
            Cell((_heading_period(start, series.grain),)),
            Cell(value_said(subject, series, point)),
            *(Cell(_basis(subject, series, point, column)) for _, column in basis),
            *((Cell(_uncertainty(subject, series, point)),) if unsure else ()),
            *(
                Cell(subject.line(series, point, column) if point else NOTHING)
                for _, column in lines
            ),
            Cell(_remark(point, band)),
        ]
        rows.append(tuple(cells))
    return Table(caption, tuple(columns), tuple(rows), anchor, numbered=False, file_name=file_name)


def _basis(subject: Subject, series: ValueSeries, point: Point | None, column: str) -> Said:
    value = getattr(point, column) if point else None
    if point is None or value is None:
        return NOTHING
    cell = subject.cell(series, point.start, "marts.indicator_values", column)
    return (Number(value, Form(digits=0 if float(value).is_integer() else 1), (cell,)),)


def _uncertainty(subject: Subject, series: ValueSeries, point: Point | None) -> Said:
    if point is None or point.ci_lower is None or point.ci_upper is None:
        return NOTHING
    lower, upper = (
        Number(
            value,
            subject.form(Style.BARE),
            (subject.cell(series, point.start, "marts.indicator_values", column),),
        )
        for value, column in ((point.ci_lower, "ci_lower"), (point.ci_upper, "ci_upper"))
    )
    return span(lower, upper)


def value_said(
    subject: Subject, series: ValueSeries, point: Point | None, style: Style = Style.CELL
) -> Said:
    """A value, or why there is none."""
    if point is None:
        return nodes(words.MISSING)
    if point.value is None:
        return nodes(words.MISSING) if point.status == "observed" else figures.without(point.status)
    return subject.value(series, point, style=style)


def _remark(point: Point | None, band: Shown | None) -> Said:
    if point is None:
        return ()
    parts: list[Said] = []
    if point.status != "observed" and point.value is not None:
        parts.append(nodes(words.status(point.status)))
    if point.signal not in words.NO_SIGNALS:
        parts.append(nodes(words.word(words.SIGNALS, point.signal)))
    if band is not None and band.period_start == point.start:
        parts.append(say("väntat {expected}", expected=figures.expected(band)))
    return capitalised(joined(figures.joined_by(parts, "; "))) if parts else ()


# --- several series -----------------------------------------------------------------------------


def panel_figure(
    subject: Subject,
    series: Sequence[ValueSeries],
    names: Sequence[Said],
    *,
    heading: Said,
    anchor: str,
    values: str,
) -> Figure | None:
    """Draws several series on one grid, each on an axis of its own.

    Args:
        subject: What the series are of.
        series: Their values.
        names: One for each of them.
        heading: What the caption begins with.
        anchor: Unique in the page.
        values: Anchor of the table that has their values.

    Returns:
        None where no value may be shown.
    """
    periods = [start for start, _ in every_period(series)]
    unit, drawings, marks, whole = plain(subject.unit()), [], set[str](), True
    for name, each in zip(names, series, strict=True):
        dots = _dots(subject.indicator, each.grain, _at(each, periods))
        if all(dot.value is None for dot in dots):
            continue
        marks |= {dot.mark for dot in dots if dot.value is not None or dot.mark == charts.HIDDEN}
        whole = whole and charts.starts_at_zero(dots)
        drawings.append(
            charts.small_chart(plain(name), dots, None, unit=unit, decimals=subject.digits)
        )
    if not drawings:
        return None
    looks = [text for mark, text in _MARKS_SV.items() if mark in marks]
    return Figure(
        _panels_message(subject, series, names, heading),
        say(
            "{heading}, i {unit}. Varje ruta har sin egen lodräta axel{zero}: jämför formen, inte "
            "höjden.{marks}",
            heading=heading,
            unit=subject.unit(),
            zero="" if whole else ", som inte alltid börjar vid noll",
            marks=f" {grammar.sentence_case(grammar.enumeration(looks))}." if looks else "",
        ),
        say(
            "Små linjediagram i {unit}, ett för var och en av {names}. Alla värden står i tabellen "
            "efter diagrammet.",
            unit=subject.unit(),
            names=listing(names),
        ),
        tuple(drawings),
        values,
        anchor,
    )


def _panels_message(
    subject: Subject, series: Sequence[ValueSeries], names: Sequence[Said], heading: Said
) -> Said:
    """Which of several series changed most in a year, for better or worse."""
    form = Form(Style.PERCENT, 1, sign=True)
    changes = [
        (change(subject, each, pair, form), name, pair[0], each.grain)
        for name, each in zip(names, series, strict=True)
        if (pair := year_on_year(each)) is not None
    ]
    if not changes:
        own = title(subject.indicator, grammar.sentence_case(subject.indicator.title_sv))
        return say("{name} {heading}", name=own, heading=_lowered(heading))
    size, name, last, grain = max(changes, key=lambda each: abs(each[0].value))
    return say(
        "{heading} var ändringen till {when} störst för {name}: {size}",
        heading=heading,
        when=when(last.start, grain),
        name=_lowered(name),
        size=size,
    )


def _lowered(said: Said) -> Said:
    first, *rest = said
    match first:
        case Text():
            return (Text(grammar.mid_sentence(first.text)), *rest)
        case Quoted():
            text = grammar.mid_sentence(first.text)
            return (Quoted(text, first.register, first.row, first.marked), *rest)
        case _:
            return said


def wide_table(
    subject: Subject,
    series: Sequence[ValueSeries],
    names: Sequence[Said],
    *,
    caption: Said,
    anchor: str,
    corner: Said,
    file_name: str,
) -> Table:
    """Lists several series, one a row and one period a column.

    Args:
        subject: What the series are of.
        series: Their values; all of one grain.
        names: One for each of them.
        caption: Of the table.
        anchor: Unique in the page.
        corner: What the names are names of.
        file_name: Of the table as CSV.

    Returns:
        A table in which a period without a row is a dash.
    """
    periods = [start for start, _ in every_period(series)]
    grain = series[0].grain
    columns = [
        Column(corner),
        *(Column((Period(start, _tick(start, grain)),), numeric=True) for start in periods),
    ]
    rows = [
        (
            Cell(name),
            *(short_cell(subject, each, point) for _, point in _at(each, periods)),
        )
        for name, each in zip(names, series, strict=True)
    ]
    return Table(caption, tuple(columns), tuple(rows), anchor, numbered=False, file_name=file_name)


def short_cell(subject: Subject, series: ValueSeries, point: Point | None) -> Cell:
    """A cell of a wide table; a period without a row is a dash."""
    if point is None:
        return Cell(NOTHING)
    status = "" if point.value is None or point.status == "observed" else point.status
    return Cell(value_said(subject, series, point), nodes(words.status(status)) if status else ())


def category_order(category: str) -> tuple[tuple[int, str], ...]:
    """Orders ages by their numbers and everything else by name."""
    return tuple(
        (int("".join(filter(str.isdigit, part.partition("-")[0])) or 0), part)
        for part in category.split("*")
    )


# --- periods and dots ---------------------------------------------------------------------------


def _lower(point: Point) -> float | None:
    """Gives the lower limit where it can be reached: nothing that is counted goes below zero."""
    unreachable = point.lower is not None and point.lower < 0 and (point.value or 0) >= 0
    return None if unreachable else point.lower


def _dots(
    indicator: CatalogueIndicator, grain: str, points: Sequence[tuple[date, Point | None]]
) -> list[charts.Dot]:
    return [
        charts.Dot(_tick(start, grain), None, None, None, None, None, charts.VALUE)
        if point is None
        else charts.Dot(
            period=_tick(start, grain),
            value=quantities.axis_value(point.value, indicator.measure),
            segment=point.segment,
            centre=quantities.axis_value(point.centre, indicator.measure),
            lower=quantities.axis_value(_lower(point), indicator.measure),
            upper=quantities.axis_value(point.upper, indicator.measure),
            mark=_mark(point),
        )
        for start, point in points
    ]


def _mark(point: Point) -> str:
    if point.value is None and point.status == "suppressed":
        return charts.HIDDEN
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
