"""Names, units, keys and references of what is published, read from `tables.yml` beside this file.

Nothing of the data, and no sentence: those stand where the tables are made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from orchestration.yaml_text import values_of

_FILE = Path(__file__).parent / "tables.yml"
# A column's meaning begins with its name: up to the first of these.
_AFTER_A_NAME = re.compile(r"[.;:,(]")


class Described(BaseModel):
    """A table and its columns in words.

    Attributes:
        meaning: What a row is.
        columns: What each column holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    meaning: str
    columns: dict[str, str]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    titles: dict[str, str]
    references: dict[str, str]
    keys: dict[str, tuple[str, ...]]
    units: dict[str, str]
    meta: dict[str, Described]
    views: dict[str, Described]


@dataclass(frozen=True)
class Reference:
    """Where a column leads.

    Attributes:
        column: The column.
        table: The table that it leads to.
        key: That table's column.
    """

    column: str
    table: str
    key: str


@cache
def _file() -> _File:
    content: Any = values_of(_FILE.read_text(encoding="utf-8"))
    return _File.model_validate(content)


def title(table: str) -> str:
    """What a table is called, or its name where that is not known."""
    return _file().titles.get(table, table)


def unit(table: str, column: str) -> str | None:
    """What the numbers of a column are counted in; None where nothing is said."""
    return _file().units.get(f"{table}.{column}", _file().units.get(column))


def key(table: str) -> tuple[str, ...]:
    """The key of a table of meta; empty for one that has none, and for those of marts."""
    return _file().keys.get(table, ())


def described() -> Mapping[str, Described]:
    """The tables and views that nobody else describes, by name."""
    return {**_file().meta, **_file().views}


def reference(table: str, column: str) -> Reference | None:
    """Where a column leads; None for one that leads nowhere, or only to itself."""
    target = _file().references.get(column)
    if target is None:
        return None
    schema, name, *given = target.split(".")
    found = Reference(column, f"{schema}.{name}", given[0] if given else column)
    return None if (found.table, found.key) == (table, column) else found


def name_of_column(meaning_sv: str) -> str:
    """A column's name in Swedish: what its meaning begins with."""
    return _AFTER_A_NAME.split(meaning_sv, maxsplit=1)[0].strip()
