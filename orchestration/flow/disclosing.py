"""Disclosure control of the warehouse's cells: what must be hidden, and what could be worked out.

Reads the cells and sums that dbt has made, decides by the policy, and keeps decisions and the
attack's findings in a file that only the owner reads: they name the cells that are small. Which
cells there are is said in dbt; how one decides, in `orchestration.disclosure`.
"""

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import scipy.sparse as sp

from orchestration.database import connect
from orchestration.disclosure import deciding
from orchestration.disclosure.cells import Integers, System
from orchestration.disclosure.deciding import Asked, Decided
from orchestration.disclosure.policy import Policy, read_policy
from orchestration.disclosure.primary import Described
from orchestration.settings import Settings
from orchestration.storage.warehouse import open_warehouse

_CELLS = """
select
    cell_id,
    value,
    persons,
    area,
    quantity,
    is_shown,
    is_public,
    is_todays_map,
    geography_id <> ? and breakdown like '%*%' as is_cross_of_board
from disclosure.cells
order by cell_id
"""
_PLACES = """
with places as (
    select cell_id, row_number() over (order by cell_id) - 1 as place from disclosure.cells
)
"""
_EQUATIONS = f"""
{_PLACES}
select
    dense_rank() over (order by equations.equation_id) - 1 as number,
    places.place,
    equations.coefficient
from disclosure.equations
inner join places on equations.cell_id = places.cell_id
order by number, place
"""
_NESTED = f"""
{_PLACES}
select wholes.place as whole, parts.place as part
from disclosure.nested
inner join places as wholes on nested.whole_cell_id = wholes.cell_id
inner join places as parts on nested.cell_id = parts.cell_id
order by whole, part
"""
_TABLES = """
create table if not exists blocks (
    block_id varchar, cells bigint, secrets bigint, bare bigint, failing bigint, method varchar
);
create table if not exists decisions (
    block_id varchar, cell_id varchar, status varchar, rule varchar
);
create table if not exists audit (
    block_id varchar, cell_id varchar, least double, greatest double, width double,
    attack varchar, passed boolean
);
create table if not exists audits (
    audited_at timestamp with time zone, policy_sha256 varchar, cells bigint, secrets bigint,
    bare bigint, recoverable bigint, secondary bigint, persons bigint, seconds double
);
"""


class NothingToDecideError(Exception):
    """There is nothing to look at; the text is Swedish and says what to do."""


@dataclass(frozen=True)
class Audited:
    """What an audit came to; counts alone, so that anybody may read it.

    Attributes:
        cells: How many cells there are on the maps that are shown.
        shown: How many of them tables would show.
        secrets: How many are small.
        shown_secrets: How many of those tables would show.
        bare: How many of the small would follow exactly, were they hidden and nothing else.
        recoverable: How many can be worked out with all that is hidden beside them.
        secondary: How many that are not small are hidden.
        persons: How many the hidden ones are of that are not small.
        decided: How many blocks were decided now.
        kept: How many had been before.
        seconds: How long it took.
        path: Where the cells are named.
    """

    cells: int
    shown: int
    secrets: int
    shown_secrets: int
    bare: int
    recoverable: int
    secondary: int
    persons: int
    decided: int
    kept: int
    seconds: float
    path: Path


def audit_warehouse(settings: Settings, policy_file: Path | None = None) -> Audited:
    """Decide what must be hidden of the warehouse's cells, and attack what would be shown.

    Args:
        settings: The installation.
        policy_file: What is small; the packaged policy unless given.

    Returns:
        What it came to.

    Raises:
        NothingToDecideError: If no flow has been run.
        PolicyError: If the policy cannot be used.
        UnequalSumError: If a declared sum does not hold.
    """
    began = time.monotonic()
    policy = read_policy(policy_file) if policy_file else read_policy()
    given = _asked(settings, policy)
    secrets = given.task.secret & ~given.task.known
    path = settings.disclosure_path
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # It may be there already, made on the way to something deeper.
    path.parent.chmod(0o700)
    with closing(connect(path)) as connection:
        path.chmod(0o600)
        connection.execute(_TABLES)
        known = {key for (key,) in connection.execute("select block_id from blocks").fetchall()}
        keys: list[str] = []
        new = 0
        for found in deciding.decide(given, known, keys.append, by_two=True):
            _keep(connection, given, found)
            new += 1
        _forget_others(connection, keys)
        released = _released(connection, given)
        counted = connection.execute("select sum(bare), sum(failing) from blocks").fetchone()
        bare, failing = (int(each or 0) for each in counted or (0, 0))
        hidden = given.task.candidates & ~released
        audited = Audited(
            cells=len(given.task.system),
            shown=int(given.task.shown.sum()),
            secrets=int(secrets.sum()),
            shown_secrets=int((secrets & given.task.shown).sum()),
            bare=bare,
            recoverable=failing,
            secondary=int(hidden.sum()),
            persons=int(given.task.cost[hidden].sum()),
            decided=new,
            kept=len(keys) - new,
            seconds=time.monotonic() - began,
            path=path,
        )
        _record(connection, settings, audited, policy)
    return audited


def _asked(settings: Settings, policy: Policy) -> Asked:
    """The cells of the maps that are shown, with what the policy asks of them."""
    if not settings.warehouse_path.exists():
        raise NothingToDecideError("Det finns inget att pröva. Gör så här: kör avvik run först.")
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        system, cells, pairs = read_cells(connection, settings.municipality)
    if policy.maps == "today":
        system, cells, pairs, _ = deciding.of_map(system, cells, pairs)
    return deciding.asked(system, cells, pairs, policy)


def read_cells(
    connection: duckdb.DuckDBPyConnection, municipality: str
) -> tuple[System, Described, Integers]:
    """Read cells and sums.

    Args:
        connection: An open connection to the warehouse.
        municipality: Code of the municipality that is reported on.

    Returns:
        The cells with their sums, what they are, and the pairs that lie in each other.

    Raises:
        NothingToDecideError: If no flow has made any.
    """
    try:
        cells = connection.execute(_CELLS, [municipality]).fetchnumpy()
    except duckdb.CatalogException as error:
        raise NothingToDecideError(
            "Lagret har inga celler att pröva. Gör så här: kör avvik run först."
        ) from error
    sums = connection.execute(_EQUATIONS).fetchnumpy()
    nested = connection.execute(_NESTED).fetchnumpy()
    count = len(cells["cell_id"])
    rows = _whole(sums["number"])
    equations = sp.coo_array(
        (_whole(sums["coefficient"]), (rows, _whole(sums["place"]))),
        shape=(int(rows.max(initial=-1)) + 1, count),
    )
    ids = tuple(cells["cell_id"].tolist())
    system = System(ids, _whole(cells["value"]), sp.csr_array(equations))
    described = Described(
        persons=_whole(cells["persons"]),
        area=np.asarray(cells["area"], dtype=np.str_),
        quantity=np.asarray(cells["quantity"], dtype=np.str_),
        shown=np.asarray(cells["is_shown"], dtype=bool),
        public=np.asarray(cells["is_public"], dtype=bool),
        todays_map=np.asarray(cells["is_todays_map"], dtype=bool),
        cross_of_board=np.asarray(cells["is_cross_of_board"], dtype=bool),
    )
    pairs = np.stack([_whole(nested["whole"]), _whole(nested["part"])], axis=1)
    return system, described, pairs


def _whole(numbers: Any) -> Integers:
    return np.asarray(numbers, dtype=np.int64)


def _keep(connection: duckdb.DuckDBPyConnection, given: Asked, found: Decided) -> None:
    """Keep what was decided of a block, whole or not at all."""
    ids = np.array(found.task.system.ids, dtype=object)
    status = deciding.statuses(found.task, found.protected.released)
    told = np.flatnonzero(status != "")
    bounds = found.protected.bounds
    connection.begin()
    connection.execute(
        "insert into decisions select ?, unnest(?::varchar[]), unnest(?::varchar[]),"
        " nullif(unnest(?::varchar[]), '')",
        [
            found.key,
            ids[told].tolist(),
            status[told].tolist(),
            given.rules[found.places][told].tolist(),
        ],
    )
    connection.execute(
        "insert into audit select ?, unnest(?::varchar[]), unnest(?::double[]),"
        " unnest(?::double[]), unnest(?::double[]), nullif(unnest(?::varchar[]), ''),"
        " unnest(?::boolean[])",
        [
            found.key,
            ids[[each.place for each in bounds]].tolist(),
            [each.least for each in bounds],
            [each.greatest for each in bounds],
            [each.width for each in bounds],
            ["" if each.attack is None else each.attack.value for each in bounds],
            [each.attack is None for each in bounds],
        ],
    )
    connection.execute(
        "insert into blocks values (?, ?, ?, ?, ?, ?)",
        [
            found.key,
            len(found.places),
            len(bounds),
            found.bare,
            len(found.protected.failing),
            found.protected.method.value,
        ],
    )
    connection.commit()


def _forget_others(connection: duckdb.DuckDBPyConnection, keys: list[str]) -> None:
    """Forget what was decided of blocks that are no more."""
    for table in ("decisions", "audit", "blocks"):
        connection.execute(
            f"delete from {table} where block_id not in (select unnest(?::varchar[]))", [keys]
        )


def _released(connection: duckdb.DuckDBPyConnection, given: Asked) -> np.ndarray:
    """Which cells are shown: all that nothing is said against."""
    released = given.task.candidates.copy()
    hidden = connection.execute(
        "select cell_id from decisions where status = 'secondary'"
    ).fetchnumpy()["cell_id"]
    # Both in the order of their names.
    ids = np.array(given.task.system.ids, dtype=object)
    released[np.searchsorted(ids, hidden)] = False
    return released


def _record(
    connection: duckdb.DuckDBPyConnection, settings: Settings, audited: Audited, policy: Policy
) -> None:
    connection.execute(
        "insert into audits values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            settings.moment(),
            hashlib.sha256(repr(policy).encode()).hexdigest(),
            audited.cells,
            audited.secrets,
            audited.bare,
            audited.recoverable,
            audited.secondary,
            audited.persons,
            audited.seconds,
        ],
    )
