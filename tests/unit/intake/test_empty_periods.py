"""Files without rows: a month without a case is a delivery, and one is not a copy of another."""

from pathlib import Path

import duckdb
import openpyxl
import pytest

from orchestration.intake.not_delivered import registers_not_delivered, tables_without_rows
from orchestration.registers.contract import load_contracts
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse
from tests.unit.intake.test_admission import HEADER, ROWS, Home, register, row

NOBODY = HEADER
DELIVERED = (
    "select delivery_period, rows_loaded from raw.register__deliveries"
    " where register_name = 'boendestod_beslut' order by all"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Settings(home=tmp_path, profile="live", settle_seconds=0))


def outcomes(home: Home) -> dict[str, tuple[str, int]]:
    return {name[-11:-4]: (outcome, rows) for name, outcome, rows, _ in home.outcomes()}


def rules(home: Home) -> list[tuple[str, str]]:
    return [
        (name[-11:-4], rule)
        for name, rule in home.ask(
            "select file_name, rule from meta.delivery_breaches"
            " inner join meta.deliveries using (delivery_sequence) order by delivery_sequence"
        )
    ]


@pytest.mark.parametrize("nights", [1, 3])
def test_months_without_a_case_are_no_copies_of_each_other(home: Home, nights: int) -> None:
    """Their bytes are equal, whether they come in one night or in several."""
    home.deliver("boendestod_beslut", "2023-01", register())
    for month in ("2023-02", "2023-03", "2023-04"):
        home.deliver("boendestod_beslut", month, NOBODY)
        if nights > 1:
            home.take_in()
    home.take_in()
    home.take_in()
    assert outcomes(home) == {
        "2023-01": ("loaded", ROWS),
        "2023-02": ("loaded", 0),
        "2023-03": ("loaded", 0),
        "2023-04": ("loaded", 0),
    }
    assert home.ask(DELIVERED) == [
        ("2023-01", ROWS),
        ("2023-02", 0),
        ("2023-03", 0),
        ("2023-04", 0),
    ]
    assert home.ask("select count(*) from raw.register__boendestod_beslut") == [(ROWS,)]
    assert rules(home) == []
    report = home.report("boendestod_beslut", "2023-03")
    assert "Leveransen är inläst." in report
    assert "läses som en period utan ärenden" in report
    assert "Gör så här:" in report


def written(form: str, folder: Path) -> bytes:
    """A file without rows, in one of the forms that a register may come in."""
    names = HEADER.strip().split(";")
    file = folder / f"nobody.{form}"
    if form == "xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].append(names)
        book.save(file)
    elif form == "parquet":
        columns = ", ".join(f"null::varchar as {name}" for name in names)
        duckdb.execute(f"copy (select {columns} where false) to '{file}' (format parquet)")
    else:
        text = {"bom": "\ufeff" + HEADER, "cut": HEADER.rstrip("\n")}[form]
        file.write_text(text, encoding="utf-8")
    return file.read_bytes()


@pytest.mark.parametrize("form", ["bom", "cut", "xlsx", "parquet"])
def test_a_month_without_a_case_may_come_in_any_form(home: Home, tmp_path: Path, form: str) -> None:
    home.deliver("boendestod_beslut", "2023-01", register())
    for month in ("2023-02", "2023-03"):
        home.deliver("boendestod_beslut", month, written(form, tmp_path))
    home.take_in()
    assert rules(home) == []
    assert home.ask(DELIVERED) == [("2023-01", ROWS), ("2023-02", 0), ("2023-03", 0)]


def test_the_same_rows_for_another_period_are_still_a_copy(home: Home) -> None:
    home.deliver("boendestod_beslut", "2023-01", register())
    home.deliver("boendestod_beslut", "2023-02", register())
    home.deliver("boendestod_beslut", "2023-03", NOBODY)
    home.deliver("boendestod_beslut", "2023-04", NOBODY)
    home.take_in()
    assert outcomes(home)["2023-02"] == ("quarantined", 0)
    assert rules(home) == [("2023-02", "samma_innehall")]
    assert outcomes(home)["2023-04"] == ("loaded", 0)


def test_the_same_period_twice_is_a_copy_also_without_rows(home: Home) -> None:
    """Two names for one month: one of them is of another month, or should not be there."""
    folder = home.settings.inbox_dir / "boendestod_beslut"
    home.deliver("boendestod_beslut", "2023-01", NOBODY)
    (folder / "boendestod_beslut_2023-01.txt").write_text(NOBODY, encoding="utf-8")
    home.take_in()
    found = {outcome for _, outcome, _, _ in home.outcomes()}
    assert found <= {"loaded", "quarantined"}
    assert home.ask(DELIVERED) == [("2023-01", 0)]


@pytest.mark.parametrize("period", ["2023-01", "2023"])
def test_an_empty_file_does_not_take_away_the_rows_of_its_period(home: Home, period: str) -> None:
    """Rows are replaced by key, so it would seem to be taken in and change nothing."""
    home.deliver("boendestod_beslut", "2023-01", register())
    home.take_in()
    home.deliver("boendestod_beslut", period, NOBODY)
    home.take_in()
    assert [rule for _, rule in rules(home)] == ["inga_rader"]
    assert home.ask(DELIVERED) == [("2023-01", ROWS)]
    report = home.report("boendestod_beslut", period)
    assert "fast perioden måste ha rader eller redan har det" in report


def test_rows_may_come_after_an_empty_file(home: Home) -> None:
    home.deliver("boendestod_beslut", "2023-01", NOBODY)
    home.take_in()
    home.deliver("boendestod_beslut", "2023-01", HEADER + row("H1"))
    home.take_in()
    assert home.ask(DELIVERED) == [("2023-01", 0), ("2023-01", 1)]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("befolkning_stadsdel", "ar;stadsdelsnamnd;kon;alder;antal\n"),
        ("hushall_stadsdel", "ar;stadsdelsnamnd;hushallstyp;antal_hushall\n"),
    ],
)
def test_a_population_always_has_rows(home: Home, name: str, header: str) -> None:
    home.deliver(name, "2023", header)
    home.take_in()
    assert [each[1] for each in home.outcomes()] == ["quarantined"]
    assert [rule for _, rule in rules(home)] == ["inga_rader"]


def test_only_what_counts_a_population_must_have_rows() -> None:
    assert {name for name, each in load_contracts().items() if each.always_has_rows} == {
        "befolkning_stadsdel",
        "hushall_stadsdel",
        "socioekonomi_stadsdel",
    }


def test_registers_without_deliveries_say_why(home: Home) -> None:
    home.deliver("boendestod_beslut", "2023-01", NOBODY)
    home.deliver("vald_arenden", "2023-01", "nonsens\n1\n")
    home.take_in()
    settings = home.settings
    with open_warehouse(settings.warehouse_path) as connection:
        missing = registers_not_delivered(connection, settings)
        empty = tables_without_rows(connection, settings)
        written = connection.execute(
            "select register_name, reason_sv from raw.register__not_delivered"
        ).fetchall()
    # What is held was delivered, and what came without rows too.
    assert set(missing) == set(load_contracts()) - {"boendestod_beslut", "vald_arenden"}
    assert set(missing.values()) == {"Registret har inte levererats."}
    assert dict(written) == missing
    assert set(empty) == {f"raw.register__{name}" for name in {*missing, "boendestod_beslut"}}
    assert "utan rader" in empty["raw.register__boendestod_beslut"]


def test_a_table_that_has_lost_its_rows_is_not_excused(home: Home) -> None:
    home.deliver("boendestod_beslut", "2023-01", register())
    home.take_in()
    with open_warehouse(home.settings.warehouse_path) as connection:
        connection.execute("delete from raw.register__boendestod_beslut")
        empty = tables_without_rows(connection, home.settings)
    assert "raw.register__boendestod_beslut" not in empty
    assert len(empty) == len(load_contracts()) - 1
