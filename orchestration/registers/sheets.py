"""A workbook's sheet, row by row, with what cannot be read told from what is empty.

Values are read by calamine, which gives an empty text for an error, for a formula that was never
worked out, and for what a merged cell covers. Where those stand is found in the sheet's own XML,
which is looked through for them first and parsed only if it has any. What a cell means belongs in
`typed` and `mapping`.
"""

import posixpath
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

import python_calamine
from lxml import etree

from orchestration.registers.typed import UNREADABLE, cell_text

_CHUNK = 1 << 20
# An error, or a formula; a name may be split by where a chunk ends, so some bytes are kept.
_SUSPECT = re.compile(rb"""\st\s*=\s*["']e["']|<(?:[\w.-]+:)?f[\s/>]""")
_OVERLAP = 64
_COLUMN = re.compile(rb"""r\s*=\s*["']([A-Za-z]{1,9})[0-9]""")
_ROW = re.compile(rb"""r\s*=\s*["'][A-Za-z]{0,9}([0-9]{1,18})""")
# Some two gigabytes as calamine holds them.
_MOST_CELLS = 60_000_000
_TWO_BYTES = (b"\xff\xfe", b"\xfe\xff")

Place = tuple[int, int]


class SheetError(Exception):
    """The file is no workbook of the kind that is read, or a damaged one."""


class TooWideError(SheetError):
    """A sheet reaches so far that it cannot be held: a cell stands far away from the table."""


class Sheet:
    """The first sheet that a reader of the workbook sees."""

    def __init__(self, path: Path) -> None:
        """Open the sheet.

        Args:
            path: The workbook.

        Raises:
            SheetError: If it cannot be read.
            OSError: If the file cannot be opened.
        """
        try:
            self._book = python_calamine.CalamineWorkbook.from_path(path)
            self._names = [
                each.name
                for each in self._book.sheets_metadata
                if each.typ == python_calamine.SheetTypeEnum.WorkSheet
                and each.visible == python_calamine.SheetVisibleEnum.Visible
            ]
            if not self._names:
                raise SheetError("no visible sheet")
            # calamine makes room for the whole rectangle, and ends the process if it cannot.
            for name in self._names:
                _require_room(path, name)
            self._sheet = self._book.get_sheet_by_name(self._names[0])
            self._unreadable = _unreadable_cells(path, self._names[0])
        except (
            python_calamine.CalamineError,
            # A damaged archive fails in as many ways as it has parts.
            BadZipFile,
            zlib.error,
            struct.error,
            EOFError,
            OSError,
            KeyError,
            NotImplementedError,
            etree.LxmlError,
            ValueError,
        ) as error:
            raise SheetError(type(error).__name__) from error

    def header(self) -> tuple[int, tuple[str, ...]]:
        """The first row that is not empty.

        Returns:
            Its number in the sheet, and what stands in it.
        """
        return _header(self._sheet)

    def other_headers(self) -> list[tuple[str, ...]]:
        """The first row of each other sheet that a reader of the workbook sees."""
        return [_header(self._book.get_sheet_by_name(name))[1] for name in self._names[1:]]

    def rows(self, header_row: int) -> Iterator[list[str]]:
        """The rows from the header on, empty ones too: the sheet's own numbers hold.

        Args:
            header_row: The header's number in the sheet.

        Yields:
            The cells of a row as marked text.
        """
        left = (self._sheet.start or (0, 0))[1]
        unreadable: dict[int, set[int]] = {}
        for row, column in self._unreadable | self._covered():
            unreadable.setdefault(row, set()).add(column - left)
        width = number = 0
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            width = len(cells)
            places = unreadable.pop(number - 1, set())
            if number >= header_row:
                yield [
                    UNREADABLE if place in places else cell_text(cell)
                    for place, cell in enumerate(cells)
                ]
        # An error that stands below all values is a row too.
        for below in range(number, max(unreadable, default=-1) + 1):
            places = unreadable.get(below, set())
            yield [UNREADABLE if place in places else "" for place in range(width)]

    def _covered(self) -> set[Place]:
        """The cells that a merged one hides: not empty to who sees its value there."""
        first_cells = dict(self._sheet.merged_cell_ranges or [])
        rows = {row for row, _ in first_cells}
        left = (self._sheet.start or (0, 0))[1]
        bottom, right = self._sheet.end or (0, 0)
        filled = {
            (row, left + place)
            for row, cells in enumerate(self._sheet.iter_rows() if rows else [])
            if row in rows
            for place, cell in enumerate(cells)
            if cell != ""
        }
        return {
            (row, column)
            for (top, first), (last_row, last_column) in first_cells.items()
            if (top, first) in filled
            for row in range(top, min(last_row, bottom) + 1)
            for column in range(first, min(last_column, right) + 1)
            if (row, column) != (top, first)
        }


def _header(sheet: python_calamine.CalamineSheet) -> tuple[int, tuple[str, ...]]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if any(cell != "" for cell in row):
            return number, tuple(str(cell).strip() for cell in row)
    return 1, ()


def _require_room(path: Path, name: str) -> None:
    """Refuse a sheet whose outermost cells span more than can be held."""
    columns: set[bytes] = set()
    last_row = 0
    with ZipFile(path) as archive, archive.open(_sheet_member(archive, name)) as content:
        kept = b""
        while chunk := content.read(_CHUNK):
            if not kept and chunk.startswith(_TWO_BYTES):
                raise SheetError("cells in UTF-16")
            part = kept + chunk
            columns |= set(_COLUMN.findall(part))
            last_row = max(last_row, *map(int, set(_ROW.findall(part))), 0)
            kept = chunk[-_OVERLAP:]
    last_column = max((_column(letters.decode()) for letters in columns), default=0)
    if last_row * last_column > _MOST_CELLS:
        raise TooWideError(f"{last_row} x {last_column}")


def _unreadable_cells(path: Path, name: str) -> frozenset[Place]:
    """Where a sheet has an error, or a formula without a result; row and column from 0."""
    with ZipFile(path) as archive:
        member = _sheet_member(archive, name)
        with archive.open(member) as content:
            if not _has_suspects(content):
                return frozenset()
        with archive.open(member) as content:
            return frozenset(_errors(content))


def _has_suspects(content: IO[bytes]) -> bool:
    kept = b""
    while chunk := content.read(_CHUNK):
        if (not kept and chunk.startswith(_TWO_BYTES)) or _SUSPECT.search(kept + chunk):
            return True
        kept = chunk[-_OVERLAP:]
    return False


def _errors(content: IO[bytes]) -> Iterator[Place]:
    row = column = -1
    reader = etree.iterparse(
        content,
        events=("start", "end"),
        tag=("{*}row", "{*}c"),
        resolve_entities=False,
        no_network=True,
    )
    for event, element in reader:
        is_row = etree.QName(element).localname == "row"
        if is_row and event == "start":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif is_row:
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        elif event == "end":
            place = element.get("r")
            row, column = (row, column + 1) if place is None else _place(place)
            if _is_unreadable(element):
                yield row, column
            element.clear()


def _is_unreadable(cell: etree._Element) -> bool:
    kind = cell.get("t")
    if kind == "e":
        return True
    if cell.find("{*}f") is None:
        return False
    value = cell.find("{*}v")
    # A formula whose result is an empty text has a value, which is empty.
    return value is None or (kind != "str" and not value.text)


def _place(reference: str) -> Place:
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]) - 1, _column(letters) - 1


def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def _sheet_member(archive: ZipFile, name: str) -> str:
    """Where in the workbook a sheet's cells are."""
    [book] = [
        str(each.get("Target")).lstrip("/")
        for each in _tree(archive, "_rels/.rels")
        if each.get("Type", "").endswith("/officeDocument")
    ]
    [reference] = [
        next((value for key, value in each.attrib.items() if str(key).endswith("}id")), None)
        for each in _tree(archive, book).iterfind(".//{*}sheet")
        if each.get("name") == name
    ]
    folder, file = posixpath.split(book)
    relations = _tree(archive, posixpath.join(folder, "_rels", f"{file}.rels"))
    [target] = [str(each.get("Target")) for each in relations if each.get("Id") == reference]
    return posixpath.normpath(posixpath.join(folder, target)).lstrip("/")


def _tree(archive: ZipFile, member: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(archive.read(member), parser)
