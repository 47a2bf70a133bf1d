"""The analysis of housing support: its grain as arrays."""

import numpy as np

from orchestration.analyses import housing_support
from orchestration.analyses.housing_support import Grant, Support
from orchestration.findings.codes import Shortfall
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import TODAYS_BOARDS, Reader, TooManyRowsError
from orchestration.flow.step import Work
from orchestration.reporting.sections import housing_support as section

REGISTER = "boendestod_beslut"
_SUPPORT = f"""
select
    decisions.*,
    boards.geography_id as board,
    case
        when decisions.target_group = 'socialpsykiatri' then 2
        when decisions.has_lss then 0
        else 1
    end as group_number
from intermediate.int_housing_support_criteria as decisions
left join ({TODAYS_BOARDS}) as boards using (municipality_id, board_name)
where decisions.municipality_id = $municipality and decisions.hours_per_month > 0
"""
_IN_FORCE = f"{_SUPPORT} and year(decisions.period_start) = $year"
# A decision that is in force for years comes once, as it was in the first of them.
_STARTED = f"""
select * from (
    select *, row_number() over (partition by decision_id order by period_start) as place
    from ({_SUPPORT} and year(decisions.period_start) <= $year)
)
where place = 1
"""


def read_support(reader: Reader, year: int, relation: str = _IN_FORCE) -> Support:
    """Decisions in force on the last day of a year, or all that were on that of any until then.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    grain = reader.read(
        relation,
        [
            *("hours_per_month", "group_number", "sex = 'kvinnor' as woman", "age_band"),
            *("activities", "year(start_date) as start_year", "has_own_housing"),
            *("is_registered_in_district", "need_level", "performed_per_month"),
            "refused_per_month",
        ],
        coded=("board",),
        order="decision_id",
        year=year,
    )
    activities = grain.whole("activities")
    return Support(
        hours=grain.real("hours_per_month"),
        group=grain.whole("group_number"),
        woman=grain.true("woman"),
        age_band=grain.whole("age_band"),
        board=grain.whole("board"),
        activities=np.maximum(activities, 0),
        start_year=grain.whole("start_year"),
        own_housing=grain.true("has_own_housing"),
        registered=grain.true("is_registered_in_district"),
        need=grain.whole("need_level") if grain.known("need_level") else None,
        performed=grain.real("performed_per_month") if grain.known("performed_per_month") else None,
        refused=grain.real("refused_per_month") if grain.known("refused_per_month") else None,
        boards=reader.names["board"],
    )


def read_grant(reader: Reader, year: int, *, synthetic: bool) -> Grant:
    """The municipality's grant of the year.

    Args:
        reader: of the municipality.
        year: the reported year.
        synthetic: whether the city is the made-up one, which has a first day of its own.
    """
    found = reader.connection.execute(
        """
        select value, case when $synthetic or not valid_from_synthetic then year(valid_from) end
        from seeds.constants
        where constant_id = 'housing_support_block_grant'
            and geography_id = $municipality and year = $year
        """,
        {"municipality": reader.municipality, "year": year, "synthetic": synthetic},
    ).fetchone()
    return Grant(*found) if found else Grant()


def _compute(work: Work, year: int) -> Computed:
    reader = Reader(work.connection, work.settings.municipality)
    support: Support | Shortfall = Shortfall.NO_REGISTER
    started: Support | None = None
    if reader.has_year(REGISTER, year):
        try:
            started = read_support(reader, year, _STARTED)
            support = read_support(reader, year)
        except TooManyRowsError:
            support = Shortfall.TOO_MANY_ROWS
    grant = read_grant(reader, year, synthetic=work.settings.profile == "demo")
    rows = housing_support.analyse(year, reader.municipality, support, grant, started=started)
    return Computed(rows)


ANALYSIS = Analysis(
    analysis_id=housing_support.ANALYSIS,
    step=analysis_step(
        housing_support.ANALYSIS,
        title_sv="Analyserar boendestöd",
        part_sv="analys: boendestöd",
        reads=("intermediate.int_housing_support_criteria", "seeds.constants"),
        compute=_compute,
    ),
    blocks=section.blocks,
    indicators=section.INDICATORS,
    result=section.result,
)
