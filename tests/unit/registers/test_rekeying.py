"""The change of key: every pseudonym is another, and who was one person still is."""

from pathlib import Path

import duckdb
import pytest

from orchestration.registers.contract import load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.protection import FLAG
from orchestration.registers.pseudonyms import PseudonymKey, PseudonymKeyError
from orchestration.registers.rekeying import (
    Rekeyed,
    bridge_keys,
    change_key,
    confirm_key,
    recorded_key,
)
from tests.unit.registers.conftest import KEY, Loader, fictitious
from tests.unit.registers.test_protection import housing, with_flag

NEW = PseudonymKey.from_secret(b"v2:en annan hemlighet som bara finns i provet")
PEOPLE = [fictitious("19870512", number) for number in (980, 981, 982, 983)]


@pytest.fixture
def deliveries(warehouse: duckdb.DuckDBPyConnection, load_rows: Loader) -> list[Delivery]:
    """Two deliveries: a person in both, and a protected one."""
    contract = with_flag("boendestod_beslut")
    first, _ = load_rows(
        contract,
        1,
        [
            housing(1, PEOPLE[0]),
            housing(2, f"{PEOPLE[0][:8]}-{PEOPLE[0][8:]}"),
            housing(3, PEOPLE[1], "J"),
            housing(4, PEOPLE[2]),
        ],
    )
    second, _ = load_rows(contract, 2, [housing(5, PEOPLE[0]), housing(6, PEOPLE[3])])
    # What dbt makes of it is keyed as well.
    warehouse.execute("create schema intermediate")
    warehouse.execute(
        "create table intermediate.people as select person_id, count(*) as n"
        " from raw.register__boendestod_beslut group by all"
    )
    confirm_key(warehouse, KEY)
    return [first, second]


def people(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return warehouse.execute(
        "select beslut_id, person_id from raw.register__boendestod_beslut"
        " order by delivery_sequence, row_number"
    ).fetchall()


def classes(rows: list[tuple[str, str]]) -> list[list[int]]:
    """Which rows are about the same person, whatever they are called."""
    return [[place for place, row in enumerate(rows) if row[1] == each[1]] for each in rows]


def change(
    warehouse: duckdb.DuckDBPyConnection, deliveries: list[Delivery], folder: Path
) -> Rekeyed:
    registers = [(with_flag("boendestod_beslut"), deliveries)]
    bridge_keys(warehouse, registers, KEY, NEW, work_dir=folder)
    return change_key(warehouse, KEY, NEW)


def test_every_pseudonym_changes_and_every_person_stays_one(
    warehouse: duckdb.DuckDBPyConnection, deliveries: list[Delivery], tmp_path: Path
) -> None:
    before = people(warehouse)
    changed = change(warehouse, deliveries, tmp_path)
    after = people(warehouse)
    # Six rows in raw; four persons counted by dbt.
    assert changed == Rekeyed(cells=10, unlinked=0)
    assert classes(after) == classes(before) == [[0, 1, 4], [0, 1, 4], [2], [3], [0, 1, 4], [5]]
    assert {cell[:3] for row in before for cell in row if ":" in cell} == {"v1:"}
    assert {cell[:3] for row in after for cell in row if ":" in cell} == {"v2:"}
    assert not {row[1][3:] for row in before} & {row[1][3:] for row in after}
    counted = warehouse.execute("select person_id from intermediate.people").fetchall()
    assert {person for (person,) in counted} == {person for _, person in after}
    assert recorded_key(warehouse) == (2, NEW.check_value)


def test_the_new_pseudonyms_are_those_of_a_warehouse_made_with_the_new_key(
    warehouse: duckdb.DuckDBPyConnection,
    deliveries: list[Delivery],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    load_rows: Loader,
) -> None:
    change(warehouse, deliveries, tmp_path)
    monkeypatch.setattr("tests.unit.registers.conftest.KEY", NEW)
    load_rows(
        with_flag("boendestod_beslut"), 3, [housing(7, PEOPLE[0]), housing(8, PEOPLE[1], "J")]
    )
    rows = people(warehouse)
    assert classes(rows)[6:] == [[0, 1, 4, 6], [2, 7]]


def test_nothing_of_the_bridge_is_left(
    warehouse: duckdb.DuckDBPyConnection, deliveries: list[Delivery], tmp_path: Path
) -> None:
    change(warehouse, deliveries, tmp_path)
    left = warehouse.execute("select table_name from duckdb_tables() where temporary").fetchall()
    assert left == []
    files = {delivery.path for delivery in deliveries}
    assert {path for path in tmp_path.iterdir() if path.is_file()} == files


def test_rows_whose_bytes_are_gone_are_counted_and_still_lose_the_old_key(
    warehouse: duckdb.DuckDBPyConnection, deliveries: list[Delivery], tmp_path: Path
) -> None:
    before = people(warehouse)
    changed = change(warehouse, deliveries[1:], tmp_path)
    after = people(warehouse)
    # The protected one and another, in raw and in dbt's table.
    assert changed == Rekeyed(cells=10, unlinked=4)
    assert classes(after) == classes(before), "they are told apart as before"
    assert {cell[:3] for row in after for cell in row if ":" in cell} == {"v2:"}


def test_a_change_that_is_rolled_back_has_not_happened(
    warehouse: duckdb.DuckDBPyConnection, deliveries: list[Delivery], tmp_path: Path
) -> None:
    before = people(warehouse)
    registers = [(with_flag("boendestod_beslut"), deliveries)]
    bridge_keys(warehouse, registers, KEY, NEW, work_dir=tmp_path)
    warehouse.execute("begin")
    change_key(warehouse, KEY, NEW)
    warehouse.execute("rollback")
    assert people(warehouse) == before
    assert recorded_key(warehouse) == (1, KEY.check_value)


def test_another_key_than_the_warehouses_is_refused(warehouse: duckdb.DuckDBPyConnection) -> None:
    confirm_key(warehouse, KEY)
    confirm_key(warehouse, KEY)
    same_version = PseudonymKey.from_secret(b"v1:en annan hemlighet som bara finns i provet")
    for other in (NEW, same_version):
        with pytest.raises(PseudonymKeyError, match="inte den som lagret är gjort med"):
            confirm_key(warehouse, other)
    assert recorded_key(warehouse) == (1, KEY.check_value)


def test_two_keys_of_one_version_cannot_be_told_apart(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    other = PseudonymKey.from_secret(b"v1:en annan hemlighet som bara finns i provet")
    with pytest.raises(PseudonymKeyError, match="samma version"):
        bridge_keys(warehouse, [], KEY, other, work_dir=tmp_path)


def test_registers_without_persons_are_passed_over(
    warehouse: duckdb.DuckDBPyConnection, load_rows: Loader, tmp_path: Path
) -> None:
    contract = load_contracts()["hushall_stadsdel"]
    row = {"ar": "2023", "stadsdelsnamnd": "Bromma", "hushallstyp": "3", "antal_hushall": "7"}
    delivery, _ = load_rows(contract, 1, [row])
    confirm_key(warehouse, KEY)
    bridge_keys(warehouse, [(contract, [delivery])], KEY, NEW, work_dir=tmp_path)
    assert change_key(warehouse, KEY, NEW) == Rekeyed(0, 0)
    assert FLAG not in contract.columns
