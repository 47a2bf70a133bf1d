"""The page of an area of activity: its deviations of the year, and its indicators.

The rows of both tables are in ``parts``.
"""

from __future__ import annotations

from orchestration.language import words
from orchestration.language.inline import Link, nodes, say, sentences
from orchestration.reporting import telling
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.document import Document, Heading, Plain, paragraph
from orchestration.reporting.figures import municipality
from orchestration.reporting.page_parts import what_is_hidden
from orchestration.reporting.site.content import Site
from orchestration.reporting.site.parts import (
    deviation_table,
    indicator_list,
    synthetic_warning,
    year_of,
)

_UP = "../"


def area_page(site: Site, area: str) -> Document:
    """Builds the page.

    Args:
        site: Whose.
        area: Which.

    Raises:
        LookupError: If the area has no Swedish word.
    """
    place = list(words.AREAS).index(area) + 1
    rows = site.indicators(area)
    return Document(
        title=nodes(words.word(words.AREAS, area)),
        subtitle=say("{municipality}. Verksamhetsområde", municipality=municipality(site.name)),
        blocks=(
            *synthetic_warning(site, rows),
            what_is_hidden(),
            *_focus(site, area),
            *_deviations(site, area),
            Heading(2, nodes("Indikatorer"), "indikatorer"),
            indicator_list(
                site,
                rows,
                up=_UP,
                caption="Områdets indikatorer, med senaste värde",
                anchor="tabell-indikatorer",
            ),
        ),
        letter=f"O{place}-",
    )


def _focus(site: Site, area: str) -> list[Plain]:
    found = next((each for each in site.report.focus_areas if each.area == area), None)
    heading = Heading(2, nodes("Läget"), "laget")
    if found is None:
        return [
            heading,
            *paragraph(say("Området är inget fokusområde {year}.", year=year_of(site))),
        ]
    chapter = Link(f"{_UP}{MEMORANDUM.page}", nodes("promemorian"))
    return [
        heading,
        *paragraph(
            sentences(
                say("Fokusområde: {what}.", what=telling.headline(found, site.report.names)),
                telling.how_sure(found.deviations),
            )
        ),
        *paragraph(telling.conclusion(found, site.report.names)),
        *paragraph(
            say(
                "Tänkbara förklaringar, slutsatser och nästa steg står i {memorandum}.",
                memorandum=chapter,
            )
        ),
    ]


def _deviations(site: Site, area: str) -> list[Plain]:
    rows = [row for row in site.deviations if row.indicator.area == area]
    year = year_of(site)
    blocks: list[Plain] = [Heading(2, say("Avvikelser {year}", year=year), "avvikelser")]
    if not rows:
        return blocks + paragraph(
            say(
                "Ingen av områdets indikatorer har en rad bland {year} års avvikelser. Det betyder "
                "inte att inget har hänt.",
                year=year,
            )
        )
    return [
        *blocks,
        deviation_table(
            site,
            rows,
            up=_UP,
            caption=say("Områdets avvikelser {year}, efter rang", year=year),
            anchor="tabell-avvikelser",
            with_area=False,
        ),
    ]
