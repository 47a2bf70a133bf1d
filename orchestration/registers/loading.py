"""From rows of text to typed, pseudonymised rows in `raw`.

Checks every cell against the contract inside DuckDB, holds rows or whole deliveries as the
contract says, replaces identity numbers, and inserts what is right in one transaction together
with its record in `meta.deliveries`. What the registers mean belongs in dbt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Column, Contract
from orchestration.registers.identity import (
    birth_date_sql,
    hides_identity_sql,
    kind_sql,
    normalised_sql,
)
from orchestration.registers.layout import Delivery, Layout, inspect
from orchestration.registers.mapping import (
    CONTRACT_FORM,
    RegisterMapping,
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
from orchestration.registers.reading import drop_incoming, read_rows

Outcome = Literal["loaded", "loaded_in_part", "quarantined"]

_BAND_YEARS = 5


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
    """

    delivery: Delivery
    period: str
    outcome: Outcome
    rows_loaded: int
    rows_held: int
    breaches: tuple[Breach, ...]


def load_register(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    *,
    units: Iterable[str],
    key: PseudonymKey,
    work_dir: Path,
    mapping: RegisterMapping = CONTRACT_FORM,
) -> list[LoadResult]:
    """Load new deliveries of one register, each by the version that its period calls for.

    The caller owns the transaction: nothing is committed here.

    Args:
        connection: An open connection to the warehouse.
        contract: The register's contract, newest version.
        deliveries: The new deliveries in the order of receipt.
        units: Known names of district boards and central units.
        key: The pseudonym secret.
        work_dir: Private directory for files that must be recoded first.
        mapping: How the municipality's export maps to the contract.

    Returns:
        One result a delivery, in the same order.

    Raises:
        duckdb.Error: If the warehouse cannot be written.
    """
    create_raw_table(connection, contract)
    results: dict[int, LoadResult] = {}
    by_version: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        period = file_period(contract, delivery.file_name, mapping)
        if period is None or not contract.allows(period, delivery.received_on):
            rule = "filnamn" if period is None else "period"
            breach = in_own_words(Breach(delivery.file_name, rule), contract, mapping)
            results[delivery.sequence] = _result(delivery, period or "", [breach], {})
        else:
            by_version.setdefault(contract.at(period).since, []).append(delivery)
    for version in contract.versions:
        if alike := by_version.get(version.since):
            found = _load_version(
                connection, version, alike, units=units, key=key, work_dir=work_dir, mapping=mapping
            )
            results |= {result.delivery.sequence: result for result in found}
    return [results[delivery.sequence] for delivery in deliveries]


def _load_version(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    *,
    units: Iterable[str],
    key: PseudonymKey,
    work_dir: Path,
    mapping: RegisterMapping,
) -> list[LoadResult]:
    """Load deliveries that one version of the contract holds for."""
    breaches: dict[int, list[Breach]] = {delivery.sequence: [] for delivery in deliveries}
    periods = {
        delivery.sequence: file_period(contract, delivery.file_name, mapping) or ""
        for delivery in deliveries
    }
    readable = []
    for delivery in deliveries:
        layout = inspect(contract, delivery, mapping)
        if isinstance(layout, list):
            breaches[delivery.sequence] += layout
        else:
            readable.append((delivery, layout))
    counts: dict[int, tuple[int, int]] = {}
    if readable:
        by_name = {delivery.file_name: delivery.sequence for delivery, _ in readable}
        for breach in read_rows(connection, contract, readable, work_dir=work_dir):
            breaches[by_name[breach.file_name]].append(breach)
        _prepare(connection, contract, [d for d, _ in readable], periods, units=units, key=key)
        for sequence, found in _check(connection, contract, readable).items():
            breaches[sequence] += found
        counts = _insert(connection, contract, [d for d, _ in readable], breaches, key)
        drop_incoming(connection)
        for table in ("identities", "households", "known_units", "held", "received"):
            connection.execute(f"drop table {table}")
    return [
        _result(
            delivery,
            periods[delivery.sequence],
            [in_own_words(each, contract, mapping) for each in breaches[delivery.sequence]],
            counts,
        )
        for delivery in deliveries
    ]


def create_raw_table(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Create a register's table in `raw` if it is not there, and the columns that it lacks.

    Args:
        connection: An open connection to the warehouse.
        contract: The register's contract, newest version.
    """
    wanted = contract.raw_columns()
    columns = ", ".join(f'"{name}" {kind}' for name, kind in wanted.items())
    connection.execute(f"create table if not exists raw.{contract.table} ({columns})")
    described = connection.execute(f"describe raw.{contract.table}").fetchall()
    for name in wanted.keys() - {row[0] for row in described}:
        connection.execute(f'alter table raw.{contract.table} add column "{name}" {wanted[name]}')


def _result(
    delivery: Delivery,
    period: str,
    breaches: list[Breach],
    counts: dict[int, tuple[int, int]],
) -> LoadResult:
    loaded, held = counts.get(delivery.sequence, (0, 0))
    outcome: Outcome = "loaded"
    if any(breach.severity == "delivery" for breach in breaches):
        outcome = "quarantined"
    elif held:
        outcome = "loaded_in_part"
    return LoadResult(
        delivery=delivery,
        period=period,
        outcome=outcome,
        rows_loaded=loaded,
        rows_held=held,
        breaches=tuple(breaches),
    )


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    periods: dict[int, str],
    *,
    units: Iterable[str],
    key: PseudonymKey,
) -> None:
    """Make the small tables that rows are checked and translated against."""
    connection.execute("create or replace temp table known_units (name varchar)")
    connection.executemany("insert into known_units values (?)", [(name,) for name in units])
    connection.execute(
        "create or replace temp table received"
        " (sequence bigint, delivery_id varchar, period varchar, received_on date)"
    )
    connection.executemany(
        "insert into received values (?, ?, ?, ?)",
        [(d.sequence, d.delivery_id, periods[d.sequence], d.received_on) for d in deliveries],
    )
    _distinct(connection, contract, "identity", "identities_as_written")
    connection.execute(
        f"""
        create or replace temp table identities as
        select
            written,
            {key.sql(PERSON, "normalised")} as pseudonym,
            {kind_sql("normalised")} as kind,
            {birth_date_sql("normalised")} as birth_date
        from (
            select written, {normalised_sql("written")} as normalised
            from identities_as_written
        )
        where {kind_sql("normalised")} is not null
        """,
        key.parameters,
    )
    _distinct(connection, contract, "household", "households_as_written")
    connection.execute(
        f"""
        create or replace temp table households as
        select
            written,
            {key.sql(HOUSEHOLD, "written")} as pseudonym
        from households_as_written
        """,
        key.parameters,
    )
    connection.execute("drop table identities_as_written")
    connection.execute("drop table households_as_written")


def _distinct(
    connection: duckdb.DuckDBPyConnection, contract: Contract, kind: str, table: str
) -> None:
    selects = [
        f'select "{name}" as written from incoming'
        for name, column in contract.columns.items()
        if column.type == kind
    ] or ["select null::varchar as written"]
    connection.execute(
        f"create or replace temp table {table} as select distinct written"
        f" from ({' union all '.join(selects)}) where written is not null"
    )


def _value_sql(name: str, column: Column) -> str:
    """SQL for the typed value of a cell; null where the text cannot be read."""
    text = f'incoming."{name}"'
    whole = f"case when regexp_full_match({text}, '-?[0-9]{{1,9}}') then {text}::integer end"
    decimal = (
        f"case when regexp_full_match({text}, '-?[0-9]+([.,][0-9]+)?')"
        f" then try_cast(replace({text}, ',', '.') as {column.sql_type}) end"
    )
    by_type = {
        "integer": whole,
        "birth_year": f"({whole}) // {_BAND_YEARS} * {_BAND_YEARS}",
        "decimal": decimal,
        "hours": decimal,
        "number": decimal,
        "date": f"case when length({text}) = 10 then try_cast({text} as date) end",
        "month": f"case when length({text}) = 7 then try_cast({text} || '-01' as date) end",
        "flag": f"case {text} when 'J' then true when 'N' then false end",
        "identity": f'"identity_{name}".pseudonym',
        "household": f'"household_{name}".pseudonym',
    }
    return by_type.get(column.type, text)


def _is_keyed_on_the_way(contract: Contract) -> bool:
    """Whether some cells become pseudonyms as they are inserted: texts, and protected persons."""
    texts = any(column.type == "text" for column in contract.columns.values())
    return texts or flagged_sql(contract) is not None


def _stored_sql(name: str, column: Column, key: PseudonymKey) -> str:
    """SQL for a cell as it is kept: a text that hides an identity number becomes a pseudonym."""
    value = _value_sql(name, column)
    if column.type != "text":
        return value
    return f"case when {hides_identity_sql(value)} then {key.sql(TEXT, value)} else {value} end"


def _fault_sql(name: str, column: Column) -> str:
    """SQL for the rule that a cell breaks; null where it breaks none."""
    text = f'incoming."{name}"'
    value = _value_sql(name, column)
    unreadable = {
        "integer": "heltal",
        "birth_year": "heltal",
        "decimal": "tal",
        "hours": "tal",
        "number": "tal",
        "date": "datum",
        "month": "manad",
        "flag": "ja_nej",
        "identity": "identitet",
        "household": "saknas",
    }
    cases = [f"when {text} is null then {'null' if column.optional else repr('saknas')}"]
    codes = ", ".join("'" + code.replace("'", "''") + "'" for code in column.codes)
    match column.type:
        case "code":
            cases.append(f"when {text} not in ({codes}) then 'kod'")
        case "codes":
            cases.append(f"when not list_has_all([{codes}], string_split({text}, '|')) then 'kod'")
        case "unit":
            cases.append(f"when {text} not in (select name from known_units) then 'enhet'")
        case "text":
            pass
        case kind:
            cases.append(f"when {value} is null then '{unreadable[kind]}'")
    if column.min is not None:
        cases.append(f"when {value} < {column.min} then 'intervall'")
    if column.max is not None:
        cases.append(f"when {value} > {column.max} then 'intervall'")
    if column.not_future:
        cases.append(f"when {value} > received.received_on then 'framtid'")
    return f"case {' '.join(cases)} end"


def _from_sql(contract: Contract) -> str:
    joins = ["inner join received on incoming.delivery_sequence = received.sequence"]
    for name, column in contract.columns.items():
        if column.type == "identity":
            joins.append(
                f'left join identities as "identity_{name}"'
                f' on incoming."{name}" = "identity_{name}".written'
            )
        elif column.type == "household":
            joins.append(
                f'left join households as "household_{name}"'
                f' on incoming."{name}" = "household_{name}".written'
            )
    return "from incoming " + " ".join(joins)


def _check(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[tuple[Delivery, Layout]],
) -> dict[int, list[Breach]]:
    """Find the cells that break the contract; rows to hold end in the table `held`."""
    names = {delivery.sequence: delivery.file_name for delivery, _ in deliveries}
    source = _from_sql(contract)
    faults = {name: _fault_sql(name, column) for name, column in contract.columns.items()}
    counted = ", ".join(f"count({fault})" for fault in faults.values())
    totals = connection.execute(
        f"select incoming.delivery_sequence, count(*), {counted} {source} group by all"
    ).fetchall()
    connection.execute("create or replace temp table held (sequence bigint, row_number bigint)")
    breaches: dict[int, list[Breach]] = {}
    rows = dict.fromkeys(names, 0)
    broken: set[str] = set()
    for sequence, row_count, *fault_counts in totals:
        rows[sequence] = row_count
        broken |= {name for name, count in zip(faults, fault_counts, strict=True) if count}
    for sequence, row_count in rows.items():
        if not row_count:
            breaches.setdefault(sequence, []).append(Breach(names[sequence], "inga_rader"))
    for name in sorted(broken, key=list(faults).index):
        column = contract.columns[name]
        found = connection.execute(
            f"select sequence, rule, min(row_number), count(*) from (select"
            f" incoming.delivery_sequence as sequence, incoming.row_number,"
            f" {faults[name]} as rule {source}) where rule is not null group by all"
            " order by sequence, rule"
        ).fetchall()
        for sequence, rule, first_row, count in found:
            breaches.setdefault(sequence, []).append(
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
        if held_rules := {rule for _, rule, _, _ in found if column.severity(rule) == "row"}:
            connection.execute(
                f"insert into held select incoming.delivery_sequence, incoming.row_number {source}"
                f" where list_contains($rules, {faults[name]})",
                {"rules": sorted(held_rules)},
            )
    for sequence, first_row, count in _doubled_keys(connection, contract):
        breaches.setdefault(sequence, []).append(
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
    _hold_deliveries_with_many_faults(connection, contract, names, rows, breaches)
    return breaches


def _hold_doubled_rows(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Hold every row whose key stands on another row too: none is known to be the right one."""
    key = ", ".join(f'"{name}"' for name in contract.key)
    connection.execute(
        "insert into held select delivery_sequence, row_number from incoming"
        f" qualify count(*) over (partition by delivery_sequence, {key}) > 1"
    )


def _hold_deliveries_with_many_faults(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    names: dict[int, str],
    rows: dict[int, int],
    breaches: dict[int, list[Breach]],
) -> None:
    held = connection.execute(
        "select sequence, count(distinct row_number) from held group by all"
    ).fetchall()
    for sequence, count in held:
        if count > contract.held_share_limit * rows[sequence]:
            limit = f"{contract.held_share_limit:.0%}".replace("%", " procent")
            breaches.setdefault(sequence, []).append(
                Breach(
                    names[sequence],
                    "for_manga_hallna",
                    row_count=count,
                    detail=f"gränsen är {limit} av raderna",
                )
            )


def _doubled_keys(
    connection: duckdb.DuckDBPyConnection, contract: Contract
) -> list[tuple[int, int, int]]:
    key = ", ".join(f'"{name}"' for name in contract.key)
    return connection.execute(
        f"""
        select delivery_sequence, min(last_row), sum(rows - 1)::bigint
        from (
            select delivery_sequence, max(row_number) as last_row, count(*) as rows
            from incoming
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
    if rule == "intervall":
        low = "" if column.min is None else f"minst {column.min}"
        high = "" if column.max is None else f"högst {column.max}"
        return ", ".join(part for part in (low, high) if part)
    return ""


def _insert(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    deliveries: Sequence[Delivery],
    breaches: dict[int, list[Breach]],
    key: PseudonymKey,
) -> dict[int, tuple[int, int]]:
    """Insert the rows that may be used; count loaded and held rows a delivery."""
    good = [
        delivery.sequence
        for delivery in deliveries
        if not any(breach.severity == "delivery" for breach in breaches[delivery.sequence])
    ]
    values = {
        column.raw_name or name: guarded_cell_sql(
            contract, name, column, _stored_sql(name, column, key), key
        )
        for name, column in contract.columns.items()
    }
    values |= {
        column: guarded_sql(
            contract,
            f"case when incoming.\"{identity}\" is not null then '{KIND}' end",
            f'"identity_{identity}".kind',
        )
        for column, identity in contract.kind_columns().items()
    }
    values |= {
        name: guarded_sql(contract, "null", _age_band_sql(contract, name))
        for name in contract.derived
    }
    values |= {
        "delivery_id": "received.delivery_id",
        "delivery_sequence": "received.sequence",
        "delivery_period": "received.period",
        "row_number": "incoming.row_number",
    }
    names = ", ".join(f'"{name}"' for name in values)
    connection.execute(
        f"""
        insert into raw.{contract.table} ({names})
        select {", ".join(values.values())}
        {_from_sql(contract)}
        anti join held
            on incoming.delivery_sequence = held.sequence
            and incoming.row_number = held.row_number
        where list_contains($good, incoming.delivery_sequence)
        """,
        {"good": good} | (key.parameters if _is_keyed_on_the_way(contract) else {}),
    )
    keys = {name: _value_sql(name, contract.columns[name]) for name in contract.key}
    earlier = earlier_rows_sql(contract, keys, _from_sql(contract))
    if earlier is not None:
        connection.execute(earlier, {"good": good})
    counted = connection.execute(
        """
        select
            incoming.delivery_sequence,
            count(*) filter (where held.sequence is null),
            count(*) filter (where held.sequence is not null)
        from incoming
        left join (select distinct * from held) as held
            on incoming.delivery_sequence = held.sequence
            and incoming.row_number = held.row_number
        group by all
        """
    ).fetchall()
    return {
        sequence: (loaded, held) if sequence in good else (0, loaded + held)
        for sequence, loaded, held in counted
    }


def _age_band_sql(contract: Contract, name: str) -> str:
    band = contract.derived[name]
    at = _value_sql(band.at, contract.columns[band.at])
    age = f"""date_sub('year', "identity_{band.identity}".birth_date, {at})"""
    cases = " ".join(
        f"when {age} between {low} and {high} then '{label}'" for low, high, label in band.labels
    )
    return f"case {cases} end"
