"""Sums that hold in all boards and years without anybody having declared them.

A sum that nobody knows of protects nobody: a hidden cell is worked out by it. Each count of each
group is a series over boards and years, stood for by one number, a random combination of its
values; two series that are equal, or one that is the sum of two, are found by those.
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from orchestration.disclosure.elimination import PRIME, reduced

# Series of fewer different values are alike by chance.
LEAST_VALUES = 12

_SERIES = """
select count_id || '|' || quantity || '|' || breakdown || '|' || category as series,
    geography_id || '|' || year(period_start) as point, value
from disclosure.cells
where is_todays_map and geography_id like '%-%' and quantity = 'count'
"""
_DECLARED = """
with terms as (
    select
        equations.declared_in,
        equations.coefficient,
        cells.count_id || '|' || cells.quantity
        || case when cells.quantity = 'count' then '' else equations.declared_in end
        || '|' || cells.breakdown || '|' || cells.category as series,
        max(case when equations.coefficient = 1 and cells.quantity = 'count'
            then cells.count_id || '|' || cells.breakdown || '|' || cells.category end)
            over (partition by equations.equation_id) as whole
    from disclosure.equations
    inner join disclosure.cells on equations.cell_id = cells.cell_id
    where
        equations.kind in ('parts', 'counts')
        and cells.geography_id like '%-%'
        -- What is nobody everywhere is known to be nobody.
        and cells.value > 0
)
select distinct declared_in || whole as name, series, coefficient from terms order by 1, 2
"""


@dataclass(frozen=True)
class Found:
    """A whole and its one or two parts."""

    whole: str
    parts: tuple[str, ...]


def undeclared(connection: duckdb.DuckDBPyConnection, least: int = LEAST_VALUES) -> list[Found]:
    """Find the sums of one or two parts that no declared ones give.

    Args:
        connection: A warehouse.
        least: How many different values a series must have.
    """
    names, values = _series(connection, least)
    rows = connection.execute(_DECLARED).fetchall()
    columns = {name: at for at, name in enumerate(dict.fromkeys([*names, *(r[1] for r in rows)]))}
    equations = {name: at for at, name in enumerate(dict.fromkeys(row[0] for row in rows))}
    declared = np.zeros((len(equations), len(columns)), dtype=np.int64)
    for name, series, coefficient in rows:
        declared[equations[name], columns[series]] = coefficient
    known = reduced(declared)
    weights = np.random.default_rng(1).integers(1, PRIME, size=values.shape[1])
    number = (values.astype(object) @ weights.astype(object)) % PRIME
    number = number.astype(np.int64)
    first, second = np.triu_indices(len(names))
    sums = (number[first] + number[second]) % PRIME
    order = np.argsort(number, kind="stable")
    found = [
        Found(names[order[at + 1]], (names[order[at]],))
        for at in np.flatnonzero(np.diff(number[order]) == 0)
    ]
    places = np.searchsorted(number[order], sums)
    hit = np.flatnonzero(number[order][np.minimum(places, len(names) - 1)] == sums)
    found += [Found(names[order[places[at]]], (names[first[at]], names[second[at]])) for at in hit]
    return [each for each in found if not _follows(each, known, columns)]


def _series(connection: duckdb.DuckDBPyConnection, least: int) -> tuple[list[str], np.ndarray]:
    given = connection.execute(_SERIES).fetchall()
    names = {name: at for at, name in enumerate(sorted({row[0] for row in given}))}
    points = {point: at for at, point in enumerate(sorted({row[1] for row in given}))}
    values = np.zeros((len(names), len(points)), dtype=np.int64)
    for name, point, value in given:
        values[names[name], points[point]] = value
    rich = [at for at, row in enumerate(values) if len(np.unique(row)) >= least]
    return [list(names)[at] for at in rich], values[rich]


def _follows(found: Found, known: object, columns: dict[str, int]) -> bool:
    """Whether the declared sums give it."""
    row = np.zeros(len(columns), dtype=np.int64)
    row[columns[found.whole]] += 1
    for part in found.parts:
        row[columns[part]] -= 1
    row %= PRIME
    for pivot, line in zip(known.pivots.tolist(), known.rows, strict=True):  # type: ignore[attr-defined]
        if row[pivot]:
            row = (row - row[pivot] * line) % PRIME
    return not row.any()
