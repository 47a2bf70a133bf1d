"""The site's first page: what deviates this year, the documents, and the ways on.

The rows of the table are in ``parts``; what a finding is called and said to be, in ``telling``.
"""

from __future__ import annotations

from orchestration.language import words
from orchestration.language.inline import (
    Link,
    Period,
    Said,
    Strong,
    nodes,
    say,
    sentences,
)
from orchestration.reporting import figures, telling
from orchestration.reporting.addresses import (
    DATA_PACKAGE,
    DATABASE,
    INDEX_NAME,
    MEMORANDUM,
    PAGES_DIRECTORY,
    YEARLY_REPORT,
    Formats,
    area_address,
    board_address,
)
from orchestration.reporting.data import AreaInFocus
from orchestration.reporting.document import (
    Bullets,
    Document,
    Heading,
    Plain,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import geography, municipality
from orchestration.reporting.page_parts import what_is_hidden
from orchestration.reporting.sections import public_statistics
from orchestration.reporting.sections.analysis import anchor_of, title_of
from orchestration.reporting.site.content import Site
from orchestration.reporting.site.parts import deviation_table, synthetic_warning, year_of

LETTER = "S-"
"""What the ids of its numbers begin with."""


def entrance(site: Site) -> Document:
    """Builds the page.

    Args:
        site: Whose.

    Returns:
        The document; equal arguments give an equal one.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    year = year_of(site)
    return Document(
        title=say("Vad avviker {year}?", year=year),
        subtitle=say(
            "{municipality}. Framställd {moment}",
            municipality=municipality(site.name),
            moment=Period.moment(site.edition.built_at),
        ),
        blocks=(
            *synthetic_warning(site, site.series.indicators),
            *public_statistics.notice(site.report),
            what_is_hidden(),
            *_focus(site),
            *_deviations(site),
            *_issued(),
            *_areas(site),
            *_boards(site),
            *_further(site),
        ),
        letter=LETTER,
    )


def _focus(site: Site) -> list[Plain]:
    blocks: list[Plain] = [Heading(2, nodes("Fokusområden"), "fokusomraden")]
    areas = sorted(site.report.focus_areas, key=lambda area: list(words.AREAS).index(area.area))
    if not areas:
        return blocks + paragraph(
            say(
                "Ingen prövad avvikelse för {year} kvarstår sedan kända förklaringar räknats bort. "
                "Det betyder inte att inget har hänt.",
                year=year_of(site),
            )
        )
    told = (
        "Här blev {year} inte som väntat och ingen känd förklaring räcker till, eller så kvarstår "
        "en skillnad som förvaltningen har valt att följa."
        if any(map(telling.stands, areas))
        else "Här blev {year} inte som väntat, och ingen känd förklaring räcker till."
    )
    blocks += paragraph(say(told, year=year_of(site)))
    return blocks + bullets([_area_in_focus(site, area) for area in areas])


def _area_in_focus(site: Site, area: AreaInFocus) -> Said:
    link = Link(area_address(area.area), telling.headline(area, site.report.names))
    return sentences(say("{link}.", link=Strong((link,))), telling.how_sure(area.deviations))


def _deviations(site: Site) -> list[Plain]:
    blocks: list[Plain] = [Heading(2, nodes("Årets avvikelser"), "avvikelser")]
    rows = site.deviations
    if not rows:
        return blocks + paragraph(say("Prövningen av {year} gav inga rader.", year=year_of(site)))
    blocks += paragraph(
        "Varje rad är ett mått som prövningen pekade ut, den viktigaste först. Den näst sista "
        "kolumnen säger hur säkert det är att utfallet inte är en slump. Linjen är serien i "
        "miniatyr, var och en på sin egen skala."
    )
    return [
        *blocks,
        deviation_table(
            site,
            rows,
            caption=say("Avvikelser {year}, efter rang", year=year_of(site)),
            anchor="tabell-avvikelser",
        ),
    ]


def _issued() -> list[Plain]:
    return [
        Heading(2, nodes("Promemorian"), "promemorian"),
        *paragraph(
            "Promemorian är det som nämnden får: fokusområdena med resultat, tänkbara "
            "förklaringar, slutsatser och nästa steg. Den är densamma i alla format."
        ),
        _formats(MEMORANDUM),
        Heading(2, nodes("Socialtjänstrapporten"), "socialtjanstrapporten"),
        *paragraph(
            "Rapporten är socialtjänstens år i siffror, kapitel för kapitel: nyckeltal för tre år, "
            "nämnderna bredvid varandra, och vad som inte kan jämföras."
        ),
        _formats(YEARLY_REPORT),
    ]


def _formats(formats: Formats) -> Bullets:
    return Bullets(tuple((Link(address, nodes(name)),) for name, address in formats.links()))


def _areas(site: Site) -> list[Plain]:
    links: list[Said] = [
        say(
            "{area} ({count} {noun})",
            area=Link(area_address(area), nodes(words.word(words.AREAS, area))),
            count=figures.count(len(site.indicators(area)), "marts.indicators", ("area", area)),
            noun="indikator" if len(site.indicators(area)) == 1 else "indikatorer",
        )
        for area in site.areas()
    ]
    return [Heading(2, nodes("Verksamhetsområden"), "omraden"), *bullets(links)]


def _boards(site: Site) -> list[Plain]:
    if not site.boards:
        return []
    links: list[Said] = [
        (Link(board_address(each.geography_id), (geography(each.geography_id, each.name),)),)
        for each in site.boards
    ]
    return [
        Heading(2, nodes("Stadsdelsnämnder"), "namnder"),
        *paragraph("Varje nämnd har en egen sida: vad som sticker ut där, och dess indikatorer."),
        *bullets(links),
    ]


def _further(site: Site) -> list[Plain]:
    further = [
        (Link(f"{PAGES_DIRECTORY}/{name}", document.title),)
        for analysis in site.analyses
        for name, document in analysis.pages
    ]
    told = [
        (Link(f"{MEMORANDUM.page}#{anchor_of(each.analysis_id)}", (title_of(each),)),)
        for each in site.analyses
        if each.blocks
    ]
    every = Link(f"{PAGES_DIRECTORY}/{INDEX_NAME}", nodes("Alla indikatorer, serie för serie"))
    return [
        Heading(2, nodes("Indikatorer och analyser"), "mer"),
        *bullets([(every,), *further, *told]),
        Heading(2, nodes("Siffrorna som data"), "data"),
        *paragraph(
            say(
                "Allt som står här är hämtat ur {database}, som öppnas med DuckDB. Samma tabeller "
                "finns som filer, med en {package} som säger vad de innehåller.",
                database=Link(DATABASE, nodes("databasen")),
                package=Link(DATA_PACKAGE, nodes("förteckning")),
            )
        ),
    ]
