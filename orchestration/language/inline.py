"""What running text consists of: words, numbers that name what they show, periods, quotations.

A `Text` that holds a digit cannot be made, so a figure cannot be typed: it is a `Number`, which is
written from its value and names the cells it rests on; a year or a day is a `Period`; what people
or a register have written is `Quoted`. How a paragraph or a table is put together belongs with the
document, and which sentence is said with whoever says it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

# Whoever makes a number takes these from here too.
from orchestration.findings.cells import Cell as Cell  # noqa: PLC0414
from orchestration.findings.cells import Quantity as Quantity  # noqa: PLC0414
from orchestration.language import dates, grammar, numbers, quantities, words


class Style(StrEnum):
    """How a number is printed."""

    PLAIN = "plain"
    CARDINAL = "cardinal"
    PERCENT = "percent"
    PERCENT_SIGN = "percent_sign"
    POINTS = "points"
    PROBABILITY = "probability"
    PROBABILITY_SIGN = "probability_sign"
    FULL = "full"
    BRIEF = "brief"
    BARE = "bare"
    CELL = "cell"


@dataclass(frozen=True, slots=True)
class Form:
    """How a number is printed: its style, its decimals, and the indicator's measure and unit.

    Attributes:
        style: ``FULL`` has the whole unit, ``BRIEF`` its first part, ``BARE`` none (per cent is
            scaled), ``CELL`` none but a share's per cent sign.
        digits: Decimals.
        measure: The indicator's measure, where the number is in its unit.
        unit: The indicator's unit.
        sign: Whether a positive number gets a plus sign.
    """

    style: Style = Style.PLAIN
    digits: int = 0
    measure: str = ""
    unit: str = ""
    sign: bool = False


def _in_a_cell(value: float, form: Form) -> str:
    if quantities.is_percent(form.measure):
        return numbers.percent_short(value, form.digits)
    return quantities.bare(value, form.measure, form.digits)


_WRITERS: Mapping[Style, Callable[[float, Form], str]] = MappingProxyType(
    {
        Style.PLAIN: lambda v, f: numbers.number(v, f.digits, sign=f.sign),
        Style.CARDINAL: lambda v, _: numbers.cardinal(int(v)),
        Style.PERCENT: lambda v, f: numbers.percent(v, f.digits, sign=f.sign),
        Style.PERCENT_SIGN: lambda v, f: numbers.percent_short(v, f.digits, sign=f.sign),
        Style.POINTS: lambda v, f: numbers.percentage_points(v, f.digits, sign=f.sign),
        Style.PROBABILITY: lambda v, _: numbers.p_value(v),
        Style.PROBABILITY_SIGN: lambda v, _: numbers.p_value_short(v),
        Style.FULL: lambda v, f: quantities.quantity(v, f.measure, f.unit, f.digits),
        Style.BRIEF: lambda v, f: quantities.brief_quantity(v, f.measure, f.unit, f.digits),
        Style.BARE: lambda v, f: quantities.bare(v, f.measure, f.digits),
        Style.CELL: _in_a_cell,
    }
)


# Each format asks for the same numbers again.
@lru_cache(maxsize=1 << 16)
def printed(value: float, form: Form) -> str:
    """Turns a value into text.

    Raises:
        ValueError: If the value is not finite, or a probability lies outside nought to one.
    """
    return _WRITERS[form.style](value, form)


@dataclass(frozen=True, slots=True)
class Text:
    """Words.

    Raises:
        ValueError: If it holds a digit.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse a figure that was typed."""
        if any(map(str.isdigit, self.text)):
            raise ValueError(f"a text may not hold a digit: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, written from its value.

    Attributes:
        value: On the tables' scale; a share is a fraction.
        form: How it is printed.
        cells: What it rests on, at least one.
        quantity: What it is of them.
    """

    value: float
    form: Form
    cells: tuple[Cell, ...]
    quantity: Quantity = Quantity.VALUE

    def __post_init__(self) -> None:
        """Refuse a number that stands nowhere."""
        if not self.cells:
            raise ValueError("a number names at least one cell")

    @property
    def text(self) -> str:
        """The number as printed."""
        return printed(self.value, self.form)


@dataclass(frozen=True, slots=True)
class Period:
    """A year, a month, a day, a span of years or a moment; make it with the functions below."""

    first: date | datetime
    text: str

    @classmethod
    def year(cls, year: int) -> Period:
        """``2023``."""
        return cls(date(year, 1, 1), str(year))

    @classmethod
    def years(cls, first: int, last: int) -> Period:
        """``2016-2023``, with an en dash."""
        return cls(date(first, 1, 1), dates.years(first, last))

    @classmethod
    def month(cls, when: date) -> Period:
        """``maj 2017``."""
        return cls(when, dates.month(when))

    @classmethod
    def day(cls, when: date) -> Period:
        """``24 oktober 2024``."""
        return cls(when, dates.day(when))

    @classmethod
    def moment(cls, when: datetime) -> Period:
        """``22 november 2026 kl. 03.30`` in Stockholm."""
        return cls(when, dates.timestamp(when))

    @classmethod
    def of(cls, start: date, grain: str) -> Period:
        """A tested period: a year or a month."""
        return cls.month(start) if grain == "month" else cls.year(start.year)


@dataclass(frozen=True, slots=True)
class Quoted:
    """What people or a register have written, shown as it is; it may hold digits.

    Attributes:
        text: The words, or a form of them that fits the sentence.
        register: Where they stand: a table and its column.
        row: Which row.
        marked: Whether a reader must see that somebody else speaks.
    """

    text: str
    register: str
    row: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word with what it means, for one who does not know it."""

    text: str
    meaning: str

    def __post_init__(self) -> None:
        """Refuse a figure that was typed."""
        if any(letter.isdigit() for letter in self.text + self.meaning):
            raise ValueError(f"a term may not hold a digit: {self.text!r}")


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that carry weight."""

    parts: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere: an address, or a place in the same document after ``#``."""

    address: str
    parts: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What is said apart from the sentence, at the foot of the page or the end; no figures."""

    parts: tuple[Inline, ...]

    def __post_init__(self) -> None:
        """Refuse a number, which would stand once in the notes however often it is referred to."""
        if any(isinstance(part, Number) for part in every(self.parts)):
            raise ValueError("a note holds no numbers")


@dataclass(frozen=True, slots=True)
class Mark:
    """A short label beside what it is about, such as ``syntetisk``."""

    text: str


Inline = Text | Number | Period | Quoted | Term | Strong | Link | Note | Mark
Said = tuple[Inline, ...]
Slot = Inline | Iterable[Inline] | str


HIDDEN: Said = (Term("..", words.PROTECTED),)
"""What stands in a table in place of a figure that is hidden so that nobody can be recognised."""


def say(template: str, **slots: Slot) -> Said:
    """Makes a sentence of a template and what stands in its slots.

    Args:
        template: Words with slots in braces: ``{subject} {moved} till {year}``.
        slots: What stands there; a plain text becomes a `Text`.

    Returns:
        The sentence; words that meet are one `Text`, and empty slots leave nothing.

    Raises:
        KeyError: If a slot is not filled.
        ValueError: If the template or a plain text holds a digit.
    """
    parts: list[Inline] = []
    for wording, name, _, _ in string.Formatter().parse(template):
        if wording:
            parts.append(Text(wording))
        if name is not None:
            parts.extend(nodes(slots[name]))
    return joined(parts)


def nodes(slot: Slot) -> Said:
    """What stands in a slot, as nodes."""
    if isinstance(slot, tuple):
        return slot
    if isinstance(slot, str):
        return (Text(slot),) if slot else ()
    if isinstance(slot, Text | Number | Period | Quoted | Term | Strong | Link | Note | Mark):
        return (slot,)
    return tuple(slot)


def joined(parts: Iterable[Inline]) -> Said:
    """The same nodes with neighbouring words made one."""
    found: list[Inline] = []
    for part in parts:
        if isinstance(part, Text) and found and isinstance(found[-1], Text):
            found[-1] = Text(found[-1].text + part.text)
        elif not (isinstance(part, Text) and not part.text):
            found.append(part)
    return tuple(found)


def sentences(*said: Slot) -> Said:
    """Sentences after one another, with a space between; empty ones are left out."""
    found: list[Inline] = []
    for each in map(nodes, said):
        if not each:
            continue
        if found:
            found.append(Text(" "))
        found.extend(each)
    return joined(found)


def listing(items: Sequence[Slot], conjunction: str = "och") -> Said:
    """``a``, ``a och b``, ``a, b och c``; nothing for nothing."""
    found: list[Inline] = []
    for place, item in enumerate(items):
        if place:
            last = place == len(items) - 1
            found.append(Text(f" {conjunction} " if last else ", "))
        found.extend(nodes(item))
    return joined(found)


def capitalised(said: Slot) -> Said:
    """The same with a capital first, where it begins with words."""
    first, *rest = nodes(said) or (Text(""),)
    match first:
        case Text() | Quoted():
            first = replace(first, text=grammar.sentence_case(first.text))
        case Strong() | Link():
            first = replace(first, parts=capitalised(first.parts))
        case _:
            pass
    return (first, *rest)


def span(lower: Number, upper: Number) -> Said:
    """An interval: ``24-55`` with an en dash, or ``till`` where a minus sign would be misread."""
    negative = numbers.MINUS in lower.text + upper.text
    return (lower, Text(" till " if negative else numbers.EN_DASH), upper)


def plain(said: Slot) -> str:
    """The sentence as plain text; what is said apart is left out."""
    return "".join(_plain(part) for part in nodes(said))


def _plain(part: Inline) -> str:
    match part:
        case Strong() | Link():
            return plain(part.parts)
        case Note():
            return ""
        case _:
            return part.text


def every(said: Slot) -> Iterator[Inline]:
    """Each node in reading order, those within others too."""
    for part in nodes(said):
        yield part
        if isinstance(part, Strong | Link | Note):
            yield from every(part.parts)


def every_number(said: Slot) -> Iterator[Number]:
    """Each number in reading order."""
    return (part for part in every(said) if isinstance(part, Number))
