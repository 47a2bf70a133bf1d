"""The rows of the catalogue as typed, immutable records.

Each class mirrors one seed in ``dbt_project/seeds``; the field names are the seed's columns.
What does not belong here: reading files (``catalogue.py``) and any judgement of values.
"""

from collections.abc import Set as AbstractSet
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Area(StrEnum):
    """Areas of activity; the order is the one a reader meets them in."""

    EKONOMISKT_BISTAND = "ekonomiskt_bistand"
    BARN_OCH_UNGA = "barn_och_unga"
    FAMILJERATT = "familjeratt"
    VALD_I_NARA_RELATION = "vald_i_nara_relation"
    MISSBRUK_OCH_BEROENDE = "missbruk_och_beroende"
    HEMLOSHET = "hemloshet"
    SOCIALPSYKIATRI = "socialpsykiatri"
    FUNKTIONSNEDSATTNING = "funktionsnedsattning"
    OMVARLD = "omvarld"
    OPPNA_JAMFORELSER = "oppna_jamforelser"


#: The surroundings of social services. They support or contradict a finding and never are one.
CONTEXT_AREAS: frozenset[Area] = frozenset({Area.OMVARLD, Area.OPPNA_JAMFORELSER})


class Polarity(StrEnum):
    """Whether a rise is good. ``NEUTRAL`` where neither direction is good in itself."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"
    NEUTRAL = "neutral"


class Measure(StrEnum):
    """What kind of number an indicator is; it decides which model gives the expected value.

    ``COUNT`` events or persons; ``RATE`` events over an exposure; ``PROPORTION`` a fraction
    between 0 and 1; ``MEAN`` a mean over persons or households; ``AMOUNT`` kronor, and also an
    index, because both are positive, have no count behind them and change by a factor.
    """

    COUNT = "count"
    RATE = "rate"
    PROPORTION = "proportion"
    MEAN = "mean"
    AMOUNT = "amount"


class ExplanationKind(StrEnum):
    """Kinds of natural explanation."""

    LAW = "law"
    REORGANISATION = "reorganisation"
    DEFINITION = "definition"
    SYSTEM = "system"
    REPORTING_LOSS = "reporting_loss"
    ONE_OFF = "one_off"
    # Named as in the municipality's own decisions.
    MOVED = "flyttad_till_insats_utan_provning"


class Basis(StrEnum):
    """Where a found explanation was found.

    ``SOURCE_NOTE`` a publisher's footnote; ``GEOGRAPHY`` a board that ceased or arose; ``SERIES``
    the series' own values; ``CONTRACT`` a dated change of a register's contract; ``DRIFT`` a
    register whose deliveries changed; ``MOVEMENT`` boards that offer an insats without assessment,
    held against those that do not.
    """

    SOURCE_NOTE = "source_note"
    GEOGRAPHY = "geography"
    SERIES = "series"
    CONTRACT = "contract"
    DRIFT = "drift"
    MOVEMENT = "movement"


#: Found signs that something may be behind a change, and no proof that anything is: they never
#: set a deviation aside.
RESERVATIONS: frozenset[Basis] = frozenset({Basis.CONTRACT, Basis.DRIFT})

#: Explanations that end with their period; the others have changed the level for good.
TEMPORARY_KINDS: frozenset[ExplanationKind] = frozenset(
    {ExplanationKind.REPORTING_LOSS, ExplanationKind.ONE_OFF}
)


def _sign(value: object) -> object:
    # A CSV holds text, while a Literal of integers accepts only integers.
    return {"1": 1, "-1": -1}.get(value, value) if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Text = Annotated[str, Field(min_length=1)]
Year = Annotated[int, Field(ge=1900, le=2200)]
Month = Annotated[int, Field(ge=1, le=12)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


#: Source of the indicators that are decided and not measured: the seed of that name.
DECIDED = "constants"


class Indicator(_Row):
    """A defined figure.

    Attributes:
        indicator_id: fixed name, lower case with underscores.
        title_sv: name as a reader meets it; begins with a noun ("Antal ...", "Andel ...").
        area: area of activity it belongs to.
        unit: unit in Swedish; a proportion's value is a fraction although its unit says per cent.
        polarity: whether a rise is good.
        measure: kind of number.
        definition_sv: numerator, denominator and counting rule.
        source_id: register, or data set of a publisher, that it is counted from.
    """

    indicator_id: Identifier
    title_sv: Text
    area: Area
    unit: Text
    polarity: Polarity
    measure: Measure
    definition_sv: Text
    source_id: Identifier

    @property
    def is_decided(self) -> bool:
        """Whether it is an amount that somebody decides: nothing is measured, nothing deviates."""
        return self.source_id == DECIDED


class CountOf(_Row):
    """Which count an indicator's numerator or denominator is.

    Attributes:
        indicator_id: the indicator.
        part: ``numerator`` or ``denominator``.
        rows_of: all of its rows, the whole alone, or the parts alone.
        count_id: the count.
        sex: the sex it is limited to; empty for none.
        age_group: the age group it is limited to; empty for none.
        drops: a breakdown in which it is counted otherwise; empty for none.
        is_amount: whether it is a sum over what is counted.
    """

    indicator_id: Identifier
    part: Literal["numerator", "denominator"]
    rows_of: Literal["all", "whole", "parts"]
    count_id: Identifier
    sex: str
    age_group: str
    drops: str
    is_amount: bool


class CountBase(_Row):
    """A count of what belongs to the members of another: children of households, days of persons.

    Attributes:
        count_id: the count.
        base_count_id: the count that it follows.
    """

    count_id: Identifier
    base_count_id: Identifier


class Relation(_Row):
    """A pair of indicators that are expected to move together (+1) or apart (-1).

    Only declared pairs are ever tested; the rationale is written before the figures are seen.

    Attributes:
        relation_id: fixed name.
        indicator_id: what is held against another.
        related_indicator_id: the other.
        expected_sign: whether they are expected to move together.
        comparison_years: years that the other's change is counted over; a debt grows for longer
            than the year in which somebody asks for help.
        rationale_sv: why.
        source: where the reason comes from.
    """

    relation_id: Identifier
    indicator_id: Identifier
    related_indicator_id: Identifier
    expected_sign: Annotated[Literal[1, -1], BeforeValidator(_sign)]
    comparison_years: Annotated[int, Field(ge=1, le=5)] = 1
    rationale_sv: Text
    source: Text

    @model_validator(mode="after")
    def _two_indicators(self) -> "Relation":
        if self.indicator_id == self.related_indicator_id:
            raise ValueError("an indicator cannot be related to itself")
        return self


class Driver(_Row):
    """What is expected to move an indicator, by how much, and how sure that is.

    A relation says only which way; a driver says how far, so that standing still can be held
    against it. All of it is written before the figures are seen.

    Attributes:
        driver_id: fixed name.
        indicator_id: what is moved.
        driver_indicator_id: what moves it.
        elasticity: relative change of the indicator for a relative change of the driver; its
            sign is the expected direction.
        elasticity_sd: how uncertain the elasticity is, as a standard deviation.
        lag_years: years between the driver's change and the indicator's.
        rationale_sv: why.
        source: where the reason and the size come from.
    """

    driver_id: Identifier
    indicator_id: Identifier
    driver_indicator_id: Identifier
    elasticity: float
    elasticity_sd: Annotated[float, Field(gt=0)]
    lag_years: Annotated[int, Field(ge=0, le=5)]
    rationale_sv: Text
    source: Text

    @model_validator(mode="after")
    def _moves_another(self) -> "Driver":
        if self.indicator_id == self.driver_indicator_id:
            raise ValueError("an indicator cannot drive itself")
        if self.elasticity == 0:
            raise ValueError("an elasticity of zero expects nothing")
        return self


class GroupComparison(_Row):
    """Two categories of one breakdown that are expected to have the same value."""

    comparison_id: Identifier
    indicator_id: Identifier
    breakdown: Text
    category_a: Text
    category_b: Text
    rationale_sv: Text
    source: Text

    @model_validator(mode="after")
    def _two_categories(self) -> "GroupComparison":
        if self.category_a == self.category_b:
            raise ValueError("category_a and category_b are the same")
        return self


class KeptDifference(_Row):
    """A difference between groups that somebody has chosen to keep in focus though it stands.

    Attributes:
        comparison_id: which.
        year_from: the first report year that it is kept in.
        year_to: the last; None until further notice.
        reason_sv: why.
        author: who has chosen so; never a person.
    """

    comparison_id: Identifier
    year_from: int
    year_to: Annotated[int | None, BeforeValidator(_empty_is_none)]
    reason_sv: Text
    author: Text

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> "KeptDifference":
        if self.year_to is not None and self.year_to < self.year_from:
            raise ValueError("year_to is before year_from")
        return self

    def holds(self, year: int) -> bool:
        """Whether it is kept in a report year."""
        return self.year_from <= year and (self.year_to is None or year <= self.year_to)


class NaturalExplanation(_Row):
    """A registered cause of a change.

    Attributes:
        indicator_id: the indicator it concerns; None means every indicator.
        geography_id: the geography it concerns; None means every geography.
        period_from: first year whose value differs from the year before because of the cause.
        period_to: last such year.
        month_from: first month of ``period_from`` that it holds for; None for whole years.
        month_to: last month of ``period_to``; None for whole years.
        explained_change: relative change it accounts for (0.22 is +22 %); None when the size
            is unknown, and then it covers a change of any size. A size is that of whole years.
        is_break: whether the values before ``period_from`` cannot be compared with those after.
        synthetic: whether it was made up for the synthetic city.
    """

    explanation_id: Annotated[
        Identifier, Field(description="Orsakens id; samma för samma orsak i varje körning.")
    ]
    kind: Annotated[
        ExplanationKind, Field(description="Slag av orsak, som i natural_explanations.")
    ]
    title_sv: Text
    description_sv: Text
    indicator_id: Annotated[
        Identifier | None,
        BeforeValidator(_empty_is_none),
        Field(description="Indikatorn; tomt betyder alla."),
    ]
    geography_id: Annotated[
        str | None,
        BeforeValidator(_empty_is_none),
        Field(description="Platsen; se marts.geographies."),
    ]
    period_from: Annotated[Year, Field(description="Första år den gäller.")]
    period_to: Annotated[Year, Field(description="Sista år den gäller.")]
    month_from: Annotated[
        Month | None,
        BeforeValidator(_empty_is_none),
        Field(description="Första månad, i period_from; tomt när den gäller hela år."),
    ] = None
    month_to: Annotated[
        Month | None,
        BeforeValidator(_empty_is_none),
        Field(description="Sista månad, i period_to; tomt när den gäller hela år."),
    ] = None
    explained_change: Annotated[
        Annotated[float, Field(gt=-1)] | None,
        BeforeValidator(_empty_is_none),
        Field(description="Hur stor förändring den förklarar; tomt när det är okänt."),
    ]
    is_break: Annotated[
        bool,
        Field(description="Brott i serien; sant om åren före inte går att jämföra med åren efter."),
    ]
    source: Text
    synthetic: Annotated[
        bool, Field(description="Syntetiskt; sant om uppgifterna bakom är påhittade.")
    ]

    @model_validator(mode="after")
    def _period_runs_forward(self) -> "NaturalExplanation":
        if (self.month_from is None) != (self.month_to is None):
            raise ValueError("month_from and month_to belong together")
        if self.months[1] < self.months[0]:
            raise ValueError("period_to is before period_from")
        if self.month_from is not None and self.explained_change is not None:
            raise ValueError("explained_change is of whole years, not of months")
        return self

    @property
    def months(self) -> tuple[int, int]:
        """First and last month it holds for, as months since the year 0."""
        return (
            12 * self.period_from + (self.month_from or 1) - 1,
            12 * self.period_to + (self.month_to or 12) - 1,
        )

    @property
    def explains(self) -> bool:
        """Whether it may set a deviation aside; what is registered may."""
        return True

    @property
    def moves(self) -> int | None:
        """Which way it can only have moved a value, -1 or +1; None for either."""
        return None

    @property
    def is_at_most(self) -> bool:
        """Whether its size is the most that it can account for, and not what it does."""
        return False

    @property
    def origin(self) -> str:
        """``registered``, or where it was found."""
        return "registered"

    def concerns(self, indicator_id: str, geography_id: str) -> bool:
        """Whether it is about this indicator in this geography.

        What is about a municipality is about its boards too.
        """
        places = (None, geography_id, geography_id.partition("-")[0])
        return self.indicator_id in (None, indicator_id) and self.geography_id in places

    def covers(self, year: int, month: int | None = None) -> bool:
        """Whether the change into a year, or into one of its months, falls within its period.

        A year is touched by what holds for one of its months.
        """
        if month is None:
            return self.period_from <= year <= self.period_to
        first, last = self.months
        return first <= 12 * year + month - 1 <= last


class SupportedWhen(StrEnum):
    """What an estimate must be to speak for an explanation.

    ``ABOVE`` and ``BELOW``: its whole interval lies on that side of the threshold. ``VERDICT``: it
    has one of the named verdicts.
    """

    ABOVE = "above"
    BELOW = "below"
    VERDICT = "verdict"


OptionalText = Annotated[Text | None, BeforeValidator(_empty_is_none)]


class PossibleExplanation(_Row):
    """What may lie behind a finding in an area, or what to do next; never proof of anything.

    Attributes:
        hypothesis_id: fixed name.
        area: of activity.
        role: an explanation, or a step to take.
        text_sv: what is said.
        source: who says it.
        geography_id: municipality whose analysis it comes from; None where it may be said of any.
        period_from: first year whose memorandum it may stand in; None for any year.
        period_to: last such year.
        indicator_id: it stands only where the area's findings concern this indicator; None for
            whatever is found in the area.
        analysis_id: analysis with the estimate that tests it; None where no register can.
        estimand_id: of that estimate.
        breakdown: of that estimate; None for the whole.
        category: of that estimate; None for the whole.
        supported_when: what the estimate must be to speak for it.
        threshold: of ``above`` and ``below``, in the estimate's unit.
        supporting_verdicts: of ``verdict``, separated by spaces.
        measure_sv: what the estimate is, as it stands before the figure.
    """

    hypothesis_id: Identifier
    area: Area
    role: Literal["possible_explanation", "next_step"]
    text_sv: Text
    source: Text
    geography_id: Annotated[str | None, BeforeValidator(_empty_is_none)]
    period_from: Annotated[Year | None, BeforeValidator(_empty_is_none)] = None
    period_to: Annotated[Year | None, BeforeValidator(_empty_is_none)] = None
    indicator_id: Annotated[Identifier | None, BeforeValidator(_empty_is_none)] = None
    analysis_id: Annotated[Identifier | None, BeforeValidator(_empty_is_none)] = None
    estimand_id: OptionalText = None
    breakdown: OptionalText = None
    category: OptionalText = None
    supported_when: Annotated[SupportedWhen | None, BeforeValidator(_empty_is_none)] = None
    threshold: Annotated[float | None, BeforeValidator(_empty_is_none)] = None
    supporting_verdicts: OptionalText = None
    measure_sv: OptionalText = None

    @model_validator(mode="after")
    def _of_its_years(self) -> "PossibleExplanation":
        if (self.period_from is None) != (self.period_to is None):
            raise ValueError("period_from and period_to belong together")
        if self.period_from is None and self.geography_id is not None:
            raise ValueError("what one municipality's analysis says is of certain years: period")
        if (self.period_to or 0) < (self.period_from or 0):
            raise ValueError("period_to is before period_from")
        return self

    @model_validator(mode="after")
    def _test_is_whole(self) -> "PossibleExplanation":
        test = (self.analysis_id, self.estimand_id, self.supported_when, self.measure_sv)
        more = (self.breakdown, self.category, self.threshold, self.supporting_verdicts)
        if any(each is None for each in test):
            if any(each is not None for each in (*test, *more)):
                raise ValueError(
                    "analysis_id, estimand_id, supported_when and measure_sv belong together"
                )
            return self
        if self.role == "next_step":
            raise ValueError("a next step is not tested")
        if (self.breakdown is None) != (self.category is None):
            raise ValueError("breakdown and category belong together")
        by_verdict = self.supported_when is SupportedWhen.VERDICT
        if by_verdict != (self.threshold is None) or by_verdict != bool(self.supporting_verdicts):
            raise ValueError("above and below have a threshold, verdict has supporting_verdicts")
        return self

    @property
    def is_tested(self) -> bool:
        """Whether it names an estimate that tests it."""
        return self.analysis_id is not None

    def may_stand(self, year: int, concerned: AbstractSet[str]) -> bool:
        """Whether it may be said in a year's memorandum of findings that concern indicators."""
        in_time = self.period_from is None or self.period_from <= year <= (self.period_to or year)
        return in_time and (self.indicator_id is None or self.indicator_id in concerned)


class Incomparable(_Row):
    """Two indicators that count the same thing by methods that must not be compared.

    Attributes:
        reason_sv: why, as whoever counts says.
        source: where that is said.
    """

    indicator_id: Identifier
    other_indicator_id: Identifier
    reason_sv: Text
    source: Text

    @property
    def pair(self) -> frozenset[str]:
        """Both of them."""
        return frozenset((self.indicator_id, self.other_indicator_id))


class StepState(_Row):
    """How far a proposed step has come, as the administration says.

    Attributes:
        hypothesis_id: the step, a row of the possible explanations.
        owner_sv: which part of the administration takes it; never a person.
        due: when it is to be done; None where no day is set.
        state: planned, under way, done, or stopped.
        state_at: the day that this was said.
        indicator_id: what is to show whether it worked; None where nothing counts it.
        author: who says so.
    """

    hypothesis_id: Identifier
    owner_sv: Text
    due: Annotated[date | None, BeforeValidator(_empty_is_none)]
    state: Literal["planned", "under_way", "done", "stopped"]
    state_at: date
    indicator_id: Annotated[Identifier | None, BeforeValidator(_empty_is_none)]
    author: Text

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is to be done."""
        return self.state in {"done", "stopped"}


class Reference(_Row):
    """What the administration has read beside the statistics; shown as theirs.

    Attributes:
        area: of activity that it concerns; None for all.
        text_sv: author, year and title, as the reader is to find it.
        url: where it can be read; None where it has no address.
        accessed_on: the day when it was last read.
        author: who keeps it.
    """

    reference_id: Identifier
    geography_id: Text
    year: Year
    area: Annotated[Area | None, BeforeValidator(_empty_is_none)]
    text_sv: Text
    url: Annotated[Text | None, BeforeValidator(_empty_is_none)]
    accessed_on: date
    author: Text


class MemorandumText(_Row):
    """What the administration itself has written for one year's memorandum; shown as theirs.

    Attributes:
        role: what it is: who sends it, to whom, its diary number, a description of an area, or
            closing words.
        area: of activity, for a description; None otherwise.
    """

    text_id: Identifier
    geography_id: Text
    year: Year
    role: Literal["sender", "recipient", "diary_number", "area", "closing"]
    area: Annotated[Area | None, BeforeValidator(_empty_is_none)]
    text_sv: Text
    author: Text

    @model_validator(mode="after")
    def _only_a_description_has_an_area(self) -> "MemorandumText":
        if (self.role == "area") != (self.area is not None):
            raise ValueError("area stands with the role area, and with no other")
        return self


class AnalysisRow(_Row):
    """Where an analysis stands in the memorandum.

    Attributes:
        analysis_id: as in the analysis' own module.
        area: of activity.
        title_sv: heading of its chapter.
        position: order among the analyses.
    """

    analysis_id: Identifier
    area: Area
    title_sv: Text
    position: int
