"""Texts that `raw` already holds, when the rule for what hides an identity number has changed.

A warehouse remembers which rule its texts were let in by. Under another one they are looked through
once, and what the new rule finds becomes a pseudonym as it would on the way in. The rule itself
belongs in `identity`; what is let in, in `staged_rows`.
"""

import hashlib
from collections.abc import Iterable

import duckdb

from orchestration.database import transaction
from orchestration.registers.contract import Contract
from orchestration.registers.identity import hides_identity_sql
from orchestration.registers.layout import quoted
from orchestration.registers.pseudonyms import TEXT, PseudonymKey

_RULE = hashlib.sha256(hides_identity_sql("text").encode()).hexdigest()[:16]


def look_through_again(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], key: PseudonymKey
) -> int:
    """Hide the identity numbers in kept texts that an earlier rule did not know.

    Args:
        connection: An open connection to the warehouse, outside of a transaction.
        contracts: The registers, whose tables are there.
        key: The pseudonym secret that the warehouse is made with.

    Returns:
        How many cells were hidden; nothing is looked at where the rule is the same.
    """
    connection.execute("create table if not exists meta.text_rule (rule varchar)")
    if connection.execute("select rule from meta.text_rule").fetchall() == [(_RULE,)]:
        return 0
    hidden = 0
    with transaction(connection):
        for contract in contracts:
            for name, column in contract.every_column().items():
                if column.type == "text":
                    text = quoted(column.raw_name or name)
                    [(count,)] = connection.execute(
                        f"update raw.{contract.table} set {text} = {key.sql(TEXT, text)}"
                        f" where {hides_identity_sql(text)}",
                        key.parameters,
                    ).fetchall()
                    hidden += count
        connection.execute("delete from meta.text_rule")
        connection.execute("insert into meta.text_rule values (?)", [_RULE])
    return hidden
