"""Days, months, years and moments as Swedish text.

Pure functions. What a sentence says of a day belongs with the sentence.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from orchestration.language.numbers import EN_DASH

MONTHS = (
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
)
_STOCKHOLM = ZoneInfo("Europe/Stockholm")


def day(value: date) -> str:
    """Writes a date in words: ``24 oktober 2024``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """Writes a month in words: ``maj 2017``."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def years(first: int, last: int) -> str:
    """Writes a span of years: ``2016–2023``, or one year where the span is one year."""
    return str(first) if first == last else f"{first}{EN_DASH}{last}"


def timestamp(value: datetime) -> str:
    """Writes a moment in Stockholm's time: ``22 november 2026 kl. 03.30``.

    Raises:
        ValueError: If the moment has no time zone, since it would then be a guess.
    """
    return f"{day(local_day(value))} kl. {value.astimezone(_STOCKHOLM):%H.%M}"


def local_day(value: datetime) -> date:
    """Gives the date in Stockholm of a moment.

    Raises:
        ValueError: If the moment has no time zone.
    """
    if value.tzinfo is None:
        raise ValueError("a moment without time zone cannot be written in local time")
    return value.astimezone(_STOCKHOLM).date()
