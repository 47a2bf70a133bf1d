"""The indicators' pages as documents, and how they are bound together.

Each page says what the indicator is, the year's findings about it, its series as a control chart
(XmR) with every value in a table, how it compares with other places, its breakdowns, the
municipality's boards, and what is known of its figures. Reading belongs in ``series``, what is said
and drawn of a series in ``series_view``, the index in ``indicator_index``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from orchestration.indicators.models import NaturalExplanation
from orchestration.language import grammar, numbers, quantities, words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Link,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Strong,
    Style,
    Text,
    capitalised,
    joined,
    listing,
    nodes,
    plain,
    say,
    sentences,
)
from orchestration.language.telling import reason
from orchestration.reporting import figures, series_view
from orchestration.reporting.addresses import INDEX_NAME, MEMORANDUM, NUMBERS, QUALITY, ways
from orchestration.reporting.calculation import Calculation
from orchestration.reporting.calculation import told as calculation_told
from orchestration.reporting.data import Shown, Source
from orchestration.reporting.document import (
    Bullets,
    Callout,
    Cell,
    Column,
    Document,
    Heading,
    Paragraph,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import municipality, own, setting, title
from orchestration.reporting.indicator_index import index, index_frame
from orchestration.reporting.issued import Edition
from orchestration.reporting.page_parts import (
    made,
    what_is_hidden,
    without_values,
)
from orchestration.reporting.render.html import Frame, page
from orchestration.reporting.sections.analysis import AnalysisChapter, on_page
from orchestration.reporting.sections.focus_area import GROUP_COLUMNS, group_rows
from orchestration.reporting.sections.sources import SYNTHETIC, how_synthetic, retrieved
from orchestration.reporting.sections.years import explanation_details
from orchestration.reporting.series import (
    IndicatorSeries,
    Parts,
    SeriesData,
    SourceNote,
    ValueSeries,
)
from orchestration.reporting.series_view import FULL_POINTS, TRIAL_POINTS, Subject, points_setting

NO_CALCULATIONS: Mapping[str, Calculation] = MappingProxyType({})
_LIMIT_FACTOR = 2.66


def render_indicator_pages(
    data: SeriesData,
    edition: Edition,
    analyses: Sequence[AnalysisChapter] = (),
    calculations: Mapping[str, Calculation] = NO_CALCULATIONS,
) -> Iterator[tuple[str, str]]:
    """Writes the pages, the index last.

    Args:
        data: What they state, from :func:`orchestration.reporting.series.load_series_data`.
        edition: What they say about themselves.
        analyses: Of the memorandum; each has its main result on the pages of its indicators, and
            may have pages of its own.
        calculations: How each indicator is counted, where that is known.

    Yields:
        File name and a complete HTML document, also well-formed as XML.

    Raises:
        ValueError: If ``built_at`` has no time zone.
        LookupError: If the data holds a code without a Swedish word.
    """
    ordered = in_order(data)
    for position, each in enumerate(ordered):
        before = ordered[position - 1] if position else None
        after = ordered[position + 1] if position + 1 < len(ordered) else None
        calculation = calculations.get(each.indicator.indicator_id)
        document = indicator_page(data, each, position + 1, analyses, calculation)
        frame = _frame(data, edition, before, after)
        yield f"{each.indicator.indicator_id}.html", page(document, frame)
    further = [each for analysis in analyses for each in analysis.pages]
    for name, document in further:
        yield name, page(document, _frame(data, edition, None, None))
    yield INDEX_NAME, page(index(data, ordered, edition), index_frame(data, edition, further))


def in_order(data: SeriesData) -> list[IndicatorSeries]:
    """The pages in the order of the index: area by area, in each as the data has them."""
    areas = list(words.AREAS)
    return sorted(data.indicators, key=lambda each: areas.index(each.indicator.area))


def indicator_page(
    data: SeriesData,
    content: IndicatorSeries,
    place: int,
    analyses: Sequence[AnalysisChapter] = (),
    calculation: Calculation | None = None,
) -> Document:
    """Builds one indicator's page.

    Args:
        data: The publication's.
        content: The indicator's.
        place: In the order of the index, counted from one; its numbers' ids begin with it.
        analyses: Of the memorandum.
        calculation: How the indicator is counted; None where it is not known.

    Returns:
        The document; equal arguments give an equal one.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    indicator = content.indicator
    builder = _Builder(data, content)
    return Document(
        title=(title(indicator, grammar.sentence_case(indicator.title_sv)),),
        subtitle=say(
            "{municipality}. Verksamhetsområde: {area}",
            municipality=municipality(data.municipality_name),
            area=words.word(words.AREAS, indicator.area),
        ),
        front=tuple(builder.facts()),
        blocks=(
            *builder.warnings(),
            *builder.findings(),
            *builder.analyses(analyses),
            *builder.whole(),
            *builder.comparison(),
            *builder.parts(),
            *builder.notes(),
            *builder.sources(),
            *(calculation_told(calculation) if calculation else ()),
            *builder.how_to_read(),
        ),
        letter=f"I{place}-",
    )


def _frame(
    data: SeriesData,
    edition: Edition,
    before: IndicatorSeries | None,
    after: IndicatorSeries | None,
) -> Frame:
    leads = list(ways("../"))
    for way, other in (("Föregående", before), ("Nästa", after)):
        if other is not None:
            name = title(other.indicator, grammar.sentence_case(other.indicator.title_sv))
            address = f"{other.indicator.indicator_id}.html"
            leads.append((say("{way}: {name}", way=way, name=name), address))
    return Frame(
        municipality_name=data.municipality_name,
        version=edition.version,
        ways=tuple(leads),
        foot=(made(edition),),
        scripts=(f"../{NUMBERS}",) if edition.origins else (),
        origins=edition.origins,
    )


class _Builder:
    """The chapters of one page."""

    def __init__(self, data: SeriesData, content: IndicatorSeries) -> None:
        self.data = data
        self.content = content
        self.indicator = content.indicator

    def _heading(self, level: int, said: Said | str, anchor: str) -> Heading:
        return Heading(level, nodes(said), anchor)

    def _name(self) -> Quoted:
        return title(self.indicator, grammar.sentence_case(self.indicator.title_sv))

    def _place(self, series: ValueSeries) -> Quoted:
        place = self.data.places.get(series.geography_id)
        if place is None:
            return Quoted(series.geography_id, "marts.geographies.geography_id", "")
        if place.level == "kommun":
            return municipality(self.data.municipality_name)
        return figures.geography(place.geography_id, place.name)

    # --- what it is -----------------------------------------------------------------------------

    def facts(self) -> Iterator[tuple[Said, Said]]:
        """What the indicator is."""
        indicator = self.indicator
        spans = [
            say(
                "{place}: {first}–{last}",
                place=self._place(series),
                first=series_view.when(series.points[0].start, series.grain),
                last=series_view.when(series.points[-1].start, series.grain),
            )
            for series in self.content.whole
        ]

        def quoted(text: str, column: str) -> Said:
            if not text:
                return nodes(words.MISSING)
            return (Quoted(text, f"marts.indicators.{column}", indicator.indicator_id),)

        yield nodes("Så räknas det"), quoted(indicator.definition_sv, "definition_sv")
        yield nodes("Mått"), capitalised(words.word(words.MEASURES, indicator.measure))
        yield nodes("Enhet"), quoted(quantities.unit_word(indicator.unit), "unit")
        yield nodes("Riktning"), capitalised(words.word(words.POLARITIES, self.indicator.polarity))
        yield nodes("Värden"), listing(spans) or nodes(without_values(indicator))
        yield nodes("Kvalitet"), self._quality()
        yield nodes("Namn i databasen"), quoted(indicator.indicator_id, "indicator_id")

    def _quality(self) -> Said:
        """In what state the sources are, and where it is told how they were checked."""
        sources = self.content.sources
        old = any(source.stale or source.held for source in sources)
        state = "En källa är inaktuell" if old else "Källorna är aktuella"
        return say(
            "{state}. {link}.",
            state=state if sources else "Ingen källa är levererad",
            link=Link(f"../{QUALITY}", nodes("Så är underlaget kontrollerat")),
        )

    def warnings(self) -> list[Plain]:
        """What must be seen before the figures are."""
        blocks: list[Plain] = []
        if how := how_synthetic(source.synthetic for source in self.content.sources):
            text = say(
                "Indikatorns uppgifter är {how}: framtagna för att pröva systemet, inte uppmätta. "
                "De säger inget om verksamheten i {municipality}.",
                how=how,
                municipality=municipality(self.data.municipality_name),
            )
            name = grammar.sentence_case(f"{how} uppgifter")
            blocks.append(Callout(nodes(name), (Paragraph(text),), "syntetiskt"))
        return [*blocks, what_is_hidden()]

    def findings(self) -> list[Plain]:
        """What the year's tests said."""
        year = Period.year(self.data.year)
        blocks: list[Plain] = [
            self._heading(2, say("Prövningen av {year}", year=year), "provningen")
        ]
        kinds = list(words.KINDS)
        # A test of level first; within a kind they keep their rank.
        rows = sorted(self.content.deviations, key=lambda row: kinds.index(row.kind))
        if rows:
            blocks += bullets([self._finding(row) for row in rows])
            return [*blocks, self._tests(rows), *self._groups(rows)]
        return blocks + paragraph(
            say(
                "Indikatorn har ingen rad bland {year} års avvikelser: inget ovanligt syntes i "
                "prövningen, eller så prövas den inte. Det betyder inte att inget har hänt.",
                year=year,
            )
        )

    def analyses(self, every: Sequence[AnalysisChapter]) -> list[Plain]:
        """What the analyses say of the indicator, in short."""
        own = self.indicator.indicator_id
        return [
            block
            for each in every
            if own in each.indicators
            for block in on_page(each, f"../{MEMORANDUM.page}")
        ]

    def _finding(self, row: Shown) -> Said:
        name = capitalised(figures.name(row, self.data.municipality_name))
        lead = Strong(say("{name}, {kind}.", name=name, kind=words.word(words.KINDS, row.kind)))
        # What the engine claims holds the figures already, in sentences.
        why = reason(row.claims, self.data.names)
        if not why:
            why = say(
                "Utfall {observed}, väntat {expected}.",
                observed=own(row, "observed", Style.CELL),
                expected=figures.expected(row),
            )
        outcome = words.word(words.OUTCOMES, row.outcome)
        return say("{lead} {outcome}. {why}", lead=lead, outcome=outcome, why=why)

    def _tests(self, rows: Sequence[Shown]) -> Table:
        """The numbers of the tests, for whoever wants to follow them."""
        columns = (
            *("Utfall", "Väntat", "Förändring"),
            *("p-värde", "q-värde", "Normalårets rörelse för slump"),
        )
        return Table(
            say("Prövningens tal, {year}", year=Period.year(self.data.year)),
            (
                Column(nodes("Fynd")),
                *(Column(nodes(name), numeric=True) for name in columns),
            ),
            tuple(
                (
                    Cell(
                        capitalised(figures.name(row, self.data.municipality_name)),
                        nodes(words.word(words.KINDS, row.kind)),
                    ),
                    Cell(own(row, "observed", Style.CELL)),
                    Cell(figures.expected(row)),
                    Cell(
                        nodes(figures.change(row, Style.PERCENT_SIGN, sign=True) or "")
                        or figures.absent(row)
                    ),
                    Cell(figures.probability(row, column="p_value")),
                    Cell(figures.probability(row)),
                    Cell(figures.breakeven(row)),
                )
                for row in rows
            ),
            "tabell-provningen",
            numbered=False,
        )

    def _groups(self, rows: Sequence[Shown]) -> list[Plain]:
        """The groups that differences are about, with the spread and the number behind each."""
        tables: list[Plain] = []
        for row in rows:
            if not row.groups:
                continue
            name = figures.name(row, self.data.municipality_name)
            tables.append(
                Table(
                    say("Grupperna i prövningen: {name}", name=name),
                    GROUP_COLUMNS,
                    group_rows(row),
                    f"tabell-grupper-{len(tables) + 1}",
                    numbered=False,
                )
            )
        return tables

    # --- its series -----------------------------------------------------------------------------

    def whole(self) -> list[Plain]:
        """The series of the whole, one a place and grain."""
        blocks: list[Plain] = [self._heading(2, "Serien", "serien")]
        content = self.content
        if content.whole:
            blocks += paragraph(
                say(
                    "Diagrammet är till för ögat. Om något avviker avgörs av prövningen ovan, "
                    "aldrig av diagrammet. {how}",
                    how=Link("#sa-laser-du", nodes("Så läser du diagrammet.")),
                )
            )
            for number, series in enumerate(content.whole, 1):
                blocks += self._series(series, f"serie-{number}")
            return blocks
        if content.parts or content.boards:
            return blocks + paragraph(
                say(
                    "Indikatorn har ingen serie för helheten, bara för {parts}.",
                    parts=Link("#uppdelningar", nodes("uppdelningar")),
                )
            )
        if self.indicator.not_delivered:
            reason = Quoted(
                self.indicator.not_delivered,
                "marts.indicators.not_delivered_sv",
                self.indicator.indicator_id,
            )
            return blocks + paragraph(
                say(
                    "{lead} {reason} Därför finns inget diagram och ingen tabell, och indikatorn "
                    "har inte prövats. Det säger inget om verksamheten.",
                    lead=Strong(nodes("Inte levererat.")),
                    reason=reason,
                )
            )
        return blocks + paragraph(
            say(
                "{lead} för {municipality}, länet eller riket i den här publiceringen. Därför "
                "finns inget diagram och ingen tabell.",
                lead=Strong(nodes("Indikatorn har inga värden")),
                municipality=municipality(self.data.municipality_name),
            )
        )

    def _series(self, series: ValueSeries, anchor: str) -> list[Plain]:
        place = self._place(series)
        pace = "månad för månad" if series.grain == "month" else "år för år"
        heading = capitalised(say("{place}, {pace}", place=place, pace=pace))
        subject = Subject.of(self.indicator, [series])
        blocks: list[Plain] = [self._heading(3, heading, anchor)]
        blocks += [Paragraph(said) for said in series_view.remarks(subject, series)]
        values = f"tabell-{anchor}"
        figure = series_view.control_figure(
            subject, series, heading=heading, anchor=f"figur-{anchor}", values=values
        )
        table = series_view.value_table(
            subject,
            series,
            caption=say(
                "{name}, {place} ({unit})", name=self._name(), place=place, unit=subject.unit()
            ),
            anchor=values,
            file_name=self._file_name(anchor),
        )
        return [*blocks, *([figure] if figure else []), table]

    def _file_name(self, anchor: str) -> str:
        return f"{self.indicator.indicator_id}-{anchor}.csv"

    def comparison(self) -> list[Plain]:
        """How the municipality's series moved beside those of the county and the realm."""
        first, *others = self.content.whole or (None,)
        if first is None:
            return []
        place = self.data.places.get(first.geography_id)
        beside = [series for series in others if series and series.grain == first.grain]
        if place is None or place.level != "kommun" or not beside:
            return []
        several = [first, *beside]
        subject = Subject.of(self.indicator, several)
        blocks: list[Plain] = [self._heading(2, "Jämförelse med andra platser", "jamforelse")]
        for other in beside:
            blocks += paragraph(self._beside(subject, first, other))
        names: list[Said] = [capitalised(self._place(series)) for series in several]
        blocks.append(
            series_view.wide_table(
                subject,
                several,
                names,
                caption=say("{name} efter plats ({unit})", name=self._name(), unit=subject.unit()),
                anchor="tabell-jamforelse",
                corner=nodes("Plats"),
                file_name=self._file_name("jamforelse"),
            )
        )
        return blocks

    def _beside(self, subject: Subject, own_series: ValueSeries, other: ValueSeries) -> Said:
        here, there = self._place(own_series), self._place(other)
        pairs = [series_view.year_on_year(series) for series in (own_series, other)]
        first, second = pairs
        if first is None or second is None or first[0].start != second[0].start:
            return say(
                "Värdena för {here} och {there} går inte att jämföra för samma period.",
                here=here,
                there=there,
            )
        when = series_view.when(first[0].start, own_series.grain)
        told = say(
            "Värdet i {here} {moved} till {when}, och värdet i {there} {moved_there}.",
            when=when,
            moved=series_view.moved(subject, own_series, first),
            here=here,
            there=there,
            moved_there=series_view.moved(subject, other, second),
        )
        if self.indicator.measure == "count":
            # How many they are differs with how large the places are.
            return told
        level = say(
            "Nivån var {value} i {here} och {other} i {there}.",
            value=subject.value(own_series, first[0], style=Style.FULL),
            other=subject.value(other, second[0], style=Style.BRIEF),
            here=here,
            there=there,
        )
        return sentences(told, level)

    # --- its parts ------------------------------------------------------------------------------

    def parts(self) -> list[Plain]:
        """The breakdowns and the boards."""
        if not (self.content.parts or self.content.boards):
            return []
        blocks: list[Plain] = [self._heading(2, "Uppdelningar", "uppdelningar")]
        for number, each in enumerate(self.content.parts, 1):
            blocks += self._part(each, f"uppdelning-{number}")
        return blocks + self._boards()

    def _part(self, parts: Parts, anchor: str) -> list[Plain]:
        name = words.breakdown(parts.breakdown)
        heading = nodes(f"Efter {name}")
        if parts.grain == "month":
            heading = say("{heading}, månad för månad", heading=heading)
        if parts.withheld:
            return [self._heading(3, heading, anchor), self._withheld()]
        ordered = sorted(parts.series, key=lambda each: series_view.category_order(each.category))
        if len({series.geography_id for series in ordered}) == 1:
            place = self._place(ordered[0])
            if place != municipality(self.data.municipality_name):
                heading = say("{heading}, {place}", heading=heading, place=place)
        names: list[Said] = [
            capitalised(figures.category(series.category, series.breakdown)) for series in ordered
        ]
        subject, values = Subject.of(self.indicator, ordered), f"tabell-{anchor}"
        figure = series_view.panel_figure(
            subject, ordered, names, heading=heading, anchor=f"figur-{anchor}", values=values
        )
        table = series_view.wide_table(
            subject,
            ordered,
            names,
            caption=say(
                "{name} efter {part} ({unit})", name=self._name(), part=name, unit=subject.unit()
            ),
            anchor=values,
            corner=capitalised(name),
            file_name=self._file_name(anchor),
        )
        return [self._heading(3, heading, anchor), *([figure] if figure else []), table]

    def _boards(self) -> list[Plain]:
        boards = self.content.boards
        if boards is None:
            return []
        heading = self._heading(3, "Stadsdelsnämnder", "namnder")
        if boards.withheld:
            return [heading, self._withheld()]
        series = sorted(boards.series, key=lambda each: plain(self._place(each)))
        subject = Subject.of(self.indicator, series)
        return [
            heading,
            *paragraph(
                "Nämndernas värden ritas inte: de jämförs med varandra i prövningen, inte var för "
                "sig. Nämnderna summerar till mindre än staden, eftersom centrala enheter inte hör "
                "till någon nämnd."
            ),
            series_view.wide_table(
                subject,
                series,
                [(self._place(each),) for each in series],
                caption=say(
                    "{name} efter stadsdelsnämnd ({unit})", name=self._name(), unit=subject.unit()
                ),
                anchor="tabell-namnder",
                corner=nodes("Nämnd"),
                file_name=self._file_name("namnder"),
            ),
        ]

    def _withheld(self) -> Paragraph:
        return Paragraph(
            say(
                "Uppdelningen visas inte: minst ett av dess värden vilar på färre än {smallest} "
                "fall. Hela tabellen utelämnas, så att inget värde kan räknas fram ur de andra.",
                smallest=setting(
                    int(self.data.smallest_count), "smallest_count", Form(Style.CARDINAL)
                ),
            )
        )

    # --- what is known of its figures -----------------------------------------------------------

    def notes(self) -> list[Plain]:
        """Explanations, the sources' notes, and values that are not plainly observed."""
        blocks: list[Plain] = []
        content = self.content
        if content.explanations:
            blocks.append(self._heading(3, "Registrerade och funna förklaringar", "forklaringar"))
            blocks += bullets([self._explained(row) for row in content.explanations])
        if content.notes:
            blocks.append(self._heading(3, "Källornas noter", "kallornas-noter"))
            blocks += bullets([_note(row) for row in content.notes])
        if content.other_notes:
            blocks += paragraph(_other_notes(content.other_notes), small=True)
        if statuses := list(self._statuses()):
            blocks.append(self._heading(3, "Värdenas status", "status"))
            blocks += bullets(statuses)
        if not blocks:
            blocks += paragraph(
                "Det finns inga förklaringar eller noter om serien, och alla värden är uppmätta."
            )
        return [self._heading(2, "Noter", "noter"), *blocks]

    def _explained(self, cause: NaturalExplanation) -> Said:
        about: list[Said] = [nodes(words.word(words.EXPLANATION_KINDS, cause.kind))]
        if cause.period_from is not None and cause.period_to is not None:
            about.append((Period.years(cause.period_from, cause.period_to),))
        about.append(nodes(words.word(words.BASES, cause.origin)))
        lead = Strong(
            say(
                "{title} ({about}).",
                title=figures.explanation_text(cause, "title_sv"),
                about=figures.joined_by(about, ", "),
            )
        )
        mark: Said = (Text(" "), SYNTHETIC) if cause.synthetic else ()
        place = self.data.places.get(cause.geography_id or "")
        if place is not None and place.level == "stadsdelsnamnd":
            # A reform concerns every indicator's boards; its title is enough on each page.
            return joined((lead, *mark))
        return sentences(
            (lead, *mark),
            explanation_details(cause),
            "Ett brott: värdena före och efter jämförs inte." if cause.is_break else "",
        )

    def _statuses(self) -> Iterator[Said]:
        """Counts the values of the whole that are something else than plainly observed."""
        cells: dict[str, list[Address]] = {}
        for series in self.content.whole:
            subject = Subject.of(self.indicator, [series])
            for point in series.points:
                if point.status != "observed":
                    cell = subject.cell(series, point.start, "marts.indicator_values", "")
                    status = Address(cell.table, (*cell.row, ("status", point.status)))
                    cells.setdefault(point.status, []).append(status)
        for code, found in sorted(cells.items()):
            yield say(
                "{status}: {count} {noun} i serien ovan.",
                status=capitalised(words.status(code)),
                count=Number(len(found), Form(), tuple(found), Quantity.COUNT),
                noun="värde" if len(found) == 1 else "värden",
            )

    def sources(self) -> list[Plain]:
        """Where the figures come from."""
        heading = self._heading(2, "Källor", "kallor")
        if not self.content.sources:
            return [heading, *paragraph("Ingen källa är levererad för indikatorn.")]
        return [heading, Bullets(tuple(_source(source) for source in self.content.sources))]

    def how_to_read(self) -> list[Plain]:
        """What the lines of a chart mean."""
        if not (self.content.whole or self.content.parts):
            return []
        told: list[tuple[str, Said]] = [
            (
                "Medelvärde och gränser",
                say(
                    "beskriver hur serien själv brukar röra sig (styrdiagram, XmR). Gränserna "
                    "ligger {factor} genomsnittliga steg från medelvärdet, där ovanligt stora steg "
                    "först har lagts åt sidan; är alla andra steg noll ligger de tre "
                    "standardavvikelser från medelvärdet.",
                    factor=setting(_LIMIT_FACTOR, "limit_factor", Form(digits=2)),
                ),
            ),
            (
                "Antalet värden.",
                say(
                    "Med färre än {trial} värden ritas inga gränser. Med {trial} till {last} är de "
                    "preliminära. Signaler ges först med {full}.",
                    trial=points_setting(TRIAL_POINTS, "trial_points"),
                    last=points_setting(FULL_POINTS - 1, "last_trial_points"),
                    full=points_setting(FULL_POINTS, "full_points"),
                ),
            ),
            (
                "Signaler",
                nodes(
                    "är ett värde utanför gränserna, sju i rad som stiger eller sjunker, två av "
                    "tre nära samma gräns, eller sju i rad på samma sida om medelvärdet. De är "
                    "tecken att se efter, inte bevis."
                ),
            ),
            (
                "Brott.",
                nodes(
                    "Gränserna räknas om där ett brott är registrerat eller står i källan, aldrig "
                    "där det bara ser ut så."
                ),
            ),
            (
                "Väntat värde",
                nodes(
                    "finns för det prövade året, och bara där prövningen gav en rad. Det räknas ur "
                    "tidigare år på ett annat sätt än gränserna och kan därför avvika från dem."
                ),
            ),
            (
                "Osäkerhet",
                say(
                    "är ett intervall för värdet självt: vid samma villkor skulle {of} av {all} "
                    "sådana intervall rymma det sanna värdet.",
                    of=setting(95, "interval_level"),
                    all=setting(100, "interval_level"),
                ),
            ),
            (
                "En undre gräns under noll",
                nodes(f"ritas inte och står som {numbers.EN_DASH} i tabellen."),
            ),
        ]
        return [
            self._heading(2, "Så läser du diagrammet", "sa-laser-du"),
            *bullets([say("{term} {text}", term=Strong(nodes(a)), text=b) for a, b in told]),
        ]


def _note(row: SourceNote) -> Said:
    def quoted(text: str, column: str) -> Quoted:
        return Quoted(text, f"marts.source_notes.{column}", f"{row.source_id}/{row.note_number}")

    about: list[Said] = [nodes(words.word(words.NOTE_KINDS, row.kind))]
    about += [(quoted(row.period, "period"),)] if row.period else []
    about += [(quoted(region, "regions"),) for region in row.regions if region]
    lead = Strong(say("{about}:", about=capitalised(figures.joined_by(about, ", "))))
    return say("{lead} {text}", lead=lead, text=quoted(" ".join(row.text_sv.split()), "text_sv"))


def _other_notes(rows: Sequence[SourceNote]) -> Said:
    cells = tuple(
        Address(
            "marts.source_notes",
            (("source_id", row.source_id), ("note_number", row.note_number)),
        )
        for row in rows
    )
    return say(
        "Källorna har {count} {noun} till om andra platser; se {table} i databasen.",
        count=Number(len(rows), Form(), cells, Quantity.COUNT),
        noun="not" if len(rows) == 1 else "noter",
        table="marts.source_notes",
    )


def _source(source: Source) -> Said:
    def quoted(text: str) -> Quoted:
        return Quoted(text, "meta.sources", source.source_id)

    parts: list[Said] = [say("{title}.", title=quoted(source.title_sv))]
    if source.publisher:
        parts.append(say("{publisher}.", publisher=quoted(source.publisher)))
    if source.reference_period:
        parts.append(say("Avser {period}.", period=quoted(source.reference_period)))
    parts.append(say("Hämtad: {day}.", day=retrieved(source)))
    if source.licence:
        parts.append(say("{licence}.", licence=quoted(source.licence)))
    if source.synthetic:
        parts.append((SYNTHETIC,))
    if source.stale:
        held = quoted(source.held) if source.held else "en nyare leverans saknas."
        parts.append(say("{lead} {held}", lead=Strong(nodes("Inaktuell:")), held=held))
    return sentences(*parts)
