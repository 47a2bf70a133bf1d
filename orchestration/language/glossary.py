"""The glossary: what the words of the system and of the field mean, for guides and readers alike.

The words stand in ``glossary.yml`` and nowhere else; a test holds the guide's tables to it. What
kinds of deviation mean is said in ``words``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.language import words
from orchestration.yaml_text import values_of

_FILE = Path(__file__).with_name("glossary.yml")


@dataclass(frozen=True, slots=True)
class Entry:
    """A word.

    Attributes:
        en: In English; empty where a translation would blur it.
        sv: In Swedish.
        meaning: What it means, in English.
        meaning_sv: The same in Swedish; empty for words that only guides use.
    """

    en: str
    sv: str
    meaning: str
    meaning_sv: str


@dataclass(frozen=True, slots=True)
class Part:
    """Words that belong together.

    Attributes:
        heading: In English.
        heading_sv: In Swedish.
        columns: What the guide's table has for headings.
        entries: The words.
    """

    heading: str
    heading_sv: str
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]


@cache
def glossary() -> tuple[Part, ...]:
    """Reads the glossary, once a process."""
    read = values_of(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Part(
            each["heading"],
            each["heading_sv"],
            tuple(each["columns"]),
            tuple(_entry(**word) for word in each["words"]),
        )
        for each in read
    )


def _entry(*, en: str, sv: str, meaning: str, meaning_sv: str = "", kind: str = "") -> Entry:
    if kind:
        meaning_sv = words.word(words.KIND_DESCRIPTIONS, kind)
    return Entry(en, sv, meaning, meaning_sv)
