"""A home as a whole: which profile it belongs to, and what an interrupted process left in it.

Demonstration and real data never mix in one: the first use writes the profile down, and any other
is refused from then on. What lies in the home belongs to the packages that write it.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

# Where something grows until it is whole: `.name.<pid>` and `.partial-<pid>` beside its place.
_GROWING = re.compile(r"\.(?:.+\.|partial-)(\d+)")
_DRAFTS = {"draft.partial", ".profile.partial"}


def keep_private() -> None:
    """Let nobody else read what this process and its children write, whatever they write it with.

    DuckDB's journals, Dagster's databases and dbt's files are made by libraries that ask nobody.
    To be called where a process begins; what anybody may read gets its rights when it is published.
    """
    os.umask(0o077)


class ProfileMismatchError(Exception):
    """The home belongs to the other profile; the text is Swedish."""


def require_profile(file: Path, profile: str) -> None:
    """Refuse a home of another profile.

    Args:
        file: Where the home's profile is written down; it need not exist.
        profile: The profile that is to run.

    Raises:
        ProfileMismatchError: If the home belongs to another.
    """
    if not file.exists():
        return
    owner = file.read_text(encoding="utf-8").strip()
    if owner != profile:
        raise ProfileMismatchError(
            f"Katalogen {file.parent} hör till profilen {owner}, inte {profile}. Demonstrationens "
            "och verkliga uppgifter blandas aldrig. Gör så här: välj en annan katalog med --home "
            "eller AVVIK_HOME."
        )


def claim_profile(file: Path, profile: str) -> None:
    """Let a home belong to a profile from its first use on.

    Args:
        file: Where the home's profile is written down.
        profile: The profile that is to run.

    Raises:
        ProfileMismatchError: If the home belongs to another.
        OSError: If it cannot be written down.
    """
    require_profile(file, profile)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = file.with_name(f".{file.name}.partial")
        partial.write_text(f"{profile}\n", encoding="utf-8")
        partial.replace(file)


def sweep(directory: Path, *, inbox: Path) -> None:
    """Take away what this process had begun to write when it was interrupted.

    Args:
        directory: The home, which nobody else is at work in.
        inbox: Where suppliers write; what grows there is theirs.
    """
    _sweep(directory, inbox, lambda name: name in _DRAFTS or _writer(name) == os.getpid())


def sweep_strays(directory: Path, *, inbox: Path) -> None:
    """Take away what killed processes had begun to write; what a living one writes stays.

    Args:
        directory: The home.
        inbox: Where suppliers write; what grows there is theirs.
    """
    _sweep(
        directory,
        inbox,
        lambda name: (pid := _writer(name)) is not None and not _is_alive(pid),
    )


def _sweep(directory: Path, inbox: Path, is_stray: Callable[[str], bool]) -> None:
    for folder, folders, files in os.walk(directory):
        for name in [*folders, *files]:
            path = Path(folder, name)
            if path == inbox:
                folders.remove(name)
            elif is_stray(name):
                if name in folders:
                    folders.remove(name)
                remove(path)


def remove(path: Path) -> None:
    """Take away a file, a link or a directory with all that is in it.

    Args:
        path: What is there, or was.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _writer(name: str) -> int | None:
    """The process whose number stands in the name of what grows; None for all other names."""
    growing = _GROWING.fullmatch(name)
    return None if growing is None else int(growing[1])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # Somebody else's, and alive.
        pass
    return True
