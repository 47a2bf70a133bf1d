"""Each number of what was published leads to a cell behind its door, and each cell prints it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.deviation.settings import DeviationSettings
from orchestration.flow.analyses import analyses
from orchestration.flow.documents import chapters
from orchestration.flow.marts import report_year
from orchestration.flow.releasing import open_release
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Document
from orchestration.reporting.indicator_index import index
from orchestration.reporting.indicator_pages import in_order, indicator_page
from orchestration.reporting.memorandum import Edition, memorandum
from orchestration.reporting.render.numbered import numbered
from orchestration.reporting.series import load_series_data
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
    settings = published.settings
    year = report_year(connection, settings)
    edition = Edition(BUILT_AT, "0.1.0", "godkänd")
    method = DeviationSettings(geography_id=settings.municipality)
    stated = load_report_data(
        connection,
        year=year,
        municipality_id=settings.municipality,
        municipality_name="Stockholms stad",
    )
    told = chapters(
        connection, settings.municipality, analyses(), stated, method.board_minimum_count
    )
    document = memorandum(stated, edition, told)
    yield "promemoria.html", document
    data = load_series_data(
        connection,
        year=year,
        places=method.places(),
        municipality_name="Stockholms stad",
        smallest_count=method.board_minimum_count,
    )
    ordered = in_order(data)
    for place, content in enumerate(ordered, start=1):
        name = f"indikatorer/{content.indicator.indicator_id}.html"
        yield name, indicator_page(data, content, place, told)
    for analysis in told:
        for name, document in analysis.pages:
            yield f"indikatorer/{name}", document
    yield "indikatorer/index.html", index(data, ordered, edition)
    site = load_site(
        connection,
        stated,
        data,
        edition,
        document,
        municipality_id=settings.municipality,
        analyses=told,
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


def test_every_number_of_the_working_memorandum_is_its_cells(
    warehouse: duckdb.DuckDBPyConnection, published: Installation
) -> None:
    [(name, document), *_] = _documents(warehouse, published)
    assert unmet(warehouse, document) == []
    directory = published.settings.restricted_publication_dir
    assert _require_printed({name: document}, directory) > 500
