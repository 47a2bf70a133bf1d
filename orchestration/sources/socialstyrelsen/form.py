"""The form of Socialstyrelsen's statistical database: from its lists to a result page.

An ASP.NET form: what it hides is sent back as it came, with the selection in fields of its own. The
result page repeats the selection, and is held to it. What the page shows belongs in `result_page`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from orchestration.sources.answers import Part
from orchestration.sources.client import Client, FetchError
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import ResultPageRequest
from orchestration.sources.socialstyrelsen import result_page

_RESULT = "resultat.aspx"
_ALL = "*"
_ERROR = re.compile(rb"Fel med nummer (-?[0-9]+)")
_CHOICE = re.compile(r"javascript:cc\('([^']+)'\)")


def fetch(client: Client, dataset: Dataset, municipality: str) -> Sequence[Part]:
    """Ask for the latest years, one result page each.

    Args:
        client: Asks.
        dataset: Declares the form and the selection.
        municipality: Not needed: all municipalities are asked for, as footnotes name them.

    Returns:
        The result pages, the latest year last.

    Raises:
        FetchError: If the database does not answer, or answers with an error number.
        SourceFormatError: If the form or a result page is not as expected.
    """
    del municipality
    request = dataset.request
    if not isinstance(request, ResultPageRequest):
        raise TypeError(dataset.source_id)
    with client.dialogue() as dialogue:
        page = result_page.read_tree(dialogue.get(dataset.publisher, request.view).content, dataset)
        fields = _hidden(page, dataset) | {
            name: "".join(f";{each};" for each in _offered(page, name, dataset))
            if value == _ALL
            else value
            for name, value in request.fields.items()
        }
        years = sorted(_offered(page, request.year_field, dataset))[-request.latest_years :]
        return [
            _ask(dialogue, dataset, request, fields | {request.year_field: f";{year};"})
            for year in years
        ]


def _hidden(page: Any, dataset: Dataset) -> dict[str, str]:
    """What the form hides, among it the state without which the server refuses it."""
    hidden = {
        each.get("name"): each.get("value", "")
        for each in page.xpath("//form//input[@type='hidden'][@name]")
    }
    if not hidden.get("__VIEWSTATE"):
        raise _form_error(dataset, "formuläret saknar __VIEWSTATE")
    return hidden


def _offered(page: Any, field: str, dataset: Dataset) -> list[str]:
    """The values of a list of the form, which has the field's name without its ending."""
    name = field.removesuffix("_RES")
    values = [
        str(each) for each in page.xpath("//select[@name=$name]/option/@value", name=name) if each
    ]
    for address in page.xpath("//*[@id=$name]//a/@href", name=f"ph1_Val_{name}"):
        values += _CHOICE.findall(address)
    if not values:
        raise _form_error(dataset, f"formuläret saknar listan {name}")
    return list(dict.fromkeys(values))


def _ask(
    client: Client, dataset: Dataset, request: ResultPageRequest, fields: Mapping[str, str]
) -> Part:
    path = f"{request.view.rpartition('/')[0]}/{_RESULT}"
    answer = client.post(dataset.publisher, path, form=fields)
    failed = _ERROR.search(answer.content)
    if failed:
        raise FetchError(
            dataset.publisher,
            path,
            f"databasen svarar med fel nummer {failed[1].decode()}",
            "kontrollera urvalet i källregistret, och att det ryms inom databasens gräns",
        )
    page = result_page.read_tree(answer.content, dataset)
    asked = {name: fields[name] for name in (*request.fields, request.year_field)}
    for name, value in asked.items():
        found = page.xpath("//input[@id=$name]/@value", name=name)
        if [_set(each) for each in found] != [_set(value)]:
            raise SourceFormatError(
                dataset,
                place="resultatsidan",
                found=f"urvalet {name} är {quoted(str(found[0]) if found else '')}",
                expected=f"det som begärdes, {quoted(value)}",
            )
    result_page.parse(answer.content, dataset)
    # The hidden state differs from call to call and says nothing about the selection.
    return Part(f"POST {path} {urlencode(asked, safe=';')}", answer.media_type, answer.content)


def _set(value: str) -> frozenset[str]:
    return frozenset(each for each in value.split(";") if each)


def _form_error(dataset: Dataset, found: str) -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place="urvalsformuläret",
        found=found,
        expected="ett formulär med dolda fält och de listor som källregistret väljer ur",
    )
