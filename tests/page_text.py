"""A page as it is read: words within a line belong together, blocks do not."""

import re

from lxml import etree

_BLOCKS = frozenset(
    (
        *("h1", "h2", "h3", "h4", "p", "li", "td", "th", "tr", "dt", "dd"),
        *("caption", "figcaption", "summary", "div", "section", "text", "title"),
    )
)


def parse(html: str) -> etree._Element:
    """Well-formed as XML is stricter than HTML: every element closed, every attribute quoted."""
    return etree.fromstring(html.encode())


def text_of(element: etree._Element) -> str:
    """The text of an element with one kind of space, without styles and references to notes."""
    return re.sub(r"\s+", " ", "".join(_pieces(element))).strip()


def _pieces(element: etree._Element) -> list[str]:
    name = etree.QName(element).localname if isinstance(element.tag, str) else ""
    inside: list[str] = []
    if name not in {"style", "sup", "script", ""}:
        inside = [element.text or ""]
        for child in element:
            inside += [*_pieces(child), child.tail or ""]
    return [" ", *inside, " "] if name in _BLOCKS else inside
