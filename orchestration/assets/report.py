"""Step 6: the memorandum and the indicators' pages, written from the marts and the findings.

Writes a draft inside the installation; readers get it with the snapshot, when that is published.
They are one step, so that a draft is never a memorandum and pages of different figures. What they
say belongs in `orchestration.reporting`.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.assets.deviations import MARTS_READ, report_year
from orchestration.checks import quality_status, require_open_gates
from orchestration.deviation.settings import DeviationSettings
from orchestration.registers.municipality import load_municipality
from orchestration.reporting.data import load_report_data
from orchestration.reporting.indicator_pages import Edition, render_indicator_pages
from orchestration.reporting.memorandum import render_memorandum
from orchestration.reporting.page import PAGES_DIRECTORY
from orchestration.reporting.series import load_series_data
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.settings import Settings
from orchestration.version import code_version

REPORT_KEY = dg.AssetKey(["published", "memorandum"])
REPORT_NAME = "memorandum.html"


_READ = (
    *MARTS_READ,
    "marts.source_notes",
    "marts.found_explanations",
    "marts.deviations",
    "marts.series_charts",
    "marts.focus_areas",
    "marts.triangulation",
)
# So often the log says how many pages are written.
_TOLD_EVERY = 20


def draft_dir(settings: Settings) -> Path:
    """Where the draft of the memorandum and of the indicators' pages lies."""
    return settings.state_dir / "draft"


@dg.asset(
    key=REPORT_KEY,
    deps=[dg.AssetKey(table.split(".")) for table in _READ],
    group_name="report",
    owners=OWNERS,
    kinds={"html"},
    pool=WRITER_POOL,
    description="Promemorian, med en sida för varje indikators serie.",
)
def memorandum(context: dg.AssetExecutionContext, avvik: Avvik) -> dg.MaterializeResult[None]:
    """Write the memorandum and the indicators' pages."""
    settings = avvik.settings
    of_method = DeviationSettings(geography_id=settings.municipality)
    name = load_municipality(settings).name
    built_at = datetime.now(UTC)
    with avvik.warehouse(read_only=True) as connection:
        require_open_gates(connection, _READ)
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
        status = quality_status(connection)
    html = render_memorandum(
        data,
        built_at=built_at,
        version=code_version(settings),
        quality_status=status,
        false_discovery_rate=of_method.fdr,
    )
    edition = Edition(built_at, code_version(settings), status, of_method.board_minimum_count)
    partial = draft_dir(settings).with_name("draft.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / PAGES_DIRECTORY).mkdir(parents=True, mode=0o700)
    partial.chmod(0o700)
    (partial / REPORT_NAME).write_text(html, encoding="utf-8")
    pages = 0
    for file_name, page in render_indicator_pages(series, edition):
        (partial / PAGES_DIRECTORY / file_name).write_text(page, encoding="utf-8")
        pages += 1
        if pages % _TOLD_EVERY == 0:
            context.log.info("Indikatorsidor: %d av %d", pages, len(series.indicators) + 1)
    # The old draft goes first: whoever publishes in between finds none, and not half of one.
    shutil.rmtree(draft_dir(settings), ignore_errors=True)
    partial.rename(draft_dir(settings))
    context.log.info("Promemorian och %d sidor är skrivna: %s", pages, draft_dir(settings))
    return dg.MaterializeResult(
        metadata={
            "fokusomraden": len(data.focus_areas),
            "sidor": pages,
            "dagster/uri": dg.MetadataValue.path(str(draft_dir(settings) / REPORT_NAME)),
        }
    )
