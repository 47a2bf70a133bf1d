"""Step: the memorandum and the indicators' pages, written from the marts and the findings.

Writes a draft inside the installation; readers get it with the snapshot, when that is published.
They are one product, so that a draft is never a memorandum and pages of different figures. What
they say belongs in `orchestration.reporting`.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from orchestration.deviation.settings import DeviationSettings
from orchestration.flow.built_from import REPORT_YEAR
from orchestration.flow.findings import CATALOGUE, MARTS
from orchestration.flow.marts import report_year
from orchestration.flow.remarks import all_remarks, quality_status
from orchestration.flow.step import Outcome, Product, Step, Work
from orchestration.registers.municipality import load_municipality
from orchestration.reporting.data import load_report_data
from orchestration.reporting.indicator_pages import Edition, render_indicator_pages
from orchestration.reporting.memorandum import render_memorandum
from orchestration.reporting.page import PAGES_DIRECTORY
from orchestration.reporting.series import load_series_data
from orchestration.settings import Settings
from orchestration.version import code_version

DRAFT = "published.memorandum"
MEMORANDUM = "memorandum.html"
# So often the log says how many pages are written.
_TOLD_EVERY = 20


def draft_dir(settings: Settings) -> Path:
    """Where the draft of the memorandum and of the indicators' pages lies."""
    return settings.state_dir / "draft"


def memorandum_step() -> Step:
    """Write the memorandum and the indicators' pages."""
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
                    *MARTS,
                    *CATALOGUE,
                    "marts.source_notes",
                    "marts.found_explanations",
                    "marts.deviations",
                    "marts.series_charts",
                    "marts.focus_areas",
                    "marts.triangulation",
                ),
                group="report",
                kinds=frozenset({"html"}),
            ),
        ),
        run=_write,
    )


def _write(work: Work) -> Outcome:
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
    status = quality_status(remarks)
    html = render_memorandum(
        data,
        built_at=built_at,
        version=code_version(settings),
        quality_status=status,
        remarks=remarks,
        false_discovery_rate=of_method.fdr,
    )
    edition = Edition(built_at, code_version(settings), status, of_method.board_minimum_count)
    draft = draft_dir(settings)
    partial = draft.with_name("draft.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / PAGES_DIRECTORY).mkdir(parents=True, mode=0o700)
    partial.chmod(0o700)
    (partial / MEMORANDUM).write_text(html, encoding="utf-8")
    pages = 0
    for file_name, page in render_indicator_pages(series, edition):
        (partial / PAGES_DIRECTORY / file_name).write_text(page, encoding="utf-8")
        pages += 1
        if pages % _TOLD_EVERY == 0:
            work.log.info("Indikatorsidor: %d av %d", pages, len(series.indicators) + 1)
    # The old draft goes first: whoever publishes in between finds none, and not half of one.
    shutil.rmtree(draft, ignore_errors=True)
    partial.rename(draft)
    work.log.info("Promemorian och %d sidor är skrivna: %s", pages, draft)
    return Outcome(
        {
            DRAFT: {
                "fokusomraden": len(data.focus_areas),
                "sidor": pages,
                "fil": str(draft / MEMORANDUM),
            }
        }
    )
