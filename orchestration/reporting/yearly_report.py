"""The yearly report as a document: the year's figures in chapters, beside the memorandum.

How to read it, the year in short, a chapter for each part of the work, then the appendices. What
stands in a chapter belongs in ``sections.yearly_chapter``; which chapters there are and which
indicators each has, in the seeds that ``chapters`` reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.language import grammar, words
from orchestration.language.inline import (
    HIDDEN,
    Link,
    Period,
    Quoted,
    Said,
    Strong,
    Style,
    joined,
    nodes,
    say,
)
from orchestration.reporting import issued
from orchestration.reporting.addresses import MEMORANDUM, YEARLY_REPORT
from orchestration.reporting.chapters import Chapters, KeyFigure, ReportChapter
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import (
    Appendix,
    Block,
    Cell,
    Column,
    Document,
    Heading,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import NOTHING, municipality, or_nothing, title
from orchestration.reporting.issued import Edition
from orchestration.reporting.sections import public_statistics, sources, yearly_chapter
from orchestration.reporting.sections.sources import SYNTHETIC, Sources, page_link
from orchestration.reporting.sections.yearly_chapter import Context
from orchestration.reporting.series import SeriesData
from orchestration.reporting.series_view import Subject

LETTER = "A"
"""What the ids of the report's numbers begin with."""

_AUTOMATIC = (
    "Rapporten är skriven automatiskt ur de publicerade tabellerna: samma underlag ger samma "
    "rapport. Vilka kapitel och nyckeltal den har är bestämt i förväg, inte efter utfallet."
)


def yearly_report(
    data: ReportData,
    series: SeriesData,
    chapters: Chapters,
    edition: Edition,
    municipality_id: str,
) -> Document:
    """Builds the report.

    Args:
        data: What the memorandum states, whose front and sources it shares.
        series: The figures of every indicator.
        chapters: What each chapter shows of them.
        edition: What it says about itself.
        municipality_id: Whose report it is.

    Returns:
        The document; equal arguments give an equal one.

    Raises:
        ValueError: If ``built_at`` has no time zone.
        LookupError: If the data holds a code without a Swedish word.
    """
    found = Sources(data.sources)
    context = Context(series, found, municipality_id)
    blocks: list[Block] = [
        Heading(2, nodes("Så läser du rapporten"), "sa-laser-du"),
        *issued.synthetic(data),
        *public_statistics.notice(data),
        *issued.secrecy(edition, YEARLY_REPORT),
        *_how_to_read(context),
        *_in_short(context, chapters),
    ]
    for each in chapters.chapters:
        blocks += yearly_chapter.chapter(context, each)
    blocks += [
        Appendix(tuple(_support(context, chapters))),
        Appendix(tuple(sources.appendix(data.sources, data.not_delivered, "B"))),
        Appendix(tuple(issued.about(edition, "C", LETTER, _AUTOMATIC))),
    ]
    return Document(
        title=say("Socialtjänstrapport {year}", year=Period.year(data.year)),
        subtitle=say(
            "{municipality}. Socialtjänsten i siffror",
            municipality=municipality(data.municipality_name),
        ),
        front=issued.front(data, edition),
        blocks=tuple(blocks),
        letter=LETTER,
        marking=edition.marking,
        covered=True,
    )


def _how_to_read(context: Context) -> list[Plain]:
    told: list[tuple[str, Said]] = [
        (
            "Nyckeltalen",
            say(
                "står för {years}. Kvinnor och män är det senaste av åren; står ett årtal under "
                "är det av det året.",
                years=context.span,
            ),
        ),
        (
            "Prövningen",
            say(
                "säger vad som sågs när {year} hölls mot det som tidigare år låter vänta. "
                "{focus} och {watch} är fynd; {explained} är fynd som en känd orsak täcker. "
                "{part} är ett fynd om en grupp eller en nämnd, inte om helheten. {nothing} "
                "betyder att inget ovanligt syntes, eller att åren är för få för att se det. Mått "
                "på omvärlden prövas inte.",
                year=Period.year(context.data.year),
                focus=Strong(nodes(words.SHORT_OUTCOMES["focus"])),
                watch=Strong(nodes(words.SHORT_OUTCOMES["watch"])),
                explained=Strong(nodes(words.SHORT_OUTCOMES["explained"])),
                part=Strong(nodes(words.IN_PART)),
                nothing=Strong(nodes(words.NOTHING_FOUND)),
            ),
        ),
        (
            "Nämnderna",
            nodes(
                "summerar till mindre än staden där centrala enheter har egna ärenden. Att nämnder "
                "skiljer sig åt säger inte varför: de har olika invånare."
            ),
        ),
        (
            "Diagrammen",
            nodes(
                "visar varje år som finns. Den grå linjen är seriens eget medelvärde, de streckade "
                "hur långt därifrån den brukar röra sig."
            ),
        ),
        (
            "Skyddade tal",
            say(
                "står som {sign}: de rör så få att någon kan kännas igen, eller går att räkna om "
                "till ett sådant tal. Ett streck är att värdet inte finns.",
                sign=Strong(HIDDEN),
            ),
        ),
        (
            "Syntetiska uppgifter",
            say(
                "är märkta {mark}. De är framtagna för att pröva systemet och säger inget om "
                "verksamheten.",
                mark=SYNTHETIC,
            ),
        ),
    ]
    memorandum = Link(MEMORANDUM.page, nodes("promemorian"))
    return [
        *paragraph(
            say(
                "Rapporten visar socialtjänstens år i siffror, kapitel för kapitel och lika från "
                "år till år. Vad som avviker, vad som kan förklara det och vad som bör göras står "
                "i {memorandum}.",
                memorandum=memorandum,
            )
        ),
        *bullets([say("{lead} {text}", lead=Strong(nodes(a)), text=b) for a, b in told]),
    ]


def _in_short(context: Context, chapters: Chapters) -> list[Plain]:
    """How many key figures each chapter has, and in how many of them something was found."""
    year = Period.year(context.data.year)
    return [
        Heading(2, nodes("Året i korthet"), "aret-i-korthet"),
        Table(
            say("Kapitlen, och hur många av deras nyckeltal {year} som har ett fynd", year=year),
            (
                Column(nodes("Kapitel")),
                Column(nodes("Nyckeltal"), numeric=True),
                Column(nodes("Med fynd"), numeric=True),
                Column(nodes("Register som saknas"), wide=True),
            ),
            tuple(_chapter_row(each) for each in chapters.chapters),
            "tabell-kapitlen",
        ),
    ]


def _chapter_row(own: ReportChapter) -> tuple[Cell, ...]:
    name = Quoted(own.title_sv, "seeds.report_chapters.title_sv", own.chapter_id)
    absent = [each for each in own.registers if not each.delivered]
    named: Said = joined(
        node
        for place, each in enumerate(absent)
        for node in (
            *(nodes("; ") if place else ()),
            Quoted(each.title_sv, "seeds.chapter_registers.title_sv", each.register_id),
        )
    )
    return (
        Cell((Link(f"#{own.anchor}", (name,)),)),
        Cell((yearly_chapter.figures_counted(own),) if own.figures else NOTHING),
        Cell(or_nothing(yearly_chapter.found_in(own))),
        Cell(named or NOTHING),
    )


def _support(context: Context, chapters: Chapters) -> list[Plain]:
    """What the report's figures are held against without being key figures themselves."""
    blocks: list[Plain] = [
        Heading(2, nodes("Bilaga A: Stödjande mått"), "stodjande-matt"),
        *paragraph(
            "De här måtten är inga nyckeltal. De hålls mot kapitlens siffror: samma sak ur en "
            "annan källa, det som verksamheten påverkas av, eller hur andra kommuner gör."
        ),
    ]
    rows = [
        *(
            (each.title_sv, each.chapter_id, one)
            for each in chapters.chapters
            for one in each.support
        ),
        *(("", "", one) for one in chapters.support),
    ]
    if not rows:
        return blocks + paragraph("Inget mått är stödjande.")
    marks = context.sources.marks(one.content.indicator for _, _, one in rows)
    table = Table(
        say(
            "Stödjande mått, med senaste värde till och med {year}{mark}",
            year=Period.year(context.data.year),
            mark=marks.whole(),
        ),
        (
            Column(nodes("Mått"), wide=True),
            Column(nodes("Kapitel")),
            Column(nodes("Plats")),
            Column(nodes("Period")),
            Column(nodes("Värde"), numeric=True),
        ),
        tuple(
            (
                Cell(
                    joined((page_link(indicator, (_name(one),)), *marks.one(indicator))),
                    (Subject.of(indicator, []).unit(),),
                ),
                Cell(
                    (Quoted(chapter, "seeds.report_chapters.title_sv", chapter_id),)
                    if chapter
                    else nodes("Alla")
                ),
                *_last(context, one),
            )
            for chapter, chapter_id, one in rows
            for indicator in (one.content.indicator,)
        ),
        "tabell-stodjande",
    )
    return [*blocks, table]


def _name(figure: KeyFigure) -> Quoted:
    indicator = figure.content.indicator
    return title(indicator, grammar.sentence_case(indicator.title_sv))


def _last(context: Context, figure: KeyFigure) -> Sequence[Cell]:
    """Where and when a measure was last seen, and what it was."""
    for series in figure.content.whole:
        known = [
            point
            for point in series.points
            if point.value is not None and point.start.year <= context.data.year
        ]
        if known:
            subject = Subject.of(figure.content.indicator, [series])
            return (
                Cell((yearly_chapter.place(context, series.geography_id),)),
                Cell((Period.of(known[-1].start, series.grain),)),
                Cell(subject.value(series, known[-1], style=Style.CELL)),
            )
    return (Cell(NOTHING), Cell(NOTHING), Cell(NOTHING))
