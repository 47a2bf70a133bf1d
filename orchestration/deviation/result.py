"""What the engine hands on: rows of ``marts.deviations``, ``focus_areas`` and ``triangulation``.

What does not belong here: how the rows came about.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Self

from orchestration.deviation.contrary import Verdict


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


@dataclass(frozen=True)
class Deviation:
    """One row of ``marts.deviations``.

    Values are in the indicator's own unit (a proportion is a fraction).

    Attributes:
        deviation_id: the same for the same finding in every run.
        indicator_id: which indicator.
        period_start: first day of the tested period.
        period_grain: ``year`` or ``month``.
        geography_id: where.
        breakdown: ``total`` or the breakdown of a group difference.
        category: ``total`` or the first group of a group difference.
        compared_with: what it is held against besides its history: the other group of a group
            difference, the related indicator of a contrary pair; None otherwise.
        kind: in what way it deviates.
        observed: the value; None where it is missing.
        expected: predictive mean; the other group's value for a group difference.
        lower: lower limit of the predictive interval (for a group difference: of what the first
            group could have had if the groups did not differ).
        upper: upper limit.
        relative_change: change since the latest earlier value; for a group difference, of the
            first group relative to the other.
        p_value: unadjusted, two-sided; for a contrary pair the larger of two one-sided ones.
        q_value: adjusted over areas and within its area; None where the area is not tested.
        breakeven_volatility: yearly log-volatility that would explain the change away.
        rank: 1 is first; None where nothing could be tested.
        outcome: what became of it.
        explanation_id: the registered or found explanation that was weighed, whether or not it
            sufficed.
        reason_sv: why it has this outcome, in a sentence with its numbers.
        evidence: JSON object with everything a sentence needs.
        probability_relevant: probability that the level changed by more than what matters.
        excess: observed less expected, in persons or decisions for counts, rates and
            proportions, in the indicator's own unit for means, amounts and groups.
    """

    deviation_id: str
    indicator_id: str
    period_start: date
    period_grain: str
    geography_id: str
    breakdown: str
    category: str
    compared_with: str | None
    kind: Kind
    observed: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    relative_change: float | None
    p_value: float | None
    q_value: float | None
    breakeven_volatility: float | None
    rank: int | None
    outcome: Outcome
    explanation_id: str | None
    reason_sv: str
    evidence: str
    probability_relevant: float | None
    excess: float | None

    @property
    def details(self) -> dict[str, Any]:
        """The evidence as an object."""
        parsed: dict[str, Any] = json.loads(self.evidence)
        return parsed

    def as_row(self) -> dict[str, object]:
        """The row, with plain strings for the enumerations."""
        return _plain(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """A deviation from a row as it was stored; columns it does not know are passed over.

        Raises:
            KeyError: a column is missing.
            ValueError: a kind or outcome is unknown.
        """
        cells = {field.name: row[field.name] for field in fields(cls)}
        cells["kind"] = Kind(cells["kind"])
        cells["outcome"] = Outcome(cells["outcome"])
        return cls(**cells)


@dataclass(frozen=True)
class FocusArea:
    """One row of ``marts.focus_areas``.

    Attributes:
        focus_area_id: the same in every run.
        area: area of activity.
        title_sv: heading.
        rank: 1 is first.
        summary_sv: what was found, in sentences.
        period_start: first day of the tested period.
        geography_id: where.
        lead_deviation_id: the deviation that the heading speaks of.
        deviation_ids: all deviations of the area that are in focus, by rank.
    """

    focus_area_id: str
    area: str
    title_sv: str
    rank: int
    summary_sv: str
    period_start: date
    geography_id: str
    lead_deviation_id: str
    deviation_ids: tuple[str, ...]

    def as_row(self) -> dict[str, object]:
        """The row; the list of deviations as JSON."""
        return {**_plain(self), "deviation_ids": json.dumps(self.deviation_ids)}


@dataclass(frozen=True)
class Triangulation:
    """One row of ``marts.triangulation``: a finding held against another source.

    Attributes:
        focus_area_id: the focus area it belongs to.
        indicator_id: the indicator in focus.
        related_indicator_id: what it is held against.
        expected_sign: +1 expected to move together, -1 apart.
        observed_change: relative change of the indicator.
        related_change: relative change of the related one; None where it is missing.
        p_value: larger of the two one-sided p-values.
        verdict: what the pair says.
        relation_id: the declared relation.
        sentence_sv: the same in words.
        rationale_sv: why the pair is expected to move so.
    """

    focus_area_id: str
    indicator_id: str
    related_indicator_id: str
    expected_sign: int
    observed_change: float | None
    related_change: float | None
    p_value: float | None
    verdict: Verdict
    relation_id: str
    sentence_sv: str
    rationale_sv: str

    def as_row(self) -> dict[str, object]:
        """The row, with plain strings for the enumerations."""
        return _plain(self)


def _plain(row: Deviation | FocusArea | Triangulation) -> dict[str, object]:
    cells = {field.name: getattr(row, field.name) for field in fields(row)}
    return {k: str(v) if isinstance(v, StrEnum) else v for k, v in cells.items()}
