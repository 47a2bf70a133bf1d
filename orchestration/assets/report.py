"""Step 6: the memorandum, written from the marts and the findings.

Writes a draft inside the installation; readers get it with the snapshot, when that is published.
What the memorandum says belongs in `orchestration.reporting`.
"""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.assets.deviations import DEVIATIONS_KEY, MARTS_READ, report_year
from orchestration.assets.focus_areas import FOCUS_KEYS
from orchestration.checks import quality_status, require_open_gates
from orchestration.deviation.settings import DeviationSettings
from orchestration.registers.municipality import load_municipality
from orchestration.reporting.data import load_report_data
from orchestration.reporting.memorandum import render_memorandum
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.settings import Settings
from orchestration.version import code_version

REPORT_KEY = dg.AssetKey(["published", "memorandum"])
REPORT_NAME = "memorandum.html"


def draft_path(settings: Settings) -> Path:
    """Where the draft of the memorandum lies."""
    return settings.state_dir / "draft" / REPORT_NAME


@dg.asset(
    key=REPORT_KEY,
    deps=[*(dg.AssetKey(table.split(".")) for table in MARTS_READ), DEVIATIONS_KEY, *FOCUS_KEYS],
    group_name="report",
    owners=OWNERS,
    kinds={"html"},
    pool=WRITER_POOL,
    description="Promemorian: fokusområdena med resultat, triangulering och slutsats.",
)
def memorandum(context: dg.AssetExecutionContext, avvik: Avvik) -> dg.MaterializeResult[None]:
    """Write the memorandum."""
    settings = avvik.settings
    read = [*MARTS_READ, "marts.deviations", "marts.focus_areas", "marts.triangulation"]
    with avvik.warehouse(read_only=True) as connection:
        require_open_gates(connection, read)
        data = load_report_data(
            connection,
            year=report_year(connection, settings),
            municipality_id=settings.municipality,
            municipality_name=load_municipality(settings).name,
        )
        status = quality_status(connection)
    html = render_memorandum(
        data,
        built_at=datetime.now(UTC),
        version=code_version(settings),
        quality_status=status,
        false_discovery_rate=DeviationSettings().fdr,
    )
    path = draft_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(html, encoding="utf-8")
    context.log.info("Promemorian är skriven: %s", path)
    return dg.MaterializeResult(
        metadata={
            "fokusomraden": len(data.focus_areas),
            "dagster/uri": dg.MetadataValue.path(str(path)),
        }
    )
