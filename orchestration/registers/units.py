"""The names that a register may use for a board or a central unit.

Reads the dictionaries that dbt also loads as seeds, so that each name stands in one place. Which
geography a name belongs to at which time is dbt's matter.
"""

import csv
from pathlib import Path


def known_units(seeds_dir: Path) -> frozenset[str]:
    """Names of district boards, past and present, and of central units.

    Args:
        seeds_dir: Directory with `district_boards.csv` and `excluded_units.csv`.

    Returns:
        The names.

    Raises:
        OSError: If a dictionary is missing.
    """
    names: set[str] = set()
    for dictionary in ("district_boards.csv", "excluded_units.csv"):
        with (seeds_dir / dictionary).open(encoding="utf-8", newline="") as file:
            names.update(row["name"] for row in csv.DictReader(file))
    return frozenset(names)
