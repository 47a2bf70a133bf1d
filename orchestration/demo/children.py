"""Children and young people: reports, assessments, investigations and interventions.

Month by month some children with earlier cases come back, the likelier the more cases they have
had, and the rest are new. Why a case was opened depends on sex and age, what becomes of it on the
board's way of working. Family law cases of the courts belong in `wider`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Final, TypeVar

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import (
    CENTRAL,
    DISTRICT_AREA,
    DISTRICT_INDEX,
    DISTRICT_WEIGHT,
    DISTRICTS,
    UNITS,
    status_category,
    units_at,
)
from orchestration.demo.model import Model, drawn_shares
from orchestration.demo.people import People, Residents
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Floats,
    Ints,
    apportion,
    choose,
    choose_by_row,
    happens,
    last_day,
    month_index,
    month_start,
    on_weekday,
    pick,
    scaled,
)
from orchestration.demo.targets import CONTACT_REASONS, YEARS

_RETURNING: Final = 0.55
"""Share of a month's reports that concern a child with an earlier case."""
_EXTRA_ACTIVE: Final = 0.045
_EXTRA_FAMILY_LAW: Final = 0.035
"""Cases on top of the counted ones: still active, and family law."""
_COUNTED, _ACTIVE, _FAMILY_LAW = range(3)
_ADULT: Final = 18
_TOO_OLD: Final = 21
_NEVER: Final = np.iinfo(np.int64).max
_PRESCHOOL, _TALKS, _SCHOOL, _OWN_SAY = 1, 3, 6, 12
"""Ages from which a child goes to preschool, is spoken to, goes to school, can decline."""
_AGE_GROUPS: Final = np.array([0, 7, 13, 18])
_NEW_AGES: Final = np.repeat([0.27 / 7, 0.33 / 6, 0.375 / 5, 0.025 / 3], (7, 6, 5, 3))
# Fewer reports in July, more in spring and autumn; the months sum to 12.
_SEASON: Final = np.array([1.0, 1.0, 1.07, 1.04, 1.1, 1.0, 0.66, 0.9, 1.12, 1.08, 1.06, 0.97])

_REPORTERS: Final = (
    "skola",
    "forskola",
    "polis",
    "halso_sjukvard",
    "annan_myndighet",
    "vardnadshavare",
    "barnet",
    "anonym",
    "ovrig",
)
# Rows: 0-5 years, 6-12, 13-17, 18-20.
_REPORTER_WEIGHTS: Final = np.array(
    [
        [1, 8, 30, 20, 12, 11, 0, 10, 8],
        [30, 0, 19, 12, 10, 12, 1, 8, 8],
        [25, 0, 28, 12, 8, 13, 4, 4, 6],
        [10, 0, 34, 14, 12, 6, 14, 3, 7],
    ],
    dtype=np.float64,
)
_KINDS: Final = ("anmalan", "ansokan", "annan")
NO_INVESTIGATION: Final = (
    "ingen_oro",
    "insats_pagar",
    "vardnadshavare_vill_inte",
    "annan_huvudman",
    "uppgifter_otillrackliga",
)
INTERVENTION_WEIGHTS: Final = (30, 34, 10, 12, 7, 4, 3)
_INTERVENTIONS: Final = (
    "strukturerad_oppenvard",
    "radgivning_stod",
    "kontaktfamilj",
    "kontaktperson",
    "familjehem",
    "hvb",
    "ovrigt",
)
CONTACTS: Final = (
    "barnet",
    "vardnadshavare",
    "skola",
    "forskola",
    "halso_sjukvard",
    "polis",
    "ovrig",
)
# How the boards work: the share investigated, and offered an intervention.
_INVESTIGATES: Final = np.array(
    [0.40, 0.39, 0.44, 0.43, 0.47, 0.48, 0.46, 0.42, 0.41, 0.43, 0.42, 0.44, 0.45, 0.38]
)
_OFFERS: Final = np.array(
    [0.64, 0.62, 0.66, 0.60, 0.57, 0.55, 0.56, 0.61, 0.63, 0.62, 0.63, 0.60, 0.59, 0.65]
)
_LINE: Final = -0.013
"""Log cases a child for each unit of index, between boards and within them."""
_BOARD_INDEX: Final[Floats] = np.bincount(
    DISTRICT_AREA, weights=DISTRICT_WEIGHT * DISTRICT_INDEX
) / np.bincount(DISTRICT_AREA, weights=DISTRICT_WEIGHT)
_CATEGORY: Final[Ints] = status_category(DISTRICT_INDEX)
_WEAKEST, _STRONGEST = 1, 4


class _Ways:
    """What the truths make of how boards and districts differ.

    Attributes:
        pull: Weight of each district among its area's children with cases, shape (15, districts).
        reasons: Odds of each contact reason by category of district, shape (4, reasons).
        declines: Share of offers that are declined by category, shape (4,).
        refuses: Share without an investigation because the guardian wants none, shape (4,).
        contacted: Log odds by area and contact, shape (15, contacts).
        returns: Factor of the hazard of a new report after an intervention, of those below and
            from seven, shape (2,).
    """

    def __init__(self, model: Model) -> None:
        truths = model.truths.child
        rng = model.boards("barn och unga namnder")
        above = DISTRICT_INDEX - _BOARD_INDEX[DISTRICT_AREA]
        rate = DISTRICT_WEIGHT * np.exp((_LINE + truths.context["log_rate_per_unit"]) * above)
        rate = rate * [truths.context.get(district.name, 1.0) for district in DISTRICTS]
        own = np.arange(CENTRAL)[:, None] == DISTRICT_AREA[None, :]
        self.pull: Floats = np.where(own, rate, 0.0)
        steps = (_STRONGEST - np.arange(_WEAKEST, _STRONGEST + 1)) / (_STRONGEST - _WEAKEST)
        odds = np.array([truths.reason_by_category.get(each.code, 1.0) for each in CONTACT_REASONS])
        self.reasons: Floats = odds[None, :] ** steps[:, None]
        self.declines, self.refuses = (
            np.array([truths.guardian_declines[name][str(at)] for at in range(1, _STRONGEST + 1)])
            for name in ("declined", "vardnadshavare_vill_inte")
        )
        self.contacted: Floats = np.zeros((CENTRAL, len(CONTACTS)))
        for contact, name in (("barnet", "child"), ("skola", "school"), ("forskola", "preschool")):
            spread = rng.normal(0.0, truths.contacted[name], CENTRAL)
            # The city's share is not what differs.
            self.contacted[:, CONTACTS.index(contact)] = spread - spread.mean()
        self.returns: Floats = np.array(
            [truths.rereferral["after_insats_0_6"], truths.rereferral["after_insats_7_17"]]
        )


@dataclass(frozen=True, slots=True)
class _Reports:
    """One year's reports in order of day; each array has shape (n,).

    Attributes:
        person: Positions in `people.People`.
        area: The child's area.
        district: Positions in `geography.DISTRICTS`.
        male: Sex.
        age: Years at the report.
        day: When the report came.
        earlier: How many cases the child has had before.
        active: Whether the case is still open when the register is delivered.
        family_law: Whether it is a family law case.
    """

    person: Ints
    area: Ints
    district: Ints
    male: Flags
    age: Ints
    day: Days
    earlier: Ints
    active: Flags
    family_law: Flags

    @property
    def counted(self) -> Flags:
        """Whether the case is one of those that the review counts."""
        return ~self.active & ~self.family_law


@dataclass(frozen=True, slots=True)
class _Course:
    """What became of each report; each array has shape (n,), -1 where a step was not reached."""

    investigated: Flags
    decided: Days
    ended: Days
    offered: Ints
    granted: Ints
    accepted: Ints
    declined_by: Ints
    intervention: Ints


_Part = TypeVar("_Part", _Reports, _Course)


class _Children:
    """Everyone who has had a case; a child is a position in these arrays."""

    def __init__(self) -> None:
        self.person: Ints = np.zeros(0, dtype=np.int64)
        self.area: Ints = np.zeros(0, dtype=np.int64)
        self.district: Ints = np.zeros(0, dtype=np.int64)
        self.male: Flags = np.zeros(0, dtype=np.bool_)
        self.born: Days = np.zeros(0, dtype=np.int64)
        self.cases: Ints = np.zeros(0, dtype=np.int64)
        self.latest: Ints = np.zeros(0, dtype=np.int64)
        self.helped_from: Days = np.zeros(0, dtype=np.int64)

    def add(
        self,
        rng: np.random.Generator,
        people: People,
        area: Ints,
        male: Flags,
        month: int,
        *,
        pull: Floats,
    ) -> Ints:
        """Add children who have no case before this month; returns their positions."""
        age = choose(rng, _NEW_AGES, len(area))
        day = int(month_start(np.array([month]))[0])
        within = rng.integers(45, 315, len(area))
        person = people.add(day - np.rint(age * 365.25).astype(np.int64) - within, male)
        first = len(self.person)
        self.person = np.concatenate([self.person, person])
        self.area = np.concatenate([self.area, area])
        district = choose_by_row(rng, pull[area])
        self.district = np.concatenate([self.district, district])
        self.male = np.concatenate([self.male, male])
        self.born = np.concatenate([self.born, people.born[person]])
        self.cases = np.concatenate([self.cases, np.zeros(len(area), dtype=np.int64)])
        self.latest = np.concatenate([self.latest, np.full(len(area), month)])
        self.helped_from = np.concatenate([self.helped_from, np.full(len(area), _NEVER)])
        return np.arange(first, len(self.person))

    def come_back(
        self, rng: np.random.Generator, month: int, wanted: Floats, returns: Floats
    ) -> Ints:
        """Children with earlier cases who are reported again, about `wanted` in each area."""
        day = int(month_start(np.array([month]))[0])
        age = (day - self.born) / 365.25
        # More history, more reports; and less with time, and with age.
        pull = (1 + 0.75 * np.minimum(self.cases, 5)) * np.exp((self.latest - month) / 9.0)
        pull *= np.select([age < _ADULT, age < _TOO_OLD - 0.2], [1.0, 0.1], 0.0)
        pull[self.latest >= month] = 0.0
        helped = self.helped_from < day
        pull[helped] *= returns[(age[helped] >= _AGE_GROUPS[1]).astype(np.int64)]
        total = np.bincount(self.area, weights=pull, minlength=CENTRAL)
        chance = pull * (wanted / np.maximum(total, 1e-9))[self.area]
        return np.flatnonzero(happens(rng, chance, len(chance)))


def _history(
    rng: np.random.Generator, people: People, children: _Children, ways: _Ways, model: Model
) -> None:
    """Children whose cases came before the first delivered year."""
    month = (YEARS[0] - 1970) * 12
    area = np.repeat(
        np.arange(CENTRAL), apportion(scaled(14_000, model.scale), targets.CHILD_CASES_2018.values)
    )
    male = happens(rng, targets.BOYS_SHARE.value, len(area))
    new = children.add(rng, people, area, male, month - 1, pull=ways.pull)
    children.cases[new] = 1 + choose(rng, (60, 20, 10, 6, 4), len(new))
    children.latest[new] -= rng.integers(0, 24, len(new))


def _cases_by_area(rng: np.random.Generator, year: int, model: Model) -> Ints:
    exact = np.array(targets.CHILD_CASES_2018.values)
    total = model.total(rng, targets.CHILD_CASES, year)
    share = apportion if model.states(targets.CHILD_CASES, year) else partial(drawn_shares, rng)
    return np.maximum(share(total, exact), 1)


def _report_year(
    rng: np.random.Generator,
    people: People,
    children: _Children,
    year: int,
    *,
    ways: _Ways,
    model: Model,
) -> tuple[_Reports, _Course]:
    counted = _cases_by_area(rng, year, model)
    active = rng.poisson(_EXTRA_ACTIVE * counted)
    family_law = rng.poisson(_EXTRA_FAMILY_LAW * counted)
    # One row a case to come: its area, and whether it is counted.
    area = np.repeat(np.tile(np.arange(CENTRAL), 3), np.concatenate([counted, active, family_law]))
    kind = np.repeat(
        [_COUNTED, _ACTIVE, _FAMILY_LAW], [counted.sum(), active.sum(), family_law.sum()]
    )
    order = rng.permutation(len(area))
    month = np.sort(choose(rng, _SEASON, len(area)))
    area, kind = area[order], kind[order]
    months: list[tuple[_Reports, _Course]] = []
    boys_due = 0.0
    for of_year in range(12):
        here = np.flatnonzero(month == of_year)
        reports, course, boys_due = _report_month(
            rng,
            people,
            children,
            month=(year - 1970) * 12 + of_year,
            area=area[here],
            kind=kind[here],
            boys_due=boys_due if model.states(targets.CHILD_CASES, year) else None,
            ways=ways,
        )
        months.append((reports, course))
    return (
        _together(_Reports, [reports for reports, _ in months]),
        _together(_Course, [course for _, course in months]),
    )


def _together(kind: type[_Part], parts: Sequence[_Part]) -> _Part:
    """The months of a year one after the other."""
    names = [each.name for each in fields(kind)]
    return kind(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _report_month(
    rng: np.random.Generator,
    people: People,
    children: _Children,
    *,
    month: int,
    area: Ints,
    kind: Ints,
    boys_due: float | None,
    ways: _Ways,
) -> tuple[_Reports, _Course, float]:
    wanted = np.bincount(area, minlength=CENTRAL)
    back = children.come_back(rng, month, (wanted * _RETURNING).astype(np.float64), ways.returns)
    # Hand out this month's places in each area: first to those who come back, then to new ones.
    place = np.argsort(area, kind="stable")
    back = back[np.argsort(children.area[back], kind="stable")]
    starts = np.cumsum(wanted) - wanted
    came = np.bincount(children.area[back], minlength=CENTRAL)
    nth = np.arange(len(back)) - (np.cumsum(came) - came)[children.area[back]]
    fits = nth < wanted[children.area[back]]
    back, nth = back[fits], nth[fits]
    child = np.full(len(area), -1, dtype=np.int64)
    child[place[starts[children.area[back]] + nth]] = back
    new = np.flatnonzero(child < 0)
    male_new = happens(rng, targets.BOYS_SHARE.value, len(area))
    if boys_due is not None:
        # The year's share is stated: who is new makes up for who came back.
        boys_due += targets.BOYS_SHARE.value * float((kind == _COUNTED).sum())
        known = np.flatnonzero((child >= 0) & (kind == _COUNTED))
        boys_due -= float(children.male[child[known]].sum())
        new_counted = rng.permutation(new[kind[new] == _COUNTED])
        boys = new_counted[: max(0, min(len(new_counted), round(boys_due)))]
        boys_due -= len(boys)
        male_new[new_counted] = False
        male_new[boys] = True
    child[new] = children.add(rng, people, area[new], male_new[new], month, pull=ways.pull)
    first, last = month_start(np.array([month, month + 1]))
    day = np.clip(on_weekday(rng.integers(first, last, len(area))), first, last - 1)
    order = np.lexsort((child, day))
    child, kind, day = child[order], kind[order], day[order]
    reports = _Reports(
        person=children.person[child],
        area=children.area[child],
        district=children.district[child],
        male=children.male[child],
        age=np.floor((day - children.born[child]) / 365.25).astype(np.int64),
        day=day,
        earlier=children.cases[child],
        active=kind == _ACTIVE,
        family_law=kind == _FAMILY_LAW,
    )
    children.cases[child] += 1
    children.latest[child] = month
    course = _course(rng, reports, month // 12 + 1970, ways.declines)
    children.helped_from[child] = np.where(course.granted == 1, course.ended, _NEVER)
    return reports, course, boys_due or 0.0


def _answers(age: Ints) -> tuple[Floats, Floats]:
    """How likely the child is to be the one who declines, and a factor of an acceptance."""
    return np.where(age >= _OWN_SAY, 0.25, 0.0), np.where(age < _AGE_GROUPS[1], 0.9, 1.0)


def _course(rng: np.random.Generator, reports: _Reports, year: int, declines: Floats) -> _Course:
    count = len(reports.person)
    area = reports.area
    young = reports.age < _AGE_GROUPS[1]
    history = 1 + 0.04 * np.minimum(reports.earlier, 4)
    investigated = reports.active | happens(rng, _INVESTIGATES[area] * history, count)
    waiting = np.where(happens(rng, 0.07, count), rng.integers(15, 31, count), 0)
    decided = on_weekday(reports.day + np.where(waiting > 0, waiting, rng.integers(0, 15, count)))
    # A year's review counts what began in the year, so an assessment is not left over its end.
    decided = np.clip(decided, reports.day, last_day(year))
    finished = investigated & ~reports.active
    length = np.maximum(rng.normal(104, 22, count), 20).astype(np.int64)
    offers: Floats = _OFFERS[area] * np.where(young, 0.78, 1.0)
    offered = happens(rng, np.where(finished, offers, 0.0), count)
    own_say, factor = _answers(reports.age)
    accepts = (1 - declines[_CATEGORY[reports.district] - 1]) * factor
    accepted = happens(rng, np.where(offered, accepts, 0.0), count)
    granted = happens(rng, np.where(accepted, 0.97, 0.0), count)
    by_child = happens(rng, own_say, count)
    return _Course(
        investigated=investigated,
        decided=decided,
        ended=np.where(finished, decided + length, NO_DAY),
        offered=np.where(finished, offered, -1),
        granted=np.where(finished, granted, -1),
        accepted=np.where(offered, accepted, -1),
        declined_by=np.where(offered & ~accepted, by_child, -1),
        intervention=np.where(granted, choose(rng, INTERVENTION_WEIGHTS, count), -1),
    )


def _quotas(rng: np.random.Generator, boys: int, girls: int) -> Ints:
    """How many boys and girls have each main reason: girls and boys by reason, shape (2, k)."""
    weights = np.array([reason.weight for reason in CONTACT_REASONS])
    share = np.array([reason.boys_share for reason in CONTACT_REASONS])
    stated = np.array([bool(reason.facts) for reason in CONTACT_REASONS])
    cases = drawn_shares(rng, boys + girls, weights)
    of_boys = np.rint(cases * share).astype(np.int64)
    rest = boys - int(of_boys[stated].sum())
    if 0 < rest < cases[~stated].sum():
        of_boys[~stated] = np.minimum(
            apportion(rest, cases[~stated] * share[~stated]), cases[~stated]
        )
    of_boys[-1] += boys - int(of_boys.sum())
    return np.stack([cases - of_boys, of_boys])


def _of_sex(male: Flags) -> Floats:
    """Weight of each reason by the child's sex, shape (n, reasons)."""
    weights = np.array([reason.weight for reason in CONTACT_REASONS])
    shares = np.array([reason.boys_share for reason in CONTACT_REASONS])
    return np.asarray((weights * np.stack([1 - shares, shares]))[male.astype(np.int64)])


def _where(reports: _Reports, by_category: Floats) -> Floats:
    """Weight of each reason by age and district; of all cases each reason has its own share."""
    ages = np.array([reason.ages for reason in CONTACT_REASONS])
    group = np.searchsorted(_AGE_GROUPS, reports.age, side="right") - 1
    weights = by_category[_CATEGORY[reports.district] - 1] * ages[:, group].T
    return np.asarray(weights / weights.mean(axis=0))


def _reasons(
    rng: np.random.Generator, reports: _Reports, by_category: Floats, *, stated: bool
) -> Ints:
    """The reasons of each report, the main one first and -1 for none, shape (n, 3)."""
    found = np.full((len(reports.person), 3), -1, dtype=np.int64)
    counted = reports.counted & stated
    district = _where(reports, by_category)
    drawn = choose_by_row(rng, _of_sex(reports.male) * district)
    found[:, 0] = np.where(counted, -1, drawn)
    quotas = (
        _quotas(rng, int((counted & reports.male).sum()), int((counted & ~reports.male).sum()))
        if stated
        else np.zeros((2, len(CONTACT_REASONS)), dtype=np.int64)
    )
    for male in (0, 1):
        waiting = np.flatnonzero(counted & (reports.male == male))
        for reason, quota in enumerate(quotas[male, :-1]):
            chosen = pick(rng, int(min(quota, len(waiting))), district[waiting, reason])
            found[waiting[chosen], 0] = reason
            waiting = np.delete(waiting, chosen)
        found[waiting, 0] = len(CONTACT_REASONS) - 1
        # Further reasons, in the same proportions between the sexes.
        same_sex = np.flatnonzero(reports.counted & (reports.male == male))
        main = np.bincount(found[same_sex, 0], minlength=len(CONTACT_REASONS))
        for reason, quota in enumerate(main):
            free = (found[same_sex, 2] < 0) & (found[same_sex] != reason).all(axis=1)
            chosen = rng.permutation(same_sex[free])[: round(0.38 * int(quota))]
            place = np.where(found[chosen, 1] < 0, 1, 2)
            found[chosen, place] = reason
    return found


def _listed(names: tuple[str, ...], members: Flags) -> writing.Column:
    """Several codes in one cell; an empty cell where there are none.

    Args:
        names: The codes.
        members: Which of them each row has, shape (n, k).
    """
    masks = members @ (1 << np.arange(len(names)))
    labels = [
        "|".join(name for bit, name in enumerate(names) if mask >> bit & 1)
        for mask in range(1, 1 << len(names))
    ]
    return writing.code(masks - 1, labels)


def _listed_reasons(found: Ints) -> writing.Column:
    names = [reason.code for reason in CONTACT_REASONS]
    combined = ((found + 1) * [10_000, 100, 1]).sum(axis=1)
    present, position = np.unique(combined, return_inverse=True)
    labels = [
        "|".join(
            names[reason - 1]
            for reason in (number // 10_000, number // 100 % 100, number % 100)
            if reason
        )
        for number in present.tolist()
    ]
    return writing.code(position, labels)


def _may_be_contacted(reports: _Reports, log_odds: Floats) -> Floats:
    """How likely an investigation is to speak to each, shape (n, 7): preschool less than school."""
    preschool = (reports.age >= _PRESCHOOL) & (reports.age < _SCHOOL)
    school = (reports.age >= _SCHOOL) & (reports.age <= _ADULT)
    count = len(reports.person)
    chance = np.stack(
        [
            np.where(reports.age < _TALKS, 0.2, 0.78),
            np.full(count, 0.95),
            np.where(school, 0.62, 0.0),
            np.where(preschool, 0.37, 0.0),
            np.full(count, 0.24),
            np.full(count, 0.10),
            np.full(count, 0.14),
        ],
        axis=1,
    )
    odds = chance / (1 - chance) * np.exp(log_odds[reports.area])
    return np.asarray(odds / (1 + odds))


def _contacted(
    rng: np.random.Generator, reports: _Reports, investigated: Flags, log_odds: Floats
) -> Flags:
    """Whom the investigation spoke to, shape (n, 7)."""
    chance = np.where(investigated[:, None], _may_be_contacted(reports, log_odds), 0.0)
    count = len(reports.person)
    return np.stack([happens(rng, column, count) for column in chance.T], axis=1)


def _without(unwilling: Floats) -> Floats:
    """How likely each reason for no investigation is, shape (n, 5)."""
    without = np.tile(np.array([48, 16, 0, 8, 8]) / 80, (len(unwilling), 1))
    without *= (1 - unwilling)[:, None]
    without[:, NO_INVESTIGATION.index("vardnadshavare_vill_inte")] = unwilling
    return without


def write_child_cases(exporter: writing.Exporter, people: People, model: Model) -> Residents:
    """Write `barn_unga_arenden`.

    Args:
        exporter: Where the files go.
        people: Everyone; the children are added.
        model: Which city.

    Returns:
        The children, for the other registers.
    """
    rng = model.generator("barn och unga")
    children = _Children()
    ways = _Ways(model)
    _history(rng, people, children, ways, model)
    for year in YEARS:
        reports, course = _report_year(rng, people, children, year, ways=ways, model=model)
        exporter.history_then_months(
            "barn_unga_arenden",
            year,
            _table(
                rng,
                people,
                (reports, course),
                year,
                ways=ways,
                stated=model.states(targets.CHILD_CASES, year),
            ),
            month_index(reports.day),
        )
    return Residents(children.person, children.area)


@dataclass(frozen=True, slots=True)
class CaseYear:
    """A year's cases, family law apart, and how likely more was to befall them.

    Each array has shape (n,), or (n, k).

    Attributes:
        person: Positions in `people.People`.
        category: Of the district, 1 the weakest.
        male: Sex.
        age: Years at the report.
        day: When the report came.
        earlier: How many cases the child had had before.
        counted: Whether the review counts it; the others are open still.
        closed: The day when it was closed; `NO_DAY` if it is open.
        stage: How many steps it came: 1 assessed, then investigated, offered, accepted, granted.
        by_child: How likely the child is to be the one who declines.
        accepts: Factor of an acceptance.
        contacted: How likely each in `CONTACTS` is, where there is an investigation.
        reasons: How likely each in `targets.CONTACT_REASONS` is to be the main one.
        without: How likely each in `NO_INVESTIGATION` is, where there is none.
    """

    person: Ints
    category: Ints
    male: Flags
    age: Ints
    day: Days
    earlier: Ints
    counted: Flags
    closed: Days
    stage: Ints
    by_child: Floats
    accepts: Floats
    contacted: Floats
    reasons: Floats
    without: Floats


def cases_of(model: Model) -> list[CaseYear]:
    """Each year's cases in a city, without the rest of it, in the order of `targets.YEARS`.

    Args:
        model: Which city.
    """
    rng, people = model.generator("barn och unga"), People(model.generator("personer"))
    children, ways = _Children(), _Ways(model)
    _history(rng, people, children, ways, model)
    found = []
    for year in YEARS:
        reports, course = _report_year(rng, people, children, year, ways=ways, model=model)
        chances = _where(reports, ways.reasons) * _of_sex(reports.male)
        category = _CATEGORY[reports.district]
        by_child, accepts = _answers(reports.age)
        further = (course.offered > 0, course.accepted > 0, course.granted > 0)
        arrays = {
            "person": reports.person,
            "category": category,
            "male": reports.male,
            "age": reports.age,
            "day": reports.day,
            "earlier": reports.earlier,
            "counted": reports.counted,
            "closed": np.select(
                [reports.active, course.investigated], [NO_DAY, course.ended], course.decided
            ),
            "stage": 1 + np.stack([course.investigated, *further]).sum(axis=0),
            "by_child": by_child,
            "accepts": accepts,
            "contacted": _may_be_contacted(reports, ways.contacted),
            "reasons": chances / chances.sum(axis=1, keepdims=True),
            "without": _without(ways.refuses[category - 1]),
        }
        mine = ~reports.family_law
        found.append(CaseYear(**{name: each[mine] for name, each in arrays.items()}))
    return found


def shares_of_districts(model: Model) -> Floats:
    """How an area's cases fall on its districts, shape (districts,); 1 in each area."""
    pull = _Ways(model).pull
    return np.asarray((pull / pull.sum(axis=1, keepdims=True)).sum(axis=0))


def _table(
    rng: np.random.Generator,
    people: People,
    cases: tuple[_Reports, _Course],
    year: int,
    *,
    ways: _Ways,
    stated: bool,
) -> writing.Table:
    reports, course = cases
    count = len(reports.person)
    reporter_age = np.searchsorted([6, 13, 18], reports.age, side="right")
    reporter = choose_by_row(rng, _REPORTER_WEIGHTS[reporter_age])
    asks = np.isin(reporter, [_REPORTERS.index("vardnadshavare"), _REPORTERS.index("barnet")])
    kind = np.where(asks & happens(rng, 0.6, count), 1, np.where(happens(rng, 0.04, count), 2, 0))
    started = np.where(course.investigated, course.decided, NO_DAY)
    unwilling = ways.refuses[_CATEGORY[reports.district] - 1]
    no_reason = np.where(course.investigated, -1, choose_by_row(rng, _without(unwilling)))
    return {
        "arende_id": writing.serial("BU", year * 100_000 + np.arange(1, count + 1)),
        "personnummer": writing.identity(people.identity[reports.person]),
        "kon": writing.sex(reports.male),
        "stadsdelsnamnd": writing.code(units_at(reports.area, reports.day), UNITS),
        "stadsdel": writing.code(reports.district, [district.name for district in DISTRICTS]),
        "aktualiserad_datum": writing.date(reports.day),
        "aktualisering": writing.code(kind, _KINDS),
        "anmalare": writing.code(reporter, _REPORTERS),
        "kontaktorsaker": _listed_reasons(_reasons(rng, reports, ways.reasons, stated=stated)),
        "forhandsbedomning_start": writing.date(reports.day),
        "forhandsbedomning_beslut": writing.date(course.decided),
        "utredning_inledd": writing.flag(course.investigated),
        "ej_utredning_skal": writing.code(no_reason, NO_INVESTIGATION),
        "utredning_start": writing.date(started),
        "utredning_slut": writing.date(course.ended),
        "insats_erbjuden": writing.flag(course.offered),
        "insats_beviljad": writing.flag(course.granted),
        "insats_accepterad": writing.flag(course.accepted),
        "avbojd_av": writing.code(course.declined_by, ("vardnadshavare", "barnet")),
        "insats_typ": writing.code(course.intervention, _INTERVENTIONS),
        "vidtalade": _listed(
            CONTACTS, _contacted(rng, reports, course.investigated, ways.contacted)
        ),
        "tidigare_arenden": writing.number(reports.earlier),
        "familjeratt": writing.flag(reports.family_law),
        "aktivt": writing.flag(reports.active),
    }
