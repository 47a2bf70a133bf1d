"""What a rule's outcome follows from: where none of it has changed, the outcome is the same.

That is the program, the rule as it is bound to its day, and what its table and the tables that its
query names look like. Judging a rule belongs in `validation`, keeping what came of it in `gate`.
"""

import hashlib
import json
from collections.abc import Callable

import duckdb

from orchestration.quality.metrics import quoted
from orchestration.quality.suites import QUERY_TYPE, Rule, Suite


def bases(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    *,
    program: str,
    present: Callable[[str], str],
) -> dict[str, str]:
    """Sum up what the outcome of each rule follows from.

    Args:
        connection: An open connection; read-only is enough.
        suite: The suite, its variables bound.
        program: Fingerprint of the code.
        present: Gives the fingerprint of a table or view as it is now; empty if it is missing.

    Returns:
        SHA-256 in hexadecimal by the rule's readable id; a rule whose tables cannot be told apart
        is not among them.
    """
    found = {}
    for rule in suite.expectations:
        tables = _tables_of(connection, suite, rule)
        looks = {name: present(name) for name in sorted(tables)}
        if looks and all(looks.values()):
            followed = [program, suite.table, suite.latest_by, rule.model_dump(mode="json"), looks]
            text = json.dumps(followed, sort_keys=True, default=str)
            found[rule.expectation] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _tables_of(connection: duckdb.DuckDBPyConnection, suite: Suite, rule: Rule) -> set[str]:
    """The tables that a rule looks at; none where DuckDB cannot say."""
    if rule.type != QUERY_TYPE:
        return {suite.table}
    query = str(rule.kwargs["unexpected_rows_query"]).format(batch=quoted(suite.table))
    try:
        named = connection.get_table_names(query, qualified=True)
    except duckdb.Error:
        return set()
    return {suite.table, *named}
