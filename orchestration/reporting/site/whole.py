"""The whole site as files: every page and every script, by where it lies in the publication.

Which pages there are is said here; what stands in each belongs in its own module.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from orchestration.reporting.addresses import (
    ENTRANCE,
    NARROWING,
    area_address,
    board_address,
)
from orchestration.reporting.document import Document
from orchestration.reporting.render.html import page
from orchestration.reporting.site.area_page import area_page
from orchestration.reporting.site.board_page import board_page
from orchestration.reporting.site.content import Site
from orchestration.reporting.site.entrance import entrance
from orchestration.reporting.site.parts import frame

_SCRIPTS_OF_ALL = (NARROWING,)
_SCRIPTS = Path(__file__).parent / "scripts"


def site_files(site: Site) -> Iterator[tuple[str, str]]:
    """Writes the site, apart from the memorandum and the indicators' pages.

    Args:
        site: What it states.

    Yields:
        A file's address from the top of the publication, and its text; pages are complete HTML
        documents, also well-formed as XML.

    Raises:
        LookupError: If the data holds a code without a Swedish word.
    """
    for address, document in site_documents(site):
        yield address, page(document, frame(site, address, _SCRIPTS_OF_ALL))
    for script in _SCRIPTS_OF_ALL:
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
    yield ENTRANCE, entrance(site)
    for area in site.areas():
        yield area_address(area), area_page(site, area)
    for place, board in enumerate(site.boards, start=1):
        yield board_address(board.geography_id), board_page(site, board, place)


@cache
def _script(address: str) -> str:
    return (_SCRIPTS / Path(address).name).read_text(encoding="utf-8")
