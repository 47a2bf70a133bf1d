"""What every document that is issued whole has: its edition, front, warnings and page.

The memorandum and the yearly report share it. What each of them says belongs in its own module,
where its formats lie in ``addresses``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
    DOCUMENTS,
    NUMBERS,
    NUMBERS_NAME,
    RUNNING_YEAR,
    Formats,
    ways,
)
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import (
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
from orchestration.reporting.sections.sources import SYNTHETIC

MARKING = "Arbetsmaterial, sekretess"
"""What stands on each page of a document with all figures."""

# So many remarks on the data stand in the text; the others are counted.
_REMARKS_TOLD = 20


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

    @property
    def marking(self) -> str:
        """What stands on each page; empty where anybody may read."""
        return MARKING if self.restricted else ""


def as_page(document: Document, data: ReportData, edition: Edition, formats: Formats) -> str:
    """Writes a document as a page that loads nothing and is the same for the same arguments.

    Args:
        document: What it says.
        data: Whose.
        edition: What it says about itself.
        formats: Where it and its other formats lie.
    """
    # A document with all figures lies beside the other ones with all figures, not in the site.
    leads = (
        (
            *((nodes(each.name), each.page) for each in DOCUMENTS if each != formats),
            (nodes("Läget i år"), RUNNING_YEAR),
        )
        if edition.restricted
        else ways("", formats.page)
    )
    _, *others = formats.links()
    frame = Frame(
        municipality_name=data.municipality_name,
        version=edition.version,
        ways=(*leads, *((nodes(name), address) for name, address in others)),
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


def front(data: ReportData, edition: Edition) -> tuple[tuple[Said, Said], ...]:
    """Who sends a document, to whom, and when it was made."""
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


def synthetic(data: ReportData) -> list[Plain]:
    """How many of the sources are made up, where any of them are."""
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


def secrecy(edition: Edition, formats: Formats) -> list[Plain]:
    """That a document has all figures, and whom it is for; nothing where anybody may read it."""
    if not edition.restricted:
        return []
    text = nodes(
        f"{formats.name} har alla tal, också dem som rör så få att någon kan kännas igen. Den är "
        "för den som får läsa sekretessbelagda uppgifter och lämnas inte ut. Den som går att "
        "sprida ligger bland det publicerade."
    )
    return [Callout(nodes(MARKING), (Paragraph(text),), "arbetsmaterial")]


def about(edition: Edition, appendix: str, letter: str, automatic: str) -> list[Plain]:
    """How a document was made, and how its numbers are followed.

    Args:
        edition: What it says about itself.
        appendix: The letter of the appendix that this is.
        letter: What its numbers' ids begin with.
        automatic: What of its text is written by the system, in a sentence or two.
    """
    blocks: list[Plain] = [
        Heading(
            2, nodes(f"Bilaga {appendix}: Om framställningen och siffrorna"), "om-framstallningen"
        ),
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
    blocks += paragraph(automatic)
    return blocks + paragraph(
        say(
            "Varje siffra i texten har ett nummer, som börjar med {letter}. I {list} står för "
            "varje nummer vilken tabell och rad i databasen siffran är hämtad ur.",
            letter=letter,
            list=Link(NUMBERS_NAME, nodes("siffernyckeln")),
        )
    )
