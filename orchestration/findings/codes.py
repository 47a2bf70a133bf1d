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
    DISTRICT_CHANGE = "district_change"


class Outcome(StrEnum):
    """What became of a deviation."""

    FOCUS = "focus"
    EXPLAINED = "explained"
    WATCH = "watch"
    CANNOT_TELL = "cannot_tell"


class State(StrEnum):
    """How a difference between groups stands to the years before.

    ``NEW``: it was not there before, or the other way round. ``STANDING``: it was, and has not
    surely changed. ``WIDENING``, ``NARROWING``: it was, and has. ``GONE``: it was, has changed, and
    is not to be told from chance any more.
    """

    NEW = "new"
    STANDING = "standing"
    WIDENING = "widening"
    NARROWING = "narrowing"
    GONE = "gone"


class Tested(StrEnum):
    """What a model was tried on: series of the whole municipality, or of its boards."""

    WHOLE = "whole"
    BOARDS = "boards"


class EarlyOutcome(StrEnum):
    """What the months of a year under way say of it.

    ``VARNING``: selected among all indicators at the false-discovery rate. ``BEVAKA``: beyond what
    chance allows one indicator, and not selected among all. ``LUGNT``: as was expected, and a
    change that matters would have shown. ``KAN_INTE_AVGORAS``: too little has come to tell.
    """

    VARNING = "varning"
    BEVAKA = "bevaka"
    LUGNT = "lugnt"
    KAN_INTE_AVGORAS = "kan_inte_avgoras"


class TooEarly(StrEnum):
    """Why the months of a year under way cannot tell.

    ``OUTSIDE``: they lie outside what was expected, and not so far that it is beyond chance.
    ``FEW_CASES``: too few cases were expected so far. ``UNKNOWN_GROWTH``: it is not known how much
    of a month has come. ``NOTHING_EXPECTED``: no earlier years foretell this one. ``NO_POWER``: a
    change that matters would not have shown yet.
    """

    OUTSIDE = "outside"
    FEW_CASES = "few_cases"
    UNKNOWN_GROWTH = "unknown_growth"
    NOTHING_EXPECTED = "nothing_expected"
    NO_POWER = "no_power"


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


class Support(StrEnum):
    """What the figures say of a possible explanation.

    ``SUPPORTED``: they speak for it. ``NOT_SUPPORTED``: they speak against it. ``CANNOT_TELL``:
    they do not suffice, or could not be computed. ``UNTESTABLE``: no register can test it.
    """

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not_supported"
    CANNOT_TELL = "cannot_tell"
    UNTESTABLE = "untestable"


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


class Status(StrEnum):
    """Whether an estimate of an analysis could be made, and if not, why not."""

    ESTIMATED = "estimated"
    TOO_FEW = "too_few"
    NOT_DELIVERED = "not_delivered"
    NOT_IDENTIFIED = "not_identified"
    NOT_APPLICABLE = "not_applicable"


class Shortfall(StrEnum):
    """What an estimate that could not be made lacks; each belongs to one status."""

    FEW_OBSERVATIONS = "few_observations"
    FEW_EVENTS = "few_events"
    FEW_GROUPS = "few_groups"
    NO_REGISTER = "no_register"
    NO_COLUMN = "no_column"
    NOT_IN_STATUTORY = "not_in_statutory"
    NO_LINKAGE = "no_linkage"
    NO_CHANGE = "no_change"
    NO_FIT = "no_fit"
    UNTRUE = "untrue"
    NOT_FOLLOWED = "not_followed"
    NO_EARLIER = "no_earlier"
    REWORDED = "reworded"
    NOBODY = "nobody"
    TOO_MANY_ROWS = "too_many_rows"

    @property
    def status(self) -> Status:
        """The status it gives."""
        return _STATUS_OF[self]


_STATUS_OF = {
    Shortfall.FEW_OBSERVATIONS: Status.TOO_FEW,
    Shortfall.FEW_EVENTS: Status.TOO_FEW,
    Shortfall.FEW_GROUPS: Status.TOO_FEW,
    Shortfall.NO_REGISTER: Status.NOT_DELIVERED,
    Shortfall.NO_COLUMN: Status.NOT_DELIVERED,
    Shortfall.NOT_IN_STATUTORY: Status.NOT_DELIVERED,
    Shortfall.NO_LINKAGE: Status.NOT_IDENTIFIED,
    Shortfall.NO_CHANGE: Status.NOT_IDENTIFIED,
    Shortfall.NO_FIT: Status.NOT_IDENTIFIED,
    Shortfall.UNTRUE: Status.NOT_IDENTIFIED,
    Shortfall.NOT_FOLLOWED: Status.NOT_IDENTIFIED,
    Shortfall.TOO_MANY_ROWS: Status.NOT_IDENTIFIED,
    Shortfall.NO_EARLIER: Status.NOT_APPLICABLE,
    Shortfall.REWORDED: Status.NOT_APPLICABLE,
    Shortfall.NOBODY: Status.NOT_APPLICABLE,
}
