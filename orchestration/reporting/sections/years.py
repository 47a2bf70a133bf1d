"""What became of last year's focus, what is to be watched, and what an explanation covers."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.findings.codes import State
from orchestration.indicators.models import NaturalExplanation
from orchestration.language import words
from orchestration.language.inline import (
    HIDDEN,
    Form,
    Number,
    Period,
    Quantity,
    Said,
    Strong,
    Style,
    Text,
    capitalised,
    joined,
    listing,
    nodes,
    say,
    sentences,
)
from orchestration.language.inline import Cell as Address
from orchestration.language.names import period
from orchestration.language.telling import reason
from orchestration.reporting import figures, telling
from orchestration.reporting.data import ReportData, Shown
from orchestration.reporting.document import (
    Bullets,
    Cell,
    Column,
    Heading,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, explanation_text, own
from orchestration.reporting.sections.sources import SYNTHETIC, Sources, page_link


def follow_up(data: ReportData) -> list[Plain]:
    """Says what became of what was in focus the year before."""
    before = Period.year(data.year - 1)
    blocks: list[Plain] = [
        Heading(2, say("Uppföljning av {year}", year=before), "uppfoljning"),
    ]
    if not data.followed:
        return blocks + paragraph(
            say(
                "Med dagens uppgifter och metod var inget mått i fokus {year}, så det finns inget "
                "att följa upp. Samband mellan mått följs genom sina egna mått.",
                year=before,
            )
        )
    blocks += paragraph(
        say(
            "Det här var i fokus {year}. Båda åren är prövade med dagens uppgifter och metod, så "
            "listan kan skilja sig från vad som redovisades då.",
            year=before,
        )
    )
    return blocks + bullets(
        [
            say(
                "{name}. {told}",
                name=_name(data, row),
                told=telling.followed_up(row, data.names, data.municipality_name),
            )
            for row in data.followed
        ]
    )


def _name(data: ReportData, row: Shown) -> Strong:
    shown = capitalised(figures.name(row, data.municipality_name))
    return Strong((page_link(row.indicator, shown),))


def watch(data: ReportData) -> list[Plain]:
    """Lists what has changed so that it should be followed, in a line each."""
    blocks: list[Plain] = [Heading(2, nodes("Att bevaka"), "att-bevaka")]
    if data.unplaced:
        blocks += paragraph("Utan känd förklaring, men utanför fokusområdena:")
        blocks += bullets([_line(data, row) for row in data.unplaced])
    standing = [row for row in data.watch if row.state == State.STANDING]
    changed = [row for row in data.watch if row.state != State.STANDING]
    if changed:
        blocks += paragraph(
            "Följande mått har förändrats så att de bör följas. Varför de inte är fokusområden "
            "står i en bilaga."
        )
        blocks += bullets([_line(data, row) for row in changed])
    if not (changed or data.unplaced):
        blocks += paragraph("Inget mått har förändrats så att det behöver bevakas.")
    undecided = data.outcome_counts.get("cannot_tell", 0)
    if undecided:
        cells = (Address("marts.deviations", (("outcome", "cannot_tell"), ("year", data.year))),)
        blocks += paragraph(
            say(
                "För {number} mått räcker underlaget inte för att säga om något avviker.",
                number=Number(undecided, Form(Style.CARDINAL), cells, Quantity.COUNT),
            )
        )
    if standing:
        blocks.append(Heading(3, nodes("Kvarstående skillnader"), "kvarstaende"))
        blocks += bullets([_stood(data, row) for row in standing])
    return blocks


def _line(data: ReportData, row: Shown) -> Said:
    name = _name(data, row)
    if row.protected:
        return say("{name}: {why}", name=name, why=words.PROTECTED)
    if row.kind == "group_difference":
        told = [
            say(
                "{value} för {group}",
                value=figures.group_value(row, group, Style.BRIEF),
                group=figures.category(group.category),
            )
            for group in row.whole_groups
        ]
        return say("{name}: {told}", name=name, told=listing(told)) if told else (name,)
    if row.observed is None:
        return (name,)
    now, interval = own(row, "observed", Style.FULL), figures.limits(row)
    if not interval:
        change = figures.change(row, Style.PERCENT, sign=True)
        tail = say(" ({change} på ett år)", change=change) if change else ()
        return say("{name}: {now}{tail}", name=name, now=now, tail=tail)
    return say("{name}: {now}, mot väntade {limits}", name=name, now=now, limits=interval)


def _stood(data: ReportData, row: Shown) -> Said:
    """A difference that was there before, and since when."""
    line = _line(data, row)
    since = telling.stood_since(row)
    if since is None or row.protected:
        return line
    return say("{line}, åt samma håll sedan {year}", line=line, year=period(since))


def reasons(data: ReportData, letter: str) -> list[Plain]:
    """Says of each row that is no focus why it is not, in the engine's words."""
    blocks: list[Plain] = [
        Heading(
            2, nodes(f"Bilaga {letter}: Bevakade mått och sådant som inte går att avgöra"), "skal"
        ),
    ]
    for heading, anchor, rows in (
        ("Bevakas", "skal-bevakas", (*data.unplaced, *data.watch)),
        ("Går inte att avgöra", "skal-avgora", data.cannot_tell),
    ):
        blocks.append(Heading(3, nodes(heading), anchor))
        if not rows:
            blocks += paragraph("Inga.")
            continue
        blocks.append(Bullets(tuple(_reason(data, row) for row in rows)))
    blocks += _more(data)
    return blocks


def _reason(data: ReportData, row: Shown) -> Said:
    name = _name(data, row)
    if not row.claims:
        return _line(data, row)
    return say("{name}. {reason}", name=name, reason=reason(row.claims, data.names))


def _more(data: ReportData) -> list[Plain]:
    shown = {"watch": len(data.watch), "cannot_tell": len(data.cannot_tell)}
    blocks: list[Plain] = []
    for code, number in shown.items():
        left = data.outcome_counts.get(code, 0) - number
        if left > 0:
            cells = (Address("marts.deviations", (("outcome", code), ("year", data.year))),)
            blocks += paragraph(
                say(
                    "{word}: alla {number} står i databasen, de främsta här.",
                    word=words.word(words.OUTCOMES, code),
                    number=Number(data.outcome_counts[code], Form(), cells, Quantity.COUNT),
                ),
                small=True,
            )
    return blocks


def excluded(data: ReportData, sources: Sources, letter: str) -> list[Plain]:
    """Lists what an explanation covers, and whence the explanation came."""
    blocks: list[Plain] = [Heading(2, nodes(f"Bilaga {letter}: Uteslutna avvikelser"), "uteslutna")]
    if not data.excluded:
        return blocks + paragraph("Inga avvikelser har uteslutits.")
    blocks += paragraph(
        "Avvikelser som täcks av en registrerad eller funnen förklaring och därför inte ingår i "
        "något fokusområde."
    )
    blocks.append(_excluded_table(data, sources, data.excluded))
    return blocks


def _excluded_table(data: ReportData, sources: Sources, rows: Sequence[Shown]) -> Table:
    marks = sources.marks(row.indicator for row in rows)
    return Table(
        say("Uteslutna avvikelser {year}{mark}", year=Period.year(data.year), mark=marks.whole()),
        (
            Column(nodes("Mått")),
            Column(nodes("Utfall"), numeric=True),
            Column(nodes("Förändring"), numeric=True),
            Column(nodes("Väntat"), numeric=True),
            Column(nodes("Förklaring"), wide=True),
        ),
        tuple(
            (
                Cell(
                    joined(
                        (
                            page_link(
                                row.indicator,
                                capitalised(figures.name(row, data.municipality_name)),
                            ),
                            *marks.one(row.indicator),
                        )
                    )
                ),
                Cell(own(row, "observed", Style.CELL)),
                Cell(_change(row)),
                Cell(figures.expected(row)),
                _explanation(row.explanation),
            )
            for row in rows
        ),
        "tabell-uteslutna",
    )


def _change(row: Shown) -> Said:
    found = figures.change(row, Style.PERCENT_SIGN, sign=True)
    if found is not None:
        return (found,)
    return HIDDEN if row.protected else NOTHING


def _explanation(cause: NaturalExplanation | None) -> Cell:
    if cause is None:
        return Cell(nodes("Förklaringen saknas i registret"))
    said = say(
        "{title} ({kind}, {basis}){mark}",
        title=explanation_text(cause, "title_sv"),
        kind=words.word(words.EXPLANATION_KINDS, cause.kind),
        basis=words.word(words.BASES, cause.origin),
        mark=(Text(" "), SYNTHETIC) if cause.synthetic else "",
    )
    return Cell(said, explanation_details(cause))


def explanation_details(cause: NaturalExplanation) -> Said:
    """What an explanation says, how much it accounts for, and where it stands."""
    parts: list[Said] = []
    if cause.description_sv:
        parts.append((explanation_text(cause, "description_sv"),))
    if cause.explained_change is not None:
        row = (("explanation_id", cause.explanation_id),)
        cell = Address(figures.explanations_of(cause), row, "explained_change")
        size = Number(cause.explained_change, Form(Style.PERCENT, 1, sign=True), (cell,))
        parts.append(say("Väntad påverkan: {size}.", size=size))
    if cause.source:
        parts.append(say("Källa: {source}.", source=explanation_text(cause, "source")))
    return sentences(*parts)
