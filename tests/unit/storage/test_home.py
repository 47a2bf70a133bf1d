"""A home belongs to the profile that used it first, and keeps nothing that a kill left half."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.storage.home import (
    ProfileMismatchError,
    claim_profile,
    require_profile,
    sweep_strays,
)


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


def test_what_a_killed_process_left_half_goes_and_what_a_living_one_writes_stays(
    tmp_path: Path,
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    published, inbox = tmp_path / "published", tmp_path / "inbox" / "vald_arenden"
    for folder in (published / "tidigare", inbox):
        folder.mkdir(parents=True)
    for pid in (ended.pid, os.getpid()):
        (published / f".aktuell.{pid}").symlink_to("tidigare")
        (published / "tidigare" / f".2026-11-28T033000.{pid}").mkdir()
        (published / "tidigare" / f".2026-11-28T033000.{pid}" / "marts.duckdb").touch()
        (tmp_path / f".partial-{pid}").touch()
        (inbox / f".fil.{pid}").touch()
    sweep_strays(tmp_path, inbox=tmp_path / "inbox")
    left = {path.name for path in tmp_path.rglob(".*")}
    mine = {f".aktuell.{os.getpid()}", f".2026-11-28T033000.{os.getpid()}"}
    assert left == mine | {
        f".partial-{os.getpid()}",
        *(f".fil.{pid}" for pid in (ended.pid, os.getpid())),
    }
    assert (published / "tidigare").is_dir()
