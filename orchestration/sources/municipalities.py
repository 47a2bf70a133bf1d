"""The names of municipalities, for publishers that are asked by name.

Reads the dictionary that dbt also loads as a seed, so that each name stands in one place.
"""

import csv
from functools import cache

from orchestration.settings import PROJECT_ROOT

_DICTIONARY = PROJECT_ROOT / "dbt_project" / "seeds" / "municipalities.csv"


@cache
def _names() -> dict[str, str]:
    with _DICTIONARY.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def municipality_name(code: str) -> str:
    """Give the name that statistics use for a municipality.

    Args:
        code: Its official four-digit code.

    Returns:
        The name, as in 'Stockholm'.

    Raises:
        KeyError: If there is no such municipality.
    """
    return _names()[code]
