"""What `avvik` prints, and the exit codes: text for people, rows for people or for a program.

What comes from outside is shown as the text it is: nothing in it is taken for the terminal's own
language, be it colours in square brackets, names of symbols or control characters.

Holds no question and no decision; those belong to the commands.
"""

import csv
import json
import math
import re
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

# Control characters, those that turn the direction of writing, and what else is not seen.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_WHOLE_LINES = re.compile(f"(?!\n){_UNSEEN.pattern}")


def printable(text: str, *, lines: bool = False) -> str:
    """A text as it may be shown: what a terminal would act on is written as an escape.

    Args:
        text: Any text.
        lines: Whether line breaks stay.

    Returns:
        The text.
    """
    return (_WHOLE_LINES if lines else _UNSEEN).sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class _Plain(Console):
    """A console to which every text is only text."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Make a line of a text."""
        return super().render_str(printable(text, lines=True), **options)


console = _Plain()
errors = _Plain(stderr=True)


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
        shown = _shown if console.is_terminal else _cell
        writer.writerow([shown(column) for column in columns])
        writer.writerows([shown(value) for value in row] for row in rows)
    else:
        table = Table(title=title, title_justify="left", show_edge=False)
        for column in columns:
            table.add_column(Text(printable(column)), overflow="fold")
        for row in rows:
            cells = ("" if value is None else printable(str(value)) for value in row)
            table.add_row(*map(Text, cells))
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
        # JSON has its own way of writing what a terminal would act on.
        console.file.write(f"{before}\n  {_UNSEEN.sub(_json_escape, text)}")
        before = ","
    console.file.write("[]\n" if before == "[" else "\n]\n")


def _json_escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


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
    return printable(cell) if isinstance(cell, str) else cell
