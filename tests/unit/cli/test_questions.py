"""A question reads what is published, and nothing else of the machine; what it answers is text."""

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.cli.answering import answer
from orchestration.cli.output import refuse
from orchestration.outside import is_plain

SECRET = bytes(range(3, 51, 3)).hex()
# What a cell of a published table might hold, from a publisher or a supplier.
ODD = "[red]r[/red] :x: [/x] \x1b[2J\x9b1m \x07\r\n\t\x7f\u202e\u200b\u2028\u2066 å"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with something published, a key, and the operator's own files beside it."""
    beside = tmp_path_factory.mktemp("operator")
    home = beside / "home"
    (home / "published").mkdir(parents=True)
    (home / "keys").mkdir()
    (home / "restricted").mkdir()
    (home / "keys" / "pseudonym.key").write_text(SECRET)
    with duckdb.connect(str(home / "restricted" / "marts.duckdb")) as connection:
        connection.execute(f"create table deviations as select '{SECRET}' as a")
    (beside / "own.csv").write_text(f"a\n{SECRET}\n")
    with duckdb.connect(str(beside / "own.duckdb")) as connection:
        connection.execute(f"create table own as select '{SECRET}' as a")
        connection.execute(f"copy own to '{beside}/own.parquet'")
    with duckdb.connect(str(home / "published" / "marts.duckdb")) as connection:
        connection.execute("create table deviations (a integer, words varchar)")
        connection.execute("insert into deviations values (1, ?)", [ODD])
        # A file may have been made elsewhere.
        reads = f"from read_text('{home}/keys/*')"
        connection.execute(f"create view trap as select * {reads}")
        connection.execute(f"create view csv_trap as from '{beside}/own.csv'")
        connection.execute(f"create macro rows_trap() as table select * {reads}")
        connection.execute(f"create macro value_trap() as (select content {reads})")
    return home


def ask(home: Path, sql: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["query", sql, "--home", str(home), *options])


def lying(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Each as it would be typed; {home} is the home and {out} a name that nothing has.
READS = [
    "select * from read_text('{home}/keys/pseudonym.key')",
    "select * from read_text(['{home}/keys/pseudonym.key'])",
    "select * from read_text('{home}/published/../keys/pseudonym.key')",
    "select * from read_blob('{home}/keys/pseudonym.key')",
    "select * from read_csv('{home}/keys/pseudonym.key', header = false)",
    "select * from read_json('{home}/keys/pseudonym.key')",
    "select * from read_ndjson_objects('{home}/keys/pseudonym.key')",
    "select * from sniff_csv('{home}/../own.csv')",
    "select * from '{home}/../own.csv'",
    "from '{home}/../own.parquet'",
    "select * from parquet_metadata('{home}/../own.parquet')",
    "select * from parquet_schema('{home}/../own.parquet')",
    "select * from read_duckdb('{home}/../own.duckdb')",
    "select * from glob('{home}/**')",
    "select * from glob('/etc/*')",
    "select * from read_text('/etc/passwd')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_text('~/.netrc')",
    "select * from trap",
    "select * from marts.trap",
    "from csv_trap",
    "from rows_trap()",
    "select value_trap()",
    "select a, (select value_trap()) from deviations",
    "describe trap",
    "summarize csv_trap",
    "select * from query('from read_text(''{home}/keys/pseudonym.key'')')",
    "explain analyze select * from read_text('{home}/keys/pseudonym.key')",
    "with a as (from read_text('{home}/keys/pseudonym.key')) select * from a",
    "select (select content from read_text('{home}/keys/pseudonym.key'))",
    "prepare a as from read_text('{home}/keys/pseudonym.key'); execute a",
    "create temp macro m() as table from read_text('{home}/keys/pseudonym.key'); from m()",
    "create temp table t (a varchar); copy t from '{home}/keys/pseudonym.key'; from t",
    "attach '{home}/../own.duckdb' as own; from own.own",
    "attach '{home}/../own.duckdb' (read_only)",
    "attach '{home}/restricted/marts.duckdb' as all_of_it; from all_of_it.deviations",
    "select * from read_duckdb('{home}/published/../restricted/marts.duckdb')",
    "select * from read_blob('{home}/restricted/marts.duckdb')",
    "import database '{home}'",
    "select getenv('HOME')",
    "select * from settings",
    "select * from sql",
]
WRITES = [
    "copy deviations to '{out}'",
    "copy (select 1) to '{out}' (format parquet)",
    "copy (select 1) to '/dev/stdout'",
    "explain analyze copy deviations to '{out}'",
    "select 1; copy deviations to '{out}'",
    "export database '{out}'",
    "attach '{out}' as other",
    "attach '{out}' as other; create table other.t as select 1",
    "attach ':memory:' as other",
    "attach '{home}/published/marts.duckdb' as again (read_write)",
    "detach marts",
    "use memory",
    "create view v as select 1",
    "create macro m() as 1",
    "alter table deviations add column b integer",
    "call enable_logging(storage = 'file', storage_path = '{out}')",
    "set log_query_path = '{out}'",
    "pragma profiling_output = '{out}'",
    "pragma enable_profiling = 'json'",
    "create secret s (type http)",
    "create persistent secret s (type http)",
    "create or replace persistent secret s in local_file (type http, bearer_token 'x')",
    "insert into deviations values (2, 'x')",
    "update deviations set a = 2",
    "delete from deviations",
    "drop table deviations",
    "create table t as select 1",
    "create temp table t as select 1",
    "checkpoint",
    "vacuum",
    "comment on table deviations is 'x'",
    "truncate duckdb_logs",
]
FETCHES = [
    "install httpfs",
    "force install httpfs from 'http://127.0.0.1:9/'",
    "install spatial from community",
    "load httpfs",
    "load '{home}/../own.duckdb'",
    "update extensions",
    "call start_ui()",
    "select * from read_csv('http://127.0.0.1:9/a.csv')",
    "select * from 's3://bucket/a.parquet'",
    "select * from sqlite_scan('{home}/../own.csv', 'a')",
    "attach 'postgres:host=127.0.0.1' as p (type postgres)",
    "attach 'quack:127.0.0.1:9' as q",
]
SETTINGS = [
    "set enable_external_access = true",
    "reset enable_external_access",
    "set global enable_external_access = true",
    "pragma enable_external_access = true",
    "set lock_configuration = false",
    "set allowed_directories = ['/']",
    "set allow_unsigned_extensions = true",
    "set autoload_known_extensions = true",
    "set custom_extension_repository = 'http://127.0.0.1:9'",
    "set temp_directory = '{out}'",
    "set secret_directory = '{out}'",
    "set home_directory = '{out}'",
    "set memory_limit = '1TB'",
    "pragma threads = 1",
    "set variable x = 1",
]


@pytest.mark.parametrize("sql", [*READS, *WRITES, *FETCHES, *SETTINGS])
def test_a_question_reaches_nothing_but_the_published_tables(
    sql: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = lying(home.parent)
    result = ask(home, sql.format(home=home, out=tmp_path / "out"), "--format", "json")
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Frågan kunde inte besvaras: ")
    assert SECRET not in result.output
    assert "root:" not in result.output
    assert lying(home.parent) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sql", [*READS, *WRITES, *FETCHES, *SETTINGS])
def test_the_page_refuses_what_the_command_line_does(
    sql: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = lying(home.parent)
    found = answer(home / "published" / "marts.duckdb", sql.format(home=home, out=tmp_path / "out"))
    assert set(found) == {"fel"}
    assert found["fel"].startswith("Frågan kunde inte besvaras: ")
    assert SECRET not in found["fel"]
    assert lying(home.parent) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sql", [READS[0], WRITES[0], FETCHES[0], FETCHES[5], SETTINGS[0]])
def test_a_refused_question_says_in_swedish_what_to_do(sql: str, home: Path) -> None:
    said = ask(home, sql.format(home=home, out=home / "out")).stderr
    assert "Gör så här: " in said
    assert "Error" not in said


@pytest.mark.parametrize(
    "sql",
    [
        "select a from marts.deviations",
        "from deviations",
        "with d as (from deviations) select count(*) from d",
        "describe deviations",
        "summarize deviations",
        "show all tables",
        "pragma table_info('deviations')",
        "explain select 1",
        "values (1)",
        "select 1; select a from deviations",
        "select json_extract('{\"a\": 1}', '$.a'), strftime(date '2026-01-01', '%Y')",
        "pivot deviations on a in (1) using count(*)",
    ],
)
def test_an_analysts_questions_are_answered(sql: str, home: Path) -> None:
    result = ask(home, sql, "--format", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)


@pytest.mark.parametrize(
    ("sql", "reason", "place"),
    [
        ("selec 1", "den är inte skriven som SQL", '"selec"'),
        ("from finns_inte", "den nämner en tabell eller funktion som inte finns", "finns_inte"),
        ("select finns_inte(1)", "den nämner en tabell eller funktion", "finns_inte"),
        ("select b from deviations", "den nämner en kolumn som inte finns", '"b"'),
        (
            "select words::date from deviations",
            "ett värde kan inte läsas som den typ",
            "date field",
        ),
        ("select error('x')", "något gick fel i databasen", "x"),
    ],
)
def test_an_unanswered_question_is_told_in_swedish_and_as_duckdb_points_at_it(
    sql: str, reason: str, place: str, home: Path
) -> None:
    result = ask(home, sql)
    assert result.exit_code == 2
    why, said = result.stderr.split("\nDuckDB säger: ")
    assert why.startswith(f"Frågan kunde inte besvaras: {reason}")
    assert "Gör så här: " in why
    assert place in said


def test_a_published_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "marts.duckdb").write_text("x" * 10_000)
    for typed in (["query", "select 1"], ["deviations"], ["sources"]):
        result = CliRunner().invoke(app, [*typed, "--home", str(tmp_path)])
        assert result.exit_code == 2
        assert "avvik verify" in result.stderr


def test_a_cell_is_shown_as_the_text_it_is(home: Path) -> None:
    shown = ask(home, 'select words as "[b]\x1b]0;x\x07" from deviations').stdout
    assert shown.startswith("[b]\\x1b]0;x\\x07\n")
    unfolded = shown.replace("\n", "").replace(" ", "")
    for kept in ("[red]r[/red]", ":x:", "[/x]", "\\x1b[2J\\x9b1m", "\\x07\\r\\n\\t\\x7f\\u202e"):
        assert kept in unfolded, shown
    assert is_plain(shown.replace("\n", ""))


def test_json_holds_the_cell_whole_and_shows_nothing_that_a_terminal_acts_on(home: Path) -> None:
    shown = ask(home, "select words from deviations", "--format", "json").stdout
    assert json.loads(shown) == [{"words": ODD}]
    assert is_plain(shown.replace("\n", ""))


def test_csv_holds_the_cell_whole_for_a_program(home: Path) -> None:
    shown = ask(home, "select words from deviations", "--format", "csv").stdout_bytes.decode()
    assert list(csv.reader(io.StringIO(shown, newline=""))) == [["words"], [ODD]]


def test_a_refusal_shows_what_was_asked_as_text(home: Path) -> None:
    said = ask(home, 'select "\x1b[2J[red]" from deviations').stderr
    assert "\x1b" not in said
    assert "\\x1b[2J[red]" in said


@pytest.mark.parametrize("text", ["[red]å[/red]", ":x:", "[/x]", "[link=http://a]b[/link]", "a\nb"])
def test_a_message_is_shown_as_it_stands(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BaseException, match="2"):
        refuse(text)
    assert capsys.readouterr().err == f"{text}\n"


def test_no_module_opens_duckdb_by_itself() -> None:
    """What one connection may reach is decided in one place."""
    package = Path(__file__).parents[3] / "orchestration"
    opening = [path.name for path in package.rglob("*.py") if "duckdb.connect(" in path.read_text()]
    assert opening == ["database.py"]
