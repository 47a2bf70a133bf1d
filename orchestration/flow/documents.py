"""Step: the documents and the indicators' pages, written from the marts and the findings.

Writes a draft inside the installation; readers get it with the snapshot, when that is published.
What anybody may read is written from what is released and from nothing else; beside it the
documents with all figures, for those who may see them. They are one product, so that a draft is
never a document and pages of different figures. What they say belongs in `orchestration.reporting`.
"""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.marts import (
    ANALYSIS_METHODS,
    ANALYSIS_RESULTS,
    BOARD_STANDARDISED,
    EARLY_WARNINGS,
)
from orchestration.flow.analyses import Analysis
from orchestration.flow.built_from import REPORT_YEAR
from orchestration.flow.calculations import calculations
from orchestration.flow.findings import CATALOGUE, MARTS
from orchestration.flow.marts import report_year
from orchestration.flow.releasing import RELEASE, open_release
from orchestration.flow.remarks import all_remarks, quality_status
from orchestration.flow.step import Outcome, Product, Step, StepRefusedError, Work
from orchestration.registers.municipality import is_described, load_municipality
from orchestration.reporting.addresses import (
    MEMORANDUM,
    NUMBERS_NAME,
    PAGES_DIRECTORY,
    RUNNING_YEAR,
    YEARLY_REPORT,
    Formats,
)
from orchestration.reporting.chapters import CHAPTER_SEEDS, Chapters, load_chapters
from orchestration.reporting.data import ReportData, load_indicators, load_report_data
from orchestration.reporting.definitions import catalogue_order, definitions
from orchestration.reporting.document import Document
from orchestration.reporting.indicator_pages import render_indicator_pages
from orchestration.reporting.issued import Edition, as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.origins import load_origins
from orchestration.reporting.render.docx import as_docx
from orchestration.reporting.render.numbered import as_json
from orchestration.reporting.render.typst import PaperError, as_pdf
from orchestration.reporting.render.workbook import as_workbook
from orchestration.reporting.running_year import running_year_page
from orchestration.reporting.sections.analysis import (
    AnalysisChapter,
    AnalysisContext,
    anchor_of,
)
from orchestration.reporting.sections.sources import Sources
from orchestration.reporting.series import SeriesData, load_series_data
from orchestration.reporting.site.content import load_site
from orchestration.reporting.site.whole import site_files
from orchestration.reporting.yearly_report import yearly_report
from orchestration.settings import Settings
from orchestration.storage.report_year import AREA_YEARS
from orchestration.version import code_version

DRAFT = "published.memorandum"
# What the draft's two parts are called, after the doors that they go out through.
OPEN, RESTRICTED = "published", "restricted"
# So often the log says how many pages are written.
_TOLD_EVERY = 20


def draft_dir(settings: Settings) -> Path:
    """Where the draft of the memorandum and of the indicators' pages lies."""
    return settings.state_dir / "draft"


def memorandum_step(found: Sequence[Analysis] = ()) -> Step:
    """Write the memorandum, the yearly report and the indicators' pages.

    Args:
        found: The analyses, each with a chapter of the memorandum.
    """
    tables = [name for each in found for name in each.step.products]
    tables += [ANALYSIS_RESULTS.name, ANALYSIS_METHODS.name, BOARD_STANDARDISED.name]
    return Step(
        name="memorandum",
        title_sv="Skriver promemorian, rapporten och indikatorernas sidor",
        part_sv="dokument",
        writes=(
            Product(
                DRAFT,
                "Promemorian och socialtjänstrapporten, med en sida för varje indikators serie.",
                reads=(
                    RELEASE,
                    REPORT_YEAR,
                    AREA_YEARS,
                    *MARTS,
                    *CATALOGUE,
                    *CHAPTER_SEEDS,
                    "marts.source_notes",
                    "marts.found_explanations",
                    "marts.deviations",
                    "marts.peer_comparison",
                    "marts.series_charts",
                    "marts.focus_areas",
                    "marts.triangulation",
                    EARLY_WARNINGS.name,
                    *tables,
                ),
                group="report",
                kinds=frozenset({"html", "pdf", "word", "excel"}),
            ),
        ),
        run=partial(_write, found),
    )


def chapters(
    connection: duckdb.DuckDBPyConnection,
    municipality: str,
    found: Sequence[Analysis],
    data: ReportData,
    smallest_count: float,
) -> list[AnalysisChapter]:
    """The chapters of the analyses, in the order of the seed.

    Args:
        connection: What they are written from.
        municipality: Code of the municipality that is reported on.
        found: The analyses.
        data: What the memorandum states.
        smallest_count: Below which boards are not compared.

    Raises:
        StepRefusedError: An analysis has no row in the seed, or a row no analysis.
    """
    rows = connection.execute(
        "select analysis_id, title_sv from seeds.analyses order by position, analysis_id"
    ).fetchall()
    by_id = {each.analysis_id: each for each in found}
    if odd := sorted(by_id.keys() ^ {analysis_id for analysis_id, _ in rows}):
        raise StepRefusedError(
            f"Analyserna och seed-filen analyses.csv är inte desamma: {', '.join(odd)}. "
            "Gör så här: ge varje analys en rad, och ta bort rader utan analys."
        )
    told = []
    for analysis_id, title_sv in rows:
        context = AnalysisContext(
            year=data.year,
            municipality_id=municipality,
            municipality_name=data.municipality_name,
            sources=Sources(data.sources),
            anchor=anchor_of(analysis_id),
            smallest_count=smallest_count,
            only_statistics=data.public is not None,
        )
        own = by_id[analysis_id]
        blocks = own.blocks(connection, context)
        result = own.result(connection, context) if own.indicators else ()
        pages = tuple(own.pages(connection, context))
        told.append(
            AnalysisChapter(analysis_id, title_sv, tuple(blocks), own.indicators, result, pages)
        )
    return told


def _write(found: Sequence[Analysis], work: Work) -> Outcome:
    """Write the draft anew."""
    connection, settings = work.connection, work.settings
    of_method = DeviationSettings(geography_id=settings.municipality)
    year = report_year(connection, settings)
    remarks = all_remarks(connection)
    edition = Edition(
        built_at=datetime.now(UTC),
        version=code_version(settings),
        quality_status=quality_status(remarks),
        # Each may count rows of persons.
        remarks=(),
        false_discovery_rate=of_method.fdr,
        origins=load_origins(connection),
    )
    draft = draft_dir(settings)
    unfinished = draft.with_name("draft.partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        with open_release(settings) as released:
            preview = _preview(released)
            areas, pages = _write_open(released, unfinished / OPEN, found, work, edition)
        stated = read_stated(connection, settings, found, year)
        secret = replace(edition, remarks=remarks, restricted=True)
        issue(unfinished / RESTRICTED, connection, stated, secret)
        running = running_year_page(connection, stated.report, secret)
        (unfinished / RESTRICTED / RUNNING_YEAR).write_text(running, encoding="utf-8")
    except PaperError as error:
        raise StepRefusedError(
            f"Dokumenten kan inte skrivas i alla format, och inget publiceras. {error}"
        ) from error
    # The old draft goes first: whoever publishes in between finds none, and not half of one.
    shutil.rmtree(draft, ignore_errors=True)
    unfinished.rename(draft)
    work.log.info("Promemorian, rapporten och %d sidor är skrivna: %s", pages, draft)
    return Outcome(
        {
            DRAFT: {
                "fokusomraden": areas,
                "sidor": pages,
                "fil": str(draft / OPEN / MEMORANDUM.page),
                "sammanfattning": preview,
            }
        }
    )


def _preview(released: duckdb.DuckDBPyConnection) -> str:
    """The focus areas as anybody may read them, for whoever looks at the graph; Markdown."""
    rows = released.execute(
        "select rank, title_sv, summary_sv from marts.focus_areas order by rank"
    ).fetchall()
    if not rows:
        return "Inga fokusområden."
    return "\n".join(f"{rank}. **{title}.** {summary}" for rank, title, summary in rows)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the documents of one door state.

    Attributes:
        municipality_id: Whose they are.
        report: What the memorandum states.
        told: The chapters of the analyses.
        series: The figures of every indicator.
        chapters: What the yearly report shows of them.
    """

    municipality_id: str
    report: ReportData
    told: Sequence[AnalysisChapter]
    series: SeriesData
    chapters: Chapters

    def documents(self, edition: Edition) -> dict[Formats, Document]:
        """Every document that is issued whole, by where it lies."""
        return {
            MEMORANDUM: memorandum(self.report, edition, self.told),
            YEARLY_REPORT: yearly_report(
                self.report, self.series, self.chapters, edition, self.municipality_id
            ),
        }


def read_stated(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    found: Sequence[Analysis],
    year: int,
) -> Stated:
    """Read what the documents state.

    Args:
        connection: The warehouse, or what is released of it.
        settings: The installation.
        found: The analyses.
        year: The report year.

    Raises:
        StepRefusedError: As `chapters`.
    """
    of_method = DeviationSettings(geography_id=settings.municipality)
    name = load_municipality(settings).name
    data = load_report_data(
        connection,
        year=year,
        municipality_id=settings.municipality,
        municipality_name=name,
        only_statistics=not is_described(settings),
    )
    smallest = of_method.board_minimum_count
    series = load_series_data(
        connection,
        year=year,
        places=of_method.places(),
        municipality_name=name,
        smallest_count=smallest,
    )
    return Stated(
        settings.municipality,
        data,
        chapters(connection, settings.municipality, found, data, smallest),
        series,
        load_chapters(connection, series),
    )


def _write_open(
    released: duckdb.DuckDBPyConnection,
    directory: Path,
    found: Sequence[Analysis],
    work: Work,
    edition: Edition,
) -> tuple[int, int]:
    """Write all that anybody may read; how many areas and pages there are."""
    settings = work.settings
    stated = read_stated(released, settings, found, report_year(work.connection, settings))
    documents = issue(directory, released, stated, edition)
    (directory / PAGES_DIRECTORY).mkdir(mode=0o700)
    pages = 0
    counted = calculations(work.connection)
    series = stated.series
    for file_name, page in render_indicator_pages(series, edition, stated.told, counted):
        (directory / PAGES_DIRECTORY / file_name).write_text(page, encoding="utf-8")
        pages += 1
        if pages % _TOLD_EVERY == 0:
            work.log.info("Indikatorsidor: %d av %d", pages, len(series.indicators) + 1)
    site = load_site(
        released,
        stated.report,
        series,
        edition,
        documents,
        municipality_id=settings.municipality,
        analyses=stated.told,
    )
    for address, text in site_files(site):
        (directory / address).parent.mkdir(mode=0o700, exist_ok=True)
        (directory / address).write_text(text, encoding="utf-8")
        pages += address.endswith(".html")
    return len(stated.report.focus_areas), pages


def issue(
    directory: Path,
    connection: duckdb.DuckDBPyConnection,
    stated: Stated,
    edition: Edition,
) -> dict[Formats, Document]:
    """Write the documents in all their formats, with the list of their numbers.

    Args:
        directory: Where they lie; it must not be there.
        connection: What they were read from.
        stated: What they state.
        edition: What they say about themselves.

    Returns:
        The documents.

    Raises:
        PaperError: If one cannot be set as a file.
    """
    documents = stated.documents(edition)
    known = definitions(catalogue_order(load_indicators(connection).values()))
    directory.mkdir(mode=0o700)
    # Typst sets a paper while the interpreter writes the other formats.
    with ThreadPoolExecutor(max_workers=1) as setter:
        papers = [
            (directory / formats.pdf, setter.submit(as_pdf, document, edition.built_at))
            for formats, document in documents.items()
        ]
        for formats, document in documents.items():
            page = as_page(document, stated.report, edition, formats)
            (directory / formats.page).write_text(page, encoding="utf-8")
            (directory / formats.word).write_bytes(as_docx(document, contents=True))
            workbook = as_workbook(document, known, edition.built_at)
            (directory / formats.workbook).write_bytes(workbook)
        for path, paper in papers:
            path.write_bytes(paper.result())
    by_page = {formats.page: document for formats, document in documents.items()}
    (directory / NUMBERS_NAME).write_text(as_json(by_page), encoding="utf-8")
    return documents
