"""The small city with the charts of its series, as the steps before the pages leave it."""

import duckdb
import numpy as np

from orchestration.deviation.charts import PlainSeries, chart_points
from orchestration.findings.marts import SERIES_CHARTS
from orchestration.reporting.series import SeriesData, load_series_data
from orchestration.statistics.xmr import XmrSettings
from tests.unit.reporting.conftest import YEAR, insert

SMALLEST = 5

TABLES = """
create table marts.series_charts (indicator_id varchar, geography_id varchar, breakdown varchar,
  category varchar, period_grain varchar, period_start date, segment integer, value double,
  centre double, lower double, upper double, moving_range double, trial boolean, signal varchar);
create table marts.source_notes (source_id varchar, note_number integer, kind varchar,
  period varchar, regions varchar, text_sv varchar);
"""


def draw(connection: duckdb.DuckDBPyConnection) -> None:
    """Fills in the charts, as the step before the pages does."""
    keys = connection.execute(
        "select distinct indicator_id, geography_id, breakdown, category, period_grain"
        " from marts.indicator_values where not contains(geography_id, '-') order by all"
    ).fetchall()
    for *key, grain in keys:
        rows = connection.execute(
            "select 12 * year(period_start) + month(period_start) - 1, value, status"
            " from marts.indicator_values where (indicator_id, geography_id, breakdown, category,"
            " period_grain) = (?, ?, ?, ?, ?) order by period_start",
            [*key, grain],
        ).fetchall()
        months, values, status = zip(*rows, strict=True)
        series = PlainSeries(
            (key[0], key[1], key[2], key[3]),
            grain,
            np.array(months, dtype=np.int64),
            np.array(values, dtype=np.float64),
            status,
        )
        for point in chart_points(series, [], XmrSettings()):
            insert(connection, "marts.series_charts", SERIES_CHARTS.row(point))


def read(connection: duckdb.DuckDBPyConnection) -> SeriesData:
    return load_series_data(
        connection,
        year=YEAR,
        places=("0180", "01", "SE"),
        municipality_name="Stockholms stad",
        smallest_count=SMALLEST,
    )
