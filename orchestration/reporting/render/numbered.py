"""The list of documents' numbers: each with its id, its text, its place and the cells behind it.

The same for every format, since ids are given in reading order. What the cells hold belongs in the
tables that they name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from orchestration.language.inline import Cell, Number, every_number
from orchestration.reporting.document import Document, Figure, Heading, Plain, Table, said_in


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number of a document.

    Attributes:
        number_id: The document's letter and a running number.
        place: Anchor of the table, figure or heading it stands under; empty before the first.
        number: The number.
    """

    number_id: str
    place: str
    number: Number


def number_id(document: Document, position: int) -> str:
    """The id of a document's number by its place in reading order, counted from one."""
    return f"{document.letter}{position}"


def numbered(document: Document) -> Iterator[Numbered]:
    """Lists a document's numbers in reading order."""
    for position, (place, number) in enumerate(_placed(document), start=1):
        yield Numbered(number_id(document, position), place, number)


def _placed(document: Document) -> Iterator[tuple[str, Number]]:
    for said in (document.title, document.subtitle):
        yield from (("", number) for number in every_number(said))
    for name, said in document.front:
        yield from (("", number) for part in (name, said) for number in every_number(part))
    under = ""
    for block in document.plain_blocks():
        if isinstance(block, Heading):
            under = block.anchor
        place = _own(block) or under
        for said in said_in(block):
            yield from ((place, number) for number in every_number(said))


def _own(block: Plain) -> str:
    return block.anchor if isinstance(block, Table | Figure) else ""


def as_json(documents: Mapping[str, Document]) -> str:
    """Writes the list as JSON, a line for each, the same text for the same documents.

    Args:
        documents: By where each lies as a page.
    """
    rows = (
        {
            "number_id": each.number_id,
            "document": page,
            "text": each.number.text,
            "quantity": str(each.number.quantity),
            "place": each.place,
            "cells": [_cell(cell) for cell in each.number.cells],
        }
        for page, document in documents.items()
        for each in numbered(document)
    )
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def _cell(cell: Cell) -> dict[str, object]:
    row = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in cell.row
    }
    return {"table": cell.table, "row": row, "column": cell.column or None}
