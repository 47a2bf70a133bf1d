"""Insatser under LSS: who has which, from when to when, and how long after the decision.

How many there were in 2016 is Stockholm's own count of 1 October, by insats, in `targets`; later
years go on from it. Housing support and social psychiatry belong in `disability`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
    Floats,
    Ints,
    choose,
    day,
    first_day,
    year_of,
)
from orchestration.demo.targets import YEARS

MEN: Final = 0.59
_AGES: Final = (23, 65)
"""Where the bands of age begin that `targets` has."""
_LEAVING: Final = 0.06
_CIRCLES: Final = (84, 4, 12)
_COUNT_MONTH_DAY: Final = "10-01"
"""Insatser are counted on this day, as Socialstyrelsen does."""
_OLDEST_DECISION: Final = "2011-01-01"
LATE: Final = 0.06
"""Share of the decisions that are carried out after more than three months."""
NEVER: Final = 0.02
"""Share beside them that is not carried out at all."""
_SELDOM: Final = tuple(map(targets.LSS_INSATSER.index, ("ledsagarservice", "kontaktperson")))
"""What nobody is found for."""
_WAIT: Final = (1, 80)
_LONG_WAIT: Final = (95, 170)
"""Days from decision to start, from and to; a long one begins early enough to end in time."""
_LAST_EARLY: Final = "04-10"
_LAST_USUAL: Final = "07-10"


def _age_weights() -> Floats:
    """Weights of the ages 0-79: those below 23 as `targets` has them, and few above 64."""
    ages = np.arange(80)
    bands = np.digitize(ages, _AGES)
    shape = np.where(bands == 0, np.minimum(ages, 12) + 2.0, 1.0)
    within = np.bincount(bands, weights=shape)
    return np.asarray(shape / within[bands] * np.array(targets.LSS_PERSONS_BY_AGE)[bands])


@dataclass(frozen=True, slots=True)
class _Granted:
    """What persons have, a row for each of their insatser; arrays of shape (n,).

    Attributes:
        person: Positions in `People`.
        area: Where they live.
        male: Sex.
        kind: Positions in `targets.LSS_INSATSER`.
        decided: When it was decided.
        start: When it began; `NO_DAY` where it never did.
    """

    person: Ints
    area: Ints
    male: Flags
    kind: Ints
    decided: Days
    start: Days


def write_lss(exporter: writing.Exporter, people: People, model: Model) -> None:
    """Write `lss_insatser`: everyone keeps what was granted until leaving.

    Args:
        exporter: Where the files go.
        people: Everyone; those with LSS are added.
        model: Which city.
    """
    rng = model.generator("lss")
    recruiter = Recruiter(rng, people, ages=_age_weights(), youngest=0)
    totals = [model.total(rng, targets.LSS_PERSONS, year) for year in YEARS]
    men = [round(total * MEN) for total in totals]
    followed = follow(
        rng,
        recruiter,
        years=YEARS,
        women=[total - man for total, man in zip(totals, men, strict=True)],
        men=men,
        weights=area_weights(0.25, 0.0),
        leaving=_LEAVING,
    )
    ends = _ends(rng, followed)
    for panel in followed:
        granted = _granted(rng, people, panel)
        exporter.year("lss_insatser", panel.year, _table(rng, people, panel.year, granted, ends))


def _ends(rng: np.random.Generator, followed: list[PanelYear]) -> dict[int, int]:
    """The last day of each person who leaves, after the day of the year's count."""
    ends: dict[int, int] = {}
    for panel, later in zip(followed, [*followed[1:], None], strict=True):
        stays = np.zeros(len(panel.person), dtype=bool)
        if later is None:
            stays[:] = True
        else:
            stays[later.carried[later.carried >= 0]] = True
        gone = panel.person[~stays]
        first = day(f"{panel.year}-{_COUNT_MONTH_DAY}")
        ends.update(
            zip(gone.tolist(), (first + rng.integers(1, 90, len(gone))).tolist(), strict=True)
        )
    return ends


def _granted(rng: np.random.Generator, people: People, panel: PanelYear) -> _Granted:
    """What the newcomers of a year are granted."""
    new = np.flatnonzero(panel.carried < 0)
    if not len(new):
        # In a very small city nobody need come in a year; then somebody is granted anew.
        new = np.zeros(1, dtype=np.int64)
    first = panel.year == YEARS[0]
    age = panel.year - year_of(people.born[panel.person[new]])
    rows: list[Ints] = []
    kinds: list[Ints] = []
    for place, young in enumerate((True, False)):
        own = new[(age < _AGES[0]) == young]
        row, kind = _drawn(rng, len(own), np.array(targets.LSS_INSATSER_BY_AGE[place]))
        rows.append(own[row])
        kinds.append(kind)
    row, kind = np.concatenate(rows), np.concatenate(kinds)
    late = rng.random(len(row)) < LATE
    oldest = day(_OLDEST_DECISION if first else f"{panel.year}-01-01")
    last = np.where(late, day(f"{panel.year}-{_LAST_EARLY}"), day(f"{panel.year}-{_LAST_USUAL}"))
    decided = oldest + (rng.random(len(row)) * (last - oldest)).astype(np.int64)
    wait = np.where(late, rng.integers(*_LONG_WAIT, len(row)), rng.integers(*_WAIT, len(row)))
    # Beside what somebody has: nobody is in LSS by a decision alone.
    more = rng.permutation(len(row))[: round(NEVER * len(row))]
    start = np.append(decided + wait, np.full(len(more), NO_DAY))
    row = np.append(row, row[more])
    kind = np.append(kind, np.array(_SELDOM)[choose(rng, (1, 1), len(more))])
    return _Granted(
        panel.person[row], panel.area[row], panel.male[row], kind,
        np.append(decided, decided[more]), start,
    )  # fmt: skip


def _drawn(rng: np.random.Generator, count: int, totals: Ints) -> tuple[Ints, Ints]:
    """Insatser of persons, at least one each and as many of each kind as of all in 2016.

    Args:
        rng: Source of randomness.
        count: How many persons.
        totals: How many of each kind all persons of 2016 of the age have, and how many those are
            at the end; shape (kinds + 1,).

    Returns:
        Persons and kinds, a row for each insats, shape (m,) both.
    """
    wanted = totals[:-1] * count / totals[-1]
    has = np.zeros((count, len(wanted)), dtype=bool)
    first = choose(rng, wanted, count) if count else np.zeros(0, dtype=np.int64)
    has[np.arange(count), first] = True
    for place, number in enumerate(wanted):
        without = rng.permutation(np.flatnonzero(~has[:, place]))
        has[without[: max(round(number) - int(has[:, place].sum()), 0)], place] = True
    row, kind = np.nonzero(has)
    return row.astype(np.int64), kind.astype(np.int64)


def _table(
    rng: np.random.Generator,
    people: People,
    year: int,
    granted: _Granted,
    ends: Mapping[int, int],
) -> writing.Table:
    order = np.lexsort((granted.person, granted.decided))
    person, start = granted.person[order], granted.start[order]
    end = np.array([ends.get(each, NO_DAY) for each in person.tolist()], dtype=np.int64)
    end[start == NO_DAY] = NO_DAY
    # One personkrets a person, whatever the number of decisions.
    circle = choose(rng, _CIRCLES, len(np.unique(person)))
    return {
        "insats_id": writing.serial("LS", year * 100_000 + np.arange(1, len(person) + 1)),
        "personnummer": writing.identity(people.identity[person]),
        "kon": writing.sex(granted.male[order]),
        "fodelsear": writing.number(year_of(people.born[person])),
        "stadsdelsnamnd": writing.code(
            units_at(granted.area[order], np.maximum(granted.decided[order], first_day(YEARS[0]))),
            UNITS,
        ),
        "personkrets": writing.code(
            circle[np.unique(person, return_inverse=True)[1]], ("1", "2", "3")
        ),
        "insats": writing.code(granted.kind[order], targets.LSS_INSATSER),
        "beslut_datum": writing.date(granted.decided[order]),
        "start_datum": writing.date(start),
        "slut_datum": writing.date(end),
    }
