"""The only wiring: assets, checks, automation and resources become one code location.

Production calls `build_defs()` bare; tests override resources. No logic belongs here.
"""

from collections.abc import Mapping
from typing import Any

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
from orchestration.resources import Avvik
from orchestration.settings import Settings


def build_defs(
    *,
    resource_overrides: Mapping[str, Any] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Wire everything together.

    Args:
        resource_overrides: Resources that replace the default ones by name.
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
        resources={"avvik": Avvik(), **(resource_overrides or {})},
        loggers=loggers,
        executor=until_it_stops,
    )


defs = build_defs()
