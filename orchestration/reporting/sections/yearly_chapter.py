"""A chapter of the yearly report: key figures, boards, series, findings, limits, definitions.

What a chapter holds is said in ``chapters``, how a series is drawn in ``series_view``; which
chapters there are and in what order, in the seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orchestration.findings.codes import Kind, Outcome
from orchestration.findings.records import deviation_cell
from orchestration.indicators.models import CONTEXT_AREAS
from orchestration.language import grammar, words
from orchestration.language.inline import (
    HIDDEN,
    Form,
    Link,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Strong,
    Style,
    capitalised,
    every,
    joined,
    listing,
    nodes,
    plain,
    say,
    sentences,
)
from orchestration.language.inline import Cell as Address
from orchestration.reporting import figures, series_view, telling
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.chapters import KeyFigure, ReportChapter, ShownAs
from orchestration.reporting.data import Shown, named_groups
from orchestration.reporting.document import (
    Callout,
    Cell,
    Column,
    Figure,
    Heading,
    Paragraph,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, municipality, title
from orchestration.reporting.sections.sources import SYNTHETIC, Sources, page_link
from orchestration.reporting.sections.years import explanation_details
from orchestration.reporting.series import Parts, Point, SeriesData, SourceNote, ValueSeries
from orchestration.reporting.series_view import Subject

YEARS = 3
"""So many years stand beside each other, the report year last."""

BOARD_COLUMNS = 5
"""So many key figures stand in a table of boards; a page has room for no more."""

_SEX, _CROSS = "sex", "*sex"
_SEXES = ("kvinnor", "man")
_YEAR = "year"
# Notes of these kinds are about a whole source, not about figures that differ from the others.
_ON_METHOD = frozenset({"method", "other"})


@dataclass(frozen=True, slots=True)
class Context:
    """What a chapter is written from besides its own figures.

    Attributes:
        data: The figures of every indicator.
        sources: Of the edition.
        municipality_id: Whose report it is.
    """

    data: SeriesData
    sources: Sources
    municipality_id: str

    @property
    def years(self) -> tuple[int, ...]:
        """The years that stand beside each other, oldest first."""
        return tuple(range(self.data.year - YEARS + 1, self.data.year + 1))

    @property
    def span(self) -> Period:
        """The same years in words."""
        return Period.years(self.years[0], self.years[-1])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of key figures: an indicator's whole, or a group of one that has no whole.

    Attributes:
        figure: Of which it is a row.
        series: None where the indicator has no yearly values.
        women: The same of women alone; None where that is not shown.
        men: The same of men.
    """

    figure: KeyFigure
    series: ValueSeries | None
    women: ValueSeries | None = None
    men: ValueSeries | None = None

    @property
    def subject(self) -> Subject:
        """Whose values they are, with the decimals that they share."""
        shown = [each for each in (self.series, self.women, self.men) if each]
        return Subject.of(self.figure.content.indicator, shown)


def chapter(context: Context, own: ReportChapter) -> list[Plain]:
    """Writes a chapter.

    Args:
        context: What it is written from.
        own: What it shows.

    Returns:
        Its blocks; a chapter without a single value says so, and why.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    rows = [row for each in own.figures for row in rows_of(each)]
    blocks: list[Plain] = [
        Heading(2, (_title(own),), own.anchor),
        *_absent(own),
    ]
    if not any(row.series for row in rows):
        blocks += paragraph(
            say(
                "Kapitlet har inga värden att redovisa för {years}. Det säger inget om "
                "verksamheten.",
                years=context.span,
            )
        )
        return [*blocks, *_limits(context, own, []), *_definitions(own)]
    blocks += paragraph(_in_short(context, own))
    shown: list[Plain] = [
        *_key_figures(context, own, rows),
        *_boards(context, own, rows),
        *_breakdowns(context, own),
        *_drawn(context, own, rows),
    ]
    blocks += shown
    blocks += _deviations(context, own)
    blocks += _limits(context, own, shown)
    return [*blocks, *_definitions(own)]


def rows_of(figure: KeyFigure) -> list[Row]:
    """The rows of an indicator: one of its whole, else one for each group, else an empty one."""
    content = figure.content
    whole = next((each for each in content.whole if each.grain == _YEAR), None)
    if whole is not None:
        sexes = _parts(figure, _SEX) if _SEX in figure.breakdowns else None
        return [Row(figure, whole, *(_of_sex(sexes, whole, sex) for sex in _SEXES))]
    rows = []
    for name in figure.breakdowns:
        groups = _parts(figure, name.removesuffix(_CROSS))
        cross = _parts(figure, name) if name.endswith(_CROSS) else None
        rows += [
            Row(figure, each, *(_of_sex(cross, each, sex) for sex in _SEXES))
            for each in (groups.series if groups else ())
        ]
    return rows or [Row(figure, None)]


def findings_of(figure: KeyFigure) -> list[Shown]:
    """The year's findings about an indicator; a value that could not be judged is none."""
    return [row for row in figure.content.deviations if row.outcome != Outcome.CANNOT_TELL]


def figures_counted(own: ReportChapter, style: Style = Style.PLAIN) -> Number:
    """How many key figures a chapter has."""
    cells = tuple(
        Address(
            "seeds.chapter_indicators",
            (("chapter_id", own.chapter_id), ("shown_as", str(shown_as))),
        )
        for shown_as in (ShownAs.TABLE, ShownAs.FIGURE)
    )
    return Number(len(own.figures), Form(style), cells, Quantity.COUNT)


def found_in(own: ReportChapter, style: Style = Style.PLAIN) -> Number | None:
    """How many of its key figures have a finding; None for none."""
    first = [found[0] for each in own.figures if (found := findings_of(each))]
    return _rows_counted(first, style) if first else None


def _rows_counted(rows: Sequence[Shown], style: Style) -> Number:
    cells = tuple(deviation_cell(row.deviation_id, "") for row in rows)
    return Number(len(rows), Form(style), cells, Quantity.COUNT)


def _title(own: ReportChapter) -> Quoted:
    return Quoted(own.title_sv, "seeds.report_chapters.title_sv", own.chapter_id)


def _in_short(context: Context, own: ReportChapter) -> Said:
    found, year = found_in(own, Style.CARDINAL), Period.year(context.data.year)
    lead = say("Kapitlet har {count} nyckeltal.", count=figures_counted(own, Style.CARDINAL))
    if found is None:
        return sentences(lead, say("Prövningen av {year} pekade inte ut något.", year=year))
    return sentences(
        lead, say("Prövningen av {year} pekade ut {found} av dem.", year=year, found=found)
    )


def _absent(own: ReportChapter) -> list[Plain]:
    """Says which registers are not there, where any are."""
    absent = [each for each in own.registers if not each.delivered]
    if not absent:
        return []
    names: list[Said] = [
        (Quoted(each.title_sv, "seeds.chapter_registers.title_sv", each.register_id),)
        for each in absent
    ]
    whole = len(absent) == len(own.registers)
    text = sentences(
        say("Inte levererat: {names}.", names=listing(names)),
        "Kapitlet saknar därför de uppgifter som det ska skrivas ur."
        if whole
        else "Det som skulle räknas därur saknas i kapitlet.",
        "Det säger inget om verksamheten.",
    )
    several = "Register saknas" if len(absent) > 1 else "Ett register saknas"
    return [Callout(nodes(several), (Paragraph(text),), f"{own.anchor}-saknas")]


# --- key figures --------------------------------------------------------------------------------


def _key_figures(context: Context, own: ReportChapter, rows: Sequence[Row]) -> list[Plain]:
    marks = context.sources.marks(each.content.indicator for each in own.figures)
    columns = (
        Column(nodes("Nyckeltal"), wide=True),
        *(Column((Period.year(year),), numeric=True) for year in context.years),
        Column(nodes("Kvinnor"), numeric=True),
        Column(nodes("Män"), numeric=True),
        Column(nodes("Prövningen")),
    )
    table = Table(
        say(
            "Nyckeltal {years}, {chapter}{mark}",
            years=context.span,
            chapter=_lowered(own),
            mark=marks.whole(),
        ),
        columns,
        tuple(
            (
                Cell(
                    joined((*_name(context, row), *marks.one(row.figure.content.indicator))),
                    (row.subject.unit(),),
                ),
                *(_value(row.subject, row.series, year) for year in context.years),
                _latest(context, row, row.women),
                _latest(context, row, row.men),
                Cell(nodes(_verdict(context, row))),
            )
            for row in rows
        ),
        f"{own.anchor}-tabell-nyckeltal",
    )
    return [Heading(3, nodes("Nyckeltal"), f"{own.anchor}-nyckeltal"), table]


def _lowered(own: ReportChapter) -> Quoted:
    text = grammar.mid_sentence(own.title_sv)
    return Quoted(text, "seeds.report_chapters.title_sv", own.chapter_id)


def _name(context: Context, row: Row) -> Said:
    """What a row is of; the municipality needs not be said."""
    indicator = row.figure.content.indicator
    head = title(indicator, grammar.sentence_case(indicator.title_sv))
    told: list[Said] = []
    if row.series is not None:
        told.append(figures.category(row.series.category, row.series.breakdown))
        if row.series.geography_id != context.municipality_id:
            told.append((place(context, row.series.geography_id),))
    told = [part for part in told if part]
    named = (
        say("{head} ({parts})", head=head, parts=figures.joined_by(told, ", ")) if told else (head,)
    )
    return (page_link(indicator, named),)


def place(context: Context, geography_id: str) -> Quoted:
    """What a place is called."""
    known = context.data.places.get(geography_id)
    if geography_id == context.municipality_id:
        return municipality(context.data.municipality_name)
    return figures.geography(geography_id, known.name if known else geography_id)


def _point(series: ValueSeries | None, year: int) -> Point | None:
    points = series.points if series else ()
    return next((each for each in points if each.start.year == year), None)


def _until(series: ValueSeries, year: int) -> tuple[Point, ...]:
    """The values that were there in a year: a report of it knows no later ones."""
    return tuple(each for each in series.points if each.start.year <= year)


def _value(subject: Subject, series: ValueSeries | None, year: int) -> Cell:
    if series is None:
        return Cell(NOTHING)
    return series_view.short_cell(subject, series, _point(series, year))


def _latest(context: Context, row: Row, series: ValueSeries | None) -> Cell:
    """The latest value of the years that are shown; with its year where that is another."""
    for year in reversed(context.years):
        if series is not None and _point(series, year) is not None:
            cell = _value(row.subject, series, year)
            if year == context.data.year:
                return cell
            return replace(cell, below=(Period.year(year),))
    return Cell(NOTHING)


def _verdict(context: Context, row: Row) -> str:
    """What the year's test says of a row, in a word or two."""
    indicator, every_finding = row.figure.content.indicator, row.figure.content.deviations
    own = {each.outcome for each in every_finding if row.series and _is_about(each, row.series)}
    for outcome, text in words.SHORT_OUTCOMES.items():
        if outcome in own:
            return text
    if every_finding:
        return words.IN_PART
    if indicator.area in CONTEXT_AREAS:
        return words.NOT_TESTED
    tested = _point(row.series, context.data.year)
    if tested is None:
        return grammar.sentence_case(words.MISSING)
    return words.NOTHING_FOUND


def _is_about(found: Shown, series: ValueSeries) -> bool:
    """Whether a finding is about the values of a series, alone or against another group's."""
    same = (found.geography_id, found.breakdown) == (series.geography_id, series.breakdown)
    return same and (found.category == series.category or series.category in named_groups(found))


# --- parts --------------------------------------------------------------------------------------


def _parts(figure: KeyFigure, breakdown: str) -> Parts | None:
    """The yearly values by a breakdown, of the first place that has them."""
    return next(
        (
            each
            for each in figure.content.parts
            if each.breakdown == breakdown and each.grain == _YEAR
        ),
        None,
    )


def _of_sex(parts: Parts | None, whole: ValueSeries, sex: str) -> ValueSeries | None:
    wanted = {sex} if whole.breakdown == "total" else {*whole.category.split("*"), sex}
    return next(
        (
            each
            for each in (parts.series if parts else ())
            if set(each.category.split("*")) == wanted and each.geography_id == whole.geography_id
        ),
        None,
    )


def _breakdowns(context: Context, own: ReportChapter) -> list[Plain]:
    """A table for each breakdown that the chapter shows besides sex."""
    tables: list[Plain] = []
    for figure in own.figures:
        for name in figure.breakdowns:
            parts = None if name == _SEX or name.endswith(_CROSS) else _parts(figure, name)
            has_whole = any(each.grain == _YEAR for each in figure.content.whole)
            if parts is not None and parts.series and has_whole:
                table = _breakdown(context, own, figure, parts)
                tables += [table] if table else []
    if not tables:
        return []
    return [Heading(3, nodes("Uppdelningar"), f"{own.anchor}-uppdelningar"), *tables]


def _breakdown(
    context: Context, own: ReportChapter, figure: KeyFigure, parts: Parts
) -> Table | None:
    indicator = figure.content.indicator
    shown = [
        replace(each, points=points)
        for each in sorted(parts.series, key=lambda part: series_view.category_order(part.category))
        if (
            points := tuple(
                point
                for point in _until(each, context.data.year)
                if point.start.year >= context.years[0]
            )
        )
    ]
    if not shown:
        return None
    subject, by = Subject.of(indicator, shown), words.breakdown(parts.breakdown)
    slug = f"{indicator.indicator_id}-{parts.breakdown}".replace("_", "-").replace("*", "-")
    table = series_view.wide_table(
        subject,
        shown,
        [capitalised(figures.category(each.category, each.breakdown)) for each in shown],
        caption=say(
            "{name} efter {by} ({unit})",
            name=title(indicator, grammar.sentence_case(indicator.title_sv)),
            by=by,
            unit=subject.unit(),
        ),
        anchor=f"{own.anchor}-{slug}",
        corner=nodes(grammar.sentence_case(by)),
        file_name="",
    )
    return replace(table, numbered=True)


# --- boards -------------------------------------------------------------------------------------


def _boards(context: Context, own: ReportChapter, rows: Sequence[Row]) -> list[Plain]:
    """The boards beside each other and the municipality, in their latest year."""
    heading = Heading(3, nodes("Stadsdelsnämnderna"), f"{own.anchor}-namnder")
    by_board = [
        found for each in own.figures if (found := _of_boards(context, each, rows)) is not None
    ]
    if not by_board:
        return [
            heading,
            *paragraph(
                "Inget av kapitlets nyckeltal kan visas för varje stadsdelsnämnd: de räknas inte "
                "så, eller vilar på för få."
            ),
        ]
    columns = by_board[:BOARD_COLUMNS]
    names = sorted(
        {code for each in columns for code in each.series},
        key=lambda code: grammar.letters(place(context, code).text),
    )
    table = Table(
        say("Stadsdelsnämnderna, {chapter}", chapter=_lowered(own)),
        (
            Column(nodes("Nämnd")),
            *(Column(each.heading(context), numeric=True) for each in columns),
        ),
        tuple(
            (
                Cell((place(context, code),)),
                *(each.cell(code) for each in columns),
            )
            for code in (*names, context.municipality_id)
        ),
        f"{own.anchor}-tabell-namnder",
    )
    blocks: list[Plain] = [heading, table]
    if len(by_board) > len(columns):
        blocks += paragraph(
            "Kapitlets övriga nyckeltal efter nämnd står på deras egna sidor.", small=True
        )
    return blocks


@dataclass(frozen=True, slots=True)
class _Column:
    """A key figure of every board in one year.

    Attributes:
        subject: Whose values they are.
        year: Of when.
        series: The boards' series, by code.
        whole: The municipality's; None where it has none.
    """

    subject: Subject
    year: int
    series: dict[str, ValueSeries]
    whole: ValueSeries | None

    def heading(self, context: Context) -> Said:
        """What it is; with its unit where the name does not say it, and its year if another."""
        indicator = self.subject.indicator
        named = title(indicator, grammar.sentence_case(indicator.title_sv))
        told: list[Said] = []
        if indicator.measure not in {"count", "proportion"}:
            told.append((self.subject.unit(),))
        if self.year != context.data.year:
            told.append((Period.year(self.year),))
        if not told:
            return (named,)
        return say("{name} ({told})", name=named, told=figures.joined_by(told, ", "))

    def cell(self, code: str) -> Cell:
        """The value of a board, or of the municipality."""
        series = self.series.get(code, self.whole if code not in self.series else None)
        if series is None or (code not in self.series and "-" in code):
            return Cell(NOTHING)
        return _value(self.subject, series, self.year)


def _of_boards(context: Context, figure: KeyFigure, rows: Sequence[Row]) -> _Column | None:
    boards = figure.content.boards
    if boards is None or boards.withheld:
        return None
    whole = next((row.series for row in rows if row.figure == figure), None)
    if whole is None or whole.breakdown != "total":
        return None
    for year in reversed(context.years):
        series = {each.geography_id: each for each in boards.series if _point(each, year)}
        if series:
            shown = [*series.values(), whole]
            subject = Subject.of(figure.content.indicator, shown)
            return _Column(subject, year, series, whole)
    return None


# --- series -------------------------------------------------------------------------------------


def _drawn(context: Context, own: ReportChapter, rows: Sequence[Row]) -> list[Plain]:
    """The series that the chapter draws, each with its values."""
    drawn: list[Plain] = []
    for figure in own.figures:
        if figure.shown_as is ShownAs.FIGURE:
            mine = [row for row in rows if row.figure == figure and row.series is not None]
            made = _figure(context, own, mine)
            drawn += [made] if made else []
    if not drawn:
        return []
    return [Heading(3, nodes("Utvecklingen"), f"{own.anchor}-utvecklingen"), *drawn]


def _figure(context: Context, own: ReportChapter, rows: Sequence[Row]) -> Figure | None:
    series = [
        replace(row.series, points=points)
        for row in rows
        if row.series and (points := _until(row.series, context.data.year))
    ]
    if not series:
        return None
    indicator = rows[0].figure.content.indicator
    anchor = f"{own.anchor}-figur-{indicator.indicator_id.replace('_', '-')}"
    values = f"{anchor}-tabell"
    name = title(indicator, grammar.sentence_case(indicator.title_sv))
    subject = Subject.of(indicator, series)
    caption = say("{name} ({unit})", name=name, unit=subject.unit())
    if len(series) == 1:
        [one] = series
        made = series_view.control_figure(
            subject, one, heading=caption, anchor=anchor, values=values
        )
        table = series_view.value_table(subject, one, caption=caption, anchor=values, file_name="")
    else:
        names = [capitalised(figures.category(each.category, each.breakdown)) for each in series]
        made = series_view.panel_figure(
            subject, series, names, heading=(name,), anchor=anchor, values=values
        )
        table = series_view.wide_table(
            subject,
            series,
            names,
            caption=caption,
            anchor=values,
            corner=nodes(grammar.sentence_case(words.breakdown(series[0].breakdown))),
            file_name="",
        )
    return None if made is None else replace(made, table=table)


# --- findings -----------------------------------------------------------------------------------


def _deviations(context: Context, own: ReportChapter) -> list[Plain]:
    year = Period.year(context.data.year)
    blocks: list[Plain] = [
        Heading(3, say("Vad som avviker {year}", year=year), f"{own.anchor}-avviker")
    ]
    told = [item for each in own.figures for item in _found(context, each)]
    if not told:
        return blocks + paragraph(
            "Inget av kapitlets nyckeltal har ett fynd. Det betyder inte att inget har hänt."
        )
    memorandum = Link(MEMORANDUM.page, nodes("promemorian"))
    return [
        *blocks,
        *bullets(told),
        *paragraph(
            say(
                "Det som ingår i ett fokusområde utreds i {memorandum}: vad det hålls mot, hur "
                "säkert det är och vad som kan ligga bakom.",
                memorandum=memorandum,
            ),
            small=True,
        ),
    ]


def _found(context: Context, figure: KeyFigure) -> Iterator[Said]:
    """Each finding about an indicator; how it goes against others is counted, not told."""
    rows = findings_of(figure)
    alone = [row for row in rows if row.kind != Kind.CONTRARY]
    against = [row for row in rows if row.kind == Kind.CONTRARY]
    for place, row in enumerate(alone or against[:1]):
        lead = Strong(nodes(f"{words.word(words.SHORT_OUTCOMES, row.outcome)}."))
        told = telling.result(row, context.data.names, context.data.municipality_name)
        why: list[Said] = []
        if row.outcome == Outcome.EXPLAINED and row.explanation is not None:
            cause = figures.explanation_text(row.explanation, "title_sv")
            why.append(say("Förklaring: {cause}.", cause=cause))
        left = against if alone else against[1:]
        if left and place == 0:
            why.append(
                say(
                    "Måttet går dessutom emot {count} {noun} som det brukar följa.",
                    count=_rows_counted(left, Style.CARDINAL),
                    noun="annat mått" if len(left) == 1 else "andra mått",
                )
            )
        yield sentences((lead,), told, *why)


# --- limits -------------------------------------------------------------------------------------


def _limits(context: Context, own: ReportChapter, shown: Sequence[Plain]) -> list[Plain]:
    """What of the chapter's figures cannot be compared, and why."""
    items = [
        *_not_delivered(own),
        *_gaps(context, own),
        *_breaks(context, own),
        *_apart(own),
        *_withheld(own),
        *_hidden(shown),
        *_noted(own),
    ]
    heading = Heading(3, nodes("Vad som inte kan jämföras"), f"{own.anchor}-jamforas")
    if not items:
        return [heading, *paragraph("Inget är känt som hindrar att åren jämförs med varandra.")]
    return [heading, *bullets(items)]


def _named(rows: Sequence[KeyFigure]) -> Said:
    return listing(
        [
            (title(each.content.indicator, grammar.mid_sentence(each.content.indicator.title_sv)),)
            for each in rows
        ]
    )


def _not_delivered(own: ReportChapter) -> Iterator[Said]:
    reasons: dict[str, list[KeyFigure]] = {}
    for each in own.figures:
        if each.content.indicator.not_delivered:
            reasons.setdefault(each.content.indicator.not_delivered, []).append(each)
    for text, rows in reasons.items():
        first = rows[0].content.indicator.indicator_id
        yield sentences(
            say("Saknas: {names}.", names=_named(rows)),
            Quoted(text, "marts.indicators.not_delivered_sv", first),
        )


def _gaps(context: Context, own: ReportChapter) -> Iterator[Said]:
    """Years without a value; a count that is made every second year has none by design."""
    missing: dict[tuple[int, ...], list[KeyFigure]] = {}
    for each in own.figures:
        series = [row.series for row in rows_of(each) if row.series]
        years = tuple(
            year for year in context.years if not any(_point(one, year) for one in series)
        )
        if years and not each.content.indicator.not_delivered:
            missing.setdefault(years, []).append(each)
    for years, rows in missing.items():
        told: list[Said] = [(Period.year(year),) for year in years]
        yield say(
            "Värde saknas för {years}: {names}. Åren däremellan räknas inte fram.",
            years=listing(told),
            names=_named(rows),
        )


def _breaks(context: Context, own: ReportChapter) -> Iterator[Said]:
    """What is registered or found of the series themselves, each cause once."""
    concerned: dict[str, list[KeyFigure]] = {}
    causes = {}
    for each in own.figures:
        for cause in each.content.explanations:
            causes[cause.explanation_id] = cause
            concerned.setdefault(cause.explanation_id, []).append(each)
    for explanation_id, rows in concerned.items():
        cause = causes[explanation_id]
        where = context.data.places.get(cause.geography_id or "")
        of_board = where is not None and where.level == "stadsdelsnamnd"
        lead = Strong(
            say(
                "{title} ({kind}, {years}).",
                title=figures.explanation_text(cause, "title_sv"),
                kind=words.word(words.EXPLANATION_KINDS, cause.kind),
                years=Period.years(cause.period_from, cause.period_to),
            )
        )
        mark: Said = (*nodes(" "), SYNTHETIC) if cause.synthetic else ()
        if of_board:
            # It concerns every key figure of its board; its title is enough.
            yield joined((lead, *mark))
            continue
        yield sentences(
            joined((lead, *mark)),
            say("Gäller {names}.", names=_named(rows)),
            explanation_details(cause),
            "Ett brott: värdena före och efter jämförs inte." if cause.is_break else "",
        )


def _apart(own: ReportChapter) -> Iterator[Said]:
    """Counts of the same thing by methods that must not be compared."""
    figures_by_id = {each.content.indicator.indicator_id: each for each in own.figures}
    for row in own.incomparable:
        pair = [figures_by_id[name] for name in (row.indicator_id, row.other_indicator_id)]
        yield say(
            "Räknas på olika sätt och jämförs inte med varandra: {names}. {reason} ({source})",
            names=_named(pair),
            reason=Quoted(
                row.reason_sv, "seeds.incomparable_indicators", row.indicator_id, marked=True
            ),
            source=Quoted(row.source, "seeds.incomparable_indicators", row.indicator_id),
        )


def _withheld(own: ReportChapter) -> Iterator[Said]:
    rows = [
        each
        for each in own.figures
        if any(
            parts is not None and parts.withheld
            for parts in (each.content.boards, *(_parts(each, name) for name in each.breakdowns))
        )
    ]
    if rows:
        yield say(
            "Uppdelningar som skulle visa för små tal är utelämnade, hela: {names}.",
            names=_named(rows),
        )


def _hidden(shown: Sequence[Plain]) -> Iterator[Said]:
    tables = [each for each in shown if isinstance(each, Table)]
    if any(
        node in HIDDEN for table in tables for row in table.rows for cell in row
        for node in every(cell.said)
    ):  # fmt: skip
        yield say(
            "Där det står {sign} i tabellerna är talet skyddat, eller går ett skyddat tal att "
            "räkna fram ur det.",
            sign=Strong(HIDDEN),
        )


def _noted(own: ReportChapter) -> Iterator[Said]:
    """The sources' own notes on single figures, each once; those on the method are referred to."""
    told: dict[tuple[str, int], SourceNote] = {}
    for each in own.figures:
        told |= {(note.source_id, note.note_number): note for note in each.content.notes}
    on_figures = {key: note for key, note in told.items() if note.kind not in _ON_METHOD}
    for key, note in sorted(on_figures.items()):
        register = f"{key[0]}/{key[1]}"
        text = Quoted(" ".join(note.text_sv.split()), "marts.source_notes.text_sv", register)
        about: list[Said] = [nodes(words.word(words.NOTE_KINDS, note.kind))]
        if note.period:
            about.append((Quoted(note.period, "marts.source_notes.period", register),))
        lead = capitalised(figures.joined_by(about, ", "))
        yield say("{lead}: {text}", lead=Strong(lead), text=text)
    if len(told) > len(on_figures):
        yield nodes("Källornas noter om metoden står på nyckeltalens egna sidor.")


# --- definitions --------------------------------------------------------------------------------


def _definitions(own: ReportChapter) -> list[Plain]:
    def quoted(figure: KeyFigure, text: str, column: str) -> Said:
        indicator_id = figure.content.indicator.indicator_id
        return (Quoted(text or words.MISSING, f"marts.indicators.{column}", indicator_id),)

    if not own.figures:
        return []
    table = Table(
        say("Så räknas nyckeltalen, {chapter}", chapter=_lowered(own)),
        (
            Column(nodes("Nyckeltal"), wide=True),
            Column(nodes("Så räknas det"), wide=True),
            Column(nodes("Källa"), wide=True),
        ),
        tuple(
            (
                Cell(
                    quoted(
                        each,
                        grammar.sentence_case(each.content.indicator.title_sv),
                        "title_sv",
                    )
                ),
                Cell(quoted(each, each.content.indicator.definition_sv, "definition_sv")),
                Cell(_sources(each)),
            )
            for each in own.figures
        ),
        f"{own.anchor}-tabell-definitioner",
    )
    return [Heading(3, nodes("Så räknas det"), f"{own.anchor}-definitioner"), table]


def _sources(figure: KeyFigure) -> Said:
    told: list[Said] = []
    for each in figure.content.sources:
        text = f"{each.title_sv}. {each.publisher}" if each.publisher else each.title_sv
        told.append((Quoted(text, "meta.sources", each.source_id),))
    unique = list({plain(each): each for each in told}.values())
    return figures.joined_by(unique, "; ") if unique else nodes(words.NOT_DELIVERED)
