"""After loading: which published series have stopped coming.

A fetch that goes well says nothing of it: a publisher may go on answering with a table that it no
longer fills. Fetching itself, and how old an answer is, belong elsewhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import duckdb

from orchestration.settings import Settings
from orchestration.sources.registry import Dataset, load_registry
from orchestration.sources.requests import PxWebRequest
from orchestration.storage.warehouse import table_exists

_PERIOD = re.compile(r"(\d{4})(?:[M-](\d{2}))?")
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Standstill:
    """A series whose next period is overdue.

    Attributes:
        source_id: The dataset.
        newest_period: The latest period with a value, as delivered.
        due_on: The day the next one should have come at the latest.
        message_sv: What it is, since when, and where it may go on.
    """

    source_id: str
    newest_period: str
    due_on: date
    message_sv: str


def standing_still(
    connection: duckdb.DuckDBPyConnection, settings: Settings, *, today: date
) -> list[Standstill]:
    """Find the series that stand still.

    Recordings stand still by nature: in a demonstration nothing is looked for.

    Args:
        connection: An open connection to the warehouse, with what is loaded.
        settings: Which profile runs.
        today: The present day.

    Returns:
        One entry a series that is overdue, in the registry's order.
    """
    if settings.profile != "live":
        return []
    found = (
        standstill_of(dataset, _periods(connection, dataset), today=today)
        for dataset in load_registry()
    )
    return [each for each in found if each is not None]


def standstill_of(dataset: Dataset, periods: Iterable[str], *, today: date) -> Standstill | None:
    """Judge one series by its periods.

    Args:
        dataset: Declares cadence, lag and grace, and whether the series has ended.
        periods: The periods with a value, as delivered.
        today: The present day.

    Returns:
        The standstill, or None if the next period is not yet due, or none is expected.
    """
    ends = {period: end for period in periods if (end := _last_day(period)) is not None}
    if not ends:
        return None
    newest = max(ends, key=lambda period: ends[period])
    if dataset.ends_with is not None and ends[newest] >= (_last_day(dataset.ends_with) or date.max):
        return None
    next_end = _next_last_day(ends[newest], dataset.cadence)
    due_on = next_end + timedelta(days=dataset.publication_lag_days + dataset.grace_days)
    if today <= due_on:
        return None
    return Standstill(dataset.source_id, newest, due_on, _message(dataset, newest, due_on))


def _message(dataset: Dataset, newest: str, due_on: date) -> str:
    after = dataset.request.successors if isinstance(dataset.request, PxWebRequest) else ()
    if after:
        remedy = f"Enligt källregistret fortsätter tabellen i {', '.join(after)}: byt till den."
    else:
        remedy = "Se efter hos utgivaren om serien är nedlagd, ersatt eller försenad."
    return (
        f"{dataset.title_sv} ({dataset.source_id}) står stilla: den senaste perioden är {newest}, "
        f"och nästa skulle ha kommit senast {due_on.isoformat()}. {remedy}"
    )


def _periods(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> list[str]:
    table = dataset.raw_table
    if not table_exists(connection, f"raw.{table}"):
        return []
    rows = connection.execute(
        f"select distinct period from raw.{table} where dataset_id = ? and value is not null",
        [dataset.source_id],
    ).fetchall()
    return [period for (period,) in rows]


def _last_day(period: str) -> date | None:
    """The last day of a year or a month; None for what is neither."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2] or _DECEMBER)
    # The period after it must be a date too.
    if not (1 <= year < date.max.year - 1 and 1 <= month <= _DECEMBER):
        return None
    return _month_end(year, month)


def _next_last_day(end: date, cadence: Literal["month", "year"]) -> date:
    months = end.year * _DECEMBER + end.month - 1 + (1 if cadence == "month" else _DECEMBER)
    return _month_end(months // _DECEMBER, months % _DECEMBER + 1)


def _month_end(year: int, month: int) -> date:
    after = date(year + 1, 1, 1) if month == _DECEMBER else date(year, month + 1, 1)
    return after - timedelta(days=1)
