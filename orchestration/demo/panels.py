"""People who have the same service year after year, in every area and of both sexes.

A panel has a given number of persons a year, keeps most of last year's, and lets nobody
move or vanish without leaving. What the service is belongs in the register modules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.demo.geography import CENTRAL
from orchestration.demo.model import drawn_shares
from orchestration.demo.people import Recruiter
from orchestration.demo.sampling import (
    Days,
    Flags,
    Floats,
    Ints,
    apportion,
    days_in_year,
    first_day,
    happens,
    last_day,
)
from orchestration.demo.targets import (
    POPULATION_2011,
    POPULATION_2021_FORECAST,
    RECIPIENTS_2017,
)

_RESIDENTS: Final = np.array(POPULATION_2011.values) + np.array(POPULATION_2021_FORECAST.values)
_RECIPIENTS: Final = np.array(RECIPIENTS_2017.values)

_LATEST_START: Final = 16
"""Nobody starts in the last days of a year, so that everyone who stays is there at its end."""


def area_weights(need: float, central: float) -> Floats:
    """Weights of the 14 areas and the central unit.

    Args:
        need: How much of the weight follows the assistance recipients instead of the residents.
        central: The central unit's share.

    Returns:
        Weights with the sum 1, shape (15,).
    """
    from_residents = _RESIDENTS / _RESIDENTS.sum()
    from_need = _RECIPIENTS / _RECIPIENTS.sum()
    areas = need * from_need + (1 - need) * from_residents
    return np.append(areas * (1 - central), central)


def by_area(rng: np.random.Generator, total: int, weights: Floats) -> Ints:
    """The areas of `total` persons, each in an area of its own choice.

    Args:
        rng: Source of randomness.
        total: How many persons.
        weights: Weights of the 14 areas and the central unit, shape (15,).

    Returns:
        Positions in `geography.AREAS`, or the central unit, in random order, shape (total,).
    """
    counts = drawn_shares(rng, total, weights)
    return rng.permutation(np.repeat(np.arange(CENTRAL + 1), counts))


@dataclass(frozen=True, slots=True)
class PanelYear:
    """The members of one year; each array has shape (n,).

    Attributes:
        year: The calendar year.
        person: Positions in `people.People`, all different.
        area: Where each lives.
        male: Sex.
        start: When the year's decision begins; for those who stay, the same day every year.
        leaves: Whether the service ends before the year does.
        end: Last day, for those who leave.
        carried: Position in last year's arrays, -1 for a newcomer.
    """

    year: int
    person: Ints
    area: Ints
    male: Flags
    start: Days
    leaves: Flags
    end: Days
    carried: Ints


def follow(
    rng: np.random.Generator,
    recruiter: Recruiter,
    *,
    years: Sequence[int],
    women: Sequence[int],
    men: Sequence[int],
    weights: Floats,
    leaving: float,
) -> list[PanelYear]:
    """Follow the members of a service through the years.

    Args:
        rng: Source of randomness.
        recruiter: Finds the newcomers.
        years: The calendar years in order.
        women: Women in the service at some time of each year.
        men: Men in the service at some time of each year.
        weights: Weights of the 14 areas and the central unit, shape (15,).
        leaving: Share that leaves during a year, the same for women and men.

    Returns:
        The members of each year.
    """
    followed: list[PanelYear] = []
    for position, year in enumerate(years):
        staying = np.flatnonzero(~followed[-1].leaves) if followed else np.zeros(0, dtype=np.int64)
        kept: list[Ints] = []
        new_area: list[Ints] = []
        for male, total in ((False, women[position]), (True, men[position])):
            here = staying[followed[-1].male[staying] == male] if followed else staying
            kept.append(rng.permutation(here)[:total])
            wanted = drawn_shares(rng, total, weights)
            if followed:
                wanted -= np.bincount(followed[-1].area[kept[-1]], minlength=CENTRAL + 1)
            missing = total - len(kept[-1])
            lacking = np.maximum(wanted, 0) + 1e-9
            new_area.append(np.repeat(np.arange(CENTRAL + 1), apportion(missing, lacking)))
        followed.append(
            _panel_year(
                rng,
                recruiter,
                year=year,
                before=followed[-1] if followed else None,
                kept=np.sort(np.concatenate(kept)),
                new_area=new_area,
                leaving=leaving,
            )
        )
    return followed


def _panel_year(
    rng: np.random.Generator,
    recruiter: Recruiter,
    *,
    year: int,
    before: PanelYear | None,
    kept: Ints,
    new_area: list[Ints],
    leaving: float,
) -> PanelYear:
    area_new = np.concatenate(new_area)
    male_new = np.repeat([False, True], [len(areas) for areas in new_area])
    latest = last_day(year) - _LATEST_START
    start_new = np.clip(days_in_year(rng, year, len(area_new)), first_day(year) + 3, latest)
    start_new = rng.permutation(start_new)
    person_new = recruiter.find(area_new, male_new, start_new)
    if before is None:
        person, area, male, start = person_new, area_new, male_new, start_new
    else:
        same_day = before.start[kept] - first_day(before.year) + first_day(year)
        person = np.concatenate([before.person[kept], person_new])
        area = np.concatenate([before.area[kept], area_new])
        male = np.concatenate([before.male[kept], male_new])
        start = np.concatenate([np.minimum(same_day, latest), start_new])
    carried = np.concatenate([kept, np.full(len(area_new), -1)])
    leaves = happens(rng, leaving, len(person))
    room = last_day(year) - 1 - start
    end = np.where(leaves, start + 1 + rng.integers(0, room), 0)
    return PanelYear(year, person, area, male, start, leaves, end, carried)
