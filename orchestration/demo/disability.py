"""Housing support (boendestöd) and social psychiatry.

Who has housing support in which target group, how many hours, and what else the users of social
psychiatry have. Hours heap on round numbers, and among persons within an LSS personkrets just above
the twelve hours a month that bring the district a block grant.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import UNITS, units_at
from orchestration.demo.panels import PanelYear, area_weights, follow
from orchestration.demo.people import People, Recruiter, Residents, adult_ages
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Floats,
    Ints,
    apportion,
    choose,
    generator,
    happens,
    last_day,
    month_index,
    scaled,
    year_of,
)
from orchestration.demo.targets import YEARS

_GROUPS: Final = ("funktionsnedsattning", "socialpsykiatri")
_DISABILITY, _PSYCHIATRY = range(2)
_LEAVING: Final = 0.09
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


@dataclass(frozen=True, slots=True)
class _Grid:
    """The hours that are decided on, and how often.

    Attributes:
        hours: Hours a month or a week.
        weights: How often each is chosen, before the mean is fitted.
    """

    hours: Floats
    weights: Floats


_MONTHLY: Final = {
    _PSYCHIATRY: _Grid(
        np.array([2, 3, 4, 4.5, 5, 6, 6.5, 7, 8, 9, 10, 12, 14, 16, 20]),
        np.array([5, 5, 16, 1, 8, 17, 1, 5, 17, 3, 11, 7, 2, 1.5, 1.0]),
    ),
    _DISABILITY: _Grid(
        np.array([3, 4, 5, 6, 6.5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20]),
        np.array([3, 10, 7, 12, 1, 5, 15, 4, 14, 2, 10, 3, 2, 4, 3, 3.0]),
    ),
}
_WEEKLY: Final = _Grid(np.array([1, 1.5, 2, 2.5, 3, 4]), np.array([16, 16, 36, 8, 12, 3.0]))
_WEEKLY_SHARE: Final = 0.12
_NEAR_GRANT: Final = (9.0, 12.0, 13.0)
"""Hours a month near the grant's limit, from and to, and where some of them end: 3 hours a week."""
_GRANT_SHARE: Final = 0.35
"""Share of persons within a personkrets near the limit whose hours end just above it."""


_HALF: Final = 0.5
_MOVABLE: Final = (2.0, 10.0)
"""Hours a month that are moved up or down to fit a mean, from and to."""
_ANY_HOURS: Final = (2.0, 40.0)
"""The same where few are left to move, as in a very small city."""
_CHANGE: Final = (40, 20)
"""Days before and after a change of hours that a decision lasts at least."""


@dataclass(frozen=True, slots=True)
class _Hours:
    """What is decided for a person; each array has shape (n,)."""

    amount: Floats
    weekly: Flags

    def a_month(self) -> Floats:
        return np.where(self.weekly, self.amount * _WEEKS_A_MONTH, self.amount)


def _draw_hours(rng: np.random.Generator, group: int, circle: Ints) -> _Hours:
    count = len(circle)
    grid = _MONTHLY[group]
    weekly = happens(rng, _WEEKLY_SHARE, count)
    amount = np.where(
        weekly,
        _WEEKLY.hours[choose(rng, _WEEKLY.weights, count)],
        grid.hours[choose(rng, grid.weights, count)],
    )
    near = (circle > 0) & happens(rng, _GRANT_SHARE, count)
    low, high, granted = _NEAR_GRANT
    a_month = np.where(weekly, amount * _WEEKS_A_MONTH, amount)
    near &= (a_month >= low) & (a_month <= high)
    amount[near] = np.where(weekly, granted / _WEEKS_A_MONTH, granted)[near]
    return _Hours(amount, weekly)


def _fit_mean(rng: np.random.Generator, hours: _Hours, counted: Flags, mean: float) -> None:
    """Move single monthly decisions by an hour, or half of one, until the mean is right.

    As long as it can be, only hours well below the grant's limit are moved, so that the heap above
    it stays as it is.
    """
    missing = mean * counted.sum() - hours.a_month()[counted].sum()
    for low, high in (_MOVABLE, _ANY_HOURS):
        while abs(missing) > _HALF / 2:
            step = float(np.sign(missing)) * (1.0 if abs(missing) >= 1 else _HALF)
            lowest = np.minimum(hours.amount, hours.amount + step)
            highest = np.maximum(hours.amount, hours.amount + step)
            movable = counted & ~hours.weekly & (lowest >= low) & (highest <= high)
            chosen = rng.permutation(np.flatnonzero(movable))[: max(1, int(abs(missing)))]
            if not len(chosen):
                break
            hours.amount[chosen] += step
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
    hours: _Hours
    start: Days
    end: Days


def _follow_support(
    rng: np.random.Generator,
    people: People,
    known: Residents,
    *,
    group: int,
    taken: Ints,
    scale: float,
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
        women=[scaled(women[year], scale) for year in YEARS],
        men=[scaled(men[year], scale) for year in YEARS],
        weights=area_weights(0.35 if group == _PSYCHIATRY else 0.15, 0.01),
        leaving=_LEAVING,
    )


def write_support(
    exporter: writing.Exporter, people: People, known: Residents, *, seed: int, scale: float
) -> None:
    """Write `boendestod_beslut` and `socialpsykiatri_insatser`.

    Args:
        exporter: Where the files go.
        people: Everyone; new users are added.
        known: People of another register who may occur here too.
        seed: The city's seed.
        scale: Size of the city; 1 is Stockholm's own.
    """
    tables: dict[int, list[tuple[PanelYear, _Decisions, Ints]]] = {year: [] for year in YEARS}
    # Nobody belongs to both target groups, or to social psychiatry with and without support.
    taken = np.zeros(0, dtype=np.int64)
    for group in (_DISABILITY, _PSYCHIATRY):
        rng = generator(seed, f"boendestod {_GROUPS[group]}")
        followed = _follow_support(rng, people, known, group=group, taken=taken, scale=scale)
        taken = np.unique(np.concatenate([taken, *(panel.person for panel in followed)]))
        for panel, decisions, circle in _decide(rng, followed, group):
            tables[panel.year].append((panel, decisions, circle))
    rng = generator(seed, "boendestod ovrigt")
    serial = 0
    for year in YEARS:
        serial = _write_support(
            rng, exporter, people, year=year, groups=tables[year], serial=serial
        )
    _write_psychiatry(
        exporter,
        people,
        known,
        [tables[year][_PSYCHIATRY][:2] for year in YEARS],
        taken,
        seed=seed,
    )


def _decide(
    rng: np.random.Generator, followed: list[PanelYear], group: int
) -> list[tuple[PanelYear, _Decisions, Ints]]:
    """All decisions, year by year, with each member's LSS personkrets."""
    decided: list[tuple[PanelYear, _Decisions, Ints]] = []
    circle = np.zeros(0, dtype=np.int64)
    hours = _Hours(np.zeros(0), np.zeros(0, dtype=np.bool_))
    lasting = followed[-1].person[~followed[-1].leaves]
    for position, panel in enumerate(followed):
        count = len(panel.person)
        kept = panel.carried >= 0
        drawn_circle = (
            choose(rng, (30, 48, 4, 18), count)
            if group == _DISABILITY
            else np.zeros(count, dtype=np.int64)
        )
        new_circle = np.where(kept, np.append(circle, 0)[panel.carried], drawn_circle)
        drawn = _draw_hours(rng, group, new_circle)
        same = kept & happens(rng, 0.85, count)
        hours = _Hours(
            np.where(same, np.append(hours.amount, 0.0)[panel.carried], drawn.amount),
            np.where(same, np.append(hours.weekly, False)[panel.carried], drawn.weekly),
        )
        circle = new_circle
        for male, mean in zip((False, True), _mean_hours(group), strict=True):
            # Before the last year, whose levels are published, the means differ a little.
            drift = (
                0.0
                if panel.year == YEARS[-1]
                else float(np.clip(rng.normal(0, 0.003), -0.006, 0.006))
            )
            _fit_mean(rng, hours, ~panel.leaves & (panel.male == male), mean * (1 + drift))
        following = followed[position + 1] if position + 1 < len(followed) else None
        decisions = _decisions_of_year(
            rng, panel, following, hours, group=group, circle=circle, lasting=lasting
        )
        decided.append((panel, decisions, circle))
    return decided


def _decisions_of_year(
    rng: np.random.Generator,
    panel: PanelYear,
    following: PanelYear | None,
    hours: _Hours,
    *,
    group: int,
    circle: Ints,
    lasting: Ints,
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
    earlier = _draw_hours(rng, group, circle[changed])
    start = panel.start.copy()
    start[changed] = change_day
    return _Decisions(
        np.concatenate([np.arange(count), changed]),
        _Hours(
            np.concatenate([hours.amount, earlier.amount]),
            np.concatenate([hours.weekly, earlier.weekly]),
        ),
        np.concatenate([start, panel.start[changed]]),
        np.concatenate([end, change_day - 1]),
    )


def _write_support(
    rng: np.random.Generator,
    exporter: writing.Exporter,
    people: People,
    *,
    year: int,
    groups: list[tuple[PanelYear, _Decisions, Ints]],
    serial: int,
) -> int:
    person = np.concatenate([panel.person[d.member] for panel, d, _ in groups])
    area = np.concatenate([panel.area[d.member] for panel, d, _ in groups])
    circle = np.concatenate([circle[d.member] for _, d, circle in groups])
    amount = np.concatenate([d.hours.amount for _, d, _ in groups])
    weekly = np.concatenate([d.hours.weekly for _, d, _ in groups])
    a_month = np.concatenate([d.hours.a_month() for _, d, _ in groups])
    start = np.concatenate([d.start for _, d, _ in groups])
    end = np.concatenate([d.end for _, d, _ in groups])
    group = np.repeat(np.arange(len(groups)), [len(d.member) for _, d, _ in groups])
    count = len(person)
    # More activities in fewer hours in social psychiatry, as the city's own review found.
    expected = np.where(group == _PSYCHIATRY, 2.5 + 0.35 * a_month, 1.5 + 0.2 * a_month)
    order = np.lexsort((person, start))
    table = {
        "beslut_id": writing.serial("BO", 300_001 + serial + np.arange(count)),
        "personnummer": writing.identity(people.identity[person[order]]),
        "kon": writing.sex(people.male[person[order]]),
        "fodelsear": writing.number(year_of(people.born[person[order]])),
        "stadsdelsnamnd": writing.code(units_at(area, start)[order], UNITS),
        "malgrupp": writing.code(group[order], _GROUPS),
        "timmar": writing.decimal(amount[order], 1),
        "timmar_per": writing.code(weekly[order].astype(np.int64), ("manad", "vecka")),
        "start_datum": writing.date(start[order]),
        "slut_datum": writing.date(end[order]),
        "lss_personkrets": writing.number(circle[order]),
        "eget_boende": writing.flag(happens(rng, 0.93, count)),
        "folkbokford_i_namnden": writing.flag(happens(rng, 0.96, count)),
        "antal_aktiviteter": writing.number(1 + rng.poisson(expected)[order]),
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
    seed: int,
) -> None:
    rng = generator(seed, "socialpsykiatri")
    share = targets.PSYCHIATRY_SUPPORT_SHARE.value
    others = [round(len(panel.person) * (1 - share) / share) for panel, _ in support]
    women = [int(apportion(count, (0.46, 0.54))[0]) for count in others]
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
        leaving=_LEAVING,
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
