"""Which code and which input a publication was made from.

Answers "is there anything new?" without opening the warehouse. Versions of data live in the
landing store and the gates.
"""

import hashlib
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.landing import sha256_of

_CODE = (
    "orchestration/**/*.py",
    "orchestration/**/*.yml",
    "orchestration/**/templates/*",
    "dbt_project/models/**/*",
    "dbt_project/macros/**/*",
    "dbt_project/seeds/*",
    "dbt_project/dbt_project.yml",
    "expectations/*.yml",
)


def code_version(settings: Settings) -> str:
    """The commit this code is, or the configured label outside a checkout.

    Args:
        settings: Holds the label.

    Returns:
        Package version and commit, with `+` after the commit where files are changed.
    """
    return f"{version('avvik')} ({_commit() or settings.version_label})"


@cache
def _commit() -> str | None:
    git = ["git", "-C", str(PROJECT_ROOT)]
    try:
        commit = subprocess.run(  # noqa: S603
            [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(  # noqa: S603
            [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit}+" if changed else commit


def inputs_fingerprint(settings: Settings, contents: Iterable[tuple[str, str, str]]) -> str:
    """Sum up all that a publication depends on: deliveries, code and settings.

    Args:
        settings: Which year, municipality and profile.
        contents: Register or dataset, file name and SHA-256 of each file.

    Returns:
        SHA-256 in hexadecimal; equal when there is nothing new.
    """
    digest = hashlib.sha256()
    digest.update(
        f"{settings.profile}|{settings.year}|{settings.municipality}"
        f"|{settings.municipality_name}\n".encode()
    )
    if settings.municipality_file is not None:
        digest.update(f"{sha256_of(settings.municipality_file)}\n".encode())
    for name, file_name, sha256 in sorted(contents):
        digest.update(f"{name}|{file_name}|{sha256}\n".encode())
    for path in _code_files():
        digest.update(f"{path.relative_to(PROJECT_ROOT)}|{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def _code_files() -> list[Path]:
    return sorted(
        {path for pattern in _CODE for path in PROJECT_ROOT.glob(pattern) if path.is_file()}
    )
