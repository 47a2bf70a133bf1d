"""Step 7: the dated, gated snapshot that analysts open, and the memorandum and pages beside it.

Publishes only when every gate is open and no delivery is held. What a snapshot is belongs in
`orchestration.storage.snapshot`.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb

from orchestration.assets.deviations import report_year
from orchestration.assets.report import REPORT_KEY, draft_dir
from orchestration.checks import guarded_tables, quality_status, require_open_gates
from orchestration.intake.loading import raw_tables
from orchestration.resources import OWNERS, WRITER_POOL, Avvik
from orchestration.settings import Settings
from orchestration.storage.deliveries import loaded_contents, unresolved
from orchestration.storage.snapshot import publish
from orchestration.version import code_version, inputs_fingerprint

SNAPSHOT_KEY = dg.AssetKey(["published", "snapshot"])
# Disclosure control is not applied yet, and the snapshot says so.
_DISCLOSURE_STATUS = "ej prövad"

_PUBLICATION = """
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


@dg.asset(
    key=SNAPSHOT_KEY,
    deps=[REPORT_KEY, *(dg.AssetKey(["raw", table]) for table in raw_tables())],
    group_name="report",
    owners=OWNERS,
    kinds={"duckdb"},
    pool=WRITER_POOL,
    description="Det publicerade: marts och meta, promemorian och sidorna, utbytta i ett steg.",
    # The nightly run, and half a day to put right what stopped it.
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36)),
)
def snapshot(context: dg.AssetExecutionContext, avvik: Avvik) -> dg.MaterializeResult[None]:
    """Publish the snapshot, the memorandum and the indicators' pages."""
    settings = avvik.settings
    built_at = datetime.now(UTC)
    with avvik.warehouse() as connection:
        require_open_gates(connection, guarded_tables(settings))
        held = unresolved(connection)
        if held:
            raise dg.Failure(
                "Publiceringen väntar på leveranser som hålls tillbaka:\n" + "\n".join(held),
                allow_retries=False,
            )
        status = quality_status(connection)
        _record_publication(connection, settings, context.run.run_id, built_at, status)
        path = publish(
            connection,
            draft_dir(settings),
            settings.published_dir,
            built_at=built_at,
            keep=settings.snapshots_kept,
        )
    context.log.info("Publicerat: %s", path)
    return dg.MaterializeResult(
        metadata={
            "kvalitet": status,
            "bytes": path.stat().st_size,
            "dagster/uri": dg.MetadataValue.path(str(path)),
        }
    )


def _record_publication(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    run_id: str,
    built_at: datetime,
    status: str,
) -> None:
    connection.execute(_PUBLICATION)
    connection.execute(
        "insert into meta.publication select ?, ?, ?, ?, ?, ?, bool_or(synthetic), ?, ?, ?, ?"
        " from meta.sources",
        [
            built_at,
            code_version(settings),
            run_id,
            settings.profile,
            status,
            _DISCLOSURE_STATUS,
            report_year(connection, settings),
            settings.municipality,
            inputs_fingerprint(settings, loaded_contents(connection)),
            settings.as_of,
        ],
    )
