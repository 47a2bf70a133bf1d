"""What a supplier is told about a file, as a workbook.

One sheet with what is wrong, one with the register's columns and codes as the file should have
them. Holds rules and contracts, never a cell of the file. Trying the file belongs in `checking`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from orchestration.registers.checking import FileCheck
from orchestration.registers.contract import Column, Contract
from orchestration.registers.mapping import RegisterMapping, date_form_sv

_FAULTS = ("fil", "rad", "kolumn", "regel", "antal", "vad är fel", "gör så här")
_COLUMNS = (
    "kolumn i filen",
    "kolumn i avtalet",
    "typ",
    "får vara tom",
    "skrivs",
    "koder och gränser",
    "personuppgift",
    "vad kolumnen säger",
)
_WIDEST = 70


def write_workbook(path: Path, check: FileCheck, mapping: RegisterMapping) -> None:
    """Write the outcome of a check.

    Args:
        path: Where the workbook goes; one that is there is replaced.
        check: What was found.
        mapping: How the municipality's export maps to the contract.

    Raises:
        OSError: If it cannot be written.
    """
    book = openpyxl.Workbook(write_only=True)
    _sheet(
        book,
        "Fel",
        _FAULTS,
        [
            (
                breach.file_name,
                breach.first_row,
                breach.shown_column,
                breach.rule,
                breach.row_count or None,
                breach.wrong,
                breach.remedy,
            )
            for breach in check.breaches
        ],
    )
    if check.contract is not None:
        _sheet(book, "Kolumner och koder", _COLUMNS, column_rows(check.contract, mapping))
    book.save(path)


def column_rows(contract: Contract, mapping: RegisterMapping) -> list[tuple[str, ...]]:
    """The register's columns as the municipality's file should have them.

    Args:
        contract: The version of the contract.
        mapping: How the municipality's export maps to it.

    Returns:
        One row a column, in the order of the headings.
    """
    return [
        (
            "(lämnas inte)" if name in mapping.constants else mapping.column_in_file(name),
            name,
            column.type_sv,
            "ja; kolumnen får också saknas" if column.optional else "",
            _written(column, mapping),
            _limits(name, column, mapping),
            column.personal_sv,
            column.description_sv,
        )
        for name, column in contract.columns.items()
    ]


def _written(column: Column, mapping: RegisterMapping) -> str:
    form = mapping.form
    signs = {"either": "komma eller punkt", "comma": "komma", "point": "punkt"}
    number = f"decimaltecken {signs[form.decimal]}"
    return {
        "date": date_form_sv(form.date),
        "month": date_form_sv(form.month),
        "flag": " eller ".join((*form.yes, *form.no)),
        "codes": f"koderna skilda med {form.several}",
        "decimal": number,
        "hours": number,
        "number": number,
        "identity": "12 siffror eller reservnummer",
    }.get(column.type, "")


def _limits(name: str, column: Column, mapping: RegisterMapping) -> str:
    if name in mapping.constants:
        return f"alltid {mapping.constants[name]}"
    codes = mapping.codes.get(name)
    if codes is not None:
        listed = ", ".join(f"{theirs} = {ours}" for theirs, ours in codes.items())
    else:
        listed = ", ".join(column.codes)
    return "; ".join(part for part in (listed, column.limits_sv) if part)


def _sheet(
    book: openpyxl.Workbook,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str | int | None]],
) -> None:
    sheet = book.create_sheet(title)
    rows = list(rows)
    for place, heading in enumerate(headings):
        longest = max((len(str(row[place] or "")) for row in rows), default=0)
        width = min(max(len(heading), longest) + 2, _WIDEST)
        sheet.column_dimensions[get_column_letter(place + 1)].width = width
    sheet.freeze_panes = "A2"
    cells = [WriteOnlyCell(sheet, heading) for heading in headings]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: object, value: str | int | None) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if isinstance(value, str):
        # A file's name may begin as a formula does.
        cell.data_type = "s"
    return cell
