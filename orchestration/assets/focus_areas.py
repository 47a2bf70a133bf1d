"""Step 5: what remains after explanations, by area of activity, held against other sources.

Reads `marts.deviations` and writes `marts.focus_areas` and `marts.triangulation`. How deviations
are grouped belongs in `orchestration.deviation`.
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.deviations import DEVIATIONS_KEY
from orchestration.checks import require_open_gates
from orchestration.deviation.focus import focus_areas as find_focus_areas
from orchestration.deviation.result import Deviation
from orchestration.indicators.catalogue import load_catalogue
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.storage.findings import (
    DEVIATIONS,
    FOCUS_AREAS,
    TRIANGULATION,
    read_findings,
    write_findings,
)

FOCUS_KEYS = (dg.AssetKey(["marts", "focus_areas"]), dg.AssetKey(["marts", "triangulation"]))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            key,
            deps=[DEVIATIONS_KEY],
            group_name="findings",
            owners=OWNERS,
            kinds={"python", "duckdb"},
            description=description,
        )
        for key, description in zip(
            FOCUS_KEYS,
            (
                "Fokusområden: avvikelser som återstår när de förklarade är uteslutna.",
                "Fokusområdenas avvikelser ställda mot andra källor.",
            ),
            strict=True,
        )
    ],
    name="focus_areas",
    pool=WRITER_POOL,
)
def focus_areas(
    context: dg.AssetExecutionContext, avvik: Avvik
) -> Iterator[dg.MaterializeResult[None]]:
    """Group the deviations and write them beside their triangulation."""
    settings = avvik.settings
    with avvik.warehouse() as connection:
        require_open_gates(connection, ["marts.deviations"])
        areas, triangulation = find_focus_areas(
            [Deviation.from_row(row) for row in read_findings(connection, DEVIATIONS)],
            load_catalogue(settings.seeds_dir),
        )
        write_findings(connection, FOCUS_AREAS, [row.as_row() for row in areas])
        write_findings(connection, TRIANGULATION, [row.as_row() for row in triangulation])
    context.log.info("Fokusområden: %d", len(areas))
    for key, rows in zip(FOCUS_KEYS, (len(areas), len(triangulation)), strict=True):
        yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows})
