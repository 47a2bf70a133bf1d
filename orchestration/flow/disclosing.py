"""Disclosure control of the warehouse's cells: what must be hidden, and what could be worked out.

Reads the cells and sums that dbt has made and what the ledger says has been published, decides by
the policy, and keeps decisions and the attack's findings in a file that only the owner reads: they
name the cells that are small. Which cells there are is said in dbt; how one decides, in
`orchestration.disclosure`; what is told of a single cell, in `explaining`; what tables show of what
is decided, in `releasing`.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from orchestration.database import transaction
from orchestration.disclosure import deciding
from orchestration.disclosure.cells import Flags, Integers, System
from orchestration.disclosure.deciding import Asked, Begun, Decided
from orchestration.disclosure.policy import Policy, read_policy
from orchestration.disclosure.primary import Described
from orchestration.disclosure.vintages import Earlier, united
from orchestration.flow.ledger import Ledger, read_ledger
from orchestration.flow.restricted import open_restricted
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
    geography_id <> ? and breakdown like '%*%' as is_cross_of_board,
    others_of_largest,
    cast(period_start + interval 1 year as timestamp) as ends_at
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
alter table blocks add column if not exists out bigint;
alter table audits add column if not exists out bigint;
alter table audits add column if not exists ledger_sha256 varchar;
"""


_DECISIONS = """
insert into decisions
select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[]),
    nullif(unnest(?::varchar[]), '')
"""
_AUDIT = """
insert into audit
select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::double[]), unnest(?::double[]),
    unnest(?::double[]), nullif(unnest(?::varchar[]), ''), unnest(?::boolean[])
"""
_BLOCKS = """
insert into blocks by name
select unnest(?::varchar[]) as block_id, unnest(?::bigint[]) as cells,
    unnest(?::bigint[]) as secrets, unnest(?::bigint[]) as bare, unnest(?::bigint[]) as failing,
    unnest(?::bigint[]) as out, unnest(?::varchar[]) as method
"""
# So many blocks are lost where an audit is interrupted.
_AT_A_TIME = 40
# In the place of a block, and of an attack.
_PUBLISHED = "published"


class NothingToDecideError(Exception):
    """There is nothing to look at; the text is Swedish and says what to do."""


@dataclass(frozen=True)
class Audited:
    """What an audit came to; counts alone, so that anybody may read it.

    Attributes:
        cells: How many cells there are on the maps that are shown, with what they have been.
        shown: How many of them tables would show.
        secrets: How many are small.
        shown_secrets: How many of those tables would show.
        published: How many of the small ones earlier publications have shown.
        following: How many more can be worked out of those publications, whatever is hidden now.
        bare: How many of the small ones that are left would follow exactly, were they hidden and
            nothing else.
        recoverable: How many of them can be worked out with all that is hidden beside them.
        secondary: How many that are not small are hidden.
        persons: How many the hidden ones are of that are not small.
        gone: How many cells that were published are no more, so that nothing is told by them.
        decided: How many blocks were decided now.
        kept: How many had been before.
        seconds: How long it took.
        path: Where the cells are named.
    """

    cells: int
    shown: int
    secrets: int
    shown_secrets: int
    published: int
    following: int
    bare: int
    recoverable: int
    secondary: int
    persons: int
    gone: int
    decided: int
    kept: int
    seconds: float
    path: Path

    @property
    def kept_secret(self) -> int:
        """How many of the small ones nobody knows yet."""
        return self.secrets - self.published - self.following


@dataclass(frozen=True, eq=False)
class CellsShown:
    """What is shown of the cells that a table would show.

    Attributes:
        ids: Their names; n of them.
        values: Their counts; shape (n,).
        released: Which are shown; shape (n,).
        policy_sha256: Fingerprint of the policy that it was decided by.
    """

    ids: Sequence[str]
    values: Integers
    released: Flags
    policy_sha256: str


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
        LedgerError: If the ledger is not as it was written.
        RestrictedHeldError: If another process is at it.
        WarehouseHeldError: If another process holds the warehouse.
    """
    if not settings.warehouse_path.exists():
        raise NothingToDecideError("Det finns inget att pröva. Gör så här: kör avvik run först.")
    policy = read_policy(policy_file) if policy_file else read_policy()
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        audited, _ = decide_cells(connection, settings, policy)
    return audited


def begin_deciding(
    warehouse: duckdb.DuckDBPyConnection, settings: Settings, policy: Policy
) -> Begun | None:
    """Let another process begin to decide what `decide_cells` will be asked for.

    Args:
        warehouse: An open connection to the warehouse, which is only read.
        settings: The installation.
        policy: What is small and what is shown.

    Returns:
        What `decide_cells` goes on with; None where there is little to decide.

    Raises:
        NothingToDecideError: If no flow has made any cells.
        UnequalSumError: If a declared sum does not hold.
        LedgerError: If the ledger is not as it was written.
        RestrictedHeldError: If another process is at it.
    """
    given, _ = _asked(warehouse, settings, policy, read_ledger(settings, seen=last_seen(settings)))
    if not settings.disclosure_path.exists():
        return deciding.begin(given, {})
    with open_restricted(settings.disclosure_path) as connection:
        connection.execute(_TABLES)
        known = _decided_before(connection)
    return deciding.begin(given, known)


def decide_cells(
    warehouse: duckdb.DuckDBPyConnection,
    settings: Settings,
    policy: Policy,
    begun: Begun | None = None,
) -> tuple[Audited, CellsShown]:
    """Decide what must be hidden of the cells there are, and attack what would be shown.

    Args:
        warehouse: An open connection to the warehouse, which is only read.
        settings: The installation.
        policy: What is small and what is shown.
        begun: What `begin_deciding` has begun, which is ended; another process is asked now unless
            given.

    Returns:
        What it came to, and what is shown.

    Raises:
        NothingToDecideError: If no flow has made any cells.
        UnequalSumError: If a declared sum does not hold.
        LedgerError: If the ledger is not as it was written.
        RestrictedHeldError: If another process is at it.
    """
    began = time.monotonic()
    ledger = read_ledger(settings, seen=last_seen(settings))
    given, gone = _asked(warehouse, settings, policy, ledger)
    secret = given.task.secret
    with open_restricted(settings.disclosure_path) as connection:
        connection.execute(_TABLES)
        known = _decided_before(connection)
        keys: list[str] = []
        new = 0
        begun = begun or deciding.begin(given, known)
        decided = deciding.decide(given, known, keys.append, begun=begun)
        while some := list(islice(decided, _AT_A_TIME)):
            _keep(connection, given, some)
            new += len(some)
        _forget_others(connection, keys)
        _keep_published(connection, given)
        released = _released(connection, given)
        bare, out, failing = _counted(connection)
        hidden = given.task.candidates & ~released
        audited = Audited(
            cells=len(given.task.system),
            shown=int(given.task.shown.sum()),
            secrets=int(secret.sum()),
            shown_secrets=int((secret & given.task.shown).sum()),
            published=int((secret & given.published).sum()),
            following=out,
            bare=bare,
            recoverable=failing,
            secondary=int(hidden.sum()),
            persons=int(given.task.cost[hidden].sum()),
            gone=gone,
            decided=new,
            kept=len(keys) - new,
            seconds=time.monotonic() - began,
            path=settings.disclosure_path,
        )
        _record(connection, settings, audited, policy, ledger)
    asked = np.flatnonzero(given.task.shown)
    status = deciding.statuses(given.task, released)
    shown = CellsShown(
        [given.task.system.ids[place] for place in asked.tolist()],
        given.task.system.values[asked],
        np.asarray(status[asked] == "released", dtype=bool),
        policy_sha256(policy),
    )
    return audited, shown


def _decided_before(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """The names of the cells that are hidden of each block that was decided, by its key."""
    rows = connection.execute(
        """
        select blocks.block_id, list(decisions.cell_id) filter (decisions.cell_id is not null)
        from blocks
        left join decisions
            on blocks.block_id = decisions.block_id
            and decisions.status in ('primary', 'secondary')
        group by blocks.block_id
        """
    ).fetchall()
    return {key: frozenset(hidden or ()) for key, hidden in rows}


def last_seen(settings: Settings) -> str | None:
    """Fingerprint of the last publication that an audit has seen in the ledger.

    Args:
        settings: The installation.

    Returns:
        None where none has seen any.

    Raises:
        RestrictedHeldError: If another process is at it.
    """
    if not settings.disclosure_path.exists():
        return None
    with open_restricted(settings.disclosure_path) as connection:
        connection.execute(_TABLES)
        found = connection.execute(
            "select ledger_sha256 from audits where ledger_sha256 is not null"
            " order by audited_at desc, rowid desc limit 1"
        ).fetchone()
    return None if found is None else str(found[0])


def forget_seen(settings: Settings) -> None:
    """Forget which publications audits have seen in a ledger that is no more.

    Args:
        settings: The installation.

    Raises:
        RestrictedHeldError: If another process is at it.
    """
    with open_restricted(settings.disclosure_path) as connection:
        connection.execute(_TABLES)
        connection.execute("update audits set ledger_sha256 = null")


def _asked(
    warehouse: duckdb.DuckDBPyConnection, settings: Settings, policy: Policy, ledger: Ledger
) -> tuple[Asked, int]:
    """The cells of the maps that are shown and those that were published, with what is asked.

    Returns:
        What is asked, and how many published cells are no more.
    """
    system, cells, pairs, ends = read_cells(warehouse, settings.municipality)
    earlier, gone = _earlier(ledger, system, ends)
    # Former boards are nowhere shown; where they have been, what follows from them is asked for.
    were_shown = any((~cells.todays_map[each.places]).any() for each in earlier)
    if policy.maps == "today" and not were_shown:
        system, cells, pairs, kept = deciding.of_map(system, cells, pairs)
        earlier, gone = _earlier(ledger, system, ends[kept])
    union = united(system, cells, earlier)
    was = np.arange(len(union.system)) >= len(system)
    return deciding.asked(union.system, union.cells, pairs, policy, (union.known, was)), gone


def _earlier(
    ledger: Ledger, system: System, ends: NDArray[np.datetime64]
) -> tuple[list[Earlier], int]:
    """What publications said of the cells there are, and of how many that are no more."""
    places = {name: place for place, name in enumerate(system.ids)}
    gone: set[str] = set()
    found = []
    for publication, entries in ledger.in_order():
        ours = [each for each in entries if each.cell_id in places]
        gone.update(each.cell_id for each in entries if each.cell_id not in places)
        at = np.array([places[each.cell_id] for each in ours], dtype=np.int64)
        moment = np.datetime64(publication.published_at.astimezone(UTC).replace(tzinfo=None))
        found.append(
            Earlier(
                publication.publication_id,
                at,
                np.array([each.value for each in ours], dtype=np.int64),
                np.array([each.released for each in ours], dtype=bool),
                np.asarray(ends[at] > moment, dtype=bool),
            )
        )
    return found, len(gone)


def read_cells(
    connection: duckdb.DuckDBPyConnection, municipality: str
) -> tuple[System, Described, Integers, NDArray[np.datetime64]]:
    """Read cells and sums.

    Args:
        connection: An open connection to the warehouse.
        municipality: Code of the municipality that is reported on.

    Returns:
        The cells with their sums, what they are, the pairs that lie in each other, and when the
        period of each has ended.

    Raises:
        NothingToDecideError: If no flow has made any.
    """
    try:
        cells = connection.execute(_CELLS, [municipality]).fetchnumpy()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        # A warehouse of an earlier version has other columns.
        raise NothingToDecideError(
            "Lagret har inga celler att pröva, eller så är de gjorda av en tidigare version."
            " Gör så här: kör avvik run först."
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
        others_of_largest=np.ma.filled(
            np.ma.asarray(cells["others_of_largest"], dtype=np.float64), np.nan
        ),
    )
    pairs = np.stack([_whole(nested["whole"]), _whole(nested["part"])], axis=1)
    return system, described, pairs, np.asarray(cells["ends_at"], dtype="datetime64[us]")


def _whole(numbers: Any) -> Integers:
    return np.asarray(numbers, dtype=np.int64)


def _keep(connection: duckdb.DuckDBPyConnection, given: Asked, decided: list[Decided]) -> None:
    """Keep what was decided of blocks, whole or not at all."""
    told: list[tuple[str, str, str, str]] = []
    attacked: list[tuple[str, str, float, float, float, str, bool]] = []
    blocks = []
    for found in decided:
        ids = found.task.system.ids
        status = deciding.statuses(found.task, found.protected.released)
        rules = given.rules[found.places]
        told += [
            (found.key, ids[place], str(status[place]), str(rules[place]))
            for place in np.flatnonzero(status != "").tolist()
        ]
        bounds, lost = found.protected.bounds, len(found.protected.failing)
        attacked += [
            (
                *(found.key, ids[each.place], each.least, each.greatest, each.width),
                *(each.attack or "", each.attack is None),
            )
            for each in bounds
        ]
        failing, out = (0, lost) if found.near_published else (lost, 0)
        method = found.protected.method.value
        blocks.append((found.key, len(found.places), len(bounds), found.bare, failing, out, method))
    with transaction(connection):
        for statement, rows in ((_DECISIONS, told), (_AUDIT, attacked), (_BLOCKS, blocks)):
            connection.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _keep_published(connection: duckdb.DuckDBPyConnection, given: Asked) -> None:
    """Keep which small cells earlier publications have shown."""
    told = np.flatnonzero(given.task.secret & given.published)
    ids = [given.task.system.ids[place] for place in told.tolist()]
    values = given.task.system.values[told].tolist()
    connection.execute(
        "insert into decisions select ?, unnest(?::varchar[]), 'primary', unnest(?::varchar[])",
        [_PUBLISHED, ids, given.rules[told].tolist()],
    )
    connection.execute(
        "insert into audit select ?, unnest(?::varchar[]), unnest(?::double[]),"
        " unnest(?::double[]), 0, ?, false",
        [_PUBLISHED, ids, values, values, _PUBLISHED],
    )


def _forget_others(connection: duckdb.DuckDBPyConnection, keys: list[str]) -> None:
    """Forget what was decided of blocks that are no more."""
    for table in ("decisions", "audit", "blocks"):
        connection.execute(
            f"delete from {table} where block_id not in (select unnest(?::varchar[]))", [keys]
        )


def _counted(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """How many secrets follow bare, are out by earlier publications, and fail, of all blocks."""
    [counts] = connection.execute("select sum(bare), sum(out), sum(failing) from blocks").fetchall()
    bare, out, failing = (int(each or 0) for each in counts)
    return bare, out, failing


def _released(connection: duckdb.DuckDBPyConnection, given: Asked) -> Flags:
    """Which cells are shown: all that nothing is said against."""
    released = given.task.candidates.copy()
    hidden = connection.execute("select cell_id from decisions where status = 'secondary'")
    places = {name: place for place, name in enumerate(given.task.system.ids)}
    released[[places[cell_id] for (cell_id,) in hidden.fetchall()]] = False
    return released


def _record(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    audited: Audited,
    policy: Policy,
    ledger: Ledger,
) -> None:
    connection.execute(
        "insert into audits by name select ? as audited_at, ? as policy_sha256, ? as cells,"
        " ? as secrets, ? as bare, ? as recoverable, ? as secondary, ? as persons, ? as seconds,"
        " ? as out, ? as ledger_sha256",
        [
            settings.moment(),
            policy_sha256(policy),
            audited.cells,
            audited.secrets,
            audited.bare,
            audited.recoverable,
            audited.secondary,
            audited.persons,
            audited.seconds,
            audited.published + audited.following,
            ledger.head,
        ],
    )


def policy_sha256(policy: Policy) -> str:
    """Fingerprint of all that a policy says.

    Args:
        policy: What is small and what is shown.
    """
    return hashlib.sha256(repr(policy).encode()).hexdigest()


def keep_shown(settings: Settings, shown: CellsShown) -> None:
    """Keep what the latest release shows, for the ledger to take when it is published.

    Args:
        settings: The installation.
        shown: Which cells are shown.

    Raises:
        RestrictedHeldError: If another process is at it.
    """
    with open_restricted(settings.disclosure_path) as connection:
        connection.execute(
            "create or replace table shown as select unnest(?::varchar[]) as cell_id,"
            " unnest(?::bigint[]) as value, unnest(?::boolean[]) as released,"
            " ?::varchar as policy_sha256",
            [list(shown.ids), shown.values, shown.released, shown.policy_sha256],
        )


def read_shown(settings: Settings) -> CellsShown:
    """What the latest release shows.

    Args:
        settings: The installation.

    Raises:
        RestrictedHeldError: If another process is at it.
    """
    with open_restricted(settings.disclosure_path, read_only=True) as connection:
        rows = connection.execute(
            "select cell_id, value, released, policy_sha256 from shown order by cell_id"
        ).fetchnumpy()
    policies = rows["policy_sha256"].tolist()
    return CellsShown(
        [str(each) for each in rows["cell_id"]],
        _whole(rows["value"]),
        np.asarray(rows["released"], dtype=bool),
        str(policies[0]) if policies else "",
    )
