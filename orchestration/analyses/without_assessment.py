"""Insatser without individual assessment: what moved there, whom they reach, what a contact costs.

Estimand 9.1, for each insats that is said to be in place of something; what it explains belongs in
`orchestration.deviation`, and the method in `orchestration.statistics.stacked`. What an insats
would cost belongs in `costs`: a contact's cost is taken from its scenario, and is as much of an
assumption.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.analyses.rows import Rows
from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import OpenInsats
from orchestration.statistics.stacked import Carried, Stacked

ANALYSIS = "without_assessment"
_PER = 1000.0


@dataclass(frozen=True, eq=False)
class Movement:
    """An insats, and what came of holding boards against each other.

    Attributes:
        insats_code: which.
        found: the contrast; None where too few boards have begun, or have not.
        carried: the most that it can have carried; None likewise.
    """

    insats_code: str
    found: Stacked | None
    carried: Carried | None


@dataclass(frozen=True)
class Given:
    """What an insats came to in a year and category of area.

    Attributes:
        year: which.
        insats_code: as in the register.
        title_sv: its name.
        target_group: whom it is for.
        area_category: of the boards' areas; `alla` for all.
        boards: where anybody came.
        contacts: in the year.
        sessions: in the year.
        new_persons: None where they are not counted.
        residents: of the target group in those boards; None where the population is not known.
        scenario_id: the scenario of its cost; empty where there is none.
    """

    year: int
    insats_code: str
    title_sv: str
    target_group: str
    area_category: str
    boards: int
    contacts: int
    sessions: int
    new_persons: int | None
    residents: int | None
    scenario_id: str


def reached(
    geography_id: str, given: Sequence[Given], cost_per_person: Mapping[str, float]
) -> list[OpenInsats]:
    """Whom each insats reached, and what a contact cost.

    Args:
        geography_id: the municipality.
        given: by year, insats, target group and category.
        cost_per_person: kronor, by scenario.
    """
    return [
        OpenInsats(
            period_start=date(each.year, 1, 1),
            geography_id=geography_id,
            insats_code=each.insats_code,
            title_sv=each.title_sv,
            target_group=each.target_group,
            area_category=each.area_category,
            boards=each.boards,
            contacts=each.contacts,
            sessions=each.sessions,
            new_persons=each.new_persons,
            residents=each.residents,
            reach=_per(each.new_persons, each.residents, _PER),
            scenario_id=each.scenario_id,
            cost_per_contact=_per(
                each.new_persons, each.contacts, cost_per_person.get(each.scenario_id)
            ),
        )
        for each in given
    ]


def _per(count: int | None, of: int | None, factor: float | None) -> float | None:
    if count is None or factor is None or not of:
        return None
    return factor * count / of


def analyse(
    year: int, geography_id: str, movements: Sequence[Movement], *, delivered: bool = True
) -> Rows:
    """All estimands of one year.

    Args:
        year: the reported year.
        geography_id: the municipality.
        movements: of the years that are known by then.
        delivered: whether there is a register for the year.
    """
    rows = Rows(ANALYSIS, year, geography_id)
    if not movements:
        rows.add(
            "9.1",
            None,
            unit="share",
            method_id="stacked_difference",
            shortfall=Shortfall.NOBODY if delivered else Shortfall.NO_REGISTER,
        )
    for each in movements:
        _movement(rows, each)
    return rows


def _movement(rows: Rows, each: Movement) -> None:
    """9.1: what boards that began had of what those that had not foretell; and what that is."""

    def add(
        estimand_id: str,
        estimate: float | None,
        limits: tuple[float, float, float] | None = None,
        *,
        unit: str = "share",
        category: str = each.insats_code,
        observations: float | None = None,
        p_value: float | None = None,
        shortfall: Shortfall | None = None,
    ) -> None:
        rows.add(
            estimand_id,
            estimate,
            limits,
            unit=unit,
            method_id="stacked_difference",
            breakdown="insats",
            category=category,
            observations=observations,
            p_value=p_value,
            shortfall=shortfall,
        )

    found, bound = each.found, each.carried
    if found is None or bound is None or found.level_without <= 0:
        add("9.1", None, shortfall=Shortfall.FEW_GROUPS)
        return
    level = found.level_without
    # Persons for each part of the mean before.
    size = found.expected / level
    add(
        "9.1",
        1.0 + found.effect / level,
        (1.0 + found.lower / level, 1.0 + found.upper / level, found.standard_error / level),
        observations=found.observed,
        p_value=found.p_value,
    )
    for event in found.events:
        add(
            "9.1_quarter",
            1.0 + event.estimate,
            (1.0 + event.lower, 1.0 + event.upper, float("nan")),
            category=f"{each.insats_code}*{event.period}",
        )
    limits = (-found.upper * size, -found.lower * size, found.standard_error * size)
    add("9.1_missing", bound.missing, limits, unit="persons", observations=found.observed)
    add("9.1_reached", bound.reached, unit="persons")
    add("9.1_most", bound.most, unit="persons")
