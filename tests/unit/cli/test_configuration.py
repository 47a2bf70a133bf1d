"""A setting that cannot be used is told with its value, the form it must have and an example."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.configuration import FORMS
from orchestration.settings import Settings

LEAKED = "zq7Hemligt-varde-som-inte-far-synas"


def test_every_setting_has_a_form_and_its_example_is_right(tmp_path: Path) -> None:
    assert FORMS.keys() == Settings.model_fields.keys()
    certificates = tmp_path / "ca.crt"
    certificates.touch()
    for name, (form, example) in FORMS.items():
        assert form
        assert Settings.model_validate({name: certificates if name == "ca_file" else example})


# What cannot be read as each of them; a text and a path can be anything.
WRONG = {
    "profile": "prov",
    "as_of": "igår",
    "year": "1800",
    "municipality": "180",
    "fetch_hours": "-1",
    "proxy": "proxy:8080",
    "ca_file": "/finns/inte.pem",
    "settle_seconds": "tio",
    "retention_days": "0",
    "snapshots_kept": "1.5",
    "history_days": "",
    "superseded_days": "0",
    "notice_webhook": "ingen",
    "open_data_url": "data",
    "open_data_contact": "staden.se",
    "open_data_licence": "CC0",
    "open_data_place": "0180",
}
SECRETS = {"proxy", "notice_webhook"}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_that_cannot_be_used_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"AVVIK_{name.upper()}"
    monkeypatch.setenv(own, WRONG[name])
    result = CliRunner().invoke(app, ["sources"])
    assert result.exit_code == 2
    assert result.stdout == ""
    form, example = FORMS[name]
    assert result.stderr.startswith(f"Inställningen {own} ")
    assert result.stderr.endswith(f" Gör så här: ange {form}, som {own}={example}.\n")
    assert (f"är ”{WRONG[name]}”" in result.stderr) is (name not in SECRETS)
    assert "pydantic" not in result.stderr


@pytest.mark.parametrize("name", WRONG)
def test_a_secret_in_the_wrong_place_is_not_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in (LEAKED, "https://zq7", "zq7@x"):
        monkeypatch.setenv(f"AVVIK_{name.upper()}", secret)
        said = CliRunner().invoke(app, ["sources"]).output
        assert "zq7" not in said


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVVIK_YEAR", "1800")
    monkeypatch.setenv("AVVIK_HISTORY_DAYS", "0")
    said = CliRunner().invoke(app, ["run"]).stderr
    assert "AVVIK_YEAR" in said
    assert "AVVIK_HISTORY_DAYS" in said


@pytest.mark.parametrize("name", ["home", "inbox"])
def test_a_directory_that_is_a_file_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fil"
    file.touch()
    for path in (file, file / "under"):
        monkeypatch.setenv(f"AVVIK_{name.upper()}", str(path))
        result = CliRunner().invoke(app, ["run"])
        assert result.exit_code == 2
        assert f"Inställningen AVVIK_{name.upper()} är ”{path}”, men ”{file}” är en fil." in (
            result.stderr
        )
    assert [each.name for each in tmp_path.iterdir()] == ["fil"]


def test_a_name_that_no_directory_can_have_is_told() -> None:
    result = CliRunner().invoke(app, ["verify", "--home", "x" * 300])
    assert result.exit_code == 2
    assert result.stderr.startswith("Flaggan --home är ”xxx")
    assert "Gör så här: ange en katalog" in result.stderr


def test_a_municipality_that_the_home_does_not_have_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, home = tmp_path / "kommuner", tmp_path / "home"
    files.mkdir()
    monkeypatch.setenv("AVVIK_MUNICIPALITY_FILE", str(files))
    result = CliRunner().invoke(app, ["run", "--home", str(home), "--municipality", "2480"])
    assert result.exit_code == 2
    assert f"Flaggan --municipality är ”2480”, som saknar kommunfil i {files}." in result.stderr
    assert not home.exists()
