"""The register contract: what a city delivers, column by column, as typed data.

Reads `contracts/<register>.yml`: a base, and dated differences from it. Which version holds for a
file follows from the file's period. How a municipality's own export differs from the contract
belongs in `mapping`; how bytes are read, checked and loaded in `layout`, `text_relations` and
`staged_rows`; what the columns mean for an indicator in dbt.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.yaml_text import values_of

# The column of every table of registers that says which municipality a row is of.
PLACE = "municipality_id"

ColumnType = Literal[
    "text",
    "code",
    "codes",
    "unit",
    "area",
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
    "area": "varchar",
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

# What a supplier calls each type.
_TYPES_SV: dict[ColumnType, str] = {
    "text": "text",
    "code": "kod",
    "codes": "koder",
    "unit": "nämnd",
    "area": "område",
    "integer": "heltal",
    "decimal": "belopp",
    "hours": "timmar",
    "number": "tal",
    "date": "datum",
    "month": "månad",
    "flag": "J eller N",
    "identity": "identitetsnummer",
    "household": "hushållsnummer",
    "birth_year": "årtal",
}

Severity = Literal["row", "delivery"]

# The rules that a cell can break, whatever its column.
CellRule = Literal[
    "saknas",
    "kod",
    "enhet",
    "omrade",
    "heltal",
    "tal",
    "intervall",
    "datum",
    "framtid",
    "manad",
    "ja_nej",
    "identitet",
    "cellfel",
]

# Direct: identifies a person by itself. Indirect: does so together with other facts (GDPR art.
# 4.1). Sensitive: a special category (art. 9) or offences (art. 10). None: not about a person.
PersonalData = Literal["none", "indirect", "direct", "sensitive"]

_PERSONAL_SV: dict[PersonalData, str] = {
    "none": "ingen",
    "indirect": "indirekt",
    "direct": "direkt",
    "sensitive": "känslig",
}

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Bounds(BaseModel):
    """How far a measure of a delivery may lie from what the register's other deliveries have.

    Attributes:
        warn: Beyond it the delivery is loaded, and the change is told.
        hold: Beyond it the delivery is held until it is corrected or a person confirms it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    warn: float = Field(gt=0)
    hold: float = Field(gt=0)

    @model_validator(mode="after")
    def _narrow_within_wide(self) -> Self:
        if self.warn >= self.hold:
            raise ValueError("a delivery is warned of before it is held: warn is below hold")
        return self


class ColumnBounds(BaseModel):
    """The bounds of a column's measures; what is not given has the default.

    Attributes:
        level: Of a number's typical value, as a ratio to the usual one.
        share: Of a code's share, of zeros, and of dates within the period, in parts of the whole.
        missing: Of the share of empty cells, in parts of the whole.
        order: Of the share of rows where the column is larger than the next one of its type, in
            parts of the whole.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Bounds = Bounds(warn=1.5, hold=3)
    share: Bounds = Bounds(warn=0.1, hold=0.25)
    missing: Bounds = Bounds(warn=0.1, hold=0.25)
    order: Bounds = Bounds(warn=0.05, hold=0.1)

    @model_validator(mode="after")
    def _levels_are_ratios(self) -> Self:
        if self.level.warn <= 1:
            raise ValueError("a level is held against a ratio, which is above 1")
        return self


class Column(BaseModel):
    """One column of a register.

    Attributes:
        type: How the text in the file is read, and what it becomes in `raw`.
        personal: What class of personal data its cells are.
        optional: Whether the cell may be empty, and the column absent from the file's header.
        codes: Allowed codes of a `code` or `codes` column.
        min: Smallest allowed value of a number.
        max: Largest allowed value of a number.
        not_future: Whether a date later than the day of receipt is a breach.
        earliest: First allowed day of a date or a month. The first Social Services Act is in force
            since 1982; what is older is a date that stands for none.
        years_ahead: How many years after the day of receipt a date or a month may be.
        line_breaks: Whether a text may hold line breaks. Elsewhere one is a cell that was never
            closed.
        raw_name: Name in `raw` where it differs, as it does for what becomes a pseudonym.
        on_breach: What a breach holds, the row or the whole delivery: for all rules alike, or rule
            by rule; a rule that is not named holds the delivery.
        open_ended: Whether the cell is empty as long as the case is open, so that deliveries are
            alike at equal age only.
        bounds: How far the column may lie from the register's other deliveries.
        description_sv: What the column says, where its name does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ColumnType
    personal: PersonalData
    optional: bool = False
    codes: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    not_future: bool = False
    earliest: date = date(1982, 1, 1)
    years_ahead: int = Field(default=10, ge=0)
    line_breaks: bool = False
    raw_name: str | None = None
    on_breach: Severity | dict[CellRule, Severity] = "delivery"
    open_ended: bool = False
    bounds: ColumnBounds = ColumnBounds()
    description_sv: str = ""

    @model_validator(mode="after")
    def _codes_where_codes_belong(self) -> Self:
        if (self.type in {"code", "codes"}) != bool(self.codes):
            raise ValueError("codes belong to the types code and codes, and only there")
        if len(set(self.codes)) != len(self.codes):
            raise ValueError("a code stands twice")
        if self.line_breaks and self.type != "text":
            raise ValueError("line breaks belong to the type text, and only there")
        if self.open_ended and not self.optional:
            raise ValueError("a cell that is empty while the case is open is optional")
        return self

    @property
    def sql_type(self) -> str:
        """The column's type in `raw`."""
        return _SQL_TYPES[self.type]

    @property
    def type_sv(self) -> str:
        """What a supplier calls the column's type."""
        return _TYPES_SV[self.type]

    @property
    def personal_sv(self) -> str:
        """What a supplier calls the column's class of personal data."""
        return _PERSONAL_SV[self.personal]

    @property
    def is_day(self) -> bool:
        """Whether its cells are days or months."""
        return self.type in {"date", "month"}

    @property
    def limits_sv(self) -> str:
        """The column's limits in Swedish; empty where it has none."""
        low = "" if self.min is None else f"minst {self.min}"
        high = "" if self.max is None else f"högst {self.max}"
        future = "inte i framtiden" if self.not_future else ""
        return ", ".join(part for part in (low, high, future) if part)

    def severity(self, rule: str) -> Severity:
        """What a breach of a rule holds.

        Args:
            rule: A rule that a cell can break.

        Returns:
            The row or the whole delivery.
        """
        if isinstance(self.on_breach, dict):
            return {str(name): held for name, held in self.on_breach.items()}.get(rule, "delivery")
        return self.on_breach


class AgeBand(BaseModel):
    """An age group derived from an identity number on the way in.

    Attributes:
        identity: The identity column.
        at: The date column the age is counted at.
        bands: Lower limits of the bands; the last is the exclusive upper limit of the last band.
        and_older: Whether the last limit begins a band without an upper limit instead.
        of_reserve_ids: Whether the date of a reserve id is trusted, which an authority may have
            made up.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: str
    at: str
    bands: tuple[int, ...] = Field(min_length=2)
    and_older: bool = False
    of_reserve_ids: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that it is derived from."""
        return (self.identity, self.at)

    @property
    def labels(self) -> tuple[tuple[int, int | None, str], ...]:
        """Each band as (first age, last age, label): of one year alone, that age.

        A band without a last age is the oldest.
        """
        closed = [
            (low, high - 1, f"{low}-{high - 1}" if high - low > 1 else f"{low}")
            for low, high in zip(self.bands, self.bands[1:], strict=False)
        ]
        oldest = [(self.bands[-1], None, f"{self.bands[-1]}+")] if self.and_older else []
        return (*closed, *oldest)


class SexCode(BaseModel):
    """A sex derived from an identity number on the way in; a reserve id has none.

    Attributes:
        sex_of: The identity column.
        codes: What stands for a woman and for a man.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sex_of: str
    codes: tuple[str, str] = ("K", "M")

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that it is derived from."""
        return (self.sex_of,)


class Change(BaseModel):
    """A dated difference from the version before.

    Attributes:
        since: First month that it holds for (`from` in the file).
        description_sv: What changes and why, for a supplier.
        add: New columns by name.
        modify: The fields that change, by column.
        remove: Columns that are delivered no more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Month = Field(alias="from")
    description_sv: str = Field(min_length=1)
    add: dict[str, Column] = {}
    modify: dict[str, dict[str, Any]] = {}
    remove: tuple[str, ...] = ()

    def applied(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        """The columns after the change.

        Args:
            columns: The columns before it.

        Returns:
            The columns by name; new ones last.

        Raises:
            ValueError: If it adds what is there, touches what is not, or changes what `raw` holds.
        """
        changed = dict(columns)
        for name in self.remove:
            if changed.pop(name, None) is None:
                raise ValueError(f"{self.since}: there is no column {name} to remove")
        for name, fields in self.modify.items():
            if name not in changed:
                raise ValueError(f"{self.since}: there is no column {name} to modify")
            if {"type", "raw_name"} & set(fields):
                raise ValueError(f"{self.since}: {name} would be another column in raw")
            before = changed[name].model_dump(exclude_unset=True)
            changed[name] = Column.model_validate({**before, **fields})
        for name, column in self.add.items():
            if name in columns:
                raise ValueError(f"{self.since}: the column {name} is there already")
            changed[name] = column
        return changed


class Contract(BaseModel):
    """One register, as it is delivered in the version that `columns` belongs to.

    `load_contracts` gives the newest version, which also knows the earlier ones; `at` gives the
    one that a file's period calls for.

    Attributes:
        register_name: The register's name, which is also its directory in the inbox.
        title_sv: What a Swedish reader calls it.
        first_period: First month that a file may be about.
        periods: Which periods a file name may carry.
        key: Columns that identify a row within a delivery.
        numbered_anew: Whether each period numbers its rows from the beginning, as a survey does: a
            row is then replaced within its own period alone.
        columns: The columns by name, in the order they are delivered.
        not_kept: Columns that a file may have and that are left in it, each with the reason in
            Swedish: what no model needs is not carried along.
        derived: Columns that `raw` adds from the delivered ones.
        licence_sv: On which terms the register may be used.
        held_share_limit: Largest share of rows that may be held; above it the delivery is held.
        on_doubled_key: What a key that stands on several rows holds: those rows or the delivery.
        always_has_rows: Whether every period has rows, as a population has: a file without any is
            held. A month without a case is lawful in the other registers.
        rows: How far the number of rows may lie from that of other periods, as a ratio.
        rows_again: How far it may lie from that of the same period's last delivery, as a ratio.
        since: First month that this version holds for.
        changes: The dated differences that led to this version, oldest first.
        earlier: The versions before this one, oldest first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    register_name: str
    title_sv: str
    first_period: Month
    periods: tuple[Literal["month", "year"], ...] = Field(min_length=1)
    key: tuple[str, ...] = Field(min_length=1)
    numbered_anew: bool = False
    columns: dict[str, Column] = Field(min_length=1)
    not_kept: dict[str, Annotated[str, Field(min_length=1)]] = {}
    derived: dict[str, AgeBand | SexCode] = {}
    held_share_limit: float = Field(default=0.01, ge=0, le=1)
    on_doubled_key: Severity = "delivery"
    always_has_rows: bool = False
    rows: Bounds = Bounds(warn=1.4, hold=1.7)
    rows_again: Bounds = Bounds(warn=1.1, hold=1.25)
    licence_sv: str = "Sekretess enligt 26 kap. 1 § offentlighets- och sekretesslagen"
    since: str = ""
    changes: tuple[Change, ...] = ()
    earlier: tuple["Contract", ...] = ()

    @model_validator(mode="after")
    def _columns_fit_together(self) -> Self:
        needed = {*self.key, *(name for each in self.derived.values() for name in each.needs)}
        if missing := needed - set(self.columns):
            raise ValueError(f"no such column: {', '.join(sorted(missing))}")
        if min(self.rows.warn, self.rows_again.warn) <= 1:
            raise ValueError("a number of rows is held against a ratio, which is above 1")
        if any(self.columns[name].optional for name in self.key):
            raise ValueError("a column of the key cannot be optional")
        if kept := self.not_kept.keys() & self.columns.keys():
            raise ValueError(f"a column is kept or not: {', '.join(sorted(kept))}")
        raw_names = [column.raw_name or name for name, column in self.columns.items()]
        if len({*raw_names, *self.derived}) < len(raw_names) + len(self.derived):
            raise ValueError("two columns would have one name in raw")
        return self

    @property
    def table(self) -> str:
        """The register's table in schema `raw`."""
        return f"register__{self.register_name}"

    @property
    def replaced_by(self) -> tuple[str, ...]:
        """The columns of `raw` by which a later delivery replaces a row, the place first."""
        key = tuple(self.columns[name].raw_name or name for name in self.key)
        return (PLACE, "delivery_period", *key) if self.numbered_anew else (PLACE, *key)

    @property
    def versions(self) -> tuple["Contract", ...]:
        """All versions up to this one, oldest first."""
        return (*self.earlier, self)

    def at(self, period: str) -> "Contract":
        """The version that holds for a period.

        A year's file is written when the year is over, so its last month decides.

        Args:
            period: `YYYY` or `YYYY-MM`.

        Returns:
            The version; the first one for a period before it.
        """
        last_month = period if "-" in period else f"{period}-12"
        held = [version for version in self.versions if version.since <= last_month]
        return held[-1] if held else self.versions[0]

    def allows(self, period: str, received_on: str) -> bool:
        """Whether a file may be about a period.

        Args:
            period: `YYYY` or `YYYY-MM`.
            received_on: ISO date of receipt.

        Returns:
            Whether the period is no earlier than the contract's first and has begun.
        """
        first = self.first_period[: len(period)]
        return first <= period <= received_on[: len(period)]

    def every_column(self) -> dict[str, Column]:
        """Each column that any version has, as its newest version describes it."""
        columns: dict[str, Column] = {}
        for version in self.versions:
            columns.update(version.columns)
        return columns

    def kind_columns(self) -> dict[str, str]:
        """The columns of `raw` that tell the kind of an identity, each with its identity column."""
        return {
            f"{column.raw_name or name}_kind": name
            for name, column in self.columns.items()
            if column.type == "identity"
        }

    def raw_columns(self) -> dict[str, str]:
        """Name and SQL type of each column in `raw`, of all versions: place first, provenance last.

        The place is the first part of every key: two municipalities may number their cases alike.
        """
        delivered = {
            column.raw_name or name: column.sql_type for name, column in self.every_column().items()
        }
        return {
            PLACE: "varchar",
            **delivered,
            **dict.fromkeys(self.kind_columns(), "varchar"),
            **dict.fromkeys(self.derived, "varchar"),
            "delivery_sequence": "bigint",
            "delivery_period": "varchar",
            "row_number": "bigint",
        }


def build_contract(register_name: str, content: Mapping[str, Any]) -> Contract:
    """Make the newest version of a contract from a base and its dated differences.

    Args:
        register_name: The register's name.
        content: What the contract's file holds.

    Returns:
        The newest version, with the earlier ones.

    Raises:
        ValueError: If a field is unknown, a value is wrong, or a difference does not apply
            (`pydantic.ValidationError` is one).
    """
    content = dict(content)
    changes = tuple(Change.model_validate(each) for each in content.pop("changes", ()))
    versions = [
        Contract.model_validate(
            {**content, "register_name": register_name, "since": content.get("first_period")}
        )
    ]
    for number, change in enumerate(changes, start=1):
        before = versions[-1]
        if change.since <= before.since:
            raise ValueError(f"{change.since}: changes stand in the order of their dates")
        columns = change.applied(before.columns)
        if "year" in before.periods and not change.since.endswith("-01"):
            _require_wider(change.since, before.columns, columns)
        if returning := set(change.add) & set(before.every_column()):
            raise ValueError(f"{change.since}: the name {returning.pop()} had another meaning")
        versions.append(
            Contract.model_validate(
                {
                    **before.model_dump(exclude={"columns", "changes", "earlier"}),
                    "columns": columns,
                    "since": change.since,
                    "changes": changes[:number],
                    "earlier": versions,
                }
            )
        )
    return versions[-1]


def _require_wider(since: str, before: Mapping[str, Column], after: Mapping[str, Column]) -> None:
    """Refuse a change in the middle of a year that a file for that whole year could not follow."""
    if gone := set(before) - set(after):
        raise ValueError(f"{since}: {gone.pop()} may be removed at a turn of the year only")
    for name, column in after.items():
        old = before.get(name)
        stricter = (
            not column.optional
            if old is None
            else not set(old.codes) <= set(column.codes) or (old.optional and not column.optional)
        )
        if stricter:
            raise ValueError(f"{since}: {name} may become stricter at a turn of the year only")


@cache
def load_contracts() -> dict[str, Contract]:
    """Read all contracts.

    Returns:
        The newest version of each by register name, in alphabetical order.

    Raises:
        ValueError: If a contract file has an unknown field or a wrong value.
    """
    directory = Path(__file__).parent / "contracts"
    return {
        path.stem: build_contract(path.stem, values_of(path.read_text(encoding="utf-8")))
        for path in sorted(directory.glob("*.yml"))
    }
