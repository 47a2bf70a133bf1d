"""The cost model: the scenarios as they lie, and whom the registers have that they might be for."""

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from orchestration.analyses import costs
from orchestration.analyses.costs import Calculated, Known
from orchestration.analyses.scenario import Scenario
from orchestration.findings.marts import (
    INTERVENTION_BREAK_EVEN,
    INTERVENTION_COST_DRIVERS,
    INTERVENTION_COSTS,
)
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.scenarios import DIRECTORY, ScenarioError, load_scenarios
from orchestration.flow.step import StepRefusedError, Work
from orchestration.language.drivers import driver_name
from orchestration.reporting.sections import costs as section
from orchestration.settings import PROJECT_ROOT

_VALUE = """
select {column}
from marts.indicator_values
where indicator_id = $indicator and geography_id = $municipality and period_grain = 'year'
    and year(period_start) = $year and breakdown = 'total' and category = 'total'
"""


def calculated(scenarios: Mapping[str, Scenario]) -> Calculated:
    """What scenarios come to, their numbers with their names.

    Args:
        scenarios: By name.
    """
    found = costs.calculate(scenarios)
    owners = {
        scenario_id: {part: scenarios[part].insats for part in scenario.sum_of}
        | {saving.id: saving.title_sv for saving in scenario.savings}
        for scenario_id, scenario in scenarios.items()
    }
    named = [
        replace(each, title_sv=driver_name(each.driver, owners[each.scenario_id]))
        for each in found.drivers
    ]
    return replace(found, drivers=named)


def read_known(
    connection: duckdb.DuckDBPyConnection,
    municipality: str,
    year: int,
    scenarios: Mapping[str, Scenario],
) -> dict[str, Known]:
    """Whom the indicators count that the scenarios might be for.

    Args:
        connection: An open connection to the warehouse.
        municipality: Code of the municipality.
        year: The reported year.
        scenarios: By name; those without a demand are passed over.
    """

    def value(name: str) -> float | None:
        indicator, _, column = name.partition(".")
        row = connection.execute(
            _VALUE.format(column=column or "value"),
            {"indicator": indicator, "municipality": municipality, "year": year},
        ).fetchone()
        return None if row is None else row[0]

    return {
        scenario_id: Known(
            known=value(scenario.demand.known),
            reached=0.0 if scenario.demand.reached is None else value(scenario.demand.reached),
        )
        for scenario_id, scenario in scenarios.items()
        if scenario.demand is not None
    }


def _compute(work: Work, year: int) -> Computed:
    try:
        scenarios = load_scenarios()
    except ScenarioError as error:
        raise StepRefusedError(str(error)) from error
    municipality = work.settings.municipality
    known = read_known(work.connection, municipality, year, scenarios)
    found = calculated(scenarios)
    return Computed(
        costs.demand(year, municipality, scenarios, known),
        {
            INTERVENTION_COSTS: found.costs,
            INTERVENTION_COST_DRIVERS: found.drivers,
            INTERVENTION_BREAK_EVEN: found.break_even,
        },
    )


ANALYSIS = Analysis(
    analysis_id=costs.ANALYSIS,
    step=analysis_step(
        costs.ANALYSIS,
        title_sv="Räknar på insatser utan behovsprövning",
        part_sv="analys: kostnader",
        reads=("marts.indicator_values",),
        files=tuple(
            str(path.relative_to(PROJECT_ROOT)) for path in sorted(DIRECTORY.glob("*.yml"))
        ),
        compute=_compute,
        further=(INTERVENTION_COSTS, INTERVENTION_COST_DRIVERS, INTERVENTION_BREAK_EVEN),
    ),
    blocks=section.blocks,
)
