"""Drift: a register that changes from one delivery to the next, told before it looks like news.

Each loaded delivery leaves a profile in `meta.delivery_profiles`: aggregates only, and none of a
file so small that they would be somebody's values. A delivery is held against those that came
before it; what moved further than they moved among themselves is an observation in `meta.drift`,
never a breach. What is wrong with a cell belongs in `loading`; what a figure means in
`orchestration.deviation`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import duckdb

from orchestration.registers.contract import Column, Contract
from orchestration.registers.layout import quoted
from orchestration.registers.loading import LoadResult

# A file with fewer rows has no profile: a mean of few is too close to the values themselves.
SMALLEST_FILE = 50
# How many earlier deliveries a new one is held against, and how few say nothing yet.
LONGEST_HISTORY = 24
SHORTEST_HISTORY = 6
# How many standard deviations from the earlier ones a delivery must lie. Simulated for files of 50
# to 3 000 rows whose true shares move by a standard deviation of 0.2 on the logit scale, and whose
# levels by 0.1 on the log scale: with 12 or more earlier deliveries 0.14 percent of measures give a
# false alarm at most, with 6 it is 0.72 percent; with sampling noise alone, none in 100 000.
CRITICAL_DISTANCE = 6.0
# Changes smaller than these are let be, however certain: of a share, in parts of the whole; of a
# level and of the number of rows, as a ratio.
SMALLEST_SHARE_CHANGE = 0.10
SMALLEST_LEVEL_RATIO = 1.5
SMALLEST_ROWS_RATIO = 2.0

# From the median absolute deviation to the standard deviation, of a normal distribution.
_MAD_TO_SD = 1.4826

_TABLES = """
create table if not exists meta.delivery_profiles (
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
create table if not exists meta.drift (
    name varchar,
    delivery_sequence bigint,
    period varchar,
    column_name varchar,
    measure varchar,
    category varchar,
    observed double,
    expected double,
    distance double,
    message_sv varchar
);
"""

_NUMBERS = frozenset({"integer", "decimal", "hours", "number"})
# Rows of a profile without a value: that a delivery was loaded, a column that nobody agreed on, and
# an optional one that was left out.
_LOADED = "loaded"
_UNKNOWN = "unknown_column"
_ABSENT = "absent_column"
# What a column that stands so in a delivery and not in the one before is called, and the reverse.
_CHANGES = {_UNKNOWN: ("appeared", "disappeared"), _ABSENT: ("left_out", "back")}
_COLUMN_SENTENCES = {
    "appeared": "Kolumnen {column} är ny och ingår inte i avtalet; den läses inte in. {check}",
    "disappeared": "Kolumnen {column}, som inte ingår i avtalet, finns inte längre. {check}",
    "left_out": "Kolumnen {column} saknas i filens rubrikrad; uppgiften lästes som tom. {check}",
    "back": "Kolumnen {column} saknades i den förra filens rubrikrad och finns nu igen. {check}",
}
_CHECK = "Kontrollera om registreringen eller uttaget har ändrats."


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of profiles and drift if they are not there.

    Args:
        connection: An open connection to the warehouse.
    """
    connection.execute(_TABLES)


def note_drift(
    connection: duckdb.DuckDBPyConnection, contract: Contract, results: Sequence[LoadResult]
) -> dict[int, list[str]]:
    """Profile loaded deliveries and tell what has moved since the earlier ones.

    Call it in the transaction that inserts them, after they are inserted.

    Args:
        connection: An open connection to the warehouse.
        contract: The register's contract.
        results: What became of the deliveries.

    Returns:
        Swedish observations by delivery sequence.
    """
    loaded = [result for result in results if result.outcome != "quarantined"]
    sequences = [result.delivery.sequence for result in loaded]
    if not sequences:
        return {}
    for table in ("delivery_profiles", "drift"):
        connection.execute(
            f"delete from meta.{table} where list_contains($sequences, delivery_sequence)",
            {"sequences": sequences},
        )
    connection.execute(_profile_sql(contract), {"sequences": sequences})
    _note_columns(connection, contract, loaded)
    found = [
        *_moved(connection, contract, sequences),
        *_columns_that_came_and_went(connection, contract, sequences),
    ]
    notes: dict[int, list[str]] = defaultdict(list)
    for finding in found:
        connection.execute("insert into meta.drift values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", finding)
        notes[int(str(finding[1]))].append(str(finding[-1]))
    return dict(notes)


def latest_drift(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """What has moved in a register's newest delivery.

    Args:
        connection: An open connection to the warehouse.
        name: The register.

    Returns:
        Swedish observations.
    """
    rows = connection.execute(
        """
        select message_sv
        from meta.drift
        where
            name = $name
            and delivery_sequence = (
                select max(delivery_sequence)
                from meta.delivery_profiles
                where name = $name
            )
        order by message_sv
        """,
        {"name": name},
    ).fetchall()
    return [message for (message,) in rows]


def _profile_sql(contract: Contract) -> str:
    """SQL that adds the profiles of the deliveries `$sequences`, one pass over their rows.

    A share is scored by its arcsine root and a count by its logarithm, which make the sampling
    variance known; a level is the mean of log(1 + value), which large values do not rule.
    """
    measures = ", ".join(_measures(contract))
    return f"""
        insert into meta.delivery_profiles
        select
            '{contract.register_name}', delivery_sequence, period, measured.column_name,
            measured.measure, measured.category, measured.value, measured.score,
            measured.score_variance
        from (
            select
                delivery_sequence,
                any_value(delivery_period) as period,
                unnest([{measures}]) as measured
            from raw.{contract.table}
            where list_contains($sequences, delivery_sequence)
            group by delivery_sequence
            having count(*) >= {SMALLEST_FILE}
        )
        where measured.score is not null
        """


def _measures(contract: Contract) -> Iterator[str]:
    yield _measure_sql("", "rows", "", ("count(*)", "ln(count(*))", "1 / count(*)"))
    for name, column in contract.columns.items():
        stored = quoted(column.raw_name or name)
        if column.optional:
            missing = f"(count(*) - count({stored}))"
            yield _measure_sql(name, "missing", "", _share(missing, "count(*)"))
        for category, condition in _categories(stored, column):
            hits = f"count(*) filter (where {condition})"
            yield _measure_sql(name, "share", category, _share(hits, f"count({stored})"))
        if column.type in _NUMBERS:
            level = f"ln(1 + greatest({stored}, 0)::double)"
            mean = f"avg({level})"
            noise = f"var_samp({level}) / count({stored})"
            yield _measure_sql(name, "level", "", (f"exp({mean}) - 1", mean, noise))


def _categories(stored: str, column: Column) -> list[tuple[str, str]]:
    if column.type == "flag":
        return [("J", stored)]
    if column.type == "codes":
        return [
            (code, f"list_contains(string_split({stored}, '|'), '{code}')") for code in column.codes
        ]
    return [(code, f"{stored} = '{code}'") for code in column.codes]


def _share(hits: str, total: str) -> tuple[str, str, str]:
    share = f"({hits} / nullif({total}, 0))"
    return share, f"asin(sqrt({share}))", f"1 / (4 * nullif({total}, 0))"


def _measure_sql(column: str, measure: str, category: str, figures: tuple[str, str, str]) -> str:
    """SQL for one measure: its value, its score, and the score's sampling variance."""
    value, score, variance = figures
    return (
        f"{{'column_name': '{column}', 'measure': '{measure}', 'category': '{category}',"
        f" 'value': ({value})::double, 'score': ({score})::double,"
        f" 'score_variance': ({variance})::double}}"
    )


def _note_columns(
    connection: duckdb.DuckDBPyConnection, contract: Contract, loaded: Sequence[LoadResult]
) -> None:
    connection.executemany(
        "insert into meta.delivery_profiles values (?, ?, ?, ?, ?, '', null, null, null)",
        [
            (contract.register_name, result.delivery.sequence, result.period, column, measure)
            for result in loaded
            for column, measure in [
                ("", _LOADED),
                *((name, _UNKNOWN) for name in result.unknown_columns),
                *((name, _ABSENT) for name in result.absent_columns),
            ]
        ],
    )


def _moved(
    connection: duckdb.DuckDBPyConnection, contract: Contract, sequences: Sequence[int]
) -> list[tuple[object, ...]]:
    """Measures that lie far from those of the earlier deliveries of the same period length.

    The earlier ones' median and median absolute deviation are not moved by a single odd one. What
    is expected of a new one to differ is at least its and their sampling noise. What is as it was
    in the same month of the year before is a season, and no drift.
    """
    rows = connection.execute(
        f"""
        with placed as (
            select
                *,
                median(score) over earlier as centre,
                {_MAD_TO_SD} * mad(score) over earlier as spread,
                avg(score_variance) over earlier as noise,
                count(score) over earlier as earlier_count,
                median(value) over earlier as expected,
                lag(score) over same_season as season_score,
                lag(value) over same_season as season_value
            from meta.delivery_profiles
            where name = $name and score is not null
            window
                earlier as (
                    partition by column_name, measure, category, length(period)
                    order by delivery_sequence
                    rows between {LONGEST_HISTORY} preceding and 1 preceding
                ),
                same_season as (
                    partition by column_name, measure, category, length(period), substr(period, 5)
                    order by delivery_sequence
                )
        ),

        measured as (
            select
                *,
                abs(score - centre) / sqrt(
                    greatest(spread ** 2, noise) * (1 + pi() / 2 / earlier_count)
                    + greatest(score_variance - noise, 0)
                ) as distance
            from placed
            where earlier_count >= {SHORTEST_HISTORY}
        )

        select
            delivery_sequence, period, column_name, measure, category, value, expected, distance
        from measured
        where
            list_contains($sequences, delivery_sequence)
            and distance > {CRITICAL_DISTANCE}
            and {_is_large("centre", "expected")}
            and (season_score is null or {_is_large("season_score", "season_value")})
        order by all
        """,
        {"name": contract.register_name, "sequences": list(sequences)},
    ).fetchall()
    return [(contract.register_name, *row, _sentence(*row[2:7])) for row in rows]


def _is_large(score: str, value: str) -> str:
    """SQL for whether a measure has moved by more than is let be, from an earlier one."""
    return f"""case measure
        when 'rows' then abs(score - {score}) > ln({SMALLEST_ROWS_RATIO})
        when 'level' then abs(score - {score}) > ln({SMALLEST_LEVEL_RATIO})
        else abs(value - {value}) > {SMALLEST_SHARE_CHANGE}
    end"""


def _sentence(column: str, measure: str, category: str, observed: float, expected: float) -> str:
    match measure:
        case "rows":
            told = (
                f"Filen har {observed:.0f} rader mot omkring {expected:.0f} i tidigare leveranser"
            )
        case "level":
            told = (
                f"Kolumn {column}: ett typiskt värde är {_number(observed)} mot"
                f" {_number(expected)} i tidigare leveranser"
            )
        case "missing":
            told = (
                f"Kolumn {column}: uppgiften saknas i {_percent(observed)} av raderna mot"
                f" {_percent(expected)} i tidigare leveranser"
            )
        case _:
            told = (
                f"Kolumn {column}: {_percent(observed)} av raderna har {category} mot"
                f" {_percent(expected)} i tidigare leveranser"
            )
    return f"{told}. {_CHECK}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} procent".replace(".", ",")


def _number(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _columns_that_came_and_went(
    connection: duckdb.DuckDBPyConnection, contract: Contract, sequences: Sequence[int]
) -> list[tuple[object, ...]]:
    """Columns of the header in which a delivery differs from the one before it."""
    standing: dict[int, set[tuple[str, str]]] = {}
    periods: dict[int, str] = {}
    for sequence, period, names in connection.execute(
        f"""
        select
            delivery_sequence,
            any_value(period),
            list((measure, column_name)) filter (where measure <> '{_LOADED}')
        from meta.delivery_profiles
        where name = $name and measure in ('{_UNKNOWN}', '{_ABSENT}', '{_LOADED}')
        group by delivery_sequence
        order by delivery_sequence
        """,
        {"name": contract.register_name},
    ).fetchall():
        standing[sequence], periods[sequence] = set(names or ()), period
    in_order = list(standing)
    found: list[tuple[object, ...]] = []
    for before, after in pairwise(in_order):
        if after not in sequences:
            continue
        changes = [
            (column, _CHANGES[kind][0])
            for kind, column in sorted(standing[after] - standing[before])
        ]
        changes += [
            (column, _CHANGES[kind][1])
            for kind, column in sorted(standing[before] - standing[after])
        ]
        found += [
            (
                *(contract.register_name, after, periods[after], column, measure, ""),
                *(None, None, None),
                _COLUMN_SENTENCES[measure].format(column=column, check=_CHECK),
            )
            for column, measure in changes
        ]
    return found
