"""Kronofogden: pages of the open-data RowStore, and national figures from its news.

A RowStore page holds strings only, names in capitals, a byte order mark inside its first column's
name, and no `next` on the last page. Paging belongs to fetching.
"""

import re

from pydantic import BaseModel, Field, StrictInt

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.observation import (
    Observation,
    Parsed,
    Remark,
    Status,
    dimensions_text,
    numbered,
)
from orchestration.sources.reading import (
    cell,
    read_json,
    read_measure_table,
    require_unique,
)
from orchestration.sources.registry import Dataset

_REGION = "kommun"
_PERIOD = "år"
_YEAR = re.compile("[0-9]{4}")
_BYTE_ORDER_MARK = "\ufeff"
_MARKS: dict[str, Status] = {"": "missing"}


class _Page(BaseModel):
    total: StrictInt = Field(alias="resultCount", ge=0)
    offset: StrictInt = Field(ge=0)
    next: str | None = None
    results: list[dict[str, str]] = Field(min_length=1)


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Parse a RowStore page or a table of national figures.

    Args:
        content: The delivery, UTF-8.
        dataset: Declares the format, the variables and the measures.

    Returns:
        One observation a row and measure; a note if the page is a part of a larger dataset.

    Raises:
        SourceFormatError: If it is in another form, if columns were added or dropped, if the page
            is cut, or if a row comes twice.
    """
    if dataset.parser == "measure_table":
        return read_measure_table(content, dataset, region="Riket")
    page = read_json(content, dataset, _Page)
    last = page.offset + len(page.results)
    if last > page.total or (last < page.total and page.next is None):
        raise SourceFormatError(
            dataset,
            place="nyckeln ”results”",
            found=f"rad {page.offset + 1}–{last} av {page.total} och ingen följande sida",
            expected="en sida som når fram till ”resultCount” eller pekar på nästa",
        )
    rows = [_named(row) for row in page.results]
    expected = {_REGION, _PERIOD, *dataset.variables, *dataset.measures}
    for place, (row, delivered) in enumerate(zip(rows, page.results, strict=True), start=1):
        if set(row) != expected or len(row) != len(delivered):
            raise _broken_row(dataset, place, f"kolumnerna {quoted(', '.join(sorted(row)))}")
        if not all(row[name] for name in expected.difference(dataset.measures)):
            raise _broken_row(dataset, place, "kommun, år eller annan variabel är tom")
        if not _YEAR.fullmatch(row[_PERIOD]):
            raise _broken_row(dataset, place, "ett år som inte går att läsa")
    names = (_REGION, _PERIOD, *dataset.variables)
    require_unique(
        [(place, tuple(row[name] for name in names)) for place, row in enumerate(rows, 1)], dataset
    )
    observations = []
    for place, row in enumerate(rows, start=1):
        variables = dimensions_text({name: row[name] for name in dataset.variables})
        for measure in dataset.measures:
            value, status = cell(row[measure], _MARKS, dataset, f"rad {place}, {measure}")
            observations.append(
                Observation(
                    row_number=place,
                    dataset_id=dataset.source_id,
                    series=measure,
                    region=row[_REGION],
                    period=row[_PERIOD],
                    dimensions=variables,
                    value_text=row[measure],
                    value=value,
                    status=status,
                )
            )
    remarks = []
    if len(rows) < page.total:
        remarks.append(
            Remark(
                kind="method",
                text=f"Leveransen är en del av datamängden: rad {page.offset + 1}–{last} av "
                f"{page.total}. Kommuner i början och slutet kan vara ofullständiga.",
            )
        )
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


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
