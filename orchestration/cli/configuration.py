"""The settings of a command, and what is told of one that cannot be used.

What a setting is belongs in `orchestration.settings`; here is the form it must have, with an
example, for whoever wrote something else.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from orchestration.cli.output import refuse
from orchestration.outside import shown
from orchestration.settings import FIRST_YEAR, LAST_YEAR, Settings

FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "home": ("en katalog", "/srv/avvik"),
        "inbox": ("en katalog", "/srv/avvik/inbox"),
        "profile": ("demo eller live", "live"),
        "as_of": ("en dag eller en tidpunkt", "2026-03-01"),
        "year": (f"ett årtal mellan {FIRST_YEAR} och {LAST_YEAR}", "2024"),
        "municipality": ("kommunens kod med fyra siffror", "0180"),
        "municipality_file": ("en fil", "/srv/avvik/kommun.yml"),
        "municipality_name": ("kommunens namn", "Stockholms stad"),
        "pseudonym_key": ("en hemlighet på minst 32 tecken", "utskriften av openssl rand -hex 32"),
        "pseudonym_key_file": ("en fil", "/srv/avvik/keys/pseudonym.key"),
        "fetch_hours": ("ett antal timmar, 0 eller fler, med decimalpunkt", "6.0"),
        "proxy": ("en adress", "http://proxy.staden.se:8080"),
        "ca_file": ("en fil som finns", "/etc/ssl/certs/ca-certificates.crt"),
        "settle_seconds": ("ett antal sekunder, 0 eller fler, med decimalpunkt", "10.0"),
        "retention_days": ("ett helt antal dagar, 1 eller fler", "730"),
        "snapshots_kept": ("ett helt antal, 1 eller fler", "14"),
        "history_days": ("ett helt antal dagar, 1 eller fler", "90"),
        "superseded_days": ("ett helt antal dagar, 1 eller fler", "90"),
        "notice_file": ("en fil", "/srv/avvik/notices.log"),
        "notice_webhook": ("en adress", "https://hooks.staden.se/avvik"),
        "version_label": ("en text", "2026-11-28"),
        "open_data_url": ("en adress", "https://data.staden.se/avvik"),
        "open_data_publisher": ("ett namn", "Socialnämnden"),
        "open_data_contact": ("en e-postadress", "data@staden.se"),
        "open_data_licence": ("en adress", "http://creativecommons.org/licenses/by/4.0/"),
        "open_data_place": ("en adress", "http://sws.geonames.org/6695072/"),
    }
)
"""What each setting must be, and an example of it."""

_PREFIX = str(Settings.model_config["env_prefix"])
# What is as long as a key may be one in the wrong place, and an address may hold a password.
_LONGEST_SHOWN = 31


def configured(**typed: Any) -> Settings:
    """The settings of the environment, and of what was typed.

    Args:
        typed: Settings that were typed, by name; None where nothing was.

    Returns:
        The settings.

    Raises:
        typer.Exit: If one of them cannot be used, with code 2.
    """
    given = {name: value for name, value in typed.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        refuse("\n".join(_told(each, given) for each in error.errors()), cause=error)
    file = settings.own_municipality_file
    if settings.municipality_files is not None and file is not None and not file.exists():
        unknown = f"är {_quoted(settings.municipality)}, som saknar kommunfil i {file.parent}"
        refuse(_sentence("municipality", given, unknown))
    for name, path in (("home", settings.home), ("inbox", settings.inbox)):
        if path is not None and (fault := _no_directory(path)) is not None:
            refuse(_sentence(name, given, f"är {_quoted(str(path))}, men {fault}"))
    return settings


def called(name: str, typed: Mapping[str, Any]) -> str:
    """What a setting is called where it was given."""
    return f"--{name.replace('_', '-')}" if name in typed else f"{_PREFIX}{name.upper()}"


def _told(error: Any, typed: Mapping[str, Any]) -> str:
    name = str(error["loc"][0])
    if name not in FORMS:
        return f"Det finns ingen inställning {shown(name)}."
    secret = "Secret" in str(Settings.model_fields[name].annotation)
    value = error["input"]
    if secret or not isinstance(value, (str, int, float, Path)) or not _may_be_shown(str(value)):
        return _sentence(name, typed, "har ett värde som inte kan användas, och som inte visas här")
    return _sentence(name, typed, f"är {_quoted(str(value))}, som inte kan användas")


def _sentence(name: str, typed: Mapping[str, Any], fault: str) -> str:
    form, example = FORMS[name]
    own = called(name, typed)
    kind = "Flaggan" if name in typed else "Inställningen"
    return f"{kind} {own} {fault}. Gör så här: ange {form}, som {own}={example}."


def _quoted(value: str) -> str:
    return f"”{shown(value)}”"


def _may_be_shown(value: str) -> bool:
    return len(value) <= _LONGEST_SHOWN and "://" not in value and "@" not in value


def _no_directory(path: Path) -> str | None:
    """Why a path cannot be a directory that is there or is made; nothing where it can."""
    try:
        nearest = path.absolute()
        while not nearest.exists():
            nearest = nearest.parent
        if not nearest.is_dir():
            return f"{_quoted(str(nearest))} är en fil"
        if nearest != path.absolute() and not os.access(nearest, os.W_OK | os.X_OK):
            return f"i {_quoted(str(nearest))} får ingen katalog skapas"
    except OSError as error:
        return f"det kan inte läsas ({error.strerror})"
    return None
