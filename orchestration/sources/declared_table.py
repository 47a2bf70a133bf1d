"""Tables in workbooks, read by the layout that the register declares for them.

The layout says which headings to look for, so that a new workbook is a declaration and no code. A
workbook that does not have exactly those headings is refused. Formats that no headings describe
belong in their publisher's module.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import figure, require_unique
from orchestration.sources.observation import (
    NoteKind,
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset, TableLayout
from orchestration.sources.workbook import Sheet, read_workbook, require_readable

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", re.ASCII)
_CODE = re.compile(r"[0-9]{2}(?:[0-9]{2}.{0,8})?", re.ASCII)
_COUNTY, _MUNICIPALITY = 2, 4


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet with its header found."""

    dataset: Dataset
    layout: TableLayout
    sheet: Sheet
    header_row: int
    columns: dict[str, int]
    year: str | None

    def text(self, row: Sequence[str], heading: str) -> str:
        place = self.columns[heading]
        return row[place] if place < len(row) else ""


def read_declared_table(content: bytes, dataset: Dataset) -> Parsed:
    """Read a workbook by its declared layout.

    Args:
        content: The workbook.
        dataset: Declares the layout.

    Returns:
        One observation a figure; rows below the header that hold no figures, such as a source or a
        footnote, as notes.

    Raises:
        SourceFormatError: If a sheet, heading or period is missing, a row comes twice or a cell is
            neither figure nor mark.
    """
    layout = dataset.layout
    if layout is None:
        raise TypeError(dataset.source_id)
    dataset = dataset.model_copy(update={"marks": {**dataset.marks, **layout.marks}})
    table = _table(read_workbook(content, dataset), layout, dataset)
    observations: list[Observation] = []
    remarks: list[Remark] = []
    boards = []
    seen: Counter[tuple[str, ...]] = Counter()
    for number, row in enumerate(table.sheet.rows[table.header_row :], table.header_row + 1):
        if not any(row):
            continue
        code = _code(table.text(row, layout.code)) if layout.code else ""
        if _is_remark(table, row, code):
            text = " ".join(part for part in row if part)
            remarks.append(Remark(kind=_remark_kind(text), text=text))
            continue
        if len(code) > _MUNICIPALITY:
            boards.append(table.text(row, layout.region) if layout.region else code)
        rows = list(_observations(table, number, row, code))
        # A hierarchy may repeat a label below another heading: the second is kept as the second.
        key = (rows[0].series, rows[0].region, rows[0].period, rows[0].dimensions)
        seen[key] += 1
        if layout.repeats and seen[key] > 1:
            rows = list(_observations(table, number, row, code, seen[key]))
        observations += rows
    keys = [(r.row_number, (r.series, r.region, r.period, r.dimensions)) for r in observations]
    require_unique(keys, dataset)
    if not observations:
        raise _layout_error(dataset, f"bladet {quoted(table.sheet.name)} saknar datarader")
    if boards:
        remarks.append(
            Remark(
                kind="method",
                text=f"Rader för stadsdelar: {', '.join(boards)}. De räknas bara där namnet finns "
                "bland kommunens egna nämnder; övriga stannar i raw.",
            )
        )
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _table(sheets: Sequence[Sheet], layout: TableLayout, dataset: Dataset) -> _Table:
    """Find the declared sheet, its header row by content, and the year in the title above it."""
    named = [each for each in sheets if layout.sheet in (None, each.name)]
    if not named:
        known = ", ".join(each.name for each in sheets)
        raise _layout_error(dataset, f"arbetsboken har bladen {quoted(known)}", layout.sheet or "")
    sheet = named[0]
    wanted = Counter(layout.headings)
    for number, row in enumerate(sheet.rows):
        headings = [" ".join(text.split()) for text in row]
        if all(headings.count(heading) == 1 for heading in wanted):
            title = " ".join(text for above in sheet.rows[:number] for text in above)
            years = _YEAR.findall(title)
            if layout.period is None and not years:
                raise _layout_error(dataset, "rubriken ovanför tabellen saknar årtal")
            columns = {heading: headings.index(heading) for heading in wanted}
            require_readable(sheet, dataset, until_row=number + 1, columns=columns.values())
            return _Table(dataset, layout, sheet, number + 1, columns, years[-1] if years else None)
    raise _layout_error(
        dataset,
        f"ingen rad i bladet {quoted(sheet.name)} har alla rubriker",
        ", ".join(layout.headings),
    )


def _code(text: str) -> str:
    """Give a code back its leading zeros, which a number in a cell has lost."""
    if text.isdecimal() and len(text) < _MUNICIPALITY:
        return text.zfill(_COUNTY if len(text) <= _COUNTY else _MUNICIPALITY)
    return text


def _is_remark(table: _Table, row: Sequence[str], code: str) -> bool:
    """Whether a row says something instead of holding figures.

    A row of figures may lack a code, as the country's or a group's does. A municipality that has
    answered nothing has a code and no figures.
    """
    figures = any(table.text(row, measure) for measure in table.layout.measures)
    return not figures and not _CODE.fullmatch(code)


def _remark_kind(text: str) -> NoteKind:
    return "method" if text.casefold().startswith("källa") else "other"


def _observations(
    table: _Table, number: int, row: Sequence[str], code: str, repetition: int = 1
) -> Iterator[Observation]:
    layout, dataset = table.layout, table.dataset
    region = table.text(row, layout.region) if layout.region else layout.region_sv
    period = table.text(row, layout.period) if layout.period else table.year
    label = table.text(row, layout.series) if layout.series else None
    if not region or not period or label == "" or not _YEAR.fullmatch(period):
        raise SourceFormatError(
            dataset,
            place=f"rad {number}",
            found="raden saknar benämning eller årtal",
            expected="region, år och benämning i varje rad",
        )
    if code and not _CODE.fullmatch(code):
        raise SourceFormatError(
            dataset,
            place=f"rad {number}",
            found=f"koden {quoted(code)}",
            expected="två siffror för ett län, fyra för en kommun, fler för en del av den",
        )
    variables = {heading: table.text(row, heading) for heading in layout.dimensions}
    if layout.code:
        variables["kod"] = code
    if repetition > 1:
        variables["förekomst"] = str(repetition)
    for measure in layout.measures:
        text = table.text(row, measure)
        place = f"rad {number}, kolumnen {measure}"
        value, status = figure(text, dataset, place)
        yield Observation(
            row_number=number,
            dataset_id=dataset.source_id,
            series=label or measure,
            region=region,
            period=period,
            dimensions=dimensions_text(variables | ({"Mått": measure} if label else {})),
            value_text=text,
            value=value,
            status=status,
        )


def _layout_error(dataset: Dataset, found: str, expected: str = "") -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place="arbetsboken",
        found=found,
        expected=expected or "det blad, de rubriker och det årtal som källregistret anger",
        action="Har utgivaren ändrat arbetsboken: ändra layouten i källregistret.",
    )
