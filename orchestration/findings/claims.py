"""What is said of a finding, before it is said: kinds of claim, each with its slots.

A slot names what it is of the tables: a figure with its cells, an indicator, a place, a group, a
period, an explanation by its id. None holds words or a formatted number, so that a claim can be
left out where its cells are not released, and told in another language or length. The sentences
are in `orchestration.language.telling`; a claim without one does not pass the type check.

What does not belong here: which claims a finding has; that is decided where it is found.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from orchestration.findings.cells import Figure
from orchestration.findings.codes import Kind, Shortfall, Since, State, Support, Verdict
from orchestration.indicators.models import Area, Measure


@dataclass(frozen=True, slots=True)
class When:
    """A year, or a month of one."""

    start: date
    grain: Literal["year", "month"] = "year"

    @classmethod
    def of(cls, year: int, month: int | None = None) -> "When":
        """A year, or a month of it."""
        return cls(date(year, month or 1, 1), "year" if month is None else "month")


def long_since(start: int | None, year: int) -> When | None:
    """The year that a change is counted from, where it is another than the year before."""
    return None if start is None or start == year - 1 else When.of(start)


@dataclass(frozen=True, slots=True)
class Group:
    """A category of a breakdown."""

    breakdown: str
    category: str


# --- what happened ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A value lies outside what its own history foretells.

    Attributes:
        since: what ``change`` is counted from; None where nothing earlier is comparable.
        previous: the value then.
    """

    kind: Literal["changed"] = "changed"
    indicator_id: str
    when: When
    observed: Figure
    lower: Figure
    upper: Figure
    since: When | None = None
    previous: Figure | None = None
    change: Figure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What a driver did."""

    indicator_id: str
    change: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodStill:
    """An indicator stood still although its drivers moved."""

    kind: Literal["stood_still"] = "stood_still"
    indicator_id: str
    when: When
    observed: Figure
    change: Figure
    expected_change: Figure
    drivers: tuple[Driven, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WentApart:
    """A declared pair moved against what is expected of it.

    Attributes:
        expected_sign: +1 expected to move together, -1 apart.
        since: what the related one's change is counted from; None for the year before.
    """

    kind: Literal["went_apart"] = "went_apart"
    indicator_id: str
    related_indicator_id: str
    when: When
    expected_sign: int
    change: Figure
    related_change: Figure
    since: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsDiffer:
    """Two groups that were expected to be alike are not.

    Attributes:
        difference: of the first relative to the second.
    """

    kind: Literal["groups_differ"] = "groups_differ"
    indicator_id: str
    when: When
    group: Group
    other: Group
    observed: Figure
    other_observed: Figure
    difference: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardStandsOut:
    """A district board lies away from what the others foretell.

    Attributes:
        covariate: indicator that the boards' levels follow; None where none was used.
        before: how far it lay from what was foretold the year before, as a relative change.
    """

    kind: Literal["board_stands_out"] = "board_stands_out"
    indicator_id: str
    geography_id: str
    when: When
    observed: Figure
    lower: Figure
    upper: Figure
    covariate: str | None
    before: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMoved:
    """A district board moved otherwise than the rest of the city.

    Attributes:
        lower: lower limit of what it would have had, had it followed the rest.
        upper: upper limit of the same.
        since: the year that its change is counted from; None where there is no earlier value.
        change: of the board since then.
        rest_change: of the rest of the city since then.
    """

    kind: Literal["board_moved"] = "board_moved"
    indicator_id: str
    geography_id: str
    when: When
    observed: Figure
    lower: Figure
    upper: Figure
    since: When | None
    change: Figure | None
    rest_change: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAsOne:
    """The city's counts moved together, against what was expected of them."""

    kind: Literal["moved_as_one"] = "moved_as_one"
    when: When
    change: Figure
    registers: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What was in focus the year before, and what became of it.

    Attributes:
        deviation: in what way it deviated.
        observed: this year's value; None where there is none.
        change: on a year; None where unknown.
    """

    kind: Literal["followed"] = "followed"
    indicator_id: str
    when: When
    deviation: Kind
    since: Since
    observed: Figure | None = None
    change: Figure | None = None


# --- why it has its outcome ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HowSure:
    """How sure it is that chance alone did not do it.

    Attributes:
        judged: whether that rests on relations whose size somebody has judged.
    """

    kind: Literal["how_sure"] = "how_sure"
    q_value: Figure
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedBy:
    """Explanations cover it."""

    kind: Literal["explained_by"] = "explained_by"
    explanation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LargerThanExplained:
    """Explanations were weighed and do not cover it."""

    kind: Literal["larger_than_explained"] = "larger_than_explained"
    explanation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MayBeChance:
    """Among as many as were tested, of years or of months, one of its size may be chance."""

    kind: Literal["may_be_chance"] = "may_be_chance"
    grain: Literal["year", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSmall:
    """It is certain, and smaller than what can be a focus."""

    kind: Literal["too_small"] = "too_small"
    minimum: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A difference between groups was there before the tested year.

    Attributes:
        state: what it has done since; ``new`` where it has turned.
        since: the first year from which it has gone the same way.
    """

    kind: Literal["stood"] = "stood"
    state: State
    since: When


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptInFocus:
    """Somebody has chosen to keep in focus what is no news."""

    kind: Literal["kept_in_focus"] = "kept_in_focus"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSurroundings:
    """It belongs to the surroundings, which are never a focus themselves."""

    kind: Literal["of_surroundings"] = "of_surroundings"


@dataclass(frozen=True, slots=True, kw_only=True)
class CityNotInFocus:
    """A board's indicator is no focus for the whole city."""

    kind: Literal["city_not_in_focus"] = "city_not_in_focus"


@dataclass(frozen=True, slots=True, kw_only=True)
class WentOn:
    """A month is one of several that are off the same way, one event.

    Attributes:
        since: the month that it began in.
        months: how many of them there have been until this one, itself among them.
    """

    kind: Literal["went_on"] = "went_on"
    since: When
    months: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportsTheYear:
    """A month supports the year's figure and is never a focus itself."""

    kind: Literal["supports_the_year"] = "supports_the_year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What must be examined before it is believed."""

    kind: Literal["reserved"] = "reserved"
    explanation_ids: tuple[str, ...]


# --- why nothing could be tested ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NoValue:
    """There is no comparable value.

    Attributes:
        status: in the words of ``marts.indicator_values``.
    """

    kind: Literal["no_value"] = "no_value"
    when: When
    status: str = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoChanceToMeasure:
    """The value lacks what chance could be measured by."""

    kind: Literal["no_chance_to_measure"] = "no_chance_to_measure"
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingEarlier:
    """There is no comparable value before the period."""

    kind: Literal["nothing_earlier"] = "nothing_earlier"
    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsTooShort:
    """A monthly series has too few months before the year, or too few cases.

    Attributes:
        least: months that are needed.
    """

    kind: Literal["months_too_short"] = "months_too_short"
    when: When
    least: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsWithoutValue:
    """Groups that were to be held against another have no value."""

    kind: Literal["groups_without_value"] = "groups_without_value"
    when: When
    groups: tuple[Group, ...]


class Hindrance(StrEnum):
    """Why two groups with values cannot be told from chance."""

    NO_SPREAD_KNOWN = "no_spread_known"
    NOT_ABOVE_NOUGHT = "not_above_nought"
    ALL_ALIKE = "all_alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsNotTested:
    """Two groups that cannot be told from chance.

    Attributes:
        group: the one it is about; None where it is about both.
    """

    kind: Literal["groups_not_tested"] = "groups_not_tested"
    why: Hindrance
    group: Group | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StillnessUnproved:
    """Drivers moved, and the indicator is too small or too restless to tell whether it did."""

    kind: Literal["stillness_unproved"] = "stillness_unproved"
    indicator_id: str
    expected_change: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCause:
    """What explains that there is no value."""

    kind: Literal["known_cause"] = "known_cause"
    explanation_ids: tuple[str, ...]


# --- focus areas and their triangulation --------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the heading of a focus area speaks of.

    Attributes:
        deviation: in what way it deviates.
        change: since the year before; for groups, of the first relative to the other.
        groups: the two groups of a difference; empty otherwise.
    """

    kind: Literal["headline"] = "headline"
    area: Area
    indicator_id: str
    geography_id: str
    when: When
    deviation: Kind
    observed: Figure
    change: Figure | None
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoMoved:
    """Further indicators of the area in focus, by which way they lie from the expected."""

    kind: Literal["also_moved"] = "also_moved"
    lower: tuple[str, ...]
    higher: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoDiffer:
    """Further indicators of the area in which groups differ."""

    kind: Literal["also_differ"] = "also_differ"
    indicator_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A related indicator and its change.

    Attributes:
        since: what the change is counted from; None for the year before.
    """

    indicator_id: str
    change: Figure
    since: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """Related indicators that the heading's indicator went against.

    Attributes:
        change: of the heading's indicator; None where it is unknown.
    """

    kind: Literal["against"] = "against"
    change: Figure | None
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Indicators that are as high, or as low, as they have not been for years.

    Attributes:
        indicator_ids: at least one.
        highest: otherwise the lowest.
        since: where the series begin, where it is so of all earlier values; else the latest
            earlier period that was as high or as low.
        of_all: whether no earlier value was.
    """

    kind: Literal["record"] = "record"
    indicator_ids: tuple[str, ...]
    highest: bool
    since: When
    of_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """Indicators that go another way than they have done for years.

    Attributes:
        indicator_ids: at least one.
        when: the period of the turn.
        rose: otherwise they fell.
        since: where the series begin, where it is their first such change; else the latest
            earlier one.
        first: whether it is.
    """

    kind: Literal["turned"] = "turned"
    indicator_ids: tuple[str, ...]
    when: When
    rose: bool
    since: When
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a related indicator did, and what that says.

    Attributes:
        since: what its change is counted from; None for the year before.
    """

    kind: Literal["compared"] = "compared"
    related_indicator_id: str
    expected_sign: int
    related_change: Figure | None
    verdict: Verdict
    since: When | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisTested:
    """What the figures say of a possible explanation.

    Attributes:
        hypothesis_id: which explanation.
        support: what they say.
        unit: of the estimate; empty where there is none.
        estimate: that tests it; None where none could be made, or no register can.
        lower: limit of its interval; None where it has none.
        upper: limit of its interval.
        shortfall: what the estimate lacks; None where it lacks nothing, or is not there.
    """

    kind: Literal["hypothesis_tested"] = "hypothesis_tested"
    hypothesis_id: str
    support: Support
    unit: str = ""
    estimate: Figure | None = None
    lower: Figure | None = None
    upper: Figure | None = None
    shortfall: Shortfall | None = None


# --- causes that the data tell of ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LossInNote:
    """A publisher's footnote says that something is lost, or carried over from the month before.

    Attributes:
        note_kind: in the words of ``marts.source_notes``.
        note_number: which note of the dataset.
    """

    kind: Literal["loss_in_note"] = "loss_in_note"
    note_kind: str
    source_id: str
    note_number: int
    geography_id: str
    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCeased:
    """A board ceased within a year.

    Attributes:
        successor_id: the board that took over; None where none did.
    """

    kind: Literal["board_ceased"] = "board_ceased"
    geography_id: str
    last: date
    successor_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardArose:
    """A board arose within a year without taking over from any."""

    kind: Literal["board_arose"] = "board_arose"
    geography_id: str
    first: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesBroken:
    """A value is marked as not comparable with those before it."""

    kind: Literal["series_broken"] = "series_broken"
    when: When
    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged:
    """A series goes on with another dataset."""

    kind: Literal["source_changed"] = "source_changed"
    when: When
    source_id: str
    previous_source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractChanged:
    """A register has a new contract that changes or removes columns."""

    kind: Literal["contract_changed"] = "contract_changed"
    register: str
    when: When
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """What differs in deliveries.

    Attributes:
        column: empty for what is of all rows.
        measure: in what way, in the words of ``meta.drift``.
        periods: of the deliveries.
    """

    column: str
    measure: str
    periods: tuple[When, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDrifted:
    """A register's deliveries of a year differ from the earlier ones."""

    kind: Literal["register_drifted"] = "register_drifted"
    register: str
    when: When
    what: tuple[Drifted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedWithoutAssessment:
    """What was assessed is given without assessment instead, where a board offers that.

    Attributes:
        insats_code: what is given, as the seed of insatser names it.
        indicator_id: what counts what was assessed.
        when: the year whose value is lower for it.
    """

    kind: Literal["moved_without_assessment"] = "moved_without_assessment"
    insats_code: str
    indicator_id: str
    geography_id: str
    when: When


#: What a row of ``marts.deviations`` begins with: what happened, or that nothing could be tested.
Happened = (
    Changed
    | StoodStill
    | WentApart
    | GroupsDiffer
    | BoardStandsOut
    | BoardMoved
    | MovedAsOne
    | Followed
)
Untold = (
    NoValue
    | NoChanceToMeasure
    | NothingEarlier
    | MonthsTooShort
    | GroupsWithoutValue
    | GroupsNotTested
    | StillnessUnproved
)
#: What may follow, and why it has its outcome.
Reason = (
    HowSure
    | ExplainedBy
    | LargerThanExplained
    | MayBeChance
    | TooSmall
    | Stood
    | KeptInFocus
    | OfSurroundings
    | CityNotInFocus
    | WentOn
    | SupportsTheYear
    | Reserved
    | KnownCause
)
OfArea = Headline | AlsoMoved | AlsoDiffer | Against
Cause = (
    LossInNote
    | BoardCeased
    | BoardArose
    | SeriesBroken
    | SourceChanged
    | ContractChanged
    | RegisterDrifted
    | MovedWithoutAssessment
)
OfSeries = Record | Turned
AnyClaim = Happened | Untold | Reason | OfArea | OfSeries | Compared | HypothesisTested | Cause
Claim = Annotated[AnyClaim, Field(discriminator="kind")]
