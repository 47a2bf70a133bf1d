"""Step: the year under way against what was expected of it, with its check and its notice.

Reads what registers have delivered of the year after the report year, and writes the early
warnings. They are for those who may see all figures: nothing of them is released, so neither the
check nor the notice is a remark on what is published. How a warning comes about belongs in
`orchestration.deviation.early`.
"""

from collections import Counter
from itertools import groupby

import duckdb
import numpy as np

from orchestration.deviation.early import EarlySettings, RunningSeries, early_warnings
from orchestration.deviation.settings import DeviationSettings
from orchestration.findings.codes import EarlyOutcome
from orchestration.findings.marts import EARLY_WARNINGS, FOUND_EXPLANATIONS, write_findings
from orchestration.findings.records import EarlyWarning
from orchestration.flow.built_from import REPORT_YEAR
from orchestration.flow.marts import read_catalogue, read_series, report_year
from orchestration.flow.step import Check, Outcome, Product, Step, Verdict, Work
from orchestration.indicators.catalogue import CATALOGUE_SEEDS
from orchestration.notices import Cause
from orchestration.statistics.arrays import FloatArray
from orchestration.statistics.running_year import MONTHS
from orchestration.storage.alarms import not_yet_told

CHECK = "tidig_varning"
PAGE = "restricted/laget_i_ar.html"
_RUNNING_MONTHS = "intermediate.int_running_months"
_GROWTH = "intermediate.int_month_growth"
_YEARS = "intermediate.int_register_years"
_DELIVERIES = "staging.stg_register__deliveries"
#: Lags that a month is followed to at most.
_LAGS = 12


def early_step() -> Step:
    """Judge the year under way."""
    return Step(
        name="early_warnings",
        title_sv="Håller det pågående året mot det väntade",
        part_sv="avvikelser",
        writes=(
            Product(
                EARLY_WARNINGS.name,
                "Det pågående årets månader mot det väntade; bara för behöriga.",
                reads=(
                    REPORT_YEAR,
                    "marts.indicators",
                    "marts.indicator_values",
                    *(f"seeds.{name}" for name in CATALOGUE_SEEDS),
                    FOUND_EXPLANATIONS.name,
                    _RUNNING_MONTHS,
                    _GROWTH,
                    _YEARS,
                    _DELIVERIES,
                ),
                group="findings",
                kinds=frozenset({"python", "duckdb"}),
                columns=EARLY_WARNINGS.described,
            ),
        ),
        suites=(EARLY_WARNINGS.name,),
        gate_title_sv="Kontrollerar tidiga varningar",
        checks=(
            Check(
                CHECK,
                EARLY_WARNINGS.name,
                "Ingen indikator har en tidig varning.",
                is_restricted=True,
            ),
        ),
        run=_warn,
        lets_stand=True,
    )


def _warn(work: Work) -> Outcome:
    connection, settings = work.connection, work.settings
    year = report_year(connection, settings) + 1
    catalogue = read_catalogue(connection, settings)
    running = read_running(connection, settings.municipality, year)
    rows = early_warnings(
        running,
        read_series(connection, whole_of=settings.municipality) if running else [],
        read_growth(connection, settings.municipality),
        catalogue=catalogue,
        year=year,
        settings=EarlySettings(),
        of_years=DeviationSettings(geography_id=settings.municipality),
    )
    write_findings(connection, EARLY_WARNINGS, rows)
    warned = [row for row in rows if row.outcome is EarlyOutcome.VARNING]
    counted = Counter(str(row.outcome) for row in rows)
    # How many are warned of is told behind the door, and not in a log.
    work.log.info("Indikatorer med månader av %d: %d", year, len(rows))
    titles = (catalogue.indicator(row.indicator_id).title_sv for row in warned)
    messages = tuple(f"Tidig varning {year}: {title}. Läs {PAGE}." for title in titles)
    figures = {f"utfall_{outcome}": counted[outcome] for outcome in EarlyOutcome}
    return Outcome(
        {EARLY_WARNINGS.name: {"dagster/row_count": len(rows)}},
        verdicts=[Verdict(CHECK, EARLY_WARNINGS.name, messages, figures)],
        notices=_notices(work, warned),
    )


def _notices(work: Work, warned: list[EarlyWarning]) -> list[Cause]:
    """That there are new warnings, each once; which of what is told behind the door alone."""
    if work.settings.as_of is not None or not warned:
        return []
    told = [(CHECK, f"{row.indicator_id} {row.period_start.year}") for row in warned]
    new = not_yet_told(work.connection, told)
    if not new:
        return []
    text = (
        f"Nya tidiga varningar i det pågående året: {len(new)}. Gör så här: läs {PAGE},"
        " bara för behöriga."
    )
    return [Cause(text, table=EARLY_WARNINGS.name)]


def read_running(
    connection: duckdb.DuckDBPyConnection, municipality: str, year: int
) -> list[RunningSeries]:
    """Read the months of a municipality's counts.

    Args:
        connection: An open connection to the warehouse.
        municipality: Its code.
        year: The year under way.

    Returns:
        Each count whose register has delivered a month of the year. A delivered month without a
        case is nought; one that has not been delivered is nan.
    """
    delivered = _delivered(connection, municipality, year)
    whole = _whole_years(connection, municipality, year)
    rows = connection.execute(
        f"""
        select register_name, indicator_id, year(month_start), month(month_start), newly_counted
        from {_RUNNING_MONTHS}
        where municipality_id = $municipality and geography_id = $municipality
        order by all
        """,
        {"municipality": municipality},
    ).fetchall()
    found = []
    for (register, indicator), group in groupby(rows, key=lambda row: row[:2]):
        if register not in delivered:
            continue
        counts = {(at, month): float(value) for _, _, at, month, value in group}
        earlier = [
            [counts.get((at, month), 0.0) for month in range(1, MONTHS + 1)]
            for at in whole.get(register, ())
        ]
        now = [
            counts.get((year, month), 0.0) if month in delivered[register] else np.nan
            for month in range(1, MONTHS + 1)
        ]
        found.append(
            RunningSeries(
                indicator,
                municipality,
                register,
                np.array(earlier, dtype=np.float64).reshape(-1, MONTHS),
                np.array(now, dtype=np.float64),
            )
        )
    return found


def _delivered(
    connection: duckdb.DuckDBPyConnection, municipality: str, year: int
) -> dict[str, set[int]]:
    """Months of a year that each register has delivered."""
    rows = connection.execute(
        f"""
        select distinct register_name, cast(right(delivery_period, 2) as integer)
        from {_DELIVERIES}
        where municipality_id = $municipality
            and length(delivery_period) > 4 and left(delivery_period, 4) = $year
        order by all
        """,
        {"municipality": municipality, "year": str(year)},
    ).fetchall()
    return {
        name: {month for _, month in group} for name, group in groupby(rows, key=lambda row: row[0])
    }


def _whole_years(
    connection: duckdb.DuckDBPyConnection, municipality: str, year: int
) -> dict[str, list[int]]:
    """Years before one that each register has delivered whole."""
    rows = connection.execute(
        f"""
        select register_name, year(period_start)
        from {_YEARS}
        where municipality_id = $municipality and is_complete and year(period_start) < $year
        order by all
        """,
        {"municipality": municipality, "year": year},
    ).fetchall()
    return {name: [at for _, at in group] for name, group in groupby(rows, key=lambda row: row[0])}


def read_growth(connection: duckdb.DuckDBPyConnection, municipality: str) -> dict[str, FloatArray]:
    """Read how the months of each register grew.

    Args:
        connection: An open connection to the warehouse.
        municipality: Whose registers.

    Returns:
        By register, rows of each month by the lag at which they came, as
        `statistics.reporting_delay.growth` takes them.
    """
    newest: dict[str, int] = dict(
        connection.execute(
            f"""
            select
                register_name,
                max(
                    12 * cast(left(delivery_period, 4) as integer)
                    + cast(right(delivery_period, 2) as integer) - 1
                )
            from {_DELIVERIES}
            where municipality_id = $municipality and length(delivery_period) > 4
            group by register_name
            """,
            {"municipality": municipality},
        ).fetchall()
    )
    rows = connection.execute(
        f"""
        select
            register_name, 12 * year(month_start) + month(month_start) - 1, lag_months, arrivals
        from {_GROWTH}
        where municipality_id = $municipality
        order by all
        """,
        {"municipality": municipality},
    ).fetchall()
    found = {}
    for register, group in groupby(rows, key=lambda row: row[0]):
        cells = [row[1:] for row in group]
        first, last = cells[0][0], newest[register]
        reached = last - np.arange(first, last + 1)[:, None] >= np.arange(_LAGS)
        told = np.where(reached, 0.0, np.nan)
        for month, lag, arrivals in cells:
            if month <= last and lag < _LAGS:
                told[month - first, lag] += arrivals
        found[register] = told
    return found
