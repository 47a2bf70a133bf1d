"""The words for codes, as tables beside the codes: those that the memorandum has, and no others.

Which word a code has belongs in `orchestration.language`.
"""

from collections.abc import Iterable

import duckdb

from orchestration.language import words

# Where breakdowns and groups stand, and what the columns are called there.
_GROUPED = (
    ("main.indicator_values", "breakdown"),
    ("main.child_case_funnel", "breakdown"),
    ("main.refusals", "dimension"),
)


def make_labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.code_labels` and `meta.category_labels` in a snapshot.

    Args:
        connection: An open connection to it that may write.

    Raises:
        LookupError: A breakdown has no Swedish word.
    """
    connection.execute(
        "create table meta.code_labels (column_name varchar, code varchar, label_sv varchar)"
    )
    _insert(
        connection,
        "meta.code_labels",
        sorted(
            (column, code, label)
            for column, lists in words.OF_COLUMN.items()
            for codes in lists
            for code, label in codes.items()
        ),
    )
    groups = " union ".join(
        f"select {breakdown}, category from {table}" for table, breakdown in _GROUPED
    )
    found = connection.execute(f"select * from ({groups}) order by all").fetchall()
    connection.execute(
        "create table meta.category_labels"
        " (breakdown varchar, category varchar, breakdown_sv varchar, category_sv varchar)"
    )
    _insert(
        connection,
        "meta.category_labels",
        [
            (
                breakdown,
                category,
                words.breakdown(breakdown),
                words.category(category, breakdown) or words.WHOLE,
            )
            for breakdown, category in found
        ],
    )


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[str, ...]]
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        places = ", ".join("unnest(?::varchar[])" for _ in columns)
        connection.execute(f"insert into {table} select {places}", columns)
