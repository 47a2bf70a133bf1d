"""What lacks without fault, and is said wherever a figure lacks: registers and single indicators.

A municipality may have no such activity, or begin with the registers that it has. What is held in
the inbox is no such register: somebody delivered it, and it stands in the way until it is put
right. A register that is delivered as the file the law asks for cannot count every indicator.
Judging tables belongs in `quality`, showing the reasons in `reporting`.
"""

import duckdb

from orchestration.registers.contract import PLACE, load_contracts
from orchestration.registers.municipality import load_municipality
from orchestration.settings import Settings
from orchestration.storage.deliveries import REGISTER_DELIVERIES_TABLE, unresolved

NOT_DELIVERED_TABLE = "register__not_delivered"
INDICATOR_NOTES_TABLE = "register__indicator_notes"

_NEVER_SV = "Registret har inte levererats."
_WITHOUT_ROWS_SV = "Registret har bara levererats utan rader: perioder utan ärenden."


def registers_not_delivered(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> dict[str, str]:
    """The registers that nothing has been delivered from, and nothing is held of.

    Args:
        connection: An open connection to the warehouse, with the log of deliveries.
        settings: Say which municipality is reported on.

    Returns:
        By register, the reason in Swedish: the municipality's own where its file has one.
    """
    delivered = {
        name
        for (name,) in connection.execute(
            f"select distinct register_name from raw.{REGISTER_DELIVERIES_TABLE}"
            f" where {PLACE} = ${PLACE}",
            {PLACE: settings.municipality},
        ).fetchall()
    }
    not_kept = load_municipality(settings).not_delivered
    return {
        name: f"Kommunen lämnar inte registret: {not_kept[name]}" if name in not_kept else _NEVER_SV
        for name in load_contracts()
        if name not in delivered and not unresolved(connection, name)
    }


def write_not_delivered(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the registers that nothing has been delivered from, where dbt reads them.

    Args:
        connection: An open connection to the warehouse, with the log of deliveries.
        settings: Say which municipality is reported on.
    """
    connection.execute(
        f"create or replace table raw.{NOT_DELIVERED_TABLE}"
        f" ({PLACE} varchar, register_name varchar, reason_sv varchar)"
    )
    missing = registers_not_delivered(connection, settings)
    connection.execute(
        f"insert into raw.{NOT_DELIVERED_TABLE}"
        f" select ${PLACE}, unnest($names::varchar[]), unnest($reasons::varchar[])",
        {PLACE: settings.municipality, "names": [*missing], "reasons": [*missing.values()]},
    )


def write_indicator_notes(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write which indicators the municipality's files cannot count, or count otherwise.

    Args:
        connection: An open connection to the warehouse, with the log of deliveries.
        settings: Say which municipality is reported on.
    """
    connection.execute(
        f"create or replace table raw.{INDICATOR_NOTES_TABLE}"
        f" ({PLACE} varchar, indicator_id varchar, is_counted boolean, note_sv varchar)"
    )
    municipality = load_municipality(settings)
    missing = registers_not_delivered(connection, settings)
    files = [
        file
        for name in municipality.registers
        if name not in missing and (file := municipality.statutory_file(name)) is not None
    ]
    notes = [
        *((each, False, file.reason_sv(each)) for file in files for each in file.cannot_count),
        *((each, True, text) for file in files for each, text in file.counts_otherwise.items()),
    ]
    connection.execute(
        f"insert into raw.{INDICATOR_NOTES_TABLE} select ${PLACE}, unnest($indicators::varchar[]),"
        " unnest($counted::boolean[]), unnest($notes::varchar[])",
        {
            PLACE: municipality.code,
            "indicators": [indicator for indicator, _, _ in notes],
            "counted": [is_counted for _, is_counted, _ in notes],
            "notes": [note for _, _, note in notes],
        },
    )


def tables_without_rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> dict[str, str]:
    """The registers' tables that lawfully have no row: the rule on their row count holds nothing.

    Args:
        connection: An open connection to the warehouse, with the log of deliveries.
        settings: Say which municipality is reported on.

    Returns:
        By table as `schema.table`, the reason in Swedish.
    """
    reasons = {
        name: _WITHOUT_ROWS_SV
        for (name,) in connection.execute(
            f"select register_name from raw.{REGISTER_DELIVERIES_TABLE} where {PLACE} = ${PLACE}"
            " group by register_name having sum(rows_loaded) = 0",
            {PLACE: settings.municipality},
        ).fetchall()
    } | registers_not_delivered(connection, settings)
    contracts = load_contracts()
    return {
        f"raw.{contracts[name].table}": reason
        for name, reason in reasons.items()
        if name in contracts
    }
