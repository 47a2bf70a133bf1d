"""`avvik check-file`: what a supplier is told before delivering, as text and as a workbook."""

import re
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.registers.contract import load_contracts
from tests.other_municipality import FILE, NAMES
from tests.unit.registers.test_every_breach import FORMS, PERSON, rows_of, text_of

VIOLENCE = load_contracts()["vald_arenden"]
PRIVATE = "Kvinnan på Storgatan 12"
runner = CliRunner()


def violence(folder: Path, form_name: str, **cells: str) -> Path:
    form = FORMS[form_name]
    rows = rows_of(form, VIOLENCE, 3)
    rows[1] |= cells
    names = {"Kils form": "vald_arenden.2023.05.txt", "avtalets form": "vald_arenden_2023-05.csv"}
    path = folder / names[form_name]
    path.write_bytes(text_of(form, VIOLENCE, rows).encode("cp1252"))
    return path


def check(file: Path, *arguments: str) -> Result:
    return runner.invoke(app, ["check-file", str(file), *arguments])


def sheet(book: Path, name: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(book)[name].iter_rows(values_only=True))


@pytest.mark.parametrize("form", FORMS)
def test_a_good_file_exits_with_zero(tmp_path: Path, form: str) -> None:
    file = violence(tmp_path, form)
    extra = ["--municipality-file", str(FILE)] if form == "Kils form" else []
    result = check(file, *extra)
    assert result.exit_code == 0, result.output
    assert f"{file.name} följer avtalet." in result.output
    absent = "skyddade_personuppgifter, som får saknas" in result.output
    assert absent == (form == "Kils form")


def test_faults_are_told_as_text_and_as_a_workbook(tmp_path: Path) -> None:
    file = violence(tmp_path, "Kils form", roll=PRIVATE, personnummer="198705129999")
    book = tmp_path / "fel.xlsx"
    result = check(file, "--municipality-file", str(FILE), "--workbook", str(book))
    assert result.exit_code == 1
    assert (
        "- Fil vald_arenden.2023.05.txt, rad 3, kolumn Roll (avtalets roll): koden finns inte i "
        "registrets kodlista (tillåtna koder: valdsutsatt, valdsutovare) [regel kod]. Antal rader "
        "med felet: 1. Gör så här: rätta koden" in result.output
    )
    assert "kolumn Pnr (avtalets personnummer): identitetsnumret är inte" in result.output
    heading, *rows = sheet(book, "Fel")
    assert heading == ("fil", "rad", "kolumn", "regel", "antal", "vad är fel", "gör så här")
    assert (
        file.name,
        3,
        "Roll (avtalets roll)",
        "kod",
        1,
        "koden finns inte i registrets kodlista (tillåtna koder: valdsutsatt, valdsutovare)",
        "rätta koden eller komplettera kodlistan i avtalet, och lämna en ny fil",
    ) in rows
    assert {row[3] for row in rows} == {"kod", "identitet"}
    content = result.output + "".join(
        str(cell)
        for name in ("Fel", "Kolumner och koder")
        for row in sheet(book, name)
        for cell in row
    )
    assert PRIVATE not in content
    assert not {"198705129999", PERSON} & set(re.findall(r"\d{12}", content))


def test_the_workbook_describes_the_register_in_the_municipality_s_words(tmp_path: Path) -> None:
    book = tmp_path / "fel.xlsx"
    file = violence(tmp_path, "Kils form")
    assert check(file, "--municipality-file", str(FILE), "--workbook", str(book)).exit_code == 0
    assert sheet(book, "Fel")[1:] == []
    heading, *rows = sheet(book, "Kolumner och koder")
    assert heading[:3] == ("kolumn i filen", "kolumn i avtalet", "typ")
    described = {row[1]: row for row in rows}
    assert list(described) == list(VIOLENCE.columns)
    assert described["kon"][0] == NAMES["kon"]
    assert described["kon"][5] == "1 = M, 2 = K"
    assert described["aktualiserad_datum"][4:6] == ("DD.MM.ÅÅÅÅ", "inte i framtiden")
    assert described["roll"][6] == "känslig"
    assert described["personnummer"][6] == "direkt"


def test_a_file_name_is_never_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "=1+1.csv"
    file.write_text("x")
    book = tmp_path / "fel.xlsx"
    result = check(file, "--workbook", str(book))
    assert result.exit_code == 1
    assert "filnamnet följer inte mönstret" in result.output
    [cell] = [row[0] for row in openpyxl.load_workbook(book)["Fel"].iter_rows(min_row=2)]
    assert (cell.value, cell.data_type) == ("=1+1.csv", "s")


def test_the_register_can_be_said_where_the_name_does_not_tell(tmp_path: Path) -> None:
    file = violence(tmp_path, "avtalets form").rename(tmp_path / "export.csv")
    result = check(file, "--register", "vald_arenden")
    assert result.exit_code == 1
    assert "<ÅÅÅÅ>-<MM>.<ändelse>" in result.output
    assert "[regel filnamn]" in result.output


def test_the_folder_tells_where_two_registers_have_files_of_one_name(tmp_path: Path) -> None:
    municipality = tmp_path / "kommun.yml"
    municipality.write_text(
        "code: '1715'\nname: Prov\ncentral_units: [{name: Bromma, reason_sv: Prov}]\n"
        "registers:\n  vald_arenden: {files: ['{YYYY}-{MM}']}\n"
        "  missbruk_insatser: {files: ['{YYYY}-{MM}']}\n",
        encoding="utf-8",
    )
    (tmp_path / "vald_arenden").mkdir()
    file = violence(tmp_path, "avtalets form").rename(tmp_path / "vald_arenden/2023-05.csv")
    result = check(file, "--municipality-file", str(municipality))
    assert result.exit_code == 0, result.output
    alone = file.rename(tmp_path / "2023-05.csv")
    unclear = check(alone, "--municipality-file", str(municipality))
    assert unclear.exit_code == 1
    told = check(alone, "--municipality-file", str(municipality), "--register", "vald_arenden")
    assert told.exit_code == 0


def test_wrong_usage_exits_with_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = violence(tmp_path, "avtalets form")
    broken = tmp_path / "kommun.yml"
    broken.write_text("code: [")
    for arguments in (
        [str(tmp_path / "finns-inte.csv")],
        [str(tmp_path)],
        [str(file), "--municipality-file", str(broken)],
        [str(file), "--municipality-file", str(tmp_path / "finns-inte.yml")],
        [str(file), "--register", "finns_inte"],
        [str(file), "--workbook", str(tmp_path / "finns" / "inte.xlsx")],
    ):
        result = runner.invoke(app, ["check-file", *arguments])
        assert result.exit_code == 2, arguments
        assert result.exception is None or isinstance(result.exception, SystemExit)
    monkeypatch.setenv("AVVIK_MUNICIPALITY", "1480")
    result = runner.invoke(app, ["check-file", str(file)])
    assert result.exit_code == 2
    assert "Det finns ingen kommunfil för koden 1480" in " ".join(result.stderr.split())


def test_registers_without_a_municipality_file_are_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's home, as of Stockholm's demonstration, is no municipality without registers."""
    folder = tmp_path / "inbox/avhysningar_barn"
    folder.mkdir(parents=True)
    (folder / "avhysningar_barn_2023.csv").write_text("avhysning_id\n", encoding="utf-8")
    monkeypatch.setenv("AVVIK_MUNICIPALITY", "1480")
    result = runner.invoke(app, ["run", "--home", str(tmp_path)])
    assert result.exit_code == 2
    told = " ".join(result.stderr.split())
    assert "Det finns ingen kommunfil för koden 1480" in told
    assert "avvik init-municipality" in told
    assert not (tmp_path / "published").exists()


def test_another_municipality_gets_no_synthetic_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVVIK_MUNICIPALITY", "1715")
    monkeypatch.setenv("AVVIK_MUNICIPALITY_FILE", str(FILE))
    result = runner.invoke(app, ["run", "--home", str(tmp_path)])
    assert result.exit_code == 2
    assert "Inkorgen är tom" in result.stderr
    assert not (tmp_path / "inbox").exists()
