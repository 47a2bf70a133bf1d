"""What publishers say of a municipality that delivers nothing, read from the marts into records.

Its own latest values, the municipalities of its group beside it, and what is not published of it.
Wording belongs in `sections.public_statistics`, how the comparison is computed in dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from orchestration.reporting.reading import read_rows

if TYPE_CHECKING:
    from orchestration.reporting.data import CatalogueIndicator

COUNTRY = "SE"


@dataclass(frozen=True, slots=True)
class OwnValue:
    """The latest value of the municipality that a publisher has given.

    Attributes:
        grain: `year` or `month`.
        source_id: The dataset.
    """

    indicator: CatalogueIndicator
    grain: str
    period_start: date
    value: float
    source_id: str


@dataclass(frozen=True, slots=True)
class BesidePeers:
    """The latest row of `marts.peer_comparison` of its indicator and measure.

    Attributes:
        measure: `level` in the indicator's unit, or `change` as a share since `base_start`.
        lowest: Of the others in the group, as `median` and `highest`.
        country_value: None where the country has none.
        peers_with_value: How many of the others have a value; at least one.
    """

    indicator: CatalogueIndicator
    grain: str
    period_start: date
    measure: str
    base_start: date | None
    value: float
    lowest: float
    median: float
    highest: float
    country_value: float | None
    peers_with_value: int


@dataclass(frozen=True, slots=True)
class Group:
    """SKR's group that the municipality belongs to.

    Attributes:
        since: First year of the classification.
        made_up: Whether no source has said that the municipality is in it.
        peers: How many other municipalities are.
    """

    code: str
    name: str
    since: int
    made_up: bool
    peers: int


@dataclass(frozen=True, slots=True)
class PublicStatistics:
    """What is published of one municipality, up to the report year.

    Attributes:
        municipality_id: Its code.
        values: Its own values, by title.
        group: Its group; None where nothing of it can be held against any.
        compared: Its values beside its group's, by title.
        of_country: Published indicators that only the country has values of.
        of_none: Published indicators that neither has values of.
    """

    municipality_id: str
    values: tuple[OwnValue, ...]
    group: Group | None
    compared: tuple[BesidePeers, ...]
    of_country: tuple[CatalogueIndicator, ...]
    of_none: tuple[CatalogueIndicator, ...]


def load_public_statistics(
    connection: duckdb.DuckDBPyConnection,
    *,
    year: int,
    municipality_id: str,
    indicators: Mapping[str, CatalogueIndicator],
) -> PublicStatistics:
    """Read what is published of a municipality.

    Args:
        connection: Open connection to the marts; only read from.
        year: The report year: what is later is left out.
        municipality_id: Its code.
        indicators: The catalogue, by identifier.

    Raises:
        LookupError: If a row names an indicator that does not exist.
        duckdb.Error: If a table or column is missing.
    """
    values = tuple(
        OwnValue(
            indicators[row["indicator_id"]],
            row["period_grain"],
            row["period_start"],
            row["value"],
            row["source_id"],
        )
        for row in read_rows(
            connection,
            """
            select indicator_id, period_grain, period_start, value, source_id
            from marts.indicator_values
            where geography_id = ? and breakdown = 'total' and value is not null
                and year(period_start) <= ?
            qualify row_number() over (
                partition by indicator_id, period_grain order by period_start desc
            ) = 1
            """,
            [municipality_id, year],
        )
    )
    rows = read_rows(
        connection,
        """
        select * from marts.peer_comparison
        where municipality_id = ? and year(period_start) <= ?
        """,
        [municipality_id, year],
    )
    latest = {
        (row["indicator_id"], row["period_grain"], row["measure"]): row
        for row in sorted(rows, key=lambda row: row["period_start"])
        if row["peers_with_value"]
    }
    known = {each.indicator.indicator_id for each in values}
    of_country = {
        row["indicator_id"]
        for row in read_rows(
            connection,
            "select distinct indicator_id from marts.indicator_values"
            " where geography_id = ? and value is not null and year(period_start) <= ?",
            [COUNTRY, year],
        )
    }
    lacking = [
        each
        for each in _by_title(indicators)
        if each.indicator_id not in known and not each.not_delivered
    ]
    return PublicStatistics(
        municipality_id=municipality_id,
        values=tuple(sorted(values, key=lambda each: (each.indicator.title_sv, each.grain))),
        group=_group(rows),
        compared=tuple(
            BesidePeers(
                indicators[row["indicator_id"]],
                row["period_grain"],
                row["period_start"],
                row["measure"],
                row["base_start"],
                row["value"],
                row["lowest"],
                row["median"],
                row["highest"],
                row["country_value"],
                row["peers_with_value"],
            )
            for row in sorted(
                latest.values(),
                key=lambda row: (
                    indicators[row["indicator_id"]].title_sv,
                    row["period_grain"],
                    row["measure"],
                ),
            )
        ),
        of_country=tuple(each for each in lacking if each.indicator_id in of_country),
        of_none=tuple(each for each in lacking if each.indicator_id not in of_country),
    )


def _by_title(indicators: Mapping[str, CatalogueIndicator]) -> list[CatalogueIndicator]:
    return sorted(indicators.values(), key=lambda each: (each.title_sv, each.indicator_id))


def _group(rows: list[dict[str, object]]) -> Group | None:
    """The group, which every comparison names alike."""
    if not rows:
        return None
    row = rows[0]
    return Group(
        code=str(row["group_code"]),
        name=str(row["group_name"]),
        since=int(str(row["group_since"])),
        made_up=bool(row["group_is_made_up"]),
        peers=int(str(row["peers"])),
    )
