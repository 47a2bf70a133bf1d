"""The records that series set in a year, as claims: the highest for years, the first fall in years.

Reads whole series, at the place nearest to the municipality that has them. What a record is belongs
in `orchestration.statistics.extremes`, how it is said in `language`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import duckdb
import numpy as np

from orchestration.findings.claims import Record, Turned, When
from orchestration.indicators.models import Measure, NaturalExplanation
from orchestration.reporting.reading import read_rows
from orchestration.statistics.extremes import Extreme, Turn, extreme, going_on

_COMPARABLE = ("observed", "preliminary", "revised")
_Series = Sequence[tuple[int, float]]

Records = Mapping[str, tuple[Extreme | None, Turn | None]]
"""What series do in a year, by indicator."""


def load_records(
    connection: duckdb.DuckDBPyConnection,
    year: int,
    municipality_id: str,
    explanations: Iterable[NaturalExplanation],
) -> Records:
    """What each indicator's yearly series does in a year.

    A series with a protected value is left out: the order of its values would tell of it. Values
    before a registered break are not compared. Amounts and indices set no extremes, since in
    current prices nearly every year is the highest.

    Args:
        connection: Open connection; only read from.
        year: The report year.
        municipality_id: Whose series, or else its county's or the nation's.
        explanations: With the breaks.
    """
    rows = read_rows(
        connection,
        """
        with nearest as (
            select
                indicator_id,
                geography_id,
                row_number() over (
                    partition by indicator_id order by length(geography_id) desc,
                    geography_id
                ) as place
            from marts.indicator_values
            where breakdown = 'total' and period_grain = 'year' and year(period_start) = ?
              and geography_id in (?, left(?, 2), 'SE')
        )
        select v.indicator_id, v.geography_id, year(v.period_start) as year,
               cast(v.value as double) as value, v.status, i.measure
        from marts.indicator_values as v
        join nearest as n using (indicator_id, geography_id)
        join marts.indicators as i using (indicator_id)
        where n.place = 1 and v.breakdown = 'total' and v.period_grain = 'year'
          and year(v.period_start) <= ?
        order by v.indicator_id, v.period_start
        """,
        [year, municipality_id, municipality_id, year],
    )
    breaks = [each for each in explanations if each.is_break]
    series: dict[str, list[tuple[int, float]]] = defaultdict(list)
    measures: dict[str, str] = {}
    hidden = {row["indicator_id"] for row in rows if row["status"] == "suppressed"}
    for row in rows:
        name = row["indicator_id"]
        measures[name] = row["measure"]
        since = max(
            (
                each.period_from
                for each in breaks
                if each.concerns(name, row["geography_id"]) and each.period_from <= year
            ),
            default=0,
        )
        comparable = row["status"] in _COMPARABLE and row["value"] is not None
        if comparable and row["year"] >= since and name not in hidden:
            series[name].append((row["year"], row["value"]))
    return {
        name: _of(found, amounts=measures[name] == Measure.AMOUNT)
        for name, found in series.items()
        if found[-1][0] == year
    }


def _of(series: _Series, *, amounts: bool) -> tuple[Extreme | None, Turn | None]:
    years, values = (np.array(each) for each in zip(*series, strict=True))
    return (None if amounts else extreme(years, values)), going_on(years, values)


def told(
    records: Records,
    wanted: Iterable[str],
    left_out: AbstractSet[str] = frozenset(),
) -> tuple[Record | Turned, ...]:
    """What is said of some indicators' records, those of one kind in one claim.

    Where some have never been as low, that others were lower some years ago says no more, and is
    left out; and so for the highest.

    Args:
        records: From :func:`load_records`.
        wanted: In the order in which they are named.
        left_out: Of them, what may not be spoken of.
    """
    extremes: dict[Extreme, list[str]] = defaultdict(list)
    turns: dict[Turn, list[str]] = defaultdict(list)
    for name in dict.fromkeys(wanted):
        one, other = records.get(name, (None, None))
        if name in left_out:
            continue
        if one is not None:
            extremes[one].append(name)
        elif other is not None:
            turns[other].append(name)
    never = {each.highest for each in extremes if each.of_all}
    return (
        *(
            Record(
                indicator_ids=tuple(names),
                highest=each.highest,
                since=When.of(each.since),
                of_all=each.of_all,
            )
            for each, names in extremes.items()
            if each.of_all or each.highest not in never
        ),
        *(
            Turned(
                indicator_ids=tuple(names),
                when=When.of(each.year),
                rose=each.rose,
                since=When.of(each.since),
                first=each.first,
            )
            for each, names in turns.items()
        ),
    )
