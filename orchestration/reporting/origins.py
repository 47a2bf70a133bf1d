"""What a document's numbers rest on, in words: of what, when, where, of whom, which deliveries.

A number names its cells (`orchestration.language.inline`); here the cells' keys are turned into
what a reader knows them by. How it is shown beside a page belongs in ``render``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from orchestration.findings.cells import Cell, Quantity
from orchestration.language import dates, grammar, words
from orchestration.language.inline import Number
from orchestration.reporting.data import Source, load_sources
from orchestration.reporting.reading import read_rows

# What says which years, places and indicators there are, and no figure: not followed backwards.
_NO_FIGURES = frozenset(
    ("marts.area_years", "marts.geographies", "marts.indicators", "marts.indicator_values")
)
_REGISTER = "raw.register__"
# So many different things are named; of the others it is said that there are more.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """What one number rests on.

    Attributes:
        what: The indicator, or the table where it is of none.
        quantity: Which figure of it.
        period: When.
        place: Where.
        group: Of whom; ``alla`` for the whole.
        sources: The deliveries behind it, by ``source_id``.
    """

    what: str
    quantity: str
    period: str
    place: str
    group: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Origins:
    """What there is to know of all numbers of a publication.

    Attributes:
        sources: Every delivery.
        titles: The indicators', by identifier.
        analyses: The analyses' titles, by identifier.
        places: Names, by code.
        deviations: The keys of findings, by identifier.
        of_indicator: The sources of each indicator.
        inputs: What each table is made from.
    """

    sources: tuple[Source, ...]
    titles: Mapping[str, str]
    analyses: Mapping[str, str]
    places: Mapping[str, str]
    deviations: Mapping[str, Mapping[str, Any]]
    of_indicator: Mapping[str, tuple[str, ...]]
    inputs: Mapping[str, tuple[str, ...]]
    _of_table: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, number: Number) -> Origin:
        """What a number rests on."""
        if number.quantity is Quantity.SETTING:
            [cell] = number.cells
            name = next((str(value) for _, value in cell.row), "")
            return Origin("Metoden, lagen eller sidans form", name, "", "", "", ())
        rows = [(cell, self._row(cell)) for cell in number.cells]
        return Origin(
            what=_named(self._what(cell, row) for cell, row in rows),
            quantity=self._quantity(number),
            period=_named(_period(row) for _, row in rows),
            place=_named(self._place(row) for _, row in rows),
            group=_named(_group(row) for _, row in rows),
            sources=tuple(
                dict.fromkeys(name for cell, row in rows for name in self._sources(cell, row))
            ),
        )

    def _row(self, cell: Cell) -> Mapping[str, Any]:
        own = dict(cell.row)
        found = self.deviations.get(str(own.get("deviation_id")), {})
        return {**found, **own}

    def _what(self, cell: Cell, row: Mapping[str, Any]) -> str:
        names = [
            grammar.sentence_case(self.titles[row[column]])
            for column in ("indicator_id", "related_indicator_id")
            if row.get(column) in self.titles
        ]
        if names and "kind" in row:
            names[0] += f", {words.word(words.KINDS, row['kind'])}"
        if row.get("analysis_id") in self.analyses:
            names.append(f"Analysen {self.analyses[row['analysis_id']]}")
        if row.get("measure_id") in words.BOARD_MEASURES:
            names.append(words.BOARD_MEASURES[row["measure_id"]])
        return "; ".join(names) or f"Tabellen {cell.table}"

    def _quantity(self, number: Number) -> str:
        # A path into what is stored as one text ends in the figure's own name.
        columns = dict.fromkeys(cell.column.rpartition(".")[2] for cell in number.cells)
        named = [words.FIGURES.get(name, name) for name in columns if name]
        of = words.word(words.QUANTITIES, number.quantity)
        return ", ".join([*named, of] if of else named)

    def _place(self, row: Mapping[str, Any]) -> str:
        code = row.get("geography_id") or row.get("municipality_id")
        return self.places.get(code, code) if code else ""

    def _sources(self, cell: Cell, row: Mapping[str, Any]) -> Iterator[str]:
        # An analysis of several indicators has each as a category.
        named = [row.get(name) for name in ("indicator_id", "related_indicator_id", "category")]
        indicators = [name for name in named if name in self.of_indicator]
        if cell.table == "meta.sources":
            return
        if indicators:
            for name in indicators:
                yield from self.of_indicator[str(name)]
        elif "analysis_id" in row:
            yield from self._registers(f"analyses.{row['analysis_id']}_results")
        elif cell.table not in _NO_FIGURES:
            yield from self._registers(cell.table)

    def _registers(self, table: str) -> tuple[str, ...]:
        """The registers that a table is made from, however far back."""
        if table not in self._of_table:
            known = {source.source_id for source in self.sources}
            met, left = {table}, [table]
            while left:
                found = set(self.inputs.get(left.pop(), ())) - met - _NO_FIGURES
                met |= found
                left += found
            registers = {name.removeprefix(_REGISTER) for name in met if _REGISTER in name}
            self._of_table[table] = tuple(sorted(registers & known))
        return self._of_table[table]


def load_origins(connection: duckdb.DuckDBPyConnection) -> Origins:
    """Reads what there is to know of all numbers.

    Args:
        connection: Open connection; only read from.

    Raises:
        duckdb.Error: If a table or column is missing.
    """

    def pairs(sql: str) -> Iterable[tuple[str, str]]:
        return connection.execute(sql).fetchall()

    of_indicator = pairs(
        "select distinct indicator_id, source_id from ("
        " select indicator_id, source_id from marts.indicators"
        " union all select indicator_id, source_id from marts.indicator_values"
        ") where source_id is not null order by all"
    )
    inputs = pairs("select distinct table_name, input_name from meta.built_from order by all")
    deviations = read_rows(
        connection,
        "select deviation_id, indicator_id, kind, period_start, period_grain, geography_id,"
        " breakdown, category from marts.deviations",
    )
    return Origins(
        sources=load_sources(connection),
        titles=dict(pairs("select indicator_id, title_sv from marts.indicators")),
        analyses=dict(pairs("select analysis_id, title_sv from seeds.analyses")),
        places=dict(
            pairs(
                "select geography_id, any_value(name order by valid_from desc nulls last)"
                " from marts.geographies group by geography_id"
            )
        ),
        deviations={row.pop("deviation_id"): row for row in deviations},
        of_indicator=_gathered(of_indicator),
        inputs=_gathered(inputs),
    )


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _named(texts: Iterable[str]) -> str:
    """Several texts in one, each once."""
    known = [text for text in dict.fromkeys(texts) if text]
    more = " med flera" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more


def _period(row: Mapping[str, Any]) -> str:
    start = row.get("period_start")
    if isinstance(start, date):
        return dates.month(start) if row.get("period_grain") == "month" else str(start.year)
    return str(row.get("year") or "")


_GROUPS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("sex", words.category),
    ("target_group", words.category),
    ("ground", words.category),
    ("form", words.category),
    ("group_name", str),
)


def _group(row: Mapping[str, Any]) -> str:
    if "category_a" in row:
        return f"{words.category(row['category_a'])} mot {words.category(row['category_b'])}"
    if row.get("category"):
        return words.category(row["category"], row.get("breakdown") or "") or words.WHOLE
    return ", ".join(text for key, named in _GROUPS if row.get(key) and (text := named(row[key])))
