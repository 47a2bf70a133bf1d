"""Öppna jämförelser, a year's workbook: what each municipality and district has answered.

Read by the layout that is declared for the year. Whatever is not as declared is refused, with its
place: an unknown code or a cell that cannot be read is never an empty answer. What the answers come
to in groups belongs in dbt.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from orchestration.sources.errors import SourceFormatError, quoted
from orchestration.sources.formats import require_unique
from orchestration.sources.municipalities import municipality_name
from orchestration.sources.observation import (
    NoteKind,
    Observation,
    Parsed,
    Remark,
    Status,
    dimensions_text,
    numbered,
)
from orchestration.sources.registry import Dataset
from orchestration.sources.socialstyrelsen.layouts import Answer, Layout, Question, layouts
from orchestration.sources.workbook import Sheet, read_workbook, require_readable

_MUNICIPALITY, _COUNTY = re.compile(r"[0-9]{4}", re.ASCII), re.compile(r"[0-9]{2}", re.ASCII)
_AROUND = re.compile(r"^region | (?:kommun|stad)$")
_VALUES: Mapping[Answer, tuple[float | None, Status]] = {
    "yes": (1.0, "observed"),
    "no": (0.0, "observed"),
    "missing": (None, "missing"),
    "suppressed": (None, "suppressed"),
    "not_applicable": (None, "not_applicable"),
}
_CHANGED = (
    "Har utgivaren ändrat arbetsboken: beskriv den i en egen fil i"
    " orchestration/sources/socialstyrelsen/layouts. Annars: hämta den på nytt och lämna den igen."
)
_NEW_CODE = (
    "Ta reda på vad utgivaren menar och för in koden i årets fil i"
    " orchestration/sources/socialstyrelsen/layouts, eller rätta cellen, och lämna filen igen."
)


@dataclass(frozen=True, slots=True)
class _Table:
    """The declared sheet, with its columns found."""

    dataset: Dataset
    layout: Layout
    sheet: Sheet
    columns: Mapping[str, int]

    def text(self, number: int, heading: str) -> str:
        row = self.sheet.rows[number - 1]
        place = self.columns[heading]
        return row[place] if place < len(row) else ""

    def refused(
        self, number: int, found: str, expected: str, *, heading: str = "", action: str = _CHANGED
    ) -> SourceFormatError:
        """The error of one row, and of a column in it."""
        column = ""
        if heading:
            letter = get_column_letter(self.columns[heading] + 1)
            column = f", kolumn {letter} ({heading})"
        return SourceFormatError(
            self.dataset,
            place=f"bladet {self.sheet.name}, rad {number}{column}",
            found=found,
            expected=expected,
            action=action,
        )


@dataclass(frozen=True, slots=True)
class _Unit:
    """Who has answered in a row."""

    row: int
    code: str
    name: str
    district: str

    @property
    def unit_id(self) -> str:
        """The municipality's code, and the district's name where it answers for itself."""
        return f"{self.code} {self.district}".strip()


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Read a workbook of answers by the layout of its year.

    Args:
        content: The workbook.
        dataset: What it is said to be.

    Returns:
        One observation a unit and question, 1 for yes and 0 for no, under the indicator's id; rows
        that sum others up, columns that are not declared and footnotes as notes.

    Raises:
        SourceFormatError: If no layout fits, a heading is missing or comes twice, a row is of no
            known municipality, a unit comes twice, a code is unknown, a cell cannot be read or a
            question has no answer at all.
    """
    table = _table(read_workbook(content, dataset), dataset)
    units, remarks = _units(table)
    if not units:
        raise table.refused(
            table.layout.header_row + 1, "ingen rad med kommunkod", "en rad för varje enhet"
        )
    require_unique([(unit.row, unit.unit_id) for unit in units], dataset)
    observations = [each for unit in units for each in _answers(table, unit)]
    for question in table.layout.indicators:
        mine = (each for each in observations if each.series == question.indicator_id)
        if not any(each.status == "observed" for each in mine):
            raise table.refused(
                table.layout.header_row,
                "kolumnen har inget svar",
                "minst ett svar; är frågan inte ställd ska den inte stå i layouten",
                heading=question.label,
            )
    return Parsed(tuple(observations), numbered(dataset.source_id, remarks))


def _table(sheets: Sequence[Sheet], dataset: Dataset) -> _Table:
    """Find the layout of the workbook's year, and its columns."""
    for layout in layouts():
        for sheet in sheets:
            above = " ".join(text for row in sheet.rows[: layout.header_row - 1] for text in row)
            if sheet.name == layout.sheet and layout.title in above:
                return _Table(dataset, layout, sheet, _columns(sheet, layout, dataset))
    known = ", ".join(f"{each.title} (bladet {each.sheet})" for each in layouts())
    raise SourceFormatError(
        dataset,
        place="arbetsboken",
        found=f"inget blad bär en titel som är beskriven; bladen är "
        f"{quoted(', '.join(each.name for each in sheets))}",
        expected=known,
        action=_CHANGED,
    )


def _columns(sheet: Sheet, layout: Layout, dataset: Dataset) -> dict[str, int]:
    row = sheet.rows[layout.header_row - 1] if len(sheet.rows) >= layout.header_row else ()
    require_readable(sheet, dataset, until_row=layout.header_row)
    headings = [" ".join(text.split()) for text in row]
    for heading in layout.headings:
        times = headings.count(heading)
        if times != 1:
            found = "saknas" if times == 0 else "står flera gånger"
            raise SourceFormatError(
                dataset,
                place=f"bladet {sheet.name}, rad {layout.header_row}",
                found=f"rubriken {quoted(heading)} {found}",
                expected="varje rubrik som layouten anger, en gång",
                action=_CHANGED,
            )
    columns = {heading: headings.index(heading) for heading in layout.headings}
    require_readable(sheet, dataset, until_row=layout.header_row, columns=columns.values())
    return columns


def _units(table: _Table) -> tuple[list[_Unit], list[Remark]]:
    """The rows that are of units; what sums them up and what is said below them, as notes."""
    layout = table.layout
    own = layout.units
    units: list[_Unit] = []
    summaries: list[str] = []
    remarks = []
    for number in range(layout.header_row + 1, len(table.sheet.rows) + 1):
        code = table.text(number, own.municipality_code)
        name = table.text(number, own.municipality)
        district = table.text(number, own.district)
        said = [text for text in table.sheet.rows[number - 1] if text]
        if not said:
            continue
        if code.isascii() and code.isdecimal() and len(code) in {1, 3}:
            # A number in a cell has lost its leading nought.
            code = f"0{code}"
        if _COUNTY.fullmatch(code) or (not code and name in layout.summaries):
            summaries.append(name)
        elif _MUNICIPALITY.fullmatch(code):
            units.append(_unit(table, number, code, name, district))
        elif len(said) == 1 and not any(table.text(number, q.label) for q in layout.indicators):
            kind: NoteKind = "method" if said[0].casefold().startswith("källa") else "other"
            remarks.append(Remark(kind=kind, text=said[0]))
        else:
            raise table.refused(
                number,
                f"koden {quoted(code)}" if code else "raden saknar kommunkod",
                "fyra siffror för en kommun; två för ett län, eller en rad som layouten räknar som"
                " summering",
                heading=own.municipality_code,
            )
    with_districts = {unit.code for unit in units if unit.district}
    whole = [unit for unit in units if unit.code in with_districts and not unit.district]
    summaries += [unit.name for unit in whole]
    if summaries:
        text = f"Rader som summerar andra räknas inte som enheter: {', '.join(summaries)}."
        remarks.append(Remark(kind="method", text=text))
    header = table.sheet.rows[layout.header_row - 1]
    if further := [text for text in header if text and " ".join(text.split()) not in table.columns]:
        text = f"Kolumner som layouten inte beskriver läses inte: {', '.join(further)}."
        remarks.append(Remark(kind="method", text=text))
    return [unit for unit in units if unit not in whole], remarks


def _unit(table: _Table, number: int, code: str, name: str, district: str) -> _Unit:
    """Who a row is of; a name that is another municipality's means that rows have slid."""
    own = table.layout.units
    try:
        official = municipality_name(code)
    except KeyError:
        raise table.refused(
            number,
            f"kommunkoden {quoted(code)} finns inte",
            "en av Sveriges kommuner",
            heading=own.municipality_code,
        ) from None
    if _AROUND.sub("", name.casefold()) not in {official.casefold(), f"{official.casefold()}s"}:
        raise table.refused(
            number,
            f"koden {code} är {official}, men raden säger {quoted(name)}",
            "kommunens eget namn bredvid dess kod",
            heading=own.municipality,
            action="Raderna kan ha förskjutits: hämta arbetsboken på nytt, eller rätta raden, och"
            " lämna den igen.",
        )
    return _Unit(number, code, official, district)


def _answers(table: _Table, unit: _Unit) -> Iterator[Observation]:
    for question in table.layout.indicators:
        text = table.text(unit.row, question.label)
        if text not in table.layout.codes:
            codes = ", ".join(code or "tom cell" for code in table.layout.codes)
            raise table.refused(
                unit.row,
                f"svaret {quoted(text)}" if text else "en tom cell",
                codes,
                heading=question.label,
                action=_NEW_CODE,
            )
        yield _observation(table, unit, question, text)


def _observation(table: _Table, unit: _Unit, question: Question, text: str) -> Observation:
    value, status = _VALUES[table.layout.codes[text]]
    return Observation(
        row_number=unit.row,
        dataset_id=table.dataset.source_id,
        series=question.indicator_id,
        region=unit.unit_id,
        period=str(table.layout.year),
        dimensions=dimensions_text(
            {
                "fråga": question.label,
                "kommun": unit.code,
                "ordalydelse": str(question.wording),
                "räknas": question.counted_by,
                "stadsdel": unit.district,
            }
        ),
        value_text=text,
        value=value,
        status=status,
    )
