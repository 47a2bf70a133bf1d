"""The only wiring: assets, checks, automation and resources become one code location.

Production calls `build_defs()` bare; the command line and tests say which installation. No logic
belongs here.
"""

from collections.abc import Mapping

import dagster as dg

from orchestration.assets.models import dbt_step_assets
from orchestration.assets.steps import step_assets
from orchestration.automation import (
    failure_notice,
    inbox_sensor,
    nightly_job,
    nightly_schedule,
    until_it_stops,
    waiting_notices,
)
from orchestration.checks import build_checks
from orchestration.flow.steps import flow
from orchestration.resources import NO_VALUES, Avvik
from orchestration.settings import Settings
from orchestration.storage.home import keep_private


def build_defs(
    *,
    installation: Avvik | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Wire everything together.

    Args:
        installation: The installation; the one that the environment describes unless given.
        loggers: Loggers that a run may name in its configuration.

    Returns:
        Fresh definitions.
    """
    return dg.Definitions(
        assets=[
            (dbt_step_assets if step.outside else step_assets)(flow(), step)
            for step in flow().steps
        ],
        asset_checks=build_checks(flow(), Settings()),
        jobs=[nightly_job],
        schedules=[nightly_schedule],
        sensors=[inbox_sensor, failure_notice, waiting_notices],
        resources={"avvik": (installation or Avvik()).resource(), "io_manager": NO_VALUES},
        loggers=loggers,
        executor=until_it_stops,
    )


# Dagster's code servers and runs begin here, whoever starts them.
keep_private()
defs = build_defs()
