"""Step 4: what deviates from its expected value.

Reads the marts, hands typed series to `orchestration.deviation`, and writes `marts.deviations`.
The statistics belong there; grouping into focus areas is the next step.
"""

from itertools import groupby

import dagster as dg
import duckdb
import numpy as np
from numpy.typing import NDArray

from orchestration.assets.found_explanations import FOUND_KEY
from orchestration.checks import require_open_gates
from orchestration.deviation.assess import assess
from orchestration.deviation.followup import follow_up
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.deviation.settings import DeviationSettings
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.indicators.models import FoundExplanation
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.settings import Settings
from orchestration.storage.findings import (
    DEVIATIONS,
    FOUND_EXPLANATIONS,
    read_findings,
    write_findings,
)

MARTS_READ = ("marts.indicators", "marts.indicator_values", "marts.geographies")
NAMES = "select geography_id, name from marts.geographies"
DEVIATIONS_KEY = dg.AssetKey(["marts", "deviations"])


@dg.asset(
    key=DEVIATIONS_KEY,
    deps=[*(dg.AssetKey(table.split(".")) for table in MARTS_READ), FOUND_KEY],
    group_name="findings",
    owners=OWNERS,
    kinds={"python", "duckdb"},
    pool=WRITER_POOL,
    description="Värden utanför det väntade, med prövning, rang och förklaring.",
)
def deviations(context: dg.AssetExecutionContext, avvik: Avvik) -> dg.MaterializeResult[None]:
    """Test the municipality's series and its boards, and write what deviates."""
    settings = avvik.settings
    with avvik.warehouse() as connection:
        require_open_gates(connection, [*MARTS_READ, FOUND_EXPLANATIONS.name])
        year = report_year(connection, settings)
        series = read_series(connection)
        catalogue = read_catalogue(connection, settings)
        of_method = DeviationSettings(geography_id=settings.municipality)
        names = dict(connection.execute(NAMES).fetchall())
        months = read_months(connection, settings.municipality)
        rows = follow_up(
            assess(series, catalogue, year - 1, of_method, names=names),
            assess(series, catalogue, year, of_method, names=names, months=months),
            series,
            catalogue,
            year,
        )
        write_findings(connection, DEVIATIONS, [row.as_row() for row in rows])
    context.log.info("Prövade serier: %d, rader: %d", len(series), len(rows))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "serier": len(series),
            "rapportar": year,
            **{
                f"utfall_{outcome}": sum(row.outcome == outcome for row in rows)
                for outcome in ("focus", "explained", "watch", "cannot_tell")
            },
        }
    )


def read_catalogue(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Catalogue:
    """Read the catalogue, with the explanations that were found beside those that are registered.

    Args:
        connection: An open connection to the warehouse.
        settings: Where the seeds are.

    Returns:
        The catalogue.
    """
    found = read_findings(connection, FOUND_EXPLANATIONS)
    return load_catalogue(settings.seeds_dir).with_found(map(FoundExplanation.from_row, found))


def report_year(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """The year the report is about.

    Args:
        connection: An open connection to the warehouse.
        settings: May name the year.

    Returns:
        The configured year, or the latest with values from the municipality's own registers.

    Raises:
        dagster.Failure: If there are no values to report on.
    """
    if settings.year is not None:
        return settings.year
    row = connection.execute(
        """
        select max(year(indicator_values.period_start))
        from marts.indicator_values
        inner join marts.indicators using (indicator_id)
        where indicator_values.period_grain = 'year'
            and indicator_values.geography_id = $municipality
            and indicators.area not in ('omvarld', 'oppna_jamforelser')
        """,
        {"municipality": settings.municipality},
    ).fetchone()
    if row is None or row[0] is None:
        raise dg.Failure(
            "Det finns inga årsvärden för kommunen. Gör så här: lämna registren och kör om.",
            allow_retries=False,
        )
    return int(row[0])


def read_series(connection: duckdb.DuckDBPyConnection) -> list[Series]:
    """Read all yearly series.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        One series for each indicator, geography, breakdown and category.
    """
    rows = connection.execute(
        """
        select
            indicator_id, geography_id, breakdown, category, year(period_start),
            numerator, denominator, value, standard_deviation, observations, status
        from marts.indicator_values
        where period_grain = 'year'
        order by all
        """
    ).fetchall()
    return [
        _series(key, list(zip(*((row[4:]) for row in group), strict=True)))
        for key, group in groupby(rows, key=lambda row: row[:4])
    ]


def read_months(connection: duckdb.DuckDBPyConnection, municipality: str) -> list[MonthlySeries]:
    """Read the monthly series of a municipality.

    Args:
        connection: An open connection to the warehouse.
        municipality: Its code.

    Returns:
        One series for each indicator, breakdown and category.
    """
    rows = connection.execute(
        """
        select
            indicator_id, geography_id, breakdown, category,
            12 * year(period_start) + month(period_start) - 1, value, status
        from marts.indicator_values
        where period_grain = 'month' and geography_id = $municipality
        order by all
        """,
        {"municipality": municipality},
    ).fetchall()
    series: list[MonthlySeries] = []
    for key, group in groupby(rows, key=lambda row: row[:4]):
        indicator_id, geography_id, breakdown, category = key
        months, value, status = zip(*(row[4:] for row in group), strict=True)
        series.append(
            MonthlySeries(
                indicator_id=indicator_id,
                geography_id=geography_id,
                breakdown=breakdown,
                category=category,
                months=np.array(months, dtype=np.int64),
                value=_floats(value),
                status=[str(each) for each in status],
            )
        )
    return series


def _series(key: tuple[str, str, str, str], columns: list[tuple[object, ...]]) -> Series:
    years, numerator, denominator, value, deviation, observations, status = columns
    return Series(
        *key,
        years=np.array(years, dtype=np.int64),
        numerator=_floats(numerator),
        denominator=_floats(denominator),
        value=_floats(value),
        standard_deviation=_floats(deviation),
        observations=_floats(observations),
        status=[str(each) for each in status],
    )


def _floats(values: tuple[object, ...]) -> NDArray[np.float64]:
    # None becomes nan.
    return np.array(values, dtype=np.float64)
