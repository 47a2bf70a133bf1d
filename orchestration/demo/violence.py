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
from orchestration.demo.geography import AREAS, UNITS, units_at
from orchestration.demo.model import Model
from orchestration.demo.panels import area_weights, by_area
from orchestration.demo.people import People, Recruiter, Residents, adult_ages
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Floats,
    Ints,
    choose,
    choose_by_row,
    days_in_year,
    first_day,
    happens,
    last_day,
    month_index,
    pick,
    scaled,
    spread,
    year_of,
)
from orchestration.demo.targets import YEARS

_WITHIN: Final = 180
"""Days in which counselling or another form follows on protected housing."""
_PAUSE: Final = 14
"""Days at least between two series of counselling."""
LATE: Final = (0.62, 0.24, 0.09, 0.05)
"""Planted: the share of a month's counselling that is registered in it, and in each month after."""

ROLES: Final = ("valdsutsatt", "valdsutovare")
VICTIM_MEN: Final = 0.12
PERPETRATOR_MEN: Final = 0.92
PLACED_MEN: Final = 0.06
"""Share of those who are placed without a case that is known."""
_AGES: Final = adult_ages(34.0, 12.0)
_LAST: Final = last_day(YEARS[-1])
# The four centres, each for its part of the city; central cases go to the first.
CENTRES: Final = np.array([1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 1])


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
    factors: Floats | float = 1.0,
    before: _Found | None = None,
    again: float = 0.0,
) -> _Found:
    """Find `count` different people, a share of them among last year's."""
    old = before or _nobody()
    kept = rng.permutation(len(old.person))[: round(again * count)]
    area = by_area(rng, count - len(kept), area_weights(0.6, central) * factors)
    male = np.zeros(len(area), dtype=np.bool_)
    male[: round(men_share * len(area))] = True
    male = rng.permutation(male)
    person = recruiter.find(area, male, np.full(len(area), first_day(year)))
    return _together([old.take(kept), _Found(person, area, male)])


RESPONSES: Final = ("skyddat_boende", "jourlagenhet", "egen_losning", "samtalsstod_enbart", "ingen")
"""What a victim's case leads to, as the truths name it."""
_TO_SHELTER, _TO_FLAT, _OWN, _TALKS, _NOTHING = range(5)
_SOLUTIONS: Final = (
    "skyddat_boende",
    "jourlagenhet",
    "mellanboende",
    "boteam",
    "valdsutovaren_flyttar",
    "eget_natverk",
    "samtalsstod",
    "ingen",
)
# Each response as the register's codes: the own solutions in their proportions.
_AS_SOLUTION: Final = np.array([0, 1, 2, 6, 7])
_OWN_SOLUTIONS: Final = (18, 12, 26, 44)
CHILDREN_AT_HOME: Final = 0.30
"""Share of the victims."""
THREATS: Final = ("lag", "medel", "hog")
ORIGINS: Final = ("egen", "polis", "halso_sjukvard", "barn_unga", "annan")
_YEAR_OF_FALL: Final = 2023


def response_shares(model: Model, year: int) -> Floats:
    """What the cases of a year lead to: without and with children at home, shape (2, 5).

    Args:
        model: Which city.
        year: In which the cases are reported.
    """
    truths = model.truths.protected
    of = [
        np.array([truths.response[who][name] for name in RESPONSES])
        for who in ("without_children", "with_children")
    ]
    if year == _YEAR_OF_FALL:
        fall = truths.response["shelter_2023"]
        for shares, who in zip(of, ("without_children", "with_children"), strict=True):
            missing = shares[_TO_SHELTER] * (1 - fall[who])
            shares[_TO_SHELTER] -= missing
            shares[_TO_FLAT] += missing * truths.substitution["jourlagenhet"]
            shares[_OWN] += missing * truths.substitution["egen_losning"]
            shares[_NOTHING] += missing * truths.substitution["unexplained"]
    shares = np.stack(of)
    return np.asarray(np.maximum(shares, 0.0), dtype=np.float64)


@dataclass(slots=True)
class Cases:
    """Cases as they are known at some time; each array has shape (n,).

    Attributes:
        found: Whose they are.
        victim: Whether it is the victim's.
        reported: When.
        closed: When; `NO_DAY` while open.
        children: Whether children live at home.
        response: Positions in `RESPONSES`, -1 for a perpetrator.
    """

    found: _Found
    victim: Flags
    reported: Days
    closed: Days
    children: Flags
    response: Ints

    def add(
        self, rng: np.random.Generator, found: _Found, victim: Flags, reported: Days, shares: Floats
    ) -> None:
        """Add open cases, and draw what they lead to by the shares of `response_shares`."""
        count = len(reported)
        children = happens(rng, CHILDREN_AT_HOME, count)
        response = np.where(victim, choose_by_row(rng, shares[children.astype(np.int64)]), -1)
        self.found = _together([self.found, found])
        self.victim = np.concatenate([self.victim, victim])
        self.reported = np.concatenate([self.reported, reported])
        self.closed = np.concatenate([self.closed, np.full(count, NO_DAY)])
        self.children = np.concatenate([self.children, children])
        self.response = np.concatenate([self.response, response])

    def victims_of(self, year: int) -> Ints:
        """Victims' cases that were open at some time of a year, one a person, the latest one."""
        there = self.victim & (self.reported <= last_day(year))
        there &= (self.closed == NO_DAY) | (self.closed >= first_day(year))
        rows = np.flatnonzero(there)[::-1]
        _, first = np.unique(self.found.person[rows], return_index=True)
        return np.sort(rows[first])

    def residents(self, *, victims: bool) -> Residents:
        """The people in one of the roles."""
        person, first = np.unique(self.found.person[self.victim == victims], return_index=True)
        return Residents(person, self.found.area[self.victim == victims][first])


def cases_of(people: People, known: Residents | None, model: Model) -> Cases:
    """All cases of a city.

    Args:
        people: Everyone; new victims and perpetrators are added.
        known: People of another register who may occur here too.
        model: Which city.
    """
    rng = model.generator("vald arenden")
    recruiter = Recruiter(rng, people, ages=_AGES, youngest=18, known=known, known_share=0.2)
    empty = np.zeros(0, dtype=np.int64)
    nobody = empty.astype(np.bool_)
    cases = Cases(_nobody(), nobody, empty, empty, nobody, empty)
    _open_before(rng, recruiter, cases, model)
    for year in YEARS:
        _report(rng, recruiter, cases, year, model)
        _close(rng, cases, year, model.total(rng, targets.VIOLENCE_CASES_OPEN, year))
    return cases


def write_cases(
    exporter: writing.Exporter,
    people: People,
    known: Residents,
    model: Model,
) -> Cases:
    """Write `vald_arenden`.

    The file of 2016 also has the cases reported earlier that were still open when it began.

    Args:
        exporter: Where the files go.
        people: Everyone; new victims and perpetrators are added.
        known: People of another register who may occur here too.
        model: Which city.

    Returns:
        The cases.
    """
    cases = cases_of(people, known, model)
    rng = model.generator("vald arendens uppgifter")
    count = len(cases.reported)
    own = np.flatnonzero(cases.response == _OWN)
    solution = np.where(cases.victim, _AS_SOLUTION[cases.response], -1)
    solution[own] = 2 + choose(rng, _OWN_SOLUTIONS, len(own))
    threat = np.where(cases.victim, choose(rng, (35, 40, 25), count), -1)
    origin = choose(rng, (30, 34, 12, 16, 8), count)
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
            "roll": writing.code((~cases.victim[rows]).astype(np.int64), ROLES),
            "aktualiserad_datum": writing.date(reported),
            "avslutad_datum": writing.date(cases.closed[rows]),
            "hemmaboende_barn": writing.flag(
                np.where(cases.victim[rows], cases.children[rows].astype(np.int64), -1)
            ),
            "hotbedomning": writing.code(threat[rows], THREATS),
            "losning": writing.code(solution[rows], _SOLUTIONS),
            "ursprung": writing.code(origin[rows], ORIGINS),
        }
        exporter.history_then_months("vald_arenden", year, table, month_index(reported))
    return cases


def _open_before(
    rng: np.random.Generator, recruiter: Recruiter, cases: Cases, model: Model
) -> None:
    count = scaled(targets.VIOLENCE_CASES_OPEN_BEFORE.value, model.scale)
    victims = round(0.872 * count)
    year = YEARS[0] - 1
    found = _together(
        [
            _find(rng, recruiter, year, victims, VICTIM_MEN),
            _find(rng, recruiter, year, count - victims, PERPETRATOR_MEN),
        ]
    )
    # Half of what is open was reported within eight months.
    age = 5 + np.floor(rng.exponential(300.0, count)) % 700
    reported = last_day(year) - age.astype(np.int64)
    cases.add(rng, found, np.arange(count) < victims, reported, response_shares(model, year))


def _report(
    rng: np.random.Generator, recruiter: Recruiter, cases: Cases, year: int, model: Model
) -> None:
    still_open = cases.closed == NO_DAY
    carried = np.flatnonzero(still_open & cases.victim)
    known = len(np.unique(cases.found.person[carried]))
    known_change = model.truths.stability.ipv_victims_known_2023
    all_known = _expected(targets.VICTIMS_KNOWN, year, known_change, model)
    # In a drawn city who is known beyond what was planned has a case of the year.
    beyond = all_known - targets.VICTIMS_KNOWN[year]
    count = model.count(
        rng,
        targets.VIOLENCE_CASES[year] + beyond,
        stated=model.states(targets.VIOLENCE_CASES, year),
    )
    again = min(round(0.014 * count), len(carried))
    stated = model.states(targets.VICTIMS_KNOWN, year)
    victims = model.count(rng, all_known, stated=stated) - known
    victims = min(max(victims, 1), count - again - 1)
    found = _together(
        [
            _find(rng, recruiter, year, victims, VICTIM_MEN),
            cases.found.take(rng.permutation(carried)[:again]),
            _find(rng, recruiter, year, count - victims - again, PERPETRATOR_MEN),
        ]
    )
    reported = rng.permutation(days_in_year(rng, year, count))
    shares = response_shares(model, year)
    cases.add(rng, found, np.arange(count) < victims + again, reported, shares)


def _expected(series: targets.Series, year: int, change: float, model: Model) -> float:
    """A year's figure; of 2023 in a drawn city, the year before's with the declared change."""
    if model.drawn and year == _YEAR_OF_FALL:
        return series[year - 1] * change
    return series[year]


def _part(
    rng: np.random.Generator,
    number: int,
    part: targets.Series,
    of: targets.Series,
    *,
    year: int,
    model: Model,
) -> int:
    """How many of a number are a part of it: as stated, otherwise each by the two series' share."""
    if model.states(part, year):
        return min(scaled(part[year], model.scale), number)
    return int(rng.binomial(number, part[year] / of[year]))


def _close(rng: np.random.Generator, cases: Cases, year: int, left_open: int) -> None:
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


@dataclass(frozen=True, slots=True)
class Placed:
    """Who came to protected housing in a year, and when; each array has shape (n,)."""

    found: _Found
    start: Days


def _without(found: _Found | None, persons: Ints) -> _Found | None:
    """The others."""
    return None if found is None else found.take(np.flatnonzero(~np.isin(found.person, persons)))


def write_counselling(
    exporter: writing.Exporter,
    people: People,
    cases: Cases,
    placed: list[Placed],
    model: Model,
) -> None:
    """Write `rvc_samtalsstod`.

    Args:
        exporter: Where the files go.
        people: Everyone; people whom the violence teams do not know are added.
        cases: The violence cases; many who come are known from them.
        placed: Who came to protected housing each year; some come here afterwards.
        model: Which city.
    """
    rng = model.generator("rvc samtalsstod")
    recruiters = [
        Recruiter(rng, people, ages=_AGES, youngest=18, known=known, known_share=0.55)
        for known in (cases.residents(victims=True), cases.residents(victims=False))
    ]
    before: list[_Found | None] = [None, None]
    factors = np.array(
        [model.truths.stability.district_outlier.get(name, 1.0) for name in (*AREAS, "")]
    )
    for each in placed:
        recruiters[0].leave_out(each.found.person)
    for year, from_shelter in zip(YEARS, placed, strict=True):
        series, change = targets.RVC_CONTACTS, model.truths.stability.rvc_contacts_2023
        expected = _expected(series, year, change, model)
        contacts = model.count(rng, expected, stated=model.states(series, year))
        victims = _part(rng, contacts, targets.RVC_VICTIMS, series, year=year, model=model)
        came = np.flatnonzero(
            happens(
                rng,
                model.truths.protected.linkage["rvc_within_180_days"],
                len(from_shelter.start),
            )
            & (from_shelter.start < last_day(year) - _WITHIN)
        )[: victims // 2]
        first = _without(before[0], from_shelter.found.person[came])
        found = [
            from_shelter.found.take(came),
            _find(
                rng,
                recruiters[0],
                year,
                victims - len(came),
                VICTIM_MEN,
                before=first,
                again=0.1,
                factors=factors,
            ),
            _find(
                rng,
                recruiters[1],
                year,
                contacts - victims,
                PERPETRATOR_MEN,
                before=before[1],
                again=0.1,
                factors=factors,
            ),
        ]
        before = [_together(found[:2]), found[2]]
        after = from_shelter.start[came] + rng.integers(1, _WITHIN, len(came))
        table, months = _counselling_year(
            rng,
            people,
            _together(found),
            victims=victims,
            after=np.minimum(after, last_day(year) - 3),
            year=year,
            model=model,
        )
        exporter.history_then_months("rvc_samtalsstod", year, table, _told(months, year, model))


def _told(months: Ints, year: int, model: Model) -> Ints:
    """In which month's file counselling comes: late, but none later than the last December."""
    if year != YEARS[-1]:
        return months
    # Drawn apart, so that who tells late moves nothing else.
    late = choose(model.generator("sent registrerat samtalsstod"), LATE, len(months))
    last: int = int(month_index(np.array([_LAST]))[0])
    told: Ints = np.minimum(months + late, last)
    return told


def _counselling_year(
    rng: np.random.Generator,
    people: People,
    found: _Found,
    *,
    victims: int,
    after: Days,
    year: int,
    model: Model,
) -> tuple[writing.Table, Ints]:
    count = len(found.person)
    granted = np.zeros(count, dtype=np.bool_)
    series = targets.RVC_GRANTED, targets.RVC_CONTACTS
    decided = _part(rng, count, *series, year=year, model=model)
    granted[rng.permutation(count)[:decided]] = True
    group = np.zeros(count, dtype=np.bool_)
    series = targets.RVC_GROUP, targets.RVC_VICTIMS
    meeting = _part(rng, victims, *series, year=year, model=model)
    group[rng.permutation(victims)[:meeting]] = True
    # Some come back for a second series within the year, the group's members more often.
    second = np.flatnonzero(happens(rng, np.where(group, 0.7, 0.2), count))
    row = np.concatenate([np.arange(count), second])
    is_second = np.arange(len(row)) >= count
    first = rng.permutation(days_in_year(rng, year, count))
    first[: len(after)] = after
    start = first[row]
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
        "rvc": writing.number(CENTRES[area]),
        "roll": writing.code((person >= victims).astype(np.int64), ROLES),
        "form": writing.code(in_group[order].astype(np.int64), ("individuellt", "grupp")),
        "bistandsbeslut": writing.flag(with_decision[order]),
        "start_datum": writing.date(start[order]),
        "slut_datum": writing.date(end[order]),
        "antal_tillfallen": writing.number(sessions[order]),
    }
    return table, months


_SHELTER, _FLAT = range(2)
STAY_DAYS: Final = (50.0, 80.0)
"""Median length of a stay, which is log-normal."""
STAY_SPREAD: Final = 0.6
FORMS: Final = ("skyddat_boende", "jourlagenhet")
_SECURED: Final = (0.9, 0.15)
"""Share of the stays that are in premises with shell protection, by form."""
_CAUSES: Final = ("vald_nara_relation", "hedersrelaterat", "ovrigt")
OTHER_CAUSE: Final = 2


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
    cases: Cases,
    model: Model,
) -> list[Placed]:
    """Write `skyddat_boende_placeringar`.

    Args:
        exporter: Where the files go.
        people: Everyone; people whom the violence teams do not know are added.
        cases: The violence cases; nearly all who are placed have one.
        model: Which city.

    Returns:
        Who came to protected housing each year, for the violence cases' reason or honour.
    """
    rng = model.generator("skyddat boende")
    recruiter = Recruiter(rng, people, ages=_AGES, youngest=18)
    placed: list[Placed] = []
    for year in YEARS:
        persons = model.count(
            rng,
            expected_placed(year, model),
            stated=model.states(targets.PROTECTED_PERSONS, year),
        )
        shelter, mothers = _sheltered(rng, recruiter, cases, year, persons, model=model)
        decisions = model.count(
            rng,
            targets.PROTECTED_DECISIONS[year] - targets.PROTECTED_PERSONS[year],
            stated=model.states(targets.PROTECTED_DECISIONS, year),
        )
        others = model.total(rng, targets.PROTECTED_OTHER_PERSONS, year)
        other = _find(rng, recruiter, year, others, 0.3)
        parts = [
            _placements(
                rng,
                shelter,
                mothers,
                persons + decisions,
                model.total(rng, targets.PROTECTED_CHILDREN, year),
                form=_SHELTER,
                alone=_alone(year, model),
            ),
            _placements(
                rng,
                other,
                np.ones(others, dtype=np.bool_),
                others,
                model.total(rng, targets.PROTECTED_OTHER_CHILDREN, year),
                form=_SHELTER,
                other=True,
            ),
            _flats(rng, recruiter, cases, shelter, year=year, model=model),
        ]
        start = _write_placements(rng, exporter, people, year, parts, model=model)
        placed.append(Placed(shelter, start[:persons]))
    return placed


def _alone(year: int, model: Model) -> int | None:
    """Decisions of women without children where they must come out as they are."""
    if not model.states(targets.PROTECTED_DECISIONS, year):
        return None
    return scaled(targets.PROTECTED_ALONE[year], model.scale)


def _sheltered(
    rng: np.random.Generator,
    recruiter: Recruiter,
    cases: Cases,
    year: int,
    count: int,
    *,
    model: Model,
) -> tuple[_Found, Flags]:
    """Who comes to protected housing in a year, and whether they have children at home."""
    if not model.states(targets.PROTECTED_PERSONS, year):
        return _placed_of(rng, recruiter, cases, year, count, response=_TO_SHELTER, model=model)
    women = min(scaled(targets.PROTECTED_WOMEN[year], model.scale), count)
    of_sex = [
        _placed_of(
            rng, recruiter, cases, year, number, response=_TO_SHELTER, model=model, male=male
        )
        for male, number in ((False, women), (True, count - women))
    ]
    return _together([found for found, _ in of_sex]), np.concatenate([with_ for _, with_ in of_sex])


def expected_placed(year: int, model: Model) -> float:
    """Persons who come to protected housing, in a city of full size.

    Args:
        year: The calendar year.
        model: Which city; in a drawn one its truths say how many they are in 2023.
    """
    if not (model.drawn and year == _YEAR_OF_FALL):
        return targets.PROTECTED_PERSONS[year]
    weights = np.array([1 - CHILDREN_AT_HOME, CHILDREN_AT_HOME])
    before, now = (
        float(weights @ response_shares(model, at)[:, _TO_SHELTER]) for at in (year - 1, year)
    )
    return targets.PROTECTED_PERSONS[year - 1] * now / max(before, 1e-9)


def _placed_of(
    rng: np.random.Generator,
    recruiter: Recruiter,
    cases: Cases,
    year: int,
    count: int,
    *,
    response: int,
    model: Model,
    male: bool | None = None,
) -> tuple[_Found, Flags]:
    """Who is placed, and whether they have children at home.

    Those whose case of the year led there, then others with an open case, and some without any.
    """
    linked = round(model.truths.protected.linkage["open_case"] * count)
    known = cases.victims_of(year)
    if male is not None:
        known = known[cases.found.male[known] == male]
    own = cases.response[known] == response
    this_year = cases.reported[known] >= first_day(year)
    # Of older cases the same mixture, so that the placed are a mirror of what cases lead to.
    shares = response_shares(model, year)[:, response]
    weight = shares[cases.children[known].astype(np.int64)] + 1e-9
    weight = np.where(this_year, np.where(own, 1e6, 0.0), weight)
    rows = known[pick(rng, min(linked, int((weight > 0).sum())), weight)]
    sex = PLACED_MEN if male is None else float(male)
    rest = _find(rng, recruiter, year, count - len(rows), sex, central=0.05)
    chance = (
        CHILDREN_AT_HOME
        * shares[1]
        / max(CHILDREN_AT_HOME * shares[1] + (1 - CHILDREN_AT_HOME) * shares[0], 1e-9)
    )
    mothers = np.append(cases.children[rows], happens(rng, chance, len(rest.person)))
    return _together([cases.found.take(rows), rest]), mothers.astype(np.bool_)


def _flats(
    rng: np.random.Generator,
    recruiter: Recruiter,
    cases: Cases,
    shelter: _Found,
    *,
    year: int,
    model: Model,
) -> _Placements:
    women = model.total(rng, targets.FLAT_WOMEN, year)
    men = model.total(rng, targets.FLAT_MEN, year)
    came = np.flatnonzero(
        ~shelter.male
        & happens(rng, model.truths.protected.linkage["move_between_forms"], len(shelter.person))
    )[: women // 2]
    found, mothers = _placed_of(
        rng, recruiter, cases, year, women - len(came), response=_TO_FLAT, model=model, male=False
    )
    known = np.isin(found.person, shelter.person[came])
    # Nobody is counted twice: who moved and was found again stands once, and a new one comes.
    again = _find(rng, recruiter, year, int(known.sum()), 0.0, central=0.1)
    everyone = _together(
        [
            shelter.take(came),
            found.take(np.flatnonzero(~known)),
            again,
            _find(rng, recruiter, year, men, 1.0, central=0.1),
        ]
    )
    accompanied = np.concatenate(
        [
            np.ones(len(came), dtype=np.bool_),
            mothers[~known],
            np.zeros(len(again.person) + men, dtype=np.bool_),
        ]
    )
    more = round(0.06 * (women + men))
    children = model.total(rng, targets.FLAT_CHILDREN, year)
    return _placements(rng, everyone, accompanied, women + men + more, children, form=_FLAT)


def _placements(
    rng: np.random.Generator,
    found: _Found,
    mothers: Flags,
    decisions: int,
    children: int,
    *,
    form: int,
    other: bool = False,
    alone: int | None = None,
) -> _Placements:
    count = len(found.person)
    with_children = max(1, children * 10 // 17)
    more = _second_decisions(rng, found.male, decisions - count, with_children, alone)
    row = np.concatenate([np.arange(count), more])
    cause = np.full(count, OTHER_CAUSE) if other else choose(rng, (88, 12), count)
    accompanied = np.zeros(decisions, dtype=np.int64)
    # First those with children at home, and as many as the children are enough for.
    women = np.lexsort((rng.random(decisions), ~mothers[row], found.male[row]))
    brought = women[: min(with_children, int((~found.male[row]).sum()) or decisions)]
    accompanied[brought] = spread(
        rng, np.ones(len(brought), dtype=np.int64), min(children, 6 * len(brought)), 1, 6
    )
    return _Placements(found.take(row), np.full(decisions, form), cause[row], accompanied)


def _second_decisions(
    rng: np.random.Generator, male: Flags, number: int, with_children: int, alone: int | None
) -> Ints:
    """Whose the further decisions are, so that women without children have `alone` if given."""
    if alone is None:
        return rng.integers(0, len(male), number)
    women, men = np.flatnonzero(~male), np.flatnonzero(male)
    hers = int(np.clip(with_children + alone - len(women), 0, number))
    hers = hers if len(men) else number
    return np.concatenate([_any_of(rng, women, hers), _any_of(rng, men, number - hers)])


def _any_of(rng: np.random.Generator, among: Ints, number: int) -> Ints:
    """So many of them, each time any."""
    return among[rng.integers(0, max(len(among), 1), number if len(among) else 0)]


def _write_placements(
    rng: np.random.Generator,
    exporter: writing.Exporter,
    people: People,
    year: int,
    parts: Sequence[_Placements],
    *,
    model: Model,
) -> Days:
    """Write a year's placements; returns when each of the parts' began, in their order."""
    found = _together([part.found for part in parts])
    form = np.concatenate([part.form for part in parts])
    cause = np.concatenate([part.cause for part in parts])
    children = np.concatenate([part.children for part in parts])
    count = len(form)
    decided = days_in_year(rng, year, count)
    order = rng.permutation(count)
    start = decided + rng.integers(0, 4, count)
    stays = model.generator(f"skyddat boende vistelser {year}")
    length = np.array(STAY_DAYS)[form[order]] * stays.lognormal(0.0, STAY_SPREAD, count)
    secured = happens(stays, np.array(_SECURED)[form[order]], count)
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
        "boendeform": writing.code(form[order], FORMS),
        "orsak": writing.code(cause[order], _CAUSES),
        "medfoljande_barn": writing.number(children[order]),
        "skalskydd": writing.flag(secured),
    }
    exporter.history_then_months("skyddat_boende_placeringar", year, table, month_index(decided))
    began = np.empty(count, dtype=np.int64)
    began[order] = start
    return began
