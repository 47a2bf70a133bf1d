"""A register's way from a file to typed rows, and everything that can be wrong with the file."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.registers.breaches import RULES
from orchestration.registers.contract import Contract, load_contracts
from orchestration.registers.kept_texts import look_through_again
from orchestration.registers.layout import Delivery
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, create_raw_table, load_register
from tests.empty_database import empty_database
from tests.unit.registers.test_identity import WRITTEN

SECRET = b"en hemlighet som bara finns i provet"
UNITS = ["Älvsjö", "Bromma", "Socialförvaltningen"]
EVICTIONS = "avhysning_id;datum;stadsdelsnamnd;antal_barn;verkstalld;orsak\n"
GOOD = EVICTIONS + "A1;2023-02-03;Älvsjö;2;J;hyresskuld\nA2;2023-05-06;Bromma;1;N;storning\n"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as opened:
        opened.execute("create schema raw")
        yield opened


def luhn_digit(nine: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(nine)]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def fictitious(birth: str, number: int) -> str:
    nine = f"{birth[2:]}{number}"
    return f"{birth}{number}{luhn_digit(nine)}"


def load(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    files: dict[str, bytes],
    *,
    first_sequence: int = 1,
) -> list[LoadResult]:
    register = next(iter(files)).rsplit("_", 1)[0]
    deliveries = []
    for sequence, (name, content) in enumerate(files.items(), start=first_sequence):
        path = folder / f"{sequence}-{name}"
        path.write_bytes(content)
        deliveries.append(Delivery(sequence, f"sha{sequence}", name, path, "2024-01-31"))
    return load_register(
        connection,
        load_contracts()[register],
        deliveries,
        municipality_id="0180",
        units=UNITS,
        key=PseudonymKey.from_secret(SECRET),
        work_dir=folder,
    )


def evictions(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """The rows as they were delivered; that each has its place is held by itself."""
    places = connection.execute(
        "select distinct municipality_id from raw.register__avhysningar_barn"
    ).fetchall()
    assert places in ([], [("0180",)])
    return connection.execute(
        "select * exclude (municipality_id) from raw.register__avhysningar_barn order by all"
    ).fetchall()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_is_read_truly(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, encoding: str, newline: str
) -> None:
    content = GOOD.replace("\n", newline).encode(encoding)
    [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content})
    assert result.outcome == "loaded"
    assert evictions(connection) == [
        ("A1", date(2023, 2, 3), "Älvsjö", 2, True, "hyresskuld", 1, "2023", 2),
        ("A2", date(2023, 5, 6), "Bromma", 1, False, "storning", 1, "2023", 3),
    ]


def test_columns_may_come_in_another_order_and_with_others(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = (
        b"kommentar;orsak;verkstalld;antal_barn;stadsdelsnamnd;datum;avhysning_id\n"
        b"x;storning;N;1;Bromma;2023-05-06;A2\n"
    )
    [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content})
    assert result.outcome == "loaded"
    assert evictions(connection)[0][:6] == (
        "A2",
        date(2023, 5, 6),
        "Bromma",
        1,
        False,
        "storning",
    )


def test_several_files_keep_their_own_row_numbers(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [f"B{number};2022-01-01;Bromma;0;J;ovrigt\n" for number in range(500)]
    results = load(
        connection,
        tmp_path,
        {
            "avhysningar_barn_2022.csv": (EVICTIONS + "".join(rows)).encode(),
            "avhysningar_barn_2023.csv": GOOD.encode("windows-1252"),
        },
    )
    assert [(each.period, each.rows_loaded) for each in results] == [("2022", 500), ("2023", 2)]
    found = connection.execute(
        "select delivery_period, min(row_number), max(row_number), count(distinct row_number)"
        " from raw.register__avhysningar_barn group by all order by all"
    ).fetchall()
    assert found == [("2022", 2, 501, 500), ("2023", 2, 3, 2)]


def test_workbook_and_parquet_give_the_same_rows_as_text(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    header = ["ar", "stadsdelsnamnd", "hushallstyp", "antal_hushall"]
    rows: list[list[object]] = [[2023, "Bromma", 3, 1200], [2023, "Älvsjö", 4, 800]]
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        assert book.active is not None
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    connection.execute(
        "copy (select 2023 as ar, unnest(['Bromma', 'Älvsjö']) as stadsdelsnamnd,"
        " unnest([3, 4]) as hushallstyp, unnest([1200, 800]) as antal_hushall)"
        f" to '{tmp_path / 'book.parquet'}' (format parquet)"
    )
    text = ";".join(header) + "\n2023;Bromma;3;1200\n2023;Älvsjö;4;800\n"
    results = load(
        connection,
        tmp_path,
        {
            "hushall_stadsdel_2021.xlsx": (tmp_path / "book.xlsx").read_bytes(),
            "hushall_stadsdel_2022.parquet": (tmp_path / "book.parquet").read_bytes(),
            "hushall_stadsdel_2023.csv": text.encode(),
        },
    )
    assert [each.outcome for each in results] == ["loaded"] * 3
    found = connection.execute(
        "select delivery_sequence, list((ar, stadsdelsnamnd, hushallstyp, antal_hushall,"
        " row_number) order by row_number) from raw.register__hushall_stadsdel"
        " group by all order by all"
    ).fetchall()
    expected = [(2023, "Bromma", "3", 1200, 2), (2023, "Älvsjö", "4", 800, 3)]
    assert [rows for _, rows in found] == [expected] * 3


def test_a_file_without_rows_is_a_period_without_a_case(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    files = {
        "avhysningar_barn_2022.csv": EVICTIONS.encode(),
        "avhysningar_barn_2023.csv": GOOD.encode(),
    }
    empty, full = load(connection, tmp_path, files)
    assert (empty.outcome, empty.rows_loaded, empty.breaches) == ("loaded", 0, ())
    assert (full.outcome, full.rows_loaded) == ("loaded", 2)


FAULTS = {
    "tom_fil": b"",
    "avhuggen": GOOD.encode()[:-18],
    "antal_falt": GOOD.replace(";storning", ";storning;mer").encode(),
    "avgransare": GOOD.replace(";", ",").encode(),
    "kolumn_saknas": GOOD.replace(";antal_barn", ";barn").encode(),
    "kolumn_dubbel": GOOD.replace(";orsak", ";orsak;orsak").replace(";hyr", ";a;hyr").encode(),
    "kod": GOOD.replace("hyresskuld", "hyra").encode(),
    "datum": GOOD.replace("2023-02-03", "2023-02-30").encode(),
    "framtid": GOOD.replace("2023-02-03", "2124-02-03").encode(),
    "heltal": GOOD.replace(";2;", ";2,5;").encode(),
    "intervall": GOOD.replace(";2;", ";-1;").encode(),
    "ja_nej": GOOD.replace(";J;", ";ja;").encode(),
    "enhet": GOOD.replace("Bromma", "Atlantis").encode(),
    "saknas": GOOD.replace("A1;", ";").encode(),
    "nyckel_dubbel": GOOD.replace("A2", "A1").encode(),
    "filformat": b"<!DOCTYPE html><html><body>Logga in</body></html>",
    "teckenkodning": GOOD.encode("windows-1252").replace(b"lvsj", b"\x81lvsj"),
}


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_holds_the_delivery_and_lets_the_others_in(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, rule: str
) -> None:
    good = GOOD.replace("A1", "C1").replace("A2", "C2").encode()
    bad, other = load(
        connection,
        tmp_path,
        {"avhysningar_barn_2022.csv": FAULTS[rule], "avhysningar_barn_2023.csv": good},
    )
    assert bad.outcome == "quarantined"
    assert rule in {breach.rule for breach in bad.breaches}
    assert bad.rows_loaded == 0
    assert other.outcome == "loaded"
    assert [row[0] for row in evictions(connection)] == ["C1", "C2"]
    [repaired] = load(
        connection, tmp_path, {"avhysningar_barn_2022.csv": GOOD.encode()}, first_sequence=3
    )
    assert repaired.outcome == "loaded"
    assert [row[0] for row in evictions(connection)] == ["A1", "A2", "C1", "C2"]
    for breach in bad.breaches:
        message = breach.message()
        assert message.startswith("Fil avhysningar_barn_2022.csv")
        assert f"[regel {rule}]" in message or breach.rule != rule
        assert "Gör så här: " in message


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\r\n\r\n", b"  ", b"\xef\xbb\xbf\n"])
def test_a_file_of_marks_and_blanks_is_empty(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes
) -> None:
    [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content})
    assert [breach.rule for breach in result.breaches] == ["tom_fil"]


@pytest.mark.parametrize("megabytes", [3, 9, 40])
def test_a_line_that_never_ends_is_not_left_out_untold(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, megabytes: int
) -> None:
    """Its line end was lost, or is of another kind; DuckDB passes over what fills its buffer."""
    content = GOOD + "A3;2023-01-01;Bromma;1;N;" + "x" * (megabytes << 20) + "\n" + GOOD[-40:]
    [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content.encode()})
    assert result.outcome == "quarantined"
    assert {breach.rule for breach in result.breaches} & {"antal_falt", "olasbar"}
    assert evictions(connection) == []


def test_the_place_of_a_fault_is_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = GOOD + "A3;2023-13-01;Bromma;1;N;storning\nA4;2023-14-01;Bromma;1;N;storning\n"
    [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content.encode()})
    [breach] = result.breaches
    assert (breach.column, breach.first_row, breach.row_count) == ("datum", 4, 2)
    assert breach.message() == (
        "Fil avhysningar_barn_2023.csv, rad 4, kolumn datum: datumet finns inte "
        "(skrivs ÅÅÅÅ-MM-DD) [regel datum]. Antal rader med felet: 2. Gör så här: rätta datumet "
        "och lämna en ny fil."
    )


def test_a_wrong_file_name_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    [result] = load(connection, tmp_path, {"avhysningar_barn_slutlig.csv": GOOD.encode()})
    assert [breach.rule for breach in result.breaches] == ["filnamn"]
    assert evictions(connection) == []


HOUSING = (
    "beslut_id;personnummer;kon;fodelsear;stadsdelsnamnd;malgrupp;timmar;timmar_per;start_datum;"
    "slut_datum;lss_personkrets;eget_boende;folkbokford_i_namnden;antal_aktiviteter\n"
)


def housing_row(number: int, person: str) -> str:
    return f"H{number};{person};K;1987;Bromma;socialpsykiatri;7,5;manad;2023-01-01;;0;J;J;4\n"


def test_identity_numbers_end_at_raw(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    person = fictitious("19870512", 982)
    content = HOUSING + housing_row(1, person) + housing_row(2, f"{person[:8]}-{person[8:]}")
    [result] = load(connection, tmp_path, {"boendestod_beslut_2023-01.csv": content.encode()})
    assert result.outcome == "loaded"
    rows = connection.execute(
        "select person_id, fodelsear_band, timmar, slut_datum"
        " from raw.register__boendestod_beslut order by row_number"
    ).fetchall()
    digest = hmac.new(SECRET, f"person\x1f{person}".encode(), hashlib.sha256).hexdigest()
    expected = (f"v1:{digest[:32]}", 1985, Decimal("7.50"), None)
    assert rows == [expected, expected]
    columns = connection.execute("describe raw.register__boendestod_beslut").fetchall()
    assert not {"personnummer", "fodelsear"} & {column[0] for column in columns}
    dump = str(connection.execute("from raw.register__boendestod_beslut").fetchall())
    assert person not in dump
    assert person[2:] not in dump


def test_no_written_form_of_an_identity_number_reaches_raw(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ways = [way for way in WRITTEN.values() if "\n" not in way]
    assert len(ways) > 40
    rows = [f'"{way} ({place})";2023-02-03;Bromma;2;J;storning\n' for place, way in enumerate(ways)]
    content = EVICTIONS + "".join(rows)
    [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content.encode()})
    assert result.outcome == "loaded", result.breaches
    kept = [str(row[0]) for row in evictions(connection)]
    assert [text for text in kept if not re.fullmatch("v1:[0-9a-f]{32}", text)] == []
    assert len(set(kept)) == len(ways)


def test_texts_of_an_earlier_rule_are_looked_through_once(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load(connection, tmp_path, {"avhysningar_barn_2023.csv": GOOD.encode()})
    contracts = [load_contracts()["avhysningar_barn"]]
    connection.execute("create schema meta")
    plant = "update raw.register__avhysningar_barn set avhysning_id = '900118–9811 B'"
    key = PseudonymKey.from_secret(SECRET)
    connection.execute(plant)
    assert look_through_again(connection, contracts, key) == len(evictions(connection)) > 0
    assert all(re.fullmatch("v1:[0-9a-f]{32}", str(row[0])) for row in evictions(connection))
    connection.execute(plant)
    assert look_through_again(connection, contracts, key) == 0, "the rule is the same"


def test_a_column_that_is_not_kept_stays_in_the_file_and_goes_from_the_warehouse(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = load_contracts()["avhysningar_barn"]
    columns = {name: each for name, each in contract.columns.items() if name != "orsak"}
    less = contract.model_copy(
        update={"columns": columns, "not_kept": {"orsak": "Ingen läser det."}, "earlier": ()}
    )
    create_raw_table(connection, contract)
    connection.execute("create view reader as select orsak from raw.register__avhysningar_barn")
    path = tmp_path / "avhysningar_barn_2023.csv"
    path.write_text(GOOD.replace("storning", "något annat"), encoding="utf-8")
    delivery = Delivery(1, "sha", path.name, path, "2024-01-31")
    [result] = load_register(
        connection,
        less,
        [delivery],
        municipality_id="0180",
        units=["Bromma", "Älvsjö"],
        key=PseudonymKey.from_secret(SECRET),
        work_dir=tmp_path,
    )
    assert (result.outcome, result.unknown_columns) == ("loaded", ())
    assert result.rows_loaded > 0
    described = connection.execute("describe raw.register__avhysningar_barn").fetchall()
    assert "orsak" not in {name for name, *_ in described}


def test_a_few_wrong_identity_numbers_hold_their_rows_only(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    people = [fictitious("19870512", 980 + number % 20) for number in range(200)]
    wrong = "198705129999"
    rows = [housing_row(number, person) for number, person in enumerate(people)]
    rows[100] = housing_row(100, wrong)
    content = (HOUSING + "".join(rows)).encode()
    [result] = load(connection, tmp_path, {"boendestod_beslut_2023-01.csv": content})
    assert result.outcome == "loaded_in_part"
    assert (result.rows_loaded, result.rows_held) == (199, 1)
    [breach] = result.breaches
    assert (breach.rule, breach.severity, breach.first_row) == ("identitet", "row", 102)
    assert wrong not in breach.message()


def test_many_wrong_identity_numbers_hold_the_delivery(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [housing_row(number, "198705129999") for number in range(3)]
    rows += [housing_row(number + 3, fictitious("19870512", 982)) for number in range(97)]
    content = (HOUSING + "".join(rows)).encode()
    [result] = load(connection, tmp_path, {"boendestod_beslut_2023-01.csv": content})
    assert result.outcome == "quarantined"
    assert {breach.rule for breach in result.breaches} == {"identitet", "for_manga_hallna"}
    table = "raw.register__boendestod_beslut"
    assert connection.execute(f"select count(*) from {table}").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("born", "reported", "group"),
    [
        ("20230111", "2024-01-10", "0"),
        ("20230110", "2024-01-10", "1-5"),
        ("20170301", "2024-01-10", "6"),
        ("20170110", "2024-01-10", "7-12"),
        ("20100201", "2024-01-10", "13-15"),
        ("20070101", "2024-01-10", "16-17"),
        ("20050101", "2024-01-10", "18-20"),
        ("20000101", "2024-01-10", None),
    ],
)
def test_the_age_group_comes_from_the_number(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    born: str,
    reported: str,
    group: str | None,
) -> None:
    contract: Contract = load_contracts()["barn_unga_arenden"]
    cells = {
        "arende_id": "B1",
        "personnummer": fictitious(born, 981),
        "kon": "K",
        "stadsdelsnamnd": "Bromma",
        "aktualiserad_datum": reported,
        "aktualisering": "anmalan",
        "anmalare": "skola",
        "kontaktorsaker": "skolproblem|psykisk_ohalsa",
        "forhandsbedomning_start": reported,
        "utredning_inledd": "N",
        "tidigare_arenden": "0",
        "familjeratt": "N",
        "aktivt": "N",
    }
    content = ";".join(contract.columns) + "\n"
    content += ";".join(cells.get(name, "") for name in contract.columns) + "\n"
    [result] = load(connection, tmp_path, {"barn_unga_arenden_2024-01.csv": content.encode()})
    assert result.outcome == "loaded", result.breaches
    assert connection.execute(
        "select aldersgrupp from raw.register__barn_unga_arenden"
    ).fetchall() == [(group,)]


@pytest.mark.parametrize(
    ("applicant", "sex", "group"),
    [
        (fictitious("20060131", 980), "K", None),
        (fictitious("20060101", 981), "M", "18-24"),
        (fictitious("19990102", 982), "K", "18-24"),
        (fictitious("19990101", 983), "M", "25-44"),
        (fictitious("19590102", 984), "K", "45-64"),
        (fictitious("19590101", 985), "M", "65+"),
        (fictitious("19100101", 999), "M", "65+"),
        ("19800101-TF10", None, None),
    ],
)
def test_the_applicant_s_sex_and_age_come_from_the_number(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    applicant: str,
    sex: str | None,
    group: str | None,
) -> None:
    """The age is that on the first day of the month; a reserve id's date is nobody's age."""
    contract = load_contracts()["ekonomiskt_bistand_beslut"]
    cells = {
        "beslut_id": "1",
        "hushall_id": "1",
        "personnummer_sokande": applicant,
        "stadsdelsnamnd": "Bromma",
        "avser_manad": "2024-01",
        "ansokan_datum": "2024-01-02",
        "beslut_datum": "2024-01-05",
        "ansokan_typ": "ny",
        "utfall": "bifall",
        "hushallstyp": "5",
        "antal_barn": "0",
        "boendeform": "hyresratt",
        "forsorjningshinder": "arbetslos_ingen",
        "andamal": "forsorjningsstod",
        "sokt_belopp": "100",
        "beviljat_belopp": "100",
    }
    content = ";".join(contract.columns) + "\n"
    content += ";".join(cells.get(name, "") for name in contract.columns) + "\n"
    name = "ekonomiskt_bistand_beslut_2024-01.csv"
    [result] = load(connection, tmp_path, {name: content.encode()})
    assert result.outcome == "loaded", result.breaches
    assert connection.execute(
        "select kon_sokande, aldersgrupp_sokande from raw.register__ekonomiskt_bistand_beslut"
    ).fetchall() == [(sex, group)]


def test_no_message_ever_holds_a_value(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    private = "Kvinnan på Storgatan 12"
    rows = [f"A{number};{private};{private};{private};{private};{private}\n" for number in range(3)]
    [result] = load(
        connection, tmp_path, {"avhysningar_barn_2023.csv": (EVICTIONS + "".join(rows)).encode()}
    )
    assert {breach.column for breach in result.breaches} == {
        "datum",
        "stadsdelsnamnd",
        "antal_barn",
        "verkstalld",
        "orsak",
    }
    assert private not in "".join(breach.message() for breach in result.breaches)
    assert private not in repr(result.breaches)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=400))
def test_any_bytes_are_loaded_or_refused_with_words(tmp_path: Path, content: bytes) -> None:
    with empty_database() as connection:
        connection.execute("create schema raw")
        [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content})
    assert result.outcome == "quarantined"
    assert {breach.rule for breach in result.breaches} <= RULES


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(["A1", "2023-02-03", "Bromma", "2", "J", "storning", ""]),
                st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
            ),
            min_size=4,
            max_size=8,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_table_is_loaded_or_refused_with_words(tmp_path: Path, rows: list[list[str]]) -> None:
    content = EVICTIONS + "".join(";".join(row) + "\n" for row in rows)
    with empty_database() as connection:
        connection.execute("create schema raw")
        [result] = load(connection, tmp_path, {"avhysningar_barn_2023.csv": content.encode()})
        loaded = evictions(connection)
    assert (result.outcome == "loaded") == (not result.breaches)
    assert len(loaded) == result.rows_loaded
    assert all(re.fullmatch(r"\d{4}", str(row[7])) for row in loaded)
