"""What a cell is, whether it is shown and why not, for those who may read what is restricted.

Everything stands in the warehouse, in the last audit's file and in the ledger. What is decided
belongs in `disclosing`, how it is told in the command.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from orchestration.flow.ledger import read_ledger
from orchestration.flow.restricted import open_restricted
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse, table_exists

_CELL = """
select
    cells.cell_id, counts.counted_sv, cells.quantity, cells.period_start, geographies.name,
    cells.breakdown, cells.category, cells.value, cells.persons, cells.is_shown, cells.is_public,
    cells.is_todays_map
from disclosure.cells
inner join seeds.counts using (count_id)
left join marts.geographies using (geography_id)
where cells.cell_id in (select unnest(?::varchar[]))
order by cells.period_start, cells.geography_id, cells.breakdown, cells.category, cells.cell_id
"""
_SUMS = """
select equations.declared_in, equations.kind, equations.equation_id, equations.coefficient,
    equations.cell_id
from disclosure.equations
where equation_id in (select equation_id from disclosure.equations where cell_id = ?)
order by equation_id, coefficient desc, cell_id
"""
_DECIDED = """
select decisions.cell_id, decisions.status, decisions.rule, audit.least, audit.greatest,
    audit.attack
from decisions
left join audit on decisions.cell_id = audit.cell_id and decisions.block_id = audit.block_id
where decisions.cell_id in (select unnest(?::varchar[]))
"""


class NoSuchCellError(Exception):
    """There is no cell of that name; the text is Swedish and says what to do."""


@dataclass(frozen=True)
class Told:
    """What is decided of a cell.

    Attributes:
        status: released, primary or secondary; None where the audit has not asked.
        rule: Why it is small; None where it is not.
        least: A count that fits all that is shown; None for what is no secret.
        greatest: Another, the greatest one where they lie near.
        attack: How it becomes known; None where it does not.
    """

    status: str | None
    rule: str | None = None
    least: float | None = None
    greatest: float | None = None
    attack: str | None = None


@dataclass(frozen=True)
class Cell:
    """A cell as the warehouse has it, and what is decided of it.

    Attributes:
        cell_id: Its name.
        counted_sv: What is counted.
        quantity: `count`, or what a whole has beside its parts.
        period_start: The first day of its year.
        place: Name of the municipality or board.
        breakdown: What it is broken down by.
        category: Which group.
        value: The count.
        persons: How many it is of.
        is_shown: Whether a table shows it, where nothing is hidden.
        is_public: Whether another publisher has said it.
        is_todays_map: Whether it is of the municipality or a board that exists.
        told: What is decided.
    """

    cell_id: str
    counted_sv: str
    quantity: str
    period_start: date
    place: str | None
    breakdown: str
    category: str
    value: int
    persons: int
    is_shown: bool
    is_public: bool
    is_todays_map: bool
    told: Told


@dataclass(frozen=True)
class Sum:
    """A sum that a cell stands in.

    Attributes:
        declared_in: Its row in the seed count_sums.
        kind: parts, boards, maps or counts.
        terms: Its cells with 1 for the whole and what is counted twice, -1 for parts.
    """

    declared_in: str
    kind: str
    terms: Sequence[tuple[int, Cell]]


@dataclass(frozen=True)
class Published:
    """What a publication said of a cell.

    Attributes:
        publication_id: Its name.
        published_at: When.
        value: The count then.
        released: Whether it showed it.
    """

    publication_id: str
    published_at: datetime
    value: int
    released: bool


@dataclass(frozen=True)
class Explained:
    """All that is known of a cell.

    Attributes:
        cell: The cell.
        sums: Those that it stands in.
        published: What the ledger has of it, the oldest first.
    """

    cell: Cell
    sums: Sequence[Sum]
    published: Sequence[Published]

    @property
    def is_out(self) -> bool:
        """Whether a publication has shown it as it is."""
        return any(each.released and each.value == self.cell.value for each in self.published)


def explain(settings: Settings, cell_id: str) -> Explained:
    """Tell of a cell.

    Args:
        settings: The installation.
        cell_id: Its name.

    Raises:
        NoSuchCellError: If there is none, or nothing has been audited.
        LedgerError: If the ledger is not as it was written.
        RestrictedHeldError: If another process is at the audit's file.
        WarehouseHeldError: If another process holds the warehouse.
    """
    # What it was in a publication is told with what it is.
    cell_id = re.split("[@+]", cell_id)[0]
    if not (settings.warehouse_path.exists() and settings.disclosure_path.exists()):
        raise NoSuchCellError(
            "Inga celler har prövats. Gör så här: kör avvik run och avvik disclosure audit först."
        )
    with open_warehouse(settings.warehouse_path, read_only=True) as warehouse:
        if not table_exists(warehouse, "disclosure.cells"):
            raise NoSuchCellError("Lagret har inga celler. Gör så här: kör avvik run först.")
        sums = warehouse.execute(_SUMS, [cell_id]).fetchall()
        names = sorted({cell_id, *(row[-1] for row in sums)})
        rows = warehouse.execute(_CELL, [names]).fetchall()
    with open_restricted(settings.disclosure_path, read_only=True) as connection:
        told = _told(connection, names)
    cells = {row[0]: Cell(*(*row, told.get(row[0]) or _undecided(row))) for row in rows}
    if cell_id not in cells:
        raise NoSuchCellError(
            "Det finns ingen sådan cell. Gör så här: ta namnet ur decisions eller audit i"
            f" {settings.disclosure_path}, eller ur disclosure.cells i lagret."
        )
    terms: dict[str, Sum] = {}
    for declared_in, kind, equation_id, coefficient, name in sums:
        own = terms.setdefault(equation_id, Sum(declared_in, kind, []))
        terms[equation_id] = Sum(
            own.declared_in, own.kind, [*own.terms, (coefficient, cells[name])]
        )
    published = [
        Published(publication.publication_id, publication.published_at, each.value, each.released)
        for publication, entries in read_ledger(settings).in_order()
        for each in entries
        if each.cell_id == cell_id
    ]
    return Explained(cells[cell_id], list(terms.values()), published)


def _told(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, Told]:
    return {row[0]: Told(*row[1:]) for row in connection.execute(_DECIDED, [names]).fetchall()}


def _undecided(row: Sequence[object]) -> Told:
    """What is told of a cell in a block without secrets, or that everybody knows."""
    *_, is_shown, _, is_todays_map = row
    return Told("released" if is_shown and is_todays_map else None)
