"""The page of quality: how the checks fared, and in what state the sources are.

Only whether a check passed and how severe it is: how many rows failed it would tell of persons.
"""

from __future__ import annotations

from orchestration.language import words
from orchestration.language.inline import Quoted, Said, Text, joined, nodes, say
from orchestration.reporting.data import Source
from orchestration.reporting.document import (
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
from orchestration.reporting.figures import NOTHING, municipality
from orchestration.reporting.sections.sources import SYNTHETIC, retrieved
from orchestration.reporting.site.content import Judged, Site
from orchestration.reporting.site.parts import year_of

LETTER = "Q-"
"""What the ids of its numbers begin with."""


def quality_page(site: Site) -> Document:
    """Builds the page.

    Args:
        site: Whose.

    Raises:
        LookupError: If a check has a severity without a Swedish word.
    """
    return Document(
        title=nodes("Kvalitet"),
        subtitle=say(
            "{municipality}. Hur underlaget till {year} har kontrollerats",
            municipality=municipality(site.name),
            year=year_of(site),
        ),
        blocks=(
            Heading(2, nodes("Läget"), "laget"),
            *paragraph(
                say(
                    "Kvalitetsstatus: {status}. En allvarlig kontroll som inte godkänns stoppar "
                    "publiceringen. En varning publiceras och märks ut. En upplysning sparas bara.",
                    status=site.edition.quality_status,
                )
            ),
            *_remarks(site),
            *_sources(site),
            *_checks(site),
        ),
        letter=LETTER,
    )


def _remarks(site: Site) -> list[Plain]:
    if not site.edition.remarks:
        return paragraph("Det finns inga anmärkningar på underlaget.")
    told: list[Said] = [
        (Quoted(remark, "meta.remarks", str(place)),)
        for place, remark in enumerate(site.edition.remarks)
    ]
    return [*paragraph("Anmärkningar på underlaget:"), *bullets(told)]


def _sources(site: Site) -> list[Plain]:
    heading = Heading(2, nodes("Källorna"), "kallorna")
    sources = site.report.sources
    if not sources:
        return [heading, *paragraph("Inga källor är registrerade.")]
    blocks: list[Plain] = [heading]
    if any(source.synthetic for source in sources):
        text = say(
            "Källor märkta {mark} är framtagna för att pröva systemet, inte uppmätta.",
            mark=SYNTHETIC,
        )
        title = "Delvis syntetiska uppgifter"
        blocks.append(Callout(nodes(title), (Paragraph(text),), "syntetiskt"))
    return [
        *blocks,
        Table(
            nodes("Källorna, med när de hämtades och i vilket skick de är"),
            (
                Column(nodes("Källa")),
                Column(nodes("Utgivare")),
                Column(nodes("Avser")),
                Column(nodes("Hämtad")),
                Column(nodes("Skick"), wide=True),
            ),
            tuple(_source(source) for source in sources),
            "tabell-kallor",
            numbered=False,
            stacked=True,
        ),
    ]


def _source(source: Source) -> tuple[Cell, ...]:
    def quoted(text: str) -> Said:
        return (Quoted(text or words.MISSING, "meta.sources", source.source_id),)

    state: Said = nodes("aktuell")
    if source.held:
        state = say("inaktuell. {held}", held=quoted(source.held))
    elif source.stale:
        state = nodes("inaktuell, en nyare leverans är att vänta")
    mark: Said = (Text(" "), SYNTHETIC) if source.synthetic else ()
    return (
        Cell(joined((*quoted(source.title_sv), *mark))),
        Cell(quoted(source.publisher)),
        Cell(quoted(source.reference_period)),
        Cell(retrieved(source)),
        Cell(state),
    )


def _checks(site: Site) -> list[Plain]:
    heading = Heading(2, nodes("Kontrollerna"), "kontrollerna")
    if not site.judged:
        return [heading, *paragraph("Inga kontroller är registrerade.")]
    tables = dict.fromkeys(each.table for each in site.judged)
    return [
        heading,
        *paragraph(
            "Varje tabell vaktas av regler. Här står för varje allvarsgrad om alla tabellens "
            "regler godkändes."
        ),
        Table(
            nodes("Kontrollerna tabell för tabell"),
            (
                Column(nodes("Tabell")),
                *(Column(nodes(name)) for name in words.SEVERITIES.values()),
            ),
            tuple(_row(site, name) for name in tables),
            "tabell-kontroller",
            numbered=False,
            stacked=True,
        ),
    ]


def _row(site: Site, name: str) -> tuple[Cell, ...]:
    own = {each.severity: each for each in site.judged if each.table == name}
    # A grade that has no word would have no column, and be passed over.
    for severity in own:
        words.word(words.SEVERITIES, severity)
    head = Quoted(name, "meta.validation_results.table_name", name)
    return (Cell((head,)), *(Cell(_told(own.get(severity))) for severity in words.SEVERITIES))


def _told(judged: Judged | None) -> Said:
    if judged is None:
        return NOTHING
    return nodes("godkänd" if judged.success else "inte godkänd")
