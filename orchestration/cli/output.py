"""What `avvik` prints, and the exit codes: text for people, rows for people or for a program.

Holds no question and no decision; those belong to the commands.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import duckdb
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

STOPPED = 1
MISUSE = 2
_ROWS_AT_A_TIME = 10_000

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class Format(StrEnum):
    """How rows are shown.

    Attributes:
        TABLE: For people, with Swedish headings where the command has its own.
        JSON: A list of objects, under the names of the columns.
        CSV: With a comma, a line of column names, and nothing where there is no value.
    """

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[
    Format, typer.Option("--format", help="Tabell för människor, json eller csv för program.")
]


def refuse(message: str, *, cause: BaseException | None = None) -> NoReturn:
    """Say what is wrong with usage or configuration, and end.

    Args:
        message: The Swedish text.
        cause: What was caught, where something was.

    Raises:
        typer.Exit: Always, with code 2.
    """
    errors.print(message, markup=False, soft_wrap=True)
    raise typer.Exit(MISUSE) from cause


def progress_bar() -> Progress:
    """A bar for work that takes its time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def print_rows(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    shape: Format = Format.TABLE,
    *,
    title: str | None = None,
) -> None:
    """Print rows.

    Args:
        columns: Their headings; for a program, the names of the columns.
        rows: One value a column; they are printed as they come where the form allows it.
        shape: How.
        title: What stands above a table.
    """
    if shape is Format.JSON:
        _print_json(_distinct(columns), rows)
    elif shape is Format.CSV:
        writer = csv.writer(console.file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
    else:
        table = Table(title=title, title_justify="left", show_edge=False)
        for column in columns:
            table.add_column(Text(column), overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        console.print(table)


def answer_of(cursor: duckdb.DuckDBPyConnection) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Columns and rows of an executed query.

    Args:
        cursor: The query.

    Returns:
        The names of its columns, and its rows, some at a time.
    """

    def rows() -> Iterator[tuple[Any, ...]]:
        while some := cursor.fetchmany(_ROWS_AT_A_TIME):
            yield from some

    return [str(column[0]) for column in cursor.description or []], rows()


def _print_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write objects as they come, so that a large answer need not be held in memory."""
    before = "["
    for row in rows:
        values = dict(zip(columns, map(_plain, row), strict=True))
        text = json.dumps(values, ensure_ascii=False, allow_nan=False, default=str)
        console.file.write(f"{before}\n  {text}")
        before = ","
    console.file.write("[]\n" if before == "[" else "\n]\n")


def _distinct(columns: Sequence[str]) -> list[str]:
    """Names for the fields of an object: two columns of one name must not become one."""
    names: list[str] = []
    for column in columns:
        name, number = column, 2
        while name in names:
            name, number = f"{column}_{number}", number + 1
        names.append(name)
    return names


def _plain(value: Any) -> Any:
    """A value as JSON has it; what is not a number there has no value."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _cell(value: Any) -> Any:
    """A value as CSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(_plain(value), ensure_ascii=False, default=str)
    return value
