"""The files that the law asks for: what their declarations say, and what becomes of their bytes."""

import csv
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.registers import lines
from orchestration.registers.checking import FileCheck, check_file
from orchestration.registers.contract import load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.lines import first_bare_end, uneven_lines
from orchestration.registers.municipality import (
    Municipality,
    MunicipalityError,
    read_municipality,
)
from orchestration.registers.new_municipality import (
    UNIT_SV,
    UnknownMunicipalityError,
    first_file,
)
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.rekeying import bridge_keys, change_key, confirm_key
from orchestration.registers.staged_rows import LoadResult, load_register
from orchestration.registers.statutory.declarations import CANNOT_COUNT_SV, load_statutory_files
from orchestration.settings import Settings
from tests.statutory_files import FIELDS, REGISTER, row
from tests.unit.registers.conftest import KEY, Loader, fictitious

FILE = load_statutory_files()["ekonomiskt_bistand_manad"]
SEEDS = Settings().seeds_dir
MAN, WOMAN, CHILD = (
    fictitious(birth, number)
    for birth, number in (("19800101", 981), ("19820202", 982), ("20150303", 983))
)
NAME = "ekonomiskt_bistand_2023-05.txt"
Loaded = Callable[..., LoadResult]


@pytest.fixture
def kil(tmp_path: Path) -> Municipality:
    path = tmp_path / "kommun.yml"
    path.write_text(first_file("1715", seeds=SEEDS, statutory=True), encoding="utf-8")
    return read_municipality(path)


@pytest.fixture
def loaded(warehouse: duckdb.DuckDBPyConnection, kil: Municipality, tmp_path: Path) -> Loaded:
    """Loads the lines of a file, or its bytes, as one delivery."""

    def load(*rows: str, sequence: int = 1) -> LoadResult:
        path = tmp_path / NAME
        path.write_bytes("".join(f"{each}\r\n" for each in rows).encode("ascii"))
        [result] = load_register(
            warehouse,
            load_contracts()[REGISTER],
            [Delivery(sequence, f"sha{sequence}", NAME, path, "2024-01-31")],
            municipality_id=kil.code,
            units=kil.units,
            key=KEY,
            work_dir=tmp_path,
            mapping=kil.mapping(REGISTER),
        )
        return result

    return load


def checked(
    folder: Path, municipality: Municipality, content: bytes, name: str = NAME
) -> FileCheck:
    path = folder / name
    path.write_bytes(content)
    return check_file(path, municipality, today=date(2024, 1, 31))


def told(*rows: str, end: str = "\r\n", encoding: str = "ascii") -> bytes:
    return "".join(f"{each}{end}" for each in rows).encode(encoding)


def test_a_declaration_has_the_fields_of_the_published_description() -> None:
    assert tuple(column.name for column in FILE.columns) == FIELDS
    mapping = FILE.mapping_of("1715")
    read = {*mapping.columns.values(), *mapping.own_code}
    read |= {part for name in mapping.composed for part in mapping.parts(name)}
    assert read == {column.name for column in FILE.columns if not column.unread_sv}


def test_each_indicator_of_the_register_is_counted_or_says_why_not() -> None:
    with (SEEDS / "indicators.csv").open(encoding="utf-8", newline="") as file:
        of = {each["indicator_id"]: each["source_id"] for each in csv.DictReader(file)}
    for declared in load_statutory_files().values():
        said = {*declared.counts, *declared.counts_otherwise, *declared.cannot_count}
        own = {name for name, source in of.items() if source == declared.register_name}
        assert said == (own if declared.is_readable else set()), declared.name
    for indicator in FILE.cannot_count:
        assert FILE.reason_sv(indicator).startswith(f"{CANNOT_COUNT_SV}: ")
    assert "assistance_rejection_share" in FILE.cannot_count


def test_what_the_register_needs_and_the_file_lacks_is_declared() -> None:
    """Each column of the contract comes from the file, is one value, or is said to be lacking."""
    mapping = FILE.mapping_of("1715")
    columns = load_contracts()[REGISTER].every_column()
    given = [*mapping.columns, *mapping.composed, *mapping.constants, *mapping.lacking]
    assert sorted(given) == sorted(columns)


def test_a_file_whose_layout_is_not_known_is_refused_with_the_reason(tmp_path: Path) -> None:
    unread = [each for each in load_statutory_files().values() if not each.is_readable]
    assert {each.regulation[:15] for each in unread} >= {"HSLF-FS 2015:30", "HSLF-FS 2016:86"}
    for declared in unread:
        assert declared.unknown_sv
        described = yaml.safe_load(first_file("1715", seeds=SEEDS, statutory=True))
        described["registers"] = {REGISTER: {"statutory": declared.name}}
        described["not_delivered"] = {}
        path = tmp_path / "kommun.yml"
        path.write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
        with pytest.raises(MunicipalityError, match=f"{declared.name} kan inte läsas än: "):
            read_municipality(path)


def test_a_household_is_what_the_law_s_fields_say(
    warehouse: duckdb.DuckDBPyConnection, loaded: Loaded
) -> None:
    result = loaded(
        row("2023-05", MAN, Sbel=9000),
        row("2023-05", WOMAN, MAN, Barn15=2, Sbel=14500),
        row("2023-05", CHILD, Barn15=1, Sbel=100),
    )
    assert (result.outcome, result.breaches) == ("loaded", ())
    assert (result.unknown_columns, result.absent_columns) == ((), ())
    rows = warehouse.execute(
        "select hushallstyp, antal_barn, beviljat_belopp::integer, avser_manad::varchar, utfall,"
        " stadsdelsnamnd, kon_sokande, aldersgrupp_sokande, beslut_datum, sokt_belopp"
        f" from raw.register__{REGISTER} order by row_number"
    ).fetchall()
    rest = ("2023-05-01", "bifall", UNIT_SV)
    assert rows == [
        ("3", 0, 9000, *rest, "M", "25-44", None, None),
        ("8", 2, 14500, *rest, "K", "25-44", None, None),
        ("4", 1, 100, *rest, "M", None, None, None),
    ]


def test_the_type_of_a_household_is_its_adults_and_whether_it_has_children(
    warehouse: duckdb.DuckDBPyConnection, loaded: Loaded
) -> None:
    """By Socialstyrelsen's list: of one man 3 and 4, of one woman 5 and 6, of a couple 7 and 8."""
    adults = {("1", None): "344", ("2", None): "566", ("1", WOMAN): "788", ("2", WOMAN): "788"}
    expected: list[tuple[str]] = []
    rows: list[str] = []
    for (sex, partner), types in adults.items():
        for children, household_type in zip((0, 1, 3), types, strict=True):
            holder = fictitious(f"1970{len(rows) + 1:02}01", 990)
            rows.append(row("2023-05", holder, partner, Kon1=sex, Barn15=children))
            expected.append((household_type,))
    assert loaded(*rows).outcome == "loaded"
    found = warehouse.execute(
        f"select hushallstyp from raw.register__{REGISTER} order by row_number"
    ).fetchall()
    assert found == expected


def test_numbers_end_at_raw_and_a_person_is_the_same_as_in_the_contract_s_form(
    warehouse: duckdb.DuckDBPyConnection, loaded: Loaded, load_rows: Loader
) -> None:
    # A reserve id is no number that could be seen in a text, and a further field is not read.
    reserve = "19800101-TF01"
    loaded(
        f"{row('2023-05', MAN, WOMAN)}\t{CHILD}\t3",
        f"{row('2023-05', MAN, Personnr1=reserve)}\t\t",
    )
    _, result = load_rows(
        load_contracts()["budget_skuldradgivning"],
        2,
        [
            {
                "arende_id": "a",
                "personnummer": MAN,
                "stadsdelsnamnd": "Bromma",
                "forsta_besok": "2023-02-03",
            }
        ],
    )
    assert result.outcome == "loaded"
    rows = warehouse.execute(f"from raw.register__{REGISTER} order by row_number").fetchall()
    text = repr(rows)
    assert not [each for each in (MAN, WOMAN, CHILD, "TF01") if each in text]
    ids = warehouse.execute(
        f"select beslut_id, hushall_id, sokande_id from raw.register__{REGISTER}"
    ).fetchall()
    assert len(ids) == 2
    assert all(re.fullmatch(r"v1:[0-9a-f]{32}", cell) for each in ids for cell in each)
    [(person,)] = warehouse.execute(
        "select person_id from raw.register__budget_skuldradgivning"
    ).fetchall()
    assert person in {each[2] for each in ids}


def test_a_month_that_is_sent_again_replaces_its_households(
    warehouse: duckdb.DuckDBPyConnection, loaded: Loaded
) -> None:
    loaded(row("2023-05", MAN, Sbel=9000), sequence=1)
    loaded(row("2023-05", MAN, Sbel=7000), sequence=2)
    found = warehouse.execute(
        f"select count(distinct beslut_id), max_by(beviljat_belopp, delivery_sequence)::integer"
        f" from raw.register__{REGISTER}"
    ).fetchall()
    assert found == [(1, 7000)]


def test_a_change_of_key_finds_the_number_behind_each_household_and_row(
    warehouse: duckdb.DuckDBPyConnection, loaded: Loaded, kil: Municipality, tmp_path: Path
) -> None:
    result = loaded(row("2023-05", MAN, WOMAN), row("2023-05", WOMAN))
    confirm_key(warehouse, KEY)
    new = PseudonymKey.from_secret(b"v2:en annan hemlighet som bara finns i provet")
    registers = [(load_contracts()[REGISTER], [result.delivery])]
    bridge_keys(warehouse, registers, KEY, new, work_dir=tmp_path, mapping_of=kil.mapping)
    changed = change_key(warehouse, KEY, new)
    # Two rows with key, household and applicant, and one co-applicant.
    assert (changed.cells, changed.unlinked) == (7, 0)


GOOD = (row("2023-05", MAN), row("2023-05", WOMAN))
HEADER = "\t".join(FIELDS)
TAKEN: dict[str, bytes] = {
    "as described": told(*GOOD),
    "a header": told(HEADER, *GOOD),
    "a mark of UTF-8": told(*GOOD, encoding="utf-8-sig"),
    "UTF-16 with its mark": told(*GOOD, encoding="utf-16"),
    "fields that are not read": told(*(f"{each}\t{CHILD}\t" for each in GOOD)),
    "an empty line": told(GOOD[0], "", GOOD[1]),
}
OTHER = {"Ar": "2022"}
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "a month 13": (told(GOOD[0], row("2023-13", WOMAN)), "manad", "rad 2, kolumn Ar + Manad"),
    "a month 13 below a header": (told(HEADER, row("2023-13", MAN)), "manad", "rad 2, kolumn Ar"),
    "another month": (
        told(GOOD[0], row("2023-04", WOMAN)),
        "annan_period",
        "rad 2, kolumn Ar + Manad",
    ),
    "all months in one file": (
        told(*(row(f"2023-{month:02}", MAN) for month in range(1, 13))),
        "annan_period",
        "rad 1, kolumn Ar + Manad",
    ),
    "another municipality": (
        told(GOOD[0], row("2023-05", WOMAN, Kommun=1480)),
        "annan_kommun",
        "rad 2, kolumn Kommun:",
    ),
    "no municipality": (told(row("2023-05", MAN, Kommun="")), "annan_kommun", "rad 1, kolumn Kom"),
    "line feeds only": (told(*GOOD, end="\n"), "radslut", "rad 1:"),
    "a line feed in the middle": (
        told(GOOD[0]) + told(GOOD[1], end="\n"),
        "radslut",
        "rad 2:",
    ),
    "a carriage return only": (told(GOOD[0]) + told(GOOD[1], end="\r"), "radslut", "rad 2:"),
    "a household twice": (
        told(GOOD[0], GOOD[1], row("2023-05", MAN, Sbel=1)),
        "nyckel_dubbel",
        "rad 3, kolumn Ar + Manad + Personnr1",
    ),
    "a row ended by a tab": (told(GOOD[0], f"{GOOD[1]}\t"), "antal_falt", "rad 2:"),
    "a field too few": (told(GOOD[0], GOOD[1].rpartition("\t")[0]), "antal_falt", "rad 2:"),
    "a field too few in all": (
        told(*(each.rpartition("\t")[0] for each in GOOD)),
        "antal_falt",
        "rad 1:",
    ),
    "a file cut off": (told(*GOOD)[:-20], "antal_falt", "rad 2:"),
    "semicolons": (told(*GOOD).replace(b"\t", b";"), "avgransare", "rad 1:"),
    "UTF-16 without its mark": (told(*GOOD, encoding="utf-16-le"), "teckenkodning", ""),
    "bytes of another encoding": (told(*GOOD) + b"\x81\r\n", "teckenkodning", ""),
    "nothing": (b"\r\n", "tom_fil", ""),
    "a sex that is none": (
        told(row("2023-05", MAN, Kon1=3)),
        "kod",
        "rad 1, kolumn Personnr2 + Kon1 + Barn15",
    ),
    "an amount in words": (told(row("2023-05", MAN, Sbel="niotusen")), "tal", "kolumn Sbel"),
    "no holder": (told(row("2023-05", MAN, Personnr1="")), "saknas", "rad 1, kolumn Personnr1"),
    "a number of nobody": (
        told(row("2023-05", MAN, Personnr1="198001019999")),
        "identitet",
        "rad 1, kolumn Personnr1",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_description_leaves_open_is_read(
    tmp_path: Path, kil: Municipality, name: str
) -> None:
    found = checked(tmp_path, kil, TAKEN[name])
    assert (found.register_name, found.breaches, found.absent) == (REGISTER, (), ())


@pytest.mark.parametrize("name", REFUSED)
def test_bad_bytes_are_told_by_row_column_and_rule_and_nobody_s_value(
    tmp_path: Path, kil: Municipality, name: str
) -> None:
    content, rule, place = REFUSED[name]
    found = checked(tmp_path, kil, content)
    messages = [each.message() for each in found.breaches if each.rule == rule]
    assert [each for each in messages if place in each], [each.message() for each in found.breaches]
    for each in found.breaches:
        message = each.message()
        assert f"Fil {NAME}" in message
        assert "Gör så här: " in message
        for value in (MAN, WOMAN, CHILD, "niotusen", "198001019999", "1480"):
            assert value not in message


def test_a_file_of_bad_bytes_is_held_whole(
    warehouse: duckdb.DuckDBPyConnection, loaded: Loaded
) -> None:
    loaded(*GOOD, sequence=1)
    held = loaded(GOOD[0], row("2023-05", WOMAN, Kommun=1480), sequence=2)
    assert (held.outcome, held.rows_loaded, held.rows_held) == ("quarantined", 0, 2)
    kept = warehouse.execute(f"select delivery_sequence from raw.register__{REGISTER}").fetchall()
    assert kept == [(1,), (1,)]


def test_the_total_file_s_name_is_refused(tmp_path: Path, kil: Municipality) -> None:
    found = checked(tmp_path, kil, told(*GOOD), "ekonomiskt_bistand_2023.txt")
    assert [each.rule for each in found.breaches] == ["filnamn"]


def test_line_ends_and_fields_are_found_wherever_a_part_of_a_file_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fil.txt"
    for size in range(1, 8):
        monkeypatch.setattr(lines, "_SLICE", size)
        for content, bare, uneven in (
            (b"a\tb\r\nc\td\r\n", None, []),
            (b"a\tb\r\nc\td", None, []),
            (b"a\tb\r\nc\td\n", 2, []),
            (b"a\tb\nc\td\r\n", 1, []),
            (b"a\tb\r\nc\td\re\tf\r\n", 2, [2]),
            (b"a\tb\r\n\r\nc\td\t\r\nd\r\n", None, [3, 4]),
            (b'a\t"b"\r\nc\r\n', None, []),
            (b"\n", 1, []),
        ):
            path.write_bytes(content)
            assert first_bare_end(path) == bare, (size, content)
            assert uneven_lines(path, "\t", 2) == uneven, (size, content)


def test_districts_are_read_where_the_municipality_has_them(tmp_path: Path) -> None:
    text = first_file("1480", seeds=SEEDS, statutory=True)
    assert "Distrikt" in text
    described = yaml.safe_load(text)
    described["boards"] = [{"name": "Hisingen", "slug": "hisingen", "valid_from": "2021-01-01"}]
    described["registers"][REGISTER] = {
        "statutory": FILE.name,
        "codes": {"stadsdelsnamnd": {"07": "Hisingen"}},
    }
    path = tmp_path / "kommun.yml"
    path.write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
    goteborg = read_municipality(path)
    good = row("2023-05", MAN, Kommun=1480, Distrikt="07")
    assert checked(tmp_path, goteborg, told(good)).breaches == ()
    other = row("2023-05", MAN, Kommun=1480, Distrikt="99")
    [breach] = checked(tmp_path, goteborg, told(other)).breaches
    assert (breach.rule, breach.detail) == ("enhet", "kända namn: 07")


def test_a_municipality_s_first_file_can_be_used_as_it_is(tmp_path: Path) -> None:
    for statutory in (False, True):
        path = tmp_path / f"{statutory}.yml"
        path.write_text(first_file("1715", seeds=SEEDS, statutory=statutory), encoding="utf-8")
        municipality = read_municipality(path)
        assert (municipality.code, municipality.name) == ("1715", "Kil")
        delivered = {name for name, mapping in municipality.registers.items() if mapping.statutory}
        assert delivered == ({REGISTER} if statutory else set())
        left = load_contracts().keys() - delivered if statutory else set()
        assert municipality.not_delivered.keys() == left
    reason = municipality.not_delivered["boendestod_beslut"]
    assert "HSLF-FS 2016:86" in reason
    assert "kan inte läsas än" in reason
    with pytest.raises(UnknownMunicipalityError, match="9999 är inte en svensk kommunkod"):
        first_file("9999", seeds=SEEDS, statutory=True)


def test_the_command_writes_the_file_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "kommun.yml"
    typed = ["init-municipality", "--municipality", "1715", "--statutory", "--out", str(path)]
    runner = CliRunner()
    done = runner.invoke(app, typed)
    assert done.exit_code == 0, done.output
    written = path.read_text(encoding="utf-8")
    assert read_municipality(path).mapping(REGISTER).statutory == FILE.name
    again = runner.invoke(app, typed)
    assert again.exit_code == 2
    assert "finns redan. Gör så här: " in again.output
    assert path.read_text(encoding="utf-8") == written
    unknown = runner.invoke(app, [*typed[:2], "9999", *typed[3:-1], str(tmp_path / "ny.yml")])
    assert unknown.exit_code == 2
    assert "9999 är inte en svensk kommunkod. Gör så här: " in unknown.output
    assert not (tmp_path / "ny.yml").exists()
