"""From landed files to typed, pseudonymised rows in `raw`.

Two steps, so that the second is one transaction. `staged` reads each file once into temporary
tables of typed values, checks every cell against the contract inside DuckDB, and makes a pseudonym
of each identity number that occurs; it writes nothing that lasts. `insert_staged` lets in what is
right. What waits for a correction belongs in `quarantine`, what the registers mean in dbt.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np

from orchestration.language import numbers
from orchestration.registers.breaches import UNREAD, Breach
from orchestration.registers.contract import PLACE, AgeBand, Column, Contract, SexCode
from orchestration.registers.identity import (
    birth_date_sql,
    hides_identity_sql,
    is_man_sql,
    kind_sql,
    normalised_sql,
)
from orchestration.registers.layout import Delivery, Layout, inspect, quoted
from orchestration.registers.mapping import (
    CONTRACT_FORM,
    RegisterMapping,
    adapted,
    file_period,
    in_own_words,
)
from orchestration.registers.protection import (
    KIND,
    earlier_rows_sql,
    flagged_sql,
    guarded_cell_sql,
    guarded_sql,
)
from orchestration.registers.pseudonyms import HOUSEHOLD, PERSON, TEXT, PseudonymKey
from orchestration.registers.text_relations import (
    FAULTS_OF_FILES,
    Part,
    Stored,
    breach_of,
    literal,
    opened,
    read,
)
from orchestration.registers.typed import UNREADABLE

Outcome = Literal["loaded", "loaded_in_part", "quarantined"]

_BAND_YEARS = 5
_FIRST_BIRTH_YEAR = 1900
# What stands for the faults of a row without any text, which is no row.
_EMPTY = "-"
# What a cell breaks that cannot be read as its column's type.
_UNREADABLE = {
    "code": "kod",
    "codes": "kod",
    "unit": "enhet",
    "area": "omrade",
    "integer": "heltal",
    "birth_year": "heltal",
    "decimal": "tal",
    "hours": "tal",
    "number": "tal",
    "date": "datum",
    "month": "manad",
    "flag": "ja_nej",
}
# How a smaller area is written: letters, so that it can hold no number of a person or of a house.
_AREA_NAME = "\\p{L}[\\p{L} .-]{0,39}"
_TEMPORARY = ("faulty", "identities", "households")


class OrderError(Exception):
    """DuckDB would read rows in an order of its own, so that no row could be told by its line."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of one delivery.

    Attributes:
        delivery: The landed file.
        period: The period its name carries, or an empty text.
        outcome: Whether it was loaded, loaded in part or quarantined.
        rows_loaded: Rows that are now in `raw`.
        rows_held: Rows that wait for a correction.
        breaches: What was wrong.
        unknown_columns: Columns of the file that the contract does not know.
        absent_columns: Optional columns of the contract that the file does not have.
    """

    delivery: Delivery
    period: str
    outcome: Outcome
    rows_loaded: int
    rows_held: int
    breaches: tuple[Breach, ...]
    unknown_columns: tuple[str, ...] = ()
    absent_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Staged:
    """Deliveries of one register that are read and judged.

    The temporary view `incoming` holds their rows: the contract's columns with typed values (an
    identity as it is written), `faults`, `delivery_sequence`, `delivery_period` and `row_number`
    (the line in the file; the header is line 1). The temporary table `faulty` holds
    `delivery_sequence`, `row_number`, `place` (the column's place in the contract) and `rule` of
    each wrong cell.

    Attributes:
        contract: The version of the register's contract that holds for the deliveries.
        municipality_id: Code of the municipality that they are of.
        key: The pseudonym secret.
        results: What becomes of each delivery, in the order they were given.
        has_rows: Whether there is anything to insert.
    """

    contract: Contract
    municipality_id: str
    key: PseudonymKey
    results: tuple[LoadResult, ...]
    has_rows: bool


def load_register(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    *,
    municipality_id: str,
    units: Iterable[str],
    key: PseudonymKey,
    work_dir: Path,
    mapping: RegisterMapping = CONTRACT_FORM,
) -> list[LoadResult]:
    """Load deliveries of one register: `by_version`, `staged` and `insert_staged` in one.

    Args:
        connection: An open connection to the warehouse, outside of a transaction.
        contract: The register's contract, newest version.
        deliveries: The deliveries in the order of receipt.
        municipality_id: Code of the municipality that they are of.
        units: Known names of district boards and central units.
        key: The pseudonym secret.
        work_dir: Private directory for files that must be rewritten first.
        mapping: How the municipality's export maps to the contract.

    Returns:
        One result a delivery, in the same order.

    Raises:
        duckdb.Error: If the warehouse cannot be written.
    """
    create_raw_table(connection, contract)
    refused, alike = by_version(contract, deliveries, mapping)
    results = {result.delivery.sequence: result for result in refused}
    for version, members in alike:
        with staged(
            connection,
            version,
            members,
            municipality_id=municipality_id,
            units=units,
            key=key,
            work_dir=work_dir,
            mapping=mapping,
        ) as judged:
            insert_staged(connection, judged)
        results |= {result.delivery.sequence: result for result in judged.results}
    return [results[delivery.sequence] for delivery in deliveries]


def by_version(
    contract: Contract, deliveries: Sequence[Delivery], mapping: RegisterMapping
) -> tuple[list[LoadResult], list[tuple[Contract, list[Delivery]]]]:
    """Part deliveries by the version of the contract that their period calls for.

    Args:
        contract: The register's contract, newest version.
        deliveries: The deliveries in the order of receipt.
        mapping: How the municipality names its files.

    Returns:
        What becomes of those whose name tells no period that may be delivered; then each version,
        adapted to what the export can hold, with its deliveries, oldest first.
    """
    refused = []
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        period = file_period(contract, delivery.name_with_period, mapping)
        if period is None or not contract.allows(period, delivery.received_on):
            rule = "filnamn" if period is None else "period"
            breach = in_own_words(Breach(delivery.file_name, rule), contract, mapping)
            refused.append(LoadResult(delivery, period or "", "quarantined", 0, 0, (breach,)))
        else:
            groups.setdefault(contract.at(period).since, []).append(delivery)
    versions = [each for each in contract.versions if each.since in groups]
    return refused, [(adapted(version, mapping), groups[version.since]) for version in versions]


def create_raw_table(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create a register's table in `raw` if it is not there, with the contract's columns.

    Columns that it lacks are added, those that are kept no more are dropped. One from before the
    place was a part of the key is `kept_rows.place_kept_rows`' matter, which comes first.

    Args:
        connection: An open connection to the warehouse.
        contract: The register's contract, newest version.
    """
    wanted = contract.raw_columns()
    columns = ", ".join(f'"{name}" {kind}' for name, kind in wanted.items())
    connection.execute(f"create table if not exists raw.{contract.table} ({columns})")
    described = connection.execute(f"describe raw.{contract.table}").fetchall()
    there = {row[0] for row in described}
    for name in wanted.keys() - there:
        connection.execute(f'alter table raw.{contract.table} add column "{name}" {wanted[name]}')
    for name in contract.not_kept.keys() & there:
        connection.execute(f'alter table raw.{contract.table} drop column "{name}"')


@contextmanager
def staged(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    *,
    municipality_id: str,
    units: Iterable[str],
    key: PseudonymKey,
    work_dir: Path,
    mapping: RegisterMapping = CONTRACT_FORM,
) -> Iterator[Staged]:
    """Read and judge deliveries that one version of a contract holds for; then forget them.

    No transaction may be open when it begins: a file that cannot be read would end it.

    Args:
        connection: An open connection to the warehouse.
        contract: The version of the register's contract.
        deliveries: The deliveries in the order of receipt, as `by_version` parted them.
        municipality_id: Code of the municipality that they are of.
        units: Known names of district boards and central units.
        key: The pseudonym secret.
        work_dir: Private directory for files that must be rewritten first.
        mapping: How the municipality's export maps to the contract.

    Yields:
        The judged deliveries.

    Raises:
        duckdb.Error: If the database cannot be used.
    """
    _forget(connection)
    breaches: dict[int, list[Breach]] = {delivery.sequence: [] for delivery in deliveries}
    readable: list[tuple[Delivery, Layout]] = []
    periods = {
        delivery.sequence: file_period(contract, delivery.name_with_period, mapping) or ""
        for delivery in deliveries
    }
    for delivery in deliveries:
        layout = inspected(contract, delivery, mapping)
        if isinstance(layout, list):
            breaches[delivery.sequence] += layout
        else:
            readable.append((delivery, layout))
    try:
        unread = set()
        with opened(readable, work_dir=work_dir) as (parts, not_tables):
            not_rows = stage_rows(connection, contract, parts, sorted(units), periods)
            for sequence, breach in [*not_tables, *not_rows]:
                breaches[sequence].append(breach)
                if breach.rule in UNREAD:
                    unread.add(sequence)
        judged = [delivery for delivery, _ in readable if delivery.sequence not in unread]
        make_pseudonyms(connection, contract, key)
        counts: dict[int, tuple[int, int]] = {}
        if judged:
            counts = judge(
                connection,
                contract,
                judged,
                breaches,
                periods,
                municipality_id=municipality_id,
                of_period=mapping.of_period,
            )
        layouts = {delivery.sequence: layout for delivery, layout in readable}
        yield Staged(
            contract,
            municipality_id,
            key,
            tuple(
                _result(
                    delivery,
                    periods[delivery.sequence],
                    [in_own_words(each, contract, mapping) for each in breaches[delivery.sequence]],
                    counts.get(delivery.sequence, (0, 0)),
                    layouts.get(delivery.sequence),
                )
                for delivery in deliveries
            ),
            has_rows=bool(judged),
        )
    finally:
        _forget(connection)


def inspected(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping
) -> Layout | list[Breach]:
    """Find out how a file is laid out, as `inspect` does; what it raises is the file's fault.

    Args:
        contract: The version of the register's contract that holds for the file.
        delivery: The landed file.
        mapping: How the municipality's export maps to the contract.

    Returns:
        Its layout, or what is wrong with it.

    Raises:
        OSError: If the file cannot be read.
    """
    try:
        return inspect(contract, delivery, mapping)
    except FAULTS_OF_FILES as error:
        return [breach_of(delivery.file_name, error)]


def _result(
    delivery: Delivery,
    period: str,
    breaches: list[Breach],
    counts: tuple[int, int],
    layout: Layout | None,
) -> LoadResult:
    rows, held = counts
    outcome: Outcome = "loaded"
    if any(breach.severity != "row" for breach in breaches):
        outcome = "quarantined"
    elif held:
        outcome = "loaded_in_part"
    return LoadResult(
        delivery=delivery,
        period=period,
        outcome=outcome,
        rows_loaded=0 if outcome == "quarantined" else rows - held,
        rows_held=rows if outcome == "quarantined" else held,
        breaches=tuple(breaches),
        unknown_columns=layout.unknown if layout else (),
        absent_columns=layout.absent if layout else (),
    )


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what was staged: it holds identity numbers."""
    connection.execute("drop view if exists incoming")
    for table in _TEMPORARY:
        connection.execute(f"drop table if exists temp.{table}")
    for name in _stages(connection):
        connection.execute(f"drop table temp.{name}")
        connection.execute(f"drop table if exists temp.{name}_files")


def _stages(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where temporary"
        " and regexp_full_match(table_name, 'staged_[0-9]+') order by all"
    ).fetchall()
    return [name for (name,) in rows]


def stage_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    parts: Sequence[Part],
    units: Sequence[str],
    periods: Mapping[int, str],
) -> list[tuple[int, Breach]]:
    """Read the rows of all parts into temporary tables of typed values, and make `incoming`.

    Args:
        connection: The connection that holds the temporary tables.
        contract: The register's contract.
        parts: What to read.
        units: Known names of district boards and central units.
        periods: The period of each delivery, by its sequence.

    Returns:
        What is wrong with lines and with whole files, by the sequence of the delivery.

    Raises:
        OrderError: If DuckDB would not keep the order of the lines.
    """
    tables: list[str] = []

    def store(part: Part) -> list[int]:
        table = f"staged_{len(tables)}"
        statement = f"create or replace temp table {table} as {_typed_sql(contract, part, units)}"
        # A table keeps the order of the files and of their lines, so its rowid tells the line; but
        # not if anything is joined on the way, and the optimiser makes joins of its own accord.
        [(_, plan)] = connection.execute(f"explain {statement}").fetchall()
        if re.search(r"[ _]JOIN\b", plan.upper()):
            raise OrderError("rows would be read in another order than they stand in the file")
        connection.execute(statement)
        tables.append(table)
        counts = dict(
            connection.execute(
                f"select file_place, count(*) from {table} group by file_place"
            ).fetchall()
        )
        return [counts.get(place, 0) for place in range(len(part.deliveries))]

    told: list[tuple[int, Breach]] = []
    selects = []
    for part in parts:
        first = len(tables)
        breaks = _breaks_counted(connection, contract, tables)
        stored, wrong = read(connection, part, store, breaks=breaks)
        told += wrong
        selects += [
            _numbered_sql(connection, contract, each, periods, table)
            for each, table in zip(stored, tables[first:], strict=True)
        ]
    nothing = ", ".join(
        f"null::{_staged_type(column)} as {quoted(name)}"
        for name, column in contract.columns.items()
    )
    connection.execute(
        "create or replace temp view incoming as "
        f"select {nothing}, null::varchar as faults, null::bigint as delivery_sequence,"
        " null::varchar as delivery_period, null::bigint as row_number where false"
        + "".join(f" union all {select}" for select in selects)
    )
    return told


def _breaks_counted(
    connection: duckdb.DuckDBPyConnection, contract: Contract, tables: Sequence[str]
) -> Callable[[int], int] | None:
    """What counts the line breaks of a file that was stored last, where the contract allows any."""
    names = [quoted(name) for name, column in contract.columns.items() if column.line_breaks]
    if not names:
        return None
    count = " + ".join(
        f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)" for name in names
    )

    def breaks(place: int) -> int:
        [(total,)] = connection.execute(
            f"select coalesce(sum({count}), 0)::bigint from {tables[-1]} where file_place = {place}"
        ).fetchall()
        return int(total)

    return breaks


def _numbered_sql(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    stored: Stored,
    periods: Mapping[int, str],
    table: str,
) -> str:
    """SQL for the rows of a stored part with their delivery, and the line that each stands on."""
    names = ", ".join(quoted(name) for name in contract.columns)
    part = stored.part
    origins = [(d.sequence, periods[d.sequence]) for d in part.deliveries]
    [(empty,)] = connection.execute(
        f"select count(*) from {table} where faults = '{_EMPTY}'"
    ).fetchall()
    rows = f"where faults is distinct from '{_EMPTY}'" if empty else ""
    if len(origins) == 1 and not stored.passed:
        # One file needs no join, which a large one would feel.
        [(sequence, period)] = origins
        return (
            f"select {names}, faults, {sequence} as delivery_sequence,"
            f" {literal(period)} as delivery_period, rowid + {part.layout.header_row + 1}"
            f" as row_number from {table} {rows}"
        )
    first_rows = dict(
        connection.execute(
            f"select file_place, min(rowid) from {table} group by file_place"
        ).fetchall()
    )
    connection.execute(
        f"create or replace temp table {table}_files (file_place integer, first_row bigint,"
        " delivery_sequence bigint, delivery_period varchar, shift bigint)"
    )
    for place, origin in enumerate(origins):
        if place in first_rows:
            firsts, shifts = _shifts(stored, place)
            connection.execute(
                f"insert into {table}_files select $place, $first + unnest($firsts), $sequence,"
                " $period, unnest($shifts) - $first",
                {
                    "place": place,
                    "first": first_rows[place],
                    "firsts": firsts,
                    "shifts": shifts,
                    "sequence": origin[0],
                    "period": origin[1],
                },
            )
    join = (
        "asof join {0} as files on rows.file_place = files.file_place"
        " and rows.rowid >= files.first_row"
        if stored.passed
        else "inner join {0} as files using (file_place)"
    ).format(f"{table}_files")
    return (
        f"select {names}, faults, files.delivery_sequence, files.delivery_period,"
        f" rows.rowid + files.shift as row_number from {table} as rows {join} {rows}"
    )


def _shifts(stored: Stored, place: int) -> tuple[list[int], list[int]]:
    """From which row of a file on its lines are how many more than its rows.

    Both count from the file's first row, which is row 0; a line that is no row moves what follows.
    """
    start = stored.part.layout.header_row + 1
    passed = stored.passed.get(place)
    if passed is None:
        return [0], [start]
    moved = np.arange(1, len(passed) + 1)
    firsts = np.concatenate(([0], passed - start - moved + 1))
    shifts = np.concatenate(([start], start + moved))
    # Of lines that follow each other, the last one says how far the next row is moved.
    last = np.append(firsts[1:] != firsts[:-1], True)
    return firsts[last].tolist(), shifts[last].tolist()


def _staged_type(column: Column) -> str:
    return "varchar" if column.type in {"identity", "household"} else column.sql_type


def _typed_sql(contract: Contract, part: Part, units: Sequence[str]) -> str:
    """SQL that reads a part as typed values; a cell that breaks its rule is null in them.

    What stands in a wrong cell is not carried along: it may be anything, from anybody.
    """
    received_on = part.deliveries[0].received_on
    columns = list(contract.columns.items())
    # Only a typed cell can be unreadable; a text is compared with no mark.
    typed = part.layout.format != "csv"
    texts = ", ".join(f"{quoted(name)} as text_{place}" for place, (name, _) in enumerate(columns))
    readings = ", ".join(
        f"{_reading_sql(f'text_{place}', column, units, typed=typed)} as value_{place}"
        for place, (_, column) in enumerate(columns)
    )
    within = [
        _within_sql(f"value_{place}", column, received_on)
        for place, (_, column) in enumerate(columns)
    ]
    values = ", ".join(
        f"case when {limits} then value_{place} end as {quoted(name)}"
        if (limits := within[place])
        else f"value_{place} as {quoted(name)}"
        for place, (name, _) in enumerate(columns)
    )
    wrong = [
        *(_is_wrong_sql(place, column, within[place]) for place, (_, column) in enumerate(columns)),
        *(["broken <> ''"] if part.layout.broken else []),
    ]
    rules = ", ".join(
        f"case when {wrong[place]} then '{place}:' || {_rule_sql(place, column, received_on)} end"
        for place, (_, column) in enumerate(columns)
    )
    if part.layout.broken:
        rules += ", nullif(broken, '')"
    told = [
        f"text_{place}" for place, (name, _) in enumerate(columns) if name in part.layout.in_file
    ]
    # The rules are spelled out for the rows that break one only. A row without any text breaks
    # that of its key, and is none.
    return f"""
        select
            {values},
            case
                when {" or ".join(wrong)} then case
                    when coalesce({", ".join([*told, "other_text"])}) is null then '{_EMPTY}'
                    else concat_ws(' ', {rules})
                end
            end as faults,
            file_place
        from (
            select *, {readings}
            from (select {texts}, other_text, broken, file_place from ({part.relation(contract)}))
        )
        """


def _reading_sql(text: str, column: Column, units: Sequence[str], *, typed: bool) -> str:
    """SQL for the typed value of a cell's text; null where the text cannot be read."""
    as_it_stands = f"nullif({text}, '{UNREADABLE}')" if typed else text
    whole = f"case when regexp_full_match({text}, '-?[0-9]{{1,9}}') then {text}::integer end"
    decimal = (
        f"case when regexp_full_match({text}, '-?[0-9]+([.,][0-9]+)?')"
        f" then try_cast(replace({text}, ',', '.') as {column.sql_type}) end"
    )
    codes = ", ".join(literal(code) for code in column.codes)
    by_type = {
        "code": _one_of_sql(text, column.codes),
        "codes": f"case when list_has_all([{codes}], string_split({text}, '|')) then {text} end",
        "unit": _one_of_sql(text, units),
        "area": f"case when regexp_full_match({text}, '{_AREA_NAME}') then {text} end",
        "integer": whole,
        "birth_year": f"({whole}) // {_BAND_YEARS} * {_BAND_YEARS}",
        "decimal": decimal,
        "hours": decimal,
        "number": decimal,
        "date": f"case when length({text}) = 10 then try_cast({text} as date) end",
        "month": f"case when length({text}) = 7 then try_cast({text} || '-01' as date) end",
        "flag": f"case {text} when 'J' then true when 'N' then false end",
    }
    return by_type.get(column.type, as_it_stands)


def _one_of_sql(text: str, allowed: Sequence[str]) -> str:
    """SQL for a text that is one of some, null where it is none of them.

    Not with `in` or `list_contains`: of those DuckDB makes a join when the list is long. An enum
    also takes a byte where the text takes many, of which a large file would fill the disk.
    """
    if not allowed:
        return "null::varchar"
    return f"try_cast({text} as enum ({', '.join(literal(each) for each in allowed)}))"


def _within_sql(value: str, column: Column, received_on: str) -> str:
    """SQL for whether a readable value keeps its limits; empty where it has none."""
    limits = []
    if column.min is not None:
        limits.append(f"{value} >= {column.min}")
    if column.max is not None:
        limits.append(f"{value} <= {column.max}")
    if column.type == "birth_year":
        limits.append(f"{value} between {_FIRST_BIRTH_YEAR} and {received_on[:4]}")
    if column.is_day:
        limits.append(f"{value} >= date '{column.earliest}'")
        limits.append(f"{value} <= {_latest_sql(column, received_on)}")
    return " and ".join(limits)


def _latest_sql(column: Column, received_on: str) -> str:
    """SQL for the last day that a column may hold."""
    years = 0 if column.not_future else column.years_ahead
    return f"(date '{received_on}' + interval {years} years)::date"


def _is_wrong_sql(place: int, column: Column, within: str) -> str:
    unread = f"value_{place} is null"
    if column.optional:
        unread = f"(text_{place} is not null and {unread})"
    return f"{unread} or not ({within})" if within else unread


def _rule_sql(place: int, column: Column, received_on: str) -> str:
    """SQL for the rule that a wrong cell breaks."""
    cases = [
        f"when text_{place} is null then 'saknas'",
        f"when text_{place} = '{UNREADABLE}' then 'cellfel'",
    ]
    if column.type in _UNREADABLE:
        cases.append(f"when value_{place} is null then '{_UNREADABLE[column.type]}'")
    if column.not_future:
        cases.append(f"when value_{place} > {_latest_sql(column, received_on)} then 'framtid'")
    return f"case {' '.join(cases)} else 'intervall' end"


def make_pseudonyms(
    connection: duckdb.DuckDBPyConnection, contract: Contract, key: PseudonymKey
) -> None:
    """Make one pseudonym of each identity and household that occurs in `incoming`.

    Args:
        connection: The connection that holds the temporary tables.
        contract: The register's contract.
        key: The pseudonym secret.
    """
    connection.execute(
        f"""
        create or replace temp table identities as
        select
            written,
            kind,
            case when kind is not null then {key.sql(PERSON, "normalised")} end as pseudonym,
            case when kind is not null then {birth_date_sql("normalised")} end as birth_date,
            case when kind is not null then {is_man_sql("normalised")} end as is_man
        from (
            select *, {kind_sql("normalised")} as kind
            from (
                select written, {normalised_sql("written")} as normalised
                from ({_distinct_sql(contract, "identity")})
            )
        )
        """,
        key.parameters,
    )
    connection.execute(
        f"""
        create or replace temp table households as
        select written, {key.sql(HOUSEHOLD, "written")} as pseudonym
        from ({_distinct_sql(contract, "household")})
        """,
        key.parameters,
    )


def _distinct_sql(contract: Contract, kind: str) -> str:
    selects = [
        f"select {quoted(name)} as written from incoming"
        for name, column in contract.columns.items()
        if column.type == kind
    ] or ["select null::varchar as written"]
    return f"select distinct written from ({' union all '.join(selects)}) where written is not null"


def judge(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    breaches: dict[int, list[Breach]],
    periods: Mapping[int, str],
    *,
    municipality_id: str,
    of_period: str | None = None,
) -> dict[int, tuple[int, int]]:
    """Find what breaks the contract; the wrong cells end in the temporary table `faulty`.

    Args:
        connection: The connection that holds the temporary tables.
        contract: The register's contract.
        deliveries: The deliveries whose rows are in `incoming`.
        breaches: What is wrong with each delivery; what is found is added.
        periods: The period of each delivery, by its sequence.
        municipality_id: Code of the municipality that they are of.
        of_period: The month that lies within the file's period on each row, if any does.

    Returns:
        For each delivery, how many rows it has and how many of them are held.
    """
    names = {delivery.sequence: delivery.file_name for delivery in deliveries}
    rows = dict.fromkeys(names, 0)
    rows |= dict(
        connection.execute(
            "select delivery_sequence, count(*) from incoming group by delivery_sequence"
        ).fetchall()
    )
    for sequence, row_count in rows.items():
        if row_count == 0 and not _may_lack_rows(
            connection, contract, periods[sequence], municipality_id
        ):
            breaches[sequence].append(Breach(names[sequence], "inga_rader"))
    _gather_faulty_cells(connection, contract)
    if of_period is not None:
        _gather_other_periods(connection, contract, of_period)
    columns = list(contract.columns.items())
    for sequence, place, rule, first_row, count in connection.execute(
        "select delivery_sequence, place, rule, min(row_number), count(*) from faulty"
        " group by all order by delivery_sequence, place, rule"
    ).fetchall():
        name, column = columns[place]
        breaches[sequence].append(
            Breach(
                names[sequence],
                rule,
                severity=column.severity(rule),
                column=name,
                first_row=first_row,
                row_count=count,
                detail=_detail(rule, column),
            )
        )
    for sequence, first_row, count in _doubled_keys(connection, contract):
        breaches[sequence].append(
            Breach(
                names[sequence],
                "nyckel_dubbel",
                severity=contract.on_doubled_key,
                column=" + ".join(contract.key),
                first_row=first_row,
                row_count=count,
            )
        )
    if contract.on_doubled_key == "row":
        _hold_doubled_rows(connection, contract)
    held = dict(
        connection.execute(
            "select delivery_sequence, count(distinct row_number) from faulty group by all"
        ).fetchall()
    )
    for sequence, count in held.items():
        alone = all(breach.severity == "row" for breach in breaches[sequence])
        # As it is written: 0.29 times a hundred is less than 29 in binary.
        most = Decimal(str(contract.held_share_limit)) * rows[sequence]
        if alone and count > most:
            limit = numbers.percent(contract.held_share_limit, 0)
            breaches[sequence].append(
                Breach(
                    names[sequence],
                    "for_manga_hallna",
                    row_count=count,
                    detail=f"gränsen är {limit} av raderna",
                )
            )
    return {sequence: (count, held.get(sequence, 0)) for sequence, count in rows.items()}


def _may_lack_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, period: str, municipality_id: str
) -> bool:
    """Whether a file may say that a period has no case.

    Not where the period already has rows: rows are replaced by key, so it would not take them away.
    """
    if contract.always_has_rows:
        return False
    asked = [
        (
            f"select 1 from raw.{contract.table}"
            f" where {PLACE} = ${PLACE} and starts_with(delivery_period, $period) limit 1"
        )
    ]
    # All that a period had may have been replaced and removed. A file that is tried has no log.
    if connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and schema_name = 'meta' and table_name = 'deliveries'"
    ).fetchone():
        asked.append(
            "select 1 from meta.deliveries where starts_with(period, $period) and rows_loaded > 0"
            f" and {PLACE} = ${PLACE} and name = '{contract.register_name}'"
            " and outcome <> 'quarantined' limit 1"
        )
    asked_of = {PLACE: municipality_id, "period": period}
    return all(connection.execute(sql, asked_of).fetchone() is None for sql in asked)


def _hold_doubled_rows(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Hold every row whose key stands on another row too: none is known to be the right one."""
    place = list(contract.columns).index(contract.key[0])
    key = ", ".join(quoted(name) for name in contract.key)
    known = " and ".join(f"{quoted(name)} is not null" for name in contract.key)
    connection.execute(
        f"""
        insert into faulty
        select delivery_sequence, row_number, {place}, 'nyckel_dubbel'
        from incoming
        where {known}
        qualify count(*) over (partition by delivery_sequence, {key}) > 1
        """
    )


def _gather_faulty_cells(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    connection.execute(
        """
        create or replace temp table faulty as
        select
            delivery_sequence,
            row_number,
            split_part(fault, ':', 1)::integer as place,
            split_part(fault, ':', 2) as rule
        from (
            select delivery_sequence, row_number, unnest(string_split(faults, ' ')) as fault
            from incoming
            where faults is not null
        )
        """
    )
    [(wrong_identities,)] = connection.execute(
        "select count(*) from identities where kind is null"
    ).fetchall()
    if not wrong_identities:
        return
    for place, (name, column) in enumerate(contract.columns.items()):
        if column.type == "identity":
            connection.execute(
                f"""
                insert into faulty
                select delivery_sequence, row_number, {place}, 'identitet'
                from incoming
                semi join (from identities where kind is null) as wrong
                    on incoming.{quoted(name)} = wrong.written
                """
            )


def _gather_other_periods(
    connection: duckdb.DuckDBPyConnection, contract: Contract, month: str
) -> None:
    connection.execute(
        f"""
        insert into faulty
        select delivery_sequence, row_number, {list(contract.columns).index(month)}, 'annan_period'
        from incoming
        where not starts_with(strftime({quoted(month)}, '%Y-%m'), delivery_period)
        """
    )


def _doubled_keys(
    connection: duckdb.DuckDBPyConnection, contract: Contract
) -> list[tuple[int, int, int]]:
    key = ", ".join(quoted(name) for name in contract.key)
    known = " and ".join(f"{quoted(name)} is not null" for name in contract.key)
    return connection.execute(
        f"""
        select delivery_sequence, min(last_row), sum(rows - 1)::bigint
        from (
            select delivery_sequence, max(row_number) as last_row, count(*) as rows
            from incoming
            where {known}
            group by delivery_sequence, {key}
            having count(*) > 1
        )
        group by delivery_sequence
        order by delivery_sequence
        """
    ).fetchall()


def _detail(rule: str, column: Column) -> str:
    if rule == "kod":
        return f"tillåtna koder: {', '.join(column.codes)}"
    if rule == "intervall" and column.is_day:
        return f"tidigast {column.earliest}, senast {column.years_ahead} år efter mottagningen"
    if rule == "intervall" and column.type == "birth_year":
        return f"tidigast {_FIRST_BIRTH_YEAR}, senast mottagningens år"
    if rule == "intervall":
        low = "" if column.min is None else f"minst {column.min}"
        high = "" if column.max is None else f"högst {column.max}"
        return ", ".join(part for part in (low, high) if part)
    return ""


def insert_staged(connection: duckdb.DuckDBPyConnection, judged: Staged) -> None:
    """Insert the rows that may be used. The caller owns the transaction.

    Args:
        connection: The connection that the deliveries are staged on.
        judged: The deliveries.

    Raises:
        duckdb.Error: If the warehouse cannot be written.
    """
    if not judged.has_rows:
        return
    contract = judged.contract
    good = [
        result.delivery.sequence for result in judged.results if result.outcome != "quarantined"
    ]
    protected = _has_protected(connection, contract)
    values = _stored_values(contract, judged.key, protected=protected)
    held = any(result.rows_held for result in judged.results)
    connection.execute(
        f"""
        insert into raw.{contract.table} ({", ".join(map(quoted, values))})
        select {", ".join(values.values())}
        {_from_sql(contract)}
        {_WITHOUT_HELD if held else ""}
        where list_contains($good, incoming.delivery_sequence)
        """,
        {"good": good, PLACE: judged.municipality_id} | _bound(values.values(), judged.key),
    )
    if not protected:
        return
    keys = {name: _stored_sql(name, contract.columns[name], judged.key) for name in contract.key}
    earlier = earlier_rows_sql(contract, keys, _from_sql(contract))
    if earlier is not None:
        connection.execute(
            earlier,
            {"good": good, PLACE: judged.municipality_id} | _bound(keys.values(), judged.key),
        )


def _has_protected(connection: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Whether any row is flagged; where none is, no cell need be guarded row by row."""
    flagged = flagged_sql(contract)
    if flagged is None:
        return False
    found = connection.execute(f"select 1 from incoming where {flagged} limit 1").fetchone()
    return found is not None


def _stored_values(contract: Contract, key: PseudonymKey, *, protected: bool) -> dict[str, str]:
    """SQL for each column of `raw`, by its name."""
    cells = {name: _stored_sql(name, column, key) for name, column in contract.columns.items()}
    kinds = {
        column: f'"identity_{identity}".kind'
        for column, identity in contract.kind_columns().items()
    }
    derived = {name: _derived_sql(each) for name, each in contract.derived.items()}
    if protected:
        cells = {
            name: guarded_cell_sql(contract, name, contract.columns[name], value, key)
            for name, value in cells.items()
        }
        kinds = {
            column: guarded_sql(
                contract,
                f"case when incoming.{quoted(identity)} is not null then '{KIND}' end",
                kinds[column],
            )
            for column, identity in contract.kind_columns().items()
        }
        derived = {name: guarded_sql(contract, "null", value) for name, value in derived.items()}
    values = {contract.columns[name].raw_name or name: value for name, value in cells.items()}
    values |= kinds | derived
    return (
        {PLACE: f"${PLACE}::varchar"}
        | values
        | {
            "delivery_sequence": "incoming.delivery_sequence",
            "delivery_period": "incoming.delivery_period",
            "row_number": "incoming.row_number",
        }
    )


def _bound(values: Iterable[str], key: PseudonymKey) -> dict[str, bytes]:
    """The key's parameters where the values need them; DuckDB refuses what is not used."""
    text = " ".join(values)
    return {name: value for name, value in key.parameters.items() if f"${name}::" in text}


_WITHOUT_HELD = """
anti join faulty
    on incoming.delivery_sequence = faulty.delivery_sequence
    and incoming.row_number = faulty.row_number
"""


def stored_key_sql(contract: Contract, key: PseudonymKey) -> list[str]:
    """SQL over `incoming` for the columns by which a row is replaced, as they are kept in `raw`.

    Args:
        contract: The register's contract.
        key: The pseudonym secret.

    Returns:
        One SQL expression a column, with the key's parameters.
    """
    period = ["incoming.delivery_period"] if contract.numbered_anew else []
    return [*period, *(_stored_sql(name, contract.columns[name], key) for name in contract.key)]


def _stored_sql(name: str, column: Column, key: PseudonymKey) -> str:
    """SQL for a cell as it is kept: a text that hides an identity number becomes a pseudonym."""
    if column.type == "text":
        text = f"incoming.{quoted(name)}"
        return f"case when {hides_identity_sql(text)} then {key.sql(TEXT, text)} else {text} end"
    if column.type == "identity":
        return f'"identity_{name}".pseudonym'
    if column.type == "household":
        return f'"household_{name}".pseudonym'
    return f"incoming.{quoted(name)}"


def _from_sql(contract: Contract) -> str:
    joins = []
    for name, column in contract.columns.items():
        if column.type == "identity":
            joins.append(
                f'left join identities as "identity_{name}"'
                f' on incoming.{quoted(name)} = "identity_{name}".written'
            )
        elif column.type == "household":
            joins.append(
                f'left join households as "household_{name}"'
                f' on incoming.{quoted(name)} = "household_{name}".written'
            )
    return "from incoming " + " ".join(joins)


def _derived_sql(derived: AgeBand | SexCode) -> str:
    if isinstance(derived, SexCode):
        woman, man = derived.codes
        is_man = f'"identity_{derived.sex_of}".is_man'
        return f"case when {is_man} then '{man}' when not {is_man} then '{woman}' end"
    person = f'"identity_{derived.identity}"'
    age = f"date_sub('year', {person}.birth_date, incoming.{quoted(derived.at)})"
    cases = " ".join(
        f"when {age} >= {low} then '{label}'"
        if high is None
        else f"when {age} between {low} and {high} then '{label}'"
        for low, high, label in derived.labels
    )
    unknown = "" if derived.of_reserve_ids else f"when {person}.kind = 'reservnummer' then null"
    return f"case {unknown} {cases} end"
