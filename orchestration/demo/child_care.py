"""Placements of children and young persons, and their open insatser.

How many are placed in the first year, and how many of them by LVU, is what Stockholm printed last
(table b166); later years are synthetic. Reports and inquiries belong in `children`.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from orchestration.demo import targets, writing
from orchestration.demo.geography import UNITS, units_at
from orchestration.demo.model import Model
from orchestration.demo.panels import PanelYear, area_weights, follow
from orchestration.demo.people import People, Recruiter
from orchestration.demo.sampling import (
    NO_DAY,
    Days,
    Flags,
    Ints,
    choose,
    day,
    exactly,
    first_day,
    happens,
    last_day,
    year_of,
)
from orchestration.demo.targets import YEARS

BOYS: Final = 0.56
"""Share of boys, among those who are placed and those who have open insatser."""
_AGES: Final = np.concatenate([np.linspace(0.5, 0.9, 13), [2.0, 3.0, 4.5, 6.0, 7.0, 4.0]])
_LEAVING: Final = 0.45
_URGENT: Final = 0.35
"""Share of the placements by LVU that began with an immediate taking into care."""
_MOVES: Final = 0.2
"""Share of the placements that another follows within the year."""
_AGE_OF_INSTITUTIONS: Final = 13
_FORMS: Final = ("familjehem", "jourhem", "natverkshem", "hvb", "stodboende", "sis")
_FORM_WEIGHTS: Final = ((70, 14, 9, 7, 0, 0), (44, 8, 6, 30, 12, 0))
_LOCKED_WEIGHTS: Final = (36, 8, 6, 38, 2, 10)
"""Of those above 12 who are placed by LVU; nobody else is placed at a locked institution."""
_BROKEN, _MOVED, _HOME, _GUARDIAN, _OWN_HOME = range(5)
_ENDS: Final = ("sammanbrott", "ny_placering", "hemflyttning", "vardnadsoverflyttning",
                "eget_boende")  # fmt: skip
BROKEN: Final = 0.4
"""Share of the placements followed by another that had broken down."""
_LEAVES: Final = ((0, 0, 88, 12, 0), (0, 0, 62, 4, 34))
"""How a placement ends for good, of children and of those who have turned 18."""
_OF_AGE: Final = 18
_OLDEST: Final = 21
"""Nobody is placed after this birthday."""
_LONG_BEFORE: Final = 900
"""Days before the first year in which placements of that year began, at most."""

_OPEN: Final = ("strukturerat_oppenvardsprogram", "personligt_stod", "kontaktperson",
                "kontaktfamilj", "sarskilt_kvalificerad_kontaktperson")  # fmt: skip
_OPEN_WEIGHTS: Final = (22, 34, 20, 20, 4)
_OPEN_AGES: Final = np.linspace(0.6, 2.0, 18)
_OPEN_LEAVING: Final = 0.5
_SECOND: Final = 0.2
"""Share of those with an open insats that are granted another one with it."""


@dataclass(frozen=True, slots=True)
class _Spells:
    """Placements; arrays of shape (n,).

    Attributes:
        person: Positions in `People`.
        area: Where they live.
        male: Sex.
        by_law: Whether it is by LVU.
        urgent: Whether it began with an immediate taking into care.
        form: Positions in `_FORMS`.
        start: When it began.
        end: When it ended; `NO_DAY` where it goes on.
        ended_by: Positions in `_ENDS`; -1 where it goes on.
    """

    person: Ints
    area: Ints
    male: Flags
    by_law: Flags
    urgent: Flags
    form: Ints
    start: Days
    end: Days
    ended_by: Ints

    def part(self, which: Ints | Flags) -> "_Spells":
        """Some of them."""
        return _Spells(*(getattr(self, name)[which] for name in self.__slots__))

    def and_(self, other: "_Spells") -> "_Spells":
        """These, and then others."""
        return _Spells(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in self.__slots__
            )
        )


def write_placements_of_children(exporter: writing.Exporter, people: People, model: Model) -> None:
    """Write `barn_unga_placeringar`, a placement in the file of the year when it began.

    Args:
        exporter: Where the files go.
        people: Everyone; those who are placed are added.
        model: Which city.
    """
    rng = model.generator("placeringar av barn")
    recruiter = Recruiter(rng, people, ages=_AGES, youngest=0)
    followed = _panel(rng, recruiter, model, targets.CHILDREN_PLACED, _LEAVING)
    done: list[_Spells] = []
    open_: _Spells | None = None
    for panel in followed:
        current = _current(rng, people, panel, open_)
        ended, following = _through(rng, people, panel, current)
        stays = following.end == NO_DAY
        done += [ended, following.part(~stays)]
        # In the order of the panel, whose next year says which of them stay.
        open_ = following
    if open_ is not None:
        done.append(open_.part(open_.end == NO_DAY))
    spells = done[0]
    for more in done[1:]:
        spells = spells.and_(more)
    _write_placements(exporter, people, _until_grown(people, spells))


def _until_grown(people: People, spells: _Spells) -> _Spells:
    """None that begins after the last birthday of the placed, and none that goes on past it."""
    birthday = people.born[spells.person] + int(_OLDEST * 365.25)
    passes = (spells.end == NO_DAY) | (spells.end >= birthday)
    # Whose birthday comes after the last file is placed still.
    passes &= birthday <= last_day(YEARS[-1])
    return replace(
        spells,
        end=np.where(passes, birthday - 1, spells.end),
        ended_by=np.where(passes, _OWN_HOME, spells.ended_by),
    ).part(spells.start < birthday - 1)


def _panel(
    rng: np.random.Generator,
    recruiter: Recruiter,
    model: Model,
    series: targets.Series,
    leaving: float,
) -> list[PanelYear]:
    totals = [model.total(rng, series, year) for year in YEARS]
    boys = [round(total * BOYS) for total in totals]
    return follow(
        rng,
        recruiter,
        years=YEARS,
        women=[total - boy for total, boy in zip(totals, boys, strict=True)],
        men=boys,
        weights=area_weights(0.5, 0.04),
        leaving=leaving,
    )


def _current(
    rng: np.random.Generator, people: People, panel: PanelYear, before: _Spells | None
) -> _Spells:
    """The placements of a year's children as the year finds them, or as they begin in it."""
    count = len(panel.person)
    is_new = panel.carried < 0
    start = panel.start.copy()
    if before is None:
        # They did not all come in the year that the register begins with.
        start -= np.where(happens(rng, 0.55, count), rng.integers(1, _LONG_BEFORE, count), 0)
        start = np.maximum(start, people.born[panel.person] + 1)
    share = targets.CHILDREN_PLACED_BY_LAW
    by_law = exactly(rng, np.full(count, share), round(share * count))
    made = _Spells(
        panel.person, panel.area, panel.male, by_law, by_law & happens(rng, _URGENT, count),
        _form(rng, people, panel.person, by_law, start),
        start, np.full(count, NO_DAY), np.full(count, -1),
    )  # fmt: skip
    if before is None:
        return made
    carried = before.part(np.maximum(panel.carried, 0))
    return _Spells(
        *(np.where(is_new, getattr(made, name), getattr(carried, name)) for name in made.__slots__)
    )


def _form(
    rng: np.random.Generator, people: People, person: Ints, by_law: Flags, days: Days
) -> Ints:
    is_old = (days - people.born[person]) // 365.25 >= _AGE_OF_INSTITUTIONS
    young, old = (choose(rng, weights, len(person)) for weights in _FORM_WEIGHTS)
    locked = choose(rng, _LOCKED_WEIGHTS, len(person))
    return np.where(is_old, np.where(by_law, locked, old), young)


def _through(
    rng: np.random.Generator, people: People, panel: PanelYear, current: _Spells
) -> tuple[_Spells, _Spells]:
    """What ends within a year and is followed by another placement, and the last of each child."""
    count = len(panel.person)
    first = np.maximum(current.start, first_day(panel.year)) + 5
    last = np.where(panel.leaves, panel.end, last_day(panel.year)) - 5
    moves = happens(rng, _MOVES, count) & (last > first)
    on = first + (rng.random(count) * np.maximum(last - first, 1)).astype(np.int64)
    broken = np.where(happens(rng, BROKEN, count), _BROKEN, _MOVED)
    ended = replace(current, end=on, ended_by=broken).part(moves)
    age = (panel.end - people.born[panel.person]) // 365.25
    child, adult = (choose(rng, weights, count) for weights in _LEAVES)
    following = replace(
        current,
        urgent=current.urgent & ~moves,
        form=np.where(moves, _form(rng, people, panel.person, current.by_law, on), current.form),
        start=np.where(moves, on + 1, current.start),
        end=np.where(panel.leaves, panel.end, NO_DAY),
        ended_by=np.where(panel.leaves, np.where(age < _OF_AGE, child, adult), -1),
    )
    return ended, following


def _write_placements(exporter: writing.Exporter, people: People, spells: _Spells) -> None:
    spells = spells.part(np.lexsort((spells.person, spells.start)))
    years = np.maximum(year_of(spells.start), YEARS[0])
    for year in YEARS:
        own = spells.part(years == year)
        count = len(own.person)
        table = {
            "placering_id": writing.serial("PL", year * 100_000 + np.arange(1, count + 1)),
            "personnummer": writing.identity(people.identity[own.person]),
            "kon": writing.sex(own.male),
            "stadsdelsnamnd": _board(own.area, own.start),
            "lagrum": writing.code(own.by_law.astype(np.int64), ("sol", "lvu")),
            "omedelbart": writing.flag(own.urgent),
            "placeringsform": writing.code(own.form, _FORMS),
            "start_datum": writing.date(own.start),
            "slut_datum": writing.date(own.end),
            "avslut_orsak": writing.code(own.ended_by, _ENDS),
        }
        exporter.year("barn_unga_placeringar", year, table)


def write_open_care(exporter: writing.Exporter, people: People, model: Model) -> None:
    """Write `barn_unga_oppenvard`, an insats in the file of the year when it began.

    Args:
        exporter: Where the files go.
        people: Everyone; those who have an insats are added.
        model: Which city.
    """
    rng = model.generator("oppenvard for barn")
    recruiter = Recruiter(rng, people, ages=_OPEN_AGES, youngest=0)
    followed = _panel(rng, recruiter, model, targets.CHILDREN_IN_OPEN_CARE, _OPEN_LEAVING)
    ends: dict[int, int] = {}
    for panel in followed:
        gone = panel.leaves
        ends.update(zip(panel.person[gone].tolist(), panel.end[gone].tolist(), strict=True))
    for panel in followed:
        new = np.flatnonzero(panel.carried < 0)
        row = np.append(new, new[happens(rng, _SECOND, len(new))])
        kind = choose(rng, _OPEN_WEIGHTS, len(row))
        # A second insats is of another kind.
        second = np.arange(len(row)) >= len(new)
        first_kind = dict(zip(new.tolist(), kind[: len(new)].tolist(), strict=True))
        taken = np.array([first_kind[each] for each in row.tolist()], dtype=np.int64)
        kind = np.where(second & (kind == taken), (kind + 1) % len(_OPEN), kind)
        person = panel.person[row]
        table = {
            "insats_id": writing.serial("OV", panel.year * 100_000 + np.arange(1, len(row) + 1)),
            "personnummer": writing.identity(people.identity[person]),
            "kon": writing.sex(panel.male[row]),
            "stadsdelsnamnd": _board(panel.area[row], panel.start[row]),
            "insats": writing.code(kind, _OPEN),
            "start_datum": writing.date(panel.start[row]),
            "slut_datum": writing.date(
                np.array([ends.get(each, NO_DAY) for each in person.tolist()], dtype=np.int64)
            ),
        }
        exporter.year("barn_unga_oppenvard", panel.year, table)


def _board(area: Ints, days: Days) -> writing.Column:
    return writing.code(units_at(area, np.maximum(days, day(f"{YEARS[0]}-01-01"))), UNITS)
