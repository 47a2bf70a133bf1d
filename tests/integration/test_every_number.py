"""Each number of what was published leads to a cell behind its door, and each cell prints it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pytest

from orchestration.flow.analyses import analyses
from orchestration.flow.documents import read_stated
from orchestration.flow.marts import report_year
from orchestration.flow.releasing import open_release
from orchestration.reporting.addresses import DOCUMENTS
from orchestration.reporting.document import Document
from orchestration.reporting.indicator_index import index
from orchestration.reporting.indicator_pages import in_order, indicator_page
from orchestration.reporting.issued import Edition
from orchestration.reporting.render.numbered import numbered
from orchestration.reporting.site.content import load_site
from orchestration.reporting.site.whole import site_documents
from tests.integration.conftest import Installation
from tests.number_walk import unmet
from tests.page_text import parse
from tests.unit.reporting.conftest import BUILT_AT


@pytest.fixture(scope="module")
def warehouse(published: Installation) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.settings.warehouse_path), read_only=True) as connection:
        yield connection


def _documents(
    connection: duckdb.DuckDBPyConnection, published: Installation
) -> Iterator[tuple[str, Document]]:
    """Those that are issued whole, then every page."""
    settings = published.settings
    edition = Edition(BUILT_AT, "0.1.0", "godkänd")
    stated = read_stated(connection, settings, analyses(), report_year(connection, settings))
    documents = stated.documents(edition)
    yield from ((formats.page, document) for formats, document in documents.items())
    data = stated.series
    ordered = in_order(data)
    for place, content in enumerate(ordered, start=1):
        name = f"indikatorer/{content.indicator.indicator_id}.html"
        yield name, indicator_page(data, content, place, stated.told)
    for analysis in stated.told:
        for name, document in analysis.pages:
            yield f"indikatorer/{name}", document
    yield "indikatorer/index.html", index(data, ordered, edition)
    site = load_site(
        connection,
        stated.report,
        data,
        edition,
        documents,
        municipality_id=settings.municipality,
        analyses=stated.told,
    )
    yield from site_documents(site)


def _require_printed(documents: dict[str, Document], directory: Path) -> int:
    """See that pages print what the documents hold, and nothing else; how many numbers they are."""
    count = 0
    for name, document in documents.items():
        html = (directory / name).read_text(encoding="utf-8")
        printed = {
            str(span.get("id")): "".join(span.itertext())
            for span in parse(html).iter("data")
            if str(span.get("id") or "").startswith(document.letter)
        }
        known = {each.number_id: each.number.text for each in numbered(document)}
        # Numbers that are only read aloud have no place of their own on the page.
        assert printed.items() <= known.items(), name
        count += len(printed)
    return count


def test_every_number_for_anybody_is_its_released_cells(published: Installation) -> None:
    with open_release(published.settings) as released:
        documents = dict(_documents(released, published))
        assert unmet(released, *documents.values()) == []
    assert len(documents) > 50
    assert _require_printed(documents, published.settings.published_dir) > 1000


def test_every_number_of_the_working_documents_is_its_cells(
    warehouse: duckdb.DuckDBPyConnection, published: Installation
) -> None:
    documents = dict(islice(_documents(warehouse, published), len(DOCUMENTS)))
    assert list(documents) == [each.page for each in DOCUMENTS]
    assert unmet(warehouse, *documents.values()) == []
    directory = published.settings.restricted_publication_dir
    for name, document in documents.items():
        assert _require_printed({name: document}, directory) > 500
