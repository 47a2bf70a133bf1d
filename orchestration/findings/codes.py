"""The codes of findings: in what way a value deviates, and what became of it.

Their Swedish words are in `orchestration.language.words`.
"""

from enum import StrEnum


class Kind(StrEnum):
    """In what way a value deviates."""

    CHANGE = "change"
    STABILITY = "stability"
    CONTRARY = "contrary"
    GROUP_DIFFERENCE = "group_difference"
    DISTRICT_OUTLIER = "district_outlier"


class Outcome(StrEnum):
    """What became of a deviation."""

    FOCUS = "focus"
    EXPLAINED = "explained"
    WATCH = "watch"
    CANNOT_TELL = "cannot_tell"


class Verdict(StrEnum):
    """What a declared pair says.

    ``CONTRARY``: both moved beyond their own noise, against the expected sign.
    ``DIVERGENT_WITHIN_NOISE``: against the expected sign, but at least one of them by no more
    than chance. ``AS_EXPECTED``: with the expected sign. ``CANNOT_TELL``: a value is missing or
    one of them did not move at all.
    """

    CONTRARY = "contrary"
    DIVERGENT_WITHIN_NOISE = "divergent_within_noise"
    AS_EXPECTED = "as_expected"
    CANNOT_TELL = "cannot_tell"


class Since(StrEnum):
    """What became of a deviation in the year after.

    ``AGAIN``: it deviates the same way. ``TURNED``: it deviates the other way. ``LASTS``: the
    value lies where last year's lay, as far as chance can tell. ``FADED``: a deviation within the
    year that cannot be told from chance any more. ``CANNOT_TELL``: no value.
    """

    AGAIN = "again"
    TURNED = "turned"
    LASTS = "lasts"
    FADED = "faded"
    CANNOT_TELL = "cannot_tell"


class Effect(StrEnum):
    """What a found explanation may do: set a deviation aside, or only be named beside it."""

    EXPLAINS = "explains"
    RESERVATION = "reservation"
