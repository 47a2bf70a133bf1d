"""Which model counts each indicator, and from what, by dbt's manifest.

A model that counts is one whose name says so; which of them counts an indicator is said by its
text, which names it. Public statistics are counted by one model, and what is set by hand by the one
that puts all together. How it is told belongs in `orchestration.reporting`.
"""

from collections.abc import Iterable, Mapping

import duckdb

from orchestration.flow.dbt_project import manifest, reads_of, tables
from orchestration.reporting.calculation import Calculation

VALUES = "marts.indicator_values"
_COUNTS = "_counted"
_STATISTICS = "intermediate.int_statistics_counted"
_TOGETHER = "intermediate.int_indicators_united"
# What says which codes and names there are, and nothing of how many.
_CODES = "seeds."


def calculations(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Calculation]:
    """How each indicator of the catalogue is counted, by its identifier.

    Args:
        connection: Open connection; only read from.
    """
    series = {
        name
        for (name,) in connection.execute(
            "select distinct indicator_id from seeds.indicator_series"
        ).fetchall()
    }
    indicators = connection.execute("select indicator_id from seeds.indicators").fetchall()
    counting = [name for name in _upstream([VALUES]) if name.endswith(_COUNTS)]
    texts = {name: _text(name) for name in counting}
    of_model: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}
    found = {}
    for (indicator,) in indicators:
        named = [name for name in counting if f"'{indicator}'" in texts[name]]
        model = named[0] if named else _STATISTICS if indicator in series else _TOGETHER
        if model not in of_model:
            after = tuple(name for name in (_TOGETHER, VALUES) if name != model)
            of_model[model] = (_text(model), tuple(_upstream([model])), after)
        found[indicator] = Calculation(model, *of_model[model])
    return found


def _text(table: str) -> str:
    text: str = manifest()["nodes"][tables()[table]]["raw_code"]
    return text.strip()


def _upstream(wanted: Iterable[str]) -> list[str]:
    """The tables that some are made from, however far back, each after all that it is made from."""
    ordered: dict[str, None] = {}

    def visit(table: str) -> None:
        for name in sorted(_reads(table)):
            if name not in ordered and not name.startswith(_CODES):
                visit(name)
                ordered[name] = None

    for table in wanted:
        visit(table)
    return list(ordered)


def _reads(table: str) -> tuple[str, ...]:
    unique_id = tables().get(table)
    return () if unique_id is None else reads_of(unique_id)
