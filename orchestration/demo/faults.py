"""Bad deliveries with known faults, planted into an inbox that is in order.

Each fault is what a real supplier sends one day: half a file, another delimiter, a login page. What
a reader makes of it does not belong here.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from orchestration.database import connect
from orchestration.demo.writing import WRITTEN_AT

_BOM: Final = b"\xef\xbb\xbf"
_DELIMITER: Final = ";"
_AMOUNTS: Final = ("sokt_belopp", "beviljat_belopp")


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a delivery can be bad.

    Attributes:
        description_sv: What is wrong, in Swedish.
        register: The register whose file is spoilt.
        plant: Spoils the given file and returns the bad one: the same file, or a new one beside it.
        files_back: How many files before the register's latest it spoils, so that several faults
            can be planted in one register.
        suffix: How the register's files end.
    """

    description_sv: str
    register: str
    plant: Callable[[Path], Path]
    files_back: int = 0
    suffix: str = "csv"


@dataclass(frozen=True, slots=True)
class _Text:
    """A text file taken apart: its rows, header first, and how it was written."""

    rows: list[list[str]]
    encoding: str
    line_end: str

    def column(self, name: str) -> int:
        return self.rows[0].index(name)

    def middle(self) -> int:
        return max(1, len(self.rows) // 2)


def _read(path: Path) -> _Text:
    content = path.read_bytes()
    if content.startswith(_BOM):
        encoding = "utf-8-sig"
    else:
        try:
            content.decode("utf-8")
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = "cp1252"
    text = content.decode(encoding)
    line_end = "\r\n" if "\r\n" in text else "\n"
    rows = [line.split(_DELIMITER) for line in text.split(line_end) if line]
    return _Text(rows, encoding, line_end)


def _write(path: Path, text: _Text, delimiter: str = _DELIMITER) -> Path:
    lines = "".join(delimiter.join(row) + text.line_end for row in text.rows)
    return _replace(path, lines.encode(text.encoding))


def _replace(path: Path, content: bytes) -> Path:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.chmod(0o600)
    os.utime(part, (WRITTEN_AT, WRITTEN_AT))
    return part.replace(path)


def _cell(column: str, value: str) -> Callable[[Path], Path]:
    """Put a value into one cell in the middle of the file."""

    def plant(path: Path) -> Path:
        text = _read(path)
        text.rows[text.middle()][text.column(column)] = value
        return _write(path, text)

    return plant


def _truncated(path: Path) -> Path:
    content = path.read_bytes()
    line_start = content.rindex(b"\n", 0, len(content) * 2 // 3) + 1
    line_stop = content.index(b"\n", line_start)
    # Inside a row, and in its first cell, where every byte is a whole character.
    return _replace(path, content[: line_start + min(5, (line_stop - line_start) // 2)])


def _wrong_delimiter(path: Path) -> Path:
    return _write(path, _read(path), delimiter="\t")


def _missing_column(path: Path) -> Path:
    text = _read(path)
    dropped = text.column("roll")
    rows = [row[:dropped] + row[dropped + 1 :] for row in text.rows]
    return _write(path, _Text(rows, text.encoding, text.line_end))


def _empty(path: Path) -> Path:
    return _replace(path, b"")


def _header_only(path: Path) -> Path:
    text = _read(path)
    return _write(path, _Text(text.rows[:1], text.encoding, text.line_end))


def _same_file_twice(path: Path) -> Path:
    stem, _, period = path.stem.rpartition("_")
    year, _, month = period.partition("-")
    if month:
        following = int(year) * 12 + int(month)
        period = f"{following // 12}-{following % 12 + 1:02d}"
    else:
        period = str(int(year) + 1)
    return _replace(path.with_name(f"{stem}_{period}{path.suffix}"), path.read_bytes())


def _invalid_identity(path: Path) -> Path:
    text = _read(path)
    column = text.column("personnummer_sokande")
    row = next(
        position
        for position in range(text.middle(), len(text.rows))
        if text.rows[position][column].isdigit()
    )
    number = text.rows[row][column]
    text.rows[row][column] = number[:-1] + str((int(number[-1]) + 1) % 10)
    return _write(path, text)


def _duplicate_key(path: Path) -> Path:
    text = _read(path)
    text.rows.append(list(text.rows[text.middle()]))
    return _write(path, text)


def _login_page(path: Path) -> Path:
    page = (
        '<!DOCTYPE html>\n<html lang="sv">\n<head><title>Logga in</title></head>\n'
        "<body><h1>Din session har gått ut</h1><p>Logga in igen.</p></body>\n</html>\n"
    )
    return _replace(path, page.encode())


def _undefined_bytes(path: Path) -> Path:
    # No character in Windows-1252, and no start of one in UTF-8.
    content = path.read_bytes()
    place = content.index(b"\n") + 3
    return _replace(path, content[:place] + b"\x81\x8d" + content[place:])


def _column_changed(column: str, change: Callable[[int, str], str]) -> Callable[[Path], Path]:
    """Change the cells of one column, each by its place in the file."""

    def plant(path: Path) -> Path:
        text = _read(path)
        place = text.column(column)
        for number, row in enumerate(text.rows[1:]):
            row[place] = change(number, row[place])
        return _write(path, text)

    return plant


def _in_another_unit(columns: Sequence[str], factor: Decimal) -> Callable[[Path], Path]:
    """Give numbers as many times larger, or as small a part, as another unit makes them."""

    def plant(path: Path) -> Path:
        text = _read(path)
        places = [text.column(column) for column in columns]
        for row in text.rows[1:]:
            for place in places:
                number = Decimal(row[place].replace(",", ".")) * factor
                row[place] = f"{number:.2f}".replace(".", ",")
        return _write(path, text)

    return plant


def _half_the_rows(path: Path) -> Path:
    text = _read(path)
    return _write(path, _Text(text.rows[: len(text.rows) // 2], text.encoding, text.line_end))


def _swapped(one: str, other: str) -> Callable[[Path], Path]:
    """Exchange what two columns hold."""

    def plant(path: Path) -> Path:
        text = _read(path)
        here, there = text.column(one), text.column(other)
        for row in text.rows[1:]:
            row[here], row[there] = row[there], row[here]
        return _write(path, text)

    return plant


def _new_column(path: Path) -> Path:
    text = _read(path)
    header, *rows = text.rows
    rows = [[*header, "handlaggargrupp"], *([*row, ""] for row in rows)]
    return _write(path, _Text(rows, text.encoding, text.line_end))


def _board_of_few_households(path: Path) -> Path:
    """Leave a twentieth of the households of the board that comes first in the alphabet."""
    part = path.with_name(f".{path.name}.part")
    with connect(directories=[path.parent]) as connection:
        connection.execute(
            f"""
            copy (
                select * replace (
                    case when stadsdelsnamnd = min(stadsdelsnamnd) over ()
                    then antal_hushall // 20 else antal_hushall end as antal_hushall
                )
                from '{path}'
            ) to '{part}' (format parquet)
            """
        )
    content = part.read_bytes()
    part.unlink()
    return _replace(path, content)


# Deliveries that are held: by the contract, or because they are unlike those before them.
FAULTS: Final[Mapping[str, Fault]] = {
    "truncated": Fault(
        "Filen är avhuggen mitt i en rad, som när en överföring bryts.",
        "ekonomiskt_bistand_beslut",
        _truncated,
    ),
    "wrong_delimiter": Fault(
        "Kolumnerna är åtskilda med tabb i stället för semikolon.",
        "rvc_samtalsstod",
        _wrong_delimiter,
    ),
    "missing_column": Fault("Kolumnen roll saknas.", "vald_arenden", _missing_column),
    "unknown_code": Fault(
        "En rad har en boendeform som inte finns i kodlistan.",
        "skyddat_boende_placeringar",
        _cell("boendeform", "hotell"),
    ),
    "impossible_date": Fault(
        "En rad har ett startdatum som inte finns: 30 februari.",
        "boendestod_beslut",
        _cell("start_datum", "2023-02-30"),
    ),
    "empty_file": Fault("Filen är tom (0 byte).", "missbruk_insatser", _empty),
    "header_only": Fault(
        "Filen över områdenas socioekonomi har rubrikrad men inga rader.",
        "socioekonomi_stadsdel",
        _header_only,
    ),
    "same_file_twice": Fault(
        "Samma fil är lämnad en gång till under nästa periods namn.",
        "budget_skuldradgivning",
        _same_file_twice,
    ),
    "unknown_board": Fault(
        "En rad har en stadsdelsnämnd som inte finns.",
        "barn_unga_arenden",
        _cell("stadsdelsnamnd", "Södra skärgården"),
    ),
    "invalid_identity_number": Fault(
        "En sökandes personnummer har fel kontrollsiffra.",
        "ekonomiskt_bistand_beslut",
        _invalid_identity,
    ),
    "duplicate_key": Fault("En rad förekommer två gånger.", "familjeratt_arenden", _duplicate_key),
    "negative_amount": Fault(
        "Ett beviljat belopp är negativt.",
        "ekonomiskt_bistand_beslut",
        _cell("beviljat_belopp", "-500,00"),
    ),
    "html_instead_of_csv": Fault(
        "Filen är en inloggningssida i stället för ett register.", "avhysningar_barn", _login_page
    ),
    "wrong_encoding_bytes": Fault(
        "Filen innehåller byte som varken är UTF-8 eller Windows-1252.",
        "hemloshet_kartlaggning",
        _undefined_bytes,
    ),
    "future_date": Fault(
        "Ett beslut är daterat år 2099.",
        "skyddat_boende_placeringar",
        _cell("beslut_datum", "2099-01-01"),
    ),
    "amounts_in_ore": Fault(
        "Sökta och beviljade belopp är i öre i stället för kronor.",
        "ekonomiskt_bistand_beslut",
        _in_another_unit(_AMOUNTS, Decimal(100)),
        files_back=1,
    ),
    "amounts_tenfold": Fault(
        "Decimaltecknet i beloppen är flyttat ett steg, så att de är tio gånger för stora.",
        "ekonomiskt_bistand_beslut",
        _in_another_unit(_AMOUNTS, Decimal(10)),
        files_back=2,
    ),
    "amounts_in_thousands": Fault(
        "Beloppen är i tusental kronor i stället för kronor.",
        "ekonomiskt_bistand_beslut",
        _in_another_unit(_AMOUNTS, Decimal("0.001")),
        files_back=3,
    ),
    "half_the_rows": Fault(
        "Filen har bara hälften av periodens rader.",
        "ekonomiskt_bistand_beslut",
        _half_the_rows,
        files_back=4,
    ),
    "swapped_columns": Fault(
        "Kolumnerna sokt_belopp och beviljat_belopp har bytt innehåll.",
        "ekonomiskt_bistand_beslut",
        _swapped(*_AMOUNTS),
        files_back=5,
    ),
    "swapped_dates": Fault(
        "Kolumnerna ansokan_datum och beslut_datum har bytt innehåll.",
        "ekonomiskt_bistand_beslut",
        _swapped("ansokan_datum", "beslut_datum"),
        files_back=6,
    ),
    "share_of_a_code": Fault(
        "Varannan rad har fått boendeformen inneboende.",
        "ekonomiskt_bistand_beslut",
        _column_changed("boendeform", lambda place, cell: "inneboende" if place % 2 else cell),
        files_back=7,
    ),
    "missing_cells": Fault(
        "Avslagsgrunden saknas på varje rad.",
        "ekonomiskt_bistand_beslut",
        _column_changed("avslagsgrund", lambda _place, _cell: ""),
        files_back=8,
    ),
}

# Deliveries that keep the contract and are like those before them, and whose figures cannot be
# right: one that the suite on its raw table finds, and one that only the marts can show.
IMPLAUSIBLE: Final[Mapping[str, Fault]] = {
    "children_too_many": Fault(
        "Barnen är en femtedel för många, som när en stadsdel är dubbel.",
        "socioekonomi_stadsdel",
        _column_changed("barn_0_17", lambda _place, cell: str(int(cell) * 6 // 5)),
    ),
    "households_of_a_board_too_few": Fault(
        "Hushållen i en nämnd är bara en tjugondel så många som de ska vara.",
        "hushall_stadsdel",
        _board_of_few_households,
        suffix="parquet",
    ),
}

# Deliveries that keep the contract and are a little unlike those before them: observed, never held.
DRIFTS: Final[Mapping[str, Fault]] = {
    "moved_share_of_a_code": Fault(
        "Var femte rad har fått boendeformen inneboende.",
        "ekonomiskt_bistand_beslut",
        _column_changed("boendeform", lambda place, cell: cell if place % 5 else "inneboende"),
    ),
    "new_column": Fault(
        "Filen har en kolumn som inte ingår i avtalet.", "vald_arenden", _new_column
    ),
}

_KNOWN: Final[Mapping[str, Fault]] = {**FAULTS, **IMPLAUSIBLE, **DRIFTS}


def require_known(names: Iterable[str]) -> None:
    """Refuse faults that there are none of, before anything is written.

    Args:
        names: What is to be planted.

    Raises:
        ValueError: If one is unknown; the text is Swedish and says which there are.
    """
    if unknown := [name for name in names if name not in _KNOWN]:
        raise ValueError(f"Okänt fel: {', '.join(unknown)}. Välj bland: {', '.join(_KNOWN)}.")


def write_fault(inbox: Path, name: str) -> Path:
    """Spoil a late delivery of one register.

    Args:
        inbox: An inbox that `city.write_city` wrote.
        name: A key of `FAULTS`, `IMPLAUSIBLE` or `DRIFTS`.

    Returns:
        The bad file, which replaces a good one or lies beside it.

    Raises:
        ValueError: If there is no such fault.
        FileNotFoundError: If the inbox has too few files of the register.
    """
    require_known([name])
    fault = _KNOWN[name]
    deliveries = sorted((inbox / fault.register).glob(f"{fault.register}_*.{fault.suffix}"))
    if len(deliveries) <= fault.files_back:
        raise FileNotFoundError(inbox / fault.register)
    return fault.plant(deliveries[-1 - fault.files_back])
