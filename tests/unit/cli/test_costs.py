"""`avvik costs`: both readings are printed, a program gets the rows, a workbook the same bytes."""

import json
from pathlib import Path

import openpyxl
from typer.testing import CliRunner, Result

from orchestration.cli import app
from tests.unit.flow.test_scenarios import NEW, written


def ask(*typed: str) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["costs", *typed])


def test_the_table_has_the_figures_and_both_readings() -> None:
    answer = ask()
    assert answer.exit_code == 0
    text = " ".join(answer.output.split())
    for figure in ("325 000", "3 250", "810 000", "64 800", "8 100", "11 350", "4 715 000"):
        assert figure in text
    for figure in ("4 400", "8 125", "8 937,50", "Skillnaden är 812,50 kronor för varje familj"):
        assert figure in text
    assert "kan läsas på två sätt" in text
    assert "Besparingarna är antaganden, inte resultat." in text


def test_a_program_gets_every_column() -> None:
    rows = json.loads(ask("--format", "json").output)
    assert [row["cost_per_person"] for row in rows] == [3250, 8100, 11350, 4400, 8125, 8937.5]
    assert {"low", "high", "rate", "rounding", "is_assumption", "source_sv"} <= set(rows[0])


def test_a_number_can_be_set_and_a_scenario_be_ones_own(tmp_path: Path) -> None:
    rows = json.loads(ask("--set", "gruppsamtal_rvc.group_size=4", "--format", "json").output)
    assert [row["cost_per_person"] for row in rows][1:3] == [16_200, 19_450]
    own = written(tmp_path, NEW)
    [row] = json.loads(ask("--scenario", str(own), "--format", "json").output)
    assert (row["insats"], row["cost_total"]) == ("Öppen mottagning", 225_000)
    refused = ask("--set", "storlek=3")
    assert refused.exit_code == 2
    assert "Inget scenario har ett tal storlek" in refused.output
    bad = written(tmp_path, "insats: x", "fel.yml")
    refused = ask("--scenario", str(bad))
    assert refused.exit_code == 2
    assert "price_year: fältet saknas" in refused.output


def test_the_workbook_is_the_same_bytes_and_holds_every_assumption(tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    assert ask("--out", str(first)).exit_code == 0
    assert ask("--out", str(second)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    book = openpyxl.load_workbook(first)
    assert book.sheetnames == ["Kostnader", "Tal och antaganden", "Betalar sig"]
    heading, *rows = book["Tal och antaganden"].iter_rows(values_only=True)
    at = heading.index("source_sv")
    assert len(rows) > 40
    assert all(row[at] for row in rows)
