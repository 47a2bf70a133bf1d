"""What a parsed delivery holds: observations and notes, in the columns of the raw tables.

Only the data's shape. The delivery's own columns are added where rows are loaded.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["observed", "preliminary", "revised", "missing", "not_applicable", "suppressed"]
# What a publisher can mean by a mark: a cell's status, or that there is none of it.
Meaning = Literal["nil", "preliminary", "revised", "missing", "not_applicable", "suppressed"]
# `other` is a note that the parser does not know the meaning of: somebody has to read it.
# A `vintage` says what day the delivery itself is of: what was published later is not in it.
NoteKind = Literal[
    "partial_loss", "carried_over", "not_estimated", "contradiction", "method", "vintage", "other"
]


@dataclass(frozen=True, slots=True)
class Observation:
    """One published figure, or the publisher's mark for why there is none.

    Attributes:
        row_number: Place in the delivery: the line of a text file (header = 1), the row of a page's
            table (header rows counted), the position in a JSON list (first = 1).
        dataset_id: The registry's source_id.
        series: The source's own code or label of the measure.
        region: As delivered.
        period: As delivered; 'YYYY-MM' where the source gives year and month apart.
        dimensions: The other variables as a JSON object with sorted keys.
        value_text: The cell as delivered.
        value: The figure, in the unit the series states; None where the status says why.
        status: What kind of cell it is.
    """

    row_number: int
    dataset_id: str
    series: str
    region: str
    period: str
    dimensions: str
    value_text: str
    value: float | None
    status: Status


@dataclass(frozen=True, slots=True)
class Note:
    """What must be known to read the figures: a loss, a method, a contradiction.

    Attributes:
        dataset_id: The registry's source_id.
        note_number: 1, 2, ... within the delivery.
        period: Written as the observations' period; None where it concerns all; the day in ISO
            form where it is a vintage.
        regions: JSON list of region labels as in the observations; '[]' where it concerns all.
        kind: What sort of note it is.
        text: In Swedish, the publisher's words where there are any.
    """

    dataset_id: str
    note_number: int
    period: str | None
    regions: str
    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that one delivery says.

    Attributes:
        observations: In the delivery's order.
        notes: In the delivery's order.
    """

    observations: tuple[Observation, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A note before it is numbered within its delivery.

    Attributes:
        kind: What sort of note it is.
        text: In Swedish.
        period: None where it concerns all periods.
        regions: Empty where it concerns all regions.
    """

    kind: NoteKind
    text: str
    period: str | None = None
    regions: Sequence[str] = ()


def dimensions_text(variables: Mapping[str, str]) -> str:
    """Write the other variables as the raw column holds them.

    Args:
        variables: Variable code to value code.

    Returns:
        A JSON object with sorted keys.
    """
    return json.dumps(variables, ensure_ascii=False, sort_keys=True)


def numbered(dataset_id: str, remarks: Sequence[Remark]) -> tuple[Note, ...]:
    """Number a delivery's remarks.

    Args:
        dataset_id: The registry's source_id.
        remarks: In the order they are to have.

    Returns:
        Notes 1, 2, ...
    """
    return tuple(
        Note(
            dataset_id=dataset_id,
            note_number=number,
            period=remark.period,
            regions=json.dumps(list(remark.regions), ensure_ascii=False),
            kind=remark.kind,
            text=remark.text,
        )
        for number, remark in enumerate(remarks, start=1)
    )
