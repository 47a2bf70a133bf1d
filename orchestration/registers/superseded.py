"""Rows of `raw` that a later delivery has replaced, removed when they are old enough.

A version goes when it will never count again, whatever may still come: a file that is held and let
in later has its old place in the order of receipt. So what stands between a version and its return
stays too, such as a year's file below a month that came after it; of each key that is a handful of
rows at most. Which version counts now is said by dbt's macro `latest_rows`; the landed bytes, from
which any past is built again, have a retention of their own in `orchestration.storage`.
"""

from datetime import datetime

import duckdb

from orchestration.database import transaction
from orchestration.registers.contract import Contract
from orchestration.registers.layout import quoted


def remove_superseded(
    connection: duckdb.DuckDBPyConnection, contract: Contract, *, before: datetime
) -> int:
    """Remove the rows of a register that were replaced before a time, in one transaction.

    Only the keys are looked at of deliveries that have grown old enough since the last time, so a
    night costs what that night's share of the deliveries does.

    Args:
        connection: An open connection to the warehouse, outside of a transaction.
        contract: The register's contract, newest version.
        before: What a delivery replaced that was received earlier is removed; carries a time zone.

    Returns:
        How many rows were removed.
    """
    rows = connection.execute(
        """
        select delivery_sequence, has_replaced
        from meta.deliveries
        where name = $name and outcome <> 'quarantined' and received_at < $before
        """,
        {"name": contract.register_name, "before": before},
    ).fetchall()
    new = [sequence for sequence, has_replaced in rows if not has_replaced]
    if not new:
        return 0
    with transaction(connection):
        removed = connection.execute(
            _removal_sql(contract), {"new": new, "old": [sequence for sequence, _ in rows]}
        ).fetchone()
        connection.execute(
            "update meta.deliveries set has_replaced = true"
            " where list_contains($new, delivery_sequence)",
            {"new": new},
        )
    return int(removed[0]) if removed else 0


def _removal_sql(contract: Contract) -> str:
    """SQL that removes what the deliveries `$old` replaced, of the keys of the deliveries `$new`.

    A version never counts again when an old delivery brought the same key for a later year; or for
    the same year, later in the order of receipt, in a year's file, or in a month no earlier than
    the version's own. A year's file keeps what came before it from counting until the year's next
    file does, so no month takes it away.
    """
    key = ", ".join(quoted(name) for name in contract.replaced_by)
    table = f"raw.{contract.table}"
    return f"""
        delete from {table}
        where rowid in (
            select row_id
            from (
                select
                    row_id,
                    is_month,
                    left(period, 4) < max(left(period, 4)) filter (where is_old) over same_key
                        as is_of_an_earlier_year,
                    sequence < max(sequence) filter (where is_old and not is_month) over same_year
                        as is_before_a_years_file,
                    period <= max(period) filter (where is_old and is_month) over later_ones
                        as is_before_a_month
                from (
                    select
                        rowid as row_id,
                        {key},
                        delivery_period as period,
                        length(delivery_period) <> 4 as is_month,
                        delivery_sequence as sequence,
                        delivery_sequence in (select unnest($old::bigint[])) as is_old
                    from {table}
                    semi join (
                        select {key}
                        from {table}
                        semi join (
                            select {key}
                            from {table}
                            where delivery_sequence in (select unnest($new::bigint[]))
                        ) using ({key})
                        group by {key}
                        having count(*) > 1
                    ) using ({key})
                )
                window
                    same_key as (partition by {key}),
                    same_year as (partition by {key}, left(period, 4)),
                    later_ones as (
                        partition by {key}, left(period, 4)
                        order by sequence
                        rows between 1 following and unbounded following
                    )
            )
            where
                is_of_an_earlier_year
                or is_before_a_years_file
                or (is_month and is_before_a_month)
        )
        """
