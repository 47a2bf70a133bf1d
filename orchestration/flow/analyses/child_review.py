"""The analysis of cases about children: its grains as arrays, and its own tables."""

from datetime import date

import numpy as np

from orchestration.analyses import child_review
from orchestration.analyses.child_districts import Districts
from orchestration.analyses.child_returns import (
    AGE_GROUPS,
    HORIZONS,
    OUTCOMES,
    Closings,
    FirstInsats,
)
from orchestration.analyses.child_review import AGES, HISTORIES, PARTIES, Cases, Delivered
from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import ChildDistrict, ChildRereferral
from orchestration.findings.marts import CHILD_CASES_BY_STATUS, CHILD_REREFERRALS
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import TODAYS_BOARDS, Reader, TooManyRowsError
from orchestration.flow.step import Work
from orchestration.reporting.sections import child_review as section

REGISTER = "barn_unga_arenden"
UNKNOWN = "okand"
# Years before the reported one, for what a board has few of in a year.
_YEARS_BEFORE = 2
_EVERYONE = "alla"
# Children are counted by their first case, since a pseudonym is another in each installation, and
# the last digit of a sum depends on its order.
_FIRST_CASE = "min({table}.case_id) over (partition by {table}.person_id) as first_case"
_CASES = f"""
select cases.*, boards.geography_id as board, {_FIRST_CASE.format(table="cases")}
from intermediate.int_child_case_stages as cases
left join ({TODAYS_BOARDS}) as boards using (municipality_id, board_name)
where cases.municipality_id = $municipality
    and year(cases.period_start) between $year - $before and $year
"""
# Followed to the end of the year, whatever is known since.
_CLOSINGS = f"""
select
    closings.*,
    boards.geography_id as board,
    {_FIRST_CASE.format(table="closings")},
    least(closings.days, make_date($year, 12, 31) - closings.closed_date) as followed,
    closings.is_reported_again
    and closings.days <= make_date($year, 12, 31) - closings.closed_date as came_back
from intermediate.int_child_closings as closings
left join ({TODAYS_BOARDS}) as boards using (municipality_id, board_name)
where closings.municipality_id = $municipality
    and year(closings.period_start) between $year - 2 and $year
    and closings.age_band in ('0', '1-5', '6', '7-12', '13-15')
"""
_FIRSTS = """
select
    *,
    coalesce(granted_date <= make_date($year, 12, 31), false) as is_granted,
    least(coalesce(granted_date, date '9999-12-31'), make_date($year, 12, 31)) - first_date as days,
    coalesce(year(granted_date) = $year, false) as this_year,
    year(period_start) >= $year - 2 as recent
from intermediate.int_child_first_insats
where municipality_id = $municipality and year(period_start) <= $year
    and (year(period_start) >= $year - 2 or year(granted_date) = $year)
"""
# A board's level is that of the board of the year: one that has merged since had none in common.
_DISTRICTS = f"""
select
    districts.*,
    boards.geography_id as board,
    case when boards.geography_id is not null then districts.board_name end as board_of_year
from intermediate.int_child_district_years as districts
left join ({TODAYS_BOARDS}) as boards using (municipality_id, board_name)
where districts.municipality_id = $municipality and year(districts.period_start) = $year
"""


def _place(column: str, names: tuple[str, ...]) -> str:
    return f"coalesce(list_position({list(names)}, {column}), 0) - 1 as {column}_place"


def read_cases(reader: Reader, year: int, *, before: int = 0) -> Cases:
    """The cases of a year and of so many before.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    flags = {"skola": "school", "forskola": "preschool", "barnet": "child"}
    flags["halso_sjukvard"] = "health_care"
    coded = {
        "reason": "contact_reason",
        "reporter": "reporter",
        "board": "board",
        "ended_by": "exit_reason",
        "insats": "intervention_type",
    }
    grain = reader.read(
        _CASES,
        [
            "dense_rank() over (order by first_case) - 1 as child",
            "case sex when 'man' then 1 when 'kvinnor' then 0 end as boy",
            _place("age_band", AGES),
            _place("history", HISTORIES),
            "area_category",
            "stage_number",
            *(f"has_{flag}" for flag in flags.values()),
        ],
        coded=tuple(coded.values()),
        order="case_id",
        year=year,
        before=before,
    )
    return Cases(
        child=grain.whole("child"),
        boy=grain.whole("boy"),
        age=grain.whole("age_band_place"),
        history=grain.whole("history_place"),
        category=grain.whole("area_category"),
        stage=grain.whole("stage_number"),
        reason=grain.whole("contact_reason"),
        reporter=grain.whole("reporter"),
        board=grain.whole("board"),
        ended_by=grain.whole("exit_reason"),
        insats=grain.whole("intervention_type"),
        contacted={party: grain.true(f"has_{flags[party]}") for party in PARTIES},
        names={name: reader.names[column] for name, column in coded.items()},
    )


def read_closings(reader: Reader, year: int) -> Closings:
    """Closings of a year and the two before, of children who were below sixteen.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    grain = reader.read(
        _CLOSINGS,
        [
            "dense_rank() over (order by first_case) - 1 as child",
            "followed",
            "came_back",
            _place("outcome", OUTCOMES),
            _place("history", HISTORIES),
            _place("age_group", AGE_GROUPS),
        ],
        coded=("contact_reason", "board"),
        order="case_id",
        year=year,
    )
    return Closings(
        child=grain.whole("child"),
        days=grain.real("followed"),
        again=grain.true("came_back"),
        history=grain.whole("history_place"),
        age_group=grain.whole("age_group_place"),
        reason=grain.whole("contact_reason"),
        board=grain.whole("board"),
        outcome=grain.whole("outcome_place"),
        names={
            "history": HISTORIES,
            "age_group": AGE_GROUPS[:3],
            "contact_reason": reader.names["contact_reason"],
            "board": reader.names["board"],
        },
    )


def read_firsts(reader: Reader, year: int) -> FirstInsats:
    """Children who first came in a year or the two before, and whose first insats came in it.

    Raises:
        TooManyRowsError: there are more than Python takes.
    """
    grain = reader.read(
        _FIRSTS,
        [
            "days",
            "is_granted",
            "this_year",
            "cases_before",
            _place("age_group", AGE_GROUPS),
            "recent",
        ],
        # Not by person: a pseudonym is another in each installation.
        order="all",
        year=year,
    )
    return FirstInsats(
        days=grain.real("days"),
        granted=grain.true("is_granted"),
        this_year=grain.true("this_year"),
        cases_before=grain.whole("cases_before"),
        age_group=grain.whole("age_group_place"),
        recent=grain.true("recent"),
        names=AGE_GROUPS,
    )


def read_districts(reader: Reader, year: int) -> Districts:
    """The stadsdelar of a year; without any where no case tells its own."""
    grain = reader.read(
        _DISTRICTS,
        [
            *("socioeconomic_index", "children", "cases"),
            *("child_years", "cases_of_span", "squared_cases_of_span"),
        ],
        coded=("area_name", "board", "board_of_year"),
        order="area_name",
        year=year,
    )
    own = grain.whole("board_of_year")
    todays = np.zeros(len(reader.names["board_of_year"]), dtype=np.int64)
    todays[own[own >= 0]] = grain.whole("board")[own >= 0]
    told = bool(grain.size) and grain.real("cases").sum() > 0
    return Districts(
        board=own,
        index=grain.real("socioeconomic_index"),
        children=np.nan_to_num(grain.real("children")),
        cases=grain.real("cases"),
        child_years=grain.real("child_years"),
        observed=grain.real("cases_of_span"),
        squared=grain.real("squared_cases_of_span"),
        names=tuple(reader.names["area_name"][at] for at in grain.whole("area_name"))
        if told
        else (),
        boards=tuple(reader.names["board"][at] for at in todays),
    )


def districts_of(
    rows: Rows, districts: Districts, categories: dict[str, int], cases: float
) -> list[ChildDistrict]:
    """The stadsdelar as they stand in their table, and what is known of none."""
    start, place = date(rows.year, 1, 1), rows.geography_id
    found = {row.category: row for row in rows.results if row.estimand_id == "5.9"}
    made = []
    for at, name in enumerate(districts.names):
        row = found.get(name)
        known = row is not None and row.estimate is not None and row.estimate > 0
        observed = float(districts.observed[at])
        made.append(
            ChildDistrict(
                period_start=start,
                geography_id=place,
                area_name=name,
                board_id=districts.boards[districts.board[at]]
                if districts.board[at] >= 0
                else None,
                area_category=categories.get(name),
                socioeconomic_index=float(districts.index[at]),
                children=float(districts.children[at]),
                cases=float(districts.cases[at]),
                observed=observed,
                expected=observed / row.estimate
                if row is not None and known and row.estimate
                else None,
                ratio=row.estimate if row else None,
                ci_lower=row.ci_lower if row else None,
                ci_upper=row.ci_upper if row else None,
                p_value=row.p_value if row else None,
                q_value=row.q_value if row else None,
                verdict=row.verdict if row else None,
            )
        )
    rest = cases - sum(row.cases for row in made)
    if rest > 0:
        made.append(
            ChildDistrict(
                period_start=start,
                geography_id=place,
                area_name=UNKNOWN,
                board_id=None,
                area_category=None,
                socioeconomic_index=None,
                children=None,
                cases=rest,
                observed=None,
                expected=None,
                ratio=None,
                ci_lower=None,
                ci_upper=None,
                p_value=None,
                q_value=None,
                verdict=None,
            )
        )
    return made


def rereferrals_of(rows: Rows) -> list[ChildRereferral]:
    """Who is reported again, by history and outcome, as it stands in its table."""
    made = []
    for row in rows.results:
        number, _, months = row.estimand_id.partition("_")
        if number != "5.6" or not months.isdigit() or int(months) not in HORIZONS:
            continue
        groups = {
            "total": (_EVERYONE, _EVERYONE),
            "history": (row.category, _EVERYONE),
            "outcome": (_EVERYONE, row.category),
            "history*outcome": tuple(row.category.split("*")),
        }
        if row.breakdown not in groups:
            continue
        history, outcome = groups[row.breakdown]
        made.append(
            ChildRereferral(
                period_start=row.period_start,
                geography_id=row.geography_id,
                history=history,
                outcome=outcome,
                horizon_months=int(months),
                at_risk=row.observations or 0.0,
                incidence=row.estimate,
                ci_lower=row.ci_lower,
                ci_upper=row.ci_upper,
                status=row.status,
            )
        )
    return made


def _categories(reader: Reader, year: int) -> dict[str, int]:
    return dict(
        reader.connection.execute(
            """
            select area_name, area_category from intermediate.int_child_district_years
            where municipality_id = $municipality and year(period_start) = $year
                and area_category is not null
            """,
            {"municipality": reader.municipality, "year": year},
        ).fetchall()
    )


def _compute(work: Work, year: int) -> Computed:
    reader = Reader(work.connection, work.settings.municipality)
    delivered: Delivered | Shortfall = Shortfall.NO_REGISTER
    if reader.has_year(REGISTER, year):
        try:
            delivered = Delivered(
                cases=read_cases(reader, year),
                recent=read_cases(reader, year, before=_YEARS_BEFORE),
                closings=read_closings(reader, year),
                districts=read_districts(reader, year),
                firsts=read_firsts(reader, year),
            )
        except TooManyRowsError:
            delivered = Shortfall.TOO_MANY_ROWS
    rows = child_review.analyse(year, reader.municipality, delivered)
    areas: list[ChildDistrict] = []
    if isinstance(delivered, Delivered) and delivered.cases and delivered.districts:
        number = float(delivered.cases.stage.size)
        areas = districts_of(rows, delivered.districts, _categories(reader, year), number)
    return Computed(rows, {CHILD_CASES_BY_STATUS: areas, CHILD_REREFERRALS: rereferrals_of(rows)})


ANALYSIS = Analysis(
    analysis_id=child_review.ANALYSIS,
    step=analysis_step(
        child_review.ANALYSIS,
        title_sv="Analyserar ärenden om barn och unga",
        part_sv="analys: barn och unga",
        reads=(
            "intermediate.int_child_case_stages",
            "intermediate.int_child_closings",
            "intermediate.int_child_district_years",
            "intermediate.int_child_first_insats",
        ),
        compute=_compute,
        further=(CHILD_CASES_BY_STATUS, CHILD_REREFERRALS),
    ),
    blocks=section.blocks,
)
