"""The guide for a new municipality, followed word by word from an empty folder to a report."""

import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.other_municipality import convert, own_values

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/sv/ny-kommun.md"
BLOCK = re.compile(r"^```(sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def script(checkout: Path) -> str:
    """The guide's commands in its order; a file that it shows is written where it is shown."""
    parts = ["set -euo pipefail"]
    for language, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if language == "yaml":
            parts.append(f"cat > kommun.yml <<'SLUT'\n{text}SLUT")
            continue
        parts.append(text)
        if "mkdir -m 0700 anslutning" in text:
            # What the case systems do: the exports lie there.
            parts.append("cp -R ../export export")
    return "\n".join(parts).replace("/opt/avvik", str(checkout))


@pytest.fixture(scope="module")
def followed(
    city: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder after the last command, and what the commands printed."""
    folder = tmp_path_factory.mktemp("ny_kommun")
    convert(city, folder / "export")
    # A checkout as the guide has it: this code, and `avvik` in its .venv/bin.
    checkout = folder / "checkout"
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / "tests").symlink_to(ROOT / "tests")
    command = checkout / ".venv/bin/avvik"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orchestration "$@"\n')
    command.chmod(0o755)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        ["bash", "-c", script(checkout)],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
    )
    return folder / "anslutning", done


def test_the_guide_leads_to_a_report(
    followed: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = followed
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    page = (folder / "region/1715/published/promemoria.html").read_text(encoding="utf-8")
    assert "Kils kommun (påhittad)" in page
    assert (folder / "region/1715/published/marts.duckdb").exists()
    # Every register's latest file, and one before the mapping was whole.
    assert done.stdout.count(" följer avtalet.") == 15 + 1
    assert "Södra Kil" in done.stdout
    assert re.search(r"2023\s+\W*\s*[1-9]\d*", done.stdout)
    # Moved to a home of several, it is what it was.
    assert "Inget nytt sedan den senaste publiceringen" in done.stdout
    asked, _, told = done.stdout.rstrip().rpartition("1715")
    assert asked
    assert told.strip().startswith("Delvis syntetiska uppgifter")


def test_the_workbook_describes_the_file_as_it_should_be(
    followed: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = followed
    book = openpyxl.load_workbook(folder / "fel.xlsx")
    assert book.sheetnames == ["Fel", "Kolumner och koder"]
    names = [row[0].value for row in book["Kolumner och koder"].iter_rows(min_row=2)]
    assert names == ["AvhysningId", "Datum", "Enhet", "AntalBarn", "Verkstalld", "Orsak"]


def test_what_was_printed_holds_no_identity_number(
    followed: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = followed
    numbers = set(own_values(folder / "export"))
    assert len(numbers) > 1000
    assert not set(re.findall(r"\d{12}", done.stdout + done.stderr)) & numbers
