"""The ledger as a file: what has been published, ever, read whole and added to at its end.

How its links hold together is said in `orchestration.disclosure.ledger`; what it makes known, in
`orchestration.disclosure.vintages`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb

from orchestration.database import transaction
from orchestration.disclosure.ledger import (
    BrokenChainError,
    Entry,
    Publication,
    linked,
    news,
    require_whole,
)
from orchestration.flow.restricted import open_restricted
from orchestration.settings import Settings
from orchestration.storage.snapshot import EDITIONS, SNAPSHOT_NAME
from orchestration.storage.warehouse import WarehouseHeldError, open_warehouse, table_exists

#: What a publication says of itself where small counts are hidden, and proved so.
DECIDED = "prövad"
_TABLES = """
create table if not exists publications (
    link integer, publication_id varchar, published_at timestamp with time zone,
    release_sha256 varchar, previous_sha256 varchar, municipality varchar, policy_sha256 varchar,
    sha256 varchar
);
create table if not exists cells (
    publication_id varchar, cell_id varchar, vintage integer, value bigint, released boolean
);
"""
_PUBLICATIONS = """
select
    publication_id, published_at, release_sha256, previous_sha256, municipality, policy_sha256,
    sha256
from publications order by link
"""
_CELLS = """
select publication_id, cell_id, vintage, value, released from cells order by publication_id, cell_id
"""
# A cell is named as dbt names it, also one that is no more (the macro `cell_id`).
_SHOWN = """
with rows as (
    select *, 'numerator' as part, numerator as amount from edition.indicator_values
    union all
    select *, 'denominator' as part, denominator as amount from edition.indicator_values
)

select
    figures.count_id || '-' || left(
        sha256(
            concat_ws(
                '|', strftime(rows.period_start, '%Y-%m-%d'), rows.geography_id,
                figures.cell_breakdown, figures.cell_category, 'count'
            )
        ),
        12
    ) as cell_id,
    cast(max(round(rows.amount * figures.factor)) as bigint) as value
from rows
inner join disclosure.figures as figures using (indicator_id, source_id, part, breakdown, category)
where
    rows.period_grain = 'year'
    and rows.municipality_id = ?
    and rows.amount is not null
    and not figures.is_amount
group by all
order by cell_id
"""


# What a chain that was begun anew has first, in the place of a publication.
_BEGUN_ANEW = "ny kedja: "


class LedgerError(Exception):
    """The ledger cannot be used; the text is Swedish and says what to do."""


@dataclass(frozen=True)
class Ledger:
    """All that has been published.

    Attributes:
        publications: In the order they were linked.
        entries: What each says that the one before did not, by its name.
    """

    publications: Sequence[Publication] = ()
    entries: Mapping[str, Sequence[Entry]] = field(default_factory=dict)

    @property
    def head(self) -> str | None:
        """Fingerprint of the last publication; None where there is none."""
        return self.publications[-1].sha256 if self.publications else None

    @property
    def names(self) -> set[str]:
        """Of its publications."""
        return {each.publication_id for each in self.publications}

    def in_order(self) -> Iterator[tuple[Publication, Sequence[Entry]]]:
        """Each publication with what it says."""
        for each in self.publications:
            yield each, self.entries.get(each.publication_id, ())


@dataclass(frozen=True)
class Edition:
    """A publication that is to be written in the ledger.

    Attributes:
        publication_id: Its name.
        published_at: When, with offset.
        cells: Value of each of its cells, and whether it shows it.
        policy_sha256: Fingerprint of the policy that it was decided by; empty where there was none.
    """

    publication_id: str
    published_at: datetime
    cells: Mapping[str, tuple[int, bool]]
    policy_sha256: str = ""


@dataclass(frozen=True)
class Imported:
    """What came of reading publications into the ledger.

    Attributes:
        editions: How many were read now.
        kept: How many of those there are stood in it already.
        cells: How many cells the ledger knows to have been shown, each once.
    """

    editions: int
    kept: int
    cells: int


def read_ledger(settings: Settings, *, seen: str | None = None) -> Ledger:
    """Read the ledger, and see that it is as it was written.

    Args:
        settings: The installation.
        seen: Fingerprint of a publication that is known to have been in it.

    Returns:
        All of it; empty where there is none yet.

    Raises:
        LedgerError: If it has been changed, cut off or taken away.
        RestrictedHeldError: If another process holds it.
    """
    path = settings.ledger_path
    if not path.exists():
        if seen is not None:
            raise _broken(path, "är borta")
        return Ledger()
    try:
        with open_restricted(path, read_only=True) as connection:
            return _read(connection, path, seen)
    except duckdb.Error as error:
        raise _broken(path, "går inte att läsa") from error


def append(settings: Settings, edition: Edition) -> None:
    """Write a publication at the end of the ledger.

    Args:
        settings: The installation.
        edition: The publication.

    Raises:
        LedgerError: If the ledger has been changed; nothing is written then.
        RestrictedHeldError: If another process holds it.
    """
    with _written(settings) as (connection, ledger):
        _append(connection, ledger, edition, settings.municipality)


def begin_anew(settings: Settings, moment: datetime, why: str) -> None:
    """Begin a chain in the place of one that is lost; its first link says so, and why.

    Args:
        settings: The installation, which has no ledger.
        moment: When, with offset.
        why: Why, and who says so.

    Raises:
        RestrictedHeldError: If another process holds it.
    """
    append(settings, Edition(f"{_BEGUN_ANEW}{why}", moment, {}))


def begun_anew_at(settings: Settings) -> datetime | None:
    """When the chain was begun, where one before it was lost; None where none was.

    Its first link alone is read: whether the chain is whole is seen by whoever adds to it.

    Args:
        settings: The installation.

    Raises:
        LedgerError: If the ledger cannot be read.
        RestrictedHeldError: If another process holds it.
    """
    path = settings.ledger_path
    if not path.exists():
        return None
    try:
        with open_restricted(path, read_only=True) as connection:
            if not _has_publications(connection):
                return None
            found = connection.execute(
                "select published_at from publications"
                " where link = 1 and starts_with(publication_id, ?)",
                [_BEGUN_ANEW],
            ).fetchone()
    except duckdb.Error as error:
        raise _broken(path, "går inte att läsa") from error
    return None if found is None else found[0]


def import_published(settings: Settings, *, decided_only: bool = False) -> Imported:
    """Write the publications that lie in the home into the ledger, unless they stand in it.

    Args:
        settings: The installation.
        decided_only: Whether only those that disclosure control has decided.

    Raises:
        LedgerError: If the ledger has been changed, or a publication cannot be read; nothing is
            written then.
        RestrictedHeldError: If another process holds it.
        WarehouseHeldError: If another process holds the warehouse.
    """
    found = editions(settings)
    stood = read_ledger(settings).names
    new = _shown(
        settings,
        {name: path for name, path in found.items() if name not in stood},
        decided_only=decided_only,
    )
    written = 0
    with _written(settings) as (connection, before):
        ledger = before
        for edition in new:
            # Another may have written it meanwhile.
            if edition.publication_id not in ledger.names:
                ledger = _append(connection, ledger, edition, settings.municipality)
                written += 1
    shown = {each.cell_id for _, own in ledger.in_order() for each in own if each.released}
    return Imported(written, len(stood & found.keys()), len(shown))


def editions(settings: Settings) -> dict[str, Path]:
    """The publications that lie in the home.

    Args:
        settings: The installation.

    Returns:
        The snapshot of each by its name, those of the home first and then those of past moments
        that were built again, the oldest first.
    """
    home = settings.own_home
    return {
        str(path.parent.relative_to(home)).replace(f"published/{EDITIONS}/", ""): path
        for pattern in ("", "as_of/*/")
        for path in sorted(home.glob(f"{pattern}published/{EDITIONS}/[!.]*/{SNAPSHOT_NAME}"))
    }


@contextmanager
def _written(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Ledger]]:
    """The ledger, to be added to whole or not at all."""
    path = settings.ledger_path
    try:
        with open_restricted(path) as connection:
            connection.execute(_TABLES)
            ledger = _read(connection, path, None)
            with transaction(connection):
                yield connection, ledger
    except WarehouseHeldError:
        raise
    except duckdb.Error as error:
        raise _broken(path, "går inte att läsa") from error


def _read(connection: duckdb.DuckDBPyConnection, path: Path, seen: str | None) -> Ledger:
    stands = _has_publications(connection)
    told = connection.execute(_PUBLICATIONS).fetchall() if stands else []
    publications = [Publication(*row[:-1]) for row in told]
    rows = connection.execute(_CELLS).fetchall() if stands else []
    entries = {name: [Entry(*row[1:]) for row in own] for name, own in groupby(rows, itemgetter(0))}
    try:
        require_whole(publications, entries, [row[-1] for row in told], seen=seen)
    except BrokenChainError as error:
        where = f" vid {error.publication_id}" if error.publication_id else ""
        raise _broken(path, f"har ändrats eller kortats{where} sedan den skrevs") from error
    return Ledger(publications, entries)


def _has_publications(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any part of the ledger stands in its file, where the log of openings may be alone."""
    return any(table_exists(connection, f"main.{each}") for each in ("publications", "cells"))


def _append(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, edition: Edition, municipality: str
) -> Ledger:
    own = news([entries for _, entries in ledger.in_order()], edition.cells)
    link = linked(
        ledger.publications,
        own,
        publication_id=edition.publication_id,
        published_at=edition.published_at,
        municipality=municipality,
        policy_sha256=edition.policy_sha256,
    )
    connection.execute(
        "insert into publications values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(len(ledger.publications) + 1, link.publication_id, link.published_at),
            *(link.release_sha256, link.previous_sha256, link.municipality, link.policy_sha256),
            link.sha256,
        ],
    )
    connection.execute(
        "insert into cells select ?, unnest(?::varchar[]), unnest(?::integer[]),"
        " unnest(?::bigint[]), unnest(?::boolean[])",
        [
            link.publication_id,
            [each.cell_id for each in own],
            [each.vintage for each in own],
            [each.value for each in own],
            [each.released for each in own],
        ],
    )
    return Ledger([*ledger.publications, link], {**ledger.entries, link.publication_id: own})


def _shown(settings: Settings, found: Mapping[str, Path], *, decided_only: bool) -> list[Edition]:
    """What publications that lie in the home show, each cell with its value."""
    if not found:
        return []
    if not settings.warehouse_path.exists():
        raise LedgerError("Det finns inget lager att läsa med. Gör så här: kör avvik run först.")
    told = []
    with open_warehouse(
        settings.warehouse_path, read_only=True, directories=[settings.own_home]
    ) as connection:
        if not table_exists(connection, "disclosure.figures"):
            raise LedgerError(
                "Lagret säger inte vad tabellernas tal räknar. Gör så här: kör avvik run först."
            )
        for name, path in found.items():
            try:
                edition, is_decided = _of_edition(connection, name, path, settings.municipality)
            except (duckdb.Error, ValueError) as error:
                raise LedgerError(
                    f"Utgåvan {path.parent} går inte att läsa, och vad den har visat är okänt. Gör"
                    " så här: lägg tillbaka den ur säkerhetskopian, eller flytta den från"
                    f" {EDITIONS} om den inte går att rädda; det den visade räknas då inte."
                ) from error
            if is_decided or not decided_only:
                told.append(edition)
    return told


def _of_edition(
    connection: duckdb.DuckDBPyConnection, name: str, path: Path, municipality: str
) -> tuple[Edition, bool]:
    """What it shows, and whether disclosure control had decided it."""
    place = str(path).replace("'", "''")
    connection.execute(f"attach '{place}' as edition (read_only)")
    try:
        publication = connection.sql("from edition.meta.publication")
        [published] = publication.fetchall()
        told = dict(zip(publication.columns, published, strict=True))
        rows = connection.execute(_SHOWN, [municipality]).fetchall()
    finally:
        connection.execute("detach edition")
    cells = {cell_id: (value, True) for cell_id, value in rows}
    return Edition(name, told["built_at"], cells), told.get("disclosure_status") == DECIDED


def _broken(path: Path, fault: str) -> LedgerError:
    return LedgerError(
        f"Liggaren över det som har publicerats, {path}, {fault}. Inget publiceras, och inget kan"
        " prövas: utan den vet ingen vad som redan är känt. Gör så här: lägg tillbaka filen ur"
        " säkerhetskopian. Finns ingen: avvik disclosure accept-lost-ledger --reason SKÄL."
    )
