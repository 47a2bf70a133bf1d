"""One query's rows as mappings, for the modules that read the marts.

What is read and what it means belongs in ``data`` and ``series``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def read_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[dict[str, Any]]:
    """Runs a query.

    Args:
        connection: Open connection; only read from.
        sql: The query.
        parameters: For its question marks, in order.

    Returns:
        One mapping a row, by column name.
    """
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
