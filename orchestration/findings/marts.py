"""The marts that Python writes: made from their records, written whole, read back as records.

The one place that knows that they are tables. dbt's marts have their contracts in the dbt project.
What a row means belongs in `records`.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cached_property
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import duckdb
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.functional_serializers import WrapSerializer

from orchestration.database import transaction
from orchestration.findings import estimates, records
from orchestration.findings.estimates import (
    Agreement,
    AnalysisMethod,
    AnalysisResult,
    BoardSpread,
    BoardStandardised,
    BreakEven,
    ChildDistrict,
    ChildRereferral,
    CostDriver,
    Equality,
    HousingFlow,
    InterventionCost,
    OpenComparison,
    OpenInsats,
    RefusalPart,
    RefusalReturn,
    SampleProtocol,
)
from orchestration.findings.records import (
    ChartPoint,
    Deviation,
    EarlyWarning,
    FocusArea,
    FoundExplanation,
    ModelFit,
    Triangulation,
)

_Record = TypeVar("_Record")
_SQL_TYPES: Mapping[type, str] = {
    # A bool is an int in Python, so it comes first.
    bool: "boolean",
    int: "integer",
    float: "double",
    date: "date",
    str: "varchar",
}


@dataclass(frozen=True)
class FindingsTable(Generic[_Record]):
    """A table that one step writes anew each time.

    Attributes:
        name: Its name as `schema.table`.
        description: Its grain and purpose, for analysts.
        record: What a row is; its fields are the columns.
        told: Columns that are read of the record and follow from the others.
    """

    name: str
    description: str
    record: type[_Record]
    told: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Column name to SQL type, with `not null` where the field is never None."""
        return types.MappingProxyType({name: _sql_type(hint) for name, hint in self._hints.items()})

    @cached_property
    def comments(self) -> Mapping[str, str]:
        """Column name to what it holds, for analysts."""
        found = {name: _description(hint) for name, hint in self._hints.items()}
        return types.MappingProxyType({name: text for name, text in found.items() if text})

    @property
    def described(self) -> Mapping[str, tuple[str, str]]:
        """Column name to SQL type and what it holds."""
        return {name: (kind, self.comments.get(name, "")) for name, kind in self.columns.items()}

    @cached_property
    def _hints(self) -> Mapping[str, object]:
        hints = get_type_hints(self.record, include_extras=True)
        derived = {name: _returned(self.record, name) for name in self.told}
        return {name: hints[name] for name in self._names} | derived

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return _field_names(self.record)

    @cached_property
    def _adapter(self) -> TypeAdapter[_Record]:
        return TypeAdapter(self.record)

    def row(self, record: _Record) -> dict[str, object]:
        """A record as a row: plain strings for codes, JSON for what is made of records."""
        cells: dict[str, object] = self._adapter.dump_python(record)
        cells |= {name: getattr(record, name) for name in self.told}
        return {name: str(cell) if isinstance(cell, str) else cell for name, cell in cells.items()}

    def of_row(self, row: Mapping[str, object]) -> _Record:
        """A record from a row as it was stored; columns it does not know are passed over.

        Raises:
            pydantic.ValidationError: A column is missing, or a code is unknown.
        """
        known = {name: row[name] for name in self._names if name in row}
        return self._adapter.validate_python(known)


def _field_names(record: type) -> tuple[str, ...]:
    if issubclass(record, BaseModel):
        return tuple(record.model_fields)
    if is_dataclass(record):
        return tuple(field.name for field in fields(record))
    raise TypeError(f"{record.__name__} is no record")


def _returned(record: type, name: str) -> object:
    getter = getattr(record, name).fget
    return get_type_hints(getter, vars(records), include_extras=True)["return"]


def _parts(hint: object) -> tuple[object, tuple[object, ...]]:
    """A type and all that was noted of it."""
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        bare, further = _parts(inner)
        return bare, (*further, *notes)
    return hint, ()


def _sql_type(hint: object) -> str:
    bare, notes = _parts(hint)
    if any(isinstance(note, WrapSerializer) for note in notes):
        return "varchar not null"
    if get_origin(bare) in (Union, types.UnionType):
        known = [each for each in get_args(bare) if each is not type(None)]
        (kind,) = {_sql_type(each).removesuffix(" not null") for each in known}
        return kind if len(known) < len(get_args(bare)) else f"{kind} not null"
    of = type(get_args(bare)[0]) if get_origin(bare) is Literal else bare
    for python, sql in _SQL_TYPES.items():
        if isinstance(of, type) and issubclass(of, python):
            return f"{sql} not null"
    raise TypeError(f"no column can hold {hint!r}")


def _description(hint: object) -> str:
    _, notes = _parts(hint)
    told = [n.description for n in notes if isinstance(n, FieldInfo) and n.description]
    return told[-1] if told else ""


DEVIATIONS = FindingsTable(
    records.DEVIATIONS_TABLE,
    "En rad per prövad indikator, plats, grupp och slag som är värd att visa.",
    Deviation,
)
FOUND_EXPLANATIONS = FindingsTable(
    "marts.found_explanations",
    "En rad per orsak som systemet självt har funnit, indikator och plats; de registrerade står "
    "inte här.",
    FoundExplanation,
    told=("effect",),
)
FOCUS_AREAS = FindingsTable(records.FOCUS_AREAS_TABLE, "En rad per fokusområde.", FocusArea)
TRIANGULATION = FindingsTable(
    records.TRIANGULATION_TABLE,
    "En rad per fokusområde, indikator och den indikator den ställs mot.",
    Triangulation,
)
EARLY_WARNINGS = FindingsTable(
    "marts.early_warnings",
    "En rad per indikator och plats som har månader av det pågående året: hur året ligger till mot"
    " det väntade. Bara för behöriga.",
    EarlyWarning,
)
MODEL_FIT = FindingsTable(
    "marts.model_fit",
    "En rad per modell: hur väl den förutsade kommunens egna tidigare år, ett i taget.",
    ModelFit,
)
SERIES_CHARTS = FindingsTable(
    "marts.series_charts",
    "En rad per jämförbart värde i varje serie för kommunen, länet och riket: seriens styrdiagram"
    " (XmR). För ögat; inget utfall bygger på det.",
    ChartPoint,
)

ANALYSIS_RESULTS = FindingsTable(
    estimates.ANALYSIS_RESULTS_TABLE,
    "En rad per skattning i en analys; den som inte gick att göra har en rad som säger det.",
    AnalysisResult,
)
BOARD_STANDARDISED = FindingsTable(
    estimates.BOARD_STANDARDISED_TABLE,
    "En rad per mått, år och nämnd: utfallet mot vad de övriga nämnderna låter vänta.",
    BoardStandardised,
)

ANALYSIS_METHODS = FindingsTable(
    "marts.analysis_methods", "En rad per metod som en analys räknar med.", AnalysisMethod
)
REFUSAL_DECOMPOSITION = FindingsTable(
    "marts.refusal_decomposition",
    "En rad per år, plats, nivå och del: vad förändringen i avslagen består av.",
    RefusalPart,
)
REFUSAL_RETURNS = FindingsTable(
    "marts.refusal_returns",
    "En rad per år, plats, grund, slag av ansökan, händelse och antal månader: vad som hände efter"
    " ett avslag under rapportåret eller året före.",
    RefusalReturn,
)
PROTECTED_HOUSING_FLOWS = FindingsTable(
    "marts.protected_housing_flows",
    "En rad per år, plats, form som lämnades och form som kom sedan, för dem som lämnade under"
    " rapportåret eller året före.",
    HousingFlow,
)
INTERVENTION_COSTS = FindingsTable(
    "marts.intervention_costs",
    "En rad per insats utan individuell behovsprövning och läsning av dess källa: vad den skulle"
    " kosta.",
    InterventionCost,
)
INTERVENTION_COST_DRIVERS = FindingsTable(
    "marts.intervention_cost_drivers",
    "En rad per scenario och tal som kostnaden eller besparingen bygger på, och vad det betyder.",
    CostDriver,
)
INTERVENTION_BREAK_EVEN = FindingsTable(
    "marts.intervention_break_even",
    "En rad per scenario, antagen besparing och antal år: nuvärdet, och andelen som behövs för att"
    " insatsen ska betala sig.",
    BreakEven,
)
WITHOUT_ASSESSMENT_REACH = FindingsTable(
    "marts.without_assessment_reach",
    "En rad per år, insats utan behovsprövning, målgrupp och områdeskategori: hur många den nådde.",
    OpenInsats,
)
CHILD_CASES_BY_STATUS = FindingsTable(
    "marts.child_cases_by_status",
    "En rad per år och stadsdel; okand samlar de ärenden vars stadsdel inte är känd. Vad som"
    " avviker prövas på året och de två före tillsammans.",
    ChildDistrict,
)
CHILD_REREFERRALS = FindingsTable(
    "marts.child_rereferrals",
    "En rad per år, plats, tidigare ärenden, vad ärendet ledde till och månader efter avslutet, för"
    " avslut under rapportåret och de två åren före.",
    ChildRereferral,
)
OPEN_COMPARISONS = FindingsTable(
    "marts.open_comparisons",
    "En rad per indikator i Öppna jämförelser, år, slag av grupp och grupp.",
    OpenComparison,
)
EQUALITY = FindingsTable(
    "marts.equality",
    "En rad per indikator, år, plats och par av grupper: skillnaden mellan dem, hur säker den är"
    " och vad den säger. Nämndernas rader är av rapportåret.",
    Equality,
)
BOARD_SPREAD = FindingsTable(
    "marts.board_spread",
    "En rad per indikator, målgrupp och år: hur långt från varandra nämnderna ligger.",
    BoardSpread,
)
SAMPLE_PROTOCOLS = FindingsTable(
    "marts.sample_protocols",
    "En rad per stickprov som är draget för korsbedömning eller brukarrevision; inga personer.",
    SampleProtocol,
)
AGREEMENT = FindingsTable(
    "marts.agreement",
    "En rad per stickprov, det som bedömdes och mått: hur väl bedömarna stämmer överens, eller vad"
    " brukarna svarade.",
    Agreement,
)


def write_findings(
    connection: duckdb.DuckDBPyConnection,
    table: FindingsTable[_Record],
    found: Sequence[_Record],
) -> None:
    """Replace a table by new rows, in one transaction.

    Args:
        connection: An open connection to the warehouse.
        table: Which table.
        found: One record a row.

    Raises:
        duckdb.Error: If a value does not fit; the old rows then stay.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    places = ", ".join(
        f"unnest(?::{kind.removesuffix(' not null')}[])" for kind in table.columns.values()
    )
    rows = [table.row(each) for each in found]
    with transaction(connection):
        connection.execute(f"create or replace table {table.name} ({columns})")
        connection.execute(f"comment on table {table.name} is {_quoted(table.description)}")
        for column, comment in table.comments.items():
            connection.execute(f"comment on column {table.name}.{column} is {_quoted(comment)}")
        if rows:
            connection.execute(
                f"insert into {table.name} select {places}",
                [[row[name] for row in rows] for name in table.columns],
            )


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def read_findings(
    connection: duckdb.DuckDBPyConnection, table: FindingsTable[_Record]
) -> list[_Record]:
    """Read a table back.

    Args:
        connection: An open connection to the warehouse.
        table: Which table.

    Returns:
        One record a row, ordered by its first column.

    Raises:
        pydantic.ValidationError: If a row is not one of those that are written.
    """
    names: list[str] = list(table.columns)
    rows: list[tuple[Any, ...]] = connection.execute(
        f"select {', '.join(names)} from {table.name} order by {names[0]}"
    ).fetchall()
    return [table.of_row(dict(zip(names, row, strict=True))) for row in rows]
