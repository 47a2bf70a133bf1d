"""Kronofogden: the open-data RowStore, its semicolon files, and national figures from its news.

A RowStore page holds strings only, names in capitals, a byte order mark inside its first column's
name, and no `next` on the last page. `SAKNAS` and `ÖVRIGT` stand for persons without a known
municipality or county, and are kept. The files come by hand: scripts are kept from fetching them.
"""

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field, StrictInt

from orchestration.sources.answers import Part
from orchestration.sources.client import Client
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import (
    decode_latin1,
    figure,
    read_json,
    read_measure_table,
    read_table,
    require_unique,
    wrong_header,
)
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.requests import RowStoreRequest

_REGION = "kommun"
_PERIOD = "år"
_FILE_REGION = "Kommun"
_FILE_PERIOD = "År"
_YEAR = re.compile("[0-9]{4}")
_BYTE_ORDER_MARK = "\ufeff"
_LARGEST_PAGE = 500


class _Page(BaseModel):
    total: StrictInt = Field(alias="resultCount", ge=0)
    offset: StrictInt = Field(ge=0)
    next: str | None = None
    results: list[dict[str, str]] = Field(min_length=1)

    @property
    def end(self) -> int:
        """How many rows there are up to and with the last one of the page."""
        return self.offset + len(self.results)


def fetch(client: Client, dataset: Dataset, municipality: str) -> Sequence[Part]:  # noqa: ARG001
    """Ask the RowStore for all rows of a dataset, page by page.

    Args:
        client: Asks.
        dataset: Declares the resource and its filters.
        municipality: Not asked for: the RowStore knows names, and the whole country is small.

    Returns:
        All pages, in order.

    Raises:
        FetchError: If Kronofogden gives no good answer.
        SourceFormatError: If the pages do not make up the whole, or hold something else.
    """
    request = dataset.request
    if not isinstance(request, RowStoreRequest):
        raise TypeError(f"{dataset.source_id} is not asked of the RowStore")
    path = f"/rowstore/dataset/{request.resource}/json"
    filters = "".join(f"&{name}={value}" for name, value in request.filters.items())
    parts: list[Part] = []
    offset = 0
    total: int | None = None
    while offset != total:
        paging = {"_limit": _LARGEST_PAGE, "_offset": offset}
        response = client.get("kronofogden", path, params=paging | request.filters)
        page = read_json(response.content, dataset, _Page)
        asked = f"GET {path}?_limit={_LARGEST_PAGE}&_offset={offset}{filters}"
        parts.append(Part(asked, response.media_type, response.content))
        _require_page(page, offset, total, dataset)
        offset, total = page.end, page.total
    parse_parts(parts, dataset)
    return parts


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a RowStore page, a semicolon file or a table of national figures.

    Args:
        content: The delivery.
        dataset: Declares the format, the variables and the measures.

    Returns:
        One observation a row and measure; a note if a page is a part of a larger dataset.

    Raises:
        SourceFormatError: If it is in another form, if columns were added or dropped, if the page
            is cut, or if a row comes twice.
    """
    if dataset.parser == "measure_table":
        return read_measure_table(content, dataset, region="Riket")
    if dataset.parser == "semicolon_file":
        return _read_file(content, dataset)
    page = read_json(content, dataset, _Page)
    _require_page(page, page.offset, None, dataset)
    observations = _read_rows(page.results, dataset)
    remarks = []
    if len(page.results) < page.total:
        remarks.append(
            Remark(
                kind="method",
                text=f"Leveransen är en del av datamängden: rad {page.offset + 1}–{page.end} av "
                f"{page.total}. Kommuner i början och slutet kan vara ofullständiga.",
            )
        )
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def parse_parts(parts: Sequence[Part], dataset: Dataset) -> Parsed:
    """Parse all pages of a RowStore dataset.

    Args:
        parts: The pages, in order.
        dataset: Declares the variables and the measures.

    Returns:
        One observation a row and measure; rows are numbered through all pages.

    Raises:
        SourceFormatError: If a page is wrong, if one is missing or comes twice, if the pages tell
            different totals, or if a row comes twice.
    """
    rows: list[dict[str, str]] = []
    total: int | None = None
    for part in parts:
        page = read_json(part.content, dataset, _Page)
        _require_page(page, len(rows), total, dataset)
        total = page.total
        rows += page.results
    if len(rows) != total:
        raise _incomplete(dataset, f"{len(rows)} av {total} rader")
    return Parsed(tuple(_read_rows(rows, dataset)), ())


def _require_page(page: _Page, offset: int, total: int | None, dataset: Dataset) -> None:
    """Check that a page begins where it should, and points on unless it is the last."""
    if total not in (None, page.total):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”resultCount”",
            found=f"{page.total} rader på en sida och {total} på en annan",
            expected="samma antal på alla sidor; datamängden kan ha bytts under hämtningen",
            action="Hämta hela datamängden på nytt.",
        )
    if page.offset != offset:
        raise _incomplete(dataset, f"en sida från rad {page.offset + 1} i stället för {offset + 1}")
    if page.end > page.total or (page.end < page.total) != (page.next is not None):
        following = "och ingen följande sida" if page.next is None else "och ändå en följande sida"
        raise SourceFormatError(
            dataset,
            place="nyckeln ”results”",
            found=f"rad {page.offset + 1}–{page.end} av {page.total} {following}",
            expected="en sida som når fram till ”resultCount” eller pekar på nästa",
        )


def _incomplete(dataset: Dataset, found: str) -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place="hela svaret",
        found=found,
        expected="alla sidor i följd fram till ”resultCount”, var och en en gång",
        action="Hämta hela datamängden på nytt.",
    )


def _read_rows(results: Sequence[dict[str, str]], dataset: Dataset) -> list[Observation]:
    rows = [_named(row) for row in results]
    expected = {_REGION, _PERIOD, *dataset.variables, *dataset.measures}
    for place, (row, delivered) in enumerate(zip(rows, results, strict=True), start=1):
        if set(row) != expected or len(row) != len(delivered):
            raise _broken_row(dataset, place, f"kolumnerna {quoted(', '.join(sorted(row)))}")
        if not all(row[name] for name in expected.difference(dataset.measures)):
            raise _broken_row(dataset, place, "kommun, år eller annan variabel är tom")
        if not _YEAR.fullmatch(row[_PERIOD]):
            raise _broken_row(dataset, place, "ett år som inte går att läsa")
    return _observations(list(enumerate(rows, start=1)), _REGION, _PERIOD, dataset)


def _read_file(content: bytes, dataset: Dataset) -> Parsed:
    """Read a file whose columns are named as in the statistical program R."""
    header, lines = read_table(content, dataset, delimiter=";", decode=decode_latin1)
    expected = [_FILE_PERIOD, _FILE_REGION, *dataset.variables, *dataset.measures]
    if sorted(header) != sorted(expected):
        raise wrong_header(dataset, header, ";".join(expected))
    rows = [(line.number, dict(zip(header, line.fields, strict=True))) for line in lines]
    for place, row in rows:
        keys = [row[name] for name in expected if name not in dataset.measures]
        if not all(keys) or not _YEAR.fullmatch(row[_FILE_PERIOD]):
            raise SourceFormatError(
                dataset,
                place=f"rad {place}",
                found="kommun, år eller annan variabel är tom eller går inte att läsa",
                expected=f"ett år med fyra siffror, och {', '.join(expected[1:])} ifyllda",
            )
    return Parsed(tuple(_observations(rows, _FILE_REGION, _FILE_PERIOD, dataset)), ())


def _observations(
    rows: Sequence[tuple[int, dict[str, str]]], region: str, period: str, dataset: Dataset
) -> list[Observation]:
    """Give one observation a row and measure, no row twice."""
    names = (region, period, *dataset.variables)
    require_unique([(place, tuple(row[name] for name in names)) for place, row in rows], dataset)
    observations = []
    for place, row in rows:
        variables = dimensions_text({name: row[name] for name in dataset.variables})
        for measure in dataset.measures:
            value, status = figure(row[measure], dataset, f"rad {place}, {measure}")
            observations.append(
                Observation(
                    row_number=place,
                    dataset_id=dataset.source_id,
                    series=measure,
                    region=row[region],
                    period=row[period],
                    dimensions=variables,
                    value_text=row[measure],
                    value=value,
                    status=status,
                )
            )
    return observations


def _named(row: dict[str, str]) -> dict[str, str]:
    """Take the byte order mark out of the column names."""
    return {name.removeprefix(_BYTE_ORDER_MARK): value for name, value in row.items()}


def _broken_row(dataset: Dataset, place: int, found: str) -> SourceFormatError:
    names = (_REGION, _PERIOD, *dataset.variables, *dataset.measures)
    return SourceFormatError(
        dataset,
        place=f"rad {place} i ”results”",
        found=found,
        expected=f"kolumnerna {', '.join(names)} med variablerna ifyllda",
    )
