"""What `avvik` prints, and the exit codes: text for people, rows for people or for a program.

What comes from outside is shown as the text it is: nothing in it is taken for the terminal's own
language, be it colours in square brackets, names of symbols or control characters.

Holds no question and no decision; those belong to the commands.
"""

import csv
import io
import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any, NoReturn

import duckdb
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from orchestration.cli.layout import NARROWEST, fold, laid_out
from orchestration.outside import seen

STOPPED = 1
MISUSE = 2
_ROWS_AT_A_TIME = 10_000
_PIPE = 80


class _Plain(Console):
    """A console to which every text is only text."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Make a line of a text."""
        return super().render_str(seen(text, lines=True), **options)


console = _Plain()
errors = _Plain(stderr=True)


class Format(StrEnum):
    """How rows are shown.

    Attributes:
        TABLE: For people: Swedish words, and lines that fit the terminal, or 80 characters where
            there is none.
        JSON: A list of objects, under the names of the columns.
        CSV: With a comma, a line of column names, and nothing where there is no value.
    """

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def refuse(message: str, *, cause: BaseException | None = None) -> NoReturn:
    """Say what is wrong with usage or configuration, and end.

    Args:
        message: The Swedish text.
        cause: What was caught, where something was.

    Raises:
        typer.Exit: Always, with code 2.
    """
    errors.print(message, soft_wrap=True)
    raise typer.Exit(MISUSE) from cause


def progress_bar() -> Progress:
    """A bar for work that takes its time."""
    return Progress(
        TextColumn("{task.description}", markup=False),
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

    A program gets all of every value, in UTF-8. A table cuts nothing either: it folds.

    Args:
        columns: Their headings; for a program, the names of the columns.
        rows: One value a column; they are printed as they come where the form allows it.
        shape: How.
        title: What stands above a table.
    """
    if shape is Format.JSON:
        _in_utf8()
        _print_json(_distinct(columns), rows)
    elif shape is Format.CSV:
        _in_utf8()
        write_csv(console.file, columns, rows, _shown if console.is_terminal else _cell)
    else:
        _print_table(columns, rows, title)


def write_csv(
    file: IO[str],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    cell: Callable[[Any], Any] | None = None,
) -> None:
    """Write rows as CSV for a program: commas, a line of column names, every value whole.

    Args:
        file: Where to.
        columns: The names of the columns.
        rows: One value a column; they are written as they come.
        cell: What a value is there, where it is not as a program reads it.
    """
    written = cell or _cell
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([written(column) for column in columns])
    writer.writerows([written(value) for value in row] for row in rows)


def _in_utf8() -> None:
    """A program is not asked which encoding the terminal has."""
    if isinstance(console.file, io.TextIOWrapper):
        console.file.reconfigure(encoding="utf-8")


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None) -> None:
    if title is not None:
        console.print(title, style="bold")
    count = 0

    def texts() -> Iterator[list[str]]:
        nonlocal count
        for count, row in enumerate(rows, start=1):  # noqa: B007 (told when all have come)
            yield [text_of(value) for value in row]

    for line, is_heading in laid_out([seen(each) for each in columns], texts(), _width()):
        if is_heading and console.is_terminal:
            console.print(Text(line, style="bold"), soft_wrap=True)
        else:
            console.file.write(f"{line}\n")
    if not count:
        console.print("Inga rader.")


def print_note(text: str) -> None:
    """Print what belongs to a table, as wide as the table may be.

    Args:
        text: The text, on one line.
    """
    for line in fold(seen(text), _width()):
        console.file.write(f"{line}\n")


def _width() -> int:
    """As wide as the terminal, or as COLUMNS says; a pipe has no width of its own."""
    return max(shutil.get_terminal_size((_PIPE, 24)).columns, NARROWEST)


def text_of(value: Any) -> str:
    """A value as a table has it, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(_plain(value), ensure_ascii=False, default=str)
    return seen(str(value))


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
        # JSON has its own way of writing what a terminal would act on.
        console.file.write(f"{before}\n  {seen(text, escape=_json_escape)}")
        before = ","
    console.file.write("[]\n" if before == "[" else "\n]\n")


def _json_escape(sign: str) -> str:
    return json.dumps(sign)[1:-1]


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


def _shown(value: Any) -> Any:
    """A value as CSV has it where a person reads it."""
    cell = _cell(value)
    return seen(cell) if isinstance(cell, str) else cell
