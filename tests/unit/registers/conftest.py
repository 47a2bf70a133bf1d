"""Small deliveries with made-up persons, loaded into a warehouse in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.registers.contract import Contract
from orchestration.registers.layout import Delivery
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, load_register
from tests.empty_database import empty_database

UNITS = ["Älvsjö", "Bromma", "Socialförvaltningen"]
KEY = PseudonymKey.from_secret(b"en hemlighet som bara finns i provet")

Rows = list[dict[str, str]]
Loader = Callable[[Contract, int, Rows], tuple[Delivery, LoadResult]]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as opened:
        opened.execute("create schema raw")
        opened.execute("create schema meta")
        yield opened


@pytest.fixture
def load_rows(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> Loader:
    """Loads rows as one delivery; columns that a row leaves out are empty."""

    def load(contract: Contract, sequence: int, rows: Rows) -> tuple[Delivery, LoadResult]:
        name = f"{contract.register_name}_2023-{sequence:02d}.csv"
        lines = [
            list(contract.columns),
            *([row.get(c, "") for c in contract.columns] for row in rows),
        ]
        path = tmp_path / name
        path.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
        delivery = Delivery(sequence, f"sha{sequence}", name, path, "2024-01-31")
        [result] = load_register(
            warehouse,
            contract,
            [delivery],
            municipality_id="0180",
            units=UNITS,
            key=KEY,
            work_dir=tmp_path,
        )
        return delivery, result

    return load


def luhn_digit(nine: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(nine)]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def fictitious(birth: str, number: int) -> str:
    """An identity number of the series that Skatteverket gives to nobody."""
    assert 980 <= number <= 999
    return f"{birth}{number}{luhn_digit(f'{birth[2:]}{number}')}"
