"""Numbers as Swedish text, as official statistics print them; nothing else turns one into text.

Pure functions. The unit of an indicator's value belongs in ``quantities``, days in ``dates``.
Separators follow Svenska skrivregler and SCB's manual for tables: decimal comma, no-break space
between groups of three digits, a real minus sign.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import floor, isfinite, isnan, log10

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
EN_DASH = "\u2013"


_CARDINALS = (
    "noll",
    "ett",
    "två",
    "tre",
    "fyra",
    "fem",
    "sex",
    "sju",
    "åtta",
    "nio",
    "tio",
    "elva",
    "tolv",
)
_SMALLEST_PRINTED_P = 0.001
# So many digits of a number of which nothing is known.
_UNKNOWN_DIGITS = 6
# Below it, digits are fewer than the noughts before them.
_SMALLEST_WRITTEN = 1e-6
# A year has four digits, and no space.
_UNGROUPED = 10_000
_MILLION = 1e6
_BILLION = 1e9


def number(value: float | Decimal, decimals: int = 0, *, sign: bool = False) -> str:
    """Formats a number: ``82576`` becomes ``82 576`` and ``7.2`` becomes ``7,2``.

    Rounds half away from zero on the shortest decimal text of the float, so that 0.125 with two
    decimals is 0,13 as a reader with a pocket calculator expects.

    Args:
        value: A finite number.
        decimals: Digits after the comma, at least 0.
        sign: Whether a positive number gets a plus sign.

    Returns:
        The number with a comma, no-break spaces between thousands and a true minus sign. A value
        that rounds to zero has no sign.

    Raises:
        ValueError: If the value is not finite or ``decimals`` is negative.
    """
    if decimals < 0:
        raise ValueError("decimals must not be negative")
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError("only finite numbers can be formatted")
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits = f"{abs(rounded):,f}".replace(",", NO_BREAK_SPACE).replace(".", ",")
    if rounded < 0:
        return MINUS + digits
    return "+" + digits if sign and rounded > 0 else digits


def significant(value: float, digits: int = 3) -> str:
    """Formats a number with so many significant digits, without noughts at the end of a fraction.

    Raises:
        ValueError: If the value is not finite.
    """
    decimals = 0 if value == 0 else max(0, digits - 1 - floor(log10(abs(value))))
    text = number(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def as_it_is(value: float | Decimal) -> str:
    """Formats a number of which nothing is known: ``2023`` stays, ``0.0712`` becomes ``0,0712``.

    A whole number below ten thousand may be a year and is not grouped. Of a fraction six
    significant digits are kept, of a `Decimal` all that it has.
    """
    if isinstance(value, Decimal):
        return number(value, max(0, -int(value.as_tuple().exponent))) if value.is_finite() else ""
    if not isfinite(value):
        return "inget tal" if isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    if value == int(value):
        return str(int(value)).replace("-", MINUS) if abs(value) < _UNGROUPED else number(value)
    if abs(value) < _SMALLEST_WRITTEN:
        return f"{value:.3g}".replace(".", ",").replace("-", MINUS)
    return significant(value, _UNKNOWN_DIGITS)


def percent(fraction: float, decimals: int = 1, *, sign: bool = False) -> str:
    """Formats a fraction as per cent in words: ``-0.063`` becomes ``−6,3 procent``."""
    return f"{_percent_digits(fraction, decimals, sign=sign)}{NO_BREAK_SPACE}procent"


def percent_short(fraction: float, decimals: int = 1, *, sign: bool = False) -> str:
    """Formats a fraction as per cent with the sign, for tables: ``0.05`` becomes ``5,0 %``."""
    return f"{_percent_digits(fraction, decimals, sign=sign)}{NO_BREAK_SPACE}%"


def percentage_points(difference: float, decimals: int = 1, *, sign: bool = False) -> str:
    """Formats a difference between two fractions: ``0.15`` becomes ``15,0 procentenheter``."""
    digits = _percent_digits(difference, decimals, sign=sign)
    noun = "procentenhet" if digits.lstrip("+" + MINUS) == "1" else "procentenheter"
    return f"{digits}{NO_BREAK_SPACE}{noun}"


def kronor(amount: float | Decimal) -> str:
    """Formats an amount in whole kronor: ``82576`` becomes ``82 576 kronor``."""
    digits = number(amount)
    noun = "krona" if digits in {"1", MINUS + "1"} else "kronor"
    return f"{digits}{NO_BREAK_SPACE}{noun}"


def kronor_rounded(amount: float) -> str:
    """Formats an amount in millions or billions of kronor where it is that large.

    Returns:
        ``2,1 miljarder kronor``, ``3,4 miljoner kronor`` or whole kronor below a million.
    """
    if abs(amount) >= _BILLION:
        return f"{number(amount / _BILLION, 1)}{NO_BREAK_SPACE}miljarder kronor"
    if abs(amount) >= _MILLION:
        return f"{number(amount / _MILLION, 1)}{NO_BREAK_SPACE}miljoner kronor"
    return kronor(amount)


def p_value(probability: float) -> str:
    """Formats a p- or q-value with three decimals; smaller than 0,001 is said in words.

    Raises:
        ValueError: If the value is not a probability.
    """
    if not 0 <= probability <= 1:
        raise ValueError("a p-value lies between 0 and 1")
    if probability < _SMALLEST_PRINTED_P:
        return f"mindre än{NO_BREAK_SPACE}0,001"
    return number(probability, 3)


def p_value_short(probability: float) -> str:
    """Formats a p- or q-value for a table, where a small one reads ``< 0,001``.

    Raises:
        ValueError: If the value is not a probability.
    """
    return p_value(probability).replace("mindre än", "<")


def interval(lower: float, upper: float, decimals: int = 0) -> str:
    """Formats an interval: ``24–55``, or ``−3,0 till 2,0`` where a minus sign would be misread."""
    low, high = number(lower, decimals), number(upper, decimals)
    if MINUS in low or MINUS in high:
        return f"{low} till {high}"
    return f"{low}{EN_DASH}{high}"


def cardinal(count: int) -> str:
    """Writes a count of things in neuter: words up to twelve, digits above."""
    return _CARDINALS[count] if 0 <= count < len(_CARDINALS) else number(count)


def _percent_digits(fraction: float, decimals: int, *, sign: bool) -> str:
    # The shift is done on the decimal text: 0.07 * 100 is 7.000000000000001 in binary.
    return number(Decimal(repr(float(fraction))).scaleb(2), decimals, sign=sign)
