"""What a row of `marts.deviations` rests on: one record for each way of coming about.

The column `evidence` holds the record as JSON; its field names are what an analyst queries. A
figure that has a column of its own is not said again here. Fields that may be None are so where
the method has no number, or one that is not finite.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from orchestration.findings.codes import Since, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYear:
    """What a deviation was when it was in focus the year before, and what became of it."""

    deviation_id: str
    observed: float | None
    expected: float | None
    relative_change: float | None
    since: Since


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The explanations that were weighed against a deviation.

    Attributes:
        ids: which.
        origins: of each, ``registered`` or where it was found.
        explained_change: that each accounts for; None for any size.
        residual_change: relative change that they leave over together; None where unknown.
    """

    ids: tuple[str, ...]
    origins: tuple[str, ...]
    explained_change: tuple[float | None, ...]
    residual_change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What must be examined before a finding is told as a fact, in its own words."""

    explanation_id: str
    title_sv: str
    description_sv: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A declared relation and how its two indicators moved.

    Attributes:
        expected_sign: +1 expected to move together, -1 apart.
        related_from: the year that the related one's change is counted from.
        p_value: larger of the two one-sided ones; None where one of them could not be tested.
    """

    relation_id: str
    related_indicator_id: str
    expected_sign: int
    observed_change: float | None
    related_change: float | None
    related_from: int | None = None
    p_value: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverMove:
    """What a declared driver did, and what it was to lead to."""

    driver_id: str
    driver_indicator_id: str
    change: float
    elasticity: float
    elasticity_sd: float
    lag_years: int
    rationale_sv: str


def _is_none(value: object) -> bool:
    return value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Any:
    """What any row may have.

    Attributes:
        explanation: what was weighed, or is known of why there is no value.
        last_year: absent where it was not in focus the year before.
    """

    explanation: Weighed | None = None
    last_year: Annotated[LastYear | None, Field(exclude_if=_is_none)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Corrected(_Any):
    """What rows have that were corrected together with others.

    Attributes:
        q_value_any_dependence: adjusted as if the tests might depend on each other in any way.
        reservations: what must be examined.
    """

    interval_level: float
    persons_concerned: float | None
    q_value_any_dependence: float | None = None
    reservations: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvidence(_Corrected):
    """A yearly value against its own history.

    Attributes:
        breakeven_reached: whether the search for the volatility ended below its ceiling.
        same_figures_as: further indicators that have the same figures.
        relations: every declared relation of the indicator.
    """

    kind: Literal["change"] = "change"
    previous_year: int | None
    previous_value: float | None
    relative_to_expected: float | None
    history_years: int
    p_down: float
    p_up: float
    volatility: float | None
    breakeven_reached: bool
    pool: str
    pool_series: int
    status: str
    same_figures_as: tuple[str, ...]
    relations: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityEvidence(_Corrected):
    """An indicator that stood still, or may have, against what its drivers foretold."""

    kind: Literal["stability"] = "stability"
    verdict: str
    expected_change: float
    expected_sd: float
    observed_log_change: float
    standard_error: float
    p_expected: float | None
    p_equivalent: float | None
    p_contradicted: float | None
    relevant_change: float
    drivers: tuple[DriverMove, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContraryEvidence(_Corrected):
    """A declared pair that moved against what is expected of it; as `Pair`, and both levels."""

    kind: Literal["contrary"] = "contrary"
    relation_id: str
    related_indicator_id: str
    expected_sign: int
    observed_change: float | None
    related_change: float | None
    related_from: int | None = None
    p_value: float | None
    verdict: Verdict
    related_observed: float
    related_expected: float
    pooled_volatility_only: bool
    rationale_sv: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEvidence(_Corrected):
    """Two groups that were expected to have the same value.

    Attributes:
        p_difference: two-sided, that they differ at all in the tested year.
        since: the first year from which they have differed the same way; None where the
            difference is new.
        change: of the one's value relative to the other's, over what it was expected to be; None
            where the difference is new.
    """

    kind: Literal["group_difference"] = "group_difference"
    comparison_id: str
    category_a: str
    category_b: str
    rationale_sv: str
    mean_a: float
    mean_b: float
    sd_a: float
    sd_b: float
    n_a: float
    n_b: float
    t: float | None
    df: float | None
    difference: float
    difference_lower: float | None
    difference_upper: float | None
    p_difference: float
    since: int | None = None
    change: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardEvidence(_Corrected):
    """A district board against the others.

    Attributes:
        covariate: indicator that the boards' levels follow; None where none was used.
    """

    kind: Literal["district_outlier"] = "district_outlier"
    boards: int
    covariate: str | None
    statistic: float | None
    df: float | None
    between_sd: float | None
    between_sd_interval: tuple[float | None, float | None]
    relative_to_expected: float
    relative_to_expected_before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardChangeEvidence(_Corrected):
    """A district board against its own history and the rest of the city.

    Attributes:
        previous_year: the year that the changes are counted from.
        rest_change: change of the rest of the city since then.
    """

    kind: Literal["district_change"] = "district_change"
    previous_year: int | None
    rest_change: float | None
    relative_to_expected: float
    history_years: int
    p_down: float
    p_up: float
    volatility: float | None
    boards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEvidence(_Corrected):
    """A month against the years before it; ``relative_change`` is since the same month then.

    Attributes:
        began: first day of the month in which the event that it belongs to began; None where it is
            explained, and so of none.
        months_of_event: how many months of that event had been off by then, itself among them.
    """

    kind: Literal["month"] = "month"
    method: Literal["farrington"] = "farrington"
    history_years: int
    dispersion: float | None
    monthly_trend: float | None
    began: date | None = None
    months_of_event: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockEvidence(_Any):
    """The city's counts that moved as one."""

    kind: Literal["common_shock"] = "common_shock"
    log_change: float
    standard_error: float
    registers: int
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntestedEvidence(_Any):
    """A series of which nothing could be tested.

    Attributes:
        status: of the value that is not there; None where there is one.
        earlier_values: comparable values before the year.
        months_with_a_value: of a monthly series.
    """

    kind: Literal["untested"] = "untested"
    status: str | None = None
    earlier_values: int | None = None
    months_with_a_value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UntestedGroupsEvidence(_Any):
    """Two declared groups that could not be held against each other."""

    kind: Literal["untested_groups"] = "untested_groups"
    comparison_id: str
    category_a: str
    category_b: str
    rationale_sv: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedEvidence(_Any):
    """What was in focus the year before and has none of its own now, with its groups if any."""

    kind: Literal["followed"] = "followed"
    category_a: str | None = None
    category_b: str | None = None


#: What was corrected together with others, and so can have reservations.
Corrected = (
    ChangeEvidence
    | StabilityEvidence
    | ContraryEvidence
    | GroupEvidence
    | BoardEvidence
    | BoardChangeEvidence
    | MonthEvidence
)
Evidence = Annotated[
    Corrected | ShockEvidence | UntestedEvidence | UntestedGroupsEvidence | FollowedEvidence,
    Field(discriminator="kind"),
]
