"""An empty database in memory, for a test of its own, that costs next to nothing.

A DuckDB fills its catalogue with all its functions when it starts, which takes longer than most
tests here. So one is started for all, and each test has a database and a connection of its own in
it: neither tables nor settings of a session are shared. Who tests how a DuckDB is opened opens one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import duckdb

_NUMBERS = count()


@cache
def _started() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@contextmanager
def empty_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database, and throw it away afterwards.

    Yields:
        A connection to it that nobody else has.
    """
    name = f"empty_{next(_NUMBERS)}"
    with _started().cursor() as connection:
        connection.execute(f"attach ':memory:' as {name}")
        connection.execute(f"use {name}")
        try:
            yield connection
        finally:
            connection.execute("use memory")
            connection.execute(f"detach {name}")
