"""A cell's way from a municipality's own form to the contract's."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.registers.breaches import RULES
from orchestration.registers.contract import Column, load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.mapping import Form, RegisterMapping, cell_sql
from orchestration.registers.municipality import read_municipality
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, load_register
from orchestration.registers.typed import Source
from tests.empty_database import empty_database
from tests.other_municipality import FILE

KIL = read_municipality(FILE)


def translated(column: dict[str, Any], mapping: RegisterMapping, text: str | None) -> str | None:
    whole = Column.model_validate({"personal": "none", **column})
    sql = cell_sql("kolumn", whole, Source("cell"), mapping)
    with empty_database() as connection:
        row = connection.execute(
            f"select {sql} from (select $text::varchar as cell)", {"text": text}
        ).fetchone()
    assert row is not None
    found: str | None = row[0]
    return found


def form(**fields: Any) -> RegisterMapping:
    return RegisterMapping(form=Form(**fields))


CODE = {"type": "code", "codes": ["1", "2", "3"]}
CODES = {"type": "codes", "codes": ["a", "b"]}
SWAPPED = RegisterMapping(codes={"kolumn": {"1": "2", "2": "1", "it's": "3"}})


@pytest.mark.parametrize(
    ("column", "mapping", "text", "expected"),
    [
        # Empty stays empty, in every form.
        (CODE, SWAPPED, None, None),
        (CODE, SWAPPED, "  ", None),
        ({"type": "date"}, form(date="DD.MM.YYYY"), "", None),
        ({"type": "flag"}, form(yes=["Ja"], no=["Nej"]), "", None),
        ({"type": "text"}, form(empty=["NULL", "-"]), "NULL", None),
        ({"type": "text"}, form(empty=["NULL", "-"]), " - ", None),
        ({"type": "text"}, form(empty=["NULL"]), "null", "null"),
        # Codes: what the list does not hold never passes for the contract's own code.
        (CODE, SWAPPED, "1", "2"),
        (CODE, SWAPPED, "2", "1"),
        (CODE, SWAPPED, "it's", "3"),
        (CODE, SWAPPED, "3", "?3"),
        (CODE, RegisterMapping(), "3", "3"),
        ({"type": "unit"}, RegisterMapping(codes={"kolumn": {"01": "Norr"}}), "01", "Norr"),
        ({"type": "unit"}, RegisterMapping(codes={"kolumn": {"01": "Norr"}}), "Norr", "?Norr"),
        (CODES, RegisterMapping(), "a|b", "a|b"),
        (CODES, form(several=", "), "a, b", "a|b"),
        (CODES, RegisterMapping(codes={"kolumn": {"1": "a", "2": "b"}}), "2|1", "b|a"),
        (CODES, RegisterMapping(codes={"kolumn": {"1": "a", "2": "b"}}), "2|a", "b|?a"),
        (CODES, RegisterMapping(codes={"kolumn": {"1": "a"}}, form=Form(several=";")), "1;", "a|?"),
        # Dates and months; ISO is the one form that a workbook's date cells have.
        ({"type": "date"}, form(date="DD.MM.YYYY"), "31.12.2023", "2023-12-31"),
        ({"type": "date"}, form(date="DD.MM.YYYY"), "31.02.2023", "2023-02-31"),
        ({"type": "date"}, form(date="DD.MM.YYYY"), "2023-12-31", "2023-12-31"),
        ({"type": "date"}, form(date="DD.MM.YYYY"), "31/12/2023", "31/12/2023"),
        ({"type": "date"}, form(date="DD.MM.YYYY"), "131.12.2023", "131.12.2023"),
        ({"type": "date"}, form(date="YYYY/MM/DD"), "2023/12/31", "2023-12-31"),
        ({"type": "date"}, form(date="YYYYMMDD"), "20231231", "2023-12-31"),
        ({"type": "date"}, form(date="MM/DD/YYYY"), "02/01/2023", "2023-02-01"),
        ({"type": "date"}, form(date="DD MM YYYY"), "01 02 2023", "2023-02-01"),
        ({"type": "month"}, form(month="YYYYMM"), "202312", "2023-12"),
        ({"type": "month"}, form(month="MM/YYYY"), "12/2023", "2023-12"),
        ({"type": "month"}, form(month="DD.MM.YYYY"), "01.12.2023", "2023-12"),
        # Numbers: a sign that may part thousands is not taken for a decimal sign.
        ({"type": "decimal"}, form(decimal="point"), "1234.50", "1234.50"),
        ({"type": "decimal"}, form(decimal="point"), "1,234", "?1,234"),
        ({"type": "number"}, form(decimal="comma"), "1.234", "?1.234"),
        ({"type": "hours"}, form(decimal="comma"), "7,5", "7,5"),
        ({"type": "decimal"}, RegisterMapping(), "7.5", "7.5"),
        # A sign and three digits is two numbers, until the municipality says which sign it has.
        ({"type": "decimal"}, RegisterMapping(), "16.792", "?16.792"),
        ({"type": "hours"}, RegisterMapping(), "-1,250", "?-1,250"),
        ({"type": "number"}, RegisterMapping(), "101.525", "?101.525"),
        ({"type": "decimal"}, RegisterMapping(), "1.2345", "1.2345"),
        ({"type": "decimal"}, form(decimal="point"), "16.792", "16.792"),
        ({"type": "decimal"}, form(decimal="comma"), "16,792", "16,792"),
        # Yes and no.
        ({"type": "flag"}, form(yes=["Ja", "1"], no=["Nej", "0"]), "1", "J"),
        ({"type": "flag"}, form(yes=["Ja", "1"], no=["Nej", "0"]), "Nej", "N"),
        ({"type": "flag"}, form(yes=["Ja"], no=["Nej"]), "J", "J"),
        ({"type": "flag"}, form(yes=["N"], no=["I"]), "N", "J"),
        ({"type": "flag"}, form(yes=["Ja"], no=["Nej"]), "ja", "?ja"),
        # What has no other form is left alone.
        ({"type": "identity"}, form(date="DD.MM.YYYY"), "19870512-9825", "19870512-9825"),
        ({"type": "integer"}, form(decimal="comma"), "12", "12"),
    ],
)
def test_a_cell_is_translated_or_left_to_its_rule(
    column: dict[str, Any], mapping: RegisterMapping, text: str | None, expected: str | None
) -> None:
    assert translated(column, mapping, text) == expected


def load(
    folder: Path, mapping: RegisterMapping, content: bytes, name: str = "avhysningar_barn_2023.csv"
) -> tuple[LoadResult, list[tuple[Any, ...]]]:
    path = folder / "delivery"
    path.write_bytes(content)
    with empty_database() as connection:
        connection.execute("create schema raw")
        [result] = load_register(
            connection,
            load_contracts()["avhysningar_barn"],
            [Delivery(1, "sha", name, path, "2024-01-31")],
            municipality_id=KIL.code,
            units=KIL.units,
            key=PseudonymKey.from_secret(b"en hemlighet som bara finns i provet"),
            work_dir=folder,
            mapping=mapping,
        )
        rows = connection.execute(
            "select avhysning_id, datum::varchar, stadsdelsnamnd, antal_barn, verkstalld, orsak"
            " from raw.register__avhysningar_barn order by row_number"
        ).fetchall()
    return result, rows


MAPPING = RegisterMapping(
    columns={
        "avhysning_id": 'Nr "A"; drop table x',
        "datum": "antal_barn",
        "antal_barn": "datum",
        "orsak": "Orsak",
    },
    constants={"stadsdelsnamnd": "Apertin", "verkstalld": "J"},
    codes={"orsak": {"H": "hyresskuld", "S": "storning"}},
    form=Form(delimiter="pipe", encoding="windows-1252", date="DD.MM.YYYY"),
)
HEADER = 'Orsak|"Nr ""A""; drop table x"|antal_barn|okänd|datum\n'


def test_names_may_be_crossed_strange_or_missing(tmp_path: Path) -> None:
    content = f"{HEADER}H|å1|31.12.2023|x|2\nS|å2|01.02.2023||3\n".encode("cp1252")
    result, rows = load(tmp_path, MAPPING, content)
    assert result.breaches == ()
    assert rows == [
        ("å1", "2023-12-31", "Apertin", 2, True, "hyresskuld"),
        ("å2", "2023-02-01", "Apertin", 3, True, "storning"),
    ]


def test_breaches_are_told_in_the_file_s_own_words(tmp_path: Path) -> None:
    content = f"{HEADER}hyresskuld|å1|31.02.2023|x|2\n".encode("cp1252")
    result, rows = load(tmp_path, MAPPING, content)
    assert rows == []
    assert [breach.message().split(" Antal rader")[0] for breach in result.breaches] == [
        (
            "Fil avhysningar_barn_2023.csv, rad 2, kolumn antal_barn (avtalets datum): datumet "
            "finns inte (skrivs DD.MM.ÅÅÅÅ) [regel datum]."
        ),
        (
            "Fil avhysningar_barn_2023.csv, rad 2, kolumn Orsak (avtalets orsak): koden finns inte "
            "i registrets kodlista (tillåtna koder: H, S) [regel kod]."
        ),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            HEADER.replace("|", ";") + "H;1;31.12.2023;x;2\n",
            "(avgränsaren är lodstreck) [regel avgransare]",
        ),
        (HEADER.replace("Orsak", "Skäl"), "kolumn Orsak (avtalets orsak): kolumnen saknas"),
        (HEADER.replace("okänd", "datum"), "kolumn datum (avtalets antal_barn): kolumnen före"),
    ],
)
def test_a_header_that_the_mapping_does_not_fit_is_told(
    tmp_path: Path, content: str, told: str
) -> None:
    # A header with one comma in a quoted name is one column to a reader of another delimiter.
    mapping = MAPPING.model_copy(
        update={"columns": {**MAPPING.columns, "avhysning_id": "Nr"}}
        if told.startswith("(")
        else {}
    )
    text = content.replace('"Nr ""A""; drop table x"', "Nr") if told.startswith("(") else content
    result, _ = load(tmp_path, mapping, text.encode("cp1252"))
    assert told in result.breaches[0].message()


def test_an_encoding_that_was_not_agreed_is_refused(tmp_path: Path) -> None:
    mapping = MAPPING.model_copy(update={"form": Form(delimiter="pipe", encoding="utf-8")})
    result, _ = load(tmp_path, mapping, f"{HEADER}H|å1|x|x|2\n".encode("cp1252"))
    assert [breach.rule for breach in result.breaches] == ["teckenkodning"]
    assert "filen ska vara i UTF-8" in result.breaches[0].message()


def test_a_workbook_and_a_parquet_file_are_mapped_as_text_is(tmp_path: Path) -> None:
    header = ["Orsak", 'Nr "A"; drop table x', "antal_barn", "datum"]
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (header, ["H", "å1", "31.12.2023", 2]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    with empty_database() as connection:
        connection.execute(
            'create table t ("Orsak" varchar, "Nr ""A""; drop table x" varchar,'
            " antal_barn date, datum integer)"
        )
        connection.execute("insert into t values ('H', 'å1', '2023-12-31', 2)")
        connection.execute(f"copy t to '{tmp_path / 'file.parquet'}' (format parquet)")
    expected = [("å1", "2023-12-31", "Apertin", 2, True, "hyresskuld")]
    for name in ("book.xlsx", "file.parquet"):
        result, rows = load(
            tmp_path,
            MAPPING,
            (tmp_path / name).read_bytes(),
            f"avhysningar_barn_2023.{name.split('.')[1]}",
        )
        assert result.breaches == ()
        assert rows == expected


EVICTIONS = KIL.mapping("avhysningar_barn")
KIL_HEADER = "\t".join(
    EVICTIONS.column_in_file(name) for name in load_contracts()["avhysningar_barn"].columns
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=300), headed=st.booleans())
def test_any_bytes_through_a_mapping_are_loaded_or_refused_with_words(
    tmp_path: Path, content: bytes, *, headed: bool
) -> None:
    head = f"{KIL_HEADER}\r\n".encode("cp1252") if headed else b""
    result, rows = load(tmp_path, EVICTIONS, head + content, "Avhysningar 2023.txt")
    assert {breach.rule for breach in result.breaches} <= RULES
    assert len(rows) == result.rows_loaded


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(["A1", "03.02.2023", "K03", "2", "Ja", "storning", "", '"']),
                st.text(st.characters(codec="cp1252", exclude_categories=["Cs"]), max_size=8),
            ),
            min_size=5,
            max_size=7,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_table_through_a_mapping_is_loaded_or_refused_with_words(
    tmp_path: Path, rows: list[list[str]]
) -> None:
    text = f"{KIL_HEADER}\n" + "".join("\t".join(row) + "\n" for row in rows)
    result, loaded = load(tmp_path, EVICTIONS, text.encode("cp1252"), "Avhysningar 2023.txt")
    assert (result.outcome == "loaded") == (not result.breaches)
    assert {row[2] for row in loaded} <= KIL.units


PRINTED = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    codes=st.dictionaries(
        PRINTED.filter(lambda text: text != "" and text == text.strip()),
        st.sampled_from(["1", "2", "3"]),
        min_size=1,
        max_size=5,
    ),
    cell=PRINTED,
)
def test_any_codes_translate_to_what_they_say(codes: dict[str, str], cell: str) -> None:
    mapping = RegisterMapping(codes={"kolumn": codes})
    for theirs, ours in codes.items():
        assert translated(CODE, mapping, theirs) == ours
    found = translated(CODE, mapping, cell)
    stripped = cell.strip()
    assert found == (codes.get(stripped, f"?{stripped}") if stripped else None)
