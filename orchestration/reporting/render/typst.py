"""Writes a document as a PDF that can be read aloud (PDF/UA-1) and kept (PDF/A-2a), by Typst.

The tree goes to Typst as data, so that nothing that stands in it can be taken for markup. Fonts
come with the package: the bytes do not depend on the machine, and are the same for the same
document. How a page looks belongs in ``document.typ``.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeGuard

from orchestration.language.inline import (
    Inline,
    Link,
    Mark,
    Note,
    Quoted,
    Said,
    Strong,
    plain,
)
from orchestration.reporting.document import (
    Appendix,
    Block,
    Bullets,
    Callout,
    Cell,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Table,
)
from orchestration.reporting.render.columns import fitted_columns
from orchestration.reporting.render.counting import Counting, has_values, values_heading
from orchestration.reporting.render.drawings import FONT_FAMILY, Picture, picture

_LOG = logging.getLogger(__name__)
_TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(__file__).parent / "fonts"
_FONT_FILES = tuple(f"SourceSans3-{cut}.ttf" for cut in ("Regular", "Bold", "It", "BoldIt"))
_STANDARDS = ["ua-1", "a-2a"]
# Whatever parts words, and what no font has a letter for.
_BLANKS = re.compile(r"[\x00-\x20]+")
# The letter that Typst has no sign for, in its own words.
_LETTER = re.compile(r'the (?:text|PDF contains the codepoint) `"([^`]+)"`')
_PICTURE_DENSITY = 144


class PaperError(Exception):
    """A document that cannot be set on pages; the text is Swedish and says what to do."""


def as_pdf(document: Document, dated: datetime) -> bytes:
    """Writes the file.

    Args:
        document: What it says.
        dated: When it was made, with offset; a file that is kept says so.

    Returns:
        The bytes of a PDF with the language, an outline, alternative texts and headings of rows.

    Raises:
        PaperError: If a font is missing or Typst refuses the document.
    """
    # It imports a reader of PDF, which nobody else waits for.
    from orchestration.reporting.render.finishing import finished  # noqa: PLC0415

    data = json.dumps(_Tree(document).data(), ensure_ascii=False)
    written = _compiled(
        "document.typ",
        {"document": data},
        document.inlines(),
        pdf_standards=_STANDARDS,
        timestamp=int(dated.timestamp()),
    )
    return finished(written)


def as_pngs(pictures: Sequence[Picture]) -> list[bytes]:
    """Turns pictures into PNG, for formats that know no other.

    Args:
        pictures: Any number.

    Returns:
        The bytes of each, in their order.

    Raises:
        PaperError: If a font is missing or Typst refuses a picture.
    """
    if not pictures:
        return []
    data = json.dumps([_picture(each) for each in pictures], ensure_ascii=False)
    given = {"drawings": data, "font": FONT_FAMILY}
    written = _compiled("drawings.typ", given, (), format="png", ppi=_PICTURE_DENSITY)
    return [written] if isinstance(written, bytes) else written


def _compiled(template: str, given: dict[str, str], said: Iterable[Inline], **how: Any) -> Any:
    """What Typst makes of a template, from nothing but the package's own files."""
    import typst  # noqa: PLC0415 - only who writes a document waits for it

    missing = [name for name in _FONT_FILES if not (FONTS / name).is_file()]
    if missing:
        raise PaperError(
            f"Teckensnittet {FONT_FAMILY} är inte helt: {', '.join(missing)} saknas i {FONTS}. "
            "Gör så här: installera Avvik på nytt."
        )
    try:
        written, warnings = typst.compile_with_warnings(
            str(_TEMPLATES / template),
            root=str(_TEMPLATES),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs=given,
            **how,
        )
    except RuntimeError as error:
        raise PaperError(_refused(str(error), said)) from error
    for warning in warnings:
        # Text in a font of Typst's own would look otherwise, and nobody would be told.
        if "font" in warning.message:
            raise PaperError(_refused(warning.message, said))
        _LOG.warning("Typst: %s", warning.message)
    return written


def _refused(reason: str, said: Iterable[Inline]) -> str:
    """What went wrong, in Swedish as far as it is known."""
    letter = _LETTER.search(reason)
    if letter is None:
        first = _BLANKS.sub(" ", reason).strip()[:300]
        return (
            f"Typst skrev inte dokumentet och sade: {first}. Gör så här: rapportera felet med den "
            "meningen."
        )
    # A letter without a sign is told by its code.
    code = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), letter[1])
    named = " ".join(f"{each} (U+{ord(each):04X})" for each in code)
    place = next((f" i {node.register}, {node.row}" for node in said if _quotes(node, code)), "")
    return (
        f"Tecknet {named}{place} finns inte i teckensnittet {FONT_FAMILY}. Gör så här: skriv om "
        "texten utan tecknet och kör igen."
    )


def _quotes(node: Inline, letter: str) -> TypeGuard[Quoted]:
    return isinstance(node, Quoted) and letter in node.text


@dataclass(slots=True)
class _Tree:
    """A document as data for the template, and how far its numbering has come."""

    document: Document
    counting: Counting = field(default_factory=Counting)

    def data(self) -> dict[str, Any]:
        """All that the template sets."""
        document = self.document
        front = [[self._said(name), self._said(said)] for name, said in document.front]
        subtitle = self._said(document.subtitle)
        blocks = [self._block(block) for block in document.blocks]
        if has_values(document):
            tables = [
                self._table(table, f"Figur {number}. ") for number, table in self.counting.values()
            ]
            blocks.append({"kind": "appendix", "blocks": [self._block(values_heading()), *tables]})
        return {
            "title": _one_line(plain(document.title)),
            "subtitle": subtitle,
            "marking": document.marking,
            "covered": document.covered,
            "font": FONT_FAMILY,
            "front": front,
            "blocks": blocks,
        }

    def _block(self, block: Block) -> dict[str, Any]:
        if isinstance(block, Table):
            return self._table(block)
        if isinstance(block, Figure):
            return self._figure(block)
        if isinstance(block, Callout | Folded | Appendix):
            return self._group(block)
        return self._text(block)

    def _text(self, block: Heading | Paragraph | Bullets) -> dict[str, Any]:
        match block:
            case Heading():
                self.counting.begin(block)
                return {
                    "kind": "heading",
                    "level": block.level - 1,
                    "said": self._said(block.said),
                    "anchor": block.anchor,
                }
            case Paragraph():
                return {"kind": "paragraph", "said": self._said(block.said), "small": block.small}
            case Bullets():
                return {"kind": "bullets", "items": [self._said(item) for item in block.items]}

    def _group(self, block: Callout | Folded | Appendix) -> dict[str, Any]:
        match block:
            case Callout():
                head = {
                    "kind": "callout",
                    "title": self._said(block.title),
                    "anchor": block.anchor,
                }
            case Folded():
                head = {"kind": "folded", "summary": self._said(block.summary)}
            case Appendix():
                head = {"kind": "appendix"}
        return head | {"blocks": [self._block(each) for each in block.blocks]}

    def _figure(self, figure: Figure) -> dict[str, Any]:
        self.counting.figure(figure)
        return {
            "kind": "figure",
            "title": self._said(figure.title),
            "alternative": _one_line(plain(figure.alternative)),
            "caption": self._said(figure.caption),
            "drawing": _picture(picture(figure.drawings)),
            "anchor": figure.anchor,
        }

    def _table(self, table: Table, before: str = "") -> dict[str, Any]:
        caption = [*([before] if before else []), *self._said(table.told_caption)]
        fitted = fitted_columns(table)
        return {
            "kind": "table",
            "caption": caption,
            "columns": [
                {"said": self._said(column.said), "numeric": column.numeric}
                for column in table.columns
            ],
            "rows": [[self._cell(cell) for cell in row] for row in table.rows],
            "size": fitted.size,
            "widths": list(fitted.widths),
            "anchor": table.anchor,
            "numbered": self.counting.table(table) is not None,
        }

    def _cell(self, cell: Cell) -> dict[str, Any]:
        return {
            "said": self._said(cell.said),
            "below": self._said(cell.below),
            "drawing": _picture(picture([cell.drawing])) if cell.drawing else None,
        }

    def _said(self, said: Said) -> list[Any]:
        before = (None, *said)
        return [self._node(node, last) for node, last in zip(said, before, strict=False)]

    def _node(self, node: Inline, before: Inline | None) -> Any:
        match node:
            case Strong():
                return {"kind": "strong", "said": self._said(node.parts)}
            case Link():
                return {
                    "kind": "link",
                    "inside": node.address.startswith("#"),
                    "to": node.address.removeprefix("#"),
                    "said": self._said(node.parts),
                }
            case Note():
                referred = self.counting.note(node.parts)
                return {
                    "kind": "note",
                    "name": f"not-{referred.number}",
                    "first": referred.first,
                    # Two numbers beside each other would be read as one.
                    "after-another": isinstance(before, Note),
                    "said": self._said(node.parts) if referred.first else [],
                }
            case Mark():
                return {"kind": "mark", "text": _one_line(node.text)}
            case Quoted() if node.marked:
                return {"kind": "theirs", "text": _one_line(node.text)}
            case _:
                return _one_line(node.text)


def _picture(drawn: Picture) -> dict[str, Any]:
    return {"svg": drawn.svg, "width": drawn.width}


def _one_line(text: str) -> str:
    """As a page has it: what parts words is one space."""
    return _BLANKS.sub(" ", text)
