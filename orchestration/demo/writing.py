"""Files as a city's case system exports them: text in three encodings, one workbook, one Parquet.

Takes typed columns and turns them into bytes; what the columns hold belongs in the register
modules. The same columns give the same bytes, whenever and wherever they are written.
"""

import io
import os
import re
import zipfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, ParamSpec

import numpy as np
import openpyxl
import pandas as pd
from numpy.typing import NDArray

from orchestration.database import connect
from orchestration.demo.sampling import Days, Floats, Ints
from orchestration.demo.targets import YEARS

Encoding = Literal["utf-8", "utf-8-sig", "cp1252"]
Progress = Callable[[str, int, int], None]
_P = ParamSpec("_P")

_LAST_YEAR: Final = YEARS[-1]
_FIRST_MONTH: Final = (YEARS[0] - 1970) * 12

_MONTH: Final = "exported_month"
# So many years of a register wait to be written at most.
_AT_MOST_WAITING: Final = 2
# 2024-01-15 06:00 UTC, when the last year's figures could have been exported.
WRITTEN_AT: Final = 1_705_298_400

# A reserve id is a negative number (see `people.reserve_code`).
_IDENTITY_SQL: Final = """case
    when "{name}" > 0 then "{name}"::varchar
    when "{name}" = 0 then null
    when -"{name}" % 1000 < 100
        then (-"{name}" // 1000) || '-TF' || lpad((-"{name}" % 1000)::varchar, 2, '0')
    else (-"{name}" // 1000) || '-T' || (-"{name}" % 1000)
end"""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of a column and the SQL that writes them as text.

    Attributes:
        values: What the column holds, shape (n,).
        labels: Texts that whole numbers stand for; -1 stands for an empty cell.
        sql: Expression over `"{name}"`.
    """

    values: NDArray[np.generic]
    labels: tuple[str, ...] | None = None
    sql: str = '"{name}"'

    def held(self) -> "NDArray[np.generic] | pd.Categorical[str]":
        """The values as a data frame holds them."""
        if self.labels is None:
            return self.values
        codes: NDArray[np.int16] = self.values.astype(np.int16)
        return pd.Categorical.from_codes(codes, pd.Index(self.labels))

    def texts(self) -> list[object]:
        """All values as a workbook takes them: whole numbers and texts."""
        cells: list[object] = self.values.tolist()
        if self.labels is None:
            return cells
        return [self.labels[position] for position in self.values.astype(np.int64).tolist()]


Table = Mapping[str, Column]


def code(values: Ints, labels: Sequence[str]) -> Column:
    """A code: positions in `labels`, -1 for an empty cell."""
    return Column(values.astype(np.int16), tuple(labels))


def flag(values: NDArray[np.bool_] | Ints) -> Column:
    """Yes and no as J and N; -1 for an empty cell."""
    return Column(values.astype(np.int8), ("N", "J"))


def sex(male: NDArray[np.bool_]) -> Column:
    """K and M."""
    return Column(male.astype(np.int8), ("K", "M"))


def number(values: Ints) -> Column:
    """Whole numbers; -1 for an empty cell."""
    return Column(values, sql='case when "{name}" <> -1 then "{name}" end')


def serial(prefix: str, values: Ints) -> Column:
    """Running numbers behind a prefix."""
    return Column(values, sql=f"'{prefix}' || \"{{name}}\"")


def identity(values: Ints) -> Column:
    """Identity numbers as `people.People` holds them; 0 for an empty cell."""
    return Column(values, sql=_IDENTITY_SQL)


def date(days: Days) -> Column:
    """Days since 1970-01-01; `sampling.NO_DAY` for an empty cell."""
    return Column(days.astype("datetime64[D]").astype("datetime64[s]"), sql='"{name}"::date')


def month(months: Ints) -> Column:
    """Months since January 1970, within the years that are written."""
    labels = [f"{year}-{of_year:02d}" for year in YEARS for of_year in range(1, 13)]
    return code(months - _FIRST_MONTH, labels)


def amount(ore: Ints) -> Column:
    """Amounts in öre, as kronor with a decimal comma."""
    return Column(ore, sql='printf(\'%d,%02d\', "{name}" // 100, "{name}" % 100)')


def decimal(values: Floats, decimals: int) -> Column:
    """Numbers with a decimal comma, as short as they can be written."""
    short = "rtrim(rtrim(printf('%.{decimals}f', \"{{name}}\"), '0'), '.')"
    return Column(values, sql=f"replace({short.format(decimals=decimals)}, '.', ',')")


@dataclass(frozen=True, slots=True)
class _Style:
    encoding: Encoding
    line_end: Literal["\n", "\r\n"] = "\n"


# The case systems were exchanged over the years, and their habits with them.
_SECOND_SYSTEM, _THIRD_SYSTEM = 2019, 2021
_MIGRATED: Final = _Style("cp1252", "\r\n")
_STYLES: Final[Mapping[str, _Style]] = {
    "socioekonomi_stadsdel": _Style("utf-8"),
    "skyddat_boende_placeringar": _Style("utf-8-sig", "\r\n"),
    "rvc_samtalsstod": _Style("utf-8-sig"),
    "vald_arenden": _Style("utf-8"),
    "boendestod_beslut": _Style("cp1252"),
    "socialpsykiatri_insatser": _Style("cp1252"),
    "barn_unga_arenden": _Style("utf-8"),
    "budget_skuldradgivning": _Style("utf-8", "\r\n"),
    "avhysningar_barn": _Style("cp1252", "\r\n"),
    "familjeratt_arenden": _Style("utf-8-sig", "\r\n"),
    "missbruk_insatser": _Style("utf-8"),
    "barn_unga_placeringar": _Style("utf-8"),
    "barn_unga_oppenvard": _Style("cp1252", "\r\n"),
    "lss_insatser": _Style("utf-8-sig", "\r\n"),
    "insatser_utan_behovsprovning": _Style("utf-8"),
    "hemloshet_kartlaggning": _Style("cp1252", "\r\n"),
}


def _style(register: str, year: int) -> _Style:
    if register == "ekonomiskt_bistand_beslut":
        if year < _SECOND_SYSTEM:
            return _MIGRATED
        return _Style("utf-8-sig", "\r\n") if year < _THIRD_SYSTEM else _Style("utf-8")
    if register == "barn_unga_arenden" and year < _SECOND_SYSTEM:
        return _MIGRATED
    return _STYLES[register]


class Exporter:
    """Writes the files of an inbox, each of them whole or not at all.

    One after the other, in a thread of its own: while DuckDB writes a file, the rows of the next
    are made. What is written is what the columns held when they were handed over.

    Args:
        inbox: Directory that gets one directory a register; made if it is not there.
        file_count: How many files there will be, for `progress`.
        progress: Called after each file with the register, the files written and their number.
    """

    def __init__(self, inbox: Path, *, file_count: int, progress: Progress | None = None) -> None:
        self._inbox = inbox
        self._file_count = file_count
        self._progress = progress
        self._connection = connect(directories=[inbox])
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._waiting: deque[Future[None]] = deque()
        self.written: list[Path] = []

    def finish(self) -> None:
        """Wait until all that was handed over is written.

        Raises:
            OSError: If the inbox cannot be written.
        """
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """Let go of the database that writes; what waits to be written is left."""
        self._writer.shutdown(cancel_futures=True)
        self._connection.close()

    def year(self, register: str, year: int, table: Table) -> None:
        """Write a year's rows as one file."""
        self._one_file(register, str(year), table)

    def survey(self, register: str, period: str, table: Table) -> None:
        """Write one survey as one file named by its month."""
        self._one_file(register, period, table)

    def months(self, register: str, table: Table, months: Ints) -> None:
        """Write a year's rows as one file a month; a month without rows has no file.

        Args:
            register: The register's name.
            table: A year's rows.
            months: Months since January 1970 of each row.
        """
        files = {
            f"{1970 + number // 12}-{number % 12 + 1:02d}": f"{_MONTH} = {number}"
            for number in np.unique(months).tolist()
        }
        self._later(self._write, register, _Staged.of(table, months), files)

    def history_then_months(self, register: str, year: int, table: Table, months: Ints) -> None:
        """Write a year as one file, as migrated history is, but the last year month by month.

        Args:
            register: The register's name.
            year: The calendar year.
            table: The year's rows.
            months: Months since January 1970 of each row.
        """
        if year < _LAST_YEAR:
            self.year(register, year, table)
        else:
            self.months(register, table, months)

    def workbook(self, register: str, year: int, table: Table) -> None:
        """Write a year's rows as an xlsx workbook."""
        path = self._path(register, f"{register}_{year}.xlsx")
        self._later(self._finish, register, path, _workbook_bytes(register, table))

    def parquet(self, register: str, year: int, table: Table) -> None:
        """Write a year's rows as a Parquet file."""
        path = self._path(register, f"{register}_{year}.parquet")
        self._later(self._write_parquet, register, path, _Staged.of(table))

    def _one_file(self, register: str, period: str, table: Table) -> None:
        self._later(self._write, register, _Staged.of(table), {period: "true"})

    def _later(self, write: Callable[_P, None], *given: _P.args, **named: _P.kwargs) -> None:
        """Write when all that waits is written; a city is not held in memory."""
        while len(self._waiting) >= _AT_MOST_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._writer.submit(write, *given, **named))

    def _write(self, register: str, staged: "_Staged", files: Mapping[str, str]) -> None:
        """Write rows as text.

        Args:
            register: The register's name.
            staged: The rows.
            files: For the period of each file, which of them it has.
        """
        self._stage(staged)
        for period, where in files.items():
            path = self._path(register, f"{register}_{period}.csv")
            self._copy(staged, path, "format csv, delimiter ';', header", where)
            style = _style(register, int(period[:4]))
            if style == _Style("utf-8"):
                self._finish(register, path, None)
                continue
            text = _part(path).read_text(encoding="utf-8")
            if style.line_end != "\n":
                text = text.replace("\n", style.line_end)
            self._finish(register, path, text.encode(style.encoding))

    def _write_parquet(self, register: str, path: Path, staged: "_Staged") -> None:
        self._stage(staged)
        self._copy(staged, path, "format parquet, compression zstd")
        self._finish(register, path, None)

    def _stage(self, staged: "_Staged") -> None:
        """Put the rows, as they are to be written, into the table `staged`."""
        self._connection.register("held", staged.held)
        self._connection.execute(
            f"create or replace temp table staged as select {', '.join(staged.selected)} from held"
        )
        self._connection.unregister("held")

    def _copy(self, staged: "_Staged", path: Path, options: str, where: str = "true") -> None:
        names = ", ".join(f'"{name}"' for name in staged.names)
        target = str(_part(path)).replace("'", "''")
        self._connection.execute(
            f"copy (select {names} from staged where {where}) to '{target}' ({options})"
        )

    def _path(self, register: str, file_name: str) -> Path:
        directory = self._inbox / register
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory / file_name

    def _finish(self, register: str, path: Path, content: bytes | None) -> None:
        part = _part(path)
        if content is not None:
            part.write_bytes(content)
        part.chmod(0o600)
        # Nobody is writing to them any more, so a reader need not wait to be sure of it.
        os.utime(part, (WRITTEN_AT, WRITTEN_AT))
        part.replace(path)
        self.written.append(path)
        if self._progress is not None:
            self._progress(register, len(self.written), self._file_count)


@dataclass(frozen=True, slots=True)
class _Staged:
    """Rows that wait to be written.

    Attributes:
        names: Of the columns that a file has.
        held: The values, copied.
        selected: Expressions that write them as text.
    """

    names: tuple[str, ...]
    held: pd.DataFrame
    selected: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, months: Ints | None = None) -> "_Staged":
        """Copy rows.

        Args:
            table: Their columns.
            months: The month of each, where they are written month by month.
        """
        held = {name: column.held() for name, column in table.items()}
        selected = [f'{column.sql.format(name=name)} as "{name}"' for name, column in table.items()]
        if months is not None:
            held[_MONTH] = months
            selected.append(_MONTH)
        return cls(tuple(table), pd.DataFrame(held, copy=True), tuple(selected))


def _part(path: Path) -> Path:
    """Where a file grows until it is whole."""
    return path.with_name(f".{path.name}.part")


# Excel's own epoch for archive members; any fixed moment would do.
_ARCHIVE_TIME: Final = (1980, 1, 1, 0, 0, 0)
_PROPERTY_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _workbook_bytes(register: str, table: Table) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(register[:31])
    sheet.append(list(table))
    for row in zip(*(column.texts() for column in table.values()), strict=True):
        sheet.append(row)
    stamped = io.BytesIO()
    book.save(stamped)
    # openpyxl stamps the moment of writing on the archive's members and in its properties.
    still = io.BytesIO()
    with zipfile.ZipFile(stamped) as source, zipfile.ZipFile(still, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _PROPERTY_TIME.sub(b"2024-01-15T06:00:00Z", content)
            member = zipfile.ZipInfo(name, _ARCHIVE_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, content)
    return still.getvalue()


class Kept(Exporter):
    """Keeps the tables of a city instead of writing its files."""

    def __init__(self) -> None:  # it has no directory and no database
        self.tables: dict[str, list[Table]] = {}

    def history_then_months(self, register: str, year: int, table: Table, months: Ints) -> None:
        """Keep a year's rows."""
        del year, months
        self.tables.setdefault(register, []).append(table)

    def column(self, register: str, name: str) -> Ints:
        """A column of a register, as numbers; days since 1970 of a date."""
        parts = [np.asarray(table[name].values) for table in self.tables[register]]
        days = parts[0].dtype.kind == "M"
        return np.concatenate(
            [part.astype("datetime64[D]") if days else part for part in parts]
        ).astype(np.int64)
