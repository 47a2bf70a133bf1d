"""Dagster's history, for as long as it is kept: old runs go, with their events and their logs.

Ticks of schedule and sensor are purged by Dagster itself (`dagster.yaml`), the results of checks by
the publication. When this is called belongs to whoever runs the flow.
"""

from datetime import datetime

import dagster as dg

# So many of the latest runs stay whatever their age: the graph tells when each table was made.
KEPT_RUNS = 10


def forget_runs(instance: dg.DagsterInstance, *, before: datetime) -> list[str]:
    """Take away the runs that ended long ago.

    Args:
        instance: Dagster's instance.
        before: Runs that were made earlier go, but for the latest ones; carries a time zone.

    Returns:
        Their ids.
    """
    ended = [
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.CANCELED,
    ]
    newest = {record.dagster_run.run_id for record in instance.get_run_records(limit=KEPT_RUNS)}
    old = [
        record.dagster_run.run_id
        for record in instance.get_run_records(
            filters=dg.RunsFilter(statuses=ended, created_before=before)
        )
        if record.dagster_run.run_id not in newest
    ]
    for run_id in old:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return old
