"""Contracts: what they must say, and which version holds for a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.flow.searching import contract_changes
from orchestration.registers.contract import Contract, build_contract, load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, create_raw_table, load_register
from tests.empty_database import empty_database

CONTRACTS = load_contracts()
BASE: dict[str, Any] = {
    "title_sv": "Prov",
    "first_period": "2020-01",
    "periods": ["month", "year"],
    "key": ["rad_id"],
    "columns": {
        "rad_id": {"type": "text", "personal": "indirect"},
        "form": {"type": "code", "personal": "none", "codes": ["a", "b"]},
        "gammal": {"type": "integer", "personal": "none", "optional": True},
    },
}
CHANGES: list[dict[str, Any]] = [
    {
        "from": "2022-01",
        "description_sv": "Koden c tillkommer, och gammal lämnas inte längre.",
        "modify": {"form": {"codes": ["a", "b", "c"]}},
        "remove": ["gammal"],
    },
    {
        "from": "2023-04",
        "description_sv": "Kolumnen ny tillkommer.",
        "add": {"ny": {"type": "flag", "personal": "none", "optional": True}},
    },
]


def prov(**changed: Any) -> Contract:
    return build_contract("prov", {**BASE, "changes": CHANGES, **changed})


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as opened:
        opened.execute("create schema raw")
        yield opened


def load(
    connection: duckdb.DuckDBPyConnection, folder: Path, contract: Contract, files: dict[str, str]
) -> list[LoadResult]:
    deliveries = []
    for sequence, (name, text) in enumerate(files.items(), start=1):
        (folder / name).write_text(text, encoding="utf-8")
        deliveries.append(Delivery(sequence, f"sha{sequence}", name, folder / name, "2024-01-31"))
    return load_register(
        connection,
        contract,
        deliveries,
        municipality_id="0180",
        units=["Bromma"],
        key=PseudonymKey.from_secret(b"en hemlighet som bara finns i provet"),
        work_dir=folder,
    )


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_every_identity_number_is_a_direct_identifier_and_no_other_column_is(
    contract: Contract,
) -> None:
    for version in contract.versions:
        for name, column in version.columns.items():
            assert (column.personal == "direct") == (column.type == "identity"), name
        about_persons = any(column.type == "identity" for column in version.columns.values())
        assert ("skyddade_personuppgifter" in version.columns) == about_persons


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_statistics_are_not_personal_data_and_everything_else_is(contract: Contract) -> None:
    statistics = {
        *("befolkning_stadsdel", "hushall_stadsdel", "socioekonomi_stadsdel"),
        "insatser_utan_behovsprovning",
    }
    classes = {column.personal for column in contract.columns.values()}
    if contract.register_name in statistics:
        assert classes == {"none"}
    else:
        assert "none" not in classes


def test_health_and_offences_are_sensitive() -> None:
    """GDPR articles 9 and 10, column by column."""
    sensitive = {
        (contract.register_name, name)
        for contract in CONTRACTS.values()
        for name, column in contract.columns.items()
        if column.personal == "sensitive"
    }
    assert sensitive == {
        ("barn_unga_arenden", "kontaktorsaker"),
        ("boendestod_beslut", "behovsniva"),
        ("boendestod_beslut", "lss_personkrets"),
        ("boendestod_beslut", "malgrupp"),
        ("ekonomiskt_bistand_beslut", "forsorjningshinder"),
        ("hemloshet_kartlaggning", "orsak"),
        ("barn_unga_oppenvard", "insats"),
        ("barn_unga_placeringar", "avslut_orsak"),
        ("barn_unga_placeringar", "lagrum"),
        ("barn_unga_placeringar", "omedelbart"),
        ("barn_unga_placeringar", "placeringsform"),
        ("lss_insatser", "insats"),
        ("lss_insatser", "personkrets"),
        ("missbruk_insatser", "form"),
        ("missbruk_insatser", "lagrum"),
        ("rvc_samtalsstod", "roll"),
        ("skyddat_boende_placeringar", "orsak"),
        ("socialpsykiatri_insatser", "insats"),
        ("vald_arenden", "hotbedomning"),
        ("vald_arenden", "roll"),
    }


def test_free_text_is_left_for_keys_and_names_only() -> None:
    texts = {
        name
        for contract in CONTRACTS.values()
        for name, column in contract.columns.items()
        if column.type == "text"
    }
    assert {name for name in texts if not name.endswith("_id")} == {"stadsdel", "insats_kod"}


def test_a_text_is_kept_only_where_it_is_part_of_the_key() -> None:
    texts = {
        (name, column)
        for name, contract in CONTRACTS.items()
        for column, kept in contract.every_column().items()
        if kept.type == "text"
    }
    assert len(texts) > 10
    keys = {(name, column) for name, contract in CONTRACTS.items() for column in contract.key}
    assert texts <= keys
    assert {
        (name, column) for name, contract in CONTRACTS.items() for column in contract.not_kept
    } == {
        ("ekonomiskt_bistand_beslut", "arende_id"),
        ("skyddat_boende_placeringar", "beslut_id"),
    }


def test_a_column_is_kept_or_not() -> None:
    with pytest.raises(ValueError, match="kept or not: form"):
        build_contract("r", {**BASE, "not_kept": {"form": "skäl"}})


def test_household_types_are_the_codes_of_the_national_board() -> None:
    """Socialstyrelsen's list of variables of the register on ekonomiskt bistånd: 2 is not used."""
    for register in ("ekonomiskt_bistand_beslut", "hushall_stadsdel"):
        codes = CONTRACTS[register].columns["hushallstyp"].codes
        assert codes == ("1", "3", "4", "5", "6", "7", "8", "9")


def test_children_in_protected_housing_have_decisions_of_their_own_from_april_2024() -> None:
    contract = CONTRACTS["skyddat_boende_placeringar"]
    assert "barn_med_eget_beslut" not in contract.at("2024-03").columns
    assert "barn_med_eget_beslut" in contract.at("2024-04").columns
    assert [change.since for change in contract.changes] == ["2024-04"]


def test_reports_of_concern_are_among_earlier_cases_from_july_2025() -> None:
    contract = CONTRACTS["barn_unga_arenden"]
    before, after = contract.at("2025-06"), contract.at("2025-07")
    assert not before.columns["tidigare_arenden"].description_sv
    assert "orosanmälningar" in after.columns["tidigare_arenden"].description_sv
    # What is delivered is the same: only what the number means has changed.
    same = {"description_sv": ""}
    assert (
        after.columns["tidigare_arenden"].model_copy(update=same)
        == (before.columns["tidigare_arenden"])
    )
    assert {
        name: column for name, column in after.columns.items() if name != "tidigare_arenden"
    } == {name: column for name, column in before.columns.items() if name != "tidigare_arenden"}
    # The months after it are read with a reservation, and none before.
    [change] = contract_changes("barn_unga_arenden", contract)
    assert (change.year, change.month, change.columns) == (2025, 7, ("tidigare_arenden",))


@pytest.mark.parametrize(
    ("period", "since"),
    [
        ("2020-01", "2020-01"),
        ("2021-12", "2020-01"),
        ("2021", "2020-01"),
        ("2022-01", "2022-01"),
        ("2022", "2022-01"),
        ("2023-03", "2022-01"),
        ("2023-04", "2023-04"),
        # A year's file is written when the year is over.
        ("2023", "2023-04"),
        ("2030-06", "2023-04"),
    ],
)
def test_the_period_decides_the_version(period: str, since: str) -> None:
    assert prov().at(period).since == since


def test_a_version_has_its_own_columns_and_codes() -> None:
    first, second, third = prov().versions
    assert list(first.columns) == ["rad_id", "form", "gammal"]
    assert (list(second.columns), second.columns["form"].codes) == (
        ["rad_id", "form"],
        ("a", "b", "c"),
    )
    assert list(third.columns) == ["rad_id", "form", "ny"]
    assert [change.since for change in third.changes] == ["2022-01", "2023-04"]


def test_raw_has_the_columns_of_all_versions_and_null_where_one_lacks_it(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    results = load(
        connection,
        tmp_path,
        prov(),
        {
            "prov_2023-05.csv": "rad_id;form;ny\n1;c;J\n",
            "prov_2021.csv": "rad_id;form;gammal\n1;a;7\n",
            "prov_2022.csv": "rad_id;form;gammal\n1;c;7\n",
            "prov_2020.csv": "rad_id;form;gammal\n1;c;7\n",
        },
    )
    assert [each.outcome for each in results] == ["loaded", "loaded", "loaded", "quarantined"]
    [breach] = results[3].breaches
    assert (breach.rule, breach.detail) == ("kod", "tillåtna koder: a, b")
    rows = connection.execute(
        "select delivery_period, form, gammal, ny from raw.register__prov order by all"
    ).fetchall()
    assert rows == [("2021", "a", 7, None), ("2022", "c", None, None), ("2023-05", "c", None, True)]


def test_a_warehouse_from_before_a_change_gets_the_new_column(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    create_raw_table(connection, prov(changes=[]))
    connection.execute("insert into raw.register__prov (rad_id, gammal) values ('1', 7)")
    create_raw_table(connection, prov())
    assert connection.execute("select rad_id, gammal, ny from raw.register__prov").fetchall() == [
        ("1", 7, None)
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"from": "2019-01", "remove": ["gammal"]}, "order of their dates"),
        ({"from": "2021-01", "remove": ["finns_inte"]}, "no column finns_inte"),
        ({"from": "2021-01", "modify": {"finns_inte": {"optional": True}}}, "no column finns_inte"),
        ({"from": "2021-01", "modify": {"form": {"type": "text"}}}, "another column in raw"),
        ({"from": "2021-01", "modify": {"form": {"fel": 1}}}, "Extra inputs"),
        ({"from": "2021-01", "add": {"form": BASE["columns"]["form"]}}, "there already"),
        ({"from": "2021-01", "remove": ["rad_id"]}, "no such column: rad_id"),
        ({"from": "2021-06", "remove": ["gammal"]}, "turn of the year"),
        ({"from": "2021-06", "modify": {"form": {"codes": ["a"]}}}, "turn of the year"),
        ({"from": "2021-06", "add": {"ny": {"type": "flag", "personal": "none"}}}, "turn of the"),
        ({"from": "2021-13", "remove": ["gammal"]}, "pattern"),
    ],
)
def test_a_difference_that_does_not_apply_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        prov(changes=[{"description_sv": "Prov.", **change}])


def test_a_name_does_not_come_back_with_another_meaning() -> None:
    again = {
        "from": "2024-01",
        "description_sv": "Prov.",
        "add": {"gammal": {"type": "integer", "personal": "none", "optional": True}},
    }
    with pytest.raises(ValueError, match="had another meaning"):
        prov(changes=[*CHANGES, again])


@pytest.mark.parametrize(
    "fault",
    [
        {"periods": []},
        {"first_period": "2020"},
        {"key": ["finns_inte"]},
        {"key": ["gammal"]},
        {"okant": 1},
        {"columns": {"rad_id": {"type": "text"}}},
        {"columns": {"rad_id": {"type": "code", "personal": "none"}}},
        {"columns": {"rad_id": {"type": "text", "personal": "none", "codes": ["a"]}}},
        {"columns": {"rad_id": {"type": "text", "personal": "none", "on_breach": {"fel": "row"}}}},
    ],
)
def test_a_contract_that_cannot_hold_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        prov(changes=[], **fault)


@pytest.mark.parametrize(
    ("period", "allowed"),
    [
        ("2019", False),
        ("2019-12", False),
        ("2020", True),
        ("2020-01", True),
        ("2024-01", True),
        ("2024", True),
        ("2024-02", False),
        ("2025", False),
    ],
)
def test_a_period_is_neither_before_the_contract_nor_to_come(period: str, allowed: bool) -> None:
    assert prov().allows(period, "2024-01-31") is allowed


@pytest.mark.parametrize(
    ("held", "limit", "outcome"),
    [
        ((1, 2), 0.5, "loaded_in_part"),
        ((2, 3), 0.5, "quarantined"),
        ((1, 100), 0.01, "loaded_in_part"),
        ((2, 100), 0.01, "quarantined"),
        # 0.29 times 100 is less than 29 in binary.
        ((29, 100), 0.29, "loaded_in_part"),
        ((30, 100), 0.29, "quarantined"),
        ((3, 3), 1.0, "loaded_in_part"),
        ((1, 3), 0.0, "quarantined"),
    ],
)
def test_as_many_held_rows_as_the_limit_are_not_too_many(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    held: tuple[int, int],
    limit: float,
    outcome: str,
) -> None:
    columns = {
        **BASE["columns"],
        "form": {**BASE["columns"]["form"], "on_breach": {"kod": "row"}},
    }
    contract = prov(changes=[], columns=columns, held_share_limit=limit)
    wrong, rows = held
    forms = ["okänd"] * wrong + ["a"] * (rows - wrong)
    lines = "".join(f"{number};{form};\n" for number, form in enumerate(forms))
    [result] = load(
        connection, tmp_path, contract, {"prov_2021.csv": f"rad_id;form;gammal\n{lines}"}
    )
    assert result.outcome == outcome
    too_many = {"for_manga_hallna"} if outcome == "quarantined" else set()
    assert {breach.rule for breach in result.breaches} == {"kod"} | too_many


def test_the_contract_says_what_a_breach_holds(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    columns = {
        **BASE["columns"],
        "form": {**BASE["columns"]["form"], "on_breach": {"kod": "row"}},
    }
    contract = prov(changes=[], columns=columns, held_share_limit=0.5, on_doubled_key="row")
    rows = "1;a;\n2;okänd;\n3;a;\n3;b;\n4;a;\n5;b;\n6;b;\n"
    by_code, by_absence = load(
        connection,
        tmp_path,
        contract,
        {
            "prov_2021.csv": f"rad_id;form;gammal\n{rows}",
            # The same column, another rule: the delivery is held.
            "prov_2022.csv": "rad_id;form;gammal\n1;a;\n2;;\n",
        },
    )
    assert (by_code.outcome, by_code.rows_loaded, by_code.rows_held) == ("loaded_in_part", 4, 3)
    assert {(b.rule, b.severity, b.first_row) for b in by_code.breaches} == {
        ("kod", "row", 3),
        ("nyckel_dubbel", "row", 5),
    }
    assert by_absence.outcome == "quarantined"
    assert connection.execute("select rad_id from raw.register__prov order by all").fetchall() == [
        ("1",),
        ("4",),
        ("5",),
        ("6",),
    ]


def test_an_optional_column_may_be_absent_from_the_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    [result] = load(connection, tmp_path, prov(), {"prov_2021.csv": "rad_id;form\n1;a\n"})
    assert result.outcome == "loaded"
    assert connection.execute("select gammal from raw.register__prov").fetchall() == [(None,)]
