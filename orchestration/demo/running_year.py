"""The year under way: what three registers have delivered of the year after the last whole one.

Half a year, month by month, so that whoever opens the city for the first time meets both a warning
and a "too early to tell". Planted: far fewer come to debt counselling from January on, and
relationship-violence centres register late, so that a month is not whole until three months later.
Cases of violence go on as they were. Who comes is new, and everything is drawn after and apart from
the years before, which are as they would be without.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import UNITS, units_at
from orchestration.demo.model import Model
from orchestration.demo.panels import area_weights, by_area
from orchestration.demo.people import People, Recruiter, adult_ages
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Ints,
    choose,
    day,
    days_in_year,
    happens,
    month_index,
    year_of,
)
from orchestration.demo.targets import YEARS
from orchestration.demo.violence import (
    CENTRES,
    CHILDREN_AT_HOME,
    LATE,
    ORIGINS,
    PERPETRATOR_MEN,
    ROLES,
    THREATS,
    VICTIM_MEN,
    Cases,
)
from orchestration.demo.wider import DEBT_MEN

YEAR: Final = YEARS[-1] + 1
MONTHS: Final = 6
"""So many months of the year have been delivered."""
DEBT_CHANGE: Final = 0.70
"""Planted: those who come to debt counselling, against the year before."""

_END: Final = day(f"{YEAR}-{MONTHS + 1:02d}-01")


def file_count() -> int:
    """How many files there are of the year, where each month has rows."""
    return 3 * MONTHS


def write_running_year(
    exporter: writing.Exporter, people: People, cases: Cases, model: Model
) -> None:
    """Write the year's months so far.

    Args:
        exporter: Where the files go.
        people: Everyone; those who come are added.
        cases: Cases of violence until now, of which the year has as many new ones as the last.
        model: Which city.
    """
    _debt_counselling(exporter, people, model)
    _counselling(exporter, people, model)
    _violence(exporter, people, cases, model)


def _so_far(rng: np.random.Generator, a_year: float, model: Model) -> Days:
    """Days of the months so far on which something happens that does so often a year."""
    days = days_in_year(rng, YEAR, model.count(rng, a_year))
    return days[days < _END]


def _find(
    rng: np.random.Generator, people: People, days: Days, need: float, male: Flags
) -> tuple[Ints, Ints]:
    """New people, and the area that each lives in."""
    area = by_area(rng, len(days), area_weights(need, 0.0))
    recruiter = Recruiter(rng, people, ages=adult_ages(40.0, 13.0), youngest=18)
    return recruiter.find(area, male, days), area


def _debt_counselling(exporter: writing.Exporter, people: People, model: Model) -> None:
    rng = model.generator("budget och skuld i ar")
    visit = _so_far(rng, DEBT_CHANGE * targets.DEBT_COUNSELLING[YEARS[-1]], model)
    person, area = _find(rng, people, visit, 0.5, happens(rng, DEBT_MEN, len(visit)))
    applied = choose(rng, (60, 40), len(visit)) - 1
    table = {
        "arende_id": writing.serial("BS", YEAR * 10_000 + np.arange(1, len(visit) + 1)),
        "personnummer": writing.identity(people.identity[person]),
        "stadsdelsnamnd": writing.code(units_at(area, visit), UNITS),
        "forsta_besok": writing.date(visit),
        "skuldsanering_ansokt": writing.flag(applied),
        "skuldsanering_datum": writing.date(np.full(len(visit), NO_DAY)),
    }
    _months(exporter, "budget_skuldradgivning", table, month_index(visit))


def _counselling(exporter: writing.Exporter, people: People, model: Model) -> None:
    rng = model.generator("samtalsstod i ar")
    start = _so_far(rng, targets.RVC_CONTACTS[YEARS[-1]], model)
    count = len(start)
    perpetrator = ~happens(
        rng, targets.RVC_VICTIMS[YEARS[-1]] / targets.RVC_CONTACTS[YEARS[-1]], count
    )
    male = happens(rng, np.where(perpetrator, PERPETRATOR_MEN, VICTIM_MEN), count)
    person, area = _find(rng, people, start, 0.6, male)
    granted = targets.RVC_GRANTED[YEARS[-1]] / targets.RVC_CONTACTS[YEARS[-1]]
    # Groups begin in autumn, after a first series of talks.
    group = 0.5 * targets.RVC_GROUP[YEARS[-1]] / targets.RVC_VICTIMS[YEARS[-1]]
    sessions = 1 + rng.poisson(6.0, count)
    end = start + sessions * 9
    table = {
        "insats_id": writing.serial("RV", YEAR * 100_000 + np.arange(1, count + 1)),
        "personnummer": writing.identity(people.identity[person]),
        "kon": writing.sex(male),
        "stadsdelsnamnd": writing.code(units_at(area, start), UNITS),
        "rvc": writing.number(CENTRES[area]),
        "roll": writing.code(perpetrator.astype(np.int64), ROLES),
        "form": writing.code(
            (~perpetrator & happens(rng, group, count)).astype(np.int64), ("individuellt", "grupp")
        ),
        "bistandsbeslut": writing.flag(happens(rng, granted, count)),
        "start_datum": writing.date(start),
        "slut_datum": writing.date(np.where(end < _END, end, NO_DAY)),
        "antal_tillfallen": writing.number(sessions),
    }
    told = month_index(start) + choose(rng, LATE, count)
    _months(exporter, "rvc_samtalsstod", table, told)


def _violence(exporter: writing.Exporter, people: People, cases: Cases, model: Model) -> None:
    rng = model.generator("vald i ar")
    last = cases.victim[year_of(cases.reported) == YEARS[-1]]
    reported = _so_far(rng, len(last) / model.scale, model)
    count = len(reported)
    victim = happens(rng, float(last.mean()), count)
    male = happens(rng, np.where(victim, VICTIM_MEN, PERPETRATOR_MEN), count)
    person, area = _find(rng, people, reported, 0.6, male)
    children = victim & happens(rng, CHILDREN_AT_HOME, count)
    table = {
        "arende_id": writing.serial("VA", YEAR * 10_000 + np.arange(1, count + 1)),
        "personnummer": writing.identity(people.identity[person]),
        "kon": writing.sex(male),
        "stadsdelsnamnd": writing.code(units_at(area, reported), UNITS),
        "roll": writing.code((~victim).astype(np.int64), ROLES),
        "aktualiserad_datum": writing.date(reported),
        "avslutad_datum": writing.date(np.full(count, NO_DAY)),
        "hemmaboende_barn": writing.flag(np.where(victim, children.astype(np.int64), -1)),
        "hotbedomning": writing.code(
            np.where(victim, choose(rng, (35, 40, 25), count), -1), THREATS
        ),
        "losning": writing.code(np.where(victim, 0, -1), ("pagar",)),
        "ursprung": writing.code(choose(rng, (30, 34, 12, 16, 8), count), ORIGINS),
    }
    _months(exporter, "vald_arenden", table, month_index(reported))


def _months(exporter: writing.Exporter, register: str, table: writing.Table, months: Ints) -> None:
    """Write the months so far; what is told in a month that is to come has not been told."""
    come = months < month_index(np.array([_END]))[0]
    kept = {name: replace(column, values=column.values[come]) for name, column in table.items()}
    exporter.months(register, kept, months[come])
