"""Which municipalities a home holds: each an installation of its own, that shares nothing.

A home with several has a directory of municipality files. Each municipality has its own landing,
warehouse, pseudonym key, publication and notices in the home's folder of its code, so whatever
takes the settings of one can reach nothing of another. Taking in the others belongs to the flow.
"""

import re
from pathlib import Path

from orchestration.outside import shown
from orchestration.settings import Settings

_FILE = re.compile(r"([0-9]{4})\.yml")


def municipalities_of(settings: Settings) -> list[Settings]:
    """The installation of each municipality in the home.

    Args:
        settings: The installation of one of them.

    Returns:
        Settings for each that has a municipality file, in order of their codes; these alone in a
        home of one.
    """
    files = settings.municipality_files
    if files is None:
        return [settings]
    codes = sorted(found[1] for name in _names(files) if (found := _FILE.fullmatch(name)))
    return [settings.model_copy(update={"municipality": code}) for code in codes]


def neighbours(settings: Settings) -> list[Settings]:
    """The installations of the home's other municipalities.

    Args:
        settings: The installation of one; that of a past moment has no others.
    """
    if settings.as_of is not None:
        return []
    return [
        each for each in municipalities_of(settings) if each.municipality != settings.municipality
    ]


def of_no_municipality(settings: Settings) -> list[str]:
    """What lies where municipalities' things lie, and is none's: it is left there, untouched.

    Args:
        settings: The installation of any municipality in the home.

    Returns:
        A Swedish sentence each with what to do; none in a home of one municipality.
    """
    files = settings.municipality_files
    if files is None:
        return []
    known = {each.municipality for each in municipalities_of(settings)}
    return [
        f"{shown(name)} i inkorgen hör inte till någon kommun med kommunfil och lämnas orörd. Gör"
        " så här: lägg leveranserna i inbox/<kommunkod>/<register>/, och skriv kommunens"
        " kommunfil om den saknas."
        for name in _names(settings.whole_inbox_dir)
        if name not in known
    ] + [
        f"Kommunfilen {shown(name)} läses inte: dess namn är ingen kommunkod. Gör så här: döp den"
        " efter kommunens kod, som 1480.yml."
        for name in _names(files)
        if Path(name).suffix.lower() in {".yml", ".yaml"} and _FILE.fullmatch(name) is None
    ]


def _names(directory: Path) -> list[str]:
    """What lies in a directory and is not hidden; nothing where it cannot be read."""
    try:
        return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
