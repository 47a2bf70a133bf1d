"""The page of search: every page as a list, and the register that a script searches in.

The register is a file of script, since a page that is opened from a disk may load nothing else. How
it is searched belongs in the script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from orchestration.language import grammar, quantities, words
from orchestration.language.glossary import glossary
from orchestration.language.inline import Link, Said, nodes, plain
from orchestration.reporting.addresses import (
    GLOSSARY,
    INDEX_NAME,
    PAGES_DIRECTORY,
    Formats,
    area_address,
    board_address,
)
from orchestration.reporting.document import Document, Heading, Paragraph, bullets
from orchestration.reporting.figures import geography, municipality, title
from orchestration.reporting.site.content import Site

LETTER = "T-"
"""What the ids of its numbers begin with."""

_NAME = "AVVIK_SOKREGISTER"
# So much of a chapter's text is searched and shown.
_LONGEST = 1500
_CHAPTER = 2


@dataclass(frozen=True, slots=True)
class Record:
    """Something that can be found.

    Attributes:
        address: Where it is.
        title: What it is called.
        kind: What kind of thing it is, in Swedish.
        text: What else it can be found by.
    """

    address: str
    title: str
    kind: str
    text: str


def search_page(site: Site, others: Sequence[tuple[str, Document]]) -> Document:
    """Builds the page.

    Args:
        site: Whose.
        others: The site's other pages, by their addresses.
    """
    links: list[Said] = [(Link(address, document.title),) for address, document in others]
    links += [
        (Link(f"{PAGES_DIRECTORY}/{name}", document.title),)
        for analysis in site.analyses
        for name, document in analysis.pages
    ]
    links.append((Link(f"{PAGES_DIRECTORY}/{INDEX_NAME}", nodes("Alla indikatorer")),))
    for each in site.series.indicators:
        name = title(each.indicator, grammar.sentence_case(each.indicator.title_sv))
        links.append((Link(f"{PAGES_DIRECTORY}/{each.indicator.indicator_id}.html", (name,)),))
    return Document(
        title=nodes("Sök"),
        subtitle=(municipality(site.name),),
        blocks=(Heading(2, nodes("Alla sidor"), "alla-sidor"), *bullets(links)),
        letter=LETTER,
    )


def search_register(site: Site) -> str:
    """Writes all that can be found as a file of script, the same text for the same site."""
    rows = [{"id": place, **asdict(each)} for place, each in enumerate(_records(site))]
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f"window.{_NAME} = [\n{text}\n];\n"


def _records(site: Site) -> Iterator[Record]:
    for formats, document in site.documents.items():
        yield from _chapters(formats, document)
    for each in site.series.indicators:
        indicator = each.indicator
        area = words.word(words.AREAS, indicator.area)
        yield Record(
            f"{PAGES_DIRECTORY}/{indicator.indicator_id}.html",
            grammar.sentence_case(indicator.title_sv),
            "Indikator",
            f"{area}. {indicator.definition_sv} {quantities.unit_word(indicator.unit)}. "
            f"{indicator.indicator_id}",
        )
    for area in site.areas():
        names = [each.indicator.title_sv for each in site.indicators(area)]
        name = words.word(words.AREAS, area)
        yield Record(area_address(area), name, "Verksamhetsområde", f"{', '.join(names)}.")
    for board in site.boards:
        said = plain(geography(board.geography_id, board.name))
        yield Record(board_address(board.geography_id), said, "Stadsdelsnämnd", "Nämndens sida.")
    for analysis in site.analyses:
        for file_name, document in analysis.pages:
            address = f"{PAGES_DIRECTORY}/{file_name}"
            yield Record(address, plain(document.title), "Analys", plain(document.subtitle))
    for place, part in enumerate(glossary()):
        for entry in part.entries:
            if entry.meaning_sv:
                anchor = f"{GLOSSARY}#ord-{chr(ord('a') + place)}"
                yield Record(anchor, entry.sv, "Ord", f"{entry.meaning_sv}. {entry.en}")


def _chapters(formats: Formats, document: Document) -> Iterator[Record]:
    """A document's chapters and their parts, with what their paragraphs say."""
    heading: Heading | None = None
    chapter, said = "", list[str]()
    for block in (*document.plain_blocks(), None):
        if heading is not None and (block is None or isinstance(block, Heading)):
            name = plain(heading.said)
            in_part = "" if heading.level == _CHAPTER else f": {chapter}"
            kind = f"{formats.name}{in_part}"
            address = f"{formats.page}#{heading.anchor}"
            yield Record(address, name, kind, " ".join(said)[:_LONGEST])
        if isinstance(block, Heading):
            heading, said = block, []
            chapter = plain(block.said) if block.level == _CHAPTER else chapter
        elif isinstance(block, Paragraph):
            said.append(plain(block.said))
