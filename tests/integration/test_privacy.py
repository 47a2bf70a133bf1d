"""Nothing of a person leaves the inbox and landing: searched for in every file of an installation.

The whole flow meets deliveries with every kind of fault, names and identity numbers in columns that
are not theirs, and persons with protected identity. What they held is then looked for in logs,
messages, metadata, databases and published files, by bytes and by SQL.
"""

import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import dagster as dg
import duckdb
import pikepdf
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.demo.faults import FAULTS, write_fault
from orchestration.language.inline import Quoted, nodes
from orchestration.registers.contract import Column, Contract, load_contracts
from orchestration.registers.protection import FLAG, KIND, UNIT
from orchestration.reporting.document import Cell, Document, Heading, Table
from orchestration.reporting.document import Column as Named
from orchestration.reporting.render.docx import as_docx
from orchestration.reporting.render.typst import as_pdf
from orchestration.reporting.render.workbook import as_workbook
from tests.integration.conftest import Installation, failed_steps
from tests.pdf_text import pieces

# What a supplier should never have written where it stands.
SENTINEL = "Lisa Storgatan 12"
# What a free text may hold: it is kept in raw, which is about persons, and goes no further.
NOTE = "anteckning om Lisa"
HIDDEN = "199001189811"
_PRIVATE = {"inbox", "landing"}
_DIGITS = re.compile(
    r"(?<![0-9])(?:[0-9]{12}|[0-9]{10}|[0-9]{8}-[0-9]{4}|[0-9]{6}-[0-9]{4})(?![0-9])"
)
_IDENTITY = re.compile(r"(?<![0-9])(?:19|20)[0-9]{10}(?![0-9])")


def forms(numbers: Iterable[str]) -> set[str]:
    """Each number as people write it: with and without century and hyphen."""
    return {
        form
        for number in numbers
        for form in (
            number,
            number[2:],
            f"{number[:8]}-{number[8:]}",
            f"{number[2:8]}-{number[8:]}",
        )
    }


@dataclass(frozen=True)
class Secrets:
    """What must not be found."""

    numbers: frozenset[str]
    texts: tuple[str, ...] = (SENTINEL, NOTE)

    def within(self, text: str) -> bool:
        found = set(_DIGITS.findall(text)) & self.numbers
        return bool(found) or any(each in text for each in self.texts)


def secrets_of(inbox: Path) -> Secrets:
    """All identity numbers that were delivered in text files, and the sentinels."""
    numbers: set[str] = {HIDDEN}
    for path in inbox.rglob("*.csv"):
        numbers |= set(_IDENTITY.findall(path.read_bytes().decode("windows-1252", errors="ignore")))
    return Secrets(frozenset(forms(numbers)))


def places(home: Path, *secrets: Secrets) -> list[set[str]]:
    """Where in a home each of some secrets stand: files, and tables within databases."""
    found: list[set[str]] = [set() for _ in secrets]

    def look(name: str, text: str) -> None:
        for each, at in zip(secrets, found, strict=True):
            if name not in at and each.within(text):
                at.add(name)

    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if not path.is_file() or path.relative_to(home).parts[0] in _PRIVATE:
            continue
        for within, text in _texts_in(path):
            look(f"{name}{within}", text)
    return found


def _texts_in(path: Path) -> Iterator[tuple[str, str]]:
    """What a file says, and where in it."""
    written = path.read_bytes()
    match path.suffix:
        case ".duckdb":
            for table, text in _texts_of(path):
                yield f": {table}", text
        case ".db":
            with sqlite3.connect(path) as connection:
                for line in connection.iterdump():
                    yield ": SQL", line
        case ".docx" | ".xlsx":
            with zipfile.ZipFile(path) as parts:
                for part in parts.namelist():
                    yield f": {part}", parts.read(part).decode("latin-1")
        case ".pdf":
            yield ": text", _said(written)
            # Where its objects begin is told in ten digits each, which may be anybody's number.
            written = written.partition(b"\nxref\n")[0]
    # Latin-1 keeps every byte; the secrets are ASCII.
    yield "", written.decode("latin-1")


@cache
def _said(pdf: bytes) -> str:
    """What a PDF says; its draft and what is published of it are the same bytes."""
    with pikepdf.open(io.BytesIO(pdf)) as read:
        return "\n".join(each.text for each in pieces(read))


def _texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """The file is compressed: what its bytes hide, its columns show."""
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_catalog = current_database()"
        ).fetchall():
            # Names that another database of the same process may have are not asked for.
            values = connection.execute(
                f'select distinct "{column}"::varchar from "{schema}"."{table}"'
                f' where length("{column}"::varchar) >= 10'
            ).fetchall()
            yield f"{schema}.{table}", "\n".join(value for (value,) in values)


def test_the_search_finds_what_is_planted(published: Installation, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "dagster").mkdir(parents=True)
    (home / "inbox").mkdir()
    secrets = Secrets(frozenset(forms([HIDDEN])))
    (home / "inbox" / "a.csv").write_text(HIDDEN, encoding="utf-8")
    (home / "notices.log").write_text("inget", encoding="utf-8")
    assert places(home, secrets) == [set()]
    for number, form in enumerate(sorted(forms([HIDDEN]))):
        (home / f"{number}.log").write_text(f"x{form}y", encoding="utf-8")
    (home / "page.html").write_text(f"<p>{SENTINEL}</p>", encoding="utf-8")
    with sqlite3.connect(home / "dagster" / "runs.db") as lite:
        lite.execute("create table events (body text)")
        lite.execute("insert into events values (?)", [f"{'x' * 9000}{HIDDEN}"])
    hidden = Document(
        nodes("Titeln"),
        nodes("Under"),
        (
            Heading(2, nodes("Kapitlet"), "kapitlet"),
            Table(
                nodes("Tabellen"),
                (Named(nodes("Namn")),),
                ((Cell((Quoted(HIDDEN, "register", "rad"),)),),),
                "tabellen",
            ),
        ),
        "T",
    )
    now = datetime.now(UTC)
    (home / "a.pdf").write_bytes(as_pdf(hidden, now))
    (home / "a.docx").write_bytes(as_docx(hidden))
    (home / "a.xlsx").write_bytes(as_workbook(hidden, _named(hidden), now))
    shutil.copy2(published.settings.warehouse_path, home / "warehouse.duckdb")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("create table meta.planted as select $n as note", {"n": HIDDEN})
        connection.execute("create table raw.planted as select $n::bigint as n", {"n": HIDDEN})
    [found] = places(home, secrets)
    assert {name for name in found if name.endswith(".log")} == {f"{n}.log" for n in range(4)}
    assert {
        "page.html",
        "dagster/runs.db: SQL",
        "warehouse.duckdb: meta.planted",
        "warehouse.duckdb: raw.planted",
        "a.pdf: text",
        "a.docx: word/document.xml",
        "a.xlsx: xl/worksheets/sheet2.xml",
    } <= found
    assert not {name for name in found if "marts" in name}


def _named(document: Document) -> Table:
    [table] = [each for each in document.plain_blocks() if isinstance(each, Table)]
    return table


def latest_text(inbox: Path, register: str) -> Path:
    return max((inbox / register).glob("*.csv"))


def rows_of(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("windows-1252")
    return [line.split(";") for line in text.splitlines()]


def write(path: Path, rows: Iterable[Iterable[str]]) -> Path:
    path.write_text("".join(";".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def file_name(contract: Contract, place: int) -> str:
    """A name of its own for each place, of a period that the city's own files are not about."""
    if "month" in contract.periods:
        return f"{contract.register_name}_{2024 + place // 12}-{place % 12 + 1:02d}.csv"
    ending = ("csv", "txt", "xlsx", "parquet")[place // 3 % 4]
    return f"{contract.register_name}_{2024 + place % 3}.{ending}"


PERSONAL = [
    name
    for name, contract in load_contracts().items()
    if any(column.type == "identity" for column in contract.columns.values())
]


def with_each_column(
    contract: Contract, path: Path, types: Callable[[Column], bool], value: str
) -> list[list[str]]:
    """A row for each column of some types, with a value there that is not its own."""
    header, row, *_ = rows_of(path)
    rows = [header]
    for place, name in enumerate(header):
        if name in contract.columns and types(contract.columns[name]):
            changed = list(row)
            key = header.index(contract.key[-1])
            changed[key] = f"Z{place}"
            changed[place] = f"{value}{place}" if place == key else value
            rows.append(changed)
    return rows


def plant(inbox: Path, city: Path) -> list[Path]:
    """Bad deliveries of every sort; good ones get secrets in their free texts."""
    bad: list[Path] = []
    sources = {name: latest_text(inbox, name) for name in PERSONAL}
    # What is held for being unlike the other months needs them, and says aggregates alone.
    of_one_file = {name: fault for name, fault in FAULTS.items() if not fault.files_back}
    assert len(of_one_file) >= 15
    for place, (name, fault) in enumerate(of_one_file.items()):
        contract = load_contracts()[fault.register]
        source = max(path for path in city.rglob("*.csv") if path.parent.name == fault.register)
        elsewhere = inbox.parent / "faults" / name / fault.register
        elsewhere.mkdir(parents=True)
        shutil.copy2(source, elsewhere / source.name)
        spoilt = write_fault(elsewhere.parent, name)
        if name == "invalid_identity_number":
            # One row of many is held, and the others are loaded.
            spoilt.replace(inbox / fault.register / source.name)
        elif name != "same_file_twice":
            # Its content is that of another file only as long as that one is not changed: below.
            bad.append(spoilt.replace(inbox / fault.register / file_name(contract, 10 + place)))
    for register in PERSONAL:
        contract, source = load_contracts()[register], sources[register]
        folder = inbox / register
        rows = rows_of(source)

        def typed(column: Column) -> bool:
            return column.type not in {"text", "household", "identity"}

        bad += [
            write(
                folder / file_name(contract, 1), with_each_column(contract, source, typed, SENTINEL)
            ),
            write(
                folder / file_name(contract, 2), with_each_column(contract, source, typed, HIDDEN)
            ),
            # Without its header, the first person stands where the columns' names should.
            write(folder / file_name(contract, 3), [[*rows[1][:-1], SENTINEL], *rows[1:5]]),
            write(
                folder / file_name(contract, 4),
                [rows[0], *([f'"{SENTINEL}', *r] for r in rows[1:4])],
            ),
            write(folder / file_name(contract, 5), [[*rows[0], SENTINEL, HIDDEN], *rows[1:3]]),
        ]

        def free(column: Column) -> bool:
            return column.type == "text"

        hidden = with_each_column(contract, source, free, f"sak {HIDDEN[:8]}-{HIDDEN[8:]} nr ")
        noted = with_each_column(contract, source, free, f"{NOTE} {register} ")
        loaded = [
            *rows,
            *hidden[1:],
            *([f"N{r[0]}", *r[1:]] if r[0][0] == "Z" else r for r in noted[1:]),
        ]
        write(source, [rows[0], *loaded[1:]])
        twice = folder / file_name(contract, 6)
        shutil.copy2(source, twice)
        bad.append(twice)
    shutil.rmtree(inbox.parent / "faults")
    return bad


@dataclass(frozen=True)
class Spoken:
    """An installation that has met all of it, and everything it said."""

    installation: Installation
    secrets: Secrets
    said: str
    bad: int


@pytest.fixture(scope="module")
def spoken(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    installation = Installation(tmp_path_factory.mktemp("leaky"))
    shutil.copytree(city, installation.inbox)
    bad = plant(installation.inbox, city)
    secrets = secrets_of(installation.inbox)
    said = []

    def avvik(*arguments: str) -> int:
        """The command line in this process."""
        answer = CliRunner().invoke(app, arguments, env={"COLUMNS": "400"})
        said.append(answer.output + answer.stderr)
        return answer.exit_code

    home = ("--home", str(installation.home))
    # In a process of its own: whatever its libraries write beside what it says is caught, too.
    first = subprocess.run(
        [sys.executable, "-m", "orchestration", "run", *home],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "400"},
        check=False,
    )
    said.append(first.stdout + first.stderr)
    assert first.returncode == 1, said[-1]
    with dg.DagsterInstance.from_config(str(installation.settings.dagster_home)) as instance:
        [run] = instance.get_runs()
        messages = [entry.message + entry.user_message for entry in instance.all_logs(run.run_id)]
    said += messages
    assert run.run_id in installation.settings.notices.read_text(encoding="utf-8")
    for path in bad[:: len(bad) // 10]:
        avvik("check-file", str(path))
    kept_reports = installation.home / "reports_of_the_first_night"
    shutil.copytree(installation.settings.delivery_reports_dir, kept_reports)
    for path in bad:
        path.unlink()
    assert avvik("run", *home) == 0, said[-1]
    return Spoken(installation, secrets, "\n".join(said), len(bad))


def test_every_sort_of_fault_was_met(spoken: Spoken) -> None:
    installation = spoken.installation
    assert len(spoken.secrets.numbers) > 4 * 1000
    rules = {rule for (rule,) in installation.warehouse("select rule from meta.delivery_breaches")}
    assert rules >= {
        "antal_falt",
        "avgransare",
        "avhuggen",
        "datum",
        "enhet",
        "filformat",
        "framtid",
        "heltal",
        "identitet",
        "inga_rader",
        "intervall",
        "ja_nej",
        "kod",
        "kolumn_saknas",
        "nyckel_dubbel",
        "teckenkodning",
        "tom_fil",
    }
    reports = list((installation.home / "reports_of_the_first_night").iterdir())
    assert len(reports) > spoken.bad * 0.7
    assert "Gör så här" in spoken.said
    assert (installation.home / "notices.log").exists()
    assert installation.snapshot.exists()


def test_nothing_was_said_of_anybody(spoken: Spoken) -> None:
    assert len(spoken.said) > 10_000
    assert not spoken.secrets.within(spoken.said)


@pytest.fixture(scope="module")
def found_at(spoken: Spoken) -> list[set[str]]:
    """Where numbers and sentinels stand, and where free texts do: searched for at once."""
    numbers = Secrets(spoken.secrets.numbers, (SENTINEL,))
    return places(spoken.installation.home, numbers, Secrets(frozenset(), (NOTE,)))


def test_nothing_stands_anywhere_but_in_inbox_and_landing(
    spoken: Spoken, found_at: list[set[str]]
) -> None:
    home = spoken.installation.home
    kinds = {path.suffix for path in home.rglob("*") if path.is_file()}
    assert {".duckdb", ".db", ".html", ".json", ".txt", ".log"} <= kinds
    assert {".pdf", ".docx", ".xlsx"} <= kinds
    numbers = Secrets(spoken.secrets.numbers, (SENTINEL,))
    assert found_at[0] == set()
    assert places(home / "inbox", numbers) != [set()], "they were delivered"
    assert places(home / "landing", numbers) != [set()], "and landed"


def test_a_free_text_goes_no_further_than_raw(found_at: list[set[str]]) -> None:
    found = found_at[1]
    assert found - {"warehouse.duckdb"} != set(), "what was loaded is found"
    assert all(
        name == "warehouse.duckdb"
        or name.startswith(
            (
                "warehouse.duckdb: raw.",
                "warehouse.duckdb: staging.",
                "warehouse.duckdb: intermediate.",
            )
        )
        for name in found
    ), found


def test_a_protected_person_counts_in_the_city_and_in_no_board(
    published: Installation,
    fresh: Callable[[], Installation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register = "skyddat_boende_placeringar"
    contract = load_contracts()[register]
    flag = Column(type="flag", optional=True, personal="sensitive")
    flagged = contract.model_copy(update={"columns": {**contract.columns, FLAG: flag}})
    monkeypatch.setitem(load_contracts(), register, flagged)
    installation = fresh()
    files = {path: rows_of(path) for path in (installation.inbox / register).glob("*.csv")}
    placements = [
        dict(zip(rows[0], row, strict=True)) for rows in files.values() for row in rows[1:]
    ]
    persons = [row["personnummer"] for row in placements]
    [person, board] = next(
        (row["personnummer"], row["stadsdelsnamnd"])
        for row in placements
        if row["beslut_datum"].startswith("2023")
        and (row["boendeform"], row["orsak"]) == ("skyddat_boende", "vald_nara_relation")
        and persons.count(row["personnummer"]) == 1
    )
    for path, (header, *rows) in files.items():
        place = header.index("personnummer")
        marked = [[*row, "J" if row[place] == person else "N"] for row in rows]
        write(path, [[*header, FLAG], *marked])
    result = installation.rebuild("landing", "raw", "staging", "marts")
    assert result.success, failed_steps(result)
    assert installation.warehouse(
        f"select stadsdelsnamnd, person_id_kind, count(*) from raw.register__{register}"
        f" where {FLAG} group by all"
    ) == [(UNIT, KIND, 1)]

    def persons_by_place(where: Installation) -> dict[str, float]:
        return dict(
            where.warehouse(
                "select name, value from marts.indicator_values"
                " inner join marts.geographies using (geography_id)"
                " where indicator_id = 'protected_housing_persons' and breakdown = 'total'"
                " and period_grain = 'year' and year(period_start) = 2023"
            )
        )

    before, after = persons_by_place(published), persons_by_place(installation)
    assert len(before) > 5
    changed = {name: before[name] - after.get(name, 0) for name in before}
    assert {name for name, less in changed.items() if less} == {current(published, board)}
    assert set(changed.values()) == {0, 1}
    assert UNIT not in after
    for schema in ("marts", "intermediate"):
        with duckdb.connect(str(installation.settings.warehouse_path), read_only=True) as opened:
            tables = opened.execute(
                f"select table_name from duckdb_tables() where schema_name = '{schema}'"
            ).fetchall()
            assert tables
            texts = {
                table: str(opened.execute(f'from {schema}."{table}"').fetchall())
                for (table,) in tables
                if table != "int_geography_crosswalk"
            }
        assert not [table for table, text in texts.items() if UNIT in text]


def current(installation: Installation, board: str) -> str:
    """What the area of a board is called today."""
    [(name,)] = installation.published(
        "select coalesce(later.name, now.name) from marts.geographies as now"
        " left join marts.geographies as later on now.successor_id = later.geography_id"
        f" where now.name = '{board}'"
    )
    return str(name)
