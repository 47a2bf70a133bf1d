"""The chapter of one focus area: what was found, what speaks against it, what may explain it.

The tests' own numbers stand in the appendix of the area; here are the figures that a reader needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.findings.claims import long_since
from orchestration.indicators.models import MemorandumText, PossibleExplanation, StepState
from orchestration.language import grammar, quantities, words
from orchestration.language.inline import (
    HIDDEN,
    Form,
    Note,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    Strong,
    Style,
    capitalised,
    joined,
    nodes,
    plain,
    say,
    sentences,
)
from orchestration.language.inline import Cell as Address
from orchestration.language.names import Names
from orchestration.language.telling import tell
from orchestration.reporting import charts, figures, telling
from orchestration.reporting.data import (
    AreaInFocus,
    CatalogueIndicator,
    Compared,
    Shown,
)
from orchestration.reporting.document import (
    Bullets,
    Cell,
    Column,
    Figure,
    Heading,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, category, own, title
from orchestration.reporting.sections import next_steps
from orchestration.reporting.sections.sources import Marks, Sources, how_synthetic, page_link
from orchestration.reporting.series_view import drawn_band
from orchestration.reporting.yearly_values import difference

_TOGETHER = 8
"""Charts on one grid; what does not fit stands in the table."""

GROUP_COLUMNS = (
    Column(nodes("Grupp")),
    Column(nodes("Värde"), numeric=True),
    Column(nodes("Osäkerhet"), numeric=True),
    Column(nodes("Spridning (standardavvikelse)"), numeric=True),
    Column(nodes("Antal"), numeric=True),
)
"""Of a table of groups, the most important first."""

_GROUP_COLUMNS_IN_BRIEF = 3


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a focus area's chapter is made of.

    Attributes:
        area: The focus area.
        year: The tested year.
        municipality_name: As the memorandum names it.
        sources: Of the edition.
        texts: What the administration has written about the area.
        names: What the slots of claims are called.
        step_states: How far proposed steps have come, by the step's identifier.
        anchor: Of the chapter.
    """

    area: AreaInFocus
    year: int
    municipality_name: str
    sources: Sources
    texts: tuple[MemorandumText, ...]
    names: Names
    step_states: Mapping[str, StepState]
    anchor: str

    @property
    def series(self) -> list[Shown]:
        """One finding a series, contrary movements of a series already told left out."""
        return [rows[0] for rows in _by_key(self.area.deviations) if _is_series(rows[0])]

    @property
    def groups(self) -> list[Shown]:
        """The differences between groups."""
        return [row for row in self.area.deviations if row.kind == "group_difference"]

    @property
    def main_groups(self) -> list[Shown]:
        """The same without comparisons within a split whose whole groups are compared already."""
        whole = {r.indicator.indicator_id for r in self.groups if "*" not in r.breakdown}
        return [
            row
            for row in self.groups
            if "*" not in row.breakdown or row.indicator.indicator_id not in whole
        ]

    @property
    def indicators(self) -> list[CatalogueIndicator]:
        """Every indicator that the chapter has a figure of."""
        found = {row.indicator.indicator_id: row.indicator for row in self.area.deviations}
        found |= {row.related.indicator_id: row.related for row in self.area.triangulation}
        return list(found.values())

    @property
    def comparisons(self) -> list[list[Compared]]:
        """What the area's indicators are held against, one list an indicator."""
        found: dict[str, list[Compared]] = {}
        for row in self.area.triangulation:
            found.setdefault(row.indicator.indicator_id, []).append(row)
        return list(found.values())

    def heading(self) -> Said:
        """The chapter's heading: the area, and what was found in a clause."""
        return telling.headline(self.area, self.names)


def _is_series(row: Shown) -> bool:
    return row.kind != "group_difference"


def _by_key(deviations: Sequence[Shown]) -> list[list[Shown]]:
    """Gathers findings of one and the same series, a test of level before a contrary movement."""
    found: dict[tuple[str, ...], list[Shown]] = {}
    for row in deviations:
        own_id = row.deviation_id if row.kind == "group_difference" else ""
        key = (row.indicator.indicator_id, row.geography_id, row.breakdown, row.category, own_id)
        found.setdefault(key, []).append(row)
    return [sorted(rows, key=lambda row: row.kind == "contrary") for rows in found.values()]


def chapter(content: Chapter) -> list[Plain]:
    """Builds the chapter."""
    area = content.area
    blocks: list[Plain] = [Heading(2, content.heading(), content.anchor)]
    marked = how_synthetic(map(content.sources.synthetic, content.indicators))
    if marked:
        blocks += paragraph(say("Uppgifterna är {marked}.", marked=marked), small=True)
    blocks.append(Heading(3, nodes("Resultat"), f"{content.anchor}-resultat"))
    if not area.deviations:
        blocks += paragraph(
            say(
                "Inga avvikelser för {year} är knutna till området.", year=Period.year(content.year)
            )
        )
    blocks += _results(content)
    blocks += _texts(content)
    blocks += _explanations(content)
    blocks += _conclusions(content, synthetic=bool(marked))
    return blocks


def _results(content: Chapter) -> list[Plain]:
    area = content.area
    blocks: list[Plain] = []
    for row in content.main_groups:
        blocks += paragraph(_noted(content, row))
    series = content.series
    if series:
        blocks += paragraph(_noted(content, series[0]))
    for said in telling.together(area, content.names):
        blocks += paragraph(said)
    blocks += paragraph(sentences(*(tell(each, content.names) for each in area.records)))
    if not telling.stands(area):
        blocks += paragraph(telling.how_sure(area.deviations))
    for row in [*series, *content.groups]:
        blocks += paragraph(sentences(figures.weighed(row), figures.reserved(row)), small=True)
    if series:
        blocks.append(series_table(content, series))
    figure = series_figure(content, [row for row in series if _can_be_drawn(row)])
    blocks += [figure] if figure else []
    blocks += [group_figure(content, row) for row in content.main_groups if _can_be_drawn(row)]
    changes = change_figure(content)
    blocks += [changes] if changes else []
    return blocks


def _noted(content: Chapter, row: Shown) -> Said:
    note = content.sources.note(row.indicator)
    return joined((*telling.result(row, content.names, content.municipality_name), note))


def _can_be_drawn(row: Shown) -> bool:
    rows = row.groups if row.kind == "group_difference" else row.series
    return any(observation.value is not None for observation in rows)


def _texts(content: Chapter) -> list[Plain]:
    if not content.texts:
        return []
    blocks: list[Plain] = [
        Heading(3, nodes("Förvaltningens egen beskrivning"), f"{content.anchor}-forvaltningen")
    ]
    for text in content.texts:
        said = Quoted(text.text_sv, "seeds.memorandum_texts", text.text_id, marked=True)
        author = Quoted(text.author, "seeds.memorandum_texts", text.text_id)
        blocks += paragraph(say("{said} ({author})", said=said, author=author))
    return blocks


def _explanations(content: Chapter) -> list[Plain]:
    blocks: list[Plain] = [
        Heading(3, nodes("Tänkbara förklaringar"), f"{content.anchor}-forklaringar")
    ]
    if not content.area.possible_explanations:
        return blocks + paragraph("Inga tänkbara förklaringar är registrerade för området.")
    said = "Registrerade av verksamheten eller hämtade ur tidigare analyser, {tested}."
    blocks += paragraph(
        say(
            said,
            tested="prövade mot data där registren räcker"
            if telling.any_tested(content.area)
            else "inte prövade mot data",
        )
    )
    return blocks + bullets([_judged(content, row) for row in content.area.possible_explanations])


def _judged(content: Chapter, row: PossibleExplanation) -> Said:
    """An explanation, and what the figures say of it."""
    verdict = tell(content.area.verdicts[row.hypothesis_id], content.names)
    return (*_hypothesis(row), *say(" {verdict}", verdict=verdict))


def _hypothesis(row: PossibleExplanation) -> Said:
    said = Quoted(row.text_sv, "seeds.possible_explanations", row.hypothesis_id)
    if not row.source:
        return (said,)
    # Named by itself, so that several hypotheses from one source share a note.
    return said, Note((Quoted(row.source, "seeds.possible_explanations.source", row.source),))


def _conclusions(content: Chapter, *, synthetic: bool) -> list[Plain]:
    area = content.area
    blocks: list[Plain] = [
        Heading(3, nodes("Slutsatser och nästa steg"), f"{content.anchor}-slutsatser")
    ]
    blocks += paragraph(telling.conclusion(area, content.names))
    blocks += paragraph("Vad siffrorna inte säger:")
    blocks.append(
        Bullets(
            tuple(
                telling.limits_of_figures(
                    area.deviations,
                    compared=bool(area.triangulation),
                    synthetic=synthetic,
                    tested=telling.any_tested(area),
                )
            )
        )
    )
    if not area.next_steps:
        return blocks + paragraph("Inget nästa steg är registrerat för området.")
    blocks += paragraph("Nästa steg:")
    return blocks + bullets(
        [
            (*_hypothesis(row), *next_steps.kept(content.step_states.get(row.hypothesis_id)))
            for row in area.next_steps
        ]
    )


# --- tables and figures -------------------------------------------------------------------------


def named(content: Chapter, row: Shown, marks: Marks) -> Cell:
    """Names a finding with its source and, where the figures have none, its unit."""
    indicator = row.indicator
    unit = "" if quantities.is_percent(indicator.measure) else quantities.unit_word(indicator.unit)
    shown = capitalised(figures.name(row, content.municipality_name))
    below = (Quoted(unit, "marts.indicators.unit", indicator.indicator_id),) if unit else ()
    return Cell(joined((page_link(indicator, shown), *marks.one(indicator))), below)


def series_table(content: Chapter, rows: Sequence[Shown]) -> Table:
    """Lists series: the year before, the tested year, the change, what was to be expected."""
    year = content.year
    marks = content.sources.marks(row.indicator for row in rows)
    return Table(
        say(
            "Utfall {year} och vad tidigare år lät vänta{mark}",
            year=Period.year(year),
            mark=marks.whole(),
        ),
        (
            Column(nodes("Mått")),
            Column((Period.year(year - 1),), numeric=True),
            Column((Period.year(year),), numeric=True),
            Column(nodes("Förändring"), numeric=True),
            Column(nodes("Väntat"), numeric=True),
            Column(nodes("Inte slump")),
        ),
        tuple(
            (
                named(content, row, marks),
                Cell(_previous(row, year)),
                Cell(own(row, "observed", Style.CELL)),
                change_cell(row),
                Cell(figures.expected(row)),
                Cell(nodes(telling.sureness(row))),
            )
            for row in rows
        ),
        f"{content.anchor}-tabell",
    )


def _previous(row: Shown, year: int) -> Said:
    before = figures.previous(row, Style.CELL)
    if before is None:
        return HIDDEN if row.protected else NOTHING
    if row.previous_year in {None, year - 1}:
        return (before,)
    return say("{before} ({year})", before=before, year=Period.year(row.previous_year or 0))


def change_cell(row: Shown) -> Cell:
    """The relative change, for a share with its percentage points below."""
    found = figures.change(row, Style.PERCENT_SIGN, sign=True)
    if found is None:
        return Cell(HIDDEN if row.protected else NOTHING)
    before = row.previous
    if not quantities.is_percent(row.indicator.measure) or before is None or row.observed is None:
        return Cell((found,))
    points = Number(
        abs(row.observed - before),
        Form(Style.POINTS, figures.digits(row)),
        figures.previous_pair(row),
        Quantity.DIFFERENCE,
    )
    return Cell((found,), (points,))


def series_figure(content: Chapter, rows: Sequence[Shown]) -> Figure | None:
    """Draws series on one grid, each with what was expected of the tested year."""
    shown = rows[:_TOGETHER]
    if not shown:
        return None
    year, marks = content.year, content.sources.marks(row.indicator for row in shown)
    years = range(min(each.year for row in shown for each in row.series), year + 1)
    drawings = tuple(
        charts.small_chart(
            grammar.sentence_case(plain(figures.name(row, content.municipality_name))),
            _dots(row, years),
            drawn_band(row, str(row.year)),
            unit=quantities.axis_title(row.indicator.measure, row.indicator.unit),
            decimals=figures.digits(row),
        )
        for row in shown
    )
    outside = [row for row in shown if _outside(row)]
    message = (
        say("Utfallet {year} ligger utanför det väntade", year=Period.year(year))
        if len(shown) == 1
        else say(
            "År {year} ligger {many} mått utanför vad tidigare år lät vänta",
            year=Period.year(year),
            many=_counted(outside),
        )
    )
    name = nodes(words.word(words.AREAS, content.area.area))
    return Figure(
        message,
        say(
            "{area}, {years}. Punkterna är utfallen. Stapeln vid {year} är det väntade värdet med "
            "det intervall som rymmer utfallet {of} vanliga år av {all}. Lodräta axlar börjar inte "
            "alltid vid noll.{hidden}{notes}{mark}",
            area=name,
            years=Period.years(years[0], year),
            year=Period.year(year),
            of=figures.setting(95, "interval_level"),
            all=figures.setting(100, "interval_level"),
            hidden=" Kryss på axeln är skyddade uppgifter."
            if any(map(_hidden_years, shown))
            else "",
            notes=[content.sources.note(each) for each in _different(shown)],
            mark=marks.whole(),
        ),
        say(
            "Linjediagram, ett för vart och ett av måtten i tabellen. Alla värden står i tabellen "
            "som hör till diagrammet."
        ),
        drawings,
        _series_values(content, shown, years),
        f"{content.anchor}-figur",
    )


def _different(rows: Sequence[Shown]) -> list[CatalogueIndicator]:
    return list({row.indicator.source_id: row.indicator for row in rows}.values())


def _counted(rows: Sequence[Shown]) -> Number:
    cells = tuple(figures.cell_of(row, "observed") for row in rows)
    nothing = (Address("marts.deviations", (("outcome", "none"),)),)
    return Number(len(rows), Form(Style.CARDINAL), cells or nothing, Quantity.COUNT)


def _outside(row: Shown) -> bool:
    if row.observed is None or row.lower is None or row.upper is None:
        return False
    return not row.lower <= row.observed <= row.upper


def _dots(row: Shown, years: range) -> list[charts.Dot]:
    known = {each.year: each.value for each in row.series}
    hidden = _hidden_years(row)
    measure = row.indicator.measure
    return [
        charts.Dot(
            str(year),
            quantities.axis_value(known.get(year), measure),
            mark=charts.HIDDEN if year in hidden else charts.VALUE,
        )
        for year in years
    ]


def _hidden_years(row: Shown) -> set[int]:
    return {each.year for each in row.series if each.status == "suppressed"}


def _series_values(content: Chapter, rows: Sequence[Shown], years: range) -> Table:
    return Table(
        say("Värdena i diagrammet, {years}", years=Period.years(years[0], years[-1])),
        (
            Column(nodes("Mått")),
            *(Column((Period.year(year),), numeric=True) for year in years),
        ),
        tuple(
            (
                Cell(
                    capitalised(figures.name(row, content.municipality_name)),
                    (figures.unit(row.indicator),),
                ),
                *(_value(row, year) for year in years),
            )
            for row in rows
        ),
        f"{content.anchor}-figur-tabell",
        numbered=False,
    )


def _value(row: Shown, year: int) -> Cell:
    found = figures.observation(row, year)
    if found is None:
        return Cell(nodes(words.MISSING))
    if found.value is None:
        code = found.status
        return Cell(nodes(words.MISSING) if code == "observed" else figures.without(code))
    number = Number(found.value, figures.form(row, Style.CELL), (figures.value_cell(row, found),))
    below = () if found.status == "observed" else nodes(words.status(found.status))
    return Cell((number,), below)


def group_table(content: Chapter, row: Shown, *, whole: bool) -> Table:
    """Lists the groups that a difference is about.

    Args:
        content: The chapter.
        row: The difference.
        whole: Whether the spread and the number behind each value are listed too.
    """
    marks = content.sources.marks([row.indicator])
    shown = len(GROUP_COLUMNS) if whole else _GROUP_COLUMNS_IN_BRIEF
    return Table(
        say(
            "{title}, {year} ({unit}){note}{mark}",
            title=title(row.indicator, grammar.sentence_case(row.indicator.title_sv)),
            year=Period.year(row.year),
            unit=figures.unit(row.indicator),
            note=content.sources.note(row.indicator),
            mark=marks.whole(),
        ),
        GROUP_COLUMNS[:shown],
        tuple(cells[:shown] for cells in group_rows(row)),
        f"{content.anchor}-{'grupper' if whole else 'figur'}-tabell-{_slug_of_groups(row)}",
        numbered=whole,
    )


def _slug(indicator: CatalogueIndicator) -> str:
    return indicator.indicator_id.replace("_", "-")


def _slug_of_groups(row: Shown) -> str:
    """One difference of an indicator may stand beside another, such as of one sex alone."""
    if "*" not in row.breakdown:
        return _slug(row.indicator)
    groups = "-".join(group.category for group in row.whole_groups)
    return f"{_slug(row.indicator)}-{groups}".replace("_", "-").replace("*", "-")


def group_rows(row: Shown) -> tuple[tuple[Cell, ...], ...]:
    """The groups that a difference is about, a row each, with the cells of `GROUP_COLUMNS`."""
    return tuple(
        (
            Cell(capitalised(category(group.category))),
            Cell(figures.group_value(row, group, Style.CELL)),
            Cell(figures.group_limits(row, group)),
            Cell(figures.group_spread(row, group)),
            Cell(figures.group_size(row, group)),
        )
        for group in row.groups
    )


def group_figure(content: Chapter, row: Shown) -> Figure:
    """Draws the groups of a difference, each with the uncertainty of its value."""
    marks, measure = content.sources.marks([row.indicator]), row.indicator.measure
    bars = [
        charts.GroupRow(
            label=grammar.sentence_case(words.category(group.category)),
            value=value,
            lower=quantities.axis_value(group.ci_lower, measure),
            upper=quantities.axis_value(group.ci_upper, measure),
            main=group.breakdown == row.breakdown,
        )
        for group in row.groups
        if (value := quantities.axis_value(group.value, measure)) is not None
    ]
    unit = quantities.axis_title(row.indicator.measure, row.indicator.unit)
    first, second = row.whole_groups
    order = "högre" if (first.value or 0) > (second.value or 0) else "lägre"
    return Figure(
        say(
            "{subject} är {order} för {first} än för {second}",
            subject=capitalised(title(row.indicator, grammar.definite(row.indicator.title_sv))),
            order=order,
            first=category(first.category),
            second=category(second.category),
        ),
        say(
            "{title} efter grupp, {year}, med osäkerheten i varje värde.{note}{mark}",
            title=title(row.indicator, grammar.sentence_case(row.indicator.title_sv)),
            year=Period.year(row.year),
            note=content.sources.note(row.indicator),
            mark=marks.whole(),
        ),
        nodes("Punktdiagram med en rad för varje grupp. Alla värden står i tabellen."),
        (charts.group_chart(bars, axis_title=unit, decimals=figures.digits(row)),),
        group_table(content, row, whole=False),
        f"{content.anchor}-figur-{_slug_of_groups(row)}",
    )


def _most_contradicted(content: Chapter) -> list[Compared]:
    """The comparisons of the indicator that other sources contradict most; none where none do."""
    lead = content.area.deviations[0].indicator.indicator_id if content.area.deviations else ""

    def contradictions(rows: list[Compared]) -> tuple[bool, int]:
        own_id = rows[0].indicator.indicator_id
        return own_id == lead, sum(row.verdict == "contrary" for row in rows)

    return max(content.comparisons, key=contradictions, default=[])


def change_figure(content: Chapter) -> Figure | None:
    """Draws the leading indicator's change beside the changes of what it is held against."""
    rows = _most_contradicted(content)
    if not rows or rows[0].observed_change is None:
        return None
    known = [row for row in rows if row.related_change is not None]
    if not known:
        return None
    year, head = content.year, rows[0]
    marks = content.sources.marks([head.indicator, *(row.related for row in known)])
    bars = [
        charts.ChangeRow(head.indicator.title_sv, (head.observed_change or 0) * 100, main=True),
        *(
            charts.ChangeRow(row.related.title_sv, (row.related_change or 0) * 100, main=False)
            for row in known
        ),
    ]
    contrary = any(row.verdict == "contrary" for row in known)
    subject = title(head.indicator, grammar.definite(head.indicator.title_sv))
    message = (
        say("{subject} rör sig emot det som brukar följa med", subject=capitalised(subject))
        if contrary
        else say("{subject} bredvid andra uppgifter", subject=capitalised(subject))
    )
    return Figure(
        message,
        say(
            "Förändring till {year} från närmast föregående värde: måttet självt (stark färg) och "
            "de uppgifter det jämförs med (svag färg).{mark}",
            year=Period.year(year),
            mark=marks.whole(),
        ),
        nodes("Liggande stapeldiagram. Alla förändringar står i tabellen."),
        (charts.change_chart(bars, axis_title=f"förändring till {year}, procent"),),
        comparison_table(content, rows, f"{content.anchor}-figur-jamforelse-tabell", whole=False),
        f"{content.anchor}-figur-jamforelse",
    )


def comparison_table(
    content: Chapter, rows: Sequence[Compared], anchor: str, *, whole: bool
) -> Table:
    """Lists what one indicator is held against: habit, change and verdict.

    Args:
        content: The chapter.
        rows: The comparisons, at least one.
        anchor: Of the table.
        whole: Whether each pair's p-value is listed too.
    """
    head = rows[0]
    own_change = figures.compared(head, "observed_change", Style.PERCENT_SIGN, sign=True)
    marks = content.sources.marks([head.indicator, *(row.related for row in rows)])
    ordered = sorted(rows, key=_by_verdict)
    return Table(
        say(
            "{title} ({change}) mot andra uppgifter: förändringar till {year}{mark}",
            title=title(head.indicator, grammar.sentence_case(head.indicator.title_sv)),
            change=own_change or figures.absent(head),
            year=Period.year(content.year),
            mark=marks.whole(),
        ),
        (
            Column(nodes("Jämförs med")),
            Column(nodes("Brukar")),
            Column(nodes("Förändring"), numeric=True),
            *((Column(nodes("Parets p-värde"), numeric=True),) if whole else ()),
            Column(nodes("Bedömning"), wide=True),
        ),
        tuple(_comparison_row(row, content.year, marks, whole=whole) for row in ordered),
        anchor,
        numbered=whole,
    )


def _by_verdict(row: Compared) -> tuple[int, str]:
    order = list(words.VERDICTS)
    return order.index(row.verdict), row.related.indicator_id


def _comparison_row(row: Compared, year: int, marks: Marks, *, whole: bool) -> tuple[Cell, ...]:
    shown = (title(row.related, grammar.sentence_case(row.related.title_sv)),)
    why = Quoted(row.rationale_sv, "marts.triangulation.rationale_sv", row.related.indicator_id)
    habit = "öka och minska tillsammans" if row.expected_sign > 0 else "gå åt motsatt håll"
    moved = figures.compared(row, "related_change", Style.PERCENT_SIGN, sign=True)
    verdict = words.PROTECTED if row.protected else words.word(words.VERDICTS, row.verdict)
    return (
        Cell(
            joined((page_link(row.related, shown), *marks.one(row.related))),
            (why,) if row.rationale_sv else (),
        ),
        Cell(nodes(habit)),
        Cell(nodes(moved or figures.absent(row)), _in_kronor(row, year) if moved else ()),
        *((Cell(_pair_p(row)),) if whole else ()),
        Cell(capitalised(verdict)),
    )


def _in_kronor(row: Compared, year: int) -> Said:
    """A change in kronor, and since when, where that is not the year before."""
    since = long_since(row.related_from, year)
    period: Said = (Period.years(since.start.year, year),) if since else ()
    if row.related_pair is None:
        return period
    now, before = row.related_pair
    told = say(
        "{apart} {way}",
        apart=difference(now, before),
        way="mer" if now.value > before.value else "mindre",
    )
    return sentences(told, period)


def _pair_p(row: Compared) -> Said:
    if row.p_value is None:
        return NOTHING
    cell = figures.comparison_cell(row, "p_value")
    return (Number(row.p_value, Form(Style.PROBABILITY_SIGN), (cell,)),)


# --- the appendix of the tests' numbers ---------------------------------------------------------


def tests(content: Chapter) -> list[Plain]:
    """The numbers of the tests behind a chapter, for whoever wants to follow them."""
    name = words.word(words.AREAS, content.area.area)
    blocks: list[Plain] = [Heading(3, nodes(name), f"{content.anchor}-provning")]
    rows = [row for row in content.area.deviations if _is_series(row)]
    if rows:
        blocks.append(_test_table(content, rows))
    for row in content.groups:
        blocks += paragraph(
            say(
                "{name}: {difference} q-värdet är {q}.",
                name=page_link(
                    row.indicator, capitalised(figures.name(row, content.municipality_name))
                ),
                difference=telling.difference(row),
                q=figures.probability(row, Style.PROBABILITY),
            )
        )
    blocks += [group_table(content, row, whole=True) for row in content.main_groups]
    for pairs in content.comparisons:
        anchor = f"{content.anchor}-jamforelse-{_slug(pairs[0].indicator)}"
        blocks.append(comparison_table(content, pairs, anchor, whole=True))
    own_indicators = {row.indicator.indicator_id: row.indicator for row in content.area.deviations}
    for indicator in own_indicators.values():
        if indicator.definition_sv:
            blocks += paragraph(_definition(indicator), small=True)
    return blocks


def _definition(indicator: CatalogueIndicator) -> Said:
    return say(
        "{title} räknas så: {text}",
        title=Strong((title(indicator, grammar.sentence_case(indicator.title_sv)),)),
        text=Quoted(
            indicator.definition_sv, "marts.indicators.definition_sv", indicator.indicator_id
        ),
    )


def _test_table(content: Chapter, rows: Sequence[Shown]) -> Table:
    return Table(
        say("Prövningens tal, {year}", year=Period.year(content.year)),
        (
            Column(nodes("Mått")),
            Column(nodes("Slag")),
            Column(nodes("Mot väntat"), numeric=True),
            Column(nodes("q-värde"), numeric=True),
            Column(nodes("Normalårets rörelse för slump"), numeric=True),
        ),
        tuple(
            (
                Cell(capitalised(figures.name(row, content.municipality_name)), _other_side(row)),
                Cell(nodes(words.word(words.KINDS, row.kind))),
                Cell(_away(row)),
                Cell(figures.probability(row)),
                Cell(figures.breakeven(row)),
            )
            for row in rows
        ),
        f"{content.anchor}-provningens-tal",
    )


def _other_side(row: Shown) -> Said:
    if row.related is None:
        return ()
    return say("mot {title}", title=title(row.related, grammar.definite(row.related.title_sv)))


def _away(row: Shown) -> Said:
    if row.kind == "contrary":
        return NOTHING
    if row.protected:
        return HIDDEN
    if row.observed is None or not row.expected:
        return NOTHING
    cells = (figures.cell_of(row, "observed"), figures.cell_of(row, "expected"))
    away = row.observed / row.expected - 1
    return (Number(away, Form(Style.PERCENT_SIGN, 1, sign=True), cells, Quantity.CHANGE),)
