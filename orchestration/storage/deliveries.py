"""The log of deliveries: what became of each, what was wrong, and what still stands in the way.

Tables `meta.deliveries`, `meta.delivery_breaches`, `meta.delivery_notes` and `meta.inbox`. They
hold file names, rules and counts, never a value from a file. Reading deliveries belongs in
`registers` and `sources`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import duckdb

from orchestration.storage.landing import Receipt

REGISTER_DELIVERIES_TABLE = "register__deliveries"
# Severity of what holds a published answer: the last good one stands, so it stops nothing.
ANSWER = "answer"

_TABLES = """
create table if not exists meta.deliveries (
    municipality_id varchar,
    delivery_sequence bigint,
    delivery_id varchar,
    kind varchar,
    name varchar,
    file_name varchar,
    period varchar,
    outcome varchar,
    rows_loaded bigint,
    rows_held bigint,
    received_at timestamp with time zone,
    synthetic boolean,
    judged_under varchar,
    has_replaced boolean default false
);
alter table meta.deliveries add column if not exists judged_under varchar;
alter table meta.deliveries add column if not exists has_replaced boolean default false;
create table if not exists meta.delivery_notes (
    delivery_sequence bigint,
    message_sv varchar
);
create table if not exists meta.delivery_breaches (
    delivery_sequence bigint,
    rule varchar,
    severity varchar,
    column_name varchar,
    first_row bigint,
    row_count bigint,
    message_sv varchar
);
create table if not exists meta.inbox (
    name varchar,
    file_name varchar,
    delivery_id varchar
);
"""


@dataclass(frozen=True, slots=True)
class BreachRow:
    """One breach as it is kept in the log.

    Attributes:
        rule: The rule's name.
        severity: `row`, `delivery`, or `ANSWER` where a published answer is held and the last good
            one stands meanwhile.
        column: The column, or None.
        first_row: Line number in the file, or None.
        row_count: Rows that break the rule.
        message: The Swedish message.
    """

    rule: str
    severity: str
    column: str | None
    first_row: int | None
    row_count: int
    message: str


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the log's tables if they are not there.

    Args:
        connection: An open connection to the warehouse.
    """
    connection.execute(_TABLES)


def set_inbox(
    connection: duckdb.DuckDBPyConnection,
    files: Iterable[tuple[str, str, str]],
    *,
    names: frozenset[str] | None = None,
) -> None:
    """Remember what lies in the inbox now.

    Args:
        connection: An open connection to the warehouse.
        files: Register, file name and delivery id of each file.
        names: The registers and datasets that were looked for; all unless given. What was
            remembered of the others stays.
    """
    connection.execute(
        "delete from meta.inbox where $names is null or list_contains($names, name)",
        {"names": None if names is None else sorted(names)},
    )
    rows = [row for row in files if names is None or row[0] in names]
    if rows:
        # One statement: each row of `executemany` is a query of its own.
        connection.execute(
            f"insert into meta.inbox select {', '.join(['unnest(?::varchar[])'] * 3)}",
            [list(column) for column in zip(*rows, strict=True)],
        )


def loaded_contents(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """What lay in the inbox when it was last landed: what the tables were made from.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        Register or dataset, file name and delivery id of each file.
    """
    return connection.execute("select name, file_name, delivery_id from meta.inbox").fetchall()


def pending(
    connection: duckdb.DuckDBPyConnection,
    receipts: Sequence[Receipt],
    *,
    confirmed: Collection[int] = (),
) -> tuple[list[Receipt], set[int]]:
    """Find the deliveries that are to be loaded now.

    Besides the new ones, a held delivery whose file still lies in the inbox is tried again: the
    file it was a copy of may have been replaced, or the contract or a dictionary corrected. So is a
    published answer that a person has confirmed, even where a later one has come meanwhile: that is
    held against the confirmed one.

    A file without rows is alike for every period. Whether a file is such a one is known when the
    first of them has been read: see `periods_without_rows`.

    Args:
        connection: An open connection to the warehouse.
        receipts: All receipts in order.
        confirmed: Sequences of the deliveries that a person has confirmed.

    Returns:
        The receipts to load, and the sequences of those among them whose content is that of
        another current file.
    """
    logged = {
        sequence
        for (sequence,) in connection.execute(
            "select delivery_sequence from meta.deliveries"
        ).fetchall()
    }
    held = set(held_in_inbox(connection))
    again = held | set(held_but_confirmed(connection, confirmed))
    due = [
        receipt
        for receipt in receipts
        if receipt.sequence not in logged or receipt.sequence in again
    ]
    lying = set(loaded_contents(connection))
    originals = [
        receipt
        for receipt in receipts
        if receipt.sequence not in held
        and (receipt.name, receipt.file_name, receipt.delivery_id) in lying
    ]
    return due, _copies(due, originals)


def _copies(due: Sequence[Receipt], originals: Sequence[Receipt]) -> set[int]:
    """Register deliveries with the content of another good file that came before them.

    A file that was renamed or moved, as a message may have asked for, is no copy of itself: only
    what still lies in the inbox, and is not held, counts as an original.
    """
    current = {(receipt.name, receipt.file_name): receipt for receipt in originals}
    first: dict[str, Receipt] = {}
    for receipt in sorted(current.values(), key=lambda each: each.sequence):
        if receipt.kind == "register":
            first.setdefault(receipt.delivery_id, receipt)
    return {
        receipt.sequence
        for receipt in due
        if (original := first.get(receipt.delivery_id)) is not None
        and receipt.kind == "register"
        and original.sequence < receipt.sequence
        and original.file_name != receipt.file_name
    }


def periods_without_rows(
    connection: duckdb.DuckDBPyConnection, name: str, municipality_id: str
) -> dict[str, frozenset[str]]:
    """Contents of a register that have been read and found to hold no row.

    Args:
        connection: An open connection to the warehouse.
        name: The register.
        municipality_id: Code of the municipality that it is of.

    Returns:
        By delivery id, the periods that such a content has been delivered for.
    """
    rows = connection.execute(
        "select delivery_id, list(distinct period) from meta.deliveries"
        " where kind = 'register' and municipality_id = $municipality_id and name = $name"
        " and outcome = 'loaded' and rows_loaded = 0 group by delivery_id",
        {"name": name, "municipality_id": municipality_id},
    ).fetchall()
    return {delivery_id: frozenset(periods) for delivery_id, periods in rows}


def write_register_deliveries(connection: duckdb.DuckDBPyConnection) -> None:
    """Write which periods have been delivered for which register, where dbt reads it.

    A period is delivered also by a file without rows, of which the registers' own tables know
    nothing. Written anew each time, since a delivery may be judged anew.

    Args:
        connection: An open connection to the warehouse.
    """
    connection.execute(
        f"""
        create or replace table raw.{REGISTER_DELIVERIES_TABLE} as
        select
            municipality_id,
            name as register_name,
            delivery_sequence,
            period as delivery_period,
            rows_loaded
        from meta.deliveries
        where kind = 'register' and outcome <> 'quarantined'
        order by delivery_sequence
        """
    )


# Deliveries that are the latest of their file, and whose file lies in the inbox unchanged.
_IN_INBOX = """
    select latest.*
    from (
        from meta.deliveries
        qualify delivery_sequence = max(delivery_sequence) over (partition by name, file_name)
    ) as latest
    semi join meta.inbox
        on latest.delivery_id = inbox.delivery_id
        and latest.file_name = inbox.file_name
        and latest.name = inbox.name
"""


def held_in_inbox(connection: duckdb.DuckDBPyConnection, name: str | None = None) -> list[int]:
    """Find the deliveries that are held and whose file still lies in the inbox, the latest of it.

    Args:
        connection: An open connection to the warehouse.
        name: One register or dataset; all unless given.

    Returns:
        Their sequences in order of receipt.
    """
    rows = connection.execute(
        f"""
        select delivery_sequence from ({_IN_INBOX})
        where outcome = 'quarantined' and ($name is null or name = $name)
        order by all
        """,
        {"name": name},
    ).fetchall()
    return [sequence for (sequence,) in rows]


def held_but_confirmed(
    connection: duckdb.DuckDBPyConnection, confirmed: Collection[int]
) -> list[int]:
    """Find the published answers that a person has confirmed since they were held.

    Args:
        connection: An open connection to the warehouse.
        confirmed: Sequences of the deliveries that a person has confirmed.

    Returns:
        Their sequences in order of receipt.
    """
    rows = connection.execute(
        """
        select delivery_sequence from meta.deliveries
        where
            kind = 'statistics'
            and outcome = 'quarantined'
            and list_contains($confirmed::bigint[], delivery_sequence)
        order by all
        """,
        {"confirmed": sorted(confirmed)},
    ).fetchall()
    return [sequence for (sequence,) in rows]


@dataclass(frozen=True, slots=True)
class FileRemarks:
    """What there is to say about a file that lies in the inbox.

    Attributes:
        sequence: The delivery.
        file_name: The supplier's file.
        outcome: What became of it.
        breaches: The Swedish messages of what it broke.
        notes: Swedish observations that are no breaches.
    """

    sequence: int
    file_name: str
    outcome: str
    breaches: tuple[str, ...]
    notes: tuple[str, ...]


def remarked_files(connection: duckdb.DuckDBPyConnection) -> list[FileRemarks]:
    """The files in the inbox that broke a rule or gave rise to an observation.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        The files in order of receipt.
    """
    rows = connection.execute(
        f"""
        select delivery_sequence, file_name, outcome, breaches, notes
        from ({_IN_INBOX})
        left join (
            select delivery_sequence, list(message_sv order by message_sv) as breaches
            from meta.delivery_breaches
            group by delivery_sequence
        ) using (delivery_sequence)
        left join (
            select delivery_sequence, list(message_sv order by message_sv) as notes
            from meta.delivery_notes
            group by delivery_sequence
        ) using (delivery_sequence)
        where breaches is not null or notes is not null
        order by delivery_sequence
        """
    ).fetchall()
    return [
        FileRemarks(sequence, file_name, outcome, tuple(breaches or ()), tuple(notes or ()))
        for sequence, file_name, outcome, breaches, notes in rows
    ]


def judged_otherwise(
    connection: duckdb.DuckDBPyConnection, name: str, judged_under: str
) -> list[int]:
    """Deliveries of a register that were judged under other rules than those of today.

    Args:
        connection: An open connection to the warehouse.
        name: The register.
        judged_under: Fingerprint of today's rules.

    Returns:
        Their sequences in order of receipt.
    """
    rows = connection.execute(
        "select delivery_sequence from meta.deliveries"
        " where name = $name and judged_under is distinct from $judged_under order by all",
        {"name": name, "judged_under": judged_under},
    ).fetchall()
    return [sequence for (sequence,) in rows]


def note_judged(connection: duckdb.DuckDBPyConnection, sequence: int, judged_under: str) -> None:
    """Remember that a delivery was judged anew and stays as it was.

    Args:
        connection: An open connection to the warehouse.
        sequence: The delivery.
        judged_under: Fingerprint of the rules.
    """
    connection.execute(
        "update meta.deliveries set judged_under = ? where delivery_sequence = ?",
        [judged_under, sequence],
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one delivery.

    Attributes:
        receipt: The delivery.
        period: The period it covers.
        outcome: `loaded`, `loaded_in_part` or `quarantined`.
        rows_loaded: Rows that were let into `raw`; those that are replaced go from there in time.
        rows_held: Rows that wait.
        breaches: What was wrong.
        notes: Swedish observations that are no breaches.
        judged_under: Fingerprint of the rules that it was judged by.
    """

    receipt: Receipt
    period: str
    outcome: str
    rows_loaded: int
    rows_held: int
    breaches: Sequence[BreachRow] = ()
    notes: Sequence[str] = ()
    judged_under: str | None = None


def record(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    *,
    period: str,
    outcome: str,
    rows_loaded: int,
    rows_held: int,
    breaches: Sequence[BreachRow] = (),
    notes: Sequence[str] = (),
) -> None:
    """Write what became of one delivery, as `record_all` does of several.

    Args:
        connection: An open connection to the warehouse.
        receipt: The delivery.
        period: The period it covers.
        outcome: `loaded`, `loaded_in_part` or `quarantined`.
        rows_loaded: Rows that were let into `raw`.
        rows_held: Rows that wait.
        breaches: What was wrong.
        notes: Swedish observations that are no breaches.
    """
    record_all(
        connection, [Recorded(receipt, period, outcome, rows_loaded, rows_held, breaches, notes)]
    )


def record_all(connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Recorded]) -> None:
    """Write what became of deliveries; an earlier record of each is replaced.

    Args:
        connection: An open connection to the warehouse.
        deliveries: Each once.
    """
    sequences = [each.receipt.sequence for each in deliveries]
    for table in ("deliveries", "delivery_breaches", "delivery_notes"):
        connection.execute(
            f"delete from meta.{table} where list_contains(?::bigint[], delivery_sequence)",
            [sequences],
        )
    _insert(
        connection,
        "deliveries",
        "varchar bigint varchar varchar varchar varchar varchar varchar bigint bigint timestamptz"
        " boolean varchar boolean",
        [
            (
                each.receipt.municipality_id,
                each.receipt.sequence,
                each.receipt.delivery_id,
                each.receipt.kind,
                each.receipt.name,
                each.receipt.file_name,
                each.period,
                each.outcome,
                each.rows_loaded,
                each.rows_held,
                each.receipt.received_at,
                each.receipt.synthetic,
                each.judged_under,
                # What it replaces is looked for anew: `orchestration.registers.superseded`.
                False,
            )
            for each in deliveries
        ],
    )
    _insert(
        connection,
        "delivery_notes",
        "bigint varchar",
        [(each.receipt.sequence, note) for each in deliveries for note in each.notes],
    )
    _insert_breaches(
        connection, [(each.receipt.sequence, row) for each in deliveries for row in each.breaches]
    )


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, types: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows with one statement: each row of `executemany` is a query of its own."""
    if rows:
        columns = ", ".join(f"unnest(?::{each}[])" for each in types.split())
        connection.execute(
            f"insert into meta.{table} select {columns}",
            [list(column) for column in zip(*rows, strict=True)],
        )


def _insert_breaches(
    connection: duckdb.DuckDBPyConnection, breaches: Sequence[tuple[int, BreachRow]]
) -> None:
    _insert(
        connection,
        "delivery_breaches",
        "bigint varchar varchar varchar bigint bigint varchar",
        [
            (
                sequence,
                breach.rule,
                breach.severity,
                breach.column,
                breach.first_row,
                breach.row_count,
                breach.message,
            )
            for sequence, breach in breaches
        ],
    )


def add_breach(connection: duckdb.DuckDBPyConnection, sequence: int, breach: BreachRow) -> None:
    """Add a breach to the log of a delivery, where it does not stand there already.

    Args:
        connection: An open connection to the warehouse.
        sequence: The delivery.
        breach: What was wrong.
    """
    connection.execute(
        "delete from meta.delivery_breaches where delivery_sequence = ? and message_sv = ?",
        [sequence, breach.message],
    )
    _insert_breaches(connection, [(sequence, breach)])


def unresolved(connection: duckdb.DuckDBPyConnection, name: str | None = None) -> list[str]:
    """Messages about deliveries that are held, stand in the way and have not been put right.

    A held delivery is put right when its file in the inbox is replaced or taken away. A file that
    is set aside is none: nothing waits for it. A published answer that is held stands in nobody's
    way either: see `held_answers`.

    Args:
        connection: An open connection to the warehouse.
        name: One register or dataset; all unless given.

    Returns:
        Swedish messages, in order of receipt.
    """
    held = held_in_inbox(connection, name)
    rows = connection.execute(
        """
        select message_sv
        from meta.delivery_breaches
        where list_contains($held, delivery_sequence) and severity not in ('file', $answer)
        order by delivery_sequence, message_sv
        """,
        {"held": held, "answer": ANSWER},
    ).fetchall()
    return [message for (message,) in rows]


def set_aside(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Messages about files in the inbox that could not be taken in, and that nothing waits for.

    Args:
        connection: An open connection to the warehouse.

    Returns:
        Swedish messages, in order of receipt.
    """
    rows = connection.execute(
        """
        select message_sv
        from meta.delivery_breaches
        where list_contains($held, delivery_sequence) and severity = 'file'
        order by delivery_sequence, message_sv
        """,
        {"held": held_in_inbox(connection)},
    ).fetchall()
    return [message for (message,) in rows]


@dataclass(frozen=True, slots=True)
class HeldBreach:
    """What a delivery is held for.

    Attributes:
        name: The register or dataset.
        file_name: The supplier's file.
        rule: The rule it breaks.
        message: The Swedish message.
    """

    name: str
    file_name: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """A published answer that is held, while the last good one stands.

    Attributes:
        name: The dataset.
        delivery_id: SHA-256 of its bytes.
        received_on: The day it came.
        breaches: What it is held for.
    """

    name: str
    delivery_id: str
    received_on: date
    breaches: tuple[HeldBreach, ...]

    @property
    def messages(self) -> tuple[str, ...]:
        """What it is held for, a Swedish sentence each."""
        return tuple(breach.message for breach in self.breaches)


def held_answers(connection: duckdb.DuckDBPyConnection) -> list[HeldAnswer]:
    """The published answers that wait for another one, or for a person to confirm them.

    Args:
        connection: An open connection to the warehouse; read-only is enough.

    Returns:
        The answers in order of receipt.
    """
    rows = connection.execute(
        """
        select
            any_value(name),
            any_value(delivery_id),
            any_value((received_at at time zone 'UTC')::date),
            any_value(file_name),
            list((rule, message_sv) order by message_sv)
        from meta.deliveries
        inner join meta.delivery_breaches using (delivery_sequence)
        where list_contains($held, delivery_sequence) and severity = $answer
        group by delivery_sequence
        order by delivery_sequence
        """,
        {"held": held_in_inbox(connection), "answer": ANSWER},
    ).fetchall()
    return [
        HeldAnswer(
            name,
            delivery_id,
            received_on,
            tuple(HeldBreach(name, file_name, rule, message) for rule, message in breaches),
        )
        for name, delivery_id, received_on, file_name, breaches in rows
    ]


def held_breaches(connection: duckdb.DuckDBPyConnection) -> list[HeldBreach]:
    """What the deliveries are held for that stand in the way and have not been put right.

    Args:
        connection: An open connection to the warehouse; read-only is enough.

    Returns:
        The breaches, in order of receipt.
    """
    rows = connection.execute(
        """
        select deliveries.name, deliveries.file_name, breaches.rule, breaches.message_sv
        from meta.delivery_breaches as breaches
        inner join meta.deliveries using (delivery_sequence)
        where
            list_contains($held, delivery_sequence)
            and breaches.severity not in ('file', $answer)
        order by delivery_sequence, message_sv
        """,
        {"held": held_in_inbox(connection), "answer": ANSWER},
    ).fetchall()
    return [HeldBreach(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class DeclaredSource:
    """What is known beforehand about a register or a dataset.

    Attributes:
        source_id: The register or dataset.
        title_sv: What a reader calls it.
        publisher: Who answers for it.
        licence: On which terms it is used.
        reference_period: What it covers; the years of the deliveries where None.
        retrieved_on: When it was fetched; taken from the receipts where None.
        window_days: Age in days after which it is stale.
        content_sha256: Of what lies in the project itself and is not delivered; None for the rest.
    """

    source_id: str
    title_sv: str
    publisher: str
    licence: str
    reference_period: str | None
    retrieved_on: date | None
    window_days: int
    content_sha256: str | None = None


def record_sources(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[DeclaredSource], *, now: datetime
) -> None:
    """Write `meta.sources`: one row for each source that has been loaded or lies in the project.

    The checksum is that of the one delivery, or of the sorted list of deliveries where a source
    has several. A source whose latest answer is held is stale, and says so.

    Args:
        connection: An open connection to the warehouse.
        sources: What is known beforehand.
        now: The time that staleness is judged at, with offset.
    """
    connection.execute(
        """
        create or replace table meta.sources (
            source_id varchar,
            title_sv varchar,
            publisher varchar,
            reference_period varchar,
            retrieved_at timestamp with time zone,
            content_sha256 varchar,
            licence varchar,
            synthetic boolean,
            stale boolean,
            held_sv varchar
        )
        """
    )
    delivered = [source for source in sources if source.content_sha256 is None]
    held = {
        answer.name: f"ett nyare svar kom {answer.received_on} men är så olikt det förra att det"
        " hålls tillbaka; uppgifterna är ur det förra."
        for answer in held_answers(connection)
    }
    connection.execute(
        """
        insert into meta.sources
        select
            source.source_id,
            any_value(source.title_sv),
            any_value(source.publisher),
            coalesce(
                any_value(source.reference_period),
                min(first_year) || case when min(first_year) < max(last_year)
                    then '–' || max(last_year) else '' end
            ),
            coalesce(
                any_value(source.retrieved_on)::timestamp at time zone 'UTC',
                max(received_at)
            ) as retrieved_at,
            case
                when count(*) = 1 then min(delivery_id)
                else sha256(string_agg(delivery_id, ',' order by delivery_id))
            end,
            any_value(source.licence),
            bool_or(synthetic),
            retrieved_at < $now::timestamptz - to_days(any_value(source.window_days))
                or any_value(held.message_sv) is not null,
            any_value(held.message_sv)
        from (
            select
                unnest($source_id::varchar[]) as source_id,
                unnest($title_sv::varchar[]) as title_sv,
                unnest($publisher::varchar[]) as publisher,
                unnest($licence::varchar[]) as licence,
                unnest($reference_period::varchar[]) as reference_period,
                unnest($retrieved_on::date[]) as retrieved_on,
                unnest($window_days::integer[]) as window_days,
                unnest(range($count)) as place
        ) as source
        inner join (
            select
                *,
                left(period, 4) as first_year,
                left(split_part(period, '–', -1), 4) as last_year
            from meta.deliveries
            where outcome <> 'quarantined'
            qualify delivery_sequence = max(delivery_sequence) over (partition by name, file_name)
        ) as latest on source.source_id = latest.name
        left join (
            select unnest($held::varchar[]) as name, unnest($held_sv::varchar[]) as message_sv
        ) as held on source.source_id = held.name
        group by source.place, source.source_id
        order by source.place
        """,
        {
            **{
                each.name: [getattr(source, each.name) for source in delivered]
                for each in fields(DeclaredSource)
                if each.name != "content_sha256"
            },
            "count": len(delivered),
            "now": now,
            "held": list(held),
            "held_sv": list(held.values()),
        },
    )
    for source in sources:
        if source.content_sha256 is not None:
            connection.execute(
                "insert into meta.sources values (?, ?, ?, ?, null, ?, ?, false, false, null)",
                [
                    source.source_id,
                    source.title_sv,
                    source.publisher,
                    source.reference_period,
                    source.content_sha256,
                    source.licence,
                ],
            )
