"""Reads SCB's json-stat2: one observation a cell, and the notes that must be shown.

The answer must hold exactly the variables that were asked for, and as many values as its size says.
Building and sending the query belongs in `fetching`.
"""

import math
from decimal import Decimal
from itertools import product

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import finite, marked
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    Status,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.scb.answer import (
    REGION,
    Answer,
    codes_of,
    read_answer,
    request_of,
    require_selected,
)

_WHOLE_COUNTRY = "00"


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a json-stat2 answer.

    Args:
        content: The answer, UTF-8.
        dataset: Declares the variables that were asked for.

    Returns:
        One observation a cell, in the answer's order (last variable fastest); the mandatory notes
        as notes of kind method, and a note where SCB has closed the table.

    Raises:
        SourceFormatError: If it is not JSON of that form, if a variable was dropped or added, if
            sizes and number of values differ, or if a mark is unknown.
    """
    answer = read_answer(content, dataset)
    codes = codes_of(answer, dataset)
    require_selected(answer, dataset)
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
        mark = answer.status.get(str(place), "")
        value, status = _figure(figure, mark, dataset, place)
        observations.append(
            Observation(
                row_number=place + 1,
                dataset_id=dataset.source_id,
                series=chosen.pop(metric),
                region=chosen.pop(REGION, _WHOLE_COUNTRY),
                period=chosen.pop(time),
                dimensions=dimensions_text(chosen),
                value_text=" ".join(filter(None, ("" if figure is None else str(figure), mark))),
                value=value,
                status=status,
            )
        )
    remarks = [*_mandatory_notes(answer), *_end_of_table(answer, dataset)]
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _figure(
    figure: int | Decimal | None, mark: str, dataset: Dataset, place: int
) -> tuple[float | None, Status]:
    """Read one value with its mark."""
    where = f"värde {place + 1}"
    return marked(None if figure is None else finite(figure, dataset, where), mark, dataset, where)


def _mandatory_notes(answer: Answer) -> list[Remark]:
    """Collect the notes that SCB requires to be shown, the table's first."""
    parts = [(answer.note, answer.extension)]
    parts += [(answer.dimension[name].note, answer.dimension[name].extension) for name in answer.id]
    return [
        Remark(kind="method", text=note.strip())
        for notes, extension in parts
        for place, note in enumerate(notes)
        if extension.mandatory.get(str(place))
    ]


def _end_of_table(answer: Answer, dataset: Dataset) -> list[Remark]:
    if not answer.extension.discontinued:
        return []
    request = request_of(dataset)
    after = ", ".join(request.successors)
    goes_on = f"; den fortsätter i {after}" if after else ""
    return [Remark(kind="other", text=f"SCB har avslutat tabellen {request.table}{goes_on}.")]
