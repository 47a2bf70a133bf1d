"""A home belongs to the profile that used it first."""

from pathlib import Path

import pytest

from orchestration.storage.home import ProfileMismatchError, claim_profile, require_profile


@pytest.mark.parametrize(("first", "second"), [("demo", "live"), ("live", "demo")])
def test_another_profile_is_refused(tmp_path: Path, first: str, second: str) -> None:
    file = tmp_path / "home" / "profile"
    require_profile(file, second)
    claim_profile(file, first)
    claim_profile(file, first)
    for refuse in (claim_profile, require_profile):
        with pytest.raises(ProfileMismatchError, match=f"hör till profilen {first}, inte {second}"):
            refuse(file, second)
    assert file.read_text(encoding="utf-8") == f"{first}\n"
