"""The ledger as a file: publications are read into it once, and an audit knows what they told."""

import hashlib
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.flow.accesses import access_faults, note_access
from orchestration.flow.disclosing import audit_warehouse
from orchestration.flow.explaining import NoSuchCellError, explain
from orchestration.flow.ledger import (
    Edition,
    LedgerError,
    append,
    begun_anew_at,
    import_published,
    read_ledger,
)
from orchestration.flow.verification import verify
from orchestration.settings import Settings

# The homeless of a city with two boards; two are of no board.
COUNTS = {"0180": 52, "0180-a": 30, "0180-b": 20}
MORE = {"0180": 53, "0180-a": 31, "0180-b": 20}


def name_of(geography: str, quantity: str = "count") -> str:
    """As the models name a cell."""
    told = f"2023-01-01|{geography}|total|total|{quantity}"
    return f"homeless_persons-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


CITY, NORTH, SOUTH = map(name_of, COUNTS)
REST = "homeless_persons-rest"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    write_warehouse(made, COUNTS)
    return made


def write_warehouse(settings: Settings, counts: dict[str, int]) -> None:
    settings.warehouse_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            """
            create schema disclosure; create schema seeds; create schema marts;
            create table disclosure.cells (
                cell_id varchar, count_id varchar, area varchar, quantity varchar,
                period_start date, geography_id varchar, breakdown varchar, category varchar,
                value bigint, persons bigint, is_shown boolean, is_public boolean,
                is_todays_map boolean, others_of_largest double
            );
            create table disclosure.equations (
                equation_id varchar, cell_id varchar, coefficient integer, kind varchar,
                declared_in varchar
            );
            create table disclosure.nested (whole_cell_id varchar, cell_id varchar);
            create table disclosure.figures as select 'homeless_persons' as indicator_id,
                'r' as source_id, 'numerator' as part, 'total' as breakdown, 'total' as category,
                'homeless_persons' as count_id, 'total' as cell_breakdown,
                'total' as cell_category, 1 as factor, false as is_amount;
            create table seeds.counts as
                select 'homeless_persons' as count_id, 'Personer i hemlöshet' as counted_sv;
            create table marts.geographies as
                select * from (values ('0180', 'Stockholms stad'), ('0180-a', 'Norra'),
                    ('0180-b', 'Södra')) as t (geography_id, name);
            """
        )
        rest = counts["0180"] - counts["0180-a"] - counts["0180-b"]
        cells = [(name_of(each), "count", each, value) for each, value in counts.items()]
        for cell_id, quantity, place, value in [*cells, (REST, "unallocated", "0180", rest)]:
            connection.execute(
                "insert into disclosure.cells values (?, 'homeless_persons', 'hemloshet', ?,"
                " '2023-01-01', ?, 'total', 'total', ?, ?, ?, false, true, null)",
                [cell_id, quantity, place, value, value, quantity == "count"],
            )
        for cell_id, coefficient in ((CITY, 1), (NORTH, -1), (SOUTH, -1), (REST, -1)):
            connection.execute(
                "insert into disclosure.equations"
                " values ('sum', ?, ?, 'boards', 'homeless_persons_boards')",
                [cell_id, coefficient],
            )


def write_edition(place: Path, counts: dict[str, int], built_at: str, status: str = "") -> None:
    """A publication as `storage.snapshot` lays it, with what is no count of a register beside."""
    place.mkdir(parents=True)
    with duckdb.connect(str(place / "marts.duckdb")) as connection:
        connection.execute(
            """
            create schema meta;
            create table meta.publication (
                built_at timestamp with time zone, disclosure_status varchar
            );
            create table indicator_values (
                municipality_id varchar, indicator_id varchar, source_id varchar,
                period_start date, period_grain varchar, geography_id varchar, breakdown varchar,
                category varchar, numerator double, denominator double
            );
            """
        )
        connection.execute("insert into meta.publication values (?, ?)", [built_at, status])
        rows = [("homeless_persons", "r", "year", each, n) for each, n in counts.items()]
        others = [
            ("homeless_persons", "kolada", "year", "0180", 999),
            ("population", "r", "year", "0180", 984748),
            ("homeless_persons", "r", "month", "0180-a", 3),
            ("homeless_persons", "r", "year", "0180-c", None),
        ]
        for indicator, source, grain, geography, numerator in [*rows, *others]:
            connection.execute(
                "insert into indicator_values values"
                " ('0180', ?, ?, '2023-01-01', ?, ?, 'total', 'total', ?, null)",
                [indicator, source, grain, geography, numerator],
            )


def editions(settings: Settings) -> Path:
    return settings.published_dir / "tidigare"


def ran(settings: Settings, *words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["disclosure", *words, "--home", str(settings.home)])
    return answer.exit_code, answer.output.replace("\n", " ")


def test_what_was_published_is_read_once(settings: Settings) -> None:
    write_edition(editions(settings) / "2026-01-02T020000", MORE, "2026-01-02T02:00:00Z")
    write_edition(editions(settings) / "2026-01-01T020000", COUNTS, "2026-01-01T02:00:00Z")
    write_edition(
        settings.home / "as_of" / "2025-12-01" / "published" / "tidigare" / "x",
        COUNTS, "2026-01-03T02:00:00Z",
    )  # fmt: skip
    found = import_published(settings)
    assert (found.editions, found.kept, found.cells) == (3, 0, 3)
    ledger = read_ledger(settings)
    told = {
        publication.publication_id: {(each.cell_id, each.vintage, each.value) for each in entries}
        for publication, entries in ledger.in_order()
    }
    assert told == {
        "2026-01-01T020000": {(CITY, 1, 52), (NORTH, 1, 30), (SOUTH, 1, 20)},
        "2026-01-02T020000": {(CITY, 2, 53), (NORTH, 2, 31)},
        "as_of/2025-12-01/x": {(CITY, 1, 52), (NORTH, 1, 30)},
    }
    assert list(told) == sorted(told)
    assert not any("Liggaren" in fault for fault in verify(settings).faults_sv)
    again = import_published(settings)
    assert (again.editions, again.kept, again.cells) == (0, 3, 3)
    assert read_ledger(settings).head == ledger.head


def test_only_the_owner_reads_the_ledger(settings: Settings) -> None:
    write_edition(editions(settings) / "a", COUNTS, "2026-01-01T02:00:00Z")
    import_published(settings)
    assert stat.S_IMODE(settings.ledger_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.restricted_dir.stat().st_mode) == 0o700


def test_an_audit_says_what_is_out_and_keeps_the_rest(settings: Settings) -> None:
    assert audit_warehouse(settings).kept_secret == 1
    write_edition(editions(settings) / "a", COUNTS, "2026-01-01T02:00:00Z")
    import_published(settings)
    found = audit_warehouse(settings)
    assert (found.secrets, found.published, found.following) == (1, 0, 1)
    assert (found.kept_secret, found.bare, found.recoverable, found.secondary) == (0, 0, 0, 0)
    code, output = ran(settings, "audit")
    assert code == 0
    assert "1 redan ute: 0 har visats i tidigare utgåvor, och 1 till följer" in output
    assert "Det går inte att ta tillbaka" in output
    assert "0 av 0 att räkna fram" in output


def test_a_small_cell_that_was_shown_is_out(settings: Settings) -> None:
    write_warehouse(settings, {"0180": 34, "0180-a": 30, "0180-b": 4})
    append(settings, Edition("p", datetime(2026, 1, 1, tzinfo=UTC), {SOUTH: (4, True)}))
    found = audit_warehouse(settings)
    assert (found.secrets, found.published, found.following) == (1, 1, 0)
    told = explain(settings, SOUTH)
    assert (told.cell.told.status, told.cell.told.attack) == ("primary", "published")
    assert told.is_out


def test_two_publications_are_attacked_together(settings: Settings) -> None:
    """The first hid the south for those of no board; alone, the next would hide the north."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    hidden = {CITY: (52, True), NORTH: (30, True), SOUTH: (20, False)}
    append(settings, Edition("p", day, hidden))
    assert audit_warehouse(settings).recoverable == 0
    # One came late, to the north: the old sum is known beside the new one.
    write_warehouse(settings, MORE)
    found = audit_warehouse(settings)
    assert (found.recoverable, found.following, found.gone, found.bare) == (0, 0, 0, 1)
    assert explain(settings, SOUTH).cell.told.status == "secondary"
    append(settings, Edition("q", day, {SOUTH: (20, True), "homeless_persons-none": (7, True)}))
    # Whoever shows the south now has told of those of no board too.
    told = audit_warehouse(settings)
    assert (told.recoverable, told.following, told.gone) == (0, 1, 1)
    assert "1 celler har publicerats och finns inte längre" in ran(settings, "audit")[1]


@pytest.mark.parametrize(
    "change",
    [
        "update cells set value = 21 where value = 20",
        "delete from cells where value = 20",
        "update publications set published_at = published_at + interval 1 second",
        "delete from publications",
        "drop table cells",
    ],
)
def test_a_changed_ledger_stops_everything(settings: Settings, change: str) -> None:
    write_edition(editions(settings) / "a", COUNTS, "2026-01-01T02:00:00Z")
    import_published(settings)
    with duckdb.connect(str(settings.ledger_path)) as connection:
        connection.execute(change)
    for words in (("audit",), ("import-published",)):
        code, output = ran(settings, *words)
        assert code == 1
        assert "Liggaren över det som har publicerats" in output
        assert "lägg tillbaka filen ur säkerhetskopian" in output
    assert not settings.disclosure_path.exists()
    assert any("Liggaren" in fault for fault in verify(settings).faults_sv)


def test_a_ledger_that_is_gone_or_cut_off_is_missed(settings: Settings) -> None:
    write_edition(editions(settings) / "a", COUNTS, "2026-01-01T02:00:00Z")
    import_published(settings)
    first = settings.ledger_path.read_bytes()
    append(settings, Edition("p", datetime(2026, 1, 2, tzinfo=UTC), {SOUTH: (20, True)}))
    audit_warehouse(settings)
    settings.ledger_path.write_bytes(first)
    with pytest.raises(LedgerError, match="har ändrats eller kortats"):
        audit_warehouse(settings)
    settings.ledger_path.unlink()
    with pytest.raises(LedgerError, match="är borta"):
        audit_warehouse(settings)


def test_a_ledger_that_is_lost_for_good_is_begun_anew_and_says_so(settings: Settings) -> None:
    """With what the decided copies have shown; until it is accepted, nothing is decided."""
    write_edition(editions(settings) / "a", COUNTS, "2026-01-01T02:00:00Z")
    decided = {**COUNTS, "0180-a": 31}
    write_edition(editions(settings) / "b", decided, "2026-01-02T02:00:00Z", status="prövad")
    append(settings, Edition("p", datetime(2026, 1, 2, tzinfo=UTC), {SOUTH: (20, True)}))
    audit_warehouse(settings)
    whole = ran(settings, "accept-lost-ledger", "--reason", "disken")
    assert (whole[0], "är som den skrevs" in whole[1]) == (2, True)
    assert ran(settings, "accept-lost-ledger")[0] == 2
    settings.ledger_path.write_bytes(b"nothing")
    wal = settings.ledger_path.with_name("ledger.duckdb.wal")
    wal.write_bytes(b"written last")
    code, output = ran(settings, "audit")
    assert (code, "accept-lost-ledger --reason" in output) == (1, True)

    code, output = ran(settings, "accept-lost-ledger", "--reason", "disken gick sönder")

    assert code == 0, output
    assert "finns kvar: 1, celler som de har visat: 3." in output
    [first, second] = read_ledger(settings).publications
    assert first.publication_id.startswith("ny kedja: disken gick sönder (")
    assert second.publication_id == "b"
    assert begun_anew_at(settings) == first.published_at
    [kept] = settings.restricted_dir.glob("ledger.*.duckdb")
    assert kept.read_bytes() == b"nothing"
    assert kept.with_name(f"{kept.name}.wal").read_bytes() == b"written last"
    assert stat.S_IMODE(settings.ledger_path.stat().st_mode) == 0o600
    assert audit_warehouse(settings).published == 0
    # A chain that nobody has lost says nothing of the kind.
    settings.ledger_path.unlink()
    assert begun_anew_at(settings) is None
    append(settings, Edition("p", datetime(2026, 1, 2, tzinfo=UTC), {SOUTH: (20, True)}))
    assert begun_anew_at(settings) is None


def test_an_opening_that_is_logged_before_any_publication_stops_nothing(settings: Settings) -> None:
    """The log and the ledger share a file, whichever is written first."""
    note_access(settings, "query", "prov", "select 1")
    assert begun_anew_at(settings) is None
    assert audit_warehouse(settings).published == 0
    append(settings, Edition("p", datetime(2026, 1, 2, tzinfo=UTC), {SOUTH: (20, True)}))
    assert read_ledger(settings).names == {"p"}
    assert list(access_faults(settings)) == []


def test_an_edition_that_cannot_be_read_is_told_and_nothing_is_written(settings: Settings) -> None:
    write_edition(editions(settings) / "a", COUNTS, "2026-01-01T02:00:00Z")
    write_edition(editions(settings) / "b", COUNTS, "2026-01-01T02:00:00Z")
    (editions(settings) / "b" / "marts.duckdb").write_bytes(b"nothing")
    code, output = ran(settings, "import-published")
    assert code == 1
    assert "vad den har visat är okänt" in output
    assert read_ledger(settings).publications == ()


def test_two_at_a_time_are_told_of_each_other(settings: Settings) -> None:
    audit_warehouse(settings)
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.disclosure_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        code, output = ran(settings, "audit")
        other.communicate("")
    assert code == 2
    assert f"En annan process (pid {other.pid}" in output
    assert "vänta tills den är klar" in output


def test_a_cell_is_explained_to_those_who_may_read(settings: Settings) -> None:
    append(settings, Edition("p", datetime(2026, 1, 1, tzinfo=UTC), {NORTH: (29, True)}))
    audit_warehouse(settings)
    code, output = ran(settings, "explain", REST)
    assert code == 0
    assert "Personer i hemlöshet, av ingen nämnd, 2023, Stockholms stad" in output
    assert "Antal: 2." in output
    assert "Besked: döljs, för att den är liten." in output
    assert "Regel: en rest som är mindre än reglernas gräns." in output
    assert "Så nära kommer man" in output
    south = ran(settings, "explain", SOUTH)[1]
    assert "Besked: döljs, för att en liten cell annars följer." in south
    assert "Utgåva p (2026-01-01): 29, visat." in ran(settings, "explain", NORTH)[1]
    told = explain(settings, REST)
    [(declared, kind, terms)] = [(each.declared_in, each.kind, each.terms) for each in told.sums]
    assert (declared, kind) == ("homeless_persons_boards", "boards")
    assert {(sign, cell.cell_id) for sign, cell in terms} == {
        (1, CITY), (-1, NORTH), (-1, SOUTH), (-1, REST)
    }  # fmt: skip


def test_a_cell_that_is_none_is_told(settings: Settings) -> None:
    with pytest.raises(NoSuchCellError, match="avvik disclosure audit först"):
        explain(settings, REST)
    audit_warehouse(settings)
    code, output = ran(settings, "explain", "homeless_persons-0")
    assert code == 2
    assert "Det finns ingen sådan cell" in output
