"""Two municipalities in one warehouse give what each gives alone, in every table.

The other one has the boards, persons, households and case numbers of the first, and other facts
about each of them. Its deliveries came later, so a key without the place would let them replace the
first one's.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.registers.contract import load_contracts
from orchestration.registers.municipality import Municipality, load_municipality, write_units
from orchestration.settings import Settings
from orchestration.storage.deliveries import write_register_deliveries
from tests.dbt.conftest import TINY_CITY, Dbt, Row, Warehouse, insert_delivery, statuses

FIRST = load_municipality(Settings())
OTHER = FIRST.model_copy(update={"code": "1480", "name": "Den andra"})
# Of the other, what the first has and it has not: a correction, a year, half a year's months.
LEFT_OUT = {("avhysningar_barn", "2023"), ("ekonomiskt_bistand_beslut", "2023-06")}
# What its rows say instead, where the first's say something.
OTHER_FACTS: Mapping[str, Any] = {
    "antal": 7,
    "antal_hushall": 9,
    "antal_barn": 4,
    "beviljat_belopp": 1234,
    "medfoljande_barn": 5,
    "timmar": 11,
    "kontaktorsaker": "vald",
    "kon": "K",
    "utfall": "bifall",
    "index": 77.5,
}


def other_rows(rows: Sequence[Row]) -> list[Row]:
    return [{name: OTHER_FACTS.get(name, value) for name, value in row.items()} for row in rows]


def add_other(connection: duckdb.DuckDBPyConnection) -> None:
    sequence = 10_000
    for register, period, rows in TINY_CITY:
        if (register, period) not in LEFT_OUT:
            sequence += 1
            insert_delivery(
                connection, sequence, register, period, other_rows(rows), municipality=OTHER.code
            )


def warehouse_of(
    tiny_city: Warehouse, folder: Path, dbt: Dbt, reported: str, *municipalities: Municipality
) -> Warehouse:
    """The tiny city's statistics with the registers of some municipalities, one reported on."""
    path = folder / tiny_city.path.name
    shutil.copyfile(tiny_city.path, path)
    with duckdb.connect(str(path)) as connection:
        if FIRST not in municipalities:
            for contract in load_contracts().values():
                connection.execute(f"delete from raw.{contract.table}")
            connection.execute("delete from meta.deliveries where kind = 'register'")
        if OTHER in municipalities:
            add_other(connection)
        write_units(connection, *municipalities)
        write_register_deliveries(connection)
    variables = f"{{municipality_id: '{reported}', protected_unit: Skyddade personuppgifter}}"
    only_models = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    return Warehouse(path, statuses(dbt(path, "build", *only_models, "--vars", variables)))


def tables_of(warehouse: Warehouse) -> Iterator[tuple[str, bool]]:
    """Each table that is not a seed or a log, and whether it tells the municipality."""
    yield from warehouse.query(
        "select table_schema || '.' || table_name, bool_or(column_name = 'municipality_id')"
        " from information_schema.columns"
        " where table_schema in ('raw', 'staging', 'intermediate', 'marts')"
        " group by all order by all"
    )


def differences(alone: Warehouse, together: Warehouse, code: str) -> dict[str, int]:
    """Rows that stand in one warehouse only, by table; of others' rows only what is no row."""
    found: dict[str, int] = {}
    compared = 0
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{alone.path}' as alone (read_only)")
        connection.execute(f"attach '{together.path}' as together (read_only)")
        for table, is_placed in tables_of(together):
            # What has no municipality is statistics, which are the same.
            which = f"where coalesce(municipality_id, '{code}') = '{code}'" if is_placed else ""
            one, both = (f"(from {each}.{table} {which})" for each in ("alone", "together"))
            [(count, rows)] = connection.execute(
                f"select (select count(*) from ({one} except all {both}))"
                f" + (select count(*) from ({both} except all {one})), (select count(*) from {one})"
            ).fetchall()
            compared += is_placed and rows > 0
            if count:
                found[table] = count
    # Registers in raw and staging, and what is counted of them.
    assert compared > 2 * len(load_contracts()) + 15
    return found


@pytest.fixture(scope="module")
def together(tiny_city: Warehouse, tmp_path_factory: pytest.TempPathFactory, dbt: Dbt) -> Warehouse:
    return warehouse_of(
        tiny_city, tmp_path_factory.mktemp("together"), dbt, FIRST.code, FIRST, OTHER
    )


@pytest.fixture(scope="module")
def other_reported(
    tiny_city: Warehouse, tmp_path_factory: pytest.TempPathFactory, dbt: Dbt
) -> tuple[Warehouse, Warehouse]:
    """The other one reported on: alone, and beside the first."""
    alone, beside = (tmp_path_factory.mktemp(name) for name in ("alone", "beside"))
    return (
        warehouse_of(tiny_city, alone, dbt, OTHER.code, OTHER),
        warehouse_of(tiny_city, beside, dbt, OTHER.code, FIRST, OTHER),
    )


def test_the_first_is_what_it_is_alone(tiny_city: Warehouse, together: Warehouse) -> None:
    assert differences(tiny_city, together, FIRST.code) == {}


def test_the_other_is_what_it_is_alone(other_reported: tuple[Warehouse, Warehouse]) -> None:
    alone, beside = other_reported
    assert differences(alone, beside, OTHER.code) == {}


def test_no_mart_of_one_holds_a_row_or_a_board_of_the_other(
    tiny_city: Warehouse, other_reported: tuple[Warehouse, Warehouse]
) -> None:
    _, beside = other_reported
    registers = ", ".join(f"'{name}'" for name in load_contracts())
    of_whom = (
        "select distinct municipality_id from marts.indicator_values"
        f" where source_id in ({registers})"
    )
    assert beside.query(of_whom) == [(OTHER.code,)]
    assert tiny_city.query(of_whom) == [(FIRST.code,)]
    assert beside.query(
        "select distinct parent_id from marts.geographies where level = 'stadsdelsnamnd'"
    ) == [(OTHER.code,)]


def test_the_other_was_told_other_facts(
    tiny_city: Warehouse, other_reported: tuple[Warehouse, Warehouse]
) -> None:
    alone, _ = other_reported
    assert tiny_city.value("assistance_cost") != alone.value("assistance_cost", OTHER.code)
    # Five decisions, the last one corrected; 1,234 kronor each.
    assert alone.value("assistance_cost", OTHER.code) == (5 * 1234, None, 5 * 1234, "observed")
    assert alone.value("evicted_children", OTHER.code, 2023) is None
    assert tiny_city.value("evicted_children", FIRST.code, 2023) == (0, None, 0, "observed")
