"""The memorandum as a document: its chapters in the order that a board is used to.

Summary, introduction, method, one chapter a focus area, what became of last year's, what to watch,
closing words, sources; then the appendices. What a chapter says belongs in ``sections``, how it is
written to a file in ``render``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestration.language import words
from orchestration.language.inline import Period, Quoted, nodes, say
from orchestration.reporting import issued
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.data import AreaInFocus, ReportData
from orchestration.reporting.document import (
    Appendix,
    Block,
    Document,
    Heading,
    Plain,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import municipality
from orchestration.reporting.issued import Edition
from orchestration.reporting.sections import (
    analysis,
    focus_area,
    method,
    next_steps,
    public_statistics,
    sources,
    summary,
    years,
)
from orchestration.reporting.sections.analysis import AnalysisChapter
from orchestration.reporting.sections.focus_area import Chapter
from orchestration.reporting.sections.sources import Sources

LETTER = "P"
"""What the ids of the memorandum's numbers begin with."""

_AUTOMATIC = (
    "Texten är skriven automatiskt ur de publicerade tabellerna: samma underlag ger samma "
    "promemoria. Tänkbara förklaringar, nästa steg och förvaltningens egna texter är däremot "
    "skrivna av människor och återges som de är registrerade."
)


def memorandum(
    data: ReportData, edition: Edition, analyses: Sequence[AnalysisChapter] = ()
) -> Document:
    """Builds the memorandum.

    Args:
        data: What it states, from :func:`orchestration.reporting.data.load_report_data`.
        edition: What it says about itself.
        analyses: Their chapters, in the order in which they stand.

    Returns:
        The document; equal arguments give an equal one.

    Raises:
        ValueError: If ``built_at`` has no time zone.
        LookupError: If the data holds a code without a Swedish word.
    """
    found = Sources(data.sources)
    chapters = list(_chapters(data, found))
    blocks: list[Block] = [
        *issued.synthetic(data),
        *public_statistics.notice(data),
        *issued.secrecy(edition, MEMORANDUM),
        *summary.summary(data, chapters),
        *method.introduction(data),
        *method.method(data, restricted=edition.restricted),
        *public_statistics.chapter(data, found),
    ]
    for chapter in chapters:
        blocks += focus_area.chapter(chapter)
    if not chapters:
        blocks += [
            Heading(2, nodes("Inga fokusområden"), "inga-fokusomraden"),
            *paragraph(
                say(
                    "Det finns inget fokusområde att redovisa för {year}.",
                    year=Period.year(data.year),
                )
            ),
        ]
    for analysis_chapter in analyses:
        blocks += analysis.chapter(analysis_chapter)
    blocks += [
        *years.follow_up(data),
        *next_steps.follow_up(data),
        *years.watch(data),
        *_closing(data),
        *_literature(data),
    ]
    blocks += _appendices(data, edition, found, chapters)
    return Document(
        title=say("Avvikelser i socialtjänstens statistik {year}", year=Period.year(data.year)),
        subtitle=say(
            "{municipality}. Promemoria",
            municipality=municipality(data.municipality_name),
        ),
        front=issued.front(data, edition),
        blocks=tuple(blocks),
        letter=LETTER,
        marking=edition.marking,
    )


def _chapters(data: ReportData, found: Sources) -> Iterator[Chapter]:
    order = list(words.AREAS)

    def place(area: AreaInFocus) -> tuple[int, str]:
        return order.index(area.area), area.focus_area_id

    for position, area in enumerate(sorted(data.focus_areas, key=place), start=1):
        yield Chapter(
            area=_new_first(area),
            year=data.year,
            municipality_name=data.municipality_name,
            sources=found,
            texts=tuple(text for text in data.texts if text.area == area.area),
            names=data.names,
            step_states=data.step_states,
            anchor=f"fokusomrade-{position}",
        )


def _new_first(area: AreaInFocus) -> AreaInFocus:
    """The same area with what is new this year before what was in focus last year too."""
    lead, *rest = area.deviations or (None,)
    if lead is None:
        return area
    ordered = sorted(rest, key=lambda row: row is not None and row.last_year is not None)
    return area.with_deviations((lead, *(row for row in ordered if row is not None)))


def _closing(data: ReportData) -> list[Plain]:
    blocks: list[Plain] = [Heading(2, nodes("Slutord"), "slutord")]
    for text in data.texts:
        if text.role == "closing":
            said = Quoted(text.text_sv, "seeds.memorandum_texts", text.text_id, marked=True)
            author = Quoted(text.author, "seeds.memorandum_texts", text.text_id)
            blocks += paragraph(say("{said} ({author})", said=said, author=author))
    return blocks + paragraph(
        say(
            "Siffrorna säger var det lönar sig att titta närmare, inte vad som ska göras. Vi "
            "föreslår att fokusområdena granskas enligt sina nästa steg, och att resultatet "
            "registreras som förklaring eller åtgärd. Nästa års promemoria följer upp dem.",
        )
    )


def _literature(data: ReportData) -> list[Plain]:
    """What the administration has read beside the statistics, with the day when it was."""
    if not data.references:
        return []
    table = "seeds.literature_references"
    items = [
        say(
            "{text}{url} Läst {day}.",
            text=Quoted(row.text_sv, table, row.reference_id),
            url=say(" {url}", url=Quoted(row.url, table, row.reference_id)) if row.url else (),
            day=Period.day(row.accessed_on),
        )
        for row in data.references
    ]
    return [Heading(2, nodes("Litteratur"), "litteratur"), *bullets(items)]


def _appendices(
    data: ReportData, edition: Edition, found: Sources, chapters: Sequence[Chapter]
) -> list[Block]:
    tests: list[Plain] = [
        Heading(2, nodes("Bilaga B: Prövningarnas tal"), "provningar"),
        *paragraph(
            "Måtten bakom varje fokusområde, med prövningens sannolikheter och hur de räknas. Den "
            "sista kolumnen säger hur mycket måttet skulle behöva röra sig ett normalt år för att "
            "utfallet skulle vara slump."
        ),
    ]
    for chapter in chapters:
        tests += focus_area.tests(chapter)
    if not chapters:
        tests += paragraph("Inget fokusområde har prövats fram.")
    return [
        Appendix(tuple(method.appendix(data, edition.false_discovery_rate, "A"))),
        Appendix(tuple(tests)),
        Appendix(tuple(years.reasons(data, "C"))),
        Appendix(tuple(years.excluded(data, found, "D"))),
        Appendix(tuple(sources.appendix(data.sources, data.not_delivered, "E"))),
        Appendix(tuple(issued.about(edition, "F", LETTER, _AUTOMATIC))),
    ]
