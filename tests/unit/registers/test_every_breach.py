"""Every rule, provoked in every register where it can be broken, by both municipalities."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from orchestration.registers.breaches import HISTORY_RULES, RULES, Breach
from orchestration.registers.contract import Column, Contract, load_contracts
from orchestration.registers.layout import Delivery
from orchestration.registers.municipality import Municipality, load_municipality, read_municipality
from orchestration.registers.pseudonyms import PseudonymKey
from orchestration.registers.staged_rows import LoadResult, load_register
from orchestration.settings import Settings
from tests.empty_database import empty_database
from tests.other_municipality import FILE, NOT_DELIVERED, export_cell, export_name
from tests.unit.registers.test_staged_rows import fictitious

CONTRACTS = load_contracts()
PERSON = fictitious("19870512", 982)
SEPARATOR = {"tab": "\t", "comma": ",", "semicolon": ";"}

GOOD = {
    "text": "A1",
    "area": "Nälsta",
    "integer": "1",
    "decimal": "12,50",
    "hours": "7,5",
    "number": "101,5",
    "date": "2023-02-03",
    "month": "2023-02",
    "flag": "J",
    "identity": PERSON,
    "household": "H1",
    "birth_year": "1987",
}
# What breaks a rule in a cell of a type, in either municipality's form.
BAD = {
    "kod": {"code": "hemlig kod", "codes": "hemlig kod"},
    "enhet": {"unit": "Hemliga gatan 12"},
    "omrade": {"area": "Hemliga gatan 12"},
    "heltal": {"integer": "2,75", "birth_year": "nittonhundra"},
    "tal": {"decimal": "hemligt", "hours": "hemligt", "number": "hemligt"},
    "datum": {"date": "2023-02-30"},
    "manad": {"month": "2023-13"},
    "ja_nej": {"flag": "kanske"},
    "identitet": {"identity": "198705129999"},
}
CELL_RULES = [*BAD, "saknas", "intervall", "framtid"]
FILE_RULES = [
    "citattecken",
    "filnamn",
    "period",
    "tom_fil",
    "inga_rader",
    "filformat",
    "avgransare",
    "kolumn_saknas",
    "kolumn_dubbel",
    "avhuggen",
    "antal_falt",
    "nyckel_dubbel",
    "for_manga_hallna",
    "teckenkodning",
    "olasbar",
]


@dataclass(frozen=True)
class Form:
    """A municipality, and how the contract's cells look in its files."""

    municipality: Municipality
    own: bool

    def name(self, register: str, column: str) -> str:
        return export_name(register, column) if self.own else column

    def cell(self, register: str, column: str, text: str) -> str:
        return export_cell(register, column, text) if self.own else text

    def delivers(self, register: str, column: str) -> bool:
        # Kil's systems do not know of protected identities or of children's own decisions.
        unknown = {"skyddade_personuppgifter", "barn_med_eget_beslut"}
        return not self.own or ((register, column) not in NOT_DELIVERED and column not in unknown)

    def separator(self, register: str) -> str:
        return SEPARATOR[self.municipality.mapping(register).form.delimiter]

    def file_name(self, contract: Contract, year: str = "2023", month: str = "05") -> str:
        monthly = "month" in contract.periods
        patterns = self.municipality.mapping(contract.register_name).files
        if not patterns:
            period = f"{year}-{month}" if monthly else year
            return f"{contract.register_name}_{period}.csv"
        text = patterns[0].replace("{YYYY}", year).replace("{MM}", month).replace("*", "x")
        return f"{text}.txt"


FORMS = {
    "avtalets form": Form(load_municipality(Settings()), own=False),
    "Kils form": Form(read_municipality(FILE), own=True),
}


def good(form: Form, column: Column) -> str:
    if column.type == "unit":
        return "Apertin" if form.own else "Bromma"
    if column.type in {"code", "codes"}:
        return column.codes[0]
    if column.type == "integer" and column.min is not None:
        return str(column.min)
    return GOOD[column.type]


def rows_of(form: Form, contract: Contract, count: int) -> list[dict[str, str]]:
    """Rows in the municipality's form that break no rule, each with a key of its own."""
    register = contract.register_name
    rows = []
    for number in range(count):
        cells = {name: good(form, column) for name, column in contract.columns.items()}
        # What tells rows apart may be anything; a board, a month or a code must be a known one.
        given = {"unit", "month", "code"}
        key = next(name for name in contract.key if contract.columns[name].type not in given)
        kind = contract.columns[key].type
        cells[key] = str(1990 + number) if kind == "integer" else f"A{number}"
        rows.append(
            {
                name: form.cell(register, name, text)
                for name, text in cells.items()
                if form.delivers(register, name)
            }
        )
    return rows


def text_of(form: Form, contract: Contract, rows: list[dict[str, str]]) -> str:
    register = contract.register_name
    separator = form.separator(register)
    quoted = [[f'"{cell}"' if separator in cell else cell for cell in row.values()] for row in rows]
    header = [form.name(register, name) for name in rows[0]]
    return "".join(separator.join(line) + "\n" for line in [header, *quoted])


def load(
    form: Form, contract: Contract, folder: Path, files: Mapping[str, tuple[bytes, str | None]]
) -> dict[str, LoadResult]:
    """Load the files of one night, whose contents and names are given; what became of each."""
    deliveries = []
    for number, (each, (content, name)) in enumerate(files.items(), start=1):
        path = folder / each
        path.write_bytes(content)
        file_name = name or form.file_name(contract)
        deliveries.append(Delivery(number, f"sha{number}", file_name, path, "2024-01-31"))
    with empty_database() as connection:
        connection.execute("create schema raw")
        results = load_register(
            connection,
            contract,
            deliveries,
            municipality_id=form.municipality.code,
            units=form.municipality.units,
            key=PseudonymKey.from_secret(b"en hemlighet som bara finns i provet"),
            work_dir=folder,
            mapping=form.municipality.mapping(contract.register_name),
        )
    assert [result.delivery for result in results] == deliveries
    return dict(zip(files, results, strict=True))


def faulty_cells(rule: str, form: Form, contract: Contract) -> Mapping[str, str]:
    """For each column of a register in which a rule can be broken, a cell that breaks it."""
    version = contract.at("2023-05")
    faults: dict[str, str] = {}
    for name, column in version.columns.items():
        if not form.delivers(contract.register_name, name):
            continue
        if rule == "saknas" and not column.optional:
            faults[name] = ""
        elif rule == "intervall" and column.min is not None:
            faults[name] = str(column.min - 1)
        elif rule == "intervall" and column.max is not None:
            faults[name] = str(column.max + 1)
        elif rule == "intervall" and column.type == "date":
            faults[name] = "0203-02-03"
        elif rule == "intervall" and column.type == "birth_year":
            faults[name] = "203"
        elif rule == "framtid" and column.not_future:
            faults[name] = "2124-02-03"
        elif column.type in BAD.get(rule, {}):
            faults[name] = BAD[rule][column.type]
    return faults


def assert_told(breach: Breach, hidden: set[str]) -> None:
    message = breach.message()
    assert message.startswith("Fil ")
    assert f"[regel {breach.rule}]" in message
    assert re.search(r"Gör så här: [a-zåäö].*\.$", message)
    for value in hidden:
        assert value not in message
        assert value not in repr(breach)


Loaded = Callable[[str, str], dict[str, LoadResult]]
CASES = [
    pytest.param(name, register, rule, id=f"{name}-{register}-{rule}")
    for name, form in FORMS.items()
    for register, contract in CONTRACTS.items()
    for rule in CELL_RULES
    if faulty_cells(rule, form, contract)
]


def with_faulty_cells(rule: str, form: Form, version: Contract, faults: Mapping[str, str]) -> bytes:
    """A file with each of the faults in a row of its own."""
    # Where single rows are held, few enough of them for the rest to be used.
    rows = rows_of(form, version, 400 if rule == "identitet" else 100)
    for number, (name, text) in enumerate(faults.items()):
        rows[60 + number][name] = text
    return text_of(form, version, rows).encode("cp1252")


@pytest.fixture(scope="module")
def cells_loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """What became of a register's files with faulty cells, one a rule, that came in one night."""

    @cache
    def loaded(form_name: str, register: str) -> dict[str, LoadResult]:
        form, contract = FORMS[form_name], CONTRACTS[register]
        files: dict[str, tuple[bytes, str | None]] = {
            rule: (with_faulty_cells(rule, form, contract.at("2023-05"), faults), None)
            for rule in CELL_RULES
            if (faults := faulty_cells(rule, form, contract))
        }
        return load(form, contract, tmp_path_factory.mktemp("cells"), files)

    return loaded


@pytest.mark.parametrize(("form_name", "register", "rule"), CASES)
def test_a_faulty_cell_is_told_by_column_and_row(
    cells_loaded: Loaded, form_name: str, register: str, rule: str
) -> None:
    form, contract = FORMS[form_name], CONTRACTS[register]
    version = contract.at("2023-05")
    faults = faulty_cells(rule, form, contract)
    result = cells_loaded(form_name, register)[rule]
    found = {(b.rule, b.column, b.first_row, b.row_count) for b in result.breaches}
    expected = {(rule, name, 62 + number, 1) for number, name in enumerate(faults)}
    assert found - {("for_manga_hallna", None, None, len(faults))} == expected
    held_rows = {version.columns[name].severity(rule) for name in faults} == {"row"}
    assert result.outcome == ("loaded_in_part" if held_rows else "quarantined")
    assert (result.rows_loaded > 0) == held_rows
    hidden = {text for text in faults.values() if len(text) > 2} | {PERSON}
    for breach in result.breaches:
        assert_told(breach, hidden)
        if form.own and breach.column in faults:
            assert export_name(contract.register_name, str(breach.column)) in breach.message()


def _unclosed(line: str, separator: str) -> str:
    """The line with a quotation mark that opens its last cell and is never closed."""
    before, mark, last = line.rpartition(separator)
    return f'{before}{mark}"{last}'


def faulty_file(rule: str, form: Form, contract: Contract) -> tuple[bytes, str | None]:
    """A file that breaks a rule as a whole, and its name where that is what is wrong."""
    rows = rows_of(form, contract.at("2023-05"), 3)
    separator = form.separator(contract.register_name)
    text = text_of(form, contract, rows)
    header, first, *rest = text.splitlines(keepends=True)
    key = next(name for name in contract.key if contract.columns[name].type != "unit")
    identities = [n for n, c in contract.columns.items() if c.type == "identity"]
    for row in rows:
        row.update(dict.fromkeys(identities, "198705129999"))
    changed = {
        "tom_fil": "",
        "inga_rader": header,
        "filformat": "<!DOCTYPE html><html>Logga in</html>",
        "avgransare": text.replace(separator, "|" if separator != "|" else ","),
        "kolumn_saknas": text.replace(form.name(contract.register_name, key), "annat", 1),
        "kolumn_dubbel": text.replace(
            header,
            header.rstrip("\n") + separator + form.name(contract.register_name, key) + "\n",
        ),
        "avhuggen": text[: -len(rest[-1]) // 2 - 1] if separator else text,
        "antal_falt": header + first.rstrip("\n") + f"{separator}mer\n" + "".join(rest),
        "citattecken": header + _unclosed(first, separator) + "".join(rest),
        "nyckel_dubbel": header + first + first + "".join(rest),
        "for_manga_hallna": text_of(form, contract, rows),
        "olasbar": header + first.replace("\n", "\r\n") + "".join(rest),
    }.get(rule, text)
    names = {
        "filnamn": "slutlig version.csv",
        "period": form.file_name(contract, year="2099"),
    }
    content = changed.encode("cp1252")
    if rule == "teckenkodning":
        content = content.replace(b"\n", b"\x81\n", 1)
    return content, names.get(rule)


def file_rules(contract: Contract) -> list[str]:
    """The rules that a file of a register can break as a whole."""
    return [
        rule
        for rule in FILE_RULES
        # Single rows are held for their identity numbers only, and most periods may lack rows.
        if rule != "for_manga_hallna" or "skyddade_personuppgifter" in contract.columns
        if rule != "inga_rader" or contract.always_has_rows
    ]


FILE_CASES = [
    pytest.param(name, register, rule, id=f"{name}-{register}-{rule}")
    for name in FORMS
    for register, contract in CONTRACTS.items()
    for rule in file_rules(contract)
]


@pytest.fixture(scope="module")
def files_loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """What became of a register's faulty files, one a rule, that came in one night."""

    @cache
    def loaded(form_name: str, register: str) -> dict[str, LoadResult]:
        form, contract = FORMS[form_name], CONTRACTS[register]
        files = {
            rule: faulty_file(rule, form, contract.at("2023-05")) for rule in file_rules(contract)
        }
        return load(form, contract, tmp_path_factory.mktemp("files"), files)

    return loaded


@pytest.mark.parametrize(("form_name", "register", "rule"), FILE_CASES)
def test_a_faulty_file_is_held_whole(
    files_loaded: Loaded, form_name: str, register: str, rule: str
) -> None:
    result = files_loaded(form_name, register)[rule]
    assert result.outcome == "quarantined"
    assert rule in {breach.rule for breach in result.breaches}
    assert result.rows_loaded == 0
    for breach in result.breaches:
        assert_told(breach, {PERSON, "198705129999"})


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_a_file_without_faults_is_loaded(tmp_path: Path, form: Form, contract: Contract) -> None:
    """The ground under the tests above: what they change was right before."""
    version = contract.at("2023-05")
    rows = rows_of(form, version, 3)
    content = text_of(form, version, rows).encode("cp1252")
    [result] = load(form, contract, tmp_path, {"good": (content, None)}).values()
    assert result.breaches == ()
    assert (result.outcome, result.rows_loaded) == ("loaded", 3)


def test_every_rule_is_provoked() -> None:
    # Provoked by the intake, or by what is no text: in test_what_arrives and test_apart.
    elsewhere = {"okant_register", "samma_innehall", "internt_fel", "radantal"}
    elsewhere |= {"flera_blad", "for_stort_blad", "cellfel", "for_stor", "lasning_avbruten"}
    # What a file can break that the law describes: in test_statutory.
    elsewhere |= {"annan_kommun", "annan_period", "radslut"}
    # What is unlike its register's history is provoked in test_drift.
    elsewhere |= HISTORY_RULES.keys()
    assert {*CELL_RULES, *FILE_RULES, *elsewhere} == RULES
