"""Step: the one file that holds all that may be shown to anybody, and nothing else.

Has every cell decided and attacked, refuses where a small one could be worked out, and writes each
mart with what is not shown left out. Documents, site, snapshot and open data are made of that file.
What a column rests on is said in `orchestration.disclosure.derived`, how cells are decided in
`disclosing`; what was shown is written in the ledger when it is published.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import duckdb

from orchestration.database import connect, transaction
from orchestration.disclosure.cells import UnequalSumError
from orchestration.disclosure.deciding import Begun
from orchestration.disclosure.derived import Declared, DerivedError, Grounds, read_derived
from orchestration.disclosure.policy import Policy, PolicyError, read_policy
from orchestration.flow.disclosing import (
    Audited,
    CellsShown,
    NothingToDecideError,
    begin_deciding,
    decide_cells,
    keep_shown,
)
from orchestration.flow.findings import form_focus_areas
from orchestration.flow.ledger import LedgerError
from orchestration.flow.restricted import RestrictedHeldError
from orchestration.flow.step import Outcome, Product, Step, StepRefusedError, Work
from orchestration.settings import Settings
from orchestration.storage.snapshot import META_TABLES, of_latest
from orchestration.storage.warehouse import table_exists

RELEASE = "release.database"
_CELLS = ("disclosure.cells", "disclosure.equations", "disclosure.nested", "disclosure.figures")
#: What stands beside the marts in the file.
META = ("meta.sources", "meta.remarks", "meta.validation_results", "meta.disclosure")
# Made anew of what is shown.
_FORMED = ("marts.focus_areas", "marts.triangulation")
_STOPPED = "Publiceringen stoppades av röjandekontrollen."
_REFUSED = (
    *(PolicyError, DerivedError, UnequalSumError, LedgerError, NothingToDecideError),
    RestrictedHeldError,
)

_FORMER = """
create or replace temp table former_places as
select distinct geographies.geography_id
from marts.geographies
where geographies.level = 'stadsdelsnamnd'
    and geographies.geography_id not in (
        select crosswalk.geography_id from intermediate.int_geography_crosswalk as crosswalk
        where crosswalk.counts_to = date '9999-12-31'
    )
    and $maps = 'today'
"""
# A figure of a register is hidden unless each of its parts is a cell that is shown. What another
# publisher says is not ours to hide.
_HIDDEN = """
create or replace temp table hidden_values as
with parts as (
    select rowid as row_id, *, 'numerator' as part, numerator as amount
    from marts.indicator_values
    union all
    select rowid as row_id, *, 'denominator' as part, denominator as amount
    from marts.indicator_values
),

hidden as (
    select parts.row_id
    from parts
    left join disclosure.figures as figures
        on parts.indicator_id = figures.indicator_id
            and parts.source_id = figures.source_id
            and parts.part = figures.part
            and parts.breakdown = figures.breakdown
            and parts.category = figures.category
            and parts.period_grain = 'year'
            and parts.municipality_id = $municipality
    left join disclosure.cells as cells
        on figures.count_id = cells.count_id
            and parts.period_start = cells.period_start
            and parts.geography_id = cells.geography_id
            and figures.cell_breakdown = cells.breakdown
            and figures.cell_category = cells.category
            and cells.quantity = 'count'
    where parts.source_id in (select register_name from intermediate.int_register_years)
        and (parts.amount is not null or (parts.part = 'numerator' and parts.value is not null))
        and parts.indicator_id not in (select unnest($open))
    group by parts.row_id, parts.part
    having not coalesce(
        bool_and(
            cells.cell_id in (
                select decided_cells.cell_id from decided_cells where decided_cells.is_released
            )
        ),
        false
    )
)

select
    shown_values.rowid as row_id, shown_values.indicator_id, shown_values.period_start,
    shown_values.period_grain, shown_values.geography_id, shown_values.breakdown,
    shown_values.category, indicators.area,
    shown_values.geography_id = shown_values.municipality_id as is_whole,
    -- What it counts; of a share both parts, a row each.
    unnest([nullif(shown_values.numerator, 0), nullif(shown_values.denominator, 0)]) as number
from marts.indicator_values as shown_values
left join marts.indicators as indicators on shown_values.indicator_id = indicators.indicator_id
where shown_values.rowid in (select row_id from hidden)
    and shown_values.geography_id not in (select geography_id from former_places)
"""
# Of areas and not of persons, from a public publisher although it comes as a register.
_OPEN_INDICATORS = ("socioeconomic_index",)


# Which are small and which only hidden beside them is not told, nor how many persons they are of:
# of two it would tell of both.
_BY_INDICATOR = """
create or replace table meta.disclosure as
with own as (
    select distinct figures.indicator_id, cells.cell_id, decided_cells.is_released
    from disclosure.figures as figures
    inner join disclosure.cells as cells
        on figures.count_id = cells.count_id
            and figures.cell_breakdown = cells.breakdown
            and figures.cell_category = cells.category
            and cells.quantity = 'count'
    inner join decided_cells on cells.cell_id = decided_cells.cell_id
)

select
    indicator_id,
    count(*) as cells,
    count(*) filter (where not is_released) as hidden,
    $recoverable as recoverable
from own
group by indicator_id
order by indicator_id
"""


class Ahead:
    """What another process has begun to decide, while this one does what lies between.

    The cells are made long before anybody asks what is shown of them, and a processor stands idle.
    What is begun is of use only where the very same is asked for later: it saves nothing but time.
    """

    def __init__(self) -> None:
        self._begun: Begun | None = None

    def begin(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        """Begin, unless there is little to decide; what stands in the way is told by the release.

        Args:
            connection: An open connection to the warehouse, whose cells are made.
            settings: The installation.
        """
        with self.taken():
            # What an earlier run began and never asked for ends.
            pass
        with suppress(*_REFUSED):
            self._begun = begin_deciding(connection, settings, read_policy())

    @contextmanager
    def taken(self) -> Iterator[Begun | None]:
        """What was begun, which ends with the context; None where nothing was."""
        begun, self._begun = self._begun, None
        with nullcontext() if begun is None else begun:
            yield begun


def release_step(marts: Sequence[str], ahead: Ahead) -> Step:
    """Write the file.

    Args:
        marts: Every mart.
        ahead: What has been decided by then.
    """
    return Step(
        name="release",
        title_sv="Prövar vad som kan visas utan att röja någon",
        part_sv="röjandekontroll",
        writes=(
            Product(
                RELEASE,
                "Det som får visas för vem som helst; allt som publiceras läser bara detta.",
                reads=(*_CELLS, "intermediate.int_register_years", *marts),
                group="report",
                kinds=frozenset({"duckdb"}),
            ),
        ),
        run=partial(_release, ahead=ahead),
    )


def _release(work: Work, *, ahead: Ahead) -> Outcome:
    settings = work.settings
    with ahead.taken() as begun:
        try:
            policy = read_policy()
            declared = read_derived()
            audited, shown = decide_cells(work.connection, settings, policy, begun)
        except _REFUSED as error:
            raise StepRefusedError(f"{_STOPPED} {error}") from error
    if audited.recoverable:
        raise StepRefusedError(
            f"{_STOPPED} Små celler går att räkna fram ur det som skulle visas. Gör så här: den som"
            f" får läsa {audited.path} ser vilka de är i tabellen audit."
        )
    mark_decided(work.connection, shown)
    work.connection.execute(_BY_INDICATOR, {"recoverable": audited.recoverable})
    counts = write_release(work.connection, settings, policy, declared, shown)
    work.log.info(
        "Röjandekontroll: %d av %d celler visas", int(shown.released.sum()), len(shown.ids)
    )
    return Outcome({RELEASE: {"rader": sum(counts.values()), **_figures(audited)}})


def _figures(audited: Audited) -> Mapping[str, int]:
    # Rounded: how many are small tells of those who are.
    return {"celler": audited.cells, "dolda_personer": round(audited.persons, -1)}


def write_release(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    policy: Policy,
    declared: Mapping[str, Declared],
    shown: CellsShown,
) -> Mapping[str, int]:
    """Write all that is shown, in place of what was.

    Args:
        connection: An open connection to the warehouse, which may write beside it; `mark_decided`
            has been called.
        settings: The installation.
        policy: What is small.
        declared: What every column rests on.
        shown: Which cells are shown.

    Returns:
        How many rows each table has.

    Raises:
        StepRefusedError: If a table or a column is not declared; nothing is written then.
    """
    tables = _tables(connection)
    _require_declared(tables, declared)
    path, unfinished = settings.release_path, settings.release_draft_path.parent
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    threshold = max(each.threshold for each in policy.rules.values())
    _mark_hidden(connection, settings, policy)
    own = [
        name
        for name, each in declared.items()
        if name in tables and name not in _FORMED and not each.restricted
    ]
    with _attached(connection, settings.release_draft_path), transaction(connection):
        for schema in ("marts", "meta", "seeds"):
            connection.execute(f"create schema release.{schema}")
        for name in own:
            rows = shown_rows(name, declared[name], threshold)
            connection.execute(f"create table release.{name} as {rows} order by all")
        for (seed,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'seeds'"
            " and database_name = current_database() order by all"
        ).fetchall():
            connection.execute(f"create table release.seeds.{seed} as from seeds.{seed}")
    with closing(connect(settings.release_draft_path)) as draft:
        form_focus_areas(draft, settings)
    with _attached(connection, settings.release_draft_path), transaction(connection):
        for name in _FORMED:
            rows = shown_rows(name, declared[name], threshold, of=f"release.{name}")
            connection.execute(f"create or replace table release.{name} as {rows} order by all")
        counts = {
            name: int(connection.table(f"release.{name}").count("*").fetchall()[0][0])
            for name in (*own, *_FORMED)
        }
    keep_shown(settings, shown)
    shutil.rmtree(path.parent, ignore_errors=True)
    unfinished.rename(path.parent)
    return counts


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    connection.execute(f"attach '{_quoted(path)}' as release")
    try:
        yield
    finally:
        connection.execute("detach release")


def released(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, str]:
    """The queries for all that is published for anybody: what is released, and of what it is.

    Args:
        connection: An open connection to the warehouse, which the file is attached to as `release`.
        settings: The installation.

    Returns:
        By table, as `storage.snapshot.publish` takes them.
    """
    connection.execute(f"attach '{_quoted(settings.release_path)}' as release (read_only)")
    declared = read_derived()
    marts = connection.execute(
        "select 'marts.' || table_name from duckdb_tables()"
        " where database_name = 'release' and schema_name = 'marts' order by all"
    ).fetchall()
    tables = {name: f"from release.{name} order by all" for (name,) in marts}
    for name in META_TABLES:
        tables[name] = f"{shown_rows(name, declared[name], 0)} order by all"
    return tables


@contextmanager
def open_release(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the file for reading; the connection reaches nothing else.

    Args:
        settings: The installation.

    Yields:
        A connection with the schemas `marts`, `meta` and `seeds`.
    """
    with closing(connect(settings.release_path, read_only=True)) as connection:
        yield connection


def shown_rows(name: str, declared: Declared, threshold: int, of: str = "") -> str:
    """The query for what is shown of a table.

    Args:
        name: The table, as `schema.table`.
        declared: What its columns rest on.
        threshold: Counts below it are small.
        of: Where its rows are taken from, if from another.

    Returns:
        SQL over the warehouse, with what `_mark_hidden` makes.
    """
    of = of or name
    grounds: list[Grounds] = [declared.row, *declared.figures]
    counted = ", ".join(
        f"{_none_small(each, threshold)} as none_small_{place}"
        for place, each in enumerate(grounds)
    )
    together = ", ".join(
        f"bool_and(none_small_{place}) over (partition by {', '.join(each.whole)})"
        f" as together_{place}"
        if each.whole
        else f"none_small_{place} as together_{place}"
        for place, each in enumerate(grounds)
    )
    judged = ", ".join(
        f"{_is_shown(each, place)} as shown_{place}" for place, each in enumerate(grounds)
    )
    columns = [*declared.keys]
    for place, figures in enumerate(declared.figures, start=1):
        columns += [
            f"case when shown_{place} then {column} end as {column}" for column in figures.columns
        ]
    columns += [f"null as {column}" for column in declared.withheld]
    if declared.status:
        every = " and ".join(f"shown_{place}" for place in range(1, len(grounds)))
        status = declared.status
        columns.append(f"case when {every} then {status} else 'suppressed' end as {status}")
    # Only a table with rows of its own numbers them.
    numbered = any("row_id" in each for ground in grounds for each in ground.cells)
    former = "geography_id not in (select geography_id from former_places)"
    where = former if "geography_id" in declared.columns and not declared.former_places else "true"
    return f"""
        with counted as (
            select {"r.rowid as row_id, " if numbered else ""}r.*, {counted}
            from {of if numbered else f"(from {of} {of_latest(name)})"} as r
            where {where}
        ),

        together as (
            select *, {together} from counted
        ),

        judged as (
            select *, {judged} from together as r
        )

        select {", ".join(columns)} from judged where shown_0
    """


def _none_small(grounds: Grounds, threshold: int) -> str:
    small = [f"coalesce(({each}) > 0 and ({each}) < {threshold}, false)" for each in grounds.counts]
    return f"not ({' or '.join(small)})" if small else "true"


def _is_shown(grounds: Grounds, place: int) -> str:
    conditions = [f"together_{place}"]
    conditions += [
        f"not exists (select 1 from hidden_values as v where {each})" for each in grounds.cells
    ]
    conditions += [f"not coalesce({each}, false)" for each in grounds.unless]
    return f"({' and '.join(conditions)})"


def mark_decided(connection: duckdb.DuckDBPyConnection, shown: CellsShown) -> None:
    """Make the table that says of each cell whether it is shown.

    Args:
        connection: An open connection to the warehouse.
        shown: Which cells are shown.
    """
    connection.execute(
        "create or replace temp table decided_cells as"
        " select unnest(?::varchar[]) as cell_id, unnest(?::boolean[]) as is_released",
        [list(shown.ids), shown.released],
    )


def _mark_hidden(connection: duckdb.DuckDBPyConnection, settings: Settings, policy: Policy) -> None:
    """Make the tables that the conditions speak of."""
    connection.execute(_FORMER, {"maps": policy.maps})
    connection.execute(
        _HIDDEN, {"municipality": settings.municipality, "open": list(_OPEN_INDICATORS)}
    )


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The columns of every mart, and of what stands beside them."""
    rows = connection.execute(
        """
        select schema_name || '.' || table_name, list(column_name order by column_index)
        from duckdb_columns()
        where database_name = current_database() and schema_name in ('marts', 'meta')
        group by all
        order by all
        """
    ).fetchall()
    return {
        name: tuple(columns)
        for name, columns in rows
        if name.startswith("marts.") or (name in META and table_exists(connection, name))
    }


def _require_declared(
    tables: Mapping[str, tuple[str, ...]],
    declared: Mapping[str, Declared],
) -> None:
    for name, columns in tables.items():
        known = declared[name].columns if name in declared else ()
        unknown = [each for each in columns if each not in known]
        if unknown:
            raise StepRefusedError(
                f"{_STOPPED} Förteckningen derived.yml säger inte vad {name} vilar på:"
                f" {', '.join(unknown)}. Gör så här: skriv in det i"
                " orchestration/disclosure/derived.yml; det som inte står där visas inte."
            )
        if missing := [each for each in known if each not in columns]:
            raise StepRefusedError(
                f"{_STOPPED} Förteckningen derived.yml nämner kolumner som {name} inte har:"
                f" {', '.join(missing)}. Gör så här: ta bort dem ur"
                " orchestration/disclosure/derived.yml."
            )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
