"""Beside step 4: the XmR chart of every series that is shown, for the eye.

Reads the marts and writes `marts.series_charts`. How limits are made belongs in
`orchestration.deviation`, drawing in `orchestration.reporting`.
"""

from collections.abc import Iterator
from itertools import groupby

import dagster as dg
import duckdb
import numpy as np

from orchestration.assets.deviations import MARTS_READ, read_catalogue
from orchestration.assets.found_explanations import FOUND_KEY
from orchestration.checks import require_open_gates
from orchestration.deviation.charts import PlainSeries, chart_points
from orchestration.deviation.settings import DeviationSettings
from orchestration.deviation.xmr import XmrSettings
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.storage.findings import FOUND_EXPLANATIONS, SERIES_CHARTS, write_findings

CHARTS_KEY = dg.AssetKey(["marts", "series_charts"])


@dg.asset(
    key=CHARTS_KEY,
    deps=[*(dg.AssetKey(table.split(".")) for table in MARTS_READ), FOUND_KEY],
    group_name="findings",
    owners=OWNERS,
    kinds={"python", "duckdb"},
    pool=WRITER_POOL,
    description="Seriernas styrdiagram (XmR): medelvärde, gränser och signaler, för ögat.",
)
def series_charts(context: dg.AssetExecutionContext, avvik: Avvik) -> dg.MaterializeResult[None]:
    """Compute the limits of the municipality's series, and of its county's and the nation's."""
    settings = avvik.settings
    places = DeviationSettings(geography_id=settings.municipality).places()
    with avvik.warehouse() as connection:
        require_open_gates(connection, [*MARTS_READ, FOUND_EXPLANATIONS.name])
        explanations = read_catalogue(connection, settings).natural_explanations
        points = [
            point
            for series in read_plain_series(connection, places)
            for point in chart_points(series, explanations, XmrSettings())
        ]
        write_findings(connection, SERIES_CHARTS, [point.as_row() for point in points])
    context.log.info("Punkter i styrdiagram: %d", len(points))
    return dg.MaterializeResult(metadata={"dagster/row_count": len(points)})


def read_plain_series(
    connection: duckdb.DuckDBPyConnection, places: tuple[str, ...]
) -> Iterator[PlainSeries]:
    """Read all series of some places.

    Args:
        connection: An open connection to the warehouse.
        places: Codes of geographies.

    Yields:
        One series for each indicator, geography, breakdown, category and grain.
    """
    rows = connection.execute(
        """
        select
            indicator_id, geography_id, breakdown, category, period_grain,
            12 * year(period_start) + month(period_start) - 1, value, status
        from marts.indicator_values
        where geography_id in (select unnest($places))
        order by all
        """,
        {"places": list(places)},
    ).fetchall()
    for key, group in groupby(rows, key=lambda row: row[:5]):
        months, value, status = zip(*(row[5:] for row in group), strict=True)
        yield PlainSeries(
            key=key[:4],
            grain=key[4],
            months=np.array(months, dtype=np.int64),
            # None becomes nan.
            value=np.array(value, dtype=np.float64),
            status=[str(each) for each in status],
        )
