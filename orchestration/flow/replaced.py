"""Reads what insatser without assessment may have replaced, board by board and quarter by quarter.

What a movement explains belongs in `orchestration.deviation.moved`, what is estimated of it in
`orchestration.analyses.without_assessment`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np

from orchestration.deviation.moved import Replacement
from orchestration.flow.grains import TODAYS_BOARDS
from orchestration.statistics.arrays import FloatArray

READS = (
    "seeds.insatser_without_assessment",
    "intermediate.int_geography_crosswalk",
    "intermediate.int_register_years",
    "intermediate.int_replaced_quarters",
    "intermediate.int_without_assessment_quarters",
)
REGISTER = "insatser_utan_behovsprovning"
_NO_END = 9999
_OFFERED = """
select insats_code, replaces_indicator_id, geography_id, starts, synthetic
from seeds.insatser_without_assessment
where starts_with(geography_id, $municipality || '-')
    and replaces_indicator_id is not null
    and ($demo or not synthetic)
order by insats_code, replaces_indicator_id, geography_id
"""
# The years that are delivered of what is assessed; a year that is not over is left out.
_YEARS = """
select min(year(years.period_start)), max(year(years.period_start))
from intermediate.int_register_years as years
inner join seeds.indicators as indicators on indicators.source_id = years.register_name
where indicators.indicator_id = $indicator
    and years.municipality_id = $municipality
    and years.is_complete
    and year(years.period_start) <= $until
"""
_ASSESSED = """
select geography_id, quarter_start, persons
from intermediate.int_replaced_quarters
where municipality_id = $municipality and indicator_id = $indicator
"""
_REACHED = """
select geography_id, quarter_start, sum(coalesce(new_persons, contacts))
from intermediate.int_without_assessment_quarters
where municipality_id = $municipality and insats_code = $insats
group by geography_id, quarter_start
"""


def read_replacements(
    connection: duckdb.DuckDBPyConnection, municipality: str, *, demo: bool, until: int = _NO_END
) -> list[Replacement]:
    """What the seed says is in place of something, with the counts of both.

    Args:
        connection: An open connection to the warehouse.
        municipality: Code of the municipality.
        demo: Whether what is made up for the synthetic city counts.
        until: The last year that is read.

    Returns:
        One for each insats and indicator, in the order of their names; none where the register of
        insatser without assessment, or that of what is assessed, is not delivered.
    """
    named = {"municipality": municipality}
    delivered = connection.execute(
        "select count(*) from intermediate.int_register_years"
        " where register_name = $register and municipality_id = $municipality",
        named | {"register": REGISTER},
    ).fetchone()
    if delivered == (0,):
        return []
    boards = tuple(
        row[0]
        for row in connection.execute(
            f"select distinct geography_id from ({TODAYS_BOARDS})"
            " where municipality_id = $municipality order by 1",
            named,
        ).fetchall()
    )
    offered: dict[tuple[str, str], list[tuple[str, date, bool]]] = {}
    for insats, indicator, *where in connection.execute(
        _OFFERED, named | {"demo": demo}
    ).fetchall():
        offered.setdefault((insats, indicator), []).append((where[0], where[1], where[2]))
    found = []
    for (insats, indicator), places in offered.items():
        of_indicator = named | {"indicator": indicator}
        years = connection.execute(_YEARS, of_indicator | {"until": until}).fetchone()
        if years is None or years[0] is None:
            continue
        first, last = years
        quarters = 4 * (last - first + 1)
        begins = np.full(len(boards), quarters, dtype=np.int64)
        for place, starts, _ in places:
            if place in boards:
                begins[boards.index(place)] = _quarter(starts, first)
        found.append(
            Replacement(
                insats_code=insats,
                indicator_id=indicator,
                municipality=municipality,
                boards=boards,
                begins=np.minimum(begins, quarters),
                assessed=_panel(
                    connection.execute(_ASSESSED, of_indicator).fetchall(), boards, first, quarters
                ),
                reached=_panel(
                    connection.execute(_REACHED, named | {"insats": insats}).fetchall(),
                    boards,
                    first,
                    quarters,
                ),
                first_year=first,
                synthetic=any(synthetic for *_, synthetic in places),
            )
        )
    return found


def _quarter(day: date, first_year: int) -> int:
    """Which quarter a day lies in, from nought at the beginning of the first year."""
    return 4 * (day.year - first_year) + (day.month - 1) // 3


def _panel(
    rows: Sequence[tuple[Any, ...]], boards: tuple[str, ...], first_year: int, quarters: int
) -> FloatArray:
    """Counts by board and quarter; what has no row is nought."""
    panel = np.zeros((len(boards), quarters))
    for place, start, count in rows:
        quarter = _quarter(start, first_year)
        if place in boards and 0 <= quarter < quarters:
            panel[boards.index(place), quarter] = float(count)
    return panel
