"""What makes a publication new beside what it is made from: the program and the settings."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import Settings
from orchestration.version import (
    code_fingerprint,
    open_data_fingerprint,
    settings_fingerprint,
)


@pytest.mark.parametrize(
    "changed",
    [
        {"municipality": "1715"},
        {"municipality_name": "Prov"},
        {"profile": "live"},
        {"as_of": "2026-01-31"},
    ],
)
def test_another_setting_is_another_publication(changed: dict[str, Any]) -> None:
    assert settings_fingerprint(Settings(**changed)) != settings_fingerprint(Settings())


def test_the_report_year_has_a_place_of_its_own() -> None:
    assert settings_fingerprint(Settings(year=2022)) == settings_fingerprint(Settings())


@pytest.mark.parametrize(
    "changed",
    [
        {"open_data_url": "https://data.example.se/"},
        {"open_data_publisher": "Socialnämnden"},
        {"open_data_contact": "data@example.se"},
        {"open_data_licence": "http://creativecommons.org/licenses/by/4.0/"},
        {"open_data_place": "http://sws.geonames.org/6695072/"},
    ],
)
def test_what_is_said_of_the_open_data_has_a_place_of_its_own(changed: dict[str, Any]) -> None:
    assert open_data_fingerprint(Settings(**changed)) != open_data_fingerprint(Settings())
    assert settings_fingerprint(Settings(**changed)) == settings_fingerprint(Settings())


def test_where_things_lie_is_not(tmp_path: Path) -> None:
    assert settings_fingerprint(Settings(home=tmp_path)) == settings_fingerprint(Settings())


def test_a_change_in_the_municipality_s_file_is_something_new(tmp_path: Path) -> None:
    file = tmp_path / "kommun.yml"
    settings = Settings(municipality_file=file)
    file.write_text("code: '0180'")
    before = settings_fingerprint(settings)
    assert settings_fingerprint(settings) == before
    file.write_text("code: '0180' # en ny nämnd")
    assert settings_fingerprint(settings) != before


def test_the_program_is_summed_up_once() -> None:
    assert code_fingerprint() is code_fingerprint()
    assert len(code_fingerprint()) == 64
