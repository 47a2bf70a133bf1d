"""A Swedish guide, followed word by word in an empty folder.

What the guide shows is what runs: its commands in their order, and files that it shows where it
shows them. What its reader has beforehand, the exports of the case systems, is laid beside.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MINUTES = 9


@dataclass(frozen=True)
class Followed:
    """A guide that was followed to its end, or to the command that failed.

    Attributes:
        folder: The folder that the guide makes.
        code: How the last command ended.
        printed: What the commands printed.
        warned: What they wrote to standard error.
    """

    folder: Path
    code: int
    printed: str
    warned: str


def follow(guide: Path, folder: Path) -> Followed:
    """Run the commands of a guide.

    Args:
        guide: The guide.
        folder: Where it is followed; its `export` holds what the case systems have written.
    """
    # A checkout as the guide has it: this code, and `avvik` in its .venv/bin.
    checkout = folder / "checkout"
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / "tests").symlink_to(ROOT / "tests")
    command = checkout / ".venv/bin/avvik"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orchestration "$@"\n')
    command.chmod(0o755)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        ["bash", "-c", _script(guide, checkout)],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_MINUTES * 60,
    )
    return Followed(folder / "anslutning", done.returncode, done.stdout, done.stderr)


def _script(guide: Path, checkout: Path) -> str:
    parts = ["set -euo pipefail"]
    for language, text in _BLOCK.findall(guide.read_text(encoding="utf-8")):
        if language == "yaml":
            parts.append(f"cat > kommun.yml <<'SLUT'\n{text}SLUT")
            continue
        parts.append(text)
        if "mkdir -m 0700 anslutning" in text:
            # What the case systems do: the exports lie there.
            parts.append("cp -R ../export export")
    return "\n".join(parts).replace("/opt/avvik", str(checkout))
