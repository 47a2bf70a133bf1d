"""A municipality's first file, written from what is known of every municipality.

The text of the YAML only: what such a file may say belongs in `municipality`, which files the law
asks for in `statutory`.
"""

from pathlib import Path
from typing import Any

import yaml

from orchestration.registers.contract import load_contracts
from orchestration.registers.municipality import municipality_names
from orchestration.registers.statutory.declarations import StatutoryFile, load_statutory_files

#: What stands where a board's name stands, in a municipality whose file names none.
UNIT_SV = "Socialnämnden"
_UNIT_REASON_SV = "Kommunens filer pekar inte ut någon nämnd."
_ONLY_STATUTORY_SV = "Kommunen lämnar bara filer som lagen kräver."
#: Those whose statutory files tell districts.
_WITH_DISTRICTS = frozenset({"0180", "1280", "1480"})
_HEAD_SV = """\
# Kommunfil, skriven av avvik init-municipality. Fälten står i docs/sv/ny-kommun.md.
"""
_STATUTORY_SV = """\
# Registren lämnas som de filer som lagen kräver. Vad som kan räknas ur dem står i
# docs/sv/lagstadgade-filer.md.
"""
_DISTRICTS_SV = """\
# Filen har distrikt. Ska nämnderna redovisas: skriv dem under boards, byt
# constants.stadsdelsnamnd mot codes.stadsdelsnamnd, och skriv där nämnden för varje kod i
# filens fält Distrikt.
"""


class UnknownMunicipalityError(ValueError):
    """No municipality has the code; the text is Swedish."""


def first_file(code: str, *, seeds: Path, statutory: bool) -> str:
    """Write the file of a municipality that begins.

    Args:
        code: Its official code.
        seeds: The directory of dbt's seeds.
        statutory: Whether its registers come as the files that the law asks for.

    Returns:
        The file's text.

    Raises:
        UnknownMunicipalityError: If no municipality has the code.
        OSError: If the seed of municipalities cannot be read.
    """
    names = municipality_names(seeds)
    if code not in names:
        raise UnknownMunicipalityError(f"{code} är inte en svensk kommunkod")
    described: dict[str, Any] = {
        "code": code,
        "name": names[code],
        "central_units": [{"name": UNIT_SV, "reason_sv": _UNIT_REASON_SV}],
    }
    head = _HEAD_SV
    if statutory:
        described |= _statutory_parts()
        head += _STATUTORY_SV + (_DISTRICTS_SV if code in _WITH_DISTRICTS else "")
    return head + yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=120)


def _statutory_parts() -> dict[str, Any]:
    files = load_statutory_files().values()
    read = {file.register_name: file for file in files if file.is_readable}
    unread = {file.register_name: file for file in files if file.register_name not in read}
    return {
        "registers": {
            register: {"statutory": file.name, "constants": {"stadsdelsnamnd": UNIT_SV}}
            for register, file in read.items()
        },
        "not_delivered": {
            register: _unread_sv(unread[register]) if register in unread else _ONLY_STATUTORY_SV
            for register in load_contracts()
            if register not in read
        },
    }


def _unread_sv(file: StatutoryFile) -> str:
    return f"Den lagstadgade filen ({file.regulation}) kan inte läsas än: {file.unreadable_sv}"
