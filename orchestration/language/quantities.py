"""A value of an indicator as text: its decimals, its unit, per cent for shares.

The scale is the marts': a share is a fraction, an amount is in kronor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from orchestration.language import numbers

_SINGULAR: Mapping[str, str] = MappingProxyType(
    {
        "personer": "person",
        "timmar": "timme",
        "månader": "månad",
        "ärenden": "ärende",
        "dagar": "dag",
        "ansökningar": "ansökan",
        "insatser": "insats",
        "kvinnor": "kvinna",
        "ungdomar": "ungdom",
        "placeringar": "placering",
        "avhysningar": "avhysning",
        "kommuner": "kommun",
        "procentenheter": "procentenhet",
        "anmälda brott": "anmält brott",
    }
)
_SMALL_SHARE = 0.1
_MOST_DECIMALS = 4


def is_percent(measure: str) -> bool:
    """Whether values of this measure are fractions that a reader sees as per cent."""
    return measure == "proportion"


def decimals(measure: str, unit: str, values: Iterable[float | None]) -> int:
    """Chooses one number of decimals for values that will be compared with each other.

    Shares below ten per cent get two decimals, other shares, means, rates and indices one; kronor
    none, nor counts and amounts whose first value is whole. Where the first value would round to
    the same text as another one that differs from it, decimals are added (at most four), so that
    a value outside an interval never looks as if it were on its limit.

    Args:
        measure: The indicator's measure.
        unit: The indicator's unit.
        values: The observed value first, then what it is held against; None is passed over.

    Returns:
        Decimals of the printed number (for a share: of the per cent).
    """
    known = [value for value in values if value is not None]
    if is_percent(measure):
        base = 2 if known and max(map(abs, known)) < _SMALL_SHARE else 1
        known = [value * 100 for value in known]
    elif measure in {"count", "amount"} and not unit.startswith("index"):
        # A publisher's figure per inhabitant has a fraction of its own; what is counted has none.
        if unit.startswith("kr") or not known or float(known[0]).is_integer():
            return 0
        base = 1
    else:
        base = 1
    for digits in range(base, _MOST_DECIMALS):
        texts = [numbers.number(value, digits) for value in known]
        if all(
            text != texts[0] or value == known[0] for text, value in zip(texts, known, strict=True)
        ):
            return digits
    return _MOST_DECIMALS


def quantity(value: float, measure: str, unit: str, digits: int) -> str:
    """Prints a value with its unit: ``12 barn``, ``7,2 timmar``, ``2,21 procent``.

    Args:
        value: The value on the marts' scale (a share is a fraction, an amount is in kronor).
        measure: The indicator's measure.
        unit: The indicator's unit, in Swedish.
        digits: Decimals, from :func:`decimals`.

    Returns:
        The value and its unit, joined by a no-break space.
    """
    if is_percent(measure):
        tail = unit.removeprefix("%").removeprefix("procent").removeprefix("andel").strip()
        return " ".join(filter(None, [numbers.percent(value, digits), tail]))
    if unit.startswith("index"):
        return f"index{numbers.NO_BREAK_SPACE}{numbers.number(value, digits)}"
    tail = unit_word(unit, singular=numbers.number(abs(value), digits) == "1")
    if unit.startswith("kr"):
        rounded = numbers.kronor_rounded(value)
        return " ".join(filter(None, [rounded, tail.removeprefix("kronor").strip()]))
    return f"{numbers.number(value, digits)}{numbers.NO_BREAK_SPACE}{tail}".rstrip()


def brief_quantity(value: float, measure: str, unit: str, digits: int) -> str:
    """Prints a value whose full unit was just said: ``7,1 timmar``, ``2,36 procent``."""
    if is_percent(measure):
        return numbers.percent(value, digits)
    return quantity(value, measure, unit.replace("/", " per ").partition(" per ")[0], digits)


def bare(value: float, measure: str, digits: int) -> str:
    """Prints a value without its unit, a share as per cent: for intervals and tables."""
    if is_percent(measure):
        return numbers.percent_short(value, digits).removesuffix(f"{numbers.NO_BREAK_SPACE}%")
    return numbers.number(value, digits)


def growth(deviation: float) -> float:
    """The relative change that one standard deviation of the logarithm is."""
    return math.expm1(deviation)


def unit_word(unit: str, *, singular: bool = False) -> str:
    """Writes a unit in words: ``kr/person`` is ``kronor per person``; optionally in the singular.

    Where the unit is a phrase, its first word bends (``timmar per person och månad``).
    """
    spelled = unit.replace("/", " per ")
    if re.match(r"^kr\b", spelled):
        spelled = "kronor" + spelled[len("kr") :]
    if not singular:
        return spelled
    head, _, tail = spelled.partition(" ")
    return _SINGULAR.get(spelled) or " ".join(filter(None, [_SINGULAR.get(head, head), tail]))


def axis_value(value: float | None, measure: str) -> float | None:
    """A value as an axis has it: a share as per cent."""
    return value * 100 if value is not None and is_percent(measure) else value


def axis_title(measure: str, unit: str) -> str:
    """Names the axis a value is drawn on: per cent for shares, otherwise the unit in words."""
    return "procent" if is_percent(measure) else unit_word(unit)
