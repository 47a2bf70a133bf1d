"""Writes a document's tables as a workbook: a sheet a table, numbers as numbers, and no formula.

A number is the one that is printed, with as many decimals: a workbook tells no more than the page.
What is said apart under a table are its notes. A sheet of other rows belongs in ``xlsx``.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.language import numbers
from orchestration.language.inline import (
    Inline,
    Link,
    Mark,
    Note,
    Number,
    Period,
    Said,
    Strong,
    every,
    nodes,
)
from orchestration.reporting.document import (
    Cell,
    Document,
    Figure,
    Folded,
    Heading,
    Plain,
    Table,
)
from orchestration.reporting.render.counting import Counting

#: Nothing in a cell is taken for something to compute or to follow.
_AS_IT_IS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
CONTENTS = "Innehåll"
_DEFINITIONS, _SOURCES = "Definitioner", "Källor"
_CHAPTER = 2
_HEAD = 2
_WIDEST, _NARROWEST = 48, 9
# A row's height in points for each line of text.
_LINE = 15
# A number as it is printed: sign, digits in groups, decimals, and what it is counted in.
_PRINTED = re.compile(r"([+−]?)(\d{1,3}(?:\xa0\d{3})*|\d+)(?:,(\d+))?(\xa0%)?(\xa0[^\d\"]+)?")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number and how a workbook shows it.

    Attributes:
        value: As printed: no decimals more.
        code: The code of its format.
    """

    value: float
    code: str


@dataclass(frozen=True, slots=True)
class Page:
    """A table and where it stands.

    Attributes:
        name: Of its sheet.
        title: What it shows, with its number.
        chapter: The chapter that it belongs to.
        table: The table.
    """

    name: str
    title: str
    chapter: str
    table: Table


def as_workbook(document: Document, definitions: Table, dated: datetime) -> bytes:
    """Writes the file.

    Args:
        document: Whose tables are written, those behind its charts too.
        definitions: What the indicators are; a sheet of its own.
        dated: When it was made, with offset.

    Returns:
        The bytes of a `.xlsx`, the same for equal arguments.
    """
    import xlsxwriter  # noqa: PLC0415 - only who writes a workbook waits for it

    pages = list(pages_of(document))
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _AS_IT_IS)
    book.set_properties(
        {"title": worded(document.title), "author": "Avvik", "created": dated.replace(tzinfo=None)}
    )
    writer = _Writer(book)
    writer.contents(document, pages)
    for page in pages:
        writer.page(page)
    title = worded(definitions.caption)
    writer.page(Page(_DEFINITIONS, title, "", definitions))
    writer.sources(pages)
    book.close()
    return out.getvalue()


def pages_of(document: Document) -> Iterator[Page]:
    """Each table of a document, with its sheet; those behind charts where the chart stands."""
    counting, others, chapter = Counting(), 0, ""
    for block in document.plain_blocks():
        if isinstance(block, Heading) and block.level == _CHAPTER:
            chapter = worded(block.said)
        for table, figure in _tables(block):
            if figure is not None:
                name = f"Figur {counting.figure(figure)}"
            elif (number := counting.table(table)) is not None:
                name = f"Tabell {number}"
            else:
                others += 1
                name = f"Övrig {others}"
            caption = worded(table.told_caption)
            if figure is not None:
                # A chart's values are named after it: their own caption says when they are of.
                caption = f"{worded(figure.title).rstrip('.')}. {caption}"
            title = caption if name.startswith("Övrig") else f"{name}. {caption}"
            yield Page(name, title, chapter, table)
        if isinstance(block, Figure) and isinstance(block.table, str):
            counting.figure(block)


def _tables(block: Plain) -> Iterator[tuple[Table, Figure | None]]:
    match block:
        case Table():
            yield block, None
        case Figure() if isinstance(block.table, Table):
            yield block.table, block
        case Folded():
            yield from ((each, None) for each in block.blocks if isinstance(each, Table))


def printed_number(said: Said) -> Printed | None:
    """The number that a cell is; None where it is words, or more than one number."""
    if len(said) != 1 or not isinstance(said[0], Number | Period):
        return None
    text = said[0].text
    if isinstance(said[0], Period):
        return Printed(int(text), "0") if text.isascii() and text.isdigit() else None
    found = _PRINTED.fullmatch(text)
    if found is None:
        return None
    sign, whole, decimals, percent, unit = found.groups()
    digits = whole.replace(numbers.NO_BREAK_SPACE, "") + (f".{decimals}" if decimals else "")
    # Moved as text: a hundredth of 6.3 is not 0.063 in binary.
    value = float(f"{digits}e-2" if percent else digits)
    code = "#,##0" + (f".{'0' * len(decimals)}" if decimals else "")
    code += " %" if percent else ""
    code += f'"{unit}"' if unit else ""
    if sign == "+":
        code = f"+{code};-{code};{code}"
    return Printed(-value if sign == numbers.MINUS else value, code)


def worded(said: Said) -> str:
    """Words as a cell has them: a mark stands in parentheses, and what notes say is left out."""
    return "".join(_worded(node) for node in said)


def _worded(node: Inline) -> str:
    match node:
        case Strong() | Link():
            return worded(node.parts)
        case Note():
            return ""
        case Mark():
            return f"({node.text})"
        case _:
            return node.text


class _Writer:
    """Writes sheets row by row, as a workbook that is not held in memory must be."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[str, Any] = {}
        self._title = book.add_format({"bold": True, "font_size": 13})
        self._link = book.add_format({"font_color": "#0B4F8A", "underline": 1, "valign": "top"})
        self._heading = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2}
        )
        self._number_heading = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 2, "align": "right"}
        )
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._small = book.add_format({"font_color": "#4A5560", "valign": "top"})

    def contents(self, document: Document, pages: Sequence[Page]) -> None:
        """A sheet that leads to all others."""
        widths = (14, 90, 50)
        sheet = self._begin(CONTENTS, worded(document.title), widths)
        sheet.write_string(1, 0, worded(document.subtitle), self._small)
        self._headings(sheet, ["Blad", "Vad det visar", "Kapitel"])
        rows = [(page.name, page.title, page.chapter) for page in pages]
        rows += [
            (_DEFINITIONS, "Vad indikatorerna är och hur de räknas", ""),
            (_SOURCES, "Varifrån tabellernas uppgifter kommer", ""),
        ]
        for place, (name, title, chapter) in enumerate(rows, start=_HEAD + 1):
            _stretch(sheet, place, (name, title, chapter), widths)
            sheet.write_url(place, 0, f"internal:'{name}'!A1", self._link, name)
            sheet.write_string(place, 1, title, self._text)
            sheet.write_string(place, 2, chapter, self._text)
        sheet.autofilter(_HEAD, 0, _HEAD + len(rows), 2)

    def page(self, page: Page) -> None:
        """A sheet of one table, with its notes under it."""
        rows = _columns(page.table)
        widths = [
            min(max(*(len(worded(cell)) for cell in column), _NARROWEST) + 2, _WIDEST)
            for column in rows
        ]
        sheet = self._begin(page.name, page.title, widths)
        sheet.write_url(1, 0, f"internal:'{CONTENTS}'!A1", self._link, "Till innehållet")
        headings = [worded(column[0]) for column in rows]
        _stretch(sheet, _HEAD, headings, widths)
        self._headings(sheet, headings, _numeric(rows))
        last = _HEAD
        for last, cells in enumerate(zip(*(column[1:] for column in rows), strict=True), _HEAD + 1):
            _stretch(sheet, last, [worded(said) for said in cells], widths)
            for place, said in enumerate(cells):
                self._cell(sheet, last, place, said)
        sheet.autofilter(_HEAD, 0, last, len(rows) - 1)
        for place, text in enumerate(_notes(page.table), start=last + 2):
            sheet.write_string(place, 0, text, self._small)

    def sources(self, pages: Sequence[Page]) -> None:
        """A sheet of the notes, each with the sheets that it is under."""
        widths = (100, 60)
        found: dict[str, list[str]] = {}
        for page in pages:
            for text in _notes(page.table):
                found.setdefault(text, []).append(page.name)
        sheet = self._begin(_SOURCES, "Varifrån tabellernas uppgifter kommer", widths)
        sheet.write_url(1, 0, f"internal:'{CONTENTS}'!A1", self._link, "Till innehållet")
        self._headings(sheet, ["Källa", "Blad"])
        for place, (text, names) in enumerate(found.items(), start=_HEAD + 1):
            _stretch(sheet, place, (text, ", ".join(names)), widths)
            sheet.write_string(place, 0, text, self._text)
            sheet.write_string(place, 1, ", ".join(names), self._text)
        sheet.autofilter(_HEAD, 0, _HEAD + max(len(found), 1), 1)

    def _begin(self, name: str, title: str, widths: Sequence[int]) -> Any:
        sheet = self._book.add_worksheet(name)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        sheet.freeze_panes(_HEAD + 1, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD)
        sheet.write_string(0, 0, title, self._title)
        return sheet

    def _headings(
        self, sheet: Any, texts: Sequence[str], numeric: Sequence[bool] | None = None
    ) -> None:
        right = numeric or [False] * len(texts)
        for place, (text, is_right) in enumerate(zip(texts, right, strict=True)):
            look = self._number_heading if is_right else self._heading
            sheet.write_string(_HEAD, place, text, look)

    def _cell(self, sheet: Any, row: int, column: int, said: Said) -> None:
        number = printed_number(said)
        if not said:
            sheet.write_blank(row, column, None, self._text)
        elif number is None:
            sheet.write_string(row, column, worded(said), self._text)
        else:
            sheet.write_number(row, column, number.value, self._format(number.code))

    def _format(self, code: str) -> Any:
        if code not in self._formats:
            self._formats[code] = self._book.add_format({"num_format": code, "valign": "top"})
        return self._formats[code]


def _stretch(sheet: Any, row: int, texts: Sequence[str], widths: Sequence[int]) -> None:
    """Makes a row high enough for its texts, which not every program does by itself."""
    lines = max(len(textwrap.wrap(text, width)) for text, width in zip(texts, widths, strict=True))
    if lines > 1:
        sheet.set_row(row, lines * _LINE)


def _columns(table: Table) -> list[list[Said]]:
    """The columns with their headings first; what stands under cells has a column of its own."""
    found: list[list[Said]] = []
    for place, column in enumerate(table.columns):
        cells: list[Cell] = [row[place] for row in table.rows]
        found.append([column.said, *(cell.said for cell in cells)])
        if any(cell.below for cell in cells):
            found.append([(*column.said, *nodes(": tillägg")), *(cell.below for cell in cells)])
    return found


def _numeric(columns: Sequence[Sequence[Said]]) -> list[bool]:
    return [any(printed_number(said) for said in column[1:]) for column in columns]


def _notes(table: Table) -> list[str]:
    """The notes of a table, each once, in the order in which they are met."""
    said = [table.told_caption, *(column.said for column in table.columns)]
    said += [each for row in table.rows for cell in row for each in (cell.said, cell.below)]
    found = (node for each in said for node in every(each) if isinstance(node, Note))
    return list(dict.fromkeys(worded(note.parts) for note in found))
