"""Step: the memorandum and the indicators' pages, written from the marts and the findings.

Writes a draft inside the installation; readers get it with the snapshot, when that is published.
They are one product, so that a draft is never a memorandum and pages of different figures. What
they say belongs in `orchestration.reporting`.
"""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.marts import ANALYSIS_METHODS, ANALYSIS_RESULTS, BOARD_STANDARDISED
from orchestration.flow.analyses import Analysis
from orchestration.flow.built_from import REPORT_YEAR
from orchestration.flow.calculations import calculations
from orchestration.flow.findings import CATALOGUE, MARTS
from orchestration.flow.marts import report_year
from orchestration.flow.remarks import all_remarks, quality_status
from orchestration.flow.step import Outcome, Product, Step, StepRefusedError, Work
from orchestration.registers.municipality import load_municipality
from orchestration.reporting.addresses import (
    NUMBERS_NAME,
    PAGE_NAME,
    PAGES_DIRECTORY,
    PDF_NAME,
    WORD_NAME,
    WORKBOOK_NAME,
)
from orchestration.reporting.data import ReportData, load_report_data
from orchestration.reporting.definitions import definitions
from orchestration.reporting.indicator_pages import in_order, render_indicator_pages
from orchestration.reporting.memorandum import Edition, as_page, memorandum
from orchestration.reporting.origins import load_origins
from orchestration.reporting.render.docx import as_docx
from orchestration.reporting.render.numbered import as_json
from orchestration.reporting.render.typst import PaperError, as_pdf
from orchestration.reporting.render.workbook import as_workbook
from orchestration.reporting.sections.analysis import (
    AnalysisChapter,
    AnalysisContext,
    anchor_of,
)
from orchestration.reporting.sections.sources import Sources
from orchestration.reporting.series import load_series_data
from orchestration.reporting.site.content import load_site
from orchestration.reporting.site.whole import site_files
from orchestration.settings import Settings
from orchestration.storage.report_year import AREA_YEARS
from orchestration.version import code_version

DRAFT = "published.memorandum"
# So often the log says how many pages are written.
_TOLD_EVERY = 20


def draft_dir(settings: Settings) -> Path:
    """Where the draft of the memorandum and of the indicators' pages lies."""
    return settings.state_dir / "draft"


def memorandum_step(found: Sequence[Analysis] = ()) -> Step:
    """Write the memorandum and the indicators' pages.

    Args:
        found: The analyses, each with a chapter.
    """
    tables = [name for each in found for name in each.step.products]
    tables += [ANALYSIS_RESULTS.name, ANALYSIS_METHODS.name, BOARD_STANDARDISED.name]
    return Step(
        name="memorandum",
        title_sv="Skriver promemorian och indikatorernas sidor",
        part_sv="promemoria",
        writes=(
            Product(
                DRAFT,
                "Promemorian, med en sida för varje indikators serie.",
                reads=(
                    REPORT_YEAR,
                    AREA_YEARS,
                    *MARTS,
                    *CATALOGUE,
                    "marts.source_notes",
                    "marts.found_explanations",
                    "marts.deviations",
                    "marts.series_charts",
                    "marts.focus_areas",
                    "marts.triangulation",
                    *tables,
                ),
                group="report",
                kinds=frozenset({"html", "pdf", "word", "excel"}),
            ),
        ),
        run=partial(_write, found),
    )


def chapters(
    work: Work, found: Sequence[Analysis], data: ReportData, year: int, smallest_count: float
) -> list[AnalysisChapter]:
    """The chapters of the analyses, in the order of the seed.

    Raises:
        StepRefusedError: An analysis has no row in the seed, or a row no analysis.
    """
    rows = work.connection.execute(
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
            year=year,
            municipality_id=work.settings.municipality,
            municipality_name=data.municipality_name,
            sources=Sources(data.sources),
            anchor=anchor_of(analysis_id),
            smallest_count=smallest_count,
        )
        own = by_id[analysis_id]
        blocks = own.blocks(work.connection, context)
        result = own.result(work.connection, context) if own.indicators else ()
        pages = tuple(own.pages(work.connection, context))
        told.append(
            AnalysisChapter(analysis_id, title_sv, tuple(blocks), own.indicators, result, pages)
        )
    return told


def _write(found: Sequence[Analysis], work: Work) -> Outcome:
    """Write the draft anew."""
    connection, settings = work.connection, work.settings
    of_method = DeviationSettings(geography_id=settings.municipality)
    name = load_municipality(settings).name
    built_at = datetime.now(UTC)
    year = report_year(connection, settings)
    data = load_report_data(
        connection,
        year=year,
        municipality_id=settings.municipality,
        municipality_name=name,
    )
    series = load_series_data(
        connection,
        year=year,
        places=of_method.places(),
        municipality_name=name,
        smallest_count=of_method.board_minimum_count,
    )
    remarks = all_remarks(connection)
    edition = Edition(
        built_at=built_at,
        version=code_version(settings),
        quality_status=quality_status(remarks),
        remarks=remarks,
        false_discovery_rate=of_method.fdr,
        origins=load_origins(connection),
    )
    told = chapters(work, found, data, year, of_method.board_minimum_count)
    document = memorandum(data, edition, told)
    draft = draft_dir(settings)
    unfinished = draft.with_name("draft.partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / PAGES_DIRECTORY).mkdir(parents=True, mode=0o700)
    unfinished.chmod(0o700)
    (unfinished / PAGE_NAME).write_text(as_page(document, data, edition), encoding="utf-8")
    (unfinished / NUMBERS_NAME).write_text(as_json(document), encoding="utf-8")
    try:
        (unfinished / PDF_NAME).write_bytes(as_pdf(document, built_at))
        (unfinished / WORD_NAME).write_bytes(as_docx(document, contents=True))
    except PaperError as error:
        raise StepRefusedError(
            f"Promemorian kan inte skrivas i alla format, och inget publiceras. {error}"
        ) from error
    known = definitions([each.indicator for each in in_order(series)])
    (unfinished / WORKBOOK_NAME).write_bytes(as_workbook(document, known, built_at))
    pages = 0
    for file_name, page in render_indicator_pages(series, edition, told, calculations(connection)):
        (unfinished / PAGES_DIRECTORY / file_name).write_text(page, encoding="utf-8")
        pages += 1
        if pages % _TOLD_EVERY == 0:
            work.log.info("Indikatorsidor: %d av %d", pages, len(series.indicators) + 1)
    site = load_site(
        connection,
        data,
        series,
        edition,
        document,
        municipality_id=settings.municipality,
        analyses=told,
    )
    for address, text in site_files(site):
        (unfinished / address).parent.mkdir(mode=0o700, exist_ok=True)
        (unfinished / address).write_text(text, encoding="utf-8")
        pages += address.endswith(".html")
    # The old draft goes first: whoever publishes in between finds none, and not half of one.
    shutil.rmtree(draft, ignore_errors=True)
    unfinished.rename(draft)
    work.log.info("Promemorian och %d sidor är skrivna: %s", pages, draft)
    return Outcome(
        {
            DRAFT: {
                "fokusomraden": len(data.focus_areas),
                "sidor": pages,
                "fil": str(draft / PAGE_NAME),
            }
        }
    )
