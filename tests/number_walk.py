"""Walks a document's numbers to the cells that they name, and back to what is printed.

Independent of the code under test: what a quantity is of its cells is written here a second time,
and each cell is looked up in the tables. The written page is walked too: what is left of it without
numbers, periods, quotations and the writer's own numbering holds no digit.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
from lxml import etree

from orchestration.language.inline import (
    Cell,
    Inline,
    Number,
    Period,
    Quantity,
    Quoted,
    Said,
    every,
    printed,
)
from orchestration.reporting.document import Document
from orchestration.reporting.render.numbered import numbered

# What the method, the law and the layout say, by name.
SETTINGS: Mapping[str, frozenset[float]] = {
    "interval_level": frozenset({95, 100}),
    "fdr": frozenset({0.1}),
    "deviation.relevant_change": frozenset({0.1}),
    "deviation.focus_minimum_change": frozenset({0.05}),
    "deviation.board_minimum_change": frozenset({0.2}),
    "sureness": frozenset({0.01, 0.05, 0.1}),
    "smallest_count": frozenset({5}),
    "limit_factor": frozenset({2.66}),
    "trial_points": frozenset({5}),
    "last_trial_points": frozenset({11}),
    "full_points": frozenset({12}),
}

_BLOCKS = (
    *("h1", "h2", "h3", "h4", "p", "li", "caption", "th", "td"),
    *("figcaption", "summary", "dt", "dd", "title"),
)

_OF_CELLS: Mapping[Quantity, Callable[..., float]] = {
    Quantity.VALUE: lambda one: one,
    Quantity.SIZE: abs,
    Quantity.SUM: lambda *cells: sum(cells),
    Quantity.CHANGE_OF_SUMS: lambda *cells: (
        sum(cells[: len(cells) // 2]) / sum(cells[len(cells) // 2 :]) - 1
    ),
    Quantity.CHANGE: lambda now, before: now / before - 1,
    Quantity.SIZE_OF_CHANGE: lambda now, before: abs(now / before - 1),
    Quantity.DIFFERENCE: lambda one, other: abs(one - other),
    Quantity.SHARE_OF_LOWER: lambda one, other: abs(one - other) / min(one, other),
    Quantity.GROWTH: lambda deviation: math.exp(deviation) - 1,
}


def unmet(connection: duckdb.DuckDBPyConnection, *documents: Document) -> list[str]:
    """Lists the numbers that are not what their cells say, each with its id.

    Args:
        connection: The database that the documents were made from.
        documents: Whose numbers are walked; each table is read once for all of them.
    """
    tables = _Tables(connection)
    found = []
    for each in (each for document in documents for each in numbered(document)):
        number = each.number
        name = f"{each.number_id} {number.text!r} ({number.quantity} of {number.cells})"
        try:
            value = _value(tables, number)
        except (LookupError, TypeError, ValueError, duckdb.Error) as error:
            found.append(f"{name}: {error}")
            continue
        if number.quantity is Quantity.SETTING:
            continue
        if not math.isclose(value, number.value, rel_tol=1e-9, abs_tol=1e-12):
            found.append(f"{name}: the cells give {value}")
        elif printed(value, number.form) != number.text:
            found.append(f"{name}: the cells print {printed(value, number.form)!r}")
    return found


def _value(tables: "_Tables", number: Number) -> float:
    if number.quantity is Quantity.SETTING:
        [cell] = number.cells
        if cell.table != "settings" or number.value not in SETTINGS[str(dict(cell.row)["name"])]:
            raise LookupError("not what is set")
        return number.value
    if number.quantity is Quantity.COUNT:
        # A cell without a column is rows to be counted; one with a column must be there.
        return sum(
            1 if cell.column and tables.value(cell) is not None else tables.count(cell)
            for cell in number.cells
        )
    return _OF_CELLS[number.quantity](*(tables.value(cell) for cell in number.cells))


class _Tables:
    """The tables that cells name, each read once for each way in which its rows are singled out."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._read: dict[
            tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[dict[str, Any]]]
        ] = {}

    def rows(self, cell: Cell) -> list[dict[str, Any]]:
        names = tuple(name for name, _ in cell.row)
        if (cell.table, names) not in self._read:
            self._read[cell.table, names] = self._by(cell.table, names)
        return self._read[cell.table, names].get(tuple(_key(value) for _, value in cell.row), [])

    def _by(self, table: str, names: Sequence[str]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
        result = self._connection.execute(f"select * from {table}")
        columns = [column[0] for column in result.description or []]
        found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for values in result.fetchall():
            row = dict(zip(columns, values, strict=True))
            key = tuple(
                _key(row[name] if name in row else row["period_start"].year) for name in names
            )
            if unknown := set(names) - set(columns) - {"year"}:
                raise LookupError(f"{table} has no {unknown}")
            found.setdefault(key, []).append(row)
        return found

    def count(self, cell: Cell) -> int:
        return len(self.rows(cell))

    def value(self, cell: Cell) -> float:
        rows = self.rows(cell)
        if len(rows) != 1:
            raise LookupError(f"{len(rows)} rows")
        column, *path = cell.column.split(".")
        value = rows[0][column]
        if path:
            value = json.loads(value)
            for name in path:
                # ``drivers[0]`` is the first of several.
                key, _, place = name.partition("[")
                value = value[key] if not place else value[key][int(place.rstrip("]"))]
        if value is None:
            raise LookupError("the cell is empty")
        return float(value)


def _key(value: Any) -> str | None:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def stray_digits(document: Document, html: str, *around: Said) -> list[str]:
    """Lists the texts of a written page that hold a digit nobody answers for.

    Args:
        document: What was written.
        html: The page that it was written to.
        around: What its frame says beside the document, such as the foot.

    Returns:
        What is left of each text that has a digit, when the nodes that may hold one are taken away.
    """
    root = etree.fromstring(html.encode())
    for name in ("style", "script", "svg"):
        for element in root.xpath(f"//*[local-name()='{name}']"):
            # What stands after a drawing in the text stays.
            element.clear(keep_tail=True)
    for contents in root.xpath("//nav"):
        # It repeats the headings.
        contents.clear(keep_tail=True)
    for link in root.xpath("//sup/a[starts-with(@href, '#noter-')]"):
        # The writer numbers the notes.
        link.text = ""
        link.attrib.pop("aria-label")
    for listed in root.xpath("//section[@class='key']"):
        # The numbers once more, with what they rest on.
        listed.clear()
    for number in root.xpath(f"//data[starts-with(@id, '{document.letter}')]"):
        number.text = ""
    said = [*document.inlines(), *(node for each in around for node in every(each))]
    others = _answered(said, Period, Quoted)
    spoken = [str(text) for text in root.xpath("//@aria-label | //@title | //@alt")]
    left = [_without(text, others) for text in _texts(root)]
    left += [_without(text, [*others, *_answered(said, Number)]) for text in spoken]
    return [text for text in left if re.search(r"\d", text)]


def _without(text: str, answered: Sequence[str]) -> str:
    """What is left of a text; a figure is taken away whole or not at all."""
    left = re.sub(r"^(Tabell|Figur) \d+\. ", "", text.strip())
    for known in answered:
        if not re.search(r"\d", left):
            break
        left = re.sub(rf"(?<![\d,.]){re.escape(known)}(?!\d|,\d)", "", left)
    return left


def _texts(root: etree._Element) -> Iterator[str]:
    for element in root.iter(*_BLOCKS):
        yield "".join(element.itertext())


def _answered(
    said: Iterable[Inline], *kinds: type[Number] | type[Period] | type[Quoted]
) -> list[str]:
    """The texts of some kinds of node, the longest first."""
    found = set()
    for node in said:
        if isinstance(node, Number | Period | Quoted) and isinstance(node, kinds):
            found.add(node.text)
    return sorted(found, key=len, reverse=True)
