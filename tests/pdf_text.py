"""What a PDF says to one who listens: its text by the structure that a screen reader goes by.

Independent of what wrote the file. Each piece of text is told with the kinds of the elements that
it lies in, the innermost first; what belongs to no element, such as the number of a page, is left
out, as it is read by nobody.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pikepdf

_HEARD = "BDC BMC EMC Tf Tj TJ ET"
_HEX = re.compile(rb"<([0-9A-Fa-f]*)>")


@dataclass(frozen=True)
class Piece:
    """Text of one element.

    Attributes:
        text: As it is read.
        kinds: ``("/TD", "/TR", "/TBody", "/Table", "/Document")``.
    """

    text: str
    kinds: tuple[str, ...]


def pieces(pdf: pikepdf.Pdf) -> list[Piece]:
    """All text of a file, page by page."""
    parents = _by_number(pdf.Root.StructTreeRoot.ParentTree)
    found = []
    for page in pdf.pages:
        own = parents[int(page.obj.StructParents)]
        listener = _Listener(page.obj.Resources.get("/Font"))
        for each in pikepdf.parse_content_stream(page, _HEARD):
            listener.hear(str(each.operator), each.operands)
        found += [Piece("".join(text), _kinds(own[mark])) for mark, text in listener.texts.items()]
    return found


def elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Each structure element in reading order."""
    waiting = [pdf.Root.StructTreeRoot]
    while waiting:
        element = waiting.pop()
        if element.get("/S") is not None:
            yield element
        below = [kid for kid in _listed(element.get("/K")) if isinstance(kid, pikepdf.Dictionary)]
        waiting += [kid for kid in reversed(below) if kid.get("/S") is not None]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


def _by_number(tree: Any) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for kid in _listed(tree.get("/Kids")):
        found |= _by_number(kid)
    numbers = _listed(tree.get("/Nums"))
    return found | {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}


def _kinds(element: Any) -> tuple[str, ...]:
    found = []
    while element is not None and element.get("/S") is not None:
        found.append(str(element.S))
        element = element.get("/P")
    return tuple(found)


class _Listener:
    """Hears a page's marked pieces; a drawing's letters are not heard, but its alternative text."""

    def __init__(self, fonts: Any) -> None:
        self.texts: dict[int, list[str]] = {}
        self._fonts = fonts
        self._letters: Mapping[int, str] = {}
        self._within: list[tuple[int | None, bool]] = []

    def hear(self, operator: str, operands: Any) -> None:
        match operator:
            case "BDC":
                self._begin(operands[1])
            case "BMC":
                self._within.append((None, False))
            case "EMC":
                self._within.pop()
            case "Tf":
                self._letters = _letters(self._fonts[str(operands[0])].ToUnicode.read_bytes())
            case "Tj" | "TJ":
                self._show(operands[0])
            case "ET":
                # Lines do not run into each other.
                self._say("\n")

    def _begin(self, about: Any) -> None:
        known: Any = about if isinstance(about, pikepdf.Dictionary) else {}
        mark, actual = known.get("/MCID"), known.get("/ActualText")
        self._within.append((None if mark is None else int(mark), actual is not None))
        if actual is not None:
            self._say(str(actual))

    def _show(self, shown: Any) -> None:
        if any(is_told for _, is_told in self._within):
            return
        for part in shown if isinstance(shown, pikepdf.Array) else [shown]:
            if isinstance(part, pikepdf.String):
                code = bytes(part)
                pairs = (code[at : at + 2] for at in range(0, len(code), 2))
                self._say("".join(self._letters[int.from_bytes(each, "big")] for each in pairs))

    def _say(self, text: str) -> None:
        mark = next((mark for mark, _ in reversed(self._within) if mark is not None), None)
        if mark is not None:
            self.texts.setdefault(mark, []).append(text)


@cache
def _letters(table: bytes) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        codes = _HEX.findall(block)
        for code, text in zip(codes[::2], codes[1::2], strict=True):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for line in block.strip().splitlines():
            first, last, text = _HEX.findall(line)
            start = int(text, 16)
            for place in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + place] = chr(start + place)
    return found
