"""Step: the dated, gated snapshot that analysts open, and the memorandum and pages beside it.

Publishes only when every gate is open, no delivery is held and everything is made of what there is.
What a snapshot is belongs in `orchestration.storage.snapshot`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

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
from orchestration.flow.documents import DRAFT, draft_dir
from orchestration.flow.marts import report_year
from orchestration.flow.opening import complete
from orchestration.flow.remarks import all_remarks, create_table, quality_status
from orchestration.flow.step import Outcome, Product, Step, StepRefusedError, Work
from orchestration.intake.admission import raw_tables
from orchestration.quality.gate import forget_results
from orchestration.storage.deliveries import unresolved
from orchestration.storage.snapshot import publish
from orchestration.version import code_version

# Disclosure control is not applied yet, and the snapshot says so.
_DISCLOSURE_STATUS = "ej prövad"

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
    as_of timestamp with time zone
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
        "insert into meta.publication select ?, ?, ?, ?, ?, ?, bool_or(synthetic), ?, ?, ?, ?"
        " from meta.sources",
        [
            built_at,
            code_version(settings),
            work.run_id,
            settings.profile,
            status,
            _DISCLOSURE_STATUS,
            report_year(connection, settings),
            settings.municipality,
            made_of,
            settings.as_of,
        ],
    )
    path = publish(
        connection,
        draft_dir(settings),
        settings.published_dir,
        built_at=built_at,
        made_of=made_of,
        keep=settings.snapshots_kept,
        complete=partial(complete, settings, work.log),
    )
    # What was written, into the chain: whoever changes it afterwards is found out.
    Provenance(connection, settings).record(
        work.run_id, {EDITION: {PUBLICATION: made[PUBLICATION].fingerprint}}
    )
    work.log.info("Publicerat: %s", path)
    return Outcome(
        {PUBLICATION: {"kvalitet": status, "bytes": path.stat().st_size, "fil": str(path)}}
    )
