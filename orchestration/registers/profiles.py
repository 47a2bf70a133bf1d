"""What a delivery is like: aggregates of its columns, measured in one pass over its rows.

A profile says how many rows there are, which share a code or a zero has, what is missing, how large
a typical number is, whether dates lie within the period, and how two columns of one type stand to
each other. It holds aggregates only, and of few values nothing but their number. Holding profiles
against each other belongs in `drift`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import duckdb

from orchestration.registers.contract import Column, Contract
from orchestration.registers.layout import quoted

# Of fewer values nothing is measured: a mean of few is too close to the values themselves.
FEWEST_VALUES = 20

# Profiles of another version than this one are measured anew, from the rows in `raw`.
VERSION = 2

_TABLE = """
create table if not exists meta.delivery_profiles (
    municipality_id varchar,
    name varchar,
    delivery_sequence bigint,
    period varchar,
    column_name varchar,
    measure varchar,
    category varchar,
    value double,
    score double,
    score_variance double
);
alter table meta.delivery_profiles add column if not exists version integer;
"""

_NUMBERS = frozenset({"integer", "decimal", "hours", "number"})
_DATES = frozenset({"date", "month"})
# Types whose cells are so alike that two columns may be exchanged and no cell break a rule.
_EXCHANGEABLE = _NUMBERS | {"date", "flag", "code"}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table of profiles if it is not there.

    Args:
        connection: An open connection to the warehouse.
    """
    connection.execute(_TABLE)


def measure(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    municipality_id: str,
    periods: Mapping[int, str],
    *,
    are_loaded: bool = False,
) -> None:
    """Write the profiles of deliveries that are staged in `incoming`.

    Args:
        connection: The connection that the deliveries are staged on.
        contract: The version of the register's contract that holds for them.
        municipality_id: Code of the municipality that they are of.
        periods: The period of each delivery, by its sequence.
        are_loaded: Whether they are staged again only to be measured: which columns they had was
            recorded when they were loaded, and is kept.
    """
    (_forget_figures if are_loaded else forget)(connection, list(periods))
    names = {name: name for name in contract.columns}
    _measure_rows(connection, contract, "incoming", names, periods, municipality_id=municipality_id)


def measure_loaded(
    connection: duckdb.DuckDBPyConnection, contract: Contract, municipality_id: str
) -> None:
    """Write the profiles of loaded deliveries that lack one, or have one of another version.

    One whose rows are no longer all in `raw` has no profile then: see `to_stage_anew`.

    Args:
        connection: An open connection to the warehouse.
        contract: The register's contract, newest version.
        municipality_id: Code of the municipality that they are of.
    """
    rows = _not_measured(connection, contract, municipality_id)
    if not rows:
        return
    _forget_figures(connection, [sequence for sequence, _, _ in rows])
    for version in contract.versions:
        periods = {
            sequence: period
            for sequence, period, is_whole in rows
            if is_whole and contract.at(period).since == version.since
        }
        if periods:
            names = {name: column.raw_name or name for name, column in version.columns.items()}
            _measure_rows(
                connection,
                version,
                f"raw.{contract.table}",
                names,
                periods,
                municipality_id=municipality_id,
            )


def to_stage_anew(
    connection: duckdb.DuckDBPyConnection, contract: Contract, municipality_id: str
) -> dict[int, str]:
    """The deliveries that can be measured from their landed bytes alone: rows of them are replaced.

    Args:
        connection: An open connection to the warehouse.
        contract: The register's contract, newest version.
        municipality_id: Code of the municipality that they are of.

    Returns:
        The last delivery of each such period, by its sequence; others are held against no longer.
    """
    rows = _not_measured(connection, contract, municipality_id)
    if all(is_whole for _, _, is_whole in rows):
        return {}
    last = dict(
        connection.execute(
            "select period, max(delivery_sequence) from meta.deliveries"
            " where municipality_id = $municipality_id and name = $name"
            " and outcome <> 'quarantined' group by period",
            {"municipality_id": municipality_id, "name": contract.register_name},
        ).fetchall()
    )
    return {
        sequence: period
        for sequence, period, is_whole in rows
        if not is_whole and last[period] == sequence
    }


def _not_measured(
    connection: duckdb.DuckDBPyConnection, contract: Contract, municipality_id: str
) -> list[tuple[int, str, bool]]:
    """Loaded deliveries without a profile of this version: period, and whether all is in `raw`."""
    rows = connection.execute(
        """
        select delivery_sequence, period, rows_loaded
        from meta.deliveries as loaded
        where
            municipality_id = $municipality_id
            and name = $name
            and outcome <> 'quarantined'
            and not exists (
                from meta.delivery_profiles as profiles
                where
                    profiles.delivery_sequence = loaded.delivery_sequence
                    and measure = 'rows'
                    and version = $version
            )
        """,
        {
            "municipality_id": municipality_id,
            "name": contract.register_name,
            "version": VERSION,
        },
    ).fetchall()
    if not rows:
        return []
    there = dict(
        connection.execute(
            f"select delivery_sequence, count(*) from raw.{contract.table}"
            " where list_contains($sequences, delivery_sequence) group by delivery_sequence",
            {"sequences": [sequence for sequence, _, _ in rows]},
        ).fetchall()
    )
    return [
        (sequence, period, there.get(sequence, 0) >= loaded) for sequence, period, loaded in rows
    ]


def _forget_figures(connection: duckdb.DuckDBPyConnection, sequences: Sequence[int]) -> None:
    """Remove what was measured of deliveries; which columns they had is kept."""
    connection.execute(
        "delete from meta.delivery_profiles"
        " where score is not null and list_contains($sequences, delivery_sequence)",
        {"sequences": list(sequences)},
    )


def forget(connection: duckdb.DuckDBPyConnection, sequences: Sequence[int]) -> None:
    """Remove profiles, of deliveries that are measured anew or are not loaded after all.

    Args:
        connection: An open connection to the warehouse.
        sequences: The deliveries.
    """
    connection.execute(
        "delete from meta.delivery_profiles where list_contains($sequences, delivery_sequence)",
        {"sequences": list(sequences)},
    )


def exchangeable(contract: Contract) -> Iterator[tuple[str, str]]:
    """Give the neighbouring columns of one type and one code list.

    If any two columns of such a row are exchanged, a pair of neighbours is another than it was.

    Args:
        contract: The register's contract.

    Yields:
        A column and the next one like it; each column stands first once at most.
    """
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, column in contract.columns.items():
        if column.type in _EXCHANGEABLE:
            alike.setdefault((column.type, column.codes), []).append(name)
    for names in alike.values():
        yield from pairwise(names)


def _measure_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    relation: str,
    names: Mapping[str, str],
    periods: Mapping[int, str],
    *,
    municipality_id: str,
) -> None:
    connection.execute(
        _profile_sql(contract, relation, {name: quoted(stored) for name, stored in names.items()}),
        {
            "municipality_id": municipality_id,
            "sequences": list(periods),
            "periods": list(periods.values()),
        },
    )
    # A file without rows has no group to be counted in.
    connection.execute(
        f"""
        insert into meta.delivery_profiles
        select $municipality_id, $name, sequence, period, '', 'rows', '', 0, 0, 1, {VERSION}
        from (select unnest($sequences) as sequence, unnest($periods) as period)
        where sequence not in (
            select delivery_sequence from meta.delivery_profiles where measure = 'rows'
        )
        """,
        {
            "municipality_id": municipality_id,
            "name": contract.register_name,
            "sequences": list(periods),
            "periods": list(periods.values()),
        },
    )


def _profile_sql(contract: Contract, relation: str, names: Mapping[str, str]) -> str:
    """SQL that adds the profiles of the deliveries `$sequences`, one pass over their rows.

    Counted with `count_if`, which takes a sixth of the time of a count with a filter.

    A share is scored by its arcsine root and a count by its logarithm, which make the sampling
    variance known; a level is the mean logarithm of what is not zero, so that a unit error is the
    same ratio whatever the share of zeros.
    """
    measures = ", ".join(_measures(contract, names))
    return f"""
        insert into meta.delivery_profiles
        select
            $municipality_id, '{contract.register_name}', delivery_sequence, period,
            measured.column_name, measured.measure, measured.category, measured.value,
            measured.score, measured.score_variance, {VERSION}
        from (
            select
                delivery_sequence,
                any_value(period) as period,
                unnest([{measures}]) as measured
            from {relation}
            inner join (
                select
                    *, first_day + to_months(case when length(period) = 4 then 12 else 1 end)
                        as next_day
                from (
                    select
                        unnest($sequences) as delivery_sequence,
                        unnest($periods) as period,
                        try_cast(rpad(unnest($periods), 10, '-01-01') as date) as first_day
                )
            ) as measured_ones using (delivery_sequence)
            group by delivery_sequence
        )
        where
            measured.score is not null
            and (measured.measure = 'rows' or measured.counted >= {FEWEST_VALUES})
        """


def _measures(contract: Contract, names: Mapping[str, str]) -> Iterator[str]:
    yield _measure_sql("", "rows", "", "count(*)", _count("count(*)"))
    for name, column in contract.columns.items():
        stored = names[name]
        filled = f"count({stored})"
        if column.optional:
            missing = f"(count(*) - {filled})"
            yield _measure_sql(name, "missing", "", "count(*)", _share(missing, "count(*)"))
        for category, condition in _categories(stored, column):
            hits = f"count_if({condition})"
            yield _measure_sql(name, "share", category, filled, _share(hits, filled))
        if column.type in _NUMBERS:
            zeros = f"count_if({stored} = 0)"
            yield _measure_sql(name, "zero", "", filled, _share(zeros, filled))
            level = f"ln(nullif(abs({stored}::double), 0))"
            mean = f"avg({level})"
            noise = f"var_samp({level}) / nullif(count({level}), 0)"
            yield _measure_sql(name, "level", "", f"count({level})", (f"exp({mean})", mean, noise))
        if column.type in _DATES:
            within = f"count_if({stored} >= first_day and {stored} < next_day)"
            yield _measure_sql(name, "period", "", filled, _share(within, filled))
    for one, other in exchangeable(contract):
        both = f"{names[one]} is not null and {names[other]} is not null"
        total = f"count_if({both})"
        larger = f"count_if({names[one]}::{_order_type(contract, one)} > "
        larger += f"{names[other]}::{_order_type(contract, other)})"
        yield _measure_sql(one, "order", other, total, _share(larger, total))


def _order_type(contract: Contract, name: str) -> str:
    """Codes are compared as texts: as an enum, each would have an order of its own."""
    return contract.columns[name].sql_type


def _categories(stored: str, column: Column) -> list[tuple[str, str]]:
    if column.type == "flag":
        return [("J", stored)]
    if column.type == "codes":
        return [
            (code, f"list_contains(string_split({stored}, '|'), '{code}')") for code in column.codes
        ]
    return [(code, f"{stored} = '{code}'") for code in column.codes]


def _count(count: str) -> tuple[str, str, str]:
    return count, f"ln({count} + 1)", f"1 / ({count} + 1)"


def _share(hits: str, total: str) -> tuple[str, str, str]:
    share = f"({hits} / nullif({total}, 0))"
    return share, f"asin(sqrt({share}))", f"1 / (4 * nullif({total}, 0))"


def _measure_sql(
    column: str, measure: str, category: str, counted: str, figures: tuple[str, str, str]
) -> str:
    """SQL for one measure: of how many values, its value, its score, and the score's variance."""
    value, score, variance = figures
    return (
        f"{{'column_name': '{column}', 'measure': '{measure}', 'category': '{category}',"
        f" 'counted': {counted}, 'value': ({value})::double, 'score': ({score})::double,"
        f" 'score_variance': ({variance})::double}}"
    )
