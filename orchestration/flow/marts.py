"""The marts as the statistics take them: typed series, the catalogue, the report year.

Only reading. What is written of them, and why, belongs to the steps; SQL that makes marts in dbt.
"""

from collections.abc import Iterator
from itertools import groupby

import duckdb
import numpy as np
from numpy.typing import NDArray

from orchestration.deviation.charts import PlainSeries
from orchestration.deviation.series import MonthlySeries, Series
from orchestration.findings.marts import FOUND_EXPLANATIONS, read_findings
from orchestration.flow.step import StepRefusedError
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.registers.municipality import is_described
from orchestration.settings import Settings
from orchestration.storage.report_year import ReportYearError
from orchestration.storage.report_year import report_year as year_of


def read_catalogue(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Catalogue:
    """Read the catalogue, with the explanations that were found beside those that are registered.

    Args:
        connection: An open connection to the warehouse.
        settings: Where the seeds are.

    Returns:
        The catalogue.
    """
    found = read_findings(connection, FOUND_EXPLANATIONS)
    return load_catalogue(settings.seeds_dir).with_found(found)


def report_year(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """The year the report is about.

    Args:
        connection: An open connection to the warehouse.
        settings: May name the year.

    Returns:
        The configured year, or the latest with values of the municipality's own activities; of a
        municipality that nobody has described, and of which nothing is published, the country's.

    Raises:
        StepRefusedError: If there are no values to report on.
    """
    try:
        return year_of(
            connection,
            settings.municipality,
            settings.year,
            only_statistics=not is_described(settings),
        )
    except ReportYearError as error:
        raise StepRefusedError(str(error)) from error


def read_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Read what the places are called.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        Name by code.
    """
    return dict(connection.execute("select geography_id, name from marts.geographies").fetchall())


def read_successors(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Read which board took over from each that ceased.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        The successor by the code of the board that ceased.
    """
    rows = connection.execute(
        """
        select geography_id, successor_id
        from marts.geographies
        where successor_id is not null
        """
    ).fetchall()
    return dict(rows)


def read_series(
    connection: duckdb.DuckDBPyConnection, *, whole_of: str | None = None
) -> list[Series]:
    """Read all yearly series.

    Args:
        connection: An open connection to the warehouse.
        whole_of: A place, of which only the series that are not broken down are read; all series
            of all places unless given.

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
            and ($place is null or (geography_id = $place and breakdown = 'total'))
        order by all
        """,
        {"place": whole_of},
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
