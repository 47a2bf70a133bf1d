"""Writes rows as a workbook: the same rows are the same bytes, and a text is never a formula.

What the sheets hold belongs with whoever has the rows. Reading workbooks belongs to the registers.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Whoever wants to know when it was written asks the file system; the content says nothing of it.
_CREATED = datetime(1980, 1, 1, tzinfo=UTC)
_WIDEST, _NARROWEST = 60, 9
#: Nothing in a cell is taken for something to compute or to follow.
_AS_IT_IS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
Value = str | float | int | bool | None


@dataclass(frozen=True)
class Sheet:
    """One sheet: a line of headings that stays in sight, and rows.

    Attributes:
        name: At most 31 characters.
        headings: One a column.
        rows: A value a column.
        rules: What may be written in a column, by its place: options of a validation, as
            XlsxWriter has them.
        open_columns: Places of the columns that may be written in; the rest is locked where there
            are any, so that nobody changes a number by mistake. It is no secret.
        hidden: Whether a reader has no need of it.
    """

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]
    rules: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    open_columns: frozenset[int] = frozenset()
    hidden: bool = False


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """The workbook.

    Args:
        sheets: In their order, at least one.
    """
    import xlsxwriter  # noqa: PLC0415 - few commands write a workbook

    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, _AS_IT_IS)
    book.set_properties({"created": _CREATED})
    looks = {
        "heading": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "locked": book.add_format({"text_wrap": True, "valign": "top"}),
        "open": book.add_format({"text_wrap": True, "valign": "top", "locked": False}),
    }
    for sheet in sheets:
        _write(book.add_worksheet(sheet.name), sheet, looks)
    book.close()
    return written.getvalue()


def _write(target: Any, sheet: Sheet, looks: Mapping[str, Any]) -> None:
    target.freeze_panes(1, 0)
    if sheet.hidden:
        target.hide()
    for column, heading in enumerate(sheet.headings):
        target.write_string(0, column, heading, looks["heading"])
        width = max([len(heading), *(len(str(row[column] or "")) for row in sheet.rows)])
        target.set_column(column, column, min(max(width + 2, _NARROWEST), _WIDEST))
    for place, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            look = looks["open" if column in sheet.open_columns else "locked"]
            _write_value(target, place, column, value, look)
    for column, rule in sheet.rules.items():
        if sheet.rows:
            target.data_validation(1, column, len(sheet.rows), column, dict(rule))
    if sheet.open_columns:
        target.protect("", {"format_columns": True, "format_rows": True})


def _write_value(target: Any, row: int, column: int, value: Value, look: Any) -> None:
    match value:
        case None:
            target.write_blank(row, column, None, look)
        case bool():
            target.write_string(row, column, "ja" if value else "nej", look)
        case str():
            target.write_string(row, column, value, look)
        case _:
            target.write_number(row, column, value, look)
