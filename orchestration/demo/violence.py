"""Violence in close relations: cases, counselling, protected housing and emergency flats.

Victims and perpetrators are found by the relationship-violence teams; some of them get counselling
at a centre (RVC), some a place in protected housing or an emergency flat. Reported crimes are
public statistics and do not belong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import UNITS, units_at
from orchestration.demo.panels import area_weights, by_area
from orchestration.demo.people import People, Recruiter, Residents, adult_ages
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Ints,
    days_in_year,
    deal,
    first_day,
    generator,
    happens,
    last_day,
    month_index,
    pick,
    scaled,
    spread,
    year_of,
)
from orchestration.demo.targets import YEARS

_PAUSE: Final = 14
"""Days at least between two series of counselling."""

_ROLES: Final = ("valdsutsatt", "valdsutovare")
_VICTIM_MEN: Final = 0.12
_PERPETRATOR_MEN: Final = 0.92
_AGES: Final = adult_ages(34.0, 12.0)
_LAST: Final = last_day(YEARS[-1])
# The four centres, each for its part of the city; central cases go to the first.
_CENTRES: Final = np.array([1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 1])


@dataclass(frozen=True, slots=True)
class _Found:
    """People with where they live and their sex; each array has shape (n,)."""

    person: Ints
    area: Ints
    male: Flags

    def take(self, positions: Ints) -> "_Found":
        return _Found(self.person[positions], self.area[positions], self.male[positions])


def _together(parts: Sequence[_Found]) -> _Found:
    return _Found(
        np.concatenate([part.person for part in parts]),
        np.concatenate([part.area for part in parts]),
        np.concatenate([part.male for part in parts]),
    )


def _nobody() -> _Found:
    empty = np.zeros(0, dtype=np.int64)
    return _Found(empty, empty, empty.astype(np.bool_))


def _find(
    rng: np.random.Generator,
    recruiter: Recruiter,
    year: int,
    count: int,
    men_share: float,
    *,
    central: float = 0.02,
    before: _Found | None = None,
    again: float = 0.0,
) -> _Found:
    """Find `count` different people, a share of them among last year's."""
    old = before or _nobody()
    kept = rng.permutation(len(old.person))[: round(again * count)]
    area = by_area(rng, count - len(kept), area_weights(0.6, central))
    male = np.zeros(len(area), dtype=np.bool_)
    male[: round(men_share * len(area))] = True
    male = rng.permutation(male)
    person = recruiter.find(area, male, np.full(len(area), first_day(year)))
    return _together([old.take(kept), _Found(person, area, male)])


@dataclass(slots=True)
class _Cases:
    """Cases as they are known at some time; each array has shape (n,)."""

    found: _Found
    victim: Flags
    reported: Days
    closed: Days

    def add(self, found: _Found, victim: Flags, reported: Days) -> None:
        self.found = _together([self.found, found])
        self.victim = np.concatenate([self.victim, victim])
        self.reported = np.concatenate([self.reported, reported])
        self.closed = np.concatenate([self.closed, np.full(len(reported), NO_DAY)])


def write_cases(
    exporter: writing.Exporter,
    people: People,
    known: Residents,
    *,
    seed: int,
    scale: float,
) -> tuple[Residents, Residents]:
    """Write `vald_arenden`.

    The file of 2016 also has the cases reported earlier that were still open when it began.

    Args:
        exporter: Where the files go.
        people: Everyone; new victims and perpetrators are added.
        known: People of another register who may occur here too.
        seed: The city's seed.
        scale: Size of the city; 1 is Stockholm's own.

    Returns:
        The victims and the perpetrators.
    """
    rng = generator(seed, "vald arenden")
    recruiter = Recruiter(rng, people, ages=_AGES, youngest=18, known=known, known_share=0.2)
    empty = np.zeros(0, dtype=np.int64)
    cases = _Cases(_nobody(), empty.astype(np.bool_), empty, empty)
    _open_before(rng, recruiter, cases, scaled(targets.VIOLENCE_CASES_OPEN_BEFORE.value, scale))
    for year in YEARS:
        _report(rng, recruiter, cases, year, scale)
        _close(rng, cases, year, scaled(targets.VIOLENCE_CASES_OPEN[year], scale))
    order = np.lexsort((cases.found.person, cases.reported))
    file_year = np.maximum(year_of(cases.reported[order]), YEARS[0])
    for year in YEARS:
        places = np.flatnonzero(file_year == year)
        rows = order[places]
        reported = cases.reported[rows]
        table = {
            "arende_id": writing.serial("VA", 10_001 + places),
            "personnummer": writing.identity(people.identity[cases.found.person[rows]]),
            "kon": writing.sex(cases.found.male[rows]),
            "stadsdelsnamnd": writing.code(units_at(cases.found.area[rows], reported), UNITS),
            "roll": writing.code((~cases.victim[rows]).astype(np.int64), _ROLES),
            "aktualiserad_datum": writing.date(reported),
            "avslutad_datum": writing.date(cases.closed[rows]),
        }
        exporter.history_then_months("vald_arenden", year, table, month_index(reported))
    roles = []
    for role in (True, False):
        person, first = np.unique(cases.found.person[cases.victim == role], return_index=True)
        roles.append(Residents(person, cases.found.area[cases.victim == role][first]))
    return roles[0], roles[1]


def _open_before(rng: np.random.Generator, recruiter: Recruiter, cases: _Cases, count: int) -> None:
    victims = round(0.872 * count)
    year = YEARS[0] - 1
    found = _together(
        [
            _find(rng, recruiter, year, victims, _VICTIM_MEN),
            _find(rng, recruiter, year, count - victims, _PERPETRATOR_MEN),
        ]
    )
    # Half of what is open was reported within eight months.
    age = 5 + np.floor(rng.exponential(300.0, count)) % 700
    cases.add(found, np.arange(count) < victims, last_day(year) - age.astype(np.int64))


def _report(
    rng: np.random.Generator, recruiter: Recruiter, cases: _Cases, year: int, scale: float
) -> None:
    still_open = cases.closed == NO_DAY
    carried = np.flatnonzero(still_open & cases.victim)
    known = len(np.unique(cases.found.person[carried]))
    count = scaled(targets.VIOLENCE_CASES[year], scale)
    again = min(round(0.014 * count), len(carried))
    victims = scaled(targets.VICTIMS_KNOWN[year], scale) - known
    victims = min(max(victims, 1), count - again - 1)
    found = _together(
        [
            _find(rng, recruiter, year, victims, _VICTIM_MEN),
            cases.found.take(rng.permutation(carried)[:again]),
            _find(rng, recruiter, year, count - victims - again, _PERPETRATOR_MEN),
        ]
    )
    reported = rng.permutation(days_in_year(rng, year, count))
    cases.add(found, np.arange(count) < victims + again, reported)


def _close(rng: np.random.Generator, cases: _Cases, year: int, left_open: int) -> None:
    """Close cases of both roles alike until `left_open` remain on 31 December."""
    latest = last_day(year) - 21
    open_cases = cases.closed == NO_DAY
    to_close = int(open_cases.sum()) - left_open
    victims = round(to_close * float(cases.victim[open_cases].mean()))
    for role, count in ((True, victims), (False, to_close - victims)):
        candidates = np.flatnonzero(
            open_cases & (cases.victim == role) & (cases.reported <= latest)
        )
        age = (latest - cases.reported[candidates]) / 365.25
        closing = candidates[pick(rng, min(count, len(candidates)), 0.15 + age)]
        earliest = np.maximum(cases.reported[closing] + 10, first_day(year) + 1)
        room = last_day(year) - earliest
        cases.closed[closing] = earliest + rng.integers(0, room)


def write_counselling(
    exporter: writing.Exporter,
    people: People,
    victims: Residents,
    perpetrators: Residents,
    *,
    seed: int,
    scale: float,
) -> None:
    """Write `rvc_samtalsstod`.

    Args:
        exporter: Where the files go.
        people: Everyone; people whom the violence teams do not know are added.
        victims: Victims in the violence cases.
        perpetrators: Perpetrators in the violence cases.
        seed: The city's seed.
        scale: Size of the city; 1 is Stockholm's own.
    """
    rng = generator(seed, "rvc samtalsstod")
    recruiters = [
        Recruiter(rng, people, ages=_AGES, youngest=18, known=known, known_share=0.55)
        for known in (victims, perpetrators)
    ]
    before: list[_Found | None] = [None, None]
    for year in YEARS:
        contacts = scaled(targets.RVC_CONTACTS[year], scale)
        of_role = [scaled(targets.RVC_VICTIMS[year], scale)]
        of_role.append(max(contacts - of_role[0], 1))
        found = [
            _find(rng, recruiter, year, count, men, before=previous, again=0.1)
            for recruiter, count, men, previous in zip(
                recruiters, of_role, (_VICTIM_MEN, _PERPETRATOR_MEN), before, strict=True
            )
        ]
        before = list(found)
        table, months = _counselling_year(
            rng, people, _together(found), victims=of_role[0], year=year, scale=scale
        )
        exporter.history_then_months("rvc_samtalsstod", year, table, months)


def _counselling_year(
    rng: np.random.Generator,
    people: People,
    found: _Found,
    *,
    victims: int,
    year: int,
    scale: float,
) -> tuple[writing.Table, Ints]:
    count = len(found.person)
    granted = np.zeros(count, dtype=np.bool_)
    granted[rng.permutation(count)[: scaled(targets.RVC_GRANTED[year], scale)]] = True
    group = np.zeros(count, dtype=np.bool_)
    group[rng.permutation(victims)[: scaled(targets.RVC_GROUP[year], scale)]] = True
    # Some come back for a second series within the year, the group's members more often.
    second = np.flatnonzero(happens(rng, np.where(group, 0.7, 0.2), count))
    row = np.concatenate([np.arange(count), second])
    is_second = np.arange(len(row)) >= count
    start = rng.permutation(days_in_year(rng, year, count))[row]
    later = last_day(year) - 2 - start
    start = np.where(
        is_second & (later > _PAUSE),
        start + rng.integers(_PAUSE, np.maximum(later, _PAUSE) + 1),
        start,
    )
    alone = ~np.isin(np.arange(count), second)
    in_group = group[row] & (is_second | alone[row])
    sessions = np.where(in_group, rng.integers(8, 21, len(row)), 1 + rng.poisson(6.0, len(row)))
    # Decisions on counselling end with the year.
    end = np.minimum(start + sessions * 9, last_day(year))
    end[(end > _LAST - 30) & (year == YEARS[-1]) & happens(rng, 0.6, len(row))] = NO_DAY
    with_decision = granted[row] & ~(is_second & happens(rng, 0.3, len(row)))
    order = np.lexsort((row, start))
    person = row[order]
    months = month_index(start[order])
    area = found.area[person]
    table = {
        "insats_id": writing.serial("RV", year * 100_000 + np.arange(1, len(row) + 1)),
        "personnummer": writing.identity(people.identity[found.person[person]]),
        "kon": writing.sex(found.male[person]),
        "stadsdelsnamnd": writing.code(units_at(area, start[order]), UNITS),
        "rvc": writing.number(_CENTRES[area]),
        "roll": writing.code((person >= victims).astype(np.int64), _ROLES),
        "form": writing.code(in_group[order].astype(np.int64), ("individuellt", "grupp")),
        "bistandsbeslut": writing.flag(with_decision[order]),
        "start_datum": writing.date(start[order]),
        "slut_datum": writing.date(end[order]),
        "antal_tillfallen": writing.number(sessions[order]),
    }
    return table, months


_SHELTER, _FLAT = range(2)
_FORMS: Final = ("skyddat_boende", "jourlagenhet")
_CAUSES: Final = ("vald_nara_relation", "hedersrelaterat", "ovrigt")
_OTHER_CAUSE: Final = 2


@dataclass(frozen=True, slots=True)
class _Placements:
    """Decisions on a place; each array has shape (n,)."""

    found: _Found
    form: Ints
    cause: Ints
    children: Ints


def write_placements(
    exporter: writing.Exporter,
    people: People,
    victims: Residents,
    *,
    seed: int,
    scale: float,
) -> None:
    """Write `skyddat_boende_placeringar`.

    Args:
        exporter: Where the files go.
        people: Everyone; people whom the violence teams do not know are added.
        victims: Victims in the violence cases.
        seed: The city's seed.
        scale: Size of the city; 1 is Stockholm's own.
    """
    rng = generator(seed, "skyddat boende")
    recruiter = Recruiter(rng, people, ages=_AGES, youngest=18, known=victims, known_share=0.5)
    before: _Found | None = None
    for year in YEARS:
        persons = scaled(targets.PROTECTED_PERSONS[year], scale)
        shelter = _find(
            rng, recruiter, year, persons, 0.06, central=0.05, before=before, again=0.05
        )
        before = shelter
        parts = [
            _placements(
                rng,
                shelter,
                max(scaled(targets.PROTECTED_DECISIONS[year], scale), persons),
                scaled(targets.PROTECTED_CHILDREN[year], scale),
                _SHELTER,
            ),
            _placements(
                rng,
                _find(
                    rng,
                    recruiter,
                    year,
                    scaled(targets.PROTECTED_OTHER_PERSONS[year], scale),
                    0.3,
                ),
                scaled(targets.PROTECTED_OTHER_PERSONS[year], scale),
                scaled(targets.PROTECTED_OTHER_CHILDREN[year], scale),
                _SHELTER,
                other=True,
            ),
            _flats(rng, recruiter, year, scale),
        ]
        _write_placements(rng, exporter, people, year, parts)


def _flats(rng: np.random.Generator, recruiter: Recruiter, year: int, scale: float) -> _Placements:
    women = scaled(targets.FLAT_WOMEN[year], scale)
    men = scaled(targets.FLAT_MEN[year], scale)
    found = _together(
        [
            _find(rng, recruiter, year, women, 0.0, central=0.1),
            _find(rng, recruiter, year, men, 1.0, central=0.1),
        ]
    )
    more = round(0.06 * (women + men))
    children = scaled(targets.FLAT_CHILDREN[year], scale)
    return _placements(rng, found, women + men + more, children, _FLAT)


def _placements(
    rng: np.random.Generator,
    found: _Found,
    decisions: int,
    children: int,
    form: int,
    *,
    other: bool = False,
) -> _Placements:
    count = len(found.person)
    row = np.concatenate([np.arange(count), rng.integers(0, count, decisions - count)])
    cause = np.full(count, _OTHER_CAUSE) if other else deal(rng, (88, 12), count)
    accompanied = np.zeros(decisions, dtype=np.int64)
    women = rng.permutation(np.flatnonzero(~found.male[row]))
    if not len(women):
        women = np.arange(decisions)
    mothers = women[: max(1, min(children * 10 // 17, len(women)))]
    accompanied[mothers] = spread(
        rng, np.ones(len(mothers), dtype=np.int64), min(children, 6 * len(mothers)), 0, 6
    )
    return _Placements(found.take(row), np.full(decisions, form), cause[row], accompanied)


def _write_placements(
    rng: np.random.Generator,
    exporter: writing.Exporter,
    people: People,
    year: int,
    parts: Sequence[_Placements],
) -> None:
    found = _together([part.found for part in parts])
    form = np.concatenate([part.form for part in parts])
    cause = np.concatenate([part.cause for part in parts])
    children = np.concatenate([part.children for part in parts])
    count = len(form)
    decided = days_in_year(rng, year, count)
    order = rng.permutation(count)
    start = decided + rng.integers(0, 4, count)
    length = np.where(form[order] == _FLAT, 80.0, 50.0) * rng.lognormal(0.0, 0.6, count)
    end = start + 1 + length.astype(np.int64)
    end[end > _LAST + 31] = NO_DAY
    serials = year * 10_000 + np.arange(1, count + 1)
    rows = found.take(order)
    table = {
        "placering_id": writing.serial("SP", serials),
        "beslut_id": writing.serial("SB", serials),
        "personnummer": writing.identity(people.identity[rows.person]),
        "kon": writing.sex(rows.male),
        "stadsdelsnamnd": writing.code(units_at(rows.area, decided), UNITS),
        "beslut_datum": writing.date(decided),
        "start_datum": writing.date(start),
        "slut_datum": writing.date(end),
        "boendeform": writing.code(form[order], _FORMS),
        "orsak": writing.code(cause[order], _CAUSES),
        "medfoljande_barn": writing.number(children[order]),
    }
    exporter.history_then_months("skyddat_boende_placeringar", year, table, month_index(decided))
