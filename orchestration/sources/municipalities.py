"""The names of municipalities and which stand beside each, for publishers that are asked of them.

Reads the dictionaries that dbt also loads as seeds, so that each name stands in one place.
"""

import csv
from functools import cache

from orchestration.settings import PROJECT_ROOT

_SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
_GROUP_TYPE = "skr"


@cache
def _names() -> dict[str, str]:
    with (_SEEDS / "municipalities.csv").open(encoding="utf-8", newline="") as file:
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


@cache
def _groups() -> dict[str, str]:
    """The group of each municipality in the latest classification that it stands in."""
    with (_SEEDS / "municipality_groups.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group_type"] == _GROUP_TYPE]
    ordered = sorted(rows, key=lambda row: int(row["year_to"]))
    return {row["municipality_id"]: row["group_code"] for row in ordered}


@cache
def regions_of(level: str) -> frozenset[str]:
    """Give the names of the country's counties (`lan`) or municipalities (`kommun`).

    Args:
        level: Which of them.
    """
    if level == "kommun":
        return frozenset(_names().values())
    with (_SEEDS / "counties.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["name"] for row in csv.DictReader(file))


def peers_of(code: str) -> tuple[str, ...]:
    """Give the other municipalities of a municipality's group.

    Args:
        code: Its official four-digit code.

    Returns:
        Their codes, in order; none where its group is not known.
    """
    groups = _groups()
    own = groups.get(code)
    return tuple(each for each, group in sorted(groups.items()) if group == own and each != code)
