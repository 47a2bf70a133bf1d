"""The whole site as files: every page and every script, by where it lies in the publication.

Which pages there are is said here; what stands in each belongs in its own module.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from orchestration.reporting.addresses import (
    ABOUT,
    ENTRANCE,
    GLOSSARY,
    NARROWING,
    NUMBERS,
    QUALITY,
    SEARCH,
    SEARCH_LICENCE,
    SEARCHING,
    area_address,
    board_address,
)
from orchestration.reporting.document import Document
from orchestration.reporting.render.html import page
from orchestration.reporting.site.about_page import about_page
from orchestration.reporting.site.area_page import area_page
from orchestration.reporting.site.board_page import board_page
from orchestration.reporting.site.content import Site
from orchestration.reporting.site.entrance import entrance
from orchestration.reporting.site.glossary_page import glossary_page
from orchestration.reporting.site.parts import frame
from orchestration.reporting.site.quality_page import quality_page
from orchestration.reporting.site.search_page import search_page, search_register

_SCRIPTS = Path(__file__).parent / "scripts"


def site_files(site: Site) -> Iterator[tuple[str, str]]:
    """Writes the site, apart from the documents and the indicators' pages.

    Args:
        site: What it states.

    Yields:
        A file's address from the top of the publication, and its text; pages are complete HTML
        documents, also well-formed as XML.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    for address, document in site_documents(site):
        scripts = SEARCHING if address == SEARCH else (NARROWING,)
        yield address, page(document, frame(site, address, scripts))
    _, register, searching = SEARCHING
    yield register, search_register(site)
    for script in (NARROWING, NUMBERS, SEARCHING[0], searching, SEARCH_LICENCE):
        yield script, _script(script)


def site_documents(site: Site) -> Iterator[tuple[str, Document]]:
    """Builds the site's documents.

    Args:
        site: What they state.

    Yields:
        A page's address from the top of the publication, and what stands in it; equal arguments
        give equal documents.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    documents = [*_documents(site)]
    yield from documents
    yield SEARCH, search_page(site, documents)


def _documents(site: Site) -> Iterator[tuple[str, Document]]:
    yield ENTRANCE, entrance(site)
    for area in site.areas():
        yield area_address(area), area_page(site, area)
    for place, board in enumerate(site.boards, start=1):
        yield board_address(board.geography_id), board_page(site, board, place)
    yield QUALITY, quality_page(site)
    yield GLOSSARY, glossary_page(site)
    yield ABOUT, about_page(site)


@cache
def _script(address: str) -> str:
    return (_SCRIPTS / Path(address).name).read_text(encoding="utf-8")
