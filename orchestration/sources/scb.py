"""SCB: json-stat2 answers of the statistical database (PxWebApi 2).

Codes are kept, never labels; the answer must hold exactly the variables that were asked for, and
as many values as its size says. Building and sending the query belongs to fetching.
"""

import math
from decimal import Decimal
from itertools import product
from typing import Annotated, Literal

from pydantic import BaseModel, Field, Strict, StrictInt

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    Status,
    dimensions_text,
    numbered,
)
from orchestration.sources.reading import read_json
from orchestration.sources.registry import Dataset

_REGION = "Region"
_WHOLE_COUNTRY = "00"
_STATUSES: dict[str, Status] = {"..": "missing", ".": "not_applicable", "-": "not_applicable"}


class _Extension(BaseModel):
    mandatory: dict[str, bool] = Field(default={}, alias="noteMandatory")


class _Category(BaseModel):
    index: dict[str, StrictInt]


class _Dimension(BaseModel):
    category: _Category
    note: list[str] = []
    extension: _Extension = _Extension()


class _Role(BaseModel):
    time: list[str] = Field(min_length=1, max_length=1)
    metric: list[str] = Field(min_length=1, max_length=1)


class _Answer(BaseModel):
    kind: Literal["dataset"] = Field(alias="class")
    id: list[str]
    size: list[StrictInt]
    role: _Role
    dimension: dict[str, _Dimension]
    value: list[StrictInt | Annotated[Decimal, Strict()] | None]
    status: dict[str, str] = {}
    note: list[str] = []
    extension: _Extension = _Extension()


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a json-stat2 answer.

    Args:
        content: The answer, UTF-8.
        dataset: Declares the variables that were asked for.

    Returns:
        One observation a cell, in the answer's order (last variable fastest); the mandatory notes
        as notes of kind method.

    Raises:
        SourceFormatError: If it is not JSON of that form, if a variable was dropped or added, if
            sizes and number of values differ, or if a mark is unknown.
    """
    answer = read_json(content, dataset, _Answer)
    codes = _codes(answer, dataset)
    if len(answer.value) != math.prod(answer.size):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”value”",
            found=f"{len(answer.value)} värden",
            expected=f"{math.prod(answer.size)} värden enligt ”size” {quoted(str(answer.size))}",
        )
    if set(answer.status) - {str(place) for place in range(len(answer.value))}:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”status”",
            found="en markering utan värde",
            expected="markeringar som pekar på ett värde",
        )
    time, metric = answer.role.time[0], answer.role.metric[0]
    observations = []
    for place, (figure, combination) in enumerate(zip(answer.value, product(*codes), strict=True)):
        chosen = dict(zip(answer.id, combination, strict=True))
        mark = answer.status.get(str(place))
        value, status = _figure(figure, mark, dataset, place)
        observations.append(
            Observation(
                row_number=place + 1,
                dataset_id=dataset.source_id,
                series=chosen.pop(metric),
                region=chosen.pop(_REGION, _WHOLE_COUNTRY),
                period=chosen.pop(time),
                dimensions=dimensions_text(chosen),
                value_text=(mark or "") if figure is None else str(figure),
                value=value,
                status=status,
            )
        )
    return Parsed(tuple(observations), numbered(dataset.source_id, _mandatory_notes(answer)))


def _codes(answer: _Answer, dataset: Dataset) -> list[list[str]]:
    """Give each variable's codes in order, having checked that the answer hangs together."""
    if sorted(answer.id) != sorted(dataset.variables):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”id”",
            found=f"variablerna {quoted(', '.join(answer.id))}",
            expected=f"variablerna {', '.join(dataset.variables)}",
            action="Utan fullt urval svarar SCB med ett standardurval. Sänd hela urvalet på nytt.",
        )
    # A table of the whole country has no region; elsewhere its absence is a dropped variable.
    regions = set() if dataset.geography_level == "riket" else {_REGION}
    required = [*answer.role.time, *answer.role.metric, *regions]
    if len(set(required)) != len(required) or not set(required) <= set(answer.id):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”role”",
            found="tid, mått eller region saknas bland variablerna",
            expected="en tidsvariabel, en måttvariabel och region (utom för riket)",
        )
    if len(answer.size) != len(answer.id) or min(answer.size) < 1:
        raise SourceFormatError(
            dataset,
            place="nyckeln ”size”",
            found=f"storlekarna {quoted(str(answer.size))}",
            expected="en storlek större än noll per variabel",
        )
    codes = []
    for variable, size in zip(answer.id, answer.size, strict=True):
        index = answer.dimension[variable].category.index if variable in answer.dimension else {}
        if len(index) != size or sorted(index.values()) != list(range(size)):
            raise SourceFormatError(
                dataset,
                place=f"variabeln {quoted(variable)}",
                found=f"{len(index)} koder",
                expected=f"{size} koder i följd enligt ”size”",
            )
        codes.append(sorted(index, key=lambda code: index[code]))
    return codes


def _figure(
    figure: int | Decimal | None, mark: str | None, dataset: Dataset, place: int
) -> tuple[float | None, Status]:
    """Read one value with its mark; a value without a mark is observed, a gap is missing."""
    if mark is not None and mark not in _STATUSES:
        raise SourceFormatError(
            dataset,
            place=f"värde {place + 1}",
            found=f"markeringen {quoted(mark)}",
            expected=f"någon av markeringarna {', '.join(map(quoted, _STATUSES))}",
        )
    if figure is None:
        return None, _STATUSES[mark] if mark else "missing"
    try:
        value = float(figure)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value) or mark:
        raise SourceFormatError(
            dataset,
            place=f"värde {place + 1}",
            found="ett orimligt tal eller ett tal som också är markerat som saknat",
            expected="ett tal, eller null med markering",
        )
    return value, "observed"


def _mandatory_notes(answer: _Answer) -> list[Remark]:
    """Collect the notes that SCB requires to be shown, the table's first."""
    parts = [(answer.note, answer.extension)]
    parts += [(answer.dimension[name].note, answer.dimension[name].extension) for name in answer.id]
    return [
        Remark(kind="method", text=note.strip())
        for notes, extension in parts
        for place, note in enumerate(notes)
        if extension.mandatory.get(str(place))
    ]
