"""Step: the dated, gated snapshots that people open, with documents, each behind its door.

Publishes only when every gate is open, no delivery is held and everything is made of what there is:
all figures behind the restricted door, for those who may see them, and what is released for
anybody. What is shown stands in the ledger before anybody can see it. What a snapshot is belongs in
`orchestration.storage.snapshot`.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from orchestration.flow.built_from import (
    EDITION,
    OPEN_DATA,
    PUBLICATION,
    REPORT_YEAR,
    Provenance,
    ends,
    head,
    read_made,
)
from orchestration.flow.disclosing import read_shown
from orchestration.flow.documents import DRAFT, OPEN, RESTRICTED, draft_dir
from orchestration.flow.ledger import DECIDED, Edition, LedgerError, append, begun_anew_at
from orchestration.flow.marts import report_year
from orchestration.flow.opening import complete, describe_edition
from orchestration.flow.releasing import RELEASE, released
from orchestration.flow.remarks import all_remarks, create_table, quality_status
from orchestration.flow.restricted import RestrictedHeldError
from orchestration.flow.step import Outcome, Product, Step, StepRefusedError, Work
from orchestration.intake.admission import raw_tables
from orchestration.quality.gate import forget_results
from orchestration.reporting.addresses import PAGES_DIRECTORY
from orchestration.settings import Settings
from orchestration.storage.deliveries import unresolved
from orchestration.storage.snapshot import all_rows, point, publish
from orchestration.version import code_version

# What a snapshot says of itself that has small counts.
_ALL_FIGURES = "sekretess: alla tal"

_TABLE = """
create or replace table meta.publication (
    built_at timestamp with time zone,
    git_sha varchar,
    run_id varchar,
    profile varchar,
    quality_status varchar,
    disclosure_status varchar,
    synthetic boolean,
    report_year integer,
    municipality_id varchar,
    inputs_sha256 varchar,
    as_of timestamp with time zone,
    ledger_begun_anew_at timestamp with time zone
)
"""


def publication_step(published: Sequence[str]) -> Step:
    """Publish the snapshot, the memorandum and the indicators' pages.

    Args:
        published: The tables that the snapshot copies.
    """
    return Step(
        name="snapshot",
        title_sv="Publicerar",
        part_sv="publicering",
        writes=(
            Product(
                PUBLICATION,
                "Det publicerade: marts och meta, promemorian och sidorna, utbytta i ett steg.",
                reads=(
                    REPORT_YEAR,
                    OPEN_DATA,
                    *published,
                    *(f"raw.{table}" for table in raw_tables()),
                    RELEASE,
                    DRAFT,
                ),
                group="report",
                kinds=frozenset({"duckdb"}),
            ),
        ),
        run=_publish,
        remembers=True,
    )


def _publish(work: Work) -> Outcome:
    connection, settings = work.connection, work.settings
    built_at = datetime.now(UTC)
    held = unresolved(connection)
    if held:
        raise StepRefusedError(
            "Publiceringen väntar på leveranser som hålls tillbaka:\n" + "\n".join(held)
        )
    forget_results(connection, before=built_at - timedelta(days=settings.history_days))
    create_table(connection)
    status = quality_status(all_remarks(connection))
    # Recorded before the copy is made, so that the snapshot itself says what it was made from.
    work.remember()
    made = read_made(connection)
    made_of = head(ends(made, PUBLICATION))
    connection.execute(_TABLE)
    connection.execute(
        "insert into meta.publication select ?, ?, ?, ?, ?, ?, bool_or(synthetic), ?, ?, ?, ?, ?"
        " from meta.sources",
        [
            built_at,
            code_version(settings),
            work.run_id,
            settings.profile,
            status,
            DECIDED,
            report_year(connection, settings),
            settings.municipality,
            made_of,
            settings.as_of,
            _begun_anew_at(settings),
        ],
    )
    everything = all_rows(connection)
    everything["meta.publication"] = (
        f"select * replace ('{_ALL_FIGURES}' as disclosure_status) from meta.publication"
    )
    publish(
        connection,
        everything,
        draft_dir(settings) / RESTRICTED,
        settings.restricted_publication_dir,
        built_at=built_at,
        made_of=made_of,
        keep=settings.snapshots_kept,
        complete=describe_edition,
        for_anybody=False,
    )
    path = publish(
        connection,
        released(connection, settings),
        draft_dir(settings) / OPEN,
        settings.published_dir,
        built_at=built_at,
        made_of=made_of,
        keep=settings.snapshots_kept,
        complete=partial(complete, settings, work.log),
        announce=partial(_enter, settings, built_at),
        for_anybody=settings.as_of is None,
    )
    _lead_on(settings)
    # What was written, into the chain: whoever changes it afterwards is found out.
    Provenance(connection, settings).record(
        work.run_id, {EDITION: {PUBLICATION: made[PUBLICATION].fingerprint}}
    )
    work.log.info("Publicerat: %s", path)
    return Outcome(
        {PUBLICATION: {"kvalitet": status, "bytes": path.stat().st_size, "fil": str(path)}},
        labels={
            "avvik/report_year": str(report_year(connection, settings)),
            "avvik/version": code_version(settings),
            "avvik/publication": built_at.isoformat(timespec="seconds"),
        },
    )


def _lead_on(settings: Settings) -> None:
    """Let the working memorandum's ways to the indicators' pages lead to those for anybody."""
    link = settings.restricted_publication_dir / PAGES_DIRECTORY
    if not link.is_symlink():
        pages = settings.published_dir / PAGES_DIRECTORY
        point(link, Path(os.path.relpath(pages, link.parent)))


def _begun_anew_at(settings: Settings) -> datetime | None:
    """When the ledger was begun anew, where one before it was lost.

    Raises:
        StepRefusedError: If it cannot be read; nothing is published then.
    """
    try:
        return begun_anew_at(settings)
    except (LedgerError, RestrictedHeldError) as error:
        raise StepRefusedError(str(error)) from error


def _enter(settings: Settings, built_at: datetime, name: str) -> None:
    """Write what a publication shows in the ledger.

    Raises:
        StepRefusedError: If it cannot be written; nothing is published then.
    """
    if settings.as_of is not None:
        # What is built again of a past moment is shown to nobody but its owner.
        return
    try:
        shown = read_shown(settings)
        cells = {
            cell_id: (value, is_released)
            for cell_id, value, is_released in zip(
                shown.ids, shown.values.tolist(), shown.released.tolist(), strict=True
            )
        }
        append(settings, Edition(name, built_at, cells, shown.policy_sha256))
    except (LedgerError, RestrictedHeldError) as error:
        raise StepRefusedError(str(error)) from error
