"""What a delivered file is, found out without reading its rows.

Format, encoding, delimiter and header, and how each column of the contract is taken from the file's
own columns. Refuses what is not a table of the contract's columns. What a municipality calls its
columns and codes belongs in `mapping`, reading rows in `text_relations`, judging cells in
`staged_rows`.
"""

import csv
import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Literal

from orchestration.registers.apart import (
    LIMITS,
    UnreadableError,
    parquet_columns,
    workbook_header,
)
from orchestration.registers.archives import TooLargeError
from orchestration.registers.breaches import Breach, set_aside
from orchestration.registers.contract import Column, Contract
from orchestration.registers.encoding import encoding_of, may_be_decomposed
from orchestration.registers.lines import first_bare_end, uneven_lines
from orchestration.registers.mapping import (
    CONTRACT_FORM,
    RegisterMapping,
    cell_sql,
    composed_sql,
    constant_sql,
    plain_sql,
)
from orchestration.registers.sheets import SheetError, TooWideError
from orchestration.registers.typed import Source, parquet_source

_HEADER_LIMIT = 1 << 16
_LONGEST_STRETCH = 4 << 20
_DELIMITERS = (";", ",", "\t", "|")

Format = Literal["csv", "xlsx", "parquet"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One landed file of a register.

    Attributes:
        sequence: Place in the order of receipt.
        delivery_id: SHA-256 of the bytes.
        file_name: The supplier's file name, as it is shown.
        path: The landed bytes.
        received_on: ISO date of receipt.
        written_name: The name that the supplier wrote, where it is shown otherwise; it tells the
            period, and stands in no message.
    """

    sequence: int
    delivery_id: str
    file_name: str
    path: Path
    received_on: str
    written_name: str = ""

    @property
    def name_with_period(self) -> str:
        """The name that the period is read from."""
        return self.written_name or self.file_name


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read.

    Attributes:
        format: What kind of file it is.
        encoding: `utf-8`, `utf-16` or `windows-1252` for text.
        delimiter: What parts the fields of a text file.
        has_header: Whether a line of a text file names its columns.
        columns: A name for each of the file's columns, in the file's order; safe to use in SQL.
        types: The type of each column of a Parquet file.
        skipped: How many lines stand before the header of a text file, or before its first row
            where it has no header.
        header_row: The line or row of the header, or the last one of it; 1 in a Parquet file. The
            line before the first row where there is no header.
        cells: For each column of the contract, SQL over the file's columns that gives the cell's
            text in the contract's form, null where the cell is empty or the column is not there.
        others: SQL for the text of each of the file's columns that the contract does not take.
        broken: Conditions over the file's columns that hold where a row breaks a rule, by the rule.
        in_file: The columns of the contract that the file has.
        absent: The optional columns of the contract that the file does not have.
        unknown: Names in the header that the contract does not know; never a name with a digit,
            which may be somebody's value.
    """

    format: Format
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    cells: Mapping[str, str]
    types: tuple[str, ...] = ()
    skipped: int = 0
    header_row: int = 1
    has_header: bool = True
    others: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    in_file: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def inspect(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping = CONTRACT_FORM
) -> Layout | list[Breach]:
    """Find out how a file is laid out, without reading its cells.

    Args:
        contract: The version of the register's contract that holds for the file.
        delivery: The landed file.
        mapping: How the municipality's export maps to the contract.

    Returns:
        Its layout, or what is wrong with it.
    """
    with delivery.path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        return [Breach(delivery.file_name, "tom_fil")]
    if head.startswith(b"PAR1"):
        return _inspect_parquet(contract, delivery, mapping)
    if head.startswith(b"PK\x03\x04"):
        return _inspect_workbook(contract, delivery, mapping)
    two_bytes = head.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    if b"\0" in head and not two_bytes:
        # Letters and zeros by turns are UTF-16 that does not say so.
        rule = "teckenkodning" if b"\0" in (head[1:2], head[:1]) else "filformat"
        return [Breach(delivery.file_name, rule)]
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"<", b"{", b"["}:
        return [Breach(delivery.file_name, "filformat")]
    return _inspect_text(contract, delivery, mapping, head)


def _inspect_text(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping, head: bytes
) -> Layout | list[Breach]:
    encoding = encoding_of(delivery.path, mapping.form.encodings)
    if encoding is None:
        return [Breach(delivery.file_name, "teckenkodning")]
    if _has_endless_line(delivery.path):
        return [Breach(delivery.file_name, "olasbar")]
    delimiter = mapping.form.delimiter_sign
    text = head.decode(encoding, errors="replace").lstrip("\ufeff")
    said, skipped, row, found = _header(text, delimiter)
    named = not mapping.header or _names_columns(found, mapping)
    misread = len(found) == 1 and any(mark in found[0] for mark in _DELIMITERS)
    if misread or said not in {"", delimiter}:
        return [Breach(delivery.file_name, "avgransare", first_row=row)]
    if not any(found):
        return [Breach(delivery.file_name, "tom_fil")]
    if fault := _fault_of_lines(delivery, mapping, len(found), encoding=encoding):
        return [fault]
    if not named:
        found, row = mapping.header + ("",) * (len(found) - len(mapping.header)), skipped
    # Whatever the columns are called, in SQL they get names that cannot clash or inject.
    if len(found) > LIMITS.columns:
        raise TooLargeError(f"{len(found)} columns")
    safe = tuple(f"c{place}" for place in range(len(found)))
    decomposed = encoding == "utf-16" or (encoding == "utf-8" and may_be_decomposed(delivery.path))
    sources = [Source(f"nfc_normalize({name})" if decomposed else name) for name in safe]
    layout = Layout(
        "csv", encoding, delimiter, safe, {}, skipped=skipped, header_row=row, has_header=named
    )
    return _with_cells(contract, delivery, mapping, layout, list(zip(found, sources, strict=True)))


def _names_columns(first: Sequence[str], mapping: RegisterMapping) -> bool:
    """Whether a file's first line names the columns that it need not name."""
    return _alike(first[0]) == _alike(mapping.header[0]) if first else False


def _fault_of_lines(
    delivery: Delivery, mapping: RegisterMapping, fields: int, *, encoding: str
) -> Breach | None:
    """What an agreed line end or an agreed number of fields finds wrong with a text."""
    # In two bytes a character, a line end is four.
    if mapping.form.line_end == "crlf" and encoding != "utf-16":
        bare = first_bare_end(delivery.path)
        if bare is not None:
            return Breach(delivery.file_name, "radslut", first_row=bare)
    if not mapping.header or encoding == "utf-16":
        return None
    known = len(mapping.header)
    expected = fields if mapping.further and fields > known else known
    uneven = uneven_lines(delivery.path, mapping.form.delimiter_sign, expected)
    if not uneven:
        return None
    return Breach(delivery.file_name, "antal_falt", first_row=uneven[0], row_count=len(uneven))


_SAID = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


def _header(text: str, delimiter: str) -> tuple[str, int, int, tuple[str, ...]]:
    """Read the header: what delimiter a line for Excel names, where it stands, and its names.

    Returns:
        The delimiter that is named, or an empty text; how many lines stand before the header; its
        last line; its names.
    """
    said, skipped = "", 0
    lines = re.split("\r\n|\n|\r", text)
    for line in lines:
        if named := _SAID.fullmatch(line):
            said = named[1]
        elif line.strip():
            break
        skipped += 1
    reader = csv.reader((f"{line}\n" for line in lines[skipped:]), delimiter=delimiter)
    names = tuple(cell.strip() for cell in next(reader, []))
    return said, skipped, skipped + max(reader.line_num, 1), names


def _has_endless_line(path: Path) -> bool:
    """Whether some stretch of a file lacks line ends; DuckDB leaves such a line out untold.

    It rejects what is longer than its limit of 2 MB, but not what is longer than its buffer.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        return any(
            content.find(b"\n", start, start + _LONGEST_STRETCH) < 0
            and content.find(b"\r", start, start + _LONGEST_STRETCH) < 0
            for start in range(0, len(content) - _LONGEST_STRETCH + 1, _LONGEST_STRETCH)
        )


def is_tellable(name: str) -> bool:
    """Whether an unknown column's name may be repeated: it looks like a name, not like a value.

    Args:
        name: What stands in the header.

    Returns:
        True if it is short and of letters.
    """
    return re.fullmatch(r"[^\W\d]{1,40}", name) is not None


def _with_cells(
    contract: Contract,
    delivery: Delivery,
    mapping: RegisterMapping,
    layout: Layout,
    found: Sequence[tuple[str, Source]],
) -> Layout | list[Breach]:
    """Take each of the contract's columns from the one that the mapping names."""
    header = [name for name, _ in found]
    cells: dict[str, str] = {}
    absent = []
    texts, breaches = _texts_of_parts(delivery, mapping, layout, found)
    taken: set[int] = set()
    given = {*mapping.constants, *mapping.lacking, *mapping.composed}
    names = [name for name in contract.columns if name not in given]
    wanted = frozenset(mapping.column_in_file(name) for name in names)
    for name, column in contract.columns.items():
        if name in given:
            cells[name] = _given_sql(name, column, mapping, texts)
            continue
        places = _places(header, mapping.column_in_file(name), wanted)
        taken.update(places)
        if len(places) == 1:
            cells[name] = cell_sql(name, column, found[places[0]][1], mapping)
        elif places:
            breaches.append(_in_header(delivery, layout, "kolumn_dubbel", name))
        elif column.optional:
            cells[name] = "null::varchar"
            absent.append(name)
        else:
            breaches.append(_in_header(delivery, layout, "kolumn_saknas", name))
    rest = [place for place in range(len(header)) if place not in taken]
    left = {_alike(mapping.column_in_file(name)) for name in contract.not_kept}
    return breaches or replace(
        layout,
        cells=cells,
        broken=tuple(
            ("annan_kommun", f"trim({texts[name]}) is distinct from {constant_sql(code)}")
            for name, code in mapping.own_code.items()
            if name in texts
        ),
        in_file=frozenset(names) - set(absent),
        others=tuple(f"nullif(trim({found[place][1].sql}), '')" for place in rest),
        absent=tuple(absent),
        unknown=tuple(
            name
            for name in (header[place] for place in rest)
            if is_tellable(name)
            and _alike(name) not in left
            and name not in texts
            and name not in mapping.header
        ),
    )


def _texts_of_parts(
    delivery: Delivery,
    mapping: RegisterMapping,
    layout: Layout,
    found: Sequence[tuple[str, Source]],
) -> tuple[dict[str, str], list[Breach]]:
    """SQL for the text of each column of the file that no column of the contract is taken from."""
    header = [name for name, _ in found]
    composed = [part for name in mapping.composed for part in mapping.parts(name)]
    texts, breaches = {}, []
    for name in dict.fromkeys((*composed, *mapping.own_code)):
        places = _places(header, name, frozenset())
        if len(places) == 1:
            texts[name] = plain_sql(found[places[0]][1])
        else:
            rule = "kolumn_dubbel" if places else "kolumn_saknas"
            breaches.append(_in_header(delivery, layout, rule, name))
    return texts, breaches


def _given_sql(
    name: str, column: Column, mapping: RegisterMapping, texts: Mapping[str, str]
) -> str:
    """SQL for a cell that is constant, lacking or made of several of the file's."""
    if name in mapping.constants:
        return constant_sql(mapping.constants[name])
    if name in mapping.lacking or not set(mapping.parts(name)) <= set(texts):
        return "null::varchar"
    return cell_sql(name, column, Source(composed_sql(mapping.composed[name], texts)), mapping)


def _in_header(delivery: Delivery, layout: Layout, rule: str, column: str) -> Breach:
    return Breach(delivery.file_name, rule, column=column, first_row=layout.header_row)


def _places(header: Sequence[str], wanted: str, others: frozenset[str]) -> list[int]:
    """Where a column stands in a header, in whatever case its letters are.

    A name that is another column's own is that one's, however alike they are.
    """
    return [
        place
        for place, name in enumerate(header)
        if name == wanted or (_alike(name) == _alike(wanted) and name not in others)
    ]


def _alike(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _inspect_parquet(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping
) -> Layout | list[Breach]:
    try:
        described, schema = parquet_columns(delivery.path)
    except UnreadableError:
        return [Breach(delivery.file_name, "filformat")]
    names = tuple(name for name, _ in described)
    types = tuple(kind for _, kind in described)
    layout = Layout("parquet", "", "", names, {}, types=types)
    sources = [parquet_source(quoted(name), kind) for name, kind in zip(names, types, strict=True)]
    # DuckDB gives a name that stands twice another one; the file's own tell.
    own = _top_level(schema)
    header = own if len(own) == len(names) else names
    return _with_cells(contract, delivery, mapping, layout, list(zip(header, sources, strict=True)))


def _top_level(schema: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """The names of a Parquet file's columns, without what is nested in them."""
    names = []
    inside = 0
    for name, children in schema[1:]:
        if not inside:
            names.append(str(name).strip())
        inside = max(inside - 1, 0) + children
    return tuple(names)


def _inspect_workbook(
    contract: Contract, delivery: Delivery, mapping: RegisterMapping
) -> Layout | list[Breach]:
    try:
        header = workbook_header(delivery.path)
    except TooWideError:
        return [set_aside(delivery.file_name, "for_stort_blad")]
    except SheetError:
        return [Breach(delivery.file_name, "filformat")]
    row, names, others = header.row, header.names, header.others
    if not names:
        return [Breach(delivery.file_name, "tom_fil")]
    key = [mapping.column_in_file(name) for name in contract.key if name not in mapping.constants]
    if any(all(_places(other, name, frozenset()) for name in key) for other in others):
        return [Breach(delivery.file_name, "flera_blad")]
    safe = tuple(f"c{place}" for place in range(len(names)))
    layout = Layout("xlsx", "utf-8", mapping.form.delimiter_sign, safe, {}, header_row=row)
    sources = [Source(name, "mixed") for name in safe]
    return _with_cells(contract, delivery, mapping, layout, list(zip(names, sources, strict=True)))


def quoted(name: str) -> str:
    """A name as SQL takes it.

    Args:
        name: A column's name.

    Returns:
        The name within quotation marks.
    """
    return '"' + name.replace('"', '""') + '"'
