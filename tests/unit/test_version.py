"""What makes a publication new: the fingerprint of all that it depends on."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import Settings
from orchestration.version import inputs_fingerprint

FILES = [("register", "register/a.csv", "sha")]


@pytest.mark.parametrize(
    "changed", [{"municipality": "1715"}, {"municipality_name": "Prov"}, {"year": 2022}]
)
def test_another_setting_is_another_publication(changed: dict[str, Any]) -> None:
    assert inputs_fingerprint(Settings(**changed), FILES) != inputs_fingerprint(Settings(), FILES)


def test_a_change_in_the_municipality_s_file_is_something_new(tmp_path: Path) -> None:
    file = tmp_path / "kommun.yml"
    settings = Settings(municipality_file=file)
    file.write_text("code: '0180'")
    before = inputs_fingerprint(settings, FILES)
    assert inputs_fingerprint(settings, FILES) == before
    file.write_text("code: '0180' # en ny nämnd")
    assert inputs_fingerprint(settings, FILES) != before
