"""Persons with protected identity: a class of their own on the way into `raw`.

A row that the supplier flags counts in the city's total and nowhere else: its pseudonyms have a
purpose of their own in each register, its board is a unit that belongs to no board, and what would
narrow the person down is left out. Pseudonyms belong in `pseudonyms`, the other cells in
`staged_rows`.
"""

from collections.abc import Mapping

from orchestration.registers.contract import PLACE, Column, Contract
from orchestration.registers.identity import normalised_sql
from orchestration.registers.pseudonyms import HOUSEHOLD, PERSON, PseudonymKey

FLAG = "skyddade_personuppgifter"
KIND = "skyddad"
# dbt counts this unit in the city's total and in no board (`protected_unit` in dbt_project.yml).
UNIT = "Skyddade personuppgifter"


def purpose(contract: Contract, ordinary: str) -> str:
    """What a protected person's pseudonym is for: one register, and nothing that joins it.

    Args:
        contract: The register's contract.
        ordinary: The purpose that others' pseudonyms have.

    Returns:
        The purpose.
    """
    return f"{KIND}:{ordinary}:{contract.register_name}"


def flagged_sql(contract: Contract) -> str | None:
    """SQL for whether a row of `incoming` is about a protected person.

    Args:
        contract: The register's contract.

    Returns:
        A SQL condition, or None where the register has no such flag.
    """
    return f'coalesce(incoming."{FLAG}", false)' if FLAG in contract.columns else None


def guarded_sql(contract: Contract, instead: str, value: str) -> str:
    """SQL for a value that protected persons have another of.

    Args:
        contract: The register's contract.
        instead: What stands in a protected person's row.
        value: What stands in others' rows.

    Returns:
        A SQL expression.
    """
    flagged = flagged_sql(contract)
    return value if flagged is None else f"case when {flagged} then {instead} else {value} end"


def guarded_cell_sql(
    contract: Contract, name: str, column: Column, value: str, key: PseudonymKey
) -> str:
    """SQL for a delivered cell, coarsened where the person is protected.

    Args:
        contract: The register's contract.
        name: The column's name in the contract.
        column: The column.
        value: SQL for the cell's value in others' rows.
        key: The pseudonym secret.

    Returns:
        A SQL expression, with the key's parameters where the register has the flag.
    """
    text = f'incoming."{name}"'
    match column.type:
        case "unit":
            return guarded_sql(contract, f"'{UNIT}'", value)
        case "identity":
            own = key.sql(purpose(contract, PERSON), normalised_sql(text))
            return guarded_sql(contract, own, value)
        case "household":
            return guarded_sql(contract, key.sql(purpose(contract, HOUSEHOLD), text), value)
        case "birth_year" | "area":
            return guarded_sql(contract, "null", value)
    return value


def earlier_rows_sql(contract: Contract, keys: Mapping[str, str], source: str) -> str | None:
    """SQL that coarsens the earlier versions of a row whose person has become protected.

    They no longer count, but stand in `raw` under the same key and would tell the board.

    Args:
        contract: The register's contract.
        keys: SQL over the incoming rows for each column of the key.
        source: The incoming rows with the identities they hold, as a `from` clause.

    Returns:
        An `update` statement with the parameters `$good`, the deliveries that were let in, and
        `$municipality_id`, whose they are; None where the register has no such flag.
    """
    flagged = flagged_sql(contract)
    identities = [name for name, column in contract.columns.items() if column.type == "identity"]
    if flagged is None or not identities:
        return None
    person = identities[0]
    cells = {
        column.raw_name or name: "null"
        for name, column in contract.columns.items()
        if column.type in {"identity", "household", "birth_year", "area"}
    }
    cells |= dict.fromkeys(contract.derived, "null")
    cells |= {
        name: f"'{UNIT}'" for name, column in contract.columns.items() if column.type == "unit"
    }
    cells |= dict.fromkeys(contract.kind_columns(), f"'{KIND}'")
    cells[FLAG] = "true"
    assigned = ", ".join(f'"{name}" = {value}' for name, value in cells.items())
    selected = ", ".join(f'{value} as "{name}"' for name, value in keys.items())
    same = " and ".join(f'earlier."{name}" = flagged."{name}"' for name in keys)
    return f"""
        update raw.{contract.table} as earlier
        set {assigned}
        from (
            select {selected}, incoming.delivery_sequence, "identity_{person}".pseudonym
            {source}
            where {flagged} and list_contains($good, incoming.delivery_sequence)
        ) as flagged
        where {same}
            and earlier.{PLACE} = ${PLACE}
            and earlier."{contract.columns[person].raw_name or person}" = flagged.pseudonym
            and earlier.delivery_sequence < flagged.delivery_sequence
        """
