"""The only wiring: assets, checks, automation and resources become one code location.

Production calls `build_defs()` bare; tests override resources. No logic belongs here.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.assets import (
    deviations,
    focus_areas,
    found_explanations,
    landing,
    models,
    publication,
    raw,
    report,
    series_charts,
)
from orchestration.automation import (
    failure_notice,
    inbox_sensor,
    nightly_job,
    nightly_schedule,
)
from orchestration.checks import build_checks
from orchestration.resources import Avvik, Dbt
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
            landing.landing,
            raw.raw,
            models.staging_models,
            models.mart_models,
            found_explanations.found_explanations,
            deviations.deviations,
            series_charts.series_charts,
            focus_areas.focus_areas,
            report.memorandum,
            publication.snapshot,
        ],
        asset_checks=build_checks(Settings()),
        jobs=[nightly_job],
        schedules=[nightly_schedule],
        sensors=[inbox_sensor, failure_notice],
        resources={"avvik": Avvik(), "dbt": Dbt(), **(resource_overrides or {})},
        loggers=loggers,
        # One process for a run: steps share what they import, and DuckDB has one writer anyway.
        executor=dg.in_process_executor,
    )


defs = build_defs()
