"""A municipality: its code, its boards and central units, and how its exports are written.

One YAML file a municipality, packaged under `municipalities/` or given by the settings, is the one
place where these stand; dbt reads the boards from the tables that are written here. How a mapping
becomes SQL belongs in `mapping`; which geography counts a row at which time is dbt's matter.
"""

import csv
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self, TypeVar

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.registers.contract import load_contracts
from orchestration.registers.mapping import CONTRACT_FORM, Form, RegisterMapping, Text, problems
from orchestration.registers.statutory.declarations import StatutoryFile, load_statutory_files
from orchestration.settings import Settings
from orchestration.yaml_text import texts_of

BOARDS_TABLE = "municipality__boards"
UNITS_TABLE = "municipality__units"

_SIZE_LIMIT = 1 << 20
# The crosswalk of dbt follows a board through two mergers.
_MERGERS_FOLLOWED = 2
_PACKAGED = Path(__file__).parent / "municipalities"
_ONLY_STATISTICS_SV = "inga register är anslutna, bara offentlig statistik visas."

_TABLES = f"""
create or replace table raw.{BOARDS_TABLE} (
    municipality_id varchar,
    name varchar,
    geography_id varchar,
    valid_from date,
    valid_to date,
    successor_geography_id varchar
);
create or replace table raw.{UNITS_TABLE} (
    municipality_id varchar,
    name varchar,
    geography_id varchar,
    reason_sv varchar
);
"""


class MunicipalityError(Exception):
    """The file of the municipality cannot be used; the text is Swedish and says what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Unit(_Strict):
    """What a register may name where a row belongs somewhere.

    Attributes:
        name: Its name, as registers carry it.
    """

    name: Text


class Board(Unit):
    """A district board (stadsdelsnämnd, kommundelsnämnd).

    Attributes:
        slug: The end of its geography id; never changes.
        valid_from: Its first day.
        valid_to: Its last day; none while it exists.
        successor: Slug of the board that took over its whole area.
    """

    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"{self.name} upphör innan den bildas")
        if (self.valid_to is None) != (self.successor is None):
            raise ValueError(
                f"{self.name}: en nämnd som upphört ska ha både valid_to och successor, "
                "annars bryts tidsserien; en som finns ska inte ha någondera"
            )
        return self


class CentralUnit(Unit):
    """A unit that stands where a board's name stands but belongs to no board.

    Attributes:
        reason_sv: Why it counts in the municipality only.
    """

    reason_sv: Text


class Municipality(_Strict):
    """One municipality.

    Attributes:
        code: Its official four-digit code.
        name: Its name as readers know it.
        boards: Its district boards, past and present; none where it has none.
        central_units: Its units outside the boards.
        form: How its exports are written, where a register does not say otherwise.
        columns: What its exports call columns that several registers have.
        codes: What the codes of such columns are called in the contract.
        registers: How its export of each register maps to the contract; wins over the common parts.
        not_delivered: Registers that it does not keep, each with the reason in Swedish.
        retention_days: Age at which its landed registers are destroyed; as the settings say unless
            given.
        superseded_days: For how many days its replaced rows stay in `raw`; as the settings say
            unless given.
    """

    code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    name: Text
    boards: tuple[Board, ...] = ()
    central_units: tuple[CentralUnit, ...] = ()
    form: Form = Form()
    columns: dict[str, Text] = {}
    codes: dict[str, dict[Text, Text]] = {}
    registers: dict[str, RegisterMapping] = {}
    not_delivered: dict[str, Text] = {}
    retention_days: Annotated[int, Field(ge=1)] | None = None
    superseded_days: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _units_fit_together(self) -> Self:
        names = [unit.name for unit in self._all_units]
        slugs = [board.slug for board in self.boards]
        if not names and not load_contracts().keys() <= self.not_delivered.keys():
            raise ValueError("minst en nämnd eller central enhet behövs: registren pekar på dem")
        for kind, values in (("namnet", names), ("slug", slugs)):
            if doubled := {value for value in values if values.count(value) > 1}:
                raise ValueError(f"{kind} {min(doubled)} står två gånger")
        successors = {board.slug: board.successor for board in self.boards}
        for board in self.boards:
            steps, at = 0, board.slug
            while (following := successors[at]) is not None:
                if following not in successors:
                    raise ValueError(f"{board.name}: successor {following} finns inte")
                steps, at = steps + 1, following
                if steps > _MERGERS_FOLLOWED:
                    raise ValueError(
                        f"{board.name}: kedjan av efterträdare är längre än {_MERGERS_FOLLOWED} "
                        "steg eller går runt"
                    )
        return self

    @property
    def units(self) -> frozenset[str]:
        """Every name that a register may use for a board or a central unit."""
        return frozenset(unit.name for unit in self._all_units)

    @property
    def _all_units(self) -> tuple[Unit, ...]:
        return (*self.boards, *self.central_units)

    def mapping(self, register: str) -> RegisterMapping:
        """How the export of a register maps to the contract.

        Args:
            register: The register's name.

        Returns:
            The mapping, with the common parts that the register has columns for. Of a file that the
            law describes, its declaration says what the register's own part does not.
        """
        mapping = self.registers.get(register, CONTRACT_FORM)
        if (declared := self.statutory_file(register)) is not None:
            return _over(declared.mapping_of(self.code), mapping)
        contract = load_contracts().get(register)
        known = {*contract.every_column(), *contract.not_kept} if contract else set()
        delivered = known - set(mapping.constants)
        own = {name: getattr(mapping.form, name) for name in mapping.form.model_fields_set}
        return mapping.model_copy(
            update={
                "form": self.form.model_copy(update=own),
                "columns": _having(self.columns, delivered) | mapping.columns,
                "codes": _having(self.codes, delivered) | mapping.codes,
            }
        )

    def statutory_file(self, register: str) -> StatutoryFile | None:
        """The file that the law asks for which a register is delivered as, if it is one."""
        mapping = self.registers.get(register, CONTRACT_FORM)
        return load_statutory_files()[mapping.statutory] if mapping.statutory else None


def _over(declared: RegisterMapping, own: RegisterMapping) -> RegisterMapping:
    """A declared mapping with the municipality's own parts laid over it, column by column."""
    said = {*own.columns, *own.constants, *own.composed}
    rest = declared.without(said)
    form = {name: getattr(own.form, name) for name in own.form.model_fields_set}
    return declared.model_copy(
        update={
            "files": own.files or declared.files,
            "form": declared.form.model_copy(update=form),
            "lacking": tuple(dict.fromkeys((*rest.lacking, *own.lacking))),
            "columns": _having(rest.columns, rest.columns.keys() - set(own.lacking)) | own.columns,
            "constants": rest.constants | own.constants,
            "composed": rest.composed | own.composed,
            "codes": rest.codes | own.codes,
        }
    )


_Value = TypeVar("_Value")


def _having(common: Mapping[str, _Value], names: Collection[str]) -> dict[str, _Value]:
    return {name: value for name, value in common.items() if name in names}


def read_municipality(path: Path) -> Municipality:
    """Read the file of a municipality.

    Args:
        path: The YAML file.

    Returns:
        The municipality.

    Raises:
        MunicipalityError: If the file is missing, is not YAML, or says what cannot hold.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, ["filen kan inte läsas"]) from error
    if len(content) > _SIZE_LIMIT:
        raise _refused(path, ["filen är större än 1 MB"])
    return _understood(path, content)


@lru_cache(maxsize=4)
def _understood(path: Path, content: bytes) -> Municipality:
    """What a file says; each register asks for it, and it is read anew once its text is another."""
    try:
        parsed = texts_of(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _refused(path, ["filen är inte i UTF-8"]) from error
    except yaml.MarkedYAMLError as error:
        line = f"rad {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise _refused(path, [f"{line}filen är inte YAML ({error.problem})"]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _refused(path, ["filen är inte YAML"]) from error
    if not isinstance(parsed, dict):
        raise _refused(path, ["filen ska vara en tabell med fälten code, name och så vidare"])
    try:
        municipality = Municipality.model_validate(parsed)
    except (ValidationError, RecursionError) as error:
        told = _told(error) if isinstance(error, ValidationError) else ["filen är för djup"]
        raise _refused(path, told) from error
    if found := _misfits(municipality):
        raise _refused(path, found)
    return municipality


def _misfits(municipality: Municipality) -> list[str]:
    contracts = load_contracts()
    columns = {
        name
        for contract in contracts.values()
        for name in (*contract.every_column(), *contract.not_kept)
    }
    found = [
        f"{part}: inget register har en kolumn {name}"
        for part, names in (("columns", municipality.columns), ("codes", municipality.codes))
        for name in names
        if name not in columns
    ]
    found += [
        f"{part}.{name}: det finns inget sådant register"
        for part, names in (
            ("registers", municipality.registers),
            ("not_delivered", municipality.not_delivered),
        )
        for name in names
        if name not in contracts
    ]
    found += [
        f"not_delivered.{name}: registret har också en mappning under registers"
        for name in municipality.not_delivered
        if name in municipality.registers
    ]
    found += [
        f"registers.{name}.statutory: {fault}"
        for name, mapping in municipality.registers.items()
        if mapping.statutory and (fault := _statutory_fault(name, mapping.statutory))
    ]
    if found:
        return found
    for name, contract in contracts.items():
        found += [
            f"registers.{name}.{problem}"
            for problem in problems(contract, municipality.mapping(name), municipality.units)
        ]
    return found


def _statutory_fault(register: str, name: str) -> str:
    """Why a register cannot be delivered as a statutory file; empty where it can."""
    files = load_statutory_files()
    readable = ", ".join(
        each for each, file in files.items() if file.is_readable and file.register_name == register
    )
    if name in files and not files[name].is_readable:
        return f"{name} kan inte läsas än: {files[name].unreadable_sv}"
    if name not in files or files[name].register_name != register:
        return f"{name} är ingen fil för registret; välj bland: {readable or 'ingen'}"
    return ""


_FAULTS_SV = {
    "missing": "fältet saknas",
    "extra_forbidden": "det finns inget sådant fält",
    "string_type": "ska vara text",
    "string_too_short": "får inte vara tomt",
    "string_too_long": "är för långt",
    "string_pattern_mismatch": "har fel form",
    "tuple_type": "ska vara en lista",
    "dict_type": "ska vara en tabell",
    "model_type": "ska vara en tabell",
    "too_short": "är för kort",
    "too_long": "är för lång",
}
_FAULTS_TOLD = 20


def _told(error: ValidationError) -> list[str]:
    found = []
    for fault in error.errors(include_url=False, include_input=False)[:_FAULTS_TOLD]:
        place = ".".join(str(part) for part in fault["loc"])
        context = fault.get("ctx", {})
        if fault["type"] == "value_error":
            what = str(context.get("error"))
        elif fault["type"] == "literal_error":
            what = f"ska vara ett av {context.get('expected', '').replace(' or ', ' eller ')}"
        elif fault["type"].startswith("date"):
            what = "ska vara ett datum, ÅÅÅÅ-MM-DD"
        else:
            what = _FAULTS_SV.get(fault["type"], "har fel värde")
        found.append(f"{place}: {what}" if place else what)
    return found


def _refused(path: Path, found: list[str]) -> MunicipalityError:
    listed = "".join(f"\n- {each}" for each in found)
    return MunicipalityError(
        f"Kommunfilen {path.name} kan inte användas:{listed}\n"
        "Gör så här: rätta filen och kör igen; docs/sv/ny-kommun.md beskriver fälten."
    )


def municipality_path(settings: Settings) -> Path:
    """Which file describes the municipality that is reported on.

    Args:
        settings: Name the file, or the code of a packaged one.

    Returns:
        The file's path.
    """
    return settings.own_municipality_file or _PACKAGED / f"{settings.municipality}.yml"


def is_described(settings: Settings) -> bool:
    """Whether somebody has described how the municipality delivers.

    Args:
        settings: Name the file, or the code of a packaged one.

    Returns:
        False where it has no file of its own: only public statistics are known of it then.
    """
    given = settings.own_municipality_file is not None
    return given or municipality_path(settings).exists()


def require_described(settings: Settings) -> None:
    """Refuse to read deliveries that nobody has described.

    Args:
        settings: Say which municipality delivers.

    Raises:
        MunicipalityError: If it has no file of its own.
    """
    if not is_described(settings):
        raise MunicipalityError(
            f"Det finns ingen kommunfil för koden {settings.municipality}, och utan den kan ingen"
            " leverans läsas. Gör så här: skriv en med avvik init-municipality, enligt"
            " docs/sv/ny-kommun.md, och peka ut den med AVVIK_MUNICIPALITY_FILE."
        )


def makes_its_key(settings: Settings) -> bool:
    """Whether a missing pseudonym key is made, and not asked for.

    Args:
        settings: The installation.

    Returns:
        True for a demonstration, and where there is nobody to make a pseudonym of; never for a
        past moment.
    """
    is_harmless = settings.profile == "demo" or not is_described(settings)
    return is_harmless and settings.as_of is None


def load_municipality(settings: Settings) -> Municipality:
    """Read the municipality that is reported on.

    Args:
        settings: Say which, and may give it another name.

    Returns:
        The municipality. One without a file has no boards and delivers no register.

    Raises:
        MunicipalityError: If its file cannot be used, is another municipality's, or the code is
            not one of Sweden's; or if what can be one municipality's only is set for several.
    """
    _require_own(settings)
    path = municipality_path(settings)
    if settings.municipality_files is not None and not path.exists():
        raise MunicipalityError(
            f"Kommun {settings.municipality} har ingen kommunfil i katalogen i"
            f" AVVIK_MUNICIPALITY_FILE. Gör så här: skriv {path.name} dit enligt"
            " docs/sv/ny-kommun.md, eller välj en annan kommun med --municipality."
        )
    if not is_described(settings):
        return _known_by_statistics(settings)
    municipality = read_municipality(path)
    if municipality.code != settings.municipality:
        raise MunicipalityError(
            f"Kommunfilen {path.name} gäller kommun {municipality.code}, men AVVIK_MUNICIPALITY "
            f"är {settings.municipality}. Gör så här: sätt båda till samma kommun."
        )
    if municipality.code not in municipality_names(settings.seeds_dir):
        raise MunicipalityError(
            f"Kommunfilen {path.name}: {municipality.code} är inte en svensk kommunkod. "
            "Gör så här: rätta fältet code."
        )
    if settings.municipality_name is None:
        return municipality
    return municipality.model_copy(update={"name": settings.municipality_name})


def _known_by_statistics(settings: Settings) -> Municipality:
    """A municipality that nobody has described: its name is known, and what is published of it."""
    names = municipality_names(settings.seeds_dir)
    if settings.municipality not in names:
        raise MunicipalityError(
            f"{settings.municipality} är inte en svensk kommunkod. Gör så här: rätta"
            " AVVIK_MUNICIPALITY eller --municipality."
        )
    return Municipality(
        code=settings.municipality,
        name=settings.municipality_name or names[settings.municipality],
        not_delivered=dict.fromkeys(load_contracts(), _ONLY_STATISTICS_SV),
    )


def municipality_names(seeds: Path) -> dict[str, str]:
    """Read the name of each of the country's municipalities, by its code.

    Args:
        seeds: The directory of dbt's seeds.

    Raises:
        OSError: If the seed cannot be read.
    """
    with (seeds / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def _require_own(settings: Settings) -> None:
    """Refuse one name or one key for several municipalities."""
    if settings.municipality_files is None:
        return
    if settings.pseudonym_key is not None:
        raise MunicipalityError(
            "AVVIK_PSEUDONYM_KEY vore samma nyckel för flera kommuner. Gör så här: ta bort den och"
            " ge varje kommun en egen nyckelfil enligt docs/sv/ny-kommun.md."
        )
    if settings.municipality_name is not None:
        raise MunicipalityError(
            "AVVIK_MUNICIPALITY_NAME vore samma namn för flera kommuner. Gör så här: ta bort den"
            " och skriv namnet i varje kommunfil, i fältet name."
        )


def write_units(connection: duckdb.DuckDBPyConnection, *municipalities: Municipality) -> None:
    """Write the boards and central units where dbt reads them.

    Args:
        connection: An open connection to the warehouse, with schema `raw`.
        municipalities: Those whose registers are in the warehouse.
    """
    connection.execute(_TABLES)
    boards = [
        (
            each.code,
            board.name,
            f"{each.code}-{board.slug}",
            board.valid_from,
            board.valid_to,
            f"{each.code}-{board.successor}" if board.successor else None,
        )
        for each in municipalities
        for board in each.boards
    ]
    units = [
        (each.code, unit.name, each.code, unit.reason_sv)
        for each in municipalities
        for unit in each.central_units
    ]
    # One statement a table: each row of `executemany` is a query of its own.
    for table, types, rows in (
        (BOARDS_TABLE, ("varchar", "varchar", "varchar", "date", "date", "varchar"), boards),
        (UNITS_TABLE, ("varchar", "varchar", "varchar", "varchar"), units),
    ):
        if rows:
            connection.execute(
                f"insert into raw.{table} select {', '.join(f'unnest(?::{t}[])' for t in types)}",
                [list(column) for column in zip(*rows, strict=True)],
            )
