"""A home as a whole: which profile it belongs to, and what an interrupted process left in it.

Demonstration and real data never mix in one: the first use writes the profile down, and any other
is refused from then on. What lies in the home belongs to the packages that write it.
"""

import os
import re
import shutil
from pathlib import Path

# Where something grows until it is whole: `.name.<pid>` and `.partial-<pid>` beside its place.
_GROWING = re.compile(r"\.(?:.+\.|partial-)(\d+)")
_DRAFTS = {"draft.partial", ".profile.partial"}


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
    for folder, folders, files in os.walk(directory):
        for name in [*folders, *files]:
            path = Path(folder, name)
            growing = _GROWING.fullmatch(name)
            if path == inbox:
                folders.remove(name)
            elif name in _DRAFTS or (growing is not None and int(growing[1]) == os.getpid()):
                if name in folders:
                    folders.remove(name)
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
