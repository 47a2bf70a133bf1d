"""What asking and reading know in common of SCB's json-stat2: its shape, and its codes in order.

Codes are kept, never labels. Figures and marks belong in `parsing`, requests in `fetching`.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, Strict, StrictInt

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import read_json
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import PxWebRequest

REGION = "Region"


class Extension(BaseModel):
    """What SCB adds to the standard."""

    mandatory: dict[str, bool] = Field(default={}, alias="noteMandatory")
    discontinued: bool | None = None


class Category(BaseModel):
    """The codes of a variable, with their places."""

    index: dict[str, StrictInt]


class Dimension(BaseModel):
    """A variable."""

    category: Category
    note: list[str] = []
    extension: Extension = Extension()


class Role(BaseModel):
    """Which variable is time, and which holds the measures."""

    time: list[str] = Field(min_length=1, max_length=1)
    metric: list[str] = Field(min_length=1, max_length=1)


class Answer(BaseModel):
    """An answer, or the metadata of a table, which is an answer without values."""

    kind: Literal["dataset"] = Field(alias="class")
    id: list[str]
    size: list[StrictInt]
    role: Role
    dimension: dict[str, Dimension]
    value: list[StrictInt | Annotated[Decimal, Strict()] | None]
    status: dict[str, str] = {}
    note: list[str] = []
    extension: Extension = Extension()


def request_of(dataset: Dataset) -> PxWebRequest:
    """The declared request of a dataset of SCB's.

    Args:
        dataset: From the registry.

    Returns:
        Its table and selection.

    Raises:
        TypeError: If the registry declares another kind of request, or none.
    """
    if not isinstance(dataset.request, PxWebRequest):
        raise TypeError(f"{dataset.source_id} has no table of PxWebApi 2")
    return dataset.request


def read_answer(content: bytes, dataset: Dataset) -> Answer:
    """Read json-stat2.

    Args:
        content: The answer, UTF-8.
        dataset: What it is said to be.

    Returns:
        The answer in its parts.

    Raises:
        SourceFormatError: If it is not JSON of that form.
    """
    return read_json(content, dataset, Answer)


def codes_of(answer: Answer, dataset: Dataset) -> list[list[str]]:
    """Give each variable's codes in order, having checked that the answer hangs together.

    Args:
        answer: An answer, or a table's metadata.
        dataset: Declares the variables that were asked for.

    Returns:
        Codes by variable, in the answer's order of variables.

    Raises:
        SourceFormatError: If a variable was dropped or added, or if the sizes do not agree.
    """
    variables = request_of(dataset).selection
    if sorted(answer.id) != sorted(variables):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”id”",
            found=f"variablerna {quoted(', '.join(answer.id))}",
            expected=f"variablerna {', '.join(variables)}",
            action="Utan fullt urval svarar SCB med ett standardurval. Sänd hela urvalet på nytt.",
        )
    # A table of the whole country has no region; elsewhere its absence is a dropped variable.
    regions = set() if dataset.geography_level == "riket" else {REGION}
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


def require_selected(answer: Answer, dataset: Dataset) -> None:
    """Refuse codes that the declared selection does not have.

    Another table may have the same variables, and a total beside its parts would be added to them.
    Regions of any municipality and periods of any length are taken.

    Args:
        answer: Figures, fetched or delivered as a file.
        dataset: Declares the selection.

    Raises:
        SourceFormatError: If a code is none of the declared ones.
    """
    for variable, selected in request_of(dataset).selection.items():
        if any(code == "*" or code.endswith((")", "}")) for code in selected):
            continue
        strangers = sorted(set(answer.dimension[variable].category.index) - set(selected))
        if strangers:
            raise SourceFormatError(
                dataset,
                place=f"variabeln {quoted(variable)}",
                found=f"{len(strangers)} koder utanför urvalet, bland dem {quoted(strangers[0])}",
                expected="koderna i källregistrets urval",
            )
