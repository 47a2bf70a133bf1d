"""The analysis of insatser without assessment: boards by quarter, and years by area."""

import duckdb

from orchestration.analyses import without_assessment
from orchestration.analyses.without_assessment import Given, Movement
from orchestration.deviation.moved import Replacement, measure
from orchestration.findings.marts import WITHOUT_ASSESSMENT_REACH
from orchestration.flow.analyses import Analysis
from orchestration.flow.analyses.costs import calculated
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import Reader
from orchestration.flow.replaced import READS, REGISTER, read_replacements
from orchestration.flow.scenarios import DIRECTORY, ScenarioError, load_scenarios
from orchestration.flow.step import StepRefusedError, Work
from orchestration.reporting.sections import without_assessment as section
from orchestration.settings import PROJECT_ROOT
from orchestration.statistics.stacked import NoContrastError

_MAIN = "main"
_GIVEN = """
with named as (
    select
        insats_code, min(title_sv) as title_sv,
        coalesce(min(scenario_id), '') as scenario_id
    from seeds.insatser_without_assessment
    where starts_with(geography_id, $municipality || '-') and ($demo or not synthetic)
    group by insats_code
)

select
    year(given.period_start), given.insats_code, coalesce(named.title_sv, given.insats_code),
    given.target_group, given.area_category, given.boards, given.contacts, given.sessions,
    given.new_persons, given.residents, coalesce(named.scenario_id, '')
from intermediate.int_without_assessment_years as given
inner join intermediate.int_register_years as years
    on given.municipality_id = years.municipality_id
        and given.period_start = years.period_start
        and years.register_name = $register
left join named on given.insats_code = named.insats_code
where given.municipality_id = $municipality and year(given.period_start) <= $year
order by 1, 2, 4, 5
"""


def read_given(
    connection: duckdb.DuckDBPyConnection, municipality: str, year: int, *, demo: bool
) -> list[Given]:
    """What was given in each year until the reported one.

    Args:
        connection: An open connection to the warehouse.
        municipality: Code of the municipality.
        year: The reported year.
        demo: Whether what is made up for the synthetic city counts.
    """
    parameters = {
        "municipality": municipality, "year": year, "demo": demo, "register": REGISTER,
    }  # fmt: skip
    return [Given(*row) for row in connection.execute(_GIVEN, parameters).fetchall()]


def movement(one: Replacement) -> Movement:
    """What came of holding an insats' boards against the others."""
    try:
        moved = measure(one)
    except NoContrastError:
        return Movement(one.insats_code, None, None)
    return Movement(one.insats_code, moved.found, moved.carried)


def _compute(work: Work, year: int) -> Computed:
    try:
        costs = calculated(load_scenarios()).costs
    except ScenarioError as error:
        raise StepRefusedError(str(error)) from error
    municipality, demo = work.settings.municipality, work.settings.profile == "demo"
    reach = without_assessment.reached(
        municipality,
        read_given(work.connection, municipality, year, demo=demo),
        {row.scenario_id: row.exact_per_person for row in costs if row.reading_id == _MAIN},
    )
    rows = without_assessment.analyse(
        year,
        municipality,
        [
            movement(one)
            for one in read_replacements(work.connection, municipality, demo=demo, until=year)
        ],
        delivered=Reader(work.connection, municipality).has_year(REGISTER, year),
    )
    return Computed(rows, {WITHOUT_ASSESSMENT_REACH: reach})


ANALYSIS = Analysis(
    analysis_id=without_assessment.ANALYSIS,
    step=analysis_step(
        without_assessment.ANALYSIS,
        title_sv="Analyserar insatser utan behovsprövning",
        part_sv="analys: utan behovsprövning",
        reads=(*READS, "intermediate.int_without_assessment_years"),
        files=tuple(
            str(path.relative_to(PROJECT_ROOT)) for path in sorted(DIRECTORY.glob("*.yml"))
        ),
        compute=_compute,
        further=(WITHOUT_ASSESSMENT_REACH,),
    ),
    blocks=section.blocks,
)
