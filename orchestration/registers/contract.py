"""The register contract: what a city delivers, column by column, as typed data.

Reads `contracts/<register>.yml`. How bytes are read, checked and loaded belongs in `reading` and
`loading`; what the columns mean for an indicator belongs in dbt.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

ColumnType = Literal[
    "text",
    "code",
    "codes",
    "unit",
    "integer",
    "decimal",
    "hours",
    "number",
    "date",
    "month",
    "flag",
    "identity",
    "household",
    "birth_year",
]

_SQL_TYPES: dict[ColumnType, str] = {
    "text": "varchar",
    "code": "varchar",
    "codes": "varchar",
    "unit": "varchar",
    "integer": "integer",
    "decimal": "decimal(12, 2)",
    "hours": "decimal(8, 2)",
    "number": "double",
    "date": "date",
    "month": "date",
    "flag": "boolean",
    "identity": "varchar",
    "household": "varchar",
    "birth_year": "integer",
}


class Column(BaseModel):
    """One column of a register.

    Attributes:
        type: How the text in the file is read, and what it becomes in `raw`.
        optional: Whether the cell may be empty.
        codes: Allowed codes of a `code` or `codes` column.
        min: Smallest allowed value of a number.
        max: Largest allowed value of a number.
        not_future: Whether a date later than the day of receipt is a breach.
        raw_name: Name in `raw` where it differs, as it does for what becomes a pseudonym.
        on_breach: Whether a breach holds the row or the whole delivery.
        serial_numbers: Whether ten digits in a text are a serial number, and no identity number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ColumnType
    optional: bool = False
    codes: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    not_future: bool = False
    raw_name: str | None = None
    on_breach: Literal["row", "delivery"] = "delivery"
    serial_numbers: bool = False

    @property
    def sql_type(self) -> str:
        """The column's type in `raw`."""
        return _SQL_TYPES[self.type]


class AgeBand(BaseModel):
    """An age group derived from an identity number on the way in.

    Attributes:
        identity: The identity column.
        at: The date column the age is counted at.
        bands: Lower limits of the bands; the last is the exclusive upper limit of the last band.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    at: str
    bands: tuple[int, ...] = Field(min_length=2)

    @property
    def labels(self) -> tuple[tuple[int, int, str], ...]:
        """Each band as (first age, last age, label)."""
        return tuple(
            (low, high - 1, f"{low}-{high - 1}")
            for low, high in zip(self.bands, self.bands[1:], strict=False)
        )


class Contract(BaseModel):
    """One register: name, version, key and columns in the order they are delivered.

    Attributes:
        register_name: The register's name, which is also its directory in the inbox.
        title_sv: What a Swedish reader calls it.
        version: First day the contract holds.
        periods: Which periods a file name may carry.
        key: Columns that identify a row within a delivery.
        columns: The columns by name.
        derived: Columns that `raw` adds from the delivered ones.
        licence_sv: On which terms the register may be used.
        held_share_limit: Largest share of rows that may be held; above it the delivery is held.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    register_name: str
    title_sv: str
    version: date
    periods: tuple[Literal["month", "year"], ...]
    key: tuple[str, ...]
    columns: dict[str, Column]
    derived: dict[str, AgeBand] = {}
    held_share_limit: float = 0.01
    licence_sv: str = "Sekretess enligt 26 kap. 1 § offentlighets- och sekretesslagen"

    @property
    def table(self) -> str:
        """The register's table in schema `raw`."""
        return f"register__{self.register_name}"

    def kind_columns(self) -> dict[str, str]:
        """The columns of `raw` that tell the kind of an identity, each with its identity column."""
        return {
            f"{column.raw_name or name}_kind": name
            for name, column in self.columns.items()
            if column.type == "identity"
        }

    def raw_columns(self) -> dict[str, str]:
        """Name and SQL type of each column in `raw`, provenance last."""
        delivered = {
            column.raw_name or name: column.sql_type for name, column in self.columns.items()
        }
        return {
            **delivered,
            **dict.fromkeys(self.kind_columns(), "varchar"),
            **dict.fromkeys(self.derived, "varchar"),
            "delivery_id": "varchar",
            "delivery_sequence": "bigint",
            "delivery_period": "varchar",
            "row_number": "bigint",
        }


@cache
def load_contracts() -> dict[str, Contract]:
    """Read all contracts.

    Returns:
        The contracts by register name, in alphabetical order.

    Raises:
        pydantic.ValidationError: If a contract file has an unknown field or a wrong value.
    """
    directory = Path(__file__).parent / "contracts"
    return {
        path.stem: Contract(
            register_name=path.stem, **yaml.safe_load(path.read_text(encoding="utf-8"))
        )
        for path in sorted(directory.glob("*.yml"))
    }
