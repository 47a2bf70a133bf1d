"""Tables in workbooks, read by the layout that the register declares for them.

The layout says which headings to look for, so that a new workbook is a declaration and no code. A
workbook that does not have exactly those headings is refused. Formats that no headings describe
belong in their publisher's module.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.language import dates
from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import MONTHS, figure, require_unique
from orchestration.sources.municipalities import regions_of
from orchestration.sources.observation import (
    NoteKind,
    Observation,
    Parsed,
    Remark,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset, TableLayout
from orchestration.sources.workbook import Sheet, read_workbook, require_readable, saved_on

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", re.ASCII)
_CODE = re.compile(r"[0-9]{2}(?:[0-9]{2}.{0,8})?", re.ASCII)
_COUNTY, _MUNICIPALITY = 2, 4
_LEVELS_SV = {"lan": "län", "kommun": "kommun"}


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet with its header found."""

    dataset: Dataset
    layout: TableLayout
    sheet: Sheet
    header_row: int
    columns: dict[str, int]
    year: str | None
    region: str | None

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
    if layout.month:
        _require_whole_years(observations, dataset)
    remarks += _of_the_whole(content, boards, dataset, layout)
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _of_the_whole(
    content: bytes, boards: Sequence[str], dataset: Dataset, layout: TableLayout
) -> Iterator[Remark]:
    """What must be known of the whole delivery."""
    if layout.is_a_vintage:
        yield _vintage(content, dataset)
    if boards:
        yield Remark(
            kind="method",
            text=f"Rader för stadsdelar: {', '.join(boards)}. De räknas bara där namnet finns "
            "bland kommunens egna nämnder; övriga stannar i raw.",
        )


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
            year = years[-1] if years else None
            region = _region(sheet.rows[:number], layout, dataset)
            return _Table(dataset, layout, sheet, number + 1, columns, year, region)
    raise _layout_error(
        dataset,
        f"ingen rad i bladet {quoted(sheet.name)} har alla rubriker",
        ", ".join(layout.headings),
    )


def _region(above: Sequence[Sequence[str]], layout: TableLayout, dataset: Dataset) -> str | None:
    """The region that the whole table is about: declared, or named by its title."""
    if layout.region_after is None or layout.region_level is None:
        return layout.region_sv
    titles = [text for row in above for text in row if text]
    names = [
        text.removeprefix(layout.region_after)
        for text in titles
        if text.startswith(layout.region_after)
    ]
    level = _LEVELS_SV[layout.region_level]
    if len(names) != 1:
        raise _layout_error(
            dataset,
            f"rubriken ovanför tabellen är {quoted(' '.join(titles))}",
            f"en rubrik som börjar ”{layout.region_after}” och säger vilket {level} tabellen"
            " gäller",
        )
    if names[0] not in regions_of(layout.region_level):
        raise SourceFormatError(
            dataset,
            place="rubriken ovanför tabellen",
            found=f"området {quoted(names[0])}",
            expected=f"ett {level}: uppgifter på en annan nivå läggs inte i samma serie",
            action=f"Hämta tabellen för ett {level}, eller deklarera den andra nivån som en egen"
            " datamängd i källregistret.",
        )
    return names[0]


def _require_whole_years(observations: Sequence[Observation], dataset: Dataset) -> None:
    """Check that each year has its twelve months: one that has not come has a row all the same."""
    months: dict[str, set[str]] = {}
    for row in observations:
        months.setdefault(row.period[:4], set()).add(row.period)
    for year, found in sorted(months.items()):
        if len(found) != len(MONTHS):
            raise SourceFormatError(
                dataset,
                place=f"året {year}",
                found=f"{len(found)} månader",
                expected="tolv rader för varje år, med utgivarens tecken där inget har kommit",
                action="Hämta hela tabellen på nytt.",
            )


def _vintage(content: bytes, dataset: Dataset) -> Remark:
    saved = saved_on(content)
    if saved is None:
        raise _layout_error(
            dataset,
            "arbetsboken säger inte när den sparades",
            "egenskapen ”senast ändrad”, som säger vad som var publicerat den dagen",
        )
    return Remark(
        kind="vintage",
        text=f"Arbetsboken sparades den {dates.day(saved)}. Vad som har publicerats senare står"
        " inte i den.",
        period=saved.isoformat(),
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
    region = table.text(row, layout.region) if layout.region else table.region
    period = table.text(row, layout.period) if layout.period else table.year
    label = table.text(row, layout.series) if layout.series else None
    if not region or not period or label == "" or not _YEAR.fullmatch(period):
        raise SourceFormatError(
            dataset,
            place=f"rad {number}",
            found="raden saknar benämning eller årtal",
            expected="region, år och benämning i varje rad",
        )
    if layout.month:
        period = f"{period}-{_month(table, number, row, layout.month):02}"
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
    if layout.region_level:
        variables["nivå"] = _LEVELS_SV[layout.region_level]
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


def _month(table: _Table, number: int, row: Sequence[str], heading: str) -> int:
    text = table.text(row, heading)
    if text not in MONTHS:
        raise SourceFormatError(
            table.dataset,
            place=f"rad {number}, kolumnen {heading}",
            found=quoted(text),
            expected=f"en månads namn, {MONTHS[0]} till {MONTHS[-1]}",
        )
    return MONTHS.index(text) + 1


def _layout_error(dataset: Dataset, found: str, expected: str = "") -> SourceFormatError:
    return SourceFormatError(
        dataset,
        place="arbetsboken",
        found=found,
        expected=expected or "det blad, de rubriker och det årtal som källregistret anger",
        action="Har utgivaren ändrat arbetsboken: ändra layouten i källregistret.",
    )
