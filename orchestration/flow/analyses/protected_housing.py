"""The analysis of protected housing and what took its place: its grain as arrays, and its flows."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from orchestration.analyses import protected_housing
from orchestration.analyses.protected_housing import (
    FLOW_HORIZON,
    RESPONSES,
    Cases,
    Delivered,
    Flow,
    Placements,
    Series,
    Stays,
)
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import HousingFlow
from orchestration.findings.marts import PROTECTED_HOUSING_FLOWS
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import Reader, TooManyRowsError
from orchestration.flow.step import Work
from orchestration.reporting.sections import protected_housing as section

PLACEMENTS = "skyddat_boende_placeringar"
CASES = "vald_arenden"
_RETURN_HORIZON = 365.0
_TWO_YEARS = "municipality_id = $municipality and year(period_start) between $year - 1 and $year"
_THREATS = 4

_Part = TypeVar("_Part")


def read_placements(reader: Reader, year: int) -> Placements:
    """Decisions in both forms of a year and the year before."""
    grain = reader.read(
        f"from intermediate.int_protected_housing_placements where {_TWO_YEARS}",
        [
            "year(period_start) as year",
            "quarter(quarter_start) as quarter",
            "dense_rank() over (order by person_id) as person",
            "housing_form = 'jourlagenhet' as flat",
            "sex = 'kvinnor' as woman",
            "accompanying_children as children",
            "cast(is_secured as integer) as secured",
        ],
        order="placement_id",
        year=year,
    )
    return Placements(
        year=grain.whole("year"),
        quarter=grain.whole("quarter"),
        person=grain.whole("person"),
        flat=grain.true("flat"),
        woman=grain.true("woman"),
        children=np.nan_to_num(grain.real("children")),
        secured=grain.whole("secured") if grain.known("secured") else None,
    )


def read_stays(reader: Reader, year: int) -> Stays:
    """Stays in protected housing that began in a year or the year before."""
    grain = reader.read(
        "from intermediate.int_protected_housing_placements"
        " where municipality_id = $municipality and housing_form = 'skyddat_boende'"
        " and year(start_date) between $year - 1 and $year",
        ["year(start_date) as year", "days", "is_ended"],
        order="placement_id",
        year=year,
    )
    return Stays(grain.whole("year"), grain.real("days"), grain.true("is_ended").astype(np.int64))


def read_cases(reader: Reader, year: int) -> Cases:
    """Victims with a case of a year or the year before; a stratum is children and threat."""
    grain = reader.read(
        f"from intermediate.int_violence_case_years where {_TWO_YEARS}",
        [
            "year(period_start) as year",
            "dense_rank() over (order by first_case) as person",
            "coalesce(cast(has_children_at_home as integer), 2) as children",
            "coalesce(list_position(['lag', 'medel', 'hog'], threat_level), 0) as threat",
            f"list_position({list(RESPONSES)}, response) - 1 as response",
        ],
        coded=("origin",),
        order="first_case, period_start",
        year=year,
    )
    response = np.where(
        grain.whole("response") < 0, RESPONSES.index("ingen"), grain.whole("response")
    )
    return Cases(
        year=grain.whole("year"),
        person=grain.whole("person"),
        stratum=grain.whole("children") * _THREATS + grain.whole("threat"),
        response=response if grain.known("response") else None,
        origin=grain.whole("origin"),
        origins=reader.names["origin"],
    )


def read_flows(reader: Reader, year: int) -> tuple[Flow, ...]:
    """Who left a form in a year or the year before, and whether the other one came next."""
    relation = "select *, from_form || '*' || to_form as flow from"
    relation += f" intermediate.int_protected_housing_moves where {_TWO_YEARS}"
    grain = reader.read(
        relation, ["days", "is_moved"], coded=("flow",), order="flow, days, is_moved", year=year
    )
    of = grain.whole("flow")
    return tuple(
        Flow(
            name,
            grain.real("days")[of == at],
            grain.true("is_moved")[of == at].astype(np.int64),
            _RETURN_HORIZON if len(set(name.split("*"))) == 1 else FLOW_HORIZON,
        )
        for at, name in enumerate(reader.names["flow"])
    )


def read_series(reader: Reader, year: int) -> Series | Shortfall:
    """Placements and reported crimes of the quarters until a year's last; its first is the step."""
    grain = reader.read(
        "from intermediate.int_violence_quarters"
        " where municipality_id = $municipality and year(quarter_start) <= $year",
        [
            "year(quarter_start) as year",
            "quarter(quarter_start) as quarter",
            *("placements", "reports"),
        ],
        order="quarter_start",
        year=year,
    )
    if not (grain.size and (grain.whole("year") == year).any()):
        return Shortfall.NO_COLUMN
    return Series(
        placements=grain.real("placements"),
        reports=grain.real("reports"),
        quarter=grain.whole("quarter"),
        after=np.asarray(grain.whole("year") == year),
        year=grain.whole("year"),
    )


def flows_of(rows: Rows, flows: tuple[Flow, ...]) -> list[HousingFlow]:
    """The flows as they stand in their table."""
    horizons = {flow.name: flow.horizon for flow in flows}
    return [
        HousingFlow(
            period_start=row.period_start,
            geography_id=row.geography_id,
            from_form=row.category.split("*")[0],
            to_form=row.category.split("*")[1],
            horizon_days=int(horizons[row.category]),
            persons=row.observations or 0.0,
            moved=row.events or 0.0,
            cumulative_incidence=row.estimate,
            ci_lower=row.ci_lower,
            ci_upper=row.ci_upper,
            status=row.status,
        )
        for row in rows.results
        if row.estimand_id == "2.6" and row.breakdown == "flow"
    ]


def _compute(work: Work, year: int) -> Computed:
    reader = Reader(work.connection, work.settings.municipality)
    placed, reported = (reader.has_year(register, year) for register in (PLACEMENTS, CASES))
    delivered = Delivered(
        placements=_read(read_placements, reader, year, delivered=placed),
        cases=_read(read_cases, reader, year, delivered=reported),
        stays=_read(read_stays, reader, year, delivered=placed),
        flows=_read(read_flows, reader, year, delivered=placed),
        series=_read(read_series, reader, year, delivered=placed),
    )
    rows = protected_housing.analyse(year, reader.municipality, delivered)
    flows = () if isinstance(delivered.flows, Shortfall) else delivered.flows
    return Computed(rows, {PROTECTED_HOUSING_FLOWS: flows_of(rows, flows)})


def _read(
    read: Callable[[Reader, int], _Part], reader: Reader, year: int, *, delivered: bool
) -> _Part | Shortfall:
    if not delivered:
        return Shortfall.NO_REGISTER
    try:
        return read(reader, year)
    except TooManyRowsError:
        return Shortfall.TOO_MANY_ROWS


ANALYSIS = Analysis(
    analysis_id=protected_housing.ANALYSIS,
    step=analysis_step(
        protected_housing.ANALYSIS,
        title_sv="Analyserar skyddat boende",
        part_sv="analys: skyddat boende",
        reads=(
            "intermediate.int_protected_housing_placements",
            "intermediate.int_protected_housing_moves",
            "intermediate.int_violence_case_years",
            "intermediate.int_violence_quarters",
        ),
        compute=_compute,
        further=(PROTECTED_HOUSING_FLOWS,),
    ),
    blocks=section.blocks,
    indicators=section.INDICATORS,
    result=section.result,
)
