"""Comma-separated tables with one figure a column, recognised by their header, cell by cell.

What a row's key and a column's name mean belongs in the publisher's module.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.sources.errors import SourceFormatError
from orchestration.sources.formats import figure, read_table, require_unique, wrong_header
from orchestration.sources.observation import Status
from orchestration.sources.registry import Dataset


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table is recognised.

    Attributes:
        table: The publisher's name of it.
        keys: The leading columns, which identify a row.
        columns: The names of all other columns, or a pattern where there is one for each year.
    """

    table: str
    keys: tuple[str, ...]
    columns: re.Pattern[str] | frozenset[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure with its row's keys and its column's name.

    Attributes:
        line: Line in the file; the header is 1.
        keys: The row's values in the key columns.
        column: The column's name.
        text: As delivered.
        value: The figure, None where the status says why.
        status: What kind of cell it is.
    """

    line: int
    keys: tuple[str, ...]
    column: str
    text: str
    value: float | None
    status: Status


def read_wide_table(
    content: bytes, dataset: Dataset, shapes: Sequence[Shape]
) -> tuple[Shape, list[Cell]]:
    """Read a table of one of the given shapes.

    Args:
        content: The delivery, UTF-8.
        dataset: What it is said to be.
        shapes: The tables that the dataset consists of.

    Returns:
        The table's shape and its cells, row by row.

    Raises:
        SourceFormatError: If no shape fits, a row comes twice or a cell is neither figure nor mark.
    """
    header, lines = read_table(content, dataset)
    shape = next((shape for shape in shapes if _fits(shape, header)), None)
    if shape is None:
        known = " eller ".join(
            f"{', '.join(shape.keys)} … (tabell {shape.table})" for shape in shapes
        )
        raise wrong_header(dataset, header, known)
    leading = len(shape.keys)
    for line in lines:
        if not all(line.fields[:leading]):
            raise SourceFormatError(
                dataset,
                place=f"rad {line.number}",
                found="raden saknar benämning",
                expected=f"ifylld kolumn {' och '.join(shape.keys)}",
            )
    require_unique([(line.number, line.fields[:leading]) for line in lines], dataset)
    cells = []
    for line in lines:
        for column, text in zip(header[leading:], line.fields[leading:], strict=True):
            value, status = figure(text, dataset, f"rad {line.number}, kolumnen {column}")
            cells.append(Cell(line.number, line.fields[:leading], column, text, value, status))
    return shape, cells


def _fits(shape: Shape, header: list[str]) -> bool:
    """Whether the header is the shape's keys and then its columns, each once."""
    columns = header[len(shape.keys) :]
    if tuple(header[: len(shape.keys)]) != shape.keys or len(set(columns)) != len(columns):
        return False
    if isinstance(shape.columns, frozenset):
        return set(columns) == shape.columns
    return bool(columns) and all(map(shape.columns.fullmatch, columns))
