"""The small city with the charts of its series and the chapters of its report.

As the steps before the documents leave it.
"""

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
create table seeds.report_chapters (chapter_id varchar, position integer, title_sv varchar);
create table seeds.chapter_indicators (chapter_id varchar, indicator_id varchar, position integer,
  shown_as varchar, breakdowns varchar);
create table seeds.chapter_registers (chapter_id varchar, register_id varchar, title_sv varchar);
create table seeds.incomparable_indicators (indicator_id varchar, other_indicator_id varchar,
  reason_sv varchar, source varchar);
insert into seeds.incomparable_indicators values
  ('homeless_persons', 'substance_use_persons', 'Den ena räknas en natt.', 'Den som räknar'),
  ('homeless_persons', 'evicted_children', 'Står i var sitt kapitel.', 'Den som räknar');
insert into seeds.report_chapters values ('ekonomiskt_bistand', 1, 'Ekonomiskt bistånd'),
  ('vald_i_nara_relation', 3, 'Våld i nära relation'), ('familjeratt', 2, 'Familjerätt'),
  ('socialpsykiatri', 4, 'Socialpsykiatri'), ('ovrigt', 5, 'Övrigt');
insert into seeds.chapter_indicators values
  ('ekonomiskt_bistand', 'evicted_children', 2, 'figure', 'sex'),
  ('ekonomiskt_bistand', 'assistance_households_share', 1, 'table', null),
  ('ekonomiskt_bistand', 'debt_median', 3, 'support', null),
  (null, 'price_housing_food', 1, 'support', null),
  ('vald_i_nara_relation', 'protected_housing_persons', 1, 'figure', null),
  ('vald_i_nara_relation', 'protected_housing_children', 2, 'table', null),
  ('vald_i_nara_relation', 'emergency_flat_women', 3, 'table', null),
  ('vald_i_nara_relation', 'reported_ipv_crimes', 4, 'figure', null),
  ('socialpsykiatri', 'housing_support_hours', 1, 'figure', 'target_group*sex'),
  ('ovrigt', 'substance_use_persons', 1, 'table', null),
  ('ovrigt', 'homeless_persons', 2, 'table', null),
  ('ovrigt', 'housing_support_block_grant', 3, 'table', null);
insert into seeds.chapter_registers values
  ('ekonomiskt_bistand', 'ekonomiskt_bistand_beslut', 'Beslut om ekonomiskt bistånd'),
  ('familjeratt', 'familjeratt_arenden', 'Familjerättsliga ärenden'),
  ('ovrigt', 'missbruk_insatser', 'Insatser'), ('ovrigt', 'lss_insatser', 'Insatser enligt LSS');
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
