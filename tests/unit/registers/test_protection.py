"""A person with protected identity counts in the city, and can be found nowhere else."""

import json

import duckdb
import pytest
import yaml

from orchestration.registers.contract import Column, Contract, load_contracts
from orchestration.registers.protection import FLAG, KIND, UNIT
from orchestration.settings import Settings
from tests.unit.registers.conftest import Loader, Rows, fictitious

PERSON = fictitious("19870512", 982)
OTHER = fictitious("19870512", 983)
HOUSING = {
    "kon": "K",
    "fodelsear": "1987",
    "stadsdelsnamnd": "Bromma",
    "malgrupp": "socialpsykiatri",
    "timmar": "7,5",
    "timmar_per": "manad",
    "start_datum": "2023-01-01",
    "lss_personkrets": "0",
    "eget_boende": "J",
    "folkbokford_i_namnden": "J",
    "antal_aktiviteter": "4",
}


def with_flag(register: str) -> Contract:
    contract = load_contracts()[register]
    flag = Column(type="flag", optional=True, personal="sensitive")
    return contract.model_copy(update={"columns": {**contract.columns, FLAG: flag}})


def housing(number: int, person: str, flag: str = "N", **cells: str) -> dict[str, str]:
    return {**HOUSING, "beslut_id": f"H{number}", "personnummer": person, FLAG: flag, **cells}


def rows_of(warehouse: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[object, ...]]:
    return warehouse.execute(
        f"select {columns} from raw.register__boendestod_beslut order by delivery_sequence,"
        " row_number"
    ).fetchall()


def test_a_flagged_row_has_no_board_no_birth_year_and_another_pseudonym(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader
) -> None:
    contract = with_flag("boendestod_beslut")
    rows: Rows = [
        housing(1, PERSON, "J"),
        housing(2, PERSON, "J"),
        housing(3, OTHER),
        housing(4, PERSON, ""),
    ]
    _, result = load_rows(contract, 1, rows)
    assert result.outcome == "loaded", result.breaches
    found = rows_of(warehouse, "stadsdelsnamnd, fodelsear_band, person_id_kind, timmar::double")
    assert found[:2] == [(UNIT, None, KIND, 7.5)] * 2, "it counts, and is nowhere"
    assert found[2:] == [("Bromma", 1985, "personnummer", 7.5)] * 2
    flagged, again, other, unflagged = (row[0] for row in rows_of(warehouse, "person_id"))
    assert flagged == again, "one person is counted once"
    assert len({flagged, other, unflagged}) == 3, "and cannot be joined with rows without the flag"


def test_one_person_cannot_be_followed_from_register_to_register(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader
) -> None:
    for sequence, register in enumerate(("socialpsykiatri_insatser", "vald_arenden"), start=1):
        row = {
            "insats_id": "S1",
            "arende_id": "S1",
            "personnummer": PERSON,
            "kon": "K",
            "stadsdelsnamnd": "Bromma",
            "insats": "boende",
            "roll": "valdsutsatt",
            "start_datum": "2023-01-01",
            "aktualiserad_datum": "2023-01-01",
        }
        key = load_contracts()[register].key[0]
        rows = [{**row, FLAG: "J"}, {**row, key: "S2", FLAG: "N"}]
        assert load_rows(with_flag(register), sequence, rows)[1].outcome == "loaded"
    pseudonyms = [
        warehouse.execute(
            f"select person_id from raw.register__{register} order by row_number"
        ).fetchall()
        for register in ("socialpsykiatri_insatser", "vald_arenden")
    ]
    (protected, ordinary), (protected_too, ordinary_too) = pseudonyms
    assert ordinary == ordinary_too
    assert protected != protected_too
    assert len({protected, protected_too, ordinary}) == 3


def test_a_child_has_no_age_group_and_no_smaller_area(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader
) -> None:
    row = {
        "personnummer": fictitious("20170301", 981),
        "kon": "K",
        "stadsdelsnamnd": "Bromma",
        "stadsdel": "Nockeby",
        "aktualiserad_datum": "2023-01-10",
        "aktualisering": "anmalan",
        "anmalare": "skola",
        "kontaktorsaker": "skolproblem",
        "forhandsbedomning_start": "2023-01-10",
        "utredning_inledd": "N",
        "tidigare_arenden": "0",
        "familjeratt": "N",
        "aktivt": "N",
    }
    rows = [{**row, "arende_id": "B1", FLAG: "J"}, {**row, "arende_id": "B2", FLAG: "N"}]
    _, result = load_rows(with_flag("barn_unga_arenden"), 1, rows)
    assert result.outcome == "loaded", result.breaches
    assert warehouse.execute(
        "select arende_id, stadsdelsnamnd, aldersgrupp, stadsdel"
        " from raw.register__barn_unga_arenden order by row_number"
    ).fetchall() == [("B1", UNIT, None, None), ("B2", "Bromma", "1-5", "Nockeby")]


def test_a_household_is_not_the_one_it_was_without_the_flag(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader
) -> None:
    row = {
        "arende_id": "A1",
        "hushall_id": "hushåll 1",
        "personnummer_sokande": PERSON,
        "stadsdelsnamnd": "Bromma",
        "avser_manad": "2023-01",
        "ansokan_datum": "2023-01-02",
        "beslut_datum": "2023-01-05",
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
    rows = [
        {**row, "beslut_id": "1", FLAG: "J", "personnummer_medsokande": OTHER},
        {**row, "beslut_id": "2", FLAG: "N"},
    ]
    _, result = load_rows(with_flag("ekonomiskt_bistand_beslut"), 1, rows)
    assert result.outcome == "loaded", result.breaches
    flagged, plain = warehouse.execute(
        "select hushall_id, sokande_id, medsokande_id, sokande_id_kind, medsokande_id_kind,"
        " kon_sokande, aldersgrupp_sokande"
        " from raw.register__ekonomiskt_bistand_beslut order by row_number"
    ).fetchall()
    assert flagged[0] != plain[0]
    assert flagged[1] != plain[1]
    assert flagged[3:] == (KIND, KIND, None, None)
    assert plain[2:] == (None, "personnummer", None, "K", "25-44")


@pytest.mark.parametrize("later_flag", ["J", "N"])
def test_the_earlier_versions_of_a_row_go_the_same_way(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader, later_flag: str
) -> None:
    """The person becomes protected: what was delivered before under the key told the board."""
    contract = with_flag("boendestod_beslut")
    load_rows(contract, 1, [housing(1, PERSON), housing(2, OTHER), housing(3, PERSON)])
    load_rows(contract, 2, [housing(1, PERSON, "J"), housing(2, PERSON, "J")])
    load_rows(contract, 3, [housing(1, PERSON, later_flag)])
    found = rows_of(warehouse, "beslut_id, stadsdelsnamnd, person_id is null, fodelsear_band")
    assert found[:3] == [
        ("H1", UNIT, True, None),
        ("H2", "Bromma", False, 1985),  # the key was somebody else's
        ("H3", "Bromma", False, 1985),  # a row that was never flagged
    ]
    assert found[3:5] == [("H1", UNIT, False, None), ("H2", UNIT, False, None)]
    last = UNIT if later_flag == "J" else "Bromma"
    assert found[5][:2] == ("H1", last), "the latest row is as it was delivered"


def test_a_flag_that_is_neither_yes_nor_no_holds_the_delivery(load_rows: Loader) -> None:
    _, result = load_rows(with_flag("boendestod_beslut"), 1, [housing(1, PERSON, "Ja")])
    assert [(breach.column, breach.rule) for breach in result.breaches] == [(FLAG, "ja_nej")]


@pytest.mark.parametrize("text", [PERSON, f"ärende {PERSON[2:8]}-{PERSON[8:]}", PERSON[2:]])
def test_a_number_in_a_text_becomes_a_pseudonym(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader, text: str
) -> None:
    contract = load_contracts()["boendestod_beslut"]
    rows = [{**housing(1, PERSON), "beslut_id": each} for each in (text, "H1234567")]
    _, result = load_rows(contract, 1, rows)
    _, again = load_rows(contract, 2, rows[:1])
    assert (result.outcome, again.outcome) == ("loaded", "loaded")
    hidden, plain, hidden_again = (row[0] for row in rows_of(warehouse, "beslut_id"))
    assert plain == "H1234567"
    assert hidden == hidden_again, "it is a key all the same"
    dump = json.dumps(
        warehouse.execute("from raw.register__boendestod_beslut").fetchall(), default=str
    )
    assert PERSON[2:8] not in dump
    assert str(hidden).startswith("v1:")


def test_dbt_and_the_loader_call_the_unit_by_one_name() -> None:
    project = Settings().dbt_project_dir / "dbt_project.yml"
    assert yaml.safe_load(project.read_text(encoding="utf-8"))["vars"]["protected_unit"] == UNIT
