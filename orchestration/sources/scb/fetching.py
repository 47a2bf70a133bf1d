"""Asks SCB for a table: its limits first, then what the table holds, then the whole selection.

Every code is named in the request and looked for in the answer, because the service fills in a
selection of its own where something is left out. Reading figures belongs in `parsing`.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, Field, ValidationError

from orchestration.sources.answers import Part
from orchestration.sources.client import Client, FetchError, Response
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import read_json
from orchestration.sources.registry import Calls, Dataset, PublisherName
from orchestration.sources.requests import FROM_PERIOD, PxWebRequest
from orchestration.sources.scb.answer import Answer, codes_of, read_answer, request_of

_PUBLISHER: Final[PublisherName] = "scb"
_LANGUAGE: Final = {"lang": "sv"}
_FORMAT: Final = {"lang": "sv", "outputFormat": "json-stat2"}
_MUNICIPALITY: Final = "{municipality}"
_NOT_FOUND: Final = 404
_CHECK_SELECTION: Final = "rätta tabellens urval i källregistret"

# The service's own titles, spelled as it spells them.
_PROBLEMS: Final[Mapping[str, str]] = {
    "Non-existent variable": "en variabel i urvalet finns inte i tabellen",
    "Non-existent value": "en kod i urvalet finns inte i tabellen",
    "Non-existent codelist": "en kodlista i urvalet finns inte",
    "Missing selection for mandantory variable": "urvalet saknar en obligatorisk variabel",
    "Illegal selection for mandantory variable": "urvalet av en obligatorisk variabel är otillåtet",
    "Illegal selection expression": "ett uttryck i urvalet är otillåtet",
    "Illegal placment": "variablernas placering är otillåten",
    "Too many cells selected": "urvalet har fler celler än tjänsten tillåter",
    "Unsupported output format": "formatet json-stat2 stöds inte längre",
    "Unsupported language": "språket svenska stöds inte längre",
}


class _Limits(BaseModel):
    cells: int = Field(alias="maxDataCells", ge=1)
    calls: int = Field(alias="maxCallsPerTimeWindow", ge=1)
    seconds: float = Field(alias="timeWindow", gt=0)


class _Table(BaseModel):
    last_period: str = Field(alias="lastPeriod")


class _Problem(BaseModel):
    title: str
    status: int


def fetch(client: Client, dataset: Dataset, municipality: str) -> Sequence[Part]:
    """Ask for a dataset's whole selection, in as many queries as the service's limit makes needful.

    Args:
        client: Asks.
        dataset: Declares the table and the selection.
        municipality: Official code that stands in for `{municipality}`.

    Returns:
        What SCB says about the table, then the answers.

    Raises:
        FetchError: If SCB gives no good answer.
        SourceFormatError: If it does not hold what was asked for.
    """
    request = request_of(dataset)
    limits = read_json(_get(client, "/config", request, {}).content, dataset, _Limits)
    client.pace(_PUBLISHER).keep_to(Calls(count=limits.calls, seconds=limits.seconds))
    path = f"/tables/{request.table}"
    about = _get(client, path, request, _LANGUAGE)
    metadata = _get(client, f"{path}/metadata", request, _FORMAT)
    holds = read_answer(metadata.content, dataset)
    codes = chosen_codes(holds, dataset, municipality)
    _require_latest(read_json(about.content, dataset, _Table), holds, dataset)
    parts = [
        Part(f"GET {path}?lang=sv", about.media_type, about.content, holds_figures=False),
    ]
    for query in split(codes, limits.cells):
        body = {
            "selection": [
                {"variableCode": variable, "valueCodes": list(chosen)}
                for variable, chosen in query.items()
            ]
        }
        response = _post(client, f"{path}/data", request, body)
        _require_what_was_asked_for(response.content, query, dataset)
        asked = json.dumps(body, ensure_ascii=False)
        name = f"POST {path}/data?lang=sv&outputFormat=json-stat2 {asked}"
        parts.append(Part(name, response.media_type, response.content))
    return parts


def chosen_codes(
    metadata: Answer, dataset: Dataset, municipality: str
) -> dict[str, tuple[str, ...]]:
    """Name every code of the declared selection.

    Args:
        metadata: What the table holds now.
        dataset: Declares the selection.
        municipality: Official code that stands in for `{municipality}`.

    Returns:
        Codes by variable, in the table's order.

    Raises:
        SourceFormatError: If the table has other variables than the selection, or not its codes.
    """
    selection = request_of(dataset).selection
    # With its whole range of codes a table's metadata has sizes as an answer has.
    available = dict(zip(metadata.id, codes_of(metadata, dataset), strict=True))
    chosen = {}
    for variable, codes in available.items():
        wanted = [code.replace(_MUNICIPALITY, municipality) for code in selection[variable]]
        found: set[str] = set()
        for code in wanted:
            period = FROM_PERIOD.fullmatch(code)
            if code == "*":
                matching = set(codes)
            elif period:
                matching = {each for each in codes if each >= period[1]}
            else:
                matching = {code} & set(codes)
            if not matching:
                raise SourceFormatError(
                    dataset,
                    place=f"tabellen {request_of(dataset).table}, variabeln {quoted(variable)}",
                    found=f"{len(codes)} koder, men inte {quoted(code)}",
                    expected="varje kod i källregistrets urval",
                    action="Tabellen kan ha ändrats eller ersatts: rätta urvalet i källregistret.",
                )
            found |= matching
        chosen[variable] = tuple(code for code in codes if code in found)
    return chosen


def split(codes: Mapping[str, Sequence[str]], most: int) -> Iterator[dict[str, Sequence[str]]]:
    """Divide a selection into queries that the service accepts, along its largest variable.

    Args:
        codes: Codes by variable, none without any.
        most: Cells that one query may have.

    Yields:
        Selections that together are the whole one, and that share no cell.
    """
    cells = math.prod(len(each) for each in codes.values())
    if cells <= most:
        yield dict(codes)
        return
    largest = max(codes, key=lambda variable: len(codes[variable]))
    step = max(most * len(codes[largest]) // cells, 1)
    for start in range(0, len(codes[largest]), step):
        yield from split({**codes, largest: codes[largest][start : start + step]}, most)


def _require_latest(table: _Table, metadata: Answer, dataset: Dataset) -> None:
    """Refuse a table that is older than SCB itself says, as an outdated copy of it would be."""
    [time] = metadata.role.time
    newest = max(metadata.dimension[time].category.index)
    if table.last_period > newest:
        raise SourceFormatError(
            dataset,
            place=f"tabellen {request_of(dataset).table}",
            found=f"uppgifter till och med {quoted(newest)}",
            expected=f"uppgifter till och med {quoted(table.last_period)}, som SCB anger",
            action="Försök igen senare.",
        )


def _require_what_was_asked_for(
    content: bytes, query: Mapping[str, Sequence[str]], dataset: Dataset
) -> None:
    """Hold an answer's variables and codes against the query's, both ways."""
    answer = read_answer(content, dataset)
    for variable, codes in zip(answer.id, codes_of(answer, dataset), strict=True):
        asked, came = set(query[variable]), set(codes)
        if asked != came:
            raise SourceFormatError(
                dataset,
                place=f"variabeln {quoted(variable)}",
                found=f"{len(asked - came)} koder saknas i svaret och {len(came - asked)} är för "
                "många",
                expected=f"de {len(asked)} koder som efterfrågades",
            )


def _get(client: Client, path: str, request: PxWebRequest, params: Mapping[str, str]) -> Response:
    try:
        return client.get(_PUBLISHER, path, params=params, due="json")
    except FetchError as error:
        raise _explained(error, path, request) from None


def _post(client: Client, path: str, request: PxWebRequest, body: object) -> Response:
    try:
        return client.post(_PUBLISHER, path, params=_FORMAT, json=body, due="json")
    except FetchError as error:
        raise _explained(error, path, request) from None


def _explained(error: FetchError, path: str, request: PxWebRequest) -> FetchError:
    """Say in Swedish what the service's problem report says, where there is one."""
    try:
        problem = _Problem.model_validate_json(error.content)
    except ValidationError:
        return error
    # An unknown table is 404 in the report, but 400 as an answer to a query.
    if problem.status == _NOT_FOUND and path.startswith("/tables/"):
        what = f"tabellen {request.table} finns inte hos SCB"
        after = ", ".join(request.successors)
        remedy = f"byt till {after}, som fortsätter den" if after else _CHECK_SELECTION
    else:
        what = _PROBLEMS.get(problem.title, "SCB godtar inte frågan")
        remedy = _CHECK_SELECTION
    what = f"{what} ({quoted(problem.title)})"
    return FetchError(_PUBLISHER, path, what, remedy, status=error.status, content=error.content)
