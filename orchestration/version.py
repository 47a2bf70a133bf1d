"""Which program and which settings a publication is made by.

What it is made from belongs in `orchestration.flow.built_from`.
"""

import hashlib
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.landing import sha256_of

_CODE = (
    "orchestration/**/*.py",
    "orchestration/**/*.yml",
    "orchestration/**/*.sql",
    "orchestration/**/templates/*",
    "orchestration/**/fonts/*",
    "dbt_project/models/**/*",
    "dbt_project/macros/**/*",
    "dbt_project/tests/**/*",
    "dbt_project/seeds/*.yml",
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


@cache
def code_fingerprint() -> str:
    """Sum up the program: code, models, suites and declarations, as this process found them.

    The seeds are not among them: each is an input of its own.

    Returns:
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for path in _code_files():
        digest.update(f"{path.relative_to(PROJECT_ROOT)}|{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def settings_fingerprint(settings: Settings) -> str:
    """Sum up the settings that decide what is published.

    The report year and what is said of the open data are not among them: few products hang on them.

    Args:
        settings: Which municipality, profile and moment.

    Returns:
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    digest.update(
        f"{settings.profile}|{settings.municipality}"
        f"|{settings.municipality_name}|{settings.as_of}\n".encode()
    )
    if (file := settings.own_municipality_file) is not None:
        digest.update(f"{sha256_of(file)}\n".encode())
    return digest.hexdigest()


def open_data_fingerprint(settings: Settings) -> str:
    """Sum up what the settings say of the open data: who publishes them, where, on what terms.

    Args:
        settings: They say it.

    Returns:
        SHA-256 in hexadecimal.
    """
    said = settings.model_dump_json(
        include={name for name in type(settings).model_fields if name.startswith("open_data_")}
    )
    return hashlib.sha256(said.encode()).hexdigest()


def _code_files() -> list[Path]:
    return sorted(
        {path for pattern in _CODE for path in PROJECT_ROOT.glob(pattern) if path.is_file()}
    )
