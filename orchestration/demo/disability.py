"""Housing support (boendestöd) and social psychiatry.

Who has housing support in which target group, how many hours, and what else the users of social
psychiatry have. Hours heap on round numbers, and among persons within an LSS personkrets just above
the twelve hours a month that bring the district a block grant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import AREAS, UNITS, units_at
from orchestration.demo.model import Model
from orchestration.demo.panels import PanelYear, area_weights, follow
from orchestration.demo.people import People, Recruiter, Residents, adult_ages
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Floats,
    Ints,
    choose,
    choose_by_row,
    day,
    happens,
    last_day,
    month_index,
    year_of,
)
from orchestration.demo.targets import YEARS

_GROUPS: Final = ("funktionsnedsattning", "socialpsykiatri")
_DISABILITY, _PSYCHIATRY = range(2)
AREA_NEED: Final = (0.15, 0.35)
"""How much of where each target group lives follows the assistance recipients."""
MEN: Final = (0.5, 0.4)
OTHER_WOMEN: Final = 0.46
"""Share of those in social psychiatry who have no housing support."""
CIRCLES: Final = (30, 48, 4, 18)
"""Weights of no LSS personkrets and of the three, among the disabled."""
LEAVING: Final = 0.09
_WEEKS_A_MONTH: Final = 52 / 12

_INTERVENTIONS: Final = (
    "boendestod",
    "sysselsattning",
    "boende",
    "kontaktperson",
    "ledsagning",
    "ovrigt",
)
_SUPPORT: Final = 0


_HALF: Final = 0.5
_MONTHLY: Final = np.arange(1.5, 24.5, _HALF)
"""Hours a month that are decided on."""
_HEAPS: Final = np.where(_MONTHLY % 1 == 0, 3.0, 1.0) * np.where(_MONTHLY % 5 == 0, 1.5, 1.0)
"""How they heap on round numbers, alike for all."""
_WEEKLY: Final = np.array([_HALF, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0])
_WEEKLY_SHARE: Final = 0.12
_REACH: Final = 0.8
"""Hours by which a decision is rounded."""
_ROUNDED_UP: Final = 0.16
"""Hours that rounding, and that nobody is granted less than the least, add on average."""
_SHAPE: Final = 7.0
"""Of the gamma distribution of the hours around their mean."""

_NEAR_GRANT: Final = (9.0, 12.0)
"""Hours a month near the grant's limit, from and to."""
_ABOVE: Final = (12.5, 13.0)
"""Where those end who are lifted above it, the latter twice as often; 3 hours a week are 13."""

_ACTIVITIES: Final = {_DISABILITY: 4.25, _PSYCHIATRY: 6.0}
"""Mean number of activities: more of them in social psychiatry, as the city's own review found."""
_HOURS_AN_ACTIVITY: Final = 0.44
_HOURS_A_LEVEL: Final = 1.0
"""Hours more for each level of need."""
_NEED: Final = np.array([0.20, 0.33, 0.30, 0.17])
OWN_HOUSING: Final = 0.93
REGISTERED: Final = 0.96
"""Shares that meet these criteria of the grant."""
PARTLY: Final = 0.2
"""Share of the decisions where some of the hours that were applied for are refused."""
REFUSED_HALVES: Final = tuple(range(1, 9))
"""How many half hours a month are refused then, each as likely."""
_PERFORMED: Final = 0.91
"""Share of the granted hours that are given, on average."""

_MOVABLE: Final = (2.0, 8.5)
"""Hours a month that are moved up or down to fit a mean, from and to."""
_ANY_HOURS: Final = (2.0, 40.0)
"""The same where few are left to move, as in a very small city."""
_CHANGE: Final = (40, 20)
"""Days before and after a change of hours that a decision lasts at least."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What is decided for a person; each array has shape (n,).

    Attributes:
        base: Hours a month or week before anyone is lifted above the grant's limit.
        weekly: Whether they are hours a week.
        lifted: Whether the person would be lifted.
        activities: How many.
        need: Level of need, 1-4.
    """

    base: Floats
    weekly: Flags
    lifted: Flags
    activities: Ints
    need: Ints

    def take(self, rows: Ints) -> "Granted":
        """The decisions of some rows."""
        return Granted(
            self.base[rows],
            self.weekly[rows],
            self.lifted[rows],
            self.activities[rows],
            self.need[rows],
        )

    def base_a_month(self) -> Floats:
        """Hours a month before anyone is lifted."""
        return np.where(self.weekly, self.base * _WEEKS_A_MONTH, self.base)

    def amount(self, may: Flags) -> Floats:
        """Hours a month or week, where some may be lifted."""
        a_month = self.base_a_month()
        low, high = _NEAR_GRANT
        up = may & self.lifted & (a_month >= low) & (a_month <= high)
        to = np.where(self.weekly, _ABOVE[1] / _WEEKS_A_MONTH, self._above())
        return np.where(up, to, self.base)

    def a_month(self, may: Flags) -> Floats:
        """Hours a month, where some may be lifted."""
        amount = self.amount(may)
        return np.where(self.weekly, amount * _WEEKS_A_MONTH, amount)

    def _above(self) -> Floats:
        # As good as by lot, and the same every year.
        return np.where(self.activities % 3 == 0, *_ABOVE)


def _joined(parts: Sequence[Granted]) -> Granted:
    return Granted(
        *(np.concatenate([getattr(each, name) for each in parts]) for name in Granted.__slots__)
    )


def _chosen(before: Granted, carried: Ints, kept: Flags, drawn: Granted) -> Granted:
    """What was decided before where it is kept, what is drawn elsewhere."""
    columns = []
    for name in Granted.__slots__:
        now = getattr(drawn, name)
        then = np.append(getattr(before, name), np.zeros(1, dtype=now.dtype))
        columns.append(np.where(kept, then[carried], now))
    return Granted(*columns)


@dataclass(frozen=True, slots=True)
class _Treatment:
    """How hours come about.

    Attributes:
        level: Hours at the mean of social psychiatry's activities and need, by sex, shape (2,).
        of_area: Hours more in each area and the central unit, shape (15,).
        lifted: Share that is lifted above the grant's limit.
        grant_day: First day of the grant.
    """

    level: Floats
    of_area: Floats
    lifted: float
    grant_day: int


def treatment_of(group: int, model: Model) -> _Treatment:
    """How hours come about in a target group.

    Args:
        group: Position in the target groups, the disabled first.
        model: Which city.
    """
    truths = model.truths.support
    equal = truths.equal_treatment
    women, men = targets.HOURS_PSYCHIATRY_WOMEN.value, targets.HOURS_PSYCHIATRY_MEN.value
    by_need = equal["psychiatry_sex_gap_by_need"] * (women - men)
    middle = 0.6 * women + 0.4 * men - _ROUNDED_UP
    if group == _DISABILITY:
        level = np.full(2, middle + equal["hours"])
    else:
        # Women's need is higher by so much that it is a part of the gap.
        level = np.array([women, men]) - by_need * np.array([0.4, -0.6]) - _ROUNDED_UP
    board = np.array([equal["board"].get(name, 0.0) for name in AREAS])
    weights = area_weights(AREA_NEED[group], 0.01)
    of_area = np.append(board, 0.0)
    return _Treatment(
        level,
        # The city's level is what it is; the others give what a board has more.
        of_area - of_area @ weights,
        float(truths.grant_from["share"]),
        day(f"{truths.grant_from['from']}-01"),
    )


def draw_granted(
    rng: np.random.Generator,
    group: int,
    male: Flags,
    area: Ints,
    model: Model,
) -> Granted:
    """Draw activities, need and hours.

    Args:
        rng: Source of randomness.
        group: Position in the target groups, the disabled first.
        male: Sex, shape (n,).
        area: Where each lives, shape (n,).
        model: Which city.
    """
    count = len(male)
    treatment = treatment_of(group, model)
    activities = 1 + rng.poisson(_ACTIVITIES[group] - 1, count)
    need = 1 + choose(rng, _NEED, count)
    if group == _PSYCHIATRY:
        equal = model.truths.support.equal_treatment["psychiatry_sex_gap_by_need"]
        gap = equal * (targets.HOURS_PSYCHIATRY_WOMEN.value - targets.HOURS_PSYCHIATRY_MEN.value)
        more = happens(rng, np.where(male, 0.0, gap / _HOURS_A_LEVEL), count)
        need = np.minimum(need + more, len(_NEED))
    mean = (
        treatment.level[male.astype(np.int64)]
        + treatment.of_area[area]
        + _HOURS_AN_ACTIVITY * (activities - _ACTIVITIES[_PSYCHIATRY])
        + _HOURS_A_LEVEL * (need - float(_NEED @ np.arange(1, len(_NEED) + 1)))
    )
    raw = np.maximum(mean, 1.5) * rng.gamma(_SHAPE, 1 / _SHAPE, count)
    weekly = happens(rng, _WEEKLY_SHARE, count)
    return Granted(
        np.where(
            weekly,
            _rounded(rng, raw, _WEEKLY * _WEEKS_A_MONTH, np.ones(len(_WEEKLY))) / _WEEKS_A_MONTH,
            _rounded(rng, raw, _MONTHLY, _HEAPS),
        ),
        weekly,
        happens(rng, treatment.lifted, count),
        activities,
        need,
    )


def _rounded(rng: np.random.Generator, hours: Floats, grid: Floats, heaps: Floats) -> Floats:
    """Hours that are decided on near those that are needed, more often where they heap."""
    inside = np.clip(hours, grid[0], grid[-1])
    nearest = np.searchsorted(grid, inside)
    offsets = np.arange(-4, 5)
    places = np.clip(nearest[:, None] + offsets, 0, len(grid) - 1)
    reach = max(_REACH, float(np.diff(grid).min()) / 2)
    weights = heaps[places] * np.exp(-0.5 * ((grid[places] - inside[:, None]) / reach) ** 2)
    # At the ends one place stands for several.
    weights[:, 1:] *= places[:, 1:] != places[:, :-1]
    chosen = places[np.arange(len(hours)), choose_by_row(rng, weights)]
    return np.asarray(grid[chosen], dtype=np.float64)


def _fit_mean(
    rng: np.random.Generator, granted: Granted, counted: Flags, may: Flags, mean: float
) -> None:
    """Move single monthly decisions by an hour, or half of one, until the mean is right.

    As long as it can be, only hours well below the grant's limit are moved, so that the heap above
    it stays as it is.
    """
    missing = mean * counted.sum() - granted.a_month(may)[counted].sum()
    for low, high in (_MOVABLE, _ANY_HOURS):
        while abs(missing) > _HALF / 2:
            step = float(np.sign(missing)) * (1.0 if abs(missing) >= 1 else _HALF)
            lowest = np.minimum(granted.base, granted.base + step)
            highest = np.maximum(granted.base, granted.base + step)
            movable = counted & ~granted.weekly & (lowest >= low) & (highest <= high)
            chosen = rng.permutation(np.flatnonzero(movable))[: max(1, int(abs(missing)))]
            if not len(chosen):
                break
            granted.base[chosen] += step
            missing -= step * len(chosen)


def _mean_hours(group: int) -> tuple[float, float]:
    """Mean hours a month of women and men."""
    if group == _DISABILITY:
        return targets.HOURS_DISABILITY.value, targets.HOURS_DISABILITY.value
    return targets.HOURS_PSYCHIATRY_WOMEN.value, targets.HOURS_PSYCHIATRY_MEN.value


@dataclass(frozen=True, slots=True)
class _Decisions:
    """A year's decisions on housing support; each array has shape (n,)."""

    member: Ints
    granted: Granted
    start: Days
    end: Days


def _follow_support(
    rng: np.random.Generator,
    people: People,
    known: Residents,
    *,
    group: int,
    taken: Ints,
    model: Model,
) -> list[PanelYear]:
    women, men = (
        (targets.PSYCHIATRY_WOMEN, targets.PSYCHIATRY_MEN)
        if group == _PSYCHIATRY
        else (targets.DISABILITY_WOMEN, targets.DISABILITY_MEN)
    )
    recruiter = Recruiter(
        rng,
        people,
        ages=adult_ages(44.0 if group == _PSYCHIATRY else 34.0, 15.0),
        youngest=18,
        known=known,
        known_share=0.25 if group == _PSYCHIATRY else 0.1,
    )
    recruiter.leave_out(taken)
    return follow(
        rng,
        recruiter,
        years=YEARS,
        women=[model.total(rng, women, year) for year in YEARS],
        men=[model.total(rng, men, year) for year in YEARS],
        weights=area_weights(AREA_NEED[group], 0.01),
        leaving=LEAVING,
    )


def write_support(
    exporter: writing.Exporter, people: People, known: Residents, model: Model
) -> None:
    """Write `boendestod_beslut` and `socialpsykiatri_insatser`.

    Args:
        exporter: Where the files go.
        people: Everyone; new users are added.
        known: People of another register who may occur here too.
        model: Which city.
    """
    tables: dict[int, list[tuple[PanelYear, _Decisions, Ints]]] = {year: [] for year in YEARS}
    # Nobody belongs to both target groups, or to social psychiatry with and without support.
    taken = np.zeros(0, dtype=np.int64)
    for group in (_DISABILITY, _PSYCHIATRY):
        rng = model.generator(f"boendestod {_GROUPS[group]}")
        followed = _follow_support(rng, people, known, group=group, taken=taken, model=model)
        taken = np.unique(np.concatenate([taken, *(panel.person for panel in followed)]))
        for panel, decisions, circle in _decide(rng, followed, group, model):
            tables[panel.year].append((panel, decisions, circle))
    rng = model.generator("boendestod ovrigt")
    serial = 0
    for year in YEARS:
        serial = _write_support(
            rng, exporter, people, year=year, groups=tables[year], serial=serial, model=model
        )
    _write_psychiatry(
        exporter,
        people,
        known,
        [tables[year][_PSYCHIATRY][:2] for year in YEARS],
        taken,
        model=model,
    )


def _decide(
    rng: np.random.Generator, followed: list[PanelYear], group: int, model: Model
) -> list[tuple[PanelYear, _Decisions, Ints]]:
    """All decisions, year by year, with each member's LSS personkrets."""
    decided: list[tuple[PanelYear, _Decisions, Ints]] = []
    circle = np.zeros(0, dtype=np.int64)
    nobody = np.zeros(0, dtype=np.int64)
    granted = draw_granted(rng, group, nobody.astype(np.bool_), nobody, model)
    grant_day = treatment_of(group, model).grant_day
    stated = targets.PSYCHIATRY_WOMEN if group == _PSYCHIATRY else targets.DISABILITY_WOMEN
    lasting = followed[-1].person[~followed[-1].leaves]
    for position, panel in enumerate(followed):
        count = len(panel.person)
        kept = panel.carried >= 0
        drawn_circle = (
            choose(rng, CIRCLES, count) if group == _DISABILITY else np.zeros(count, dtype=np.int64)
        )
        circle = np.where(kept, np.append(circle, 0)[panel.carried], drawn_circle)
        drawn = draw_granted(rng, group, panel.male, panel.area, model)
        same = kept & happens(rng, 0.85, count)
        granted = _chosen(granted, panel.carried, same, drawn)
        may = (circle > 0) & (panel.start >= grant_day)
        if model.states(stated, panel.year):
            for male, mean in zip((False, True), _mean_hours(group), strict=True):
                _fit_mean(rng, granted, ~panel.leaves & (panel.male == male), may, mean)
        following = followed[position + 1] if position + 1 < len(followed) else None
        decisions = _decisions_of_year(
            rng, panel, following, granted, group=group, lasting=lasting, model=model
        )
        decided.append((panel, decisions, circle))
    return decided


def _decisions_of_year(
    rng: np.random.Generator,
    panel: PanelYear,
    following: PanelYear | None,
    granted: Granted,
    *,
    group: int,
    lasting: Ints,
    model: Model,
) -> _Decisions:
    count = len(panel.person)
    next_start = panel.start + 365
    if following is not None:
        kept = following.carried >= 0
        next_start[following.carried[kept]] = following.start[kept]
    end = np.where(panel.leaves, panel.end, next_start - 1)
    # Those who will be there on the last day may have an older decision that nobody closed: on a
    # given day several are in force, and the latest one counts.
    stays_for_good = np.isin(panel.person, lasting)
    end[stays_for_good & happens(rng, 0.04, count)] = NO_DAY
    # For some the need changes within the year: an earlier decision with other hours.
    before, after = _CHANGE
    latest = np.where(panel.leaves, panel.end, last_day(panel.year)) - after
    changed = np.flatnonzero((latest > panel.start + before) & happens(rng, 0.07, count))
    change_day = rng.integers(panel.start[changed] + before, latest[changed])
    earlier = draw_granted(rng, group, panel.male[changed], panel.area[changed], model)
    start = panel.start.copy()
    start[changed] = change_day
    return _Decisions(
        np.concatenate([np.arange(count), changed]),
        _joined([granted, earlier]),
        np.concatenate([start, panel.start[changed]]),
        np.concatenate([end, change_day - 1]),
    )


def performed_share(rng: np.random.Generator, count: int) -> Floats:
    """Share of the granted hours that is given, shape (n,)."""
    return np.minimum(rng.normal(_PERFORMED, 0.08, count), 1.1)


def _write_support(
    rng: np.random.Generator,
    exporter: writing.Exporter,
    people: People,
    *,
    year: int,
    groups: list[tuple[PanelYear, _Decisions, Ints]],
    serial: int,
    model: Model,
) -> int:
    person = np.concatenate([panel.person[d.member] for panel, d, _ in groups])
    area = np.concatenate([panel.area[d.member] for panel, d, _ in groups])
    circle = np.concatenate([circle[d.member] for _, d, circle in groups])
    granted = _joined([d.granted for _, d, _ in groups])
    start = np.concatenate([d.start for _, d, _ in groups])
    end = np.concatenate([d.end for _, d, _ in groups])
    group = np.repeat(np.arange(len(groups)), [len(d.member) for _, d, _ in groups])
    count = len(person)
    may = (circle > 0) & (start >= treatment_of(_DISABILITY, model).grant_day)
    amount = granted.amount(may)
    # What is given varies around nine tenths of what is granted.
    performed = np.round(amount * performed_share(rng, count), 1)
    # Most get what they apply for; the others are refused some hours of it.
    asked = model.generator(f"boendestod avslagna timmar {year}")
    halves = asked.choice(REFUSED_HALVES, count)
    refused = np.where(happens(asked, PARTLY, count), halves * _HALF, 0.0)
    refused = np.where(granted.weekly, np.round(refused / _WEEKS_A_MONTH, 1), refused)
    registered, own_home = (happens(rng, share, count) for share in (REGISTERED, OWN_HOUSING))
    order = np.lexsort((person, start))
    table = {
        "beslut_id": writing.serial("BO", 300_001 + serial + np.arange(count)),
        "personnummer": writing.identity(people.identity[person[order]]),
        "kon": writing.sex(people.male[person[order]]),
        "fodelsear": writing.number(year_of(people.born[person[order]])),
        "stadsdelsnamnd": writing.code(units_at(area, start)[order], UNITS),
        "malgrupp": writing.code(group[order], _GROUPS),
        "timmar": writing.decimal(amount[order], 1),
        "timmar_per": writing.code(granted.weekly[order].astype(np.int64), ("manad", "vecka")),
        "start_datum": writing.date(start[order]),
        "slut_datum": writing.date(end[order]),
        "lss_personkrets": writing.number(circle[order]),
        "eget_boende": writing.flag(own_home),
        "folkbokford_i_namnden": writing.flag(registered),
        "antal_aktiviteter": writing.number(granted.activities[order]),
        "timmar_utforda": writing.decimal(performed[order], 1),
        "avslagen_timmar": writing.decimal(refused[order], 1),
        "behovsniva": writing.number(granted.need[order]),
    }
    exporter.history_then_months("boendestod_beslut", year, table, month_index(start[order]))
    return serial + count


@dataclass(frozen=True, slots=True)
class _Interventions:
    """Interventions in social psychiatry; each array has shape (n,)."""

    person: Ints
    area: Ints
    kind: Ints
    start: Days
    end: Days


def _write_psychiatry(
    exporter: writing.Exporter,
    people: People,
    known: Residents,
    support: list[tuple[PanelYear, _Decisions]],
    taken: Ints,
    *,
    model: Model,
) -> None:
    rng = model.generator("socialpsykiatri")
    share = targets.PSYCHIATRY_SUPPORT_SHARE.value
    expected = [len(panel.person) * (1 - share) / share for panel, _ in support]
    others = [
        round(each)
        if model.states(targets.PSYCHIATRY_WOMEN, year)
        else max(1, int(rng.poisson(each)))
        for year, each in zip(YEARS, expected, strict=True)
    ]
    women = [int(rng.binomial(count, OTHER_WOMEN)) for count in others]
    recruiter = Recruiter(
        rng, people, ages=adult_ages(45.0, 14.0), youngest=18, known=known, known_share=0.2
    )
    recruiter.leave_out(taken)
    followed = follow(
        rng,
        recruiter,
        years=YEARS,
        women=women,
        men=[count - woman for count, woman in zip(others, women, strict=True)],
        weights=area_weights(0.35, 0.01),
        leaving=LEAVING,
    )
    for (panel, decisions), other in zip(support, followed, strict=True):
        parts = [
            _Interventions(
                panel.person[decisions.member],
                panel.area[decisions.member],
                np.full(len(decisions.member), _SUPPORT),
                decisions.start,
                decisions.end,
            ),
            _beside(rng, panel, 0.35),
            _beside(rng, other, 1.0),
            _beside(rng, other, 0.15),
        ]
        _write_interventions(exporter, people, panel.year, parts)


def _beside(rng: np.random.Generator, panel: PanelYear, share: float) -> _Interventions:
    """Other interventions of a share of the members, within their time in the service."""
    rows = np.flatnonzero(happens(rng, share, len(panel.person)))
    kind = 1 + choose(rng, (42, 22, 18, 8, 10), len(rows))
    end = np.where(panel.leaves, panel.end, last_day(panel.year))[rows]
    return _Interventions(panel.person[rows], panel.area[rows], kind, panel.start[rows], end)


def _write_interventions(
    exporter: writing.Exporter, people: People, year: int, parts: list[_Interventions]
) -> None:
    person = np.concatenate([part.person for part in parts])
    area = np.concatenate([part.area for part in parts])
    kind = np.concatenate([part.kind for part in parts])
    start = np.concatenate([part.start for part in parts])
    end = np.concatenate([part.end for part in parts])
    order = np.lexsort((kind, person, start))
    table = {
        "insats_id": writing.serial("PS", year * 100_000 + np.arange(1, len(order) + 1)),
        "personnummer": writing.identity(people.identity[person[order]]),
        "kon": writing.sex(people.male[person[order]]),
        "stadsdelsnamnd": writing.code(units_at(area, start)[order], UNITS),
        "insats": writing.code(kind[order], _INTERVENTIONS),
        "start_datum": writing.date(start[order]),
        "slut_datum": writing.date(end[order]),
    }
    exporter.history_then_months("socialpsykiatri_insatser", year, table, month_index(start[order]))
