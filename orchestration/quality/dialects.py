"""The gates' questions in the words of another engine.

A rule is written once, as DuckDB writes it, and so is what `metrics` asks for it; here the question
is told to Spark. What is counted and how it is judged belongs in `metrics` and `validation`, which
take the answers of any connection; a translation that would be silent about a difference is held
by running both.
"""

from collections.abc import Mapping, Sequence

from orchestration.quality.metrics import key_part, quoted

# Helps to name the latest rows; not a name that a register or a publisher gives a column.
_HELP = "avvik_"


def in_spark(sql: str, parameters: Mapping[str, object] | None = None) -> str:
    """A question in Spark's words, with its parameters written out.

    Args:
        sql: The question as DuckDB understands it; parameters are named `$name`.
        parameters: Their values, which come from the suites and never from a row.

    Raises:
        KeyError: If a parameter has no value.
        sqlglot.errors.SqlglotError: If it is no question that DuckDB would understand either.
    """
    # Not needed where DuckDB counts, which is every night.
    from sqlglot import exp, parse_one  # noqa: PLC0415

    values = dict(parameters or {})

    def filled(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Parameter | exp.Placeholder):
            return exp.convert(values[node.name])
        return node

    return parse_one(sql, dialect="duckdb").transform(filled).sql(dialect="spark")


def latest_rows_by_key(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """The rows of each key's latest delivery, as `metrics.latest_rows` says which they are.

    DuckDB finds them by the rows' own ids, which a table of files does not have; here each row is
    held against the others of its key.

    Args:
        table: The table as `schema.table`.
        columns: Its columns.
        key: Columns by which a later delivery replaces an earlier one; `column.member` is a member
            of a JSON column, an absent one counted as empty.

    Returns:
        What stands after `from`, as DuckDB understands it.
    """
    if not key:
        return quoted(table)
    keys = ", ".join(key_part(part) for part in key)
    period = "delivery_period" if "delivery_period" in columns else "''"
    names = ", ".join(quoted(name) for name in columns)
    dated = (
        f"select *, {period} as {_HELP}period,"
        f" max(left({period}, 4)) over (partition by {keys}) as {_HELP}year,"
        f" max(case when length({period}) = 4 then delivery_sequence end)"
        f" over (partition by {keys}, left({period}, 4)) as {_HELP}year_sequence"
        f" from {quoted(table)}"
    )
    ordered = (
        f"select *, rank() over (partition by {keys}"
        f" order by {_HELP}period desc, delivery_sequence desc) as {_HELP}place"
        f" from ({dated}) as dated where left({_HELP}period, 4) = {_HELP}year"
        f" and ({_HELP}year_sequence is null or delivery_sequence >= {_HELP}year_sequence)"
    )
    return f"(select {names} from ({ordered}) as ordered where {_HELP}place = 1)"
