"""The file of a municipality: what it may say, and how it is refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.registers.contract import load_contracts
from orchestration.registers.mapping import Form, RegisterMapping, file_period
from orchestration.registers.municipality import (
    Municipality,
    MunicipalityError,
    is_described,
    load_municipality,
    makes_its_key,
    read_municipality,
    require_described,
    write_units,
)
from orchestration.settings import Settings
from tests.empty_database import empty_database
from tests.other_municipality import FILE

SMALL: dict[str, Any] = {
    "code": "1715",
    "name": "Prov",
    "boards": [{"name": "Norr", "slug": "norr", "valid_from": "2010-01-01"}],
    "central_units": [{"name": "IFO", "reason_sv": "Central."}],
}


def written(folder: Path, content: object) -> Path:
    path = folder / "kommun.yml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, content: object) -> str:
    with pytest.raises(MunicipalityError) as refused:
        read_municipality(written(folder, content))
    message = str(refused.value)
    assert message.startswith("Kommunfilen kommun.yml kan inte användas:\n- ")
    assert "Gör så här: " in message
    return message


def test_stockholm_delivers_in_the_contract_s_own_form() -> None:
    municipality = load_municipality(Settings())
    assert (municipality.code, municipality.name) == ("0180", "Stockholms stad")
    assert len(municipality.boards) == 17
    assert municipality.units >= {"Järva", "Älvsjö", "Socialförvaltningen"}
    assert all(municipality.mapping(name) == RegisterMapping() for name in load_contracts())


def test_the_other_municipality_s_file_is_used_with_its_code_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load_municipality(Settings(municipality="1715", municipality_file=FILE)).code == "1715"
    with pytest.raises(MunicipalityError, match="gäller kommun 1715, men AVVIK_MUNICIPALITY är"):
        load_municipality(Settings(municipality_file=FILE))
    monkeypatch.setenv("AVVIK_MUNICIPALITY", "1715")
    monkeypatch.setenv("AVVIK_MUNICIPALITY_FILE", str(FILE))
    monkeypatch.setenv("AVVIK_MUNICIPALITY_NAME", "Ett annat namn")
    assert load_municipality(Settings()).name == "Ett annat namn"


def test_a_municipality_without_a_file_has_its_name_and_delivers_nothing(tmp_path: Path) -> None:
    settings = Settings(municipality="1480")
    assert not is_described(settings)
    municipality = load_municipality(settings)
    assert (municipality.code, municipality.name) == ("1480", "Göteborg")
    assert (municipality.boards, municipality.units) == ((), frozenset())
    assert municipality.not_delivered.keys() == load_contracts().keys()
    named = settings.model_copy(update={"municipality_name": "Göteborgs Stad"})
    assert load_municipality(named).name == "Göteborgs Stad"
    with pytest.raises(MunicipalityError, match="ingen kommunfil för koden 1480"):
        require_described(settings)
    # A file that was named and is gone is a fault, and so is a code that nobody has.
    lost = settings.model_copy(update={"municipality_file": tmp_path / "finns-inte.yml"})
    assert is_described(lost)
    with pytest.raises(MunicipalityError, match="filen kan inte läsas"):
        load_municipality(lost)
    with pytest.raises(MunicipalityError, match="9999 är inte en svensk kommunkod"):
        load_municipality(Settings(municipality="9999"))
    assert is_described(Settings())


def test_a_key_is_made_where_there_is_nobody_to_protect(tmp_path: Path) -> None:
    live = Settings(profile="live", home=tmp_path)
    assert makes_its_key(Settings())
    assert not makes_its_key(live)
    alone = live.model_copy(update={"municipality": "1480"})
    assert makes_its_key(alone)
    assert not makes_its_key(alone.model_copy(update={"as_of": live.moment()}))


def test_a_file_that_delivers_something_needs_a_unit(tmp_path: Path) -> None:
    nothing = dict.fromkeys(load_contracts(), "Kommunen har inget sådant register.")
    none = {"code": "1715", "name": "Kils kommun", "not_delivered": nothing}
    assert read_municipality(written(tmp_path, none)).units == frozenset()
    del nothing["vald_arenden"]
    assert "minst en nämnd eller central enhet behövs" in refusal(tmp_path, none)


def test_a_code_that_is_no_municipality_s_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {**SMALL, "code": "9999"})
    with pytest.raises(MunicipalityError, match="9999 är inte en svensk kommunkod"):
        load_municipality(Settings(municipality="9999", municipality_file=path))


def test_a_municipality_may_have_no_boards(tmp_path: Path) -> None:
    municipality = read_municipality(
        written(tmp_path, {**SMALL, "boards": [], "central_units": [SMALL["central_units"][0]]})
    )
    assert municipality.units == {"IFO"}
    with empty_database() as connection:
        connection.execute("create schema raw")
        write_units(connection, municipality)
        assert connection.execute("from raw.municipality__boards").fetchall() == []
        assert connection.execute("from raw.municipality__units").fetchall() == [
            ("1715", "IFO", "1715", "Central.")
        ]


def test_units_are_written_with_official_codes() -> None:
    with empty_database() as connection:
        connection.execute("create schema raw")
        for _ in range(2):
            write_units(connection, read_municipality(FILE))
        rows = connection.execute(
            "select name, geography_id, valid_to::varchar, successor_geography_id"
            " from raw.municipality__boards order by all"
        ).fetchall()
    assert len(rows) == 12
    assert ("Hannäs", "1715-hannas", "2020-12-31", "1715-sodra-kil") in rows


def test_common_parts_hold_where_a_register_has_the_column_and_says_nothing_else(
    tmp_path: Path,
) -> None:
    municipality = read_municipality(
        written(
            tmp_path,
            {
                **SMALL,
                "form": {"delimiter": "tab", "date": "DD.MM.YYYY"},
                "columns": {"kon": "Kön", "stadsdelsnamnd": "Enhet"},
                "codes": {"kon": {"1": "M", "2": "K"}},
                "registers": {
                    "vald_arenden": {
                        "columns": {"kon": "Kon", "roll": "Roll"},
                        "codes": {"kon": {"m": "M", "k": "K"}},
                        "form": {"date": "YYYYMMDD"},
                    },
                    "avhysningar_barn": {"constants": {"stadsdelsnamnd": "IFO"}},
                },
            },
        )
    )
    violence = municipality.mapping("vald_arenden")
    assert violence.columns == {"kon": "Kon", "roll": "Roll", "stadsdelsnamnd": "Enhet"}
    assert violence.codes == {"kon": {"m": "M", "k": "K"}}
    assert violence.form == Form(delimiter="tab", date="YYYYMMDD")
    evictions = municipality.mapping("avhysningar_barn")
    assert (evictions.columns, evictions.codes) == ({}, {})
    assert municipality.mapping("boendestod_beslut").columns == {
        "kon": "Kön",
        "stadsdelsnamnd": "Enhet",
    }


def test_texts_stay_texts(tmp_path: Path) -> None:
    """A code that YAML would read as a number, a truth value or a date is the text it is."""
    content = """
code: 0180
name: Prov
central_units: [{name: 1e3, reason_sv: no}]
registers:
  avhysningar_barn:
    codes:
      orsak: {01: hyresskuld, no: storning, 2020-01-01: ovrigt}
"""
    municipality = read_municipality(written(tmp_path, content))
    assert municipality.code == "0180"
    assert municipality.units == {"1e3"}
    assert list(municipality.mapping("avhysningar_barn").codes["orsak"]) == [
        "01",
        "no",
        "2020-01-01",
    ]


def board(**fields: str) -> dict[str, str]:
    return {"name": "Syd", "slug": "syd", "valid_from": "2010-01-01", **fields}


CHAIN = [
    board(name=f"N{n}", slug=f"n{n}", valid_to="2019-12-31", successor=f"n{n + 1}")
    for n in range(3)
] + [board(name="N3", slug="n3")]

FAULTS: dict[str, tuple[object, str]] = {
    "no table": ("- en lista", "filen ska vara en tabell"),
    "no yaml": ("code: [1\nname: x", "filen är inte YAML"),
    "doubled key": ("code: '1715'\ncode: '1716'\nname: x", "en nyckel står två gånger"),
    "control characters": ("code: \x01", "filen är inte YAML"),
    "nothing": ({}, "code: fältet saknas"),
    "unknown field": ({**SMALL, "stad": "x"}, "stad: det finns inget sådant fält"),
    "code": ({**SMALL, "code": "715"}, "code: har fel form"),
    "no units": ({"code": "1715", "name": "x"}, "minst en nämnd eller central enhet"),
    "boards no list": ({**SMALL, "boards": "Norr"}, "boards: ska vara en lista"),
    "slug": ({**SMALL, "boards": [board(slug="Å")]}, "boards.0.slug: har fel form"),
    "date": ({**SMALL, "boards": [board(valid_from="2010-02-30")]}, "ska vara ett datum"),
    "ends first": (
        {**SMALL, "boards": [board(valid_to="2009-01-01", successor="x")]},
        "Syd upphör innan den bildas",
    ),
    "no successor": ({**SMALL, "boards": [board(valid_to="2019-12-31")]}, "bryts tidsserien"),
    "unknown successor": (
        {**SMALL, "boards": [board(valid_to="2019-12-31", successor="x")]},
        "successor x finns inte",
    ),
    "own successor": (
        {**SMALL, "boards": [board(valid_to="2019-12-31", successor="syd")]},
        "går runt",
    ),
    "long chain": ({**SMALL, "boards": CHAIN}, "längre än 2 steg"),
    "doubled name": (
        {**SMALL, "boards": [board(), board(slug="annan")]},
        "namnet Syd står två gånger",
    ),
    "doubled slug": ({**SMALL, "boards": [board(), board(name="X")]}, "slug syd står två gånger"),
    "unknown register": ({**SMALL, "registers": {"x": {}}}, "inget sådant register"),
    "unknown register not kept": ({**SMALL, "not_delivered": {"x": "y"}}, "not_delivered.x: det"),
    "register mapped and not kept": (
        {
            **SMALL,
            "registers": {"vald_arenden": {}},
            "not_delivered": {"vald_arenden": "Förs inte."},
        },
        "också en mappning",
    ),
    "unknown common column": ({**SMALL, "columns": {"x": "y"}}, "inget register har en kolumn x"),
    "delimiter": ({**SMALL, "form": {"delimiter": ";"}}, "ska vara ett av 'semicolon'"),
    "date form": ({**SMALL, "form": {"date": "DD MMM YY"}}, "formen ska bestå av YYYY, MM, DD"),
    "month form": ({**SMALL, "form": {"month": "YYYY"}}, "formen ska bestå av YYYY, MM"),
    "words": ({**SMALL, "form": {"yes": ["1"], "no": ["1"]}}, "samma ord står två gånger"),
}
MAPPING_FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "column": ("vald_arenden", {"columns": {"x": "y"}}, "registret har ingen kolumn x"),
    "both": (
        "vald_arenden",
        {"columns": {"roll": "Roll"}, "constants": {"roll": "valdsutsatt"}},
        "roll står både i columns och i constants",
    ),
    "constant key": ("vald_arenden", {"constants": {"arende_id": "1"}}, "nyckeln kan inte vara"),
    "constant code": ("vald_arenden", {"constants": {"roll": "x"}}, "roll: x finns inte"),
    "constant unit": ("vald_arenden", {"constants": {"stadsdelsnamnd": "X"}}, "X finns inte"),
    "constant flag": (
        "avhysningar_barn",
        {"constants": {"verkstalld": "Ja"}},
        "verkstalld: Ja finns inte",
    ),
    "constant person": (
        "vald_arenden",
        {"constants": {"personnummer": "198705129825"}},
        "personnummer pekar ut en person",
    ),
    "code": ("vald_arenden", {"codes": {"roll": {"1": "x"}}}, "roll: x finns inte i avtalet"),
    "unit code": ("vald_arenden", {"codes": {"stadsdelsnamnd": {"1": "X"}}}, "X finns inte"),
    "codes of a date": (
        "vald_arenden",
        {"codes": {"aktualiserad_datum": {"1": "x"}}},
        "aktualiserad_datum har inga koder utan är datum",
    ),
    "parted code": (
        "barn_unga_arenden",
        {"codes": {"kontaktorsaker": {"a|b": "ovrigt"}}},
        "en kod får inte innehålla |",
    ),
    "lacking key": ("vald_arenden", {"lacking": ["arende_id"]}, "arende_id hör till nyckeln"),
    "lacking and there": (
        "vald_arenden",
        {"lacking": ["roll"], "columns": {"roll": "Roll"}},
        "roll står både i lacking och i columns",
    ),
    "composed of nothing": ("vald_arenden", {"composed": {"roll": "x"}}, "filens kolumner inom"),
    "composed and constant": (
        "vald_arenden",
        {"composed": {"roll": "{A}{B?}"}, "constants": {"roll": "valdsutsatt"}},
        "roll står både i composed och i constants",
    ),
    "not in the header": (
        "vald_arenden",
        {"header": ["A", "B"], "columns": {"roll": "C"}, "composed": {"kon": "{D}"}},
        "columns: C står inte i header",
    ),
    "a header with a name twice": ("vald_arenden", {"header": ["A", "A"]}, "samma namn står två"),
    "further fields of a header": ("vald_arenden", {"further": "true"}, "räknas upp i header"),
    "a period of no month": ("vald_arenden", {"of_period": "roll"}, "roll är ingen månad"),
    "another register's statutory file": (
        "vald_arenden",
        {"statutory": "ekonomiskt_bistand_manad"},
        "ekonomiskt_bistand_manad är ingen fil för registret; välj bland: ingen",
    ),
    "no year": ("vald_arenden", {"files": ["vald_{MM}"]}, "{YYYY} en gång"),
    "slash": ("vald_arenden", {"files": ["a/{YYYY}"]}, "får inte stå i ett filnamn"),
    "month of a year": ("avhysningar_barn", {"files": ["a{YYYY}{MM}"]}, "lämnas per {YYYY}"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_hold_is_refused_with_words(tmp_path: Path, fault: str) -> None:
    content, told = FAULTS[fault]
    assert told in refusal(tmp_path, content)


@pytest.mark.parametrize("fault", MAPPING_FAULTS)
def test_a_mapping_that_does_not_fit_its_contract_is_refused(tmp_path: Path, fault: str) -> None:
    register, mapping, told = MAPPING_FAULTS[fault]
    message = refusal(tmp_path, {**SMALL, "registers": {register: mapping}})
    assert f"registers.{register}" in message
    assert told in message
    assert "198705129825" not in message


def test_a_missing_or_unreadable_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "finns-inte.yml", tmp_path):
        with pytest.raises(MunicipalityError, match="filen kan inte läsas"):
            read_municipality(path)
    latin = tmp_path / "latin.yml"
    latin.write_bytes("name: Åre".encode("cp1252"))
    with pytest.raises(MunicipalityError, match="inte i UTF-8"):
        read_municipality(latin)
    large = tmp_path / "stor.yml"
    large.write_bytes(b"#" * 2_000_000)
    with pytest.raises(MunicipalityError, match="större än 1 MB"):
        read_municipality(large)
    deep = tmp_path / "djup.yml"
    deep.write_text("[" * 100_000)
    with pytest.raises(MunicipalityError, match="inte YAML"):
        read_municipality(deep)


@pytest.mark.parametrize(
    ("files", "name", "period"),
    [
        ((), "vald_arenden_2023-05.csv", "2023-05"),
        ((), "vald_arenden_2023.parquet", "2023"),
        ((), "vald_arenden_2023-13.csv", None),
        ((), "vald_arenden_2023-05.pdf", None),
        (("V{YYYY}{MM}",), "V202305.txt", "2023-05"),
        (("V{YYYY}{MM}",), "V202313.txt", None),
        (("{MM}.{YYYY} våld",), "inbox/vald_arenden/05.2023 våld.tsv", "2023-05"),
        (("V{YYYY}{MM}", "V{YYYY}"), "V2023.xlsx", "2023"),
        (("V_{YYYY}{MM}_*",), "V_202305_20230602T0400.csv", "2023-05"),
        (("V_{YYYY}{MM}_*",), "V_202305.csv", None),
        (("V.{YYYY}",), "Vx2023.csv", None),
    ],
)
def test_the_file_name_tells_the_period(
    files: tuple[str, ...], name: str, period: str | None
) -> None:
    contract = load_contracts()["vald_arenden"]
    assert file_period(contract, name, RegisterMapping(files=files)) == period


NAMES = [
    *Municipality.model_fields,
    *RegisterMapping.model_fields,
    *Form.model_fields,
    *("slug", "valid_from", "valid_to", "successor", "reason_sv", "norr", "IFO"),
    *load_contracts(),
    *load_contracts()["vald_arenden"].columns,
]
SCALARS = st.one_of(
    st.sampled_from([*NAMES, "1715", "Norr", "2010-01-01", "tab", "DD.MM.YYYY", "{YYYY}{MM}", ""]),
    st.text(max_size=6),
    st.integers(),
    st.booleans(),
    st.none(),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=4)), inner, max_size=5),
    ),
    max_leaves=20,
)


def accepted_or_refused(path: Path) -> None:
    try:
        municipality = read_municipality(path)
    except MunicipalityError as error:
        told = str(error)
    else:
        told = ""
        assert municipality.units
    assert not told or "Gör så här" in told


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changed=st.dictionaries(st.sampled_from(list(Municipality.model_fields)), TREES, max_size=3),
    registers=st.dictionaries(
        st.sampled_from(list(load_contracts())),
        st.dictionaries(st.sampled_from(list(RegisterMapping.model_fields)), TREES, max_size=3),
        max_size=2,
    ),
)
def test_any_mapping_is_accepted_or_refused_with_words(
    tmp_path: Path, changed: dict[str, Any], registers: dict[str, Any]
) -> None:
    content = {**SMALL, "registers": registers, **changed}
    accepted_or_refused(written(tmp_path, yaml.safe_dump(content, allow_unicode=True)))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_accepted_or_refused_with_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kommun.yml"
    path.write_bytes(content)
    accepted_or_refused(path)
