"""The memorandum as a document: its chapters in the order that a board is used to.

Summary, introduction, method, one chapter a focus area, what became of last year's, what to watch,
closing words, sources; then the appendices. What a chapter says belongs in ``sections``, how it is
written to a file in ``render``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestration.language import words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Link,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    nodes,
    say,
)
from orchestration.reporting.addresses import (
    NUMBERS,
    NUMBERS_NAME,
    PAGE_NAME,
    PDF_NAME,
    WORD_NAME,
    WORKBOOK_NAME,
    ways,
)
from orchestration.reporting.data import AreaInFocus, ReportData
from orchestration.reporting.document import (
    Appendix,
    Block,
    Callout,
    Document,
    Heading,
    Paragraph,
    Plain,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import municipality
from orchestration.reporting.origins import Origins
from orchestration.reporting.render.html import Frame, page
from orchestration.reporting.sections import (
    analysis,
    focus_area,
    method,
    sources,
    summary,
    years,
)
from orchestration.reporting.sections.analysis import AnalysisChapter
from orchestration.reporting.sections.focus_area import Chapter
from orchestration.reporting.sections.sources import SYNTHETIC, Sources

LETTER = "P"
"""What the ids of the memorandum's numbers begin with."""

# So many remarks on the data stand in the text; the others are counted.
_REMARKS_TOLD = 20
_MARKING = "Arbetsmaterial, sekretess"


@dataclass(frozen=True, slots=True)
class Edition:
    """What the documents of one publication say about themselves.

    Attributes:
        built_at: When the figures were built; must have a time zone.
        version: Version of the system that built them.
        quality_status: How the checks fared, in Swedish: ``godkänd``, ``godkänd med anmärkning``.
        remarks: What stands behind it, in Swedish, a sentence each.
        false_discovery_rate: Share of false findings that the selection allows, 0 to 1.
        origins: What its numbers rest on, for the key of each page; None for pages without one.
        restricted: Whether it holds all figures, for those who may see them, or only what may be
            shown to anybody.
    """

    built_at: datetime
    version: str
    quality_status: str
    remarks: Sequence[str] = ()
    false_discovery_rate: float = 0.1
    origins: Origins | None = None
    restricted: bool = False


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
        *_synthetic(data),
        *_secrecy(edition),
        *summary.summary(data, chapters),
        *method.introduction(data),
        *method.method(data, restricted=edition.restricted),
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
    blocks += [*years.follow_up(data), *years.watch(data), *_closing(data)]
    blocks += _appendices(data, edition, found, chapters)
    return Document(
        title=say("Avvikelser i socialtjänstens statistik {year}", year=Period.year(data.year)),
        subtitle=say(
            "{municipality}. Promemoria",
            municipality=municipality(data.municipality_name),
        ),
        front=_front(data, edition),
        blocks=tuple(blocks),
        letter=LETTER,
        marking=_MARKING if edition.restricted else "",
    )


def as_page(document: Document, data: ReportData, edition: Edition) -> str:
    """Writes the memorandum as a page that loads nothing and is the same for the same arguments."""
    frame = Frame(
        municipality_name=data.municipality_name,
        version=edition.version,
        ways=(
            *(() if edition.restricted else ways("", PAGE_NAME)),
            (nodes("Promemorian som PDF"), PDF_NAME),
            (nodes("Promemorian som Word-fil"), WORD_NAME),
            (nodes("Tabellerna som arbetsbok"), WORKBOOK_NAME),
        ),
        foot=(
            say(
                "{municipality}, {title}.",
                municipality=municipality(data.municipality_name),
                title=document.title,
            ),
        ),
        contents=True,
        scripts=(NUMBERS,) if edition.origins else (),
        origins=edition.origins,
    )
    return page(document, frame)


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
            anchor=f"fokusomrade-{position}",
        )


def _new_first(area: AreaInFocus) -> AreaInFocus:
    """The same area with what is new this year before what was in focus last year too."""
    lead, *rest = area.deviations or (None,)
    if lead is None:
        return area
    ordered = sorted(rest, key=lambda row: row is not None and row.last_year is not None)
    return area.with_deviations((lead, *(row for row in ordered if row is not None)))


def _front(data: ReportData, edition: Edition) -> tuple[tuple[Said, Said], ...]:
    named = {
        "sender": "Avsändare",
        "recipient": "Till",
        "diary_number": "Diarienummer",
    }
    given = [
        (
            nodes(named[text.role]),
            (Quoted(text.text_sv, "seeds.memorandum_texts", text.text_id),),
        )
        for role in named
        for text in data.texts
        if text.role == role
    ]
    return (*given, (nodes("Framställd"), (Period.moment(edition.built_at),)))


def _synthetic(data: ReportData) -> list[Plain]:
    number = sum(source.synthetic for source in data.sources)
    if not number:
        return []
    made_up = Number(
        number, Form(), (Address("meta.sources", (("synthetic", "true"),)),), Quantity.COUNT
    )
    every = Number(len(data.sources), Form(), (Address("meta.sources"),), Quantity.COUNT)
    text = say(
        "{made_up} av {every} källor är framtagna för att pröva systemet, inte uppmätta. Uppgifter "
        "därifrån är märkta {mark} och säger inget om verksamheten i {municipality}.",
        made_up=made_up,
        every=every,
        mark=SYNTHETIC,
        municipality=municipality(data.municipality_name),
    )
    return [Callout(nodes("Delvis syntetiska uppgifter"), (Paragraph(text),), "syntetiskt")]


def _secrecy(edition: Edition) -> list[Plain]:
    if not edition.restricted:
        return []
    text = nodes(
        "Promemorian har alla tal, också dem som rör så få att någon kan kännas igen. Den är för "
        "den som får läsa sekretessbelagda uppgifter och lämnas inte ut. Den som går att sprida "
        "ligger bland det publicerade."
    )
    return [Callout(nodes(_MARKING), (Paragraph(text),), "arbetsmaterial")]


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
        Appendix(tuple(_about(edition))),
    ]


def _about(edition: Edition) -> list[Plain]:
    blocks: list[Plain] = [
        Heading(2, nodes("Bilaga F: Om framställningen och siffrorna"), "om-framstallningen"),
        *paragraph(
            say(
                "Framställd {moment} (svensk tid) med Avvik, version {version}. Kvalitetsstatus: "
                "{status}.",
                moment=Period.moment(edition.built_at),
                version=Quoted(edition.version, "meta.publication", "git_sha"),
                status=edition.quality_status,
            )
        ),
    ]
    if edition.remarks:
        told: list[Said] = [
            (Quoted(remark, "meta.remarks", str(position)),)
            for position, remark in enumerate(edition.remarks[:_REMARKS_TOLD])
        ]
        left = len(edition.remarks) - _REMARKS_TOLD
        if left > 0:
            cells = (Address("meta.remarks"),)
            every = Number(len(edition.remarks), Form(), cells, Quantity.COUNT)
            told.append(
                say(
                    "Alla {every} anmärkningar står i databasen och i kontrollernas resultat.",
                    every=every,
                )
            )
        blocks += paragraph("Anmärkningar på underlaget:")
        blocks += bullets(told)
    blocks += paragraph(
        "Texten är skriven automatiskt ur de publicerade tabellerna: samma underlag ger samma "
        "promemoria. Tänkbara förklaringar, nästa steg och förvaltningens egna texter är däremot "
        "skrivna av människor och återges som de är registrerade."
    )
    return blocks + paragraph(
        say(
            "Varje siffra i texten har ett nummer, som börjar med {letter}. I {list} står för "
            "varje nummer vilken tabell och rad i databasen siffran är hämtad ur.",
            letter=LETTER,
            list=Link(NUMBERS_NAME, nodes("siffernyckeln")),
        )
    )
