"""Which profile a home belongs to: demonstration and real data never mix in one.

The first use writes it down; any other profile is refused from then on. What lies in the home
belongs to the packages that write it.
"""

from pathlib import Path


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
