"""Who publishes what, when, where and on what terms: what is said of all tables together."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from orchestration.opendata.tables import Table

# What `meta.publication` says where nobody has seen to it that small counts are hidden.
_NOT_TRIED = "ej prövad"


@dataclass(frozen=True)
class Publisher:
    """Who publishes, and where; from the settings.

    Attributes:
        municipality_id: Official code of the municipality.
        municipality_name: Its name.
        name: Who publishes.
        licence: Address of the terms.
        contact: Mail address for questions; None where none is given.
        base: Address of the directory of the files, ending with a slash; None where there is none.
        place: What the municipality is called among linked data; None where that is not given.
    """

    municipality_id: str
    municipality_name: str
    name: str
    licence: str
    contact: str | None = None
    base: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Publication:
    """What `meta.publication` says of the tables.

    Attributes:
        built_at: When it was made.
        version: The program.
        run_id: The run.
        synthetic: Whether any source is made up.
        disclosure: How the disclosure control went, in words.
    """

    built_at: datetime
    version: str
    run_id: str
    synthetic: bool
    disclosure: str

    @property
    def may_be_spread(self) -> bool:
        """Whether small counts are hidden, so that anybody may have it."""
        return self.disclosure != _NOT_TRIED


def publication_of(connection: duckdb.DuckDBPyConnection) -> Publication:
    """What is said of the publication.

    Args:
        connection: An open connection with `meta.publication`.

    Raises:
        LookupError: If its table has no row.
    """
    row = connection.execute(
        "select epoch_us(built_at), git_sha, run_id, coalesce(synthetic, false), disclosure_status"
        " from meta.publication"
    ).fetchone()
    if row is None:
        raise LookupError("meta.publication has no row")
    microseconds, version, run_id, synthetic, disclosure = row
    return Publication(_moment(microseconds), version, run_id, synthetic, disclosure)


def period_of(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[date, date] | None:
    """The first and the last day that a table's rows are about.

    Args:
        connection: An open connection with the table.
        table: The table.

    Returns:
        The days; None for a table without periods, or without rows. A period that is not a month is
        taken to last its year out.
    """
    if "period_start" in table.by_name:
        start = "period_start"
        monthly = "period_grain = 'month'" if "period_grain" in table.by_name else "false"
    elif "year" in table.by_name:
        start, monthly = "make_date(year::integer, 1, 1)", "false"
    else:
        return None
    row: Any = connection.execute(
        f"""
        select
            min({start})::date,
            max(
                case
                    when {monthly} then last_day({start})
                    else make_date(year({start})::integer, 12, 31)
                end
            )::date
        from {table.place}
        """
    ).fetchone()
    return None if row[0] is None else (row[0], row[1])


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).replace(microsecond=0)
