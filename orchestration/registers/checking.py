"""A file is tried before it is delivered: the same rules as at the intake, nothing kept.

Finds the register, loads the file into a database in memory, and gives what was wrong. How that is
shown belongs in `workbook` and the command line; the rules themselves in `layout` and
`staged_rows`.
"""

import secrets
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.database import connect
from orchestration.outside import shown
from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Contract, load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.mapping import file_period
from orchestration.registers.municipality import Municipality
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import load_register


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a supplier is told about a file.

    Attributes:
        file_name: The file.
        contract: The version of the contract it was held against, or None if no register has files
            of that name.
        breaches: What is wrong, in the words of the municipality's own file.
        absent: Columns, as the contract calls them, that may be missing from the file and are.
    """

    file_name: str
    contract: Contract | None
    breaches: tuple[Breach, ...]
    absent: tuple[str, ...]

    @property
    def register_name(self) -> str:
        """The register it was taken for; empty if none."""
        return "" if self.contract is None else self.contract.register_name


def check_file(
    file: Path, municipality: Municipality, *, register: str | None = None, today: date
) -> FileCheck:
    """Try a file against its contract.

    Args:
        file: The file, named as it will be delivered.
        municipality: Its boards, and how its exports are named and map to the contracts.
        register: Which register it is of; found from its name and folder unless given.
        today: The day that counts as the day of receipt.

    Returns:
        What is wrong with it.

    Raises:
        OSError: If the file cannot be read.
    """
    name = shown(file.name)
    contract = _contract_of(file, municipality, register)
    if contract is None:
        return FileCheck(name, None, (Breach(name, "filnamn"),), ())
    mapping = municipality.mapping(contract.register_name)
    version = contract.at(file_period(contract, file.name, mapping) or f"{today:%Y-%m}")
    delivery = Delivery(1, "", name, file, today.isoformat(), file.name)
    with (
        tempfile.TemporaryDirectory() as work,
        connect(files=[file], directories=[Path(work)], spill=Path(work)) as connection,
    ):
        connection.execute("create schema raw")
        [result] = load_register(
            connection,
            contract,
            [delivery],
            municipality_id=municipality.code,
            units=municipality.units,
            # Nothing is kept, so any secret will do.
            key=PseudonymKey.from_secret(secrets.token_bytes(32)),
            work_dir=Path(work),
            mapping=mapping,
        )
    return FileCheck(name, version, result.breaches, result.absent_columns)


def _contract_of(file: Path, municipality: Municipality, register: str | None) -> Contract | None:
    """The register whose files are named so; the folder decides where several are."""
    contracts = load_contracts()
    if register is not None:
        return contracts[register]
    named = [
        contract
        for name, contract in contracts.items()
        if file_period(contract, file.name, municipality.mapping(name)) is not None
    ]
    in_folder = [contract for contract in named if contract.register_name == file.parent.name]
    candidates = in_folder or named
    return candidates[0] if len(candidates) == 1 else None
