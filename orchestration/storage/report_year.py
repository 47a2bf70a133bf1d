"""The year a report is about: the one that is named, or the latest with values of the city's own.

A named year without values is refused here, in one sentence for every place that can know it. What
does not belong here: whether something that has not been loaded yet may bring the year
(`orchestration.intake.report_year`), and what is tested of a year.
"""

from collections.abc import Sequence
from itertools import groupby

import duckdb

from orchestration.indicators.models import CONTEXT_AREAS, Area
from orchestration.storage.warehouse import table_exists

AREA_YEARS = "marts.area_years"
COUNTRY = "SE"


class ReportYearError(ValueError):
    """There is nothing to report on; the message is a sentence in Swedish for who runs it."""


def years_with_values(
    connection: duckdb.DuckDBPyConnection, municipality: str, *, only_statistics: bool = False
) -> tuple[int, ...]:
    """The years that a report on a municipality can be about.

    They are those with values of its own activities, its surroundings apart. One that delivers
    nothing has no such values: its years are those of the statistics that compare municipalities,
    else of its surroundings; where nothing is published of it, the country's of the former.

    Args:
        connection: An open connection to the warehouse; reading is enough.
        municipality: Its code.
        only_statistics: Whether it delivers nothing.

    Returns:
        In order; none where the marts have not been built.
    """
    if not table_exists(connection, AREA_YEARS):
        return ()
    own = frozenset(Area) - CONTEXT_AREAS
    places: list[tuple[str, frozenset[Area]]] = [(municipality, own)]
    if only_statistics:
        compared, around = frozenset({Area.OPPNA_JAMFORELSER}), frozenset({Area.OMVARLD})
        places += [(municipality, compared), (municipality, around), (COUNTRY, compared)]
    found = (_years_of(connection, place, areas) for place, areas in places)
    return next((years for years in found if years), ())


def _years_of(
    connection: duckdb.DuckDBPyConnection, place: str, areas: frozenset[Area]
) -> tuple[int, ...]:
    rows = connection.execute(
        f"""
        select distinct report_year
        from {AREA_YEARS}
        where geography_id = $place and list_contains($areas, area)
        order by report_year
        """,
        {"place": place, "areas": sorted(str(area) for area in areas)},
    ).fetchall()
    return tuple(int(year) for (year,) in rows)


def report_year(
    connection: duckdb.DuckDBPyConnection,
    municipality: str,
    wanted: int | None,
    *,
    only_statistics: bool = False,
) -> int:
    """The year the report is about.

    Args:
        connection: An open connection to the warehouse, with its marts built.
        municipality: Its code.
        wanted: The year that is asked for; None for the latest.
        only_statistics: Whether the municipality delivers nothing.

    Returns:
        A year with values.

    Raises:
        ReportYearError: If there is no value at all, or none of the year that is asked for.
    """
    years = years_with_values(connection, municipality, only_statistics=only_statistics)
    if not years:
        raise ReportYearError(
            "Det finns inga årsvärden för kommunen. Gör så här: lämna registren och kör om."
        )
    if wanted is None:
        return years[-1]
    if wanted not in years:
        raise ReportYearError(without_values(wanted, years))
    return wanted


def without_values(wanted: int, years: Sequence[int]) -> str:
    """The sentence that refuses a year.

    Args:
        wanted: The year that is asked for.
        years: Those that have values, in order; at least one.
    """
    return (
        f"Rapportåret {wanted} saknar årsvärden för kommunens verksamheter. Gör så här: välj ett "
        f"av åren {_spans(years)} med --year eller AVVIK_YEAR, eller lämna registren för {wanted} "
        "och kör om."
    )


def _spans(years: Sequence[int]) -> str:
    """``2014, 2016–2023``: years that follow on each other are written as a span."""
    spans: list[str] = []
    for _, run in groupby(enumerate(years), key=lambda entry: entry[1] - entry[0]):
        of_span = [year for _, year in run]
        first, last = of_span[0], of_span[-1]
        spans.append(str(first) if first == last else f"{first}–{last}")
    return ", ".join(spans)
