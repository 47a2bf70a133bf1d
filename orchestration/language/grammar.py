"""How words are joined and bent in a Swedish sentence: lists, capitals, definite forms.

Pure functions on text without figures. What a code means belongs in ``words``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_DEFINITE: Mapping[str, str] = MappingProxyType(
    {
        "Antal": "antalet",
        "Andel": "andelen",
        "Genomsnittligt antal": "det genomsnittliga antalet",
        "Kostnad": "kostnaden",
        "Schablonersättning": "schablonersättningen",
        "Folkmängd": "folkmängden",
        "Mediantid": "mediantiden",
        "Skuldbelopp": "skuldbeloppet",
        "Medianskuld": "medianskulden",
        "Prisindex": "prisindexet",
        "Disponibel inkomst": "den disponibla inkomsten",
        "Riksnorm": "riksnormen",
        "Index": "indexet",
        "Svarsfrekvens": "svarsfrekvensen",
    }
)


def enumeration(items: Sequence[str], conjunction: str = "och") -> str:
    """Joins items as running text: ``a``, ``a och b``, ``a, b och c``; nothing gives ``""``."""
    if not items:
        return ""
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def sentence_case(text: str) -> str:
    """Makes the first letter upper case and leaves the rest (names, abbreviations) alone."""
    return text[:1].upper() + text[1:]


def mid_sentence(text: str) -> str:
    """Makes a title fit inside a sentence: ``Andel barn`` is ``andel barn``, ``FREDA`` stays."""
    if text[1:2].islower() or text[1:2].isspace():
        return text[:1].lower() + text[1:]
    return text


def definite(title: str) -> str:
    """Makes a catalogue title the subject of a clause: ``Antal beslut`` is ``antalet beslut``.

    A title that begins with some other noun keeps its form and only loses its capital.
    """
    for length in (2, 1):
        words = title.split(" ")
        if head := _DEFINITE.get(" ".join(words[:length])):
            return " ".join([head, *words[length:]])
    return mid_sentence(title)


def letters(text: str) -> list[int]:
    """What texts are sorted by: å, ä, ö come after z, and capitals do not matter."""
    after = {letter: ord("z") + place for place, letter in enumerate("åäö", start=1)}
    return [after.get(letter, ord(letter)) for letter in text.lower()]
